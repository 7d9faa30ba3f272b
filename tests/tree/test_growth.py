"""Trees with many siblings: steps counted at n and 2n, n log n at most; and what the wide mapping is held to."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from itertools import islice, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from dmkit.ddf.rules import describe_of
from dmkit.ddf.spec import NodeSpec, Occurrence, OccurrenceKind, Spec
from dmkit.tree import rewriting, tnds
from dmkit.tree.children import Wide, alike, children_of
from dmkit.tree.describe import Describe, Described, Descriptions
from dmkit.tree.execute import execute
from dmkit.tree.inbox import inbox
from dmkit.tree.node import Node
from dmkit.tree.tnds import TndsNode
from dmkit.tree.tree import Tree
from dmkit.words.codes import Format, StatusCode, Verb
from dmkit.words.model import Add, Atomic, Delete, Get, Item, Meta, Replace
from tests.steps import python_lines


def steps(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Lines of Python that ``work`` runs, and children that it copies."""
    copied = 0

    def counted(children: Iterable[object]) -> list[object]:
        nonlocal copied
        found = list(children)
        copied += len(found)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "astuple", lambda node: counted(astuple(node)))
        return python_lines(work) + copied


def of(n: int) -> object:
    return Tree.of({f"./W/n{at}": str(at) for at in range(n)})


def forgotten(n: int) -> object:
    tree = Tree.of({f"./W/n{at}": Node(acl="Get=gone+S") for at in range(n)})
    left = tree.forget("gone")
    assert {node.acl for _, node in left.walk("./W") if not node.is_interior} == {"Get=S"}
    return left


def added(n: int) -> object:
    tree = Tree.of({"./W": None}, acl={"./W": "Add=*&Get=*"}, describe=Descriptions.of(
        {"./W": Described(), "./W/*": Described(most=1_000_000)}))  # fmt: skip
    done = execute(tree, tuple(Add.of(f"./W/n{at}", str(at)) for at in range(n)), by="S")
    assert {outcome.status for outcome in done.outcomes} == {StatusCode.OK}
    assert list(done.tree.get("./W").children) == [f"n{at}" for at in range(n)]
    assert isinstance(done.tree.get("./W").children, Wide)
    return done


def deleted(n: int) -> object:
    tree = Tree.of({f"./W/n{at}": str(at) for at in range(n)}, acl={"./W": "Delete=*"})
    done = execute(tree, tuple(Delete.of(f"./W/n{at}") for at in range(n)), by="S")
    assert not done.tree.get("./W").children
    return done


def variants(n: int) -> Iterable[str]:
    """Names that differ in case only."""
    return ("".join(signs) for signs in islice(product(*zip("abcdefghijkl", "ABCDEFGHIJKL", strict=True)), n))


def added_in_many_cases(n: int, describe: Describe | None = None) -> object:
    described = describe or Descriptions.of({"./W": Described(), "./W/*": Described(case_sensitive=True)})
    tree = Tree.of({"./W": None}, acl={"./W": "Add=*&Get=*"}, describe=described)
    done = execute(tree, tuple(Add.of(f"./W/{name}", "x") for name in variants(n)), by="S")
    assert {outcome.status for outcome in done.outcomes} == {StatusCode.OK}
    assert list(done.tree.get("./W").children) == list(variants(n))
    return done


def added_in_many_cases_below_a_description(n: int) -> object:
    any_name = NodeSpec(
        name="", format=Format.CHR, access=frozenset(Verb), occurrence=Occurrence(OccurrenceKind.ZERO_OR_MORE)
    )
    kept = NodeSpec(name="W", format=Format.NODE, access=frozenset(Verb), children=(any_name,))
    return added_in_many_cases(n, describe_of((".", Spec((kept,)))))


def renamed(n: int) -> object:
    tree = Tree.of({f"./W/n{at}": str(at) for at in range(n)}, acl={".": WIDE})
    done = execute(tree, tuple(Replace.of(f"./W/n{at}?prop=Name", f"m{at}") for at in range(n)), by="S")
    assert [(name, node.value) for name, node in done.tree.get("./W").children.items()] == [
        (f"m{at}", str(at)) for at in range(n)
    ]
    return done


@pytest.mark.parametrize("work", [of, forgotten, added, deleted, added_in_many_cases, renamed,
                                  added_in_many_cases_below_a_description])  # fmt: skip
