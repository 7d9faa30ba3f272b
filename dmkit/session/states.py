"""The two state machines of a session, as one table: role, state, what happens, next state.

Both engines look their moves up here; the diagram, the table in the documentation and the test
that every other move is refused are made from it.  [DMPRO §6, §8; DMPRO §9 for what a challenge does]

>>> TRANSITIONS["client"][State.SENT][Move.ACCEPTED].value
'RUN'
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from dmkit.words.errors import LocalProtocolError

__all__ = ["CLIENT", "SERVER", "TRANSITIONS", "Move", "State", "step"]

CLIENT: Final = "client"
SERVER: Final = "server"


class State(StrEnum):
    """Where a side of a session stands; ``meaning`` says it in a phrase, ``is_over`` whether anything can follow.

    Moves between them are the table TRANSITIONS.  [DMPRO §8, §9]

    >>> State.DONE.is_over
    True
    """

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> State:
        """Make the member for ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    IDLE = "IDLE", "nothing said yet"
    SENT = "SENT", "client: package 1 is out and not yet accepted"
    SRVAUTH = "SRVAUTH", "client: the server was challenged"
    RUN = "RUN", "client: both sides accepted, commands flow"
    P1 = "P1", "server: package 1 is still open"
    AUTH = "AUTH", "server: the client was challenged"
    WAIT = "WAIT", "server: commands are out, the client owes Statuses"
    LOB = "LOB", "server: a large object is leaving piece by piece"
    DONE = "DONE", "over, as it should be"
    REFUSED = "REFUSED", "over: one side could not prove itself or was not understood"
    ABORTED = "ABORTED", "over: somebody left before the end"

    @property
    def is_over(self) -> bool:
        """True for the three last states."""
        return self in _OVER


_OVER: Final = frozenset({State.DONE, State.REFUSED, State.ABORTED})


class Move(StrEnum):
    """What happens to a side, named by what it finds in the peer's message or does itself."""

    START = "start"
    CHALLENGED = "challenged"
    ACCEPTED = "accepted"
    UNPROVEN = "peer unproven"
    MORE = "more to come"
    PACKAGE = "package"
    CHUNK = "chunk"
    FINISHED = "finished"
    GAVE_UP = "gave up"
    ABORT = "abort"
    LOST = "no answer"


_ENDS: Final = {Move.GAVE_UP: State.REFUSED, Move.ABORT: State.ABORTED, Move.LOST: State.ABORTED}
_LATE: Final[Mapping[Move, State]] = {}

TRANSITIONS: Final[Mapping[str, Mapping[State, Mapping[Move, State]]]] = {
    CLIENT: {
        State.IDLE: {Move.START: State.SENT},
        State.SENT: {
            Move.CHALLENGED: State.SENT,
            Move.MORE: State.SENT,
            Move.ACCEPTED: State.RUN,
            Move.UNPROVEN: State.SRVAUTH,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.SRVAUTH: {
            Move.CHALLENGED: State.SRVAUTH,
            Move.ACCEPTED: State.RUN,
            Move.UNPROVEN: State.SRVAUTH,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.RUN: {
            Move.CHALLENGED: State.RUN,
            Move.UNPROVEN: State.SRVAUTH,
            Move.MORE: State.RUN,
            Move.PACKAGE: State.RUN,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.DONE: _LATE,
        State.REFUSED: _LATE,
        State.ABORTED: _LATE,
    },
    SERVER: {
        State.IDLE: {
            Move.UNPROVEN: State.AUTH,
            Move.MORE: State.P1,
            Move.PACKAGE: State.WAIT,
            Move.CHUNK: State.LOB,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.P1: {
            Move.UNPROVEN: State.AUTH,
            Move.MORE: State.P1,
            Move.PACKAGE: State.WAIT,
            Move.CHUNK: State.LOB,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.AUTH: {
            Move.UNPROVEN: State.AUTH,
            Move.MORE: State.P1,
            Move.PACKAGE: State.WAIT,
            Move.CHUNK: State.LOB,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.WAIT: {
            Move.CHALLENGED: State.WAIT,
            Move.UNPROVEN: State.WAIT,
            Move.MORE: State.WAIT,
            Move.PACKAGE: State.WAIT,
            Move.CHUNK: State.LOB,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.LOB: {
            Move.CHALLENGED: State.LOB,
            Move.UNPROVEN: State.LOB,
            Move.CHUNK: State.LOB,
            Move.PACKAGE: State.WAIT,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.DONE: {
            Move.CHALLENGED: State.WAIT,
            Move.UNPROVEN: State.WAIT,
            Move.MORE: State.WAIT,
            Move.PACKAGE: State.WAIT,
            Move.CHUNK: State.LOB,
            Move.FINISHED: State.DONE,
            **_ENDS,
        },
        State.REFUSED: _LATE,
        State.ABORTED: _LATE,
    },
}


def step(role: str, state: State, move: Move) -> State:
    """The next state; LocalProtocolError when the table has no such move."""
    after = TRANSITIONS[role][state].get(move)
    if after is None:
        allowed = ", ".join(m.value for m in TRANSITIONS[role][state]) or "nothing"
        raise LocalProtocolError(f"{role} in state {state.value}: {move.value!r} is not allowed; allowed: {allowed}")
    return after
