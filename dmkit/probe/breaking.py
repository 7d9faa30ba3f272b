"""How a peer is broken on purpose: what it says is altered, or it is made otherwise.  The rows are in ``broken_*``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from msgspec.structs import replace

from dmkit.auth.mac import HEADER
from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import FirstFlight
from dmkit.probe.peer import Peer
from dmkit.session.rules import Rules
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Atomic, Command, Get, Header, Message, Packet, Replace, Results, Sequence, Status

__all__ = [
    "Alter",
    "Variant",
    "asks",
    "begins",
    "code",
    "commands",
    "flipped",
    "forgets",
    "has",
    "header",
    "later",
    "more",
    "no_1222",
    "pieces",
    "status",
    "status_for_results",
    "turned",
    "without_format",
    "without_lang",
]

Alter = Callable[[Message, Message | None], Message]
"""What is said in place of a message, given the one that it answers."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One peer with one rule broken, and the case made for it.

    It is broken by what it says (``alter``, ``packet``), by its choices (``rules``), where it is made (``build``), or
    in its TLS (``handshake``).
    """

    side: Literal["server", "client"]
    row: str
    case: str
    what: str
    alter: Alter | None = None
    packet: Callable[[Packet], Packet] | None = None
    rules: Rules | None = None
    build: Callable[[ProbeCase, Peer], Any] | None = None
    handshake: FirstFlight | None = None
    also: tuple[str, ...] = ()


def commands(message: Message, change: Callable[[Command], Iterable[Command]]) -> Message:
    """Each command of ``message``, in containers too, becomes what ``change`` gives."""

    def inside(command: Command) -> Iterable[Command]:
        if isinstance(command, Atomic | Sequence):
            command = replace(command, commands=tuple(c for inner in command.commands for c in inside(inner)))
        return change(command)

    return replace(message, commands=tuple(c for command in message.commands for c in inside(command)))


def status(change: Callable[[Status], Status | None]) -> Alter:
    """Each Status is another one, or left out."""

    def alter(message: Message, to: Message | None) -> Message:
        return commands(message, lambda c: [s for s in [change(c)] if s] if isinstance(c, Status) else [c])

    return alter


def code(cmd: str, old: int, new: int) -> Alter:
    """Status ``new`` in place of ``old`` for a command."""
    return status(lambda s: replace(s, code=StatusCode(new)) if (s.cmd, s.code) == (cmd, old) else s)


def header(**change: Any) -> Alter:
    """Fields of the header are others."""
    return lambda message, to: replace(message, header=replace(message.header, **change))


def later(change: Callable[[Header], Header]) -> Alter:
    """The header of every message behind the second is another one."""

    def alter(message: Message, to: Message | None) -> Message:
        return replace(message, header=change(message.header)) if int(message.header.msg_id) > 2 else message

    return alter


def has(message: Message | None, code: int) -> bool:
    """Whether ``message`` has an Alert of this code."""
    return message is not None and any(isinstance(c, Alert) and c.code == code for c in message.commands)


def more(*commands: Command) -> Callable[[Message], Message]:
    """Further commands behind those of a message, with CmdIDs that are free."""

    def grown(message: Message) -> Message:
        added = tuple(replace(command, cmd_id=str(90 + n)) for n, command in enumerate(commands))
        return replace(message, commands=(*message.commands, *added))

    return grown


def forgets(message: Message, to: Message | None) -> Message:
    """The last of several Statuses for commands is left out."""
    statuses = [c for c in message.commands if isinstance(c, Status) and not c.is_header]
    return (
        replace(message, commands=tuple(c for c in message.commands if c is not statuses[-1]))
        if len(statuses) > 1
        else message
    )


def turned(message: Message, to: Message | None) -> Message:
    """Statuses stand in the opposite order, that of the header stays."""
    statuses = [c for c in message.commands if isinstance(c, Status) and not c.is_header]
    turned = iter(statuses[::-1])
    return replace(message, commands=tuple(next(turned) if c in statuses else c for c in message.commands))


def status_for_results(message: Message, to: Message | None) -> Message:
    """Results that came get a Status."""
    results = [c for c in to.commands if isinstance(c, Results)] if to else []
    statuses = [Status(StatusCode(200), to.header.msg_id if to else "", c.cmd_id, "Results") for c in results]
    return more(*statuses)(message) if statuses else message


def without_format(message: Message, to: Message | None) -> Message:
    """A challenge has no Format."""
    return commands(
        message, lambda c: [replace(c, chal=replace(c.chal, format=None)) if isinstance(c, Status) and c.chal else c]
    )


def without_lang(message: Message, to: Message | None) -> Message:
    """DevInfo has no Lang."""

    def less(command: Command) -> Iterable[Command]:
        if isinstance(command, Replace):
            return [replace(command, items=tuple(i for i in command.items if i.source != "./DevInfo/Lang"))]
        return [command]

    return commands(message, less)


def no_1222(message: Message, to: Message | None) -> Message:
    """Alert 1222 is left out."""
    return commands(message, lambda c: [] if isinstance(c, Alert) and c.code == 1222 else [c])


_GET: Final = Get.of("./DevInfo/Man")


def asks(when: Callable[[Message, Message | None], bool]) -> Alter:
    """A Get that should not be there."""
    return lambda message, to: more(_GET)(message) if when(message, to) else message


def flipped(packet: Packet) -> Packet:
    """The first character of the MAC is another one."""
    head, found, mac = packet.headers.get(HEADER, "").partition("mac=")
    if not found:
        return packet
    return replace(packet, headers={**packet.headers, HEADER: f"{head}mac={'B' if mac[:1] == 'A' else 'A'}{mac[1:]}"})


def begins(message: Message | None) -> tuple[str, ...]:
    """CmdIDs of the Alert that begins a session."""
    commands = message.commands if message else ()
    return tuple(c.cmd_id for c in commands if isinstance(c, Alert) and c.code in (AlertCode(1200), AlertCode(1201)))


def pieces(message: Message | None) -> bool:
    """Whether a piece of a large object is in ``message``."""
    commands = message.commands if message else ()
    return any(item.more_data for c in commands for item in getattr(c, "items", ()))
