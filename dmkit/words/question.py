"""Questions to the user: Alerts 1100 to 1104, their options, and what may be answered.  [DMPRO §10]

The first Item holds the options, the second the text, the others the choices.

>>> question = Question.of(Alert.of(1102, "MAXLEN=4&IT=N&DR=12&COLOUR=red", "PIN?"))
>>> question.text, question.options.max_length, question.options.input.value, question.options.response
('PIN?', 4, 'N', '12')
>>> question.answer("123456").text, question.answer("abc").status
('1234', <214 Operation cancelled>)
>>> Options(max_seconds=15, response="1").print()
'MAXDT=15&DR=1'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final, Literal, Self, TypeAlias

import msgspec

from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.counts import many
from dmkit.words.digits import whole
from dmkit.words.late import late_pattern
from dmkit.words.model import Alert, Item
from dmkit.words.outcome import Outcome
from dmkit.words.ranges import Natural
from dmkit.words.records import dataclass, repr_in_order

__all__ = ["ASKING", "OPTIONS", "Answer", "Input", "Options", "Question", "person"]

ASKING: Final = frozenset(code for code in AlertCode if code.asks_user)
"""The alerts that reach a person."""
_TEXT: Final = frozenset({AlertCode.TEXT_INPUT})
_OCTET: Final = r"(25[0-5]|2[0-4]\d|[01]?\d?\d)"


class Input(StrEnum):
    """What a text field takes, the option IT; ``takes`` says it, ``pattern`` checks it.  [DMPRO §10.3.5]"""

    takes: str
    pattern: re.Pattern[str]

    def __new__(cls, value: str, takes: str = "", pattern: str = "") -> Input:
        """Make the member for ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.takes, member.pattern = takes, late_pattern(pattern, re.DOTALL)
        return member

    ALPHANUMERIC = "A", "any text", r".*"
    NUMERIC = "N", "digits, a decimal point, a sign", r"[0-9.,+-]*"
    DATE = "D", "a date as DDMMYYYY", r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d{4}"
    TIME = "T", "a time as hhmmss", r"([01]\d|2[0-3])([0-5]\d){2}"
    PHONE = "P", "a phone number: + first, then digits, p, w, s", r"\+?[0-9pws]*"
    IP = "I", "an IPv4 address as four groups of digits with points", rf"{_OCTET}(\.{_OCTET}){{3}}"


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a question is to be shown.  Times are seconds; None: nothing was said.

    >>> Options(max_length=8, hidden=True).max_length
    8
    """

    min_seconds: Natural | None = None
    """MINDT: shown for at least so long; a hint."""
    max_seconds: Natural | None = None
    """MAXDT: waited for at most so long."""
    response: str | None = None
    """DR: what the field shows at first: 1 or 0, a text, a number of a choice, or numbers with ``-`` between."""
    max_length: Natural | None = None
    """MAXLEN: characters of a text."""
    input: Input = Input.ALPHANUMERIC
    """IT: what a text consists of."""
    hidden: bool = False
    """ET=P: what is typed stays hidden, as a password does."""

    @classmethod
    def of(cls, text: str, code: AlertCode = AlertCode.TEXT_INPUT) -> Self:
        """Read an option string; unknown names, wrong values, options not for ``code`` are skipped.  [DMPRO §10.3]"""
        from urllib.parse import unquote_plus

        values: dict[str, object] = {}
        for pair in text.split("&"):
            name, _, value = pair.partition("=")
            option = OPTIONS.get(name.strip())
            if option is not None and code in option.codes:
                read = option.read(unquote_plus(value))
                if read is not None:
                    values[option.field] = read
        return cls(**values)  # type: ignore[arg-type]  # each reader gives the type of its field

    def print(self) -> str:
        """The option string, in the order of the table."""
        from urllib.parse import quote_plus

        found = ((name, option.write(getattr(self, option.field))) for name, option in OPTIONS.items())
        return "&".join(f"{name}={quote_plus(value)}" for name, value in found if value)


class _Option(msgspec.Struct, frozen=True):
    field: str
    codes: frozenset[AlertCode]
    read: Callable[[str], object]
    write: Callable[[object], str]

    __repr__ = repr_in_order


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else None


def _number(value: object) -> str:
    return "" if value is None else str(value)


OPTIONS: Final[Mapping[str, _Option]] = {
    "MINDT": _Option("min_seconds", ASKING, _count, _number),  # [DMPRO §10.3.1]
    "MAXDT": _Option("max_seconds", ASKING, _count, _number),  # [DMPRO §10.3.2]
    "DR": _Option("response", ASKING - {AlertCode.DISPLAY}, str, _number),  # [DMPRO §10.3.3]
    "MAXLEN": _Option("max_length", _TEXT, _count, _number),  # [DMPRO §10.3.4]
    "IT": _Option(
        "input", _TEXT, {i.value: i for i in Input}.get, lambda v: "" if v is Input.ALPHANUMERIC else str(v)
    ),  # [DMPRO §10.3.5]
    "ET": _Option("hidden", _TEXT, {"P": True, "T": False}.get, lambda v: "P" if v else ""),  # [DMPRO §10.3.6]
}
"""Name of an option -> its field, the alerts it is for, how it is read and written."""

Answer: TypeAlias = bool | str | int | Iterable[int] | None
"""What a person says: yes or no, a text, the number of a choice (from 1), numbers; None cancels."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the user (Alert 1100 to 1104) as a person meets it: text, choices, options.  [DMPRO §10]

    ``answer`` turns what the person says into the Outcome that goes back, ``timed`` keeps to the least and most
    seconds that the options give.

    >>> Question(next(iter(AlertCode)), "May we?").text
    'May we?'
    """

    code: AlertCode
    text: str
    choices: tuple[str, ...] = ()
    options: Options = Options()

    @classmethod
    @asked
    def of(cls, alert: Alert) -> Self:
        """The question in ``alert``, whose Items may be too few."""
        texts = [item.text for item in alert.items]
        options = Options.of(texts[0] if texts else "", alert.code)
        return cls(alert.code, "".join(texts[1:2]), tuple(texts[2:]), options)

    @property
    def items_needed(self) -> int:
        """Least number of Items of an alert of this kind; fewer are 412.  [DMREPPRO §6.6.2]"""
        return 3 if self.code in (AlertCode.SINGLE_CHOICE, AlertCode.MULTIPLE_CHOICE) else 2

    def answer(self, reply: Answer) -> Outcome:
        """The outcome when the person says ``reply``; what the display cannot take is a cancel, with the reason."""
        if reply is None:
            return Outcome(StatusCode.CANCELLED, why="the user cancelled")
        if self.code == AlertCode.DISPLAY:
            return Outcome(StatusCode.OK)
        if self.code == AlertCode.CONFIRM:
            return Outcome(StatusCode.OK if reply else StatusCode.NOT_MODIFIED)
        if self.code == AlertCode.TEXT_INPUT:
            text = str(reply)[: self.options.max_length]
            if not self.options.input.pattern.fullmatch(text):
                return Outcome(StatusCode.CANCELLED, why=f"the field takes {self.options.input.takes}")
            return Outcome(StatusCode.OK, items=(Item(data=text),))
        several = self.code == AlertCode.MULTIPLE_CHOICE
        taken = [reply] if isinstance(reply, str | int) else list(reply)
        numbers = [str(at) for n in taken if (at := whole(str(n))) is not None and 1 <= at <= len(self.choices)]
        if len(numbers) != len(taken) or (not several and len(taken) != 1):
            return Outcome(StatusCode.CANCELLED, why=f"{reply!r} is none of the {many(len(self.choices), 'choice')}")
        return Outcome(StatusCode.OK, items=tuple(Item(data=n) for n in numbers))

    def default(self) -> Outcome | None:
        """What the option DR would answer; None without DR, or when it fits no answer."""
        value = self.options.response
        if value is None:
            return None
        if self.code == AlertCode.CONFIRM:
            return self.answer(value == "1") if value in ("0", "1") else None
        if self.code == AlertCode.MULTIPLE_CHOICE:
            outcome = self.answer([at for n in value.split("-") if (at := whole(n)) is not None])
        else:
            outcome = self.answer(value)
        return outcome if outcome.status == StatusCode.OK else None

    def timed(self, outcome: Outcome, timeout: Literal["408", "default response"] = "408") -> Outcome:
        """``outcome`` within MINDT and MAXDT; ``timeout`` says what silence means.  CONFLICT [DMPRO §10.3.2, §10.3.3]

        A text that is only displayed goes away by itself.
        """
        least, most = self.options.min_seconds or 0, self.options.max_seconds
        if self.code == AlertCode.DISPLAY:
            seconds = max(outcome.seconds, float(least))
            return replace(outcome, seconds=seconds if most is None else min(seconds, float(most)))
        late = outcome.status == StatusCode.REQUEST_TIMEOUT or (most is not None and outcome.seconds > most)
        if not late:
            return outcome
        seconds = outcome.seconds if most is None else float(most)
        instead = self.default() if timeout == "default response" else None
        if instead is None:
            instead = Outcome(StatusCode.REQUEST_TIMEOUT, why="the user did not react in time")
        return replace(instead, seconds=seconds)


@asked
def person(
    says: Callable[[Question], Answer],
    *,
    seconds: Callable[[Question], float] | float = 0.0,
    able: Iterable[int] = ASKING,
    most_choices: int | None = None,
) -> Callable[[Alert], Outcome]:
    """Somebody in front of a device: ``says`` gives the answer to each question, ``seconds`` how long it takes.

    ``able`` are the alerts that the device can show (others are 406), ``most_choices`` what fits on its display
    (more are 416).  [DMREPPRO §6.6.2]

    >>> anna = person(lambda question: len(question.choices) or question.text.startswith("Go"), seconds=4)
    >>> anna(Alert.of(1101, None, "Go on?")).status, anna(Alert.of(1103, None, "Pick", "one", "two")).text
    (<200 OK>, '2')
    """
    shown = frozenset(able)

    def user(alert: Alert) -> Outcome:
        if alert.code not in shown:
            return Outcome(StatusCode.NOT_SUPPORTED, why="this device cannot show it")
        question = Question.of(alert)
        if most_choices is not None and len(question.choices) > most_choices:
            return Outcome(
                StatusCode.RANGE, why=f"{many(len(question.choices), 'choice')}; {most_choices} fit on the display"
            )
        took = seconds(question) if callable(seconds) else seconds
        return replace(question.answer(says(question)), seconds=took)

    return user
