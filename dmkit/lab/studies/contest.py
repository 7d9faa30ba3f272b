"""Who should begin an update: the server, a schedule on the device, polling, or a push that the device spreads?

All four do the same work in the same window on the same fleet, with the real schedule engine underneath: what a device
of one class does is played once by the engine and kept as a **tape** (when it runs), and devices draw from the tapes
of their class; a test plays devices of each class again and compares.  Installing, changing and reporting cost sessions
and octets like all else.  Shares, delays and prices are for comparison, not measured (basis: proposal).

>>> tape(CLASSES["right"], 0, seeds=2).tolist()  # no spread: it runs when due
[0.0, 0.0]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

import dmkit
from dmkit.lab.plots.drawing import COLOURS, finished, new_axes
from dmkit.mo.sched.build import component, options
from dmkit.mo.sched.events import EventKind, Happening, Signal, What
from dmkit.mo.sched.time import printed
from dmkit.sim.arrays import Floats
from dmkit.sim.people import Prompt
from dmkit.sim.schedule import DAY, START, install, phone, run
from dmkit.sim.streams import Streams
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Range, Share

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AXES", "CLASSES", "CLOCKS", "METHODS", "Class", "Contest", "FleetSetting", "changed", "happened", "map_of",
           "picture", "play", "read_tape", "survivors", "sweep", "tape", "traffic"]  # fmt: skip

HOUR: Final = 3600.0
DUE: Final = START + DAY + 2 * HOUR
"""The window begins at 02:00 local time of the second day."""
SESSION: Final = 1100
"""Octets of a session, both ways (docs/scheduling.md: WBXML, MD5)."""
MESSAGE: Final = 140
"""Octets of a short message."""
SERVICE: Final = 0.5
"""Seconds of a server for each device; there is one."""
BUSY: Final = 0.3
"""Share of owners who have the device in use at an hour of the day, and say "later".  Proposal."""
LATE: Final = 24 * HOUR
TRAFFIC: Final = {
    "install": "to install the plan", "update": "to change it", "cancel": "to take it back",
    "trigger": "to wake a device", "poll": "to ask whether there is something", "work": "to do what the plan says",
    "report": "to say what came of it",
}  # fmt: skip
"""What messages and sessions are for."""
METHODS: Final = ("server trigger", "schedule on the device", "polling", "push, then spread")


@dataclass(frozen=True, slots=True)
class Class:
    """A device whose clock, power and zone are so; ``missed`` is MissedRule of its schedule."""

    name: str
    offset: float = 0.0
    """Seconds by which its clock is ahead, until ``fixed``."""
    fixed: float | None = None
    """When the network sets the clock right: seconds from the beginning of the window; None: never."""
    zone: float = 0.0
    """Hours by which its zone is wrong: it sees the due time so much earlier."""
    off: tuple[float, float] | None = None
    """From when to when it is off or has no power, in seconds from the beginning of the window."""
    missed: int = 1


CLASSES: Final[Mapping[str, Class]] = MappingProxyType({
    row.name: row for row in (
        Class("right"),
        Class("5 s ahead", 5.0), Class("5 s behind", -5.0),
        Class("2 min ahead", 120.0), Class("2 min behind", -120.0),
        Class("an hour ahead", HOUR), Class("zone east by 3 h", zone=3.0), Class("zone west by 3 h", zone=-3.0),
        Class("1980, right an hour before", -1448928000.0, -HOUR),
        Class("1980, right 6 h after", -1448928000.0, 6 * HOUR),
        Class("1980 for ever", -1448928000.0),
        Class("ten years ahead, right 2 h before", 315532800.0, -2 * HOUR),
        Class("off at the due time", off=(-HOUR, 5 * HOUR)),
        Class("off at the due time, rule 0", off=(-HOUR, 5 * HOUR), missed=0),
        Class("off for two days", off=(-HOUR, 47 * HOUR)),
    )
})  # fmt: skip
"""Kinds of devices; each has a tape."""

CLOCKS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType({
    "good": {"right": 0.9, "5 s ahead": 0.05, "5 s behind": 0.05},
    "drift": {"right": 0.4, "2 min ahead": 0.28, "2 min behind": 0.28, "an hour ahead": 0.02,
              "zone east by 3 h": 0.01, "zone west by 3 h": 0.01},
    "poor": {"right": 0.3, "2 min ahead": 0.2, "2 min behind": 0.2, "an hour ahead": 0.1, "zone east by 3 h": 0.03,
             "zone west by 3 h": 0.03, "1980, right an hour before": 0.04, "1980, right 6 h after": 0.05,
             "1980 for ever": 0.03, "ten years ahead, right 2 h before": 0.02},
})  # fmt: skip
"""Mixtures of classes, by how good the clocks of a fleet are."""


def happened(kind: Class, jitter: int, chance: float) -> list[Happening]:
    """What one device of a class does around the window, by the real engine; ``chance`` is its Jitter's draw."""

    def draw(uri: str, due: float) -> float:
        return chance

    device = phone(draw=draw)
    wish = component(1, "Replace ./Vendor/Acme/Poll 60", base=printed(DUE), jitter=jitter or None)
    zone = kind.zone * HOUR
    if zone:
        local = phone(draw=draw, local=f"AAA{-kind.zone:+g}")
        wish = component(1, "Replace ./Vendor/Acme/Poll 60", base=printed(DUE).removesuffix("Z"), jitter=jitter or None)
        device = local
    if install(device, "A", wish, options(missed=kind.missed)) != 200:
        raise ConfigError(f"class {kind.name!r}: its schedule was refused")
    life: list[tuple[float, Signal]] = []
    if kind.offset:
        life.append((START + HOUR, Signal(EventKind.CLOCK, kind.offset)))
        if kind.fixed is not None:
            life.append((DUE + kind.fixed, Signal(EventKind.CLOCK, -kind.offset)))
    if kind.off is not None:
        life += [(DUE + kind.off[0], Signal(EventKind.POWER_OFF)), (DUE + kind.off[1], Signal(EventKind.POWER_ON))]
    return run(device, START + 4 * DAY, sorted(life, key=lambda pair: pair[0]))


