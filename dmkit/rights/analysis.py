"""Questions about rights, asked of a tree and a policy: differences, orphans, separation of duty.

>>> from dmkit.tree.tree import Tree
>>> from dmkit.tree.policy import oma_acl
>>> from dmkit.rights.rivals import merged
>>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=ops&Replace=ops"})
>>> for difference in differences(tree, oma_acl, merged, ["guest"], verbs=[Verb.ADD]):
...     print(difference)
guest: Add ./A is a no by the first policy and a yes by the second (ACL of . (inherited) gives Add to everybody)
guest: Add ./A/x is a no by the first policy and a yes by the second (ACL of . (inherited) gives Add to everybody)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dmkit.rights.assumptions import Assumptions
from dmkit.rights.closure import closure
from dmkit.rights.reach import Reach, ever
from dmkit.tree.acl import EVERYBODY, RIGHTS
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.node import Node
from dmkit.tree.policy import Decision, Policy
from dmkit.tree.tree import Tree
from dmkit.words.asked import asked
from dmkit.words.codes import Verb
from dmkit.words.model import Add, Command, Delete, Exec, Get, Replace

__all__ = [
    "Conflict",
    "Difference",
    "Duty",
    "Orphan",
    "conflicts",
    "differences",
    "orphans",
    "request",
]


# -- two policies


@dataclass(frozen=True, slots=True)
class Difference:
    """A right that the second policy gives and the first does not, with an example ``request`` that shows it; None
    where no command needs just this right (Delete of the root, Add below a leaf).

    >>> from dmkit.tree.policy import Decision, oma_acl
    >>> from dmkit.tree.tree import Tree
    >>> tree = Tree.of({"./A/B": "1"}, acl={"./A/B": "Get=ops"})
    >>> all_may = lambda tree, server, verb, uri: Decision(True, uri, "all may")
    >>> differences(tree, oma_acl, all_may, ["guest"], verbs=["Replace"])[0].first.allowed
    False
    """

    server: str
    verb: Verb
    uri: str
    first: Decision
    second: Decision
    request: Command | None

    def __str__(self) -> str:
        what = f"{self.verb.value} {self.uri}"
        return f"{self.server}: {what} is a no by the first policy and a yes by the second ({self.second.why})"


@asked
def differences(
    tree: Tree, first: Policy, second: Policy, servers: Iterable[str], *, verbs: Iterable[Verb | str] = RIGHTS
) -> tuple[Difference, ...]:
    """What ``second`` allows on this tree that ``first`` does not, for each of ``servers``.

    Policies that depend on the time are asked as they are: give them ``at(now)``.

    >>> from dmkit.tree.policy import Decision, oma_acl
    >>> from dmkit.tree.tree import Tree
    >>> tree = Tree.of({"./A/B": "1"}, acl={"./A/B": "Get=ops"})
    >>> all_may = lambda tree, server, verb, uri: Decision(True, uri, "all may")
    >>> [found.uri for found in differences(tree, oma_acl, all_may, ["guest"], verbs=["Get"])]
    ['./A/B']
    """
    known, asked = tuple(servers), tuple(Verb(verb) for verb in verbs)
    found = []
    for uri, node in tree.walk():
        for server in known:
            for verb in asked:
                yes = second(tree, server, verb, uri)
                no = first(tree, server, verb, uri) if yes else yes
                if yes and not no:
                    found.append(Difference(server, verb, uri, no, yes, request(uri, node, verb)))
    return tuple(found)


def request(uri: str, node: Node, verb: Verb) -> Command | None:
    """A command that is answered 425 without the right ``verb`` at ``uri``, and well with it; None when there is none.

    Exec also needs a handler behind the node.

    >>> request("./A", Node.interior(), Verb.REPLACE).items[0].target
    './A?prop=Title'
    """
    match verb:
        case Verb.GET:
            return Get.of(uri)
        case Verb.REPLACE if node.is_interior:
            return Replace.of(f"{uri}?prop=Title", "changed")
        case Verb.REPLACE:
            return Replace.of(uri, "" if node.value is None else node.value)
        case Verb.DELETE if uri != ".":
            return Delete.of(uri)
        case Verb.EXEC:
            return Exec.of(uri)
        case Verb.ADD if node.is_interior:
            free = next(
                name for name in (f"new{n}" for n in range(len(node.children) + 1)) if name not in node.children
            )
            return Add.of(f"{uri}/{free}", "1")
    return None


# -- who is named, and who is there


@dataclass(frozen=True, slots=True)
class Orphan:
    """Rights in the list of ``uri`` for a Server Identifier without an account.  [DMTND §7.7.1.4]

    >>> from dmkit.tree.tree import Tree
    >>> [found.server for found in orphans(Tree.of({"./A/B": "1"}, acl={"./A/B": "Get=gone"}), ["ops"])]
    ['gone']
    """

    uri: str
    server: str
    verbs: tuple[Verb, ...]

    def __str__(self) -> str:
        return f"{self.uri}: {', '.join(self.verbs)} for {self.server}, who has no account"


@asked
def orphans(tree: Tree, accounts: Iterable[str]) -> tuple[Orphan, ...]:
    """Entries for servers that are not among ``accounts``: whoever gets an account of that name gets these rights.

    >>> tree = Tree.of({"./A": None}, acl={"./A": "Get=gone+ops&Replace=gone"})
    >>> print(*orphans(tree, ["ops"]))
    ./A: Get, Replace for gone, who has no account
    """
    known = {EVERYBODY, *accounts}
    found = []
    for uri, node in tree.walk():
        acl = parse_acl(node.acl, lenient=True)
        for server in sorted(frozenset().union(*acl.entries.values()) - known):
            found.append(Orphan(uri, server, tuple(verb for verb in RIGHTS if server in acl.who(verb))))
    return tuple(found)


# -- separation of duty


@dataclass(frozen=True, slots=True)
class Duty:
    """Two sets of rights that no one server should have at the same time, each right a command and a URI.

    To have a set is to have one of its rights: ``Duty("release", (("Replace", "./F/Pkg"),), (("Exec", "./F/Run"),))``.

    >>> Duty("four eyes", (("Replace", "./A"),), (("Exec", "./A/Go"),)).name
    'four eyes'
    """

    name: str
    first: tuple[tuple[Verb | str, str], ...]
    second: tuple[tuple[Verb | str, str], ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A server that has both sides of a duty, or can get them: ``reach.script`` is empty when it has them now.

    >>> from dmkit.tree.tree import Tree
    >>> duty = Duty("four eyes", (("Get", "./A"),), (("Replace", "./A/B"),))
    >>> tree = Tree.of({"./A/B": "1"}, acl={"./A": "Get=ops", "./A/B": "Replace=ops"})
    >>> [found.reach.server for found in conflicts(tree, [duty], ["ops", "guest"])]
    ['ops']
    """

    duty: Duty
    reach: Reach

    @property
    def server(self) -> str:
        """The server in conflict."""
        return self.reach.server

    @property
    def now(self) -> bool:
        """True when it has both sides already."""
        return not self.reach.script

    def __str__(self) -> str:
        both = " and ".join(f"{verb.value} {uri}" for verb, uri in self.reach.goals)
        state = "has" if self.now else "can get"
        return f"{self.duty.name}: {self.server} {state} {both}" + ("" if self.now else f" ({self.reach})")


