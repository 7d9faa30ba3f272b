"""Registry files that are valid and odd, and ones that are not: loaded whole, or refused in one sentence."""

from __future__ import annotations

import random

import pytest

from dmkit.lwm2m.convert import from_ddf, to_ddf
from dmkit.lwm2m.definitions import read_definitions, write_definition
from dmkit.lwm2m.standard import STANDARD
from dmkit.words.errors import CodecError, DdfError, DmError

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
FIELDS = {
    "Name": "A",
    "Operations": "R",
    "MultipleInstances": "Single",
    "Mandatory": "Mandatory",
    "Type": "String",
    "RangeEnumeration": "",
    "Units": "",
    "Description": "d",
}


def item(number=' ID="0"', more="", **fields):
    """An Item; a field that is None is left out."""
    texts = {**FIELDS, **fields}
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items() if text is not None)
    return f"<Item{number}>{inner}{more}</Item>"


def one(items=None, more="", number="33001", urn="<ObjectURN>urn:oma:lwm2m:x:33001</ObjectURN>"):
    inside = item() if items is None else items
    return (
        f'<Object ObjectType="MODefinition"><Name>X</Name><ObjectID>{number}</ObjectID>{urn}{more}'
        f"<MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>"
        f"<Resources>{inside}</Resources></Object>"
    )


def file(*objects, head=HEAD, root="<LWM2M>", tail="</LWM2M>"):
    return f"{head}{root}{''.join(objects or (one(),))}{tail}"


PLAIN = read_definitions(file().encode())[0]

SAME = {
    "with a mark of byte order": "\ufeff" + file(),
    "without a declaration": file(head=""),
    "lines end in CRLF": file(one().replace("><", ">\n  <")).replace("\n", "\r\n"),
    "a DOCTYPE": file(head=HEAD + "<!DOCTYPE LWM2M>\n"),
    "a namespace": file(root='<LWM2M xmlns="urn:x">'),
    "a prefix": file(root='<l:LWM2M xmlns:l="urn:x">', tail="</l:LWM2M>"),
    "a schema": file(
        root='<LWM2M xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="x.xsd">'
    ),
    "comments": file(one(more="<!-- c -->")),
    "an instruction": file(head=HEAD + '<?xml-stylesheet href="x"?>\n'),
    "unknown in the document": file(one() + "<Other><a/></Other>"),
    "unknown in the object": file(one(more="<Extra>1</Extra>")),
    "unknown in a resource": file(one(item(more="<Extra><a b='c'/></Extra>"))),
    "spaces around": file(one(item(' ID=" 0 "'))),
    "zeros in front": file(one(item(' ID="000"'))),
    "capitals": file(one(item(Type="STRING", Mandatory="MANDATORY"))),
    "defaults": file(one(item(RangeEnumeration=None, Units=None, MultipleInstances=None))),
    "CDATA": file(one(item(Description="<![CDATA[d]]>"))),
    "markup inside": file(one(item(Description="<p><b>d</b></p>"))),
    "an entity": file(one(item(Description="&#100;"))),
    "an empty second description": file(one(more="<Description2/>")),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_oddities_that_mean_nothing(text):
    [found] = read_definitions(text.encode())
    assert found == PLAIN and read_definitions(write_definition(found)) == (found,)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (item(MultipleInstances="Multiple"), {"multiple": True}),
        (item(Mandatory=None), {"mandatory": False}),
        (item(RangeEnumeration="0..7, 9\n 12"), {"range": "0..7, 9 12"}),
        (item(Units="%, °C / s²"), {"units": "%, °C / s²"}),
        (item(Description="a &lt;b&gt; &amp; c"), {"about": "a <b> & c"}),
        (item(Description="see <b>this</b> now"), {"about": "see this now"}),
        (item(Description="a\n\n  b"), {"about": "a b"}),
        (item(Operations=" r w "), {"operations": "RW"}),
        (item(Operations=""), {"operations": ""}),
        (item(Operations="E", Type=""), {"operations": "E"}),
        (item(Operations="E", Type=None, Description=None), {"about": ""}),
        (item(Name=""), {"name": ""}),
        (item(' ID="65534"'), {"id": 65534}),
        (item(Type="unsigned  INTEGER"), {}),
    ],
)
def test_what_a_resource_says(items, expected):
    [found] = read_definitions(file(one(items)).encode())
    [resource] = found.resources.values()
    assert {name: getattr(resource, name) for name in expected} == expected
    assert read_definitions(write_definition(found)) == (found,)
    spec, lost = to_ddf(found)
    assert from_ddf(spec)[0].resources.keys() == found.resources.keys()
    for what, words in (("range", "the range"), ("units", "the unit")):
        assert any(words in sentence for sentence in lost) is bool(getattr(resource, what))


