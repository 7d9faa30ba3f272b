"""The study of a gateway: sizes are those of real sessions, and what the model says can be worked out by hand."""

from __future__ import annotations

from dataclasses import fields, replace
from math import inf, isclose

import pytest

import dmkit as dm
from dmkit.lab.studies import gateway
from dmkit.lab.studies.gateway import BASIS, WAYS, GatewayDesign, figures, loads, plot_reached, reached, runs, sizes
from dmkit.lab.studies.gateway_sessions import ALONE, sessions_of
from dmkit.session.oracle.check import assert_sound
from dmkit.sim.net import Push
from dmkit.words.model import Add, Delete, Replace

SURE = Push(loss=0.0, fast_share=1.0, slow_mean=1.0, fast_median=10.0, fast_sigma=1e-9)
"""A trigger that always comes after ten seconds."""
CALM = GatewayDesign(devices=10, push=SURE, dead=0.0)
CALM = replace(CALM, local=replace(CALM.local, loss=0.0), wide=replace(CALM.wide, loss=0.0),
               uplink=replace(CALM.uplink, loss=0.0))  # fmt: skip


@pytest.mark.parametrize("devices", [1, 2, 7])
@pytest.mark.parametrize("refuses", [0, 1])
@pytest.mark.parametrize("told", ["each", "odd"])
def test_the_server_knows_the_same_whichever_way(devices, refuses, told):
    direct = sessions_of(devices, refuses=refuses)
    fanned = sessions_of(devices, gateway=True, refuses=refuses, told=told)
    assert fanned.known == direct.known and len(direct.known) == devices
    assert (direct.wide.sessions, fanned.wide.sessions, fanned.local.sessions) == (devices, 2, devices)
    assert fanned.local.octets == direct.wide.octets, "what travels behind the gateway is what would have travelled"
    for talk in fanned.talks:
        assert_sound(talk)


@pytest.mark.parametrize(
    "commands", [[Delete.of("./APN/Name")], [Add.of("./Vendor/X", "1"), Replace.of("./APN/Name", "a<&b")]]
)
def test_a_fan_out_carries_any_commands(commands):
    assert sessions_of(2, commands, gateway=True).known == sessions_of(2, commands).known


def test_a_long_report_is_more_than_one():
    fanned = sessions_of(ALONE + 1, gateway=True)
    assert len(fanned.known) == ALONE + 1 and set(fanned.known.values()) == {200}
    assert fanned.wide.sessions == 2, "in one session"


def test_sizes_are_a_line_and_the_gateway_saves_from_three_on():
    table = sizes([1, 2, 3, 10])
    order, report, line = loads()["order"], loads()["report"], loads()["line"]
    for number in (1, 2, 3):
        assert table.loc[number, "gateway"] == order.octets + report.octets + number * line.octets
    saves = table["gateway"] < table["direct"]
    assert saves.tolist() == [False, False, True, True]
    assert table["direct"].tolist() == [n * loads()["direct"].octets for n in (1, 2, 3, 10)]
    assert table["odd only"].nunique() < 4 and (table["odd only"] <= table["gateway"]).all()


def test_a_calm_run_is_worked_out_by_hand():
    direct = reached(CALM, ways=["direct"])
    load, link = loads()["direct"], CALM.wide
    took = link.setup_seconds + 2 * link.rtt + load.up * 8 / link.up + load.down * 8 / link.down
    assert all(isclose(t, 10 + took, abs_tol=1e-3) for t in direct["known"])
    awake = reached(replace(CALM, sleeps=0.0, devices=8, at_once=4), ways=["gateway"])
    one = CALM.local.setup_seconds + 2 * CALM.local.rtt + (load.up + load.down) * 8 / 100e3
    times = sorted(awake["done"])
    assert isclose(times[7] - times[3], one, abs_tol=1e-6) and times[0] == times[3], "four at once, then four more"
    assert awake["known"].nunique() == 1 and awake["known"].min() > awake["done"].max(), "one report, of all"


