"""Policies: functions that say who may do what, each with a reason.  [DMTND §7.7.1]

>>> from dmkit.tree.node import Tree
>>> tree = Tree.of({"./WiFi/SSID": "cafe"}, acl={"./WiFi": "Get=*&Replace=ops"})
>>> print(oma_acl(tree, "guest", Verb.REPLACE, "./WiFi/SSID"))
no: ACL of ./WiFi (inherited) gives Replace to ops only
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from dmkit.codes import Verb
from dmkit.tree.node import Tree
from dmkit.tree.uri import join, parse

__all__ = ["Decision", "Policy", "oma_acl", "open_policy"]


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with its reason; true when allowed.  ``at`` is where the deciding list stands."""

    allowed: bool
    at: str
    why: str

    def __bool__(self) -> bool:
        return self.allowed

    def __str__(self) -> str:
        return f"{'yes' if self.allowed else 'no'}: {self.why}"


Policy: TypeAlias = Callable[[Tree, str, Verb, str], Decision]
"""``(tree, server, verb, uri) -> Decision``."""


def oma_acl(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """The rule of the specification: a node's own list, or else the nearest ancestor's, alone decides."""
    path = parse(uri).path
    acl, at = tree.effective_acl(path)
    where = f"ACL of {at}" + (" (inherited)" if at != join(path) else "")
    ids = acl.who(verb)
    if acl.allows(verb, server):
        return Decision(True, at, f"{where} gives {verb.value} to {'everybody' if '*' in ids else server}")
    whom = f"{', '.join(sorted(ids))} only" if ids else "nobody"
    return Decision(False, at, f"{where} gives {verb.value} to {whom}")


def open_policy(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """Everybody may do everything: what a device without access control does."""
    return Decision(True, ".", "the open policy allows everything")
