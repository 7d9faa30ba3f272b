"""A question to the planner as a value, all names checked, and the means to answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.solver import Progress
from dmkit.services.solving import SolvingTime
from dmkit.services.state import DeviceValues

__all__ = ["Asked", "Means"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: ``wanted`` and ``keep`` must work, ``hold`` must stay set up, ``gone`` must not be.

    ``dropped`` are those of ``gone`` that were named; ``never`` says of services why they are not used; ``meant`` are
    wanted at some other time.
    """

    catalogue: ServiceCatalogue
    """With references resolved, to what leaves will hold after the plan."""
    written: ServiceCatalogue
    """As it was given."""
    values: DeviceValues
    wanted: tuple[str, ...]
    dropped: tuple[str, ...]
    gone: tuple[str, ...]
    keep: tuple[str, ...]
    hold: tuple[str, ...]
    never: Mapping[str, str]
    meant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """How it is answered: which solver, and for how long."""

    solver: str
    limit: int
    time: SolvingTime
    progress: Progress | None
