"""What a check is: figures that somebody published, and a function that computes them.

Ids, figures and tolerances are those of the team's validation plan (sheet `validation`, part D).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = [
    "OURS",
    "CheckFunction",
    "Figure",
    "Outcomes",
    "ValidationCheck",
    "claim",
    "exact",
    "printed",
    "relative",
    "runs",
]

Outcomes: TypeAlias = Mapping[str, Sequence[float]]
CheckFunction: TypeAlias = Callable[[Sequence[int]], Outcomes]
OURS: Final = "our own"
"""Begins the source of a figure that nobody else published: a reference run, a table or a formula of ours."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number; ``tolerance`` is absolute.

    ``source`` and ``evidence`` replace those of the check where a figure has its own: ``OURS`` is one that nobody else
    printed.  With ``strict`` every seed must have it; the mean then says in how many of them it holds.
    """

    name: str
    published: float
    tolerance: float
    source: str = ""
    evidence: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class ValidationCheck:
    """One row: ``run`` takes seeds and gives a value per seed for each figure; without ``chance`` a single value."""

    id: str
    what: str
    figures: tuple[Figure, ...]
    run: CheckFunction
    chance: bool
    evidence: str
    source: str
    assumed: str = ""
    """What the source does not say and the model needs; empty where parameters are those of the source."""


def printed(name: str, published: float, digits: int, share: float) -> Figure:
    """A figure of a printed table: within ``share`` or within the rounding of its last digit, whichever is wider."""
    return Figure(name, published, max(published * share, 0.5 * 10.0**-digits))


def relative(name: str, published: float, share: float) -> Figure:
    """A figure that may be off by ``share`` of itself."""
    return Figure(name, published, abs(published) * share)


def claim(name: str, source: str = "", evidence: str = "") -> Figure:
    """A claim that must hold in every seed: 1 where it does, 0 where it does not."""
    return Figure(name, 1.0, 0.0, source, evidence, strict=True)


def exact(
    row: str, what: str, figures: tuple[Figure, ...], run: CheckFunction, evidence: str, source: str, assumed: str = ""
) -> ValidationCheck:
    """A row without chance."""
    return ValidationCheck(row, what, figures, run, False, evidence, source, assumed)


def runs(
    row: str, what: str, figures: tuple[Figure, ...], run: CheckFunction, evidence: str, source: str, assumed: str = ""
) -> ValidationCheck:
    """A row that runs once for each seed."""
    return ValidationCheck(row, what, figures, run, True, evidence, source, assumed)
