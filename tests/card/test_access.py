"""Access rules: the record of the sheet, both ways; what no rule names may not be done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card import access as a
from dmkit.words.errors import CodecError

SHEET = bytes.fromhex("800101 A40683010A950108 800106 9000 800160 9700 8401D4 A40683010A950108")
RULES = (
    a.AccessRule(a.READ, a.ADM1),
    a.AccessRule(a.UPDATE | a.WRITE, a.ALWAYS),
    a.AccessRule(a.TERMINATE | a.DELETE, a.NEVER),
    a.AccessRule(0, a.ADM1, "d4"),
)


def test_the_record_of_the_sheet():
    assert a.decode(SHEET) == RULES
    assert a.encode(RULES) == SHEET
    assert str(RULES[-1]) == "INS D4: ADM1"


def test_who_may():
    def shown(*keys):
        return lambda key: key in keys

    assert not a.may(SHEET, a.READ, shown()) and a.may(SHEET, a.READ, shown(0x0A))
    assert a.may(SHEET, a.UPDATE, shown())
    assert not a.may(SHEET, a.DELETE, shown(0x0A, 0x01))
    assert not a.may(SHEET, a.ACTIVATE, shown(0x0A)), "no rule names it"
    assert a.may(SHEET, "d4", shown(0x0A)) and not a.may(SHEET, "32", shown(0x0A))


@pytest.mark.parametrize("bad", ["8001", "800101", "8001019001", "81010190", "800201019000", "ff"])
def test_a_record_that_cannot_be_read_lets_nothing_be_done(bad):
    data = bytes.fromhex(bad)
    assert not a.may(data, a.READ, lambda key: True)


needs = st.sampled_from(
    [a.ALWAYS, a.NEVER, a.PIN1, a.PIN2, a.ADM1, a.AccessCondition("any", (1, 10)), a.AccessCondition("all", (1, 129))]
)


@given(st.lists(st.builds(a.AccessRule, st.integers(1, 127), needs), max_size=5))
def test_rules_round_trip(rules):
    assert a.decode(a.encode(rules)) == tuple(rules)


@given(st.binary(max_size=40))
def test_any_octets_are_rules_or_refused(data):
    try:
        print(*a.decode(data))
    except CodecError:
        assert not a.may(data, a.READ, lambda key: True)


def test_any_and_all():
    any_of, all_of = a.AccessCondition("any", (1, 10)), a.AccessCondition("all", (1, 10))
    assert any_of.met(lambda key: key == 1) and not all_of.met(lambda key: key == 1)
    assert str(any_of) == "PIN1 or ADM1" and str(all_of) == "PIN1 and ADM1"
