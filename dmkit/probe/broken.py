"""Variants of dmkit's own peers, each with one rule broken on purpose: what a tester must catch.

>>> BROKEN["forgets a status"].row
'P-05'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from msgspec.structs import replace

from dmkit.probe.drive import Answers
from dmkit.session.events import Step
from dmkit.wire.codec import codec_for
from dmkit.words.model import Message, Packet, Status

__all__ = ["BROKEN", "Broken", "Front"]

Alter = Callable[[Message], Message]


@dataclass(frozen=True, slots=True)
class Broken:
    """A variant: the ``row`` that it breaks, the case made for it, and how its messages differ from right ones."""

    side: Literal["server", "client"]
    row: str
    case: str
    what: str
    alter: Alter


@dataclass(slots=True)
class Front:
    """A server whose messages are altered on their way out."""

    server: Answers
    alter: Alter
    log: list[Message] = field(default_factory=list)

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """What the server answers, altered."""
        step = self.server.receive(packet, now)
        return step if step.reply is None else replace_reply(step, self.alter)


def replace_reply(step: Step, alter: Alter) -> Step:
    """``step`` with its message altered."""
    reply = step.reply
    assert reply is not None
    codec = codec_for(reply.media_type, reply.body)
    body = codec.encode(alter(codec.decode(reply.body)))
    return Step(step.party, step.received, replace(reply, body=body), step.events)


def _forgets(message: Message) -> Message:
    """The last Status is missing where there are two or more for commands."""
    statuses = [c for c in message.commands if isinstance(c, Status) and not c.is_header]
    if len(statuses) < 2:
        return message
    return replace(message, commands=tuple(c for c in message.commands if c is not statuses[-1]))


BROKEN: Final[Mapping[str, Broken]] = {
    "forgets a status": Broken("server", "P-05", "answered", "the last of several commands gets no Status", _forgets),
}
"""Name -> the variant."""
