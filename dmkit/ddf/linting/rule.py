"""What a lint rule is, and what it is told of a node: the shape of the rows in ``lint_shape``, ``lint_rights``,
``lint_values`` and ``lint_words``.

>>> str(Severity.of("warning")), Severity.ERROR > Severity.WARNING
('warning', True)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final, NamedTuple

import msgspec

from dmkit.ddf.places import Keyed, keyed_places
from dmkit.ddf.spec import NodeSpec, OccurrenceKind, Scope, Spec
from dmkit.tree.acl import Acl
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.uri import UriLimits
from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import CommandFailed, ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.records import repr_in_order
from dmkit.words.structs import like_a_dataclass

__all__ = ["LIMITS", "NOTHING", "ROOT_ACL", "At", "LintRule", "NodeKind", "Severity", "Siblings", "places", "row"]

LIMITS: Final = UriLimits(max_depth=16, max_total=255, max_segment=64)
"""What is assumed of devices that announce no limits.  PROPOSAL: no document says what is usual."""

NOTHING: Final[frozenset[Verb]] = frozenset()
ROOT_ACL: Final = parse_acl("Add=*&Get=*")


class Severity(IntEnum):
    """How much a finding weighs: an error breaks a rule of the specification, a warning will hurt somebody, an info
    is worth a thought."""

    OFF = 0
    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    @asked
    def of(cls, word: str) -> Severity:
        """The severity called ``word``; ConfigError when there is none."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            names = ", ".join(str(severity) for severity in cls)
            near = nearest(word, map(str, cls))
            raise ConfigError(f"{word!r} is no severity; these are: {names}{near}") from None


class Siblings:
    """What is described below one parent, found by name: each rule looks at those of one name, not at all.

    ``repeats`` says whether any two have one name but for case; where none have, nothing else is asked.
    """

    def __init__(self, nodes: list[NodeSpec]) -> None:
        self.nodes = nodes
        self.repeats = len({node.name.casefold() for node in nodes}) < len(nodes)
        self._repeated: dict[int, set[str]] = {}
        self._sorted: dict[str, list[str]] = {}

    @cached_property
    def by_name(self) -> dict[str, list[NodeSpec]]:
        """Those of one name, by it."""
        found: dict[str, list[NodeSpec]] = {}
        for node in self.nodes:
            found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def names(self) -> dict[str, dict[str, None]]:
        """Names that differ in case only, by what they have in common."""
        found: dict[str, dict[str, None]] = {}
        for name in self.by_name:
            found.setdefault(name.casefold(), {})[name] = None
        return found

    @cached_property
    def unnamed(self) -> list[NodeSpec]:
        """Those whose name is given at run time."""
        return [node for node in self.nodes if node.is_placeholder]

    @cached_property
    def interior(self) -> set[str]:
        """Names of which all are interior nodes."""
        return {name for name, nodes in self.by_name.items() if all(node.is_interior for node in nodes)}

    def alike(self, name: str, most: int = 5) -> list[str]:
        """Other names that are ``name`` but for case, in order; at most ``most``: n names stay n sentences."""
        folded = name.casefold()
        same = self.names[folded]
        if len(same) == 1:
            return []
        if folded not in self._sorted:
            self._sorted[folded] = sorted(same)[: most + 1]
        return [other for other in self._sorted[folded] if other != name][:most]

    def repeated(self, above: NodeSpec | None) -> set[str]:
        """Names that stand twice or more among the children of ``above``, an element of the document."""
        if above is None:
            return set()
        if id(above) not in self._repeated:
            times = Counter(node.name for node in above.children)
            self._repeated[id(above)] = {name for name, often in times.items() if often > 1}
        return self._repeated[id(above)]


class NodeKind(NamedTuple):
    """What most rules look at: nodes of one kind break the same ones of them, with the same sentences.

    Texts count by whether there are any; what is said about the place is in the second half.
    """

    access: frozenset[Verb] | None
    format: Format | None
    mime: tuple[str, ...] | None
    object_id: str | None
    occurs: OccurrenceKind | None
    bound: int | None
    scope: Scope | None
    described: bool
    interior: bool
    children: bool
    named: bool
    titled: bool
    told: bool
    """Whether Description says something."""
    has_description: bool
    default: bool
    value: bool
    has_text: bool
    """Whether the default, or the value, is more than nothing."""
    run_time: bool
    extensions: bool
    path: bool
    spaced: bool
    """Whether something was written with white space around it, or in another order."""
    odd_name: bool
    """Whether the name has a sign that is not safe in an address, or ends in a dot."""

    is_root: bool
    is_dot: bool
    is_inbox: bool
    in_inbox: bool
    continued: bool
    based: bool
    cased: bool
    parent_adds: bool
    made_by_servers: bool
    acl: Acl | None
    """None for the default list of the root, as ``acl_above``."""
    acl_above: Acl | None
    repeats: bool
    """Whether it may have the name of a sibling."""
    beyond: bool
    """Whether its address is beyond a limit."""

    def __repr__(self) -> str:
        return repr_in_order(self)


_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9\-_.!~*'():@&=+$,]*(?<!\.)\Z")


