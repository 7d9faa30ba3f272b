"""One node of a tree: a value.

>>> node = Node("int", "30")
>>> node.text, node.size, node.touched(5.0).verno
('30', 2, 1)

Many trees that share what is equal are leaves that were written, and copies of what is above them.  So a leaf is its
value, its times and a ``NodeForm``, which has what most nodes have in common; an interior node of few children is such
a form, which has their names too, and the children: no dict, no tuple.  Callers see one class with eight fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, ClassVar, Final, TypeAlias, cast

import msgspec
from msgspec.structs import astuple, force_setattr

from dmkit.tree.children import FEW, PLACES, Children, Wide
from dmkit.tree.forms import NO_PLACES, NodeForm, form_of, places, usual_form
from dmkit.tree.uri import MAX_SEGMENTS
from dmkit.wire.markup import write_xml
from dmkit.words.asked import WRONG, asked, blamed
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Element, Value
from dmkit.words.structs import FieldsOf

__all__ = [
    "DEEPEST", "SERIALISED", "InteriorNode", "LeafNode", "Node", "Path", "WideNode", "changed", "dated", "interior_of",
    "leaf", "node_from",
]  # fmt: skip

Path: TypeAlias = tuple[str, ...]
SERIALISED: Final = frozenset({"ACL", "Format", "Title", "TStamp", "Type", "VerNo", "Value"})
"""The properties that a serialised tree has.  [DMTNDS §6.2, DMTND §8.2]"""
DEEPEST: Final = 10_000
"""Nodes in nodes in nodes, when they are nested by hand: what is deeper could neither be walked nor go again."""
_NONE: Final[Mapping[str, Any]] = {}
_FIELDS: Final = ("format", "value", "type", "acl", "title", "tstamp", "verno", "children")


class Node:
    """One node.  ``format`` "node" makes it interior; ``acl`` is its own list as text, empty when it inherits.

    ``type`` is a MIME type, or the object identifier of an interior node; ``tstamp`` seconds since 1970; ``verno``
    goes round at 65536.  ``dataclasses.replace`` gives a changed one (``copy.replace`` in Python 3.13);
    ``msgspec.structs.replace`` looks at how a node is kept, and knows none of these fields.  [DMTND §6, §7]

    >>> from dataclasses import replace
    >>> replace(Node("int", "5"), title="Minutes").title
    'Minutes'
    """

    __slots__ = ()
    __match_args__ = _FIELDS
    __dataclass_fields__: ClassVar[Any] = FieldsOf(*_FIELDS)
    form: NodeForm

    def __new__(
        cls,
        format: str = "chr",
        value: str | bytes | Element | None = "",
        type: str = "text/plain",
        acl: str = "",
        title: str = "",
        tstamp: float = 0.0,
        verno: int = 0,
        children: Mapping[str, Node] = _NONE,
    ) -> Node:
        """The smallest form that holds all of it."""
        try:
            if format == "node" and value is None and len(children) <= FEW and children.__class__ is not Wide:
                form = NodeForm(format, type, acl, title, _places_of(children), tstamp, verno, _deep(children))
                return interior_of(form, children.values())
            shared = form_of(format, type, acl, title)
            if format != "node" and not children:
                return LeafNode(shared, value, tstamp, verno)
            return WideNode(shared, value, tstamp, verno, Wide.of(children))
        except WRONG as error:
            raise blamed(error, _new, cls, format, value, type, acl, title, tstamp, verno, children) from None

    @classmethod
    @asked
    def interior(cls, children: Mapping[str, Node] | None = None, *, type: str = "", acl: str = "") -> Node:
        """An interior node."""
        return cls("node", None, type, acl, children=children or {})

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # what ``dataclasses.replace`` makes
        return Node

    @property
    def format(self) -> str:
        """The format of the value, "node" without one."""
        return self.form.format

    @property
    def value(self) -> str | bytes | Element | None:
        """What a leaf holds."""
        return None

    @property
    def type(self) -> str:
        """A MIME type; of an interior node the identifier of a management object, or nothing."""
        return self.form.type

    @property
    def acl(self) -> str:
        """Its own list, empty when it inherits."""
        return self.form.acl

    @property
    def title(self) -> str:
        """A name for people."""
        return self.form.title

    @property
    def tstamp(self) -> float:
        """When it was changed last, seconds since 1970."""
        return self.form.tstamp

    @property
    def verno(self) -> int:
        """How often it was changed, from 0 again after 65535."""
        return self.form.verno

    @property
    def children(self) -> Mapping[str, Node]:
        """Children by name, in the order in which they came."""
        return Children(self)  # type: ignore[return-value]  # it is registered as a Mapping

    @property
    def is_interior(self) -> bool:
        """True when this node has children instead of a value."""
        return self.form.format == "node"

    @property
    def text(self) -> str:
        """The value as text: empty when there is none, octets read as UTF-8, mark-up without its tags."""
        value = self.value
        if value is None or isinstance(value, str):
            return value or ""
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value.text

    @property
    def size(self) -> int:
        """Octets of the unencoded value, of mark-up as XML has it.  [DMTND §7.7.4]"""
        if isinstance(self.value, bytes):
            return len(self.value)
        if isinstance(self.value, Element):
            with suppress(CodecError):  # characters that XML cannot have came in WBXML: then the text counts
                return len(write_xml(self.value))
        return len(self.text.encode("utf-8", "replace"))

    def touched(self, now: float) -> Node:
        """The same node after a modification at ``now``."""
        return dated(self, now, (self.verno + 1) % 65536)

    def __repr__(self) -> str:
        return f"Node({', '.join(f'{name}={getattr(self, name)!r}' for name in _FIELDS)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Node, (*_seven(self), dict(self.children))

    def __replace__(self, **changes: Any) -> Node:
        return changed(self, **changes)


_new = Node.__new__
del Node.__new__  # no base of a struct may have one


class InteriorNode(Node, msgspec.Struct, frozen=True, eq=False, gc=False):
    """A node with few children; each has a place of its own in a subclass for so many (``_class_for``)."""

    form: NodeForm
    known_hash: int | None
    is_interior = True

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, InteriorNode) and self.form is other.form:  # the rest is in the form
            return astuple(self)[2:] == astuple(other)[2:]
        return _equal(self, other)

    def __ne__(self, other: object) -> bool:  # a struct has one of its own
        return not self == other

    def __hash__(self) -> int:
        known = self.known_hash
        if known is None:
            known = hash((_seven(self), hash(self.children)))
            force_setattr(self, "known_hash", known)
        return known


_CHILDLESS: Final = InteriorNode(NodeForm("node", "", "", "", NO_PLACES, 0.0, 0, 0), None)


class LeafNode(Node, msgspec.Struct, frozen=True, gc=False):
    """A node without children."""

    form: NodeForm
    value: str | bytes | Element | None
    tstamp: float
    verno: int
    children: ClassVar[Mapping[str, Node]] = _CHILDLESS.children
    is_interior = False

    def touched(self, now: float) -> Node:
        """The same node after a modification at ``now``."""
        return LeafNode(self.form, self.value, now, (self.verno + 1) % 65536)

    def __hash__(self) -> int:
        return hash(_seven(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Node, _seven(self)


class WideNode(Node, msgspec.Struct, frozen=True, eq=False, gc=False):
    """A node with many children, and any other."""

    form: NodeForm
    value: str | bytes | Element | None
    tstamp: float
    verno: int
    children: Wide[Node]

    def __eq__(self, other: object) -> bool:
        return self is other or _equal(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((_seven(self), hash(self.children)))


for _one in (InteriorNode, LeafNode, WideNode):
    _one.__name__ = _one.__qualname__ = "Node"
del _one
Node.__new__ = _new  # type: ignore[method-assign]


# -- how nodes are made ---------------------------------------------------------------------------


@cache
def _class_for(children: int) -> type[InteriorNode]:
    """The class of nodes with so many children, each in the place that ``PLACES`` names."""
    if not children:
        return InteriorNode
    base, field = _class_for(children - 1), (PLACES[children - 1], Any)
    made = msgspec.defstruct("Node", [field], bases=(base,), module=__name__, frozen=True, eq=False, gc=False)
    return cast("type[InteriorNode]", made)


def _places_of(children: Mapping[str, Node]) -> Mapping[str, str]:
    given: Any = children
    return given.of.form.at if given.__class__ is Children else places(tuple(children))


def _deep(children: Mapping[str, Node]) -> int:
    """How deep nodes stand in a node that has ``children``; ConfigError where Python's stack could not end them all."""
    deep = 1 + max([child.form.deep for child in children.values()], default=0)
    if deep > DEEPEST:
        raise ConfigError(f"nodes are nested {DEEPEST} deep at most; no address is longer than {MAX_SEGMENTS} names")
    return deep


