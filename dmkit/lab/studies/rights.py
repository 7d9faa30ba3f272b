"""Rights as frames and as a graph: who may do what, who can ever, and by which list.

The answers are those of ``dmkit.rights.closure``; here they become a pandas table and a networkx graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dmkit.rights.assumptions import Assumptions
from dmkit.rights.closure import Closure, closure
from dmkit.rights.study import WORLDS, study
from dmkit.sim.provenance import made_by
from dmkit.tree.acl import RIGHTS
from dmkit.tree.policy import Policy, oma_acl
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.asked import asked
from dmkit.words.codes import Verb

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

__all__ = ["acl_study", "policy_frame", "privileges", "rights_frame"]

NOW, KEEP, ANEW, NEVER = "now", "can get", "by a new node", ""


@asked
def rights_frame(
    tree: Tree,
    servers: Iterable[str],
    *,
    policy: Policy = oma_acl,
    ever: bool = False,
    letters: bool = False,
    together: bool = False,
    world: Assumptions | None = None,
) -> pd.DataFrame:
    """A row per node; a column per server and command, True where the policy says yes.

    ``ever``: words instead: ``now``, ``can get`` (by changing lists), ``by a new node`` (deleting and adding), or
    empty for never; each server by itself, or all ``together``.  ``letters``: one column per server with five
    letters, ``A`` has it, ``a`` can get it.  ``world`` stands for policy, rules and time at once.

    >>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=*&Replace=ops"})
    >>> rights_frame(tree, ["ops", "guest"], letters=True)["ops"].to_dict()
    {'.': 'A··G·', './A': '···GR', './A/x': '···GR'}
    """
    import pandas as pd

    world = world or Assumptions(policy=policy)
    known = tuple(dict.fromkeys(servers))
    if ever:
        found = closure(tree, known, world=world, together=together)
    else:
        now = {
            (server, uri): frozenset(verb for verb in RIGHTS if world.may(tree, server, verb, uri))
            for uri, _ in tree.walk()
            for server in known
        }
        lists = {uri: node.acl for uri, node in tree.walk()}
        found = Closure(known, tuple(lists), lists, now, now, now)
    index = pd.Index(found.uris, name="node")
    if letters:
        frame = pd.DataFrame({s: [found.letters(s, uri) for uri in found.uris] for s in known}, index=index)
        frame.columns.name = "server"
    else:
        columns = pd.MultiIndex.from_product([known, [verb.value for verb in RIGHTS]], names=["server", "command"])
        one = _word if ever else _yes
        rows = [[one(found, server, verb, uri) for server in known for verb in RIGHTS] for uri in found.uris]
        frame = pd.DataFrame(rows, index=index, columns=columns)
    frame.attrs |= {
        **made_by(),
        "policy": _called(world.policy),
        "servers": known,
        "ever": ever,
        "together": together,
    }
    return frame


def _yes(found: Closure, server: str, verb: Verb, uri: str) -> bool:
    return verb in found.now[server, uri]


def _word(found: Closure, server: str, verb: Verb, uri: str) -> str:
    at = server, uri
    return (
        NOW if verb in found.now[at] else KEEP if verb in found.keep[at] else ANEW if verb in found.ever[at] else NEVER
    )


def _called(policy: Policy) -> str:
    return getattr(policy, "__name__", "") or repr(policy)


@asked
def policy_frame(
    tree: Tree, policies: Mapping[str, Policy], servers: Iterable[str], *, ever: bool = False
) -> pd.DataFrame:
    """How many rights each policy gives on this tree (or can ever give): a row per policy, a column per server.

    >>> import dmkit as dm
    >>> tree = dm.Tree.of({"./A/B": "1"}, acl={"./A/B": "Get=ops"})
    >>> policy_frame(tree, {"OMA": dm.rights.oma_acl}, ["ops"]).shape
    (1, 1)
    """
    import pandas as pd

    known = tuple(servers)
    rows = {}
    for name, policy in policies.items():
        frame = rights_frame(tree, known, policy=policy, ever=ever)
        rows[name] = {server: int(frame[server].to_numpy().astype(bool).sum()) for server in known}
    made = pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), name="policy"), columns=list(known))
    made.attrs |= {**made_by(), "policies": tuple(policies), "servers": known, "ever": ever}
    return made


@asked
def privileges(tree: Tree, servers: Iterable[str], *, world: Assumptions | None = None) -> nx.DiGraph[Any]:
    """Servers, lists, and what leads from one to the other.

    Nodes have ``kind`` "server" or "list" (nodes of the tree with a list of their own).  An edge from a server to a
    list has ``verbs``, the letters of the rights it has there, and ``kind``: "has"; "controls" when it may change
    that list; "can get" when it can ever.  An edge between lists, kind "above", is from the nearest list above.

    >>> import dmkit as dm
    >>> privileges(dm.Tree.of({"./A/B": "1"}, acl={"./A/B": "Get=ops"}), ["ops"]).number_of_edges()
    3
    """
    import networkx as nx

    known = tuple(dict.fromkeys(servers))
    found = closure(tree, known, world=world)
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_nodes_from(known, kind="server")
    owners = [uri for uri in found.uris if found.lists[uri]]
    graph.add_nodes_from(owners, kind="list")
    for uri in owners:
        path = parse(uri).path
        above = next((join(path[:d]) for d in range(len(path) - 1, -1, -1) if found.lists[join(path[:d])]), None)
        if path and above is not None:
            graph.add_edge(above, uri, kind="above", verbs="")
        for server in known:
            has, can = found.now[server, uri], found.ever[server, uri]
            rules = Verb.REPLACE in has or (bool(path) and Verb.REPLACE in found.now[server, join(path[:-1])])
            kind = "controls" if rules else "can get" if can - has else "has" if has else ""
            if kind:
                letters = "".join(v[0] if v in has else v[0].lower() for v in RIGHTS if v in can)
                graph.add_edge(server, uri, kind=kind, verbs=letters)
    return graph


@asked
def acl_study(asks: str | None = None, worlds: Mapping[str, Assumptions] = WORLDS) -> pd.DataFrame:
    """The verdicts of ``dmkit.rights.study``: a row per scenario, a column per world.

    ``asks`` chooses "lock-out" or "escalation"; the letters are the rights of the server, as in ``rights``.

    >>> from dmkit.rights.study import SCENARIOS
    >>> frame = acl_study(SCENARIOS[0].asks)
    >>> SCENARIOS[0].name in frame.index or len(frame) > 0
    True
    """
    import pandas as pd

    found = [(s, row) for s, row in study(worlds) if asks in (None, s.asks)]
    index = pd.MultiIndex.from_tuples([(s.asks, s.name) for s, _ in found], names=["question", "the server"])
    frame = pd.DataFrame([{name: str(f) for name, f in row.items()} for _, row in found], index=index)
    frame.attrs |= {**made_by(), "worlds": tuple(worlds), "rules": {s.name: s.rule for s, _ in found}}
    return frame
