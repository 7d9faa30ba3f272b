"""A node with one thing changed: what a tree does for each node on the way to a change, so these are the quick ways.

>>> from dmkit.tree.node import leaf
>>> one = Node.interior({"A": leaf("int", "1")})
>>> other = with_child(one, "A", leaf("int", "2"))
>>> child_of(one, "A").value, child_of(other, "A").value, child_of(other, "B")
('1', '2', None)
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import astuple, force_setattr

from dmkit.tree.children import FEW
from dmkit.tree.forms import NodeForm, form_for, form_of
from dmkit.tree.node import InteriorNode, LeafNode, Node, WideNode, changed, interior_of

__all__ = ["child_of", "form_after", "put_back", "same_children", "with_child", "with_value", "without_child"]


def child_of(node: Node, name: str) -> Node | None:
    """The child of ``node`` that is called ``name``."""
    place = node.form.at.get(name)
    if place is not None:
        found: Node = getattr(node, place)
        return found
    return node.children.get(name) if type(node) is WideNode else None


def put_back(way: Sequence[tuple[Node, str]], child: Node) -> Node:
    """The first node of ``way``, a copy, with ``child`` at its end: each step is a node and the name of its child."""
    for node, name in reversed(way):
        place = node.form.at.get(name)
        if place is None:
            child = _grown(node, name, child)
            continue
        made: InteriorNode = node.__copy__()  # type: ignore[attr-defined]
        if made.known_hash is not None:
            force_setattr(made, "known_hash", None)
        force_setattr(made, place, child)
        child = made
    return child


def with_child(node: Node, name: str, child: Node) -> Node:
    """An interior ``node`` with ``child`` as ``name``, in its old place or behind the others."""
    return put_back(((node, name),), child)


def _grown(node: Node, name: str, child: Node) -> Node:
    """``node`` with a child more, or another one among many."""
    at = node.form.at
    if isinstance(node, InteriorNode) and len(at) < FEW:
        return interior_of(form_for(node.form, (*at, name)), (*astuple(node)[2:], child))
    if isinstance(node, WideNode):
        return WideNode(node.form, None, node.tstamp, node.verno, node.children.with_child(name, child))
    return changed(node, children={**dict(node.children.items()), name: child})


def without_child(node: Node, name: str) -> Node:
    """An interior ``node`` without its child ``name``, whether that is there or not."""
    at = node.form.at
    if isinstance(node, InteriorNode) and name in at:
        left = {other: child for other, child in zip(at, astuple(node)[2:], strict=True) if other != name}
        return interior_of(form_for(node.form, tuple(left)), left.values())
    if isinstance(node, WideNode) and name in node.children:
        return WideNode(node.form, None, node.tstamp, node.verno, node.children.without_child(name))
    return node


def same_children(one: Node, other: Node) -> bool:
    """Whether both have the very same children: one was made from the other, or both from a third.

    >>> from dmkit.tree.node import Node
    >>> node = Node.interior({"A": Node()})
    >>> same_children(node, node.touched(5.0)), same_children(node, Node.interior({"A": Node()}))
    (True, False)
    """
    was, now = one.children, other.children
    return list(was) == list(now) and all(a is b for a, b in zip(was.values(), now.values(), strict=True))


def form_after(old: NodeForm, new: NodeForm) -> NodeForm:
    """Format and type of ``new``, list and title of ``old``."""
    if new is old or (new.format == old.format and new.type == old.type):
        return old
    return form_of(new.format, new.type, old.acl, old.title)


def with_value(node: Node, new: Node) -> Node:
    """The leaf ``node`` with value, format and type of ``new``."""
    if type(node) is LeafNode and type(new) is LeafNode:
        form = node.form if node.form is new.form else form_after(node.form, new.form)
        return LeafNode(form, new.value, node.tstamp, node.verno)
    return changed(node, value=new.value, format=new.format, type=new.type)
