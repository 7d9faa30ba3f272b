"""Real peers in sessions: what the interoperability sheet §2 observed, said to both engines.

The wire rows of its §1 are tests of the two readers (tests/wire); profiles are in test_profiles.py.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as vary

import dmkit as dm
from dmkit.auth.md5 import MD5
from dmkit.server.peers import PROFILES
from dmkit.session.events import Ended
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState

PHONE, SERVER = "IMEI:1", "https://dm.example/dm"
CLIENT = dm.Credential("client", "clientpw", bytes(range(16)))
DEVINFO = (dm.Item(source="./DevInfo/Man", data="Acme"), dm.Item(source="./DevInfo/Mod", data="T1"))
START: tuple[Any, ...] = (dm.Alert.of(1201), dm.Replace(DEVINFO))


def proof(nonce: bytes, secret: str = "clientpw") -> dm.words.Cred:
    data = MD5.prove(dm.Credential("client", secret), nonce, b"")
    return dm.words.Cred(data, dm.words.Meta(format="b64", type="syncml:auth-md5"))


def status(msg: str, ref: str | None, cmd: str, code: int, **more: Any) -> dm.Status:
    return dm.Status(dm.StatusCode(code), msg, ref, cmd, **more)


def ok(msg: str = "1") -> dm.Status:
    return status(msg, "0", "SyncHdr", 200)


class Peer:
    """A client that says exactly what a test wants."""

    def __init__(self, *wishes: dm.Message | Any, rules: Rules | None = None, auth: str = "none") -> None:
        rules = replace(rules or PROFILES["lenient"], auth=auth, server_auth="none", max_message=None)
        account = dm.Account("srv", SERVER, CLIENT if auth != "none" else None, None)
        self.server = dm.Server({PHONE: account}, nonces=lambda device: dm.device.counted_nonces(device), rules=rules)
        if wishes:
            self.server.enqueue(PHONE, dm.jobs.send(*wishes), "wish")
        self.said = 0
        self.events: list[Any] = []

    def say(self, *commands: Any, final: bool = True, edit: tuple[bytes, bytes] | None = None, **header: Any) -> Any:
        """One message and the server's answer; None when there is none."""
        self.said += 1
        head = dm.words.Header(
            **{"session_id": "1", "msg_id": str(self.said), "target": SERVER, "source": PHONE, **header}
        )
        numbered = tuple(vary(c, cmd_id=c.cmd_id or str(n)) for n, c in enumerate(commands, 1))
        body = dm.XML.encode(dm.Message(head, numbered, final))
        if edit is not None:
            assert edit[0] in body
            body = body.replace(*edit)
        step = self.server.receive(dm.Packet(SERVER, body, dm.XML.media_type))
        self.events += step.events
        return None if step.reply is None else dm.XML.decode(step.reply.body)

    def begin(self, **header: Any) -> dict[str, str]:
        """Package 1; gives the CmdIDs of the server's commands, ``Atomic``, ``Atomic/Replace`` and so on."""
        answer = self.say(*START, **header)
        ids: dict[str, str] = {}
        for command in answer.commands:
            ids.setdefault(command.verb.value, command.cmd_id)
            for inner in getattr(command, "commands", ()):
                ids.setdefault(f"{command.verb.value}/{inner.verb.value}", inner.cmd_id)
        return ids

    @property
    def result(self) -> Any:
        return self.server.results[-1].result


A, B = dm.Replace.of("./A", "1"), dm.Delete.of("./B")


def test_atomic_without_a_status_of_its_own() -> None:
    """libdmclient executes what is inside one by one and says nothing about the Atomic."""
    peer = Peer(dm.Atomic.of(A, B))
    ids = peer.begin()
    answer = peer.say(
        ok(), status("1", ids["Atomic/Replace"], "Replace", 200), status("1", ids["Atomic/Delete"], "Delete", 404)
    )
    [outcome] = peer.result
    assert answer.final and outcome.status is None and [part.status for part in outcome.parts] == [200, 404]


@pytest.mark.parametrize("codes", [[507, 200], [200, 507]])
def test_of_two_statuses_of_an_atomic_the_first_counts(codes: list[int]) -> None:
    """The AOSP engine reports a nested Atomic twice."""
    peer = Peer(dm.Atomic.of(A, B))
    ids = peer.begin()
    peer.say(ok(), *(status("1", ids["Atomic"], "Atomic", code) for code in codes))
    assert peer.result[0].status == codes[0]


