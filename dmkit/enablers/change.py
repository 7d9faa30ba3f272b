"""What a profile can do, and the smallest change of the protocol that would enable the rest.

The search adds capabilities that the profile lacks, fewest first, and runs the enabler with each set.  It relies on one
thing: more capabilities never make an enabler worse.  So one that is missed when all others are there is in every
answer, and only the rest need be tried.

>>> from dmkit.enablers.profile import profile
>>> [str(change) for change in smallest("firmware", profile("no Exec"))]
['Exec']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from dmkit.enablers.catalogue import ENABLERS
from dmkit.enablers.finding import Finding, Verdict
from dmkit.enablers.matrix import Row, find, overall
from dmkit.enablers.profile import Profile
from dmkit.mo.capabilities import Capability

__all__ = ["Assessment", "Change", "assess", "smallest"]

_RANK: Final[Mapping[Verdict, int]] = {"fails": 0, "degraded": 1, "works": 2}


@dataclass(frozen=True, slots=True)
class Change:
    """Capabilities to add; empty when nothing need be."""

    add: tuple[Capability, ...]

    def __str__(self) -> str:
        return " + ".join(c.name for c in self.add) or "nothing"


def smallest(enabler: str, profile: Profile, want: Verdict = "works") -> tuple[Change, ...]:
    """The smallest sets of capabilities with which ``enabler`` comes to ``want``, each verified by running.

    Empty when all that ``profile`` lacks does not suffice: then something stands in the way that no capability is.
    """
    lacks = profile.lacks

    def reached(added: Iterable[Capability]) -> bool:
        return _RANK[overall(find(enabler, profile.added(*added)))] >= _RANK[want]

    if reached(()):
        return (Change(()),)
    if not reached(lacks):
        return ()
    always = [each for each in lacks if not reached(other for other in lacks if other is not each)]
    others = [each for each in lacks if each not in always]
    for size in range(len(others) + 1):
        sets = [tuple(c for c in lacks if c in always or c in extra) for extra in combinations(others, size)]
        found = tuple(Change(chosen) for chosen in sets if reached(chosen))
        if found:
            return found
    return ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """An enabler under a profile: what came of its scenarios, and what to add so that it ``works``, or at least does
    not fail (``some``)."""

    enabler: str
    row: Row
    works: tuple[Change, ...]
    some: tuple[Change, ...]

    @property
    def verdict(self) -> Verdict:
        """Works, degraded or fails."""
        return overall(self.row)

    @property
    def lost(self) -> dict[str, Finding]:
        """Scenario -> what was lost, where something was."""
        return {scenario.name: finding for scenario, finding in self.row.items() if finding.verdict != "works"}


def assess(profile: Profile, enablers: Iterable[str] | None = None) -> tuple[Assessment, ...]:
    """Every enabler under ``profile``; all of them unless named."""
    made = []
    for name in ENABLERS if enablers is None else enablers:
        row = find(name, profile)
        whole = smallest(name, profile)
        some = smallest(name, profile, "degraded") if overall(row) == "fails" else (Change(()),)
        made.append(Assessment(name, row, whole, some))
    return tuple(made)
