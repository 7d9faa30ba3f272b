"""The server's side of a session: functions of a value, and ``ServerSession``, which holds one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace as changed

from dmkit.auth import SCHEMES, Account, Scheme, scheme_of
from dmkit.session.events import Step
from dmkit.session.held import Held
from dmkit.session.job_queue import QueueState
from dmkit.session.nonces import Nonces, Source
from dmkit.session.proofs import Prover, ShownProof, Verifier
from dmkit.session.rules import Rules, usual_rules
from dmkit.session.server_turn import ServerTurn
from dmkit.session.states import SERVER
from dmkit.session.values import ServerSessionState, SessionSetting
from dmkit.session.work import Job, QueuedJob, Waiting
from dmkit.wire.codec import XML, Codec
from dmkit.words.asked import asked
from dmkit.words.model import Header, Message, Packet

__all__ = ["ServerSession", "expire", "receive"]


def _turn(value: ServerSessionState) -> ServerTurn:
    return ServerTurn(value, deque(value.work), list(value.jobs_waiting), Nonces(value.nonces))


def receive(value: ServerSessionState, packet: Packet, now: float = 0.0) -> tuple[ServerSessionState, Step]:
    """Take one packet of the device: the value that follows, and the step with the answer, if there is one."""
    turn = _turn(value)
    step = turn.receive(packet, now)
    return turn.value(), step


def expire(value: ServerSessionState, now: float = 0.0) -> tuple[ServerSessionState, Step]:
    """The device fell silent: the session is over, and unfinished jobs with it."""
    turn = _turn(value)
    step = turn.expire(now)
    return turn.value(), step


_KNOWN: Final = tuple(SCHEMES.values())
_ABLE: Final = {scheme.name: (scheme, *(other for other in _KNOWN if other is not scheme)) for scheme in _KNOWN}


def _able(scheme: Scheme | None) -> tuple[Scheme, ...]:
    """The schemes a server can prove itself with, its own first."""
    if scheme is None:
        return _KNOWN
    known = _ABLE.get(scheme.name) if SCHEMES.get(scheme.name) is scheme else None
    return known or tuple({s.name: s for s in (scheme, *_KNOWN)}.values())


class ServerSession(Held[ServerSessionState]):
    """One session, seen from the server.

    ``account`` says with what both sides prove themselves, ``device`` is the device's address, ``work`` the jobs
    in order, ``waiting`` those of earlier sessions that wait for a report, ``nonces`` the nonces with which the client
    will be challenged, ``resp_uri`` an address of its own.  The answer uses the codec of the message it answers.

    ``work`` may be a deque, and ``waiting`` a list, that their owner goes on filling.  All else that changes is one
    value; ``snapshot`` has them too, and ``restore`` puts them back.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> session = ServerSession(device.accounts[0], device.address, session_id="1", nonces=iter([b"n"] * 9))
    >>> session.receive(device.connect().start().reply).reply is not None
    True
    """

    @asked
    def __init__(
        self,
        account: Account,
        device: str,
        *,
        session_id: str,
        nonces: Iterator[bytes] | Source,
        rules: Rules | None = None,
        work: Iterable[QueuedJob] = (),
        waiting: list[Waiting] | None = None,
        codec: Codec = XML,
        resp_uri: str | None = None,
    ) -> None:
        rules = rules or usual_rules()
        own = account.server
        scheme = scheme_of(rules.server_auth) if own is not None else None
        self._work = work if isinstance(work, deque) else deque(work)
        self._waiting = waiting if waiting is not None else []
        self._nonces = Nonces.of(nonces)
        self._value = ServerSessionState(
            SessionSetting(rules, session_id, device, resp_uri=resp_uri or rules.resp_uri),
            account,
            codec,
            self._nonces.value,
            Prover.of(own, scheme, _able(scheme), scheme, rules),
            Verifier.of(account.client, rules.auth, rules),
            jobs=QueueState(unmet=tuple(self._waiting)),
        )

    @classmethod
    @asked
    def at(
        cls, value: ServerSessionState, work: deque[QueuedJob] | None = None, waiting: list[Waiting] | None = None
    ) -> ServerSession:
        """A session that stands at ``value``; the jobs go into ``work`` and ``waiting`` of their owner, where given."""
        session = cls.__new__(cls)
        session._work = deque() if work is None else work
        session._waiting = [] if waiting is None else waiting
        session._nonces = Nonces(value.nonces)
        session.restore(value)
        return session

    # -- the value

    def snapshot(self) -> ServerSessionState:
        """How the session stands: a value with a hash; equal values go on equally."""
        value, nonces = self._value, self._nonces.value
        work, waiting = tuple(self._work), tuple(self._waiting)
        if value.work != work or value.jobs_waiting != waiting or value.nonces is not nonces:
            self._value = value = changed(value, work=work, jobs_waiting=waiting, nonces=nonces)
        return value

    def restore(self, value: ServerSessionState) -> None:
        """Stand at ``value``, with the jobs that were to be done then."""
        self._value, self._nonces.value = value, value.nonces
        self._work.clear()
        self._work.extend(value.work)
        self._waiting[:] = value.jobs_waiting

    # -- ways in

    def _begun(self) -> ServerTurn:
        return ServerTurn(self._value, self._work, self._waiting, self._nonces)

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of the device and give the answer; no answer when the octets are no message."""
        return self._taking(ServerTurn.receive, packet, now)

    def take(
        self,
        packet: Packet,
        message: Message,
        now: float = 0.0,
        *,
        codec: Codec | None = None,
        judged: ShownProof | None = None,
    ) -> Step:
        """As ``receive``, for a packet that its holder has decoded, with ``codec``, to ``message``.

        ``judged`` is what ``verifier.inspect`` said of it, where the holder has asked.
        """
        return self._taking(ServerTurn.take, packet, message, codec or self._at.codec, now, judged)

    def expire(self, now: float = 0.0) -> Step:
        """The device fell silent: the session is over, and unfinished jobs with it."""
        if self._at.state.is_over:
            return Step(SERVER, None, None, ())
        return self._taking(ServerTurn.expire, now)

    def abort(self, why: str = "the server wishes so") -> None:
        """End the session with the next answer: Alert 1223 and Final.  [DMPRO §8.1.2]"""
        self._value = changed(self._value, abort=why)

    def join(self, work: deque[QueuedJob], waiting: list[Waiting], *, met: bool = False) -> None:
        """From now on these are the jobs; they are their owner's.  ``met`` leaves alone what waits already."""
        value = self._value  # a turn would go on with the jobs it has
        self._work, self._waiting = work, waiting
        if not met and (waiting or value.jobs.unmet):
            self._value = changed(value, jobs=changed(value.jobs, unmet=tuple(waiting)))

    def goes_on(self, header: Header) -> bool:
        """True when a message with ``header`` is the next in turn, and may come to the address that all share."""
        value = self._at
        mine = value.setting.session_id == header.session_id and value.setting.resp_uri is None
        return mine and header.msg_id == str(value.peer_msg_id + 1)

    def awaits(self, msg_id: str) -> bool:
        """True when ``msg_id`` is the next in turn."""
        return msg_id == str(self._at.peer_msg_id + 1)

    def repeats(self, packet: Packet) -> bool:
        """True when ``packet`` is message 1 once more, nothing was heard since, and it may be answered from memory."""
        known = self._memory_of(packet, "1")
        return self._at.peer_msg_id == 1 and known is not None and known.times < self.rules.repeats

    def remembers(self, packet: Packet, msg_id: str) -> bool:
        """True when these very octets came before under ``msg_id``."""
        return self._memory_of(packet, msg_id) is not None

    # -- what can be seen

    @property
    def device(self) -> str:
        """The address of the device."""
        return self._at.setting.address

    @property
    def resp_uri(self) -> str | None:
        """Where later messages of this session are to go.  [DMPRO §9.1]"""
        return self._at.setting.resp_uri

    @property
    def address(self) -> str:
        """The address of the server."""
        return self._at.account.address

    @property
    def jobs(self) -> QueueState:
        """The job in hand."""
        at: Any = self._at
        jobs: QueueState = at.jobs.state if isinstance(at, ServerTurn) else at.jobs
        return jobs

    @property
    def job(self) -> Job | None:
        """The job that had the word last, while it has not ended and after."""
        job: Job | None = self._at.jobs.job
        return job

    @property
    def info(self) -> dict[str, str]:
        """What the device said of itself in package 1, by name."""
        return dict(self._at.info)
