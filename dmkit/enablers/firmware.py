"""Scenarios of firmware update: the three ways of FUMO, and one with the user's consent.  [FUMO §8]"""

from __future__ import annotations

from typing import Any, Final

from dmkit.enablers.play import Play
from dmkit.enablers.profile import EnablerProfile
from dmkit.enablers.scenario import EnablerScenario
from dmkit.mo.firmware import Image, package
from dmkit.session.work import DeviceInfo
from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Exec, Get, Replace, Sequence

__all__ = ["PACKAGE", "SCENARIOS", "URL"]

URL: Final = "https://fw.example.com/2.1"
PACKAGE: Final = package(Image("T1", "2.1", size=20_000))
"""Larger than a message (16 KiB), as firmware is."""
_AN_HOUR: Final = 3600.0


def _stage(profile: EnablerProfile, **options: Any) -> Play:
    stage = Play(profile, **options)
    stage.device.with_object("fumo", world={URL: PACKAGE})
    server = stage.device.accounts[0].server_id
    stage.device.tree = stage.device.tree.with_acl("./FUMO", f"Exec={server}&Get={server}&Replace={server}")
    return stage


def _updated(stage: Play, kind: str, correlator: str) -> None:
    """The end of every way: the version, the report, its correlator, and who may do such a thing."""
    stage.live(_AN_HOUR)
    stage.goal("the device runs 2.1", stage.value("./DevDetail/FwV") == "2.1")
    stage.reported(kind, correlator, ("200",), _look)
    stage.promise("no other server may do it", stage.guarded("./FUMO/Update"))


def _look(info: DeviceInfo) -> Any:
    [version] = yield [Get.of("./DevDetail/FwV")]
    return version.text == "2.1"


def direct(profile: EnablerProfile) -> Play:
    """The server puts the package on the device and lets it be installed.  [FUMO §8]"""
    stage = _stage(profile)

    def job(info: DeviceInfo) -> Any:
        [put] = yield [Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin")]
        if put:
            yield [Exec.of("./FUMO/Update", correlator="direct")]

    stage.manage(job)
    _updated(stage, "update", "direct")
    return stage


def two_steps(profile: EnablerProfile) -> Play:
    """The device downloads; the server looks, and lets it install.  [FUMO §8]"""
    stage = _stage(profile)

    def download(info: DeviceInfo) -> Any:
        yield [Replace.of("./FUMO/Download/PkgURL", URL), Exec.of("./FUMO/Download", correlator="download")]

    def install(info: DeviceInfo) -> Any:
        [state] = yield [Get.of("./FUMO/State")]
        if state.text == "50":
            yield [Exec.of("./FUMO/Update", correlator="install")]

    stage.manage(download)
    stage.live(_AN_HOUR)
    stage.listen()
    stage.promise("the server learns when to install", stage.told("download") is not None)
    stage.manage(install)
    _updated(stage, "update", "install")
    return stage


def combined(profile: EnablerProfile) -> Play:
    """The device downloads and installs by itself.  [FUMO §8]"""
    stage = _stage(profile)
    stage.manage(_combined)
    _updated(stage, "downloadandupdate", "combined")
    return stage


def _combined(info: DeviceInfo) -> Any:
    yield [Replace.of("./FUMO/DownloadAndUpdate/PkgURL", URL), _BOTH]


_BOTH: Final = Exec.of("./FUMO/DownloadAndUpdate", correlator="combined")
_QUESTION: Final = Alert.of(1101, None, "Install firmware 2.1 now?")


def consent(profile: EnablerProfile) -> Play:
    """The server asks the user first, and nothing happens when the answer is no.  [FUMO §6.1, DMPRO §10]"""
    stage, unwilling = _stage(profile), _stage(profile, user=lambda question: False)
    stage.promise("question and command travel together", stage.manage(_asking) == "together")
    _updated(stage, "downloadandupdate", "combined")
    unwilling.manage(_asking)
    unwilling.live(_AN_HOUR)
    stage.add(unwilling)
    stage.goal("a No of the user is heeded", unwilling.value("./DevDetail/FwV") != "2.1")
    return stage


def _asking(info: DeviceInfo) -> Any:
    """One Sequence, which a No ends; where there are none, the question first, in a package of its own."""
    _, asked = yield [Replace.of("./FUMO/DownloadAndUpdate/PkgURL", URL), Sequence.of(_QUESTION, _BOTH)]
    if asked.status != StatusCode.NOT_SUPPORTED:
        return "together"
    [asked] = yield [_QUESTION]
    if asked.status == StatusCode.OK:
        yield [_BOTH]
    return "one by one"


SCENARIOS: Final = (
    EnablerScenario("firmware", "direct delivery", direct, "FUMO §8"),
    EnablerScenario("firmware", "two steps", two_steps, "FUMO §8"),
    EnablerScenario("firmware", "combined", combined, "FUMO §8"),
    EnablerScenario("firmware", "with consent", consent, "FUMO §6.1, §8.2"),
)
