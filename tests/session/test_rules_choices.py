"""Each choice that the specification leaves open, taken both ways.  docs/ambiguities.md names these tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.auth.mac import HEADER
from dmkit.session.oracle.check import check
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState
from dmkit.tree.apply import TreeRules
from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.execute import execute
from dmkit.tree.tree import Tree
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import AlertCode, StatusCode, Verb
from dmkit.words.model import Add, Alert, Atomic, Copy, Delete, Exec, Get, Item, Meta, Replace, Sequence
from dmkit.words.outcome import Outcome
from tests.golden.notation import CLIENT_ADDRESS, golden
from tests.pair import ALL, Script, client_against_script, device_of, pair, session_of, spoken
from tests.session.rows import C1, GET, GOT, HELLO, Row, chal, md5, server_md5

MAN = "./DevInfo/Man"
BASICS = Rules(auth="basic", server_auth="none", max_message=None)
RULE = replace(BASICS, max_message=16384)


def codes(outcome: Outcome) -> list[int | None]:
    """The status of a command and of all that is inside it, in document order."""
    return [outcome.status, *(code for part in outcome.parts for code in codes(part))]


def done(command: object, tree: Tree | None = None, **rules: object) -> Outcome:
    [outcome] = execute(
        tree or Tree.of({"./A": "a", "./B": "b"}, acl={".": ALL}),
        (command,),
        by="s",  # type: ignore
        handlers={"./A": _run, "./B": _run},
        rules=TreeRules(**rules),
    ).outcomes  # type: ignore
    return outcome


def _run(tree: Tree, call: object) -> tuple[Tree, Outcome]:
    return tree, Outcome(StatusCode.OK)


def test_items_of_an_exec() -> None:
    two = Exec((Item(target="./A"), Item(target="./B")))
    assert codes(done(two)) == [400]
    assert codes(done(two, exec_items="many")) == [200, 200, 200]


def test_a_container_inside_sequence() -> None:
    inner = Sequence((Atomic((Delete.of("./A"),)), Sequence((Delete.of("./B"),))))
    assert codes(done(inner)) == [200] * 5
    assert codes(done(inner, nested_in_sequence="500")) == [200, 500, 215, 500, 215]


def test_what_is_inside_a_refused_container() -> None:
    nested = Atomic((Replace.of("./A", "x"), Atomic((Delete.of("./B"),))))
    assert codes(done(nested)) == [507, 215, 500, 215]
    assert codes(done(nested, inside_refused="same")) == [507, 215, 500, 500]
    plain = Atomic((Delete.of("./A"), Delete.of("./B")))
    assert codes(done(plain, atomic="unsupported")) == [406, 215, 215]
    assert codes(done(plain, atomic="unsupported", inside_refused="same")) == [406, 406, 406]


def test_look_before_an_atomic() -> None:
    with_get = Atomic((Replace.of("./A", "x"), Get.of("./B")))
    assert codes(done(with_get)) == [507, 215, 500]
    assert codes(done(with_get, look_before=False)) == [507, 216, 500]


def test_an_exec_inside_atomic() -> None:
    inside = Atomic((Exec.of("./A"), Delete.of("./B")))
    assert codes(done(inside)) == [507, 500, 215]
    assert codes(done(inside, exec_in_atomic=True)) == [200, 200, 200]


def test_a_failure_inside_sequence() -> None:
    broken = Sequence((Delete.of("./None"), Delete.of("./A")))
    assert codes(done(broken)) == [200, 404, 200]
    assert codes(done(broken, sequence_stops=True)) == [200, 404, 215]


def test_a_copy_onto_nothing() -> None:
    assert codes(done(Copy.of("./A", "./New"))) == [404]
    assert codes(done(Copy.of("./A", "./New"), copy_creates=True)) == [200]


def test_a_get_that_access_type_does_not_list() -> None:
    hidden = Tree.of({"./A": "a"}, acl={".": ALL}, describe=Descriptions.of({"./A": Described(frozenset({Verb.EXEC}))}))
    assert codes(done(Get.of("./A"), hidden)) == [405]
    assert codes(done(Get.of("./A"), hidden, get_refused="406")) == [406]


@pytest.mark.parametrize("text", ["1", "0"])
def test_digits_for_bool(text: str) -> None:
    flag = Add((Item(target="./F", meta=Meta(format="bool"), data=text),))
    assert codes(done(flag)) == [415]
    assert codes(done(flag, bool_digits=True)) == [200]


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("date", "20050630"),
        ("date", "2005-06-30"),
        ("time", "235900"),
        ("time", "23:59:00"),
    ],
)
def test_dates_and_times_basic_and_extended(format: str, text: str) -> None:
    assert codes(done(Add((Item(target="./D", meta=Meta(format=format), data=text),)))) == [200]


@pytest.mark.parametrize(("lasts", "known"), [(True, 16384), (False, None)])
def test_how_long_max_message_lasts(lasts: bool, known: int | None) -> None:
    """The device announces its limit in its first message only."""
    two = pair(rules=RULE, server_rules=replace(BASICS, max_message_lasts=lasts))
    two.run([Get.of(MAN)])
    assert two.server.sessions[CLIENT_ADDRESS].peer_max_message == known


@pytest.mark.parametrize(("late", "state", "kept"), [("send", SessionState.RUN, 0), ("keep", SessionState.DONE, 1)])
def test_an_alert_that_comes_up_at_the_end(late: str, state: SessionState, kept: int) -> None:
    g = golden("W02")
    device = device_of(g)
    device.rules = replace(device.rules, late_alert=late)  # type: ignore[arg-type]
    client, server = session_of(g, device), Script(g, "server", XML)
    client.start()
    client.report(Alert(AlertCode.GENERIC, (Item(meta=Meta(format="chr", type="a/b"), data="x"),)))
    packet = server.speak()
    assert packet is not None
    assert (client.receive(packet).reply is None) is bool(kept)
    assert client.state is state and len(client.unsent) == kept


def test_an_alert_goes_with_what_must_be_said_anyway() -> None:
    """Kept for the next session only when the session would end otherwise."""
    two = pair(rules=replace(BASICS, late_alert="keep"))
    two.server.enqueue(CLIENT_ADDRESS, lambda info: (commands for commands in [[Get.of(MAN)]]))  # type: ignore[arg-type, return-value]
    client = two.device.connect(session_id="1")
    first = client.start().reply
    assert first is not None
    client.report(Alert(AlertCode.GENERIC, (Item(meta=Meta(format="chr", type="a/b"), data="x"),)))
    second = two.server.receive(first).reply
    assert second is not None
    third = client.receive(second).reply
    assert third is not None and client.unsent == ()
    assert [c.verb.value for c in spoken("client", third).message.commands] == ["Status", "Status", "Results", "Alert"]


BLOB = bytes(range(90))  # 120 characters of base64


@pytest.mark.parametrize(("counts", "status"), [("carried", 413), ("decoded", 200)])
@pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda c: c.name)
@pytest.mark.parametrize("who", ["client", "server"])
def test_what_counts_against_max_object(counts: str, status: int, codec: Codec, who: str) -> None:
    """Both who sends and who receives; in WBXML octets travel as they are."""
    rules = replace(BASICS, object_counts=counts, max_object=100)  # type: ignore[arg-type]
    plain = replace(rules, object_counts="decoded")
    two = pair(
        rules=rules if who == "client" else plain,
        server_rules=rules if who == "server" else plain,
        tree={"./Blob": b""},
        codec=codec,
    )
    two.run([Replace.of("./Blob", BLOB, type="application/octet-stream"), Get.of("./Blob")])
    outcome, got = two.outcomes[0]
    expected = 200 if codec.binary else status
    assert outcome.status == expected
    assert (got.status, two.device.tree.get("./Blob").value) == (200, BLOB if expected == 200 else b"")


@pytest.mark.parametrize(("midway", "state"), [("again", SessionState.RUN), ("end", SessionState.REFUSED)])
def test_a_challenge_behind_package_1(midway: str, state: SessionState) -> None:
    lines = [
        f"C1 {{{md5('00..0F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=200 {chal('10..1F')}; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        f"C2 {{{md5('10..1F')}}} | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('20..2F')}; #2 2/3 Results=401; Final",
    ]
    facts = ("account client md5 client clientpw 00..0F", f"rule client challenged_midway={midway}")
    talk, _, client = client_against_script(Row("midway", (), facts, tuple(lines), state).golden, XML)
    assert client.state is state and len(talk.packets) == (5 if midway == "again" else 4)


@pytest.mark.parametrize(("rule", "get"), [("refuse", 215), ("execute", 200)])
def test_a_proven_server_that_has_not_accepted_us(rule: str, get: int) -> None:
    """State NY: the server challenges us and sends commands at once."""
    lines = [
        C1,
        f"S1 {{{server_md5('70..7F')}}} | #1 1/0 SyncHdr=401 {chal('00..0F')}; #2 1/1 Alert=401;"
        f" #3 1/2 Replace=401; #4 {GET}; Final",
    ]
    facts = ("account server tls", "known server srvpw 70..7F", "issue client 40..4F", f"rule client unaccepted={rule}")
    talk, _, client = client_against_script(Row("ny", (), facts, tuple(lines), SessionState.SENT).golden, XML)
    said = talk.spoken[-1].message
    assert client.state is SessionState.SENT
    assert [c.code for c in said.commands if c.verb is Verb.STATUS] == [212, get]  # type: ignore[union-attr]
    own = ["Alert", "Replace", *(["Results"] if get == 200 else [])]
    assert [c.verb.value for c in said.commands if c.verb is not Verb.STATUS] == own


@pytest.mark.parametrize("always", [True, False])
def test_the_mac_beside_a_message_that_only_challenges(always: bool) -> None:
    rules = Rules(auth="mac", server_auth="mac", max_message=None, mac_on_challenge=always)
    two = pair(scheme="mac", server_scheme="mac", rules=rules)
    account = two.device.accounts[0]
    assert account.client is not None
    two.device.accounts[0] = account.with_nonces(b"stale", None)
    talk = two.run([Get.of(MAN)])
    first, *others = [packet for sender, packet in talk.packets if sender == "server"]
    assert (HEADER in first.headers) is always and all(HEADER in packet.headers for packet in others)
    assert two.client.state is SessionState.DONE and two.outcomes[0][0].text == "Acme"
    assert check(talk.said) == []


@pytest.mark.parametrize("refused", ["close", "go on"])
def test_after_a_refused_first_piece(refused: str) -> None:
    """The server either closes its package or goes on with what remains of the job."""
    rules = replace(BASICS, chunk=10, refused_chunk=refused)  # type: ignore[arg-type]
    two = pair(rules=replace(BASICS, tree=TreeRules(max_value=5)), server_rules=rules, tree={"./Note": "old"})
    two.device.rules = replace(two.device.rules, large_objects="no")
    two.run([Replace.of("./Note", "0123456789abcdef"), Get.of(MAN)])
    outcome, get = two.outcomes[0]
    assert outcome.status == StatusCode.NOT_SUPPORTED
    assert get.answered is (refused == "go on")


@pytest.mark.parametrize(("status", "said"), [(200, 200), (212, 212)])
def test_status_of_a_header_that_only_the_transport_vouches_for(status: int, said: int) -> None:
    rules = replace(BASICS, auth="none", transport_status=status)  # type: ignore[arg-type]
    talk = pair(scheme=None, rules=rules).run([Get.of(MAN)])
    heads = [message.message.commands[0] for message in talk.spoken[1:]]
    assert [head.code for head in heads] == [said] * len(heads)  # type: ignore[union-attr]


@pytest.mark.parametrize(("rule", "said"), [("same", 513), ("500", 500)])
def test_commands_of_a_message_in_another_version(rule: str, said: int) -> None:
    rules = replace(BASICS, versions=(("1.2", "DM/9.9"),), version_command_status=rule)  # type: ignore[arg-type]
    talk = pair(server_rules=rules).run()
    head, alert, info = talk.spoken[1].message.commands
    assert [c.code for c in (head, alert, info)] == [513, said, said]  # type: ignore[union-attr]


@pytest.mark.parametrize("scheme", ["mac", "hmac-sha256"])
@pytest.mark.unsound("somebody on the path changes the device's Results")
def test_values_are_not_repeated_to_a_server_that_proves_nothing(scheme):
    """Results altered on the way: the server challenges, with a stale proof; the device challenges back, silent."""
    rules = dm.Rules(auth=scheme, server_auth=scheme)
    device = dm.Device.example(rules=rules)
    sent: list[bytes] = []

    def alter(packet: dm.Packet, rng: object) -> list[dm.Packet]:
        if packet.to != device.address:
            sent.append(packet.body)
            if len([body for body in sent if b"1.0.3" in body]) == 1 and b"1.0.3" in packet.body:
                body = packet.body.replace(b"1.0.3", b"9.9.9")
                return [dm.Packet(packet.to, body, packet.media_type, packet.headers)]
        return [packet]

    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.read("./DevDetail/FwV"), tap=alter)
    first = next(n for n, body in enumerate(sent) if b"1.0.3" in body)
    assert b"<Results>" not in sent[first + 1] and b"401" in sent[first + 1]
    assert server.results[-1].result in ({"./DevDetail/FwV": "1.0.3"}, {"./DevDetail/FwV": None})