def test_statuses_in_any_order() -> None:
    """AOSP puts the refused Get before its Atomic, libdmclient a Sequence behind its commands."""
    peer = Peer(dm.Atomic.of(A, dm.Get.of("./B")), dm.Sequence.of(dm.Alert.of(1101, None, "Go on?"), B))
    ids = peer.begin()
    peer.say(
        ok(),
        status("1", ids["Atomic/Get"], "Get", 500),
        status("1", ids["Atomic"], "Atomic", 507),
        status("1", ids["Atomic/Replace"], "Replace", 216),
        status("1", ids["Sequence/Delete"], "Delete", 215),
        status("1", ids["Sequence/Alert"], "Alert", 304),
        status("1", ids["Sequence"], "Sequence", 304),
    )
    atomic, sequence = peer.result
    assert (atomic.status, [p.status for p in atomic.parts]) == (507, [216, 500])
    assert (sequence.status, [p.status for p in sequence.parts]) == (304, [304, 215])


def test_an_atomic_answered_501_with_a_cmd_id_used_twice() -> None:
    """hs20: nothing about what is inside; that is no answer, not success."""
    peer = Peer(dm.Atomic.of(A, B))
    ids = peer.begin()
    first, second = ok(), status("1", ids["Atomic"], "Atomic", 501)
    peer.say(vary(first, cmd_id="1"), vary(second, cmd_id="1"))
    [outcome] = peer.result
    assert outcome.status == 501 and not any(part.answered for part in outcome.parts)


def test_a_get_of_several_items_answered_for_the_first() -> None:
    peer = Peer(dm.Get.of("./A", "./B"))
    ids = peer.begin()
    peer.say(
        ok(),
        status("1", ids["Get"], "Get", 200, target_refs=("./A",)),
        dm.words.Results((dm.Item(source="./A", data="1"),), "1", ids["Get"]),
    )
    [outcome] = peer.result
    assert [part.status for part in outcome.parts] == [200, None] and not outcome.ok


def test_statuses_without_references_are_taken_in_order() -> None:
    """hs20 names neither command nor target."""
    peer = Peer(A, B, dm.Replace.of("./C", "2"))
    peer.begin()
    peer.say(
        *(
            status("1", None, cmd, code)
            for cmd, code in (("SyncHdr", 200), ("Replace", 200), ("Delete", 404), ("Replace", 405))
        )
    )
    assert [outcome.status for outcome in peer.result] == [200, 404, 405]


@pytest.mark.parametrize("which", ["old", "new"])
def test_credentials_after_212_with_either_nonce(which: str) -> None:
    """AOSP goes on sending Cred after 212, made with the nonce that the 212 announced."""
    peer = Peer(A, B, auth="md5")
    first = peer.say(*START, cred=proof(CLIENT.nonce))
    head = first.commands[0]
    assert head.code == 212
    nonce = CLIENT.nonce if which == "old" else b64decode(head.chal.next_nonce)
    again = peer.say(ok(), status("1", first.commands[3].cmd_id, "Replace", 200), cred=proof(nonce))
    assert again.commands[0].code == 212 and peer.result[0].ok


def test_a_wrong_digest_repeated_for_ever_is_answered_three_times_and_ends_the_session_once() -> None:
    """libdmclient says the same wrong digest up to 128 times, AOSP a header Status and nothing else."""
    peer = Peer(A, auth="md5")
    codes = [peer.say(*START, cred=proof(b"", "wrong")).commands[0].code for _ in range(2)]
    answer = peer.say(ok(str(peer.said)), cred=proof(b"", "wrong"))
    codes.append(answer.commands[0].code)
    assert answer.commands[0].chal is not None and set(codes) == {401}
    for _ in range(4):
        assert peer.say(ok(str(peer.said)), cred=proof(b"", "wrong")) is None, "an HTTP error from here on"
    assert len([e for e in peer.events if isinstance(e, Ended)]) == 1


