"""Probing conversations: what two readings are tried on.

A ``Case`` makes a fresh device and a fresh server by the rules it is given, and says which sessions they hold.  The
cases are the golden sessions, the worked tree commands, jobs of the catalogue, those under losses, and messages that
somebody on the path has altered so that a peer's habit shows.  Nothing in a case depends on chance or on a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any, Final

from dmkit.auth import Account, Credential
from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.tree.node import Node
from dmkit.wire.codec import XML
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.outcome import Outcome
from dmkit.workbench.material import staging, worked
from dmkit.workbench.material.golden import CLIENT_ADDRESS, SERVER_ADDRESS, Golden, goldens
from dmkit.workbench.readings.probes import PROBES
from dmkit.workbench.readings.scene import CaseSession, ReadingCase, ReadingSetup, again, play

__all__ = ["EXTRA", "KINDS", "ReadingCase", "cases", "play"]

KINDS: Final = ("golden", "worked", "job", "path", "loss")
"""Kinds of cases: golden sessions, worked tree commands, jobs, altered on the path, with a packet lost."""


# -- golden sessions and worked commands


def _golden(g: Golden) -> ReadingCase:
    def make(device: Rules, server: Rules) -> ReadingSetup:
        phone, manager = staging.device_of(g, XML, device), staging.server_of(g, server)
        leave = int(g.abort[1]) if g.abort and g.abort[0] == "server" else None
        first = CaseSession(alerts=g.alerts, session=g.frame.session, triggered=g.start == 1200, abort=leave)
        return ReadingSetup(phone, manager, (first, CaseSession(again, session="9F")))

    return ReadingCase(g.name, "golden", g.title, staging.rules_of(g, "client"), staging.rules_of(g, "server"), make)


_INFO: Final = {"DevId": CLIENT_ADDRESS, "Man": "Acme", "Mod": "T1", "DmV": "1.2", "Lang": "en"}


def _worked(case: worked.WorkedCase) -> ReadingCase | None:
    special = ("set ", "forget ", "guard", "undo fails", "policy", "emptied")
    parts = worked.split(case.commands)
    if any(part.startswith(special) or ": " in part.split(" ")[0] + " " for part in parts):
        return None
    if any(option.startswith(special) for option in worked.split(case.device)):
        return None
    options = dict(option.partition("=")[::2] for option in worked.split(case.device))
    rules = Rules(auth="basic", server_auth="none", max_message=None, tree=worked.rules_of(case.device))
    commands = worked.commands(case.commands)

    def make(device: Rules, server: Rules) -> ReadingSetup:
        before = worked.build(case.tree, case.device, device.tree.first_verno)
        tree = before.put("./DevInfo", Node.interior(acl="Get=*"))
        for name, value in _INFO.items():
            tree = tree.put(f"./DevInfo/{name}", Node("chr", value))
        own = Credential("client", "clientpw", b"", "basic")
        account = Account(case.by, SERVER_ADDRESS, own, None)
        answer = int(options.get("exec answers", 200))
        phone = Device(tree, account, rules=device, handlers={uri: _answers(answer) for uri in ("./A/e", "./A/U")})
        manager = Server({CLIENT_ADDRESS: account}, nonces=_nonces, rules=server)
        return ReadingSetup(phone, manager, (CaseSession(staging.script([commands])),))

    return ReadingCase(f"T{case.number}", "worked", case.commands, rules, replace(rules, tree=rules.tree), make)


def _answers(code: int) -> Any:
    return lambda tree, call: (tree, Outcome(StatusCode(code)))


def _nonces(device: str) -> Iterator[bytes]:
    return (f"server nonce {n:4}".encode() for n in count())


# -- the table


EXTRA: Final = tuple(
    worked.WorkedCase(number, tree, device, "S", commands, "", "", "", "")
    for number, tree, device, commands in (
        ("X1", "A/ {ALL=S}; A/b/", "", "Add A TNDS(b/; b/c=1)"),
        ("X2", "A/ {ALL=S}; A/x=1; A/y=2", "ddf A/x [GR]; ddf A/y [GR]", "Copy A/x to A/y"),
        ("X3", "A/ {ALL=S}; A/x=1", "", "Add A/y[z =1; Get A"),
        ("X4", "A/ {ALL=S}; A/x=1", "", "Add A/M/N/o =1; Add A/P/Q/r :int =no; Get A"),
        ("X5", "A/ {ALL=S}; A/x=1 {Get=*}", "", "Delete A; Get A"),
    )
)
"""Commands on the tree that the worked cases have in another form only, in their notation."""


@cache
def _table() -> Mapping[str, ReadingCase]:
    found = [_golden(g) for g in goldens() if not g.faulty]
    found += [case for row in worked.cases() if row.number.isdigit() and (case := _worked(row)) is not None]
    found += PROBES
    found += [case for row in EXTRA if (case := _worked(row)) is not None]
    return {case.name: case for case in found}


@asked
def cases(*names: str) -> tuple[ReadingCase, ...]:
    """Those called ``names``, or of the kinds that ``names`` name; all when there are none.

    >>> len(cases("golden")), cases("W02")[0].about[:12]
    (24, 'the device c')
    """
    table = _table()
    if not names:
        return tuple(table.values())
    for name in names:
        if name not in table and name not in KINDS:
            raise ConfigError(f"no case is called {name!r}; kinds are {', '.join(KINDS)}")
    return tuple(case for case in table.values() if case.name in names or case.kind in names)
