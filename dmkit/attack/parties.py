"""Attackers who act themselves: pushes, cards, software, devices of their own, a server gone bad.

Each function plays a whole trial: the honest sessions, and between or after them what the attacker does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import Final

from dmkit import notify
from dmkit.attack.choices import Choices
from dmkit.attack.designs import GUEST, SERVER_ID
from dmkit.attack.path import EVIL, candidates, cut
from dmkit.attack.stage import IMSI, KEY, Stage
from dmkit.auth import DEFAULT_NONCE, Account, Credential, Scheme
from dmkit.bootstrap import Secrets, cp, dm, dmacc
from dmkit.bootstrap.cp import Characteristic, Provisioning
from dmkit.card import terminal
from dmkit.card.aka.card import CardAuthenticator
from dmkit.card.aka.gba import impi_of
from dmkit.card.aka.gba_exchange import GbaDevice, bootstrap
from dmkit.card.apdu import CommandRefused
from dmkit.card.card import Usim
from dmkit.card.pins import padded
from dmkit.device.device import Device, counted_nonces
from dmkit.server.gba_server import account_of
from dmkit.server.jobs import read, write
from dmkit.server.server import Server
from dmkit.session.work import Job
from dmkit.transport.loop import converse
from dmkit.transport.push import bootstrap_push, deliver, notification_push, provision
from dmkit.wire import sms, wsp
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import CodecError, ConfigError, DmError
from dmkit.words.model import Alert, Item
from dmkit.words.outcome import Outcome

__all__ = [
    "believes",
    "desynchronise",
    "flood",
    "forge_package_0",
    "huge_object",
    "other_package",
    "phish",
    "pose_as_device",
    "replay_package_0",
    "rogue_cell",
    "rogue_document",
    "server_gone_bad",
    "steal_card",
    "swap_card",
]

LIKELY_PINS: Final = ("1234", "1111", "0000")
"""What a thief tries before the card blocks."""
_TOLD: Final = "9876"
_HUGE: Final = 300_000
_FEW: Final = 16
"""Sessions that the server of a flood keeps open: a scale model of its real limit."""


# -- posing as the device


def _as_device(stage: Stage, account: Account) -> None:
    """A device of the attacker, with the victim's address, asks the server for work."""
    channel = b"certificate of dm.example" if stage.design.world.path != "plain" else b""
    mine = Device(stage.device.tree, account, rules=replace(stage.design.rules, channel=channel))
    stage.memory.talks.append(converse(mine, stage.server, job=stage.work(), now=stage.now))


def pose_as_device(stage: Stage, choices: Choices) -> None:
    """Connect in the victim's name with a password that comes to mind."""
    stage.session(choices)
    words = candidates(stage, "client")
    way = choices.of(1 + len(words))
    if way:
        stage.memory.guesses += 1
        account = stage.device.accounts[0]
        scheme = account.client.scheme if account.client is not None else None
        _as_device(
            stage,
            replace(account, client=Credential("client", words[way - 1], b"", scheme), server=None)
            if stage.design.rules.server_auth == "none"
            else replace(account, client=Credential("client", words[way - 1], b"", scheme)),
        )


def steal_card(stage: Stage, choices: Choices) -> None:
    """Put the victim's card into a phone of one's own and let it make keys."""
    stage.session(choices)
    card = stage.device.card
    if not choices.of(2) or not isinstance(card, Usim) or stage.bsf is None or stage.naf is None:
        return
    card.reset()
    for pin in LIKELY_PINS[:3]:
        try:
            terminal.run(card, terminal.start(padded(pin)))
        except (CommandRefused, CodecError):
            break
    ue = GbaDevice(impi_of(IMSI), CardAuthenticator(card), (f"{n:08x}" for n in count(500)))
    try:
        stage.memory.messages += len(bootstrap(ue, stage.bsf, stage.now))
    except DmError:
        return
    assert ue.keys is not None
    scheme = stage.device.accounts[0].client
    key = ue.key(stage.naf.fqdn)
    _as_device(stage, account_of(key, stage.naf.server_id, stage.naf.address, scheme.scheme if scheme else "md5"))


# -- pushes


def _set_out(stage: Stage, messages: tuple[bytes, ...], choices: Choices, *, wanted: bool) -> bool:
    """Short messages reach the device; sessions it wants to open are counted, and held."""
    sessions = stage.push(messages)
    stage.opened.extend(sessions)
    stage.asked_for += wanted
    for session in sessions:
        stage.session(choices, client=session)
    return bool(sessions)


