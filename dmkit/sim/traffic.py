"""What devices send by themselves, who takes an update when, and how many may load at once in a cell.

>>> round(MIX.per_day, 1), coverage_level(rsrp=0, sinr=2)
(11.2, 2)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.arrays import Floats
from dmkit.sim.queueing import waits
from dmkit.sim.streams import Streams
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Share, SomeSeconds

__all__ = [
    "CELL_LIMITS",
    "MIX",
    "CellPlan",
    "ReportMix",
    "coverage_level",
    "diurnal",
    "paced",
    "report_sizes",
    "uptake",
]

_DAY: Final = 86400.0


@checked
@dataclass(frozen=True, slots=True)
class ReportMix:
    """Shares of devices by the interval of their reports in seconds.  [TR 45.820 Annex E]"""

    shares: Mapping[SomeSeconds, Share]
    """Interval in seconds -> share of the devices."""

    def __post_init__(self) -> None:
        if abs(sum(self.shares.values()) - 1) > 1e-9 or min(self.shares) <= 0:
            raise ConfigError(f"shares must add to 1 and intervals be above 0: {dict(self.shares)}")

    @property
    def per_day(self) -> float:
        """Mean reports a day of one device."""
        return sum(share * _DAY / interval for interval, share in self.shares.items())

    def times(self, devices: int, seconds: float, *, seed: int) -> Floats:
        """Sorted times of all reports of ``devices`` within ``seconds``; each device has its interval and its phase."""
        streams = Streams(seed)
        intervals = np.array(list(self.shares))
        chance = streams.uniform("interval", (devices,))
        mine = intervals[
            np.searchsorted(np.cumsum(list(self.shares.values())), chance, side="right").clip(max=len(intervals) - 1)
        ]
        first = streams.uniform("phase", (devices,)) * mine
        counts = np.maximum(0, np.ceil((seconds - first) / mine)).astype(np.int64)
        number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        result: Floats = np.sort(np.repeat(first, counts) + number * np.repeat(mine, counts))
        return result


MIX: Final = ReportMix(MappingProxyType({_DAY: 0.40, 7200.0: 0.40, 3600.0: 0.15, 1800.0: 0.05}))
"""Mobile autonomous reporting: once a day, every two hours, every hour, every half hour."""


@asked
def report_sizes(reports: int, *, seed: int, shape: float = 2.5, least: float = 20.0, most: float = 200.0) -> Floats:
    """Octets of reports: Pareto, cut at ``most``.  [TR 45.820 Annex E]"""
    draws = Streams(seed).uniform("size", (reports,))
    return np.minimum(most, least * (1 - draws) ** (-1 / shape))


@asked
def diurnal(
    hours: Floats,
    *,
    daily: float = 0.5,
    peak: float = 18.0,
    half_daily: float = 0.2,
    half_peak: float = 12.0,
    weekend: float = 0.9,
) -> Floats:
    """Relative activity at ``hours`` since Monday midnight: a daily and a half-daily line, less at the weekend.

    The three lines are what towers show [Wang et al. 2015]; the amplitudes are illustrative (basis: proposal).
    """
    day = (
        1 + daily * np.cos(2 * np.pi * (hours - peak) / 24) + half_daily * np.cos(4 * np.pi * (hours - half_peak) / 24)
    )
    return np.where((hours // 24) % 7 >= 5, weekend, 1.0) * np.maximum(day, 0.0)


@asked
def uptake(devices: int, half_life: float, *, seed: int) -> Floats:
    """When each device takes an update, when what is left halves every ``half_life``; unit of ``half_life``.

    [Qualys 2009: half-life 30 days]
    """
    return Streams(seed).exponential("uptake", (devices,), half_life / np.log(2))


# -- cells

CELL_LIMITS: Final[Mapping[int | None, int]] = MappingProxyType({0: 50, 1: 10, 2: 1, None: 10})
"""Coverage level -> updates at the same time in one cell; None: level not known.  [a production NB-IoT scheduler]"""


@asked
def coverage_level(*, rsrp: int | None, sinr: int | None) -> int | None:
    """The weaker of the two decides; None when either is not known."""
    return None if rsrp is None or sinr is None else max(rsrp, sinr)


@dataclass(frozen=True, slots=True, eq=False)
class CellPlan:
    """When each device of a paced campaign starts and ends; seconds, shape ``(devices,)``; NaN where refused."""

    start: Floats
    end: Floats
    refused: NDArray[np.bool_]

    @property
    def makespan(self) -> float:
        """Until the last is done."""
        return float(np.nanmax(self.end, initial=0.0))


@asked
def paced(
    cells: NDArray[np.int64],
    levels: list[int | None],
    durations: Floats,
    *,
    limits: Mapping[int | None, int] = CELL_LIMITS,
    due: Floats | None = None,
) -> CellPlan:
    """Start each device as soon as its cell has room at its coverage level.

    ``cells``: number of the cell of each device, negative when not known (such a device is refused); ``levels``: its
    coverage level; ``due``: when it may start at the earliest.  First due, first started.  ConfigError for a level
    without a limit.
    """
    n = len(cells)
    ready = np.zeros(n) if due is None else due
    unknown = sorted({str(level) for level in levels if level not in limits})
    if unknown:
        raise ConfigError(f"no limit for coverage level {unknown[0]}; limits are {dict(limits)}")
    start = np.full(n, np.nan)
    classes: dict[tuple[int, int | None], list[int]] = {}
    for k in np.argsort(ready, kind="stable").tolist():
        if cells[k] >= 0:
            classes.setdefault((int(cells[k]), levels[k]), []).append(k)
    for (_, level), members in classes.items():
        chosen = np.array(members)
        start[chosen] = ready[chosen] + waits(ready[chosen], durations[chosen], limits[level])
    return CellPlan(start, start + durations, cells < 0)
