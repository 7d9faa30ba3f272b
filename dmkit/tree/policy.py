"""Policies: functions that say who may do what, each with a reason.  [DMTND §7.7.1]

>>> from dmkit.tree.node import Tree
>>> tree = Tree.of({"./WiFi/SSID": "cafe"}, acl={"./WiFi": "Get=*&Replace=ops"})
>>> no = oma_acl(tree, "guest", Verb.REPLACE, "./WiFi/SSID")
>>> print(no)
no: ACL of ./WiFi (inherited) gives Replace to ops only
>>> no.missing, no.grantors
('Replace=guest', ('ops',))

Rivals of the specification's policy are in ``dmkit.tree.rivals``; ``Rules.policy`` switches them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from dmkit.codes import Verb
from dmkit.tree.acl import EVERYBODY
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.node import Path, Tree
from dmkit.tree.uri import join, parse

__all__ = ["Decision", "Policy", "Timed", "at_time", "oma_acl", "open_policy", "spell"]


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with its reason; true when allowed.

    ``at`` is where the deciding list stands.  Of a denial, ``missing`` is the entry that would have made it a yes, and
    ``grantors`` are the servers that could put it there; empty when only the device can.
    """

    allowed: bool
    at: str
    why: str
    missing: str = ""
    grantors: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed

    def __str__(self) -> str:
        return f"{'yes' if self.allowed else 'no'}: {self.why}"

    def explain(self) -> str:
        """The reason; of a denial also what is missing and who could grant it."""
        if self.allowed or not self.missing:
            return self.why
        who = f"{spell(self.grantors)} could grant it" if self.grantors else "no server could grant it"
        return f"{self.why}; {self.missing} is missing; {who}"


Policy: TypeAlias = Callable[[Tree, str, Verb, str], Decision]
"""``(tree, server, verb, uri) -> Decision``.  It looks at the node and what is above it, and has no clock."""


@runtime_checkable
class Timed(Protocol):
    """A policy whose answers depend on the time: ``at`` gives the policy that holds at ``now``, seconds since 1970."""

    def at(self, now: float) -> Policy:
        """The policy as it is at ``now``."""
        ...


def at_time(policy: Policy, now: float) -> Policy:
    """The policy that holds at ``now``: itself, unless it is ``Timed``.  Whoever carries out commands asks this."""
    return policy.at(now) if isinstance(policy, Timed) else policy


def spell(servers: Iterable[str]) -> str:
    """Server Identifiers as words.

    >>> spell(["ops", "it"]), spell(["*", "ops"]), spell([])
    ('it, ops', 'everybody', 'nobody')
    """
    known = sorted(servers)
    return "everybody" if EVERYBODY in known else ", ".join(known) or "nobody"


def oma_acl(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """The rule of the specification: a node's own list, or else the nearest ancestor's, alone decides.

    basis: DMTND §7.7.1.1
    """
    path = parse(uri).path
    acl, at = tree.effective_acl(path)
    ids = acl.entries.get(verb, frozenset())
    where = f"ACL of {at}" + (" (inherited)" if at != join(path) else "")
    if EVERYBODY in ids or server in ids:
        return Decision(True, at, f"{where} gives {verb.value} to {'everybody' if EVERYBODY in ids else server}")
    whom = f"{spell(ids)} only" if ids else "nobody"
    missing = f"{verb.value}={server}"
    return Decision(False, at, f"{where} gives {verb.value} to {whom}", missing, _grantors(tree, path, acl.who))


def _grantors(tree: Tree, path: Path, who: Callable[[Verb], frozenset[str]]) -> tuple[str, ...]:
    """Who may change the list that would decide: Replace on the node, unless it is a leaf, or on its parent; and, as
    long as the node inherits, Replace on the node whose list it is, or on the parent of that.  [DMTND §7.7.1.3]"""
    node, texts, deciding = tree.root, [tree.root.acl], 0
    for depth, segment in enumerate(path, 1):
        below = node.children.get(segment)
        node = below or node
        deciding = depth if below is not None and below.acl else deciding
        texts.append((below.acl if below is not None else "") or texts[-1])
        if below is None:
            break
    parents = {depth - 1 for depth in (len(texts) - 1, deciding) if depth}
    ids = frozenset().union(*(parse_acl(texts[depth], lenient=True).who(Verb.REPLACE) for depth in parents))
    if node.is_interior or deciding < len(path):
        ids |= who(Verb.REPLACE)
    return (EVERYBODY,) if EVERYBODY in ids else tuple(sorted(ids))


def open_policy(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """Everybody may do everything: what a device without access control does.

    basis: DM 2.0, a client without DAC MO [DM20 §9]; several DM 1.2 clients
    """
    return Decision(True, ".", "the open policy allows everything")
