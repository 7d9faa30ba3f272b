"""Questions of scheduling, each a set of named campaigns; a table that compares them, and a board to play on.

Servers have the same work whatever the number of devices, and a cell has a hundred of them: ``devices`` changes how
fine the picture is and not what it shows.  Designs of one question meet the same luck when their seeds are the same.
Sizes and prices are for comparison, not measured (basis: proposal); what the models hold is on the page `world`.

>>> list(POLICIES_COMPARED)
['triggers', 'device or server', 'backoff', 'night', 'cells', 'download', 'outage']
>>> bool(RolloutDesign("triggers", "polling every 6 h", devices=100).run(1).done.all())
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from dmkit.sim.arrivals import Arrivals, AtOnce, ByCell, ByZone, OnDevice, Polling, Spread
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.net import LINKS, PUSH, Cells, Download
from dmkit.sim.people import HANDSET, Prompt, Window
from dmkit.sim.run import Run
from dmkit.words.arguments import whole
from dmkit.words.checked import Names, checked, nearest
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MEASURES",
    "POLICIES_COMPARED",
    "TRIGGERS",
    "RolloutDesign",
    "compare",
    "completion",
    "fleet_of",
    "readable",
    "runs",
    "triggered",
]

WORK: Final = 600.0
"""Server seconds for each exchange of the whole fleet."""
HOUR: Final = 3600.0
CELL: Final = 100
"""Devices of a cell on average."""
ZONES: Final = (0.0, -1.0, -2.0, -3.0)
"""Hours east of the first: the campaign goes west with the sun."""

MEASURES: Final = {
    "t50": "s until half of all devices were done",
    "t95": "s until 95 %",
    "t99": "s until 99 %",
    "failed": "devices that gave up or were never reached",
    "peak_queue": "most requests waiting",
    "wasted": "share of the servers' work that nobody waited for",
    "short_messages": "for triggers",
    "megabytes": "both ways, handshakes and repeats included",
    "energy": "J, mean of a device",
    "cost": "money: octets 0.1 a megabyte, short messages 0.01, servers 0.5 an hour",
    "annoyance": "mean of a device: prompts, at night and postponed ones weighted",
}
"""Columns of ``compare`` and their units."""


def fleet_of(devices: int) -> Campaign:
    """Phones on LTE, an hour of triggers by SMS, four servers: what every design here is a variation of."""
    devices = whole("devices", devices, 1)
    return Campaign(
        devices=devices,
        link=replace(LINKS["lte"].over("tls 1.3"), cost_per_mb=0.1),
        push=replace(PUSH["good"], tries=3, cost=0.01),
        conditions=HANDSET,
        cells=Cells(count=-(-devices // CELL), skew=1.0),
        arrivals=Spread(HOUR),
        servers=Servers(count=4, service=WORK / devices, cost_per_hour=0.5),
        retry=Retry(policy="full", base=30.0, cap=HOUR, attempts=8),
    )


TRIGGERS: Final[Mapping[str, Arrivals]] = MappingProxyType(
    {
        "all at once": AtOnce(),
        "spread over 1 h": Spread(HOUR),
        "by cell": ByCell(1, 1.0),  # its group follows the number of devices
        "by time zone": ByZone(ZONES, 900.0),
        "schedule on the device": OnDevice(jitter=HOUR, clock_error=30.0),
        "polling every 6 h": Polling(6 * HOUR),
    }
)


def triggered(plan: Campaign, name: str) -> Campaign:
    """``plan`` with a row of ``TRIGGERS``; ConfigError for one that is not there."""
    if name not in TRIGGERS:
        raise ConfigError(f"trigger {name!r} is not known; there are {', '.join(TRIGGERS)}")
    law = TRIGGERS[name]
    if isinstance(law, ByCell):
        law = ByCell(CELL, HOUR * CELL / plan.devices)
    return replace(plan, arrivals=law, window=replace(plan.window, zones=ZONES if isinstance(law, ByZone) else 1))


def _designs(devices: int) -> dict[str, dict[str, Campaign]]:
    base = fleet_of(devices)
    herd = replace(base, arrivals=AtOnce(), push=None, conditions=())
    evening = replace(base, prompt=Prompt(), start_hour=18.0)
    night = replace(base, prompt=Prompt(), start_hour=1.0, arrivals=Spread(3 * HOUR), window=Window(start=1, end=5))
    slow = replace(LINKS["lte-m"].over("tls 1.3"), cost_per_mb=0.1)
    load = replace(base, link=slow, download=Download(octets=2_000_000))
    hurried = replace(load, arrivals=Spread(900.0))
    broken = replace(load, download=Download(octets=2_000_000, breaks=0.3))
    down = replace(base.servers, outages=((1200.0, 2400.0),))
    backoffs = ("none", "exponential", "equal", "decorrelated", "full")
    return {
        "triggers": {name: triggered(base, name) for name in TRIGGERS},
        "device or server": {
            "server: spread over 1 h": base,
            "server: all at once": triggered(base, "all at once"),
            "device: jitter of 1 h": triggered(base, "schedule on the device"),
            "device: no jitter": replace(base, arrivals=OnDevice(clock_error=30.0)),
        },
        "backoff": {
            **{name: replace(herd, retry=replace(base.retry, policy=name)) for name in backoffs},
            "full, budget of 20 %": replace(herd, retry=replace(base.retry, budget=0.2)),
            "full, told Retry-After": replace(
                herd, servers=replace(base.servers, queue=devices // 20, retry_after=120)
            ),
        },
        "night": {
            "at 18 h, any hour": evening,
            "at 18 h, for the night": replace(evening, window=night.window),
            "in the night": night,
            "in the night, nobody asked": replace(night, prompt=None),
            "by day": replace(night, start_hour=9.0, window=Window(start=9, end=21)),
        },
        "cells": {
            **{
                f"{limit} at the same time": replace(hurried, cells=replace(base.cells, limit=limit))
                for limit in (50, 10, 3)
            },
            "no limit": hurried,
        },
        "download": {
            "unbroken": load,
            "resumed": broken,
            "from the start": replace(load, download=Download(octets=2_000_000, breaks=0.3, resume=False)),
            "resumed, few download servers": replace(
                load, download=Download(octets=2_000_000, breaks=0.3, servers=max(1, devices // 100))
            ),
        },
        "outage": {
            "no outage": base,
            "20 min, no retry": replace(base, servers=down, retry=replace(base.retry, attempts=1)),
            "20 min, retry at once": replace(base, servers=down, retry=replace(base.retry, policy="none")),
            "20 min, full jitter": replace(base, servers=down),
            "20 min, full jitter, budget of 20 %": replace(base, servers=down, retry=replace(base.retry, budget=0.2)),
        },
    }


POLICIES_COMPARED: Final[Mapping[str, Mapping[str, Campaign]]] = MappingProxyType(
    {question: MappingProxyType(rows) for question, rows in _designs(2000).items()}
)
"""Question -> name of a design -> its campaign, at 2 000 devices."""


@checked
@dataclass(frozen=True, slots=True)
class RolloutDesign:
    """One row of ``POLICIES_COMPARED`` at any number of devices: a plan for ``sweep``.  ConfigError for others."""

    question: Annotated[str, Names(lambda: POLICIES_COMPARED)]
    """A key of ``POLICIES_COMPARED``."""
    name: str
    """A row of that question."""
    devices: Count = 2000
    """How many are managed."""

    def __post_init__(self) -> None:
        if self.name not in (rows := POLICIES_COMPARED[self.question]):
            known = f"{', '.join(rows)}{nearest(self.name, rows)}"
            raise ConfigError(f"design {self.name!r} of {self.question!r} is not known; there are {known}")

    @property
    def plan(self) -> Campaign:
        """Its campaign."""
        return _designs(self.devices)[self.question][self.name]

    def run(self, seed: int) -> Run:
        """Play it once."""
        return self.plan.run(seed)


def runs(
    question: str, seeds: Iterable[int] = range(1, 6), *, devices: int = 2000, measure: Any = None, **options: Any
) -> pd.DataFrame:
    """A sweep over the designs of ``question``, named in column "name"; ``options`` go to ``sweep``."""
    from dmkit.lab.runs.experiment import sweep

    if question not in POLICIES_COMPARED:
        raise ConfigError(f"question {question!r} is not known; there are {', '.join(POLICIES_COMPARED)}")
    names = list(POLICIES_COMPARED[question])
    options.setdefault("progress", False)
    return sweep(
        RolloutDesign(question, names[0], devices), over={"name": names}, seeds=seeds, measure=measure, **options
    )


def compare(
    question: str,
    seeds: Iterable[int] = range(1, 6),
    *,
    devices: int = 2000,
    against: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """The designs of ``question`` over ``seeds``: for each of ``MEASURES`` its mean and half of its 95 % interval.

    Pairs too: ``Δ`` and ``± Δ`` are the differences to the design ``against`` (the first one), seed by seed: all meet
    the same luck.  A time that was not reached in every run says by how much.
    """
    from dmkit.lab.runs.experiment import summary

    frame = runs(question, seeds, devices=devices, **options)
    base = against if against is not None else next(iter(POLICIES_COMPARED[question]))
    table = summary(frame, "name", list(MEASURES), against=base).set_index("name")
    table.attrs["units"] = {"n": "runs", **MEASURES}
    return table


def readable(table: pd.DataFrame, *, differences: bool = False) -> pd.DataFrame:
    """A table of ``compare`` as texts: ``mean ± half``, times in minutes; or the ``differences`` in the same way."""
    import pandas as pd

    sign = "Δ " if differences else ""
    columns: dict[str, list[str]] = {}
    for name in [column for column in MEASURES if sign + column in table]:
        minutes = name in ("t50", "t95", "t99")
        factor = 60.0 if minutes else 1.0
        columns[f"{sign}{name}, min" if minutes else sign + name] = [
            _text(mean, half, factor) for mean, half in zip(table[sign + name], table[f"± {sign}{name}"], strict=True)
        ]
    readable = pd.DataFrame(columns, index=table.index)
    readable.attrs["units"] = {name: MEASURES[name] for name in MEASURES if sign + name in columns}
    return readable


def _text(mean: object, half: object, factor: float) -> str:
    from dmkit.lab.runs.stats import Interval

    if isinstance(mean, str) or not isinstance(mean, int | float):
        return str(mean)
    if isinstance(half, str) or not isinstance(half, int | float) or not half:
        return f"{mean / factor:.4g}"
    return str(Interval(mean / factor, half / factor, 2))


def completion(
    question: str, seeds: Iterable[int] = range(1, 6), *, until: float = 4 * HOUR, devices: int = 2000, **options: Any
) -> pd.DataFrame:
    """Curves of the designs of ``question`` up to ``until`` seconds, for ``plot.completion(frame, by="name")``."""
    from functools import partial

    from dmkit.lab.studies import campaign

    return runs(question, seeds, devices=devices, measure=partial(campaign.completion, until=until), **options)
