"""Who should begin an update: the server, a schedule on the device, polling, or a push that the device spreads?

All four do the same work in the same window on the same fleet, with the real schedule engine underneath: what a device
of one class does is played once by the engine and kept as a **tape** (when it runs), and devices draw from the tapes
of their class; a test plays devices of each class again and compares.  Installing, changing and reporting cost sessions
and octets like all else.  Shares, delays and prices are for comparison, not measured (basis: proposal).

``contest_classes`` has the tapes, ``contest_play`` one window by one method, this module sweeps, maps and tables.

>>> table = sweep(["coverage"], base=FleetSetting(devices=40), seeds=1)
>>> len(table), table.attrs["axes"]
(12, ['coverage'])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

import dmkit
from dmkit.lab.plots.drawing import COLOURS, finished, new_axes
from dmkit.lab.studies.contest_classes import CLASSES, CLOCKS, Class, happened, read_tape, survivors, tape
from dmkit.lab.studies.contest_play import MEASURES, METHODS, TRAFFIC, Contest, FleetSetting, play
from dmkit.sim.quantiles import student
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AXES", "CLASSES", "CLOCKS", "METHODS", "Class", "Contest", "FleetSetting", "changed", "happened", "map_of",
           "picture", "play", "read_tape", "survivors", "sweep", "tape", "traffic"]  # fmt: skip

AXES: Final[Mapping[str, tuple[str | float, ...]]] = MappingProxyType({
    "clocks": ("good", "drift", "poor"), "coverage": (0.8, 0.95, 1.0), "devices": (500, 5000, 20000),
    "hours": (1.0, 2.0, 4.0), "changes": (0.0, 1.0, 6.0), "work": ("local", "download"),
})  # fmt: skip
"""What the map goes over."""


def _cells(axes: Iterable[str], base: FleetSetting) -> Iterator[FleetSetting]:
    names = list(axes)
    known = {field.name for field in fields(FleetSetting)}
    for name in names:
        if name not in AXES or name not in known:
            raise ConfigError(f"axis {name!r} is not known; there are {', '.join(AXES)}")
    for values in product(*(AXES[name] for name in names)):
        yield replace(base, **dict(zip(names, values, strict=True)))  # type: ignore[arg-type]


def sweep(
    axes: Iterable[str] = ("clocks", "coverage"), *, base: FleetSetting | None = None, seeds: int = 8
) -> pd.DataFrame:
    """A row for each setting, method and seed; ``attrs`` has version, parameters and what columns mean."""
    import pandas as pd

    names, base = list(axes), base or FleetSetting()
    rows = [
        {**{name: getattr(cell, name) for name in names}, "method": method, "seed": seed, **play(cell, method, seed)}
        for cell in _cells(names, base) for method in METHODS for seed in range(1, seeds + 1)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    parameters = {f.name: getattr(base, f.name) for f in fields(base)}
    table.attrs = {"version": dmkit.__version__, "basis": "proposal", "axes": names, "seeds": seeds,
                   "parameters": parameters, "columns": MEASURES}  # fmt: skip
    return table


def map_of(table: pd.DataFrame) -> pd.DataFrame:
    """Who wins where: for each setting the method that does most in the window, and by how much over the next.

    ``low`` and ``high`` are the 95 % interval of that lead (paired by seed); where it holds 0, or less than one in a
    hundred devices, the cheaper of the two in octets wins, and ``by`` says "octets".
    """
    import pandas as pd

    names = table.attrs["axes"]
    rows = []
    for key, cell in table.groupby(names, sort=False):
        done = cell.pivot(index="seed", columns="method", values="done")
        octets = cell.groupby("method")["octets"].mean()
        order = done.mean().sort_values(ascending=False).index
        first, second = order[0], order[1]
        lead = (done[first] - done[second]).to_numpy()
        n, spread = len(lead), float(lead.std(ddof=1)) if len(lead) > 1 else 0.0
        half = student(0.975, n - 1) * spread / n**0.5 if n > 1 else float("inf")
        mean = float(lead.mean())
        tie = mean - half <= 0 or mean < 0.01
        near = [m for m in order if float((done[first] - done[m]).mean()) < 0.01 or m == first or (tie and m == second)]
        winner = min(near, key=lambda m: octets[m]) if tie else first
        rows.append((*(key if isinstance(key, tuple) else (key,)), winner, "octets" if tie else "done",
                     float(done[winner].mean()), first, second, mean, mean - half, mean + half))  # fmt: skip
    found = pd.DataFrame(rows, columns=[*names, "winner", "by", "done", "first", "second", "lead", "low", "high"])
    found.attrs = dict(table.attrs)
    return found


def picture(found: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A map of two axes: in each cell the winner and its lead in devices of a hundred, with the interval."""
    across, down = found.attrs["axes"]
    columns, rows = list(dict.fromkeys(found[across])), list(dict.fromkeys(found[down]))
    axes = new_axes(ax, 2.2 + 1.9 * len(columns), 1.6 + 0.9 * len(rows))
    told = []
    for cell in found.to_dict("records"):
        x, y, winner = columns.index(cell[across]), rows.index(cell[down]), str(cell["winner"])
        even = cell["by"] == "octets"
        axes.add_patch(
            Rectangle((x, y), 1, 1, facecolor=COLOURS[METHODS.index(winner)], alpha=0.35, edgecolor="white", lw=2,
                      hatch="//" if even else None)
        )  # fmt: skip
        mean, low, high = (100 * float(cell[name]) for name in ("lead", "low", "high"))
        lead = "even: cheaper" if even else f"+{mean:.1f} ({low:.1f} to {high:.1f})"
        axes.text(x + 0.5, y + 0.5, f"{winner}\n{lead}", ha="center", va="center", fontsize=8)
        told.append(f"{across} {cell[across]}, {down} {cell[down]}: {winner}, {lead}")
    axes.set_xlim(0, len(columns))
    axes.set_ylim(0, len(rows))
    axes.set_xticks([n + 0.5 for n in range(len(columns))], [str(c) for c in columns])
    axes.set_yticks([n + 0.5 for n in range(len(rows))], [str(r) for r in rows])
    title = "Who does most in the window (lead in devices of a hundred, 95 % interval)"
    finished(axes, title, f"{across}", f"{down}")
    axes.told = f"{title}. " + "; ".join(told) + "."  # type: ignore[attr-defined]
    return axes


