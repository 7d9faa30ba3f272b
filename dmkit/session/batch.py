"""A batch: commands that a job yielded at once, under which numbers they left, and what came back for each.

One batch may need several packages (it does not fit), several messages (a large object) or two attempts (the
device challenges us); the job sees one list of outcomes.  [DMPRO §6.1, §7, §9]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace

import msgspec

from dmkit.session.objects import Sending, counted, length
from dmkit.session.packages import Unit, carry
from dmkit.session.rules import Rules
from dmkit.wire.codec import Codec
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
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

__all__ = ["Batch"]

_ASKED = frozenset({StatusCode.UNAUTHORIZED, StatusCode.CREDENTIALS_MISSING})


@dataclass(slots=True)
class _Slot:
    """One command on its way: as prepared, as numbered when it left, or what was decided without sending it."""

    command: Command
    sent: Command | None = None
    msg_id: str = ""
    decided: Outcome | None = None


@dataclass(slots=True)
class _Entry:
    """One command of the job; a container that the device cannot take has a slot for each of its commands."""

    given: Command
    slots: list[_Slot] = field(default_factory=list)
    split: bool = False


class Batch:
    """See the module.  ``pack`` takes from ``unsent``; ``aborts`` says that the job wants to end it all."""

    def __init__(self, commands: Many[Command], rules: Rules, codec: Codec, max_object: int | None) -> None:
        self.aborts = any(isinstance(c, Alert) and c.code == AlertCode.SESSION_ABORT for c in commands)
        self.unsent: deque[Unit] = deque()
        self.piece_id: str | None = None
        self._pending: deque[_Slot] = deque()
        self._entries: list[_Entry] = []
        self._statuses: dict[tuple[str, str], list[Status]] = {}
        self._results: dict[tuple[str, str], list[Item]] = {}
        for command in commands:
            split = isinstance(command, Sequence) and not rules.sequences
            parts = command.commands if isinstance(command, Sequence) and split else (command,)
            entry = _Entry(command, [_Slot(carry(_prepared(part, rules), codec)) for part in parts], split)
            self._entries.append(entry)
            for slot in entry.slots:
                self._queue(slot, max_object, rules.object_counts)

    def _queue(self, slot: _Slot, max_object: int | None, how: str) -> None:
        sizes = [
            counted(length(i.data), i.meta or getattr(c, "meta", None), how)
            for c in flatten((slot.command,))
            for i in getattr(c, "items", ())
        ]
        if max_object is not None and max(sizes, default=0) > max_object:
            why = f"not sent: {max(sizes)} octets, the device takes {max_object}"
            slot.decided = Outcome(StatusCode.TOO_LARGE, why=why)
            return
        self._pending.append(slot)
        self.unsent.append(slot.command)

    # -- out

    def sent(self, message: Message, offset: int, piece: Sending | None) -> None:
        """Note what left in ``message``: the commands from ``offset`` on are ours."""
        ours = message.commands[offset:]
        taken = len(self._pending) - len(self.unsent)
        for command in ours[:taken]:
            slot = self._pending.popleft()
            slot.sent, slot.msg_id = command, message.header.msg_id
        if piece is not None and piece.rest:
            self._pending[0].sent, self._pending[0].msg_id = ours[taken], message.header.msg_id
            self.piece_id = ours[taken].cmd_id

    def stuck(self, limit: int | None) -> None:
        """The next unit fits into no message: decided without sending it."""
        why = f"not sent: does not fit into the device's MaxMsgSize of {limit} octets"
        self._pending.popleft().decided = Outcome(None, why=why)

    def again(self) -> None:
        """The device challenged us: what it refused or left unanswered goes out once more."""
        back: list[_Slot] = []
        for slot in (slot for entry in self._entries for slot in entry.slots):
            if slot.decided is not None or slot in self._pending or slot.sent is None:
                continue
            codes = {status.code for status in self._statuses.get((slot.msg_id, slot.sent.cmd_id), ())}
            if not codes or codes & _ASKED:
                for command in flatten((slot.sent,)):
                    self._statuses.pop((slot.msg_id, command.cmd_id), None)
                slot.sent = None
                back.append(slot)
        if self.unsent and isinstance(self.unsent[0], Sending):
            self.unsent[0] = self.unsent[0].command
        self._pending.extendleft(reversed(back))
        self.unsent.extendleft(slot.command for slot in reversed(back))

    def drop_object(self, outcome: Outcome) -> None:
        """The object in hand is given up: its command ends with ``outcome``."""
        self.unsent.popleft()
        self._pending.popleft().decided = outcome

    # -- in

    def status(self, status: Status, last_msg_id: str) -> None:
        """Book one Status, by reference, else for the first command of its kind that has none."""
        msg_ref = status.msg_ref or last_msg_id
        cmd_ref = status.cmd_ref or self._first_open(status.cmd, msg_ref)
        if cmd_ref is not None:
            self._statuses.setdefault((msg_ref, cmd_ref), []).append(status)

    def _first_open(self, verb: str, msg_id: str) -> str | None:
        for slot in (slot for entry in self._entries for slot in entry.slots):
            for command in flatten((slot.sent,)) if slot.sent is not None and slot.msg_id == msg_id else ():
                if command.verb.value == verb and (msg_id, command.cmd_id) not in self._statuses:
                    return command.cmd_id
        return None

    def results(self, results: Results) -> None:
        """Book Results; without references they belong to command 1 of message 1.  [REPPRO via MS]"""
        key = (results.msg_ref or "1", results.cmd_ref or "1")
        meta = results.meta
        items = results.items if meta is None else tuple(_with_meta(item, results) for item in results.items)
        self._results.setdefault(key, []).extend(items)

    # -- what became of it

    def outcomes(self) -> tuple[Outcome, ...]:
        """One outcome per command of the job, in its order."""
        return tuple(self._entry_outcome(entry) for entry in self._entries)

    def _entry_outcome(self, entry: _Entry) -> Outcome:
        if not entry.split:
            return self._slot_outcome(entry.given, entry.slots[0])
        assert isinstance(entry.given, Sequence)
        parts = tuple(map(self._slot_outcome, entry.given.commands, entry.slots))
        return Outcome(StatusCode.OK, command=entry.given, parts=parts, why="sent one by one")

    def _slot_outcome(self, given: Command, slot: _Slot) -> Outcome:
        if slot.decided is not None:
            return replace(slot.decided, command=given)
        if slot.sent is None:
            return Outcome(None, command=given, why="not sent")
        return self._outcome(given, slot.sent, slot.msg_id)

    def _outcome(self, given: Command, sent: Command, msg_id: str) -> Outcome:
        key = (msg_id, sent.cmd_id)
        statuses = self._statuses.get(key, [])
        results = tuple(self._results.get(key, ()))
        if isinstance(given, Atomic | Sequence) and isinstance(sent, Atomic | Sequence):
            parts = tuple(self._outcome(g, s, msg_id) for g, s in zip(given.commands, sent.commands, strict=True))
            return Outcome(
                statuses[0].code if statuses else None,
                command=given,
                parts=parts,
                items=statuses[0].items if statuses else (),
            )
        items: tuple[Item, ...] = getattr(given, "items", ())
        if isinstance(given, Alert) or len(items) < 2:
            first = statuses[0] if statuses else None
            return Outcome(first.code if first else None, results, first.items if first else (), given)
        parts = tuple(_item_outcome(at, item, len(items), statuses) for at, item in enumerate(items))
        worst = next((part for part in parts if not part.ok), parts[0])
        return Outcome(worst.status, results, worst.items, given, parts)


def _item_outcome(at: int, item: Item, many: int, statuses: list[Status]) -> Outcome:
    """The Status of one Item: by its target, else by its place, else the one that covers all."""
    named = next((s for s in statuses if item.target in s.target_refs), None)
    if named is None:
        unnamed = [s for s in statuses if not s.target_refs]
        if len(unnamed) == many:
            named = unnamed[at]
        elif len(unnamed) == 1:
            named = unnamed[0]
    return Outcome(None) if named is None else Outcome(named.code, items=named.items)


def _prepared(command: Command, rules: Rules) -> Command:
    """``command`` as a device of these rules wants it."""
    if isinstance(command, Atomic | Sequence):
        return msgspec.structs.replace(command, commands=tuple(_prepared(c, rules) for c in command.commands))
    if not isinstance(command, Add | Alert | Replace):
        return command
    items = command.items
    if rules.write_empty_data and isinstance(command, Add | Alert):
        items = tuple(msgspec.structs.replace(i, data="") if i.data is None else i for i in items)
    if rules.write_meta and isinstance(command, Add | Replace):
        items = tuple(_spelled_out(item, command.meta) for item in items)
    return command if items is command.items else msgspec.structs.replace(command, items=items)


def _spelled_out(item: Item, common: Meta | None) -> Item:
    """``item`` with Format and Type written, for a receiver that does not know the defaults.  [DMREPPRO §6.4]"""
    own, given = item.meta or Meta(), common or Meta()
    if "?" in (item.target or ""):
        return item
    format = own.format or given.format or Format.CHR.value
    mime = own.type or given.type or (None if format == Format.NODE else "text/plain")
    return msgspec.structs.replace(item, meta=msgspec.structs.replace(own, format=format, type=mime))


def _with_meta(item: Item, results: Results) -> Item:
    return item if item.meta is not None else msgspec.structs.replace(item, meta=results.meta)
