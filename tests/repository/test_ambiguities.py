"""docs/ambiguities.md against the code: what it names is there, and what is there is named."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from tests.switches import OWNERS, held, turned

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "ambiguities.md"
CODE = re.compile(r"`([^`]+)`")


def rows() -> list[list[str]]:
    """The rows of all tables: six cells each."""
    lines = [line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines()]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("|")]
    return [row for row in cells if row[0] != "Where" and not row[0].startswith("---")]


ROWS = rows()
EACH = pytest.mark.parametrize("row", ROWS, ids=[row[0][:60] for row in ROWS])


@EACH
def test_a_row_is_whole(row: list[str]) -> None:
    where, default, other, switch, test, met = row
    assert re.match(r"(UNSURE|CONFLICT|PROPOSAL) \S+ §|(UNSURE|CONFLICT|PROPOSAL) \S+ ", where), where
    assert default and other and default != other
    assert switch.startswith("fixed") or CODE.search(switch), switch
    assert CODE.search(test), test
    linked = re.fullmatch(r"\[([a-z ]+)\]\((readings/[a-z0-9-]+\.md)#\w+\)", met)  # to the two ladders
    assert linked is None or (ROOT / "docs" / linked[2]).is_file(), met
    met = linked[1] if linked else met
    assert met in ("-", "silent divergence", "breaks", "visible", "harmless", "not shown"), met


@EACH
def test_its_switch_exists(row: list[str]) -> None:
    switch = row[3]
    if switch.startswith("fixed"):
        assert ":" in switch, "fixed, but why?"
        return
    for name in CODE.findall(switch):
        owner, _, attribute = name.partition("=")[0].rpartition(".")
        if owner in OWNERS:
            assert attribute in {field.name for field in fields(OWNERS[owner])}, name
        else:
            module, _, holder = owner.rpartition(".")
            try:
                thing = import_module(owner)
            except ModuleNotFoundError:
                thing = getattr(import_module(module), holder)
            assert hasattr(thing, attribute), name


@EACH
def test_its_test_exists(row: list[str]) -> None:
    for name in CODE.findall(row[4]):
        path, _, test = name.partition("::")
        function, _, param = test.partition("[")
        source = (ROOT / path).read_text(encoding="utf-8")
        names = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
        assert function.split("::")[-1] in names, name
        assert not param or f'"{param.removesuffix("]")}"' in source, name


NOT_WATCHED = {"Dm2Rules", "LwM2mRules"}
"""Owners whose tests are not run once more here."""
TURNED_ELSEWHERE = {"gap", "hourly", "expired", "trap_while_off", "successor"}
"""Fields of SchedRules that their tests turn in readings of time or in cases that were made when the module loaded."""
WATCHED = set(OWNERS) - NOT_WATCHED
ELSEWHERE = {f"SchedRules.{field}" for field in TURNED_ELSEWHERE}
SWITCHED = [
    row
    for row in ROWS
    if any(name.partition(".")[0] in WATCHED for name in CODE.findall(row[3]))
    and not ELSEWHERE & {*CODE.findall(row[3])}
]


@pytest.fixture(scope="module")
def switches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Test -> what it turns: the tests of the page, run once more by themselves."""
    place = tmp_path_factory.mktemp("switches") / "found.json"
    tests = sorted({name.partition("[")[0] for row in SWITCHED for name in CODE.findall(row[4])})
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", "-p", "tests.switches"]
    done = subprocess.run(
        [*command, "--switches", str(place), "--no-record", *tests],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return dict(json.loads(place.read_text(encoding="utf-8")))


@pytest.mark.parametrize("row", SWITCHED, ids=[row[0][:60] for row in SWITCHED])
def test_its_test_turns_the_switch(row: list[str], switches: dict[str, list[str]]) -> None:
    """A test that only shows the default pins nothing: it must run with another value of the field too."""
    wanted = {name.partition("=")[0] for name in CODE.findall(row[3]) if name.partition(".")[0] in OWNERS}
    seen = {
        field
        for test in CODE.findall(row[4])
        for ran, found in switches.items()
        if ran == test or ran.partition("[")[0] == test or ran.startswith(f"{test}[")
        for field in found
    }
    assert wanted & seen, f"{row[4]} runs with the default of {', '.join(sorted(wanted))} only"


def test_a_switch_that_is_not_turned_would_be_noticed() -> None:
    rules = OWNERS["Rules"]
    assert list(turned(rules())) == []
    assert list(turned(rules(late_alert="keep"))) == ["Rules.late_alert"]
    assert set(held({"a": [rules(tree=OWNERS["TreeRules"](copy=False))]})) == {"Rules.tree", "TreeRules.copy"}


def documented(owner: type) -> dict[str, str]:
    """Field -> the text below it in the source of its class."""
    source = Path(import_module(owner.__module__).__file__ or "").read_text(encoding="utf-8")
    [body] = [
        node.body
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and node.name == owner.__name__
    ]
    return {
        field.target.id: text.value.value
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


@pytest.mark.parametrize("owner", OWNERS)
def test_every_open_choice_has_a_row(owner: str) -> None:
    listed = {name for row in ROWS for name in CODE.findall(row[3])}
    texts = documented(OWNERS[owner])
    assert set(texts) == {field.name for field in fields(OWNERS[owner])}, "a field without a text"
    missing = [
        name
        for name, text in texts.items()
        if re.search(r"\b(UNSURE|CONFLICT)\b", text) and f"{owner}.{name}" not in listed
    ]
    assert not missing, f"fields of {owner} that say UNSURE or CONFLICT, without a row in docs/ambiguities.md"
