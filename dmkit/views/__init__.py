"""How things look: ladders, messages, trees, octets and state machines, as text, HTML, SVG and Mermaid.

All of it is deterministic and self-contained: no script, no outside file, every text escaped.

>>> from dmkit.tree.tree import Tree
>>> print(show(Tree.of({"./A/B": "x"})).text)
.        Add=*&Get=*
└─ A
   └─ B  x
"""

from __future__ import annotations

from dmkit.views import notation
from dmkit.views.ladder import ladder_html, ladder_mermaid, ladder_svg, ladder_text
from dmkit.views.look import Look
from dmkit.views.machine import states_html, states_mermaid
from dmkit.views.markup import hexdump, message_html, message_text
from dmkit.views.pushview import explain_push
from dmkit.views.show import show
from dmkit.views.statechart import statechart
from dmkit.views.treeview import tree_html, tree_text

__all__ = [
    "Look",
    "explain_push",
    "hexdump",
    "ladder_html",
    "ladder_mermaid",
    "ladder_svg",
    "ladder_text",
    "message_html",
    "message_text",
    "notation",
    "show",
    "statechart",
    "states_html",
    "states_mermaid",
    "tree_html",
    "tree_text",
]


def __dir__() -> list[str]:
    return sorted(__all__)
