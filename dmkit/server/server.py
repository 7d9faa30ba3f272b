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
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from dmkit.auth import Account, Credential
from dmkit.device.device import Device, counted_nonces
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
    Repeated,
    Step,
    Unreadable,
)
from dmkit.session.proofs import ShownProof
from dmkit.session.rules import Rules, usual_rules
from dmkit.session.server import ServerSession
from dmkit.session.states import OVER, SERVER
from dmkit.session.values import ServerSessionState
from dmkit.session.work import Job, QueuedJob, Waiting
from dmkit.wire.codec import codec_for
from dmkit.words.arguments import instance
from dmkit.words.asked import WRONG, asked, asked_first, blamed
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.kept import MOST_KEPT, keep
from dmkit.words.model import Header, Message, Packet
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["ANY_DEVICE", "Open", "Server", "token_of"]

ANY_DEVICE: Final = "*"
"""Key of the account for devices that have none of their own."""

NOTED: Final = frozenset({NonceStored, JobStarted, JobResumed, JobWaits, JobDone, JobFailed, AlertReceived})
"""Events by which a server comes to know something."""
_TOLD_BY: Final = frozenset({NonceStored, JobStarted, JobResumed, AlertReceived})
"""Those after which a server knows what the device has said of itself."""
_REPORTED: Final = NOTED | {Repeated}
_BESIDE: Final = 3
_LONGEST_NUMBER: Final = 64
_LONGEST_URI: Final = 2048
_UNPROVEN_MOST: Final = 1 << 16
_NOBODY: Final = Credential("", digest=b"", scheme=None)


@dataclass(slots=True, eq=False)
class Open:
    """One open session of a server: when its device was last heard, and under which number it is written down."""

    session: ServerSession
    last_contact: float = 0.0
    number: int = 0
    device: str = field(init=False)
    """The address that its messages name as their source."""

    def __post_init__(self) -> None:
        self.device = self.session.device

    @property
    def proven(self) -> bool:
        """True when its device has proved itself, or need not."""
        return self.session.verifier.accepted or self.session.verifier.proved

    @property
    def token(self) -> str:
        """The part of its RespURI that nobody else knows; empty when there is none."""
        return token_of(self.session.resp_uri or "")


@asked
def token_of(uri: str) -> str:
    """The last segment of a RespURI that belongs to one session; empty for another address.

    >>> token_of("https://dm.example/dm/~Zm9vYmFyYmF6cXV1eA?mode=1"), token_of("https://dm.example/dm")
    ('~Zm9vYmFyYmF6cXV1eA', '')
    """
    if "~" not in uri:
        return ""
    last = uri.partition("?")[0].rpartition("/")[2]
    return last if last.startswith("~") else ""


