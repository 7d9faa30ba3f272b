"""What a device said about the commands of a change: which leaf it was that failed, and with which Status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dmkit.services.packing import ancestors
from dmkit.services.plan import Install, LeafWrite, PlannedChange
from dmkit.words.codes import StatusCode
from dmkit.words.model import Atomic, Command, Item
from dmkit.words.model import Sequence as InOrder
from dmkit.words.outcome import Outcome

__all__ = ["culprit", "flat", "target_of"]

_ALONG: Final = (StatusCode.NOT_EXECUTED, StatusCode.ROLLED_BACK)
"""Statuses of commands that failed because another did."""


def flat(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """Outcomes with those inside containers in place of the containers."""
    for outcome in outcomes:
        if isinstance(outcome.command, Atomic | InOrder):
            yield from flat(outcome.parts)
        else:
            yield outcome


def target_of(command: Command | None) -> str:
    """The first node that ``command`` is about."""
    items: tuple[Item, ...] = getattr(command, "items", ())
    return items[0].target or "" if items else ""


def culprit(change: PlannedChange, beside: Sequence[PlannedChange], answers: Mapping[str, Outcome]) -> str:
    """Why ``change`` does not hold: the leaf and the Status that really failed, be it of another change beside it."""
    own = [uri for uri in _about(change) if uri in answers and not answers[uri].ok]
    real = next((uri for uri in own if answers[uri].status not in _ALONG), None)
    if real is not None:
        return f"{change}: {_told(change, real)}{answers[real]}"
    others = [(other, uri) for other in beside for uri in _about(other) if uri in answers and not answers[uri].ok]
    found = next(((o, uri) for o, uri in others if answers[uri].status not in _ALONG), None) if own else None
    if found is not None:
        other, uri = found
        return f"{other}: {_told(other, uri)}{answers[uri]}"
    return f"{change}: {answers[own[0]] if own else 'the device does not show it'}"


def _told(change: PlannedChange, uri: str) -> str:
    return "" if uri == change.uri else f"{uri}: "


def _about(change: PlannedChange) -> list[str]:
    if isinstance(change, Install):
        return [change.run, *change.told]
    assert isinstance(change, LeafWrite)
    return [change.uri, *ancestors(change.uri), change.whole or change.uri]