def test_one_that_never_answers_keeps_the_server_waiting_for_all():
    lively, some = reached(CALM, ways=["gateway"]), replace(CALM, dead=0.3)
    seed = next(n for n in range(20) if 0 < (reached(some, seed=n, ways=["gateway"])["known"] == inf).sum() < 9)
    waiting = reached(some, seed=seed, ways=["gateway"])
    heard = waiting["known"][waiting["known"] < inf]
    assert heard.min() >= CALM.timeout > lively["known"].max(), "until AggregateTimeout"
    direct = reached(some, seed=seed, ways=["direct"])
    assert (direct["known"] < inf).tolist() == (waiting["known"] < inf).tolist() and direct["known"].min() < 60


def test_a_gateway_that_fails_goes_on_and_one_that_forgets_does_all_again():
    frame = runs(replace(CALM, devices=40), count=5).set_index(["run", "way"])
    for number in range(5):
        each = {way: frame.loc[(number, way)] for way in WAYS}
        assert each["gateway"]["known_all"] < each["gateway fails"]["known_all"] < inf
        assert each["gateway fails"]["known_all"] > CALM.repair
        assert each["gateway forgets"]["local_octets"] > each["gateway fails"]["local_octets"]
        assert each["gateway forgets"]["wide_octets"] > each["gateway"]["wide_octets"]
        assert each["direct"]["wide_sessions"] == 40 and each["gateway"]["wide_sessions"] == 2
        assert all(row["unknown"] == 0 for row in each.values())


def test_a_run_is_that_of_its_seed_and_every_way_has_the_same_chance():
    design = GatewayDesign(devices=30)
    assert runs(design, count=2, seed=3).equals(runs(design, count=2, seed=3))
    assert not runs(design, count=2, seed=3).equals(runs(design, count=2, seed=4))
    alone, beside = (runs(design, count=2, ways=ways) for ways in (["gateway"], WAYS))
    assert alone["known_all"].tolist() == beside[beside["way"] == "gateway"]["known_all"].tolist()
    assert runs(design, count=4, seed=1)["known_95"].tolist()[8:] == runs(design, count=2, seed=3)["known_95"].tolist()


def test_figures_have_intervals_and_differences():
    table = figures(runs(GatewayDesign(devices=20), count=6))
    assert set(table.index.get_level_values("way")) == set(WAYS)
    assert (table["mean"].str.contains("±") | (table["mean"] == "never in some runs")).all()
    assert (table.xs("direct", level="way")["difference"] == "").all()
    short = figures(runs(replace(CALM, horizon=100.0), count=3))
    assert short.loc[("known_all", "gateway fails"), "mean"] == "never in some runs"


def test_every_figure_says_on_what_it_rests():
    assert {field.name for field in fields(GatewayDesign)} <= BASIS.keys()
    assert all(
        text.partition(":")[0].split()[0].rstrip(";,") in {"a", "proposal", "evidence", "established", "played"}
        for text in BASIS.values()
    )


def test_the_figure_says_what_it_shows():
    ax = plot_reached(reached(GatewayDesign(devices=10)))
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told[0] == "direct: the server knows" and "gateway: done" in told
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("minutes after the server began", "share of the devices")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: sessions_of(0), "devices is 0; it must be a whole number from 1"),
        (lambda: sessions_of(2, refuses=3), "refuses is 3"),
        (lambda: sessions_of(2, gateway=True, told="all"), "told is 'all'; it must be 'each' or 'odd'"),
        (lambda: sizes([2, "x"]), "devices is 'x'"),
        (lambda: runs(count=0), "count is 0"),
        (lambda: runs(ways=["gatway"], count=1), "way is 'gatway'"),
        (lambda: GatewayDesign(dead=2.0), "GatewayDesign.dead is 2.0"),
        (lambda: GatewayDesign(horizon=0.0), "GatewayDesign.horizon is 0.0"),
    ],
)
def test_wrong_arguments_are_one_sentence(wrong, told):
    with pytest.raises(dm.ConfigError) as refused:
        wrong()
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_the_study_is_found_by_name():
    assert dm.studies.gateway is gateway
