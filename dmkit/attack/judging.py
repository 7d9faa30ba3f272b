"""Goals of the explorer: what counts as a breach, and when a move has come to one.

>>> GOALS["twice"]
'the device did a thing more often than the server wanted it'
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from dmkit.attack import knowledge as kn
from dmkit.attack.engines import Engines
from dmkit.attack.listener import UNSOUND
from dmkit.attack.places import WANT, EngineStep, Phone, SearchState, ServerStanding
from dmkit.words.counts import many

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


_Reached: TypeAlias = tuple[tuple[str, str], ...]


class _Standing(NamedTuple):
    """How often the device did something, and what was reached whatever comes next."""

    did: int
    breaches: _Reached


class _Told(NamedTuple):
    """What is reached by who hears a reply, and by its going where it goes."""

    asked: _Reached
    led: _Reached


_NOTHING_TOLD: Final = _Told((), ())


def _secrets_of(engines: Engines) -> tuple[str, ...]:
    pairs = [(account.client, account.server) for account in engines.device.accounts]
    return tuple(c.secret for pair in pairs for c in pair if c is not None and c.secret)


class GoalChecker:
    """Looks at each move between two places of ``engines``; ``listens``: the attacker reads the connection.

    ``bad_server``: the server is the attacker's, so that nothing it wants is foreign.
    """

    def __init__(self, engines: Engines, *, listens: bool, bad_server: bool) -> None:
        self.engines, self.listens, self.bad_server = engines, listens, bad_server
        self._secrets = _secrets_of(engines)  # of the accounts at the beginning: nobody here changes a password
        self._standings: dict[int, _Standing] = {}
        self._replies: dict[int, _Told] = {}
        self.from_device: set[int] = set()
        """Packets that the device has said."""

    def seen(self, before: SearchState, after: SearchState, packet: int, done: EngineStep, own: bool) -> _Reached:
        """Goals that the step from ``before`` to ``after`` reached, each with what was reached."""
        phone = self._standing(after.phone)
        told = self._told(done.reply) if done.reply >= 0 else _NOTHING_TOLD
        asked = told.asked if own or self.listens else ()
        obeyed = phone.did > self._standing(before.phone).did and not self.bad_server
        if not (phone.breaches or obeyed or done.notes or asked or told.led):
            return ()
        found = [*self._obeyed(before, after)] if obeyed else []
        found += self._noted(before, after, packet, done, own)
        return tuple(dict.fromkeys((*found, *asked, *told.led, *phone.breaches)))

    def _noted(
        self, before: SearchState, after: SearchState, packet: int, done: EngineStep, own: bool
    ) -> Iterator[tuple[str, str]]:
        phone: Phone = self.engines.phones.values[after.phone]
        for note in done.notes:
            if note.startswith(UNSOUND):
                yield "unsound", note.removeprefix(UNSOUND)
            if note == "done" and _DID not in phone.did:
                yield "false report believed", "the server books its job as done; the device did not do it"
            if note == "failed" and _DID in phone.did:
                yield "disagree", "the device did the job, and the server gave it up"
            if note in ("let in", "gives work") and own and not self._is_real(packet, before):
                yield "impersonated", "the server took the attacker for the device"

    def _standing(self, number: int) -> _Standing:
        """What the device's value ``number`` alone says."""
        found = self._standings.get(number)
        if found is None:
            phone: Phone = self.engines.phones.values[number]
            breaches: list[tuple[str, str]] = []
            if any(session.msg_id > ENOUGH for session in phone.sessions):
                breaches.append(("worn out", f"more than {ENOUGH} messages in one session"))
            if phone.opened > phone.asked:
                told = f"{many(phone.opened, 'session')} set out for, {phone.asked} asked for"
                breaches.append(("unasked session", told))
            found = self._standings[number] = _Standing(len(phone.did), tuple(breaches))
        return found

    def _told(self, number: int) -> _Told:
        """What a reply alone says."""
        found = self._replies.get(number)
        if found is None:
            reply = self.engines.packets.values[number]
            who = kn.basic_secret(reply, self._secrets)
            asked = (("learned by asking", f"the password of {who} stands in the credentials"),) if who else ()
            led = (("led away", f"a message went to {reply.to}"),) if kn.EVIL in reply.to else ()
            found = self._replies[number] = _Told(asked, led)
        return found

    def _obeyed(self, before: SearchState, after: SearchState) -> Iterator[tuple[str, str]]:
        phone: Phone = self.engines.phones.values[after.phone]
        desk: ServerStanding = self.engines.desks.values[after.server]
        since = self._standing(before.phone).did
        for what in phone.did[since:]:
            wanted, happened = desk.issued.count(what), phone.did.count(what)
            if not wanted:
                yield "foreign command", f"{what[0]} {what[1]} was done, and nobody wanted it"
            elif happened > wanted:
                yield "twice", f"{what[0]} {what[1]} was wanted {wanted}x and done {happened}x"

    def _is_real(self, packet: int, before: SearchState) -> bool:
        """True for what the device said and the server has not taken yet: who brings it late takes nobody's place."""
        desk: ServerStanding = self.engines.desks.values[before.server]
        return packet in self.from_device and packet not in desk.took
