"""What one run shows to each side: what it heard, what it takes for done, and what state is left.

Two runs are compared by these values, never by their octets alone: nonces, proofs and numbers of commands are left
out, so what differs is what somebody could act upon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dmkit.session.events import (
    Aborted,
    Discarded,
    Ended,
    Executed,
    JobFailed,
    Learned,
    Refused,
    Step,
    Unreadable,
)
from dmkit.views.notation import write_command
from dmkit.views.transcript import Transcript
from dmkit.words.model import Alert, Atomic, Command, Message, Results, Sequence, Status

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.server.server import Server

__all__ = ["FACETS", "Seen", "content", "facets", "observe"]

FACETS: Final = ("rights", "nodes", "values", "work done", "reports", "nonces", "names", "versions")
"""Parts of the state, what weighs most first: who may, which nodes there are, what they hold, what was executed,
reports that were told or wait, the nonces of both accounts, titles, version numbers and times."""

State = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """One run.

    ``received`` is what each side was told, ``answers`` what of that were Statuses of its own commands; ``ended`` how
    each of its sessions ended; ``device`` and ``server`` are states by facet.
    """

    received: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, tuple[str, ...]]
    ended: Mapping[str, str]
    outcomes: tuple[tuple[str, int], ...]
    results: tuple[str, ...]
    remarks: Mapping[str, tuple[str, ...]]
    device: State
    server: State
    octets: int
    trips: int
    talk: Any = field(compare=False, repr=False)
    wire: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether both sides came to the end of every session as it should be."""
        return set(self.ended.values()) <= {"DONE"}

    @property
    def done(self) -> frozenset[tuple[int, str]]:
        """The commands that were done, by what the server learned, and the jobs."""
        good = [what for what, status in self.outcomes if 200 <= status < 300 or status == 304]
        good += ["job" for text in self.results if text.startswith("done")]
        return frozenset((good[:n].count(what), what) for n, what in enumerate(good))


def content(command: Command) -> str:
    """A command without what numbers it: what its receiver may act upon."""
    if isinstance(command, Status):
        chal = None if command.chal is None else msgspec.structs.replace(command.chal, next_nonce=None)
        return write_command(msgspec.structs.replace(command, cmd_id="", cmd_ref="0", msg_ref="0", chal=chal))
    if isinstance(command, Results):
        return write_command(msgspec.structs.replace(command, cmd_id="", cmd_ref="0", msg_ref="0"))
    if isinstance(command, Atomic | Sequence):
        inner = "; ".join(map(content, command.commands))
        return f"{command.verb.value} [{inner}]"
    return write_command(msgspec.structs.replace(command, cmd_id=""))


def _message(message: Message) -> str:
    header = message.header
    parts = [f"proof {header.cred.meta.type if header.cred.meta else '?'}"] if header.cred is not None else []
    if header.meta is not None:
        parts += [f"{name} {value}" for name in ("max_msg_size", "max_obj_size")
                  if (value := getattr(header.meta, name)) is not None]  # fmt: skip
    parts += [f"RespURI {header.resp_uri}"] if header.resp_uri else []
    parts += map(content, message.commands)
    return "; ".join([*parts, *(["Final"] if message.final else [])])


