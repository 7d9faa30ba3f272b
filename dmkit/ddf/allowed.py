"""Which values a leaf takes, where its description says so in an extension: ``AllowedValues`` of Windows descriptions.

DDF itself has formats and types only.  Lists of values and ranges of numbers are understood, for they need no more
than a comparison; patterns and schemas are kept and not applied.

>>> from dmkit.ddf.spec import NodeSpec
>>> limits = Element("AllowedValues", NS_WINDOWS, (Element("Value", NS_WINDOWS, ("[1-10]",)),),
...                  (("ValueType", "Range"),))
>>> check = allowed(NodeSpec(name="N", format=Format.INT, extensions=(limits,)))
>>> check("11"), check("10")
('11 is not in [1-10]', '')

A bool is compared by value: a list of 0 and 1 takes true and false.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dmkit.ddf.spec import NodeSpec
from dmkit.wire.habits import BOOLS
from dmkit.words.codes import Format
from dmkit.words.model import Element

__all__ = ["NS_WINDOWS", "allowed", "some_allowed"]

NS_WINDOWS: Final = "http://schemas.microsoft.com/MobileDevice/DM"
_RANGE: Final = re.compile(r"\[\s*\(?(-?\d{1,20})\)?\s*-\s*\(?(-?\d{1,20})\)?\s*\]")
_NUMBER: Final = re.compile(r"-?\d{1,20}\Z")


def allowed(node: NodeSpec) -> Callable[[str], str] | None:
    """What says why the text of a value is not taken, or nothing when it is; None where all are."""
    kind, element = _restriction(node)
    if element is not None and kind == "ENUM":
        return _one_bool_of(_values(element)) if node.format is Format.BOOL else _one_of(_values(element))
    return None if element is None else _within(*_ranges(element))


def some_allowed(node: NodeSpec) -> tuple[str, ...]:
    """Values that are taken: those that are listed, or the ends of the ranges; none where all are."""
    kind, element = _restriction(node)
    if element is not None and kind == "ENUM":
        values = _values(element)
        if node.format is not Format.BOOL:
            return values
        return tuple(dict.fromkeys(meant for value in values if (meant := BOOLS.get(value.lower()))))
    return () if element is None else tuple(str(end) for both in _ranges(element)[1] for end in both)


def _restriction(node: NodeSpec) -> tuple[str, Element | None]:
    """The kind of AllowedValues, and the element; None for what is not understood."""
    for element in node.extensions:
        if element.name == "AllowedValues" and element.ns == NS_WINDOWS:
            kind = dict(element.attrs).get("ValueType", "")
            listed = any(True for _ in element.find("List"))  # several of them in one text, with a delimiter
            if kind == "ENUM" and not listed and _values(element):
                return kind, element
            if kind == "Range" and node.format is Format.INT and _ranges(element)[1]:
                return kind, element
    return "", None


def _values(element: Element) -> tuple[str, ...]:
    return tuple(value.text.strip() for entry in element.find("Enum") for value in entry.find("Value"))


def _ranges(element: Element) -> tuple[str, list[tuple[int, int]]]:
    first = next((value.text.strip() for value in element.find("Value")), "")
    return first, [(int(low), int(high)) for low, high in _RANGE.findall(first)]


def _one_of(values: tuple[str, ...]) -> Callable[[str], str]:
    shown = ", ".join(values[:12]) + (", ..." if len(values) > 12 else "")
    return lambda text: "" if text in values else f"{text[:40]!r} is none of {shown}"


def _one_bool_of(values: tuple[str, ...]) -> Callable[[str], str] | None:
    """As ``_one_of`` for truth values, however both are written; None where a value on the list is none."""
    meant = {BOOLS.get(value.lower()) for value in values}
    if None in meant:
        return _one_of(values)
    shown = ", ".join(values)
    return lambda text: "" if BOOLS.get(text.lower()) in meant else f"{text[:40]!r} is none of {shown}"


def _within(value: str, ranges: list[tuple[int, int]]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not _NUMBER.match(text):
            return f"{text[:40]!r} is no number; it is in {value}"
        return "" if any(low <= int(text) <= high for low, high in ranges) else f"{text} is not in {value}"

    return check
