"""Peers that answer junk, half, for ever, or elsewhere: each case ends with one verdict, and none passes for it."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import sys

import pytest

from dmkit.cli import main
from dmkit.probe.verdict import Verdict

_TEXT = (
    '<?xml version="1.0"?><SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>'
    "<SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>IMEI:004999010640000</LocURI></Target><Source><LocURI>x"
    "</LocURI></Source></SyncHdr><SyncBody><Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef>"
    "<Cmd>SyncHdr</Cmd><Data>200</Data></Status><Final/></SyncBody></SyncML>"
)


def answer(body=_TEXT, kind="application/vnd.syncml.dm+xml", status="200 OK", more=""):
    octets = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(octets)}\r\n{more}\r\n"
    return head.encode("utf-8", "surrogateescape") + octets


def told(uri):
    return answer(_TEXT.replace("</SyncHdr>", f"<RespURI>{uri}</RespURI></SyncHdr>"))


SAYS_NOTHING = {
    "closes": (b"", "the connection is closed"),
    "no HTTP": (b"\xfe\xffjunk\r\n\r\n", "the answer is no HTTP"),
    "a header of NUL": (answer(more="A: b\0c\r\n"), "the answer is no HTTP"),
    "half": (answer()[:-100], "the answer breaks off"),
    "no body": (answer(b""), "an answer without a body"),
    "packed wrongly": (answer(b"\x1f\x8bjunk", more="Content-Encoding: gzip\r\n"), "the answer breaks off"),
    "a bomb": (
        answer(gzip.compress(bytes(17 << 20)), more="Content-Encoding: gzip\r\n"),
        "an answer of more than 16777216 octets",
    ),
    "redirects": (
        answer(b"", status="302 Found", more="Location: http://127.0.0.1:1/\r\n"),
        "the transport answers 302",
    ),
    "not found": (answer(b"", status="404 Not Found"), "the transport answers 404"),
    "breaks": (answer(b"", status="500 Oh"), "it refuses an honest package 1, too"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "it refuses an honest package 1, too"),
    "switches": (b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "the transport answers 101"),
}
"""What a server answers that never says a message, and what one of the reasons is."""

SAYS_JUNK = {
    "octets": answer(b"\x9a\x01junk"),
    "a page": answer("<html>hello</html>", "text/html"),
    "XML as WBXML": answer(kind="application/vnd.syncml.dm+wbxml"),
    "entities": answer('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><SyncML>&c;</SyncML>'),
    "a forbidden character": answer(_TEXT.replace("IMEI:", "&#1;")),
}

SAYS_ODD = {
    "no address": told("http://[::1/"),
    "no port": told("http://127.0.0.1:99999/"),
    "a line more": told("http://é.example/ü&#13;&#10;Evil: x"),
    "another host": told("http://elsewhere.example/dm"),
    "a MAC of junk": answer(more="x-syncml-hmac: \udcff\udcfe\r\n"),
    "a MAC of commas": answer(more="x-syncml-hmac: algorithm=,,,=mac\r\n"),
    "an odd type": answer(kind='application/vnd.syncml.dm+xml; charset="utf-99"; =;;'),
    "a type of junk": answer(kind="application/vnd.syncml.dm+xml; \udcff"),
    "a size of one": answer(_TEXT.replace("</SyncHdr>", "<Meta><MaxMsgSize>1</MaxMsgSize></Meta></SyncHdr>")),
    "a number without end": answer(_TEXT.replace("<MsgID>1<", f"<MsgID>{'9' * 5000}<")),
    "a negative status": answer(_TEXT.replace("200", "-5")),
    "a NUL behind": answer(_TEXT + "\0"),
}

CASES = ["P-02 media-type@xml,md5", "P-02 empty", "P-05 answered@xml,md5,1"]


@contextlib.contextmanager
def listening(octets):
    """The port of a server on a thread that answers each request with these octets."""
    import threading

    def serve():
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                received = b""
                while b"\r\n\r\n" not in received:
                    received += connection.recv(65536)
                length = int(received.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                while len(received.partition(b"\r\n\r\n")[2]) < length:
                    received += connection.recv(65536)
                connection.sendall(octets)

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def probed(octets, tmp_path, capsys):
    with listening(octets) as port:
        words = [word for case in CASES for word in ("--case", f"server {case}")]
        status = main(["probe", "server", f"http://127.0.0.1:{port}/dm", "--server-password", "srvpw", "--rate", "1000",
                       "--timeout", "5", "--out", str(tmp_path), *words])  # fmt: skip
    captured = capsys.readouterr()
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert len(results) == len(CASES) and "Traceback" not in captured.err
    assert {path.suffix for path in (tmp_path / "cases").iterdir()} == {".txt", ".jsonl", ".pcap"}
    return status, results, captured


@pytest.mark.parametrize("name", SAYS_NOTHING)
def test_who_says_nothing_is_inconclusive_and_the_reason_is_said(name, tmp_path, capsys):
    octets, reason = SAYS_NOTHING[name]
    status, results, captured = probed(octets, tmp_path, capsys)
    assert {result["verdict"] for result in results} == {Verdict.INCONCLUSIVE.value}, results
    assert any(reason in result["why"] for result in results), results
    assert status == 2 and "not one message of the server came" in captured.err
    assert reason in captured.out


@pytest.mark.parametrize("name", SAYS_JUNK)
def test_what_is_no_message_fails(name, tmp_path, capsys):
    status, results, _ = probed(SAYS_JUNK[name], tmp_path, capsys)
    assert {result["verdict"] for result in results} == {Verdict.FAIL.value}, results
    assert status == 1 and all("what came is no message" in result["why"] for result in results)


@pytest.mark.parametrize("name", SAYS_ODD)
def test_what_is_odd_in_a_message_ends_no_run(name, tmp_path, capsys):
    _, results, _ = probed(SAYS_ODD[name], tmp_path, capsys)
    assert results[1]["verdict"] == results[2]["verdict"] == Verdict.FAIL.value, results


_CALL = """
import socket, sys
from urllib.parse import urlsplit
place, body = urlsplit(sys.argv[1]), sys.argv[2].encode()
with socket.create_connection((place.hostname, place.port)) as s:
    s.sendall(f"POST {place.path} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Type: {sys.argv[3]}\\r\\n"
              f"Content-Length: {len(body)}\\r\\n\\r\\n".encode() + body)
    s.recv(65536)
