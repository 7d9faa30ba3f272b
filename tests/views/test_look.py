"""Colours: every text stands out on every theme, every picture brings its ground."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.lab.plots import enablers as enabler_plots
from dmkit.lab.plots import exploring, plot
from dmkit.lab.plots.drawing import COLOURS
from dmkit.lab.studies import asking, capture
from dmkit.views import look

ENOUGH = 4.5
"""WCAG 2.2 §1.4.3, level AA."""
colours = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


@pytest.mark.parametrize("theme", look.THEMES)
@pytest.mark.parametrize("hue", look.HUES)
def test_coloured_text_is_legible_on_every_theme(theme, hue):
    ink, paper = look.THEMES[theme]
    assert look.contrast(look.mixed(look.HUES[hue], ink), paper) >= ENOUGH
    assert look.contrast(ink, paper) >= ENOUGH


@pytest.mark.parametrize("name", look.Paint.__slots__)
def test_paint_is_legible_on_white_and_carries_white_text(name):
    assert look.contrast(getattr(look.PAINT, name), "#ffffff") >= ENOUGH


@pytest.mark.parametrize("hue", look.HUES)
def test_lines_stand_out_from_white(hue):
    assert look.contrast(look.HUES[hue], "#ffffff") >= 2.2  # yellow; a word or a sign stands beside each
    assert look.contrast(look.HUES[hue], "#111111") >= 3


@pytest.mark.parametrize("name", look.Ground.__slots__)
def test_ink_is_legible_on_every_ground(name):
    ground = getattr(look.GROUND, name)
    assert look.contrast(look.PAINT.ink, ground) >= ENOUGH
    assert look.contrast(look.INK_OF_PAGES, ground) >= ENOUGH, "the report of a probe has the ink of its page"


@pytest.mark.parametrize("name", sorted(set(look.Stroke.__slots__) - {"pale", "faint"}))
def test_a_line_that_says_something_stands_out(name):
    assert look.contrast(getattr(look.STROKE, name), "#ffffff") >= 3  # WCAG 2.2 §1.4.11


OWN_PAGES = {"lab/runs/report.py", "workbench/whatif/report.py", "windows/site.py", "windows/sayings.py"}
"""Modules that write whole pages, with a style sheet of their own: every ink of theirs is judged below."""


def coloured():
    root = Path(dm.__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        found = re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8"))
        if found and name != "views/look.py":
            yield name, set(found)


def test_colours_of_pictures_stand_in_one_file():
    assert {name for name, found in coloured() if found - {"#ffffff"}} <= OWN_PAGES | {"lab/plots/drawing.py"}
    assert set(COLOURS) >= {look.HUES["blue"], look.HUES["orange"], look.HUES["green"], look.HUES["yellow"]}


@pytest.mark.parametrize("name", sorted(OWN_PAGES))
def test_ink_of_pages_of_our_own_is_legible(name):
    text = (Path(dm.__file__).parent / name).read_text(encoding="utf-8")
    inks = re.findall(r"body ?\{+[^}]*?\bcolor: ?(#[0-9a-f]{6})(?:;background:(#[0-9a-f]{3,6}))?", text)
    assert inks or not re.search(r"[;{ ]color:", text)
    for ink, ground in inks:
        full = ground if len(ground) == 7 else "#ffffff"
        assert look.contrast(ink, full) >= ENOUGH
        grounds = re.findall(r"(?<!;)background: (#[0-9a-f]{6})", text)
        assert all(look.contrast(ink, other) >= ENOUGH for other in grounds)


@pytest.mark.parametrize(
    "table", [plot._LEVELS, enabler_plots.NEEDS, enabler_plots.FINDINGS, asking.STOPS, capture.READERS, exploring.LOOKS]
)
def test_a_sign_in_a_cell_stands_out_from_the_cell(table):
    for word, (cell, _, sign) in table.items():
        assert look.contrast(sign, cell) >= ENOUGH, word


@given(colours, colours)
def test_contrast_is_a_ratio(one, other):
    assert 1 <= look.contrast(one, other) <= 21
    assert look.contrast(one, other) == look.contrast(other, one)


@given(colours, colours, st.integers(0, 100))
def test_a_mixture_lies_between_its_parts(one, other, share):
    low, high = sorted((look._luminance(one), look._luminance(other)))
    assert look.mixed(one, other, 100) == one and look.mixed(one, other, 0) == other
    parts = zip(look._channels(one), look._channels(other), look._channels(look.mixed(one, other, share)), strict=True)
    assert all(min(a, b) <= c <= max(a, b) for a, b, c in parts)
    assert low <= high


def shown():
    device = dm.Device.example()
    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.read("./DevInfo/Man"))
    yield "transcript", talk
    yield "step", dm.show(device.connect().start())
    yield "tree", dm.show(device.tree)
    yield "message", dm.show(talk[0].message)


@pytest.mark.parametrize(("name", "thing"), list(shown()), ids=lambda value: value if isinstance(value, str) else "")
def test_no_page_states_a_colour_of_its_own(name, thing):
    html = thing._repr_mimebundle_()["text/html"]
    assert html.startswith('<div class="dmkit" style="--dm-ink:')
    page = re.sub(r'<img src="[^"]*"', "<img", html.partition('">')[2])
    assert not re.findall(r"[;\"']color:\s*#", page), "text takes a colour of the theme"
    assert all("var(--dm-" in found for found in re.findall(r"[;\"'](color:[^;\"']*)", page))
