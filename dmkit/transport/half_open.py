"""Connections on which no whole request has come yet: how many one peer may have, and for how long.

A peer that opens connections and says nothing, or says it a letter a minute, would otherwise hold them for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["HalfOpen"]


class HalfOpen:
    """Counts the half-open connections of each peer address; more than ``most``, or one after ``seconds``, is closed.

    ``most`` 0 sets no limit: behind a reverse proxy every connection comes from one address.  ``seconds`` 0 waits for
    ever.  Called with the transport of a request that has come whole.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self.waiting: dict[str, set[_Guard]] = {}

    def guarded(self, inner: asyncio.Protocol) -> asyncio.Protocol:
        """``inner`` behind the limits."""
        return _Guard(self, inner)

    def __call__(self, transport: asyncio.BaseTransport | None) -> None:
        """A whole request has come over ``transport``: its connection is half open no more, until the next begins."""
        protocol = transport.get_protocol() if isinstance(transport, asyncio.Transport) else None
        if isinstance(protocol, _Guard):
            protocol.spoke()


class _Guard(asyncio.Protocol):
    """Stands before the HTTP protocol of one connection."""

    def __init__(self, limits: HalfOpen, inner: asyncio.Protocol) -> None:
        self.limits = limits
        self.inner = inner
        self.peer = ""
        self.transport: asyncio.Transport | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it; one too many is closed at once."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        name: Any = transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) and name else ""
        waiting = self.limits.waiting.get(self.peer, ())
        if self.limits.most and len(waiting) >= self.limits.most:
            self.refused = True
            transport.abort()
            return
        self._wait()
        self.inner.connection_made(transport)

    def _wait(self) -> None:
        if self.timer is None and self.transport is not None:
            self.limits.waiting.setdefault(self.peer, set()).add(self)
            if self.limits.seconds:
                self.timer = asyncio.get_running_loop().call_later(self.limits.seconds, self.transport.abort)

    def spoke(self) -> None:
        """A whole request has come."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None
        waiting = self.limits.waiting.get(self.peer)
        if waiting is not None:
            waiting.discard(self)
            if not waiting:
                del self.limits.waiting[self.peer]

    def data_received(self, data: bytes) -> None:
        """Octets begin the next request, or go on with this one."""
        if not self.refused:
            self._wait()
            self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        """The peer says no more."""
        return None if self.refused else self.inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.spoke()
        if not self.refused:
            self.inner.connection_lost(exc)
        self.transport = None

    def pause_writing(self) -> None:
        """Passed on."""
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        """Passed on."""
        self.inner.resume_writing()
