"""What a device makes of octets that nobody asked for: what happened, and sessions to open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmkit.bootstrap.events import PushIgnored, Rejected
from dmkit.session.events import Event
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.session.client import ClientSession

__all__ = ["Reaction"]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What became of octets that came from nowhere; true unless they were ignored or refused.

    ``sessions`` are those to open now, in order; none is begun.
    """

    events: tuple[Event, ...]
    sessions: tuple[ClientSession, ...] = ()

    @property
    def session(self) -> ClientSession | None:
        """The first session to open, or None."""
        return self.sessions[0] if self.sessions else None

    @property
    def why(self) -> str:
        """Why the octets led to nothing; empty when they did."""
        return next((e.why for e in self.events if isinstance(e, PushIgnored | Rejected)), "")

    def __bool__(self) -> bool:
        return not self.why

    def __repr__(self) -> str:
        lines = [str(event) for event in self.events]
        opens = [f"to open: session {session.session_id} with {session.account.server_id}" for session in self.sessions]
        return "\n".join(lines + opens)
