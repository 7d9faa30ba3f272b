"""The frame of an eSIM profile package: a row of DER elements, each under a context tag with its number.

>>> [one.name for one in elements(bytes.fromhex("A003800102AA00"))]
['header', 'end']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dmkit.card.images.saip_tables import NAMES
from dmkit.card.tlv import Tlv, read
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["IMPLIED", "KEPT", "LINK", "ProfileElement", "element_number", "element_tag", "elements"]

KEPT: Final = "saip"
"""Under which name an image keeps the elements that it came from."""
IMPLIED: Final = '{"made by": "an element that is not taken apart"}'
"""What is kept of a directory that only such an element names."""
LINK: Final = 0xC7
"""The field of a file that has no content of its own: the path of the one that has it."""


@dataclass(frozen=True, slots=True)
class ProfileElement:
    """One element of a package: its number and its fields."""

    number: int
    octets: Tlv

    @property
    def name(self) -> str:
        """``usim`` and so on; ``element 40`` for one that is not in the table."""
        return NAMES.get(self.number, f"element {self.number}")


def elements(package: bytes) -> tuple[ProfileElement, ...]:
    """The elements of a package.  CodecError when it is none: the first is a header."""
    found, at = [], 0
    while at < len(package):
        one, at = read(package, at)
        found.append(ProfileElement(element_number(one), one))
    if not found or found[0].number != 0:
        raise CodecError("a profile package begins with its header, tag A0")
    return tuple(found)


def element_number(one: Tlv) -> int:
    """The number of a context tag.  CodecError for other tags."""
    octets = one.tag_octets
    if octets[0] & 0xC0 != 0x80:
        raise CodecError(f"tag {one.tag:02X}: fields of a profile package have tags 80 to BF")
    if octets[0] & 0x1F != 0x1F:
        return octets[0] & 0x1F
    number = 0
    for octet in octets[1:]:
        number = number << 7 | octet & 0x7F
    return number


@asked
def element_tag(number: int, *, constructed: bool = True) -> int:
    """The context tag of a number.

    >>> hex(element_tag(40))
    '0xbf28'
    """
    first = 0xA0 if constructed else 0x80
    if number < 0x1F:
        return first | number
    high = [0x80 | number >> 7] if number > 0x7F else []
    return int.from_bytes(bytes([first | 0x1F, *high, number & 0x7F]), "big")
