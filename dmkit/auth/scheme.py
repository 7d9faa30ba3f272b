"""What an authentication scheme is, and the small tools schemes share."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from typing import Protocol

from dmkit.auth.account import Credential

__all__ = ["Scheme", "algorithm_of", "basis_of", "covered", "decode_b64", "same"]


class Scheme(Protocol):
    """A way to prove who one is.

    ``name`` is what rules and accounts call it, ``type`` what Meta ``Type`` says.  ``uses_nonce``: a challenge
    carries one.  ``in_transport``: the proof travels beside the message, in ``x-syncml-hmac``, and covers its body.
    A scheme may also have ``binds`` (it covers the channel binding), ``algorithm`` (its name in that header) and
    ``basis``.
    """

    @property
    def name(self) -> str:
        """Short name: the key in SCHEMES."""

    @property
    def type(self) -> str:
        """The authentication type on the wire: an ``AuthType``, or a name of your own."""

    @property
    def uses_nonce(self) -> bool:
        """True when a challenge carries NextNonce."""

    @property
    def in_transport(self) -> bool:
        """True when the proof is a transport header; it must then come with every message."""

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        """The proof, as text."""

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        """True when ``proof`` is what the holder of ``credential`` would send."""


def decode_b64(text: str) -> bytes | None:
    """Octets of base64 ``text``, with or without padding and white space; None when it is no base64.

    >>> decode_b64("Tm9uY2U"), decode_b64("?")
    (b'Nonce', None)
    """
    packed = "".join(text.split())
    try:
        return b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def same(a: str, b: str) -> bool:
    """Equality that takes the same time whatever the difference."""
    return hmac.compare_digest(a.encode(), b.encode())


def covered(scheme: Scheme, channel: bytes, body: bytes) -> bytes:
    """What a proof covers: ``body``, and before it the channel binding when the scheme binds.

    >>> from dmkit.auth.sha256 import HMAC_SHA256, HMAC_SHA256_BOUND
    >>> covered(HMAC_SHA256, b"ch", b"body"), covered(HMAC_SHA256_BOUND, b"ch", b"body").hex(" ")
    (b'body', '00 02 63 68 62 6f 64 79')
    """
    return len(channel).to_bytes(2) + channel + body if getattr(scheme, "binds", False) else body


def algorithm_of(scheme: Scheme) -> str:
    """The scheme's name in the header ``x-syncml-hmac``; MD5 unless it says otherwise.  [DMSEC §5.4.3]"""
    algorithm: str = getattr(scheme, "algorithm", "MD5")
    return algorithm


def basis_of(scheme: Scheme) -> str:
    """Where the scheme comes from: a section of a specification, or a proposal and its reasons."""
    basis: str = getattr(scheme, "basis", "yours")
    return basis
