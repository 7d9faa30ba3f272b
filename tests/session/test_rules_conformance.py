"""Rows of the conformance list that hold for every session, and those that no golden shows by itself."""

from __future__ import annotations

from itertools import count

import pytest

from dmkit.auth import Account, Credential
from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.events import Deviated, Unreadable
from dmkit.session.oracle.check import check
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState
from dmkit.tree.tree import Tree
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Alert,
    Copy,
    Cred,
    Exec,
    Get,
    Item,
    Message,
    Meta,
    Packet,
    Replace,
    Results,
    Status,
    flatten,
)
from dmkit.words.outcome import Outcome
from tests.golden.notation import CLIENT_ADDRESS, SERVER_ADDRESS, Golden, golden, goldens
from tests.pair import ALL, SERVER_ID, both, converse, device_of, pair, scaled, server_of, session_of
from tests.session import test_rules_client, test_rules_end, test_rules_server
from tests.session.rows import claims

MAN = "./DevInfo/Man"
CODECS = pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda c: c.name)


def everything(codec: Codec) -> list[tuple[Golden, str, Message]]:
    """All messages that the engines say in the goldens that both sides keep to."""
    return [
        (g, s.sender, s.message) for g in goldens() if not g.faulty for s in both(scaled(g, codec), codec)[0].spoken
    ]


@CODECS
@pytest.mark.spec("P-01", "P-03", "P-04", "P-10", "P-15")
def test_what_holds_for_every_message(codec: Codec) -> None:
    for g, sender, message in everything(codec):
        header = message.header
        assert (header.ver_dtd, header.ver_proto) == ("1.2", "DM/1.2"), g.name
        assert header.session_id == g.frame.session, g.name
        for command in flatten(message.commands):
            if isinstance(command, Status) and command.chal is not None and command.chal.type != "syncml:auth-basic":
                assert command.chal.format == "b64", g.name
        if sender == "client":
            assert all(isinstance(c, Alert | Replace | Results | Status) for c in message.commands), g.name
            assert all(
                i.source and i.source.startswith("./DevInfo/")
                for c in message.commands
                if isinstance(c, Replace)
                for i in c.items
            ), g.name
            if header.msg_id == "1":
                assert isinstance(message.commands[0], Alert) and message.commands[0].code == g.start, g.name
                assert isinstance(message.commands[1], Replace), g.name


@CODECS
@pytest.mark.spec("P-02")
def test_media_types_and_the_answer_in_the_codec_of_the_question(codec: Codec) -> None:
    talk, *_ = both(golden("W01"), codec)
    kinds = {packet.media_type for _, packet in talk.packets}
    assert kinds == {f"application/vnd.syncml.dm+{'wbxml' if codec.binary else 'xml'}"}


@pytest.mark.spec("P-02")
@pytest.mark.parametrize("version", [1, 2, 3])
def test_any_wbxml_1_x_is_read(version: int) -> None:
    g = golden("W01")
    device, server = device_of(g, WBXML), server_of(g)
    first = session_of(g, device).start().reply
    assert first is not None
    again = Packet(first.to, bytes([version]) + first.body[1:], first.media_type)
    reply = server.receive(again).reply
    assert reply is not None and WBXML.decode(reply.body).commands[0].code == StatusCode.AUTHENTICATED  # type: ignore


FOREIGN = {
    "cred in a command": (b"<Alert><CmdID>1</CmdID>", b"<Alert><CmdID>1</CmdID><Cred><Data>x</Data></Cred>"),
    "archive": (b"<Final></Final>", b"<Delete><CmdID>8</CmdID><Archive/><Item/></Delete><Final/>"),
    "put": (b"<Final></Final>", b"<Put><CmdID>8</CmdID><Item/></Put><Final/>"),
    "sync": (b"<Final></Final>", b"<Sync><CmdID>8</CmdID></Sync><Final/>"),
}


@pytest.mark.spec("P-16")
@pytest.mark.parametrize("what", FOREIGN)
def test_what_dm_leaves_out_is_refused_or_reported(what: str) -> None:
    """A strict server does not read it; a lenient one reads on and says so."""
    g = golden("W02")
    first = session_of(g, device_of(g)).start().reply
    assert first is not None
    old, new = FOREIGN[what]
    body = first.body.replace(b"<Final/>", b"<Final></Final>").replace(old, new)
    assert new in body
    strict = server_of(g).receive(Packet(first.to, body, first.media_type))
    assert strict.reply is None and isinstance(strict.events[0], Unreadable)
    server = server_of(g)
    server.rules = Rules(auth="basic", server_auth="none", max_message=None, lenient=True)
    step = server.receive(Packet(first.to, body, first.media_type))
    assert step.reply is not None and any(isinstance(e, Deviated) for e in step.events)


