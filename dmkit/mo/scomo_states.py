"""The tables of SCOMO 1.0: three machines, of a download, a delivered package, a deployed component; result codes.

The numbers of the latter two are State times 100 plus Status.  [enablers sheet §2]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmkit.ddf.spec import Basis
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState, codes

__all__ = ["ALERTS", "COMPONENT", "DOWNLOAD", "MACHINES", "PACKAGE", "RESULTS", "ComponentEvent", "ComponentState",
           "DownloadEvent", "DownloadState", "PackageEvent", "PackageState"]  # fmt: skip


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
