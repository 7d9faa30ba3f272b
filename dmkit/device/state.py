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

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dmkit.auth import Account
from dmkit.device.pending import Agenda
from dmkit.notify.rules import ReplayMemory
from dmkit.session.nonces import Source
from dmkit.tree.tree import Tree
from dmkit.wire.sms import Reassembly
from dmkit.words.errors import LocalProtocolError
from dmkit.words.outcome import Due
from dmkit.words.records import repr_in_order

if TYPE_CHECKING:
    from dmkit.bootstrap.card import CardState
    from dmkit.device.device import Device

__all__ = ["DeviceState", "put_into", "state_of"]

_NO_SERIALS: Final[Mapping[str, int]] = {}


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

    __repr__ = repr_in_order

    def __hash__(self) -> int:  # a card has hundreds of files, and counts for equality only
        return hash((self.tree, self.accounts, self.nonces, self.agenda, self.interrupted, self.is_on, self.sessions))


def state_of(device: Device) -> DeviceState:
    """All that ``device`` is now, what its objects remember included."""
    return DeviceState(
        device.tree,
        tuple(device.accounts),
        device.nonces.value,
        tuple(device.agenda),
        device.interrupted,
        device.is_on,
        device.woken,
        device.parts,
        device.pin,
        device.from_card,
        getattr(device.card, "state", None),
        None if device.scheduler is None else _schedules(device.scheduler).memory(),
        device.sessions,
        device.pin_refused,
        tuple(getattr(device.seal_key, "serials", _NO_SERIALS).items()),
    )


def put_into(device: Device, value: DeviceState) -> None:
    """Make ``device`` what ``value`` says, with the objects that are mounted and the card that is in the slot."""
    device.tree, device.accounts, device.nonces.value = value.tree, list(value.accounts), value.nonces
    device.agenda, device.interrupted, device.is_on = Agenda(value.agenda), value.interrupted, value.is_on
    device.woken, device.parts, device.pin, device.from_card = value.woken, value.parts, value.pin, value.from_card
    device.sessions, device.pin_refused = value.sessions, value.pin_refused
    device.recall(value.tree)
    if value.card is not None and device.card is not None and hasattr(device.card, "state"):
        device.card.state = value.card
    serials = getattr(device.seal_key, "serials", None)
    if serials is not None:
        serials.clear()
        serials.update(value.opened)
    if device.scheduler is not None:
        _schedules(device.scheduler).remember(value.scheduler)


def _schedules(scheduler: Any) -> Any:
    """The scheduler, when all that it knows can be had as a value."""
    if not hasattr(scheduler, "memory"):
        raise LocalProtocolError(
            "a device with schedules has no snapshot: its scheduler keeps no value of what it knows"
        )
    return scheduler
