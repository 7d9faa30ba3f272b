"""The slot of a device: what it does with the card in it, at power-on and when a short message for the card comes.

[DMBOOT §5.4.6; TS 31.111 §7.1; sheet usim §6, §7]
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dmkit.bootstrap import Secrets, dmacc
from dmkit.bootstrap import card as cards
from dmkit.bootstrap.card_reading import read
from dmkit.card import terminal
from dmkit.card.apdu import CommandApdu, CommandRefused
from dmkit.card.ota.remote import envelope
from dmkit.card.pins import padded
from dmkit.card.toolkit import REFRESH_MODES
from dmkit.device.reaction import Reaction
from dmkit.session.events import Event
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.card.card import Card
    from dmkit.device.device import Device
    from dmkit.session.client import ClientSession

__all__ = ["CardAnswered", "CardAsked", "at_power_on", "attend", "secrets_and_reaction", "secrets_of", "to_card"]

_ROUNDS, _READINGS = 32, 3
_PIN1 = 0x01
_TERMINAL_PROFILE, _ENVELOPE, _STATUS = 0x10, 0xC2, 0xF2
_PROFILE = bytes.fromhex("030080")
"""What the terminal can: take a profile, hand over short messages; REFRESH.  [TS 102 223 §5.2]"""


class CardAnswered(Event, frozen=True):
    """The card answered a short message that was handed over: ``data`` goes back to the sender, in hexadecimal."""

    status: str
    data: str = ""

    def __str__(self) -> str:
        more = f", {many(len(self.data) // 2, 'octet')} for the sender" if self.data else ""
        return f"the card answers {self.status}{more}"


class CardAsked(Event, frozen=True):
    """A proactive command of the card, and what the terminal made of it."""

    command: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"the card asks: {self.command}" + (f" ({', '.join(self.files)})" if self.files else "")


class _Listening:
    """A card, and what it has announced by 91xx and nobody has fetched yet: so many octets, None for nothing.

    ``cla`` is the class in which it hears what is of the toolkit: 80, or A0 when it does not know that.
    """

    def __init__(self, card: Card) -> None:
        self.card = card
        self.cla = 0x80
        self.waits: int | None = None

    def transmit(self, apdu: bytes) -> bytes:
        answer = self.card.transmit(apdu)
        if apdu[1:2] == b"\x12":
            self.waits = None
        if len(answer) >= 2 and answer[-2] == 0x91:
            self.waits = answer[-1] or 256
        return answer

    def send(self, ins: int, data: bytes = b"", p2: int = 0) -> terminal.CardReply:
        """A command of the toolkit, in the class that the card hears.  Raises as a procedure does."""
        try:
            sent = CommandApdu(self.cla, ins, 0, p2, data)
            if self.cla == 0xA0 and ins == _STATUS:  # a SIM always answers with what is current [TS 51.011 §9.2.2]
                sent = CommandApdu(0xA0, ins, le=22)
            return terminal.run(self, terminal.send(sent))
        except CommandRefused as refused:
            if refused.sw != 0x6E00 or self.cla == 0xA0:
                raise
        self.cla = 0xA0
        return self.send(ins, data, p2)

    def obey(self, events: list[Event]) -> bool:
        """Fetch what waits, and what waits then; whether bootstrap files may have changed."""
        anew, rounds = False, 0
        while self.waits is not None:
            if rounds == _ROUNDS:
                why = f"more and more: {_ROUNDS} commands were fetched, what waits still is left there"
                events.append(CardAsked(why))
                break
            rounds += 1
            try:
                found, _ = terminal.run(self, terminal.fetch(self.waits, self.cla))
            except terminal.FAILS as error:
                events.append(CardAsked(f"something that could not be fetched: {error}"))
                self.waits = None
                break
            if found is None:
                events.append(CardAsked("a command that this terminal does not know"))
                continue
            mode, paths = found
            listed = tuple("/".join(f"{fid:04X}" for fid in path) for path in paths)
            events.append(CardAsked(f"REFRESH: {REFRESH_MODES.get(mode, f'mode {mode}')}", listed))
            anew = anew or cards.concerns(paths)
        return anew


def secrets_of(device: Device) -> Secrets:
    """What the device shares with its network: as it was given, or the IMSI on its card if PIN1 lets see it."""
    return secrets_and_reaction(device)[0]


def secrets_and_reaction(device: Device, now: float = 0.0) -> tuple[Secrets, Reaction]:
    """The same; and, since what the card asks for while it is read is done, what that led to."""
    card, events = _listening(device), list[Event]()
    if device.secrets.network_id or card is None:
        return device.secrets, Reaction(())
    pin = padded(device.pin) if device.pin is not None and _PIN1 not in device.pin_refused else None
    secrets = device.secrets
    with suppress(*terminal.FAILS):  # a card that cannot be read shares nothing
        started = terminal.run(card, terminal.start(pin, b""))
        if started.pin.startswith("wrong"):
            device.pin_refused |= {_PIN1}
        secrets = Secrets(started.imsi)
    return secrets, _obeyed(device, card, events, now)


def at_power_on(device: Device, now: float = 0.0) -> Reaction:
    """Say what the terminal can, read the card and bring the tree in step with it; do what the card asks for.

    Sessions with new accounts are to be opened.  Without a card, or with another one, accounts that came from the card
    before are removed.
    """
    if not device.rules.bootstrap.card.enabled:
        return Reaction(())
    card, events = _listening(device), list[Event]()
    if card is not None:
        with suppress(*terminal.FAILS):  # a card without a toolkit has nothing to ask for; of others the reading tells
            card.send(_TERMINAL_PROFILE, _PROFILE)
        card.obey(events)
    return _taken(device, card, events, now)


def attend(device: Device, now: float = 0.0) -> Reaction:
    """Ask the card whether it wants something (STATUS), as a phone does every half minute, and do that.

    [TS 102 221 §14.5: proactive polling]
    """
    card, events = _listening(device), list[Event]()
    if card is None:
        return Reaction(())
    with suppress(*terminal.FAILS):  # nothing is asked for by a card that does not answer
        card.send(_STATUS, p2=0x0C)
    return _obeyed(device, card, events, now)


def to_card(device: Device, tpdu: bytes, now: float = 0.0) -> Reaction:
    """Hand a short message (SMS-DELIVER) to the card, do what the card asks for, and take changed files anew."""
    card, events = _listening(device), list[Event]()
    if card is None:
        return Reaction((CardAnswered("no card"),))
    try:
        reply = card.send(_ENVELOPE, envelope(tpdu))
    except (*terminal.FAILS, ConfigError) as error:
        return Reaction((CardAnswered(str(error)),))
    events.append(CardAnswered(repr(reply.sw), reply.data.hex()))
    return _obeyed(device, card, events, now)


def _listening(device: Device) -> _Listening | None:
    return None if device.card is None else _Listening(device.card)


def _obeyed(device: Device, card: _Listening, events: list[Event], now: float) -> Reaction:
    """Do what waits; when bootstrap files may have changed, take them anew."""
    rules = device.rules.bootstrap.card
    if card.obey(events) and rules.on_refresh and rules.enabled:
        return _taken(device, card, events, now)
    return Reaction(tuple(events))


def _taken(device: Device, card: _Listening | None, events: list[Event], now: float) -> Reaction:
    """Read the card and bring the tree in step with it; again when the card asks for that, but not for ever."""
    sessions: dict[str, ClientSession] = {}
    for reading in range(_READINGS):
        reaction = _once(device, card, now)
        events += reaction.events
        sessions |= {session.account.server_id: session for session in reaction.sessions}
        if card is None or not card.obey(events) or not device.rules.bootstrap.card.on_refresh:
            break
        if reading + 1 == _READINGS:
            events.append(CardAsked(f"REFRESH again: its files were read {_READINGS} times, that is enough"))
    return Reaction(tuple(events), tuple(sessions.values()))


def _once(device: Device, card: _Listening | None, now: float) -> Reaction:
    rules, reading = device.rules.bootstrap, None
    if card is not None:
        pin = padded(device.pin) if device.pin is not None else None
        reading = terminal.run(card, read(pin, rules.card.objects, device.pin_refused))
        device.pin_refused |= reading.refused
    state = device.from_card or cards.CardState()
    taken = cards.apply(device.tree, reading, state, rules=rules, ask=device.user, now=now)
    device.from_card = taken.state
    device.become(taken.tree)
    known = {account.server_id: account for account in dmacc.accounts(device.tree)}
    wanted = [known[server] for server in taken.servers if server in known] if rules.start_session else []
    return Reaction(taken.events, tuple(device.connect(account) for account in wanted))
