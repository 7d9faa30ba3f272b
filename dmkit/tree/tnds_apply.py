"""Add and Replace with a serialised tree, and ``?list=TNDS``: all of a document, or nothing.

[DMTNDS §6, DMREPPRO §6.6]

Which node the top of a document is, Target T and a top node N::

    Add      T exists                        N is below T; below ./Inbox the device finds the place
             T missing, N empty or named T   N is T             (the latter: ``TreeRules.tnds_own_name``)
             T missing, else                 N is below T, which is made
    Replace  N empty or named T              N is T
             else                             the nodes are the children of T

The lists of a document take effect when all its nodes are there.  UNSURE [tnds sheet §2]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace as changed

from dmkit.tree import branch
from dmkit.tree.context import Call, Context, behave, decide, demand, resolve, touch, touch_children
from dmkit.tree.create import add_node, check_value
from dmkit.tree.describe import Described
from dmkit.tree.node import Node, Path, leaf
from dmkit.tree.policy import open_policy
from dmkit.tree.properties import replace_property
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.tnds import (
    TYPE_WBXML,
    TYPE_XML,
    TndsDocument,
    TndsNode,
    doubled,
    nodes,
    read,
    serialise,
    to_element,
    write,
)
from dmkit.tree.uri import Uri, check_limits, join
from dmkit.tree.values import TEXT_PLAIN, empty_value, format_and_type, lexical_form, node_of
from dmkit.words.codes import Format, StatusCode, Verb
from dmkit.words.errors import CodecError, CommandFailed
from dmkit.words.model import Element, Item, Meta
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["add_document", "document_of", "listed_document", "replace_document"]

_OK: Final = Outcome(StatusCode.OK)
_INBOX: Final = ("Inbox",)
_AS_TEXT: Final = frozenset({Format.CHR, Format.INT, Format.BOOL, Format.FLOAT, Format.DATE, Format.TIME})
"""Formats whose value is the text, as it stands in a document."""


def document_of(item: Item, uri: Uri, context: Context) -> TndsDocument:
    """The document in an Item, however it travels; CommandFailed 415 with what is wrong in it."""
    if not context.rules.tnds:
        raise refuse(Refusal.NO_TNDS, uri)
    format, _ = format_and_type(item, context.meta)
    data = item.data
    if isinstance(data, bytes) and (format or "").strip().lower() == Format.B64:
        data = data.decode("latin-1")
    try:
        return read(data or "")
    except CodecError as error:
        raise refuse(Refusal.TNDS_UNFIT, uri, f"the serialised tree: {error}") from None


def _placed(document: TndsDocument, uri: Uri, own: bool) -> tuple[dict[Path, TndsNode], bool]:
    """Nodes by their whole path, and whether the top of the document is the Target itself.

    ``own``: a single top node named like the Target is the Target, not its child.
    """
    try:
        found = nodes(document)
    except CodecError as error:
        twice = doubled(document)
        if twice is not None:
            place = join((*uri.path, *twice))
            raise refuse(Refusal.TNDS_TWICE, place, "the serialised tree has the node twice") from None
        raise refuse(Refusal.TNDS_UNFIT, uri, f"the serialised tree: {error}") from None
    itself, above, last = () in found, uri.path, uri.path[-1:]
    if own and not itself and last in found and all(path[:1] == last for path in found):
        above, itself = above[:-1], True
    return {above + path: entry for path, entry in found.items()}, itself


def _checked(path: Path, context: Context) -> None:
    uri = join(path)
    check_limits(uri, Uri(path), context.rules.limits)


def _instance(uri: str, entry: TndsNode, described: Described, context: Context, present: Node | None = None) -> Node:
    """The node that ``entry`` stands for, without its children and its list; lexical forms are checked.

    ``context`` has no Meta of a command: an entry says all of it.
    """
    if entry.is_interior:
        return Node.interior(type=entry.type or (present.type if present is not None else ""))
    if entry.value is None and entry.format is not Format.NULL:
        default = described.default
        value: str | bytes | Element | None = empty_value(entry.format) if default is None else default
    else:
        value = entry.value
    mime = entry.type or (present.type if present is not None else next(iter(described.types), TEXT_PLAIN))
    plain = present is None and isinstance(value, str) and entry.format in _AS_TEXT
    if plain and not lexical_form(entry.format, value):  # type: ignore[arg-type]
        return leaf(entry.format.value, value, mime.strip() or TEXT_PLAIN)
    item = Item(target=uri, meta=Meta(format=entry.format.value, type=mime), data=value)
    return node_of(uri, item, context, described, present)


# -- Add -----------------------------------------------------------------------------------------------


def add_document(tree: Tree, uri: Uri, item: Item, context: Context) -> tuple[Tree, Outcome]:
    """Every node of the document, or CommandFailed with the code of the first that could not be made."""
    document = document_of(item, uri, context)
    if uri.path == _INBOX:
        return _post(tree, uri, item, context)
    there = tree.find(uri.path)
    if there is not None and not there.is_interior:
        raise refuse(Refusal.BELOW_LEAF, uri, "it is a leaf; a serialised tree is added to an interior node")
    found, itself = _placed(document, uri, own=there is None and context.rules.tnds_own_name)
    if there is not None and itself:
        raise refuse(Refusal.TNDS_UNFIT, uri, "the serialised tree: an empty NodeName, and the Target exists already")
    try:
        grown = _grow(tree, found, context)
    except CommandFailed as failure:  # a document that is the Target itself, and no child of that name may be there
        own = there is not None and context.rules.tnds_own_name and _placed(document, uri, own=True)[1]
        if own and failure.status == StatusCode.NOT_ALLOWED:
            raise refuse(Refusal.EXISTS, uri, "the node exists") from None
        raise
    grown = _lists(tree, grown, found, context)
    return _touched(tree, grown, found, context), _OK


def _touched(before: Tree, after: Tree, found: dict[Path, TndsNode], context: Context) -> Tree:
    """The parents that were there before and gained or lost children, touched once.

    Above the first of ``found`` nothing goes: there a parent has other children where it has more.
    """
    top = next(iter(found), ())
    depth = len(top)
    alone = depth and before.find(top) is None and before.find(top[:-1]) is not None and after.find(top) is not None
    if alone and all(path[:depth] == top for path in found):
        return touch_children(after, top[:-1], context)
    new: set[Path] = set()
    places = {place[:depth] for place in found for depth in range(len(place) + 1)}
    for path in sorted(places, key=len):
        was = before.find(path) if path[:-1] not in new else None
        if was is None:
            new.add(path)
            continue
        now = after.find(path)
        if now is None or was is now:
            continue
        if len(was.children) != len(now.children) or (len(path) >= depth and set(was.children) != set(now.children)):
            after = touch_children(after, path, context)
    return after


def _post(tree: Tree, uri: Uri, item: Item, context: Context) -> tuple[Tree, Outcome]:
    """What is added to the Inbox: its handler knows the place of the object.  [DMSTDOBJ §5.3.4]"""
    described = tree.describe(join(_INBOX))
    if not described.takes(Verb.ADD):
        raise refuse(Refusal.ACCESS_TYPE, uri, "its AccessType has no Add")
    demand(tree, context, Verb.ADD, _INBOX)
    handler = context.handler(_INBOX)
    if handler is None:
        raise refuse(Refusal.TNDS_PLACE, uri)
    return behave(handler, tree, Call(Verb.ADD, join(_INBOX), item, context.by, context.now, context.correlator))


def _grow(tree: Tree, found: dict[Path, TndsNode], context: Context) -> Tree:
    """The tree with all new nodes; those that are there already must not be, or are interior and merged."""
    rules = context.rules
    plain = context if context.meta is None else changed(context, meta=None)
    aside = branch.grown(tree, found, lambda uri, entry, here: _instance(uri, entry, here, plain), context)
    if aside is not None:
        return aside
    quiet = replace(context, rules=replace(rules, counted=frozenset(), keep_implicit=False))
    grown = tree
    for path, entry in found.items():
        _checked(path, context)
        present = grown.find(resolve(grown, path, rules))
        if present is not None:
            made = tree.find(path) is None  # a parent that an earlier node implied
            if not (made or (rules.tnds_merge and present.is_interior and entry.is_interior)):
                raise refuse(Refusal.EXISTS if path else Refusal.ROOT_EXISTS, join(path), "the node exists")
            if not (present.is_interior and entry.is_interior):
                raise refuse(Refusal.EXISTS, join(path), "the node exists as an interior node")
            if made:
                grown = grown.with_node(path, replace(present, type=entry.type or present.type))
            continue
        described = tree.describe(join(path))

        def new(path: Path = path, entry: TndsNode = entry, described: Described = described) -> Node:
            return _instance(join(path), entry, described, plain)

        grown, _ = add_node(grown, path, new, quiet)
    return grown


def _lists(before: Tree, grown: Tree, found: dict[Path, TndsNode], context: Context) -> Tree:
    """Titles and lists of the document; each is judged in the tree in which all nodes are and no list yet."""
    rules = context.rules
    if all(entry.title is None and entry.acl is None for entry in found.values()):
        return grown
    judged = replace(context, rules=replace(rules, counted=frozenset()))
    done = grown
    for path, entry in found.items():
        for name, text in (("Title", entry.title), ("ACL", entry.acl)):
            node = grown.find(path)
            if text is None or node is None:
                continue
            same = before.find(path)
            if same is not None and text == (same.acl if name == "ACL" else same.title):
                continue
            try:
                changed = replace_property(grown, Uri(path, prop=name), node, text, judged).find(path)
            except CommandFailed as failure:
                if failure.kind == Refusal.RIGHTS and name == "ACL" and rules.tnds_acl == "drop":
                    continue
                raise CommandFailed(failure.status, failure.reason, at=join(path), kind=failure.kind) from None
            now = done.find(path)
            assert changed is not None and now is not None
            done = done.with_node(
                path, replace(now, acl=changed.acl) if name == "ACL" else replace(now, title=changed.title)
            )
    return done


# -- Replace -------------------------------------------------------------------------------------------


def replace_document(tree: Tree, uri: Uri, node: Node, item: Item, context: Context) -> tuple[Tree, Outcome]:
    """The sub-tree becomes what the document says: what it leaves out goes, what it adds comes, all or nothing.

    ``TreeRules.tnds_rights`` says whether Replace on the Target is enough, or each node asks for what a command on it
    alone would need.  Nodes that stay lose their lists and titles unless the document has them.
    """
    document = document_of(item, uri, context)
    found, itself = _placed(document, uri, own=True)
    if itself and not uri.path:
        raise refuse(Refusal.ROOT, uri, "the root is not replaced; its children can be")
    if not node.is_interior and not itself:
        raise refuse(Refusal.BELOW_LEAF, uri, "it is a leaf; nothing stands below it")
    demand(tree, context, Verb.REPLACE, uri.path)
    each = context.rules.tnds_rights == "each"
    allowed = context if each else replace(context, policy=open_policy)
    after = _shrink(tree, uri.path, found, allowed)
    for path, entry in found.items():
        present = after.find(path)
        if present is not None:
            _checked(path, context)
            after = after.with_node(path, _renewed(tree, path, entry, present, path == uri.path, allowed))
    fresh = {path: entry for path, entry in found.items() if after.find(path) is None}
    after = _grow(after, fresh, allowed)
    after = _lists(tree, after, found, context)
    return _touched(tree, after, {uri.path: next(iter(found.values())), **found}, context), _OK


def _shrink(tree: Tree, top: Path, found: dict[Path, TndsNode], context: Context) -> Tree:
    """Without what the document leaves out, or has as another kind of node; permanent nodes stay, or all fails."""
    after = tree
    kept = {path[:depth] for path in found for depth in range(len(path) + 1)}
    stack = [top]
    while stack:
        path = stack.pop()
        node = after.find(path)
        if node is None:
            continue
        entry = found.get(path)
        other_kind = entry is not None and entry.is_interior != node.is_interior
        if path in kept and not other_kind:
            stack.extend((*path, name) for name in node.children)
            continue
        fixed = next((below for below, _ in after.walk(join(path)) if tree.describe(below).permanent), None)
        if fixed is not None:
            raise refuse(Refusal.PERMANENT, fixed, "the node is permanent; the document must have it, as it is")
        if path == top:
            raise refuse(Refusal.LEAF_TO_INTERIOR, join(path), "the Target is a node of another kind")
        demand(tree, context, Verb.DELETE, path)
        after = after.without(path)
    return after


def _renewed(tree: Tree, path: Path, entry: TndsNode, present: Node, is_target: bool, context: Context) -> Node:
    """A node that stays: its value, format and type as in the document, no list and title of its own unless there."""
    uri, described = join(path), tree.describe(join(path))
    if entry.is_interior:
        new = replace(present, type=entry.type or present.type)
        changed = new.type != present.type
    elif entry.value is None and entry.format == present.format:
        new, changed = present, False  # no Value: undefined, so it stays
    else:
        made = _instance(uri, entry, described, replace(context, meta=None), present)
        new = replace(present, value=made.value, format=made.format, type=made.type)
        changed = (new.value, new.format, new.type) != (present.value, present.format, present.type)
        if changed:
            check_value(uri, new, described, context)
            if not described.takes(Verb.REPLACE):
                raise refuse(Refusal.ACCESS_TYPE, uri, "its AccessType has no Replace, and its value would change")
            demand(tree, context, Verb.REPLACE, path)
    if described.permanent and (new.format, new.type) != (present.format, present.type):
        raise refuse(Refusal.FIXED, uri, "the node is permanent; only its value may change")
    if not is_target:
        if present.acl and entry.acl is None:
            replace_property(tree, Uri(path, prop="ACL"), present, "", context)  # is it allowed?
        new = replace(new, acl="", title="")
    return touch(new, "value", context) if changed else new


# -- Get -----------------------------------------------------------------------------------------------


def listed_document(tree: Tree, uri: Uri, start: str, properties: frozenset[str], context: Context) -> Item:
    """The Item of ``?list=TNDS``: the Target as the only top node, with what its server may read below it.

    A node that may not be read, or a leaf without Get in AccessType, is left out with all below it.
    UNSURE [DMTND §8]
    """
    node = tree.find(uri.path)
    assert node is not None

    def readable(below: Path, child: Node) -> bool:
        where = join((*uri.path, *below))
        return bool(decide(tree, context, Verb.GET, where)) and (
            child.is_interior or tree.describe(where).takes(Verb.GET)
        )

    name = uri.path[-1] if uri.path else ""
    document = serialise(name, node, properties=properties & (context.rules.properties | {"Value"}), keep=readable)
    if context.rules.tnds_carriage == "document":
        octets = write(document, wbxml=True, properties=properties)
        return Item(source=start, meta=Meta(format=Format.BIN.value, type=TYPE_WBXML), data=octets)
    element = to_element(document, properties=properties)
    return Item(source=start, meta=Meta(format=Format.XML.value, type=TYPE_XML), data=element)
