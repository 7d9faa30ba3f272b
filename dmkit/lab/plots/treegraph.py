"""Trees and descriptions as networkx graphs, and as drawings that stay readable with some hundred nodes.

A drawing has a row for each node, indented as in a file manager, and goes on in another column where one is full; there
the nodes above are repeated in grey.  The colour and the letter of a node say where its definition comes from.

>>> import dmkit as dm
>>> graph = tree_graph(dm.Tree.of({"./A/B": "x", "./A/C": "y"}))
>>> list(graph.edges), graph.nodes["./A/B"]["kind"]
([('.', './A'), ('./A', './A/B'), ('./A', './A/C')], 'leaf')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dmkit.ddf.places import keyed_places
from dmkit.ddf.rules import PlaceRule, rules_of
from dmkit.ddf.spec import Basis, Spec
from dmkit.lab.plots.drawing import Drawing
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.views.basisview import BASIS_LOOKS
from dmkit.views.look import PAINT, STROKE
from dmkit.words.asked import asked
from dmkit.words.counts import many

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["plot_tree", "tree_graph"]

_KINDS: Final = {"interior": "s", "leaf": "o", "placeholder": "D"}
_KIND_WORDS: Final = {"interior": "interior node", "leaf": "leaf", "placeholder": "name given at run time"}
_LETTERS: Final = dict(zip(Basis, "EIVPU", strict=True))
"""Basis -> the letter behind a name; V for evidence, since E is established."""
_UNSAID: Final = PAINT.ink
_GREY: Final = STROKE.grey
_ROW, _INDENT, _CHAR, _FONT = 0.175, 0.17, 0.0685, 8.0
"""Inches: height of a row, a step of indentation, width of a character at ``_FONT`` points."""
_LONGEST: Final = 30


@asked
def tree_graph(thing: Tree | Spec, *, spec: Spec | None = None) -> nx.DiGraph[str]:
    """A node for each node of the tree, or of the description, and an edge from each to its children.

    Attributes: ``label``; ``kind`` (interior, leaf, placeholder); ``about`` (value, or occurrence and format);
    ``basis`` (a word, empty when nothing is said).  ``spec`` says where the nodes of a tree come from.

    >>> import dmkit as dm
    >>> sorted(tree_graph(dm.Tree.of({"./A/B": "1"})))
    ['.', './A', './A/B']
    """
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    if isinstance(thing, Tree):
        _enter(graph, thing.root, ".", ".", rules_of(spec) if spec is not None else None, None, spec)
        return graph
    for parent, key, place in keyed_places(thing):
        node = place.node
        kind = "placeholder" if node.is_placeholder else "interior" if node.is_interior else "leaf"
        format = "" if node.is_interior or node.format is None else f" {node.format.value}"
        graph.add_node(key, label=node.label, kind=kind, about=f"{node.occurs.kind.symbol}{format}",
                       basis=place.basis.value if place.basis else "")  # fmt: skip
        if parent in graph:
            graph.add_edge(parent, key)
    return graph


def _enter(
    graph: nx.DiGraph[str],
    node: Node,
    uri: str,
    name: str,
    rule: PlaceRule | None,
    basis: Basis | None,
    spec: Spec | None,
) -> None:
    if rule is not None and rule.node is not None and spec is not None:
        basis = rule.node.basis or basis or spec.basis
    value = node.value if isinstance(node.value, str) else "" if node.value is None else f"({node.format})"
    graph.add_node(uri, label=name, kind="interior" if node.is_interior else "leaf", about=value,
                   basis=basis.value if basis is not None and rule is not None else "")  # fmt: skip
    for child_name, child in node.children.items():
        here = f"{uri}/{child_name}"
        below = rule.match(child_name) if rule is not None else None
        _enter(graph, child, here, child_name, below, basis, spec)
        graph.add_edge(uri, here)


@dataclass(slots=True)
class _Row:
    """A line of the drawing: which node, where, and whether it only repeats what stands above."""

    node: str
    column: int
    line: int
    depth: int
    again: bool = False


def _rows(graph: nx.DiGraph[str], most: int) -> list[_Row]:
    """Rows in the order of the tree, in columns of at most ``most`` lines."""
    rows: list[_Row] = []
    column = line = 0
    tops = [node for node in graph if graph.in_degree(node) == 0]
    todo: list[tuple[str, tuple[str, ...]]] = [(node, ()) for node in reversed(tops)]
    while todo:
        node, above = todo.pop()
        if line >= most:
            column, line = column + 1, 0
            rows += [_Row(other, column, depth, depth, again=True) for depth, other in enumerate(above)]
            line = len(above)
        rows.append(_Row(node, column, line, len(above)))
        line += 1
        todo += [(child, (*above, node)) for child in reversed(list(graph.successors(node)))]
    return rows


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


@asked
def plot_tree(graph: nx.DiGraph[str], *, rows: int | None = None, ax: Axes | None = None) -> Axes:
    """The graph of ``tree_graph`` as an indented tree, ``rows`` lines a column: enough for three columns when not said.

    Squares are interior nodes, discs leaves, diamonds names given at run time; the colour is the basis, and a letter
    behind the name says it too.

    >>> import dmkit as dm
    >>> type(plot_tree(tree_graph(dm.Tree.of({"./A/B": "1"})))).__name__
    'Drawing'
    """
    nodes: dict[str, Any] = dict(graph.nodes(data=True))
    placed = _rows(graph, max(40, -(-len(nodes) // 3) + 4) if rows is None else max(rows, 5))
    lefts, widths = _columns(placed, nodes)
    height = (max((row.line for row in placed), default=0) + 1) * _ROW
    width = max(5.0, sum(widths)) + 0.2
    axes = ax if ax is not None else _new_axes(width, height)
    at: dict[tuple[int, str], tuple[float, float]] = {}
    lines = []
    for row in placed:
        x, y = lefts[row.column] + row.depth * _INDENT, (row.line + 0.5) * _ROW
        at[row.column, row.node] = x, y
        parent = next(iter(graph.predecessors(row.node)), None)
        if parent is not None and (row.column, parent) in at:
            px, py = at[row.column, parent]
            lines.append([(px, py), (px, y), (x, y)])
        _draw_row(axes, row, nodes[row.node], x, y)
    axes.add_collection(LineCollection(lines, colors=STROKE.pale, linewidths=0.8, zorder=1))
    axes.set_xlim(-0.1, width - 0.1)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    _keys(axes, nodes)
    count = len(nodes)
    axes.set_title(f"{_short(next(iter(nodes), 'nothing'), 40)}: {many(count, 'node')}", loc="left", fontsize=10)
    if isinstance(axes, Drawing):
        axes.told = _told(nodes)
    return axes


def _new_axes(width: float, height: float) -> Axes:
    """Axes whose unit is the inch, with room for a title above and the keys below."""
    above, below = 0.35, 0.65
    figure = Figure(figsize=(width, height + above + below))
    place = (0, below / (height + above + below), 1, height / (height + above + below))
    return figure.add_axes(Drawing(figure, place))


def _columns(placed: list[_Row], nodes: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Where each column begins, and how wide it is."""
    widths: list[float] = []
    for row in placed:
        while len(widths) <= row.column:
            widths.append(0.8)
        text = _label(nodes[row.node]) + ("" if row.again else _about(nodes[row.node]))
        widths[row.column] = max(widths[row.column], row.depth * _INDENT + len(text) * _CHAR + 0.45)
    lefts = [sum(widths[:n]) for n in range(len(widths))]
    return lefts, widths


