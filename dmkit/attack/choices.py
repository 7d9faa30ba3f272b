"""Every bounded behaviour of a hostile network, by replay of choices.

Whatever is not honest asks ``Choices`` which of so many ways to take; way 0 is the honest one.  A run is then a
function of a short tuple of numbers, its script, and the same script gives the same run.  ``explore`` begins with the
honest run and plays every script with one dishonest choice, then with two ...: the first breach found is a shortest.

>>> def run(choices):
...     return [choices.of(2) for _ in range(3)]
>>> [behaviour.script for behaviour in explore(run, most=2)]
[(), (1,), (0, 1), (0, 0, 1), (1, 1), (1, 0, 1), (0, 1, 1)]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Generic, TypeVar

from dmkit.transport.loop import Tap
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.model import Packet
from dmkit.words.records import dataclass

__all__ = ["AttackerBehaviour", "ChoiceScript", "Choices", "explore", "hostile"]

_T = TypeVar("_T")
ChoiceScript = tuple[int, ...]


class Choices:
    """Answers "which of n ways?": from a script, then by chance, then honestly.

    Without ``rng`` what lies behind the script is honest.  With it, each choice is dishonest with probability
    ``chance``, until ``budget`` dishonest ones were made.  ``made`` lists (way, ways) of each choice so far.
    ``final``: no other run goes on from here.

    >>> choices = Choices((0, 2))
    >>> [choices.of(3), choices.of(3), choices.of(3)]   # behind the script: honest, the first way
    [0, 2, 0]
    >>> choices.script
    (0, 2)
    """

    def __init__(
        self,
        script: ChoiceScript = (),
        *,
        rng: Random | None = None,
        chance: float = 0.5,
        budget: int | None = None,
        final: bool = False,
    ) -> None:
        self._script = script
        self._rng = rng
        self._chance = chance
        self._left = budget
        self.final = final or rng is not None
        self.made: list[tuple[int, int]] = []

    def of(self, ways: int) -> int:
        """A number below ``ways``; 0 is honest."""
        if ways < 1:
            raise ConfigError(f"there is no choice among {ways} ways")
        at, way = len(self.made), 0
        if at < len(self._script):
            way = self._script[at]
            if not 0 <= way < ways:
                raise ConfigError(f"choice {at + 1} of the script is {way}; there are {ways} ways")
        elif self._rng is not None and ways > 1 and self._left != 0 and self._rng.random() < self._chance:
            way = self._rng.randrange(1, ways)
            self._left = None if self._left is None else self._left - 1
        self.made.append((way, ways))
        return way

    def ahead(self, count: int) -> ChoiceScript:
        """The ways that the next ``count`` choices will be, where nothing is left to chance.

        >>> Choices((1, 2)).ahead(3)
        (1, 2, 0)
        """
        at = len(self.made)
        script = self._script[at : at + count]
        return (*script, *(0,) * (count - len(script)))

    @property
    def script(self) -> ChoiceScript:
        """What was chosen, without the honest end: plays the same run again."""
        ways = [way for way, _ in self.made]
        while ways and not ways[-1]:
            ways.pop()
        return tuple(ways)


@dataclass(frozen=True, slots=True)
class AttackerBehaviour(Generic[_T]):
    """One run: its script and what came of it.

    >>> [found.script for found in explore(lambda choices: choices.of(3))]
    [(), (1,), (2,)]
    """

    script: ChoiceScript
    result: _T


@asked
def explore(
    run: Callable[[Choices], _T], *, most: int = 1, limit: int | None = None
) -> Iterator[AttackerBehaviour[_T]]:
    """Play every script with at most ``most`` dishonest choices, those with fewer first; at most ``limit`` runs.

    ``run`` must be a function of its choices alone.

    >>> [found.result for found in explore(lambda choices: (choices.of(2), choices.of(2)), most=2)]
    [(0, 0), (1, 0), (0, 1), (1, 1)]
    """
    waiting: deque[tuple[ChoiceScript, int]] = deque([((), 0)])
    played = 0
    while waiting and (limit is None or played < limit):
        script, used = waiting.popleft()
        choices = Choices(script)
        yield AttackerBehaviour(script, run(choices))
        played += 1
        if used == most:
            continue
        for at in range(len(script), len(choices.made)):
            honest = (0,) * (at - len(script))
            waiting.extend(((*script, *honest, way), used + 1) for way in range(1, choices.made[at][1]))


@asked
def hostile(choices: Choices, moves: Iterable[str] = ("drop", "twice", "hold", "replay", "alter")) -> Tap:
    """A tap that may do all that a network can: lose, double, hold back until the next packet, replay, alter.

    "replay" puts an earlier packet of the same direction after this one; "alter" exchanges an octet of the body.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> tap = hostile(Choices((1,)), moves=("drop",))    # the first packet is lost, the rest is honest
    >>> len(dm.converse(device, dm.Server.example(device), tap=tap))
    3
    """
    seen: list[Packet] = []
    held: list[Packet] = []
    allowed = frozenset(moves)

    def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
        late, held[:] = tuple(held), []
        older = [p for p in seen if p.to == packet.to and p != packet] if "replay" in allowed else []
        ways: list[tuple[Packet, ...]] = [(packet,)]
        if "drop" in allowed:
            ways.append(())
        if "twice" in allowed:
            ways.append((packet, packet))
        if "alter" in allowed:
            ways.append((altered(packet, len(packet.body) * 2 // 3),))
        ways += [(packet, old) for old in older]
        if "hold" in allowed and not late:
            ways.append(())
        way = choices.of(len(ways))
        if "hold" in allowed and not late and way == len(ways) - 1:
            held.append(packet)
        seen.append(packet)
        return (*ways[way], *late)

    return tap


def altered(packet: Packet, at: int, bit: int = 0) -> Packet:
    """``packet`` with one bit of the octet at ``at`` of its body turned."""
    body = bytearray(packet.body)
    body[at % len(body)] ^= 1 << bit
    return Packet(packet.to, bytes(body), packet.media_type, packet.headers)
