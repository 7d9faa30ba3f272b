"""Which rules a run reads: where a side never looked at a switch, its other readings give the very same run.

A run is a function of the rules that it reads.  So of the four pairs of two readings only those have to be played in
which a side reads another value than in a run that is known; most conversations never come near most switches.  The
rules that are handed in note who asks for which field.  A copy made of them (``replace``) asks for all fields, and so
counts as having read them all: what is told errs on that side only.

>>> from dmkit.session.rules import Rules
>>> rules, read = watched(Rules())
>>> rules.tree.atomic, rules.auth, sorted(read)
('all or nothing', 'md5', ['Rules.auth', 'Rules.tree', 'TreeRules.atomic'])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache, lru_cache
from typing import Any, Final, Literal, TypeAlias

from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules
from dmkit.tree.uri import UriLimits
from dmkit.words.records import dataclass
from dmkit.workbench.readings.observed import Seen
from dmkit.workbench.readings.scene import ReadingCase, play
from dmkit.workbench.readings.switches import RuleSwitch, applied

__all__ = ["ReadingChoice", "ReadingRuns", "RuleSide", "WatchedRun", "base_of", "watched", "watched_play"]

_READ: Final = "_read"
_AS_IS: Final = object()
_OWNERS: Final = (Rules, TreeRules, UriLimits)


@dataclass(frozen=True)
class WatchedRun:
    """What a run showed, and the names of the switches (``Rules.late_alert``) that each side read in it."""

    seen: Seen
    device: frozenset[str]
    server: frozenset[str]


@cache
def _watching(cls: type) -> type:
    """A class like ``cls`` whose values note what is read; equal only to themselves, so that no table knows them."""
    owner = next(of for of in _OWNERS if issubclass(cls, of))
    names = {field.name: f"{owner.__name__}.{field.name}" for field in fields(cls)}

    def read(self: Any, name: str) -> Any:
        if name in names:
            noted = object.__getattribute__(self, "__dict__").get(_READ)
            if noted is not None:  # a copy has none; whoever made it has read all
                noted.add(names[name])
        return object.__getattribute__(self, name)

    own = {"__getattribute__": read, "__hash__": object.__hash__, "__eq__": object.__eq__}
    return type(cls.__name__, (cls,), own)


def watched(rules: Rules) -> tuple[Rules, set[str]]:
    """Rules that say the same, and the set that fills with what is read of them."""
    read: set[str] = set()

    def made(value: Any) -> Any:
        if not isinstance(value, _OWNERS):
            return value
        cls: Any = type(value)
        copy: Any = object.__new__(_watching(cls))
        for field in fields(value):
            object.__setattr__(copy, field.name, made(getattr(value, field.name)))
        vars(copy)[_READ] = read
        return copy

    return made(rules), read


def watched_play(case: ReadingCase, device: Rules, server: Rules) -> WatchedRun:
    """``play``, and what was read."""
    (own, mine), (other, theirs) = watched(device), watched(server)
    return WatchedRun(play(case, own, other), frozenset(mine), frozenset(theirs))


@lru_cache(maxsize=4096)
def base_of(case: ReadingCase) -> WatchedRun:
    """The run of ``case`` as it stands."""
    return watched_play(case, case.device, case.server)


RuleSide: TypeAlias = Literal["device", "server"]
ReadingChoice: TypeAlias = tuple[RuleSide, RuleSwitch, Any]
"""A switch turned to a value on one side."""


class ReadingRuns:
    """The runs of one conversation; what follows from a run that is known is not played.

    >>> from dmkit.workbench.readings.cases import cases
    >>> from dmkit.workbench.readings.switches import switch_of
    >>> runs = ReadingRuns(cases("nothing")[0])
    >>> runs.run([("device", switch_of("TreeRules.atomic"), "keep")]) is runs.run([]), runs.played
    (True, 0)
    """

    def __init__(self, case: ReadingCase) -> None:
        self.case = case
        self._known: list[tuple[dict[tuple[RuleSide, str], Any], WatchedRun]] = [({}, base_of(case))]

    @property
    def played(self) -> int:
        """How many were played, besides the one of the case as it stands."""
        return len(self._known) - 1

    def run(self, choices: Iterable[ReadingChoice]) -> WatchedRun:
        """The run in which each of ``choices`` stands at its value, and all else as in the case."""
        turned = [entry for entry in choices if entry[2] is not entry[1].default]
        asked: dict[tuple[RuleSide, str], Any] = {(side, switch.name): value for side, switch, value in turned}
        for known, run in self._known:
            differs = [
                key for key in asked.keys() | known.keys() if asked.get(key, _AS_IS) is not known.get(key, _AS_IS)
            ]
            if not any(name in (run.device if side == "device" else run.server) for side, name in differs):
                return run
        rules = {"device": self.case.device, "server": self.case.server}
        for side, switch, value in turned:
            rules[side] = applied(rules[side], switch, value)
        made = watched_play(self.case, rules["device"], rules["server"])
        self._known.append((asked, made))
        return made
