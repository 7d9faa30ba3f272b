"""docs/ambiguities.md against the code: what it names is there, and what is there is named."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from dmkit.bootstrap.rules import BootstrapRules
from dmkit.dm2.rules import Dm2Rules
from dmkit.lwm2m.rules import LwM2mRules
from dmkit.mo.sched.values import SchedRules
from dmkit.notify import NotifyRules
from dmkit.session.rules import Rules
from dmkit.tree.apply import TreeRules

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "ambiguities.md"
OWNERS = {
    "Rules": Rules,
    "TreeRules": TreeRules,
    "NotifyRules": NotifyRules,
    "BootstrapRules": BootstrapRules,
    "SchedRules": SchedRules,
    "Dm2Rules": Dm2Rules,
    "LwM2mRules": LwM2mRules,
}
CODE = re.compile(r"`([^`]+)`")


def rows() -> list[list[str]]:
    """The rows of all tables: five cells each."""
    lines = [line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines()]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("|")]
    return [row for row in cells if row[0] != "Where" and not row[0].startswith("---")]


ROWS = rows()
EACH = pytest.mark.parametrize("row", ROWS, ids=[row[0][:60] for row in ROWS])


@EACH
def test_a_row_is_whole(row: list[str]) -> None:
    where, default, other, switch, test = row
    assert re.match(r"(UNSURE|CONFLICT|PROPOSAL) \S+ §|(UNSURE|CONFLICT|PROPOSAL) \S+ ", where), where
    assert default and other and default != other
    assert switch.startswith("fixed") or CODE.search(switch), switch
    assert CODE.search(test), test


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
