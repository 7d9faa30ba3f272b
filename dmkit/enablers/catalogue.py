"""The enablers that are examined, each with its scenarios; a new one is a module with ``SCENARIOS`` and a row here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dmkit.enablers import firmware, meeting, operations, schedules, settings
from dmkit.enablers.scenario import EnablerScenario

__all__ = ["ENABLERS", "SCENARIOS"]

_ALL: Final = (
    *meeting.SCENARIOS, *settings.SCENARIOS, *firmware.SCENARIOS, *operations.SCENARIOS, *schedules.SCENARIOS,
)  # fmt: skip

SCENARIOS: Final[Mapping[str, EnablerScenario]] = MappingProxyType({scenario.key: scenario for scenario in _ALL})
"""``firmware: combined`` -> scenario."""
ENABLERS: Final[Mapping[str, tuple[EnablerScenario, ...]]] = MappingProxyType(
    {
        name: tuple(scenario for scenario in _ALL if scenario.enabler == name)
        for name in dict.fromkeys(scenario.enabler for scenario in _ALL)
    }
)
"""Name -> scenarios."""
