"""Published incidents, rebuilt: what happened, the run that shows it, and the repair.  One is a row in INCIDENTS.

>>> played = INCIDENTS["AUTS leak"].run()
>>> played.happened, played.repaired
(True, None)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from dmkit.attack.choices import Choices
from dmkit.attack.designs import DESIGNS
from dmkit.attack.guessing import SPACES, exhaust, rate_of
from dmkit.attack.parties import believes, rogue_document
from dmkit.attack.stage import IMSI, Stage
from dmkit.attack.trial import witness
from dmkit.bootstrap.rules import BootstrapRules
from dmkit.card.aka.aka import build_auts
from dmkit.card.aka.milenage import Milenage
from dmkit.card.ota.card import Level, OtaCard
from dmkit.card.ota.packets import TARS, Integrity, OtaKeys, Por, SecuredCommand, Spi, decode_response, encode_command
from dmkit.device.device import Device
from dmkit.session.rules import Rules
from dmkit.transport.push import bootstrap_push, deliver, provision, wake
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = [
    "INCIDENTS",
    "Incident",
    "Leak",
    "Rebuilt",
    "auts_leak",
    "card_error_replies",
    "carrier_secrets",
    "fixed_resync",
    "phishing",
    "table",
    "unsecured_push",
]  # fmt: skip

_TOLD: Final = "9876"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it: did it happen, does it still with the repair (None: there is none), and the numbers seen."""

    happened: bool
    repaired: bool | None
    numbers: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Incident:
    """One published incident; ``mark`` is the evidence mark of the validation sheet."""

    name: str
    year: str
    what: str
    repair: str
    run: Callable[[], Rebuilt]
    source: str
    mark: str


# -- secrets of carriers


def carrier_secrets() -> Rebuilt:
    """Who opened one phone commands others: one secret for all, or one that follows from the IMEI."""
    attacks = ("pose as server", "pose as device", "forge package 0")
    fell = {
        f"{attack}: {design}": witness(attack, design) is not None
        for design in ("md5, one secret for all", "md5, secret of the IMEI")
        for attack in attacks
    }
    standing = any(witness(attack, "md5 per session") for attack in attacks)
    return Rebuilt(all(fell.values()), standing, fell)


# -- client provisioning


def _taken(method: str, rules: BootstrapRules, imsi: str) -> bool:
    phone = Device.blank(imsi=IMSI, rules=replace(Rules(), bootstrap=rules), user=believes)
    push = bootstrap_push(rogue_document("evil.example"), method=method, network_id=imsi, pin=_TOLD)
    deliver(phone, provision(push))
    return bool(phone.accounts)


def phishing() -> Rebuilt:
    """One short message from a modem: no protection, the IMSI as key, or a PIN that another message tells."""
    wrong = "001019999999999"
    lax = BootstrapRules(unsecured="take", confirm=())
    numbers = {
        "none, taken": _taken("none", lax, wrong),
        "none, refused": _taken("none", BootstrapRules(), wrong),
        "NETWPIN, IMSI unknown": _taken("NETWPIN", BootstrapRules(), wrong),
        "NETWPIN, IMSI known": _taken("NETWPIN", BootstrapRules(), IMSI),
        "USERPIN, told by the attacker": _taken("USERPIN", BootstrapRules(), wrong),
        "USERNETWPIN, IMSI unknown": _taken("USERNETWPIN", BootstrapRules(), wrong),
        "seconds to try 10 digits of an IMSI": round(exhaust(10**10, rate_of("bootstrap PIN")), 2),
    }
    strict = BootstrapRules(methods=("USERNETWPIN",), servers=("com.mgmtsrv.manage",))
    methods = ("none", "NETWPIN", "USERPIN", "USERNETWPIN")
    return Rebuilt(bool(numbers["none, taken"]), any(_taken(method, strict, IMSI) for method in methods), numbers)


def unsecured_push() -> Rebuilt:
    """A push without SEC is taken, and malformed ones reach the reader of documents: here none of them gets further."""
    lax = replace(Rules(), bootstrap=BootstrapRules(unsecured="take", confirm=()))
    good = _taken("none", lax.bootstrap, IMSI)
    rng, changed, tried = Random(7989), 0, 400
    document = rogue_document("evil.example")
    for _ in range(tried):
        phone = Device.blank(imsi=IMSI, rules=lax)
        before = phone.tree
        broken = bytearray(document)
        for _ in range(3):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        reaction = deliver(phone, provision(bootstrap_push(bytes(broken), method="none")))
        changed += bool(reaction.why) and phone.tree is not before
    taken = _taken("none", BootstrapRules(), IMSI)
    return Rebuilt(good, taken, {"malformed documents": tried, "refused, and yet the tree changed": changed})


# -- nonces and counters


def fixed_resync() -> Rebuilt:
    """A resynchronising package 0, heard once, wakes the device for ever: until the secret changes, or it remembers."""

    def replays(design: str) -> int:
        stage = Stage(DESIGNS[design])
        stage.session(Choices())
        push = wake(stage.server, stage.device.address, 0x51, resync=True)
        deliver(stage.device, push, stage.now)
        return sum(bool(deliver(stage.device, push, stage.now + n).sessions) for n in range(10))

    woken, woken_later = replays("md5, fixed resync nonce"), replays("md5 per session")
    found = witness("replay package 0", "md5, fixed resync nonce")
    return Rebuilt(
        woken == 10 and found is not None,
        woken_later > 0,
        {"of 10 replays, woken": woken, "of 10 replays with a memory": woken_later},
    )


_UNKNOWN: Final = 11
"""Bits of the DES key that the search below does not know; with all 56 it is a table of hours to make and minutes to
read."""


