"""A device with schedules, and what tests do with them."""

from __future__ import annotations

from typing import Any

import dmkit as dm
from dmkit.mo.sched.build import commands, component, options
from dmkit.mo.sched.events import EventKind, Happening, Signal, What
from dmkit.mo.sched.time import printed, seconds_of
from dmkit.mo.sched.values import SchedRules
from dmkit.sim.schedule import run as drive

SERVER = "com.mgmtsrv.manage"
START = seconds_of("20251201T000000Z")  # a Monday
HOUR, DAY = 3600.0, 86400.0
POLL = "Replace ./Vendor/Acme/Poll 60"
DAILY = {"base": "20251201T030000Z", "recur": "FREQ=DAILY"}

__all__ = [
    "DAILY", "DAY", "HOUR", "POLL", "SERVER", "START", "EventKind", "Signal", "What", "at", "component", "install",
    "live",
    "options", "phone", "rows",
]  # fmt: skip


def phone(
    *,
    rules: SchedRules | None = None,
    session_rules: dm.Rules | None = None,
    user: Any = None,
    values: dict[str, Any] | None = None,
    **object_options: Any,
) -> dm.Device:
    """The example device with schedules; it lives from START."""
    device = dm.Device.example(rules=session_rules, user=user)
    device.tree = device.tree.set("./Bat/Level", 80).set("./Net/Bearer", "HOME").set("./Vendor/Acme/Runs", 0)
    for uri, value in (values or {}).items():
        device.tree = device.tree.set(uri, value)
    return device.with_object("sched", rules=rules, now=START, **object_options)


def install(
    device: dm.Device, name: str, *values: Any, by: str = SERVER, now: float | None = None, how: Any = "tnds"
) -> list[int]:
    """Install a schedule and end the session: the statuses."""
    now = device.scheduler.now if now is None else now
    execution = device.execute(commands(f"./Sched/{name}", *values, how=how), by, now)
    device.session_over(now)
    return [int(outcome.status or 0) for outcome in execution.outcomes]


def live(device: dm.Device, until: float, *signals: tuple[float, Signal]) -> list[Happening]:
    """Let the device live until ``until``: what happened."""
    return drive(device, until, signals)


def rows(happened: list[Happening], *kinds: What) -> list[tuple[Any, ...]]:
    """What happened, when and, where there is one, with which code."""
    kinds = kinds or (
        What.RAN,
        What.FAILED,
        What.MISSED,
        What.CANCELLED,
        What.PUT_OFF,
        What.SUPPRESSED,
        What.DECLINED,
        What.CUT,
        What.EXPIRED,
        What.FINISHED,
    )
    return [
        (printed(h.at)[6:13], h.what.value, *((int(h.code),) if h.code else ())) for h in happened if h.what in kinds
    ]


def at(text: str) -> float:
    """A moment in December 2025: ``01T0300``."""
    return seconds_of(f"202512{text}00Z")
