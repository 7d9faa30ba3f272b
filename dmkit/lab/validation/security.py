"""Security: short messages, the digest of the specification, guessing, nonces, AUTS, who may bootstrap."""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Sequence
from random import Random
from typing import Final

import numpy as np

from dmkit.attack.freshness import first_repeats, lost_in_step, same_birthday
from dmkit.attack.guessing import RATES, exhaust, guessed, rate_of
from dmkit.auth import SCHEMES, Credential
from dmkit.lab.validation.check import OURS, Figure, Outcomes, ValidationCheck, exact, relative, runs
from dmkit.sim import theory
from dmkit.sim.net import PUSH
from dmkit.sim.streams import Streams
from dmkit.words.counts import many

__all__ = ["CHECKS"]

_PUSHES: Final = 20_000
_DEVICES: Final = 100_000


def _short_messages(seeds: Sequence[int]) -> Outcomes:
    outcomes: dict[str, list[float]] = {}
    for seed in seeds:
        for name, push in PUSH.items():
            streams = Streams(seed)
            delays = push.delays(*(streams.uniform(f"push {name}: {what}", (_PUSHES,)) for what in ("chance", "pick")))
            arrived = np.isfinite(delays)
            outcomes.setdefault(f"{name}: % lost", []).append(100 * float(1 - arrived.mean()))
            for limit in (30, 600):
                share = 100 * float((delays[arrived] < limit).mean())
                outcomes.setdefault(f"{name}: % of those delivered within {limit} s", []).append(share)
    return outcomes


def _digest(seeds: Sequence[int]) -> Outcomes:
    proof = SCHEMES["md5"].prove(Credential("Bruce2", "OhBehave"), b"Nonce", b"")
    right = zip(b64decode(proof), b64decode("Zz6EivR3yeaaENcRN6lpAQ=="), strict=True)
    return {"octets of the digest that agree": [float(sum(a == b for a, b in right))]}


def _guessing(seeds: Sequence[int]) -> Outcomes:
    hmac_md5 = RATES["HMAC-MD5, key = password"].per_second
    return {
        "36^8, HMAC-MD5, seconds": [exhaust(36**8, hmac_md5)],
        "62^8, HMAC-MD5, hours": [exhaust(62**8, hmac_md5) / 3600],
        "95^8, HMAC-MD5, days": [exhaust(95**8, hmac_md5) / 86400],
        "CP, NETWPIN, 10 unknown digits, seconds": [exhaust(10**10, rate_of("bootstrap PIN"))],
        "DES, all keys, days": [exhaust(2**56, rate_of("DES card key")) / 86400],
        "md5 against mac, guesses a second": [rate_of("md5") / rate_of("mac")],
    }


def _pins(seeds: Sequence[int]) -> Outcomes:
    return {
        f"% of PINs found in {many(tries, 'try')}": [100 * guessed(_DEVICES, tries, seed=s) / _DEVICES for s in seeds]
        for tries in (1, 3, 20)
    }


def _birthday(seeds: Sequence[int]) -> Outcomes:
    return {
        f"nonces of {many(bits, 'bit')} until a repeat, median": [
            float(np.median(first_repeats(bits, trials, seed=seed))) for seed in seeds
        ]
        for bits, trials in ((16, 1200), (20, 600), (24, 300))
    }


def _birthday_formula(seeds: Sequence[int]) -> Outcomes:
    return {
        "32 bits, as likely as not": [theory.birthday_half(32)],
        "64 bits, as likely as not": [theory.birthday_half(64)],
        "128 bits, as likely as not": [theory.birthday_half(128)],
        "23 of 365, %": [100 * same_birthday(23, 365)],
    }


def _in_step(seeds: Sequence[int]) -> Outcomes:
    alone = [lost_in_step(10_000, 100, 0.01, seed=seed) for seed in seeds]
    helped = [lost_in_step(10_000, 100, 0.01, seed=seed, resync=True) for seed in seeds]
    return {
        "% in step after 100 sessions, no resync": [100 * share for share, _ in alone],
        "% in step after 100 sessions, resync": [100 * share for share, _ in helped],
        "extra round trips a loss, resync": [trips / (100 * 0.01) for _, trips in helped],
    }


def _auts(seeds: Sequence[int]) -> Outcomes:
    from dmkit.attack.incidents import auts_leak

    rng = Random(35208)
    return {"of 1000 keys, AUTS xor AUTS = SQN xor SQN": [float(sum(auts_leak(rng).leaked for _ in range(1000)))]}