@cache
def _tape(kind: Class, jitter: int, seeds: int) -> tuple[float, ...]:
    found = []
    for number in range(seeds):
        ran = [h.at - DUE for h in happened(kind, jitter, (number + 0.5) / seeds) if h.what is What.RAN]
        found.append(min(ran, key=abs) if ran else float("inf"))
    return tuple(found)


def tape(kind: Class, jitter: int, seeds: int = 24) -> Floats:
    """When devices of a class run, in seconds from the beginning of the window; infinite: never.

    One for each of ``seeds`` draws of Jitter, at even distances.
    """
    return np.array(_tape(kind, jitter, seeds))


def read_tape(kind: Class, jitter: int, chance: Floats, seeds: int = 24) -> Floats:
    """When devices with these draws of Jitter run: between two samples of the tape that follow their draws, so do they;
    else as the nearest sample."""
    kept = tape(kind, jitter, seeds)
    spread = np.floor(chance * (jitter + 1))
    sampled = np.floor((np.arange(seeds) + 0.5) / seeds * (jitter + 1))
    nearest = np.minimum((chance * seeds).astype(int), seeds - 1)
    after = np.minimum(nearest + 1, seeds - 1)
    before = np.maximum(after - 1, 0)
    with np.errstate(invalid="ignore"):
        follows = np.isclose(kept[after] - kept[before], sampled[after] - sampled[before])
    found: Floats = np.where(follows, kept[nearest] + spread - sampled[nearest], kept[nearest])
    return found


@checked
@dataclass(frozen=True, slots=True)
class FleetSetting:
    """A fleet and what it is to do: axes of the map.

    >>> FleetSetting(coverage="80 %")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: FleetSetting.coverage is '80 %'; it must be a number above 0 to 1
    """

    clocks: Annotated[str, Names(lambda: CLOCKS)] = "good"
    """How good the clocks are: a row of ``CLOCKS``."""
    coverage: Annotated[float, Range("share", 0, 1, above=True)] = 0.95
    """Share of devices that can be reached at a moment; each is out of reach for ``hours_out`` on average."""
    devices: Count = 1000
    """How many are managed."""
    hours: Annotated[float, Range("number", 0, above=True)] = 2.0
    """Length of the window, local time."""
    changes: Annotated[float, Range("number", 0)] = 0.0
    """How often a day the plan is changed, or taken back, before it runs."""
    taken_back: Share = 0.25
    """Which share of these changes takes it back."""
    hours_out: Annotated[float, Range("number", 0, above=True)] = 4.0
    """Mean length of a time out of reach."""
    off: Share = 0.03
    """Share of devices that are off when the window begins."""
    missed: Annotated[int, Range("number", 0, 2, whole=True)] = 1
    """MissedRule of the schedules."""
    poll: Annotated[float, Range("number", 0, above=True)] = 6.0
    """Hours between two polls."""
    work: Literal["local", "download"] = "local"
    """``local``: a schedule acts out of reach and reports later; ``download``: whoever acts needs the server then."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One window by one method, as a plan for ``sweep`` and for experiment files.

    >>> sorted(Contest(setting=FleetSetting(devices=50)).run(1))[:3]
    ['annoyance', 'cancel octets', 'done']
    """

    method: Annotated[str, Names(lambda: METHODS)] = "schedule on the device"
    """Who begins: a row of ``METHODS``."""
    setting: FleetSetting = FleetSetting()
    """The fleet."""

    def run(self, seed: int) -> dict[str, float]:
        """Play it once: a row of ``MEASURES``."""
        return play(self.setting, self.method, seed)


