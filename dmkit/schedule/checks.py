"""Faults of schedules that can be seen before they run: each a row of ``RULES``, each finding a sentence.

>>> from dmkit.schedule.value import make
>>> odd = make("A", ["Exec ./FUMO/Update"], base="20251201T030000Z", gate="./Bat/Level>50 AND ./Bat/Level<40")
>>> [str(finding) for finding in lint(odd)]
["A Component/1/Condition/Gate: contradiction: './Bat/Level>50 AND ./Bat/Level<40' is never true"]
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from itertools import combinations, islice, pairwise, takewhile
from typing import Final, NamedTuple

from dmkit.mo.sched import gate as gates
from dmkit.mo.sched.read import TRAPS, read
from dmkit.mo.sched.time import UTC, printed, seconds_of
from dmkit.mo.sched.values import SchedRules
from dmkit.schedule.dues import MONTH, cost, due_times, recurrence
from dmkit.schedule.value import Schedule, to_tree
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CommandFailed, ConfigError

__all__ = ["RULES", "ScheduleFinding", "lint"]

RULES: Final = {
    "unreadable": "a time, a rule or a gate that is none",
    "never": "nothing can ever start it",
    "outside": "no due time lies within its validity",
    "expired": "its validity is over already",
    "often": "it runs more than once in five minutes",
    "contradiction": "conditions that cannot be true together, or a comparison that never is",
    "always": "a comparison that is always true",
    "unheard": "an event that nobody raises",
    "opposite": "two schedules say opposite things of one node at one moment",
    "twice": "two components do the same at the same moment",
    "rights": "a right, a node or a command that will be missing",
    "itself": "it works on itself",
    "prompt": "the user is asked more than four times a day",
    "costly": "it opens more than 1000 sessions a month",
    "idle": "something is said that has no effect",
}
_OFTEN: Final = 300.0
_COSTLY: Final = 1000
_PROMPTS: Final = 4
_PER_CENT: Final = ("/Level", "/Percent", "/Charge")
_MOST: Final = 2000


class ScheduleFinding(NamedTuple):
    """``rule`` is a row of ``RULES``, ``at`` the address below the schedule.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> str(ScheduleFinding(plan.name, "Component/1", "never", "nothing starts it"))
    'Poll Component/1: never: nothing starts it'
    """

    schedule: str
    at: str
    rule: str
    why: str

    def __str__(self) -> str:
        return f"{self.schedule} {self.at}: {self.rule}: {self.why}".replace(" :", ":")


@asked
def lint(
    *plans: Schedule,
    tree: Tree | None = None,
    owner: str = "",
    now: str = "",
    local: tzinfo = UTC,
    rules: SchedRules | None = None,
) -> tuple[ScheduleFinding, ...]:
    """Findings of schedules, alone and together.

    With the ``tree`` of a device and the ``owner`` that will install them, rights and nodes are looked at too; with
    ``now``, whether it is too late.

    >>> from dmkit.schedule.value import make
    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> len(lint(plan))
    0
    """  # fmt: skip
    found: list[ScheduleFinding] = []
    for plan in plans:
        try:
            found += _alone(plan, now, local)
        except ConfigError as error:
            found.append(ScheduleFinding(plan.name, "", "unreadable", str(error)))
            continue
        if tree is not None:
            found += _rights(plan, tree, owner, local, rules or SchedRules())
    found += _together([plan for plan in plans if not any(f.schedule == plan.name and f.rule == "unreadable"
                                                          for f in found)], local)  # fmt: skip
    return tuple(found)


def _alone(plan: Schedule, now: str, local: tzinfo) -> Iterator[ScheduleFinding]:
    begins, ends = plan.get("Valid/From"), plan.get("Valid/To")
    if ends and now and seconds_of(ends, local) <= seconds_of(now, local):
        yield ScheduleFinding(plan.name, "Valid/To", "expired", f"{ends} is over")
    if begins and ends and seconds_of(ends, local) <= seconds_of(begins, local):
        yield ScheduleFinding(plan.name, "Valid/To", "outside", f"{ends} is not after {begins}")
    for leaf, needs, value in (("MissedDelay", "MissedRule", "2"), ("Report/RetryPeriod", "Report/Retries", "")):
        other = plan.get(needs)
        if plan.get(leaf) and ((value and other != value) or (not value and other == "0")):
            yield ScheduleFinding(plan.name, leaf, "idle", f"it counts with {needs} {value or 'above 0'} only")
    if not plan.components:
        yield ScheduleFinding(plan.name, "Component", "never", "it has no component")
    for name in plan.components:
        yield from _component(plan, name, now, local)
    money = cost(plan, begins=now, local=local)
    if money.sessions > _COSTLY:
        yield ScheduleFinding(
            plan.name, "Report", "costly", f"{many(money.sessions, 'session')}, {many(money.octets, 'octet')} a month"
        )
    if money.questions > _PROMPTS * 30:
        yield ScheduleFinding(
            plan.name, "Component", "prompt", f"the user is asked {many(money.questions, 'time')} a month"
        )


def _component(plan: Schedule, name: str, now: str, local: tzinfo) -> Iterator[ScheduleFinding]:
    top = f"Component/{name}"
    condition = f"{top}/Condition"
    rule = recurrence(plan, name)
    events = [plan.get(f"{condition}/Trap/{n}/EventID") for n in plan.below(f"{condition}/Trap")]
    levels = plan.below(f"{condition}/Threshold")
    results = plan.below(f"{condition}/Result")
    if rule is None and not (events or levels or results):
        yield ScheduleFinding(plan.name, condition, "never", "it has neither Time nor Trap nor Threshold")
    if not plan.below(f"{top}/Task"):
        yield ScheduleFinding(plan.name, f"{top}/Task", "never", "it has no task")
    if rule is not None:
        yield from _time(plan, name, now, local)
    for number, event in zip(plan.below(f"{condition}/Trap"), events, strict=True):
        if event not in TRAPS.values():
            at = f"{condition}/Trap/{number}/EventID"
            yield ScheduleFinding(
                plan.name, at, "unheard", f"{event or 'nothing'} is raised by nothing that this device has"
            )
    for number in levels:
        yield from _level(plan, f"{condition}/Threshold/{number}")
    yield from _gate(plan, f"{condition}/Gate")
    for number in results:
        other = plan.get(f"{condition}/Result/{number}/Component")
        if other == name or other not in plan.components:
            yield ScheduleFinding(
                plan.name, f"{condition}/Result/{number}/Component", "never", f"{other} is no other component"
            )
    families = sum(map(bool, (rule is not None, events, levels, results)))
    if plan.get(f"{condition}/Logic") == "1" and families < 2:
        yield ScheduleFinding(plan.name, f"{condition}/Logic", "idle", "there is one family of conditions only")
    mode = plan.get(f"{top}/UI/Mode", "0") or "0"
    for leaf in ("Text", "Deadline", "MinWait", "MaxWait"):
        if plan.get(f"{top}/UI/{leaf}") and mode == "0":
            yield ScheduleFinding(
                plan.name, f"{top}/UI/{leaf}", "idle", "the user is neither told nor asked (UI/Mode 0)"
            )
    for number in plan.below(f"{top}/Task"):
        target = plan.get(f"{top}/Task/{number}/Target")
        if target == f"./Sched/{plan.name}" or target.startswith(f"./Sched/{plan.name}/"):
            yield ScheduleFinding(plan.name, f"{top}/Task/{number}/Target", "itself", f"{target} is its own")
        if plan.get(f"{top}/Task/{number}/RetryDelay") and plan.get(f"{top}/Task/{number}/Retry", "0") == "0":
            yield ScheduleFinding(
                plan.name, f"{top}/Task/{number}/RetryDelay", "idle", "it is never tried again (Retry 0)"
            )


def _time(plan: Schedule, name: str, now: str, local: tzinfo) -> Iterator[ScheduleFinding]:
    time = f"Component/{name}/Condition/Time"
    rule = recurrence(plan, name)
    assert rule is not None
    if next(rule.dues(local), None) is None:
        yield ScheduleFinding(
            plan.name, f"{time}/Recur", "never", "no due time is left: UNTIL is before Base, or all are left out"
        )
        return
    begins = seconds_of(now, local) if now else -1e18
    first = next(due_times(plan, name, max(begins, seconds_of("19700101T000000Z")), local=local), None)
    ends = plan.get("Valid/To")
    if first is None and ends and now and seconds_of(ends, local) <= begins:
        return  # said already
    if first is None:
        yield ScheduleFinding(plan.name, f"{time}/Base", "outside", "no due time is ahead within its validity")
        return
    dues = list(takewhile(lambda due: due < first + 86400, islice(due_times(plan, name, first, local=local), _MOST)))
    gaps = [b - a for a, b in pairwise(dues)]
    if gaps and min(gaps) < _OFTEN:
        yield ScheduleFinding(
            plan.name,
            f"{time}/Recur",
            "often",
            f"it is due again after {min(gaps):g} s, {many(len(dues), 'time')} a day",
        )
    nearest = next(iter(sorted(gaps)), None)
    jitter = int(plan.get(f"{time}/Jitter", "0") or 0)
    if nearest is not None and jitter > nearest:
        yield ScheduleFinding(
            plan.name, f"{time}/Jitter", "idle", f"a spread of {jitter} s is longer than {nearest:g} s between runs"
        )


def _level(plan: Schedule, at: str) -> Iterator[ScheduleFinding]:
    node, op, value = (plan.get(f"{at}/{leaf}") for leaf in ("Node", "Op", "Value"))
    limit = gates.number(value)
    if limit is None or not node.endswith(_PER_CENT):
        return
    up, down = op in ("GE", "GT", "CROSS_UP"), op in ("LE", "LT", "CROSS_DOWN")
    never = (up and (limit > 100 or (op == "GT" and limit >= 100))) or (
        down and (limit < 0 or (op == "LT" and limit <= 0))
    )
    never = never or (op == "EQ" and not 0 <= limit <= 100)
    if never:
        yield ScheduleFinding(plan.name, at, "contradiction", f"{node} is per cent: {op} {value} is never true")
    elif (up and limit <= 0 and op != "GT") or (down and limit >= 100 and op != "LT"):
        yield ScheduleFinding(plan.name, at, "always", f"{node} is per cent: {op} {value} is always true")


def _gate(plan: Schedule, at: str) -> Iterator[ScheduleFinding]:
    text = plan.get(at)
    if not text:
        return
    try:
        expression = gates.parse(text)
    except ValueError as error:
        yield ScheduleFinding(plan.name, at, "unreadable", str(error))
        return
    if not _can(expression):
        yield ScheduleFinding(plan.name, at, "contradiction", f"{text!r} is never true")
    elif not _can(gates.Not(expression)):
        yield ScheduleFinding(plan.name, at, "always", f"{text!r} is always true")


def _can(expression: gates.Expression) -> bool:
    """Whether values of the nodes could make it true: all that stand at the edges of its comparisons are tried."""
    leaves = list(dict.fromkeys(_comparisons(expression)))
    choices: dict[str, list[str]] = {}
    for leaf in leaves:
        tried = choices.setdefault(leaf.node, [])
        number = gates.number(leaf.value)
        if number is None:
            tried += [leaf.value, leaf.value + "~"]
        else:
            tried += [f"{n:g}" for n in (number - 1, number - 0.5, number, number + 0.5, number + 1)]
    for node, tried in choices.items():
        if node.endswith(_PER_CENT):
            choices[node] = [t for t in tried if (n := gates.number(t)) is None or 0 <= n <= 100] or ["0", "100"]
    if len(choices) > 6:
        return True
    return _tried(expression, choices, {})


def _tried(expression: gates.Expression, choices: dict[str, list[str]], chosen: dict[str, str]) -> bool:
    if len(chosen) == len(choices):
        numeric = {n: all(gates.number(v) is not None for v in tried) for n, tried in choices.items()}
        return expression.holds(lambda uri: Node("float" if numeric[uri] else "chr", chosen[uri]))
    node = next(name for name in choices if name not in chosen)
    return any(_tried(expression, choices, {**chosen, node: value}) for value in dict.fromkeys(choices[node]))


def _comparisons(expression: gates.Expression) -> Iterator[gates.Comparison]:
    if isinstance(expression, gates.Comparison):
        yield expression
    elif isinstance(expression, gates.Not):
        yield from _comparisons(expression.inner)
    else:
        for part in expression.parts:
            yield from _comparisons(part)


def _rights(plan: Schedule, tree: Tree, owner: str, local: tzinfo, rules: SchedRules) -> Iterator[ScheduleFinding]:
    uri = f"./Sched/{plan.name}"
    if tree.find(("Sched",)) is None:
        tree = tree.set("./Sched/x", "").remove("./Sched/x")
    try:
        read(tree.put(uri, to_tree(plan)), uri, owner, rules=rules, local=local)
    except CommandFailed as failure:
        yield ScheduleFinding(plan.name, (failure.at or uri).removeprefix(f"{uri}/"), "rights", failure.reason)


def _together(plans: list[Schedule], local: tzinfo) -> Iterator[ScheduleFinding]:
    rows = [(plan, name) for plan in plans for name in plan.components if recurrence(plan, name) is not None]
    tasks = {(plan.name, name): _tasks(plan, name) for plan, name in rows}
    for (one, a), (other, b) in combinations(rows, 2):
        for target in tasks[one.name, a].keys() & tasks[other.name, b].keys():
            left, right = tasks[one.name, a][target], tasks[other.name, b][target]
            when = _meet(one, a, other, b, local)
            if when is None:
                continue
            text = f"{left} and, by {other.name} Component/{b}, {right} on {target} at {printed(when)}"
            yield ScheduleFinding(one.name, f"Component/{a}", "twice" if left == right else "opposite", text)


def _tasks(plan: Schedule, name: str) -> dict[str, str]:
    top = f"Component/{name}/Task"
    return {plan.get(f"{top}/{n}/Target"): f"{plan.get(f'{top}/{n}/Command')} {plan.get(f'{top}/{n}/Data')}".strip()
            for n in plan.below(top) if plan.get(f"{top}/{n}/Command") not in ("Get", "Alert")}  # fmt: skip


def _meet(one: Schedule, a: str, other: Schedule, b: str, local: tzinfo) -> float | None:
    """The first moment within a month at which both are due."""
    left, right = due_times(one, a, 0.0, local=local), due_times(other, b, 0.0, local=local)
    x, y = next(left, None), next(right, None)
    if x is None or y is None:
        return None
    begins = max(x, y)
    left, right = due_times(one, a, begins, local=local), due_times(other, b, begins, local=local)
    x, y = next(left, None), next(right, None)
    for _ in range(_MOST):
        if x is None or y is None or min(x, y) > begins + MONTH:
            return None
        if x == y:
            return x
        if x < y:
            x = next(left, None)
        else:
            y = next(right, None)
    return None
