"""The oracle beside the explorer: what each honest side said, in the order in which this side saw it.

An attacker may say anything, so only the side that speaks is judged, over what it heard and said itself.  Many ways
lead to one value of an engine; the conversation kept with it is that of the first.  A MsgID that was heard from two
sides names two messages, and nobody can tell which one a Status is about: that conversation is judged no further.
The same holds for a SessionID under which a second session begins.

>>> listener = OracleListener()
>>> listener.hears("client", 0, 1, "1", Step("client", None, None, ()))
()
"""

from __future__ import annotations

from dmkit.attack.stage import message_of
from dmkit.session.events import Repeated, Step
from dmkit.session.oracle.check import check
from dmkit.session.oracle.reading import SentMessage
from dmkit.words.model import Packet

__all__ = ["UNSOUND", "OracleListener"]

UNSOUND = "unsound: "
"""How a note of a broken invariant begins."""


class OracleListener:
    """Conversations by side and number of the engine's value, and then by SessionID."""

    def __init__(self) -> None:
        self._talks: dict[tuple[str, int], dict[str, tuple[SentMessage, ...] | None]] = {}

    def hears(self, side: str, before: int, after: int, session: str, step: Step) -> tuple[str, ...]:
        """Invariants that ``side`` broke in the step that led from value ``before`` to ``after``."""
        if before != after:
            self.same(side, before, after)
        if any(isinstance(event, Repeated) for event in step.events) or step.reply is None:
            return ()
        talk: tuple[SentMessage, ...] | None = self._talks.get((side, before), {}).get(session, ())
        reply, again = message_of(step.reply), False
        if reply is not None and reply.header.msg_id == "1":  # a session begins, under whatever number
            talk, again = (), bool(talk) or talk is None
        if talk is not None and step.received is not None:
            talk = _with(talk, _sent("server" if side == "client" else "client", step.received))
        talk = None if talk is None else (*talk, *_sent(side, step.reply))
        self._talks.setdefault((side, after), {})[session] = None if again else talk
        if talk is None:
            return ()
        broken = check(talk, complete=False, by=side)
        return tuple(f"{UNSOUND}{one.id} {one.sentence}" for one in broken if one.number == len(talk))

    def same(self, side: str, before: int, after: int) -> None:
        """Value ``after`` has the conversations of ``before``, where it has none of its own."""
        self._talks.setdefault((side, after), dict(self._talks.get((side, before), {})))


def _with(talk: tuple[SentMessage, ...], received: tuple[SentMessage, ...]) -> tuple[SentMessage, ...] | None:
    """``talk`` and one message more; None when its number was heard before."""
    known = {(sent.sender, sent.message.header.msg_id) for sent in talk}
    return None if any((sent.sender, sent.message.header.msg_id) in known for sent in received) else (*talk, *received)


def _sent(side: str, packet: Packet) -> tuple[SentMessage, ...]:
    message = message_of(packet)
    return () if message is None else (SentMessage(side, message, len(packet.body)),)
