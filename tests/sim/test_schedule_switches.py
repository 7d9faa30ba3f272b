"""The table of switches is the class itself: nothing is left out, each row says what it means and on what it rests."""

from __future__ import annotations

from dataclasses import fields

from dmkit.mo.sched.values import SchedRules
from dmkit.sim.schedule_switches import switches


def test_every_field_is_a_row_with_a_meaning_a_mark_and_a_source():
    rows = switches()
    assert [row.name for row in rows] == [field.name for field in fields(SchedRules)]
    for row in rows:
        assert len(row.means) > 10, row
        assert row.mark in ("UNSURE", "CONFLICT", "Evidence", "Proposal"), row
        assert row.source, row
        assert row.rivals, row


def test_a_choice_between_words_has_its_default_among_them():
    for row in switches():
        if row.rivals.startswith("'"):
            assert row.default in row.rivals.split(", "), row


def test_choices_that_change_an_outcome_name_the_cases_that_show_it():
    shown = {row.name for row in switches() if row.cases}
    assert {"gap", "hourly", "expired", "orphan", "rerun", "successor", "overflow", "tolerance"} <= shown
