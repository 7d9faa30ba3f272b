"""A staged rollout: canaries first, then more, stopped by itself when too many devices fail after the update.

Each stage is a ``Campaign`` of its own.  A device that has the package may be broken by it (``defect``); that is
noticed when it has been silent for ``notice`` seconds, and so is that it lives.  After every device heard of, a row of
``RULES`` judges: stop, go on to all at once, or wait.  A stop is for the whole fleet: who has not the package then is
spared.  What is left of a stage when the next begins does not burden its servers.

>>> plan = Rollout(campaign=Campaign(devices=2000), stages=(0.05, 1.0), defect=0.2, rule="sequential")
>>> run = plan.run(seed=1)
>>> run.stopped, run.bricked < 40
(True, True)

What the rules are:

- ``no failure``: one broken device stops it.  A stage of n devices without any says, with 95 % certainty, that fewer
  than 3 in n break.  [Hanley, Lippman-Hand 1983]
- ``wilson``: stops when the lower end of the 95 % interval of the share of broken devices lies above ``tolerated``.
  [Wilson 1927]  Looked at after every device it errs more often than 5 %; that is the price of looking.
- ``sequential``: Wald's test between ``tolerated`` and ``intolerable``, which keeps its two error rates however often
  one looks, and may also find early that the package is good.  [Wald 1945]
- ``never``: to compare with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.campaign import Campaign
from dmkit.sim.provenance import made_by
from dmkit.sim.quantiles import share_bound
from dmkit.sim.streams import Streams
from dmkit.words.asked import asked
from dmkit.words.checked import Names, Size, checked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Natural, Range, Seconds, Share

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "RULES", "Rollout", "RolloutRun", "StageRow", "Verdicts", "promise"]

Counts = NDArray[np.int64]
Verdicts: TypeAlias = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""After each device heard of: stop; good enough for everybody."""
RolloutRule: TypeAlias = "Callable[[Rollout, Counts, Counts], Verdicts]"


def _never(plan: Rollout, reported: Counts, broken: Counts) -> Verdicts:
    nothing = np.zeros(len(reported), dtype=np.bool_)
    return nothing, nothing


def _no_failure(plan: Rollout, reported: Counts, broken: Counts) -> Verdicts:
    return broken > 0, np.zeros(len(reported), dtype=np.bool_)


def _wilson(plan: Rollout, reported: Counts, broken: Counts) -> Verdicts:
    z = NormalDist().inv_cdf(0.975)
    share, spread = broken / reported, z * z / reported
    half = z * np.sqrt(share * (1 - share) / reported + spread / (4 * reported))
    low = (share + spread / 2 - half) / (1 + spread)
    return (low > plan.tolerated) & (reported >= plan.least), np.zeros(len(reported), dtype=np.bool_)


def _sequential(plan: Rollout, reported: Counts, broken: Counts) -> Verdicts:
    good, bad = plan.tolerated, plan.intolerable
    evidence = broken * math.log(bad / good) + (reported - broken) * math.log((1 - bad) / (1 - good))
    return (
        evidence >= math.log((1 - plan.missed) / plan.false_alarm),
        evidence <= math.log(plan.missed / (1 - plan.false_alarm)),
    )


RULES: Final[Mapping[str, RolloutRule]] = MappingProxyType(
    {"never": _never, "no failure": _no_failure, "wilson": _wilson, "sequential": _sequential}
)
"""Name -> rule over the devices heard of so far and those of them that are broken."""

COLUMNS: Final = {
    "stage": "number, from 1",
    "devices": "that the stage is for",
    "begins": "s since the rollout began",
    "ends": "s, when the next may begin or it was stopped",
    "updated": "devices with the package",
    "bricked": "of them broken",
    "reported": "devices heard of by the end, those of earlier stages included",
    "known_broken": "of them broken",
    "bound": "95 % upper bound of the share of broken devices, from all heard of so far",
    "verdict": "go on, all at once, stopped, done",
}