@asked
def conflicts(
    tree: Tree, duties: Iterable[Duty], servers: Iterable[str], *, world: Assumptions | None = None
) -> tuple[Conflict, ...]:
    """Servers that hold both sides of a duty or could ever, each by itself, with the shortest way there.

    CommandFailed 404 when a duty names a node that is not there.

    >>> tree = Tree.of({"./P/pkg": "1", "./P/run": "1"}, acl={"./P": "Get=*&Replace=maker", "./P/run": "Exec=owner"})
    >>> release = Duty("release", (("Replace", "./P/pkg"),), (("Exec", "./P/run"),))
    >>> print(*conflicts(tree, [release], ["maker", "owner"]))
    release: maker can get Replace ./P/pkg and Exec ./P/run (yes, in 1 command: maker: Replace ./P/run?prop=ACL = ...)
    """
    found = []
    for duty in duties:
        for server in dict.fromkeys(servers):
            ways = (
                ever(tree, server, *one, two, world=world)  # the shortest way to any pair
                for one, two in _pairs(tree, duty, server, world)
            )
            best = min((reach for reach in ways if reach), key=lambda reach: len(reach.script), default=None)
            if best is not None:
                found.append(Conflict(duty, best))
    return tuple(found)


def _pairs(
    tree: Tree, duty: Duty, server: str, world: Assumptions | None
) -> Iterator[tuple[tuple[Verb, str], tuple[Verb, str]]]:
    """Pairs of rights, one of each side, that the server can ever get one by one."""
    sides: list[list[tuple[Verb, str]]] = []
    for side in (duty.first, duty.second):
        for _, uri in side:
            tree.get(uri)
        known = closure(tree, [server], world=world, uris=[uri for _, uri in side])
        sides.append([(Verb(verb), uri) for verb, uri in side if known.can(server, Verb(verb), uri)])
    yield from ((one, two) for one in sides[0] for two in sides[1])
