"""Lint: each rule with a description that breaks it and nothing else, beside one that breaks nothing."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings

from dmkit import ddf
from dmkit.ddf import generate as testing
from dmkit.ddf.allowed import NS_WINDOWS
from dmkit.ddf.linting.report import RULES, Severity, lint, severities
from dmkit.ddf.linting.rule import LIMITS, places
from dmkit.ddf.reader import read
from dmkit.ddf.registry import OLDER, REGISTERED, form_of
from dmkit.ddf.spec import Basis, NodeSpec, Occurrence, OccurrenceKind, RunTime, Scope, Spec
from dmkit.tree.acl import RIGHTS
from dmkit.tree.uri import UriLimits
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import ConfigError
from dmkit.words.model import Element
from tests.steps import python_lines

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
EXAMPLES = sorted(p.name for p in DATA.glob("*.xml"))
WINDOWS = os.environ.get("DMKIT_WINDOWS_DDF", "")

GET, ADD, DELETE, REPLACE, EXEC = Verb.GET, Verb.ADD, Verb.DELETE, Verb.REPLACE, Verb.EXEC
ONE, MANY = Occurrence(), Occurrence(OccurrenceKind.ZERO_OR_MORE)


def leaf(name="Host", *access, **fields):
    said = {
        "access": frozenset(access or (ADD, GET, REPLACE)),
        "format": Format.CHR,
        "mime": ("text/plain",),
        "occurrence": ONE,
        "scope": Scope.DYNAMIC,
        "title": "Name of the server",
        "description": "Where it is.",
    }
    return NodeSpec(name=name, **{**said, **fields})


def interior(name, *children, access=(GET,), **fields):
    said = {
        "format": Format.NODE,
        "object_id": "",
        "occurrence": ONE,
        "scope": Scope.DYNAMIC,
        "title": "Entry",
        "description": "An entry; whoever adds it chooses the name.",
    }
    return NodeSpec(name=name, access=frozenset(access), children=children, **{**said, **fields})


def entry(*children, **fields):
    return interior(
        "", *(children or (leaf(),)), **{"access": (ADD, DELETE, GET, REPLACE), "occurrence": MANY, **fields}
    )


def mo(*children, **fields):
    said = {
        "scope": Scope.PERMANENT,
        "object_id": "com.example/1.0/Mail",
        "case_sensitive": True,
        "basis": Basis.PROPOSAL,
    }
    return Spec((interior("Mail", *(children or (entry(),)), **{**said, **fields}),))


def in_entry(*children):
    return mo(entry(*children))


def values(*texts, kind="ENUM"):
    inner = tuple(Element("Enum", NS_WINDOWS, (Element("Value", NS_WINDOWS, (text,)),)) for text in texts)
    if kind == "Range":
        inner = (Element("Value", NS_WINDOWS, texts),)
    return {"extensions": (Element("AllowedValues", NS_WINDOWS, inner, (("ValueType", kind),)),)}


NAMING = (Element("DynamicNodeNaming", "urn:x"),)
WITHOUT_TYPE = {"mime": None, "object_id": None}
RUN_TIME = {"acl": "Get=*", "format": Format.CHR, "name": "Host", "mime": "text/plain"}

# rule -> (a description that breaks it and no other, one that comes close and breaks none)
CASES = {
    "incomplete": (in_entry(leaf(**WITHOUT_TYPE)), in_entry(leaf())),
    "leaf-with-children": (in_entry(replace(interior("A", leaf()), format=Format.CHR)),
                           in_entry(interior("A", leaf()))),
    "open-interior": (in_entry(interior("A")), in_entry(interior("Ext"))),
    "duplicate": (in_entry(leaf("A"), leaf("A")), in_entry(leaf("A"), leaf("B"))),
    "case-only": (in_entry(leaf("Url"), leaf("URL")), in_entry(leaf("Url"), leaf("Urn"))),
    "two-placeholders": (mo(entry(), entry()), mo(entry(), interior("More", entry()))),
    "name-blanks": (in_entry(leaf("Host name")), in_entry(leaf("HostName"))),
    "name-characters": (in_entry(leaf("Größe#1")), in_entry(leaf("a-b_c.d!~*'(1):@&=+$,"))),
    "name-dots": (in_entry(interior("A.", leaf())), in_entry(leaf("A."))),
    "uri-limits": (in_entry(leaf("A" * 65)), in_entry(leaf("A" * 64))),
    "path-nested": (in_entry(leaf(path="./Mail/*")), mo(path=".")),
    "path-form": (mo(path="./Vendor/"), mo(path="./Vendor")),
    "no-access": (in_entry(replace(leaf(), access=frozenset())), in_entry(leaf("A", GET))),
    "no-get": (in_entry(interior("A", leaf(), access=(REPLACE,))), in_entry(leaf("A", EXEC, format=Format.NULL))),
    "write-only": (in_entry(leaf("Host", ADD, REPLACE)), in_entry(leaf("Password", ADD, REPLACE))),
    "secret-get": (in_entry(leaf("AAuthSecret")), in_entry(leaf("PasswordLength", format=Format.INT))),
    "inbox-get": (Spec((interior("Inbox", object_id="urn:oma:mo:oma-dm-inbox:1.0", access=(ADD, GET),
                                 case_sensitive=True, basis=Basis.ESTABLISHED),)),
                  Spec((interior("Inbox", object_id="urn:oma:mo:oma-dm-inbox:1.0", access=(ADD,),
                                 case_sensitive=True, basis=Basis.ESTABLISHED),))),
    "copy": (in_entry(leaf("A", GET, Verb.COPY)), in_entry(leaf("A", GET))),
    "exec-interior": (in_entry(interior("A", leaf(), access=(EXEC, GET))),
                      in_entry(interior("A", leaf("Run", EXEC, format=Format.NULL)))),
    "exec-value": (in_entry(leaf("Run", EXEC)), in_entry(leaf("Run", EXEC, format=Format.NULL))),
    "null-without-exec": (in_entry(leaf("A", GET, format=Format.NULL)),
                          in_entry(leaf("A", EXEC, GET, format=Format.NULL))),
    "permanent-add": (mo(leaf("A", ADD, GET, scope=Scope.PERMANENT)), mo(access=(ADD, GET))),
    "permanent-delete": (in_entry(leaf("A", DELETE, GET, scope=Scope.PERMANENT)),
                         in_entry(leaf("A", ADD, DELETE, GET))),
    "permanent-replace": (mo(entry(interior("A", leaf(), access=(GET, REPLACE), scope=Scope.PERMANENT))),
                          mo(entry(interior("A", leaf(), access=(GET, REPLACE))))),
    "permanent-many": (mo(entry(leaf("A", GET), access=(GET,), scope=Scope.PERMANENT)),
                       mo(entry(leaf("A", GET), access=(GET,)))),
    "named-many": (in_entry(interior("A", leaf(), occurrence=MANY)), mo(entry(occurrence=MANY))),
    "placeholder-one": (mo(entry(occurrence=ONE)), mo(entry(occurrence=Occurrence(OccurrenceKind.ZERO_OR_ONE)))),
    "no-bound": (mo(entry(occurrence=Occurrence(OccurrenceKind.ZERO_OR_N))),
                 mo(entry(occurrence=Occurrence(OccurrenceKind.ZERO_OR_N, 8)))),
    "defaults-implied": (in_entry(leaf(scope=None, occurrence=None)), in_entry(leaf(occurrence=None))),
    "no-naming": (mo(entry(title=None, description=None)), mo(entry(extensions=NAMING))),
    "placeholder-without-add": (mo(entry(access=(DELETE, GET), description=None)),
                                mo(entry(leaf("A", GET), access=(GET,)))),
    "add-without-delete": (mo(entry(access=(ADD, GET))), mo(entry(access=(ADD, DELETE, GET)))),
    "delete-without-add": (in_entry(interior("A", leaf("B", DELETE, GET))),
                           in_entry(interior("A", leaf("B", ADD, DELETE, GET)))),
    "unreachable": (mo(leaf("A", GET, REPLACE, scope=Scope.PERMANENT)),
                    mo(leaf("A", GET, REPLACE, scope=Scope.PERMANENT),
                       run_time=RunTime(acl="Add=*&Get=*&Replace=*", format=Format.NODE, name="Mail", object_id=""))),
    "default-on-interior": (in_entry(interior("A", leaf(), default="1")), in_entry(leaf(default="1"))),
    "type-on-interior": (in_entry(interior("A", leaf(), object_id=None, mime=("text/plain",))),
                         in_entry(interior("A", leaf(), object_id=""))),
    "name-on-leaf": (in_entry(leaf(mime=None, object_id="")), in_entry(leaf())),
    "no-mime": (in_entry(leaf(mime=("",))), in_entry(leaf(mime=("text/plain", "text/html")))),
    "mime-form": (in_entry(leaf(mime=("plain",))), in_entry(leaf(mime=("text/plain; charset=utf-8",)))),
    "mime-unknown": (in_entry(leaf(mime=("text/x-note",))), in_entry(leaf(mime=("text/vnd.acme.note",)))),
    "mime-against-format": (in_entry(leaf(mime=("image/png",))),
                            in_entry(leaf(mime=("image/png",), format=Format.BIN))),
    "default-against-format": (in_entry(leaf(default="yes", format=Format.BOOL)),
                               in_entry(leaf(default="true", format=Format.BOOL))),
    "default-not-allowed": (in_entry(leaf(default="c", **values("a", "b"))),
                            in_entry(leaf(default="b", **values("a", "b")))),
    "values-against-format": (in_entry(leaf(format=Format.INT, **values("1", "off"))),
                              in_entry(leaf(format=Format.INT, **values("1", "2")))),
    "default-secret": (in_entry(leaf("Password", ADD, REPLACE, default="admin")),
                       in_entry(leaf("UserName", default="admin"))),
    "bool-as-text": (in_entry(leaf(default="true")), in_entry(leaf(default="true", **values("true", "false", "auto")))),
    "acl-default": (in_entry(leaf(run_time=RunTime(**{**RUN_TIME, "acl": "get=*"}))),
                    in_entry(leaf(run_time=RunTime(**RUN_TIME)))),
    "run-time-differs": (in_entry(leaf(run_time=RunTime(**{**RUN_TIME, "format": Format.INT}))),
                         in_entry(leaf(run_time=RunTime(**RUN_TIME)))),
    "run-time-incomplete": (in_entry(leaf(run_time=RunTime(**{**RUN_TIME, "acl": None}))),
                            in_entry(leaf(run_time=RunTime(**{**RUN_TIME, "name": "", "acl": ""})))),
    "no-mo-id": (mo(object_id=""), mo()),
    "mo-id-form": (mo(object_id="com.example/11/Mail"), mo(object_id="https://example.com/mail")),
    "mo-id-unregistered": (mo(object_id="urn:oma:mo:oma-mail:1.0"), mo(object_id="urn:oma:mo:oma-fumo:1.0")),
    "mo-id-old": (mo(object_id="org.openmobilealliance/1.0/w7"), mo(object_id="urn:oma:mo:oma-dm-dmacc:1.0")),
    "no-description": (in_entry(leaf(description="  ")), in_entry(leaf())),
    "no-title": (in_entry(leaf(title=None)), in_entry(interior("A", leaf(), title=None))),
    "no-basis": (mo(basis=None), replace(mo(basis=None), basis=Basis.UNSURE)),
    "no-case-sense": (mo(case_sensitive=None), mo(case_sensitive=False)),
}  # fmt: skip
BESIDES = {"placeholder-without-add": {"no-description", "unreachable"}, "no-naming": {"no-description", "no-title"}}
"""What cannot be broken without breaking another: said."""


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_breaks_it(rule):
    broken, fine = CASES[rule]
    assert {remark.rule for remark in lint(broken)} == {rule} | BESIDES.get(rule, set())
    assert not lint(fine).remarks


def test_every_rule_is_tested_and_says_why_and_what_mends_it():
    assert set(CASES) == set(RULES) and len(RULES) >= 28
    for id, rule in RULES.items():
        assert rule.id == id and rule.severity > Severity.OFF
        assert rule.why.endswith((".", "?")) and rule.fix[0].islower() and not rule.fix.endswith(".") and rule.source


@pytest.mark.parametrize(("spec", "rule", "says"), [
    (in_entry(replace(leaf(), described=False, access=None, format=None, mime=None)), "incomplete", "no DFProperties"),
    (in_entry(leaf("A"), leaf("A")), "duplicate", "it is described 2 times"),
    (in_entry(*[leaf("A")] * 2), "duplicate", "it is described 2 times"),
    (in_entry(leaf(default="70000000000", format=Format.INT)), "default-against-format", "number of 32 bits"),
    (in_entry(leaf(default="0", format=Format.INT, **values("[1-16]", kind="Range"))), "default-not-allowed",
     "DefaultValue 0 is not in [1-16]"),
    (in_entry(leaf(format=Format.INT, **values("[(-1)-4294967295]", kind="Range"))), "values-against-format",
     "the range ends at 4294967295"),
    (in_entry(leaf(mime=("letters/plain",))), "mime-form", "'letters' is no top-level type"),
    (in_entry(leaf(mime=("text/plain",), format=Format.BIN)), "mime-against-format", "text/plain in format bin"),
    (in_entry(leaf(mime=("application/pdf",), format=Format.INT)), "mime-against-format", "pdf in format int"),
    (in_entry(leaf(mime=("application/octet-stream",))), "mime-against-format", "in format chr"),
    (in_entry(leaf(mime=("application/pdf",), format=Format.XML)), "mime-against-format", "in format xml"),
    (in_entry(leaf(default="x", format=Format.NULL, access=frozenset({EXEC}))), "default-against-format", "is null"),
    (mo(path=""), "path-form", "Path is empty"),
    (in_entry(leaf("..")), "name-dots", ".. is no name"),
    (mo(leaf("A", EXEC, GET, REPLACE, scope=Scope.PERMANENT, description="x")), "unreachable",
     "nobody has Exec and Replace under the default list (Add=*&Get=*)"),
    (in_entry(leaf(run_time=RunTime(**{**RUN_TIME, "name": "Hosts"}))), "run-time-differs", "NodeName 'Host'"),
    (in_entry(leaf(run_time=RunTime(**{**RUN_TIME, "mime": "text/html"}))), "run-time-differs", "DFType text/plain"),
    (in_entry(leaf(run_time=RunTime(**{**RUN_TIME, "title": "ü" * 128}))), "run-time-differs", "255 octets"),
    (mo(run_time=RunTime(acl="", format=Format.NODE, name="", object_id="urn:x:y", size="")), "run-time-differs",
     "Type urn:x:y, and DFType com.example/1.0/Mail"),
])  # fmt: skip
def test_what_a_rule_says(spec, rule, says):
    assert any(says in remark.says for remark in lint(spec) if remark.rule == rule)


def test_blanks_that_reading_took_away_are_found():
    spec = ddf.read(b"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>A  </NodeName></Node></MgmtTree>")
    assert [r.says for r in lint(spec) if r.rule == "name-blanks"] == [
        "NodeName is written 'A  ', with white space around it"
    ]


def test_a_continuation_is_no_duplicate_and_closes_what_seemed_open():
    spec = mo(entry(), interior("Users"))
    more = interior("*", leaf("Name", GET), path="./Mail/Users", case_sensitive=True, basis=Basis.PROPOSAL)
    rules = {r.rule for r in lint(spec)}
    assert rules == {"open-interior"}
    assert not {"open-interior", "duplicate"} & {r.rule for r in lint(Spec((*spec.roots, more)))}


def test_a_server_that_makes_a_node_above_is_its_master_and_a_leaf_has_none():
    below = interior("A", leaf("B", GET, REPLACE), scope=Scope.PERMANENT)
    assert "unreachable" not in {r.rule for r in lint(mo(entry(below)))}
    alone = mo(leaf("A", ADD, GET, REPLACE))  # the leaf rule: its maker has no Replace on it
    assert "unreachable" in {r.rule for r in lint(alone)}


def test_limits_are_those_of_the_devices_in_view():
    spec = in_entry(leaf("Name"))
    assert [r.says for r in lint(spec, limits=UriLimits(max_depth=2, max_total=12, max_segment=3))] == [
        "its name has 4 characters; 3 are taken",
        "3 segments; 2 are taken",
        "its address has 13 characters or more; 12 are taken",
        "its name has 4 characters; 3 are taken",
    ]
    assert not lint(in_entry(leaf("N" * 300)), limits=UriLimits()).remarks


def test_severities_are_a_matter_of_taste():
    spec = in_entry(leaf(description=None))
    assert [r.severity for r in lint(spec)] == [Severity.WARNING]
    assert [r.severity for r in lint(spec, {"no-description": "error"})] == [Severity.ERROR]
    assert not lint(spec, {"no-description": Severity.OFF}).remarks
    for changes, sentence in (
        ({"no-descr": "off"}, "'no-descr' is no lint rule; these are: acl-default"),
        ({"copy": "loud"}, "'loud' is no severity; these are: off, info, warning, error"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            severities(changes)


def test_a_report_counts_and_prints():
    report = lint(mo(entry(leaf(title=None), leaf("B", title=None), leaf("C", mime=("",)))))
    assert report.counts() == {"no-title": 2, "no-mime": 1}
    assert report.by_severity() == {Severity.WARNING: 1, Severity.INFO: 2}
    assert str(report).splitlines()[-1] == "1 warning; 2 info not shown"
    assert report.text(Severity.INFO).splitlines()[-1] == "1 warning, 2 info"
    assert str(lint(mo())) == "nothing to say"
    assert [r.uri for r in report.at_least(Severity.WARNING)] == ["./Mail/*/C"]


@pytest.mark.parametrize("file", EXAMPLES)
def test_our_examples_are_clean(file):
    # what they say about rights is the device's business: nobody has Replace or Exec until it sets a list
    assert {remark.rule for remark in lint(ddf.load(DATA / file))} <= {"unreachable"}


@settings(max_examples=60)
@given(testing.specs())
def test_no_description_is_too_strange(spec):
    for remark in lint(spec):
        assert remark.rule in RULES and remark.says and "\n" not in remark.fix


def one_by_one(spec, limits=LIMITS):
    """What lint says when each rule is asked at each place."""
    return [(at.uri, rule.id, says) for at in places(spec, limits) for rule in RULES.values() for says in rule.find(at)]


def at_once(spec, limits=LIMITS):
    return [(remark.uri, remark.rule, remark.says) for remark in lint(spec, limits=limits)]


@pytest.mark.slow
@settings(max_examples=300)
@given(testing.specs())
def test_nodes_of_one_kind_break_the_same_rules(spec):
    assert at_once(spec) == one_by_one(spec)
    tight = UriLimits(max_depth=2, max_total=12, max_segment=3)
    assert at_once(spec, tight) == one_by_one(spec, tight)


@pytest.mark.parametrize("rule", CASES)
def test_what_is_known_of_a_kind_holds_for_all_cases(rule):
    for spec in CASES[rule]:
        assert at_once(spec) == one_by_one(spec)


@pytest.mark.parametrize("file", EXAMPLES)
def test_examples_are_judged_as_if_each_rule_were_asked(file):
    spec = ddf.load(DATA / file)
    assert at_once(spec) == one_by_one(spec)


def test_real_descriptions_are_judged_as_if_each_rule_were_asked(corpus):
    spec = ddf.load(corpus / "ddf" / "aosp-syncmldm.ddf")
    assert at_once(spec) == one_by_one(spec)


def test_the_client_of_aosp(corpus):
    report = lint(ddf.load(corpus / "ddf" / "aosp-syncmldm.ddf"))
    assert report.counts() == documented(4)


def documented(column):
    """What docs/ddf-in-the-wild.md says of each rule: severity and the number in ``column``."""
    page = (DATA.parents[1] / "docs" / "ddf-in-the-wild.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| `([\w-]+)` \| ([\d-]+) \| ([\d-]+) \| ([\d-]+) \|$", page, re.M)
    assert {RULES[rule].severity for _, rule, *_ in rows} == {Severity.of(word) for word, *_ in rows}
    return {row[1]: int(row[column]) for row in rows if row[column] != "-"}


@pytest.mark.skipif(not WINDOWS, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files")
def test_all_windows_descriptions_and_the_page_about_them():
    counts, documents = Counter(), Counter()
    files = sorted(Path(WINDOWS).glob("*.xml"))
    for file in files:
        report = lint(ddf.load(file))
        counts.update(report.counts())
        documents.update({remark.rule for remark in report})
    if len(files) == 308:
        assert (dict(counts), dict(documents)) == (documented(2), documented(3))


def test_the_registry_has_forms_that_lint_accepts():
    assert all(form_of(name) == "urn" for name in REGISTERED) and len(REGISTERED) >= 45
    assert all(form_of(name) == "domain" and now in REGISTERED for name, now in OLDER.items())
    assert form_of("com.example/01.0/X") == form_of("example/1.0/X") == form_of("com.example/1.0") == ""
    assert set(RIGHTS) <= set(Verb)


@pytest.mark.parametrize("name", ["n{0}", "same", "{1}", ""], ids=["all different", "one name", "case only", "unnamed"])
def test_many_siblings_take_steps_in_proportion(name: str) -> None:
    """Counted in lines that Python runs for n and for 2n nodes below one parent."""

    def steps(n: int) -> int:
        words = ["".join(signs) for signs in product(*zip("abcdefghi", "ABCDEFGHI", strict=True))]
        leaves = "".join(
            f"<Node><NodeName>{name.format(at, words[at])}</NodeName><DFProperties><AccessType><Get/></AccessType>"
            "<DFFormat><chr/></DFFormat><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>"
            for at in range(n)
        )
        spec = read(f"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>W</NodeName>{leaves}</Node></MgmtTree>".encode())
        reports = []
        count = python_lines(lambda: reports.append(lint(spec)))
        assert len(reports[0]) >= n
        return count

    assert steps(256) < 2.3 * steps(128)
