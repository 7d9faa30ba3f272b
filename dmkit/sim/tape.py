"""The tape of a session: how many octets went up and down in each exchange, and how long the device took in between.

Recorded from the real engines, so a campaign that replays it sends what they would send.

>>> record().trips
(Trip(up=364, down=443, think=0.0), Trip(up=345, down=184, think=0.0))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dmkit.device.agenda import next_report
from dmkit.device.device import Device
from dmkit.mo.firmware import Image, package
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.transport.loop import converse
from dmkit.wire.codec import WBXML
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Octets, Seconds

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.session.events import Step
    from dmkit.session.rules import Rules
    from dmkit.session.work import Job
    from dmkit.wire.codec import Codec

__all__ = ["EXAMPLE_TAPE", "Tape", "Trip", "equip", "join", "record", "tape_of"]


@checked
@dataclass(frozen=True, slots=True)
class Trip:
    """One exchange: octets of the device's message, octets of the answer, seconds the device then takes.

    >>> Trip(400, 250).up
    400
    """

    up: Octets
    """Octets of the device's message."""
    down: Octets
    """Octets of the answer."""
    think: Seconds = 0.0
    """Seconds that the device then takes."""


@checked
@dataclass(frozen=True, slots=True)
class Tape:
    """The exchanges of one session, in order.

    >>> Tape((Trip(400, 250), Trip(180, 90))).trips[1].down
    90
    """

    trips: tuple[Trip, ...]
    """The exchanges, in order."""
    name: str = ""
    """What was recorded."""

    @property
    def octets(self) -> int:
        """Both ways."""
        return sum(trip.up + trip.down for trip in self.trips)


EXAMPLE_TAPE: Final = Tape((Trip(364, 443), Trip(345, 184)), "read ./DevDetail/FwV in WBXML, MD5 both ways")
"""What ``record()`` gives, so that a plan without a job needs no engine; a test compares."""


@asked
def record(job: Job | None = None, rules: Rules | None = None, codec: Codec | None = None) -> Tape:
    """Run the sessions that ``job`` needs and keep their tape; by default one that reads one value in WBXML.

    A job that waits for a report has several: the wait between two is the think time of the last exchange before it.
    ConfigError when the sessions end before the job does: a campaign of them would never be done.

    >>> len(record().trips)
    2
    """
    device = Device.example(rules=rules, codec=codec or WBXML)
    equip(device, job)
    server = Server.example(device)
    now, wanted = 0.0, job or jobs.read("./DevDetail/FwV")
    tape = tape_of(converse(device, server, job=wanted, now=now).steps)
    while not server.results and (due := next_report(device)) is not None:
        after = tape_of(converse(device, server, now=max(now, due)).steps)
        tape, now = join(tape, after, max(now, due) - now), max(now, due)
    if not any(result.done for result in server.results):
        raise ConfigError("under these rules a session ends before its job is done")
    return tape


def equip(device: Device, job: Job | None) -> None:
    """Give ``device`` the objects that ``job`` says it is for, and a world in which its packages are found."""
    for name, at, version, url in getattr(job, "objects", ()):
        image = Image(device.tree.get("./DevInfo/Mod").text, version)
        device.with_object(name, at, world={url: package(image)})


def join(first: Tape, second: Tape, seconds: float) -> Tape:
    """Two sessions as one tape, ``seconds`` apart: the device waits, then has something to report.

    >>> join(Tape((Trip(1, 2),)), Tape((Trip(3, 4),)), 60.0).trips
    (Trip(up=1, down=2, think=60.0), Trip(up=3, down=4, think=0.0))
    """
    last = first.trips[-1]
    return Tape((*first.trips[:-1], replace(last, think=last.think + seconds), *second.trips), first.name)


def tape_of(steps: Iterable[Step], name: str = "") -> Tape:
    """The tape of steps that alternate between a client and a server; ConfigError when they do not."""
    trips: list[Trip] = []
    up: int | None = None
    last: tuple[int, int] | None = None
    for step in steps:
        if step.party == "client":
            if last is not None:
                trips.append(_trip(*last, step.seconds))
                last = None
            elif trips:
                trips[-1] = _trip(trips[-1].up, trips[-1].down, step.seconds)
            up = len(step.reply.body) if step.reply is not None else None
        elif up is None or step.reply is None:
            raise ConfigError("a tape needs a session in which every message of the device is answered")
        else:
            last, up = (up, len(step.reply.body)), None
    if last is not None:
        trips.append(Trip(*last))
    return Tape(tuple(trips), name)


@lru_cache(maxsize=4096, typed=True)
def _trip(up: int, down: int, think: float) -> Trip:
    """That trip: devices of a kind make the same, and a value that is checked once is right for all."""
    return Trip(up, down, think)
