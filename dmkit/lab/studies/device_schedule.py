"""A device's schedules as tables and figures: a week as a timeline, rules compared, designs compared.

What is drawn comes from ``dmkit.sim.schedule.run``.  The Scheduling MO is a proposal; every figure says so.

>>> week = lived(days=7, count=3)
>>> [row["what"] for row in week.attrs["kinds"]][:2]
['ran', 'ran late']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dmkit.device.device import Device
from dmkit.lab.plots.drawing import COLOURS, finished, new_axes
from dmkit.mo.sched.build import ScheduleValues, commands, component, options
from dmkit.mo.sched.events import EventKind, Happening, Signal, What
from dmkit.mo.sched.gate import number
from dmkit.mo.sched.memory import Watch
from dmkit.mo.sched.time import printed
from dmkit.mo.sched.values import Op, ReportCode, SchedRules, Threshold
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.work import DeviceInfo, Job, Talk
from dmkit.sim.energy import REPORTS
from dmkit.sim.provenance import made_by
from dmkit.sim.schedule import DAY, OWNER, START, Life, calls, fifty, install, life, phone, run
from dmkit.transport.loop import converse
from dmkit.views.look import STROKE
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import WBXML, Codec
from dmkit.words.model import Get, Replace
from dmkit.words.outcome import Later

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "DESIGNS", "compare", "cost", "frame", "lived", "missed_rules", "provenance", "timeline"]

NOTE: Final = "proposal, not OMA's text"
COLUMNS: Final = {
    "day": "days since the beginning",
    "due": "the due time that it is about, in the same days on the device's clock",
    "time": "ISO 8601, UTC",
    "schedule": "name; empty for the device itself",
    "component": "name",
    "what": "what happened",
    "code": "result code, 0 when there is none",
    "why": "in words",
}
MARKS: Final[Mapping[str, tuple[str, str, str]]] = {
    "ran": (COLOURS[2], "|", "ran when due"),
    "ran late": (COLOURS[4], "D", "made up for a missed run"),
    "failed": (COLOURS[3], "X", "a task failed"),
    "missed": (COLOURS[1], "x", "seen to be missed"),
    "cancelled": (STROKE.dark, "v", "missed and cancelled"),
    "put off": (COLOURS[0], ">", "put off"),
    "suppressed by its gate": (COLOURS[5], "_", "held by its gate"),
    "declined by the user": (COLOURS[3], "1", "the user said no"),
}
"""What is drawn: colour, marker, meaning."""
_BANDS: Final = {What.OFF: (What.ON, STROKE.night, "off"), What.LOW: (What.CHARGED, COLOURS[4], "battery low")}


def _kind(happening: Happening) -> str:
    return "ran late" if happening.what is What.RAN and happening.code == ReportCode.OK_LATE else happening.what.value


def frame(happened: Iterable[Happening], *, start: float = START) -> pd.DataFrame:
    """A row per happening; ``attrs`` has the columns' meaning, the marks of ``timeline``, and the basis."""
    import pandas as pd

    rows = []
    for h in happened:
        parts = h.uri.split("/")
        schedule, part = (parts[2], parts[-1] if len(parts) > 3 else "") if len(parts) > 2 else ("", "")
        due = (h.due - start) / DAY if h.due is not None else None
        rows.append(((h.at - start) / DAY, due, printed(h.at), schedule, part, _kind(h), int(h.code), h.why))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs = {
        **made_by(), "columns": COLUMNS, "basis": "proposal", "start": printed(start),
        "kinds": [{"what": what, "meaning": meaning} for what, (_, _, meaning) in MARKS.items()],
    }  # fmt: skip
    return table


def lived(
    device: Device | None = None, days: float = 7, *, count: int = 10, seed: int = 0, signals: Life | None = None
) -> pd.DataFrame:
    """What happens in ``days`` of the life of ``device``; by default a phone with ``count`` schedules."""
    if device is None:
        device = phone()
        for name, values in fifty(count, seed=seed).items():
            install(device, name, *values)
    table = frame(run(device, START + days * DAY, life(int(days), seed=seed) if signals is None else signals))
    table.attrs |= {"days": days, "seed": seed}
    return table


def _bands(table: pd.DataFrame, end: float) -> list[tuple[str, str, float, float]]:
    """Colour, meaning, begin and length of the times in which the device is off or its battery low."""
    found = []
    for begins, (ends, colour, meaning) in _BANDS.items():
        since: float | None = None
        for day, what in table[table["schedule"] == ""][["day", "what"]].itertuples(index=False):
            if what == begins.value and since is None:
                since = day
            elif what == ends.value and since is not None:
                found.append((colour, meaning, since, day - since))
                since = None
        if since is not None:
            found.append((colour, meaning, since, end - since))
    return found


