"""Profiles, right and wrong, against the sample description: each finding pinned, no false alarm."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dmkit.cli import main
from dmkit.windows.admx import EXAMPLE, read_template
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.intended import read_profile
from dmkit.windows.lint import RULES, LintOptions, lint
from dmkit.windows.mend import mend
from dmkit.windows.output import as_json, as_junit, as_sarif
from dmkit.words.errors import CodecError, ConfigError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "windows" / "ddf" / "sample.xml"
CATALOGUE = DescriptionCatalogue.of([("sample.xml", SAMPLE.read_bytes())])
TEMPLATES = (read_template("sample.admx", EXAMPLE),)
D = "./Device/Vendor/MSFT/Sample"


def item(uri, data=None, format="int", verb="Replace"):
    meta = f'<Meta><Format xmlns="syncml:metinf">{format}</Format></Meta>' if format else ""
    inner = "" if data is None else f"<Data>{data}</Data>"
    return f"<{verb}><CmdID>1</CmdID><Item><Target><LocURI>{uri}</LocURI></Target>{meta}{inner}</Item></{verb}>"


def found(text, **options):
    profile = read_profile("p.xml", text.encode() if isinstance(text, str) else text)
    return lint([profile], CATALOGUE, LintOptions(**options), TEMPLATES)


RIGHT = {
    "enum": item(f"{D}/AllowCamera", 0),
    "enum with Add": item(f"{D}/AllowCamera", 1, verb="Add"),
    "bare vendor": item("./Vendor/MSFT/Sample/AllowCamera", 1),
    "range with its dependency": item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", 999),
    "flags": item(f"{D}/Rights", 11),
    "flags in hex": item(f"{D}/Rights", 3),
    "no flag": item(f"{D}/Rights", 0),
    "bool": item(f"{D}/Enabled", "true", "bool"),
    "bool in digits": item(f"{D}/Enabled", "1", "bool"),
    "list": item(f"{D}/Hosts", "a.b;c.d", "chr"),
    "list of one": item(f"{D}/Hosts", "a.b", None),
    "disabled": item(f"{D}/Limit", "&lt;disabled/&gt;", "chr"),
    "enabled": item(f"{D}/Limit", '&lt;enabled/&gt;&lt;data id="Size" value="3"/&gt;', "chr"),
    "exec": item(f"{D}/Reset", None, None, "Exec"),
    "delete": item(f"{D}/AllowCamera", None, None, "Delete"),
    "get": item(f"{D}", None, None, "Get"),
    "user scope": item("./User/Vendor/MSFT/SampleUser/Picture", "x", "chr"),
    "instance in an Atomic": "<Atomic>" + item(f"{D}/Profiles/Home", None, "node", "Add")
    + item(f"{D}/Profiles/Home/Key", "AQID", "b64", "Add") + "</Atomic>",
    "a whole message": '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr/><SyncBody>' + item(f"{D}/Enabled", "false", "bool")
    + "<Final/></SyncBody></SyncML>",
    "comments between": f"<!-- one -->{item(f'{D}/AllowCamera', 0)}\n<?x y?>\n{item(f'{D}/Enabled', 'true', 'bool')}",
    "an empty text": item("./User/Vendor/MSFT/SampleUser/Picture", "", "chr"),
    "json": json.dumps([{"displayName": "a", "omaUri": f"{D}/AllowCamera", "dataType": "Integer", "value": 0}]),
    "csv": f"Name,OMA-URI,Data type,Value\ncamera,{D}/AllowCamera,Integer,1\n",
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_has_no_finding(name):
    assert [str(finding) for finding in found(RIGHT[name], build="10.0.26100", edition="0x4")] == []


WRONG = {
    "value of an enum": (item(f"{D}/AllowCamera", 7), ["value"]),
    "value with a blank": (item(f"{D}/AllowCamera", "x"), ["format"]),
    "above the range": (item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", 1000), ["value"]),
    "below the range": (item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", -1), ["value"]),
    "a flag that is none": (item(f"{D}/Rights", 4), ["value"]),
    "truth that is none": (item(f"{D}/Enabled", "yes", "bool"), ["format"]),
    "list with a bad part": (item(f"{D}/Hosts", "a.b;C", "chr"), ["value"]),
    "format": (item(f"{D}/AllowCamera", 1, "chr"), ["format"]),
    "no format": (item(f"{D}/AllowCamera", 1, None), ["no-format"]),
    "no data": (item(f"{D}/AllowCamera"), ["no-data"]),
    "value for an interior node": (item(D, "x", "chr"), ["format", "verb"]),
    "path": (item(f"{D}/AllowCamra", 1), ["path"]),
    "path deep": (item(f"{D}/Profiles/Home/Kee", "AQID", "b64"), ["path"]),
    "spelling": (item("./device/vendor/msft/sample/allowcamera", 1), ["spelling"]),
    "scope": (item("./Device/Vendor/MSFT/SampleUser/Picture", "x", "chr"), ["scope"]),
    "slash": (item("/Device/Vendor/MSFT/Sample/AllowCamera", 1), ["slash"]),
    "blank": (item(f" {D}/AllowCamera", 1), ["blank"]),
    "blank within": (item(f"{D}/Allow Camera", 1), ["blank"]),
    "verb": (item(f"{D}/Reset", None, None, "Get"), ["verb"]),
    "write of what executes": (item(f"{D}/Reset", "x", "null"), ["verb"]),
    "delete of what is permanent": (item(f"{D}/Enabled", None, None, "Delete"), ["verb"]),
    "build": (item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", 5), ["build"]),
    "unreleased": (item(f"{D}/Soon", "x", "chr"), ["unreleased"]),
    "deprecated": (item(f"{D}/Old", "x", "chr"), ["deprecated"]),
    "edition": (item(D, None, None, "Get"), ["edition"]),
    "dependency missing": (item(f"{D}/MaxMinutes", 5), ["dependency"]),
    "dependency of another value": (item(f"{D}/AllowCamera", 0) + item(f"{D}/MaxMinutes", 5), ["dependency"]),
    "name of an instance": (
        "<Atomic>" + item(f"{D}/Profiles/my-home", None, "node", "Add") + "</Atomic>", ["name"]),
    "outside an Atomic": (item(f"{D}/Profiles/Home", None, "node", "Add"), ["atomic-required"]),
    "Get in an Atomic": ("<Atomic>" + item(f"{D}/Enabled", None, None, "Get") + "</Atomic>", ["atomic-get"]),
    "Atomic in an Atomic": (
        "<Atomic><Atomic>" + item(f"{D}/Enabled", "true", "bool") + "</Atomic></Atomic>", ["atomic-nested"]),
    "Add then Replace": (
        "<Atomic>" + item(f"{D}/AllowCamera", 1, verb="Add") + item(f"{D}/AllowCamera", 1) + "</Atomic>",
        ["atomic-twice"]),
    "twice": (item(f"{D}/AllowCamera", 1) + item("./Vendor/MSFT/Sample/allowcamera", 0), ["spelling", "twice"]),
    "markup": (item(f"{D}/Limit", "<disabled/>", "chr"), ["markup"]),
    "cdata": (item(f"{D}/Hosts", "<![CDATA[a.b]]>", "chr"), ["cdata"]),
    "admx state": (item(f"{D}/Limit", '&lt;data id="Size" value="3"/&gt;', "chr"), ["admx"]),
    "admx element": (item(f"{D}/Limit", '&lt;enabled/&gt;&lt;data id="Sise" value="3"/&gt;', "chr"), ["admx", "admx"]),
    "admx value": (item(f"{D}/Limit", '&lt;enabled/&gt;&lt;data id="Size" value="30"/&gt;', "chr"), ["admx"]),
    "base64": ("<Atomic>" + item(f"{D}/Profiles/Home/Key", "no!", "b64", "Add") + "</Atomic>", ["format"]),
    "no address": ("<Replace><CmdID>1</CmdID></Replace>", ["no-uri"]),
    "an element of its own": ("<Atomic><Patch/></Atomic>", ["foreign"]),
    "not well-formed": ("<Replace><Item></Replace>", ["not-xml"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_and_nothing_else(name):
    text, rules = WRONG[name]
    options = {"build": "10.0.19045" if name == "build" else "10.0.26100"}
    if name == "edition":
        options["edition"] = "0x65"
    findings = found(text, **options)
    assert [finding.rule for finding in findings] == rules, [str(finding) for finding in findings]
    assert all(finding.line >= 1 and finding.text for finding in findings)


def test_fifty_cases_and_every_rule_is_met():
    assert len(RIGHT) + len(WRONG) >= 50
    met = {rule for _, rules in WRONG.values() for rule in rules}
    assert set(RULES) - met == {"encoding", "unknowable", "size"}


def test_a_file_that_declares_another_character_set():
    text = '<?xml version="1.0" encoding="utf-16"?>' + item(f"{D}/AllowCamera", 1)
    assert [finding.rule for finding in found(text)] == ["encoding"]


def test_a_profile_larger_than_a_message():
    assert [finding.rule for finding in found(item(f"{D}/AllowCamera", 1), max_message=100)] == ["size"]


def test_several_files_are_looked_at_together():
    one = read_profile("a.xml", item(f"{D}/AllowCamera", 1).encode())
    two = read_profile("b.xml", item(f"{D}/AllowCamera", 0).encode())
    [finding] = lint([one, two], CATALOGUE)
    assert (finding.rule, finding.file) == ("twice", "b.xml") and "a.xml:1" in finding.text


def test_severities_are_options():
    text = item(f"{D}/Old", "x", "chr")
    assert found(text, severities=(("deprecated", "off"),)) == ()
    assert found(text, severities=(("deprecated", "error"),))[0].severity == "error"


@pytest.mark.parametrize(
    "options",
    [
        {"build": "eleven"},
        {"severities": (("valu", "off"),)},
        {"severities": (("value", "fatal"),)},
        {"max_message": "9"},
    ],
)
def test_options_check_themselves(options):
    with pytest.raises(ConfigError):
        LintOptions(**options)


# -- mending


@pytest.mark.parametrize("name", ["path", "spelling", "scope", "slash", "blank", "blank within", "format"])
def test_what_has_one_right_answer_is_mended(name):
    data = WRONG[name][0].encode()
    mended, count = mend(data, found(data))
    assert count == 1 and [f.rule for f in found(mended) if f.rule == WRONG[name][1][0]] == []


def test_what_has_none_stays_as_it_is():
    for name in ("value of an enum", "verb", "dependency missing"):
        data = WRONG[name][0].encode()
        assert mend(data, found(data)) == (data, 0)


# -- forms


def test_sarif_and_junit_and_json_say_the_same():
    findings = found(item(f"{D}/AllowCamera", 7) + "\n" + item(f"{D}/Old", "x", "chr"))
    log = json.loads(as_sarif(findings))
    [run] = log["runs"]
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [("value", "error"), ("deprecated", "warning")]
    assert [run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] for r in run["results"]] == ["value", "deprecated"]
    assert run["results"][1]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    suite = ElementTree.fromstring(as_junit(findings, ["p.xml", "q.xml"]))
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [row["rule"] for row in json.loads(as_json(findings))] == ["value", "deprecated"]


# -- the command


@pytest.fixture
def profile(tmp_path):
    file = tmp_path / "p.xml"
    file.write_text(item(f"{D}/AllowCamra", 1))
    return file


def test_the_command_finds_mends_and_is_content(profile, capsys):
    assert main(["lint", str(profile), "--ddf", str(SAMPLE)]) == 1
    assert "error path" in capsys.readouterr().out
    assert main(["lint", str(profile), "--ddf", str(SAMPLE), "--fix"]) == 0
    assert "1 mended" in capsys.readouterr().out and "AllowCamera" in profile.read_text()
    assert main(["lint", str(profile), "--ddf", str(SAMPLE.parent)]) == 0


@pytest.mark.parametrize(
    "words",
    [["lint"], ["lint", "FILE"], ["lint", "FILE", "--ddf", "NOWHERE"], ["lint", "FILE", "--ddf", "FILE"],
     ["lint", "FILE", "--ddf", "SAMPLE", "--target", "x"], ["lint", "FILE", "--ddf", "SAMPLE", "--severity", "value"],
     ["lint", "SAMPLE.txt", "--ddf", "SAMPLE"]],
)  # fmt: skip
def test_bad_input_is_one_sentence(words, profile, capsys):
    names = {"FILE": str(profile), "SAMPLE": str(SAMPLE)}
    assert main([names.get(word, word) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("dmkit lint: ") and captured.err.count("\n") == 1


def test_the_rules_are_listed(capsys):
    assert main(["lint", "--rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(RULES)


# -- reading


@pytest.mark.parametrize("data", [b"", b"hello", b"{}", b"[1]", b"{", b"a,b\n1,2\n", b"\xff\xfe", b"<!-- -->"])
def test_what_is_no_profile_is_refused(data):
    with pytest.raises(CodecError):
        read_profile("p", data)
