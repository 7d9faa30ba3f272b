"""Published results that dmkit has to land on, as a table that anybody can run.

>>> frame = validate(["V05", "V11"])
>>> frame["passed"].tolist()
[True, True, True, True, True]

Each check runs its model for every seed, and passes when the published value lies inside the 95 % interval of the mean
widened by the stated tolerance; exact ones have one value and no interval; a claim, such as an order, must hold in
every seed, and its value says in which share of them it does.  No parameter that a source fixes is tuned.
A check is one row of ``CHECKS`` in the module of its subject; V18 and V20 to V26 are in ``security``, V29 to V33 are
``incidents`` of real networks and fleets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from dmkit.lab.runs.progress import counted
from dmkit.lab.runs.stats import mean_interval
from dmkit.lab.validation import incidents, queues, radio, retries, rollout, security
from dmkit.lab.validation.check import Outcomes, ValidationCheck
from dmkit.lab.validation.playing import played, workers_for
from dmkit.sim.provenance import made_by
from dmkit.words.arguments import instance, seeds_of, whole
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHECKS", "COLUMNS", "DEFAULT_SEEDS", "validate"]

_SUBJECTS: Final = (incidents, queues, radio, retries, rollout, security)
CHECKS: Final[tuple[ValidationCheck, ...]] = tuple(
    sorted((check for module in _SUBJECTS for check in module.CHECKS), key=lambda check: check.id)
)

DEFAULT_SEEDS: Final = tuple(range(1, 11))

COLUMNS: Final = {
    "id": "row of the validation plan",
    "what": "the figure, with its parameters",
    "published": "value of the source",
    "value": "dmkit, mean over the seeds; unit as in `what`",
    "half": "half width of the 95 % interval; 0 for exact results",
    "tolerance": "by how much the interval is widened, absolute",
    "passed": "published value inside",
    "evidence": "mark of the plan: S, S2, R+, R, C",
    "source": "who published it; `our own` when nobody else did",
    "seeds": "number of seeds; 1 for exact results",
    "assumed": "what is published, and what the source does not say and the model needs",
}
"""Columns of the frame."""


def validate(
    ids: Iterable[str] | None = None,
    *,
    seeds: Sequence[int] = DEFAULT_SEEDS,
    workers: int | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Run the checks (all, or those whose row is in ``ids``); one row per figure.

    ``workers``: so many processes play them, with the same results; by default one for each core when all rows are
    wanted, and none but this for a few.  ``progress`` draws a bar.  ConfigError for a row that does not exist, for no
    seeds, and when a process is killed; what a check raises has a note with its row.

    >>> validate("V99")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: validation row 'V99' does not exist; there are ...
    """
    import pandas as pd

    known = dict.fromkeys(check.id for check in CHECKS)
    if ids is not None and not isinstance(ids, str):
        instance("ids", ids, Iterable, "names of rows, or one")
    wanted = list(known) if ids is None else [ids] if isinstance(ids, str) else list(ids)
    seeds = seeds_of(seeds)
    for name in wanted:
        if name not in known:
            raise ConfigError(f"validation row {name!r} does not exist; there are {', '.join(known)}")
    chosen = [check for check in CHECKS if check.id in wanted]
    processes = workers_for(chosen) if workers is None else whole("workers", workers, 1, 256)
    outcomes = dict(counted(played(chosen, seeds, processes), len(chosen), "checks", progress))
    rows = [row for number, check in enumerate(chosen) for row in _rows(check, seeds, outcomes[number])]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.attrs = {
        "measure": "validate",
        **made_by(),
        "parameters": {"seeds": list(seeds)},
        "units": COLUMNS,
        "mixed": ("published", "value", "half", "tolerance"),
    }
    return frame


def _rows(check: ValidationCheck, seeds: Sequence[int], outcomes: Outcomes) -> Iterable[dict[str, object]]:
    for figure in check.figures:
        values = outcomes[figure.name]
        interval = mean_interval(values)
        half = interval.half if check.chance and not figure.strict else 0.0
        low, high = interval.mean - half - figure.tolerance, interval.mean + half + figure.tolerance
        inside = low <= figure.published <= high
        yield {
            "id": check.id,
            "what": f"{check.what}: {figure.name}" if figure.name else check.what,
            "published": figure.published,
            "value": interval.mean,
            "half": half,
            "tolerance": figure.tolerance,
            "passed": bool(set(values) == {figure.published} if figure.strict else inside),
            "evidence": figure.evidence or check.evidence,
            "source": figure.source or check.source,
            "seeds": len(seeds) if check.chance else 1,
            "assumed": check.assumed,
        }