@CODECS
@pytest.mark.spec("P-16")
def test_engines_say_nothing_that_dm_leaves_out(codec: Codec) -> None:
    """A strict reader takes every message of every golden, and no command carries Cred or NoResp."""
    for g, _, message in everything(codec):
        assert codec.decode(codec.encode(message)) == message, g.name
        assert message.deviations == () and not message.header.no_resp, g.name
        assert not any(getattr(c, "no_resp", False) for c in flatten(message.commands)), g.name


@pytest.mark.spec("P-17")
@pytest.mark.parametrize("options", [None, "", "MINDT=10", "FOO=bar&MAXDT=30&BAZ", "MAXLEN=x", "DR=%41&&=", "IT=Q"])
def test_unknown_options_of_a_question_do_no_harm(options: str | None) -> None:
    asked: list[Alert] = []

    def user(alert: Alert) -> Outcome:
        asked.append(alert)
        return Outcome(StatusCode.OK)

    two = pair(user=user)
    talk = two.run([Alert.of(1101, options, "Go on?")])
    assert two.outcomes[0][0].status == StatusCode.OK and len(asked) == 1
    assert check(talk.said) == []


@pytest.mark.spec("P-17")
@pytest.mark.parametrize("code", [1100, 1101, 1102, 1103, 1104])
def test_a_device_without_display_answers_406(code: int) -> None:
    two = pair()
    two.run([Alert.of(code, None, "text", "a", "b"), Get.of(MAN)])
    question, get = two.outcomes[0]
    assert question.status == StatusCode.NOT_SUPPORTED and get.text == "Acme"


def _phone(number: int, secret: str, known: str) -> tuple[Device, Account]:
    imei = f"IMEI:00000000000000{number}"
    tree = Tree.of({"./DevInfo/DevId": imei, MAN: "Acme"}, acl={".": ALL})
    mine = Account(
        SERVER_ID,
        SERVER_ADDRESS,
        Credential(f"phone{number}", f"pw{number}", b"1", "md5"),
        Credential(SERVER_ID, known, b"2"),
    )
    theirs = Account(
        SERVER_ID,
        SERVER_ADDRESS,
        Credential(f"phone{number}", f"pw{number}", b"1"),
        Credential(SERVER_ID, secret, b"2", "md5"),
    )
    return Device(tree, mine, rules=Rules(max_message=None)), theirs


@pytest.mark.spec("X-06", "X-01")
def test_the_server_has_another_password_for_each_device() -> None:
    """Each device takes only the password meant for it: what one device knows opens no other."""
    one, for_one = _phone(1, "srv-one", "srv-one")
    two, for_two = _phone(2, "srv-two", "srv-two")
    three, for_three = _phone(3, "srv-one", "srv-three")
    server = Server(
        {one.address: for_one, two.address: for_two, three.address: for_three},
        nonces=lambda d: (f"{d} {n}".encode() for n in count()),
        rules=Rules(max_message=None),
    )

    def job(info: object) -> object:
        return (yield [Get.of(MAN)])

    for device, ends in ((one, SessionState.DONE), (two, SessionState.DONE), (three, SessionState.REFUSED)):
        server.enqueue(device.address, job)  # type: ignore[arg-type]
        client = device.connect()
        talk = converse(client, server)
        assert client.state is ends, device
        assert check(talk.said) == []
        assert ("Acme" in str([s.message.commands[-1] for s in talk.spoken if s.sender == "client"][1:])) is (
            ends is SessionState.DONE
        )


@pytest.mark.spec("X-01", "X-02", "X-04")
@pytest.mark.parametrize("scheme", ["basic", "md5", "mac", None])
@pytest.mark.parametrize("server_scheme", ["basic", "md5", "mac", None])
@CODECS
def test_every_pairing_of_schemes(scheme: str | None, server_scheme: str | None, codec: Codec) -> None:
    two = pair(scheme=scheme, server_scheme=server_scheme, codec=codec)
    talk = two.run([Get.of(MAN)], [Get.of("./DevInfo/Mod")])
    assert two.client.state is SessionState.DONE and [o.text for [o] in two.outcomes] == ["Acme", "T1"]
    assert check(talk.said) == []


