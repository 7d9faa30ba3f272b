"""Powers of attackers, a row each; an attacker is a set of them, and a budget of dishonest deeds.

A deed is one packet lost, doubled, sent or changed, or one party made to fall.  Named attacks
(``dmkit.attack.attacks``) are witnesses: each lists the powers that it used.  The explorer (``dmkit.attack.explorer``)
needs no list: it tries whatever its powers allow.

>>> eve = Attacker.of("inject", budget=1)
>>> eve
Attacker(inject; 1 deed)
>>> eve <= Attacker.of("listen", "inject", budget=2), eve <= Attacker.of("listen", budget=2)
(True, False)
>>> POWERS["strip"].explored
True
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Self

from dmkit.words.asked import asked
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Range
from dmkit.words.records import dataclass

__all__ = ["EVERYTHING", "PATH", "POWERS", "AttackPower", "Attacker"]


@dataclass(frozen=True, slots=True)
class AttackPower:
    """One thing that an attacker can do; ``explored``: the explorer has moves for it, so that a search is about it."""

    name: str
    what: str
    explored: bool = True


_ROWS: Final = (
    AttackPower("listen", "reads what passes on the connection, and all of one session before"),
    AttackPower("drop", "keeps a packet from arriving"),
    AttackPower("delay", "lets packets in the air arrive in any order"),
    AttackPower("duplicate", "lets a packet arrive, and once more"),
    AttackPower("replay", "sends a packet again that it has heard, to whom it was for"),
    AttackPower("reflect", "sends a packet back to who said it, and takes a proof of one side for one of the other"),
    AttackPower("inject", "says something of its own, as anybody, from a connection of its own or on the path"),
    AttackPower("alter", "changes what a packet says, and leaves what stands beside it"),
    AttackPower("strip", "takes credentials, or the header with the MAC, off a packet, altered or not"),
    AttackPower("choose nonce", "gives, in challenges that it makes or alters, the nonce that it likes"),
    AttackPower("parallel", "makes a device begin a session while another is open"),
    AttackPower("crash", "makes a device, or a server, fall and begin again from what it keeps"),
    AttackPower("sms", "sends package 0 to the device: what it has heard, or its own"),
    AttackPower("own server", "has taken over the server of the device, with all its rights"),
    AttackPower("connect", "opens connections to the server, also where the device's own are closed by TLS", False),
    AttackPower("limited server", "has taken over a server with rights to a part of the tree", False),
    AttackPower("IMEI", "knows the address of the device", False),
    AttackPower("one secret", "knows the secrets of a device of its own, and whatever is derived alike", False),
    AttackPower("guesses", "tries passwords out of a dictionary", False),
    AttackPower("cell", "runs a base station that the device takes for its network's", False),
    AttackPower("card", "has the victim's card, or slips its own into the phone", False),
)

POWERS: Final[Mapping[str, AttackPower]] = MappingProxyType({row.name: row for row in _ROWS})
"""Every power by its name."""

PATH: Final = ("listen", "drop", "delay", "duplicate", "replay", "reflect", "inject", "alter", "strip", "choose nonce")
"""Whoever stands between the sides."""
EVERYTHING: Final = tuple(row.name for row in _ROWS if row.explored and row.name != "own server")
"""All that the explorer has moves for, but the server itself."""


@checked
@dataclass(frozen=True, slots=True)
class Attacker:
    """A set of powers, and how many deeds it has; attackers compare as sets do.

    >>> Attacker.of("listen", "drop", budget=1).budget
    1
    """

    powers: frozenset[Annotated[str, Names(lambda: POWERS)]]
    """Rows of ``POWERS``."""
    budget: Annotated[int, Range("number", 0, 9, whole=True)] = 2
    """How many dishonest deeds it has."""

    @classmethod
    @asked
    def of(cls, *powers: str, budget: int = 2) -> Self:
        """An attacker with ``powers``; ConfigError for one that is no row of POWERS, or a budget below nothing."""
        for name in powers:
            if name not in POWERS:
                raise ConfigError(f"power {name!r} is not known{nearest(name, POWERS)}; there are {', '.join(POWERS)}")
        if isinstance(budget, bool) or not isinstance(budget, int) or not 0 <= budget <= 9:
            raise ConfigError(f"a budget is a whole number of deeds, 0 to 9, not {budget!r}")
        return cls(frozenset(powers), budget)

    def can(self, *names: str) -> bool:
        """Whether it has all of these powers."""
        return self.powers.issuperset(names)

    def __le__(self, other: Attacker) -> bool:
        return self.powers <= other.powers and self.budget <= other.budget

    @property
    def named(self) -> tuple[str, ...]:
        """Its powers in the order of the table."""
        return tuple(name for name in POWERS if name in self.powers)

    def __repr__(self) -> str:
        deeds = f"{self.budget} deed{'' if self.budget == 1 else 's'}"
        return f"Attacker({', '.join(self.named) or 'no power'}; {deeds})"
