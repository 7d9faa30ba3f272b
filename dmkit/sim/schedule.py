"""Devices with schedules in time: a plain loop, the same under SimPy, and lives for them to lead.

Both drivers do nothing but wait: the device says when it next has something to do, the life says what it will notice.
The log is the same, row by row.

>>> device = example(3, seed=1)
>>> happened = run(device, START + 7 * DAY, life(7, seed=1))
>>> happened == simulate(example(3, seed=1), START + 7 * DAY, life(7, seed=1))
True
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from itertools import groupby
from random import Random
from typing import Any, Final, TypeAlias

from dmkit.device.device import Device
from dmkit.mo.sched.build import ScheduleValues, commands, component, options
from dmkit.mo.sched.events import EventKind, Happening, Signal
from dmkit.mo.sched.time import printed, seconds_of
from dmkit.mo.sched.values import SchedRules
from dmkit.server.server import Server
from dmkit.sim.collector import resting_collector
from dmkit.transport.loop import converse
from dmkit.views.transcript import Transcript
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.outcome import After

__all__ = [
    "DAY",
    "START",
    "EventKind",
    "Life",
    "SchedRules",
    "ScheduledCall",
    "Signal",
    "calls",
    "commands",
    "component",
    "example",
    "fifty",
    "install",
    "life",
    "options",
    "phone",
    "run",
    "simulate",
]  # fmt: skip

START: Final = seconds_of("20251201T000000Z")
"""A Monday: when the examples begin."""
DAY: Final = 86400.0
OWNER: Final = "com.mgmtsrv.manage"
Life: TypeAlias = Sequence[tuple[float, Signal]]
"""What a device notices, and when."""
ScheduledCall: TypeAlias = Callable[[Device, str, float], None]
"""Opens a session of the device with a server, at a time."""


def _next(device: Device, now: float) -> float | None:
    """When the device next has something to do; reports that wait for a server are nothing to do."""
    scheduler = device.scheduler
    times = [e.at for e in device.agenda if e.at > now or isinstance(e.what, After)]
    own = scheduler.next_due() if scheduler is not None else None
    return min([*times, *([] if own is None else [own])], default=None)


def _begins(device: Device) -> float:
    if device.scheduler is None:
        raise ConfigError(f"{device.address} has no schedules; with_object('sched') gives it a place for them")
    return device.scheduler.now


@asked
def run(device: Device, until: float, signals: Life = (), *, call: ScheduledCall | None = None) -> list[Happening]:
    """Let ``device`` live until ``until``, with what it notices on the way: everything that happened.

    ``call`` opens a session where the device has something to report; without it reports wait.
    """
    now, happened = _begins(device), list[Happening]()
    left = deque(sorted((pair for pair in signals if now <= pair[0] <= until), key=lambda pair: pair[0]))
    with resting_collector():
        while now < until:
            due = _next(device, now)
            now = min(due if due is not None else until, left[0][0] if left else until, until)
            mine = []
            while left and left[0][0] <= now:
                mine.append(left.popleft()[1])
            happened += device.live(now, mine)
            _report(device, call, now)
    return happened


def _report(device: Device, call: ScheduledCall | None, now: float) -> None:
    if call is not None:
        for server in device.callers(now):
            call(device, server, now)


@asked
def simulate(
    device: Device, until: float, signals: Life = (), *, call: ScheduledCall | None = None, env: Any = None
) -> list[Happening]:
    """As ``run``, under SimPy: a process for the device, and one for the world that it notices.

    In an ``env`` of your own, other processes may run beside; its time 0 is the present of the device.
    """
    from simpy import Environment

    world = env if env is not None else Environment()
    start, happened, post = _begins(device), list[Happening](), list[tuple[float, Signal]]()
    bell = [world.event()]

    def notices() -> Generator[Any, Any, None]:
        coming = sorted((pair for pair in signals if start <= pair[0] <= until), key=lambda pair: pair[0])
        for at, together in groupby(coming, key=lambda pair: pair[0]):
            yield world.timeout(max(0.0, at - start - world.now))
            post.extend(together)
            if not bell[0].triggered:
                bell[0].succeed()

    def lives() -> Generator[Any, Any, None]:
        now = start
        while now < until:
            due = _next(device, now)
            planned = min(due if due is not None else until, until)
            alarm = world.timeout(max(0.0, planned - start - world.now))
            yield alarm | bell[0]
            yield world.timeout(0)  # what is noticed at the same moment comes first
            now = min(planned, post[0][0]) if post else planned
            mine = [signal for at, signal in post if at <= now]
            post[:] = [(at, signal) for at, signal in post if at > now]
            if not post:
                bell[0] = world.event()
            happened.extend(device.live(now, mine))
            _report(device, call, now)

    world.process(notices())
    with resting_collector():
        world.run(until=world.process(lives()))
    return happened


def calls(server: Server, talks: list[Transcript] | None = None, *, retry: float | None = None) -> ScheduledCall:
    """Sessions in memory with ``server``; one that fails is tried again after ``retry`` seconds, or as the rules say.

    Transcripts go into ``talks``.
    """

    def call(device: Device, name: str, now: float) -> None:
        account = next((a for a in device.accounts if a.server_id == name), None)
        if account is None:
            return
        talk = converse(device.connect(account), server, now=now)
        if talks is not None:
            talks.append(talk)
        if device.scheduler is not None and device.reports(name, now):
            device.scheduler.tried(name, retry)

    return call


# -- devices and lives to try it with


@asked
def phone(rules: SchedRules | None = None, **choices: Any) -> Device:
    """The example device with a battery, a bearer and a place for schedules; it lives from START."""
    device = Device.example()
    for uri, value in (("./Bat/Level", 80), ("./Bat/Charging", False), ("./Net/Bearer", "HOME"), ("./Net/Rate", 900)):
        device.tree = device.tree.set(uri, value)
    return device.with_object("sched", rules=rules, now=START, **choices)


@asked
def install(device: Device, name: str, *values: ScheduleValues, by: str = OWNER) -> int:
    """Install a schedule as ``by`` does in a session of its own: the status."""
    now = _begins(device)
    execution = device.execute(commands(f"./Sched/{name}", *values), by, now)
    device.session_over(now)
    return int(execution.outcomes[0].status or 0)


@asked
def fifty(count: int = 50, *, seed: int = 0) -> dict[str, tuple[ScheduleValues, ...]]:
    """Schedules as operators may want them: hourly, daily, weekly and monthly ones, traps, thresholds, gates."""
    rng = Random(f"schedules {seed}")
    task = "Replace ./Vendor/Acme/Poll {}"
    found: dict[str, tuple[ScheduleValues, ...]] = {}
    for number in range(count):
        base = printed(START + rng.randrange(0, 86400, 300))
        kind = number % 10
        run_ = task.format(number)
        more: dict[str, Any] = {}
        if kind == 0:
            more = {"base": base, "recur": "FREQ=HOURLY;INTERVAL=2"}
        elif kind <= 3:
            more = {"base": base, "recur": "FREQ=DAILY", "jitter": 1800}
        elif kind == 4:
            more = {"base": base, "recur": "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=3,15", "gate": "./Net/Bearer!=ROAM"}
        elif kind == 5:
            more = {"base": base.removesuffix("Z"), "recur": "FREQ=MONTHLY;BYDAY=-1SU"}
        elif kind == 6:
            more = {"traps": ("roaming-entered", "charger-on"), "gate": "./Bat/Level>=30 OR ./Bat/Charging"}
        elif kind == 7:
            more = {"thresholds": ("./Bat/Level CROSS_DOWN 20 300 5",)}
        elif kind == 8:
            more = {"thresholds": ("./Net/Rate LT 200",), "base": base, "recur": "FREQ=DAILY", "every_family": True}
        else:
            more = {"base": base, "recur": "FREQ=DAILY;BYHOUR=6,12,18", "gate": "NOT ./Bat/Level<15"}
        wish = options(missed=number % 3, missed_delay=900, gating=number % 16, when=number % 3, priority=number % 5)
        found[f"S{number:02}"] = (component(1, run_, **more), wish)
    return found


@asked
def example(count: int = 50, *, seed: int = 0, rules: SchedRules | None = None) -> Device:
    """A phone with schedules of ``fifty``."""
    device = phone(rules, local="CET-1CEST,M3.5.0,M10.5.0/3")
    for name, values in fifty(count, seed=seed).items():
        install(device, name, *values)
    return device


@asked
def life(days: int, *, seed: int = 0) -> list[tuple[float, Signal]]:
    """What a phone notices in so many days: its battery every hour, a charger at night, roaming, switched off, a clock
    that is set."""
    rng = Random(f"life {seed}")
    found: list[tuple[float, Signal]] = []
    level = 80.0
    for day in range(days):
        midnight = START + day * DAY
        off = rng.random() < 0.3
        for hour in range(24):
            at = midnight + hour * 3600
            charging = hour < 6 and not off
            level = min(100.0, level + 15) if charging else max(3.0, level - rng.uniform(2, 8))
            found += [
                (at, Signal(EventKind.VALUE, round(level), "./Bat/Level")),
                (at, Signal(EventKind.BATTERY, round(level))),
                (at, Signal(EventKind.VALUE, rng.randrange(50, 2000), "./Net/Rate")),
            ]
            if hour in (0, 6):
                found += [
                    (at, Signal(EventKind.VALUE, charging, "./Bat/Charging")),
                    (at, Signal(EventKind.CHARGER, charging)),
                ]
        if off:
            found += [
                (midnight + 1800, Signal(EventKind.POWER_OFF)),
                (midnight + 6 * 3600 + 1200, Signal(EventKind.POWER_ON)),
            ]
        if rng.random() < 0.1:
            away = midnight + rng.randrange(8, 20) * 3600 + 60
            found += [
                (away, Signal(EventKind.VALUE, "ROAM", "./Net/Bearer")),
                (away, Signal(EventKind.ROAMING, True)),
                (away + 5400, Signal(EventKind.VALUE, "HOME", "./Net/Bearer")),
                (away + 5400, Signal(EventKind.ROAMING, False)),
            ]
        if rng.random() < 0.03:
            set_at = midnight + rng.randrange(24) * 3600 + 120
            by = rng.choice((-7200, -600, 600, 7200))
            found += [(set_at, Signal(EventKind.CLOCK, by)), (set_at + 3600, Signal(EventKind.CLOCK, -by))]
    return sorted(found, key=lambda pair: pair[0])
