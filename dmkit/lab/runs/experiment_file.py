"""Experiment files: a plan, what to vary, over which seeds, which figures; as TOML, checked before anything runs.

A table of the file is a frozen dataclass of ``dmkit.sim``, its keys are the fields.  Numbers may carry units.  What can
stand in a place by name is a row of ``NAMED`` (a whole value) or of ``LAWS`` (a class, chosen by ``law``).
``data/experiments/`` has examples.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from dmkit.server import jobs
from dmkit.session.rules import Rules
from dmkit.sim import arrivals, card, net, parts, people, radio, rates
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.words.checked import CHECKED, kinds_of
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Range, quantity

__all__ = ["FIGURES", "PLANS", "Experiment", "load", "read"]

PLANS: Final[Mapping[str, type]] = MappingProxyType({"campaign": Campaign, "random_access": radio.AccessPlan})
"""Table of the file -> the plan it describes; a file has one of them."""

PARTS: Final[Mapping[tuple[str, str], type]] = MappingProxyType(
    {
        ("Campaign", "link"): net.Link,
        ("Campaign", "servers"): Servers,
        ("Campaign", "push"): net.Push,
        ("Campaign", "window"): people.Window,
        ("Campaign", "card"): card.CardTiming,
        ("Campaign", "prompt"): people.Prompt,
        ("Campaign", "cells"): net.Cells,
        ("Campaign", "download"): net.Download,
        ("Campaign", "retry"): Retry,
        ("Campaign", "pools"): Servers,
        ("Campaign", "classes"): parts.DeviceClass,
        ("Campaign", "outages"): parts.Outages,
        ("Campaign", "gateway"): rates.Rate,
        ("Campaign", "again"): parts.Again,
        ("Servers", "rate"): rates.Rate,
        ("Push", "rate"): rates.Rate,
        ("DeviceClass", "link"): net.Link,
        ("Campaign", "conditions"): people.Condition,
        ("AccessPlan", "rach"): radio.Rach,
        ("AccessPlan", "barring"): radio.Barring,
    }
)
"""Class and field -> class of the value."""

LAWS: Final[Mapping[tuple[str, str], Mapping[str, type]]] = MappingProxyType(
    {
        ("Campaign", "arrivals"): {
            "at once": arrivals.AtOnce,
            "spread": arrivals.Spread,
            "by cell": arrivals.ByCell,
            "by zone": arrivals.ByZone,
            "on device": arrivals.OnDevice,
            "polling": arrivals.Polling,
            "trace": arrivals.Trace,
        },
        ("AccessPlan", "arrivals"): {"uniform": radio.Uniform, "beta": radio.Beta},
    }
)
"""Class and field -> name of the law -> its class."""

NAMED: Final[Mapping[tuple[str, str], Mapping[str, object]]] = MappingProxyType(
    {
        ("Campaign", "link"): net.LINKS,
        ("DeviceClass", "link"): net.LINKS,
        ("Campaign", "push"): net.PUSH,
        ("Campaign", "card"): card.CARDS,
        ("Campaign", "conditions"): {"ready": people.READY, "handset": people.HANDSET, "sensor": people.SENSOR},
    }
)
"""Class and field -> name -> value; a table with ``kind`` starts from it and changes fields."""

_EAST: Final = Range("number", -24, 24, above=True, below=True)

FIGURES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "completion": ("by", "until"),
        "busy": ("by", "until"),
        "queue": ("by", "until"),
        "energy": ("by",),
        "pareto": ("by", "x", "y"),
        "cells": ("value",),
    }
)
"""Figure -> its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What an experiment file says."""

    name: str
    plan: Any
    title: str = ""
    about: str = ""
    seeds: tuple[int, ...] = (1,)
    over: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of the varied field -> how each of its values is called."""
    figures: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    workers: int | None = None


def load(path: str | Path) -> Experiment:
    """Read the file at ``path``; ConfigError with one sentence for whatever is wrong with it."""
    return read(Path(path).read_bytes(), Path(path).name)