def observe(talks: Iterable[Transcript], device: Device, server: Server, unsent: Iterable[Alert] = ()) -> Seen:
    """What the sessions ``talks`` showed, and what they left behind."""
    talks = tuple(talks)
    received: dict[str, list[str]] = {"device": [], "server": []}
    answers: dict[str, list[str]] = {"device": [], "server": []}
    remarks: dict[str, list[str]] = {"device": [], "server": []}
    ended: dict[str, str] = {}
    outcomes: list[tuple[str, int]] = []
    did: list[str] = []
    for number, talk in enumerate(talks, 1):
        for line in talk:
            other = "server" if line.sender == "client" else "device"
            received[other].append(_message(line.message) if line.message is not None else "unreadable")
            if line.message is not None:
                answers[other] += _answers(line.message)
        for side, event in _events(talk.steps):
            ended |= _end(side, number, event)
            if isinstance(event, Refused | Discarded | Unreadable | Aborted | JobFailed):
                remarks[side].append(f"{type(event).__name__}: {event}")
            elif isinstance(event, Learned) and side == "server":
                outcomes.append(_outcome(event.outcome))
            elif isinstance(event, Executed) and side == "device":
                if event.command.verb.value == "Exec" and event.outcome.ok:
                    did.append(content(event.command))
                elif event.command.verb.value == "Alert":
                    did.append("question")
    lines = tuple(line for talk in talks for line in talk)
    return Seen(
        {side: tuple(texts) for side, texts in received.items()},
        {side: tuple(sorted(texts)) for side, texts in answers.items()},
        ended,
        tuple(outcomes),
        tuple(_result(result) for result in server.results),
        {side: tuple(texts) for side, texts in remarks.items()},
        facets(device, did, unsent),
        _known(server),
        sum(line.size for line in lines),
        sum(line.sender == "client" for line in lines),
        talks,
        tuple(_message(line.message) if line.message is not None else "unreadable" for line in lines),
    )


def _answers(message: Message) -> Iterator[str]:
    """The Statuses of a message that say what became of something; 213 and those of Alert 1222 only go on."""
    for command in message.commands:
        if isinstance(command, Status) and int(command.code) != 213:
            items = "".join(f" ({item.text})" for item in command.items if item.data is not None)
            if not (command.cmd == "Alert" and int(command.code) == 200) and not command.is_header:
                yield f"{command.cmd} {int(command.code)}{items}"
            elif command.is_header:
                code = int(command.code)
                yield f"header {'good' if code in (200, 212) else code}"


def _events(steps: Iterable[Step]) -> Iterator[tuple[str, Any]]:
    for step in steps:
        for event in step.events:
            yield ("device" if step.party == "client" else "server"), event


def _end(side: str, number: int, event: object) -> dict[str, str]:
    if isinstance(event, Ended):
        return {f"{side} {number}": "DONE" if event.well else event.why or "not well"}
    return {}


def _outcome(outcome: Any) -> tuple[str, int]:
    command = outcome.command
    if isinstance(command, Atomic | Sequence):
        what = command.verb.value
    else:
        items = getattr(command, "items", ())
        target = items[0].target or items[0].source if items else ""
        what = f"{command.verb.value} {target or ''}".strip() if command is not None else "?"
    return what, int(outcome.status) if outcome.status is not None else 0


def _result(result: Any) -> str:
    if not result.done:
        return f"failed: {result.job}: {result.why}"
    return f"done: {result.job}: {_plain(result.result)}"


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if hasattr(value, "status") and hasattr(value, "results"):
        parts = "; ".join(item.text for item in (*value.results, *value.items) if item.data is not None)
        below = "".join(map(_plain, value.parts))
        return f"{int(value.status) if value.status else 'no answer'}({parts}){below}"
    return repr(value)


def facets(device: Device, did: Iterable[str] = (), unsent: Iterable[Alert] = ()) -> State:
    """The state of a device by ``FACETS``; nonces are only counted (what matters is whether both sides agree)."""
    nodes: dict[str, str] = {}
    values: dict[str, Any] = {}
    rights: dict[str, str] = {}
    names: dict[str, str] = {}
    versions: dict[str, tuple[int, Any]] = {}
    for uri, node in device.tree.walk():
        nodes[uri] = node.format
        values[uri] = (node.value, node.type)
        rights[uri] = str(node.acl)
        names[uri] = str(node.title)
        versions[uri] = (node.verno, node.tstamp)
    reports = sorted(str(entry.what) for entry in device.agenda) + [content(alert) for alert in unsent]
    return {
        "rights": rights,
        "nodes": nodes,
        "values": values,
        "work done": tuple(did),
        "reports": tuple(reports),
        "names": names,
        "versions": versions,
    }


def _known(server: Server) -> State:
    return {
        "reports": tuple(f"{device} {content(event.alert)} {int(event.status)}" for device, event in server.alerts
                         if int(event.alert.code) in (1224, 1226)),
        "values": {device: dict(info) for device, info in server.devices.items()},
        "work done": tuple(result.job for result in server.results if result.done),
    }  # fmt: skip
