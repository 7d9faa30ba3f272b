"""Laws: whatever schedules there are and whatever the device meets, these hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dmkit.mo.sched.memory import SchedulerMemory
from dmkit.sim.schedule import run, simulate
from dmkit.words.codes import Verb
from dmkit.words.model import Delete, Replace
from tests.mo.sched.schedules import (
    DAY,
    HOUR,
    POLL,
    SERVER,
    START,
    EventKind,
    Signal,
    What,
    component,
    install,
    options,
)
from tests.mo.sched.wild import LIVES, PLANS, QUIET_LIVES, RAN, check, device_of, empty, unsaid

pytestmark = pytest.mark.slow

OTHER = "other.example"


@settings(max_examples=200)
@given(PLANS, LIVES)
def test_the_laws_hold_in_any_life(plans, life):
    check(plans, life)


@pytest.mark.nightly
@settings(max_examples=5000)
@given(PLANS, LIVES)
def test_the_laws_hold_in_5000_lives(plans, life):
    happened = check(plans, life)
    assert simulate(device_of(plans), START + 4 * DAY, life) == happened


@settings(max_examples=40)
@given(PLANS, QUIET_LIVES)
@example(
    [(component(1, POLL, base="20251201T000000Z", recur="FREQ=HOURLY;INTERVAL=3"), {"Valid/From": "20251202T000000Z"})],
    [(START, Signal(EventKind.POWER_OFF)), (START + 24.5 * HOUR, Signal(EventKind.POWER_ON))],
)
def test_none_vanishes_unsaid(plans, life):
    assert unsaid(plans, life) == []


@pytest.mark.parametrize("missed", [0, 1, 2])
@pytest.mark.parametrize("recur", [None, "FREQ=HOURLY;INTERVAL=3"])
@pytest.mark.parametrize("zone", ["", "Z"])
@pytest.mark.parametrize("low", [False, True], ids=["charged", "low"])
def test_what_becomes_valid_while_the_device_is_off_misses_like_what_was_valid_before(zone, recur, missed, low):
    plan = component(1, POLL, base=f"20251201T180000{zone}", recur=recur)
    life = [(START + HOUR, Signal(EventKind.POWER_OFF)), (START + 24.5 * HOUR, Signal(EventKind.POWER_ON))]
    if low:
        life[1:1] = [(START + 2 * HOUR, Signal(EventKind.BATTERY, 1))]
        life += [(START + 25.25 * HOUR, Signal(EventKind.BATTERY, 90))]

    def rows(**more: str) -> list[Any]:
        happened = run(device_of([(plan, options(missed=missed, missed_delay=1800) | more)]), START + 2 * DAY, life)
        return [(h.at, h.what, h.due, h.code) for h in happened if h.at > START + HOUR and h.what is not What.STARTED]

    usual = rows()
    assert any(what is What.MISSED for _, what, _, _ in usual)
    for begins in ("20251201T120000Z", f"20251201T1{8 if zone else 5}0000Z"):
        assert rows(**{"Valid/From": begins}) == usual
    assert rows(**{"Valid/From": "20251202T003000Z"}) != usual  # those before it are not missed


@settings(max_examples=25)
@given(PLANS, LIVES)
def test_simpy_tells_the_same_and_so_does_looking_always(plans, life):
    happened = run(device_of(plans), START + 3 * DAY, life)
    assert simulate(device_of(plans), START + 3 * DAY, life) == happened
    assert run(device_of(plans, look="always"), START + 3 * DAY, life) == happened


@settings(max_examples=60)
@given(
    st.integers(0, 47), st.sampled_from(["FREQ=DAILY", "FREQ=HOURLY;INTERVAL=3", "FREQ=DAILY;COUNT=3", None]),
    st.booleans(), st.integers(0, 2), st.integers(1, 80), st.integers(1, 60),
    st.sampled_from([5, 3600, 90000, 86400 * 365, 315532800, -5, -3600, -86400, -315532800]),
)  # fmt: skip
@example(0, "FREQ=HOURLY;INTERVAL=3", True, 0, 20, 1, 90000)
@example(0, "FREQ=HOURLY;INTERVAL=3", False, 1, 20, 1, 90000)
@example(0, "FREQ=HOURLY;INTERVAL=3", True, 2, 20, 1, 90000)
def test_a_corrected_clock_leaves_no_scar(base, recur, local, missed, begins, lasts, step):
    """Every due time from the correction on runs, or ran already under the wrong clock; none runs twice."""
    from dmkit.mo.sched.time import printed

    text = printed(START + base * 1800.0).removesuffix("Z" if local else "")
    plans = [(component(1, POLL, base=text, recur=recur), options(missed=missed, missed_delay=1800))]
    wrong, right = START + begins * HOUR / 2 + 1, START + (begins + lasts) * HOUR / 2 + 1
    life = [(wrong, Signal(EventKind.CLOCK, step)), (right, Signal(EventKind.CLOCK, -step))]
    until = right + 4 * DAY
    usual = {h.due for h in run(device_of(plans), until) if h.what is What.RAN}
    odd = [h for h in run(device_of(plans), until, life) if h.what is What.RAN]
    assert len({h.due for h in odd}) == len(odd)
    lost = {due for due in usual if due > right + 60} - {h.due for h in odd}
    assert not lost, sorted(lost)


PAUSES = {
    "off": (Signal(EventKind.POWER_OFF), Signal(EventKind.POWER_ON)),
    "low": (Signal(EventKind.BATTERY, 1), Signal(EventKind.BATTERY, 90)),
    "held": (Signal(EventKind.USER_SUSPEND, "", "./Sched/S0"), Signal(EventKind.USER_RESUME, "", "./Sched/S0")),
    "clock lost": (Signal(EventKind.TRUSTED, False), Signal(EventKind.TRUSTED, True)),
}


@pytest.mark.parametrize("leap", [2 * HOUR, 10 * HOUR, 25 * HOUR, 365 * DAY])
@pytest.mark.parametrize("missed", [0, 1, 2])
@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize(("zone", "task"), [("", POLL), ("Z", POLL), ("", "Exec ./Do/It")])
def test_a_clock_set_in_a_pause_and_corrected_after_it_leaves_no_scar(zone, task, pause, missed, leap):
    """What the leap passed over while nothing could run lies ahead again, as it does when the device saw the leap."""
    text = f"20251201T000000{zone}"
    plans = [(component(1, task, base=text, recur="FREQ=HOURLY;INTERVAL=3"), options(missed=missed, missed_delay=7200))]
    begins, ends = (
        (START + hours * HOUR + 1, signal) for hours, signal in zip((9.5, 10.5), PAUSES[pause], strict=True)
    )
    for lasts in (0.75, 1.5, 2.75, 14.5):
        right = START + (10 + lasts) * HOUR
        life = [
            begins, (START + 10 * HOUR, Signal(EventKind.CLOCK, leap)), ends, (right, Signal(EventKind.CLOCK, -leap)),
        ]  # fmt: skip
        for rules in ({}, {"untrusted": "waits"}):
            usual = {h.due for h in run(device_of(plans, **rules), right + 2 * DAY, [begins, ends]) if h.what in RAN}
            odd = [h.due for h in run(device_of(plans, **rules), right + 2 * DAY, life) if h.what in RAN]
            assert len(set(odd)) == len(odd)
            assert {due for due in usual if due > right + 60} <= set(odd)


SETTLED = {
    **PAUSES,
    "gate": (Signal(EventKind.VALUE, "ROAM", "./Net/Bearer"), Signal(EventKind.VALUE, "HOME", "./Net/Bearer")),
}


@pytest.mark.parametrize("leap", [HOUR / 2, 4 * HOUR, 365 * DAY])
@pytest.mark.parametrize("missed", [0, 1, 2])
@pytest.mark.parametrize("settled", SETTLED)
@pytest.mark.parametrize(("zone", "task"), [("", POLL), ("Z", POLL), ("", "Exec ./Do/It")])
def test_a_clock_wrong_before_a_pause_and_corrected_after_it_leaves_no_scar(zone, task, settled, missed, leap):
    """What was missed, or suppressed by a gate, while the clock was wrong lies ahead again when it is put right."""
    text = f"20251201T000000{zone}"
    plans = [(
        component(1, task, base=text, recur="FREQ=HOURLY", gate="NOT ./Net/Bearer=ROAM"),
        options(missed=missed, missed_delay=7200),
    )]  # fmt: skip
    begins, ends = (
        (START + hours * HOUR + 1, signal) for hours, signal in zip((9.5, 12.25), SETTLED[settled], strict=True)
    )
    for lasts in (0.25, 1.25):
        right = START + (12.25 + lasts) * HOUR
        life = [
            (START + 9 * HOUR + 60, Signal(EventKind.CLOCK, leap)), begins, ends,
            (right, Signal(EventKind.CLOCK, -leap)),
        ]  # fmt: skip
        for rules in ({}, {"untrusted": "waits"}):
            usual = {h.due for h in run(device_of(plans, **rules), right + DAY, [begins, ends]) if h.what in RAN}
            odd = [h.due for h in run(device_of(plans, **rules), right + DAY, life) if h.what in RAN]
            assert len(set(odd)) == len(odd)
            assert {due for due in usual if due > right + 60} <= set(odd)


@settings(max_examples=40)
@given(PLANS, LIVES, st.integers(1, 95))
def test_memory_is_a_value_from_which_a_device_goes_on(plans, life, hours):
    middle, until = START + hours * HOUR, START + 4 * DAY
    first = device_of(plans)
    run(first, middle, life)
    memory = first.scheduler.memory()
    again = empty()
    again.tree, again.is_on = first.tree, first.is_on
    again.scheduler.remember(memory)
    assert again.scheduler.memory() == memory and hash(again.scheduler.memory()) == hash(memory)
    later = [pair for pair in life if pair[0] > middle]
    assert run(again, until, later) == run(first, until, later)
    assert first.scheduler.memory() == again.scheduler.memory() and memory != SchedulerMemory((0.0,))
    assert again.tree == first.tree


@settings(max_examples=30)
@given(PLANS, st.lists(st.tuples(st.integers(1, 90), st.sampled_from([SERVER, OTHER])), max_size=8))
def test_a_schedule_never_does_what_its_owner_may_not_do_at_that_moment(plans, grants):
    """Lists change while schedules run; every change of the node is one that its owner had the right to make."""
    device = device_of(plans)
    original, asked = device.execute, []

    def watched(commands: Any, by: str, now: float, **more: Any) -> Any:
        before = device.tree
        execution = original(commands, by, now, **more)
        [command] = commands
        may = before.may(by, Verb(command.verb), command.items[0].target)
        asked.append(bool(may))
        assert bool(may) or execution.outcomes[0].status == 425
        return execution

    device.execute = watched
    happened = []
    for hours, who in [*sorted(grants), (96, SERVER)]:
        happened += run(device, START + hours * HOUR)
        for place in ("./Vendor/Acme", "./Do"):
            device.tree = device.tree.with_acl(place, f"Get=*&Replace={who}&Exec={who}")
    assert sum(h.what is What.FAILED and h.code == 1403 for h in happened) == asked.count(False)


@settings(max_examples=40)
@given(PLANS, st.data())
def test_no_foreign_server_changes_what_runs_with_the_owners_rights(plans, data):
    """Any node of a schedule, any change: 425 for whoever is not the owner, and all runs as it would have."""
    device = device_of(plans)
    usual = [(h.at, h.uri, h.what, h.code) for h in run(device_of(plans), START + 2 * DAY) if h.what in RAN]
    nodes = [uri for uri, node in device.tree.walk("./Sched") if uri.count("/") > 2 and not node.is_interior]
    chosen = data.draw(st.sampled_from(nodes))
    change = data.draw(st.sampled_from(["Replace", "Delete", "rename"]))
    name = "./Sched/S0?prop=Name"
    command = {
        "Replace": Replace.of(chosen, "7"), "Delete": Delete.of(chosen), "rename": Replace.of(name, "Mine"),
    }[change]  # fmt: skip
    [outcome] = device.execute((command,), OTHER, START).outcomes
    assert not outcome.ok, (command, outcome)
    device.session_over(START)
    happened = run(device, START + 2 * DAY)
    assert [(h.at, h.uri, h.what, h.code) for h in happened if h.what in RAN] == usual


def test_a_removed_account_and_its_return_are_told_and_lose_no_schedule():
    device = device_of([])
    assert install(device, "A", component(1, POLL, base="20251201T030000Z", recur="FREQ=HOURLY")) == [200]
    accounts = device.accounts
    for hours, rows in ((5, []), (9, accounts), (12, accounts)):
        run(device, START + hours * HOUR)
        device.accounts = list(rows)
        device.execute((), SERVER, START + hours * HOUR)
    happened = run(device, START + 15 * HOUR)
    assert [h.at for h in happened if h.what is What.RAN] == [START + n * HOUR for n in (13, 14, 15)]
