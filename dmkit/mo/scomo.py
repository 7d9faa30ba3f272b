"""SCOMO 1.0, the software component object: packages are fetched or delivered, installed into components, removed.

Three machines: of a download, of a delivered package, of a deployed component.  The numbers of the latter two are
State times 100 plus Status.  Each operation is answered 202 and done as a whole or not at all; what fails leaves the
state before it.  A component names those it needs, which is our own (``Ext/Needs``).  [enablers sheet §2]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Final

import msgspec

from dmkit.auth.signed import PrivateKey, Trust, sign
from dmkit.ddf.checking import populate
from dmkit.ddf.spec import Basis
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState, codes
from dmkit.mo.object import NOTHING, Handlers, Managed, Place, make_tree, refused
from dmkit.mo.package import Downloads, examine, fetch
from dmkit.tree.context import Call, Handler
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Value
from dmkit.words.outcome import After, Outcome
from dmkit.words.ranges import Range, Seconds

__all__ = ["ALERTS", "COMPONENT", "DOWNLOAD", "MACHINES", "PACKAGE", "RESULTS", "PackageComponent", "Scomo", "make",
           "software"]  # fmt: skip


class DownloadState(ObjectState):
    """Download/<X>/Status."""

    IDLE = 10, "Idle"
    FAILED = 20, "Download failed", False, True
    LOADING = 30, "Download progressing", True
    LOADED = 40, "Download complete", True
    INSTALLING = 50, "Install progressing", True
    INSTALL_FAILED = 60, "Install failed, data kept", False, True
    DELETED = 70, "Install failed, data deleted", False, True


class PackageState(ObjectState):
    """State and Status of Inventory/Delivered/<X>; 0 when there is no such node."""

    GONE = 0, "not there", False, True
    DELIVERED = 1010, "Delivered"
    REMOVE_FAILED = 1020, "Delivered, remove failed"
    REMOVING = 1030, "Delivered, remove progressing", True
    INSTALLING = 1040, "Delivered, install progressing", True
    INSTALL_FAILED = 1050, "Delivered, install failed"
    NO_DATA = 1060, "Delivered, install failed, no data"
    INSTALLED = 2010, "Installed", False, True


class ComponentState(ObjectState):
    """State and Status of Inventory/Deployed/<X>; 0 when there is no such node."""

    GONE = 0, "not there", False, True
    INACTIVE = 1010, "Inactive"
    INACTIVE_REMOVE_FAILED = 1020, "Inactive, remove failed"
    INACTIVE_REMOVING = 1030, "Inactive, remove progressing", True
    ACTIVATE_FAILED = 1040, "Inactive, activate failed"
    ACTIVATING = 1050, "Inactive, activate progressing", True
    ACTIVE = 2010, "Active", False, True
    ACTIVE_REMOVE_FAILED = 2020, "Active, remove failed"
    ACTIVE_REMOVING = 2030, "Active, remove progressing", True
    DEACTIVATE_FAILED = 2060, "Active, deactivate failed"
    DEACTIVATING = 2070, "Active, deactivate progressing", True


class DownloadEvent(ObjectEvent):
    """What happens to a download."""

    DOWNLOAD = "Exec Download", "server"
    INSTALL = "Exec DownloadInstall", "server"
    INSTALL_INACTIVE = "Exec DownloadInstallInactive", "server"
    LOADED = "download complete", "device"
    LOAD_FAILED = "download failed", "device"
    STORED = "package delivered", "device"
    PROCEED = "goes on to install", "device"
    INSTALLED = "install succeeded", "device"
    INSTALL_FAILED = "install failed", "device"
    CLEANED = "data deleted", "device"


class PackageEvent(ObjectEvent):
    """What happens to a delivered package."""

    INSTALL = "Exec Install", "server"
    INSTALL_INACTIVE = "Exec InstallInactive", "server"
    REMOVE = "Exec Remove", "server"
    DATA = "Data delivered", "server"
    ARRIVED = "package delivered", "device"
    ARRIVED_INSTALLED = "package delivered and installed", "device"
    INSTALLED = "install succeeded", "device"
    INSTALL_FAILED = "install failed", "device"
    REMOVED = "remove succeeded", "device"
    REMOVE_FAILED = "remove failed", "device"
    CLEANED = "data deleted", "device"


class ComponentEvent(ObjectEvent):
    """What happens to a component."""

    ACTIVATE = "Exec Activate", "server"
    DEACTIVATE = "Exec Deactivate", "server"
    REMOVE = "Exec Remove", "server"
    ARRIVED_ACTIVE = "installed active", "device"
    ARRIVED_INACTIVE = "installed inactive", "device"
    ACTIVATED = "activate succeeded", "device"
    ACTIVATE_FAILED = "activate failed", "device"
    DEACTIVATED = "deactivate succeeded", "device"
    DEACTIVATE_FAILED = "deactivate failed", "device"
    REMOVED = "remove succeeded", "device"
    REMOVE_FAILED = "remove failed", "device"


_D, _P, _C = DownloadState, PackageState, ComponentState
_DE, _PE, _CE = DownloadEvent, PackageEvent, ComponentEvent


def _m(to: ObjectState, basis: Basis = Basis.IMPLEMENTATION) -> ObjectMove:
    return ObjectMove(to, (), basis, "enablers sheet §2.1, §2.3")


_LOAD: Final[Mapping[ObjectEvent, ObjectMove]] = {event: _m(_D.LOADING) for event in (_DE.DOWNLOAD, _DE.INSTALL,
                                                                         _DE.INSTALL_INACTIVE)}  # fmt: skip
_WORK: Final[Mapping[ObjectEvent, ObjectMove]] = {
    _PE.INSTALL: _m(_P.INSTALLING), _PE.INSTALL_INACTIVE: _m(_P.INSTALLING), _PE.REMOVE: _m(_P.REMOVING),
    _PE.DATA: _m(_P.DELIVERED),
}  # fmt: skip
_OFF: Final[Mapping[ObjectEvent, ObjectMove]] = {_CE.ACTIVATE: _m(_C.ACTIVATING), _CE.REMOVE: _m(_C.INACTIVE_REMOVING)}
_ON: Final[Mapping[ObjectEvent, ObjectMove]] = {_CE.DEACTIVATE: _m(_C.DEACTIVATING), _CE.REMOVE: _m(_C.ACTIVE_REMOVING)}

DOWNLOAD: Final = Machine(
    "download", _D.IDLE, DownloadEvent,
    {
        _D.IDLE: _LOAD, _D.FAILED: _LOAD, _D.INSTALL_FAILED: {**_LOAD, _DE.CLEANED: _m(_D.DELETED)},
        _D.LOADING: {_DE.LOADED: _m(_D.LOADED), _DE.LOAD_FAILED: _m(_D.FAILED)},
        _D.LOADED: {_DE.STORED: _m(_D.IDLE), _DE.PROCEED: _m(_D.INSTALLING)},
        _D.INSTALLING: {_DE.INSTALLED: _m(_D.IDLE), _DE.INSTALL_FAILED: _m(_D.INSTALL_FAILED)},
        _D.DELETED: _LOAD,
    },
    {_D.IDLE: (0, 1), _D.LOADING: (1, 0), _D.FAILED: (0, 0), _D.LOADED: (2, 0), _D.INSTALLING: (2, 1),
     _D.INSTALL_FAILED: (2, 2), _D.DELETED: (1, 2)},
)  # fmt: skip
PACKAGE: Final = Machine(
    "delivered", _P.GONE, PackageEvent,
    {
        _P.GONE: {_PE.ARRIVED: _m(_P.DELIVERED), _PE.ARRIVED_INSTALLED: _m(_P.INSTALLED)},
        _P.DELIVERED: _WORK, _P.REMOVE_FAILED: _WORK, _P.INSTALL_FAILED: {**_WORK, _PE.CLEANED: _m(_P.NO_DATA)},
        _P.REMOVING: {_PE.REMOVED: _m(_P.GONE), _PE.REMOVE_FAILED: _m(_P.REMOVE_FAILED)},
        _P.INSTALLING: {_PE.INSTALLED: _m(_P.INSTALLED), _PE.INSTALL_FAILED: _m(_P.INSTALL_FAILED)},
        _P.NO_DATA: {_PE.REMOVE: _m(_P.REMOVING), _PE.DATA: _m(_P.DELIVERED)},
        _P.INSTALLED: {},
    },
    {_P.GONE: (0, 0), _P.DELIVERED: (1, 0), _P.REMOVING: (1, 1), _P.REMOVE_FAILED: (0, 1), _P.INSTALLING: (2, 0),
     _P.INSTALLED: (3, 0), _P.INSTALL_FAILED: (2, 1), _P.NO_DATA: (2, 2)},
)  # fmt: skip
COMPONENT: Final = Machine(
    "deployed", _C.GONE, ComponentEvent,
    {
        _C.GONE: {_CE.ARRIVED_ACTIVE: _m(_C.ACTIVE), _CE.ARRIVED_INACTIVE: _m(_C.INACTIVE)},
        _C.INACTIVE: _OFF, _C.INACTIVE_REMOVE_FAILED: _OFF, _C.ACTIVATE_FAILED: _OFF,
        _C.ACTIVE: _ON, _C.ACTIVE_REMOVE_FAILED: _ON, _C.DEACTIVATE_FAILED: _ON,
        _C.ACTIVATING: {_CE.ACTIVATED: _m(_C.ACTIVE), _CE.ACTIVATE_FAILED: _m(_C.ACTIVATE_FAILED)},
        _C.DEACTIVATING: {_CE.DEACTIVATED: _m(_C.INACTIVE), _CE.DEACTIVATE_FAILED: _m(_C.DEACTIVATE_FAILED)},
        _C.INACTIVE_REMOVING: {_CE.REMOVED: _m(_C.GONE), _CE.REMOVE_FAILED: _m(_C.INACTIVE_REMOVE_FAILED)},
        _C.ACTIVE_REMOVING: {_CE.REMOVED: _m(_C.GONE), _CE.REMOVE_FAILED: _m(_C.ACTIVE_REMOVE_FAILED)},
    },
    {_C.GONE: (0, 1), _C.INACTIVE: (1, 1), _C.ACTIVE: (3, 1), _C.ACTIVATING: (2, 0), _C.DEACTIVATING: (2, 2),
     _C.ACTIVATE_FAILED: (1, 0), _C.DEACTIVATE_FAILED: (3, 2), _C.INACTIVE_REMOVING: (0, 2),
     _C.INACTIVE_REMOVE_FAILED: (1, 2), _C.ACTIVE_REMOVING: (0, 0), _C.ACTIVE_REMOVE_FAILED: (3, 0)},
)  # fmt: skip
MACHINES: Final = (DOWNLOAD, PACKAGE, COMPONENT)

RESULTS: Final = codes(
    """
    1200 success
    1250 success, vendor
    1400 client error
    1401 user cancelled
    1402 download failed
    1403 alternate download: authentication failed
    1404 download failed, out of memory
    1405 install failed
    1406 install failed, out of memory
    1407 package validation failed
    1408 remove failed
    1409 activate failed
    1410 deactivate failed
    1411 not implemented
    1412 undefined error
    1413 environment not supported
    1450 client error, vendor
    1500 alternate download server error
    1501 alternate download server unavailable
    1550 server error, vendor
    """,
    Basis.IMPLEMENTATION,
    "MTK, RB",
)
ALERTS: Final = ("urn:oma:at:scomo:1.0:OperationComplete",)
_FETCHING: Final = {401: 1401, 406: 1403, 501: 1404, 503: 1501, 550: 1500}
"""Result of fetching -> result code here; others are 1402."""


class PackageComponent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A component inside a package; ``env`` is where it runs, ``needs`` the components that it does not run without."""

    id: str
    version: str = "1"
    name: str = ""
    env: str = ""
    needs: tuple[str, ...] = ()


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    components: tuple[PackageComponent, ...]


