"""Methods, codes and options of CoAP, a row each; and which options of a message nobody could understand.

>>> OPTIONS["Accept"], OPTIONS["Uri-Path"].critical
(CoapOption(number=17, name='Accept', least=0, most=2, repeats=False), True)
>>> not_understood([(17, b"\\x2d\\x16"), (17, b"\\x00"), (9, b""), (12, b"123")])
(17, 9)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from dmkit.words.asked import asked

__all__ = ["CODES", "METHODS", "OPTIONS", "CoapOption", "not_understood"]

METHODS: Final[Mapping[str, int]] = MappingProxyType(
    {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4, "FETCH": 5, "PATCH": 6, "iPATCH": 7}
)
"""Method -> code.  [RFC 7252 §12.1.1, RFC 8132]"""

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "2.01": "Created",
        "2.02": "Deleted",
        "2.03": "Valid",
        "2.04": "Changed",
        "2.05": "Content",
        "2.31": "Continue",
        "4.00": "Bad Request",
        "4.01": "Unauthorized",
        "4.02": "Bad Option",
        "4.03": "Forbidden",
        "4.04": "Not Found",
        "4.05": "Method Not Allowed",
        "4.06": "Not Acceptable",
        "4.08": "Request Entity Incomplete",
        "4.12": "Precondition Failed",
        "4.13": "Request Entity Too Large",
        "4.15": "Unsupported Content-Format",
        "5.00": "Internal Server Error",
        "5.01": "Not Implemented",
        "5.03": "Service Unavailable",
        "5.05": "Proxying Not Supported",
    }
)
"""Code of a response -> phrase.  [RFC 7252 §12.1.2, RFC 7959 §6]"""


class CoapOption(msgspec.Struct, frozen=True):
    """An option: number, name, how many octets it may have, and whether it may stand several times."""

    number: int
    name: str
    least: int
    most: int
    repeats: bool

    @property
    def critical(self) -> bool:
        """Whether whoever does not understand it has to refuse the message: odd numbers."""
        return bool(self.number & 1)

    def holds(self, value: bytes) -> bool:
        """Whether the value is as long as it may be; another is as good as an option that nobody knows."""
        return self.least <= len(value) <= self.most


_ROWS: Final = (
    (1, "If-Match", 0, 8, True),
    (3, "Uri-Host", 1, 255, False),
    (4, "ETag", 1, 8, True),
    (5, "If-None-Match", 0, 0, False),
    (6, "Observe", 0, 3, False),
    (7, "Uri-Port", 0, 2, False),
    (8, "Location-Path", 0, 255, True),
    (11, "Uri-Path", 0, 255, True),
    (12, "Content-Format", 0, 2, False),
    (14, "Max-Age", 0, 4, False),
    (15, "Uri-Query", 0, 255, True),
    (17, "Accept", 0, 2, False),
    (20, "Location-Query", 0, 255, True),
    (23, "Block2", 0, 3, False),
    (27, "Block1", 0, 3, False),
    (28, "Size2", 0, 4, False),
    (35, "Proxy-Uri", 1, 1034, False),
    (39, "Proxy-Scheme", 1, 255, False),
    (60, "Size1", 0, 4, False),
)
OPTIONS: Final[Mapping[str, CoapOption]] = MappingProxyType({row[1]: CoapOption(*row) for row in _ROWS})
"""Name -> option.  [RFC 7252 §5.10, RFC 7641 §2, RFC 7959 §2.1, §4]"""

_BY_NUMBER: Final[Mapping[int, CoapOption]] = MappingProxyType({row.number: row for row in OPTIONS.values()})


@asked
def not_understood(options: Iterable[tuple[int, bytes]]) -> tuple[int, ...]:
    """Numbers of critical options that have no row, are too long or short, or stand too often.  [RFC 7252 §5.4]"""
    found: list[int] = []
    seen: set[int] = set()
    for number, value in options:
        row = _BY_NUMBER.get(number)
        wrong = row is None or not row.holds(value) or (number in seen and not row.repeats)
        if number & 1 and wrong:
            found.append(number)
        seen.add(number)
    return tuple(found)
