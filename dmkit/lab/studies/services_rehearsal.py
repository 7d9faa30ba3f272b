"""A plan on a copy of a device: what it takes, and what happens when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Final, get_args

from dmkit.device.device import Device
from dmkit.device.pending import Agenda
from dmkit.server.server import Server
from dmkit.services import NoPlan, ServiceCatalogue, ServicePlan, default, plan, provision, values_of
from dmkit.services.journal import Provisioned
from dmkit.services.packing import Container
from dmkit.services.plan import Install
from dmkit.session.rules import Rules
from dmkit.transport.loop import converse
from dmkit.tree.node import Node
from dmkit.tree.policy import Decision
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.views.look import GREEN, GREY, ORANGE, RED, Look, escape, themed
from dmkit.views.transcript import Transcript
from dmkit.words.arguments import instance, one_of, texts_of, whole
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.model import Packet
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.tree.context import Call, Handler

__all__ = ["FAULTS", "Rehearsal", "rehearse", "service_phone"]

FAULTS: Final = ("nothing", "a command is refused", "the session is lost", "the device reboots")
"""What may go wrong in a rehearsal."""
_COLUMNS: Final = ("step", "does", "services", "change", "builds on", "cost")
_COLOURS: Final = {"did": GREEN, "failed": RED, "undid": ORANGE, "again": ORANGE}


def service_phone(
    values: Mapping[str, str | int | bool | Node] | None = None, *, catalogue: ServiceCatalogue | None = None
) -> Device:
    """An example device with ``values`` that can install what the catalogue has packages for.

    >>> service_phone({"./DevDetail/Bearer/LTE": True}).address
    'IMEI:493005100592800'
    """
    known = _catalogue(catalogue)
    device = Device.example()
    tree = device.tree
    leaves = {} if values is None else instance("values", values, Mapping, "values by URI, such as {'./A': 1}")
    for uri, value in leaves.items():
        instance("a URI of values", uri, str, "a text")
        what = "a text, a number, a truth value or a Node"
        tree = _laid(tree, uri, instance(f"the value of {uri}", value, (str, int, Node), what))
    for component in known.software.values():
        for at in [p.install for p in component.packages] + (
            [component.remove] if component.remove and not component.deletes else []
        ):
            tree = tree.set(at, "")
        device.handlers |= {p.install: _installs(component.name, known) for p in component.packages}
        if component.remove and not component.deletes:
            device.handlers[component.remove] = _removes(component.at)
    device.tree = tree
    return device


def _laid(tree: Tree, uri: str, value: str | int | Node) -> Tree:
    """``tree`` with a value, or with a whole node; what is below an interior one stays."""
    if not isinstance(value, Node):
        return tree.set(uri, value)
    there = tree.find(parse(uri).path)
    if there is None:
        return tree.set(uri, value).put(uri, value)
    return tree.put(uri, replace(value, children=there.children) if value.is_interior else value)


def _installs(name: str, catalogue: ServiceCatalogue) -> Handler:
    component = catalogue.software[name]

    def handler(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        told = [
            p for p in component.packages
            if p.install == call.uri
            and all((n := tree.find(parse(u).path)) is not None and (n.text == v or "${" in v)
                    for u, v in p.settings.items())
        ]  # fmt: skip
        if not told:
            return tree, Outcome(StatusCode.COMMAND_FAILED)
        for at, value in {component.at: told[0].version, **told[0].returns}.items():
            tree = tree.set(at, value, now=call.now)
        return tree, Outcome(StatusCode.OK)

    return handler


def _removes(at: str) -> Handler:
    def handler(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        return (tree.remove(at, now=call.now) if at in tree else tree), Outcome(StatusCode.OK)

    return handler


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of a plan on a copy of a device: the plan, the end, the sessions, and the copy afterwards."""

    plan: ServicePlan | NoPlan
    end: Provisioned | None
    talks: tuple[Transcript, ...]
    device: Device
    catalogue: ServiceCatalogue

    @property
    def messages(self) -> int:
        """Messages of all sessions."""
        return sum(len(talk) for talk in self.talks)

    @property
    def octets(self) -> int:
        """Octets of all messages, both ways."""
        return sum(talk.size["both"] for talk in self.talks)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": themed(self.look().html)}

    def look(self) -> Look:
        """The plan as a table, what happened, and what works before and after."""
        if isinstance(self.plan, NoPlan):
            rows = "".join(f"<li>{escape(reason)}</li>" for reason in self.plan.reasons)
            return Look(str(self.plan), f'<p role="status" style="color:{RED}"><b>No plan.</b></p><ul>{rows}</ul>')
        head = "".join(f"<th scope='col' style='text-align:left'>{name}</th>" for name in _COLUMNS)
        body = "".join(
            "<tr>" + "".join(
                f"<td style='text-align:left'>{escape(row[name])}</td>"
                for name in _COLUMNS
            ) + "</tr>"
            for row in self.plan.rows()
        )  # fmt: skip
        table = f"<table><caption>cost {self.plan.cost}</caption><tr>{head}</tr>{body}</table>"
        if self.end is None:
            return Look(str(self.plan), table)
        story = "".join(
            f'<li><b style="color:{_COLOURS.get(e.what, GREY)}">{escape(e.what)}</b> {escape(e.text)}</li>'
            for e in self.end.entries
        )
        told = (
            f'<p role="status"><b>{escape(self.end.state)}</b>: '
            f"{escape(', '.join(self.end.works) or 'nothing')} works; "
            f"{many(len(self.talks), 'session')}, {many(self.messages, 'message')}, {self.octets:,} "
            f"octets</p>"
        )
        return Look(f"{self.plan}\n{self.end}", f"{table}{told}<ol>{story}</ol>")

    def __repr__(self) -> str:
        ended = (
            "not run"
            if self.end is None
            else f"{self.end.state}, {many(self.messages, 'message')}, {many(self.octets, 'octet')}"
        )
        return f"{self.plan}\n{ended}"


