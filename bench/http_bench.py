"""A served dmkit under 200 simultaneous sessions, beside a bare aiohttp echo, both in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import aiohttp

from bench import Row
from dmkit.transport.load import load

SESSIONS = 200
BODY = b"x" * 900

CONFIG = """
port = 0
server-id = "dmkit"
database = "{database}"
[[accounts]]
user = "client"
password = "clientpw"
server_password = "srvpw"
[[jobs]]
do = "read"
uris = ["./DevInfo/Mod", "./DevDetail/FwV"]
"""

ECHO = """
import asyncio
from aiohttp import web
async def echo(request): return web.Response(body=await request.read())
async def main():
    app = web.Application(); app.router.add_post("/dm", echo)
    runner = web.AppRunner(app, access_log=None); await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("http://127.0.0.1:%d/dm" % runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


class _Process:
    def __init__(self, *argv: str) -> None:
        self.process = subprocess.Popen([sys.executable, *argv], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group()  # type: ignore[union-attr]

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return float("nan")
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text()).group(1)) / 1024  # type: ignore[union-attr]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


async def _echo_load(url: str, many: int, rounds: int) -> float:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def one() -> None:
            for _ in range(rounds):
                async with http.post(url, data=BODY) as response:
                    assert await response.read() == BODY

        start = perf_counter()
        await asyncio.gather(*(one() for _ in range(many)))
        return many * rounds / (perf_counter() - start)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, its threads included; to the nanosecond where the kernel says so."""
    exact = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    if exact and any(int(fields[0]) for fields in exact):
        return sum(int(fields[0]) for fields in exact) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def cpu_costs(rounds: int = 6, turns: int = 3) -> list[dict[str, float]]:
    """CPU of a request for echo and servers, a dictionary a turn: what a load client on the same cores cannot blur.

    Echo and servers take turns, each turn with servers that know no device yet.
    """
    found = []
    echo = _Process("-c", ECHO)
    await _echo_load(echo.url, 20, 5)
    for _ in range(turns):
        before = cpu_seconds(echo.process.pid)
        await _echo_load(echo.url, 50, 40)
        cost = {"echo": (cpu_seconds(echo.process.pid) - before) / (50 * 40)}
        for name, durable, _wanted in SERVED:
            cost[name] = await _served_cost(durable, rounds)
        found.append(cost)
    echo.stop()
    return found


SERVED = (("served message", False, 4.0), ("served message, durable", True, 4.5))


def served_rows() -> Iterator[Row]:
    """CPU of a serving process for each request, beside a bare aiohttp echo's, stored and durable."""
    taken = asyncio.run(cpu_costs())
    for name, durable, wanted in SERVED:
        ours, echo = (min(turn[which] for turn in taken) * 1e6 for which in (name, "echo"))
        each = tuple(turn[name] / turn["echo"] for turn in taken)
        top = tuple(asyncio.run(served_costs(durable)))
        yield Row(f"{name}, server CPU / bare aiohttp echo", ours, echo, ours / echo, "us", wanted, turns=each, top=top)


async def _served_cost(durable: bool, rounds: int, script: Path | None = None, costs: Path | None = None) -> float:
    """CPU seconds for each request of a server that is new; ``script`` serves it in place of the command."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "server.toml"
        text = CONFIG.format(database=Path(folder) / "dm.sqlite")
        config.write_text(text.replace("\nserver-id", f"\ndurable = {str(durable).lower()}\nserver-id"))
        words = ("-m", "dmkit", "serve", str(config)) if script is None else (str(script), str(config), str(costs))
        served = _Process(*words)
        await asyncio.to_thread(load, served.url, sessions=20, processes=1, rounds=1)
        if script is not None:
            served.process.send_signal(signal.SIGUSR1)  # what loads on first use has loaded
        before = cpu_seconds(served.process.pid)
        run = await asyncio.to_thread(load, served.url, sessions=50, processes=1, rounds=rounds)
        spent = cpu_seconds(served.process.pid) - before
        served.stop()
    return spent / run.requests


async def served_costs(durable: bool, many: int = 5) -> list[str]:
    """The functions in which most of the time of a serving process goes; waiting for requests is none of it."""
    from bench.probe.clock import COSTS

    with tempfile.TemporaryDirectory() as folder:
        script, costs = Path(folder) / "served.py", Path(folder) / "costs.json"
        script.write_text(f"""
import cProfile, json, signal, sys, time
from dmkit.cli import main
{COSTS}
profiler = cProfile.Profile(time.process_time)
signal.signal(signal.SIGUSR1, lambda *_: profiler.enable())
try:
    main(["serve", sys.argv[1]])
finally:
    profiler.disable()
    with open(sys.argv[2], "w") as file:
        json.dump(dearest(profiler, {many}), file)
""")
        await _served_cost(durable, 3, script, costs)
        return json.loads(costs.read_text())  # type: ignore[no-any-return]


def rows() -> Iterator[Row]:
    """Requests a second of both; the memory of the server is printed after each of four runs of 1000 sessions."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "server.toml"
        config.write_text(CONFIG.format(database=Path(folder) / "dm.sqlite"))
        served = _Process("-m", "dmkit", "serve", str(config))
        peaks, runs = [served.peak_mib()], []
        for _ in range(4):
            run = load(served.url, sessions=SESSIONS, processes=2, rounds=5)
            assert not run.failed, run.failed[:3]
            assert run.at_once >= SESSIONS, run.at_once
            runs.append(run)
            peaks.append(served.peak_mib())
        served.stop()
    echo = _Process("-c", ECHO)
    bare = asyncio.run(_echo_load(echo.url, SESSIONS, 20))
    echo.stop()
    print(
        f"{sum(run.sessions for run in runs)} sessions, {min(run.at_once for run in runs)} at once, 0 failed; "
        f"peak memory of the server: {', '.join(f'{peak:.0f}' for peak in peaks)} MiB"
    )
    rate = max(run.per_second for run in runs)
    yield Row("served dmkit, WBXML, MD5 both ways, SQLite, against bare aiohttp echo", rate, bare, rate / bare, "req/s")
