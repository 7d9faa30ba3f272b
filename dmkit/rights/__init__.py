"""Who can come to which rights: policies and their rivals, what servers reach together, what a change would do."""

from __future__ import annotations

from dmkit.rights.analysis import Conflict, Difference, Duty, Orphan, conflicts, differences, orphans
from dmkit.rights.assumptions import Assumptions
from dmkit.rights.closure import Closure, closure
from dmkit.rights.reach import Reach, RightsMove, ever, who_can_ever
from dmkit.rights.rivals import RIVALS, Loans, Roles
from dmkit.tree.policy import Decision, oma_acl

__all__ = [
    "RIVALS",
    "Assumptions",
    "Closure",
    "Conflict",
    "Decision",
    "Difference",
    "Duty",
    "Loans",
    "Orphan",
    "Reach",
    "RightsMove",
    "Roles",
    "closure",
    "conflicts",
    "differences",
    "ever",
    "oma_acl",
    "orphans",
    "who_can_ever",
]


def __dir__() -> list[str]:
    return sorted(__all__)