def _reached(at: Floats, setting: FleetSetting, streams: Streams, name: str) -> Floats:
    """When a device that wants to talk at ``at`` is in reach."""
    draw = streams.generator(name)
    out = draw.random(at.shape) >= setting.coverage
    return at + np.where(out, draw.exponential(setting.hours_out * HOUR, at.shape), 0.0)


def _scheduled(setting: FleetSetting, streams: Streams, off: NDArray[np.bool_], back: Floats) -> Floats:
    """When each device's schedule runs, drawn from the tapes of its class; what was off runs when it is back."""
    draw = streams.generator("classes")
    names, shares = list(CLOCKS[setting.clocks]), list(CLOCKS[setting.clocks].values())
    chosen = draw.choice(len(names), setting.devices, p=np.array(shares) / sum(shares))
    jitter, runs = int(setting.hours * HOUR), np.zeros(setting.devices)
    kinds = [*(replace(CLASSES[name], missed=setting.missed) for name in names),
             replace(CLASSES["off at the due time"], missed=setting.missed)]  # fmt: skip
    group = np.where(off, len(names), chosen)
    for number, kind in enumerate(kinds):
        mine = np.flatnonzero(group == number)
        if len(mine):
            runs[mine] = read_tape(kind, jitter, draw.random(len(mine)))
        if kind.fixed is not None and kind.fixed > 0:  # networks set clocks at different times
            runs[mine] += draw.uniform(-HOUR, HOUR, len(mine))
        if kind.off is not None:
            runs[mine] += back[mine] - kind.off[1]
    return runs


def _served(at: Floats) -> Floats:
    """When the one server is through with each, first come first served."""
    order = np.argsort(at, kind="stable")
    sorted_at = at[order]
    steps = np.arange(len(at)) * SERVICE
    done = np.maximum.accumulate(sorted_at - steps) + steps + SERVICE
    found = np.empty_like(at)
    found[order] = done
    return found


