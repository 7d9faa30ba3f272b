# ruff: noqa: E501  (rows stay rows)
"""Rows of simulations: a year of schedules, campaigns, attacks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from time import process_time
from typing import Any

from .names import Work, of

__all__ = ["exact", "fleet_fifo", "fleet_rich", "matrix", "schedule_year", "states", "tape", "trials"]


def schedule_year() -> tuple[Work, None, int]:
    life = import_module("dmkit.sim.schedule")
    notices = life.life(365)

    def ours() -> float:
        device = life.example(50)
        start = process_time()
        life.run(device, life.START + 365 * life.DAY, notices)
        return process_time() - start

    return ours, None, 0


def _campaign(devices: int, **choices: Any) -> Any:
    campaign, arrivals = import_module("dmkit.sim.campaign"), import_module("dmkit.sim.arrivals")
    return campaign.Campaign(devices=devices, arrivals=arrivals.Spread(devices / 500), **choices)


def exact() -> tuple[Work, None, int]:
    plan = _campaign(1000, fidelity="exact")
    return lambda: plan.run(1), None, 1


RICH = {"count": 60, "urgent": 0.1, "outages": ((50.0, 70.0),), "queue": 20_000}


def _queue(**choices: Any) -> Any:
    campaign, net, tapes = (import_module(f"dmkit.sim.{name}") for name in ("campaign", "net", "tape"))
    trips = tuple(tapes.Trip(*trip) for trip in ((364, 441), (345, 221), (238, 184)))
    servers = {"count": 40, "service": 0.02, **choices}
    law = {} if "urgent" in choices else {"law": "constant"}
    return _campaign(
        100_000, tape=tapes.Tape(trips, "six messages"), servers=campaign.Servers(**servers, **law),
        link=replace(net.LINKS["lte"], loss=0.02 if choices else 0.0),
        retry=campaign.Retry(attempts=3 if choices else 1),
    )  # fmt: skip


def _fleet(**choices: Any) -> tuple[Work, None, int]:
    """A campaign as its user plays it; where there is a compiled loop, all of it is compiled and kept before."""
    with suppress(ImportError):
        compiled, draws = import_module("dmkit.sim.compiled"), import_module("dmkit.sim.draws").Draws
        for plan in (_queue(), _queue(**RICH)):
            if compiled.can(plan):
                compiled.run_compiled(plan, draws.of(plan, 1))
    plan = _queue(**choices)
    return lambda: plan.run(1), None, 1


def fleet_fifo() -> tuple[Work, None, int]:
    """One queue; the earlier release has the loop in Python only."""
    return _fleet()


def fleet_rich() -> tuple[Work, None, int]:
    """Loss, retries, priorities, an outage and a queue that is full."""
    return _fleet(**RICH)


def tape() -> tuple[Work, Work, int]:
    """The same queue in bare SimPy: a process a device, a Resource as the servers; no message is lost."""
    import simpy

    campaign, net, tapes = (import_module(f"dmkit.sim.{name}") for name in ("campaign", "net", "tape"))
    devices, trips = 10_000, ((364, 441), (345, 221), (238, 184))
    link = replace(net.LINKS["lte"], loss=0.0)
    ways = [(round(link.up_seconds(up) * 1e6), round(link.down_seconds(down) * 1e6)) for up, down in trips]
    plan = _campaign(
        devices, fidelity="tape", link=link, tape=tapes.Tape(tuple(tapes.Trip(*trip) for trip in trips), "six messages"),
        servers=campaign.Servers(count=40, service=0.02, law="constant"), retry=campaign.Retry(attempts=1),
    )  # fmt: skip

    def peer() -> None:
        env = simpy.Environment()
        desk = simpy.Resource(env, 40)

        def device() -> Any:
            for up, down in ways:
                yield env.timeout(up)
                with desk.request() as turn:
                    yield turn
                    yield env.timeout(20_000)
                yield env.timeout(down)

        def source() -> Any:
            for _ in range(devices):
                yield env.timeout(2000)
                env.process(device())

        env.process(source())
        env.run()

    return lambda: plan.run(1), peer, 1


def states() -> tuple[Work, None, int]:
    explore, powers = import_module("dmkit.attack.explorer").explore, import_module("dmkit.attack.powers")
    eve, job = powers.Attacker.of(*powers.PATH, budget=2), of("server.jobs:put", "jobs:put")("./APN/Name", "internet")
    return lambda: explore("md5 per session", eve, stop=False, limit=5000, job=job), None, 1


def matrix() -> tuple[Work, None, int]:
    walks, some = import_module("dmkit.lab.studies.exploring").walks, import_module("dmkit.lab.studies.security")
    return lambda: walks(some.SOME_DESIGNS, progress=False), None, 1


def trials() -> tuple[Work, None, int]:
    trial = import_module("dmkit.attack.trial").Trial
    plans = [trial(tap=attack, design=design) for attack in ("alter a command", "replay across", "drop", "phish")
             for design in ("basic", "md5 per session", "mac", "hmac-sha256", "everything")]  # fmt: skip
    return lambda: [plan.run(seed) for seed, plan in enumerate(plans)], None, 3
