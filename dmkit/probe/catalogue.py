"""All cases: read from the tables of this folder, repeated along their axes.

>>> [case.id for case in chosen("server", ["P-01"])][0].startswith("server P-01 ")
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from dmkit.probe.case import ProbeCase
from dmkit.probe.covering import covering
from dmkit.words.asked import asked
from dmkit.words.checked import nearest
from dmkit.words.errors import ConfigError
from dmkit.words.from_toml import converted, parse

__all__ = ["MOST", "cases", "chosen", "read_cases", "scripts"]

MOST: Final = 12
"""Repetitions of one script, at most."""

ProbedSide = Literal["server", "client"]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    side: ProbedSide
    case: tuple[ProbeCase, ...]


@asked
def read_cases(text: str, name: str) -> tuple[ProbeCase, ...]:
    """The scripts in one table of cases; ConfigError with the place of what is wrong.

    >>> read_cases('side = "server"\\ncase = [{row = "P-01"}]', "mine.toml")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: mine.toml: Object missing required field `name` (in case[0])
    """
    found = converted(parse(text, name), _File, name)
    made = tuple(msgspec.structs.replace(case, side=found.side) for case in found.case)
    for case in made:
        case.check()
    return made


@cache
def scripts(side: ProbedSide) -> tuple[ProbeCase, ...]:
    """Every script for peers of this side, before it is repeated."""
    folder = files("dmkit.probe") / "cases"
    found = [case for file in sorted(folder.iterdir(), key=lambda file: file.name) if file.name.startswith(side)
             for case in read_cases(file.read_text(encoding="utf-8"), file.name)]  # fmt: skip
    double = [name for name, times in Counter(case.script for case in found).items() if times > 1]
    if double:
        raise ConfigError(f"two cases are called {double[0]!r}")
    return tuple(found)


def repeated(case: ProbeCase, most: int = MOST) -> Iterator[ProbeCase]:
    """``case`` with the values of its axes, so that every pair of them meets."""
    for values in covering(case.vary, most):
        yield msgspec.structs.replace(case, with_={**case.with_, **values})


@asked
@cache
def cases(side: ProbedSide) -> tuple[ProbeCase, ...]:
    """Every case for peers of this side, in the order of the rows."""
    return tuple(one for script in scripts(side) for one in repeated(script))


@asked
def chosen(side: ProbedSide, words: Iterable[str] = (), *, ids: Iterable[str] = ()) -> tuple[ProbeCase, ...]:
    """The cases that ``words`` name: rows (``P-05``), letters (``P``), sections (``DMPRO §8.3``); all without words.

    ``ids`` are single cases or scripts by their address, with or without the side.  ConfigError for what names none.
    """
    everything = cases(side)
    words, ids = tuple(words), tuple(ids)
    if not words and not ids:
        return everything
    taken: set[str] = set()
    for word in words:
        plain = word.strip("[]")
        found = [c.id for c in everything if c.row == plain or (len(plain) == 1 and c.row.startswith(f"{plain}-"))
                 or (len(plain) > 4 and plain in c.source)]  # fmt: skip
        if not found:
            rows = dict.fromkeys(c.row for c in everything)
            raise ConfigError(
                f"no case for a {side} is about {word!r}; rows are {', '.join(rows)}{nearest(plain, rows)}"
            )
        taken.update(found)
    for one in ids:
        full = one if one.startswith(side) else f"{side} {one}"
        found = [c.id for c in everything if full in (c.id, c.script)]
        if not found:
            raise ConfigError(
                f"there is no case {one!r}{nearest(full, [c.script for c in everything])}; dmkit probe list names all"
            )
        taken.update(found)
    return tuple(c for c in everything if c.id in taken)
