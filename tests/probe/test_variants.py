"""Peers that are broken on purpose: each is caught by the case made for it, and no unrelated case fails for it."""

from __future__ import annotations

import pytest

from dmkit.probe.broken import BROKEN, probe_variant
from dmkit.probe.catalogue import cases, scripts
from dmkit.probe.verdict import Verdict
from tests.probe.mutants import mutants

pytestmark = pytest.mark.slow


def some(side, *rows):
    """The first repetition of every script, and all of the scripts of ``rows``."""
    seen = set()
    for case in cases(side):
        if case.row in rows or case.script not in seen:
            seen.add(case.script)
            yield case


def failing(variant, chosen):
    return [result for result in probe_variant(variant, chosen) if result.verdict is Verdict.FAIL]


def check(variant, chosen):
    found = failing(variant, chosen)
    made = f"{variant.side} {variant.row} {variant.case}"
    assert any(result.case.partition("@")[0] == made for result in found), f"{made} does not catch it"
    unrelated = [str(result) for result in found if result.row not in (variant.row, *variant.also)]
    assert not unrelated
    assert all(result.why and result.quote and result.rule for result in found)


@pytest.mark.parametrize("name", BROKEN)
def test_a_variant_is_caught_by_its_case_and_by_no_unrelated_one(name):
    variant = BROKEN[name]
    check(variant, some(variant.side, variant.row))


@pytest.mark.nightly
@pytest.mark.parametrize("name", BROKEN)
def test_also_with_every_repetition(name):
    check(BROKEN[name], cases(BROKEN[name].side))


def test_there_are_variants_of_many_rows():
    for side in ("server", "client"):
        rows = {variant.row for variant in BROKEN.values() if variant.side == side}
        assert len(rows) >= 11, rows


@pytest.mark.slow
@pytest.mark.parametrize("side", ["server", "client"])
def test_every_script_tells_some_wrong_peer_from_a_right_one(side):
    """No case is there that cannot fail (or name a deviation)."""
    first = {}
    for case in cases(side):
        first.setdefault(case.script, case)
    left = dict(first)
    rows = {}
    for case in cases(side):
        rows.setdefault(case.row, []).append(case)
    peers = [(variant, [c for row in (variant.row, *variant.also) for c in rows.get(row, ())])
             for variant in BROKEN.values() if variant.side == side]  # fmt: skip
    peers += [(variant, None) for variant in mutants(side).values()]
    for variant, chosen in peers:
        chosen = [case for case in chosen or left.values() if case.script in left]
        for result in probe_variant(variant, chosen):
            if result.verdict in (Verdict.FAIL, Verdict.TOLERATED):
                left.pop(result.case.partition("@")[0], None)
    assert not left, f"{sorted(left)} of {len(scripts(side))} never fail"
