"""The page open-parts: every block is at most ten lines, and every plan in it the same on each engine that plays it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.compiled import can, run_compiled
from dmkit.sim.draws import Draws
from dmkit.sim.fleet import run_python
from dmkit.sim.net import LINKS
from dmkit.sim.parts import Again, DeviceClass
from dmkit.sim.polls import FLEET, INTUNE, PollSets, QueueMode, RolloutRate
from dmkit.sim.streams import Streams
from dmkit.sim.theory import erlang_c
from dmkit.words.errors import ConfigError
from tests.sim.plans import BASE
from tests.sim.test_campaign import assert_equal

PAGE = Path(__file__).resolve().parents[2] / "docs" / "open-parts.md"
SECTIONS = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
HEAD = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.S)[1]


def blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.S)


def test_the_page_has_the_twelve_parts_and_the_laws_of_real_fleets():
    assert len(SECTIONS) == 13 and all(len(blocks(text)) == 1 for _, text in SECTIONS)


@pytest.mark.parametrize(("title", "text"), SECTIONS, ids=[title for title, _ in SECTIONS])
def test_a_part_takes_few_lines_and_every_engine_plays_it_alike(title, text):
    [block] = blocks(text)
    lines = [line for line in block.splitlines() if line.strip()]
    assert len(lines) <= 10
    names: dict[str, object] = {}
    exec(HEAD, names)
    exec(block, names)
    plans = [
        value for name, value in names.items() if isinstance(value, Campaign) and name not in ("base", "down", "busy")
    ]
    assert plans
    for plan in plans:
        loop = run_python(plan, Draws.of(plan, 1))
        assert loop.done.any()
        assert_equal(loop, plan.with_fidelity("tape").run(1))
        if can(plan):
            assert_equal(loop, run_compiled(plan, Draws.of(plan, 1)))
        if plan.again is not None:
            with pytest.raises(ConfigError, match=r"Campaign.again"):
                plan.with_fidelity("exact").run(1)
    if plans[0].again is None:
        calm = replace(plans[0], devices=40, link=replace(plans[0].link, loss=0.0), arrivals=BASE.arrivals)
        calm = replace(calm, cells=replace(calm.cells, map=None), servers=replace(calm.servers, outages=(), rate=None))
        calm = replace(calm, pools=tuple(replace(pool, outages=()) for pool in calm.pools), outages=None)
        assert_equal(calm.with_fidelity("exact").run(1), calm.with_fidelity("tape").run(1))


BROKEN = ["Back-off", "Disciplines", "Limits of rate", "Classes of devices", "Several pools"]


@pytest.mark.unsound("sessions break, and are taken up anew")
@pytest.mark.parametrize("part", BROKEN)
def test_exact_differs_only_behind_a_session_that_follows_a_broken_one(part):
    """Such a session is longer by a nonce, or shorter where the server has already what it wanted; no other is."""
    [(title, text)] = [(title, text) for title, text in SECTIONS if title.startswith(part)]
    names: dict[str, object] = {}
    exec(HEAD, names)
    exec(blocks(text)[0], names)
    plans = [
        plan for name, plan in names.items() if isinstance(plan, Campaign) and name not in ("base", "down", "busy")
    ]
    for plan in plans:
        real, tape = (plan.with_fidelity(name).run(1) for name in ("exact", "tape"))
        usual = len(plan.recorded.trips)
        other = [d for d, found in real.log["tapes"].items() if len(found.trips) != usual]
        assert all(real.attempts[d] > 1 for d in other), title
        if not other:
            assert_equal(real, tape)
        once = replace(plan, retry=replace(plan.retry, attempts=1)).with_fidelity("tape").run(1)
        begin = (once.reached + once.connected)[~once.done & (once.attempts > 0)].min(initial=2**53)
        early = (tape.finished >= 0) & (tape.finished < begin)
        assert (real.finished[early] == tape.finished[early]).all(), title


def test_jitter_that_is_lost_at_the_cap_brings_everybody_back_together():
    names: dict[str, object] = {}
    exec(HEAD, names)
    exec(blocks(dict(SECTIONS)["Back-off: a function, or a row of times"])[0], names)
    lost, repaired = (replace(names[name], record=True).run(1) for name in ("plan", "better"))

    def herd(run):
        after = run.offers[run.offers[:, 0] > 60_000_000]
        return np.bincount(after[:, 0] // 1_000_000).max()

    assert herd(lost) > 1.5 * herd(repaired)


def test_a_higher_class_waits_less_and_a_frame_says_who_it_is():
    plan = replace(
        BASE,
        classes=(DeviceClass(name="a", share=0.3, priority=1), DeviceClass(name="b", share=0.7)),
        servers=Servers(count=2, service=0.05),
        link=LINKS["lte"],
    )
    frame = plan.run(1).frame()
    waited = frame.groupby("class")["waited"].mean()
    assert waited["a"] < 0.2 * waited["b"] and frame["class"].value_counts(normalize=True)["a"] == pytest.approx(
        0.3, abs=0.06
    )


def test_a_closed_population_is_the_machine_repairman():
    """One server, exponential work and thought: the utilisation is the formula's.  [Palm 1947]"""
    n, think, work, until = 12, 2.0, 0.25, 20_000.0
    plan = Campaign(
        devices=n,
        tape=replace(BASE.recorded, trips=BASE.recorded.trips[:1]),
        arrivals=BASE.arrivals,
        servers=Servers(count=1, service=work),
        link=replace(LINKS["lte"], loss=0.0, rtt=0.0, setup_trips=0, timeout=1e5, up=1e12, down=1e12),
        retry=Retry(attempts=1),
        again=Again(think=think, until=until),
    )
    run = plan.run(1)
    weights = [1.0]
    for k in range(n):
        weights.append(weights[-1] * (n - k) * work / think)
    assert run.busy / until == pytest.approx(1 - weights[0] / sum(weights), rel=0.02)
    assert run.rounds.sum() * work == pytest.approx(run.busy, rel=0.02)


