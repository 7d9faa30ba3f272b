"""Frames that are made when somebody does something with them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dmkit.lab.measures.late import LateFrame, frame_of, late, rows_of, shown_of
from dmkit.lab.measures.tables import listing
from dmkit.lab.studies import security

ROWS = [{"n": 1, "m": "x"}, {"n": 2, "m": "y"}]
MADE = frame_of(ROWS, {"measure": "one"})


def unmade() -> Any:
    return LateFrame(lambda: frame_of(ROWS, {"measure": "one"}), ROWS, None)


DEEDS: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "column": lambda f: f["n"].tolist(),
    "attribute": lambda f: f.n.tolist(),
    "attributes": lambda f: f.attrs,
    "iteration": list,
    "membership": lambda f: ["n" in f, "k" in f],
    "a sum": lambda f: (f[["n"]] + 1).values.tolist(),
    "a sum from the right": lambda f: (1 + f[["n"]]).values.tolist(),
    "whole frames": lambda f: (f == MADE).values.tolist(),
    "text": repr,
    "array": lambda f: np.asarray(f).tolist(),
    "a part": lambda f: f.loc[1, "m"],
    "shallow copy": lambda f: copy.copy(f).to_dict(),
    "deep copy": lambda f: copy.deepcopy(f).to_dict(),
    "file": lambda f: pickle.loads(pickle.dumps(f)).to_dict(),
    "put together": lambda f: pd.concat([f, MADE]).to_dict("list"),
    "joined": lambda f: MADE.merge(f, on="n").to_dict("list"),
    "names": lambda f: "groupby" in dir(f),
    "html": lambda f: f._repr_html_(),
}


@pytest.mark.parametrize("what", DEEDS)
def test_whatever_is_asked_of_it_the_frame_answers(what: str) -> None:
    frame = unmade()
    assert DEEDS[what](frame) == DEEDS[what](MADE.copy())
    assert type(frame) is pd.DataFrame and frame.attrs == MADE.attrs and frame.equals(MADE)


def test_it_is_the_same_object_that_becomes_the_frame() -> None:
    frame = unmade()
    other = frame
    frame["k"] = [3, 4]
    assert other is frame and other["k"].tolist() == [3, 4] and list(MADE) == ["n", "m"]
    other.columns = ["a", "b", "c"]
    assert list(frame) == ["a", "b", "c"] and frame.flags.allows_duplicate_labels


def test_it_is_a_frame_for_whoever_has_pandas() -> None:
    frame = unmade()
    assert isinstance(frame, pd.DataFrame) and not isinstance(frame, pd.Series) and rows_of(frame) is ROWS
    with pytest.raises(TypeError):
        hash(frame)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(frame)
    assert rows_of(frame) is None and rows_of(MADE) is None and shown_of(frame) is None
    assert type(late(lambda: MADE)) is pd.DataFrame


def test_special_methods_are_those_of_frames() -> None:
    named = {name for name in vars(LateFrame) if name.startswith("__") and callable(vars(LateFrame)[name])}
    assert named - {"__init__", "__getattr__", "__class__"} <= set(dir(pd.DataFrame))
    theirs = {name for name in dir(pd.DataFrame) if name.startswith("__") and name not in dir(object)}
    by_getattr = {"__annotations__", "__array_priority__", "__finalize__", "__pandas_priority__"}
    assert theirs - by_getattr - {"__dict__", "__module__", "__weakref__"} <= named


def test_one_that_cannot_be_made_stays() -> None:
    def make() -> pd.DataFrame:
        raise RuntimeError("no rows")

    frame: Any = LateFrame(make, None, None)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no rows"):
            len(frame)
    assert type(frame) is LateFrame


_CELLS = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext dmkit").raise_error()
from dmkit.lab.studies import security
matrix = security.matrix(["listen", "drop"], ["basic", "mac", "everything"], seeds=0)
table = security.verdicts(matrix)
data, _ = shell.display_formatter.format(table)
assert not {"pandas", "numpy", "matplotlib"} & set(sys.modules), "loaded"
from dmkit.lab.measures.tables import listing
look = listing(table)
assert data == {"text/html": look._repr_mimebundle_()["text/html"], "text/plain": look.text}, data
print(type(table).__name__, type(matrix).__name__, security.verdicts(matrix.copy()).equals(table))
"""


@pytest.mark.unsound("attackers break the invariants of conversations")
def test_a_matrix_and_its_table_load_no_pandas_and_look_the_same() -> None:
    run = subprocess.run([sys.executable, "-c", _CELLS], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-3:] == ["DataFrame", "LateFrame", "True"]


@pytest.mark.unsound("attackers break the invariants of conversations")
def test_the_table_of_a_matrix_is_the_same_before_and_after_it_is_made() -> None:
    made = security.matrix(["listen", "drop"], ["basic", "mac"], seeds=1)
    rows = made.to_dict("records")
    table = security.verdicts(LateFrame(lambda: made, rows, None))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(table, security.verdicts(made))
    assert listing(table).text == listing(security.verdicts(made)).text
