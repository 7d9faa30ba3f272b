"""A worked study: which rules about lists let a server lock itself out, and by which it gets more than it was given.

Each scenario is a small tree and what the server ``s`` does in it; each world is a policy and rules.  Every verdict is
found by carrying the commands out and asking the fixpoint of ``dmkit.rights.closure``; none is written down.

>>> leaf = next(scenario for scenario in SCENARIOS if scenario.name == "adds a leaf, Add only")
>>> print(try_out(leaf, WORLDS["DM 1.2"]))
locked out A····
>>> print(try_out(leaf, WORLDS["AOSP-DM"]))
owns it ADEGR
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from dmkit.rights.assumptions import Assumptions
from dmkit.rights.closure import closure
from dmkit.rights.rivals import denying, merged, per_command
from dmkit.tree.apply import TreeRules
from dmkit.tree.tree import Tree
from dmkit.words.codes import Verb
from dmkit.words.model import Add, Command, Replace

__all__ = ["SCENARIOS", "WORLDS", "RightsFinding", "RightsScenario", "study", "study_markdown", "try_out"]

_USEFUL: Final = frozenset({Verb.DELETE, Verb.GET, Verb.REPLACE})


@dataclass(frozen=True, slots=True)
class RightsScenario:
    """What ``s`` does in a tree, and the node that is looked at afterwards.

    ``asks`` "lock-out": can s still read, write or delete it, at once or ever?  "escalation": can s get rights there
    that it does not have?  ``rule`` is the rule that decides, with its source.
    """

    name: str
    asks: Literal["lock-out", "escalation"]
    values: Mapping[str, str | None]
    lists: Mapping[str, str]
    does: tuple[Command, ...]
    at: str
    rule: str


def _scenario(
    name: str,
    asks: Literal["lock-out", "escalation"],
    lists: Mapping[str, str],
    at: str,
    rule: str,
    *does: Command,
    values: Mapping[str, str | None] | None = None,
) -> RightsScenario:
    return RightsScenario(name, asks, values or {"./P/B/x": "1"}, lists, does, at, rule)


_LEAF: Final = "a new leaf inherits, and its list is its parent's business [DMTND §7.7.1.3]"
_OWNER: Final = "a new interior node has a list of its creator when that has no Replace above [DMTND §7.7.1.3]"
_TAKE: Final = "Replace on a node or its parent changes the node's list [DMTND §7.7.1.3]"
_ANEW: Final = "a list goes with its node, and a new node has a new one [DMTND §7.7.1.3, DMREPPRO §6.6.5]"

SCENARIOS: Final = (
    _scenario("adds a leaf, Add only", "lock-out", {"./P": "Add=s"}, "./P/new", _LEAF, Add.of("./P/new", "1")),
    _scenario(
        "adds a leaf below the default root", "lock-out", {}, "./new", _LEAF, Add.of("./new", "1"), values={"./P": None}
    ),
    _scenario("adds an interior node, Add only", "lock-out", {"./P": "Add=s"}, "./P/new", _OWNER, Add.of("./P/new")),
    _scenario(
        "adds a leaf and its parents, Add only", "lock-out", {"./P": "Add=s"}, "./P/a/b", _OWNER, Add.of("./P/a/b", "1")
    ),
    _scenario("adds a leaf, Add and Get", "lock-out", {"./P": "Add=s&Get=s"}, "./P/new", _LEAF, Add.of("./P/new", "1")),
    _scenario(
        "writes itself out of a list, default root above",
        "lock-out",
        {"./P": "Get=s&Replace=s"},
        "./P",
        "the root gives Replace to nobody, so there is no way back [DMTND §7.7.1.2]",
        Replace.of("./P?prop=ACL", "Add=t"),
    ),
    _scenario(
        "writes itself out of a list, Replace above",
        "lock-out",
        {"./P": "Replace=s", "./P/B": "Replace=s"},
        "./P/B",
        _TAKE,
        Replace.of("./P/B?prop=ACL", "Add=t"),
    ),
    _scenario(
        "has Replace on an interior node", "escalation", {"./P": "Replace=s", "./P/B": "Get=t"}, "./P/B/x", _TAKE
    ),
    _scenario("has Replace on a leaf only", "escalation", {"./P": "Get=t", "./P/B/x": "Replace=s"}, "./P/B/x", _LEAF),
    _scenario(
        "has Delete on a node, Add above it", "escalation", {"./P": "Add=s", "./P/B": "Delete=s"}, "./P/B/x", _ANEW
    ),
    _scenario(
        "the same, and a node below grants it nothing",
        "escalation",
        {"./P": "Add=s", "./P/B": "Delete=s", "./P/B/x": "Get=t"},
        "./P/B/x",
        _ANEW,
    ),
    _scenario(
        "has Delete on a leaf, Add above it",
        "escalation",
        {"./P/B": "Add=s&Get=s", "./P/B/x": "Delete=s"},
        "./P/B/x",
        _ANEW,
    ),
    _scenario("has Add on a parent only", "escalation", {"./P": "Add=s", "./P/B": "Get=t"}, "./P/B/x", _OWNER),
    _scenario(
        "has Replace on the root",
        "escalation",
        {".": "Add=*&Replace=s", "./P": "Get=t", "./P/B": "Get=t"},
        "./P/B/x",
        _TAKE,
    ),
    _scenario(
        "has Replace below a list that names it as !s",
        "escalation",
        {"./P": "Get=*+!s", "./P/B": "Replace=s"},
        "./P/B/x",
        _TAKE,
    ),
)
"""Everything that is looked at; a new question is a row."""

_ALL_RIGHTS: Final = "Add={0}&Delete={0}&Exec={0}&Get={0}&Replace={0}"
WORLDS: Final[Mapping[str, Assumptions]] = MappingProxyType(
    {
        "DM 1.2": Assumptions(),
        "AOSP-DM": Assumptions(
            rules=TreeRules(creator_acl=_ALL_RIGHTS, creator_acl_on_leaves=True, delete_asks_all=True)
        ),
        "libdmclient": Assumptions(
            rules=TreeRules(creator_acl="Add={0}&Delete={0}&Get=*&Replace={0}", creator_acl_on_leaves=True)
        ),
        "no list for creators": Assumptions(rules=TreeRules(creator_acl="")),
        "merge with parent": Assumptions(policy=merged),
        "per command": Assumptions(policy=per_command),
        "deny entries": Assumptions(policy=denying),
    }
)
"""Name -> policy and rules; the two engines as far as rights go [tree sheet §4.4, §5.3]."""


@dataclass(frozen=True, slots=True)
class RightsFinding:
    """A verdict, and the rights of ``s`` behind it: capital, has it; small, can get it; ``·``, never."""

    scenario: RightsScenario
    verdict: str
    letters: str

    def __str__(self) -> str:
        return f"{self.verdict} {self.letters}"


def try_out(scenario: RightsScenario, world: Assumptions) -> RightsFinding:
    """Carry out what the scenario says and look at what ``s`` has then, and what it can ever get by itself."""
    tree = Tree.of(scenario.values, acl=scenario.lists)
    for command in scenario.does:
        after = world.play(tree, "s", command)
        if after is None:
            return RightsFinding(scenario, "refused", "")
        tree = after
    found = closure(tree, ["s"], world=world, uris=[scenario.at])
    now, ever = found.now["s", scenario.at], found.ever["s", scenario.at]
    if scenario.asks == "lock-out":
        verdict = "owns it" if Verb.REPLACE in ever else "keeps some" if ever & _USEFUL else "locked out"
    else:
        verdict = "escalates" if ever > now else "holds"
    return RightsFinding(scenario, verdict, found.letters("s", scenario.at))


def study(worlds: Mapping[str, Assumptions] = WORLDS) -> Iterator[tuple[RightsScenario, dict[str, RightsFinding]]]:
    """Each scenario with its verdict in each of ``worlds``."""
    for scenario in SCENARIOS:
        yield scenario, {name: try_out(scenario, world) for name, world in worlds.items()}


def study_markdown(asks: str, worlds: Mapping[str, Assumptions] = WORLDS) -> str:
    """The verdicts on one question ("lock-out" or "escalation") as a table in Markdown."""
    rows = [["`s` ...", *worlds, "decided by"], ["---"] * (len(worlds) + 2)]
    for scenario, findings in study(worlds):
        if scenario.asks == asks:
            cells = [f"{f.verdict} `{f.letters}`" if f.letters else f.verdict for f in findings.values()]
            rows.append([scenario.name, *cells, scenario.rule])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
