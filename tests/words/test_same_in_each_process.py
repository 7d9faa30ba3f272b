"""What is printed does not depend on the seed of Python's hashes: reprs, help and sentences with sets."""

from __future__ import annotations

import dataclasses
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Set
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import pytest

import dmkit as dm
from dmkit.words.checked import CHECKED, hint_of
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass, in_order, repr_in_order

CALLS = """
import dmkit as dm
from dmkit.tree.rules import TreeRules
def told(call):
    try:
        print(repr(call()))
    except dm.CodecError.__mro__[1] as error:
        print(error)
told(lambda: TreeRules(properties=frozenset({"Sise", "Nane", "ACL"})))
told(lambda: TreeRules(counted={"value", "acl", "name"}))
told(lambda: dm.Rules())
told(lambda: dm.Rules(alerts=frozenset({1, 2, 3})))
told(lambda: dm.views.tree_text(frozenset({"a", "b", "c"})))
told(lambda: dm.Device.example().tree.may("s", dm.words.Verb.GET, frozenset({"a", "b", "c"})))
"""


HELP = """
from dmkit.cli import COMMANDS, main
for words in (["--help"], *([name, "--help"] for name in COMMANDS), ["lint", "--rules"], ["matrix"], ["objects"]):
    try:
        print(words, main(words))
    except SystemExit as ended:
        print(words, ended)
"""


def printed(program: str, seed: str) -> str:
    made = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-800:]
    return re.sub(r"0x[0-9a-f]+", "0x", made.stdout)


@pytest.mark.parametrize("program", [CALLS, HELP], ids=["sentences", "commands"])
def test_two_seeds_print_the_same(program):
    first, second = printed(program, "1"), printed(program, "2")
    assert len(first.splitlines()) > 5
    differing = [(a, b) for a, b in zip(first.splitlines(), second.splitlines(), strict=True) if a != b]
    assert not differing


def test_configurations_show_sets_in_order():
    assert dm.TreeRules and dm.card.Usim and dm.notify.decode and dm.services.read and dm.enablers.find
    every = [cls for cls in CHECKED if cls.__module__.startswith("dmkit")]
    shown = [cls.__doc__ or "" for cls in every] + [in_order(value) for cls in every for value in defaults(cls)]
    sets = [found[1] for text in shown for found in re.finditer(r"frozenset\({([^{}]*)}\)", " ".join(text.split()))]
    assert len(sets) > 8
    assert [text for text in sets if text.split(", ") != sorted(text.split(", "))] == []


def defaults(cls: type) -> list[object]:
    """A value of ``cls`` made without arguments, where that can be."""
    try:
        return [cls()]
    except (ConfigError, TypeError):
        return []


ORDERS = (frozenset((0, 8)), frozenset((8, 0)))
"""One set, and two orders in which a process may have it."""

SETS = (set, frozenset, Set, typing.MutableSet, Collection, Iterable, Container)
"""What an annotation says where a set can be."""


def records() -> Iterator[type]:
    """Every class of dmkit whose values are known by their fields: dataclasses, structs and named tuples."""
    for found in pkgutil.walk_packages(dm.__path__, "dmkit."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for cls in vars(module).values():
            if isinstance(cls, type) and cls.__module__ == found.name and names_of(cls):
                yield cls


def names_of(cls: type) -> tuple[str, ...]:
    """The fields that a value of ``cls`` shows."""
    if dataclasses.is_dataclass(cls) and not issubclass(cls, msgspec.Struct):
        return tuple(entry.name for entry in dataclasses.fields(cls) if entry.repr)
    return getattr(cls, "__struct_fields__", None) or getattr(cls, "_fields", ())


def holding(hint: Any, entries: frozenset[int]) -> Any:
    """A value that such a field may have and in which ``entries`` stand; None where no set can be."""
    origin, inside = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in SETS:
        return set(entries) if origin is set else entries
    if origin in (Callable, type, typing.Literal):
        return None
    for at, part in enumerate(inside):
        found = None if isinstance(part, str | int) else holding(part, entries)
        if found is None:
            continue
        if isinstance(origin, type) and issubclass(origin, Mapping):
            pair = {found: None} if at == 0 else {"key": found}
            return MappingProxyType(pair) if origin is Mapping else pair
        return [found] if origin is list else (found,) if origin is tuple else found
    return None


def shown(cls: Any, fields: Mapping[str, Any]) -> str:
    """How a value of ``cls`` with these fields is shown; nothing else is asked of it."""
    values = [fields.get(name) for name in names_of(cls)]
    if issubclass(cls, tuple):
        return repr(tuple.__new__(cls, values))
    if issubclass(cls, msgspec.Struct):
        return repr(cls(**dict(zip(names_of(cls), values, strict=True))))
    value = object.__new__(cls)
    for name, content in zip(names_of(cls), values, strict=True):
        object.__setattr__(value, name, content)
    return repr(value)


def resolved(hint: Any, scope: dict[str, Any]) -> Any:
    """An annotation as a type; of one that cannot be had, only whether a set is in it."""
    try:
        return hint_of(hint, scope) if isinstance(hint, str) else hint
    except (TypeError, NameError):
        return frozenset if re.search(r"\b([Ss]et|frozenset|Collection|Iterable|Container)\b", hint) else None


def held(cls: type, entries: frozenset[int]) -> dict[str, Any]:
    """The fields of ``cls`` in which a set can be, with one."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        scope = vars(sys.modules[base.__module__])
        for name, hint in vars(base).get("__annotations__", {}).items():
            hints[name] = resolved(hint.__forward_arg__ if isinstance(hint, typing.ForwardRef) else hint, scope)
    found = {name: holding(hints[name], entries) for name in names_of(cls) if name in hints}
    return {name: value for name, value in found.items() if value is not None}


def test_no_record_shows_a_set_in_the_order_of_its_hashes():
    """``from dmkit.words.records import dataclass`` mends one; a struct or a named tuple has ``repr_in_order``."""
    first, second = ({cls: held(cls, entries) for cls in records()} for entries in ORDERS)
    with_sets = [cls for cls in first if first[cls]]
    assert len(with_sets) > 45
    bad = [
        f"{cls.__module__}.{cls.__qualname__}" for cls in with_sets if shown(cls, first[cls]) != shown(cls, second[cls])
    ]
    assert bad == []


@dataclasses.dataclass(frozen=True)
class Plain:
    names: tuple[frozenset[int], ...]


@dataclass(frozen=True, slots=True, order=True)
class Ordered:
    names: dict[str, frozenset[int] | None]


@dataclass
class Loose:
    names: list[set[int]]


class Struct(msgspec.Struct):
    names: Mapping[frozenset[int], str]


class Row(NamedTuple):
    names: Collection[int]


class Mended(NamedTuple):
    names: Collection[int]
    __repr__ = repr_in_order


@pytest.mark.parametrize(
    ("cls", "same"), [(Plain, False), (Struct, False), (Row, False), (Ordered, True), (Loose, True), (Mended, True)]
)
def test_the_search_finds_such_a_record(cls, same):
    first, second = (shown(cls, held(cls, entries)) for entries in ORDERS)
    assert "8" in first and (first == second) is same
