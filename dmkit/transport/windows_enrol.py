"""Enrolment over HTTP: the three addresses beside a served server, and a device that enrols and then calls.

No TLS on loopback; where a real device demands it, put a proxy in front.  Responses are never chunked, as the text
demands.  [E MDE2, windows sheet §1]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Literal

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from dmkit.auth import Account
from dmkit.device.windows import WindowsDevice
from dmkit.device.windows_linked import LinkedEnrollment
from dmkit.server.server import Server
from dmkit.session.events import Step
from dmkit.transport.http import exchange
from dmkit.windows.enrol import DISCOVER, ENROL, EPOCH, POLICY, Enrolled, Enrolling, EnrolmentRefused, EnrolmentRequest
from dmkit.windows.enrol_server import EnrolmentServer
from dmkit.windows.linked import LINKED, enrol_linked

__all__ = ["add_enrolment", "enrol_over_http", "first_poll", "link_over_http", "second_session"]

_SOAP: Final = "application/soap+xml; charset=utf-8"


def add_enrolment(
    app: web.Application,
    enrolment: EnrolmentServer,
    server: Server | None = None,
    clock: Callable[[], float] = lambda: time.time() - EPOCH.timestamp(),
) -> None:
    """Answer enrolment at its three addresses in ``app``; who was enrolled has an account with ``server``.

    ``clock`` gives seconds since the epoch of enrolment: certificates begin then.
    """

    async def answered(request: web.Request) -> web.Response:
        body = await request.read()
        known = len(enrolment.issued)
        method: Literal["GET", "POST"] = "GET" if request.method in ("GET", "HEAD") else "POST"
        status, octets = enrolment.answer(EnrolmentRequest(method, str(request.rel_url), body), clock())
        if server is not None:
            for issued in enrolment.issued[known:]:
                server.accounts[issued.device] = Account(enrolment.server_id, enrolment.management)
        kind = "application/json" if octets.startswith(b"{") else _SOAP
        return web.Response(status=status, body=octets, headers={"Content-Type": kind})  # Content-Length, no chunks

    for path in (DISCOVER, POLICY, ENROL, LINKED):
        app.router.add_route("*", path, answered)


async def enrol_over_http(device: Enrolling, timeout: float = 30.0) -> Enrolled:
    """``device`` enrols over HTTP; EnrolmentRefused says what went wrong, also that nobody is there."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as http:
        request = next(device)
        while True:
            kind = "application/json" if request.body.startswith(b"{") else _SOAP
            headers = {"Content-Type": kind} if request.body else {}
            step = request.url.rpartition("/")[2]
            try:
                sent = http.request(request.method, request.url, data=request.body or None, headers=headers)
                async with sent as response:
                    body, status = await response.read(), response.status
                    chunked = "chunked" in response.headers.get("Transfer-Encoding", "")
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise EnrolmentRefused(step, "", f"{request.url[:120]} cannot be reached: {error}") from None
            if chunked:
                raise EnrolmentRefused(step, "MessageFormat", "the answer is chunked, which Windows does not take")
            if status not in (200, 500):
                raise EnrolmentRefused(step, "", f"HTTP {status}")
            try:
                request = device.send(body)
            except StopIteration as end:
                enrolled: Enrolled = end.value
                return enrolled


async def first_poll(device: WindowsDevice, enrolled: Enrolled) -> list[Step]:
    """``device`` takes what enrolment gave, and has its first session with the server of its account."""
    device.enrolled(enrolled)
    async with aiohttp.ClientSession() as http:
        return await exchange(device.connect(enrolled.account), http)


async def link_over_http(linked: LinkedEnrollment, user: str, *, token: str, key: rsa.RSAPrivateKey) -> bool:
    """Enrol the second account where the first one asked for it; whether that went well.  [windows sheet §6]"""
    if not linked.endpoint:
        return False
    device = enrol_linked(linked.endpoint, user, token=token, key=key, device=linked.device.address)
    try:
        linked.enrolled((await enrol_over_http(device)).account)
    except EnrolmentRefused:
        linked.refused()
    return linked.second is not None


async def second_session(linked: LinkedEnrollment) -> list[Step]:
    """A session with the second account."""
    async with aiohttp.ClientSession() as http:
        return await exchange(linked.session(), http)
