"""What a session has answered, put away while a step is run that does not read it.

A side looks an answer up by the MsgID of the packet that came; answers to other MsgIDs stay where they are.  A
``MemoryFrame`` puts a mark in the place of each row of such answers, and the answers back in the place of each mark.

>>> from dmkit.attack.engines import Engines
>>> from dmkit.attack.designs import DESIGNS
>>> from dmkit.session.values import Answered
>>> from msgspec.structs import replace
>>> session = Engines(DESIGNS["mac"], active=False).device.connect().snapshot()
>>> full = replace(session, answered=tuple(Answered(n, b"", None, None) for n in ("1", "2", "3")))
>>> frame = MemoryFrame("2")
>>> less = frame.put_away(full)
>>> [known.msg_id for known in less.answered][1], frame.put_back(less) == full
('2', True)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace as changed

from dmkit.server.state import ServerState
from dmkit.session.values import Answered, ClientSessionState, ServerSessionState

__all__ = ["MemoryFrame"]

_Session = TypeVar("_Session", ClientSessionState, ServerSessionState)
_MARK = "\0"
"""How the MsgID of a mark begins: no message has such a number."""


class MemoryFrame:
    """Answers to MsgIDs other than ``msg_id``, while they are put away; with None nothing is."""

    def __init__(self, msg_id: str | None) -> None:
        self.msg_id = msg_id
        self._rows: list[tuple[Answered, ...]] = []

    def put_away(self, session: _Session) -> _Session:
        """``session`` with marks in the place of its other answers."""
        if self.msg_id is None or not session.answered:
            return session
        kept: list[Answered] = []
        row: list[Answered] = []
        for known in session.answered:
            if known.msg_id == self.msg_id:
                self._mark(kept, row)
                kept.append(known)
            else:
                row.append(known)
        self._mark(kept, row)
        return changed(session, answered=tuple(kept))

    def _mark(self, kept: list[Answered], row: list[Answered]) -> None:
        if row:
            kept.append(Answered(f"{_MARK}{len(self._rows)}", b"", None, None))
            self._rows.append(tuple(row))
            row.clear()

    def put_back(self, session: _Session) -> _Session:
        """``session``, which may have gone on, with all its answers."""
        if not self._rows or not any(known.msg_id.startswith(_MARK) for known in session.answered):
            return session
        answered: list[Answered] = []
        for known in session.answered:
            if known.msg_id.startswith(_MARK):
                answered += self._rows[int(known.msg_id.removeprefix(_MARK))]
            else:
                answered.append(known)
        return changed(session, answered=tuple(answered))

    def put_away_all(self, state: ServerState) -> ServerState:
        """``state`` with marks in all sessions of a server."""
        return state if self.msg_id is None else _in_all(state, self.put_away)

    def put_back_all(self, state: ServerState) -> ServerState:
        """``state`` with all answers of all sessions."""
        return _in_all(state, self.put_back) if self._rows else state


def _in_all(state: ServerState, change: Callable[[ServerSessionState], ServerSessionState]) -> ServerState:
    """``state`` with ``change`` made in the session of each device, and in those beside it."""
    return changed(
        state,
        sessions=tuple((device, change(session)) for device, session in state.sessions),
        beside=tuple(
            (device, tuple((change(session), last) for session, last in entries)) for device, entries in state.beside
        ),
    )
