"""Enablers against protocol capabilities: what firmware update, settings, diagnostics and the others need of DM.

Scenarios run devices and servers through real sessions under a profile; ``matrix`` switches capabilities off one by
one, ``assess`` says what a profile can do and the smallest change that would enable the rest.
"""

from __future__ import annotations

from dmkit.enablers.catalogue import ENABLERS, SCENARIOS
from dmkit.enablers.change import Assessment, Change, assess, smallest
from dmkit.enablers.finding import SYMBOLS, Fault, Finding
from dmkit.enablers.matrix import Cell, Matrix, Row, cell, find, matrix, overall
from dmkit.enablers.profile import PROFILES, SPEC, Profile, profile
from dmkit.enablers.scenario import Scenario, judge
from dmkit.enablers.stage import Stage

__all__ = [
    "ENABLERS", "PROFILES", "SCENARIOS", "SPEC", "SYMBOLS", "Assessment", "Cell", "Change", "Fault", "Finding",
    "Matrix", "Profile", "Row", "Scenario", "Stage", "assess", "cell", "find", "judge", "matrix", "overall", "profile",
    "smallest",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
