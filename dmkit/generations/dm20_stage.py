"""What every intent in DM 2.0 needs: a phone, a session, a store, and what its lines weigh.  [dm20 sheet §2, §9]

>>> from dmkit.generations.intents import Read
>>> value_at(phone(Read()), INFO, "Mod")
'T1'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dmkit.dm2.client import Client
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import Conversation, Line, Tap, converse
from dmkit.dm2.documents import INITIATION, MOS, REQUEST, RESPONSE, Request, Serialised, write_mos
from dmkit.dm2.documents import read as read_document
from dmkit.dm2.exchange import HttpAnswer, HttpCall, Repository
from dmkit.dm2.notification import Notification, encode
from dmkit.dm2.objects import Objects, data_of, node_of
from dmkit.dm2.server import Server
from dmkit.generations.intents import Intent, Recover, Write
from dmkit.generations.played import SentPiece
from dmkit.tree.node import Node

__all__ = [
    "DACMO",
    "DEVICE",
    "DMACC",
    "FUMO",
    "INFO",
    "LAWMO",
    "NAP",
    "REPO",
    "SETTINGS",
    "head",
    "notified",
    "phone",
    "pieces",
    "root",
    "run",
    "stored",
    "value_at",
]

INFO: Final = "urn:oma:mo:oma-dm-devinfo:1.2"
SETTINGS: Final = "urn:x-dmkit:mo:settings:1.0"
NAP: Final = "urn:oma:mo:oma-connmo-nap:1.0"
FUMO: Final = "urn:oma:mo:oma-fumo:1.0"
LAWMO: Final = "urn:oma:mo:oma-lawmo:1.0"
DMACC: Final = "urn:oma:mo:oma-dm-dmacc:1.2"
DACMO: Final = "urn:oma:mo:oma-dm-dacmo:1.0"
REPO: Final = "repo.example"
DEVICE: Final = "the device; the server asks it to by a notification"


def notified(tap: Tap | None) -> SentPiece:
    """A notification by short message, and whether it is lost on the way."""
    octets = encode(Notification("server", notification_id=1, request_mos=False), secret=b"secret", data=b"data")
    lost = tap is not None and tap(0, HttpAnswer(0, (), octets)) is None
    return SentPiece("server", "notification", len(octets), 0, True, "sms", lost)


def root(data: Mapping[str, Any]) -> Node:
    """The node of an object that was read or written as JSON."""
    return node_of(dict(data))


def phone(intent: Intent, **more: Any) -> Client:
    """A client with two objects: what it is, and settings, or a value that changes."""
    settings = {name: "old" for name, _ in intent.values} if isinstance(intent, Write | Recover) else {"poll": 30}
    objects = Objects.of(
        {
            INFO: {"1": root({"DevID": "IMEI:1", "Man": "Open Mobile Alliance", "Mod": "T1", "FwV": "1.0.3"})},
            SETTINGS: {"1": root(settings)},
        }
    )
    return Client("IMEI:493005100592800", objects.granted("server"), **more)


def head(what: HttpCall | HttpAnswer, size: int) -> int:
    """Octets of the head of HTTP: what this package sends, counted."""
    if isinstance(what, HttpCall):
        host, _, path = what.uri.partition("://")[2].partition("/")
        lines = [f"{what.method} /{path} HTTP/1.1", f"host: {host}", "user-agent: dmkit"]
        lines += [f"content-length: {size}"] if what.method != "GET" else []
    else:
        lines = [f"HTTP/1.1 {what.status} OK", f"content-length: {size}", "date: Sun, 29 Nov 2026 12:00:00 GMT"]
    lines += [f"{name}: {value}" for name, value in what.headers]
    return len("\r\n".join([*lines, "", ""]).encode())


def pieces(talk: Conversation) -> tuple[SentPiece, ...]:
    """What the lines of a session weigh."""
    found = []
    for line in talk.lines:
        sender = "device" if line.sender == "client" else line.sender
        size = len(line.body)
        request = isinstance(line.what, HttpCall)
        found.append(SentPiece(sender, _words(line), size, head(line.what, size), request, lost=line.lost))
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


def run(
    client: Client, *batches: Sequence[Command], repository: Repository | None = None, tap: Tap | None, **told: Any
) -> tuple[Conversation, list[Any]]:
    """A session whose job sends these commands, a package each; the statuses that came, a list for each package."""
    statuses: list[Any] = []

    def job(info: object) -> Any:
        for commands in batches:
            statuses.append((yield list(commands)))
        return True

    server = Server().with_job(client.device_id, "job", job)
    talk = converse(client, server, {REPO: repository} if repository is not None else {}, tap=tap, **told)
    last = statuses[-len(batches) :] if statuses else []
    return talk, last


def value_at(client: Client, moid: str, *path: str) -> Any:
    """What stands below the only instance of an object; None for nothing."""
    found = client.objects.of_object(moid)
    node: Node | None = found[0].root if found else None
    for name in path:
        node = node.children.get(name) if node is not None else None
    return None if node is None else data_of(node)


def stored(name: str, mos: Sequence[Serialised], store: Repository | None = None) -> tuple[str, Repository]:
    """The address of something in the store, and the store with it."""
    uri = f"https://{REPO}/{name}"
    return uri, (store or Repository()).put(uri, write_mos(mos), MOS)
