"""Transcript: what was said in a session, message by message, with what happened on the way.

>>> from dmkit.device.device import Device
>>> from dmkit.server.server import Server
>>> from dmkit.transport.loop import converse
>>> device = Device.example()
>>> talk = converse(device, Server.example(device))
>>> talk
1 -> C1 p1  Alert 1201; Replace (5 Items); Final
2 <- S1 p2  Status SyncHdr 212, Alert 200, Replace 200; Final
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import overload

from dmkit.session.events import Event, JobFailed, Step
from dmkit.wire.codec import codec_for
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.deviations import Deviation
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Message, Packet, Results, Status
from dmkit.words.records import dataclass

__all__ = ["Line", "Transcript"]

ARROWS = {"client": "->", "server": "<-"}
"""How text shows who speaks: the client's messages go right."""


@dataclass(frozen=True)
class Line:
    """One message: who sent it (``"client"`` or ``"server"``), its packet, and what its sender noted before sending.

    ``at`` is the time in seconds at which it left, where that is known.
    """

    number: int
    sender: str
    packet: Packet
    at: float | None = None
    events: tuple[Event, ...] = ()
    note: str = ""

    @cached_property
    def _decoded(self) -> Message | CodecError:
        try:
            return codec_for(self.packet.media_type, self.packet.body).decode(self.packet.body, lenient=True)
        except CodecError as error:
            return error

    @property
    def message(self) -> Message | None:
        """The message; None when the octets are none."""
        return self._decoded if isinstance(self._decoded, Message) else None

    @property
    def size(self) -> int:
        """Octets of the body."""
        return len(self.packet.body)

    @property
    def encoding(self) -> str:
        """``XML`` or ``WBXML``."""
        return codec_for(self.packet.media_type, self.packet.body).name

    @property
    def label(self) -> str:
        """``C`` or ``S`` with the MsgID: ``C1``, ``S1`` ..."""
        message = self.message
        return f"{self.sender[0].upper()}{message.header.msg_id if message else '?'}"

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """Where it leaves the specification."""
        return self.message.deviations if self.message is not None else ()

    @property
    def summary(self) -> str:
        """What the message says, on one line; what is wrong with it when it is none."""
        from dmkit.views.summary import summary

        decoded = self._decoded
        return summary(decoded) if isinstance(decoded, Message) else f"unreadable: {decoded}"


def _failed(events: Iterable[Event]) -> tuple[str, ...]:
    """Jobs that did not end well, in words."""
    return tuple(str(event) for event in events if isinstance(event, JobFailed))


def _names(line: Line) -> tuple[Hashable, ...]:
    """What one message has in common in two lines: the packet, or who says it with which SessionID and MsgID."""
    message = line.message
    if message is None:
        return (line.packet,)
    return line.packet, (line.sender, message.header.session_id, message.header.msg_id)