def test_an_object_with_nothing_inside_and_several_objects():
    [found] = read_definitions(file(one("")).encode())
    assert found.resources == {} and from_ddf(to_ddf(found)[0])[0].id == 33001
    both = read_definitions(file(one(), one(number="33002"), one(more="<ObjectVersion>1.1</ObjectVersion>")).encode())
    assert [(d.id, d.version) for d in both] == [(33001, "1.0"), (33002, "1.0"), (33001, "1.1")]
    [bare] = read_definitions(file(one(urn="")).encode())
    assert bare.urn == "" and from_ddf(to_ddf(bare)[0])[0].id == 33001


WRONG = {
    "no number": (one(item("")), "ID ''"),
    "a number too large": (one(item(' ID="65535"')), "from 0 to 65534"),
    "hexadecimal": (one(item(' ID="0x1"')), "0x1"),
    "digits of another script": (one(item(' ID="٣"')), "a number"),
    "a number of 5,000 digits": (one(item(f' ID="{"9" * 5000}"')), "a number from 0"),
    "the attribute in small letters": (one(item(' id="0"')), "ID ''"),
    "twice": (one(item() * 2), "two resources 0"),
    "an unknown type": (one(item(Type="Strng")), "type 'strng'"),
    "operations turned": (one(item(Operations="WR")), "'WR'"),
    "a list of operations": (one(item(Operations="R,W")), "R, W, RW, E or nothing"),
    "yes": (one(item(Mandatory="Yes")), "'yes'"),
    "something else in Resources": (one(item() + "<Note/>"), "Note in Resources"),
    "an object twice": (one() * 2, "two objects 33001"),
    "no number of the object": (one(number=""), "ObjectID ''"),
    "a version in words": (one(more="<ObjectVersion>two</ObjectVersion>"), "ObjectVersion 'two'"),
    "a version of LwM2M in words": (one(more="<LWM2MVersion>1.x</LWM2MVersion>"), "LWM2MVersion '1.x'"),
    "no object": ("<Other/>", "no Object"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_sentence(text, says):
    with pytest.raises(DdfError) as told:
        read_definitions(file(text).encode())
    assert says in str(told.value) and "\n" not in str(told.value) and len(str(told.value)) < 300


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"", "empty"),
        (b"hello", "not well-formed"),
        (file().encode()[:120], "ends inside"),
        (file().encode("utf-16"), "UTF-8|utf-16"),
        (file(head='<?xml version="1.0"?><!DOCTYPE LWM2M [<!ENTITY e "x">]>').encode(), "DOCTYPE"),
        (file(one(item(Description="<a>" * 3000 + "</a>" * 3000))).encode(), "depth"),
        (file().encode() + b"\0", "not well-formed"),
        (b"<DDFList/>", "LWM2M is wanted"),
        (file(one(item(Description="\x01"))).encode(), "not well-formed"),
    ],
)
def test_what_is_no_document(octets, says):
    with pytest.raises((CodecError, DdfError), match=says):
        read_definitions(octets)


@pytest.mark.parametrize("many", [200, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_mutants_of_registry_files(many):
    """A definition, or one of our sentences; and what is read goes to a description and back."""
    rng, taken = random.Random("registry"), 0
    whole = [write_definition(STANDARD[number]) for number in (0, 3, 5)]
    for turn in range(many):
        mutant = bytearray(whole[turn % 3])
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(mutant))
            mutant[at : at + rng.randint(0, 3)] = rng.choice([b"<", b">", b"&", b"0", b"\xff", b"", b"</Item>", b"\r"])
        try:
            found = read_definitions(bytes(mutant))
        except DmError:
            continue
        for definition in found:
            from_ddf(to_ddf(definition)[0])
        taken += 1
    assert 0 < taken < many
