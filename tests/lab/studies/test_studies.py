"""Studies of the specification and of the cost of runs: what was measured is what the engines say."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

import dmkit as dm
from dmkit.lab.studies.growth import GROWTH
from dmkit.lab.studies.rules_study import RULES_COST
from dmkit.sim.campaign import Campaign
from dmkit.sim.net import LINKS
from dmkit.words.errors import ConfigError

DESIGNS = {
    "specification": dm.Rules(),
    "MAC": dm.Rules(auth="mac", server_auth="mac"),
    "no common scheme": dm.Rules(client_schemes=("basic",)),
}


def test_costs_are_those_of_the_session_that_was_run():
    frame = dm.measure.rules_cost(DESIGNS, links=["lte"])
    assert list(frame.columns) == list(RULES_COST) and frame.attrs["version"] == dm.__version__
    talk = dm.measure.rules_talk(dm.Rules())
    row = frame.iloc[0]
    assert row["octets_up"] + row["octets_down"] == sum(line.size for line in talk)
    assert row["round_trips"] == len(talk) / 2
    link = LINKS["lte"]
    waiting = link.rtt * (link.setup_trips + row["round_trips"])
    assert row["delay"] == pytest.approx(waiting + 8 * (row["octets_up"] / link.up + row["octets_down"] / link.down))
    assert 0 < row["energy"] < row["delay"] * link.transmit


def test_a_design_without_a_session_is_a_row_with_its_reason():
    frame = dm.measure.rules_cost(DESIGNS, links=["lte", "gprs"])
    assert frame["error"].map(bool).tolist() == [False, False, False, False, True, True]
    axes = dm.plot.rules_cost(frame, "delay")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["specification", "MAC"]
    loads = dm.measure.rules_load(DESIGNS, plan=Campaign(devices=50), seeds=[1], progress=False)
    assert loads["error"].map(bool).tolist() == [False, False, True]


def test_load_is_that_of_a_campaign_under_these_rules():
    plan = Campaign(devices=200)
    frame = dm.measure.rules_load(DESIGNS, plan=plan, seeds=[1, 2], progress=False)
    for design in ("specification", "MAC"):
        direct = replace(plan, rules=DESIGNS[design], job=dm.jobs.read("./DevDetail/FwV")).run(2).summary()
        row = frame[(frame["design"] == design) & (frame["seed"] == 2)].iloc[0]
        assert row["megabytes"] == direct["megabytes"] and row["t95"] == direct["t95"]


def test_growth_is_measured_and_carried_on():
    frame = dm.measure.growth(Campaign(devices=1), (50, 100))
    assert list(frame.columns) == list(GROWTH) and frame["devices"].tolist() == [50, 100]
    assert (frame["octets_each"] > 100).all()
    known = pd.DataFrame({"devices": [10, 100], "seconds": [1.0, 20.0], "octets_each": [math.nan, 500.0]})
    known["us_each"], known["measured"] = known["seconds"] / known["devices"] * 1e6, True
    more = dm.measure.extrapolated(known, [1000, 10_000])
    assert more["seconds"].tolist() == pytest.approx([1.0, 20.0, 400.0, 8000.0])
    assert more.attrs["exponent"] == pytest.approx(math.log10(20)) and more["octets_each"].tolist()[2:] == [500.0] * 2
    assert math.isnan(more.attrs["error"]) and more["low"].isna().tolist() == [True, True, True, True]
    axes = dm.plot.growth(more)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["measured", "carried on"]


def test_what_is_carried_on_says_how_wrong_it_may_be():
    """By hand: from 1 s and 10 s at 10 and 100 one tells 100 s at 1000; there it took 200 s, so a tenfold errs by 2."""
    known = pd.DataFrame({"devices": [10, 100, 1000], "seconds": [1.0, 10.0, 200.0], "octets_each": [math.nan] * 3})
    known["us_each"], known["measured"] = known["seconds"] / known["devices"] * 1e6, True
    more = dm.measure.extrapolated(known, [10_000, 100_000])
    assert more.attrs["error"] == pytest.approx(0.5)
    assert more["seconds"].tolist()[3:] == pytest.approx([4000.0, 80_000.0])
    assert more["low"].tolist()[3:] == pytest.approx([2000.0, 20_000.0])
    assert more["high"].tolist()[3:] == pytest.approx([8000.0, 320_000.0])


def test_a_start_that_is_dear_does_not_make_many_devices_cheap():
    known = pd.DataFrame({"devices": [10, 100], "seconds": [5.0, 10.0], "octets_each": [math.nan] * 2})
    known["us_each"], known["measured"] = known["seconds"] / known["devices"] * 1e6, True
    assert dm.measure.extrapolated(known, [1000])["seconds"].tolist()[2] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dm.measure.rules_cost(DESIGNS, links=["pigeon"]), "pigeon"),
        (lambda: dm.measure.rules_load({}), "at least one design"),
        (lambda: dm.measure.growth(Campaign(devices=1), (10, 5)), "must grow"),
        (lambda: dm.measure.extrapolated(pd.DataFrame({"devices": [1]}), [2]), "two sizes"),
        (lambda: dm.plot.rules_cost(dm.measure.rules_cost(DESIGNS), "beauty"), "beauty"),
    ],
)
def test_what_is_not_there_is_named(call, says):
    with pytest.raises(ConfigError, match=says):
        call()
