"""CP profile: a provisioning document to accounts, connectivity and applications in the tree.  [DMBOOT §5.3]

Every characteristic gets its place first, so that they can name each other; then the objects are made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.bootstrap import cp, dmacc, mapping
from dmkit.bootstrap.events import BootstrapReason, Ignored
from dmkit.bootstrap.run import BootstrapRefused, BootstrapRun, same
from dmkit.session.events import Deviated
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.errors import CodecError

__all__ = ["take"]

_LINKED: Final = {"TO-PROXY": ("PROXY-ID", "PXLOGICAL"), "TO-NAPID": ("NAPID", "NAPDEF")}
"""Parameter that refers to connectivity -> the parameter it names, and of which characteristic."""


def take(run: BootstrapRun, content: bytes) -> None:
    """Read the document and carry it out; Refused when it is not to be."""
    try:
        document = cp.read(content)
    except CodecError as error:
        raise BootstrapRefused(BootstrapReason.UNREADABLE, str(error)) from None
    for deviation in document.deviations:
        run.say(Deviated(deviation))
    if not document.parts:
        raise BootstrapRefused(BootstrapReason.CONTENT, "the document provisions nothing")
    run.limit(len(document.parts))
    owners = tuple(dict.fromkeys(account.get("PROVIDER-ID") for account in document.applications("w7")))
    run.admit(owners)
    run.consent(_summary(document), owners)
    _put(run, document, owners)


def _summary(document: cp.Provisioning) -> str:
    """What a document provisions, in words for the user."""
    words = []
    for part in document.parts:
        name = part.get("NAME") or part.get("PROVIDER-ID") or part.get("NAPID") or part.get("PROXY-ID")
        kind = f"{part.type} {part.get('APPID')}" if part.type == "APPLICATION" else part.type
        words.append(f"{kind} {name}".strip()[:60])
    return ", ".join(words[:8]) + (f" and {len(words) - 8} more" if len(words) > 8 else "")


def _put(run: BootstrapRun, document: cp.Provisioning, owners: tuple[str, ...]) -> None:
    """Give every characteristic its place, then make the objects, so that they can name each other."""
    placed: list[tuple[cp.Characteristic, mapping.Destination, str]] = []
    names: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for group in document.parts:
        row = mapping.row_of(group)
        if row is None:
            run.say(Ignored(group.type[:40], "it has no place in the tree"))
            continue
        id = group.get(row.id) if row.id else ""
        if id and (row.id, id) in names:
            run.say(Ignored(f"{group.type} {id[:40]}", "it stands twice; the first counts"))
            continue
        where = run.rules.accounts if row is mapping.W7 else row.where
        uri, _ = run.place(where, taken, _known(run, row, id, owners))
        taken.add(uri)
        placed.append((group, row, uri))
        if id:
            names[row.id, id] = uri

    def link(parameter: str, value: str) -> str:
        id, type = _LINKED[parameter]
        return names.get((id, value)) or _existing(run.tree, mapping.OBJECTS[type], value) or value

    for group, row, uri in placed:
        filled = mapping.fill(group, row, link)
        for what, why in filled.ignored:
            run.say(Ignored(what, why))
        mine = (group.get("PROVIDER-ID"),) if row is mapping.W7 else owners
        node = replace(filled.node, acl=_rights(mine))
        if row is mapping.W7:
            run.put(uri, node, server=group.get("PROVIDER-ID"))
        else:
            named = row.id and group.get(row.id)
            run.put(uri if named else _alike(run, row, node, owners) or uri, node, kind=group.type)


def _rights(servers: tuple[str, ...]) -> str:
    """Get, Replace and Delete for those who provision; no list when nobody does.  [DMBOOT §5.3.4]"""
    ids = "+".join(sorted(servers))
    return f"Delete={ids}&Get={ids}&Replace={ids}" if ids else ""


def _known(run: BootstrapRun, row: mapping.Destination, id: str, owners: tuple[str, ...]) -> str | None:
    """The object that a document means by ``id``, when its servers may replace it."""
    if not id or run.rules.known == "add":
        return None
    if row is mapping.W7:
        return dmacc.find(run.tree, id)
    uri = _existing(run.tree, row, id)
    return uri if uri is not None and run.may_replace(uri, owners) else None


def _alike(run: BootstrapRun, row: mapping.Destination, node: Node, owners: tuple[str, ...]) -> str | None:
    """An object without a name of its own that is there already: the same, or of the same kind and provider."""
    place = run.tree.find(parse(row.where).path)
    provider = tuple(_leaf(node, name) for name in ("AppID", "ProviderID"))
    for name, known in place.children.items() if place is not None and run.rules.known != "add" else ():
        uri = join((*parse(row.where).path, name))
        if uri in run.roots:
            continue
        if same(known, node, nonces=True):
            return uri
        if all(provider) and provider == tuple(_leaf(known, name) for name in ("AppID", "ProviderID")):
            return uri if run.may_replace(uri, owners) else None
    return None


def _leaf(node: Node, name: str) -> str:
    below = node.children.get(name)
    return below.value if below is not None and isinstance(below.value, str) else ""


def _existing(tree: Tree, row: mapping.Destination, id: str) -> str | None:
    """The URI of the object whose identifying leaf is ``id``."""
    place = tree.find(parse(row.where).path)
    leaf = row.leaves[row.id]
    for name, node in place.children.items() if place is not None else ():
        value = node.children.get(leaf)
        if value is not None and value.value == id:
            return join((*parse(row.where).path, name))
    return None