def replay_package_0(stage: Stage, choices: Choices) -> None:
    """Send a notification again that was really sent: soon, after another one, or after a resynchronisation."""
    stage.session(choices)
    resync = "four zero octets" in stage.design.rules.notify.nonces
    for number, zero in ((0x21, False), (0x22, resync)):
        messages = stage.wake(number, resync=zero)
        stage.memory.pushes.extend(messages)
        _set_out(stage, messages, choices, wanted=True)
        way = choices.of(1 + len(stage.memory.pushes))
        if way:
            stage.memory.messages += 1
            _set_out(stage, (stage.memory.pushes[way - 1],), choices, wanted=False)


def forge_package_0(stage: Stage, choices: Choices) -> None:
    """Make a notification of one's own, with passwords that come to mind and nonces that anybody knows."""
    stage.session(choices)
    ways = [(word, nonce) for word in candidates(stage, "server") for nonce in (DEFAULT_NONCE, b"", b"0x00000000")]
    way = choices.of(1 + len(ways))
    if not way:
        return
    word, nonce = ways[way - 1]
    stage.memory.guesses, stage.memory.messages = 1, 1
    octets = notify.encode(
        notify.Trigger(SERVER_ID, 0x0666), Credential(SERVER_ID, word), nonce, digest=stage.design.rules.notify.digest
    )
    _set_out(stage, sms.split(wsp.encode(notification_push(octets)), reference=1), choices, wanted=False)


@lru_cache(maxsize=4)
def rogue_document(server_id: str) -> bytes:
    """A CP document that makes the attacker's server the device's, and all its traffic go through a proxy."""
    sides = (("APPSRV", "client"), ("CLIENT", server_id))
    auth = tuple(cp.digest_proof(level, name, EVIL, "AAAAAA==") for level, name in sides)
    parms = (("APPID", "w7"), ("PROVIDER-ID", server_id), ("NAME", "Operator"), ("ADDR", f"https://{EVIL}/dm"))
    return cp.to_wbxml(Provisioning((Characteristic("APPLICATION", parms, auth),)))


def believes(alert: Alert) -> Outcome:
    """A user who types the PIN that a message has told, and agrees to what is asked."""
    if alert.code is AlertCode.TEXT_INPUT:
        return Outcome(StatusCode.OK, items=(Item(data=_TOLD),))
    return Outcome(StatusCode.OK)


def _phish(stage: Stage, choices: Choices, imsi: str) -> None:
    stage.session(choices)
    stage.device.secrets = Secrets(IMSI)
    known = dmacc.node(stage.device.accounts[0], name="Operator")
    stage.device.tree = stage.device.tree.put("./DMAcc/Op", known)
    stage.device.user = believes
    ways = [
        (method, server)
        for server in (EVIL, SERVER_ID)
        for method in ("none", "NETWPIN", "USERPIN", "USERNETWPIN")
        if imsi or "NET" not in method
    ]
    way = choices.of(1 + len(ways))
    if not way:
        return
    method, server = ways[way - 1]
    stage.memory.messages += 1
    push = bootstrap_push(rogue_document(server), method=method, network_id=imsi, pin=_TOLD)
    deliver(stage.device, provision(push), stage.now)


def phish(stage: Stage, choices: Choices) -> None:
    """A stranger with a modem sends a CP document: unprotected, or with a PIN that another message tells."""
    _phish(stage, choices, "")


def rogue_cell(stage: Stage, choices: Choices) -> None:
    """A false base station asks the phone for its IMSI, and then sends a CP document under that key."""
    _phish(stage, choices, IMSI)


# -- cards


def swap_card(stage: Stage, choices: Choices) -> None:
    """Put a card of one's own, with a bootstrap file, into the victim's phone."""
    stage.session(choices)
    if not choices.of(2):
        return
    account = Account(EVIL, f"https://{EVIL}/dm", Credential("client", EVIL, b"", "md5"), Credential(EVIL, EVIL))
    stage.device.card = Usim.example(dm.message({"Op": dmacc.node(account, name="Operator")}, server=EVIL))
    stage.device.user = believes
    stage.device.bootstrap()


# -- what comes from a server


def huge_object(stage: Stage, choices: Choices) -> None:
    """The server, or who took it over, sends an object that does not end."""
    if choices.of(2):
        stage.memory.messages += 1
        stage.job = write(KEY, "x" * _HUGE)
    stage.session(choices)


