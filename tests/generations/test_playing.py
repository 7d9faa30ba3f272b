"""One intent in each protocol: done, the octets of the sheets, every loss."""

from __future__ import annotations

import pytest

from dmkit.generations.carriage import SECURITIES, TCP, http_answer, http_request
from dmkit.generations.intents import INTENTS, Read, UpdateFirmware, Write
from dmkit.generations.names import GENERATIONS
from dmkit.generations.played import CAUSES
from dmkit.generations.playing import losses, play, play_without
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", INTENTS)
def test_every_intent_is_done_in_every_generation(name, generation):
    played = play(INTENTS[name], generation)
    assert played.done and played.trips >= 1 and played.rights and played.knows and played.basis
    assert played == play(INTENTS[name], generation), "a run is repeated octet by octet"


def bodies(played):
    return sum(piece.body for piece in played.sent)


def test_reading_the_manufacturer_weighs_what_the_sheets_say():
    """LwM2M 13 + 28 octets with the headers of CoAP, DM 2.0 258 octets of bodies in 2 round trips.  [lwm2m sheet §8]"""
    lwm2m = play(Read(), "lwm2m")
    assert [piece.body + piece.framing for piece in lwm2m.sent] == [13, 28] and lwm2m.trips == 1
    dm20 = play(Read(), "dm 2.0")
    assert [piece.body for piece in dm20.sent] == [65, 54, 122, 17] and bodies(dm20) == 258 and dm20.trips == 2


def test_dm_1_2_is_lighter_than_the_sheet_since_nobody_is_challenged_here():
    """The sheet counts three round trips with a 401 first: 5,944 octets in XML, 2,208 in WBXML.  Here the device shows
    its proof unasked; a challenge repeats package 1 and its answer, which is where the difference lies."""
    for generation, sheet in (("dm 1.2 xml", 5944), ("dm 1.2 wbxml", 2208)):
        played = play(Read(), generation)
        first = played.sent[0].body
        assert played.trips == 2 and bodies(played) < sheet < bodies(played) + 3 * first


@pytest.mark.parametrize("generation", GENERATIONS)
def test_more_settings_cost_more_and_not_more_turns(generation):
    few, many = (play(Write(settings=n), generation) for n in (2, 20))
    assert bodies(few) < bodies(many) and few.trips == many.trips


def test_a_larger_package_goes_in_more_blocks():
    small, large = (play(UpdateFirmware(delivery="push", size=size), "lwm2m") for size in (1024, 8192))
    assert large.trips - small.trips == 7


def test_octets_are_split_by_cause_and_add_up():
    for generation in GENERATIONS:
        played = play(Read(), generation)
        for http, coap in SECURITIES.values():
            security = coap if generation == "lwm2m" else http
            parts = sum(
                played.octets(side, cause, security=security) for side in ("device", "server") for cause in CAUSES
            )
            opening = sum(played.opening(side, security=security) for side in ("device", "server"))
            assert played.total(security=security) == parts + opening
        assert played.total() < played.total(security=SECURITIES["tls 1.3, dtls 1.2 psk"][0])


def test_heads_of_http_are_counted_from_their_text():
    assert http_request("https://a.example/dm", "application/vnd.syncml.dm+xml", 10) + 1 == http_request(
        "https://a.example/dm", "application/vnd.syncml.dm+xml", 100
    )
    assert 150 < http_answer(200, "application/vnd.syncml.dm+xml", 1000) < 220
    assert TCP.octets(0) == 40 and TCP.octets(1461) == 80


# -- losses


@pytest.mark.parametrize("generation", ["dm 1.2 xml", "dm 1.2 wbxml", "lwm2m"])
def test_what_is_sent_again_is_done_whatever_is_lost(generation):
    found = list(losses(Write(), generation))
    assert len(found) >= 2 and all(loss.done for loss in found)


def test_dm_2_0_sends_nothing_again():
    """Lost before the data came: not done.  Lost behind them: done, and the server does not know."""
    found = list(losses(Write(), "dm 2.0"))
    assert [loss.done for loss in found] == [False, False, False, False, True, True]
    assert found[4].knows == "not that it is done"


def test_a_name_that_is_none():
    with pytest.raises(ConfigError, match="nearest: 'lwm2m'"):
        play(Read(), "lw2m")
    with pytest.raises(ConfigError, match="from 1 to 200"):
        Write(settings=0)


@pytest.mark.parametrize("lost", [-1, 1.5, "x", True, None])
def test_a_lost_message_has_a_number(lost):
    with pytest.raises(ConfigError, match="the number of a message"):
        play_without(Write(), "lwm2m", lost)
