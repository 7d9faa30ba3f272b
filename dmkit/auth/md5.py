"""syncml:auth-md5: a digest over name, secret and the peer's nonce.  [DMSEC §5.3.2]

>>> from dmkit.auth.account import Credential
>>> MD5.prove(Credential("Bruce2", "OhBehave"), b"Nonce", b"")
'Zz6EivR3yeaaENcRN6lpAQ=='
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from dmkit.auth.account import Credential
from dmkit.auth.scheme import same
from dmkit.words.codes import AuthType

__all__ = ["MD5", "Md5"]


@dataclass(frozen=True, slots=True)
class Md5:
    """Base64 of MD5(HA1 ":" nonce), the nonce as raw octets."""

    name: str = "md5"
    type: AuthType = AuthType.MD5
    uses_nonce: bool = True
    in_transport: bool = False
    basis: str = "DMSEC §5.3.2"

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        """The digest, in base64; ``body`` plays no part."""
        return b64encode(hashlib.md5(credential.ha1 + b":" + nonce, usedforsecurity=False).digest()).decode()

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        """True when the digest is the one this credential and nonce give."""
        return same(proof.strip(), self.prove(credential, nonce, body))


MD5: Final = Md5()
