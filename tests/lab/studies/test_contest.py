"""The contest of methods: tapes are what the engine does, the map reads as its rows do."""

from __future__ import annotations

import numpy as np
import pytest

from dmkit.lab.studies import contest, contest_play
from dmkit.lab.studies.contest import map_of, sweep
from dmkit.lab.studies.contest_classes import CLASSES, DUE, happened, read_tape, tape
from dmkit.lab.studies.contest_play import METHODS, FleetSetting, play
from dmkit.mo.sched.events import What
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize("name", CLASSES)
def test_a_fleet_draws_what_the_engine_does(name):
    """Equality on samples that the tape does not have."""
    kind, jitter = CLASSES[name], 3600
    chances = np.array([0.003, 0.11, 0.37, 0.52, 0.745, 0.9999])
    drawn = read_tape(kind, jitter, chances)
    for chance, found in zip(chances, drawn, strict=True):
        ran = [h.at - DUE for h in happened(kind, jitter, float(chance)) if h.what is What.RAN]
        assert found == (min(ran, key=abs) if ran else float("inf"))


def test_clocks_do_what_they_are_called_for():
    assert tape(CLASSES["right"], 0, 1)[0] == 0 and tape(CLASSES["2 min ahead"], 0, 1)[0] == -120
    assert tape(CLASSES["zone east by 3 h"], 0, 1)[0] == -3 * 3600  # at utc h - k it sees the hour h
    assert np.isinf(tape(CLASSES["1980 for ever"], 0, 1)[0])
    assert tape(CLASSES["off at the due time"], 0, 1)[0] == 5 * 3600
    assert np.isinf(tape(CLASSES["off at the due time, rule 0"], 0, 1)[0])


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_the_same_again_and_its_shares_are_shares(method):
    one = play(FleetSetting(devices=300), method, 3)
    assert one == play(FleetSetting(devices=300), method, 3) != play(FleetSetting(devices=300), method, 4)
    assert all(0 <= one[name] <= 1 for name in ("done", "ever", "wrong plan", "outside"))
    assert one["peak"] >= 1 and one["octets"] > 0


def test_better_clocks_help_a_schedule_and_nobody_else():
    def done(clocks: str, method: str) -> float:
        return np.mean([play(FleetSetting(clocks=clocks), method, seed)["done"] for seed in range(1, 5)])

    assert done("good", METHODS[1]) > done("drift", METHODS[1]) > done("poor", METHODS[1])
    assert all(done("good", method) == done("poor", method) for method in METHODS if method != METHODS[1])


def test_the_map_reads_as_its_rows_do():
    table = sweep(("clocks", "coverage"), seeds=4, base=FleetSetting(devices=300))
    found = map_of(table)
    assert len(table) == 9 * 4 * 4 and len(found) == 9
    for row in found.itertuples():
        cell = table[(table["clocks"] == row.clocks) & (table["coverage"] == row.coverage)]
        means = cell.groupby("method")["done"].mean()
        assert row.first == means.idxmax() and row.low <= row.lead <= row.high
        assert (row.by == "octets") == (row.low <= 0 or row.lead < 0.01)
    assert found.attrs["parameters"]["devices"] == 300 and found.attrs["basis"] == "proposal"
    assert len(set(found["winner"])) > 1
    axes = contest.picture(found)
    assert "clocks good, coverage 0.8: schedule on the device" in axes.told


def test_what_is_no_setting_is_refused():
    for wrong in ({"clocks": "atomic"}, {"coverage": 0.0}, {"devices": 0}, {"work": "play"}):
        with pytest.raises(ConfigError):
            FleetSetting(**wrong)
    with pytest.raises(ConfigError, match="method 'prayer' is not known"):
        play(FleetSetting(), "prayer")
    with pytest.raises(ConfigError, match="axis 'luck' is not known"):
        sweep(("luck",))


def test_what_has_changed_is_computed():
    table = contest.changed()
    assert 0.45 < table["0.1.0"][0] < 0.55 and table["now"][0] < 0.01 and table["now"][4] > 0


def test_which_rule_survives_which_clock():
    table = contest.survivors(seeds=2)
    assert table.loc["right"].tolist() == ["100%, 0.0 h off"] * 3
    assert table.loc["ten years ahead, right 2 h before"].tolist()[:2] == ["100%, 0.0 h off", "100%, 25.0 h off"]
    assert table.loc["1980 for ever"].tolist() == ["0%"] * 3


def test_traffic_is_counted_by_what_it_is_for_and_adds_up():
    table = contest.traffic(FleetSetting(devices=300), changes=(0.0, 4.0), seeds=2)
    kinds = list(contest.TRAFFIC)
    assert np.allclose(table[kinds].sum(axis=1), table["octets"])
    still, moving = table.loc[0.0], table.loc[4.0]
    schedule = METHODS[1]
    assert still.loc[schedule, "install"] == contest_play.SESSION + contest_play.MESSAGE
    assert still.loc[schedule, "report"] == contest_play.SESSION and still.loc[schedule, "work"] == 0
    assert moving.loc[schedule, "update"] == pytest.approx(3 * still.loc[schedule, "install"])
    assert moving.loc[schedule, "cancel"] == pytest.approx(still.loc[schedule, "install"])
    assert (still[["update", "cancel"]] == 0).all(axis=None)
    assert moving.loc["push, then spread", "cancel"] > 0 and moving.loc["server trigger", "cancel"] == 0


def test_annoyance_is_measured_where_somebody_is_met():
    """By hand: ``_annoyance`` of work at 05:00 is 1 + 5, at 12:00 is 1 + 2 x 0.3, inside the window nothing."""
    hours = np.array([3.0, 10.0, 0.5, np.inf])
    found = contest_play._annoyance(hours * 3600, np.array([True, True, False, True]))
    assert found == pytest.approx((6 + 1.6 + 0 + 0) / 4)
    poor = play(FleetSetting(clocks="poor", devices=2000), METHODS[1])["annoyance"]
    assert poor > play(FleetSetting(devices=2000), METHODS[1])["annoyance"] > 0


def test_who_downloads_reports_in_the_same_session():
    local, download = (play(FleetSetting(work=work, devices=200), METHODS[1]) for work in ("local", "download"))
    assert (local["work octets"], local["report octets"]) == (0, contest_play.SESSION)
    assert (download["work octets"], download["report octets"]) == (contest_play.SESSION, 0)
