"""The two state machines of a session, as one table: role, state, what happens, next state.

Both engines look their moves up here; the diagram, the table in the documentation and the test
that every other move is refused are made from it.  [DMPRO §6, §8; DMPRO §9 for what a challenge does]

>>> TRANSITIONS["client"][SessionState.SENT][SessionMove.ACCEPTED].value
'RUN'
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from dmkit.words.errors import LocalProtocolError
from dmkit.words.meaning import MeaningEnum

__all__ = ["CLIENT", "SERVER", "TRANSITIONS", "SessionMove", "SessionState", "step"]

CLIENT: Final = "client"
SERVER: Final = "server"


class SessionState(MeaningEnum):
    """Where a side of a session stands; ``meaning`` says it in a phrase, ``is_over`` whether anything can follow.

    Moves between them are the table TRANSITIONS.  [DMPRO §8, §9]

    >>> SessionState.DONE.is_over
    True
    """

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
        return self in OVER


OVER: Final = frozenset({SessionState.DONE, SessionState.REFUSED, SessionState.ABORTED})


class SessionMove(StrEnum):
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


_ENDS: Final = {
    SessionMove.GAVE_UP: SessionState.REFUSED,
    SessionMove.ABORT: SessionState.ABORTED,
    SessionMove.LOST: SessionState.ABORTED,
}
_LATE: Final[Mapping[SessionMove, SessionState]] = {}

TRANSITIONS: Final[Mapping[str, Mapping[SessionState, Mapping[SessionMove, SessionState]]]] = {
    CLIENT: {
        SessionState.IDLE: {SessionMove.START: SessionState.SENT},
        SessionState.SENT: {
            SessionMove.CHALLENGED: SessionState.SENT,
            SessionMove.MORE: SessionState.SENT,
            SessionMove.ACCEPTED: SessionState.RUN,
            SessionMove.UNPROVEN: SessionState.SRVAUTH,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.SRVAUTH: {
            SessionMove.CHALLENGED: SessionState.SRVAUTH,
            SessionMove.ACCEPTED: SessionState.RUN,
            SessionMove.UNPROVEN: SessionState.SRVAUTH,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.RUN: {
            SessionMove.CHALLENGED: SessionState.RUN,
            SessionMove.UNPROVEN: SessionState.SRVAUTH,
            SessionMove.MORE: SessionState.RUN,
            SessionMove.PACKAGE: SessionState.RUN,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.DONE: _LATE,
        SessionState.REFUSED: _LATE,
        SessionState.ABORTED: _LATE,
    },
    SERVER: {
        SessionState.IDLE: {
            SessionMove.UNPROVEN: SessionState.AUTH,
            SessionMove.MORE: SessionState.P1,
            SessionMove.PACKAGE: SessionState.WAIT,
            SessionMove.CHUNK: SessionState.LOB,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.P1: {
            SessionMove.CHALLENGED: SessionState.P1,
            SessionMove.UNPROVEN: SessionState.AUTH,
            SessionMove.MORE: SessionState.P1,
            SessionMove.PACKAGE: SessionState.WAIT,
            SessionMove.CHUNK: SessionState.LOB,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.AUTH: {
            SessionMove.UNPROVEN: SessionState.AUTH,
            SessionMove.MORE: SessionState.P1,
            SessionMove.PACKAGE: SessionState.WAIT,
            SessionMove.CHUNK: SessionState.LOB,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.WAIT: {
            SessionMove.CHALLENGED: SessionState.WAIT,
            SessionMove.UNPROVEN: SessionState.WAIT,
            SessionMove.MORE: SessionState.WAIT,
            SessionMove.PACKAGE: SessionState.WAIT,
            SessionMove.CHUNK: SessionState.LOB,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.LOB: {
            SessionMove.CHALLENGED: SessionState.LOB,
            SessionMove.UNPROVEN: SessionState.LOB,
            SessionMove.CHUNK: SessionState.LOB,
            SessionMove.PACKAGE: SessionState.WAIT,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.DONE: {
            SessionMove.CHALLENGED: SessionState.WAIT,
            SessionMove.UNPROVEN: SessionState.WAIT,
            SessionMove.MORE: SessionState.WAIT,
            SessionMove.PACKAGE: SessionState.WAIT,
            SessionMove.CHUNK: SessionState.LOB,
            SessionMove.FINISHED: SessionState.DONE,
            **_ENDS,
        },
        SessionState.REFUSED: _LATE,
        SessionState.ABORTED: _LATE,
    },
}


def step(role: str, state: SessionState, move: SessionMove) -> SessionState:
    """The next state; LocalProtocolError when the table has no such move."""
    after = TRANSITIONS[role][state].get(move)
    if after is None:
        allowed = ", ".join(m.value for m in TRANSITIONS[role][state]) or "nothing"
        raise LocalProtocolError(f"{role} in state {state.value}: {move.value!r} is not allowed; allowed: {allowed}")
    return after
