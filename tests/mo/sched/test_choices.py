"""Readings of the sheet that a device can switch: each with its default and its rival, on a device that lives."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.mo.sched.commands import question
from dmkit.mo.sched.values import ALERT_TYPE, LIKE_OMA, Component, SchedRules, Ui
from tests.mo.sched.schedules import DAY, POLL, START, What, component, install, live, phone, rows

WEEKLY = {"base": "20251201T030000Z", "recur": "FREQ=WEEKLY;BYDAY=SU"}  # a base that is a Monday


@pytest.mark.parametrize(
    ("reading", "days"), [("first due", ["01T0300", "07T0300", "14T0300"]), ("start", ["07T0300", "14T0300"])]
)
def test_a_base_that_the_rule_does_not_name(reading, days):
    device = phone(rules=SchedRules(base=reading))
    assert install(device, "A", component(1, POLL, **WEEKLY))[-1] == 200
    assert [row[0] for row in rows(live(device, START + 15 * DAY), What.RAN)] == days


@pytest.mark.parametrize("kind", [ALERT_TYPE, LIKE_OMA])
def test_the_type_of_the_report(kind):
    """Our own type, or the look of OMA's; both travel in a Generic Alert of a session that the device opens."""
    device = phone(rules=SchedRules(alert_type=kind))
    install(device, "A", component(1, POLL, base="20251201T030000Z"))
    live(device, START + DAY)
    server = dm.Server.example(device)
    dm.converse(device, server, now=START + DAY)
    [alert] = [event.alert for _, event in server.alerts if event.alert.code == 1226]
    assert alert.items[0].meta.type == kind


@pytest.mark.parametrize(
    ("delays", "shown"),
    [
        ((0, 60, 3600, 86400), ["now", "in 1 minute", "in 1 hour", "in 1 day"]),
        ((120, 5400, 7200, 172800), ["in 2 minutes", "in 90 minutes", "in 2 hours", "in 2 days"]),
        ((1, 59, 61, 3601, 86401), ["in 1 second", "in 59 seconds", "in 61 seconds", "in 3601 seconds",
                                    "in 86401 seconds"]),
    ],
)  # fmt: skip
def test_how_delays_are_offered(delays, shown):
    """The largest unit that measures it whole; the choices stand in the order of the description."""
    asked = question(Component("1", "./Sched/A/1", (), ui=Ui.CHOOSE), delays)
    assert [item.data for item in asked.items[2:]] == shown and asked.code == 1103
