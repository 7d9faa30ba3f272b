"""From a ``Spec`` to a DDF document, in the order of the DTD or in that of the document it was read from.

>>> from dmkit.words.codes import Format, Verb
>>> from dmkit.ddf.reader import read
>>> spec = Spec((NodeSpec(name="A", access=frozenset({Verb.GET}), format=Format.CHR, mime=("text/plain",)),))
>>> read(write(spec)) == spec
True
>>> print(write(spec).decode().splitlines()[5].strip())
<DFProperties>

[DMTND §9.4, ddf sheet §1-§3]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from dmkit.ddf.grammar import ACCESS, CONTENT, EXTENSIONS, NAMESPACES
from dmkit.ddf.spec import BASIS, COMMENT, NS_BASIS, OTHER, Basis, NodeSpec, RunTime, Spec, WrittenForm, uri_of
from dmkit.tree.tnds import VER_DTD
from dmkit.wire.document import read_xml, write_wbxml
from dmkit.wire.markup import escape, named, octets, quoted
from dmkit.words.asked import asked
from dmkit.words.errors import DdfError
from dmkit.words.model import Element

__all__ = ["write"]

_XML_NS: Final = "http://www.w3.org/XML/1998/namespace"
_DOCTYPE: Final = re.compile(
    r"""<!DOCTYPE(?>"[^"]*"|'[^']*'|[^\[>"'])*+(?:\[(?>\s+|<\?.*?\?>|<!--.*?-->)*+\]\s*)?>""", re.DOTALL
)
_INLINE: Final = frozenset({"AccessType", "Format", "DFFormat", "Occurrence", "Scope", "Type", "DFType", "CaseSense"})
_NO_FORM: Final = WrittenForm()


@asked
def write(spec: Spec, *, wbxml: bool = False) -> bytes:
    """``spec`` as a document; reading it gives an equal ``Spec``.

    ``wbxml`` writes code page 2, which has no place for other namespaces: ``spec.plain()`` leaves those out.
    DdfError says which node cannot be written and why.

    >>> from dmkit.ddf.api import load
    >>> from dmkit.ddf.reader import read
    >>> spec = load("data/ddf/wifi.xml").plain()
    >>> read(write(spec, wbxml=True)) == spec
    True
    """
    if spec.ns not in NAMESPACES:
        raise DdfError(f"namespace {spec.ns!r} is none of DDF; {NAMESPACES[0]} is usual")
    writer = _Writer(spec)
    text = "".join(writer.document(spec))
    if not wbxml:
        return (b"\xef\xbb\xbf" if spec.bom else b"") + octets(text)
    if writer.foreign:
        raise DdfError(f"WBXML has no place for elements of {sorted(writer.foreign)[0]}; leave them out first")
    return write_wbxml(read_xml(octets(text), lenient=True))


def _basis(basis: Basis | None, source: str) -> Element | None:
    if basis is None:
        return None
    return Element("Basis", NS_BASIS, (basis.value,), (("source", source),) if source else ())


