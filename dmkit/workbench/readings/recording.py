"""Both records, computed whole: all switches over all conversations, and what breaks only together.

What cannot differ is not played (``watched``), so the whole takes four minutes of processor time.

>>> factors()[0].name, len(pair_cases()) > 100
('Rules.auth', True)
"""

from __future__ import annotations

import csv
import io
import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from dmkit.workbench.readings.cases import ReadingCase, cases
from dmkit.workbench.readings.covering import Factor, Together, covering_rows, singles_of, together
from dmkit.workbench.readings.ranking import RECORD
from dmkit.workbench.readings.switches import RuleSwitch, switches
from dmkit.workbench.readings.table import readings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TOGETHER", "factors", "pair_cases", "readings_frame", "record_some", "together_frame", "write_records"]

TOGETHER: Final = RECORD.with_name("together.csv")
"""Readings that break a conversation only together, as they were last computed."""
_SETTINGS: Final = frozenset(
    ["policy", "tree", "notify", "bootstrap", "limits", "status", "properties", "alerts", "channel"]
)
"""Fields that are settings of somebody and no readings of a sentence: no factors of the covering array."""
ReadingProgress: TypeAlias = Callable[[int, int, str], None]
"""Is told how many of how many are done, and which."""
T = TypeVar("T")
_COLUMNS: Final = ("conversation", "readings", "why")


def factors() -> tuple[RuleSwitch, ...]:
    """The switches whose readings are combined."""
    return tuple(switch for switch in switches("Rules.*", "TreeRules.*") if switch.field not in _SETTINGS)


def pair_cases() -> tuple[ReadingCase, ...]:
    """The conversations in which they are: all but single commands on a tree."""
    return tuple(case for case in cases() if case.kind != "worked")


def _alone(name: str) -> pd.DataFrame:
    return readings(name)


def _in_one(name: str) -> list[Together]:
    chosen = cases(name)
    return together(factors(), chosen, singles_of(factors(), chosen))


def _each(work: Callable[[str], T], names: Sequence[str], processes: int, progress: ReadingProgress | None) -> list[T]:
    """``work`` for each name, in so many processes; what comes out is the same for any number of them."""
    found = []
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for number, made in enumerate(pool.imap(work, names), 1):
            found.append(made)
            if progress is not None:
                progress(number, len(names), names[number - 1])
    return found


def readings_frame(*, processes: int = 1, progress: ReadingProgress | None = None) -> pd.DataFrame:
    """All switches over all conversations, as ``readings()`` gives them."""
    import pandas as pd

    return pd.concat(_each(_alone, [switch.name for switch in switches()], processes, progress), ignore_index=True)


def together_frame(*, processes: int = 1, progress: ReadingProgress | None = None) -> pd.DataFrame:
    """A row for each set of readings that breaks a conversation though none of them does alone.

    A set that breaks several conversations is told once, with the first of them.
    """
    import pandas as pd

    covering_rows(tuple(switch.name for switch in factors()))  # once, before there are several processes
    found: dict[frozenset[tuple[Factor, str]], Together] = {}
    for one in _each(_in_one, [case.name for case in pair_cases()], processes, progress):
        for broken in one:
            found.setdefault(frozenset(broken.readings), broken)
    rows = [
        (one.case, "; ".join(f"{factor}: {value}" for factor, value in one.readings), one.why)
        for one in sorted(found.values(), key=lambda one: (len(one.readings), one.case, str(one.readings)))
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def record_some(names: Sequence[str], folder: Path = RECORD.parent) -> None:
    """Compute the readings of ``names`` only, and put them into the record in ``folder``, in the order of the switches.

    What breaks only together is not computed: a new switch changes all of it.
    """
    path = folder / RECORD.name
    head, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines(keepends=True))
    made = readings(*names).to_csv(index=False, lineterminator="\n")
    of: dict[str, list[list[str]]] = {}
    for row in rows:
        of.setdefault(row[0], []).append(row)
    of |= {switch.name: [] for switch in switches(*names)}
    for row in list(csv.reader(io.StringIO(made)))[1:]:
        of[row[0]].append(row)
    known = [switch.name for switch in switches() if switch.name in of]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([head, *(row for name in known for row in of[name])])


def write_records(folder: Path = RECORD.parent, *, processes: int = 1, progress: ReadingProgress | None = None) -> None:
    """Compute both, and write them to ``folder``."""
    for name, frame in ((RECORD.name, readings_frame), (TOGETHER.name, together_frame)):
        made = frame(processes=processes, progress=progress)
        made.to_csv(folder / name, index=False, lineterminator="\n")
