"""What a message costs a served dmkit when many sessions are open and many accounts are known, beside a small one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import dmkit as dm
from bench import Row
from dmkit.server.server import Server
from dmkit.session.packages import number
from dmkit.transport.config import AccountConfig, LimitsConfig, ServeConfig
from dmkit.transport.serve import make_server
from dmkit.transport.store import StoredServer

SMALL = (10, 10)
LARGE = (10_000, 100_000)
ROUNDS, EACH = 10, 20
_CRED = dm.words.Cred("dTpw", dm.words.Meta(format="b64", type="syncml:auth-basic"))
_INFO = dm.Replace((dm.Item(source="./DevInfo/Man", data="Acme"),))
_ASKED = dm.Get.of("./DevInfo/Man")


def _first(device: str, session_id: str) -> dm.Packet:
    header = dm.words.Header(session_id, "1", "https://s/dm", device, cred=_CRED)
    message = dm.Message(header, number((dm.Alert.of(1201), _INFO)))
    return dm.Packet("https://s/dm", dm.WBXML.encode(message), dm.WBXML.media_type)


def _second(device: str, session_id: str, answer: dm.Packet) -> dm.Packet:
    heard = dm.WBXML.decode(answer.body)
    header = dm.words.Header(session_id, "2", heard.header.resp_uri or "", device)
    get = next(c for c in heard.commands if isinstance(c, dm.Get))
    said = (
        dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr"),
        dm.Status(dm.StatusCode(200), "1", get.cmd_id, "Get"),
        dm.words.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", get.cmd_id),
    )
    return dm.Packet(header.target, dm.WBXML.encode(dm.Message(header, number(said))), dm.WBXML.media_type)


def _server(folder: Path, sessions: int, accounts: int, *, stored: bool) -> Server:
    """A server that knows ``accounts`` devices; ``sessions`` of them have said message 1 and owe message 2."""
    known = tuple(
        AccountConfig(device=f"IMEI:{n}", auth="basic", user="u", password="p", server_auth="none")
        for n in range(accounts)
    )
    limits = LimitsConfig(sessions=2 * sessions + 10_000)
    jobs = ({"do": "read", "uris": ["./DevInfo/Man"]},)
    database = str(folder / f"{sessions}.sqlite") if stored else None
    server = make_server(ServeConfig(accounts=known, database=database, limits=limits, jobs=jobs))
    for n in range(sessions):
        server.receive(_first(f"IMEI:{n}", "1"), 0.0)
    assert len(server.sessions) == sessions
    return server


def _seconds(server: Server, session_id: str) -> float:
    """CPU seconds of one message, over sessions of two messages of devices that are known."""
    spent = 0.0
    for n in range(EACH):
        device = f"IMEI:{n % 10}"
        packet = _first(device, f"{session_id}{n:X}")
        if isinstance(server, StoredServer):
            from dmkit.transport.store import JobSpec

            server.add_job(device, JobSpec("read", {"uris": ["./DevInfo/Man"]}))
        else:
            server.enqueue(device, dm.jobs.read("./DevInfo/Man"))
        begun = process_time()
        answer = server.receive(packet, 1.0).reply
        spent += process_time() - begun
        assert answer is not None
        packet = _second(device, f"{session_id}{n:X}", answer)
        begun = process_time()
        assert server.receive(packet, 2.0).reply is not None
        spent += process_time() - begun
    return spent / (2 * EACH)


def rows() -> Iterator[Row]:
    """Microseconds of a message: many sessions and accounts, few of them, and how much more that is."""
    for stored in (False, True):
        with tempfile.TemporaryDirectory() as name:
            small = _server(Path(name), *SMALL, stored=stored)
            large = _server(Path(name), *LARGE, stored=stored)
            pairs = [(_seconds(large, f"A{n}"), _seconds(small, f"B{n}")) for n in range(ROUNDS)]
            ours, peer = (sorted(times)[ROUNDS // 2] * 1e6 for times in zip(*pairs, strict=True))
            where = "SQLite" if stored else "memory"
            many, few = (f"{sessions:,} and {accounts:,}" for sessions, accounts in (LARGE, SMALL))
            text = f"a message beside so many open sessions and accounts, {many} / {few}, {where}"
            yield Row(text, ours, peer, ours / peer, "us", 1.3, turns=tuple(a / b for a, b in pairs))
            for server in (small, large):
                if isinstance(server, StoredServer):
                    server.close()
