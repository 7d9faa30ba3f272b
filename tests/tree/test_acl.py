"""Lists: grammar, what a malformed one is told, and that nothing changes by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.tree.acl import Acl, owner_acl, parse
from dmkit.tree.execute import execute
from tests.tree.bad_acls import BAD_ACLS, GOOD_ACLS

VERBS = [dm.Verb.ADD, dm.Verb.DELETE, dm.Verb.EXEC, dm.Verb.GET, dm.Verb.REPLACE]
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="=&*+"), min_size=1, max_size=8)
entries = st.dictionaries(st.sampled_from(VERBS), st.sets(ids | st.just("*"), min_size=1, max_size=3))


@pytest.mark.parametrize(("text", "canonical"), GOOD_ACLS)
def test_a_list_is_written_in_canonical_order(text, canonical):
    assert str(parse(text)) == canonical
    assert parse(canonical) == parse(text)


@pytest.mark.parametrize(("text", "says"), BAD_ACLS)
def test_a_malformed_list_gets_one_sentence_and_changes_nothing(text, says):
    assert len(BAD_ACLS) >= 20
    tree = dm.Tree.of({"./A/x": "1"}, acl={"./A": "Add=S&Get=S&Replace=S"})
    after, outcome = tree.apply(dm.Replace.of("./A?prop=ACL", text), by="S", now=7)
    assert (outcome.status, after) == (400, tree)
    assert says in outcome.why and "\n" not in outcome.why
    with pytest.raises(dm.words.CommandFailed, match="ACL") as failure:
        tree.with_acl("./A", text)
    assert failure.value.status == 400


def test_a_long_list_is_not_repeated_whole():
    with pytest.raises(dm.words.CommandFailed) as failure:
        parse("&".join(["Get=" + "+".join(f"s{n}" for n in range(1000))] * 2))
    assert len(failure.value.reason) < 250


BETWEEN = "one & stands between two entries"
SENTENCES = {
    "Get=S&": f"entry 2 is empty; {BETWEEN}",
    "Get=S&T": "entry 2, 'T', has no =; an entry is Command=id+id",
    "get=S": "'get' is no command of a list; commands are Add, Delete, Exec, Get, Replace, written so",
    "Get=": "Get has no identifier; leave the entry out to give Get to nobody",
    "Get=S++T": "an identifier of Get is empty; one + stands between two identifiers",
    "Get=S;T *": "'S;T *' is no Server Identifier; ' ' cannot be part of one",
    "Get=S&Add=T&Get=T": "Get stands twice; one entry names all identifiers, joined by +",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_wrong_is_said_in_full(text):
    with pytest.raises(dm.words.CommandFailed) as failure:
        parse(text)
    assert failure.value.reason == f"ACL {text!r}: {SENTENCES[text]}" and failure.value.status == 400


@pytest.mark.parametrize(("length", "shown"), [(79, 79), (80, 80), (81, 77), (82, 77), (500, 77)])
def test_as_much_of_a_list_is_shown(length, shown):
    text = ("Get=" + "s" * 500)[: length - 1] + "&"
    with pytest.raises(dm.words.CommandFailed) as failure:
        parse(text)
    more = "..." if shown < length else ""
    assert failure.value.reason == f"ACL {text[:shown] + more!r}: entry 2 is empty; {BETWEEN}"


def test_the_star_beside_others_is_said_in_full():
    with pytest.raises(dm.words.CommandFailed) as failure:
        parse("Get=*+S", star_alone=True)
    assert failure.value.reason == "ACL 'Get=*+S': Get names everybody and others; * stands alone"
    assert parse("Get=*", star_alone=True).who(dm.Verb.GET) == {"*"}


def test_a_list_without_a_command_gives_it_to_nobody():
    acl = parse("Get=S")
    assert not acl.allows(dm.Verb.ADD, "S") and acl.who(dm.Verb.ADD) == frozenset()
    assert bool(acl) and not parse("") and not acl.without("S")
    assert owner_acl("S") == "Add=S&Delete=S&Replace=S"


def test_equal_lists_have_one_hash_and_others_seldom():
    texts = [f"Get=s{n}" for n in range(20)]
    assert len({hash(parse(text)) for text in texts}) == 20
    one, two = parse("Get=b+a&Add=c"), parse("Add=c&Get=a+b")
    assert one == two and hash(one) == hash(two) == hash(Acl(dict(one.entries)))


def test_only_any_case_takes_another_case():
    assert parse("gET=S", any_case=True) == parse("Get=S")
    with pytest.raises(dm.words.CommandFailed, match="'gET' is no command of a list"):
        parse("gET=S")


@given(entries)
def test_reading_what_was_written_gives_the_same_list(wanted):
    text = "&".join(f"{verb.value}={'+'.join(sorted(ids))}" for verb, ids in wanted.items())
    acl = parse(text)
    assert parse(str(acl)) == acl
    for verb in VERBS:
        assert acl.who(verb) == wanted.get(verb, frozenset())


@given(st.text(max_size=30))
def test_any_text_is_a_list_or_refused(text):
    try:
        acl = parse(text)
    except dm.words.CommandFailed as failure:
        assert failure.status == 400
    else:
        assert parse(str(acl)) == acl


def test_merging_is_for_the_lenient():
    text = "Get=A&Replace=A&Get=B"  # as a figure of the specification has it
    assert str(parse(text, lenient=True)) == "Get=A+B&Replace=A"
    with pytest.raises(dm.words.CommandFailed, match="stands twice"):
        parse(text)


def answer(text, **rules):
    tree = dm.Tree.of({"./A": None}, acl={"./A": "Get=S&Replace=S"})
    done = execute(tree, (dm.Replace.of("./A?prop=ACL", text),), by="S", rules=dm.TreeRules(**rules))
    return done.outcomes[0].status, done.tree.get("./A").acl


@pytest.mark.parametrize("as_written", [False, True])
def test_names_of_commands_in_another_case(as_written):
    assert answer("get=T&ADD=S") == (400, "Get=S&Replace=S")
    assert answer("get=T&ADD=S", acl_any_case=True, acl_as_written=as_written) == (200, "Add=S&Get=T")
    assert answer("got=T", acl_any_case=True)[0] == answer("get=T&Get=S", acl_any_case=True)[0] == 400


def test_others_beside_everybody():
    assert answer("Get=*+T") == (200, "Get=*+T")
    assert answer("Get=*+T", acl_star_alone=True) == (400, "Get=S&Replace=S")
    assert answer("Get=*&Replace=S", acl_star_alone=True)[0] == 200


def test_identifiers_match_whole():
    acl = parse("Get=srv1")
    assert acl.allows(dm.Verb.GET, "srv1")
    assert not any(acl.allows(dm.Verb.GET, other) for other in ("srv", "srv12", "SRV1", ""))


def test_who_leaves_the_device_leaves_the_lists():
    acl = parse("Get=A+B&Replace=B")
    assert str(acl.without("B")) == "Get=A"
    assert not parse("Delete=B").without("B")
