"""Who can ever get a right: the fixpoint against a search through all scripts, and scripts that prove it."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmkit as dm
from dmkit.rights.assumptions import Assumptions
from dmkit.rights.closure import closure
from dmkit.rights.reach import _search, ever, who_can_ever
from dmkit.rights.rivals import RIVALS, denying
from dmkit.tree.describe import Described, Descriptions
from tests.rights.brute import VERBS, Shape, search, shapes

ROOTS = ("Add=*&Get=*", "Add=*", "Add=*&Get=*&Replace=a", "Add=*&Delete=a")
# starting lists: every right alone, the pairs that matter, other servers, nothing
LISTS = ("", "Get=a", "Replace=a", "Delete=a", "Add=a", "Add=a&Delete=a", "Replace=b", "Exec=*&Get=b")


def everything(*ids):
    return "&".join(f"{verb}={'+'.join(ids)}" for verb in VERBS)


def values(*ids):
    """Lists that players may write: none, weak ones and strong ones, some of which the root takes."""
    single = [f"{verb}={server}" for server in ids for verb in ("Replace", "Delete", "Add", "Get")]
    root = everything(*ids).replace("Add=" + "+".join(ids), "Add=*")
    return ("", *single, everything(*ids), root)


def compare(shape: Shape, lists, players, written, *, world: Assumptions | None = None, goals=None):
    """The fixpoint equals the search; scripts for ``goals`` are as short as can be, and work."""
    world = world or Assumptions()
    tree = shape.tree(lists)
    want = search(shape, lists, players, written, anew=world.anew, asks_all=world.rules.delete_asks_all)
    got = closure(tree, players, world=world, together=True)
    asked = {(s, v, n) for s in players for v in VERBS for n in range(shape.size)}
    assert {(s, v, n) for s, v, n in asked if got.can(s, dm.Verb(v), shape.uri(n))} == set(want), (shape, lists)
    for server, verb, n in goals if goals is not None else want:
        reach = ever(tree, server, verb, shape.uri(n), helpers=[p for p in players if p != server], world=world)
        assert bool(reach) == ((server, verb, n) in want)
        if reach:
            assert len(reach.script) == want[server, verb, n], (shape, lists, str(reach))
            assert reach.proves(tree, world)
    return len(want)


def test_all_shapes_are_there():
    plain = [len({shape.parents for shape in shapes(size) if not shape.leaves}) for size in range(1, 6)]
    assert plain == [1, 1, 2, 4, 9]  # rooted trees of n nodes (OEIS A000081)


def test_every_tree_up_to_three_nodes_one_server():
    trees = rights = 0
    for size in (1, 2, 3):
        for shape in shapes(size):
            for lists in product(ROOTS, *[LISTS] * (size - 1)):
                n = trees % size
                goals = [("a", VERBS[trees % 5], n)]
                rights += compare(shape, lists, ("a",), values("a"), goals=goals)
                trees += 1
    print(f"{trees} trees, {rights} rights reached")
    assert trees > 1_000


_shapes = st.sampled_from([shape for size in (4, 5) for shape in shapes(size)])


@st.composite
def trees(draw, roots=ROOTS, lists=LISTS):
    shape = draw(_shapes)
    return shape, (draw(st.sampled_from(roots)), *(draw(st.sampled_from(lists)) for _ in shape.parents))


WRITTEN = ("", "Delete=a", "Add=a&Get=a", "Replace=a", everything("a"), values("a")[-1])
THREE = ("", "Get=a", "Replace=b", "Delete=c", "Add=b", "Delete=a&Get=c", "Replace=c")
THREE_ROOTS = ("Add=*&Get=*", "Add=*", "Add=*&Replace=c")
THREE_WRITTEN = ("", everything("a", "b", "c"), values("a", "b", "c")[-1])


@pytest.mark.parametrize("size", [4, 5])
def test_every_shape_of_four_and_five_nodes_with_sampled_lists(size):
    """One server by itself, and three that work together; two drawings of lists for each shape."""
    rng = Random(f"lists for {size} nodes")
    every = list(shapes(size))
    alone = together = 0
    for shape in every:
        below = range(size - 1)
        lists = (rng.choice(ROOTS), *(rng.choice(LISTS) for _ in below))
        goal = (rng.choice(VERBS), rng.randrange(size))
        alone += compare(shape, lists, ("a",), WRITTEN, goals=[("a", *goal)])
        lists = (rng.choice(THREE_ROOTS), *(rng.choice(THREE) for _ in below))
        together += compare(shape, lists, ("a", "b", "c"), THREE_WRITTEN, goals=[(rng.choice("abc"), *goal)])
    print(f"{size} nodes: {len(every)} shapes, {alone} rights reached alone, {together} together")
    assert len(every) == {4: 13, 5: 37}[size]


@settings(max_examples=20)
@given(trees(), st.booleans())
def test_sampled_trees_one_server(drawn, anew):
    compare(*drawn, ("a",), WRITTEN, world=Assumptions(anew=anew), goals=[])


@settings(max_examples=25)
@given(trees(), st.sampled_from(VERBS), st.data())
def test_a_delete_that_asks_every_node_below(drawn, verb, data):
    shape, lists = drawn
    goals = [("a", verb, data.draw(st.integers(0, shape.size - 1)))]
    compare(shape, lists, ("a",), WRITTEN, world=Assumptions(rules=dm.TreeRules(delete_asks_all=True)), goals=goals)


@settings(max_examples=15)
@given(trees(THREE_ROOTS, THREE))
def test_sampled_trees_three_servers_that_work_together(drawn):
    compare(*drawn, ("a", "b", "c"), THREE_WRITTEN, goals=[])


@settings(max_examples=40)
@given(trees())
def test_alone_is_less_than_together_and_keeping_less_than_ever(drawn):
    shape, lists = drawn
    tree = shape.tree(lists)
    alone, together = closure(tree, "abc"), closure(tree, "abc", together=True)
    for at in alone.now:
        assert alone.now[at] <= alone.keep[at] <= alone.ever[at] <= together.ever[at]
    kept = closure(tree, "abc", world=Assumptions(anew=False))
    assert kept.ever == kept.keep == alone.keep


@settings(max_examples=60)
@given(trees(), st.sampled_from(sorted(RIVALS)), st.sampled_from(VERBS), st.data())
def test_a_yes_of_any_policy_is_proved_by_commands(drawn, name, verb, data):
    shape, lists = drawn
    tree, world = shape.tree(lists), Assumptions(policy=RIVALS[name])
    uri = shape.uri(data.draw(st.integers(0, shape.size - 1)))
    reach = ever(tree, "a", verb, uri, world=world)
    assert bool(reach) == closure(tree, ["a"], world=world).can("a", dm.Verb(verb), uri)
    assert not reach or reach.proves(tree, world)


@pytest.mark.nightly
def test_every_tree_of_four_nodes_one_server():
    """13 shapes with all choices of lists, a server by itself."""
    trees = 0
    for shape in shapes(4):
        for lists in product(ROOTS, LISTS, LISTS, LISTS):
            goals = [("a", VERBS[trees % 5], trees % 4)] if trees % 10 == 0 else []
            compare(shape, lists, ("a",), WRITTEN, goals=goals)
            trees += 1
    assert trees == 13 * 4 * 8**3


_described = st.builds(
    Described,
    st.none() | st.sampled_from([frozenset({dm.Verb.GET}), frozenset({dm.Verb.ADD, dm.Verb.GET}), frozenset(dm.Verb)]),
    st.booleans(),
)


@settings(max_examples=80)
@given(trees(), st.lists(_described | st.none(), min_size=5, max_size=5), st.sampled_from(VERBS), st.data())
def test_what_descriptions_forbid_is_not_done(drawn, described, verb, data):
    """Permanent nodes and AccessType: the fixpoint says yes where a search by real commands finds a script."""
    shape, lists = drawn
    table = {shape.uri(n): d for n, d in zip(range(1, shape.size), described, strict=False) if d is not None}
    tree = dm.Tree(shape.tree(lists).root, Descriptions.of(table))
    goals = ((dm.Verb(verb), shape.uri(data.draw(st.integers(1, shape.size - 1)))),)
    found = _search(tree, "a", goals, ("a",), Assumptions(), ())
    assert bool(found) == closure(tree, ["a"]).can("a", *goals[0])


@settings(max_examples=60)
@given(trees(), st.sampled_from(["a", "b"]), st.data())
def test_a_new_name_changes_no_rights(drawn, by, data):
    """Why Rename is not among the moves."""
    shape, lists = drawn
    tree = shape.tree(lists)
    old = shape.uri(data.draw(st.integers(1, shape.size - 1)))
    after, outcome = tree.apply(dm.Replace.of(f"{old}?prop=Name", "renamed"), by=by)
    new = f"{old.rpartition('/')[0]}/renamed" if outcome.ok else old
    for uri, _ in tree.walk():
        moved = new + uri[len(old) :] if uri == old or uri.startswith(f"{old}/") else uri
        for verb in VERBS:
            assert bool(after.may("a", verb, moved)) == bool(tree.may("a", verb, uri))


# -- by hand


def chain(*lists):
    """``./n1/n2/...`` with these lists from the root on; the last node is a leaf."""
    depth = len(lists) - 1
    return Shape(tuple(range(depth)), frozenset({depth})).tree(lists)


def test_a_server_with_replace_on_a_node_can_get_everything_below():
    tree = chain("Add=*&Get=*", "Replace=s", "Get=t", "Get=t")
    reach = ever(tree, "s", "Get", "./n1/n2/n3")
    assert [str(turn).partition(" = ")[0] for turn in reach.script] == [
        "s: Replace ./n1/n2?prop=ACL",
        "s: Replace ./n1/n2/n3?prop=ACL",
    ]
    assert reach.proves(tree) and not reach.anew
    assert not ever(tree, "t", "Replace", "./n1/n2/n3")


def test_delete_and_add_are_as_good_as_replace():
    tree = chain("Add=*&Get=*", "Add=s", "Delete=s", "Get=t")
    reach = ever(tree, "s", "Exec", "./n1/n2/n3")
    assert reach.anew and reach.proves(tree)
    assert [turn.command.verb for turn in reach.script][:2] == ["Delete", "Add"]
    assert not ever(tree, "s", "Exec", "./n1/n2/n3", world=Assumptions(anew=False))


def test_what_cannot_be_deleted_cannot_be_made_anew():
    tree = chain("Add=*&Get=*", "Add=s", "Delete=s", "Get=t")
    assert closure(tree, ["s"]).can("s", dm.Verb.EXEC, "./n1/n2")
    for described in (Described(permanent=True), Described(frozenset({dm.Verb.GET}))):
        fixed = dm.Tree(tree.root, Descriptions.of({"./n1/n2": described}))
        assert not closure(fixed, ["s"]).can("s", dm.Verb.EXEC, "./n1/n2")
        assert not ever(fixed, "s", "Exec", "./n1/n2")


def test_helpers_help():
    tree = chain("Add=*&Get=*", "Replace=b", "Get=c")
    assert not ever(tree, "a", "Replace", "./n1/n2")
    reach = ever(tree, "a", "Replace", "./n1/n2", helpers=["b", "c"])
    assert [turn.by for turn in reach.script] == ["b"]
    assert "Replace=a+b+c" in str(reach)


def test_who_can_ever_lists_everybody():
    tree = chain("Add=*&Get=*", "Replace=b", "Get=c")
    assert [bool(r) for r in who_can_ever(tree, "Get", "./n1/n2", ["a", "b", "c"])] == [False, True, True]
    assert [bool(r) for r in who_can_ever(tree, "Get", "./n1/n2", ["a", "b", "c"], helped=True)] == [True] * 3


def test_two_rights_at_once():
    tree = dm.Tree.of({"./P/pkg": "1", "./P/run": "1"}, acl={"./P": "Get=*&Replace=s", "./P/run": "Exec=t"})
    both = ever(tree, "s", "Replace", "./P/pkg", ("Exec", "./P/run"))
    assert len(both.script) == 1 and both.proves(tree)
    assert not ever(tree, "t", "Replace", "./P/pkg", ("Exec", "./P/run"))


def test_a_missing_node_is_refused():
    with pytest.raises(dm.words.CommandFailed, match="no such node"):
        ever(chain("Add=*"), "s", "Get", "./nope")


def test_denials_hold_against_whoever_owns_what_is_below():
    tree = chain("Add=*&Get=*", "Get=*+!s", "Replace=s", "Get=t")
    assert ever(tree, "s", "Get", "./n1/n2/n3")
    assert not ever(tree, "s", "Get", "./n1/n2/n3", world=Assumptions(policy=denying))
    assert ever(tree, "s", "Exec", "./n1/n2/n3", world=Assumptions(policy=denying))


def test_a_policy_of_ones_own_is_asked_for_each_place():
    def readers_below_public(tree, server, verb, uri):
        if uri.startswith("./Public") and verb == "Get":
            return dm.rights.Decision(True, "./Public", "public")
        return dm.rights.oma_acl(tree, server, verb, uri)

    tree = dm.Tree.of({"./Public/x": "1", "./Private/x": "1"}, acl={".": "Add=*"})
    got = closure(tree, ["s"], world=Assumptions(policy=readers_below_public, anew=False))
    assert got.can("s", dm.Verb.GET, "./Public/x") and not got.can("s", dm.Verb.GET, "./Private/x")


def test_words():
    tree = chain("Add=*&Get=*", "Replace=s")
    assert str(ever(tree, "s", "Get", ".")) == "yes, already"
    assert str(ever(tree, "t", "Exec", "./n1")) == "no, whatever t does"
    assert str(ever(chain("Add=*", "Add=s&Delete=s", ""), "s", "Replace", "./n1")).startswith(
        "yes, in 2 commands (the node is a new one): s: Delete ./n1; s: Add ./n1"
    )


def test_names_that_are_written_with_escapes():
    tree = dm.Tree.of({"./A/50%25/x y": "1"}, acl={"./A": "Get=s&Replace=s", "./A/50%25": "Get=t"})
    assert all(uri in tree for uri, _ in tree.walk())
    reach = ever(tree, "s", "Get", "./A/50%25/x y")
    assert reach.proves(tree) and reach.script[0].command.items[0].target == "./A/50%25?prop=ACL"
    assert closure(tree, ["s"]).can("s", dm.Verb.GET, "./A/50%25/x y")
    assert dm.measure.rights_frame(tree, ["s"], ever=True).loc["./A/50%25/x y", ("s", "Get")] == "can get"
