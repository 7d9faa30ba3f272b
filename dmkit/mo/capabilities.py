"""What of the protocol an object may need: each capability with the switch of ``Rules`` that takes it away.

Whether an object needs one is not written down here: it is found by running the object's scenario with the capability
switched off (``scenarios``).

>>> EXEC.without(Rules()).tree.exec
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules

__all__ = ["CAPABILITIES", "Capability"]


@dataclass(frozen=True, slots=True)
class Capability:
    """Something the protocol offers.

    ``without`` gives rules in which it is missing.  What is no choice of a session (waking by package 0, sessions that
    the client starts) has rules as they were, and ``world`` names what the scenario is told not to use.
    """

    name: str
    meaning: str
    source: str
    tree: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    world: str = ""

    def without(self, rules: Rules) -> Rules:
        """``rules`` with this capability switched off."""
        tree: TreeRules = replace(rules.tree, **self.tree) if self.tree else rules.tree
        return replace(rules, tree=tree, **self.rules)

    def __str__(self) -> str:
        return self.name


def _no_alert(kind: str) -> bool:
    return False


EXEC: Final = Capability("Exec", "a node is executed", "DMREPPRO §6.6.6", tree={"exec": False})
ATOMIC: Final = Capability("Atomic", "all commands or none", "DMREPPRO §6.6.3", tree={"atomic": "unsupported"})
COPY: Final = Capability("Copy", "a value is copied on the device", "DMREPPRO §6.6.4", tree={"copy": False})
LARGE_OBJECT: Final = Capability("large object", "an object in several messages", "DMPRO §7",
                                 rules={"large_objects": "no"})
TNDS: Final = Capability("TNDS", "serialised sub-trees", "DMTNDS", tree={"tnds": False})
LISTING: Final = Capability("listing", "?list=Struct and ?list=StructData", "DMTND §8", world="listing")
IMPLICIT_ADD: Final = Capability("implicit Add", "missing parents are made", "DMREPPRO §6.6.1",
                                 tree={"implicit_add": False})
GENERIC_ALERT: Final = Capability("asynchronous alert", "the end of work is reported by Alert 1226", "DMPRO §8.7",
                                  rules={"known_alerts": _no_alert})
CORRELATOR: Final = Capability("correlator", "a report names the Exec that it answers", "DMPRO §8.7.1",
                               world="correlator")
NOTIFICATION: Final = Capability("notification", "package 0 wakes the device", "DMNOTI", world="notification")
CLIENT_SESSION: Final = Capability("client-initiated session", "the device begins a session by itself (1201)",
                                   "DMPRO §8.2", world="client session")
UI_ALERT: Final = Capability("UI alert", "the user is asked by Alerts 1100 to 1104", "DMPRO §10", world="user")

CAPABILITIES: Final[Mapping[str, Capability]] = {
    each.name: each
    for each in (EXEC, GENERIC_ALERT, CORRELATOR, LARGE_OBJECT, ATOMIC, COPY, TNDS, LISTING, IMPLICIT_ADD,
                 NOTIFICATION, CLIENT_SESSION, UI_ALERT)
}
"""Name -> capability."""
