"""A setting written although a message is lost: once, and known, in every protocol; what it costs."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.generations.intents import INTENTS, Recover, Write
from dmkit.generations.names import GENERATIONS
from dmkit.generations.played import PlayedIntent
from dmkit.generations.playing import losses, play, play_without
from dmkit.generations.populations import tape_of
from dmkit.generations.tables import compare, pasted, table
from dmkit.words.errors import ConfigError

WAYS = [(generation, lost) for generation in GENERATIONS for lost in ("command", "answer")]


def lost_of(played: PlayedIntent) -> list[int]:
    return [at for at, piece in enumerate(played.sent) if piece.lost]


@pytest.mark.parametrize(("generation", "lost"), WAYS)
def test_it_is_written_once_and_known(generation, lost):
    played = play(Recover(lost=lost), generation)
    assert played.done and played.notes[0] == "written once" and not played.knows.startswith("not that")
    assert len(lost_of(played)) == 1, "one message is lost, and it is marked"


@pytest.mark.parametrize(("generation", "lost"), WAYS)
def test_it_costs_more_than_without_a_loss(generation, lost):
    """The octets of what is sent again, at the least; in DM 2.0 a notification and a session."""
    plain, again = play(Write(), generation), play(Recover(lost=lost), generation)
    [at] = lost_of(again)
    wasted = again.sent[at].body + again.sent[at].framing
    more = sum(piece.body + piece.framing for piece in again.sent) - sum(p.body + p.framing for p in plain.sent)
    assert more >= wasted if generation != "dm 2.0" else more > 300
    assert len(again.sent) > len(plain.sent)


def test_who_carries_on_is_the_protocol_in_three_and_the_server_in_one():
    senders = {g: play(Recover(), g) for g in GENERATIONS}
    assert [piece.sender for piece in senders["dm 1.2 xml"].sent[2:4]] == ["device", "device"], "the device repeats"
    assert [piece.sender for piece in senders["lwm2m"].sent] == ["server", "device", "server", "device"]
    told = [piece.what for piece in senders["dm 2.0"].sent]
    assert told[4:6] == ["package 3", "notification"] and told[-3:] == ["GET", "package 3", "END"]
    assert senders["dm 2.0"].knows == "the value, by reading it in another session"


def test_a_command_that_never_came_is_written_in_the_second_session():
    played = play(Recover(lost="command"), "dm 2.0")
    told = [piece.what for piece in played.sent]
    assert told.count("HGET") == 2 and told.count("200") == 1 and played.knows == "a status"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_second_loss_is_recovered_from_too(generation):
    """Whatever else is lost: written, known, and never twice."""
    found = list(losses(Recover(), generation))
    assert len(found) >= 3 and all(loss.done and not loss.twice for loss in found)
    for loss in found:
        assert play_without(Recover(), generation, loss.lost).notes[0] == "written once"


def test_it_stands_in_every_table():
    name = "recover from a lost message"
    assert INTENTS[name] == Recover() and dm.intent.Recover is Recover
    frame = table(name)
    assert list(frame["generation"]) == list(GENERATIONS) and list(frame["losses"]) == [
        "4 of 4",
        "4 of 4",
        "9 of 9",
        "3 of 3",
    ]
    assert "recover" not in pasted(frame) and compare(name, links=("lte",), lose=False)["s lte"].min() > 0
    assert dm.generations(name, links=("lte",), devices=50, lose=False)["fleet done"].min() > 0.5


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_tape_keeps_a_request_and_its_repetition_together(generation):
    played = play(Recover(), generation)
    mine = sum(size for sender, size in played.sides() if sender != "repository")
    tape = tape_of(played)
    assert len(tape.trips) <= played.trips
    assert tape.octets <= mine if generation == "dm 2.0" else tape.octets == mine


def test_which_message_is_one_of_two():
    with pytest.raises(ConfigError, match="lost") as told:
        Recover(lost="both")
    assert "command" in str(told.value) and "answer" in str(told.value)
