"""Laws: whatever schedules there are and whatever the device meets, these hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit.mo.sched.time import printed
from dmkit.mo.sched.values import SchedRules
from dmkit.sim.schedule import run, simulate
from dmkit.words.codes import Verb
from tests.mo.sched.schedules import (
    DAY,
    HOUR,
    POLL,
    SERVER,
    START,
    Kind,
    Signal,
    What,
    component,
    install,
    options,
    phone,
)

OTHER = "other.example"
GATES = (None, "./Bat/Level>=30", "NOT ./Net/Bearer=ROAM")


@st.composite
def wishes(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A component and what is said of the whole schedule."""
    when: dict[str, Any] = {}
    kind = draw(st.sampled_from(["time", "trap", "threshold", "both"]))
    if kind in ("time", "both"):
        when["base"] = printed(START + draw(st.integers(0, 47)) * 1800).removesuffix(draw(st.sampled_from(["", "Z"])))
        when["recur"] = draw(
            st.sampled_from(
                [
                    None,
                    "FREQ=HOURLY;INTERVAL=3",
                    "FREQ=DAILY",
                    "FREQ=DAILY;COUNT=2",
                    "FREQ=HOURLY;INTERVAL=5;UNTIL=20251202T120000Z",
                ]
            )
        )
        when["jitter"] = draw(st.sampled_from([None, 900, 7200]))
    if kind == "trap":
        when["traps"] = draw(st.sampled_from([("roaming-entered",), ("power-on", "charger-on"), ("battery-low",)]))
    if kind in ("threshold", "both"):
        when["thresholds"] = [
            draw(st.sampled_from(["./Bat/Level CROSS_DOWN 40", "./Bat/Level LE 20 300", "./Bat/Level GT 50 1800 20"]))
        ]
        when["every_family"] = draw(st.booleans())
    part = component(
        1,
        "Exec ./Do/It" if draw(st.booleans()) else POLL,
        gate=draw(st.sampled_from(GATES)),
        order=draw(st.sampled_from([None, 1])),
        **when,
    )
    begins = draw(st.sampled_from([None, START + DAY]))
    ends = draw(st.sampled_from([None, START + 2 * DAY, START + 2.5 * DAY]))
    whole = options(
        missed=draw(st.integers(0, 2)),
        missed_delay=draw(st.sampled_from([0, 1800, 7200])),
        begins=begins and printed(begins),
        ends=ends and printed(ends),
        priority=draw(st.integers(0, 2)),
    )
    return part, whole


SIGNALS = st.one_of(
    st.builds(Signal, st.just(Kind.BATTERY), st.integers(0, 100)),
    st.builds(Signal, st.just(Kind.CHARGER), st.booleans()),
    st.builds(Signal, st.just(Kind.ROAMING), st.booleans()),
    st.builds(Signal, st.just(Kind.CLOCK), st.sampled_from([-7200, -60, 60, 7200, 90000])),
    st.builds(Signal, st.just(Kind.ZONE), st.sampled_from(["CET-1CEST,M3.5.0,M10.5.0/3", "EST5", "UTC0"])),
    st.builds(Signal, st.just(Kind.VALUE), st.integers(0, 100), st.just("./Bat/Level")),
    st.builds(Signal, st.just(Kind.VALUE), st.sampled_from(["HOME", "ROAM"]), st.just("./Net/Bearer")),
    st.sampled_from([Signal(Kind.POWER_OFF), Signal(Kind.POWER_ON)]),
)
LIVES = st.lists(st.tuples(st.integers(0, 4 * 48).map(lambda n: START + n * 1800.0), SIGNALS), max_size=30)
PLANS = st.lists(wishes(), min_size=1, max_size=4)


