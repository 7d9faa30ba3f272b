"""A scenario: one use of an enabler, played on a stage, and what was promised of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dmkit.ddf.spec import Basis
from dmkit.enablers.finding import ScenarioFinding
from dmkit.enablers.play import Play
from dmkit.enablers.profile import EnablerProfile
from dmkit.words.asked import asked

__all__ = ["EnablerScenario", "evaluate"]


@dataclass(frozen=True, slots=True)
class EnablerScenario:
    """``play`` runs devices and servers under a profile and gives the stage afterwards.

    ``basis`` says on what the behaviour of the enabler rests.

    >>> from dmkit.enablers import SCENARIOS
    >>> SCENARIOS["user: a choice"].enabler
    'user'
    """

    enabler: str
    name: str
    play: Callable[[EnablerProfile], Play]
    source: str
    basis: Basis = Basis.ESTABLISHED

    @property
    def key(self) -> str:
        """Enabler and name: ``firmware: combined``."""
        return f"{self.enabler}: {self.name}"

    @property
    def wants(self) -> str:
        """What it is about, in a sentence."""
        return " ".join((self.play.__doc__ or "").partition("[")[0].split())

    def __str__(self) -> str:
        return self.key


@asked
def evaluate(scenario: EnablerScenario, profile: EnablerProfile) -> ScenarioFinding:
    """Play ``scenario`` under ``profile``: works, degraded or fails, and why.

    >>> from dmkit.enablers import PROFILES, SCENARIOS
    >>> evaluate(SCENARIOS["user: a choice"], PROFILES["DM 1.2"]).verdict
    'works'
    """
    return scenario.play(profile).finding()
