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


def _table(rows: list[list[int]]) -> Any:
    wide = max(1, *(len(row) for row in rows))
    return _ints([row + [0] * (wide - len(row)) for row in rows])


def setting_of(plan: Campaign, draws: Draws, terms: tuple[Terms, ...]) -> dict[str, Any]:
    """The fields of ``LoopPlan``."""
    desks, retry, again = plan.desks, plan.retry, plan.again
    trips = [one.trips for one in terms]
    values: dict[str, Any] = {
        name: _table([[getattr(trip, name) for trip in row] for row in trips])
        for name in ("up", "down", "think", "up_octets", "down_octets")
    }
    values |= {
        name: _ints([getattr(one, name) for one in terms]) for name in ("setup", "timeout", "refusal", "resends")
    }
    values["trips"] = _ints([len(row) for row in trips])
    chances = np.zeros((len(terms), max(len(one.chances) for one in terms) + 1))
    for row, one in enumerate(terms):
        chances[row, : len(one.chances)] = one.chances
    values["chances"] = chances
    values["half"] = _floats([one.link.rtt / 2 for one in terms])
    values["bits"] = _floats([one.link.down for one in terms])
    values["factor"] = _floats([one.work for one in plan.classes] or [1.0])
    values["service"] = _floats([pool.service * 1e6 for pool in desks])
    values["law"] = _ints(
        [2 if isinstance(p.law, tuple) else ("exponential", "constant").index(str(p.law)) for p in desks]
    )
    traces = [pool.law if isinstance(pool.law, tuple) else () for pool in desks]
    values["trace_len"] = _ints([len(trace) for trace in traces])
    values["trace_at"] = _ints(np.cumsum([0, *(len(trace) for trace in traces)])[:-1])
    values["traces"] = _floats([seconds * 1e6 for trace in traces for seconds in trace] or [0.0])
    values["discipline"] = _ints([("fifo", "lifo", "sharing").index(pool.discipline) for pool in desks])
    values["count"] = _ints([pool.count for pool in desks])
    values["limit"] = _ints([_NONE if pool.queue is None else pool.queue for pool in desks])
    values["room"] = _ints([_NONE if pool.sessions is None else pool.sessions for pool in desks])
    values["interval"] = _ints([0 if pool.rate is None else pool.rate.interval for pool in desks])
    values["slack"] = _ints([0 if pool.rate is None else pool.rate.slack for pool in desks])
    values["retry_after"] = _floats([pool.retry_after for pool in desks])
    values["fail_over"] = int(plan.fail_over)
    values["gate_interval"] = 0 if plan.gateway is None else plan.gateway.interval
    values["gate_slack"] = 0 if plan.gateway is None else plan.gateway.slack
    keys = [*(draws.keys[name] for name in _KEYS), draws.lives.key]
    values["keys"] = np.array([key & MASK for key in keys], dtype=np.uint64)
    values["access"] = _ints([round(delay * 1e6) for delay in plan.access])
    card = plan.card
    times = (0, 0) if card is None else (round(card.seconds * 1e6), round((card.seconds + card.authenticate) * 1e6))
    values["card"], values["resync"] = _ints(times), 0.0 if card is None else float(card.resync)
    table = retry.policy if isinstance(retry.policy, tuple) else ()
    values["policy"] = len(_POLICIES) if table else _POLICIES.index(str(retry.policy))
    values["powers"] = _floats([POLICIES["exponential"](f, 0.0, 0.0, retry.base, retry.cap) for f in range(62)])
    values["table"] = _floats(table or (0.0,))
    values |= {"base": float(retry.base), "cap": float(retry.cap), "attempts": retry.attempts, "heed": int(retry.heed)}
    values["budget"] = -1.0 if retry.budget is None else float(retry.budget)
    load = plan.download
    values["download"] = int(load is not None)
    values["octets"] = 0 if load is None else load.octets
    values["breaks"] = 0.0 if load is None else float(load.breaks)
    values["resume"] = int(load is not None and load.resume)
    window, prompt = plan.window, plan.prompt
    hours = (0, 0) if window.whole_day else (round(window.start * HOUR), round(window.end * HOUR))
    values["window"] = _ints(hours)
    night = (0, 0) if prompt is None else (round(prompt.night_start * HOUR), round(prompt.night_end * HOUR))
    values["night"] = _ints([*night, prompt is not None, prompt is not None and prompt.again])
    values["zone_at"] = _ints(np.cumsum([0, *(len(zone) for zone in draws.offsets)]))
    values["zone_when"] = _ints([when for zone in draws.offsets for when, _ in zone])
    values["zone_offset"] = _ints([offset for zone in draws.offsets for _, offset in zone])
    lives = draws.lives
    values |= {"lives": int(lives.any), "ready": lives.ready * 1e6, "means": _floats(lives.means)}
    values["even"] = np.array(lives.even, dtype=np.bool_)
    values["at_next"] = _floats(lives.at_next)
    values["persons"] = np.array([condition.person for condition in plan.conditions], dtype=np.bool_)
    values["again"] = int(again is not None)
    values["think_mean"] = 0.0 if again is None else again.think * 1e6
    values["think_law"] = 0 if again is None or again.law == "exponential" else 1
    values["until"] = 0.0 if again is None else again.until * 1e6
    limits = plan.cells.limits
    values["cells"] = _ints([] if limits is None else [_NONE if limit is None else limit for limit in limits])
    values["outages"] = int(any(draws.outages))
    values["ends_shared"] = int(
        limits is not None or load is not None or any(pool.sessions is not None for pool in desks)
    )
    return values


