"""The server of DM 2.0: a call in, an answer out.  An engine without socket, clock or dice, and a value.

A job is a generator: it yields lists of commands and is sent one ``Status`` for each, None where none will ever come
(END, DEFAULT, and whatever shares a package with END).  What it was sent so far is all its state.  [dm20 sheet §2]

>>> def read_model(info):
...     [status] = yield [Command.of("GET", "urn:oma:mo:oma-dm-devinfo:1.2//Man")]
...     return status.mos[0].nodes["Man"]
>>> server = Server().with_job("IMEI:1", "model", read_model)
>>> server.jobs[0].name
'model'
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final, TypeAlias

from msgspec.structs import astuple

from dmkit.dm2.commands import Command
from dmkit.dm2.documents import INITIATION, REQUEST, RESPONSE, GenericAlert, Initiation, Request, Response, Status
from dmkit.dm2.documents import read as read_document
from dmkit.dm2.documents import write as write_document
from dmkit.dm2.exchange import HttpAnswer, HttpCall
from dmkit.dm2.rules import DEFAULT, Dm2Rules
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.kept import Kept
from dmkit.words.ranges import Count
from dmkit.words.tables import Queue, Table

__all__ = ["Job", "Queued", "Server", "ServerStep", "Session", "SessionLimits", "Talk"]

Talk: TypeAlias = Generator[Sequence[Command], Sequence[Status | None], object]
Job: TypeAlias = Callable[[Initiation], Talk]


@dataclass(frozen=True, slots=True)
class Queued:
    """A job that waits for a device, ``*`` for any that comes first."""

    device: str
    name: str
    job: Job


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: whose, what it said first, the job that runs, what the job was sent, and what it asked last."""

    device: str
    info: Initiation
    running: Queued | None = None
    log: tuple[tuple[Status | None, ...], ...] = ()
    asked: tuple[Command, ...] = ()
    packages: int = 0
    connection: str = ""
    """What it came over, when ``Dm2Rules.session`` says that this counts."""
    octets: int = field(default=0, compare=False)
    """Of the packages that it came in."""
    number: int = field(default=0, repr=False, compare=False)
    """Of all sessions that began, which it is."""

    @property
    def key(self) -> tuple[str, str]:
        """What its next request is known by."""
        return self.device, self.connection


@dataclass(frozen=True, slots=True)
class ServerStep:
    """The server after it, what it answers, and sentences of what happened."""

    server: Server
    answer: HttpAnswer
    events: tuple[str, ...] = ()


_NONE: Final[Table[Any, Any]] = Table()
_EMPTY: Final[Queue[Any]] = Queue()
_SPARE: Final = 64
"""Ages of sessions that may lie about, beside as many again as there are, before they are cleared away."""


