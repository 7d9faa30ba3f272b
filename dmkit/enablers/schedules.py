"""Scenarios of the Scheduling MO: what a server installs once, a device then does by itself.  PROPOSAL

Tree, states and codes are our proposal, so what is found here is about the proposal.  [scheduling sheet §3 to §6]
"""

from __future__ import annotations

from typing import Any, Final

from dmkit.ddf.spec import Basis
from dmkit.enablers.firmware import PACKAGE, URL
from dmkit.enablers.play import SOON, Play
from dmkit.enablers.profile import EnablerProfile
from dmkit.enablers.scenario import EnablerScenario
from dmkit.mo.sched.build import InstallWay, ScheduleValues, commands, component, options
from dmkit.mo.sched.time import seconds_of
from dmkit.session.work import DeviceInfo, Job
from dmkit.words.model import Get

__all__ = ["SCENARIOS"]

_START: Final = seconds_of("20251201T000000Z")
_POLL: Final = "Replace ./Vendor/Acme/Poll 60"
_THREE: Final = "20251203T030000Z"
"""At night, three days later."""
_DAY: Final = 86_400.0
_WAYS: Final[tuple[InstallWay, ...]] = ("tnds", "atomic", "pieces")


def _stage(profile: EnablerProfile) -> Play:
    stage = Play(profile, now=_START)
    stage.device.tree = stage.device.tree.set("./Bat/Level", 80)
    stage.device.with_object("sched", now=_START)
    return stage


def _install(*values: ScheduleValues) -> Job:
    """Install as one document, else as Adds in Atomic, else one by one.  Result: the way that was gone."""

    def job(info: DeviceInfo) -> Any:
        for way in _WAYS:
            outcomes = yield commands("./Sched/A", *values, how=way)
            if all(outcomes):
                return way
        return None

    return job


def _installed(stage: Play, *values: ScheduleValues) -> bool:
    way = stage.manage(_install(*values))
    stage.goal("the schedule is installed", way)
    stage.promise("one command brings the whole schedule", way == "tnds")
    stage.promise("it is there as a whole or not at all", way != "pieces")
    return way is not None


def nightly(profile: EnablerProfile) -> Play:
    """A value is set every night, and each time is reported.  [scheduling sheet §5.1, §6]"""
    stage = _stage(profile)
    if _installed(stage, component(1, _POLL, base=_THREE, recur="FREQ=DAILY")):
        stage.live(4 * _DAY)
        stage.goal("it was done", stage.value("./Vendor/Acme/Poll") == "60")
        stage.reported("Report", None, ("1200",), _looked)
    return stage


def _looked(info: DeviceInfo) -> Any:
    [done] = yield [Get.of("./Vendor/Acme/Poll")]
    return done.text == "60"


def threshold(profile: EnablerProfile) -> Play:
    """The battery runs low: something is done at once, and the server is told at once.  [scheduling sheet §5.3]"""
    stage = _stage(profile)
    if _installed(stage, component(1, _POLL, thresholds=["./Bat/Level CROSS_DOWN 20 30"])):
        stage.live(300.0)
        stage.device.tree = stage.device.tree.set("./Bat/Level", 10)
        stage.live(SOON)
        stage.goal("it was done", stage.value("./Vendor/Acme/Poll") == "60")
        stage.promise("the server is told at once", stage.told("Report"))
    return stage


def operation(profile: EnablerProfile) -> Play:
    """A firmware update begins by itself at night.  [scheduling sheet §7]"""
    stage = _stage(profile)
    stage.device.with_object("fumo", world={URL: PACKAGE})
    stage.device.tree = stage.device.tree.set("./FUMO/DownloadAndUpdate/PkgURL", URL)
    run = component(1, "Exec ./FUMO/DownloadAndUpdate", base=_THREE)
    if _installed(stage, run, options(ends="20251204T000000Z")):
        stage.live(4 * _DAY)
        stage.goal("the device runs 2.1", stage.value("./DevDetail/FwV") == "2.1")
        stage.promise("the server is told", stage.told("Report"))
    return stage


SCENARIOS: Final = (
    EnablerScenario("schedule", "every night", nightly, "scheduling sheet §5.1", Basis.PROPOSAL),
    EnablerScenario("schedule", "battery low", threshold, "scheduling sheet §5.3", Basis.PROPOSAL),
    EnablerScenario("schedule", "an operation", operation, "scheduling sheet §7", Basis.PROPOSAL),
)
