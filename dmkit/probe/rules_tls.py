"""Verdict rules about a TLS handshake with a server.  [DMSEC §5.3, §5.5.1.1]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dmkit.probe.scene import Broken, Finding, Rule, Scene, Unsure
from dmkit.probe.tls import HandshakeShown

__all__ = ["HANDSHAKES"]

PROTOCOL_VERSION: Final = 70
"""The alert of a server that takes no version that was offered.  [RFC 5246 §7.2.2]"""

_STRONG: Final = 112
"""Bits of the weakest key that is taken: two keys of DES, in the weakest suite that DM names.  [DMSEC §5.5.1.1]"""


def _of(look: Callable[[HandshakeShown], Finding]) -> Callable[[Scene, str], Finding]:
    def hold(scene: Scene, text: str) -> Finding:
        return Unsure("there was no handshake") if scene.shown is None else look(scene.shown)

    return hold


def _whole(shown: HandshakeShown, then: Callable[[HandshakeShown], Finding]) -> Finding:
    if not shown.octets:
        return Unsure("nothing came")
    return then(shown) if shown.complete else Unsure(f"the handshake is not readable: {shown}")


def _asks(shown: HandshakeShown) -> Finding:
    return _whole(shown, lambda whole: None if whole.asks else Broken(f"it asks for no client certificate: {whole}"))


def _proves(shown: HandshakeShown) -> Finding:
    return _whole(shown, lambda whole: None if whole.certificates else Broken(f"it shows no certificate: {whole}"))


def _later(shown: HandshakeShown) -> Finding:
    return None if shown.alert == PROTOCOL_VERSION else Broken(f"it does not ask for a later version: {shown}")


def _strong(shown: HandshakeShown) -> Finding:
    if _later(shown) is None:  # every suite of TLS 1.3 is strong, and every server there has a certificate
        return None
    return _whole(shown, lambda whole: None if whole.key_bits >= _STRONG else Broken(f"it takes a weak suite: {whole}"))


def _agrees(shown: HandshakeShown) -> Finding:
    if not shown.octets:
        return Unsure("nothing came")
    return None if shown.complete else Broken(f"it does not go on with the handshake: {shown}")


def _refuses(shown: HandshakeShown) -> Finding:
    return Broken(f"it takes the offer: {shown}") if shown.version else None


HANDSHAKES: Final[Mapping[str, Rule]] = {
    "handshake": Rule("the server goes on with the handshake", _of(_agrees), needs=False),
    "no handshake": Rule("the server does not go on with the handshake", _of(_refuses), needs=False),
    "later version": Rule("the server takes TLS 1.3 only (alert 70)", _of(_later), needs=False),
    "asks for a certificate": Rule("the server asks for a client certificate", _of(_asks), needs=False),
    "certificate": Rule("the server shows a certificate", _of(_proves), needs=False),
    "strong suite": Rule(
        f"the suite has a key of {_STRONG} bits or more, and a certificate", _of(_strong), needs=False
    ),
}
"""The word -> what it asks for."""
