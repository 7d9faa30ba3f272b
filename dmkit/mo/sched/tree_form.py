"""Schedules in the tree: what a device checks before it keeps a change, what it fills in, what it writes there.

The client fills in what no server may: owner, states, control nodes, log.  [scheduling sheet §2 R2, R3, R7, §3]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from dmkit.mo.sched.memory import ComponentMemory, Live
from dmkit.mo.sched.states import ScheduleState
from dmkit.mo.sched.time import printed
from dmkit.tree.node import Node, Path
from dmkit.tree.rewriting import same_children, with_child
from dmkit.tree.uri import parse
from dmkit.tree.values import is_tnds
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Add, Atomic, Command, Delete, Replace

__all__ = [
    "changed", "entry", "is_whole", "note", "owned_by_other", "recall", "same_wish", "server_id", "touched",
    "with_children", "written",
]  # fmt: skip

_OWN: Final[Mapping[int, frozenset[str]]] = {
    0: frozenset({"State", "Log", "ServerID", "Counters"}),
    2: frozenset({"State"}),  # Component/<y>/State
}
"""What the client itself writes, by depth below the schedule; everywhere else such a name is the server's."""
_STATES: Final[Mapping[str, ScheduleState]] = {str(state.value): state for state in ScheduleState}
_CONTROLS: Final = ("Start", "Stop", "Suspend", "Resume")


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


def with_children(node: Node, children: Mapping[str, Node]) -> Node:
    """The node with some of its children replaced, or new."""
    if len(children) > 1 and len(children) * 16 >= len(node.children):
        return replace(node, children={**node.children, **children})
    for name, child in children.items():
        node = with_child(node, name, child)
    return node


def server_id(node: Node) -> str:
    """The owner that stands in the tree."""
    leaf = node.children.get("ServerID")
    return leaf.text if leaf is not None else ""


def _filling(node: Node, live: Live, now: float) -> dict[str, Node]:
    """What the client adds to a schedule, or has otherwise: owner, identifier, control nodes, Report.

    A ServerID that a server has written is not believed: the owner's stands there.  [scheduling sheet §3]
    """
    children: dict[str, Node] = {}
    if server_id(node) != live.owner:
        children["ServerID"] = _leaf(live.owner, "chr", now, node.children.get("ServerID"))
    if "ID" not in node.children:
        children["ID"] = _leaf(live.uri.rpartition("/")[2], "chr", now)
    given = _given(now)
    report = node.children.get("Report")
    if report is None:
        children["Report"] = given["Report"]
    elif "Gating" not in report.children:
        children["Report"] = _with(report, dict(given["Report"].children))
    operations = node.children.get("Operations")
    if operations is None:
        children["Operations"] = given["Operations"]
    else:
        missing = {name: leaf for name, leaf in given["Operations"].children.items() if name not in operations.children}
        if missing:
            children["Operations"] = _with(operations, missing)
    if "Log" not in node.children:
        children["Log"] = given["Log"]
    return children


@lru_cache(maxsize=64, typed=True)
def _given(now: float) -> Mapping[str, Node]:
    """What the client gives every schedule that comes at ``now``: nodes are values, so schedules share them."""
    return {
        "Report": Node.interior({"Gating": _leaf(0, "int", now)}),
        "Operations": Node.interior({name: Node("null", None, tstamp=now) for name in _CONTROLS}),
        "Log": Node.interior(),
    }


def recall(node: Node, live: Live) -> None:
    """Take what the tree shows of states for what it was told."""
    live.shown, live.shown_moves = _state_of(node), 0
    components = node.children.get("Component")
    for part in live.parts:
        below = components.children.get(part.component.name) if components is not None else None
        part.shown, part.shown_moves = _state_of(below) if below is not None else None, 0


def _state_of(node: Node) -> ScheduleState | None:
    leaf = node.children.get("State")
    return _STATES.get(leaf.value) if leaf is not None and isinstance(leaf.value, str) else None


def note(live: Live, whole: ScheduleState, now: float) -> bool:
    """Remember the present states, and since when; ``whole`` is that of all components.  False: nothing is new."""
    if not live.parts and whole is not ScheduleState.FAILED:
        whole = ScheduleState.INSTALLED
    new = live.log_changed
    if whole is not live.shown:
        live.shown, live.shown_at, live.shown_moves, new = whole, now, live.shown_moves + 1, True
    for part in live.parts:
        if part.state is not part.shown:
            part.shown, part.shown_at, part.shown_moves, new = part.state, now, part.shown_moves + 1, True
    return new


