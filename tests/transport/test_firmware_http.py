"""The same firmware job in memory and over HTTP, against a Server and against one that is stored and restarted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import dmkit as dm
from dmkit.device.agenda import next_report
from dmkit.server.object_jobs import ObjectResult
from dmkit.session.oracle.check import assert_sound
from dmkit.transport.http import application, exchange, start
from dmkit.transport.store import JobSpec, StoredServer
from tests.mo.fleet import PACKAGE, URL, phone


async def live(device: dm.Device, receive: Any, *, between: Any = None) -> list[dm.Transcript]:
    """Sessions over loopback until the device has nothing left to report; its clock is its own."""
    listening = await start(application(lambda packet, now: receive(packet, now)))
    talks, now = [], 0.0
    try:
        device.accounts[0] = replace(device.accounts[0], address=listening.url)
        async with aiohttp.ClientSession() as http:
            while True:
                steps = await exchange(device.connect(), http, now=lambda when=now: when)
                talks.append(dm.Transcript.of(steps))
                due = next_report(device)
                if due is None:
                    return talks
                now = max(now, due)
                if between is not None:
                    between()
    finally:
        await listening.close()


@pytest.mark.spec("F-01", "F-02", "F-03")
@pytest.mark.parametrize("way", ["combined", "two steps", "direct"])
@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=["xml", "wbxml"])
def test_the_same_job_in_memory_and_over_http(way: Any, codec: Any) -> None:
    job = dm.jobs.update_firmware("2.1", URL, way=way, package=PACKAGE if way == "direct" else None)
    devices = [phone(), phone()]
    for device in devices:
        device.codec = codec
    near, far = (dm.Server.example(device) for device in devices)
    here = dm.manage(devices[0], near, job=job)
    far.enqueue(devices[1].address, job)
    there = asyncio.run(live(devices[1], far.receive))
    assert near.results[0].result == far.results[0].result == ObjectResult(True, 200, "90")
    assert [len(talk) for talk in here] == [len(talk) for talk in there]
    assert devices[0].tree.diff(devices[1].tree) == []
    for talk in there:
        assert_sound(talk)


@pytest.mark.parametrize("restart", [False, True])
def test_against_a_stored_server(tmp_path: Path, restart: bool) -> None:
    """The job is written down; a server that was restarted while the device was busy looks how things stand."""
    device = phone()
    account = device.accounts[0]

    def fresh() -> StoredServer:
        return StoredServer(tmp_path / "dm.sqlite", {device.address: account}, rules=device.rules)

    servers = [fresh()]
    servers[0].add_job(device.address, JobSpec("update_firmware", {"version": "2.1", "url": URL}))

    def again() -> None:
        if restart:
            servers[-1].close()
            servers.append(fresh())

    asyncio.run(live(device, lambda packet, now: servers[-1].receive(packet, now), between=again))
    [row] = servers[-1].job_rows()
    assert row["state"] == "done" and device.tree.get("./DevDetail/FwV").value == "2.1"
    result: Any = row["result"]
    assert result["ok"] and result["result"] == (None if restart else 200)
    servers[-1].close()