def traffic(
    base: FleetSetting | None = None, *, changes: Iterable[float] = (0.0, 1.0, 6.0), seeds: int = 4
) -> pd.DataFrame:
    """What each method sends a device, in octets by what they are for, and what it does and annoys.

    A row for each method and number of changes a day; means over ``seeds``.
    """
    import pandas as pd

    wanted = [*(f"{kind} octets" for kind in TRAFFIC), "octets", "done", "wrong plan", "annoyance"]
    rows = []
    for count in changes:
        for method in METHODS:
            found = [play(replace(base or FleetSetting(), changes=count), method, seed) for seed in range(1, seeds + 1)]
            rows.append((count, method, *(float(np.mean([row[name] for row in found])) for name in wanted)))
    table = pd.DataFrame(rows, columns=["changes a day", "method", *(n.removesuffix(" octets") for n in wanted)])
    table.attrs = {"version": dmkit.__version__, "basis": "proposal", "seeds": seeds,
                   "columns": {n.removesuffix(" octets"): MEASURES[n] for n in wanted}}  # fmt: skip
    return table.set_index(["changes a day", "method"])


def changed() -> pd.DataFrame:
    """What notebook 18 of 0.1.0 said, what comes with the real engine, and why.

    Its law cut a Gaussian at 0, so that half of all devices came at exactly 0 s.
    """
    import pandas as pd

    rng = np.random.default_rng(1)
    error = rng.normal(0.0, 30.0, 2000)
    cut = np.maximum(0.0, error)
    room = error + 120.0
    engine = play(FleetSetting(devices=2000, hours=1.0), "schedule on the device")
    server = play(FleetSetting(devices=2000, hours=1.0), "server trigger")
    rows = [
        ("devices that came at exactly 0 s, no spread", float((cut == 0).mean()), float((room == 0).mean()),
         "a normal error was cut at 0: whoever was early came at 0"),
        ("peak of a second, no spread", *(float(np.bincount(at.astype(int)).max()) for at in (cut, room)),
         "half of the fleet in one second was the cut, not the clocks"),
        ("peak of a minute, spread over 1 h, schedule / server", np.nan, engine["peak"] / server["peak"],
         "with the engine's Jitter both spread alike"),
        ("octets a device, schedule / server", np.nan, engine["octets"] / server["octets"],
         "installing, changing and reporting are counted"),
        ("share outside the window, schedule", 0.0, engine["outside"], "it was not measured, and called 0"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["what", "0.1.0", "now", "why"]).round(3)
    frame.attrs["mixed"] = ("0.1.0", "now")
    return frame
