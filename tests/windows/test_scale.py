"""A whole set of descriptions: loaded, stored, searched, compared, looked through, written as a site; many profiles."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.cli import main
from dmkit.cli.description_files import description_files
from dmkit.cli.descriptions import catalogue
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.cross import CROSS_RULES, cross_lint
from dmkit.windows.facts import EXAMPLE
from dmkit.windows.lint import lint
from dmkit.windows.profiles import read_profile
from dmkit.windows.releases import as_changelog, changes
from dmkit.windows.site import page_of, pages
from dmkit.windows.stored import read_stored, write_stored
from dmkit.words.codes import Verb
from dmkit.words.errors import CodecError
from tests.windows.cases import D, item
from tests.windows.conforming import commands
from tests.windows.synthetic import files
from tests.windows.test_lint import CATALOGUE, FILES, SAMPLE

ROOT = Path(__file__).resolve().parents[2]
REAL = os.environ.get("DMKIT_WINDOWS_DDF", "")


@pytest.fixture(scope="module")
def small():
    return files(seed=3, count=20)


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory):
    place = tmp_path_factory.mktemp("set")
    for name, data in small:
        (place / name).write_bytes(data)
    return place


# -- loading


def test_a_stored_catalogue_says_the_same(small):
    made = DescriptionCatalogue.of(small)
    again = read_stored(write_stored(made))
    assert list(again.entries) == list(made.entries) and again.files == made.files
    for uri, entry in made.entries.items():
        assert again.entries[uri].facts == entry.facts, uri
        one, other = again.entries[uri].node, entry.node
        assert (one.access, one.is_interior, one.occurs, one.scope, one.default, one.description) == (
            other.access, other.is_interior, other.occurs, other.scope, other.default, other.description
        )  # fmt: skip


@given(st.binary(max_size=60), st.integers(0, 10_000), st.integers(0, 255))
def test_other_octets_are_no_stored_catalogue_or_one(octets, at, octet):
    whole = bytearray(write_stored(DescriptionCatalogue.of([("s.xml", EXAMPLE)])))
    whole[at % len(whole)] = octet
    for data in (octets, bytes(whole)):
        try:
            read_stored(data)
        except CodecError as error:
            assert str(error)


def test_the_cache_is_used_and_passed_over_when_it_is_broken(folder, tmp_path):
    made = catalogue([str(folder)], tmp_path)
    [stored] = tmp_path.glob("*.catalogue")
    assert list(catalogue([str(folder)], tmp_path).entries) == list(made.entries)
    stored.write_bytes(b"broken")
    assert len(catalogue([str(folder)], tmp_path)) == len(made)
    assert stored.read_bytes() != b"broken"
    file = next(folder.iterdir())
    before = file.read_bytes()
    file.write_bytes(before.replace(b"allow", b"Allow"))
    try:
        catalogue([str(folder)], tmp_path)
        assert len(list(tmp_path.glob("*.catalogue"))) == 2
    finally:
        file.write_bytes(before)


def test_a_cache_that_cannot_be_written_is_no_error(folder, tmp_path):
    (tmp_path / "file").write_text("x")
    assert len(catalogue([str(folder)], tmp_path / "file" / "below")) > 100


@pytest.mark.skipif(not REAL, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files")
def test_the_real_set_loads_and_its_defaults_are_looked_at(tmp_path):
    made = catalogue([REAL], tmp_path)
    assert len(made) > 5000 and len(read_stored(write_stored(made))) == len(made)
    assert cross_lint(made) is not None


# -- between files, between releases


def test_the_sample_has_nothing_wrong_between_files():
    assert cross_lint(CATALOGUE) == ()


BROKEN = {
    "twice": [EXAMPLE, EXAMPLE],
    "needs nothing": [SAMPLE.read_bytes().replace(b"Sample/AllowCamera</MSFT:Dep", b"Sample/AllowCamra</MSFT:Dep")],
    "needs a value": [SAMPLE.read_bytes().replace(
        b'<MSFT:Enum><MSFT:Value>1</MSFT:Value></MSFT:Enum></MSFT:DependencyAllowedValue>',
        b'<MSFT:Enum><MSFT:Value>9</MSFT:Value></MSFT:Enum></MSFT:DependencyAllowedValue>')],
    "default": [EXAMPLE.replace(b"<DefaultValue>1<", b"<DefaultValue>5<")],
    "no template": [SAMPLE.read_bytes().replace(b' File="sample.admx"', b"")],
    "earlier than its parent": [SAMPLE.read_bytes().replace(b"99.9.99999", b"10.0.10240")],
    "no parent": [EXAMPLE.replace(b"MSFT</Path>", b"MSFT/Nowhere</Path>")],
    "needs later": [SAMPLE.read_bytes().replace(
        b"<AccessType><Add/><Delete/><Get/><Replace/></AccessType><DefaultValue>1</DefaultValue>",
        b"<AccessType><Add/><Delete/><Get/><Replace/></AccessType><DefaultValue>1</DefaultValue>", 1).replace(
        b"<MSFT:AllowedValues ValueType=\"ENUM\">\n          <MSFT:Enum><MSFT:Value>0",
        b"<MSFT:Applicability><MSFT:OsBuildVersion>10.0.26100</MSFT:OsBuildVersion></MSFT:Applicability>"
        b"<MSFT:AllowedValues ValueType=\"ENUM\">\n          <MSFT:Enum><MSFT:Value>0", 1)],
}  # fmt: skip


@pytest.mark.parametrize("rule", CROSS_RULES)
def test_each_rule_between_files_finds_its_fault_and_nothing_else(rule):
    made = DescriptionCatalogue.of([(f"{n}.xml", data) for n, data in enumerate(BROKEN[rule])])
    assert {finding.rule for finding in cross_lint(made)} == {rule}


def of(data):
    return DescriptionCatalogue.of([("s.xml", data)])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"10.0.22621", b"10.0.26100", "first build: 10.0.22621 -> 10.0.26100"),
        (b"[0-999]", b"[0-99]", "range or pattern: [0-999] -> [0-99]"),
        (b"<MSFT:Value>0x8</MSFT:Value>", b"<MSFT:Value>0x4</MSFT:Value>", "allowed values: 0x4 came; 0x8 went"),
        (b"<DefaultValue>1<", b"<DefaultValue>0<", "DefaultValue: 1 -> 0"),
        (b"0x4;0x30;", b"0x4;", "editions: 0x30 went"),
        (b'<MSFT:Deprecated OsBuildDeprecated="10.0.19041"/>', b"", "no longer deprecated"),
        (b"<NodeName>Soon<", b"<NodeName>Now<", "added"),
        (b"<NodeName>Profiles<", b"<NodeName>Sets<", "removed, with 2 nodes below"),
        (b"<NodeName>SampleUser<", b"<NodeName>OtherUser<", "removed, with 1 node below"),
        (b"[A-Za-z0-9]+", b"[a-z]+", "names of instances: [A-Za-z0-9]+ -> [a-z]+"),
        (b"<AccessType><Exec/>", b"<AccessType><Exec/><Get/>", "AccessType: Get came"),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_told(old, new, says):
    data = SAMPLE.read_bytes()
    assert old in data
    found = changes(of(data), of(data.replace(old, new)))
    assert says in [change.says for change in found], [str(change) for change in found]
    assert changes(of(data), of(data)) == () and says.split(":")[0].split(",")[0] in as_changelog(found)


def test_deprecation_is_a_kind_of_its_own():
    plain = SAMPLE.read_bytes().replace(b'<MSFT:Deprecated OsBuildDeprecated="10.0.19041"/>', b"")
    [change] = changes(of(plain), of(SAMPLE.read_bytes()))
    assert (change.kind, change.says) == ("deprecated", "deprecated since 10.0.19041")
    assert "1 deprecated" in as_changelog((change,))


# -- the site


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src")]


def test_the_site_has_a_page_a_node_and_no_broken_link(small):
    made = DescriptionCatalogue.of(small)
    site = dict(pages(made))
    assert sum(name.endswith(".html") for name in site) == len(made) + 1
    for name, text in site.items():
        if name.endswith(".html"):
            links = Links()
            links.feed(text)
            for link in links.found:
                target = os.path.normpath(os.path.join(os.path.dirname(name), link))
                assert target in site, (name, link)
                assert "//" not in link
    nodes = json.loads(site["nodes.js"].removeprefix("const NODES=").rstrip(";\n"))
    assert len(nodes) == len(made) and all(page in site for _, _, page in nodes)


@pytest.mark.parametrize("name", ["a b", "../x", "index", "CON", "a" * 300, ".hidden", "ä", "*"])
def test_names_of_nodes_are_names_of_files(name):
    place = page_of(f"./Device/Vendor/MSFT/{name}" if "/" not in name else f"./Device/{name}")
    assert re.fullmatch(r"[\w./~-]+", place) and ".." not in place.split("/") and len(place) < 200


def test_what_descriptions_say_is_escaped():
    data = SAMPLE.read_bytes().replace(b"A provider made up", b"&lt;script&gt;alert(1)&lt;/script&gt; made up")
    site = dict(pages(of(data)))
    assert not any("<script>alert" in text for text in site.values())


# -- the commands


def test_find_cross_list_changelog_and_site(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DMKIT_CACHE", str(tmp_path / "cache"))
    assert main(["ddf", "find", "provider3", "leaf0", "--ddf", str(folder)]) == 0
    assert "./Device/Vendor/MSFT/Provider3/Leaf0" in capsys.readouterr().out
    assert main(["ddf", "find", "nothing-like-it", "--ddf", str(folder)]) == 1
    capsys.readouterr()
    assert main(["ddf", "cross", str(SAMPLE)]) == 0
    assert main(["ddf", "cross", "--rules"]) == 0
    capsys.readouterr()
    assert main(["ddf", "list", str(SAMPLE)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["uri"] for row in rows} >= {f"{D}/AllowCamera", "./User/Vendor/MSFT/SampleUser/Picture"}
    newer = tmp_path / "newer.xml"
    newer.write_bytes(SAMPLE.read_bytes().replace(b"[0-999]", b"[0-99]"))
    assert main(["ddf", "changelog", str(SAMPLE), str(newer)]) == 1
    assert "range or pattern" in capsys.readouterr().out
    assert main(["ddf", "changelog", str(SAMPLE), str(SAMPLE)]) == 0
    assert main(["ddf", "site", str(SAMPLE), str(tmp_path / "site")]) == 0
    assert (tmp_path / "site" / "index.html").exists()


@pytest.mark.parametrize(
    "words", [["find", "x", "--ddf", "NOWHERE"], ["cross"], ["cross", "NOWHERE"], ["changelog", "NOWHERE", "NOWHERE"],
              ["site", "NOWHERE", "out"], ["list", "NOWHERE"]]
)  # fmt: skip
def test_bad_input_is_one_sentence(words, capsys):
    assert main(["ddf", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"dmkit ddf {words[0]}: ") and captured.err.count("\n") == 1


# -- the hook


def hooks():
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    entries = [dict(re.findall(r"^[ -]*(\w+): (.*)$", part, re.M)) for part in text.split("\n- ")]
    return {entry["id"]: entry for entry in entries}


@pytest.mark.parametrize("id", ["dmkit-lint", "dmkit-lint-fix"])
def test_the_hook_runs_as_pre_commit_runs_it(id, tmp_path):
    hook = hooks()[id]
    assert re.search(hook["files"], "a/b.syncml.xml") and not re.search(hook["files"], "a/b.xml")
    file = tmp_path / "p.syncml.xml"
    file.write_text(item(f"{D}/AllowCamra", 1))
    command = shlex.split(hook["entry"])
    assert command[0] == "dmkit"
    words = [sys.executable, "-m", *command, "--ddf", str(SAMPLE), str(file)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == (0 if id.endswith("fix") else 1), done.stderr
    assert ("AllowCamera" in file.read_text()) == id.endswith("fix")


# -- a thousand right, a thousand with one fault


def _near_miss(row, made):
    """Another letter at the end, where only a described name may stand."""
    return row.uri[:-1] + "zzz" if not made.find(row.uri + "zz").entry and "~" not in row.uri else None


def _no_value(row, made):
    bad = {"ENUM": "77777777", "Range": "-2000000000", "Flag": "-1"}.get(made.find(row.uri).entry.facts.kind)
    return bad if row.format == "int" and not made.find(row.uri).entry.facts.delimiter else None


class Row:
    """A command to be written: verb, address, format, value."""

    def __init__(self, verb, uri, format, data):
        self.verb, self.uri, self.format, self.data = verb, uri, format, data

    def but(self, **changes):
        return Row(**{**vars(self), **changes})


def _but(name, make):
    """A fault that changes one part of a command, where it can be made."""
    return lambda row, made: None if (new := make(row, made)) is None else row.but(**{name: new})


FAULTS = {
    "path": _but("uri", _near_miss),
    "value": _but("data", _no_value),
    "format": _but("format", lambda row, made: "float" if row.format != "float" else "int"),
    "verb": _but("verb", lambda row, made: "Exec" if Verb.EXEC not in made.find(row.uri).entry.node.access else None),
    "blank": _but("uri", lambda row, made: row.uri.replace("/MSFT/", "/MSFT /") if "/MSFT/" in row.uri else None),
    "slash": _but("uri", lambda row, made: row.uri.removeprefix(".")),
    "no-data": _but("data", lambda row, made: ""),
    "markup": _but("data", lambda row, made: "<a/>" if row.format == "chr" else None),
    "cdata": _but("data", lambda row, made: f"<![CDATA[{row.data}]]>" if row.data and "&" not in row.data else None),
    "no-format": _but("format", lambda row, made: "" if row.format != "chr" else None),
}  # fmt: skip


def written(rows):
    texts = [item(row.uri, row.data, row.format, row.verb) for row in rows]
    return "\n".join(text.replace("<Data></Data>", "") for text in texts).encode()


def _lint(rows, made):
    return list(lint([read_profile("p.xml", written(rows))], made))


def _rows(sources):
    return [
        Row(verb, uri, format, value)
        for verbs, uri, format, values in commands(sources)
        for verb in verbs
        for value in values
        if value and "\n" not in value
    ]


@pytest.mark.parametrize("which", ["sample", "set", pytest.param("real", marks=pytest.mark.skipif(
    not REAL, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files"))])  # fmt: skip
def test_a_thousand_conforming_profiles_are_clean_and_a_thousand_faults_are_found(which, small):
    sources = {"sample": lambda: FILES, "set": lambda: small, "real": lambda: list(description_files([REAL]))}[which]()
    made, pool, draw = DescriptionCatalogue.of(sources), _rows(sources), random.Random(20)
    met = set()
    for number in range(1000):
        drawn = {row.uri.lower(): row for row in draw.sample(pool, draw.randint(1, 4))}
        rows = list(drawn.values())
        clean = _lint(rows, made)
        assert clean == [], (written(rows), clean)
        at, faults = draw.randrange(len(rows)), list(FAULTS)
        draw.shuffle(faults)
        rule, bad = next((rule, bad) for rule in faults if (bad := FAULTS[rule](rows[at], made)) is not None)
        found = _lint([*rows[:at], bad, *rows[at + 1 :]], made)
        assert rule in [finding.rule for finding in found], (number, rule, vars(bad), [str(f) for f in found])
        assert {finding.line for finding in found} == {at + 1}
        met.add(rule)
    assert met == set(FAULTS)


@pytest.mark.parametrize("which", ["sample", pytest.param("real", marks=pytest.mark.skipif(
    not REAL, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files"))])  # fmt: skip
def test_every_value_of_every_node_that_another_reader_finds_is_clean(which):
    sources = FILES if which == "sample" else list(description_files([REAL]))
    made, rows = DescriptionCatalogue.of(sources), _rows(sources)
    found = [str(finding) for row in rows for finding in _lint([row], made)]
    assert found == [] and len(rows) > (17_000 if which == "real" else 100)
