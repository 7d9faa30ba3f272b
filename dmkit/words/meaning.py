"""Enumerations of words that say what each member means: the word, and its meaning beside it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["MeaningEnum"]


class MeaningEnum(StrEnum):
    """Base of enumerations whose members are written ``NAME = "word", "what it means"``; ``meaning`` is the second.

    >>> class Light(MeaningEnum):
    ...     RED = "red", "stop"
    >>> Light("red").meaning
    'stop'
    """

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Make the member for ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member
