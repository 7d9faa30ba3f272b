"""What each enabler needs of the protocol: every scenario with every capability switched off, and what is lost then.

Nothing here is written down: a cell is what came of running.  A rule that changes changes the cells that it decides.

>>> from dmkit.mo.capabilities import EXEC
>>> cell("firmware", EXEC).need
'mandatory'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from dmkit.enablers.catalogue import ENABLERS
from dmkit.enablers.finding import SYMBOLS, NeedLevel, ScenarioFinding, ScenarioVerdict
from dmkit.enablers.profile import SPEC, EnablerProfile
from dmkit.enablers.scenario import EnablerScenario, evaluate
from dmkit.enablers.tables import matrix_text
from dmkit.mo.capabilities import CAPABILITIES, Capability
from dmkit.words.asked import asked

__all__ = ["Matrix", "MatrixCell", "MatrixRow", "cell", "find", "matrix", "overall"]


MatrixRow: TypeAlias = Mapping[EnablerScenario, ScenarioFinding]


@asked
def find(enabler: str, profile: EnablerProfile) -> MatrixRow:
    """What comes of each scenario of ``enabler`` under ``profile``.

    >>> from dmkit.enablers.profile import PROFILES
    >>> overall(find("lock", PROFILES["no Exec"]))
    'fails'
    """
    return {scenario: evaluate(scenario, profile) for scenario in ENABLERS[enabler]}


@asked
def overall(row: MatrixRow) -> ScenarioVerdict:
    """All scenarios together: works when all do, fails when all do, else degraded.

    >>> from dmkit.enablers.profile import PROFILES
    >>> overall(find("lock", PROFILES["DM 1.2"]))
    'works'
    """
    verdicts = {finding.verdict for finding in row.values()}
    return next(iter(verdicts)) if len(verdicts) == 1 else "degraded"


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """An enabler without one capability: what came of its scenarios (``row``), and what does with it (``base``).

    A cell is the difference of the two, so what the base lacks anyway is laid to no capability.  Mandatory: no scenario
    that the base has is left; optional: some are, or all with less; not needed: nothing more is lost.  Nothing to lose:
    the base has no scenario left, or lacks this capability.

    >>> overall(cell("lock", CAPABILITIES["Exec"]).row)
    'fails'
    """

    enabler: str
    capability: Capability
    row: MatrixRow
    base: MatrixRow
    there: bool = True
    """Whether the base has the capability at all."""

    @property
    def need(self) -> NeedLevel:
        """How much the enabler needs the capability."""
        left = [scenario for scenario, finding in self.base.items() if finding.verdict != "fails"]
        if not left or not self.there:
            return "nothing to lose"
        if all(self.row[scenario].verdict == "fails" for scenario in left):
            return "mandatory"
        return "optional" if self.lost else "not needed"

    @property
    def symbol(self) -> str:
        """A disc, a ring or a dot."""
        return SYMBOLS[self.need]

    @property
    def lost(self) -> dict[str, ScenarioFinding]:
        """Scenario -> what was lost and is there in the base, where something was."""
        left = {scenario: finding for scenario, finding in self.base.items() if finding.verdict != "fails"}
        more = {scenario.name: self.row[scenario].beyond(finding) for scenario, finding in left.items()}
        return {name: finding for name, finding in more.items() if finding.verdict != "works"}

    def __str__(self) -> str:
        lines = [f"{name} {finding}" for name, finding in self.lost.items()]
        return "\n".join([f"{self.enabler} without {self.capability}: {self.need}", *lines])


@dataclass(frozen=True, slots=True)
class Matrix:
    """Enablers down, capabilities across.

    ``base`` is the profile from which capabilities were taken, ``with_all`` what came of each enabler in it, and
    ``either`` the pairs of which one is needed: each can be missing, both cannot.

    >>> matrix(enablers=["lock"], capabilities=["Exec"]).needs("lock")
    ('Exec',)
    """

    base: EnablerProfile
    capabilities: tuple[Capability, ...]
    with_all: Mapping[str, ScenarioVerdict]
    cells: Mapping[tuple[str, str], MatrixCell]
    either: Mapping[str, tuple[tuple[str, str], ...]]

    def __getitem__(self, at: tuple[str, str]) -> MatrixCell:
        return self.cells[at]

    @property
    def enablers(self) -> tuple[str, ...]:
        """Names, in the order of the rows."""
        return tuple(self.with_all)

    def needs(self, enabler: str, need: NeedLevel = "mandatory") -> tuple[str, ...]:
        """Capabilities that ``enabler`` needs so much."""
        return tuple(c.name for c in self.capabilities if self[enabler, c.name].need == need)

    def __repr__(self) -> str:
        return matrix_text(self)


@asked
def cell(
    enabler: str, capability: Capability, base: EnablerProfile = SPEC, whole: MatrixRow | None = None
) -> MatrixCell:
    """``enabler`` without ``capability``, against ``base``; ``whole`` is what comes of it there, where that is known.

    >>> cell("lock", CAPABILITIES["Exec"]).capability.name
    'Exec'
    """
    row, there = find(enabler, base.without(capability)), capability not in base.lacks
    return MatrixCell(enabler, capability, row, find(enabler, base) if whole is None else whole, there)


@asked
def matrix(
    base: EnablerProfile = SPEC, enablers: Iterable[str] | None = None, capabilities: Iterable[str] | None = None
) -> Matrix:
    """Run every scenario without each capability; all enablers and capabilities unless named.

    Each cell is a difference from ``base``: what is lost there in any case is no cell's fault.

    >>> overall(matrix(enablers=["lock"], capabilities=["Exec"]).cells["lock", "Exec"].row)
    'fails'
    """
    names = tuple(ENABLERS if enablers is None else enablers)
    chosen = tuple(CAPABILITIES[name] for name in (CAPABILITIES if capabilities is None else capabilities))
    whole = {name: find(name, base) for name in names}
    cells = {(name, each.name): cell(name, each, base, whole[name]) for name in names for each in chosen}
    with_all = {name: overall(row) for name, row in whole.items()}
    return Matrix(base, chosen, with_all, cells, {name: _either(name, chosen, cells, base) for name in names})


def _either(
    enabler: str, chosen: tuple[Capability, ...], cells: Mapping[tuple[str, str], MatrixCell], base: EnablerProfile
) -> tuple[tuple[str, str], ...]:
    """Pairs of capabilities without which, together, nothing is left, though without either something is."""
    left = [each for each in chosen if cells[enabler, each.name].need not in ("mandatory", "nothing to lose")]
    pairs = [
        (a, b)
        for a, b in combinations(left, 2)
        if "optional" in (cells[enabler, a.name].need, cells[enabler, b.name].need)
    ]
    return tuple((a.name, b.name) for a, b in pairs if _nothing_left(enabler, base.without(a, b)))


def _nothing_left(enabler: str, profile: EnablerProfile) -> bool:
    return all(evaluate(scenario, profile).verdict == "fails" for scenario in ENABLERS[enabler])
