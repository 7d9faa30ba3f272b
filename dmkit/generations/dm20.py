"""The intents in DM 2.0: a client, a server and a repository of this package.  [dm20 sheet §2, §6, §9]

Much of DM 2.0 rests on notes and proposals; ``basis`` of each run says on what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dmkit.device.as_dm2 import as_dm2, live
from dmkit.device.device import Device
from dmkit.dm2.address import AddressTarget
from dmkit.dm2.client import AT, Client
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import Conversation, Line, Tap, converse
from dmkit.dm2.documents import (
    INITIATION,
    MOS,
    REQUEST,
    RESPONSE,
    GenericAlert,
    Request,
    Serialised,
    write_mos,
)
from dmkit.dm2.documents import read as read_document
from dmkit.dm2.exchange import HttpAnswer, HttpCall, Repository
from dmkit.dm2.notification import Notification, encode
from dmkit.dm2.objects import InstanceRight, Objects, data_of, node_of
from dmkit.dm2.server import Server
from dmkit.generations.intents import (
    Bootstrap,
    Delegate,
    Intent,
    Inventory,
    Lock,
    Observe,
    Provision,
    Read,
    UpdateFirmware,
    Wake,
    Write,
)
from dmkit.generations.played import PlayedIntent, SentPiece
from dmkit.mo.firmware import Image, package
from dmkit.tree.node import Node

__all__ = ["play_dm20"]

INFO: Final = "urn:oma:mo:oma-dm-devinfo:1.2"
SETTINGS: Final = "urn:x-dmkit:mo:settings:1.0"
NAP: Final = "urn:oma:mo:oma-connmo-nap:1.0"
FUMO: Final = "urn:oma:mo:oma-fumo:1.0"
LAWMO: Final = "urn:oma:mo:oma-lawmo:1.0"
DMACC: Final = "urn:oma:mo:oma-dm-dmacc:1.2"
DACMO: Final = "urn:oma:mo:oma-dm-dacmo:1.0"
REPO: Final = "repo.example"
_FIRMWARE: Final = "https://fw.example.com/2.1"
_FINISHED: Final = 86_400.0
"""Seconds by which the device has done what it was asked to, and has something to report."""
_LATE: Final = "https://dm.example.com/late"
_DEVICE: Final = "the device; the server asks it to by a notification"


def _root(data: Mapping[str, Any]) -> Node:
    return node_of(dict(data))


def _phone(intent: Intent, **more: Any) -> Client:
    settings = {name: "old" for name, _ in intent.values} if isinstance(intent, Write) else {"poll": 30}
    objects = Objects.of(
        {
            INFO: {"1": _root({"DevID": "IMEI:1", "Man": "Open Mobile Alliance", "Mod": "T1", "FwV": "1.0.3"})},
            SETTINGS: {"1": _root(settings)},
        }
    )
    return Client("IMEI:493005100592800", objects.granted("server"), **more)


def _head(what: HttpCall | HttpAnswer, size: int) -> int:
    """Octets of the head of HTTP: what this package sends, counted."""
    if isinstance(what, HttpCall):
        host, _, path = what.uri.partition("://")[2].partition("/")
        lines = [f"{what.method} /{path} HTTP/1.1", f"host: {host}", "user-agent: dmkit"]
        lines += [f"content-length: {size}"] if what.method != "GET" else []
    else:
        lines = [f"HTTP/1.1 {what.status} OK", f"content-length: {size}", "date: Sun, 29 Nov 2026 12:00:00 GMT"]
    lines += [f"{name}: {value}" for name, value in what.headers]
    return len("\r\n".join([*lines, "", ""]).encode())


def _sent(talk: Conversation) -> tuple[SentPiece, ...]:
    found = []
    for line in talk.lines:
        sender = "device" if line.sender == "client" else line.sender
        size = len(line.body)
        request = isinstance(line.what, HttpCall)
        found.append(SentPiece(sender, _words(line), size, _head(line.what, size), request, lost=line.lost))
    return tuple(found)


def _words(line: Line) -> str:
    """The commands of package 2, the number of a package, or what HTTP says to a repository."""
    kind = line.what.header("content-type")
    if kind == REQUEST:
        document = read_document(line.body, REQUEST)
        assert isinstance(document, Request)
        return ", ".join(command.name for command in document.commands)
    if kind in (INITIATION, RESPONSE):
        return "package 1" if kind == INITIATION else "package 3"
    return line.what.method if isinstance(line.what, HttpCall) else str(line.what.status)


Batches = Sequence[Sequence[Command]]


def _run(
    client: Client, *batches: Sequence[Command], repository: Repository | None = None, tap: Tap | None, **told: Any
) -> tuple[Conversation, list[Any]]:
    statuses: list[Any] = []

    def job(info: object) -> Any:
        for commands in batches:
            statuses.append((yield list(commands)))
        return True

    server = Server().with_job(client.device_id, "job", job)
    talk = converse(client, server, {REPO: repository} if repository is not None else {}, tap=tap, **told)
    last = statuses[-len(batches) :] if statuses else []
    return talk, last


def play_dm20(intent: Intent, generation: str = "dm 2.0", tap: Tap | None = None) -> PlayedIntent:
    """Run an intent; ``tap`` is the network."""
    return _PLAYS[type(intent)](intent, tap)


def _get(uri: str) -> Command:
    return Command.of("GET", uri)


def _value(client: Client, moid: str, *path: str) -> Any:
    found = client.objects.of_object(moid)
    node: Node | None = found[0].root if found else None
    for name in path:
        node = node.children.get(name) if node is not None else None
    return None if node is None else data_of(node)


def _read(intent: Read, tap: Tap | None) -> PlayedIntent:
    client = _phone(intent)
    place = AddressTarget(client.objects.of_object(INFO)[0], ("Man",))
    client = replace(client, objects=client.objects.put(place, node_of(intent.value, place.node)))
    talk, statuses = _run(client, [_get(f"{INFO}//Man")], tap=tap)
    good = bool(statuses and statuses[0][0].sc == 200 and statuses[0][0].mos[0].nodes["Man"] == intent.value)
    return PlayedIntent(
        "dm 2.0",
        good,
        _sent(talk),
        _DEVICE,
        "Read on the instance",
        "the value",
        "proposal: where the data of a GET travel",
        notes=("no proof in the protocol: TLS or HTTP carries it",),
    )


def _stored(name: str, mos: Sequence[Serialised], store: Repository | None = None) -> tuple[str, Repository]:
    uri = f"https://{REPO}/{name}"
    return uri, (store or Repository()).put(uri, write_mos(mos), MOS)


def _write(intent: Write, tap: Tap | None) -> PlayedIntent:
    """DM 2.0 has no command that carries a value: it stands in a repository, and the device fetches it."""
    uri, store = _stored("s", [Serialised.of(f"{SETTINGS}//", dict(intent.values))])
    talk, statuses = _run(_phone(intent), [Command.of("HGET", uri, f"{SETTINGS}//")], repository=store, tap=tap)
    done = all(_value(talk.client, SETTINGS, name) == value for name, value in intent.values)
    knows = "one status for all settings" if statuses else "not that it is done"
    return PlayedIntent(
        "dm 2.0", done, _sent(talk), _DEVICE, "Write on the instance", knows, "established, order of parameters too"
    )


def _provision(intent: Provision, tap: Tap | None) -> PlayedIntent:
    data = {"NapId": "new", "Name": intent.name, "Addr": intent.apn, "AddrType": "APN"}
    uri, store = _stored("nap", [Serialised.of(f"{NAP}//", data)])
    talk, statuses = _run(_phone(intent), [Command.of("HGET", uri)], repository=store, tap=tap)
    done = _value(talk.client, NAP) == data
    knows = "where the device put it" if statuses and statuses[0][0].uris else "not that it is done"
    return PlayedIntent("dm 2.0", done, _sent(talk), _DEVICE, "none: whoever creates owns", knows, "established")


def _inventory(intent: Inventory, tap: Tap | None) -> PlayedIntent:
    talk, statuses = _run(_phone(intent), [_get(f"{INFO}//")], tap=tap, mos=True)
    return PlayedIntent(
        "dm 2.0",
        bool(statuses),
        _sent(talk),
        _DEVICE,
        "any right on an instance",
        "instances, and nodes of one",
        "established; what a GET brings back: proposal",
        notes=("names below an instance come with their values only",),
    )


def _reported(client: Client, sent: tuple[SentPiece, ...], statuses: bool, tap: Tap | None) -> tuple[Client, Any, str]:
    """Let the device finish and send what it has to report, in a session of its own; what the server knows then.

    Where the status was lost, the report tells later: a server that tries again before does it twice.
    """
    client, told = live(client, _FINISHED), False
    if client.later:
        (to, alert), *_ = client.later
        report = converse(replace(client, uri=to, later=()), Server(), alerts=(alert,), tap=tap)
        sent, told = (*sent, *_sent(report)), any(given == alert for _, given in report.server.alerts)
    if statuses:
        return client, sent, "the result, by an alert in a later session" if told else "that it was accepted"
    return client, sent, "not that it is done" + ", until an alert in a later session" * told


def _firmware(intent: UpdateFirmware, tap: Tap | None) -> PlayedIntent:
    """The object, its description and its behaviour are those of DM 1.2."""
    device = Device.example().with_object("fumo", world={_FIRMWARE: package(Image("T1", "2.1", size=intent.size))})
    place = f"{FUMO}//DownloadAndUpdate/PkgURL"
    uri, store = _stored("fumo1", [Serialised.of(place, {"PkgURL": _FIRMWARE})])
    commands = [Command.of("HGET", uri, place), Command.of("EXEC", f"{FUMO}//DownloadAndUpdate", _LATE)]
    talk, statuses = _run(as_dm2(device), commands, repository=store, tap=tap)
    client, sent, knows = _reported(talk.client, _sent(talk), bool(statuses), tap)
    notes = ["the download itself is not counted: it is HTTP from a store"]
    notes += ["there is no push of a package: it stands in a store"] if intent.delivery == "push" else []
    done = _value(client, FUMO, "State") in (90, 100)
    return PlayedIntent(
        "dm 2.0",
        done,
        sent,
        _DEVICE,
        "Write and Execute on the instance",
        knows,
        "unsure: order of EXEC's parameters",
        notes=tuple(notes),
    )


def _lock(intent: Lock, tap: Tap | None) -> PlayedIntent:
    """Without a ServerURI: the client decides, which is to report to the address of the account."""
    command = Command.of("EXEC", f"{LAWMO}//Operations/FullyLock")
    talk, statuses = _run(as_dm2(Device.example().with_object("lawmo")), [command], tap=tap)
    client, sent, knows = _reported(talk.client, _sent(talk), bool(statuses), tap)
    return PlayedIntent(
        "dm 2.0",
        _value(client, LAWMO, "State") == 10,
        sent,
        _DEVICE,
        "Execute on the instance",
        knows,
        "unsure: the client decides when",
    )


def _observe(intent: Observe, tap: Tap | None) -> PlayedIntent:
    """SUB: each change is put into a repository; one PUT and its answer for each."""
    client = _phone(intent)
    store = f"https://{REPO}/watch"
    talk, _ = _run(client, [Command.of("SUB", store, f"{SETTINGS}//poll")], tap=tap)
    sent, repository, told = list(_sent(talk)), Repository(), 0
    client = talk.client
    for n in range(intent.changes):
        place = AddressTarget(client.objects.of_object(SETTINGS)[0], ("poll",))
        client = replace(client, objects=client.objects.put(place, node_of(100 + n, place.node)))
        for address, uri in client.subscriptions:
            body = write_mos([Serialised.of(address, {"poll": 100 + n})])
            call = HttpCall("PUT", uri, (("content-type", MOS),), body)
            answer, repository = repository.answer(call), repository.after(call)
            sent.append(SentPiece("device", "PUT", len(body), _head(call, len(body)), True))
            sent.append(SentPiece("repository", f"{answer.status}", 0, _head(answer, 0), False))
            told += store in repository.held
    return PlayedIntent(
        "dm 2.0",
        told == intent.changes,
        tuple(sent),
        _DEVICE,
        "Read on the instance",
        "each change, from a store",
        "unsure: order of SUB's parameters",
    )


def _delegate(intent: Delegate, tap: Tap | None) -> PlayedIntent:
    """Through the access control object, as data that the device fetches; its tree is a proposal."""
    client = _phone(intent)
    given = {"MOID": SETTINGS, "MIID": "1", "Owner": "server", "ACL": {"1": {"SrvID": intent.server, "Rights": 3}}}
    uri, store = _stored("dac", [Serialised.of(f"{DACMO}//", given)])
    talk, statuses = _run(client, [Command.of("HGET", uri)], repository=store, tap=tap)
    objects = talk.client.objects
    instance = objects.of_object(SETTINGS)[0]
    done = objects.may(intent.server, instance, InstanceRight.READ | InstanceRight.WRITE)
    knows = "a status" if statuses else "not that it is done"
    return PlayedIntent(
        "dm 2.0", done, _sent(talk), _DEVICE, "Delegate on the instance", knows, "proposal: the tree of the object"
    )


def _bootstrap(intent: Bootstrap, tap: Tap | None) -> PlayedIntent:
    """HTTPS to the address that the factory or a card has; the answer fetches an account, and ends."""
    account = {
        "SrvID": "server",
        "SrvURI": "https://dm.example.com/dm",
        "Name": "Operator",
        "Perm": {"1": {"MOID": INFO}},
    }
    uri, store = _stored("acc", [Serialised.of(f"{DMACC}//", account)])
    client = Client("IMEI:493005100592800", Objects(), server="bootstrap", uri="https://boot.example/dm")
    talk, _ = _run(client, [Command.of("HGET", uri), Command.of("END")], repository=store, tap=tap)
    done = _value(talk.client, DMACC, "SrvURI") == account["SrvURI"]
    sent = _sent(talk)
    if done:
        client = replace(talk.client, server="server", uri=str(account["SrvURI"]))
        sent += _sent(converse(client, Server(), alerts=(GenericAlert(AT + "BootstrapComplete"),)))
    return PlayedIntent(
        "dm 2.0",
        done,
        sent,
        "the device",
        "keys for TLS from factory or card",
        "that it is done, by BootstrapComplete" if done else "nothing",
        "proposal: the form on the wire is known from pictures only",
    )


def _wake(intent: Wake, tap: Tap | None) -> PlayedIntent:
    octets = encode(Notification("server", notification_id=1, request_mos=False), secret=b"secret", data=b"data")
    talk, statuses = _run(_phone(intent), [_get(f"{INFO}//Man")], tap=tap, notification=1)
    good = bool(statuses and statuses[0][0].sc == 200)
    sent = (SentPiece("server", "notification", len(octets), 0, True, "sms"), *_sent(talk))
    return PlayedIntent(
        "dm 2.0",
        good,
        sent,
        "the server, by a notification",
        "Read on the instance",
        "the value",
        "proposal: version and lengths of the notification",
    )


_PLAYS: Final[Mapping[type, Callable[[Any, Tap | None], PlayedIntent]]] = {
    Read: _read,
    Write: _write,
    Provision: _provision,
    Inventory: _inventory,
    UpdateFirmware: _firmware,
    Lock: _lock,
    Observe: _observe,
    Delegate: _delegate,
    Bootstrap: _bootstrap,
    Wake: _wake,
}
"""Intent -> how it is played."""
