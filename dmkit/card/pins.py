"""PINs: VERIFY, CHANGE, DISABLE, ENABLE, UNBLOCK.  Counters are part of the memory: power-off does not refill them.

[TS 102 221 §9.5, §11.1.9 to §11.1.13; sheet usim §4]

>>> padded("1234").hex()
'31323334ffffffff'
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.card.apdu import CommandRefused
from dmkit.card.memory import CardKey, UsimState
from dmkit.card.turn import ApduHandler, CardTurn, Handled
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["HANDLERS", "USER_PINS", "is_pin", "padded"]

USER_PINS: Final = frozenset({*range(0x01, 0x09), 0x11, *range(0x81, 0x89)})
"""References of keys that a user may know: the others are the operator's.  [TS 102 221 §9.5.1]"""


@asked
def padded(pin: str) -> bytes:
    """Digits as they are shown to a card: 8 octets, filled with FF.  ConfigError unless they are 4 to 8 digits."""
    if not (4 <= len(pin) <= 8 and pin.isascii() and pin.isdigit()):
        raise ConfigError(f"a PIN of {many(len(pin), 'character')}; it has 4 to 8 digits")
    return pin.encode("ascii").ljust(8, b"\xff")


@asked
def is_pin(octets: bytes) -> bool:
    """Four to eight digits, then FF."""
    text = octets.rstrip(b"\xff")
    return len(octets) == 8 and 4 <= len(text) <= 8 and text.isdigit()


def _key(turn: CardTurn) -> tuple[int, CardKey]:
    command = turn.command
    if command.p1:
        raise CommandRefused(0x6A86)
    key = turn.state.memory.keys.get(command.p2)
    if key is None:
        raise CommandRefused(0x6A88)
    return command.p2, key


def _check(turn: CardTurn, reference: int, key: CardKey, shown: bytes) -> UsimState | Handled:
    """The state in which the key was shown; or the answer that it was wrong, and one try fewer."""
    if not key.tries:
        raise CommandRefused(0x6983)
    state = turn.state
    if shown == key.value:
        right = replace(key, tries=key.most)
        known = state if right == key else state.with_memory(state.memory.with_key(reference, right))
        return known.with_session(verified=state.session.verified | {reference})
    wrong = replace(key, tries=key.tries - 1)
    state = state.with_memory(state.memory.with_key(reference, wrong))
    state = state.with_session(verified=state.session.verified - {reference})
    return Handled(state, sw=0x63C0 | wrong.tries)


def _verify(turn: CardTurn) -> Handled:
    reference, key = _key(turn)
    data = turn.command.data
    if not data:  # asks how many tries are left
        raise CommandRefused(0x63C0 | key.tries if key.tries else 0x6983)
    if len(data) != 8:
        raise CommandRefused(0x6700)
    if not key.enabled:
        raise CommandRefused(0x6984)
    checked = _check(turn, reference, key, data)
    return checked if isinstance(checked, Handled) else turn.done(state=checked)


def _change(turn: CardTurn) -> Handled:
    reference, key = _key(turn)
    old, new = _halves(turn.command.data)
    if not key.enabled:
        raise CommandRefused(0x6984)
    checked = _check(turn, reference, key, old)
    return checked if isinstance(checked, Handled) else turn.done(state=_with(checked, reference, value=new))


def _switch(turn: CardTurn, enabled: bool) -> Handled:
    reference, key = _key(turn)
    if len(turn.command.data) != 8:
        raise CommandRefused(0x6700)
    if not key.puk:  # an administrative key is always needed
        raise CommandRefused(0x6985)
    if key.enabled == enabled:
        raise CommandRefused(0x6984)
    checked = _check(turn, reference, key, turn.command.data)
    return checked if isinstance(checked, Handled) else turn.done(state=_with(checked, reference, enabled=enabled))


def _unblock(turn: CardTurn) -> Handled:
    reference, key = _key(turn)
    if not key.puk:
        raise CommandRefused(0x6A88)
    if not key.puk_tries:
        raise CommandRefused(0x6983)
    if not turn.command.data:
        raise CommandRefused(0x63C0 | key.puk_tries)
    puk, new = _halves(turn.command.data)
    if puk != key.puk:
        wrong = replace(key, puk_tries=key.puk_tries - 1)
        return turn.done(sw=0x63C0 | wrong.puk_tries, state=_with(turn.state, reference, puk_tries=wrong.puk_tries))
    session = turn.state.session
    fresh = _with(turn.state, reference, value=new, tries=key.most, puk_tries=10, enabled=True)
    return turn.done(state=fresh.with_session(verified=session.verified | {reference}))


def _halves(data: bytes) -> tuple[bytes, bytes]:
    if len(data) != 16:
        raise CommandRefused(0x6700)
    if not is_pin(data[8:]):
        raise CommandRefused(0x6A80)
    return data[:8], data[8:]


def _with(state: UsimState, reference: int, **changes: object) -> UsimState:
    key = replace(state.memory.keys[reference], **changes)  # type: ignore[arg-type]
    return state.with_memory(state.memory.with_key(reference, key))


HANDLERS: Final[dict[int, ApduHandler]] = {
    0x20: _verify,
    0x24: _change,
    0x26: lambda turn: _switch(turn, enabled=False),
    0x28: lambda turn: _switch(turn, enabled=True),
    0x2C: _unblock,
}
