"""Names on a card: the alphabet of short messages, an octet a letter, or UCS2 in one of three forms.

[TS 102 221 annex A, the forms 80, 81 and 82; TS 23.038 §6.2.1, the letters.  UNSURE (memory): the sheets have neither]

>>> encode("Jörg").hex(), encode("Анна").hex()
('4a7c7267', '800410043d043d0430')
>>> [decode(bytes.fromhex(one)) for one in ("4a7c7267ffff", "81040890bdbdb0", "820205302d82")]
['Jörg', 'Анна', '-Բ']
"""

from __future__ import annotations

from typing import Any, Final

from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["decode", "encode", "named", "to_name"]

_LETTERS: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE: Final = 0x1B
_MORE: Final = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|",
                0x65: "€"}  # fmt: skip
_OCTETS: Final = {
    **{letter: bytes([at]) for at, letter in enumerate(_LETTERS) if at != _ESCAPE},
    **{letter: bytes([_ESCAPE, at]) for at, letter in _MORE.items()},
}
# Behind an escape a letter that the extension table lacks is that of the main one, so that a letter of another table
# keeps its shape (the Spanish á, 1B 61, is a), and a second escape is a space [TS 23.038 §6.2.1.1].
_PLAIN: Final = {at: letter for at, letter in enumerate(_LETTERS) if at != _ESCAPE}
_SHIFTED: Final = {**_PLAIN, **_MORE, _ESCAPE: " "}
_UNKNOWN: Final = "\ufffd"


def decode(octets: bytes) -> str:
    """The text, to the filling (FF) behind it; what is no letter is U+FFFD."""
    form = octets[:1]
    if form == b"\x80":
        body = octets[1 : 1 + (len(octets) - 1) // 2 * 2]
        units = [body[at : at + 2] for at in range(0, len(body), 2)]
        return b"".join(units[: units.index(b"\xff\xff")] if b"\xff\xff" in units else units).decode(
            "utf-16-be", "replace"
        )
    if form in (b"\x81", b"\x82"):
        wide = form == b"\x82"
        base = int.from_bytes(octets[2:4], "big") if wide else (octets[2] << 7 if len(octets) > 2 else 0)
        start = 4 if wide else 3
        letters = octets[start : start + octets[1]] if len(octets) > 1 else b""
        return _letters(letters, base)
    return _letters(octets.partition(b"\xff")[0])


def _letters(octets: bytes, base: int | None = None) -> str:
    """Letters of short messages; with a base, octets from 80 up are letters of UCS2 from there on."""
    text, table = "", _PLAIN
    for one in octets:
        if one == _ESCAPE and table is _PLAIN:
            table = _SHIFTED
            continue
        text += chr(base + (one & 0x7F)) if one & 0x80 and base is not None else table.get(one, _UNKNOWN)
        table = _PLAIN
    return text if table is _PLAIN else text + _UNKNOWN


def encode(text: str) -> bytes:
    """Letters of short messages where there is one for each, else UCS2, form 80.  CodecError for half a letter."""
    if all(letter in _OCTETS for letter in text):
        return b"".join(_OCTETS[letter] for letter in text)
    try:
        return b"\x80" + text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise CodecError(f"{text[:40]!r} has half of a letter") from None


@asked
def named(octets: bytes, field: str = "name") -> dict[str, str]:
    """What a field with a name says; beside it the octets where writing the text would give others.

    >>> named(b"Anna" + bytes([255] * 3)), named(bytes.fromhex("81024008a3"))["name_octets"]
    ({'name': 'Anna'}, '81024008a3')
    """
    text, bare = decode(octets), octets.rstrip(b"\xff")
    try:
        same = encode(text) == bare
    except CodecError:
        same = False
    return {field: text} if same else {field: text, f"{field}_octets": octets.hex()}


def to_name(value: dict[str, Any], field: str = "name") -> bytes:
    """The octets that ``named`` read; those beside the text count where there are some."""
    if f"{field}_octets" not in value:
        return encode(value[field])
    try:
        return bytes.fromhex(value[f"{field}_octets"])
    except ValueError:
        raise CodecError(f"{value[f'{field}_octets'][:40]!r} is no hexadecimal text") from None
