"""The job: what it leaves behind when all goes well, when something is refused, and when a session is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit.services.plan import NoPlan
from dmkit.services.planner import plan
from dmkit.services.provision import provision
from dmkit.services.state import values_of
from dmkit.tree.rules import TreeRules
from tests.services.brute import working
from tests.services.drive import drive, leaves, tree_of
from tests.strategies import situations

PHONE = {"./DevDetail/Bearer/LTE": "true", "./Card/Applications": "USIM"}
RULES = {
    "atomic": TreeRules(),
    "best effort": TreeRules(atomic="best effort"),
    "no atomic": TreeRules(atomic="unsupported"),
    "no atomic, one status": TreeRules(atomic="unsupported, one status"),
    "no parents": TreeRules(implicit_add=False, sequence_stops=True),
}


def kept_of(catalogue, values, found):
    return working(catalogue, values) & set(found.kept)


@settings(max_examples=1000)
@given(situations(auxiliary=True), st.sampled_from(sorted(RULES)))
def test_whatever_happens_at_whichever_step_what_worked_works(situation, name):
    catalogue, values, want, drop = situation
    found = plan(catalogue, values, want, drop)
    tree = tree_of(catalogue, values)
    if isinstance(found, NoPlan):
        nothing = drive(provision(want, drop, catalogue=catalogue), catalogue, tree)
        assert nothing.result.state == "no plan" and leaves(nothing.tree) == leaves(tree)
        return
    kept = kept_of(catalogue, values, found)
    solid = RULES[name].atomic == "all or nothing" or not any(step.one_piece for step in found.steps)

    def check(driven):
        now = values_of(driven.tree, catalogue)
        assert kept <= working(catalogue, now)
        assert not driven.result.broken
        if solid:
            for seen in driven.seen:
                assert kept <= working(catalogue, values_of(seen, catalogue)), "between packages too"
        if driven.result.state == "done":
            assert set(want) <= working(catalogue, now)
        if driven.result.state == "failed":
            assert leaves(driven.tree) == leaves(tree)
        return driven

    def run(**fault):
        job = provision(want, drop, catalogue=catalogue)
        return check(drive(job, catalogue, tree, rules=RULES[name], limit=1500, **fault))

    smooth = run()
    assert smooth.result.state == "done", smooth.result
    for number in range(smooth.changes):
        assert run(refuse={number}).result.state in ("done", "part done", "failed", "stranded")
    for number in range(smooth.batches):
        for how in ("request", "answer", "reboot"):
            assert run(lose=number, how=how).result.state == "done"