@pytest.mark.parametrize("code", [0, 999, 217, 300, 101])
def test_an_odd_status_is_never_success_by_accident(code: int) -> None:
    """libdmclient answers 0 when it misses the server's credentials; 217 is the one later success that is known."""
    peer = Peer(A)
    ids = peer.begin()
    peer.say(ok(), status("1", ids["Replace"], "Replace", code))
    assert peer.result[0].ok is (code == 217) and peer.result[0].status == code


def test_a_generic_alert_the_windows_way() -> None:
    """Type beside an empty Meta, no prefix, no Format."""
    peer = Peer()
    alert = dm.Alert(dm.words.AlertCode.GENERIC, (dm.Item(meta=dm.words.Meta(type="com.microsoft:mdm.x"), data="1"),))
    inside = b'<Meta><Type xmlns="syncml:metinf">com.microsoft:mdm.x</Type></Meta>'
    answer = peer.say(*START, alert, edit=(inside, b'<Meta/><Type xmlns="syncml:metinf">com.microsoft:mdm.x</Type>'))
    assert [c.code for c in answer.commands] == [200, 200, 200, 200]
    [(device, received)] = peer.server.alerts[-1:]
    assert device == PHONE and received.alert.items[0].meta.type == "com.microsoft:mdm.x"


def test_results_with_a_cmd_child_and_a_status_with_an_attribute() -> None:
    peer = Peer(dm.Get.of("./A"))
    ids = peer.begin()
    ref = f"<CmdRef>{ids['Get']}</CmdRef>".encode()
    peer.say(
        ok(),
        status("1", ids["Get"], "Get", 200),
        dm.words.Results((dm.Item(source="./A", data="1"),), "1", ids["Get"]),
        edit=(ref + b"<Item>", ref + b"<Cmd>Get</Cmd><Item>"),
    )
    assert peer.result[0].text == "1"


def test_device_info_with_interior_nodes_in_reverse_order() -> None:
    """libdmclient replaces all of DevInfo, interior nodes included."""
    items = (
        dm.Item(source="./DevInfo/Ext", meta=dm.words.Meta(format="node"), data="a/b"),
        *(dm.Item(source=f"./DevInfo/{name}", data=name) for name in ("Lang", "DmV", "Mod", "Man", "DevId")),
        dm.Item(source="./DevInfo", meta=dm.words.Meta(format="node"), data="Man/Mod"),
    )
    peer = Peer(A)
    answer = peer.say(dm.Alert.of(1201), dm.Replace(items))
    assert answer.commands[2].code == 200
    assert peer.server.devices[PHONE] == {name: name for name in ("Lang", "DmV", "Mod", "Man", "DevId")}


@pytest.mark.parametrize("session", ["0", "00FF", "ff", "Z"])
def test_a_session_id_is_text(session: str) -> None:
    answer = Peer(A).say(*START, session_id=session)
    assert answer.header.session_id == session


def test_the_target_of_a_header_is_not_compared() -> None:
    """libdmclient puts the RespURI there."""
    answer = Peer(A).say(*START, target=f"{SERVER}?s=8")
    assert answer.commands[0].code == 200 and answer.commands[0].target_refs == (f"{SERVER}?s=8",)


@pytest.mark.parametrize("code", [200, 406, 500])
def test_a_client_that_does_not_know_1222_goes_on(code: int) -> None:
    """Koneki answers 406, libdmclient 500."""
    peer = Peer(dm.Get.of("./A"))
    ids = peer.begin()
    more = peer.say(ok(), status("1", ids["Get"], "Get", 200), final=False)
    assert more.commands[-1].code == 1222
    end = peer.say(
        ok("2"),
        status("2", more.commands[-1].cmd_id, "Alert", code),
        dm.words.Results((dm.Item(source="./A", data="1"),), "1", ids["Get"]),
    )
    assert end.final and peer.result[0].text == "1"


@pytest.mark.parametrize("code", [200, 500])
def test_a_client_that_goes_on_after_1223_is_answered_with_statuses(code: int) -> None:
    peer = Peer(dm.Alert.of(1223))
    abort = peer.say(*START)
    assert abort.commands[-1].code == 1223
    late = peer.say(ok(), status("1", abort.commands[-1].cmd_id, "Alert", code), dm.Alert.of(1222))
    assert late.final and all(isinstance(c, dm.Status) for c in late.commands)


