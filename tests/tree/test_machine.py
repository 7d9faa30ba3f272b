"""Long random scripts of commands, against a naive tree that shares no code with the library."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.apply import VERBS
from dmkit.tree.context import Call
from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.execute import execute
from dmkit.tree.node import Node
from dmkit.tree.policy import oma_acl
from dmkit.tree.rules import TreeRules
from dmkit.tree.tree import Tree
from dmkit.tree.uri import UriLimits, join, parse
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Add, Atomic, Command, Copy, Delete, Exec, Get, Item, Meta, Replace, Sequence
from dmkit.words.outcome import Outcome

from .naive import About, Choices, Naive, Said, Thing

pytestmark = pytest.mark.slow

COMMANDS = {"Add": Add, "Copy": Copy, "Delete": Delete, "Exec": Exec, "Get": Get, "Replace": Replace}
LETTERS = {verb.value[0]: verb for verb in VERBS}
LIMITS = (4, 40, 5)
RULES = TreeRules(limits=UriLimits(*LIMITS), tnds=False)
RUNS = ("./a/b", "./c")
CHOICES: list[tuple[Choices, TreeRules]] = [
    (Choices(), RULES),
    (Choices(no_parents=True, prune=True), replace(RULES, implicit_add=False, prune_listing=True)),
    (Choices(add_access="node", sequence_stops=True), replace(RULES, add_access="node", sequence_stops=True)),
    (Choices(add_access="parent", root_fixed=True), replace(RULES, add_access="parent", root_acl="fixed")),
    (
        Choices(delete_asks_all=True, access_of_properties=True, merge_entries=True),
        replace(RULES, delete_asks_all=True, property_access=True, duplicate_entries="merge"),
    ),
]

# what is described: a row of the naive table is made into one of the library's
TABLES: dict[str, list[tuple[str, About]]] = {
    "nothing": [],
    "some": [
        ("a", About(permanent=True, formats=["node"])),
        ("a/a", About(access="GR", formats=["int"], permanent=True)),
        ("a/b", About(access="AGER", types=["text/plain", "image/png"])),
        ("a/c", About(access="R", size=2)),
        ("b", About(access="AGD")),
        ("b/*", About(most=2, access="GDR")),
        ("b/*/a", About(formats=["b64", "chr"], types=["text/plain"])),
        ("c", About(folded=True)),
        ("c/*", About(folded=True, access="ACDGR")),
        ("Inbox", About(access="A", permanent=True)),
    ],
    "all": [
        ("a", About()),
        ("a/b", About(access="ADGR", formats=["node"])),
        ("a/b/*", About(most=1)),
        ("a/c", About(formats=["bin"])),
        ("b", About(formats=["int", "null"])),
        ("c", About(folded=True, formats=["node"])),
        ("c/*", About(folded=True)),
    ],
}


def row(pattern: str, about: About) -> Described:
    about.row = pattern
    return Described(
        access=None if about.access is None else frozenset(LETTERS[letter] for letter in about.access),
        permanent=about.permanent, most=about.most, max_size=about.size,
        formats=None if about.formats is None else frozenset(about.formats), types=tuple(about.types or ()),
        case_sensitive=False if about.folded else None,
    )  # fmt: skip


START = [
    {"a": None, "a/a": 1, "a/b": "x", "b": None, "c": None, "c/a": "1"},
    {"a": None, "a/b": None, "a/c": b"\x01", "b": 5, "c": None, "c/b": "t", "Inbox": None},
]

OPEN = "Add=S+T&Delete=S&Exec=S&Get=S+T&Replace=S"
LISTS = [
    "",
    OPEN,
    OPEN,
    "Add=*&Delete=*&Get=*&Replace=*",
    "Get=*",
    "Replace=T&Get=S+T",
    "Add=*&Get=*&Replace=S",
    "Get=",
    "Get=S&Get=T",
    "Delete=*&Replace=S&Add=*",
    "get=S",
]
VALUES: list[tuple[Any, str | None, str | None]] = [
    ("1", None, None), ("x", None, None), ("", None, None), (None, None, None), ("12345", None, None),
    ("1", "int", None), ("007", "int", None), ("x", "int", None), ("true", "bool", None), ("x", "bool", None),
    (None, "null", None),
    (None, "node", None), (None, "node", None), (None, "NODE", "com.example/1.0/X"), ("x", "node", None),
    ("AAE=", "b64", None), ("AAE=", "b64", "image/png"), ("???", "b64", "image/png"), (b"ab", "bin", "image/png"),
    (b"ab", None, None), ("ü", "chr", "text/plain"), ("1", "chr", "image/png"), ("1", "odd", None),
]  # fmt: skip
ASKED = ["ACL", "Name", "Title", "VerNo", "TStamp", "Size", "Type", "Format", "Foo"]
QUERIES = ["", "", ""]
QUERIES += [f"?prop={name}" for name in ASKED] + [f"?list={name}" for name in ("Struct", "StructData", "TNDS", "Foo")]
NAMES = ["a", "b", "c", "d", "A", "B", "new"]
RENAMES = [*NAMES, "", "a/b", "toolong", ".."]
ODD = ["a/%62", "a/b/c/a/b", "toolong/x", "./", "a//b", "Inbox", "Inbox/x", "a/../b", "a?foo=1", "nope/deep/er", "."]

servers = st.sampled_from(["S", "S", "S", "T"])
# @7 stands for the seventh node that there is, counted round
there = st.integers(0, 30).map("@{}".format)
names, queries, values, lists = map(st.sampled_from, (NAMES, QUERIES, VALUES, LISTS))


def said(target: str, value: tuple[Any, str | None, str | None] = (None, None, None)) -> Said:
    return Said(target, None, value[1], value[2], value[0])


added = st.builds(lambda at, name, value: ("Add", [said(f"{at}/{name}", value)]), there, names, values)
replaced = st.builds(lambda at, value: ("Replace", [said(at, value)]), there, values)
deleted = st.builds(lambda at: ("Delete", [said(at)]), there)
copied = st.builds(lambda at, source: ("Copy", [Said(at, source)]), there, there)
listed = st.builds(lambda at, acl: ("Replace", [said(f"{at}?prop=ACL", (acl, None, None))]), there, lists)
renamed = st.builds(
    lambda at, name: ("Replace", [said(f"{at}?prop=Name", (name, None, None))]), there, st.sampled_from(RENAMES)
)
changes = st.one_of(added, added, replaced, replaced, deleted, copied, listed, renamed)
nested = st.one_of(
    changes, changes, changes, changes, changes, st.tuples(st.just("Get"), there.map(lambda at: [said(at)])),
    st.tuples(st.sampled_from(["Sequence", "Atomic"]), st.lists(changes, min_size=1, max_size=3)),
)  # fmt: skip


def built(command: tuple[str, Any]) -> Command:
    verb, inside = command
    if verb in ("Atomic", "Sequence"):
        return (Atomic if verb == "Atomic" else Sequence)(tuple(map(built, inside)))
    return COMMANDS[verb](tuple(
        Item(s.target, s.source, Meta(format=s.format, type=s.type) if s.format or s.type else None, s.data)
        for s in inside
    ))  # fmt: skip


def parses(acl: str) -> bool:
    try:
        return bool(parse_acl(acl))
    except CommandFailed:
        return False


def answered(outcome: Outcome) -> list[Any]:
    """Rows of (status, results, URI that failed), as the naive tree gives them."""
    rows = [found for part in outcome.parts for found in answered(part)]
    own = (int(outcome.status or 0), [], None)
    if isinstance(outcome.command, Atomic | Sequence):
        return [own, *rows]
    at = outcome.items[0].target if outcome.items else None
    return rows or [(own[0], results(outcome.results), at)]


def results(found: tuple[Item, ...]) -> list[Any]:
    rows: list[Any] = []
    for item in found:
        place, form = item.source or "", (item.meta.format if item.meta else None) or "chr"
        if "?prop=" in place:
            rows.append((place, item.data))
        elif form == "node":
            rows.append((place, form, "no data" if item.data is None else sorted(filter(None, item.text.split("/")))))
        else:
            data = "no data" if item.data is None else item.data
            rows.append((place, form, None if form == "null" and data == "" else data))
    return rows if len(rows) < 2 else sorted(rows)


class Machine(RuleBasedStateMachine):
    """Both trees get the same commands; statuses, results and what is left must agree."""

    @initialize(
        choice=st.sampled_from(range(len(CHOICES))),
        table=st.sampled_from(sorted(TABLES)),
        start=st.sampled_from(START),
        root=lists,
        owner=lists,
    )
    def begin(self, choice: int, table: str, start: dict[str, Any], root: str, owner: str) -> None:
        described = {f"./{place}": row(place, about) for place, about in TABLES[table]}
        self.tree = Tree.of(start, describe=Descriptions.of(described, otherwise=Described(known=table != "all")))
        self.tree = replace(self.tree, root=replace(self.tree.root, acl=OPEN.replace("S+T", "*")))
        for uri, acl in ((".", root), ("a", owner), ("c", "Get=*&Replace=T")):
            if acl and parses(acl):
                self.tree = self.tree.with_acl(uri, acl)
        choices, self.rules_of_tree = CHOICES[choice]
        self.naive = Naive(TABLES[table], About(known=table != "all"), LIMITS)
        self.naive.choices = choices
        self.naive.runs = {tuple(uri.split("/")[1:]) for uri in RUNS}
        for uri, node in self.tree.walk():
            acl = {verb.value: set(ids) for verb, ids in parse_acl(node.acl).entries.items()}
            self.naive.nodes[parse(uri).path] = Thing(node.format, node.value, node.type, acl)
        self.now = 0.0

    def tick(self) -> float:
        self.now += 1.0
        self.naive.now = self.now
        return self.now

    @rule(by=servers, command=added)
    def add(self, by: str, command: tuple[str, Any]) -> None:
        self.send(by, command)

    @rule(by=servers, at=there, above=names, name=names, value=values)
    def add_with_parents(self, by: str, at: str, above: str, name: str, value: Any) -> None:
        self.send(by, ("Add", [said(f"{at}/{above}/{name}", value)]))

    @rule(by=servers, command=replaced)
    def replace(self, by: str, command: tuple[str, Any]) -> None:
        self.send(by, command)

    @rule(by=servers, command=st.one_of(listed, renamed))
    def replace_property(self, by: str, command: tuple[str, Any]) -> None:
        self.send(by, command)

    @rule(by=servers, at=there, title=st.sampled_from(["t", "", "ü" * 128]))
    def title(self, by: str, at: str, title: str) -> None:
        self.send(by, ("Replace", [said(f"{at}?prop=Title", (title, None, None))]))

    @rule(by=servers, at=there, query=queries)
    def get(self, by: str, at: str, query: str) -> None:
        self.send(by, ("Get", [said(at + query)]))

    @rule(by=servers, command=st.one_of(deleted, copied))
    def delete_or_copy(self, by: str, command: tuple[str, Any]) -> None:
        self.send(by, command)

    @rule(by=servers, verb=st.sampled_from(sorted(COMMANDS)), at=st.one_of(there, st.sampled_from(ODD)), query=queries)
    def anything(self, by: str, verb: str, at: str, query: str) -> None:
        self.send(by, (verb, [Said(at + query, at, None, None, "1")]))

    @rule(by=servers, places=st.lists(there, min_size=2, max_size=3), name=names, value=values)
    def items(self, by: str, places: list[str], name: str, value: Any) -> None:
        self.send(by, ("Add", [said(f"{at}/{name}", value) for at in places]))
        self.send(by, ("Get", [said(at) for at in places]))

    @rule(by=servers, inside=st.lists(changes, min_size=1, max_size=4))
    def atomic(self, by: str, inside: list[Any]) -> None:
        self.send(by, ("Atomic", inside))

    @rule(
        by=servers,
        kind=st.sampled_from(["Atomic", "Sequence", "Sequence"]),
        inside=st.lists(nested, min_size=1, max_size=4),
    )
    def container(self, by: str, kind: str, inside: list[Any]) -> None:
        self.send(by, (kind, inside))

    def send(self, by: str, command: tuple[str, Any]) -> None:
        before, command = self.tree, self.placed(command)
        done = execute(
            self.tree,
            (built(command),),
            by=by,
            now=self.tick(),
            rules=self.rules_of_tree,
            handlers=dict.fromkeys(RUNS, self.run),
        )
        self.tree = done.tree
        rows = answered(done.outcomes[0])
        told = self.naive.run(by, command)
        told = [(code, found if len(found) < 2 else sorted(found), at) for code, found, at in told]
        assert rows == told, (by, command)
        if all(code not in (200, 202) for code, _, _ in rows):
            assert self.tree == before, "what was refused has changed nothing"

    def placed(self, command: tuple[str, Any]) -> tuple[str, Any]:
        """The command with nodes that there are in place of numbers."""
        verb, inside = command
        if verb in ("Atomic", "Sequence"):
            return verb, [self.placed(inner) for inner in inside]
        uris = [uri for uri, _ in self.tree.walk()]

        def place(text: str | None) -> str | None:
            found = re.match(r"@(\d+)", text or "")
            if not found or text is None:
                return text
            uri = uris[int(found[1]) % len(uris)]
            return text.replace(found[0], uri if int(found[1]) % 2 else uri.removeprefix("./"))

        return verb, [dataclasses.replace(s, target=place(s.target), source=place(s.source)) for s in inside]

    @staticmethod
    def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        if call.verb.value == "Get":
            return tree, Outcome(None)
        return tree, Outcome(StatusCode.OK)

    @precondition(lambda self: any(not n.is_interior and isinstance(n.value, str) for _, n in self.tree.walk()))
    @rule(data=st.data(), text=st.sampled_from(["1", "2"]))
    def device_sets(self, data: st.DataObject, text: str) -> None:
        leaves = [uri for uri, n in self.tree.walk() if not n.is_interior and isinstance(n.value, str)]
        uri = data.draw(st.sampled_from(sorted(leaves)))
        self.tree = self.tree.set(uri, text, now=self.tick())
        self.naive.set(parse(uri).path, text)

    @rule(server=servers)
    def device_forgets(self, server: str) -> None:
        self.tree = self.tree.forget(server, now=self.tick())
        self.naive.forget(server)

    @invariant()
    def trees_agree(self) -> None:
        if not hasattr(self, "tree"):
            return
        ours = {uri: self.dump(node) for uri, node in self.tree.walk()}
        theirs = {
            join(path): (
                t.format,
                t.value,
                t.type,
                {v: ids for v, ids in t.acl.items() if ids},
                t.title,
                t.verno,
                t.tstamp,
            )
            for path, t in self.naive.nodes.items()
        }
        assert ours == theirs

    @staticmethod
    def dump(node: Node) -> tuple[Any, ...]:
        acl = {verb.value: set(ids) for verb, ids in parse_acl(node.acl).entries.items()}
        return node.format, node.value, node.type, acl, node.title, node.verno, node.tstamp

    @invariant()
    def rights_agree(self) -> None:
        if hasattr(self, "tree"):
            for path in list(self.naive.nodes)[:6]:
                for verb in ("Get", "Replace"):
                    ours = oma_acl(self.tree, "T", LETTERS[verb[0]], join(path))
                    assert bool(ours) == self.naive.allowed("T", verb, path)


TestMachine = pytest.mark.spec("T-05")(Machine.TestCase)
TestMachine.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
