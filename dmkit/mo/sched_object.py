"""The Scheduling MO as a description: each node with where its idea comes from.  [scheduling sheet §3]

The identifier ``urn:oma:mo:oma-dm-scheduling:1.0`` and the words of its registry row are established; the tree is a
**proposal** after patents of its time (P1 to P5), since the official DDF was not available.

>>> spec().provenance
'basis: 34 evidence, 28 proposal, 1 unsure, of 63 nodes'
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

from dmkit.codes import Format, Verb
from dmkit.mo.sched_values import MO_ID, OMA_MO_ID
from dmkit.model import Element
from dmkit.tree.spec import COMMENT, Basis, NodeSpec, Occurrence, OccurrenceKind, Scope, Spec

__all__ = ["FILLED", "ROWS", "Row", "official", "spec"]


class Row(NamedTuple):
    """One node: path below the schedule, occurrence, format, who may what, where the idea comes from, meaning."""

    path: str
    occurs: str
    format: str
    access: str
    source: str
    meaning: str


ROWS: Final = (
    Row("", "*", "node", "node", "P2", "One schedule: what to do, when, how to report"),
    Row("ID", "1", "chr", "get", "D", "Unique in the device; the client gives it where the server does not"),
    Row("Name", "?", "chr", "leaf", "D", "A name for people"),
    Row("ServerID", "1", "chr", "get", "P4", "Owner; the client sets it from the session"),
    Row("Valid", "?", "node", "node", "P2 P3 P4", "When it holds; nothing runs outside"),
    Row("Valid/From", "?", "chr", "leaf", "P2 P3 P4", "ISO 8601 basic; empty: open"),
    Row("Valid/To", "?", "chr", "leaf", "P2 P3 P4", "ISO 8601 basic; empty: open"),
    Row("State", "1", "int", "get", "P2", "10 installed to 90 failed: dmkit.mo.sched_states"),
    Row("Operations", "?", "node", "node", "P2", "Control nodes; the client makes them"),
    Row("Operations/Start", "?", "null", "exec", "P2", "Make active"),
    Row("Operations/Stop", "?", "null", "exec", "P2", "Make inactive"),
    Row("Operations/Resume", "?", "null", "exec", "P2", "Go on although suspended"),
    Row("Priority", "?", "int", "leaf", "D", "Lower goes first when several are due together; none comes last"),
    Row("MissedRule", "?", "int", "leaf", "P5", "0 cancel, 1 run at once, 2 run after MissedDelay"),
    Row("MissedDelay", "?", "int", "leaf", "P5", "Seconds"),
    Row("Component", "1", "node", "node", "P2", "Pairs of what and when"),
    Row("Component/*", "+", "node", "node", "P2", "One pair, numbered"),
    Row("Component/*/Order", "?", "int", "leaf", "P3", "Its turn among its siblings; none: always"),
    Row("Component/*/State", "1", "int", "get", "D", "As State of the schedule"),
    Row("Component/*/Condition", "1", "node", "node", "P2", "When"),
    Row("Component/*/Condition/Time", "?", "node", "node", "P4", "Due at times"),
    Row("Component/*/Condition/Time/Base", "1", "chr", "leaf", "P4", "First due time, ISO 8601 basic; without Z local"),
    Row("Component/*/Condition/Time/Recur", "?", "chr", "leaf", "P4", "RFC 5545 rule, a subset; none: once"),
    Row("Component/*/Condition/Time/Jitter", "?", "int", "leaf", "D", "Seconds over which it is spread at random"),
    Row("Component/*/Condition/Trap", "?", "node", "node", "P4", "Due when an event happens"),
    Row("Component/*/Condition/Trap/*", "*", "node", "node", "P4", "One event"),
    Row("Component/*/Condition/Trap/*/EventID", "1", "chr", "leaf", "P4", "Its URN, of DiagMon where there is one"),
    Row("Component/*/Condition/Trap/*/Source", "?", "chr", "leaf", "D", "Only when this node raises it"),
    Row("Component/*/Condition/Threshold", "?", "node", "node", "P3", "Due when a value comes to meet a comparison"),
    Row("Component/*/Condition/Threshold/*", "*", "node", "node", "P3", "One comparison"),
    Row("Component/*/Condition/Threshold/*/Node", "1", "chr", "leaf", "P3", "The node that is sampled"),
    Row("Component/*/Condition/Threshold/*/Op", "1", "chr", "leaf", "D", "GE LE GT LT EQ NE CROSS_UP CROSS_DOWN"),
    Row("Component/*/Condition/Threshold/*/Value", "1", "chr", "leaf", "P3", "Compared as the Format of Node says"),
    Row("Component/*/Condition/Threshold/*/Sampling", "?", "int", "leaf", "P3", "Seconds between samples; none: 60"),
    Row("Component/*/Condition/Threshold/*/Hysteresis", "?", "chr", "leaf", "D", "How far it must go back to count"),
    Row("Component/*/Condition/Gate", "?", "chr", "leaf", "D", "Expression over nodes that must hold besides"),
    Row("Component/*/Condition/Logic", "?", "int", "leaf", "D", "0 any family of conditions, 1 all of them"),
    Row("Component/*/Task", "1", "node", "node", "P1", "What"),
    Row("Component/*/Task/*", "+", "node", "node", "P1", "One command"),
    Row("Component/*/Task/*/Target", "1", "chr", "leaf", "P1", "Node that it is for"),
    Row("Component/*/Task/*/Command", "1", "chr", "leaf", "P1", "Exec, Replace, Get, Add, Delete or Alert"),
    Row("Component/*/Task/*/Data", "?", "chr", "leaf", "D", "As in an Item"),
    Row("Component/*/Task/*/Format", "?", "chr", "leaf", "D", "As in an Item"),
    Row("Component/*/Task/*/Type", "?", "chr", "leaf", "D", "As in an Item"),
    Row("Component/*/Task/*/Atomic", "?", "bool", "leaf", "D", "All tasks of the component, or none"),
    Row("Component/*/Task/*/Timeout", "?", "int", "leaf", "D", "Seconds; none: no limit"),
    Row("Component/*/Task/*/Retry", "?", "int", "leaf", "D", "How often it is tried again"),
    Row("Component/*/Task/*/RetryDelay", "?", "int", "leaf", "D", "Seconds before each further try"),
    Row("Component/*/UI", "?", "node", "node", "P1", "How the user takes part"),
    Row("Component/*/UI/Mode", "?", "int", "leaf", "P1", "0 silent, 1 inform, 2 confirm, 3 choose a time"),
    Row("Component/*/UI/Text", "?", "chr", "leaf", "D", "What the user reads"),
    Row("Report", "1", "node", "node", "P1", "How to report"),
    Row("Report/Gating", "1", "int", "leaf", "UNSURE", "What is left out: 1 result, 2 error, 4 cancel, 8 reschedule"),
    Row("Report/When", "?", "int", "leaf", "D", "0 at once, 1 with the next session, 2 batched"),
    Row("Report/ServerID", "?", "chr", "leaf", "D", "Whom to tell instead of the owner"),
    Row("Log", "?", "node", "get", "D", "What happened last, a ring"),
    Row("Log/*", "*", "node", "get", "D", "One entry; the number grows, the oldest goes"),
    Row("Log/*/Time", "1", "chr", "get", "D", "ISO 8601 basic, UTC"),
    Row("Log/*/Component", "1", "chr", "get", "D", "Name of the component"),
    Row("Log/*/Result", "1", "int", "get", "D", "Code as in a report"),
    Row("Log/*/Data", "?", "chr", "get", "D", "What a Get found, or why"),
    Row("Ext", "?", "node", "node", "D", "Extensions"),
)
FILLED: Final = ("ID", "ServerID", "State", "Operations", "Report", "Log")
"""What the client fills in below a schedule that a server has installed."""

_ACCESS: Final = {
    "get": frozenset({Verb.GET}),
    "leaf": frozenset({Verb.GET, Verb.REPLACE, Verb.ADD, Verb.DELETE}),
    "node": frozenset({Verb.GET, Verb.ADD, Verb.DELETE}),
    "exec": frozenset({Verb.EXEC}),
    "root": frozenset({Verb.GET, Verb.ADD}),
}
_OCCURS: Final = {kind.symbol: kind for kind in (
    OccurrenceKind.ONE, OccurrenceKind.ZERO_OR_ONE, OccurrenceKind.ZERO_OR_MORE, OccurrenceKind.ONE_OR_MORE
)}  # fmt: skip
_ROOT: Final = Row("", "1", "node", "root", "D", "Schedules of this device")


def _basis(source: str) -> Basis:
    return Basis.EVIDENCE if source[0] == "P" else Basis.UNSURE if source == "UNSURE" else Basis.PROPOSAL


def _node(row: Row, name: str, mo_id: str, children: tuple[NodeSpec, ...]) -> NodeSpec:
    interior = row.format == "node"
    return NodeSpec(
        name=name,
        access=_ACCESS[row.access],
        format=Format(row.format),
        mime=None if interior else ("text/plain",),
        object_id=mo_id or ("" if interior else None),
        occurrence=Occurrence(_OCCURS[row.occurs]),
        scope=Scope.DYNAMIC,
        title=row.path.rpartition("/")[2].strip("*") or None,
        description=row.meaning,
        basis=_basis(row.source),
        source=f"scheduling sheet §3, {row.source}",
        children=children,
    )


def _below(path: str) -> tuple[NodeSpec, ...]:
    prefix = f"{path}/" if path else ""
    rows = [r for r in ROWS if r.path and r.path.startswith(prefix) and "/" not in r.path[len(prefix) :]]
    return tuple(_node(r, r.path[len(prefix) :].strip("*"), "", _below(r.path)) for r in rows)


@cache
def spec(root: str = "./Sched", mo_id: str = MO_ID) -> Spec:
    """The description, mounted at ``root``."""
    parent, _, name = root.rpartition("/")
    context = _node(ROWS[0], "", mo_id, _below(""))
    top = _node(_ROOT, name, "", (context,))
    top = replace(top, path=parent.removeprefix("."), scope=Scope.PERMANENT, title="Schedules")
    note = Element(COMMENT, children=(" basis: proposal; not from OMA-TS-DM_Scheduling-V1_0 ",))
    return Spec((top,), man="dmkit", mod="schedules", extensions=(note,))


def official(root: str = "./Sched") -> Spec:
    """The same under OMA's identifier, only to compare with OMA: the tree is a proposal; the official DDF was not
    available."""
    return spec(root, OMA_MO_ID)