def card_error_replies() -> Rebuilt:
    """A card signs its error reply by DES: the key is searched for, and then the card obeys.

    The search is real but short: all but 11 bits of the key are given.  ``days`` is what all 56 take.
    """
    key = bytes.fromhex("0123456789abcdef")

    def attack(card: OtaCard) -> tuple[bool, int]:
        spi = Spi(ciphered=False, por=Por.ALWAYS, por_integrity=Integrity.CC)
        command = SecuredCommand(bytes.fromhex("00A40004023F00"), spi, 0x11, 0x11, TARS["USIM RFM"], 1)
        reply = card.receive(encode_command(command, OtaKeys(bytes(8), bytes(8))), lambda apdus: []).response
        for guess in range(1 << _UNKNOWN):
            # the lowest bit of each octet of a DES key counts for nothing
            low = (guess & 0x7F) << 1 | (guess >> 7) << 9
            tried = key[:6] + (int.from_bytes(key[6:]) & 0xE101 ^ low).to_bytes(2)
            try:
                proof = decode_response(reply, OtaKeys(tried, tried), spi, 0x11, 0x11)
            except CodecError:
                continue
            if not proof.signed:
                return False, guess + 1
            own = card.receive(encode_command(command, OtaKeys(tried, tried)), lambda apdus: [b"\x90\x00"] * len(apdus))
            return bool(own.apdus), guess + 1
        return False, 1 << _UNKNOWN

    keys = {1: OtaKeys(key, key)}
    obeyed, guesses = attack(OtaCard(keys, bad_packets="signed"))
    silent, _ = attack(OtaCard(keys, bad_packets="plain"))
    aes_only, _ = attack(OtaCard(keys, {TARS["USIM RFM"]: Level(legacy=False)}, bad_packets="signed"))
    days = exhaust(SPACES["DES key (56 bits)"], rate_of("DES card key")) / 86_400
    return Rebuilt(obeyed, silent or aes_only, {"keys tried, 11 bits unknown": guesses, "days for 56 bits": days})


# -- AKA


@dataclass(frozen=True, slots=True)
class Leak:
    """Two AUTS under one RAND: ``leaked`` when their difference is exactly that of the sequence numbers."""

    first: int
    second: int
    seen: int

    @property
    def leaked(self) -> bool:
        """Whether what was seen equals SQN xor SQN."""
        return self.seen == self.first ^ self.second


@asked
def auts_leak(rng: Random) -> Leak:
    """Replay one challenge at two times to a card with a random key, and xor what it says of its sequence number."""
    functions = Milenage(rng.randbytes(16), rng.randbytes(16))
    rand, first = rng.randbytes(16), rng.randrange(1 << 40)
    second = first + rng.randrange(1, 1 << 20)
    concealed = [int.from_bytes(build_auts(functions, rand, sqn)[:6]) for sqn in (first, second)]
    return Leak(first, second, concealed[0] ^ concealed[1])


def _auts() -> Rebuilt:
    rng = Random(2019)
    leaks = [auts_leak(rng) for _ in range(100)]
    return Rebuilt(all(leak.leaked for leak in leaks), None, {"keys": 100, "leaked": sum(k.leaked for k in leaks)})


_ROWS: Final = (
    Incident(
        "carrier secrets",
        "2014",
        "passwords shared by all phones, or derived from the IMEI and a shared number",
        "a random secret for each device",
        carrier_secrets,
        "Solnik, Blanchou, Black Hat USA 2014",
        "S2",
    ),
    Incident(
        "phishing by OMA CP",
        "2019",
        "settings by SMS, unprotected, under the IMSI, or under a PIN just told",
        "USERNETWPIN only, and a list of authorised servers",
        phishing,
        "Skrobov, Makkaveev, Check Point Research 2019",
        "S",
    ),
    Incident(
        "unauthenticated push",
        "2017",
        "pushes whose protection nobody looks at; malformed ones crash the phone",
        "refuse what has no SEC",
        unsecured_push,
        "Context IS 2017; CVE-2016-7989",
        "S",
    ),
    Incident(
        "fixed resync nonce",
        "",
        "package 0 under the known default nonce can be said again for ever",
        "remember SessionIDs, change the secret after use",
        fixed_resync,
        "Windows Mobile OMA DM documentation",
        "S",
    ),
    Incident(
        "signed error replies",
        "2013",
        "a card answers a bad packet by one signed with its DES key",
        "no signature on errors, or no DES",
        card_error_replies,
        "Nohl, Black Hat USA 2013",
        "S/S2",
    ),
    Incident(
        "AUTS leak",
        "2019",
        "one challenge sent twice tells how far the sequence number moved",
        "",
        _auts,
        "Borgaonkar, Hirschi, Park, Shaik, PoPETs 2019(3)",
        "S, mechanism R+",
    ),
)

INCIDENTS: Final[Mapping[str, Incident]] = MappingProxyType({incident.name: incident for incident in _ROWS})
"""Every incident by its name.  Years are those of the publications; the documentation of the fixed nonce has none."""


def table() -> list[dict[str, object]]:
    """All incidents, played: rows for a table."""
    rows: list[dict[str, object]] = []
    for incident in INCIDENTS.values():
        played = incident.run()
        rows.append(
            {
                "incident": incident.name,
                "year": incident.year,
                "what": incident.what,
                "happened": played.happened,
                "repair": incident.repair or "none in the protocol as it is",
                "happens_repaired": played.repaired,
                "numbers": "; ".join(f"{k}: {v}" for k, v in played.numbers.items()),
                "source": incident.source,
                "mark": incident.mark,
            }
        )
    return rows
