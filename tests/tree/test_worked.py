"""Every worked tree command: statuses, results, and the tree afterwards, in both readings."""

from __future__ import annotations

import pytest

from dmkit.tree.tree import Tree
from dmkit.workbench.material import worked

CASES = list(worked.cases())
FIRST = [case for case in CASES if case.number.isdigit()]
OTHER = [case for case in CASES if not case.number.isdigit()]


def check(case: worked.WorkedCase) -> None:
    before, ran = worked.run(case)
    assert ", ".join(ran.statuses) == case.status
    assert " / ".join(ran.results) == case.results
    assert worked.shape(ran.tree) == worked.expected(before, case.after)
    refused = all(int(status) >= 400 or status in ("215", "216") for status in ran.statuses)
    if ran.statuses and refused and case.after == "=":
        assert ran.tree == before, "a refused command leaves all as it was, VerNo and TStamp included"


@pytest.mark.parametrize("case", FIRST, ids=lambda case: f"{case.number} {case.commands}"[:60])
def test_case(case: worked.WorkedCase) -> None:
    check(case)


@pytest.mark.parametrize("case", OTHER, ids=lambda case: f"{case.number} {case.commands}"[:60])
def test_other_reading(case: worked.WorkedCase) -> None:
    check(case)


def test_all_cases_are_here() -> None:
    assert [int(case.number) for case in FIRST] == list(range(1, 235))
    assert {type(worked.build(case.tree, "")) for case in FIRST} == {Tree}
