"""Generic Bootstrapping Architecture: keys for any service out of one AKA run.  [TS 33.220]

Ks = CK IK stays with device and bootstrapping server; each service gets Ks_NAF, derived from Ks and the service's name.

>>> naf_id("dm.operator.example", UA["pki portal"])
b'dm.operator.example\\x01\\x00\\x00\\x00\\x00'
>>> b_tid(bytes.fromhex("23553cbe9637a89d218ae64dae47bf35"), bsf_host("001010123456789", mnc_digits=2))
'I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org'
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import field, replace
from hashlib import sha1
from types import MappingProxyType
from typing import Final, Literal

from dmkit.auth import Credential, Scheme
from dmkit.card.aka.aka import AkaResult, UsimAuthenticator, Vector
from dmkit.card.aka.functions import sized, xor
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError, LocalProtocolError
from dmkit.words.records import dataclass

__all__ = [
    "UA",
    "GbaKeys",
    "GbaUsim",
    "Label",
    "NafKey",
    "b_tid",
    "bsf_host",
    "impi_of",
    "kdf",
    "mac_star",
    "naf_id",
    "naf_key",
    "psk_identity",
    "tls_protocol",
]

UA: Final = MappingProxyType(
    {
        "pki portal": bytes.fromhex("0100000000"),
        "mbms": bytes.fromhex("0100000001"),
        "supl": bytes.fromhex("0300000001"),
        "locsip": bytes.fromhex("0300000002"),
        "sip digest": bytes.fromhex("0300000003"),
        "dm": bytes.fromhex("010001002f"),
    }
)
"""Ua security protocol identifiers.  No OMA DM value is registered: "dm" takes the TLS form (UNSURE, PROPOSAL)."""

Label = Literal["gba-me", "gba-u"]


@asked
def tls_protocol(suite: int) -> bytes:
    """The Ua identifier of a TLS cipher suite: 01 00 01 and the suite.  UNSURE  [TS 33.220 annex H]

    >>> tls_protocol(0x002F) == UA["dm"]
    True
    """
    return b"\x01\x00\x01" + suite.to_bytes(2)


def kdf(key: bytes, function: int, *parts: bytes) -> bytes:
    """HMAC-SHA-256 under ``key`` of FC, P0, L0, P1, L1 ...; Ln in two octets.  [TS 33.220 annex B]"""
    string = bytes([function]) + b"".join(part + len(part).to_bytes(2) for part in parts)
    return hmac.digest(key, string, "sha256")


def naf_id(fqdn: str, protocol: bytes) -> bytes:
    """NAF_Id: the service's host name and the five octets of its security protocol.  [TS 33.220 §4.4.6]"""
    return fqdn.encode() + sized("Ua security protocol identifier", protocol, 5)


def naf_key(ks: bytes, rand: bytes, impi: str, naf: bytes, label: Label = "gba-me") -> bytes:
    """Ks_NAF or Ks_ext_NAF ("gba-me"), Ks_int_NAF ("gba-u"), 32 octets.  [TS 33.220 annex B.3]"""
    return kdf(ks, 0x01, label.encode(), rand, impi.encode(), naf)


def b_tid(rand: bytes, bsf: str) -> str:
    """The transaction identifier that names a bootstrapping run: base64 of RAND "@" the server.  [TS 33.220 §4.5.2]"""
    return f"{b64encode(rand).decode()}@{bsf}"


def _plmn(imsi: str, mnc_digits: int) -> str:
    if not imsi.isdecimal() or not 6 <= len(imsi) <= 15 or mnc_digits not in (2, 3):
        raise ConfigError(
            f"IMSI {imsi!r} with an MNC of {many(mnc_digits, 'digit')}: it has 6 to 15 digits, the MNC 2 or 3"
        )
    return f"mnc{imsi[3 : 3 + mnc_digits]:0>3}.mcc{imsi[:3]}"


def bsf_host(imsi: str, *, mnc_digits: int = 2) -> str:
    """Host name of the bootstrapping server of a subscriber's network.  [TS 23.003 §16.2]"""
    return f"bsf.{_plmn(imsi, mnc_digits)}.pub.3gppnetwork.org"