def _device(plans: list[Any], **rules: Any) -> Any:
    device = phone(rules=SchedRules(**rules), values={"./Do/It": ""}, local="CET-1CEST,M3.5.0,M10.5.0/3")
    calls: list[str] = []

    def handler(tree: Any, call: Any) -> Any:
        from dmkit.words.codes import StatusCode
        from dmkit.words.outcome import Outcome

        calls.append(call.by)
        return tree, Outcome(StatusCode(500 if len(calls) % 5 == 0 else 200), seconds=1200.0 if len(calls) % 3 else 0.0)

    device.handlers["./Do/It"] = handler
    for number, (part, whole) in enumerate(plans):
        assert install(device, f"S{number}", part, whole) == [200]
    return device


@settings(max_examples=40)
@given(PLANS, LIVES)
def test_nothing_runs_twice_and_nothing_outside_validity(plans, life):
    device = _device(plans)
    happened = run(device, START + 4 * DAY, life)
    dues = Counter((h.uri, h.due) for h in happened if h.what is What.RAN and h.due is not None)
    assert all(count == 1 for count in dues.values()), dues.most_common(2)
    contexts = {live.uri: live.context for live in device.scheduler.lives.values()}
    offset = 0.0
    for h in happened:
        if h.what is What.CLOCK and h.why.endswith(" s"):
            offset += float(h.why.removesuffix(" s"))
        if h.what not in (What.RAN, What.FAILED):
            continue
        context = contexts[h.uri.partition("/Component/")[0]]
        assert context.valid_to is None or h.at + offset < context.valid_to
        if h.due is not None:
            assert context.valid_from is None or h.due >= context.valid_from
            assert context.valid_to is None or h.due < context.valid_to


@settings(max_examples=40)
@given(PLANS, LIVES)
def test_every_missed_execution_follows_its_rule(plans, life):
    device = _device(plans)
    happened = run(device, START + 4 * DAY, life)
    rules = {live.uri: live.context.missed for live in device.scheduler.lives.values()}
    allowed = {0: {What.CANCELLED}, 1: {What.RAN, What.FAILED, What.SUPPRESSED, What.CUT}, 2: {What.PUT_OFF}}
    for at, h in enumerate(happened):
        if h.what is not What.MISSED:
            continue
        follows = next((x for x in happened[at + 1 :] if x.uri == h.uri and x.what is not What.REPORTED), None)
        schedule = h.uri.partition("/Component/")[0]
        late = {What.CANCELLED, What.EXPIRED} if rules[schedule] == 1 else set()
        if follows is not None:
            assert follows.what in allowed[rules[schedule]] | late, (h, follows)
        if rules[schedule] != 1:
            assert follows is not None and follows.at == h.at and follows.due == h.due


@settings(max_examples=30)
@given(PLANS, LIVES)
def test_simpy_tells_the_same_and_so_does_looking_always(plans, life):
    happened = run(_device(plans), START + 3 * DAY, life)
    assert simulate(_device(plans), START + 3 * DAY, life) == happened
    assert run(_device(plans, look="always"), START + 3 * DAY, life) == happened


@settings(max_examples=30)
@given(PLANS, st.lists(st.tuples(st.integers(1, 90), st.sampled_from([SERVER, OTHER])), max_size=8))
def test_a_schedule_never_does_what_its_owner_may_not_do_at_that_moment(plans, grants):
    """Lists change while schedules run; every change of the node is one that its owner had the right to make."""
    device = _device(plans)
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
    now, happened = START, []
    for hours, who in [*sorted(grants), (96, SERVER)]:
        happened += run(device, START + hours * HOUR)
        for place in ("./Vendor/Acme", "./Do"):
            device.tree = device.tree.with_acl(place, f"Get=*&Replace={who}&Exec={who}")
        now = START + hours * HOUR
    assert sum(h.what is What.FAILED and h.code == 1403 for h in happened) == asked.count(False) and now > START


@settings(max_examples=20)
@given(PLANS, LIVES)
def test_states_in_the_tree_are_those_of_the_scheduler(plans, life):
    device = _device(plans)
    run(device, START + 2 * DAY, life)
    for live in device.scheduler.lives.values():
        for part in live.parts:
            assert device.tree.get(f"{part.component.uri}/State").value == str(part.state.value)
        log = device.tree.get(f"{live.uri}/Log").children
        assert len(log) <= device.scheduler.rules.max_log
