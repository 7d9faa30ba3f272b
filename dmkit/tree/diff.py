"""Two trees, or two sub-trees, compared: what is new, what is gone, what changed.

>>> from dmkit.tree.tree import Tree
>>> tree = Tree.of({"./A/Home/SSID": "cafe", "./A/Home/Key": "x", "./A/Work/SSID": "office"})
>>> print(*changes(tree, tree, "./A/Home", "./A/Work"), sep="\\n")
- ./A/Home/Key = 'x'
~ ./A/Work/SSID: 'cafe' -> 'office'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from dmkit.tree.node import Node, Path
from dmkit.tree.uri import join, parse
from dmkit.words.model import Element
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["Change", "changes"]

_COMPARED = ("value", "format", "type", "acl", "title")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.  ``uri`` is the place in the later tree (in the earlier one for what is gone).

    ``what`` is the part of the node that changed, empty for a whole node; ``before`` and ``after`` are texts, None
    where there is nothing.
    """

    kind: Literal["+", "-", "~"]
    uri: str
    what: str = ""
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        shown = self.before if self.kind == "-" else self.after
        if self.kind != "~":
            return f"{self.kind} {self.uri}" + (f" = {shown}" if shown is not None else "")
        what = "" if self.what == "value" else f" {self.what}"
        return f"~ {self.uri}{what}: {self.before} -> {self.after}"


def changes(
    before: Tree, after: Tree, before_uri: str = ".", after_uri: str = ".", *, versions: bool = False
) -> list[Change]:
    """What makes ``after`` (from ``after_uri`` down) of ``before`` (from ``before_uri`` down).

    Names decide which nodes belong together; the order of children does not count.  Sorted by place, parents first;
    ``versions`` compares TStamp and VerNo too.  A URI that is not there counts as an empty tree.
    """
    was, now = parse(before_uri).path, parse(after_uri).path
    found: list[Change] = []
    _compare(before.find(was), after.find(now), was, now, _COMPARED + (("tstamp", "verno") if versions else ()), found)
    return found


def _compare(
    before: Node | None, after: Node | None, was: Path, now: Path, parts: tuple[str, ...], found: list[Change]
) -> None:
    if before is after:
        return
    if before is None and after is not None:
        found.append(Change("+", join(now), after=_shown(after)))
    elif after is None and before is not None:
        found.append(Change("-", join(was), before=_shown(before)))
    elif before is not None and after is not None:
        for part in parts:
            one, other = getattr(before, part), getattr(after, part)
            if one != other:
                found.append(Change("~", join(now), part, _text(one), _text(other)))
    olds: Mapping[str, Node] = before.children if before is not None else {}
    news: Mapping[str, Node] = after.children if after is not None else {}
    for name in sorted({*olds, *news}):
        _compare(olds.get(name), news.get(name), (*was, name), (*now, name), parts, found)


def _shown(node: Node) -> str | None:
    return None if node.is_interior else _text(node.value)


def _text(value: object) -> str:
    return f"<{value.name}> ..." if isinstance(value, Element) else repr(value)