def _shown(node: Node, thing: Live | ComponentMemory) -> dict[str, Node]:
    """The leaf State as it is to be, where it has moved."""
    moves, state = thing.shown_moves, thing.shown
    thing.shown_moves = 0
    if not moves or state is None:
        return {}
    old = node.children.get("State")
    if old is None or old.is_interior:
        return {"State": Node("int", str(state.value), tstamp=thing.shown_at)}
    verno = (old.verno + moves) % 65536
    return {"State": Node(old.format, str(state.value), old.type, old.acl, old.title, thing.shown_at, verno)}


def written(
    node: Node, live: Live, whole: ScheduleState, now: float, *, mo_id: str = "", counters: bool = False
) -> Node:
    """The schedule with the states that were noted, and its log; ``whole`` is the state of all its components.

    With ``mo_id``, its identifier, what the client adds to a new schedule is there too.
    """
    children = {**_filling(node, live, now), **_shown(node, live)} if mo_id else _shown(node, live)
    components = node.children.get("Component")
    changed = {}
    for part in live.parts:
        below = components.children.get(part.component.name) if components is not None else None
        if below is not None and (state := _shown(below, part)):
            changed[part.component.name] = with_child(below, "State", state["State"])
    if components is not None and changed:
        children["Component"] = with_children(components, changed)
    if live.log_changed:
        live.log_changed = False
        log = node.children.get("Log")
        live.log = {name: row if isinstance(row, Node) else entry(*row) for name, row in live.log.items()}
        children["Log"] = Node(
            "node", None, "", log.acl if log is not None else "", children=MappingProxyType(dict(live.log))
        )
    if counters:
        children["Counters"] = _counted(node.children.get("Counters") or Node.interior(), live, whole, now)
    if mo_id and not node.type:
        return replace(node, type=mo_id, children=MappingProxyType({**node.children, **children}))
    return _with(node, children) if children else node


def _counted(node: Node, live: Live, whole: ScheduleState, now: float) -> Node:
    """Administrative and operational state, and counters, as DISMAN-SCHEDULE-MIB has them.  [RFC 3231]"""
    disabled = whole in (ScheduleState.INACTIVE, ScheduleState.SUSPENDED, ScheduleState.FAILED)
    rows: dict[str, tuple[object, str]] = {
        "AdminState": ("disabled" if disabled else "enabled", "chr"),
        "OperState": ("finished" if whole.is_over else "disabled" if disabled else "enabled", "chr"),
        "Triggers": (live.triggers, "int"),
        "Failures": (live.failures, "int"),
        "LastFailure": (live.last_failure, "int"),
    }
    if live.last_failed is not None:
        rows["LastFailed"] = (printed(live.last_failed), "chr")
    return _with(node, {name: _leaf(value, f, now, node.children.get(name)) for name, (value, f) in rows.items()})


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


def same_wish(one: Node | None, other: Node | None, depth: int = 0) -> bool:
    """Whether two versions of a schedule want the same: what the client itself writes does not count.

    >>> a = Node.interior({"State": Node("int", "20"), "Name": Node("chr", "a")})
    >>> same_wish(a, Node.interior({"State": Node("int", "30"), "Name": Node("chr", "a")}))
    True
    >>> below = Node.interior({"ID": Node("chr", "1")})
    >>> same_wish(Node.interior({"Component": below}), Node.interior({"Component": Node.interior()}))
    False
    """
    if one is other:
        return True
    if one is None or other is None or (one.format, one.value) != (other.format, other.value):
        return False
    if same_children(one, other):
        return True
    own = _OWN.get(depth, frozenset())
    names = (set(one.children) | set(other.children)) - own
    return all(same_wish(one.children.get(n), other.children.get(n), depth + 1) for n in names)


def touched(command: Command, root: Path) -> set[str] | None:
    """Names of the schedules that a command works on; None when that cannot be told from its addresses."""
    if isinstance(command, Atomic):
        found = [touched(inner, root) for inner in command.commands]
        return None if None in found else set().union(*(names for names in found if names is not None))
    if not isinstance(command, Add | Replace | Delete):
        return None
    names: set[str] = set()
    for item in command.items:
        if item.target is None or "?" in item.target:
            return None
        try:
            path = parse(item.target).path
        except CommandFailed:
            return None
        if path[: len(root)] != root[: len(path)]:
            continue
        if len(path) <= len(root):
            return None
        names.add(path[len(root)])
    return names


def changed(before: Mapping[str, Node], after: Mapping[str, Node]) -> list[str]:
    """Names below that are new, gone or another node."""
    return [
        *(name for name, node in after.items() if before.get(name) is not node),
        *(name for name in before if name not in after),
    ]


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
