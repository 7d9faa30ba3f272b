"""What a node was before a job touched it, so that it can be put back: value, format, type, list and title.

It is written as JSON, which has no octets and no mark-up, so that a leaf of format xml is kept element by element.

>>> was = NodeWas.of(Item(data=Element("b", children=("bold",)), meta=Meta(format="xml")))
>>> was.text, was.item("./A").data
(None, Element(name='b', children=('bold',)))
"""

from __future__ import annotations

from typing import Final

from dmkit.words.codes import Format
from dmkit.words.model import Data, Element, Item, Meta
from dmkit.words.records import dataclass

__all__ = ["PROPERTIES", "ElementWas", "NodeWas"]

PROPERTIES: Final = {"Title": "title", "ACL": "acl"}
"""Property of a node -> the field of a ``NodeWas`` that keeps it.  A list may forbid the rest, so it comes last."""
_CHR: Final = Format.CHR.value
_PLAIN: Final = "text/plain"


@dataclass(frozen=True, slots=True)
class ElementWas:
    """Mark-up as JSON has it: an element with what is in it, or a piece of ``octets`` between others.

    >>> whole = Element("a", "urn:x", ("1", Element("b"), b"2"), (("k", "v"),))
    >>> ElementWas.of(whole).data() == whole
    True
    """

    name: str = ""
    ns: str = ""
    attrs: tuple[tuple[str, str], ...] = ()
    children: tuple[ElementWas | str, ...] = ()
    octets: bytes | None = None

    @classmethod
    def of(cls, data: Element | bytes) -> ElementWas:
        """An element, or octets that stand in one."""
        if isinstance(data, bytes):
            return cls(octets=data)
        children = tuple(child if isinstance(child, str) else cls.of(child) for child in data.children)
        return cls(data.name, data.ns, data.attrs, children)

    def data(self) -> Element | bytes:
        """What it was made of."""
        if self.octets is not None:
            return self.octets
        children = tuple(child if isinstance(child, str) else child.data() for child in self.children)
        return Element(self.name, self.ns, children, self.attrs)


@dataclass(frozen=True, slots=True)
class NodeWas:
    """What a node held: text, octets or mark-up, with format and type; with none of them it was there and not shown.

    ``acl`` and ``title`` are None where nobody asked for them, or the device has no such property.

    >>> NodeWas.of(Item(data="1", meta=Meta(format="int"))).item("./A").data
    '1'
    """

    text: str | None = None
    octets: bytes | None = None
    format: str | None = None
    type: str | None = None
    markup: ElementWas | None = None
    acl: str | None = None
    title: str | None = None

    @classmethod
    def of(cls, item: Item) -> NodeWas:
        """What the answer to a Get tells."""
        meta, data = item.meta or Meta(), item.data
        return cls(
            item.text if data is None or isinstance(data, str) else None,
            data if isinstance(data, bytes) else None,
            meta.format,
            meta.type,
            ElementWas.of(data) if isinstance(data, Element) else None,
        )

    @property
    def is_interior(self) -> bool:
        """True for a node that has others below it."""
        return (self.format or "").lower() == Format.NODE.value

    @property
    def is_hidden(self) -> bool:
        """True when nobody knows what it held."""
        return self.text is None and self.octets is None and self.markup is None

    @property
    def is_listed(self) -> bool:
        """True when its list or its title is known."""
        return self.acl is not None or self.title is not None

    @property
    def content(self) -> tuple[Data | None, tuple[str, str]]:
        """What a Replace of it would change."""
        return self.held, self.kind

    @property
    def held(self) -> Data | None:
        """What a leaf held; None where that is not known."""
        if self.markup is not None:
            return self.markup.data()
        return self.octets if self.octets is not None else self.text

    @property
    def shown(self) -> str:
        """What it held as text, as a Get shows it to a job: octets as UTF-8, mark-up without its tags."""
        return Item(data=self.held).text

    @property
    def kind(self) -> tuple[str, str]:
        """Format and type, where nothing was said of them too.  [DMTND §7.7.2, §7.7.7]"""
        return (self.format or _CHR).lower(), self.type or _PLAIN

    def item(self, uri: str, now: NodeWas | None = None) -> Item:
        """What brings it back; what stands there ``now`` keeps format and type where nothing is said of them."""
        meta = Meta(format=self.format, type=self.type) if self.format or self.type else None
        if now is not None and now.kind != self.kind:
            meta = Meta(format=self.kind[0], type=self.kind[1])
        return Item(target=uri, meta=meta, data="" if self.is_hidden else self.held)
