"""All that a device is at one time, as a value: what ``Device.snapshot`` gives and ``Device.restore`` takes.

>>> from dmkit.device.device import Device
>>> device = Device.example().with_object("fumo")
>>> before = device.snapshot()
>>> device.become(device.tree.set("./DevInfo/Lang", "fr"))
>>> device.snapshot() == before
False
>>> device.restore(before)
>>> device.tree.get("./DevInfo/Lang").value, device.snapshot() == before, hash(device.snapshot()) == hash(before)
('en', True, True)
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import msgspec

from dmkit.auth import Account
from dmkit.notify import ReplayMemory
from dmkit.session.nonces import Source
from dmkit.tree.tree import Tree
from dmkit.wire.sms import Reassembly
from dmkit.words.outcome import Due

if TYPE_CHECKING:
    from dmkit.bootstrap.card import CardState

__all__ = ["DeviceState"]


class DeviceState(msgspec.Struct, frozen=True):
    """A device between two messages; most fields are the attributes of ``Device`` of that name.

    ``tree`` has the memory of the objects in it, ``scheduler`` is that of its schedules, ``card`` the state of a
    software card in its slot, ``opened`` the serials of sealed values that it has opened.  What it was made with and
    never changes (rules, handlers, its user) is no part of it.
    """

    tree: Tree
    accounts: tuple[Account, ...]
    nonces: Source
    agenda: tuple[Due, ...] = ()
    interrupted: tuple[Due, ...] = ()
    is_on: bool = True
    woken: ReplayMemory = ReplayMemory()
    parts: Reassembly = Reassembly()
    pin: str | None = None
    from_card: CardState | None = None
    card: object = None
    scheduler: Hashable = None
    sessions: int = 0
    pin_refused: frozenset[int] = frozenset()
    opened: tuple[tuple[str, int], ...] = ()

    def __hash__(self) -> int:  # a card has hundreds of files, and counts for equality only
        return hash((self.tree, self.accounts, self.nonces, self.agenda, self.interrupted, self.is_on, self.sessions))
