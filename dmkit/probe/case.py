"""A case: what is said to a peer, step by step, and what is expected of it.  Made from data, changed by nobody.

>>> CaseStep(do="hello", but=("without SyncBody/Final",)).says()
'Package 1, in which SyncBody/Final is missing.'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from dmkit.probe import changes, pushes, rules, tls
from dmkit.words.checked import nearest
from dmkit.words.errors import ConfigError

__all__ = ["AXES", "DOES", "CaseStep", "ProbeCase"]

AXES: Final[Mapping[str, str]] = {
    "encoding": "what we write in, and want to be answered in",
    "auth": "how the device proves itself",
    "server_auth": "how the server proves itself",
    "commands": "how many commands stand in a message",
    "size": "the MaxMsgSize that we announce, in octets",
}
"""What a case may be varied in -> in a sentence."""

DOES: Final[Mapping[str, str]] = {
    "open": "Package 1, and what challenges ask for, until both sides are accepted",
    "hello": "Package 1",
    "answer": "The answer to all that was asked, and nothing else",
    "say": "The answer to all that was asked, and {commands}",
    "again": "The last message once more, octet by octet",
    "prepare": "Delete of {{node}}, then Add of it with a leaf a of value one",
    "close": "The answer to all that was asked, and the end of the session",
    "new": "A new session with another SessionID",
    "call": "The device is made to call once more",
    "other": "From here on we are the other device",
}
"""What a step does -> in a sentence."""


class CaseStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step: it either sends (``do``), or looks at what came (``expect``, ``given``, ``lacks``), or sets something.

    ``commands`` is in notation (``dmkit.views.notation``), ``but`` are changes of the message; ``status`` is said of
    the peer's header in place of the honest one.  ``follow`` false: a challenge is not followed.  ``when`` "received":
    only where there is something to be answered.  ``expect`` is a rule, ``or`` are others that do as well, ``tolerate``
    names deviations that are let pass.  ``given``: without it nothing can be told; ``lacks``: the peer declares by it
    that it has not what is needed.  ``push`` is a line of ``dmkit.probe.pushes``: what reaches the device outside of a
    session.  ``handshake`` is a row of ``dmkit.probe.tls.OFFERS``: what a TLS handshake is begun with.
    """

    do: str = ""
    commands: str = ""
    but: tuple[str, ...] = ()
    final: bool = True
    status: int | None = None
    follow: bool = True
    when: Literal["", "received"] = ""
    expect: str = ""
    or_: tuple[str, ...] = msgspec.field(default=(), name="or")
    tolerate: Mapping[str, str] = {}
    given: str = ""
    lacks: str = ""
    set: Mapping[str, str | int | bool | None] = {}
    push: str = ""
    handshake: str = ""

    def check(self) -> None:
        """ConfigError when a word of the step is none of the languages."""
        if self.do and self.do not in DOES:
            raise ConfigError(
                f"{self.do!r} is nothing that is done; there are {', '.join(DOES)}{nearest(self.do, DOES)}"
            )
        for line in self.but:
            changes.check_change(line)
        for rule in (self.expect, self.given, self.lacks, *self.or_, *self.tolerate.values()):
            if rule:
                rules.check_rule(rule)
        if self.push:
            pushes.check_push(self.push)
        if self.handshake:
            tls.check_offer(self.handshake)
        kinds = (self.do, self.push, self.handshake, self.expect, self.given, self.lacks, self.set)
        if sum(map(bool, kinds)) != 1:
            raise ConfigError("a step has one of do, push, handshake, expect, given, lacks and set")

    def says(self) -> str:
        """The step as a sentence of the test specification."""
        if self.do:
            sentence = DOES[self.do].format(commands=f"`{self.commands}`")
            notes = [changes.says(line) for line in self.but]
            if not self.final:
                notes.append("there is no Final")
            if self.status is not None:
                notes.append(f"the Status for the header of the peer is {self.status}")
            where = " (where something came)" if self.when else ""
            return f"{sentence}{', in which ' if notes else ''}{' and '.join(notes)}{where}."
        if self.push:
            return f"{pushes.says(self.push)}."
        if self.handshake:
            return f"A TLS handshake is begun; we offer {tls.OFFERS[self.handshake].says}."
        if self.set:
            return f"From here on: {', '.join(f'{name} {value}' for name, value in self.set.items())}."
        rule = self.expect or self.given or self.lacks
        sentence = rules.says(rule)
        sentence = " or ".join([sentence, *map(rules.says, self.or_)])
        if self.given:
            return f"Given that {sentence}; otherwise inconclusive."
        if self.lacks:
            return f"Not supported where {sentence}."
        let = "".join(f" Tolerated as *{name}*: {rules.says(other)}." for name, other in self.tolerate.items())
        return f"{sentence[0].upper()}{sentence[1:]}.{let}"


class ProbeCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case of a requirement; ``id`` is its address.

    ``title`` says its purpose, ``given`` its precondition in words, ``level`` what it may change on the peer (a row of
    ``peer.LEVELS``), ``vary`` the axes along which it is repeated, ``with_`` the values of this one.
    """

    row: str
    name: str
    title: str
    source: str
    steps: tuple[CaseStep, ...]
    side: Literal["server", "client"] = "server"
    precondition: str = ""
    level: Literal["read", "write", "destructive"] = "read"
    vary: Mapping[str, tuple[str | int, ...]] = {}
    needs: tuple[str, ...] = ()
    with_: Mapping[str, str | int] = msgspec.field(default={}, name="with")

    @property
    def id(self) -> str:
        """Side, row, name and the values of its axes.

        >>> ProbeCase("P-05", "answered", "", "DMPRO §6", (), with_={"encoding": "xml", "auth": "md5"}).id
        'server P-05 answered@xml,md5'
        """
        values = ",".join(str(value) for value in self.with_.values())
        return f"{self.side} {self.row} {self.name}{'@' + values if values else ''}"

    @property
    def script(self) -> str:
        """Its address without the values: what is written once and repeated."""
        return f"{self.side} {self.row} {self.name}"

    @property
    def is_pushed(self) -> bool:
        """Whether anything goes to the device outside of a session."""
        return any(step.push for step in self.steps)

    def check(self) -> None:
        """ConfigError when a step is none, or an axis."""
        for axis in {*self.vary, *self.with_}:
            if axis not in AXES:
                raise ConfigError(f"{self.script}: {axis!r} is no axis; there are {', '.join(AXES)}")
        for number, step in enumerate(self.steps, 1):
            try:
                step.check()
            except ConfigError as error:
                raise ConfigError(f"{self.script}, step {number}: {error}") from None
