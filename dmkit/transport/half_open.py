"""Connections on which no whole request has come yet: how many one peer may have, and for how long.

A peer that opens connections and says nothing, or says it a letter a minute, would otherwise hold them for ever.

>>> limits = HalfOpen(1, 0.0)
>>> limits.enters("127.0.0.1", "a connection", print), limits.full("127.0.0.1"), limits.full("127.0.0.2")
(None, True, False)
>>> limits.leaves("127.0.0.1", "a connection"), limits.full("127.0.0.1")
(None, False)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["HalfOpen"]


class _Closes(Protocol):
    @property
    def transport(self) -> asyncio.Transport | None: ...

    def spoke(self) -> None: ...


class HalfOpen:
    """Counts the half-open connections of each peer address; more than ``most``, or one after ``seconds``, is closed.

    ``most`` 0 sets no limit: behind a reverse proxy every connection comes from one address.  ``seconds`` 0 waits for
    ever.  ``connections`` are all that there are.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self.waiting: dict[str, set[object]] = {}
        self.connections: set[_Closes] = set()

    def __call__(self, transport: asyncio.BaseTransport | None) -> None:
        """A whole request has come over ``transport``: its connection is half open no more, until the next begins."""
        protocol = transport.get_protocol() if isinstance(transport, asyncio.Transport) else None
        spoke: Callable[[], None] | None = getattr(protocol, "spoke", None)
        if spoke is not None:
            spoke()

    def full(self, peer: str) -> bool:
        """Whether ``peer`` has as many as it may have."""
        return bool(self.most) and len(self.waiting.get(peer, ())) >= self.most

    def enters(self, peer: str, who: object, end: Callable[[], object]) -> asyncio.TimerHandle | None:
        """Connection ``who`` of ``peer`` waits for a request; ``end`` is called when it waits too long."""
        self.waiting.setdefault(peer, set()).add(who)
        return asyncio.get_running_loop().call_later(self.seconds, end) if self.seconds else None

    def leaves(self, peer: str, who: object) -> None:
        """A request has come whole, or the connection is gone."""
        waiting = self.waiting.get(peer)
        if waiting is not None:
            waiting.discard(who)
            if not waiting:
                del self.waiting[peer]

    def close(self) -> None:
        """End all connections."""
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.close()