@checked
@dataclass(frozen=True)
class Transcript:
    """A session as a sequence of lines: ``talk[2].message``, ``len(talk)``, ``for line in talk``.

    ``lines`` are its messages, ``closing`` holds the events after the last message, ``steps`` the steps it was made
    from, where there were any.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> talk = dm.converse(device, dm.Server.example(device))
    >>> len(talk), talk[0].sender, talk[0].message.header.msg_id
    (2, 'client', '1')
    """

    lines: tuple[Line, ...]
    closing: tuple[Event, ...] = ()
    steps: tuple[Step, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    @asked
    def of(cls, steps: Iterable[Step]) -> Transcript:
        """Gather steps of both sides; a packet that was received more often than sent was doubled on the way."""
        taken = tuple(steps)
        lines: list[Line] = []
        waiting: dict[str, list[Event]] = {}
        clock = 0.0
        for step in taken:
            waiting.setdefault(step.party, []).extend(step.events)
            clock += step.seconds
            if step.reply is not None:
                events = tuple(waiting.pop(step.party, ()))
                lines.append(Line(len(lines) + 1, step.party, step.reply, clock, events))
        closing = tuple(event for events in waiting.values() for event in events)
        made = object.__new__(cls)  # of values that are right by their making: nothing is asked once a session
        made.__dict__.update(lines=tuple(lines), closing=closing, steps=taken)
        return made

    # -- as a sequence

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> Transcript: ...
    def __getitem__(self, at: int | slice) -> Line | Transcript:
        if isinstance(at, slice):
            return Transcript(self.lines[at])
        return self.lines[at]

    # -- sums

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that could be read."""
        return tuple(line.message for line in self.lines if line.message is not None)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events in order."""
        return (*(event for line in self.lines for event in line.events), *self.closing)

    @property
    def deviations(self) -> tuple[tuple[int, Deviation], ...]:
        """Where real peers left the specification: line number and deviation."""
        return tuple((line.number, d) for line in self.lines for d in line.deviations)

    @property
    def size(self) -> Mapping[str, int]:
        """Octets each way: ``client``, ``server`` and ``both``."""
        sums = {side: sum(line.size for line in self.lines if line.sender == side) for side in ("client", "server")}
        return {**sums, "both": sums["client"] + sums["server"]}

    @property
    def round_trips(self) -> int:
        """How often the client had to wait for the server."""
        return sum(line.sender == "client" for line in self.lines)

    @property
    def seconds(self) -> float:
        """Time that the world took: what events say, added up."""
        return sum(event.seconds for event in self.events)

    def packages(self) -> Sequence[int]:
        """Package number of each line: 1 until the client is let in, then 2, 3, 4, 3, 4 ...  [DMPRO §8]

        A message that is said again counts as it did the first time; so does one that was changed on the way.
        """
        numbers: list[int] = []
        first_message = self.lines[0].message if self.lines else None
        opened = first_message is not None and first_message.header.msg_id != "1"
        seen: dict[Hashable, int] = {}
        for line in self.lines:
            message = line.message
            names = _names(line)
            again = min((seen[name] for name in names if name in seen), default=None)
            for name in names:
                seen.setdefault(name, len(numbers))
            if again is not None:
                numbers.append(numbers[again])
                continue
            alerts = {c.code.value for c in message.commands if isinstance(c, Alert)} if message else set()
            if line.sender == "client":
                numbers.append(1 if alerts & {1200, 1201} or not opened else 3)
                continue
            refused = message is not None and any(
                isinstance(c, Status) and c.is_header and c.code in (401, 407) for c in message.commands
            )
            open_package = message is not None and not message.final and not opened
            first = not opened
            opened = opened or not (refused or (open_package and 1222 in alerts))
            numbers.append(2 if first else 4)
        return numbers

    def rows(self) -> list[dict[str, object]]:
        """One dict per message, ready for ``pandas.DataFrame``."""
        return [
            {
                "number": line.number,
                "sender": line.sender,
                "package": package,
                "label": line.label,
                "octets": line.size,
                "encoding": line.encoding,
                "final": line.message.final if line.message else None,
                "statuses": sum(isinstance(c, Status) for c in line.message.commands) if line.message else 0,
                "results": sum(isinstance(c, Results) for c in line.message.commands) if line.message else 0,
                "summary": line.summary,
                "at": line.at,
            }
            for line, package in zip(self.lines, self.packages(), strict=True)
        ]

    def __repr__(self) -> str:
        width = len(str(len(self.lines)))
        return (
            "\n".join(
                f"{line.number:>{width}} {ARROWS[line.sender]} {line.label} p{package}  {line.summary}"
                + "".join(f"  <- {remark}" for remark in (line.note, *line.deviations, *_failed(line.events)) if remark)
                for line, package in zip(self.lines, self.packages(), strict=True)
            )
            + "".join(f"\n  {failure}" for failure in _failed(self.closing))
            or "(nothing was said)"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from dmkit.views.ladder import ladder_html
        from dmkit.views.look import themed

        return {"text/plain": repr(self), "text/html": themed(ladder_html(self))}
