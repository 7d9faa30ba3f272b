"""Server delegation by means of DM 1.2: A lets B in, wholly or in part, for a time or for good.  [dm13 sheet §5]

The hazard: who delegates wholly has given Replace away, and with it the way back.

>>> import dmkit as dm
>>> tree = dm.Tree.of({"./Fumo/Url": ""}, acl={"./Fumo": "Get=A&Replace=A&Exec=A"})
>>> part = Delegation("./Fumo", "A", "B", whole=False).provision(tree)
>>> part.tree.get("./Fumo").acl, part.end("A").state
('Exec=B&Get=A+B&Replace=A+B', 'ended')
>>> whole = Delegation("./Fumo", "A", "B", whole=True).provision(tree)
>>> whole.end("A").state, whole.end("B").state
('active', 'ended')
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.model import Replace
from dmkit.words.outcome import Outcome
from dmkit.words.ranges import Instant

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["Delegation", "DelegationState"]

DelegationState = Literal["agreed", "active", "ended"]


@checked
@dataclass(frozen=True, slots=True)
class Delegation:
    """From ``giver`` to ``taker`` at ``root``: ``whole`` or in part, until ``expires`` (None: for good).

    That both servers know each other, and tell each other when it begins and ends, is between them; here is what
    happens on the device.  ``before`` is the list that stood there.
    """

    root: str
    giver: str
    taker: str
    whole: bool = False
    expires: Instant | None = None
    state: DelegationState = "agreed"
    """How far it has come."""
    tree: Tree | None = None
    """The tree with the list, once it stands there."""
    before: str = ""

    def acl(self) -> str:
        """The list that the giver writes.  The sheet's own example is the one in part."""
        if self.whole:
            return f"Get={self.taker}&Replace={self.taker}&Exec={self.taker}"
        both = f"{self.giver}+{self.taker}"
        return f"Get={both}&Replace={both}&Exec={self.taker}"

    def provision(self, tree: Tree) -> Delegation:
        """One session of the giver; ConfigError when it may not write the list."""
        if self.state != "agreed":
            raise ConfigError(f"a delegation that is {self.state} is not provisioned again")
        before = tree.get(self.root).acl
        changed, outcome = tree.apply(Replace.of(f"{self.root}?prop=ACL", self.acl()), self.giver)
        if not outcome.ok:
            raise ConfigError(f"{self.giver} may not delegate {self.root}: {outcome.why or outcome.status}")
        return replace(self, state="active", tree=changed, before=before)

    def job(self) -> Callable[[object], Generator[list[Replace], Sequence[Outcome], bool]]:
        """The giver's session as a job for its server: whether the device took the list."""

        def talk(info: object) -> Generator[list[Replace], Sequence[Outcome], bool]:
            [outcome] = yield [Replace.of(f"{self.root}?prop=ACL", self.acl())]
            return bool(outcome.ok)

        return talk

    def end(self, by: str) -> Delegation:
        """The old list comes back, when ``by`` may write it; otherwise all stays as it is."""
        if self.tree is None or self.state != "active":
            raise ConfigError(f"a delegation that is {self.state} cannot end")
        changed, outcome = self.tree.apply(Replace.of(f"{self.root}?prop=ACL", self.before), by)
        return replace(self, state="ended", tree=changed) if outcome.ok else self

    def orphaned(self, now: float) -> bool:
        """Whether it is over by the clock and the giver cannot take it back: only the taker could."""
        over = self.expires is not None and now >= self.expires
        return over and self.state == "active" and self.end(self.giver).state != "ended"
