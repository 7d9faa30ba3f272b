"""Bringing back what was changed: read, write what differs, read again, until it is as it was or the device refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.culprit import target_of
from dmkit.services.journal import DeviceRecord, Saying, ServiceJournal, digest
from dmkit.services.looking import DeviceView
from dmkit.services.node_was import NodeWas
from dmkit.services.parts import HIDDEN
from dmkit.services.plan import ServicePlan
from dmkit.services.restore import reinstalling, restoring, top_made
from dmkit.session.work import Wait
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.counts import many
from dmkit.words.model import Command, Data, Exec

__all__ = ["changed_since", "elsewhere", "is_as_before", "nothing_to_undo", "put_back"]

_TRIES: Final = 3


def elsewhere(journal: ServiceJournal, view: DeviceView) -> bool:
    """Whether nothing of what the job did is on the device that ``view`` shows: it is another, or all was taken back.

    One leaf that holds what the job wrote there is enough.  Where all that it did was to take leaves away, one that is
    not there is; what cannot be read tells nothing.
    """
    written, away, unread = list[bool](), list[bool](), False
    for uri, given in journal.gave.items():
        if uri not in journal.touched:  # it was put back
            continue
        node = view.nodes.get(uri)
        if uri not in view.nodes or (node is not None and node.is_hidden):
            unread = True
        elif given is None:
            away.append(node is None)
        else:
            written.append(node is not None and digest(uri, node.shown) == given)
    return bool(written or away) and not any(written or away) and not (unread and not written)


@asked
def nothing_to_undo(record: DeviceRecord, catalogue: ServiceCatalogue, earlier: bool) -> str:
    """Why ``record`` alone says that nothing can be undone; empty where it does not.

    What was done before a job that left nothing behind is undone only by who asks for that: whoever undoes after each
    failure would else take away what works.

    >>> from dmkit.services.tables import parse
    >>> record = DeviceRecord(last=ServiceJournal(("mail",)), idle="renew mail, which ended as undone")
    >>> nothing_to_undo(record, parse(""), earlier=False).partition("; ")[0]
    'the last job, renew mail, which ended as undone, left nothing to undo'
    """
    journal = record.current or record.last
    if record.current is None and record.idle and not earlier:
        before = f"; earlier=True undoes the one before: {journal.task()}" if journal is not None else ""
        return f"the last job, {record.idle}, left nothing to undo{before}"
    if journal is None:
        return "nothing is remembered of this device"
    unknown = [name for name in journal.versions if name not in catalogue.software]
    if unknown:
        return f"the catalogue has no software {unknown[0]}, which the job installed; the one of the job is needed"
    return ""


def is_as_before(journal: ServiceJournal, view: DeviceView) -> bool:
    """Whether all that the job may have touched holds what it held before."""
    pairs = [(view.nodes.get(uri), journal.before.get(uri)) for uri in journal.touched]
    return all(now is was if now is None or was is None else now.content == was.content for now, was in pairs)


def changed_since(journal: ServiceJournal, view: DeviceView) -> str:
    """Why the device that ``view`` shows is not as the job left it; empty where it is, as far as it can be read.

    Each leaf that the job changed holds what it wrote there, or what was there before it.
    """
    odd = [uri for uri in journal.touched if uri in journal.gave and not _known(journal, view, uri)]
    if not odd:
        return ""
    more = f" and {many(len(odd) - 1, 'other leaf', 'other leaves')}" if len(odd) > 1 else ""
    return (
        f"{odd[0]}{more}: neither what the job wrote nor what was there before it; it was changed since, or this is "
        "another device, so nothing is undone"
    )


def _known(journal: ServiceJournal, view: DeviceView, uri: str) -> bool:
    """Whether a leaf holds what the job knows of it, or cannot be read."""
    if uri not in view.nodes:
        return True
    now, was = view.nodes[uri], journal.before.get(uri)
    if (now is not None and now.is_hidden) or (was is not None and was.is_hidden):
        return True
    if _held(now) == _held(was):
        return True
    given = None if now is None else digest(uri, now.shown)
    return given in (journal.gave[uri], *journal.gave_once.get(uri, ()))


def _held(node: NodeWas | None) -> tuple[Data | None] | None:
    return None if node is None else (node.held,)


def _node_of(command: Command | None) -> str:
    """The node that ``command`` is about, or whose property it is about."""
    return target_of(command).partition("?")[0]


def put_back(
    catalogue: ServiceCatalogue,
    journal: ServiceJournal,
    view: DeviceView,
    wanted: ServicePlan | None,
    save: Callable[[], None],
) -> Saying[tuple[str, ...]]:
    """Bring back what ``wanted`` does not want as it is now; what could not be put back, each with the reason."""
    yield from view.look(journal.touched)
    staying = {c.uri for c in wanted.changes if _is_so(view, journal, c.uri, c.after)} if wanted is not None else set()
    back = [uri for uri in reversed(journal.touched) if uri not in staying]
    components = catalogue.software
    for number in range(_TRIES + 1):
        tops = [top_made(u, journal.there, staying) for u in back if journal.before.get(u) is None]
        yield from view.look([*back, *tops])
        listed = [u for u in back if (then := journal.before.get(u)) is not None and then.is_listed]
        nodes = {**view.nodes, **(yield from view.look_at_properties(listed))}
        commands, lost = restoring(back, nodes, journal.before, journal.there, staying, journal.written)
        behind = {
            name: was for name, was in journal.versions.items()
            if components[name].at not in staying and view.values.get(components[name].at) != was
        }  # fmt: skip
        again = [c for name, was in behind.items() if (c := reinstalling(catalogue, name, was)) is not None]
        soft = {components[name].at for name in journal.versions}
        left: list[Command] = [*again, *(c for c in commands if target_of(c) not in soft)]
        if not left or number == _TRIES:
            break
        save()
        outcomes = yield left
        for outcome in outcomes:
            where = _node_of(outcome.command)
            if outcome.ok:
                journal.refused.pop(where, None)
            else:
                journal.refused[where] = str(outcome)
            if isinstance(outcome.command, Exec) and outcome.status == StatusCode.ACCEPTED:
                yield Wait(outcome.command.correlator, where)
        journal.note("undid", "; ".join(f"{c.verb.value} {target_of(c)}" for c in left))
    journal.made -= {node for node in journal.made if view.nodes.get(node, node) is None}
    journal.touched = [uri for uri in journal.touched if uri in staying or uri in {_node_of(c) for c in left}]
    unread = [uri for uri in back if uri not in view.values]
    told = {_node_of(command): "it does not stay" for command in left if command not in again}
    told |= {uri: journal.refused[uri] for command in left if (uri := _node_of(command)) in journal.refused}
    told |= dict.fromkeys(unread, "it could not be read")
    told |= dict.fromkeys(lost, "nobody knows what it held")
    for name in behind:
        at = components[name].at
        now, was = view.values.get(at) or "not installed", journal.versions[name] or "not installed"
        told[at] = f"{name} is {now}, it was {was}" + ("" if again else "; the catalogue has no way back")
    return tuple(f"{uri}: {why}" for uri, why in told.items())


def _is_so(view: DeviceView, journal: ServiceJournal, uri: str, value: str | None) -> bool:
    now = view.values.get(uri)
    return uri in journal.written if now == HIDDEN else now == value
