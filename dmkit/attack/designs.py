"""Designs under study: the rules of both sides, and the world they stand in.  A design is a row in DESIGNS.

>>> DESIGNS["mac"].rules.server_auth
'mac'
>>> all(design.basis for design in DESIGNS.values())
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Final, Literal

from dmkit.bootstrap.rules import BootstrapRules, CardRules
from dmkit.notify import NotifyRules
from dmkit.session.rules import Rules
from dmkit.tree.allow import allow_only
from dmkit.words.checked import checked
from dmkit.words.records import dataclass

__all__ = ["DESIGNS", "GUEST", "SERVER_ID", "Deployment", "Design"]

SERVER_ID: Final = "com.mgmtsrv.manage"
"""The server that manages the device."""
GUEST: Final = "guest.example"
"""A second server, meant for the settings below ./APN only."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is not in the rules of a session: connection, secrets, what values and packages are wrapped in.

    >>> Deployment(secret="shared", path="tls").secret
    'shared'
    """

    path: Literal["plain", "unchecked", "tls"] = "plain"
    """No TLS; TLS whose certificate the device does not check; TLS as it should be.  [DMSEC §5.5.1.1]"""
    secret: Literal["weak", "strong", "shared", "identity", "gba", "mirrored"] = "strong"
    """Where passwords come from: a word; 128 bits of chance; one for all devices; the IMEI and a number that all
    share; the card, by GBA; one of chance, and one name, for both directions."""
    sealed: bool = False
    """The value of ./APN/Key is taken sealed for the device only."""
    package: Literal["any", "hash", "signed"] = "any"
    """What a device asks of a package that it installs (``dmkit.auth.signed``)."""
    own_address: bool = False
    """The server gives each session an address that nobody can guess (``Server.resp_uri``).  [DMPRO §9.1]"""
    card_pin: bool = False
    """The card asks for PIN1, and the bootstrap file on it lies behind that PIN."""


@checked
@dataclass(frozen=True, slots=True)
class Design:
    """A named design: ``rules`` for both sides, the ``world`` around them, where it comes from.

    >>> DESIGNS["basic over TLS"].world.path
    'tls'
    """

    name: str
    """What it is called in tables."""
    rules: Rules = field(default_factory=Rules)
    world: Deployment = field(default_factory=Deployment)
    basis: str = ""
    """Where it comes from: a section, a real product, or PROPOSAL."""


def _both(scheme: str, **rules: object) -> Rules:
    """Both sides prove themselves by ``scheme``."""
    return replace(Rules(), auth=scheme, server_auth=scheme, **rules)  # type: ignore[arg-type]


_TAKES_ALL: Final = NotifyRules(replay="take")
_ALLOW: Final = allow_only({SERVER_ID: (".",), GUEST: ("./APN",)})
_OPEN: Final = BootstrapRules(unsecured="take", confirm=())
_CLOSED: Final = BootstrapRules(
    methods=("USERNETWPIN", "USERPIN_NETWORKID"),
    servers=(SERVER_ID,),
    known="refuse",
)
_BOUND: Final = "hmac-sha256-bound"

_ROWS: Final = (
    Design("basic", _both("basic"), basis="DMPRO §9.4.1"),
    Design("basic over TLS", _both("basic"), Deployment(path="tls"), "DMPRO §9.4.1, DMSEC §5.5.1.1"),
    Design("md5 per session", _both("md5"), basis="DMSEC §5.3.2, DMPRO §9.1: the specification's default"),
    Design(
        "md5, a word for a password", _both("md5"), Deployment(secret="weak"), "DMSEC §5.3.3 wants 128 bits; seen often"
    ),
    Design("md5 per message", _both("md5", nonce="message"), basis="DMPRO §9.1, Status 200 with a new nonce"),
    Design(
        "md5, reused nonce",
        _both("md5", nonce="reused", notify=_TAKES_ALL),
        basis="seen in real servers; DMSEC §5.3.3 forbids it",
    ),
    Design(
        "md5, fixed resync nonce",
        _both("md5", nonce="fixed resync", notify=_TAKES_ALL),
        basis="Windows Mobile documentation; DMNOTI §5",
    ),
    Design("md5, no weaker scheme", _both("md5", downgrade="floor"), basis="PROPOSAL: Rules.downgrade"),
    Design(
        "md5, TLS unchecked", _both("md5"), Deployment(path="unchecked"), "Black Hat 2014: weak transport validation"
    ),
    Design("md5, one secret for all", _both("md5"), Deployment(secret="shared"), "Black Hat 2014: carrier secrets"),
    Design("md5, secret of the IMEI", _both("md5"), Deployment(secret="identity"), "Black Hat 2014: derived passwords"),
    Design("md5, allow-list", _both("md5", policy=_ALLOW), basis="PROPOSAL: dmkit.tree.allow"),
    Design("md5, impatient", _both("md5", retries=0), basis="PROPOSAL: a device that never sends a message again"),
    Design("md5, tireless", _both("md5", retries=20), basis="interop sheet §2: one real client sends up to 128"),
    Design("mac", _both("mac"), basis="DMSEC §5.4.2; no HMAC in spite of its name"),
    Design("mac, counter nonce", _both("mac", nonce="counter"), basis="PROPOSAL: dmkit.session.nonces"),
    Design("mac, clock nonce", _both("mac", nonce="clock"), basis="PROPOSAL: dmkit.session.nonces"),
    Design("mac, reused nonce", _both("mac", nonce="reused"), basis="a defect: DMSEC §5.4.3 wants one a message"),
    Design(
        "mac, no second challenge",
        _both("mac", challenges=1, notify=NotifyRules(nonces=("stored",))),
        basis="a defect: DMSEC §5.3.3 wants one more challenge; resynchronisation is optional",
    ),
    Design("mac, GBA keys", _both("mac"), Deployment(secret="gba"), "PROPOSAL after TS 33.222"),
    Design("mac, sealed values", _both("mac"), Deployment(sealed=True), "PROPOSAL: dmkit.auth.sealed"),
    Design("mac, signed packages", _both("mac"), Deployment(package="signed"), "PROPOSAL: dmkit.auth.signed"),
    Design("mac, open bootstrap", _both("mac", bootstrap=_OPEN), basis="phones of 2017 to 2019: CVE-2016-7989 class"),
    Design("hmac-sha256", _both("hmac-sha256"), basis="PROPOSAL: RFC 2104 with SHA-256"),
    Design(
        "hmac-sha256, TLS unchecked",
        _both("hmac-sha256"),
        Deployment(path="unchecked"),
        "PROPOSAL: RFC 2104 with SHA-256; Black Hat 2014",
    ),
    Design(
        "bound, TLS unchecked",
        _both(_BOUND, downgrade="floor"),
        Deployment(path="unchecked"),
        "PROPOSAL: hmac-sha256 over the channel binding",
    ),
    Design(
        "everything",
        _both(
            _BOUND,
            downgrade="floor",
            policy=_ALLOW,
            redirect="same host",
            max_object=65_536,
            challenges=2,
            messages=32,
            notify=NotifyRules(nonces=("stored",)),
            bootstrap=replace(_CLOSED, card=CardRules(enabled=False)),
        ),
        Deployment(path="tls", secret="gba", sealed=True, package="signed", card_pin=True),
        "PROPOSAL: all of them together",
    ),
)

DESIGNS: Final[Mapping[str, Design]] = MappingProxyType({design.name: design for design in _ROWS})
"""Every design by its name."""
