"""From TOML to a checked configuration: a table is a class, its keys are the fields, numbers may carry units.

The declaration is that of the class (``checked``), so that a file and a call of Python are refused alike; a sentence
names the place in the file.  The file of ``dmkit serve`` and experiment files are read here.

>>> from dmkit.words.question import Options
>>> build(Options, parse("max_length = 8", "a file"), "options").max_length
8
>>> build(Options, parse("hiden = true", "a file"), "options")
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: options.hiden is not known; there are ...; nearest: 'hidden'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, replace
from typing import Any, Final, TypeAlias, TypeVar, get_args

from dmkit.words.checked import CHECKED, kinds_of, shown
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import Kind, nearest
from dmkit.words.ranges import Range, quantity

__all__ = ["NOT_HERE", "Special", "build", "converted", "in_file", "known", "numbers", "parse", "table", "value_of"]

NOT_HERE: Final = object()
"""What a ``Special`` gives for a place that is none of its own."""

_T = TypeVar("_T")

Special: TypeAlias = Callable[[type, str, object, str, Any], object]
"""Class, field, value, place in the file, value so far: what stands there, where the declaration alone does not tell;
NOT_HERE where it does."""


_DEEPEST: Final = 100
"""Names that a dotted key may have: ``tomllib`` takes a time with their square."""
_LONG_KEY: Final = re.compile(r"""(?m)(?:^|[\[{,])[ \t]*+(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""")
"""One of more."""


def parse(text: str | bytes, name: str) -> dict[str, Any]:
    """The tables of a file; ConfigError with one sentence when ``text`` is no TOML.

    >>> parse("a = [1", "x.toml")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: x.toml is no TOML: Unclosed array (at end of document)
    """
    try:
        whole_text = text if isinstance(text, str) else text.decode()
        if whole_text.count(".") >= _DEEPEST and _LONG_KEY.search(whole_text):
            raise ConfigError(f"{name} is no TOML that can be read: a key of more than {_DEEPEST} names")
        return tomllib.loads(whole_text)
    except ValueError as error:  # a number of thousands of digits is one too
        raise ConfigError(f"{name} is no TOML: {_why(str(error), text)}") from None
    except RecursionError:
        raise ConfigError(f"{name} is no TOML that can be read: its tables are too deep") from None


def _why(reason: str, text: str | bytes) -> str:
    """What ``tomllib`` said; of a key that stands twice, which."""
    line = re.match(r"Cannot overwrite a value \(at line (\d+)", reason)
    if line is None:
        return " ".join(reason.split())
    lines = (text if isinstance(text, str) else text.decode()).splitlines()
    return f"{lines[int(line[1]) - 1].partition('=')[0].strip()} is there twice (line {line[1]})"


_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def converted(found: Any, cls: type[_T], where: str = "") -> _T:
    """``found`` as a ``cls``, whose annotations are the declaration; ConfigError names the key, and the nearest.

    >>> import msgspec
    >>> class Rows(msgspec.Struct, forbid_unknown_fields=True):
    ...     side: str
    ...     times: dict[str, int] = {}
    >>> converted({"side": "server", "tmes": {}}, Rows, "mine.toml")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: mine.toml: there is an unknown field `tmes`; nearest: 'times'
    >>> converted({"side": "server", "times": {"a": 1, "b": "x"}}, Rows)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: Expected `int`, got `str` (in times.b)
    """
    import msgspec

    try:
        return msgspec.convert(found, cls)
    except msgspec.ValidationError as error:
        text, _, place = str(error).replace("Object contains", "there is an").partition(" - at `")
    place = place.removesuffix("`").removeprefix("key in ").removeprefix("$").removeprefix(".")
    if "[...]" in place:
        place = _entry(found, cls, place)
    unknown = re.match(r"there is an unknown field `([^`]*)`", text)
    near = nearest(unknown[1], _fields_below(cls)) if unknown else ""
    inside = f" (in {place})" if place else ""
    raise ConfigError(f"{f'{where}: ' if where else ''}{text}{inside}{near}")


def _entry(found: Any, cls: type, place: str) -> str:
    """``place``, in which a key that was not named is: the first without which something else is wrong."""
    import msgspec

    outer, _, _ = place.partition("[...]")
    table = found
    for step in _STEP.finditer(outer):
        table = table[step[1] if step[1] is not None else int(step[2])]
    for key in list(table):
        value = table.pop(key)
        try:
            msgspec.convert(found, cls)
        except msgspec.ValidationError as error:
            if place in str(error):
                continue
        finally:
            table[key] = value
        return f"{outer}.{key}"
    return outer


def _fields_below(cls: Any) -> set[str]:
    """The names of the fields of a Struct and of those inside it."""
    import msgspec

    found: set[str] = set()
    waiting, seen = [cls], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        waiting += get_args(one)
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            every = msgspec.structs.fields(one)
            found |= {entry.encode_name for entry in every}
            waiting += [entry.type for entry in every]
    return found


@contextmanager
def in_file(name: str) -> Iterator[None]:
    """What is refused inside says the file, too.

    >>> with in_file("x.toml"):
    ...     table(5, "campaign")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: x.toml: campaign is 5; it must be a table
    """
    try:
        yield
    except ConfigError as error:
        text = str(error)
        raise ConfigError(text if text.startswith(name) else f"{name}: {text}") from None


def table(value: object, where: str) -> Mapping[str, Any]:
    """``value`` when it is a table.

    >>> table({"a": 1}, "x")
    {'a': 1}
    """
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} is {value!r}; it must be a table")
    return value


def known(keys: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    """ConfigError for the first key that is none of ``names``.

    >>> known({"colour": 1}, ["color"], "figure")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: figure.colour is not known; there are color; nearest: 'color'
    """
    for key in keys:
        if key not in names:
            raise ConfigError(f"{_at(where, key)} is not known; there are {', '.join(names)}{nearest(key, names)}")


def build(
    cls: type, keys: Mapping[str, Any], where: str, base: Any = None, *, special: Special | None = None,
    hyphens: bool = False,
) -> Any:  # fmt: skip
    """A value of ``cls`` from a table; ``base`` gives what the table does not say.

    ``where`` empty: the whole file.  ``hyphens``: the names of fields are written with hyphens; underscores are taken
    as well.
    """
    spelt = {entry.name.replace("_", "-") if hyphens else entry.name: entry for entry in fields(cls) if entry.init}
    given: dict[str, Any] = {}
    for key, value in keys.items():
        name = key.replace("_", "-") if hyphens else key
        if name in given:
            raise ConfigError(f"{_at(where, name)} is there twice, with a hyphen and with an underscore")
        given[name] = value
    known(given, list(spelt), where)
    for name, entry in spelt.items():
        if name not in given and base is None and entry.default is MISSING and entry.default_factory is MISSING:
            raise ConfigError(f"{_at(where, name)} is missing; it must be {_text(kinds_of(cls)[entry.name])}")
    values = {}
    for key, value in given.items():
        name = spelt[key].name
        present = getattr(base, name, None)
        values[name] = value_of(cls, name, value, _at(where, key), present, special=special, hyphens=hyphens)
    try:
        return replace(base, **values) if base is not None else cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}" if where else str(error)) from None


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def value_of(
    cls: type, name: str, value: object, where: str, base: Any = None, *, special: Special | None = None,
    hyphens: bool = False,
) -> Any:  # fmt: skip
    """The value of field ``name`` of ``cls``: what its declaration takes, written as TOML can.

    ``"none"`` is None where that may be; a list is a tuple or a frozenset; a table is a value of the class below.

    >>> from dmkit.words.question import Options
    >>> value_of(Options, "max_length", -1, "options.max_length")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: options.max_length is -1; it must be a whole number from ...
    """
    kind = kinds_of(cls)[name]
    if value == "none" and kind.holds(None) and not kind.holds(value):
        return None
    if special is not None:
        found = special(cls, name, value, where, base)
        if found is not NOT_HERE:
            return found
    parts = [part for part in kind.parts if part in CHECKED]
    if parts and isinstance(value, Mapping):
        return build(parts[0], value, where, special=special, hyphens=hyphens)
    if parts and isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
        return tuple(build(parts[0], entry, f"{where}[{place}]", special=special, hyphens=hyphens)
                     for place, entry in enumerate(value, 1))  # fmt: skip
    named = isinstance(value, str) and (kind.holds(value) or kind.names())
    if kind.range is not None and not named:
        made: Any = numbers(value, kind.range, where) if isinstance(value, list) else quantity(value, kind.range, where)
    elif isinstance(value, list):
        made = tuple(tuple(entry) if isinstance(entry, list) else entry for entry in value)
    else:
        made = value
    if isinstance(made, tuple) and not kind.holds(made) and _hashed(made) is not None:
        made = _hashed(made) if kind.holds(_hashed(made)) else made
    if not kind.holds(made):
        raise ConfigError(f"{where} is {shown(cls, name, value)}; it must be {_text(kind)}{kind.near(value)}")
    return made


def _hashed(entries: tuple[Any, ...]) -> frozenset[Any] | None:
    try:
        return frozenset(entries)
    except TypeError:
        return None


def _text(kind: Kind) -> str:
    if any(part in CHECKED for part in kind.parts):
        return "a list of tables" if kind.holds(()) else "a table"
    return kind.text.replace("True or False", "true or false").replace(" or None", ', or "none"')


def numbers(value: list[object], allowed: Range, where: str) -> tuple[object, ...]:
    """A list of numbers, or of lists of them, as tuples.

    >>> numbers(["1 min", [2, "3 s"]], Range("time"), "outages")
    (60.0, (2.0, 3.0))
    """
    return tuple(
        numbers(entry, allowed, where) if isinstance(entry, list) else quantity(entry, allowed, where)
        for entry in value
    )
