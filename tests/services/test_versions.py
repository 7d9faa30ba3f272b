"""Versions: the scheme row by row, laws of its order, and text that is no version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.services.tables import parse
from dmkit.services.versions import VersionRange, version
from dmkit.words.errors import ConfigError

IN_ORDER = [
    "0", "0.0.1", "1-1", "1-alpha", "1-alpha.1", "1-alpha.beta", "1-beta.2", "1-beta.11", "1-rc.1", "1", "1.0.0.1",
    "1.9", "1.9.9", "1.10-SNAPSHOT", "1.10", "2.0b10", "2.0-beta9", "2.0-rc1", "2.0rc2", "2.0-rc10", "2.0", "2.0.1",
    "2.10", "10", "2024.1.15", "2024.01.16",
]  # fmt: skip


def test_versions_come_in_the_order_of_the_scheme():
    keys = [version(text) for text in IN_ORDER]
    assert keys == sorted(keys) and len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2", "2.0.0"), ("v2", "2"), ("V2.0", "2"), ("2.0+build.7", "2.0"), ("2.0-RC1", "2.0-rc1"), ("2.0rc1", "2.0-rc.1"),
     ("01.02", "1.2"), ("0.0", "0"), ("2.0-rc1+7", "2.0-rc1")],
)  # fmt: skip
def test_what_means_the_same_is_equal(one, other):
    assert version(one) == version(other)


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "v", "latest", ".1", "1.", "1..2", "2.0-", "2.0+", "2.x", "1:2.0", "1_0", "2.0 ", "-1", "+1",
     "2.0-rc..1", "2,0", "\u0662.0", "2.0\n", "9" * 300, "2.0-\u00df"],
)  # fmt: skip
def test_other_text_is_refused_in_one_sentence(text):
    with pytest.raises(ConfigError, match=r"is no version; 2\.1, 2\.1\.0-rc1 or 2\.1\+7 is one") as refused:
        version(text)
    assert "\n" not in str(refused.value)
    assert not VersionRange.of(">=0").takes(text), "what a device says of itself may be anything"
    assert VersionRange().takes(text)


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        (">2.0", ["2.0.1", "2.1-rc1", "3"], ["2.0", "2.0-rc1", "2.0.0", "2.0+9", "1.10"]),
        (">=2.0", ["2", "2.0+9", "2.0.1-rc1"], ["2.0-rc1", "2.0b1", "1.99"]),
        ("<3", ["2.99", "2.0-rc1"], ["3", "3.0-rc1", "3.0.0-alpha", "3.1"]),
        ("<3.0-rc2", ["3.0-rc1", "3.0-beta"], ["3.0-rc2", "3.0"]),
        ("<=3", ["3.0-rc1", "3", "3.0.0"], ["3.0.1"]),
        ("==2.0", ["2", "2.0.0", "v2.0", "2.0+x"], ["2.0-rc1", "2.0.1"]),
        ("!=2.0", ["2.0-rc1", "2.1"], ["2", "2.0.0"]),
        (">=2.1,<3", ["2.1", "2.10"], ["2.1-rc1", "2.0", "3-rc1"]),
        (">= v2", ["v2.0"], ["1"]),
    ],
)
def test_bounds_say_what_is_inside(bounds, inside, outside):
    asked = VersionRange.of(bounds)
    assert [text for text in inside if not asked.takes(text)] == []
    assert [text for text in outside if asked.takes(text)] == []


@pytest.mark.parametrize("text", [">=", "2.0", "=>2", ">=x", ">=2,,<3", ">=2,", "~2", ">=2 <3", ">="])
def test_what_is_no_bound_is_refused(text):
    with pytest.raises(ConfigError, match="is no bound of a version"):
        VersionRange.of(text)


def test_a_catalogue_with_two_packages_of_one_version_is_refused():
    packages = "packages = [{version = '2.0-rc1', install = './I'}, {version = '2.0rc1', install = './J'}]"
    with pytest.raises(ConfigError, match=r"software r: two packages of version 2\.0rc1"):
        parse(f'[software.r]\nat = "./V"\n{packages}')


texts = st.builds(
    lambda numbers, trial, build: ".".join(map(str, numbers)) + trial + build,
    st.lists(st.integers(0, 12), min_size=1, max_size=4),
    st.sampled_from(["", "-rc1", "rc2", "-alpha", "-1", "-beta.3"]),
    st.sampled_from(["", "+7"]),
)


@given(texts, texts, texts)
def test_the_order_is_total(one, two, three):
    first, second, third = sorted(map(version, (one, two, three)))
    assert first <= second <= third and first <= third
    assert sum(VersionRange(((sign, two),)).takes(one) for sign in ("<", "==", ">")) <= 1
    assert VersionRange(((">=", two),)).takes(one) == (version(one) >= version(two))
