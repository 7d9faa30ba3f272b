"""The slot of a device: what it does with the card in it, at power-on and when a short message for the card comes.

[DMBOOT §5.4.6; TS 31.111 §7.1; sheet usim §6, §7]
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from dmkit.bootstrap import Secrets, dmacc
from dmkit.bootstrap import card as cards
from dmkit.card import terminal
from dmkit.card.apdu import Command
from dmkit.card.ota.remote import envelope
from dmkit.card.pins import padded
from dmkit.card.toolkit import REFRESH_MODES
from dmkit.device.reaction import Reaction
from dmkit.session.events import Event

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["CardAnswered", "CardAsked", "at_power_on", "secrets_of", "to_card"]

_ROUNDS = 32
_PIN1 = 0x01


@dataclass(frozen=True, slots=True)
class CardAnswered(Event):
    """The card answered a short message that was handed over: ``data`` goes back to the sender, in hexadecimal."""

    status: str
    data: str = ""

    def __str__(self) -> str:
        more = f", {len(self.data) // 2} octets for the sender" if self.data else ""
        return f"the card answers {self.status}{more}"


@dataclass(frozen=True, slots=True)
class CardAsked(Event):
    """A proactive command of the card, and what the terminal made of it."""

    command: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"the card asks: {self.command}" + (f" ({', '.join(self.files)})" if self.files else "")


def secrets_of(device: Device) -> Secrets:
    """What the device shares with its network: as it was given, or the IMSI on its card if PIN1 lets see it."""
    if device.secrets.network_id or device.card is None:
        return device.secrets
    pin = padded(device.pin) if device.pin is not None and _PIN1 not in device.pin_refused else None
    try:
        started = terminal.run(device.card, terminal.start(pin, b""))
    except terminal.FAILS:
        return device.secrets
    if started.pin.startswith("wrong"):
        device.pin_refused |= {_PIN1}
    return Secrets(started.imsi)


def at_power_on(device: Device, now: float = 0.0) -> Reaction:
    """Read the card and bring the tree in step with it; sessions with new accounts are to be opened.

    Without a card, or with another one, accounts that came from the card before are removed.
    """
    rules = device.rules.bootstrap
    if not rules.card.enabled:
        return Reaction(())
    reading = None
    if device.card is not None:
        pin = padded(device.pin) if device.pin is not None else None
        reading = terminal.run(device.card, cards.read(pin, rules.card.objects, device.pin_refused))
        device.pin_refused |= reading.refused
    state = device.from_card or cards.CardState()
    taken = cards.apply(device.tree, reading, state, rules=rules, ask=device.user, now=now)
    device.from_card = taken.state
    device.become(taken.tree)
    known = {account.server_id: account for account in dmacc.accounts(device.tree)}
    wanted = [known[server] for server in taken.servers if server in known] if rules.start_session else []
    return Reaction(taken.events, tuple(device.connect(account) for account in wanted))


def to_card(device: Device, tpdu: bytes, now: float = 0.0) -> Reaction:
    """Hand a short message (SMS-DELIVER) to the card, do what the card asks for, and take changed files anew."""
    if device.card is None:
        return Reaction((CardAnswered("no card"),))
    events: list[Event] = []
    try:
        anew = terminal.run(device.card, _hand_over(tpdu, events))
    except terminal.FAILS as error:
        return Reaction((*events, CardAnswered(str(error))))
    if not anew or not device.rules.bootstrap.card.on_refresh:
        return Reaction(tuple(events))
    reaction = at_power_on(device, now)
    return Reaction((*events, *reaction.events), reaction.sessions)


def _hand_over(tpdu: bytes, events: list[Event]) -> terminal.Talk[bool]:
    """ENVELOPE, then FETCH as long as something waits; whether bootstrap files may have changed."""
    reply = yield from terminal.send(Command(0x80, 0xC2, data=envelope(tpdu)))
    events.append(CardAnswered(repr(reply.sw), reply.data.hex()))
    anew, sw = False, reply.sw
    for rounds in count():
        if sw >> 8 != 0x91:
            break
        if rounds == _ROUNDS:
            events.append(CardAsked(f"more and more: {_ROUNDS} commands were fetched, what waits still is left there"))
            break
        found, sw = yield from terminal.fetch(sw & 0xFF)
        if found is None:
            events.append(CardAsked("a command that this terminal does not know"))
            continue
        mode, paths = found
        listed = tuple("/".join(f"{fid:04X}" for fid in path) for path in paths)
        events.append(CardAsked(f"REFRESH: {REFRESH_MODES.get(mode, f'mode {mode}')}", listed))
        anew = anew or cards.concerns(paths)
    return anew
