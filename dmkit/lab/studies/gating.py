"""Two views of what a schedule reports, on the same week: one bit mask, or a rule for each command.

The bit mask (``Report/Gating``, patent P1) silences whole kinds of reports of a schedule.  The rules
(``Report/Rule``, patent P8) name a command, a status, or both, and what they let through is collected into one report
when the run is over.  Both are evidence for an idea and proposals in their coding.  [scheduling-more sheet §2, §6]

>>> week = reports(days=3)
>>> sorted(set(week["view"])) == sorted(set(VIEWS) - {"mask 15: nothing"})
True
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dmkit.lab.plots.drawing import COLOURS, finished, new_axes
from dmkit.lab.studies.device_schedule import NOTE
from dmkit.mo.sched.build import ScheduleValues, component, options
from dmkit.mo.sched.events import EventKind, Signal
from dmkit.mo.sched.values import ReportCode
from dmkit.sim.provenance import made_by
from dmkit.sim.schedule import DAY, START, Life, install, phone, run
from dmkit.tree.context import Call, Handler
from dmkit.tree.tree import Tree
from dmkit.views.look import STROKE
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "VIEWS", "counted", "picture", "reports"]

VIEWS: Final[Mapping[str, ScheduleValues]] = MappingProxyType({
    "mask 0: everything": options(gating=0),
    "mask 1: no results": options(gating=1),
    "mask 7: what was put off": options(gating=7),
    "mask 15: nothing": options(gating=15),
    "rules: command 3 only": options(report_rules=("3 * yes", "* * no")),
    "rules: what is not 200": options(report_rules=("* 200 no",)),
})  # fmt: skip
"""The same schedule, reported in different ways."""
COLUMNS: Final = {
    "day": "days since the beginning", "view": "how the schedule reports", "code": "result code of the report",
    "means": "what the code means", "told": "commands whose status the report tells, as target and status",
}  # fmt: skip
_MARKS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType({
    1200: (COLOURS[2], "o"), 1201: (COLOURS[4], "D"), 1210: (COLOURS[0], ">"), 1405: (COLOURS[3], "X"),
    1406: (STROKE.dark, "v"),
})  # fmt: skip
_RUNS: Final = ("Get ./Bat/Level", "Replace ./Vendor/Acme/Poll 60", "Exec ./Do/It")


def _life(days: int) -> Life:
    """On every third night the phone is off at three, on till five in the morning."""
    found: list[tuple[float, Signal]] = []
    for day in range(1, days, 3):
        found += [
            (START + day * DAY + 3600, Signal(EventKind.POWER_OFF)),
            (START + day * DAY + 18000, Signal(EventKind.POWER_ON)),
        ]
    return found


def reports(days: int = 7) -> pd.DataFrame:
    """A row for each report that the server would get in ``days``, by each of ``VIEWS``.

    Each night three commands: read the battery, set a value, and start something, which fails every fourth time.  What
    was missed is put off by two hours (MissedRule 2).
    """
    import pandas as pd

    rows = []
    for view, wish in VIEWS.items():
        device = phone()
        device.tree = device.tree.set("./Do/It", "")
        device.handlers["./Do/It"] = _sometimes()
        night = component(1, *_RUNS, base="20251201T030000Z", recur="FREQ=DAILY")
        install(device, "Night", night, options(missed=2, missed_delay=7200), wish)
        run(device, START + days * DAY, _life(days))
        assert device.scheduler is not None
        for report in device.scheduler.outbox:
            first, _, *more = report.alert.items
            code = ReportCode(int(first.text))
            told = [f"{i.source} {i.text}" for i in more if i.source != "./Bat/Level" or i.text == "200"]
            rows.append(((report.at - START) / DAY, view, int(code), code.phrase, ", ".join(told)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs = {**made_by(), "columns": COLUMNS, "basis": "proposal", "days": days}
    return table


def _sometimes() -> Handler:
    """What Exec does: every fourth time it fails."""
    count = 0

    def it(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        nonlocal count
        if call.verb is not Verb.EXEC:
            return tree, Outcome(StatusCode.OK)
        count += 1
        return tree, Outcome(StatusCode.COMMAND_FAILED if count % 4 == 0 else StatusCode.OK)

    return it


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """For each view how many reports of each code, and how many statuses of single commands they tell."""
    import pandas as pd

    found = table.groupby(["view", "code"]).size().unstack(fill_value=0)
    found = found.reindex(list(VIEWS), fill_value=0)
    told = table["told"].map(lambda text: len(text.split(", ")) if text else 0).groupby(table["view"]).sum()
    found["statuses told"] = told.reindex(found.index, fill_value=0)
    frame = pd.DataFrame(found)
    frame.attrs = {**table.attrs, "columns": {"1200, ...": "reports with that code", "statuses told": "of commands"}}
    return frame


def picture(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A lane for each view, a mark for each report, beside it how many statuses of commands it tells."""
    days = int(table.attrs["days"])
    axes = new_axes(ax, 9.0, 1.2 + 0.42 * len(VIEWS))
    lanes = {view: len(VIEWS) - 1 - at for at, view in enumerate(VIEWS)}
    for view, lane in lanes.items():
        axes.axhline(lane, color=STROKE.faint, lw=0.8, zorder=0.5)
        for row in table[table["view"] == view].to_dict("records"):
            colour, marker = _MARKS[int(row["code"])]
            axes.plot([row["day"]], [lane], ls="", marker=marker, color=colour, ms=8, zorder=3)
            told = len(str(row["told"]).split(", ")) if row["told"] else 0
            if told:
                axes.text(row["day"] + 0.06, lane + 0.12, str(told), fontsize=8, va="bottom")
    codes = sorted(set(table["code"]))
    handles = [
        Line2D([], [], ls="", color=_MARKS[c][0], marker=_MARKS[c][1], label=f"{c} {ReportCode(c).phrase}")
        for c in codes
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
    axes.set_yticks(list(lanes.values()), list(lanes))
    axes.set_xlim(0, days)
    axes.set_ylim(-0.5, len(VIEWS) - 0.3)
    axes.set_xticks(range(days + 1))
    title = f"One week, two views of what is reported ({NOTE})"
    finished(axes, title, "days since the beginning (UTC); a number: statuses of single commands in that report", "")
    counts = [f"{view}: {many(len(table[table['view'] == view]), 'report')}" for view in VIEWS]
    axes.told = f"{title}. " + "; ".join(counts) + "."  # type: ignore[attr-defined]
    return axes
