"""What the files of a phone book say: EF.PBR, which names the others, extensions, indexes, further numbers.

[TS 31.102 §4.4.2; UNSURE (memory) but for identifiers, sizes and one record of EF.PBR, which pySim has]

>>> PBR.decode(bytes.fromhex("a80ac0034f3a02c5034f0904" "aa0acb034f3d07c2034f4a06" + "ff" * 4))
[[1, [['ADN', '4f3a02'], ['PBC', '4f0904']]], [3, [['CCP1', '4f3d07'], ['EXT1', '4f4a06']]]]
>>> EXT.decode(bytes.fromhex("02" "03" "214365ffffffffffffff" "04"))
{'digits': '123456', 'next': 4}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dmkit.card.alpha import named, to_name
from dmkit.card.codings import Coding, behind, digits, need, octets_in, swapped
from dmkit.card.tlv import Tlv, read_all
from dmkit.words.counts import many

__all__ = ["ADDRESSED", "ANR", "EXT", "INDEX", "KINDS", "NAME", "PBR", "TYPES", "extended", "number_of"]

KINDS: Final[dict[int, str]] = {
    0xC0: "ADN", 0xC1: "IAP", 0xC2: "EXT1", 0xC3: "SNE", 0xC4: "ANR", 0xC5: "PBC", 0xC6: "GRP", 0xC7: "AAS",
    0xC8: "GAS", 0xC9: "UID", 0xCA: "EMAIL", 0xCB: "CCP1",
}  # fmt: skip
"""Tag of a file in a record of EF.PBR -> its kind."""
TYPES: Final[dict[int, int]] = {0xA8: 1, 0xA9: 2, 0xAA: 3}
"""Tag around files -> how they go with a name: a record each, by EF.IAP, by a number in another record."""

_KIND_TAGS: Final = {kind: tag for tag, kind in KINDS.items()}
_TYPE_TAGS: Final = {number: tag for tag, number in TYPES.items()}
_SUBADDRESS, _DIGITS = 1, 2


def _pbr(data: bytes) -> list[list[Any]]:
    found: list[list[Any]] = []
    for group in read_all(data, padding=True):
        need(group.tag in TYPES, f"files of a phone book are in A8, A9 or AA, not {group.tag:02X}")
        files = [[KINDS.get(one.tag, f"{one.tag:02X}"), one.value.hex()] for one in read_all(group.value)]
        need(all(len(octets) in (4, 6) for _, octets in files), "a file of a phone book has 2 or 3 octets")
        found.append([TYPES[group.tag], files])
    return found


def _to_pbr(value: Sequence[Sequence[Any]]) -> bytes:
    def one(kind: str, octets: str) -> bytes:
        return Tlv(_KIND_TAGS.get(kind) or int(kind, 16), octets_in(octets)).encode()

    need(all(number in _TYPE_TAGS for number, _ in value), "files of a phone book are of type 1, 2 or 3")
    return b"".join(Tlv(_TYPE_TAGS[number], b"".join(one(*file) for file in files)).encode() for number, files in value)


# -- numbers


def number_of(head: bytes, more: str = "") -> str:
    """The number in its length, kind and ten octets; ``more`` digits stand in extensions."""
    size = head[0]
    if not 1 < size <= 11:
        return ""
    return ("+" if head[1] >> 4 & 7 == 1 else "") + digits(head[2 : 1 + size]) + more


def extended(text: str) -> tuple[bytes, str]:
    """Length, kind and octets of the first 20 digits, and those that need an extension."""
    plain = text.removeprefix("+")
    octets = swapped(plain[:20])
    head = bytes([1 + len(octets), 0x91 if text.startswith("+") else 0x81]) if plain else b"\xff\xff"
    return head + octets.ljust(10, b"\xff"), plain[20:]


def _ext(data: bytes) -> dict[str, Any]:
    need(len(data) == 13, f"an extension is 13 octets, not {len(data)}")
    kind, body, last = data[0], data[1:12], data[12]
    if kind == _DIGITS and 1 <= body[0] <= 10:
        value = {"digits": digits(body[1 : 1 + body[0]]), "next": last}
        if value["digits"] and _to_ext(value) == data:
            return value
    return {"type": kind, "octets": body.hex(), "next": last}


def _to_ext(value: dict[str, Any]) -> bytes:
    if "digits" in value:
        octets = swapped(value["digits"])
        need(1 <= len(octets) <= 10, f"an extension has 1 to 20 digits, not {len(value['digits'])}")
        return bytes([_DIGITS, len(octets)]) + octets.ljust(10, b"\xff") + bytes([value["next"]])
    octets = octets_in(value["octets"])
    need(len(octets) == 11, f"an extension holds 11 octets, not {len(octets)}")
    return bytes([value["type"]]) + octets + bytes([value["next"]])


_ANR: Final = 15


def _anr(data: bytes) -> dict[str, Any]:
    need(len(data) in (_ANR, _ANR + 2), f"a further number is {_ANR} or {many(_ANR + 2, 'octet')}, not {len(data)}")
    value = {
        "label": data[0], "number": number_of(data[1:13]), "more": data[13:15].hex(),
        **({"entry": data[15:].hex()} if data[15:] else {}),
    }  # fmt: skip
    return value if _to_anr(value) == data else {"octets": data.hex()}


def _to_anr(value: dict[str, Any]) -> bytes:
    if "octets" in value:
        return octets_in(value["octets"])
    head, rest = extended(value["number"])
    need(not rest, f"a number of {many(len(value['number']), 'digit')}; a record has room for 20")
    return bytes([value["label"]]) + head + octets_in(value["more"] + value.get("entry", ""))


# -- names


def _addressed(data: bytes) -> dict[str, Any]:
    """A name or an address, and behind it which entry it is of, where the file is of type 2."""
    need(len(data) > 2, f"an address is 3 octets or more, not {len(data)}")
    return {**named(data[:-2], "text"), "entry": data[-2:].hex()}


PBR: Final = Coding("files of a phone book", _pbr, _to_pbr)
EXT: Final = Coding("extension", _ext, _to_ext)
ANR: Final = Coding("further number", _anr, _to_anr)
NAME: Final = Coding("name", lambda data: named(data), lambda value: to_name(value))
ADDRESSED: Final = Coding(
    "address", _addressed, lambda value: to_name(value, "text") + octets_in(value["entry"]), behind(2)
)
INDEX: Final = Coding(
    "numbers of records",
    lambda data: [None if one == 0xFF else one for one in data],
    lambda value: bytes(0xFF if one is None else one for one in value),
)
