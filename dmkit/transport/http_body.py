"""The body of an answer of HTTP, whole: it comes in pieces, as the network has it."""

from __future__ import annotations

import aiohttp

__all__ = ["whole_body"]


async def whole_body(answer: aiohttp.ClientResponse, most: int) -> bytes | None:
    """All octets of the body, decompressed; None where there are more than ``most``, of which no more is read."""
    octets = bytearray()
    async for piece in answer.content.iter_any():
        octets += piece
        if len(octets) > most:
            return None
    return bytes(octets)
