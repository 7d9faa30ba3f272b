"""The agenda of a device as it keeps it: entries in the order in which they came, found by what is due and for whom.

What happens inside lies in order of time, and so does what each server is to be told; a report is found by the alert
that says it.  So nothing looks through entries that are not due, or that are for another server.

>>> agenda = Agenda([Due(5.0, After(5.0, "./FUMO", "begin")), Due(1.0, Later(1.0, "urn:x"), "srv")])
>>> agenda.append(Due(0.0, Later(0.0, "urn:y"), "other"))
>>> len(agenda), [due.at for due in agenda.happenings()], [due.what.type for due in agenda.told(("", "srv"), 9.0)]
(3, [5.0], ['urn:x'])
>>> agenda.remove(agenda[0])
>>> agenda == [agenda[0], agenda[1]], bool(Agenda())
(True, False)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import islice
from math import inf
from typing import Any, overload

from dmkit.words.model import Alert, Item, Meta
from dmkit.words.outcome import After, Due, Later

__all__ = ["Agenda", "alert_of"]

_InTime = list[tuple[float, int]]
"""When entries are due, and their numbers, in order of time; at one moment, as they came."""


def alert_of(later: Later) -> Alert:
    """The Generic Alert that says a report.  [DMPRO §8.7]"""
    bare = later.type.startswith("urn:")  # fits neither of the prefixes of DM 1.2  [enablers sheet §1]
    kind = later.type if bare else f"Reversed-Domain-Name: {later.type}"
    meta = Meta(format=later.format, type=kind, mark=later.mark)
    item = Item(source=later.source, meta=meta, data=later.data)
    return Alert(Alert.of(1226).code, (item,), later.correlator)


class Agenda(Sequence[Due]):
    """Entries in the order in which they came; those that are put in and taken out one by one are found at once.

    ``came`` counts all that ever came.
    """

    __slots__ = ("_alerts", "_alike", "_entries", "_happens", "_numbers", "_tells", "came")

    def __init__(self, entries: Iterable[Due] = ()) -> None:
        self.came = 0
        self.clear()
        self.extend(entries)

    # -- as a sequence

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Due]:
        return iter(tuple(self._entries.values()))

    @overload
    def __getitem__(self, at: int) -> Due: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Due]: ...
    def __getitem__(self, at: int | slice) -> Due | Sequence[Due]:
        return tuple(self._entries.values())[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Agenda | list | tuple) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Agenda({list(self)!r})"

    def __reduce__(self) -> tuple[type[Agenda], tuple[tuple[Due, ...]]]:
        """A copy is made of its entries: it finds them by which they are, and shares nothing with the first."""
        return Agenda, (tuple(self),)

    # -- changing

    def clear(self) -> None:
        """Nothing is left."""
        self._entries: dict[int, Due] = {}
        self._numbers: dict[int, int] = {}
        self._happens: _InTime = []
        self._tells: dict[str, _InTime] = {}
        self._alerts: dict[int, Alert] = {}
        self._alike: dict[tuple[Alert, str], _InTime] | None = None

    def append(self, entry: Due) -> None:
        """One more."""
        if id(entry) in self._numbers:
            entry = replace(entry)  # the same twice is two
        self.came = number = self.came + 1
        self._entries[number] = entry
        self._numbers[id(entry)] = number
        if isinstance(entry.what, After):
            insort(self._happens, (entry.at, number))
            return
        insort(self._tells.setdefault(entry.by, []), (entry.at, number))
        if self._alike is not None:
            insort(self._alike.setdefault((self._alert(number), entry.by), []), (entry.at, number))

    def extend(self, entries: Iterable[Due]) -> None:
        """Several more."""
        for entry in entries:
            self.append(entry)

    def remove(self, entry: Due) -> None:
        """Take out this very entry, which is there."""
        number = self._numbers.pop(id(entry))
        del self._entries[number]
        at = entry.at, number
        if isinstance(entry.what, After):
            _drop(self._happens, at)
            return
        _drop_from(self._tells, entry.by, at)
        if self._alike is not None:
            _drop_from(self._alike, (self._alerts[number], entry.by), at)
        self._alerts.pop(number, None)

    # -- what happens inside

    def happenings(self) -> Iterator[Due]:
        """What will happen inside, in order of time; the agenda stays as it is meanwhile."""
        return (self._entries[number] for _, number in self._happens)

    @property
    def first(self) -> float | None:
        """When the first entry of all falls due."""
        return min((row[0][0] for row in (self._happens, *self._tells.values()) if row), default=None)

    # -- what is to be told

    def told(self, servers: Sequence[str] | None, now: float) -> list[Due]:
        """Reports to any of ``servers``, or to all, that are due by ``now``, in order of time."""
        rows = self._tells.values() if servers is None else [self._tells.get(server, []) for server in servers]
        due = merge(*(islice(row, bisect_right(row, (now, inf))) for row in rows))
        return [self._entries[number] for _, number in due]

    def news(self, servers: Sequence[str], now: float, since: tuple[int, float]) -> list[Due]:
        """Of these, those that came after entry ``since[0]``, or fell due after ``since[1]``, in order of time."""
        last, before = since
        found: set[tuple[float, int]] = set()
        for server in servers:
            row = self._tells.get(server, [])
            found.update(row[bisect_right(row, (before, inf)) : bisect_right(row, (now, inf))])
        for number in reversed(self._entries):
            if number <= last:
                break
            entry = self._entries[number]
            if isinstance(entry.what, Later) and entry.by in servers and entry.at <= now:
                found.add((entry.at, number))
        return [self._entries[number] for _, number in sorted(found)]

    def first_told(self, server: str | None) -> float | None:
        """When the first report falls due: to ``server`` or to whoever is met, or to anybody at all for None."""
        rows = self._tells.values() if server is None else (self._tells.get(one) for one in ("", server))
        return min((row[0][0] for row in rows if row), default=None)

    def servers_told(self, now: float) -> list[str]:
        """Servers to which something is due by ``now``, the one that waited longest first; empty is whoever is met."""
        heads = sorted((row[0], server) for server, row in self._tells.items())
        return [server for (at, _), server in heads if at <= now]

    def alerts(self, entries: Iterable[Due]) -> tuple[Alert, ...]:
        """The alerts that say reports of this agenda."""
        return tuple(self._alert(self._numbers[id(entry)]) for entry in entries)

    def saying(self, alert: Alert, server: str | None) -> Due | None:
        """The report that ``alert`` says: to ``server`` or whoever is met (None: to anybody), the first to be due."""
        if self._alike is None:
            self._alike = {}
            for number, entry in self._entries.items():
                if isinstance(entry.what, Later):
                    row = self._alike.setdefault((self._alert(number), entry.by), [])
                    insort(row, (entry.at, number))
        rows = (self._alike.get((alert, one)) for one in (tuple(self._tells) if server is None else ("", server)))
        first = min((row[0] for row in rows if row), default=None)
        return None if first is None else self._entries[first[1]]

    def _alert(self, number: int) -> Alert:
        known = self._alerts.get(number)
        if known is None:
            what: Any = self._entries[number].what
            known = self._alerts[number] = alert_of(what)
        return known


def _drop(row: _InTime, at: tuple[float, int]) -> None:
    del row[bisect_left(row, at)]


def _drop_from(rows: dict[Any, _InTime], key: object, at: tuple[float, int]) -> None:
    row = rows[key]
    _drop(row, at)
    if not row:
        del rows[key]
