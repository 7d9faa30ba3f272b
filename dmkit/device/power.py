"""Power of a device: it goes whatever the device is doing, it comes back, and the objects see what they find.

>>> from dmkit.device.device import Device
>>> device = Device.example().with_object("lawmo")
>>> from dmkit.words.model import Exec
>>> _ = device.execute((Exec.of("./LAWMO/Operations/FullyLock"),), "srv", 0.0)
>>> power_off(device, 0.5)
>>> device.is_on, len(device.agenda), len(device.interrupted)
(False, 0, 1)
>>> power_on(device, 10.0)
>>> device.is_on, device.next_due
(True, 11.0)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dmkit.device.agenda import advance
from dmkit.words.errors import ConfigError
from dmkit.words.outcome import After, Due

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.mo.object import Managed
    from dmkit.mo.sched.events import Happening, Signal
    from dmkit.tree.tree import Tree

__all__ = ["live", "power_off", "power_on", "switched"]


def power_off(device: Device, now: float) -> None:
    """Power goes: what was under way is cut off, ``torn`` when it had begun; reports are kept."""
    advance(device, now)
    device.is_on = False
    lost = tuple(entry for entry in device.agenda if isinstance(entry.what, After))
    for entry in lost:
        device.agenda.remove(entry)
    device.interrupted = (*device.interrupted, *lost)
    for entry in lost:
        assert isinstance(entry.what, After)
        owner = device.objects.get(entry.what.at)
        if owner is not None:
            device.acts(now, owner, _cut, owner, entry, entry.since < now)


def _cut(tree: Tree, owner: Managed, entry: Due, torn: bool) -> tuple[Tree, None]:
    owner.cut(entry, torn)
    return tree, None


def power_on(device: Device, now: float) -> None:
    """Power comes back: each object starts, in the order in which they were mounted, with what it was doing.

    Each goes on for the server that had asked: a report goes to nobody else.
    """
    if device.is_on:
        return
    device.is_on = True
    lost, device.interrupted = device.interrupted, ()
    own: dict[str, list[Due]] = {}
    for entry in lost:
        assert isinstance(entry.what, After)
        own.setdefault(entry.what.at, []).append(entry)
    for at, owner in list(device.objects.items()):
        device.agenda.extend(device.acts(now, owner, owner.boot, tuple(own.get(at, ())), now))
    device.is_on = all(owner.alive for owner in device.objects.values())


def switched(device: Device, on: bool, now: float) -> None:
    """The same, and the schedules of the device notice it."""
    (power_on if on else power_off)(device, now)
    if device.scheduler is not None:
        from dmkit.mo.sched.events import EventKind, Signal

        device.scheduler.take(now, (Signal(EventKind.POWER_ON if on else EventKind.POWER_OFF),))


def live(device: Device, now: float, signals: Iterable[Signal]) -> tuple[Happening, ...]:
    """All that happens by itself until ``now``, then ``signals``, power among them; what schedules did is told.

    ConfigError for signals to a device without schedules.
    """
    advance(device, now)
    signals = tuple(signals)
    if device.scheduler is None:
        if signals:
            raise ConfigError(f"{device.address} takes no signals; with_object('sched') gives it schedules that do")
        return ()
    if signals:
        from dmkit.mo.sched.events import EventKind

        for signal in signals:
            if signal.kind is EventKind.POWER_OFF:
                power_off(device, now)
            elif signal.kind is EventKind.POWER_ON:
                power_on(device, now)
    happened = device.scheduler.advance(now, signals)
    advance(device, now)
    return happened
