"""A server says how a device treats notifications: which are taken, which need the user, which come too soon.

That a server can control this is claimed [SAM3, US20100299418]; no node is public, so these are a PROPOSAL:
``./NotiControl/<x>/ServerID`` (``*``: any other server), ``Treat`` (``take``, ``ask`` or ``drop``), ``Pause`` in
seconds.  What is absent, or says what nobody knows, is as in DM 1.2: taken.

>>> import dmkit as dm
>>> tree = dm.Tree.of({"./NotiControl/1/ServerID": "srv", "./NotiControl/1/Treat": "take", "./NotiControl/1/Pause": 60})
>>> control_of(tree, "srv")
NotificationControl(server='srv', treat='take', pause=60.0)
>>> control_of(tree, "srv").verdict(now=90.0, before=50.0).why
'the one before was taken 40 s ago; 60 are to pass'
>>> control_of(tree, "another").verdict(now=90.0, before=50.0).treat
'take'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from dmkit.dm13.bootstrap_config import leaf_text
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.digits import whole
from dmkit.words.ranges import Seconds

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["ROOT", "NotificationControl", "NotificationTreatment", "Treat", "control_of"]

ROOT: Final = "./NotiControl"
ANY: Final = "*"

Treat = Literal["take", "ask", "drop"]


class NotificationTreatment(NamedTuple):
    """What to do with a genuine notification, and why when it is dropped."""

    treat: Treat
    why: str = ""


@checked
@dataclass(frozen=True, slots=True)
class NotificationControl:
    """How notifications of a server are treated."""

    server: str = ANY
    """Whose: an identifier of a server, or ``*`` for all that have no row of their own."""
    treat: Treat = "take"
    """Taken as it says itself, shown to the user first whatever it says, or dropped."""
    pause: Seconds = 0.0
    """Seconds that are to pass behind one that was taken."""

    def verdict(self, *, now: float, before: float | None) -> NotificationTreatment:
        """What becomes of one that comes at ``now``, when the last that was taken came at ``before`` (None: none)."""
        if self.treat == "drop":
            return NotificationTreatment("drop", f"{ROOT} says that those of {self.server} are dropped")
        if before is not None and now - before < self.pause:
            return NotificationTreatment(
                "drop", f"the one before was taken {now - before:g} s ago; {self.pause:g} are to pass"
            )
        return NotificationTreatment(self.treat)


@asked
def control_of(tree: Tree, server: str) -> NotificationControl:
    """The row of a server in the tree, else that of ``*``, else DM 1.2: taken."""
    rows = {row.server: row for row in _rows(tree)}
    return rows.get(server) or rows.get(ANY) or NotificationControl()


def _rows(tree: Tree) -> list[NotificationControl]:
    if ROOT not in tree or not tree.get(ROOT).is_interior:
        return []
    found = []
    for name in tree.get(ROOT).children:
        leaves = {leaf: leaf_text(tree, f"{ROOT}/{name}/{leaf}") for leaf in ("ServerID", "Treat", "Pause")}
        treat: Treat = next((word for word in get_args(Treat) if word == leaves["Treat"].lower()), "take")
        found.append(NotificationControl(leaves["ServerID"] or ANY, treat, float(whole(leaves["Pause"]) or 0)))
    return found
