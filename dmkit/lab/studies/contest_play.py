"""One window of a fleet by one method: who is done in it, by which plan, and what that costs.

A server's triggers, a schedule on the device, polling, or a push that devices spread: the same work on the same fleet.
Shares, delays and prices are for comparison, not measured (basis: proposal).

>>> sorted(name for name, value in play(FleetSetting(devices=20), "polling").items() if value == 0.0)[:3]
['cancel octets', 'install octets', 'messages']
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dmkit.lab.studies.contest_classes import CLASSES, CLOCKS, HOUR, read_tape
from dmkit.sim.arrays import Floats
from dmkit.sim.people import Prompt
from dmkit.sim.streams import Streams
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Range, Share
from dmkit.words.records import dataclass

__all__ = ["MEASURES", "MESSAGE", "METHODS", "SESSION", "TRAFFIC", "Contest", "FleetSetting", "play"]

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

MEASURES: Final = {
    "done": "share of devices done in the window, by the plan that held",
    "ever": "share done at all", "wrong plan": "share that did what had been taken back",
    "outside": "share whose user was met outside the window",
    "peak": "devices that came in one minute", "octets": "a device, all messages and sessions",
    "annoyance": "a device, by the weights of Prompt: asked outside the window, woken, had to say later",
    "messages": "short messages a device",
    **{f"{kind} octets": f"a device, {what}" for kind, what in TRAFFIC.items()},
}  # fmt: skip


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
