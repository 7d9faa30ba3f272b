"""What a device does when nobody talks to it: downloads end, installations proceed, and what is to be reported waits.

The agenda of a device holds what will happen inside (``After``) and what will be reported (``Later``).  Whoever holds
the device says what time it is; everything due by then happens, in order.  The tree and the agenda are one store that
is written at once: power never goes between them.

>>> from dmkit.device.device import Device
>>> device = Device.example().with_object("fumo")
>>> device.tree.get("./FUMO/State").value, device.next_due
('10', None)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmkit.device.resetting import clear, restarted
from dmkit.words.errors import ConfigError
from dmkit.words.outcome import After, Due

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["advance", "alerts_due", "next_report", "noticed"]

MOST: Final = 100_000
"""Happenings in one ``advance``; an object that never comes to rest is an error."""


def alerts_due(device: Device, server: str | None, now: float) -> list[Due]:
    """Reports whose time has come, in order; those for ``server`` and for anybody, or all for None."""
    return device.agenda.told(None if server is None else ("", server), now)


def advance(device: Device, now: float) -> None:
    """Let everything happen that is due by ``now``, in order of time; a device that is off stands still."""
    scheduler = device.scheduler
    if not device.agenda and (scheduler is None or not scheduler.one(now)):
        return
    for _ in range(MOST):
        first = _first(device, now)
        if device.scheduler is not None and device.scheduler.one(now if first is None else first.at):
            continue
        if first is None:
            return
        device.agenda.remove(first)
        assert isinstance(first.what, After)
        owner = device.objects.get(first.what.at)
        if owner is None or first.what.event not in owner.hears:
            continue
        if first.what.event in owner.clears:
            clear(device, owner, first)
            continue
        if owner.wants_restart(device.tree, first.what) and not restarted(device, owner, first):
            continue
        outcome = device.acts(first.at, owner, owner.happen, first.what, first.at)
        device.agenda.extend(first.follow(outcome, first.at))
        device.is_on = owner.alive
        if first.what.event in owner.wipes:
            _all_hear(device, first.at)
    raise ConfigError(f"{device.address}: more than {MOST} things happen by {now:g} s; an object never comes to rest")


def _first(device: Device, now: float) -> Due | None:
    """What happens next by ``now``.  Of what is due at one moment a restart comes last: the rest may take it away."""
    first: Due | None = None
    for entry in device.agenda.happenings() if device.is_on else ():
        if entry.at > now or (first is not None and entry.at > first.at):
            break
        if not _is_restart(device, entry):
            return entry
        first = first or entry
    return first


def _is_restart(device: Device, entry: Due) -> bool:
    assert isinstance(entry.what, After)
    owner = device.objects.get(entry.what.at)
    return owner is not None and entry.what.event in owner.restarts


def noticed(device: Device, now: float) -> None:
    """Let the objects see what commands have changed, and put on the agenda what they have to report of it."""
    for owner in device.objects.values():
        if not owner.heeds:
            continue
        told = device.acts(now, owner, owner.noticed, now)
        device.agenda.extend(Due.of(later, later.to, now) for later in told)


def _all_hear(device: Device, now: float) -> None:
    """Let the objects see what a wipe has emptied."""
    for owner in device.objects.values():
        told = device.acts(now, owner, owner.wiped, now)
        device.agenda.extend(Due.of(later, later.to, now) for later in told)


def next_report(device: Device, until: float = float("inf"), *, server: str | None = None) -> float | None:
    """Let the device live until it has something to report: when that is; None when it never has by ``until``.

    With ``server``, something for that one, or for whoever is met first.
    """
    while device.is_on:
        first = device.agenda.first_told(server)
        event = next(device.agenda.happenings(), None)
        if event is None or (first is not None and first <= event.at):
            return first if first is None or first <= until else None
        if event.at > until:
            return None
        advance(device, event.at)
    return None
