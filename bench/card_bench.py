"""The software card: commands per second, of a terminal that reads a file and of one that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from bench import Row
from dmkit.bootstrap.card_reading import read
from dmkit.card.aka.aka import UsimAuthenticator
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.card.terminal import run
from dmkit.card.turn import Services

TARGET = 10_000.0
READER = 20.0  # commands a second that a real reader carried, as engineering notes measured

SELECT = bytes.fromhex("00A4000C022FE2")
READ = bytes.fromhex("00B000000A")
WRITE = bytes.fromhex("00D6000001AA")


def make() -> Usim:
    card = Usim.example(bytes(600), services=Services(UsimAuthenticator(Milenage(bytes(16), bytes(16)))))
    card.keep = 1
    return card


def per_second(card: Usim, *apdus: bytes, seconds: float = 1.0) -> float:
    """Commands per second of these, over and over."""
    transmit: Callable[[bytes], bytes] = card.transmit
    count, start = 0, perf_counter()
    while perf_counter() - start < seconds:
        for _ in range(100):
            for apdu in apdus:
                transmit(apdu)
        count += 100 * len(apdus)
    return count / (perf_counter() - start)


def bootstraps(seconds: float = 1.0) -> float:
    """Complete readings of a bootstrap file of 600 octets per second."""
    card = make()
    count, start = 0, perf_counter()
    while perf_counter() - start < seconds:
        assert run(card, read()).complete
        count += 1
    return count / (perf_counter() - start)


def rows() -> Iterator[Row]:
    card = make()
    rate = per_second(card, SELECT, READ)
    yield Row("SELECT and READ BINARY, commands per second", rate, TARGET, rate / TARGET, "1/s")
    refused = per_second(card, WRITE)
    yield Row("UPDATE BINARY, refused by the access rule", refused, TARGET, refused / TARGET, "1/s")
    card.transmit(bytes.fromhex("00A4040C07A0000000871002"))
    ask = bytes.fromhex("008800801110") + bytes(16)
    assert card.transmit(ask) == b"\x61\x0e"
    gsm = per_second(card, ask)
    yield Row("AUTHENTICATE, GSM context (Milenage)", gsm, TARGET, gsm / TARGET, "1/s")
    whole = bootstraps()
    name = "bootstrap file found and read (18 commands); beside a real reader"
    yield Row(name, whole, READER / 18, whole * 18 / READER, "1/s")
