"""SCOMO, the software component object: packages are fetched or delivered, installed into components, removed.

Three machines: of a download, of a delivered package, of a deployed component.  The numbers of the latter two are
State times 100 plus Status.  Each operation is answered 202 and done as a whole or not at all; what fails leaves the
state before it.  A component names those it needs, which is our own (``Ext/Needs``).  [enablers sheet §2]

With ``version="1.1"`` the device restarts where a package says so (Reboot), and asks for updates by itself
(CheckUpdateFreq): see ``dmkit.mo.scomo_more``.
"""

from __future__ import annotations

from dataclasses import field, replace
from math import inf
from typing import ClassVar, Final, Literal

from dmkit.auth.signed import Trust
from dmkit.ddf.spec import Spec
from dmkit.mo import scomo_more as more_of
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState
from dmkit.mo.object import NOTHING, ExecAsked, Handlers, Managed, Place, load, make_tree, moved, refused
from dmkit.mo.package import Downloads, fetch
from dmkit.mo.scomo_downloads import DOWNLOADS
from dmkit.mo.scomo_installing import InstallLimits, Replaces, install
from dmkit.mo.scomo_inventory import ScomoInventory, completed, moved_to
from dmkit.mo.scomo_operations import OPERATIONS
from dmkit.mo.scomo_package import PackageComponent, content_of, software
from dmkit.mo.scomo_states import (
    ALERTS,
    COMPONENT,
    DOWNLOAD,
    MACHINES,
    PACKAGE,
    RESULTS,
    ComponentEvent,
    DownloadEvent,
    PackageEvent,
)
from dmkit.mo.scomo_tasks import ScomoTask, ScomoTimes
from dmkit.tree.context import Call, Handler
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse, quote
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.ranges import Natural
from dmkit.words.records import dataclass

__all__ = ["ALERTS", "COMPONENT", "DOWNLOAD", "MACHINES", "PACKAGE", "RESULTS", "PackageComponent", "Scomo",
           "ScomoTimes", "make", "software"]  # fmt: skip


_DE, _PE, _CE = DownloadEvent, PackageEvent, ComponentEvent
_DOING: Final = {**DOWNLOADS, **OPERATIONS}
_MACHINE: Final = {machine.name: machine for machine in MACHINES}