def play(setting: FleetSetting, method: str, seed: int = 1) -> dict[str, float]:
    """One window by one method: what share of devices was done in it, by the plan that then held, and what it cost."""
    if method not in METHODS:
        raise ConfigError(f"method {method!r} is not known; there are {', '.join(METHODS)}")
    streams = Streams(seed)
    count, window = setting.devices, setting.hours * HOUR
    draw = streams.generator(method)
    stale, updates = np.zeros(count, bool), setting.changes
    unreached = (1 - setting.coverage) * np.exp(-12.0 / setting.hours_out)
    off = streams.generator("power").random(count) < setting.off
    back = np.where(off, streams.generator("power on").uniform(HOUR, 9 * HOUR, count), 0.0)
    sent = dict.fromkeys(TRAFFIC, (0.0, 0.0)) | {"work": (0.0, 1.0)}
    once = 1.0 + (1 - setting.coverage)  # a short message, and again where nobody was in reach
    if method == "server trigger":
        sent["trigger"] = (once, 0.0)
        begins = draw.random(count) * window + draw.lognormal(1.5, 0.6, count)
        acts = np.maximum(_reached(begins, setting, streams, "reach"), back)
    elif method == "push, then spread":
        sent["trigger"] = (once, 0.0)
        got = np.maximum(_reached(draw.lognormal(1.5, 0.6, count), setting, streams, "reach"), back)
        acts = got + draw.random(count) * np.maximum(window - got, 0.0)
        open_ = np.maximum(acts - got, 0.0) / (24 * HOUR)  # days in which the push is out and not yet done
        each = updates * float(open_.mean()) * once
        sent["update"], sent["cancel"] = (each * (1 - setting.taken_back), 0.0), (each * setting.taken_back, 0.0)
        stale = draw.random(count) < 1 - np.exp(-updates * open_ * unreached) if updates else stale
    elif method == "polling":
        interval = setting.poll * HOUR
        acts = np.maximum(_reached(draw.random(count) * interval, setting, streams, "reach"), back)
        sent["poll"] = (0.0, 24.0 / setting.poll)
    else:
        acts = _scheduled(setting, streams, off, back)
        told = updates * (1 - setting.taken_back), updates * setting.taken_back
        sent |= {"install": (1.0, 1.0), "update": (told[0], told[0]), "cancel": (told[1], told[1])}
        if setting.work == "local":  # the work needs no server; its report does
            sent["work"], sent["report"] = (0.0, 0.0), (0.0, 1.0)
        stale = draw.random(count) < 1 - (1 - unreached) ** updates if updates else stale
    asked = np.where(np.isfinite(acts), acts, LATE * 9)
    if method == "schedule on the device":
        asked = np.where(np.isfinite(acts), _reached(asked, setting, streams, "reach"), asked)
    done = acts if method == "schedule on the device" and setting.work == "local" else _served(asked)
    within = (done >= 0) & (done <= window) & ~stale
    _, minutes = np.unique(asked[asked < LATE * 9] // 60, return_counts=True)
    outside = (acts < -60) | (acts > window + 60)
    return {
        "done": float(within.mean()),
        "ever": float((np.isfinite(acts) & ~stale).mean()),
        "wrong plan": float(stale.mean()),
        "outside": float((outside & np.isfinite(acts)).mean()),
        "peak": float(minutes.max(initial=0)),
        "annoyance": _annoyance(acts, outside),
        "octets": sum(m * MESSAGE + n * SESSION for m, n in sent.values()),
        "messages": sum(m for m, _ in sent.values()),
        **{f"{kind} octets": m * MESSAGE + n * SESSION for kind, (m, n) in sent.items()},
    }


def _annoyance(acts: Floats, outside: NDArray[np.bool_]) -> float:
    """What ``Prompt`` says of work that meets its owner: inside the agreed window nobody is met.

    Outside it, each is asked; at night that wakes people, by day some have to say "later".
    """
    weights = Prompt()
    met = acts[outside & np.isfinite(acts)]
    hour = (2.0 + met / HOUR) % 24.0
    night = (hour >= weights.night_start) | (hour < weights.night_end)
    each = 1.0 + weights.waking * night + weights.postponed * BUSY * ~night
    return float(each.sum() / len(acts))


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


MEASURES: Final = {
    "done": "share of devices done in the window, by the plan that held",
    "ever": "share done at all", "wrong plan": "share that did what had been taken back",
    "outside": "share whose user was met outside the window",
    "peak": "devices that came in one minute", "octets": "a device, all messages and sessions",
    "annoyance": "a device, by the weights of Prompt: asked outside the window, woken, had to say later",
    "messages": "short messages a device",
    **{f"{kind} octets": f"a device, {what}" for kind, what in TRAFFIC.items()},
}  # fmt: skip

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
    from scipy.stats import t as student

    names = table.attrs["axes"]
    rows = []
    for key, cell in table.groupby(names, sort=False):
        done = cell.pivot(index="seed", columns="method", values="done")
        octets = cell.groupby("method")["octets"].mean()
        order = done.mean().sort_values(ascending=False).index
        first, second = order[0], order[1]
        lead = (done[first] - done[second]).to_numpy()
        n, spread = len(lead), float(lead.std(ddof=1)) if len(lead) > 1 else 0.0
        half = float(student.ppf(0.975, n - 1)) * spread / n**0.5 if n > 1 else float("inf")
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


def survivors(jitter: int = 3600, seeds: int = 8) -> pd.DataFrame:
    """Which MissedRule survives which clock: for each class and rule the share that ran, and how far from the window.

    ``hours`` is the middle of the distances to the window, 0 inside it.
    """
    import pandas as pd

    rows = []
    for name, kind in CLASSES.items():
        if name.endswith("rule 0"):
            continue
        row: dict[str, object] = {"class": name}
        for rule, word in enumerate(("0 cancel", "1 at once", "2 after a delay")):
            found = tape(replace(kind, missed=rule), jitter, seeds)
            ran = found[np.isfinite(found)]
            away = np.maximum(np.maximum(-ran, ran - jitter), 0.0) / HOUR
            row[word] = f"{len(ran) / len(found):.0%}" + (f", {np.median(away):.1f} h off" if len(ran) else "")
        rows.append(row)
    table = pd.DataFrame(rows).set_index("class")
    table.attrs = {"version": dmkit.__version__, "basis": "proposal", "jitter": jitter, "seeds": seeds}
    return table


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
    return pd.DataFrame(rows, columns=["what", "0.1.0", "now", "why"]).round(3)
