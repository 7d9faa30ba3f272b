"""Plots: a frame of ``measure``, ``rights``, ``campaign`` or of a sweep in, matplotlib Axes out.

Colours are Okabe and Ito's and never speak alone: bars have patterns, lines have markers.  The same frame gives the
same picture, octet for octet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch
from matplotlib.ticker import LogLocator, NullFormatter

from dmkit.lab.plots.campaign import cell_map, completion, energy, load, pareto
from dmkit.lab.plots.drawing import COLOURS, HATCHES, MARKERS, Drawing, describe, figure_svg, finished, new_axes
from dmkit.lab.plots.enablers import capabilities, profiles, sets_tried
from dmkit.lab.plots.study import growth, rules_cost
from dmkit.views.look import GROUND, HUES, PAINT, STROKE
from dmkit.words.asked import asked
from dmkit.words.counts import many

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

__all__ = [
    "COLOURS",
    "Drawing",
    "capabilities",
    "cell_map",
    "completion",
    "describe",
    "energy",
    "figure_svg",
    "growth",
    "load",
    "package_cost",
    "pareto",
    "privileges",
    "profiles",
    "rights",
    "rules_cost",
    "sets_tried",
    "sizes",
]

_FORMS: Final = {"xml": "XML", "wbxml": "WBXML", "wbxml_table": "WBXML with string table"}
_MEASURED: Final = {
    "messages": "messages in the session",
    "round_trips": "round trips",
    "pieces": "messages with a piece of the object",
    "octets": "octets of all messages",
    "overhead": "octets that are not the object",
}
_LEVELS: Final = {  # what a right is: colour of the cell, mark in it, colour of the mark
    "": (GROUND.grey, "", STROKE.grey),
    "by a new node": (GROUND.orange, "△", PAINT.brown),
    "can get": (HUES["yellow"], "○", PAINT.ink),
    "now": (HUES["blue"], "●", GROUND.white),
}
_LEVEL_WORDS: Final = (("now", "has"), ("can get", "can get"), ("by a new node", "by a new node"))
_FAN: Final = 3.2
"""Inches over which lines run from servers to lists."""
_WAYS: Final = {
    "controls": (HUES["orange"], "-", 2.2),
    "can get": (HUES["orange"], (0, (4, 2)), 1.4),
    "has": (HUES["blue"], "-", 1.2),
}


@asked
def sizes(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Octets of each message in each form, as bars side by side.  ``frame`` is of ``measure.message_sizes``.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> sizes(dm.measure.message_sizes(dm.converse(device, dm.Server.example(device)))).get_ylabel()
    'octets'
    """
    axes = new_axes(ax)
    width = 0.8 / len(_FORMS)
    for at, (column, label) in enumerate(_FORMS.items()):
        places = [n + (at - 1) * width for n in range(len(frame))]
        axes.bar(
            places, frame[column], width, label=label, color=COLOURS[at], hatch=HATCHES[at], edgecolor="white", lw=0.5
        )
    axes.set_xticks(range(len(frame)), list(frame["message"]))
    axes.set_ylim(0, max([1.0, *(float(frame[column].max()) * 1.25 for column in _FORMS if len(frame))]))
    axes.legend(frameon=False, ncols=3, loc="upper left", fontsize=9)
    return finished(axes, "The same messages in three forms", "message", "octets")


@asked
def package_cost(frame: pd.DataFrame, y: str = "messages", *, ax: Axes | None = None) -> Axes:
    """``y`` (a measured column) against the size of the object, a line per MaxMsgSize; both axes logarithmic.

    ``frame`` is of ``measure.package_cost``.

    >>> import dmkit as dm
    >>> package_cost(dm.measure.package_cost((100, 1000), (4096,))).get_xscale()
    'log'
    """
    axes = new_axes(ax)
    for at, (limit, rows) in enumerate(frame.groupby("max_message")):
        style: dict[str, Any] = {"color": COLOURS[at % 6], "marker": MARKERS[at % 6], "ms": 6, "lw": 1.5}
        axes.plot(rows["size"], rows[y], label=f"{limit} octets", **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if abs(value - round(value)) < 1e-6 else "")
        axis.set_minor_formatter(NullFormatter())
    axes.legend(title="MaxMsgSize", frameon=False, fontsize=9, loc="upper left")
    return finished(axes, f"What MaxMsgSize costs: {_MEASURED[y]}", "size of the object, octets", _MEASURED[y])


