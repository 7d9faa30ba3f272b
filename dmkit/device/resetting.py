"""The whole device at once: a factory reset, or a restart in the middle of an operation.

What can be broken off is broken off, and whoever asked for it is told.  What cannot (writing firmware) is awaited.

>>> from dmkit.device.device import Device
>>> from dmkit.words.model import Exec
>>> device = Device.example().with_object("lawmo").with_object("dcmo")
>>> for uri in ("./LAWMO/Operations/FactoryReset", "./DCMO/Camera/Operations/Disable"):
...     _ = device.execute((Exec.of(uri, correlator=uri[2:6]),), "srv", 119.5)
>>> _ = device.live(300.0)
>>> [(alert.correlator, alert.items[0].data) for alert in device.due(300.0)]
[('DCMO', '1200'), ('LAWM', '1200')]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.words.outcome import After, Due

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.mo.object import Managed
    from dmkit.tree.tree import Tree

__all__ = ["clear", "restarted"]


def clear(device: Device, owner: Managed, entry: Due) -> None:
    """Bring the whole device back to its factory state, when nothing is under way that cannot be broken off.

    Otherwise it comes after that.
    """
    now, others = entry.at, [other for other in device.objects.values() if other is not owner]
    if _awaits(device, owner, entry):
        return
    for each in (*others, owner):
        lost = tuple(e for e in device.agenda if isinstance(e.what, After) and e.what.at == each.at
                     and not each.outlasts(e))  # fmt: skip
        told = device.acts(now, each, each.give_up, lost, now)
        for gone in lost:
            device.agenda.remove(gone)
        device.agenda.extend(Due.of(later, later.to, now) for later in told)
    assert isinstance(entry.what, After)
    before = device.tree
    outcome = device.acts(now, owner, owner.happen, entry.what, now)
    device.agenda.extend(entry.follow(outcome, now))
    for other in others:
        device.acts(now, other, _renewed, other, before, now)
    if device.scheduler is not None:  # schedules that are gone are gone at once, and not when they are due
        device.scheduler.noticed(entry.by, now)
        device.look()


def _awaits(device: Device, owner: Managed, entry: Due) -> bool:
    """True when something goes on in another object that cannot be broken off: ``entry`` comes after it."""
    holding = {o.at for o in device.objects.values() if o is not owner and o.holds(device.tree)}
    ends = [e.at for e in device.agenda.happenings() if isinstance(e.what, After) and e.what.at in holding]
    if ends:
        device.agenda.append(replace(entry, at=max(entry.at, min(ends))))
    return bool(ends)


def restarted(device: Device, owner: Managed, entry: Due) -> bool:
    """Restart the device, when nothing is under way that cannot be broken off; False when that is awaited.

    Power is away for a moment only: the seconds that starting takes are for ``owner`` to say, of what it does next.
    """
    if _awaits(device, owner, entry):
        return False
    device.power_off(entry.at)
    device.power_on(entry.at)
    return device.is_on


def _renewed(tree: Tree, owner: Managed, before: Tree, now: float) -> tuple[Tree, None]:
    return owner.renewed(tree, before, now), None
