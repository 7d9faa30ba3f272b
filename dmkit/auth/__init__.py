"""Who is who: basic, MD5 and MAC, and proposals with SHA-256.  A scheme is one file and one row (``register``).

>>> sorted(SCHEMES)  # doctest: +NORMALIZE_WHITESPACE
['basic', 'hmac-sha256', 'hmac-sha256-bound', 'hmac-sha256-stretched', 'mac', 'mac-apart', 'mac-rfc2104', 'md5',
 'md5-apart', 'sha256']
>>> by_type("syncml:auth-mac").name
'mac'
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from dmkit.auth.account import DEFAULT_NONCE, Account, Credential
from dmkit.auth.basic import BASIC
from dmkit.auth.mac import MAC, MAC_APART, RFC2104_MAC
from dmkit.auth.md5 import MD5, MD5_APART
from dmkit.auth.scheme import SCHEMES, Scheme, algorithm_of, basis_of, covered, decode_b64, name_of, register, scheme_of
from dmkit.auth.sha256 import HMAC_SHA256, HMAC_SHA256_BOUND, HMAC_SHA256_STRETCHED, SHA256
from dmkit.words.asked import WRONG, blamed

__all__ = [
    "DEFAULT_NONCE",
    "DM_1_2",
    "SCHEMES",
    "STRENGTH",
    "Account",
    "Credential",
    "Scheme",
    "algorithm_of",
    "basis_of",
    "by_type",
    "covered",
    "decode_b64",
    "name_of",
    "register",
    "scheme_of",
    "strength",
]

_ROWS: Final[tuple[Scheme, ...]] = (
    BASIC,
    MD5,
    MAC,
    RFC2104_MAC,
    MD5_APART,
    MAC_APART,
    SHA256,
    HMAC_SHA256,
    HMAC_SHA256_BOUND,
    HMAC_SHA256_STRETCHED,
)
for _scheme in _ROWS:
    register(_scheme)

STRENGTH: Final = MappingProxyType(
    {
        "none": -1,
        "basic": 0,
        "md5": 1,
        "md5-apart": 2,
        "sha256": 2,
        "mac": 3,
        "mac-rfc2104": 3,
        "mac-apart": 3,
        "hmac-sha256": 4,
        "hmac-sha256-stretched": 5,
        "hmac-sha256-bound": 5,
    }
)
"""Order in which one scheme may stand for another; schemes of your own have no place in it."""


DM_1_2: Final = frozenset({"basic", "md5", "mac", "mac-rfc2104"})
"""Schemes that speak DM 1.2's own words; what a client can do of them is a list (``Rules.client_schemes``)."""


def strength(scheme: Scheme | None) -> int | None:
    """The scheme's place in STRENGTH, None for one of your own.

    >>> strength(BASIC) < strength(SCHEMES["mac"])
    True
    """
    try:
        return STRENGTH.get("none" if scheme is None else scheme.name)
    except WRONG as error:
        raise blamed(error, strength, scheme) from None


def by_type(type_: str | None, among: tuple[Scheme, ...] = (BASIC, MD5, MAC)) -> Scheme | None:
    """The scheme that a Meta ``Type`` names, without regard to case; None when we know none.

    >>> by_type("SYNCML:AUTH-MD5").name
    'md5'
    """
    try:
        for scheme in among:
            if scheme.type == type_:
                return scheme
        wanted = (type_ or "").strip().lower()
        return next((scheme for scheme in among if str(scheme.type).lower() == wanted), None)
    except WRONG as error:
        raise blamed(error, by_type, type_, among) from None


def __dir__() -> list[str]:
    return sorted(__all__)
