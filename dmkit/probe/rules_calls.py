"""Verdict rules about who calls, and why: what a client does after a push.  [DMNOTI §6, DMBOOT §5.2]"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmkit.probe.scene import Broken, Finding, Rule, Scene, alerts_of

__all__ = ["CALLS"]


def _woken(scene: Scene, text: str) -> Finding:
    """Alert 1200, under the SessionID of package 0; ``as a number``: however that is written."""
    assert scene.received is not None
    if not any(alert.code == 1200 for alert in alerts_of(scene)):
        return Broken("a session began without Alert 1200")
    given, wanted = scene.received.message.header.session_id, scene.us.woken
    if given == wanted:
        return None
    try:
        same = int(given, 16) == int(wanted, 16)
    except ValueError:
        same = False
    if same and text == "as a number":
        return None
    return Broken(f"the SessionID is {given!r}; {wanted!r} stands in package 0")


def _no_call(scene: Scene, text: str) -> Finding:
    return None if scene.silent else Broken("it called")


def _calls(scene: Scene, text: str) -> Finding:
    return None


CALLS: Final[Mapping[str, Rule]] = {
    "woken": Rule("a session with Alert 1200 begins under the SessionID of package 0 ({0})", _woken),
    "no call": Rule("no session begins", _no_call, needs=False),
    "calls": Rule("a session begins", _calls),
}
"""The word -> what it asks for."""
