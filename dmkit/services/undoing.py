"""Bringing back what was changed: read, write what differs, read again, until it is as it was or the device refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.culprit import target_of
from dmkit.services.journal import Saying, ServiceJournal, digest
from dmkit.services.looking import DeviceView
from dmkit.services.parts import HIDDEN
from dmkit.services.plan import ServicePlan
from dmkit.services.restore import reinstalling, restoring, top_made
from dmkit.session.work import Wait
from dmkit.words.codes import StatusCode
from dmkit.words.model import Command, Exec

__all__ = ["elsewhere", "put_back"]

_TRIES: Final = 3


def elsewhere(journal: ServiceJournal, view: DeviceView) -> bool:
    """Whether nothing of what the job did is on the device that ``view`` shows: it is another, or all was taken back.

    One leaf that holds what the job wrote there is enough.  Where all that it did was to take leaves away, one that is
    not there is; what cannot be read tells nothing.
    """
    written, away, unread = list[bool](), list[bool](), False
    for uri, given in journal.gave.items():
        node = view.nodes.get(uri)
        if uri not in view.nodes or (node is not None and node.is_hidden):
            unread = True
        elif given is None:
            away.append(node is None)
        else:
            written.append(node is not None and digest(uri, node.text or "") == given)
    return bool(written or away) and not any(written or away) and not (unread and not written)


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
        commands, lost = restoring(back, view.nodes, journal.before, journal.there, staying, journal.written)
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
            where = target_of(outcome.command)
            if outcome.ok:
                journal.refused.pop(where, None)
            else:
                journal.refused[where] = str(outcome)
            if isinstance(outcome.command, Exec) and outcome.status == StatusCode.ACCEPTED:
                yield Wait(outcome.command.correlator, where)
        journal.note("undid", "; ".join(f"{c.verb.value} {target_of(c)}" for c in left))
    journal.made -= {node for node in journal.made if view.nodes.get(node, node) is None}
    journal.touched = [uri for uri in journal.touched if uri in staying or uri in {target_of(c) for c in left}]
    unread = [uri for uri in back if uri not in view.values]
    told = {target_of(command): "it does not stay" for command in left if command not in again}
    told |= {uri: journal.refused[uri] for command in left if (uri := target_of(command)) in journal.refused}
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
