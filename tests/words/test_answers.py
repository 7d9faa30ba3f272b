"""Status codes per command against the table of the syncml sheet §8.1, and the enums behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.words.answers import ANSWERS, reading
from dmkit.words.codes import AlertCode, Format, StatusCode, Verb

# columns of the sheet's table: x in the text's own list, o only in prose
SHEET = """
        Add Replace Delete Copy Get Exec Alert Atomic Sequence
200     x   x       x      x    x   x    x     x      x
202     .   .       .      .    .   x    x     .      .
213     x   x       .      .    .   .    x     .      .
214     .   .       .      .    .   .    x     .      .
215     x   x       x      x    x   o    x     x      o
216     x   o       x      x    .   .    x     .      .
304     .   .       .      .    .   .    x     .      .
401     x   x       x      x    x   x    x     x      x
403     .   x       x      x    .   x    .     .      .
404     x   x       x      o    x   x    .     .      .
405     x   x       x      x    o   x    x     .      .
406     .   .       .      x    x   x    x     x      .
407     x   x       x      x    x   x    .     x      x
408     .   .       .      .    .   .    x     .      .
412     .   .       .      .    .   .    x     .      .
413     x   x       .      .    x   .    .     .      .
414     x   x       x      x    x   x    .     .      .
415     x   x       .      .    x   .    x     .      .
416     .   .       .      .    .   .    x     .      .
418     x   x       .      x    .   .    .     .      .
420     x   x       .      x    .   x    .     .      .
424     x   x       .      .    .   .    .     .      .
425     x   x       x      x    x   x    .     .      .
500     x   x       o      x    x   x    x     x      x
507     .   .       .      .    .   .    .     x      .
510     .   .       .      x    .   x    .     .      .
516     x   x       x      x    .   .    x     .      .
517     .   .       .      .    .   .    .     x      .
"""
HEAD, *LINES = [line.split() for line in SHEET.strip().splitlines()]
CELLS = [(Verb(verb), int(code), mark) for code, *marks in LINES for verb, mark in zip(HEAD, marks, strict=True)]
# beyond the sheet's table: what its prose (§6.6.2, §7.3) and this kit's devices say
BEYOND = {(Verb.ALERT, 407), (Verb.REPLACE, 406), (Verb.DELETE, 406)}


@pytest.mark.parametrize(("verb", "code", "mark"), CELLS, ids=lambda value: str(value))
def test_the_table_is_that_of_the_sheet(verb: Verb, code: int, mark: str) -> None:
    said = reading(code, verb)
    if mark == "." and (verb, code) not in BEYOND:
        assert said is None
    elif mark == "." or mark == "o":
        assert said is not None and not said.listed
    else:
        assert said is not None and said.listed


@pytest.mark.parametrize("verb", ANSWERS)
def test_every_reading_has_a_meaning_and_a_source(verb: Verb) -> None:
    for code, said in ANSWERS[verb].items():
        assert code.is_known and said.code is code and said.verb is verb
        assert len(said.meaning) > 3 and said.source.startswith("DM") and "{" not in said.meaning
        assert str(said).startswith(f"{code.value} {code.phrase}: ")


def test_every_code_of_dm_answers_something() -> None:
    """Each code that the DM texts name has a meaning, a source, and a command that it answers."""
    answered = {code for readings in ANSWERS.values() for code in readings}
    for code in StatusCode:
        assert code.phrase
        assert bool(code.meaning) == code.in_dm
    missing = {code.value for code in StatusCode if code.in_dm} - {code.value for code in answered}
    assert missing <= {217}  # DM 1.3's


@given(st.integers(0, 99999))
def test_a_number_that_nobody_knows_survives(number: int) -> None:
    for kind in (StatusCode, AlertCode):
        member = kind(number)
        assert member == number and member.phrase and kind(number).is_known is (number in {m.value for m in kind})
        assert not (kind is StatusCode and not member.is_known and member.is_ok)  # type: ignore[union-attr]


def test_alerts_have_a_direction_and_answers() -> None:
    for code in AlertCode:
        assert code.phrase and code.direction in ("server to client", "client to server", "both") and code.answers
    assert AlertCode(1225).direction == "both" and not AlertCode(1221).is_known


@pytest.mark.parametrize(("text", "format"), [("Chr", Format.CHR), (" NODE ", Format.NODE), (None, Format.CHR)])
def test_formats_are_compared_without_case(text: str | None, format: Format) -> None:
    assert Format.of(text) is format
