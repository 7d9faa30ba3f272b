"""The matrix counts tests that ran and passed; a mark alone, a skipped or an empty test covers nothing."""

from __future__ import annotations

import json

import pytest

from dmkit.cli.conformance import (
    RECORD,
    Recorded,
    main,
    mark_of,
    matrix,
    read_record,
    read_rows,
    spec_marks,
    unfinished,
    write_record,
)
from dmkit.words.errors import ConfigError

pytest_plugins = ["pytester"]

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


TESTS = """
import pytest

@pytest.mark.spec("P-01")
def test_passes():
    assert 1 + 1 == 2

@pytest.mark.spec("P-02")
def test_is_skipped():
    pytest.skip("no")

@pytest.mark.spec("P-03")
def test_is_empty():
    '''Later.'''
    ...

@pytest.mark.spec("P-04")
def test_fails():
    assert False

@pytest.mark.spec("P-05")
@pytest.mark.xfail(strict=True)
def test_is_expected_to_fail():
    assert False

@pytest.mark.skip
@pytest.mark.spec("P-06")
def test_never_runs():
    assert True

@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.spec("P-07")), 2,
                               pytest.param(3, marks=[pytest.mark.spec("P-08"), pytest.mark.skip])])
def test_of_cases(n):
    assert n

@pytest.fixture
def broken():
    raise OSError("no such thing")

@pytest.mark.spec("P-09")
def test_whose_setup_fails(broken):
    assert True

@pytest.mark.spec("P-10")
@pytest.mark.parametrize("n", [0, 1])
def test_one_case_fails(n):
    assert n
"""
PLUGIN = """
from pathlib import Path
import tests.recording as recording

def pytest_configure(config):
    config.pluginmanager.register(recording.Recorder(Path(__file__).parent, False))

def pytest_collection_modifyitems(items):
    for item in items:
        recording.claim(item)
"""


def test_only_tests_that_ran_and_passed_cover_a_row(pytester):
    folder = pytester.mkpydir("cases")
    (folder / "test_mine.py").write_text(TESTS)
    (folder / "conftest.py").write_text(PLUGIN)
    pytester.makeini("[pytest]\nmarkers = spec(id): a row")
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", str(folder))
    states = {row.id: row.state for row in matrix(folder) if row.id[0] == "P"}
    assert (
        states
        | {
            "P-01": "covered",
            "P-02": "claimed",
            "P-03": "claimed",
            "P-04": "failing",
            "P-05": "claimed",
            "P-06": "claimed",
            "P-07": "covered",
            "P-08": "claimed",
            "P-09": "failing",
            "P-10": "failing",
        }
        == states
    )
    assert states["P-11"] == "open"
    [row] = [row for row in matrix(folder) if row.id == "P-07"]
    assert row.tests == ("cases/test_mine.py::test_of_cases",)


def recorded(folder, **outcomes):
    folder.mkdir(exist_ok=True)
    path = folder / "test_a.py"
    path.write_text("import pytest\n@pytest.mark.spec('P-05')\ndef test_it(): assert 1\n")
    name = f"{folder.name}/test_a.py"
    write_record({f"{name}::{test}": Recorded(("P-05",), how, mark_of(path)) for test, how in outcomes.items()}, folder)
    return path


def test_what_was_recorded_of_a_file_that_has_changed_does_not_count(tmp_path):
    path = recorded(tmp_path / "tests", test_it="passed")
    assert [row.id for row in matrix(tmp_path / "tests") if row.state == "covered"] == ["P-05"]
    path.write_text(path.read_text() + "\n# changed\n")
    assert [row.id for row in matrix(tmp_path / "tests") if row.state == "claimed"] == ["P-05"]
    assert read_record(tmp_path / "tests") == {}


def test_runs_add_up_and_the_last_word_on_a_test_counts(tmp_path):
    recorded(tmp_path / "tests", test_it="passed")
    recorded(tmp_path / "tests", test_other="passed")
    assert len(read_record(tmp_path / "tests")) == 2
    recorded(tmp_path / "tests", test_it="failed")
    [row] = [row for row in matrix(tmp_path / "tests") if row.id == "P-05"]
    assert row.state == "failing" and row.failed == ("tests/test_a.py::test_it",)


def test_a_record_that_is_none_is_one_sentence(tmp_path, capsys):
    (tmp_path / "tests").mkdir()
    (tmp_path / RECORD).write_text('{"a": 1}')
    with pytest.raises(ConfigError, match="run the tests again"):
        matrix(tmp_path / "tests")
    assert main(["--tests", str(tmp_path / "tests")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_is_finished_when_every_row_is_covered_or_excused():
    rows = matrix()
    covered = [type(row)(row.id, row.client, row.server, row.text, row.source, ("t",)) for row in rows]
    assert unfinished(covered, "") == []
    bare = [type(row)(row.id, row.client, row.server, row.text, row.source) for row in rows]
    assert len(unfinished(bare, "")) == len(rows)
    page = "## Rows that stay open\n\n| Rows |\n|---|\n| P-01 P-02 | x | y |\n| P-02 | x | y |\n"
    assert unfinished(covered, page) == [
        "P-02 is excused twice",
        "P-01 is covered now: take it off the page",
        "P-02 is covered now: take it off the page",
    ]


def test_json_has_the_agreed_form(capsys):
    assert main(["--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert set(rows[0]) == {"id", "client", "server", "tests", "state", "probe_cases", "readings"}
    assert "Rules.retries" not in {name for row in rows for name in row["readings"]}, "it names no section"
    assert any(row["readings"] for row in rows) and any(row["probe_cases"]["server"] for row in rows)
    assert {row["state"] for row in rows} <= {"covered", "failing", "claimed", "open"}


def test_missing_tests_are_one_sentence(tmp_path, capsys):
    assert main(["--tests", str(tmp_path / "none")]) == 2
    assert "give their folder with --tests" in capsys.readouterr().err
