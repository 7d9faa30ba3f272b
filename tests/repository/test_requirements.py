"""What the requirements document asks for (rows R): a phone, its user, its servers, somebody on the path.  [RD §6]

Rows that other tests assert carry their marks there; data/spec/README.md says which rows stay open, and why.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import dmkit as dm
from dmkit.auth import Account, Credential
from dmkit.device.card_nodes import offer_card
from dmkit.mo.firmware import Image, package
from dmkit.session.events import Authenticated, Executed
from dmkit.transport import push
from dmkit.transport.trace import write_log_line
from dmkit.words.outcome import After, Later
from dmkit.words.question import person
from tests.auth.test_signed import CHAIN, MAKER_KEY, NOW, TRUST, raw
from tests.bootstrap.documents import DOCUMENT_C

URI = "./APN/Name"
WRITE = dm.jobs.write(URI, "internet")


def value(device: dm.Device, uri: str = URI) -> object:
    return device.tree.get(uri).value


def rules(scheme: str) -> dm.Rules:
    return dm.Rules(auth=scheme, server_auth=scheme)


def stranger(server: dm.Server, /, **who: str) -> dm.Server:
    """The server with another secret for its own proof, or for the devices'."""
    account = next(iter(server.accounts.values()))
    changed = {side: replace(getattr(account, side), secret=secret) for side, secret in who.items()}
    return dm.Server({"*": replace(account, **changed)}, nonces=server.nonces, rules=server.rules)


# -- who is who


@pytest.mark.spec("R-001", "R-010")
@pytest.mark.parametrize("scheme", ["basic", "md5", "mac", "hmac-sha256"])
def test_who_does_not_know_the_servers_secret_gets_nothing_done(scheme: str) -> None:
    device = dm.Device.example(rules=rules(scheme))
    impostor = stranger(dm.Server.example(device), server="guess")
    before = device.tree
    impostor.enqueue(device.address, dm.jobs.read("./DevInfo/Man"))
    talk = dm.converse(device, impostor, job=WRITE)
    assert device.tree == before
    assert not any(isinstance(event, Executed) for event in talk.events)
    assert not any(isinstance(command, dm.words.Results) for message in talk.messages for command in message.commands)
    assert not any(result.done for result in impostor.results)


@pytest.mark.spec("R-012")
@pytest.mark.parametrize("scheme", ["basic", "md5", "mac", "hmac-sha256"])
def test_a_server_may_check_the_device(scheme: str) -> None:
    device = dm.Device.example(rules=rules(scheme))
    doubting = stranger(dm.Server.example(device), client="another")
    dm.converse(device, doubting, job=WRITE)
    assert not doubting.results and not doubting.devices, "no job for a device that is not the one it says"
    trusting = dm.Server.example(device, rules=replace(device.rules, auth="none"))
    dm.converse(dm.Device.example(rules=replace(device.rules, auth="none")), trusting, job=WRITE)
    assert trusting.results[-1].done, "it may, and need not"


@pytest.mark.spec("R-002")
@pytest.mark.parametrize("scheme", ["md5", "mac", "hmac-sha256"])
def test_a_recorded_session_is_worth_nothing_in_the_next(scheme: str) -> None:
    device = dm.Device.example(rules=rules(scheme))
    server = dm.Server.example(device)
    old = dm.converse(device, server, job=dm.jobs.write(URI, "old"))
    dm.converse(device, server, job=dm.jobs.write(URI, "new"))
    recorded = [line.packet for line in old if line.sender == "server"]
    session = device.connect(session_id=old[0].message.header.session_id)
    session.start()
    for packet in recorded:
        if not session.state.is_over:
            session.receive(packet)
    assert value(device) == "new", "the device does nothing for a recording of its server"
    jobs = len(server.results)
    server.enqueue(device.address, dm.jobs.read("./DevInfo/Man"))
    for line in old:
        if line.sender == "client":
            server.receive(line.packet)
    assert len(server.results) == jobs, "nor does the server for a recording of its device"


@pytest.mark.spec("R-020", "R-103")
def test_a_server_does_what_it_is_authorised_to() -> None:
    device = dm.Device.example()
    device.tree = device.tree.with_acl(URI, "Get=*&Replace=other").with_acl("./APN", "Get=*&Replace=other")
    server = dm.Server.example(device)
    dm.converse(device, server, job=WRITE)
    assert server.results[-1].result.status == 425 and value(device) == "internet.old"
    dm.converse(device, server, job=dm.jobs.write("./Vendor/Acme/Poll", "60"))
    assert server.results[-1].result and value(device, "./Vendor/Acme/Poll") == "60"


# -- on the path


def altering(receiver: str, old: bytes, new: bytes) -> dm.transport.loop.Tap:
    """Somebody who changes octets in each packet to ``receiver``."""

    def tap(packet: dm.Packet, rng: Random) -> list[dm.Packet]:
        mine = packet.to.startswith(receiver)
        return [replace_body(packet, packet.body.replace(old, new)) if mine else packet]

    return tap


