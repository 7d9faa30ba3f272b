"""Milenage vectors beside the bare cipher: the same number of AES blocks, one after the other, under a cached key.

A vector (MAC-A, RES, CK, IK, AK) takes five blocks.  The bare loop gives each to the cipher and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import Row, pair
from dmkit.card.aka.milenage import Milenage, aes_block
from dmkit.card.aka.tuak import Tuak

MANY = 256
BLOCKS = 5


def rows() -> Iterator[Row]:
    key = bytes(range(16))
    card, block = Milenage(key, key[::-1]), aes_block(key)
    rands = [bytes([n]) * 16 for n in range(MANY)]
    requests = [(rand, n << 5, b"\x80\0") for n, rand in enumerate(rands)]
    plain = [rands[0]] * BLOCKS
    much = plain * MANY

    def bare() -> None:
        for one in plain:
            block(one)

    def bare_many() -> None:
        for one in much:
            block(one)

    assert card.challenges(requests) == [card.challenge(*request) for request in requests]
    yield pair(
        f"Milenage vectors, {MANY} at a time, beside {BLOCKS * MANY} bare AES blocks (limit 2)",
        lambda: card.challenges(requests),
        bare_many,
        rounds=15,
        calls=20,
    )
    yield pair(
        f"a Milenage vector at a time beside {BLOCKS} bare AES blocks",
        lambda: card.challenge(*requests[7]),
        bare,
        calls=2000,
    )
    batch = pair("", lambda: card.challenges(requests), lambda: [card.challenge(*r) for r in requests], calls=10)
    yield Row(
        "Milenage vectors a second: at a time, and one by one",
        MANY / batch.ours * 1e6,
        MANY / batch.peer * 1e6,
        batch.peer / batch.ours,
        "1/s",
    )
    tuak = Tuak(key, bytes(32))
    twice = Tuak(key, bytes(32), iterations=2)
    yield pair(
        "TUAK f2 to f5, one Keccak iteration (hashlib) beside two (Python)",
        lambda: tuak.f2345(rands[0]),
        lambda: twice.f2345(rands[0]),
        rounds=5,
        calls=50,
    )
