"""The tape of a session: how many octets went up and down in each exchange, and how long the device took in between.

Recorded from the real engines, so a campaign that replays it sends what they would send.

>>> record().trips
(Trip(up=364, down=443, think=0.0), Trip(up=345, down=184, think=0.0))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dmkit.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.session.events import Step
    from dmkit.session.rules import Rules
    from dmkit.session.work import Job
    from dmkit.wire.codec import Codec

__all__ = ["EXAMPLE_TAPE", "Tape", "Trip", "record", "tape_of"]


@dataclass(frozen=True, slots=True)
class Trip:
    """One exchange: octets of the device's message, octets of the answer, seconds the device then takes."""

    up: int
    down: int
    think: float = 0.0


@dataclass(frozen=True, slots=True)
class Tape:
    """The exchanges of one session, in order."""

    trips: tuple[Trip, ...]
    name: str = ""

    @property
    def octets(self) -> int:
        """Both ways."""
        return sum(trip.up + trip.down for trip in self.trips)


EXAMPLE_TAPE: Final = Tape((Trip(364, 443), Trip(345, 184)), "read ./DevDetail/FwV in WBXML, MD5 both ways")
"""What ``record()`` gives, so that a plan without a job needs no engine; a test compares."""


def record(job: Job | None = None, rules: Rules | None = None, codec: Codec | None = None) -> Tape:
    """Run one session of the example device and its server and keep its tape; by default reading one value in WBXML.

    ConfigError when the session ends before the job does: a campaign of such sessions would never be done.
    """
    from dmkit import jobs
    from dmkit.device import Device
    from dmkit.server import Server
    from dmkit.transport.loop import converse
    from dmkit.wire.codec import WBXML

    device = Device.example(rules=rules, codec=codec or WBXML)
    server = Server.example(device)
    talk = converse(device, server, job=job or jobs.read("./DevDetail/FwV"))
    if not any(result.done for result in server.results):
        raise ConfigError("under these rules a session ends before its job is done")
    return tape_of(talk.steps)


def tape_of(steps: Iterable[Step], name: str = "") -> Tape:
    """The tape of steps that alternate between a client and a server; ConfigError when they do not."""
    trips: list[Trip] = []
    up: int | None = None
    for step in steps:
        if step.party == "client":
            if trips:
                trips[-1] = Trip(trips[-1].up, trips[-1].down, step.seconds)
            up = len(step.reply.body) if step.reply is not None else None
        elif up is None or step.reply is None:
            raise ConfigError("a tape needs a session in which every message of the device is answered")
        else:
            trips.append(Trip(up, len(step.reply.body)))
            up = None
    return Tape(tuple(trips), name)
