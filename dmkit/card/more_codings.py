"""What further card files say: IMS, fifth generation, toolkit of power, lists of networks and their names.

As in `dmkit.card.codings`: each reads any octets (CodecError when they are none of its kind) and writes what it reads.

>>> PCSCF.decode(bytes.fromhex("800501c0a80c22"))
{'kind': 'IPv4', 'address': '192.168.12.34'}
>>> OPL.decode(bytes.fromhex("62f2100000fffe01"))
{'network': '262-01', 'first': '0000', 'last': 'fffe', 'name': '01'}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from dmkit.card.alpha import named, to_name
from dmkit.card.codings import PLMNS, Coding, behind, digits, fields_of, need, octets_in, swapped, tagged
from dmkit.card.tlv import Tlv, read, read_all
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = [
    "DOMAIN", "EPDGS", "FIVE_G_LOCI", "IMPI", "IMPU", "KC", "LOCI_GPRS", "MBI", "MWIS", "OBJECTS", "OPL",
    "OPL5G", "PCSCF", "ROUTING", "SMSP", "START_HFN", "SUCI", "UMPC",
]  # fmt: skip


# -- data objects within each other


def _tree(data: bytes) -> list[list[Any]]:
    return [
        [f"{one.tag:02X}", _tree(one.value) if _is_constructed(one.tag) and one.value else one.value.hex()]
        for one in read_all(data, padding=True)
    ]


def _is_constructed(tag: int) -> bool:
    first = tag
    while first > 0xFF:
        first >>= 8
    return bool(first & 0x20)


def _from_tree(value: Sequence[Sequence[Any]]) -> bytes:
    return b"".join(
        Tlv(int(tag, 16), _from_tree(inner) if isinstance(inner, list) else octets_in(inner)).encode()
        for tag, inner in value
    )


# -- addresses


_KINDS: Final = ("FQDN", "IPv4", "IPv6")
_SIZES: Final = (0, 4, 16)


def _address(data: bytes) -> dict[str, str]:
    one, _ = read(data)
    need(one.tag == 0x80 and one.value, f"an address has tag 80 and a type, not {one.tag:02X}")
    kind, octets = one.value[0], one.value[1:]
    need(kind < len(_KINDS), f"an address is a name, IPv4 or IPv6 (0 to 2), not {kind}")
    need(
        kind == 0 or len(octets) == _SIZES[kind], f"{_KINDS[kind]} of {many(len(octets), 'octet')}, not {_SIZES[kind]}"
    )
    read_as: tuple[Callable[[bytes], object], ...] = (lambda o: o.decode("latin-1"), IPv4Address, IPv6Address)
    return {"kind": _KINDS[kind], "address": str(read_as[kind](octets))}


def _to_address(value: dict[str, str]) -> bytes:
    need(value["kind"] in _KINDS, f"an address is one of {', '.join(_KINDS)}, not {value['kind']!r}")
    kind, text = _KINDS.index(value["kind"]), value["address"]
    try:
        octets = text.encode("latin-1") if not kind else (IPv4Address, IPv6Address)[kind - 1](text).packed
    except ValueError:
        raise CodecError(f"{text!r} is no address of kind {value['kind']}") from None
    return Tlv(0x80, bytes([kind]) + octets).encode()


def _gateways(data: bytes) -> list[list[Any]]:
    one, _ = read(data)
    need(one.tag == 0x80 and len(one.value) % 6 == 0, "gateways are rows of 6 octets in tag 80")
    pieces = [one.value[at : at + 6] for at in range(0, len(one.value), 6)]
    need(all(piece[:3] != b"\xff\xff\xff" for piece in pieces), "a gateway without a network")
    return [[PLMNS.decode(p[:3])[0], int.from_bytes(p[3:5], "big"), p[5]] for p in pieces]


def _to_gateways(value: Sequence[Sequence[Any]]) -> bytes:
    return Tlv(0x80, b"".join(PLMNS.encode([n]) + p.to_bytes(2, "big") + bytes([f]) for n, p, f in value)).encode()


# -- numbers and bits


def _power(data: bytes) -> dict[str, Any]:
    need(len(data) >= 3, f"characteristics of power are 3 octets or more, not {len(data)}")
    more = {"more": data[3:].hex()} if data[3:].strip(b"\xff") else {}
    return {"milliamperes": data[0], "seconds": data[1], "flags": data[2], **more}


def _to_power(value: dict[str, Any]) -> bytes:
    return bytes([value["milliamperes"], value["seconds"], value["flags"]]) + octets_in(value.get("more", ""))


def _routing(data: bytes) -> dict[str, str]:
    need(len(data) >= 2, f"a routing indicator is two octets or more, not {len(data)}")
    more = {"more": data[2:].hex()} if data[2:].strip(b"\xff") else {}
    return {"digits": digits(data[:2]), **more}


def _to_routing(value: dict[str, str]) -> bytes:
    need(len(value["digits"]) <= 4, f"a routing indicator has up to 4 digits, not {value['digits']!r}")
    return swapped(value["digits"], 2) + octets_in(value.get("more", "ffff"))


def _suci(data: bytes) -> dict[str, Any]:
    parts = read_all(data, padding=True)
    need([part.tag for part in parts] == [0xA0, 0xA1], "how to conceal an identity is A0, schemes, then A1, keys")
    schemes, keys = parts[0].value, parts[1].parts
    need(len(schemes) % 2 == 0, "schemes are pairs of identifier and number of a key")
    need([one.tag for one in keys] == [0x80, 0x81] * (len(keys) // 2), "keys are pairs of 80, identifier, and 81, key")
    return {
        "schemes": [list(schemes[at : at + 2]) for at in range(0, len(schemes), 2)],
        "keys": [[a.value.hex(), b.value.hex()] for a, b in zip(keys[::2], keys[1::2], strict=True)],
    }


def _to_suci(value: dict[str, Any]) -> bytes:
    pairs = [(Tlv(0x80, octets_in(a)), Tlv(0x81, octets_in(b))) for a, b in value["keys"]]
    keys = b"".join(one.encode() for pair in pairs for one in pair)
    return Tlv(0xA0, b"".join(bytes(pair) for pair in value["schemes"])).encode() + Tlv(0xA1, keys).encode()


_SMSP_SIZE: Final = 28


def _smsp(data: bytes) -> dict[str, str]:
    need(len(data) >= _SMSP_SIZE, f"parameters of short messages are {_SMSP_SIZE} octets or more, not {len(data)}")
    name, tail = data[:-_SMSP_SIZE], data[-_SMSP_SIZE:]
    centre = tail[13:25]
    size = centre[0]
    known = 2 <= size <= 11 and centre[1 + size :] == b"\xff" * (11 - size) and centre[1] in (0x81, 0x91)
    number = digits(centre[2 : 1 + size]) if known else ""
    plain = known and _centre(centre[1], number) == centre
    shown = {"centre": ("+" if centre[1] == 0x91 else "") + number} if plain else {"centre_octets": centre.hex()}
    return {
        **named(name),
        "indicators": f"{tail[0]:02x}", "destination": tail[1:13].hex(), **shown,
        "protocol": f"{tail[25]:02x}", "coding": f"{tail[26]:02x}", "validity": f"{tail[27]:02x}",
    }  # fmt: skip


def _centre(kind: int, number: str) -> bytes:
    octets = swapped(number)
    return bytes([1 + len(octets), kind]) + octets.ljust(10, b"\xff")


def _to_smsp(value: dict[str, str]) -> bytes:
    if "centre" in value:
        text = value["centre"]
        centre = _centre(0x91 if text.startswith("+") else 0x81, text.removeprefix("+"))
    else:
        centre = octets_in(value["centre_octets"])
    head = octets_in(value["indicators"] + value["destination"])
    tail = head + centre + octets_in(value["protocol"] + value["coding"] + value["validity"])
    need(len(tail) == _SMSP_SIZE, f"parameters of short messages are {_SMSP_SIZE} octets behind the name")
    return to_name(value) + tail


OBJECTS: Final = Coding("data objects", _tree, _from_tree)
IMPI: Final = tagged("IMS private identity", nai=0x80)
DOMAIN: Final = tagged("home network domain", domain=0x80)
IMPU: Final = tagged("IMS public identity", uri=0x80)
PCSCF: Final = Coding("address", _address, _to_address)
EPDGS: Final = Coding("gateways by network", _gateways, _to_gateways)
UMPC: Final = Coding("power", _power, _to_power)
ROUTING: Final = Coding("routing indicator", _routing, _to_routing)
SUCI: Final = Coding("how to conceal an identity", _suci, _to_suci)
SMSP: Final = Coding("parameters of short messages", _smsp, _to_smsp, behind(_SMSP_SIZE))
FIVE_G_LOCI: Final = fields_of("5GS location", ("guti", 13), ("tai", 6, True), ("status", 1))
LOCI_GPRS: Final = fields_of("GPRS location", ("p_tmsi", 4), ("signature", 3), ("rai", 6, True), ("status", 1))
OPL: Final = fields_of("networks and names", ("network", 3, True), ("first", 2), ("last", 2), ("name", 1))
OPL5G: Final = fields_of("networks and names", ("network", 3, True), ("first", 3), ("last", 3), ("name", 1))
KC: Final = fields_of("ciphering key", ("kc", 8), ("cksn", 1))
START_HFN: Final = fields_of("START", ("cs", 3), ("ps", 3))
MBI: Final = fields_of("mailboxes", ("voice", 1), ("fax", 1), ("mail", 1), ("other", 1))
MWIS: Final = fields_of("messages that wait", ("flags", 1), ("voice", 1), ("fax", 1), ("mail", 1), ("other", 1))
