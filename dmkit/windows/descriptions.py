"""A catalogue as what a device has: which nodes there are in a build, what they allow, and the tree to begin with.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> catalogue = DescriptionCatalogue.of([("sample.xml", EXAMPLE)])
>>> tree = tree_of(catalogue)
>>> tree.get("./Device/Vendor/MSFT/Sample/Allow").value
'1'
>>> tree_of(catalogue, build="10.0.17763").find(("Device", "Vendor", "MSFT", "Sample", "Allow")) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dmkit.ddf.rules import default_node
from dmkit.tree.describe import UNKNOWN, Described
from dmkit.tree.node import Node
from dmkit.tree.rewriting import child_of, with_child
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.windows.admx import Template, check_payload
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import CatalogueEntry, segments_of
from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb

__all__ = ["CatalogueDescriptions", "tree_of"]

_OWN: Final = (("DMClient",), ("DeclaredConfiguration",))
_FREE: Final = Described()
_ON_THE_WAY: Final = Described(frozenset({Verb.GET}), permanent=True)


@dataclass(frozen=True, slots=True)
class CatalogueDescriptions:
    """What a tree of Windows enforces: below ./Device and ./User what the catalogue has for ``build`` and ``edition``,
    elsewhere everything.  ``templates`` are those of policies, by file in small letters."""

    catalogue: DescriptionCatalogue
    build: str = ""
    edition: str = ""
    templates: tuple[Template, ...] = ()
    _made: dict[str, Described] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, uri: str) -> Described:
        """What the node at ``uri`` allows."""
        return self.at(parse(uri).path)

    def at(self, path: tuple[str, ...]) -> Described:
        """The same for an address that is read already."""
        if not path or path[0].lower() not in ("device", "user") or path[3:4] in _OWN:
            return _FREE  # the device's own, whether a description is here or not
        match = self.catalogue.find("./" + "/".join(path))
        entry, general = match.entry, self.catalogue.general(match)
        if general is not None and "~" not in general[0]:
            return UNKNOWN  # what templates bring has a name with ~
        if entry is None:
            return _ON_THE_WAY if self.catalogue.leads_on(path) else UNKNOWN
        made = self._made.get(entry.uri)
        if made is None:
            made = self._made[entry.uri] = self._described(entry)
        return made

    def _described(self, entry: CatalogueEntry) -> Described:
        node, facts = entry.node, entry.facts
        if not self.catalogue.applies(entry, self.build, self.edition):
            return UNKNOWN
        format = Format.NODE if node.is_interior else node.format
        formats = {format.value} if format is not None else set()
        if format is Format.XML:
            formats.add(Format.CHR.value)
        elif format in (Format.BIN, Format.B64):
            formats |= {Format.BIN.value, Format.B64.value}
        elif format is Format.NULL and facts.naming == "ClientInventory":
            formats = set()  # a general description of what templates bring: the value is that of a policy
        templates = {template.file.lower(): template for template in self.templates}

        def check(text: str) -> str:
            is_general = format is Format.NULL and text.lstrip().startswith("<")
            if facts.admx is not None or facts.kind == "ADMX" or is_general:
                name, file = (facts.admx.name, facts.admx.file) if facts.admx else ("", "")
                return "; ".join(check_payload(text, name, templates.get(file.lower())))
            return facts.wrong(text if format is Format.CHR else text.strip())

        return Described(
            access=node.access,
            permanent=node.is_permanent,
            place=entry.uri,
            least=node.occurs.least,
            most=node.occurs.most,
            formats=frozenset(formats) or None,
            check=None if node.is_interior else check,
            title=node.title or "",
            description=node.description or "",
        )


@asked
def tree_of(
    catalogue: DescriptionCatalogue, build: str = "", edition: str = "", templates: tuple[Template, ...] = ()
) -> Tree:
    """The tree that a device of that build and edition begins with: what occurs at least once, with its defaults."""
    children: dict[str, dict[str, Node]] = {}
    entries = sorted(catalogue.entries.values(), key=lambda entry: -entry.uri.count("/"))
    for entry in entries:
        names = segments_of(entry.uri)
        if names[-1] == "*" or not entry.node.occurs.least or not catalogue.applies(entry, build, edition):
            continue
        here = "/".join(names)
        node = default_node(entry.node)
        inner = children.pop(here.lower(), {})
        node = replace(node, children=inner) if node.is_interior and inner else node
        children.setdefault("/".join(names[:-1]).lower(), {})[names[-1]] = node
    root = Node.interior()
    described: Mapping[str, CatalogueEntry] = catalogue.entries
    for head in ("device/vendor/msft", "user/vendor/msft"):
        children.setdefault(head, {})
    for parent, inner in sorted(children.items()):
        if f"./{parent}" in described:
            continue  # its parent is made when somebody makes it
        root = _with(root, _spelt(parent), inner)
    tree = Tree.of({}, describe=CatalogueDescriptions(catalogue, build, edition, templates))
    return replace(tree, root=replace(tree.root, children=root.children))


def _with(node: Node, path: list[str], children: Mapping[str, Node]) -> Node:
    """``node`` with ``children`` below ``path``, and what is missing on the way."""
    if not path:
        return replace(node, children={**node.children, **children})
    below = child_of(node, path[0]) or Node.interior()
    return with_child(node, path[0], _with(below, path[1:], children))


def _spelt(parent: str) -> list[str]:
    known = {"device": "Device", "user": "User", "vendor": "Vendor", "msft": "MSFT"}
    return [known.get(name, name) for name in parent.split("/") if name]
