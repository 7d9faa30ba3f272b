"""Goals of the explorer: what counts as a breach, and when a move has come to one.

>>> GOALS["twice"]
'the device did a thing more often than the server wanted it'
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmkit.attack import knowledge as kn
from dmkit.attack.engines import Engines
from dmkit.attack.listener import UNSOUND
from dmkit.attack.places import WANT, EngineStep, Phone, SearchState, ServerStanding

__all__ = ["ENOUGH", "GOALS", "GoalChecker"]

GOALS: Final = {
    "foreign command": "the device did what no server wanted",
    "twice": "the device did a thing more often than the server wanted it",
    "false report believed": "the server books the job as done, and on the device it is not",
    "impersonated": "the server took the attacker for the device",
    "learned by asking": "a password went to whoever asked for it, or listened",
    "unasked session": "the device set out for a session that its server had not asked for",
    "led away": "a message of the device went to another host",
    "worn out": "the device said more messages in one session than honest work needs",
    "disagree": "the server gave the job up, and the device had done it",
    "unsound": "an honest side said what the invariants of conversations (I1 to I14) do not allow",
}
"""What counts as a breach.  The last two are asked for by name.  ``disagree`` needs no more than lost messages,
whatever the design: two parties that talk over a line that loses cannot both be sure of the last word.  ``unsound``
has the oracle judge whatever is said, and takes longer."""

ENOUGH: Final = 12
"""More messages than this from the device in one session count as worn out."""
_DID: Final = ("Replace", *WANT)


class GoalChecker:
    """Looks at each move between two places of ``engines``; ``listens``: the attacker reads the connection.

    ``bad_server``: the server is the attacker's, so that nothing it wants is foreign.
    """

    def __init__(self, engines: Engines, *, listens: bool, bad_server: bool) -> None:
        self.engines, self.listens, self.bad_server = engines, listens, bad_server

    def seen(
        self, before: SearchState, after: SearchState, packet: int, done: EngineStep, own: bool
    ) -> tuple[tuple[str, str], ...]:
        """Goals that the step from ``before`` to ``after`` reached, each with what was reached."""
        return tuple(dict.fromkeys(self._seen(before, after, packet, done, own)))

    def _seen(
        self, before: SearchState, after: SearchState, packet: int, done: EngineStep, own: bool
    ) -> Iterator[tuple[str, str]]:
        was: Phone = self.engines.phones.values[before.phone]
        phone: Phone = self.engines.phones.values[after.phone]
        if len(phone.did) > len(was.did) and not self.bad_server:
            yield from self._obeyed(phone, len(was.did), self.engines.desks.values[after.server])
        for note in done.notes:
            if note.startswith(UNSOUND):
                yield "unsound", note.removeprefix(UNSOUND)
            if note == "done" and _DID not in phone.did:
                yield "false report believed", "the server books its job as done; the device did not do it"
            if note == "failed" and _DID in phone.did:
                yield "disagree", "the device did the job, and the server gave it up"
            if note in ("let in", "gives work") and own and not self._is_real(packet, before):
                yield "impersonated", "the server took the attacker for the device"
        reply = self.engines.packets.values[done.reply] if done.reply >= 0 else None
        if reply is not None and (own or self.listens):
            who = kn.basic_secret(reply, self._secrets)
            if who:
                yield "learned by asking", f"the password of {who} stands in the credentials"
        if reply is not None and kn.EVIL in reply.to:
            yield "led away", f"a message went to {reply.to}"
        if any(session.msg_id > ENOUGH for session in phone.sessions):
            yield "worn out", f"more than {ENOUGH} messages in one session"
        if phone.opened > phone.asked:
            yield "unasked session", f"{phone.opened} sessions set out for, {phone.asked} asked for"

    def _obeyed(self, phone: Phone, since: int, desk: ServerStanding) -> Iterator[tuple[str, str]]:
        for what in phone.did[since:]:
            wanted, happened = desk.issued.count(what), phone.did.count(what)
            if not wanted:
                yield "foreign command", f"{what[0]} {what[1]} was done, and nobody wanted it"
            elif happened > wanted:
                yield "twice", f"{what[0]} {what[1]} was wanted {wanted}x and done {happened}x"

    @property
    def _secrets(self) -> tuple[str, ...]:
        pairs = [(account.client, account.server) for account in self.engines.device.accounts]
        return tuple(c.secret for pair in pairs for c in pair if c is not None and c.secret)

    def _is_real(self, packet: int, before: SearchState) -> bool:
        """True for what the device said and the server has not taken yet: who brings it late takes nobody's place."""
        desk: ServerStanding = self.engines.desks.values[before.server]
        return packet in self.engines.from_device and packet not in desk.took
