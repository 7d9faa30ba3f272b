"""Definitions of objects: what the files of the public registry say, read and written.  [lwm2m sheet §6; registry]

>>> from dmkit.lwm2m.standard import STANDARD
>>> device = STANDARD[3]
>>> device.resources[9]
Resource(id=9, name='Battery Level', operations='R', type=<Integer>, multiple=False, mandatory=False, range='0..100',
    units='/100', about='')
>>> read_definitions(write_definition(device))[0] == device
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dmkit.lwm2m.entries import TypeOf
from dmkit.lwm2m.path import MAX_ID, Path
from dmkit.lwm2m.values import Type
from dmkit.wire.markup import read_xml, write_xml
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, DdfError
from dmkit.words.model import Element

__all__ = ["OPERATIONS", "Definition", "Resource", "read_definitions", "types_of", "write_definition"]

_VERSION: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?")

OPERATIONS: Final = ("", "R", "W", "RW", "E")
"""What may be done to a resource; empty for those that no server may touch (object 0)."""

_TYPES: Final[Mapping[str, Type]] = {type.value.casefold(): type for type in Type} | {
    "unsigned": Type.UNSIGNED,
    "none": Type.NONE,
    "n/a": Type.NONE,
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of an object: identifier, name, R, W, RW, E or nothing, type, and how often it occurs."""

    id: int
    name: str
    operations: str = "R"
    type: Type = Type.STRING
    multiple: bool = False
    mandatory: bool = False
    range: str = ""
    units: str = ""
    about: str = ""

    def allows(self, operation: str) -> bool:
        """Whether ``operation``, R, W or E, is among what may be done."""
        return operation in self.operations


@dataclass(frozen=True, slots=True)
class Definition:
    """One object: identifier, name, URN, version, and its resources by identifier."""

    id: int
    name: str
    urn: str = ""
    version: str = "1.0"
    lwm2m_version: str = "1.0"
    multiple: bool = False
    mandatory: bool = False
    resources: Mapping[int, Resource] = field(default_factory=dict)
    about: str = ""

    def __hash__(self) -> int:
        return hash((self.id, self.version, tuple(self.resources.values())))


@asked
def types_of(definitions: Iterable[Definition]) -> TypeOf:
    """The function that tells of which type a resource is, for readers of payloads.

    >>> from dmkit.lwm2m.standard import STANDARD
    >>> types_of(STANDARD.values())(Path(3, 0, 9))
    <Integer>
    """
    known = {
        (definition.id, resource.id): resource.type
        for definition in definitions
        for resource in definition.resources.values()
    }

    def type_of(path: Path) -> Type | None:
        return (
            known.get((path.object, path.resource)) if path.resource is not None and path.object is not None else None
        )

    return type_of


# -- reading


@asked
def read_definitions(data: bytes) -> tuple[Definition, ...]:
    """The objects of a registry file (there may be several in one); DdfError says where it is none."""
    root, _ = read_xml(data)
    if root.name != "LWM2M":
        raise DdfError(f"{root.name[:40]} is the document; LWM2M is wanted")
    objects = [child for child in _elements(root) if child.name == "Object"]
    if not objects:
        raise DdfError("there is no Object in LWM2M")
    found = tuple(map(_object, objects))
    for at, one in enumerate(found):
        if any((one.id, one.version) == (other.id, other.version) for other in found[:at]):
            raise DdfError(f"two objects {one.id} of version {one.version}", node=one.name)
    return found


