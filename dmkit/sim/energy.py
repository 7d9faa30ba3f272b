"""Energy of a device: what each kind of event costs, what sleep costs, how long a battery lasts.

Joule, watt, second; battery capacities in watt hours because that is how they are sold.

>>> battery = Battery(5.0)
>>> round(battery.years(sleep=TR45820.sleep), 1), round(battery.seconds(sleep=TR45820.transmit) / 3600, 1)
(38.0, 10.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Range, Watts

__all__ = ["REPORTS", "SIMMER", "TR45820", "YEAR", "Battery", "Meter", "RadioPower", "report_energy"]

YEAR: Final = 365.25 * 86400
"""Seconds."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class RadioPower:
    """What a radio draws in each state, in watt; ``source`` says who measured."""

    sleep: Watts
    """Watt asleep."""
    transmit: Watts
    """Watt while it sends."""
    receive: Watts | None = None
    """Watt while it receives; None: not measured."""
    idle: Watts | None = None
    """Watt connected and waiting; None: not measured."""
    source: str = ""


TR45820: Final = RadioPower(
    sleep=0.015e-3, transmit=0.5, source="3GPP TR 45.820 §5.4, in Sauter, From GSM to LTE-A Pro and 5G"
)
SIMMER: Final = RadioPower(
    sleep=0.03e-3, idle=10e-3, receive=100e-3, transmit=32.18e-3, source="Ucar et al., simmer, IoT case study"
)


@checked
@dataclass(frozen=True, slots=True)
class Battery:
    """A battery of ``watt_hours``; ``self_discharge`` is the share it loses a year by itself.

    Vendor figures often leave self-discharge (about 1 % a year) out; so does the default.
    """

    watt_hours: Annotated[float, Range("number", 0, above=True)]
    self_discharge: Annotated[float, Range("share", 0, 1, below=True)] = 0.0

    def seconds(self, *, sleep: float, events: Mapping[float, float] | None = None) -> float:
        """How long it lasts: ``sleep`` watt all the time and ``events``, joule of an event -> events a second."""
        joule = self.watt_hours * 3600
        power = sleep + sum(energy * rate for energy, rate in (events or {}).items())
        return joule / (power + joule * self.self_discharge / YEAR)

    def years(self, *, sleep: float, events: Mapping[float, float] | None = None) -> float:
        """As ``seconds``, in years."""
        return self.seconds(sleep=sleep, events=events) / YEAR


@asked
def report_energy(battery: Battery, seconds: float, interval: float, sleep: float) -> float:
    """Joule of one report, from a published lifetime with one report every ``interval`` seconds.

    >>> round(report_energy(Battery(5.0), 1.7 * YEAR, 7200, TR45820.sleep), 3)
    2.308
    """
    return (battery.watt_hours * 3600 / seconds - sleep) * interval


REPORTS: Final[Mapping[int, float]] = MappingProxyType({200: 2.308, 50: 1.427})
"""Octets of a report -> joule, sleep not counted; from the lifetimes that TR 45.820 gives for poor coverage."""


@dataclass(slots=True)
class Meter:
    """Adds up what a device uses, by cause.  Keeps state: one for each device that is followed."""

    used: dict[str, float]

    @classmethod
    def new(cls) -> Meter:
        """A meter at zero."""
        return cls({})

    def add(self, cause: str, joule: float) -> None:
        """Book ``joule`` to ``cause``."""
        if joule < 0:
            raise ConfigError(f"energy of {cause!r} is {joule}; a device does not gain energy by working")
        self.used[cause] = self.used.get(cause, 0.0) + joule

    def spend(self, cause: str, watt: float, seconds: float) -> None:
        """Book ``seconds`` at ``watt`` to ``cause``."""
        self.add(cause, watt * seconds)

    @property
    def total(self) -> float:
        """Joule in all."""
        return sum(self.used.values())