def server_gone_bad(stage: Stage, choices: Choices) -> None:
    """A server that is for ./APN looks around, and changes what it can."""
    account = Account(
        GUEST,
        "https://guest.example/dm",
        Credential("guest", "guestpw", b"", _scheme(stage)),
        Credential(GUEST, "guestsrv"),
    )
    stage.session(choices)
    wishes: list[tuple[str, Job]] = [
        ("./Vendor/Acme/Name", read("./Vendor/Acme/Name")),
        ("./DevDetail/FwV", write("./DevDetail/FwV", EVIL)),
    ]
    way = choices.of(1 + len(wishes))
    if not way:
        return
    uri, job = wishes[way - 1]
    stage.device.accounts.append(account)
    guest = Server(
        {stage.device.address: account}, nonces=lambda name: counted_nonces("guest"), rules=stage.device.rules
    )
    before = stage.device.tree
    stage.memory.talks.append(converse(stage.device.connect(account), guest, job=job, now=stage.now))
    got = next((r.result for r in guest.results if r.done), None)
    learned = isinstance(got, dict) and any(value is not None for value in got.values())
    if learned or stage.device.tree.get(uri).value != before.get(uri).value:
        stage.memory.notes["grabbed"] = uri


def _scheme(stage: Stage) -> str | Scheme | None:
    auth = stage.design.rules.auth
    return None if auth == "none" else auth


def other_package(stage: Stage, choices: Choices) -> None:
    """Put other software in the place of the maker's: changed, with a hash of its own, self-signed, or an old one."""
    from dmkit.auth import signed

    stage.session(choices)
    genuine, old, self_signed, root = makers()
    bare = signed.sign(b"evil software", "fw", 9, None)
    ways = [b"evil software", genuine[:-1] + b"!", bare, self_signed, old]
    way = choices.of(1 + len(ways))
    trust = signed.Trust((root,), installed=6, now=_NOW, demand=stage.design.world.package)
    checked = signed.check(ways[way - 1] if way else genuine, trust)
    if way and checked:
        stage.rogue_installed = (
            "software that the maker did not make was installed"
            if way < 5
            else "an old version was installed over a newer one"
        )


_NOW: Final = 1_700_000_000.0


@lru_cache(maxsize=1)
def makers() -> tuple[bytes, bytes, bytes, bytes]:
    """A genuine package, an old one of the same maker, one that signs itself, and the root that devices trust."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    from dmkit.auth import signed

    def certificate(
        subject: str, issuer: str, key: Ed25519PrivateKey, by: Ed25519PrivateKey, ca: bool
    ) -> x509.Certificate:
        def name(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        build = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).serial_number(7)
        build = build.public_key(key.public_key()).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        build = build.not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        build = build.add_extension(x509.BasicConstraints(ca, None), critical=True)
        if not ca:
            build = build.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        return build.sign(by, None)

    root, maker, mallory = (
        Ed25519PrivateKey.from_private_bytes(sha256(who).digest()) for who in (b"root", b"maker", b"mallory")
    )
    trusted = certificate("Root", "Root", root, root, True)
    chain = [certificate("Maker", "Root", maker, root, False)]
    own = [
        certificate("Maker", "Mallory", mallory, mallory, False),
        certificate("Mallory", "Mallory", mallory, mallory, True),
    ]
    return (
        signed.sign(b"software 7", "fw", 7, maker, chain),
        signed.sign(b"software 5", "fw", 5, maker, chain),
        signed.sign(b"evil software", "fw", 9, mallory, own),
        trusted.public_bytes(Encoding.DER),
    )


# -- so that nothing works


def desynchronise(stage: Stage, choices: Choices) -> None:
    """Lose packets so that the sides disagree about nonces; then the server tries to wake the device."""
    stage.session(choices)
    for _ in range(2):
        stage.session(choices, cut)
    numbers = iter(range(0x31, 0x3F))
    resync = [False, "four zero octets" in stage.design.rules.notify.nonces]
    for zero in resync:
        try:
            messages = stage.wake(next(numbers), resync=zero)
        except ConfigError:
            break
        for session in stage.push(messages)[:1]:
            stage.session(Choices(), client=session)
            if stage.wanted[-1]:
                return
    stage.memory.notes["unreachable"] = "the device does not react to its server's notifications any more"


def flood(stage: Stage, choices: Choices) -> None:
    """Begin sessions in the names of many devices, and leave them standing; then the victim wants to connect."""
    stage.server.max_sessions = _FEW
    stage.server.when_full = "refuse"
    stage.session(choices)
    if not choices.of(2):
        return
    for number in _strangers():
        mine = Device.blank(f"IMEI:{number:015d}")
        mine.accounts = [Account(SERVER_ID, stage.server.address, Credential("client", "?", b"", "md5"))]
        packet = mine.connect().start(stage.now).reply
        stage.memory.messages += 1
        if packet is not None:
            stage.server.receive(packet, stage.now)
    if stage.locked_out():
        stage.memory.notes["unreachable"] = f"{_FEW} sessions of strangers keep everybody else out"


def _strangers() -> Iterator[int]:
    return iter(range(100, 100 + _FEW + 1))