@asked
def rights(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Who may do what, as a map: a row per node, a column per server and command.

    ``frame`` is of ``dm.measure.rights_frame``.

    A disc: has the right; a ring: can get it by changing lists; a triangle: only for a node that it makes anew.

    >>> import dmkit as dm
    >>> tree = dm.Tree.of({"./A/B": "1"}, acl={"./A": "Get=ops"})
    >>> type(rights(dm.measure.rights_frame(tree, ["ops"]))).__name__
    'Drawing'
    """
    words = frame.map(lambda cell: cell if isinstance(cell, str) else "now" if cell else "")
    rows, columns = words.shape
    axes = new_axes(ax, max(4.5, 2.6 + 0.34 * columns), max(2.2, 1.5 + 0.26 * rows))
    order = list(_LEVELS)
    levels = [[order.index(cell) for cell in row] for row in words.to_numpy()]
    axes.pcolormesh(levels, cmap=ListedColormap([c for c, _, _ in _LEVELS.values()]), vmin=-0.5, vmax=3.5, ec="white")
    for y, row in enumerate(words.to_numpy()):
        for x, cell in enumerate(row):
            _, mark, colour = _LEVELS[cell]
            axes.text(x + 0.5, y + 0.5, mark, ha="center", va="center", color=colour, fontsize=9)
    names = [
        str(uri) if uri == "." else "   " * (str(uri).count("/") - 1) + str(uri).rpartition("/")[2]
        for uri in words.index
    ]
    axes.set_yticks([y + 0.5 for y in range(rows)], names, fontsize=9, ha="left")
    axes.tick_params(axis="y", pad=9 + 5.6 * max(map(len, names)), length=0)
    axes.set_xticks([x + 0.5 for x in range(columns)], [str(pair[1])[0] for pair in words.columns], fontsize=9)
    servers = list(dict.fromkeys(str(pair[0]) for pair in words.columns))
    each = columns // max(1, len(servers))
    for at, server in enumerate(servers):
        axes.text((at + 0.5) * each, -0.15, server, ha="center", va="bottom", fontsize=9)
        axes.axvline(at * each, color=PAINT.ink, lw=1.2 if at else 0)
    axes.set_ylim(rows, -0.9)
    seen = {cell for row in words.to_numpy() for cell in row}
    names_of = {"now": "● has it", "can get": "○ can get it", "by a new node": "△ by a new node", "": "never"}
    keys = [
        Patch(fc=_LEVELS[level][0], ec=STROKE.grey, label=names_of[level]) for level in reversed(order) if level in seen
    ]
    axes.legend(handles=keys, frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    finished(axes, "Who may do what", "Add, Delete, Exec, Get, Replace, for each server", "node")
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    if isinstance(axes, Drawing):
        asked = seen & {"can get", "by a new node"}
        parts = {
            server: [
                f"{value} {(words[server] == level).to_numpy().sum()}"
                for level, value in _LEVEL_WORDS
                if level in {"now", *asked}
            ]
            for server in servers
        }
        told = " ".join(f"{server}: {', '.join(value)}." for server, value in parts.items())
        axes.told = f"Who may do what: {many(rows, 'node')}, {each} rights at each. {told}"
    return axes


def _named(
    axes: Axes, name: str, spot: tuple[float, float], width: float, fill: str, line: str, ink: str, height: float = 0.32
) -> None:  # fmt: skip
    """A box of inches with a name in it; ``spot`` is the middle of its left side."""
    x, y = spot
    round_ = "round,pad=0,rounding_size=0.06"
    axes.add_patch(FancyBboxPatch((x, y - height / 2), width, height, round_, fc=fill, ec=line, lw=1, zorder=3))
    axes.text(x + width / 2, y, name, ha="center", va="center", fontsize=9, color=ink, zorder=4)


def _depth(above: Mapping[str, str], uri: str) -> int:
    return 1 + _depth(above, above[uri]) if uri in above else 0


@asked
def privileges(graph: nx.DiGraph[Any], *, ax: Axes | None = None) -> Axes:
    """Servers on the left, lists on the right, and who has what by which.  ``graph`` is of ``dm.measure.privileges``.

    Letters are rights: capital, has it; small, can get it.  A thick line: may change that list.

    >>> import dmkit as dm
    >>> tree = dm.Tree.of({"./A/B": "1"}, acl={"./A": "Get=ops"})
    >>> type(privileges(dm.measure.privileges(tree, ["ops"]))).__name__
    'Drawing'
    """
    servers = [node for node, kind in graph.nodes(data="kind") if kind == "server"]
    lists = [node for node, kind in graph.nodes(data="kind") if kind == "list"]
    ways = {uri: [(s, graph.edges[s, uri]) for s in servers if graph.has_edge(s, uri)] for uri in lists}
    tall = {uri: max(0.5, 0.19 * len(ways[uri]) + 0.16) for uri in lists}
    height = max(sum(tall.values()), 0.5 * len(servers), 0.5)
    left, right = (0.1 * max(map(len, names), default=1) + 0.25 for names in (servers, lists))
    axes = new_axes(ax, left + right + _FAN + 1.3, height + 0.75)
    arrive = left + _FAN  # letters stand where a line arrives: no line crosses them there
    middles = {s: (at + 0.5) * height / len(servers) for at, s in enumerate(servers)}
    for server, y in middles.items():
        _named(axes, server, (0.0, y), left, HUES["blue"], HUES["blue"], "white")
    low = 0.0
    for uri in lists:
        middles[uri] = low + tall[uri] / 2
        _named(axes, uri, (arrive + 0.75, middles[uri]), right, "white", STROKE.grey, PAINT.ink, tall[uri] - 0.14)
        for at, (server, data) in enumerate(ways[uri]):
            y = middles[uri] + 0.19 * (at - (len(ways[uri]) - 1) / 2)
            colour, dash, width = _WAYS[data["kind"]]
            axes.plot([left, arrive], [middles[server], y], color=colour, ls=dash, lw=width, zorder=2)
            axes.text(arrive + 0.04, y, data["verbs"], va="center", fontsize=8, family="monospace", color=PAINT.ink)
            axes.annotate("", (arrive + 0.75, y), (arrive + 0.53, y), zorder=2,
                          arrowprops={"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0})  # fmt: skip
        low += tall[uri]
    edge = arrive + 0.75 + right
    above = {target: source for source, target, data in graph.edges(data=True) if data["kind"] == "above"}
    for uri in reversed(lists):  # on the far side of the boxes, what hangs on the top farthest out
        if uri in above:
            far = edge + 0.4 / (1 + _depth(above, uri))
            axes.plot([edge, far, far, edge], [middles[above[uri]]] * 2 + [middles[uri]] * 2, color=STROKE.grey, lw=1)
    axes.set_xlim(-0.05, edge + 0.5)
    axes.set_ylim(height, 0)
    keys = [Line2D([], [], color=c, ls=d, lw=w, label=f"{kind} the list" if kind == "controls" else f"{kind} rights")
            for kind, (c, d, w) in _WAYS.items()]  # fmt: skip
    axes.legend(handles=keys, frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.02))
    finished(axes, "Who has what by which list; capital letters: has it, small: can get it", "", "")
    axes.set_axis_off()
    if isinstance(axes, Drawing):
        told = [f"{a} {d['kind']} {b} ({d['verbs']})" for a, b, d in graph.edges(data=True) if d["kind"] != "above"]
        axes.told = f"Who has what by which list. {'; '.join(told)}."
    return axes
