"""The oracle: what holds in every conversation, whoever holds it.

``check`` takes what was said, message by message, and gives each place where one of the invariants I1 to I14 of
the protocol is broken.  It knows no engine and no tree, so it judges goldens, tests, simulations and captures
of real peers alike.  What the specification leaves free it accepts: Statuses with or without references, one
per Item or one per command, a container's before or after those inside it, any cut of an object.

>>> from dmkit.model import Alert, Header, Message
>>> said = Said("client", Message(Header("1", "2", "srv", "dev"), (Alert.of(1201),)), 300)
>>> for violation in check([said], complete=False):
...     print(violation)
I1 message 1 (client): MsgID is '2', 1 is due
I2 message 1 (client): Alert has no CmdID
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from dmkit.codes import AlertCode, StatusCode, Verb
from dmkit.model import Alert, Atomic, Command, Data, Item, Message, Packet, Results, Sequence, Status, flatten

__all__ = ["INVARIANTS", "Invariant", "Said", "Violation", "assert_sound", "check", "heard"]

CLIENT: Final = "client"
SERVER: Final = "server"
_CHALLENGES: Final = frozenset({StatusCode.UNAUTHORIZED, StatusCode.CREDENTIALS_MISSING})
_HEADER_OK: Final = frozenset({StatusCode.OK, StatusCode.AUTHENTICATED})
_STARTS: Final = frozenset({AlertCode.SERVER_INITIATED, AlertCode.CLIENT_INITIATED})
_CHUNKABLE: Final = frozenset({Verb.ADD, Verb.REPLACE, Verb.RESULTS, Verb.ALERT})


class Said(NamedTuple):
    """One message: who said it, what, and its length in octets (None: unknown, sizes are not judged)."""

    sender: str
    message: Message
    octets: int | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken invariant: ``number`` counts messages from 1, ``by`` is who sent that message."""

    id: str
    number: int
    by: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.id} message {self.number} ({self.by}): {self.sentence}"


# --- the conversation, taken apart once ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Asked:
    """A command that is to be answered: where it stands, and how many answers came."""

    turn: int
    at: int
    last: int
    command: Command
    owed: bool
    answers: int = 0


@dataclass(slots=True)
class _Piece:
    """An Item that is part of a large object: ``got`` octets so far; ``broke`` names an object it interrupts."""

    item: Item
    first: bool
    got: int
    size: int | None
    broke: str = ""


@dataclass(slots=True)
class _Turn:
    """One message with what the invariants want to know of it."""

    number: int
    sender: str
    message: Message
    octets: int | None
    commands: tuple[Command, ...] = ()
    statuses: tuple[Status, ...] = ()
    header: Status | None = None
    alerts: frozenset[int] = frozenset()
    pieces: list[_Piece] = field(default_factory=list)
    unfinished: str = ""
    refused: bool = False

    @property
    def aborts(self) -> bool:
        return AlertCode.SESSION_ABORT in self.alerts

    @property
    def wishes(self) -> tuple[Command, ...]:
        """Management commands and questions to the user: what the device is to carry out."""
        return tuple(c for c in self.message.commands if not isinstance(c, Status | Results)
                     and not (isinstance(c, Alert) and not c.code.asks_user))

    @property
    def has_piece(self) -> bool:
        return any(piece.item.more_data for piece in self.pieces)


