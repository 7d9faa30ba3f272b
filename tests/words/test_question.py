"""Questions to the user: options, answers, and time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.server import jobs
from dmkit.session.oracle.check import check
from dmkit.session.rules import Rules
from dmkit.tree.apply import TreeRules
from dmkit.words.codes import AlertCode
from dmkit.words.model import Alert, Get
from dmkit.words.outcome import Outcome
from dmkit.words.question import Input, Options, Question, person
from tests.pair import pair

MAN = "./DevInfo/Man"


@pytest.mark.spec("P-17")
@pytest.mark.parametrize(
    ("code", "text", "options"),
    [
        (
            1102,
            "MINDT=10&MAXDT=30&DR=John+Doe&MAXLEN=10&IT=A&ET=P",
            Options(min_seconds=10, max_seconds=30, response="John Doe", max_length=10, hidden=True),
        ),
        (1102, "IT=P&DR=%2B49", Options(input=Input.PHONE, response="+49")),
        (1102, "", Options()),
        (1102, "MAXDT=0&MAXLEN=-1&IT=Q&ET=x&&=&MINDT", Options()),  # wrong values are skipped
        (1102, "COLOUR=red&maxlen=3&MAXLEN=4", Options(max_length=4)),  # so are unknown names
        (1101, "MAXLEN=3&IT=N&ET=P&DR=1", Options(response="1")),  # and options of another question
        (1100, "DR=1&MINDT=5", Options(min_seconds=5)),
        (1104, "DR=2-3", Options(response="2-3")),
    ],
)
def test_options_are_read(code: int, text: str, options: Options) -> None:
    assert Options.of(text, AlertCode(code)) == options


options = st.builds(
    Options,
    min_seconds=st.none() | st.integers(1, 10**8),
    max_seconds=st.none() | st.integers(1, 10**8),
    response=st.none() | st.text(st.characters(codec="utf-8"), min_size=1),
    max_length=st.none() | st.integers(1, 10**8),
    input=st.sampled_from(Input),
    hidden=st.booleans(),
)


@given(options)
def test_what_is_written_is_read(written: Options) -> None:
    assert Options.of(written.print()) == written


@given(st.text())
def test_any_text_is_options(text: str) -> None:
    Options.of(text)


@pytest.mark.spec("P-17")
@pytest.mark.parametrize(
    ("input", "good", "bad"),
    [
        ("N", ["12", "-1.5", "+3", ""], ["a", "1e3", " "]),
        ("D", ["30062005"], ["31132005", "2005", ""]),
        ("T", ["235959"], ["240000", "12"]),
        ("P", ["+4912p3w4s", "112"], ["49+", "call"]),
        ("I", ["127.0.0.1", "010.000.000.255"], ["256.1.1.1", "1.2.3", "::1"]),
        ("A", ["anything\nat all"], []),
    ],
)
def test_what_a_field_takes(input: str, good: list[str], bad: list[str]) -> None:
    question = Question.of(Alert.of(1102, f"IT={input}", "?"))
    for text in good:
        assert (question.answer(text).status, question.answer(text).text) == (200, text)
    for text in bad:
        outcome = question.answer(text)
        assert outcome.status == 214 and question.options.input.takes in outcome.why


@pytest.mark.parametrize(
    ("code", "said", "status", "items"),
    [
        (1100, True, 200, []),
        (1100, None, 214, []),
        (1101, True, 200, []),
        (1101, False, 304, []),
        (1101, None, 214, []),
        (1102, "x", 200, ["x"]),
        (1102, "toolong", 200, ["tool"]),
        (1103, 2, 200, ["2"]),
        (1103, 3, 214, []),
        (1103, 0, 214, []),
        (1104, [2, 1], 200, ["2", "1"]),
        (1104, [], 200, []),
        (1104, [1, 9], 214, []),
    ],
)
def test_answers(code: int, said: object, status: int, items: list[str]) -> None:
    question = Question.of(Alert.of(code, "MAXLEN=4", "?", "one", "two"))
    outcome = question.answer(said)  # type: ignore[arg-type]
    assert (outcome.status, [item.data for item in outcome.items]) == (status, items)


@pytest.mark.spec("P-17")
@pytest.mark.parametrize(
    ("alert", "quiet", "default"),
    [
        (Alert.of(1101, "MAXDT=30&DR=1", "Go on?"), 408, 200),
        (Alert.of(1101, "MAXDT=30&DR=0", "Go on?"), 408, 304),
        (Alert.of(1101, "MAXDT=30", "Go on?"), 408, 408),
        (Alert.of(1102, "MAXDT=30&DR=Anna", "Name?"), 408, 200),
        (Alert.of(1103, "MAXDT=30&DR=2", "Pick", "a", "b"), 408, 200),
        (Alert.of(1103, "MAXDT=30&DR=7", "Pick", "a", "b"), 408, 408),
        (Alert.of(1104, "MAXDT=30&DR=1-2", "Pick", "a", "b"), 408, 200),
    ],
)
def test_silence_behind_maxdt(alert: Alert, quiet: int, default: int) -> None:
    """After 408 the rest of the message is 215; a default response lets it go on."""
    for rule, status in (("408", quiet), ("default response", default)):
        rules = Rules(auth="basic", server_auth="none", max_message=None, tree=TreeRules(timeout=rule))  # type: ignore
        two = pair(rules=rules, user=person(lambda question: (question.choices and 1) or "1", seconds=31))
        talk = two.run([alert, Get.of(MAN)])
        asked, get = two.outcomes[0]
        assert (asked.status, get.status) == (status, 215 if status == 408 else 200)
        assert check(talk.said) == []


@pytest.mark.parametrize(
    ("options", "took", "seconds"),
    [
        ("MINDT=10", 0.0, 10.0),
        ("MINDT=10&MAXDT=5", 0.0, 5.0),
        ("MAXDT=5", 60.0, 5.0),
        ("", 3.0, 3.0),
    ],
)
def test_how_long_a_text_is_displayed(options: str, took: float, seconds: float) -> None:
    question = Question.of(Alert.of(1100, options, "Management in progress"))
    shown = question.timed(Outcome(question.answer(True).status, seconds=took))
    assert (shown.status, shown.seconds) == (200, seconds)


@pytest.mark.spec("P-17")
def test_a_display_that_is_small() -> None:
    two = pair(user=person(lambda question: 1, able=(1101, 1103), most_choices=2))
    two.run(
        [
            Alert.of(1103, None, "Pick", "a", "b"),
            Alert.of(1103, None, "Pick", "a", "b", "c"),
            Alert.of(1102, None, "Name?"),
            Alert.of(1101, None),
        ]
    )
    assert [outcome.status for outcome in two.outcomes[0]] == [200, 416, 406, 412]


@pytest.mark.spec("R-162")
@pytest.mark.parametrize(
    ("job", "says", "result"),
    [
        (jobs.ask("Go on?", options=Options(max_seconds=5)), True, True),
        (jobs.ask("Go on?"), False, False),
        (jobs.ask("Name?", typed=True, options="MAXLEN=2"), "Anna", "An"),
        (jobs.ask("Pick", "a", "b"), 2, ["b"]),
        (jobs.ask("Pick", "a", "b", "c", many=True), [1, 3], ["a", "c"]),
        (jobs.ask("Pick", "a", "b"), None, None),
    ],
)
def test_jobs_ask(job: object, says: object, result: object) -> None:
    two = pair(user=person(lambda question: says))  # type: ignore[arg-type, return-value]
    two.server.enqueue(two.device.address, job, "ask")  # type: ignore[arg-type]
    two.run()
    assert two.outcomes == result
