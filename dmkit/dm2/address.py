"""Addresses of DM 2.0: ``MOID/instance/path?nv=(x)/rel/path:value&cv=validator``.  [dm20 sheet §5]

An instance or a segment may be a name, ``*`` for all, or an x-name ``(a)`` for the one that meets the conditions
(``nv``) of that letter; an empty instance is the only one.

>>> address = Address.parse("urn:oma:mo:moid:1.0/(x)/Data/(y)/Value?nv=(x)/ID:GPS&nv=(y)/Date:12.2")
>>> address.instance, address.path, address.conditions[1]
('(x)', ('Data', '(y)', 'Value'), NodeCondition(name='(y)', path=('Date',), value='12.2'))
>>> str(address)
'urn:oma:mo:moid:1.0/(x)/Data/(y)/Value?nv=(x)/ID:GPS&nv=(y)/Date:12.2'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

from dmkit.tree.node import Node
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["Address", "AddressTarget", "Instance", "NodeCondition", "Unresolved", "resolve"]

_X_NAME: Final = re.compile(r"\([A-Za-z]\)")
_SAFE: Final = "()*!$',;=@-._~+"
MAX_LENGTH: Final = 4096


@dataclass(frozen=True, slots=True)
class NodeCondition:
    """``nv``: the node of this x-name has, at ``path`` below it, a leaf of ``value``."""

    name: str
    path: tuple[str, ...]
    value: str

    def __str__(self) -> str:
        path = "".join("/" + quote(part, safe=_SAFE) for part in self.path)
        return f"nv={self.name}{path}:{quote(self.value, safe=_SAFE + '/:')}"


@dataclass(frozen=True, slots=True)
class Address:
    """A ClientURI in parts.  ``cv`` is the validator that the reader holds, None when it holds none.

    ``fields`` are pairs of the query that nobody here knows.
    """

    moid: str
    instance: str = ""
    path: tuple[str, ...] = ()
    conditions: tuple[NodeCondition, ...] = ()
    cv: str | None = None
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    @asked
    def parse(cls, text: str) -> Address:
        """The address that is written so; CodecError says what is wrong with it.

        ``oma:mo:...`` is taken for ``urn:oma:mo:...``, since the notes print both (CONFLICT).
        """
        if len(text) > MAX_LENGTH:
            raise CodecError(f"an address of {many(len(text), 'character')}; at most {MAX_LENGTH} are read")
        head, mark, query = text.partition("?")
        parts = head.split("/")
        moid = _unquote(parts[0])
        if not moid:
            raise CodecError(f"address {_shown(text)}: the identifier of an object is missing in front")
        if len(parts) < 2:
            raise CodecError(f"address {_shown(text)}: a slash and an instance are missing behind {moid[:60]}")
        if moid.startswith("oma:mo:"):
            moid = "urn:" + moid
        path = tuple(map(_unquote, parts[2:]))
        if path and path[-1] == "":
            path = path[:-1]
        if "" in path:
            raise CodecError(f"address {_shown(text)}: an empty segment")
        conditions, cv, fields = _query(query, text) if mark else ((), None, ())
        address = cls(moid, _unquote(parts[1]), path, conditions, cv, fields)
        address._check(text)
        return address

    def _check(self, text: str) -> None:
        names = [part for part in (self.instance, *self.path) if _X_NAME.fullmatch(part)]
        asked = {condition.name for condition in self.conditions}
        for name in names:
            if names.count(name) > 1:
                raise CodecError(f"address {_shown(text)}: {name} stands twice")
            if name not in asked:
                raise CodecError(f"address {_shown(text)}: no nv says which {name} is")
        for name in sorted(asked - set(names)):
            raise CodecError(f"address {_shown(text)}: nv of {name}, which is not in the path")

    @property
    def is_plain(self) -> bool:
        """Whether it names one node by names alone."""
        return not self.conditions and "*" not in (self.instance, *self.path)

    @property
    def is_root(self) -> bool:
        """Whether it ends at an instance."""
        return not self.path

    def __str__(self) -> str:
        path = "/".join(quote(part, safe=_SAFE) for part in self.path)
        query = [*map(str, self.conditions)]
        query += [] if self.cv is None else [f"cv={quote(self.cv, safe=_SAFE)}"]
        query += [f"{quote(name, safe=_SAFE)}={quote(value, safe=_SAFE)}" for name, value in self.fields]
        head = f"{quote(self.moid, safe=_SAFE + ':')}/{quote(self.instance, safe=_SAFE)}/{path}"
        return head + ("?" + "&".join(query) if query else "")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "...")


def _unquote(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise CodecError(f"{text[:60]!r}: its escapes are no UTF-8") from None


def _query(query: str, text: str) -> tuple[tuple[NodeCondition, ...], str | None, tuple[tuple[str, str], ...]]:
    conditions: list[NodeCondition] = []
    fields: list[tuple[str, str]] = []
    cv: str | None = None
    for part in query.split("&"):
        name, sign, value = part.partition("=")
        if not sign:
            raise CodecError(f"address {_shown(text)}: {part[:40]!r} in the query; name=value is right")
        if name == "nv":
            conditions.append(_condition(value, text))
        elif name == "cv":
            if cv is not None:
                raise CodecError(f"address {_shown(text)}: cv stands twice")
            cv = _unquote(value)
        else:
            fields.append((_unquote(name), _unquote(value)))
    return tuple(conditions), cv, tuple(fields)


def _condition(text: str, whole: str) -> NodeCondition:
    where, colon, value = text.partition(":")
    name, *path = where.split("/")
    if not colon or not _X_NAME.fullmatch(_unquote(name)) or not path or "" in path:
        raise CodecError(f"address {_shown(whole)}: nv {text[:60]!r}; (x)/path/below:value is right")
    return NodeCondition(_unquote(name), tuple(map(_unquote, path)), _unquote(value))


# -- resolution


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of an object: ``moid``, ``miid``, and its root as a node."""

    moid: str
    miid: str
    root: Node


