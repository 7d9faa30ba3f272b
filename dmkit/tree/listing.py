"""Whole sub-trees in one answer: ``?list=Struct``, ``StructData`` and ``TNDS``.  [DMTND §8]

>>> sorted(selected("TNDS+Value+ACL"))
['ACL', 'Value']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dmkit.tree.context import Context, access, decide, demand
from dmkit.tree.node import SERIALISED, Node, Path
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.uri import Uri, join, quote
from dmkit.tree.values import result_item
from dmkit.words.codes import Verb
from dmkit.words.late import late_pattern
from dmkit.words.model import Item

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["SELECTABLE", "listing", "selected"]

SELECTABLE: Final = SERIALISED
"""What ``?list=TNDS+..`` and ``-..`` may name.  [DMTND §8.2]"""
_TNDS: Final = late_pattern(r"TNDS((?:[+-]\w+)*)\Z", re.IGNORECASE)
_PART: Final = late_pattern(r"([+-])(\w+)")
_WITH_DATA: Final = {"struct": False, "structdata": True}


def selected(kind: str, *, lenient: bool = False) -> frozenset[str] | None:
    """The properties that ``TNDS[+..|-..]`` asks for; None when ``kind`` is not that, or names what cannot be.

    ``lenient`` ignores a selection that cannot be.
    """
    found = _TNDS.match(kind)
    if found is None:
        return None
    signs, names = {sign for sign, _ in _PART.findall(found[1])}, {name for _, name in _PART.findall(found[1])}
    if len(signs) > 1 or not names <= SELECTABLE:
        return SELECTABLE if lenient else None
    return frozenset(names) if signs == {"+"} else SELECTABLE - names


def listing(tree: Tree, uri: Uri, sent: str, context: Context) -> tuple[Item, ...] | None:
    """The Items of a listing: every node from ``uri`` down that the server may read, named as in ``sent``.

    None where the rules have a plain Get instead.  CommandFailed 406 for other kinds, 405 and 425 when the start may
    not be read.
    """
    rules, kind = context.rules, uri.list or ""
    if kind.upper().startswith("TNDS") and not rules.tnds:
        if rules.tnds_falls_back:
            return None
        raise refuse(Refusal.NO_LISTING, uri, "this device writes no serialised trees")
    with_data = _WITH_DATA.get(kind.lower()) if rules.listings else None
    properties = selected(kind, lenient=rules.tnds_selection == "lenient")
    if with_data is None and properties is None:
        raise refuse(Refusal.NO_LISTING, uri, f"there is no listing {kind} here")
    access(tree, Verb.GET, uri.path, context)
    demand(tree, context, Verb.GET, uri.path)
    start = sent.partition("?")[0]
    if with_data is None:
        from dmkit.tree.tnds_apply import listed_document

        return (listed_document(tree, uri, start, properties or frozenset(), context),)
    readable = _levels if rules.listing_order == "levels" else _depths
    return tuple(
        _item(start + "".join(f"/{quote(name)}" for name in path[len(uri.path) :]), node, with_data, context)
        for path, node in readable(tree, uri.path, context)
    )


def _levels(tree: Tree, path: Path, context: Context) -> Iterator[tuple[Path, Node]]:
    level = [(path, node) for node in (tree.find(path),) if node is not None]
    while level:
        below: list[tuple[Path, Node]] = []
        for at, node in level:
            shown = _readable(tree, at, node, context)
            if shown:
                yield at, node
            if shown or not context.rules.prune_listing:
                below.extend(((*at, name), child) for name, child in node.children.items())
        level = below


def _depths(tree: Tree, path: Path, context: Context) -> Iterator[tuple[Path, Node]]:
    node = tree.find(path)
    if node is None:
        return
    shown = _readable(tree, path, node, context)
    if shown:
        yield path, node
    if shown or not context.rules.prune_listing:
        for name in node.children:
            yield from _depths(tree, (*path, name), context)


def _readable(tree: Tree, path: Path, node: Node, context: Context) -> bool:
    uri = join(path)
    if not decide(tree, context, Verb.GET, uri):
        return False
    return node.is_interior or tree.describe(uri).takes(Verb.GET)


def _item(uri: str, node: Node, with_data: bool, context: Context) -> Item:
    return result_item(uri, node, with_data=with_data and (not node.is_interior or context.rules.list_children))
