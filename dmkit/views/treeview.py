"""Trees as text and as HTML that folds by keyboard; with a tree from before, what changed is marked.

With a description, each node has a tag that says where its definition comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from dmkit.ddf.rules import PlaceRule, rules_of
from dmkit.ddf.spec import Basis, Spec
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.views.basisview import basis_tag, legend_html
from dmkit.views.look import BLUE, GREEN, GREY, RED, escape
from dmkit.words.asked import asked
from dmkit.words.model import Element

__all__ = ["tree_html", "tree_text"]

_LONGEST = 60
_WIDEST = 200
"""Signs up to which names are filled with blanks, so that what stands behind them stands below each other."""
_Tags: TypeAlias = Mapping[tuple[str, ...], tuple[Basis | None, str]]
_NO_TAGS: Final[_Tags] = {}
_MARKS = {"new": ("+", GREEN), "gone": ("-", RED), "changed": ("~", BLUE), "": (" ", GREY)}


def _value(node: Node) -> str:
    value = node.value
    if node.is_interior or value is None:
        return ""
    if isinstance(value, bytes):
        text = value.hex(" ")
    else:
        text = f"<{value.name}> ..." if isinstance(value, Element) else value
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _tags(tree: Tree, spec: Spec | None) -> _Tags:
    """Basis and source of each node that the description knows."""
    if spec is None:
        return _NO_TAGS
    found: dict[tuple[str, ...], tuple[Basis | None, str]] = {}
    stack: list[tuple[tuple[str, ...], Node, PlaceRule, Basis | None]] = [((), tree.root, rules_of(spec), None)]
    while stack:
        path, node, rule, basis = stack.pop()
        if rule.node is not None:
            basis = rule.node.basis or basis or spec.basis
            found[path] = basis, rule.node.source
        for name, child in node.children.items():
            below = rule.match(name)
            if below is not None:
                stack.append(((*path, name), child, below, basis))
    return found


@asked
def tree_text(tree: Tree, uri: str = ".", before: Tree | None = None, *, spec: Spec | None = None) -> str:
    """The tree with values and access control lists; ``+ - ~`` mark new, gone and changed nodes.

    With ``spec``, the basis of each node stands in brackets.

    >>> import dmkit as dm
    >>> print(tree_text(dm.Tree.of({"./A/B": "1"})))
    .        Add=*&Get=*
    └─ A
       └─ B  1
    """
    rows = list(_rows(tree, before, parse(uri).path, "", "", _tags(tree, spec)))
    width = min(max((len(left) for left, _, _ in rows), default=0), _WIDEST)
    mark = before is not None
    return "\n".join(
        f"{_MARKS[state][0] + ' ' if mark else ''}{left:<{width}}  {right}".rstrip() for left, right, state in rows
    )


def _rows(
    tree: Tree, before: Tree | None, path: tuple[str, ...], lead: str, below: str, tags: _Tags
) -> Iterator[tuple[str, str, str]]:
    node, was = tree.find(path), before.find(path) if before is not None else None
    shown = node or was
    if shown is None:
        return
    name = path[-1] if path else "."
    basis = tags.get(path, (None, ""))[0]
    right = " ".join(part for part in (_value(shown), shown.acl, f"[{basis}]" if basis else "") if part)
    yield f"{lead}{name}", right, _state(node, was) if before is not None else ""
    names = _names(node, was)
    for at, child in enumerate(names):
        last = at == len(names) - 1
        yield from _rows(
            tree, before, (*path, child), below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "), tags
        )


def _names(node: Node | None, was: Node | None) -> list[str]:
    now, before = (() if one is None else one.children for one in (node, was))
    return list(dict.fromkeys((*now, *before)))


def _state(node: Node | None, was: Node | None) -> str:
    if node is None:
        return "gone"
    if was is None:
        return "new"
    same = (node.value, node.acl, node.format, node.type, node.title) == (
        was.value,
        was.acl,
        was.format,
        was.type,
        was.title,
    )
    return "" if same else "changed"


@asked
def tree_html(
    tree: Tree, uri: str = ".", before: Tree | None = None, *, depth: int = 3, spec: Spec | None = None
) -> str:
    """The tree as nested ``<details>``, open down to ``depth``; works by keyboard and without script.

    With ``spec``, each node that it describes has a tag with its basis.

    >>> import dmkit as dm
    >>> tree_html(dm.Tree.of({"./A/B": "1"})).count("<details")
    2
    """
    path = parse(uri).path
    node, was = tree.find(path), before.find(path) if before is not None else None
    tags = _tags(tree, spec)
    body = _html(tree, before, path, depth, tags) if node is not None or was is not None else "<i>no such node</i>"
    legend = legend_html(basis for basis, _ in tags.values())
    body += f"<p>{legend}</p>" if legend else ""
    return (
        f'<div class="dmkit-tree" role="group" aria-label="management tree {escape(join(path))}" '
        f'style="font-family:ui-monospace,monospace;font-size:90%;line-height:1.5">{body}</div>'
    )


def _html(tree: Tree, before: Tree | None, path: tuple[str, ...], depth: int, tags: _Tags) -> str:
    node, was = tree.find(path), before.find(path) if before is not None else None
    shown = node or was
    assert shown is not None
    state = _state(node, was) if before is not None else ""
    sign, colour = _MARKS[state]
    name = f"<b>{escape(path[-1] if path else '.')}</b>"
    if state:
        name = f'<span style="color:{colour}">{sign} {name} <small>{state}</small></span>'
    value = f' <span style="color:{BLUE}">{escape(_value(shown))}</span>' if _value(shown) else ""
    old = ""
    if state == "changed" and was is not None and _value(was) != _value(shown):
        old = f' <del style="color:{RED}">{escape(_value(was))}</del>'
    facts = " ".join(
        part
        for part in (
            "" if shown.is_interior else shown.format,
            "" if shown.type in ("", "text/plain") else shown.type,
            shown.acl,
        )
        if part
    )
    line = f'{name}{old}{value} <small style="color:{GREY}">{escape(facts)}</small>'
    line += f" {basis_tag(*tags[path])}" if tags.get(path, (None, ""))[0] is not None else ""
    names = _names(node, was)
    if not names:
        return f'<div style="margin-left:1.1em">{line}</div>'
    inner = "".join(_html(tree, before, (*path, child), depth - 1, tags) for child in names)
    is_open = " open" if depth > 0 else ""
    return f'<details{is_open} style="margin-left:1.1em"><summary>{line}</summary>{inner}</details>'
