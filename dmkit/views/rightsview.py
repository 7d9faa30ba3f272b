"""Rights as a table: a row per node, a column per server, five letters in each cell."""

from __future__ import annotations

from typing import Final

from dmkit.rights.closure import Closure
from dmkit.tree.acl import RIGHTS
from dmkit.views.look import BLUE, GREY, ORANGE, escape
from dmkit.words.asked import asked

__all__ = ["LETTERS", "rights_html", "rights_text"]

LETTERS: Final = "A Add, D Delete, E Exec, G Get, R Replace; capital: has it; small: can get it; ·: never"


def _name(uri: str) -> str:
    return uri if uri == "." else "  " * (uri.count("/") - 1) + uri.rpartition("/")[2]


@asked
def rights_text(closure: Closure) -> str:
    """The table in columns.

    >>> from dmkit.tree.tree import Tree
    >>> from dmkit.rights.closure import closure
    >>> print(rights_text(closure(Tree.of({"./A/x": "1"}, acl={"./A": "Get=*&Replace=s"}), ["s", "t"])))
    node  s      t      own list
    .     A··G·  A··G·  Add=*&Get=*
    A     adeGR  ···G·  Get=*&Replace=s
      x   adeGR  ···G·
    A Add, D Delete, E Exec, G Get, R Replace; capital: has it; small: can get it; ·: never
    """
    rows = [["node", *closure.servers, "own list"]]
    for uri in closure.uris:
        cells = [closure.letters(server, uri) for server in closure.servers]
        rows.append([_name(uri), *cells, closure.lists[uri]])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, LETTERS])


def rights_html(closure: Closure, *, server: str = "", uri: str = "") -> str:
    """The same as an HTML table; the cell of ``server`` and ``uri`` is framed."""
    head = "".join(f'<th scope="col" style="text-align:left">{escape(s)}</th>' for s in closure.servers)
    rows = []
    for at in closure.uris:
        cells = "".join(_cell(closure, s, at, framed=(s, at) == (server, uri)) for s in closure.servers)
        name = escape(_name(at)).replace("  ", "&emsp;")
        style = f"text-align:left;color:{GREY};overflow-wrap:anywhere;min-width:8em"
        own = f'<td style="{style}"><small>{escape(closure.lists[at])}</small></td>'
        rows.append(f'<tr><th scope="row" style="text-align:left" title="{escape(at)}">{name}</th>{cells}{own}</tr>')
    caption = f'<caption style="caption-side:bottom;color:{GREY};text-align:left">{escape(LETTERS)}</caption>'
    own_head = '<th scope="col" style="text-align:left">own list</th>'
    return (
        f'<table class="dmkit-rights">{caption}<thead><tr><th scope="col" style="text-align:left">node</th>{head}'
        f"{own_head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(closure: Closure, server: str, uri: str, *, framed: bool) -> str:
    now, ever = closure.now[server, uri], closure.ever[server, uri]
    has, can = ", ".join(v for v in RIGHTS if v in now), ", ".join(v for v in RIGHTS if v in ever and v not in now)
    title = f"{server} at {uri}: has {has or 'nothing'}; can get {can or 'nothing more'}"
    letters = []
    for letter in closure.letters(server, uri):
        colour = BLUE if letter.isupper() else ORANGE if letter.islower() else GREY
        letters.append(f'<span style="color:{colour}">{"<b>" if letter.isupper() else ""}{letter}'
                       f'{"</b>" if letter.isupper() else ""}</span>')  # fmt: skip
    frame = f";outline:2px solid {BLUE}" if framed else ""
    style = f"text-align:left;font-family:ui-monospace,monospace{frame}"
    return f'<td style="{style}" title="{escape(title)}">{"".join(letters)}</td>'
