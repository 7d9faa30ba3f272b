"""Where a definition comes from, as a tag: a word, a colour, and a pattern of its own.  [scheduling sheet §8]"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dmkit.ddf.spec import Basis
from dmkit.views.look import HUES, INK, escape
from dmkit.words.asked import asked

__all__ = ["BASIS_LOOKS", "basis_counts", "basis_tag", "legend_html"]

BASIS_LOOKS: Final[dict[Basis, tuple[str, str]]] = {
    Basis.ESTABLISHED: (HUES["green"], "solid"),
    Basis.IMPLEMENTATION: (HUES["blue"], "solid"),
    Basis.EVIDENCE: (HUES["yellow"], "double"),
    Basis.PROPOSAL: (HUES["orange"], "dashed"),
    Basis.UNSURE: (HUES["grey"], "dotted"),
}
"""Basis -> colour and line.  The word always stands beside them."""


@asked
def basis_tag(basis: Basis | None, source: str = "") -> str:
    """A tag with the word; the meaning and the source are its title.

    >>> "proposal" in basis_tag(Basis.PROPOSAL), basis_tag(None)
    (True, '')
    """
    if basis is None:
        return ""
    colour, line = BASIS_LOOKS[basis]
    title = f"{basis.meaning}{': ' if source else ''}{source}"
    style = (f"border:1px {line} {colour};border-left:.5em solid {colour};border-radius:3px;padding:0 .35em;"
             f"color:{INK};font-size:80%;font-family:system-ui,sans-serif;white-space:nowrap")  # fmt: skip
    return f'<span class="dmkit-basis" style="{style}" title="{escape(title)}">{escape(basis.value)}</span>'


def legend_html(bases: Iterable[Basis | None]) -> str:
    """The tags of ``bases`` with what they mean."""
    found = set(bases)
    parts = [f"{basis_tag(basis)} <small>{escape(basis.meaning)}</small>" for basis in Basis if basis in found]
    if None in found and parts:
        parts.append("<small>no tag: nothing is said</small>")
    return " &emsp; ".join(parts)


@asked
def basis_counts(counts: dict[Basis | None, int]) -> str:
    """How many nodes have which basis, in words.

    >>> basis_counts({Basis.PROPOSAL: 2, None: 1})
    '2 proposal, 1 not said'
    """
    return ", ".join(f"{count} {basis.value if basis else 'not said'}" for basis, count in counts.items())