def interior_of(form: NodeForm, children: Iterable[Node]) -> Node:
    """An interior node with ``children`` in the places that ``form`` has for them."""
    return _class_for(len(form.at))(form, None, *children)


def changed(node: Node, **changes: Any) -> Node:
    """``dataclasses.replace`` for nodes, and quicker."""
    form = node.form
    same = (form.format, node.value, form.type, form.acl, form.title, node.tstamp, node.verno, node.children)
    return Node(**dict(zip(_FIELDS, same, strict=True)) | changes)


def dated(node: Node, tstamp: float, verno: int) -> Node:
    """``node`` with other times."""
    if isinstance(node, LeafNode):
        return LeafNode(node.form, node.value, tstamp, verno)
    if isinstance(node, InteriorNode):
        old = node.form
        form = NodeForm(old.format, old.type, old.acl, old.title, old.at, tstamp, verno, old.deep)
        return type(node)(form, None, *astuple(node)[2:])
    if isinstance(node, WideNode):
        return WideNode(node.form, node.value, tstamp, verno, node.children)
    return changed(node, tstamp=tstamp, verno=verno)


def _seven(node: Node) -> tuple[Any, ...]:
    """All but the children."""
    form = node.form
    return form.format, node.value, form.type, form.acl, form.title, node.tstamp, node.verno


