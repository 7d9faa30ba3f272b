"""Counts and what is counted: one of it, or several; and no sentence of the package says "1 octets"."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from dmkit.words.counts import many, plural

PACKAGE = Path(__file__).resolve().parents[2] / "dmkit"
NO_NOUNS = {"as", "begins", "has", "is", "was"}
PLURAL = re.compile(r" (?:(?:short|round|more|other|open) )?([a-z]{2,}s)\b")


@pytest.mark.parametrize(
    ("count", "one", "several", "form", "said"),
    [
        (0, "octet", None, "", "0 octets"),
        (1, "octet", None, "", "1 octet"),
        (-1, "octet", None, "", "-1 octets"),
        (1, "round trip", None, "", "1 round trip"),
        (2, "round trip", None, "", "2 round trips"),
        (1, "try is", "tries are", "", "1 try is"),
        (3, "try is", "tries are", "", "3 tries are"),
        (1.0, "second", None, "g", "1 second"),
        (0.96, "request", None, ".0f", "1 request"),
        (1.4, "request", None, ".1f", "1.4 requests"),
        (1_000, "octet", None, ",", "1,000 octets"),
        ("1", "time", None, "", "1 time"),
        ("?", "octet", None, "", "? octets"),
    ],
)
def test_what_is_written_decides(count, one, several, form, said):
    assert many(count, one, several, form=form) == said


@pytest.mark.parametrize(
    ("one", "several"),
    [("entry", "entries"), ("key", "keys"), ("status", "statuses"), ("guess", "guesses"), ("box", "boxes")],
)
def test_endings(one, several):
    assert plural(one) == several


def _bare(tree):
    """Lengths of f-strings with a plural right behind them: line, and the plural."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in pairwise(node.values):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                words = PLURAL.match(after.value)
                if words and words[1] not in NO_NOUNS and ast.unparse(value.value).startswith("len("):
                    yield value.lineno, words[0]


def test_the_search_finds_what_it_is_for():
    sentences = 'f"{len(x)} octets", f"{len(x)} short messages", f"{len(x)} is", f"{n} octets", f"{len(x)}, octets"'
    assert list(_bare(ast.parse(sentences))) == [(1, " octets"), (1, " short messages")]


def test_no_sentence_puts_a_length_before_a_noun_by_itself():
    """``f"{len(x)} octets"`` says "1 octets" some day; ``many`` does not."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in texts.items() if "{len(" in text}
    assert len(trees) > 50
    assert not [f"{path.name}:{line}:{words}" for path, tree in trees.items() for line, words in _bare(tree)]
