"""What happens with the bootstrap data of a card, as events: read, not read, erased, kept.

>>> str(NotRead("EF.DIR", "no such file"))
'EF.DIR not read: no such file'
"""

from __future__ import annotations

from dmkit.session.events import Event
from dmkit.words.counts import many

__all__ = ["CardRead", "FileErased", "FileKept", "FileRead", "NotRead"]


class CardRead(Event, frozen=True):
    """There is a card, and this is its number; ``changed`` when another one was there before."""

    iccid: str
    changed: bool = False

    def __str__(self) -> str:
        return f"card {self.iccid or 'without a number'}{', another one than before' if self.changed else ''}"


class FileRead(Event, frozen=True):
    """A bootstrap object was found in the directory and its file was read."""

    label: str
    kind: str
    path: str
    octets: int

    def __str__(self) -> str:
        return f"{self.kind} found and read: {self.label!r}, {many(self.octets, 'octet')} in file {self.path}"


class NotRead(Event, frozen=True):
    """Something on the card could not be read."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} not read: {self.why}"


class FileErased(Event, frozen=True):
    """A bootstrap object is in the directory and its file holds nothing: what it made before is withdrawn."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} is erased"


class FileKept(Event, frozen=True):
    """A file says what it said last time; its accounts stay as they are."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} says what it said last time"
