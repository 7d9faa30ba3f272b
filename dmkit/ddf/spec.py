"""Descriptions of management objects as values: what a DDF document says, node by node.  [DMTND §9]

>>> host = NodeSpec(name="Host", access=frozenset({Verb.GET}), format=Format.CHR, mime=("text/plain",))
>>> spec = Spec((NodeSpec(name="Vendor", format=Format.NODE, object_id="", children=(host,)),))
>>> [place.uri for place in spec.walk()], spec.count()
(['./Vendor', './Vendor/Host'], NodeCount(nodes=2, leaves=1))

Reading and writing are ``dmkit.ddf.reader`` and ``ddf_write``, files ``dmkit.ddf``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb
from dmkit.words.counts import many
from dmkit.words.meaning import MeaningEnum
from dmkit.words.model import Element
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.ddf.checking import TreeFinding
    from dmkit.tree.describe import Describe
    from dmkit.tree.node import Node as TreeNode
    from dmkit.tree.tree import Tree
    from dmkit.words.model import Value

__all__ = [
    "BASIS",
    "COMMENT",
    "NS_BASIS",
    "OTHER",
    "Basis",
    "DescribedPlace",
    "NodeCount",
    "NodeSpec",
    "Occurrence",
    "OccurrenceKind",
    "RunTime",
    "Scope",
    "Spec",
    "WrittenForm",
]

NS_BASIS: Final = "urn:x-dmkit:basis:1.0"
"""Namespace of our own extension of DDF, which says where a node comes from; other tools skip it."""
COMMENT: Final = "#comment"
"""Name of an ``Element`` that stands for an XML comment."""
BASIS: Final = "#basis"
OTHER: Final = "#"
"""What stands in ``Form.order`` for our own extension, and for the next element of another namespace."""


class Basis(MeaningEnum):
    """Where a definition comes from; ``meaning`` says it in words.  [scheduling sheet §8]

    >>> Basis("proposal").meaning
    'our own'
    """

    ESTABLISHED = "established", "registry or text of a specification"
    IMPLEMENTATION = "implementation", "open-source code"
    EVIDENCE = "evidence", "a patent or a secondary text: the idea is certain, the name is not"
    PROPOSAL = "proposal", "our own"
    UNSURE = "unsure", "the source is not clear"


class Scope(StrEnum):
    """Whether servers create and delete the node; Dynamic is meant when absent.  [DMTND §9.4.3]

    >>> Scope("Permanent").name
    'PERMANENT'
    """

    PERMANENT = "Permanent"
    DYNAMIC = "Dynamic"


class OccurrenceKind(StrEnum):
    """How many instances there may be; ``symbol`` is how figures of specifications print it.  [DMSTDOBJ §5.1.1]

    >>> OccurrenceKind.ZERO_OR_MORE.symbol
    '*'
    """

    least: int
    many: bool
    symbol: str

    def __new__(cls, value: str, least: int = 0, many: bool = False, symbol: str = "") -> OccurrenceKind:
        """Make the member for ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.least, member.many, member.symbol = least, many, symbol
        return member

    ONE = "One", 1, False, "1"
    ZERO_OR_ONE = "ZeroOrOne", 0, False, "?"
    ZERO_OR_MORE = "ZeroOrMore", 0, True, "*"
    ONE_OR_MORE = "OneOrMore", 1, True, "+"
    ZERO_OR_N = "ZeroOrN", 0, True, "*"
    ONE_OR_N = "OneOrN", 1, True, "+"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """How many instances there may be under one parent; ``n`` is the bound of ZeroOrN and OneOrN.

    >>> str(Occurrence(OccurrenceKind.ZERO_OR_N, 16)), Occurrence(OccurrenceKind.ONE_OR_MORE).most
    ('* (at most 16)', None)
    """

    kind: OccurrenceKind = OccurrenceKind.ONE
    n: int | None = None

    @property
    def least(self) -> int:
        """The smallest number of instances while the parent exists."""
        return self.kind.least

    @property
    def most(self) -> int | None:
        """The largest number of instances; None when no bound is known."""
        return self.n if self.kind.many else 1

    def __str__(self) -> str:
        return f"{self.kind.symbol} (at most {self.n})" if self.n is not None else self.kind.symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTime:
    """RTProperties of a description: which run-time properties there are; None absent, ``""`` without default.

    ``mime`` or ``object_id`` is the Type; both None when Type is absent.  [DMTND §9.4.2]

    >>> RunTime(title="Access point").title
    'Access point'
    """

    acl: str | None = None
    format: Format | None = None
    name: str | None = None
    size: str | None = None
    title: str | None = None
    tstamp: str | None = None
    mime: str | None = None
    object_id: str | None = None
    verno: str | None = None
    extensions: tuple[Element, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The properties that are listed, and those that every node has.  [DMTND §7.2]"""
        rows = (("Size", self.size), ("Title", self.title), ("TStamp", self.tstamp), ("VerNo", self.verno))
        return frozenset({"ACL", "Format", "Name", "Type", *(name for name, value in rows if value is not None)})


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """How a part of a document was written where that means nothing: kept so that it is written so again.

    ``order`` is the sequence of children of a container where it is not that of the DTD (names, ``BASIS``, ``OTHER``,
    or an element that stands where none is expected), ``texts`` text with the white space that reading took away,
    ``attrs`` attributes of DDF elements; each by the path of the element.
    """

    order: tuple[tuple[str, tuple[str | Element, ...]], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    attrs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """The description of one node.  None means that the element is absent.  [DMTND §9.4]

    ``form`` and ``line`` (in the document it was read from) do not count in comparisons.
    """

    name: str = ""
    """NodeName; empty: the name is given at run time."""
    path: str | None = None
    """Path as written: URI of the parent."""
    access: frozenset[Verb] | None = None
    """AccessType: the commands that the node takes."""
    format: Format | None = None
    """DFFormat."""
    mime: tuple[str, ...] | None = None
    """DFType as MIME types; an empty text stands for an empty element."""
    object_id: str | None = None
    """DFType as DDFName: the identifier of a management object, or empty."""
    occurrence: Occurrence | None = None
    """Absent means exactly one."""
    scope: Scope | None = None
    """Absent means Dynamic."""
    default: str | None = None
    """DefaultValue, as text."""
    title: str | None = None
    """DFTitle."""
    description: str | None = None
    """Description, as written."""
    case_sensitive: bool | None = None
    """CaseSense of this name and those below; absent: as above, at last the device's own choice."""
    run_time: RunTime | None = None
    """RTProperties."""
    value: str | None = None
    """Value: the default of instances."""
    described: bool = True
    """Whether there are DFProperties."""
    basis: Basis | None = None
    """Where the definition comes from; None when nothing is said here."""
    source: str = ""
    """The text that it comes from, such as ``DMSTDOBJ §5.3.2``."""
    extensions: tuple[Element, ...] = ()
    """Elements of other namespaces in DFProperties, comments among them."""
    outside: tuple[Element, ...] = ()
    """The same, directly in Node."""
    children: tuple[NodeSpec, ...] = ()
    form: WrittenForm | None = field(default=None, compare=False, repr=False)
    line: int = field(default=0, compare=False, repr=False)

    @property
    def is_placeholder(self) -> bool:
        """True when the name is given at run time."""
        return not self.name

    @property
    def is_interior(self) -> bool:
        """True for format node, for what has children, and for what says nothing at all of a value."""
        if self.children or self.format is Format.NODE:
            return True
        return self.format is None and self.value is None

    @property
    def is_permanent(self) -> bool:
        """True when Scope says Permanent."""
        return self.scope is Scope.PERMANENT

    @property
    def occurs(self) -> Occurrence:
        """Occurrence, with its default."""
        return self.occurrence or Occurrence()

    @property
    def types(self) -> tuple[str, ...]:
        """The MIME types of a leaf; empty elements and those of interior nodes do not count.  [ddf sheet §3]"""
        return () if self.is_interior else tuple(mime for mime in self.mime or () if mime)

    @property
    def mo_id(self) -> str:
        """The identifier of the management object that begins here; empty for none."""
        if self.object_id:
            return self.object_id
        mime = self.mime[0] if self.is_interior and self.mime else ""
        return mime if mime.lower().startswith("urn:") or mime.count("/") > 1 else ""

    @property
    def label(self) -> str:
        """The name, or ``<Title>`` in its place for a placeholder.

        >>> NodeSpec(title="ProviderID").label, NodeSpec().label, NodeSpec(name="SSID").label
        ('<ProviderID>', '<X>', 'SSID')
        """
        return self.name or f"<{(self.title or '').strip() or 'X'}>"


class DescribedPlace(NamedTuple):
    """A description and where it stands: ``uri`` has ``*`` for names given at run time; ``above`` are its parents.

    >>> from dmkit.ddf.api import load
    >>> [place.uri for place in load("data/ddf/wifi.xml").walk()][:3]
    ['./WiFi', './WiFi/*', './WiFi/*/SSID']
    """

    uri: str
    node: NodeSpec
    above: tuple[NodeSpec, ...]
    basis: Basis | None
    """Of the node, or of the nearest parent that says, or of the document."""


class NodeCount(NamedTuple):
    """How many ``Node`` elements there are, and how many of them are not interior."""

    nodes: int
    leaves: int


@dataclass(frozen=True, slots=True)
class Spec:
    """A description document: one or several roots, and what is said of all of them.  [DMTND §9.4.1]

    ``ns`` is the namespace of its elements, ``prefixes`` those of others as (prefix, name); ``doctype`` and ``bom``
    what stood before the document element.
    """

    roots: tuple[NodeSpec, ...]
    man: str | None = None
    mod: str | None = None
    basis: Basis | None = None
    source: str = ""
    extensions: tuple[Element, ...] = ()
    ns: str = "syncml:dmddf1.2"
    prefixes: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    doctype: str = field(default="", compare=False, repr=False)
    bom: bool = field(default=False, compare=False, repr=False)
    form: WrittenForm | None = field(default=None, compare=False, repr=False)

    @classmethod
    @asked
    def from_table(cls, text: str) -> Spec:
        """A description out of a small table, a line for each node: see ``dmkit.ddf.node_table``.

        DdfError names the line and what would be right.
        """
        from dmkit.ddf.node_table import read_table

        return read_table(text)

    def to_table(self) -> str:
        """As a table that ``from_table`` reads; what has no column there is left out."""
        from dmkit.ddf.node_table import write_table

        return write_table(self)

    def walk(self) -> Iterator[DescribedPlace]:
        """Every description with its place, parents before children, in the order of the document."""
        for root in self.roots:
            yield from _walk(root, None, (), self.basis)

    def find(self, uri: str) -> NodeSpec | None:
        """The description at ``uri``, written as ``walk`` writes it; None when there is none."""
        return next((place.node for place in self.walk() if place.uri == uri), None)

    def count(self) -> NodeCount:
        """All ``Node`` elements, and those that are not interior."""
        nodes = leaves = 0
        stack = list(self.roots)
        while stack:
            node = stack.pop()
            nodes += 1
            leaves += not node.is_interior
            stack.extend(node.children)
        return NodeCount(nodes, leaves)

    def check(self, tree: Tree) -> tuple[TreeFinding, ...]:
        """Everything in ``tree`` that this description does not allow, each with what would be right."""
        from dmkit.ddf.checking import check

        return check(tree, self)

    def tree(self, values: Mapping[str, Value | None | TreeNode], *, acl: Mapping[str, str] | None = None) -> Tree:
        """The smallest tree that conforms and holds ``values`` in the formats described; it enforces this description.

        ConfigError names a value that no node takes.  ``Tree.of(spec, values)`` is the same.
        """
        from dmkit.ddf.checking import populate

        return populate(values, self, acl=acl)

    def skeleton(self) -> Tree:
        """The smallest tree that conforms, with defaults; it enforces this description."""
        from dmkit.ddf.checking import skeleton

        return skeleton(self)

    @property
    def describe(self) -> Describe:
        """This description as what a ``Tree`` enforces; ``ddf.describe_of`` joins several."""
        from dmkit.ddf.rules import describe_of

        return describe_of(self)

    def plain(self) -> Spec:
        """Without extensions, provenance and peculiarities of form: what every tool understands."""
        return replace(
            self,
            roots=tuple(_plain(root) for root in self.roots),
            basis=None,
            source="",
            extensions=(),
            prefixes=(),
            doctype="",
            bom=False,
            form=None,
        )

    @property
    def provenance(self) -> str:
        """``bases`` as one line, for exports; empty when no node says where it comes from.

        >>> Spec((NodeSpec(name="A", basis=Basis.PROPOSAL), NodeSpec(name="B"))).provenance
        'basis: 1 proposal, of 2 nodes'
        """
        found = [f"{count} {basis.value}" for basis, count in self.bases().items() if basis is not None]
        return f"basis: {', '.join(found)}, of {many(self.count().nodes, 'node')}" if found else ""

    def bases(self) -> dict[Basis | None, int]:
        """How many nodes have which basis, inherited ones among them; None counts those without."""
        counts = Counter(place.basis for place in self.walk())
        return {basis: counts[basis] for basis in (*Basis, None) if counts[basis]}


def _plain(node: NodeSpec) -> NodeSpec:
    run_time = None if node.run_time is None else replace(node.run_time, extensions=())
    return replace(
        node,
        basis=None,
        source="",
        extensions=(),
        outside=(),
        form=None,
        run_time=run_time,
        children=tuple(_plain(child) for child in node.children),
    )


def parent_of(node: NodeSpec, above: str | None) -> str:
    """URI of the parent: Path where there is one, else the URI ``above``, else the root.

    >>> parent_of(NodeSpec(path="./Device/Vendor/"), None), parent_of(NodeSpec(path=""), "./A"), parent_of(
    ...     NodeSpec(), "./A")
    ('./Device/Vendor', '.', './A')
    """
    if node.path is None:
        return above or "."
    segments = [segment for segment in node.path.strip().split("/") if segment not in ("", ".")]
    return "/".join((".", *segments))


def uri_of(node: NodeSpec, above: str | None) -> str:
    """URI of the node below ``above``; ``*`` for a name given at run time, ``.`` for a description of the root."""
    parent = parent_of(node, above)
    if node.name == "." and parent == ".":
        return "."
    return f"{parent}/{node.name or '*'}"


def _walk(
    node: NodeSpec, parent: str | None, above: tuple[NodeSpec, ...], basis: Basis | None
) -> Iterator[DescribedPlace]:
    uri, basis = uri_of(node, parent), node.basis or basis
    yield DescribedPlace(uri, node, above, basis)
    inner = (*above, node)
    for child in node.children:
        yield from _walk(child, uri, inner, basis)