def test_many_siblings_take_steps_in_proportion(work: Callable[[int], object], monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (steps(lambda n=n: work(n), monkeypatch) for n in (300, 600))  # type: ignore[misc]
    assert many < 2.5 * few


names = st.text("abcdefghij", max_size=3)


@given(st.lists(st.tuples(names, st.integers() | st.none()), max_size=400), st.integers(0, 200))
def test_children_are_a_dict_that_is_never_changed(changes: list[tuple[str, int | None]], start: int) -> None:
    children = Wide.of({str(n): n for n in range(start)})
    plain: dict[str, int] = dict(children)
    for name, value in changes:
        before, was = children, dict(children)
        if value is None:
            children = children.without_child(name) if name in children else children
            plain.pop(name, None)
        else:
            children = children.with_child(name, value)
            plain[name] = value
        assert dict(before) == was
    assert list(children.items()) == list(plain.items()) and len(children) == len(plain)
    assert all(children.get(name) == plain.get(name) and (name in children) == (name in plain) for name, _ in changes)
    assert children == children_of(plain) and hash(children) == hash(children_of(plain))
    assert pickle.loads(pickle.dumps(children)) == children


def test_names_of_one_hash_are_told_apart() -> None:
    cases = ["".join(signs) for signs in product(*zip("abcdefg", "ABCDEFG", strict=True))]
    wide: Wide[int] = Wide({}, 0, 0)
    for at, name in enumerate(cases):
        wide = wide.with_child(name, at)
    assert list(wide.values()) == list(range(128))
    assert wide["aBcdEfG"] == cases.index("aBcdEfG") and wide.get("abcdefgh", 3) == 3
    assert set(alike(wide, "AbcDefg")) == set(cases)
    assert all(len(wide.leaf(name)) < 32 for name in cases), "a change copies few of them"
    for name in cases[::2]:
        wide = wide.without_child(name)
    assert list(wide) == cases[1::2] and set(alike(wide, "abcdefg")) == set(cases[1::2])


@pytest.mark.parametrize("sensitive", [None, True, False])
def test_names_are_alike_where_a_description_says_that_case_does_not_count(sensitive: bool | None) -> None:
    whole = {"./W/*": Described(case_sensitive=sensitive)}
    for rows in (whole, {"./W/other": Described(case_sensitive=True), **whole}):
        tree = Tree.of({"./W/name": ""}, acl={"./W": "Add=*&Get=*"}, describe=Descriptions.of(rows))
        done = execute(tree, (Add.of("./W/NAME", ""),), by="S")
        assert len(done.tree.get("./W").children) == (1 if sensitive is False else 2)


def inbox_of_one_name(n: int) -> Tree:
    names = ["o", *(f"o-{at}" for at in range(2, n + 1))]
    return Tree.of(
        {"./Inbox": None, **{f"./DMAcc/{name}": None for name in names}}, acl={"./Inbox": "Add=*", "./DMAcc": "Get=*"}
    )


def test_messages_that_ask_for_one_name_do_not_try_all_that_had_it() -> None:
    def cost(n: int) -> int:
        tree = in_the_inbox([("first", [])], inbox_of_one_name(n))  # a wide node becomes a trie with its first change
        found: list[Tree] = []
        lines = python_lines(lambda: found.append(in_the_inbox([("o", [])], tree)))
        assert f"o-{n + 1}" in found[0].get("./DMAcc").children
        return lines

    cost(100)
    assert cost(6400) < 1.5 * cost(400)


def test_children_do_not_change() -> None:
    children = Tree.of({"./A/B": 1}).get("./A").children
    for change in (lambda: children.update({}), lambda: children.pop("B"), lambda: children.__setitem__("C", 1)):  # type: ignore[attr-defined]
        with pytest.raises(TypeError, match=r"Tree\.set"):
            change()


WIDE = "Get=*&Replace=*&Add=*&Delete=*"


def document(n: int) -> tuple[Tree, Item]:
    """A wide tree, and its nodes as a serialised tree."""
    tree = Tree.of({f"./W/n{at}": str(at) for at in range(n)}, acl={".": WIDE})
    return tree, tree.apply(Get.of("./W?list=TNDS"), "S")[1].results[0]


def replaced(n: int) -> object:
    tree, item = document(n)
    after, outcome = tree.apply(Replace((Item("./W", meta=item.meta, data=item.data),)), "S")
    assert outcome.ok and len(after.get("./W").children) == n
    return after


def put_in(n: int) -> object:
    tree, outcome = Tree.of({}, acl={".": WIDE}).apply(
        Add((Item("./W", meta=document(n)[1].meta, data=document(n)[1].data),)), "S"
    )
    assert outcome.ok and len(tree.get("./W").children) == n
    return tree


def document_read(n: int) -> object:
    made = tnds.read(document(n)[1].data)  # type: ignore[arg-type]
    assert len(tnds.nodes(made)) == n + 1 and tnds.doubled(made) is None
    return tnds.read(tnds.write(made))


def names_in_a_list(n: int) -> object:
    names = [f"{n} server {at}".replace(" ", "-") for at in range(n * 4)]
    tree = Tree.of({"./W/a": "1"}, acl={"./W": "Get=" + "+".join(names)})
    assert tree.forget(names[0]).get("./W").acl.count("+") == len(names) - 2
    return tree


def lists_of_their_own(n: int) -> object:
    tree = Tree.of({f"./W/n{at}": Node(acl=f"Get=s{at}") for at in range(n)}, acl={".": "Get=*"})
    return [tree.may(f"s{at}", "Get", f"./W/n{at}") for at in range(n)]


def lists_given(n: int) -> object:
    tree = Tree.of({f"./W/n{at}": "" for at in range(n)}, acl={".": WIDE})
    commands = tuple(Replace((Item(f"./W/n{at}?prop=ACL", data=f"Get=s{at}"),)) for at in range(n))
    return execute(tree, commands, by="S")


def described(n: int) -> object:
    table = Descriptions.of({f"./W/n{at}": Described(most=at) for at in range(n)})
    assert table(f"./W/n{n - 1}").most == n - 1
    return [table(f"./W/n{at}") for at in range(n)]


def described_with_stars(n: int) -> object:
    table = Descriptions.of({f"./W/*/n{at}": Described(most=at) for at in range(n)})
    return [table(f"./W/x/n{at}").most for at in range(n)]


def items_of_one_command(n: int) -> object:
    tree = Tree.of({f"./W/n{at}": "" for at in range(n)}, acl={".": WIDE})
    return execute(tree, (Replace(tuple(Item(f"./W/n{at}", data="x") for at in range(n))),), by="S")


def taken_back(n: int) -> object:
    tree = Tree.of({f"./W/n{at}": "" for at in range(n)}, acl={".": WIDE})
    inside = (*(Replace.of(f"./W/n{at}", "x") for at in range(n)), Replace.of("./gone", "x"))
    done = execute(tree, (Atomic(inside),), by="S")
    assert done.tree == tree
    return done


ACCOUNT = "org.openmobilealliance/1.0/w7"
WITH_INBOX = Tree.of({"./Inbox": None, "./DMAcc": None}, acl={"./Inbox": "Add=*", "./DMAcc": "Get=*"})


def in_the_inbox(objects: Iterable[tuple[str, list[tuple[str, str]]]], tree: Tree = WITH_INBOX) -> Tree:
    tops = tuple(
        TndsNode(path=(name,), format=Format.NODE, type=ACCOUNT, children=tuple(
            TndsNode(path=(name, leaf), format=Format.CHR, value=value, type="text/plain") for leaf, value in leaves))
        for name, leaves in objects
    )  # fmt: skip
    meta = Meta(format="xml", type=tnds.TYPE_XML)
    add = Add((Item("./Inbox", meta=meta, data=tnds.to_element(tnds.TndsDocument(tops))),))
    done = execute(tree, (add,), by="S", handlers={"./Inbox": inbox({ACCOUNT: "./DMAcc"})})
    assert done.outcomes[0].ok
    return done.tree


def objects_put(n: int) -> object:
    after = in_the_inbox((f"o{at}", [("Ref", f"./Inbox/o{n - at - 1}/Ref")]) for at in range(n))
    assert after.get("./DMAcc/o0/Ref").value == f"./DMAcc/o{n - 1}/Ref"
    return after


def leaves_put(n: int) -> object:
    return in_the_inbox([("o", [(f"n{at}", "./Inbox/o/n0") for at in range(n)])])


MANY = [objects_put, leaves_put, replaced, put_in, document_read, names_in_a_list, lists_of_their_own, lists_given,
        described, described_with_stars, items_of_one_command, taken_back]  # fmt: skip


@pytest.mark.parametrize("work", MANY)
def test_many_of_anything_take_steps_in_proportion(work: Callable[[int], object]) -> None:
    work(100)  # whatever loads on first use
    few, many = (python_lines(lambda n=n: work(n)) for n in (150, 300))  # type: ignore[misc]
    assert many < 2.5 * few


segment = st.sampled_from(["A", "B", "*", "."])


@given(st.lists(st.lists(segment, min_size=1, max_size=4), max_size=30), st.lists(segment, min_size=1, max_size=4))
def test_many_rows_say_what_the_first_that_matches_says(patterns: list[list[str]], uri: list[str]) -> None:
    rows = tuple((tuple(pattern), Described(most=at)) for at, pattern in enumerate(patterns))
    padded = (*rows, *((("other", str(at)), Described()) for at in range(20)))
    few, many = Descriptions(rows), Descriptions(padded)
    asked = "/".join(uri)
    first = next((described for pattern, described in rows if len(pattern) == len(uri)
                  and all(p in ("*", s) for p, s in zip(pattern, uri, strict=True))), Described())  # fmt: skip
    assert few(asked) == many(asked) == many(asked) == first
    assert many == Descriptions(padded) and hash(many) == hash(Descriptions(padded))
