"""Descriptions of management objects: from files, to files.

>>> import dmkit as dm
>>> spec = dm.ddf.load("data/ddf/wifi.xml")
>>> spec.roots[0].name
'WiFi'

>>> tree = dm.Tree.of(spec, {"./WiFi/Home/SSID": "cafe"})
>>> tree.get("./WiFi/Home/Security").value, spec.check(tree)
('wpa2-psk', ())

What a description is: ``dmkit.ddf.spec``.  Documents: ``dmkit.ddf.reader`` and ``ddf_write``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dmkit.ddf.checking import TreeFinding, check, populate, skeleton
from dmkit.ddf.comparison import DdfChange, SpecDiff, diff
from dmkit.ddf.installing import install
from dmkit.ddf.linting.report import RULES as LINT_RULES
from dmkit.ddf.linting.report import LintReport, Remark, Severity, lint, severities
from dmkit.ddf.reader import gaps, read
from dmkit.ddf.rules import describe_of
from dmkit.ddf.spec import Basis, DescribedPlace, NodeSpec, Occurrence, OccurrenceKind, RunTime, Scope, Spec
from dmkit.ddf.writer import write
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError, DdfError

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree
    from dmkit.views.look import Look

__all__ = [
    "LINT_RULES",
    "Basis",
    "ConfigError",
    "DdfChange",
    "DdfError",
    "DescribedPlace",
    "LintReport",
    "NodeSpec",
    "Occurrence",
    "OccurrenceKind",
    "Remark",
    "RunTime",
    "Scope",
    "Severity",
    "Spec",
    "SpecDiff",
    "TreeFinding",
    "check",
    "describe_of",
    "diff",
    "gaps",
    "install",
    "lint",
    "load",
    "populate",
    "read",
    "save",
    "severities",
    "skeleton",
    "table",
    "tnds",
    "write",
]


@asked
def table(spec: Spec) -> Look:
    """The node table of ``spec`` in the style of specifications: Markdown as text, HTML in a notebook.

    >>> print(str(table(load("data/ddf/wifi.xml"))).splitlines()[0])
    ## Node table of com.example/1.0/WiFi
    """
    from dmkit.views.specview import table_look

    return table_look(spec)


@asked
def tnds(
    tree: Tree, uri: str = ".", *, name: str | None = None, wbxml: bool = False, spec: Spec | None = None
) -> bytes:
    """What stands at ``uri``, as a serialised tree that a server could Add elsewhere: values, types, lists, titles.

    ``name`` stands at the top in place of its own; empty means that of the Target it is added to.  Times and version
    numbers are left out, since a device counts its own.  With ``spec`` a comment says on what the description of each
    node rests; WBXML has no comments.  ConfigError when there is nothing.

    >>> from dmkit.tree.tree import Tree
    >>> tnds(Tree.of({"./Home/Name": "internet"}), "./Home")[:30]
    b'<?xml version="1.0" encoding="'
    """
    from dmkit.ddf.plain import bases_of
    from dmkit.tree.tnds import ALL, TndsDocument, serialise, write
    from dmkit.tree.uri import parse

    path, properties = parse(uri).path, ALL - {"TStamp", "VerNo"}
    node = tree.find(path)
    below = {} if node is None else {path[-1] if name is None else name: node} if path else node.children
    tops = tuple(top for name, child in below.items() for top in serialise(name, child, properties=properties).tops)
    if not tops:
        what = f"there is no {uri}" if path else "the tree is empty"
        raise ConfigError(f"{what}; a serialised tree has at least one node")
    data = write(TndsDocument(tops), wbxml=wbxml, pretty=not wbxml, properties=properties)
    if spec is None or wbxml:
        return data
    inside = "." if not path else uri.partition("?")[0]
    shown = {below for below, _ in tree.walk(inside)}
    bases = {below: basis for below, basis in bases_of(tree, spec).items() if below in shown}
    counts = ", ".join(f"{list(bases.values()).count(b)} {b.value}" for b in Basis if b in bases.values())
    if not counts:
        return data
    listed = "".join(f"\n{below.replace('--', '-%2D')} {basis.value}" for below, basis in bases.items())
    return data.replace(b"?>\n", f"?>\n<!-- basis: {counts}, of {many(len(shown), 'node')}{listed} -->\n".encode(), 1)


@asked
def load(file: str | os.PathLike[str], *, strict: bool = False) -> Spec:
    """The description in a file, XML or WBXML; DdfError when it is none, OSError when it cannot be opened.

    >>> load("data/ddf/wifi.xml").roots[0].name
    'WiFi'
    """
    return read(Path(file).read_bytes(), strict=strict)


@asked
def save(spec: Spec, file: str | os.PathLike[str]) -> None:
    """Write ``spec`` as XML into a file; nothing is touched when it cannot be written.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(load("data/ddf/wifi.xml"), os.path.join(folder, "copy.xml"))
    ...     again = load(os.path.join(folder, "copy.xml"))
    >>> again == load("data/ddf/wifi.xml")
    True
    """
    data = write(spec)
    Path(file).write_bytes(data)
