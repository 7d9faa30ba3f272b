"""What the commands of a message write, held against a description: each value, without a device.

>>> from dmkit.ddf.spec import NodeSpec, Spec
>>> from dmkit.words.codes import Format
>>> from dmkit.words.model import Item, Replace
>>> spec = Spec((NodeSpec(name="A", format=Format.NODE, children=(NodeSpec(name="N", format=Format.INT),)),))
>>> print(*check_writes([Replace((Item(target="./A/N", data="x"), Item(target="./A/M", data="1")))], spec), sep="\\n")
./A/N: value: 'x' has not the form of int; it is a decimal number of 32 bits
./A/M: unknown: the description knows no such node; ./A holds N

Sources: [DMREPPRO §6.6.1, §6.6.11], [DMTND §9.4.2].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dmkit.ddf.checking import TreeFinding, check_leaf
from dmkit.ddf.rules import Mount, PlaceRule, rules_of
from dmkit.tree.node import Node
from dmkit.tree.uri import join, parse
from dmkit.words.codes import Format
from dmkit.words.errors import CommandFailed
from dmkit.words.model import Add, Atomic, Command, Delete, Exec, Item, Meta, Replace, Sequence

__all__ = ["check_writes", "written"]


def written(commands: Iterable[Command]) -> Iterator[tuple[Command, Item, Meta | None]]:
    """Each Item of the commands that change a tree, with the Meta of its command."""
    for command in commands:
        if isinstance(command, Atomic | Sequence):
            yield from written(command.commands)
        elif isinstance(command, Add | Replace | Delete | Exec):
            for item in command.items:
                yield command, item, command.meta


def check_writes(commands: Iterable[Command], *mounts: Mount) -> tuple[TreeFinding, ...]:
    """Everything that the commands would write and the descriptions do not allow, in the order of the commands.

    What no description reaches is a finding of the rule ``outside``: nothing is passed over.
    """
    rules = rules_of(*mounts)
    return tuple(finding for command, item, meta in written(commands) for finding in _item(command, item, meta, rules))


def _item(command: Command, item: Item, meta: Meta | None, rules: PlaceRule) -> Iterator[TreeFinding]:
    text = (item.target or item.source or "").strip()
    try:
        path = parse(text).path
    except CommandFailed as failure:
        yield TreeFinding(
            text or "(no target)", "unknown", f"this is no address: {failure.reason}", "an address stands there"
        )
        return
    uri, rule = join(path), rules
    for depth, name in enumerate(path, 1):
        found = rule.match(name)
        if found is None:
            here, above = join(path[:depth]), join(path[: depth - 1])
            if rule.is_open or rule.node is None:
                yield TreeFinding(uri, "outside", "no description reaches it", "it was not looked at")
            else:
                holds = ", ".join(below.node.label for below in rule.below() if below.node) or "nothing"
                yield TreeFinding(here, "unknown", "the description knows no such node", f"{above} holds {holds}")
            return
        rule = found
    if rule.node is None:
        yield TreeFinding(uri, "outside", "the description begins below it", "it was not looked at")
    elif command.verb not in rule.node.access if rule.node.access is not None else False:
        may = ", ".join(sorted(rule.node.access or ())) or "nothing"
        yield TreeFinding(uri, "access", f"{command.verb.value} is not among its rights", f"{may} may be done")
    elif isinstance(command, Add | Replace):
        yield from _value(uri, item, meta, rule)


def _value(uri: str, item: Item, meta: Meta | None, rule: PlaceRule) -> Iterator[TreeFinding]:
    spec = rule.node
    assert spec is not None  # _item has looked
    own = (item.meta.format if item.meta else None) or (meta.format if meta else None)
    format = Format.of(own) if own else None
    if own and format is None:
        yield TreeFinding(uri, "format", f"its format is {own[:40]!r}", f"{spec.format or 'one of DDF'} is described")
        return
    if spec.is_interior:
        if format not in (None, Format.NODE) or (item.data and format is None):
            yield TreeFinding(uri, "kind", "a value is written", "an interior node is described")
        return
    if item.more_data:
        yield TreeFinding(uri, "outside", "the value is a piece of a larger one", "it was not looked at")
        return
    kind = (item.meta.type if item.meta else None) or (meta.type if meta else None)
    if format is Format.B64 and spec.format in (Format.BIN, Format.B64):
        format = spec.format
    node = Node((format or spec.format or Format.CHR).value, item.data, kind or next(iter(spec.types), "text/plain"))
    yield from check_leaf(uri, node, rule)
