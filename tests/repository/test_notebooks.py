"""Notebooks are kept clean: run from top to bottom, short cells, house style, nothing about who ran them where."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import dmkit as dm

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
TAGS = {"remove-input", "nbval-ignore-output", "raises-exception"}
LIVE = "application/vnd.jupyter.widget-view+json"
WIDEST = 100
"""Signs of a line of code."""

each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code(path):
    return [cell for cell in notebook(path)["cells"] if cell["cell_type"] == "code"]


def prose(path):
    return ["".join(cell["source"]) for cell in notebook(path)["cells"] if cell["cell_type"] == "markdown"]


def source(cell):
    """What is Python in it: a line of IPython's own (``%load_ext``, ``%%solution``) is none."""
    return "".join(line for line in cell["source"] if not line.startswith("%"))


def test_there_are_notebooks_and_their_names_are_in_style():
    assert len(PATHS) >= 4
    assert all(re.fullmatch(r"\d\d(-[a-z0-9]+)+", path.stem) for path in PATHS)


@each
def test_cells_were_run_once_from_top_to_bottom(path):
    counts = [cell["execution_count"] for cell in code(path)]
    assert counts == list(range(1, len(counts) + 1))


@each
def test_metadata_is_that_of_any_python_kernel(path):
    assert notebook(path)["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook(path)["cells"]:
        assert set(cell["metadata"]) <= {"tags", "jupyter"}
        assert set(cell["metadata"].get("tags", ())) <= TAGS


@each
def test_nothing_tells_where_or_by_whom_it_was_run(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|Users|root|tmp|work)/|site-packages|[A-Z]:\\\\", text)
    assert LIVE not in text, "a saved widget id is nothing to anybody; the HTML beside it is"


@each
def test_no_cell_complains(path):
    for cell in code(path):
        for output in cell["outputs"]:
            assert output.get("name") != "stderr", source(cell)
            assert output["output_type"] != "error" or "raises-exception" in cell["metadata"]["tags"]


@each
def test_code_is_short_and_plain(path):
    cells = notebook(path)["cells"]
    assert 0.4 <= len(prose(path)) / len(cells) <= 0.7
    for cell in code(path):
        assert len(source(cell).splitlines()) <= 8
        for line in cell["source"]:
            assert len(line.rstrip()) <= WIDEST, f"JupyterLab scrolls it at 800 pixels: {line}"
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, ast.ClassDef)
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 3
    imports = [source(cell) for cell in code(path) if re.search(r"^(import|from) ", source(cell), re.M)]
    assert imports == ["import dmkit as dm"]


@each
def test_it_begins_with_a_question_and_ends_with_exercises_and_references(path):
    texts = prose(path)
    assert texts[0].startswith("# ")
    for part in ("**Question.**", "**Time.**", "**What to know first.**"):
        assert part in texts[0]
    assert "**Try this.**" in "\n".join(texts)
    assert "## Summary" in texts[-2] and "## Exercises" in texts[-2]
    assert texts[-1].startswith("## References")
    tasks = len(re.findall(r"^\d\. ", texts[-2].partition("## Exercises")[2], re.M))
    solutions = [cell for cell in code(path) if cell["source"][0].startswith("%%solution")]
    assert len(solutions) == tasks
    for number, cell in enumerate(solutions, 1):
        assert len(cell["source"]) <= 8
        assert cell["source"][0].split() == ["%%solution", str(number)]
        assert cell["metadata"] == {"jupyter": {"source_hidden": True}, "tags": ["remove-input"]}
        assert cell["outputs"][0]["data"]["text/html"][0].startswith("<details><summary>Solution ")


