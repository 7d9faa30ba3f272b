"""Cases over HTTP: we call a server, or listen for a client.  Here are sockets, clocks and patience, nothing else.

One message at a time, at most so many a second, to the one address that was given: no redirect is followed, and a
RespURI elsewhere is not called.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
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
from dmkit.transport.http import ACCEPT
from dmkit.transport.http_body import plain, whole_body
from dmkit.words.checked import checked
from dmkit.words.model import Packet
from dmkit.words.ranges import Count, Natural, SomeSeconds

__all__ = [
    "Pace",
    "probe_server",
]

_LARGEST: Final = 16 << 20


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


def _place(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None for what a peer calls an address and is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None


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
        came = await _post(run, http, packet, pace.answer)
        if run.done:
            break
        if time.monotonic() > until:
            packet = run.silence(f"the case has had its {pace.case:g} s")
        elif isinstance(came, Packet):
            packet = run.receive(came)
        elif isinstance(came, int):
            packet = run.refused(came)
        else:
            packet = run.silence(came)
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


async def _post(run: CaseRun, http: aiohttp.ClientSession, packet: Packet, patience: float) -> Packet | int | str:
    """The answer: a packet, the status of HTTP, or why there is none."""
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
            mac, kind = answer.headers.get(HEADER), plain(answer.headers.get("Content-Type", ""))
            if not body:
                return "an answer without a body" if body is not None else f"an answer of more than {_LARGEST} octets"
            return Packet(run.us.device, body, kind, {HEADER: plain(mac)} if mac else {})
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return _why_none(error, patience)


_WHY: Final[tuple[tuple[type[Exception], str], ...]] = (
    (aiohttp.ClientConnectorCertificateError, "its certificate is not accepted (--ca names authorities)"),
    (aiohttp.ClientSSLError, "TLS with it fails"),
    (aiohttp.ClientConnectorError, "there is no connection"),
    (aiohttp.ClientOSError, "the connection is closed before the message is taken"),
    (aiohttp.ServerDisconnectedError, "the connection is closed without an answer"),
    (aiohttp.ClientPayloadError, "the answer breaks off, or is packed in a way that cannot be undone"),
    (aiohttp.ClientResponseError, "the answer is no HTTP"),
)
"""What HTTP met -> in words; the first that fits."""


def _why_none(error: Exception, patience: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no whole answer in {patience:g} s"
    return next((words for kind, words in _WHY if isinstance(error, kind)), f"HTTP fails ({type(error).__name__})")
