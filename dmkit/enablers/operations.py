"""Scenarios of software, lock and wipe, device capabilities and diagnostics: an Exec, and what comes of it later.

[enablers sheet §2 to §5; general pattern in §0]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dmkit.ddf.spec import Basis
from dmkit.enablers.play import SOON, Play
from dmkit.enablers.profile import EnablerProfile
from dmkit.enablers.scenario import EnablerScenario
from dmkit.mo.scomo import PackageComponent, software
from dmkit.server import jobs
from dmkit.session.work import DeviceInfo, Job
from dmkit.tree.node import Node
from dmkit.words.model import Add, Command, Exec, Get, Replace

__all__ = ["SCENARIOS"]

_DONE: Final = "OperationComplete"
_HOUR: Final = 3600.0
_URL: Final = "https://apps.example.com/app"
_APP: Final = software("app", [PackageComponent("app.core", "2", name="core " * 4000)])
"""Larger than a message, as software is."""
_COMPONENT: Final = "./SCOMO/Inventory/Deployed/app.core"


def _stage(profile: EnablerProfile, name: str, at: str, **options: Any) -> Play:
    """A device with an object that only its server may touch."""
    stage = Play(profile)
    stage.device.with_object(name, at, **options)
    server = stage.device.accounts[0].server_id
    rights = "&".join(f"{verb}={server}" for verb in ("Add", "Delete", "Exec", "Get", "Replace"))
    stage.device.tree = stage.device.tree.with_acl(at, rights)
    return stage


def _operate(
    stage: Play,
    uri: str,
    want: Mapping[str, str],
    *before: Command,
    wait: float = _HOUR,
    good: Sequence[str] = ("1200",),
) -> None:
    """Send ``before`` and Exec ``uri``, wait, and see whether the device is as it should be and the server knows."""
    correlator = uri.rpartition("/")[2]

    def job(info: DeviceInfo) -> Any:
        yield [*before, Exec.of(uri, correlator=correlator)]

    stage.reports.clear()
    stage.manage(job)
    stage.live(wait)
    stage.goal(f"{correlator} is done", all(stage.value(at) == value for at, value in want.items()))
    stage.reported(_DONE, correlator, good, _finds(want))
    stage.promise("no other server may do it", stage.guarded(uri))


def _finds(want: Mapping[str, str]) -> Job:
    """Read the values: True when they are as they should be; a node that should be gone is none."""

    def job(info: DeviceInfo) -> Any:
        outcomes = yield [Get.of(uri) for uri in want]
        return all(
            (outcome.text if outcome else "") == value for outcome, value in zip(outcomes, want.values(), strict=True)
        )

    return job


# -- software


def _install(stage: Play) -> None:
    node = "./SCOMO/Download/App"
    _operate(stage, f"{node}/Operations/DownloadInstall", {f"{_COMPONENT}/State": "20"},
             Add.of(node), Replace.of(f"{node}/PkgID", "app"), Replace.of(f"{node}/PkgURL", _URL))  # fmt: skip


def install(profile: EnablerProfile) -> Play:
    """The device downloads an application and installs it; the server lists what is there.  [enablers sheet §2]"""
    stage = _stage(profile, "scomo", "./SCOMO", world={_URL: _APP})
    _install(stage)

    def inventory(info: DeviceInfo) -> Any:
        where = "./SCOMO/Inventory/Deployed"
        [listed] = yield [Get.of(f"{where}?list=StructData")]
        if listed:
            return True, any("app.core" in (item.source or "") for item in listed.results)
        return False, "app.core" in str((yield from jobs.inventory(where, refused="nothing")(info)))

    at_once, found = stage.manage(inventory) or (False, False)
    stage.promise("one command lists what is installed", at_once)
    stage.goal("the server sees the component", found)
    return stage


def deliver(profile: EnablerProfile) -> Play:
    """The server puts an application on the device and lets it be installed.  [enablers sheet §2]"""
    stage = _stage(profile, "scomo", "./SCOMO")
    node = "./SCOMO/Inventory/Delivered/App"
    _operate(stage, f"{node}/Operations/Install", {f"{_COMPONENT}/State": "20"},
             Add.of(node), Replace.of(f"{node}/PkgID", "app"), Add.of(f"{node}/Data", _APP, format="bin"))  # fmt: skip
    return stage


def switch(profile: EnablerProfile) -> Play:
    """An application is switched off, on, and taken away.  [enablers sheet §2.3]"""
    stage = _stage(profile, "scomo", "./SCOMO", world={_URL: _APP})
    _install(stage)
    for name, state in (("Deactivate", "10"), ("Activate", "20"), ("Remove", "")):
        _operate(stage, f"{_COMPONENT}/Operations/{name}", {f"{_COMPONENT}/State": state})
    return stage


# -- lock and wipe


def lock(profile: EnablerProfile) -> Play:
    """A lost phone is locked within a minute, and unlocked when it is found.  [enablers sheet §4]"""
    stage = _stage(profile, "lawmo", "./LAWMO")
    _operate(stage, "./LAWMO/Operations/FullyLock", {"./LAWMO/State": "10"}, wait=SOON / 2)
    stage.goal("it is locked within a minute", stage.now < SOON)
    _operate(stage, "./LAWMO/Operations/UnLock", {"./LAWMO/State": "30"})
    return stage


def wipe(profile: EnablerProfile) -> Play:
    """What is private is wiped.  [enablers sheet §4]"""
    stage = _stage(profile, "lawmo", "./LAWMO", wipeable={"Settings": "./APN"})
    _operate(stage, "./LAWMO/Operations/Wipe", {"./APN/Name": ""},
             Replace.of("./LAWMO/AvailableWipeList/1/ToBeWiped", "true", format="bool"),
             good=("1200", "1201", "1202"))  # fmt: skip
    return stage


# -- device capabilities


def camera(profile: EnablerProfile) -> Play:
    """The camera is switched off, and the user cannot switch it on.  [enablers sheet §5]"""
    stage = _stage(profile, "dcmo", "./DCMO")
    _operate(stage, "./DCMO/Camera/Operations/Disable", {"./DCMO/Camera/Enabled": "false"},
             Replace.of("./DCMO/Camera/DCMOConfig/DenyUserEnable", "true", format="bool"))  # fmt: skip
    stage.goal("the user is kept from it", stage.value("./DCMO/Camera/DCMOConfig/DenyUserEnable") == "true")
    return stage


# -- diagnostics

_BATTERY: Final = "./DiagMon/Battery"
_EVERY: Final = 300.0
"""Seconds between two looks of a trap."""
_PARMS: Final = f"{_BATTERY}/DiagMonConfig/ConfigParms"


def periodic(profile: EnablerProfile) -> Play:
    """Samples are collected, reported from time to time, and fetched.  [enablers sheet §3]"""
    stage = _stage(profile, "diagmon", _BATTERY, sensor=lambda now: 80.0)
    settings = [Replace.of(f"{_PARMS}/SampIntrvl", 60), Replace.of(f"{_PARMS}/ReportCondition/Samples", 10),
                Replace.of(f"{_PARMS}/DefMemory", 30),
                Replace.of(f"{_BATTERY}/ServerID", stage.device.accounts[0].server_id)]  # fmt: skip

    def job(info: DeviceInfo) -> Any:
        yield [*settings, Exec.of(f"{_BATTERY}/Operations/Start", correlator="Start")]

    stage.manage(job)
    stage.live(_HOUR)
    stage.listen()
    reports = sum(kind == "CollectedSimpleDataReport" for kind, *_ in stage.reports)
    stage.promise("it is reported from time to time", reports >= 3)

    def fetch(info: DeviceInfo) -> Any:
        where = f"{_BATTERY}/DiagMonData"
        [listed] = yield [Get.of(f"{where}?list=StructData")]
        if listed:
            return True, sum(item.text.endswith(" 80") for item in listed.results)
        return False, str((yield from jobs.inventory(where, refused="nothing")(info))).count(" 80'")

    at_once, samples = stage.manage(fetch) or (False, 0)
    stage.promise("one command fetches the samples", at_once)
    stage.goal("the server has the samples", samples == 30)
    return stage


def trap(profile: EnablerProfile) -> Play:
    """A value crosses a limit, and the server is told within a minute of its being seen.  [enablers sheet §3]"""
    at = "./Trap/Signal"
    stage = _stage(profile, "trap", at, every=_EVERY, sensor=lambda now: -120.0 if now % 86_400 > 600 else -80.0)
    stage.device.tree = stage.device.tree.set(f"{at}/Below", Node("int", "-200"))
    server = stage.device.accounts[0].server_id

    def job(info: DeviceInfo) -> Any:
        yield [Replace.of(f"{at}/Below", -110), Add.of(f"{at}/ToRef/1"),
               Add.of(f"{at}/ToRef/1/TargetServer", server),
               Replace.of(f"{at}/Enabled", "true", format="bool")]  # fmt: skip

    stage.manage(job)
    began = stage.now
    stage.live(_HOUR)
    stage.listen()
    seen = stage.told("TrapNotification")
    stage.goal("the server is told at once", seen is not None and seen[3] - began <= 600 + _EVERY + SOON)
    return stage


def inward(profile: EnablerProfile) -> Play:
    """A value crosses a limit, and a function on the device starts by itself.  [enablers sheet §3]"""
    at = "./Trap/Signal"
    stage = _stage(profile, "trap", at, every=_EVERY, sensor=lambda now: -120.0)
    stage.device.with_object("diagmon", _BATTERY, sensor=lambda now: 80.0)
    stage.device.tree = stage.device.tree.set(f"{at}/Below", Node("int", "-200"))

    def job(info: DeviceInfo) -> Any:
        yield [Replace.of(f"{_PARMS}/DefMemory", 5), Replace.of(f"{at}/Below", -110), Add.of(f"{at}/ToRef/1"),
               Add.of(f"{at}/ToRef/1/TargetMO", _BATTERY),
               Replace.of(f"{at}/Enabled", "true", format="bool")]  # fmt: skip

    stage.manage(job)
    stage.live(_HOUR)
    found = stage.manage(jobs.inventory(f"{_BATTERY}/DiagMonData", refused="nothing"))
    stage.goal("samples were collected", found)
    return stage


_UNKNOWN: Final = Basis.PROPOSAL
SCENARIOS: Final = (
    EnablerScenario("software", "install", install, "enablers sheet §2", Basis.IMPLEMENTATION),
    EnablerScenario("software", "direct delivery", deliver, "enablers sheet §2", Basis.IMPLEMENTATION),
    EnablerScenario("software", "off, on, away", switch, "enablers sheet §2.3", Basis.IMPLEMENTATION),
    EnablerScenario("lock", "a lost phone", lock, "enablers sheet §4", Basis.IMPLEMENTATION),
    EnablerScenario("lock", "wipe", wipe, "enablers sheet §4", Basis.IMPLEMENTATION),
    EnablerScenario("device", "camera off", camera, "enablers sheet §5", Basis.IMPLEMENTATION),
    EnablerScenario("diagnosis", "samples", periodic, "enablers sheet §3", _UNKNOWN),
    EnablerScenario("trap", "tells a server", trap, "enablers sheet §3", _UNKNOWN),
    EnablerScenario("trap", "starts a function", inward, "enablers sheet §3", _UNKNOWN),
)
