"""What is remembered of arguments from outside is bounded by its weight, too, and what is short is found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dmkit.ddf import parser, usual
from dmkit.mo.sched import commands, gate, read
from dmkit.mo.sched.time import UTC
from dmkit.tree import acl, forms, policy, tnds, uri, values
from dmkit.words.caches import MOST
from dmkit.words.codes import Verb
from dmkit.words.model import Element

LENGTH = 100_000


def properties(title: str) -> Element:
    return Element("RTProperties", "", (Element("Title", "", (title,)),))


def blanks(text: str) -> str:
    return "\n" * len(text) + " " * int(text[1:].rstrip("x"))


def recurrence(text: str) -> object:
    base = f"{2000 + int(text[1:].rstrip('x'))}1201T030000Z"
    return read._recurrence(
        (base, "", "", ",".join([base] * (len(text) // len(base)))), UTC, ("first due", "shift", "elapsed")
    )


CACHES: dict[str, tuple[Any, Callable[[str], Any]]] = {
    "address": (uri.parse, lambda text: uri.parse(f"./{text}")),
    "path": (uri.join, lambda text: uri.join((text,))),
    "list of rights": (acl.parse, lambda text: acl.parse(f"Get={text}")),
    "decision": (policy._decided, lambda text: policy._decided(text, Verb.GET, ("A",), False, "Get=a", 1, "", "")),
    "type": (values.is_binary, values.is_binary),
    "properties": (
        tnds._usual,
        lambda text: tnds._usual(Element("RTProperties", "", (Element("Title", "", (text,)),))),
    ),
    "form": (forms.usual_form, lambda text: forms.usual_form("chr", text)),
    "places": (forms.places, lambda text: forms.places(("A", text))),
    "number": (gate.number, gate.number),
    "recurrence": (read._recurrence, recurrence),
    "report": (commands._coded, lambda text: commands._coded(text, "t", 200)),
    "access": (usual._access, lambda text: usual._access("<Get/>" + blanks(text))),
    "tag": (parser._split, parser._split),
}


@pytest.mark.parametrize("name", CACHES)
def test_long_arguments_are_not_kept_for_ever(name: str) -> None:
    cached, call = CACHES[name]
    cached.cache_clear()
    for at in range(50):
        call(f"n{at}" + "x" * LENGTH)
    assert 0 < cached.cache_info().currsize <= MOST // LENGTH + 1


@pytest.mark.parametrize("name", CACHES)
def test_short_ones_are_found_again(name: str) -> None:
    cached, call = CACHES[name]
    cached.cache_clear()
    for _ in range(2):
        for at in range(200):
            call(f"n{at}")
    assert cached.cache_info().hits >= 200
