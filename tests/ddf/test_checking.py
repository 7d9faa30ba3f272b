"""Trees and their description: findings, empty instances, random instances, enforcement."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from dmkit import ddf
from dmkit.ddf import generate as testing
from dmkit.ddf.checking import RULES
from dmkit.ddf.spec import NodeSpec, Spec
from dmkit.tree.describe import UNKNOWN
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.codes import Format, StatusCode
from dmkit.words.errors import ConfigError, DdfError
from dmkit.words.model import Add, Delete, Element, Get, Replace

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
EXAMPLES = sorted(p.name for p in DATA.glob("*.xml"))
WINDOWS = os.environ.get("DMKIT_WINDOWS_DDF", "")
WIFI = ddf.load(DATA / "wifi.xml")


EVERYTHING = "Add=*&Delete=*&Get=*&Replace=*"


def home() -> Tree:
    return Tree.of(WIFI, {"./WiFi/Home/SSID": "cafe"})


@pytest.mark.parametrize("file", EXAMPLES)
def test_the_empty_instance_conforms(file):
    spec = ddf.load(DATA / file)
    tree = spec.skeleton()
    assert spec.check(tree) == ()
    assert all(tree.describe(uri).known for uri, _ in tree.walk())


def test_the_empty_instance_has_what_must_be_there_and_defaults():
    tree = WIFI.skeleton()
    assert [uri for uri, _ in tree.walk()] == [
        ".",
        "./WiFi",
        "./WiFi/Enabled",
        "./WiFi/Operations",
        "./WiFi/Operations/Scan",
    ]
    assert tree.get("./WiFi/Enabled") == Node("bool", "true")
    assert tree.get("./WiFi").type == "com.example/1.0/WiFi"


def test_values_stand_in_the_format_that_is_described():
    tree = Tree.of(
        WIFI,
        {
            "./WiFi/Home/SSID": "cafe",
            "./WiFi/Home/Priority": 3,
            "./WiFi/Home/EAP/Certificate": "AQI=",
            "./WiFi/Home/Ext/Acme/Colour": "red",
        },
    )
    assert tree.get("./WiFi/Home/Priority") == Node("int", "3")
    assert tree.get("./WiFi/Home/EAP/Certificate") == Node("bin", b"\x01\x02", "application/pkix-cert")
    assert tree.get("./WiFi/Home/EAP/Method").value == "13"
    assert tree.get("./WiFi/Home/Ext/Acme/Colour").value == "red"
    assert WIFI.check(tree) == ()


@pytest.mark.parametrize(("uri", "value", "sentence"), [
    ("./WiFi/Home/Sid", "x", "./WiFi/Home/Sid: the description knows no such node; ./WiFi/Home holds SSID, Hidden"),
    ("./WiFi/Home/SSID/A", "x", "./WiFi/Home/SSID holds nothing"),
    ("./WiFi/Home", "x", "an interior node is described"),
])  # fmt: skip
def test_values_that_the_description_does_not_know_are_refused(uri, value, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Tree.of(WIFI, {uri: value})


def put(uri: str, node: Node):
    return lambda tree: tree.put(uri, node)


NUMBERED = ddf.read(b"""<MgmtTree xmlns:MSFT="http://schemas.microsoft.com/MobileDevice/DM"><VerDTD>1.2</VerDTD>
<Node><NodeName>N</NodeName><DFProperties><AccessType><Get/><Replace/></AccessType><DefaultValue>5</DefaultValue>
<DFFormat><int/></DFFormat><DFType><MIME/></DFType><MSFT:AllowedValues ValueType="Range"><MSFT:Value>[1-10],[20-30]
</MSFT:Value></MSFT:AllowedValues></DFProperties></Node><Node><NodeName>E</NodeName><DFProperties><AccessType><Get/>
<Replace/></AccessType><DefaultValue>on</DefaultValue><DFFormat><chr/></DFFormat><DFType><MIME/></DFType>
<MSFT:AllowedValues ValueType="ENUM"><MSFT:Enum><MSFT:Value>on</MSFT:Value></MSFT:Enum><MSFT:Enum><MSFT:Value>off
</MSFT:Value></MSFT:Enum></MSFT:AllowedValues></DFProperties></Node></MgmtTree>""")


@pytest.mark.parametrize(("uri", "value", "why"), [
    ("./N", "10", ""), ("./N", "25", ""), ("./N", "11", "./N: 11 is not in [1-10],[20-30]"),
    ("./E", "off", ""), ("./E", "maybe", "./E: 'maybe' is none of on, off"),
])  # fmt: skip
def test_values_that_an_extension_lists_are_enforced_and_checked(uri, value, why):
    tree = NUMBERED.skeleton().with_acl(".", EVERYTHING)
    _, outcome = tree.apply(Replace.of(uri, value), "srv")
    assert (int(outcome.status), outcome.why) == ((415, why) if why else (200, ""))
    assert [f.rule for f in NUMBERED.check(tree.put(uri, replace(tree.get(uri), value=value)))] == (
        ["allowed"] if why else []
    )


BROKEN = {
    "missing": [
        (lambda t: t.delete("./WiFi/Home/SSID"), "./WiFi/Home/SSID: missing"),
        (lambda t: t.delete("./WiFi"), "./WiFi: missing: there is no such node while . is there"),
    ],
    "too many": [
        (
            lambda t: replace(
                t,
                root=replace(
                    t.root,
                    children={
                        "WiFi": replace(
                            t.get("./WiFi"),
                            children={**t.get("./WiFi").children, **{f"n{n}": t.get("./WiFi/Home") for n in range(32)}},
                        )
                    },
                ),
            ),
            "./WiFi/[*]: too many: there are 33; there may be 32",
        )
    ],
    "unknown": [(put("./WiFi/Home/Sid", Node()), "./WiFi/Home/Sid: unknown: .*holds SSID, Hidden")],
    "kind": [
        (put("./WiFi/Enabled", Node.interior()), "it is an interior node; a leaf is described"),
        (put("./WiFi/Operations", Node()), "it is a leaf; an interior node is described"),
    ],
    "format": [(put("./WiFi/Enabled", Node("int", "1")), "its format is int; bool is described")],
    "type": [(put("./WiFi/Home/SSID", Node("chr", "x", "text/html")), "text/plain is described")],
    "object": [(lambda t: t.put("./WiFi", replace(t.get("./WiFi"), type="x")), "com.example/1.0/WiFi begins here")],
    "value": [
        (put("./WiFi/Enabled", Node("bool", "yes")), "'yes' has not the form of bool; it is true or false"),
        (put("./WiFi/Home/SSID", Node("chr", b"x")), "octets in format chr"),
        (put("./WiFi/Home/SSID", Node("chr", Element("a"))), "mark-up in format chr"),
    ],
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_departure_is_found_alone(rule):
    for change, sentence in BROKEN[rule]:
        findings = WIFI.check(change(home()))
        assert [f.rule for f in findings] == [rule]
        with pytest.raises(AssertionError, match=sentence):
            raise AssertionError(str(findings[0]))


def test_names_that_differ_in_case_only_are_found_where_case_does_not_count():
    spec = Spec(
        (
            NodeSpec(
                name="A",
                format=Format.NODE,
                case_sensitive=False,
                children=(NodeSpec(format=Format.CHR, occurrence=ddf.Occurrence(ddf.OccurrenceKind.ZERO_OR_MORE)),),
            ),
        )
    )
    findings = spec.check(Tree.of({"./A/x": "1", "./A/X": "2"}))
    assert [str(f) for f in findings] == ["./A/X: case: it differs from x in case only; case does not count here"]
    assert spec.check(Tree.of({"./a/x": "1"})) == ()


OF_COMMANDS = {"access", "outside"}
"""Rules of what commands write: test_writes.py."""


def test_every_rule_is_tested():
    assert {*BROKEN, "allowed", "case", *OF_COMMANDS} == set(RULES)


def test_all_findings_are_given_at_once():
    tree = home().put("./WiFi/Home/SSID", Node("int", "x")).put("./WiFi/Home/Sid", Node()).delete("./WiFi/Enabled")
    assert sorted(f.rule for f in WIFI.check(tree)) == ["format", "missing", "unknown", "value"]


@settings(max_examples=20)
@given(testing.trees(NUMBERED))
def test_random_instances_keep_to_the_values_that_are_listed(tree):
    assert NUMBERED.check(tree) == ()


@settings(max_examples=40)
@given(testing.trees(*(ddf.load(DATA / file) for file in EXAMPLES)))
def test_random_instances_conform(tree):
    assert ddf.check(tree, *(ddf.load(DATA / file) for file in EXAMPLES)) == ()
    assert all(tree.describe(uri).known for uri, _ in tree.walk())


@pytest.mark.skipif(not WINDOWS, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files")
def test_empty_instances_of_all_windows_descriptions():
    files = sorted(Path(WINDOWS).glob("*.xml"))
    assert files
    for file in files:
        spec = ddf.load(file)
        findings = spec.check(spec.skeleton())
        assert {f.rule for f in findings} <= {"value", "allowed"}, file  # defaults that are no value of their format


def test_a_device_enforces_its_description():
    tree = home().with_acl(".", "Add=*&Get=*&Replace=*&Delete=*")

    def status(command) -> int:
        after, outcome = tree.apply(command, "srv")
        assert after is tree or outcome.ok
        return int(outcome.status)

    assert status(Add.of("./WiFi/Work/SSID", "x")) == 200
    assert status(Delete.of("./WiFi/Enabled")) == 405
    assert status(Replace.of("./WiFi/Enabled", False)) == 200
    assert status(Get.of("./WiFi/Home/Passphrase")) == 404
    assert status(Delete.of("./WiFi/Home")) == 200
    assert (
        Tree.of(WIFI, {"./WiFi/Home/Passphrase": "secret"})
        .with_acl(".", "Add=*&Get=*")
        .apply(Get.of("./WiFi/Home/Passphrase"), "srv")[1]
        .status
        == StatusCode.NOT_ALLOWED
    )


def test_several_descriptions_make_one_tree():
    account = ddf.read(b"""<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName/><DFProperties><AccessType><Get/></AccessType>
    <DFFormat><node/></DFFormat><Occurrence><ZeroOrMore/></Occurrence><DFType><DDFName>urn:x:acc</DDFName></DFType>
    </DFProperties><Node><NodeName>AppID</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><chr/>
    </DFFormat><DefaultValue>w7</DefaultValue></DFProperties></Node></Node></MgmtTree>""")
    tree = ddf.populate({"./DMAcc/1": None, "./WiFi/Home/SSID": "cafe"}, WIFI, ("./DMAcc", account))
    assert tree.get("./DMAcc/1/AppID").value == "w7"
    assert tree.get("./DMAcc/1").type == "urn:x:acc"
    assert tree.describe("./DMAcc/1/Other") == UNKNOWN
    assert tree.describe("./DMAcc").known and tree.describe("./Elsewhere/x").known
    with pytest.raises(DdfError, match=r"^./WiFi/[*]/SSID: a leaf described twice|^./WiFi/Enabled: a leaf described"):
        ddf.describe_of(WIFI, WIFI)


def test_a_continuation_is_entered_where_its_path_says():
    spec = ddf.read(b"""<MgmtTree><VerDTD>1.2</VerDTD>
    <Node><NodeName>B</NodeName><Path>./A/*</Path><DFProperties><DFFormat><chr/></DFFormat></DFProperties></Node>
    <Node><NodeName>A</NodeName><DFProperties><DFFormat><node/></DFFormat></DFProperties>
    <Node><NodeName/><DFProperties><DFFormat><node/></DFFormat></DFProperties></Node></Node></MgmtTree>""")
    assert "./A/1/B" in spec.skeleton()
    assert spec.describe("./A/1/B").formats == {"chr"}
    assert not spec.describe("./A/1/C").known


def test_properties_are_those_of_the_device_unless_they_are_listed():
    listed = NodeSpec(name="B", format=Format.CHR, run_time=ddf.RunTime(title="", mime="text/plain"))
    spec = Spec((NodeSpec(name="A", format=Format.CHR), listed))
    assert spec.describe("./A").properties is None
    assert spec.describe("./B").properties == {"ACL", "Format", "Name", "Type", "Title"}
    tree = spec.skeleton().with_acl(".", "Add=*&Get=*")
    said = [tree.apply(Get.of(uri), "srv")[1].status for uri in ("./A?prop=VerNo", "./B?prop=Title", "./B?prop=VerNo")]
    assert said == [200, 200, 406]


def test_the_first_of_several_unnamed_nodes_counts():
    many = ddf.Occurrence(ddf.OccurrenceKind.ZERO_OR_MORE)
    spec = Spec(
        (
            NodeSpec(
                name="A",
                format=Format.NODE,
                children=(NodeSpec(format=Format.INT, occurrence=many), NodeSpec(format=Format.CHR, occurrence=many)),
            ),
        )
    )
    assert spec.describe("./A/x").formats == {"int"}
    assert [f.rule for f in spec.check(Tree.of({"./A/x": "text"}))] == ["format"]


def test_a_name_that_is_not_described_is_refused():
    tree = home().with_acl(".", "Add=*&Get=*")
    after, outcome = tree.apply(Add.of("./WiFi/Work/Sid", "x"), "srv")
    assert (outcome.status, after == tree) == (405, True)


def test_trees_of_one_description_are_equal_and_descriptions_travel_between_processes():
    tree = home()
    assert tree == home() and tree != Tree.of(NUMBERED)
    for describe in (tree.describe, NUMBERED.describe):
        again = pickle.loads(pickle.dumps(describe))
        assert again == describe and again("./WiFi/x/SSID") == describe("./WiFi/x/SSID")
