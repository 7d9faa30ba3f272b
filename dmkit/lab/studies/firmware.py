"""Power lost at every moment of a firmware update: a table, a figure, and a widget to try each moment.

>>> frame = losses(kinds=("two slots",))
>>> bool(frame["starts"].all()), frame["result"].unique().tolist()
(True, ['200'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import ipywidgets as w

from dmkit.device.device import Device
from dmkit.lab.boards.controls import Number
from dmkit.lab.boards.widgets import Page, _note, _WithFallback, board, notes_of
from dmkit.lab.plots.drawing import Drawing, finished, new_axes
from dmkit.mo.firmware import KINDS, RECOVERY, Blocks, Flash, Image, UpdateKind, package
from dmkit.mo.fumo import FumoState
from dmkit.session.work import Job
from dmkit.sim.provenance import made_by
from dmkit.sim.tape import record
from dmkit.views.look import BLUE, GREEN, GREY, PAINT, RED, Look, escape
from dmkit.words.arguments import whole
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.model import Exec, Replace
from dmkit.words.outcome import After, Due, Later

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "PowerExplorer",
    "PowerLoss",
    "duration",
    "losses",
    "moments",
    "octets",
    "plot_losses",
    "power_explorer",
    "take_power",
]  # fmt: skip

_URL: Final = "https://fw.example.com/2.1"
_OLD: Final = "1.0.3"


@dataclass(frozen=True, slots=True)
class PowerLoss:
    """One loss of power: at which moment, what the device was then, at the next start, and in the end."""

    kind: str
    moment: int
    step: str
    torn: bool
    memory: Flash
    starts: bool
    runs: str
    ends: str
    state: int
    result: str


def octets(version: str, *, model: str = "T1", works: bool = True) -> bytes:
    """A maker's package with firmware of this ``version``; ``works`` False: it will not pass its test."""
    return package(Image(model, version, works))


def duration(job: Job) -> float:
    """Seconds that a device takes over ``job`` between its messages: downloads, writing, restarts."""
    return sum(trip.think for trip in record(job).trips)


def _begun(kind: UpdateKind, works: bool) -> Device:
    """A device that has just been told to download and update."""
    world = {_URL: package(Image("T1", "2.1", works))}
    device = Device.example().with_object("fumo", kind=kind, world=world)
    commands = (Replace.of("./FUMO/DownloadAndUpdate/PkgURL", _URL), Exec.of("./FUMO/DownloadAndUpdate"))
    device.execute(commands, "com.mgmtsrv.manage", 0.0)
    return device


def _pending(device: Device) -> Due | None:
    return min((e for e in device.agenda if isinstance(e.what, After)), key=lambda e: e.at, default=None)


def _moments(device: Device) -> Iterator[Due]:
    while (entry := _pending(device)) is not None:
        yield entry
        device.live(entry.at)


def _named(entry: Due) -> str:
    what = entry.what
    assert isinstance(what, After)
    names = {"fetched": "download", "usable": "look", "begin": "stage", "removed": "clean up"}
    return what.data if what.event == "step" else names.get(what.event, what.event)


def moments(kind: UpdateKind, *, works: bool = True) -> list[str]:
    """What a device of this kind does in an update, in order."""
    return [_named(entry) for entry in _moments(_begun(kind, works))]


def take_power(kind: UpdateKind, moment: int, *, torn: bool = True, works: bool = True) -> PowerLoss:
    """Take the power at the ``moment``-th thing that the device does, in its middle (``torn``) or just before it.

    ``works`` False: the new image does not pass its test.
    """
    at, device = whole("moment", moment), _begun(kind, works)
    entry = next((e for n, e in enumerate(_moments(device)) if n == at), None)
    if entry is None:
        raise ConfigError(f"moment is {at}; this update has moments 0 to {len(moments(kind, works=works)) - 1}")
    when = (entry.since + entry.at) / 2 if torn else entry.since
    step = _named(entry)
    device.power_off(when)
    fumo: Any = device.objects["./FUMO"]
    memory = fumo.flash
    device.power_on(when + 60)
    starts, runs = device.is_on, fumo.flash.running
    while device.is_on and (entry_left := _pending(device)) is not None:
        device.live(entry_left.at)
    told = [e.what.data for e in device.agenda if isinstance(e.what, Later)]
    state = int(device.tree.get("./FUMO/State").text)
    return PowerLoss(kind, at, step, torn, memory, starts, runs, fumo.flash.running, state, told[0] if told else "")


def losses(kinds: Sequence[UpdateKind] = KINDS, *, works: bool = True) -> pd.DataFrame:
    """Every moment of every kind of device, before it and in its middle: one row each."""
    import pandas as pd

    rows = []
    for kind in kinds:
        for moment in range(len(moments(kind, works=works))):
            for torn in (False, True):
                loss = take_power(kind, moment, torn=torn, works=works)
                rows.append({"kind": kind, "moment": moment, "step": loss.step, "torn": torn, "starts": loss.starts,
                             "runs": loss.runs or "nothing", "ends": loss.ends or "nothing", "state": loss.state,
                             "result": loss.result or "none"})  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.attrs = {**made_by(), "kinds": list(kinds), "works": works}
    return frame


_SIGNS: Final = {
    "old": ("o", PAINT.blue, "starts the old system"),
    "new": ("s", PAINT.green, "starts the new system"),
    "updater": ("^", PAINT.orange, "starts its updater"),
    "nothing": ("X", PAINT.red, "does not start"),
}