@dataclass(frozen=True, slots=True)
class StageRow:
    """What became of one stage; units in ``COLUMNS``."""

    stage: int
    devices: int
    begins: float
    ends: float
    updated: int
    bricked: int
    reported: int
    known_broken: int
    bound: float
    verdict: str


Inside: TypeAlias = Annotated[float, Range("share", 0, 1, above=True, below=True)]
"""A share that is neither nothing nor all."""
Half: TypeAlias = Annotated[float, Range("share", 0, 0.5, above=True, below=True)]
"""The probability of an error, below one half."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The plan.  ``stages`` are shares of the fleet that have the package after each, the last is 1.

    >>> import dmkit as dm
    >>> Rollout(campaign=dm.Campaign(devices=100), stages=(0.1, 1.0)).stages
    (0.1, 1.0)
    """

    campaign: Campaign
    """How the devices of a stage are managed."""
    stages: Annotated[tuple[Annotated[float, Range("share", 0, 1, above=True)], ...], Size(1)] = (0.01, 0.1, 1.0)
    defect: Share = 0.0
    """Probability that the package breaks a device: what the rollout does not know."""
    rule: Annotated[str, Names(lambda: RULES)] = "sequential"
    """A row of ``RULES``."""
    tolerated: Inside = 0.005
    """Share of broken devices that is accepted."""
    intolerable: Inside = 0.02
    """Share that must not go unnoticed (``sequential``)."""
    false_alarm: Half = 0.05
    """Probability to stop a package that breaks ``tolerated`` (``sequential``)."""
    missed: Half = 0.05
    """Probability to let one through that breaks ``intolerable`` (``sequential``)."""
    least: Natural = 30
    """Devices to have heard of before ``wilson`` judges."""
    notice: Seconds = 3600.0
    """Seconds of silence after which a device counts as broken, and of life after which it does not.  PROPOSAL"""
    watch: Seconds = 0.0
    """Further seconds between two stages."""
    quorum: Annotated[float, Range("share", 0, 1, above=True)] = 0.95
    """Share of a stage that must be heard of before the next begins; devices that gave up do not count."""

    def __post_init__(self) -> None:
        grows = all(a < b for a, b in zip((0.0, *self.stages), self.stages, strict=False))
        if not self.stages or not grows or self.stages[-1] != 1.0:
            raise ConfigError(f"Rollout.stages must be growing shares above 0 that end with 1: {self.stages}")
        if self.tolerated >= self.intolerable:
            raise ConfigError(
                f"Rollout.tolerated is {self.tolerated}; it must be below intolerable, which is {self.intolerable}"
            )

    def sizes(self) -> tuple[int, ...]:
        """Devices of each stage; a stage that would be empty has none."""
        ends = [round(share * self.campaign.devices) for share in self.stages]
        return tuple(b - a for a, b in zip([0, *ends], ends, strict=False))

    def run(self, seed: int) -> RolloutRun:
        """Play it once: the same devices are broken by the same seed, whatever the rule."""
        n = self.campaign.devices
        broken = Streams(seed).uniform("defects", (n,)) < self.defect
        seeds = Streams(seed).generator("stages").integers(2**31, size=len(self.stages))
        finished = np.full(n, np.nan)
        waiting = np.zeros(0, dtype=np.int64)  # devices with the package that nobody has heard of yet
        rows: list[tuple[int, slice, float, float, int, int, str]] = []
        begins, at, reported, bad, free = 0.0, 0, 0, 0, False
        for number, size in enumerate(self.sizes()):
            mine = slice(at, n if free else at + size)
            if mine.start == mine.stop:
                continue
            at, last = mine.stop, mine.stop == n
            finished[mine] = replace(self.campaign, devices=mine.stop - mine.start).run(int(seeds[number])).seconds()
            finished[mine] += begins
            new = mine.start + np.flatnonzero(~np.isnan(finished[mine]))
            ends = begins + self._patience(finished[new] - begins, last=last)
            order = np.concatenate([waiting, new])
            order = order[np.argsort(finished[order], kind="stable")]
            known = finished[order] + self.notice
            upto = reported + np.arange(1, len(order) + 1), bad + np.cumsum(broken[order])
            stop, enough = (_never if free else RULES[self.rule])(self, *upto)
            in_time = known <= (np.inf if last else ends)
            stops, goes_on = _first(stop & in_time), _first(enough & in_time)
            verdict = "done" if last else "go on"
            if stops < goes_on:
                ends, verdict = float(known[stops]), "stopped"
            elif goes_on < stops and not last:
                ends, verdict, free = float(known[goes_on]), "all at once", True
            told = int(np.searchsorted(known, ends, side="right"))
            reported, bad, waiting = reported + told, bad + int(broken[order[:told]].sum()), order[told:]
            rows.append((number + 1, mine, begins, ends, reported, bad, verdict))
            if verdict == "stopped":
                finished[finished > ends] = np.nan
                break
            begins = ends
        has = ~np.isnan(finished)
        stages = tuple(
            StageRow(
                *(number, mine.stop - mine.start, begins, ends, int(has[mine].sum()), int((has & broken)[mine].sum())),
                *(reported, bad, promise(reported, bad), verdict),
            )
            for number, mine, begins, ends, reported, bad, verdict in rows
        )
        return RolloutRun(self, seed, stages, finished, broken)

    def _patience(self, times: NDArray[np.float64], *, last: bool) -> float:
        """Seconds from the beginning of a stage until the next may begin; until the last has it for the last stage."""
        if not len(times):
            return 0.0 if last else self.watch
        ordered = np.sort(times)
        if last:
            return float(ordered[-1])
        return float(ordered[math.ceil(self.quorum * len(ordered)) - 1]) + self.notice + self.watch


