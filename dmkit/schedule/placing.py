"""Schedules put into a device at once, as its maker or an operator's shop does it: no session, no document.

They are checked as a server's commands are, all or none of them, and begin at once.

>>> from dmkit.schedule.value import make
>>> from dmkit.sim.schedule import phone
>>> device = phone()
>>> place(device, make("Poll", ["Replace ./Vendor/Acme/Poll 60"], base="20251201T030000Z"), by="com.mgmtsrv.manage")
>>> device.tree.get("./Sched/Poll/State").text, device.next_due == device.scheduler.now + 3 * 3600
('30', True)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dmkit.schedule.value import Schedule, to_tree
from dmkit.tree.node import Node
from dmkit.words.errors import ConfigError

__all__ = ["place"]


class _Scheduler(Protocol):
    @property
    def now(self) -> float: ...

    def place(self, nodes: Mapping[str, Node], by: str, now: float) -> None: ...


def place(device: Any, *plans: Schedule, by: str, now: float | None = None) -> None:
    """Put ``plans`` into ``device`` as schedules of server ``by``, at ``now``, or at its present.

    CommandFailed says what is wrong with the first that cannot be, and none is there then; ConfigError for a device
    that has no schedules, and for two of one name.

    >>> from dmkit.device.device import Device
    >>> place(Device.example().with_object("sched"), by="com.mgmtsrv.manage")
    """
    scheduler: _Scheduler | None = getattr(device, "scheduler", None)
    if scheduler is None:
        raise ConfigError(f"{device!r} has no schedules; with_object('sched') gives it a place for them")
    nodes = {plan.name: to_tree(plan) for plan in plans}
    if len(nodes) < len(plans):
        twice = next(plan.name for at, plan in enumerate(plans) if plan.name in {p.name for p in plans[:at]})
        raise ConfigError(f"two schedules called {twice}; each has a name of its own")
    scheduler.place(nodes, by, scheduler.now if now is None else now)
