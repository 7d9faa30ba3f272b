"""Services as a networkx graph and as a picture: what leans on what, how things are, what a plan or a change does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from dmkit.device.device import Device
from dmkit.lab.plots.drawing import Drawing, new_axes
from dmkit.lab.plots.layered import LayeredLayout, layered
from dmkit.services import ServiceCatalogue, ServicePlan, impact, state, values_of, works
from dmkit.services.state import holds
from dmkit.tree.tree import Tree
from dmkit.views.look import GROUND, HUES, PAINT, STROKE
from dmkit.words.asked import asked

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

__all__ = ["service_graph", "service_map"]

_LOOKS: Final[Mapping[str, tuple[str, str]]] = {  # state -> mark, colour of the box
    "works": ("●", GROUND.green),
    "held up": ("▲", GROUND.amber),
    "half set up": ("◐", GROUND.orange),
    "absent": ("○", GROUND.grey),
    "set up": ("+", GROUND.sky),
    "removed": ("−", GROUND.silver),
    "breaks": ("✗", GROUND.red),
    "there": ("●", GROUND.white),
    "missing": ("○", GROUND.white),
}


@asked
def service_graph(
    catalogue: ServiceCatalogue,
    device: Device | Tree | Mapping[str, str | None],
    *names: str,
    plan: ServicePlan | None = None,
    node: str | None = None,
    value: str | None = None,
) -> nx.DiGraph[Any]:
    """What depends on what: services, software and facts as nodes, an edge from each to what it needs.

    ``names``: only these with all they may need.  Nodes have ``kind`` and ``state``; with a ``plan`` also "set up" and
    "removed", with ``node`` (that goes, or gets ``value``) "breaks".  Edges have ``kind`` "needs", "any of" or
    "conflicts", and ``used`` where a working service leans on it.

    >>> import dmkit as dm
    >>> catalogue = dm.services.default()
    >>> len(service_graph(catalogue, {}, "mms")) > 3
    True
    """
    import networkx as nx

    whole = catalogue.part(*names) if names else catalogue
    values = _values(device, whole)
    working = works(whole, values)
    breaks = impact(whole, values, node, value).broken if node is not None else ()
    planned = {name: step.does for step in plan.steps for name in step.services} if plan is not None else {}
    graph: nx.DiGraph[Any] = nx.DiGraph()
    for name, service in whole.services.items():
        shown = state(whole, name, values, working)
        if name in planned:
            shown = "removed" if planned[name] == "remove" else "set up"
        graph.add_node(name, kind="service", state="breaks" if name in breaks else shown, label=name)
        for clause in service.needs:
            for member in clause:
                key = member.name if member.kind == "service" else str(member)
                if member.kind != "service":
                    there = "there" if holds(whole, member, values, working) else "missing"
                    graph.add_node(key, kind=member.kind, state=there, label=key)
                used = name in working and member in working[name]
                graph.add_edge(name, key, kind="needs" if len(clause) == 1 else "any of", used=used)
        for rival in service.conflicts:
            graph.add_edge(name, rival, kind="conflicts", used=False)
    graph.graph["node"] = node
    return graph


def _values(device: Device | Tree | Mapping[str, str | None], catalogue: ServiceCatalogue) -> Mapping[str, str | None]:
    tree = device.tree if isinstance(device, Device) else device
    return values_of(tree, catalogue) if isinstance(tree, Tree) else tree


def _rows(graph: nx.DiGraph[Any]) -> dict[str, int]:
    """A row per distance from the bottom, facts and software lowest."""
    rank: dict[str, int] = {}
    below = {n: [m for m in graph.successors(n) if graph.edges[n, m]["kind"] != "conflicts"] for n in graph}

    def height(name: str, path: tuple[str, ...]) -> int:
        if name not in rank and name not in path:
            under = [height(m, (*path, name)) for m in below[name] if m not in path]
            rank[name] = 1 + max(under, default=0) if graph.nodes[name]["kind"] == "service" else 0
        return rank.get(name, 0)

    for name in graph:
        height(name, ())
    return rank


def _layout(graph: nx.DiGraph[Any]) -> LayeredLayout:
    """Boxes in rows, as wide as their text, and edges around them."""
    rows = _rows(graph)
    texts = {n: max(len(d["label"]) + 2, len(d["state"])) for n, d in graph.nodes(data=True)}
    return layered({n: (0.3 + 0.072 * texts[n], rows[n]) for n in graph}, graph.edges)


def _curve(points: Sequence[tuple[float, float]]) -> Path:
    """Straight through rows, and a gentle bow from row to row."""
    corners, codes = [points[0]], [Path.MOVETO]
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if number % 2 == 0 and y != to_y and x != to_x:
            half = (y + to_y) / 2
            corners += [(x, half), (to_x, half), (to_x, to_y)]
            codes += [Path.CURVE4] * 3
        else:
            corners.append((to_x, to_y))
            codes.append(Path.LINETO)
    return Path(corners, codes)


@asked
def service_map(graph: nx.DiGraph[Any], *, ax: Axes | None = None) -> Axes:
    """The picture of ``service_graph``: solid lines are needed, dashed ones any of, dotted ones in conflict.

    Marks and words say the state besides the colour; lines that are leant on are thick.

    >>> import dmkit as dm
    >>> type(service_map(service_graph(dm.services.default(), {}, "mms"))).__name__
    'Drawing'
    """
    layout = _layout(graph)
    places = layout.places
    axes = new_axes(ax, max(6.0, layout.width), 1.2 + layout.height)
    styles = {"needs": ("-", PAINT.ink), "any of": ("--", HUES["blue"]), "conflicts": (":", HUES["orange"])}
    for name, other, edge in graph.edges(data=True):
        style, colour = styles[edge["kind"]]
        axes.add_patch(FancyArrowPatch(
            path=_curve(layout.routes[name, other]), arrowstyle="-" if edge["kind"] == "conflicts" else "-|>",
            mutation_scale=9, ls=style, color=colour, lw=2.4 if edge["used"] else 1.0, fill=False, zorder=1,
            capstyle="butt",
        ))  # fmt: skip
    for name, (x, y) in places.items():
        value = graph.nodes[name]
        mark, colour = _LOOKS[value["state"]]
        edge_colour = PAINT.red if value["state"] == "breaks" else STROKE.grey
        axes.text(
            x, y, f"{mark} {value['label']}\n{value['state']}", ha="center", va="center", fontsize=8, zorder=2,
            bbox={"boxstyle": "round,pad=0.35" if value["kind"] == "service" else "square,pad=0.3", "fc": colour,
                  "ec": edge_colour, "lw": 2.2 if value["state"] == "breaks" else 0.9},
        )  # fmt: skip
    axes.set_xlim(0, max(6.0, layout.width))
    axes.set_ylim(-0.45, layout.height + 0.4)
    axes.set_axis_off()
    node = graph.graph.get("node")
    title = f"What breaks when {node} changes" if node else "Services and what they need"
    axes.set_title(f"{title}  (— needs, - - any of, ··· in conflict)", loc="left", fontsize=10)
    if isinstance(axes, Drawing):
        states = "; ".join(f"{n} {d['state']}" for n, d in graph.nodes(data=True))
        axes.told = f"{title}. {states}."
    return axes
