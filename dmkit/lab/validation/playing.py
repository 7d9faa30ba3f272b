"""Checks of published results played, here or in several processes; what they come to is the same.

A check knows nothing but its seeds, so where and in which order it is played does not matter.

>>> from dmkit.lab.validation.check import Figure, exact
>>> check = exact("V11", "sector", (Figure("devices", 3.0, 0.0),), lambda seeds: {"devices": [3.0]}, "R", "somebody")
>>> list(played([check, check], [1], workers=1))
[(0, {'devices': [3.0]}), (1, {'devices': [3.0]})]
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from importlib.util import find_spec
from typing import Final

from dmkit.lab.validation.check import Outcomes, ValidationCheck
from dmkit.words.errors import ConfigError

__all__ = ["played", "workers_for"]

_WORTH: Final = 20
"""Checks with chance from which it pays to start processes, which takes a second or two."""


def workers_for(checks: Sequence[ValidationCheck]) -> int:
    """How many processes to use: as many as there are cores for the whole table, this one alone for a few rows."""
    if sum(check.chance for check in checks) < _WORTH or find_spec("joblib") is None:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def played(checks: Sequence[ValidationCheck], seeds: Sequence[int], workers: int) -> Iterator[tuple[int, Outcomes]]:
    """Number and outcome of each check, as they come.  What a check raises is told with its row."""
    if workers == 1 or len(checks) < 2:
        return ((number, _outcome(check, seeds)) for number, check in enumerate(checks))
    return _in_processes(checks, seeds, min(workers, len(checks)))


def _outcome(check: ValidationCheck, seeds: Sequence[int]) -> Outcomes:
    try:
        return check.run(seeds if check.chance else seeds[:1])
    except Exception as error:
        error.add_note(f"in validation row {check.id}, {check.what}")
        raise


def _in_processes(
    checks: Sequence[ValidationCheck], seeds: Sequence[int], workers: int
) -> Iterator[tuple[int, Outcomes]]:
    """New processes, none of them forked, that end with the last check.  Late rows are long ones: they begin."""
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    left = dict(enumerate(checks))
    executor = ProcessPoolExecutor(max_workers=workers)
    try:
        numbers = {executor.submit(_outcome, checks[number], seeds): number for number in reversed(left)}
        for future in as_completed(numbers):
            number = numbers[future]
            yield number, future.result()
            del left[number]
    except TerminatedWorkerError:
        rows = ", ".join(dict.fromkeys(check.id for check in left.values()))
        raise ConfigError(f"a process was killed before these rows came to an end: {rows}") from None
    finally:
        executor.shutdown(wait=True, kill_workers=bool(left))
