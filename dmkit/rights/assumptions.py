"""Moves that change rights: Replace of a list, Delete, Add; and the world in which servers make them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from dmkit.tree.acl import RIGHTS
from dmkit.tree.apply import TreeRules
from dmkit.tree.execute import execute
from dmkit.tree.node import Node, Path
from dmkit.tree.policy import Decision, Policy, at_time, oma_acl
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.checked import checked
from dmkit.words.codes import Verb
from dmkit.words.model import Add, Command, Item, Meta, Replace
from dmkit.words.ranges import Range

__all__ = ["Assumptions", "add_like", "everything", "paths_of", "set_list"]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What holds while servers play: policy, rules of the tree, the time; ``anew``: whether they delete and add.

    >>> Assumptions(anew=False).anew
    False
    """

    policy: Policy = oma_acl
    """Who may do what."""
    rules: TreeRules = field(default_factory=TreeRules)
    """Choices about commands on the tree."""
    now: Annotated[float, Range("time", -math.inf)] = 0.0
    """Seconds since 1970, for policies that know the time."""
    anew: bool = True

    def play(self, tree: Tree, by: str, command: Command) -> Tree | None:
        """The tree after ``command``; None when it was refused."""
        execution = execute(tree, (command,), by=by, now=self.now, policy=self.policy, rules=self.rules)
        return execution.tree if execution.outcomes[0].ok else None

    def may(self, tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
        """What the policy says at the time of this world."""
        return at_time(self.policy, self.now)(tree, server, verb, uri)


def everything(players: Iterable[str], path: Path) -> str:
    """The list that gives all to the players; the root's Add stays with everybody."""
    ids = "+".join(sorted(set(players)))
    return "&".join(f"{verb.value}={'*' if verb is Verb.ADD and not path else ids}" for verb in RIGHTS)


def set_list(players: Iterable[str], path: Path) -> Replace:
    """The command that gives all to the players at ``path``."""
    return Replace.of(f"{join(path)}?prop=ACL", everything(players, path))


def add_like(path: Path, like: Node | None) -> Add:
    """Add a node at ``path`` of the kind of ``like``, empty; an interior one for None."""
    if like is None or like.is_interior:
        return Add.of(join(path), type=like.type if like is not None and like.type else None)
    return Add((Item(target=join(path), meta=Meta(format=like.format, type=like.type or None), data=like.value),))


def paths_of(tree: Tree, uris: Iterable[str] | None) -> dict[Path, Node]:
    """Nodes by path, parents first: all, or those of ``uris`` and what is above them."""
    if uris is None:
        return {parse(uri).path: node for uri, node in tree.walk()}
    wanted = sorted({path[:depth] for path in (parse(uri).path for uri in uris) for depth in range(len(path) + 1)})
    found = {path: tree.find(path) for path in wanted}
    return {path: node for path, node in found.items() if node is not None}
