"""One node of a tree: a value.

>>> node = Node("int", "30")
>>> node.text, node.size, node.touched(5.0).verno
('30', 2, 1)
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace as changed

from dmkit.tree.children import children_of, hash_of
from dmkit.wire.markup import write_xml
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Element, Value
from dmkit.words.structs import like_a_dataclass

__all__ = ["SERIALISED", "Node", "Path", "node_from"]

Path: TypeAlias = tuple[str, ...]
SERIALISED: Final = frozenset({"ACL", "Format", "Title", "TStamp", "Type", "VerNo", "Value"})
"""The properties that a serialised tree has.  [DMTNDS §6.2, DMTND §8.2]"""
_NO_CHILDREN: Final[Mapping[str, Node]] = children_of({})


@like_a_dataclass
class Node(msgspec.Struct, frozen=True, gc=False):
    """One node.  ``format`` "node" makes it interior; ``acl`` is its own list as text, empty when it inherits.

    ``type`` is a MIME type, or the object identifier of an interior node; ``tstamp`` seconds since 1970; ``verno``
    goes round at 65536.  [DMTND §6, §7]

    >>> Node("int", 5).value
    5
    """

    format: str = "chr"
    value: str | bytes | Element | None = ""
    type: str = "text/plain"
    acl: str = ""
    title: str = ""
    tstamp: float = 0.0
    verno: int = 0
    children: Mapping[str, Node] = _NO_CHILDREN

    def __hash__(self) -> int:
        own = (self.format, self.value, self.type, self.acl, self.title, self.tstamp, self.verno)
        return hash((own, hash_of(self.children)))

    @classmethod
    @asked
    def interior(cls, children: Mapping[str, Node] | None = None, *, type: str = "", acl: str = "") -> Node:
        """An interior node."""
        return cls("node", None, type, acl, children=children_of(children) if children else _NO_CHILDREN)

    @property
    def is_interior(self) -> bool:
        """True when this node has children instead of a value."""
        return self.format == "node"

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
        return changed(self, tstamp=now, verno=(self.verno + 1) % 65536)


def node_from(value: Value | Node | None) -> Node:
    """A leaf of the format that ``value`` has in Python; None makes an interior node.  ConfigError for another type.

    >>> node_from(30).format, node_from(None).is_interior
    ('int', True)
    """
    if isinstance(value, Node):
        return value
    if value is None:
        return Node.interior()
    if isinstance(value, bool):
        return Node("bool", "true" if value else "false")
    if isinstance(value, int):
        return Node("int", str(value))
    if isinstance(value, float):
        return Node("float", str(value))
    if isinstance(value, bytes):
        return Node("bin", value, "application/octet-stream")
    if not isinstance(value, str):
        what = "a text, octets, a number, True, False, None or a Node"
        raise ConfigError(f"the value of a leaf is {what}, not of type {type(value).__name__}")
    return Node("chr", value)
