"""Complete exact sessions: six messages, MD5 both ways, WBXML, both engines and both trees, in one process."""

from __future__ import annotations

import cProfile
import pstats
from collections import deque
from collections.abc import Iterator
from time import perf_counter, process_time
from typing import Any

import dmkit as dm
from bench import Row
from dmkit.session.client import ClientSession
from dmkit.session.events import Step
from dmkit.session.server import ServerSession

JOB = dm.jobs.put("./APN/Name", "internet")
TARGET = 500.0


def session() -> list[Step]:
    """Add, 418, Replace: six messages."""
    device = dm.Device.example(codec=dm.WBXML)
    talk = list(dm.steps(device, dm.Server.example(device), job=JOB))
    assert sum(step.reply is not None for step in talk) == 6
    assert device.tree.get("./APN/Name").value == "internet"
    return talk


def per_second(seconds: float = 2.0) -> float:
    session()
    count, start = 0, perf_counter()
    while perf_counter() - start < seconds:
        session()
        count += 1
    return count / (perf_counter() - start)


def profile(rows: int = 12) -> list[str]:
    """Where the time goes: share of own time per function."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(200):
        session()
    profiler.disable()
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    total = sum(entry[2] for entry in stats.values())
    best = sorted(stats.items(), key=lambda entry: -entry[1][2])[:rows]
    return [f"{100 * entry[2] / total:5.1f} %  {where[2]}  ({where[0].rpartition('/')[2]})" for where, entry in best]


def talk() -> Iterator[tuple[ClientSession, dm.Server]]:
    """Both engines after each step of that session."""
    device = dm.Device.example(codec=dm.WBXML)
    server = dm.Server.example(device)
    server.enqueue(device.address, JOB)
    client = device.connect()
    packet = client.start().reply
    yield client, server
    while packet is not None:
        packet = (client if packet.to == client.address else server).receive(packet).reply
        yield client, server


def value_cost(rounds: int = 200) -> float:
    """Microseconds of the dearest snapshot with its hash, of one side after one step, at its best of many rounds."""
    best: dict[tuple[int, str], float] = {}
    for _ in range(rounds):
        for at, (client, server) in enumerate(talk()):
            sides: dict[str, ClientSession | ServerSession] = {"client": client, **server.sessions}
            for name, side in sides.items():
                start = perf_counter()
                hash(side.snapshot())
                best[at, name] = min(best.get((at, name), 1.0), perf_counter() - start)
    return 1e6 * max(best.values())


World = tuple[Any, Any, tuple[dm.Packet, ...]]


def worlds(seconds: float = 3.0, most: int = 4) -> tuple[int, int, int, float]:
    """Walk through what losses and doubles can make of a session, breadth first: worlds, moves, steps, CPU seconds.

    A world is a device with its session, a server, and the packets in the air.  An engine is run once for each of its
    values and packet: that is what values are good for.
    """
    device = dm.Device.example(codec=dm.WBXML)
    server = dm.Server.example(device)
    server.enqueue(device.address, JOB)
    client = device.connect()
    known: dict[tuple[Any, dm.Packet | None], tuple[Any, dm.Packet | None]] = {}

    def phone() -> Any:
        return client.snapshot(), device.snapshot()

    def turn(value: Any, packet: dm.Packet | None) -> tuple[Any, dm.Packet | None]:
        """What comes of ``packet``, or of none, at a phone or a server that stands at ``value``."""
        if (value, packet) not in known:
            if packet is None or packet.to == client.address:
                client.restore(value[0])
                device.restore(value[1])
                reply = client.expire().reply if packet is None else client.receive(packet).reply
                known[value, packet] = phone(), reply
            else:
                server.restore(value)
                reply = server.receive(packet).reply
                known[value, packet] = server.snapshot(), reply
        return known[value, packet]

    first = client.start().reply
    assert first is not None
    start: World = (phone(), server.snapshot(), (first,))
    seen, todo, moves, began = {start}, deque([start]), 0, process_time()
    while todo and process_time() - began < seconds:
        ours, theirs, air = todo.popleft()
        found: list[World] = []
        for at, packet in enumerate(air):
            rest = (*air[:at], *air[at + 1 :])
            after, reply = turn(ours if packet.to == client.address else theirs, packet)
            more = rest if reply is None else (*rest, reply)
            found.append((after, theirs, more) if packet.to == client.address else (ours, after, more))
            found += [(ours, theirs, rest), (ours, theirs, (*air, packet))]
        if not air and ours[0].waiting is not None:
            after, reply = turn(ours, None)
            found.append((after, theirs, () if reply is None else (reply,)))
        moves += len(found)
        for world in found:
            if len(world[2]) <= most and world not in seen:
                seen.add(world)
                todo.append(world)
    return len(seen), moves, len(known), process_time() - began


def rows() -> Iterator[Row]:
    cost = value_cost()
    yield Row("snapshot and hash of a session, the dearest after any step", cost, 30.0, cost / 30.0)
    found, moves, steps, seconds = worlds()
    rate = found / seconds
    name = f"worlds a second of losses and doubles ({moves / found:.0f} moves each; {steps} steps of engines)"
    yield Row(name, rate, 5000.0, rate / 5000, "1/s")
    rate = per_second()
    yield Row(
        "exact sessions per second and core (6 messages, MD5 both ways, WBXML)", rate, TARGET, rate / TARGET, "1/s"
    )
    print("\nwhere the time of a session goes:", *profile(), sep="\n  ")
