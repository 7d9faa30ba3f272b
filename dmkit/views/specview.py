"""Node tables as specifications of management objects print them, and descriptions as trees that fold by keyboard.

>>> from dmkit.ddf.spec import Spec
>>> spec = Spec.from_table("./A | 1 | node | G | Top. | proposal\\n  <X> | * | chr | AG | One.")
>>> print(spec_text(spec))
A       1  node  Get       proposal
└─ <X>  *  chr   Add, Get  proposal
>>> print(*node_table(spec).splitlines()[4:8], sep="\\n")
| Node | Status | Occurrence | Format | Min. access types | Basis |
|---|---|---|---|---|---|
| `A` | required | One | node | Get | proposal |
| &emsp;`<X>` | optional | ZeroOrMore | chr | Add, Get | proposal |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from zlib import crc32

from dmkit.ddf.grammar import ACCESS
from dmkit.ddf.spec import Basis, DescribedPlace, NodeSpec, Spec
from dmkit.views.basisview import basis_counts, basis_tag, legend_html
from dmkit.views.look import BLUE, GREY, Look, escape
from dmkit.words.counts import many

__all__ = ["node_table", "node_table_html", "spec_html", "spec_look", "spec_text", "table_look"]

_HEAD: Final = ("Node", "Status", "Occurrence", "Format", "Min. access types", "Basis")
_CELL: Final = "text-align:left;padding:.1em .8em .1em 0"
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#|])")


def _access(node: NodeSpec) -> str:
    if node.access is None:
        return "not said"
    return ", ".join(verb.value for verb in ACCESS if verb in node.access) or "none"


def _occurrence(node: NodeSpec) -> str:
    occurs = node.occurs
    return occurs.kind.value + (f" ({occurs.n})" if occurs.n is not None else "")


def _format(node: NodeSpec) -> str:
    return "node" if node.is_interior else node.format.value if node.format is not None else "not said"


def _status(node: NodeSpec) -> str:
    return "required" if node.occurs.least else "optional"


def _facts(place: DescribedPlace) -> Iterator[tuple[str, str]]:
    """What the table has no column for, as (what, text)."""
    node = place.node
    if node.title and not node.is_placeholder:
        yield "Title", node.title
    yield "Scope", "Permanent" if node.is_permanent else "Dynamic"
    if node.mo_id:
        yield "Object identifier", node.mo_id
    if node.types and node.types != ("text/plain",):
        yield "Types", ", ".join(node.types)
    default = node.default if node.default is not None else node.value
    if default is not None and not node.is_interior:
        yield "Default", default or "(empty)"
    if node.case_sensitive is not None:
        yield "Case", "counts" if node.case_sensitive else "does not count"
    if node.run_time is not None:
        yield "Properties", ", ".join(sorted(node.run_time.names))
    if node.source:
        yield "Source", node.source


def _about(spec: Spec) -> str:
    """A line about the document: maker, model, how many nodes, where they come from."""
    count = spec.count()
    made = " ".join(part for part in (spec.man, spec.mod) if part)
    text = f"{many(count.nodes, 'node')}, {count.leaves} of them leaves. Basis: {basis_counts(spec.bases())}"
    source = f" (the document: {spec.source})" if spec.source else ""
    return f"{made}{': ' if made else ''}{text}{source}."


def node_table(spec: Spec, *, level: int = 2) -> str:
    """A table of all nodes and a section for each, in Markdown; ``level`` is that of the first heading."""
    places = list(spec.walk())
    mark = "#" * level
    lines = [f"{mark} {_md(_title(spec))}", "", _md(_about(spec)), "", f"| {' | '.join(_HEAD)} |", "|---" * 6 + "|"]
    for place in places:
        node = place.node
        cells = ("&emsp;" * len(place.above) + f"`{_code(node.label)}`", _status(node), _occurrence(node),
                 _format(node), _access(node), place.basis.value if place.basis else "not said")  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    for place in places:
        basis = f" *({place.basis.value})*" if place.basis else ""
        lines += ["", f"{mark}# `{_code(place.uri)}`{basis}", "", _md(_flat(place.node.description)), ""]
        lines += [f"- {what}: {_md(_flat(text))}" for what, text in _facts(place)]
    return "\n".join(lines) + "\n"


def _title(spec: Spec) -> str:
    names = [root.mo_id or root.label for root in spec.roots]
    return f"Node table of {', '.join(dict.fromkeys(names))}"


def _flat(text: str | None) -> str:
    return " ".join((text or "").split()) or "There is no description."


def _md(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def _code(text: str) -> str:
    return text.replace("`", "'").replace("|", "\\|")


def node_table_html(spec: Spec) -> str:
    """The same as HTML that needs nothing else: each name leads to its section."""
    places = list(spec.walk())
    rows, sections = [], []
    mark = f"n{crc32(_title(spec).encode()):08x}"  # two tables on one page have anchors of their own
    for at, place in enumerate(places):
        node, anchor = place.node, f"{mark}-{at}"
        name = (f'<th scope="row" style="text-align:left;padding:.1em .8em .1em {1.2 * len(place.above):.1f}em">'
                f'<a href="#{anchor}" style="color:{BLUE}">{escape(node.label)}</a></th>')  # fmt: skip
        cells = (_status(node), _occurrence(node), _format(node), _access(node))
        tag = basis_tag(place.basis, node.source) or "not said"
        sentence = "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in cells)
        rows.append(f'<tr>{name}{sentence}<td style="{_CELL}">{tag}</td></tr>')
        facts = "; ".join(f"{escape(what)}: {escape(_flat(text))}" for what, text in _facts(place))
        sections.append(
            f'<h4 id="{anchor}">{escape(place.uri)} {basis_tag(place.basis, node.source)}</h4>'
            f'<p>{escape(_flat(node.description))}</p><p style="color:{GREY}"><small>{facts}</small></p>'
        )
    head = "".join(f'<th scope="col" style="{_CELL}">{title}</th>' for title in _HEAD)
    return (
        f'<div class="dmkit-nodes"><h3>{escape(_title(spec))}</h3><p>{escape(_about(spec))}</p>'
        f'<table style="text-align:left"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f"<p>{legend_html(spec.bases())}</p>{''.join(sections)}</div>"
    )


def table_look(spec: Spec) -> Look:
    """The node table: Markdown for a terminal, HTML for a notebook."""
    return Look(node_table(spec), node_table_html(spec))


# -- trees


def spec_text(spec: Spec) -> str:
    """The description as a tree: occurrence, format, commands and basis of each node."""
    rows = [row for root in spec.roots for row in _rows(root, spec.basis, "", "")]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(row[:4], widths, strict=True)), row[4]]).rstrip() for row in rows
    )


def _rows(node: NodeSpec, basis: Basis | None, lead: str, below: str) -> Iterator[tuple[str, str, str, str, str]]:
    basis = node.basis or basis
    yield f"{lead}{node.label}", str(node.occurs), _format(node), _access(node), basis.value if basis else ""
    for at, child in enumerate(node.children):
        last = at == len(node.children) - 1
        yield from _rows(child, basis, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "))


def spec_html(spec: Spec, *, depth: int = 3) -> str:
    """The description as nested ``<details>``, open down to ``depth``: Tab moves, Enter folds; no script.

    Each node has its occurrence, format, commands, default, and a tag that says where it comes from.
    """
    inner = "".join(_html(root, spec.basis, root.path, depth) for root in spec.roots)
    return (
        f'<div class="dmkit-spec" role="group" aria-label="description of {escape(_title(spec)[14:])}" '
        f'style="font-family:ui-monospace,monospace;font-size:90%;line-height:1.6">{inner}'
        f'<p style="font-family:system-ui,sans-serif">{legend_html(spec.bases())}</p></div>'
    )


def _html(node: NodeSpec, basis: Basis | None, path: str | None, depth: int) -> str:
    basis = node.basis or basis
    lead = f'<span style="color:{GREY}">{escape(path.rstrip("/"))}/</span>' if path and path != "." else ""
    default = node.default if node.default is not None else node.value
    value = f' <span style="color:{BLUE}">= {escape(default)}</span>' if default and not node.is_interior else ""
    facts = [str(node.occurs), _format(node), _access(node)]
    facts += ["Permanent"] if node.is_permanent else []
    facts += [node.mo_id] if node.mo_id else list(node.types if node.types != ("text/plain",) else ())
    about = " ".join((node.description or "").split())
    line = (
        f'{lead}<b>{escape(node.label)}</b>{value} <small style="color:{GREY}">{escape(" · ".join(facts))}</small> '
        f"{basis_tag(basis, node.source)}"
        + (f'<br/><small style="font-family:system-ui,sans-serif">{escape(about)}</small>' if about else "")
    )
    if not node.children:
        return f'<div style="margin-left:1.1em">{line}</div>'
    inner = "".join(_html(child, basis, child.path, depth - 1) for child in node.children)
    is_open = ' open=""' if depth > 0 else ""
    return f'<details{is_open} style="margin-left:1.1em"><summary>{line}</summary>{inner}</details>'


def spec_look(spec: Spec) -> Look:
    """The description as a tree."""
    return Look(spec_text(spec), spec_html(spec))