def read(data: bytes, name: str = "experiment") -> Experiment:
    """Read a file's octets."""
    try:
        table = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} is no TOML: {error}") from None
    head = _table(table.get("experiment", {}), "experiment")
    _known(head, ("name", "title", "about", "seeds", "workers"), "experiment")
    plans = [key for key in table if key in PLANS]
    if len(plans) != 1:
        raise ConfigError(f"{name} must have one of the tables {', '.join(PLANS)}; it has {', '.join(plans) or 'none'}")
    _known(table, ("experiment", plans[0], "over", "figures"), name)
    plan = _build(PLANS[plans[0]], _table(table[plans[0]], plans[0]), plans[0])
    over, labels = _over(plan, _table(table.get("over", {}), "over"))
    return Experiment(
        name=_text(head, "name", Path(name).stem),
        plan=plan,
        title=_text(head, "title", ""),
        about=_text(head, "about", ""),
        seeds=_seeds(head.get("seeds", 10)),
        over=over,
        labels=labels,
        figures=_figures(_table(table.get("figures", {}), "figures"), tuple(over)),
        workers=int(quantity(head["workers"], Range("number", 1, 256, whole=True), "experiment.workers"))
        if "workers" in head
        else None,
    )


# -- pieces of the file


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} is {value!r}; it must be a table")
    return value


