"""What a schedule does when it runs: commands for the tree, questions to the user, reports to a server.

[scheduling sheet §3 Task and UI, §6]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from dmkit.mo.sched.time import printed
from dmkit.mo.sched.values import Component, ReportCode, ScheduleContext, Task, Ui
from dmkit.words.caches import weigh
from dmkit.words.codes import AlertCode, Format, StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.digits import whole
from dmkit.words.model import Add, Alert, Atomic, Command, Delete, Exec, Get, Item, Meta, Replace
from dmkit.words.outcome import Outcome

__all__ = [
    "broken",
    "chosen_delay",
    "collected",
    "command_of",
    "commands_of",
    "consent",
    "lost",
    "notice",
    "question",
    "report",
    "state_report",
]  # fmt: skip

_MAKE: Final[Mapping[Verb, Callable[[tuple[Item, ...]], Command]]] = {
    Verb.EXEC: Exec,
    Verb.REPLACE: Replace,
    Verb.ADD: Add,
    Verb.DELETE: Delete,
    Verb.GET: Get,
}
_DELAYS: Final = ((86400, "day"), (3600, "hour"), (60, "minute"))


def command_of(task: Task, type: str = "") -> Command:
    """The command of one task; an Alert is a Generic Alert with the target as its source."""
    if task.verb is Verb.ALERT:
        item = Item(source=task.target, meta=Meta(format=task.format or "chr", type=task.type or type), data=task.data)
        return Alert(AlertCode.GENERIC, (item,))
    meta = Meta(format=task.format, type=task.type) if task.format or task.type else None
    if task.verb is Verb.ADD and task.data is None and task.format is None:
        meta = Meta(format=Format.NODE.value)
    return _MAKE[task.verb]((Item(task.target, meta=meta, data=task.data),))


def commands_of(tasks: Sequence[Task], atomic: bool, type: str = "") -> tuple[Command, ...]:
    """The commands of ``tasks``: one each, or one Atomic around all."""
    commands = tuple(command_of(task, type) for task in tasks)
    return (Atomic(commands),) if atomic else commands


def notice(component: Component) -> Alert:
    """What the user is shown."""
    return Alert.of(1100, None, component.text or f"Schedule: {component.uri} runs now")


def question(component: Component, delays: Sequence[int]) -> Alert:
    """What the user is asked: whether, or when.  MinWait and MaxWait are the display options.  [DMPRO §10.3]"""
    text = component.text or f"Schedule: may {component.uri} run?"
    waits = (("MINDT", component.min_wait), ("MAXDT", component.max_wait))
    shown = "&".join(f"{name}={seconds}" for name, seconds in waits if seconds) or None
    if component.ui is Ui.CONFIRM:
        return Alert.of(1101, shown, text)
    return Alert.of(1103, shown, text, *(_spelt(delay) for delay in delays))


def consent(context: ScheduleContext) -> Alert:
    """What the user is asked before a schedule begins.  [P7 claim 4]"""
    return Alert.of(1101, None, f"Schedule: may {context.uri} of {context.owner} be installed?")


def chosen_delay(outcome: Outcome, delays: Sequence[int]) -> int | None:
    """Seconds that the user chose to wait; None when the user said no, or could not be asked."""
    if outcome.status != StatusCode.OK:
        return None
    text = outcome.text.strip()
    if not text:
        return 0
    number = whole(text)
    return delays[number - 1] if number is not None and 1 <= number <= len(delays) else None


def _spelt(seconds: int) -> str:
    """
    >>> _spelt(0), _spelt(7200), _spelt(90)
    ('now', 'in 2 hours', 'in 90 seconds')
    """
    if seconds == 0:
        return "now"
    for size, name in _DELAYS:
        if seconds % size == 0:
            count = seconds // size
            return f"in {count} {name}" + "s" * (count != 1)
    return f"in {many(seconds, 'second')}"


def report(
    context: ScheduleContext, component: Component, code: ReportCode, type: str, clock: float, more: Sequence[Item] = ()
) -> Alert:
    """The Generic Alert about one run: source is the component, correlator the schedule's ID, data the code.

    A second Item has the time on the device's ``clock``, so that reports which waited can be told apart; what a Get
    found, and the status of a task that failed, are further Items.  [scheduling sheet §6; the time is ours]
    """
    time = Item(source=component.uri, meta=_TIME, data=printed(clock))
    return Alert(AlertCode.GENERIC, (_coded(component.uri, type, code.value), time, *more), context.id)


_TIME: Final = Meta(format="chr", type="text/plain")


@lru_cache(maxsize=4096)
def _coded(uri: str, type: str, code: int) -> Item:
    weigh(_coded, len(uri) + len(type))
    return Item(source=uri, meta=Meta(format="int", type=type), data=str(code))


def state_report(context: ScheduleContext, state: int, type: str, clock: float) -> Alert:
    """The Generic Alert about the state of a schedule.  [P9; the type is ours]"""
    kind = type.rpartition(":")[0] + ":State"
    first = Item(source=context.uri, meta=Meta(format="int", type=kind), data=str(int(state)))
    time = Item(source=context.uri, meta=Meta(format="chr", type="text/plain"), data=printed(clock))
    return Alert(AlertCode.GENERIC, (first, time), context.id)


def lost(type: str, count: int) -> Alert:
    """The Generic Alert about reports that the outbox had no room for."""
    first = Item(source="./Sched", meta=Meta(format="int", type=type), data=str(ReportCode.FULL.value))
    return Alert(AlertCode.GENERIC, (first, Item(source="./Sched", meta=Meta(format="int"), data=str(count))))


def collected(context: ScheduleContext, results: Sequence[tuple[str, str, int]]) -> tuple[Item, ...]:
    """What of a run's commands goes into its report: target and status; the first rule that fits decides.

    What no rule names is reported.  [P8 claim 1]
    """
    found = []
    for task, target, status in results:
        fits = (r for r in context.report_rules if r.command in ("", task) and r.code in (None, status))
        rule = next(fits, None)
        if rule is None or rule.report:
            found.append(Item(source=target, meta=Meta(format="int", type="text/plain"), data=str(status)))
    return tuple(found)


def broken(uri: str, type: str, status: int) -> Alert:
    """The Generic Alert about a schedule that came piece by piece and was not valid when the session ended."""
    code = ReportCode.UNSUPPORTED if status == StatusCode.NOT_SUPPORTED else ReportCode.CLIENT_ERROR
    first = Item(source=uri, meta=Meta(format="int", type=type), data=str(code.value))
    more = Item(source=uri, meta=Meta(format="int", type="text/plain"), data=str(status))
    return Alert(AlertCode.GENERIC, (first, more))
