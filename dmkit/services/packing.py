"""Steps as commands, packed so that each package of them fits into one message of the device where that can be.

A step leaves as one Atomic where it fits, else as several; a device without Atomic gets Sequences, one that knows
neither plain commands.  Exec, and a value that no message can hold, leave outside containers, so that the value can be
cut.  Every package ends with Gets of what it changes.  [DMPRO §7, DMREPPRO §6.6.3]

>>> from dmkit.services.plan import PlanStep, LeafWrite
>>> step = PlanStep("set up", ("mail",), (LeafWrite("./Mail/Host", None, "mx.example"),))
>>> [parcel] = pack([step], {}, frozenset(), limit=4000)
>>> [command.verb.value for command in parcel.commands], parcel.size < 1000
(['Atomic', 'Get'], True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.plan import Install, LeafWrite, PlannedChange, PlanStep
from dmkit.services.state import DeviceValues
from dmkit.tree.uri import join, parse
from dmkit.wire.codec import XML
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Atomic, Command, Delete, Exec, Get, Header, Message, Replace
from dmkit.words.model import Sequence as InOrder

__all__ = [
    "RESERVE",
    "SMALLEST",
    "Container",
    "Parcel",
    "ancestors",
    "commands_of",
    "execution",
    "octets",
    "pack",
    "reads_of",
    "rows",
]

Container: TypeAlias = Literal["atomic", "sequence", "plain"]
RESERVE: Final = 700
"""Octets of a message left for its header, its credentials and the Statuses that it must carry."""
SMALLEST: Final = 1000
"""Octets of the smallest message that is packed for: RESERVE, and 300 for a command.  META sets no least MaxMsgSize."""
_HEADER: Final = Header("1", "1", "./D", "./S")
_BARE: Final = len(XML.encode(Message(_HEADER)))


@dataclass(frozen=True, slots=True)
class Parcel:
    """One package: its commands, the changes that they make, and the steps that are complete with it.

    ``reads`` are the leaves that its last commands get; ``part`` says that the last step goes on in the next package.
    ``too_long`` says why it cannot be sent: an Atomic must not be divided, and is longer than a message.
    """

    steps: tuple[PlanStep, ...]
    commands: tuple[Command, ...]
    changes: tuple[PlannedChange, ...]
    reads: tuple[str, ...]
    part: PlanStep | None = None
    too_long: str = ""

    @property
    def size(self) -> int:
        """Octets of its commands in XML, which is the longer form."""
        return octets(self.commands)


def octets(commands: Iterable[Command]) -> int:
    """Octets of ``commands`` in XML, apart from the message around them."""
    return len(XML.encode(Message(_HEADER, tuple(commands)))) - _BARE


@asked
def ancestors(uri: str) -> Iterator[str]:
    """The nodes above ``uri``, from the top, without the root.

    >>> list(ancestors("./A/B/C"))
    ['./A', './A/B']
    """
    path = parse(uri).path
    return (join(path[:depth]) for depth in range(1, len(path)))


def commands_of(change: PlannedChange, values: DeviceValues, there: set[str]) -> list[Command]:
    """The commands of one change, given what leaves hold; interior nodes that are made are added to ``there``."""
    if isinstance(change, Install) and change.deletes:
        return [Delete.of(change.remove)]
    if isinstance(change, Install):
        told = change.told.items()
        writes = [LeafWrite(uri, values.get(uri), text) for uri, text in told if values.get(uri) != text]
        return [*(c for w in writes for c in commands_of(w, values, there)), execution(change)]
    if change.after is None:
        return [Delete.of(change.whole or change.uri)]
    if values.get(change.uri) is not None:
        kind = None if change.format == "chr" else change.format
        return [Replace.of(change.uri, change.after, format=kind)]
    missing = [node for node in ancestors(change.uri) if node not in there]
    there.update(missing)
    return [*(Add.of(node) for node in missing), Add.of(change.uri, change.after, format=change.format)]


def execution(change: Install) -> Exec:
    """The Exec that starts an installation; the report about it carries the component and the version."""
    return Exec.of(change.run, correlator=f"{change.name}-{change.after or 'gone'}")


def reads_of(change: PlannedChange) -> list[str]:
    """The leaves that tell what has become of ``change``."""
    return [change.uri, *(change.told if isinstance(change, Install) else ())]


@asked
def pack(
    steps: Sequence[PlanStep],
    values: DeviceValues,
    there: frozenset[str],
    *,
    limit: int,
    container: Container = "atomic",
    catalogue: ServiceCatalogue | None = None,
) -> list[Parcel]:
    """``steps`` as packages for a device that takes messages of ``limit`` octets.

    Steps share a package as long as they fit.  ``there`` are the interior nodes that exist; what ``catalogue`` says
    about verifying is read with the step.  A step that must go in one piece is never divided; one that waits begins a
    package, and the changes of one that goes one by one have a package each.

    >>> pack((), {}, frozenset(), limit=2000)     # nothing to do
    []
    """
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < SMALLEST:
        raise ConfigError(f"limit = {limit!r}; the octets of a message are right, {SMALLEST} at least: 16384")
    if container not in get_args(Container):
        raise ConfigError(f"container = {container!r}; {', '.join(get_args(Container))} is right")
    packer = _Packer(limit - RESERVE, container, values, set(there))
    for step in steps:
        packer.step(step, _checks(catalogue, step))
    packer.close()
    return packer.parcels


def _checks(catalogue: ServiceCatalogue | None, step: PlanStep) -> list[str]:
    if catalogue is None or step.does == "remove" or step.part:
        return []
    named = [check for name in step.services for check in catalogue.services[name].verify]
    return [check.uri for check in named if check.verb == "Get"]


class _Packer:
    """Fills one parcel after the other."""

    def __init__(self, budget: int, container: Container, values: DeviceValues, there: set[str]) -> None:
        self.budget, self.container, self.values, self.there = budget, container, values, there
        self.parcels: list[Parcel] = []
        self.gone: set[str] = set()
        self._clear()

    def _clear(self) -> None:
        self.steps: list[PlanStep] = []
        self.commands: list[Command] = []
        self.changes: list[PlannedChange] = []
        self.reads: list[str] = []
        self.size = 0

    def close(self, part: PlanStep | None = None) -> None:
        """End the parcel; ``part`` is the step that it ends in the middle of."""
        if self.steps or self.commands:
            reads = tuple(dict.fromkeys(self.reads))
            commands = (*self.commands, *(Get.of(uri) for uri in reads))
            whole = next((step for step in self.steps if step.one_piece), None) if self.container == "atomic" else None
            boxes = [octets([command]) for command in self.commands if isinstance(command, Atomic)]
            long = max(boxes, default=0) if whole is not None else 0
            why = "" if long <= self.budget or whole is None else (
                f"its Atomic has {many(long, 'octet')}, {self.budget} fit into a message of the device, "
                "and it cannot be "
                f"divided: in between, something that works would not"
            )  # fmt: skip
            self.parcels.append(Parcel(tuple(self.steps), commands, tuple(self.changes), reads, part, why))
        self._clear()

    def step(self, step: PlanStep, checks: list[str]) -> None:
        """Add a step: whole if it fits, else divided between changes."""
        done = [(change, self._commands(change)) for change in step.changes]
        whole = self._size([c for _, cs in done for c in cs], [u for ch, _ in done for u in reads_of(ch)] + checks)
        slow = any(isinstance(change, Install) for change in step.changes)
        if self.commands and (slow or step.waits or step.one_by_one or self.size + whole > self.budget):
            self.close()
        groups = (
            [done] if step.one_piece or (whole <= self.budget and not step.one_by_one) else [[pair] for pair in done]
        )
        held: list[Command] = []
        for group in groups:
            commands = [c for _, cs in group for c in cs]
            reads = [u for change, _ in group for u in reads_of(change)]
            full = self.size + self._size([*held, *commands], reads) > self.budget
            if (held or self.commands) and (full or step.one_by_one):
                self._wrap(held)
                self.close(step)
            held += commands
            self.changes += [change for change, _ in group]
            self.reads += reads
            self.size += octets(Get.of(uri) for uri in reads)
        self._wrap(held)
        self.steps.append(step)
        self.reads += checks
        if slow or step.one_by_one:
            self.close()

    def _commands(self, change: PlannedChange) -> list[Command]:
        made = commands_of(change, self.values, self.there)
        fresh = [c for c in made if not isinstance(c, Delete) or c.items[0].target not in self.gone]
        self.gone |= {c.items[0].target or "" for c in fresh if isinstance(c, Delete)}
        return fresh

    def _size(self, commands: list[Command], reads: list[str]) -> int:
        return octets([Atomic.of(*commands), *(Get.of(uri) for uri in reads)])

    def _wrap(self, held: list[Command]) -> None:
        """Move ``held`` into the parcel, inside containers where they can be."""
        inside: list[Command] = []

        def shut() -> None:
            if inside:
                kind = Atomic if self.container == "atomic" else InOrder
                self._put(*([kind.of(*inside)] if self.container != "plain" else inside))
                inside.clear()

        for command in held:
            if isinstance(command, Exec) or octets([command]) > self.budget:
                shut()
                self._put(command)
            else:
                inside.append(command)
        shut()
        held.clear()

    def _put(self, *commands: Command) -> None:
        self.commands += commands
        self.size += octets(commands)


@asked
def rows(parcels: Iterable[Parcel]) -> Iterator[dict[str, object]]:
    """A row per package: the services whose steps it completes, its commands, its octets.

    >>> list(rows(pack((), {}, frozenset(), limit=2000)))
    []
    """
    for number, parcel in enumerate(parcels, 1):
        done = [f"{step.does} {', '.join(step.services)}" for step in parcel.steps]
        verbs = [command.verb.value for command in parcel.commands if not isinstance(command, Get)]
        yield {
            "package": number,
            "completes": "; ".join(done),
            "commands": ", ".join(verbs),
            "reads": len(parcel.reads),
            "octets": parcel.size,
        }
