"""One gateway and the devices behind it, with real messages: what a fan-out takes, against a session with each device.

The gateway is a device to the server, and a server to those behind it (mode: proxy).  Its objects are a minimal
proposal: DeviceInventory and Fanout; that there are such objects, and the types of the alerts, is registered.
[enablers sheet §7]

>>> direct, fanned = sessions_of(3), sessions_of(3, gateway=True)
>>> direct.wide.sessions, fanned.wide.sessions, fanned.local.sessions
(3, 2, 3)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dmkit.device.device import Device
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.work import Job
from dmkit.transport.loop import converse
from dmkit.tree.context import Call
from dmkit.tree.tree import Tree
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import XML
from dmkit.words.arguments import one_of, whole
from dmkit.words.codes import StatusCode
from dmkit.words.model import Command, Exec, Header, Message, Replace
from dmkit.words.outcome import Later, Outcome

__all__ = ["ALERTS", "ALONE", "BASIS", "FanOut", "LinkLoad", "sessions_of"]

BASIS: Final[Mapping[str, str]] = {
    "objects Fanout and DeviceInventory, alert types": "established: OMNA",
    "their nodes; the command as a message in a leaf; the text of a report": "proposal",
    "proxy: the gateway is the server of what is behind it": "established: GwMO 1.0, modes",
    "octets and messages": "played: real messages of DM 1.2, XML",
}
"""What is taken for granted -> on what it rests."""
ALERTS: Final = tuple(f"urn:oma:at:oma-gwmo:{what}:1.0" for what in ("resultaggregation", "completionstatus"))
"""Types of the alerts of a gateway.  ESTABLISHED: OMNA"""
ALONE: Final = 300
"""Devices of which one report tells: more would not fit into a message.  PROPOSAL"""
_AT: Final = "./GwMO/Fanout/1"
_LISTED: Final = "./GwMO/DeviceInventory"
TOLD: Final = ("each", "odd")


@dataclass(slots=True)
class LinkLoad:
    """What travels over one link: sessions, messages, octets each way; ``up`` is towards the server."""

    sessions: int = 0
    messages: int = 0
    up: int = 0
    down: int = 0

    @property
    def octets(self) -> int:
        """Both ways."""
        return self.up + self.down

    def add(self, talk: Transcript) -> None:
        """One session more."""
        self.sessions += 1
        self.messages += len(talk)
        self.up += talk.size["client"]
        self.down += talk.size["server"]


@dataclass(slots=True)
class FanOut:
    """What came of it: load over the wide area and behind the gateway, talks, and what the server knows."""

    wide: LinkLoad = field(default_factory=LinkLoad)
    local: LinkLoad = field(default_factory=LinkLoad)
    talks: list[Transcript] = field(default_factory=list)
    """Sessions over the wide area."""
    known: dict[str, int] = field(default_factory=dict)
    """Device -> status of the worst command, as the server knows it."""


def _phone(number: int) -> Device:
    device = Device.example()
    device.tree = device.tree.set("./DevInfo/DevId", f"IMEI:49300510{number:07d}")
    return device


def sessions_of(
    devices: int,
    commands: Iterable[Command] | None = None,
    *,
    gateway: bool = False,
    refuses: int = 0,
    told: str = "each",
) -> FanOut:
    """Play it: the same ``commands`` to so many ``devices``, one by one, or as one fan-out of a ``gateway``.

    ``refuses`` of them refuse.  ``told``: a report tells of "each" device, or only of those that are "odd", with which
    something went wrong.

    >>> fanned = sessions_of(4, gateway=True, refuses=1)
    >>> fanned.known == sessions_of(4, refuses=1).known, sorted(set(fanned.known.values()))
    (True, [200, 425])
    """
    devices, refuses = whole("devices", devices, 1), whole("refuses", refuses, 0, devices)
    one_of("told", told, TOLD)
    sent = tuple(commands) if commands is not None else (Replace.of("./APN/Name", "internet"),)
    phones = [_phone(number) for number in range(devices)]
    for phone in phones[:refuses]:
        phone.tree = phone.tree.with_acl("./APN", "Get=*").with_acl("./APN/Name", "Get=*")
    found = FanOut()
    if not gateway:
        for phone in phones:
            server = Server.example(phone)
            talk = converse(phone, server, job=jobs.send(*sent))
            found.wide.add(talk)
            found.talks.append(talk)
            found.known[phone.address] = _worst(server)
        return found
    return _fanned(found, phones, sent, told)


def _fanned(found: FanOut, phones: list[Device], sent: tuple[Command, ...], told: str) -> FanOut:
    box = _gateway(phones)
    server = Server.example(box)
    text = XML.encode(Message(Header("1", "1", "group:all", phones[0].accounts[0].server_id), sent)).decode()
    order: Job = jobs.send(
        Replace.of(f"{_AT}/Command", text, type="text/plain"), Exec.of(f"{_AT}/Operations/Start", correlator="fan")
    )
    _over(found, converse(box, server, job=order))
    command = XML.decode(box.tree.get(f"{_AT}/Command").text.encode()).commands  # what the gateway has in its tree
    results: dict[str, int] = {}
    for phone in phones:
        own = Server.example(phone)
        found.local.add(converse(phone, own, job=jobs.send(*command)))
        results[phone.address] = _worst(own)
    for page in _pages(results, told):
        box.report(Later(0.0, ALERTS[told == "odd"], page, _AT, "fan", format="chr"))
    _over(found, converse(box, server))
    for _, alert in server.alerts:
        for item in alert.alert.items:
            found.known |= _read(item.text, phones)
    return found


def _over(found: FanOut, talk: Transcript) -> None:
    found.wide.add(talk)
    found.talks.append(talk)


def _gateway(phones: list[Device]) -> Device:
    """A device with the objects of a gateway, which knows what is behind it; Start is accepted."""
    box = _phone(9_999_999)
    tree = box.tree
    for number, phone in enumerate(phones, 1):
        leaves = {
            "DeviceID": phone.address,
            "Group": "all",
            "Mode": "proxy",
            "Address": f"10.0.0.{number}",
            "State": "1",
        }
        for leaf, value in leaves.items():
            tree = tree.set(f"{_LISTED}/{number}/{leaf}", value)
    for leaf, value in {"TargetGroup": "all", "Command": "", "AggregateTimeout": "3600", "Status": "0"}.items():
        tree = tree.set(f"{_AT}/{leaf}", value)
    box.tree = tree.set(f"{_AT}/Operations/Start", "")

    def start(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        return tree.set(f"{_AT}/Status", "1"), Outcome(StatusCode.ACCEPTED)

    box.handlers[f"{_AT}/Operations/Start"] = start
    return box


def _worst(server: Server) -> int:
    """The status of the first command that failed, else 200."""
    outcomes: list[Outcome] = [each for result in server.results for each in result.result]  # type: ignore[attr-defined]
    return next((int(outcome.status or 0) for outcome in outcomes if not outcome.ok), int(StatusCode.OK))


def _pages(results: Mapping[str, int], told: str) -> list[str]:
    """The texts of the reports: how many there are, then a line for a device, or for each that is odd."""
    rows = [f"{name} {status}" for name, status in results.items() if told == "each" or status != StatusCode.OK]
    pages = [rows[at : at + ALONE] for at in range(0, len(rows), ALONE)] or [[]]
    return ["\n".join((f"devices {len(results)}", *page)) for page in pages]


def _read(text: str, phones: list[Device]) -> dict[str, int]:
    """What a report says of each device; those that are not named did well where only the odd are told."""
    head, *rows = text.splitlines()
    named = {name: int(status) for name, _, status in (row.partition(" ") for row in rows)}
    all_of = len(phones) == int(head.split()[1])
    return {**({phone.address: int(StatusCode.OK) for phone in phones} if all_of else {}), **named}
