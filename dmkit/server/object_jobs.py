"""Jobs on management objects: look how things stand, command what is missing, wait for the report, and look again.

Each may be begun at any time, and again: it asks the device first, so that what is done is not done twice.
``dmkit.server.jobs`` has them beside the others.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final, Literal, TypeAlias

from dmkit.session.work import DeviceInfo, Job, Talk, Wait
from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.digits import whole
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Alert, Command, Exec, Get, Replace
from dmkit.words.outcome import Outcome
from dmkit.words.records import dataclass

__all__ = ["ObjectResult", "install_software", "lock", "operate", "telling", "update_firmware"]

JobPart: TypeAlias = Generator[Sequence[Command] | Wait, Sequence[Outcome], Outcome]
"""A piece of a job that gives the outcome of an operation."""


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """What a job on an object came to.

    ``result`` is the code of the report, None when there was none; ``state`` what the object shows at the end; ``why``
    says what stood in the way.  True when the device is as it should be.
    """

    ok: bool
    result: int | None = None
    state: str = ""
    why: str = ""

    def __bool__(self) -> bool:
        return self.ok


def number(text: str) -> int | None:
    """The result code in a report: the number itself, or the one in ``<ResultCode>``.

    >>> number("200"), number("<ResultCode>1200</ResultCode><Identifier>app</Identifier>"), number("soon")
    (200, 1200, None)
    """
    inner = text.partition("<ResultCode>")[2].partition("</ResultCode>")[0] or text
    return whole(inner.strip())


def operation(uri: str, *, correlator: str | None, source: str | None = None, argument: str | None = None) -> JobPart:
    """Exec ``uri`` and wait for its report; the outcome of the Exec when it was not 202, else that of the report."""
    [outcome] = yield [Exec.of(uri, argument, correlator=correlator)]
    if outcome.status != StatusCode.ACCEPTED:
        return outcome
    [report] = yield Wait(correlator, source or uri)
    return report


def operate(uri: str, argument: str | None = None, *, correlator: str | None = None, source: str | None = None) -> Job:
    """Execute ``uri`` and wait, over sessions if need be, for what it comes to.  Result: ``ObjectResult``.

    ``source`` is the node that reports, where it is not the one that was executed.

    >>> import dmkit as dm
    >>> device = dm.Device.example().with_object("lawmo")
    >>> _ = dm.converse(device, dm.Server.example(device), job=operate("./LAWMO/Operations/FullyLock"))
    >>> device.tree.get("./LAWMO/State").value
    '30'
    """

    def job(device: DeviceInfo) -> Talk:
        outcome = yield from operation(uri, correlator=correlator or uri, source=source, argument=argument)
        return _done(outcome)

    return job


def _done(outcome: Outcome, state: str = "") -> ObjectResult:
    if isinstance(outcome.command, Alert):
        code = number(outcome.text)
        return ObjectResult(code is not None and code % 1000 // 100 == 2, code, state)
    if not outcome.answered:
        return ObjectResult(False, None, state, outcome.why or "no answer")
    return ObjectResult(outcome.ok, None, state, "" if outcome.ok else str(outcome))


# -- firmware

UpdateWay: TypeAlias = Literal["combined", "two steps", "direct"]
_WAYS: Final = ("combined", "two steps", "direct")
_BUSY: Final = frozenset({"30", "40", "60"})


def update_firmware(
    version: str,
    url: str = "",
    *,
    at: str = "./FUMO",
    way: UpdateWay = "combined",
    package: bytes | None = None,
    version_at: str = "./DevDetail/FwV",
    correlator: str | None = None,
) -> Job:
    """Bring the firmware to ``version``: inventory, decision, Exec, and the report in a later session.  [FUMO §8]

    ``way``: "combined" (DownloadAndUpdate), "two steps" (Download, then Update) or "direct" (``package`` is delivered
    as PkgData).  ``url`` is where the device fetches it.  Result: ``ObjectResult``; ConfigError for a way that there
    is not.

    >>> update_firmware("2.0", at="./FUMO", way="combined").__name__
    'job'
    """
    if way not in _WAYS:
        raise ConfigError(f"update_firmware: way {way!r} is not known; there are {', '.join(_WAYS)}")
    if way == "direct" and package is None:
        raise ConfigError("update_firmware: direct delivery needs package=, the octets")
    url = url or f"https://fw.example.com/{version}"
    key = correlator or f"fw-{version}"

    def job(device: DeviceInfo) -> Talk:
        runs, state = yield from _look(version_at, at)
        if runs is None:
            return ObjectResult(False, None, "", f"{version_at}: cannot be read")
        if runs == version:
            return ObjectResult(True, None, state or "", "it runs already")
        if state is None:
            return ObjectResult(False, None, "", f"{at}: no firmware update object")
        begun = yield from (_until(at, key) if state in _BUSY else _begin(way, at, url, package, key))
        if begun.answered and not isinstance(begun.command, Alert):
            return _done(begun, state)
        runs, state = yield from _look(version_at, at)
        ok = runs == version
        value = _done(begun)
        return ObjectResult(ok, value.result, state or "", "" if ok else value.why or f"{runs} runs, not {version}")

    job.objects = (("fumo", at, version, url),)  # type: ignore[attr-defined]  # what a device needs for it: see sim
    return job


def telling(job: Job, text: str) -> Job:
    """``job``, and when it went well a text for the user (Alert 1100), that he hears of it.  [RD §6, R-090]

    Result: that of ``job``; a device without display has done it all the same.

    >>> telling(update_firmware("2.0"), "Your phone has been updated").__name__
    'told'
    """

    def told(device: DeviceInfo) -> Talk:
        result = yield from job(device)
        if result:
            yield [Alert.of(AlertCode.DISPLAY, None, text)]
        return result

    told.objects = getattr(job, "objects", ())  # type: ignore[attr-defined]
    return told


def _look(version_at: str, at: str) -> Generator[Sequence[Command], Sequence[Outcome], tuple[str | None, str | None]]:
    """The version that runs, and the state of the object; None for what cannot be read."""
    runs, state = yield [Get.of(version_at), Get.of(f"{at}/State")]
    return runs.text if runs else None, state.text if state else None


def _until(at: str, key: str) -> JobPart:
    """Wait for the report under ``key``; without one, look in each session until nothing is under way any more."""
    while True:
        [report] = yield Wait(key, at)
        if report.answered:
            return report
        [state] = yield [Get.of(f"{at}/State")]
        if state.text not in _BUSY:
            return report


def _begin(way: UpdateWay, at: str, url: str, package: bytes | None, key: str) -> JobPart:
    """Deliver or name the package, and start: the report of the last operation, or the outcome that stopped it."""
    if way == "direct":
        place, put = f"{at}/Update", Replace.of(f"{at}/Update/PkgData", package or b"", format="bin")
    else:
        place = f"{at}/{'DownloadAndUpdate' if way == 'combined' else 'Download'}"
        put = Replace.of(f"{place}/PkgURL", url)
    written, outcome = yield [put, Exec.of(place, correlator=key)]
    if not written or outcome.status != StatusCode.ACCEPTED:
        return outcome if written else written
    report = yield from _until(at, key)
    if way != "two steps" or (report.answered and not _done(report)):
        return report
    [outcome] = yield [Exec.of(f"{at}/Update", correlator=f"{key}-update")]
    return (yield from _until(at, f"{key}-update")) if outcome.status == StatusCode.ACCEPTED else outcome


# -- software, lock and wipe

_LOCKS: Final = {"FullyLock": "10", "PartiallyLock": "20", "UnLock": "30"}
_ALSO: Final = {"UnLock": "Unlock"}  # another spelling that devices have  [enablers sheet §4]


@asked
def install_software(
    package: str, url: str, *, at: str = "./SCOMO", name: str = "", active: bool = True, correlator: str | None = None
) -> Job:
    """Fetch and install the package with the identifier ``package``, unless it is installed.  [enablers sheet §2]

    ``name`` is that of its node, by default the identifier; ``active``: components run afterwards.  Result:
    ``ObjectResult``.

    >>> install_software("com.example.app", "http://example.com/app").__name__
    'job'
    """
    node = name or "".join(c if c.isalnum() or c in "._-" else "-" for c in package)[:32]
    key = correlator or f"sw-{node}"

    def job(device: DeviceInfo) -> Talk:
        delivered = f"{at}/Inventory/Delivered/{node}/State"
        [there] = yield [Get.of(delivered)]
        if there and there.text == "20":
            return ObjectResult(True, None, "20", "it is installed already")
        where = f"{at}/Download/{node}"
        values = [Replace.of(f"{where}/PkgID", package), Replace.of(f"{where}/PkgURL", url)]
        added, *written = yield [Add.of(where), *values]
        if not all(written):
            return _done(next(outcome for outcome in (added, *written) if not outcome))
        operation_at = f"{where}/Operations/{'DownloadInstall' if active else 'DownloadInstallInactive'}"
        value = _done((yield from operation(operation_at, correlator=key)))
        [there] = yield [Get.of(delivered)]
        ok = bool(there) and there.text == "20"
        return ObjectResult(
            ok, value.result, there.text if there else "", "" if ok else value.why or "it is not installed"
        )

    return job


@asked
def lock(how: str = "FullyLock", *, at: str = "./LAWMO", correlator: str | None = None) -> Job:
    """Lock the device or unlock it: "FullyLock", "PartiallyLock" or "UnLock", in any case.  Result: ``ObjectResult``.

    A device that has no UnLock is asked for Unlock, as some have it.  ConfigError for a lock that there is not.
    [enablers sheet §4]

    >>> import dmkit as dm
    >>> device = dm.Device.example().with_object("lawmo")
    >>> _ = dm.converse(device, dm.Server.example(device), job=lock("PartiallyLock"))
    >>> device.tree.get("./LAWMO/State").value
    '30'
    """
    name = {known.lower(): known for known in _LOCKS}.get(how.lower())
    if name is None:
        raise ConfigError(f"lock: {how!r} is not known; there are {', '.join(_LOCKS)}")
    key = correlator or f"lock-{name}"

    def job(device: DeviceInfo) -> Talk:
        [state] = yield [Get.of(f"{at}/State")]
        if state and state.text == _LOCKS[name]:
            return ObjectResult(True, None, state.text, "it is so already")
        outcome = yield from operation(f"{at}/Operations/{name}", correlator=key)
        if outcome.status == StatusCode.NOT_FOUND and name in _ALSO:
            outcome = yield from operation(f"{at}/Operations/{_ALSO[name]}", correlator=key)
        value = _done(outcome)
        [state] = yield [Get.of(f"{at}/State")]
        ok = bool(state) and state.text == _LOCKS[name]
        return ObjectResult(ok, value.result, state.text if state else "", "" if ok else value.why)

    return job
