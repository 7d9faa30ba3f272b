from dmkit.workbench.figures import plot_readings as plot_readings
from dmkit.workbench.readings.cases import KINDS as KINDS
from dmkit.workbench.readings.cases import cases as cases
from dmkit.workbench.readings.cases import play as play
from dmkit.workbench.readings.covering import covering_array as covering_array
from dmkit.workbench.readings.meeting import CLASSES as CLASSES
from dmkit.workbench.readings.meeting import meet as meet
from dmkit.workbench.readings.page import ladders as ladders
from dmkit.workbench.readings.ranking import corrigendum as corrigendum
from dmkit.workbench.readings.ranking import recorded as recorded
from dmkit.workbench.readings.switches import switch_of as switch_of
from dmkit.workbench.readings.switches import switches as switches
from dmkit.workbench.readings.wording import WORDING as WORDING
from dmkit.workbench.whatif.change import SpecChange as SpecChange
from dmkit.workbench.whatif.report import PARTS as PARTS

__all__ = [
    "CLASSES",
    "KINDS",
    "PARTS",
    "WORDING",
    "SpecChange",
    "cases",
    "corrigendum",
    "covering_array",
    "ladders",
    "meet",
    "play",
    "plot_readings",
    "recorded",
    "switch_of",
    "switches",
]
