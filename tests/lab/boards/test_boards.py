"""Every board of the table, without a browser: its controls have names, each act changes what is seen, once.

``DMKIT_REDRAWS=FILE`` writes the processor time of each act, in ms.
"""

from __future__ import annotations

import html
import json
import os
import re
import time
from collections import Counter
from importlib import import_module
from inspect import signature
from pathlib import Path

import ipywidgets as w
import pytest
from matplotlib.figure import Figure

import dmkit as dm
import dmkit.lab.boards as rooms
from dmkit.lab.boards.controls import Presses
from dmkit.lab.boards.widgets import Page, _WithFallback
from dmkit.words.errors import CommandFailed, DmError
from tests.lab.boards.board_table import BOARDS, LIVE, NOTEBOOKS, Act

MAKERS = re.compile(r"\bdm\.(?:explore|stepper|boards\.\w+_explorer|boards\.dashboard|boards\.object_editor)\(")
pytestmark = pytest.mark.unsound("attackers stand on the path of some boards")
each = pytest.mark.parametrize("row", BOARDS, ids=lambda row: row.name.replace(" ", "-"))


def parts(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def controls(board):
    """Name -> control, as somebody without a mouse meets them: each button of a row of buttons by itself."""
    found = {}
    for part in parts(board.widget):
        if isinstance(part, w.ToggleButtons):
            found |= dict.fromkeys(part.options, part)
        elif not isinstance(part, w.Box | w.HTML):
            found[part.description] = part
    return found


def do(control, act: Act):
    if isinstance(control, w.ToggleButtons):
        control.value = act.control
    elif act.value is None:
        control.click()
    elif isinstance(control, w.Dropdown):
        labels = [str(option[0] if isinstance(option, tuple) else option) for option in control.options]
        control.index = labels.index(act.value)
    else:
        control.value = int(act.value) if isinstance(control, w.IntText) else act.value


def told(row, act: Act, seconds: float) -> None:
    if os.environ.get("DMKIT_REDRAWS"):
        with Path(os.environ["DMKIT_REDRAWS"]).open("a", encoding="utf-8") as file:
            file.write(f'processor,{row.name},"{act.control}",{1000 * seconds:.0f}\n')


def said(board):
    seen = " ".join(part.value for part in parts(board.widget) if isinstance(part, Page))
    return html.unescape(re.sub(r"<[^>]+>", "", seen))


def seen_live():
    """Cells of notebooks that end in a board, solutions and prints left out."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"])
            live = text.startswith(LIVE) or (MAKERS.search(text) and "print(" not in text and "%%solution" not in text)
            if cell["cell_type"] == "code" and live:
                yield path.stem[:2], text


def test_every_board_of_a_notebook_is_in_the_table():
    assert sorted(seen_live()) == sorted((row.notebook, row.cell) for row in BOARDS)


def test_every_maker_and_kind_of_board_is_in_the_table():
    makers = {name for name in rooms.__all__ if re.search(r"explore|dashboard|editor|stepper", name)}
    text = "".join(row.cell for row in BOARDS)
    assert {name for name in makers if f"{name}(" not in text} == set()
    for name in rooms.__all__:
        getattr(rooms, name)
    import_module("dmkit.lab.studies.firmware")
    kinds = {signature(eval(row.maker, {"dm": dm})).return_annotation for row in BOARDS}
    assert {kind.__name__ for kind in _WithFallback.__subclasses__()} == kinds


@each
def test_a_board_has_names_follows_its_controls_once_and_can_be_read_without_a_kernel(row):
    board = row.made()
    assert all(controls(board)), "every control has a name"
    static = board._repr_mimebundle_()
    assert static["text/plain"] == repr(board) and not repr(board).startswith("<")
    assert "run this cell" in static["text/html"]

    drawn = Counter()
    pages = [part for part in parts(board.widget) if isinstance(part, Page)]
    for page in pages:
        page.observe(lambda change: drawn.update([change["owner"].model_id]), "value")
    for act in row.acts:
        drawn.clear()
        control = controls(board)[act.control]
        before = [page.value for page in pages], control.get_state()
        began = time.process_time()
        do(control, act)
        told(row, act, time.process_time() - began)
        assert ([page.value for page in pages], control.get_state()) != before or isinstance(control, Presses), act
        assert act.sees in said(board), act
        assert max(drawn.values(), default=0) <= 1, f"{act}: a pane is drawn once for a change"


@each
def test_a_wrong_argument_is_one_sentence(row):
    assert len(row.wrong) >= 2, "each board is called wrongly too"
    for call, says in row.wrong:
        with pytest.raises(DmError) as told:
            row.called(call)
        assert says in str(told.value), call
        assert "\n" not in str(told.value) and not isinstance(told.value, CommandFailed), call


@each
def test_figures_of_a_board_are_drawn_once_for_a_change(row, monkeypatch):
    """Where axes stand is measured when the board is made; to measure it again would cost as much as to draw."""
    board, drawn, once = row.made(), Counter(), Figure.draw

    def draw(figure, *rest, **more):
        drawn.update(["figure"])
        return once(figure, *rest, **more)

    monkeypatch.setattr(Figure, "draw", draw)
    for act in row.acts:
        drawn.clear()
        do(controls(board)[act.control], act)
        assert drawn["figure"] <= 1, act
