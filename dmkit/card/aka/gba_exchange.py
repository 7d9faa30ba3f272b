"""The Ub interface: how a device bootstraps GBA keys, HTTP Digest AKA as values.  [TS 33.220 §4.5.2, RFC 3310]

Device, bootstrapping server (BSF) and services (NAF) are three small engines; whoever holds them carries the messages.
The challenge's nonce is base64(RAND AUTN), the password is RES; a card out of step answers with AUTS and no password.

>>> from dmkit.card.aka.aka import AuthenticationCentre, Subscriber, UsimAuthenticator
>>> from dmkit.card.aka.milenage import Milenage
>>> functions = Milenage(bytes(16), bytes(16))
>>> centre = AuthenticationCentre({"001010123456789": Subscriber(functions)}, iter([b"R" * 16]))
>>> bsf = Bsf("bsf.example", centre)
>>> device = GbaDevice("001010123456789@ims.example", UsimAuthenticator(functions), iter(["0a4f113b"]))
>>> [message.line for message in bootstrap(device, bsf)]
['GET /', '401 Unauthorized', 'GET /', '200 OK']
>>> bsf.key(device.keys.b_tid, "dm.operator.example").password == device.key("dm.operator.example").password
True
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from hashlib import md5
from typing import Final, Protocol

from dmkit.auth.scheme import decode_b64, same
from dmkit.card.aka.aka import AkaResult, AuthenticationCentre, Authenticator, Challenge, MacFailure, Resync
from dmkit.card.aka.gba import UA, GbaKeys, Label, NafKey, b_tid, mac_star, naf_id
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, LocalProtocolError, RemoteProtocolError
from dmkit.words.records import dataclass

__all__ = ["Bsf", "GbaDevice", "InCard", "KeyRefusal", "UbMessage", "bootstrap", "digest_response"]

MEDIA_TYPE: Final = "application/vnd.3gpp.bsf+xml"
_REASONS: Final = {200: "OK", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class UbMessage:
    """A request (``status`` 0) or an answer, as much of HTTP as Ub needs."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def line(self) -> str:
        """First line, short."""
        return f"{self.status} {_REASONS.get(self.status, '')}".strip() if self.status else "GET /"


@dataclass(frozen=True, slots=True)
class KeyRefusal:
    """Why a service gets no key; falsy."""

    why: str

    def __bool__(self) -> bool:
        return False


_PARAM: Final = re.compile(r'(?<!\w)(\w+)=(?:"([^"]*)"|([^",\s]*))(?:,\s*|$)')


def _params(header: str) -> dict[str, str]:
    kind, _, rest = header.partition(" ")
    return {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PARAM.finditer(rest)} if kind == "Digest" else {}


def _digest(**params: str) -> str:
    plain = {"qop", "nc", "algorithm"}
    return "Digest " + ", ".join(f"{k}={v}" if k in plain else f'{k}="{v}"' for k, v in params.items())


def digest_response(
    user: str,
    realm: str,
    password: bytes,
    nonce: str,
    cnonce: str,
    *,
    uri: str = "/",
    method: str = "GET",
    count: str = "00000001",
) -> str:
    """The response of HTTP Digest with qop=auth and MD5, RES as the password.  [RFC 2617 §3.2.2, RFC 3310 §3.3]"""

    def h(data: bytes) -> str:
        return md5(data, usedforsecurity=False).hexdigest()

    secret = h(f"{user}:{realm}:".encode() + password)
    return h(f"{secret}:{nonce}:{count}:{cnonce}:auth:{h(f'{method}:{uri}'.encode())}".encode())


class InCard(Protocol):
    """A card that keeps Ks to itself (GBA_U): `dmkit.card.aka.gba.GbaUsim`."""

    def bootstrap(self, rand: bytes, autn: bytes) -> AkaResult:
        """Answer a challenge; the keys stay inside."""

    def derive(self, naf: bytes, impi: str) -> bytes:
        """The key of a service for the terminal, Ks_ext_NAF."""


