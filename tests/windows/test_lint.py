"""Profiles, right and wrong, against the sample description: each finding pinned, no false alarm."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dmkit.cli import main
from dmkit.device.windows import WindowsDevice
from dmkit.windows.admx import EXAMPLE, read_template
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.lint import lint
from dmkit.windows.lint_rules import RULES, LintFinding, LintOptions
from dmkit.windows.mend import mend
from dmkit.windows.output import as_json, as_junit, as_sarif
from dmkit.windows.profiles import read_profile
from dmkit.words.errors import CodecError, ConfigError
from tests.windows.cases import RIGHT, TARGETS, WRONG, D, W, item

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "windows" / "ddf" / "sample.xml"
FILES = [(file.name, file.read_bytes()) for file in sorted(SAMPLE.parent.glob("*.xml"))]
CATALOGUE = DescriptionCatalogue.of(FILES)
TEMPLATES = (
    read_template("sample.admx", EXAMPLE),
    read_template("workshop.admx", (SAMPLE.parents[1] / "workshop.admx").read_bytes()),
)


def found(text, **options):
    profile = read_profile("p.xml", text.encode() if isinstance(text, str) else text)
    return lint([profile], CATALOGUE, LintOptions(**options), TEMPLATES)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_has_no_finding(name):
    assert [str(finding) for finding in found(RIGHT[name], build="10.0.26100", edition="0x4")] == []


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_and_nothing_else(name):
    text, rules = WRONG[name]
    options = {"build": "10.0.19045" if name == "build" else "10.0.26100"}
    if name == "edition":
        options["edition"] = "0x65"
    findings = found(text, **options)
    assert [finding.rule for finding in findings] == rules, [str(finding) for finding in findings]
    assert all(finding.line >= 1 and finding.text for finding in findings)


@pytest.mark.parametrize("name", TARGETS)
def test_builds_and_editions_decide(name):
    text, target, rules = TARGETS[name]
    build, _, edition = target.partition("/")
    assert [finding.rule for finding in found(text, build=build, edition=edition)] == rules


def test_fifty_cases_forty_of_them_right_and_every_rule_is_met():
    assert len(RIGHT) >= 40 and len(RIGHT) + len(WRONG) >= 50
    met = {rule for _, rules in WRONG.values() for rule in rules}
    assert set(RULES) - met == {"size", "duplicate"}


def test_a_file_that_declares_another_character_set():
    text = '<?xml version="1.0" encoding="utf-16"?>' + item(f"{D}/AllowCamera", 1)
    assert [finding.rule for finding in found(text)] == ["encoding"]


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-8-sig", "utf-8"])
def test_a_profile_in_another_encoding_is_read(name):
    octets = item(f"{D}/AllowCamera", 7).encode(name)
    if name == "utf-16-le":
        octets = b"\xff\xfe" + octets
    assert [finding.rule for finding in found(octets)] == ["encoding"] * name.startswith("utf-16") + ["value"]


def test_standard_objects_that_no_description_has_are_no_alarm():
    assert [f.severity for f in found(item("./DevInfo/DevId", None, None, "Get"))] == ["info"]


def test_a_profile_larger_than_a_message():
    assert [finding.rule for finding in found(item(f"{D}/AllowCamera", 1), max_message=100)] == ["size"]


def test_several_files_are_looked_at_together():
    one = read_profile("a.xml", item(f"{D}/AllowCamera", 1).encode())
    two = read_profile("b.xml", item(f"{D}/AllowCamera", 0).encode())
    [finding] = lint([one, two], CATALOGUE)
    assert (finding.rule, finding.file) == ("twice", "b.xml") and "a.xml:1" in finding.text
    same = read_profile("c.xml", item("./Vendor/MSFT/Sample/AllowCamera", 1).encode())
    [finding] = lint([one, same], CATALOGUE)
    assert (finding.rule, finding.severity, finding.file) == ("duplicate", "info", "c.xml")


def test_what_a_description_says_of_conflicts_and_of_replace_counts():
    text = item(f"{D}/AllowCamera", 1) + item(f"{D}/AllowCamera", 0)
    octets, mark = SAMPLE.read_bytes(), b'<MSFT:AllowedValues ValueType="ENUM">'

    def twice(element):
        made = DescriptionCatalogue.of([("s.xml", octets.replace(mark, element + mark, 1))])
        return [finding.right for finding in lint([read_profile("p.xml", text.encode())], made)]

    assert twice(b"") == [""]
    assert twice(b"<MSFT:ReplaceBehavior>Append</MSFT:ReplaceBehavior>") == []
    assert twice(b"<MSFT:ConflictResolution>LowestValueMostSecure</MSFT:ConflictResolution>") == [
        "of several sources the device takes LowestValueMostSecure"
    ]


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


@pytest.mark.parametrize(
    "name",
    [
        "path",
        "spelling",
        "scope",
        "slash",
        "two slashes",
        "a slash behind",
        "blank",
        "blank within",
        "format",
        "no format",
        "blanks around a number",
        "markup",
        "several elements",
        "cdata",
    ],
)
def test_what_has_one_right_answer_is_mended(name):
    data = WRONG[name][0].encode()
    mended, count = mend(data, found(data))
    assert count == 1 and found(mended) == ()


@pytest.mark.parametrize("meta", ["", "<Meta><Type>text/plain</Type></Meta>", "<s:Meta/>"])
def test_a_format_goes_where_one_may_stand(meta):
    text = item(f"{D}/AllowCamera", 1, None).replace("<Data>", meta.replace("s:", "") + "<Data>")
    if not meta.endswith("/>"):
        mended, count = mend(text.encode(), found(text))
        assert count == 1 and found(mended) == () and mended.count(b"<Meta>") == 1


def test_escaping_keeps_what_stands_around():
    text = item(f"{D}/Limit", '\n  <![CDATA[<enabled/>\n<data id="Size" value="3"/>]]>\n', "chr")
    mended, count = mend(text.encode(), found(text))
    assert count == 1 and found(mended) == () and b"CDATA" not in mended
    assert mended.startswith(text.partition("<Data>")[0].encode())


def test_several_faults_of_one_command_are_mended_together():
    text = item(f" {D}/Limit", "<disabled/>", None) + "\n" + item(f"{D}/AllowCamra", 1, None)
    mended, count = mend(text.encode(), found(text))
    while (again := mend(mended, found(mended)))[1]:
        mended = again[0]
    assert count >= 3 and found(mended) == ()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"a": [{"omaUri": f"{D}/AllowCamra", "dataType": "Integer", "value": 0}]}, indent=1),
        f"Name,OMA-URI,Data type,Value\na,{W}/Level,Integer,1\ncamera,{D}/AllowCamra,Integer,1\n",
    ],
)
def test_an_address_in_a_list_is_mended(text):
    mended, count = mend(text.encode(), found(text))
    assert count == 1 and found(mended) == () and mended == text.replace("Camra", "Camera").encode()


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f"OMA-URI,Type,Value\n {D}/AllowCamera\t,Integer,1\n", f"OMA-URI,Type,Value\n{D}/AllowCamera,Integer,1\n"),
        (f'OMA-URI;Type;Value\n" {D}/Allow Camera";Integer;1\n', f'OMA-URI;Type;Value\n"{D}/AllowCamera";Integer;1\n'),
        (f'[{{"omaUri": "{D}/AllowCamera  ", "dataType": "Integer", "value": 1}}]',
         f'[{{"omaUri": "{D}/AllowCamera", "dataType": "Integer", "value": 1}}]'),
    ],
)  # fmt: skip
def test_blanks_around_an_address_in_a_list_go(text, right):
    assert mend(text.encode(), found(text)) == (right.encode(), 1) and found(right) == ()


def test_what_stays_as_it_was_is_not_counted_as_mended():
    finding = LintFinding("path", "error", "p.xml", 1, "./A", "", "", ("uri", "./A"))
    data = b"<Replace><Item><Target><LocURI>./A</LocURI></Target></Item></Replace>"
    assert mend(data, [finding]) == (data, 0)


def test_what_has_none_stays_as_it_is():
    for name in ("value of an enum", "verb", "dependency missing", "a policy as a number"):
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
    profile = read_profile("a b/ü.xml", item(f"{D}/AllowCamera", 7).encode())
    [result] = json.loads(as_sarif(lint([profile], CATALOGUE)))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%BC.xml"
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


# -- a build of which the rest is missing would be later than all, and nothing would be found


@pytest.mark.parametrize("build", ["22621", "10.0", "10.0.22621.1.4", "10.0.-5", "10..0", "later"])
def test_a_build_that_is_not_whole_is_refused(build):
    with pytest.raises(ConfigError, match="three or four numbers"):
        LintOptions(build=build)
    with pytest.raises(ConfigError, match="three or four numbers"):
        WindowsDevice.of(DescriptionCatalogue.of([("s", SAMPLE.read_bytes())]), build=build)


# -- nothing of a list is left out without a word


WHOLE = {"omaUri": f"{D}/AllowCamera", "dataType": "Integer", "value": 0}
LOST = {
    "null": {"omaUri": None, "dataType": "Integer", "value": 0}, "empty": {"omaUri": "", "value": 0},
    "blank": {"omaUri": "  ", "value": 0}, "missing": {"dataType": "Integer", "value": 0},
    "null itself": None, "a text": "./A", "another name": {"OMA-URI": None, "value": 1},
}  # fmt: skip


@pytest.mark.parametrize("around", [lambda rows: rows, lambda rows: {"value": [{"omaSettings": rows}]}])
@pytest.mark.parametrize("name", LOST)
def test_an_entry_without_an_address_is_found_in_its_line(name, around):
    rows = [WHOLE, LOST[name], WHOLE]
    lines = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
    data = json.dumps(around("ROWS")).replace('"ROWS"', lines)
    profile = read_profile("p.json", data.encode())
    assert [command.uri.strip() for command in profile.commands] == [f"{D}/AllowCamera", "", f"{D}/AllowCamera"]
    first, second, third = (command.line for command in profile.commands)
    assert (first, third) == (2, 4) and second == (3 if isinstance(LOST[name], dict) else 2)
    assert [f.text for f in lint([profile], CATALOGUE) if f.rule == "no-uri"] == ["an entry of the list has no OMA-URI"]


def test_what_is_no_setting_is_none_where_settings_stand_within_or_beside_it():
    whole = {"path": None, "displayName": "x", "omaSettings": [WHOLE, {"displayName": "about it"}], "tags": ["0", None]}
    assert len(read_profile("p", json.dumps(whole).encode()).commands) == 1


def test_a_row_of_a_table_without_an_address_is_found_and_an_empty_row_is_none():
    data = f"OMA-URI,DataType,Value\n{D}/AllowCamera,int,0\n,int,1\n,,\n\n{D}/AllowCamera,int,0,\n".encode()
    commands = read_profile("p.csv", data).commands
    assert [(command.line, bool(command.uri)) for command in commands] == [(2, True), (3, False), (6, True)]


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"OMA-URI,Value\n./A,a,b\n", "more cells than columns.*line 2"), (b"OMA-URI;Value\n./A;1\n./B;a;b", "line 3"),
     (b"OMA-URI,Value\n,\n", "no setting stands below"), (b"[" * 100_000, "nested too deeply")],
)  # fmt: skip
def test_a_list_that_would_lose_something_is_refused(data, says):
    with pytest.raises(CodecError, match=says):
        read_profile("p", data)


# -- what is given is used


@pytest.mark.parametrize("target", ["10.0.22621/", "10.0.22621/ ", "/", "", " "])
def test_a_target_with_an_empty_part_is_refused(target, profile, capsys):
    assert main(["lint", str(profile), "--ddf", str(SAMPLE), "--target", target]) == 2
    assert "lacks" in capsys.readouterr().err


@pytest.mark.parametrize(("target", "status"), [("10.0.26100", 0), ("10.0.26100/Enterprise", 0), ("/0x4", 0)])
def test_a_target_may_lack_its_edition_or_its_build(target, status, tmp_path):
    file = tmp_path / "p.xml"
    file.write_text(item(f"{D}/AllowCamera", 1))
    assert main(["lint", str(file), "--ddf", str(SAMPLE), "--target", target]) == status


@pytest.mark.parametrize(
    "more", [["p.xml"], ["--ddf", "x"], ["--admx", "x"], ["--target", "10.0.22621"], ["--max-message", "1"], ["--fix"],
             ["--severity", "cdata=off"], ["--format", "json"], ["--processes", "1"]]
)  # fmt: skip
def test_what_is_not_used_beside_the_list_of_rules_is_refused(more, capsys):
    assert main(["lint", "--rules", *more]) == 2
    assert "is not used beside --rules" in capsys.readouterr().err


def test_a_report_stays_whole_where_something_was_mended(profile, capsys):
    assert main(["lint", str(profile), "--ddf", str(SAMPLE), "--fix", "--format", "json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == [] and "1 mended" in told.err


def test_standard_input_is_not_mended_in_place(capsys):
    assert main(["lint", "-", "--ddf", str(SAMPLE), "--fix"]) == 2
    assert "in place" in capsys.readouterr().err


class LookedThrough(bytes):
    """Octets that count how many of them are looked through for the ends of lines."""

    octets = 0

    def removeprefix(self, prefix):
        return self if not self.startswith(prefix) else bytes.removeprefix(self, prefix)

    def count(self, sub, start=0, end=None):
        LookedThrough.octets += (len(self) if end is None else end) - start
        return bytes.count(self, sub, start, len(self) if end is None else end)


COMMAND = item(f"{W}/Level", 1)
SIDE_BY_SIDE = {
    "declarations": ('<?xml version="1.0"?>' + COMMAND, "encoding"),
    "declarations on lines of their own": ('<?xml version="1.0"?>\n' + COMMAND + "\n", "encoding"),
    "CDATA sections": ("<Add><Item><Data><![CDATA[<a/>]]></Data></Item></Add>\n", "cdata"),
    "CDATA sections behind a declaration": (
        "<?xml ?>" + "<Add><Item><Data><![CDATA[x]]></Data></Item></Add>\n",
        "cdata",
    ),
    "commands that are not well-formed": ("<Add><Item></Add>\n" + COMMAND + "\n<Add></Item></Add>\n", "not-xml"),
}


@pytest.mark.parametrize("kind", SIDE_BY_SIDE)
def test_lines_are_counted_once_however_many_stand_side_by_side(kind):
    piece, rule = SIDE_BY_SIDE[kind]

    def looked(n):
        data = LookedThrough((COMMAND + piece * n).encode())
        LookedThrough.octets = 0
        notes = read_profile("p.xml", data).notes
        assert sum(note.rule == rule for note in notes) >= n, notes
        return LookedThrough.octets / len(data)

    few, many = looked(20), looked(320)
    assert 0 < many < few + 1, (few, many)
