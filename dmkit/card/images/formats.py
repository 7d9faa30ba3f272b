"""Which form a file of a card has, by its first octets; read and written by name.

>>> from dmkit.card.card import Usim
>>> from dmkit.card.images.image import of_card
>>> [form_of(write_image(of_card(Usim.example()), form)) for form in FORMS]
['fsdump', 'script', 'saip']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dmkit.card.images import pysim, saip, saip_writing
from dmkit.card.images.image import CardImage
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["FORMS", "CardForm", "form_of", "read_image", "write_image"]


@dataclass(frozen=True, slots=True)
class CardForm:
    """A form: what it is, how it is read and written."""

    title: str
    read: Callable[[bytes], CardImage]
    write: Callable[[CardImage], bytes]


FORMS: Final[Mapping[str, CardForm]] = {
    "fsdump": CardForm("JSON of pySim's fsdump", pysim.read_dump, lambda image: pysim.write_dump(image).encode()),
    "script": CardForm("script of pySim's export", pysim.read_script, lambda image: pysim.write_script(image).encode()),
    "saip": CardForm("eSIM profile package", saip.read_package, saip_writing.write_package),
}
"""Forms by name."""


@asked
def form_of(octets: bytes) -> str:
    """The name of the form.

    >>> form_of(b' {"files": {}}'), form_of(b"select MF")
    ('fsdump', 'script')
    """
    if octets[:1] == b"\xa0":
        return "saip"
    return "fsdump" if octets.lstrip()[:1] in (b"{", b"[") else "script"


def read_image(octets: bytes, form: str = "") -> CardImage:
    """The card in a file of ``form``, or of that which it seems to have.  CodecError when it is none."""
    return _form(form or form_of(octets)).read(octets)


def write_image(image: CardImage, form: str) -> bytes:
    """The file of that form."""
    return _form(form).write(image)


def _form(name: str) -> CardForm:
    if name not in FORMS:
        raise CodecError(f"no form {name!r}: there are {', '.join(FORMS)}")
    return FORMS[name]
