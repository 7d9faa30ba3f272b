"""Two versions of a description: every kind of change with whom it breaks, and the laws behind the words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit import ddf
from dmkit.ddf import generate as testing
from dmkit.ddf.allowed import NS_WINDOWS
from dmkit.ddf.comparison import ChangeKind, diff
from dmkit.ddf.comparison_rules import FIELDS
from dmkit.ddf.places import keyed_places
from dmkit.ddf.spec import Basis, NodeSpec, Occurrence, OccurrenceKind, RunTime, Scope, Spec
from dmkit.words.codes import Format, Verb
from dmkit.words.model import Element

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
EXAMPLES = [ddf.load(p) for p in sorted(DATA.glob("*.xml"))]
WIFI = ddf.load(DATA / "wifi.xml")

K = OccurrenceKind
GET, ADD, REPLACE = Verb.GET, Verb.ADD, Verb.REPLACE
LEAF = NodeSpec(name="N", format=Format.INT, access=frozenset({GET, REPLACE}), mime=("text/plain",),
                occurrence=Occurrence(K.ZERO_OR_ONE), scope=Scope.DYNAMIC, default="1", case_sensitive=True,
                run_time=RunTime(acl="", title="", mime="text/plain"))  # fmt: skip
NODE = NodeSpec(name="N", format=Format.NODE, object_id="urn:x:a", children=(NodeSpec(name="A", format=Format.CHR),))


def one(node: NodeSpec) -> Spec:
    return Spec((node,))


def enum(*texts):
    inner = tuple(Element("Enum", NS_WINDOWS, (Element("Value", NS_WINDOWS, (text,)),)) for text in texts)
    return (Element("AllowedValues", NS_WINDOWS, inner, (("ValueType", "ENUM"),)),)


CASES = [
    (LEAF, {"access": frozenset({GET})}, "AccessType", "servers", "Replace is answered 405 now"),
    (LEAF, {"access": frozenset({GET, REPLACE, ADD})}, "AccessType", "devices", "devices must take Add"),
    (LEAF, {"access": frozenset({GET, ADD})}, "AccessType", "servers devices", "Replace is answered 405 now; devices"),
    (LEAF, {"format": Format.CHR}, "DFFormat", "servers devices", "values of format int are answered 415"),
    (replace(LEAF, value="1"), {"format": None}, "DFFormat", "devices", "any format"),
    (replace(LEAF, format=None, value=""), {"format": Format.CHR}, "DFFormat", "servers devices", "only chr is taken"),
    (LEAF, {"mime": ("text/plain", "text/html")}, "DFType", "devices", "devices must take text/html"),
    (LEAF, {"mime": ("text/html",)}, "DFType", "servers devices", "values of text/plain are answered 415"),
    (LEAF, {"mime": ("",)}, "DFType", "devices", "any type"),
    (NODE, {"object_id": "urn:x:b"}, "DFType", "servers devices", "look for the old identifier"),
    (NODE, {"object_id": ""}, "DFType", "servers", "no longer find it"),
    (replace(NODE, object_id=""), {"object_id": "urn:x:a"}, "DFType", "devices", "must give it as its Type"),
    (LEAF, {"occurrence": Occurrence()}, "Occurrence", "devices", "devices without it do not conform"),
    (replace(LEAF, occurrence=None), {"occurrence": Occurrence(K.ZERO_OR_ONE)}, "Occurrence", "servers",
     "do without it"),
    (replace(LEAF, occurrence=None), {"occurrence": Occurrence()}, "Occurrence", "", "the same bounds"),
    (replace(LEAF, occurrence=Occurrence(K.ZERO_OR_MORE)), {"occurrence": Occurrence(K.ZERO_OR_N, 8)}, "Occurrence",
     "servers devices", "no more than 8"),
    (replace(LEAF, occurrence=Occurrence(K.ZERO_OR_N, 8)), {"occurrence": Occurrence(K.ZERO_OR_N, 9)}, "Occurrence",
     "devices", "devices must take 9"),
    (LEAF, {"scope": Scope.PERMANENT}, "Scope", "servers devices", "answered 405 now"),
    (replace(LEAF, scope=Scope.PERMANENT), {"scope": None}, "Scope", "devices", "must let servers make"),
    (LEAF, {"scope": None}, "Scope", "", "Dynamic is meant"),
    (LEAF, {"default": "2"}, "DefaultValue", "", "may choose its own default"),
    (LEAF, {"default": None}, "DefaultValue", "servers", "rely on there being a default"),
    (replace(LEAF, default=None), {"default": "1"}, "DefaultValue", "devices", "must have a default"),
    (replace(LEAF, default=None), {"value": "1"}, "Value", "devices", "must have a default"),
    (LEAF, {"case_sensitive": False}, "CaseSense", "devices", "are one node now"),
    (LEAF, {"case_sensitive": None}, "CaseSense", "servers", "own choice"),
    (replace(LEAF, case_sensitive=False), {"case_sensitive": True}, "CaseSense", "servers devices", "another node now"),
    (LEAF, {"run_time": RunTime(acl="", mime="text/plain")}, "RTProperties", "servers", "Title may be answered 406"),
    (LEAF, {"run_time": RunTime(acl="", title="", verno="", mime="text/plain")}, "RTProperties", "devices",
     "devices must support VerNo"),
    (LEAF, {"run_time": RunTime(acl="Get=*", title="", mime="text/plain")}, "ACL", "servers", "which right at first"),
    (LEAF, {"run_time": RunTime(acl="", title="x", mime="text/plain")}, "defaults of properties", "", "informs"),
    (LEAF, {"title": "Number"}, "DFTitle", "", "it informs readers"),
    (LEAF, {"description": "A number."}, "Description", "", "it informs readers"),
    (LEAF, {"basis": Basis.UNSURE}, "basis", "", "it informs readers"),
    (LEAF, {"extensions": (Element("Note", "urn:x"),)}, "extensions", "", "other vocabularies"),
    (LEAF, {"extensions": enum("1", "2")}, "extensions", "servers devices", "may be refused"),
    (replace(LEAF, extensions=enum("1")), {"extensions": ()}, "extensions", "devices", "all values of the format"),
    (LEAF, {"outside": (Element("Note", "urn:x"),)}, "extensions of the node", "", "it informs readers"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "fields", "what", "whom", "reason"), CASES)
def test_a_change_of_a_part(node, fields, what, whom, reason):
    changes = diff(one(node), one(replace(node, **fields))).changes
    assert [(c.kind, c.what, c.breaks) for c in changes] == [("changed", what, frozenset(whom.split()))]
    assert reason in changes[0].reason


def test_every_part_is_tested():
    assert {case[2] for case in CASES} == {field.what for field in FIELDS}


def test_a_leaf_that_becomes_an_interior_node():
    changes = diff(one(LEAF), one(replace(LEAF, format=Format.NODE, default=None, mime=None, object_id="")))
    assert [(c.what, sorted(c.breaks)) for c in changes] == [
        ("kind", ["devices", "servers"]),
        ("DFFormat", []),
        ("DFType", []),
        ("DefaultValue", []),
    ]


OPTIONAL = NodeSpec(name="O", format=Format.CHR, occurrence=Occurrence(K.ZERO_OR_ONE))
MANY = NodeSpec(format=Format.NODE, occurrence=Occurrence(K.ZERO_OR_MORE), children=(OPTIONAL,))


@pytest.mark.parametrize(("before", "after", "whom", "reason", "below"), [
    ((LEAF,), (LEAF, OPTIONAL), "", "a device need not have it", 0),
    ((LEAF,), (LEAF, MANY), "", "a device need not have it", 1),
    ((LEAF,), (LEAF, replace(OPTIONAL, occurrence=None)), "devices", "devices do not have it yet", 0),
    ((MANY,), (MANY, OPTIONAL), "servers devices", "one of those without name", 0),
    ((), (OPTIONAL,), "devices", "anything could stand there before", 0),
])  # fmt: skip
def test_a_new_node_and_one_that_is_gone(before, after, whom, reason, below):
    top = NodeSpec(name="T", format=Format.NODE)
    old, new = (one(replace(top, children=children)) for children in (before, after))
    [change] = diff(old, new)
    assert (change.kind, change.breaks, change.below) == (ChangeKind.ADDED, frozenset(whom.split()), below)
    assert reason in change.reason
    [change] = diff(new, old)
    assert (change.kind, change.breaks, change.below) == (ChangeKind.REMOVED, frozenset({"servers", "devices"}), below)


def test_it_prints_line_by_line():
    new = replace(WIFI, man="Other", roots=tuple(replace(r, children=r.children[1:]) for r in WIFI.roots))
    lines = str(diff(WIFI, new)).splitlines()
    assert lines[0] == "changed .: Man Acme -> Other: compatible: it informs readers"
    assert lines[1].startswith("removed ./WiFi/* and 11 below it: breaking for servers and devices: servers that use")
    assert lines[2] == "1 removed, 1 changed; breaking for servers and devices"
    assert str(diff(WIFI, WIFI)) == "no difference"


def test_order_and_form_do_not_count():
    turned = replace(WIFI, roots=tuple(replace(r, path="./", children=r.children[::-1]) for r in WIFI.roots))
    assert diff(WIFI, turned).changes == ()


@settings(max_examples=60)
@given(testing.specs())
def test_nothing_differs_from_itself(spec):
    assert diff(spec, spec).changes == ()


@settings(max_examples=60)
@given(testing.specs(), testing.specs())
def test_the_way_back_undoes_the_way_there(one, two):
    there, back = diff(one, two), diff(two, one)
    turned = {ChangeKind.ADDED: "removed", ChangeKind.REMOVED: "added", ChangeKind.CHANGED: "changed"}
    assert {(c.uri, turned[c.kind], c.what, c.new, c.old, c.below) for c in there} == {
        (c.uri, c.kind.value, c.what, c.old, c.new, c.below) for c in back
    }


def changed_nodes(node: NodeSpec) -> st.SearchStrategy[NodeSpec]:
    """``node`` as it might look in the next version: a part of it, or of those below, is another."""
    access = st.frozensets(st.sampled_from([GET, ADD, REPLACE, Verb.DELETE, Verb.EXEC]))
    occurs = (
        st.builds(Occurrence, st.sampled_from([K.ONE, K.ZERO_OR_ONE]))
        if node.name
        else st.builds(Occurrence, st.sampled_from([K.ZERO_OR_N, K.ONE_OR_N]), st.integers(2, 4))
    )
    fields = {
        "access": access,
        "occurrence": occurs,
        "scope": st.sampled_from(Scope),
        "description": st.just("x"),
        "case_sensitive": st.booleans(),
    }
    if node.is_interior:
        extra = NodeSpec(name="New", format=Format.CHR, access=frozenset({GET}))
        fields["children"] = st.one_of(
            st.just((*node.children, extra)),
            st.just((*node.children, replace(extra, occurrence=OPTIONAL.occurrence))),
            st.integers(0, max(0, len(node.children) - 1)).map(lambda n: (*node.children[:n], *node.children[n + 1 :])),
        )
        fields["object_id"] = st.sampled_from(["", "urn:x:y"])
    else:
        fields["format"] = st.sampled_from([Format.CHR, Format.INT, Format.BOOL])
        fields["mime"] = st.sampled_from([("text/plain",), ("text/html", "text/plain"), ("",)])
        fields["default"] = st.none()
    field = st.sampled_from(sorted(fields)).flatmap(
        lambda name: fields[name].map(lambda value: replace(node, **{name: value}))
    )
    return field


def at_place(node: NodeSpec, number: int) -> tuple[st.SearchStrategy[NodeSpec] | None, int]:
    """``node`` with the ``number``-th node in it changed; None, and how far it still is, when it has fewer."""
    if number == 0:
        return changed_nodes(node), 0
    number -= 1
    for n, child in enumerate(node.children):
        found, number = at_place(child, number)
        if found is not None:
            return found.map(
                lambda new, n=n: replace(node, children=(*node.children[:n], new, *node.children[n + 1 :]))
            ), 0
    return None, number


def next_of(spec: Spec) -> st.SearchStrategy[tuple[Spec, Spec]]:
    """``spec`` and a next version, with one node changed."""
    [root] = spec.roots
    return (
        st.integers(0, spec.count().nodes - 1)
        .flatmap(lambda number: at_place(root, number)[0])
        .map(lambda new: (spec, replace(spec, roots=(new,))))
    )


next_versions = st.sampled_from(EXAMPLES).flatmap(next_of)


@settings(max_examples=150)
@given(next_versions, st.data())
def test_what_does_not_break_devices_leaves_their_trees_good(versions, data):
    old, new = versions
    tree = data.draw(testing.trees(old))
    if not diff(old, new).breaking("devices"):
        assert new.check(tree) == ()


@settings(max_examples=150)
@given(next_versions)
def test_what_does_not_break_servers_takes_all_that_was_taken(versions):
    old, new = versions
    if diff(old, new).breaking("servers"):
        return
    after = {key: place.node for _, key, place in keyed_places(new)}
    for _, key, place in keyed_places(old):
        was, now = place.node, after[key]
        assert now.access >= was.access and now.is_interior == was.is_interior
        assert now.format in (None, was.format) and (not now.types or set(now.types) >= set(was.types))
        assert now.occurs.least >= was.occurs.least and now.is_permanent <= was.is_permanent


@pytest.mark.parametrize(("old", "new", "values"), [
    ("| ?      | int = 0", "| 1      | int = 0", {"./WiFi/a/SSID": "x"}),  # Priority must be there now
    ("| *32 ", "| *2  ", {f"./WiFi/{name}/SSID": "x" for name in "abc"}),  # too many networks
])  # fmt: skip
def test_trees_that_a_stricter_occurrence_breaks(old, new, values):
    later = Spec.from_table(WIFI.to_table().replace(old, new))
    tree = ddf.populate(values, WIFI)
    assert WIFI.check(tree) == () and later.check(tree)
    assert diff(WIFI, later).breaking("devices")
