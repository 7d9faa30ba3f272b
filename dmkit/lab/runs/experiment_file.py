"""Experiment files: a plan, what to vary, over which seeds, which figures; as TOML, checked before anything runs.

A table of the file is a frozen dataclass of ``dmkit.sim``, its keys are the fields.  Numbers may carry units.  What can
stand in a place by name is a row of ``NAMED`` (a whole value) or of ``LAWS`` (a class, chosen by ``law``).
``data/experiments/`` has examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dmkit.lab.runs.papers import ROLLOUT
from dmkit.lab.studies import contest_play, rollout_designs
from dmkit.server import jobs
from dmkit.sim import arrivals, card, net, parts, people, radio, rates, rollout
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.run import SUMMARY
from dmkit.words.errors import ConfigError
from dmkit.words.file_names import file_name
from dmkit.words.from_toml import NOT_HERE, build, in_file, known, parse, value_of
from dmkit.words.from_toml import table as table_at
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Range, quantity

__all__ = ["FIGURES", "PLANS", "Experiment", "load", "read"]

PLANS: Final[Mapping[str, type]] = MappingProxyType(
    {
        "campaign": Campaign,
        "random_access": radio.AccessPlan,
        "rollout": rollout.Rollout,
        "design": rollout_designs.RolloutDesign,
        "contest": contest_play.Contest,
    }
)
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
        ("Rollout", "campaign"): Campaign,
        ("Contest", "setting"): contest_play.FleetSetting,
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


HEAD: Final = ("name", "title", "about", "seeds", "workers", "columns", "author", "organisation", "homepage", "licence")
"""Keys of the table ``experiment``."""

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"campaign": SUMMARY, "rollout": ROLLOUT, "contest": contest_play.MEASURES}
)
"""Plan -> measures of its runs; the other plans say theirs when they have run."""


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
    columns: tuple[str, ...] = ()
    """Measures of the table for a paper; empty: those that differ from design to design."""
    author: str = ""
    organisation: str = ""
    homepage: str = ""
    """Of the organisation."""
    licence: str = "https://creativecommons.org/licenses/by/4.0/"
    """Of the results."""


def load(path: str | Path) -> Experiment:
    """Read the file at ``path``; ConfigError with one sentence for whatever is wrong with it."""
    octets = Path(path).read_bytes()
    with in_file(Path(path).name):
        return read(octets, Path(path).name)


def read(data: bytes, name: str = "experiment") -> Experiment:
    """Read a file's octets."""
    table = parse(data, name)
    head = table_at(table.get("experiment", {}), "experiment")
    known(head, HEAD, "experiment")
    plans = [key for key in table if key in PLANS]
    if len(plans) != 1:
        near = next((found for key in table if key not in PLANS and (found := nearest(key, PLANS))), "")
        has = ", ".join(plans) or "none"
        raise ConfigError(f"{name} must have one of the tables {', '.join(PLANS)}; it has {has}{near}")
    known(table, ("experiment", plans[0], "over", "figures"), name)
    plan = build(PLANS[plans[0]], table_at(table[plans[0]], plans[0]), plans[0], special=_special)
    over, labels = _over(plan, table_at(table.get("over", {}), "over"))
    return Experiment(
        name=file_name(_text(head, "name", Path(name).stem), "experiment.name"),
        plan=plan,
        title=_text(head, "title", ""),
        about=_text(head, "about", ""),
        columns=_columns(head.get("columns", []), COLUMNS.get(plans[0])),
        author=_text(head, "author", ""),
        organisation=_text(head, "organisation", ""),
        homepage=_text(head, "homepage", ""),
        licence=_text(head, "licence", "https://creativecommons.org/licenses/by/4.0/"),
        seeds=_seeds(head.get("seeds", 10)),
        over=over,
        labels=labels,
        figures=_figures(table_at(table.get("figures", {}), "figures"), tuple(over)),
        workers=int(quantity(head["workers"], Range("number", 1, 256, whole=True), "experiment.workers"))
        if "workers" in head
        else None,
    )


# -- pieces of the file


