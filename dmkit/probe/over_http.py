"""Cases over HTTP: we call a server, or listen for a client.  Here are sockets, clocks and patience, nothing else.

One message at a time, at most so many a second, to the one address that was given: no redirect is followed, and a
RespURI elsewhere is not called.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from dmkit.auth.mac import HEADER
from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import skipped
from dmkit.probe.peer import Peer, PeerNonces
from dmkit.probe.run import CaseRun
from dmkit.probe.tls import FlightReader, HandshakeShown
from dmkit.probe.verdict import Result
from dmkit.session.events import Step
from dmkit.transport.http import ACCEPT, application, start
from dmkit.transport.http_body import whole_body
from dmkit.wire.codec import codec_for
from dmkit.wire.wsp import WspPush
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Packet
from dmkit.words.ranges import Count, Natural, SomeSeconds

__all__ = ["Pace", "probe_client", "probe_server"]

_LARGEST: Final = 16 << 20
_REPEATS: Final = 2
"""How often a message that comes again is answered from memory; after that it begins a session."""


@checked
@dataclass(frozen=True, slots=True)
class Pace:
    """How long is waited, and how fast messages leave: seconds, and messages a second.

    ``answer`` is waited for one message, ``case`` for one case, ``client`` for a client to begin.  ``rate`` is how many
    messages leave in a second; cases are numbered from ``first``.
    """

    answer: SomeSeconds = 10.0
    case: SomeSeconds = 60.0
    client: SomeSeconds = 60.0
    rate: Count = 20
    first: Natural = 1


def _place(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


async def probe_server(
    peer: Peer,
    cases: Iterable[ProbeCase],
    pace: Pace | None = None,
    *,
    memory: PeerNonces | None = None,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Result]:
    """The result of each case against the server at ``peer.address``; ``context`` is for https."""
    pace = pace or Pace()
    held = memory or PeerNonces()
    jar = aiohttp.DummyCookieJar()
    connector = aiohttp.TCPConnector(ssl=context) if context is not None else None
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=pace.answer)
    ) as http:
        for number, case in enumerate(cases, pace.first):
            result = skipped(case, peer)
            if result is None:
                run = CaseRun(
                    case,
                    peer,
                    held if "{n" not in peer.device_id else None,
                    number=number,
                    session=token_hex(2).upper(),
                )
                result = await _server_case(run, http, pace)
                held = run.memory
            yield result


async def _server_case(run: CaseRun, http: aiohttp.ClientSession, pace: Pace) -> Result:
    packet = run.begin()
    until = time.monotonic() + pace.case
    while True:
        hello = run.taken_offer()
        if hello is None and packet is None:
            break
        await asyncio.sleep(1.0 / pace.rate)
        if hello is not None:
            packet = run.shook(await _first_flight(run.peer.address, hello, pace.answer))
            continue
        assert packet is not None
        came = await _post(run, http, packet)
        if run.done:
            break
        if time.monotonic() > until:
            packet = run.silence()
        elif isinstance(came, Packet):
            packet = run.receive(came)
        else:
            packet = run.refused(came) if came else run.silence()
    assert run.result is not None
    return run.result


async def _first_flight(address: str, hello: bytes, patience: float) -> HandshakeShown:
    """What the server shows for ``hello``: until its flight is whole, it closes, or ``patience`` seconds are over."""
    place, flight = urlsplit(address), FlightReader()
    shown = HandshakeShown()
    with suppress(OSError, TimeoutError):  # what came until then is what it shows
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(place.hostname, place.port or 443)
            try:
                writer.write(hello)
                await writer.drain()
                while not (shown.complete or shown.alert is not None) and shown.octets < _LARGEST:
                    more = await reader.read(65536)
                    if not more:
                        break
                    shown = flight.more(more)
            finally:
                writer.close()
    return shown


async def _post(run: CaseRun, http: aiohttp.ClientSession, packet: Packet) -> Packet | int:
    """The answer: a packet, the status of HTTP, or 0 for nothing."""
    to = packet.to if _place(packet.to) == _place(run.peer.address) else run.peer.address
    headers = {
        "Content-Type": packet.media_type,
        "Accept": ACCEPT,
        "Cache-Control": "private, no-store",
        **packet.headers,
    }
    try:
        async with http.post(to, data=packet.body, headers=headers, allow_redirects=False) as answer:
            body = await whole_body(answer, _LARGEST)
            if answer.status != 200:
                return answer.status
            mac = answer.headers.get(HEADER)
            return (
                Packet(run.us.device, body, answer.headers.get("Content-Type", ""), {HEADER: mac} if mac else {})
                if body
                else 0
            )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return 0


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
        if late or idle > (self.pace.answer if run.us.received or self.delivered else self.pace.client):
            self._silence(run)

    def _silence(self, run: CaseRun, *, over: bool = False) -> None:
        """Tell the case that nothing came, until it is decided or has something to push."""
        for _ in range(8):
            if run.done or run.pushes:
                break
            run.silence(over=over)
        self.began_at = self.received_at = time.monotonic()
        self.delivered = False
        self.settle()


def _begins(packet: Packet) -> bool:
    try:
        return codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True).header.msg_id == "1"
    except CodecError:
        return False


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
    if desk.run is run and run.us.received:
        desk.over()
    elif desk.run is run and message is not None:
        desk.received_at, desk.delivered = time.monotonic(), True