@each
def test_the_reader_predicts_at_least_twice(path):
    """A question in words, a place for the guess, and behind it something that runs."""
    cells = notebook(path)["cells"]
    asked = [n for n, cell in enumerate(cells) if cell["cell_type"] == "code" and ", guess)" in source(cell)]
    assert len(asked) >= 2
    for n in asked:
        assert cells[n - 1]["cell_type"] == "markdown" and "?" in "".join(cells[n - 1]["source"])
        assert source(cells[n]) == f'guess = None\ndm.check("{path.stem[:2]}.{source(cells[n])[-11:-9]}", guess)'
        assert any(cell["cell_type"] == "code" for cell in cells[n + 1 : n + 4])


@each
def test_what_is_not_compared_has_a_reason(path):
    for cell in code(path):
        if "nbval-ignore-output" in cell["metadata"].get("tags", ()):
            assert source(cell).startswith("# not compared: ")
            assert "text/html" in cell["outputs"][0]["data"], "a page without kernel shows something"


@each
def test_outputs_are_for_people(path):
    """No bar that stands at 0 for ever, one style of table, digits that mean something, words for each picture."""
    for cell in code(path):
        for output in cell["outputs"]:
            data = output.get("data", {})
            text = "".join(output.get("text", data.get("text/plain", "")))
            page = "".join(data.get("text/html", ""))
            seen = text + re.sub(r"<[^>]*>", " ", page)
            assert not set(data) & {"image/png", "image/svg+xml"}, f"a picture without words: {source(cell)}"
            assert not re.search(r"\d%\|", seen), f"a bar: {source(cell)}"
            assert not re.search(r"(±|\+-) ?[\d.]+e[+-]?\d", seen), f"an error as a power of ten: {source(cell)}"
            assert not re.search(r"(?<![\w.])\d+\.\d{9,}", seen), f"more digits than anybody wants: {source(cell)}"
            assert 'class="dataframe"' not in page, f"a table of another style: {source(cell)}"
            assert "dmkit-page" in page or not re.search(r"<pre(?![^>]*font-family)", page), (
                "Voilà has letters of any width"
            )
            assert "Up: ." not in seen and "Across: ." not in seen
            for picture in re.findall(r"<img [^>]*>", page):
                assert len(re.search(r'alt="([^"]*)"', picture)[1]) > 10, source(cell)


@each
def test_links_to_other_notebooks_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+\.ipynb)\)", "\n".join(prose(path))):
        assert (FOLDER / target).exists(), target


def test_the_drawn_state_machine_is_the_table_of_the_engine():
    drawn = dm.views.state_chart(dm.session.TRANSITIONS, "client")._repr_mimebundle_()
    stored = [output["data"] for cell in code(FOLDER / "01-a-conversation.ipynb") for output in cell["outputs"]
              if "data" in output]  # fmt: skip
    assert drawn in [{kind: "".join(text) for kind, text in data.items()} for data in stored]


def test_nothing_is_drawn_by_a_program_that_a_page_must_fetch():
    for path in PATHS:
        assert not [text for text in prose(path) if "```mermaid" in text], path  # Voilà shows nothing in its place


@each
def test_heads_of_tables_stand_over_what_they_head(path):
    """Viewers put heads to the right or the middle, and cells elsewhere, where a table does not say."""
    pages = [output.get("data", {}).get("text/html", "") for cell in code(path) for output in cell["outputs"]]
    for head in re.findall(r"<th scope=.col.[^>]*>", "".join("".join(page) for page in pages)):
        assert "text-align:" in head, head


def test_times_of_the_first_notebook_are_those_of_the_others():
    texts = "\n".join(prose(next(path for path in PATHS if path.stem.startswith("00-"))))
    minutes = {number: int(row) for number, row in re.findall(r"^\| \[(\d\d) .*\| (\d+) \|$", texts, re.M)}
    assert set(minutes) == {path.stem[:2] for path in PATHS} - {"00"}
    paths = re.findall(r"^\| \*\*.*\| (\[01\].*?) \| (\d) h (\d+) min", texts, re.M)
    assert len(paths) == 4
    for listed, hours, more in paths:
        assert sum(minutes[number] for number in re.findall(r"\[(\d\d)\]", listed)) == 60 * int(hours) + int(more)