def replace_body(packet: dm.Packet, body: bytes) -> dm.Packet:
    return dm.Packet(packet.to, body, packet.media_type, packet.headers)


@pytest.mark.spec("R-030", "R-033")
@pytest.mark.unsound("somebody on the path changes octets")
@pytest.mark.parametrize("scheme", ["mac", "hmac-sha256"])
def test_what_is_changed_on_the_way_is_noticed(scheme: str) -> None:
    """With a MAC over the message; a digest of name and secret alone lets it pass, which shows what the MAC is for."""

    def run(by: str, receiver: str, old: bytes, new: bytes) -> tuple[dm.Device, dm.Server]:
        device = dm.Device.example(rules=rules(by))
        server = dm.Server.example(device)
        server.enqueue(device.address, dm.jobs.read("./DevDetail/FwV"))
        dm.converse(device, server, job=WRITE, tap=altering(receiver, old, new))
        return device, server

    device, _ = run(scheme, "IMEI", b"internet", b"evil.apn")
    assert value(device) == "internet.old"
    assert value(run("md5", "IMEI", b"internet", b"evil.apn")[0]) == "evil.apn"
    for old, new in ((b"Acme", b"Evil"), (b"1.0.3", b"9.9.9")):
        _, server = run(scheme, "https", old, new)
        assert new.decode() not in str((server.devices, server.results))
        assert new.decode() in str([(s.devices, s.results) for s in (run("md5", "https", old, new)[1],)])


# -- the user


class User:
    """Says what it is told to, and keeps what it saw."""

    def __init__(self, *says: object) -> None:
        self.says = list(says)
        self.seen: list[str] = []
        self.answer = person(self._say)

    def _say(self, question: dm.words.Question) -> object:
        self.seen.append(question.text)
        return self.says.pop(0) if self.says else True


@pytest.mark.spec("R-004", "R-082", "R-116")
@pytest.mark.parametrize("agrees", [True, False])
def test_the_user_is_asked_before_a_change_when_the_server_wants_it(agrees: bool) -> None:
    user = User(agrees)
    device = dm.Device.example(user=user.answer)
    server = dm.Server.example(device)
    change = dm.Sequence.of(dm.Alert.of(1101, None, "Change the access point?"), dm.Replace.of(URI, "internet"))
    dm.converse(device, server, job=dm.jobs.send(change))
    assert user.seen == ["Change the access point?"]
    assert value(device) == ("internet" if agrees else "internet.old")
    [outcome] = server.results[-1].result
    assert [part.status for part in outcome.parts] == ([200, 200] if agrees else [304, 215])


@pytest.mark.spec("R-005", "R-082", "R-113")
def test_the_user_is_left_alone_when_nobody_wants_to_ask() -> None:
    user = User()
    device = dm.Device.example(user=user.answer)
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.send(dm.Add.of("./Vendor/New", "x"), dm.Replace.of(URI, "internet")))
    reaction = push.deliver(device, push.wake(server, device.address, 7))
    dm.converse(reaction.session, server, job=dm.jobs.delete("./Vendor/New"))
    assert all(result.done for result in server.results) and value(device) == "internet"
    assert user.seen == []


@pytest.mark.spec("R-072", "R-116", "R-162")
def test_each_answer_belongs_to_its_question() -> None:
    user = User(False, "Anna", 2, True)
    device = dm.Device.example(user=user.answer)
    server = dm.Server.example(device)
    questions = (
        dm.Alert.of(1101, None, "Backup?"),
        dm.Alert.of(1102, None, "Name?"),
        dm.Alert.of(1103, None, "Plan?", "small", "large"),
        dm.Alert.of(1101, None, "Sure?"),
    )
    talk = dm.converse(device, server, job=dm.jobs.send(*questions))
    assert user.seen == ["Backup?", "Name?", "Plan?", "Sure?"]
    assert [(o.status, o.text) for o in server.results[-1].result][1:] == [(200, "Anna"), (200, "2"), (200, "")]
    assert server.results[-1].result[0].status == 304
    asked = [c.cmd_id for c in talk[1].message.commands if isinstance(c, dm.Alert)]
    said = {c.cmd_ref: int(c.code) for c in talk[2].message.commands if isinstance(c, dm.Status)}
    assert [said[number] for number in asked] == [304, 200, 200, 200]


@pytest.mark.spec("R-085", "R-088")
def test_the_user_may_be_told_what_happens_and_that_it_is_over() -> None:
    user = User()
    device = dm.Device.example(user=user.answer)
    server = dm.Server.example(device)
    dm.converse(
        device,
        server,
        job=dm.jobs.send(
            dm.Alert.of(1100, None, "Your settings will be read."), dm.Get.of(URI), dm.Alert.of(1100, None, "Done.")
        ),
    )
    assert user.seen == ["Your settings will be read.", "Done."]


