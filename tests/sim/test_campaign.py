"""Three engines, one answer; laws that hold for every plan; what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmkit as dm
from dmkit.sim import compiled
from dmkit.sim.arrivals import AtOnce, ByCell, ByZone, OnDevice, Polling, Spread
from dmkit.sim.backoff import POLICIES
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.card import CARDS, OCTETS, CardTiming
from dmkit.sim.net import LINKS, PUSH, SETUPS, Cells, Download, Link, Push
from dmkit.sim.people import HANDSET, Condition, Prompt, Window
from dmkit.sim.processes import Desk, Environment
from dmkit.sim.run import COLUMNS, OUTCOMES
from dmkit.sim.streams import Streams
from dmkit.sim.tape import EXAMPLE_TAPE, Tape, Trip, record
from dmkit.words.errors import ConfigError
from tests.sim.plans import BASE, PLANS

FIELDS = (
    *("finished", "outcome", "attempts", "refusals", "waited", "octets_up", "octets_down", "connected"),
    *("card", "prompts", "wakings", "postponed"),
)
COUNTS = ("peak", "served", "wasted", "busy")


def assert_equal(a, b):
    for field in FIELDS:
        differing = np.flatnonzero(getattr(a, field) != getattr(b, field))
        assert not len(differing), f"{field} of device {differing[0]}"
    assert {name: getattr(a, name) for name in COUNTS} == {name: getattr(b, name) for name in COUNTS}
    assert np.array_equal(a.requests, b.requests) or a.requests is b.requests is None


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", PLANS)
def test_the_loop_and_the_processes_agree_device_by_device(name, seed):
    plan = replace(PLANS[name], record=True)
    assert_equal(plan.run(seed), plan.with_fidelity("tape").run(seed))


plans = st.builds(
    lambda servers, service, spread, loss, queue, urgent, outage, limit, octets, breaks, budget, policy, room: Campaign(
        devices=60,
        link=replace(LINKS["lte"], loss=loss, timeout=2.0),
        servers=Servers(
            count=servers,
            service=service,
            queue=queue,
            urgent=urgent,
            outages=outage,
            retry_after=2.0,
            law="constant",
            sessions=room,
        ),
        arrivals=Spread(spread),
        cells=Cells(count=3, limit=limit),
        download=None if octets is None else Download(octets=octets, breaks=breaks, servers=servers),
        retry=Retry(policy=policy, base=0.5, cap=8.0, attempts=3, budget=budget),
    ),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.05, 0.4, 2.5]),
    st.sampled_from([0.1, 3.0, 30.0]),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([None, 0, 3]),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([(), ((1.0, 2.0),), ((0.0, 0.5), (4.0, 9.0))]),
    st.sampled_from([None, 1, 8]),
    st.sampled_from([None, 200_000]),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([None, 0.3]),
    st.sampled_from(sorted(POLICIES)),
    st.sampled_from([None, 1, 6]),
)


@settings(max_examples=60)
@given(plans, st.integers(0, 1000))
def test_any_plan_comes_to_the_same_end_in_both_engines(plan, seed):
    """Constant work and crowded microseconds: ties must be broken alike."""
    loop, processes = plan.run(seed), plan.with_fidelity("tape").run(seed)
    assert_equal(loop, processes)
    assert (loop.attempts <= plan.retry.attempts).all()
    assert ((loop.finished >= 0) == loop.done).all()


@pytest.mark.parametrize("name", PLANS)
def test_what_holds_for_every_run(name):
    run = PLANS[name].run(3)
    frame = run.frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame.attrs["seed"] == 3 and frame.attrs["version"] == dm.__version__
    done = frame["outcome"] == "done"
    assert (frame.loc[done, "finished"] >= frame.loc[done, "reached"]).all()
    assert frame.loc[~done, "finished"].isna().all()
    assert (frame["outcome"] == "not reached").equals(frame["reached"].isna())
    assert (frame["energy"] >= 0).all()
    row = run.summary()
    assert row["t50"] <= row["t95"] <= row["t99"]
    assert run.summary() == PLANS[name].run(3).summary()


def test_the_example_tape_is_what_the_engines_say():
    assert record().trips == EXAMPLE_TAPE.trips


def _set_version(info):
    [version] = yield [dm.Get.of("./DevDetail/FwV")]
    if version.text != "2.0":
        yield [dm.Replace.of("./DevDetail/FwV", "2.0")]


@pytest.mark.parametrize("job", [None, _set_version], ids=["read", "write"])
def test_real_engines_and_their_tape_agree_device_by_device(job):
    plan = replace(BASE, devices=200, link=LINKS["lte"], job=job, record=True)
    exact, tape = plan.with_fidelity("exact").run(5), plan.with_fidelity("tape").run(5)
    assert_equal(exact, tape)
    assert {tape.trips for tape in exact.log["tapes"].values()} == {plan.recorded.trips}
    dm.session.assert_sound(exact.log["talks"][7])


def test_a_server_that_dies_loses_no_device_and_updates_none_twice():
    assert_nobody_lost(400, Spread(720.0), ((120.0, 360.0),))


def assert_nobody_lost(devices, arrivals, outages):
    plan = Campaign(
        devices=devices,
        job=_set_version,
        arrivals=arrivals,
        servers=Servers(count=3, service=0.5, outages=outages),
        retry=Retry(base=30, cap=600, attempts=20),
        fidelity="exact",
    )
    run = plan.run(1)
    assert run.done.all() and (run.attempts > 1).any()
    nodes = [device.tree.get("./DevDetail/FwV") for device in run.log["devices"]]
    assert {(node.value, node.verno) for node in nodes} == {("2.0", 1)}
    [(start, end)] = outages
    assert not ((run.finished > start * 1e6 + 1e6) & (run.finished < end * 1e6)).any()


def test_loss_of_messages_does_not_update_twice():
    plan = replace(BASE, devices=200, job=_set_version, fidelity="exact", retry=Retry(base=1, cap=5, attempts=9))
    run = plan.run(2)
    assert run.done.all()
    assert {device.tree.get("./DevDetail/FwV").verno for device in run.log["devices"]} == {1}


def test_common_luck_makes_a_second_server_help_every_device_on_average():
    one = replace(BASE, servers=Servers(count=2, service=0.05)).run(1)
    two = replace(BASE, servers=Servers(count=4, service=0.05)).run(1)
    assert two.waited.sum() < one.waited.sum()
    assert (two.reached == one.reached).all()


def test_a_retry_storm_outlives_its_cause_and_each_cure_prevents_it():
    """15 s without servers; at a load of 0.7 the retries keep them busy with work nobody waits for any more."""
    calm = Campaign(
        devices=2000,
        arrivals=Spread(200.0),
        servers=Servers(count=1, service=0.035, law="constant"),
        link=replace(LINKS["lte"], timeout=3.0),
        retry=Retry(policy="none", base=0.0, cap=0.0, attempts=20),
    )
    assert calm.run(1).wasted == 0
    hurt = replace(calm, servers=replace(calm.servers, outages=((50.0, 65.0),)))
    storm = hurt.run(1)
    assert storm.wasted / storm.served > 0.9 and storm.done.mean() < 0.5
    jitter = replace(hurt, retry=Retry(policy="full", base=20, cap=300, attempts=20)).run(1)
    short = replace(hurt, servers=replace(hurt.servers, queue=60, retry_after=20)).run(1)
    budget = replace(hurt, retry=Retry(policy="full", base=20, cap=300, attempts=20, budget=0.1)).run(1)
    assert jitter.done.all() and short.done.all() and budget.done.mean() > 0.9
    assert max(run.wasted / run.served for run in (jitter, short, budget)) < 0.05


def test_cells_never_carry_more_than_their_limit():
    plan = replace(BASE, cells=Cells(count=3, limit=4), link=LINKS["lte"], retry=Retry(attempts=1))
    run = plan.run(1)
    starts = run.finished - run.connected
    for cell in range(3):
        mine = np.flatnonzero(run.cell == cell)
        times = np.concatenate([starts[mine], run.finished[mine]])
        step = np.concatenate([np.ones(len(mine)), -np.ones(len(mine))])
        assert np.cumsum(step[np.lexsort((step, times))]).max() <= 4


def test_nobody_is_managed_outside_the_window():
    plan = replace(
        BASE, devices=300, link=LINKS["lte"], start_hour=10.0, window=Window(start=22, end=6), retry=Retry(attempts=1)
    )
    run = plan.run(1)
    begun = (run.finished - run.connected) / 3600e6 + 10
    assert ((begun % 24 >= 22) | (begun % 24 < 6)).all()


def test_the_card_delays_every_attempt_by_its_commands():
    plain = replace(BASE, link=LINKS["lte"], arrivals=Spread(3600.0), servers=Servers(law="constant"))
    card = CardTiming(rate=9600, authenticate_work=0.06, reads=2)
    with_card = replace(plain, card=card)
    a, b = plain.run(1), with_card.run(1)
    seconds = 12 / 9600 * (OCTETS["authenticate"] + 2 * OCTETS["read"]) + 0.06 + 2 * 0.005
    assert card.seconds == pytest.approx(seconds)
    once = a.done & (a.attempts == 1) & (a.waited == 0) & (b.waited == 0)
    assert (b.finished - a.finished)[once] == pytest.approx(np.full(once.sum(), seconds * 1e6), abs=2)
    assert b.energy().mean() - a.energy().mean() > seconds * card.watt
    unlucky = replace(with_card, card=replace(card, resync=0.5)).run(1)
    again = (unlucky.card > b.card).mean()
    assert again == pytest.approx(0.5, abs=0.06)
    assert set(CARDS) >= {"slow", "fast", "gba"}


def test_handshakes_cost_round_trips_and_octets():
    link = LINKS["nb-iot"]
    assert link.over("tcp").setup_seconds == pytest.approx(link.rtt)
    times = [link.over(name).setup_seconds for name in ("tcp", "tls 1.3", "tls 1.2", "tls 1.2 mutual")]
    assert times == sorted(times)
    one, two = (replace(BASE, link=LINKS["lte"].over(name)).run(1) for name in ("tcp", "tls 1.2"))
    row = SETUPS["tls 1.2"]
    assert (two.octets_up - two.attempts * row.up == one.octets_up - one.attempts * SETUPS["tcp"].up).all()
    assert two.octets_down.sum() > one.octets_down.sum()


def test_servers_never_remember_more_sessions_than_they_have_room_for():
    plan = replace(
        PLANS["sessions remembered"], link=LINKS["lte"], retry=Retry(base=1, cap=9, attempts=9), fidelity="tape"
    )
    most = 0

    def watched(ask):
        def asked(desk, *args, **named):
            nonlocal most
            answer = ask(desk, *args, **named)
            most = max(most, len(desk.held))
            return answer

        return asked

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Desk, "ask", watched(Desk.ask))
        run = plan.run(1)
    assert most == plan.servers.sessions and run.refusals.sum() > 0
    assert (replace(plan, servers=replace(plan.servers, sessions=None)).run(1).refusals == 0).all()


def test_whom_a_campaign_wakes():
    day = Campaign(devices=2000, arrivals=Spread(7200.0), start_hour=12.0, prompt=Prompt(), conditions=HANDSET)
    night = replace(day, start_hour=23.0)
    asked, woken = day.run(1), night.run(1)
    assert (asked.prompts == asked.attempts).all() and asked.wakings.mean() < 0.05
    assert woken.wakings.mean() > 0.9 and woken.annoyance().mean() > asked.annoyance().mean()
    assert asked.postponed.mean() == pytest.approx(0.10, abs=0.02)
    assert replace(night, prompt=None).run(1).annoyance().sum() == 0
    assert replace(night, conditions=()).run(1).postponed.sum() == 0


def test_what_it_costs():
    plan = replace(
        BASE,
        link=replace(LINKS["lte"], cost_per_mb=2.0),
        push=replace(PUSH["good"], cost=0.05),
        servers=Servers(count=3, service=0.05, cost_per_hour=1.5),
    )
    run = plan.run(1)
    row = run.summary()
    hours = run.finished.max() / 3600e6
    assert row["cost"] == pytest.approx(2.0 * row["megabytes"] + 0.05 * plan.devices + 3 * 1.5 * hours)
    assert run.frame()["cost"].sum() == pytest.approx(row["cost"] - 3 * 1.5 * hours)
    assert BASE.run(1).summary()["cost"] == 0


class Counted(int):
    """A number that counts how often it is compared."""

    compared = 0

    def __lt__(self, other):
        Counted.compared += 1
        return int(self) < int(other)

    def __eq__(self, other):
        return int(self) == int(other)

    __hash__ = int.__hash__


def test_a_burst_costs_few_comparisons_per_request():
    """Counted, not timed: a queue that is sorted at each request would need n of them, not log n."""

    def comparisons(n):
        from dmkit.sim.book import Book
        from dmkit.sim.draws import Draws

        plan = Campaign(devices=n, servers=Servers(count=2, urgent=0.3), arrivals=AtOnce())
        env = Environment()
        desk = Desk(env, Book(plan, Draws.of(plan, 1)))
        Counted.compared = 0
        for device in np.random.default_rng(1).permutation(n).tolist():
            desk.ask(Counted(device), 1000, 10**12, first=True)
        env.run()
        assert desk.book.served == n and desk.book.peak == n - 2
        return Counted.compared

    few, many = comparisons(4000), comparisons(8000)
    assert few < 3 * 4000 * np.log2(4000) and many / few < 2.5


def test_a_burst_takes_the_loop_a_fixed_number_of_heap_operations_per_device(monkeypatch):
    from dmkit.sim import compiled, fleet

    monkeypatch.setattr(compiled, "pays", lambda plan: False)  # where its code is kept, it would be played compiled
    counts = []
    for n in (4000, 8000):
        calls = [0]

        def counting(function, calls=calls):
            def call(*args):
                calls[0] += 1
                return function(*args)

            return call

        with monkeypatch.context() as patch:
            patch.setattr(fleet, "heappush", counting(fleet.heappush))
            patch.setattr(fleet, "heappop", counting(fleet.heappop))
            link = replace(LINKS["lte"], timeout=9e4, loss=0.0)
            Campaign(devices=n, servers=Servers(count=2, urgent=0.3), arrivals=AtOnce(), link=link).run(1)
        counts.append(calls[0])
    assert counts[0] < 20 * 4000 and counts[1] / counts[0] < 2.1


@pytest.mark.nightly
def test_two_thousand_devices_outlive_their_server():
    """Down for 20 minutes in the middle: nobody is lost, nobody updated twice."""
    assert_nobody_lost(2000, Spread(3600.0), ((1200.0, 2400.0),))


def test_resume_costs_fewer_octets_than_starting_again():
    resumed, anew = (replace(BASE, download=Download(octets=10**6, breaks=0.5, resume=r)).run(1) for r in (True, False))
    both = resumed.done & anew.done
    assert (resumed.octets_down[both] <= anew.octets_down[both]).all()
    assert resumed.octets_down.sum() < anew.octets_down.sum()


@pytest.mark.parametrize("name", ["good", "poor"])
def test_push_delays_follow_their_law(name):
    rng = np.random.default_rng(1)
    delays = PUSH[name].delays(rng.random(200_000), rng.random(200_000))
    assert np.isinf(delays).mean() == pytest.approx(0.051, abs=0.002)
    came = delays[np.isfinite(delays)]
    assert (came <= 30).mean() == pytest.approx({"good": 0.84, "poor": 0.46}[name], abs=0.005)
    assert (came <= 600).mean() == pytest.approx(0.98, abs=0.005)


def test_a_second_trigger_reaches_those_that_the_first_did_not():
    once = replace(BASE, devices=20_000, push=replace(PUSH["good"], cost=0.1), link=LINKS["lte"])
    thrice = replace(once, push=replace(once.push, tries=3, again=600.0))
    a, b = once.run(1), thrice.run(1)
    assert ((a.reached >= 0) <= (b.reached >= 0)).all()
    assert (b.reached < 0).mean() == pytest.approx(0.051**3, abs=0.0005)
    came = a.reached >= 0
    assert (b.reached[came] <= a.reached[came]).all() and (b.triggers[b.reached < 0] == 3).all()
    assert a.summary()["short_messages"] == 20_000
    late = 1 - 0.949 * 0.98
    assert b.messages().mean() == pytest.approx(1 + late + late**2, abs=0.01)


def test_laws_of_arrival():
    streams = Streams(1)
    assert (AtOnce()(5, streams) == 0).all()
    assert ByCell(10, 60.0)(25, streams).max() < 180
    assert (ByZone(3, 60.0)(30, streams) // 3600 == np.array([0, 23, 22])[np.arange(30) % 3]).all()
    assert OnDevice(100.0, 10.0)(50, streams).min() >= 100 and not OnDevice.push
    assert Polling(60.0)(50, streams).max() < 60


def test_shares_of_conditions():
    frame = replace(BASE, devices=20_000, conditions=HANDSET, link=LINKS["lte"]).run(1).frame()
    seen = frame["condition"].value_counts(normalize=True)
    for condition in HANDSET:
        assert seen[condition.name] == pytest.approx(condition.share, abs=0.006)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Campaign(devices=0), "devices is 0"),
        (lambda: Campaign(devices=1, fidelity="quick"), "quick"),
        (lambda: Campaign(devices=1, start_hour=24), "start_hour"),
        (lambda: Campaign(devices=1, access=()), "access"),
        (lambda: Servers(count=0), "count is 0; it must be a whole number from 1"),
        (lambda: Servers(outages=((5.0, 4.0),)), "start before end"),
        (lambda: Servers(queue=-1), "queue is -1"),
        (lambda: Servers(sessions=0), "sessions is 0"),
        (lambda: CardTiming(rate=0), "rate is 0; it must be a number above 0 bit"),
        (lambda: CardTiming(reads=-1), "reads is -1"),
        (lambda: Prompt(waking=-1), "waking is -1"),
        (lambda: Prompt(night_start=3, night_end=3), "another hour than start"),
        (lambda: LINKS["lte"].over("quic"), "set-up 'quic' is not known"),
        (lambda: Retry(policy="soon"), "soon"),
        (lambda: Retry(base=10, cap=5), "it must not be above cap"),
        (lambda: Link(up=0, down=1, rtt=1), "Link.up is 0"),
        (lambda: Link(up=1, down=1, rtt=1, loss=1.0), "Link.loss is 1.0"),
        (lambda: Push(loss=2, fast_share=0.5, slow_mean=1), "Push.loss"),
        (lambda: Push(tries=0, fast_share=0.5, slow_mean=1), "Push.tries"),
        (lambda: Cells(count=0), "Cells.count"),
        (lambda: Download(octets=-1), "Download.octets"),
        (lambda: Window(start=3, end=3), "another hour than start"),
        (lambda: Condition("x", 1.5, 1), "share"),
        (lambda: Spread(0), "Spread.seconds"),
        (lambda: Campaign(devices=1, link=replace(LINKS["nb-iot"], timeout=1.0)), "Link.timeout"),
        (lambda: Campaign(devices=1, fidelity="exact", tape=Tape((Trip(1, 1),))).run(1), "not a tape"),
        (lambda: Campaign(devices=60_000, fidelity="exact").run(1), "up to 50000"),
        (lambda: replace(BASE, conditions=(Condition("a", 0.7, 1), Condition("b", 0.7, 1))).run(1), "more than 1"),
        (lambda: Campaign(devices=200_000_000).run(1), "in parts"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(call, says):
    with pytest.raises(ConfigError, match=says):
        call()


def test_outcomes_are_named():
    assert OUTCOMES[0] == "done" and len(set(OUTCOMES)) == len(OUTCOMES)


def test_times_until_shares_are_those_of_all_times_in_order():
    run = replace(BASE, devices=137, retry=Retry(attempts=1), link=replace(LINKS["lte"], loss=0.6, resends=0)).run(1)
    assert 0 < run.done.sum() < 137
    times = [*np.sort(run.finished[run.done]) / 1e6, *[float("inf")] * int((~run.done).sum())]
    shares = [count / 137 for count in range(1, 138)] + [0.3, 0.5, 0.501, 0.999]
    assert [run.within(share) for share in shares] == [times[int(np.ceil(share * 137)) - 1] for share in shares]
    row = run.summary()
    assert [row["t50"], row["t95"], row["t99"]] == [run.within(0.5), run.within(0.95), run.within(0.99)]
    assert run.within(0.0) == float("inf")


@pytest.mark.parametrize("values", [(0, 1000), (0, 12), (5, 6)])
def test_rows_of_a_record_are_put_in_order(values):
    draw = np.random.default_rng(2)
    for _ in range(20):
        rows = draw.integers(*values, size=(40, 3))
        for kept in (rows, rows[np.argsort(rows[:, 0], kind="stable")], np.array(sorted(rows.tolist())), rows[:0]):
            assert compiled._ordered(kept.copy()).tolist() == sorted(kept.tolist())
