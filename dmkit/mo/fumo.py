"""FUMO 1.0, the firmware update object: download, direct delivery, update, and the truth after a loss of power.

Exec is answered 202 and starts what the agenda of the device carries on: asking the user, fetching, looking at the
package, installing step by step (``firmware``).  The end is a Generic Alert with a result code.  [FUMO §5, §6]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from dmkit.auth.signed import Trust
from dmkit.mo.firmware import (
    Flash,
    Image,
    UpdateKind,
    UpdateStep,
    boot,
    number,
    perform,
    read_image,
    remaining,
    stage,
    steps,
)
from dmkit.mo.fumo_states import (
    ALERTS,
    BOTH,
    DOWNLOAD,
    FETCHING,
    MACHINE,
    RESULTS,
    UPDATE,
    FumoEvent,
    FumoState,
)
from dmkit.mo.machine import ObjectMove
from dmkit.mo.object import NOTHING, Handlers, Managed, Place, make_tree, refused
from dmkit.mo.package import Downloads, examine, fetch
from dmkit.tree.context import Call
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Value
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.ranges import Range, Seconds

__all__ = ["ALERTS", "MACHINE", "MACHINES", "RESULTS", "Choice", "Fumo", "FumoEvent", "FumoState", "FumoTimes", "make"]


MACHINES: Final = (MACHINE,)
_S, _E = FumoState, FumoEvent

Choice: TypeAlias = Callable[[str, int], Literal["yes", "no", "later"]]
"""The person who holds the device: asked about "download" or "update", for the n-th time."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class FumoTimes:
    """Seconds that things take, and octets per second of a download.  PROPOSAL"""

    rate: Annotated[float, Range("number", 0, above=True)] = 125_000.0
    """Octets a second of a download."""
    check: Seconds = 2.0
    """To look at a package."""
    block: Seconds = 10.0
    """To write one block."""
    word: Seconds = 0.1
    """To write the mark of a slot."""
    verify: Seconds = 5.0
    """To check what was written."""
    restart: Seconds = 60.0
    """To start again."""
    test: Seconds = 20.0
    """Of the first start of a new image."""
    clean: Seconds = 1.0
    """To throw away what is left."""
    user: Seconds = 15.0
    """Until a person answers."""
    postpone: Seconds = 3600.0
    """Until a person is asked again."""

    def of(self, step: UpdateStep) -> float:
        """Seconds that one step of an installation takes."""
        return {"erase": self.block, "write": self.block, "keep": self.block / 10, "verify": self.verify,
                "restart": self.restart, "test": self.test}.get(step.do, self.word)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Task:
    """What an Exec has set going: the type of its report, its correlator, and whose it was."""

    alert: str
    correlator: str | None
    by: str = ""


_EVENTS: Final = ("asked", "fetched", "usable", "begin", "step", "removed", "ready")


