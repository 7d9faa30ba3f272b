"""What every intent in LwM2M needs: a client, its objects, a registration, and what its lines weigh.  [lwm2m sheet §5]

>>> sorted(OBJECTS)[-3:]
[8, 11, 33000]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dmkit.generations.intents import Intent, Read, Recover, Write
from dmkit.generations.played import PlayedIntent, SentPiece
from dmkit.lwm2m.client import Client
from dmkit.lwm2m.conversation import Conversation, Tap, converse
from dmkit.lwm2m.definitions import Definition, Resource
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.server import Server
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.lwm2m.values import Type

__all__ = ["EITHER", "OBJECTS", "phone", "pieces", "played", "run"]

_LOCK: Final = Definition(
    8, "Lock and Wipe", "urn:oma:lwm2m:oma:8", resources={0: Resource(0, "State", "RW", Type.INTEGER, mandatory=True)}
)
_APN: Final = Definition(
    11,
    "APN Connection Profile",
    "urn:oma:lwm2m:oma:11",
    multiple=True,
    resources={
        0: Resource(0, "Profile name", "RW", Type.STRING, mandatory=True),
        1: Resource(1, "APN", "RW", Type.STRING),
    },
)
_SETTINGS: Final = Definition(
    33000,
    "Settings",
    "urn:oma:lwm2m:x:33000",
    resources={n: Resource(n, f"Setting {n}", "RW", Type.STRING) for n in range(1, 201)},
)
OBJECTS: Final[Mapping[int, Definition]] = {**STANDARD, 8: _LOCK, 11: _APN, 33000: _SETTINGS}
"""The standard objects, two of the registry in part (numbers and names of the registry), and settings of our own."""

EITHER: Final = "either side, while the device is awake"


def phone(intent: Intent, *, queue: bool = False, servers: int = 1) -> Client:
    """A client with the objects that the intents need; ``servers`` 2: another account, and who owns what."""
    values: dict[str, Any] = {
        "/0/0/0": "coap://dm.example", "/0/0/1": False, "/0/0/2": 3, "/0/0/10": 1,
        "/1/0/0": 1, "/1/0/1": 300, "/1/0/6": True, "/1/0/7": "U",
        "/3/0/0": intent.value if isinstance(intent, Read) else "Open Mobile Alliance",
        "/3/0/1": "T1", "/3/0/3": "1.0.3",
        "/3/0/9": 95, "/3/0/11/0": 0, "/3/0/16": "U",
        "/5/0/1": "", "/5/0/3": 0, "/5/0/5": 0, "/5/0/9": 2, "/8/0/0": 0,
    }  # fmt: skip
    if isinstance(intent, Write | Recover):
        values |= {f"/33000/0/{n}": "old" for n in range(1, len(intent.values) + 1)}
    if servers == 2:
        values |= {"/1/1/0": 2, "/1/1/1": 300, "/2/0/0": 3, "/2/0/1": 0, "/2/0/3": 1}
    store = Store.of(OBJECTS, values)
    return Client("urn:imei:493005100592800", store, queue=queue, behaviours={(5, 2): _update, (5, 1): _fetch})


def _fetch(store: Store, path: Path, uri: str) -> tuple[Store, str]:
    """A download that is done at once: the state goes to Downloaded.  [lwm2m sheet §5]"""
    return store.set(Path(5, 0, 3), 2 if uri else 0), ""


def _update(store: Store, path: Path, arguments: str) -> tuple[Store, str]:
    if store.values.get(Path(5, 0, 3)) != 2 and Path(5, 0, 0) not in store.values:
        return store, "4.05"
    return store.put_all([(Path(5, 0, 3), 0), (Path(5, 0, 5), 1), (Path(3, 0, 3), "2.1")]), ""


def pieces(talk: Conversation) -> tuple[SentPiece, ...]:
    """Framing is the header of CoAP; the body is what stands behind it."""
    found = []
    for line in talk.lines:
        size = len(line.message.payload)
        sender = "device" if line.sender == "client" else "server"
        request = bool(line.message.method) and not line.repeated
        found.append(SentPiece(sender, str(line.message)[:40], size, line.size - size, request, "udp", line.lost))
    return tuple(found)


def run(client: Client, job: Any, tap: Tap | None) -> tuple[Conversation, tuple[SentPiece, ...], tuple[SentPiece, ...]]:
    """A registration, which is paid once, and what the job sent."""
    registered = converse(client, Server(), None)
    talk = converse(registered.client, registered.server, job, register=False, tap=tap)
    return talk, pieces(talk), pieces(registered)


def played(
    done: bool, sent: tuple[SentPiece, ...], once: tuple[SentPiece, ...], rights: str, knows: str, *notes: str,
    starts: str = EITHER, basis: str = "measured of peers",
) -> PlayedIntent:  # fmt: skip
    """What came of an intent, in the words of this protocol."""
    return PlayedIntent("lwm2m", done, sent, starts, rights, knows, basis, once, notes)
