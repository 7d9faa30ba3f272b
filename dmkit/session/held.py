"""What can be seen of a session, whichever side holds it: the value, and what stands in it.

A session that is asked for its value at every step makes one at every step, and begins the next at it.  One that is not
goes on where its last step, a ``Side``, has come to, and makes the value when somebody asks; the steps are the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from dmkit.auth import Account
from dmkit.session.events import Step
from dmkit.session.nonces import Nonces
from dmkit.session.proofs import Verifier
from dmkit.session.rules import Rules
from dmkit.session.side import Side
from dmkit.session.states import SessionState
from dmkit.session.values import Answered, ClientSessionState, ServerSessionState
from dmkit.wire.codec import Codec
from dmkit.words.model import Packet

__all__ = ["Held"]

V = TypeVar("V", ClientSessionState, ServerSessionState)


class Held(ABC, Generic[V]):
    """Holds the value of a session; base of ClientSession and ServerSession."""

    _at: V
    """The value, or in its place the turn that has come to it: both have its fields."""
    _nonces: Nonces

    @property
    def _value(self) -> V:
        at: Any = self._at
        if isinstance(at, Side):
            at = at.value()
            self._at = at
        value: V = at
        return value

    @_value.setter
    def _value(self, value: V) -> None:
        self._at = value

    def _memory_of(self, packet: Packet, msg_id: str) -> Answered | None:
        """The memory of ``packet``, when it came before under ``msg_id``."""
        for known in self._at.answered:
            if known.msg_id == msg_id:
                return known if known.is_of(packet) else None
        return None

    @abstractmethod
    def _begun(self) -> Any:
        """A turn that begins where the session stands."""

    def _taking(self, way: Callable[..., Step], *given: Any) -> Step:
        """One step: ``way`` of a turn, with what it is ``given``; one that raises leaves the session as it stood."""
        turn: Any = self._at
        if not isinstance(turn, Side):
            turn = self._begun()
        before = turn.begin()
        try:
            step = way(turn, *given)
        except BaseException:
            turn.back_to(before)
            self._at = turn.value()
            raise
        self._at = turn
        return step

    @property
    def state(self) -> SessionState:
        """The place in the table of states."""
        return self._at.state

    @property
    def rules(self) -> Rules:
        """The choices of this side."""
        return self._at.setting.rules

    @property
    def session_id(self) -> str:
        """The SessionID."""
        return self._at.setting.session_id

    @property
    def account(self) -> Account:
        """The account, with the nonces in force."""
        return self._at.account

    @property
    def verifier(self) -> Verifier:
        """What is known of the peer's proofs."""
        return self._at.verifier

    @property
    def codec(self) -> Codec:
        """How our messages are written."""
        return self._at.codec

    @property
    def peer_max_message(self) -> int | None:
        """The largest message that the peer takes, in octets, as far as it has said so.  [DMPRO §7]"""
        return self._at.peer_max_message

    @property
    def peer_max_object(self) -> int | None:
        """The largest object that the peer takes, in octets, as far as it has said so.  [DMPRO §7]"""
        return self._at.peer_max_object