def test_processor_sharing_has_the_mean_of_its_formula_whatever_the_law():
    """M/G/1 with sharing: mean time in the system s/(1-rho), insensitive to the law of work.  [Kleinrock 1976]"""
    times = []
    for law in ("constant", "exponential", (0.1, 0.1, 0.1, 1.7)):
        plan = Campaign(
            devices=60_000,
            tape=replace(BASE.recorded, trips=BASE.recorded.trips[:1]),
            arrivals=BASE.arrivals.__class__(60_000 * 0.5 / 0.6),
            servers=Servers(count=1, service=0.5, law=law, discipline="sharing"),
            link=replace(LINKS["lte"], loss=0.0, timeout=1e5),
            retry=Retry(attempts=1),
        )
        run = plan.run(3)
        times.append((run.waited.sum() / 1e6 + run.busy) / 60_000)
    assert times == pytest.approx([0.5 / 0.4] * 3, rel=0.06)
    assert erlang_c(1, 0.6) == pytest.approx(0.6)


# -- real fleets


def test_the_sets_of_a_windows_device_follow_each_other():
    assert [t / 60 for t in islice(PollSets().times(), 12)] == [*(15.0 * n for n in range(1, 11)), 1590.0, 3030.0]
    assert list(islice(FLEET.times(), 3)) == [60.0, 120.0, 180.0] and FLEET.rate(20_000) == pytest.approx(
        333.3, abs=0.1
    )
    assert [t / 60 for t in islice(INTUNE.times(), 15)][-3:] == [135.0, 615.0, 1095.0]
    assert INTUNE(1000, Streams(1)).max() < 8 * 3600
    with pytest.raises(ConfigError, match="for ever"):
        PollSets(first=(1, 0), second=(5, 3))


def test_a_device_in_queue_mode_hears_nothing_between_its_windows():
    law = QueueMode(update=3600.0)
    times = law(100_000, Streams(1))
    assert (times == 0).mean() == pytest.approx(93 / 3600, abs=0.002) and times.max() < 3600 - 93
    with pytest.raises(ConfigError, match="longer than update"):
        QueueMode(update=10.0)


def test_a_rollout_rate_grows_by_its_factor():
    times = RolloutRate()(6000, Streams(1))
    assert (np.diff(times) > 0).all() and times[1000] == 1200.0 and times[5000] == 2325.0
    assert [rate for _, _, rate in RolloutRate().timeline(9000)] == [50, 100, 200, 400, 800, 1000, 1000, 1000, 1000]
