"""Numbers as people read them: digits by their error, spans of time in a unit that fits.

>>> to_error(7633.9, 316.3), human_time(91.0)
(('7630', '320'), '1.5 min')
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from math import floor, isfinite, log10
from typing import Final

from dmkit.words.asked import asked

__all__ = ["human_time", "place_of", "rounded", "to_error"]

_UNITS: Final = (
    (365.25 * 86400.0, "years"), (86400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"),
    (1e-6, "µs"),
)  # fmt: skip
_RAISED: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def place_of(half: float) -> int:
    """The power of ten of the second significant digit of an error.

    >>> place_of(316.3), place_of(0.996)
    (1, -1)
    """
    place = floor(log10(half)) - 1
    return place + 1 if round(half / 10.0**place) == 100 else place


def rounded(value: float, place: int) -> str:
    """``value`` to the place 10**``place``, with that many decimals.

    >>> rounded(7633.9, 1), rounded(0.98765, -3)
    ('7630', '0.988')
    """
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(place), ROUND_HALF_EVEN)
    return f"{exact:.{max(0, -place)}f}"


def to_error(mean: float, half: float) -> tuple[str, str] | None:
    """A mean and its half width: the error with two significant digits, the mean to the same place.

    None where the error is none: 0, infinite, not a number, or so small that it is one of counting with 64 bits.

    >>> to_error(0.66667, 1.4), to_error(1703.2, 121.0), to_error(3.0, 0.0)
    (('0.7', '1.4'), ('1700', '120'), None)
    """
    if not isfinite(mean) or not isfinite(half) or half <= abs(mean) * 1e-9:
        return None
    place = place_of(half)
    return rounded(mean, place), rounded(half, place)


@asked
def human_time(seconds: float) -> str:
    """A span of time with two significant digits, in the largest unit of which there is at least one.

    >>> [human_time(seconds) for seconds in (3.2e-7, 0.029, 830.0, 2.1e5, 1.1e28)]
    ['0.32 µs', '29 ms', '14 min', '2.4 days', '3.5·10²⁰ years']
    """
    if not isfinite(seconds):
        return "for ever" if seconds > 0 else "–"
    factor, unit = next((pair for pair in _UNITS if abs(seconds) >= pair[0]), _UNITS[-1])
    figure = seconds / factor
    if abs(figure) >= 1e6:
        power = floor(log10(abs(figure)))
        return f"{figure / 10.0**power:.2g}·10{str(power).translate(_RAISED)} {unit}"
    return f"{float(f'{figure:.2g}'):,g} {unit}" if figure else "0 s"
