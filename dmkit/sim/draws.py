"""What chance decides in one run of a campaign: what is known of each device before it begins, and draws by key after.

Every engine asks the same draws, so they can be compared device by device, and two designs with the same seed meet the
same luck.  A draw of an attempt has the key (seed, purpose, device, turn, message), where a turn counts the attempts of
a device; it is computed when it is asked for.  Only works of first attempts are drawn as a table, to be fast; so a
device costs fewer than 150 octets whatever the number of attempts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.arrays import Ints, number_given, numbers_given
from dmkit.sim.clock import DAY, HOUR
from dmkit.sim.luck import Luck, minus_log, minus_logs, unit
from dmkit.sim.parts import merged
from dmkit.sim.rates import LONGEST, micro, within
from dmkit.sim.states import Lives
from dmkit.sim.streams import Streams
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign, Servers

__all__ = ["NEVER", "TURNS", "Draws"]

NEVER: Final = -1
"""Trigger time of a device that no trigger reaches."""
TURNS: Final = 1 << 20
"""Turns of a round: attempt a of round r of a closed population has turn r x TURNS + a."""
MOST: Final = 100_000_000
"""Devices of one run: some 20 GB."""
_TABLE: Final = 20_000_000
"""Numbers up to which the works of first attempts are drawn as a table."""
_SECONDS: Final = "seconds from 0 to below 1e9"
_TOGETHER: Final = 1000
"""How often being ready and the window are tried to be brought together."""


def _ticks(seconds: NDArray[np.float64], what: str) -> Ints:
    micros = np.rint(seconds * 1e6)
    if not (np.abs(micros) < LONGEST).all():
        raise ConfigError(f"{what}: the engines count microseconds, from 0 to {LONGEST // 10**6} s")
    result: Ints = micros.astype(np.int64)
    return result


def _parts(bounds: NDArray[np.float64], purpose: str, luck: Luck, n: int) -> Ints:
    """The part that each of ``n`` belongs to; ``bounds`` are the shares added up."""
    if len(bounds) < 2:
        return np.zeros(n, dtype=np.int64)
    found: Ints = np.searchsorted(bounds, luck.uniform(purpose, n), side="right")
    return np.minimum(found, len(bounds) - 1)


@dataclass(slots=True, eq=False)
class Draws:
    """Times are microseconds; arrays have shape ``(devices,)``."""

    plan: Campaign
    seed: int
    luck: Luck
    trigger: Ints
    """When the (first) trigger left."""
    triggers: NDArray[np.int16]
    """How many were pushed."""
    reached: Ints
    """When it arrived; NEVER when it was lost."""
    zone: NDArray[np.int8]
    cell: NDArray[np.int32]
    klass: NDArray[np.int8]
    """Number of the device's class."""
    urgent: NDArray[np.bool_]
    home: NDArray[np.int16]
    """Number of the pool at which the device begins."""
    begin: Ints
    """When the first attempt begins; NEVER for devices that are not reached."""
    condition: NDArray[np.int8]
    """What held it back before; -1 for nothing."""
    put_off: NDArray[np.bool_]
    """Whether it was, or also was, a person."""
    lives: Lives
    number: Ints
    end: Ints
    state: NDArray[np.int8]
    """The period of ``lives`` in which the first attempt begins."""
    offsets: tuple[tuple[tuple[int, int], ...], ...]
    """Of each zone, as ``Clock.offsets``."""
    outages: tuple[tuple[tuple[int, int], ...], ...]
    """Of each pool: start and end."""
    keys: dict[str, int] = field(repr=False)
    _works: NDArray[np.int64] | None = field(default=None, repr=False)
    _asked: bool = field(default=False, repr=False)

    @classmethod
    def of(cls, plan: Campaign, seed: int) -> Self:
        """Draw for ``plan``."""
        n, luck, clock = plan.devices, Luck(seed, plan.first), plan.clock
        if n > MOST:
            raise ConfigError(f"a run has up to {MOST} devices, not {n}; play the fleet in parts, see Campaign.first")
        right = f"{many(n, 'number')} of seconds from 0, one a device"
        sent = numbers_given("Campaign.arrivals", plan.arrivals(n, Streams(seed, clock)), n, right)
        if n and float(sent.min()) < 0:
            raise ConfigError(f"Campaign.arrivals gave {sent.min()}; it must give {right}")
        arrived, triggers = sent, np.zeros(n, dtype=np.int64)
        if plan.push is not None and getattr(plan.arrivals, "push", True):
            arrived, triggers = plan.push.triggers(sent, luck)
        lost = ~np.isfinite(arrived)
        reached = _ticks(np.where(lost, 0.0, arrived), "Campaign.arrivals")
        reached[lost] = NEVER
        desks = plan.desks
        outages = plan.outages.of(luck, len(desks)) if plan.outages is not None else ((),) * len(desks)
        weights = np.cumsum([pool.share for pool in desks])
        urgent = desks[0].urgent
        lives = Lives(plan.conditions, luck)
        numbers = (np.arange(n) + plan.first) % len(clock.zones)
        none = np.zeros(0, dtype=np.int64)
        draws = cls(
            plan,
            seed,
            luck,
            _ticks(sent, "Campaign.arrivals"),
            triggers.astype(np.int16),
            reached,
            numbers.astype(np.int8),
            plan.cells.place(luck.uniform("cell", n)).astype(np.int32)
            if plan.cells.count > 1
            else np.zeros(n, dtype=np.int32),
            _parts(np.cumsum([one.share for one in plan.classes]), "class", luck, n).astype(np.int8),
            luck.uniform("urgent", n) < urgent if urgent else np.zeros(n, dtype=np.bool_),
            _parts(weights / weights[-1], "home", luck, n).astype(np.int16),
            reached.copy(),
            np.full(n, -1, dtype=np.int8),
            np.zeros(n, dtype=np.bool_),
            lives,
            *(lives.begin(n) if lives.any else (none, none, none.astype(np.int8))),
            clock.table(),
            tuple(
                merged([*((micro(a, "outage"), micro(b, "outage")) for a, b in pool.outages), *common])
                for pool, common in zip(desks, outages, strict=True)
            ),
            {name: luck.key(name) for name in ("work", "loss", "access", "card", "backoff", "break", "think")},
        )
        draws._first()
        within(int(draws.begin.max(initial=0)))
        return draws

    def for_plan(self, plan: Campaign) -> Self:
        """The same draws for a plan that differs in its servers' number and work, its link or its retries only.

        None of these has a part in what is drawn beforehand: arrivals, lives, places, classes, homes, outages.

        >>> from dataclasses import replace
        >>> from dmkit.sim.campaign import Campaign, Servers
        >>> plan = Campaign(devices=20)
        >>> other = replace(plan, servers=Servers(count=9))
        >>> bool((Draws.of(plan, 1).for_plan(other).begin == Draws.of(other, 1).begin).all())
        True
        """
        return replace(self, plan=plan, _works=None, _asked=False)

    # -- before the first attempt

    def _first(self) -> None:
        """When first attempts begin: as ``Book.due``, for all devices together."""
        plan, begin = self.plan, self.begin
        persons = np.array([c.person for c in plan.conditions], dtype=np.bool_)
        if not self.lives.any and plan.window.whole_day:
            return
        who = np.flatnonzero(begin != NEVER)
        for turn in range(_TOGETHER):
            if self.lives.any:
                late = who[self.end[who] < begin[who]]
                while len(late):
                    self.lives.afters(late, self.number, self.end, self.state)
                    late = late[self.end[late] < begin[late]]
                held = who[self.state[who] >= 0]
                begin[held] = self.end[held]
                if not turn:
                    self.condition[held] = self.state[held]
                self.put_off[held] |= persons[self.state[held]]
            if plan.window.whole_day:
                return
            wait = self._waits(who)
            begin[who] += wait
            who = who[wait > 0]
            if not len(who) or not self.lives.any:
                return

    def _waits(self, who: Ints) -> Ints:
        """Of these devices, until their window is open."""
        window, result = self.plan.window, np.zeros(len(who), dtype=np.int64)
        start, end = round(window.start * HOUR), round(window.end * HOUR)
        for zone, offsets in enumerate(self.offsets):
            mine = np.flatnonzero(self.zone[who] == zone)
            now = self.begin[who[mine]]
            at = np.searchsorted(np.array([when for when, _ in offsets]), now, side="right") - 1
            left = np.arange(len(mine))
            total = np.zeros(len(mine), dtype=np.int64)
            offset = np.array([value for _, value in offsets])
            until = np.array([*(when for when, _ in offsets[1:]), 4 * LONGEST])
            while len(left):
                local = (now[left] + offset[at[left]]) % DAY
                if start < end:
                    inside = (start <= local) & (local < end)
                else:
                    inside = (local >= start) | (local < end)
                due = np.where(inside, now[left], now[left] + (start - local) % DAY)
                over = due >= until[at[left]]
                new = np.where(over, until[at[left]], due)
                total[left] += new - now[left]
                now[left] = new
                left = left[over]
                at[left] += 1
            result[mine] = total
        return result

    # -- draws of an attempt

    @property
    def works(self) -> NDArray[np.int64] | None:
        """(devices, messages): works of first attempts; None where they are too many, or from a function."""
        if not self._asked:
            self._works, self._asked = self._table(), True
        return self._works

    def _table(self) -> NDArray[np.int64] | None:
        plan, desks = self.plan, self.plan.desks
        most = max(len(tape.trips) for _, tape in plan.kinds)
        if plan.devices * most > _TABLE or any(callable(pool.law) for pool in desks):
            return None
        chance = self.luck.uniform("work", plan.devices, 0, most)
        factor = np.array([one.work for one in plan.classes] or [1.0])[self.klass]
        works = np.zeros((plan.devices, most), dtype=np.int64)
        for number, pool in enumerate(desks):
            mine = self.home == number if len(desks) > 1 else slice(None)
            scale = (factor[mine] * (pool.service * 1e6))[:, None]
            if isinstance(pool.law, tuple):
                measured = np.asarray(pool.law) * 1e6
                seconds = factor[mine][:, None] * measured[(chance[mine] * len(measured)).astype(np.int64)]
            else:
                seconds = (
                    scale * minus_logs(1.0 - chance[mine]) if pool.law == "exponential" else scale + 0 * chance[mine]
                )
            works[mine] = np.rint(seconds).astype(np.int64)
        return works

    def pool(self, device: int, attempt: int) -> int:
        """Number of the pool that the device turns to in ``attempt``."""
        home = int(self.home[device])
        return (home + attempt) % len(self.plan.desks) if self.plan.fail_over else home

    def work(self, device: int, turn: int, message: int, pool: Servers) -> int:
        """Microseconds of the servers for one message."""
        factor = self.plan.classes[self.klass[device]].work if self.plan.classes else 1.0
        if pool.law == "constant":
            return round(factor * (pool.service * 1e6))
        chance = unit(self.keys["work"], device, turn, message)
        if pool.law == "exponential":
            return round(factor * (pool.service * 1e6) * minus_log(1.0 - chance))
        if isinstance(pool.law, tuple):
            return round(factor * (pool.law[int(chance * len(pool.law))] * 1e6))
        assert callable(pool.law)
        seconds = number_given(f"Servers.law, for the draw {chance},", pool.law(chance), _SECONDS)
        return round(number_given("Servers.law, times DeviceClass.work,", factor * seconds, _SECONDS) * 1e6)

    def lost(self, device: int, turn: int, message: int, chances: tuple[float, ...]) -> int:
        """How often the message is lost; ``chances`` that it is at least once, twice ... as often as it is sent."""
        if not chances or not chances[0]:
            return 0
        draw = unit(self.keys["loss"], device, turn, message)
        times = 0
        while times < len(chances) and draw < chances[times]:
            times += 1
        return times

    def card(self, device: int, turn: int) -> int:
        """Microseconds of the card's commands."""
        card = self.plan.card
        if card is None:
            return 0
        again = card.resync and unit(self.keys["card"], device, turn, 0) < card.resync
        return round((card.seconds + card.authenticate if again else card.seconds) * 1e6)

    def access(self, device: int, turn: int) -> int:
        """Microseconds on the way to the network, without the card."""
        delays = self.plan.access
        if len(delays) == 1:
            return round(delays[0] * 1e6)
        return round(delays[int(unit(self.keys["access"], device, turn, 0) * len(delays))] * 1e6)

    def share(self, device: int, turn: int) -> float:
        """At which part of the rest a download breaks off; 1 when it does not."""
        download = self.plan.download
        if download is None or not download.breaks:
            return 1.0
        chance = unit(self.keys["break"], device, turn, 0)
        return chance / download.breaks if chance < download.breaks else 1.0

    def sleep(self, device: int, turn: int, attempt: int, previous: float, told: float) -> float:
        """Seconds to sleep after failed ``attempt`` (from 0); ``told`` is Retry-After, 0 when none was given."""
        retry = self.plan.retry
        draw = unit(self.keys["backoff"], device, turn, 0)
        pause = retry.pause(attempt + 1, draw, previous)
        if callable(retry.policy) or not 0 <= pause < 1e9:
            pause = number_given(f"Retry.policy, after failure {attempt + 1},", pause, _SECONDS)
        return max(pause, told) if retry.heed else pause

    def think(self, device: int, turn: int) -> int:
        """Microseconds of thinking before a round of a closed population."""
        again = self.plan.again
        assert again is not None
        mean = again.think * 1e6
        if again.law == "constant":
            return max(1, round(mean))
        return max(1, round(mean * minus_log(1.0 - unit(self.keys["think"], device, turn, 0))))
