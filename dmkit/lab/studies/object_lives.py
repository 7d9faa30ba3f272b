"""The life of management objects over time: their states, and the sessions in which they are told about.

>>> from dmkit.server import jobs
>>> phone = Device.example().with_object("lawmo")
>>> frame = life(phone, Server.example(phone), jobs.lock("PartiallyLock"))
>>> frame["said"].tolist()
['30 Unlocked', '20 Partially locked', '1200']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from dmkit.device.device import Device
from dmkit.lab.plots.drawing import Drawing, finished, new_axes
from dmkit.mo.scomo import PackageComponent, Scomo, software
from dmkit.server.server import Server
from dmkit.session.work import Job
from dmkit.sim.provenance import made_by
from dmkit.transport.loop import converse
from dmkit.views.look import GROUND, PAINT, STROKE
from dmkit.words.codes import AlertCode
from dmkit.words.model import Alert
from dmkit.words.outcome import Later
from dmkit.words.ranges import Range, quantity

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from dmkit.mo.machine import ObjectState
    from dmkit.views.transcript import Transcript

__all__ = ["life", "octets", "plot_life"]

_COLUMNS: Final = ("seconds", "what", "where", "number", "said", "kind")
_LOOKS: Final = {  # what a state is -> colour of its bar, pattern
    "at rest": (GROUND.blue, ""),
    "working": (GROUND.sand, "///"),
    "failed": (GROUND.rose, "xxx"),
}


def octets(component: str, version: str = "1", *, needs: Iterable[str] = ()) -> bytes:
    """A package of software with one ``component`` that ``needs`` others to run.

    >>> len(octets("maps")) > 0
    True
    """
    return software(f"com.example.{component}", [PackageComponent(component, version, needs=tuple(needs))])


def life(device: Device, server: Server, job: Job | Sequence[Job] = (), *, until: float = 600.0) -> pd.DataFrame:
    """Play ``job``, or several one after the other, and what follows until ``until`` (s).

    One row for each change of a state and for each report: ``seconds``, ``what`` ("state" or "report"), ``where`` it
    happened, its ``number``, what it ``said``, its ``kind`` ("at rest", "working", "failed").  A session takes no time.
    """
    import pandas as pd

    until = quantity(until, Range("time", 0), "until")
    rows: list[tuple[object, ...]] = []
    known: dict[str, int] = {}

    def look(now: float) -> None:
        for where, state in _states(device):
            if known.get(where) != int(state):
                known[where] = int(state)
                rows.append((now, "state", where, int(state), str(state), _kind(state)))
        for where in [name for name in known if name not in dict(_states(device))]:
            del known[where]
            rows.append((now, "state", where, 0, "gone", "at rest"))

    def talk(now: float, wanted: Job | None = None) -> None:
        for alert in _reports(converse(device, server, job=wanted, now=now, failing="tell")):
            item = alert.items[0]
            number = item.text if item.text.isdigit() else "0"
            bad = int(number) % 1000 // 100 in (4, 5)
            rows.append((now, "report", item.source or "", int(number), item.text, "failed" if bad else "at rest"))

    look(0.0)
    now = 0.0
    for wanted in (job,) if callable(job) else tuple(job):
        talk(now, wanted)
        look(now)
        now = _rest(device, now, until, talk, look)
    _rest(device, now, until, talk, look)
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame.attrs = {"measure": "life", **made_by(), "until": until}
    return frame


def _rest(
    device: Device, now: float, until: float, talk: Callable[[float], None], look: Callable[[float], None]
) -> float:
    """Everything that is due by ``until``; when it was over."""
    while (due := device.next_due) is not None and due <= until:
        now = max(now, due)
        if any(isinstance(entry.what, Later) and entry.at <= now for entry in device.agenda):
            talk(now)
        else:
            device.live(now)
        look(now)
    return now


def _states(device: Device) -> Iterator[tuple[str, ObjectState]]:
    for at, owner in device.objects.items():
        if isinstance(owner, Scomo):
            yield from owner.states(device.tree).items()
        elif (state := getattr(owner, "state", None)) is not None:
            yield at, state(device.tree)


def _kind(state: ObjectState) -> str:
    return "working" if state.busy else "failed" if "failed" in state.meaning else "at rest"


def _reports(talk: Transcript) -> Iterator[Alert]:
    for line in talk:
        if line.sender == "client" and line.message is not None:
            for command in line.message.commands:
                if isinstance(command, Alert) and command.code == AlertCode.GENERIC and command.items:
                    yield command


def plot_life(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A lane for each object: its states over time, one after the other, and the reports with their result codes.

    Time is the order of what happens, not its length: each change gets the same width, and the seconds stand below.

    >>> from dmkit.server import jobs
    >>> phone = Device.example().with_object("lawmo")
    >>> axes = plot_life(life(phone, Server.example(phone), jobs.lock("PartiallyLock")))
    >>> [text.get_text() for text in axes.get_xticklabels()]
    ['0 s', '1 s']
    """
    states, reports = frame[frame["what"] == "state"], frame[frame["what"] == "report"]
    lanes = list(dict.fromkeys(states["where"]))
    times = sorted(set(frame["seconds"]))
    axes = new_axes(ax, max(6.4, 2.6 + 1.35 * len(times)), 1.5 + 0.62 * len(lanes))
    for lane, where in enumerate(lanes):
        rows = states[states["where"] == where].to_dict("records")
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            if row["said"] != "gone":
                begin = times.index(row["seconds"])
                end = times.index(after["seconds"]) if after is not None else len(times)
                _bar(axes, lane, begin, max(end, begin + 0.02), row)
    for row in reports.to_dict("records"):
        lane = max((n for n, where in enumerate(lanes) if _within(row["where"], where)), default=len(lanes) - 1)
        ink = PAINT.red if row["kind"] == "failed" else PAINT.green
        mark = "✕" if row["kind"] == "failed" else "✓"
        axes.annotate(f"{mark} {row['said']}", (times.index(row["seconds"]), lane - 0.34), color=ink, fontsize=8.5,
                      va="bottom", ha="left", weight="bold")  # fmt: skip
    axes.set_yticks(range(len(lanes)), lanes, fontsize=8.5)
    axes.set_xticks(range(len(times)), [f"{time:.3g} s" for time in times], fontsize=8.5)
    axes.set_ylim(len(lanes) - 0.3, -0.75)
    axes.set_xlim(-0.05, len(times) + 0.05)
    finished(axes, "States over time, and what is reported", "what happens, in order", "")
    axes.grid(True, axis="x", alpha=0.4)
    axes.grid(False, axis="y")
    if isinstance(axes, Drawing):
        told = (f"{row['seconds']:g} s {row['where']}: {row['said']}" for row in frame.to_dict("records"))
        axes.told = f"States and reports over time. {'; '.join(told)}."
    return axes


def _bar(axes: Axes, lane: int, begin: float, end: float, row: dict[Any, Any]) -> None:
    fill, hatch = _LOOKS[row["kind"]]
    axes.barh(lane, end - begin, 0.5, left=begin, color=fill, edgecolor=STROKE.grey, lw=0.8, hatch=hatch, alpha=0.9)
    if end - begin < 0.5:
        return  # gone at once: no room for a name, which the words beside the picture have
    axes.text(begin + 0.05, lane, _wrapped(row["said"], end - begin), va="center", ha="left", fontsize=7.5,
              color=PAINT.ink, bbox={"fc": fill, "ec": "none", "pad": 0.8})  # fmt: skip


def _wrapped(text: str, width: float) -> str:
    from textwrap import fill

    return fill(text, max(8, int(17 * width)))


def _within(uri: str, where: str) -> bool:
    return uri == where or uri.startswith(f"{where}/")