def state_of(plan: Campaign, draws: Draws, places: Any, *, plain: bool) -> dict[str, Any]:
    """The fields of ``LoopState``; what a plan has no use for has one entry, or none.

    ``places`` are those of the counters.
    """
    n, desks, limits = plan.devices, plan.desks, plan.cells.limits

    def zeros(kind: Any, used: bool = True, value: int = 0) -> Any:
        return np.full(n if used else 1, value, dtype=kind)

    general = not plain
    lives = draws.lives.any
    urgent = draws.urgent
    ranks = np.array([-2 * one.priority for one in plan.classes] or [0], dtype=np.int64)
    rooms = any(pool.sessions is not None for pool in desks)
    queues = general and (limits is not None or plan.download is not None)
    octets = plan.download.octets if plan.download is not None else 0
    values: dict[str, Any] = {
        "klass": draws.klass,
        "rank": ranks[draws.klass] + ~urgent if general else zeros(np.int64, False),
        "home": draws.home,
        "zone": draws.zone,
        "cell": draws.cell,
        "attempt": zeros(np.int64),
        "trip": zeros(np.int32),
        "round": zeros(np.int32),
        "stage": zeros(np.int8, general),
        "reason": zeros(np.int8, general),
        "previous": zeros(np.float64),
        "left": zeros(np.int64, plan.download is not None or plan.again is not None, octets),
        "session_done": zeros(np.int8, general),
        "number": draws.number.copy(),
        "end": draws.end.copy(),
        "state": draws.state.copy(),
        "held": zeros(np.int64) if rooms else np.zeros(0, dtype=np.int64),
        "epoch_of": zeros(np.int64, rooms),
        "next": zeros(np.int64, queues),
        "finished": zeros(np.int64, value=-1),
        "outcome": zeros(np.int8, value=NOT_REACHED),
        "refusals": zeros(np.int64, general),
        "card": zeros(np.int64, plan.card is not None),
        "prompts": zeros(np.int64, plan.prompt is not None),
        "wakings": zeros(np.int64, plan.prompt is not None),
        "postponed": (draws.put_off & (draws.begin != NEVER)).astype(np.int64) if lives else zeros(np.int64, False),
    }
    values |= {name: zeros(np.int64, general, -1) for name in ("deadline", "expects")}
    values |= {
        name: zeros(np.int64) for name in ("since", "began", "attempts", "waited", "connected", "rounds", "took")
    }
    values |= {name: zeros(np.int64) for name in ("octets_up", "octets_down")}
    pools = ("is_down", "waking", "full", "holding", "epoch", "inside", "last", "entered", "working", "waiting")
    values |= {name: np.zeros(len(desks), dtype=np.int64) for name in pools}
    cells = [] if limits is None else [_NONE if limit is None else limit for limit in limits]
    values["cell_free"] = _ints(cells)
    values |= {name: np.full(len(cells), -1, dtype=np.int64) for name in ("cell_head", "cell_tail")}
    c = np.zeros(places.FATES + FATE_COUNT, dtype=np.int64)
    servers = plan.download.servers if plan.download is not None else None
    c[places.ROOM], c[places.HEAD] = _NONE if servers is None else servers, _NONE
    values |= {name: np.zeros((0, 3), dtype=np.int64) for name in ("kept", "offers")}
    return values | {"c": c}
