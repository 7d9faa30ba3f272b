"""Cases over HTTP in which we listen for a client: a desk at which cases wait, and what makes a client call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import skipped
from dmkit.probe.over_http import Pace
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.probe.run import CaseRun
from dmkit.probe.verdict import Result
from dmkit.session.events import Step
from dmkit.transport.http import application, start
from dmkit.wire.codec import codec_for
from dmkit.wire.wsp import WspPush
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Packet

__all__ = [
    "probe_client",
]

_REPEATS: Final = 2
"""How often a message that comes again is answered from memory; after that it begins a session."""


class _Desk:
    """The cases that wait for a client, one after the other: a session begins the next one."""

    def __init__(self, peer: Peer, cases: Sequence[ProbeCase], pace: Pace) -> None:
        self.peer, self.pace = peer, pace
        self.left = list(enumerate(cases, pace.first))[::-1]
        self.run: CaseRun | None = None
        self.memory = PeerNonces()
        self.last_reply: Packet | None = None
        self.repeats = 0
        self.results: asyncio.Queue[Result] = asyncio.Queue()
        self.received_at = time.monotonic()
        self.began_at = self.received_at
        self.delivered = False
        """A push was handed over, and whoever did so has ended: the client has known of it for a while."""
        self.stray = ""
        """Why what came last began no session."""

    def waits_for_push(self) -> bool:
        """Whether something is to be pushed before the client calls."""
        return self.run is not None and self.run.pushes

    def next_run(self) -> CaseRun | None:
        while self.left and self.run is None:
            number, case = self.left.pop()
            result = skipped(case, self.peer)
            if result is not None:
                self.results.put_nowait(result)
                continue
            self.run = CaseRun(case, self.peer, self.memory, number=number)
            self.run.begin()
            self.began_at = self.received_at = time.monotonic()
            self.stray = ""
        return self.run

    def settle(self) -> None:
        """Note what the case found when it is over, and begin the next."""
        run = self.run
        if run is not None and run.result is not None:
            self.memory = run.memory
            self.results.put_nowait(run.result)
            self.run = None
            self.next_run()

    def receive(self, packet: Packet, now: float) -> Step:
        self.received_at = time.monotonic()
        run = self.run
        if run is not None and run.us.received:
            if _repeats(run, packet) and self.last_reply is not None and self.repeats < _REPEATS:
                self.repeats += 1  # it did not get, or could not read, what we said: the same once more
                return Step("server", packet, self.last_reply)
            if _begins(packet):
                self.over()
                run = self.run
        if run is None or not (run.us.received or _begins(packet)):
            self.stray = _why_none(packet)
            return Step("server", packet, None)
        reply = run.receive(packet)
        self.last_reply, self.repeats = reply, 0
        self.settle()
        return Step("server", packet, reply)

    def over(self) -> None:
        """The client wants nothing more of this session."""
        run = self.run
        if run is None:
            return
        self._silence(run, over=True)

    def lost(self) -> None:
        """Time has passed in silence."""
        run = self.run
        if run is None:
            return
        idle = time.monotonic() - self.received_at
        late = time.monotonic() - self.began_at > self.pace.case and run.us.received
        if late or idle > (self.pace.answer if run.us.received or self.delivered or self.stray else self.pace.client):
            self._silence(run)

    def _silence(self, run: CaseRun, *, over: bool = False) -> None:
        """Tell the case that nothing came, until it is decided or has something to push."""
        for _ in range(8):
            if run.done or run.pushes:
                break
            run.silence(self.stray, over=over)
        self.began_at = self.received_at = time.monotonic()
        self.delivered = False
        self.settle()


def _begins(packet: Packet) -> bool:
    return not _why_none(packet)


def _why_none(packet: Packet) -> str:
    """Why ``packet`` begins no session; empty when it does."""
    try:
        number = codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True).header.msg_id
    except CodecError as error:
        return f"what called sent no message: {error}"
    return "" if number == "1" else f"what called began with message {number[:20]!r}; a session begins with 1"


def _repeats(run: CaseRun, packet: Packet) -> bool:
    return run.us.received[-1].packet.body == packet.body


MakesCall = Callable[[ProbeCase, str], Sequence[str] | None]


HandsOver = Callable[[ProbeCase, str, WspPush], Sequence[str] | None]


async def probe_client(
    peer: Peer,
    cases: Sequence[ProbeCase],
    pace: Pace | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    trigger: MakesCall | None = None,
    deliver: HandsOver | None = None,
    told: Callable[[str], object] = lambda url: None,
    ended: Callable[[str, int], object] = lambda option, status: None,
) -> AsyncIterator[Result]:
    """The result of each case against a client that calls ``peer.address``, or the address that ``told`` is told.

    ``trigger(case, url)`` gives the command line that makes the client call; without it somebody else must.
    ``deliver(case, url, push)`` gives the one that hands a push over.  ``ended`` is told the exit status of each, by
    the name of the option.
    """
    pace = pace or Pace()
    path = urlsplit(peer.address).path or "/dm"
    desk = _Desk(peer, cases, pace)
    listening = await start(application(desk.receive, path=path), host=host, port=port, path=path)
    if port == 0:  # any free one: what the client is told is where we are
        desk.peer = replace(peer, address=listening.url)
    told(listening.url)
    desk.next_run()
    try:
        for _ in cases:
            task = asyncio.create_task(_made_to_call(desk, trigger, deliver, listening.url, ended))
            while desk.results.empty():
                await asyncio.sleep(0.02)
                if task.done():
                    await task
                    if desk.waits_for_push():
                        task = asyncio.create_task(_made_to_call(desk, trigger, deliver, listening.url, ended))
                desk.lost()
            yield desk.results.get_nowait()
            await task
    finally:
        await listening.close()


async def _made_to_call(
    desk: _Desk,
    trigger: MakesCall | None,
    deliver: HandsOver | None,
    url: str,
    ended: Callable[[str, int], object],
) -> None:
    """Start what makes the client call, and wait for its end; then nothing more comes of this session."""
    run = desk.run
    if run is None or not desk.results.empty():
        return
    message = run.taken_push()
    if message is not None:
        words = deliver(run.case, url, message) if deliver is not None else None
    else:
        words = trigger(run.case, url) if trigger is not None else None
    if not words:
        return
    null = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(*words, stdin=null, stdout=null, stderr=null)
    except OSError as error:
        raise ConfigError(f"{words[0]!r} cannot be started: {error.strerror or error}") from None
    try:
        await asyncio.wait_for(process.wait(), desk.pace.case)
    except TimeoutError:
        process.kill()
        await process.wait()
    ended("--trigger" if message is None else "--deliver", process.returncode or 0)
    failed = bool(process.returncode) and message is None
    if desk.run is run and (run.us.received or failed):  # a command that failed makes nobody call later
        desk.over()
    elif desk.run is run and message is not None:
        desk.received_at, desk.delivered = time.monotonic(), True