def _elements(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def _object(element: Element) -> Definition:
    texts = {child.name: " ".join(child.text.split()) for child in _elements(element) if child.name != "Resources"}
    where = texts.get("Name") or "Object"
    resources: dict[int, Resource] = {}
    for group in (child for child in _elements(element) if child.name == "Resources"):
        for item in _elements(group):
            if item.name != "Item":
                raise DdfError(f"{item.name[:40]} in Resources; Item may stand there", node=where)
            resource = _resource(item, where)
            if resource.id in resources:
                raise DdfError(f"two resources {resource.id}", node=where)
            resources[resource.id] = resource
    for name in ("ObjectVersion", "LWM2MVersion"):
        if texts.get(name) and not _VERSION.fullmatch(texts[name]):
            raise DdfError(f"{name} {texts[name][:20]!r}; two numbers such as 1.0 are wanted", node=where)
    return Definition(
        _id(texts.get("ObjectID", ""), "ObjectID", where),
        texts.get("Name", ""),
        texts.get("ObjectURN", ""),
        texts.get("ObjectVersion") or "1.0",
        texts.get("LWM2MVersion") or "1.0",
        _choice(texts, "MultipleInstances", where, {"single": False, "multiple": True}),
        _choice(texts, "Mandatory", where, {"optional": False, "mandatory": True}),
        resources,
        texts.get("Description1", ""),
    )


def _resource(item: Element, above: str) -> Resource:
    number = dict(item.attrs).get("ID", "").strip()
    where = f"{above}/{number[:20] or 'Item'}"
    texts = {child.name: " ".join(child.text.split()) for child in _elements(item)}
    operations = texts.get("Operations", "").upper().replace(" ", "")
    if operations not in OPERATIONS:
        raise DdfError(f"operations {operations[:20]!r}; R, W, RW, E or nothing may stand there", node=where)
    word = texts.get("Type", "").casefold()
    if word not in _TYPES:
        raise DdfError(
            f"type {word[:30]!r}; one of {', '.join(t.value for t in Type if t.value)} is wanted", node=where
        )
    return Resource(
        _id(number, "ID", where),
        texts.get("Name", ""),
        operations,
        _TYPES[word],
        _choice(texts, "MultipleInstances", where, {"single": False, "multiple": True}),
        _choice(texts, "Mandatory", where, {"optional": False, "mandatory": True}),
        texts.get("RangeEnumeration", ""),
        texts.get("Units", ""),
        texts.get("Description", ""),
    )


def _id(text: str, what: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > MAX_ID:
        raise DdfError(f"{what} {text[:20]!r}; a number from 0 to {MAX_ID} is wanted", node=where)
    return int(text)


def _choice(texts: Mapping[str, str], name: str, where: str, words: Mapping[str, bool]) -> bool:
    word = texts.get(name, next(iter(words))).casefold()
    if word not in words:
        raise DdfError(f"{name} {word[:20]!r}; {' or '.join(w.capitalize() for w in words)} is wanted", node=where)
    return words[word]


# -- writing


@asked
def write_definition(definition: Definition) -> bytes:
    """The object as a file of the registry."""
    items = [
        Element(
            "Item",
            "",
            tuple(
                Element(name, "", (text,) if text else ())
                for name, text in (
                    ("Name", r.name),
                    ("Operations", r.operations),
                    ("MultipleInstances", "Multiple" if r.multiple else "Single"),
                    ("Mandatory", "Mandatory" if r.mandatory else "Optional"),
                    ("Type", r.type.value),
                    ("RangeEnumeration", r.range),
                    ("Units", r.units),
                    ("Description", r.about),
                )
            ),
            (("ID", str(r.id)),),
        )
        for r in definition.resources.values()
    ]
    texts = (
        ("Name", definition.name),
        ("Description1", definition.about),
        ("ObjectID", str(definition.id)),
        ("ObjectURN", definition.urn),
        ("LWM2MVersion", definition.lwm2m_version),
        ("ObjectVersion", definition.version),
        ("MultipleInstances", "Multiple" if definition.multiple else "Single"),
        ("Mandatory", "Mandatory" if definition.mandatory else "Optional"),
    )
    inner = [Element(name, "", (text,) if text else ()) for name, text in texts]
    body = Element("Object", "", (*inner, Element("Resources", "", tuple(items))), (("ObjectType", "MODefinition"),))
    try:
        return write_xml(Element("LWM2M", "", (body,)))
    except CodecError as error:
        raise DdfError(error.reason, node=definition.name) from None
