"""Who is who: basic, MD5 and MAC.  A scheme is one file and one row in SCHEMES.

>>> sorted(SCHEMES)
['basic', 'mac', 'mac-rfc2104', 'md5']
>>> by_type("syncml:auth-mac").name
'mac'
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from dmkit.auth.account import DEFAULT_NONCE, Account, Credential
from dmkit.auth.basic import BASIC
from dmkit.auth.mac import MAC, RFC2104_MAC
from dmkit.auth.md5 import MD5
from dmkit.auth.scheme import Scheme, decode_b64

__all__ = ["DEFAULT_NONCE", "SCHEMES", "Account", "Credential", "Scheme", "by_type", "decode_b64", "scheme_of"]

SCHEMES: Final = MappingProxyType({scheme.name: scheme for scheme in (BASIC, MD5, MAC, RFC2104_MAC)})
"""Every scheme by its short name."""


def scheme_of(choice: str | Scheme | None) -> Scheme | None:
    """The scheme that a rule names: a row of SCHEMES, a scheme of your own, or None for ``"none"``."""
    if choice is None or choice == "none":
        return None
    if not isinstance(choice, str):
        return choice
    if choice not in SCHEMES:
        raise KeyError(f"authentication scheme {choice!r}: known are none, {', '.join(sorted(SCHEMES))}")
    return SCHEMES[choice]


def by_type(type_: str | None, among: tuple[Scheme, ...] = (BASIC, MD5, MAC)) -> Scheme | None:
    """The scheme that a Meta ``Type`` names, without regard to case; None when we know none."""
    wanted = (type_ or "").strip().lower()
    return next((scheme for scheme in among if scheme.type.value.lower() == wanted), None)
