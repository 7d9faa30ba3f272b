"""Canonical values and how they compare.  [RD §6]"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.tree.canonical import canonical, compare, same
from dmkit.words.errors import ConfigError


@pytest.mark.spec("R-165")
@pytest.mark.parametrize(
    ("format", "spellings", "form"),
    [
        ("bool", ["true", "TRUE", "True"], "true"),
        ("int", ["7", "+7", "007"], "7"),
        ("int", ["0", "-0", "+000"], "0"),
        ("float", ["1500", "1.5E3", "+0.15e4", "1500.00"], "1.5E3"),
        ("float", ["0", "-0.0", "0E9"], "0"),
        ("date", ["20050630", "2005-06-30"], "2005-06-30"),
        ("time", ["235900", "23:59:00"], "23:59:00"),
        ("time", ["235900Z", "23:59:00+00:00", "23:59:00-0000"], "23:59:00Z"),
        ("b64", ["QUJD", "QU JD", "QUJD\n"], "QUJD"),
        ("chr", ["Mu\u0308ller", "M\u00fcller"], "M\u00fcller"),
    ],
)
def test_spellings_of_one_value(format: str, spellings: list[str], form: str) -> None:
    for text in spellings:
        assert canonical(format, text) == form and same(format, text, spellings[0])
        assert canonical(format, form) == form, "a canonical form is its own"


@pytest.mark.spec("R-165")
@pytest.mark.parametrize(
    ("format", "one", "other", "order"),
    [
        ("int", "9", "10", -1),
        ("int", "-2", "-10", 1),
        ("float", "1E2", "100", 0),
        ("float", "-INF", "-1E300", -1),
        ("float", "INF", "0", 1),
        ("date", "2005-06-30", "20050701", -1),
        ("time", "235900", "23:59:01", -1),
        ("bool", "false", "true", -1),
    ],
)
def test_order(format: str, one: str, other: str, order: int) -> None:
    assert compare(format, one, other) == order == -compare(format, other, one)


@given(st.integers(), st.integers())
def test_whole_numbers_compare_as_numbers(a: int, b: int) -> None:
    assert compare("int", str(a), str(b)) == (a > b) - (a < b)


@pytest.mark.parametrize(
    ("format", "text"),
    [("int", "1.0"), ("bool", "1"), ("date", "2005-13-01"), ("time", "24:00:00"), ("float", "abc"), ("b64", "?"),
     ("node", ""), ("colour", "red"), ("float", "Infinity")],
)  # fmt: skip
def test_what_is_no_value(format: str, text: str) -> None:
    with pytest.raises(ConfigError):
        canonical(format, text)


@pytest.mark.parametrize(
    ("format", "a", "b"), [("chr", "a", "b"), ("float", "NaN", "1"), ("time", "120000Z", "120000")]
)
def test_what_has_no_order(format: str, a: str, b: str) -> None:
    with pytest.raises(ConfigError):
        compare(format, a, b)
