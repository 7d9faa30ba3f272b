"""Declared configuration, the push channel, drift, and the study of poll and push."""

from __future__ import annotations

import simpy
from hypothesis import given
from hypothesis import strategies as st

from dmkit.device.windows import WindowsDevice
from dmkit.device.windows_declared import REFRESH, DeclaredConfiguration, document
from dmkit.lab.studies.windows import SCHEDULES, compare_designs, first_hours, octets_of, poll_or_push
from dmkit.sim.polls import PollSets
from dmkit.sim.windows import DAY, Channel, DriftDesign, polling, repair_times
from dmkit.windows.alerts import declared as listed
from dmkit.words.model import Replace
from tests.windows.cases import D
from tests.windows.test_lint import CATALOGUE


def declared(**settings):
    device = WindowsDevice.of(CATALOGUE)
    made = DeclaredConfiguration(device)
    made.take(document("A", settings or {f"{D}/AllowCamera": "0"}))
    return device, made


def value(device, name):
    node = device.tree.find(("Device", "Vendor", "MSFT", "Sample", name))
    return None if node is None else node.value


def order(device, uri, data):
    return int(device.execute((Replace.of(uri, data),), "mdm", 0.0).outcomes[0].status)


def test_a_document_is_judged_at_once_and_applied_later():
    device, made = declared()
    assert value(device, "AllowCamera") is None
    assert made.process(60.0) == {"A": 60} and value(device, "AllowCamera") == "0"
    assert made.take("<x").status == 400 and made.take("<DeclaredConfiguration/>").status == 400
    assert [(d.id, d.state) for d in listed(made.alert())] == [("A", 60)]


def test_a_document_with_a_value_that_is_not_taken_is_an_error():
    device, made = declared(**{f"{D}/AllowCamera": "7"})
    assert made.process(60.0) == {"A": 61} and value(device, "AllowCamera") is None


def test_what_it_owns_refuses_orders_and_drift_is_repaired_after_four_hours():
    device, made = declared()
    made.process(0.0)
    assert order(device, f"{D}/AllowCamera", 1) == 500
    device.become(device.tree.with_node(("Device", "Vendor", "MSFT", "Sample", "AllowCamera"),
                                        _with_value(device, "1")))  # fmt: skip
    assert made.refresh(REFRESH - 1) == () and value(device, "AllowCamera") == "1"
    assert made.refresh(REFRESH) == (f"{D}/AllowCamera",) and value(device, "AllowCamera") == "0"
    assert made.refresh(2 * REFRESH) == ()


def _with_value(device, text):
    from dataclasses import replace

    return replace(device.tree.get(f"{D}/AllowCamera"), value=text)


def test_delete_leaves_abandon_hands_back_unenrol_rolls_back():
    device, made = declared()
    made.process(0.0)
    made.abandon("A")
    assert order(device, f"{D}/AllowCamera", 1) == 200
    device, made = declared()
    made.process(0.0)
    made.delete("A")
    assert value(device, "AllowCamera") == "0" and order(device, f"{D}/AllowCamera", 1) == 200
    device, made = declared()
    made.process(0.0)
    assert made.unenrol(1.0) == (f"{D}/AllowCamera",) and value(device, "AllowCamera") is None


def test_a_channel():
    channel = Channel(opened=0.0, spacing=10.0)
    assert channel.post(5.0, online=True) == (200, 6.0)
    assert channel.post(5.0, online=True, last=0.0).status == 406
    assert channel.post(5.0, online=False, back=100.0) == (200, 101.0)
    assert channel.post(5.0, online=False, back=5000.0) == (200, None)
    assert channel.post(30 * DAY, online=True) == (410, None)
    assert channel.renewed(14 * DAY) is channel and channel.renewed(15 * DAY).opened == 15 * DAY


@given(st.tuples(st.integers(0, 30), st.integers(0, 4)), st.tuples(st.integers(0, 30), st.integers(1, 4)))
def test_polling_in_simpy_is_the_poll_sets(first, second):
    if first[0] and not first[1]:
        second = (0, 0)
    polls = PollSets(first=first, second=second)
    env, seen = simpy.Environment(), []
    env.process(polling(env, polls, seen.append))
    env.run(100_000.0)
    times = polls.times()
    assert seen == [at for at, _ in zip(times, seen, strict=False)]


def test_figures_of_the_sheet():
    frame = poll_or_push(devices=(20_000,)).set_index("schedule")
    assert round(frame.requests_per_second["Fleet-like"]) == 333
    assert round(frame.requests_per_second["Intune-like"], 2) == 0.69
    assert frame.wait_by_poll.to_dict() == {"Fleet-like": 30.0, "Intune-like": 14_400.0, "recommended": 46_800.0}
    assert (frame.wait_with_push < frame.wait_by_poll).all()


def test_minutes_counted_one_by_one_agree_with_the_rate():
    frame = first_hours(devices=100, hours=12.0)
    fleet = frame[frame.schedule == "Fleet-like"]
    assert set(fleet.requests_per_second[1:]) == {100 / 60}
    intune = frame[frame.schedule == "Intune-like"]
    assert round(intune.requests_per_second.sum() * 60) == 100 * (5 + 8 + 1)


def test_drift_is_repaired_at_the_next_look_and_on_the_average_after_half_of_it():
    found = repair_times(DriftDesign(look=REFRESH), devices=200, days=60.0, rate=0.5, seed=3)
    waits = [r.repaired - r.drifted for r in found]
    assert max(waits) <= REFRESH and abs(sum(waits) / len(waits) - REFRESH / 2) < 200


def test_designs_compared():
    frame = compare_designs(devices=50).set_index("design")
    assert set(frame.index) == {f"orders, {name}" for name in SCHEDULES} | {"wishes"}
    assert frame.octets_per_day["wishes"] == 0 < frame.octets_per_day["orders, recommended"]
    assert frame.mean_repair["wishes"] < frame.mean_repair["orders, Intune-like"]
    assert frame.mean_repair["wishes"] > frame.mean_repair["orders, Fleet-like"]
    assert octets_of()[1] == 2
