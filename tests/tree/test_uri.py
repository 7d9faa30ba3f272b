"""Addresses: what is one, what is none, and how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.tree.execute import execute
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.tree.uri import Limits, Uri, check_limits, join, parse
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Add, Get

GOOD = {
    ".": (),
    "A": ("A",),
    "./A/B": ("A", "B"),
    "A.": ("A.",),
    "A/b.": ("A", "b."),
    "A/.b": ("A", ".b"),
    "A/%49": ("A", "I"),
    "A/%c3%bc": ("A", "ü"),
    "A/ü": ("A", "ü"),
    "A/50%25": ("A", "50%"),
    "A/a%3Fb": ("A", "a?b"),
    "a:b/c": ("a:b", "c"),
}
BAD = [
    "", "./", "/", "A/", "/A", "A//B", "./.", "..", "../A", "A/..", "A/../B", "A/./B", "A./B", "A/..B./C", "%2E",
    "A/%2e%2e", "http://x/A", "A/%", "A/%4", "A/%zz", "A/%FF", "A/%00", "A\tB", "A?", "A?prop", "A?prop=",
    "A?foo=1", "A?list=", "?prop=ACL",
]  # fmt: skip


@pytest.mark.spec("T-01")
@pytest.mark.parametrize("text", GOOD)
def test_good(text: str) -> None:
    assert parse(text).path == GOOD[text]


@pytest.mark.spec("T-01")
@pytest.mark.parametrize("text", BAD)
def test_bad_is_400_with_a_sentence(text: str) -> None:
    with pytest.raises(CommandFailed) as failure:
        parse(text)
    assert failure.value.status == 400
    assert failure.value.kind == "malformed uri"
    assert "is no address in the tree: " in str(failure.value)


@pytest.mark.spec("T-07")
def test_queries() -> None:
    assert parse("A?prop=ACL") == Uri(("A",), prop="ACL")
    assert parse(".?list=TNDS+Value") == Uri((), list="TNDS+Value")
    assert parse("A?PROP=acl") == Uri(("A",), prop="acl")


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda n: not n.endswith("."))


@given(st.lists(NAMES, max_size=5).map(tuple))
def test_join_and_parse_are_inverse(path: tuple[str, ...]) -> None:
    assert parse(join(path)).path == path


@given(st.text())
def test_any_text_is_an_address_or_400(text: str) -> None:
    try:
        uri = parse(text)
    except CommandFailed as failure:
        assert failure.status == 400
    else:
        assert parse(str(uri)) == uri


def test_lenient_and_strict_reading() -> None:
    assert parse("/A/B", leading_slash=True).path == ("A", "B")
    assert parse("A/%49", decode=False).path == ("A", "%49")
    for text in ("A/ü", "A/b c", "A/#"):
        assert parse(text)
        with pytest.raises(CommandFailed, match="has to be escaped"):
            parse(text, strict=True)
    assert parse("A/%C3%BC/b;c", strict=True).path == ("A", "ü", "b;c")


@pytest.mark.parametrize(
    ("text", "limits", "allowed"),
    [
        ("A/B/C", Limits(max_depth=3), True),
        ("A/B/C", Limits(max_depth=2), False),
        ("A/B/C", Limits(max_depth=3, count_root=True), False),
        (".", Limits(max_depth=1), True),
        ("./A/B", Limits(max_total=5), True),
        ("./A/BC", Limits(max_total=5), False),
        ("A?prop=ACL", Limits(max_total=9), False),
        ("A?prop=ACL", Limits(max_total=9, count_query=False), True),
        ("A/%C3%BC%C3%BC", Limits(max_segment=2), True),
        ("A/üüü", Limits(max_segment=2), False),
        ("A/B", Limits(), True),
    ],
)
@pytest.mark.spec("T-01")
def test_limits(text: str, limits: Limits, allowed: bool) -> None:
    if allowed:
        check_limits(text, parse(text), limits)
        return
    with pytest.raises(CommandFailed) as failure:
        check_limits(text, parse(text), limits)
    assert failure.value.status == 414


def test_a_slash_in_a_name_is_a_rule() -> None:
    tree = Tree.of({"./A": None}, acl={"./A": "Add=S&Get=S"})
    add, get = Add.of("A/b%2Fc", "1"), Get.of("A", "A/b%2Fc")
    assert [o.status for o in execute(tree, (add,), by="S").outcomes] == [400]
    done = execute(tree, (add, get), by="S", rules=TreeRules(slash_in_names=True))
    assert [o.status for o in done.outcomes] == [200, 200]
    assert [item.text for item in done.outcomes[1].results] == ["b%2Fc", "1"]
    assert done.tree.find(("A", "b/c")) is not None


def test_an_address_of_thousands_of_segments_is_answered() -> None:
    tree = Tree.of({"./A": None}, acl={".": "Add=*&Get=*"})
    for uri in ("./A/" + "/".join("a" * 2000), "/".join("a" * 129)):
        assert [o.status for o in execute(tree, (Add.of(uri, "1"), Get.of(uri)), by="S").outcomes] == [414, 414]
    assert [o.status for o in execute(tree, (Add.of("./A/" + "/".join("a" * 127), "1"),), by="S").outcomes] == [200]