@dataclass(slots=True)
class GbaDevice:
    """The device: ``usim`` answers the challenge, ``cnonces`` gives its own nonces, ``keys`` is what came of it.

    With ``in_card`` the card runs the challenge in its GBA context and derives the keys of services itself (GBA_U).
    """

    impi: str
    usim: Authenticator
    cnonces: Iterator[str]
    keys: GbaKeys | None = None
    in_card: InCard | None = None
    _run: tuple[bytes, bytes, str] | None = field(default=None, repr=False)

    def start(self) -> UbMessage:
        """Ask for a challenge: a request with the identity and nothing to prove it."""
        self._run = None
        return UbMessage(0, {"Authorization": _digest(username=self.impi, realm="", nonce="", uri="/", response="")})

    def receive(self, answer: UbMessage, now: float = 0.0) -> UbMessage | None:
        """Take the server's answer: the next request, or None when the run is over and ``keys`` are there.

        Raises RemoteProtocolError when the challenge is not the home network's, or the server proves nothing.
        """
        if answer.status == 401:
            return self._challenged(_params(answer.headers.get("WWW-Authenticate", "")))
        if answer.status != 200 or self._run is None:
            raise RemoteProtocolError(f"the bootstrapping server answered {answer.line}; 401 or 200 was expected")
        rand, ks, proof = self._run
        value = _params(f"Digest {answer.headers.get('Authentication-Info', '')}")
        if not same(value.get("rspauth", ""), proof):
            raise RemoteProtocolError("the bootstrapping server did not prove that it knows RES")
        transaction, expires = _read_info(answer.body)
        self.keys = GbaKeys(transaction, self.impi, rand, ks, expires)
        return None

    def key(self, fqdn: str, protocol: bytes = UA["dm"]) -> NafKey:
        """The key for a service.  Raises LocalProtocolError before the first bootstrapping."""
        if self.keys is None:
            raise LocalProtocolError("no GBA keys yet: run the bootstrapping first")
        if self.in_card is None:
            return self.keys.derive(fqdn, protocol)
        key = self.in_card.derive(naf_id(fqdn, protocol), self.impi)
        return NafKey(self.keys.b_tid, fqdn, key, self.keys.expires)

    def _challenged(self, params: Mapping[str, str]) -> UbMessage:
        octets = decode_b64(params.get("nonce", ""))
        if octets is None or len(octets) < 32:
            raise RemoteProtocolError("the challenge's nonce is not base64 of RAND and AUTN")
        rand, autn, nonce, realm = octets[:16], octets[16:32], params["nonce"], params.get("realm", "")
        run = self.usim.run if self.in_card is None else self.in_card.bootstrap
        cnonce, out = next(self.cnonces), run(rand, autn)
        if isinstance(out, MacFailure):
            raise RemoteProtocolError("the challenge is not the home network's: its MAC is wrong")
        password = b"" if isinstance(out, Resync) else out.res
        extra = {"auts": b64encode(out.auts).decode()} if isinstance(out, Resync) else {}
        response = digest_response(self.impi, realm, password, nonce, cnonce)
        if not isinstance(out, Resync):
            proof = digest_response(self.impi, realm, password, nonce, cnonce, method="")
            self._run = (rand, out.ck + out.ik, proof)
        value = _digest(
            username=self.impi,
            realm=realm,
            nonce=nonce,
            uri="/",
            qop="auth",
            nc="00000001",
            cnonce=cnonce,
            response=response,
            algorithm="AKAv1-MD5",
            **extra,
        )
        return UbMessage(0, {"Authorization": value})


