"""Incidents: each happens as published, and no more with its repair."""

from __future__ import annotations

from random import Random

import pytest

from dmkit.attack.incidents import INCIDENTS, auts_leak, card_error_replies, fixed_resync, phishing, table

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")


@pytest.mark.parametrize("name", INCIDENTS)
def test_it_happened_and_the_repair_helps(name):
    incident = INCIDENTS[name]
    played = incident.run()
    assert played.happened, played.numbers
    assert not played.repaired and (played.repaired is None) == (not incident.repair)
    assert incident.source and incident.mark


def test_phishing_needs_what_the_protection_is_made_of():
    numbers = phishing().numbers
    assert numbers["NETWPIN, IMSI known"] and not numbers["NETWPIN, IMSI unknown"]
    assert numbers["USERPIN, told by the attacker"]
    assert numbers["seconds to try 10 digits of an IMSI"] == pytest.approx(2.13, rel=0.01)


def test_a_card_key_is_really_found():
    numbers = card_error_replies().numbers
    assert 0 < numbers["keys tried, 11 bits unknown"] <= 2048
    assert numbers["days for 56 bits"] == pytest.approx(16.3, rel=0.01)


def test_a_zero_nonce_can_be_said_again_for_ever():
    assert fixed_resync().numbers == {"of 10 replays, woken": 10, "of 10 replays with a memory": 0}


def test_auts_tells_by_how_much_the_number_moved():
    leaks = [auts_leak(Random(seed)) for seed in range(50)]
    assert all(leak.leaked and leak.seen for leak in leaks)


def test_the_table_has_a_row_each():
    rows = table()
    assert [row["incident"] for row in rows] == list(INCIDENTS) and all(row["happened"] for row in rows)
