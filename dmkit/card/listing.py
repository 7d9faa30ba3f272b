"""The files of a card as rows: where, called what, who may, saying what.

>>> from dmkit.card.card import Usim
>>> print(*str(Usim.example().tree).splitlines()[:3], sep="\\n")
3F00 MF
   2F00 EF.DIR            read always, update ADM1   2 of 4 records: aid a0000000871002ffffffff8907090000, l…
   2F05 EF.PL             read always, update PIN1   en
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dmkit.card import access
from dmkit.card.files import MF
from dmkit.card.memory import CardMemory, FilePath, Stored
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["FileEntry", "Listing", "content_text"]

_CUT = 56
_FILLING = 4


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file or directory; ``who`` may do what, what it ``says``, whether it ``changed``."""

    path: FilePath
    name: str
    who: str = ""
    says: str = ""
    changed: bool = False
    is_file: bool = False

    @property
    def label(self) -> str:
        """Its identifier."""
        return f"{self.path[-1] if self.path else MF.fid:04X}"


class Listing:
    """Every file of a card; with ``before``, files that have changed since are marked."""

    def __init__(self, memory: CardMemory, before: CardMemory | None = None) -> None:
        self.memory, self.before = memory, before

    def __iter__(self) -> Iterator[FileEntry]:
        return self._below(())

    def _below(self, path: FilePath) -> Iterator[FileEntry]:
        memory = self.memory
        yield FileEntry(path, memory.name(path), says=memory.directories[path].aid.hex().upper())
        for file, stored in memory.files.items():
            if file[:-1] == path:
                changed = self.before is not None and self.before.files.get(file) != stored
                yield FileEntry(file, stored.row.name, _who(memory, file), _says(memory, file), changed, True)
        for below in memory.directories:
            if below and below[:-1] == path:
                yield from self._below(below)

    def __repr__(self) -> str:
        entries = list(self)
        lefts = [f"{'   ' * len(entry.path)}{entry.label} {entry.name}" for entry in entries]
        width = max(map(len, lefts))
        signs = [("~ " if entry.changed else "  ") if self.before is not None else "" for entry in entries]
        return "\n".join(
            f"{sign}{left:<{width}}  {entry.who:<26} {entry.says}".rstrip()
            for sign, left, entry in zip(signs, lefts, entries, strict=True)
        )


def _who(memory: CardMemory, path: FilePath) -> str:
    """What reading and updating need."""
    try:
        rules = access.decode(memory.rule_of(path))
    except CodecError:
        return "unreadable rule"
    return f"read {_need(rules, access.READ)}, update {_need(rules, access.UPDATE)}"


def _need(rules: Sequence[access.AccessRule], mode: int) -> str:
    return " or ".join(str(rule.needs) for rule in rules if rule.modes & mode) or "never"


def _says(memory: CardMemory, path: FilePath) -> str:
    stored = memory.files[path]
    if stored.is_transparent:
        text = content_text(stored, stored.content[0])
    else:
        full = [piece for piece in stored.content if set(piece) != {0xFF}]
        first = f": {content_text(stored, full[0])}" if full and not stored.row.name.endswith("ARR") else ""
        text = f"{len(full)} of {many(stored.row.records, 'record')}{first}"
    return (text if len(text) <= _CUT else text[: _CUT - 1] + "…") + ("" if stored.active else " (deactivated)")


@asked
def content_text(stored: Stored, octets: bytes) -> str:
    """What octets of the file, or of one of its records, say; hexadecimal when they say nothing."""
    filling = len(octets) - len(octets.rstrip(b"\xff"))
    if filling == len(octets) and octets:
        return "nothing yet (FF)"
    try:
        value = stored.row.coding.decode(octets)
    except CodecError:
        value = octets.hex()
    if isinstance(value, str) and value == octets.hex() and filling > _FILLING:
        return f"{octets[: len(octets) - filling].hex()} and {many(filling, 'octet')} FF"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value) or "(none)"
    return str(value)
