"""The oracle: what holds in every conversation, whoever holds it.

``check`` takes what was said, message by message, and gives each place where one of the invariants I1 to I14 is
broken.  It knows no engine and no tree, so it judges tests, simulations and captures of real peers alike.
What the specification leaves free it accepts: Statuses with or without references, one per Item or one per
command, a container's before or after those inside it, any cut of an object.

>>> from dmkit.session.oracle.reading import SentMessage
>>> from dmkit.words.model import Alert, Header, Message
>>> said = SentMessage("client", Message(Header("1", "2", "srv", "dev"), (Alert.of(1201),)), 300)
>>> for violation in check([said], complete=False):
...     print(violation)
I1 message 1 (client): MsgID is '2' where 1 is due
I2 message 1 (client): Alert has no CmdID
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from dmkit.session.oracle.invariants import INVARIANTS
from dmkit.session.oracle.reading import ReadConversation, SentMessage
from dmkit.words.asked import asked
from dmkit.words.model import Message, Packet
from dmkit.words.records import dataclass

__all__ = ["Violation", "assert_sound", "check", "messages_of"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken invariant: ``number`` is the message, from 1; ``by`` the side that broke it."""

    id: str
    number: int
    by: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.id} message {self.number} ({self.by}): {self.sentence}"


def check(
    conversation: Iterable[SentMessage], *, complete: bool = True, by: str | None = None, ignore: Collection[str] = ()
) -> list[Violation]:
    """Every violation in ``conversation``, by message.

    ``complete`` False: the conversation was cut off, so missing answers at its end are no fault.  ``by``
    ("client" or "server"): judge this side only.  ``ignore``: ids of invariants that do not matter here.
    """
    talk = ReadConversation(conversation, complete=complete)
    found = [
        Violation(row.id, number, side, sentence)
        for row in INVARIANTS.values()
        if row.id not in ignore
        for number, side, sentence in row.find(talk)
        if by is None or side == by
    ]
    return sorted(found, key=lambda violation: violation.number)


class _Line(Protocol):
    @property
    def sender(self) -> str: ...
    @property
    def packet(self) -> Packet | None: ...
    @property
    def message(self) -> Message | None: ...


class _Lines(Protocol):
    @property
    def lines(self) -> Sequence[Any]: ...


def messages_of(transcript: _Lines) -> list[SentMessage]:
    """What a transcript says, once: a message that was sent again under its MsgID counts once, noise not at all."""
    sent: list[SentMessage] = []
    known: set[tuple[str, str, bytes | None]] = set()
    line: _Line
    for line in transcript.lines:
        if line.message is None:
            continue
        body = line.packet.body if line.packet is not None else None
        key = line.sender, line.message.header.msg_id, body
        if key not in known:
            known.add(key)
            sent.append(SentMessage(line.sender, line.message, len(body) if body is not None else None))
    return sent


@asked
def assert_sound(
    transcript: _Lines, *, complete: bool = True, by: str | None = None, ignore: Collection[str] = ()
) -> None:
    """AssertionError that lists every invariant (I1 to I14) that a transcript breaks, each with the message.

    ``complete``: the conversation was not cut off; ``by``: judge only "client" or "server"; ``ignore``: invariants that
    do not count.  [sessions sheet]

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> assert_sound(dm.converse(device, dm.Server.example(device)))
    """
    found = check(messages_of(transcript), complete=complete, by=by, ignore=ignore)
    if found:
        raise AssertionError("\n".join(map(str, found)))
