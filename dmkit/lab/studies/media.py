"""Which medium carries the first account best: nine ways side by side, from runs.

``compare`` has a row for each way: seconds, octets on the air, cost, reach, exposure, fates.  What no run can tell,
prices and how many cards and phones can, are ``Prices`` and ``REACH``: parameters, each with its basis.

>>> frame = compare(["factory", "USIM"])
>>> frame["way"].tolist(), bool((frame["fewest"] <= frame["most"]).all())
(['factory', 'USIM'], True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dmkit.generations.tables import pasted
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.studies.media_fates import fates
from dmkit.lab.studies.media_parameters import AXES, REACH, MediumCapability, MediumPrices, axis_values, cost, reach
from dmkit.lab.studies.media_pictures import plot_pareto, plot_seconds
from dmkit.lab.studies.media_runs import MediumRun, play
from dmkit.lab.studies.media_seconds import MediumWorld, held, seconds, thinking
from dmkit.lab.studies.media_threats import THREATS, exposure, threats
from dmkit.lab.studies.media_ways import WAYS, MediumWay, way

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "AXES",
    "COLUMNS",
    "REACH",
    "THREATS",
    "WAYS",
    "MediumCapability",
    "MediumPrices",
    "MediumRun",
    "MediumWay",
    "MediumWorld",
    "compare",
    "cost",
    "exposure",
    "fates",
    "held",
    "pareto",
    "pasted",
    "play",
    "plot_pareto",
    "plot_seconds",
    "reach",
    "seconds",
    "table",
    "thinking",
    "threats",
]

# -- frames

COLUMNS: Final = {
    "way": "who carries the bootstrap document",
    "commands": "commands to the card, as T=0 carries them",
    "characters": "characters at the contacts, both ways",
    "line": "s at the contacts when nobody thinks",
    "fewest": "s from power-on to the end of the first session, a quick card",
    "most": "s, a slow card",
    "messages": "short messages, the card's answer included",
    "come": "share of phones that get all messages without a repetition",
    "air": "octets of short messages and of a profile",
    "session": "octets of the first session, handshake included",
    "cost": "money per million phones",
    "reach": "share of phones that can, 0 to 1",
    "exposure": "weighted share of the threats that breach, 0 to 1",
    "swapped": "somebody else's card is put in",
    "changed": "the next operator does the same",
    "lost": "the card is taken out",
    "withdrawn": "the operator takes the account back",
}
"""Columns of ``compare`` and their units."""


def compare(
    ways: Iterable[str | MediumWay] | None = None,
    *,
    world: MediumWorld | None = None,
    prices: MediumPrices | None = None,
    shares: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """A row for each way (COLUMNS); ``shares`` in place of rows of REACH, ``weights`` of threats not 1."""
    chosen = [way(name) for name in (WAYS if ways is None else ways)]
    exposed = exposure(threats(chosen), **(weights or {}))
    known = fates(chosen).set_index("way")
    rows: list[dict[str, object]] = []
    for one in chosen:
        run = _played(one)
        took = seconds(run, world)
        rows.append(
            {"way": one.name, "commands": took.commands, "characters": took.octets, "line": round(took.line, 3),
             "fewest": round(took.fewest, 2), "most": round(took.most, 2),
             "messages": len(run.to_phone) + len(run.from_phone), "come": round(took.come, 3), "air": run.on_air,
             "session": run.in_session, "cost": cost(run, prices), "reach": reach(one, shares),
             "exposure": exposed[one.name],
             **{name: known.loc[one.name, name] for name in ("swapped", "changed", "lost", "withdrawn")}}
        )  # fmt: skip
    frame = _frame(rows, COLUMNS, "media.compare", weights=dict(weights or {}), shares=dict(shares or {}))
    return pareto(frame)


@lru_cache(maxsize=64)
def _played(one: MediumWay) -> MediumRun:
    """The run of a way, only to be read: prices, shares and weights do not change it."""
    return play(one)


def pareto(frame: pd.DataFrame) -> pd.DataFrame:
    """With a column ``best`` of the names of those AXES on which no other way is both less exposed and less costly.

    A way is beaten when another is no worse in both and better in one.
    """
    best: list[list[str]] = [[] for _ in range(len(frame))]
    for axis in AXES:
        spots = list(zip(axis_values(frame, axis), frame["exposure"].tolist(), strict=True))
        for number, (a, b) in enumerate(spots):
            if not any(c <= a and d <= b and (c, d) != (a, b) for c, d in spots):
                best[number].append(axis)
    result = frame.copy()
    result["best"] = [", ".join(names) for names in best]
    result.attrs = {**frame.attrs, "units": {**COLUMNS, "best": "axes on which nothing beats it"}}
    return result


_PASTED: Final = ("way", "fewest", "most", "messages", "air", "cost", "reach", "exposure", "swapped", "changed", "lost",
                  "withdrawn")  # fmt: skip


def table(frame: pd.DataFrame | None = None, kind: str = "markdown") -> str:
    """The columns that fit a page, as ``markdown``, ``latex`` or ``csv``.

    >>> print(table(compare(["factory"]), "csv").splitlines()[0])
    way,fewest,most,messages,air,cost,reach,exposure,swapped,changed,lost,withdrawn
    """
    shown = (compare() if frame is None else frame)[list(_PASTED)]
    return pasted(shown, kind)  # type: ignore[arg-type]
