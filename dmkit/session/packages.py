"""Packages: how commands and answers fill messages.

Nothing here knows a role: client and server pack by the same rules.  [DMPRO §6]
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace as changed

from dmkit.session.again import MEMORIES
from dmkit.session.objects import Sending
from dmkit.session.pieces import size_of_piece
from dmkit.wire.codec import XML, Codec
from dmkit.wire.compiled import Switch
from dmkit.wire.elements import BY_ROOT
from dmkit.wire.markup import write_xml
from dmkit.wire.numbers import number
from dmkit.words.codes import SYNC_HDR, Format, StatusCode, Verb
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Delete,
    Element,
    Exec,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Replace,
    Results,
    Sequence,
    Status,
    flatten,
)
from dmkit.words.outcome import Outcome
from dmkit.words.structs import like_a_dataclass

__all__ = [
    "Closing",
    "Packed",
    "Unit",
    "bare",
    "carry",
    "header_status",
    "number",
    "pack",
    "pack_again",
    "refusals",
    "results_of",
    "statuses_of",
    "surely_over",
]

_SMALLEST_PIECE: Final = 32
_CONTAINERS: Final = frozenset({Atomic, Sequence})
_SIMPLE: Final = frozenset({Add, Alert, Copy, Delete, Exec, Get, Replace})
_A_FEW: Final = 3
"""Units that are written before anybody asks whether they can fit."""
_NUMBERS: Final = tuple(map(str, range(1, 65)))
"""The CmdIDs of most messages."""


def carry(command: Command, codec: Codec) -> Command:
    """``command`` as ``codec`` can carry it: XML has no octets, so they become base64 text.  [DMTND §7.7.2]"""
    if codec.binary:
        return command
    if isinstance(command, Atomic | Sequence):
        return msgspec.structs.replace(command, commands=tuple(carry(c, codec) for c in command.commands))
    items: tuple[Item, ...] = command.items
    if not any(map(_is_binary, items)):
        return command
    return msgspec.structs.replace(command, items=tuple(_as_text(item) for item in items))


def _is_binary(item: Item) -> bool:
    """True for octets, and for an Item of a listing that names a node of octets without them.  [DMTND App C]"""
    nameless = item.data is None and item.meta is not None and item.meta.format == Format.BIN
    return nameless or isinstance(item.data, bytes)


def _as_text(item: Item) -> Item:
    if not _is_binary(item):
        return item
    meta = msgspec.structs.replace(item.meta or Meta(), format=Format.B64.value)
    data = b64encode(item.data).decode() if isinstance(item.data, bytes) else item.data
    return msgspec.structs.replace(item, data=data, meta=meta)


# --- answers -----------------------------------------------------------------------------------------------------


def header_status(header: Header, code: StatusCode, chal: Meta | None = None, items: tuple[Item, ...] = ()) -> Status:
    """The Status of a header: the first command of every answer.  [DMPRO §9.4.1]"""
    return Status(code, header.msg_id, "0", SYNC_HDR, (header.target,), (header.source,), chal, items)


def _refs(command: Command, item: Item | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if item is None:
        return (), ()
    target = item.target
    if target and command.__class__ is not Copy:
        return (target,), ()
    return (target,) if target else (), (item.source,) if item.source else ()


def _status(command: Command, item: Item | None, outcome: Outcome, msg_ref: str) -> Status | None:
    if outcome.status is None:
        return None
    targets, sources = _refs(command, item)
    return Status(outcome.status, msg_ref, command.cmd_id, command.verb._value_, targets, sources, None, outcome.items)


def statuses_of(outcome: Outcome, msg_ref: str, *, per_item: bool = False, refs: bool = True) -> Iterable[Status]:
    """The Statuses that answer one executed command, a container's before those of its commands.

    Items that fared alike share one Status; otherwise each has its own, naming its target.  [REPPRO via MS]
    """
    command = outcome.command
    assert command is not None
    if command.__class__ in _SIMPLE and not outcome.parts:  # as almost always
        simple: Any = command
        if outcome.status is None or simple.no_resp:
            return ()
        named = refs and len(simple.items) == 1 and command.__class__ is not Alert
        targets, sources = _refs(command, simple.items[0]) if named else ((), ())
        verb, code = command.verb._value_, outcome.status
        return (Status(code, msg_ref, command.cmd_id, verb, targets, sources, None, outcome.items),)
    return _statuses_of(command, outcome, msg_ref, per_item, refs)


def _statuses_of(command: Command, outcome: Outcome, msg_ref: str, per_item: bool, refs: bool) -> Iterator[Status]:
    silent = getattr(command, "no_resp", False)
    if command.__class__ in _CONTAINERS:
        own = _status(command, None, outcome, msg_ref)
        if own is not None and not silent:
            yield own
        for part in outcome.parts:
            yield from statuses_of(part, msg_ref, per_item=per_item, refs=refs)
        return
    if silent:
        return
    items: tuple[Item, ...] = getattr(command, "items", ())
    if outcome.parts and (per_item or any(part.status != outcome.status or part.items for part in outcome.parts)):
        for item, part in zip(items, outcome.parts, strict=True):
            status = _status(command, item, part, msg_ref)
            if status is not None:
                yield status
        return
    single = refs and len(items) == 1 and not isinstance(command, Alert)
    status = _status(command, items[0] if single else None, outcome, msg_ref)
    if status is not None:
        yield status


def results_of(outcome: Outcome, msg_ref: str, *, per_item: bool = False) -> Iterator[Results]:
    """The Results of one executed command and of the commands inside it.  [DMREPPRO §6.6.12]"""
    command = outcome.command
    assert command is not None
    if command.__class__ in _CONTAINERS:
        for part in outcome.parts:
            yield from results_of(part, msg_ref, per_item=per_item)
        return
    groups = [(item,) for item in outcome.results] if per_item else [outcome.results] if outcome.results else []
    for items in groups:
        yield Results(items, msg_ref, command.cmd_id)


def refusals(commands: tuple[Command, ...], msg_ref: str, code: StatusCode) -> Iterator[Status]:
    """One Status with ``code`` for each command, sub-commands included: nothing was done.  [DMPRO §9.1]"""
    for command in flatten(commands):
        if isinstance(command, Status):
            continue
        items = () if isinstance(command, Alert | Atomic | Sequence) else command.items
        targets, sources = _refs(command, items[0] if len(items) == 1 else None)
        if not getattr(command, "no_resp", False):
            yield Status(code, msg_ref, command.cmd_id, command.verb.value, targets, sources)


def bare(status: Status) -> Status | None:
    """``status`` without its Items and addresses, for a message without room for them; None when it has none.

    >>> bare(Status(StatusCode.OK, "1", "2", "Get", ("./A",))), bare(Status(StatusCode.OK, "1", "2", "Get"))
    (Status(code=<200 OK>, msg_ref='1', cmd_ref='2', cmd='Get'), None)
    """
    if not (status.items or status.target_refs or status.source_refs):
        return None
    return msgspec.structs.replace(status, items=(), target_refs=(), source_refs=())


# --- messages ----------------------------------------------------------------------------------------------------

Unit: TypeAlias = Command | Sending
_Build: TypeAlias = Callable[[Iterable[Command], bool, bool], tuple[Message, bytes]]
Closing = Callable[[bool, bool], tuple[tuple[Command, ...], bool]]
"""Given whether the queue is now empty, and whether a piece was sent with more to follow: the commands that
close the message, and whether it has Final."""


@like_a_dataclass
class Packed(msgspec.Struct, frozen=True):
    """A message with its octets; ``taken`` units of the queue are in it, ``piece`` if the last is a piece.

    ``stuck`` is a unit that fits into no message at all; it stood in the queue at ``at``.
    """

    message: Message
    body: bytes
    piece: Sending | None = None
    stuck: Unit | None = None
    at: int = 0


def pack_again(
    header: Header, head: tuple[Command, ...], queue: deque[Unit], closing: Closing, codec: Codec, limit: int | None
) -> Packed | None:
    """As ``pack``, for a message that goes out whole and is written by what was written before; None for any other."""
    memory = MEMORIES.get(codec.__class__)
    if memory is None or not Switch.fast or len(queue) > _A_FEW or (queue and Sending in map(type, queue)):
        return None
    tail, final = closing(True, False)
    commands: Any = (*head, *queue, *tail)
    found = memory.packed(header, commands, final)
    if found is None or (limit is not None and len(found[1]) > limit):
        return None
    queue.clear()
    return Packed(*found)


def pack(
    header: Header,
    head: tuple[Command, ...],
    queue: deque[Unit],
    closing: Closing,
    *,
    codec: Codec,
    limit: int | None,
    chunk: int | None = None,
    chunks: bool = True,
    as_text: bool = False,
    first: int = 1,
) -> Packed:
    """Fill one message: ``head``, then as much of ``queue`` as ``limit`` octets allow, then what ``closing`` says.

    Takes what it used out of ``queue``.  An object too large for any message is cut when ``chunks``, octets
    ``as_text`` in base64; after a piece nothing else follows.  A unit that cannot go out at all is taken out, alone,
    and returned as ``stuck``.  CmdIDs begin with ``first``.
    """

    if not chunk and len(queue) <= _A_FEW and Sending not in map(type, queue) and not surely_over(queue, limit):  # type: ignore[arg-type]
        tail, final = closing(True, False)  # almost always all of it fits
        message = Message(header, _in_order((*head, *queue, *tail), first), final)  # type: ignore[arg-type]
        body = codec.encode(message)
        if limit is None or len(body) <= limit:
            queue.clear()
            return Packed(message, body)

    def build(units: Iterable[Command], empty: bool, open_piece: bool = False) -> tuple[Message, bytes]:
        tail, final = closing(empty, open_piece)
        message = Message(header, _in_order((*head, *units, *tail), first), final)
        return message, codec.encode(message)

    if queue and isinstance(queue[0], Sending):
        return _pack_piece(queue[0], [], queue, build, limit, chunk, codec)
    units, few = _candidates(queue, limit, chunk, chunks)
    whole = len(units) == len(queue)
    message, body = build(units, whole) if few else build((), False)
    if limit is not None and (not few or len(body) > limit):
        room = limit - (len(build((), False)[1]) if few else len(body))
        del units[_that_fit(units, room, header, first - 1 + len(head), codec) :]
        message, body = build(units, whole and len(units) == len(queue))
        while units and len(body) > limit:
            message, body = build(units, False)  # they may fit if Final and the like come in a message of their own
            if len(body) > limit:
                units.pop()
                message, body = build(units, False)
    if len(units) == len(queue):
        queue.clear()
        return Packed(message, body)
    for _ in units:
        queue.popleft()
    # the Status of an Alert 1222 will be there in the next message again: what does not fit beside it never fits
    ever = tuple(unit for unit in units[:1] if isinstance(unit, Status) and unit.cmd == Verb.ALERT.value)
    alone = len(ever) == len(units)
    unit = queue[0]
    if not isinstance(unit, Sending):
        cut = _wants_chunks(unit, chunk, chunks)
        over = not cut and surely_over((unit,), limit)  # it was written above, where that may go wrong
        fits = limit is None or (not over and len(build((*ever, unit), False)[1]) <= limit)
        if fits and not cut:
            return Packed(message, body)
        if not fits and chunks:
            queue[0] = unit = _spelled_out(unit, codec)
        if not (chunks and _can_be_cut(unit)):
            if not alone and not fits:
                return Packed(message, body)
            queue.popleft()
            queue.extendleft(reversed(units))
            return Packed(message, body, stuck=unit, at=len(units))
        unit = carry(unit, XML) if as_text else unit
        assert isinstance(unit, Add | Replace | Results | Alert)
        queue[0] = unit = Sending(unit)
    return _pack_piece(unit, units, queue, build, limit, chunk, codec, alone)


def _in_order(commands: tuple[Command, ...], first: int) -> tuple[Command, ...]:
    """``commands`` with CmdIDs from ``first`` on."""
    if first != 1 or len(commands) > len(_NUMBERS) or not _CONTAINERS.isdisjoint(map(type, commands)):
        return number(commands, count(first))
    return tuple([changed(command, cmd_id=cmd_id) for command, cmd_id in zip(commands, _NUMBERS)])  # noqa: B905


def _candidates(queue: deque[Unit], limit: int | None, chunk: int | None, chunks: bool) -> tuple[list[Command], bool]:
    """The units at the front of ``queue`` that go out whole: no more than a message of ``limit`` octets could hold.

    False beside them when they are surely too many for it.

    A queue is looked at no further, so that packing all of it takes time in proportion to its octets.
    """
    units: list[Command] = []
    least = 0
    for unit in queue:
        if isinstance(unit, Sending) or (chunk and _wants_chunks(unit, chunk, chunks)):
            break
        units.append(unit)
        if limit is not None:
            least += _at_least(unit)
            if least > limit:
                return units, False
    return units, True


def surely_over(commands: Iterable[Command], limit: int | None) -> bool:
    """Whether ``commands`` take more than ``limit`` octets in any form: no more of them are looked at than that takes.

    >>> surely_over([Status(StatusCode.OK, "1", "2", "Get")] * 9, 99), surely_over([], 0), surely_over([], None)
    (True, False, False)
    """
    if limit is None:
        return False
    left = limit
    for command in commands:
        left -= _at_least(command)
        if left < 0:
            return True
    return False


def _at_least(command: Command) -> int:
    """Octets that ``command`` takes in any form: its tags and CmdID, and one for each sign of its texts."""
    octets = 14 if command.__class__ is Status else 6  # a Status has a MsgRef, a Cmd and Data as well
    for item in getattr(command, "items", ()):
        octets += 2 + len(item.target or "") + len(item.source or "")
        if isinstance(item.data, str | bytes):
            octets += len(item.data)
    return octets


def _of_too_many_octets(unit: Command, room: int, codec: Codec) -> bool:
    """Whether octets in ``unit`` take more than ``room``.  Text is written to see it: there may be no form for it."""
    octets = codec.binary and _can_be_cut(unit) and unit.items[0].data.__class__ is bytes  # type: ignore[union-attr]
    return octets and _at_least(unit) > room


def _that_fit(units: list[Command], room: int, header: Header, number_before: int, codec: Codec) -> int:
    """How many of ``units`` take at most ``room`` octets together, each of them measured once."""
    ids = count(number_before + 1)
    without = len(codec.encode(Message(header, ())))
    for n, unit in enumerate(units):
        if _of_too_many_octets(unit, room, codec):
            return n
        room -= len(codec.encode(Message(header, number((unit,), ids)))) - without
        if room < 0:
            return n
    return len(units)


def _pack_piece(
    sending: Sending,
    units: list[Command],
    queue: deque[Unit],
    build: _Build,
    limit: int | None,
    chunk: int | None,
    codec: Codec,
    alone: bool = True,
) -> Packed:
    """Append a piece of ``sending`` that fits and leaves little room: some 30 octets at most where any piece could."""
    rest, last = sending.rest, len(queue) == 1
    size = min(rest, chunk) if chunk else rest
    made: dict[int, tuple[Message, bytes]] = {}

    def written(n: int) -> int:
        if n not in made:
            made[n] = build((*units, sending.piece(n)), n == rest and last, n < rest)
        return len(made[n][1])

    if limit is not None:  # a unit is an octet or more, so no larger piece can fit
        size = size_of_piece(sending, min(size, limit), limit, codec, written)
        over = written(size) > limit
        if over or (size < min(_SMALLEST_PIECE, rest) and not alone):
            without = build(units, False, False)
            if not over or not alone:
                return Packed(*without)
            queue.popleft()
            queue.extendleft(reversed(units))
            return Packed(*without, stuck=sending, at=len(units))
    written(size)
    queue[0] = left = sending.left(size)
    if left.rest == 0:
        queue.popleft()
    return Packed(*made[size], piece=left)


def _spelled_out(command: Command, codec: Codec) -> Command:
    """``command`` with the mark-up of its only Item as text, or as a WBXML document, so that it can be cut.  [DMPRO §7]

    A reader of serialised trees takes any of these forms.  [DMTNDS §5.3]
    """
    items: tuple[Item, ...] = getattr(command, "items", ())
    if len(items) != 1 or not isinstance(items[0].data, Element):
        return command
    item, root = items[0], items[0].data
    type = (item.meta.type if item.meta is not None else None) or ""
    if codec.binary and type.endswith("+xml") and root.name in BY_ROOT:
        type = type.removesuffix("+xml") + "+wbxml"
        meta = msgspec.structs.replace(item.meta or Meta(), format=Format.BIN.value, type=type)
        from dmkit.wire.document import WireDocument, write_wbxml

        item = msgspec.structs.replace(item, data=write_wbxml(WireDocument.of(root)), meta=meta)
    else:
        item = msgspec.structs.replace(item, data=write_xml(root).decode())
    return msgspec.structs.replace(command, items=(item,))


def _can_be_cut(unit: Unit) -> bool:
    if not isinstance(unit, Add | Replace | Results | Alert) or len(unit.items) != 1:
        return False
    data = unit.items[0].data
    return isinstance(data, str | bytes) and len(data) > 1


def _wants_chunks(unit: Unit, chunk: int | None, chunks: bool) -> bool:
    """True when a rule makes pieces of an object that might fit as a whole."""
    if not chunk or not chunks or not isinstance(unit, Add | Replace | Results | Alert) or not _can_be_cut(unit):
        return False
    return len(unit.items[0].data or "") > chunk  # type: ignore[arg-type]  # _can_be_cut: text or octets
