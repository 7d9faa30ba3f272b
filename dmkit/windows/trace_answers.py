"""Which Status and which Results of a trace answer which command."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import field
from operator import itemgetter
from typing import TypeAlias

from dmkit.windows.alerts import scope_of
from dmkit.windows.answers import noted_of_targets
from dmkit.windows.entries import segments_of
from dmkit.windows.fates import Told, TraceMessage, TraceStatus
from dmkit.wire.codec import codec_for
from dmkit.wire.document import read_all
from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Command, Element, Item, Message, Results, Status, flatten
from dmkit.words.records import dataclass

__all__ = ["TraceAnswers", "answers_of", "certain_cause"]

Key: TypeAlias = tuple[str, str, str]


@dataclass(slots=True)
class TraceAnswers:
    """Messages that could be read, and by sender, MsgID and CmdID what answers them."""

    lines: list[tuple[TraceMessage, Message]] = field(default_factory=list)
    answers: dict[Key, deque[TraceStatus]] = field(default_factory=dict)
    results: dict[Key, list[Item]] = field(default_factory=dict)
    loose: dict[tuple[str, str, str], deque[TraceStatus]] = field(default_factory=dict)
    unreadable: list[tuple[int, str, str]] = field(default_factory=list)
    shared: set[Key] = field(default_factory=set)
    """What several commands of one message are answered by: they have the same CmdID."""
    scopes: list[tuple[int, str]] = field(default_factory=list)
    """The number of a message of the client, and for whose settings it says that the session is."""
    noted: dict[int, frozenset[str]] = field(default_factory=dict)
    ended: dict[str, tuple[int, Alert]] = field(default_factory=dict)
    answered: dict[str, tuple[int, Status]] = field(default_factory=dict)
    last: dict[str, tuple[int, Message]] = field(default_factory=dict)
    """By sender: the last alert that ended the session, the last Status of a command, the last message."""

    def taken(self, key: Key) -> tuple[TraceStatus, ...]:
        """The Statuses of a command; of one that shares its CmdID, the next of those that are left."""
        found = self.answers.get(key)
        if not found:
            return ()
        return (found.popleft(),) if key in self.shared else tuple(found)

    def around(self, line: TraceMessage) -> frozenset[str]:
        """What the reader of ``line`` noted of addresses of Items."""
        return self.noted.get(id(line), frozenset())

    def later(self, sender: str, number: int) -> tuple[Command, ...]:
        """The last command that ended the session, and the last Status, that ``sender`` said behind a line."""
        found = (self.ended.get(sender), self.answered.get(sender))
        return tuple(one[1] for one in found if one is not None and one[0] > number)

    def hear(self, line: TraceMessage, message: Message) -> None:
        """Remember what a message says of those around it."""
        self.lines.append((line, message))
        self.noted[id(line)] = noted_of_targets(message.deviations)
        self.last[line.sender] = (line.number, message)
        for command in message.commands:
            if isinstance(command, Status) and not command.is_header:
                self.answered[line.sender] = (line.number, command)
            elif isinstance(command, Alert):
                if command.code == AlertCode.SESSION_ABORT:
                    self.ended[line.sender] = (line.number, command)
                if line.sender == "client" and (scope := scope_of(command)):
                    self.scopes.append((line.number, scope))


@asked
def answers_of(messages: Iterable[TraceMessage]) -> TraceAnswers:
    """What could be read of ``messages``, and what answers what."""
    trace = TraceAnswers()
    last = {"client": "", "server": ""}
    for line in messages:
        try:
            message = codec_for(line.media_type, line.body).decode(line.body, lenient=True)
        except CodecError as error:
            trace.unreadable.append((line.number, line.sender, str(error)))
            continue
        trace.hear(line, message)
        numbers = Counter(c.cmd_id for c in flatten(message.commands) if not isinstance(c, Status | Results))
        other = "server" if line.sender == "client" else "client"
        trace.shared.update((other, message.header.msg_id, number) for number, times in numbers.items() if times > 1)
        originals = iter(_originals(line.body))
        for command in message.commands:
            if isinstance(command, Status):
                text = "; ".join(item.text for item in command.items if item.text)
                target = command.target_refs[0] if len(command.target_refs) == 1 else ""
                answer = TraceStatus(line.number, command.code, next(originals, ""), target, text)
                ref = command.msg_ref or last["server" if line.sender == "client" else "client"]
                if command.is_header:
                    continue
                if command.cmd_ref:
                    trace.answers.setdefault((line.sender, ref, command.cmd_ref), deque()).append(answer)
                else:
                    trace.loose.setdefault((line.sender, ref, command.cmd), deque()).append(answer)
            elif isinstance(command, Results):
                key = (line.sender, command.msg_ref or "1", command.cmd_ref or "")
                trace.results.setdefault(key, []).extend(command.items)
        last[line.sender] = message.header.msg_id
    return trace


def _originals(body: bytes) -> list[str]:
    """What stands in ``originalerror`` of each Status, in order; empty where there is none."""
    if b"originalerror" not in body.lower():
        return []
    try:
        root = read_all(body, lenient=True)[0].root
    except CodecError:
        return []
    found = []
    for inside in (root, *(child for child in root.children if isinstance(child, Element))):
        for status in inside.find("Status"):
            attributes = [pair for child in status.find("Data") for pair in (*child.attrs, *status.attrs)]
            found.append(next((v.strip() for k, v in attributes if k.lower().endswith("originalerror")), ""))
    return found


@asked
def certain_cause(
    told: Told, command: Command, code: int, line: TraceMessage, trace: TraceAnswers
) -> tuple[list[str], str]:
    """A cause that the trace itself shows, so that others need not be guessed, and where to look."""
    if told.sender != "server":
        return [], ""
    if code == 400 and not command.cmd_id:
        return ["the command has no CmdID"], "the command as it was sent: dmkit lint"
    if code == 405 and told.uri:
        before = bisect_left(trace.scopes, line.number, key=itemgetter(0))
        scope = trace.scopes[before - 1][1] if before else ""
        own = "user" if segments_of(told.uri)[:1] in (("User",), ("user",)) else "device"
        if scope and scope not in (own, "mixed"):
            return [f"the session is for the {scope}'s settings, the node is one of the {own}"], (
                f"a session whose alert com.microsoft.mdm.synctype says {own} or mixed")  # fmt: skip
    return [], ""
