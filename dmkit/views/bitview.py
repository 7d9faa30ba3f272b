"""The bits of package 0 as a picture: each field over the bits that it takes, with what stands there.

>>> from dmkit.auth import Credential
>>> message = notify.encode(notify.Trigger("srv", 0x1234), Credential("srv", "pw"), b"nonce")
>>> print(notification_bits(message).text)
version     10  0000001011                    11
ui           2  00                            0
initiator    1  1                             1
future      27  000000000000000000000000000   0
session     16  0001001000110100              1234 hex
length       8  00000011                      3
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from dmkit import notify
from dmkit.views.look import GROUND, PAINT, Look, escape, picture
from dmkit.wire import sms, wsp
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["notification_bits"]

_WIDE: Final = 26  # a bit
_ACROSS: Final = 32  # bits in a row
_HIGH: Final = 78
_LEFT: Final = 56


@asked
def notification_bits(octets: bytes) -> Look:
    """The eight octets behind the digest of package 0, bit by bit: of a short message, a WSP push, or by themselves.

    CodecError when there is no notification in the octets.

    >>> from dmkit import Device, Server, transport
    >>> device = Device.example()
    >>> [message] = transport.wake(Server.example(device), device.address, session=0x1234)
    >>> notification_bits(message)
    version     10  0000001011                    11
    ui           2  00                            0
    initiator    1  1                             1
    future      27  000000000000000000000000000   0
    session     16  0001001000110100              1234 hex
    length       8  00010010                      18
    """
    body = _inside(octets)
    notify.decode(body)
    digest = len(body) - len(notify.decode(body).covered)
    size = sum(field.bits for field in notify.FIELDS)
    bits = f"{int.from_bytes(body[digest : digest + size // 8], 'big'):0{size}b}"
    rows, at = [], 0
    for field in notify.FIELDS:
        rows.append((field.name, at, bits[at : at + field.bits], field.means))
        at += field.bits
    wide = max(len(part) for _, _, part, _ in rows)
    text = "\n".join(f"{name:<10} {len(part):>3}  {part:<{wide + 3}}{_value(name, part)}" for name, _, part, _ in rows)
    told = "; ".join(f"{name}, {many(len(part), 'bit')}: {_value(name, part)}" for name, _, part, _ in rows)
    return Look(text, f'<figure style="margin:0">{picture(_svg(rows, digest), f"Bits of package 0. {told}.")}</figure>')


def _value(name: str, bits: str) -> str:
    """The number of a field; a SessionID is written in hexadecimal.  [DMNOTI §6.2.10]"""
    return f"{int(bits, 2):X} hex" if name == "session" else str(int(bits, 2))


def _inside(octets: bytes) -> bytes:
    """The notification that a short message or a WSP push carries, or the octets themselves."""
    with suppress(CodecError):  # it may come without the header of a short message
        octets = sms.parse(octets).datagram.data
    try:
        return wsp.decode(octets).body
    except CodecError:
        return octets


def _svg(rows: list[tuple[str, int, str, str]], first: int) -> str:
    lines = -(-sum(len(bits) for _, _, bits, _ in rows) // _ACROSS)
    width, height = _LEFT + _ACROSS * _WIDE + 12, lines * _HIGH + 34
    parts = [part for number, row in enumerate(rows) for part in _field(number, *row)]
    for line in range(lines):
        place = first + line * _ACROSS // 8
        parts.append(
            f'<text x="8" y="{28 + line * _HIGH + 24}" font-family="monospace" font-size="12">{place:04x}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'font-family="system-ui, Helvetica, Arial, sans-serif" font-size="12" fill="{PAINT.ink}">'
        f"<title>Bits of package 0 behind its digest</title>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _field(number: int, name: str, begin: int, bits: str, means: str) -> Iterator[str]:
    """The bits of a field in each row that they reach, and its name over the longest part."""
    end, best = begin + len(bits), (0, 0, 0)
    for line in range(begin // _ACROSS, (end - 1) // _ACROSS + 1):
        low, high = max(begin, line * _ACROSS), min(end, (line + 1) * _ACROSS)
        best = max(best, (high - low, low, line))
        x, y = _LEFT + (low % _ACROSS) * _WIDE, 28 + line * _HIGH
        colour = (GROUND.blue, GROUND.mist)[number % 2]
        yield (
            f'<rect x="{x}" y="{y + 4}" width="{(high - low) * _WIDE}" height="30" fill="{colour}" '
            f'stroke="{PAINT.blue}"><title>{escape(means)}</title></rect>'
        )
        for n in range(low, high):
            at = x + (n - low + 0.5) * _WIDE
            yield f'<text x="{at}" y="{y + 24}" font-family="monospace" text-anchor="middle">{bits[n - begin]}</text>'
    wide, low, line = best
    middle, y = _LEFT + (low % _ACROSS + wide / 2) * _WIDE, 28 + line * _HIGH
    label = f"{name}: {_value(name, bits)}"
    if wide * _WIDE >= 6.5 * len(label):
        yield f'<text x="{middle}" y="{y - 3}" text-anchor="middle" font-weight="600">{escape(label)}</text>'
    else:  # a narrow field: below, so that it does not meet its neighbour
        lift = 48 if number % 2 else 62
        yield (
            f'<text x="{middle}" y="{y + lift}" text-anchor="middle" font-weight="600">{escape(label)}</text>'
            f'<line x1="{middle}" y1="{y + 35}" x2="{middle}" y2="{y + lift - 11}" stroke="{PAINT.grey}"/>'
        )