class _Writer:
    """One document being written: its prefixes, and the form of the node at hand."""

    def __init__(self, spec: Spec) -> None:
        self.foreign: set[str] = set()
        self.on_attributes: set[str] = set()
        for element in _extensions(spec):
            self.collect(element)
        apart = any(prefix and ns == spec.ns for prefix, ns in spec.prefixes)
        self.prefixes = {ns: prefix for prefix, ns in spec.prefixes if prefix or apart or ns == spec.ns}
        if spec.ns and spec.ns not in self.prefixes:
            self.prefixes[spec.ns] = ""
        taken = set(self.prefixes.values())
        names = iter(name for name in ("basis", *(f"x{n}" for n in range(1, 999))) if name not in taken)
        for ns in sorted(self.foreign | self.on_attributes, key=lambda ns: (ns != NS_BASIS, ns)):
            if ns not in self.prefixes or (ns in self.on_attributes and not self.prefixes[ns]):
                self.prefixes[ns] = next(names)
        self.default = next((ns for ns, prefix in self.prefixes.items() if not prefix), "")
        prefix = self.prefixes.get(spec.ns, "")
        self.own = f"{prefix}:" if prefix else ""
        self.form = _NO_FORM

    def collect(self, element: Element) -> None:
        """Note the namespaces that ``element`` needs."""
        if element.name != COMMENT:
            if element.ns:
                self.foreign.add(element.ns)
            for key, _ in element.attrs:
                if key[:1] == "{" and (ns := key[1:].rpartition("}")[0]) != _XML_NS:
                    self.on_attributes.add(ns)
            for child in element.children:
                if isinstance(child, Element):
                    self.collect(child)

    # -- documents and nodes

    def document(self, spec: Spec) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        if spec.doctype:
            if not _DOCTYPE.fullmatch(spec.doctype):
                raise DdfError("the DOCTYPE declares things of its own; a name and an identifier may be written")
            yield spec.doctype + "\n"
        self.form = spec.form or _NO_FORM
        known = {
            "VerDTD": [self.text("MgmtTree/VerDTD", "VerDTD", VER_DTD)],
            "Man": [] if spec.man is None else [self.text("MgmtTree/Man", "Man", spec.man)],
            "Mod": [] if spec.mod is None else [self.text("MgmtTree/Mod", "Mod", spec.mod)],
            "Node": [""] * len(spec.roots),
        }
        if not spec.roots:
            raise DdfError("a description without nodes; at least one stands in MgmtTree")
        declared = "".join(
            f' xmlns{":" if prefix else ""}{prefix}="{quoted(ns)}"'
            for ns, prefix in self.prefixes.items()
            if ns != _XML_NS
        )
        yield f"<{self.own}MgmtTree{declared}{self.attrs('MgmtTree')}>\n"
        basis, form = _basis(spec.basis, spec.source), self.form
        order = self.order("MgmtTree", "MgmtTree", known, basis, spec.extensions)
        comment = f"  <!-- {spec.provenance} -->\n" if spec.provenance else ""
        roots = iter(spec.roots)
        for name, piece in order:
            if name == "Node":
                yield comment
                yield from self.node(next(roots), None, 1)
                comment = ""
            else:
                yield f"  {piece}\n"
        self.form = form
        yield f"</{self.own}MgmtTree>\n"

    def node(self, node: NodeSpec, above: str | None, depth: int) -> Iterator[str]:
        here = uri_of(node, above)
        if "/" in node.name or node.name != node.name.strip():
            raise DdfError(
                f"the name {node.name[:40]!r} cannot be written; it has no slash and no blanks around it", node=here
            )
        if node.value is not None and node.children:
            raise DdfError("a Value and child Nodes; one of them may stand there", node=here)
        self.form = node.form or _NO_FORM
        indent = "  " * depth
        known = {
            "NodeName": [self.text("Node/NodeName", "NodeName", node.name)],
            "Path": [] if node.path is None else [self.text("Node/Path", "Path", node.path)],
            "RTProperties": [] if node.run_time is None else [self.run_time(node.run_time, depth + 1)],
            "DFProperties": [self.framework(node, here, depth + 1)] if node.described else [],
            "Node": [""] * len(node.children),
            "Value": [] if node.value is None else [self.text("Node/Value", "Value", node.value)],
        }
        yield f"{indent}<{self.own}Node{self.attrs('Node')}>\n"
        order = self.order("Node", "Node", known, None, node.outside)
        children = iter(node.children)
        for name, piece in order:
            if name == "Node":
                yield from self.node(next(children), here, depth + 1)
            else:
                yield f"{indent}  {piece}\n"
        yield f"{indent}</{self.own}Node>\n"

    def run_time(self, run_time: RunTime, depth: int) -> str:
        at = "RTProperties"
        texts = {
            "ACL": run_time.acl,
            "Name": run_time.name,
            "Size": run_time.size,
            "Title": run_time.title,
            "TStamp": run_time.tstamp,
            "VerNo": run_time.verno,
        }
        known = {name: [] if text is None else [self.text(f"{at}/{name}", name, text)] for name, text in texts.items()}
        if run_time.format is not None:
            known["Format"] = [self.container(f"{at}/Format", {run_time.format.value: [""]})]
        if run_time.mime is not None or run_time.object_id is not None:
            mime = None if run_time.mime is None else (run_time.mime,)
            known["Type"] = [self.type(f"{at}/Type", mime, run_time.object_id)]
        return self.container(at, known, None, run_time.extensions, depth)

    def framework(self, node: NodeSpec, here: str, depth: int) -> str:
        at = "DFProperties"
        known: dict[str, list[str]] = {}
        if node.access is not None:
            if not node.access <= set(ACCESS):
                raise DdfError(
                    f"AccessType has {', '.join(sorted(node.access - set(ACCESS)))}; "
                    f"{', '.join(ACCESS)} may stand there",
                    node=here,
                )
            known["AccessType"] = [self.container(f"{at}/AccessType", {verb.value: [""] for verb in node.access})]
        for name, text in (("DefaultValue", node.default), ("Description", node.description), ("DFTitle", node.title)):
            if text is not None:
                known[name] = [self.text(f"{at}/{name}", name, text)]
        if node.format is not None:
            known["DFFormat"] = [self.container(f"{at}/DFFormat", {node.format.value: [""]})]
        if node.occurrence is not None:
            kind, n = node.occurrence.kind.value, node.occurrence.n
            text = "" if n is None else str(n)
            known["Occurrence"] = [self.container(f"{at}/Occurrence", {kind: [text]})]
        if node.scope is not None:
            known["Scope"] = [self.container(f"{at}/Scope", {node.scope.value: [""]})]
        if node.mime is not None or node.object_id is not None:
            if node.mime is not None and (node.object_id is not None or not node.mime):
                raise DdfError("DFType has MIME types or a DDFName; one of them stands there", node=here)
            known["DFType"] = [self.type(f"{at}/DFType", node.mime, node.object_id)]
        if node.case_sensitive is not None:
            known["CaseSense"] = [self.container(f"{at}/CaseSense", {"CS" if node.case_sensitive else "CIS": [""]})]
        return self.container(at, known, _basis(node.basis, node.source), node.extensions, depth)

    # -- pieces

    def type(self, at: str, mime: tuple[str, ...] | None, object_id: str | None) -> str:
        if mime is None:
            return self.container(at, {"DDFName": [object_id or ""]})
        return self.container(at, {"MIME": list(mime)})

    def container(
        self,
        at: str,
        known: dict[str, list[str]],
        basis: Element | None = None,
        others: tuple[Element, ...] = (),
        depth: int = 0,
    ) -> str:
        """An element with children; those of inline ones are given as the texts they hold."""
        name = at.rpartition("/")[2]
        if name in _INLINE and self.form is _NO_FORM:
            return _inline(self.own, name, tuple((child, *texts) for child, texts in known.items()))
        if name in _INLINE:
            known = {
                child: [
                    self.text(f"{at}/MIME/{n}" if child == "MIME" else f"{at}/{child}", child, text)
                    for n, text in enumerate(texts)
                ]
                for child, texts in known.items()
            }
        order = self.order(name, at, known, basis, others)
        attrs = self.attrs(at)
        if not order:
            return f"<{self.own}{name}{attrs}/>"
        between = "" if name in _INLINE else "\n" + "  " * (depth + 1)
        end = between[:-2]
        return f"<{self.own}{name}{attrs}>{''.join(between + piece for _, piece in order)}{end}</{self.own}{name}>"

    def order(
        self, name: str, at: str, known: dict[str, list[str]], basis: Element | None, others: tuple[Element, ...]
    ) -> list[tuple[str, str]]:
        """The children as (name, text), in the order they were read in as far as they are still there."""
        left = dict(known)
        if basis is not None:
            left[BASIS] = [self.other(basis)]
        if others:
            left[OTHER] = [self.other(other) for other in others]
        row = _ROWS[name]
        read = next((order for where, order in self.form.order if where == at), ())
        if not read:
            return [(child, piece) for child in row for piece in left.get(child, ())]
        left = {child: list(reversed(pieces)) for child, pieces in left.items()}  # the next one last
        found: list[tuple[str, str]] = []
        for token in read:
            if isinstance(token, Element):
                found.append(("", self.other(token)))
            elif left.get(token):
                found.append((token, left[token].pop()))
        for rank, child in enumerate(row):
            pieces = left.get(child)
            if pieces:
                before = set(row[: rank + 1])
                index = max((i + 1 for i, (token, _) in enumerate(found) if token in before), default=0)
                found[index:index] = [(child, piece) for piece in reversed(pieces)]
        return found

    def text(self, at: str, name: str, text: str) -> str:
        for where, raw in self.form.texts:
            if where == at and raw.strip(" \t\r\n") == text:
                text = raw
        attrs = self.attrs(at)
        return f"<{self.own}{name}{attrs}>{escape(text)}</{self.own}{name}>" if text else f"<{self.own}{name}{attrs}/>"

    def attrs(self, at: str) -> str:
        if not self.form.attrs:
            return ""
        found = next((attrs for where, attrs in self.form.attrs if where == at), ())
        return "".join(f' {self.key(key)}="{quoted(value)}"' for key, value in found)

    def key(self, key: str) -> str:
        ns, _, local = key[1:].rpartition("}") if key[:1] == "{" else ("", "", key)
        if ns == _XML_NS:
            return f"xml:{named(local)}"
        return f"{self.prefixes[ns]}:{named(local)}" if ns else named(local)

    def other(self, element: Element) -> str:
        """An element of another vocabulary, or a comment."""
        if element.name == COMMENT:
            if "--" in element.text or element.text.endswith("-"):
                raise DdfError(f"the comment {element.text[:40]!r} cannot be written; it has no two hyphens")
            return f"<!--{element.text}-->"
        prefix = self.prefixes.get(element.ns, "")
        name = f"{prefix}:{named(element.name)}" if prefix else named(element.name)
        bare = ' xmlns=""' if not element.ns and self.default else ""
        attrs = "".join(f' {self.key(key)}="{quoted(value)}"' for key, value in element.attrs)
        if not element.children:
            return f"<{name}{bare}{attrs}/>"
        pieces = []
        for child in element.children:
            if isinstance(child, bytes):
                raise DdfError(f"octets in {element.name}; write them as b64 text")
            pieces.append(self.other(child) if isinstance(child, Element) else escape(child))
        return f"<{name}{bare}{attrs}>{''.join(pieces)}</{name}>"


