"""What a number of a configuration may be: its unit, its range, how it is written in a file.

A field says it once, ``timeout: Annotated[float, Range("time", 0, above=True)]``; ``checked`` asks it of every value
made in Python, ``quantity`` of every value read from TOML, where numbers may carry a unit.

>>> quantity("6 h", Range("time", 0), "campaign.arrivals.seconds")
21600.0
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

from dmkit.words.errors import ConfigError
from dmkit.words.late import late_pattern
from dmkit.words.records import dataclass

__all__ = [
    "UNITS",
    "Count",
    "Hour",
    "Instant",
    "Money",
    "Natural",
    "Octet",
    "Octets",
    "Port",
    "Range",
    "Seconds",
    "Share",
    "SomeOctets",
    "SomeSeconds",
    "Watts",
    "Whole",
    "quantity",
]

UNITS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "time": {"s": 1.0, "us": 1e-6, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400.0},
        "milliseconds": {"ms": 1.0, "s": 1000.0, "us": 1e-3},
        "rate": {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6},
        "octets": {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9},
        "share": {"": 1.0, "%": 0.01},
        "power": {"W": 1.0, "mW": 1e-3, "uW": 1e-6},
        "hour": {"h": 1.0},
        "number": {"": 1.0},
    }
)
"""Kind of quantity -> unit -> factor to the first one, which is meant when a number stands alone."""


@dataclass(frozen=True, slots=True)
class Range:
    """``kind`` of ``UNITS``, from ``low`` to ``high``; ``above`` and ``below`` leave the ends themselves out.

    ``whole``: no fractions.  ``endless``: infinity is a value too; NaN never is.

    >>> Range("share", 0, 1, below=True).holds(1.0), str(Range("time"))
    (False, 'from 0 s upwards')
    """

    kind: str
    low: float = 0.0
    high: float = math.inf
    above: bool = False
    below: bool = False
    whole: bool = False
    endless: bool = False

    def holds(self, value: float) -> bool:
        """True for a number in the range."""
        over = value > self.low if self.above else value >= self.low
        under = value < self.high if self.below else value <= self.high
        try:
            return over and under and (math.isfinite(value) or (self.endless and not math.isnan(value)))
        except OverflowError:  # a whole number that no float can hold: no quantity either
            return self.whole and over and under

    def __str__(self) -> str:
        unit = next(iter(UNITS[self.kind]))
        unit = f" {unit}" if unit else ""
        if math.isinf(self.low):
            ends = (
                f"up to {self.high:g}{unit}" if math.isfinite(self.high) else f"of any size{unit and f' ({unit[1:]})'}"
            )
        else:
            ends = f"{'above' if self.above else 'from'} {_short(self.low)}"
            if math.isfinite(self.high):
                ends += f" {'to below' if self.below else 'to'} {_short(self.high)}{unit}"
            else:
                ends += unit if self.above else f"{unit} upwards"
        return f"{'a whole number ' if self.whole else ''}{ends}"


def _short(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else f"{number:g}"


Count: TypeAlias = Annotated[int, Range("number", 1, whole=True)]
"""How many, at least one."""
Natural: TypeAlias = Annotated[int, Range("number", 0, whole=True)]
"""How many, perhaps none."""
Whole: TypeAlias = Annotated[int, Range("number", -math.inf, whole=True)]
"""A whole number of any size, below nothing too."""
Octet: TypeAlias = Annotated[int, Range("number", 0, 255, whole=True)]
"""What one octet holds."""
Octets: TypeAlias = Annotated[int, Range("octets", 0, whole=True)]
"""A size, perhaps none."""
SomeOctets: TypeAlias = Annotated[int, Range("octets", 1, whole=True)]
"""A size of at least one octet."""
Port: TypeAlias = Annotated[int, Range("number", 0, 65535, whole=True)]
"""A TCP or UDP port; 0: any free one."""
Seconds: TypeAlias = Annotated[float, Range("time")]
"""A time from 0 upwards."""
Instant: TypeAlias = Annotated[float, Range("time", -math.inf)]
"""A moment or a difference: seconds before or after whatever is counted from."""
SomeSeconds: TypeAlias = Annotated[float, Range("time", 0, above=True)]
"""A time above 0."""
Share: TypeAlias = Annotated[float, Range("share", 0, 1)]
"""A share or a probability, 0 to 1."""
Hour: TypeAlias = Annotated[float, Range("hour", 0, 24)]
"""An hour of the day."""
Watts: TypeAlias = Annotated[float, Range("power")]
"""Power."""
Money: TypeAlias = Annotated[float, Range("number")]
"""Money, in any currency."""

_WRITTEN: Final = late_pattern(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*+([a-zA-Z%/]*+)\s*\Z")


def quantity(value: object, allowed: Range, where: str) -> float:
    """``value`` as a number in the first unit of its kind: a number, or a text such as ``"6 h"``.

    ConfigError with the field, the value and the range, when it is none, has the wrong unit or lies outside.
    """
    units = UNITS[allowed.kind]
    number: float
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ConfigError(f"{where} is {value!r}; it must be {allowed}")
    if isinstance(value, str):
        read = _WRITTEN.match(value)
        if read is None:
            raise ConfigError(f"{where} is {value!r}, which is no number; it must be {allowed}")
        if read[2] not in units:
            known = ", ".join(unit or "none" for unit in units)
            raise ConfigError(f"{where} is {value!r}: the unit must be {known}, and the value {allowed}")
        number = float(read[1]) * units[read[2]]
    else:
        try:
            number = float(value)
        except OverflowError:
            raise ConfigError(f"{where} is a whole number of more than 300 digits; it must be {allowed}") from None
    if not allowed.holds(number) or (allowed.whole and number != int(number)):
        raise ConfigError(f"{where} is {value!r}; it must be {allowed}")
    if not allowed.whole:
        return number
    return value if isinstance(value, int) else int(number)