class Server:
    """A management server.

    ``accounts`` maps device addresses to accounts; the one under ``"*"`` serves devices that have none.
    ``nonces`` makes the nonces of one session, given the device's address.  ``welcome`` are jobs for each device
    that connects for the first time; ``attempts`` is how often a job begins again after a session broke under it.
    ``resp_uri`` makes the address of one session of a device.  ``first_nonces`` "fresh" takes no proof under a nonce
    that is empty or that devices share: whoever has none of their own is challenged first.  ``when_full`` says who
    makes room where ``max_sessions`` are open: sessions that are over, then those that never proved themselves.
    Of ``results`` and ``alerts`` the last ``max_results`` are kept, for whoever reads them, and at most twice as many.

    A device has one session in force.  Others that it has begun since stand beside it until they prove themselves;
    then they take its place.  Strangers so end no session, and have no part in jobs.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> server = Server.example(device)
    >>> _ = dm.converse(device, server, job=dm.jobs.read("./DevInfo/Man"))
    >>> server.results[0].done
    True
    """

    @asked_first
    def __init__(
        self,
        accounts: Mapping[str, Account],
        *,
        nonces: Callable[[str], Iterator[bytes]],
        rules: Rules | None = None,
        welcome: Iterable[QueuedJob] = (),
        attempts: int = 3,
        resp_uri: Callable[[str, str], str] | None = None,
        max_sessions: int = 10_000,
        max_results: int = MOST_KEPT,
        first_nonces: Literal["fresh", "as given"] = "fresh",
        when_full: Literal["oldest stranger goes", "refuse"] = "oldest stranger goes",
    ) -> None:
        self.accounts = dict(accounts)
        self.rules = rules or usual_rules()
        self.nonces = nonces
        self.welcome = tuple(welcome)
        self.attempts = attempts
        self.max_results = max_results
        self.resp_uri = resp_uri
        self.max_sessions = max_sessions
        self.first_nonces = first_nonces
        self.when_full = when_full
        self.work: dict[str, deque[QueuedJob]] = {}
        self.waiting: dict[str, list[Waiting]] = {}
        self.results: list[JobResult] = []
        self.alerts: list[tuple[str, AlertReceived]] = []
        self.devices: dict[str, dict[str, str]] = {}
        self._open: dict[str, Open] = {}
        self._beside: dict[str, list[Open]] = {}
        self._many = 0
        self._over: dict[Open, None] = {}
        self._unproven: dict[Open, None] = {}
        self._running: dict[str, QueuedJob] = {}
        self._tries: dict[tuple[str, str], int] = {}
        self._judged: ShownProof | None = None

    @classmethod
    @asked
    def example(cls, *devices: Device, rules: Rules | None = None) -> Self:
        """A server that knows ``devices`` and plays by their rules."""
        devices = devices or (Device.example(),)
        return cls(
            {device.address: device.accounts[0] for device in devices},
            nonces=lambda device: counted_nonces(f"server {device}"),
            rules=rules or devices[0].rules,
            first_nonces="as given",
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
            tuple((device, entry.session.snapshot()) for device, entry in self._open.items()),
            tuple(self.results),
            tuple(self.alerts),
            tuple((device, tuple(info.items())) for device, info in self.devices.items()),
            tuple((device, entry.last_contact) for device, entry in self._open.items()),
            tuple(self._running.items()),
            tuple(self._tries.items()),
            tuple(
                (device, tuple((entry.session.snapshot(), entry.last_contact) for entry in beside))
                for device, beside in self._beside.items()
            ),
        )

    @asked
    def restore(self, value: ServerState) -> None:
        """Know what ``value`` knows, and nothing else; the lists and dicts of this server stay the same objects."""
        for mine, then in (
            (self.accounts, value.accounts),
            (self._running, value.running),
            (self._tries, value.tries),
        ):
            _become(mine, then)
        _become(self.devices, ((device, dict(info)) for device, info in value.devices))
        _become(self.work, ((device, deque(work)) for device, work in value.work))
        _become(self.waiting, ((device, list(waiting)) for device, waiting in value.waiting))
        last_contact = dict(value.last_contacts)
        _become(self._open, ((device, self._at(state, last_contact[device])) for device, state in value.sessions))
        _become(self._beside, ((d, [self._at(state, at) for state, at in beside]) for d, beside in value.beside))
        entries = [*self._open.values(), *(entry for beside in self._beside.values() for entry in beside)]
        self._many = len(entries)
        _become(self._over, ((entry, None) for entry in entries if entry.session.state.is_over))
        _become(self._unproven, ((entry, None) for entry in entries if not entry.proven))
        self.results[:], self.alerts[:] = value.results, value.alerts

    def _at(self, state: ServerSessionState, last_contact: float) -> Open:
        """A session that stands at ``state``; one that has proved itself has the jobs of its device."""
        entry = Open(ServerSession.at(state), last_contact)
        if entry.proven and entry.device in self.work:
            entry.session.join(self.work[entry.device], self.waiting.setdefault(entry.device, []), met=True)
        return entry

    @asked
    def enqueue(self, device: str, job: Job, name: str | None = None) -> None:
        """Let ``job`` run in the present or next session of ``device``, which is an address such as ``IMEI:1``."""
        instance("device", device, str, "the address of a device, a text such as 'IMEI:493005100592800'")
        named = name or getattr(job, "__qualname__", "job").split(".")[0]
        self.work.setdefault(device, deque()).append(QueuedJob(named, job))

    @property
    def sessions(self) -> dict[str, ServerSession]:
        """The session in force of each device; the latest where none has proved itself yet."""
        return {device: entry.session for device, entry in self._open.items()}

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of any device and give the answer; no answer when the octets are no message."""
        try:
            try:
                codec = codec_for(packet.media_type, packet.body)
                message = codec.decode(packet.body, lenient=self.rules.lenient)
            except CodecError as error:
                return Step(SERVER, packet, None, (Unreadable(str(error)),))
            why = _oversized(message.header)
            if why:
                return Step(SERVER, packet, None, (Unreadable(why),))
            self._judged = None
            entry = self._session(message, packet)
            if entry is None:
                why = f"{many(self.max_sessions, 'session is', 'sessions are')} open; try again later"
                return Step(SERVER, packet, None, (Refused(SERVER, why),))
            if entry in self._unproven and len(packet.body) > _UNPROVEN_MOST:
                why = (
                    f"{many(len(packet.body), 'octet')} from a device that proves nothing; "
                    f"at most {_UNPROVEN_MOST} are taken"
                )
                return Step(SERVER, packet, None, (Unreadable(why),))
            session = entry.session
            self._speaking(entry)
            step = session.take(packet, message, now, codec=codec, judged=self._judged)
            again = told = False
            for event in [event for event in step.events if event.__class__ in _REPORTED]:
                kind = event.__class__
                if kind is Repeated:
                    again = True
                    continue
                if kind in _TOLD_BY and not told:
                    told, self.devices[entry.device] = True, session.info
                self._note(session, event)
            if not again:
                entry.last_contact = now
            self._sorted(entry)
            return step
        except WRONG as error:
            raise blamed(error, Server.receive, self, packet, now) from None

    def expire(self, now: float, idle: float) -> list[Step]:
        """End the sessions that have been silent for ``idle`` seconds; one step each.

        A session that was heard later than ``now`` (the clock was put back) is taken as heard now.
        """
        entries = [*self._open.values(), *(entry for beside in self._beside.values() for entry in beside)]
        for entry in entries:
            entry.last_contact = min(entry.last_contact, now)
        return [self._close(entry, now) for entry in entries if now - entry.last_contact >= idle]

    # -- sessions

    def _session(self, message: Message, packet: Packet) -> Open | None:
        """The session that ``packet`` belongs to, or a new one; None when there is no room for it."""
        header = message.header
        entry = self._found(header, packet)
        if entry is None:
            if not self._make_room():
                return None
            entry = self._begin(header)
        verifier = entry.session.verifier
        if not (verifier.accepted or verifier.proved_by is not None):
            judged = self._judged = self._judged or verifier.inspect(header, packet.headers, packet.body)
            if judged.scheme is not None or not verifier.needs_proof:
                self._in_force(entry)
        return entry

    def _found(self, header: Header, packet: Packet) -> Open | None:
        """Whose session ``packet`` goes on with; None for one that begins.

        A session with an address of its own is spoken to there; elsewhere only by who repeats a message or proves
        himself in this very one.  Message 1 begins anew, unless it is heard again before anything else was.
        """
        device, msg_id = header.source, header.msg_id
        held = self._open.get(device)
        if held is None and device not in self._beside:
            return None
        known: Iterable[Open] = self._beside.get(device, ())
        if held is not None and not known and msg_id != "1" and "~" not in packet.to and held.session.goes_on(header):
            return held  # as almost every message but the first
        mine = [] if held is None or held.session.session_id != header.session_id else [held]
        mine += [entry for entry in known if entry.session.session_id == header.session_id] if known else ()
        token = token_of(packet.to)
        if msg_id != "1":
            for entry in mine:
                if not entry.session.awaits(msg_id):
                    continue
                if token and token == entry.token:
                    return entry
                shown = entry.session.verifier.inspect(header, packet.headers, packet.body)
                if shown.scheme is not None:
                    self._judged = shown
                    return entry
        for entry in mine:
            if entry.session.remembers(packet, msg_id) and (msg_id != "1" or self._sent_again(entry, packet)):
                return entry
        if msg_id == "1":
            return None
        for entry in mine:
            if token and token == entry.token:
                return entry
        if token or not mine:
            return None
        open_to_all = [entry for entry in mine if not entry.token or self.rules.later == "anywhere"]
        in_turn = [entry for entry in open_to_all if entry.session.awaits(msg_id) and not entry.session.state.is_over]
        return next(iter(in_turn or open_to_all), None)

    def _sent_again(self, entry: Open, packet: Packet) -> bool:
        """True when message 1 comes once more for want of an answer: nothing was heard since, nothing is to be said.

        A device that says the same at each of its sessions cannot be told from one that did not get its answer.  It is
        taken for the former as soon as that makes a difference: the session is over, and there is a job.
        """
        device = entry.device
        idle = not self.work.get(device) and not self.waiting.get(device)
        return entry.session.repeats(packet) and (idle or not entry.session.state.is_over)

    def _make_room(self) -> bool:
        """See to it that one more session may be open: one that is over goes first, then the oldest unproven one."""
        while self._many >= self.max_sessions:
            gone = next(iter(self._over), None)
            if gone is None and self.when_full != "refuse":
                gone = next(iter(self._unproven), None)
            if gone is None:
                return False
            self._forget(gone)
        return True

    def _begin(self, header: Header) -> Open:
        device = header.source
        account = self._account(device)
        session = ServerSession(
            account,
            device,
            session_id=header.session_id,
            nonces=self.nonces(device),
            rules=self.rules,
            work=deque(),
            resp_uri=self.resp_uri(device, header.session_id) if self.resp_uri is not None else None,
        )
        entry = Open(session)
        self._place(entry)
        self._session_added(entry, account)
        return entry

    def _account(self, device: str) -> Account:
        """What ``device`` proves itself with; its first nonce is one that nobody knows yet."""
        account = self.accounts.get(device)
        shared = account is None
        account = account or self.accounts.get(ANY_DEVICE) or self._stranger()
        client = account.client
        if self.first_nonces == "fresh" and client is not None and (shared or not client.nonce):
            return account.with_nonces(client=next(self.nonces(device)))
        return account

    def _place(self, entry: Open) -> None:
        """Put a session that has not proved itself where it stands: in force only where there is no other."""
        held = self._open.get(entry.device)
        self._many += 1
        self._unproven[entry] = None
        if held is None:
            self._open[entry.device] = entry
            return
        beside = self._beside.setdefault(entry.device, [])
        beside.append(entry)
        if len(beside) > _BESIDE:
            self._forget(beside[0])

    def _in_force(self, entry: Open) -> None:
        """``entry`` proves itself: it takes the place of the session before, and its jobs go on here."""
        device = entry.device
        held = self._open.get(device)
        if held is not None and held is not entry:
            if held.session.state in OVER:
                self._forget(held)
            else:
                self._close(held, held.last_contact)
        for other in list(self._beside.get(device, ())):
            if other is not entry:
                self._forget(other)
        self._beside.pop(device, None)
        self._open[device] = entry
        self._unproven.pop(entry, None)
        work = self.work.setdefault(device, deque())
        if device not in self.devices and not work:
            self._welcome(device, work)
        entry.session.join(work, self.waiting.setdefault(device, []))

    def _welcome(self, device: str, work: deque[QueuedJob]) -> None:
        """``device`` has proved itself for the first time."""
        work.extend(self.welcome)

    def _sorted(self, entry: Open) -> None:
        """Note whether ``entry`` is over: then it makes room when there is none."""
        if entry.session.state in OVER:
            if self._knows(entry):
                self._over[entry] = None
        elif entry in self._over:
            del self._over[entry]

    def _knows(self, entry: Open) -> bool:
        return self._open.get(entry.device) is entry or entry in self._beside.get(entry.device, ())

    def _speaking(self, entry: Open) -> None:
        """``entry`` is about to take a packet; a subclass may note it."""

    def _session_added(self, entry: Open, account: Account) -> None:
        """A session has begun with ``account``; a subclass may write that down."""

    def _stranger(self) -> Account:
        """An account nobody can prove to hold, so that strangers meet the same challenge as everybody."""
        known = next(iter(self.accounts.values()), None)
        return Account("", self.address, _NOBODY, known.server if known is not None else None)

    def _close(self, entry: Open, now: float) -> Step:
        step = entry.session.expire(now)
        for event in step.events:
            if type(event) in NOTED:
                self._note(entry.session, event)
        self._forget(entry)
        return step

    def _forget(self, entry: Open) -> None:
        """``entry`` is gone."""
        device = entry.device
        if self._open.get(device) is entry:
            del self._open[device]
        beside = self._beside.get(device)
        if beside is not None and entry in beside:
            beside.remove(entry)
            if not beside:
                del self._beside[device]
        self._many -= 1
        self._over.pop(entry, None)
        self._unproven.pop(entry, None)
        for table in (self.work, self.waiting):
            if device not in self._open and not table.get(device):
                table.pop(device, None)

    # -- what sessions say

    def _note(self, session: ServerSession, event: Event) -> None:
        device = session.device
        match event:
            case NonceStored():
                self.accounts[device] = session.account
            case AlertReceived():
                keep(self.alerts, (device, event), self.max_results)
            case JobStarted(job=name) | JobResumed(job=name):
                if session.job is not None:
                    self._running[device] = QueuedJob(name, session.job)
            case JobFailed(job=name):
                self._failed(session, name, event.why, event.own)
            case JobDone(job=name):
                self._running.pop(device, None)
                keep(self.results, JobResult(device, name, True, event.result), self.max_results)
            case _:
                self._running.pop(device, None)

    def _failed(self, session: ServerSession, name: str, why: str, own: bool) -> None:
        work = self._running.pop(session.device, None)
        tries = self._tries[session.device, name] = self._tries.get((session.device, name), 0) + 1
        if work is not None and session.state.is_over and tries < self.attempts and not own:
            self.work.setdefault(session.device, deque()).appendleft(work)
        else:
            keep(self.results, JobResult(session.device, name, False, why=why, own=own), self.max_results)

    def __repr__(self) -> str:
        return f"Server({self.address}, {many(len(self.accounts), 'account')}, {many(len(self._open), 'session')})"


def _become(mine: dict[Any, Any], then: Iterable[tuple[Any, Any]]) -> None:
    pairs = list(then)
    mine.clear()
    mine.update(pairs)


def _oversized(header: Header) -> str:
    """Why the names of a message are too long to be kept and answered; empty when they are not.

    SessionID and MsgID are short by their nature [DMREPPRO §6.1]; a URI has at most 2048 characters here.
    """
    if (  # two together are short: so is each
        len(header.session_id) + len(header.msg_id) <= _LONGEST_NUMBER
        and len(header.source) + len(header.target) <= _LONGEST_URI
        and (header.source_name is None or len(header.source_name) <= _LONGEST_URI)
    ):
        return ""
    for name, text, most in (
        ("SessionID", header.session_id, _LONGEST_NUMBER),
        ("MsgID", header.msg_id, _LONGEST_NUMBER),
        ("Source", header.source, _LONGEST_URI),
        ("Target", header.target, _LONGEST_URI),
        ("LocName", header.source_name or "", _LONGEST_URI),
    ):
        if len(text) > most:
            return f"{name} has {many(len(text), 'character')}; at most {most} are taken"
    return ""