def _first(hits: NDArray[np.bool_]) -> int:
    """Index of the first True; the length when there is none."""
    return int(np.argmax(hits)) if hits.any() else len(hits)


@asked
def promise(reported: int, broken: int, level: float = 0.95) -> float:
    """Upper bound of the share of broken devices after ``broken`` of ``reported``: Clopper and Pearson's, one-sided.

    >>> round(promise(300, 0), 6)
    0.009936
    """
    if broken >= reported:
        return 1.0
    return share_bound(broken, reported, level)


@dataclass(frozen=True, slots=True, eq=False)
class RolloutRun:
    """What it came to.  ``finished``: when each device had the package, NaN for those that never did."""

    plan: Rollout
    seed: int
    stages: tuple[StageRow, ...]
    finished: NDArray[np.float64]
    broken: NDArray[np.bool_] = field(repr=False)

    @property
    def stopped(self) -> bool:
        """Whether the rule put an end to it."""
        return self.stages[-1].verdict == "stopped"

    @property
    def bricked(self) -> int:
        """Devices that the package has broken."""
        return sum(row.bricked for row in self.stages)

    def summary(self) -> dict[str, Any]:
        """The run as one row: stopped or not, when and in which stage; devices updated, bricked and spared."""
        updated = sum(row.updated for row in self.stages)
        return {
            "seed": self.seed,
            "stopped": self.stopped,
            "stage": self.stages[-1].stage,
            "seconds": self.stages[-1].ends,
            "updated": updated,
            "bricked": self.bricked,
            "spared": self.plan.campaign.devices - updated,
        }

    def frame(self) -> pd.DataFrame:
        """One row per stage; columns are ``COLUMNS``."""
        import pandas as pd

        frame = pd.DataFrame([{name: getattr(row, name) for name in COLUMNS} for row in self.stages])
        frame.attrs = {
            "measure": "rollout",
            **made_by(),
            "parameters": repr(self.plan),
            "seed": self.seed,
            "units": COLUMNS,
        }
        return frame

    def __repr__(self) -> str:
        row = self.summary()
        how = f"stopped in stage {row['stage']}" if row["stopped"] else "came to its end"
        bricked = many(row["bricked"], "device")
        return f"RolloutRun(seed {self.seed}: {how} after {row['seconds']:.0f} s, {bricked} bricked)"