_OWN_TABLE: Final = f"{OURS}: who passes each rule; that none means anybody is CVE-2016-7989, Check Point 2019"
_LETS_IN: Final = {
    "none, taken": 5,
    "none, refused": 0,
    "none, user asked": 5,
    "NETWPIN": 3,
    "USERPIN": 3,
    "USERNETWPIN": 2,
    "USERPINMAC": 3,
}
"""How many of the five senders of ``provisioning.SENDERS`` the rule of each policy lets in."""


def _bootstrap(seeds: Sequence[int]) -> Outcomes:
    from dmkit.lab.studies.provisioning import admission

    frame = admission()
    taken = frame.groupby("method", sort=False)["taken"].sum()
    outcomes: dict[str, list[float]] = {f"{name}: senders let in": [float(taken[name])] for name in _LETS_IN}
    wary = admission(["none, user asked"], agrees=False)
    outcomes["none, user asked and says no: senders let in"] = [float(wary["taken"].sum())]
    return outcomes


def _share(name: str, published: float, points: float) -> Figure:
    return Figure(name, published, points)


CHECKS: Final[tuple[ValidationCheck, ...]] = (
    runs(
        "V18",
        "short messages",
        tuple(
            figure
            for name, soon in (("good", 84.0), ("poor", 46.0))
            for figure in (
                _share(f"{name}: % lost", 5.1, 0.5),
                _share(f"{name}: % of those delivered within 30 s", soon, 0.5),
                _share(f"{name}: % of those delivered within 600 s", 98.0, 0.5),
            )
        ),
        _short_messages,
        "S, S2",
        "Meng et al. 2007; Mspect 2001",
    ),
    exact(
        "V20",
        "digest example",
        (Figure("octets of the digest that agree", 16, 0.0),),
        _digest,
        "S",
        "OMA DM Protocol 1.2",
    ),
    exact(
        "V21",
        "guessing on one card",
        (
            relative("36^8, HMAC-MD5, seconds", 351.7, 0.01),
            relative("62^8, HMAC-MD5, hours", 7.56, 0.01),
            relative("95^8, HMAC-MD5, days", 9.57, 0.01),
            relative("CP, NETWPIN, 10 unknown digits, seconds", 2.13, 0.01),
            relative("DES, all keys, days", 16.3, 0.01),
            relative("md5 against mac, guesses a second", 1.5, 0.01),
        ),
        _guessing,
        "S",
        "hashcat 6.1.1, RX 6800 XT",
    ),
    runs(
        "V22",
        "PINs of people against a lock-out",
        tuple(
            _share(f"% of PINs found in {many(tries, 'try')}", share, 0.3)
            for tries, share in ((1, 10.71), (3, 18.61), (20, 26.83))
        ),
        _pins,
        "S, R+",
        "Berry 2012",
    ),
    runs(
        "V23",
        "nonces that repeat",
        tuple(
            relative(
                f"nonces of {many(bits, 'bit')} until a repeat, median",
                math.sqrt(2 * math.log(2)) * 2 ** (bits / 2),
                0.02,
            )
            for bits in (16, 20, 24)
        ),
        _birthday,
        "C",
        "birthday bound",
    ),
    exact(
        "V23",
        "nonces that repeat, formula",
        (
            relative("32 bits, as likely as not", 77_163, 1e-4),
            relative("64 bits, as likely as not", 5.06e9, 2e-3),
            relative("128 bits, as likely as not", 2.17e19, 2e-3),
            _share("23 of 365, %", 50.73, 0.005),
        ),
        _birthday_formula,
        "C",
        "birthday bound",
    ),
    runs(
        "V24",
        "1 % of sessions lose the next nonce",
        (
            _share("% in step after 100 sessions, no resync", 36.6, 1.0),
            _share("% in step after 100 sessions, resync", 100.0, 0.0),
            relative("extra round trips a loss, resync", 1.0, 0.05),
        ),
        _in_step,
        "C",
        "(1-p)^k; what a loss does comes from the engines",
    ),
    exact(
        "V25",
        "AUTS leak",
        (Figure("of 1000 keys, AUTS xor AUTS = SQN xor SQN", 1000, 0.0),),
        _auts,
        "R+",
        "Borgaonkar et al. 2019",
    ),
    exact(
        "V26",
        "who may bootstrap",
        (
            *(Figure(f"{name}: senders let in", count, 0.0, _OWN_TABLE, "C") for name, count in _LETS_IN.items()),
            Figure("none, user asked and says no: senders let in", 0, 0.0, _OWN_TABLE, "C"),
        ),
        _bootstrap,
        "S",
        "CVE-2016-7989; Check Point 2019",
    ),
)
