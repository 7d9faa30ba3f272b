"""What a finding of lint says that the device will answer, so that both can be compared.

>>> foretold("path"), foretold("deprecated")
(frozenset({404}), frozenset())
>>> agrees(["value"], 500), agrees([], 200), agrees(["path"], 200), agrees(["markup"], None)
(True, True, False, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from dmkit.words.asked import asked

__all__ = ["ANSWERS", "agrees", "foretold"]

_NOTHING: Final[frozenset[int | None]] = frozenset()

ANSWERS: Final[Mapping[str, frozenset[int | None]]] = MappingProxyType(
    {
        "not-xml": frozenset({None}), "markup": frozenset({None}), "cdata": frozenset({400}),
        "foreign": frozenset({400}), "no-cmd-id": frozenset({400}), "no-uri": frozenset({400}),
        "slash": frozenset({400}), "blank": frozenset({404}),
        "scope": frozenset({404, 405}), "path": frozenset({404}), "verb": frozenset({405, 406}),
        "format": frozenset({415}),
        "no-data": frozenset({400, 415}), "value": frozenset({400, 500}), "admx": frozenset({500}),
        "build": frozenset({404}), "edition": frozenset({404, 500}), "unreleased": frozenset({404}),
        "name": frozenset({400}), "atomic-get": frozenset({500}), "atomic-nested": frozenset({500, 215}),
        "atomic-twice": frozenset({500}),
    }
)  # fmt: skip
"""Rule -> statuses that the device may give, None for no Status; other rules say nothing of the answer."""

_BESIDE: Final = frozenset({215, 216})
"""What an innocent part of an Atomic says."""


@asked
def foretold(rule: str) -> frozenset[int | None]:
    """The statuses that a finding of ``rule`` announces; empty when it announces none."""
    return ANSWERS.get(rule, _NOTHING)


@asked
def agrees(rules: Iterable[str], status: int | None, *, in_failed_atomic: bool = False) -> bool:
    """Whether an answer is one that findings of ``rules`` about its command announce: of several, any one."""
    rules = tuple(rules)
    if "unknowable" in rules and not any(map(foretold, rules)):
        return True  # nothing is foretold
    announced = [statuses for rule in rules if (statuses := foretold(rule))]
    if not announced:
        return status is not None and (200 <= status < 300) and (status not in _BESIDE or in_failed_atomic)
    return any(status in statuses for statuses in announced)