def _known(table: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for key in table:
        if key not in names:
            raise ConfigError(f"{where}.{key} is not known; there are {', '.join(names)}{nearest(key, names)}")


def _text(table: Mapping[str, Any], key: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ConfigError(f"experiment.{key} is {value!r}; it must be a text")
    return value


def _seeds(value: object) -> tuple[int, ...]:
    if isinstance(value, int) and not isinstance(value, bool):
        quantity(value, Range("number", 1, 100_000, whole=True), "experiment.seeds")
        return tuple(range(1, value + 1))
    if isinstance(value, list) and value:
        allowed = Range("number", 0, 2**32, whole=True)
        return tuple(int(quantity(entry, allowed, "experiment.seeds")) for entry in value)
    raise ConfigError(f"experiment.seeds is {value!r}; it must be how many (from 1) or a list of whole numbers")


def _over(plan: Any, table: Mapping[str, Any]) -> tuple[dict[str, tuple[object, ...]], dict[str, tuple[str, ...]]]:
    """Every value of every varied field is built and put into the plan, so that nothing is refused later."""
    from dmkit.lab.runs.experiment import vary

    over: dict[str, tuple[object, ...]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for name, values in table.items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f"over.{name} is {values!r}; it must be a list of values")
        owner = plan
        *outer, last = name.split(".")
        for part in outer:
            owner = getattr(owner, part, None)
        if owner is None or last not in {entry.name for entry in fields(owner)}:
            raise ConfigError(f"over.{name}: the plan has no such field")
        built = tuple(_value(type(owner), last, value, f"over.{name}", getattr(owner, last)) for value in values)
        for value in built:
            vary(plan, name, value)
        over[name] = built
        labels[name] = tuple(_called(value) for value in values)
    return over, labels


def _called(value: object) -> str:
    if isinstance(value, Mapping):
        head = str(value.get("law") or value.get("kind") or value.get("do") or "")
        rest = ", ".join(f"{key} {_called(entry)}" for key, entry in value.items() if key not in ("law", "kind", "do"))
        return " ".join(part for part in (head, rest) if part)
    if isinstance(value, list):
        return "[" + ", ".join(_called(entry) for entry in value) + "]"
    return str(value)


def _figures(table: Mapping[str, Any], over: Sequence[str]) -> dict[str, Mapping[str, object]]:
    figures: dict[str, Mapping[str, object]] = {}
    _known(table, tuple(FIGURES), "figures")
    for name, options in table.items():
        chosen = dict(_table(options, f"figures.{name}"))
        _known(chosen, FIGURES[name], f"figures.{name}")
        if "by" in chosen and chosen["by"] not in over:
            raise ConfigError(
                f"figures.{name}.by is {chosen['by']!r}; what is varied is {', '.join(over) or 'nothing'}"
            )
        if "until" in chosen:
            chosen["until"] = quantity(chosen["until"], Range("time", 0, above=True), f"figures.{name}.until")
        figures[name] = chosen
    return figures


# -- values


def _build(cls: type, table: Mapping[str, Any], where: str, base: Any = None) -> Any:
    """An instance of ``cls`` from a table; ``base`` gives what the table does not say."""
    known = [entry.name for entry in fields(cls)]
    _known(table, known, where)
    needed = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]
    absent = [name for name in needed if name not in table]
    if absent and base is None:
        raise ConfigError(f"{where}.{absent[0]} is missing; {_wanted(cls, absent[0])}")
    values = {key: _value(cls, key, value, f"{where}.{key}") for key, value in table.items()}
    try:
        return replace(base, **values) if base is not None else cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _wanted(cls: type, name: str) -> str:
    return f"it must be {kinds_of(cls)[name].text}"


def _value(cls: type, name: str, value: object, where: str, base: Any = None) -> Any:
    """The value of field ``name`` of ``cls``: what its declaration takes, written as TOML can."""
    place = (cls.__name__, name)
    kind = kinds_of(cls)[name]
    if value == "none" and kind.holds(None):
        return None
    if name == "job":
        return _job(value, where)
    if name == "rules":
        return _rules(_table(value, where), where)
    if isinstance(value, str) and place in NAMED:
        return _one_of(NAMED[place], value, where)
    if place in LAWS:
        return _law(LAWS[place], value, where)
    if place in PARTS:
        return _part(place, value, where, base)
    if kind.holds(value) and isinstance(value, str):
        return value
    if name == "zones" and isinstance(value, list):
        return tuple(entry if isinstance(entry, str) else quantity(entry, _EAST, where) for entry in value)
    if isinstance(value, str) and kind.names():
        raise ConfigError(f"{where} is {value!r}; it must be {kind.text}{kind.near(value)}")
    if kind.range is not None:
        return _numbers(value, kind.range, where) if isinstance(value, list) else quantity(value, kind.range, where)
    if kind.holds(value):
        return value
    text = kind.text.replace("True or False", "true or false")
    raise ConfigError(f"{where} is {value!r}; it must be {text}{kind.near(value)}")


def _one_of(names: Mapping[str, object], value: str, where: str) -> object:
    if value not in names:
        raise ConfigError(f"{where} is {value!r}; there are {', '.join(names)}{nearest(value, names)}")
    return names[value]


def _law(laws: Mapping[str, type], value: object, where: str) -> object:
    table = {"law": value} if isinstance(value, str) else dict(_table(value, where))
    name = table.pop("law", None)
    if not isinstance(name, str) or name not in laws:
        raise ConfigError(f"{where}.law is {name!r}; there are {', '.join(laws)}{nearest(name, laws)}")
    return _build(laws[name], table, where)


def _part(place: tuple[str, str], value: object, where: str, base: Any) -> object:
    if place[1] in ("conditions", "pools", "classes"):
        if not isinstance(value, list):
            named = f" or one of {', '.join(NAMED[place])}" if place in NAMED else ""
            raise ConfigError(f"{where} is {value!r}; it must be a list of tables{named}")
        return tuple(_build(PARTS[place], _table(entry, where), where) for entry in value)
    table = dict(_table(value, where))
    kind = table.pop("kind", None)
    if kind is not None:
        if place not in NAMED:
            raise ConfigError(f"{where}.kind is not known here")
        base = _one_of(NAMED[place], kind, f"{where}.kind")
    return _build(PARTS[place], table, where, base)


def _numbers(value: list[object], allowed: Range, where: str) -> tuple[object, ...]:
    return tuple(
        _numbers(entry, allowed, where) if isinstance(entry, list) else quantity(entry, allowed, where)
        for entry in value
    )


def _job(value: object, where: str) -> object:
    table = dict(_table(value, where))
    do = table.pop("do", None)
    if not isinstance(do, str):
        raise ConfigError(f"{where}.do is {do!r}; it must be the name of a job: {', '.join(jobs.JOBS)}")
    try:
        return jobs.build(do, table)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _rules(table: Mapping[str, Any], where: str) -> Rules:
    """Rules whose values are plain: numbers, texts, true or false, lists of them, and tables for the rules below."""
    return cast(Rules, _plain(Rules, table, where))


def _plain(cls: type, table: Mapping[str, Any], where: str) -> object:
    kinds = kinds_of(cls)
    _known(table, tuple(kinds), where)
    values: dict[str, object] = {}
    for key, value in table.items():
        parts = [part for part in kinds[key].parts if part in CHECKED]
        if isinstance(value, Mapping) and parts:
            values[key] = _plain(parts[0], value, f"{where}.{key}")
        elif value == "none" and kinds[key].holds(None) and not kinds[key].holds(value):
            values[key] = None
        elif isinstance(value, list):
            every = tuple(tuple(entry) if isinstance(entry, list) else entry for entry in value)
            values[key] = every if kinds[key].holds(every) else frozenset(every)
        else:
            values[key] = value
        if not kinds[key].holds(values[key]):
            near = kinds[key].near(value)
            raise ConfigError(f"{where}.{key} is {value!r}; it must be {kinds[key].text}{near}")
    try:
        made: object = cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    return made
