"""A version is cut by one command: the notes become a section, the version stands everywhere."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CUT = runpy.run_path(str(ROOT / "docs" / "cut_version.py"))


@pytest.fixture
def copy(tmp_path):
    for name in {name.strip() for name in CUT["PLACES"]} | {"CHANGELOG.md"}:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "changes.d").mkdir()
    (tmp_path / "changes.d" / "README.md").write_text("kept\n")
    (tmp_path / "changes.d" / "b.md").write_text("Second.\nGoes on.\n")
    (tmp_path / "changes.d" / "a.md").write_text("- First.\n")
    return tmp_path


def test_notes_are_collected_and_versions_written(copy):
    CUT["cut"](copy, "9.8.7", "2031-02-03")
    log = (copy / "CHANGELOG.md").read_text()
    assert "## 9.8.7, 2031-02-03\n\n- First.\n- Second.\n  Goes on.\n\n## " in log
    assert [path.name for path in (copy / "changes.d").iterdir()] == ["README.md"]
    assert 'version = "9.8.7"' in (copy / "pyproject.toml").read_text()
    assert '__version__ = "9.8.7"' in (copy / "dmkit" / "__init__.py").read_text()
    citation = (copy / "CITATION.cff").read_text()
    assert "\nversion: 9.8.7\n" in citation and "\ndate-released: 2031-02-03\n" in citation


@pytest.mark.parametrize(("version", "date"), [("1.0", "2031-02-03"), ("1.0.0", "3 Feb"), ("v1.0.0", "2031-02-03")])
def test_what_is_not_right_touches_nothing(copy, version, date):
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=r"."):
        CUT["cut"](copy, version, date)
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_a_version_is_cut_once(copy):
    CUT["cut"](copy, "9.8.7", "2031-02-03")
    with pytest.raises(ValueError, match=r"9\.8\.7 has a section"):
        CUT["cut"](copy, "9.8.7", "2031-02-03")
