"""Object XML to DDF and back: what comes through, and that everything that does not is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.ddf.reader import read
from dmkit.ddf.spec import NodeSpec, Occurrence, OccurrenceKind, RunTime, Scope, Spec
from dmkit.ddf.writer import write
from dmkit.lwm2m.convert import from_ddf, to_ddf
from dmkit.lwm2m.standard import STANDARD
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import DdfError


def bare(definition):
    """Without what a description has no word for."""
    plain = {"Time": "Integer", "Unsigned Integer": "Integer", "Objlnk": "String", "Corelnk": "String"}
    by_name = {r.type.value: r.type for d in STANDARD.values() for r in d.resources.values()}
    kinds = {old: by_name[new] for old, new in plain.items()}
    resources = {
        n: replace(r, range="", units="", type=kinds.get(r.type.value, r.type)) for n, r in definition.resources.items()
    }
    return replace(definition, resources=resources, version="1.0", lwm2m_version="1.0")


@pytest.mark.parametrize("number", STANDARD)
def test_what_comes_back_is_what_went_less_what_was_said_to_be_lost(number):
    definition = STANDARD[number]
    spec, lost = to_ddf(definition)
    back, also = from_ddf(spec)
    assert back == bare(definition) and also == ()
    changed = [r for r in definition.resources.values() if r.range or r.units or bare(definition).resources[r.id] != r]
    for resource in changed:
        assert any(f"/{number}/{resource.id} " in sentence for sentence in lost), resource
    assert len(lost) == sum(bool(r.range) + bool(r.units) for r in definition.resources.values()) + sum(
        bare(definition).resources[r.id].type != r.type for r in definition.resources.values()
    ) + (definition.version != "1.0") + (definition.lwm2m_version != "1.0")


@pytest.mark.parametrize("number", STANDARD)
def test_the_description_is_one_that_can_be_written_and_read(number):
    spec, _ = to_ddf(STANDARD[number])
    again, _ = from_ddf(read(write(spec)))
    assert again == bare(STANDARD[number])


def leaf(name="a", **more):
    return NodeSpec(name=name, format=more.pop("format", Format.CHR), access=frozenset({Verb.GET}), **more)


@pytest.mark.parametrize(
    "child, said",
    [
        (leaf(default="x"), "the default x"),
        (leaf(format=Format.XML), "the format xml"),
        (leaf(children=(leaf(), leaf("b"))), "flat"),
        (leaf(children=(leaf("", children=(leaf(),)),)), "flat"),
        (NodeSpec(name="run", format=Format.NULL, access=frozenset({Verb.EXEC, Verb.GET})), "Exec beside"),
    ],
)
def test_what_lwm2m_cannot_say_is_said(child, said):
    _, lost = from_ddf(Spec((NodeSpec(name="Mine", path=".", format=Format.NODE, children=(child,)),)), 33001)
    assert any(said in sentence for sentence in lost)


@pytest.mark.parametrize(
    ("child", "said"),
    [
        (leaf(occurrence=Occurrence(OccurrenceKind.ZERO_OR_N, 3)), "at most 3"),
        (leaf(mime=("text/xml",)), "media types text/xml"),
        (replace(leaf(), access=frozenset({Verb.GET, Verb.COPY, Verb.ADD})), "the commands Add, Copy"),
        (leaf(scope=Scope.PERMANENT), "permanent"),
        (leaf(case_sensitive=True), "capitals"),
        (leaf(value="1"), "the value 1"),
        (leaf(run_time=RunTime()), "at run time"),
        (leaf(title="T"), "the name a, for its title"),
        (leaf("7", children=(leaf("", default="x"),)), "/7/*: the default x"),
        (leaf("7", children=(leaf(""),), scope=Scope.PERMANENT), "/7: that it is permanent"),
    ],
)
def test_each_thing_that_a_resource_cannot_say(child, said):
    _, lost = from_ddf(Spec((NodeSpec(name="Mine", path=".", format=Format.NODE, children=(child,)),)), 33001)
    assert [said in sentence for sentence in lost].count(True) == 1, lost


def test_of_several_objects_the_first_is_taken_and_the_others_are_named():
    objects = [NodeSpec(name=name, path=".", format=Format.NODE, object_id=f"urn:x:{name}") for name in "abc"]
    made, lost = from_ddf(Spec(tuple(objects)), 33001)
    assert made.urn == "urn:x:a" and lost == (
        "./b: another object; the first is taken",
        "./c: another object; the first is taken",
    )
    kept = replace(objects[0], access=frozenset({Verb.GET, Verb.EXEC}), scope=Scope.PERMANENT)
    assert from_ddf(Spec((kept,)), 1)[1] == ("./a: that it is permanent", "./a: the commands Exec")


def test_an_object_without_a_urn_is_found_by_its_place():
    definition = replace(STANDARD[3], urn="")
    back, lost = from_ddf(to_ddf(definition)[0])
    assert back == bare(definition) and lost == ()
    spec, _ = to_ddf(replace(STANDARD[3], lwm2m_version="1.2", version="1.2"))
    assert to_ddf(replace(STANDARD[3], lwm2m_version="1.2", version="1.2"))[1][-2:] == (
        "/3: the version 1.2", "/3: the version of LwM2M 1.2")  # fmt: skip
    assert from_ddf(spec)[0].version == "1.0"


def test_an_object_needs_a_number():
    spec = Spec((NodeSpec(name="Mine", path=".", format=Format.NODE, children=(leaf("x"), leaf("7"), leaf("y"))),))
    with pytest.raises(DdfError, match="give one"):
        from_ddf(spec)
    made, _ = from_ddf(spec, 33001)
    assert {n: r.name for n, r in made.resources.items()} == {0: "x", 7: "7", 1: "y"} and made.id == 33001
    for wrong in (-1, 70_000):
        with pytest.raises(DdfError, match="from 0 to"):
            from_ddf(spec, wrong)
    with pytest.raises(DdfError, match="without a node"):
        from_ddf(Spec(()))
