"""A board to play a campaign on: choose how it is triggered, when, by how many servers, where and for whom.

``outlook`` plays the campaign of a choice and looks at it; ``dashboard`` gives it knobs.  One seed, so that two choices
meet the same luck.

>>> outlook(devices=500)
trigger spread over 1 h, ...: 500 of 500 devices done; half in ... min, 95 % in ... min; ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.figure import Figure

from dmkit.lab.plots.drawing import COLOURS, figure_svg, finished
from dmkit.lab.studies import campaign
from dmkit.lab.studies.rollout_designs import TRIGGERS, fleet_of, triggered
from dmkit.sim.backoff import POLICIES
from dmkit.sim.campaign import Campaign, Retry
from dmkit.sim.draws import Draws
from dmkit.sim.fleet import run_fleet
from dmkit.sim.net import LINKS, PUSH, Link, Push
from dmkit.sim.people import HANDSET, READY, SENSOR, Condition, Prompt, Window
from dmkit.views.look import STROKE, Look, escape, picture
from dmkit.words.arguments import instance, one_of, whole
from dmkit.words.counts import many

if TYPE_CHECKING:
    from dmkit.lab.boards.widgets import Explorer
    from dmkit.sim.run import Run

__all__ = ["COVERAGE", "PEOPLE", "WINDOWS", "chosen", "dashboard", "outlook"]

WINDOWS: Final[Mapping[str, Window]] = MappingProxyType(
    {"any hour": Window(), "night, 1 to 5 h": Window(start=1, end=5), "day, 9 to 21 h": Window(start=9, end=21)}
)
COVERAGE: Final[Mapping[str, tuple[Link, Push]]] = MappingProxyType(
    {
        "good: LTE": (LINKS["lte"], PUSH["good"]),
        "fair: LTE-M": (replace(LINKS["lte-m"], loss=0.02), PUSH["good"]),
        "poor: NB-IoT, late SMS": (replace(LINKS["nb-iot"], loss=0.05), PUSH["poor"]),
    }
)
PEOPLE: Final[Mapping[str, tuple[tuple[Condition, ...], Prompt | None]]] = MappingProxyType(
    {
        "phones, nobody asked": (HANDSET, None),
        "phones, owners asked": (HANDSET, Prompt()),
        "all ready": (READY, None),
        "sensors that sleep": (SENSOR, None),
    }
)
_SHOWN_HOURS: Final = 6.0


def chosen(
    trigger: str = "spread over 1 h",
    retry: str = "full",
    window: str = "any hour",
    servers: int = 4,
    coverage: str = "good: LTE",
    people: str = "phones, nobody asked",
    devices: int = 10_000,
) -> Campaign:
    """The campaign of a choice: it begins at midnight.  ConfigError for a choice that is not there."""
    asked: dict[str, tuple[Any, Mapping[str, Any]]] = {
        "trigger": (trigger, TRIGGERS), "retry": (retry, POLICIES), "window": (window, WINDOWS),
        "coverage": (coverage, COVERAGE), "people": (people, PEOPLE),
    }  # fmt: skip
    for name, (value, table) in asked.items():
        one_of(name, value, table)
    base = fleet_of(devices)
    link, push = COVERAGE[coverage]
    conditions, prompt = PEOPLE[people]
    plan = replace(
        base,
        link=replace(link.over("tls 1.3"), cost_per_mb=base.link.cost_per_mb),
        push=replace(push, tries=3, cost=0.01),
        conditions=conditions,
        prompt=prompt,
        window=WINDOWS[window],
        servers=replace(base.servers, count=servers),
        retry=replace(base.retry, policy=retry),
        record=True,
    )
    return triggered(plan, trigger)


def outlook(
    trigger: str = "spread over 1 h",
    retry: str = "full",
    window: str = "any hour",
    servers: int = 4,
    coverage: str = "good: LTE",
    people: str = "phones, nobody asked",
    *,
    devices: int = 10_000,
    seed: int = 1,
    beside: list[Run] | None = None,
) -> Look:
    """Play the campaign of a choice and look at it: completion, load of the servers, and the numbers in a row.

    ``beside`` holds the run of the choice before, which is drawn in grey, and afterwards the run of this one.
    """
    seed = whole("seed", seed)
    instance("beside", beside, (list, type(None)), "a list, empty or with the run before, or None")
    plan = chosen(trigger, retry, window, servers, coverage, people, devices)
    common = replace(plan, servers=replace(plan.servers, count=1), retry=Retry())
    run = run_fleet(plan, _drawn_before(common, seed).for_plan(plan))
    row = run.summary()
    where = f"trigger {trigger}, retry {retry}, {window}, {many(servers, 'server')}, {coverage}, {people}"
    parts = (
        f"{int(run.done.sum())} of {many(devices, 'device')} done",
        f"half in {_minutes(row['t50'])}, 95 % in {_minutes(row['t95'])}",
        f"at most {many(row['peak_queue'], 'request', form='.0f')} waiting",
        f"{many(row['short_messages'], 'short message', form='.0f')}, {row['megabytes']:.1f} MB, "
        f"{row['energy']:.2f} J a device",
        f"cost {row['cost']:.0f}, annoyance {row['annoyance']:.2f}",
    )
    text = "; ".join(parts)
    drawn = _drawn(run, beside[0] if beside else None)
    if beside is not None:
        beside[:] = [run]
    return Look(f"{where}: {text}", f"{picture(drawn, f'{where}: {text}')}<p>{escape(text)}.</p>")


@lru_cache(maxsize=4)
def _drawn_before(common: Campaign, seed: int) -> Draws:
    """What chance decides before the campaign begins; it is the same for any number of servers and any retries."""
    return Draws.of(common, seed)


def _minutes(seconds: float) -> str:
    return "no time" if np.isinf(seconds) else f"{seconds / 60:.0f} min"


def _drawn(run: Run, ghost: Run | None) -> str:
    figure = Figure(figsize=(9.6, 3.3))  # a place for each thing: to look for one costs more than to draw
    figure.subplots_adjust(left=0.07, right=0.99, top=0.9, bottom=0.16, wspace=0.2)
    left, right = figure.subplots(1, 2)
    until = _SHOWN_HOURS * 3600
    for grey in [ghost] if ghost is not None else []:
        before, waited = campaign.completion(grey, until, 120), campaign.load(grey, until, 120)
        style: dict[str, Any] = {"color": STROKE.mid, "ls": ":", "lw": 1.5, "label": "the choice before"}
        left.plot([r["t"] / 3600 for r in before], [100 * r["share"] for r in before], **style)
        right.plot(
            [r["t"] / 3600 for r in waited], [r["queue"] for r in waited], **{**style, "label": "waiting before"}
        )
        left.legend(frameon=False, fontsize=9, loc="lower right")
    done = campaign.completion(run, until, 120)
    left.plot([r["t"] / 3600 for r in done], [100 * r["share"] for r in done], color=COLOURS[0], lw=2)
    left.set_ylim(0, 102)
    load = campaign.load(run, until, 120)
    hours = [r["t"] / 3600 for r in load]
    right.plot(hours, [r["busy"] for r in load], color=COLOURS[1], lw=1.5, label="servers at work")
    right.plot(hours, [r["queue"] for r in load], color=COLOURS[0], lw=1.5, ls="--", label="requests waiting")
    right.set_yscale("symlog", linthresh=10)
    right.set_ylim(0, max(12.0, 1.2 * max(max(r["busy"], r["queue"]) for r in load)))
    right.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    right.legend(frameon=False, fontsize=9, loc="upper right")
    for axes in (left, right):
        axes.set_xlim(0, _SHOWN_HOURS)
    finished(left, "Devices done", "hours since midnight", "%")
    finished(right, "Load of the servers", "hours since midnight", "number (10 and more: logarithmic)")
    for axes in (left, right):
        axes.set_title(axes.get_title(loc="left"), loc="left", fontsize=11, y=1.02)
    return figure_svg(figure)


def dashboard(devices: int = 10_000, seed: int = 1) -> Explorer:
    """The board: a control for each choice of ``outlook``; completion curve, load and numbers follow.

    >>> import dmkit as dm
    >>> hasattr(dashboard(devices=50), "controls")
    True
    """
    from dmkit.lab.boards.widgets import explore

    before: list[Run] = []

    def draw(**values: Any) -> Look:
        return outlook(**values, devices=devices, seed=seed, beside=before)

    return explore(
        draw,
        trigger=["spread over 1 h", *(name for name in TRIGGERS if name != "spread over 1 h")],
        retry=["full", *(name for name in POLICIES if name != "full")],
        window=list(WINDOWS),
        servers=(4, 64),
        coverage=list(COVERAGE),
        people=list(PEOPLE),
    )
