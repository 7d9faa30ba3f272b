"""Every regular expression of the package, with each of its repeated pieces pumped: none takes time beyond proportion.

From the parsed expression come texts that begin as it begins and then repeat one piece, or the whole beginning, until
nothing that it wants follows.  Steps inside an expression cannot be counted, so an alarm of processor time stands
behind: what goes with the length is done in milliseconds, and what goes with its square takes minutes.
"""

from __future__ import annotations

import ast
import importlib
import re
import signal
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "dmkit"
LONG = 50_000
SECONDS = 1.0
MANY = 8
"""A piece that may come more often than this is one that a stranger can pump."""
OF_OURS = {
    "workbench/material/golden.py": "files of this repository",
    "workbench/material/worked.py": "files of this repository",
    "workbench/whatif/texts.py": "texts of this repository",
    "workbench/readings/switches.py": "docstrings of rules",
    "sim/schedule_switches.py": "docstrings of rules",
    "wire/compiling.py": "the grammar, whose expressions it makes",
    "wire/compiled.py": "expressions that are made from the grammar; the tests of its mutants run them",
    "lab/": "what the library itself has written",
}
"""Modules whose expressions see nothing from outside, and what they see."""
ELSEWHERE = {"tree/values.py:_FLOAT": "match", "ddf/registry.py": "fullmatch", "views/notation/reader.py": "match"}
"""How expressions are used that a module hands to a function."""


class UsedExpression(NamedTuple):
    """An expression, where it stands, and the methods by which it is used; ``search`` where nobody can tell."""

    where: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


METHODS = frozenset({"match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"})


@lru_cache
def expressions() -> tuple[UsedExpression, ...]:
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        place, text = file.relative_to(PACKAGE).as_posix(), file.read_text(encoding="utf-8")
        if place.startswith(tuple(OF_OURS)) or not ("re." in text or "late_pattern(" in text):
            continue
        tree = ast.parse(text)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        used: dict[str, set[str]] = {}
        for call in calls:
            assert isinstance(call.func, ast.Attribute)
            if call.func.attr in METHODS:
                used.setdefault(ast.unparse(call.func.value), set()).add(call.func.attr)
        for name in made_in(tree):
            value = getattr(importlib.import_module("dmkit." + place.removesuffix(".py").replace("/", ".")), name)
            pattern = re.compile(value.pattern, value.flags & ~(0 if isinstance(value.pattern, str) else re.UNICODE))
            told = ELSEWHERE.get(f"{place}:{name}", ELSEWHERE.get(place, "search"))
            found.append(UsedExpression(f"{place}:{name}", pattern, frozenset(used.get(name, {told}))))
        for call in calls:
            method, written = ast.unparse(call.func), call.args[0] if call.args else None
            if method.removeprefix("re.") in METHODS and isinstance(written, ast.Constant):
                last = ast.unparse(call.args[-1])
                pattern = re.compile(written.value, eval(last, {"re": re}) if last.startswith("re.") else 0)
                found.append(UsedExpression(f"{place}:{call.lineno}", pattern, frozenset({method[3:]})))
    return tuple(found)


def made_in(tree: ast.Module) -> Iterator[str]:
    """Names of a module that stand for an expression."""
    for node in tree.body:
        value = getattr(node, "value", None)
        if isinstance(value, ast.Call) and ast.unparse(value.func) in ("re.compile", "late_pattern"):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            yield ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])


ODD = "\x02"
"""A sign that hardly any expression wants."""


def sample(pieces: Any) -> str:
    """Some text that ``pieces`` of a parsed expression match, or nearly."""
    return "".join(one(kind, value) for kind, value in pieces)


def one(kind: Any, value: Any) -> Any:
    match kind:
        case kinds.LITERAL:
            return chr(int(value))
        case kinds.NOT_LITERAL | kinds.ANY:
            return "q"
        case kinds.IN:
            return member(value)
        case kinds.BRANCH:
            return sample(value[1][0])
        case kinds.SUBPATTERN:
            return sample(value[3])
        case kinds.ATOMIC_GROUP:
            return sample(value)
        case _ if kind in REPEATS:
            return sample(value[2]) * max(value[0], 1)
    return ""


