"""Is an answer right?  Near?  Or a mistake that others made before?

Answers are kept as digests, so that no eye meets one by chance; who wants to can find them by trying.
``docs/answers.toml`` holds them plainly, ``docs/make_answers.py`` seals them.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from functools import cache
from importlib.resources import files
from math import floor, isfinite, log10
from typing import Any, Final

from dmkit.views.look import BLUE, GREEN, ORANGE, RED, Look, escape
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = ["Reply", "check", "forms", "kind_of", "seal"]

_ROUNDS: Final = 20_000
_COLOURS: Final = {"right": GREEN, "near": ORANGE, "wrong": RED, "not answered yet": BLUE}
_SIGNS: Final = {"right": "✓", "near": "≈", "wrong": "✗", "not answered yet": "…"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What ``check`` says: ``verdict`` is right, near, wrong or not answered yet; ``why`` is a hint.

    >>> Reply("near", "count the octets of the header too")
    ≈ near: count the octets of the header too
    """

    verdict: str
    why: str = ""

    def __repr__(self) -> str:
        return f"{_SIGNS[self.verdict]} {self.verdict}{': ' if self.why else ''}{self.why}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        html = f'<p role="status" style="color:{_COLOURS[self.verdict]}">{escape(repr(self))}</p>'
        return Look(repr(self), html)._repr_mimebundle_()


@asked
def check(question: str, answer: object) -> Reply:
    """Judge ``answer`` to ``question``, named as in the notebook: ``"05.2"`` is the second of notebook 05.

    A number may be rounded to the digits that the question asks for; letters may be small or large; a set or a list
    is taken without its order.  None, and what is empty, is no answer yet; an answer of another kind is told what is
    asked for.  ConfigError for a question that no notebook asks.

    >>> check("05.2", None)
    … not answered yet
    """
    rows = _sealed()
    if question not in rows:
        nearest = get_close_matches(question, rows, 1)
        raise ConfigError(
            f"no notebook asks question {question!r}" + (f"; did you mean {nearest[0]!r}?" if nearest else "")
        )
    row = rows[question]
    if answer is None or (isinstance(answer, str | bytes | Collection) and not len(answer)) or _blank(answer):
        return Reply("not answered yet")
    digits = row["digits"]
    if any(seal(question, form) == row["seal"] for form in forms(answer, digits)):
        return Reply("right", row.get("right", ""))
    for trap in row.get("traps", ()):
        if any(seal(question, form) == trap["seal"] for form in forms(answer, digits)):
            return Reply("near" if trap.get("near") else "wrong", trap["hint"])
    if digits and any(seal(question, form) == row["near"] for form in forms(answer, 1)):
        return Reply("near", "the order of size is right")
    return Reply("wrong", _other_kind(row["kind"], answer, digits) or row.get("hint", ""))


def _blank(answer: object) -> bool:
    return isinstance(answer, str) and not answer.strip()


_KINDS: Final[Mapping[str, tuple[str, tuple[type, ...]]]] = {
    "number": ("a number is asked for", (int, float)),
    "several": ('several are asked for, such as ["a", "b"]', (Set, list, tuple)),
    "yes or no": ('"yes" or "no" is asked for', (str,)),
    "text": ("a word or a name is asked for", (str, Enum)),
}
"""Kind of an answer -> what is said to who gives another, and what such answers are."""
_CALLED: Final[Mapping[type, str]] = {
    bool: "True or False", int: "a number", float: "a number", str: "a text", bytes: "octets", list: "a list",
    tuple: "a list", dict: "a dict", set: "a set", frozenset: "a set",
}  # fmt: skip


def _other_kind(kind: str, answer: object, digits: int) -> str:
    """What is asked for, when ``answer`` is of another kind; else nothing."""
    asked_for, types = _KINDS[kind]
    fits = isinstance(answer, types) and not (kind == "number" and isinstance(answer, bool))
    if fits or (kind == "number" and not digits and isinstance(answer, str) and answer.strip().isdigit()):
        return ""
    name = type(answer).__name__
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return f"{asked_for}, and this is {_CALLED.get(type(answer), f'{article} {name}')}"


def kind_of(answer: object) -> str:
    """The kind of an answer, as it is kept beside its digest.

    >>> [kind_of(answer) for answer in (4, "no", ["a"], "md5")]
    ['number', 'yes or no', 'several', 'text']
    """
    if isinstance(answer, str):
        return "yes or no" if answer.strip().casefold() in ("yes", "no") else "text"
    return "several" if isinstance(answer, Set | list | tuple) else "number"


def forms(answer: object, digits: int) -> Iterator[str]:
    """The ways in which an answer may have been written down: of a number its rounding and both neighbours.

    >>> list(forms(42.68, 3)), list(forms("  No  ", 0)), list(forms({"b", "A"}, 0))
    (['4.26e+01', '4.27e+01', '4.28e+01'], ['no'], ['a|b'])
    """
    if digits and isinstance(answer, int | float) and not isinstance(answer, bool) and isfinite(answer):
        if answer == 0:
            yield "0"
            return
        unit = 10.0 ** (floor(log10(abs(answer))) - digits + 1)
        for step in (-1, 0, 1):
            yield f"{answer + step * unit:.{digits - 1}e}"
    elif isinstance(answer, Set | list | tuple):
        yield "|".join(sorted(_plain(part) for part in answer))
    else:
        yield _plain(answer)


def _plain(value: object) -> str:
    return " ".join(unicodedata.normalize("NFKC", str(value)).casefold().split())


def seal(question: str, form: str) -> str:
    """The digest of an answer's form; the name of the question is the salt.

    >>> seal("05.2", "x") == seal("05.2", "x"), seal("05.2", "x") == seal("05.3", "x")
    (True, False)
    """
    return hashlib.pbkdf2_hmac("sha256", form.encode(), question.encode(), _ROUNDS, 12).hex()


@cache
def _sealed() -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = json.loads((files(__package__) / "sealed.json").read_text("utf-8"))
    return rows
