"""Server allow-lists: what a server may touch at all, whatever the access control lists say.

An account may name the parts of the tree that its server is for.  The list comes on top of a policy and no command
changes it, so a compromised server gains nothing by rewriting ACLs.  ``basis``: PROPOSAL; one published client lets
an account hold no more roles than its bootstrap message gave it.

>>> from dmkit.tree.node import Path
>>> from dmkit.tree.tree import Tree
>>> tree = Tree.of({"./APN/Name": "x", "./DevInfo/Man": "Acme"}, acl={".": "Get=*&Replace=*"})
>>> policy = allow_only({"apn.example": ("./APN",)})
>>> bool(policy(tree, "apn.example", Verb.REPLACE, "./APN/Name"))
True
>>> print(policy(tree, "apn.example", Verb.GET, "./DevInfo/Man"))
no: apn.example is for ./APN only
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dmkit.tree.node import Path
from dmkit.tree.policy import Decision, Policy, at_time, oma_acl
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.codes import Verb
from dmkit.words.records import dataclass

__all__ = ["allow_only"]


def allow_only(scopes: Mapping[str, Iterable[str]], *, inner: Policy = oma_acl, others: bool = False) -> Policy:
    """A policy that asks ``inner`` only below the URIs that ``scopes`` gives to a server.

    Servers that ``scopes`` does not name are refused everything, unless ``others`` leaves them to ``inner``.
    """
    lists = {server: tuple(parse(uri).path for uri in uris) for server, uris in scopes.items()}
    return _AllowOnly(lists, inner, others)


@dataclass(frozen=True, slots=True)
class _AllowOnly:
    """The policy of ``allow_only``; with an ``inner`` one that depends on the time, so does it."""

    lists: Mapping[str, tuple[Path, ...]]
    inner: Policy
    others: bool

    def at(self, now: float) -> Policy:
        return replace(self, inner=at_time(self.inner, now))

    def __call__(self, tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
        allowed = self.lists.get(server)
        if allowed is None and not self.others:
            return Decision(False, ".", f"{server} is on no allow-list")
        path = parse(uri).path
        if allowed is None or any(path[: len(root)] == root for root in allowed):
            return self.inner(tree, server, verb, uri)
        names = ", ".join(sorted(join(root) for root in allowed)) or "nothing"
        return Decision(False, ".", f"{server} is for {names} only")
