"""The matrix is read from the tests, and nothing claims a row that does not exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dmkit.cli.conformance import main, matrix, read_rows, spec_marks

SOURCE = """
import pytest
pytestmark = pytest.mark.spec("R-001")

@pytest.mark.spec("P-01", "P-02")
def test_one(): ...

class TestMore:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.spec("P-03"))])
    def test_two(self, x): ...

def helper(): ...
"""


def test_marks_are_found_in_decorators_parameters_and_modules():
    assert list(spec_marks(SOURCE, "t.py")) == [
        ("R-001", "t.py::test_one"),
        ("P-01", "t.py::test_one"),
        ("P-02", "t.py::test_one"),
        ("R-001", "t.py::TestMore::test_two"),
        ("P-03", "t.py::TestMore::test_two"),
    ]


def test_rows_are_unique_and_levelled():
    rows = read_rows()
    assert len({row.id for row in rows}) == len(rows) > 100
    assert all(row.text and row.source and row.client and row.server for row in rows)
    assert {row.id[0] for row in rows} == set("PXTOBNDFR")


def test_every_claim_names_a_row():
    known = {row.id for row in read_rows()}
    claimed = {test for row in matrix() for test in row.tests}
    assert claimed
    assert known >= {row.id for row in matrix()}


@pytest.mark.parametrize("row", [r for r in matrix() if r.id[0] != "R"], ids=lambda r: r.id)
def test_rows_of_the_technical_specifications_are_covered(row):
    assert row.state == "covered"


def test_requirements_that_stay_open_are_listed_with_a_reason():
    page = Path(__file__).resolve().parents[2] / "data" / "spec" / "README.md"
    table = page.read_text(encoding="utf-8").partition("## Rows that stay open")[2]
    listed = [row for cell in re.findall(r"^\| (R-[^|]*) \|", table, re.M) for row in cell.split()]
    still_open = {row.id for row in matrix() if row.state == "open"}
    assert len(listed) == len(set(listed))
    assert not still_open - set(listed), "open, and the page does not say why"
    assert not set(listed) - still_open, "covered now: take them off the page"


def test_json_has_the_agreed_form(capsys):
    assert main(["--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert set(rows[0]) == {"id", "client", "server", "tests", "state"}
    assert {row["state"] for row in rows} <= {"covered", "open"}


def test_missing_tests_are_one_sentence(tmp_path, capsys):
    assert main(["--tests", str(tmp_path / "none")]) == 2
    assert "give their folder with --tests" in capsys.readouterr().err
