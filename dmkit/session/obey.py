"""What a client does with the commands of a message: alerts by table, pieces joined, the rest carried out.

``Host`` is all that a session knows of its device.  [DMPRO §7, §8]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from dmkit.auth import Account
from dmkit.session.events import Event, Executed, Scheduled
from dmkit.session.intake import Intake
from dmkit.session.objects import exceeds
from dmkit.session.packages import carry, results_of, statuses_of
from dmkit.session.rules import Rules
from dmkit.tree.execute import Execution
from dmkit.wire.codec import Codec
from dmkit.words.arguments import gave
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Alert, Command, Copy, Delete, Exec, Get, Item, Replace, Status
from dmkit.words.outcome import Later, Outcome

__all__ = ["Host", "Obey", "Obeyed"]

_PLAIN: Final = frozenset({Add, Copy, Delete, Exec, Get, Replace})


class Host(Protocol):
    """What a client session needs of a device.

    One that can say what is new since it was asked (``reports_since``, as ``Device`` has it) is asked for no more.
    """

    def device_info(self) -> tuple[Item, ...]:
        """The Items of Replace DevInfo: Source and Data for each leaf under ./DevInfo.  [DMPRO §8.3]"""

    def execute(self, commands: tuple[Command, ...], by: str, now: float) -> Execution:
        """Carry out the commands of one message for server ``by``; the host keeps the new tree."""

    def keep(self, account: Account) -> None:
        """Store the account: a nonce has changed."""

    def reports(self, server: str, now: float) -> tuple[Alert, ...]:
        """Generic Alerts for ``server`` whose time has come and that it has not answered yet.  [DMPRO §8.7]"""

    def reported(self, alert: Alert, server: str) -> None:
        """``server`` has answered ``alert``: it is not sent to it again."""

    def session_over(self, now: float) -> None:
        """The session has ended, well or not."""


class Obeyed(msgspec.Struct, eq=False):
    """What came of the commands of one message: Statuses, Results, alerts about broken objects, and why we leave."""

    answers: list[Status] = []
    results: list[Command] = []
    extras: list[Command] = []
    abort: str | None = None


class Obey(msgspec.Struct, eq=False):
    """How commands of server ``by`` are carried out on ``host``, by ``rules``.

    ``control`` is asked about each Alert, and says None where it has no row; ``intake`` keeps pieces; ``codec`` and
    ``max_object`` are what Results must fit.  Call it with the commands of a message and that message's MsgID.
    """

    rules: Rules
    host: Host
    by: str
    intake: Intake
    control: Callable[[Alert], Outcome | None]
    codec: Codec
    max_object: int | None
    say: Callable[[Event], None]

    def __call__(self, commands: tuple[Command, ...], ref: str, now: float, abort: str | None = None) -> Obeyed:
        """Carry out ``commands``; with ``abort`` nothing is executed any more."""
        rules, done = self.rules, Obeyed(abort=abort)
        for outcome in self._execute(commands, now, done) if commands else ():
            if outcome.results and self.max_object is not None:
                outcome = self._within(outcome)
            done.answers.extend(statuses_of(outcome, ref, per_item=rules.status_per_item, refs=rules.target_refs))
            if outcome.results or outcome.parts:
                results = results_of(outcome, ref, per_item=rules.results_per_item)
                done.results.extend(carry(r, self.codec) for r in results)
        return done

    def _within(self, outcome: Outcome) -> Outcome:
        """413 for results above the server's MaxObjSize.  [DMPRO §7]"""
        limit, how = self.max_object, self.rules.object_counts
        if not any(exceeds(item, item.meta, limit, how=how) for item in outcome.results):
            return outcome
        return replace(outcome, status=StatusCode.TOO_LARGE, results=(), parts=())

    def _execute(self, commands: tuple[Command, ...], now: float, done: Obeyed) -> list[Outcome]:
        """Outcomes in the order of ``commands``; pieces of large objects are kept or joined first."""
        if len(commands) == 1 and commands[0].__class__ in _PLAIN and self.intake.incoming is None:
            items: tuple[Item, ...] = commands[0].items
            usual = len(items) == 1 and not items[0].more_data and done.abort is None and self.rules.order is None
            if usual:  # as in almost every message
                return self._run(commands, commands, now, done)
        outcomes: dict[int, Outcome] = {}
        ready: list[tuple[int, Command, Command]] = []
        for at, command in enumerate(commands):
            alerted = self._alert(command) if isinstance(command, Alert) else None
            whole = self._object(command, done) if alerted is None else alerted
            if isinstance(whole, Outcome):
                outcomes[at] = whole
            else:
                ready.append((at, command, whole))
        if done.abort is not None:
            outcomes.update((at, Outcome(None, command=command)) for at, command, _ in ready)
        elif ready:
            if self.rules.order is not None:
                ready = self._in_order(self.rules.order, ready)
            places, given, whole_ones = zip(*ready, strict=True)
            outcomes.update(zip(places, self._run(given, whole_ones, now, done), strict=True))
        return [outcomes[at] for at in sorted(outcomes)]

    def _alert(self, alert: Alert) -> Outcome | None:
        """By the table; a question to the user, which is put in its turn, is none of ours: None."""
        outcome = self.control(alert)
        if outcome is not None or alert.code.asks_user:
            return outcome
        wrong_way = alert.code.is_known
        return Outcome(StatusCode.NOT_ALLOWED if wrong_way else StatusCode.NOT_SUPPORTED, command=alert)

    def _run(self, given: tuple[Command, ...], whole: tuple[Command, ...], now: float, done: Obeyed) -> list[Outcome]:
        """What became of the commands ``given``, each carried out as it is when it is ``whole``."""
        execution = self.host.execute(whole, self.by, now)
        if execution.interrupted:
            done.abort = "the device stopped"
        outcomes = []
        for command, outcome in zip(given, execution.outcomes, strict=True):
            outcomes.append(outcome if outcome.command is command else replace(outcome, command=command))
            self.say(Executed(command, outcome, seconds=outcome.seconds))
            for later in outcome.later:
                if isinstance(later, Later):
                    self.say(Scheduled(later))
        return outcomes

    @staticmethod
    def _in_order(
        order: Callable[[tuple[object, ...]], tuple[object, ...]], ready: list[tuple[int, Command, Command]]
    ) -> list[tuple[int, Command, Command]]:
        """``ready`` as ``Rules.order`` has it; ConfigError when that leaves one out or brings another."""
        commands = tuple(command for _, _, command in ready)
        ordered = gave("Rules.order", order(commands), (tuple, list), "the commands that it was given, in any order")
        rank = {id(command): at for at, command in enumerate(ordered)}
        if len(ordered) != len(commands) or rank.keys() != {id(command) for command in commands}:
            raise ConfigError(
                f"Rules.order gave {many(len(ordered), 'command')} for {len(commands)}; each must be there once"
            )
        return sorted(ready, key=lambda entry: rank[id(entry[2])])

    def _object(self, command: Command, done: Obeyed) -> Outcome | Command:
        """Keep a piece (the outcome says so), or give the command to execute, joined if it was in pieces."""
        items: tuple[Item, ...] = getattr(command, "items", ())
        piece = None
        for item in items:
            if item.more_data:
                piece = item
                break
        broken = self.intake.broken_by(command) if self.intake.incoming is not None else None
        if broken is not None:
            done.extras.append(Alert(AlertCode.NO_END_OF_DATA, (Item(target=broken),)))
            if self.rules.interrupting == "412":
                return Outcome(StatusCode.INCOMPLETE, command=command)
        if piece is None and self.intake.incoming is None:
            return command
        if self.rules.large_objects == "first piece is all":
            return msgspec.structs.replace(command, items=tuple(_whole(item) for item in items))
        if self.rules.large_objects == "no":
            return Outcome(StatusCode.NOT_SUPPORTED, command=command)
        if len(items) != 1 or not isinstance(command, Add | Replace):
            return Outcome(StatusCode.BAD_REQUEST, command=command, why="pieces come one Item at a time")
        return self.intake.piece(command, items[0])


def _whole(item: Item) -> Item:
    return msgspec.structs.replace(item, more_data=False)
