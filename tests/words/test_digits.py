"""What strangers write where a number is wanted is none, and no ValueError of Python."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.ddf.spec import NodeSpec, Spec
from dmkit.lwm2m.convert import from_ddf
from dmkit.mo.firmware_image import number as firmware_number
from dmkit.mo.sched.commands import chosen_delay
from dmkit.mo.sched.read import numbered
from dmkit.schedule.value import _order, make
from dmkit.schedule.words import from_words, to_words
from dmkit.server.jobs import _answer_of
from dmkit.server.object_jobs import number as object_number
from dmkit.words.codes import Format, StatusCode
from dmkit.words.digits import whole
from dmkit.words.errors import ConfigError, DmError
from dmkit.words.from_toml import parse
from dmkit.words.model import Item
from dmkit.words.outcome import Outcome
from tests.steps import python_lines

ODD = ["²", "9" * 5000, "٣²", "-²", "1_0", " 1", "+1", "", "-"]


@given(st.text("0123456789-+ ²٣_", max_size=6))
def test_a_number_is_its_ascii_digits(text: str) -> None:
    found = whole(text)
    assert (found is None) is not (text != "" and set(text) <= set("0123456789"))
    assert found is None or found == int(text)
    assert whole("0" * 5000 + "7") == 7 and whole("9" * 1000) == 10**1000 - 1 and whole("9" * 1001) is None


@pytest.mark.parametrize("text", ODD)
def test_a_number_that_is_none_is_told_by_whoever_reads_it(text: str) -> None:
    answer = Outcome(StatusCode.OK, items=(Item(data=f"{text}x"),))
    assert _answer_of(answer, ("a", "b"), False) == [] and chosen_delay(answer, [60]) is None
    odd = Outcome(StatusCode.OK, items=(Item(data=text),))
    assert _answer_of(odd, ("a", "b"), False) in ([], ["a"]) and chosen_delay(odd, [60]) in (None, 0, 60)
    assert (
        object_number(f"{text}²") is None and firmware_number(text) >= 0 and set(numbered([text, "7"])) == {text, "7"}
    )
    name = NodeSpec(name=text or None, format=Format.CHR)
    assert list(from_ddf(Spec((NodeSpec(name="A", format=Format.NODE, children=(name,)),)), 9)[0].resources) == [0]


@pytest.mark.parametrize("text", ODD)
def test_paths_and_words_of_a_schedule_take_any_text(text: str) -> None:
    assert _order(f"Task/{text}") is not None
    with suppress(DmError):
        from_words(to_words(make("S", ["Get ./B"], base="20251201T030000Z")).replace("2025", text))


@pytest.mark.parametrize("key", ["a", '"a"', "'a b'"])
@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "[[{}]]", "x = {{{} = 1}}"])
def test_a_key_of_many_names_is_refused(key: str, form: str) -> None:
    assert parse(form.format(".".join([key] * 90)), "x.toml")
    for many in (101, 50_000):
        with pytest.raises(ConfigError, match="more than 100 names"):
            parse(form.format(" . ".join([key] * many)), "x.toml")
    assert parse('x = "' + "a. b." * 500 + '"', "x.toml")


def test_nodes_without_number_get_the_next_that_is_free() -> None:
    def lines(n: int) -> int:
        children = tuple(NodeSpec(name=f"n{at}", format=Format.CHR) for at in range(n))
        spec = Spec((NodeSpec(name="A", format=Format.NODE, children=children),))
        assert list(from_ddf(spec, 9)[0].resources) == list(range(n))
        return python_lines(lambda: from_ddf(spec, 9))

    assert lines(400) < 2.3 * lines(200)
