"""Verdict rules about who is who: challenges, nonces, proofs.  [DMSEC §5.3, §5.4]"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmkit.auth import by_type, decode_b64
from dmkit.auth.mac import HEADER
from dmkit.probe.scene import (
    Broken,
    Finding,
    Rule,
    Scene,
    Unsure,
)

__all__ = ["PROOFS"]


def _challenge(scene: Scene, text: str) -> Finding:
    """A challenge stands in the Status for our header, with all that it must carry."""
    assert scene.received is not None
    status = scene.received.header_status()
    if status is None:
        return Unsure("no Status for our header came")
    if status.code not in (401, 407):
        return Unsure(f"it was no challenge, but Status {status.code.value}")
    if status.chal is None:
        return Broken(f"Status {status.code.value} for our header has no Chal")
    scheme = by_type(status.chal.type)
    if scheme is None:
        return Broken(f"the Chal asks for {status.chal.type!r}")
    if "b64" in text.split():
        if not scheme.uses_nonce:
            return Unsure(f"it asks for {status.chal.type}, which needs no nonce", lacks=True)
        if (status.chal.format or "").lower() != "b64":
            return Broken(f"the Chal has Format {status.chal.format!r}; b64 would be right")
    if "nonce" in text.split() and scheme.uses_nonce:
        if not status.chal.next_nonce:
            return Broken("the Chal has no NextNonce")
        if decode_b64(status.chal.next_nonce) is None:
            return Broken(f"NextNonce {status.chal.next_nonce!r} is no base64")
    return None


def _fresh_nonce(scene: Scene, text: str) -> Finding:
    nonces = scene.us.nonces
    if len(nonces) < 2:
        return Unsure("fewer than two nonces were given out")
    return None if nonces[-1] not in nonces[:-1] else Broken("a nonce is given out that was given out before")


def _next_nonce(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    status = scene.received.header_status()
    if status is None:
        return Unsure("no Status for our header came")
    return (
        None
        if status.chal is not None and status.chal.next_nonce
        else Broken("the Status for our header has no NextNonce")
    )


def _mac(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    if HEADER not in scene.received.packet.headers:
        return Broken(f"the header {HEADER} is missing")
    right = scene.us.proved(scene.received, scene.received.nonce)
    if right is None:
        return Unsure("the secret of the peer is not known here")
    return None if right else Broken(f"the MAC is wrong: {scene.received.packet.headers[HEADER]}")


def _proof(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    right = scene.us.proved(scene.received, scene.received.nonce)
    if right is None:
        return Broken("it does not prove itself") if text == "given" else Unsure("it gives no proof")
    return None if right else Broken("its proof is wrong")


def _no_proof(scene: Scene, text: str) -> Finding:
    assert scene.received is not None
    shown = scene.received.message.header.cred is not None or HEADER in scene.received.packet.headers
    return Broken("it proves itself") if shown else None


def _shows_proof(scene: Scene, text: str) -> Finding:
    return None if isinstance(_no_proof(scene, text), Broken) else Broken("it shows no proof")


def _another_password(scene: Scene, text: str) -> Finding:
    """Under one nonce, MD5 of one name gives one digest for one password, and Basic shows the password itself."""
    us = scene.us
    mine = next((one for one in reversed(us.proofs) if one.device == us.device), None)
    if mine is None:
        return Unsure("it proved itself to the second device by nothing that can be compared")
    alike = [one for one in us.proofs
             if one.device != us.device and (one.scheme, one.nonce) == (mine.scheme, mine.nonce)]  # fmt: skip
    if not alike:
        return Unsure("it did not prove itself to both devices under one nonce")
    if any(one.data == mine.data for one in alike):
        return Broken(f"the proof towards {us.device} is the one towards {alike[-1].device}: one password for both")
    return None


PROOFS: Final[Mapping[str, Rule]] = {
    "challenge": Rule("a whole challenge stands in the Status for our header ({0})", _challenge),
    "fresh nonce": Rule("the nonce was not given out before", _fresh_nonce),
    "next nonce": Rule("the Status for our header has a NextNonce", _next_nonce),
    "mac": Rule("the MAC of the message is right", _mac),
    "proof": Rule("the proof of the peer is right", _proof),
    "another password": Rule("the server proves itself by another password than before", _another_password),
    "no proof": Rule("the peer does not prove itself", _no_proof),
    "shows proof": Rule("the peer shows a proof, right or wrong", _shows_proof),
}
"""The word -> what it asks for."""
