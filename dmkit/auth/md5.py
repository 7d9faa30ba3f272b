"""syncml:auth-md5: a digest over name, secret and the peer's nonce.  [DMSEC §5.3.2]

The MAC and the digest of package 0 are the same formula with a longer nonce; ``MD5_APART`` is a proposal that keeps the
three apart by a word in front (domain separation).  No other proof begins with it: HA1 has no colon.

>>> from dmkit.auth.account import Credential
>>> MD5.prove(Credential("Bruce2", "OhBehave"), b"Nonce", b"")
'Zz6EivR3yeaaENcRN6lpAQ=='
>>> MD5_APART.prove(Credential("Bruce2", "OhBehave"), b"Nonce", b"")
'k6u+/rvBNAOx+5Lkh/MINg=='
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import Final

from dmkit.auth.account import Credential
from dmkit.auth.digests import md5
from dmkit.auth.scheme import same
from dmkit.words.codes import AuthType
from dmkit.words.records import dataclass

__all__ = ["APART", "MD5", "MD5_APART", "Md5"]

APART: Final = {"md5": b"md5:", "mac": b"mac:", "package 0": b"pkg0:"}
"""The words in front of each use of the formula, where they are kept apart.  PROPOSAL"""


@dataclass(frozen=True, slots=True)
class Md5:
    """Base64 of MD5(HA1 ":" nonce), the nonce as raw octets; ``label`` stands before HA1."""

    name: str = "md5"
    type: AuthType = AuthType.MD5
    label: bytes = b""
    uses_nonce: bool = True
    in_transport: bool = False
    basis: str = "DMSEC §5.3.2"

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        """The digest, in base64; ``body`` plays no part."""
        digest = md5(self.label + credential.ha1 + b":" + nonce).digest()
        return b2a_base64(digest, newline=False).decode()

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        """True when the digest is the one this credential and nonce give."""
        return same(proof.strip(), self.prove(credential, nonce, body))


MD5: Final = Md5()
MD5_APART: Final = Md5(
    "md5-apart",
    AuthType.MD5_APART,
    APART["md5"],
    basis="PROPOSAL: syncml:auth-md5 with a word in front, so that no MAC and no package 0 is made with it",
)
