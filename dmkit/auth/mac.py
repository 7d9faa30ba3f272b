"""syncml:auth-MAC: a digest over name, secret, nonce and the whole message, beside it in ``x-syncml-hmac``.

In spite of its names this is not the HMAC of RFC 2104: the specification nests MD5 by hand, so HMAC's
proofs do not apply to it.  [DMSEC §5.4.2, §5.4.3]

>>> from dmkit.auth.account import Credential
>>> print_header("client", MAC.prove(Credential("client", "clientpw"), bytes(range(16)), b"body"))
'algorithm=MD5, username="client", mac=+5yrDcYWj1TDMBkUf2gbAg=='
>>> parse_header('mac=abc=, Username="a\\\\"b"')
MacHeader(username='a"b', mac='abc=', algorithm='MD5')
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Collection
from typing import Final

from dmkit.auth.account import Credential
from dmkit.auth.digests import md5
from dmkit.auth.md5 import APART
from dmkit.auth.scheme import decode_b64, same
from dmkit.words.codes import AuthType
from dmkit.words.late import late_pattern
from dmkit.words.records import dataclass

__all__ = ["HEADER", "MAC", "MAC_APART", "RFC2104_MAC", "Mac", "MacHeader", "parse_header", "print_header"]

HEADER: Final = "x-syncml-hmac"
"""Name of the transport header, the same on HTTP, WSP and OBEX."""


@dataclass(frozen=True, slots=True)
class Mac:
    """Base64 of MD5(HA1 ":" nonce ":" base64(MD5(body))); with ``rfc2104`` HMAC-MD5, as one real server has it.

    ``label`` stands before HA1.  The rival form keys HMAC-MD5 with HA1 ":" nonce and runs it over the body; no
    specification fixes it.
    """

    name: str = "mac"
    type: AuthType = AuthType.MAC
    uses_nonce: bool = True
    in_transport: bool = True
    rfc2104: bool = False
    basis: str = "DMSEC §5.4.2; in spite of its name no HMAC"
    label: bytes = b""
    algorithm: str = "MD5"

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        """The digest over ``body`` exactly as it is sent, in base64."""
        if self.rfc2104:
            return b64encode(hmac.new(credential.ha1 + b":" + nonce, body, hashlib.md5).digest()).decode()
        inner = b64encode(hashlib.md5(body, usedforsecurity=False).digest())
        outer = md5(self.label + credential.ha1 + b":" + nonce + b":" + inner)
        return b64encode(outer.digest()).decode()

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        """True for the right digest: as base64 with or without padding, or as base64 of its hexadecimal form.

        The hexadecimal reading is that of the specification's printed example.
        """
        right, value = decode_b64(self.prove(credential, nonce, body)), decode_b64(proof)
        if right is None or value is None:
            return False
        return same(value.hex(), right.hex()) or same(value.decode("latin-1").lower(), right.hex())


MAC: Final = Mac()
MAC_APART: Final = Mac(
    name="mac-apart",
    type=AuthType.MAC_APART,
    basis="PROPOSAL: syncml:auth-MAC with a word in front, so that no answer to a challenge is one",
    label=APART["mac"],
    algorithm="MD5-APART",
)
RFC2104_MAC: Final = Mac(name="mac-rfc2104", rfc2104=True, basis="one real server; HMAC-MD5 under HA1 : nonce")


@dataclass(frozen=True, slots=True)
class MacHeader:
    """Content of an ``x-syncml-hmac`` header; ``mac`` is base64 text as received."""

    username: str
    mac: str
    algorithm: str = "MD5"


_PARAM: Final = late_pattern(r'\s*([A-Za-z]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^,\s]*)\s*(?:,|$)')


def parse_header(text: str, algorithms: Collection[str] = ("MD5",)) -> MacHeader | None:
    """Read the header; None when user name or mac are missing, or the algorithm is none of ``algorithms``.

    Order is free, names are case-insensitive, quotes around the mac are tolerated.
    """
    params: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PARAM.match(text, at)
        if match is None:
            return None
        name, value = match.group(1).lower(), match.group(2)
        params[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        at = match.end()
    algorithm = params.get("algorithm", "MD5").upper()
    if not params.get("mac") or "username" not in params or algorithm not in algorithms:
        return None
    return MacHeader(params["username"], params["mac"], algorithm)


def print_header(username: str, mac: str, algorithm: str = "MD5") -> str:
    """Write the header."""
    quoted = username.replace("\\", "\\\\").replace('"', '\\"')
    return f'algorithm={algorithm}, username="{quoted}", mac={mac}'
