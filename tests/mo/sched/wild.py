"""Wild lives: schedules, and what a device with them meets; laws that hold whatever they are."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st

from dmkit.mo.sched.calendar import Dues
from dmkit.mo.sched.memory import drawn
from dmkit.mo.sched.states import ScheduleState
from dmkit.mo.sched.time import printed
from dmkit.mo.sched.values import SchedRules
from dmkit.sim.schedule import run
from dmkit.words.codes import StatusCode
from dmkit.words.outcome import Outcome
from tests.mo.sched.schedules import DAY, POLL, START, EventKind, Signal, What, component, install, options, phone

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
ZONES = [BERLIN, "EST5", "UTC0", "IST-5:30"]
GATES = (None, "./Bat/Level>=30", "NOT ./Net/Bearer=ROAM")
RECURS = [None, "FREQ=HOURLY;INTERVAL=3", "FREQ=DAILY", "FREQ=DAILY;COUNT=2", "FREQ=MINUTELY;INTERVAL=7;COUNT=40",
          "FREQ=HOURLY;INTERVAL=5;UNTIL=20251202T120000Z"]  # fmt: skip


@st.composite
def wishes(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A component and what is said of the whole schedule."""
    when: dict[str, Any] = {}
    kind = draw(st.sampled_from(["time", "time", "trap", "threshold", "both"]))
    if kind in ("time", "both"):
        when["base"] = printed(START + draw(st.integers(0, 47)) * 1800).removesuffix(draw(st.sampled_from(["", "Z"])))
        when["recur"] = draw(st.sampled_from(RECURS))
        when["jitter"] = draw(st.sampled_from([None, 900, 7200]))
        when["window"] = draw(st.sampled_from([None, None, 3600]))
    if kind == "trap":
        when["traps"] = draw(st.sampled_from([("roaming-entered",), ("power-on", "charger-on"), ("battery-low",)]))
    if kind in ("threshold", "both"):
        said = ["./Bat/Level CROSS_DOWN 40", "./Bat/Level LE 20 300", "./Bat/Level GT 50 1800 20"]
        when["thresholds"] = [draw(st.sampled_from(said))]
        when["every_family"] = draw(st.booleans())
    part = component(
        1, "Exec ./Do/It" if draw(st.booleans()) else POLL,
        gate=draw(st.sampled_from(GATES)), order=draw(st.sampled_from([None, 1])), **when,
    )  # fmt: skip
    begins = draw(st.sampled_from([None, START + DAY]))
    ends = draw(st.sampled_from([None, START + 2 * DAY, START + 2.5 * DAY]))
    whole = options(
        missed=draw(st.integers(0, 2)), missed_delay=draw(st.sampled_from([0, 1800, 7200])),
        begins=begins and printed(begins), ends=ends and printed(ends), priority=draw(st.integers(0, 2)),
        gating=draw(st.sampled_from([0, 15])), tell_missed=draw(st.sampled_from([None, True])),
    )  # fmt: skip
    return part, whole


POWER = st.one_of(
    st.builds(Signal, st.just(EventKind.BATTERY), st.integers(0, 100)),
    st.builds(Signal, st.just(EventKind.CHARGER), st.booleans()),
    st.sampled_from([Signal(EventKind.POWER_OFF), Signal(EventKind.POWER_ON)]),
)
EVENTS = st.one_of(
    st.builds(Signal, st.just(EventKind.ROAMING), st.booleans()),
    st.builds(Signal, st.just(EventKind.VALUE), st.integers(0, 100), st.just("./Bat/Level")),
    st.builds(Signal, st.just(EventKind.VALUE), st.sampled_from(["HOME", "ROAM"]), st.just("./Net/Bearer")),
    st.builds(Signal, st.sampled_from([EventKind.USER_SUSPEND, EventKind.USER_RESUME]), st.just(""),
              st.sampled_from(["./Sched/S0", "./Sched/S1"])),
)  # fmt: skip
STEPS = [-315532800, -86400, -7200, -60, -5, 5, 60, 7200, 90000, 315532800]
CLOCKS = st.one_of(
    st.builds(Signal, st.just(EventKind.CLOCK), st.sampled_from(STEPS)),
    st.builds(Signal, st.just(EventKind.ZONE), st.sampled_from(ZONES)),
)
MOMENTS = st.integers(0, 4 * 48).map(lambda n: START + n * 1800.0)
LIVES = st.lists(st.tuples(MOMENTS, POWER | EVENTS | CLOCKS), max_size=30)
QUIET_LIVES = st.lists(st.tuples(MOMENTS, POWER | EVENTS), max_size=20)
PLANS = st.lists(wishes(), min_size=1, max_size=4)


def device_of(plans: list[Any], **rules: Any) -> Any:
    """A phone in Berlin with the schedules; ./Do/It takes 20 minutes in two of three runs and fails in each fifth."""
    device = empty(**rules)
    for number, (part, whole) in enumerate(plans):
        assert install(device, f"S{number}", part, whole) == [200]
    return device


