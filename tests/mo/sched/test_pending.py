"""What waits by Jitter, what tasks of an event do to schedules, and a tree that is written when somebody looks."""

from __future__ import annotations

import pytest

from dmkit.mo.sched.values import SchedRules
from dmkit.words.codes import StatusCode
from dmkit.words.outcome import Outcome
from tests.mo.sched.schedules import (
    DAILY,
    DAY,
    HOUR,
    POLL,
    START,
    EventKind,
    Signal,
    What,
    component,
    install,
    live,
    options,
    phone,
)

DUE = START + 3 * HOUR
LATE = 0.9 * 1801  # where a draw of 0.9 puts it, with Jitter 1800
PAUSES = {
    "low": (Signal(EventKind.BATTERY, 1), Signal(EventKind.BATTERY, 90)),
    "off": (Signal(EventKind.POWER_OFF), Signal(EventKind.POWER_ON)),
    "held": (Signal(EventKind.USER_SUSPEND, "", "./Sched/A"), Signal(EventKind.USER_RESUME, "", "./Sched/A")),
    "clock lost": (Signal(EventKind.TRUSTED, False), Signal(EventKind.TRUSTED, True)),
    "clock back": (Signal(EventKind.CLOCK, -5), Signal(EventKind.CLOCK, 5)),
    "clock on": (Signal(EventKind.CLOCK, 5), Signal(EventKind.CLOCK, -5)),
    "zone": (Signal(EventKind.ZONE, "CET-1"), Signal(EventKind.ZONE, "UTC0")),
}


@pytest.mark.parametrize("untrusted", ["runs", "waits"])
@pytest.mark.parametrize("missed", [0, 1, 2])
@pytest.mark.parametrize("pause", PAUSES)
def test_a_run_that_waits_by_jitter_outlives_a_pause(pause, missed, untrusted):
    """Due at 3:00, drawn to 3:27: what happens from 3:05 to 3:10 takes nothing away."""
    device = phone(draw=lambda uri, due: 0.9, rules=SchedRules(untrusted=untrusted))
    assert install(device, "A", component(1, POLL, **DAILY, jitter=1800), options(missed=missed)) == [200]
    begins, ends = PAUSES[pause]
    happened = live(device, START + DAY, (DUE + 300, begins), (DUE + 600, ends))
    assert [(h.at, h.due) for h in happened if h.what is What.RAN] == [(DUE + int(LATE), DUE)]
    assert not [h for h in happened if h.what in (What.MISSED, What.CANCELLED)]


@pytest.mark.parametrize("missed", [0, 1, 2])
def test_a_pause_beyond_what_jitter_drew_is_missed_and_said(missed):
    device = phone(draw=lambda uri, due: 0.9)
    install(device, "A", component(1, POLL, **DAILY, jitter=1800), options(missed=missed, missed_delay=60))
    begins, ends = PAUSES["low"]
    happened = live(device, START + DAY, (DUE + 300, begins), (DUE + 3600, ends))
    assert [h.due for h in happened if h.what is What.MISSED] == [DUE]
    ran = [h.at for h in happened if h.what is What.RAN]
    assert ran == {0: [], 1: [DUE + 3600], 2: [DUE + 3660]}[missed]


@pytest.mark.parametrize("pause", ["low", "off", "held"])
def test_a_schedule_installed_behind_its_due_time_does_not_run_for_it(pause):
    device = phone(draw=lambda uri, due: 0.9)
    live(device, DUE + 60)
    install(device, "A", component(1, POLL, **DAILY, jitter=1800))
    begins, ends = PAUSES[pause]
    happened = live(device, START + DAY, (DUE + 300, begins), (DUE + 600, ends))
    assert not [h for h in happened if h.what in (What.RAN, What.MISSED)]


