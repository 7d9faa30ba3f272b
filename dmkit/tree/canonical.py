"""One spelling for each value, and how two values compare: what an object definition fixes for its leaves.

Descriptions of DM 1.2 fix formats and allowed values, and no comparison [RD §6, R-165].  The proposal: each format has
a canonical form, values are the same when their canonical forms are, and numbers, dates and times have an order.

>>> canonical("int", "0042"), canonical("date", "20050630"), same("time", "235900", "23:59:00")
('42', '2005-06-30', True)
>>> compare("int", "9", "10")
-1
"""

from __future__ import annotations

import math
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from unicodedata import normalize

from dmkit.words.codes import Format
from dmkit.words.errors import ConfigError

__all__ = ["BASIS", "canonical", "compare", "same"]

BASIS: Final = "PROPOSAL: canonical forms after XML Schema 1.0 part 2, which DMTND §9.4.2 takes its formats from"
_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})\Z")
_TIME: Final = re.compile(r"(\d{2}):?(\d{2}):?(\d{2})(Z|[+-]\d{2}:?\d{2})?\Z")


def _bool(text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower()


def _int(text: str) -> str:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValueError
    return str(int(text))


def _float(text: str) -> str:
    if text in ("INF", "-INF", "NaN"):
        return text
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError
    if not value:
        return "0"
    _, digits, exponent = value.normalize().as_tuple()
    mantissa = "".join(map(str, digits))
    sign = "-" if value < 0 else ""
    return f"{sign}{mantissa[0]}{'.' + mantissa[1:] if mantissa[1:] else ''}E{len(mantissa) - 1 + int(exponent)}"


def _date(text: str) -> str:
    found = _DATE.match(text)
    if found is None or not 1 <= int(found[2]) <= 12 or not 1 <= int(found[3]) <= 31:
        raise ValueError
    return "-".join(found.groups())


def _time(text: str) -> str:
    found = _TIME.match(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3]) > 60:
        raise ValueError
    zone = (found[4] or "").replace(":", "")
    zone = "Z" if zone in ("+0000", "-0000") else f"{zone[:3]}:{zone[3:]}" if len(zone) == 5 else zone
    return f"{found[1]}:{found[2]}:{found[3]}{zone}"


def _b64(text: str) -> str:
    return b64encode(b64decode("".join(text.split()), validate=True)).decode()


_FORMS: Final[Mapping[Format, Callable[[str], str]]] = {
    Format.BOOL: _bool,
    Format.INT: _int,
    Format.FLOAT: _float,
    Format.DATE: _date,
    Format.TIME: _time,
    Format.B64: _b64,
    Format.CHR: lambda text: normalize("NFC", text),
}


def canonical(format: str, text: str) -> str:
    """The one spelling of a value; ConfigError for a text that is no value of ``format``, or a format without forms."""
    known = Format.of(format)
    form = _FORMS.get(known) if known is not None else None
    if form is None:
        raise ConfigError(f"format {format!r} has no canonical form; {', '.join(sorted(f.value for f in _FORMS))} have")
    try:
        return form(text)
    except (ValueError, InvalidOperation, Error):
        raise ConfigError(f"{text[:80]!r} is no value of format {format}") from None


def same(format: str, one: str, other: str) -> bool:
    """Whether two spellings are one value; NaN is the same as itself here, since nodes are compared and not numbers."""
    return canonical(format, one) == canonical(format, other)


def compare(format: str, one: str, other: str) -> int:
    """-1, 0 or 1 as ``one`` is before ``other``, the same, or behind it.

    Numbers go by size, dates and times by the clock (times of one zone only), booleans false before true; ConfigError
    for formats without an order and for NaN.
    """
    a, b = canonical(format, one), canonical(format, other)
    if format == "time" and a[8:] != b[8:]:
        raise ConfigError(f"{one!r} and {other!r} are times of two zones; nothing says which is first")
    if format not in ("int", "float", "date", "time", "bool"):
        raise ConfigError(f"values of format {format!r} are the same or not; they have no order")
    x, y = (_number(a), _number(b)) if format in ("int", "float") else (a, b)
    return (x > y) - (x < y)


def _number(text: str) -> Any:
    if text == "NaN":
        raise ConfigError("NaN has no place in an order")
    return {"INF": math.inf, "-INF": -math.inf}.get(text) or Decimal(text)
