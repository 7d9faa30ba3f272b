"""From a DDF document to a ``Spec``: hardened, tolerant of what is published, with one sentence for what is not read.

Nothing is fetched and no entity is expanded; a DOCTYPE is kept as text and never looked at.  Elements of other
namespaces are kept.  [DMTND §9, ddf sheet §5.1]

>>> spec = read(b'''<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName><DFProperties>
... <AccessType><Get/></AccessType><DFFormat><chr/></DFFormat><DFType><MIME>text/plain</MIME></DFType>
... </DFProperties></Node></MgmtTree>''')
>>> spec.roots[0].name, spec.roots[0].format, spec.ns
('A', <Format.CHR: 'chr'>, '')
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from dmkit.ddf.grammar import CONTENT, EXTENSIONS, LOCAL, MAX_NESTING, NAMESPACES, REPEATED, grammar_findings
from dmkit.ddf.parser import WHITE, foreign, names_of, parse, prepared
from dmkit.ddf.spec import (
    BASIS,
    COMMENT,
    NS_BASIS,
    OTHER,
    Basis,
    NodeSpec,
    Occurrence,
    OccurrenceKind,
    RunTime,
    Scope,
    Spec,
    WrittenForm,
    uri_of,
)
from dmkit.ddf.usual import read_usual
from dmkit.tree.tnds import VER_DTD
from dmkit.tree.uri import MAX_NAME
from dmkit.wire.compiled import usual
from dmkit.wire.content import Irregular
from dmkit.wire.document import is_wbxml, read_wbxml
from dmkit.wire.markup import MAX_SIZE
from dmkit.wire.markup import write_xml as write_markup
from dmkit.wire.namespaces import local_name, namespace_of
from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb
from dmkit.words.counts import many
from dmkit.words.errors import DdfError
from dmkit.words.model import Element

__all__ = ["MAX_NESTING", "gaps", "read"]


@asked
def read(data: bytes, *, strict: bool = False, max_size: int = MAX_SIZE) -> Spec:
    """The description in ``data``, XML or WBXML.

    ``strict`` also demands that the document is valid against the RELAX NG grammar.  DdfError, or CodecError for
    what is no XML at all, says what is wrong, where, and what would be right.

    >>> read(b"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>App</NodeName></Node></MgmtTree>").roots[0].name
    'App'
    """
    if is_wbxml(data):
        data = write_markup(read_wbxml(data, lenient=True, max_size=max_size).root)
    octets, bom, doctype = prepared(data, max_size)
    if usual() and not strict:
        try:
            return read_usual(octets, bom, doctype, _usual_basis, MAX_NESTING)
        except Irregular:
            pass
    root = parse(octets)
    spec = _Reader(bom, doctype).document(root)
    if strict:
        found = gaps(spec)
        if found:
            raise found[0]
        invalid = grammar_findings(root)
        if invalid:
            line, sentence = next((entry for entry in invalid if entry[0]), invalid[0])
            raise DdfError(f"not valid against the DDF grammar: {sentence}", line=line or None)
    return spec


@asked
def gaps(spec: Spec) -> tuple[DdfError, ...]:
    """Everything that the grammar demands and a lenient reader does without, in the order of the document.

    >>> gaps(read(b"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>App</NodeName></Node></MgmtTree>"))
    ()
    """
    return tuple(
        DdfError(f"not valid against the DDF grammar: {sentence}", node=place.uri, line=place.node.line or None)
        for place in spec.walk()
        for sentence in _missing(place.node)
    )


def _missing(node: NodeSpec) -> Iterator[str]:
    if node.described:
        if node.access is None:
            yield "DFProperties has no AccessType; it stands there, empty when there is no command"
        if node.format is None:
            yield "DFProperties has no DFFormat; it stands there with one format"
        if node.mime is None and node.object_id is None:
            yield "DFProperties has no DFType; it stands there with MIME, or with DDFName"
        if node.occurrence is not None and node.occurrence.n is None and node.occurrence.kind.value.endswith("N"):
            yield f"{node.occurrence.kind} has no number; one from 2 to 65536 stands there"
    if node.run_time is not None and node.run_time.mime is None and node.run_time.object_id is None:
        yield "RTProperties has no Type; it stands there with MIME, or with DDFName"


def _usual_basis(others: list[Element]) -> tuple[Basis | None, str, tuple[Element, ...]]:
    try:
        return _Reader(False, "").basis(others, _NOTHING)
    except DdfError:
        raise Irregular from None


_NOTHING: Final = etree.Element("x")


@lru_cache(maxsize=256)
def _access(names: tuple[str, ...]) -> frozenset[Verb]:
    return frozenset(Verb(name) for name in names)


class _Parts:
    """The children of one container: known ones by name, the others in order."""

    __slots__ = ("known", "others")

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.others: list[Element] = []


class _Reader:
    """One document being read; it knows the namespaces seen and where it is."""

    def __init__(self, bom: bool, doctype: str) -> None:
        self.bom, self.doctype = bom, doctype
        self.prefixes: dict[str, str] = {}
        self.spaces: set[str] = set()
        self.where = ""
        self.order: list[tuple[str, tuple[str | Element, ...]]] = []
        self.texts: list[tuple[str, str]] = []
        self.attrs: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def fail(self, reason: str, element: Any) -> DdfError:
        return DdfError(reason, node=self.where, line=element.sourceline)

    # -- documents and nodes

    def document(self, root: Any) -> Spec:
        if not isinstance(root.tag, str) or LOCAL.get(root.tag) != "MgmtTree":
            value, ns = local_name(root.tag), namespace_of(root.tag)
            of = f" of {ns[:40]}" if ns else ""
            raise self.fail(f"the document element is {value[:40]}{of}; MgmtTree stands there", root)
        self.prefixes = {prefix or "": ns for prefix, ns in root.nsmap.items()}
        self.spaces = set(self.prefixes.values())
        nodes: list[Any] = []
        parts = self.parts("MgmtTree", "MgmtTree", root, nodes)
        version = parts.known.get("VerDTD")
        if version is None:
            raise self.fail(f"MgmtTree has no VerDTD; {VER_DTD} stands there", root)
        value = self.text("MgmtTree/VerDTD", version, strip=True)
        if value != VER_DTD:
            raise self.fail(f"VerDTD is {value[:40]!r}; {VER_DTD} is read", version)
        if not nodes:
            raise self.fail("MgmtTree has no Node; at least one stands there", root)
        man, mod = (self.optional("MgmtTree", name, parts) for name in ("Man", "Mod"))
        basis, source, extensions = self.basis(parts.others, root)
        form = self.form()
        roots = tuple(self.node(node, None, 1) for node in nodes)
        return Spec(
            roots,
            man,
            mod,
            basis,
            source,
            extensions,
            namespace_of(root.tag),
            tuple(self.prefixes.items()),
            self.doctype,
            self.bom,
            form,
        )

    def node(self, element: Any, above: str | None, depth: int) -> NodeSpec:
        self.where = above or ""
        if depth > MAX_NESTING:
            raise self.fail(f"nodes are nested more than {MAX_NESTING} deep", element)
        nodes: list[Any] = []
        parts = self.parts("Node", "Node", element, nodes)
        known = parts.known
        if "NodeName" not in known:
            raise self.fail("a Node has no NodeName; it stands there, empty for a name given at run time", element)
        name = self.text("Node/NodeName", known["NodeName"], strip=True)
        path = self.text("Node/Path", known["Path"]) if "Path" in known else None
        for what, given in (("NodeName", name), ("Path", path)):
            if given is not None and len(given) > MAX_NAME:
                says = f"a {what} of {many(len(given), 'character')}; at most {MAX_NAME} are read"
                raise self.fail(says, known[what])
        self.where = here = uri_of(NodeSpec(name=name, path=path), above)
        if "/" in name:
            raise self.fail(f"NodeName {name[:40]!r} has a slash; a name is one segment", known["NodeName"])
        if "Value" in known and nodes:
            raise self.fail("a Value and child Nodes; one of them may stand there", known["Value"])
        value = self.text("Node/Value", known["Value"]) if "Value" in known else None
        run_time = self.run_time(known["RTProperties"]) if "RTProperties" in known else None
        fields = self.framework(known["DFProperties"]) if "DFProperties" in known else {"described": False}
        form = self.form()
        children = tuple(self.node(child, here, depth + 1) for child in nodes)
        return NodeSpec(
            name=name,
            path=path,
            run_time=run_time,
            value=value,
            outside=tuple(parts.others),
            children=children,
            form=form,
            line=element.sourceline or 0,
            **fields,
        )

    def run_time(self, element: Any) -> RunTime:
        parts = self.parts("RTProperties", "RTProperties", element)
        at = "RTProperties"
        texts = {field: self.optional(at, name, parts) for name, field in _RUN_TIME.items()}
        format = self.format(f"{at}/Format", parts.known["Format"]) if "Format" in parts.known else None
        mime, object_id = self.type(f"{at}/Type", parts.known["Type"]) if "Type" in parts.known else (None, None)
        if mime and len(mime) > 1:
            raise self.fail("several MIME in the Type of RTProperties; one stands there", element)
        return RunTime(
            format=format, mime=mime[0] if mime else None, object_id=object_id, extensions=tuple(parts.others), **texts
        )

    def framework(self, element: Any) -> dict[str, Any]:
        at = "DFProperties"
        parts = self.parts(at, at, element)
        known = parts.known
        fields: dict[str, Any] = {
            field: self.text(f"{at}/{name}", known[name]) for name, field in _FRAMEWORK.items() if name in known
        }
        if "AccessType" in known:
            element = known["AccessType"]
            listed = names_of(element) or self.parts("AccessType", f"{at}/AccessType", element).known
            fields["access"] = _access(tuple(listed))
        if "DFFormat" in known:
            fields["format"] = self.format(f"{at}/DFFormat", known["DFFormat"])
        if "DFType" in known:
            fields["mime"], fields["object_id"] = self.type(f"{at}/DFType", known["DFType"])
        if "Scope" in known:
            fields["scope"] = Scope(self.choice(f"{at}/Scope", known["Scope"])[0])
        if "CaseSense" in known:
            fields["case_sensitive"] = self.choice(f"{at}/CaseSense", known["CaseSense"])[0] == "CS"
        if "Occurrence" in known:
            kind, chosen = self.choice(f"{at}/Occurrence", known["Occurrence"])
            fields["occurrence"] = self.occurrence(f"{at}/Occurrence/{kind}", OccurrenceKind(kind), chosen)
        fields["basis"], fields["source"], fields["extensions"] = self.basis(parts.others, element)
        return fields

    # -- single elements

    def occurrence(self, at: str, kind: OccurrenceKind, element: Any) -> Occurrence:
        if not kind.value.endswith("N"):
            return Occurrence(kind)
        text = self.text(at, element, strip=True)
        if not text:
            return Occurrence(kind)
        if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 2 <= int(text) <= 65536):
            raise self.fail(f"{kind.value} holds {text[:40]!r}; a number from 2 to 65536 stands there", element)
        return Occurrence(kind, int(text))

    def format(self, at: str, element: Any) -> Format:
        return Format(self.choice(at, element)[0])

    def type(self, at: str, element: Any) -> tuple[tuple[str, ...] | None, str | None]:
        several: list[Any] = []
        known = self.parts(at.rpartition("/")[2], at, element, several).known
        if "DDFName" in known and several:
            raise self.fail(f"{at} has MIME and DDFName; one of them stands there", element)
        if "DDFName" in known:
            return None, self.text(f"{at}/DDFName", known["DDFName"], strip=True)
        if not several:
            raise self.fail(f"{at} is empty; MIME stands there, or DDFName", element)
        return tuple(self.text(f"{at}/MIME/{n}", mime, strip=True) for n, mime in enumerate(several)), None

    def choice(self, at: str, element: Any) -> tuple[str, Any]:
        """The one child of an element that holds a choice."""
        name = at.rpartition("/")[2]
        plain = names_of(element)
        if plain is not None and len(plain) == 1 and plain[0] in CONTENT[name]:
            return plain[0], element[0]
        known = self.parts(name, at, element).known
        if len(known) != 1:
            found = " and ".join(known) or "nothing"
            raise self.fail(f"{name} holds {found}; one of {', '.join(CONTENT[name])} stands there", element)
        return next(iter(known.items()))

    def optional(self, at: str, name: str, parts: _Parts) -> str | None:
        return self.text(f"{at}/{name}", parts.known[name]) if name in parts.known else None

    def text(self, at: str, element: Any, *, strip: bool = False) -> str:
        """Text of an element that holds nothing else; ``strip`` keeps the original aside when it differs."""
        if element.attrib:
            self.attrs.append((at, tuple(sorted(element.attrib.items()))))
        if len(element):
            self.only_text(at, element)
        text: str = element.text or ""
        if strip and (bare := text.strip(WHITE)) != text:
            self.texts.append((at, text))
            return bare
        return text

    def only_text(self, at: str, element: Any) -> None:
        """Comments may interrupt text: they are dropped, what stands around them is joined."""
        for child in element:
            if child.tag is not etree.Comment:
                value = foreign(child).name
                raise self.fail(f"{value[:40]} inside {at.rpartition('/')[2]}; text alone stands there", element)
        text = "".join([element.text or "", *(child.tail or "" for child in element)])
        del element[:]
        element.text = text

    def parts(self, name: str, at: str, element: Any, several: list[Any] | None = None) -> _Parts:
        """The children of ``element``, told apart; repeated ones go to ``several``."""
        row = CONTENT[name]
        parts = _Parts()
        if element.attrib:
            self.attrs.append((at, tuple(sorted(element.attrib.items()))))
        if element.text and element.text.strip(WHITE):
            raise self.fail(f"text {element.text.strip()[:40]!r} in {name}; elements stand there", element)
        known, last, regular = parts.known, -1, True
        sequence: list[str | Element] = []
        for child in element:
            if child.tail and child.tail.strip(WHITE):
                raise self.fail(f"text {child.tail.strip()[:40]!r} in {name}; elements stand there", child)
            local = LOCAL.get(child.tag)
            if local is None:
                other = self.extension(name, child)
                if other.name == COMMENT and other.text.strip().startswith("basis:"):
                    continue
                parts.others.append(other)
                ours = other.ns == NS_BASIS and other.name == "Basis"
                if name in EXTENSIONS:
                    sequence.append(BASIS if ours else OTHER)
                    rank = 3 * EXTENSIONS[name] + (1 if ours else 2)
                else:
                    sequence.append(other)
                    rank = -2
            elif local not in row:
                raise self.fail(f"{local} in {name}; {_listed(row)} may stand there", child)
            else:
                sequence.append(local)
                rank = 3 * row.index(local)
                if (name, local) in REPEATED and several is not None:
                    several.append(child)
                elif local in known:
                    raise self.fail(f"two {local} in {name}; one stands there", child)
                else:
                    known[local] = child
                    if name in _HOLD_EMPTY and not local.endswith("N") and (child.text or len(child) or child.attrib):
                        self.empty(f"{at}/{local}", child)
            regular = regular and rank >= last
            last = rank
        if not regular:
            self.order.append((at, tuple(sequence)))
        return parts

    def empty(self, at: str, element: Any) -> None:
        if self.text(at, element, strip=True):
            raise self.fail(f"{at} has content; it is an empty element", element)

    def extension(self, name: str, child: Any) -> Element:
        other = foreign(child)
        if other.name != COMMENT:
            if other.ns in _OWN:
                allowed = _listed(CONTENT[name])
                raise self.fail(f"{other.name[:40]} is no element of DDF; {allowed} may stand in {name}", child)
            if other.ns not in self.spaces and child.prefix is not None:
                self.prefixes.setdefault(child.prefix, other.ns)
                self.spaces.add(other.ns)
        return other

    def basis(self, others: list[Element], element: Any) -> tuple[Basis | None, str, tuple[Element, ...]]:
        """What our own extension says, and the other extensions."""
        basis, source, rest = None, "", []
        for other in others:
            if other.ns == NS_BASIS and other.name == "Basis":
                text = other.text.strip()
                if text not in set(Basis):
                    raise self.fail(f"Basis is {text[:40]!r}; one of {', '.join(Basis)} stands there", element)
                basis, source = Basis(text), dict(other.attrs).get("source", "")
            else:
                rest.append(other)
        return basis, source, tuple(rest)

    def form(self) -> WrittenForm | None:
        """What was set aside since the last call."""
        if not (self.order or self.texts or self.attrs):
            return None
        form = WrittenForm(tuple(self.order), tuple(self.texts), tuple(self.attrs))
        self.order, self.texts, self.attrs = [], [], []
        return form


_RUN_TIME: Final = {
    "ACL": "acl", "Name": "name", "Size": "size", "Title": "title", "TStamp": "tstamp", "VerNo": "verno",
}  # fmt: skip
_FRAMEWORK: Final = {"DefaultValue": "default", "Description": "description", "DFTitle": "title"}
_HOLD_EMPTY: Final = frozenset({"AccessType", "Format", "DFFormat", "Occurrence", "Scope", "CaseSense"})
_OWN: Final = frozenset(NAMESPACES)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(names))
