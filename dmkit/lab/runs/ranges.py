"""What a number in an experiment file may be: its unit, its range, how it is written.

>>> quantity("6 h", Range("time", 0), "campaign.arrivals.seconds")
21600.0
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dmkit.words.errors import ConfigError

__all__ = ["RANGES", "UNITS", "Range", "quantity"]

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
    """``kind`` of ``UNITS``, from ``low`` to ``high``; ``above`` and ``below`` leave the ends themselves out."""

    kind: str
    low: float = 0.0
    high: float = math.inf
    above: bool = False
    below: bool = False
    whole: bool = False

    def holds(self, value: float) -> bool:
        """True for a number in the range."""
        over = value > self.low if self.above else value >= self.low
        under = value < self.high if self.below else value <= self.high
        return over and under and math.isfinite(value)

    def __str__(self) -> str:
        unit = next(iter(UNITS[self.kind]))
        ends = f"{'above' if self.above else 'from'} {self.low:g}"
        if math.isfinite(self.high):
            ends += f" {'to below' if self.below else 'to'} {self.high:g}"
        elif not self.above:
            ends += " upwards"
        return f"{'a whole number ' if self.whole else ''}{ends}{f' {unit}' if unit else ''}"


_SHARE: Final = Range("share", 0, 1)
_TIME: Final = Range("time")
_SOME_TIME: Final = Range("time", 0, above=True)
_COUNT: Final = Range("number", 1, whole=True)
_FROM_0: Final = Range("number", 0, whole=True)
_MS: Final = Range("milliseconds")

RANGES: Final[Mapping[tuple[str, str], Range]] = MappingProxyType(
    {
        ("Campaign", "devices"): Range("number", 1, 16_000_000, whole=True),
        ("Campaign", "start_hour"): Range("hour", 0, 24, below=True),
        ("Campaign", "access"): _TIME,
        ("Servers", "count"): _COUNT,
        ("Servers", "service"): _TIME,
        ("Servers", "queue"): _FROM_0,
        ("Servers", "retry_after"): _TIME,
        ("Servers", "outages"): _TIME,
        ("Servers", "urgent"): _SHARE,
        ("Servers", "sessions"): _COUNT,
        ("Servers", "cost_per_hour"): Range("number"),
        ("CardTiming", "rate"): Range("rate", 0, above=True),
        ("CardTiming", "authenticate_work"): _TIME,
        ("CardTiming", "read_work"): _TIME,
        ("CardTiming", "envelope_work"): _TIME,
        ("CardTiming", "authenticates"): _FROM_0,
        ("CardTiming", "reads"): _FROM_0,
        ("CardTiming", "envelopes"): _FROM_0,
        ("CardTiming", "resync"): Range("share", 0, 1, below=True),
        ("CardTiming", "watt"): Range("power"),
        ("Prompt", "night_start"): Range("hour", 0, 24),
        ("Prompt", "night_end"): Range("hour", 0, 24),
        ("Prompt", "waking"): Range("number"),
        ("Prompt", "postponed"): Range("number"),
        ("Retry", "base"): _TIME,
        ("Retry", "cap"): _TIME,
        ("Retry", "attempts"): Range("number", 1, 100, whole=True),
        ("Retry", "budget"): Range("share"),
        ("Link", "up"): Range("rate", 0, above=True),
        ("Link", "down"): Range("rate", 0, above=True),
        ("Link", "rtt"): _TIME,
        ("Link", "setup_trips"): _FROM_0,
        ("Link", "setup_up"): Range("octets", whole=True),
        ("Link", "setup_down"): Range("octets", whole=True),
        ("Link", "loss"): Range("share", 0, 1, below=True),
        ("Link", "timeout"): _SOME_TIME,
        ("Link", "resends"): Range("number", 0, 100, whole=True),
        ("Link", "transmit"): Range("power"),
        ("Link", "receive"): Range("power"),
        ("Link", "idle"): Range("power"),
        ("Link", "cost_per_mb"): Range("number"),
        ("Push", "loss"): _SHARE,
        ("Push", "fast_share"): _SHARE,
        ("Push", "fast_median"): _SOME_TIME,
        ("Push", "fast_sigma"): Range("number", 0, above=True),
        ("Push", "slow_mean"): _SOME_TIME,
        ("Push", "expiry"): _SOME_TIME,
        ("Push", "messages"): _COUNT,
        ("Push", "cost"): Range("number"),
        ("Push", "tries"): Range("number", 1, 100, whole=True),
        ("Push", "again"): _SOME_TIME,
        ("Cells", "count"): _COUNT,
        ("Cells", "limit"): _COUNT,
        ("Cells", "skew"): Range("number"),
        ("Download", "octets"): Range("octets", whole=True),
        ("Download", "breaks"): Range("share", 0, 1, below=True),
        ("Download", "servers"): _COUNT,
        ("Window", "start"): Range("hour", 0, 24),
        ("Window", "end"): Range("hour", 0, 24),
        ("Window", "zones"): Range("number", 1, 24, whole=True),
        ("Condition", "share"): _SHARE,
        ("Condition", "mean"): _TIME,
        ("Spread", "seconds"): _SOME_TIME,
        ("ByCell", "group"): _COUNT,
        ("ByCell", "interval"): _SOME_TIME,
        ("ByZone", "zones"): _COUNT,
        ("ByZone", "seconds"): _SOME_TIME,
        ("OnDevice", "base"): _TIME,
        ("OnDevice", "jitter"): _TIME,
        ("OnDevice", "clock_error"): _TIME,
        ("Polling", "interval"): _SOME_TIME,
        ("AccessPlan", "devices"): Range("number", 1, 1_000_000, whole=True),
        ("Uniform", "seconds"): _SOME_TIME,
        ("Beta", "seconds"): _SOME_TIME,
        ("Beta", "a"): Range("number", 0, above=True),
        ("Beta", "b"): Range("number", 0, above=True),
        ("Barring", "p"): Range("share", 0, 1, above=True),
        ("Barring", "seconds"): _TIME,
        ("Rach", "period"): Range("milliseconds", 0, above=True),
        ("Rach", "preambles"): _COUNT,
        ("Rach", "tries"): Range("number", 1, 1000, whole=True),
        ("Rach", "backoff"): _MS,
        ("Rach", "grants"): _COUNT,
        ("Rach", "window"): _COUNT,
        ("Rach", "preamble_length"): _MS,
        ("Rach", "processing"): _MS,
        ("Rach", "response_processing"): _MS,
        ("Rach", "msg3_build"): _MS,
        ("Rach", "exchange"): _MS,
        ("Rach", "harq"): Range("share", 0, 1, below=True),
        ("Rach", "harq_limit"): _COUNT,
        ("Rach", "harq_msg3"): _MS,
        ("Rach", "harq_msg4"): _MS,
        ("Rach", "contention_timer"): _MS,
    }
)
"""Class and field -> range.  A test sees to it that every number of a plan has one."""

_WRITTEN: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z%/]*)\s*\Z")


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
        number = float(value)
    if not allowed.holds(number) or (allowed.whole and number != int(number)):
        raise ConfigError(f"{where} is {value!r}; it must be {allowed}")
    return int(number) if allowed.whole else number
