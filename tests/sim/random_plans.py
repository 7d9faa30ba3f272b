"""Plans by number: whatever a campaign can hold, thrown together; crowded microseconds, rtt 0, empty messages too."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from dmkit.sim.arrivals import AtOnce, ByCell, ByZone, OnDevice, Polling, Spread, Trace
from dmkit.sim.backoff import POLICIES
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.card import CARDS
from dmkit.sim.net import LINKS, PUSH, Cells, Download
from dmkit.sim.parts import Again, DeviceClass, Outages
from dmkit.sim.people import HANDSET, SENSOR, Condition, Prompt, Window
from dmkit.sim.rates import Rate
from dmkit.sim.tape import EXAMPLE_TAPE, Tape, Trip

BUSY = (Condition("busy", 0.4, 3.0), Condition("cycle", 0.6, 2.0, even=True))
ZONES = (1, 3, (0.0, 5.5, -3.0), ("Europe/Berlin", "Asia/Kolkata", 1.0))


def random_plan(number: int, *, functions: bool = True) -> Campaign:
    """Plan ``number``: the same in every process."""
    dice = Random(f"plan {number}")

    def one(*values):
        return dice.choice(values)

    def rarely(value, otherwise=None, chance=0.25):
        return value if dice.random() < chance else otherwise

    n = one(1, 7, 20, 40)
    pools = one(1, 1, 1, 2, 3)
    link = replace(
        LINKS["lte"],
        rtt=one(0.0, 0.0, 0.002, 0.05),
        loss=one(0.0, 0.0, 0.3),
        timeout=one(0.5, 2.0, 2.0),
        resends=one(0, 1, 2),
        setup_trips=one(0, 3),
    )
    tape = one(
        EXAMPLE_TAPE,
        EXAMPLE_TAPE,
        Tape((Trip(0, 0), Trip(0, 0))),
        Tape((Trip(0, 0, 0.5), Trip(10, 20, 0.0), Trip(5, 5, 0.25))),
    )
    law = one("constant", "exponential", "constant", (0.0, 0.1, 1.5))
    if functions and dice.random() < 0.1:
        law = _skewed

    def servers(urgent: float) -> Servers:
        return Servers(
            count=one(1, 1, 2, 3),
            service=one(0.0, 0.05, 0.4, 2.5),
            law=law,
            discipline=one("fifo", "fifo", "lifo", "sharing"),
            rate=rarely(Rate(per_second=one(0.5, 5.0, 50.0), burst=one(1, 10))),
            queue=rarely(one(0, 1, 3)),
            retry_after=one(0.0, 2.0),
            outages=rarely(one(((1.0, 2.0),), ((0.0, 0.5), (4.0, 9.0))), ()),
            urgent=urgent,
            sessions=rarely(one(1, 6)),
            share=one(1.0, 2.0),
        )

    desks = tuple(servers(rarely(0.5, 0.0) if not k else 0.0) for k in range(pools))
    zones = rarely(one(*ZONES), 1)
    classes = (
        DeviceClass(name="a", share=0.5, priority=one(0, 1)),
        DeviceClass(
            name="b", share=0.5, link=replace(link, up=1e5, loss=0.1), work=2.0, tape=rarely(Tape((Trip(9, 9),)))
        ),
    )
    arrivals = one(
        Spread(one(0.1, 3.0, 30.0)),
        Spread(5.0),
        AtOnce(),
        Polling(9.0),
        ByCell(5, 1.0),
        OnDevice(1.0, 3.0, 0.5),
        Trace(tuple(float(k % 7) for k in range(n))),
    )
    if zones != 1 and dice.random() < 0.3:
        arrivals = ByZone(zones, 10.0)
    policy = one(*sorted(POLICIES), (0.0, 1.0, 4.0))
    if functions and dice.random() < 0.1:
        policy = _hasty
    cells = one(1, 3)
    octets = rarely(one(0, 200_000))
    return Campaign(
        devices=n,
        tape=tape,
        link=link,
        servers=desks[0] if pools == 1 else Servers(),
        pools=desks if pools > 1 else (),
        fail_over=dice.random() < 0.5,
        outages=rarely(Outages(every=6.0, lasting=1.0, reach=0.7, until=30.0), chance=0.15),
        gateway=rarely(Rate(per_second=one(1.0, 20.0), burst=one(1, 5)), chance=0.15),
        classes=rarely(classes, ()),
        arrivals=arrivals,
        push=rarely(replace(PUSH["good"], tries=one(1, 3), again=20.0, rate=rarely(Rate(per_second=3.0)))),
        conditions=rarely(
            one(HANDSET, SENSOR, (Condition("busy", 0.4, 3.0), Condition("cycle", 0.6, 2.0, even=True))), ()
        ),
        window=Window(start=one(0, 23, 9), end=one(24, 5, 17), zones=zones)
        if dice.random() < 0.3
        else Window(zones=zones),
        start_hour=one(0.0, 12.5, 23.9),
        start_day=one("2026-01-05", "2026-03-28", "2026-10-24"),
        cells=Cells(
            count=cells, limit=rarely(one(1, 8, (1, None, 2) if cells == 3 else (2,)), chance=0.35), skew=one(0.0, 1.0)
        ),
        access=one((0.0,), (0.0,), (0.01, 0.2, 1.7)),
        card=rarely(replace(CARDS["fast"], resync=0.3), chance=0.15),
        prompt=rarely(Prompt(again=dice.random() < 0.5), chance=0.15),
        download=None
        if octets is None
        else Download(octets=octets, breaks=one(0.0, 0.5), servers=one(None, 1, 2), resume=dice.random() < 0.7),
        retry=Retry(
            policy=policy, base=0.5, cap=8.0, attempts=one(1, 3, 6), budget=rarely(0.3), heed=dice.random() < 0.7
        ),
        again=rarely(Again(think=one(0.5, 5.0), until=20.0, law=one("exponential", "constant")), chance=0.15),
        first=rarely(1000, 0, chance=0.1),
    )


def _skewed(chance: float) -> float:
    return 0.02 + chance * chance


def _hasty(failures: int, draw: float, previous: float, base: float, cap: float) -> float:
    return min(cap, base * failures * (0.5 + draw))
