"""Tables for a paper: every number at the place of its error, every letter as itself."""

from __future__ import annotations

import re
from math import inf, isclose, nan

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dmkit.lab.measures.papers_table import escaped, latex, with_error
from dmkit.lab.measures.tables import whole
from dmkit.lab.runs.experiment import summary, sweep
from dmkit.sim.campaign import Campaign
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (1703.4, 121.0, r"$1700 \pm 120$"),
        (0.66667, 1.4, r"$0.7 \pm 1.4$"),
        (12.345, 0.996, r"$12.3 \pm 1.0$"),
        (-3.14159, 0.00271, r"$-3.1416 \pm 0.0027$"),
        (5.0, 0.0, "$5$"),
        (5.0, inf, "$5$"),
        (inf, 1.0, r"$\infty$"),
        (123456.0, nan, "$123456$"),
    ],
)
def test_the_error_says_how_many_digits(mean, half, text):
    assert with_error(mean, half) == text


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e5))
@example(100000.0, 0.0001)
def test_rounding_moves_a_mean_by_less_than_a_tenth_of_its_error(mean, half):
    if half <= abs(mean) * 1e-9:  # none that 64 bits can tell
        assert "pm" not in with_error(mean, half)
        return
    said, error = re.fullmatch(r"\$(-?[\d.]+) \\pm ([\d.]+)\$", with_error(mean, half)).groups()
    assert abs(float(said) - mean) <= half / 10 + 1e-9
    assert isclose(float(error), half, rel_tol=0.051)


@given(st.text("ab\\&%$#_{}~^±", max_size=12))
def test_no_letter_is_left_that_means_something_to_latex(text):
    said = escaped(text).replace(r"\textbackslash{}", "").replace(r"\textasciitilde{}", "")
    said = said.replace(r"\textasciicircum{}", "").replace(r"$\pm$", "")
    assert not re.search(r"(?<!\\)[&%$#_{}~^]", said)


def test_a_table_keeps_its_rows_and_says_what_is_missing():
    frame = pd.DataFrame({"a_b": ["x & y", None], "ok": [True, False], "t": [1.0, nan], "± t": [0.5, nan]})
    lines = latex(frame, caption="5 %", label="tab:x").splitlines()
    assert lines[3] == r"\begin{tabular}{lrr}" and lines[5] == r"a\_b & ok & t \\"
    assert lines[7:9] == [r"x \& y & yes & $1.00 \pm 0.50$ \\", r"-- & no & -- \\"]
    with pytest.raises(ConfigError, match="no column 'c'; there are a_b, ok, t, ± t"):
        latex(frame, ["c"])


def test_the_name_of_the_door_is_the_function_after_a_run_too():
    import dmkit as dm
    from dmkit.lab.runs import report

    assert report.latex is dm.measure.latex


def test_heads_bear_the_units_that_a_sweep_knows():
    plan = Campaign(devices=20)
    means = summary(sweep(plan, {"servers.count": [1, 2]}, [1, 2]), "servers.count", ["t95", "energy", "server_hours"])
    assert latex(means).splitlines()[3] == r"servers.count & n & t95, s & energy, J & server\_hours \\"
    assert str(whole(means)).splitlines()[0].split("  ")[2:6:2] == ["t95, s", "energy, J"]
    own = summary(sweep(plan, seeds=[1, 2], measure=lambda run: {"energy": 0.5}))
    assert latex(own).splitlines()[3] == r"n & energy \\"


def test_a_column_of_different_quantities_keeps_each_as_it_is():
    frame = pd.DataFrame({"published": [351.7, 7.56, 16.0]})
    frame.attrs["mixed"] = ("published",)
    assert str(whole(frame)).splitlines()[1:] == ["351.7", "7.56", "16"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.358, 0.35, 0.38], ["0.358", "0.350", "0.380"]),
        ([10.37, 10.584], ["10.370", "10.584"]),
        ([0.90479, 0.0059205], ["0.90479", "0.0059205"]),  # zeros behind 0.90479 would be made up
        ([1.0, 2.0, nan], ["1", "2", "–"]),
        ([1.0, 0.5, inf], ["1.0", "0.5", "∞"]),
        ([3022.5, 3264.0], ["3022.5", "3264.0"]),
        ([5056937541.0, 1.5], ["5056937541", "1.5"]),
        ([1e-9, 0.5], ["1e-09", "0.5"]),
        ([nan, nan], ["–", "–"]),
        ([-0.5, 0.25], ["-0.50", "0.25"]),
    ],
)
def test_numbers_of_a_column_have_as_many_decimals_where_that_makes_nothing_up(values, texts):
    assert str(whole(pd.DataFrame({"x": values}))).splitlines()[1:] == texts