@dataclass(slots=True)
class Fumo(Managed):
    """The object on a device.

    ``flash`` is what it updates; ``world`` is where packages are fetched, ``trust`` what is demanded of them.
    ``user`` is asked before a download and before an update (None: nobody is).  ``room``: largest package in
    octets, fetched (501) or delivered (420).
    ``busy`` and ``wrong`` are the answers to commands that come while work goes on, or in a wrong state.
    ``resume``: a download that power interrupted begins again; else it has failed.
    ``ready_after``: seconds after which a final state becomes Idle by itself; None: with the next package.
    """

    at: str
    flash: Flash
    world: Downloads = field(default_factory=dict)
    trust: Trust = field(default_factory=lambda: Trust(demand="hash"))
    user: Choice | None = None
    times: FumoTimes = field(default_factory=FumoTimes)
    room: int | None = None
    busy: int = 403
    """UNSURE whether a second Exec is 403 or 405; the running activity goes on.  [fumo sheet §2]"""
    wrong: int = 405
    """UNSURE what Exec in a wrong state gets.  [fumo sheet §2]"""
    resume: bool = True
    ready_after: float | None = None
    version_at: str = "./DevDetail/FwV"
    name: str = "fumo"
    package: bytes = b""
    task: _Task | None = None
    asked: int = 0
    remembers: ClassVar[tuple[str, ...]] = ("flash", "package", "task", "asked")
    hears: ClassVar[frozenset[str]] = frozenset(_EVENTS)
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.at)

    @property
    def alive(self) -> bool:
        """False when nothing starts any more: the fatal failure that nobody can report.  [FUMO §8.2.5.2]"""
        return bool(self.flash.running)

    def state(self, tree: Tree) -> FumoState:
        """Where the object stands."""
        return FumoState(self.place.number(tree, "State"))

    # -- the object in the tree

    def build(self, tree: Tree) -> Tree:
        """The instance, Idle, with all ways to update; the version that runs in DevDetail."""
        values: dict[str, Value | None | Node] = {
            "State": 10, "Download/PkgURL": "", "Update/PkgData": b"", "DownloadAndUpdate/PkgURL": "",
        }  # fmt: skip
        tree = make_tree(tree, self.spec, {self.place.uri(*k.split("/")): v for k, v in values.items()})
        return self._version(tree, 0.0)

    def handlers(self) -> Handlers:
        """Exec on the three operations; what follows a package, or another address."""
        uri = self.place.uri
        return {
            uri("Download"): self._exec(_E.EXEC_DOWNLOAD, DOWNLOAD),
            uri("Update"): self._exec(_E.EXEC_UPDATE, UPDATE),
            uri("DownloadAndUpdate"): self._exec(_E.EXEC_BOTH, BOTH),
            f"Replace {uri('Update', 'PkgData')}": self._delivered,
            f"Replace {uri('Download', 'PkgURL')}": self._withdrawn,
            f"Replace {uri('DownloadAndUpdate', 'PkgURL')}": self._withdrawn,
        }

    def request(self, *, by_user: bool = False, data: str = "") -> Later:
        """The wish for an update, of the device or of its user, for the agenda.  [FUMO §7]"""
        return self.place.alert(ALERTS[4 if by_user else 3], data, None, format="chr")

    # -- commands

    def _exec(self, event: FumoEvent, alert: str) -> Callable[[Tree, Call], tuple[Tree, Outcome]]:
        def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
            if call.verb is not Verb.EXEC:
                return tree, Outcome(None)
            move = MACHINE.move(self.state(tree), event, busy=self.busy, wrong=self.wrong)
            if not isinstance(move, ObjectMove):
                return refused(tree, move)
            self.task, self.asked = _Task(alert, call.correlator, call.by), 0
            tree = self._to(tree, move, call.now)
            what = "update" if event is _E.EXEC_UPDATE else "download"
            return tree, Outcome(StatusCode.ACCEPTED, later=(self._ask(tree, what),))

        return run

    def _delivered(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """PkgData is whole: Ready to update; an empty one withdraws the package.  [FUMO §8.2.4]"""
        node = self.place.node(tree, "Update", "PkgData")
        if node is None or not node.size:
            return self._withdrawn(tree, call)
        move = MACHINE.move(self.state(tree), _E.DATA, busy=self.busy, wrong=self.wrong)
        if not isinstance(move, ObjectMove):
            return refused(tree, move)
        if self.room is not None and node.size > self.room:
            why = f"a package of {node.size} octets does not fit; there is room for {self.room}"
            return tree, Outcome(StatusCode.DEVICE_FULL, why=why)
        self.package = b""
        return self._to(tree, move, call.now), Outcome(None)

    def _withdrawn(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        state = self.state(tree)
        move = MACHINE.move(state, _E.WITHDRAW, busy=self.busy, wrong=self.wrong)
        if not isinstance(move, ObjectMove):
            return refused(tree, move)
        if state is _S.READY and "PkgURL" in call.uri:
            tree = self._empty(tree, call.now)
        return self._to(tree, move, call.now), Outcome(None)

    # -- what happens by itself

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """The user has answered, a download or a step of the installation is over, the package is cleaned up."""
        doing = dict(zip(_EVENTS, (self._answered, self._fetched, self._usable, self._begin, self._step, self._removed,
                                   self._ready), strict=True))  # fmt: skip
        return doing[event.event](tree, event, now)

    def _ask(self, tree: Tree, what: str) -> After:
        """Ask the user where there is one to ask, else start."""
        if self.user is None:
            return self._start(tree, what)
        return self.place.after(self.times.user, "asked", what)

    def _answered(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        text = "yes" if self.user is None else self.user(event.data, self.asked + 1)
        if text == "yes":
            return tree, Outcome(None, later=(self._start(tree, event.data),))
        if text == "later":
            self.asked += 1
            return tree, Outcome(None, later=(self.place.after(self.times.postpone, "asked", event.data),))
        return self._end(tree, _E.DOWNLOAD_FAILED if event.data == "download" else _E.UPDATE_FAILED, 401, now)

    def _start(self, tree: Tree, what: str) -> After:
        if what == "update":
            return self.place.after(self.times.check, "begin")
        operation = "DownloadAndUpdate" if self.task is not None and self.task.alert == BOTH else "Download"
        url = self.place.text(tree, operation, "PkgURL")
        found = fetch(self.world, url, self.times.rate)
        return self.place.after(found.seconds + (self.times.check if found else 0.0), "fetched", url)

    def _fetched(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        found = fetch(self.world, event.data, self.times.rate)
        if not found:
            return self._end(tree, _E.DOWNLOAD_FAILED, FETCHING[found.result], now)
        if self.room is not None and len(found.content) > self.room:
            return self._end(tree, _E.DOWNLOAD_FAILED, 501, now)
        result = self._judged(found.content, now)
        if result != 200:
            return self._end(tree, _E.DOWNLOAD_FAILED, result, now)
        self.package = found.content
        checked = examine(found.content, replace(self.trust, demand="any")).checked
        image = read_image(checked.content)
        for leaf, text in (("PkgName", checked.name), ("PkgVersion", image.version if image else "")):
            tree = self.place.set(tree, text, leaf, now=now)
        tree = self._happens(tree, _E.DOWNLOADED, now)
        return tree, Outcome(None, later=(self.place.after(self.times.word, "usable"),))

    def _usable(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        tree = self._happens(tree, _E.USABLE, now)
        if self.task is not None and self.task.alert == BOTH:
            tree = self._happens(tree, _E.PROCEED, now)
            return tree, Outcome(None, later=(self._ask(tree, "update"),))
        return tree, Outcome(None, later=self._report(200))

    def _judged(self, octets: bytes, now: float) -> int:
        model = next((i.model for i in map(self.flash.image, self.flash.slots) if i is not None), "")
        trust = replace(self.trust, installed=number(self.flash.running), now=now)
        return examine(octets, trust, name=model).result

    def _content(self, tree: Tree) -> bytes:
        """The package: fetched, or delivered into the tree."""
        node = self.place.node(tree, "Update", "PkgData")
        return self.package or (node.value if node is not None and isinstance(node.value, bytes) else b"")

    def _begin(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """Installing begins: the package is looked at, then staged."""
        octets = self._content(tree)
        result = self._judged(octets, now)
        content = examine(octets, replace(self.trust, demand="any")).checked.content
        if result == 200 and read_image(content) is None:
            result = 402
        if result != 200:
            return self._end(tree, _E.UPDATE_FAILED, result, now)
        self.flash = stage(self.flash, content)
        return tree, Outcome(None, later=(self._next(steps(self.flash)[0]),))

    def _next(self, step: UpdateStep) -> After:
        return self.place.after(self.times.of(step), "step", str(step))

    def _step(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        whole = steps(self.flash)
        at = next(n for n, step in enumerate(whole) if str(step) == event.data)
        self.flash = perform(self.flash, whole[at])
        tree = self._version(tree, now)
        if not self.flash.running:
            return tree, NOTHING
        if not self.flash.staged:
            return self._end(tree, _E.UPDATE_FAILED, 410, now)
        if at + 1 < len(whole):
            return tree, Outcome(None, later=(self._next(whole[at + 1]),))
        return self._end(tree, _E.UPDATED, 200, now)

    def _removed(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        if not MACHINE.move(self.state(tree), _E.REMOVED):
            return tree, NOTHING
        tree = self._happens(self._empty(tree, now), _E.REMOVED, now)
        return tree, Outcome(None, later=self._idle_later())

    def _ready(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        return self._happens(tree, _E.READY, now), NOTHING

    # -- power

    def cut(self, due: Due, torn: bool) -> None:
        """Power goes; a step that had begun is torn."""
        if isinstance(due.what, After) and due.what.event == "step" and torn:
            step = next(s for s in steps(self.flash) if str(s) == due.what.data)
            self.flash = perform(self.flash, step, torn=True)

    def boot(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Due, ...]]:
        """Power is back: say which version runs, and go on with what was under way, or say that it failed."""
        self.flash = boot(self.flash)
        tree = self._version(tree, now)
        follows: tuple[Due, ...] = ()
        for due in lost if self.alive else ():
            event = due.what.event if isinstance(due.what, After) else ""
            if event == "step":
                tree, outcome = self._go_on(tree, now)
            elif event == "fetched" and not self.resume:
                tree, outcome = self._end(tree, _E.DOWNLOAD_FAILED, 400, now)
            else:
                outcome = Outcome(None, later=(due.what,))
            follows += due.follow(outcome, now)
        return tree, follows

    def _go_on(self, tree: Tree, now: float) -> tuple[Tree, Outcome]:
        """The installation after a loss of power, as the memory shows it."""
        rest = remaining(self.flash)
        if rest:
            return tree, Outcome(None, later=(self._next(rest[0]),))
        target = self.flash.target
        well = target is not None and target.version == self.flash.running
        return self._end(tree, _E.UPDATED if well else _E.UPDATE_FAILED, 200 if well else 410, now)

    # -- a factory reset

    def holds(self, tree: Tree) -> bool:
        """Firmware that is being written is written to its end."""
        return self.state(tree) is _S.UPDATING and bool(self.flash.staged)

    def give_up(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Later, ...]]:
        """Downloads and questions are broken off: client error 400."""
        return tree, self._report(400)

    def renewed(self, tree: Tree, before: Tree, now: float) -> Tree:
        """No package and no task; the firmware stays, and DevDetail says which it is."""
        self.package, self.task, self.asked = b"", None, 0
        return self._version(tree, now)

    # -- small things

    def _to(self, tree: Tree, move: ObjectMove, now: float) -> Tree:
        for state in (*move.via, move.to):
            if state is not self.state(tree):
                tree = self.place.set(tree, int(state), "State", now=now)
        return tree

    def _happens(self, tree: Tree, event: FumoEvent, now: float) -> Tree:
        move = MACHINE.move(self.state(tree), event)
        return self._to(tree, move, now) if isinstance(move, ObjectMove) else tree

    def _end(self, tree: Tree, event: FumoEvent, result: int, now: float) -> tuple[Tree, Outcome]:
        """The activity is over: the state, the report, and the clean-up that follows.

        A failed download of DownloadAndUpdate is reported under the type of that operation.  [FUMO §6.1.3]
        """
        tree = self._happens(tree, event, now)
        later: tuple[After | Later, ...] = self._report(result)
        if event is _E.DOWNLOAD_FAILED:
            return tree, Outcome(None, later=later + self._idle_later())
        return tree, Outcome(None, later=(*later, self.place.after(self.times.clean, "removed")))

    def _report(self, result: int) -> tuple[Later, ...]:
        task, self.task = self.task, None
        if task is None:
            return ()
        good = RESULTS[result].is_success
        return (self.place.alert(task.alert, result, task.correlator, ok=good, to=task.by),)

    def _idle_later(self) -> tuple[After, ...]:
        return () if self.ready_after is None else (self.place.after(self.ready_after, "ready"),)

    def _empty(self, tree: Tree, now: float) -> Tree:
        self.package = b""
        node = self.place.node(tree, "Update", "PkgData")
        if node is not None and node.size:
            tree = self.place.set(tree, b"", "Update", "PkgData", now=now)
        return tree

    def _version(self, tree: Tree, now: float) -> Tree:
        if Place(self.version_at).text(tree) == self.flash.running or not self.flash.running:
            return tree
        return tree.set(self.version_at, self.flash.running, now=now)


def make(
    at: str, *, kind: UpdateKind = "two slots", firmware: Image | None = None, blocks: int = 4, **options: object
) -> Fumo:
    """A FUMO at ``at`` for a device of a kind that runs ``firmware``; the other options are fields of ``Fumo``."""
    flash = Flash.of(kind, firmware or Image("T1", "1.0.3"), blocks)
    return Fumo(at, flash, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
