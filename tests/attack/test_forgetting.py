"""Forgetting loses nothing: whatever is reached is reached in as many moves, over fewer states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.attack.designs import DESIGNS, Design
from dmkit.attack.explorer import explore
from dmkit.attack.judging import GOALS
from dmkit.attack.powers import EVERYTHING, PATH, Attacker
from dmkit.session.rules import Rules

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")


def reached(design, attacker, **options):
    found = explore(design, attacker, goals=tuple(GOALS), stop=False, **options)
    assert found.complete
    return {goal: len(witnesses[0].moves) for goal, witnesses in found.witnesses.items()}, found.states


@pytest.mark.parametrize(
    "design",
    ["basic", "basic over TLS", "md5 per session", "md5 per message", "md5, reused nonce", "md5, impatient", "mac",
     "mac, no second challenge", "mac, GBA keys", "bound, TLS unchecked", "everything"],
)  # fmt: skip
def test_all_powers_and_one_deed(design):
    eve = Attacker.of(*EVERYTHING, budget=1)
    small, big = reached(design, eve), reached(design, eve, forget=False)
    assert small[0] == big[0]
    assert small[1] <= big[1] + 5


@pytest.mark.parametrize("powers", [("drop", "duplicate", "delay"), ("listen", "replay", "reflect"), ("crash", "drop")])
@pytest.mark.parametrize("design", ["md5 per session", "mac"])
def test_two_deeds_of_a_few_powers(design, powers):
    eve = Attacker.of(*powers, budget=2)
    small, big = reached(design, eve), reached(design, eve, forget=False)
    assert small[0] == big[0]
    assert small[1] < big[1]


@pytest.mark.parametrize(
    "rules", [{"repeats": 1}, {"retries": 0, "mac_once": True}, {"later": "anywhere", "proves_to": "anybody"}]
)
def test_odd_rules_of_ones_own(rules):
    design = Design("odd", replace(Rules(), **rules))
    eve = Attacker.of(*PATH, "crash", budget=1)
    assert reached(design, eve)[0] == reached(design, eve, forget=False)[0]


@pytest.mark.parametrize("scheme", ["md5", "mac"])
def test_two_sessions_beside_each_other(scheme):
    design = Design("two", replace(Rules(), auth=scheme, server_auth=scheme))
    eve = Attacker.of("parallel", "replay", "listen", "drop", budget=2)
    small, big = reached(design, eve, sessions=2), reached(design, eve, sessions=2, forget=False)
    assert small[0] == big[0]
    assert small[1] < big[1]


def test_every_design_is_walked_to_the_end_with_two_deeds_on_the_path():
    # in full in the bench and on the page; here those that are small
    for design in ("basic", "basic over TLS", "everything"):
        assert design in DESIGNS
        assert explore(design, Attacker.of(*PATH, budget=2), stop=False).complete
