"""Rival policies: what management would be like if access control lists were read in another way.

All of them read the same property in the same grammar, so a list travels in the same messages; the identifiers with a
meaning of their own (``!id``, ``@role``, ``id~lender~time``) are ordinary identifiers to every other policy, which
grants nothing by them.  Each says on what it rests: ``basis:`` a source, or PROPOSAL.  ``Rules.policy`` switches them.

>>> from dmkit.tree.tree import Tree
>>> tree = Tree.of({"./A/x": "1"}, acl={".": "Add=*&Get=*&Delete=ops", "./A": "Get=ops"})
>>> [bool(tree.may("ops", "Delete", "./A/x", policy)) for policy in (oma_acl, merged, per_command)]
[False, True, True]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

from dmkit.tree.acl import EVERYBODY, Acl
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.node import Path
from dmkit.tree.policy import Decision, Policy, oma_acl, open_policy, spell
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.codes import Verb
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Range
from dmkit.words.records import dataclass

__all__ = ["RIVALS", "Loans", "Roles", "denying", "merged", "per_command"]


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the lists on a path say about one command: whom they grant it, whom they deny it, which of them count."""

    granted: frozenset[str]
    places: tuple[int, ...]
    denied: frozenset[str] = frozenset()

    def covers(self, server: str) -> bool:
        return server not in self.denied and (EVERYBODY in self.granted or server in self.granted)


_Lists: TypeAlias = tuple[tuple[int, Acl], ...]
_Read: TypeAlias = Callable[[_Lists, Verb], _Finding]
_NOBODY: Final[frozenset[str]] = frozenset()


def _own_lists(tree: Tree, path: Path) -> _Lists:
    """The lists that nodes on the path have themselves, the root's first, each with its depth."""
    node = tree.root
    found = [(0, parse_acl(node.acl, lenient=True))]
    for depth, segment in enumerate(path, 1):
        below = node.children.get(segment)
        if below is None:
            break
        node = below
        if node.acl:
            found.append((depth, parse_acl(node.acl, lenient=True)))
    return tuple(found)


def _decide(tree: Tree, server: str, verb: Verb, uri: str, read: _Read) -> Decision:
    """Ask ``read`` and put its finding into words."""
    path = parse(uri).path
    lists = _own_lists(tree, path)
    finding = read(lists, verb)
    at = join(path[: finding.places[-1]])
    names = [join(path[:depth]) for depth in finding.places]
    where = f"ACLs of {' and '.join(names)} together" if len(names) > 1 else f"ACL of {names[0]}"
    where += " (inherited)" if at != join(path) and len(names) == 1 else ""
    give = "give" if len(names) > 1 else "gives"
    if finding.covers(server):
        return Decision(True, at, f"{where} {give} {verb.value} to {spell(finding.granted & {EVERYBODY, server})}")
    could = _grantors(tree, path, lists, read)
    whom = f"{spell(finding.granted)} only" if finding.granted else "nobody"
    return Decision(False, at, f"{where} {give} {verb.value} to {whom}", f"{verb.value}={server}", could)


def _grantors(tree: Tree, path: Path, lists: _Lists, read: _Read) -> tuple[str, ...]:
    """Servers with Replace where the lists that decide can be changed.  [DMTND §7.7.1.3]"""
    node = tree.find(path)
    depths = {len(path)} if node is None or node.is_interior else set()
    depths |= {len(path) - 1} if path else set()
    deciding = max(depth for depth, _ in lists)
    depths |= {deciding} if deciding < len(path) else set()
    depths |= {deciding - 1} if deciding else set()
    ids: set[str] = set()
    for depth in depths:
        finding = read(tuple(entry for entry in lists if entry[0] <= depth), Verb.REPLACE)
        ids |= finding.granted - finding.denied
    return (EVERYBODY,) if EVERYBODY in ids else tuple(sorted(ids))


# -- other ways to inherit


def _read_merged(lists: _Lists, verb: Verb) -> _Finding:
    granted = frozenset().union(*(acl.who(verb) for _, acl in lists))
    return _Finding(granted, tuple(depth for depth, acl in lists if acl.who(verb)) or (lists[-1][0],))


