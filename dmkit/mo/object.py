"""What all management objects have in common: a place, a description, behaviour, and a row in ``OBJECTS``.

An object is a description plus behaviour: handlers for Exec, for Get of live values and for changes, what happens by
itself, and what becomes of it when power goes.  Its state stands in the tree, so a server can read it; what only the
device knows (a downloaded package, flash memory) is a value that the object holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import field, is_dataclass
from importlib import import_module
from typing import Any, ClassVar, Final

from dmkit.ddf.spec import Spec
from dmkit.mo.capabilities import Capability
from dmkit.mo.machine import Machine, ResultCode
from dmkit.mo.place import ExecAsked, Place, answer, describe_also, load, make_tree, moved, refused
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.asked import wrong_argument
from dmkit.words.checked import check
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.model import Value
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.records import dataclass

__all__ = [
    "NOTHING",
    "ExecAsked",
    "Handlers",
    "Managed",
    "ObjectRow",
    "Place",
    "Plain",
    "answer",
    "describe_also",
    "load",
    "make_tree",
    "moved",
    "refused",
]

Handlers = Mapping[str, Any]
NOTHING: Final = Outcome(StatusCode.OK)


class Managed:
    """A management object on a device; this base behaves in no way, and is what most objects want of the rest.

    What an object knows besides its nodes are its fields named in ``remembers``: values, with a hash.  The device keeps
    them with the tree (``memory``) and gives them back when the tree goes back (``remember``).

    >>> import dmkit as dm
    >>> isinstance(dm.Device.example().with_object("lawmo").objects["./LAWMO"], Managed)
    True
    """

    __slots__ = ()

    name: str
    at: str
    remembers: ClassVar[tuple[str, ...]] = ()
    hears: ClassVar[frozenset[str]] = frozenset()
    """Events of ``After`` that mean something to it; whatever else is sent to it is passed over."""
    clears: ClassVar[frozenset[str]] = frozenset()
    """Those of them with which the whole device goes back to its factory state."""
    wipes: ClassVar[frozenset[str]] = frozenset()
    """Those of them with which values of other objects may be emptied, of which these hear (``wiped``)."""
    restarts: ClassVar[frozenset[str]] = frozenset()
    """Those of them with which the device may restart (``wants_restart``): what is under way elsewhere is cut off, and
    begun again."""

    heeds: ClassVar[bool] = False
    """Whether what others change means anything to it: true where a class has its own ``noticed``."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.heeds = cls.noticed is not Managed.noticed

    @property
    def spec(self) -> Spec:
        """The description at its place."""
        return moved(load(self.name), self.at)

    @property
    def alive(self) -> bool:
        """False when the device starts into nothing any more."""
        return True

    def build(self, tree: Tree) -> Tree:
        """The tree with this object in it, as its maker delivers it."""
        return make_tree(tree, self.spec)

    def handlers(self) -> Handlers:
        """Behaviour behind nodes, by URI; ``*`` stands for one segment, a verb in front for what follows a change."""
        return {}

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """What ``event`` does, and what follows from it."""
        return tree, NOTHING

    def wants_restart(self, tree: Tree, event: After) -> bool:
        """Whether the device restarts with ``event`` now: what wanted it may be gone while the restart was awaited."""
        return event.event in self.restarts

    def cut(self, due: Due, torn: bool) -> None:
        """Power goes while ``due`` is awaited; ``torn``: the work that it ends has begun."""

    def boot(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Due, ...]]:
        """Power is back: what the object does with what was under way, each for the server that asked for it."""
        return tree, tuple(due.again(now) for due in lost)

    # -- what other objects, and commands elsewhere, do to this one

    def beside(self, other: Managed) -> None:
        """Another object is mounted on the same device."""

    def noticed(self, tree: Tree, now: float) -> tuple[Tree, tuple[Later, ...]]:
        """Commands of a message have been carried out: what their changes mean for what is under way here."""
        return tree, ()

    def wiped(self, tree: Tree, now: float) -> tuple[Tree, tuple[Later, ...]]:
        """The device has emptied values by itself: what that means here, the same unless said otherwise."""
        return self.noticed(tree, now)

    def holds(self, tree: Tree) -> bool:
        """True while what it does cannot be broken off."""
        return False

    def outlasts(self, due: Due) -> bool:
        """Whether ``due`` still happens after a factory reset; all else is given up."""
        return False

    def give_up(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A factory reset breaks off what is under way, and what was to happen (``lost``) will not: what is reported of
        that, each to the server that had asked."""
        return tree, ()

    def renewed(self, tree: Tree, before: Tree, now: float) -> Tree:
        """The tree is that of the factory, and was ``before``; what no reset can change is put back into it."""
        return tree

    def memory(self) -> tuple[Hashable, ...]:
        """What the object knows besides its nodes, as a value."""
        return tuple(getattr(self, name) for name in self.remembers)

    def remember(self, memory: tuple[Hashable, ...]) -> None:
        """Know that, and nothing else."""
        for name, value in zip(self.remembers, memory, strict=True):
            setattr(self, name, value)


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object in the registry.

    ``id`` is its identifier, ``at`` where it is mounted unless something else is said; ``uses`` are the capabilities of
    the protocol that its scenario touches: which of them it needs is found by switching each off.

    >>> from dmkit.mo import OBJECTS
    >>> OBJECTS["fumo"].id
    'urn:oma:mo:oma-fumo:1.0'
    """

    name: str
    id: str
    title: str
    module: str
    at: str
    uses: tuple[Capability, ...] = ()
    source: str = ""

    @property
    def spec(self) -> Spec:
        """The description, from the DDF document beside the module."""
        return load(self.name)

    @property
    def part(self) -> Any:
        """The module with its behaviour."""
        return import_module(self.module)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Its state machines."""
        every: tuple[Machine, ...] = tuple(getattr(self.part, "MACHINES", ()))
        return tuple(machine for machine in every if machine.name == self.name) or every

    @property
    def results(self) -> Mapping[int, ResultCode]:
        """Its result codes."""
        found: Mapping[int, ResultCode] = getattr(self.part, "RESULTS", {})
        return found

    @property
    def alerts(self) -> tuple[str, ...]:
        """Types of the Generic Alerts that it sends."""
        return tuple(getattr(self.part, "ALERTS", ()))

    def make(self, at: str, options: Mapping[str, Any]) -> Managed:
        """An object of this kind at ``at``; ConfigError names the option that is wrong."""
        maker = getattr(self.part, f"make_{self.name}", None)
        if maker is None and self.module.endswith(".values"):
            options = {"name": self.name, **options}
        maker = maker or self.part.make
        if fault := wrong_argument(maker, (at,), dict(options)):
            raise ConfigError(f"management object {self.name!r}: {fault}")
        try:
            made: Managed = maker(at, **options)
        except TypeError as error:
            raise ConfigError(f"management object {self.name!r}: {error}") from None
        if is_dataclass(made):
            check(made)
        return made


@dataclass(slots=True)
class Plain(Managed):
    """An object whose nodes are values and nothing more; the base of comparison for those that behave.

    ``values`` are what its maker puts there, by address below the root.

    >>> Plain("nap", "./NAP").at
    './NAP'
    """

    name: str
    at: str
    values: Mapping[str, Value | None | Node] = field(default_factory=dict)
    keep: bool = False
    live: Mapping[str, Callable[[float], tuple[str, str]]] = field(default_factory=dict)
    """Address below the root -> what its value is at a time: text and format."""

    def build(self, tree: Tree) -> Tree:
        """The instance with its values."""
        return make_tree(tree, self.spec, {f"{self.at}/{k}": v for k, v in self.values.items()}, keep=self.keep)

    def handlers(self) -> Handlers:
        """Live values."""

        def live(read: Callable[[float], tuple[str, str]]) -> Any:
            return lambda tree, call: (tree, answer(call.item.target or call.uri, *read(call.now)))

        return {f"{self.at}/{below}": live(read) for below, read in self.live.items()}