def timeline(
    table: pd.DataFrame,
    *,
    schedules: Sequence[str] | None = None,
    title: str = "A week of schedules",
    ax: Axes | None = None,
) -> Axes:
    """A lane for each schedule, a mark for what happened; behind them when the device was off or its battery low."""
    names = list(schedules or sorted(set(table["schedule"]) - {""}))
    days = float(table.attrs.get("days", max(table["day"].max(), 1.0)))
    axes = new_axes(ax, 9.0, 1.6 + 0.34 * max(len(names), 2))
    lanes = {name: len(names) - 1 - at for at, name in enumerate(names)}
    used: dict[str, Any] = {}
    for colour, meaning, since, length in _bands(table, days):
        axes.broken_barh(
            [(since, length)],
            (-0.6, len(names) + 0.2),
            color=colour,
            alpha=0.22,
            lw=0,
            zorder=0,
            hatch="///" if meaning == "off" else None,
        )
        used[meaning] = Patch(color=colour, alpha=0.3, label=meaning)
    for name, lane in lanes.items():
        axes.axhline(lane, color=STROKE.faint, lw=0.8, zorder=0.5)
        mine = table[table["schedule"] == name]
        dues = mine[(mine["what"] == "missed") & mine["due"].notna()]["due"]
        if len(dues):
            axes.plot(dues, [lane] * len(dues), ls="", marker="o", mfc="none", color=COLOURS[1], ms=7, zorder=2)
            used["was due, and missed"] = Line2D(
                [], [], ls="", marker="o", mfc="none", color=COLOURS[1], label="was due, and missed"
            )
        for what, (colour, marker, meaning) in MARKS.items():
            days_of = mine[mine["what"] == what]["day"]
            if len(days_of):
                axes.plot(
                    days_of,
                    [lane + (0.25 if what == "missed" else 0)] * len(days_of),
                    ls="",
                    marker=marker,
                    color=colour,
                    ms=9 if marker in "|_" else 6,
                    mew=2.2 if marker in "|_x1" else 0.8,
                    zorder=3,
                )
                used[meaning] = Line2D([], [], ls="", marker=marker, color=colour, ms=8, mew=2, label=meaning)
    axes.set_yticks(list(lanes.values()), list(lanes))
    axes.set_xlim(0, days)
    axes.set_ylim(-0.6, len(names) - 0.4)
    if days <= 14:
        axes.set_xticks(range(int(days) + 1))
    axes.legend(handles=list(used.values()), loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
    finished(axes, f"{title} ({NOTE})", "days since the beginning (UTC)", "")
    axes.grid(True, axis="x", alpha=0.3)
    axes.told = _told(table, names, title)  # type: ignore[attr-defined]
    return axes


def _told(table: pd.DataFrame, names: Sequence[str], title: str) -> str:
    found = []
    for name in names:
        counts = (
            table[(table["schedule"] == name) & table["what"].isin(list(MARKS))]["what"].value_counts().sort_index()
        )
        what = ", ".join(f"{n} {kind}" for kind, n in counts.items()) or "nothing"
        found.append(f"{name}: {what}")
    return f"{title} ({NOTE}). " + "; ".join(found) + "."


# -- rules compared


def missed_rules(
    wish: ScheduleValues | None = None,
    *,
    days: int = 7,
    seed: int = 0,
    delay: int = 7200,
    signals: Life | None = None,
    rules: SchedRules | None = None,
) -> pd.DataFrame:
    """The same component three times, once with each MissedRule, in the same life of one device."""
    device = phone(rules)
    part = wish or component(1, "Replace ./Vendor/Acme/Poll 60", base="20251201T030000Z", recur="FREQ=DAILY")
    for rule, name in enumerate(("0 cancel", "1 at once", "2 later")):
        install(device, name.replace(" ", "-"), part, options(missed=rule, missed_delay=delay, gating=15))
    return lived(device, days, seed=seed, signals=signals)


# -- designs compared

DESIGNS: Final = ("polling every 15 min", "polling every 6 h", "schedule on the device", "trap and report")
CRITICAL: Final = 20
_NODE, _TARGET = "./Bat/Level", "./Vendor/Acme/Poll"
_STEP = 60


def cost(talks: Iterable[Transcript]) -> tuple[int, int, float]:
    """Messages, octets both ways, and joule of the device's radio in these sessions.

    Joule: from the lifetimes of TR 45.820 for reports of 50 and 200 octets, continued as a straight line by the octets
    that the device sends; a session is one report.
    """
    (small, low), (large, high) = sorted((octets, joule) for octets, joule in REPORTS.items())
    slope = (high - low) / (large - small)
    messages = octets = 0
    joule = 0.0
    for talk in talks:
        sizes = [(step.party, len(step.reply.body)) for step in talk.steps if step.reply is not None]
        messages += len(sizes)
        octets += sum(size for _, size in sizes)
        joule += low + slope * (sum(size for party, size in sizes if party == "client") - small)
    return messages, octets, joule


def compare(days: int = 7, *, seed: int = 0, designs: Sequence[str] = DESIGNS, codec: Codec = WBXML) -> pd.DataFrame:
    """One policy in four designs: when the battery falls to 20 %, set the device to save; from real sessions.

    Polling: the device asks at an interval, the server reads the level and acts.  Schedule: the device acts by itself
    and reports.  Trap and report: the device reports the fall (DiagMon's TrapNotification), and the server acts in that
    session.  The battery is the same; ``delay`` counts from the fall to the action, on average.
    """
    import pandas as pd

    levels = [(at, s) for at, s in life(days, seed=seed) if s.kind is EventKind.VALUE and s.source == _NODE]
    falls = _falls(levels)
    rows = []
    for design in designs:
        talks, acted = _play(design, levels, days, codec)
        messages, octets, joule = cost(talks)
        delays = [min((t - fall for t in acted if t >= fall), default=float("nan")) for fall in falls]
        mean = sum(delays) / len(delays) if delays else float("nan")
        rows.append((design, len(falls), len(acted), len(talks), messages, octets, mean, joule))
    names = ["design", "falls", "actions", "sessions", "messages", "octets", "delay", "energy"]
    table = pd.DataFrame(rows, columns=names)
    table.attrs = {
        **made_by(), "days": days, "seed": seed, "basis": "proposal",
        "columns": {"delay": "s, mean from the fall to the action", "energy": "J of the radio", "octets": "both ways"},
    }  # fmt: skip
    return table


def _falls(levels: Life) -> list[float]:
    """When the level falls to CRITICAL or below, having been above."""
    found, above = [], True
    for at, signal in levels:
        low = float(signal.value) <= CRITICAL
        if low and above:
            found.append(at)
        above = not low
    return found


def _play(design: str, levels: Life, days: int, codec: Codec) -> tuple[list[Transcript], list[float]]:
    device = phone()
    device.codec = codec
    server = Server.example(device)
    talks: list[Transcript] = []
    end = START + days * DAY
    if design.startswith("schedule"):
        part = component(1, f"Replace {_TARGET} 1", thresholds=(f"{_NODE} CROSS_DOWN {CRITICAL} {_STEP}",))
        send = jobs.send(*commands("./Sched/Save", part))
        talks.append(converse(device, server, job=send, now=START))
        happened = run(device, end, levels, call=calls(server, talks))
        return talks, [h.at for h in happened if h.what is What.RAN]
    if design.startswith("polling"):
        count, unit = design.split()[-2:]
        interval = int(count) * (60 if unit == "min" else 3600)
        return talks, _polled(device, server, levels, interval, end, talks)
    return talks, _trapped(device, server, levels, end, talks)


def _polled(
    device: Device, server: Server, levels: Life, interval: int, end: float, talks: list[Transcript]
) -> list[float]:
    acted: list[float] = []
    low = [False]

    def look(at: float) -> Job:
        def job(info: DeviceInfo) -> Talk:
            [level] = yield [Get.of(_NODE)]
            fell = (number(level.text) or 0.0) <= CRITICAL
            if fell and not low[0]:
                acted.append(at)
                yield [Replace.of(_TARGET, "1")]
            low[0] = fell
            return fell

        return job

    left = list(levels)
    now = START + interval / 2
    while now <= end:
        while left and left[0][0] <= now:
            device.live(*_one(left.pop(0)))
        device.live(now)
        talks.append(converse(device, server, job=look(now), now=now))
        now += interval
    return acted


def _trapped(device: Device, server: Server, levels: Life, end: float, talks: list[Transcript]) -> list[float]:
    acted: list[float] = []
    act: Job = jobs.send(Replace.of(_TARGET, "1"))
    watch = Watch(Threshold(_NODE, Op.CROSS_DOWN, str(CRITICAL), _STEP))
    watch.start(START, counts=True)
    for at, signal in levels:
        device.live(*_one((at, signal)))
        if watch.sample(device.tree.get(_NODE)) and at <= end:
            device.report(Later(0.0, "urn:oma:at:diagmon:1.0:TrapNotification", "", _NODE), OWNER, at)
            talks.append(converse(device, server, job=act, now=at))
            acted.append(at)
    return acted


def _one(pair: tuple[float, Signal]) -> tuple[float, list[Signal]]:
    return pair[0], [pair[1]]


# -- where it comes from


def provenance() -> pd.DataFrame:
    """How many nodes, codes and moves of the Scheduling MO rest on what."""
    import pandas as pd

    from dmkit.mo import OBJECTS

    row = OBJECTS["sched"]
    nodes = {basis.value: count for basis, count in row.spec.bases().items() if basis is not None}
    codes: dict[str, int] = {}
    for code in row.results.values():
        codes[code.basis.value] = codes.get(code.basis.value, 0) + 1
    moves = {basis.value: count for machine in row.machines for basis, count in machine.bases().items()}
    table = pd.DataFrame({"nodes": nodes, "result codes": codes, "moves": moves}).fillna(0).astype(int)
    return table.rename_axis("basis")
