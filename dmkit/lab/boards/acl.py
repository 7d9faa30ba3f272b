"""A tree's lists to play with: edit one, see who may do what, ask why, ask who could ever.

The widget holds no logic: each answer is ``answer``, a function of a tree and a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ipywidgets as w

from dmkit.lab.boards.controls import WIDE, choose
from dmkit.lab.boards.widgets import Page, _note, _WithFallback, board
from dmkit.rights.assumptions import Assumptions
from dmkit.rights.closure import closure
from dmkit.rights.reach import ever
from dmkit.rights.rivals import RIVALS
from dmkit.tree.acl import EVERYBODY, RIGHTS
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.policy import Policy, open_policy
from dmkit.tree.tree import Tree
from dmkit.views.look import GREEN, RED, Look, escape
from dmkit.views.rightsview import rights_html, rights_text
from dmkit.words.arguments import instance, texts_of
from dmkit.words.codes import Verb
from dmkit.words.errors import ConfigError
from dmkit.words.model import Replace

__all__ = ["AclAnswer", "AclExplorer", "acl_explorer", "answer", "named_servers"]


@dataclass(frozen=True, slots=True)
class AclAnswer:
    """What there is to say about one question: the table, the reason, and whether it could ever be otherwise."""

    table: Look
    why: str
    ever: str
    others: str

    @property
    def html(self) -> str:
        """The sentences, and the table below them."""
        colour = GREEN if self.why.startswith("yes") else RED
        later = "" if self.ever == "yes, already" else f"<p><b>Ever?</b> {escape(self.ever)}</p>"
        return (
            '<div role="status" style="overflow-wrap:anywhere">'
            f'<p><b>Now?</b> <span style="color:{colour}">{escape(self.why)}</span></p>{later}'
            f"<p><b>Who could ever?</b> {escape(self.others)}</p></div>{self.table.html}"
        )


def named_servers(tree: Tree) -> tuple[str, ...]:
    """The Server Identifiers that stand in lists of the tree.

    >>> named_servers(Tree.of({"./A": None}, acl={"./A": "Get=*&Replace=b+a"}))
    ('a', 'b')
    """
    lists = (parse_acl(node.acl, lenient=True) for _, node in tree.walk() if node.acl)
    ids = {server for acl in lists for entry in acl.entries.values() for server in entry}
    return tuple(sorted(ids - {EVERYBODY}))


def answer(tree: Tree, server: str, verb: Verb, uri: str, servers: Iterable[str], policy: Policy) -> AclAnswer:
    """Whether ``server`` may, why, whether it could ever, and who else could."""
    world, known = Assumptions(policy=policy), tuple(servers)
    found = closure(tree, known, world=world)
    decision = world.may(tree, server, verb, uri)
    reach = ever(tree, server, verb, uri, world=world)
    able = [other for other in known if found.can(other, verb, uri)]
    who = f"{verb.value} {uri}: {', '.join(able) or 'nobody'}, each by itself"
    table = Look(rights_text(found), rights_html(found, server=server, uri=uri))
    return AclAnswer(table, f"{'yes' if decision else 'no'}: {decision.explain()}", str(reach), who)


class AclExplorer(_WithFallback):
    """Controls and what they change: ``own`` is the list of ``node``; ``shown`` has the answer, ``problem`` what is
    wrong with a list that was typed.  ``tree`` is the tree as edited.
    """

    def __init__(self, tree: Tree, servers: Iterable[str], policies: Mapping[str, Policy]) -> None:
        self.first = self.tree = tree
        self.servers = tuple(servers)
        self.policies = dict(policies)
        uris = [uri for uri, _ in tree.walk()]
        self.node = w.Dropdown(options=uris, value=uris[-1], description="node", style=WIDE)
        self.own = w.Text(
            description="own list", continuous_update=False, placeholder="empty: it inherits", style=WIDE,
            layout=w.Layout(width="34em"),
        )  # fmt: skip
        self.undo = w.Button(description="Undo all", tooltip="the tree as it was at first")
        self.server = w.Dropdown(options=self.servers, description="may", style=WIDE)
        self.verb = w.Dropdown(
            options=[verb.value for verb in RIGHTS], value="Replace", description="do command", style=WIDE
        )
        self.policy = w.Dropdown(options=list(self.policies), description="policy", style=WIDE)
        self.problem, self.shown = Page(), Page()
        self._loading = False
        self.node.observe(lambda _: self._load(), "value")
        self.own.observe(lambda _: self._edit(), "value")
        self.undo.on_click(lambda _: self._undo())
        self.controls = {
            "node": self.node, "own": self.own, "server": self.server, "verb": self.verb, "policy": self.policy,
        }  # fmt: skip
        for control in (self.server, self.verb, self.policy):
            control.observe(lambda _: self._draw(), "value")
        rows = [w.HBox([self.node, self.own, self.undo]), w.HBox([self.server, self.verb, self.policy])]
        self.widget = board(*rows, self.problem, self.shown)
        self._load()

    def _load(self) -> None:
        self._loading = True
        self.own.value = self.tree.get(self.node.value).acl
        self._loading = False
        self.problem.value = ""
        self._draw()

    def _edit(self) -> None:
        if self._loading:
            return
        command = Replace.of(f"{self.node.value}?prop=ACL", self.own.value)
        after, outcome = self.tree.apply(command, by="the owner of the device", policy=open_policy)
        if not outcome.ok:
            kept = self.tree.get(self.node.value).acl or "none"
            self.problem.value = (
                f'<p role="alert" style="color:{RED}"><b>Not changed.</b> {escape(outcome.why)}. '
                f"The list is still: {escape(kept)}</p>"
            )
            return
        self.tree = after
        self.problem.value = ""
        self._draw()

    def _undo(self) -> None:
        self.tree = self.first
        self._load()

    @property
    def answer(self) -> AclAnswer:
        """The answer to the question as it stands."""
        verb, policy = Verb(self.verb.value), self.policies[self.policy.value]
        return answer(self.tree, self.server.value, verb, self.node.value, self.servers, policy)

    def _draw(self) -> None:
        self.shown.value = self.answer.html

    @property
    def _asked(self) -> str:
        return f"may {self.server.value} do {self.verb.value} at {self.node.value} ({self.policy.value})"

    def _static(self) -> Look:
        return Look(repr(self), f"<div><p>{escape(self._asked)}?</p>{self.answer.html}{_note('an example')}</div>")

    def __repr__(self) -> str:
        return f"AclExplorer({self._asked}? {self.answer.why})"


def acl_explorer(
    tree: Tree, servers: Iterable[str] | None = None, *, policies: Mapping[str, Policy] | None = None, **chosen: object
) -> AclExplorer:
    """Edit lists of ``tree``, and ask who may, why, and who could ever.

    ``servers``: who is asked about, those that the lists name when not given.  ``policies`` by name:
    ``dm.rights.RIVALS``.
    ``chosen`` sets controls at the start: ``node``, ``own``, ``server``, ``verb``, ``policy``.

    >>> shown = acl_explorer(Tree.of({"./A/x": "1"}, acl={"./A": "Get=*&Replace=ops"}), ["guest", "ops"])
    >>> shown
    AclExplorer(may guest do Replace at ./A/x (specification)? no: ACL of ./A (inherited) gives Replace to ops only; \
Replace=guest is missing; ops could grant it)
    """
    instance("tree", tree, Tree, "a Tree, such as dm.Tree.of({...}) or the tree of a device")
    known = texts_of("servers", servers, "['ops.example']") if servers is not None else named_servers(tree)
    worlds = instance("policies", RIVALS if policies is None else policies, Mapping, "policies by name")
    if not worlds:
        raise ConfigError("policies is empty; at least one is needed, such as dm.rights.RIVALS")
    explorer = AclExplorer(tree, known or ("anybody",), worlds)
    choose("acl_explorer", explorer.controls, chosen)
    return explorer
