"""Enablers against protocol capabilities: what firmware update, settings, diagnostics and the others need of DM.

Scenarios run devices and servers through real sessions under a profile; ``matrix`` switches capabilities off one by
one, ``assess`` says what a profile can do and the smallest change that would enable the rest.
"""

from __future__ import annotations

from dmkit.enablers.catalogue import ENABLERS, SCENARIOS
from dmkit.enablers.change import Assessment, CapabilityChange, assess, smallest
from dmkit.enablers.finding import SYMBOLS, Fault, ScenarioFinding
from dmkit.enablers.matrix import Matrix, MatrixCell, MatrixRow, cell, find, matrix, overall
from dmkit.enablers.play import Play
from dmkit.enablers.profile import PROFILES, SPEC, EnablerProfile, profile
from dmkit.enablers.scenario import EnablerScenario, evaluate

__all__ = [
    "ENABLERS",
    "PROFILES",
    "SCENARIOS",
    "SPEC",
    "SYMBOLS",
    "Assessment",
    "CapabilityChange",
    "EnablerProfile",
    "EnablerScenario",
    "Fault",
    "Matrix",
    "MatrixCell",
    "MatrixRow",
    "Play",
    "ScenarioFinding",
    "assess",
    "cell",
    "evaluate",
    "find",
    "matrix",
    "overall",
    "profile",
    "smallest",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
