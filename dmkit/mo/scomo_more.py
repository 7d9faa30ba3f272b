"""What SCOMO 1.1 has beyond 1.0, as far as it is known: the leaves Reboot and CheckUpdateFreq.

Reboot, at a package that is to be fetched, says when the device restarts: before and after the installation (a DDF
text of 1.1 has the node).  CheckUpdateFreq has the client ask for updates by itself; its name is from a secondary text.
Their values, where the latter stands, and the type of the alert are our own.  [enablers sheet §2]

>>> from dmkit.mo import load
>>> described(load("scomo")).count().nodes - load("scomo").count().nodes
2
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import cache
from typing import Final

from dmkit.ddf.spec import Basis, NodeSpec, Occurrence, Spec
from dmkit.words.codes import Format, Verb

__all__ = ["CHECK", "CHECK_ALERT", "REBOOT", "Restarts", "described"]

REBOOT: Final = "Reboot"
"""The leaf below Download/<X>."""
CHECK: Final = "CheckUpdateFreq"
"""The leaf below the root: seconds between two questions, 0 for never.  PROPOSAL"""
CHECK_ALERT: Final = "urn:x-dmkit:at:scomo:1.1:CheckUpdate"
"""Type of the Generic Alert with which the client asks.  PROPOSAL: the registry has none"""
ID: Final = "urn:oma:mo:oma-scomo:1.1"


class Restarts(StrEnum):
    """Values of Reboot: when the device restarts.  PROPOSAL

    >>> Restarts("both").before, Restarts("after").before, Restarts("").after
    (True, False, False)
    """

    NEVER = ""
    BEFORE = "before"
    AFTER = "after"
    BOTH = "both"

    @property
    def before(self) -> bool:
        """Whether it restarts before it installs."""
        return self in (Restarts.BEFORE, Restarts.BOTH)

    @property
    def after(self) -> bool:
        """Whether it restarts after that."""
        return self in (Restarts.AFTER, Restarts.BOTH)


def _leaf(name: str, format: Format, default: str, description: str, basis: Basis, source: str) -> NodeSpec:
    return NodeSpec(name=name, access=frozenset({Verb.GET, Verb.REPLACE}), format=format, mime=("text/plain",),
                    occurrence=Occurrence(), default=default, description=description, basis=basis,
                    source=source)  # fmt: skip


_REBOOT: Final = _leaf(REBOOT, Format.CHR, "", "When the device restarts: before, after, both; empty: never.",
                       Basis.IMPLEMENTATION, "SCOMO DDF 1.1")  # fmt: skip
_CHECK: Final = _leaf(CHECK, Format.INT, "0", "Seconds after which the client asks for updates; 0: never.",
                      Basis.UNSURE, "enablers sheet §2")  # fmt: skip


@cache
def described(spec: Spec) -> Spec:
    """``spec``, the description of 1.0, with the nodes of 1.1."""
    [root] = spec.roots
    children = []
    for child in root.children:
        if child.name == "Download":
            [package] = child.children
            child = replace(child, children=(replace(package, children=(*package.children, _REBOOT)),))
        children.append(child)
    whole = replace(root, object_id=ID, source="OMNA, SCOMO 1.1", children=(*children, _CHECK))
    return replace(spec, roots=(whole,))
