"""What a profile can do, and the smallest change of the protocol that would enable the rest.

The search adds capabilities that the profile lacks, fewest first, and runs the enabler with each set; where all of them
are not enough it looks for the rules that stand in the way, too.  As long as there are few sets every one is tried, and
an answer is proved to be the smallest.  Where there are too many, the search goes on under an assumption: more
capabilities never make an enabler worse, so one that is missed when all others are there is in every answer, and only
the rest need be tried.  An answer says which it is (``proved``).

>>> from dmkit.enablers.profile import profile
>>> [str(change) for change in smallest("firmware", profile("no Exec"))]
['Exec']
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, fields
from itertools import combinations
from math import comb
from typing import Final, TypeAlias

from dmkit.enablers.catalogue import ENABLERS
from dmkit.enablers.finding import RANK, ScenarioFinding, ScenarioVerdict
from dmkit.enablers.matrix import MatrixRow, find, overall
from dmkit.enablers.profile import EnablerProfile
from dmkit.mo.capabilities import Capability
from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules
from dmkit.words.asked import asked

__all__ = ["Assessment", "CapabilityChange", "as_specified", "assess", "differs", "smallest"]

TRIES: Final = 100
"""Sets that are tried at most before the search assumes that more capabilities never make an enabler worse."""


@dataclass(frozen=True, slots=True)
class CapabilityChange:
    """Capabilities to add, and rules to follow as the specification has them; empty when nothing need be changed.

    ``rules`` are fields of ``Rules``, or of its ``tree``, in which a profile differs and which are no capability.

    >>> str(CapabilityChange((), ()))
    'nothing'
    """

    add: tuple[Capability, ...]
    rules: tuple[str, ...] = ()
    proved: bool = field(default=True, compare=False)
    """Whether every smaller set was tried; else none is smaller if more capabilities never make an enabler worse."""

    def __bool__(self) -> bool:
        return bool(self.add or self.rules)

    def __str__(self) -> str:
        return " + ".join([*(c.name for c in self.add), *(f"rule {name}" for name in self.rules)]) or "nothing"


def differs(profile: EnablerProfile) -> tuple[str, ...]:
    """Rules in which ``profile`` is not the specification and which no capability that it lacks accounts for."""
    whole, spec = profile.added(*profile.lacks), Rules()
    own = (entry.name for entry in fields(Rules) if entry.name != "tree")
    tree = (entry.name for entry in fields(TreeRules))
    sides = (whole.device, whole.server)
    return (
        *(name for name in own if any(getattr(side, name) != getattr(spec, name) for side in sides)),
        *(f"tree.{name}" for name in tree if any(getattr(side.tree, name) != getattr(spec.tree, name)
                                                 for side in sides)),
    )  # fmt: skip


def as_specified(profile: EnablerProfile, *names: str) -> EnablerProfile:
    """``profile`` with the rules called ``names`` as the specification has them, on both sides."""
    spec = Rules()
    owners = {name: spec.tree if name.startswith("tree.") else spec for name in names}
    return profile.ruled({name: getattr(owner, name.removeprefix("tree.")) for name, owner in owners.items()})


@asked
def smallest(
    enabler: str,
    profile: EnablerProfile,
    want: ScenarioVerdict = "works",
    *,
    tries: int = TRIES,
    known: dict[frozenset[str], ScenarioVerdict] | None = None,
) -> tuple[CapabilityChange, ...]:
    """The smallest changes with which ``enabler`` comes to ``want``, each verified by running.

    Capabilities first; only when all that ``profile`` lacks do not suffice, rules in which it differs too.  Empty when
    not even both do.  Every set of a size is tried as long as no more than ``tries`` are.
    ``known`` keeps what came of each set, for another question about the same enabler and profile.

    >>> from dmkit.enablers.profile import PROFILES
    >>> [str(change) for change in smallest("lock", PROFILES["no Exec"])]
    ['Exec']
    """
    lacks: _Moves = profile.lacks
    verdicts = {} if known is None else known

    def reached(chosen: Collection[Capability | str]) -> bool:
        key = frozenset(str(each) for each in chosen)
        if key not in verdicts:
            verdicts[key] = verdict(chosen)
        return RANK[verdicts[key]] >= RANK[want]

    def verdict(chosen: Collection[Capability | str]) -> ScenarioVerdict:
        added = profile.added(*(each for each in chosen if isinstance(each, Capability)))
        made = as_specified(added, *(each for each in chosen if isinstance(each, str)))
        return overall(find(enabler, made))

    both: _Moves = (*lacks, *differs(profile))
    for moves in (lacks, both):
        if reached(moves):
            found, proved = _fewest(moves, reached, tries)
            return tuple(CapabilityChange(tuple(each for each in chosen if isinstance(each, Capability)),
                                tuple(each for each in chosen if isinstance(each, str)), proved)
                         for chosen in found)  # fmt: skip
    return ()


_Moves: TypeAlias = tuple[Capability | str, ...]


def _fewest(moves: _Moves, reached: Callable[[_Moves], bool], tries: int) -> tuple[list[_Moves], bool]:
    """The smallest parts of ``moves`` with which the end is reached, which it is with all of them; whether it is proved
    that none is smaller.
    """
    tried, size = 0, 0
    while (tried := tried + comb(len(moves), size)) <= max(tries, 1):
        found = [chosen for chosen in combinations(moves, size) if reached(chosen)]
        if found:
            return found, True
        size += 1
    found = _assumed(moves, reached)
    return found, len(found[0]) <= size


def _assumed(moves: _Moves, reached: Callable[[_Moves], bool]) -> list[_Moves]:
    """The same where more never makes it worse: only what is not in every answer is tried."""
    always = [each for each in moves if not reached(tuple(other for other in moves if other is not each))]
    others = [each for each in moves if each not in always]
    for size in range(len(others) + 1):
        more = combinations(others, size)
        sets = [tuple(each for each in moves if each in always or each in extra) for extra in more]
        found = [chosen for chosen in sets if reached(chosen)]
        if found:
            return found
    return [moves]


@dataclass(frozen=True, slots=True)
class Assessment:
    """An enabler under a profile: what came of its scenarios, and what to add so that it ``works``, or at least does
    not fail (``some``).

    >>> from dmkit.enablers.profile import PROFILES
    >>> [found.enabler for found in assess(PROFILES["no Exec"], ["lock"])]
    ['lock']
    """

    enabler: str
    row: MatrixRow
    works: tuple[CapabilityChange, ...]
    some: tuple[CapabilityChange, ...]

    @property
    def verdict(self) -> ScenarioVerdict:
        """Works, degraded or fails."""
        return overall(self.row)

    @property
    def lost(self) -> dict[str, ScenarioFinding]:
        """Scenario -> what was lost, where something was."""
        return {scenario.name: finding for scenario, finding in self.row.items() if finding.verdict != "works"}


@asked
def assess(
    profile: EnablerProfile, enablers: Iterable[str] | None = None, *, tries: int = TRIES
) -> tuple[Assessment, ...]:
    """Every enabler under ``profile``; all of them unless named.  ``tries`` are those of ``smallest``.

    >>> from dmkit.enablers.profile import PROFILES
    >>> [found] = assess(PROFILES["no Exec"], ["lock"])
    >>> [str(change) for change in found.works]
    ['Exec']
    """
    made = []
    for name in ENABLERS if enablers is None else enablers:
        row = find(name, profile)
        known: dict[frozenset[str], ScenarioVerdict] = {frozenset(): overall(row)}
        whole = smallest(name, profile, tries=tries, known=known)
        some: tuple[CapabilityChange, ...] = (CapabilityChange(()),)
        if overall(row) == "fails":
            some = smallest(name, profile, "degraded", tries=tries, known=known)
        made.append(Assessment(name, row, whole, some))
    return tuple(made)
