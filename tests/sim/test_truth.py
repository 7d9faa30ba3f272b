"""Faults that falsified studies, each as a test: one clock, states that last, common luck, numbers, load seen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dmkit.sim import theory
from dmkit.sim.arrivals import AtOnce, ByZone, Spread
from dmkit.sim.book import Book
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.clock import DAY, HOUR, Clock, zones_of
from dmkit.sim.compiled import run_compiled
from dmkit.sim.draws import Draws
from dmkit.sim.fleet import run_python
from dmkit.sim.luck import Luck, minus_log, minus_logs
from dmkit.sim.net import LINKS, Cells, Download
from dmkit.sim.parts import Again, Outages
from dmkit.sim.people import HANDSET, SENSOR, Condition, Prompt, Window
from dmkit.sim.processes import run_tape
from dmkit.sim.run import FATES
from dmkit.sim.states import Lives
from dmkit.sim.tape import EXAMPLE_TAPE, Tape, Trip
from dmkit.words.errors import ConfigError
from tests.sim.plans import BASE
from tests.sim.test_campaign import assert_equal

QUICK = replace(BASE, devices=60, link=LINKS["lte"], retry=Retry(attempts=1))

# -- one clock


def _local(plan, run):
    clock = plan.clock
    begun = run.finished - run.connected
    return np.array([clock.hour(int(t), n % len(clock.zones)) for n, t in enumerate(begun)])


@pytest.mark.parametrize(
    "zones",
    [12, 24, (0.0, 5.5, -3.5, 12.75), ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")],
)
def test_by_zone_triggers_at_the_same_local_hour_everywhere(zones):
    plan = replace(QUICK, devices=240, arrivals=ByZone(zones, 60.0), start_hour=9.0, start_day="2026-03-28")
    hours = _local(plan, plan.run(1))
    assert hours.min() >= 9 and hours.max() < 9.1
    assert (plan.run(1).finished < 25 * 3600e6).all()


@pytest.mark.parametrize("zones", [12, (0.0, 5.5, -9.5), ("Europe/Berlin", "Asia/Kathmandu", 1.0)])
def test_windows_prompts_and_laws_share_the_clock(zones):
    plan = replace(
        QUICK,
        devices=300,
        arrivals=AtOnce(),
        prompt=Prompt(),
        window=Window(start=10, end=12, zones=zones),
        start_hour=9.0,
    )
    run = plan.run(1)
    hours = _local(plan, run)
    assert ((hours >= 10) & (hours < 12.1)).all() and not run.wakings.any()
    night = replace(plan, window=Window(start=23, end=1, zones=zones)).run(1)
    assert (night.wakings == night.prompts).all()


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran"]),
    st.integers(0, 3 * 365 * 24 * 4),
)
def test_the_clock_is_that_of_zoneinfo(name, quarters):
    clock = Clock((0.0, name))
    moment = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    wall = moment.astimezone(ZoneInfo(name))
    assert clock.hour(quarters * HOUR // 4, 1) == wall.hour + wall.minute / 60


@given(
    st.sampled_from(["2026-03-28", "2026-10-24"]),
    st.integers(0, 50 * 12),
    st.integers(0, 95),
    st.integers(1, 96),
)
def test_a_window_opens_at_the_first_moment_whose_hour_lies_in_it(day, fives, start, end):
    clock = Clock(("Europe/Berlin",), day=day)
    now, step = fives * 300_000_000, 60_000_000
    start, end = start / 4, end / 4
    if start == end:
        return
    wait = clock.wait(now, 0, start, end)

    def inside(t):
        hour = clock.hour(t, 0)
        return start <= hour < end if start < end else hour >= start or hour < end

    assert inside(now + wait)
    assert not any(inside(now + t) for t in range(0, wait, step))


def test_a_window_on_the_day_that_lacks_its_hour():
    spring = Clock(("Europe/Berlin",), day="2026-03-29")
    assert spring.wait(0, 0, 2.5, 4.0) == 2 * HOUR and spring.hour(2 * HOUR, 0) == 3.0
    assert spring.wait(0, 0, 2.0, 3.0) == DAY + HOUR  # wholly within the gap: on the next day
    assert spring.until(0, 0, 2.5) == 2 * HOUR
    autumn = Clock(("Europe/Berlin",), day="2026-10-25")
    first = autumn.wait(0, 0, 2.25, 2.75)
    assert first == 2.25 * HOUR and autumn.wait(int(first + HOUR / 2), 0, 2.25, 2.75) == HOUR / 2


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Clock(("Europe/Berlin",), day="0001-01-01"), "from 1900 to 9990"),
        (lambda: Clock(("Europe/Berlin",), day="9996-06-01"), "from 1900 to 9990"),
        (lambda: replace(QUICK, start_day="9999-12-31"), "from 1900 to 9990"),
        (lambda: zones_of(("localtime",)), "localtime"),
        (lambda: zones_of(("posixrules",)), "posixrules"),
        (lambda: zones_of(("right/Europe/Berlin",)), "right/Europe/Berlin"),
        (lambda: zones_of(0), "from 1 to 24"),
        (lambda: zones_of(("Mars/Base",)), "Mars/Base"),
        (lambda: zones_of((25.0,)), "hours east"),
        (lambda: Window(zones=99), "from 1 to 24"),
        (lambda: replace(QUICK, arrivals=ByZone(3, 1.0), window=Window(zones=4)), "one clock"),
        (lambda: replace(QUICK, start_day="tomorrow"), "2026-01-05"),
    ],
)
def test_zones_that_are_none_are_refused(call, says):
    with pytest.raises(ConfigError, match=says):
        call()


WHOLE_DAYS = [
    # day, zone, hour of the start, from when on (hours), which hour, expected wait in hours
    ("2011-12-29", "Pacific/Apia", 9.0, 8, 8.0, 15),  # 30 December is left out: 8 h of the 31st follows
    ("2011-12-29", "Pacific/Apia", 20.0, 0, 9.0, 13),
    ("1993-08-20", "Pacific/Kwajalein", 9.0, 0, 8.5, 23.5),
    ("2011-12-29", "Pacific/Fakaofo", 20.0, 0, 9.0, 13),
    ("2011-12-29", "Pacific/Auckland", 20.0, 0, 9.0, 13),  # its neighbour leaves nothing out
]


@pytest.mark.parametrize(("day", "zone", "begin", "after", "hour", "hours"), WHOLE_DAYS)
def test_where_a_whole_day_is_left_out_no_hour_is(day, zone, begin, after, hour, hours):
    """The wall clock goes from 23:59 to 0:00 as on any day, so an hour is not passed over at midnight."""
    assert Clock((zone,), begin, day).until(after * HOUR, 0, hour) == hours * HOUR


@pytest.mark.parametrize(
    ("day", "zone", "hour", "minutes"),
    [
        ("2026-10-03", "Australia/Lord_Howe", 2.25, 360),  # 2:00 becomes 2:30: at once
        ("2026-10-03", "Australia/Lord_Howe", 2.75, 375),
        ("2026-04-04", "Australia/Lord_Howe", 1.75, 345),  # twice; the first
        ("2026-02-14", "Africa/Casablanca", 2.5, 390),
        ("2026-03-21", "Africa/Casablanca", 2.5, 360),
        ("2026-09-05", "America/Santiago", 0.5, 240),  # midnight itself is left out
        ("2026-04-04", "America/Santiago", 23.5, 210),
        ("2026-03-28", "Asia/Beirut", 0.5, 240),
        ("2026-03-26", "Asia/Jerusalem", 2.5, 360),
    ],
)
def test_the_next_hour_of_zones_with_changes_of_their_own(day, zone, hour, minutes):
    assert Clock((zone,), 20.0, day).until(0, 0, hour) == minutes * 60_000_000


# -- states that last


@pytest.mark.parametrize("conditions", [HANDSET, (Condition("a", 0.3, 40.0), Condition("b", 0.4, 90.0, even=True))])
@pytest.mark.parametrize("when", [0, 3600, 10_000])
def test_shares_are_the_same_at_any_time(conditions, when):
    n = 30_000
    plan = Campaign(devices=n, conditions=conditions, arrivals=Spread(1.0))
    draws = Draws.of(replace(plan, arrivals=lambda n, streams: np.full(n, float(when))), 1)
    for number, condition in enumerate(conditions):
        seen = (draws.condition == number).mean()
        assert seen == pytest.approx(condition.share, abs=4 * (condition.share / n) ** 0.5)
        rest = (draws.begin - when * 1e6)[draws.condition == number] / 1e6
        assert rest.mean() == pytest.approx(condition.mean, rel=0.1)


def test_a_state_is_not_drawn_anew_at_each_retry():
    """Retries each 30 s: a device that is off stays off, and the share that is off stays 5 %."""
    off = (Condition("off", 0.05, 4 * 3600.0),)
    plan = Campaign(devices=4000, conditions=off, arrivals=AtOnce(), retry=Retry(attempts=20), link=LINKS["lte"])
    hurt = replace(plan, servers=Servers(outages=((0.0, 600.0),)))
    book = Book(hurt, Draws.of(hurt, 1))
    began = np.array([[book.due(d, t * 30_000_000) for t in range(20)] for d in range(4000)])
    held = (began > np.arange(20) * 30_000_000).mean(axis=0)
    assert held == pytest.approx(np.full(20, 0.05), abs=0.012)
    assert (np.diff(began, axis=1) >= 0).all()
    assert plan.run(1).within(0.5) < 60 and plan.run(1).summary()["attempts"] == pytest.approx(1.0, abs=0.01)


def test_a_life_is_the_same_whoever_looks_and_when():
    for conditions in (HANDSET, SENSOR):
        lives = Lives(conditions, Luck(3))
        number, end, state = lives.begin(50)
        for _ in range(30):
            lives.afters(np.arange(50), number, end, state)
        for d in (0, 7, 49):
            one = tuple(int(column[d]) for column in lives.begin(50))
            for _ in range(30):
                one = lives.after(d, *one)
            assert one == (number[d], end[d], state[d])


# -- common luck


def _same(a, b, *names):
    assert all((getattr(a, name) == getattr(b, name)).all() for name in names)


def test_more_attempts_change_nothing_for_those_who_need_them_not():
    plan = replace(BASE, retry=Retry(attempts=5, base=2, cap=20), servers=Servers(count=60, service=0.05))
    five, six = plan.run(1), replace(plan, retry=replace(plan.retry, attempts=6)).run(1)
    _same(five, six, "reached", "cell")
    assert ((five.octets_up == six.octets_up) | (five.attempts == 5)).all()


def test_the_same_messages_are_lost_on_another_tape_and_in_a_larger_fleet():
    plan = replace(BASE, servers=Servers(count=900, service=0.05), retry=Retry(attempts=1))
    longer = replace(plan, tape=Tape((*EXAMPLE_TAPE.trips, Trip(10, 10))))
    a, b, c = plan.run(1), longer.run(1), replace(plan, devices=1800).run(1)
    lost = a.outcome == 4
    assert lost.any() and (b.outcome[lost] == 4).all()
    for name in ("finished", "outcome", "octets_up"):
        assert (getattr(c, name)[:900] == getattr(a, name)).all()


def test_a_fleet_in_parts_meets_the_luck_of_the_whole():
    plan = replace(BASE, servers=Servers(count=900, service=0.05), arrivals=AtOnce(), conditions=HANDSET)
    whole = plan.run(4)
    parts = [replace(plan, devices=300, first=at).run(4) for at in (0, 300, 600)]
    assert (np.concatenate([part.finished for part in parts]) == whole.finished).all()


def test_draws_are_even_and_independent():
    luck = Luck(5)
    table = luck.uniform("work", 50_000, 3, 4)
    for column in table.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    others = [luck.uniform("work", 50_000, turn)[None] for turn in range(3)]
    others += [luck.uniform("loss", 50_000)[None], Luck(6).uniform("work", 50_000)[None], table[None, :-1, 0]]
    columns = [other.ravel()[:49_999] for other in others] + [table[1:, 0]]
    worst = np.abs(np.corrcoef(columns) - np.eye(len(columns))).max()
    assert worst < 5 / 49_999**0.5
    bits = (luck.uniform("work", 50_000) * 2**20).astype(np.int64)
    assert all(abs((bits >> bit & 1).mean() - 0.5) < 0.01 for bit in range(20))


@given(st.floats(2.0**-53, 1.0))
def test_the_logarithm_has_the_same_bits_everywhere(x):
    assert minus_log(x) == minus_logs(np.array([x]))[0] == pytest.approx(-np.log(x), rel=1e-14, abs=1e-15)


def test_draws_cost_little_memory_whatever_the_attempts():
    import tracemalloc

    plan = Campaign(devices=100_000, conditions=HANDSET, retry=Retry(attempts=50), cells=Cells(count=7))
    Draws.of(replace(plan, devices=10), 1)
    tracemalloc.start()
    kept = Draws.of(plan, 1)
    each = tracemalloc.get_traced_memory()[0] / plan.devices
    tracemalloc.stop()
    assert kept.seed == 1 and each <= 150


# -- numbers


def test_long_work_is_counted_and_longer_is_refused():
    plan = replace(QUICK, servers=Servers(count=60, service=3000.0), link=replace(LINKS["lte"], timeout=1e6))
    run = plan.run(1)
    assert run.busy / run.served == pytest.approx(3000, rel=0.3) and run.waited.min() >= 0
    assert_equal(run, plan.with_fidelity("tape").run(1))
    for call in (
        lambda: Servers(service=1e12),
        lambda: Retry(cap=1e12, base=1.0),
        lambda: Servers(outages=((0.0, 1e12),)),
        lambda: replace(QUICK, arrivals=Spread(1e12)).run(1),
        lambda: replace(QUICK, link=replace(LINKS["lte"], timeout=1e12)),
        lambda: replace(QUICK, access=(1e12,)),
    ):
        with pytest.raises(ConfigError, match=r"285|microseconds"):
            call()


ENDLESS = {
    "work piles up": (Servers(count=1, service=2e8, law="constant"), Retry(attempts=1), {}),
    "in a queue with classes": (Servers(count=1, service=2e8, law="constant", urgent=0.5), Retry(attempts=1), {}),
    "pauses add up": (
        Servers(), Retry(attempts=9000, base=5e6, cap=5e6, policy="exponential"), {"loss": 0.9999, "resends": 0},
    ),
    "pauses add up behind outages": (
        Servers(outages=((0.0, 8e9),)), Retry(attempts=9000, base=5e6, cap=5e6, policy="exponential"),
        {"loss": 0.9999, "resends": 0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("engine", [run_python, run_tape, run_compiled])
def test_a_run_that_goes_on_for_longer_than_is_counted_is_refused_by_every_engine(engine, name):
    """The compiled loop gave negative times and work, the others an OverflowError."""
    servers, retry, link = ENDLESS[name]
    plan = replace(
        QUICK, devices=400, arrivals=AtOnce(), servers=servers, retry=retry, link=replace(LINKS["lte"], **link),
    )  # fmt: skip
    if engine is run_compiled:
        pytest.importorskip("numba")
    with pytest.raises(ConfigError, match="goes on beyond 9007199254 s"):
        engine(plan, Draws.of(plan, 1))


@pytest.mark.parametrize("share", [1e-300, 1e-9, 1e-5])
def test_a_state_so_rare_that_nobody_meets_it_changes_nothing(share):
    """Between two of them lie more microseconds than 64 bits hold; every engine plays on."""
    plan = replace(QUICK, devices=50, conditions=(Condition("off", share, 3600.0),))
    calm = replace(plan, conditions=()).run(1)
    for run in (run_python(plan, Draws.of(plan, 1)), run_tape(plan, Draws.of(plan, 1))):
        assert (run.finished == calm.finished).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Condition("busy", 0.5, 1e-300), "at least 0.01 s"),
        (lambda: Condition("busy", 0.5, 0.001), "at least 0.01 s"),
        (lambda: Condition("busy", 0.5, 1e18), "microseconds"),
        (lambda: Outages(every=1e-300, lasting=1.0, until=30.0), "at most 100000 causes"),
        (lambda: Outages(every=1e-4, lasting=1.0, until=30.0), "at most 100000 causes"),
        (lambda: Outages(every=1e9, lasting=1.0, until=1e18), "Outages.until"),
        (lambda: Outages(every=1.0, lasting=1e18, until=9.0), "Outages.lasting"),
    ],
)
def test_what_would_be_played_for_ever_is_refused(make, says):
    with pytest.raises(ConfigError, match=says):
        make()


@pytest.mark.parametrize("given", [None, "1", 1 + 0j, True, [1.0], float("nan"), -1.0, 1e9])
def test_a_function_of_ones_own_that_gives_no_seconds_is_refused(given):
    often = replace(QUICK, link=replace(QUICK.link, loss=0.9), retry=Retry(attempts=3, policy=lambda *_: given))
    for plan, says in (
        (often, r"Retry.policy, after failure 1, gave .*; it must give seconds from 0 to below 1e9"),
        (replace(QUICK, servers=Servers(law=lambda _: given)), r"Servers.law, for the draw .*, gave .*seconds from 0"),
    ):
        for play in (run_python, run_tape):
            with pytest.raises(ConfigError, match=says):
                play(plan, Draws.of(plan, 1))


@pytest.mark.parametrize("given", [None, "1", 1 + 0j, True, float("nan"), float("inf")])
@pytest.mark.parametrize("shape", ["one", "all", "short"])
def test_a_measure_or_law_of_ones_own_that_gives_no_numbers_is_refused(given, shape):
    def value(n):
        return {"one": given, "all": [given] * n, "short": [given] * (n - 1)}[shape]

    laws = (
        replace(QUICK, energy=lambda run: value(run.plan.devices)),
        replace(QUICK, money=lambda run: value(run.plan.devices)),
        replace(QUICK, arrivals=lambda n, streams: value(n)),
    )
    for plan, name in zip(laws, ("energy", "money", "arrivals"), strict=True):
        with pytest.raises(ConfigError, match=rf"Campaign.{name} gave .*; it must give"):
            plan.run(1).summary()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Servers(count=2**63), "Servers.count"),
        (lambda: Download(octets=2**63), "Download.octets"),
        (lambda: replace(QUICK, first=2**63), "Campaign.first"),
        (lambda: Again(think=5.0, until=1e300), "Again.until"),
        (lambda: Again(think=1e300, until=5.0), "Again.think"),
    ],
)
def test_numbers_that_no_engine_holds_are_refused_by_name(make, says):
    with pytest.raises(ConfigError, match=says):
        make()


def test_a_number_of_numpy_gives_the_same_luck():
    assert_equal(replace(QUICK, first=np.int64(3)).run(np.int64(7)), replace(QUICK, first=3).run(7))


def test_a_tape_without_an_exchange_is_refused():
    with pytest.raises(ConfigError, match="a session has at least one"):
        replace(QUICK, tape=Tape(()))


def test_a_message_may_be_sent_more_often_than_a_small_number_holds():
    link = replace(LINKS["lte"], loss=0.97, timeout=1.0, resends=300)
    plan = replace(QUICK, link=link, servers=Servers(count=60))
    run = plan.run(1)
    assert run.done.all() and run.octets_up.min() > 0 and run.octets_up.max() > 128 * 364
    assert_equal(run, plan.with_fidelity("tape").run(1))


@pytest.mark.parametrize(("servers", "rho"), [(1, 0.9999), (2, 0.999), (5, 0.99), (40, 0.9999), (300, 0.7)])
def test_mdc_at_high_load(servers, rho):
    load = servers * rho
    value = theory.mdc_wait(servers, load)
    if servers == 1:
        assert value == pytest.approx(4999.5)
    if rho > 0.99:
        assert value == pytest.approx(theory.cosmetatos_wait(servers, load), rel=0.01)
    assert 0 <= value < theory.mmc_wait(servers, load)


def test_mdc_agrees_with_spitzers_sum():
    from scipy.special import pdtrc

    for servers, load in ((1, 0.5), (2, 1.6), (5, 4.0), (20, 16.0)):
        n = np.arange(1, 20_000)
        mean, level = n * load, n * servers
        terms = (mean * pdtrc(level - 1, mean) - level * pdtrc(level, mean)) / n
        assert theory.mdc_wait(servers, load) == pytest.approx(terms.sum() / load, rel=1e-9)


# -- load that is seen


def test_a_retry_storm_during_an_outage_is_seen():
    plan = replace(
        BASE,
        servers=Servers(count=3, service=0.05, outages=((3.0, 30.0),)),
        retry=Retry(base=1, cap=4, attempts=20),
        link=replace(LINKS["lte"], loss=0.0),
        record=True,
    )
    run = plan.run(1)
    during = run.offers[(run.offers[:, 0] >= 3_000_000) & (run.offers[:, 0] < 30_000_000)]
    during = during[during[:, 1] != FATES.index("cut off")]
    assert len(during) > 400 and (during[:, 1] == 3).all()
    assert run.fates[3] == len(during) and run.offered == (run.offers[:, 1] != 4).sum()
    assert run.summary()["offered"] == run.offered and run.summary()["lost"] >= len(during)
    silent = replace(plan, record=False).run(1)
    assert silent.fates == run.fates and silent.offers is None


# -- results that cannot be given


def test_a_time_that_was_not_reached_says_by_how_much():
    plan = replace(QUICK, devices=1000, link=replace(LINKS["lte"], loss=0.3, resends=0), servers=Servers(count=900))
    run = plan.run(1)
    done = run.done.mean()
    assert 0 < done < 0.95 and run.within(0.95) == float("inf")
    assert run.short_of(0.95) == f"not reached by {95 - 100 * done:.1f} %" and run.short_of(0.1) == ""
    assert "inf" not in repr(replace(plan, link=replace(plan.link, loss=0.9)).run(1))


def test_the_engines_work_without_numba():
    """A finder that knows no numba: the loop is Python's, the result the same."""
    code = (
        "import sys\n"
        "class Blocker:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('numba', 'llvmlite'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Blocker())\n"
        "from dmkit.sim.campaign import Campaign\n"
        "run = Campaign(devices=50).run(1)\n"
        "print(run.loop, run.finished.sum())\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["Python", str(Campaign(devices=50).run(1).finished.sum())]


def test_code_that_was_kept_by_another_version_is_made_anew(monkeypatch):
    """What numba has kept names classes of ours; where they are called otherwise now, reading it fails."""
    from types import SimpleNamespace

    from dmkit.sim import compiled

    pytest.importorskip("numba")
    from dmkit.sim import compiled_loop

    flushed = []

    def stale() -> None:
        raise AttributeError("Can't get attribute 'Setting'")

    doors = []
    for name in ("first_plain", "play_plain", "play"):
        file = SimpleNamespace(_load_index=stale if name != "play" else dict)
        kept = SimpleNamespace(_cache_file=file, flush=lambda name=name: flushed.append(name))
        doors.append(SimpleNamespace(_cache=kept))
    monkeypatch.setattr(compiled_loop, "DOORS", tuple(doors))
    compiled._loop.cache_clear()
    assert compiled._loop() is compiled_loop
    assert flushed == ["first_plain", "play_plain"]
    compiled._loop.cache_clear()


def test_kept_code_is_of_every_file_that_is_compiled_into_it(monkeypatch, tmp_path):
    """numba looks at the file of a door only: a change in another would have been played as before."""
    from types import SimpleNamespace

    pytest.importorskip("numba")
    from dmkit.sim import compiled_loop

    room = {f"dmkit.sim.compiled_loop.{path.stem}" for path in Path(compiled_loop.__file__).parent.glob("[a-z]*.py")}
    counted = {file.__name__ for file in compiled_loop._FILES}
    assert room <= counted
    below = {"book", "clock", "draws", "luck", "rates", "sharing"}
    assert counted == room | {f"dmkit.sim.{name}" for name in below}
    for file in compiled_loop._FILES:  # whatever a compiled file imports of ours is among them
        for line in Path(file.__file__).read_text().splitlines():
            if file.__name__ in room and line.startswith("from dmkit"):
                assert line.split()[1] in counted

    def stamps():
        return [door._cache._cache_file._source_stamp for door in compiled_loop.DOORS]

    before = stamps()
    changed = tmp_path / "heaps.py"
    changed.write_text(Path(compiled_loop.heaps.__file__).read_text() + "\n# changed\n")
    files = [
        SimpleNamespace(__file__=changed) if file is compiled_loop.heaps else file for file in compiled_loop._FILES
    ]
    try:
        monkeypatch.setattr(compiled_loop, "_FILES", files)
        compiled_loop.keep_by_contents()
        assert len({*before, *stamps()}) == 2
    finally:
        monkeypatch.undo()
        compiled_loop.keep_by_contents()
    assert stamps() == before


def test_many_small_plans_are_compiled_where_code_is_kept(monkeypatch):
    from dmkit.sim import compiled

    pytest.importorskip("numba")
    played = []
    monkeypatch.setattr(compiled, "_played", 0)
    each = sum(Campaign(devices=60, arrivals=Spread(5.0)).run(1).fates)
    monkeypatch.setattr(compiled, "_WORTH_LOADING", 3 * each)
    monkeypatch.setattr(compiled, "run_compiled", lambda plan, draws: played.append(draws.seed))
    for kept, seeds in ((False, []), (True, [3, 4])):
        compiled._played = 0
        monkeypatch.setattr(compiled, "_is_kept", lambda kept=kept: kept)
        for seed in range(1, 5):
            Campaign(devices=60, arrivals=Spread(5.0)).run(seed)
        assert played == seeds, kept


def test_what_is_played_in_python_first_counts_towards_compiling(monkeypatch):
    """To compile takes as long as 2 million messages in Python; a closed population is told by its rounds."""
    from dmkit.sim import compiled

    pytest.importorskip("numba")
    monkeypatch.setattr(compiled, "_is_kept", lambda: False)
    monkeypatch.setattr(compiled, "_played", 0)
    plan = Campaign(devices=100_000)
    assert not compiled.pays(plan) and compiled.pays(replace(plan, devices=1_000_000))
    few = replace(plan, devices=20, again=Again(think=1e-9, until=20.0), servers=Servers(count=1, service=0.3))
    assert not compiled.pays(few) and compiled.pays(replace(few, again=Again(think=1e-9, until=1e6)))
    monkeypatch.setattr(compiled, "_played", 1_900_000)
    assert compiled.pays(plan) and not compiled.pays(replace(plan, devices=1000))
