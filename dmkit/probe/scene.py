"""What a verdict rule looks at, and what it can find: the last message of a peer, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dmkit.probe.changes import element_of
from dmkit.probe.exchanged import PeerMessage, Sent
from dmkit.probe.persona import Persona
from dmkit.probe.tls import HandshakeShown
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Command, Element, Item, Results, Status

__all__ = [
    "CONTROL",
    "Broken",
    "Finding",
    "Rule",
    "Scene",
    "Unsure",
    "alerts_of",
    "answers",
    "codes_of",
    "commands_of",
    "listed",
    "places",
    "results_of",
    "same_place",
    "same_uri",
    "which",
    "wishes",
]


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule is broken, in a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """It cannot be told, and why; ``lacks`` when the peer has declared that it cannot do what is needed."""

    why: str
    lacks: bool = False


Finding = Broken | Unsure | None
"""What a rule finds; None: it holds."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rule looks at: us, the last message of the peer, and what came in its place where none did.

    ``silent``: it let the time pass, or is known to want nothing more.  ``refused``: the status of the transport, 0
    for none.  ``shown``: what a TLS handshake showed.  ``because``: why nothing came, where a driver knows it.
    """

    us: Persona
    silent: bool = False
    refused: int = 0
    known_over: bool = False
    shown: HandshakeShown | None = None
    because: str = ""

    @property
    def nothing(self) -> str:
        """That nothing came, and why."""
        return f"nothing came{f': {self.because}' if self.because else ''}"

    @property
    def received(self) -> PeerMessage | None:
        """The answer to our last message."""
        return None if self.silent or self.refused else self.us.reply

    @property
    def last(self) -> Sent | None:
        """Our last message."""
        return self.us.sent[-1] if self.us.sent else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: ``says`` is its sentence, {0} its arguments; ``needs`` whether it wants a message of the peer."""

    says: str
    holds: Callable[[Scene, str], Finding]
    needs: bool = True


def codes_of(text: str) -> Callable[[int], bool]:
    """``200 2xx !405``: any of these, none of those."""
    wanted = [word for word in text.split() if not word.startswith("!")]
    unwanted = [word[1:] for word in text.split() if word.startswith("!")]

    def fits(code: int, word: str) -> bool:
        return str(code)[0] == word[0] if word.endswith("xx") else str(code) == word

    return lambda code: (not wanted or any(fits(code, w) for w in wanted)) and not any(fits(code, w) for w in unwanted)


def commands_of(scene: Scene) -> tuple[Command, ...]:
    """What the peer owes a Status for: the commands of our last message."""
    return scene.last.commands if scene.last else ()


def which(scene: Scene, what: str) -> Command | None:
    """Our command that ``what`` names: a verb, a verb with its number (``Get[2]``), or a target."""
    mine = commands_of(scene)
    match = re.fullmatch(r"([A-Z][A-Za-z]+)(?:\[(\d+)\])?", what)
    if match is None:
        return next((c for c in mine if any(i.target == what for i in getattr(c, "items", ()))), None)
    found = [c for c in mine if c.verb.value == match[1]]
    number = int(match[2] or 1)
    return found[number - 1] if len(found) >= number else None


def answers(scene: Scene, command: Command | None) -> Iterator[Status]:
    """The Statuses of the peer for ``command`` of our last message; None: for its header."""
    received, last = scene.received, scene.last
    if received is None or last is None:
        return
    for status in received.statuses():
        if command is None:
            if status.is_header:
                yield status
        elif status.cmd_ref == command.cmd_id and status.msg_ref == last.message.header.msg_id:
            yield status


def listed(codes: str) -> str:
    """Codes as a sentence names them."""
    return " or ".join(w if not w.startswith("!") else f"anything but {w[1:]}" for w in codes.split())


def places(scene: Scene, path: str) -> list[Element] | Unsure:
    """The elements of the last message that ``path`` names; ``*`` is any."""
    received = scene.received
    assert received is not None
    try:
        found = [element_of(received.packet)]
    except CodecError as error:
        return Unsure(f"its elements cannot be read: {error}")
    for step in path.split("/"):
        found = [child for element in found for child in element.children
                 if isinstance(child, Element) and (step == "*" or child.name == step)]  # fmt: skip
    return found


def alerts_of(scene: Scene) -> list[Alert]:
    """The Alerts of the last message."""
    commands = scene.received.message.commands if scene.received else ()
    return [c for c in commands if isinstance(c, Alert)]


CONTROL: Final = frozenset({1222, 1223, 1225})


def wishes(scene: Scene) -> list[Command]:
    """Commands of the peer other than answers and alerts of control."""
    commands = scene.received.message.commands if scene.received else ()
    return [c for c in commands if not isinstance(c, Status | Results)
            and not (isinstance(c, Alert) and c.code in CONTROL)]  # fmt: skip


def results_of(scene: Scene) -> list[Item]:
    """The Items of all Results of the last message."""
    commands = scene.received.message.commands if scene.received else ()
    return [item for c in commands if isinstance(c, Results) for item in c.items]


def same_place(one: str | None, other: str) -> bool:
    """Whether two addresses name one node, whatever is asked of it."""
    return (one or "").removeprefix("./").partition("?")[0] == other.removeprefix("./").partition("?")[0]


def same_uri(one: str, other: str) -> bool:
    """Whether two addresses are the same, but for ./ in front."""
    return one.removeprefix("./") == other.removeprefix("./")
