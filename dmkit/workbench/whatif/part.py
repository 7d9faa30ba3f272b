"""A part of a report: what changed, row by row, how much stayed, and what was not looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.tree.node import Node
from dmkit.tree.uri import parse
from dmkit.workbench.readings.observed import Seen
from dmkit.workbench.readings.scene import ReadingCase, play_scene
from dmkit.workbench.whatif.change import SpecChange

__all__ = ["NO_CHANGE", "Part", "ReportSize", "Sides"]

NO_CHANGE: Final = SpecChange("the specification")


@dataclass(frozen=True)
class ReportSize:
    """How much is looked at: a lesson's size, or quick."""

    quick: bool = False

    @property
    def devices(self) -> int:
        """Devices of the standard world."""
        return 300 if self.quick else 2000

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of its runs; the same for both sides of the comparison."""
        return (1,) if self.quick else (1, 2, 3)

    @property
    def few(self) -> int:
        """Of jobs, attackers and enablers so many; all when it is 0."""
        return 4 if self.quick else 0

    @property
    def states(self) -> int:
        """States that an attacker may visit."""
        return 400 if self.quick else 6000

    @property
    def every(self) -> int:
        """Of the probe cases one in so many is played."""
        return 10 if self.quick else 1


@dataclass(frozen=True)
class Part:
    """``rows`` are what changed, each a dictionary; ``same`` counts what did not; ``details`` are texts by a name."""

    title: str
    rows: Sequence[Mapping[str, Any]] = ()
    same: int = 0
    what: str = ""
    note: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether there is anything to show first."""
        return bool(self.rows)


@dataclass(frozen=True)
class Sides:
    """What is compared: ``base`` rules for both sides, as differences from the specification, and a change of them."""

    base: SpecChange
    change: SpecChange
    size: ReportSize

    def before(self, side: str, rules: Rules) -> Rules:
        """``rules`` of a case under the base."""
        return self.base.rules(side, rules)  # type: ignore[arg-type]

    def after(self, side: str, rules: Rules) -> Rules:
        """``rules`` of a case under the change."""
        return self.change.rules(side, self.before(side, rules))  # type: ignore[arg-type]

    def play(
        self,
        case: ReadingCase,
        changed: bool,
        device: Rules | None = None,
        server: Rules | None = None,
        *,
        nodes: bool = False,
    ) -> Seen:
        """Play a case under the base or the change; ``device`` or ``server`` stand in place of that side's rules.

        ``nodes``: the device also has the nodes on which the handlers of the change are.
        """
        pick = self.after if changed else self.before
        own = device or pick("device", case.device)
        theirs = server or pick("server", case.server)
        scene = case.make(own, theirs)
        if changed and device is None:
            self.equip(scene.device, nodes=nodes)
        return play_scene(scene)

    def equip(self, device: Device, *, nodes: bool = False) -> None:
        """Give ``device`` the handlers of the change, with ``nodes`` the nodes on which they are, too."""
        for uri, handler in self.change.handlers.items():
            path = parse(uri).path
            if nodes and device.tree.find(path) is None and device.tree.find(path[:-1]) is not None:
                device.become(device.tree.put(uri, Node("null", None)))
            device.handlers[uri] = handler

    def served(self, server: Server, changed: bool) -> Server:
        """``server`` with the rules of the base or the change."""
        server.rules = (self.after if changed else self.before)("server", server.rules)
        return server
