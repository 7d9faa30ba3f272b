"""Cases played in memory: against dmkit's own server and device, or any object that takes packets as they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from dmkit.probe.case import ProbeCase
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.probe.run import CaseRun
from dmkit.probe.verdict import Result, Verdict
from dmkit.session.client import ClientSession
from dmkit.session.events import Refused, Step, Unreadable
from dmkit.words.model import Packet

__all__ = ["ServerUnderTest", "play", "probe_client", "probe_server", "skipped"]

_MOST_MESSAGES = 200


class ServerUnderTest(Protocol):
    """What stands for a server: takes a packet and the time, gives a step."""

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """The answer to ``packet``."""


def skipped(case: ProbeCase, peer: Peer) -> Result | None:
    """The result of a case that is not played with this peer, and why; None when it is."""
    if not peer.may(case.level):
        why = (
            "it writes below a node; name one with --below"
            if case.level == "write"
            else "it needs --destructive and --below"
        )
        return Result(case.id, Verdict.NOT_RUN, why, source=case.source)
    lacking = [word for word in (*case.needs, *map(str, case.with_.values())) if word in peer.lacks]
    if lacking:
        return Result(case.id, Verdict.NOT_SUPPORTED, f"declared: it lacks {lacking[0]}", source=case.source)
    return None


def play(
    run: CaseRun, server: ServerUnderTest | None = None, client: Callable[[], ClientSession] | None = None
) -> Result:
    """Play one case to its end, against a server or against the sessions that ``client`` makes."""
    if server is not None:
        _with_server(run, server)
    elif client is not None:
        _with_client(run, client)
    assert run.result is not None
    return run.result


def _with_server(run: CaseRun, server: ServerUnderTest) -> None:
    packet = run.begin()
    for _ in range(_MOST_MESSAGES):
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


def _with_client(run: CaseRun, client: Callable[[], ClientSession]) -> None:
    run.begin()
    session = client()
    packet = session.start(0.0).reply
    for _ in range(_MOST_MESSAGES):
        answer = run.silence(over=True) if packet is None else run.receive(packet)
        if answer is None:
            if run.done:
                return
            session = client()
            packet = session.start(0.0).reply
            continue
        packet = session.receive(answer, 0.0).reply
        if run.done:
            return


def probe_server(
    peer: Peer, cases: Iterable[ProbeCase], server: Callable[[ProbeCase], ServerUnderTest], *, first: int = 1
) -> Iterator[Result]:
    """The result of each case, against the server that ``server(case)`` gives; nonces are kept from case to case."""
    memory: dict[int, PeerNonces] = {}
    for number, case in enumerate(cases, first):
        result = skipped(case, peer)
        if result is None:
            testee = server(case)
            run = CaseRun(case, peer, memory.get(id(testee)), number=number)
            result = play(run, server=testee)
            memory = {id(testee): run.memory}
        yield result


def probe_client(
    peer: Peer,
    cases: Iterable[ProbeCase],
    client: Callable[[ProbeCase], Callable[[], ClientSession]],
    *,
    first: int = 1,
) -> Iterator[Result]:
    """The result of each case, against sessions that ``client(case)()`` begins."""
    for number, case in enumerate(cases, first):
        result = skipped(case, peer)
        if result is None:
            result = play(CaseRun(case, peer, number=number), client=client(case))
        yield result
