"""Patterns, ranges and separators as descriptions write them, which is in more than one dialect.  [ddf v2]

>>> compiled(r"^[^;]+(?i)\\.msix$").fullmatch("a.MSIX") is not None, compiled("/^a+$/").fullmatch("aa") is not None
(True, True)
>>> ranges_of("[(-1)-5]"), ranges_of("[1]"), separator("0x2C"), separator(r"\\xF000") == chr(0xF000)
([(-1, 5)], [(1, 1)], ',', True)
>>> is_pattern("[A-Z]+"), is_pattern("The name of the app.")
(True, False)
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dmkit.words.asked import asked

__all__ = ["compiled", "is_pattern", "ranges_of", "separator"]

_RANGE: Final = re.compile(r"\[\s*\(?(-?\d{1,20})\)?\s*(?:-\s*\(?(-?\d{1,20})\)?\s*)?\]")
_CODE: Final = re.compile(r"(?:0[xX]|\\[xXuU]|&#[xX])([0-9a-fA-F]{1,6});?")
_PROSE: Final = re.compile(r"[A-Za-z]{2}[,.:]? +[A-Za-z]{2}")
_META: Final = re.compile(r"[\[\\^$*+?{|]")


@asked
@lru_cache(maxsize=1024)
def compiled(text: str) -> re.Pattern[str] | None:
    """The pattern, or None where it is of a dialect that nobody here reads.

    Slashes around it are left out; ``(?i)`` within it makes the whole pattern look away from case, which takes a
    little more than is meant and never less.
    """
    text = text.strip()
    if len(text) > 2 and text[0] == text[-1] == "/":
        text = text[1:-1]
    flags = re.IGNORECASE if "(?i)" in text else re.RegexFlag(0)
    try:
        return re.compile(text.replace("(?i)", ""), flags)
    except (re.error, RecursionError, OverflowError):
        return None


@asked
def is_pattern(text: str) -> bool:
    """Whether ``text`` is a pattern; many descriptions have a sentence where one is wanted."""
    return bool(_META.search(text)) and not _PROSE.search(text) and compiled(text) is not None


@asked
def ranges_of(text: str) -> list[tuple[int, int]]:
    """Every range in ``text``: lowest and highest number, which are one where one stands alone."""
    return [(int(low), int(high or low)) for low, high in _RANGE.findall(text)]


@asked
def separator(text: str) -> str:
    """What separates the parts of a list, as a character: it may be written as its number."""
    code = _CODE.fullmatch(text.strip())
    if code is None:
        return text
    number = int(code[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