# -- sessions


@pytest.mark.spec("R-063")
def test_every_session_has_an_identity_of_its_own() -> None:
    device = dm.Device.example()
    server = dm.Server.example(device)
    ids = [dm.converse(device, server)[0].message.header.session_id for _ in range(20)]
    assert len(set(ids)) == 20
    other = dm.Device.example()
    other.tree = other.tree.put("./DevInfo/DevId", dm.Node("chr", "IMEI:2"))
    said = dm.converse(other, dm.Server.example(device, other))[0].message.header
    assert (said.session_id, said.source) != (ids[0], device.address), "number and device together name a session"


@pytest.mark.spec("R-100", "R-101")
def test_servers_may_be_distributed() -> None:
    """One address, two machines behind it; a session stays where it began because RespURI says so.  [DMPRO §9.1]"""
    device = dm.Device.example()
    addresses = ("https://a.example/dm", "https://b.example/dm")
    farm = {}
    for address in addresses:
        server = dm.Server.example(device)
        server.resp_uri = lambda device, session, address=address: address
        farm[address] = server

    class Front:
        """Gives a new session to whoever is next, and knows nothing of what goes on."""

        def __init__(self) -> None:
            self.turns = 0
            self.heard: list[str] = []

        def receive(self, packet: dm.Packet, now: float) -> dm.session.Step:
            where = packet.to
            if where not in farm:
                where = addresses[self.turns % 2]
                self.turns += 1
            self.heard.append(where)
            return farm[where].receive(packet, now)

    front = Front()
    for number, text in enumerate(("one", "two")):
        farm[addresses[number]].enqueue(device.address, dm.jobs.write(URI, text))
        dm.converse(device, front)  # type: ignore[arg-type]
        assert value(device) == text
        farm[addresses[1 - number]].accounts = dict(farm[addresses[number]].accounts)  # they share their accounts
    assert front.heard == [addresses[0]] * 2 + [addresses[1]] * 2


def with_two_servers() -> tuple[dm.Device, dm.Server, dm.Server, Account]:
    """A device with accounts at two authorities that know nothing of each other."""
    device = dm.Device.example()
    first = dm.Server.example(device)
    account = Account("ops", "https://ops.example/dm", Credential("me", "pw", b"", "md5"), Credential("ops", "secret"))
    device.accounts.append(account)
    return device, first, dm.Server({device.address: account}, nonces=first.nonces), account


def secret_changed(device: dm.Device, first: dm.Server) -> None:
    """The device still has a secret of the first server that this one has changed."""
    held = first.accounts[device.address]
    first.accounts[device.address] = replace(held, server=Credential("com.mgmtsrv.manage", "changed long ago"))


def secret_of_the_device_changed(device: dm.Device, first: dm.Server) -> None:
    held = first.accounts[device.address]
    first.accounts[device.address] = replace(held, client=replace(held.client, secret="changed long ago"))


def account_gone(device: dm.Device, first: dm.Server) -> None:
    """The first authority has given the device up; the device does not know."""
    del first.accounts[device.address]


@pytest.mark.spec("R-114")
@pytest.mark.parametrize("stale", [secret_changed, secret_of_the_device_changed, account_gone])
@pytest.mark.parametrize("unfinished", [False, True])
def test_what_is_out_of_date_with_one_server_does_not_keep_another_out(stale, unfinished) -> None:
    device, first, second, account = with_two_servers()
    stale(device, first)
    if unfinished:  # the session with the first server is begun, and stays open
        step = first.receive(device.connect().start().reply)
        assert step.reply is None or step.reply.to == device.address
    else:
        dm.converse(device, first, job=WRITE)
        assert not any(result.done for result in first.results), "its data are out of date"
    assert value(device) == "internet.old"
    for text in ("ops", "ops again"):
        dm.converse(device.connect(account), second, job=dm.jobs.write(URI, text))
        assert value(device) == text and second.results[-1].done
    dm.converse(device, first, job=WRITE)
    assert value(device) == "ops again", "and the other's success makes nothing good"


