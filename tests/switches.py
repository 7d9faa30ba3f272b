"""Which switches a test turns: a plugin that writes down, for each test, the fields of rules that were not the default.

Values that the test makes while it runs count, and those that its parameters or the globals it names hold.  Used by
``tests/repository/test_ambiguities.py``: ``pytest -p tests.switches --switches FILE tests...``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dmkit.bootstrap.rules import BootstrapRules
from dmkit.dm2.rules import Dm2Rules
from dmkit.lwm2m.rules import LwM2mRules
from dmkit.mo.sched.values import SchedRules
from dmkit.notify import NotifyRules
from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules

_ALL = (Rules, TreeRules, NotifyRules, BootstrapRules, SchedRules, Dm2Rules, LwM2mRules)
OWNERS = {owner.__name__: owner for owner in _ALL}


def turned(value: Any) -> Iterator[str]:
    """The fields of ``value``, one of the owners, that differ from their defaults: ``Rules.late_alert``."""
    for field in fields(value):
        default = field.default if field.default is not MISSING else field.default_factory()  # type: ignore[misc]
        now = getattr(value, field.name, default)
        if type(now) is not type(default) or now != default:
            yield f"{type(value).__name__}.{field.name}"


def held(thing: Any, depth: int = 4) -> Iterator[str]:
    """What owners inside ``thing`` have turned."""
    if type(thing).__name__ in OWNERS and is_dataclass(thing):
        yield from turned(thing)
        parts: Any = [getattr(thing, field.name, None) for field in fields(thing)]
    elif isinstance(thing, Mapping):
        parts = thing.values()
    elif isinstance(thing, tuple | list | set | frozenset):
        parts = thing
    else:
        return
    if depth:
        for part in parts:
            yield from held(part, depth - 1)


class Switches:
    """Writes down what each test turned."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.now: set[str] = set()
        self.found: dict[str, list[str]] = {}

    def watch(self, owner: type) -> None:
        owner()  # its __init__ is written when the first value is made
        original: Callable[..., None] = owner.__init__  # type: ignore[misc]

        def init(value: Any, *args: Any, **options: Any) -> None:
            original(value, *args, **options)
            self.now.update(turned(value))

        owner.__init__ = init  # type: ignore[misc]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self.now = set()
        try:
            return (yield)
        finally:
            params = getattr(getattr(item, "callspec", None), "params", {})
            named = item.function.__code__.co_names if hasattr(item, "function") else ()  # type: ignore[attr-defined]
            globals_ = item.function.__globals__ if named else {}  # type: ignore[attr-defined]
            used = {name: globals_.get(name) for name in named}
            rooms = [thing for thing in used.values() if isinstance(thing, ModuleType)]
            used |= {f"{room.__name__}.{name}": getattr(room, name, None) for room in rooms for name in named}
            self.found[item.nodeid] = sorted({*self.now, *held(params), *held(used)})

    def pytest_sessionfinish(self) -> None:
        self.place.write_text(json.dumps(self.found), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--switches", type=Path, help="file for the switches that each test turns")


def pytest_configure(config: pytest.Config) -> None:
    if place := config.getoption("--switches"):
        switches = Switches(place)
        for owner in OWNERS.values():
            switches.watch(owner)
        config.pluginmanager.register(switches, "switches")
