"""How the cost of a run grows with the number of devices: measured where it is cheap, carried on where it is not.

What is measured are seconds of processor time and octets of memory of this machine, so the numbers differ from run to
run; the shape does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from dmkit.sim.provenance import made_by
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GROWTH", "extrapolated", "growth"]

GROWTH: Final = {
    "devices": "number",
    "seconds": "of processor time, one run",
    "us_each": "microseconds for one device",
    "octets_each": "octets of memory for one device at the peak; NaN where it was not measured",
    "measured": "False: carried on from what was measured",
    "low": "seconds, by the error that carrying on had on the largest size that was measured",
    "high": "seconds, the other way",
}
"""Columns of both frames and their units."""
_TRACED: Final = 10_000
"""Devices up to which memory is measured, which takes several times as long as the run; a first size that is larger is
measured with so many."""


@asked
def growth(
    plan: Any,
    sizes: Sequence[int] = (1_000, 10_000, 100_000),
    *,
    seed: int = 1,
    sized: Callable[[Any, int], Any] | None = None,
) -> pd.DataFrame:
    """Run ``plan`` once at each of ``sizes``; columns are ``GROWTH``.

    ``sized(plan, n)`` gives the plan at another size; by default only its field ``devices`` changes, and with it the
    load.  ConfigError for sizes that do not grow.

    >>> import dmkit as dm
    >>> growth(dm.Campaign(devices=10), (10, 20))["devices"].tolist()
    [10, 20]
    """
    import tracemalloc

    import pandas as pd

    if list(sizes) != sorted(set(sizes)) or not sizes or sizes[0] < 1:
        raise ConfigError(f"sizes must grow from at least 1: {list(sizes)}")
    resize = sized or (lambda one, n: replace(one, devices=n))
    resize(plan, sizes[0]).run(seed)  # what is imported on first use does not count
    rows = []
    for n in sizes:
        start = process_time()
        resize(plan, n).run(seed)
        seconds = process_time() - start
        octets = math.nan
        if (n <= _TRACED or n == sizes[0]) and not tracemalloc.is_tracing():
            few = min(n, _TRACED)
            tracemalloc.start()
            kept = resize(plan, few).run(seed)
            octets = tracemalloc.get_traced_memory()[1] / few
            tracemalloc.stop()
            del kept
        rows.append(_row(n, seconds, octets, measured=True))
    frame = pd.DataFrame(rows, columns=list(GROWTH))
    frame.attrs = {
        "measure": "growth",
        **made_by(),
        "parameters": repr(plan),
        "seed": seed,
        "units": GROWTH,
    }
    return frame


def _row(devices: int, seconds: float, octets: float, *, measured: bool) -> dict[str, object]:
    return {
        "devices": devices,
        "seconds": seconds,
        "us_each": seconds / devices * 1e6,
        "octets_each": octets,
        "measured": measured,
        "low": seconds,
        "high": seconds,
    }


@asked
def extrapolated(frame: pd.DataFrame, sizes: Sequence[int]) -> pd.DataFrame:
    """``frame`` of ``growth`` with rows for larger ``sizes``: the growth between its two largest sizes goes on.

    ``attrs["exponent"]`` is that growth: 1 means twice the time for twice the devices, and it is never less, since each
    device has events of its own.  ``attrs["error"]`` is by which factor the same misses the largest size that was
    measured, told from the smaller ones (NaN with two sizes); ``low`` and ``high`` let that grow with each such step.
    Memory grows in proportion.

    >>> import dmkit as dm
    >>> extrapolated(growth(dm.Campaign(devices=10), (10, 20)), [1000])["devices"].tolist()
    [10, 20, 1000]
    """
    import pandas as pd

    if len(frame) < 2:
        raise ConfigError("growth needs at least two sizes")
    points = [(float(row["devices"]), max(float(row["seconds"]), 1e-9)) for _, row in frame.iterrows()]
    (n0, _), (n1, t1) = points[-2:]
    exponent, error = _exponent(points), math.nan
    if len(points) > 2:
        before, at = points[:-1], points[-2]
        error = at[1] * (n1 / at[0]) ** _exponent(before) / t1
    known = frame["octets_each"].dropna()
    octets = float(known.iloc[-1]) if len(known) else math.nan
    rows = []
    for n in sizes:
        seconds = t1 * (n / n1) ** exponent
        wrong = math.exp(abs(math.log(error)) * math.log(n / n1) / math.log(n1 / n0)) if error == error else math.nan
        rows.append(_row(n, seconds, octets, measured=False) | {"low": seconds / wrong, "high": seconds * wrong})
    result = pd.concat([frame, pd.DataFrame(rows)], ignore_index=True)
    result.attrs = {**frame.attrs, "exponent": exponent, "error": error}
    return result


def _exponent(points: Sequence[tuple[float, float]]) -> float:
    """Growth between the two largest sizes, at least in proportion."""
    (n0, t0), (n1, t1) = points[-2:]
    return max(1.0, math.log(t1 / t0) / math.log(n1 / n0))
