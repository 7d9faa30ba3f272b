"""A set of descriptions as pages: one a node, and an index that is searched in the browser, without a server.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> made = dict(pages(DescriptionCatalogue.of([("sample.xml", EXAMPLE)])))
>>> sorted(made)[:3], "10.0.19041" in made[page_of("./Device/Vendor/MSFT/Sample/Allow")]
(['Device/Vendor/MSFT/Sample/Allow.html', 'Device/Vendor/MSFT/Sample/index.html', 'index.html'], True)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Final

from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import CatalogueEntry, segments_of
from dmkit.words.asked import asked
from dmkit.words.counts import many

__all__ = ["page_of", "pages"]

_STYLE: Final = """:root{color-scheme:light dark}
body{font-family:system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
body{color:#1b1b1b;background:#fff}a{color:#005a9c}table{border-collapse:collapse}
td,th{border:1px solid #8a8a8a;padding:.3em .6em;text-align:left;vertical-align:top}
input{font:inherit;width:100%;padding:.4em}code{overflow-wrap:anywhere}nav{margin-bottom:1em}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181b}a{color:#8ec7ff}}
"""
_SCRIPT: Final = """const at=id=>document.getElementById(id),box=at("q"),out=at("found"),told=at("told");
const row=(uri,says,page)=>{const li=document.createElement("li"),a=document.createElement("a");
  a.href=page;a.textContent=uri;li.append(a," ",says.slice(0,140));out.append(li);};
const show=()=>{const words=box.value.toLowerCase().split(/\\s+/).filter(w=>w);let n=0;out.textContent="";
  for(const [uri,says,page] of NODES){const text=(uri+" "+says).toLowerCase();
    if(words.length&&words.every(w=>text.includes(w))&&++n<=200)row(uri,says,page);}
  told.textContent=words.length?n+" found"+(n>200?", the first 200 are shown":""):"";};
box.addEventListener("input",show);show();
"""


@asked
def page_of(uri: str) -> str:
    """Where the page of a node stands, below the folder of the site.

    >>> page_of("./User/Vendor/MSFT/A/*/B")
    'User/Vendor/MSFT/A/_name_/B.html'
    """
    return "/".join(_safe(name) for name in segments_of(uri)) + ".html"


def _safe(name: str) -> str:
    if name == "*":
        return "_name_"
    plain = re.sub(r"[^\w.~-]", "_", name).lstrip(".") or "_"
    changed = plain != name or len(plain) > 80 or plain.lower() == "index"
    return f"{plain[:80]}-{sha256(name.encode()).hexdigest()[:8]}" if changed else plain


def _place(entry: CatalogueEntry, inside: bool) -> str:
    page = page_of(entry.uri)
    return f"{page.removesuffix('.html')}/index.html" if inside else page


@asked
def pages(catalogue: DescriptionCatalogue) -> Iterator[tuple[str, str]]:
    """Name and text of every file of the site, ``index.html`` first."""
    children: dict[str, list[CatalogueEntry]] = {}
    for entry in catalogue.entries.values():
        children.setdefault("/".join(segments_of(entry.uri)[:-1]).lower(), []).append(entry)
    interior = {entry.uri for entry in catalogue.entries.values()
                if "/".join(segments_of(entry.uri)).lower() in children}  # fmt: skip
    places = {entry.uri: _place(entry, entry.uri in interior) for entry in catalogue.entries.values()}
    found = [[entry.uri, _short(entry), places[entry.uri]] for entry in catalogue.entries.values()]
    roots = [entry for entry in catalogue.entries.values() if not catalogue.above(entry)]
    listed = "".join(f'<li><a href="{escape(places[e.uri])}">{escape(e.uri)}</a></li>' for e in roots)
    yield "index.html", _page(
        "Descriptions", "",
        f"<h1>Descriptions</h1><p>{many(len(catalogue), 'node')} in {many(len(catalogue.files), 'file')}.</p>"
        f'<label for="q">Search</label><input id="q" type="search" autofocus><p id="told" role="status"></p>'
        '<ul id="found"></ul><h2>Providers</h2>'
        f'<ul>{listed}</ul><script src="nodes.js"></script><script src="search.js"></script>',
    )  # fmt: skip
    nodes = json.dumps(found, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    yield "nodes.js", f"const NODES={nodes};\n"
    yield "search.js", _SCRIPT
    yield "style.css", _STYLE
    for entry in catalogue.entries.values():
        place = places[entry.uri]
        below = children.get("/".join(segments_of(entry.uri)).lower(), [])
        yield place, _node(entry, below, catalogue, places, "../" * place.count("/"))


def _short(entry: CatalogueEntry) -> str:
    return " ".join((entry.node.description or entry.node.title or "").split())[:200]


def _page(title: str, up: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{up}style.css"></head><body>{body}</body></html>\n'
    )


def _node(
    entry: CatalogueEntry, below: list[CatalogueEntry], catalogue: DescriptionCatalogue, places: dict[str, str], up: str
) -> str:
    node, facts = entry.node, entry.facts
    above = " / ".join(f'<a href="{up}{escape(places[e.uri])}">{escape(segments_of(e.uri)[-1])}</a>'
                       for e in catalogue.above(entry))  # fmt: skip
    rows = {
        "Address": f"<code>{escape(entry.uri)}</code>",
        "Format": escape(node.format.value if node.format else ""),
        "Commands": escape(", ".join(sorted(verb.value for verb in node.access or ()))),
        "Occurs": escape(f"{node.occurs.kind.value}, {'permanent' if node.is_permanent else 'dynamic'}"),
        "Default": escape(node.default or ""),
        "Values": escape(f"{facts.kind}: {', '.join(facts.values) or facts.text}" if facts.kind else ""),
        "Between values": escape(facts.delimiter),
        "Template": escape(f"{facts.admx.file}, {facts.admx.name}" if facts.admx else ""),
        "Since": escape(catalogue.since(entry)),
        "Editions": escape(", ".join(catalogue.editions(entry))),
        "Deprecated": escape(catalogue.deprecated(entry)),
        "Depends on": "<br>".join(escape(need.uri) for need in facts.needs),
        "File": escape(entry.file.rpartition("/")[2]),
    }
    table = "".join(f'<tr><th scope="row">{name}</th><td>{text}</td></tr>' for name, text in rows.items() if text)
    inner = "".join(f'<li><a href="{up}{escape(places[e.uri])}">{escape(segments_of(e.uri)[-1])}</a> '
                    f"{escape(_short(e)[:100])}</li>" for e in below)  # fmt: skip
    return _page(
        entry.uri, up,
        f'<nav><a href="{up}index.html">Search</a> {above}</nav><h1>{escape(segments_of(entry.uri)[-1])}</h1>'
        f"<p>{escape(' '.join((node.description or '').split()))}</p><table>{table}</table>"
        + (f"<h2>Below</h2><ul>{inner}</ul>" if inner else ""),
    )  # fmt: skip
