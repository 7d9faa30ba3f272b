"""Designs that are alike to the explorer: they differ only in what none of its moves comes near.

Passwords are compared and never guessed, so that where they come from makes no difference; what is not in a session,
as bootstrap documents, packages and the PIN of a card, makes none; nor do seals, where no job writes what is sealed.
Walks of alike designs have the same states, moves and goals; only the passwords in their octets are others.

>>> from dmkit.attack.designs import DESIGNS
>>> explored_as(DESIGNS["md5, a word for a password"]) == explored_as(DESIGNS["md5 per session"])
True
>>> explored_as(DESIGNS["mac, GBA keys"]) == explored_as(DESIGNS["mac"])
False
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.attack.designs import Deployment, Design
from dmkit.session.rules import Rules

__all__ = ["explored_as"]

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
