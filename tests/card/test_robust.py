"""Twelve thousand spoilt commands: always an answer, never an exception, never a changed card when refused."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.card.aka.aka import UsimAuthenticator
from dmkit.card.aka.gba import GbaUsim
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.card.turn import Services

PIN, ADM = b"1234\xff\xff\xff\xff".hex(), b"ADMINKEY".hex()
CHALLENGE = "10" + "23" * 16 + "10" + "55" * 16
GOOD = [
    "00A40004023F00", "00A4000C022F00", "00A4080C047F506431", "00A4040C0CA000000063504B43532D313500", "80F2000000",
    "00B0000000", "00B0820005", "00D6000003AABBCC", "00B2010400", "00B2000200", "00DC00021C" + "41" * 28,
    "00A2010404616e6e61", "8032000003000001", "00200001", f"0020000108{PIN}", f"0024000110{PIN}{PIN}",
    f"0026000108{PIN}", f"0028000108{PIN}", "002C000110" + b"12345678".hex() + PIN, f"0020000A08{ADM}", "0070000001",
    "00708001", "0004000002" "2FE2", "00440000022FE2", f"0088008122{CHALLENGE}00", "008800801110" + "23" * 16,
    f"0088008423DD{CHALLENGE}00", "0088008404DE014E0149", "0084000008", "8010000002FFFF", "80AA000005A903800100",
    "8012000010", "801400000C810301010182028281830100", "80C200000AD1088202838" "18B020400", "00C0000000",
    "A0A40000027F20", "A0B0000009", f"A020000108{PIN}", "A088000010" + "23" * 16, "A0F2000016", "A0A2000001FF",
]  # fmt: skip
PLACES = [
    ["00A4000C022FE2"],
    ["00A4040C0CA0000000871002FFFFFFFF89", "00A4000C026F40", "0070000001"],
    ["00A4000C027F10", "00A4000C026F44", f"0020000A08{ADM}", f"0020000108{PIN}"],
    ["00A4080C047F506431", f"0020000A08{ADM}", "00A40004022F00"],
]
COUNTED = (0x63C, 0x980, 0x984)  # a key was shown that is wrong: that, and only that, is remembered


def spoilt(rng, octets):
    """One to three things wrong with a command."""
    data = bytearray(octets)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data)) if data else 0
        match rng.randrange(6):
            case 0 if data:
                data[at] = rng.randrange(256)
            case 1 if data:
                data[at] ^= 1 << rng.randrange(8)
            case 2 if data:
                del data[at:]
            case 3 if data:
                del data[at]
            case 4:
                data[at:at] = rng.randbytes(rng.choice([1, 2, 16, 255]))
            case _:
                data += rng.randbytes(rng.randint(1, 4))
    return bytes(data)


def with_services(medium):
    usim = UsimAuthenticator(Milenage(bytes(16), bytes(16)))
    services = Services(usim, GbaUsim(usim), challenges=iter(lambda: b"chal", None))
    return Usim.example(b"bootstrap", medium=medium, pin_enabled=True, services=services)


def judge(card, before, apdu):
    """The answer is one, and a refusal has changed nothing but the counter of a key."""
    answer = card.transmit(apdu)
    done = card.log[-1]
    assert len(answer) >= 2 and done.sw.meaning, (apdu.hex(), answer.hex())
    if done.sw.is_ok or done.sw == 0x6283:
        return
    assert not done.data
    if done.sw >> 4 in COUNTED and card.state is not before:
        assert card.memory.files == before.memory.files
        assert card.memory.directories is before.memory.directories
        changed = [r for r, key in card.memory.keys.items() if key != before.memory.keys[r]]
        assert len(changed) <= 1 and card.state.session.verified <= before.session.verified
    else:
        assert card.state == before, apdu.hex()


@pytest.mark.parametrize("medium, place", [("usim", place) for place in range(len(PLACES))] + [("sim", 0), ("wim", 0)])
def test_two_thousand_spoilt_commands(medium, place):
    rng, card = Random(f"{medium} {place}"), with_services(medium)
    for apdu in PLACES[place]:
        card.transmit(bytes.fromhex(apdu))
    start, seen = card.state, set()
    for n in range(2_000):
        card.state = start
        card.log.clear()
        judge(card, start, spoilt(rng, bytes.fromhex(GOOD[n % len(GOOD)])))
        seen.add(card.log[-1].sw)
    assert len(seen) > 8, "many ways to be refused"


def test_a_long_walk_of_spoilt_commands_never_breaks_the_card():
    rng, card = Random("walk"), with_services("usim")
    card.keep = 1
    for _ in range(2_000):
        good = bytes.fromhex(rng.choice(GOOD))
        judge(card, card.state, spoilt(rng, good) if rng.random() < 0.5 else good)
    sizes = {path: list(map(len, stored.content)) for path, stored in card.memory.files.items()}
    fresh = with_services("usim").memory.files
    assert sizes == {path: list(map(len, stored.content)) for path, stored in fresh.items()}


@given(st.binary(max_size=300))
def test_any_octets_get_an_answer(data):
    card = with_services("usim")
    judge(card, card.state, data)
