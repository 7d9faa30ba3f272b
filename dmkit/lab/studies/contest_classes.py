"""Kinds of devices by clock, power and zone, each with a tape: when its schedule runs, played once by the real engine.

Devices of a fleet draw from the tapes of their class; a test plays devices of each class again and compares.

>>> tape(CLASSES["right"], 0, seeds=2).tolist()  # no spread: it runs when due
[0.0, 0.0]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np

import dmkit
from dmkit.mo.sched.build import component, options
from dmkit.mo.sched.events import EventKind, Happening, Signal, What
from dmkit.mo.sched.time import printed
from dmkit.sim.arrays import Floats
from dmkit.sim.schedule import DAY, START, install, phone, run
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Instant, Range
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CLASSES", "CLOCKS", "DUE", "HOUR", "Class", "happened", "read_tape", "survivors", "tape"]

HOUR: Final = 3600.0
DUE: Final = START + DAY + 2 * HOUR
"""The window begins at 02:00 local time of the second day."""


@checked
@dataclass(frozen=True, slots=True)
class Class:
    """A device whose clock, power and zone are so; ``missed`` is MissedRule of its schedule."""

    name: str
    """How the class is called in the table."""
    offset: Instant = 0.0
    """Seconds by which its clock is ahead, until ``fixed``."""
    fixed: Instant | None = None
    """When the network sets the clock right: seconds from the beginning of the window; None: never."""
    zone: Annotated[float, Range("hour", -24, 24)] = 0.0
    """Hours by which its zone is wrong: it sees the due time so much earlier."""
    off: tuple[Instant, Instant] | None = None
    """From when to when it is off or has no power, in seconds from the beginning of the window."""
    missed: Annotated[int, Range("number", 0, 2, whole=True)] = 1


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