def plot_losses(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """What starts after power was lost, by moment and kind; in the middle of a step (below) and before it (above)."""
    axes = new_axes(ax, 9.5, 3.2)
    kinds = list(dict.fromkeys(frame["kind"]))
    known = {_OLD: "old", RECOVERY: "updater", "nothing": "nothing"}
    signs = frame["runs"].map(known).fillna("new")
    rows = frame["kind"].map({kind: n for n, kind in enumerate(kinds)}) + frame["torn"].map({False: -0.15, True: 0.15})
    for sign, (marker, colour, label) in _SIGNS.items():
        chosen = signs == sign
        if chosen.any():
            axes.scatter(frame.loc[chosen, "moment"], rows[chosen], marker=marker, c=colour, s=34, label=label)
    axes.set_yticks(range(len(kinds)), kinds)
    axes.invert_yaxis()
    finished(
        axes, "What starts when the power comes back", "moment of the update at which it went: number of the step", ""
    )
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False)
    if isinstance(axes, Drawing):
        pairs = Counter(zip(frame["kind"], signs, strict=True))
        parts = (f"{kind}: {many(count, 'time')} {sign}" for (kind, sign), count in pairs.items())
        axes.told = f"What starts when the power comes back, by the moment at which it went. {'; '.join(parts)}."
    return axes


# -- the widget


def _block(block: bytes | None, at: int, slot: Blocks, old: Blocks) -> str:
    if block is None:
        colour, word = RED, "unreadable"
    elif block == old[at]:
        colour, word = BLUE, "old"
    else:
        colour, word = GREEN, "new"
    return f'<td style="border:1px solid {GREY};padding:2px 8px;color:{colour}">{word}</td>'


def _memory(loss: PowerLoss) -> str:
    old: Blocks = Image("T1", _OLD).blocks()
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;white-space:nowrap">slot {escape(name)}</th>'
        + "".join(_block(block, at, blocks, old) for at, block in enumerate(blocks))
        + "</tr>"
        for name, blocks in loss.memory.slots.items()
    )
    notes = []
    if loss.memory.trying:
        notes.append(f"slot {loss.memory.trying} is to be tried first")
    if loss.memory.journal is not None:
        notes.append("the journal is open" + (f" at block {loss.memory.journal}" if loss.memory.journal >= 0 else ""))
    text = f"<p>{escape('; '.join(notes))}</p>" if notes else "<p>no note of an update in memory</p>"
    caption = f'<caption style="text-align:left;color:{GREY}">Memory when the power went</caption>'
    return f'<table style="font-size:85%">{caption}{rows}</table>{text}'


def _told(loss: PowerLoss) -> str:
    if not loss.starts:
        return f'<b style="color:{RED}">Nothing starts.</b> Nobody is ever told.'
    state = FumoState(loss.state)
    name = "its updater" if loss.runs == RECOVERY else f"firmware {loss.runs}"
    return (f'<b style="color:{GREEN}">{escape(name)} starts</b>, the update goes on; in the end {escape(loss.ends)} '
            f"runs, State is {escape(state)}, the report says {escape(loss.result or 'nothing')}.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _View:
    losses: tuple[PowerLoss, ...]

    def look(self) -> Look:
        """The devices side by side."""
        style = "vertical-align:top;text-align:left;padding:4px 18px 4px 0;max-width:30em;white-space:normal"
        cells = "".join(
            f'<td style="{style}"><b>{escape(loss.kind)}</b>'
            f"<br>{'in the middle of' if loss.torn else 'before'}: {escape(loss.step)}{_memory(loss)}{_told(loss)}</td>"
            for loss in self.losses
        )
        text = "\n".join(
            f"{loss.kind}: power goes {'in the middle of' if loss.torn else 'before'} {loss.step}; then "
            f"{loss.runs or 'nothing'} starts, at last {loss.ends or 'nothing'} runs, report {loss.result or 'none'}"
            for loss in self.losses
        )
        return Look(text, f'<div role="status"><table><tr>{cells}</tr></table></div>')


class PowerExplorer(_WithFallback):
    """Choose when the power goes, and see two kinds of device beside each other."""

    def __init__(self, kinds: Sequence[UpdateKind] = ("two slots", "in place"), *, moment: int = 4) -> None:
        self.kinds = tuple(kinds)
        self.lengths = {kind: len(moments(kind)) for kind in self.kinds}
        last = max(self.lengths.values()) - 1
        self.moment = Number("moment", 0, last, value=whole("moment", moment, 0, last))
        self.torn = w.Checkbox(value=True, description="in the middle of the step", indent=False)
        self.works = w.Checkbox(value=True, description="the new image works", indent=False)
        self.shown = Page()
        for knob in (self.moment, self.torn, self.works):
            knob.observe(self._show, names="value")
        self.widget = board(w.HBox([self.moment, self.torn, self.works]), notes_of(self.moment), self.shown)
        self._show()

    def view(self) -> Look:
        """What is shown now."""
        taken = []
        for kind in self.kinds:
            count = len(moments(kind, works=self.works.value))
            at = min(self.moment.value, count - 1)
            taken.append(take_power(kind, at, torn=self.torn.value, works=self.works.value))
        return _View(tuple(taken)).look()

    def _show(self, change: object = None) -> None:
        self.shown.value = self.view().html

    def _static(self) -> Look:
        return Look(repr(self), f"<div>{self.view().html}{_note('an example')}</div>")

    def __repr__(self) -> str:
        torn = "in the middle of the step" if self.torn.value else "before the step"
        image = "works" if self.works.value else "does not work"
        return f"PowerExplorer(moment {self.moment.value}, {torn}, the new image {image}:\n{self.view().text})"


def power_explorer(*kinds: UpdateKind, moment: int = 4) -> PowerExplorer:
    """A widget: the power goes at a moment you choose; by default a device with two slots beside one in place."""
    return PowerExplorer(kinds or ("two slots", "in place"), moment=moment)
