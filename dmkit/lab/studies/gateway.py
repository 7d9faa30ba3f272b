"""A gateway in front of many devices (GwMO, fan-out): what it saves, what it costs, and what its failure does.

Octets and messages are those of real sessions (``gateway_sessions``); time, sleep, losses and failures are a SimPy
model with common random numbers for every way.  ``BASIS`` says on what each figure rests.  [enablers sheet §7]

>>> frame = runs(GatewayDesign(devices=20, dead=0.0), count=3, ways=["direct", "gateway"])
>>> frame.groupby("way")["wide_sessions"].max().to_dict()
{'direct': 20, 'gateway': 2}
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, inf
from typing import TYPE_CHECKING, Annotated, Any, Final

from dmkit.lab.runs.stats import mean_interval, paired
from dmkit.lab.studies.gateway_sessions import BASIS as PLAYED
from dmkit.lab.studies.gateway_sessions import LinkLoad, sessions_of
from dmkit.sim.luck import Luck
from dmkit.sim.net import LINKS, PUSH, Link, Push
from dmkit.sim.provenance import made_by
from dmkit.sim.streams import Streams
from dmkit.words.arguments import one_of, whole
from dmkit.words.checked import checked
from dmkit.words.lazy import wanted
from dmkit.words.ranges import Count, Range, Seconds, Share, SomeSeconds

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["BASIS", "WAYS", "GatewayDesign", "figures", "loads", "plot_reached", "reached", "runs", "sizes"]

WAYS: Final = ("direct", "gateway", "gateway fails", "gateway forgets")
"""Each device by itself; a gateway; one that fails under way, and goes on; one that has forgotten the order then."""
_MEASURES: Final = ("wide_sessions", "wide_octets", "local_octets", "done_95", "known_95", "known_all", "unknown")


_NARROW, _BROAD = LINKS["nb-iot"].over("tls 1.3"), LINKS["lte"].over("tls 1.3")
_BEHIND = Link(up=100e3, down=100e3, rtt=0.1, setup_trips=1, timeout=5.0, loss=0.01)
_PUSHED = replace(PUSH["good"], tries=3)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDesign:
    """Devices, links, and what goes wrong.  Times in seconds; ``BASIS`` says on what each figure rests.

    >>> GatewayDesign(sleeps=60.0).timeout
    1800.0
    """

    devices: Count = 100
    """How many there are."""
    wide: Link = _NARROW
    """Over the wide area, of a device by itself."""
    uplink: Link = _BROAD
    """Over the wide area, of the gateway."""
    local: Link = _BEHIND
    """Behind the gateway."""
    push: Push = _PUSHED
    """How a device, or the gateway, is woken over the wide area."""
    sleeps: Seconds = 300.0
    """A device behind the gateway hears it once in that time."""
    at_once: Count = 4
    """Sessions that the gateway holds at once."""
    server_at_once: Count = 50
    """Sessions that the server holds at once."""
    dead: Share = 0.02
    """Share of the devices that never answer."""
    timeout: SomeSeconds = 1800.0
    """AggregateTimeout: the gateway reports then at the latest, and the server orders again after twice that."""
    fails: Seconds = 200.0
    """When the gateway fails, in the ways in which it does, counted from its order."""
    repair: SomeSeconds = 3600.0
    """How long it is away."""
    horizon: Annotated[float, Range("time", 0, above=True)] = 86_400.0
    """When the look at all of it ends."""


BASIS: Final[Mapping[str, str]] = {
    "devices": "a choice",
    "wide": "proposal: an order of magnitude for NB-IoT; handshakes RFC 8446",
    "uplink": "proposal: an order of magnitude for LTE; handshakes RFC 8446",
    "local": "proposal: what IEEE 802.15.4 leaves of 250 kbit/s",
    "push": "evidence: Meng et al. 2007; three tries are a choice",
    "sleeps": "proposal",
    "at_once": "proposal",
    "server_at_once": "proposal",
    "dead": "proposal",
    "timeout": "proposal, the leaf AggregateTimeout too",
    "fails": "a choice",
    "repair": "proposal",
    "horizon": "a choice",
    **PLAYED,
}
"""Field of a design, or what else is taken for granted -> on what it rests."""


@cache
def loads() -> dict[str, LinkLoad]:
    """What a session takes, from real ones: "direct", "local", the "order" to the gateway, an empty "report", a "line".

    >>> loads()["order"].messages, loads()["line"].up
    (4, 25)
    """
    direct = sessions_of(1).wide
    one, two = (sessions_of(n, gateway=True) for n in (1, 2))
    parts = []
    for talk in (*one.talks, two.talks[1]):
        load = LinkLoad()
        load.add(talk)
        parts.append(load)
    order, first, second = parts
    line = LinkLoad(0, 0, second.up - first.up, second.down - first.down)
    report = LinkLoad(1, first.messages, first.up - line.up, first.down - line.down)
    return {"direct": direct, "local": one.local, "order": order, "report": report, "line": line}


def sizes(devices: Iterable[int] = (1, 2, 3, 10, 30, 100)) -> pd.DataFrame:
    """Octets over the wide area, from real sessions: by themselves, and by a gateway that tells of each or of the odd.

    >>> (sizes([2, 3])["gateway"] < sizes([2, 3])["direct"]).tolist()
    [False, True]
    """
    import pandas as pd

    rows = {
        number: (
            sessions_of(number).wide.octets,
            sessions_of(number, gateway=True).wide.octets,
            sessions_of(number, gateway=True, told="odd").wide.octets,
            sessions_of(number, gateway=True).local.octets,
        )
        for number in (whole("devices", each, 1) for each in devices)
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["direct", "gateway", "odd only", "behind it"])
    frame = frame.rename_axis("devices")
    frame.attrs = {"measure": "gateway_sizes", **made_by(), "units": dict.fromkeys(frame.columns, "octets")}
    return frame


# -- a run


@dataclass(slots=True)
class _Run:
    """One run: when each device was done, when the server knew, and what travelled."""

    design: GatewayDesign
    way: str
    streams: Streams
    env: Any
    done: list[float]
    known: list[float]
    sessions: int = 0
    octets: int = 0
    local: int = 0

    @property
    def alive(self) -> list[bool]:
        """Which devices ever answer."""
        return [bool(pick >= self.design.dead) for pick in self.streams.uniform("dead", (self.design.devices,))]

    def wakes(self, count: int) -> list[float]:
        """When the triggers come; infinite for one that never does."""
        import numpy as np

        arrived, _ = self.design.push.triggers(np.zeros(count), Luck(self.streams.seed))
        return [float(each) for each in arrived]

    def travels(self, load: LinkLoad, link: Link, pick: float, *, local: bool = False) -> float:
        """Count a session and say how long it takes; an exchange that is lost is repeated after a timeout."""
        exchanges = max(1, load.messages // 2)
        chance, lost = 1 - (1 - link.loss) ** exchanges, 0
        while pick < chance and lost < link.resends:
            pick, lost = pick / chance, lost + 1
        octets = load.octets + lost * load.octets // exchanges + link.setup_up + link.setup_down
        if local:
            self.local += octets
        else:
            self.sessions, self.octets = self.sessions + 1, self.octets + octets
        moved = load.messages * link.rtt / 2 + load.up * 8 / link.up + load.down * 8 / link.down
        return link.setup_seconds + moved + lost * link.timeout


def _play(design: GatewayDesign, way: str, seed: int) -> _Run:
    simpy: Any = wanted("simpy")
    run = _Run(design, way, Streams(seed), simpy.Environment(), [inf] * design.devices, [inf] * design.devices)
    if way == "direct":
        _direct(run, simpy)
    else:
        run.env.process(_Box(run, simpy).server())
    run.env.run(until=design.horizon)
    return run


_Waiting = Generator[Any, Any, None]


def _direct(run: _Run, simpy: Any) -> None:
    env, design = run.env, run.design
    server, alive = simpy.Resource(env, design.server_at_once), run.alive
    picks = run.streams.uniform("repeats", (design.devices,))

    def device(number: int, wakes: float) -> _Waiting:
        yield env.timeout(wakes)
        with server.request() as turn:
            yield turn
            yield env.timeout(run.travels(loads()["direct"], design.wide, picks[number]))
        run.done[number] = run.known[number] = env.now

    for number, wakes in enumerate(run.wakes(design.devices)):
        if alive[number] and wakes < design.horizon:
            env.process(device(number, wakes))


class _Box:
    """The gateway of one run: ``order`` is the one that it carries out, 0 for none; ``results`` wait to be reported."""

    def __init__(self, run: _Run, simpy: Any) -> None:
        self.run, self.env, self.design = run, run.env, run.design
        self.turns = simpy.Resource(run.env, run.design.at_once)
        self.order, self.reports, self.fell, self.back = 0, 0, -inf, run.env.event()
        self.up, self.results, self.filled = True, set[int](), run.env.event()
        self.phases = run.streams.uniform("phase", (run.design.devices,)) * run.design.sleeps
        self.picks = run.streams.uniform("repeats", (run.design.devices,))
        self.uplink = run.streams.generator("uplink")
        self.alive = run.alive

    def server(self) -> _Waiting:
        """Order; and order again when nothing was reported in twice the timeout."""
        yield self.env.timeout(min(self.run.wakes(1)[0], self.design.horizon))
        number = 0
        while True:
            if not self.up:
                yield self.back
            number += 1
            yield self.env.timeout(self.run.travels(loads()["order"], self.design.uplink, self.uplink.random()))
            self.order, before = number, self.reports
            self.env.process(self.carry_out(number))
            if number == 1 and self.run.way in ("gateway fails", "gateway forgets"):
                self.env.process(self.breaks_down())
            yield self.env.timeout(2 * self.design.timeout)
            if self.reports > before or self.order == number:
                return

    def carry_out(self, order: int) -> _Waiting:
        """Set all sessions going; report when there is a result of each, when the time is up, and what comes later."""
        left = [number for number, known in enumerate(self.run.known) if known == inf]
        for number in left:
            if self.alive[number]:
                self.env.process(self.device(number, order))
        while self.order == order and any(self.run.known[number] == inf for number in left):
            self.filled, self.wanted = self.env.event(), {n for n in left if self.run.known[n] == inf}
            yield self.filled | self.env.timeout(self.design.timeout)
            if not self.up:
                yield self.back
            if self.order == order and self.results:
                yield from self.report()

    def device(self, number: int, order: int) -> _Waiting:
        """A session as soon as the device listens, again when the gateway failed in the middle."""
        sleeps = self.design.sleeps
        while self.order == order:
            yield self.env.timeout(float((self.phases[number] - self.env.now) % sleeps) if sleeps else 0.0)
            if not self.up:
                yield self.back
                continue
            with self.turns.request() as turn:
                yield turn
                began = self.env.now
                load = loads()["local"]
                yield self.env.timeout(self.run.travels(load, self.design.local, self.picks[number], local=True))
            if self.up and self.fell < began and self.order == order:
                self.run.done[number] = min(self.run.done[number], self.env.now)
                self.results.add(number)
                if self.results >= self.wanted and not self.filled.triggered:
                    self.filled.succeed()
                return

    def report(self) -> _Waiting:
        """One session that tells of every result."""
        told, self.results = self.results, set()
        head, line = loads()["report"], loads()["line"]
        load = LinkLoad(1, head.messages, head.up + line.up * len(told), head.down + line.down * len(told))
        yield self.env.timeout(self.run.travels(load, self.design.uplink, self.uplink.random()))
        self.reports += 1
        for number in told:
            self.run.known[number] = min(self.run.known[number], self.env.now)

    def breaks_down(self) -> _Waiting:
        """The gateway is away; it may have forgotten what it was to do, and what had come of it."""
        yield self.env.timeout(self.design.fails)
        self.up, self.fell = False, self.env.now
        if self.run.way == "gateway forgets":
            self.order, self.results = 0, set()
        yield self.env.timeout(self.design.repair)
        self.up = True
        self.back.succeed()


# -- frames and a figure


def runs(
    design: GatewayDesign | None = None, *, count: int = 20, seed: int = 1, ways: Iterable[str] = WAYS
) -> pd.DataFrame:
    """A row for each run and way, the same chance for every way; times in seconds, infinite when it never is so.

    ``done_95``: 95 % of the devices that answer at all are done; ``known_95``, ``known_all``: and the server knows.
    ``unknown``: the share of all devices of which it knows nothing at the end.
    """
    import pandas as pd

    design, chosen = design or GatewayDesign(), [one_of("way", way, WAYS) for way in ways]
    count, seed = whole("count", count, 1), whole("seed", seed, 0)
    rows = [
        {"way": way, "run": number, **_measured(_play(design, way, seed + number))}
        for number in range(count)
        for way in chosen
    ]
    frame = pd.DataFrame(rows)
    units = {"wide_octets": "octets", "local_octets": "octets", **dict.fromkeys(_MEASURES[3:6], "s")}
    frame.attrs = {"measure": "gateway_runs", **made_by(seed=seed, parameters=repr(design)), "units": units}
    return frame


def _measured(run: _Run) -> dict[str, float]:
    alive = [number for number, lives in enumerate(run.alive) if lives]

    def by(times: list[float], share: float) -> float:
        """When that share of those that answer is there."""
        every = sorted(times[number] for number in alive)
        return every[max(1, ceil(share * len(every))) - 1] if every else 0.0

    found: tuple[float, ...] = (
        run.sessions, run.octets, run.local, by(run.done, 0.95), by(run.known, 0.95), by(run.known, 1.0),
        sum(each == inf for each in run.known) / run.design.devices,
    )  # fmt: skip
    return dict(zip(_MEASURES, found, strict=True))


def figures(frame: pd.DataFrame, against: str = "direct") -> pd.DataFrame:
    """Mean and 95 % interval of each measure and way; and of the difference to ``against``, run by run.

    >>> table = figures(runs(GatewayDesign(devices=10, dead=0.0), count=4, ways=["direct", "gateway"]))
    >>> table.loc[("wide_sessions", "gateway"), "mean"]
    '2 ± 0'
    """
    import pandas as pd

    rows = {}
    for measure in _MEASURES:
        by_way = {str(way): part.sort_values("run")[measure].tolist() for way, part in frame.groupby("way", sort=False)}
        for way, values in by_way.items():
            apart = "" if way == against or against not in by_way else _with_interval(by_way[against], values)
            rows[measure, way] = (_with_interval(values), apart)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "difference"])
    table.index = pd.MultiIndex.from_tuples(table.index, names=["measure", "way"])
    table.attrs = {**frame.attrs, "measure": "gateway_figures", "against": against}
    return table


def _with_interval(values: list[float], others: list[float] | None = None) -> str:
    """The mean with its interval; of ``others`` less ``values`` where there are some."""
    if inf in values or inf in (others or ()):
        return "never in some runs"
    return str(mean_interval(values) if others is None else paired(values, others))


def reached(design: GatewayDesign | None = None, *, seed: int = 1, ways: Iterable[str] = WAYS) -> pd.DataFrame:
    """Of one run: a row for each device and way, with when it was ``done`` and when that was ``known``."""
    import pandas as pd

    design = design or GatewayDesign()
    parts = []
    for way in ways:
        run = _play(design, one_of("way", way, WAYS), seed)
        parts.append(pd.DataFrame({"way": way, "device": range(design.devices), "done": run.done, "known": run.known}))
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = {"measure": "gateway_reached", **made_by(seed=seed, parameters=repr(design)), "units": {"done": "s"}}
    return frame


def plot_reached(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """The share of the devices that are done, and of which the server knows it, over time; of ``reached``.

    >>> plot_reached(reached(GatewayDesign(devices=10))).get_title(loc="left")
    'Reached by time: each by itself, or behind a gateway'
    """
    import numpy as np

    from dmkit.lab.plots.drawing import COLOURS, finished, new_axes

    ax = new_axes(ax, 8.4)
    for (way, part), colour in zip(frame.groupby("way", sort=False), COLOURS, strict=False):
        for column, dash in (("known", "-"), ("done", ":")):
            if column == "done" and (part["done"] == part["known"]).all():
                continue
            times = np.sort(part[column][np.isfinite(part[column])]) / 60
            share = np.arange(1, len(times) + 1) / len(part)
            label = f"{way}: {'the server knows' if column == 'known' else 'done'}"
            ax.step(np.r_[times[:1], times], np.r_[0, share], dash, where="post", color=colour, label=label)
    ax.set_xscale("log")
    ax.set_ylim(0, 1.02)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
    title = "Reached by time: each by itself, or behind a gateway"
    return finished(ax, title, "minutes after the server began", "share of the devices")
