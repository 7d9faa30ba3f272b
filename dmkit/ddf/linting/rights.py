"""Lint rules about commands, scope and occurrence: who can do what with the node, and how many there are.

[DMTND §6.2.3, §7.7.1, §9.4.3; ddf sheet §4; tree sheet §4, §5]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from dmkit.ddf.linting.rule import NOTHING, At, LintRule, Severity, row
from dmkit.ddf.spec import NodeSpec, Scope
from dmkit.tree.acl import RIGHTS
from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb

__all__ = ["ROWS", "TEXTS", "is_secret"]

ROWS: Final[dict[str, LintRule]] = {}
_rule = partial(row, ROWS)

_SECRET: Final = re.compile(r"(password|passwd|passphrase|secret|pwd|private ?key|shared ?key|psk)\Z", re.IGNORECASE)
_ABOUT: Final = re.compile(r"allow|block|change|disable|enable|hide|prompt|require|save|show", re.IGNORECASE)
_UNREAD: Final = re.compile(
    r"secret|passw|passphrase|pwd|credential|key|token|\bpins?\b|never read|write.only|not readable", re.IGNORECASE
)
TEXTS: Final = (Format.CHR, Format.B64, Format.BIN)


@asked
def is_secret(node: NodeSpec) -> bool:
    """True for a leaf that holds text or octets and is called like something to be kept secret.

    A name that says what is done with secrets is that of a setting, not of a secret.

    >>> [is_secret(NodeSpec(name=name, format=Format.CHR)) for name in ("AAuthSecret", "BlockPassword", "Keyboard")]
    [True, False, False]
    """
    called = any(_SECRET.search(text.strip()) for text in (node.name, node.title or ""))
    return called and not node.is_interior and node.format in TEXTS and not _ABOUT.search(node.name)


@_rule(
    "no-access", Severity.ERROR, source="DMTND §9.4.3",
    why="A node that takes no command is of no use to any server.",
    fix="list at least Get",
)  # fmt: skip
def _no_access(at: At) -> Iterator[str]:
    if at.node.access is not None and not at.node.access:
        yield "AccessType is empty"


@_rule(
    "no-get", Severity.WARNING, source="DMTND §9.4.3",
    why="A server can neither see what stands there nor find out what is below.",
    fix="add Get to AccessType",
)  # fmt: skip
def _no_get(at: At) -> Iterator[str]:
    access, interior = at.access, at.node.is_interior
    writes = not interior and access & {Verb.REPLACE, Verb.ADD, Verb.EXEC}
    if access and Verb.GET not in access and not writes and not at.is_inbox:
        yield f"AccessType has {_listed(access)} and no Get"


@_rule(
    "write-only", Severity.INFO, source="practice",
    why="A server cannot check what it wrote; that is right for secrets and a nuisance for all else.",
    fix="add Get, or say in Description that the value is a secret",
    when=lambda k: not k.interior and not (k.access or NOTHING) & {Verb.GET, Verb.EXEC},
)  # fmt: skip
def _write_only(at: At) -> Iterator[str]:
    node, access = at.node, at.access
    if node.is_interior or Verb.GET in access or Verb.EXEC in access or not access & {Verb.REPLACE, Verb.ADD}:
        return
    if not any(_UNREAD.search(text) for text in (node.name, node.title or "", node.description or "")):
        yield "it is written and never read, and nothing says that it is a secret"


@_rule(
    "secret-get", Severity.WARNING, source="DMSTDOBJ §5.3.1, practice",
    why="Whoever may read the node learns the secret; the standard objects have no Get on theirs.",
    fix="take Get away from AccessType",
    when=lambda k: k.format in TEXTS and not k.interior and Verb.GET in (k.access or NOTHING),
)  # fmt: skip
def _secret_get(at: At) -> Iterator[str]:
    if Verb.GET in at.access and is_secret(at.node):
        yield "it is called like a secret and can be read"


@_rule(
    "inbox-get", Severity.ERROR, source="DMSTDOBJ §5.3.4",
    why="Get of ./Inbox, and of anything below it, must not be permitted.",
    fix="list Add alone",
    when=lambda k: k.in_inbox,
)  # fmt: skip
def _inbox_get(at: At) -> Iterator[str]:
    if at.uri.split("/")[:2] == [".", "Inbox"] and Verb.GET in at.access:
        yield "the Inbox can be read"


@_rule(
    "copy", Severity.INFO, source="tree sheet §5.6",
    why="Copy is optional, and no open client implements it.",
    fix="leave Copy out, unless the devices in view have it",
)  # fmt: skip
def _copy(at: At) -> Iterator[str]:
    if Verb.COPY in at.access:
        yield "AccessType has Copy"


@_rule(
    "exec-interior", Severity.INFO, source="tree sheet §5.7, FUMO §5",
    why="It is allowed, and FUMO does it; a leaf of format null is what servers expect elsewhere.",
    fix="put a leaf of format null below it for the operation",
)  # fmt: skip
def _exec_interior(at: At) -> Iterator[str]:
    if at.node.is_interior and Verb.EXEC in at.access:
        yield "an interior node takes Exec"


@_rule(
    "exec-value", Severity.INFO, source="practice",
    why="What is executed need not hold a value: is it an argument, a result, or nothing?",
    fix="use format null, or say in Description what the value is",
)  # fmt: skip
def _exec_value(at: At) -> Iterator[str]:
    node, access = at.node, at.access
    has_value = not node.is_interior and node.format not in (None, Format.NULL)
    told = (node.description or "").strip() and access & {Verb.GET, Verb.REPLACE}
    if has_value and Verb.EXEC in access and not told:
        yield f"it takes Exec and has format {node.format}"


@_rule(
    "null-without-exec", Severity.WARNING, source="practice",
    why="A leaf without a value and without Exec tells nothing and does nothing.",
    fix="add Exec, or choose the format of its value",
)  # fmt: skip
def _null_without_exec(at: At) -> Iterator[str]:
    if at.node.format is Format.NULL and not at.node.children and at.access and Verb.EXEC not in at.access:
        yield "its format is null and nothing can be executed"


@_rule(
    "permanent-add", Severity.WARNING, source="DMTND §6.2.3",
    why="A permanent node is never made by a server: Add of it is answered 405.",
    fix="take Add away, or make it Dynamic",
    when=lambda k: k.scope is Scope.PERMANENT and Verb.ADD in (k.access or NOTHING),
)  # fmt: skip
def _permanent_add(at: At) -> Iterator[str]:
    node = at.node
    takes_new = node.is_interior and (not node.children or any(not child.is_permanent for child in node.children))
    if node.is_permanent and Verb.ADD in at.access and not takes_new:
        yield "a permanent node lists Add"


@_rule(
    "permanent-delete", Severity.ERROR, source="DMTND §6.2.3",
    why="A permanent node is never deleted by a server: Delete of it is answered 405.",
    fix="take Delete away, or make it Dynamic",
)  # fmt: skip
def _permanent_delete(at: At) -> Iterator[str]:
    if at.node.is_permanent and Verb.DELETE in at.access:
        yield "a permanent node lists Delete"


@_rule(
    "permanent-replace", Severity.INFO, source="DMTND §6.2.3, ddf sheet §4",
    why="An interior node has no value and a permanent one keeps its name, so Replace does next to nothing there.",
    fix="take Replace away, unless whole sub-trees are replaced there (TNDS)",
)  # fmt: skip
def _permanent_replace(at: At) -> Iterator[str]:
    if at.node.is_permanent and at.node.is_interior and Verb.REPLACE in at.access:
        yield "a permanent interior node lists Replace"


@_rule(
    "permanent-many", Severity.WARNING, source="DMTND §6.2.3",
    why="Permanent nodes are there from the start, so their number and names are not for anybody to choose.",
    fix="name them, or make them Dynamic",
)  # fmt: skip
def _permanent_many(at: At) -> Iterator[str]:
    if at.node.is_permanent and at.node.is_placeholder and at.node.occurs.kind.many:
        yield f"a permanent node without name occurs {at.node.occurs.kind.value}"


@_rule(
    "named-many", Severity.ERROR, source="ddf sheet §4",
    why="There cannot be two nodes of one name below one parent.",
    fix="say One or ZeroOrOne, or leave NodeName empty",
)  # fmt: skip
def _named_many(at: At) -> Iterator[str]:
    if at.node.name and at.node.occurs.kind.many:
        yield f"a node with a name occurs {at.node.occurs.kind.value}"


@_rule(
    "placeholder-one", Severity.WARNING, source="DMTND §9.4.1, ddf sheet §4",
    why="Exactly one node of any name: nobody can tell what it is called before looking.",
    fix="give it a name, or say ZeroOrMore, OneOrMore, ZeroOrN or OneOrN",
)  # fmt: skip
def _placeholder_one(at: At) -> Iterator[str]:
    if at.node.is_placeholder and at.node.described and at.node.occurs.kind.value == "One":
        text = "occurs One" if at.node.occurrence is not None else "has no Occurrence, which means One"
        yield f"a node whose name is given at run time {text}"


@_rule(
    "no-bound", Severity.WARNING, source="DMTND §9.4.3",
    why="ZeroOrN and OneOrN hold the number; without it no bound is known.",
    fix="write the number, or ZeroOrMore and OneOrMore",
)  # fmt: skip
def _no_bound(at: At) -> Iterator[str]:
    occurs = at.node.occurs
    if occurs.kind.value.endswith("N") and occurs.n is None:
        yield f"{occurs.kind.value} holds no number"


@_rule(
    "defaults-implied", Severity.INFO, source="DMTND §9.4.3",
    why="Absent Scope means Dynamic, absent Occurrence exactly one; few readers know both.",
    fix="write Scope and Occurrence",
)  # fmt: skip
def _defaults_implied(at: At) -> Iterator[str]:
    if at.node.described and at.node.scope is None and at.node.occurrence is None:
        yield "neither Scope nor Occurrence is said"


@_rule(
    "no-naming", Severity.WARNING, source="DMTND §9.4.1, practice",
    why="Whoever adds the node gives it a name, and needs to know which names are good.",
    fix="say in DFTitle or Description who gives the name and what it looks like",
    when=lambda k: not k.named,
)  # fmt: skip
def _no_naming(at: At) -> Iterator[str]:
    node = at.node
    told = (node.title or "").strip() or (node.description or "").strip()
    if node.is_placeholder and not told and not any(e.name == "DynamicNodeNaming" for e in node.extensions):
        yield "nothing is said about the names of these nodes"


@_rule(
    "placeholder-without-add", Severity.WARNING, source="DMTND §9.4.3, ddf sheet §4",
    why="A server may change these nodes and cannot make one; unless the device makes them, there is none.",
    fix="add Add to AccessType, or say in Description who makes them",
    when=lambda k: not k.named,
)  # fmt: skip
def _placeholder_without_add(at: At) -> Iterator[str]:
    node = at.node
    if not node.is_placeholder or node.is_permanent or at.can_be_added or not at.access:
        return
    if (Verb.DELETE in at.access or _written(node)) and not (node.description or "").strip():
        yield "neither it nor its parent lists Add, though servers write or delete it"


def _written(node: NodeSpec) -> bool:
    access = node.access or frozenset()
    return bool(access & {Verb.REPLACE, Verb.ADD}) or any(_written(child) for child in node.children)


@_rule(
    "add-without-delete", Severity.WARNING, source="practice",
    why="What a server has added it can never remove: instances pile up until the bound is reached.",
    fix="add Delete to AccessType",
)  # fmt: skip
def _add_without_delete(at: At) -> Iterator[str]:
    if at.node.is_placeholder and Verb.ADD in at.access and Verb.DELETE not in at.access:
        yield "a server can add such nodes and not delete them"


@_rule(
    "delete-without-add", Severity.INFO, source="practice",
    why="What is deleted by mistake cannot be brought back.",
    fix="add Add to AccessType, or take Delete away",
)  # fmt: skip
def _delete_without_add(at: At) -> Iterator[str]:
    if at.node.name and not at.node.is_permanent and Verb.DELETE in at.access and not at.can_be_added:
        yield "a server can delete it, and neither it nor its parent lists Add"


@_rule(
    "unreachable", Severity.INFO, source="DMTND §7.7.1.2, §7.7.1.3",
    why="The default list of the root gives Add and Get to everybody and nothing else; no server may do more with a "
    "permanent node below it, until the device sets a list.",
    fix="give it, or a node above it, an ACL in RTProperties, or say in the text who sets it",
)  # fmt: skip
def _unreachable(at: At) -> Iterator[str]:
    if at.made_by_servers or at.acl_above.who(Verb.REPLACE) or (at.node.is_interior and at.acl.who(Verb.REPLACE)):
        return
    nobody = [verb.value for verb in RIGHTS if verb in at.access and not at.acl.who(verb)]
    if nobody:
        yield f"nobody has {_and(nobody)} under the default list ({at.acl})"


def _listed(access: frozenset[Verb]) -> str:
    return _and(sorted(verb.value for verb in access))


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
