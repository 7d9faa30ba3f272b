"""Whole numbers in texts of strangers: ``str.isdigit`` lets in signs that ``int`` refuses, and too many of them."""

from __future__ import annotations

from typing import Final

__all__ = ["whole"]

_MOST: Final = 1000
"""Digits; Python refuses to read some thousands."""


def whole(text: str) -> int | None:
    """The number that ASCII digits say, and nothing else; None where ``text`` is none, or very long.

    >>> whole("0042"), whole("²"), whole("-1"), whole(""), whole("9" * 5000)
    (42, None, None, None, None)
    """
    if not (text.isascii() and text.isdecimal()):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST else None
