"""What the octets of card files say: one ``Coding`` a kind of content, with values that JSON could hold.

Each reads any octets (CodecError when they are none of its kind) and writes what it reads.  Files are longer than
their content: what is left over is FF.  [TS 31.102 §4.2; TS 102 221 §13]

>>> IMSI.encode("001010123456789").hex()
'080910101032547698'
>>> ICCID.decode(bytes.fromhex("988812010000400310f0"))
'8988211000000430010'
>>> PLMNS.decode(bytes.fromhex("00f110130014ffffff"))
['001-01', '310-410']
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, Final

from dmkit.card.alpha import named, to_name
from dmkit.card.tlv import Tlv, read, read_all, tlv
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = [
    "ACC", "AD", "APNS", "DIALLING", "DIR", "ECC", "EPSLOCI", "GBABP", "GBANL", "HEX", "ICCID", "IMSI", "KEYS",
    "LANGUAGES", "LOCI", "NAFKCA", "NCP_IP", "NUMBER", "PLMNS", "PLMNS_ACT", "PSLOCI", "SERVICES", "SMS", "SPN",
    "Coding", "behind", "digits", "fields_of", "need", "octets_in", "swapped", "tagged",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coding:
    """How one kind of content is read and written; ``fill`` makes it as long as its file."""

    name: str
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    fill: Callable[[bytes, int], bytes] = lambda octets, size: octets.ljust(size, b"\xff")

    def __repr__(self) -> str:
        return f"Coding({self.name})"


@asked
def octets_in(text: str) -> bytes:
    """Octets of hexadecimal text.  CodecError for other text."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise CodecError(f"{text[:40]!r} is no hexadecimal text") from None


def need(condition: object, reason: str) -> None:
    """CodecError with the reason unless the condition holds."""
    if not condition:
        raise CodecError(reason)


# -- digits


@asked
def swapped(text: str, size: int = 0) -> bytes:
    """Digits two to an octet, the first in the low half; filled with F up to ``size`` octets.

    >>> swapped("12345", 4).hex()
    '2143f5ff'
    """
    need(all(c in "0123456789*#abc" for c in text), f"{text!r} has something that is no digit")
    nibbles = ["0123456789*#abc".index(c) for c in text] + [15] * (2 * max(size, (len(text) + 1) // 2) - len(text))
    return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))


@asked
def digits(data: bytes) -> str:
    """The digits before the first F."""
    text = "".join("0123456789*#abcF"[nibble] for octet in data for nibble in (octet & 15, octet >> 4))
    return text.partition("F")[0]


def _imsi(data: bytes) -> str:
    need(data and 1 <= data[0] < len(data), "an IMSI begins with its length, 1 to 8")
    return digits(data[1 : 1 + data[0]])[1:]


def _to_imsi(text: str) -> bytes:
    need(6 <= len(text) <= 15 and text.isdigit(), f"an IMSI has 6 to 15 digits, not {text!r}")
    body = swapped(("9" if len(text) % 2 else "1") + text)
    return bytes([len(body)]) + body.ljust(8, b"\xff")


def _plmn(data: bytes) -> str:
    d = f"{data[0] & 15:X}{data[0] >> 4:X}{data[1] & 15:X}-{data[2] & 15:X}{data[2] >> 4:X}{data[1] >> 4:X}"
    return d.removesuffix("F")


def _to_plmn(text: str) -> bytes:
    mcc, _, mnc = text.partition("-")
    try:
        need(len(mcc) == 3 and len(mnc) in (2, 3), f"a network is written 001-01 or 310-410, not {text!r}")
        a, b, c = (int(d, 16) for d in mcc)
        x, y, z = (int(d, 16) for d in mnc.ljust(3, "F"))
    except ValueError:
        raise CodecError(f"a network is written 001-01 or 310-410, not {text!r}") from None
    return bytes([a | b << 4, c | z << 4, x | y << 4])


def _pieces(data: bytes, size: int) -> list[bytes]:
    rows = [data[at : at + size] for at in range(0, len(data) - len(data) % size, size)]
    return [row for row in rows if row[:3] != b"\xff\xff\xff"[: len(row)]]


# -- services, access classes


