"""What no run can tell of a way of bootstrap: prices, and how many cards and phones can; parameters with their basis.

>>> reach("factory"), cost(play("factory"), MediumPrices(factory=0.0, megabyte=0.0))
(0.3, 0.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dmkit.lab.studies.media_runs import MediumRun, play
from dmkit.lab.studies.media_ways import MediumWay, way
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Money

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AXES", "REACH", "MediumCapability", "MediumPrices", "axis_values", "cost", "play", "reach"]


@dataclass(frozen=True, slots=True)
class MediumCapability:
    """Share of the phones, or of the cards, in a network that can do something; ``basis`` says what the figure is."""

    share: float
    basis: str


_ESIM: Final = 1.0e9 / (6.9e9 / 0.76)
"""Connections of smartphones by eSIM at the end of 2025, of all: GSMA Intelligence expects 1.0e9, and 6.9e9 or 76 %
for 2030 (reported 20 May 2024)."""

REACH: Final[Mapping[str, MediumCapability]] = MappingProxyType({
    "made for one operator": MediumCapability(0.30, "proposal: phones sold by the operator itself"),
    "2G card": MediumCapability(0.05, "proposal"),
    "WIM": MediumCapability(0.01, "proposal"),
    "UICC": MediumCapability(0.95, "proposal"),
    "eUICC": MediumCapability(round(_ESIM, 3), "GSMA Intelligence forecast for the end of 2025, reported 20 May 2024"),
    "phone reads cards": MediumCapability(0.30, "proposal: DMBOOT §5.4.6 has it where the device supports cards"),
    "card has the file": MediumCapability(0.20, "proposal: cards issued since the operator began"),
    "operator has keys of the card": MediumCapability(0.90, "proposal"),
    "SMS": MediumCapability(0.99, "proposal"),
    "phone takes CP": MediumCapability(0.50, "Check Point Research 2019: over half of all Android phones"),
    "phone takes DM profile": MediumCapability(0.20, "proposal"),
    "client of LwM2M": MediumCapability(0.05, "proposal"),
})  # fmt: skip
"""What a way needs -> who can.  They are taken as independent of each other, which is a guess as well."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class MediumPrices:
    """Prices in one currency, per phone where nothing else is said; all of them proposals but the first.

    >>> MediumPrices(sms=0.02).sms
    0.02
    """

    sms: Money = 0.01
    """A short message: 1 to 2 eurocent is what a maker of A2P platforms advises operators to ask (Beepsend, 2017)."""
    megabyte: Money = 0.002
    """1e6 octets of packet data."""
    factory: Money = 0.05
    """One image more in a factory, by phone."""
    file: Money = 0.005
    """A file more when a card is made."""
    profile: Money = 0.10
    """One download of a profile from whoever keeps them."""


AXES: Final = {
    "cost": "money per million phones",
    "fewest": "seconds from power-on to the end of the first session, quick card",
    "air": "octets on the air before the session",
    "unreached": "share of the phones that cannot",
}
"""What ``pareto`` weighs exposure against: less is better in each."""


def cost(run: MediumRun, prices: MediumPrices | None = None) -> float:
    """Money per million phones: messages and octets that the run counted, and what is done once for each phone."""
    prices = prices or MediumPrices()
    once = {"maker": prices.factory, "card": prices.file, "packet": prices.file, "profile": prices.profile, "push": 0.0}
    sent = len(run.to_phone) + len(run.from_phone)
    octets = run.download + run.in_session
    return round(1e6 * (once[run.way.carries] + sent * prices.sms) + octets * prices.megabyte, 2)


def reach(one: MediumWay | str, shares: Mapping[str, float] | None = None) -> float:
    """Share of the phones that a way reaches: those that have all it needs.  ``shares`` in place of rows of REACH.

    >>> round(reach("USIM"), 4), round(reach("USIM", {"card has the file": 1.0}), 4)
    (0.057, 0.285)
    """
    given = dict(shares or {})
    for name, share in given.items():
        if name not in REACH:
            raise ConfigError(f"capability {name!r} is not known{nearest(name, REACH)}; there are {', '.join(REACH)}")
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise ConfigError(f"{name} is a share from 0 to 1, not {share!r}")
    product = 1.0
    for need in way(one).needs:
        product *= given.get(need, REACH[need].share)
    return round(product, 4)


def axis_values(frame: pd.DataFrame, axis: str) -> list[float]:
    """What the ways of a frame have on one of AXES."""
    if axis not in AXES:
        raise ConfigError(f"no axis {axis!r}{nearest(axis, AXES)}; there are {', '.join(AXES)}")
    return [1 - share for share in frame["reach"]] if axis == "unreached" else [float(v) for v in frame[axis]]
