"""Play an intent in a protocol; or in each, with the network that loses one thing at a time.

>>> from dmkit.generations.intents import Read
>>> played = play(Read(), "lwm2m")
>>> played.done, played.octets("device", "body"), played.octets("server", "framing")
(True, 20, 13)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, Final

from dmkit.generations.dm12 import play_dm12
from dmkit.generations.dm12_stage import EMPTY
from dmkit.generations.dm20 import play_dm20
from dmkit.generations.intents import Intent, Inventory, Read, Wake
from dmkit.generations.names import GENERATIONS
from dmkit.generations.over_lwm2m import play_lwm2m
from dmkit.generations.played import PlayedIntent
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.model import Packet

__all__ = ["IntentLoss", "losses", "play", "play_without"]


@asked
def play(intent: Intent, generation: str) -> PlayedIntent:
    """Run ``intent`` in ``generation``, a name of GENERATIONS; ConfigError for another.

    >>> from dmkit.generations.intents import Lock
    >>> play(Lock(), "lwm2m").trips
    1
    """
    return _honest(intent, _known(generation))


@lru_cache(maxsize=256)
def _honest(intent: Intent, generation: str) -> PlayedIntent:
    return _PLAYERS[generation](intent, generation)


def _player(generation: str) -> Callable[..., PlayedIntent]:
    return _PLAYERS[_known(generation)]


def _known(generation: str) -> str:
    if generation not in _PLAYERS:
        near = nearest(generation, GENERATIONS)
        raise ConfigError(f"generation {generation!r} is not known; there are {', '.join(GENERATIONS)}{near}")
    return generation


_PLAYERS: Final[Mapping[str, Callable[..., PlayedIntent]]] = {
    "dm 1.2 xml": play_dm12,
    "dm 1.2 wbxml": play_dm12,
    "dm 2.0": play_dm20,
    "lwm2m": play_lwm2m,
}
"""Name -> player."""

_ASKING: Final = (Read, Inventory, Wake)
"""Intents that change nothing: what is not done is not known."""


@dataclass(frozen=True, slots=True)
class IntentLoss:
    """What came of an intent when piece ``lost`` (from 0) did not arrive: done or not, and what the server knows."""

    generation: str
    lost: int
    done: bool
    knows: str
    trips: int
    octets: int
    what: str = ""
    """What was lost, in the words of the run in which nothing is."""

    @property
    def twice(self) -> bool:
        """Whether a server that tries again does it a second time: it was done, and the server was not told."""
        return self.done and self.knows.startswith("not that")


@asked
def losses(intent: Intent, generation: str) -> Iterator[IntentLoss]:
    """The intent once for each piece that may be lost, in order, until none is left to lose.

    DM 1.2 sends again what was not answered; CoAP too; DM 2.0 does not, its session is over.

    >>> from dmkit.generations.intents import Lock
    >>> [(loss.done, loss.twice) for loss in losses(Lock(), "dm 2.0")]
    [(False, False), (False, False), (True, True), (True, False), (True, False), (True, False)]
    """
    yield from _lost(intent, _known(generation))


@lru_cache(maxsize=256)
def _lost(intent: Intent, generation: str) -> tuple[IntentLoss, ...]:
    return tuple(_losses(intent, generation))


def _losses(intent: Intent, generation: str) -> Iterator[IntentLoss]:
    player = _player(generation)
    honest = play(intent, generation).sent
    whole = [piece for piece in honest if not piece.lost and not piece.what.startswith(EMPTY)]
    for lost in range(1000):
        tap = _Losing(lost)
        played = player(intent, generation, tap.packets if generation.startswith("dm 1.2") else tap.piece)
        if not tap.happened:
            return
        body = sum(piece.body + piece.framing for piece in played.sent)
        knows = "nothing" if isinstance(intent, _ASKING) and not played.done else played.knows
        what = f"{whole[lost].sender}: {whole[lost].what}" if lost < len(whole) else "what was sent again"
        yield IntentLoss(generation, lost, played.done, knows, played.trips, body, what)


@asked
def play_without(intent: Intent, generation: str, lost: int) -> PlayedIntent:
    """The run in which message ``lost``, from 0, does not arrive; the honest one when there is none of that number.

    >>> from dmkit.generations.intents import Write
    >>> play_without(Write(), "dm 2.0", 4).knows
    'not that it is done'
    """
    if not isinstance(lost, int) or isinstance(lost, bool) or lost < 0:
        raise ConfigError(f"lost is {lost!r}; the number of a message is right, from 0")
    tap = _Losing(lost)
    return _player(generation)(intent, generation, tap.packets if generation.startswith("dm 1.2") else tap.piece)


class _Losing:
    """A network that loses one piece, by its number in the order in which they are sent."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.seen = 0
        self.happened = False

    def _now(self) -> bool:
        self.seen += 1
        self.happened |= self.seen - 1 == self.lost
        return self.seen - 1 == self.lost

    def packets(self, packet: Packet, rng: Random) -> tuple[Packet, ...]:
        return () if self._now() else (packet,)

    def piece(self, number: int, piece: Any) -> Any:
        return None if self._now() else piece
