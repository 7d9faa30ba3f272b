"""Commands that change something and are asked for fewer octets than they answer: carried out once, the rest waits."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.card.apdu import CommandApdu

USIM = "00A4040C07A0000000871002"


def answered(card, command, le):
    """Data and status of a command with ``le``, and what GET RESPONSE gives until nothing waits."""
    first = card.transmit(CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data, le).encode())
    data, word = first[:-2], first[-2:]
    while word[0] == 0x61:
        more = card.transmit(CommandApdu(0x00, 0xC0, le=word[1] or 256).encode())
        data, word = data + more[:-2], more[-2:]
    return len(first) - 2, data, word


def authenticate():
    card, operator = dm.studies.cards.operator(b"x")
    challenge = operator.challenge()
    card.transmit(bytes.fromhex(USIM))
    return card, CommandApdu(0, 0x88, 0, 0x81, b"\x10" + challenge.rand + b"\x10" + challenge.autn)


def increase():
    card = dm.Usim.example()
    card.transmit(bytes.fromhex("0020000108" + b"1234".hex().ljust(16, "f")))
    card.transmit(bytes.fromhex("00A4080C047F206F39"))
    return card, CommandApdu(0x80, 0x32, data=b"\0\0\5")


@pytest.mark.parametrize("le", [1, 2, 5, 255, 256])
@pytest.mark.parametrize("make", [authenticate, increase])
def test_a_command_is_carried_out_once_and_answered_whole(make, le):
    card, command = make()
    _, whole, _ = answered(card, command, None)
    card, command = make()
    first, data, word = answered(card, command, le)
    assert data == whole and word == b"\x90\x00" and first == min(le, len(whole))


def test_what_waits_is_gone_with_the_next_command():
    card, command = increase()
    assert answered(card, command, 2)[1] == bytes.fromhex("000005000005")
    card.transmit(CommandApdu(0x80, 0x32, data=b"\0\0\5", le=2).encode())
    card.transmit(bytes.fromhex("80F2000C"))
    assert card.transmit(bytes.fromhex("00C0000004")) == bytes.fromhex("6985")
    assert card.value("EF.ACM")[:2] == [10, 5]
