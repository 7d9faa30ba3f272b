"""A plan, its draws and what a run begins with, as the arrays of the compiled loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dmkit.sim.backoff import POLICIES
from dmkit.sim.book import FATE_COUNT, NOT_REACHED, Terms
from dmkit.sim.clock import HOUR
from dmkit.sim.draws import NEVER
from dmkit.sim.luck import MASK

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws

__all__ = ["setting_of", "state_of"]

_POLICIES: Final = ("none", "exponential", "equal", "full", "decorrelated")
_KEYS: Final = ("work", "loss", "access", "card", "backoff", "break", "think")
_NONE: Final = -1


def _ints(values: Any) -> Any:
    return np.array(values, dtype=np.int64)


def _floats(values: Any) -> Any:
    return np.array(values, dtype=np.float64)


def _in_lines(kind: Any, count: int | tuple[int, ...]) -> Any:
    """Zeros that begin with a line of the cache, so that a row lies in as few lines as it can."""
    octets = np.zeros(int(np.prod(count)) * kind.itemsize + 64, dtype=np.uint8)
    start = -octets.ctypes.data % 64
    return octets[start : len(octets) - 64 + start].view(kind).reshape(count)


def _rows(kind: Any, count: int | tuple[int, ...] = 1, /, **columns: Any) -> Any:
    """Rows of a kind with these columns; 0 in the others."""
    rows = _in_lines(kind, count)
    for name, values in columns.items():
        rows[name] = values
    return rows


def setting_of(plan: Campaign, draws: Draws, terms: tuple[Terms, ...], at: Any) -> dict[str, Any]:
    """The fields of ``LoopPlan``; ``at`` is the module of its rows."""
    desks, retry = plan.desks, plan.retry
    exchanges = _rows(at.EXCHANGE, (len(terms), max(len(one.trips) for one in terms)))
    for row, one in enumerate(terms):
        for k, trip in enumerate(one.trips):
            exchanges[row, k] = (trip.up, trip.down, trip.think, trip.up_octets, trip.down_octets)
    kinds = _rows(
        at.KIND,
        len(terms),
        trips=[len(one.trips) for one in terms],
        **{name: [getattr(one, name) for one in terms] for name in ("setup", "timeout", "refusal", "resends")},
        half=[one.link.rtt / 2 for one in terms],
        bits=[one.link.down for one in terms],
        factor=[one.work for one in plan.classes] or [1.0],
    )
    chances = np.zeros((len(terms), max(len(one.chances) for one in terms) + 1))
    for row, one in enumerate(terms):
        chances[row, : len(one.chances)] = one.chances
    traces = [pool.law if isinstance(pool.law, tuple) else () for pool in desks]
    pools = _rows(
        at.POOL,
        len(desks),
        service=[pool.service * 1e6 for pool in desks],
        law=[2 if isinstance(p.law, tuple) else ("exponential", "constant").index(str(p.law)) for p in desks],
        trace_len=[len(trace) for trace in traces],
        trace_at=np.cumsum([0, *(len(trace) for trace in traces)])[:-1],
        discipline=[("fifo", "lifo", "sharing").index(pool.discipline) for pool in desks],
        count=[pool.count for pool in desks],
        limit=[_NONE if pool.queue is None else pool.queue for pool in desks],
        room=[_NONE if pool.sessions is None else pool.sessions for pool in desks],
        interval=[0 if pool.rate is None else pool.rate.interval for pool in desks],
        slack=[0 if pool.rate is None else pool.rate.slack for pool in desks],
        retry_after=[pool.retry_after for pool in desks],
    )
    keys = [*(draws.keys[name] for name in _KEYS), draws.lives.key]
    lives, shifts = draws.lives, [shift for zone in draws.offsets for shift in zone]
    return {
        "own": _own(plan, draws, at.OWN),
        "kinds": kinds,
        "exchanges": exchanges,
        "chances": chances,
        "pools": pools,
        "traces": _floats([seconds * 1e6 for trace in traces for seconds in trace] or [0.0]),
        "keys": np.array([key & MASK for key in keys], dtype=np.uint64),
        "access": _ints([round(delay * 1e6) for delay in plan.access]),
        "powers": _floats([POLICIES["exponential"](f, 0.0, 0.0, retry.base, retry.cap) for f in range(62)]),
        "table": _floats((retry.policy if isinstance(retry.policy, tuple) else ()) or (0.0,)),
        "zone_at": _ints(np.cumsum([0, *(len(zone) for zone in draws.offsets)])),
        "shifts": _rows(
            at.SHIFT, len(shifts), when=[when for when, _ in shifts], offset=[offset for _, offset in shifts]
        ),
        "conditions": _rows(
            at.CONDITION,
            len(plan.conditions),
            mean=lives.means,
            even=lives.even,
            at_next=lives.at_next,
            person=[condition.person for condition in plan.conditions],
        ),
    }


def _own(plan: Campaign, draws: Draws, kind: Any) -> Any:
    """What a plan has once."""
    desks, retry, again, card = plan.desks, plan.retry, plan.again, plan.card
    load, window, prompt, limits = plan.download, plan.window, plan.prompt, plan.cells.limits
    rooms = any(pool.sessions is not None for pool in desks)
    values: dict[str, Any] = {"fail_over": plan.fail_over, "lives": draws.lives.any, "ready": draws.lives.ready * 1e6}
    if plan.gateway is not None:
        values |= {"gate_interval": plan.gateway.interval, "gate_slack": plan.gateway.slack}
    if card is not None:
        seconds = (card.seconds, card.seconds + card.authenticate)
        values["card"], values["card_again"] = (round(one * 1e6) for one in seconds)
        values["resync"] = card.resync
    values["policy"] = len(_POLICIES) if isinstance(retry.policy, tuple) else _POLICIES.index(str(retry.policy))
    values |= {name: getattr(retry, name) for name in ("base", "cap", "attempts", "heed")}
    values["budget"] = -1.0 if retry.budget is None else retry.budget
    if load is not None:
        values |= {"download": 1, "octets": load.octets, "breaks": load.breaks, "resume": load.resume}
    if not window.whole_day:
        values |= {"window_start": round(window.start * HOUR), "window_end": round(window.end * HOUR)}
    if prompt is not None:
        values |= {"night_start": round(prompt.night_start * HOUR), "night_end": round(prompt.night_end * HOUR)}
        values |= {"prompt": 1, "prompt_again": prompt.again}
    if again is not None:
        values |= {"again": 1, "think_mean": again.think * 1e6, "until": again.until * 1e6}
        values["think_law"] = int(again.law != "exponential")
    values |= {"cells": 0 if limits is None else len(limits), "rooms": rooms, "outages": any(draws.outages)}
    values["ends_shared"] = limits is not None or load is not None or rooms
    return _rows(kind, **values)


def state_of(plan: Campaign, draws: Draws, at: Any, *, plain: bool) -> dict[str, Any]:
    """The fields of ``LoopState``; of what a plan has no use for there is one row, or none."""
    n, lives, limits = plan.devices, draws.lives.any, plan.cells.limits
    dev = _rows(at.DEVICE, n, finished=-1, outcome=NOT_REACHED)
    if not plain:
        ranks = np.array([-2 * one.priority for one in plan.classes] or [0], dtype=np.int64)
        dev["rank"] = ranks[draws.klass] + ~draws.urgent
        dev["klass"], dev["home"], dev["deadline"], dev["expects"] = draws.klass, draws.home, -1, -1
    much = not plain or lives or plan.card is not None or plan.prompt is not None
    more = _rows(at.MORE, n if much else 1, left=0 if plan.download is None else plan.download.octets)
    if lives:
        more["number"], more["end"], more["state"] = draws.number, draws.end, draws.state
        more["postponed"] = draws.put_off & (draws.begin != NEVER)
    cells = _rows(at.CELL, len(limits or ()), head=-1, tail=-1)
    cells["free"] = [_NONE if limit is None else limit for limit in limits or ()]
    c = np.zeros(at.FATES + FATE_COUNT, dtype=np.int64)
    servers = plan.download.servers if plan.download is not None else None
    c[at.ROOM], c[at.HEAD] = _NONE if servers is None else servers, _NONE
    none = np.zeros((0, 3), dtype=np.int64)
    return {
        "dev": dev,
        "more": more,
        "zone": draws.zone,
        "cell": draws.cell,
        "pools": _rows(at.AT_WORK, len(plan.desks)),
        "cells": cells,
        "kept": none,
        "offers": none,
        "c": c,
    }
