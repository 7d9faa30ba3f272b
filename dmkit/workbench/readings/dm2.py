"""Readings of DM 2.0 that meet: the same question as for DM 1.2, over short packages 2 of a client and a server.

>>> from dmkit.workbench.readings.switches import switch_of
>>> met = meet_dm2(switch_of("Dm2Rules.unknown_command"), "skip")
>>> [one.kind for one in met if one.kind != "not shown"][:1]
['breaks']
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from msgspec.structs import replace

from dmkit.dm2.address import AddressTarget
from dmkit.dm2.client import Client, ExecResult
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import Conversation, Tap, converse
from dmkit.dm2.documents import GenericAlert
from dmkit.dm2.exchange import HttpAnswer, HttpCall
from dmkit.dm2.objects import Objects, data_of
from dmkit.dm2.rules import Dm2Rules
from dmkit.dm2.server import Server
from dmkit.tree.tree import Tree
from dmkit.words.checked import checked
from dmkit.words.ranges import Natural
from dmkit.workbench.readings.meeting import CLASSES, Met, compared
from dmkit.workbench.readings.observed import Seen
from dmkit.workbench.readings.switches import RuleSwitch, applied

__all__ = ["CASES", "Dm2Case", "meet_dm2", "play_dm2"]

INFO: Final = "urn:oma:mo:oma-dm-devinfo:1.2"
FUMO: Final = "urn:oma:mo:oma-fumo:1.0"


@checked
@dataclass(frozen=True)
class Dm2Case:
    """Packages 2 that a server sends, and what else is special: a notification, the path, objects without rights."""

    name: str
    """What the record calls it."""
    batches: tuple[tuple[Command, ...], ...]
    """What the server sends, a tuple for each package."""
    notification: Natural | None = None
    """Number of the notification that wakes the client; None: it calls by itself."""
    tap: Callable[[], Tap | None] = field(default=lambda: None)
    """Makes the path; None: an honest one."""
    granted: bool = True
    """Whether the server has the rights for what it asks."""
    mos: bool = False
    """Whether package 1 lists the objects of the client."""


def _c(*words: str) -> Command:
    return Command.of(*words)


def _other_connection() -> Tap:
    def tap(number: int, what: HttpCall | HttpAnswer) -> HttpCall | HttpAnswer:
        return replace(what, connection=str(number)) if isinstance(what, HttpCall) else what

    return tap


def _deviant() -> Tap:
    def tap(number: int, what: HttpCall | HttpAnswer) -> HttpCall | HttpAnswer:
        if isinstance(what, HttpAnswer) and number == 1:
            return replace(what, body=what.body.replace(b'{"CMD"', b'{"Extra":1,"CMD"'))
        return what

    return tap


CASES: Final = (
    Dm2Case("read", ((_c("GET", f"{INFO}//Man"),),)),
    Dm2Case("read twice", ((_c("GET", f"{INFO}//Man"),), (_c("GET", f"{INFO}//Mod"),), (_c("GET", f"{INFO}//Ext"),))),
    Dm2Case("several", ((_c("GET", f"{INFO}//Man", f"{INFO}//No"),),)),
    Dm2Case("failure first", ((_c("DELETE", f"{INFO}//No"), _c("DELETE", f"{INFO}//Ext")),)),
    Dm2Case("gone already", ((_c("DELETE", f"{INFO}//Ext"), _c("DELETE", f"{INFO}//Ext")),)),
    Dm2Case("unknown", ((_c("PATCH", "x"), _c("GET", f"{INFO}//Man"), _c("DELETE", f"{INFO}//No")),)),
    Dm2Case("with END", ((_c("DELETE", f"{INFO}//Ext"), _c("END")),)),
    Dm2Case("execute", ((_c("EXEC", f"{FUMO}/apps/Update"),),)),
    Dm2Case("woken", ((_c("GET", f"{INFO}//Man"),),), notification=258),
    Dm2Case("another connection", ((_c("GET", f"{INFO}//Man"),),), tap=_other_connection),
    Dm2Case("unknown member", ((_c("GET", f"{INFO}//Man"),),), tap=_deviant),
    Dm2Case("no rights", ((_c("GET", f"{INFO}//Man"),),), granted=False, mos=True),
)
"""The conversations of DM 2.0 on which readings are tried."""


def _executor(objects: Objects, place: AddressTarget, server_uri: str) -> ExecResult:
    alert = GenericAlert("org.openmobilealliance.dm.firmwareupdate.downloadandupdate", data='{"DM1x":200}')
    return ExecResult(objects, 202 if server_uri else 200, ((server_uri, alert),) if server_uri else ())


def _client(case: Dm2Case, rules: Dm2Rules) -> Client:
    def root(values: dict[str, Any]) -> Any:
        return Tree.of(values).find(())

    objects = Objects.of({
        INFO: {"1": root({"./Man": "Example", "./Mod": "M1", "./Ext/Colour": "red"})},
        FUMO: {"apps": root({"./Update/PkgURL": "", "./State": 10})},
    })  # fmt: skip
    return Client("IMEI:1", objects.granted("server") if case.granted else objects, rules=rules, execute=_executor)


def _job(batches: Sequence[Sequence[Command]]) -> Any:
    def job(info: object) -> Generator[Any, Any, list[tuple[str, int]]]:
        statuses: list[tuple[str, int]] = []
        for batch in batches:
            answers = yield list(batch)
            for command, status in zip(batch, answers, strict=True):
                statuses.append((str(command), status.sc if status is not None else 0))
        return statuses

    return job


def play_dm2(case: Dm2Case, client: Dm2Rules | None = None, server: Dm2Rules | None = None) -> Seen:
    """Hold the conversation of ``case`` between a client and a server with these rules."""
    manager = Server(rules=server or Dm2Rules()).with_job("IMEI:1", "job", _job(case.batches))
    talk = converse(_client(case, client or Dm2Rules()), manager, notification=case.notification, mos=case.mos,
                    tap=case.tap())  # fmt: skip
    return _seen(talk)


def _seen(talk: Conversation) -> Seen:
    outcomes = tuple(pair for _, _, result in talk.server.results for pair in result)  # type: ignore[attr-defined]
    events = [event for line in talk.lines for event in line.events]
    ends = [event for event in events if "session ends" in event]
    bodies = tuple(f"{line.what.status if isinstance(line.what, HttpAnswer) else line.what.uri} {line.body.decode()}"
                   for line in talk.lines)  # fmt: skip
    side = {"device": "client", "server": "server"}
    refused = tuple(f"HTTP {line.what.status}" for line in talk.lines
                    if isinstance(line.what, HttpAnswer) and line.what.status >= 400)  # fmt: skip
    nodes: dict[str, str] = {}
    values: dict[str, Any] = {}
    for instance in talk.client.objects.instances:
        for uri, node in Tree(instance.root).walk():
            nodes[f"{instance.moid}/{instance.miid}/{uri}"] = node.format
            values[f"{instance.moid}/{instance.miid}/{uri}"] = data_of(node) if not node.is_interior else None
    return Seen(
        {own: tuple(b for b, line in zip(bodies, talk.lines, strict=True) if line.receiver == them)
         for own, them in side.items()},
        {"device": refused, "server": ()},
        {"device 1": ends[0] if ends else "DONE", "server 1": "DONE" if talk.server.results else "no end"},
        outcomes,
        tuple(f"done: {name}: {result}" for _, name, result in talk.server.results),
        {"device": tuple(ends), "server": ()},
        {"rights": talk.client.objects.rights, "nodes": nodes, "values": values, "reports": talk.client.later},
        {"work done": tuple(name for _, name, _ in talk.server.results), "reports": talk.server.alerts},
        sum(len(line.body) for line in talk.lines),
        talk.trips,
        talk,
        bodies,
    )  # fmt: skip


@cache
def _base(name: str) -> Seen:
    return play_dm2(next(case for case in CASES if case.name == name))


def meet_dm2(switch: RuleSwitch, rival: Any) -> list[Met]:
    """The meetings of a switch of ``Dm2Rules``, over ``CASES``."""
    return [_meet(switch, rival, case) for case in CASES]


def _meet(switch: RuleSwitch, rival: Any, case: Dm2Case) -> Met:
    a, b, plain = switch.default, rival, Dm2Rules()
    rules = {0: plain, 1: applied(plain, switch, rival)}
    runs = {(x, y): _base(case.name) if x == y == 0 else play_dm2(case, rules[x], rules[y])
            for x in (0, 1) for y in (0, 1)}  # fmt: skip
    pairs = tuple(
        compared(case, (a, b)[x], (a, b)[y], runs[x, y], runs[y, y], runs[x, x])
        for x, y in ((0, 0), (1, 1), (0, 1), (1, 0))
    )
    if all(run == runs[0, 0] for run in runs.values()):
        return Met(case.name, pairs, "not shown")
    return Met(case.name, pairs, min((pair.kind for pair in pairs[2:]), key=CLASSES.index))
