"""A whole set of descriptions: loaded, stored, searched, compared, looked through, written as a site; many profiles."""

from __future__ import annotations

import csv
import io
import json
import os
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
from dmkit.cli.descriptions import catalogue
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.cross import CROSS_RULES, cross_lint
from dmkit.windows.facts import EXAMPLE
from dmkit.windows.intended import read_profile
from dmkit.windows.lint import lint
from dmkit.windows.releases import as_changelog, changes
from dmkit.windows.site import page_of, pages
from dmkit.windows.stored import read_stored, write_stored
from dmkit.words.errors import CodecError
from tests.windows.cases import D, item
from tests.windows.synthetic import files
from tests.windows.test_lint import CATALOGUE, SAMPLE

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
    "earlier than its parent": [SAMPLE.read_bytes().replace(b"10.0.22621", b"10.0.10240")],
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


# -- many profiles


def test_a_hundred_files_in_two_processes_give_what_one_gives(tmp_path, capsys):
    names = []
    for number in range(100):
        file = tmp_path / f"{number}.xml"
        file.write_text(item(f"{D}/AllowCamera", number % 3) + item(f"{D}/Nothing{number}", 1))
        names.append(str(file))
    said = []
    for processes in ("1", "2"):
        assert main(["lint", *names, "--ddf", str(SAMPLE), "--processes", processes, "--format", "json"]) == 1
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1] and len(said[0]) >= 133


def test_a_bad_file_among_many_is_named(tmp_path, capsys):
    names = []
    for number in range(60):
        file = tmp_path / f"{number}.xml"
        file.write_text(item(f"{D}/AllowCamera", 1) if number != 57 else "nothing")
        names.append(str(file))
    assert main(["lint", *names, "--ddf", str(SAMPLE), "--processes", "2"]) == 2
    captured = capsys.readouterr()
    assert "57.xml" in captured.err and captured.err.count("\n") == 1


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


def conforming(draw, entry):
    """Verb, address, format and value of a command that the description of ``entry`` takes, or None."""
    node, facts = entry.node, entry.facts
    verbs = {verb.value for verb in node.access or ()} & {"Add", "Replace"}
    if node.is_interior or not verbs or facts.since == "99.9.99999" or facts.deprecated or facts.atomic or facts.needs:
        return None
    values = {
        "ENUM": facts.values, "Range": ("0", "9"), "Flag": ("0", "1", "3"), "RegEx": ("a.b",),
        "ADMX": ("&lt;disabled/&gt;",), "": ("x",),
    }.get(facts.kind, ("x",))  # fmt: skip
    if facts.kind == "Flag":
        numbers = [int(v, 0) for v in facts.values]
        values = tuple(str(sum(numbers[:n])) for n in range(len(numbers) + 1))
    if facts.kind == "RegEx" and facts.text == "[a-z]{1,8}":
        values = ("abc",)
    if node.format.value in ("b64", "null", "xml"):
        return None
    return draw.choice(sorted(verbs)), entry.uri.replace("*", "Home"), node.format.value, draw.choice(values)


FAULTS = {
    "path": lambda v, u, f, d: (v, u[:-1] + "zzz", f, d),
    "value": lambda v, u, f, d: (v, u, f, "77777777") if f == "int" else None,
    "format": lambda v, u, f, d: (v, u, "float" if f != "float" else "int", d),
    "verb": lambda v, u, f, d: ("Exec", u, f, d),
    "blank": lambda v, u, f, d: (v, u.replace("/MSFT/", "/MSFT /"), f, d),
    "slash": lambda v, u, f, d: (v, u.removeprefix("."), f, d),
    "no-data": lambda v, u, f, d: (v, u, f, None),
    "markup": lambda v, u, f, d: (v, u, f, "<a/>") if f == "chr" else None,
    "cdata": lambda v, u, f, d: (v, u, f, f"<![CDATA[{d}]]>") if "&" not in d else None,
    "no-format": lambda v, u, f, d: (v, u, "", d) if f != "chr" else None,
}  # fmt: skip
FAULTS["value"] = lambda v, u, f, d: (v, u, f, "99999999") if f == "int" else None


def written(rows):
    return "\n".join(item(uri, data, format, verb) for verb, uri, format, data in rows).encode()


@pytest.mark.parametrize("which", ["sample", "set", pytest.param("real", marks=pytest.mark.skipif(
    not REAL, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files"))])  # fmt: skip
def test_a_thousand_conforming_profiles_are_clean_and_a_thousand_faults_are_found(which, small):
    import random

    made = {"sample": lambda: CATALOGUE, "set": lambda: DescriptionCatalogue.of(small),
            "real": lambda: catalogue([REAL])}[which]()  # fmt: skip
    draw = random.Random(20)
    entries = list(made.entries.values())
    pool = [row for entry in entries for _ in range(3) if (row := conforming(draw, entry)) is not None]
    pool = [row for row in pool if not [f for f in _lint([row], made) if which == "real"]]
    met = set()
    for number in range(1000):
        rows = {row[1].lower(): row for row in draw.sample(pool, min(len(pool), draw.randint(1, 4)))}
        rows = list(rows.values())
        clean = _lint(rows, made)
        assert clean == [], (written(rows), clean)
        at, faults = draw.randrange(len(rows)), list(FAULTS)
        draw.shuffle(faults)
        rule, bad = next((rule, bad) for rule in faults if (bad := FAULTS[rule](*rows[at])) is not None
                         and not (rule == "value" and _takes(made, rows[at], bad)))  # fmt: skip
        found = _lint([*rows[:at], bad, *rows[at + 1 :]], made)
        assert rule in [finding.rule for finding in found], (number, rule, bad, [str(f) for f in found])
        assert {finding.line for finding in found} == {at + 1}
        met.add(rule)
    assert len(met) >= 9


def _takes(made, row, bad):
    facts = made.find(row[1]).entry.facts
    return facts.kind not in ("ENUM", "Range", "Flag")


def _lint(rows, made):
    return list(lint([read_profile("p.xml", written(rows))], made))
