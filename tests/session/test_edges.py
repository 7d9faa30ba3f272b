"""Limits at the limit itself and beside it, and proofs under another name: where one wrong sign would go unseen."""

from __future__ import annotations

from collections import deque

import pytest

import dmkit as dm
from dmkit.auth import SCHEMES, Credential
from dmkit.auth.mac import HEADER, print_header
from dmkit.auth.scheme import algorithm_of, covered
from dmkit.session.objects import exceeds
from dmkit.session.packages import pack
from dmkit.session.proofs import Verifier
from dmkit.session.rules import LEAST_MESSAGE, Rules
from dmkit.tree.execute import execute
from dmkit.tree.rules import TreeRules
from dmkit.tree.uri import UriLimits
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import StatusCode
from dmkit.words.model import Header, Item, Message, Meta, Replace, Status

HEAD = Header("1", "1", "https://server.example/dm", "IMEI:1")
IN_TRANSPORT = [scheme for scheme in SCHEMES.values() if scheme.in_transport]
NONCE, BODY = bytes(range(16)), b"the octets of a message"


@pytest.mark.spec("X-04")
@pytest.mark.parametrize("scheme", IN_TRANSPORT, ids=lambda scheme: scheme.name)
@pytest.mark.parametrize(("name", "status"), [
    ("client", 200), ("Client", 401), ("client ", 401), ("clien", 401), ("", 401), ("other", 401),
])  # fmt: skip
def test_the_user_name_beside_a_mac_is_compared(scheme, name, status):
    """A right proof under another name is none: the name in the header says whose secret was used."""
    credential = Credential("client", "clientpw", NONCE)
    proof = scheme.prove(credential, NONCE, covered(scheme, b"", BODY))
    verifier = Verifier.of(credential, scheme, Rules())
    headers = {HEADER: print_header(name, proof, algorithm_of(scheme))}
    after, verdict = verifier.check(HEAD, headers, BODY, iter([b"next nonce"]))
    assert (verdict.ok, verdict.status) == (status == 200, status)
    assert after.accepted is verdict.ok


@pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda codec: codec.name)
@pytest.mark.parametrize(("room", "sent"), [(-1, 1), (0, 2), (1, 2)])
def test_a_message_of_exactly_the_limit_is_whole(codec: Codec, room: int, sent: int) -> None:
    """MaxMsgSize is the largest message, not the first that is too large.  [DMPRO §7]"""
    commands = [Replace.of("./A", "1"), Replace.of("./B", "2")]

    def packed(limit: int | None) -> tuple[int, int]:
        queue = deque(commands)
        found = pack(HEAD, (), queue, lambda empty, cut: ((), False), codec=codec, limit=limit)  # type: ignore[arg-type]
        return len(found.body), len(found.message.commands)

    whole, _ = packed(None)
    octets, count = packed(whole + room)
    assert count == sent and octets <= whole + room


@pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda codec: codec.name)
@pytest.mark.parametrize("room", [-1, 0, 1])
def test_a_single_command_of_exactly_the_limit_is_sent_and_one_octet_less_is_not(codec: Codec, room: int) -> None:
    alone = Replace.of("./A", "1")
    without = pack(HEAD, (), deque([alone]), lambda empty, cut: ((), False), codec=codec, limit=None)
    queue = deque([alone])
    found = pack(HEAD, (), queue, lambda empty, cut: ((), False), codec=codec, limit=len(without.body) + room)  # type: ignore[arg-type]
    assert (found.stuck is None) is (room >= 0) and (len(found.message.commands) == 1) is (room >= 0)