@like_a_dataclass
class At(msgspec.Struct, frozen=True):
    """A description with what lint knows of its place."""

    uri: str
    node: NodeSpec
    above: tuple[NodeSpec, ...]
    """The elements around it in the document."""
    is_root: bool
    """True for a child of MgmtTree."""
    siblings: Siblings
    """All that is described below the same parent, itself among them."""
    parent: NodeSpec | None
    """The description of its parent in the tree, where this document has it."""
    based: bool
    """Whether it is said where the definition comes from."""
    case: bool | None
    """CaseSense here."""
    acl: Acl
    """The access control list that it has when nobody sets one: its default, or that of the nearest parent."""
    acl_above: Acl
    made_by_servers: bool
    """True when it, or an interior node on the way, can be added by a server, who is then given rights."""
    continued: bool
    """True when another description of the document stands below it by its Path."""
    limits: UriLimits
    interior: bool
    """Whether the node is interior."""

    @property
    def kind(self) -> NodeKind:
        """The kind of the node at this place."""
        node, parent, uri, limits = self.node, self.parent, self.uri, self.limits
        occurs, name = node.occurrence, node.name
        inbox = uri.startswith("./Inbox")
        return NodeKind(
            node.access, node.format, node.mime, node.object_id, occurs.kind if occurs else None,
            occurs.n if occurs else None, node.scope, node.described, self.interior, bool(node.children), bool(name),
            bool(node.title and node.title.strip()), bool(node.description and node.description.strip()),
            node.description is not None, node.default is not None, node.value is not None,
            bool(node.default or node.value), node.run_time is not None, bool(node.extensions), node.path is not None,
            node.form is not None, _PLAIN_NAME.match(name) is None, self.is_root, uri == ".",
            inbox and uri == "./Inbox", inbox, self.continued, self.based, self.case is not None,
            parent is not None and Verb.ADD in (parent.access or ()), self.made_by_servers,
            None if self.acl is ROOT_ACL else self.acl, None if self.acl_above is ROOT_ACL else self.acl_above,
            self.siblings.repeats,
            bool((limits.max_total and len(uri) > limits.max_total)
                 or (limits.max_segment and len(name) > limits.max_segment)
                 or (limits.max_depth and uri.count("/") > limits.max_depth)),
        )  # fmt: skip

    @property
    def access(self) -> frozenset[Verb]:
        """The commands it takes."""
        return self.node.access or frozenset()

    @property
    def can_be_added(self) -> bool:
        """True when it or its parent lists Add: either reading of AccessType.  [ddf sheet §4]"""
        return Verb.ADD in self.access or (self.parent is not None and Verb.ADD in (self.parent.access or ()))

    @property
    def is_inbox(self) -> bool:
        """True for the reserved node that takes objects and shows none.  [DMSTDOBJ §5.3.4]"""
        return self.uri == "./Inbox"


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule: what it is called, how much it weighs, why it is there, what mends it, and what finds breaches.

    ``find`` gives a sentence for each breach; ``source`` is the section that says so, or ``practice``.  ``when`` says
    of which kinds of nodes it may give any; without it, the rule looks at nothing but the kind (``At.kind``).
    """

    id: str
    severity: Severity
    why: str
    fix: str
    source: str
    find: Callable[[At], Iterator[str]]
    when: Callable[[NodeKind], bool] | None = None


def row(
    rows: dict[str, LintRule], id: str, severity: Severity, *, why: str, fix: str, source: str,
    when: Callable[[NodeKind], bool] | None = None,
) -> Callable[[Callable[[At], Iterator[str]]], Callable[[At], Iterator[str]]]:  # fmt: skip
    """Enter the function below it into ``rows``: the row of a table that stands beside its function."""

    def enter(find: Callable[[At], Iterator[str]]) -> Callable[[At], Iterator[str]]:
        rows[id] = LintRule(id, severity, why, fix, source, find, when)
        return find

    return enter


class _Known(msgspec.Struct, frozen=True):
    """What was found out about a place on the way down."""

    node: NodeSpec | None = None
    acl: Acl = ROOT_ACL
    case: bool | None = None
    made: bool = False
    interior: bool = True


_NOWHERE: Final = _Known()


def places(spec: Spec, limits: UriLimits = LIMITS) -> Iterator[At]:
    """Every description of ``spec`` with what there is to know about its place, in the order of the document."""
    keyed = list(keyed_places(spec))
    below: dict[str, list[NodeSpec]] = {}
    continued = set()
    for parent, _, place in keyed:
        below.setdefault(parent, []).append(place.node)
        if place.node.path is not None:
            continued.add(parent)
    siblings = {parent: Siblings(nodes) for parent, nodes in below.items()}
    known: dict[str, _Known] = {"": _NOWHERE}
    downwards = sorted(keyed, key=_depth) if continued else keyed
    for parent, key, place in downwards:
        known[key] = _noted(place.node, known.get(parent, _NOWHERE), key == ".")
    for parent, key, place in keyed:
        here, around = known[key], known.get(parent, _NOWHERE)
        yield At(
            place.uri, place.node, place.above, not place.above, siblings[parent], around.node,
            place.basis is not None, here.case, here.acl, around.acl, here.made, key in continued, limits,
            here.interior,
        )  # fmt: skip


def _depth(entry: Keyed) -> int:
    return entry[1].count("/")


def _noted(node: NodeSpec, around: _Known, is_tree: bool) -> _Known:
    """What is known of the place of ``node``; those above it were entered before."""
    case = node.case_sensitive if node.case_sensitive is not None else around.case
    interior, made = node.is_interior, around.made
    if not made and interior and not is_tree and node.scope is not Scope.PERMANENT:
        above = around.node.access if around.node is not None else None
        made = Verb.ADD in (node.access or NOTHING) or Verb.ADD in (above or NOTHING)
    acl = around.acl if node.run_time is None else _default_acl(node) or around.acl
    return _Known(node, acl, case, made, interior)


def _default_acl(node: NodeSpec) -> Acl | None:
    text = (node.run_time.acl or "").strip() if node.run_time is not None else ""
    try:
        return parse_acl(text, lenient=True) if text else None
    except CommandFailed:
        return None
