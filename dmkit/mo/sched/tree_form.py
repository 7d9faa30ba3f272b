"""Schedules in the tree: what a device checks before it keeps a change, what it fills in, what it writes there.

The client fills in what no server may: owner, states, control nodes, log.  [scheduling sheet §2 R2, R3, R7, §3]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from dmkit.mo.sched.memory import Live
from dmkit.mo.sched.states import State, overall
from dmkit.mo.sched.time import printed
from dmkit.tree.node import Node
from dmkit.tree.values import is_tnds
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Atomic, Command

__all__ = ["entry", "filled", "is_whole", "owned_by_other", "same_wish", "written"]

_OWN = frozenset({"State", "Log", "ServerID", "ID"})


def _leaf(value: object, format: str, now: float, before: Node | None = None) -> Node:
    if before is not None and not before.is_interior:
        if before.value == str(value):
            return before
        return Node(before.format, str(value), before.type, before.acl, before.title, now, (before.verno + 1) % 65536)
    return Node(format, str(value), tstamp=now)


def _with(node: Node, children: Mapping[str, Node]) -> Node:
    return Node(
        node.format,
        None,
        node.type,
        node.acl,
        node.title,
        node.tstamp,
        node.verno,
        MappingProxyType({**node.children, **children}),
    )


def filled(node: Node, live: Live, now: float, mo_id: str) -> Node:
    """The schedule with what the client adds: owner, identifier, control nodes, Report."""
    children = dict(node.children)
    name = live.uri.rpartition("/")[2]
    children["ServerID"] = _leaf(live.owner, "chr", now, children.get("ServerID"))
    if "ID" not in children:
        children["ID"] = _leaf(name, "chr", now)
    report = children.get("Report") or Node.interior()
    if "Gating" not in report.children:
        children["Report"] = _with(report, {"Gating": _leaf(0, "int", now)})
    operations = children.get("Operations") or Node.interior()
    missing = {n: Node("null", None, tstamp=now) for n in ("Start", "Stop", "Resume") if n not in operations.children}
    if missing:
        children["Operations"] = _with(operations, missing)
    children.setdefault("Log", Node.interior())
    return replace(node, type=node.type or mo_id, children=MappingProxyType(children))


def written(node: Node, live: Live, now: float) -> Node:
    """The schedule with its present states and its log."""
    states = [part.state for part in live.parts]
    whole = State.FAILED if live.failed else overall(states) if states else State.INSTALLED
    children = {"State": _leaf(whole.value, "int", now, node.children.get("State"))}
    components = node.children.get("Component")
    if components is not None and live.parts:
        changed = {}
        for part in live.parts:
            below = components.children.get(part.component.name)
            if below is not None:
                state = _leaf(part.state.value, "int", now, below.children.get("State"))
                if state is not below.children.get("State"):
                    changed[part.component.name] = _with(below, {"State": state})
        if changed:
            children["Component"] = _with(components, changed)
    if live.log_changed:
        live.log_changed = False
        log = node.children.get("Log")
        children["Log"] = Node(
            "node", None, "", log.acl if log is not None else "", children=MappingProxyType(dict(live.log))
        )
    return _with(node, children)


def entry(at: float, name: str, code: int, data: str) -> Node:
    """An entry of the log; ``at`` is the time on the device's clock."""
    leaves = {
        "Time": Node("chr", printed(at), tstamp=at),
        "Component": Node("chr", name, tstamp=at),
        "Result": Node("int", str(int(code)), tstamp=at),
    }
    if data:
        leaves["Data"] = Node("chr", data, tstamp=at)
    return Node("node", None, "", tstamp=at, children=MappingProxyType(leaves))


def same_wish(one: Node | None, other: Node | None) -> bool:
    """Whether two versions of a schedule want the same: what the client itself writes does not count.

    >>> a = Node.interior({"State": Node("int", "20"), "Name": Node("chr", "a")})
    >>> same_wish(a, Node.interior({"State": Node("int", "30"), "Name": Node("chr", "a")}))
    True
    """
    if one is other:
        return True
    if one is None or other is None or (one.format, one.value) != (other.format, other.value):
        return False
    names = (set(one.children) | set(other.children)) - _OWN
    return all(same_wish(one.children.get(n), other.children.get(n)) for n in names)


def is_whole(command: Command) -> bool:
    """Whether a command brings all that belongs together: an Atomic, or a serialised tree."""
    if isinstance(command, Atomic):
        return True
    items = getattr(command, "items", ())
    return any(is_tnds(item, getattr(command, "meta", None)) for item in items)


def owned_by_other(live: Live, by: str) -> CommandFailed:
    """The refusal of a change by a server that is not the owner: tasks run with the owner's rights."""
    return CommandFailed(
        StatusCode.PERMISSION_DENIED,
        f"{live.uri}: belongs to {live.owner}; its tasks run with the rights of {live.owner}, so {by} cannot change it",
        at=live.uri,
    )
