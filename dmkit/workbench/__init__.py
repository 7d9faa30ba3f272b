"""The workbench: readings that meet, changes of rules, and the material that both are tried on.

>>> import dmkit as dm
>>> dm.workbench.switch_of("Rules.late_alert").rivals
('keep',)
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

_TABLE = {
    "figures": "plot_readings",
    "readings.cases": "KINDS cases play",
    "readings.meeting": "CLASSES meet",
    "readings.covering": "covering_array",
    "readings.page": "ladders",
    "readings.ranking": "corrigendum recorded",
    "readings.switches": "switch_of switches",
    "readings.wording": "WORDING",
    "whatif.change": "SpecChange",
    "whatif.report": "PARTS",
}
"""Module -> the names that stand here."""

__getattr__, __dir__, __all__ = _door(__name__, _TABLE)
