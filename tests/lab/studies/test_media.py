"""Which medium: ways are played, threats are attacks that found something or tried everything, numbers are counted."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from dmkit.attack.designs import Design
from dmkit.attack.trial import Trial, search
from dmkit.card.card import Usim
from dmkit.card.ota.sms import count as packet_count
from dmkit.lab.boards.media import media_look
from dmkit.lab.studies import media
from dmkit.lab.studies.media_fates import cuts, fates, found, taken_back
from dmkit.lab.studies.media_runs import MediumRun, play, power_on
from dmkit.lab.studies.media_seconds import PUBLISHED, MediumWorld, card_seconds, seconds, thinking
from dmkit.lab.studies.media_threats import THREATS, exposure, threats
from dmkit.lab.studies.media_ways import WAYS, blank, card_of, document
from dmkit.session.rules import Rules
from dmkit.wire.sms import count as push_count
from dmkit.words.errors import ConfigError

each = pytest.mark.parametrize("name", list(WAYS))
CARDS = [name for name, one in WAYS.items() if one.on_card]


# -- ways


@each
def test_each_way_ends_in_a_session_that_its_server_hears_of(name):
    run = play(name)
    assert run.ready and run.in_session > 0 and run.exchanges and run.atr
    assert bool(run.to_phone) == (WAYS[name].carries in ("push", "packet"))
    assert bool(run.download) == (WAYS[name].carries == "profile") == bool(run.loading)


@each
def test_each_way_alone_is_taken_by_its_phone(name):
    """A phone of one way has no account when nothing is carried, or when it is carried another way."""
    one = WAYS[name]
    if one.carries == "maker":
        return
    empty = MediumRun(one, blank(one, Usim.example() if one.medium == "usim" else Usim.example(medium=one.medium)))
    power_on(empty)
    assert not empty.phone.accounts and empty.registration is None


def test_messages_are_as_many_as_the_formulas_say():
    assert len(play("OTA to the card").to_phone) == packet_count(1562)
    for name in ("CP by SMS", "DM by SMS"):
        units = play(name).to_phone
        assert all(len(unit) <= 140 + 16 for unit in units)
        assert len(units) == push_count(sum(len(unit) - 16 - 12 for unit in units))


def test_a_profile_is_larger_than_its_package_and_smaller_than_twice():
    run = play("eSIM profile")
    loaded = sum(len(apdu) - 5 for apdu, _ in run.loading)
    assert loaded == run.download > len(document("DM"))


@pytest.mark.parametrize("method", ["USERPIN", "USERNETWPIN", "NETWPIN"])
def test_a_way_of_ones_own(method):
    own = replace(WAYS["CP by SMS"], name="mine", methods=(method,))
    assert play(own).ready
    breached = threats([own], ["stranger", "false cell"]).set_index("threat")["breached"]
    assert bool(breached["stranger"]) is (method == "USERPIN"), "who believes a PIN that came with the message"
    assert bool(breached["false cell"]) is True


def test_unknown_names_are_one_sentence():
    for call in (lambda: play("USM"), lambda: media.compare(["SIMM"]), lambda: threats(["USIM"], ["strangr"]),
                 lambda: media.reach("USIM", {"UIC": 0.5}), lambda: media.reach("USIM", {"UICC": 1.5}),
                 lambda: exposure(threats(["USIM"], ["air"]), sms=1), lambda: MediumWorld(link="5g"),
                 lambda: media.plot_pareto(media.compare(["USIM"]), "price"),
                 lambda: media.MediumPrices(sms=-1.0), lambda: exposure(threats(["USIM"], ["air"]), air=-1),
                 lambda: media.table(media.compare(["USIM"]), "html")):  # fmt: skip
        with pytest.raises(ConfigError) as caught:
            call()
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


# -- seconds


def test_the_model_is_held_against_what_was_published():
    frame = media.held()
    assert frame["inside"].all() and len(frame) >= 9
    measured = frame[frame["unit"] == "ms"]
    assert len(measured) >= 4 and (measured["left"] > 0).all(), "a card and a phone take time beside the line"
    computed = frame[frame["unit"] != "ms"]
    assert ((computed["published"] - computed["low"]).abs() <= computed["published"] * 1e-4).all()
    assert all(one.source for one in PUBLISHED)
    quick, slow = thinking()
    assert 0 < quick < slow < 0.1


@each
def test_seconds_add_up_and_follow_their_parameters(name):
    run = play(name)
    took = seconds(run)
    parts = took.messages + took.download + took.registration + took.session
    assert took.fewest == pytest.approx(took.quick + parts) and took.most == pytest.approx(took.slow + parts)
    assert took.line < took.quick < took.slow
    assert took.quick - took.line == pytest.approx(took.commands * thinking()[0])
    assert card_seconds(run, 5e6)[2] < card_seconds(run, 3e6)[2]
    assert seconds(run, MediumWorld(registration=7.0)).fewest == pytest.approx(took.fewest + 2.0)
    assert seconds(run, MediumWorld(link="nb-iot")).session > took.session
    late = seconds(run, MediumWorld(push="poor")).messages
    assert late > took.messages if run.to_phone else late == 0


def test_a_sim_is_slower_than_a_uicc_that_offers_more():
    assert seconds(play("SIM")).line > 5 * seconds(play("USIM")).line


# -- threats


def test_every_verdict_is_a_run_or_all_runs():
    frame = threats()
    assert set(frame["threat"]) == set(THREATS) and set(frame["way"]) == set(WAYS)
    assert (frame["tried"] >= 1).all() and (frame[frame["breached"]]["what"] != "").all()
    assert (frame[~frame["breached"]]["what"] == "").all()
    breached = {(row.way, row.threat) for row in frame[frame["breached"]].itertuples()}
    assert all((name, "own card") in breached for name in CARDS)
    assert all((name, "false cell") in breached for name in ("CP by SMS", "DM by SMS"))
    assert not any(threat in ("stranger", "forged packet", "card behind a PIN") for _, threat in breached)
    assert {way for way, threat in breached if threat == "former operator"} == {"factory", "CP by SMS", "DM by SMS"}


@pytest.mark.parametrize("name", ["USIM", "factory", "CP by SMS", "eSIM profile"])
def test_own_card_agrees_with_the_attack_of_that_name(name):
    design = Design("d", replace(Rules(), bootstrap=WAYS[name].rules))
    there = search(Trial(tap="swap card", design=design, sessions=1)).found is not None
    assert bool(threats([name], ["own card"])["breached"].iloc[0]) is there


def test_weights_move_exposure_between_none_and_all():
    frame = threats(["USIM", "CP by SMS"])
    zero = {name.replace(" ", "_"): 0.0 for name in THREATS}
    assert exposure(frame, **{**zero, "own_card": 1.0}) == {"USIM": 1.0, "CP by SMS": 0.0}
    assert exposure(frame, **{**zero, "air": 2.0}) == {"USIM": 0.0, "CP by SMS": 1.0}
    with pytest.raises(ConfigError, match="nothing counts"):
        exposure(frame, **zero)


# -- fates


@pytest.mark.parametrize("name", CARDS)
def test_no_cut_is_for_ever_and_none_takes_an_account_back(name):
    number, without, healed = cuts(WAYS[name])
    assert number >= 19 and without == healed
    moments, gone = taken_back(WAYS[name])
    assert moments > 10 and gone == 0


@pytest.mark.parametrize("name", ["CP by SMS", "DM by SMS"])
def test_any_lost_message_is_no_account_until_it_is_sent_again(name):
    number, without, healed = cuts(WAYS[name])
    assert number == without == healed == len(play(name).to_phone)


def test_fates_of_each_way():
    frame = fates().set_index("way")
    for name in CARDS:
        row = frame.loc[name]
        assert (row["swapped"], row["changed"], row["lost"]) == ("account gone", "the new one alone", "account gone")
        assert (row["found"], row["found, PIN"]) == ("the account", "nothing")
    for name in ("factory", "CP by SMS", "DM by SMS"):
        assert (frame.loc[name, "swapped"], frame.loc[name, "withdrawn"]) == ("account stays", "account gone")
    assert frame.loc["USIM", "withdrawn"] == "the card brings it back"
    assert frame.loc["OTA to the card", "withdrawn"] == "account gone"
    assert found(WAYS["USIM"], pin="1234") == "nothing"


# -- the comparison


def test_comparison_is_of_all_and_beaten_ways_are_not_best():
    frame = media.compare()
    assert frame["way"].tolist() == list(WAYS) and frame.attrs["units"]["cost"] == "money per million phones"
    for axis in media.AXES:
        values = dict(zip(frame["way"], media.axis_values(frame, axis), strict=True))
        exposed = dict(zip(frame["way"], frame["exposure"], strict=True))
        for name, best in zip(frame["way"], frame["best"], strict=True):
            spot = (values[name], exposed[name])
            others = [(values[other], exposed[other]) for other in values]
            beaten = any(a <= spot[0] and b <= spot[1] and (a, b) != spot for a, b in others)
            assert (axis in best.split(", ")) is not beaten


def test_cost_is_messages_octets_and_what_is_done_once():
    run = play("CP by SMS")
    free = media.MediumPrices(sms=0.0, megabyte=0.0)
    assert media.cost(run, free) == 0
    assert media.cost(run, media.MediumPrices(sms=0.02, megabyte=0.0)) == pytest.approx(len(run.to_phone) * 0.02e6)
    assert media.cost(run, media.MediumPrices(sms=0.0, megabyte=1.0)) == pytest.approx(run.in_session)
    assert media.cost(play("factory"), replace(free, factory=0.5)) == pytest.approx(0.5e6)


def test_reach_is_who_has_all_that_is_needed():
    assert media.reach("USIM", {"UICC": 1.0, "phone reads cards": 1.0, "card has the file": 1.0}) == 1.0
    assert media.reach("USIM", {"card has the file": 0.0}) == 0.0
    assert all(0 < row.share <= 1 and row.basis for row in media.REACH.values())
    assert {need for one in WAYS.values() for need in one.needs} == set(media.REACH)


def test_table_board_and_pictures():
    frame = media.compare()
    for kind, begins in (("markdown", "| way |"), ("latex", r"\begin{tabular}"), ("csv", "way,")):
        text = media.table(frame, kind)
        assert text.startswith(begins) and text.count("LwM2M on the card") == 1
    for axis in media.AXES:
        told = media.plot_pareto(frame, axis)._repr_mimebundle_()["text/plain"]
        assert media.AXES[axis] in told and "Not beaten" in told
    assert "factory" in media.plot_seconds(["factory", "SIM"])._repr_mimebundle_()["text/plain"]
    first, other = media_look(), media_look(has_the_file=100, thieves=0)
    assert first.text != other.text and "<table" in first.html
    assert "nothing counts" in media_look(senders=0, thieves=0, former_operator=0).text


def test_a_card_with_a_pin_needs_it():
    one = WAYS["USIM"]
    run = play(one, pin="4711")
    assert run.ready
    other = MediumRun(one, blank(one, card_of(one, pin="4711"), pin="1111"))
    power_on(other)
    assert not other.phone.accounts


def test_the_page_has_the_tables_of_today():
    """docs/make_media.py writes them."""
    docs = Path(__file__).resolve().parents[3] / "docs"
    spec = spec_from_file_location("make_media", docs / "make_media.py")
    assert spec is not None and spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    text = (docs / "which-medium.md").read_text("utf-8")
    assert made.page(text) == text
