"""What can be seen of a session, whichever side holds it: the value, and what stands in it."""

from __future__ import annotations

from typing import Generic, TypeVar

from dmkit.auth import Account
from dmkit.session.nonces import Nonces
from dmkit.session.proofs import Verifier
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState
from dmkit.session.values import ClientSessionState, ServerSessionState
from dmkit.wire.codec import Codec

__all__ = ["Held"]

V = TypeVar("V", ClientSessionState, ServerSessionState)


class Held(Generic[V]):
    """Holds the value of a session; base of ClientSession and ServerSession."""

    _value: V
    _nonces: Nonces

    @property
    def state(self) -> SessionState:
        """The place in the table of states."""
        return self._value.state

    @property
    def rules(self) -> Rules:
        """The choices of this side."""
        return self._value.setting.rules

    @property
    def session_id(self) -> str:
        """The SessionID."""
        return self._value.setting.session_id

    @property
    def account(self) -> Account:
        """The account, with the nonces in force."""
        return self._value.account

    @property
    def verifier(self) -> Verifier:
        """What is known of the peer's proofs."""
        return self._value.verifier

    @property
    def codec(self) -> Codec:
        """How our messages are written."""
        return self._value.codec

    @property
    def peer_max_message(self) -> int | None:
        """The largest message that the peer takes, in octets, as far as it has said so.  [DMPRO §7]"""
        return self._value.peer_max_message

    @property
    def peer_max_object(self) -> int | None:
        """The largest object that the peer takes, in octets, as far as it has said so.  [DMPRO §7]"""
        return self._value.peer_max_object
