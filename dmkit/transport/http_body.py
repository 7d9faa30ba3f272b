"""What comes by HTTP, as the rest of us can take it: a body whole, for it comes in pieces, and headers in ASCII."""

from __future__ import annotations

import aiohttp

__all__ = ["plain", "whole_body"]


def plain(text: str) -> str:
    """``text`` of a header in ASCII; octets that are none are written as escapes, so that nothing behind fails on them.

    >>> plain("text/xml\\udcff")
    'text/xml\\\\udcff'
    """
    return text.encode("ascii", "backslashreplace").decode()


async def whole_body(answer: aiohttp.ClientResponse, most: int) -> bytes | None:
    """All octets of the body, decompressed; None where there are more than ``most``, of which no more is read."""
    octets = bytearray()
    async for piece in answer.content.iter_any():
        octets += piece
        if len(octets) > most:
            return None
    return bytes(octets)
