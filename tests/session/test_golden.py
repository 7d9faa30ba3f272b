"""Every golden conversation: the client engine against a script, the server engine against a script, both together."""

from __future__ import annotations

import pytest

from dmkit.auth.mac import HEADER
from dmkit.device.device import Device
from dmkit.session.oracle.check import check
from dmkit.session.states import SessionState
from dmkit.wire.codec import WBXML, XML, Codec
from tests.golden.compare import differences
from tests.golden.notation import CLIENT_ADDRESS, DEV_INFO, Golden, golden, goldens
from tests.pair import Talk, both, client_against_script, scaled, server_against_script, shape, tree_of

# The rows of the conformance list that a golden asserts, beyond those of every session (P-01 to P-06).
ROWS = {
    "W01": ("P-04", "P-10", "X-01"),
    "W02": ("P-11",),
    "W03": ("P-15", "X-02"),
    "W04": ("P-15", "X-01", "X-02", "X-05"),
    "W05": ("X-05",),
    "W06": ("X-02",),
    "W07": ("X-04",),
    "W08": ("X-01", "P-15"),
    "W09": ("P-11",),
    "W10": ("P-08", "P-09", "P-14"),
    "W11": ("P-07", "P-13", "P-14"),
    "W12": ("P-08", "P-13", "P-14"),
    "W13": ("P-13",),
    "W14": ("P-13",),
    "W15": ("P-12",),
    "W16": ("P-12",),
    "W17": ("P-12",),
    "W18": ("P-20", "P-22"),
    "W19": ("P-17",),
    "W20": ("P-18", "P-19"),
    "W21a": ("P-21",),
    "W21b": ("P-18",),
    "W22": ("P-20", "P-22"),
    "W23": ("P-21", "P-22"),
    "W24": ("P-09", "P-13", "P-18"),
    "W25": ("X-01", "X-02"),
    "W26": ("P-01",),
    "W27": ("P-07", "P-13", "P-14"),
}
ALWAYS = ("P-01", "P-02", "P-03", "P-05", "P-06")


def each(*, without: str = "") -> list[object]:
    """Parameters: every golden in which the side ``without`` keeps the rules."""
    return [
        pytest.param(g, codec, id=f"{g.name}-{codec.name}", marks=pytest.mark.spec(*ALWAYS, *ROWS[g.name]))
        for g in goldens()
        for codec in (XML, WBXML)
        if not g.faulty or g.faulty not in without.split()
    ]


def check_tree(g: Golden, device: Device) -> None:
    assert shape(device.tree) == shape(tree_of(g.after))


def check_nonces(g: Golden, account: object) -> None:
    """Each side keeps the nonces that the golden names, and the old ones where it names none."""
    for which, nonce in zip(("client", "server"), g.stored, strict=True):
        if nonce is not None:
            assert getattr(account, which).nonce == nonce, which


def check_talk(g: Golden, talk: Talk, only: str | None = None) -> None:
    found = differences(talk.spoken, g.conversation, only)
    assert not found, "\n".join(found)
    violations = check(talk.said, by=only)
    assert not [v for v in violations if v.by != g.faulty], violations


@pytest.mark.parametrize(("g", "codec"), each(without="client"))
def test_client(g: Golden, codec: Codec) -> None:
    g = scaled(g, codec)
    talk, device, client = client_against_script(g, codec)
    check_talk(g, talk, "client")
    check_tree(g, device)
    check_nonces(g, device.accounts[0])
    assert client.state.is_over and not client.waiting


@pytest.mark.parametrize(("g", "codec"), each(without="server"))
def test_server(g: Golden, codec: Codec) -> None:
    g = scaled(g, codec)
    talk, server = server_against_script(g, codec)
    check_talk(g, talk, "server")
    session = server.sessions[CLIENT_ADDRESS]
    check_nonces(g, server.accounts[CLIENT_ADDRESS])
    assert session.state.is_over
    if g.name != "W26":
        assert session.info == DEV_INFO or session.state is SessionState.REFUSED


@pytest.mark.parametrize(("g", "codec"), each(without="client server"))
def test_both(g: Golden, codec: Codec) -> None:
    g = scaled(g, codec)
    talk, device, server, client = both(g, codec)
    check_talk(g, talk)
    check_tree(g, device)
    check_nonces(g, device.accounts[0])
    check_nonces(g, server.accounts[CLIENT_ADDRESS])
    assert client.state.is_over and server.sessions[CLIENT_ADDRESS].state.is_over


@pytest.mark.parametrize("g", [g for g in goldens() if g.octets], ids=lambda g: g.name)
def test_lengths_in_xml(g: Golden) -> None:
    """The canonical XML form has the lengths that the worked sessions state: a check of codec and goldens."""
    for s in g.conversation:
        name = s.sender[0].upper() + s.message.header.msg_id
        assert len(XML.encode(s.message)) == g.octets[name], name


@pytest.mark.spec("X-04")
def test_mac_headers_are_exact() -> None:
    """The four transport headers of W7, octet by octet, with lengths of the bodies that they cover."""
    g = golden("W07")
    talk, _, _, _ = both(g, XML)
    assert [len(packet.body) for _, packet in talk.packets] == [797, 999, 979, 708]
    assert [packet.headers[HEADER] for _, packet in talk.packets] == [
        'algorithm=MD5, username="client", mac=4lu7xaq6WO3F931szsGNAA==',
        'algorithm=MD5, username="com.mgmtsrv.manage", mac=Bcjb8kvm88tHt82L1JIm5A==',
        'algorithm=MD5, username="client", mac=wFEyz5zPZNl9mCmewG/goQ==',
        'algorithm=MD5, username="com.mgmtsrv.manage", mac=Cw7H8BKSj+gRgXrjF1QYtg==',
    ]


@pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda c: c.name)
def test_both_codecs_say_the_same(codec: Codec) -> None:
    """A golden in either codec comes back as it went in."""
    for g in goldens():
        for s in g.conversation:
            assert codec.decode(codec.encode(s.message)) == s.message, g.name


def test_server_jobs_learn_their_outcomes() -> None:
    """What the job of each golden is told agrees with the Statuses on the wire."""
    for g in goldens():
        if g.faulty or not g.job or g.abort:
            continue
        _, _, server, _ = both(g, XML)
        if g.name in ("W05", "W08"):  # nobody did anything for it
            assert not any(result.done for result in server.results), g.name
            continue
        result = server.results[-1].result
        assert isinstance(result, list), g.name
        told = [outcome.status for batch in result for outcome in batch]
        assert len(told) == sum(map(len, g.job)) and all(told), g.name