def member(choices: Any) -> str:
    """A sign of a class."""
    if choices[0][0] is kinds.NEGATE:
        shut = "".join(chr(value) for kind, value in choices[1:] if kind is kinds.LITERAL)
        return "".join(sign for sign in "q7 -" if sign not in shut)[:1]
    kind, value = choices[0][0], choices[0][1]
    if kind is kinds.RANGE:
        return chr(int(value[0]))
    if kind is kinds.CATEGORY:
        return {kinds.CATEGORY_SPACE: " ", kinds.CATEGORY_DIGIT: "1"}.get(value, "q")
    return chr(int(value))


def pumped(pieces: Any, before: str = "") -> Iterator[str]:
    """Texts that begin as the expression does, and have a piece of it, or some that follow each other, very often."""
    pieces, samples = list(pieces), [one(kind, value) for kind, value in pieces]
    often = [at for at, (kind, value) in enumerate(pieces) if kind in REPEATS and value[1] > MANY and samples[at]]
    for at, (kind, value) in enumerate(pieces):
        begun = before + "".join(samples[:at])
        if at in often:
            yield from (begun + many("".join(samples[at:end])) for end in {at + 1, *often} if end > at)
            yield many(begun + samples[at])
        inside = {kinds.SUBPATTERN: value[3:] if kind is kinds.SUBPATTERN else (), kinds.ATOMIC_GROUP: (value,)}
        branches = value[1] if kind is kinds.BRANCH else value[2:] if kind in REPEATS else inside.get(kind, ())
        for branch in branches:
            yield from pumped(branch, begun)
    yield many((before + "".join(samples))[:-1])


REPEATS = frozenset({kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT})


def many(text: str) -> str:
    return text * (LONG // max(len(text), 1) + 1)


class TooLong(Exception):
    pass


def late(number: int, frame: object) -> None:
    raise TooLong


def texts(expression: UsedExpression) -> Iterator[str]:
    for text in pumped(parser.parse(expression.pattern.pattern, expression.pattern.flags)):
        yield text
        yield text + ODD


def use(expression: UsedExpression, text: str) -> None:
    given: Any = text if isinstance(expression.pattern.pattern, str) else text.encode("latin-1", "replace")
    for method in sorted(expression.methods):
        if method in ("sub", "subn"):
            getattr(expression.pattern, method)(given[:0], given)
        elif method == "finditer":
            for _ in expression.pattern.finditer(given):
                pass
        else:
            getattr(expression.pattern, method)(given)


def slow(expression: UsedExpression) -> str:
    """The beginning of a text that it takes too long over."""
    before = signal.signal(signal.SIGPROF, late)
    try:
        for text in texts(expression):
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                use(expression, text)
            except TooLong:
                return repr(text[:60]) + (" and the odd sign" if text.endswith(ODD) else "")
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    finally:
        signal.signal(signal.SIGPROF, before)
    return ""


@pytest.mark.parametrize("place", sorted({one.where.partition(":")[0] for one in expressions()}))
def test_no_expression_takes_time_beyond_proportion(place: str) -> None:
    mine = [one for one in expressions() if one.where.partition(":")[0] == place]
    assert {one.where: said for one in mine if (said := slow(one))} == {}


@pytest.mark.parametrize("pattern", [r"\w+=", r"<a>.*?</a>", r"(?:\s|<.*?>)*x", r"x\s*\s*y", r"(a+)+b"])
def test_expressions_that_do_are_found(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SECONDS", 0.5)
    assert slow(UsedExpression("here:1", re.compile(pattern, re.DOTALL), frozenset({"search"})))


def test_all_that_are_used_are_looked_at() -> None:
    assert len(expressions()) > 120
