"""A management object to write: a small table to edit, and what follows from it at once.

The widget holds no logic: what it shows is ``review``, a function of the text and the name of a view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import ipywidgets as w

from dmkit import ddf
from dmkit.ddf.linting.report import LintReport, Severity, lint
from dmkit.ddf.spec import Spec
from dmkit.lab.boards.controls import WIDE, choose
from dmkit.lab.boards.widgets import Page, _note, _WithFallback, board
from dmkit.views.look import RED, Look, escape
from dmkit.views.reviewview import diff_look, report_look
from dmkit.views.specview import spec_look, table_look
from dmkit.views.treeview import tree_html, tree_text
from dmkit.words.arguments import instance, one_of
from dmkit.words.counts import many
from dmkit.words.errors import DmError

__all__ = ["VIEWS", "ObjectEditor", "Review", "object_editor", "review"]


def _pre(text: str) -> Look:
    return Look(text, f'<pre style="white-space:pre-wrap;font-size:90%">{escape(text)}</pre>')


def _instance(spec: Spec, first: Spec) -> Look:
    tree = spec.skeleton()
    return Look(tree_text(tree, spec=spec), tree_html(tree, spec=spec))


VIEWS: Final[Mapping[str, Callable[[Spec, Spec], Look]]] = {
    "tree": lambda spec, first: spec_look(spec),
    "node table": lambda spec, first: table_look(spec),
    "smallest instance": _instance,
    "changes": lambda spec, first: diff_look(ddf.diff(first, spec)),
    "DDF": lambda spec, first: _pre(ddf.write(spec).decode()),
    "TNDS": lambda spec, first: _pre(ddf.tnds(spec.skeleton()).decode()),
}
"""What there is to see of a description; ``first`` is that at the start."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a table gives: its description, what lint says of it, and a view of it; or a ``problem`` in a sentence."""

    spec: Spec | None
    report: LintReport
    shown: Look
    problem: str = ""


def review(text: str, view: str, first: Spec) -> Review:
    """Read ``text`` and look at it: what lint says, and the view called ``view``; ConfigError where that is none."""
    one_of("view", view, VIEWS)
    try:
        spec = Spec.from_table(text)
    except DmError as error:
        return Review(None, LintReport(()), Look("", ""), str(error))
    report = lint(spec)
    try:
        shown = VIEWS[view](spec, first)
    except DmError as error:  # an instance cannot be made, a document not be written
        shown = Look(str(error), f"<p>{escape(error)}</p>")
    return Review(spec, report, shown)


class ObjectEditor(_WithFallback):
    """``text`` is the table; ``remarks`` has what lint says, ``shown`` the chosen view.

    ``problem`` says what cannot be read; ``spec`` is the last description that could be read.
    """

    def __init__(self, text: str) -> None:
        self.spec = self.first = Spec.from_table(text)
        self.text = w.Textarea(
            value=text, description="object", continuous_update=True, layout=w.Layout(width="100%", height="15em"),
            style=WIDE,
        )  # fmt: skip
        self.text.add_class("dmkit-table")
        words = [str(word) for word in (Severity.INFO, Severity.WARNING, Severity.ERROR)]
        self.level = w.Dropdown(options=words, value=words[0], description="show remarks from", style=WIDE)
        self.view = w.ToggleButtons(options=list(VIEWS), description="look at", style=WIDE)
        self.undo = w.Button(description="Undo all", tooltip="the table as it was at first")
        self.problem, self.remarks, self.shown = Page(), Page(), Page()
        for control in (self.text, self.view, self.level):
            control.observe(lambda _: self._draw(), "value")
        self.undo.on_click(lambda _: setattr(self.text, "value", text))
        look = w.HTML("<style>.dmkit-table textarea {font-family: ui-monospace, monospace; white-space: pre}</style>")
        controls = w.HBox([self.level, self.undo])
        self.widget = board(look, self.text, self.problem, controls, self.remarks, self.view, self.shown)
        self._draw()

    def _draw(self) -> None:
        found = review(self.text.value, self.view.value, self.first)
        if found.spec is None:
            self.problem.value = (
                f'<p role="alert" style="color:{RED}"><b>Not read.</b> {escape(found.problem)}. '
                "Below is what could be read last.</p>"
            )
            return
        self.spec, self.problem.value = found.spec, ""
        self.remarks.value = f'<div role="status">{report_look(found.report, self.level.value).html}</div>'
        self.shown.value = found.shown.html
        self._summary = found.report.text(Severity.ERROR).splitlines()[-1]

    def _static(self) -> Look:
        table = f'<pre style="font-size:90%;overflow-x:auto">{escape(self.text.value)}</pre>'
        seen = f"{table}{self.remarks.value}{self.shown.value}{_note('the table at first')}"
        return Look(repr(self), f"<div>{seen}</div>")

    def __repr__(self) -> str:
        count = self.spec.count()
        return (
            f"ObjectEditor({many(count.nodes, 'node')}, {many(count.leaves, 'leaf', 'leaves')}; lint: {self._summary})"
        )


def object_editor(table: str | Spec, **chosen: object) -> ObjectEditor:
    """Write a management object as a small table (``Spec.from_table``): lint, tree, node table, instance, DDF follow.

    ``view`` chooses what is seen below (``VIEWS``), ``level`` from which severity remarks are shown.

    >>> object_editor("./Lamp | 1 ! CS | node com.example/1.0/Lamp | G | A lamp. | proposal")
    ObjectEditor(1 node, 0 leaves; lint: nothing to say; 1 info not shown)
    """
    instance("table", table, (str, Spec), "a table as text, or a Spec")
    editor = ObjectEditor(table.to_table() if isinstance(table, Spec) else table.strip("\n"))
    words = {name: str(value) if isinstance(value, Severity) else value for name, value in chosen.items()}
    choose("object_editor", {"view": editor.view, "level": editor.level}, words)
    return editor