class Bsf:
    """The bootstrapping server.

    ``lifetime`` of its keys is in seconds; ``services`` lists the hosts that may ask for one, None lets any.
    ``in_card`` names the subscribers whose cards keep Ks inside: their challenges carry MAC* (GBA_U).
    Of challenges that nobody answered ``most_open`` are remembered; of more the oldest is forgotten.  Keys that have
    expired are forgotten when new ones are made.
    """

    def __init__(
        self,
        host: str,
        centre: AuthenticationCentre,
        *,
        lifetime: float = 86_400.0,
        services: frozenset[str] | None = None,
        in_card: frozenset[str] = frozenset(),
        most_open: int = 10_000,
    ) -> None:
        self.host = host
        self.centre = centre
        self.lifetime = lifetime
        self.services = services
        self.in_card = in_card
        self.known: dict[str, GbaKeys] = {}
        self.most_open = most_open
        self._open: dict[str, tuple[str, Challenge]] = {}

    def __repr__(self) -> str:
        return f"Bsf({self.host}, {many(len(self.known), 'key')})"

    def receive(self, request: UbMessage, now: float = 0.0) -> UbMessage:
        """Answer one request of a device."""
        params = _params(request.headers.get("Authorization", ""))
        impi = params.get("username", "")
        imsi = impi.partition("@")[0]
        if imsi not in self.centre.subscribers:
            return UbMessage(403)
        opened = self._open.pop(params.get("nonce", ""), None)
        if opened is None or opened[0] != impi or params.get("realm") != self.host:
            return self._challenge(impi, imsi, now)
        sent, cnonce = opened[1], params.get("cnonce", "")
        auts = decode_b64(params["auts"]) if "auts" in params else None
        password = b"" if "auts" in params else sent.xres
        right = digest_response(impi, self.host, password, params["nonce"], cnonce)
        if not same(params.get("response", ""), right):
            return self._challenge(impi, imsi, now)
        if "auts" in params:
            try:
                result = self.centre.resynchronise(imsi, sent.rand, auts or b"")
            except CodecError:
                result = "forged"
            return UbMessage(403) if result == "forged" else self._challenge(impi, imsi, now)
        keys = GbaKeys(b_tid(sent.rand, self.host), impi, sent.rand, sent.ck + sent.ik, now + self.lifetime)
        while self.known and (first := next(iter(self.known.values()))).expires <= now:
            del self.known[first.b_tid]
        self.known[keys.b_tid] = keys
        proof = digest_response(impi, self.host, password, params["nonce"], cnonce, method="")
        info = f'qop=auth, rspauth="{proof}", cnonce="{cnonce}", nc=00000001'
        return UbMessage(200, {"Authentication-Info": info, "Content-Type": MEDIA_TYPE}, _info(keys))

    def key(
        self, transaction: str, fqdn: str, protocol: bytes = UA["dm"], now: float = 0.0, label: Label = "gba-me"
    ) -> NafKey | KeyRefusal:
        """Zn: a service asks for its key by B-TID; "gba-u" for the one that only a card has.  [TS 33.220 §4.5.3]"""
        keys = self.known.get(transaction)
        if self.services is not None and fqdn not in self.services:
            return KeyRefusal(f"{fqdn} may not ask this bootstrapping server for keys")
        if keys is None:
            return KeyRefusal(f"no bootstrapping run is known as {transaction}")
        if now >= keys.expires:
            return KeyRefusal(
                f"the keys of {transaction} expired at {keys.expires:g}; the device has to bootstrap again"
            )
        if label == "gba-u" and keys.impi.partition("@")[0] not in self.in_card:
            return KeyRefusal(f"{transaction} was not bootstrapped inside a card")
        return keys.derive(fqdn, protocol, label)

    def _challenge(self, impi: str, imsi: str, now: float) -> UbMessage:
        sent = self.centre.vector(imsi, now=now)
        autn = sent.autn[:8] + mac_star(sent.autn[8:], sent.ik) if imsi in self.in_card else sent.autn
        nonce = b64encode(sent.rand + autn).decode()
        self._open[nonce] = (impi, sent)
        if len(self._open) > self.most_open:
            del self._open[next(iter(self._open))]
        value = _digest(realm=self.host, nonce=nonce, algorithm="AKAv1-MD5")
        return UbMessage(401, {"WWW-Authenticate": f'{value}, qop="auth"'})


def bootstrap(device: GbaDevice, bsf: Bsf, now: float = 0.0, *, turns: int = 6) -> list[UbMessage]:
    """Carry the messages of one run between ``device`` and ``bsf``; all of them, in order.

    Raises RemoteProtocolError when no keys came of it within ``turns`` requests.
    """
    found: list[UbMessage] = []
    request: UbMessage | None = device.start()
    for _ in range(turns):
        if request is None:
            return found
        answer = bsf.receive(request, now)
        found += [request, answer]
        request = device.receive(answer, now)
    if request is not None:
        raise RemoteProtocolError(f"no keys after {many(turns, 'request')}")
    return found


_INFO: Final = re.compile(r"<btid>([^<]+)</btid>\s*<lifetime>([^<]+)</lifetime>")


def _info(keys: GbaKeys) -> str:
    until = datetime.fromtimestamp(keys.expires, UTC).isoformat().replace("+00:00", "Z")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><BootstrappingInfo xmlns="uri:3gpp-gba"><btid>{keys.b_tid}</btid>'
        f"<lifetime>{until}</lifetime></BootstrappingInfo>"
    )


def _read_info(body: str) -> tuple[str, float]:
    found = _INFO.search(body)
    try:
        if found is None or len(b64decode(found[1].partition("@")[0], validate=True)) != 16:
            raise ValueError("no B-TID")
        return found[1], datetime.fromisoformat(found[2]).timestamp()
    except ValueError as error:
        raise RemoteProtocolError(f"the bootstrapping server's answer names no B-TID and lifetime: {error}") from None
