"""Enhancements under study: proofs made with SHA-256.  None is in a DM specification; each row says so in ``basis``.

``hmac-sha256`` is what the MAC of DM 1.2 looks like from outside, a keyed digest over the whole body in
``x-syncml-hmac``, but built as RFC 2104 has it, so HMAC's proofs hold.  ``hmac-sha256-bound`` covers the connection
too: a message carried over another one than its sender saw does not verify.  ``sha256`` covers no body.

>>> from dmkit.auth.account import Credential
>>> HMAC_SHA256.prove(Credential("client", "clientpw"), bytes(range(16)), b"body")
'yaJdBgmncEZCuvF2TAm0thrCWM0oUy2OkuxWqj3hygk='
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from functools import lru_cache
from typing import Final

from dmkit.auth.account import Credential
from dmkit.auth.scheme import same
from dmkit.words.checked import checked
from dmkit.words.codes import AuthType
from dmkit.words.ranges import Natural
from dmkit.words.records import dataclass

__all__ = ["HMAC_SHA256", "HMAC_SHA256_BOUND", "HMAC_SHA256_STRETCHED", "SHA256", "Sha256"]


@lru_cache(maxsize=4096)
def _stretch(key: bytes, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", key, salt, rounds)


@checked
@dataclass(frozen=True, slots=True)
class Sha256:
    """Base64 of HMAC-SHA-256 under HA1 over: length of the nonce (2 octets), nonce, body.

    HA1 is what accounts hold already, so nothing is provisioned anew; its entropy is the password's.  ``stretch``
    rounds of PBKDF2 (salt: the name) make each guess at a captured proof that much dearer.  ``binds``: what is covered
    begins with the channel binding of the connection (``dmkit.auth.scheme.covered``).
    """

    name: str
    """What rules and files call it."""
    type: AuthType
    """What stands on the wire."""
    in_transport: bool = True
    """Whether the proof covers the body and travels in a header."""
    binds: bool = False
    stretch: Natural = 0
    basis: str = "PROPOSAL: RFC 2104 with SHA-256 over nonce and body; RFC 6151 keeps MD5 out of new designs"
    """Where it comes from."""
    uses_nonce: bool = True
    """Whether a nonce enters the proof."""
    algorithm: str = "SHA-256"
    """What the header names."""

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        """The digest, in base64; without ``in_transport`` the body plays no part."""
        key = credential.ha1
        if self.stretch:
            key = _stretch(key, credential.name.encode(), self.stretch)
        covers = body if self.in_transport else b""
        return b64encode(hmac.digest(key, len(nonce).to_bytes(2) + nonce + covers, "sha256")).decode()

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        """True when the digest is the one this credential, nonce and body give."""
        return same(proof.strip(), self.prove(credential, nonce, body))


SHA256: Final = Sha256(
    "sha256",
    AuthType.SHA256,
    in_transport=False,
    basis="PROPOSAL: syncml:auth-md5 with HMAC-SHA-256 in place of MD5; covers no body, as md5 does not",
)
HMAC_SHA256: Final = Sha256("hmac-sha256", AuthType.HMAC_SHA256)
HMAC_SHA256_BOUND: Final = Sha256(
    "hmac-sha256-bound",
    AuthType.HMAC_SHA256_BOUND,
    binds=True,
    algorithm="SHA-256-BOUND",
    basis="PROPOSAL: hmac-sha256 over the channel binding and the body; bindings as in RFC 5929 and RFC 9266",
)
HMAC_SHA256_STRETCHED: Final = Sha256(
    "hmac-sha256-stretched",
    AuthType.HMAC_SHA256_STRETCHED,
    stretch=10_000,
    algorithm="SHA-256-STRETCHED",
    basis="PROPOSAL: hmac-sha256 under PBKDF2 of HA1 (RFC 8018), 10 000 rounds: dearer guesses, the same octets",
)
