"""Bodies in blocks, both ways, and the tag by which a reader knows that they are of one state.  [RFC 7959]

A body that comes is kept until its last block; one that goes is cut as the reader asks, each piece with an entity tag.

>>> grown((b"12345678",), b"90")
(b'12345678', b'90')
>>> grown(grown((b"12345678",), b"90"), b"12")
(b'12345678', b'9012')
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dmkit.lwm2m.coap import Block, Message
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.rights import RequestRefused
from dmkit.words.asked import asked

if TYPE_CHECKING:
    from dmkit.lwm2m.client import Client
    from dmkit.lwm2m.rules import LwM2mRules

__all__ = ["Unfinished", "blocked", "grown", "tag_of", "whole_body"]

_TAG: Final = 4


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What has come of a body: from which server, for which method and address, in which format, and the octets."""

    server: int
    method: str
    path: Path
    format: int | None = None
    chunks: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """Octets so far."""
        return sum(map(len, self.chunks))

    @property
    def key(self) -> tuple[int, str, Path]:
        """What the next block is known by."""
        return self.server, self.method, self.path


@asked
def grown(chunks: tuple[bytes, ...], more: bytes) -> tuple[bytes, ...]:
    """With ``more`` behind; neighbours of like size become one, so that a long body costs little to collect."""
    chunks = (*chunks, more)
    while len(chunks) > 1 and len(chunks[-2]) <= len(chunks[-1]):
        chunks = (*chunks[:-2], chunks[-2] + chunks[-1])
    return chunks


@asked
def whole_body(me: Client, request: Message, path: Path, server: int) -> tuple[Client, bytes | None, Block | None]:
    """The whole payload, or None while blocks of it are missing.

    Refused: 4.08 for a block out of turn or of another format, 4.00 for one of another size than it says, 4.13 for a
    body of more than ``LwM2mRules.largest`` octets, announced (Size1) or come.  Of too many bodies or octets that wait
    for more, those that rested longest are forgotten.  [RFC 7959 §2.5, §2.9]
    """
    given = request.all_of("Block1")
    if not given:
        return me, request.payload, None
    block = Block.of(given[0])
    key = (server, request.method, path)
    others = tuple(piece for piece in me.pieces if piece.key != key)
    kept = next((piece for piece in me.pieces if piece.key == key), Unfinished(*key))
    if block.number == 0:
        kept = Unfinished(*key, format=request.format)
    elif kept.size != block.number * block.size or kept.format != request.format:
        raise RequestRefused("4.08")
    if len(request.payload) > block.size or (block.more and len(request.payload) != block.size):
        raise RequestRefused("4.00")
    if max(kept.size + len(request.payload), request.uint("Size1") or 0) > min(
        me.rules.largest, me.rules.unfinished_octets
    ):
        raise RequestRefused("4.13")
    kept = replace(kept, chunks=grown(kept.chunks, request.payload))
    if block.more:
        return replace(me, pieces=_latest((*others, kept), me.rules)), None, block
    return replace(me, pieces=others), b"".join(kept.chunks), block


def _latest(pieces: tuple[Unfinished, ...], rules: LwM2mRules) -> tuple[Unfinished, ...]:
    """Those of ``pieces`` that there is room for, of the last ones first."""
    left = rules.unfinished_octets
    kept: list[Unfinished] = []
    for piece in reversed(pieces[-rules.unfinished :]):
        left -= piece.size
        if left < 0:
            break
        kept.append(piece)
    return tuple(reversed(kept))


@asked
def tag_of(payload: bytes, number: int) -> bytes:
    """The entity tag of a payload in a content format: four octets that change with it."""
    return hashlib.sha256(number.to_bytes(2, "big") + payload).digest()[:_TAG]


@asked
def blocked(me: Client, request: Message, payload: bytes, number: int, observe: int | None = None) -> Message:
    """The payload, or the block of it that was asked for; 2.03 for a reader who says that it holds it.

    What takes several messages bears an entity tag, so that no reader puts pieces of two states together.
    """
    wanted = request.all_of("Block2")
    size: int = me.rules.block
    at = 0
    if wanted:
        block = Block.of(wanted[0])
        size, at = min(block.size, size), block.number * block.size
    held = request.all_of("ETag")
    if held and not at and tag_of(payload, number) in held:
        return request.response("2.03", observe=observe, etag=tag_of(payload, number))
    if len(payload) <= size and not at:
        return request.response("2.05", payload, format=number, observe=observe)
    if at >= len(payload):
        raise RequestRefused("4.00")
    block2 = Block(at // size, at + size < len(payload), size)
    tag = tag_of(payload, number)
    return request.response("2.05", payload[at : at + size], format=number, observe=observe, block2=block2, etag=tag)