@pytest.mark.spec("X-05", "X-02")
@pytest.mark.parametrize("scheme", ["md5", "mac"])
@pytest.mark.parametrize("stale", ["client", "server", "client server"])
@CODECS
def test_stale_nonces_are_renewed(scheme: str, stale: str, codec: Codec) -> None:
    """Whoever's nonce is out of date, one more challenge mends it, and the next session needs none."""
    two = pair(scheme=scheme, server_scheme=scheme, codec=codec)
    account = two.device.accounts[0]
    two.device.accounts[0] = account.with_nonces(
        *(b"stale" if side in stale.split() else None for side in ("client", "server"))
    )
    talk = two.run([Get.of(MAN)])
    assert two.client.state is SessionState.DONE and two.outcomes[0][0].text == "Acme"
    assert check(talk.said) == []
    device, server = two.device.accounts[0], two.server.accounts[CLIENT_ADDRESS]
    assert (device.client.nonce, device.server.nonce) == (server.client.nonce, server.server.nonce)  # type: ignore
    again = two.run([Get.of(MAN)], session="2")
    assert len(again.packets) == 4 and check(again.said) == []


def test_credentials_where_none_belong_are_not_written() -> None:
    with pytest.raises((CodecError, TypeError)):
        Replace.of(MAN, "x", cred=Cred("x", Meta()))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("test", "params"),
    [
        (test_rules_client.test_row, test_rules_client.ROWS),
        (test_rules_server.test_row, test_rules_server.ROWS),
        (test_rules_end.test_client_notices, test_rules_end.CLIENT),
        (test_rules_end.test_server_notices, test_rules_end.SERVER),
    ],
)
def test_a_table_claims_what_its_rows_assert(test: object, params: list[object]) -> None:
    """The conformance matrix is read from the source, so a test over a table names the union of its rows' claims."""
    claimed = {id_ for mark in test.pytestmark if mark.name == "spec" for id_ in mark.args}  # type: ignore[attr-defined]
    assert claimed == claims(params)


# --- one test for each row that a reader of the matrix will want to see by itself ------------------------------------


@CODECS
@pytest.mark.spec("P-11")
def test_a_client_with_nothing_to_say_is_silent(codec: Codec) -> None:
    for g, sender, message in everything(codec):
        if sender == "client" and message.header.msg_id != "1":
            assert len(message.commands) > 1, g.name
    for name in ("W02", "W09", "W16"):
        talk, _, _, client = both(golden(name), codec)
        assert talk.packets[-1][0] == "server" and client.state.is_over and not client.waiting


@pytest.mark.spec("P-19", "R-161")
@pytest.mark.parametrize(("kind", "status"), [("com.example/login", 200), ("com.example/other", 406)])
def test_client_events_are_taken_or_not(kind: str, status: int) -> None:
    rules = Rules(auth="basic", server_auth="none", max_message=None, known_events="com.example/login".__eq__)
    two = pair(server_rules=rules)
    event = Alert(Alert.of(1224).code, (Item(meta=Meta(format="chr", type=kind), data="user"),))
    talk = two.run(alerts=(event,))
    [answer] = [c for c in talk.spoken[1].message.commands if isinstance(c, Status) and c.cmd_ref == "3"]
    assert answer.code == status and two.client.state is SessionState.DONE


@CODECS
@pytest.mark.spec("P-21")
def test_copy_and_exec(codec: Codec) -> None:
    ran: list[str] = []

    def run(tree: Tree, call: object) -> tuple[Tree, Outcome]:
        ran.append(call.item.text)  # type: ignore[attr-defined]
        return tree, Outcome(StatusCode.ACCEPTED)

    two = pair(tree={"./A": "a", "./B": "b", "./Do": "x"}, handlers={"./Do": run}, codec=codec)
    talk = two.run(
        [Copy.of("./A", "./B"), Exec.of("./Do", "now", correlator="c1"), Copy.of("./None", "./B"), Exec.of("./None")]
    )
    copied, executed, uncopied, unexecuted = two.outcomes[0]
    assert copied.ok and two.device.tree.get("./B").value == "a"
    assert executed.status == StatusCode.ACCEPTED and ran == ["now"]
    assert uncopied.status == StatusCode.NOT_FOUND and not unexecuted.ok
    assert check(talk.said) == []
