"""An eSIM profile package written.

A package that nobody changed is written again as it was.  A changed one, or a card of another source, is written anew;
elements that are not taken apart (keys of authentication, applications, ISIM, 5GS) go with it as they were, in their
order.  [TCA Profile interoperability specification §8]

>>> from dmkit.card.card import Usim
>>> from dmkit.card.images.image import of_card
>>> [one.name for one in elements(write_package(of_card(Usim.example())))]
['header', 'mf', 'pukCodes', 'pinCodes', 'usim', 'pinCodes', 'telecom', 'opt-usim', 'gsm-access',
 'genericFileManagement', 'end']
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dmkit.card.images.image import CardImage, FileImage, rows_of
from dmkit.card.images.saip import READ, read_package
from dmkit.card.images.saip_elements import IMPLIED, KEPT, LINK, ProfileElement, element_tag, elements
from dmkit.card.images.saip_tables import ELEMENTS, ElementKind, file_name
from dmkit.card.memory import CardKey
from dmkit.card.tlv import Tlv, oid, read_all, tlv
from dmkit.words.errors import CodecError

__all__ = ["write_package"]


def write_package(image: CardImage) -> bytes:
    """The package of a card: the one that it came from when nothing was changed.

    CodecError when it has no number (EF.ICCID), or a directory lies in one that is not there.
    """
    kept = json.loads(image.more).get(KEPT) if image.more else None
    if kept is not None:
        package = b"".join(map(bytes.fromhex, kept))
        if read_package(package).files == image.files:
            return package
    others = [one for one in elements(package) if one.number not in _TAKEN] if kept is not None else []
    return b"".join(one.encode() for one in _written(image, others))


_TAKEN: Final = {*READ, *ELEMENTS, 10}
_FIRST_OF_NAA: Final = {4, 5}


def _written(image: CardImage, others: Iterable[ProfileElement]) -> Iterator[Tlv]:
    number = {one.path: one for one in image.files}.get("MF/EF.ICCID")
    if number is None or number.content is None or len(number.content[0]) != 10:
        raise CodecError("a profile has a number: MF/EF.ICCID of ten octets")
    iccid = bytes(octet >> 4 | (octet & 15) << 4 for octet in number.content[0])
    kept = tuple(others)
    rest = [one for one in image.files if not (kept and one.more == IMPLIED)]
    used, bodies, done = list[str](), list[tuple[int, tuple[Tlv, ...]]](), set[tuple[str, ...]]()
    for which in ELEMENTS:
        fields = tuple(_fields(image, ELEMENTS[which], done))
        if fields:
            used.append(ELEMENTS[which].oid)
            bodies.append((which, (Tlv(0x81, oid(ELEMENTS[which].oid).value), *fields)))
    local = {reference for reference in image.keys if reference > 0x80}
    puks = [
        (at, key) for at, key in enumerate((image.keys[reference] for reference in sorted(image.keys)), 1) if key.puk
    ]
    codes = {key.puk: at for at, key in puks}
    parts = dict(bodies)
    rest = [one for one in rest if one.names not in done and len(one.names) > 1 and one.structure]
    rest.sort(key=lambda one: len(one.names))
    listed: list[tuple[int, tuple[Tlv, ...]]] = []
    listed += [(16, parts[16])] if 16 in parts else []
    listed += [(3, (tlv(0xA1, *(_puk(at, key) for at, key in puks)),))] if puks else []
    for which, references in ((0, set(image.keys) - local), (19, local)):
        listed += [(19, parts[19])] if which == 19 and 19 in parts else []
        pins = [_pin(reference, image.keys[reference], codes) for reference in sorted(references)]
        listed += [(2, (tlv(0xA1, tlv(0xA0, *pins)),))] if pins else []
    listed += [(one.number, one.octets.parts[1:]) for one in kept if one.number in _FIRST_OF_NAA]
    listed += [(which, parts[which]) for which in ELEMENTS if which in parts and which not in (16, 19)]
    listed += [(one.number, one.octets.parts[1:]) for one in kept if one.number not in _FIRST_OF_NAA]
    managed = tuple(_managed(image, rest))
    listed += [(1, (tlv(0xA1, *managed),))] if managed else []
    services = tlv(0xA5, *([Tlv(0x81)] if 19 in parts else []), *([Tlv(0x82)] if 21 in parts else []))
    yield tlv(
        0xA0, Tlv(0x80, b"\x03"), Tlv(0x81, b"\x03"), Tlv(0x82, b"dmkit"), Tlv(0x83, iccid), services,
        tlv(0xA6, *map(oid, used)),
    )  # fmt: skip
    for at, (which, fields) in enumerate(listed, 1):
        yield tlv(element_tag(which), _head(at), *fields)
    yield tlv(element_tag(10), _head(len(listed) + 1))


def _head(number: int) -> Tlv:
    return tlv(0xA0, Tlv(0x80), Tlv(0x81, _integer(number)))


def _integer(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _fields(image: CardImage, kind: ElementKind, done: set[tuple[str, ...]]) -> Iterator[Tlv]:
    rows = [row.name for row in rows_of(kind.names[-1])]
    files = {one.names: one for one in image.files}
    for number, field in enumerate(kind.fields, 2):
        own = number == 2 and not field.startswith("ef")
        names = kind.names if own else (*kind.names, file_name(field, rows))
        one = files.get(names)
        if one is not None and (own or one.content is not None or one.part(LINK)):
            done.add(names)
            fill = _fill(one)
            yield tlv(element_tag(number), _parameters(one, 0xA1), *([Tlv(0x83, fill)] if fill else []))


def _parameters(one: FileImage, tag: int) -> Tlv:
    """The file parameters of a package, from the template that SELECT answers."""
    described = one.part(0x82) or b"\x41\x21"
    arr, record = one.rule
    size = (one.part(0x80) or b"").lstrip(b"\0")
    is_file = one.structure != "directory"
    aid, own, status = one.part(0x84), one.part(0xA5), one.part(0xC6)
    state, link = one.part(0x8A) or b"\x05", one.part(LINK)
    shown = bytes(part.value[0] for part in read_all(status) if part.tag == 0x83 and part.value) if status else b""
    return tlv(
        tag, Tlv(0x82, described[:4]), Tlv(0x83, one.fid.to_bytes(2, "big")),
        *([Tlv(0x84, aid)] if aid else []), *([Tlv(0x8A, state)] if state != b"\x05" else []),
        *([Tlv(0x8B, arr.to_bytes(2, "big") + bytes([record]))] if arr else []),
        *([Tlv(0x80, size)] if is_file and size else []), *([Tlv(0xC6, shown)] if shown else []),
        *([Tlv(0x88, bytes([one.sfi << 3]) if one.sfi else b"")] if is_file else []),
        *([Tlv(0xA5, own)] if own and is_file else []), *([Tlv(LINK, link)] if link else []),
    )  # fmt: skip


def _fill(one: FileImage) -> bytes:
    """All octets, without what the filling gives anyway where it is FF."""
    whole = b"".join(one.content or ())
    own = one.part(0xA5)
    return whole if own else whole.rstrip(b"\xff")


def _managed(image: CardImage, rest: Iterable[FileImage]) -> Iterator[Tlv]:
    fids = {one.names: one.fid for one in image.files if one.structure == "directory"}
    for one in rest:
        if one.structure != "directory" and one.content is None and not one.part(LINK):
            continue
        above = [one.names[:size] for size in range(2, len(one.names))]
        if any(names not in fids for names in above):
            raise CodecError(f"{one.path}: a directory above it is not in the image")
        path = b"".join(fids[names].to_bytes(2, "big") for names in above)
        fill = _fill(one)
        yield tlv(0x30, Tlv(0x80, path), _parameters(one, 0x62), *([Tlv(0x81, fill)] if fill else []))


def _puk(number: int, key: CardKey) -> Tlv:
    return tlv(0x30, Tlv(0x80, _integer(number)), Tlv(0x81, key.puk), Tlv(0x82, _integer(0xA0 | key.puk_tries & 15)))


def _pin(reference: int, key: CardKey, codes: Mapping[bytes, int]) -> Tlv:
    puk = [Tlv(0x82, _integer(codes[key.puk]))] if key.puk in codes else []
    return tlv(
        0x30, Tlv(0x80, _integer(reference)), Tlv(0x81, key.value), *puk,
        Tlv(0x83, _integer(6 | key.enabled)), Tlv(0x84, _integer((key.most & 15) << 4 | key.tries & 15)),
    )  # fmt: skip
