"""``%load_ext dmkit``: solutions fold, frames are shown whole, errors come out."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dmkit.lab.measures.tables import listing


@pytest.fixture
def shell():
    InteractiveShell.clear_instance()
    found = InteractiveShell.instance()
    found.extension_manager.load_extension("dmkit")
    found.display_formatter.active_types = found.display_formatter.format_types  # as in a notebook
    yield found
    InteractiveShell.clear_instance()


def html(shell, cell):
    with capture_output() as caught:
        shell.run_cell(cell).raise_error()
    return "".join(output.data.get("text/html", "") for output in caught.outputs)


def test_a_solution_is_folded_with_its_code_and_its_result(shell):
    shown = html(shell, "%%solution 3\nkept = 6 * 7\nprint('said <b>')\nkept")
    assert shown.startswith("<details><summary>Solution 3</summary>") and shown.endswith("</details>")
    assert "kept = 6 * 7" in shown and "said &lt;b&gt;" in shown and ">42<" in shown
    assert "open" not in shown.partition("</summary>")[0]
    assert shell.user_ns["kept"] == 42


def test_a_solution_that_fails_says_so(shell):
    with capture_output(), pytest.raises(ZeroDivisionError):
        shell.run_cell("%%solution 1\n1 / 0").raise_error()


def test_a_frame_is_a_table_that_is_not_cut(shell):
    shell.user_ns["frame"] = pd.DataFrame({"text": ["x" * 300], "n": [1]})
    assert "x" * 300 in html(shell, "from IPython.display import display; display(frame)")


def test_rows_left_out_are_counted():
    look = listing(pd.DataFrame({"n": range(1_000)}))
    assert look.text.endswith("940 more rows") and "940 more rows" in look.html


@pytest.mark.parametrize(
    ("frame", "head"),
    [(pd.DataFrame({"n": [1]}, index=["a"]), "   n"),
     (pd.DataFrame({"n": [1]}, index=pd.Index([7], name="k")), "k  n"),
     (pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])), "a b  a c"),
     (pd.DataFrame({"n": []}), "n")],
)  # fmt: skip
def test_index_and_columns_are_named(frame, head):
    assert listing(frame).text.splitlines()[0] == head


def test_importing_dmkit_changes_no_session():
    import subprocess
    import sys

    code = "import dmkit, sys; assert 'IPython' not in sys.modules and 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