@asked
def impi_of(imsi: str, *, mnc_digits: int = 2) -> str:
    """The private identity of a subscriber without an ISIM.  [TS 23.003 §13.3]

    >>> impi_of("001010123456789")
    '001010123456789@ims.mnc001.mcc001.3gppnetwork.org'
    """
    return f"{imsi}@ims.{_plmn(imsi, mnc_digits)}.3gppnetwork.org"


def mac_star(mac: bytes, ik: bytes) -> bytes:
    """MAC of a GBA_U challenge: MAC xor the first half of SHA-1(IK).  UNSURE (memory)  [TS 33.220 §5.3.2]"""
    return xor(mac, sha1(ik, usedforsecurity=False).digest()[:8])


def psk_identity(transaction: str) -> str:
    """The identity that a TLS-PSK client shows.  UNSURE exact text (memory)  [TS 33.222 §5.4]"""
    return f"3GPP-bootstrapping;{transaction}"


@dataclass(frozen=True, slots=True)
class GbaKeys:
    """What one bootstrapping run leaves: ``expires`` is a point on the clock that the caller keeps, in seconds."""

    b_tid: str
    impi: str
    rand: bytes = field(repr=False)
    ks: bytes = field(repr=False)
    expires: float

    def derive(self, fqdn: str, protocol: bytes = UA["dm"], label: Label = "gba-me") -> NafKey:
        """The key for one service."""
        key = naf_key(self.ks, self.rand, self.impi, naf_id(fqdn, protocol), label)
        return NafKey(self.b_tid, fqdn, key, self.expires)


@dataclass(frozen=True, slots=True)
class NafKey:
    """A service's key, and the DM credentials made of it.

    ``basis``: PROPOSAL.  Name = B-TID and password = base64(Ks_NAF) follow TS 33.222 §5.3; the server's own password is
    derived once more, so that neither side can pose as the other.
    """

    b_tid: str
    fqdn: str
    key: bytes = field(repr=False)
    expires: float

    @property
    def password(self) -> str:
        """Base64 of Ks_NAF."""
        return b64encode(self.key).decode()

    def client(self, scheme: str | Scheme | None = "md5") -> Credential:
        """With what the device proves itself: no provisioned password, a first nonce that is empty."""
        return Credential(self.b_tid, self.password, b"", scheme)

    def server(self, server_id: str) -> Credential:
        """With what the server proves itself to this device."""
        return Credential(server_id, b64encode(kdf(self.key, 0xF0, b"dm-server", server_id.encode())).decode())


@dataclass(slots=True)
class GbaUsim:
    """The card in the GBA context (GBA_U): Ks stays inside, the terminal sees RES and Ks_ext_NAF.  [TS 31.102 §7.1.2]

    ``plain_mac`` takes challenges of a network that does not change MAC for GBA_U (UNSURE, see ``mac_star``).
    """

    usim: UsimAuthenticator
    plain_mac: bool = False
    _ks: bytes = field(default=b"", repr=False)
    _rand: bytes = b""

    def bootstrap(self, rand: bytes, autn: bytes) -> AkaResult:
        """AUTHENTICATE 84, tag DD.  The answer's keys are blank: the terminal never has them."""
        genuine = autn
        if not self.plain_mac and len(rand) == len(autn) == 16:
            genuine = autn[:8] + mac_star(autn[8:], self.usim.functions.f2345(rand).ik)
        answer = self.usim.run(rand, genuine)
        if not isinstance(answer, Vector):
            return answer
        self._ks, self._rand = answer.ck + answer.ik, rand
        return replace(answer, ck=b"", ik=b"")

    def derive(self, naf: bytes, impi: str) -> bytes:
        """AUTHENTICATE 84, tag DE: Ks_ext_NAF for the terminal.  Raises LocalProtocolError before any bootstrapping."""
        return naf_key(self._bootstrapped(), self._rand, impi, naf, "gba-me")

    def derive_inside(self, naf: bytes, impi: str) -> bytes:
        """Ks_int_NAF, for what runs on the card itself."""
        return naf_key(self._bootstrapped(), self._rand, impi, naf, "gba-u")

    def _bootstrapped(self) -> bytes:
        if not self._ks:
            raise LocalProtocolError("no key in the card: a GBA bootstrapping run comes first")
        return self._ks
