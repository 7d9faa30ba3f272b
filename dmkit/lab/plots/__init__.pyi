from dmkit.lab.plots.generations import plot_causes as plot_causes
from dmkit.lab.plots.plot import COLOURS as COLOURS
from dmkit.lab.plots.plot import Drawing as Drawing
from dmkit.lab.plots.plot import capabilities as capabilities
from dmkit.lab.plots.plot import cell_map as cell_map
from dmkit.lab.plots.plot import completion as completion
from dmkit.lab.plots.plot import describe as describe
from dmkit.lab.plots.plot import energy as energy
from dmkit.lab.plots.plot import figure_svg as figure_svg
from dmkit.lab.plots.plot import growth as growth
from dmkit.lab.plots.plot import load as load
from dmkit.lab.plots.plot import package_cost as package_cost
from dmkit.lab.plots.plot import pareto as pareto
from dmkit.lab.plots.plot import privileges as privileges
from dmkit.lab.plots.plot import profiles as profiles
from dmkit.lab.plots.plot import rights as rights
from dmkit.lab.plots.plot import rules_cost as rules_cost
from dmkit.lab.plots.plot import sets_tried as sets_tried
from dmkit.lab.plots.plot import sizes as sizes
from dmkit.lab.plots.security import plot_matrix as plot_matrix
from dmkit.lab.plots.security import plot_tradeoffs as plot_tradeoffs
from dmkit.lab.plots.study import narrowing as narrowing
from dmkit.lab.plots.study import validated as validated
from dmkit.lab.plots.treegraph import plot_tree as plot_tree
from dmkit.lab.plots.treegraph import tree_graph as tree_graph
from dmkit.lab.studies.services_view import service_graph as service_graph
from dmkit.lab.studies.services_view import service_map as service_map

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
    "narrowing",
    "package_cost",
    "pareto",
    "plot_causes",
    "plot_matrix",
    "plot_tradeoffs",
    "plot_tree",
    "privileges",
    "profiles",
    "rights",
    "rules_cost",
    "service_graph",
    "service_map",
    "sets_tried",
    "sizes",
    "tree_graph",
    "validated",
]