class _Talk:
    """A conversation with its references resolved."""

    def __init__(self, said: Iterable[Said], complete: bool) -> None:
        self.complete = complete
        self.turns = [self._turn(number, *one) for number, one in enumerate(said, 1)]
        self.asked: dict[tuple[str, str, str], _Asked] = {}
        for turn in self.turns:
            self._index(turn)
        for before, turn in zip(self.turns, self.turns[1:], strict=False):
            code = turn.header.code if turn.header is not None else StatusCode.OK
            before.refused = code not in _HEADER_OK
        self._objects()

    @staticmethod
    def _turn(number: int, sender: str, message: Message, octets: int | None = None) -> _Turn:
        commands = tuple(flatten(message.commands))
        statuses = tuple(c for c in message.commands if isinstance(c, Status))
        header = next((s for s in statuses if s.is_header), None)
        alerts = frozenset(int(c.code) for c in message.commands if isinstance(c, Alert))
        return _Turn(number, sender, message, octets, commands, statuses, header, alerts)

    def _index(self, turn: _Turn) -> None:
        last = {id(c): at + len(list(flatten(c.commands))) for at, c in enumerate(turn.commands)
                if isinstance(c, Atomic | Sequence)}
        for at, command in enumerate(turn.commands):
            owed = not isinstance(command, Status | Results) and not command.no_resp
            key = (turn.sender, turn.message.header.msg_id, command.cmd_id)
            self.asked.setdefault(key, _Asked(turn.number, at, last.get(id(command), at), command, owed))

    def answered(self, turn: _Turn, ref: Status | Results) -> _Asked | None:
        """The command that a Status or Results of ``turn`` answers; it must have been said before."""
        peer = SERVER if turn.sender == CLIENT else CLIENT
        asked = self.asked.get((peer, ref.msg_ref or "1", ref.cmd_ref or "1"))
        return asked if asked is not None and asked.turn < turn.number else None

    def _objects(self) -> None:
        """Follow the large objects of each side.  A refused message counts as not said."""
        open_: dict[str, tuple[Command, Item, int, int | None] | None] = {CLIENT: None, SERVER: None}
        for turn in self.turns:
            side, peer = turn.sender, SERVER if turn.sender == CLIENT else CLIENT
            if self._peer_dropped(turn, open_[peer]):
                open_[peer] = None
            before = open_[side]
            for command in turn.commands:
                if command.verb not in _CHUNKABLE:
                    if not isinstance(command, Status) and open_[side] is not None:
                        open_[side] = self._broken(turn, open_[side])
                    continue
                for item in getattr(command, "items", ()):
                    open_[side] = self._item(turn, command, item, open_[side])
            now = open_[side]
            if now is not None and turn.message.final and not turn.has_piece and not turn.aborts:
                turn.unfinished = _uri(now[1])
                open_[side] = None
            if turn.refused:
                open_[side] = before

    @staticmethod
    def _peer_dropped(turn: _Turn, now: tuple[Command, Item, int, int | None] | None) -> bool:
        """True when ``turn`` refuses the object that its receiver is sending."""
        if now is None:
            return False
        if turn.aborts or AlertCode.NO_END_OF_DATA in turn.alerts:
            return True
        return any(s.cmd == now[0].verb.value and s.cmd_ref == now[0].cmd_id and s.code != StatusCode.CHUNK_ACCEPTED
                   for s in turn.statuses) and not turn.header_refuses()

    @staticmethod
    def _broken(turn: _Turn, now: tuple[Command, Item, int, int | None] | None) -> None:
        if now is not None:
            turn.pieces.append(_Piece(Item(), False, now[2], now[3], broke=_uri(now[1])))

    def _item(self, turn: _Turn, command: Command, item: Item, now: tuple[Command, Item, int, int | None] | None,
              ) -> tuple[Command, Item, int, int | None] | None:
        if isinstance(command, Alert) and command.code < AlertCode.CLIENT_EVENT:
            return now
        if isinstance(command, Alert) and command.code == AlertCode.NO_END_OF_DATA:
            return now
        if now is not None and not (command.verb is now[0].verb and _uri(item) in ("", _uri(now[1]))):
            now = self._broken(turn, now)
        if now is None and not item.more_data:
            return None
        meta = item.meta or getattr(command, "meta", None)
        said = meta.size if meta is not None else None
        got = (now[2] if now is not None else 0) + _length(item.data)
        size = now[3] if now is not None else said
        turn.pieces.append(_Piece(item, now is None, got, size))
        return (command, item if now is None else now[1], got, size) if item.more_data else None


def _uri(item: Item) -> str:
    return item.target or item.source or ""


def _length(data: Data | None) -> int:
    if data is None:
        return 0
    return len(data.encode()) if isinstance(data, str) else len(data) if isinstance(data, bytes) else len(data.text)
