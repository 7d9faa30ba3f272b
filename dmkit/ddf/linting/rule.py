"""What a lint rule is, and what it is told of a node: the shape of the rows in ``lint_shape``, ``lint_rights``,
``lint_values`` and ``lint_words``.

>>> str(Severity.of("warning")), Severity.ERROR > Severity.WARNING
('warning', True)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dmkit.ddf.places import keyed_places
from dmkit.ddf.spec import NodeSpec, Spec
from dmkit.tree.acl import Acl
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.uri import UriLimits
from dmkit.words.codes import Verb
from dmkit.words.errors import CommandFailed, ConfigError

__all__ = ["LIMITS", "At", "LintRule", "Severity", "Siblings", "places", "row"]

LIMITS: Final = UriLimits(max_depth=16, max_total=255, max_segment=64)
"""What is assumed of devices that announce no limits.  PROPOSAL: no document says what is usual."""

_ROOT_ACL: Final = parse_acl("Add=*&Get=*")


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
    def of(cls, word: str) -> Severity:
        """The severity called ``word``; ConfigError when there is none."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            names = ", ".join(str(severity) for severity in cls)
            raise ConfigError(f"{word!r} is no severity; these are: {names}") from None


class Siblings:
    """What is described below one parent, found by name: each rule looks at those of one name, not at all."""

    def __init__(self, nodes: list[NodeSpec]) -> None:
        self.by_name: dict[str, list[NodeSpec]] = {}
        self.names: dict[str, dict[str, None]] = {}
        self.unnamed = [node for node in nodes if node.is_placeholder]
        self._repeated: dict[int, set[str]] = {}
        self._sorted: dict[str, list[str]] = {}
        for node in nodes:
            self.by_name.setdefault(node.name, []).append(node)
            self.names.setdefault(node.name.casefold(), {})[node.name] = None
        self.interior = {name for name, nodes in self.by_name.items() if all(node.is_interior for node in nodes)}

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


@dataclass(frozen=True, slots=True)
class At:
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

    ``find`` gives a sentence for each breach; ``source`` is the section that says so, or ``practice``.
    """

    id: str
    severity: Severity
    why: str
    fix: str
    source: str
    find: Callable[[At], Iterator[str]]


def row(
    rows: dict[str, LintRule], id: str, severity: Severity, *, why: str, fix: str, source: str
) -> Callable[[Callable[[At], Iterator[str]]], Callable[[At], Iterator[str]]]:
    """Enter the function below it into ``rows``: the row of a table that stands beside its function."""

    def enter(find: Callable[[At], Iterator[str]]) -> Callable[[At], Iterator[str]]:
        rows[id] = LintRule(id, severity, why, fix, source, find)
        return find

    return enter


@dataclass(slots=True)
class _Known:
    """What was found out about a place on the way down."""

    node: NodeSpec | None = None
    acl: Acl = _ROOT_ACL
    case: bool | None = None
    made: bool = False


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
    known: dict[str, _Known] = {"": _Known()}
    for parent, key, place in sorted(keyed, key=lambda entry: entry[1].count("/")):
        _note(parent, key, place.node, known)
    for parent, key, place in keyed:
        here, around = known[key], known.get(parent) or _Known()
        yield At(
            place.uri, place.node, place.above, not place.above, siblings[parent], around.node,
            place.basis is not None, here.case, here.acl, around.acl, here.made, key in continued, limits,
        )  # fmt: skip


def _note(parent: str, key: str, node: NodeSpec, known: dict[str, _Known]) -> None:
    """Enter what is known of the place ``key``; those above it were entered before."""
    around = known.get(parent) or _Known()
    case = node.case_sensitive if node.case_sensitive is not None else around.case
    adds = {*(node.access or ()), *(around.node.access or () if around.node is not None else ())}
    made = around.made or (node.is_interior and not node.is_permanent and key != "." and Verb.ADD in adds)
    known[key] = _Known(node, _default_acl(node) or around.acl, case, made)


def _default_acl(node: NodeSpec) -> Acl | None:
    text = (node.run_time.acl or "").strip() if node.run_time is not None else ""
    try:
        return parse_acl(text, lenient=True) if text else None
    except CommandFailed:
        return None
