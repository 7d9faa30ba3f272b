"""The object directory of PKCS#15, and where on a card the DM bootstrap document lies.

EF.DIR names the application, EF(ODF) the directories of objects, EF(DODF) the data objects; the one with the object
identifier 2.23.43.7.1 has the path of EF(DM_Bootstrap).  [DMBOOT §5.4.6; LwM2M TS App G; PKCS #15 v1.1 §6]

>>> data = encode_dodf([DataObject("OMA DM Bootstrap", DM_BOOTSTRAP, bytes.fromhex("6431"))])
>>> decode_dodf(data)[0].path.hex(), len(data)
('6431', 38)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeVar

from dmkit.card.codings import HEX, Coding
from dmkit.card.files import PKCS15, Directory, Ef
from dmkit.card.tlv import Tlv, bit_string, oid, oid_text, read, read_all, tlv
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError
from dmkit.words.ranges import Natural, Octets, Range
from dmkit.words.records import dataclass

__all__ = [
    "AODF",
    "CP_BOOTSTRAP",
    "CP_CONFIG_1",
    "CP_CONFIG_2",
    "DM_BOOTSTRAP",
    "DODF",
    "KINDS",
    "NAMES",
    "ODF",
    "TOKEN_INFO",
    "DataObject",
    "ObjectPath",
    "Pin",
    "TokenInfo",
    "decode_dodf",
    "decode_odf",
    "decode_token_info",
    "directory",
    "encode_aodf",
    "encode_dodf",
    "encode_odf",
    "encode_token_info",
    "entries",
    "find",
    "listed_files",
]  # fmt: skip

_T = TypeVar("_T")

DM_BOOTSTRAP: Final = "2.23.43.7.1"
CP_BOOTSTRAP, CP_CONFIG_1, CP_CONFIG_2 = "2.23.43.5.1", "2.23.43.5.2", "2.23.43.5.3"

NAMES: Final[dict[str, str]] = {  # [OMNA object identifiers; sheet usim §7]
    DM_BOOTSTRAP: "dm-bootstrap",
    CP_BOOTSTRAP: "cp-bootstrap",
    CP_CONFIG_1: "cp-config1",
    CP_CONFIG_2: "cp-config2",
    "2.23.43.9.1": "lwm2m-bootstrap",
}
"""Object identifier -> name in the registry."""

ODF, TOKEN_INFO, DODF, AODF = 0x5031, 0x5032, 0x6430, 0x6440

KINDS: Final[dict[int, str]] = {
    0xA0: "private keys", 0xA1: "public keys", 0xA2: "trusted public keys", 0xA3: "secret keys", 0xA4: "certificates",
    0xA5: "trusted certificates", 0xA6: "useful certificates", 0xA7: "data objects", 0xA8: "authentication objects",
}  # fmt: skip
"""Tag in EF(ODF) -> what the file it points to lists."""


@checked
@dataclass(frozen=True, slots=True)
class DataObject:
    """An entry of EF(DODF).  ``oid`` is empty when it has none; ``data`` is what the file at ``path`` holds, on the
    side that makes a card; ``room`` how many octets that file has (0: as many as the data).

    The object may be a part of its file: ``length`` octets from ``index`` on.  Without a length it goes to the end.
    """

    label: str
    """Its name for people."""
    oid: str
    path: bytes
    private: bool = False
    """True: only after the PIN."""
    modifiable: bool = False
    """True: it may be written."""
    auth_id: bytes = b""
    """Which PIN guards it; empty: none."""
    data: bytes = b""
    room: Octets = 0
    shape: Literal["opaque", "oid"] = "opaque"
    """How its entry is written."""
    index: Octets = 0
    length: Octets | None = None

    def __repr__(self) -> str:
        kind = NAMES.get(self.oid, self.oid or "no identifier")
        return f"DataObject({self.label!r}, {kind}, {self.path.hex()}{', private' if self.private else ''})"


@checked
@dataclass(frozen=True, slots=True)
class Pin:
    """An entry of EF(AODF): a PIN called ``label``, which private objects name by ``auth_id``.

    ``reference`` is the number under which the card verifies it.
    """

    label: str
    auth_id: bytes = b"\x01"
    reference: Annotated[int, Range("number", 0, 255, whole=True)] = 0x01


@checked
@dataclass(frozen=True, slots=True)
class TokenInfo:
    """EF(TokenInfo): ``manufacturer``, ``serial`` and ``version`` of a card, and the ``label`` it is called by."""

    serial: bytes
    manufacturer: str
    label: str
    version: Natural = 0


@checked
@dataclass(frozen=True, slots=True)
class ObjectPath:
    """Where something lies: a file by its path, all of it or ``length`` octets from ``index`` on.  [PKCS #15 §6.1.2]"""

    path: bytes
    """File identifiers, two octets each."""
    index: Octets = 0
    length: Octets | None = None


def _path(path: bytes, index: int = 0, length: int | None = None) -> Tlv:
    if not index and length is None:
        return tlv(0x30, Tlv(0x04, path))
    part = [] if length is None else [Tlv(0x80, _number(length))]
    return tlv(0x30, Tlv(0x04, path), Tlv(0x02, _number(index)), *part)


def _number(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _read_path(one: Tlv | None) -> ObjectPath:
    parts = {part.tag: part.value for part in reversed(one.parts)} if one is not None and one.tag == 0x30 else {}
    path = parts.get(0x04, b"")
    if not path or len(path) % 2:
        raise CodecError(f"{one!r} is no path: a SEQUENCE with an OCTET STRING of file identifiers")
    index, length = _counted(parts.get(0x02), "index"), _counted(parts.get(0x80), "length")
    return ObjectPath(path, index or 0, length)


def _counted(octets: bytes | None, what: str) -> int | None:
    if octets is None:
        return None
    if not octets or octets[0] & 0x80:
        raise CodecError(f"the {what} of a path is a number from 0 on, not {octets.hex() or 'nothing'}")
    return int.from_bytes(octets, "big")


# -- EF(ODF)


@asked
def encode_odf(paths: Iterable[tuple[int, bytes]]) -> bytes:
    """EF(ODF) of pairs: tag (KINDS) and path."""
    return b"".join(tlv(tag, _path(path)).encode() for tag, path in paths)


@asked
def decode_odf(data: bytes) -> tuple[tuple[int, bytes], ...]:
    """Tag and path of each entry; filling behind the last is skipped."""
    return tuple((tag, where.path) for tag, where in map(_listed, read_all(data, strict=True, padding=True)))


def _listed(one: Tlv) -> tuple[int, ObjectPath]:
    if one.tag not in KINDS:
        raise CodecError(f"tag {one.tag:02X} is no kind of object: A0 to A8")
    parts = one.parts
    return one.tag, _read_path(parts[0] if parts else None)


@asked
def listed_files(data: bytes) -> tuple[tuple[tuple[int, ObjectPath], ...], tuple[str, ...]]:
    """What of EF(ODF) can be read, and what is wrong with the rest: never raises.

    >>> good, wrong = listed_files(bytes.fromhex("A706300404026430" "A803020101"))
    >>> [(tag, where.path.hex()) for tag, where in good], len(wrong)
    ([(167, '6430')], 1)
    """
    return _one_by_one(data, _listed)


def _one_by_one(data: bytes, read_one: Callable[[Tlv], _T]) -> tuple[tuple[_T, ...], tuple[str, ...]]:
    good, wrong, at = list[_T](), list[str](), 0
    while at < len(data) and data[at] not in (0x00, 0xFF):
        try:
            one, at = read(data, at, strict=True)
        except CodecError as error:
            wrong.append(str(error))  # where the next entry begins, nobody knows
            break
        try:
            good.append(read_one(one))
        except CodecError as error:
            wrong.append(str(error))
    return tuple(good), tuple(wrong)


# -- EF(DODF)


@asked
def encode_dodf(objects: Iterable[DataObject]) -> bytes:
    """EF(DODF).  The ``shape`` of an object is ``opaque`` (a file of which only the identifier says what it is), or
    ``oid`` (OidDO: the identifier with the value)."""
    return b"".join(_entry(one) for one in objects)


def _entry(one: DataObject) -> bytes:
    flags = [bit for bit, given in ((0, one.private), (1, one.modifiable)) if given]
    common = tlv(
        0x30,
        Tlv(0x0C, one.label.encode()),
        *([bit_string(*flags)] if flags else []),
        *([Tlv(0x04, one.auth_id)] if one.auth_id else []),
    )
    where = _path(one.path, one.index, one.length)
    if one.shape == "oid":
        return tlv(0xA1, common, tlv(0x30), tlv(0xA1, tlv(0x30, oid(one.oid), where))).encode()
    named = tlv(0x30, oid(one.oid)) if one.oid else tlv(0x30)
    return tlv(0x30, common, named, tlv(0xA1, where)).encode()


@asked
def decode_dodf(data: bytes) -> tuple[DataObject, ...]:
    """The entries of EF(DODF), in their order of priority.

    The identifier is taken from the attributes of the class or of the type, also where a card wrote its header twice
    (06 06 06 04 ...), which cards in the field do.  Entries of other kinds are skipped.
    """
    return tuple(_read_entry(one) for one in read_all(data, strict=True, padding=True) if one.tag in (0x30, 0xA1))


@asked
def entries(data: bytes) -> tuple[tuple[DataObject, ...], tuple[str, ...]]:
    """What of EF(DODF) can be read, in its order, and what is wrong with the rest: never raises."""
    found, wrong = _one_by_one(data, lambda one: _read_entry(one) if one.tag in (0x30, 0xA1) else None)
    return tuple(one for one in found if one is not None), wrong


def _read_entry(one: Tlv) -> DataObject:
    parts = one.parts
    if len(parts) < 3 or [part.tag for part in parts[:2]] != [0x30, 0x30]:
        raise CodecError(f"{one!r} is no data object: two SEQUENCEs of attributes and a value")
    common, named, value = parts[0], parts[1], parts[-1]
    label = common.first(0x0C) or named.first(0x0C)
    flags, auth = common.first(0x03), common.first(0x04)
    bits = flags.value[1] if flags is not None and len(flags.value) > 1 else 0
    inner = value.parts
    if not inner:
        raise CodecError(f"{one!r}: the value has no path")
    identifier, path = named.first(0x06), inner[0]
    if one.tag == 0xA1:
        identifier = inner[0].first(0x06) or identifier
        path = inner[0].first(0x30) or path
    where = _read_path(path)
    return DataObject(
        label.value.decode("utf-8", "replace") if label is not None else "",
        oid_text(_once(identifier.value)) if identifier is not None else "",
        where.path,
        bool(bits & 0x80),
        bool(bits & 0x40),
        auth.value if auth is not None else b"",
        shape="oid" if one.tag == 0xA1 else "opaque",
        index=where.index,
        length=where.length,
    )


def _once(value: bytes) -> bytes:
    return value[2:] if value[:1] == b"\x06" and len(value) > 2 and value[1] == len(value) - 2 else value


@asked
def find(objects: Sequence[DataObject], wanted: str) -> DataObject | None:
    """The first object with that identifier: it has the highest priority."""
    return next((one for one in objects if one.oid == wanted), None)


# -- EF(TokenInfo), EF(AODF)


@asked
def encode_token_info(info: TokenInfo) -> bytes:
    """EF(TokenInfo)."""
    return tlv(
        0x30,
        Tlv(0x02, bytes([info.version])),
        Tlv(0x04, info.serial),
        Tlv(0x0C, info.manufacturer.encode()),
        Tlv(0x80, info.label.encode()),
        bit_string(),
    ).encode()


@asked
def decode_token_info(data: bytes) -> TokenInfo:
    """What EF(TokenInfo) says."""
    whole = next(iter(read_all(data, strict=True, padding=True)), None)
    if whole is None or whole.tag != 0x30:
        raise CodecError("EF(TokenInfo) is one SEQUENCE")
    version, serial = whole.first(0x02), whole.first(0x04)
    if version is None or serial is None:
        raise CodecError("EF(TokenInfo) has a version and a serial number")
    maker, label = whole.first(0x0C) or Tlv(0x0C), whole.first(0x80) or Tlv(0x80)
    return TokenInfo(
        serial.value, maker.value.decode("utf-8", "replace"), label.value.decode("utf-8", "replace"),
        int.from_bytes(version.value, "big"),
    )  # fmt: skip


@asked
def encode_aodf(pins: Iterable[Pin]) -> bytes:
    """EF(AODF) of PINs of 4 to 8 digits, filled with FF."""
    return b"".join(
        tlv(
            0x30,
            tlv(0x30, Tlv(0x0C, pin.label.encode())),
            tlv(0x30, Tlv(0x04, pin.auth_id)),
            tlv(
                0xA1,
                tlv(
                    0x30,
                    bit_string(1, 4, 5),  # local, initialised, needs padding
                    Tlv(0x0A, b"\x01"),  # ASCII digits
                    Tlv(0x02, b"\x04"),
                    Tlv(0x02, b"\x08"),
                    Tlv(0x80, bytes([pin.reference])),
                    Tlv(0x04, b"\xff"),
                ),
            ),
        ).encode()
        for pin in pins
    )


# -- the directory on a card


def _coding(name: str, decode: Callable[[bytes], Any]) -> Coding:
    """How a file of the directory is shown; it is made of the octets that the functions above write."""
    return Coding(name, decode, bytes)


_ODF: Final = _coding(
    "object directory", lambda data: {KINDS[tag]: path.hex().upper() for tag, path in decode_odf(data)}
)
_DODF: Final = _coding(
    "data objects", lambda data: {one.label: f"{NAMES.get(one.oid, one.oid)} {one.path.hex().upper()}"
                                  for one in decode_dodf(data)}
)  # fmt: skip


def _token(data: bytes) -> dict[str, str]:
    info = decode_token_info(data)
    return {"label": info.label, "manufacturer": info.manufacturer, "serial": info.serial.hex()}


@asked
def directory(
    objects: Sequence[DataObject],
    *,
    serial: bytes = b"",
    manufacturer: str = "dmkit",
    label: str = "PKCS-15",
    aid: bytes = PKCS15.aid,
    pins: Sequence[Pin] = (Pin("PIN1"),),
) -> Directory:
    """DF PKCS#15 with EF(ODF), EF(TokenInfo), EF(AODF), EF(DODF) and the file of each object.

    Files are transparent; reading is free, or needs PIN1 for private objects; changing needs ADM1.  [LwM2M TS App G]
    Without objects EF(ODF) lists no data objects.  CodecError when two objects have one path.
    """
    paths = [_inside(one.path) for one in objects]
    if len(set(paths)) < len(paths):
        raise CodecError("two objects have the same path")
    held = {path: _file(one) for path, one in zip(paths, objects, strict=True)}
    dodf, aodf = encode_dodf(objects), encode_aodf(pins)
    listed = [(0xA8, AODF.to_bytes(2, "big")), *([(0xA7, DODF.to_bytes(2, "big"))] if objects else [])]
    odf = encode_odf(listed)
    token = encode_token_info(TokenInfo(serial, manufacturer, label))
    always = "always, ADM"
    rows = [
        Ef(ODF, "EF.ODF", len(odf), _ODF, always, start=odf),
        Ef(TOKEN_INFO, "EF.TokenInfo", len(token), _coding("token", _token), always, start=token),
        Ef(AODF, "EF.AODF", len(aodf), HEX, always, start=aodf.hex()),
        Ef(DODF, "EF.DODF", max(len(dodf), 1), _DODF, always, start=dodf),
        *(row for path, row in held.items() if len(path) == 1),
    ]
    below = tuple(_nested(fid, held, (fid,)) for fid in dict.fromkeys(path[0] for path in held if len(path) > 1))
    return replace(PKCS15, files=tuple(rows), aid=aid, label=label, below=below)


def _inside(path: bytes) -> tuple[int, ...]:
    """File identifiers below the application.  CodecError for a path that is cut, empty, or leads elsewhere."""
    fids = tuple(int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2))
    inside = fids[2:] if fids[:2] == (0x3F00, PKCS15.fid) else fids
    if len(path) % 2 or not inside or inside[0] == 0x3F00:
        raise CodecError(f"path {path.hex().upper() or 'of nothing'} leads to no file below PKCS#15 (3F007F50)")
    return inside


def _file(one: DataObject) -> Ef:
    """The file of an object."""
    return Ef(
        int.from_bytes(one.path[-2:], "big"),
        "EF.DM_Bootstrap" if one.oid == DM_BOOTSTRAP else f"EF.{NAMES.get(one.oid, one.label)}",
        max(one.room, len(one.data), 1),
        access="PIN, ADM" if one.private else "always, ADM",
        start=one.data.hex(),
    )


def _nested(fid: int, held: Mapping[tuple[int, ...], Ef], here: tuple[int, ...]) -> Directory:
    """The directory at ``here`` with what lies in and below it."""
    files = tuple(row for path, row in held.items() if path[:-1] == here)
    deeper = dict.fromkeys(path[len(here)] for path in held if len(path) > len(here) + 1 and path[: len(here)] == here)
    return Directory(fid, f"DF.{fid:04X}", files, below=tuple(_nested(one, held, (*here, one)) for one in deeper))
