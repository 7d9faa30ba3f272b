"""Mounting a management object on a device: its nodes, its behaviour behind them, and its memory in the tree.

>>> from dmkit.device.device import Device
>>> device = Device.example()
>>> mount(device, "lawmo", "./Lock", {})
>>> device.tree.get("./Lock/State").value, "./Lock" in device.tree.memory
('30', True)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dmkit.tree.context import Call, Handler
from dmkit.tree.uri import join, parse
from dmkit.words.errors import CommandFailed, ConfigError
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.mo.object import Managed
    from dmkit.tree.tree import Tree

__all__ = ["mount"]


def mount(device: Device, name: str, at: str | None, options: Mapping[str, Any]) -> None:
    """Put the object called ``name`` into ``device``; ConfigError for a name, a place or an option that is wrong."""
    from dmkit import mo

    row = mo.OBJECTS.get(name)
    if row is None:
        raise ConfigError(f"management object {name!r} is not known; there are {', '.join(mo.OBJECTS)}")
    place = _spelled(at) if at else row.at
    if place in device.objects:
        raise ConfigError(f"{place}: there is an object already; give another place with at=")
    try:
        owner = row.make(place, options)
        built = owner.build(device.tree)
    except CommandFailed as error:
        raise ConfigError(f"management object {name!r} at {place}: {error}") from None
    device.become(built.remembering(place, owner.memory()))
    for other in device.objects.values():
        other.beside(owner)
    device.objects[place] = owner
    device.handlers.update({uri: _behaviour(device, owner, act) for uri, act in owner.handlers().items()})
    attach = getattr(owner, "attach", None)
    if attach is not None:
        device.scheduler = attach(device)
        control = device.scheduler.control()
        device.handlers.update({uri: _behaviour(device, owner, act) for uri, act in control.items()})


def _spelled(at: str) -> str:
    """The place as commands spell it: ``./L%41`` is ``./LA``, and behaviour is found by that."""
    try:
        uri = parse(at)
    except CommandFailed as error:
        raise ConfigError(f"at: {error}") from None
    if uri.prop or uri.list:
        raise ConfigError(f"at: {at!r} is no place of a node; it has no question mark, such as ./FUMO")
    return join(uri.path)


def _behaviour(device: Device, owner: Managed, act: Handler) -> Handler:
    """``act`` of ``owner`` with the memory that the tree has of it, and with the new memory in the tree."""

    def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        return device.with_memory(owner, tree, act, call)

    return run
