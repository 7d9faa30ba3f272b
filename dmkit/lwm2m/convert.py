"""Object XML of LwM2M to descriptions of DM and back, each with a list of what is lost.  [lwm2m sheet §6; PROPOSAL]

An object becomes an interior node ``<x>`` under ``./LwM2M/<id>``, a resource a leaf with its number for a name and its
name for a title; E becomes Exec, a resource of several values an interior node with a leaf ``<y>``.

>>> from dmkit.lwm2m.standard import STANDARD
>>> spec, lost = to_ddf(STANDARD[3])
>>> spec.find("./LwM2M/3/*/9").title, lost[0]
('Battery Level', '/3/6 Available Power Sources: the range 0..7')
>>> back, _ = from_ddf(spec)
>>> back.resources[9].name, back.resources[4].operations, back.resources[11].multiple
('Battery Level', 'E', True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dmkit.ddf.spec import NodeSpec, Occurrence, OccurrenceKind, Scope, Spec
from dmkit.lwm2m.definitions import Definition, Resource
from dmkit.lwm2m.path import MAX_ID
from dmkit.lwm2m.values import Type
from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb
from dmkit.words.counts import many
from dmkit.words.digits import whole
from dmkit.words.errors import DdfError

__all__ = ["from_ddf", "to_ddf"]

_FORMATS: Final[Mapping[Type, Format]] = {
    Type.STRING: Format.CHR,
    Type.INTEGER: Format.INT,
    Type.UNSIGNED: Format.INT,
    Type.FLOAT: Format.FLOAT,
    Type.BOOLEAN: Format.BOOL,
    Type.OPAQUE: Format.BIN,
    Type.TIME: Format.INT,
    Type.OBJLNK: Format.CHR,
    Type.CORELNK: Format.CHR,
    Type.NONE: Format.NULL,
}
_TYPES: Final[Mapping[Format, Type]] = {
    Format.CHR: Type.STRING,
    Format.INT: Type.INTEGER,
    Format.FLOAT: Type.FLOAT,
    Format.BOOL: Type.BOOLEAN,
    Format.BIN: Type.OPAQUE,
    Format.NULL: Type.NONE,
    Format.DATE: Type.TIME,
    Format.TIME: Type.TIME,
}
_ACCESS: Final = {
    "R": frozenset({Verb.GET}),
    "W": frozenset({Verb.REPLACE}),
    "RW": frozenset({Verb.GET, Verb.REPLACE}),
    "E": frozenset({Verb.EXEC}),
    "": frozenset[Verb](),
}
_ONE, _MAYBE = Occurrence(OccurrenceKind.ONE), Occurrence(OccurrenceKind.ZERO_OR_ONE)
_SOME, _MANY = Occurrence(OccurrenceKind.ONE_OR_MORE), Occurrence(OccurrenceKind.ZERO_OR_MORE)
_GET: Final = frozenset({Verb.GET})
_ITEM: Final = frozenset({Verb.ADD, Verb.DELETE})


@asked
def to_ddf(definition: Definition) -> tuple[Spec, tuple[str, ...]]:
    """A description with the object at ``./LwM2M/<id>``, and a sentence for each thing that it cannot say."""
    lost = [sentence for resource in definition.resources.values() for sentence in _lost(definition, resource)]
    versions = ("the version", definition.version), ("the version of LwM2M", definition.lwm2m_version)
    lost += [f"/{definition.id}: {what} {version}" for what, version in versions if version != "1.0"]
    made = frozenset({Verb.GET, Verb.ADD, Verb.DELETE}) if definition.multiple else _GET
    several = {(False, False): _MAYBE, (False, True): _ONE, (True, False): _MANY, (True, True): _SOME}
    instance = NodeSpec(
        name="",
        access=made,
        format=Format.NODE,
        object_id=definition.urn or None,
        occurrence=several[definition.multiple, definition.mandatory],
        scope=Scope.DYNAMIC,
        title=definition.name or None,
        description=definition.about or None,
        children=tuple(map(_leaf, definition.resources.values())),
    )
    above = NodeSpec(
        name=str(definition.id), access=_GET, format=Format.NODE, occurrence=_ONE, scope=Scope.PERMANENT,
        children=(instance,),
    )  # fmt: skip
    root = NodeSpec(
        name="LwM2M", path=".", access=_GET, format=Format.NODE, occurrence=_ONE, scope=Scope.PERMANENT,
        children=(above,),
    )  # fmt: skip
    return Spec((root,)), tuple(lost)


def _leaf(resource: Resource) -> NodeSpec:
    access, format_ = _ACCESS[resource.operations], _FORMATS[resource.type]
    occurrence = _ONE if resource.mandatory else _MAYBE
    about = resource.about or None
    if not resource.multiple:
        return NodeSpec(
            name=str(resource.id), access=access, format=format_, mime=("text/plain",), occurrence=occurrence,
            scope=Scope.DYNAMIC, title=resource.name or None, description=about,
        )  # fmt: skip
    writes = access | ({Verb.ADD, Verb.DELETE} if resource.allows("W") else frozenset())
    item = NodeSpec(name="", access=writes, format=format_, mime=("text/plain",), occurrence=_MANY, scope=Scope.DYNAMIC)
    return NodeSpec(
        name=str(resource.id), access=_GET, format=Format.NODE, occurrence=occurrence, scope=Scope.DYNAMIC,
        title=resource.name or None, description=about, children=(item,),
    )  # fmt: skip


def _lost(definition: Definition, resource: Resource) -> Iterable[str]:
    where = f"/{definition.id}/{resource.id} {resource.name}"
    if resource.range:
        yield f"{where}: the range {resource.range}"
    if resource.units:
        yield f"{where}: the unit {resource.units}"
    if _TYPES.get(_FORMATS[resource.type]) != resource.type:
        yield f"{where}: the type {resource.type.value}, which is {_FORMATS[resource.type].value} now"


def _number(uri: str) -> int | None:
    """The number behind ``LwM2M`` in an address.

    >>> _number("./LwM2M/3/*"), _number("./LwM2M"), _number("./Vendor/3")
    (3, None, None)
    """
    _, found, rest = f"{uri}/".partition("/LwM2M/")
    first = rest.partition("/")[0]
    return whole(first) if found else None


def _unsaid(node: NodeSpec, where: str, usual: frozenset[Verb] | set[Verb]) -> list[str]:
    """What LwM2M has no word for, of an object, a resource or its instances; ``usual`` are commands that go without."""
    beyond = sorted(verb.value for verb in (node.access or frozenset()) - usual)
    types = [one for one in node.mime or () if one not in ("", "text/plain")]
    at_most = node.occurrence.n if node.occurrence is not None else None
    rows = (
        (node.scope == Scope.PERMANENT, "that it is permanent"),
        (node.default is not None, f"the default {(node.default or '')[:40]}"),
        (node.value is not None, f"the value {(node.value or '')[:40]}"),
        (at_most is not None, f"that there are at most {at_most}"),
        (beyond, f"the commands {', '.join(beyond)}"),
        (types, f"the media types {', '.join(types)[:60]}"),
        (node.case_sensitive is not None, "whether capitals count in its name"),
        (node.run_time is not None, "its properties at run time"),
        (node.extensions or node.outside, f"{many(len(node.extensions) + len(node.outside), 'element')} of others"),
    )
    return [f"{where}: {what}" for there, what in rows if there]


@asked
def from_ddf(spec: Spec, number: int | None = None) -> tuple[Definition, tuple[str, ...]]:
    """The first object in a description, and what LwM2M cannot say of it.

    An object is the node with an identifier, else the first root.  Its number is that of ``./LwM2M/<id>``, else
    ``number``; leaves whose names are no numbers are counted from 0, and their names kept.  DdfError without either.
    """
    placed = list(spec.walk())
    if not placed:
        raise DdfError("a description without a node")
    within = [p for p in placed if _number(p.uri) is not None]
    found = next((p for p in placed if p.node.object_id), None) or next(
        (p for p in within if p.uri.endswith("/*")), placed[0]
    )
    node, own_number = found.node, _number(found.uri)
    given = own_number if own_number is not None else number
    if given is None or not 0 <= given <= MAX_ID:
        raise DdfError(f"{found.uri}: an object of LwM2M has a number from 0 to {MAX_ID}; give one", node=node.name)
    others = [p.uri for p in placed if p.node.object_id and not f"{p.uri}/".startswith(f"{found.uri}/")]
    lost = [f"{uri}: another object; the first is taken" for uri in others]
    lost += _unsaid(node, found.uri, frozenset({Verb.GET, Verb.ADD, Verb.DELETE}))
    resources: dict[int, Resource] = {}
    free = 0
    for child in node.children:
        own = whole(child.name or "")
        while free in resources:
            free += 1
        at = own if own is not None and own <= MAX_ID and own not in resources else free
        if at > MAX_ID:
            raise DdfError(f"{found.uri}: more nodes than an object of LwM2M has numbers", node=node.name)
        resource = _resource(child, at, lost, f"{found.uri}/{child.name or '<x>'}")
        if resource is not None:
            resources[at] = resource
    kind = node.occurrence.kind if node.occurrence else OccurrenceKind.ONE
    multiple, mandatory = kind.many, kind.least > 0
    name = node.title or node.name or str(given)
    return (
        Definition(given, name, node.object_id or "", multiple=multiple, mandatory=mandatory, resources=resources,
                   about=node.description or ""),
        tuple(lost),
    )  # fmt: skip


def _resource(child: NodeSpec, at: int, lost: list[str], where: str) -> Resource | None:
    leaf, multiple = child, False
    if child.children:
        only = child.children[0]
        if len(child.children) > 1 or only.name or only.children:
            lost.append(f"{where}: a node with nodes below it; an object of LwM2M is flat")
            return None
        leaf, multiple = only, True
    verbs = leaf.access or frozenset()
    letters = "E" if Verb.EXEC in verbs else "R" * (Verb.GET in verbs) + "W" * (Verb.REPLACE in verbs)
    if Verb.EXEC in verbs and verbs - {Verb.EXEC}:
        lost.append(f"{where}: Exec beside other commands; a resource is executed or holds a value")
    usual = verbs if Verb.EXEC in verbs else _GET | {Verb.REPLACE} | (_ITEM if multiple and "W" in letters else set())
    lost += _unsaid(leaf, f"{where}/*" if multiple else where, usual)
    if multiple:
        lost += _unsaid(child, where, _GET)
    if child.title and not child.name.isdigit():
        lost.append(f"{where}: the name {child.name or 'given at run time'}, for its title stands there")
    format_ = leaf.format or Format.CHR
    kind = _TYPES.get(format_, Type.STRING)
    if format_ not in _TYPES:
        lost.append(f"{where}: the format {format_.value}, which is a string now")
    mandatory = child.occurrence is None or child.occurrence.kind.least > 0
    name = child.title or child.name
    return Resource(at, name, letters, kind, multiple, mandatory, about=child.description or "")
