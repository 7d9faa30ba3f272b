"""Hostile networks, every one up to a bound: replay of choices is exact, and the engines hold."""

from __future__ import annotations

from random import Random

import pytest

import dmkit as dm
from dmkit.attack.choices import Choices, explore, hostile
from dmkit.session.events import Executed
from dmkit.words.errors import ConfigError


def test_every_script_within_the_bound_is_played_once_and_shortest_first():
    def run(choices):
        return tuple(choices.of(ways) for ways in (2, 3, 2))

    played = [b.result for b in explore(run, most=3)]
    assert sorted(played) == sorted({(a, b, c) for a in range(2) for b in range(3) for c in range(2)})
    used = [sum(way > 0 for way in ways) for ways in played]
    assert used == sorted(used)
    assert len(list(explore(run, most=1))) == 1 + 1 + 2 + 1
    assert len(list(explore(run, most=3, limit=5))) == 5


def test_choices_that_depend_on_earlier_ones_are_found():
    def run(choices):
        return ["found"] if choices.of(2) and choices.of(3) == 2 else []

    assert (1, 2) in [b.script for b in explore(run, most=2) if b.result]


def test_a_random_run_leaves_the_script_that_plays_it_again():
    def run(choices):
        return [choices.of(4) for _ in range(20)]

    made = Choices(rng=Random(3), budget=4)
    said = run(made)
    assert sum(way > 0 for way in said) == 4
    assert run(Choices(made.script)) == said


def test_a_script_that_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="choice 1 of the script is 5"):
        Choices((5,)).of(2)
    with pytest.raises(ConfigError):
        Choices().of(0)


@pytest.mark.unsound("the network loses, doubles, alters")
@pytest.mark.parametrize(
    ("scheme", "moves"),
    [
        ("md5", ("drop", "twice", "hold", "replay")),
        ("mac", ("alter", "hold", "twice")),
    ],
)
def test_no_network_of_two_evil_deeds_makes_a_device_do_a_thing_twice(scheme, moves):
    rules = dm.Rules(auth=scheme, server_auth=scheme)

    def run(choices):
        device = dm.Device.example(rules=rules)
        talk = dm.converse(
            device, dm.Server.example(device), job=dm.jobs.write("./APN/Name", "internet"), tap=hostile(choices, moves)
        )
        done = [e.command.items[0].text for e in talk.events if isinstance(e, Executed) and e.outcome.ok]
        return done, device.tree.get("./APN/Name").value

    runs = [b.result for b in explore(run, most=2)]
    assert len(runs) > 60
    assert all(done in ([], ["internet"]) for done, _ in runs)
    assert {value for _, value in runs} <= {"internet", "internet.old"}
