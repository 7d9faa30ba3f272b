"""Kill -9 at every moment: devices speak with a served process that dies before its n-th tick, for every n.

A tick is each SQL statement (the first ones of opening the file, BEGIN and COMMIT included), each packet taken and
each answer about to leave.  Run as a program of its own, because it forks:
``python crash_driver.py FOLDER DEVICES [SEED]``.  Packets of several devices are taken in one turn, with one commit.
Without SEED the server dies once, at tick n, for n = 1, 2, ... until a run outlives n; with SEED it dies again and
again at ticks drawn from it.  Prints one JSON object.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sqlite3
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dmkit as dm
from dmkit.session.events import Ended
from dmkit.transport import store

WELCOME = (
    store.JobSpec("execute", {"uri": "./Vendor/Acme/Count"}),
    store.JobSpec("put", {"uri": "./APN/Name", "value": "internet"}),
)


def read_all(fd: int, many: int) -> bytes:
    data = b""
    while len(data) < many:
        piece = os.read(fd, many - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def hear(fd: int) -> bytes:
    return read_all(fd, struct.unpack(">I", read_all(fd, 4))[0])


def say(fd: int, data: bytes) -> None:
    os.write(fd, struct.pack(">I", len(data)) + data)


def serve(file: Path, account: dm.Account, many: int, inbox: int, outbox: int, fatal: int) -> None:
    """One life of a server, ``many`` packets a turn: dies by SIGKILL before tick ``fatal``."""
    ticks = 0

    def tick(*_: object) -> None:
        nonlocal ticks
        ticks += 1
        if ticks == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    class Traced(sqlite3.Connection):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.set_trace_callback(tick)

    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **kwargs: connect(*args, factory=Traced, **kwargs)
    server = store.StoredServer(file, {"*": account}, welcome=WELCOME)
    while True:
        turn = []
        for _ in range(many):
            body = hear(inbox)
            tick()
            turn.append(server.take(dm.Packet("", body, dm.WBXML.media_type), 0.0))
        assert server.commit()
        for step in turn:
            tick()
            say(outbox, step.reply.body)


@dataclass
class World:
    """Devices, and a server process that is started again whenever it died."""

    file: Path
    fatal: Iterator[int]
    devices: list[dm.Device]
    ran: dict[str, int] = field(default_factory=dict)
    deaths: int = 0
    child: int = 0
    pipes: tuple[int, int] = (0, 0)
    answers: set[bytes] = field(default_factory=set)

    def start(self) -> None:
        inbox, to = os.pipe()
        back, outbox = os.pipe()
        fatal = next(self.fatal)
        self.child = os.fork()
        if self.child == 0:
            try:
                os.close(to)
                serve(self.file, self.devices[0].accounts[0], len(self.devices), inbox, outbox, fatal)
            except EOFError:
                os._exit(0)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(3)
        os.close(inbox)
        os.close(outbox)
        self.pipes = (to, back)

    def stop(self) -> int:
        """Close the pipes and wait; the signal that ended the process, 0 when it ended by itself."""
        for fd in self.pipes:
            os.close(fd)
        _, status = os.waitpid(self.child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the server failed by itself"
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def ask(self, bodies: list[bytes]) -> list[bytes]:
        """What the server answers, however often it dies over it; always the same octets."""
        while True:
            try:
                for body in bodies:
                    say(self.pipes[0], body)
                answers = [hear(self.pipes[1]) for _ in bodies]
            except (EOFError, BrokenPipeError):
                assert self.stop() == signal.SIGKILL
                self.deaths += 1
                self.start()
            else:
                self.answers.update(answers)
                return answers

    def sessions(self) -> None:
        """One of each device, all in step."""
        sessions = [device.connect() for device in self.devices]
        steps = [session.start() for session in sessions]
        while steps[0].reply is not None:
            answers = self.ask([step.reply.body for step in steps])
            steps = [
                session.receive(dm.Packet("", answer, dm.WBXML.media_type))
                for session, answer in zip(sessions, answers, strict=True)
            ]
        assert all(any(isinstance(event, Ended) and event.well for event in step.events) for step in steps), steps


def example(world: World, name: str) -> dm.Device:
    device = dm.Device.example(codec=dm.WBXML)
    device.tree = device.tree.put("./Vendor/Acme/Count", dm.Node("int", "0"))
    device.tree = device.tree.put("./DevInfo/DevId", dm.Node("chr", name))
    world.ran[name] = 0

    def count(tree: dm.Tree, call) -> tuple[dm.Tree, dm.words.Outcome]:
        world.ran[name] += call.verb is dm.Verb.EXEC
        return tree, dm.words.Outcome(dm.StatusCode.OK if call.verb is dm.Verb.EXEC else None)

    device.handlers["./Vendor/Acme/Count"] = count
    return device


def live(file: Path, fatal: Iterator[int], many: int) -> World:
    """Two sessions of each of ``many`` devices; everything that must hold afterwards is asserted."""
    world = World(file, fatal, [])
    world.devices.extend(example(world, f"IMEI:{name}") for name in range(many))
    world.start()
    world.sessions()
    world.sessions()
    world.deaths += world.stop() == signal.SIGKILL
    assert set(world.ran.values()) == {1}, f"the Exec ran {world.ran} times"
    assert all(device.tree.get("./APN/Name").value == "internet" for device in world.devices)
    with sqlite3.connect(file) as db:
        rows = db.execute("SELECT do, state, tries FROM job ORDER BY id").fetchall()
    db.close()
    assert sorted(rows) == [("execute", "done", 1)] * many + [("put", "done", 1)] * many, rows
    messages = [dm.WBXML.decode(answer) for answer in world.answers]
    offered = [
        command.chal.next_nonce
        for message in messages
        for command in message.commands
        if isinstance(command, dm.Status) and command.chal is not None
    ]
    assert offered
    assert len(offered) == len(set(offered)), "a nonce was used twice"
    return world


def main(folder: Path, many: int, seed: int | None) -> dict[str, int]:
    if seed is not None:
        rng = random.Random(seed)
        world = live(folder / "dm.sqlite", (rng.randrange(12, 40 + 5 * many) for _ in itertools.count()), many)
        return {"deaths": world.deaths}
    for moment in itertools.count(1):
        world = live(folder / f"{moment}.sqlite", itertools.chain([moment], itertools.repeat(0)), many)
        if not world.deaths:
            return {"deaths": moment - 1}
    raise AssertionError


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)))