def _text(table: Mapping[str, Any], key: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ConfigError(f"experiment.{key} is {value!r}; it must be a text")
    return value


def _columns(value: object, there: Mapping[str, str] | None) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ConfigError(f"experiment.columns is {value!r}; it must be a list of names of measures")
    unknown = [name for name in value if there is not None and name not in there]
    if there is not None and unknown:
        raise ConfigError(
            f"experiment.columns: there is no measure {unknown[0]!r}; there are {', '.join(there)}"
            f"{nearest(unknown[0], there)}"
        )
    return tuple(value)


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
            raise ConfigError(f"over.{name} is {values!r}; it must be a list of values, at least one")
        owner = plan
        *outer, last = name.split(".")
        for part in outer:
            owner = getattr(owner, part, None)
        there = [entry.name for entry in fields(owner)] if is_dataclass(owner) else []
        if last not in there:
            whole = [".".join((*outer, field)) for field in there] or [entry.name for entry in fields(plan)]
            raise ConfigError(f"over.{name}: the plan has no such field{nearest(name, whole)}")
        built = tuple(
            value_of(type(owner), last, value, f"over.{name}", getattr(owner, last), special=_special)
            for value in values
        )
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
    known(table, tuple(FIGURES), "figures")
    for name, options in table.items():
        chosen = dict(table_at(options, f"figures.{name}"))
        known(chosen, FIGURES[name], f"figures.{name}")
        if "by" in chosen and chosen["by"] not in over:
            raise ConfigError(
                f"figures.{name}.by is {chosen['by']!r}; what is varied is {', '.join(over) or 'nothing'}"
            )
        if "until" in chosen:
            chosen["until"] = quantity(chosen["until"], Range("time", 0, above=True), f"figures.{name}.until")
        figures[name] = chosen
    return figures


# -- values: what stands in a place by name


def _special(cls: type, name: str, value: object, where: str, base: Any) -> object:
    place = (cls.__name__, name)
    if name == "job":
        return _job(value, where)
    if isinstance(value, str) and place in NAMED:
        return _one_of(NAMED[place], value, where)
    if place in LAWS:
        return _law(LAWS[place], value, where)
    if place in PARTS:
        return _part(place, value, where, base)
    if name == "zones" and isinstance(value, list):
        return tuple(entry if isinstance(entry, str) else quantity(entry, _EAST, where) for entry in value)
    return NOT_HERE


def _one_of(names: Mapping[str, object], value: str, where: str) -> object:
    if value not in names:
        raise ConfigError(f"{where} is {value!r}; there are {', '.join(names)}{nearest(value, names)}")
    return names[value]


def _law(laws: Mapping[str, type], value: object, where: str) -> object:
    table = {"law": value} if isinstance(value, str) else dict(table_at(value, where))
    name = table.pop("law", None)
    if not isinstance(name, str) or name not in laws:
        raise ConfigError(f"{where}.law is {name!r}; there are {', '.join(laws)}{nearest(name, laws)}")
    return build(laws[name], table, where, special=_special)


def _part(place: tuple[str, str], value: object, where: str, base: Any) -> object:
    if place[1] in ("conditions", "pools", "classes"):
        if not isinstance(value, list):
            named = f" or one of {', '.join(NAMED[place])}" if place in NAMED else ""
            raise ConfigError(f"{where} is {value!r}; it must be a list of tables{named}")
        return tuple(build(PARTS[place], table_at(entry, where), where, special=_special) for entry in value)
    table = dict(table_at(value, where))
    kind = table.pop("kind", None)
    if kind is not None:
        if place not in NAMED:
            raise ConfigError(f"{where}.kind is not known here")
        base = _one_of(NAMED[place], kind, f"{where}.kind")
    return build(PARTS[place], table, where, base, special=_special)


def _job(value: object, where: str) -> object:
    table = dict(table_at(value, where))
    do = table.pop("do", None)
    if not isinstance(do, str):
        raise ConfigError(f"{where}.do is {do!r}; it must be the name of a job: {', '.join(jobs.JOBS)}")
    try:
        return jobs.build(do, table)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
