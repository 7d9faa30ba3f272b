"""Server: accounts, jobs and open conversations with many devices.

>>> from dmkit.server import jobs
>>> from dmkit.device.device import Device
>>> device = Device.example()
>>> server = Server.example(device)
>>> server.enqueue(device.address, jobs.read("./DevDetail/FwV"))
>>> len(server.work[device.address])
1
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Self

from dmkit.auth import Account, Credential
from dmkit.server.state import JobResult, ServerState
from dmkit.session.events import (
    AlertReceived,
    Event,
    JobDone,
    JobFailed,
    JobResumed,
    JobStarted,
    JobWaits,
    NonceStored,
    Refused,
    Step,
    Unreadable,
)
from dmkit.session.rules import Rules
from dmkit.session.server import ServerSession
from dmkit.session.states import SERVER
from dmkit.session.work import Job, Waiting, Work
from dmkit.wire.codec import codec_for
from dmkit.words.errors import CodecError
from dmkit.words.model import Header, Message, Packet

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["ANY_DEVICE", "Server"]

ANY_DEVICE: Final = "*"
"""Key of the account for devices that have none of their own."""

_NOBODY: Final = Credential("", digest=b"", scheme=None)


class Server:
    """A management server.

    ``accounts`` maps device addresses to accounts; the one under ``"*"`` serves devices that have none.
    ``nonces`` makes the nonces of one session, given the device's address.  ``welcome`` are jobs for each device
    that connects for the first time; ``attempts`` is how often a job begins again after a session broke under it.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account],
        *,
        nonces: Callable[[str], Iterator[bytes]],
        rules: Rules | None = None,
        welcome: Iterable[Work] = (),
        attempts: int = 3,
        resp_uri: Callable[[str, str], str] | None = None,
        max_sessions: int = 10_000,
    ) -> None:
        self.accounts = dict(accounts)
        self.rules = rules or Rules()
        self.nonces = nonces
        self.welcome = tuple(welcome)
        self.attempts = attempts
        self.resp_uri = resp_uri
        self.max_sessions = max_sessions
        self.work: dict[str, deque[Work]] = {}
        self.waiting: dict[str, list[Waiting]] = {}
        self.sessions: dict[str, ServerSession] = {}
        self.results: list[JobResult] = []
        self.alerts: list[tuple[str, AlertReceived]] = []
        self.devices: dict[str, dict[str, str]] = {}
        self._last_heard: dict[str, float] = {}
        self._running: dict[str, Work] = {}
        self._tries: dict[tuple[str, str], int] = {}

    @classmethod
    def example(cls, *devices: Device, rules: Rules | None = None) -> Self:
        """A server that knows ``devices`` and plays by their rules."""
        from dmkit.device.device import Device, counted_nonces

        devices = devices or (Device.example(),)
        return cls(
            {device.address: device.accounts[0] for device in devices},
            nonces=lambda device: counted_nonces(f"server {device}"),
            rules=rules or devices[0].rules,
        )

    @property
    def address(self) -> str:
        """The URI of the first account: where packets for this server go."""
        return next((account.address for account in self.accounts.values()), "")

    # -- the value

    def snapshot(self) -> ServerState:
        """All that the server knows now, open sessions and jobs included: a value with a hash."""
        return ServerState(
            tuple(self.accounts.items()),
            tuple((device, tuple(work)) for device, work in self.work.items()),
            tuple((device, tuple(waiting)) for device, waiting in self.waiting.items()),
            tuple((device, session.snapshot()) for device, session in self.sessions.items()),
            tuple(self.results),
            tuple(self.alerts),
            tuple((device, tuple(info.items())) for device, info in self.devices.items()),
            tuple(self._last_heard.items()),
            tuple(self._running.items()),
            tuple(self._tries.items()),
        )

    def restore(self, value: ServerState) -> None:
        """Know what ``value`` knows, and nothing else; the lists and dicts of this server stay the same objects."""
        for mine, then in (
            (self.accounts, value.accounts),
            (self._last_heard, value.last_heard),
            (self._running, value.running),
            (self._tries, value.tries),
        ):
            _become(mine, then)
        _become(self.devices, ((device, dict(info)) for device, info in value.devices))
        _become(self.work, ((device, deque(work)) for device, work in value.work))
        _become(self.waiting, ((device, list(waiting)) for device, waiting in value.waiting))
        _become(
            self.sessions,
            (
                (device, ServerSession.at(session, self.work[device], self.waiting[device]))
                for device, session in value.sessions
            ),
        )
        self.results[:], self.alerts[:] = value.results, value.alerts

    def enqueue(self, device: str, job: Job, name: str | None = None) -> None:
        """Let ``job`` run in the present or next session of ``device``."""
        named = name or getattr(job, "__qualname__", "job").split(".")[0]
        self.work.setdefault(device, deque()).append(Work(named, job))

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of any device and give the answer; no answer when the octets are no message."""
        try:
            codec = codec_for(packet.media_type, packet.body)
            message = codec.decode(packet.body, lenient=self.rules.lenient)
        except CodecError as error:
            return Step(SERVER, packet, None, (Unreadable(str(error)),))
        session = self._session(message, packet)
        if session is None:
            why = f"{self.max_sessions} sessions are open; try again later"
            return Step(SERVER, packet, None, (Refused(SERVER, why),))
        self._speaking(session)
        self._last_heard[session.device] = now
        step = session.take(packet, message, now, codec=codec)
        for event in step.events:
            self._note(session, event)
        return step

    def expire(self, now: float, idle: float) -> list[Step]:
        """End the sessions that have been silent for ``idle`` seconds; one step each."""
        gone = [device for device, heard in self._last_heard.items() if now - heard >= idle]
        return [self._close(device, now) for device in gone]

    # -- sessions

    def _session(self, message: Message, packet: Packet) -> ServerSession | None:
        header = message.header
        session = self.sessions.get(header.source)
        if session is not None and not self._begins_anew(session, header, packet):
            return session
        if session is not None:
            self._close(header.source, self._last_heard.get(header.source, 0.0))
        elif len(self.sessions) >= self.max_sessions:
            for device in [device for device, known in self.sessions.items() if known.state.is_over]:
                self._forget(device)
            if len(self.sessions) >= self.max_sessions:
                return None
        account = self.accounts.get(header.source) or self.accounts.get(ANY_DEVICE) or self._stranger()
        rules = self.rules
        if self.resp_uri is not None:
            rules = replace(rules, resp_uri=self.resp_uri(header.source, header.session_id))
        work = self.work.setdefault(header.source, deque())
        if header.source not in self.devices and not work:
            work.extend(self.welcome)
        session = ServerSession(
            account,
            header.source,
            session_id=header.session_id,
            nonces=self.nonces(header.source),
            rules=rules,
            work=work,
            waiting=self.waiting.setdefault(header.source, []),
        )
        self.sessions[header.source] = session
        self._session_added(session, account)
        return session

    def _speaking(self, session: ServerSession) -> None:
        """``session`` is about to take a packet; a subclass may note it."""

    def _session_added(self, session: ServerSession, account: Account) -> None:
        """A session has begun with ``account``; a subclass may write that down."""

    def _begins_anew(self, session: ServerSession, header: Header, packet: Packet) -> bool:
        if header.session_id != session.session_id:
            return True
        return header.msg_id == "1" and not session.remembers(packet, header.msg_id)

    def _stranger(self) -> Account:
        """An account nobody can prove to hold, so that strangers meet the same challenge as everybody."""
        return Account("", self.address, _NOBODY, next(iter(self.accounts.values())).server if self.accounts else None)

    def _close(self, device: str, now: float) -> Step:
        session = self.sessions[device]
        step = session.expire(now)
        for event in step.events:
            self._note(session, event)
        self._forget(device)
        return step

    def _forget(self, device: str) -> None:
        """The session of ``device`` is gone."""
        self.sessions.pop(device, None)
        self._last_heard.pop(device, None)

    # -- what sessions say

    def _note(self, session: ServerSession, event: Event) -> None:
        device = session.device
        match event:
            case NonceStored():
                self.accounts[device] = session.account
                self.devices[device] = dict(session.info)
            case JobStarted(job=name) | JobResumed(job=name) if session.jobs.job is not None:
                self.devices[device] = dict(session.info)
                self._running[device] = Work(name, session.jobs.job)
            case JobWaits():
                self._running.pop(device, None)
            case JobDone(job=name, result=result):
                self._running.pop(device, None)
                self.results.append(JobResult(device, name, True, result))
            case JobFailed(job=name, why=why):
                self._failed(session, name, why)
            case AlertReceived():
                self.alerts.append((device, event))
                self.devices[device] = dict(session.info)

    def _failed(self, session: ServerSession, name: str, why: str) -> None:
        work = self._running.pop(session.device, None)
        tries = self._tries[session.device, name] = self._tries.get((session.device, name), 0) + 1
        if work is not None and session.state.is_over and tries < self.attempts:
            self.work[session.device].appendleft(work)
        else:
            self.results.append(JobResult(session.device, name, False, why=why))

    def __repr__(self) -> str:
        return f"Server({self.address}, {len(self.accounts)} accounts, {len(self.sessions)} sessions)"


def _become(mine: dict[Any, Any], then: Iterable[tuple[Any, Any]]) -> None:
    pairs = list(then)
    mine.clear()
    mine.update(pairs)
