"""Every row of the table of cases, by each of its readings, on the plain loop and under SimPy."""

from __future__ import annotations

import pytest

from dmkit.mo.sched.build import component
from dmkit.mo.sched.events import What
from dmkit.mo.sched.values import SchedRules
from dmkit.sim.schedule import DAY, OWNER, START, install, phone, run, simulate
from dmkit.sim.schedule_cases import cases, play
from dmkit.words.errors import ConfigError

EACH = [(case, reading, rows) for case in cases() for reading, rows in (("", case.expected), *case.readings)]


@pytest.mark.parametrize(("case", "reading", "expected"), EACH, ids=[f"{c.id} {r}".strip() for c, r, _ in EACH])
def test_case(case, reading, expected):
    assert play(case, reading, run) == expected
    assert play(case, reading, simulate) == expected


def test_there_are_the_47_and_at_least_50_more_and_siblings():
    numbers = [case.id for case in cases()]
    assert {str(n) for n in range(1, 48)} <= set(numbers) and len(numbers) == len(set(numbers)) >= 200
    assert all(case.title and case.source for case in cases())


def test_every_reading_is_a_choice_of_the_rules_and_changes_something_somewhere():
    readings = [reading for case in cases() for reading, _ in case.readings]
    chosen = {part.partition("=")[0] for reading in readings for part in reading.split(" and ")}
    assert chosen <= set(SchedRules.__dataclass_fields__)
    for name in chosen - {"overflow"}:  # what these change stands in a test of their own
        rows = [(case.expected, said) for case in cases() for reading, said in case.readings if name in reading]
        assert any(expected != said for expected, said in rows), name


def test_a_line_that_is_nothing_is_refused():
    from dataclasses import replace

    with pytest.raises(ConfigError, match="is nothing that can happen"):
        play(replace(cases()[0], life=("1201T0100 dance",)))


@pytest.mark.parametrize(("rule", "times"), [("oldest", ["1204", "1205"]), ("newest", ["1201", "1202"])])
def test_a_full_outbox_loses_the_oldest_or_the_newest(rule, times):
    device = phone(SchedRules(max_outbox=2, overflow=rule))
    daily = component(1, "Replace ./Vendor/Acme/Poll 60", base="20251201T030000Z", recur="FREQ=DAILY")
    install(device, "A", daily)
    happened = run(device, START + 5 * DAY)
    assert sum(h.what is What.LOST for h in happened) == 3 and len(device.scheduler.outbox) == 2
    said = device.reports(OWNER, device.scheduler.now)
    assert [alert.items[1].text[4:8] for alert in said[:2]] == times
    assert [item.text for item in said[2].items] == ["1407", "3"]
    for alert in said:
        device.reported(alert)
    assert device.reports(OWNER, device.scheduler.now) == ()
