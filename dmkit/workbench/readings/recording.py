"""Both records, computed whole: all switches over all conversations, and what breaks only together.

What cannot differ is not played (``watched``), so the whole takes two to three minutes of processor time.

>>> factors()[0].name, len(pair_cases()) > 100
('Rules.auth', True)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmkit.workbench.readings.cases import ReadingCase, cases
from dmkit.workbench.readings.covering import singles_of, together
from dmkit.workbench.readings.ranking import RECORD
from dmkit.workbench.readings.switches import RuleSwitch, switches
from dmkit.workbench.readings.table import readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TOGETHER", "factors", "pair_cases", "together_frame", "write_records"]

TOGETHER: Final = RECORD.with_name("together.csv")
"""Readings that break a conversation only together, as they were last computed."""
_SETTINGS: Final = frozenset(
    ["policy", "tree", "notify", "bootstrap", "limits", "status", "properties", "alerts", "channel"]
)
"""Fields that are settings of somebody and no readings of a sentence: no factors of the covering array."""
_COLUMNS: Final = ("conversation", "readings", "why")


def factors() -> tuple[RuleSwitch, ...]:
    """The switches whose readings are combined."""
    return tuple(switch for switch in switches("Rules.*", "TreeRules.*") if switch.field not in _SETTINGS)


def pair_cases() -> tuple[ReadingCase, ...]:
    """The conversations in which they are: all but single commands on a tree."""
    return tuple(case for case in cases() if case.kind != "worked")


def together_frame(progress: Callable[[int, int, str], None] | None = None) -> pd.DataFrame:
    """A row for each set of readings that breaks a conversation though none of them does alone."""
    import pandas as pd

    found = together(factors(), pair_cases(), singles_of(factors(), pair_cases()), progress=progress)
    rows = [(one.case, "; ".join(f"{factor}: {value}" for factor, value in one.readings), one.why) for one in found]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def write_records(folder: Path = RECORD.parent, progress: Callable[[int, int, str], None] | None = None) -> None:
    """Compute both, and write them to ``folder``."""
    for name, frame in ((RECORD.name, readings(progress=progress)), (TOGETHER.name, together_frame(progress))):
        frame.to_csv(folder / name, index=False, lineterminator="\n")
