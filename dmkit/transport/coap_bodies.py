"""Bodies by blocks over real CoAP: fetched, written, and given out.  [RFC 7959, RFC 7252 §5.10.8]"""

from __future__ import annotations

from typing import Final

from dmkit.lwm2m.blocks import tag_of
from dmkit.lwm2m.coap import Block, Message
from dmkit.transport.coap_endpoint import Endpoint, Silent
from dmkit.words.errors import CodecError

__all__ = ["get_all", "piece", "put_all"]

BLOCK: Final = 1024


async def get_all(endpoint: Endpoint, uri: str, *, most: int = 1 << 24) -> bytes | None:
    """A whole body by Block2, from ``coap://host:port/path``; None when it cannot be had.  [RFC 7959 §2.4]

    When its entity tag changes on the way, what came is of two states: it is fetched anew, three times at most.  A
    block that is not the next or not as long as it says, and more than ``most`` octets, are no body.
    """
    base, path = _split(uri)
    for _ in range(3):
        body = bytearray()
        tag, more, size = None, True, BLOCK
        while more and len(body) <= most:
            block = Block(len(body) // size, False, size)
            try:
                answer = await endpoint.ask(Message.request("GET", path, block2=block), base)
            except Silent:
                return None
            given, tags = answer.all_of("Block2"), answer.all_of("ETag")
            if answer.code != "2.05":
                return None
            if body and tags != tag:
                break
            part = _block_of(given[0], len(answer.payload)) if given else Block(0, False, size)
            if part is None or part.number * part.size != len(body):
                return None
            body += answer.payload
            tag, more, size = tags, part.more, part.size
        else:
            return bytes(body) if not more and len(body) <= most else None
    return None


def _block_of(option: bytes, came: int) -> Block | None:
    """The block that ``came`` octets are by this option; None when they are too many, or too few for more to follow."""
    try:
        block = Block.of(option)
    except CodecError:
        return None
    return block if came == block.size or (came < block.size and not block.more) else None


def _split(uri: str) -> tuple[str, str]:
    scheme, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}", "/" + path


def put_all(path: str, body: bytes, *, format: int = 42) -> tuple[Message, ...]:
    """The requests that write a body by Block1.  [RFC 7959 §2.5]"""
    pieces = range(0, max(1, len(body)), BLOCK)
    return tuple(
        Message.request(
            "PUT", path, body[at : at + BLOCK], format=format, block1=Block(at // BLOCK, at + BLOCK < len(body), BLOCK)
        )
        for at in pieces
    )


def piece(request: Message, body: bytes) -> Message:
    """A file, or the block of it that was asked for: octets (42) and nothing else, each block with the same tag."""
    if request.refusal:
        return request.response(request.refusal)
    tag = tag_of(body, 42)
    match = request.all_of("If-Match")
    if (match and not {b"", tag} & set(match)) or request.all_of("If-None-Match"):
        return request.response("4.12")
    if request.uint("Accept") not in (None, 42):
        return request.response("4.06")
    if tag in request.all_of("ETag"):
        return request.response("2.03", etag=tag)
    wanted = request.all_of("Block2")
    block = Block.of(wanted[0]) if wanted else Block(0, False, BLOCK)
    size = min(block.size, BLOCK)
    at = block.number * block.size
    if at and at >= len(body):
        return request.response("4.00")
    more = at + size < len(body)
    block2 = Block(at // size, more, size) if more or at else None
    return request.response("2.05", body[at : at + size], format=42, block2=block2, etag=tag if block2 else b"")
