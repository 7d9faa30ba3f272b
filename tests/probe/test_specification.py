"""The catalogue as a whole, and the page that is made from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dmkit.cli.conformance import read_rows
from dmkit.probe.catalogue import cases, scripts
from dmkit.probe.covering import covering, pairs, pairs_of
from dmkit.probe.own import probe
from dmkit.probe.specification import specification

ROOT = Path(__file__).resolve().parents[2]
LETTERS = "PXTOBNDF"


def test_the_page_is_the_catalogue():
    page = (ROOT / "docs" / "test-specification.md").read_text(encoding="utf-8")
    assert page == specification(), "dmkit probe spec --out docs/test-specification.md"
    for side in ("server", "client"):
        for case in scripts(side):
            assert f"### {case.script}\n" in page


@pytest.mark.parametrize("side", ["server", "client"])
def test_there_are_enough_cases_of_rows_that_bind(side):
    """At least 150 for each side, from rows that say must, should or must not."""
    level = {row.id: getattr(row, side) for row in read_rows()}
    binding = [case for case in cases(side) if re.match(r"[MSX]", level[case.row])]
    assert len(binding) >= 150
    assert {case.row[0] for case in cases(side)} <= set(LETTERS)
    assert len({case.id for case in cases(side)}) == len(cases(side))


@pytest.mark.parametrize("side", ["server", "client"])
def test_every_case_names_a_row_and_a_section(side):
    rows = {row.id for row in read_rows()}
    for case in scripts(side):
        assert case.row in rows, case.script
        assert re.search(r"[A-Z]+ §\d", case.source), case.script
        assert case.title and any(step.expect for step in case.steps), case.script


@pytest.mark.parametrize("side", ["server", "client"])
def test_every_pair_of_values_meets(side):
    for case in scripts(side):
        if len(case.vary) > 1:
            met = set().union(*(pairs_of(row) for row in covering(case.vary)))
            assert met == pairs(case.vary), case.script


@pytest.mark.parametrize("side", ["server", "client"])
def test_two_runs_give_the_same_verdicts(side):
    first = [case for number, case in enumerate(cases(side)) if number % 7 == 0]
    one, other = (tuple((r.case, r.verdict, r.why, r.evidence) for r in probe(side, first)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("case", [c for c in scripts("client") if c.level == "read"], ids=lambda case: case.script)
def test_a_case_that_reads_writes_nothing(case):
    said = " ".join(step.commands for step in case.steps)
    assert not re.search(r"\b(Add|Replace|Delete|Copy|Exec)\b", said)
    assert all(step.do != "prepare" for step in case.steps)


@pytest.mark.parametrize("case", [c for c in scripts("client") if c.level == "write"], ids=lambda case: case.script)
def test_a_case_that_writes_does_so_below_the_node(case):
    for step in case.steps:
        for command in re.findall(r"(?:Add|Replace|Delete|Copy|Exec) \(T ([^,? )]+)", step.commands):
            assert command.startswith("{node}"), command
