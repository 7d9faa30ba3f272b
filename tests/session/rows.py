"""Rows of the session tables as very short goldens: some facts, a few lines, and the state at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from dmkit.auth import Credential
from dmkit.auth.md5 import MD5
from dmkit.session.oracle.check import check
from dmkit.session.states import SessionState
from dmkit.wire.codec import XML
from tests.golden.compare import differences
from tests.golden.notation import CLIENT_ADDRESS, Golden, octets, parse
from tests.pair import Talk, client_against_script, server_against_script

DEFAULTS = {
    "session": "1",
    "start": "1201",
    "account client": "basic client clientpw",
    "account server": "tls",
    "rule server": "auth=basic",
}
BASIC = "Cred=basic:Y2xpZW50OmNsaWVudHB3"
HELLO = "#1 Alert 1201; #2 Replace $DevInfo; Final"
C1 = f"C1 {{{BASIC}}} | {HELLO}"
GOOD = "#1 1/0 SyncHdr=212; #2 1/1 Alert=200; #3 1/2 Replace=200"
GET = "Get (T ./DevInfo/Man)"
GOT = "(S ./DevInfo/Man, D Acme)"
SERVER = "com.mgmtsrv.manage"


def md5(nonce: str, secret: str = "clientpw", name: str = "client") -> str:
    """The header fields of an MD5 proof."""
    return f"LocName={name} Cred=md5:{MD5.prove(Credential(name, secret), octets(nonce), b'')}"


def server_md5(nonce: str, secret: str = "srvpw") -> str:
    """The same for the server."""
    return md5(nonce, secret, SERVER)


def chal(nonce: str) -> str:
    """A challenge for MD5."""
    from base64 import b64encode

    return f"Chal(md5, {b64encode(octets(nonce)).decode()})"


@dataclass(frozen=True)
class Row:
    """One row: what is particular, what is said, and the state it ends in."""

    id: str
    spec: tuple[str, ...]
    facts: tuple[str, ...]
    lines: tuple[str, ...]
    state: SessionState
    unsound: str = ""

    @property
    def golden(self) -> Golden:
        """The row as a golden; a fact given replaces the default of its kind."""
        kinds = {kind for fact in self.facts for kind in DEFAULTS if fact.startswith(kind + " ")}
        facts = [f"{kind} {value}" for kind, value in DEFAULTS.items() if kind not in kinds]
        return parse(self.id, "\n".join([f"# {self.id}", *facts, *self.facts, "", *self.lines]))


def row(id_: str, spec: str, *lines: str, state: SessionState, facts: tuple[str, ...] = (), unsound: str = "") -> Any:
    """A parameter for one row; ``unsound``: what the other side breaks in it, by invariant."""
    marks = pytest.mark.spec(*spec.split()) if spec else ()
    return pytest.param(Row(id_, tuple(spec.split()), facts, lines, state, unsound), id=id_, marks=marks)


def claims(*tables: list[Any]) -> set[str]:
    """The rows of the conformance list that the rows of ``tables`` assert."""
    return {id_ for table in tables for param in table for mark in param.marks for id_ in mark.args}


def _judge(row: Row, talk: Talk, side: str) -> None:
    found = differences(talk.spoken, row.golden.conversation, side)
    assert not found, "\n".join(found)
    broken = check(talk.said, complete=False, by=side)
    assert not broken, str(broken)
    other = "server" if side == "client" else "client"
    assert {v.id for v in check(talk.said, complete=False, by=other)} == set(row.unsound.split())


def play_server_script(row: Row) -> tuple[Talk, Any]:
    """The row's server lines said to a client engine."""
    talk, device, client = client_against_script(row.golden, XML)
    _judge(row, talk, "client")
    assert client.state is row.state, client.state
    assert client.waiting == (not client.state.is_over)
    return talk, device


def play_client_script(row: Row) -> tuple[Talk, Any]:
    """The row's client lines said to a server engine."""
    talk, server = server_against_script(row.golden, XML)
    _judge(row, talk, "server")
    state = server.sessions[CLIENT_ADDRESS].state
    assert state is row.state, state
    return talk, server