def empty(**rules: Any) -> Any:
    """The same without schedules."""
    device = phone(rules=SchedRules(**rules), values={"./Do/It": ""}, local=BERLIN)

    def handler(tree: Any, call: Any) -> Any:
        count = int(call.now) // 1800
        return tree, Outcome(StatusCode(500 if count % 5 == 0 else 200), seconds=1200.0 if count % 3 else 0.0)

    device.handlers["./Do/It"] = handler
    return device


RAN = (What.RAN, What.FAILED)
TOLD = (*RAN, What.MISSED, What.CANCELLED, What.PUT_OFF, What.SUPPRESSED, What.DECLINED, What.INTERRUPTED, What.CUT)


def check(plans: list[Any], life: list[Any], until: float = START + 4 * DAY) -> list[Any]:
    """Live, and hold the log against the laws."""
    device = device_of(plans)
    original, begun = device.execute, Counter[str]()

    def watched(commands: Any, by: str, now: float, **more: Any) -> Any:
        begun[by] += 1
        return original(commands, by, now, **more)

    device.execute = watched
    happened = run(device, until, life)
    lives = device.scheduler.lives
    contexts = {live.uri: live.context for live in lives.values()}
    wished = {live.uri: live.context.missed for live in lives.values()}

    # no due time runs twice
    dues = Counter((h.uri, h.due) for h in happened if h.what is What.RAN and h.due is not None)
    assert all(count == 1 for count in dues.values()), dues.most_common(2)

    # nothing runs outside its validity, as the clock then was
    offset = 0.0
    for h in happened:
        if h.what is What.CLOCK and h.why.endswith(" s"):
            offset += float(h.why.removesuffix(" s"))
        if h.what in RAN and h.code != 1403:
            context = contexts[h.uri.partition("/Component/")[0]]
            assert context.valid_to is None or h.at + offset < context.valid_to
            if h.due is not None:
                assert context.valid_from is None or h.due >= context.valid_from
                assert context.valid_to is None or h.due < context.valid_to

    # every execution leaves a trace: a row, or it is under way
    under_way = sum(part.run is not None or part.cut is not None for live in lives.values() for part in live.parts)
    traces = sum(h.what in (*RAN, What.INTERRUPTED) for h in happened)
    assert sum(begun.values()) <= traces + under_way

    # every missed execution follows its rule
    allowed = {
        0: {What.CANCELLED}, 1: {What.RAN, What.FAILED, What.SUPPRESSED, What.CUT}, 2: {What.PUT_OFF},
    }  # fmt: skip
    for at, h in enumerate(happened):
        if h.what is not What.MISSED or h.why == "the next one is due at once":
            continue
        passed = (What.REPORTED, What.TOLD)
        follows = next((x for x in happened[at + 1 :] if x.uri == h.uri and x.what not in passed), None)
        rule = wished[h.uri.partition("/Component/")[0]]
        late = {What.CANCELLED, What.EXPIRED, What.INTERRUPTED} if rule == 1 else set()
        if follows is not None:
            assert follows.what in allowed[int(rule)] | late, (h, follows)
        if rule != 1:
            assert follows is not None and follows.at == h.at and follows.due == h.due

    # what the tree says is what is so, and logs and outbox are bounded
    for live in lives.values():
        for part in live.parts:
            assert device.tree.get(f"{part.component.uri}/State").value == str(part.state.value)
            assert (part.state is ScheduleState.RUNNING) == (part.run is not None)
        assert len(device.tree.get(f"{live.uri}/Log").children) <= device.scheduler.rules.max_log
        assert device.tree.get(f"{live.uri}/ServerID").value == live.owner
    assert len(device.scheduler.outbox) <= device.scheduler.rules.max_outbox
    return happened


def unsaid(plans: list[Any], life: list[Any], until: float = START + 4 * DAY) -> list[tuple[str, float]]:
    """Due times of a life without odd clocks of which no row tells, neither by themselves nor by a later missed one."""
    device = device_of(plans)
    happened = run(device, until, life)
    found = []
    for live in device.scheduler.lives.values():
        context = live.context
        for part in live.parts:
            time = part.component.time
            if time is None or (time.jitter and context.valid_to is not None):
                continue
            told = [h for h in happened if h.uri == part.component.uri and h.what in TOLD]
            rows = {h.due for h in told}
            made_up = [h.due for h in told if h.what is What.MISSED and h.due is not None]
            suspended = part.state is ScheduleState.SUSPENDED or part.awaits or not device.is_on
            expired = max((h.at for h in happened if h.uri == live.uri and h.what is What.EXPIRED), default=until)
            dues = Dues(device.scheduler.clock, device.scheduler.rules, drawn(0))
            for moment in time.recurrence.moments(device.scheduler.local, dues.readings):
                latest = min(until, expired) - time.jitter
                if moment.due >= latest:
                    break
                if moment.due < max(START, context.valid_from or START):
                    continue
                both = part.component.all_families and len(part.component.families) > 1
                if moment.due in rows or any(due >= moment.due for due in made_up) or suspended or both:
                    continue
                if any(h.what is What.EXPIRED for h in happened if h.uri == live.uri):
                    continue  # it was off when it ended
                found.append((part.component.uri, moment.due))
    return found