@dataclass(frozen=True, slots=True)
class AddressTarget:
    """What an address leads to: an instance and the path below its root."""

    instance: Instance
    path: tuple[str, ...] = ()

    @property
    def node(self) -> Node:
        """The node there."""
        node = self.instance.root
        for name in self.path:
            node = node.children[name]
        return node

    @property
    def uri(self) -> str:
        """The plain address of it."""
        return str(Address(self.instance.moid, self.instance.miid, self.path))


AddressFault = Literal["no instance", "several instances", "no node", "no match", "several nodes"]


class Unresolved(Exception):
    """An address leads nowhere, or to more than it may; ``why`` is one of five."""

    def __init__(self, why: AddressFault, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why
        self.sentence = sentence


@asked
def resolve(address: Address, instances: Iterable[Instance]) -> tuple[AddressTarget, ...]:
    """The places that an address means, in the order of instances and names; Unresolved when there is none.

    Instances by identifier and name, then the path, then every condition.  An x-name that several nodes meet means all
    of them (UNSURE).  What wildcards reach may be several nodes; what plain names reach is one.
    """
    of_object = [instance for instance in instances if instance.moid == address.moid]
    if not of_object:
        raise Unresolved("no instance", f"no instance of {address.moid}")
    if address.instance == "":
        if len(of_object) > 1:
            raise Unresolved(
                "several instances", f"{many(len(of_object), 'instance')} of {address.moid}; the address names none"
            )
        chosen = of_object
    elif address.instance == "*" or _X_NAME.fullmatch(address.instance):
        chosen = of_object
    else:
        chosen = [instance for instance in of_object if instance.miid == address.instance]
        if not chosen:
            raise Unresolved("no instance", f"no instance {address.instance!r} of {address.moid}")
        if len(chosen) > 1:
            raise Unresolved(
                "several instances", f"{many(len(chosen), 'instance')} {address.instance!r} of {address.moid}"
            )
    asked: dict[str, list[NodeCondition]] = {}
    for condition in address.conditions:
        asked.setdefault(condition.name, []).append(condition)
    fitting = [i for i in chosen if _meets(i.root, asked.get(address.instance, []))]
    if not fitting:
        raise Unresolved("no match", f"no instance of {address.moid} meets the conditions of {address.instance}")
    found = [
        AddressTarget(instance, path) for instance in fitting for path in _walk(instance.root, address.path, asked)
    ]
    if not found:
        why: AddressFault = "no match" if address.conditions else "no node"
        raise Unresolved(why, f"no node at {str(address)[:120]}")
    return tuple(found)


def _walk(node: Node, path: tuple[str, ...], asked: Mapping[str, list[NodeCondition]]) -> Iterator[tuple[str, ...]]:
    if not path:
        yield ()
        return
    first, rest = path[0], path[1:]
    if first == "*":
        names: Iterable[str] = sorted(node.children)
    elif _X_NAME.fullmatch(first):
        names = [name for name in sorted(node.children) if _meets(node.children[name], asked.get(first, []))]
    else:
        names = [first] if first in node.children else []
    for name in names:
        for below in _walk(node.children[name], rest, asked):
            yield (name, *below)


def _meets(node: Node, conditions: Iterable[NodeCondition]) -> bool:
    for condition in conditions:
        below: Node | None = node
        for name in condition.path:
            below = below.children.get(name) if below else None
        if below is None or below.is_interior or below.text != condition.value:
            return False
    return True