def test_an_interrupted_object_the_aosp_way() -> None:
    """Alert 1225 before the other Statuses, and 412 for what came next."""
    peer = Peer(dm.Replace.of("./A", "x" * 20), dm.Get.of("./B"), rules=replace(PROFILES["aosp"], chunk=10))
    ids = peer.begin()
    answer = peer.say(
        ok(),
        vary(dm.Alert.of(1225), items=(dm.Item(target="./A"),)),
        status("1", ids["Replace"], "Replace", 213),
        dm.Alert.of(1222),
        final=False,
    )
    assert [c.code for c in answer.commands[:3]] == [200, 200, 200]
    assert answer.commands[3].items[0].data == "x" * 10  # from its first piece


def test_choices_in_one_item() -> None:
    """libdmclient answers 1104 by one Item ``1-3``."""
    peer = Peer()
    peer.server.enqueue(PHONE, dm.jobs.ask("Pick", "a", "b", "c", many=True), "ask")
    ids = peer.begin()
    peer.say(ok(), status("1", ids["Alert"], "Alert", 200, items=(dm.Item(data="1-3"),)))
    assert peer.result == ["a", "c"]


# --- a device before a strange server ---------------------------------------------------------------------------------


class Host:
    """A server that says exactly what a test wants, to a real device."""

    def __init__(self, **rules: Any) -> None:
        self.device = dm.Device.example(rules=replace(PROFILES["lenient"], max_message=None, **rules))
        self.client = self.device.connect()
        self.heard = dm.XML.decode(self.client.start().reply.body)  # type: ignore[union-attr]
        self.said = 0

    def say(self, *commands: Any, final: bool = True, edit: tuple[bytes, bytes] | None = None, **header: Any) -> Any:
        self.said += 1
        mine = self.heard.header
        head = dm.words.Header(
            **{
                "session_id": mine.session_id,
                "msg_id": str(self.said),
                "target": mine.source,
                "source": mine.target,
                **header,
            }
        )
        numbered = tuple(vary(c, cmd_id=c.cmd_id or str(n)) for n, c in enumerate(commands, 1))
        body = dm.XML.encode(dm.Message(head, numbered, final))
        body = body.replace(*edit) if edit else body
        reply = self.client.receive(dm.Packet(mine.source, body, dm.XML.media_type)).reply
        if reply is None:
            return None
        self.heard = dm.XML.decode(reply.body)
        return self.heard


def test_a_server_that_uses_a_cmd_id_twice_and_takes_anybody() -> None:
    """webOS server: the device survives, and does nothing for a server that cannot prove itself."""
    get = dm.Get.of("./DevInfo/Man")
    for rules, answer in (({"server_auth": "none"}, 200), ({"server_auth": "md5"}, 407)):
        host = Host(auth="basic", **rules)
        said = host.say(*(vary(c, cmd_id="1") for c in (status("1", "0", "SyncHdr", 212), get)))
        assert [c.code for c in said.commands if isinstance(c, dm.Status)][-1] == answer
        assert host.client.state is (SessionState.RUN if answer == 200 else SessionState.SRVAUTH)


def test_a_server_that_repeats_its_nonce_and_says_407_for_wrong_credentials() -> None:
    host = Host(server_auth="none")
    chal = dm.words.Meta(format="b64", type="syncml:auth-md5", next_nonce=b64encode(b"same").decode())
    assert host.say(status("1", "0", "SyncHdr", 407, chal=chal)).header.cred is not None
    assert host.say(status("2", "0", "SyncHdr", 407, chal=chal)) is None or host.client.state is SessionState.SENT
    host.say(status("3", "0", "SyncHdr", 407, chal=chal))
    assert host.client.state is SessionState.REFUSED


def test_an_empty_next_nonce_beside_200() -> None:
    host = Host(server_auth="none")
    chal = dm.words.Meta(format="b64", type="syncml:auth-md5", next_nonce="")
    said = host.say(
        status("1", "0", "SyncHdr", 200, chal=chal),
        status("1", "1", "Alert", 200),
        status("1", "2", "Replace", 200),
        dm.Get.of("./DevInfo/Man"),
    )
    assert said.commands[2].items[0].data == "Acme"
