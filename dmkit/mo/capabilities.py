"""What of the protocol an object may need: each capability with the switch of ``Rules`` that takes it away.

Whether an object needs one is not written down here: ``dmkit.enablers`` finds it by running the object's scenarios
with the capability switched off.

>>> EXEC.without(Rules()).tree.exec
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

from dmkit.session.rules import Rules
from dmkit.tree.policy import open_policy
from dmkit.tree.rules import TreeRules
from dmkit.words.records import dataclass

__all__ = ["CAPABILITIES", "Capability"]


@dataclass(frozen=True, slots=True)
class Capability:
    """Something the protocol offers.

    ``without`` gives rules in which it is missing.  What is no choice of a session (waking by package 0, sessions that
    the client starts) has rules as they were, and ``world`` names what the scenario is told not to use.  ``shows``
    names further fields of ``Rules`` that tell a peer without it.

    ``row`` is the conformance requirement, and ``level`` what it asks of a client: must, should or optional.

    >>> CAPABILITIES["Exec"].meaning
    'a node is executed'
    """

    name: str
    meaning: str
    source: str
    tree: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    world: str = ""
    shows: tuple[str, ...] = ()
    row: str = ""
    level: str = "O"

    def without(self, rules: Rules) -> Rules:
        """``rules`` with this capability switched off."""
        tree: TreeRules = replace(rules.tree, **self.tree) if self.tree else rules.tree
        return replace(rules, tree=tree, **self.rules)

    def added_to(self, rules: Rules) -> Rules:
        """``rules`` with this capability as the specification has it."""
        spec = Rules()
        tree = {name: getattr(spec.tree, name) for name in self.tree}
        own = {name: getattr(spec, name) for name in (*self.rules, *self.shows)}
        return replace(rules, tree=replace(rules.tree, **tree), **own)

    def missing_in(self, rules: Rules) -> bool:
        """True when ``rules`` do not offer it as the specification does; never for what is no choice of a session."""
        return self.added_to(rules) != rules

    def __str__(self) -> str:
        return self.name


def _no_alert(kind: str) -> bool:
    return False


EXEC: Final = Capability("Exec", "a node is executed", "DMREPPRO §6.6.6", tree={"exec": False}, row="P-21")
ATOMIC: Final = Capability(
    "Atomic", "all commands or none", "DMREPPRO §6.6.3", tree={"atomic": "unsupported"}, row="P-20", level="S"
)
SEQUENCE: Final = Capability(
    "Sequence",
    "in order, and the user's No ends it",
    "DMREPPRO §6.6.14",
    tree={"sequence": False},
    shows=("sequences",),
    row="P-22",
    level="M",
)
COPY: Final = Capability("Copy", "a value is copied on the device", "DMREPPRO §6.6.4", tree={"copy": False}, row="P-21")
LARGE_OBJECT: Final = Capability(
    "large object", "an object in several messages", "DMPRO §7", rules={"large_objects": "no"}, row="P-13", level="S"
)
TNDS: Final = Capability("TNDS", "serialised sub-trees", "DMTNDS", tree={"tnds": False}, row="D-01")
LISTING: Final = Capability(
    "listing", "?list=Struct and ?list=StructData", "DMTND §8", tree={"listings": False}, row="T-08", level="S"
)
IMPLICIT_ADD: Final = Capability(
    "implicit Add", "missing parents are made", "DMREPPRO §6.6.1", tree={"implicit_add": False}, row="T-10"
)
ACL: Final = Capability(
    "access control",
    "a list says which server may do what",
    "DMTND §7.7.1",
    rules={"policy": open_policy},
    row="T-05",
    level="M",
)
GENERIC_ALERT: Final = Capability(
    "asynchronous alert",
    "the end of work is reported by Alert 1226",
    "DMPRO §8.7",
    rules={"known_alerts": _no_alert},
    row="P-18",
)
CORRELATOR: Final = Capability(
    "correlator", "a report names the Exec that it answers", "DMPRO §8.7.1", tree={"correlator": False}, row="P-18"
)
NOTIFICATION: Final = Capability(
    "notification", "package 0 wakes the device", "DMNOTI", world="notification", row="N-01"
)
CLIENT_SESSION: Final = Capability(
    "client-initiated session",
    "the device begins a session by itself (1201)",
    "DMPRO §8.2",
    world="client session",
    row="P-03",
    level="M",
)
UI_ALERT: Final = Capability(
    "UI alert", "the user is asked by Alerts 1100 to 1104", "DMPRO §10", world="user", row="P-17"
)
BOOTSTRAP: Final = Capability(
    "bootstrap push", "an account comes as a pushed document", "DMBOOT §5", world="bootstrap", row="B-01"
)

CAPABILITIES: Final[Mapping[str, Capability]] = {
    each.name: each
    for each in (
        EXEC,
        GENERIC_ALERT,
        CORRELATOR,
        CLIENT_SESSION,
        NOTIFICATION,
        UI_ALERT,
        LARGE_OBJECT,
        ATOMIC,
        SEQUENCE,
        TNDS,
        LISTING,
        IMPLICIT_ADD,
        COPY,
        ACL,
        BOOTSTRAP,
    )
}
"""Name -> capability."""
