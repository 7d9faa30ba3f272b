"""Two views of gating on one week."""

from __future__ import annotations

from dmkit.lab.studies import gating


def test_both_views_tell_of_the_same_week_and_leave_out_what_they_say():
    week = gating.reports()
    counts = gating.counted(week)
    runs = counts[[1200, 1201]].sum(axis=1)
    assert runs["mask 0: everything"] == runs["rules: command 3 only"] == 6
    assert runs["mask 1: no results"] == runs["rules: what is not 200"] == 0
    assert counts.loc["mask 7: what was put off", [1200, 1201, 1210, 1405]].tolist() == [0, 0, 2, 0]
    assert counts.loc["mask 15: nothing"].sum() == 0
    assert counts.loc["rules: command 3 only", "statuses told"] == 7
    assert counts.loc["rules: what is not 200", "statuses told"] == 1


def test_a_status_that_a_rule_collects_is_not_told_twice():
    told = [text for text in gating.reports()["told"] if "500" in text]
    assert told
    assert all(text.count("./Do/It") == 1 for text in told)


def test_the_figure_says_what_it_shows():
    axes = gating.picture(gating.reports(days=4))
    assert "mask 15: nothing: 0 reports" in axes.told
    assert axes.get_xlabel().startswith("days")
