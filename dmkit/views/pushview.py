"""Octets of a push, layer by layer: short message, WSP, and what is inside.

>>> print(explain_push(bytes.fromhex("0605040b84c002" "010603c4af87" "00")))
0000  06 05 04 0b 84 c0 02       user data header: port 2948 from 49154
0007  01                         WSP transaction 1
0008  06                         WSP type: push
0009  03                         headers of 3 octets
000a  c4                         content type application/vnd.syncml.notification
000b  af 87                      application id x-wap-application:syncml.dm
000d  00                         error: 1 octet; a notification has 24 and a server identifier
"""

from __future__ import annotations

from dmkit import notify
from dmkit.bootstrap.run import PROFILE_OF
from dmkit.device.waking import NOTIFICATIONS
from dmkit.wire import sms, wsp
from dmkit.wire.explain import Explanation, OctetRow, explain
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["explain_push"]


_ELEMENTS = frozenset({b"\x05\x04", b"\x00\x03", b"\x08\x04"})
"""How a user data header with ports, or with concatenation, begins after its length."""


@asked
def explain_push(octets: bytes) -> Explanation:
    """Rows of one short message, one WSP unit, or bare package 0, whichever the octets are.

    CodecError when they are none of these; what is wrong further inside is a row.

    >>> explain_push(bytes(24))
    Traceback (most recent call last):
    ...
    dmkit.words.errors.CodecError: neither a WSP push nor package 0: WSP type 00; a push is 06 (octet 1)
    """
    try:
        part = sms.parse(octets)
    except CodecError:
        if len(octets) > sms.USER_DATA and octets[1:3] in _ELEMENTS and octets[0] < len(octets):
            raise  # a user data header, and more user data than a short message holds
        return Explanation(tuple(_unit(octets, 0)))
    datagram, start = part.datagram, len(octets) - len(part.datagram.data)
    text = f"user data header: port {datagram.port} from {datagram.source}"
    if part.total == 1:
        return Explanation((OctetRow(0, octets[:start], text, 0), *_unit(datagram.data, start)))
    text += f", part {part.number} of {part.total}, reference {part.reference}"
    return Explanation(
        (OctetRow(0, octets[:start], text, 0), OctetRow(start, datagram.data, "a piece of a WSP unit", 0))
    )


def _unit(octets: bytes, base: int) -> list[OctetRow]:
    try:
        pieces, push = wsp.pieces(octets), wsp.decode(octets)
    except CodecError as error:
        if base == 0 and _looks_like_package_0(octets):
            return list(notify.explain(octets).rows)
        raise CodecError(f"neither a WSP push nor package 0: {error.reason}", offset=error.offset) from None
    rows, at = [], 0
    for end, meaning in pieces:
        rows.append(OctetRow(base + at, octets[at:end], meaning, 0))
        at = end
    kind = push.content_type.lower()
    if kind in NOTIFICATIONS:
        rows += notify.explain(push.body, base=base + at).rows
    elif kind in PROFILE_OF:
        inner = explain(push.body).rows
        rows += [OctetRow(base + at + row.offset, row.octets, row.meaning, row.depth) for row in inner]
    elif push.body:
        rows.append(OctetRow(base + at, push.body, f"body of {many(len(push.body), 'octet')}", 0))
    return rows


def _looks_like_package_0(octets: bytes) -> bool:
    try:
        trigger = notify.decode(octets).trigger
    except CodecError:
        return False
    return trigger.version in notify.VERSIONS and trigger.server_id.isprintable() and bool(trigger.server_id)
