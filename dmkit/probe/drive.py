"""Cases played in memory: against dmkit's own server and device, or any object that takes packets as they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from dmkit.probe.case import ProbeCase
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.probe.run import CaseRun
from dmkit.probe.tls import read_flight
from dmkit.probe.verdict import Result, Verdict
from dmkit.session.events import Refused, Step, Unreadable
from dmkit.wire.wsp import WspPush
from dmkit.words.asked import asked
from dmkit.words.model import Packet

__all__ = [
    "Caller",
    "FirstFlight",
    "ServerUnderTest",
    "Speaks",
    "no_handshake",
    "play",
    "probe_client",
    "probe_server",
    "skipped",
]

_MOST_MESSAGES = 200
_BETWEEN_SESSIONS = 60.0
"""Seconds from one session of a client to its next."""
_KNOWN: Mapping[str, tuple[Callable[[Peer], object], str]] = {
    "https": (lambda peer: peer.address.startswith("https:"), "an address of https"),
    "another device": (lambda peer: peer.other_device, "--other-device"),
    "the IMSI": (lambda peer: peer.imsi, "--imsi"),
    "a PIN": (lambda peer: peer.pin, "--pin"),
    "a firmware update object": (lambda peer: peer.firmware, "--firmware"),
}
"""What a case may need to know of a peer -> whether it is known, and how it is told."""


class ServerUnderTest(Protocol):
    """What stands for a server: takes a packet and the time, gives a step."""

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """The answer to ``packet``."""


FirstFlight = Callable[[bytes], bytes]
"""The octets with which a server answers a ClientHello."""


def no_handshake(hello: bytes) -> bytes:
    """Of a server that knows no TLS."""
    return b""


class Speaks(Protocol):
    """A session of a client: it begins, and answers."""

    def start(self, now: float = 0.0) -> Step:
        """Its first packet."""

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Its answer to ``packet``."""


class Caller(Protocol):
    """What stands for a client: called, it begins a session; it begins one, or none, when something is pushed."""

    def __call__(self, now: float) -> Speaks:
        """A session that it begins by itself at ``now``, in seconds."""

    def push(self, message: WspPush, now: float) -> Speaks | None:
        """The session that it begins for a push."""


def skipped(case: ProbeCase, peer: Peer) -> Result | None:
    """The result of a case that is not played with this peer, and why; None when it is."""
    if not peer.may(case.level):
        why = (
            "it writes below a node; name one with --below"
            if case.level == "write"
            else "it needs --destructive and --below"
        )
        return Result(case.id, Verdict.NOT_RUN, why, source=case.source)
    if case.is_pushed and not peer.takes_pushes:
        return Result(case.id, Verdict.NOT_RUN, "it needs a way to push; give --deliver", source=case.source)
    for need, (known, option) in _KNOWN.items():
        if need in case.needs and not known(peer):
            return Result(case.id, Verdict.NOT_RUN, f"it needs {need}; give {option}", source=case.source)
    lacking = [word for word in (*case.needs, *map(str, case.with_.values())) if word in peer.lacks]
    if lacking:
        return Result(case.id, Verdict.NOT_SUPPORTED, f"declared: it lacks {lacking[0]}", source=case.source)
    return None


@asked
def play(
    run: CaseRun,
    server: ServerUnderTest | None = None,
    client: Caller | None = None,
    handshake: FirstFlight = no_handshake,
) -> Result:
    """Play one case to its end, against a server or against the sessions that ``client`` makes."""
    if server is not None:
        _with_server(run, server, handshake)
    elif client is not None:
        _with_client(run, client)
    assert run.result is not None
    return run.result


def _with_server(run: CaseRun, server: ServerUnderTest, handshake: FirstFlight) -> None:
    packet = run.begin()
    for _ in range(_MOST_MESSAGES):
        if (hello := run.taken_offer()) is not None:
            packet = run.shook(read_flight(handshake(hello)))
            continue
        if packet is None:
            return
        step = server.receive(packet, 0.0)
        if run.done:
            return
        if step.reply is not None:
            packet = run.receive(step.reply)
        elif any(isinstance(event, Unreadable) for event in step.events):
            packet = run.refused(400)
        elif refused := next((event for event in step.events if isinstance(event, Refused)), None):
            packet = run.refused(refused.status.value if refused.status is not None else 403)
        else:
            packet = run.refused(429)


def _with_client(run: CaseRun, client: Caller) -> None:
    answer = run.begin()
    session: Speaks | None = None
    now = 0.0
    for _ in range(_MOST_MESSAGES):
        if answer is None or session is None:
            if run.done:
                return
            message = run.taken_push()
            now += _BETWEEN_SESSIONS
            session = client(now) if message is None else client.push(message, now)
            packet = session.start(now).reply if session is not None else None
        else:
            packet = session.receive(answer, now).reply
            if run.done:
                return
        answer = run.silence(over=True) if packet is None else run.receive(packet)


@asked
def probe_server(
    peer: Peer,
    cases: Iterable[ProbeCase],
    server: Callable[[ProbeCase], ServerUnderTest],
    *,
    first: int = 1,
    handshake: FirstFlight = no_handshake,
) -> Iterator[Result]:
    """The result of each case, against the server that ``server(case)`` gives; nonces are kept from case to case.

    ``handshake`` is how it answers a ClientHello.
    """
    memory: dict[int, PeerNonces] = {}
    for number, case in enumerate(cases, first):
        result = skipped(case, peer)
        if result is None:
            testee = server(case)
            run = CaseRun(case, peer, memory.get(id(testee)), number=number)
            result = play(run, server=testee, handshake=handshake)
            memory = {id(testee): run.memory}
        yield result


@asked
def probe_client(
    peer: Peer, cases: Iterable[ProbeCase], client: Callable[[ProbeCase], Caller], *, first: int = 1
) -> Iterator[Result]:
    """The result of each case, against sessions that ``client(case)`` begins."""
    for number, case in enumerate(cases, first):
        result = skipped(case, peer)
        if result is None:
            result = play(CaseRun(case, peer, number=number), client=client(case))
        yield result
