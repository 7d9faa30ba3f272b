"""What is made when it is first used is right when it is."""

from __future__ import annotations

import gc
from xml.parsers import expat

import pytest

import dmkit  # noqa: F401
from dmkit.cli import main  # noqa: F401  (loads every room)
from dmkit.wire.pieces import CUT
from dmkit.words.late import _LatePattern, _LateRows, late_pattern, late_rows


def test_every_late_expression_compiles_and_every_late_table_has_rows():
    patterns = [thing for thing in gc.get_objects() if isinstance(thing, _LatePattern)]
    tables = [thing for thing in gc.get_objects() if isinstance(thing, _LateRows)]
    assert len(patterns) > 20 and all(pattern.pattern is not None for pattern in patterns)
    assert all(len(dict(table)) for table in tables)


def test_a_late_expression_is_as_the_compiled_one():
    digits = late_pattern("([0-9])+")
    assert digits.sub("x", "a12b") == "axb" and digits.groups == 1 and digits.search("a1").start() == 1
    assert "re.compile" in repr(digits)
    with pytest.raises(Exception, match="unterminated"):
        late_pattern("(").match("")


def test_a_late_table_is_made_once_and_cannot_be_changed():
    made = []
    table = late_rows(lambda: made.append(1) or {"a": 1})
    assert not made and "a" in table and table == {"a": 1} and len(table) == 1 and made == [1]
    with pytest.raises(TypeError):
        table["b"] = 2


def test_the_errors_that_mean_cut_off_are_those_of_expat():
    names = ("NO_ELEMENTS", "UNCLOSED_TOKEN", "PARTIAL_CHAR", "UNCLOSED_CDATA_SECTION")
    assert {expat.errors.codes[getattr(expat.errors, f"XML_ERROR_{name}")] for name in names} == CUT
