"""Incidents of real networks and fleets: orders and shapes in time, with what is published and what is assumed.

V30 and V31 are no measurements of those networks: one number that nobody published is assumed in each, and the row says
which; the interval shows how much that leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dmkit.lab.validation.check import Figure, Outcomes, ValidationCheck, exact, relative, runs
from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Retry, Servers
from dmkit.sim.net import Link
from dmkit.sim.parts import Again
from dmkit.sim.polls import FLEET, RolloutRate
from dmkit.sim.rates import Rate
from dmkit.sim.streams import Streams
from dmkit.sim.tape import Tape, Trip

__all__ = ["CHECKS"]

ONE: Final = Tape((Trip(100, 100),), "one signal and its answer")
WIRE: Final = Link(up=1e9, down=1e9, rtt=0.0, setup_trips=0, timeout=1e6)
HOUR: Final = 3600.0


def _docomo_2012(devices: int, streams: Streams) -> NDArray[np.float64]:
    """An hour as planned, 12 million signals, and an hour as it came, 16.5; one in a thousand."""
    times = streams.uniform("arrivals", (devices,))
    return np.where(np.arange(devices) < 12_000, times, 1.0 + times) * HOUR


def _switch(seeds: Sequence[int]) -> Outcomes:
    plan = Campaign(
        devices=28_500,
        tape=ONE,
        link=WIRE,
        arrivals=_docomo_2012,
        servers=Servers(count=1, service=HOUR / 14_100, law="constant"),
        retry=Retry(attempts=1),
        record=True,
    )
    found: dict[str, list[float]] = {}
    for seed in seeds:
        requests = plan.run(seed).requests
        assert requests is not None
        asked, over = requests[:, 0] / 1e6, requests[:, 2] / 1e6
        peak = (over > HOUR) & (over <= 2 * HOUR)
        waits = (requests[:, 1] - requests[:, 0]) / 1e6
        found.setdefault("signals offered in the peak hour, million", []).append(float((asked > HOUR).sum() / 1000))
        found.setdefault("signals served in it, million", []).append(float(peak.sum() / 1000))
        found.setdefault("load as planned, % of capacity", []).append(float(100 * (asked <= HOUR).sum() / 14_100))
        found.setdefault("wait at the end of it, min", []).append(float(waits[-100:].mean() / 60))
    return found


def _registrations(seeds: Sequence[int]) -> Outcomes:
    """Registrations at 0.8 of the capacity from 17:00 on; none from 17:37 to 19:57; the rest comes again as told."""
    capacity, load = 0.1, 0.8
    span = 20 * HOUR
    plan = Campaign(
        devices=round(capacity * load * span),
        tape=ONE,
        link=WIRE,
        arrivals=Spread(span),
        servers=Servers(
            count=1, service=1 / capacity, law="constant", queue=10, retry_after=900.0, outages=((2220.0, 10_620.0),)
        ),
        retry=Retry(base=900.0, cap=900.0, attempts=1000),
    )
    # a device that meets no server notices after ten minutes
    plan = _with_timeout(plan, 600.0)
    hours = []
    for seed in seeds:
        run = plan.run(seed)
        waited = run.finished - run.reached
        late = run.reached[waited > 1.8e9]
        hours.append(float((late.max() / 1e6 - 10_620.0) / HOUR))
    return {"hours from easing the control until registration is normal": hours}


def _with_timeout(plan: Campaign, seconds: float) -> Campaign:
    from dataclasses import replace

    return replace(plan, link=replace(plan.link, timeout=seconds, resends=0))


def _flow_control(seeds: Sequence[int]) -> Outcomes:
    """Half of the flow is let through; and without control requests that nobody waits for keep the servers busy."""
    capacity, share, storm = 10.0, [], []
    held = Campaign(
        devices=8000,
        tape=ONE,
        link=WIRE,
        arrivals=Spread(1000.0),
        servers=Servers(count=1, service=1 / capacity, law="constant"),
        gateway=Rate(per_second=capacity / 2),
        retry=Retry(attempts=1),
    )
    free = Campaign(
        devices=2000,
        arrivals=Spread(200.0),
        servers=Servers(count=1, service=0.035, law="constant", outages=((50.0, 65.0),)),
        link=Link(up=1e6, down=1e7, rtt=0.05, timeout=3.0),
        retry=Retry(policy="none", base=0.0, cap=0.0, attempts=20),
        record=True,
    )
    for seed in seeds:
        run = held.run(seed)
        share.append(100 * run.served / (run.finished.max() / 1e6) / capacity)
        run = free.run(seed)
        assert run.requests is not None
        bins = np.arange(70.0, 200.0, 5.0)
        waits = (run.requests[:, 1] - run.requests[:, 0]) / 1e6
        at = np.digitize(run.requests[:, 0] / 1e6, bins)
        storm.append(100 * float(np.mean([waits[at == n].mean() > 3.0 for n in range(1, len(bins))])))
    return {
        "flow under control, % of capacity": share,
        "of the time after its cause is gone, % congested": storm,
    }


def _fleet(seeds: Sequence[int]) -> Outcomes:
    """Hosts that poll each minute, one in twenty of them."""
    plan = Campaign(
        devices=1000,
        tape=ONE,
        link=WIRE,
        arrivals=FLEET,
        servers=Servers(count=50, service=0.01),
        retry=Retry(attempts=1),
        again=Again(think=60.0, until=1800.0, law="constant"),
    )
    return {"requests a second": [plan.run(seed).served * 20 / 1800.0 for seed in seeds]}


def _jobs(seeds: Sequence[int]) -> Outcomes:
    rows = RolloutRate(base=50, factor=2.0, things=1000, most=1000).timeline(4000)
    return {f"things a minute after {done} notified": [rate] for _, done, rate in rows}


CHECKS: Final[tuple[ValidationCheck, ...]] = (
    runs(
        "V29",
        "packet switch, 25 January 2012",
        (
            relative("signals offered in the peak hour, million", 16.5, 0.01),
            relative("signals served in it, million", 14.1, 0.01),
            relative("load as planned, % of capacity", 100 * 12 / 14.1, 0.01),
            Figure("wait at the end of it, min", (16.5 - 14.1) / 14.1 * 60, 1.0),
        ),
        _switch,
        "S",
        "NTT Docomo 2012, in The Japan Times, 27 January 2012",
        "published: capacity 14.1, planned 12, peak 16.5 million signals an hour; assumed: an hour of peak, no retries",
    ),
    runs(
        "V30",
        "location registration, 14 October 2021",
        (Figure("hours from easing the control until registration is normal", 9 + 8 / 60, 3.0),),
        _registrations,
        "S",
        "NTT Docomo 2021, in The Japan Times, 10 November 2021, and Japan Today, 15 October 2021",
        "published: none from 17:37 to 19:57, normal at 05:05; assumed: a load of 0.8 (0.75 gives 7 h, 0.85 13 h)",
    ),
    runs(
        "V31",
        "voice and registration, 2 to 4 July 2022",
        (
            Figure("flow under control, % of capacity", 50.0, 1.0),
            Figure("of the time after its cause is gone, % congested", 100.0, 5.0),
        ),
        _flow_control,
        "S",
        "KDDI 2022, report of 29 July 2022",
        "published: 61 h 25 min of congestion, control of 50 %; assumed: a load of 0.7, retries at once, a short time",
    ),
    runs(
        "V32",
        "20 000 hosts that poll each minute",
        (relative("requests a second", 333.0, 0.01),),
        _fleet,
        "S",
        "fleetdm/fleet 2024, issue 15408",
        "published: hosts, interval, requests a second; assumed: phases of the hosts are even",
    ),
    exact(
        "V33",
        "roll-out rate of a job, base 50, factor 2, 1000 things",
        tuple(
            Figure(f"things a minute after {n} notified", float(r), 0.0)
            for n, r in ((0, 50), (1000, 100), (2000, 200), (3000, 400))
        ),
        _jobs,
        "R",
        "AWS IoT Core developer guide, job rollout rates",
        "published: the rates and thresholds; assumed: nothing",
    ),
)
