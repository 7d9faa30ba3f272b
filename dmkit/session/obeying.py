"""What a client does with the commands of a message: alerts by table, pieces joined, the rest carried out.

``Host`` is all that a session knows of its device.  [DMPRO §7, §8]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import msgspec

from dmkit.auth import Account
from dmkit.session.alerts import CONTROL
from dmkit.session.events import Executed, Scheduled
from dmkit.session.objects import exceeds
from dmkit.session.packages import carry, results_of, statuses_of
from dmkit.session.side import Side
from dmkit.session.states import CLIENT
from dmkit.tree.execute import Execution
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Add, Alert, Command, Item, Replace, Status
from dmkit.words.outcome import Later, Outcome

__all__ = ["Host", "Obeying"]


class Host(Protocol):
    """What a client session needs of a device."""

    def device_info(self) -> tuple[Item, ...]:
        """The Items of Replace DevInfo: Source and Data for each leaf under ./DevInfo.  [DMPRO §8.3]"""

    def execute(self, commands: tuple[Command, ...], by: str, now: float) -> Execution:
        """Carry out the commands of one message for server ``by``; the host keeps the new tree."""

    def keep(self, account: Account) -> None:
        """Store the account: a nonce has changed."""

    def reports(self, server: str, now: float) -> tuple[Alert, ...]:
        """Generic Alerts for ``server`` whose time has come and that it has not answered yet.  [DMPRO §8.7]"""

    def reported(self, alert: Alert) -> None:
        """A server has answered ``alert``: it is not sent again."""

    def session_over(self, now: float) -> None:
        """The session has ended, well or not."""


class Obeying(Side):
    """The half of ClientSession that carries out commands; the other half says when."""

    host: Host
    account: Account
    _abort: str | None

    def _done(
        self, commands: tuple[Command, ...], ref: str, now: float
    ) -> tuple[list[Status], list[Command], list[Command]]:
        """Carry out ``commands``: their Statuses, their Results, and alerts about broken objects."""
        rules = self.rules
        answers: list[Status] = []
        results: list[Command] = []
        extras: list[Command] = []
        for outcome in map(self._within, self._execute(commands, now, extras)):
            answers.extend(statuses_of(outcome, ref, per_item=rules.status_per_item, refs=rules.target_refs))
            results.extend(carry(r, self.codec) for r in results_of(outcome, ref, per_item=rules.results_per_item))
        return answers, results, extras

    def _within(self, outcome: Outcome) -> Outcome:
        """413 for results above the server's MaxObjSize.  [DMPRO §7]"""
        limit, how = self.peer_max_object, self.rules.object_counts
        if not any(exceeds(item, item.meta, limit, how=how) for item in outcome.results):
            return outcome
        return replace(outcome, status=StatusCode.TOO_LARGE, results=(), parts=())

    def _execute(self, commands: tuple[Command, ...], now: float, extras: list[Command]) -> list[Outcome]:
        """Outcomes in the order of ``commands``; pieces of large objects are kept or joined first."""
        outcomes: dict[int, Outcome] = {}
        ready: list[tuple[int, Command, Command]] = []
        for at, command in enumerate(commands):
            if isinstance(command, Alert) and command.code in CONTROL[CLIENT]:
                outcomes[at] = CONTROL[CLIENT][command.code](self, command)
                continue
            if isinstance(command, Alert) and not command.code.asks_user:
                wrong_way = command.code.is_known
                code = StatusCode.NOT_ALLOWED if wrong_way else StatusCode.NOT_SUPPORTED
                outcomes[at] = Outcome(code, command=command)
                continue
            done = self._object(command, extras)
            if isinstance(done, Outcome):
                outcomes[at] = done
            else:
                ready.append((at, command, done))
        if self._abort is not None:
            outcomes.update((at, Outcome(None, command=command)) for at, command, _ in ready)
        elif ready:
            self._run(ready, outcomes, now)
        return [outcomes[at] for at in sorted(outcomes)]

    def _run(self, ready: list[tuple[int, Command, Command]], outcomes: dict[int, Outcome], now: float) -> None:
        if self.rules.order is not None:
            rank = {id(command): at for at, command in enumerate(self.rules.order(tuple(c for _, _, c in ready)))}
            ready = sorted(ready, key=lambda entry: rank[id(entry[2])])
        execution = self.host.execute(tuple(whole for _, _, whole in ready), self.account.server_id, now)
        if execution.interrupted:
            self._abort = "the device stopped"
        for (at, command, _), outcome in zip(ready, execution.outcomes, strict=True):
            outcomes[at] = replace(outcome, command=command)
            self._say(Executed(command, outcome, seconds=outcome.seconds))
            for later in outcome.later:
                if isinstance(later, Later):
                    self._say(Scheduled(later))

    def _object(self, command: Command, extras: list[Command]) -> Outcome | Command:
        """Keep a piece (the outcome says so), or give the command to execute, joined if it was in pieces."""
        items: tuple[Item, ...] = getattr(command, "items", ())
        piece = next((item for item in items if item.more_data), None)
        broken = self._broken_by(command)
        if broken is not None:
            extras.append(Alert(AlertCode.NO_END_OF_DATA, (Item(target=broken),)))
            if self.rules.interrupting == "412":
                return Outcome(StatusCode.INCOMPLETE, command=command)
        if piece is None and self._incoming is None:
            return command
        if self.rules.large_objects == "first piece is all":
            return msgspec.structs.replace(command, items=tuple(_whole(item) for item in items))
        if self.rules.large_objects == "no":
            return Outcome(StatusCode.NOT_SUPPORTED, command=command)
        if len(items) != 1 or not isinstance(command, Add | Replace):
            return Outcome(StatusCode.BAD_REQUEST, command=command, why="pieces come one Item at a time")
        return self._piece(command, items[0])


def _whole(item: Item) -> Item:
    return msgspec.structs.replace(item, more_data=False)
