"""What a device does when nobody talks to it: downloads end, installations proceed, power goes and comes back.

The agenda of a device holds what will happen inside (``After``) and what will be reported (``Later``).  Whoever holds
the device says what time it is; everything due by then happens, in order.  The tree and the agenda are one store that
is written at once: power never goes between them.

>>> from dmkit.device.device import Device
>>> device = Device.example().with_object("fumo")
>>> device.tree.get("./FUMO/State").value, device.next_due
('10', None)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dmkit.tree.context import Call, Handler
from dmkit.words.errors import ConfigError
from dmkit.words.outcome import After, Due, Later, Outcome

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.mo.object import Managed
    from dmkit.tree.tree import Tree

__all__ = ["advance", "alerts_due", "mount", "next_report", "noticed", "power_off", "power_on"]

MOST: Final = 100_000
"""Happenings in one ``advance``; an object that never comes to rest is an error."""


def alerts_due(device: Device, server: str | None, now: float) -> list[Due]:
    """Reports whose time has come, in order; those for ``server`` and for anybody, or all for None."""
    ready = [entry for entry in device.agenda if isinstance(entry.what, Later) and entry.at <= now]
    mine = [entry for entry in ready if server is None or entry.by in ("", server)]
    return sorted(mine, key=lambda entry: entry.at)


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
        device.agenda = [entry for entry in device.agenda if entry is not first]
        assert isinstance(first.what, After)
        owner = device.objects.get(first.what.at)
        if owner is None or first.what.event not in owner.hears:
            continue
        if first.what.event in owner.clears:
            _clear(device, owner, first)
            continue
        if owner.wants_restart(device.tree, first.what) and not _restarted(device, owner, first):
            continue
        outcome = device.acts(first.at, owner, owner.happen, first.what, first.at)
        device.agenda.extend(first.follow(outcome, first.at))
        device.is_on = owner.alive
    raise ConfigError(f"{device.address}: more than {MOST} things happen by {now:g} s; an object never comes to rest")


def _first(device: Device, now: float) -> Due | None:
    """What happens next by ``now``.  Of what is due at one moment a restart comes last: the rest may take it away."""
    events = [e for e in device.agenda if isinstance(e.what, After) and e.at <= now] if device.is_on else []
    if len(events) < 2:
        return events[0] if events else None
    return min(events, key=lambda entry: (entry.at, _is_restart(device, entry)))


def _is_restart(device: Device, entry: Due) -> bool:
    assert isinstance(entry.what, After)
    owner = device.objects.get(entry.what.at)
    return owner is not None and entry.what.event in owner.restarts


def _clear(device: Device, owner: Managed, entry: Due) -> None:
    """Bring the whole device back to its factory state, when nothing is under way that cannot be broken off.

    What can be is broken off, and whoever asked for it is told.  What cannot (writing firmware) is awaited.
    """
    now, others = entry.at, [other for other in device.objects.values() if other is not owner]
    if _awaits(device, owner, entry):
        return
    for other in others:
        lost = tuple(e for e in device.agenda if isinstance(e.what, After) and e.what.at == other.at)
        told = device.acts(now, other, other.give_up, lost, now)
        device.agenda = [e for e in device.agenda if e not in lost]
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
    ends = [e.at for e in device.agenda if isinstance(e.what, After) and e.what.at in holding]
    if ends:
        device.agenda.append(replace(entry, at=max(entry.at, min(ends))))
    return bool(ends)


def _restarted(device: Device, owner: Managed, entry: Due) -> bool:
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


def noticed(device: Device, now: float) -> None:
    """Let the objects see what commands have changed, and put on the agenda what they have to report of it."""
    for owner in device.objects.values():
        if not owner.heeds:
            continue
        told = device.acts(now, owner, owner.noticed, now)
        device.agenda.extend(Due.of(later, later.to, now) for later in told)


def next_report(device: Device, until: float = float("inf"), *, server: str | None = None) -> float | None:
    """Let the device live until it has something to report: when that is; None when it never has by ``until``.

    With ``server``, something for that one, or for whoever is met first.
    """
    while device.is_on:
        waiting = [entry.at for entry in device.agenda
                   if isinstance(entry.what, Later) and (server is None or entry.by in ("", server))]  # fmt: skip
        events = [entry.at for entry in device.agenda if isinstance(entry.what, After)]
        first = min(waiting, default=None)
        if not events or (first is not None and first <= min(events)):
            return first if first is None or first <= until else None
        if min(events) > until:
            return None
        advance(device, min(events))
    return None


def power_off(device: Device, now: float) -> None:
    """Power goes: what was under way is cut off, ``torn`` when it had begun; reports are kept."""
    advance(device, now)
    device.is_on = False
    lost = tuple(entry for entry in device.agenda if isinstance(entry.what, After))
    device.agenda = [entry for entry in device.agenda if not isinstance(entry.what, After)]
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
    for at, owner in list(device.objects.items()):
        own = tuple(entry for entry in lost if isinstance(entry.what, After) and entry.what.at == at)
        device.agenda.extend(device.acts(now, owner, owner.boot, own, now))
    device.is_on = all(owner.alive for owner in device.objects.values())


def mount(device: Device, name: str, at: str | None, options: Mapping[str, Any]) -> None:
    """Put the object called ``name`` into ``device``; ConfigError for a name, a place or an option that is wrong."""
    from dmkit import mo

    row = mo.OBJECTS.get(name)
    if row is None:
        raise ConfigError(f"management object {name!r} is not known; there are {', '.join(mo.OBJECTS)}")
    place = at or row.at
    if place in device.objects:
        raise ConfigError(f"{place}: there is an object already; give another place with at=")
    owner = row.make(place, options)
    device.become(owner.build(device.tree).remembering(place, owner.memory()))
    for other in device.objects.values():
        other.beside(owner)
    device.objects[place] = owner
    device.handlers.update({uri: _behaviour(device, owner, act) for uri, act in owner.handlers().items()})
    attach = getattr(owner, "attach", None)
    if attach is not None:
        device.scheduler = attach(device)
        control = device.scheduler.control()
        device.handlers.update({uri: _behaviour(device, owner, act) for uri, act in control.items()})


def _behaviour(device: Device, owner: Managed, act: Handler) -> Handler:
    """``act`` of ``owner`` with the memory that the tree has of it, and with the new memory in the tree."""

    def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        return device.with_memory(owner, tree, act, call)

    return run