@lru_cache(maxsize=4096)
def _inline(own: str, name: str, known: tuple[tuple[str, ...], ...]) -> str:
    """A container whose children are empty, or hold the texts that follow their names."""
    texts = {child: found for child, *found in known}
    pieces = [
        f"<{own}{child}>{escape(text)}</{own}{child}>" if text else f"<{own}{child}/>"
        for child in _ROWS[name]
        for text in texts.get(child, ())
    ]
    return f"<{own}{name}>{''.join(pieces)}</{own}{name}>" if pieces else f"<{own}{name}/>"


def _row(name: str) -> tuple[str, ...]:
    row = list(dict.fromkeys(CONTENT[name]))
    if name in EXTENSIONS:
        place = EXTENSIONS[name] + 1
        row[place:place] = [BASIS, OTHER]
    return tuple(row)


_ROWS: Final = {name: _row(name) for name in CONTENT}
"""What stands in an element in the order in which it is written, extensions among it."""


def _extensions(spec: Spec) -> Iterator[Element]:
    """Every element that is not of DDF; attributes of DDF elements as elements that carry them."""
    yield from spec.extensions
    yield from _of_form(spec.form)
    if spec.basis is not None:
        yield Element("Basis", NS_BASIS)
    stack = list(spec.roots)
    while stack:
        node = stack.pop()
        yield from (*node.extensions, *node.outside, *(node.run_time.extensions if node.run_time else ()))
        yield from _of_form(node.form)
        if node.basis is not None:
            yield Element("Basis", NS_BASIS)
        stack.extend(node.children)


def _of_form(form: WrittenForm | None) -> Iterator[Element]:
    if form is not None:
        yield from (Element(COMMENT + "s", "", (), attrs) for _, attrs in form.attrs)
        yield from (token for _, order in form.order for token in order if isinstance(token, Element))
