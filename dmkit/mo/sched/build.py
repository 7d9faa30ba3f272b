"""A schedule as a server says it: values by address, and the commands that install them.

>>> values = component(1, "Replace ./Vendor/Acme/Poll 60", base="20251201T030000Z", recur="FREQ=DAILY", jitter=600)
>>> values["Component/1/Task/1/Target"], values["Component/1/Condition/Time/Jitter"]
('./Vendor/Acme/Poll', 600)
>>> [type(command).__name__ for command in commands("./Sched/Poll", values)]
['Add']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from dmkit.ddf.spec import NodeSpec
from dmkit.mo.object import load
from dmkit.tree import tnds
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.codes import Format
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.model import Add, Atomic, Command, Item, Meta, Value

__all__ = ["InstallWay", "ScheduleValues", "commands", "component", "leaf_format", "options", "subtree"]

ScheduleValues: TypeAlias = Mapping[str, Value | None]
"""Address below the schedule -> value."""
InstallWay = Literal["tnds", "atomic", "pieces"]
"""How a schedule travels: one serialised tree, Adds inside Atomic, or Adds one by one."""


def component(
    number: int | str,
    *runs: str,
    base: str | None = None,
    recur: str | None = None,
    jitter: int | None = None,
    traps: Sequence[str] = (),
    thresholds: Sequence[str] = (),
    gate: str | None = None,
    every_family: bool = False,
    order: int | None = None,
    ui: int | None = None,
    text: str | None = None,
    atomic: bool | None = None,
    timeout: int | None = None,
    retry: int | None = None,
    retry_delay: int | None = None,
    ex_date: str | None = None,
    r_date: str | None = None,
    window: int | None = None,
    results: Sequence[str] = (),
    deadline: int | None = None,
    min_wait: int | None = None,
    max_wait: int | None = None,
    on_install: bool | None = None,
) -> dict[str, Value | None]:
    """One component.

    Each of ``runs`` is a task as ``Command Target Data``, each of ``thresholds`` as ``Node Op Value Sampling Hysteresis
    Opens`` (the last three may be missing; Opens is the event that opens the sampling), each of ``traps`` an event,
    or a short name of one, each of ``results`` another component as ``Component Code`` (Code may be missing: any good
    one).  ConfigError for a text that is none of these.
    """
    from dmkit.mo.sched.read import TRAPS

    top = f"Component/{number}"
    values: dict[str, Value | None] = {
        f"{top}/Order": order,
        f"{top}/Condition/Time/Base": base,
        f"{top}/Condition/Time/Recur": recur,
        f"{top}/Condition/Time/Jitter": jitter,
        f"{top}/Condition/Gate": gate,
        f"{top}/Condition/Logic": 1 if every_family else None,
        f"{top}/UI/Mode": ui,
        f"{top}/UI/Text": text,
        f"{top}/Condition/Time/ExDate": ex_date,
        f"{top}/Condition/Time/RDate": r_date,
        f"{top}/Condition/Time/Window": window,
        f"{top}/UI/Deadline": deadline,
        f"{top}/UI/MinWait": min_wait,
        f"{top}/UI/MaxWait": max_wait,
        f"{top}/UI/OnInstall": on_install,
    }
    for at, event in enumerate(traps, 1):
        values[f"{top}/Condition/Trap/{at}/EventID"] = TRAPS.get(event, event)
    for at, content in enumerate(thresholds, 1):
        parts = content.split()
        if not 3 <= len(parts) <= 6:
            raise ConfigError(
                f"threshold {content!r}: write Node Op Value, and if need be Sampling, Hysteresis and Opens"
            )
        for name, part in zip(("Node", "Op", "Value", "Sampling", "Hysteresis", "Opens"), parts, strict=False):
            if name == "Sampling" and not part.isdecimal():
                raise ConfigError(f"threshold {content!r}: Sampling is a number of seconds, not {part!r}")
            value = int(part) if name == "Sampling" else TRAPS.get(part, part) if name == "Opens" else part
            values[f"{top}/Condition/Threshold/{at}/{name}"] = value
    for at, content in enumerate(results, 1):
        other, _, code = content.partition(" ")
        values[f"{top}/Condition/Result/{at}/Component"] = other
        values[f"{top}/Condition/Result/{at}/Code"] = code or None
    for at, content in enumerate(runs, 1):
        command, _, rest = content.partition(" ")
        target, blank, data = rest.partition(" ")
        if not target:
            raise ConfigError(f"task {content!r}: write Command Target Data, such as Exec ./FUMO/Update")
        task: dict[str, Value | None] = {
            "Target": target, "Command": command, "Data": data if blank else None, "Atomic": atomic,
            "Timeout": timeout, "Retry": retry, "RetryDelay": retry_delay,
        }  # fmt: skip
        values.update({f"{top}/Task/{at}/{name}": value for name, value in task.items()})
    return {path: value for path, value in values.items() if value is not None}


def options(
    *,
    name: str | None = None,
    begins: str | None = None,
    ends: str | None = None,
    priority: int | None = None,
    missed: int | None = None,
    missed_delay: int | None = None,
    gating: int | None = None,
    when: int | None = None,
    report_to: str | None = None,
    report_rules: Sequence[str] = (),
    report_state: bool | None = None,
    tell_missed: bool | None = None,
    report_window: int | None = None,
    report_retries: int | None = None,
    report_retry: int | None = None,
) -> dict[str, Value | None]:
    """What is said of a schedule as a whole.

    Each of ``report_rules`` is ``CmdRef Code yes`` or ``no``, with ``*`` for any command or status.
    """
    values: dict[str, Value | None] = {
        "Name": name, "Valid/From": begins, "Valid/To": ends, "Priority": priority, "MissedRule": missed,
        "MissedDelay": missed_delay, "Report/Gating": gating, "Report/When": when, "Report/ServerID": report_to,
        "Report/State": report_state, "Report/Missed": tell_missed, "Report/Window": report_window,
        "Report/Retries": report_retries, "Report/RetryPeriod": report_retry,
    }  # fmt: skip
    for at, content in enumerate(report_rules, 1):
        parts = content.split()
        if len(parts) != 3 or parts[2] not in ("yes", "no"):
            raise ConfigError(f"report rule {content!r}: write CmdRef Code yes (or no), with * for any")
        values[f"Report/Rule/{at}/CmdRef"] = None if parts[0] == "*" else parts[0]
        values[f"Report/Rule/{at}/Code"] = None if parts[1] == "*" else parts[1]
        values[f"Report/Rule/{at}/Report"] = parts[2] == "yes"
    return {path: value for path, value in values.items() if value is not None}


def subtree(values: ScheduleValues) -> Node:
    """The schedule as nodes, each leaf in the format that is described; ConfigError for an address that is none."""
    found: dict[str, Value | Node | None] = {}
    for path, value in values.items():
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        found[f"./x/{path}"] = Node(leaf_format(path), text)
    return Tree.of(found).get("./x") if found else Node.interior()


@lru_cache(maxsize=4096)
def leaf_format(path: str) -> str:
    """Format of the leaf at an address below a schedule; ConfigError for an address that is none.

    >>> leaf_format("Component/1/Task/1/Target"), leaf_format("Priority")
    ('chr', 'int')
    """
    node: NodeSpec | None = load("sched").roots[0].children[0]
    near = ""
    for name in path.split("/"):
        below = node.children if node is not None else ()
        node = next((c for c in below if c.name in (name, "")), None)
        near = near or ("" if node is not None else nearest(name, [c.name for c in below]))
    if node is None or node.is_interior:
        raise ConfigError(f"{path} is no leaf of a schedule; one is Component/1/Task/1/Target{near}")
    return (node.format or Format.CHR).value


def commands(uri: str, *values: ScheduleValues, how: InstallWay = "tnds") -> tuple[Command, ...]:
    """The commands that install the schedule made of ``values`` at ``uri``."""
    whole = {path: value for part in values for path, value in part.items()}
    node = subtree(whole)
    if how == "tnds":
        document = tnds.to_element(tnds.serialise(parse(uri).path[-1], node, properties=frozenset({"Format", "Value"})))
        return (Add((Item(uri, meta=Meta(format=Format.XML.value, type=tnds.TYPE_XML), data=document),)),)
    below = Tree.of({".": None}).put("./x", node)
    adds = tuple(
        Add(
            (
                Item(
                    uri + at.removeprefix("./x"),
                    meta=Meta(format=leaf.format),
                    data=None if leaf.is_interior else leaf.text,
                ),
            )
        )
        for at, leaf in below.walk("./x")
    )
    return (Atomic(adds),) if how == "atomic" else adds
