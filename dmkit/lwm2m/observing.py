"""Who is told of what: periods and conditions that a server sets, and the notifications that are due.  [lwm2m sheet §2]

``pmin`` and ``pmax`` are seconds; ``gt``, ``lt`` and ``st`` are of a number: told when it crosses one of the first two,
or has moved by the third.  A name alone takes its value away.  Where several may hold, the reading is that of clients
in the open: names that stand twice and ``lt + 2 st >= gt`` are refused (V); a ``pmax`` that is no longer than ``pmin``
says nothing (UNSURE).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dmkit.lwm2m.blocks import blocked
from dmkit.lwm2m.coap import Message
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.reading import composite, exists, format_of, need, payload_of, readable
from dmkit.lwm2m.rights import AccessRight, Observation, RequestRefused
from dmkit.lwm2m.values import Type
from dmkit.words.asked import asked

if TYPE_CHECKING:
    from dmkit.lwm2m.client import Client

__all__ = ["ATTRIBUTES", "notifications", "number_at", "write_attributes"]

_SECONDS: Final = re.compile(r"[0-9]{1,10}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
ATTRIBUTES: Final[Mapping[str, re.Pattern[str]]] = {
    "pmin": _SECONDS, "pmax": _SECONDS, "gt": _NUMBER, "lt": _NUMBER, "st": _NUMBER,
}  # fmt: skip
"""Name -> how its value is written.  ``stp``, as a client in the open has it, is taken for ``st``."""
_NUMERIC: Final = (Type.INTEGER, Type.UNSIGNED, Type.FLOAT, Type.TIME)
_WRAP: Final = 1 << 24
"""The count of notifications has 24 bits.  [RFC 7641 §2]"""


@asked
def write_attributes(me: Client, request: Message, path: Path, server: int) -> tuple[Client, Message]:
    """Write-Attributes: set or take away; all of it or nothing."""
    exists(me, path)
    need(me, server, path, AccessRight.READ)
    kept = dict(me.attributes)
    named: set[str] = set()
    for text in request.query_texts:
        name, sign, value = text.partition("=")
        name = "st" if name == "stp" else name
        if name not in ATTRIBUTES or name in named or (sign and not ATTRIBUTES[name].fullmatch(value)):
            raise RequestRefused("4.00")
        if name in ("gt", "lt", "st") and me.store.type_of(path) not in _NUMERIC:
            raise RequestRefused("4.00")
        named.add(name)
        kept.pop((server, path, name), None)
        if sign:
            kept[server, path, name] = float(value)
    low, high = kept.get((server, path, "lt")), kept.get((server, path, "gt"))
    step = kept.get((server, path, "st"), 0.0)
    if step < 0 or (low is not None and high is not None and low + 2 * step >= high):
        raise RequestRefused("4.00")
    return replace(me, attributes=tuple(kept.items())), request.response("2.04")


@asked
def number_at(me: Client, path: Path) -> float | None:
    """The number at an address; None where none is."""
    value = me.store.values.get(path)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else float(value)


@asked
def notifications(me: Client, now: float) -> tuple[Client, tuple[tuple[int, Message], ...]]:
    """What is due by ``now``, with its server: a change behind pmin, or nothing for pmax.

    What can be read no more, because it is gone or the right to it is, is told once with its code, and is over.
    """
    told: list[tuple[int, Message]] = []
    kept: list[Observation] = []
    for seen in me.observations:
        request = Message("NON", "0.01", 0, seen.token)
        try:
            payload, number = _read(me, seen)
        except RequestRefused as refused:
            told.append((seen.server, request.response(refused.code)))
            continue
        if _due(me, seen, payload, now):
            value = number_at(me, seen.path)
            seen = replace(seen, count=(seen.count + 1) % _WRAP, told=payload, at=now, value=value)
            told.append((seen.server, blocked(me, request, payload, number, seen.count)))
        kept.append(seen)
    return replace(me, observations=tuple(kept)), tuple(told)


def _read(me: Client, seen: Observation) -> tuple[bytes, int]:
    if seen.asked:
        row = format_of(me, seen.accept, seen.path)
        return composite(me, seen.asked, seen.server, row), row.number
    exists(me, seen.path)
    need(me, seen.server, seen.path, AccessRight.READ)
    readable(me, seen.path)
    row = format_of(me, seen.accept, seen.path)
    return payload_of(me, seen.path, row, seen.server), row.number


def _due(me: Client, seen: Observation, payload: bytes, now: float) -> bool:
    periods = dict(me.attributes)
    least, most = _period(me, periods, seen, "pmin") or 0.0, _period(me, periods, seen, "pmax")
    if now - seen.at < least:
        return False
    if most is not None and now - seen.at >= most > least:
        return True
    return payload != seen.told and _moved(me, periods, seen)


def _moved(me: Client, periods: Mapping[tuple[int, Path, str], float], seen: Observation) -> bool:
    """Whether the change is one that was asked for; every change, without conditions."""
    at = Path.of(seen.path[:3])
    given = {name: periods.get((seen.server, seen.path, name), periods.get((seen.server, at, name)))
             for name in ("gt", "lt", "st")}  # fmt: skip
    value, last = number_at(me, seen.path), seen.value
    if value is None or last is None or all(limit is None for limit in given.values()):
        return True
    above, below, step = given["gt"], given["lt"], given["st"]
    return (
        (above is not None and (value > above) != (last > above))
        or (below is not None and (value < below) != (last < below))
        or (step is not None and abs(value - last) >= step)
    )


def _period(me: Client, periods: Mapping[tuple[int, Path, str], float], seen: Observation, name: str) -> float | None:
    """The nearest of the attribute on the address or above it, then the server's default."""
    for length in range(len(seen.path), 0, -1):
        found = periods.get((seen.server, Path.of(seen.path[:length]), name))
        if found is not None:
            return found
    for instance in me.store.instances(1):
        if me.store.values.get(instance / 0) == seen.server:
            value = me.store.values.get(instance / (2 if name == "pmin" else 3))
            return float(value) if isinstance(value, int) else None
    return None