def _equal(node: Node, other: object) -> bool:
    if not isinstance(other, InteriorNode | WideNode):
        return False
    return _seven(node) == _seven(other) and node.children == other.children


def leaf(format: str, value: str | bytes | Element | None, type: str = "text/plain") -> Node:
    """``Node(format, value, type)`` for a format other than "node", and quicker.

    >>> leaf("int", "5") == Node("int", "5")
    True
    """
    return LeafNode(usual_form(format, type), value, 0.0, 0)


_CHR: Final = usual_form("chr", "text/plain")


def node_from(value: Value | Node | None) -> Node:
    """A leaf of the format that ``value`` has in Python; None makes an interior node.  ConfigError for another type.

    >>> node_from(30).format, node_from(None).is_interior
    ('int', True)
    """
    if value.__class__ is str:
        return LeafNode(_CHR, value, 0.0, 0)
    if isinstance(value, Node):
        return value
    if value is None:
        return Node.interior()
    if isinstance(value, bool):
        return leaf("bool", "true" if value else "false")
    if isinstance(value, int):
        return leaf("int", str(value))
    if isinstance(value, float):
        return leaf("float", str(value))
    if isinstance(value, bytes):
        return leaf("bin", value, "application/octet-stream")
    if not isinstance(value, str):
        what = "a text, octets, a number, True, False, None or a Node"
        raise ConfigError(f"the value of a leaf is {what}, not of type {type(value).__name__}")
    return leaf("chr", value)
