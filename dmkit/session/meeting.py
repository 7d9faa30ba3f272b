"""Which report meets which job that waits, found by correlator and source: nobody is compared with everybody.

``Wait.meets`` says of one report and one job what these say of many.

>>> alerts = [Alert(1226, (Item(source="./A"),), correlator="c"), Alert(1226, (Item(source="./B"),))]
>>> [(at, alert.correlator, item.source) for at, alert, item in meetings([Wait("d", "./B"), Wait("c")], alerts)]
[(1, 'c', './A'), (0, None, './B')]
>>> reports = EarlyReports(alerts)
>>> reports.take(Wait("c"))[1].source, reports.take(Wait("c")), len(reports.left)
('./A', None, 1)
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence

from dmkit.session.work import Wait
from dmkit.words.codes import AlertCode
from dmkit.words.model import Alert, Item

__all__ = ["EarlyReports", "meetings"]


def meetings(waits: Sequence[Wait], alerts: Iterable[Alert]) -> Iterator[tuple[int, Alert, Item]]:
    """Each wait that an alert meets, by its place, in the order of alerts and then of waits; each wait once."""
    named, bare, placed = (defaultdict[str, list[int]](list) for _ in range(3))
    for at, wait in enumerate(waits):
        if wait.correlator is not None:
            named[wait.correlator].append(at)
        if wait.source is not None:
            placed[wait.source].append(at)
            if wait.correlator is None:
                bare[wait.source].append(at)
    met: set[int] = set()
    for alert in alerts:
        if alert.code != AlertCode.GENERIC or not alert.items:
            continue
        found: dict[int, Item] = {}  # whom one alert finds under a name it meets all of: no list is walked twice
        for item in alert.items:
            if item.source is not None:
                list_of = placed if alert.correlator is None else bare
                for at in list_of.pop(item.source, ()):
                    found.setdefault(at, item)
        if alert.correlator is not None:
            found |= dict.fromkeys(named.pop(alert.correlator, ()), alert.items[0])
        for at in sorted(found.keys() - met):
            met.add(at)
            yield at, alert, found[at]


class EarlyReports:
    """Reports that nobody has met: each goes to the first who asks for it."""

    def __init__(self, alerts: Sequence[Alert]) -> None:
        self._alerts = alerts
        self._taken: set[int] = set()
        self._named, self._bare, self._placed = (defaultdict[str, deque[int]](deque) for _ in range(3))
        for at, alert in enumerate(alerts):
            if alert.code != AlertCode.GENERIC:
                continue
            if alert.correlator is not None and alert.items:
                self._named[alert.correlator].append(at)
            for source in dict.fromkeys(item.source for item in alert.items if item.source is not None):
                self._placed[source].append(at)
                if alert.correlator is None:
                    self._bare[source].append(at)

    @property
    def left(self) -> tuple[Alert, ...]:
        """What nobody took, in order."""
        return tuple(alert for at, alert in enumerate(self._alerts) if at not in self._taken)

    def take(self, wait: Wait) -> tuple[Alert, Item] | None:
        """The first report that ``wait`` is met by, with its Item; it is gone then."""
        lists = [self._placed.get(wait.source)] if wait.correlator is None and wait.source is not None else []
        if wait.correlator is not None:
            lists.append(self._named.get(wait.correlator))
            if wait.source is not None:
                lists.append(self._bare.get(wait.source))
        firsts = []
        for places in lists:
            while places and places[0] in self._taken:
                places.popleft()
            if places:
                firsts.append(places[0])
        if not firsts:
            return None
        self._taken.add(min(firsts))
        alert = self._alerts[min(firsts)]
        item = wait.meets(alert)
        assert item is not None
        return alert, item
