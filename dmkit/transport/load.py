"""A load client: many devices at once, in real processes, against a server on this machine.

Only addresses of this machine are taken.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from urllib.parse import urlsplit

import aiohttp

from dmkit.auth import Account, Credential
from dmkit.device.device import Device
from dmkit.device.phone import example_tree
from dmkit.session.events import Ended, Step
from dmkit.session.rules import Rules
from dmkit.transport.http import exchange
from dmkit.transport.store import urandom_nonces
from dmkit.tree.node import Node
from dmkit.wire.codec import WBXML
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError, DmError
from dmkit.words.records import dataclass

__all__ = ["Load", "load", "run"]

_LOCAL = ("127.", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Load:
    """What a load run measured: sessions and requests done, sessions that failed with the reasons, seconds taken.

    ``at_once`` is the largest number of sessions that were under way at the same time in one process, added up.
    """

    sessions: int
    requests: int
    failed: tuple[str, ...]
    seconds: float
    at_once: int

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds if self.seconds else 0.0


def _devices(url: str, first: int, many: int) -> Iterator[Device]:
    rules = Rules(max_message=None)
    for number in range(first, first + many):
        account = Account("dmkit", url, Credential("client", "clientpw", b"", "md5"), Credential("dmkit", "srvpw"))
        tree = example_tree().put("./DevInfo/DevId", Node("chr", f"IMEI:{number:015d}"))
        yield Device(tree, account, rules=rules, codec=WBXML, nonces=urandom_nonces())


async def _crowd(url: str, first: int, many: int, rounds: int) -> tuple[int, int, list[str], int]:
    requests, failed, under_way, peak, done = 0, [], 0, 0, 0
    ready = asyncio.Barrier(many)

    async def one(device: Device, http: aiohttp.ClientSession) -> None:
        nonlocal requests, under_way, peak, done
        await ready.wait()
        for _ in range(rounds):
            under_way += 1
            peak = max(peak, under_way)
            try:
                steps: list[Step] = await exchange(device.connect(), http)
            except DmError as error:
                failed.append(str(error))
            else:
                requests += sum(step.party == "server" for step in steps)
                well = any(isinstance(event, Ended) and event.well for step in steps for event in step.events)
                done += well
                if not well:
                    failed.append("the session did not end well")
            under_way -= 1

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        await asyncio.gather(*(one(device, http) for device in _devices(url, first, many)))
    return requests, done, failed, peak


def _work(url: str, first: int, many: int, rounds: int) -> tuple[int, int, list[str], int]:
    return asyncio.run(_crowd(url, first, many, rounds))


def load(url: str, *, sessions: int = 200, processes: int = 2, rounds: int = 3) -> Load:
    """Run ``rounds`` sessions for each of ``sessions`` devices, all devices at once, from ``processes`` processes.

    ConfigError when ``url`` is not on this machine.
    """
    host = urlsplit(url).netloc
    if not host.startswith(_LOCAL):
        raise ConfigError(f"{url}: a load goes only to a server on this machine, such as http://127.0.0.1:8080/dm")
    shares = [sessions // processes + (n < sessions % processes) for n in range(processes)]
    firsts = [1 + sum(shares[:n]) for n in range(processes)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        started = time.perf_counter()
        results = list(pool.map(_work, [url] * processes, firsts, shares, [rounds] * processes))
        seconds = time.perf_counter() - started
    requests, done, failed, peak = zip(*results, strict=True)
    return Load(sum(done), sum(requests), tuple(why for part in failed for why in part), seconds, sum(peak))


def run(url: str, *, sessions: int, processes: int, rounds: int) -> int:
    """``dmkit load``: print what was measured; 0 when no session failed."""
    result = load(url, sessions=sessions, processes=processes, rounds=rounds)
    print(
        f"{many(result.sessions, 'session')}, {many(result.requests, 'request')} in {result.seconds:.2f} s "
        f"({many(result.per_second, 'request', form='.0f')}/s), "
        f"{many(result.at_once, 'session')} at once, {len(result.failed)} failed"
    )
    for why in sorted(set(result.failed)):
        print(f"  failed: {why}")
    return 0 if not result.failed else 1
