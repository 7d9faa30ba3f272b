"""Putting things back: from what leaves hold now and what they held before to the commands that undo."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.node_was import PROPERTIES, NodeWas
from dmkit.services.packing import ancestors
from dmkit.services.versions import same
from dmkit.words.asked import asked
from dmkit.words.model import Add, Command, Delete, Exec, Replace

__all__ = ["reinstalling", "restoring", "top_made"]


@asked
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


def restoring(
    uris: Iterable[str],
    now: Mapping[str, NodeWas | None],
    before: Mapping[str, NodeWas | None],
    there: Iterable[str],
    staying: Iterable[str],
    overwritten: Collection[str] = (),
) -> tuple[list[Command], list[str]]:
    """Commands that bring ``uris`` back to ``before``, last change first, and those of which nobody knows what it was.

    ``now`` tells of leaves, and of nodes made above them.  ``there`` existed before; ``staying`` stays;
    ``overwritten`` are leaves that were written and are not shown.  Lists and titles come last, those of nodes below
    others first: who has them back may have no right left to what is to be done.
    """
    commands: list[Command] = []
    properties: list[tuple[int, Command]] = []
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
        if is_now is not None:
            properties += ((-uri.count("/"), command) for command in _properties(uri, is_now, was))
        if was.is_interior:
            if is_now is None:
                commands.append(Add.of(uri, type=was.type, format="node"))
            continue
        if was.is_hidden:
            if is_now is None or uri in overwritten:
                lost.append(uri)
        elif is_now is None:
            commands.append(Add((was.item(uri),)))
        elif is_now.content != was.content:
            commands.append(Replace((was.item(uri, is_now),)))
    return [*commands, *(command for _, command in sorted(properties, key=itemgetter(0)))], lost


def _properties(uri: str, now: NodeWas, was: NodeWas) -> Iterator[Command]:
    """What gives a node that is there its title and its list, where they were read before and are others now."""
    for name, field in PROPERTIES.items():
        then = getattr(was, field)
        if then is not None and getattr(now, field) not in (None, then):
            yield Replace.of(f"{uri}?prop={name}", then)


def reinstalling(catalogue: ServiceCatalogue, name: str, was: str | None) -> Exec | Delete | None:
    """The command that brings component ``name`` back to version ``was``; None when the catalogue knows none."""
    component = catalogue.software[name]
    if was is None and component.remove is not None and component.deletes:
        return Delete.of(component.remove)
    if was is None:
        return Exec.of(component.remove, correlator=f"{name}-gone") if component.remove is not None else None
    package = next((p for p in component.packages if same(p.version, was)), None)
    return Exec.of(package.install, correlator=f"{name}-{was}") if package is not None else None
