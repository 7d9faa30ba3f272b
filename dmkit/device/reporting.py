"""What a device has to report: which Generic Alerts are due, to whom, and which of them have been answered.

>>> from dmkit.device.device import Device
>>> device = Device.example()
>>> device.report(Later(0.0, "org.example.done", "./Job"), "srv")
>>> [str(alert.code) for alert in waiting(device, "srv", 1.0)], waiting(device, "other", 1.0), callers(device, 1.0)
(['1226'], (), ('srv',))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmkit.device.agenda import advance, alerts_due
from dmkit.words.model import Alert, Item, Meta
from dmkit.words.outcome import Due, Later

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["answered", "callers", "taken", "waiting"]


def taken(device: Device, now: float) -> tuple[Alert, ...]:
    """Reports whose time has come; they leave the agenda."""
    advance(device, now)
    ready = alerts_due(device, None, now)
    gone = {id(entry) for entry in ready}
    device.agenda = [entry for entry in device.agenda if id(entry) not in gone]
    return tuple(_alert(entry.what) for entry in ready if isinstance(entry.what, Later))


def waiting(device: Device, server: str, now: float) -> tuple[Alert, ...]:
    """What is to be told to ``server``, or to anybody; all of it stays until it is answered."""
    scheduler = device.scheduler
    if not device.agenda and scheduler is None:
        return ()
    advance(device, now)
    ready = alerts_due(device, server, now)
    own = tuple(_alert(entry.what) for entry in ready if isinstance(entry.what, Later))
    return own if scheduler is None else (*own, *scheduler.reports(server))


def answered(device: Device, alert: Alert, server: str | None) -> None:
    """One such report to ``server`` (None: whoever is to be told) leaves, the one that waited longest."""
    if device.scheduler is not None:
        device.scheduler.reported(alert)
    first: Due | None = None
    for entry in device.agenda:
        what = entry.what
        if not isinstance(what, Later) or what.correlator != alert.correlator:
            continue
        to_it = server is None or entry.by in ("", server)
        if to_it and (first is None or entry.at < first.at) and _alert(what) == alert:
            first = entry
    if first is not None:
        device.agenda = [entry for entry in device.agenda if entry is not first]


def callers(device: Device, now: float) -> tuple[str, ...]:
    """Servers to which something is to be reported by now, each once; none while it is off."""
    due = [entry.by for entry in alerts_due(device, None, now)]
    own = device.scheduler.callers() if device.scheduler is not None else ()
    known = [account.server_id for account in device.accounts]
    return tuple(dict.fromkeys(by or known[0] for by in (*due, *own) if known)) if device.is_on else ()


def _alert(later: Later) -> Alert:
    bare = later.type.startswith("urn:")  # fits neither of the prefixes of DM 1.2  [enablers sheet §1]
    kind = later.type if bare else f"Reversed-Domain-Name: {later.type}"
    meta = Meta(format=later.format, type=kind, mark=later.mark)
    alert = Alert.of(1226)
    item = Item(source=later.source, meta=meta, data=later.data)
    return Alert(alert.code, (item,), later.correlator)
