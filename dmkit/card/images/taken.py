"""A card read through its contacts, file by file: an image of what it lets be read.

``take`` asks for every file that dmkit knows, directory by directory, and keeps what comes: template and octets.  What
is not there is passed over; what may not be read is kept without content.

>>> from dmkit.card.card import Usim
>>> from dmkit.card.images.image import differences, of_card
>>> from dmkit.card.terminal import run
>>> card = Usim.example(b"a document")
>>> image = run(card, take())
>>> image
CardImage(a card, 72 files, 66 with content)
>>> [one.path for one in image.files if one.content is None and one.structure != "directory"]
[]

``dmkit.card.compare.twin`` makes a software card of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmkit.card.apdu import CommandApdu, CommandRefused, class_for
from dmkit.card.files import MF, Directory
from dmkit.card.images.image import CardImage, FileImage, below_of, rows_of
from dmkit.card.terminal import ApduProcedure, Fcp, read_file, read_record, send
from dmkit.words.errors import CodecError

__all__ = ["take"]

_ALL: Final = 256


def take() -> ApduProcedure[CardImage]:
    """The image of a card, of all files that the table names and the card has.  [TS 102 221 §11.1.1]

    A PIN that is needed is shown before (``terminal.verify``).  RemoteProtocolError when the reader fails.
    """
    found: list[FileImage] = []
    for names, directories in _places(MF):
        template = yield from _go(directories)
        if template is None:
            continue
        found.append(FileImage(names, template))
        for row in rows_of(names[-1]):
            yield from _go(directories)  # an identifier is looked for from where one is
            one = yield from _file((*names, row.name), row.fid)
            if one is not None:
                found.append(one)
    return CardImage(tuple(found), "a card")


def _places(root: Directory) -> Iterator[tuple[tuple[str, ...], tuple[Directory, ...]]]:
    """Names from the MF on, and the directories to go through."""

    def below(
        names: tuple[str, ...], way: tuple[Directory, ...]
    ) -> Iterator[tuple[tuple[str, ...], tuple[Directory, ...]]]:
        yield names, way
        for one in below_of(way[-1].name):
            yield from below((*names, one.name), (*way, one))

    yield from below((root.name,), (root,))


def _go(way: tuple[Directory, ...]) -> ApduProcedure[bytes | None]:
    """The template of the directory at the end of ``way``; None when a step is not there."""
    template = b""
    for one in way:
        how, data = (0x04, one.aid) if one.aid else (0x00, one.fid.to_bytes(2, "big"))
        step = yield from _select(how, data)
        if step is None:
            return None
        template = step
    return template


def _select(how: int, data: bytes) -> ApduProcedure[bytes | None]:
    try:
        reply = yield from send(CommandApdu(class_for(0), 0xA4, how, 0x04, data, _ALL))
    except (CommandRefused, CodecError):
        return None
    return reply.data


def _file(names: tuple[str, ...], fid: int) -> ApduProcedure[FileImage | None]:
    template = yield from _select(0x00, fid.to_bytes(2, "big"))
    if template is None:
        return None
    one = FileImage(names, template)
    try:
        fcp = Fcp.parse(template)
        if one.structure == "transparent":
            return FileImage(names, template, ((yield from read_file(fcp)),))
        rows = []
        for number in range(1, fcp.records + 1):
            rows.append((yield from read_record(fcp, number)))
        return FileImage(names, template, tuple(rows))
    except (CommandRefused, CodecError):
        return one