@pytest.mark.parametrize(("size", "over"), [(9, False), (10, False), (11, True)])
def test_an_object_of_exactly_the_limit_is_taken(size, over):
    assert exceeds(Item(target="./A", data="x" * size), None, 10) is over
    assert exceeds(Item(target="./A", data="x"), Meta(size=size), 10, announced=size) is over
    assert exceeds(Item(target="./A", data="é" * (size // 2) + "x" * (size % 2)), None, 10) is over, "octets count"


def written(value: str, **rules: object) -> int:
    """The status of writing ``value``, with a device that plays by ``rules``."""
    device = dm.Device.example()
    device.tree = device.tree.put("./Vendor", dm.Node.interior(acl="Add=*&Get=*&Replace=*"))
    device.rules = dm.Rules(**rules)  # type: ignore[arg-type]
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.send(dm.Add.of("./Vendor/Note", value)))
    [outcome] = server.results[-1].result
    return int(outcome.status or 0)


@pytest.mark.spec("P-14")
@pytest.mark.parametrize(("size", "status"), [(299, 200), (300, 200), (301, 413)])
def test_max_object_at_the_edge(size, status):
    """An announced MaxObjSize: the server does not even send what is above it, and says 413 for the device."""
    assert written("x" * size, max_object=300) == status


@pytest.mark.parametrize(("uri", "limits", "status"), [
    ("./A/bcd", UriLimits(max_total=7), 200), ("./A/bcde", UriLimits(max_total=7), 414),
    ("./A/bcd", UriLimits(max_segment=3), 200), ("./A/bcde", UriLimits(max_segment=3), 414),
    ("./A/b", UriLimits(max_depth=2, count_root=False), 200), ("./A/B/c", UriLimits(max_depth=2, count_root=False),
    414),
])  # fmt: skip
def test_limits_of_addresses_at_the_edge(uri, limits, status):
    tree = dm.Tree.of({"./A/B/x": ""}, acl={".": "Add=*&Get=*"})
    [outcome] = execute(tree, [dm.Add.of(uri, "1")], by="S", rules=TreeRules(limits=limits)).outcomes
    assert outcome.status == status


@pytest.mark.parametrize(("title", "status"), [("t" * 9, 200), ("t" * 10, 200), ("t" * 11, 413), ("é" * 5, 200)])
def test_titles_at_the_edge(title, status):
    tree = dm.Tree.of({"./A": ""}, acl={".": "Add=*&Get=*&Replace=*"})
    [outcome] = execute(tree, [dm.Replace.of("./A?prop=Title", title)], by="S",
                           rules=TreeRules(max_title=10)).outcomes  # fmt: skip
    assert outcome.status == status


def test_no_answer_is_shorter_than_the_least_message():
    """What ``Rules.max_message`` begins with, made anew from the words of the protocol."""
    header = Header("1", "1", "", "")
    answer = Message(header, (Status(StatusCode.OK, "1", "0", "SyncHdr", cmd_id="1"),), final=True)
    assert len(WBXML.encode(answer)) == LEAST_MESSAGE
    assert Rules(max_message=LEAST_MESSAGE).max_message == LEAST_MESSAGE
    assert Rules(client_schemes=(), auth="none").client_schemes == ()


@pytest.mark.parametrize(("auth", "server_auth", "most"), [
    ("none", "md5", 900), ("basic", "md5", 900), ("md5", "mac", 950), ("mac", "mac", 950),
])  # fmt: skip
def test_a_server_whose_nonce_is_another_is_challenged_while_package_1_is_open(auth, server_auth, most):
    """Where the answer to package 1 goes out in parts, the device challenges the server at the first."""
    rules = Rules(auth=auth, server_auth=server_auth, max_message=most)
    device = dm.Device.example(rules=rules)
    server = dm.Server.example(device, rules=rules)
    for name, account in server.accounts.items():
        server.accounts[name] = account.with_nonces(server=b"another")

    def job(info):
        return (yield [dm.Get.of("./DevInfo/Man")])

    server.enqueue(device.address, job)
    moves = [str(event) for line in dm.converse(device, server) for event in line.events]
    assert "P1 -> P1 (challenged)" in moves
    assert [result.done for result in server.results] == [True]
