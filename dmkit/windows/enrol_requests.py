"""Requests of enrolment as the server reads them: tokens, keys, versions; what is wrong with one is a refusal."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error

from dmkit.windows.soap import elements
from dmkit.words.asked import asked

__all__ = ["EnrolmentRefusal", "pkcs10_of", "security_token", "token_of", "version_number"]


class EnrolmentRefusal(Exception):
    """A fault to answer; caught where the request came in."""

    def __init__(self, name: str, says: str) -> None:
        super().__init__(says)
        self.name, self.says = name, says


@asked
def version_number(text: str) -> tuple[int, ...]:
    """The numbers of a version such as 3.0; none when it is no version."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(p.isascii() and p.isdigit() and len(p) < 4 for p in parts) else ()


def _tokens(body: bytes) -> list[tuple[str, str]]:
    """ValueType and text of each BinarySecurityToken."""
    return [(e.get("ValueType", ""), "".join((e.text or "").split())) for e in elements(body, "BinarySecurityToken")]


@asked
def security_token(body: bytes) -> str:
    """The token of the user, as text; a refusal when there is none."""
    for kind, text in _tokens(body):
        if not kind.endswith("#PKCS10"):
            try:
                return b64decode(text, validate=True).decode("utf-8", "replace")
            except (Error, ValueError):
                return ""
    raise EnrolmentRefusal("InvalidSecurity", "no token is in the header")


@asked
def token_of(body: bytes, kind: str) -> str:
    """The text of the token of that kind, which is base64."""
    text = next((text for value_type, text in _tokens(body) if value_type.endswith(kind)), None)
    if text is None:
        raise EnrolmentRefusal("CertificateRequest", f"no {kind.removeprefix('#')} request is in the message")
    return text


@asked
def pkcs10_of(body: bytes) -> bytes:
    """The certificate request in a message."""
    try:
        return b64decode(token_of(body, "#PKCS10"), validate=True)
    except (Error, ValueError) as error:
        raise EnrolmentRefusal("CertificateRequest", f"no PKCS#10 request: {error}") from None
