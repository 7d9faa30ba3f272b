"""Verdict rules about answers: Statuses, refusals, silence, the end of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmkit.probe.scene import (
    Broken,
    Finding,
    Rule,
    Scene,
    Unsure,
    alerts_of,
    answers,
    codes_of,
    commands_of,
    listed,
    same_uri,
    which,
    wishes,
)
from dmkit.words.model import Status, flatten

__all__ = ["ANSWERS"]


def _status(scene: Scene, text: str) -> Finding:
    what, _, codes = text.partition(" ")
    command = None if what == "SyncHdr" else which(scene, what)
    if what != "SyncHdr" and command is None:
        return Unsure(f"{what} was not asked")
    found = list(answers(scene, command))
    if not found:
        return Unsure(f"no Status for {what} came")
    fits = codes_of(codes)
    wrong = next((status for status in found if not fits(status.code)), None)
    if wrong is None:
        return None
    return Broken(f"Status {wrong.code.value} for {what}; {listed(codes)} would be right")


def _answered(scene: Scene, text: str) -> Finding:
    """Header and every command of ours has its Status, with its name."""
    last = scene.last
    assert last is not None
    received = scene.received
    assert received is not None
    if not any(answers(scene, None)):
        return Broken("no Status for our header")
    for command in commands_of(scene):
        found = list(answers(scene, command))
        if not found:
            return Broken(
                f"no Status for {command.verb.value} (CmdID {command.cmd_id} of message {last.message.header.msg_id})"
            )
        if found[0].cmd != command.verb.value:
            return Broken(f"the Status for {command.verb.value} calls it {found[0].cmd!r}")
    return None


def _first(scene: Scene, text: str) -> Finding:
    commands = scene.received.message.commands if scene.received else ()
    if not any(isinstance(c, Status) and c.is_header for c in commands):
        return Unsure("no Status for our header came")
    first = commands[0]
    if not (isinstance(first, Status) and first.is_header):
        return Broken(f"{first.verb.value} stands before the Status for our header")
    return None


def _references(scene: Scene, text: str) -> Finding:
    received, last = scene.received, scene.last
    assert received is not None
    assert last is not None
    known = {sent.message.header.msg_id: {c.cmd_id for c in flatten(sent.message.commands)} for sent in scene.us.sent}
    for status in received.statuses():
        if status.msg_ref not in known:
            return Broken(f"a Status names message {status.msg_ref or 'nothing'}; we sent {', '.join(known)}")
        if status.is_header:
            if status.cmd_ref not in (None, "0"):
                return Broken(f"the Status for our header has CmdRef {status.cmd_ref}; 0 would be right")
        elif status.cmd_ref not in known[status.msg_ref]:
            return Broken(f"a Status names command {status.cmd_ref} of message {status.msg_ref}, which had none")
    return None if received.statuses() else Unsure("no Status came")


def _ordered(scene: Scene, text: str) -> Finding:
    received = scene.received
    assert received is not None
    last = scene.last
    refs = [int(s.cmd_ref or 0) for s in received.statuses()
            if last and s.msg_ref == last.message.header.msg_id and (s.cmd_ref or "0").isdigit()]  # fmt: skip
    if len(refs) < 2:
        return Unsure("fewer than two Statuses came")
    return None if refs == sorted(refs) else Broken(f"Statuses for commands {', '.join(map(str, refs))} in this order")


def _none_for(scene: Scene, text: str) -> Finding:
    received = scene.received
    assert received is not None
    found = next((s for s in received.statuses() if s.cmd == text), None)
    return None if found is None else Broken(f"Status {found.code.value} for {text}, which gets none")


def _item(scene: Scene, text: str) -> Finding:
    """The Status that holds for one Item of a command: its own, or the one for the whole command."""
    uri, _, codes = text.partition(" ")
    command = which(scene, uri)
    if command is None:
        return Unsure(f"{uri} was not asked")
    found = list(answers(scene, command))
    own = [s for s in found if any(same_uri(ref, uri) for ref in s.target_refs)] or [
        s for s in found if not s.target_refs
    ]
    if not own:
        return Unsure(f"no Status for {uri} came")
    fits = codes_of(codes)
    wrong = next((s for s in own if not fits(s.code)), None)
    return None if wrong is None else Broken(f"Status {wrong.code.value} for {uri}; {listed(codes)} would be right")


def _statuses_only(scene: Scene, text: str) -> Finding:
    commands = scene.received.message.commands if scene.received else ()
    bad = next((c for c in commands if not isinstance(c, Status)), None)
    return None if bad is None else Broken(f"{bad.verb.value} stands beside the refusal")


def _refusal(scene: Scene, text: str) -> Finding:
    """The message was not taken: by the transport, or by a Status of 400 and more for header or a command."""
    if scene.refused:
        return (
            None
            if 400 <= scene.refused < 500 or scene.refused == 503
            else Broken(f"the transport answers {scene.refused}")
        )
    if scene.silent:
        return Unsure(scene.nothing)
    assert scene.received is not None
    status = next((s for s in scene.received.statuses() if s.code >= 400), None)
    if status is not None:
        return None
    return (
        None
        if any(a.code == 1223 for a in alerts_of(scene))
        else Broken("the message was taken: no Status of 400 or more")
    )


def _alive(scene: Scene, text: str) -> Finding:
    """Whatever it is, it is an answer: a message, or a refusal that is no error of the peer itself."""
    if scene.refused >= 500 and scene.refused != 503:
        return Broken(f"the transport answers {scene.refused}")
    return Unsure(scene.nothing) if scene.silent else None


def _over(scene: Scene, text: str) -> Finding:
    """Nothing more comes, or nothing that asks for an answer."""
    if scene.silent or scene.refused:
        return None if scene.us.received else Unsure("nothing came at all")
    received = scene.received
    assert received is not None
    if scene.us.role == "server":
        return Broken(f"message {received.message.header.msg_id} came, where the session is over")
    found = wishes(scene)
    if found:
        return Broken(f"{found[0].verb.value} came, where the session is over")
    return None if received.message.final else Broken("there is no Final, where the session is over")


def _goes_on(scene: Scene, text: str) -> Finding:
    if scene.silent:
        return Unsure(scene.nothing)
    return None


def _same_octets(scene: Scene, text: str) -> Finding:
    if len(scene.us.received) < 2:
        return Unsure("there is nothing to compare with")
    one, other = scene.us.received[-2:]
    if one.packet.body == other.packet.body:
        return None
    return Broken("the answer to the same octets is another message")


def _something(scene: Scene, text: str) -> Finding:
    """A message of a client says more than a good Status for the header."""
    commands = scene.received.message.commands if scene.received else ()
    rest = [c for c in commands if not (isinstance(c, Status) and c.is_header and c.code < 300)]
    return None if rest else Broken("its only content is a good Status for the header")


ANSWERS: Final[Mapping[str, Rule]] = {
    "status": Rule("a Status for {0}", _status),
    "answered": Rule("a Status for our header and for each of our commands, by number and name", _answered),
    "header first": Rule("the Status for our header stands first", _first),
    "references": Rule("each Status names a message and a command of ours", _references),
    "ordered": Rule("Statuses stand in the order of the commands", _ordered),
    "no status for": Rule("no Status for {0}", _none_for),
    "item": Rule("the Status that holds for {0}", _item),
    "statuses only": Rule("nothing stands beside the Statuses", _statuses_only),
    "refusal": Rule("the message is refused", _refusal, needs=False),
    "alive": Rule("there is an answer, or a refusal that is no error of the peer itself", _alive, needs=False),
    "over": Rule("the session is over", _over, needs=False),
    "goes on": Rule("an answer comes", _goes_on, needs=False),
    "same octets": Rule("the answer is the same, octet by octet", _same_octets),
    "something": Rule("the message says more than a good Status for the header", _something),
}
"""The word -> what it asks for."""
