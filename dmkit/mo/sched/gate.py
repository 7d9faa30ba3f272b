"""Condition/Gate: a boolean expression over nodes that must hold besides the conditions.  Proposal.

``./Bat/Level>=30 AND ./Net/Bearer!=ROAM``: comparisons of a node with a value, joined by NOT, AND, OR (in this order of
strength) and parentheses; a node alone is true when its value is ``true``.  Values with blanks or parentheses stand in
single quotes.  A node is compared as its Format says.  [scheduling sheet §3, §5.3]

>>> gate = parse("./Bat/Level>=30 AND NOT (./Net/Bearer=ROAM OR ./Bat/Saver)")
>>> gate.nodes
('./Bat/Level', './Net/Bearer', './Bat/Saver')
>>> parse("./Bat/Level >= ")
Traceback (most recent call last):
    ...
ValueError: Gate: a value is expected behind '>=' (character 16)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from dmkit.tree.node import Node
from dmkit.words.caches import weigh

__all__ = ["And", "Comparison", "Expression", "Not", "Or", "compare", "number", "parse"]

_DEPTH: Final = 32
_TOKEN: Final = re.compile(r"\s*(?:(?P<op>>=|<=|!=|==|=|>|<)|(?P<par>[()])|'(?P<text>[^']*)'|(?P<word>[^\s()=<>!']+))")
Lookup: TypeAlias = Callable[[str], Node | None]


@lru_cache(maxsize=4096)
def number(text: str) -> float | None:
    """The finite number in ``text``, or None."""
    weigh(number, len(text))
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value - value == 0 else None


def compare(node: Node, op: str, text: str) -> bool:
    """Whether the value of ``node`` stands in the relation ``op`` to ``text``, as numbers where its Format is int or
    float.

    >>> compare(Node("int", "9"), "<", "20"), compare(Node("chr", "9"), "<", "20")
    (True, False)
    """
    if node.format in ("int", "float"):
        left, right = number(node.text), number(text)
        if left is None or right is None:
            return False
        return _RELATIONS[op]((left > right) - (left < right))
    return _RELATIONS[op]((node.text > text) - (node.text < text))


_RELATIONS: Final[dict[str, Callable[[int], bool]]] = {
    "=": lambda sign: sign == 0,
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One node and a value; a missing node makes it false, whatever the relation."""

    node: str
    op: str = "="
    value: str = "true"

    def holds(self, look: Lookup) -> bool:
        """Whether it is true of the nodes that ``look`` finds."""
        node = look(self.node)
        return node is not None and not node.is_interior and compare(node, self.op, self.value)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The URIs that are read."""
        return (self.node,)


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    inner: Expression

    def holds(self, look: Lookup) -> bool:
        """Whether it is true."""
        return not self.inner.holds(look)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The URIs that are read."""
        return self.inner.nodes


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple[Expression, ...]

    def holds(self, look: Lookup) -> bool:
        """Whether all are true."""
        return all(part.holds(look) for part in self.parts)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The URIs that are read."""
        return tuple(uri for part in self.parts for uri in part.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    parts: tuple[Expression, ...]

    def holds(self, look: Lookup) -> bool:
        """Whether one is true."""
        return any(part.holds(look) for part in self.parts)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The URIs that are read."""
        return tuple(uri for part in self.parts for uri in part.nodes)


Expression: TypeAlias = Comparison | Not | And | Or


def parse(text: str) -> Expression:
    """The expression in ``text``; ValueError with a sentence that says where it is wrong."""
    reader = _Reader(text)
    found = reader.either(0)
    if reader.kind != "end":
        raise reader.wrong("AND, OR or the end")
    return found


class _Reader:
    """Reads token by token; ``kind``, ``token`` and ``at`` are those of the next one."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0
        self.kind = self.token = self.before = ""
        self.at = 0
        self.advance()

    def advance(self) -> None:
        """On to the next token."""
        self.before = self.token
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            rest = self.text[self.position :]
            if rest.strip():
                raise ValueError(f"Gate: {rest.strip()[0]!r} has no place here (character {self.position + 1})")
            self.kind, self.token, self.at = "end", "", len(self.text)
            return
        self.kind = match.lastgroup or "end"
        self.token = match.group(self.kind)
        self.at, self.position = match.start(self.kind), match.end()

    def wrong(self, expected: str) -> ValueError:
        """The sentence about the next token."""
        behind = f" behind {self.before!r}" if self.before else ""
        found = f", not {self.token!r}" if self.kind != "end" else ""
        return ValueError(f"Gate: {expected} is expected{behind}{found} (character {self.at + 1})")

    def says(self, word: str) -> bool:
        """Take ``word`` if it is next."""
        if self.kind in ("word", "par") and self.token == word:
            self.advance()
            return True
        return False

    def either(self, depth: int) -> Expression:
        """What stands between parentheses."""
        if depth > _DEPTH:
            raise ValueError(f"Gate: more than {_DEPTH} parentheses inside each other")
        parts = [self.both(depth)]
        while self.says("OR"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self, depth: int) -> Expression:
        """What stands between two OR."""
        parts = [self.one(depth)]
        while self.says("AND"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self, depth: int) -> Expression:
        """What stands between two AND."""
        if self.says("NOT"):
            if depth > _DEPTH:
                raise ValueError(f"Gate: more than {_DEPTH} NOT inside each other")
            return Not(self.one(depth + 1))
        if self.says("("):
            inner = self.either(depth + 1)
            if not self.says(")"):
                raise self.wrong("')'")
            return inner
        if self.kind != "word" or not self.token.startswith("./"):
            raise self.wrong("a node such as ./Bat/Level")
        if "?" in self.token:
            raise ValueError(f"Gate: {self.token} names a property; only values of nodes can be compared")
        uri = self.token
        self.advance()
        if self.kind != "op":
            return Comparison(uri)
        op = self.token
        self.advance()
        if self.kind not in ("word", "text") or (self.kind == "word" and self.token in ("AND", "OR", "NOT")):
            raise self.wrong("a value")
        value = self.token
        self.advance()
        return Comparison(uri, op, value)
