"""Where does a new object go?  The server says, the client may differ, or the client decides.  [dm13 sheet §4]

>>> import dmkit as dm
>>> tree = dm.Tree.of({"./Nap/1/Name": "Office"}, acl={"./Nap": "Add=srv&Get=srv"})
>>> asked_for(tree, "./Nap/1", {"Name": "Home"}, "srv").status
<418 Already exists>
>>> placed = may_differ(tree, "./Nap/1", {"Name": "Home"}, "srv")
>>> placed.code, placed.at
('B', './Nap/2')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dmkit.dm13.addressing import find_objects
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.model import Add
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["PLACEMENTS", "Placed", "asked_for", "client_decides", "may_create", "may_differ"]


@dataclass(frozen=True, slots=True)
class Placed:
    """The tree after it, where the object stands, the status, and a code: A as asked, B elsewhere.

    Numbers of the two codes are UNSURE, so they are letters here.
    """

    tree: Tree
    at: str
    status: StatusCode | None
    code: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was made."""
        return self.status is not None and 200 <= self.status < 300


@asked
def asked_for(tree: Tree, at: str, leaves: Mapping[str, str], by: str) -> Placed:
    """DM 1.2: the server names the whole path, and loses when somebody was there before."""
    outcome: Outcome
    changed, outcome = tree.apply(Add.of(at, None), by)
    for name, value in leaves.items():
        if not outcome.ok:
            break
        changed, outcome = changed.apply(Add.of(f"{at}/{name}", value), by)
    return Placed(changed if outcome.ok else tree, at if outcome.ok else "", outcome.status, "A" if outcome.ok else "")


@asked
def may_differ(tree: Tree, at: str, leaves: Mapping[str, str], by: str) -> Placed:
    """The server proposes; where that place is taken the client takes the next free number beside it, and says so.

    [HTC3, US9026582]
    """
    placed = asked_for(tree, at, leaves, by)
    if placed.status != StatusCode.ALREADY_EXISTS:
        return placed
    parent = at.rpartition("/")[0]
    name = next(str(n) for n in range(1, 10_000) if f"{parent}/{n}" not in tree)
    other = asked_for(tree, f"{parent}/{name}", leaves, by)
    return Placed(other.tree, other.at, other.status, "B" if other.ok else "")


@asked
def client_decides(tree: Tree, moid: str, leaves: Mapping[str, str], by: str, *, default: str = ".") -> Placed:
    """The server names the object only: it goes beside its kind, else below ``default``.  DM 2.0's HGET.

    The root gets the identifier as its type.  The creator's rights are the tree's own business (DM 2.0 gives all).
    """
    kin = find_objects(tree, moid)
    parent = kin[0].rpartition("/")[0] if kin else default
    name = next(str(n) for n in range(1, 10_000) if f"{parent}/{n}" not in tree)
    at = f"{parent}/{name}"
    changed, outcome = tree.apply(Add.of(at, None, type=moid), by)
    for leaf, value in leaves.items():
        if not outcome.ok:
            break
        changed, outcome = changed.apply(Add.of(f"{at}/{leaf}", value), by)
    return Placed(changed if outcome.ok else tree, at if outcome.ok else "", outcome.status, "B" if outcome.ok else "")


@asked
def may_create(granted: Mapping[str, frozenset[str]], server: str, moid: str) -> bool:
    """Whether the account of a server lists the object among those that it may create; asked before the ACL.

    Ancestor of DM 2.0's Perm/MOID.  [HW3, US8095674]

    >>> may_create({"srv": frozenset({"urn:a"})}, "srv", "urn:b")
    False
    """
    return moid in granted.get(server, frozenset())


PLACEMENTS: Final[Mapping[str, tuple[str, Callable[..., Placed]]]] = {
    "asked for": ("DM 1.2, DMREPPRO §6.6.1", asked_for),
    "may differ": ("HTC3, US9026582", may_differ),
    "client decides": ("DM 2.0 HGET, dm20 sheet §6", client_decides),
}
"""Name -> source and function, in the order in which they were argued."""
