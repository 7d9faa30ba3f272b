"""A conversation taken apart for the oracle: who answers what, which message was refused, where objects stand.

``ReadConversation`` resolves every reference once; the invariants then only look.  [DMPRO §6, §7, §9.1]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Final, NamedTuple

from dmkit.words.codes import AlertCode, StatusCode, Verb
from dmkit.words.model import Alert, Atomic, Command, Data, Item, Message, Results, Sequence, Status, flatten
from dmkit.words.records import dataclass

__all__ = ["LargeObjectPiece", "PlacedCommand", "ReadConversation", "ReadMessage", "SentMessage", "length"]

_HEADER_OK: Final = frozenset({StatusCode.OK, StatusCode.AUTHENTICATED})
_CARRIERS: Final = frozenset({Verb.ADD, Verb.REPLACE, Verb.RESULTS})
_DATA_ALERTS: Final = frozenset({AlertCode.CLIENT_EVENT, AlertCode.GENERIC})


class SentMessage(NamedTuple):
    """One message: who said it ("client" or "server"), what, and its length in octets (None: unknown)."""

    sender: str
    message: Message
    octets: int | None = None


@dataclass(slots=True)
class PlacedCommand:
    """A command in its place: ``at`` in document order of its message, ``last`` the place of its last sub-command.

    ``owed`` while a Status must still come, ``answers`` counts those that came.
    """

    turn: int
    sender: str
    at: int
    last: int
    command: Command
    owed: bool
    answers: int = 0

    @property
    def most(self) -> int:
        """How many Statuses the command may get: one, or one per Item."""
        return max(1, len(getattr(self.command, "items", ())))


@dataclass(frozen=True, slots=True)
class LargeObjectPiece:
    """An Item that is part of a large object of which ``got`` octets have now been said.

    ``size`` is what the first piece announced.  ``broken`` names an object that ``command`` cuts short instead.
    """

    command: Command
    item: Item
    first: bool
    got: int
    size: int | None
    broken: str = ""


@dataclass(frozen=True, slots=True)
class _Open:
    """A large object of which more is to come; ``message`` and ``command`` carried its last piece."""

    verb: Verb
    uri: str
    got: int
    size: int | None
    message: str
    command: str


@dataclass(slots=True)
class ReadMessage:
    """One message with what the invariants ask of it.

    ``unfinished`` names an object that should have gone on, ``dropped`` one of the peer's that is not wanted further;
    ``refused`` when the peer did not accept the header.
    """

    number: int
    sender: str
    message: Message
    octets: int | None
    commands: tuple[Command, ...]
    statuses: tuple[Status, ...]
    header: Status | None
    alerts: frozenset[int]
    pieces: list[LargeObjectPiece] = field(default_factory=list)
    unfinished: str = ""
    dropped: str | None = None
    refused: bool = False

    @property
    def aborts(self) -> bool:
        """True when an Alert 1223 is in it."""
        return AlertCode.SESSION_ABORT in self.alerts

    @property
    def more(self) -> bool:
        """True when an object goes on after it."""
        return any(piece.item.more_data for piece in self.pieces)

    @property
    def wishes(self) -> list[Command]:
        """What the device is to carry out: management commands and questions to the user."""
        return [
            c
            for c in self.message.commands
            if not isinstance(c, Status | Results) and (not isinstance(c, Alert) or c.code.asks_user)
        ]


class ReadConversation:
    """A conversation with its references resolved."""

    def __init__(self, messages: Iterable[SentMessage], *, complete: bool = True) -> None:
        self.complete = complete
        self.turns = [_turn(number, *one) for number, one in enumerate(messages, 1)]
        self.asked: dict[tuple[str, str, str], PlacedCommand] = {}
        for turn in self.turns:
            self._index(turn)
        for turn, after in zip(self.turns, self.turns[1:], strict=False):
            turn.refused = _refuses(after) and after.sender != turn.sender
        self._follow_objects()

    def before(self, turn: ReadMessage) -> ReadMessage | None:
        """The other side's last message before ``turn``."""
        earlier = self.turns[: turn.number - 1]
        return next((t for t in reversed(earlier) if t.sender != turn.sender), None)

    def answered(self, turn: ReadMessage, ref: Status | Results) -> PlacedCommand | None:
        """The command of the other side that ``ref`` answers; None when nobody said it before.

        Results without MsgRef or CmdRef mean message 1 and command 1.  [REPPRO via MS]
        """
        asked = self.asked.get((_peer(turn.sender), ref.msg_ref or "1", ref.cmd_ref or "1"))
        return asked if asked is not None and asked.turn < turn.number else None

    def _index(self, turn: ReadMessage) -> None:
        for at, command in enumerate(turn.commands):
            inside = sum(1 for _ in flatten(command.commands)) if isinstance(command, Atomic | Sequence) else 0
            owed = not isinstance(command, Status | Results) and not command.no_resp
            if turn.aborts and turn.sender == "server":
                owed = False  # a client should not answer an Alert 1223  [DMPRO §8.1.2]
            key = turn.sender, turn.message.header.msg_id, command.cmd_id
            self.asked.setdefault(key, PlacedCommand(turn.number, turn.sender, at, at + inside, command, owed))

    # A side has at most one object under way.  A message that the peer refuses counts as not said.

    def _follow_objects(self) -> None:
        under_way: dict[str, _Open | None] = {}
        for turn in self.turns:
            peer = _peer(turn.sender)
            theirs = under_way.get(peer)
            if theirs is not None and _drops(turn, theirs):
                turn.dropped, under_way[peer] = theirs.uri, None
            before = now = under_way.get(turn.sender)
            for command in turn.commands:
                now = _follow(turn, command, now)
            if now is not None and turn.message.final and not turn.more and not turn.aborts and not turn.refused:
                turn.unfinished, now = now.uri, None
            under_way[turn.sender] = before if turn.refused else now


