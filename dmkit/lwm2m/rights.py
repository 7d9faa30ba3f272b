"""Who may do what, as bits of the access control object, and the refusal of a request.  [lwm2m sheet §5]"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from dmkit.lwm2m.path import Path

__all__ = ["BOOTSTRAP", "AccessRight", "Observation", "RequestRefused"]

BOOTSTRAP: Final = 65535
"""The bootstrap server, as a Short Server ID that no other server can have."""


class AccessRight(IntFlag):
    """What a server may do with an instance: the bits of resource 2 of the access control object."""

    READ = 1
    WRITE = 2
    EXECUTE = 4
    DELETE = 8
    CREATE = 16


class RequestRefused(Exception):
    """A request that is answered with an error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Observation:
    """What a server observes: token, address, format, count of notifications, what was told last and when.

    ``asked`` are the addresses of a composite observation, ``value`` the number that was told last, if one was.
    """

    server: int
    token: bytes
    path: Path
    accept: int | None = None
    count: int = 0
    told: bytes = b""
    at: float = 0.0
    asked: tuple[Path, ...] = ()
    value: float | None = None