def software(
    package: str,
    components: Iterable[PackageComponent],
    *,
    version: int = 1,
    key: PrivateKey | None = None,
    chain: tuple[object, ...] = (),
) -> bytes:
    """A software package in octets, with a hash and, given a ``key``, the maker's signature.  PROPOSAL"""
    return sign(msgspec.json.encode(_Content(tuple(components))), package, version, key, chain)  # type: ignore[arg-type]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class ScomoTimes:
    """Seconds that operations take, and octets per second of a download.  PROPOSAL"""

    rate: Annotated[float, Range("number", 0, above=True)] = 125_000.0
    """Octets a second of a download."""
    install: Seconds = 20.0
    """To install."""
    remove: Seconds = 5.0
    """To remove."""
    switch: Seconds = 2.0
    """To activate or deactivate."""


@dataclass(slots=True)
class Scomo(Managed):
    """The object on a device.

    ``world`` is where packages are fetched, ``trust`` what is demanded of them, ``envs`` the environments that there
    are (empty: any), ``room`` the number of components that fit.  With ``low_battery`` nothing is installed.
    """

    at: str
    world: Downloads = field(default_factory=dict)
    trust: Trust = field(default_factory=lambda: Trust(demand="hash", installed=-1))
    envs: frozenset[str] = frozenset()
    room: int | None = None
    low_battery: bool = False
    times: ScomoTimes = field(default_factory=ScomoTimes)
    busy: int = 403
    wrong: int = 405
    name: str = "scomo"
    data: tuple[tuple[str, bytes], ...] = ()
    """Packages that were fetched, by the node that stands for them."""
    remembers: ClassVar[tuple[str, ...]] = ("data",)
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.at)

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
        delivered = self.place.uri("Inventory/Delivered/*/Data")
        found[f"Replace {delivered}"] = self._delivered
        found[f"Add {delivered}"] = self._delivered
        return found

    # -- commands

    def _exec(self, machine: Machine, event: ObjectEvent) -> Handler:
        def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
            if call.verb is not Verb.EXEC:
                return tree, Outcome(None)
            node = call.uri.rpartition("/Operations/")[0]
            move = machine.move(self._state(tree, node, machine), event, busy=self.busy, wrong=self.wrong)
            if not isinstance(move, ObjectMove):
                return refused(tree, move)
            tree = self._to(tree, node, move.to, call.now)
            seconds, what = self._first(tree, node, event)
            data = "\n".join((node, event.value, call.uri))
            return tree, Outcome(StatusCode.ACCEPTED, later=(self.place.after(seconds, what, data, call.correlator),))

        return run

    def _first(self, tree: Tree, node: str, event: ObjectEvent) -> tuple[float, str]:
        times = self.times
        if isinstance(event, DownloadEvent):
            return fetch(self.world, Place(node).text(tree, "PkgURL"), times.rate).seconds, "fetched"
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
        tree = self._whole(tree, root, operations)
        if below[-1] == "Data":
            return self._delivered(tree, call)
        return tree, Outcome(None)

    def _whole(self, tree: Tree, root: str, operations: Iterable[str], values: Mapping[str, Value] = {}) -> Tree:
        """``tree`` with the instance at ``root`` complete; what is there stays."""
        wanted: dict[str, Value | None | Node] = {f"{root}/Operations/{name}": "" for name in operations}
        made = populate({**wanted, **{f"{root}/{k}": v for k, v in values.items()}}, self.spec)
        for uri, node in made.walk(root):
            path = parse(uri).path
            if tree.find(path) is None:
                tree = tree.with_node(path, replace(node, children={}) if node.is_interior else node)
        return tree

    def _delivered(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        node = call.uri.rpartition("/")[0]
        move = PACKAGE.move(self._state(tree, node, PACKAGE), _PE.DATA, busy=self.busy, wrong=self.wrong)
        if not isinstance(move, ObjectMove):
            return refused(tree, move)
        return self._to(tree, node, move.to, call.now), Outcome(None)

    # -- what happens by itself

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """An operation is over."""
        node, operation, uri = event.data.split("\n")
        if parse(node).path and tree.find(parse(node).path) is None:
            return tree, NOTHING
        doing = {"fetched": self._fetched, "stored": self._stored, "load installed": self._load_installed,
                 "installed": self._installed, "removed": self._removed, "switched": self._switched,
                 "component removed": self._component_removed}  # fmt: skip
        tree, result, more = doing[event.event](tree, node, operation, now)
        if more is not None:
            return tree, Outcome(None, later=(replace(event, seconds=more[0], event=more[1]),))
        good = RESULTS[result].is_success
        report = self.place.alert(ALERTS[0], result, event.correlator, source=uri, ok=good)
        return tree, Outcome(None, later=(report,))

    def _fetched(self, tree: Tree, node: str, operation: str, now: float) -> _Effect:
        found = fetch(self.world, Place(node).text(tree, "PkgURL"), self.times.rate)
        if found.result != 200:
            return self._to(tree, node, _D.FAILED, now), _FETCHING.get(found.result, 1402), None
        if not examine(found.content, replace(self.trust, now=now)):
            return self._to(tree, node, _D.FAILED, now), 1407, None
        self._keep(node, found.content)
        return self._to(tree, node, _D.LOADED, now), 0, (0.1, "stored")

    def _stored(self, tree: Tree, node: str, operation: str, now: float) -> _Effect:
        if operation != _DE.DOWNLOAD:
            return self._to(tree, node, _D.INSTALLING, now), 0, (self.times.install, "load installed")
        tree = self._deliver(tree, node, 1010, now)
        return self._to(tree, node, _D.IDLE, now), 1200, None

    def _load_installed(self, tree: Tree, node: str, operation: str, now: float) -> _Effect:
        package = Place(node).text(tree, "PkgID")
        tree, result = self._install(tree, self._kept(node), package, operation == _DE.INSTALL, now)
        if result != 1200:
            return self._to(tree, node, _D.INSTALL_FAILED, now), result, None
        tree = self._deliver(tree, node, 2010, now)
        return self._to(tree, node, _D.IDLE, now), 1200, None

    def _deliver(self, tree: Tree, node: str, state: int, now: float) -> Tree:
        """The package stands in the inventory of those delivered."""
        here, name = Place(node), node.rpartition("/")[2]
        root = self.place.uri("Inventory", "Delivered", name)
        values = {"PkgID": here.text(tree, "PkgID"), "Name": here.text(tree, "Name") or name}
        tree = self._whole(tree, root, ("Install", "InstallInactive", "Remove"), values)
        octets = self._kept(node)
        self._keep(node, None)
        self._keep(root, octets)
        return self._to(tree, root, PackageState(state), now)

    def _installed(self, tree: Tree, node: str, operation: str, now: float) -> _Effect:
        stored = Place(node).node(tree, "Data")
        octets = stored.value if stored is not None and isinstance(stored.value, bytes) else b""
        package = Place(node).text(tree, "PkgID")
        tree, result = self._install(tree, octets or self._kept(node), package, operation == _PE.INSTALL, now)
        state = _P.INSTALLED if result == 1200 else _P.INSTALL_FAILED
        return self._to(tree, node, state, now), result, None

    def _install(self, tree: Tree, octets: bytes, package: str, active: bool, now: float) -> tuple[Tree, int]:
        """All components of a package, or none, and the result code."""
        verdict = examine(octets, replace(self.trust, now=now))
        if not verdict:
            return tree, 1407
        try:
            components = msgspec.json.decode(verdict.checked.content, type=_Content).components
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return tree, 1407
        there = self.components(tree)
        coming = {c.id for c in components}
        if self.envs and any(c.env and c.env not in self.envs for c in components):
            return tree, 1413
        if self.room is not None and len(coming | set(there)) > self.room:
            return tree, 1406
        if self.low_battery or not components:
            return tree, 1405
        running = {id for id, (_, state) in there.items() if state // 1000 == 2} | (coming if active else set())
        if any(set(c.needs) - (running if active else coming | set(there)) for c in components):
            return tree, 1405
        for each in components:
            root = self.place.uri("Inventory", "Deployed", _name(each.id))
            values: dict[str, Value] = {"ID": each.id, "PkgIDRef": package, "Name": each.name or each.id,
                                        "Version": each.version, "EnvType": each.env}  # fmt: skip
            if tree.find(parse(root).path) is not None:
                tree = tree.without(parse(root).path)
            tree = self._whole(tree, root, ("Activate", "Deactivate", "Remove"), values)
            if each.needs:
                tree = tree.set(f"{root}/Ext/Needs", " ".join(each.needs), now=now)
            tree = self._to(tree, root, _C.ACTIVE if active else _C.INACTIVE, now)
        return tree, 1200

    def components(self, tree: Tree) -> dict[str, tuple[str, int]]:
        """What is deployed: identifier -> node, and State times 100 plus Status."""
        place = self.place.node(tree, "Inventory", "Deployed")
        roots = [self.place.uri("Inventory", "Deployed", name) for name in (place.children if place else ())]
        return {Place(r).text(tree, "ID"): (r, int(self._state(tree, r, COMPONENT))) for r in roots}

    def needed_by(self, tree: Tree, id: str, *, active: bool = True) -> list[str]:
        """Components that need ``id``; the active ones, or all."""
        return [
            other
            for other, (root, state) in self.components(tree).items()
            if id in Place(root).text(tree, "Ext", "Needs").split() and (not active or state // 1000 == 2)
        ]

    def _removed(self, tree: Tree, node: str, operation: str, now: float) -> _Effect:
        self._keep(node, None)
        return tree.remove(node, now=now), 1200, None

    def _component_removed(self, tree: Tree, node: str, operation: str, now: float) -> _Effect:
        if self.needed_by(tree, Place(node).text(tree, "ID"), active=False):
            failed = {1030: _C.INACTIVE_REMOVE_FAILED, 2030: _C.ACTIVE_REMOVE_FAILED}
            return self._to(tree, node, failed[int(self._state(tree, node, COMPONENT))], now), 1408, None
        package = Place(node).text(tree, "PkgIDRef")
        tree = tree.remove(node, now=now)
        return self._forgotten(tree, package, now), 1200, None

    def _forgotten(self, tree: Tree, package: str, now: float) -> Tree:
        """With the last component of a package, the package is only delivered."""
        place = self.place.node(tree, "Inventory", "Delivered")
        used = {Place(root).text(tree, "PkgIDRef") for root, _ in self.components(tree).values()}
        for name in () if package in used or place is None else place.children:
            root = self.place.uri("Inventory", "Delivered", name)
            if Place(root).text(tree, "PkgID") == package and self._state(tree, root, PACKAGE) is _P.INSTALLED:
                tree = self._to(tree, root, _P.DELIVERED, now)
        return tree

    def _switched(self, tree: Tree, node: str, operation: str, now: float) -> _Effect:
        here, there = Place(node), self.components(tree)
        if operation == _CE.ACTIVATE:
            needs = here.text(tree, "Ext", "Needs").split()
            fine = all(id in there and there[id][1] // 1000 == 2 for id in needs)
            return self._to(tree, node, _C.ACTIVE if fine else _C.ACTIVATE_FAILED, now), 1200 if fine else 1409, None
        fine = not self.needed_by(tree, here.text(tree, "ID"))
        return self._to(tree, node, _C.INACTIVE if fine else _C.DEACTIVATE_FAILED, now), 1200 if fine else 1410, None

    def _kept(self, node: str) -> bytes:
        return dict(self.data).get(node, b"")

    def _keep(self, node: str, octets: bytes | None) -> None:
        others = tuple(entry for entry in self.data if entry[0] != node)
        self.data = others if octets is None else (*others, (node, octets))

    # -- states

    def states(self, tree: Tree) -> dict[str, ObjectState]:
        """Every download, delivered package and component that there is, by the address of its node."""
        found: dict[str, ObjectState] = {}
        for below, machine in (
            (("Download",), DOWNLOAD),
            (("Inventory", "Delivered"), PACKAGE),
            (("Inventory", "Deployed"), COMPONENT),
        ):
            place = self.place.node(tree, *below)
            for name in place.children if place is not None else ():
                node = self.place.uri(*below, name)
                found[node] = self._state(tree, node, machine)
        return found

    def _state(self, tree: Tree, node: str, machine: Machine) -> ObjectState:
        here = Place(node)
        if machine is DOWNLOAD:
            return DownloadState(here.number(tree, "Status"))
        if tree.find(parse(node).path) is None:
            return machine.first
        return type(machine.first)(100 * here.number(tree, "State") + here.number(tree, "Status"))

    def _to(self, tree: Tree, node: str, state: ObjectState, now: float) -> Tree:
        here = Place(node)
        if isinstance(state, DownloadState):
            return here.set(tree, int(state), "Status", now=now)
        tree = here.set(tree, int(state) // 100, "State", now=now)
        return here.set(tree, int(state) % 100, "Status", now=now)


_Effect = tuple[Tree, int, "tuple[float, str] | None"]
"""The tree, the result code, and what follows in place of a report: seconds and event."""


def _name(id: str) -> str:
    """An identifier as a name of a node."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in id)[:32] or "1"


def make(at: str, **options: object) -> Scomo:
    """A SCOMO at ``at``; the options are fields of ``Scomo``."""
    return Scomo(at, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
