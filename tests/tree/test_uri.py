"""Addresses: what is one, what is none, and how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.tree.execute import execute
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.tree.uri import Uri, UriLimits, check_limits, join, parse, quote
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


QUERY, SLASHES = "a query is ?prop=Name or ?list=Kind", "it neither begins nor ends with a slash"
DOTS, ESCAPED = "a segment is not empty, . or ..", "a character in it has to be escaped"
SENTENCES = {
    "A?x=1": QUERY, "A?prop": QUERY, "A?list=": QUERY, "/A": SLASHES, "A/": SLASHES,
    "C:/A": "it is relative to the root",
    "A\x01": ESCAPED, "A//B": DOTS, "A/..": DOTS, "A./B": "./ stands only at the start",
    "A/%4": "an escape is % and two hexadecimal digits", "A/%ff": "the escaped octets are no UTF-8",
    "A/%01": "a name has no control characters",
}  # fmt: skip


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_wrong_is_said_in_full(text: str) -> None:
    with pytest.raises(CommandFailed) as failure:
        parse(text)
    assert failure.value.reason == f"{text!r} is no address in the tree: {SENTENCES[text]}"
    assert (failure.value.at, failure.value.kind) == (text, "malformed uri")


@pytest.mark.parametrize(
    ("text", "limits", "why"),
    [
        ("./A/B?prop=ACL", UriLimits(max_total=13), "./A/B?prop=ACL: more than 13 characters"),
        ("./A/B", UriLimits(max_depth=1), "./A/B: more than 1 segment"),
        ("./A/BB", UriLimits(max_segment=1), "./A/BB: a segment has more than 1 character"),
    ],
)
def test_which_limit_was_passed_is_said(text: str, limits: UriLimits, why: str) -> None:
    with pytest.raises(CommandFailed) as failure:
        check_limits(text, parse(text), limits)
    assert (failure.value.reason, failure.value.at, failure.value.kind) == (why, text, "limits")


def test_an_address_of_too_many_segments_is_shown_from_its_start() -> None:
    assert len(parse("/".join("a" * 128)).path) == 128
    with pytest.raises(CommandFailed) as failure:
        parse("/".join("a" * 129))
    assert failure.value.reason == "a/" * 20 + "...: more than 128 segments"
    assert failure.value.at == "a/" * 20 + "..."


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (Uri(()), "."),
        (Uri(("A", "b/c")), "./A/b%2Fc"),
        (Uri(("50%", "a?")), "./50%25/a%3F"),
        (Uri(("A",), prop="ACL"), "./A?prop=ACL"),
        (Uri(("A",), list="Struct"), "./A?list=Struct"),
        (Uri((), prop="ACL"), ".?prop=ACL"),
        (Uri((), list="Struct"), ".?list=Struct"),
        (Uri(("C:", "A")), "./C:/A"),
        (Uri(("A",), prop="a=b"), "./A?prop=a=b"),
    ],
)
def test_how_addresses_are_written(uri: Uri, text: str) -> None:
    assert str(uri) == text and parse(text) == uri
    assert quote("plain") == "plain"


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
        ("A/B/C", UriLimits(max_depth=3), True),
        ("A/B/C", UriLimits(max_depth=2), False),
        ("A/B/C", UriLimits(max_depth=3, count_root=True), False),
        (".", UriLimits(max_depth=1), True),
        ("./A/B", UriLimits(max_total=5), True),
        ("./A/BC", UriLimits(max_total=5), False),
        ("A?prop=ACL", UriLimits(max_total=9), False),
        ("A?prop=ACL", UriLimits(max_total=9, count_query=False), True),
        ("A/%C3%BC%C3%BC", UriLimits(max_segment=2), True),
        ("A/üüü", UriLimits(max_segment=2), False),
        ("A/B", UriLimits(), True),
    ],
)
@pytest.mark.spec("T-01")
def test_limits(text: str, limits: UriLimits, allowed: bool) -> None:
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
