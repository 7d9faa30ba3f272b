"""Putting things back: from what leaves hold now and what they held before to the commands that undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.packing import ancestors
from dmkit.services.versions import same
from dmkit.words.model import Add, Command, Delete, Exec, Item, Replace

__all__ = ["reinstalling", "restoring", "top_made"]


def top_made(uri: str, there: Iterable[str], staying: Iterable[str]) -> str:
    """The highest node made on the way to ``uri`` that can go without taking one of ``staying`` along.

    >>> top_made("./A/B/C", ["./A"], []), top_made("./A/B/C", ["./A"], ["./A/B/D"])
    ('./A/B', './A/B/C')
    """
    known, rest = set(there), tuple(staying)
    for node in ancestors(uri):
        if node not in known and not any(other.startswith(f"{node}/") for other in rest):
            return node
    return uri


def _is_node(item: Item) -> bool:
    return item.meta is not None and (item.meta.format or "").lower() == "node"


def restoring(
    uris: Iterable[str],
    now: Mapping[str, Item | None],
    before: Mapping[str, Item | None],
    there: Iterable[str],
    staying: Iterable[str],
) -> tuple[list[Command], list[str]]:
    """Commands that bring ``uris`` back to ``before``, last change first, and those of which nobody knows what it was.

    ``now`` tells of leaves, and of nodes made above them.  ``there`` existed before; ``staying`` stays.
    """
    commands: list[Command] = []
    lost: list[str] = []
    deleted: set[str] = set()
    remaining = tuple(staying)
    known = set(there)
    for uri in uris:
        was, is_now = before.get(uri), now.get(uri)
        if was is None:
            top = top_made(uri, known, remaining)
            if now.get(top) is not None and top not in deleted:
                deleted.add(top)
                commands.append(Delete.of(top))
            continue
        if _is_node(was):
            if is_now is None:
                commands.append(Add.of(uri, type=was.meta.type if was.meta else None, format="node"))
            continue
        if was.data is None and is_now is None and was.meta is None:
            lost.append(uri)
        elif was.data is None and was.meta is None:
            continue  # it was hidden and it is there: nobody can tell more
        elif is_now is None:
            commands.append(Add((_item(uri, was),)))
        elif (is_now.data or "") != (was.data or ""):
            commands.append(Replace((_item(uri, was),)))
    return commands, lost


def _item(uri: str, was: Item) -> Item:
    meta = was.meta
    if meta is not None:
        meta = msgspec.structs.replace(meta, size=None)
    return Item(target=uri, meta=meta, data=was.data if was.data is not None else "")


def reinstalling(catalogue: ServiceCatalogue, name: str, was: str | None) -> Exec | None:
    """The command that brings component ``name`` back to version ``was``; None when the catalogue knows none."""
    component = catalogue.software[name]
    if was is None:
        return Exec.of(component.remove, correlator=f"{name}-gone") if component.remove is not None else None
    package = next((p for p in component.packages if same(p.version, was)), None)
    return Exec.of(package.install, correlator=f"{name}-{was}") if package is not None else None
