"""The editor of management objects, driven without a browser."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.lab.boards.objects import VIEWS, object_editor, review

TABLE = """
basis: proposal lesson
./Lamp        | 1 ! CS | node com.example/1.0/Lamp | G     | Lamps that the device drives.
  <Lamp>      | *4     | node                      | A D G | One lamp; whoever adds it chooses the name.
    On        | 1      | bool = false              | A G R | Whether it shines.
"""


@pytest.fixture
def shown():
    return object_editor(TABLE)


def test_an_edit_changes_what_lint_says(shown):
    assert "no-title" in shown.remarks.value and "1 info" in shown.remarks.value
    shown.text.value = shown.text.value.replace("= false", "= off")
    assert "default-against-format" in shown.remarks.value and "✖ error" in shown.remarks.value
    assert "lint: 1 error" in repr(shown)
    shown.text.value = shown.text.value.replace("On  ", 'On "Lit"').replace("= off", "= false")
    assert "✔ nothing to say" in shown.remarks.value


def test_half_a_line_is_said_and_the_last_good_table_stays(shown):
    before, spec = (shown.remarks.value, shown.shown.value), shown.spec
    shown.text.value += "\n    Colour | 1 | chro"
    assert "Colour: &#39;chro&#39; is no format" in shown.problem.value and 'role="alert"' in shown.problem.value
    assert (shown.remarks.value, shown.shown.value) == before and shown.spec == spec
    shown.undo.click()
    assert shown.problem.value == "" and shown.text.value == TABLE.strip("\n")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_the_object(shown, view):
    shown.view.value = view
    shown.text.value = shown.text.value.replace("Lamps that", "Lights that")
    html = shown.shown.value
    assert html and "Traceback" not in html
    expected = {"smallest instance": "Lamp", "changes": "Lights that", "TNDS": "com.example/1.0/Lamp"}
    assert expected.get(view, "Lights that") in html


def test_the_level_hides_what_weighs_less(shown):
    shown.level.value = "warning"
    assert "nothing to say; 1 info not shown" in shown.remarks.value


def test_a_view_that_cannot_be_made_says_why():
    first = dm.ddf.Spec.from_table(TABLE)
    two = "A | 1 | chr | G\nA | 1 | chr | G"
    found = review(two, "smallest instance", first)
    assert found.spec is not None and "described twice" in found.shown.text
    assert review("", "tree", first).problem == "the table has no row; at least one node stands there"


def test_controls_have_names_and_a_page_without_kernel_reads(shown):
    names = [control.description for control in (shown.text, shown.level, shown.view, shown.undo)]
    assert names == ["object", "show remarks from", "look at", "Undo all"]
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == "ObjectEditor(3 nodes, 1 leaf; lint: nothing to say; 1 info not shown)"
    assert "<pre" in bundle["text/html"] and "<script" not in bundle["text/html"]
    assert repr(object_editor(shown.spec)) == bundle["text/plain"]
