"""The Scheduling MO: schedules that a server installs once and a device then carries out by itself.

The identifier ``urn:oma:mo:oma-dm-scheduling:1.0`` (index 0x0034) and its candidate of 26 June 2008 are established;
the official DDF was not available.  Tree, states, codes and meanings here are a **proposal** after patents of that time
and stand under an identifier of our own; each node, code and move has its ``basis``.  [scheduling sheet]

>>> from dmkit.device.device import Device
>>> device = Device.example().with_object("sched")
>>> device.tree.get("./Sched").type, LIKE_OMA.roots[0].children[0].object_id
('org.dmkit/1.0/Schedules', 'urn:oma:mo:oma-dm-scheduling:1.0')
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from datetime import tzinfo
from types import MappingProxyType
from typing import Final

from dmkit.ddf.spec import Spec
from dmkit.mo import machine
from dmkit.mo.object import Managed, load, make_tree
from dmkit.mo.sched.memory import Draw
from dmkit.mo.sched.scheduler import Scheduler, SchedulerHost
from dmkit.mo.sched.states import MACHINE
from dmkit.mo.sched.time import UTC, zone
from dmkit.mo.sched.values import ALERT_TYPE, OMA_MO_ID, ReportCode, SchedRules
from dmkit.tree.tree import Tree
from dmkit.words.errors import ConfigError

__all__ = ["ALERTS", "LIKE_OMA", "MACHINES", "RESULTS", "Schedules", "make"]

MACHINES: Final = (MACHINE,)
RESULTS: Final[Mapping[int, machine.ResultCode]] = MappingProxyType(
    {code.value: machine.ResultCode(code.value, code.phrase, code.basis, "scheduling sheet §6") for code in ReportCode}
)
ALERTS: Final = (ALERT_TYPE,)


def _like_oma(spec: Spec) -> Spec:
    root = spec.roots[0]
    context = replace(root.children[0], object_id=OMA_MO_ID)
    return replace(spec, roots=(replace(root, children=(context, *root.children[1:])),))


LIKE_OMA: Final = _like_oma(load("sched"))
"""The same tree under OMA's identifier, only to compare with OMA: the tree is a proposal; the official DDF was not
available."""


class Schedules(Managed):
    """The object: it mounts a ``scheduler`` on a device, with the choices ``rules``.

    ``local`` is the device's zone as a POSIX rule or a tzinfo, ``draw`` the chance of Jitter, ``now`` the time at which
    the device's life begins.
    """

    name = "sched"

    def __init__(self, at: str, rules: SchedRules, local: tzinfo, draw: Draw | None, now: float) -> None:
        self.at = at
        self._scheduler = (rules, local, draw, now)
        self._attached: Scheduler | None = None

    def build(self, tree: Tree) -> Tree:
        """The tree with a place for schedules."""
        return make_tree(tree, self.spec)

    def attach(self, host: SchedulerHost) -> Scheduler:
        """The scheduler of ``host``."""
        rules, local, draw, now = self._scheduler
        scheduler = Scheduler(host, root=self.at, rules=rules, local=local, draw=draw, now=now)
        self._attached = scheduler
        return scheduler

    def memory(self) -> tuple[Hashable, ...]:
        """What control nodes were told in this message: it goes when an Atomic is taken back, and is done after it."""
        return () if self._attached is None else tuple(self._attached.wishes)

    def remember(self, memory: tuple[Hashable, ...]) -> None:
        """Know that, and nothing else."""
        if self._attached is not None:
            self._attached.wishes = memory


def make(
    at: str,
    *,
    rules: SchedRules | None = None,
    local: tzinfo | str = UTC,
    draw: Draw | None = None,
    now: float = 0.0,
) -> Schedules:
    """The object at ``at``; ConfigError for a zone that is none."""
    if isinstance(local, str):
        local = zone(local)
    if now < 0:
        raise ConfigError(f"now is {now:g}; times are seconds since 1970")
    return Schedules(at, rules or SchedRules(), local, draw, now)
