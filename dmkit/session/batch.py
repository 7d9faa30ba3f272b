"""A batch: commands that a job yielded at once, under which numbers they left, and what came back for each.

One batch may need several packages (it does not fit), several messages (a large object) or two attempts (the
device challenges us); the job sees one list of outcomes.  [DMPRO §6.1, §7, §9]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace as changed

from dmkit.session.objects import Sending, counted, length
from dmkit.session.packages import Unit, carry
from dmkit.session.rules import Rules
from dmkit.wire.codec import Codec
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.counts import many
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Delete,
    Exec,
    Get,
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
from dmkit.words.records import dataclass

__all__ = ["Batch"]

_Key: TypeAlias = tuple[str, str]
_CANCELLED = frozenset({StatusCode.CANCELLED, StatusCode.REQUEST_TIMEOUT})
_CONTAINERS = frozenset({Atomic, Sequence})
_FIRST = (0,)
_ONE_BY_ONE = frozenset({Add, Copy, Delete, Exec, Get, Replace})
_ASKED = frozenset({StatusCode.UNAUTHORIZED, StatusCode.CREDENTIALS_MISSING})


class _Slot(msgspec.Struct, frozen=True, cache_hash=True):
    """One command on its way: as prepared, as numbered when it left, or what was decided without sending it."""

    command: Command
    sent: Command | None = None
    msg_id: str = ""
    decided: Outcome | None = None


class _Entry(msgspec.Struct, frozen=True, cache_hash=True):
    """One command of the job; a Sequence that the device cannot take has a slot for each of its commands.

    ``groups`` are the slots of it and of each Sequence inside it, inner ones first.
    """

    given: Command
    slots: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...] = ()


class Batch(msgspec.Struct, frozen=True, cache_hash=True):
    """See the module.  A value; what happens to it gives the batch that follows.

    ``unsent`` is what ``pack`` takes from, ``pending`` the slots of what is there, in order; ``aborts`` says that the
    job wants to end it all.  ``statuses`` and ``results`` came for a message and a command of it.  ``held`` are slots
    that wait for the answer to a question: one in a Sequence whose commands go one by one is asked first.
    """

    entries: tuple[_Entry, ...]
    slots: tuple[_Slot, ...]
    pending: tuple[int, ...]
    unsent: tuple[Unit, ...]
    aborts: bool = False
    piece_id: str | None = None
    statuses: tuple[tuple[_Key, Status], ...] = ()
    results: tuple[tuple[_Key, tuple[Item, ...]], ...] = ()
    held: tuple[int, ...] = ()

    @classmethod
    def of(cls, commands: Many[Command], rules: Rules, codec: Codec, max_object: int | None) -> Batch:
        """What a job has yielded, prepared for a device of these rules that takes objects up to ``max_object``."""
        if len(commands) == 1 and max_object is None and rules.sequences and commands[0].__class__ is not Alert:
            [command] = commands  # as almost every job asks
            ready = carry(_prepared(command, rules), codec)
            return cls((_Entry(command, _FIRST),), (_Slot(ready),), _FIRST, (ready,))
        entries: list[_Entry] = []
        slots: list[_Slot] = []
        aborts = False
        for command in commands:
            if rules.sequences:
                parts = [command]
                entries.append(_Entry(command, (len(slots),)))
            else:
                parts, groups = _one_by_one(command, len(slots))
                entries.append(_Entry(command, tuple(range(len(slots), len(slots) + len(parts))), tuple(groups)))
            for part in parts:
                slots.append(_slot(carry(_prepared(part, rules), codec), max_object, rules.object_counts))
            if command.__class__ is Alert and command.code == AlertCode.SESSION_ABORT:
                aborts = True
        pending = tuple([at for at, slot in enumerate(slots) if slot.decided is None])
        if rules.sequences:  # then nothing waits for the answer to a question
            return cls(tuple(entries), tuple(slots), pending, tuple([slots[at].command for at in pending]), aborts)
        return cls(tuple(entries), tuple(slots), (), (), aborts, held=pending)._go_on()

    def _with(self, slots: Mapping[int, _Slot], **changes: Any) -> Batch:
        """The batch with other ``slots`` at these places."""
        every = list(self.slots)
        for at, slot in slots.items():
            every[at] = slot
        return changed(self, slots=tuple(every), **changes)

    def _asks(self, at: int) -> bool:
        """True when the command of slot ``at`` is a question whose answer decides over the rest of its Sequence."""
        command = self.slots[at].command
        question = isinstance(command, Alert) and command.code.asks_user and command.code != AlertCode.DISPLAY
        return question and at in self._group(at)[:-1]

    def _group(self, at: int) -> tuple[int, ...]:
        """The slots of the innermost Sequence, sent one by one, in which slot ``at`` stands."""
        entry = next(entry for entry in self.entries if at in range(entry.slots[0], entry.slots[-1] + 1))
        return next((group for group in entry.groups if at in range(group[0], group[-1] + 1)), ())

    def _go_on(self) -> Batch:
        """What is held back may leave, up to the next question."""
        slots, end = self.slots, len(self.held)
        for n, at in enumerate(self.held, 1):
            if slots[at].command.__class__ is Alert and self._asks(at):
                end = n
                break
        free, held = self.held[:end], self.held[end:]
        commands = tuple([slots[at].command for at in free])
        return changed(self, pending=(*self.pending, *free), unsent=(*self.unsent, *commands), held=held)

    def answered(self) -> Batch:
        """When all that left is answered: after a question, what its answer lets through.  [DMPRO §10.2]

        200 lets all go on.  Cancelled or timed out, nothing is done any more (215); with another answer, or none, the
        rest of the Sequence is not (215), and the commands behind it are.
        """
        if self.unsent or not self.held:
            return self
        asked = next(at for at in range(self.held[0] - 1, -1, -1) if self._asks(at))
        slot = self.slots[asked]
        key = (slot.msg_id, slot.sent.cmd_id) if slot.sent is not None else ("", "")
        code = next((status.code for value, status in self.statuses if value == key), None)
        if code == StatusCode.OK:
            return self._go_on()
        rest = self._group(asked)
        over = code in _CANCELLED
        why = f"not sent: the question before it was answered by {code!r}" if code else "not sent: no answer came"
        skipped = [at for at in self.held if over or at in rest]
        outcome = Outcome(StatusCode.NOT_EXECUTED, why=why)
        left = self._with({at: changed(self.slots[at], decided=outcome) for at in skipped})
        return changed(left, held=tuple(at for at in self.held if at not in skipped))._go_on()

    @property
    def is_answered(self) -> bool:
        """True when every command has left and has an answer, or was decided without one."""
        found = {key for key, _ in self.statuses}
        return (
            not self.unsent
            and not self.held
            and all(
                slot.decided is not None or (slot.sent is not None and (slot.msg_id, slot.sent.cmd_id) in found)
                for slot in self.slots
            )
        )

    # -- out

    def sent(self, message: Message, offset: int, unsent: Iterable[Unit], piece: Sending | None) -> Batch:
        """After ``message`` has left: the commands from ``offset`` on are ours, and ``unsent`` is left."""
        rest = tuple(unsent)
        ours = message.commands[offset:]
        if self.pending == _FIRST and piece is None and not rest and len(self.slots) == 1:
            slot = changed(self.slots[0], sent=ours[0], msg_id=message.header.msg_id)
            return changed(self, slots=(slot,), pending=(), unsent=())
        taken = len(self.pending) - len(rest)
        left, pending = self.pending[:taken], self.pending[taken:]
        msg_id = message.header.msg_id
        slots = {at: changed(self.slots[at], sent=c, msg_id=msg_id) for at, c in zip(left, ours[:taken], strict=True)}
        piece_id = self.piece_id
        if piece is not None and piece.rest:
            at = pending[0]
            slots[at] = changed(self.slots[at], sent=ours[taken], msg_id=msg_id)
            piece_id = ours[taken].cmd_id
        return self._with(slots, pending=pending, unsent=rest, piece_id=piece_id)

    def stuck(self, unsent: Iterable[Unit], limit: int | None) -> Batch:
        """The next unit fits into no message, and ``unsent`` is left: decided without sending it."""
        why = f"not sent: does not fit into the device's MaxMsgSize of {limit} octets"
        at, *pending = self.pending
        slots = {at: changed(self.slots[at], decided=Outcome(None, why=why))}
        return self._with(slots, pending=tuple(pending), unsent=tuple(unsent))

    def again(self) -> Batch:
        """The device challenged us: what it refused or left unanswered goes out once more."""
        back: dict[int, _Slot] = {}
        gone: set[_Key] = set()
        given: dict[_Key, set[StatusCode]] = {}
        for key, status in self.statuses:
            given.setdefault(key, set()).add(status.code)
        waiting = frozenset(self.pending)
        for at, slot in enumerate(self.slots):
            if slot.decided is not None or at in waiting or slot.sent is None:
                continue
            codes = given.get((slot.msg_id, slot.sent.cmd_id), set())
            if not codes or codes & _ASKED:
                gone.update((slot.msg_id, command.cmd_id) for command in flatten((slot.sent,)))
                back[at] = changed(slot, sent=None)
        unsent = self.unsent
        if unsent and isinstance(unsent[0], Sending):
            unsent = (unsent[0].command, *unsent[1:])
        return self._with(
            back,
            pending=(*back, *self.pending),
            unsent=(*(slot.command for slot in back.values()), *unsent),
            statuses=tuple(entry for entry in self.statuses if entry[0] not in gone),
        )

    def restarted(self, sending: Sending) -> Batch:
        """The object in hand, as ``sending``, begins again."""
        return changed(self, unsent=(sending, *self.unsent[1:]))

    def drop_object(self, outcome: Outcome) -> Batch:
        """The object in hand is given up: its command ends with ``outcome``."""
        at, *pending = self.pending
        slots = {at: changed(self.slots[at], decided=outcome)}
        return self._with(slots, pending=tuple(pending), unsent=self.unsent[1:])

    # -- in

    def book(self, answers: Iterable[Status | Results], last_msg_id: str) -> Batch:
        """Book what one message says: Statuses by reference, else for the first command of its kind that has none.

        Results without references belong to command 1 of message 1.  [REPPRO via MS]
        """
        statuses: list[tuple[_Key, Status]] = []
        results: list[tuple[_Key, tuple[Item, ...]]] = []
        answered: set[_Key] | None = None
        for one in answers:
            if isinstance(one, Results):
                items = one.items if one.meta is None else tuple(_with_meta(item, one) for item in one.items)
                results.append(((one.msg_ref or "1", one.cmd_ref or "1"), items))
                continue
            msg_ref, cmd_ref = one.msg_ref or last_msg_id, one.cmd_ref
            if not cmd_ref:
                if answered is None:
                    answered = {key for key, _ in (*self.statuses, *statuses)}
                cmd_ref = self._first_open(one.cmd, msg_ref, answered)
            if cmd_ref:
                statuses.append(((msg_ref, cmd_ref), one))
                if answered is not None:
                    answered.add((msg_ref, cmd_ref))
        return changed(self, statuses=(*self.statuses, *statuses), results=(*self.results, *results))

    def _first_open(self, verb: str, msg_id: str, answered: set[_Key]) -> str | None:
        for slot in self.slots:
            for command in flatten((slot.sent,)) if slot.sent is not None and slot.msg_id == msg_id else ():
                if command.verb.value == verb and (msg_id, command.cmd_id) not in answered:
                    return command.cmd_id
        return None

    # -- what became of it

    def outcomes(self) -> tuple[Outcome, ...]:
        """One outcome per command of the job, in its order."""
        if len(self.statuses) == 1 == len(self.slots) and not self.results:  # one command that got its Status
            [slot], [(key, status)], [entry] = self.slots, self.statuses, self.entries
            sent, given = slot.sent, entry.given
            plain = sent is not None and slot.decided is None and not entry.groups and given.__class__ in _ONE_BY_ONE
            if plain and len(given.items) == 1 and key == (slot.msg_id, sent.cmd_id):  # type: ignore[union-attr]
                return (Outcome(status.code, (), status.items, given),)
        answers = _Answers({}, {})
        for key, status in self.statuses:
            answers.statuses.setdefault(key, []).append(status)
        for key, items in self.results:
            answers.results.setdefault(key, []).extend(items)
        return tuple([self._entry_outcome(entry, answers) for entry in self.entries])

    def _entry_outcome(self, entry: _Entry, answers: _Answers) -> Outcome:
        if not entry.groups:
            return answers.of_slot(entry.given, self.slots[entry.slots[0]])
        return _rebuilt(entry.given, (self.slots[at] for at in entry.slots), answers)


def _one_by_one(command: Command, first: int) -> tuple[list[Command], list[tuple[int, ...]]]:
    """The commands that a Sequence, and each Sequence inside it, comes to, and the slots of each from ``first`` on."""
    if not isinstance(command, Sequence):
        return [command], []
    parts: list[Command] = []
    groups: list[tuple[int, ...]] = []
    for inner in command.commands:
        more, inside = _one_by_one(inner, first + len(parts))
        parts += more
        groups += inside
    return parts, [*groups, tuple(range(first, first + len(parts)))] if parts else groups


def _rebuilt(given: Command, slots: Iterator[_Slot], answers: _Answers) -> Outcome:
    """What became of ``given``, whose commands went one by one, in its own shape."""
    if not isinstance(given, Sequence):
        return answers.of_slot(given, next(slots))
    parts = tuple(_rebuilt(inner, slots, answers) for inner in given.commands)
    return Outcome(StatusCode.OK, command=given, parts=parts, why="sent one by one")


@dataclass(slots=True)
class _Answers:
    """What came back, by message and command."""

    statuses: dict[_Key, list[Status]]
    results: dict[_Key, list[Item]]

    def of_slot(self, given: Command, slot: _Slot) -> Outcome:
        """What became of ``given``."""
        if slot.decided is not None:
            return replace(slot.decided, command=given)
        if slot.sent is None:
            return Outcome(None, command=given, why="not sent")
        return self._of(given, slot.sent, slot.msg_id)

    def _of(self, given: Command, sent: Command, msg_id: str) -> Outcome:
        key = (msg_id, sent.cmd_id)
        statuses = self.statuses.get(key, [])
        results = tuple(self.results.get(key, ()))
        if given.__class__ in _CONTAINERS and sent.__class__ in _CONTAINERS:
            parts = tuple(self._of(g, s, msg_id) for g, s in zip(given.commands, sent.commands, strict=True))
            return Outcome(
                statuses[0].code if statuses else None,
                command=given,
                parts=parts,
                items=statuses[0].items if statuses else (),
            )
        items: tuple[Item, ...] = getattr(given, "items", ())
        if len(items) < 2 or given.__class__ is Alert:
            if not statuses:
                return Outcome(None, results, (), given)
            return Outcome(statuses[0].code, results, statuses[0].items, given)
        parts = _item_outcomes(items, statuses)
        worst = next((part for part in parts if not part.ok), parts[0])
        return Outcome(worst.status, results, worst.items, given, parts)


def _slot(command: Command, max_object: int | None, how: str) -> _Slot:
    """``command`` ready to leave, or decided when one of its objects is larger than the device takes."""
    if max_object is None:
        return _Slot(command)
    sizes = [
        counted(length(i.data), i.meta or getattr(c, "meta", None), how)
        for c in flatten((command,))
        for i in getattr(c, "items", ())
    ]
    if max(sizes, default=0) <= max_object:
        return _Slot(command)
    why = f"not sent: {many(max(sizes), 'octet')}, the device takes {max_object}"
    return _Slot(command, decided=Outcome(StatusCode.TOO_LARGE, why=why))


def _item_outcomes(items: tuple[Item, ...], statuses: list[Status]) -> tuple[Outcome, ...]:
    """The Status of each Item: by its target, else by its place, else the one that covers all."""
    by_target: dict[str | None, Status] = {}
    for status in statuses:
        for target in status.target_refs:
            by_target.setdefault(target, status)
    unnamed = [status for status in statuses if not status.target_refs]
    in_place = unnamed if len(unnamed) == len(items) else unnamed * len(items) if len(unnamed) == 1 else []
    found = [by_target.get(item.target) or (in_place[at] if in_place else None) for at, item in enumerate(items)]
    return tuple(Outcome(None) if s is None else Outcome(s.code, items=s.items) for s in found)


def _prepared(command: Command, rules: Rules) -> Command:
    """``command`` as a device of these rules wants it."""
    if not (rules.write_empty_data or rules.write_meta):
        return command
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
