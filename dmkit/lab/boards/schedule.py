"""A schedule to play with: edit it, install it in a real session, see the week that follows.

The widget holds no logic: what it shows is ``answer``, a function of what was typed.

>>> schedule_explorer(recur="FREQ=DAILY;BYHOUR=3,15")
ScheduleExplorer(FREQ=DAILY;BYHOUR=3,15 from 20251201T030000Z, MissedRule 1: status 200; ...)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ipywidgets as w

from dmkit.lab.boards.controls import WIDE, Number, choose
from dmkit.lab.boards.widgets import Page, _look, _note, _WithFallback, board, notes_of
from dmkit.lab.studies.device_schedule import lived, timeline
from dmkit.mo.sched.build import commands, component, options
from dmkit.sim.schedule import OWNER, START, life, phone
from dmkit.views.look import RED, Look, escape
from dmkit.words.errors import ConfigError

__all__ = ["ScheduleAnswer", "ScheduleExplorer", "answer", "schedule_explorer"]

_TASK: Final = "Replace ./Vendor/Acme/Poll 60"


@dataclass(frozen=True, slots=True)
class ScheduleAnswer:
    """What became of a schedule: the status of its installation, why it was refused, the week."""

    status: int
    why: str
    week: Look

    @property
    def html(self) -> str:
        """The week, or the sentence that says what is wrong."""
        if self.status != 200:
            text = f"<b>Refused, {self.status}.</b> {escape(self.why)}"
            return f'<p role="alert" style="color:{RED}">{text}</p>'
        return f'<div role="status">{self.week.html}</div>'


def answer(
    *, base: str, recur: str = "", gate: str = "", threshold: str = "", missed: int = 1, jitter: int = 0, seed: int = 0
) -> ScheduleAnswer:
    """Install such a schedule on a phone and let it live for a week."""
    device = phone()
    part = component(
        1, _TASK, base=base or None, recur=recur or None, gate=gate or None, jitter=jitter or None,
        thresholds=[threshold] if threshold else [],
    )  # fmt: skip
    [outcome] = device.execute(
        commands("./Sched/Mine", part, options(missed=missed, missed_delay=7200)), OWNER, START
    ).outcomes
    if not outcome.ok:
        return ScheduleAnswer(int(outcome.status or 0), outcome.why, Look("", ""))
    device.session_over(START)
    drawn = timeline(
        lived(device, 7, signals=life(7, seed=seed)), schedules=["Mine"], title="The week of this schedule"
    )
    return ScheduleAnswer(200, "", _look(drawn))


class ScheduleExplorer(_WithFallback):
    """Controls and what follows from them; ``shown`` has the week, or what is wrong with the schedule."""

    def __init__(self) -> None:
        wide, text = w.Layout(width="34em"), {"continuous_update": False, "style": WIDE}
        self.base = w.Text(value="20251201T030000Z", description="Base", **text)
        self.recur = w.Text(value="FREQ=DAILY", description="Recur", layout=wide, **text)
        self.gate = w.Text(description="Gate", placeholder="./Bat/Level>=30", layout=wide, **text)
        self.threshold = w.Text(description="Threshold", placeholder="./Bat/Level CROSS_DOWN 20", layout=wide, **text)
        rules = [("0 cancel", 0), ("1 run at once", 1), ("2 run two hours later", 2)]
        self.missed = w.Dropdown(options=rules, value=1, description="MissedRule", style=WIDE)
        self.jitter = Number("Jitter in seconds", 0, 86400, step=600)
        self.seed = Number("life", 0, 99)
        self.shown = Page()
        rows = [[self.base, self.recur], [self.gate, self.threshold], [self.missed, self.jitter, self.seed]]
        names = ("base", "recur", "gate", "threshold", "missed", "jitter", "seed")
        self.controls = dict(zip(names, (control for row in rows for control in row), strict=True))
        for control in self.controls.values():
            control.observe(lambda _: self._draw(), "value")
        laid_out = (w.HBox(row, layout=w.Layout(flex_flow="row wrap")) for row in rows)
        self.widget = board(*laid_out, notes_of(self.jitter, self.seed), self.shown)
        self._draw()

    def _draw(self) -> None:
        try:
            self.answer = answer(**{name: control.value for name, control in self.controls.items()})
        except ConfigError as error:
            self.answer = ScheduleAnswer(400, str(error), Look("", ""))
        self.shown.value = self.answer.html

    @property
    def _summary(self) -> str:
        what = f"{self.recur.value or 'once'} from {self.base.value or 'no time'}, MissedRule {self.missed.value}"
        return f"{what}: status {self.answer.status}; {self.answer.week.text or self.answer.why}"

    def _static(self) -> Look:
        return Look(repr(self), f"<div>{self.answer.html}{_note('an example')}</div>")

    def __repr__(self) -> str:
        return f"ScheduleExplorer({self._summary})"


def schedule_explorer(**chosen: object) -> ScheduleExplorer:
    """Edit a schedule and see its week; ``chosen`` sets controls at the start: ``base``, ``recur``, ``gate``,
    ``threshold``, ``missed``, ``jitter``, ``seed``.  ConfigError for another name, and for what no control takes.

    >>> type(schedule_explorer()).__name__
    'ScheduleExplorer'
    """
    explorer = ScheduleExplorer()
    choose("schedule_explorer", explorer.controls, chosen)
    return explorer
