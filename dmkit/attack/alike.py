"""Designs that are alike to an attacker: they differ only in what none of its moves comes near.

Passwords are compared and never guessed, so that where they come from makes no difference; what is not in a session,
as bootstrap documents, packages and the PIN of a card, makes none; nor do seals, where no job writes what is sealed.
Walks of alike designs have the same states, moves and goals; only the passwords in their octets are others.  A named
attack comes near less: who only loses packets never offers a weaker scheme (``FAR``).

>>> from dmkit.attack.designs import DESIGNS
>>> explored_as(DESIGNS["md5, a word for a password"]) == explored_as(DESIGNS["md5 per session"])
True
>>> explored_as(DESIGNS["mac, GBA keys"]) == explored_as(DESIGNS["mac"])
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dmkit.attack.designs import Deployment, Design
from dmkit.session.rules import Rules

__all__ = ["FAR", "attacked_as", "explored_as"]

_PLAIN: Final = Deployment()
_GUESSED: Final = ("weak", "shared", "identity")
"""Secrets that an attacker could come by outside a session; inside, they are as good as 128 bits of chance."""


def explored_as(design: Design) -> Design:
    """The design that stands for all that are alike to ``design``; it has no name."""
    world = design.world
    return Design(
        "",
        replace(design.rules, bootstrap=Rules().bootstrap),
        replace(
            world,
            secret="strong" if world.secret in _GUESSED else world.secret,
            sealed=_PLAIN.sealed,
            package=_PLAIN.package,
            card_pin=_PLAIN.card_pin,
        ),
    )


_ALL: Final = frozenset({"secret", "sealed", "downgrade"})
FAR: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "listen": _ALL,
        "guess": frozenset({"sealed", "downgrade"}),
        "read values": frozenset({"secret", "downgrade"}),
        "relay": frozenset({"secret", "downgrade"}),
        "drop": _ALL,
        "delay": _ALL,
        "desynchronise": _ALL,
        "replay package 0": _ALL,
        "phish": _ALL,
        "rogue cell": _ALL,
    }
)
"""Attack -> what of a design it never comes near: it makes no message of a session, so that nobody is offered a weaker
scheme; tries no password; or looks at no value.  Attacks that alter, inject or connect come near all of it."""


def attacked_as(attack: str, design: Design) -> Design:
    """The design that stands for all that are alike to ``design`` under ``attack``; it has no name.

    >>> from dmkit.attack.designs import DESIGNS
    >>> pair = DESIGNS["mac, sealed values"], DESIGNS["mac"]
    >>> [len({attacked_as(name, one) == attacked_as(name, pair[1]) for one in pair}) for name in ("drop", "relay")]
    [1, 2]
    """
    far, world, rules = FAR.get(attack, frozenset()), design.world, design.rules
    if "secret" in far and world.secret in _GUESSED:
        world = replace(world, secret="strong")
    if "sealed" in far:
        world = replace(world, sealed=False)
    if "downgrade" in far:
        rules = replace(rules, downgrade="allow")
    return Design("", rules, world)
