"""Sphinx settings: a site that builds without a network.  ``make docs``."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import make_pages  # noqa: E402

import dmkit  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "dmkit"
author = "The dmkit developers"
copyright = "the dmkit developers, Apache-2.0"
release = version = dmkit.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "links"]
exclude_patterns = ["_build", "made/*.inc"]
html_theme = "sphinx_book_theme"
html_title = f"dmkit {release}"
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
}
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["site.css"]
nb_execution_mode = "off"
nb_merge_streams = True
suppress_warnings = ["ref.python"]  # a name that two modules offer
myst_heading_anchors = 3
myst_enable_extensions = ["deflist", "dollarmath"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100
toc_object_entries = False

make_pages.write()


def _plain(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are written for ``help()``: prose and doctests, with no reStructuredText but ``literals``."""
    if what == "data" and "\n".join(lines).strip() == (inspect.getdoc(type(obj)) or "").strip():
        lines.clear()  # a constant without words of its own would show those of ``dict``
    kept: list[str] = []
    example = False
    for line in lines:
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if example or not line.strip() or "::" in line:
            kept.append(line)
        else:
            parts = re.split(r"(``[^`]+``)", line)
            parts[::2] = [re.sub(r"([*|`]|_\b)", r"\\\1", part) for part in parts[::2]]
            kept.append("".join(parts))
    lines[:] = kept


_ELSEWHERE = {"](../notebooks/": "](notebooks/", "](../CHANGELOG.md)": "](made/changes.md)"}
"""Links that hold in the repository, and where what they name stands in the site."""


def _at_home(app: Sphinx, page: str, source: list[str]) -> None:
    if "/" not in page:
        for there, here in _ELSEWHERE.items():
            source[0] = source[0].replace(there, here)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_lexer("mermaid", TextLexer)  # JupyterLab draws these; here the table beside them does
    app.connect("source-read", _at_home)
    app.connect("autodoc-process-docstring", _plain)