@dataclass(slots=True)
class Scomo(Managed):
    """The object on a device.

    ``world`` is where packages are fetched, ``trust`` what is demanded of them, ``envs`` the environments that there
    are (empty: any), ``room`` the number of components that fit.  With ``low_battery`` nothing is installed.

    ``space`` is what packages and components may take, in octets (None: any amount): a download that does not fit is
    1404, an installation 1406, data that a server delivers 420.  ``replaces`` says which component may be installed
    anew: one that nothing active outside its package needs, or also one that stays active.
    """

    at: str
    world: Downloads = field(default_factory=dict)
    trust: Trust = field(default_factory=lambda: Trust(demand="hash", installed=-1))
    envs: frozenset[str] = frozenset()
    room: Natural | None = None
    space: Natural | None = None
    replaces: Replaces = "nothing in use"
    """PROPOSAL: needs are ours, and so is what becomes of them."""
    low_battery: bool = False
    times: ScomoTimes = field(default_factory=ScomoTimes)
    busy: int = 403
    wrong: int = 405
    name: str = "scomo"
    version: Literal["1.0", "1.1"] = "1.0"
    """1.1 has Reboot and CheckUpdateFreq too.  [enablers sheet §2]"""
    data: tuple[tuple[str, bytes], ...] = ()
    """Packages that were fetched, by the node that stands for them."""
    tasks: tuple[ScomoTask, ...] = ()
    count: int = 0
    """Operations so far."""
    checks: int = 0
    """How often CheckUpdateFreq was set; questions of an earlier setting are asked no more."""
    remembers: ClassVar[tuple[str, ...]] = ("data", "tasks", "count", "checks")
    hears: ClassVar[frozenset[str]] = frozenset({*_DOING, "check"})
    restarts: ClassVar[frozenset[str]] = frozenset({"restart before", "restart after"})
    place: Place = field(init=False)
    inventory: ScomoInventory = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.at)
        self.inventory = ScomoInventory(self.place)
        if self.version not in ("1.0", "1.1"):
            raise ConfigError(f"SCOMO version {self.version!r} is not known; there are '1.0' and '1.1'")

    @property
    def spec(self) -> Spec:
        """The description of its version, at its place."""
        spec = load(self.name)
        return moved(more_of.described(spec) if self.version == "1.1" else spec, self.at)

    def build(self, tree: Tree) -> Tree:
        """The empty inventory."""
        return make_tree(tree, self.spec)

    def handlers(self) -> Handlers:
        """Exec on every operation, by its place; new instances are made whole; data may be delivered."""
        found: dict[str, Handler] = {}
        for below, machine, names in (
            ("Download/*", DOWNLOAD, {"Download": _DE.DOWNLOAD, "DownloadInstall": _DE.INSTALL,
                                      "DownloadInstallInactive": _DE.INSTALL_INACTIVE}),
            ("Inventory/Delivered/*", PACKAGE, {"Install": _PE.INSTALL, "InstallInactive": _PE.INSTALL_INACTIVE,
                                                "Remove": _PE.REMOVE}),
            ("Inventory/Deployed/*", COMPONENT, {"Activate": _CE.ACTIVATE, "Deactivate": _CE.DEACTIVATE,
                                                 "Remove": _CE.REMOVE}),
        ):  # fmt: skip
            for name, event in names.items():
                found[self.place.uri(below, "Operations", name)] = self._exec(machine, event)
            if machine is not COMPONENT:
                for key in (below, f"{below}/*"):
                    found[f"Add {self.place.uri(key)}"] = self._complete
            found[f"Replace {self.place.uri(below)}"] = self._renamed
        delivered = self.place.uri("Inventory/Delivered/*/Data")
        found[f"Replace {delivered}"] = self._delivered
        found[f"Add {delivered}"] = self._delivered
        if self.version == "1.1":
            found[f"Replace {self.place.uri('Download/*', more_of.REBOOT)}"] = self._reboot
            found[f"Replace {self.place.uri(more_of.CHECK)}"] = self._frequency
        return found

    # -- commands

    def _exec(self, machine: Machine, event: ObjectEvent) -> Handler:
        def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
            if call.verb is not Verb.EXEC:
                return tree, Outcome(None)
            node = call.uri.rpartition("/Operations/")[0]
            move = machine.move(self.inventory.state(tree, node, machine), event, busy=self.busy, wrong=self.wrong)
            if not isinstance(move, ObjectMove):
                return refused(tree, move)
            tree = moved_to(tree, node, move.to, call.now)
            url = Place(node).text(tree, "PkgURL")
            seconds, what = self._first(url, event)
            tree, lost = self.noticed(tree, call.now, node)
            self.count += 1
            asked = ExecAsked.of(call)
            task = ScomoTask(self.count, node, machine.name, event.value, asked, url, int(move.to))
            self.tasks = (*self.tasks, task)
            after = self.place.after(seconds, what, str(self.count), call.correlator)
            return tree, Outcome(StatusCode.ACCEPTED, later=(*lost, after))

        return run

    def _first(self, url: str, event: ObjectEvent) -> tuple[float, str]:
        times = self.times
        if isinstance(event, DownloadEvent):
            return fetch(self.world, url, times.rate).seconds, "fetched"
        if isinstance(event, PackageEvent):
            return (times.remove, "removed") if event is _PE.REMOVE else (times.install, "installed")
        return (times.remove, "component removed") if event is _CE.REMOVE else (times.switch, "switched")

    def _complete(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """A new instance gets what every instance has: Status, operations."""
        below = call.uri.removeprefix(f"{self.at}/").split("/")
        depth = 2 if below[0] == "Download" else 3
        root = self.place.uri(*below[:depth])
        operations = ("Download", "DownloadInstall", "DownloadInstallInactive") if depth == 2 else ("Install",
                      "InstallInactive", "Remove")  # fmt: skip
        tree = completed(tree, self.spec, root, operations)
        if below[-1] == "Data":
            return self._delivered(tree, call)
        return tree, Outcome(None)

    def _renamed(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """With its node, a package moves that is kept for it, and an operation that goes on there."""
        if tree.find(parse(call.uri).path) is None:
            to = f"{call.uri.rpartition('/')[0]}/{quote(call.item.text)}"
            self.data = tuple((to if node == call.uri else node, octets) for node, octets in self.data)
            self.tasks = tuple(replace(t, node=to) if t.node == call.uri else t for t in self.tasks)
        return tree, Outcome(None)

    def _delivered(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """What a server delivers stands in place of what was fetched for that package."""
        node = call.uri.rpartition("/")[0]
        move = PACKAGE.move(self.inventory.state(tree, node, PACKAGE), _PE.DATA, busy=self.busy, wrong=self.wrong)
        if not isinstance(move, ObjectMove):
            return refused(tree, move)
        fetched, self.data = self.data, tuple(entry for entry in self.data if entry[0] != node)
        if (over := -self.free(tree)) > 0:
            self.data = fetched
            return tree, Outcome(StatusCode.DEVICE_FULL, why=f"the data needs {many(over, 'octet')} more than are free")
        return moved_to(tree, node, move.to, call.now), Outcome(None)

    # -- what 1.1 has

    def _reboot(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """Only what ``Restarts`` has may be written."""
        text = Place(call.uri).text(tree)
        if text in set(more_of.Restarts):
            return tree, Outcome(None)
        known = ", ".join(each.value for each in more_of.Restarts if each.value)
        return tree, Outcome(StatusCode.COMMAND_FAILED, why=f"{call.uri}: {text!r} is none of {known}, or empty")

    def _frequency(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """Whoever sets it is asked from now on, and what was set before counts no more."""
        self.checks += 1
        return tree, Outcome(None, later=self._check(tree))

    def _check(self, tree: Tree) -> tuple[Later | After, ...]:
        seconds = self.place.number(tree, more_of.CHECK)
        return (self.place.after(seconds, "check", str(self.checks)),) if seconds > 0 else ()

    def restarts_around(self, tree: Tree, node: str) -> more_of.Restarts:
        """When the device restarts for the package of a download."""
        return more_of.Restarts(Place(node).text(tree, more_of.REBOOT) if self.version == "1.1" else "")

    # -- what is under way

    def noticed(self, tree: Tree, now: float, anew: str = "") -> tuple[Tree, tuple[Later, ...]]:
        """Operations whose node is gone, or has begun ``anew``, are lost; so is data kept for nodes that are gone."""
        lost = [task for task in self.tasks if task.node == anew or not self._stands(tree, task)]
        self.tasks = tuple(task for task in self.tasks if task not in lost)
        kept = tuple(entry for entry in self.data if tree.find(parse(entry[0]).path) is not None)
        if len(kept) != len(self.data):
            self.data = kept
        return tree, tuple(task.asked.report(self.place, ALERTS[0], task.lost, ok=False) for task in lost)

    def _stands(self, tree: Tree, task: ScomoTask) -> bool:
        if tree.find(parse(task.node).path) is None:
            return False
        return int(self.inventory.state(tree, task.node, _MACHINE[task.machine])) == task.state

    def _task(self, event: After) -> ScomoTask | None:
        return next((task for task in self.tasks if str(task.number) == event.data), None)

    def wants_restart(self, tree: Tree, event: After) -> bool:
        """Only for an operation that goes on: its node may be deleted, or begun anew, while the restart is awaited."""
        task = self._task(event) if event.event in self.restarts else None
        return task is not None and self._stands(tree, task)

    def give_up(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A factory reset breaks every operation off: client error, 1400."""
        tasks, self.tasks = self.tasks, ()
        return tree, tuple(task.asked.report(self.place, ALERTS[0], 1400, ok=False) for task in tasks)

    def renewed(self, tree: Tree, before: Tree, now: float) -> Tree:
        """No package is kept, and nobody is asked for updates."""
        self.data, self.checks = (), self.checks + 1
        return tree

    def free(self, tree: Tree) -> float:
        """Octets that are free: what is neither taken by packages, fetched or delivered, nor by components."""
        if self.space is None:
            return inf
        return self.space - sum(len(octets) for _, octets in self.data) - self.inventory.taken(tree)

    # -- what happens by itself

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """An operation is over, or updates are asked for."""
        if event.event == "check":
            if event.data != str(self.checks):
                return tree, NOTHING
            asks = Later(0.0, more_of.CHECK_ALERT, "", self.at, format="chr")
            return tree, Outcome(None, later=(asks, *self._check(tree)))
        task = self._task(event)
        if task is None:
            return tree, NOTHING
        if not self._stands(tree, task):
            tree, told = self.noticed(tree, now)
            return tree, Outcome(None, later=told)
        tree, result, more = _DOING[event.event](self, tree, task, now)
        others = tuple(other for other in self.tasks if other is not task)
        if more is not None:
            state = int(self.inventory.state(tree, task.node, _MACHINE[task.machine]))
            self.tasks = (*others, replace(task, state=state))
            return tree, Outcome(None, later=(replace(event, seconds=more[0], event=more[1]),))
        self.tasks = others
        report = task.asked.report(self.place, ALERTS[0], result, ok=RESULTS[result].is_success)
        return tree, Outcome(None, later=(report,))

    def install(self, tree: Tree, octets: bytes, package: str, active: bool, now: float) -> tuple[Tree, int]:
        """All components of a package, or none, and the result code."""
        components = content_of(octets, replace(self.trust, now=now))
        if components is None:
            return tree, 1407
        limits = InstallLimits(self.envs, self.room, self.free(tree), self.replaces, self.low_battery)
        return install(tree, self.inventory, self.spec, components, package, active=active, limits=limits, now=now)

    def states(self, tree: Tree) -> dict[str, ObjectState]:
        """Every download, delivered package and component that there is, by the address of its node."""
        return self.inventory.states(tree)

    def kept(self, node: str) -> bytes:
        """The package that was fetched for a node; empty without one."""
        return dict(self.data).get(node, b"")

    def keep(self, node: str, octets: bytes | None) -> None:
        """Keep a package for a node, or none any more."""
        others = tuple(entry for entry in self.data if entry[0] != node)
        self.data = others if octets is None else (*others, (node, octets))


def make(at: str, **options: object) -> Scomo:
    """A SCOMO at ``at``; the options are fields of ``Scomo``."""
    return Scomo(at, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
