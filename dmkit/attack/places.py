"""Places of the explorer's world, and the moves between them: values, and the tables that number them.

A place is five numbers: the device's value, the server's, the packets in the air (in no order where the attacker may
delay them: which of two was said first then makes no difference to what can happen), what the attacker knows, and the
deeds that it has left.

>>> table = Numbering()
>>> table.of("first"), table.of("second"), table.of("first"), table.values[1]
(0, 1, 0, 'second')
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, NamedTuple

import msgspec

from dmkit.attack.stage import NAME
from dmkit.device.state import DeviceState
from dmkit.server.state import ServerState
from dmkit.session.values import ClientSessionState
from dmkit.session.work import DeviceInfo, Talk
from dmkit.words.model import Replace
from dmkit.words.records import repr_in_order

__all__ = [
    "DONE",
    "WANT",
    "EngineStep",
    "Numbering",
    "Phone",
    "SearchState",
    "ServerStanding",
    "Transition",
    "endless",
    "wants",
]

WANT: Final = (NAME, "internet")
"""What the server of these worlds wants written."""
DONE: Final = "done"
"""What a job returns when it was done."""


class SearchState(NamedTuple):
    """One state, as numbers of the world's tables; ``left`` deeds."""

    phone: int
    server: int
    air: tuple[int, ...]
    known: int
    left: int


class Transition(NamedTuple):
    """One step: what it is called, the powers it takes, packets that travel (who, packet, fate), where it leads."""

    name: str
    powers: tuple[str, ...]
    hops: tuple[tuple[str, int, str], ...]
    to: SearchState
    breaches: tuple[tuple[str, str], ...]


class Phone(msgspec.Struct, frozen=True, cache_hash=True):
    """The device: its sessions, the latest last, itself, what it did, and how often it set out, and was asked to."""

    sessions: tuple[ClientSessionState, ...]
    device: DeviceState
    did: tuple[tuple[str, str, str], ...] = ()
    began: int = 0
    opened: int = 0
    asked: int = 0


class ServerStanding(msgspec.Struct, frozen=True, cache_hash=True):
    """The server: what it knows, sessions begun there, what it wanted so far, GBA keys, and the packets it let in."""

    state: ServerState
    begun: int = 0
    issued: tuple[tuple[str, str, str], ...] = ()
    keys: tuple[tuple[str, Any], ...] = ()
    took: frozenset[int] = frozenset()

    __repr__ = repr_in_order


class EngineStep(NamedTuple):
    """What came of one step of an engine: the value that follows, the reply with its nonce, what was noticed."""

    value: int
    reply: int
    notes: tuple[str, ...] = ()
    nonce: bytes = b""


class Numbering:
    """Values by number, and numbers by value."""

    __slots__ = ("numbers", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.numbers: dict[Any, int] = {}

    def of(self, value: Hashable) -> int:
        """The number of ``value``, a new one for a new value."""
        number = self.numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


def wants(info: DeviceInfo) -> Talk:
    """The job of the worlds here: one value is to be written; it is done when the device says so."""
    [outcome] = yield [Replace.of(*WANT)]
    return DONE if outcome.ok else "refused"


def endless(info: DeviceInfo) -> Talk:
    """What a server gone bad wants: never an end."""
    while True:
        yield [Replace.of(*WANT)]
