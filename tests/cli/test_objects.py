"""``dmkit objects``, and the page of the manual that is made from the same rows."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from dmkit.cli import main
from dmkit.cli.objects import rows
from dmkit.mo import OBJECTS

PAGES = Path(__file__).resolve().parents[2] / "docs" / "make_pages.py"


def test_it_prints_counts_of_provenance(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["objects"]) == 0
    said = capsys.readouterr().out
    for name, row in OBJECTS.items():
        [line] = [line for line in said.splitlines() if line.split()[0] == name]
        assert row.id in line and str(row.spec.count().nodes) in line.split()
    total = sum(row.spec.count().nodes for row in OBJECTS.values())
    assert f"{len(OBJECTS)} objects, {total} nodes: " in said.splitlines()[-1]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["objects", "fumo", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["id"], row["version"], row["nodes"]) == ("urn:oma:mo:oma-fumo:1.0", "1.0", 11)
    assert row["basis"] == {"established": 11} and row["states"] == 10 and "Exec" in row["uses"]
    assert all(sum(r["basis"].values()) == r["nodes"] for r in rows())
    assert all(sum(r["basis_of_codes"].values()) == r["codes"] for r in rows())


def test_a_name_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["objects", "fumes"]) == 2
    assert "no management object 'fumes'; there are dmacc, " in capsys.readouterr().err


def test_the_page_has_every_node_state_and_code() -> None:
    spec = importlib.util.spec_from_file_location("make_pages", PAGES)
    assert spec is not None and spec.loader is not None
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    page = pages.objects()
    for row in OBJECTS.values():
        assert f"## {row.title}" in page and row.id in page
        assert all(f"`{place.uri}`" in page for place in row.spec.walk())
        assert all(f"| {code.number} | {code.phrase} |" in page for code in row.results.values())
        assert all(f"**{state}**" in page for machine in row.machines for state in machine.table)
