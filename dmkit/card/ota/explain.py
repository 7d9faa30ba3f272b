"""A secured packet octet by octet: the header as it stands, and what is enciphered when the keys are at hand.

>>> keys = OtaKeys(bytes.fromhex("301102030405060708090a0b0c0d0e0f"), bytes.fromhex("301102030405060708090a0b0c0d0e0f"))
>>> explain_packet(bytes.fromhex("001d1502010035b000110000000001007e145cad0e5a86c200a40004023f00"), keys)
0000  00 1d                    CPL: 29 octets follow
0002  15                       CHL: 21 octets of header and check
0003  02 01                    SPI: CC, not enciphered, counter none; answer always, NONE
0005  00                       KIc: key set 0, implicit
0006  35                       KID: key set 3, 3DES, two keys, CBC
0007  b0 00 11                 TAR: USIM RFM
000a  00 00 00 00 01           CNTR: 1
000f  00                       PCNTR: 0 octets of padding
0010  7e 14 5c ad 0e 5a 86 c2  check, right
0018  00 a4 00 04 02 3f 00     command
"""

from __future__ import annotations

from dmkit.card.ota.crypto import CIPHERS, CRCS
from dmkit.card.ota.packets import TARS, Integrity, OtaKeys, OtaStatus, PacketHead, Spi, decode_command, read_head
from dmkit.card.ota.script import read_script
from dmkit.wire.explain import Explanation, OctetRow
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["explain_packet"]


def explain_packet(packet: bytes, keys: OtaKeys | None = None) -> Explanation:
    """Rows that tile ``packet``; what is enciphered is shown as it was enciphered when ``keys`` open it.

    Of malformed octets the rows go as far as reading went, and the last says what is wrong.
    """
    try:
        head = read_head(packet)
    except CodecError as error:
        return Explanation((OctetRow(0, packet, f"no command packet: {error.reason}", 0),))
    at, rows = len(packet) - len(head.rest) - 8, []
    if at == 2:
        rows.append((packet[:2], f"CPL: {many(len(packet) - 2, 'octet follows', 'octets follow')}"))
    rows += [
        (packet[at : at + 1], f"CHL: {many(packet[at], 'octet')} of header and check"),
        (packet[at + 1 : at + 3], f"SPI: {_protection(head.spi)}"),
        (bytes([head.kic]), f"KIc: key set {head.kic >> 4}, {_name(head.kic)}"),
        (bytes([head.kid]), f"KID: key set {head.kid >> 4}, {_name(head.kid, head.spi.integrity)}"),
        (head.tar, f"TAR: {next((name for name, tar in TARS.items() if tar == head.tar), 'of the operator')}"),
    ]
    rows += _inside(packet, head, keys)
    tiled, at = [], 0
    for octets, meaning in rows:
        tiled.append(OctetRow(at, octets, meaning, 0))
        at += len(octets)
    return Explanation(tuple(tiled))


def _inside(packet: bytes, head: PacketHead, keys: OtaKeys | None) -> list[tuple[bytes, str]]:
    rest, why = head.rest, ""
    if head.spi.ciphered:
        cipher = CIPHERS.get(head.kic & 0x0F)
        if keys is None or cipher is None or len(rest) % cipher.block:
            return [(rest, "enciphered")]
        try:
            rest, why = cipher.decrypt(keys.kic, rest), " (deciphered)"
        except ConfigError as error:
            return [(rest, f"enciphered: {error}")]
    end = 6 + head.check_size
    rows = [
        (rest[:5], f"CNTR: {int.from_bytes(rest[:5])}{why}"),
        (rest[5:6], f"PCNTR: {many(rest[5], 'octet')} of padding"),
    ]
    if head.check_size:
        judged = "" if keys is None else ", right" if decode_command(packet, keys).status is OtaStatus.OK else ", wrong"
        rows.append((rest[6:end], f"check{judged}"))
    pad = min(rest[5], len(rest) - end)
    data, padding = rest[end : len(rest) - pad], rest[len(rest) - pad :]
    try:
        script = read_script(data)
        pieces = [(data, "script, expanded")] if script.expanded else [(apdu, "command") for apdu in script.apdus]
    except CodecError:
        pieces = [(data, "secured data")] if data else []
    return rows + pieces + ([(padding, "padding")] if padding else [])


def _protection(spi: Spi) -> str:
    ciphered = "enciphered" if spi.ciphered else "not enciphered"
    answer = f"answer {spi.por.name.lower().replace('_', ' ')}, {spi.por_integrity.name}"
    more = ", enciphered" if spi.por_ciphered else ""
    by = ", by SMS-SUBMIT" if spi.por_by_submit else ""
    return f"{spi.integrity.name}, {ciphered}, counter {spi.counter.name.lower()}; {answer}{more}{by}"


def _name(octet: int, integrity: Integrity = Integrity.CC) -> str:
    low = octet & 0x0F
    table = CRCS if integrity is Integrity.RC else CIPHERS
    return table[low].name if low in table else "implicit" if low == 0 else f"algorithm {low:X}"
