"""Edges of device schedules as a table: what is installed, what happens, what must come of it, by each reading.

The rows stand in ``schedule_cases.toml``; the first 47 are the scenarios on which the design was tried.  Each is played
on the plain loop and under SimPy.  What is expected was reasoned from the sheets, by hand; the tree is a proposal, so a
row is a test of the proposal and of its readings.  [scheduling sheet §3 to §6, scheduling-more sheet]

>>> case = next(case for case in cases() if case.id == "7")
>>> play(case) == case.expected
True
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from itertools import takewhile
from typing import Any, Final

from dmkit.auth import Account
from dmkit.device.device import Device
from dmkit.mo.sched.build import ScheduleValues, component, options
from dmkit.mo.sched.events import EventKind, Happening, Signal, What
from dmkit.mo.sched.read import TRAPS
from dmkit.mo.sched.time import printed, seconds_of
from dmkit.mo.sched.values import SchedRules
from dmkit.sim.schedule import OWNER, START, install, phone, run
from dmkit.tree.context import Call
from dmkit.tree.tree import Tree
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Alert, Command, Delete, Exec, Get, Item, Replace
from dmkit.words.outcome import Outcome

__all__ = ["SHOWN", "Driver", "ScheduleCase", "cases", "play"]

Driver = Callable[[Device, float, list[tuple[float, Signal]]], list[Happening]]
SHOWN: Final = frozenset({
    What.RAN, What.FAILED, What.MISSED, What.CANCELLED, What.PUT_OFF, What.SUPPRESSED, What.DECLINED, What.CUT,
    What.EXPIRED, What.FINISHED, What.INTERRUPTED, What.WITHDRAWN, What.REVIVED, What.TOLD, What.FORESEEN,
    What.ORPHANED, What.LOST, What.UNSENT, What.DELETED, What.INVALID, What.SUSPENDED,
})  # fmt: skip
"""What a row of a case tells; installations, states and reports are told only where a case asks for them."""
_KINDS: Final = {kind.value: kind for kind in EventKind}
_WHOLE: Final = frozenset({
    "name", "begins", "ends", "priority", "missed", "missed_delay", "gating", "when", "report_to", "report_rules",
    "report_state", "tell_missed", "report_window", "report_retries", "report_retry",
})  # fmt: skip
_MAKE: Final[Mapping[str, Callable[[tuple[Item, ...]], Command]]] = {
    "Replace": Replace, "Add": Add, "Delete": Delete, "Exec": Exec, "Get": Get,
}  # fmt: skip
_ANSWERS: Final = {"yes": (200, None), "no": (304, None), "silent": (408, None)}


@dataclass(frozen=True, slots=True)
class ScheduleCase:
    """One row: ``installs`` are schedules, ``life`` what happens, ``expected`` what must come of it.

    ``readings`` has other outcomes, each under a choice of ``SchedRules`` such as ``gate=waits``.
    """

    id: str
    title: str
    source: str
    installs: tuple[Mapping[str, Any], ...]
    until: str
    expected: tuple[str, ...]
    life: tuple[str, ...] = ()
    readings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    zone: str = "UTC0"
    rules: tuple[tuple[str, Any], ...] = ()
    user: tuple[str, ...] = ()
    seconds: tuple[float, ...] = ()
    """How long each Exec of ./Do/It takes; the last one again and again."""
    statuses: tuple[int, ...] = ()
    """What each Exec of ./Do/It comes to."""
    also: tuple[str, ...] = ()
    """Further kinds of happening that are told."""
    ends_with: tuple[tuple[str, str], ...] = ()
    """Nodes and their values at the end; "outbox" is how many reports wait, "callers" for whom."""


@cache
def cases() -> tuple[ScheduleCase, ...]:
    """All rows, in their order; ConfigError for one that has a field too many."""
    text = resources.files("dmkit.sim").joinpath("schedule_cases.toml").read_text("utf-8")
    known = {field.name for field in fields(ScheduleCase)}
    found = []
    for row in tomllib.loads(text)["case"]:
        unknown = set(row) - known
        if unknown:
            raise ConfigError(f"case {row.get('id')}: {', '.join(sorted(unknown))} is no field of a case")
        for name in ("rules", "readings", "ends_with"):
            row[name] = tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in row.get(name, {}).items())
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        found.append(ScheduleCase(**values))
    return tuple(found)


def _choice(text: str) -> tuple[str, Any]:
    """A field of SchedRules and its value, from ``name=value``."""
    name, _, value = text.partition("=")
    plain: dict[str, Any] = {"true": True, "false": False}
    return name, int(value) if value.lstrip("-").isdecimal() else plain.get(value, value)


def at(text: str) -> float:
    """A moment of a case: ``1201T0300`` in the winter of 2025, or with its year.

    >>> at("1201T0300") == at("20251201T030000")
    True
    """
    day, _, hours = text.partition("T")
    year = "" if len(day) == 8 else "2025" if day[:2] == "12" else "2026"
    return seconds_of(f"{year}{day}T{hours.ljust(6, '0')}Z")


def _device(case: ScheduleCase, rules: SchedRules) -> Device:
    device = phone(rules, local=case.zone)
    device.user = _user(list(case.user))
    device.tree = device.tree.set("./Do/It", "").set("./Vendor/Acme/Runs", 0)
    seconds, statuses = list(case.seconds), list(case.statuses)

    def it(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        if call.verb is not Verb.EXEC:
            return tree, Outcome(StatusCode.OK)
        lasts = (seconds.pop(0) if len(seconds) > 1 else seconds[0]) if seconds else 0.0
        status = statuses.pop(0) if statuses else 200
        return tree, Outcome(StatusCode(status), seconds=lasts)

    device.handlers["./Do/It"] = it
    return device


def _user(answers: list[str]) -> Callable[[Alert], Outcome]:
    """``yes``, ``no``, ``silent``, or the number of what is picked; with ``after 300`` that takes as long."""

    def say(alert: Alert) -> Outcome:
        if not answers:
            return Outcome(StatusCode.NOT_SUPPORTED, command=alert)
        word, _, after = answers.pop(0).partition(" after ")
        seconds = float(after or 0)
        if word.isdecimal():
            return Outcome(StatusCode.OK, items=(Item(data=word),), seconds=seconds)
        return Outcome(StatusCode(_ANSWERS[word][0]), seconds=seconds)

    return say


def _installed(wish: Mapping[str, Any]) -> tuple[str, tuple[ScheduleValues, ...], str]:
    """Name, values and server of an installation."""
    wish = dict(wish)
    name, by = wish.pop("as", "A"), wish.pop("by", OWNER)
    extra = wish.pop("also", {})
    whole = options(**{key: wish.pop(key) for key in list(wish) if key in _WHOLE})
    parts = wish.pop("parts", None) or [wish]
    values: list[ScheduleValues] = []
    for number, part in enumerate(parts, 1):
        part = dict(part)
        runs = part.pop("runs", ["Replace ./Vendor/Acme/Poll 60"])
        values.append(component(part.pop("number", number), *runs, **part))
    return name, (*values, whole, extra), by


def play(case: ScheduleCase, reading: str = "", driver: Driver = run, **choices: Any) -> tuple[str, ...]:
    """What comes of a case: rows as ``1201T0300 ran 1200 A/1``.  ``reading`` is one of its readings."""
    chosen = {**dict(case.rules), **choices}
    chosen |= dict(_choice(text) for text in reading.split(" and ")) if reading else {}
    device = _device(case, SchedRules(**chosen))
    entries: list[str] = []
    for wish in case.installs:
        name, values, by = _installed(wish)
        status = install(device, name, *values, by=by)
        if status != 200:
            entries.append(f"{_moment(START)} {status} {name}")
    left = list(case.life)
    while left:
        signals = list(takewhile(lambda line: _signal(line) is not None, left))
        left = left[len(signals) :]
        found = [signal for line in signals if (signal := _signal(line)) is not None]
        until = at(left[0].split()[0]) if left else at(case.until)
        entries += _told(driver(device, until, found), case)
        if left:
            entries += _done(device, left.pop(0), until, case)
    entries += _told(driver(device, at(case.until), []), case)
    for uri, value in case.ends_with:
        node = device.tree.find(tuple(uri.removeprefix("./").split("/")))
        assert device.scheduler is not None
        found_value = node.text if node else "nothing"
        if uri == "outbox":
            found_value = str(len(device.scheduler.outbox))
        elif uri == "callers":
            found_value = " ".join(device.scheduler.callers())
        if found_value != value:
            entries.append(f"{uri} is {found_value}, not {value}")
    return tuple(entries)


def _signal(line: str) -> tuple[float, Signal] | None:
    """A line such as ``1201T0200 battery 10``; None for one that is no signal."""
    moment, _, rest = line.partition(" ")
    kind = next((kind for text, kind in _KINDS.items() if rest == text or rest.startswith(f"{text} ")), None)
    if kind is None:
        return None
    words = rest.removeprefix(kind.value).split()
    if kind is EventKind.VALUE:
        return at(moment), Signal(kind, words[1], words[0])
    if kind in (EventKind.USER_STOP, EventKind.USER_RESUME, EventKind.USER_SUSPEND):
        return at(moment), Signal(kind, "", f"./Sched/{words[0]}")
    if kind is EventKind.TRAP:
        return at(moment), Signal(kind, TRAPS.get(words[0], words[0]), words[1] if len(words) > 1 else "")
    value: str | float | bool = words[0] if words else ""
    if value in ("true", "false"):
        value = value == "true"
    elif kind in (EventKind.BATTERY, EventKind.CLOCK):
        value = float(value)
    return at(moment), Signal(kind, value)


def _done(device: Device, line: str, now: float, case: ScheduleCase) -> Iterator[str]:
    """Something that is no signal: a server's commands, an access control list, an account, a session that fails."""
    moment, _, rest = line.partition(" ")
    who, colon, what = rest.partition(": ")
    words = what.split(" ", 2) if colon else rest.split(" ", 2)
    if colon:
        meta = None
        data = words[2] if len(words) > 2 else None
        command = _MAKE[words[0]]((Item(words[1], meta=meta, data=data),))
        outcomes = device.execute((command,), who, now).outcomes
        device.session_over(now)
        yield f"{moment} {who}: {int(outcomes[0].status or 0)}"
    elif words[0] == "acl":
        device.tree = device.tree.with_acl(words[1], words[2])
    elif words[0] == "gone":
        device.accounts = [account for account in device.accounts if account.server_id != words[1]]
        device.execute((), OWNER, now)
    elif words[0] == "back":
        device.accounts = [*device.accounts, Account(words[1], "https://dm.example.com/dm")]
        device.execute((), OWNER, now)
    elif words[0] == "install":
        name, values, by = _installed({"as": words[1], **tomllib.loads(f"wish = {{{words[2]}}}")["wish"]})
        yield f"{moment} {install(device, name, *values, by=by)} {name}"
    elif words[0] == "sent":
        for alert in device.reports(words[1], now):
            device.reported(alert)
    elif words[0] == "failed":
        assert device.scheduler is not None
        for server in device.callers(now):
            device.scheduler.tried(server)
            yield f"{moment} no session with {server}"
    else:
        raise ConfigError(f"case {case.id}: {line!r} is nothing that can happen")


def _moment(seconds: float) -> str:
    text = printed(seconds)
    year = "" if text[:6] == "202512" or text[:4] == "2026" else text[:4]
    return year + text[4:13] + ("" if text[13:15] == "00" else text[13:15])


def _told(happened: list[Happening], case: ScheduleCase) -> Iterator[str]:
    kinds = {*SHOWN, *(What(kind) for kind in case.also)}
    for h in happened:
        if h.what in kinds:
            place = h.uri.removeprefix("./Sched/").replace("/Component/", "/")
            yield " ".join(filter(None, (_moment(h.at), h.what.value, str(int(h.code)) if h.code else "", place)))