raise SystemExit(int(sys.argv[4]))
"""
_XML = "application/vnd.syncml.dm+xml"


@pytest.mark.parametrize(
    ("body", "kind", "exit_status", "says"),
    [
        ("junk", _XML, 0, "what called sent no message"),
        ("<SyncML/>", _XML, 0, "what called sent no message"),
        (_TEXT.replace("<MsgID>1<", "<MsgID>5<"), _XML, 0, "what called began with message '5'"),
        ("<html/>", "text/html", 3, "status 3 (1 time)"),
        (_TEXT, "application/vnd.syncml.dm+wbxml", 0, "what called sent no message"),
    ],
)
def test_a_client_that_calls_and_says_no_message_is_inconclusive(tmp_path, capsys, body, kind, exit_status, says):
    script = tmp_path / "call.py"
    script.write_text(_CALL)
    (tmp_path / "body").write_text(body)
    trigger = f"sh -c '{sys.executable} {script} {{url}} \"$(cat {tmp_path}/body)\" {kind} {exit_status}'"
    status = main(["probe", "client", "--listen", "127.0.0.1:0", "--server-password", "srvpw", "--timeout", "0.2",
                   "--wait", "20", "--case", "client P-01 versions@xml,md5", "--trigger", trigger])  # fmt: skip
    captured = capsys.readouterr()
    assert status == 2 and "1 inconclusive" in captured.out
    assert "no session of the client came in the one case" in captured.err
    assert says in captured.out + captured.err
