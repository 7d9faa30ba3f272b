"""Frames over generations: columns, links, pasting, fleets, attackers, ladders."""

from __future__ import annotations

import re

import pytest

import dmkit as dm
from dmkit.generations.intents import INTENTS, Lock, Read, UpdateFirmware, Write, intent
from dmkit.generations.names import GENERATIONS
from dmkit.generations.playing import losses, play, play_without
from dmkit.generations.populations import fleets, standing, tape_of
from dmkit.generations.powers import POWERS, protection, verdicts
from dmkit.generations.side_by_side import ladders
from dmkit.generations.tables import COLUMNS, channel, compare, lost, octets, on_link, pasted, table
from dmkit.sim.net import LINKS
from dmkit.words.errors import ConfigError

UNANSWERED = {"server: package 0", "server: client provisioning", "device: notification"}
SECURE = "tls 1.3, dtls 1.2 psk"


@pytest.mark.parametrize("name", INTENTS)
def test_every_intent_has_a_table_whose_columns_are_explained(name):
    frame = compare(name, links=("nb-iot",), security=SECURE)
    assert list(frame["generation"]) == list(GENERATIONS) and frame["done"].all()
    parts = [c for c in frame.columns if c.split()[0] in ("up", "down") and " " in c]
    assert len(parts) == 10 and (frame["total"] == frame[parts].sum(axis=1)).all()
    known = {c.replace("LINK", "nb-iot") for c in COLUMNS} | set(parts)
    assert set(frame.columns) <= known
    assert frame.attrs["security"] == SECURE and "version" in frame.attrs


def test_octets_of_a_table_are_those_of_the_run():
    frame, played = compare("lock", links=()), play(Lock(), "dm 2.0")
    row = frame.set_index("generation").loc["dm 2.0"]
    assert row["up body"] == sum(p.body for p in played.sent if p.sender == "device")
    assert row["total"] == played.total()
    long = octets("lock")
    assert long[long.generation == "dm 2.0"].octets.sum() == played.total()


def test_a_slower_link_takes_longer_and_a_channel_more():
    for generation in GENERATIONS:
        played = play(Read(), generation)
        bare, secure = channel("none", generation), channel(SECURE, generation)
        seconds = {name: on_link(played, LINKS[name], bare)[0] for name in ("wifi", "lte", "nb-iot")}
        assert seconds["wifi"] < seconds["lte"] < seconds["nb-iot"]
        assert on_link(played, LINKS["lte"], bare) < on_link(played, LINKS["lte"], secure)


def test_seconds_on_a_link_by_hand():
    """LwM2M reads 41 octets and 2 headers of 28 in one round trip, without any opening."""
    link = LINKS["lte"]
    seconds, joules = on_link(play(Read(), "lwm2m"), link, channel("none", "lwm2m"))
    up, down = (28 + 28) * 8 / link.up, (13 + 28) * 8 / link.down
    assert seconds == pytest.approx(link.rtt + up + down)
    assert joules == pytest.approx(link.transmit * up + link.receive * down + link.idle * link.rtt)


@pytest.mark.parametrize("name", INTENTS)
def test_every_message_lost_once_leaves_a_defined_state(name):
    for generation in GENERATIONS:
        found = list(losses(INTENTS[name], generation))
        assert all(isinstance(loss.done, bool) and loss.knows for loss in found)
        assert len(found) >= 2, "there is something to lose"
        if generation != "dm 2.0":  # what sends again is done in the end, and never left in the dark
            assert all(loss.done and not loss.twice for loss in found if loss.what not in UNANSWERED)
            assert not any(loss.done for loss in found if loss.what == "server: package 0")


def test_what_nobody_answers_is_lost_for_good():
    """Short messages, and notifications that are not confirmed: the last one lost is told by nothing that follows."""
    by_sms = [loss.done for loss in losses(INTENTS["bootstrap"], "dm 1.2 wbxml")]
    assert by_sms == [False] * 3, "a document in three short messages needs all of them"
    assert [loss.done for loss in losses(INTENTS["wake and read"], "dm 2.0")] == [False] * 4 + [True]
    assert [loss.done for loss in losses(INTENTS["wake and read"], "lwm2m")] == [True] * 4
    told = {loss.lost: (loss.done, loss.knows) for loss in losses(INTENTS["observe a value"], "lwm2m")}
    assert told[2] == told[3] == (True, "each change") and told[4] == (False, "the changes up to number 2")
    stored = [loss.done for loss in losses(INTENTS["observe a value"], "dm 2.0")]
    assert stored == [False, False, True, True, True, True, True, True, False, True]


def test_a_bootstrap_that_was_not_reported_is_done_again():
    """DM 2.0: account in place, BootstrapComplete lost; the server knows of nothing and begins anew."""
    found = list(losses(INTENTS["bootstrap"], "dm 2.0"))
    assert [(loss.done, loss.twice) for loss in found] == [(False, False)] * 4 + [(True, True), (True, False)]


@pytest.mark.parametrize("wanted", [Write(), Lock()])
def test_dm_2_0_cannot_promise_once(wanted):
    """The answer behind the command is lost: done, not known, so a second try does it twice."""
    frame = lost(wanted)
    again = frame[frame["again"]]
    assert set(again["generation"]) == {"dm 2.0"} and list(again["what"]) == ["device: package 3"]
    assert compare(wanted, links=()).set_index("generation").loc["dm 2.0", "again"] == 1


