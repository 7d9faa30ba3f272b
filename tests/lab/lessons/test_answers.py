"""Answers: what is right, near, wrong, and that the package holds what docs/answers.toml says."""

from __future__ import annotations

import importlib.util
import math
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.lab.lessons.answers import Reply, _sealed, forms, seal

ROOT = Path(__file__).resolve().parents[3]
PLAIN = tomllib.loads((ROOT / "docs/answers.toml").read_text("utf-8"))


def maker():
    spec = importlib.util.spec_from_file_location("make_answers", ROOT / "docs/make_answers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_package_holds_what_the_table_says():
    made = maker()
    assert made.SEALED.read_text("utf-8") == made.text(), "run python docs/make_answers.py"


@pytest.mark.parametrize("question", PLAIN)
def test_each_answer_of_the_table_is_right_and_each_trap_is_told(question):
    row = PLAIN[question]
    assert dm.check(question, row["answer"]).verdict == "right"
    assert dm.check(question, None).verdict == "not answered yet"
    for trap in row.get("traps", ()):
        reply = dm.check(question, trap["answer"])
        assert reply.verdict == ("near" if trap.get("near") else "wrong") and reply.why == trap["hint"]
        assert str(row["answer"]) not in trap["hint"], "a hint does not tell the answer"
    assert str(row["answer"]) not in row.get("hint", "")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(77163, "right"), (77200, "right"), (77163.4, "right"), (81000, "near"), (65536, "near"), (4294967296, "wrong"),
     (0, "wrong"), (True, "wrong"), ("77163", "wrong"), (math.nan, "wrong"), (math.inf, "wrong"), (-77163, "wrong"),
     ([], "not answered yet"), ([1], "wrong"), (object(), "wrong")],
)  # fmt: skip
def test_a_number_is_judged_by_its_size_and_digits(answer, verdict):
    assert dm.check("05.2", answer).verdict == verdict


@pytest.mark.parametrize("answer", ["no", "No", "  NO ", "\uff4e\uff4f"])
def test_letters_and_blanks_do_not_matter(answer):
    assert dm.check("05.1", answer).verdict == "right"


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [("05.2", "77163", "a number is asked for, and this is a text"), ("00.11", "", ""), ("00.11", "  ", ""),
     ("00.11", {}, ""), ("00.11", True, "a number is asked for, and this is True or False"),
     ("00.12", 5, "a word or a name is asked for, and this is a number"),
     ("00.12", [1], "a word or a name is asked for, and this is a list"),
     ("01.2", "IDLE", 'several are asked for, such as ["a", "b"], and this is a text'),
     ("05.1", b"no", '"yes" or "no" is asked for, and this is octets'),
     ("05.1", dm.Device.example(), '"yes" or "no" is asked for, and this is a Device')],
)  # fmt: skip
def test_an_answer_of_another_kind_is_told_what_is_asked_for(question, answer, why):
    reply = dm.check(question, answer)
    assert reply == Reply("wrong", why) if why else reply.verdict == "not answered yet"


@pytest.mark.parametrize("question", PLAIN)
def test_whatever_is_answered_one_sentence_comes_back(question):
    for answer in (5, "", [], [1], True, {"a": 1}, b"x", math.nan, object()):
        said = str(dm.check(question, answer))
        assert "\n" not in said and len(said) < 260 and said[0] in "✓≈✗…"


def test_a_question_that_nobody_asks_is_named():
    with pytest.raises(dm.ConfigError, match=r"'05\.22'; did you mean '05\.2'\?"):
        dm.check("05.22", 1)


@given(st.floats(1e-6, 1e9), st.integers(2, 5))
@example(9.995, 3)
@example(1.0, 2)
def test_an_answer_typed_to_its_digits_is_never_refused(value, digits):
    kept = list(forms(value, digits))[1]
    assert kept in list(forms(float(f"{value:.{digits - 1}e}"), digits))


@given(st.lists(st.text(max_size=5), max_size=4))
def test_order_does_not_matter(parts):
    assert list(forms(parts, 0)) == list(forms(parts[::-1], 0))


def test_no_answer_stands_open_in_the_package():
    assert all(set(row) <= {"kind", "digits", "seal", "near", "traps", "right", "hint"} for row in _sealed().values())
    assert all(len(row["seal"]) == len(seal("x", "y")) for row in _sealed().values())
