"""FUMO 1.0, the firmware update object: download, direct delivery, update, and the truth after a loss of power.

Exec is answered 202 and starts what the agenda of the device carries on: asking the user, fetching, looking at the
package, installing step by step (``firmware``).  The end is a Generic Alert with a result code.  [FUMO §5, §6]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from dmkit.auth.signed import Trust
from dmkit.mo import fumo_downloads, fumo_updates
from dmkit.mo.firmware import Flash, Image, UpdateKind, boot, perform, steps
from dmkit.mo.fumo_states import ALERTS, BOTH, DOWNLOAD, MACHINE, RESULTS, UPDATE, FumoEvent, FumoState
from dmkit.mo.fumo_tasks import Choice, FumoTask, FumoTimes
from dmkit.mo.machine import ObjectMove
from dmkit.mo.object import NOTHING, Handlers, Managed, Place, make_tree, refused
from dmkit.mo.package import Downloads
from dmkit.tree.context import Call
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.arguments import instance, whole
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.model import Value
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.ranges import Natural, Seconds

__all__ = ["ALERTS", "MACHINE", "MACHINES", "RESULTS", "Choice", "Fumo", "FumoEvent", "FumoState", "FumoTimes", "make"]


MACHINES: Final = (MACHINE,)
_S, _E = FumoState, FumoEvent

_DOING: Final = {"fetched": fumo_downloads.fetched, "usable": fumo_downloads.usable, "begin": fumo_updates.begun,
                 "step": fumo_updates.stepped}  # fmt: skip
"""Event -> what it does; the object itself does the others."""


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
    room: Natural | None = None
    busy: int = 403
    """UNSURE whether a second Exec is 403 or 405; the running activity goes on.  [fumo sheet §2]"""
    wrong: int = 405
    """UNSURE what Exec in a wrong state gets.  [fumo sheet §2]"""
    resume: bool = True
    ready_after: Seconds | None = None
    version_at: str = "./DevDetail/FwV"
    name: str = "fumo"
    package: bytes = b""
    task: FumoTask | None = None
    asked: int = 0
    remembers: ClassVar[tuple[str, ...]] = ("flash", "package", "task", "asked")
    hears: ClassVar[frozenset[str]] = frozenset({*_DOING, "asked", "removed", "ready"})
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
        return self.showing_version(tree, 0.0)

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
            self.task, self.asked = FumoTask(alert, call.correlator, call.by), 0
            tree = self._to(tree, move, call.now)
            what = "update" if event is _E.EXEC_UPDATE else "download"
            return tree, Outcome(StatusCode.ACCEPTED, later=(self.ask(tree, what),))

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
            why = f"a package of {many(node.size, 'octet')} does not fit; there is room for {self.room}"
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
        if event.event in _DOING:
            return _DOING[event.event](self, tree, event, now)
        own = {"asked": self._answered, "removed": self._removed, "ready": self._ready}
        return own[event.event](tree, event, now)

    def ask(self, tree: Tree, what: str) -> After:
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
        return self.end(tree, _E.DOWNLOAD_FAILED if event.data == "download" else _E.UPDATE_FAILED, 401, now)

    def _removed(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        if not MACHINE.move(self.state(tree), _E.REMOVED):
            return tree, NOTHING
        tree = self.happens(self._empty(tree, now), _E.REMOVED, now)
        return tree, Outcome(None, later=self._idle_later())

    def _ready(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        return self.happens(tree, _E.READY, now), NOTHING

    def _start(self, tree: Tree, what: str) -> After:
        """Begin to update, or to download."""
        return self.place.after(self.times.check, "begin") if what == "update" else fumo_downloads.begun(self, tree)

    # -- power

    def cut(self, due: Due, torn: bool) -> None:
        """Power goes; a step that had begun is torn."""
        if isinstance(due.what, After) and due.what.event == "step" and torn:
            step = next(s for s in steps(self.flash) if str(s) == due.what.data)
            self.flash = perform(self.flash, step, torn=True)

    def boot(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Due, ...]]:
        """Power is back: say which version runs, and go on with what was under way, or say that it failed."""
        self.flash = boot(self.flash)
        tree = self.showing_version(tree, now)
        follows: tuple[Due, ...] = ()
        for due in lost if self.alive else ():
            event = due.what.event if isinstance(due.what, After) else ""
            if event == "step":
                tree, outcome = fumo_updates.carried_on(self, tree, now)
            elif event == "fetched" and not self.resume:
                tree, outcome = self.end(tree, _E.DOWNLOAD_FAILED, 400, now)
            else:
                outcome = Outcome(None, later=(due.what,))
            follows += due.follow(outcome, now)
        return tree, follows

    # -- a wipe, a factory reset

    def wiped(self, tree: Tree, now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A package that was wiped from the tree is withdrawn."""
        node = self.place.node(tree, "Update", "PkgData")
        if self.state(tree) is _S.READY and not self.package and (node is None or not node.size):
            tree = self.happens(tree, _E.WITHDRAW, now)
        return tree, ()

    def holds(self, tree: Tree) -> bool:
        """Firmware that is being written is written to its end."""
        return self.state(tree) is _S.UPDATING and bool(self.flash.staged)

    def give_up(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Later, ...]]:
        """Downloads and questions are broken off: client error 400."""
        return tree, self.report(400)

    def renewed(self, tree: Tree, before: Tree, now: float) -> Tree:
        """No package and no task; the firmware stays, and DevDetail says which it is."""
        self.package, self.task, self.asked = b"", None, 0
        return self.showing_version(tree, now)

    # -- small things

    def _to(self, tree: Tree, move: ObjectMove, now: float) -> Tree:
        for state in (*move.via, move.to):
            if state is not self.state(tree):
                tree = self.place.set(tree, int(state), "State", now=now)
        return tree

    def happens(self, tree: Tree, event: FumoEvent, now: float) -> Tree:
        """The tree after ``event``, where the state has a move for it."""
        move = MACHINE.move(self.state(tree), event)
        return self._to(tree, move, now) if isinstance(move, ObjectMove) else tree

    def end(self, tree: Tree, event: FumoEvent, result: int, now: float) -> tuple[Tree, Outcome]:
        """The activity is over: the state, the report, and the clean-up that follows.

        A failed download of DownloadAndUpdate is reported under the type of that operation.  [FUMO §6.1.3]
        """
        tree = self.happens(tree, event, now)
        later: tuple[After | Later, ...] = self.report(result)
        if event is _E.DOWNLOAD_FAILED:
            return tree, Outcome(None, later=later + self._idle_later())
        return tree, Outcome(None, later=(*later, self.place.after(self.times.clean, "removed")))

    def report(self, result: int) -> tuple[Later, ...]:
        """The report to whoever asked, once; nothing for what nobody asked for."""
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

    def showing_version(self, tree: Tree, now: float) -> Tree:
        """The tree whose FwV says what runs."""
        if Place(self.version_at).text(tree) == self.flash.running or not self.flash.running:
            return tree
        return tree.set(self.version_at, self.flash.running, now=now)


def make(
    at: str, *, kind: UpdateKind = "two slots", firmware: Image | None = None, blocks: int = 4, **options: object
) -> Fumo:
    """A FUMO at ``at`` for a device of a kind that runs ``firmware``; the other options are fields of ``Fumo``."""
    image = instance("firmware", firmware or Image("T1", "1.0.3"), Image, 'an image, such as Image("T1", "1.0.3")')
    flash = Flash.of(kind, image, whole("blocks", blocks, 1))
    return Fumo(at, flash, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