def test_a_reader_that_got_nothing_knows_nothing():
    frame = lost("read a value")
    assert set(frame[~frame["done"]]["knows"]) == {"nothing"}


def test_what_is_lost_is_said():
    assert play_without(Write(), "dm 2.0", 0).done is False
    assert play_without(Write(), "dm 2.0", 99).done is True


@pytest.mark.parametrize("kind", ["markdown", "latex", "csv"])
def test_a_table_can_be_pasted(kind):
    frame = table("write a setting")
    text = pasted(frame, kind)
    assert all(name in text for name in GENERATIONS)
    lines = text.splitlines()
    assert len(lines) == len(frame) + {"markdown": 2, "latex": 4, "csv": 1}[kind]
    if kind == "markdown":
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


def test_special_characters_are_escaped():
    import pandas as pd

    frame = pd.DataFrame({"a|b": ["50 % & more_", True]})
    assert "a\\|b" in pasted(frame) and r"50 \% \& more\_" in pasted(frame, "latex") and "yes" in pasted(frame)


def test_names_that_are_none():
    for call in (lambda: compare("lok"), lambda: compare("lock", links=("lt",)), 
                 lambda: compare("lock", security="tls"),
                 lambda: intent(3), lambda: pasted(table("lock"), "word"), lambda: verdicts("listn", "lwm2m"),
                 lambda: verdicts("listen", "dm 3"), lambda: fleets("lock", devices=5, link="g")):  # fmt: skip
        with pytest.raises(ConfigError):
            call()


# -- fleets


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_tape_has_the_octets_of_the_run(generation):
    played = play(UpdateFirmware(delivery="push"), generation)
    tape = tape_of(played)
    mine = [size for sender, size in played.sides() if sender != "repository"]
    if generation == "dm 2.0":  # what goes to the repository is time, not load
        assert tape.octets < sum(mine) and any(trip.think > 0 for trip in tape.trips)
    else:
        assert tape.octets == sum(mine) and len(tape.trips) == played.trips


def test_a_fleet_asleep_is_woken_or_comes_by_itself():
    frame = fleets("read a value", devices=2000, link="nb-iot").set_index("generation")
    assert frame.loc["lwm2m", "short_messages"] == 0 and (frame["short_messages"].drop("lwm2m") == 2000).all()
    assert frame.loc["lwm2m", "done"] > frame.loc["dm 2.0", "done"], "short messages are lost"
    assert frame.loc["lwm2m", "standing"] == standing("lwm2m", update=3600.0) > standing("dm 2.0") == 0
    order = frame["energy"]
    assert order["dm 1.2 xml"] > order["dm 1.2 wbxml"] > order["dm 2.0"] > order["lwm2m"]


def test_a_fleet_is_played_again_from_its_seed():
    one, two = (fleets("lock", devices=300, seed=5, asleep=False) for _ in range(2))
    assert one.equals(two) and one.attrs["seed"] == 5


# -- attackers


@pytest.mark.unsound
def test_without_a_channel_the_later_two_fall_to_every_power():
    frame = protection(limit=50)
    bare = frame[frame["channel"].isin(["plain HTTP", "NoSec"])]
    assert len(bare) == 2 * len(POWERS) and set(bare["verdict"]) == {"breached"} and set(bare["basis"]) == {"a run"}
    assumed = frame[frame["basis"].str.startswith("assumed")]
    assert len(assumed) == 2 * len(POWERS) and set(assumed["verdict"]) == {"safe"}


@pytest.mark.unsound
def test_dm_1_2_with_a_mac_withstands_what_alters_without_hiding_anything():
    found = {v.channel: v.verdict for v in verdicts("alter", "dm 1.2")}
    assert found["md5 per session"] == "breached" and found["mac"] == "safe"
    assert {v.channel: v.verdict for v in verdicts("listen", "dm 1.2")}["mac"] == "breached"


# -- ladders


def test_ladders_draw_each_run_and_say_it_in_words():
    look = ladders("write a setting")
    assert all(name in look.text for name in GENERATIONS) and look.html.count("<img") == 1 and 'alt="' in look.html
    assert "lost" in ladders("write a setting", lost=0).html


def test_the_board_draws_what_is_chosen():
    from dmkit.lab.boards.generations import generation_explorer, generation_look

    board = generation_explorer()
    board.controls["intent"].value = "lock"
    board.controls["lost"].value = 1
    assert "Lock" in board._look.text and board._look.html == generation_look("lock", "gprs", lost=1).html


def test_the_room_answers_for_an_intent():
    """``dm.generations(intent, links=..., devices=...)``: the table and a fleet beside it, seeds and units with it."""
    frame = dm.generations("lock", links=("lte",), devices=200, seed=3)
    plain = compare("lock", links=("lte",))
    assert frame[list(plain.columns)].equals(plain)
    fleet = frame.set_index("generation")["fleet done"]
    assert fleet.min() > 0.8 and fleet["lwm2m"] == 1.0
    explained = frame.attrs["units"]
    assert frame.attrs["seed"] == 3 and all(name in explained for name in frame.columns if name.startswith("fleet "))
    assert dm.generations(dm.intent.Read(), links=(), lose=False)["trips"].tolist() == [2, 2, 2, 1]
    with pytest.raises(ConfigError, match="nearest"):
        dm.generations("lok")


def test_a_hundred_thousand_devices_take_seconds():
    frame = dm.generations("read a value", links=("nb-iot",), devices=100_000, lose=False)
    assert frame["fleet done"].min() > 0.9 and (frame["fleet peak_queue"] >= 0).all()
