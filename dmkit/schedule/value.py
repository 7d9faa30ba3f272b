"""A schedule as a value: leaves by address, as the Scheduling MO names them; the same as a tree and as TOML.

>>> plan = make("A", ["Exec ./FUMO/Update"], traps=["charger-on"], priority=1)
>>> plan["Priority"], plan["Component/1/Task/1/Command"]
('1', 'Exec')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from dmkit.mo.sched.build import InstallWay, commands, component, leaf_format, options, subtree
from dmkit.mo.sched.read import numbered
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.asked import asked, asked_first
from dmkit.words.digits import whole
from dmkit.words.errors import ConfigError
from dmkit.words.from_toml import parse as parse_toml
from dmkit.words.model import Command

__all__ = ["OWN", "Schedule", "commands_of", "from_toml", "from_tree", "make", "to_toml", "to_tree"]

OWN: Final = frozenset({"State", "Log", "ServerID", "Counters", "Operations"})
"""Top nodes that the client writes: no part of what a server wishes."""
_WHOLE: Final = frozenset({
    "begins", "ends", "priority", "missed", "missed_delay", "gating", "when", "report_to", "report_rules",
    "report_state", "tell_missed", "report_window", "report_retries", "report_retry",
})  # fmt: skip
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_INT: Final = re.compile(r"-?(0|[1-9]\d*)\Z")


class _Places(NamedTuple):
    """Values of leaves by their address, and names below each address."""

    values: dict[str, str]
    below: dict[str, dict[str, None]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """``name`` is that of its node; ``leaves`` are addresses below it with their values, in the order of the tree.

    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> plan.name, plan["Component/1/Task/1/Command"]
    ('Poll', 'Replace')
    """

    name: str
    leaves: tuple[tuple[str, str], ...]
    _found: list[_Places] = field(default_factory=list, init=False, repr=False, compare=False)

    def __getitem__(self, path: str) -> str:
        return self._places.values[path]

    def get(self, path: str, default: str = "") -> str:
        """The value at an address below it."""
        return self._places.values.get(path, default)

    @property
    def components(self) -> tuple[str, ...]:
        """Names of its components, in order."""
        return self.below("Component")

    def below(self, path: str) -> tuple[str, ...]:
        """Names that stand below an address, in order."""
        return tuple(numbered(self._places.below.get(path, ())))

    @property
    def _places(self) -> _Places:
        """Its leaves by address, put together when the first of them is asked for."""
        if not self._found:
            below: dict[str, dict[str, None]] = {}
            for path, _ in self.leaves:
                while "/" in path:
                    path, _, name = path.rpartition("/")
                    below.setdefault(path, {})[name] = None
            self._found.append(_Places(dict(self.leaves), below))
        return self._found[0]


def _order(path: str) -> list[tuple[int, int, str]]:
    return [(1, 0, p) if (number := whole(p)) is None else (0, number, "") for p in path.split("/")]


def _schedule(name: str, leaves: Iterable[tuple[str, str]]) -> Schedule:
    rows = sorted(leaves, key=lambda row: _order(row[0]))
    for path, value in rows:
        format = leaf_format(path)
        if format == "int" and _INT.match(value) is None:
            raise ConfigError(f"{path}: {value!r} is no whole number")
        if format == "bool" and value not in ("true", "false"):
            raise ConfigError(f"{path}: {value!r} is neither true nor false")
    if not name or "/" in name or name in (".", ".."):
        raise ConfigError(f"{name!r} is no name of a node")
    return Schedule(name, tuple(rows))


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@asked
def make(name: str, runs: Iterable[str] = (), **content: Any) -> Schedule:
    """A schedule of one component (or of ``parts``, each a mapping), said as ``component`` and ``options`` take it.

    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> plan["Component/1/Task/1/Command"]
    'Replace'
    """
    whole = {key: content.pop(key) for key in list(content) if key in _WHOLE}
    parts = content.pop("parts", None) or [{"runs": tuple(runs), **content}]
    found: dict[str, object] = {}
    for number, part in enumerate(parts, 1):
        part = dict(part)
        found |= component(part.pop("number", number), *part.pop("runs", ()), **part)
    return _schedule(name, ((path, _text(value)) for path, value in {**found, **options(**whole)}.items()))


@asked
def to_tree(plan: Schedule) -> Node:
    """The schedule as nodes, each leaf in the format that is described.

    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> to_tree(plan).format
    'node'
    """
    return subtree(dict(plan.leaves))


@asked
def from_tree(tree: Tree | Node, uri: str = "") -> Schedule:
    """The schedule at ``uri`` of a tree: what its server wished, without what the client writes there.

    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> from_tree(to_tree(plan)).leaves == plan.leaves
    True
    """
    node = tree.get(uri) if isinstance(tree, Tree) else tree
    found: list[tuple[str, str]] = []

    def walk(below: Node, path: tuple[str, ...]) -> None:
        for name, child in below.children.items():
            if (not path and name in OWN) or (len(path) == 2 and path[0] == "Component" and name == "State"):
                continue
            if child.is_interior:
                walk(child, (*path, name))
            else:
                found.append(("/".join((*path, name)), child.text))

    walk(node, ())
    name = uri.rpartition("/")[2] or "schedule"
    plain = [(p, v) for p, v in found if not (p == "ID" and v == name) and not (p == "Report/Gating" and v == "0")]
    return _schedule(name, plain)


@asked
def commands_of(plan: Schedule, root: str = "./Sched", how: InstallWay = "tnds") -> tuple[Command, ...]:
    """The commands that install it.

    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> [type(command).__name__ for command in commands_of(plan)]
    ['Add']
    """
    return commands(f"{root}/{plan.name}", dict(plan.leaves), how=how)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


@asked
def to_toml(plan: Schedule) -> str:
    """As TOML: tables as the tree has interior nodes, numbers and truth values as such.

    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> to_toml(plan).splitlines()[0]
    'name = "Poll"'
    """
    tables: dict[str, list[str]] = {"": [f"name = {_quoted(plan.name)}"]}
    for path, value in plan.leaves:
        above, _, name = path.rpartition("/")
        plain = leaf_format(path) in ("int", "bool")
        key = name if _BARE.match(name) else _quoted(name)
        tables.setdefault(above, []).append(f"{key} = {value if plain else _quoted(value)}")
    lines = []
    for above, rows in tables.items():
        if above:
            lines += ["", f"[{'.'.join(n if _BARE.match(n) else _quoted(n) for n in above.split('/'))}]"]
        lines += rows
    return "\n".join(lines) + "\n"


def _is_text(path: str) -> bool:
    """Whether a leaf holds a text; what is none is said elsewhere."""
    try:
        return leaf_format(path) == "chr"
    except ConfigError:
        return False


@asked_first
def from_toml(text: str) -> Schedule:
    """From TOML; ConfigError says what is wrong.

    >>> plan = make("Poll", ["Replace ./Vendor/Poll 60"], base="20251201T030000Z", recur="FREQ=DAILY")
    >>> from_toml(to_toml(plan)) == plan
    True
    """
    found = parse_toml(text, "a schedule")
    name = found.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError('a schedule in TOML begins with its name, such as name = "Poll"')
    leaves: list[tuple[str, str]] = []

    def walk(table: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                walk(value, (*path, key))
            elif isinstance(value, str | int) and not (isinstance(value, bool) and _is_text("/".join((*path, key)))):
                leaves.append(("/".join((*path, key)), _text(value)))
            else:
                raise ConfigError(f"{'/'.join((*path, key))}: {value!r} is no value of a leaf")

    walk(found, ())
    return _schedule(name, leaves)
