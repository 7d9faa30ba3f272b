"""Names that become names of files or folders: one plain word of a path, the same on every system.

>>> file_name("window-4h", "experiment.name")
'window-4h'
>>> file_name("../up", "experiment.name")
Traceback (most recent call last):
dmkit.words.errors.ConfigError: experiment.name is '../up'; a file or folder is made of it, so it has no '/' in it
"""

from __future__ import annotations

import unicodedata
from typing import Final

from dmkit.words.errors import ConfigError

__all__ = ["file_name"]

_SIGNS: Final = '/\\:*?"<>|'
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"}
)
"""Names that one system keeps for devices, with any ending."""
_MOST: Final = 150
"""Octets that leave room for an ending on every file system."""


def file_name(text: str, where: str) -> str:
    """``text``, when it can be the name of a file or folder in the folder where it is put; ConfigError with why not.

    No way up or elsewhere (``..``, slashes either way, a drive), no sign or name that a system refuses.
    """
    why = _why_not(text)
    if why:
        raise ConfigError(f"{where} is {text[:60]!r}; a file or folder is made of it, so {why}")
    return text


def _why_not(text: str) -> str:
    if not text.strip(". \t"):
        return "it has a letter or digit in it"
    for sign in text:
        if sign in _SIGNS or unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            return f"it has no {sign!r} in it"
    if text != text.strip() or text[0] == "." or text[-1] == ".":
        return "it neither begins nor ends with a dot or white space"
    if text.partition(".")[0].strip().lower() in _RESERVED:
        return f"it is none of the names that systems keep for devices ({text.partition('.')[0]})"
    if len(text.encode()) > _MOST:
        return f"it has at most {_MOST} octets, not {len(text.encode())}"
    return ""
