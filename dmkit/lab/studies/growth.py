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
}
"""Columns of both frames and their units."""
_TRACED: Final = 10_000
"""Devices up to which memory is measured: that takes several times as long as the run."""


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
        if n <= _TRACED and not tracemalloc.is_tracing():
            tracemalloc.start()
            kept = resize(plan, n).run(seed)
            octets = tracemalloc.get_traced_memory()[1] / n
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
    }


def extrapolated(frame: pd.DataFrame, sizes: Sequence[int]) -> pd.DataFrame:
    """``frame`` of ``growth`` with rows for larger ``sizes``: the growth between its two largest sizes goes on.

    ``attrs["exponent"]`` is that growth: 1 means twice the time for twice the devices.  Memory grows in proportion.

    >>> import dmkit as dm
    >>> extrapolated(growth(dm.Campaign(devices=10), (10, 20)), [1000])["devices"].tolist()
    [10, 20, 1000]
    """
    import pandas as pd

    if len(frame) < 2:
        raise ConfigError("growth needs at least two sizes")
    (n0, t0), (n1, t1) = ((float(row["devices"]), float(row["seconds"])) for _, row in frame.tail(2).iterrows())
    exponent = math.log(max(t1, 1e-9) / max(t0, 1e-9)) / math.log(n1 / n0)
    known = frame["octets_each"].dropna()
    octets = float(known.iloc[-1]) if len(known) else math.nan
    rows = [_row(n, t1 * (n / n1) ** exponent, octets, measured=False) for n in sizes]
    result = pd.concat([frame, pd.DataFrame(rows)], ignore_index=True)
    result.attrs = {**frame.attrs, "exponent": exponent}
    return result
