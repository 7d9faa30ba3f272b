"""Lint rules about the shape of a description, and about names and addresses.  [DMTND §5, §9.4]"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from dmkit.ddf.linting.rule import At, LintRule, Severity, row
from dmkit.ddf.spec import NodeSpec
from dmkit.words.codes import Format
from dmkit.words.counts import many

__all__ = ["ROWS"]

ROWS: Final[dict[str, LintRule]] = {}
_rule = partial(row, ROWS)

_SAFE: Final = re.compile(r"[A-Za-z0-9\-_.!~*'():@&=+$,]*")
_FREE: Final = frozenset({"Ext", "Bearer", "Vendor"})
"""Names below which anything may stand.  [DMSTDOBJ §5.1.2]"""


@_rule(
    "incomplete", Severity.ERROR, source="DMTND §9.4.3",
    why="A node without AccessType, DFFormat or DFType leaves open what it is, and each device decides for itself.",
    fix="say all three in DFProperties",
)  # fmt: skip
def _incomplete(at: At) -> Iterator[str]:
    node = at.node
    given = {"AccessType": node.access, "DFFormat": node.format, "DFType": node.mime or node.object_id}
    missing = [name for name, value in given.items() if value is None]
    if missing and node.described:
        yield f"there is no {' and no '.join(missing)}"
    elif missing:
        yield "there are no DFProperties"


@_rule(
    "leaf-with-children", Severity.ERROR, source="DMTND §6.2",
    why="Only interior nodes have children; a device cannot make a tree of this.",
    fix="give it DFFormat node, or move the nodes below it elsewhere",
    when=lambda k: k.children and k.format not in (None, Format.NODE),
)  # fmt: skip
def _leaf_with_children(at: At) -> Iterator[str]:
    if at.node.children and at.node.format not in (None, Format.NODE):
        below = many(len(at.node.children), "node stands", "nodes stand")
        yield f"its format is {at.node.format}, and {below} below it"


@_rule(
    "open-interior", Severity.INFO, source="DMTND §9.4.1",
    why="Below an interior node without described children anything may stand; readers take it for a continuation "
    "elsewhere.",
    fix="describe what stands below it, or call it Ext",
    when=lambda k: k.format is Format.NODE and not k.children,
)  # fmt: skip
def _open_interior(at: At) -> Iterator[str]:
    node = at.node
    is_free = node.name in _FREE or (at.parent is not None and at.parent.name in _FREE)
    if node.format is Format.NODE and not node.children and not (at.continued or is_free or at.is_inbox):
        yield "nothing is described below it"


@_rule(
    "duplicate", Severity.ERROR, source="DMTND §6.1",
    why="Two descriptions of one node contradict each other sooner or later, and readers differ in which they take.",
    fix="keep one of them",
    when=lambda k: k.repeats,
)  # fmt: skip
def _duplicate(at: At) -> Iterator[str]:
    if at.node.is_placeholder:
        return
    same = at.siblings.by_name[at.node.name]
    if _is_first(at.node, same):
        return
    together = at.node.name in at.siblings.repeated(at.above[-1] if at.above else None)
    if together or at.node.name not in at.siblings.interior:
        yield (
            f"it is described {many(len(same), 'time')}, first in line {same[0].line}"
            if same[0].line
            else (f"it is described {many(len(same), 'time')}")
        )


@_rule(
    "case-only", Severity.WARNING, source="DMTND §5",
    why="Whether case counts is the device's own choice unless CaseSense says so; on some devices these are one node.",
    fix="choose names that differ in more than case",
    when=lambda k: k.repeats,
)  # fmt: skip
def _case_only(at: At) -> Iterator[str]:
    name = at.node.name
    others = at.siblings.alike(name)
    if name and others:
        yield f"it differs from {', '.join(others)} in case only"


@_rule(
    "two-placeholders", Severity.ERROR, source="DMTND §9.4.1",
    why="A name given at run time matches both, so nobody knows which description holds for a new node.",
    fix="put each below an interior node of its own",
    when=lambda k: k.repeats,
)  # fmt: skip
def _two_placeholders(at: At) -> Iterator[str]:
    unnamed = at.siblings.unnamed
    if at.node.is_placeholder and not _is_first(at.node, unnamed):
        yield f"{many(len(unnamed), 'node')} without name stand below {at.uri.rpartition('/')[0]}"


@_rule(
    "name-blanks", Severity.WARNING, source="DMTND §6.1",
    why="Blanks in a name do not survive every tool, and those at its ends are read by some and trimmed by others.",
    fix="write the name without blanks",
    when=lambda k: k.odd_name or k.spaced,
)  # fmt: skip
def _name_blanks(at: At) -> Iterator[str]:
    written = dict(at.node.form.texts).get("Node/NodeName", "") if at.node.form is not None else ""
    if written.strip() and written != at.node.name:
        yield f"NodeName is written {written!r}, with white space around it"
    if any(sign.isspace() for sign in at.node.name):
        yield f"there is white space inside {at.node.name!r}"


@_rule(
    "name-characters", Severity.WARNING, source="DMTND §5, RFC 2396",
    why="These characters must be percent-encoded in an address, and some devices never decode.",
    fix="use letters, digits and -_.!~*'():@&=+$,",
    when=lambda k: k.odd_name,
)  # fmt: skip
def _name_characters(at: At) -> Iterator[str]:
    strange = sorted({sign for sign in at.node.name if not _SAFE.fullmatch(sign) and not sign.isspace()})
    if strange:
        yield f"{' '.join(strange)} in the name"


@_rule(
    "name-dots", Severity.ERROR, source="DMTND §5",
    why="./ may stand at the start of an address only and ../ nowhere, so such a node cannot be addressed.",
    fix="choose a name that does not end in a dot",
    when=lambda k: k.odd_name,
)  # fmt: skip
def _name_dots(at: At) -> Iterator[str]:
    name = at.node.name
    if name == ".." or (name == "." and at.uri != "."):
        yield f"{name} is no name"
    elif name.endswith(".") and at.uri != "." and at.node.is_interior:
        yield f"{name}/ cannot be part of an address"


@_rule(
    "uri-limits", Severity.WARNING, source="DMSTDOBJ §5.3.3",
    why="A device answers 414 to addresses beyond the limits it announces in DevDetail/URI.",
    fix="shorten names, or stay nearer to the root",
    when=lambda k: k.beyond,
)  # fmt: skip
def _uri_limits(at: At) -> Iterator[str]:
    limits, segments = at.limits, at.uri.split("/")[1:]
    if limits.max_depth and len(segments) > limits.max_depth:
        yield f"{many(len(segments), 'segment')}; {limits.max_depth} are taken"
    if limits.max_total and len(at.uri) > limits.max_total:
        yield f"its address has {many(len(at.uri), 'character')} or more; {limits.max_total} are taken"
    if limits.max_segment and len(at.node.name) > limits.max_segment:
        yield f"its name has {many(len(at.node.name), 'character')}; {limits.max_segment} are taken"


@_rule(
    "path-nested", Severity.WARNING, source="DMTND §9.4.1",
    why="Path should be used on children of MgmtTree only; where it contradicts the nesting, readers differ.",
    fix="leave Path out, or make it a child of MgmtTree",
    when=lambda k: k.path,
)  # fmt: skip
def _path_nested(at: At) -> Iterator[str]:
    if at.node.path is not None and not at.is_root:
        yield f"Path {at.node.path!r} on a node inside another"


@_rule(
    "path-form", Severity.WARNING, source="DMTND §9.4.1",
    why="Path is the URI of the parent, complete from the root and without a slash at its end.",
    fix="write ./A/B, or . for the root",
    when=lambda k: k.path,
)  # fmt: skip
def _path_form(at: At) -> Iterator[str]:
    path = at.node.path
    if path is None or (path == "" and at.node.name == "."):
        return
    if not path:
        yield "Path is empty"
    elif path != path.strip() or not (path == "." or path.startswith("./")) or path.endswith("/") or "//" in path:
        yield f"Path is {path!r}"


def _is_first(node: NodeSpec, several: list[NodeSpec]) -> bool:
    """True for the first of several, unless one value stands there again and again."""
    return several[0] is node and (len(several) == 1 or any(other is not node for other in several))