def rehearse(
    device: Device,
    want: Iterable[str] = (),
    drop: Iterable[str] = (),
    *,
    catalogue: ServiceCatalogue | None = None,
    fault: str = "nothing",
    at: int = 1,
    container: Container = "atomic",
    journals: MutableMapping[str, bytes] | None = None,
    now: float | None = None,
) -> Rehearsal:
    """Plan and carry out on a copy of ``device``; ``fault`` (one of ``FAULTS``) strikes at change ``at`` of the plan,
    or, for lost sessions and reboots, with the ``at``-th message of the server.  ``journals`` keep what the server
    remembers; with a fault that strikes for good there is no end, and another may go on from them.  Where there are
    fewer changes, the last one is refused; where there are fewer messages, nothing is lost.  ``now`` is when it
    happens, in seconds of any clock: what lasts for a time is remembered with it.

    >>> bool(rehearse(service_phone(), ["browsing"]).plan)
    False
    """
    instance("device", device, Device, "a Device, such as dm.boards.service_phone()")
    known, wanted = _catalogue(catalogue), texts_of("want", want, "['mms']")
    dropped, at = texts_of("drop", drop, "['mms']"), whole("at", at, 1)
    one_of("fault", fault, FAULTS)
    one_of("container", container, get_args(Container))
    instance(
        "journals", journals, (MutableMapping, type(None)), "a dictionary that keeps what the server remembers, or None"
    )
    found = plan(known, values_of(device.tree, known), wanted, dropped)
    twin = _twin(device)
    if isinstance(found, NoPlan) or not (wanted or dropped):
        return Rehearsal(found, None, (), twin, known)
    server = Server.example(twin)
    job = provision(wanted, dropped, catalogue=known, container=container, journals=journals, now=now)
    if fault == "a command is refused" and found.changes:
        change = found.changes[min(at, len(found.changes)) - 1]
        twin.rules = _refusing(twin, change.run if isinstance(change, Install) else change.uri)
    received = 0

    def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
        nonlocal received
        received += packet.to == twin.address
        lost = fault in FAULTS[2:] and received >= at
        return [] if lost else [packet]

    talks = [converse(twin, server, job=job, tap=tap)]
    if fault == "the device reboots":
        twin = _twin(twin)
    if not server.results:
        talks.append(converse(twin, server))
    end = server.results[-1].result if server.results else None
    return Rehearsal(found, end if isinstance(end, Provisioned) else None, tuple(talks), twin, known)


def _catalogue(given: ServiceCatalogue | None) -> ServiceCatalogue:
    known = default() if given is None else given
    found: ServiceCatalogue = instance("catalogue", known, ServiceCatalogue, "a ServiceCatalogue, or None")
    return found


def _twin(device: Device) -> Device:
    """The same device after a start: tree and accounts stay, sessions are gone."""
    twin = copy(device)
    twin.accounts, twin.handlers, twin.agenda = list(device.accounts), dict(device.handlers), Agenda()
    return twin


def _refusing(device: Device, uri: str) -> Rules:
    """Rules under which nobody may change or execute ``uri``."""
    before = device.rules.policy

    def policy(tree: Tree, server: str, verb: Verb, at: str) -> Decision:
        made = verb is Verb.ADD and uri.startswith(f"{at}/") and parse(uri).path[:-1] == parse(at).path
        if verb is not Verb.GET and (at == uri or (made and uri not in tree)):
            return Decision(False, at, "the user has locked it")
        return before(tree, server, verb, at)

    return replace(device.rules, policy=policy)
