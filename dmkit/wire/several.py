"""The octets of each message in a file that holds several: one after another, in a log, in what a viewer saved.

>>> messages_in(b"12:00 <SyncML>1</SyncML><!-- 12:01 --><SyncML>2</SyncML>")
[b'<SyncML>1</SyncML>', b'<SyncML>2</SyncML>']

Sources: [XML §2.1], [WBXML §5].
"""

from __future__ import annotations

import re
from typing import Final

from dmkit.wire.document import end_of_wbxml, is_wbxml
from dmkit.wire.markup import MAX_SIZE, as_utf8
from dmkit.wire.pieces import pieces
from dmkit.words.errors import CodecError

__all__ = ["messages_in"]

_BEGINS: Final = re.compile(rb"<(?:[\w.-]+:)?SyncML(?=[\s>/])")
_ENDS: Final = re.compile(rb"</(?:[\w.-]+:)?SyncML\s*>")


def messages_in(data: bytes) -> list[bytes]:
    """The octets of each message; what stands between them is left out.  Empty when there is none.

    A message that is not well-formed, or is cut, is given as it stands: whoever reads it says why.
    """
    if is_wbxml(data):
        return _wbxml(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
        try:
            data = as_utf8(data, True, [])
        except CodecError:
            return []
    starts = [match.start() for match in _BEGINS.finditer(data)]
    if not starts:
        return []
    found = pieces(data[starts[0] :]) if len(data) <= MAX_SIZE else []
    if found and all(piece.whole for piece in found) and all(piece.name == "SyncML" for piece in found):
        return [data[starts[0] + piece.start : starts[0] + piece.end] for piece in found]
    bodies = []
    for start, following in zip(starts, [*starts[1:], len(data)], strict=True):
        ends = [match.end() for match in _ENDS.finditer(data, start, following)]
        bodies.append(data[start : ends[-1] if ends else following].rstrip())
    return bodies


def _wbxml(data: bytes) -> list[bytes]:
    bodies: list[bytes] = []
    at = 0
    while at < len(data) and is_wbxml(data[at : at + 2]):
        end = end_of_wbxml(data, at)
        if end is None:
            break
        bodies.append(data[at:end])
        at = end
    if at < len(data) and data[at:].strip(b"\0\r\n"):
        bodies.append(data[at:])
    return bodies
