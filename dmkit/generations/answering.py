"""All there is to say of an intent on one page: the table of a run, and a fleet beside it where one is asked for.

>>> frame = study("lock", links=("lte",), devices=200)
>>> frame[["generation", "trips", "fleet woken"]].values.tolist()[-1]
['lwm2m', 1, 'its next update']
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dmkit.generations.intents import Intent
from dmkit.generations.populations import COLUMNS, fleets
from dmkit.generations.tables import compare
from dmkit.sim.net import LINKS
from dmkit.words.asked import asked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["study"]


@asked
def study(
    intent: Intent | str,
    *,
    links: Iterable[str] = tuple(LINKS),
    devices: int | None = None,
    security: str = "none",
    lose: bool = True,
    **fleet: Any,
) -> pd.DataFrame:
    """The table of ``compare``; with ``devices``, columns ``fleet ...`` of as many devices on the first of the links.

    ``fleet`` are further choices of ``fleets``: asleep, update, spread, servers, seed.  ConfigError for a name that is
    none.  ``dm.generations(...)`` is this function.

    >>> study("read a value", links=(), lose=False)["trips"].tolist()
    [2, 2, 2, 1]
    """
    links = tuple(links)
    frame = compare(intent, links=links, security=security, lose=lose)
    if devices is None:
        return frame
    beside = fleets(intent, devices=devices, security=security, link=links[0] if links else "lte", **fleet)
    attrs, more = frame.attrs, beside.attrs
    beside = beside.rename(columns={name: f"fleet {name}" for name in beside.columns if name != "generation"})
    joined = frame.merge(beside, on="generation", how="left")
    units = {f"fleet {name}": what for name, what in COLUMNS.items() if name != "generation"}
    joined.attrs = {**more, **attrs, "units": {**attrs["units"], **units}, "fleet": dict(more)}
    return joined
