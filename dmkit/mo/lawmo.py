"""LAWMO 1.0, lock and wipe: locks, a list of what can be wiped, and the factory reset with all that it takes along.

Each operation is answered 202 and reported by a Generic Alert.  What the table does not allow is reported as a failure
(1404 for UnLock of an unlocked device), since the object has codes for it.  [enablers sheet §4]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import ClassVar, Final, Literal

from dmkit.ddf.spec import Basis
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState, codes
from dmkit.mo.object import Handlers, Managed, Place, make_tree
from dmkit.tree.context import Call, Handler
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import ConfigError
from dmkit.words.model import Value
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.ranges import Seconds
from dmkit.words.records import dataclass

__all__ = ["ALERTS", "MACHINE", "MACHINES", "RESULTS", "Lawmo", "LawmoEvent", "LawmoState", "LawmoTimes", "make"]


class LawmoState(ObjectState):
    """The leaf State."""

    LOCKED = 10, "Fully locked"
    PARTLY = 20, "Partially locked"
    UNLOCKED = 30, "Unlocked"


class LawmoEvent(ObjectEvent):
    """Commands of the server, and what the owner does at the device."""

    FULLY_LOCK = "Exec FullyLock", "server"
    PARTIALLY_LOCK = "Exec PartiallyLock", "server"
    UNLOCK = "Exec UnLock", "server"
    RESET = "Exec FactoryReset", "server"
    WIPE = "Exec Wipe", "server"
    OWNER = "owner unlocks", "device"


_S, _E = LawmoState, LawmoEvent


_TO: Final[Mapping[ObjectEvent, LawmoState | None]] = {
    _E.FULLY_LOCK: _S.LOCKED, _E.PARTIALLY_LOCK: _S.PARTLY, _E.RESET: _S.UNLOCKED, _E.WIPE: None,
}  # fmt: skip
"""Allowed everywhere; None: it stays as it is."""
_SOURCE: Final = "enablers sheet §4"
_ALWAYS: Final[Mapping[LawmoState, Mapping[ObjectEvent, ObjectMove]]] = {
    state: {event: ObjectMove(to or state, (), Basis.IMPLEMENTATION, _SOURCE) for event, to in _TO.items()}
    for state in _S
}
_OPENS: Final[Mapping[ObjectEvent, ObjectMove]] = {
    _E.UNLOCK: ObjectMove(_S.UNLOCKED, (), Basis.IMPLEMENTATION, _SOURCE)
}
_OWNER_OPENS: Final[Mapping[ObjectEvent, ObjectMove]] = {_E.OWNER: ObjectMove(_S.UNLOCKED, (), Basis.PROPOSAL, _SOURCE)}

MACHINE: Final = Machine(
    "lawmo", _S.UNLOCKED, LawmoEvent,
    {
        _S.LOCKED: {**_ALWAYS[_S.LOCKED], **_OPENS},
        _S.PARTLY: {**_ALWAYS[_S.PARTLY], **_OPENS, **_OWNER_OPENS},
        _S.UNLOCKED: _ALWAYS[_S.UNLOCKED],
    },
    {_S.UNLOCKED: (0, 0), _S.PARTLY: (1, 1), _S.LOCKED: (2, 0)},
)  # fmt: skip
MACHINES: Final = (MACHINE,)

RESULTS: Final = codes(
    """
    1200 operation succeeded
    1201 wipe data succeeded
    1202 wipe data and list items succeeded
    1250 success, vendor [unsure]
    1400 client error
    1401 user cancelled
    1402 fully lock failed
    1403 partially lock failed
    1404 unlock failed
    1405 wipe failed
    1406 wipe not performed
    1450 client error, vendor [unsure]
    """,
    Basis.IMPLEMENTATION,
    "MTK",
)
ALERTS: Final = ("urn:oma:at:lawmo:1.0:OperationComplete",)
_FAILED: Final = {_E.FULLY_LOCK: 1402, _E.PARTIALLY_LOCK: 1403, _E.UNLOCK: 1404, _E.WIPE: 1405, _E.RESET: 1400}
_NODES: Final = {"FullyLock": _E.FULLY_LOCK, "PartiallyLock": _E.PARTIALLY_LOCK, "UnLock": _E.UNLOCK,
                 "FactoryReset": _E.RESET, "Wipe": _E.WIPE}  # fmt: skip
_ACCOUNTS: Final = ("./DMAcc", "./SyncML/DMAcc")
_CLEAR: Final = "the factory's tree"
"""What follows a reset that nobody refused."""
_RESETS: Final = {"FactoryReset", _CLEAR}


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class LawmoTimes:
    """Seconds that operations take.  PROPOSAL"""

    lock: Seconds = 1.0
    """To lock or unlock."""
    wipe: Seconds = 30.0
    """To wipe."""
    reset: Seconds = 120.0
    """Of a factory reset."""


@dataclass(slots=True)
class Lawmo(Managed):
    """The object on a device.

    ``wipeable`` maps names of the list to addresses whose values a wipe empties; what nobody may replace is the
    device's own, and no wipe empties it.  ``user`` is asked where NotifyUser is set, and may cancel.

    A factory reset brings back the tree as the maker delivered it, with all objects, in whatever order they were
    mounted.  What is under way is broken off and reported; writing firmware is awaited.  ``keeps`` are sub-trees that
    it leaves, and ``keep_accounts`` leaves the accounts below ./DMAcc, so that it can be reported.
    UNSURE whether accounts survive [enablers sheet §4]

    ``during_reset`` says what becomes of locks and wipes that were asked for while a reset was under way, and are not
    done when it is over: they are "broken off", each with the code of its failure, or "carried out" on the fresh
    device.  Another reset is fulfilled by the first.
    """

    at: str
    wipeable: Mapping[str, str] = field(default_factory=dict)
    user: Callable[[str], bool] | None = None
    keep_accounts: bool = True
    keeps: tuple[str, ...] = ("./DevInfo", "./DevDetail")
    breaks: frozenset[str] = frozenset()
    """Names of operations that fail here, for tests of what follows: ``FullyLock``."""
    during_reset: Literal["broken off", "carried out"] = "broken off"
    """PROPOSAL: a reset leaves nothing that was asked of the device as it was before."""
    times: LawmoTimes = field(default_factory=LawmoTimes)
    name: str = "lawmo"
    factory: Tree | None = None
    place: Place = field(init=False)
    hears: ClassVar[frozenset[str]] = frozenset({*_NODES, _CLEAR})
    clears: ClassVar[frozenset[str]] = frozenset({_CLEAR})
    wipes: ClassVar[frozenset[str]] = frozenset({"Wipe"})

    def __post_init__(self) -> None:
        self.place = Place(self.at)
        if self.during_reset not in ("broken off", "carried out"):
            raise ConfigError(f"during_reset is {self.during_reset!r}; it must be 'broken off' or 'carried out'")

    def beside(self, other: Managed) -> None:
        """What is mounted later came from the factory, too: its order makes no difference."""
        if self.factory is not None:
            self.factory = other.build(self.factory)

    def build(self, tree: Tree) -> Tree:
        """Unlocked, with the list of what can be wiped; this tree is what a factory reset brings back."""
        values: dict[str, Value | None | Node] = {self.place.uri("LAWMOConfig", "NotifyUser"): False}
        for n, name in enumerate(self.wipeable, 1):
            values[self.place.uri("AvailableWipeList", str(n), "ListItemName")] = name
        self.factory = make_tree(tree, self.spec, values)
        return self.factory

    def handlers(self) -> Handlers:
        """Exec on the five operations."""
        return {self.place.uri("Operations", name): self._exec(name, event) for name, event in _NODES.items()}

    def state(self, tree: Tree) -> LawmoState:
        """Where the object stands."""
        return LawmoState(self.place.number(tree, "State"))

    def _exec(self, name: str, event: LawmoEvent) -> Handler:
        def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
            if call.verb is not Verb.EXEC:
                return tree, Outcome(None)
            seconds = {_E.WIPE: self.times.wipe, _E.RESET: self.times.reset}.get(event, self.times.lock)
            after = self.place.after(seconds, name, call.uri, call.correlator)
            return tree, Outcome(StatusCode.ACCEPTED, later=(after,))

        return run

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """The operation is carried out, and reported; before a reset the other objects are asked to give up."""
        if event.event == _CLEAR:
            tree, result = self._reset(tree), 1200
        else:
            tree, result = self._carried_out(tree, event.event, _NODES[event.event], now)
            if event.event == "FactoryReset" and result == 1200:
                return tree, Outcome(None, later=(replace(event, seconds=0.0, event=_CLEAR),))
        return tree, Outcome(None, later=(self._report(event, result),))

    def _report(self, event: After, result: int, to: str = "") -> Later:
        good = RESULTS[result].is_success
        return self.place.alert(ALERTS[0], result, event.correlator, source=event.data, ok=good, to=to)

    def outlasts(self, due: Due) -> bool:
        """Locks and wipes do under one reading; a reset never does."""
        late = isinstance(due.what, After) and due.what.event not in _RESETS
        return late and self.during_reset == "carried out"

    def give_up(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A reset takes locks and wipes away, each with the code of its failure, and does what other resets wanted."""
        events = [(due.by, due.what) for due in lost if isinstance(due.what, After)]
        return tree, tuple(self._report(e, 1200 if e.event in _RESETS else _FAILED[_NODES[e.event]], by)
                           for by, e in events)  # fmt: skip

    def _carried_out(self, tree: Tree, name: str, event: LawmoEvent, now: float) -> tuple[Tree, int]:
        told = self.place.flag(tree, "LAWMOConfig", "NotifyUser")
        if told and self.user is not None and not self.user(name):
            return tree, 1401
        move = MACHINE.move(self.state(tree), event)
        if name in self.breaks or not isinstance(move, ObjectMove):
            return tree, _FAILED[event]
        if event is _E.WIPE:
            return self._wipe(tree, now)
        if event is not _E.RESET and self.state(tree) is not move.to:
            tree = self.place.set(tree, int(move.to), "State", now=now)
        return tree, 1200

    def _wipe(self, tree: Tree, now: float) -> tuple[Tree, int]:
        """Empty what is marked; 1406 when nothing is."""
        node = self.place.node(tree, "AvailableWipeList")
        marked = [n for n in (node.children if node else ()) if self.place.flag(tree, "AvailableWipeList", n,
                                                                                 "ToBeWiped")]  # fmt: skip
        if not marked:
            return tree, 1406
        for n in marked:
            where = self.wipeable.get(self.place.text(tree, "AvailableWipeList", n, "ListItemName"))
            for uri, below in list(tree.walk(where)) if where is not None else ():
                if not below.is_interior and below.size and tree.describe(uri).takes(Verb.REPLACE):
                    tree = tree.set(uri, b"" if isinstance(below.value, bytes) else "", now=now)
            tree = self.place.set(tree, False, "AvailableWipeList", n, "ToBeWiped", now=now)
        return tree, 1201

    def _reset(self, tree: Tree) -> Tree:
        """The factory's tree, with what survives."""
        assert self.factory is not None
        kept = (*self.keeps, *_ACCOUNTS) if self.keep_accounts else self.keeps
        fresh = replace(tree, root=self.factory.root)
        for uri in () if self.keep_accounts else _ACCOUNTS:
            place = fresh.find(parse(uri).path)
            if place is not None:
                fresh = fresh.with_node(parse(uri).path, replace(place, children={}))
        for uri in kept:
            path = parse(uri).path
            node = tree.find(path)
            if node is not None and all(fresh.find(path[:d]) is not None for d in range(len(path))):
                fresh = fresh.with_node(path, node)
        return fresh

    def owner_unlocks(self, tree: Tree, now: float = 0.0) -> Tree:
        """The owner types the PIN: a partial lock opens, a full one does not.  PROPOSAL"""
        move = MACHINE.move(self.state(tree), _E.OWNER)
        return self.place.set(tree, int(move.to), "State", now=now) if isinstance(move, ObjectMove) else tree


def make(at: str, **options: object) -> Lawmo:
    """A LAWMO at ``at``; the options are fields of ``Lawmo``."""
    wipeable = options.get("wipeable", {})
    if not isinstance(wipeable, Mapping) or not all(
        isinstance(text, str) for pair in wipeable.items() for text in pair
    ):
        raise ConfigError(f"wipeable is {wipeable!r}; names with addresses are right: {{'Contacts': './Contacts'}}")
    for uri in wipeable.values():
        parse(uri)
    return Lawmo(at, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
