"""What a device has to report: which Generic Alerts are due, to whom, and which of them have been answered.

>>> from dmkit.device.device import Device
>>> from dmkit.words.outcome import Later
>>> device = Device.example()
>>> device.report(Later(0.0, "org.example.done", "./Job"), "srv")
>>> [str(alert.code) for alert in waiting(device, "srv", 1.0)], waiting(device, "other", 1.0), callers(device, 1.0)
(['1226'], (), ('srv',))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dmkit.device.agenda import advance, alerts_due
from dmkit.device.pending import Agenda
from dmkit.words.model import Alert

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["ReportMark", "answered", "callers", "news", "taken", "waiting"]


class ReportMark(NamedTuple):
    """When a device was asked last for what it has to report: for whom, by which agenda, how much had come, when."""

    server: str
    of: Agenda
    came: int
    now: float


_NOTHING: Final[tuple[Alert, ...]] = ()


def taken(device: Device, now: float) -> tuple[Alert, ...]:
    """Reports whose time has come; they leave the agenda."""
    advance(device, now)
    ready = alerts_due(device, None, now)
    alerts = device.agenda.alerts(ready)
    for entry in ready:
        device.agenda.remove(entry)
    return alerts


def waiting(device: Device, server: str, now: float) -> tuple[Alert, ...]:
    """What is to be told to ``server``, or to anybody; all of it stays until it is answered."""
    scheduler = device.scheduler
    if not device.agenda and scheduler is None:
        return ()
    advance(device, now)
    own = device.agenda.alerts(alerts_due(device, server, now))
    return own if scheduler is None else (*own, *scheduler.reports(server))


def news(
    device: Device, server: str, now: float, since: ReportMark | None
) -> tuple[tuple[Alert, ...], ReportMark | None]:
    """What has come to be told to ``server`` since it was asked at ``since``, and what to ask with next time."""
    if device.scheduler is None and not device.agenda:
        return _NOTHING, since
    if since is None or device.scheduler is not None or since.of is not device.agenda or since.server != server:
        told = waiting(device, server, now)
    else:
        advance(device, now)
        agenda = device.agenda
        told = agenda.alerts(agenda.news(("", server), now, (since.came, since.now)))
    before = now if since is None else max(now, since.now)
    return told, ReportMark(server, device.agenda, device.agenda.came, before)


def answered(device: Device, alert: Alert, server: str | None) -> None:
    """One such report to ``server`` (None: whoever is to be told) leaves, the one that waited longest."""
    if device.scheduler is not None:
        device.scheduler.reported(alert)
    first = device.agenda.saying(alert, server) if device.agenda else None
    if first is not None:
        device.agenda.remove(first)


def callers(device: Device, now: float) -> tuple[str, ...]:
    """Servers to which something is to be reported by now, each once; none while it is off."""
    due = device.agenda.servers_told(now)
    own = device.scheduler.callers() if device.scheduler is not None else ()
    known = [account.server_id for account in device.accounts]
    return tuple(dict.fromkeys(by or known[0] for by in (*due, *own) if known)) if device.is_on else ()