def _label(data: dict[str, Any]) -> str:
    return _short(data["label"], _LONGEST)


def _about(data: dict[str, Any]) -> str:
    basis = f" {_LETTERS[Basis(data['basis'])]}" if data["basis"] else ""
    about = _short(data["about"], _LONGEST - 6)
    return f"{basis}{'  ' + about if about else ''}".replace(" ", "\N{NO-BREAK SPACE}")  # SVG drops others


def _draw_row(axes: Axes, row: _Row, data: dict[str, Any], x: float, y: float) -> None:
    colour = BASIS_LOOKS[Basis(data["basis"])][0] if data["basis"] else _UNSAID
    if row.again:
        axes.plot([x], [y], marker=".", ms=3, color=STROKE.pale, zorder=2)
        axes.text(x + 0.1, y, _label(data), fontsize=_FONT, va="center", color=_GREY, style="italic",
                  family="monospace")  # fmt: skip
        return
    hollow = data["kind"] == "placeholder"
    axes.plot([x], [y], marker=_KINDS[data["kind"]], ms=4.6, mfc="white" if hollow else colour, mec=colour, mew=1.2,
              zorder=3)  # fmt: skip
    bold = "bold" if data["kind"] == "interior" else "normal"
    label = _label(data)
    axes.text(x + 0.1, y, label, fontsize=_FONT, va="center", color=PAINT.ink, weight=bold, family="monospace")
    axes.text(x + 0.1 + len(label) * _CHAR, y, _about(data), fontsize=_FONT, va="center", color=_GREY,
              family="monospace")  # fmt: skip


def _keys(axes: Axes, nodes: dict[str, Any]) -> None:
    """What shapes and colours mean, as far as they are used."""
    kinds = {data["kind"] for data in nodes.values()}
    keys = [
        Line2D([], [], ls="", marker=mark, mfc="white" if kind == "placeholder" else _GREY, mec=_GREY, ms=5,
               label=_KIND_WORDS[kind])
        for kind, mark in _KINDS.items() if kind in kinds
    ]  # fmt: skip
    bases = {data["basis"] for data in nodes.values()}
    keys += [
        Line2D([], [], ls="", marker="s", color=BASIS_LOOKS[basis][0], ms=5, label=f"{_LETTERS[basis]} {basis.value}")
        for basis in Basis if basis.value in bases
    ]  # fmt: skip
    axes.legend(handles=keys, frameon=False, fontsize=8, ncols=3, loc="upper left", bbox_to_anchor=(0, 0),
                handletextpad=0.1, columnspacing=1.2, borderaxespad=0.2)  # fmt: skip


def _told(nodes: dict[str, Any]) -> str:
    counts = {kind: sum(data["kind"] == kind for data in nodes.values()) for kind in _KINDS}
    bases = {b.value: sum(data["basis"] == b.value for data in nodes.values()) for b in Basis}
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    text = ", ".join(f"{count} {basis}" for basis, count in bases.items() if count)
    return f"A tree of {many(len(nodes), 'node')}: {kinds}.{f' Basis: {text}.' if text else ''}"