def _octets(told: tuple[str, GenericAlert]) -> int:
    device, alert = told
    return len(device) + sum(map(len, astuple(alert)))


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How much a server keeps open: of more the oldest session goes."""

    sessions: Count = 10_000
    """Sessions that are open."""
    octets: Count = 1 << 26
    """Octets of the packages that they came in, together."""


_USUAL_LIMITS: Final = SessionLimits()
_NO_RESULTS: Final[Kept[Any]] = Kept()
_NO_ALERTS: Final[Kept[Any]] = Kept(weight=_octets)


@dataclass(frozen=True, slots=True)
class Server:
    """Jobs that wait, sessions that are open, and what came of jobs: (device, name, result), in order.

    Both are found by the device that speaks: what one asks costs no look at those of others.  What nobody reads is
    bounded: ``Kept(most=...)`` says of how many jobs and alerts the server tells, and of sessions beyond ``limits`` the
    oldest is given up; its next package 3 is answered 400.
    """

    waiting: Table[str, Queue[Queued]] = _NONE
    """Jobs of each device, by a number that says which of all is older."""
    rules: Dm2Rules = DEFAULT
    open: Table[tuple[str, str], Session] = _NONE
    """Sessions by what their next request is known by."""
    results: Kept[tuple[str, str, object]] = _NO_RESULTS
    alerts: Kept[tuple[str, GenericAlert]] = _NO_ALERTS
    always: tuple[tuple[str, Job], ...] = ()
    """Name and job that every session gets first, of any device."""
    numbers: tuple[int, int] = field(default=(0, 0), repr=False, compare=False)
    """Of the foremost job there was, and of the next that stands behind all others."""
    limits: SessionLimits = _USUAL_LIMITS
    ages: Queue[tuple[str, str]] = field(default=_EMPTY, repr=False, compare=False)
    """Sessions in the order in which they began, also some that are over."""
    counted: tuple[int, int] = field(default=(0, 0), repr=False, compare=False)
    """Octets of all open sessions together, and how many sessions there ever were."""

    @property
    def jobs(self) -> tuple[Queued, ...]:
        """All jobs that wait, in their order."""
        found = [entry for queue in self.waiting.values() for entry in queue]
        return tuple(job for _, job in sorted(found, key=itemgetter(0)))

    @property
    def sessions(self) -> tuple[Session, ...]:
        """All sessions that are open, in the order in which they began."""
        return tuple(self.open.values())

    def with_job(self, device: str, name: str, job: Job) -> Server:
        """With one more job for ``device``."""
        front, behind = self.numbers
        queue = self.waiting.get(device, _EMPTY).put(behind, Queued(device, name, job))
        return replace(self, waiting=self.waiting.put(device, queue), numbers=(front, behind + 1))

    def session_of(self, device: str, connection: str = "") -> Session | None:
        """The open session of a device."""
        return self.open.get((device, connection))

    def _with_always(self, device: str) -> Server:
        """With what every session gets first, in front of all; what is left of it from an earlier one goes."""
        if not self.always:
            return self
        first = tuple(Queued(device, name, job) for name, job in self.always)
        front = self.numbers[0] - len(first)
        own = [(at, job) for at, job in self.waiting.get(device, _EMPTY) if job not in first]
        queue = Queue([*own, *enumerate(first, front)])
        return replace(self, waiting=self.waiting.put(device, queue), numbers=(front, self.numbers[1]))

    def _taken(self, device: str) -> tuple[Server, Queued | None]:
        """The first job for ``device``, and the server without it."""
        fit = [(first, name) for name in dict.fromkeys((device, "*"))
               if (first := self.waiting.get(name, _EMPTY).first) is not None]  # fmt: skip
        if not fit:
            return self, None
        (_, job), name = min(fit, key=lambda one: one[0][0])
        rest = self.waiting[name].rest
        waiting = self.waiting.put(name, rest) if len(rest) else self.waiting.without(name)
        return replace(self, waiting=waiting), job

    def receive(self, call: HttpCall) -> ServerStep:
        """Package 1 or 3 comes; package 2 goes, or an HTTP error."""
        device = call.header("omadm-devid")
        kind = call.header("content-type").partition(";")[0].strip().lower()
        if call.method != "POST":
            return ServerStep(self, HttpAnswer(405), (f"{call.method}: 405",))
        if kind not in (INITIATION, RESPONSE):
            return ServerStep(self, HttpAnswer(415), (f"media type {kind[:60]!r}: 415",))
        accepted = {part.partition(";")[0].strip().lower() for part in call.header("accept").split(",")}
        if not accepted & {REQUEST, "*/*", "application/*", ""}:
            return ServerStep(self, HttpAnswer(406), ("the client takes no package 2: 406",))
        if not device:
            return ServerStep(self, HttpAnswer(400), ("no OMADM-DevID: 400",))
        try:
            document = read_document(call.body, kind, strict=self.rules.strict)
        except CodecError as error:
            return ServerStep(self, HttpAnswer(400), (f"{error}: 400",))
        events = tuple(f"deviation: {sentence}" for sentence in document.deviations)
        key = (device, call.connection if self.rules.session == "connection" else "")
        old = self.session_of(*key)
        if isinstance(document, Initiation):
            if old is not None and old.running is not None:
                events = (*events, f"job {old.running.name}: broken off, and given up")
            session = Session(device, document, connection=key[1], octets=len(call.body), number=self.counted[1] + 1)
            server, gone = self._without(key)._reported(device, document.alerts)._begin(session)
            return server._with_always(device)._speak(key, (*events, *gone, "package 1"))
        assert isinstance(document, Response)
        if old is None:
            return ServerStep(self, HttpAnswer(400), (*events, "package 3 without a session: 400"))
        session = replace(old, octets=old.octets + len(call.body))
        return self._reported(device, document.alerts)._answered(session, document.statuses, events)

    def _reported(self, device: str, alerts: tuple[GenericAlert, ...]) -> Server:
        kept = self.alerts
        for alert in alerts:
            kept = kept.put((device, alert))
        return replace(self, alerts=kept)

    def _begin(self, session: Session) -> tuple[Server, tuple[str, ...]]:
        """With one more session, without the oldest ones where that is too much; a sentence about each of these."""
        server = self._with(session)
        ages = self.ages
        if len(ages) > 2 * len(self.open) + _SPARE:
            ages = Queue((one.number, one.key) for one in self.open.values())
        told: list[str] = []
        most = self.limits
        while len(server.open) > most.sessions or (server.counted[0] > most.octets and len(server.open) > 1):
            assert ages.first is not None
            (number, key), ages = ages.first, ages.rest
            old = server.open.get(key)
            if old is not None and old.number == number:
                server = server._without(key)
                told.append(f"the session of {old.device[:60]} was the oldest of too many, and is given up")
        ages = ages.put(session.number, session.key)
        return replace(server, ages=ages, counted=(server.counted[0], session.number)), tuple(told)

    def _answered(self, session: Session, statuses: tuple[Status, ...], events: tuple[str, ...]) -> ServerStep:
        """Statuses go to commands by their place in the list: nothing else ties them."""
        left = iter(statuses)
        told = [None if command.name in ("END", "DEFAULT") else next(left, None) for command in session.asked]
        if too_many := len(tuple(left)):
            events = (*events, f"{many(too_many, 'status')} too many")
        server = self._with(replace(session, log=(*session.log, tuple(told)), asked=()))
        return server._speak(session.key, (*events, f"package 3: {many(len(statuses), 'status')}"))

    def _with(self, session: Session) -> Server:
        old = self.open.get(session.key)
        octets = self.counted[0] + session.octets - (0 if old is None else old.octets)
        return replace(self, open=self.open.put(session.key, session), counted=(octets, self.counted[1]))

    def _without(self, key: tuple[str, str]) -> Server:
        old = self.open.get(key)
        if old is None:
            return self
        octets, begun = self.counted
        return replace(self, open=self.open.without(key), counted=(octets - old.octets, begun))

    def _speak(self, key: tuple[str, str], events: tuple[str, ...]) -> ServerStep:
        """What the job says next; END when no job has anything to say."""
        server: Server = self
        while True:
            session = server.session_of(*key)
            assert session is not None
            if session.running is None:
                server, queued = server._taken(session.device)
                if queued is None:
                    return server._without(key)._answer((Command.of("END"),), (*events, "END"))
                session = replace(session, running=queued, log=())
                server = server._with(session)
            running = session.running
            assert running is not None
            content = _next(running.job, session.info, session.log)
            if isinstance(content, _Returned):
                results = server.results.put((session.device, running.name, content.value))
                server = replace(server, results=results)._with(replace(session, running=None, log=()))
                events = (*events, f"job {running.name}: done")
                continue
            commands = tuple(content)
            if session.packages >= server.rules.packages:
                return server._without(key)._answer((Command.of("END"),), (*events, "too many packages: END"))
            if any(command.name == "END" for command in commands):
                # the job itself ends the session: nothing will be heard of what shares the package
                log = (*session.log, (None,) * len(commands))
                content = _next(running.job, session.info, log)
                value = content.value if isinstance(content, _Returned) else None
                results = server.results.put((session.device, running.name, value))
                server = replace(server._without(key), results=results)
                return server._answer(commands, (*events, f"job {running.name}: ends the session"))
            asked = replace(session, asked=commands, packages=session.packages + 1)
            return server._with(asked)._answer(commands, (*events, f"package 2: {many(len(commands), 'command')}"))

    def _answer(self, commands: tuple[Command, ...], events: tuple[str, ...]) -> ServerStep:
        body = write_document(Request(commands))
        return ServerStep(self, HttpAnswer(200, (("content-type", REQUEST),), body), events)


@dataclass(frozen=True, slots=True)
class _Returned:
    value: object


def _next(job: Job, info: Initiation, log: tuple[tuple[Status | None, ...], ...]) -> Sequence[Command] | _Returned:
    """What the job says when it was told ``log``: made anew and told it again, since that is all its state."""
    talk = job(info)
    try:
        first = next(talk)
        for told in log:
            first = talk.send(told)
    except StopIteration as end:
        return _Returned(end.value)
    finally:
        talk.close()
    return first
