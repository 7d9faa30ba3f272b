"""The tables of FUMO 1.0: states, what happens, which leads where, result codes, alert types.  [FUMO §5.1.10, §6]"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dmkit.ddf.spec import Basis
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState, codes
from dmkit.mo.package import FetchResult

__all__ = ["ALERTS", "BOTH", "DOWNLOAD", "FETCHING", "MACHINE", "RESULTS", "UPDATE", "FumoEvent", "FumoState"]


class FumoState(ObjectState):
    """States as the leaf State shows them.  [FUMO §5.1.10]"""

    IDLE = 10, "Idle"
    DOWNLOAD_FAILED = 20, "Download failed", False, True
    DOWNLOADING = 30, "Download progressing", True
    DOWNLOADED = 40, "Download complete", True
    READY = 50, "Ready to update"
    UPDATING = 60, "Update progressing", True
    FAILED_DATA = 70, "Update failed, have data", False, True
    FAILED = 80, "Update failed, no data", False, True
    DONE_DATA = 90, "Update successful, have data", False, True
    DONE = 100, "Update successful, no data", False, True


class FumoEvent(ObjectEvent):
    """What happens: commands of the server, then what the device does.  [FUMO §6]"""

    EXEC_DOWNLOAD = "Exec Download", "server"
    EXEC_UPDATE = "Exec Update", "server"
    EXEC_BOTH = "Exec DownloadAndUpdate", "server"
    DATA = "PkgData delivered", "server"
    WITHDRAW = "package withdrawn", "server"
    DOWNLOADED = "download complete", "device"
    DOWNLOAD_FAILED = "download failed", "device"
    USABLE = "package usable", "device"
    PROCEED = "goes on to update", "device"
    UPDATED = "update succeeded", "device"
    UPDATE_FAILED = "update failed", "device"
    REMOVED = "package removed", "device"
    READY = "ready for a new cycle", "device"


_S, _E = FumoState, FumoEvent


def _m(to: FumoState, *via: FumoState, basis: Basis = Basis.ESTABLISHED, source: str = "FUMO §6") -> ObjectMove:
    return ObjectMove(to, via, basis, source)


def _begin(*via: FumoState) -> dict[ObjectEvent, ObjectMove]:
    """A new cycle out of a final state: the clean-up that the figure has first, then what it allows from Idle."""
    if not via:
        return {_E.EXEC_DOWNLOAD: _m(_S.DOWNLOADING), _E.EXEC_BOTH: _m(_S.DOWNLOADING), _E.DATA: _m(_S.READY)}

    def move(to: FumoState) -> ObjectMove:
        return _m(to, *via, basis=Basis.UNSURE, source="FUMO §6: clean-up and start in one")

    return {_E.EXEC_DOWNLOAD: move(_S.DOWNLOADING), _E.EXEC_BOTH: move(_S.DOWNLOADING), _E.DATA: move(_S.READY)}


def _stays(state: FumoState) -> dict[ObjectEvent, ObjectMove]:
    return {_E.WITHDRAW: _m(state, basis=Basis.UNSURE, source="FUMO §5.1: PkgURL is only a value here")}


MACHINE: Final = Machine(
    "fumo",
    _S.IDLE,
    FumoEvent,
    {
        _S.IDLE: {**_begin(), **_stays(_S.IDLE)},
        _S.DOWNLOAD_FAILED: {_E.READY: _m(_S.IDLE), **_begin(_S.IDLE), **_stays(_S.DOWNLOAD_FAILED)},
        _S.DOWNLOADING: {_E.DOWNLOADED: _m(_S.DOWNLOADED), _E.DOWNLOAD_FAILED: _m(_S.DOWNLOAD_FAILED)},
        _S.DOWNLOADED: {_E.USABLE: _m(_S.READY)},
        _S.READY: {
            _E.EXEC_UPDATE: _m(_S.UPDATING),
            _E.PROCEED: _m(_S.UPDATING, basis=Basis.UNSURE, source="FUMO §6.1.3, not drawn"),
            _E.WITHDRAW: _m(_S.IDLE),
            _E.DATA: _m(_S.READY, _S.IDLE, basis=Basis.UNSURE, source="FUMO §6: whether Idle shows is not said"),
        },
        _S.UPDATING: {_E.UPDATED: _m(_S.DONE_DATA), _E.UPDATE_FAILED: _m(_S.FAILED_DATA)},
        _S.FAILED_DATA: {_E.REMOVED: _m(_S.FAILED), **_begin(_S.FAILED, _S.IDLE), **_stays(_S.FAILED_DATA)},
        _S.FAILED: {_E.READY: _m(_S.IDLE), **_begin(_S.IDLE), **_stays(_S.FAILED)},
        _S.DONE_DATA: {
            _E.REMOVED: _m(_S.DONE), _E.READY: _m(_S.IDLE), **_begin(_S.DONE, _S.IDLE), **_stays(_S.DONE_DATA),
        },
        _S.DONE: {_E.READY: _m(_S.IDLE), **_begin(_S.IDLE), **_stays(_S.DONE)},
    },
    spots={
        _S.IDLE: (1, 1), _S.DOWNLOADING: (2, 0), _S.DOWNLOAD_FAILED: (1, 0), _S.DOWNLOADED: (3, 0), _S.READY: (3, 1),
        _S.UPDATING: (3, 2), _S.FAILED_DATA: (2, 2), _S.FAILED: (1, 2), _S.DONE_DATA: (2, 3), _S.DONE: (0, 2),
    },
)  # fmt: skip

RESULTS: Final = codes(
    """
    200 success
    250 success, vendor
    400 management client error
    401 user cancelled
    402 package corrupted
    403 package does not fit the device
    404 signature or validation failed
    405 package not acceptable
    406 alternate download: authentication failed
    407 alternate download: time-out
    408 not implemented
    409 undefined error
    410 update failed
    411 malformed or bad URL
    450 client error, vendor
    500 update failed
    501 download failed, out of memory
    502 update failed, out of memory
    503 download failed, network
    550 alternate download server error, vendor
    """,
    Basis.ESTABLISHED,
    "FUMO §6.2.4",
)

FETCHING: Final[Mapping[FetchResult, int]] = MappingProxyType({
    FetchResult.URL: 411, FetchResult.AUTHENTICATION: 406, FetchResult.TIMEOUT: 407, FetchResult.MEMORY: 501,
    FetchResult.NETWORK: 503, FetchResult.SERVER: 550, FetchResult.UNDEFINED: 409,
})  # fmt: skip
"""What came of fetching -> the result code that says so."""

_ROOT: Final = "org.openmobilealliance.dm.firmwareupdate"
ALERTS: Final = tuple(
    f"{_ROOT}.{what}" for what in ("download", "update", "downloadandupdate", "devicerequest", "userrequest")
)
DOWNLOAD, UPDATE, BOTH = ALERTS[:3]
