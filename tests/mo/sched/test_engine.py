"""Schedules on a device: time, traps, thresholds, gates, users, missed executions, validity, order, rights."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.mo.object import load
from dmkit.mo.sched.states import ScheduleState
from dmkit.mo.sched.values import SchedRules
from dmkit.words.outcome import Outcome
from tests.mo.sched.schedules import (
    DAILY,
    DAY,
    HOUR,
    POLL,
    SERVER,
    START,
    EventKind,
    Signal,
    What,
    at,
    component,
    install,
    live,
    options,
    phone,
    rows,
)

OFF, ON = Signal(EventKind.POWER_OFF), Signal(EventKind.POWER_ON)


def test_it_runs_when_due_and_reports_and_writes_a_log():
    device = phone()
    assert install(device, "A", component(1, POLL, **DAILY)) == [200]
    happened = live(device, START + 2 * DAY)
    assert rows(happened) == [("01T0300", "ran", 1200), ("02T0300", "ran", 1200)]
    assert device.tree.get("./Vendor/Acme/Poll").value == "60"
    assert [device.tree.get(f"./Sched/A/Log/{n}/Time").value for n in (1, 2)] == [
        "20251201T030000Z",
        "20251202T030000Z",
    ]
    assert device.callers(device.scheduler.now) == (SERVER,)
    assert [alert.items[0].text for alert in device.reports(SERVER, device.scheduler.now)] == ["1200", "1200"]


@pytest.mark.parametrize("how", ["tnds", "atomic", "pieces"])
def test_the_client_fills_in_what_no_server_may(how):
    device = phone()
    assert set(install(device, "A", component(1, POLL, **DAILY), how=how)) == {200}
    found = {n: device.tree.get(f"./Sched/A/{n}").value for n in ("ID", "ServerID", "State", "Report/Gating")}
    assert found == {"ID": "A", "ServerID": SERVER, "State": "30", "Report/Gating": "0"}
    assert device.tree.get("./Sched/A/Operations/Start").format == "null"
    assert load("sched").check(device.tree) == ()


@pytest.mark.parametrize(("rule", "delay", "expected"), [
    (0, None, [("01T1200", "missed"), ("01T1200", "cancelled", 1406), ("02T0300", "ran", 1200)]),
    (1, None, [("01T1200", "missed"), ("01T1200", "ran", 1201), ("02T0300", "ran", 1200)]),
    (2, 1800, [("01T1200", "missed"), ("01T1200", "put off", 1210), ("01T1230", "ran", 1201),
               ("02T0300", "ran", 1200)]),
])  # fmt: skip
def test_what_was_missed_while_off_follows_its_rule(rule, delay, expected):
    device = phone()
    install(device, "A", component(1, POLL, **DAILY), options(missed=rule, missed_delay=delay))
    happened = live(device, at("02T0400"), (at("01T0200"), OFF), (at("01T1200"), ON))
    assert rows(happened) == expected


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_a_low_battery_holds_it_like_power_off(rule):
    device = phone()
    install(device, "A", component(1, POLL, **DAILY), options(missed=rule, missed_delay=60))
    happened = live(
        device,
        at("01T0500"),
        (at("01T0200"), Signal(EventKind.BATTERY, 10)),
        (at("01T0400"), Signal(EventKind.CHARGER, True)),
    )
    assert rows(happened)[0] == ("01T0400", "missed")
    assert len(rows(happened, What.RAN)) == (rule > 0)


def test_several_missed_times_are_made_up_for_once():
    device = phone()
    install(device, "A", component(1, POLL, base="20251201T000000Z", recur="FREQ=HOURLY"), options(missed=1))
    happened = live(device, at("01T1031"), (at("01T0030"), OFF), (at("01T1030"), ON))
    assert rows(happened) == [("01T0000", "ran", 1200), ("01T1030", "missed"), ("01T1030", "ran", 1201)]


def test_a_clock_set_forward_misses_and_set_back_does_not_run_again():
    device = phone()
    install(device, "A", component(1, POLL, **DAILY), options(missed=1))
    happened = live(
        device,
        at("02T0400"),
        (at("01T0100"), Signal(EventKind.CLOCK, 3 * HOUR)),
        (at("01T0200"), Signal(EventKind.CLOCK, -3 * HOUR)),
    )
    assert rows(happened) == [("01T0100", "missed"), ("01T0100", "ran", 1201), ("02T0300", "ran", 1200)]


@pytest.mark.parametrize(("again", "runs"), [("due", 2), ("leapt", 2), ("gone", 1)])
def test_a_due_time_cancelled_by_a_wrong_clock_comes_again(again, runs):
    device = phone(rules=SchedRules(skipped_again=again))
    install(device, "A", component(1, POLL, **DAILY), options(missed=0))
    happened = live(
        device,
        at("02T0400"),
        (at("01T0100"), Signal(EventKind.CLOCK, 3 * HOUR)),
        (at("01T0200"), Signal(EventKind.CLOCK, -3 * HOUR)),
    )
    assert len(rows(happened, What.RAN)) == runs
    assert len({h.due for h in happened if h.what is What.RAN}) == runs


def test_cancelled_stays_active_or_goes_to_rest():
    for reading, state in (("stays", ScheduleState.ACTIVE), ("inactive", ScheduleState.INACTIVE)):
        device = phone(rules=SchedRules(missed_cancel=reading))
        install(device, "A", component(1, POLL, **DAILY))
        live(device, at("01T1300"), (at("01T0200"), OFF), (at("01T1200"), ON))
        assert device.scheduler.state("./Sched/A") is state


def test_a_gate_suppresses_and_one_that_waits_lets_it_run_later():
    for reading, expected in (("now", ["suppressed by its gate"]), ("waits", ["suppressed by its gate", "ran"])):
        device = phone(rules=SchedRules(gate=reading))
        install(device, "A", component(1, POLL, base="20251201T030000Z", gate="./Net/Bearer!=ROAM"))
        happened = live(
            device,
            at("01T0400"),
            (at("01T0200"), Signal(EventKind.VALUE, "ROAM", "./Net/Bearer")),
            (at("01T0301"), Signal(EventKind.VALUE, "HOME", "./Net/Bearer")),
        )
        assert list(dict.fromkeys(r[1] for r in rows(happened, What.RAN, What.SUPPRESSED))) == expected


def test_a_trap_starts_it_also_one_of_diagmon():
    device = phone()
    install(device, "A", component(1, POLL, traps=["roaming-entered", "geo"]))
    happened = live(
        device,
        at("01T0400"),
        (at("01T0100"), Signal(EventKind.ROAMING, True)),
        (at("01T0200"), Signal(EventKind.ROAMING, False)),
        (at("01T0300"), Signal(EventKind.TRAP, "urn:oma:mo:oma-diagmontrap:geo:1.0")),
    )
    assert rows(happened) == [("01T0100", "ran", 1200), ("01T0300", "ran", 1200)]


def test_a_schedule_for_a_low_battery_runs_before_the_battery_holds_it():
    device = phone()
    install(device, "A", component(1, POLL, traps=["battery-low"]))
    happened = live(device, at("01T0400"), (at("01T0100"), Signal(EventKind.BATTERY, 12)))
    assert rows(happened, What.RAN, What.LOW) == [("01T0100", "ran", 1200), ("01T0100", "battery low")]


def _levels(*levels: int) -> list[tuple[float, Signal]]:
    return [(START + 600 * n, Signal(EventKind.VALUE, level, "./Bat/Level")) for n, level in enumerate(levels, 1)]


@pytest.mark.parametrize(("op", "levels", "fires"), [
    ("CROSS_DOWN 30", (50, 29, 31, 29), 2),
    ("CROSS_DOWN 30 60 5", (50, 29, 31, 29), 1),
    ("CROSS_DOWN 30 60 5", (50, 29, 35, 29), 2),
    ("LE 30", (29, 28, 50, 30), 2),
    ("LT 30", (30, 29, 50), 1),
    ("GE 90 60 10", (95, 85, 95, 80, 90), 2),
    ("EQ 50", (50, 51, 50), 2),
    ("NE 80", (79, 80, 79), 2),
    ("CROSS_UP 90", (90, 89, 91), 2),
])  # fmt: skip
def test_thresholds_fire_at_edges(op, levels, fires):
    device = phone()
    install(device, "A", component(1, POLL, thresholds=[f"./Bat/Level {op}"]))
    assert len(rows(live(device, START + DAY, *_levels(*levels)), What.RAN)) == fires


def test_a_first_sample_that_meets_it_counts_or_not_but_never_for_a_crossing():
    for op, reading, fires in (("LE", "counts", 1), ("LE", "baseline", 0), ("CROSS_DOWN", "counts", 0)):
        device = phone(rules=SchedRules(first_sample=reading))
        install(device, "A", component(1, POLL, thresholds=[f"./Bat/Level {op} 90"]))
        assert len(rows(live(device, START + HOUR), What.RAN)) == fires, (op, reading)


def test_what_happens_between_two_samples_is_not_seen():
    device = phone()
    install(device, "A", component(1, POLL, thresholds=["./Bat/Level CROSS_DOWN 30 3600"]))
    dip = [
        (START + 100.0, Signal(EventKind.VALUE, 20, "./Bat/Level")),
        (START + 200.0, Signal(EventKind.VALUE, 60, "./Bat/Level")),
    ]
    assert rows(live(device, START + DAY, *dip)) == []


def test_all_families_must_be_true_with_logic_1():
    device = phone()
    install(device, "A", component(1, POLL, **DAILY, thresholds=["./Bat/Level LE 30"], every_family=True))
    happened = live(device, at("02T0400"), (at("01T0500"), Signal(EventKind.VALUE, 20, "./Bat/Level")))
    assert rows(happened) == [("01T0500", "ran", 1200), ("02T0300", "ran", 1200)]


def _user(*answers: Outcome) -> Any:
    left = list(answers)
    return lambda alert: left.pop(0)


def test_the_user_confirms_refuses_and_chooses_a_time():
    yes, no = Outcome(dm.StatusCode.OK), Outcome(dm.StatusCode.NOT_MODIFIED)
    device = phone(user=_user(yes, no))
    install(device, "A", component(1, POLL, **DAILY, ui=2, text="Now?"))
    assert rows(live(device, START + 2 * DAY)) == [("01T0300", "ran", 1200), ("02T0300", "declined by the user", 1401)]
    chosen = Outcome(dm.StatusCode.OK, items=(dm.Item(data="2"),))
    device = phone(user=_user(chosen))
    install(device, "A", component(1, POLL, base="20251201T030000Z", ui=3))
    assert rows(live(device, START + DAY)) == [
        ("01T0300", "put off", 1210),
        ("01T0400", "ran", 1200),
        ("01T0400", "finished"),
    ]


def test_a_user_who_is_only_told_cannot_stop_it_and_nobody_to_ask_does():
    for mode, expected in ((1, "ran"), (2, "declined by the user")):
        device = phone()
        install(device, "A", component(1, POLL, **DAILY, ui=mode))
        assert rows(live(device, START + 4 * HOUR))[0][1] == expected


def test_a_user_who_thinks_delays_the_run():
    device = phone(user=_user(Outcome(dm.StatusCode.OK, seconds=300.0)))
    install(device, "A", component(1, POLL, base="20251201T030000Z", ui=2))
    assert rows(live(device, START + DAY), What.RAN) == [("01T0305", "ran", 1200)]


def test_nothing_runs_outside_validity():
    device = phone()
    install(device, "A", component(1, POLL, **DAILY), options(begins="20251202T000000Z", ends="20251204T000000Z"))
    assert device.scheduler.state("./Sched/A") is ScheduleState.INACTIVE
    happened = live(device, START + 6 * DAY)
    assert rows(happened) == [("02T0300", "ran", 1200), ("03T0300", "ran", 1200), ("04T0000", "expired")]
    assert device.tree.get("./Sched/A/State").value == "80"


def test_a_run_put_off_beyond_the_end_expires():
    device = phone()
    install(device, "A", component(1, POLL, **DAILY), options(ends="20251201T120000Z", missed=2, missed_delay=86400))
    happened = live(device, START + 3 * DAY, (at("01T0200"), OFF), (at("01T0400"), ON))
    assert rows(happened) == [
        ("01T0400", "missed"),
        ("01T0400", "put off", 1210),
        ("01T1200", "cancelled", 1406),
        ("01T1200", "expired"),
    ]


def test_components_take_turns():
    device = phone()
    install(
        device,
        "A",
        component(1, POLL, base="20251201T030000Z", order=1),
        component(2, POLL, traps=["charger-on"], order=2),
        component(3, POLL, **DAILY, order=3),
    )
    assert [device.scheduler.state(f"./Sched/A/Component/{n}") for n in (1, 2, 3)] == [
        ScheduleState.ACTIVE,
        ScheduleState.INACTIVE,
        ScheduleState.INACTIVE,
    ]
    happened = live(
        device,
        at("02T0400"),
        (at("01T0100"), Signal(EventKind.CHARGER, True)),
        (at("01T0330"), Signal(EventKind.CHARGER, False)),
        (at("01T0400"), Signal(EventKind.CHARGER, True)),
    )
    assert [
        (h.uri[-1], *row)
        for h, row in zip([h for h in happened if h.what is What.RAN], rows(happened, What.RAN), strict=True)
    ] == [("1", "01T0300", "ran", 1200), ("2", "01T0400", "ran", 1200), ("3", "02T0300", "ran", 1200)]


def test_priority_decides_who_goes_first():
    device = phone()
    for name, priority in (("A", None), ("B", 5), ("C", 1)):
        install(device, name, component(1, POLL, **DAILY), options(priority=priority))
    assert [h.uri[8] for h in live(device, START + 4 * HOUR) if h.what is What.RAN] == ["C", "B", "A"]


def test_jitter_spreads_runs_and_is_the_same_again():
    found = []
    for _ in range(2):
        device = phone()
        install(device, "A", component(1, POLL, **DAILY, jitter=3600))
        found.append([h.at for h in live(device, START + 9 * DAY) if h.what is What.RAN])
    assert found[0] == found[1]
    late = [moment % DAY - 3 * HOUR for moment in found[0]]
    assert len(late) == 9 and all(0 <= spread <= 3600 for spread in late) and len(set(late)) > 5


def _slow(seconds: float, *statuses: int) -> Any:
    left = list(statuses)

    def handler(tree: Any, call: Any) -> Any:
        return tree, Outcome(dm.StatusCode(left.pop(0) if left else 200), seconds=seconds)

    return handler


def test_tasks_take_time_time_out_and_are_tried_again():
    device = phone(values={"./Do/It": ""})
    device.handlers["./Do/It"] = _slow(120.0)
    install(device, "A", component(1, "Exec ./Do/It", POLL, base="20251201T030000Z"))
    happened = live(device, at("01T0301"))
    assert (
        device.scheduler.state("./Sched/A") is ScheduleState.RUNNING
        and device.tree.get("./Sched/A/State").value == "40"
    )
    assert rows(happened + live(device, at("01T0400")), What.RAN) == [("01T0302", "ran", 1200)]

    device.handlers["./Do/It"] = _slow(120.0)
    install(device, "B", component(1, "Exec ./Do/It", base="20251201T050000Z", timeout=60))
    assert rows(live(device, at("01T0600")), What.FAILED) == [("01T0501", "failed", 1404)]

    device.handlers["./Do/It"] = _slow(0.0, 500, 500)
    install(device, "C", component(1, "Exec ./Do/It", base="20251201T070000Z", retry=2, retry_delay=300))
    assert rows(live(device, at("01T0800")), What.RAN) == [("01T0710", "ran", 1200)]

    device.handlers["./Do/It"] = _slow(0.0, 500, 500)
    install(device, "D", component(1, "Exec ./Do/It", POLL, base="20251201T090000Z", retry=1))
    assert rows(live(device, at("01T1000")), What.FAILED) == [("01T0900", "failed", 1405)]
    report = device.reports(SERVER, device.scheduler.now)[-1]
    assert [item.text for item in report.items] == ["1405", "20251201T090000Z", "500"]


def test_a_run_cut_off_by_power_follows_the_rule():
    device = phone(values={"./Do/It": ""})
    device.handlers["./Do/It"] = _slow(600.0)
    install(device, "A", component(1, "Exec ./Do/It", base="20251201T030000Z"), options(missed=1))
    happened = live(device, at("01T0500"), (at("01T0305"), OFF), (at("01T0400"), ON))
    assert rows(happened) == [
        ("01T0305", "cut off"),
        ("01T0400", "missed"),
        ("01T0410", "ran", 1201),
        ("01T0410", "finished"),
    ]


def test_due_times_during_a_long_run_are_missed_as_busy():
    device = phone(values={"./Do/It": ""})
    device.handlers["./Do/It"] = _slow(5400.0)
    install(device, "A", component(1, "Exec ./Do/It", base="20251201T000000Z", recur="FREQ=HOURLY;COUNT=3"))
    assert rows(live(device, START + DAY)) == [
        ("01T0130", "ran", 1200),
        ("01T0130", "missed"),
        ("01T0130", "cancelled", 1406),
        ("01T0330", "ran", 1200),
        ("01T0330", "finished"),
    ]


def test_atomic_tasks_all_run_or_none():
    device = phone()
    install(
        device,
        "A",
        component(
            1,
            "Replace ./Vendor/Acme/Poll 1",
            "Delete ./Vendor/Acme/Gone",
            "Add ./Vendor/Acme/Poll 2",
            base="20251201T030000Z",
            atomic=True,
        ),
    )
    assert install(
        device,
        "B",
        component(1, "Replace ./Vendor/Acme/Poll 1", "Add ./Vendor/Acme/Poll 2", base="20251201T030000Z", atomic=True),
    ) == [200]
    happened = live(device, START + 4 * HOUR)
    assert rows(happened, What.FAILED) == [("01T0300", "failed", 1405)]
    assert device.tree.get("./Vendor/Acme/Poll").value == "30"


def test_get_and_alert_tasks_tell_the_server():
    device = phone()
    install(device, "A", component(1, "Get ./Bat/Level", "Alert ./Bat/Level low", base="20251201T030000Z"))
    live(device, START + 4 * HOUR)
    said = device.reports(SERVER, device.scheduler.now)
    assert [[item.text for item in alert.items] for alert in said] == [["low"], ["1200", "20251201T030000Z", "80"]]
    assert device.tree.get("./Sched/A/Log/1/Data").value == "80"


@pytest.mark.parametrize(("gating", "codes"), [(0, ["1200", "1401"]), (1, ["1401"]), (4, ["1200"]), (15, [])])
def test_gating_leaves_out(gating, codes):
    device = phone(user=_user(Outcome(dm.StatusCode.OK), Outcome(dm.StatusCode.NOT_MODIFIED)))
    install(device, "A", component(1, POLL, **DAILY, ui=2), options(gating=gating))
    live(device, START + 2 * DAY)
    assert [alert.items[0].text for alert in device.reports(SERVER, device.scheduler.now)] == codes


def test_when_reports_are_sent():
    for when, callers in ((0, (SERVER,)), (1, ()), (2, ())):
        device = phone()
        install(device, "A", component(1, POLL, **DAILY), options(when=when))
        live(device, START + 4 * HOUR)
        assert device.callers(device.scheduler.now) == callers
        assert len(device.reports(SERVER, device.scheduler.now)) == 1
    live(device, START + 28 * HOUR)
    assert device.callers(device.scheduler.now) == (SERVER,)


def test_a_schedule_may_start_another():
    device = phone()
    install(device, "B", component(1, POLL, **DAILY))
    device.execute((dm.Exec.of("./Sched/B/Operations/Stop"),), SERVER, START)
    install(device, "A", component(1, "Exec ./Sched/B/Operations/Start", base="20251201T020000Z"))
    assert device.scheduler.state("./Sched/B") is ScheduleState.INACTIVE
    assert [h.uri[8] for h in live(device, START + 4 * HOUR) if h.what is What.RAN] == ["A", "B"]


def test_power_of_the_device_is_power_of_its_schedules():
    device = phone()
    install(device, "A", component(1, POLL, **DAILY), options(missed=1))
    device.power_off(START + HOUR)
    assert device.next_due is None and device.scheduler.state("./Sched/A") is ScheduleState.SUSPENDED
    device.power_on(START + 5 * HOUR)
    happened = device.live(START + 6 * HOUR)
    assert rows(list(happened)) == [("01T0500", "missed"), ("01T0500", "ran", 1201)]


def test_a_signal_without_its_value_and_a_time_that_is_over_are_refused_with_a_sentence():
    device = phone()
    with pytest.raises(dm.ConfigError, match="'battery': 'full' is no number"):
        device.live(START, [Signal(EventKind.BATTERY, "full")])
    device.live(START + 1)
    with pytest.raises(dm.words.LocalProtocolError, match="is before it"):
        device.live(START)
    with pytest.raises(dm.ConfigError, match="takes no signals"):
        dm.Device.example().live(0.0, [Signal(EventKind.POWER_OFF)])


def test_a_firmware_download_may_be_scheduled_and_reports_by_itself():
    """The worked example of the sheet, its second component: Exec on a FUMO object at a time."""
    device = phone().with_object("fumo", world={})
    device.tree = device.tree.set("./FUMO/DownloadAndUpdate/PkgURL", "https://fw.example.com/none")
    weekly = component(2, "Exec ./FUMO/DownloadAndUpdate", base="20251201T030000Z", recur="FREQ=WEEKLY;BYDAY=SU")
    low = component(1, POLL, thresholds=["./Bat/Level CROSS_DOWN 20"], gate="./Net/Bearer!=ROAM")
    assert install(device, "BatDiag", low, weekly, options(gating=2)) == [200]
    happened = live(device, START + 7 * DAY)
    assert rows(happened, What.RAN) == [("01T0300", "ran", 1200), ("07T0300", "ran", 1200)]
    said = [alert.items[0] for alert in device.reports(SERVER, START + 7 * DAY)]
    assert any(item.source and item.source.startswith("./FUMO") for item in said)
