"""Plans that use every feature of a campaign, alone and together: small enough for each engine."""

from __future__ import annotations

from dataclasses import replace

from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.card import CARDS
from dmkit.sim.net import LINKS, PUSH, Cells, Download
from dmkit.sim.people import HANDSET, Prompt, Window
from dmkit.sim.tape import Tape, Trip

LOSSY = replace(LINKS["lte"], loss=0.1, timeout=5.0)
BASE = Campaign(devices=900, servers=Servers(count=3, service=0.05), arrivals=Spread(18.0), link=LOSSY)
SLOW = Tape((Trip(300, 400, 2.0), Trip(200, 100, 1.5), Trip(90, 80, 0.25)), "a device that takes its time")

PLANS = {
    "quiet": replace(BASE, link=LINKS["lte"]),
    "loss": BASE,
    "constant work": replace(BASE, servers=Servers(count=2, service=0.05, law="constant")),
    "devices think": replace(BASE, tape=SLOW),
    "overload": replace(
        BASE, arrivals=Spread(4.0), servers=Servers(count=2, service=0.05), retry=Retry(base=2, cap=20)
    ),
    "urgent": replace(BASE, servers=Servers(count=2, service=0.05, urgent=0.3), arrivals=Spread(9.0)),
    "short queue": replace(
        BASE, servers=Servers(count=2, service=0.05, queue=20, retry_after=10), arrivals=Spread(9.0)
    ),
    "no queue": replace(BASE, servers=Servers(count=2, service=0.05, queue=0, retry_after=3), arrivals=Spread(9.0)),
    "deaf": replace(BASE, servers=Servers(count=2, queue=5, retry_after=50), retry=Retry(heed=False, base=1, cap=5)),
    "outages": replace(BASE, servers=Servers(count=3, service=0.05, outages=((3.0, 9.0), (12.0, 13.0)), urgent=0.2)),
    "outage in overload": replace(
        BASE,
        arrivals=Spread(5.0),
        servers=Servers(count=2, service=0.08, outages=((4.0, 6.0),)),
        retry=Retry(base=3, cap=30),
    ),
    "cells": replace(BASE, cells=Cells(count=7, limit=5, skew=1.0)),
    "download": replace(
        BASE, cells=Cells(count=7, limit=50), download=Download(octets=2_000_000, breaks=0.3, servers=40)
    ),
    "download from the start": replace(BASE, download=Download(octets=2_000_000, breaks=0.3, resume=False)),
    "budget": replace(
        BASE, servers=Servers(count=2, service=0.05), arrivals=Spread(6.0), retry=Retry(budget=0.2, base=1, cap=9)
    ),
    "people": replace(BASE, conditions=HANDSET, window=Window(start=1, end=5, zones=4), push=PUSH["poor"]),
    "card": replace(BASE, card=replace(CARDS["bootstrap over the air"], resync=0.2)),
    "card in a plan that is not plain": replace(
        BASE, card=replace(CARDS["gba"], resync=0.2), servers=Servers(count=3, service=0.05, urgent=0.2)
    ),
    "handshakes": replace(BASE, link=LOSSY.over("tls 1.2")),
    "sessions remembered": replace(
        BASE, servers=Servers(count=2, service=0.05, sessions=9, retry_after=4), arrivals=Spread(9.0), tape=SLOW
    ),
    "sessions remembered through an outage": replace(
        BASE,
        servers=Servers(count=2, service=0.05, sessions=12, queue=5, retry_after=4, outages=((4.0, 6.0),)),
        arrivals=Spread(9.0),
        download=Download(octets=100_000, breaks=0.2),
    ),
    "prompts": replace(
        BASE, conditions=HANDSET, prompt=Prompt(), start_hour=21.0, window=Window(start=0, end=24, zones=6)
    ),
    "triggered again": replace(BASE, push=replace(PUSH["poor"], loss=0.3, tries=3, again=40.0)),
    "access": replace(BASE, access=(0.01, 0.2, 1.7)),
    "all": replace(
        BASE,
        arrivals=Spread(9.0),
        servers=Servers(
            count=2, service=0.05, queue=100, outages=((5.0, 9.0),), urgent=0.2, retry_after=3, sessions=150
        ),
        card=CARDS["fast"],
        prompt=Prompt(again=False),
        cells=Cells(count=5, limit=40),
        download=Download(octets=500_000, breaks=0.2, servers=30),
        conditions=HANDSET,
        push=PUSH["good"],
        retry=Retry(budget=0.5, base=1, cap=30, policy="decorrelated"),
        tape=SLOW,
    ),
}
