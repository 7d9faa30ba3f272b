"""Figures: a frame in, Axes out."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "plots.plot": "COLOURS Drawing capabilities cell_map completion describe energy figure_svg growth load "
        "package_cost pareto privileges profiles rights rules_cost sets_tried sizes",
        "plots.study": "narrowing validated",
        "plots.treegraph": "plot_tree tree_graph",
        "plots.generations": "plot_causes",
        "plots.security": "plot_matrix plot_tradeoffs",
        "studies.services_view": "service_graph service_map",
    },
    root="dmkit.lab",
)
