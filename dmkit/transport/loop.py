"""In memory: device and server take turns, and a tap may stand between them.

>>> from dmkit.device.device import Device
>>> from dmkit.server.server import Server
>>> from dmkit.server import jobs
>>> device = Device.example()
>>> talk = list(steps(device, Server.example(device), job=jobs.read("./DevInfo/Mod")))
>>> [step.party for step in talk]
['client', 'server', 'client', 'server', 'client']
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Literal, TypeAlias

from dmkit.device.agenda import next_report
from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.client import ClientSession
from dmkit.session.events import JobFailed, Step
from dmkit.session.server import ServerSession
from dmkit.session.work import Job
from dmkit.views.transcript import Transcript
from dmkit.words.arguments import callable_, finite, fits, gave, instance, whole
from dmkit.words.errors import ConfigError, JobError
from dmkit.words.model import Alert, Packet

__all__ = ["Tap", "converse", "honest", "manage", "raise_failed", "steps"]

Tap: TypeAlias = Callable[[Packet, Random], Iterable[Packet]]
"""Stands on the path: ``[packet]`` lets it pass, ``[]`` drops it, ``[packet, packet]`` doubles it."""


def honest(packet: Packet, rng: Random) -> Iterable[Packet]:
    """The path that changes nothing.

    >>> from random import Random
    >>> from dmkit.words.model import Packet
    >>> packet = Packet("https://dm.example.com/dm", b"<SyncML/>", "application/vnd.syncml.dm+xml")
    >>> list(honest(packet, Random(1))) == [packet]
    True
    """
    return (packet,)


def steps(
    client: Device | ClientSession,
    server: Server | ServerSession,
    *,
    job: Job | None = None,
    tap: Tap = honest,
    rng: Random | None = None,
    now: float = 0.0,
    alerts: tuple[Alert, ...] = (),
    limit: int = 2000,
) -> Iterator[Step]:
    """Run one session step by step.

    ``job`` is put into the server's list first.  ``tap`` sees each packet, ``rng`` is its chance; ``now`` is the time
    that both sides are told.  When nothing is in the air and the client waits, its answer is lost and it is told so.
    ``limit`` bounds the steps, for taps that never let a session end.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> [step.party for step in steps(device, dm.Server.example(device))][:2]
    ['client', 'server']
    """
    _parties(client, server)
    callable_("tap", tap, "dm.transport.honest")
    finite("now", now)
    instance("rng", rng, (Random, type(None)), "a random.Random, or None")
    instance("alerts", alerts, (tuple, list), "a tuple of Alerts")
    for one in alerts:
        instance("alerts", one, Alert, "a tuple of Alerts")
    whole("limit", limit, 1)
    session = client.connect(alerts=alerts) if isinstance(client, Device) else client
    if job is not None:
        if isinstance(server, Server):
            server.enqueue(session.address, job)
        else:
            raise ConfigError("a job goes to a Server; a ServerSession was given its work when it was made")
    rng = rng or Random(0)
    step = session.start(now)
    yield step
    air: deque[Packet] = deque(_passed(tap, step.reply, rng) if step.reply else ())
    for _ in range(limit):
        if air:
            packet = air.popleft()
            step = session.receive(packet, now) if packet.to == session.address else server.receive(packet, now)
        elif session.waiting:
            step = session.expire(now)
        else:
            return
        yield step
        if step.reply is not None:
            air.extend(_passed(tap, step.reply, rng))


def _passed(tap: Tap, packet: Packet, rng: Random) -> tuple[Packet, ...]:
    """What the tap lets pass; ConfigError when these are no packets."""
    right = "packets, such as [packet], or [] for none"
    try:
        passed = tap(packet, rng)
    except TypeError:
        if not fits(tap, packet, rng):
            raise ConfigError("tap is not called with two arguments; it must be a function (packet, rng)") from None
        raise
    if passed.__class__ is tuple and all(one.__class__ is Packet for one in passed):
        return passed
    passed = gave("tap", passed, Iterable, right)
    return tuple(gave("tap", one, Packet, right) for one in passed)


def _parties(client: object, server: object) -> None:
    """One sentence for whoever cannot be a client, or a server."""
    if not isinstance(client, Device | ClientSession):
        raise ConfigError(f"the client is {client!r}; it must be a Device or a ClientSession")
    answers = callable(getattr(server, "receive", None)) and not isinstance(server, Device | ClientSession)
    if not answers:  # a Server, a ServerSession, or somebody's own front that passes packets on to them
        raise ConfigError(f"the server is {server!r}; it must be a Server or a ServerSession")


def converse(
    client: Device | ClientSession,
    server: Server | ServerSession,
    *,
    job: Job | None = None,
    tap: Tap = honest,
    rng: Random | None = None,
    now: float = 0.0,
    alerts: tuple[Alert, ...] = (),
    failing: Literal["raise", "tell"] = "raise",
) -> Transcript:
    """Run one session to its end and give its transcript; everything is said as for ``steps``.

    Results of jobs stand in ``server.results``, the tree in ``device.tree``.  A job that fails by its own doing (its
    code raises, it is no generator, it yields no commands) is a JobError, whose ``transcript`` is the session;
    ``failing="tell"`` leaves it to the transcript and the results, as a server does.

    >>> device = Device.example()
    >>> from dmkit.server import jobs
    >>> converse(device, Server.example(device), job=jobs.read)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.JobError: job 'read' failed: read makes a job when it is called: read(...), not read
    """
    if failing not in ("raise", "tell"):
        raise ConfigError(f"failing is {failing!r}; it must be 'raise' or 'tell'")
    talk = Transcript.of(steps(client, server, job=job, tap=tap, rng=rng, now=now, alerts=alerts))
    if failing == "raise":
        raise_failed(talk)
    return talk


def raise_failed(talk: Transcript) -> None:
    """JobError when a job of this session failed by its own doing; ``converse`` asks it.

    >>> device = Device.example()
    >>> raise_failed(converse(device, Server.example(device), failing="tell"))
    """
    failed = next((event for event in talk.events if isinstance(event, JobFailed) and event.own), None)
    if failed is not None:
        raise JobError(f"job {failed.job!r} failed: {failed.why}", talk) from failed.error


def manage(
    device: Device,
    server: Server,
    *,
    job: Job | None = None,
    tap: Tap = honest,
    rng: Random | None = None,
    now: float = 0.0,
    most: int = 20,
    failing: Literal["raise", "tell"] = "raise",
) -> tuple[Transcript, ...]:
    """Sessions until the device has nothing left to report, at the times when it has.

    The first begins at ``now``; another follows whenever a report to that server is due.  ``most`` bounds their number.

    >>> from dmkit.server import jobs
    >>> phone = Device.example().with_object("fumo", world={"https://fw.example.com/2.1": 503})
    >>> server = Server.example(phone)
    >>> [len(talk) for talk in manage(phone, server, job=jobs.update_firmware("2.1"))], server.results[0].result.result
    ([6, 4], 503)
    """
    _parties(device, server)
    callable_("tap", tap, "dm.transport.honest")
    finite("now", now)
    whole("most", most, 1)
    rng = rng or Random(0)
    talks: list[Transcript] = []
    for _ in range(most):
        talks.append(
            converse(device, server, job=job if not talks else None, tap=tap, rng=rng, now=now, failing=failing)
        )
        report = next_report(device, server=device.accounts[0].server_id if device.accounts else None)
        if report is None:
            break
        now = max(now, report)
    return tuple(talks)
