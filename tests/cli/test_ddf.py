"""``dmkit ddf``: descriptions and serialised trees from the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dmkit import ddf
from dmkit.cli import main
from dmkit.ddf import plain
from dmkit.tree import tnds

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
WIFI = str(DATA / "wifi.xml")
WINDOWS = os.environ.get("DMKIT_WINDOWS_DDF", "")


def test_count_writes_nodes_and_leaves_of_all_roots(tmp_path, capsys):
    two = tmp_path / "two.xml"
    two.write_bytes(
        b"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName><DFProperties><DFFormat><node/></DFFormat>"
        b"</DFProperties><Node><NodeName/><DFProperties><DFFormat><int/></DFFormat></DFProperties></Node>"
        b"</Node><Node><NodeName>B</NodeName><DFProperties><DFFormat><chr/></DFFormat></DFProperties></Node>"
        b"</MgmtTree>"
    )
    out = tmp_path / "out.json"
    assert main(["ddf", "count", str(two), str(out)]) == 0
    assert json.loads(out.read_text()) == {"nodes": 3, "leaves": 2}
    assert main(["ddf", "count", WIFI]) == 0
    assert json.loads(capsys.readouterr().out) == {"nodes": 16, "leaves": 11}


@pytest.mark.skipif(not WINDOWS, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files")
def test_count_of_every_windows_description(tmp_path):
    out = tmp_path / "out.json"
    nodes = 0
    for file in sorted(Path(WINDOWS).glob("*.xml")):
        assert main(["ddf", "count", str(file), str(out)]) == 0
        nodes += json.loads(out.read_text())["nodes"]
    assert nodes == sum(file.read_bytes().count(b"<Node>") for file in Path(WINDOWS).glob("*.xml"))


def test_bad_input_is_one_sentence_and_writes_nothing(tmp_path, capsys):
    bad, out = tmp_path / "bad.xml", tmp_path / "out.json"
    bad.write_text("<MgmtTree><VerDTD>1.1</VerDTD></MgmtTree>")
    for command in (["count"], ["skeleton"], ["check", "--tree", "-"]):
        arguments = [*command[:1], str(bad), *command[1:]] + ([str(out)] if command[0] != "check" else [])
        assert main(["ddf", *arguments]) == 2
        said = capsys.readouterr()
        assert said.err == f"dmkit ddf {command[0]}: {bad}: VerDTD is '1.1'; 1.2 is read (line 1)\n"
        assert not said.out
    assert not out.exists()


def test_check_of_a_description_against_the_grammar(tmp_path, capsys):
    assert main(["ddf", "check", WIFI]) == 0
    loose = tmp_path / "loose.xml"
    loose.write_text(
        "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName><DFProperties><DFFormat><int/></DFFormat>"
        "</DFProperties></Node></MgmtTree>"
    )
    assert main(["ddf", "check", str(loose)]) == 1
    assert "not valid against the DDF grammar" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "xml", "wbxml"])
def test_a_tree_goes_both_ways_and_is_checked(tmp_path, form, capsys):
    tree = ddf.populate({"./WiFi/Home/SSID": "cafe", "./WiFi/Home/EAP/Certificate": b"\0\xff"}, ddf.load(WIFI))
    first = tmp_path / "tree.json"
    first.write_text(json.dumps(plain.to_plain(tree)))
    second, third = tmp_path / f"second.{form}", tmp_path / "third.json"
    flag = [] if form == "xml" else [f"--{form}"]
    assert main(["ddf", "tnds", str(first), str(second), *flag]) == 0
    assert main(["ddf", "check", WIFI, "--tree", str(second)]) == 0
    assert main(["ddf", "tnds", str(second), str(third), "--json"]) == 0
    assert json.loads(third.read_text()) == json.loads(first.read_text())
    broken = json.loads(first.read_text())
    del broken["./WiFi/Home/SSID"]
    broken["./WiFi/Enabled"] = "perhaps"
    first.write_text(json.dumps(broken))
    assert main(["ddf", "check", WIFI, "--tree", str(first)]) == 1
    assert sorted(line.split(": ")[1] for line in capsys.readouterr().out.splitlines()) == ["missing", "value"]


@pytest.mark.parametrize("file", sorted(p.name for p in DATA.glob("*.xml")))
def test_skeleton_conforms_in_every_form(tmp_path, file):
    for flag in ([], ["--wbxml"], ["--json"]):
        out = tmp_path / "out"
        assert main(["ddf", "skeleton", str(DATA / file), str(out), *flag]) == 0
        assert main(["ddf", "check", str(DATA / file), "--tree", str(out)]) == 0


def test_an_export_says_where_its_nodes_come_from(capsys):
    assert main(["ddf", "skeleton", WIFI]) == 0
    assert "<!-- basis: 4 proposal, of 5 nodes\n./WiFi proposal\n" in capsys.readouterr().out


def test_nodes_as_elements_are_taken(tmp_path, capsys):
    source = tmp_path / "devinfo.xml"
    source.write_text('<DevInfo xmlns="urn:oma:mo:oma-dm-devinfo:1.0"><Man>Acme</Man><Lang>en</Lang></DevInfo>')
    assert main(["ddf", "tnds", str(source), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "./DevInfo": {"type": "urn:oma:mo:oma-dm-devinfo:1.0"},
        "./DevInfo/Man": "Acme",
        "./DevInfo/Lang": "en",
    }
    assert main(["ddf", "tnds", str(source)]) == 0
    assert len(tnds.nodes(tnds.read(capsys.readouterr().out))) == 3


@pytest.mark.parametrize(("text", "sentence"), [
    ("{", "no JSON"),
    ("[]", "a tree is an object of URIs and values"),
    ("{}", "the tree is empty"),
    ('{"./A/": 1}', "it neither begins nor ends with a slash"),
    ('{"./A": []}', "is no value"),
    ('{"./A": {"colour": "red"}}', "'colour' says nothing of a node"),
    ('{"./A": {"format": "picture", "value": "1"}}', "is no format of a value"),
    ('{"./A": {"b64": "!"}}', "is no base64"),
    ('{"./A": "1", "./A/B": "2"}', "a node on the way is a leaf"),
    ("hello", "neither a document nor base64"),
])  # fmt: skip
def test_bad_trees_are_one_sentence(tmp_path, text, sentence, capsys):
    source, out = tmp_path / "tree", tmp_path / "out"
    source.write_text(text)
    assert main(["ddf", "tnds", str(source), str(out)]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert not out.exists()


def test_lint_says_what_is_wrong_and_its_status_tells(tmp_path, capsys):
    assert main(["ddf", "lint", WIFI]) == 0
    assert capsys.readouterr().out == "nothing to say; 2 info not shown\n"
    assert main(["ddf", "lint", WIFI, "--level", "info"]) == 1
    assert "./WiFi/Enabled: info unreachable: nobody has Replace" in capsys.readouterr().out
    assert main(["ddf", "lint", WIFI, "--rule", "unreachable=off", "--level", "info"]) == 0
    assert main(["ddf", "lint", WIFI, "--rule", "unreachable=error", "--level", "error", "--json"]) == 1
    out = capsys.readouterr().out
    found = json.loads(out[out.index("[") :])
    assert [(f["node"], f["line"]) for f in found] == [("./WiFi/Enabled", 169), ("./WiFi/Operations/Scan", 192)]
    config = tmp_path / "lint.toml"
    config.write_text('[lint]\nunreachable = "off"\nlimits = [2, 0, 0]\n')
    assert main(["ddf", "lint", WIFI, "--config", str(config), "--level", "info"]) == 1
    assert "3 segments; 2 are taken" in capsys.readouterr().out
    assert main(["ddf", "lint", WIFI, WIFI, "--summary", "--level", "info"]) == 1
    assert capsys.readouterr().out == "     4     2 files  info     unreachable\n"


def test_lint_lists_its_rules(capsys):
    assert main(["ddf", "lint", "--rules"]) == 0
    assert "no-get (warning): A server can neither see" in capsys.readouterr().out
    assert main(["ddf", "lint", "--rules", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) >= 28


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--rule", "no-title"], "as in no-title=off"),
    (["--rule", "no-tilte=off"], "'no-tilte' is no lint rule"),
    (["--level", "loud"], "'loud' is no severity"),
    (["--limits", "1,2"], "three numbers stand there"),
    (["--config", "nowhere.toml"], "nowhere.toml: No such file"),
])  # fmt: skip
def test_bad_settings_of_lint_are_one_sentence(arguments, sentence, capsys):
    assert main(["ddf", "lint", WIFI, *arguments]) == 2
    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1 and not said.out


def test_lint_needs_a_description(tmp_path, capsys):
    assert main(["ddf", "lint"]) == 2
    bad = tmp_path / "bad.toml"
    bad.write_text("lint = 3")
    assert main(["ddf", "lint", WIFI, "--config", str(bad)]) == 2
    bad.write_text("lint = ")
    assert main(["ddf", "lint", WIFI, "--config", str(bad)]) == 2
    assert capsys.readouterr().err.count("\n") == 3


DESCRIBED = (
    "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName><DFProperties><AccessType><Get/></AccessType>"
    "<DefaultValue>{default}</DefaultValue><DFFormat><{format}/></DFFormat><Occurrence><One/></Occurrence>"
    '<DFType><MIME>text/plain</MIME></DFType><MSFT:AllowedValues xmlns:MSFT="http://schemas.microsoft.com/'
    'MobileDevice/DM" ValueType="Range"><MSFT:Value>[0-23]</MSFT:Value></MSFT:AllowedValues></DFProperties></Node>'
    "</MgmtTree>"
)


@pytest.mark.parametrize(("format", "default", "status", "says"), [
    ("int", "7", 0, ""), ("int", "99", 1, "99 is not in [0-23]"), ("int", "abc", 1, "decimal number"),
    ("int", "-1", 1, "-1 is not in [0-23]"),
])  # fmt: skip
def test_a_skeleton_that_does_not_conform_says_so(format, default, status, says, tmp_path, capsys):
    (tmp_path / "a.xml").write_text(DESCRIBED.format(format=format, default=default))
    assert main(["ddf", "skeleton", str(tmp_path / "a.xml")]) == status
    said = capsys.readouterr()
    assert "<MgmtTree" in said.out
    assert (
        said.err == "" if not status else said.err.startswith("the skeleton does not conform: ./A") and says in said.err
    )
