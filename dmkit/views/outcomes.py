"""What became of each command of a transcript: by what Status it was answered, and in which message.

>>> from dmkit.device.device import Device
>>> from dmkit.server.server import Server
>>> from dmkit.transport.loop import converse
>>> from dmkit.server import jobs
>>> device = Device.example()
>>> talk = converse(device, Server.example(device), job=jobs.read("./DevInfo/Man"))
>>> print(*outcomes(talk)[-1:])
line 2: Get ./DevInfo/Man: 200 OK in line 3, results: Acme

Sources: [DMREPPRO §6.6.15] for MsgRef and CmdRef, [DMPRO §8] for packages.
"""

from __future__ import annotations

from collections.abc import Iterator

from dmkit.views.transcript import Line, Transcript
from dmkit.words.codes import StatusCode
from dmkit.words.counts import many
from dmkit.words.model import Alert, Atomic, Command, Item, Results, Sequence, Status
from dmkit.words.records import dataclass

__all__ = ["CommandOutcome", "outcomes"]

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """A command in ``line``, said by ``sender``; ``status`` is None when no answer is in the transcript.

    ``answered`` is the line of the answer, ``results`` what Results said, by URI.
    """

    line: int
    sender: str
    cmd_id: str
    verb: str
    uri: str
    status: StatusCode | None
    answered: int | None
    results: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        what = f"{self.verb} {self.uri}".strip()
        text = (
            "no answer" if self.status is None else f"{self.status.value} {self.status.phrase} in line {self.answered}"
        )
        values = ", ".join(value for _, value in self.results)
        return f"line {self.line}: {what}: {text}" + (f", results: {values}" if self.results else "")

    def row(self) -> dict[str, object]:
        """Its fields as JSON can carry them."""
        return {
            "line": self.line, "sender": self.sender, "cmd_id": self.cmd_id, "command": self.verb, "uri": self.uri,
            "status": None if self.status is None else self.status.value,
            "phrase": None if self.status is None else self.status.phrase,
            "answered": self.answered, "results": dict(self.results),
        }  # fmt: skip


def outcomes(talk: Transcript) -> list[CommandOutcome]:
    """Every command but Status and Results, in order, with the first answer that names it.

    An answer is a Status of the other side, in a later line, with the MsgID and CmdID of the command.
    """
    answers: dict[tuple[str, str, str], tuple[int, Status]] = {}
    results: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for line in talk:
        for command in line.message.commands if line.message else ():
            if isinstance(command, Status) and command.cmd_ref is not None:
                answers.setdefault((line.sender, command.msg_ref, command.cmd_ref), (line.number, command))
            elif isinstance(command, Results):
                key = (line.sender, command.msg_ref or "1", command.cmd_ref or "")
                results.setdefault(key, []).extend(map(_result, command.items))
    found = []
    again: set[tuple[str, str, str]] = set()
    for line in talk:
        other = "server" if line.sender == "client" else "client"
        msg_id = line.message.header.msg_id if line.message else ""
        for command in _commands(line):
            key = (other, msg_id, command.cmd_id)
            if key in again:
                continue  # the same message sent again
            again.add(key)
            answered, status = answers.get(key, (None, None))
            found.append(
                CommandOutcome(
                    line.number,
                    line.sender,
                    command.cmd_id,
                    _verb(command),
                    _uri(command),
                    None if status is None else status.code,
                    answered,
                    tuple(results.get(key, ())),
                )
            )
    return found


def _commands(line: Line) -> Iterator[Command]:
    """Commands of a line, those of containers after them."""
    waiting = list(reversed(line.message.commands)) if line.message else []  # the next one last
    while waiting:
        command = waiting.pop()
        if isinstance(command, Atomic | Sequence):
            waiting += reversed(command.commands)
        if not isinstance(command, Status | Results):
            yield command


def _verb(command: Command) -> str:
    return f"Alert {command.code.value}" if isinstance(command, Alert) else command.verb.value


def _uri(command: Command) -> str:
    items = getattr(command, "items", ())
    uris = [item.target or item.source or "" for item in items]
    return uris[0] if len(uris) == 1 else f"({len(uris)} Items)" if uris else ""


def _result(item: Item) -> tuple[str, str]:
    data = item.data
    text = many(len(data), "octet") if isinstance(data, bytes) else item.text
    return item.source or item.target or "", text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
