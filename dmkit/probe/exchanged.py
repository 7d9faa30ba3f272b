"""What passed between a peer and us: messages of ours, messages of the peer, proofs, and schemes that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dmkit.auth import Scheme, by_type
from dmkit.words.model import (
    Command,
    Message,
    Packet,
    Results,
    Status,
    flatten,
)

__all__ = [
    "CHALLENGED",
    "PeerMessage",
    "PeerProof",
    "Sent",
    "other_scheme",
]

CHALLENGED: Final = frozenset({401, 407})
"""Statuses that ask for another proof."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours: as it was meant, and as it left."""

    message: Message
    packet: Packet
    changed: bool = False

    @property
    def commands(self) -> tuple[Command, ...]:
        """What the peer owes a Status for, containers before what is in them."""
        return tuple(c for c in flatten(self.message.commands) if not isinstance(c, Status | Results))


@dataclass(frozen=True, slots=True)
class PeerMessage:
    """A message of the peer, with the nonce of ours that was in force for it and those that came before."""

    message: Message
    packet: Packet
    nonce: bytes
    number: int

    def statuses(self) -> tuple[Status, ...]:
        """Its Statuses."""
        return tuple(c for c in self.message.commands if isinstance(c, Status))

    def header_status(self) -> Status | None:
        """Its Status for our header."""
        return next((s for s in self.statuses() if s.is_header), None)

    def carries_piece(self) -> bool:
        """Whether a piece of a large object is in it, with more to come."""
        return any(item.more_data for c in flatten(self.message.commands) for item in getattr(c, "items", ()))


@dataclass(frozen=True, slots=True)
class PeerProof:
    """A proof of the peer in a header: towards which device, by which scheme, under which nonce of ours, and what."""

    device: str
    scheme: str
    nonce: bytes
    data: str


def other_scheme(status: Status | None, scheme: Scheme | None) -> str:
    """The type that a challenge names when it is not ``scheme``; empty otherwise."""
    if status is None or status.code not in CHALLENGED or status.chal is None:
        return ""
    named = by_type(status.chal.type)
    return (status.chal.type or "no type") if scheme is None or named is not scheme else ""
