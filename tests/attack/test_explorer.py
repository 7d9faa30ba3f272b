"""The explorer: attacks that follow from powers alone, each gone under its defence; and what a verdict says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.attack.attacks import ATTACKS
from dmkit.attack.designs import DESIGNS, Deployment, Design
from dmkit.attack.explorer import DEFAULT_GOALS, explore
from dmkit.attack.powers import EVERYTHING, PATH, POWERS, Attacker
from dmkit.attack.world import GOALS
from dmkit.notify import NotifyRules
from dmkit.session.rules import Rules
from dmkit.words.errors import ConfigError

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")


def both(scheme: str, world: Deployment | None = None, **rules: object) -> Design:
    return Design("under test", replace(Rules(), auth=scheme, server_auth=scheme, **rules), world or Deployment())


MIRRORED = Deployment(secret="mirrored")
ORACLE = ("listen", "inject", "choose nonce")
WAKING = ("listen", "inject", "choose nonce", "sms")

NO_BASIC = ("md5", "mac")
"""A device that proves itself in basic to whoever asks has no other defence: the password serves for everything."""

# name: powers, deeds, goal, the design that falls, moves of a shortest witness, its defence, options
FOUND = {
    "I1 stranger": (("inject",), 1, "false report believed", both("md5"), 2, both("md5",
    Deployment(own_address=True)), {}),
    "I2 floor": (ORACLE, 2, "impersonated", both("mac"), 2, both("mac", downgrade="floor"), {}),
    "I2 apart": (ORACLE, 2, "impersonated", both("mac", client_schemes=NO_BASIC), 2,
                 both("mac-apart", client_schemes=NO_BASIC), {}),
    "I3": (WAKING, 2, "unasked session", both("md5", downgrade="floor"), 3,
           both("md5", downgrade="floor", notify=NotifyRules(digest="md5-apart")), {}),
    "I4": (
        ("sms",),
        1,
        "unasked session",
        both("md5", notify=NotifyRules(room=3)),
        5,
        both("md5", notify=NotifyRules(room=3, remember="time")),
        {"wakes": 6},
    ),
    "I5": (("alter", "strip"), 1, "foreign command", both("mac", mac_once=True, lenient=True), 4,
           both("mac", lenient=True), {}),
    "I6 md5": (ORACLE, 2, "foreign command", both("md5", MIRRORED, downgrade="floor"), 6,
               both("md5", downgrade="floor"),
               {"sessions": 2, "reachable": False}),
    "I6 mac": ((*ORACLE, "parallel"), 3, "foreign command", both("mac", MIRRORED, client_schemes=NO_BASIC), 3,
               both("mac", client_schemes=NO_BASIC), {"sessions": 2, "reachable": False}),
    "I7": (("inject",), 1, "learned by asking", both("basic", Deployment(path="tls"), proves_to="anybody"), 1,
           both("basic", Deployment(path="tls", own_address=True)), {}),
    "I8": (("own server",), 0, "worn out", DESIGNS["everything"], 24, both("md5", messages=12), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_powers_alone_lead_to_the_attack_and_its_defence_ends_it(name):
    powers, budget, goal, falls, moves, stands, options = FOUND[name]
    eve = Attacker.of(*powers, budget=budget)
    found = explore(falls, eve, goals=(goal,), **options)
    assert found.verdict == "breached"
    witness = found[goal]
    assert len(witness.moves) == moves
    assert set(witness.powers) <= set(powers)
    assert witness.deeds <= budget
    held = explore(stands, eve, goals=(goal,), **options)
    assert (held.verdict, held.complete) == ("safe", True), held.witnesses
    assert f"complete to budget {budget} under" in held.sentence


@pytest.mark.parametrize("scheme", ["mac", "mac-apart", "hmac-sha256"])
def test_who_is_given_the_password_needs_no_formula(scheme):
    eve = Attacker.of("listen", "inject", budget=2)
    asked = explore(both(scheme), eve, goals=("impersonated",))
    assert [move.name for move in asked["impersonated"].moves] == [
        "the attacker says to the device: asks for basic",
        "the attacker says to the server: a login, a proof made with the password",
    ]
    for more in ({"client_schemes": NO_BASIC}, {"downgrade": "floor"}):
        assert explore(both(scheme, **more), eve, goals=("impersonated",)).verdict == "safe"


def test_the_memory_of_64_wakes_is_full_after_64_more():
    found = explore("md5 per session", Attacker.of("sms", budget=1), goals=("unasked session",), wakes=65)
    assert len(found["unasked session"].moves) == 66
    assert explore("md5 per session", Attacker.of("sms", budget=1), wakes=64).verdict == "safe"


def test_asking_an_open_session_that_is_not_ones_own_needs_its_address():
    # no proof to the unproven is not enough: whoever speaks in a session that is open speaks in a proven one's name
    asked = explore("basic over TLS", Attacker.of("inject", budget=1), goals=("learned by asking",))
    assert [move.powers for move in asked["learned by asking"].moves] == [(), ("inject",)]


def test_everything_stands_to_budget_3():
    found = explore("everything", Attacker.of(*EVERYTHING, budget=3), limit=20_000)
    assert found.sentence.startswith("safe from all goals: complete to budget 3 under listen, drop,")
    assert found.goals == DEFAULT_GOALS


def test_safe_is_never_said_after_a_search_that_was_cut_off():
    cut = explore("mac", Attacker.of("drop", "replay", "listen", budget=2), goals=("foreign command",), limit=50)
    assert (cut.verdict, cut.complete) == ("open", False)
    assert "safe" not in cut.sentence
    whole = explore("mac", Attacker.of("drop", "replay", "listen", budget=2), goals=("foreign command",))
    assert whole.sentence == "safe from foreign command: complete to budget 2 under listen, drop, replay"


def test_one_lost_message_is_enough_to_disagree_and_no_design_helps():
    for design in ("md5 per session", "mac", "everything"):
        found = explore(design, Attacker.of("drop", budget=3), goals=("disagree",))
        assert found["disagree"].powers == ("drop",)


def test_more_power_finds_what_less_finds():
    goals = ("foreign command", "false report believed")
    less = explore("md5 per session", Attacker.of("inject", budget=1), goals=goals)
    more = explore("md5 per session", Attacker.of(*PATH, budget=1), goals=goals)
    assert set(less.witnesses) <= set(more.witnesses)
    assert more.states >= len(more.witnesses)


def test_without_a_power_the_world_is_the_honest_run():
    found = explore("md5 per session", Attacker.of(budget=3), goals=tuple(GOALS))
    assert found.verdict == "safe"
    assert found.states < 10
    assert found.sentence.endswith("under no power")


def test_another_witness_of_the_same_goal_is_different():
    found = explore("md5 per session", Attacker.of(*PATH, budget=1), goals=("foreign command",), all_witnesses=3)
    first, other = found["foreign command"], found.another("foreign command")
    assert first.moves != other.moves
    assert len(first.moves) <= len(other.moves)


def test_one_goal_is_enough_and_a_goal_that_is_not_reached_still_takes_the_whole_search():
    stranger = Attacker.of("inject", budget=2)
    whole, first = (explore("md5 per session", stranger, enough=enough) for enough in (None, 1))
    found = {goal: len(one.moves) for goal, (one, *_) in whole.witnesses.items()}
    assert {goal: len(one.moves) for goal, (one, *_) in first.witnesses.items()}.items() <= found.items()
    assert min(len(one[0].moves) for one in first.witnesses.values()) == min(found.values())
    assert first.states < whole.states / 10
    safe = [explore("everything", stranger, enough=enough) for enough in (None, 1)]
    assert safe[0] == safe[1]
    assert safe[0].complete


def test_the_same_search_gives_the_same_numbers():
    runs = [explore("mac", Attacker.of(*ORACLE, budget=2), goals=("impersonated",)) for _ in range(2)]
    assert runs[0].states == runs[1].states
    assert str(runs[0]["impersonated"]) == str(runs[1]["impersonated"])


def test_every_named_attack_lists_powers_of_the_table():
    for attack in ATTACKS.values():
        assert set(attack.can) <= set(POWERS), attack.name


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Attacker.of("lisen"), "nearest: 'listen'"),
        (lambda: Attacker.of("listen", budget=-1), "whole number of deeds"),
        (lambda: explore("mca", Attacker.of("listen")), "nearest: 'mac'"),
        (lambda: explore("mac", Attacker.of("listen"), goals=("twise",)), "nearest: 'twice'"),
        (lambda: explore("mac", Attacker.of("drop", budget=1))["twice"], "not reached"),
        (lambda: explore("basic", Attacker.of("listen"), all_witnesses=0), "all_witnesses is 0; it must be a whole"),
        (lambda: explore("basic", Attacker.of("listen"), enough=0), "enough is 0; it must be a whole"),
        (lambda: explore("basic", Attacker.of("listen"), limit="x"), "limit is 'x'; it must be a whole"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    with pytest.raises(ConfigError, match=words):
        call()
