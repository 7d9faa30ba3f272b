"""What the themes make of a server's commands before the engines of DM 1.2 carry them out.  [dm13 sheet §4]

A prepared command is one of DM 1.2; what it was before, only its answer shows.  Inside Atomic and Sequence all is as in
DM 1.2, for nothing public speaks of it.

>>> from dmkit.dm13.addressing import NAP, example
>>> [one] = prepare(example(), (Get.of(f"{NAP}?*/Addr"),), "srv", Features(address_by_object=True))
>>> [item.target for item in one.command.items]
['./Operator/Net/4711/Addr', './Operator/Net/4712/Addr']
>>> [one] = prepare(example(), (Get.of(f"{NAP}?*/Addr"),), "srv")
>>> one.command.items[0].target == f"{NAP}?*/Addr"
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dmkit.dm13.addressing import by_question
from dmkit.dm13.placement import may_create
from dmkit.dm13.profile import DM13, Features
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Add, Command, Delete, Exec, Get, Item, Replace
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["Prepared", "prepare"]


class Prepared(NamedTuple):
    """A command to be carried out, or an outcome that needs no carrying out; ``moved`` is where an Add went instead."""

    command: Command
    outcome: Outcome | None = None
    moved: tuple[str, ...] = ()


@asked
def prepare(
    tree: Tree,
    commands: tuple[Command, ...],
    by: str,
    features: Features | None = None,
    creates: Mapping[str, frozenset[str]] | None = None,
) -> tuple[Prepared, ...]:
    """Each command with the themes that are on; ``creates`` says which objects a server may create."""
    wanted = features or DM13.features
    moved: dict[str, str] = {}
    return tuple(_one(tree, command, by, wanted, creates or {}, moved) for command in commands)


def _one(
    tree: Tree,
    command: Command,
    by: str,
    wanted: Features,
    creates: Mapping[str, frozenset[str]],
    moved: dict[str, str],
) -> Prepared:
    if isinstance(command, Add):
        return _add(tree, command, by, wanted, creates, moved)
    if not wanted.address_by_object or not isinstance(command, Get | Replace | Delete | Exec):
        return Prepared(command)
    items: list[Item] = []
    for item in command.items:
        target = item.target or ""
        if not target.startswith("urn:"):
            items.append(item)
            continue
        try:
            found = by_question(tree, target)
        except CodecError as error:
            return Prepared(command, Outcome(StatusCode.BAD_REQUEST, command=command, why=error.reason))
        if not found:
            return Prepared(command, Outcome(StatusCode.NOT_FOUND, command=command, why=f"nothing at {target}"))
        items += [msgspec.structs.replace(item, target=uri) for uri in found]
    return Prepared(msgspec.structs.replace(command, items=tuple(items)))


def _add(
    tree: Tree,
    command: Add,
    by: str,
    wanted: Features,
    creates: Mapping[str, frozenset[str]],
    moved: dict[str, str],
) -> Prepared:
    if wanted.create_by_object:  # before the ACL is asked
        for item in command.items:
            meta = item.meta or command.meta
            kind = (meta.type if meta is not None else None) or ""
            if kind.startswith("urn:") and not may_create(creates, by, kind):
                why = f"the account of {by} does not list {kind}"
                return Prepared(command, Outcome(StatusCode.PERMISSION_DENIED, command=command, why=why))
    if not wanted.client_places:
        return Prepared(command)
    items, places = [], []
    for item in command.items:
        target = item.target or ""
        above = next((old for old in moved if target.startswith(old + "/")), None)
        if above is not None:
            place = moved[above] + target[len(above) :]
        elif target in tree and tree.get(target).is_interior:
            parent = target.rpartition("/")[0]
            free = (f"{parent}/{n}" for n in range(1, 10_000))
            place = moved[target] = next(uri for uri in free if uri not in tree and uri not in moved.values())
            places.append(place)
        else:
            place = target
        items.append(msgspec.structs.replace(item, target=place))
    return Prepared(msgspec.structs.replace(command, items=tuple(items)), moved=tuple(places))