STARTS = {
    "time": {"base": "20251201T010000Z", "recur": "FREQ=DAILY"},
    "event": {"traps": ("roaming-entered",)},
    "threshold": {"thresholds": ("./Bat/Level LT 20 60",)},
}
SIGNALS = ((START + HOUR, Signal(EventKind.ROAMING, True)), (START + HOUR, Signal(EventKind.VALUE, 10, "./Bat/Level")))


@pytest.mark.parametrize("start", STARTS)
def test_a_task_changes_another_schedule_and_that_goes_on(start):
    device = phone()
    install(device, "B", component(1, POLL, **DAILY))
    task = "Replace ./Sched/B/Component/1/Condition/Time/Recur FREQ=HOURLY"
    install(device, "A", component(1, task, **STARTS[start]))
    happened = live(device, START + 6 * HOUR, *SIGNALS)
    assert [h.at for h in happened if h.what is What.RAN and "/B/" in h.uri] == [DUE + n * HOUR for n in range(4)]


@pytest.mark.parametrize("start", STARTS)
def test_a_task_that_stops_its_own_schedule_goes_to_its_end(start):
    device = phone()
    install(device, "A", component(1, "Exec ./Sched/A/Operations/Stop", POLL, **STARTS[start]))
    happened = live(device, START + 2 * DAY, *SIGNALS)
    assert [h.what for h in happened if h.what in (What.RAN, What.INTERRUPTED, What.STOPPED)] == [
        What.RAN,
        What.STOPPED,
    ]
    assert device.tree.get("./Vendor/Acme/Poll").value == "60"


def test_states_stand_in_the_tree_with_the_time_of_their_change_however_late_somebody_looks():
    often, seldom = phone(), phone()
    found = []
    for device, looks in ((often, True), (seldom, False)):
        install(device, "A", component(1, POLL, **DAILY))
        for hours, signal in ((5, PAUSES["low"][0]), (30, PAUSES["low"][1]), (40, PAUSES["off"][0])):
            live(device, START + hours * HOUR, (START + hours * HOUR, signal))
            assert not looks or device.tree.get("./Sched/A/State").tstamp == START + hours * HOUR
        found.append([(uri, node) for uri, node in device.tree.walk("./Sched")])
    assert found[0] == found[1]
    state = seldom.tree.get("./Sched/A/State")
    assert (state.value, state.tstamp) == ("60", START + 40 * HOUR)


def test_behaviour_that_looks_at_the_device_while_a_task_runs_takes_no_state_away():
    device, looked = phone(), []

    def do(tree, call):
        looked.append(device.tree.get("./Sched/B/State").value)
        return tree, Outcome(StatusCode.OK)

    device.handlers["./Do/It"] = do
    device.tree = device.tree.set("./Do/It", "")
    install(device, "A", component(1, "Exec ./Do/It", base="20251201T030000Z", recur="FREQ=DAILY"))
    install(device, "B", component(1, POLL, base="20251201T020000Z"))
    live(device, START + 4 * HOUR)
    assert looked == ["70"] and device.tree.get("./Sched/B/State").value == "70"
    assert len(device.tree.get("./Sched/B/Log").children) == 1


def test_a_component_that_a_task_adds_beside_itself_begins_at_once():
    """The task runs, and that keeps its schedule alive: the new component waits for no end of a session."""
    other, device = phone(), phone()
    both = component(1, "Exec ./Do/It", base="20251201T030000Z"), component(2, POLL, base="20251201T050000Z")
    for one in (other, device):
        one.tree = one.tree.set("./Do/It", "")
        one.handlers["./Do/It"] = lambda tree, call: (
            tree.put("./Sched/A/Component/2", other.tree.get("./Sched/A/Component/2")), Outcome(StatusCode.OK)
        )  # fmt: skip
    install(other, "A", *both)
    install(device, "A", both[0])
    happened = live(device, START + DAY)
    assert [(h.uri[-1], h.at - START) for h in happened if h.what is What.RAN] == [("1", 3 * HOUR), ("2", 5 * HOUR)]
