"""How things look: ladders, messages, trees, octets and state machines, as text, HTML, SVG and Mermaid.

All of it is deterministic and self-contained: no script, no outside file, every text escaped.

>>> from dmkit.tree.tree import Tree
>>> print(show(Tree.of({"./A/B": "x"})).text)
.        Add=*&Get=*
└─ A
   └─ B  x
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "": "notation",
        "bitview": "notification_bits",
        "faultview": "faults",
        "ladder": "ladder_html ladder_mermaid ladder_svg ladder_text",
        "look": "Look",
        "machine": "states_html states_mermaid",
        "markup": "hexdump message_html message_text",
        "pushview": "explain_push",
        "showing": "show",
        "stateview": "state_chart",
        "statechart": "statechart",
        "treeview": "tree_html tree_text",
    },
)
