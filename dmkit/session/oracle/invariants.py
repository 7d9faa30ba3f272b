"""The invariants I1 to I14 of a conversation, a function each, and the table of them.

Each looks over the whole conversation, taken apart by ``reading``, and gives the places where it is broken.

>>> INVARIANTS["I8"].sentence
"The client sets Final only after the server's, and nobody beside MoreData."
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from dmkit.session.oracle.reading import LargeObjectPiece, PlacedCommand, ReadConversation, ReadMessage, length
from dmkit.words.codes import AlertCode, StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.model import Alert, Item, Results, Status
from dmkit.words.records import dataclass

__all__ = ["INVARIANTS", "Invariant"]

_CHALLENGES: Final = frozenset({StatusCode.UNAUTHORIZED, StatusCode.CREDENTIALS_MISSING})
_GOOD: Final = frozenset({StatusCode.OK, StatusCode.AUTHENTICATED})
_STARTS: Final = frozenset({AlertCode.SERVER_INITIATED, AlertCode.CLIENT_INITIATED})
_MORE_PLEASE: Final = frozenset({AlertCode.NEXT_MESSAGE, AlertCode.SESSION_ABORT})


_Found: TypeAlias = Iterator[tuple[int, str, str]]


def _at(turn: ReadMessage, sentence: str) -> tuple[int, str, str]:
    return turn.number, turn.sender, sentence


def _counting(talk: ReadConversation) -> _Found:
    given = {"client": 0, "server": 0}
    session = talk.turns[0].message.header.session_id if talk.turns else ""
    expected = "client"
    for turn in talk.turns:
        if turn.sender != expected:
            yield _at(turn, f"it is the {expected}'s turn")
        expected = "server" if turn.sender == "client" else "client"
        given[turn.sender] += 1
        header = turn.message.header
        if header.msg_id != str(given[turn.sender]):
            yield _at(turn, f"MsgID is {header.msg_id!r} where {given[turn.sender]} is due")
        if header.session_id != session:
            yield _at(turn, f"SessionID is {header.session_id!r}, before it was {session!r}")


def _command_ids(talk: ReadConversation) -> _Found:
    for turn in talk.turns:
        seen: set[str] = set()
        for command in turn.commands:
            name, cmd_id = command.verb.value, command.cmd_id
            if not cmd_id:
                yield _at(turn, f"{name} has no CmdID")
            elif cmd_id == "0":
                yield _at(turn, f"{name} has CmdID 0, which means the header")
            elif cmd_id in seen:
                yield _at(turn, f"CmdID {cmd_id} stands twice")
            seen.add(cmd_id)


def _header_first(talk: ReadConversation) -> _Found:
    for turn in talk.turns[1:]:
        before = talk.before(turn)
        first = next(iter(turn.message.commands), None)
        due = before.message.header.msg_id if before is not None else ""
        if not isinstance(first, Status) or not first.is_header or first.cmd_ref not in (None, "0"):
            yield _at(turn, "it does not begin with the Status of the other side's header")
        elif first.msg_ref != due:
            yield _at(turn, f"its header Status names message {first.msg_ref}, the last one was {due}")


def _every_command_answered(talk: ReadConversation) -> _Found:
    debts: dict[str, deque[PlacedCommand]] = {"client": deque(), "server": deque()}
    for placed in talk.asked.values():
        if placed.owed:
            debts[placed.sender].append(placed)
    for turn in talk.turns:
        yield from (_at(turn, value) for value in _settle(talk, turn))
        if turn.message.final and not turn.aborts:
            for placed in _late(debts, turn):
                yield _at(turn, f"{_name(placed)} has no Status")
                placed.owed = False
        elif turn.aborts:
            for placed in _late(debts, turn):
                placed.owed = False
    last = talk.turns[-1] if talk.turns else None
    if last is None or not talk.complete or last.aborts:
        return
    for sender, waiting in debts.items():
        for placed in waiting:
            if placed.owed:
                yield last.number, "server" if sender == "client" else "client", f"{_name(placed)} never got a Status"


def _late(debts: dict[str, deque[PlacedCommand]], turn: ReadMessage) -> list[PlacedCommand]:
    """What ``turn`` ought to have answered; it is owed no longer, and whatever was answered is looked at once."""
    waiting = debts["server" if turn.sender == "client" else "client"]
    late: list[PlacedCommand] = []
    while waiting and waiting[0].turn < turn.number:
        placed = waiting.popleft()
        if placed.owed:
            late.append(placed)
    return late


def _settle(talk: ReadConversation, turn: ReadMessage) -> Iterator[str]:
    """Book the Statuses of one message; say what is wrong with them."""
    for status in turn.statuses:
        if status.is_header:
            if status is not turn.header:
                yield "it answers a header twice"
            continue
        placed = talk.answered(turn, status)
        if placed is None:
            yield f"a Status answers command {status.cmd_ref} of message {status.msg_ref}, which nobody sent"
            continue
        verb = placed.command.verb
        placed.owed = False
        placed.answers += not turn.refused
        if status.cmd != verb.value:
            yield f"{_name(placed)} is answered as {status.cmd!r}"
        elif verb is Verb.STATUS:
            yield "a Status answers a Status"
        elif verb is Verb.RESULTS and status.code == StatusCode.OK:
            yield "good Results get no Status"
        elif placed.answers > placed.most:
            yield f"{_name(placed)} is answered {many(placed.answers, 'time')}"


def _name(placed: PlacedCommand) -> str:
    return f"{placed.command.verb.value} {placed.command.cmd_id} of message {placed.turn}"


def _in_order(talk: ReadConversation) -> _Found:
    high: dict[tuple[str, str], int] = {}
    for turn in talk.turns:
        for status in turn.statuses:
            placed = None if status.is_header else talk.answered(turn, status)
            if placed is None:
                continue
            key = turn.sender, status.msg_ref
            if placed.last < high.get(key, -1):
                yield _at(turn, f"the Status of {_name(placed)} comes after one of a later command")
            high[key] = max(high.get(key, -1), placed.at)
        if turn.refused:
            high.clear()


def _results_after_get(talk: ReadConversation) -> _Found:
    stated: set[int] = set()
    for turn in talk.turns:
        for command in turn.message.commands:
            if not isinstance(command, Status | Results):
                continue
            placed = talk.answered(turn, command)
            if isinstance(command, Status):
                stated.add(id(placed))
            elif turn.sender == "server":
                yield _at(turn, "a server has no Results to give")
            elif placed is None or placed.command.verb is not Verb.GET:
                yield _at(turn, f"Results for command {command.cmd_ref} of message {command.msg_ref}, which is no Get")
            elif id(placed) not in stated:
                yield _at(turn, f"Results before the Status of {_name(placed)}")


def _in_parts(talk: ReadConversation, turn: ReadMessage) -> bool:
    """Whether the next message of this side goes on with Statuses that were due in ``turn``, and had no room there."""
    later = talk.turns[turn.number + 1] if len(talk.turns) > turn.number + 1 else None
    if later is None:
        return False
    found = (talk.answered(later, status) for status in later.statuses if not status.is_header)
    return any(placed is not None and placed.turn < turn.number for placed in found)


def _server_waits(talk: ReadConversation) -> _Found:
    closed = False  # the client's package is complete; while the server's is in parts, it stays so
    open_ = False
    for turn in talk.turns:
        if turn.sender == "client":
            continue
        before = talk.before(turn)
        closed = before is None or before.message.final or (closed and open_)
        open_ = not turn.message.final and not turn.wishes and _in_parts(talk, turn)
        lost = before.dropped if before is not None else None  # may begin again at once, with its first piece
        going_on = [
            piece.command
            for piece in turn.pieces
            if not piece.broken and (not piece.first or piece.item.target == lost)
        ]
        new = [c for c in turn.wishes if not any(c is command for command in going_on)]
        if before is not None and new and not closed:
            yield _at(turn, f"{new[0].verb.value} {new[0].cmd_id} comes before the client's Final")


def _client_final_last(talk: ReadConversation) -> _Found:
    open_ = False
    for turn in talk.turns:
        if turn.message.final and turn.more:
            yield _at(turn, "Final beside MoreData")
        if turn.sender == "server":
            open_ = not turn.message.final and (open_ or bool(turn.wishes))
        elif turn.message.final and open_ and not turn.aborts:
            yield _at(turn, "Final before the server's Final")


def _server_final(talk: ReadConversation) -> _Found:
    for turn in talk.turns:
        if turn.sender == "client" or turn.message.final or turn.more:
            continue
        before = talk.before(turn)
        asks_on = before is not None and not before.message.final and turn.alerts & _MORE_PLEASE
        if not asks_on and (turn.wishes or not _in_parts(talk, turn)):
            yield _at(turn, "no Final, though nothing is unfinished")


def _chunks(talk: ReadConversation) -> _Found:
    for turn in talk.turns:
        yield from (_at(turn, value) for piece in turn.pieces for value in _chunk(piece))
        if turn.unfinished:
            yield _at(turn, f"the package ends and {turn.unfinished or 'an object'} is not complete")


def _chunk(piece: LargeObjectPiece) -> Iterator[str]:
    value = piece.item.meta.size if piece.item.meta is not None else None
    if piece.broken:
        yield f"{piece.command.verb.value} {piece.command.cmd_id} comes while {piece.broken} is not complete"
    elif piece.first:
        if piece.size is None:
            yield "the first piece of an object has no Size"
    elif value is not None:
        yield "a later piece of an object has a Size"
    complete = not piece.broken and not piece.item.more_data
    if complete and piece.size is not None and piece.got != piece.size:
        yield f"{many(piece.got, 'octet')} came, Size says {piece.size}"


def _challenges(talk: ReadConversation) -> _Found:
    for turn in talk.turns:
        if turn.header is None or turn.header.code not in _CHALLENGES:
            continue
        if turn.header.chal is None:
            yield _at(turn, f"{turn.header.code.value} for a header without a challenge")
        other = next((c for c in turn.message.commands if not isinstance(c, Status)), None)
        again = turn.sender == "client" and bool(turn.alerts & _STARTS)
        if other is not None and not again:
            yield _at(turn, f"{other.verb.value} beside {turn.header.code.value} for the header")


def _something_to_say(talk: ReadConversation) -> _Found:
    for turn in talk.turns:
        if turn.sender == "server" or turn.header is None:
            continue
        if len(turn.message.commands) == 1 and turn.header.code in _GOOD:
            yield _at(turn, "it says no more than that the header was good")
    last = talk.turns[-1] if talk.turns else None
    if talk.complete and last is not None and last.sender == "client":
        yield last.number, "server", "the client's message is not answered"


class _Limits(NamedTuple):
    message: int | None = None
    object: int | None = None


def _sizes(talk: ReadConversation) -> _Found:
    limits = {"client": _Limits(), "server": _Limits()}  # what each side may send
    for turn in talk.turns:
        may = limits[turn.sender]
        if may.message is not None and turn.octets is not None and turn.octets > may.message:
            yield _at(turn, f"{many(turn.octets, 'octet')}, MaxMsgSize is {may.message}")
        if may.object is not None:
            size = _largest(turn)
            if size > may.object:
                yield _at(turn, f"an object of {many(size, 'octet')}, MaxObjSize is {may.object}")
        meta = turn.message.header.meta
        if meta is not None:
            peer = "server" if turn.sender == "client" else "client"
            old = limits[peer]
            limits[peer] = _Limits(
                meta.max_msg_size if meta.max_msg_size is not None else old.message,
                meta.max_obj_size if meta.max_obj_size is not None else old.object,
            )


def _largest(turn: ReadMessage) -> int:
    """The largest object of a message; a piece counts as the whole that it belongs to."""
    items: Iterator[Item] = (i for c in turn.commands if not isinstance(c, Status) for i in getattr(c, "items", ()))
    whole = max((length(item.data) for item in items), default=0)
    return max([whole, *(max(piece.got, piece.size or 0) for piece in turn.pieces)])


def _abort_alone(talk: ReadConversation) -> _Found:
    for turn in talk.turns:
        if not turn.aborts:
            continue
        if not turn.message.final:
            yield _at(turn, "Alert 1223 without Final")
        other = next(
            (
                c
                for c in turn.message.commands
                if not isinstance(c, Status | Results)
                and not (isinstance(c, Alert) and c.code == AlertCode.SESSION_ABORT)
            ),
            None,
        )
        if other is not None:
            yield _at(turn, f"{other.verb.value} beside Alert 1223")


@dataclass(frozen=True, slots=True)
class Invariant:
    """A row of the table: ``find`` gives (message number, side, sentence) for each place where it is broken."""

    id: str
    find: Callable[[ReadConversation], _Found]
    source: str
    sentence: str


INVARIANTS: Final = MappingProxyType(
    {
        row.id: row
        for row in (
            Invariant(
                "I1",
                _counting,
                "DMPRO §8",
                "Each side counts its messages from 1, the SessionID stays, the sides "
                "take turns, and the client begins.",
            ),
            Invariant(
                "I2",
                _command_ids,
                "REPPRO via MS",
                "CmdIDs are unique in a message, inside containers too, and never 0.",
            ),
            Invariant(
                "I3",
                _header_first,
                "REPPRO via MS",
                "Every message but the first opens with the Status of the peer's last header.",
            ),
            Invariant(
                "I4",
                _every_command_answered,
                "DMREPPRO §6.5.1",
                "Each command gets a Status under its own name, "
                "containers and what is in them alike; nothing else gets one, Results only when they are refused or "
                "more is to come.",
            ),
            Invariant("I5", _in_order, "REPPRO via MS", "Statuses for one message follow the order of its commands."),
            Invariant("I6", _results_after_get, "DMREPPRO §6.6.12", "Results answer a Get and come after its Status."),
            Invariant("I7", _server_waits, "DMPRO §6.1", "The server sends no new command before the client's Final."),
            Invariant(
                "I8",
                _client_final_last,
                "DMPRO §6.2",
                "The client sets Final only after the server's, and nobody beside MoreData.",
            ),
            Invariant(
                "I9",
                _server_final,
                "DMPRO §6.2",
                "The server sets Final unless an object is under way, the client has more to say, or Statuses have no "
                "room.",
            ),
            Invariant(
                "I10",
                _chunks,
                "DMPRO §7",
                "The first piece of an object announces its Size, no other does, and the pieces add up to it.",
            ),
            Invariant(
                "I11",
                _challenges,
                "DMPRO §9.1",
                "401 and 407 for a header bring a challenge, and only Statuses stand beside them, or package 1 again.",
            ),
            Invariant(
                "I12",
                _something_to_say,
                "DMPRO §8",
                "The client sends nothing when it has nothing to say, and the server answers everything.",
            ),
            Invariant(
                "I13", _sizes, "DMPRO §7", "No message exceeds the receiver's MaxMsgSize, no object its MaxObjSize."
            ),
            Invariant("I14", _abort_alone, "DMPRO §8.1.2", "An Alert 1223 has Final and only answers beside it."),
        )
    }
)
"""The table of invariants, by id."""
