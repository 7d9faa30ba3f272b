"""Every choice of a device's scheduler as a row: its rivals, what it means, on what it rests, which cases show it.

The rows are read from ``SchedRules`` itself, so a new switch is in the table at once.

>>> row = next(row for row in switches() if row.name == "gap")
>>> row.rivals, row.mark, row.source, "4" in row.cases
("'shift', 'skip', 'end'", 'CONFLICT', 'RFC 5545 §3.3.10', True)
"""

from __future__ import annotations

import re
import types
from dataclasses import MISSING, fields
from typing import Annotated, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

from dmkit.mo.sched.values import SchedRules
from dmkit.sim.schedule_cases import cases
from dmkit.words.field_docs import documented
from dmkit.words.ranges import Range

__all__ = ["ScheduleSwitch", "switches"]

_MARK: Final = re.compile(r"(UNSURE|CONFLICT|Proposal|Evidence)")
_SOURCE: Final = re.compile(r"\[([^\]]+)\]|\((RFC [^)]+|P\d+b?[^)]*|DISMAN[^)]*)\)|As (DISMAN-SCHEDULE-MIB)")


class ScheduleSwitch(NamedTuple):
    """A field of ``SchedRules``."""

    name: str
    default: str
    rivals: str
    """What it can be: the words, or the kind of number."""
    means: str
    mark: str
    """UNSURE, CONFLICT, Evidence or Proposal; a limit of the device that no source speaks of is a Proposal."""
    source: str
    cases: tuple[str, ...]
    """Rows of the table of cases that have another outcome under a rival of it."""


def switches() -> tuple[ScheduleSwitch, ...]:
    """All of them, in the order of ``SchedRules``."""
    value, hints = documented(SchedRules), get_type_hints(SchedRules, include_extras=True)
    shown: dict[str, list[str]] = {}
    for case in cases():
        names = {part.partition("=")[0] for reading, _ in case.readings for part in reading.split(" and ")}
        for name in {*names, *(name for name, _ in case.rules)}:
            shown.setdefault(name, []).append(case.id)
    found = []
    for field in fields(SchedRules):
        text = value.get(field.name, "")
        mark, source = _MARK.search(text), _SOURCE.search(text)
        default = field.default if field.default is not MISSING else "?"
        if isinstance(default, frozenset):
            default = tuple(sorted(default))
        found.append(
            ScheduleSwitch(
                field.name,
                repr(default),
                _rivals(hints[field.name]),
                _MARK.sub("", _SOURCE.sub("", text)).strip(" .;") + ".",
                mark.group(1) if mark else "Proposal",
                next((g for g in source.groups() if g), "") if source else "ours",
                tuple(shown.get(field.name, ())),
            )
        )
    return tuple(found)


def _rivals(hint: object) -> str:
    """What a type allows, in a few words."""
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return next((str(note) for note in notes if isinstance(note, Range)), _rivals(inner))
    if get_origin(hint) is Literal:
        return ", ".join(repr(value) for value in get_args(hint))
    if hint is bool:
        return "True, False"
    if isinstance(hint, types.GenericAlias):
        return f"{hint.__origin__.__name__} of {_rivals(get_args(hint)[0])}"
    return getattr(hint, "__name__", str(hint))
