"""Policies: functions that say who may do what, each with a reason.  [DMTND §7.7.1]

>>> from dmkit.tree.tree import Tree
>>> tree = Tree.of({"./WiFi/SSID": "cafe"}, acl={"./WiFi": "Get=*&Replace=ops"})
>>> no = oma_acl(tree, "guest", Verb.REPLACE, "./WiFi/SSID")
>>> print(no)
no: ACL of ./WiFi (inherited) gives Replace to ops only
>>> no.missing, no.grantors
('Replace=guest', ('ops',))

Rivals of the specification's policy are in ``dmkit.rights.rivals``; ``Rules.policy`` switches them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import msgspec

from dmkit.tree.acl import EVERYBODY
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.rewriting import child_of
from dmkit.tree.uri import join, parse
from dmkit.words.asked import WRONG, blamed
from dmkit.words.caches import weigh
from dmkit.words.codes import Verb
from dmkit.words.structs import like_a_dataclass

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["Decision", "Policy", "Timed", "at_time", "oma_acl", "open_policy", "spell"]

_NOBODY: Final[frozenset[str]] = frozenset()


@like_a_dataclass
class Decision(msgspec.Struct, frozen=True):
    """Whether a server may do something at a node, with the reason; true when allowed.  [DMTND §7.7.1]

    ``at`` is where the deciding list stands.  Of a denial, ``missing`` is the entry that would have made it a yes, and
    ``grantors`` are the servers that could put it there; empty when only the device can.

    >>> Decision(False, "./A", "nobody may").why
    'nobody may'
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


Policy: TypeAlias = Callable[["Tree", str, Verb, str], Decision]
"""``(tree, server, verb, uri) -> Decision``.  It looks at the node and what is above it, and has no clock."""


class Timed(Protocol):
    """A policy whose answers depend on the time: ``at`` gives the policy that holds at ``now``, seconds since 1970."""

    def at(self, now: float) -> Policy:
        """The policy as it is at ``now``."""
        ...


def at_time(policy: Policy, now: float) -> Policy:
    """The policy that holds at ``now``: itself, unless it is ``Timed``.  Whoever carries out commands asks this."""
    at = getattr(policy, "at", None)  # not isinstance(policy, Timed): that costs more than most decisions
    timed: Policy = policy if at is None else at(now)
    return timed


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

    >>> from dmkit.tree.tree import Tree
    >>> from dmkit.words.codes import Verb
    >>> tree = Tree.of({"./A/B": "1"}, acl={"./A": "Get=ops"})
    >>> bool(oma_acl(tree, "ops", Verb.GET, "./A/B")), bool(oma_acl(tree, "guest", Verb.GET, "./A/B"))
    (True, False)
    """
    try:
        path = parse(uri).path
        node, form = tree.root, tree.root.form
        text, deciding = form.acl, 0
        above = higher = ""  # the lists in force at the parent, and above the node whose list decides
        for depth, segment in enumerate(path, 1):
            place = form.at.get(segment)
            below = child_of(node, segment) if place is None else getattr(node, place)
            if below is None:
                break
            node, form, above = below, below.form, text
            if form.acl:
                higher, text, deciding = text, form.acl, depth
        return _decided(server, verb, path, node.is_interior, text, deciding, above, higher)
    except WRONG as error:
        raise blamed(error, oma_acl, tree, server, verb, uri) from None


@lru_cache(maxsize=8192)
def _decided(
    server: str, verb: Verb, path: tuple[str, ...], interior: bool, text: str, deciding: int, above: str, higher: str
) -> Decision:
    """What the list ``text`` at depth ``deciding`` says; ``above`` and ``higher`` are those that could change it."""
    weigh(_decided, sum(map(len, (server, text, above, higher, *path))))
    acl, at = parse_acl(text, lenient=True), join(path[:deciding])
    ids = acl.entries.get(verb, _NOBODY)
    where = f"ACL of {at} (inherited)" if deciding < len(path) else f"ACL of {at}"
    if EVERYBODY in ids or server in ids:
        return Decision(True, at, f"{where} gives {verb.value} to {'everybody' if EVERYBODY in ids else server}")
    whom = f"{spell(ids)} only" if ids else "nobody"
    lists = {above, higher, text} if interior or deciding < len(path) else {above, higher}
    return Decision(False, at, f"{where} gives {verb.value} to {whom}", f"{verb.value}={server}", _grantors(lists))


def _grantors(lists: Iterable[str]) -> tuple[str, ...]:
    """Who may change the list that would decide, having Replace by one of ``lists``: those of the node, unless it is a
    leaf with a list of its own, of its parent, and above the node from which it inherits.  [DMTND §7.7.1.3]"""
    ids = _NOBODY.union(*(parse_acl(text, lenient=True).who(Verb.REPLACE) for text in lists if text))
    return (EVERYBODY,) if EVERYBODY in ids else tuple(sorted(ids))


def open_policy(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """Everybody may do everything: what a device without access control does.

    basis: DM 2.0, a client without DAC MO [DM20 §9]; several DM 1.2 clients
    """
    return Decision(True, ".", "the open policy allows everything")
