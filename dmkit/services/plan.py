"""Plans as values: what is changed, in which order, for which service, and what it costs; or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dmkit.services.parts import SoftwarePackage
from dmkit.services.references import short
from dmkit.services.state import seen
from dmkit.words.counts import many

__all__ = ["Install", "LeafWrite", "NoPlan", "PlanStep", "PlannedChange", "ServicePlan"]


@dataclass(frozen=True, slots=True)
class LeafWrite:
    """The leaf ``uri`` gets ``after`` in place of ``before``; None: there is no such leaf.

    ``whole`` is the sub-tree that goes with a leaf that is deleted.
    """

    uri: str
    before: str | None
    after: str | None
    format: str = "chr"
    secret: bool = False
    whole: str | None = None

    @property
    def cost(self) -> int:
        """Each changed leaf costs one."""
        return 1

    def __str__(self) -> str:
        if self.after is None:
            return f"delete {self.whole or self.uri}"
        after = "•••" if self.secret else short(self.after)
        return f"{'add' if self.before is None else 'replace'} {self.uri} = {after}"


@dataclass(frozen=True, slots=True)
class Install:
    """Component ``name`` comes to the version of ``package``; ``at`` is the leaf that tells its version.

    Without a package it goes: ``remove`` is the node to execute.
    """

    name: str
    at: str
    before: str | None
    package: SoftwarePackage | None = field(hash=False)
    remove: str = ""
    deletes: bool = False
    """It goes by Delete of that node, not by Exec."""
    anew: bool = False
    """It is there already, and installed once more."""

    @property
    def uri(self) -> str:
        """The leaf that changes in the end."""
        return self.at

    @property
    def after(self) -> str | None:
        """The version afterwards."""
        return None if self.package is None else self.package.version

    @property
    def cost(self) -> int:
        """What the catalogue says that this package costs (ten unless it says so); one for a removal."""
        return 1 if self.package is None else self.package.cost

    @property
    def run(self) -> str:
        """The node to execute."""
        return self.remove if self.package is None else self.package.install

    @property
    def told(self) -> Mapping[str, str]:
        """What is written before it is executed."""
        return {} if self.package is None else self.package.settings

    def __str__(self) -> str:
        if self.package is None:
            return f"uninstall {self.name} {self.before}"
        if self.anew:
            return f"renew {self.name} {self.after}"
        return f"install {self.name} {self.after}" + (f" over {self.before}" if self.before is not None else "")


PlannedChange: TypeAlias = LeafWrite | Install


def _before(change: PlannedChange) -> str:
    secret = isinstance(change, LeafWrite) and change.secret and change.before is not None
    return "is hidden" if secret else seen(change.before)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What is done for ``services`` (one, or several that cannot wait for each other) before the next step begins.

    ``leans`` are the services that it builds on.  ``one_piece``: between its first and its last change something that
    works would not; it needs Atomic, or one message.  ``waits``: done although a step before it was refused, it would
    break something; it begins a package, so that what stands before it has been answered.  ``one_by_one``: so with its
    own changes; each goes in a package of its own.  ``part``: the rest of its changes wait for what it brings about.
    """

    does: Literal["set up", "adjust", "remove"]
    services: tuple[str, ...]
    changes: tuple[PlannedChange, ...]
    leans: tuple[str, ...] = ()
    one_piece: bool = False
    waits: bool = False
    one_by_one: bool = False
    part: bool = False

    def __str__(self) -> str:
        what = "; ".join(dict.fromkeys(map(str, self.changes))) or "nothing to change"
        return f"{self.does} {', '.join(self.services)}: {what}"


@dataclass(frozen=True, slots=True, repr=False)
class ServicePlan:
    """Steps in order.  ``reused`` work already and are built on; ``kept`` worked before and work afterwards,
    ``held`` were set up, wait for a fact, and stay set up.

    ``cost`` is the least there is (see ``planner``), unless ``bound`` says that it might be less; ``explored`` counts
    the combinations that the search looked at.

    >>> ServicePlan((), (), (), (), (), 0).cost
    0
    """

    want: tuple[str, ...]
    drop: tuple[str, ...]
    steps: tuple[PlanStep, ...]
    reused: tuple[str, ...]
    kept: tuple[str, ...]
    cost: int
    warnings: tuple[str, ...] = ()
    explored: int = 0
    bound: int | None = None
    held: tuple[str, ...] = ()

    @property
    def is_best(self) -> bool:
        """True when no cheaper plan exists; else the time was up, and none is cheaper than ``bound``."""
        return self.bound is None or self.bound >= self.cost

    @property
    def changes(self) -> tuple[PlannedChange, ...]:
        """All changes in order."""
        return tuple(change for step in self.steps for change in step.changes)

    def rows(self) -> Iterator[dict[str, object]]:
        """A row per change: step, what is done for which service, where, before, after, cost."""
        for number, step in enumerate(self.steps, 1):
            for change in step.changes or (None,):
                yield {
                    "step": number,
                    "does": step.does,
                    "services": ", ".join(step.services),
                    "change": "nothing to change" if change is None else str(change),
                    "before": "" if change is None else _before(change),
                    "cost": 0 if change is None else change.cost,
                    "builds on": ", ".join(step.leans),
                }

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        """The plan as text, a line per step and what follows from it."""
        lines = [f"{number}. {step}" for number, step in enumerate(self.steps, 1)] or ["nothing to do"]
        lines += [f"   {step_note}" for step_note in self.warnings]
        if self.reused:
            lines.append(f"reused: {', '.join(self.reused)}")
        best = "" if self.is_best else f"; the time was up, no plan costs less than {self.bound}"
        return "\n".join([*lines, f"cost {self.cost}: {many(len(self.changes), 'change')}{best}"])


@dataclass(frozen=True, slots=True, repr=False)
class NoPlan:
    """There is no plan: false, with a sentence for each reason.

    ``core`` says what clashes, no part of which could be left out: given up any one of them, the rest can be had.  The
    search knows none; it is empty then, and where a wish fails by itself.

    >>> bool(NoPlan(("mail",), (), ("there is no bearer",)))
    False
    """

    want: tuple[str, ...]
    drop: tuple[str, ...]
    reasons: tuple[str, ...]
    explored: int = 0
    core: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        clash = [f"not together: {'; '.join(self.core)}"] if len(self.core) > 1 else []
        return "\n".join(["no plan:", *(f"- {reason}" for reason in self.reasons), *clash])
