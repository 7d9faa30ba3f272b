"""Nothing is taken from the front of a list, or put there, one by one: each time, all that stands behind it moves.

A look at the source: no step of the interpreter shows it.  ``collections.deque``, an iterator, or a list whose next
one stands last does the same in constant time.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "dmkit"
OF_OURS = {
    "sim/schedule_cases.py": "cases of this repository",
    "lab/studies/device_schedule.py": "what a study has written",
    "card/card.py": "one command that is announced before the others",
    "wire/settle.py": "code pages of a vocabulary, at most three",
    "windows/entries.py": "the first name of an address",
    "probe/tls.py": "one extension",
}
"""Files in which the list is short, and what is in it."""


def fronts(tree: ast.AST) -> list[int]:
    """Lines where the front of a list is taken away or filled."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="pop"), args=[ast.Constant(value=0)]):
                found.append(node.lineno)
            case ast.Call(func=ast.Attribute(attr="insert"), args=[ast.Constant(value=0), _]):
                found.append(node.lineno)
            case ast.Assign(targets=[ast.Subscript(slice=ast.Slice(lower=None, upper=ast.Constant(value=0)))]):
                found.append(node.lineno)
    return found


@pytest.mark.parametrize("source", ["a.pop(0)", "a.insert(0, b)", "a[:0] = b"])
def test_the_front_of_a_list_is_found(source: str) -> None:
    assert fronts(ast.parse(source)) == [1]
    assert fronts(ast.parse("a.pop(); a.popleft(); a.insert(1, b); a[:1] = b; d.pop('0')")) == []


def test_nothing_is_taken_from_the_front_of_a_list() -> None:
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        lines = fronts(ast.parse(file.read_text(encoding="utf-8")))
        if lines:
            found[file.relative_to(PACKAGE).as_posix()] = lines
    assert set(found) == set(OF_OURS), found
