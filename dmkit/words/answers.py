"""What each status means as the answer to each command, and where that is written.

A row is a code, a mark and a meaning: no mark when the table of the command in DMREPPRO lists the code, ``+`` when
only prose does (syncml sheet §8.1).  The tables guide; other codes remain legal.  [DMREPPRO §6.5.1, §6.6.1 to §6.6.14]

>>> print(reading(405, "Delete"))
405 Command not allowed: the root or a permanent node, or its AccessType has no Delete [DMREPPRO §6.6.5]
>>> reading(418, "Get") is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dmkit.words.codes import StatusCode, Verb
from dmkit.words.records import dataclass

__all__ = ["ANSWERS", "StatusReading", "reading"]

_OPEN: Final = """
401 not looked at: the credentials of its message were wrong
407 not looked at: its message had no credentials"""
_SKIPPED: Final = """
215 not executed: the user refused or cancelled, or what is around it failed"""
_UNDONE: Final = """
216 had been done, and was undone with its Atomic
516 had been done, and could not be undone: the server must repair"""
_STORED: Final = """
213 a piece is kept, nothing is stored yet: send the next
413 larger than MaxObjSize or than the node takes
414 the URI, a segment or the depth exceeds DevDetail/URI
420 no room for the value, the node or its access control list
424 the pieces do not add up to the Size announced; nothing is stored
425 the access control list has no {verb} for this server
500 failed for no better reason"""

# verb -> its section, and its rows
_TABLE: Final = {
    Verb.ADD: ("DMREPPRO §6.6.1", f"""{_OPEN}{_SKIPPED}{_UNDONE}{_STORED}
200 the node is there now
404 its parent is not there, and this device makes no parents
405 the parent is a leaf, or its AccessType has no Add
415 Type or Format is not taken, or serialised trees are not supported
418 the node is there already"""),
    Verb.REPLACE: ("DMREPPRO §6.6.11", f"""{_OPEN}{_SKIPPED}{_STORED}
200 the node has its new value
216 + had been done, and was undone with its Atomic
403 not now, for a reason other than rights
404 no such node
405 an interior node, a permanent name, or its AccessType has no Replace
406 + the property is not supported
415 Type or Format is not taken
418 renamed onto a sibling that is there
516 had been done, and could not be undone: the server must repair"""),
    Verb.DELETE: ("DMREPPRO §6.6.5", f"""{_OPEN}{_SKIPPED}{_UNDONE}
200 the node is gone, with all below it
403 not now, for a reason other than rights
404 no such node
405 the root or a permanent node, or its AccessType has no Delete
406 + properties are not deleted
414 the URI, a segment or the depth exceeds DevDetail/URI
425 the access control list has no Delete for this server
500 + failed for no better reason"""),
    Verb.COPY: ("DMREPPRO §6.6.4", f"""{_OPEN}{_SKIPPED}{_UNDONE}
200 the target has the value of the source
403 the target cannot take the Format or Type of the source
404 + the source, or the target, is not there
405 one of them is an interior node, or an AccessType forbids it
406 this device has no Copy
414 a URI, a segment or the depth exceeds DevDetail/URI
418 taken over from other SyncML: in DM the value of the target is overwritten
420 no room for the value
425 the access control list has no Get at the source, or no Replace at the target
500 failed for no better reason
510 the store failed"""),
    Verb.GET: ("DMREPPRO §6.6.7", f"""{_OPEN}{_SKIPPED}
200 the value follows in Results
404 no such node
405 + its AccessType has no Get, or it is the Inbox
406 the property or the listing is not supported
413 the value is larger than the server takes
414 the URI, a segment or the depth exceeds DevDetail/URI
415 the Type asked for is not there
425 the access control list has no Get for this server
500 inside Atomic, or failed for no better reason"""),
    Verb.EXEC: ("DMREPPRO §6.6.6", f"""{_OPEN}
200 done
202 begun: a Generic Alert will say how it ended
215 + not executed: the user refused or cancelled, or what is around it failed
403 not now, for a reason other than rights
404 no such node
405 there is nothing to execute, or its AccessType has no Exec
406 this device has no Exec
414 the URI, a segment or the depth exceeds DevDetail/URI
420 no room for what it makes
425 the access control list has no Exec for this server
500 failed for no better reason
510 the store failed"""),
    Verb.ALERT: ("DMREPPRO §6.6.2", f"""{_SKIPPED}{_UNDONE}
200 taken; a question: shown, yes, or the answer is in the Items
202 taken, and to be acted upon later
213 a piece of its data is kept: send the next
214 the user cancelled the question; the rest of the message is not executed
304 the user said No
401 not looked at: the credentials of its message were wrong
405 this alert is not permitted here
406 the alert, or asking the user, is not supported; a client event of no use
407 + not looked at: its message had no credentials
408 the user did not react within MAXDT
412 it lacks Items or parameters that it needs
415 nobody here knows a Generic Alert of this Type
416 the question cannot be displayed, such as too many choices
500 failed for no better reason"""),
    Verb.ATOMIC: ("DMREPPRO §6.6.3", f"""{_OPEN}{_SKIPPED}
200 all of its commands succeeded
406 this device has no Atomic
500 it stands inside an Atomic
507 one of its commands failed, and what was done is undone
517 the answers do not fit into one message, and what was done is undone"""),
    Verb.SEQUENCE: ("DMREPPRO §6.6.14", f"""{_OPEN}
200 begun: each of its commands says how it fared
215 + skipped as a whole
500 it stands inside an Atomic, or failed for no better reason"""),
    Verb.RESULTS: ("DMREPPRO §6.5.1", """
213 a piece is kept: send the next
400 + not understood
413 + larger than the server takes
415 + of a Type that the server does not take
424 + the pieces do not add up to the Size announced"""),
    Verb.SYNC_HDR: ("DMPRO §9.1", """
200 authenticated for this message only, or no proof was needed
212 authenticated until the session ends
400 + not understood, or out of turn
401 the proof is wrong, or too weak: try again with the challenge
407 a proof is missing: try again with the challenge
505 + the version of the DTD is not spoken here; the Items list those that are
513 + the version of the protocol is not spoken here; the Items list those that are"""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatusReading:
    """One status as the answer to one command; ``listed``: the command's table has it, not only prose."""

    code: StatusCode
    verb: Verb
    meaning: str
    listed: bool
    source: str

    def __str__(self) -> str:
        return f"{self.code.value} {self.code.phrase}: {self.meaning} [{self.source}]"


def _rows(verb: Verb, source: str, text: str) -> Mapping[StatusCode, StatusReading]:
    found: dict[StatusCode, StatusReading] = {}
    for line in text.strip().splitlines():
        number, _, meaning = line.partition(" ")
        code, listed = StatusCode(int(number)), not meaning.startswith("+ ")
        found[code] = StatusReading(code, verb, meaning.removeprefix("+ ").format(verb=verb.value), listed, source)
    return MappingProxyType(dict(sorted(found.items())))


ANSWERS: Final[Mapping[Verb, Mapping[StatusCode, StatusReading]]] = MappingProxyType(
    {verb: _rows(verb, source, text) for verb, (source, text) in _TABLE.items()}
)
"""Command -> status -> what it means there."""


def reading(code: int, verb: Verb | str) -> StatusReading | None:
    """What ``code`` means as the answer to ``verb``; None when no text speaks of it there."""
    return ANSWERS.get(Verb(verb), {}).get(StatusCode(code))
