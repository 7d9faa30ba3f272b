"""A device that asks its owner before others read what is personal: applications, contacts, places.

Which data want an answer is nothing that the protocol carries [RD §6, R-011, R-087, R-091]; here it is a table of the
device, ``Private`` rows by URI.  Before a server reads at or below such a place, the owner is asked in words that name
the server, the data, what it means for privacy and what becomes of the warranty; where ``pin`` stands, he proves
himself.  Nobody is asked for nothing [R-084]: not when the lists refuse the server anyway, not again while an answer is
in force.  The whole is a PROPOSAL.

>>> from dmkit.words.question import person
>>> phone = Careful.example(user=person(lambda question: False))
>>> phone.private = {"./Vendor/Acme": Private("what it is called", "others learn the name", "no effect")}
>>> phone.owner_allows("com.mgmtsrv.manage", "./Vendor/Acme", 0.0)
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dmkit.device.device import Device
from dmkit.tree.policy import Decision
from dmkit.tree.uri import parse
from dmkit.words.checked import checked
from dmkit.words.codes import AlertCode, Verb
from dmkit.words.model import Alert, Atomic, Command, Get, Sequence
from dmkit.words.ranges import Seconds

if TYPE_CHECKING:
    from dmkit.tree.execute import Execution
    from dmkit.tree.policy import Policy
    from dmkit.tree.tree import Tree

__all__ = ["BASIS", "Careful", "Private"]

BASIS: Final = "PROPOSAL: a table of private places and a question in front; DM 1.2 says that, not how"


@checked
@dataclass(frozen=True, slots=True)
class Private:
    """What is said before data are read: ``what`` they are, what reading means for privacy, and for the warranty.

    ``pin`` is what the owner has to type, empty for a plain yes; an answer is in force for ``seconds``.
    """

    what: str
    """What the data are."""
    privacy: str
    """What reading them means for privacy."""
    warranty: str
    """And for the warranty."""
    pin: str = ""
    seconds: Seconds = 86_400.0

    def question(self, server: str) -> Alert:
        """The question, plain about all of it."""
        text = f"{server} wants to read {self.what}. Privacy: {self.privacy}. Warranty: {self.warranty}."
        if self.pin:
            return Alert.of(AlertCode.TEXT_INPUT, "ET=P&IT=N", f"{text} Your PIN, if you agree")
        return Alert.of(AlertCode.CONFIRM, None, f"{text} Do you agree?")


class Careful(Device):
    """A device with ``private`` places; all else is that of ``Device``."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.private: Mapping[str, Private] = {}
        self.answers: dict[tuple[str, str], tuple[bool, float]] = {}

    def execute(self, commands: tuple[Command, ...], by: str, now: float, *, policy: Policy | None = None) -> Execution:
        """As a device does, behind the questions that the commands make necessary."""
        base = policy or self.rules.policy
        for place in self.private:
            if any(self._reads(command, place) for command in _flat(commands)) and _may(base, self.tree, by, place):
                self.owner_allows(by, place, now)

        def careful(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
            place = next((one for one in self.private if _within(uri, one)), None)
            if verb is Verb.GET and place is not None and not self._answer(server, place, now):
                return Decision(False, place, "the owner has not agreed")
            return base(tree, server, verb, uri)

        return super().execute(commands, by, now, policy=careful)

    def owner_allows(self, server: str, place: str, now: float) -> bool:
        """Whether the owner lets ``server`` read ``place``: his answer in force, or the one he gives now."""
        known = self._answer(server, place, now)
        if known is not None:
            return known
        private = self.private[place]
        outcome = self.user(private.question(server))
        agreed = outcome.ok and (not private.pin or outcome.text == private.pin)
        self.answers[server, place] = (agreed, now + private.seconds)
        return agreed

    def withdraw(self, server: str, place: str) -> None:
        """The owner takes his answer back; the next to ask is answered anew."""
        self.answers.pop((server, place), None)

    def _answer(self, server: str, place: str, now: float) -> bool | None:
        agreed, until = self.answers.get((server, place), (False, float("-inf")))
        return agreed if now < until else None

    def _reads(self, command: Command, place: str) -> bool:
        if not isinstance(command, Get):
            return False
        for item in command.items:
            uri, _, query = (item.target or "").partition("?")
            at = uri if uri.startswith(".") else f"./{uri}"
            if _within(at, place) or (query.startswith("list=") and _within(place, at)):
                return True
        return False


def _flat(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    found: list[Command] = []
    for command in commands:
        found += _flat(command.commands) if isinstance(command, Atomic | Sequence) else (command,)
    return tuple(found)


def _may(policy: Policy, tree: Tree, server: str, place: str) -> bool:
    return tree.find(parse(place).path) is not None and bool(policy(tree, server, Verb.GET, place))


def _within(uri: str, place: str) -> bool:
    return place == "." or f"{uri}/".startswith(f"{place}/")
