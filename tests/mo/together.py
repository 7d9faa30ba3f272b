"""All pairs of objects on one device, two servers, power, and what the other server does: stories, and their laws.

A story: server A sets one object going; just when its n-th thing is about to happen, server B sends a command to the
other object; power goes in the middle of the m-th.  Then the device is left alone.  The laws: each Exec that was
accepted (202) is reported once, to the server that sent it, with the correlator as given; every state is one of the
tables and was reached by a move of the tables; nothing is raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, Final

import dmkit as dm
from dmkit.mo import OBJECTS, dcmo, diagmon, lawmo, scomo, trap
from dmkit.mo.firmware import Image, package
from dmkit.mo.fumo import MACHINE as FUMO
from dmkit.mo.machine import Machine, ObjectState
from dmkit.mo.scomo import PackageComponent, software
from dmkit.words.model import Add, Command, Copy, Delete, Exec, Replace
from dmkit.words.outcome import After, Later
from tests.mo.fleet import URL, moments

A, B = "com.mgmtsrv.manage", "com.other.dm"
APP_URL, OLD_URL = "https://apps.example.com/app", "https://apps.example.com/old"
PACKAGE: Final = package(Image("T1", "2.1", size=64))
APP: Final = software("app", [PackageComponent("run", "2"), PackageComponent("ui", "2", needs=("run",))])
DIAG, TRAP = "./DiagMon/Battery", "./Trap/Signal"
DOWN, DELIVERED = "./SCOMO/Download/App", "./SCOMO/Inventory/Delivered/App"
DEPLOYED = "./SCOMO/Inventory/Deployed"
PARM = f"{DIAG}/DiagMonConfig/ConfigParms"
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "fumo": {"world": {URL: PACKAGE}, "blocks": 2},
    "scomo": {"world": {APP_URL: APP, OLD_URL: 404}, "version": "1.1"},
    "diagmon": {"sensor": lambda now: now},
    "trap": {"sensor": lambda now: now},
    "lawmo": {"wipeable": {"All": ".", "Software": "./SCOMO", "Names": "./APN"}},
    "dcmo": {},
}
NAMES: Final = tuple(OPTIONS)
HORIZON: Final = 3000.0
"""When a story ends; all but functions and traps without a limit have come to rest."""


def _exec(uri: str) -> Exec:
    return Exec.of(uri, correlator="?")


_APP: Final = (Add.of(DOWN), Replace.of(f"{DOWN}/PkgID", "app"), Replace.of(f"{DOWN}/PkgURL", APP_URL))
_INSTALLED: Final = (*_APP, _exec(f"{DOWN}/Operations/DownloadInstall"))
_PUT: Final = Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin")
_FUMO_URL: Final = tuple(Replace.of(f"./FUMO/{name}/PkgURL", URL) for name in ("Download", "DownloadAndUpdate"))
_DATA: Final = (Add.of(DELIVERED), Replace.of(f"{DELIVERED}/PkgID", "app"),
                Add.of(f"{DELIVERED}/Data", APP, format="bin"))  # fmt: skip
_WIPE: Final = tuple(Replace.of(f"./LAWMO/AvailableWipeList/{n}/ToBeWiped", True) for n in (1, 2, 3))
_LIMIT: Final = (Replace.of(f"{PARM}/DefMemory", 3), Replace.of(f"{PARM}/ReportCondition/Samples", 2))

STARTS: Final[dict[str, tuple[tuple[tuple[Command, ...], ...], ...]]] = {
    "fumo": (
        ((*_FUMO_URL, _exec("./FUMO/DownloadAndUpdate")),),
        ((*_FUMO_URL, _exec("./FUMO/Download")),),
        ((_PUT, _exec("./FUMO/Update")),),
    ),
    "scomo": (
        (_INSTALLED,),
        ((*_APP, _exec(f"{DOWN}/Operations/Download")),),
        ((*_DATA, _exec(f"{DELIVERED}/Operations/InstallInactive")),),
        (_INSTALLED, (_exec(f"{DEPLOYED}/ui/Operations/Deactivate"),)),
        (_INSTALLED, (_exec(f"{DEPLOYED}/run/Operations/Remove"),)),
        ((*_APP, Replace.of(f"{DOWN}/Reboot", "both"), _exec(f"{DOWN}/Operations/DownloadInstall")),),
    ),
    "diagmon": (((*_LIMIT, _exec(f"{DIAG}/Operations/Start")),),
                ((*_LIMIT, Replace.of(f"{DIAG}/ServerID", B), _exec(f"{DIAG}/Operations/Start")),)),
    "trap": (((*_LIMIT, Add.of(f"{TRAP}/ToRef/1"), Add.of(f"{TRAP}/ToRef/1/TargetMO", DIAG),
               Add.of(f"{TRAP}/ToRef/2"), Add.of(f"{TRAP}/ToRef/2/TargetMO", "./FUMO"),
               Add.of(f"{TRAP}/ToRef/3"), Add.of(f"{TRAP}/ToRef/3/TargetMO", "./SCOMO"),
               Add.of(f"{TRAP}/ToRef/4"), Add.of(f"{TRAP}/ToRef/4/TargetMO", "./LAWMO"),
               Add.of(f"{TRAP}/ToRef/5"), Add.of(f"{TRAP}/ToRef/5/TargetServer", B),
               Replace.of(f"{TRAP}/Enabled", True)),),),
    "lawmo": (((_exec("./LAWMO/Operations/FactoryReset"),),), ((*_WIPE, _exec("./LAWMO/Operations/Wipe")),),
              ((_exec("./LAWMO/Operations/FullyLock"),),)),
    "dcmo": (((_exec("./DCMO/Camera/Operations/Disable"),),), ((_exec("./DCMO/Camera/Operations/Enable"),),)),
}  # fmt: skip
"""Object -> ways to set it going, each as messages of which the last is the one that is watched."""

MEDDLES: Final[dict[str, tuple[tuple[Command, ...], ...]]] = {
    "fumo": ((*_FUMO_URL, _exec("./FUMO/DownloadAndUpdate")), (_PUT, _exec("./FUMO/Update")),
             (Replace.of("./FUMO/Download/PkgURL", "no"), Replace.of("./FUMO/Update/PkgData", b"", format="bin"))),
    "scomo": (_INSTALLED, (Delete.of(DOWN),), (Delete.of(DOWN), *_INSTALLED), (Delete.of(DELIVERED),),
              (Replace.of(f"{DOWN}/PkgURL", OLD_URL), Replace.of(f"{DOWN}/PkgID", "other"),
               _exec(f"{DOWN}/Operations/Download")),
              (*_DATA, _exec(f"{DELIVERED}/Operations/Install")), (Delete.of(DELIVERED), *_DATA),
              (_exec(f"{DEPLOYED}/run/Operations/Deactivate"), _exec(f"{DEPLOYED}/ui/Operations/Remove")),
              (Copy.of(f"{DOWN}/PkgURL", f"{DELIVERED}/PkgID"),)),
    "diagmon": ((_exec(f"{DIAG}/Operations/Stop"),), (_exec(f"{DIAG}/Operations/Start"),),
                (Replace.of(f"{DIAG}/ServerID", "nobody"), Replace.of(f"{PARM}/DefDuration", 1)),
                (_exec(f"{DIAG}/Operations/Stop"), *_LIMIT, _exec(f"{DIAG}/Operations/Start"))),
    "trap": ((Replace.of(f"{TRAP}/Enabled", True),), (Replace.of(f"{TRAP}/Enabled", False),)),
    "lawmo": ((_exec("./LAWMO/Operations/FactoryReset"),), (*_WIPE, _exec("./LAWMO/Operations/Wipe")),
              (_exec("./LAWMO/Operations/UnLock"), _exec("./LAWMO/Operations/PartiallyLock"))),
    "dcmo": ((_exec("./DCMO/Camera/Operations/Enable"),), (_exec("./DCMO/Camera/Operations/Disable"),)),
}  # fmt: skip
"""Object -> what the other server does to it."""


@dataclass(frozen=True)
class Story:
    """``first`` is set going the ``start``-th way, ``second`` is meddled with the ``meddle``-th, at thing ``when``.

    ``power`` is the thing in whose middle power goes, None for never; with ``turned`` objects are mounted the other way
    about; with ``unplugged`` the camera is taken away just then, and plugged in again.
    """

    first: str
    start: int
    second: str
    meddle: int
    when: int
    power: int | None = None
    turned: bool = False
    unplugged: bool = False


MOST_THINGS: Final = 7


def stories() -> Iterator[Story]:
    """Every story."""
    for first in NAMES:
        for start in range(len(STARTS[first])):
            for second in NAMES:
                for meddle in range(len(MEDDLES[second])):
                    for when in range(MOST_THINGS):
                        for power in (None, *range(MOST_THINGS)):
                            turned, out = (when + start + meddle) % 2 == 1, second == "dcmo" and when % 2 == 0
                            yield Story(first, start, second, meddle, when, power, turned, out)


@dataclass
class Told:
    """A device, and what it accepted and went through."""

    device: dm.Device
    owed: list[tuple[str, str | None]] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    states: dict[tuple[str, str], ObjectState] = field(default_factory=dict)
    number: int = 0

    def do(self, by: str, commands: tuple[Command, ...], now: float) -> None:
        """Let ``by`` send ``commands``; each Exec gets a correlator of its own."""
        made: list[Command] = []
        for each in commands:
            if isinstance(each, Exec):
                self.number += 1
                each = Exec.of(str(each.items[0].target), correlator=f"{by} {self.number}")
            made.append(each)
        outcomes = self.device.execute(tuple(made), by, now).outcomes
        for each, outcome in zip(made, outcomes, strict=True):
            if isinstance(each, Exec) and outcome.status == 202:
                self.owed.append((by, each.correlator))
        self.look(commands=True)

    def live(self, now: float) -> None:
        """Let one thing happen."""
        self.device.live(now)
        self.look()

    def look(self, commands: bool = False) -> None:
        """Every state is of the tables, and was reached by its moves."""
        now = dict(standing(self.device))
        for key, state in now.items():
            before = self.states.get(key)
            if before is not None and not reached(MACHINES[key[0]], before, state, 9 if commands else 2):
                self.passed.append(f"{key}: {before} -> {state}")
        self.states = now


MACHINES: Final[dict[str, Machine]] = {"fumo": FUMO, "diagmon": diagmon.FUNCTION, "trap": trap.MACHINE,
                                       "lawmo": lawmo.MACHINE, "dcmo": dcmo.MACHINE,
                                       **{machine.name: machine for machine in scomo.MACHINES}}  # fmt: skip


def standing(device: dm.Device) -> Iterator[tuple[tuple[str, str], ObjectState]]:
    """Machine and node -> state, for all that is mounted."""
    for at, owner in device.objects.items():
        made: Any = owner
        if owner.name == "scomo":
            for machine, below in ((scomo.DOWNLOAD, "Download"), (scomo.PACKAGE, "Inventory/Delivered"),
                                   (scomo.COMPONENT, "Inventory/Deployed")):  # fmt: skip
                for name in device.tree.get(f"{at}/{below}").children:
                    uri = f"{at}/{below}/{name}"
                    yield (machine.name, uri), made.inventory.state(device.tree, uri, machine)
        elif owner.name == "dcmo":
            for name in device.tree.get(at).children:
                yield ("dcmo", f"{at}/{name}"), made.state(device.tree, name)
        elif owner.name in MACHINES:
            yield (owner.name, at), made.state(device.tree)


def reached(machine: Machine, before: ObjectState, state: ObjectState, most: int) -> bool:
    """Whether at most so many moves lead from ``before`` to ``state``; a reset leads to the first.

    A package or component that comes again stands in place of the one before: it began as one that is not there.
    """
    if state is before or state is machine.first:
        return True
    able = {before} if before.busy or int(machine.first) else {before, machine.first}
    for _ in range(most):
        able |= {move.to for each in able for move in machine.table[each].values()}
    return state in able


@cache
def equipped(names: tuple[str, ...]) -> tuple[dm.Device, Any]:
    """A device with these objects, mounted in this order, and all that it is then."""
    device = dm.Device.example()
    for name in names:
        device.with_object(name, **OPTIONS[name])
    if "trap" in names:
        device.become(device.tree.set(f"{TRAP}/Above", dm.Node("int", "100")))
    if "diagmon" in names:
        device.become(device.tree.set(f"{PARM}/DefMemory", 5))
    return device, device.snapshot()


def play(story: Story) -> Told:
    """The device at the end of ``story``."""
    names = dict.fromkeys((story.first, story.second, "diagmon" if "trap" in (story.first, story.second) else "lawmo"))
    device, fresh = equipped(tuple(reversed(names) if story.turned else names))
    device.restore(fresh)
    told, now = Told(device), 0.0
    told.look()
    *before, watched = STARTS[story.first][story.start]
    for message in before:
        told.do(A, message, now)
        for entry in islice(moments(device), 20):
            now = entry.at
            told.live(now)
    told.do(A, watched, now)
    things = 0
    while (entries := [e for e in device.agenda if isinstance(e.what, After)]) and things < 2 * MOST_THINGS:
        entry = min(entries, key=lambda e: e.at)
        middle = (max(entry.since, now) + entry.at) / 2
        if things == story.when:
            now = middle
            told.do(B, MEDDLES[story.second][story.meddle], now)
            if story.unplugged and "dcmo" in names:
                for attached in (False, True):
                    device.become(device.objects["./DCMO"].plugged(device.tree, "Camera", attached, now))  # type: ignore[attr-defined]
                    told.look()
        elif things == story.power:
            now = middle
            device.power_off(now)
            now += 10.0
            device.power_on(now)
            told.look()
        else:
            now = max(now, entry.at)
            told.live(now)
        things += 1
    while (at := min((e.at for e in device.agenda if isinstance(e.what, After)), default=HORIZON)) < HORIZON:
        told.live(at)
        if "trap" in names and at > now + 2000:
            break
    if "diagmon" in names and told.states["diagmon", DIAG].busy:  # nothing limits it any more
        told.do(B, (_exec(f"{DIAG}/Operations/Stop"),), HORIZON)
    return told


def broken(story: Story) -> list[str]:
    """The laws that do not hold in ``story``."""
    try:
        told = play(story)
    except Exception as error:
        return [f"raised {type(error).__name__}: {error}"]
    device = told.device
    got = [(e.by, e.what.correlator) for e in device.agenda if isinstance(e.what, Later)
           and e.what.correlator is not None and _ends(e.what.type)]  # fmt: skip
    faults = list(told.passed)
    for who in sorted(set(told.owed) | set(got), key=str):
        if told.owed.count(who) != got.count(who):
            faults.append(f"{who}: {told.owed.count(who)} asked, {got.count(who)} reported")
    for entry in device.agenda:
        if isinstance(entry.what, Later) and _ends(entry.what.type):
            row = next(r for r in OBJECTS.values() if entry.what.type in r.alerts)
            if int(entry.what.data) not in row.results:
                faults.append(f"{entry.what.type}: no such result {entry.what.data}")
    return faults


def _ends(type: str) -> bool:
    return type.endswith("OperationComplete") or ".firmwareupdate." in type
