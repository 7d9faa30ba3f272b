"""The Inbox: what a server adds to ``./Inbox`` goes where its management object identifier belongs.  [DMSTDOBJ §5.3.4]

``inbox`` makes the handler; a device has one at ``./Inbox``.  Access to the Inbox alone decides whether a server may
add; the new object then gets the list that any node of its creator gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from dmkit.tree.context import Call, Context, Handler
from dmkit.tree.node import Node, Path
from dmkit.tree.places import ACCOUNT_PLACES, INBOX, moved_reference, place_of, with_parents
from dmkit.tree.policy import Decision, Policy, oma_acl
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.rules import TreeRules
from dmkit.tree.tnds import TYPE_XML, TndsDocument, TndsNode, nodes, to_element
from dmkit.tree.tnds_apply import add_document, document_of
from dmkit.tree.tree import Tree
from dmkit.tree.uri import Uri, join, parse, quote
from dmkit.words.codes import Format, StatusCode, Verb
from dmkit.words.errors import CodecError
from dmkit.words.model import Item, Meta
from dmkit.words.outcome import Outcome

__all__ = ["INBOX", "inbox"]

_NEAR: Final = 64
"""Names with a number behind them that are tried one after the other."""


def inbox(
    places: Mapping[str, str] = ACCOUNT_PLACES, *, policy: Policy = oma_acl, rules: TreeRules | None = None
) -> Handler:
    """The handler of ``./Inbox``: each object of the document goes to its place, under a name that is free there.

    References that begin with ``./Inbox/`` then name the real place.  All objects, or none: CommandFailed 404 for one
    whose identifier has no place, or when the device has no Inbox.  The server is not told where its object went.
    """

    def put(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        context = Context(call.by, call.now, _adding(policy), rules=rules or TreeRules())
        where = parse(INBOX)
        if tree.find(where.path) is None:
            raise refuse(Refusal.MISSING, INBOX, "this device has no Inbox")
        document = document_of(call.item, where, context)
        try:
            found = nodes(document)
        except CodecError as error:
            raise refuse(Refusal.TNDS_UNFIT, INBOX, f"the serialised tree: {error}") from None
        moved: dict[str, str] = {}
        names, below = _FreeNames(tree), _below(found)
        for top in _tops(found):
            place = _place(found.get(top), places)
            moved[_in_inbox(top)] = f"{place}/{quote(names.take(place, top[-1] if top else '1'))}"
        for top in _tops(found):
            uri = parse(moved[_in_inbox(top)])
            one = TndsDocument((_nested(found, below, top, (uri.path[-1],), moved),))
            item = Item(str(uri), meta=Meta(format=Format.XML.value, type=TYPE_XML), data=to_element(one))
            tree = with_parents(tree, uri.path[:-1], call.now)
            tree, _ = add_document(tree, Uri(uri.path), item, context)
        return tree, Outcome(StatusCode.OK)

    return put


def _adding(policy: Policy) -> Policy:
    """The device makes the node; whose it is afterwards is asked as ever."""

    def allowed(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
        return Decision(True, uri, "the device adds") if verb is Verb.ADD else policy(tree, server, verb, uri)

    return allowed


def _tops(found: Mapping[Path, TndsNode]) -> list[Path]:
    """Paths of the objects: one that the Target would name, or the first segments."""
    return [()] if () in found else list(dict.fromkeys(path[:1] for path in found))


def _in_inbox(top: Path) -> str:
    """The address of an object while it stands in the Inbox: what others call it by."""
    return join((*parse(INBOX).path, *top))


def _place(entry: TndsNode | None, places: Mapping[str, str]) -> str:
    identifier = (entry.type or "") if entry is not None else ""
    place = place_of(identifier, places)
    if place is None:
        raise refuse(Refusal.TNDS_PLACE, INBOX, f"no place for {identifier or 'an object without identifier'}")
    return place


class _FreeNames:
    """Names that objects of one document get: none that stands where they go, none twice."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.given: set[str] = set()
        self.tried: dict[tuple[str, str], int] = {}

    def take(self, place: str, name: str) -> str:
        """``name``, or with a number behind it when a node there is called so."""
        there = self.tree.find(parse(place).path)
        children: Mapping[str, Node] = there.children if there is not None else {}
        number = _first_free(
            lambda at: (numbered := _numbered(name, at)) in self.given or numbered in children,
            self.tried.get((place, name), 1),
        )
        self.tried[place, name] = number
        self.given.add(free := _numbered(name, number))
        return free


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _first_free(taken: Callable[[int], bool], start: int) -> int:
    """A number from ``start`` on that is not taken: the first, unless it is far off; then one behind a taken one.

    >>> _first_free(lambda number: number < 1_000_000, 1)
    1000000
    """
    for number in range(start, start + _NEAR):
        if not taken(number):
            return number
    last, free = start + _NEAR - 1, 2 * (start + _NEAR)
    while taken(free):
        last, free = free, 2 * free
    while free - last > 1:
        middle = (last + free) // 2
        last, free = (middle, free) if taken(middle) else (last, middle)
    return free


def _below(found: Mapping[Path, TndsNode]) -> dict[Path, dict[str, None]]:
    """Names right below each path, those that are only implied too."""
    names: dict[Path, dict[str, None]] = {}
    for path in found:
        for at, name in enumerate(path):
            names.setdefault(path[:at], {})[name] = None
    return names


def _nested(
    found: Mapping[Path, TndsNode],
    below: Mapping[Path, Mapping[str, None]],
    path: Path,
    new: Path,
    moved: Mapping[str, str],
) -> TndsNode:
    """The node at ``path`` with all below it, called ``new``, its references to the Inbox rewritten."""
    entry = found.get(path) or TndsNode(path=path, format=Format.NODE)
    children = tuple(_nested(found, below, (*path, name), (*new, name), moved) for name in below.get(path, ()))
    value = moved_reference(entry.value, moved) if isinstance(entry.value, str) else entry.value
    return replace(entry, path=new, value=value, children=children)