def _bits(data: bytes) -> list[int]:
    return [8 * at + bit + 1 for at, octet in enumerate(data) for bit in range(8) if octet >> bit & 1]


def _to_bits(numbers: Sequence[int]) -> bytes:
    octets = bytearray((max(numbers, default=0) + 7) // 8)
    for number in numbers:
        need(number > 0, f"services are counted from 1, not {number}")
        octets[(number - 1) // 8] |= 1 << (number - 1) % 8
    return bytes(octets)


def _acc(data: bytes) -> list[int]:
    need(len(data) == 2, f"access classes are two octets, not {len(data)}")
    number = int.from_bytes(data, "big")
    return [bit for bit in range(16) if number >> bit & 1]


# -- several fields one after the other


_MODES: Final = {
    0x00: "normal", 0x80: "type approval", 0x01: "normal, special facilities",
    0x81: "type approval, special facilities", 0x02: "maintenance", 0x04: "cell test",
}  # fmt: skip


def _ad(data: bytes) -> dict[str, Any]:
    need(len(data) >= 3, f"administrative data are 3 octets or more, not {len(data)}")
    mode = _MODES.get(data[0], f"{data[0]:02X}")
    return {"mode": mode, "info": data[1:3].hex(), **({"mnc_digits": data[3] & 15} if len(data) > 3 else {})}


def _to_ad(value: dict[str, Any]) -> bytes:
    codes = {name: code for code, name in _MODES.items()}
    mode = codes[value["mode"]] if value["mode"] in codes else int(value["mode"], 16)
    digits = bytes([value["mnc_digits"]]) if "mnc_digits" in value else b""
    return bytes([mode]) + octets_in(value["info"]) + digits


_Fields = Sequence[tuple[str, int, bool]]  # name, octets, whether it is a network


@asked
def fields_of(name: str, *fields: tuple[str, int, bool] | tuple[str, int]) -> Coding:
    """Fields of fixed length in hexadecimal; one that begins with a network has it written out."""
    total = sum(field[1] for field in fields)

    def decode(data: bytes) -> dict[str, str]:
        need(len(data) >= total, f"{name} is {many(total, 'octet')}, not {len(data)}")
        found, at = {}, 0
        for field in fields:
            piece = data[at : at + field[1]]
            has_plmn = len(field) > 2
            found[field[0]] = f"{_plmn(piece)} {piece[3:].hex()}".rstrip() if has_plmn else piece.hex()
            at += field[1]
        return found

    def encode(value: dict[str, str]) -> bytes:
        octets = b""
        for field in fields:
            text = value.get(field[0])
            need(isinstance(text, str), f"{name} needs {field[0]!r}, {many(field[1], 'octet')}")
            network, _, rest = str(text).partition(" ") if len(field) > 2 else ("", "", str(text))
            octets += (_to_plmn(network) if network else b"") + octets_in(rest)
        need(len(octets) == total, f"{name} is {many(total, 'octet')}, not {len(octets)}")
        return octets

    return Coding(name, decode, encode)


def _spn(data: bytes) -> dict[str, Any]:
    need(data, "a service provider name is one octet or more")
    return {"display": data[0], **named(data[1:])}


def _ecc(data: bytes) -> dict[str, Any]:
    need(len(data) >= 4, f"an emergency number is 4 octets or more, not {len(data)}")
    return {"number": digits(data[:3]), **named(data[3:-1]), "category": data[-1]}


def _to_ecc(value: dict[str, Any]) -> bytes:
    return swapped(value["number"], 3) + to_name(value).ljust(14, b"\xff") + bytes([value["category"]])


_NUMBER: Final = 14


def _dialling(data: bytes) -> dict[str, str]:
    need(len(data) >= _NUMBER, f"a dialling number is {_NUMBER} octets or more, not {len(data)}")
    name, tail = data[:-_NUMBER], data[-_NUMBER:]
    size = tail[0]
    plus = "+" if size not in (0, 0xFF) and tail[1] >> 4 & 7 == 1 else ""
    number = digits(tail[2 : 1 + size]) if size not in (0, 0xFF) and size <= 11 else ""
    value = {**named(name), "number": plus + number}
    return value if _number(value["number"]) == tail else {**value, "octets": tail.hex()}


def _number(text: str) -> bytes:
    octets = swapped(text.removeprefix("+"))
    need(len(octets) <= 10, f"a number of {many(len(text), 'digit')}; a record has room for 20")
    head = bytes([1 + len(octets), 0x91 if text.startswith("+") else 0x81]) if text else b"\xff\xff"
    return head + octets.ljust(10, b"\xff") + b"\xff\xff"


def _to_dialling(value: dict[str, str]) -> bytes:
    """``octets`` are the number's where it is of a kind of its own, or has an extension; they count then."""
    tail = octets_in(value["octets"]) if "octets" in value else _number(value["number"])
    need(len(tail) == _NUMBER, f"the octets of a number are {_NUMBER}, not {len(tail)}")
    return to_name(value) + tail


def behind(size: int) -> Callable[[bytes, int], bytes]:
    """The filling of a record whose last ``size`` octets have a fixed place: it goes in front of them.

    >>> behind(2)(b"abcd", 6)
    b'ab\\xff\\xffcd'
    """
    return lambda octets, whole: octets[:-size].ljust(whole - size, b"\xff") + octets[-size:]


def _sms(data: bytes) -> dict[str, str]:
    need(data, "a short message is one octet or more")
    return {"status": f"{data[0]:02X}", "pdu": data[1:].rstrip(b"\xff").hex()}


# -- length and value, tag and value


def _gbabp(data: bytes) -> dict[str, str]:
    values, at = [], 0
    for what in ("RAND", "B-TID", "lifetime"):
        need(at < len(data) and at + 1 + data[at] <= len(data), f"the {what} does not fit into the file")
        values.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return {"rand": values[0].hex(), "b_tid": values[1].decode("latin-1"), "lifetime": values[2].decode("latin-1")}


def _to_gbabp(value: dict[str, str]) -> bytes:
    fields = octets_in(value["rand"]), value["b_tid"].encode("latin-1"), value["lifetime"].encode("latin-1")
    return b"".join(bytes([len(field)]) + field for field in fields)


def tagged(name: str, **tags: int) -> Coding:
    """Data objects whose values are text; octets that are no text are written as base64."""

    def decode(data: bytes) -> dict[str, str]:
        names = {tag: field for field, tag in tags.items()}
        return {names.get(one.tag, f"{one.tag:02X}"): _value_text(one.value) for one in read_all(data, padding=True)}

    def encode(value: dict[str, str]) -> bytes:
        return b"".join(Tlv(tags.get(field) or int(field, 16), _unsaid(text)).encode() for field, text in value.items())

    return Coding(name, decode, encode)


_BASE64: Final = "base64:"


def _value_text(value: bytes) -> str:
    text = value.decode("latin-1")
    plain = value.isascii() and text.isprintable() and not text.startswith(_BASE64)
    return text if plain else _BASE64 + base64.b64encode(value).decode()


def _unsaid(text: str) -> bytes:
    if text.startswith(_BASE64):
        return base64.b64decode(text.removeprefix(_BASE64))
    return text.encode("latin-1")


def _apns(data: bytes) -> list[str]:
    need(data, "an APN list is one octet or more")
    names = []
    at = 1
    for _ in range(data[0] if data[0] != 0xFF else 0):
        one, at = read(data, at)
        need(one.tag == 0xDD, f"an APN has tag DD, not {one.tag:02X}")
        labels, p = [], 0
        while p < len(one.value):
            labels.append(one.value[p + 1 : p + 1 + one.value[p]].decode("latin-1"))
            p += 1 + one.value[p]
        names.append(".".join(labels))
    return names


def _to_apns(names: Sequence[str]) -> bytes:
    def labels(name: str) -> bytes:
        return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in name.split(".") if name)

    return bytes([len(names)]) + b"".join(Tlv(0xDD, labels(name)).encode() for name in names)


def _template(data: bytes) -> Tlv:
    """The template of a record, whose outer length real cards get wrong: its parts say where they end."""
    try:
        one, _ = read(data)
        if one.parts or one.tag != 0x61:
            return one
    except CodecError:
        if data[:1] != b"\x61":
            raise
    head = 2 + (data[1] & 0x7F if len(data) > 1 and data[1] in (0x81, 0x82) else 0)
    parts, at = list[Tlv](), head
    while at < len(data) and data[at] != 0xFF:
        part, at = read(data, at)
        parts.append(part)
    if not any(part.tag == 0x4F for part in parts):
        raise CodecError("an application template names no application (tag 4F)")
    return tlv(0x61, *parts)


def _dir(data: bytes) -> dict[str, str]:
    one = _template(data)
    need(one.tag == 0x61, f"an application template has tag 61, not {one.tag:02X}")
    names = {0x4F: "aid", 0x50: "label", 0x51: "path"}
    return {
        names.get(part.tag, f"{part.tag:02X}"): _value_text(part.value) if part.tag == 0x50 else part.value.hex()
        for part in one.parts
    }


def _to_dir(value: dict[str, str]) -> bytes:
    tags = {"aid": 0x4F, "label": 0x50, "path": 0x51}
    parts = [
        Tlv(tags.get(name) or int(name, 16), _unsaid(text) if name == "label" else octets_in(text))
        for name, text in value.items()
    ]
    return tlv(0x61, *parts).encode()


HEX: Final = Coding("hexadecimal", lambda data: data.hex(), octets_in)
NUMBER: Final = Coding(
    "number",
    lambda data: int.from_bytes(data, "big"),
    lambda n: n.to_bytes(max(1, (n.bit_length() + 7) // 8), "big"),
    lambda octets, size: octets.rjust(size, b"\0"),
)
ICCID: Final = Coding("ICCID", digits, lambda text: swapped(text, 10))
IMSI: Final = Coding("IMSI", _imsi, _to_imsi)
AD: Final = Coding("administrative data", _ad, _to_ad)
SERVICES: Final = Coding("services", _bits, _to_bits, lambda octets, size: octets.ljust(size, b"\0"))
ACC: Final = Coding("access classes", _acc, lambda value: sum(1 << bit for bit in value).to_bytes(2, "big"))
PLMNS: Final = Coding(
    "networks",
    lambda data: [_plmn(piece) for piece in _pieces(data, 3)],
    lambda value: b"".join(_to_plmn(plmn) for plmn in value),
)
PLMNS_ACT: Final = Coding(
    "networks with access technology",
    lambda data: [[_plmn(p), p[3:].hex()] for p in _pieces(data, 5)],
    lambda value: b"".join(_to_plmn(plmn) + octets_in(act) for plmn, act in value),
)
LANGUAGES: Final = Coding(
    "languages",
    lambda data: [p.decode("latin-1") for p in _pieces(data, 2) if p != b"\xff\xff"],
    lambda value: b"".join(text.encode("latin-1") for text in value),
)
LOCI: Final = fields_of("location", ("tmsi", 4), ("lai", 5, True), ("rfu", 1), ("status", 1))
PSLOCI: Final = fields_of("packet location", ("p_tmsi", 4), ("signature", 3), ("rai", 6, True), ("status", 1))
EPSLOCI: Final = fields_of("EPS location", ("guti", 12), ("tai", 5, True), ("status", 1))
KEYS: Final = fields_of("keys", ("ksi", 1), ("ck", 16), ("ik", 16))
SPN: Final = Coding("service provider name", _spn, lambda value: bytes([value["display"]]) + to_name(value))
ECC: Final = Coding("emergency number", _ecc, _to_ecc)
DIALLING: Final = Coding("name and number", _dialling, _to_dialling, behind(_NUMBER))
SMS: Final = Coding("short message", _sms, lambda v: octets_in(v["status"] + v["pdu"]))
GBABP: Final = Coding("GBA bootstrap parameters", _gbabp, _to_gbabp)
GBANL: Final = tagged("GBA NAF", naf_id=0x80, b_tid=0x81)
NAFKCA: Final = tagged("NAF key centre address", address=0x80)
NCP_IP: Final = tagged("connectivity", apn=0x80, login=0x81, password=0x82, range=0x83, bearer=0x84)
APNS: Final = Coding("access points", _apns, _to_apns)
DIR: Final = Coding("application", _dir, _to_dir)