def merged(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """A node's list is added to those of all its ancestors: a right once given above cannot be taken away below.

    basis: the reading that the specification rules out, "never a concatenation" [DMTND §7.7.1.1]

    >>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Replace=ops"})
    >>> print(merged(tree, "guest", Verb.GET, "./A/x"))
    yes: ACL of . (inherited) gives Get to everybody
    """
    return _decide(tree, server, verb, uri, _read_merged)


def _read_per_command(lists: _Lists, verb: Verb) -> _Finding:
    depth, acl = next(((d, a) for d, a in reversed(lists) if a.who(verb)), lists[-1])
    return _Finding(acl.who(verb), (depth,))


def per_command(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """Each command is inherited by itself: the nearest list that has an entry for it decides.

    basis: the reading that the specification rules out, a list is inherited whole or not at all [DMTND §7.7.1.1]

    >>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Replace=ops"})
    >>> print(per_command(tree, "ops", Verb.GET, "./A/x"))
    yes: ACL of . (inherited) gives Get to everybody
    """
    return _decide(tree, server, verb, uri, _read_per_command)


# -- identifiers with a meaning


def _read_denying(lists: _Lists, verb: Verb) -> _Finding:
    at, nearest = lists[-1]
    denials = [(depth, {i[1:] for i in acl.who(verb) if i.startswith("!")}) for depth, acl in lists]
    denied = frozenset().union(*(ids for _, ids in denials))
    granted = frozenset(i for i in nearest.who(verb) if not i.startswith("!"))
    return _Finding(granted, (at,), denied)


def denying(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
    """As the specification, but ``!id`` in an entry denies, for the node and everything below it, whatever lists
    stand there: a denial is stronger than a grant.

    basis: PROPOSAL, after the deny entries of file systems; DM has none

    >>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=*+!guest&Replace=ops", "./A/x": "Get=*"})
    >>> print(denying(tree, "guest", Verb.GET, "./A/x"))
    no: ACL of ./A (inherited) denies Get to guest
    """
    decision = _decide(tree, server, verb, uri, _read_denying)
    if decision:
        return decision
    path = parse(uri).path
    for depth, acl in reversed(_own_lists(tree, path)):
        if f"!{server}" in acl.who(verb):
            at = join(path[:depth])
            where = f"ACL of {at}" + (" (inherited)" if depth < len(path) else "")
            can = _grantors(tree, path[:depth], _own_lists(tree, path[:depth]), _read_denying)
            return Decision(False, at, f"{where} denies {verb.value} to {server}", decision.missing, can)
    return decision


@checked
@dataclass(frozen=True, slots=True)
class Roles:
    """As the specification, but ``@role`` in an entry stands for every server that has the role.

    ``members``: role to Server Identifiers; the device's maker or owner keeps that table, no command changes it.

    basis: PROPOSAL, after role based access control (ANSI INCITS 359); DM has none

    >>> policy = Roles({"support": ("desk.example", "field.example")})
    >>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=@support"})
    >>> print(policy(tree, "desk.example", Verb.GET, "./A/x"))
    yes: ACL of ./A (inherited) gives Get to desk.example
    """

    members: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __call__(self, tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
        """Whether ``server`` may, by itself or by one of its roles."""
        return _decide(tree, server, verb, uri, self._read)

    def _read(self, lists: _Lists, verb: Verb) -> _Finding:
        at, acl = lists[-1]
        ids = acl.who(verb)
        roles = (self.members.get(i[1:], ()) for i in ids if i.startswith("@"))
        return _Finding(frozenset(i for i in ids if not i.startswith("@")).union(*roles), (at,))


@checked
@dataclass(frozen=True, slots=True)
class Loans:
    """As the specification, but ``id~lender~time`` lends a right: ``id`` has it until ``time`` (``20261231T235959Z``),
    and no longer than ``lender`` has it by the same list.

    A policy has no clock; whoever carries out commands asks for the policy ``at`` its time.  Without a time every
    loan is over: a right is rather refused than kept too long.

    basis: PROPOSAL; what server delegation does by hand, granting and later taking away [dm13 sheet §5]

    >>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=ops+guest~ops~19700101T000100Z"})
    >>> print(Loans().at(59)(tree, "guest", Verb.GET, "./A/x"))
    yes: ACL of ./A (inherited) gives Get to guest
    >>> print(Loans().at(60)(tree, "guest", Verb.GET, "./A/x"))
    no: ACL of ./A (inherited) gives Get to ops only
    """

    now: Annotated[float, Range("time", -math.inf, endless=True)] = math.inf
    """Seconds since 1970 at which loans are looked at."""

    def at(self, now: float) -> Loans:
        """The same policy at another time, seconds since 1970."""
        return Loans(now)

    def __call__(self, tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
        """Whether ``server`` may, by an entry of its own or by a loan that is not over."""
        return _decide(tree, server, verb, uri, self._read)

    def _read(self, lists: _Lists, verb: Verb) -> _Finding:
        at, acl = lists[-1]
        own = frozenset(i for i in acl.who(verb) if "~" not in i)
        loans = (_loan(i) for i in acl.who(verb) if "~" in i)
        lent = {who for who, lender, end in loans if self.now < end and ({lender, EVERYBODY} & own)}
        return _Finding(own | lent, (at,))

    @staticmethod
    @asked
    def entry(server: str, lender: str, until: float) -> str:
        """The identifier that lends to ``server`` until ``until``, seconds since 1970; ConfigError for a bad id.

        >>> Loans.entry("guest", "ops", 60)
        'guest~ops~19700101T000100Z'
        """
        for name in (server, lender):
            if not name or "~" in name or set(name) & set("=&*+"):
                raise ConfigError(f"{name!r} is no Server Identifier that can lend or borrow")
        return f"{server}~{lender}~{datetime.fromtimestamp(until, UTC):%Y%m%dT%H%M%SZ}"


def _loan(text: str) -> tuple[str, str, float]:
    """Borrower, lender, end; what is no loan ended before time began."""
    parts = text.split("~")
    try:
        who, lender, end = parts
        return who, lender, datetime.strptime(end, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return parts[0], "", -math.inf


RIVALS: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        "specification": oma_acl,
        "merge with parent": merged,
        "per command": per_command,
        "deny entries": denying,
        "roles": Roles(),
        "loans": Loans(),
        "open": open_policy,
    }
)
"""Name -> policy, the specification's first.  Roles without a table and loans without a time grant nothing extra."""
