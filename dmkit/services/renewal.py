"""What lasts for a stated time, certificates and secrets, and when it is to be made anew.

A secret or a package has a ``lifetime`` in the catalogue, and how long before its end it is renewed (``renew``).  A
device does not tell when something was written; the server remembers it (``DeviceRecord.since``).  Time is told.

>>> seconds_in("1d"), seconds_in("90m"), seconds_in("soon")
(86400.0, 5400.0, None)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.services.journal import DeviceRecord

__all__ = ["UNITS", "Expiry", "RenewalState", "clock_time", "due", "expiries", "seconds_in"]

UNITS: Final[Mapping[str, float]] = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""Letter behind a number -> seconds."""
RenewalState: TypeAlias = Literal["good", "due", "expired", "unknown"]


def seconds_in(text: str) -> float | None:
    """The seconds of a time such as ``90d``; None for what is none, and for nothing."""
    found = re.fullmatch(r"([0-9]{1,9})([smhdw])", text)
    return float(found[1]) * UNITS[found[2]] or None if found else None


@dataclass(frozen=True, slots=True)
class Expiry:
    """One thing that lasts for a time: ``uri`` is the leaf of the secret, or the one that tells the version.

    ``since`` is when it was written, ``until`` when it ends, ``renews`` from when on it is made anew (seconds of the
    clock that was told; None: nobody remembers).  ``services`` are those of which it is a part.

    >>> Expiry("./Key", "", ("mail",), 0.0, 100.0, 80.0, "due").is_due
    True
    """

    uri: str
    software: str
    """The component, empty for a secret."""
    services: tuple[str, ...]
    since: float | None
    until: float | None
    renews: float | None
    state: RenewalState

    @property
    def is_due(self) -> bool:
        """True for what is to be made anew: its time has come, has gone, or is not known."""
        return self.state != "good"

    def __str__(self) -> str:
        what, of = self.software or self.uri, ", ".join(self.services)
        if self.until is None or self.renews is None:
            return f"{what} ({of}): unknown, nobody remembers when it was written"
        return f"{what} ({of}): {self.state}, renewed from {_days(self.renews)} to {_days(self.until)}"


def _days(seconds: float) -> str:
    """A time of the clock that was told, in days where it is not short."""
    return f"day {seconds / UNITS['d']:g}" if seconds >= UNITS["d"] else f"{seconds:g} s"


def clock_time(now: object, right: str = "seconds of a clock are right") -> float:
    """A time as a number; ConfigError, which says what is ``right``, for what is none.

    >>> clock_time(60)
    60.0
    """
    if isinstance(now, int | float) and not isinstance(now, bool):
        with suppress(OverflowError):
            if isfinite(number := float(now)):
                return number
    raise ConfigError(f"now = {now!r}; {right}")


@asked
def expiries(
    catalogue: ServiceCatalogue, record: DeviceRecord, now: float, names: Iterable[str] | None = None
) -> tuple[Expiry, ...]:
    """What lasts for a time below the services ``names`` (those that are meant to work), soonest first.

    >>> from dmkit.services.journal import DeviceRecord
    >>> from dmkit.services.tables import parse
    >>> text = '[service.mail.settings]\\n"./Key" = { value = "k", secret = true, lifetime = "90d", renew = "10d" }'
    >>> record = DeviceRecord(("mail",), since={"./Key": 0.0})
    >>> [str(each) for each in expiries(parse(text), record, now=80 * 86400)]
    ['./Key (mail): due, renewed from day 80 to day 90']
    """
    now = clock_time(now)
    meant = tuple(n for n in record.intent if n in catalogue.services) if names is None else tuple(names)
    part = catalogue.part(*meant)
    found = [_expiry(record.since.get(uri), now, uri, *row) for uri, row in _lasting(part).items()]
    return tuple(sorted(found, key=lambda each: (each.until is not None, each.until or 0.0, each.uri)))


@asked
def due(catalogue: ServiceCatalogue, record: DeviceRecord, now: float) -> tuple[Expiry, ...]:
    """What is to be made anew at ``now``.

    >>> from dmkit.services.journal import DeviceRecord
    >>> from dmkit.services.tables import parse
    >>> due(parse("[service.mail]"), DeviceRecord(("mail",)), now=0.0)
    ()
    """
    return tuple(each for each in expiries(catalogue, record, now) if each.is_due)


def _lasting(catalogue: ServiceCatalogue) -> dict[str, tuple[str, tuple[str, ...], float, float]]:
    """Leaf -> component, services, lifetime, and how long before its end it is renewed."""
    found: dict[str, tuple[str, tuple[str, ...], float, float]] = {}
    for service in catalogue.services.values():
        for uri, software, lifetime, renew in _parts(catalogue, service.name):
            _, names, least, before = found.get(uri, ("", (), lifetime, renew))
            found[uri] = software, (*names, service.name), min(least, lifetime), max(before, renew)
    return found


def _parts(catalogue: ServiceCatalogue, name: str) -> Iterator[tuple[str, str, float, float]]:
    service = catalogue.services[name]
    for setting in service.settings:
        if setting.lifetime is not None:
            yield setting.uri, "", setting.lifetime, setting.renew
    for component in dict.fromkeys(member.name for member in service.needed() if member.kind == "software"):
        made = catalogue.software[component]
        lasting = [(p.lifetime, p.renew) for p in made.packages if p.lifetime is not None]
        if lasting:
            yield made.at, component, min(time for time, _ in lasting), max(before for _, before in lasting)


def _expiry(
    since: float | None, now: float, uri: str, software: str, services: tuple[str, ...], lifetime: float, renew: float
) -> Expiry:
    if since is None:
        return Expiry(uri, software, services, None, None, None, "unknown")
    until, renews = since + lifetime, since + lifetime - renew
    state: RenewalState = "expired" if now >= until else "due" if now >= renews else "good"
    return Expiry(uri, software, services, since, until, renews, state)
