"""A schedule read from the tree and checked, as a device does before it installs one.  [scheduling sheet §2 R2, §4]

Everything that is wrong ends in ``CommandFailed`` with a sentence and the status that the sheet's proposal gives:

====  ======================================================
405   a task's command is not allowed on its target
406   this device has no conditions of that family
413   more components than the device takes
425   the owner lacks a right that a task or a condition needs
500   anything else: a value that is none, a node that is missing
====  ======================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeVar

from dmkit.mo.sched import gate as sched_gate
from dmkit.mo.sched import time as sched_time
from dmkit.mo.sched.values import (
    Component,
    EventTrap,
    Missed,
    Op,
    ReportRule,
    ResultCondition,
    SchedRules,
    ScheduleContext,
    Task,
    Threshold,
    TimeCondition,
    Ui,
    When,
)
from dmkit.tree.node import Node
from dmkit.tree.policy import Policy, oma_acl
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.caches import weigh
from dmkit.words.codes import Format, StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.digits import whole
from dmkit.words.errors import CommandFailed

__all__ = ["COMMANDS", "TRAPS", "numbered", "read"]

COMMANDS: Final = {verb.value: verb for verb in (Verb.EXEC, Verb.REPLACE, Verb.GET, Verb.ADD, Verb.DELETE, Verb.ALERT)}
"""Task/Command."""
_DIAGMON: Final = ("geo", "rxpwr", "calldrop", "qos", "dataspeed", "hard-reboot", "logcapacityfull")
_LOCAL: Final = (
    "power-on", "sim-changed", "roaming-entered", "battery-low", "download-complete", "bearer-up", "charger-on"
)  # fmt: skip
TRAPS: Final = {
    **{name: f"urn:oma:mo:oma-diagmontrap:{name}:1.0" for name in _DIAGMON},
    **{name: f"urn:oma:mo:x-dmsched:event:{name}" for name in _LOCAL},
}
"""Short name -> identifier of an event; those of DiagMon are established, the others private.  [sheet §5.2]"""
_SCHEMES: Final = ("urn:", "./")
_FAMILIES: Final = ("time", "trap", "threshold", "result")
_NO_REPORT: Final = (0, When.AT_ONCE, "", (), False, False, 0, None, None)
_MOST_SECONDS: Final = 10 * 366 * 86400
_E = TypeVar("_E", bound=Enum)
Runs = Callable[[str], bool]


def numbered(names: Iterable[str]) -> list[str]:
    """Names in the order of their numbers, then the others by the alphabet.

    >>> numbered(["10", "b", "9", "a"])
    ['9', '10', 'a', 'b']
    """
    return sorted(names, key=lambda n: (1, 0, n) if (number := whole(n)) is None else (0, number, n))


def read(
    tree: Tree,
    uri: str,
    owner: str,
    *,
    rules: SchedRules | None = None,
    local: tzinfo = sched_time.UTC,
    policy: Policy = oma_acl,
    tree_rules: TreeRules | None = None,
    runs: Runs = lambda uri: True,
) -> ScheduleContext:
    """The schedule at ``uri``, installed by ``owner``; ``runs`` says whether Exec does anything at a node.

    CommandFailed says what is wrong, where, and what would be right.
    """
    reader = _Reader(tree, uri, owner, rules or SchedRules(), local, policy, tree_rules or TreeRules(), runs)
    return reader.context()


def _flat(root: Node) -> dict[str, Node]:
    """All nodes below ``root`` by their address from there; a name with a slash is no part of a schedule."""
    found: dict[str, Node] = {}
    stack = [("", root)]
    while stack:
        above, node = stack.pop()
        for name, child in node.children.items():
            if "/" not in name:
                found[above + name] = child
                if child.is_interior:
                    stack.append((f"{above}{name}/", child))
    return found


@lru_cache(maxsize=1024)
def _recurrence(
    texts: tuple[str, str, str, str], local: tzinfo, readings: tuple[Any, Any, Any]
) -> tuple[sched_time.Recurrence, bool]:
    """Base, Recur, ExDate and RDate as a rule, and whether it is ever due: many schedules have the same."""
    rule = sched_time.parse(*texts)
    weigh(_recurrence, sum(map(len, texts)))
    return rule, next(rule.moments(local, sched_time.Readings(*readings)), None) is not None


class _Reader:
    """One schedule being read; paths are below its root."""

    def __init__(
        self,
        tree: Tree,
        uri: str,
        owner: str,
        rules: SchedRules,
        local: tzinfo,
        policy: Policy,
        tree_rules: TreeRules,
        runs: Runs,
    ) -> None:
        self.tree, self.uri, self.owner, self.rules = tree, uri, owner, rules
        self.local, self.policy, self.tree_rules, self.runs = local, policy, tree_rules, runs
        self.root = tree.get(uri)
        self.nodes = _flat(self.root)

    # -- values

    def wrong(self, path: str, why: str, status: int = StatusCode.COMMAND_FAILED) -> CommandFailed:
        """The failure to raise."""
        at = f"{self.uri}/{path}" if path else self.uri
        return CommandFailed(StatusCode(status), f"{at}: {why}", at=at)

    def find(self, path: str) -> Node | None:
        """The node below the schedule."""
        return self.nodes.get(path)

    def below(self, path: str) -> list[str]:
        """Names of the children, in order."""
        node = self.nodes.get(path)
        return numbered(node.children) if node is not None else []

    def text(self, path: str) -> str:
        """The value, empty when there is none."""
        node = self.nodes.get(path)
        return node.text.strip() if node is not None else ""

    def needed(self, path: str) -> str:
        """The value; a failure when there is none."""
        text = self.text(path)
        if not text:
            raise self.wrong(path, "is missing or empty")
        return text

    def whole(self, path: str, default: int = 0, low: int = 0, high: int = _MOST_SECONDS) -> int:
        """A whole number from ``low`` to ``high``."""
        text = self.text(path) if path in self.nodes else ""
        if not text:
            return default
        try:
            value = int(text)
        except ValueError:
            raise self.wrong(path, f"{text!r} is no whole number") from None
        if not low <= value <= high:
            raise self.wrong(path, f"{value} is outside {low} to {high}")
        return value

    def choice(self, path: str, kind: type[_E], default: _E) -> _E:
        """One of the numbers of an enumeration."""
        if path not in self.nodes or not self.text(path):
            return default
        values = [int(member.value) for member in kind]
        return kind(self.whole(path, int(default.value), min(values), max(values)))

    def moment(self, path: str) -> float | None:
        """A time; None when empty."""
        text = self.text(path)
        if not text:
            return None
        try:
            return sched_time.seconds_of(text, self.local)
        except ValueError as error:
            raise self.wrong(path, str(error)) from None

    # -- the schedule

    def context(self) -> ScheduleContext:
        """The whole."""
        names = self.below("Component")
        if not names:
            raise self.wrong("Component", "a schedule has at least one component")
        if len(names) > self.rules.max_components:
            raise self.wrong(
                "Component",
                f"{many(len(names), 'component')}; this device takes {self.rules.max_components}",
                StatusCode.TOO_LARGE,
            )
        begins, ends = self.moment("Valid/From"), self.moment("Valid/To")
        if begins is not None and ends is not None and ends <= begins:
            raise self.wrong("Valid/To", "is not after Valid/From")
        name = parse(self.uri).path[-1]
        return ScheduleContext(
            name,
            self.uri,
            self.text("ID") or name,
            self.owner,
            tuple(self.component(f"Component/{name}", name) for name in names),
            begins,
            ends,
            self.whole("Priority", low=-1000, high=1000) if self.text("Priority") else None,
            self.choice("MissedRule", Missed, Missed.CANCEL),
            self.whole("MissedDelay"),
            *self.report(),
        )

    def report(self) -> tuple[Any, ...]:
        """What is reported, and when."""
        if self.find("Report") is None:
            return _NO_REPORT
        return (
            self.whole("Report/Gating", high=15),
            self.choice("Report/When", When, When.AT_ONCE),
            self.text("Report/ServerID"),
            tuple(self.report_rule(f"Report/Rule/{n}") for n in self.below("Report/Rule")),
            self.truth("Report/State"),
            self.truth("Report/Missed"),
            self.whole("Report/Window"),
            self.whole("Report/Retries", high=1000) if self.text("Report/Retries") else None,
            self.whole("Report/RetryPeriod", low=1) if self.text("Report/RetryPeriod") else None,
        )

    def report_rule(self, path: str) -> ReportRule:
        """What of one command is reported, or held back."""
        code = self.whole(f"{path}/Code", low=100, high=599) if self.text(f"{path}/Code") else None
        report = self.text(f"{path}/Report")
        return ReportRule(self.text(f"{path}/CmdRef"), code, report == "" or self.truth(f"{path}/Report"))

    def component(self, path: str, name: str) -> Component:
        """One of them."""
        condition = f"{path}/Condition"
        families = {family: self.find(f"{condition}/{family.capitalize()}") for family in _FAMILIES}
        for family, node in families.items():
            if node is not None and family not in self.rules.families:
                raise self.wrong(
                    f"{condition}/{family.capitalize()}",
                    "this device has no such conditions",
                    StatusCode.NOT_SUPPORTED,
                )
        traps = tuple(self.trap(f"{condition}/Trap/{n}") for n in self.below(f"{condition}/Trap"))
        thresholds = tuple(self.threshold(f"{condition}/Threshold/{n}") for n in self.below(f"{condition}/Threshold"))
        time = self.time(f"{condition}/Time") if families["time"] is not None else None
        results = tuple(self.result(f"{condition}/Result/{n}", name) for n in self.below(f"{condition}/Result"))
        if not (time or traps or thresholds or results):
            raise self.wrong(condition, "has neither Time nor Trap nor Threshold, so nothing could ever start it")
        names = self.below(f"{path}/Task")
        if not names:
            raise self.wrong(f"{path}/Task", "a component has at least one task")
        atomic = any(self.truth(f"{path}/Task/{n}/Atomic") for n in names)
        tasks = tuple(self.task(f"{path}/Task/{n}", n, atomic) for n in names)
        return Component(
            name,
            f"{self.uri}/{path}",
            tasks,
            self.whole(f"{path}/Order", low=-1000) if self.text(f"{path}/Order") else None,
            time,
            traps,
            thresholds,
            self.gate(f"{condition}/Gate"),
            self.whole(f"{condition}/Logic", high=1) == 1,
            atomic,
            *self.asking(f"{path}/UI", results),
        )

    def asking(self, path: str, results: tuple[ResultCondition, ...]) -> tuple[Any, ...]:
        """How the user takes part, with the results that start the component in their place."""
        if self.find(path) is None:
            return Ui.SILENT, "", results
        return (
            self.choice(f"{path}/Mode", Ui, Ui.SILENT),
            self.text(f"{path}/Text"),
            results,
            self.whole(f"{path}/Deadline"),
            self.whole(f"{path}/MinWait"),
            self.whole(f"{path}/MaxWait"),
            self.truth(f"{path}/OnInstall"),
        )

    def truth(self, path: str) -> bool:
        """A bool."""
        text = self.text(path) if path in self.nodes else ""
        if text not in ("", "true", "false"):
            raise self.wrong(path, f"{text!r} is neither true nor false")
        return text == "true"

    # -- conditions

    def time(self, path: str) -> TimeCondition:
        """Condition/Time."""
        texts = (
            self.needed(f"{path}/Base"),
            self.text(f"{path}/Recur"),
            self.text(f"{path}/ExDate"),
            self.text(f"{path}/RDate"),
        )
        try:
            rule, is_ever = _recurrence(texts, self.local, (self.rules.base, self.rules.gap, self.rules.hourly))
        except ValueError as error:
            raise self.wrong(path, str(error)) from None
        if not is_ever:
            out = "ExDate leaves out all its due times" if rule.left_out else "UNTIL is before Base"
            raise self.wrong(f"{path}/Recur", f"{out}, so it would never be due")
        return TimeCondition(rule, self.whole(f"{path}/Jitter"), self.whole(f"{path}/Window"))

    def result(self, path: str, own: str) -> ResultCondition:
        """What another component must have come to."""
        other, text = self.needed(f"{path}/Component"), self.text(f"{path}/Code")
        if other == own or self.find(f"Component/{other}") is None:
            raise self.wrong(f"{path}/Component", f"{other!r} is no other component of this schedule")
        return ResultCondition(other, self.whole(f"{path}/Code", low=1200, high=1499) if text else None)

    def trap(self, path: str) -> EventTrap:
        """One event."""
        event = self.needed(f"{path}/EventID")
        if not event.startswith(_SCHEMES):
            raise self.wrong(f"{path}/EventID", f"{event!r} is no URI of an event, such as {TRAPS['roaming-entered']}")
        return EventTrap(event, self.text(f"{path}/Source"))

    def threshold(self, path: str) -> Threshold:
        """One comparison."""
        uri, text, value = self.needed(f"{path}/Node"), self.needed(f"{path}/Op"), self.needed(f"{path}/Value")
        if text not in Op.__members__:
            raise self.wrong(f"{path}/Op", f"{text!r} is not one of {', '.join(Op)}")
        node = self.sampled(f"{path}/Node", uri)
        is_number = node.format in ("int", "float")
        if is_number and sched_gate.number(value) is None:
            raise self.wrong(f"{path}/Value", f"{value!r} is no number, but {uri} holds {node.format}")
        leave = self.text(f"{path}/Hysteresis")
        distance = sched_gate.number(leave) if leave else 0.0
        if distance is None or distance < 0:
            raise self.wrong(f"{path}/Hysteresis", f"{leave!r} is no number from 0 up")
        if distance and not is_number:
            raise self.wrong(f"{path}/Hysteresis", f"{uri} holds {node.format}, which has no distances")
        return Threshold(
            uri, Op(text), value, self.whole(f"{path}/Sampling", 60, low=1), distance, self.text(f"{path}/Opens")
        )

    def sampled(self, path: str, uri: str) -> Node:
        """The leaf that a condition reads; the owner needs Get there."""
        node = self.target(path, uri)
        if node is None:
            raise self.wrong(path, f"{uri} does not exist")
        if node.is_interior:
            raise self.wrong(path, f"{uri} is an interior node; conditions read leaves")
        self.may(path, Verb.GET, uri)
        return node

    def gate(self, path: str) -> sched_gate.Expression | None:
        """Condition/Gate; None when there is none."""
        text = self.text(path)
        if not text:
            return None
        try:
            gate = sched_gate.parse(text)
        except ValueError as error:
            raise self.wrong(path, str(error)) from None
        for uri in gate.nodes:
            self.sampled(path, uri)
        return gate

    # -- tasks

    def target(self, path: str, uri: str) -> Node | None:
        """The node that is named, if it exists; a failure for what is no node."""
        if "?" in uri:
            raise self.wrong(path, f"{uri} names a property or a listing; a schedule works on nodes")
        if not uri.startswith("./"):
            raise self.wrong(path, f"{uri!r} is no address; one begins with ./")
        try:
            return self.tree.find(parse(uri).path)
        except CommandFailed as failure:
            raise self.wrong(path, failure.reason) from None

    def task(self, path: str, name: str, atomic: bool) -> Task:
        """One command."""
        uri, text = self.needed(f"{path}/Target"), self.needed(f"{path}/Command")
        verb = COMMANDS.get(text)
        if verb is None:
            raise self.wrong(f"{path}/Command", f"{text!r} is not one of {', '.join(COMMANDS)}")
        node = self.target(f"{path}/Target", uri)
        own = verb is Verb.EXEC and uri.startswith(f"{self.uri}/Operations/") and self.runs(uri)
        if node is None and verb is not Verb.ADD and not own:  # its own controls come with it
            raise self.wrong(f"{path}/Target", f"{uri} does not exist")
        if verb is not Verb.ALERT:
            self.allowed(path, verb, uri)
        forbidden = verb is Verb.GET or (verb is Verb.EXEC and not self.tree_rules.exec_in_atomic)
        if atomic and forbidden:
            raise self.wrong(f"{path}/Command", f"{text} is not allowed inside Atomic", StatusCode.NOT_ALLOWED)
        format = self.text(f"{path}/Format") or None
        if format is not None and format not in Format.__members__.values():
            raise self.wrong(f"{path}/Format", f"{format!r} is not one of {', '.join(f.value for f in Format)}")
        data = self.find(f"{path}/Data")
        return Task(
            name,
            uri,
            verb,
            data.text if data is not None else None,
            format,
            self.text(f"{path}/Type") or None,
            self.whole(f"{path}/Timeout"),
            self.whole(f"{path}/Retry", high=100),
            self.whole(f"{path}/RetryDelay"),
        )

    def allowed(self, path: str, verb: Verb, uri: str) -> None:
        """AccessType, behaviour and rights."""
        above = uri.rpartition("/")[0]
        takes = self.tree.describe(uri).takes(verb) or (verb is Verb.ADD and self.tree.describe(above).takes(verb))
        if not takes:
            raise self.wrong(path, f"the AccessType of {uri} has no {verb.value}", StatusCode.NOT_ALLOWED)
        if verb is Verb.EXEC and not self.runs(uri):
            raise self.wrong(path, f"nothing happens on Exec at {uri}", StatusCode.NOT_ALLOWED)
        self.may(path, verb, uri)

    def may(self, path: str, verb: Verb, uri: str) -> None:
        """A failure unless the owner has the right."""
        decision = self.policy(self.tree, self.owner, verb, uri)
        if not decision:
            raise self.wrong(path, f"{verb.value} {uri}: {decision.explain()}", StatusCode.PERMISSION_DENIED)
