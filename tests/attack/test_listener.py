"""Whatever an attacker does, honest sides keep to I1 to I14 in what they say; and a side that does not is seen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace as changed

from dmkit.attack.explorer import DEFAULT_GOALS, explore
from dmkit.attack.powers import EVERYTHING, Attacker
from dmkit.session import client_turn, server_turn
from dmkit.session.packages import header_status

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")


@pytest.mark.parametrize(
    "design",
    ["basic", "basic over TLS", "md5 per session", "md5 per message", "md5, impatient", "mac", "mac, GBA keys",
     "mac, no second challenge", "bound, TLS unchecked", "everything"],
)  # fmt: skip
def test_honest_sides_keep_to_the_invariants_whatever_they_hear(design):
    found = explore(design, Attacker.of(*EVERYTHING, budget=1), goals=("unsound",))
    assert found.sentence.startswith("safe from unsound: complete to budget 1 under listen, drop,")


def test_two_lost_or_doubled_messages_change_nothing():
    # with more powers too: a stranger who says message 2 before the device does makes that name mean two messages
    for design in ("md5 per session", "mac"):
        found = explore(design, Attacker.of("drop", "delay", "duplicate", budget=2), goals=("unsound",))
        assert found.verdict == "safe", str(found["unsound"])


def test_a_message_number_that_two_have_used_is_judged_no_further():
    eve = Attacker.of("inject", "drop", budget=2)
    assert explore("mac", eve, goals=("unsound",)).verdict == "safe"


@pytest.mark.parametrize("module", [client_turn, server_turn])
def test_a_side_that_names_the_wrong_message_is_seen(module, monkeypatch):
    monkeypatch.setattr(module, "header_status", lambda *a, **k: changed(header_status(*a, **k), msg_ref="9"))
    found = explore("md5 per session", Attacker.of("drop", budget=1), goals=("unsound",))
    assert "I3" in found["unsound"].what


def test_it_is_asked_for_by_name():
    assert "unsound" not in DEFAULT_GOALS
