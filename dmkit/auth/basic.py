"""syncml:auth-basic: the password itself, in base64.  Only TLS makes it safe.  [DMPRO §9.4.1]

>>> from dmkit.auth.account import Credential
>>> BASIC.prove(Credential("Bruce2", "OhBehave"), b"", b"")
'QnJ1Y2UyOk9oQmVoYXZl'
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from dmkit.auth.account import Credential
from dmkit.auth.scheme import decode_b64
from dmkit.words.codes import AuthType
from dmkit.words.records import dataclass

__all__ = ["BASIC", "Basic"]


@dataclass(frozen=True, slots=True)
class Basic:
    """Base64 of name ":" secret."""

    name: str = "basic"
    type: AuthType = AuthType.BASIC
    uses_nonce: bool = False
    in_transport: bool = False
    basis: str = "DMPRO §9.4.1"

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        """Base64 of name ":" secret; ``nonce`` and ``body`` play no part."""
        return b64encode(f"{credential.name}:{credential.secret or ''}".encode()).decode()

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        """True when name and secret match; an account that holds only a digest compares digests."""
        content = decode_b64(proof)
        if content is None or (credential.secret is None and credential.digest is None):
            return False
        name, colon, secret = content.decode("utf-8", "replace").partition(":")
        return bool(colon) and name == credential.name and Credential(name, secret).ha1 == credential.ha1


BASIC: Final = Basic()
