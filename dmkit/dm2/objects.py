"""Management objects of a device as DM 2.0 sees them: instances without one tree above them, and rights per instance.

``Objects`` is a value.  Its data are nodes, the same that DM 1.2 manages, so one description serves both; what
DM 2.0 has no word for (access control lists, titles, time stamps, versions) is left alone.  [dm20 sheet §8]

>>> import dmkit as dm
>>> tree = dm.Tree.of({"./Man": "Example", "./Mod": "M1"})
>>> objects = Objects.of({"urn:oma:mo:oma-dm-devinfo:1.2": {"1": tree.find(())}})
>>> data_of(objects.instances[0].root)
{'Man': 'Example', 'Mod': 'M1'}
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntFlag
from math import isfinite
from typing import Any, Final

from dmkit.dm2.address import AddressTarget, Instance
from dmkit.dm2.documents import text_of
from dmkit.tree.node import Node, node_from
from dmkit.tree.rewriting import child_of, with_child, without_child
from dmkit.wire.markup import read_xml, write_xml
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError
from dmkit.words.model import Element

__all__ = ["EVERYTHING", "InstanceRight", "NotDone", "Objects", "data_of", "node_of", "validator"]


class InstanceRight(IntFlag):
    """What a server may do with an instance.  The bits are a PROPOSAL; the four rights are established."""

    READ = 1
    WRITE = 2
    EXECUTE = 4
    DELEGATE = 8


class NotDone(Exception):
    """The device does not do what a server with all rights asks for; ``sc`` is the status.  [dm20 sheet §6]"""

    def __init__(self, sc: int, why: str) -> None:
        super().__init__(why)
        self.sc = sc


EVERYTHING: Final = InstanceRight.READ | InstanceRight.WRITE | InstanceRight.EXECUTE | InstanceRight.DELEGATE


@dataclass(frozen=True, slots=True)
class Objects:
    """The instances of a device, and who may do what: (MOID, MIID, server) -> rights."""

    instances: tuple[Instance, ...] = ()
    rights: tuple[tuple[tuple[str, str, str], InstanceRight], ...] = ()

    @classmethod
    @asked
    def of(cls, instances: Mapping[str, Mapping[str, Node]]) -> Objects:
        """From MOID -> MIID -> root."""
        return cls(tuple(Instance(moid, miid, root) for moid, own in instances.items() for miid, root in own.items()))

    def of_object(self, moid: str) -> tuple[Instance, ...]:
        """The instances of one object."""
        return tuple(instance for instance in self.instances if instance.moid == moid)

    def may(self, server: str, instance: Instance, right: InstanceRight) -> bool:
        """Whether ``server`` has ``right`` on an instance; nobody has any that was not given."""
        have = dict(self.rights).get((instance.moid, instance.miid, server), InstanceRight(0))
        return right in have

    def grant(self, moid: str, miid: str, server: str, right: InstanceRight) -> Objects:
        """With other rights of a server; Right(0) takes all away."""
        rights = dict(self.rights) | {(moid, miid, server): right}
        return replace(self, rights=tuple(sorted((key, value) for key, value in rights.items() if value)))

    def granted(self, server: str, right: InstanceRight = EVERYTHING) -> Objects:
        """With these rights of ``server`` on every instance there is."""
        found = self
        for instance in self.instances:
            found = found.grant(instance.moid, instance.miid, server, right)
        return found

    def shown(self, place: AddressTarget) -> Node:
        """The node at ``place`` as a server may read it: a description may hide parts.  NotDone when it hides all."""
        return place.node

    def put(self, place: AddressTarget, node: Node) -> Objects:
        """With ``node`` at ``place``, interior nodes made on the way."""
        root = _with(place.instance.root, place.path, node)
        return self._replaced(place.instance, Instance(place.instance.moid, place.instance.miid, root))

    def delete(self, place: AddressTarget) -> Objects:
        """Without the node at ``place``; at a root, without the instance and the rights on it."""
        if place.path:
            root = _without(place.instance.root, place.path)
            return self._replaced(place.instance, Instance(place.instance.moid, place.instance.miid, root))
        gone = place.instance
        rights = tuple((k, v) for k, v in self.rights if k[:2] != (gone.moid, gone.miid))
        return Objects(tuple(i for i in self.instances if i is not gone and i != gone), rights)

    def add(self, moid: str, root: Node, by: str, miid: str = "") -> tuple[Objects, Instance]:
        """One more instance, its name chosen here when none is given; its creator alone has rights, and all of them."""
        taken = {instance.miid for instance in self.of_object(moid)}
        name = miid or next(str(n) for n in range(1, len(taken) + 2) if str(n) not in taken)
        made = Instance(moid, name, root)
        return replace(self, instances=(*self.instances, made)).grant(moid, name, by, EVERYTHING), made

    def _replaced(self, old: Instance, new: Instance) -> Objects:
        key = (old.moid, old.miid)
        return replace(self, instances=tuple(new if (i.moid, i.miid) == key else i for i in self.instances))


def _with(node: Node, path: tuple[str, ...], new: Node) -> Node:
    if not path:
        return new
    return with_child(node, path[0], _with(child_of(node, path[0]) or Node.interior(), path[1:], new))


def _without(node: Node, path: tuple[str, ...]) -> Node:
    if len(path) == 1:
        return without_child(node, path[0])
    return with_child(node, path[0], _without(node.children[path[0]], path[1:]))


# -- nodes and JSON


@asked
def data_of(node: Node) -> Any:
    """A node as JSON data: an interior one by its children, a leaf by its value (PROPOSAL).

    Octets are base64, mark-up is XML as text, and numbers that JSON has not, such as INF, are text.
    """
    if node.is_interior:
        return {name: data_of(child) for name, child in node.children.items()}
    value = node.value
    if node.format in ("int", "float", "bool"):
        return _number(node)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if node.format == "null" or value is None:
        return None
    return _written(value) if isinstance(value, Element) else value


def _written(value: Element) -> str:
    try:
        return write_xml(value).decode()
    except CodecError:  # with a sign that XML has not; it came in WBXML
        return value.text


def _number(node: Node) -> Any:
    text = node.text
    try:
        if node.format == "int":
            return int(text)
        if node.format == "float":
            return number if isfinite(number := float(text)) else text
    except ValueError:
        return text
    return {"true": True, "false": False}.get(text.lower(), text)


@asked
def node_of(data: Any, like: Node | None = None) -> Node:
    """JSON data as a node; where one stands already, ``like``, its format, type and what DM 2.0 has no word for stay.

    CodecError when the data are a value where the node has children, or the other way round.
    """
    if isinstance(data, dict):
        if like is not None and not like.is_interior:
            raise CodecError("an object of nodes where a value stands")
        old = like.children if like is not None else {}
        children = {**old, **{name: node_of(inner, old.get(name)) for name, inner in data.items()}}
        return replace(like, children=children) if like is not None else Node.interior(children)
    if isinstance(data, list):
        raise CodecError("a list where a value or an object of nodes is right")
    if like is None:
        return Node("null", "") if data is None else node_from(data)
    if like.is_interior:
        raise CodecError("a value where nodes stand")
    shown = data_of(like)
    if data == shown and type(data) is type(shown):  # it stays as it was written: "1.50", not 1.5
        return like
    if like.format == "xml" and isinstance(data, str) and data.startswith("<"):
        with suppress(CodecError):  # what is no mark-up is text
            return replace(like, value=read_xml(data.encode())[0])
    if like.format == "bin":
        try:
            return replace(like, value=base64.b64decode(str(data), validate=True))
        except ValueError:
            raise CodecError("octets that are no base64") from None
    text = "" if data is None else str(data).lower() if isinstance(data, bool) else str(data)
    return replace(like, value=text)


@asked
def validator(instance: Instance) -> str:
    """The cache validator of an instance: eight hexadecimal digits that change with its data (PROPOSAL)."""
    return hashlib.sha256(text_of(data_of(instance.root)).encode()).hexdigest()[:8]