@pytest.mark.spec("R-126")
@pytest.mark.parametrize("authorised", [True, False])
@pytest.mark.parametrize(("maker", "trusted"), [(MAKER_KEY, True), (raw(8), False), (None, False)])
def test_a_download_needs_a_server_with_rights_and_a_maker_that_is_trusted(authorised, maker, trusted) -> None:
    """Two questions: may this server have it done, and whose is what came; only two yeses change the device."""
    url, image = "https://fw.example.com/2.1", Image("T1", "2.1")
    octets = package(image, key=maker, chain=(CHAIN if maker is MAKER_KEY else ()))
    device = dm.Device.example().with_object("fumo", world={url: octets}, trust=replace(TRUST, installed=-1))
    rights = "Exec=com.mgmtsrv.manage" if authorised else "Exec=somebody.else"
    device.tree = device.tree.with_acl("./FUMO/DownloadAndUpdate", f"{rights}&Get=*&Replace=*")
    server = dm.Server.example(device)
    job = dm.jobs.send(dm.Replace.of("./FUMO/DownloadAndUpdate/PkgURL", url), dm.Exec.of("./FUMO/DownloadAndUpdate"))
    dm.converse(device, server, job=job, now=NOW)
    assert [int(o.status) for o in server.results[-1].result] == [200, 202 if authorised else 425]
    while device.agenda and any(isinstance(due.what, After) for due in device.agenda):
        device.live(min(due.at for due in device.agenda if isinstance(due.what, After)))
    updated = device.tree.get("./DevDetail/FwV").value == "2.1"
    assert updated is (authorised and trusted)
    results = [due.what.data for due in device.agenda if isinstance(due.what, Later)]
    assert results == ([] if not authorised else ["200"] if trusted else ["404"])


@pytest.mark.spec("R-060", "R-064")
def test_the_log_says_who_said_what_when_and_with_what_success(tmp_path: Path) -> None:
    device = dm.Device.example()
    device.tree = device.tree.with_acl(URI, "Get=*").with_acl("./APN", "Get=*")
    talk = dm.converse(
        device,
        dm.Server.example(device),
        job=dm.jobs.send(dm.Get.of("./DevInfo/Man"), dm.Replace.of(URI, "x"), dm.Exec.of("./None")),
        now=7.5,
    )
    log = tmp_path / "log.jsonl"
    lines = [write_log_line(7.5, "1", line.sender, line.packet, line.events) for line in talk]
    log.write_text("\n".join(lines) + "\n")
    entries = [json.loads(line) for line in lines]
    assert {(entry["session"], entry["at"]) for entry in entries} == {("1", 7.5)}
    assert [entry["from"] for entry in entries] == ["client", "server"] * 2
    answers = dm.transport.read_trace(log)[2].message.commands
    success = {c.cmd: int(c.code) for c in answers if isinstance(c, dm.Status) and not c.is_header}
    assert success == {"Get": 200, "Replace": 425, "Exec": 404}
    assert "JobDone" in entries[-1]["events"]


# -- what a device tells, and what it lets be done


@pytest.mark.spec("R-111", "R-112", "R-169", "R-128")
def test_a_device_says_what_it_is_and_how_it_is_set() -> None:
    device = dm.Device.example()
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.inventory())
    leaves = {uri: node for uri, node in device.tree.walk() if node.format != "node"}
    assert set(server.results[-1].result) == set(leaves)
    assert server.results[-1].result["./DevDetail/FwV"] == "1.0.3"
    assert server.results[-1].result["./DevDetail/LrgObj"] == "true", "a capability"
    assert server.devices[device.address]["Man"] == "Acme", "who made it is said in each session"


@pytest.mark.spec("R-115")
def test_nodes_are_added_read_written_and_deleted() -> None:
    device = dm.Device.example()
    server = dm.Server.example(device)
    new = "./Vendor/New"
    for command, there in ((dm.Add.of(new, "a"), "a"), (dm.Replace.of(new, "b"), "b"), (dm.Delete.of(new), None)):
        dm.converse(device, server, job=dm.jobs.send(command, dm.Get.of(new)))
        done, got = server.results[-1].result
        assert done.ok and (got.text if got.ok else None) == there
        assert (device.tree.get(new).value if new in device.tree else None) == there


@pytest.mark.spec("R-102", "R-160", "R-142")
def test_a_server_finds_a_device_and_manages_it_and_its_card() -> None:
    """By short message, with proof of both sides."""
    device = dm.Device.example()
    device.card = dm.Usim.example(b"old")
    offer_card(device, b"ADMINKEY")
    server = dm.Server.example(device)
    reaction = push.deliver(device, push.wake(server, device.address, 0xC0))
    document = b64encode(DOCUMENT_C).decode()
    job = dm.jobs.send(
        dm.Get.of("./Card/ICCID"),
        dm.Add.of("./Vendor/New", "x"),
        dm.Replace.of(URI, "internet"),
        dm.Exec.of("./Card/Write", document),
        dm.Delete.of("./Vendor/New"),
    )
    talk = dm.converse(reaction.session, server, job=job)
    assert {event.by for event in talk.events if isinstance(event, Authenticated)} == {"client", "server"}
    assert [outcome.status for outcome in server.results[-1].result] == [200] * 5
    assert value(device) == "internet" and "./Vendor/New" not in device.tree
    assert DOCUMENT_C in device.card.memory.files[(0x7F50, 0x6431)].content[0]
