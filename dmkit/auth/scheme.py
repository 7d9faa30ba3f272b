"""What an authentication scheme is, and the small tools schemes share."""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Protocol, TypeAlias

from dmkit.words.asked import WRONG, blamed
from dmkit.words.checked import Names
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

if TYPE_CHECKING:
    from dmkit.auth.account import Credential

__all__ = [
    "SCHEMES",
    "Scheme",
    "SchemeChoice",
    "SchemeName",
    "algorithm_of",
    "basis_of",
    "covered",
    "decode_b64",
    "name_of",
    "register",
    "same",
]


class Scheme(Protocol):
    """A way to prove who one is.

    ``name`` is what rules and accounts call it, ``type`` what Meta ``Type`` says.  ``uses_nonce``: a challenge
    carries one.  ``in_transport``: the proof travels beside the message, in ``x-syncml-hmac``, and covers its body.
    A scheme may also have ``binds`` (it covers the channel binding), ``algorithm`` (its name in that header) and
    ``basis``.

    >>> SCHEMES["mac"].in_transport, SCHEMES["basic"].uses_nonce
    (True, False)
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


_KNOWN: Final[dict[str, Scheme]] = {}

SCHEMES: Final[Mapping[str, Scheme]] = MappingProxyType(_KNOWN)
"""Every scheme by its short name; ``basis_of`` says where each comes from, ``register`` adds yours."""

SchemeName: TypeAlias = Annotated[str, Names(lambda: SCHEMES, ("none",))]
"""A row of SCHEMES, or ``none``."""
SchemeChoice: TypeAlias = Annotated[str | Scheme, Names(lambda: SCHEMES, ("none",))]
"""A row of SCHEMES by name, ``none``, or a Scheme of yours."""

_PARTS: Final = ("name", "type", "uses_nonce", "in_transport", "prove", "check")


def register(scheme: Scheme) -> Scheme:
    """Give ``scheme`` a row in SCHEMES: rules, credentials and files may then name it, and a Verifier knows its type.

    The same scheme again changes nothing; ConfigError when it lacks a part or its name is another scheme's.

    >>> from dataclasses import replace
    >>> from dmkit.auth.md5 import MD5
    >>> register(MD5) is SCHEMES["md5"]
    True
    >>> register(replace(MD5, name="mac"))
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: there is another scheme 'mac' already; yours needs a name of its own
    """
    lacking = [part for part in _PARTS if isinstance(scheme, type) or not hasattr(scheme, part)]
    if lacking:
        raise ConfigError(f"{scheme!r} is no Scheme: an object with {', '.join(_PARTS)} is")
    if not isinstance(scheme.name, str) or scheme.name in ("", "none"):
        raise ConfigError(f"a scheme is named {scheme.name!r}; its name must be a text, and not 'none'")
    known = _KNOWN.get(scheme.name)
    if known is not None and known != scheme:
        raise ConfigError(f"there is another scheme {scheme.name!r} already; yours needs a name of its own")
    return _KNOWN.setdefault(scheme.name, scheme)


def scheme_of(choice: str | Scheme | None) -> Scheme | None:
    """The scheme that a rule names: a row of SCHEMES, a scheme of your own, or None for ``"none"``.

    >>> scheme_of("mac").type
    <AuthType.MAC: 'syncml:auth-MAC'>
    >>> scheme_of("none") is None
    True
    """
    if choice.__class__ is str and choice in SCHEMES:
        return SCHEMES[choice]
    if choice is None or choice == "none":
        return None
    if not isinstance(choice, str):
        return choice
    if choice not in SCHEMES:
        raise ConfigError(f"there is no scheme {choice!r}; there are none, {', '.join(SCHEMES)}"
                          f"{nearest(choice, SCHEMES)}")  # fmt: skip
    return SCHEMES[choice]


def name_of(choice: str | Scheme | None) -> str | None:
    """The short name of what a credential or a rule has as its scheme; None where it has none.

    >>> name_of("mac"), name_of(SCHEMES["md5"]), name_of(None)
    ('mac', 'md5', None)
    """
    try:
        return choice if choice is None or isinstance(choice, str) else choice.name
    except WRONG as error:
        raise blamed(error, name_of, choice) from None


def decode_b64(text: str) -> bytes | None:
    """Octets of base64 ``text``, with or without padding and white space; None when it is no base64.

    >>> decode_b64("Tm9uY2U"), decode_b64("?")
    (b'Nonce', None)
    """
    try:
        packed = "".join(text.split())
        try:
            return binascii.a2b_base64(packed + "=" * (-len(packed) % 4), strict_mode=True)
        except (binascii.Error, ValueError):
            return None
    except WRONG as error:
        raise blamed(error, decode_b64, text) from None


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
    """The scheme's name in the header ``x-syncml-hmac``; MD5 unless it says otherwise.  [DMSEC §5.4.3]

    >>> algorithm_of(SCHEMES["mac"]), algorithm_of(SCHEMES["hmac-sha256"])
    ('MD5', 'SHA-256')
    """
    algorithm: str = getattr(scheme, "algorithm", "MD5")
    return algorithm


def basis_of(scheme: Scheme) -> str:
    """Where the scheme comes from: a section of a specification, or a proposal and its reasons.

    >>> basis_of(SCHEMES["mac"])
    'DMSEC §5.4.2; in spite of its name no HMAC'
    """
    basis: str = getattr(scheme, "basis", "yours")
    return basis