def _turn(number: int, sender: str, message: Message, octets: int | None = None) -> ReadMessage:
    statuses = tuple(c for c in message.commands if isinstance(c, Status))
    header = next((s for s in statuses if s.is_header), None)
    alerts = frozenset(int(c.code) for c in message.commands if isinstance(c, Alert))
    return ReadMessage(number, sender, message, octets, tuple(flatten(message.commands)), statuses, header, alerts)


def _peer(sender: str) -> str:
    return "server" if sender == "client" else "client"


def _refuses(turn: ReadMessage) -> bool:
    return turn.header is not None and turn.header.code not in _HEADER_OK


def _drops(turn: ReadMessage, now: _Open) -> bool:
    """True when ``turn`` tells the sender of ``now`` to stop: an error for its last piece, 1225 or 1223."""
    if _refuses(turn):
        return False
    if turn.aborts or AlertCode.NO_END_OF_DATA in turn.alerts:
        return True
    return any(
        (s.msg_ref, s.cmd_ref) == (now.message, now.command) and s.code != StatusCode.CHUNK_ACCEPTED
        for s in turn.statuses
    )


def _follow(turn: ReadMessage, command: Command, now: _Open | None) -> _Open | None:
    """The object under way after ``command``."""
    if isinstance(command, Status) or (
        isinstance(command, Alert) and not command.code.asks_user and command.code not in _DATA_ALERTS
    ):
        return now
    carries = command.verb in _CARRIERS or (isinstance(command, Alert) and command.code in _DATA_ALERTS)
    for item in getattr(command, "items", ()) or (Item(),):
        uri = item.target or item.source or ""
        if now is not None and not (carries and command.verb is now.verb and uri in ("", now.uri)):
            turn.pieces.append(LargeObjectPiece(command, Item(), False, now.got, now.size, broken=now.uri))
            now = None
        if carries and (now is not None or item.more_data):
            now = _add(turn, command, item, now)
    return now


def _add(turn: ReadMessage, command: Command, item: Item, now: _Open | None) -> _Open | None:
    meta = item.meta or getattr(command, "meta", None)
    got = length(item.data) + (now.got if now is not None else 0)
    size = now.size if now is not None else meta.size if meta is not None else None
    turn.pieces.append(LargeObjectPiece(command, item, now is None, got, size))
    uri = now.uri if now is not None else item.target or item.source or ""
    if not item.more_data:
        return None
    return _Open(command.verb, uri, got, size, turn.message.header.msg_id, command.cmd_id)


def length(data: Data | None) -> int:
    """Octets of ``data`` as carried."""
    if data is None:
        return 0
    return len(data.encode()) if isinstance(data, str) else len(data) if isinstance(data, bytes) else len(data.text)
