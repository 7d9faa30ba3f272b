"""The grammar of ``content`` as tables that a reader of WBXML walks octet by octet.

A ``GrammarNode`` is an element that can be open.  ``rules[page][octet]`` says what a tag means inside it: a slot
number (text goes there; -n-1 collects many texts in slot n), a ``GrammarNode`` (an element opens), an ``Empty`` (an
element without content), or None (not allowed here).  A node collects its children in the slots of its ``Model``,
which makes the struct of them when it closes.  [DMREPPRO §6]
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from dmkit.wire.content import MODELS, Child, ElementSlots, Model
from dmkit.wire.elements import SYNCML

__all__ = ["Empty", "GrammarNode", "grammar"]


class Empty(NamedTuple):
    """An element without content: ``value`` goes into ``slot``."""

    slot: int
    value: object


class GrammarNode:
    """An element that can be open; see the module's first lines."""

    __slots__ = ("close", "fresh", "many", "name", "rules", "slot")

    def __init__(
        self, name: str, slot: int, close: Callable[[ElementSlots], Any], fresh: ElementSlots, *, many: bool
    ) -> None:
        self.name = name
        self.slot = slot
        self.close = close
        self.fresh = fresh
        self.many = many
        self.rules: tuple[list[int | GrammarNode | Empty | None], ...] = tuple([None] * 256 for _ in range(3))


def _token(name: str) -> tuple[int, int]:
    for page in (0, 1):
        token = SYNCML.token(page, name)
        if token is not None:
            return page, token
    raise KeyError(name)


_Nodes = dict[tuple[str, int, bool], GrammarNode]


def _node(model: Model, slot: int, many: bool, nodes: _Nodes) -> GrammarNode:
    """The node of ``model`` where it goes into ``slot`` of the element around it; one for all such places."""
    key = (model.name, slot, many)
    if key not in nodes:
        node = nodes[key] = GrammarNode(model.name, slot, model.make, model.blank, many=many)
        for child in model.children.values():
            if not child.excluded:
                _allow(node, child, nodes)
    return nodes[key]


def _allow(node: GrammarNode, child: Child, nodes: _Nodes) -> None:
    page, token = _token(child.name)
    rules = node.rules[page]
    if child.name in MODELS:
        rules[token] = rules[token | 0x40] = _node(MODELS[child.name], child.slot, child.many, nodes)
    elif child.kind == "flag":
        rules[token] = Empty(child.slot, True)
        rules[token | 0x40] = GrammarNode(child.name, child.slot, lambda slots: True, [], many=False)
    else:
        slot = -child.slot - 1 if child.many else child.slot
        rules[token], rules[token | 0x40] = Empty(slot, ""), slot


@cache
def grammar() -> tuple[GrammarNode, frozenset[GrammarNode]]:
    """Where a document begins, where only SyncML can open; and Items, whose Data may hold anything: they stand in
    several slots.  Made when the first message is read so."""
    root, nodes = GrammarNode("", 0, lambda slots: slots[0], [None], many=False), _Nodes()
    _allow(root, Child("SyncML", 0, 1, False, False, "", "SyncML"), nodes)
    return root, frozenset(node for (name, _, _), node in nodes.items() if name == "Item")
