"""Traces: a session read back from a folder, from JSON lines, from tshark; and what a log never holds."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import given

import dmkit as dm
from dmkit.transport.pcap import http_request, http_response, pcap
from dmkit.transport.redact import redact
from dmkit.transport.trace import parse_log_line, write_log_line
from dmkit.words.errors import ConfigError
from tests.conftest import CORPUS
from tests.strategies import messages
from tests.transport.traces import tree_of
from tests.wire.test_tshark import faults

CODECS = pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=lambda codec: codec.name)
TSHARK = shutil.which("tshark")


def talk(codec, *, rules=None):
    """Ten messages and more: a large object in small pieces."""
    device = dm.Device.example(codec=codec, rules=rules or dm.Rules(chunk=20))
    return dm.converse(device, dm.Server.example(device), job=dm.jobs.write("./APN/Name", "internet " * 12))


def what(transcript):
    return [(line.sender, line.summary) for line in transcript]


@CODECS
def test_a_folder_is_read_in_the_order_of_its_numbers(codec, tmp_path):
    said = talk(codec)
    assert len(said) > 10
    for number, line in enumerate(said, 1):
        (tmp_path / f"msg-{number}.bin").write_bytes(line.packet.body)  # msg-10 stands before msg-2 in the alphabet
    (tmp_path / ".hidden").write_bytes(b"no")
    assert what(dm.transport.read_trace(tmp_path)) == what(said)


def test_what_cannot_be_read_is_a_line_that_says_so(tmp_path):
    said = talk(dm.XML)
    (tmp_path / "1.xml").write_bytes(said[0].packet.body)
    (tmp_path / "2.xml").write_bytes(b"<html>busy</html>")
    (tmp_path / "3.xml").write_bytes(said[1].packet.body.replace(b"</SyncBody>", b"<Foo/></SyncBody>"))
    trace = dm.transport.read_trace(tmp_path)
    assert [line.note for line in trace][1] == "unreadable"
    assert [(number, d.kind.value) for number, d in trace.deviations] == [(3, "unknown-element")]
    assert "unknown-element" in str(trace)


def test_several_sessions_in_one_folder(tmp_path):
    for session in ("1", "2"):
        device = dm.Device.example()
        client = device.connect(session_id=session)
        server = dm.Server.example(device)
        first = client.start().reply
        (tmp_path / f"{session}-1").write_bytes(first.body)
        (tmp_path / f"{session}-2").write_bytes(server.receive(first).reply.body)
    assert {name: len(t) for name, t in dm.transport.read_traces(tmp_path).items()} == {"1": 2, "2": 2}


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}; set DMKIT_CORPUS")
def test_captures_of_real_clients_read_as_ours(tmp_path):
    """Every message of the corpus that a client sent gives a line with a summary."""
    for folder in ("wire-xml", "wire-wbxml"):
        traces = dm.transport.read_traces(CORPUS / folder)
        lines = [line for trace in traces.values() for line in trace]
        assert len(lines) == len([p for p in (CORPUS / folder).iterdir() if p.is_file()])
        assert all(line.message is not None and line.summary for line in lines)
        assert all(dm.show(trace) for trace in traces.values())


@CODECS
def test_json_lines(codec, tmp_path):
    said = talk(codec)
    lines = [write_log_line(line.number / 10, "1", line.sender, line.packet) for line in said]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n\n")
    assert what(dm.transport.read_trace(tmp_path / "log.jsonl")) == what(said)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"at": 1}',
        '{"at": "x", "from": "a", "to": "", "session": "1"}',
        '{"at":1,"session":"1","from":"nobody","to":"","media_type":""}',
        "[1]",
        "[[]]",
    ],
)
def test_what_is_no_trace_is_one_sentence(text, tmp_path):
    (tmp_path / "log").write_text(text)
    with pytest.raises(ConfigError, match="log"):
        dm.transport.read_trace(tmp_path / "log")


def test_an_empty_place_is_one_sentence(tmp_path):
    with pytest.raises(ConfigError, match="no message in it"):
        dm.transport.read_trace(tmp_path)
    with pytest.raises(ConfigError, match="no such file"):
        dm.transport.read_trace(tmp_path / "nowhere")


def captured(said, place):
    """``said`` over HTTP, as a capture file."""
    conversation = [
        (
            line.sender == "client",
            (http_request if line.sender == "client" else http_response)(line.packet.body, line.packet.media_type),
        )
        for line in said
    ]
    capture = place / "session.pcap"
    capture.write_bytes(pcap(conversation))
    return capture


@CODECS
@pytest.mark.parametrize("size", [12, 300], ids=["one segment", "several"])
@pytest.mark.parametrize("octets", [[], ["-x"]], ids=["plain", "-x"])
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_what_tshark_captured(codec, size, octets, tmp_path):
    device = dm.Device.example(codec=codec)
    said = dm.converse(device, dm.Server.example(device), job=dm.jobs.write("./APN/Name", "internet " * size))
    capture = captured(said, tmp_path)
    argv = [TSHARK, "-r", str(capture), "-T", "json", "-Y", "http", *octets]
    ran = subprocess.run(argv, capture_output=True, timeout=60)
    (tmp_path / "tshark.json").write_bytes(ran.stdout)
    assert json.loads(ran.stdout)
    assert what(dm.transport.read_trace(tmp_path / "tshark.json")) == what(said)


@pytest.mark.spec("P-02")
@pytest.mark.parametrize("rules", [dm.Rules(chunk=20), dm.Rules(auth="mac", server_auth="mac")], ids=["pieces", "mac"])
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_a_whole_session_dissects_without_fault(rules, tmp_path):
    """Issue 2, must show 3: every WBXML message of a real session, no invalid token."""
    said = talk(dm.WBXML, rules=rules)
    capture = captured(said, tmp_path)
    ran = subprocess.run([TSHARK, "-r", str(capture), "-O", "wbxml", "-Y", "wbxml"], capture_output=True, timeout=60)
    text = ran.stdout.decode("utf-8", "replace")
    assert text.count("</SyncML>") == len(said)
    assert faults(text) == []


# --- secrets -------------------------------------------------------------------------------------------------------

SECRET = "hunter2-is-long"
TNDS = f"<MgmtTree><Node><NodeName>AAuthSecret</NodeName><Value>{SECRET}</Value></Node></MgmtTree>"
HOLDERS = {
    "a value": dm.Replace.of("./DMAcc/1/AppAuth/2/AAuthSecret", SECRET),
    "octets": dm.Replace.of("./DMAcc/1/AppAuth/2/AAuthData", SECRET.encode()),
    "in a container": dm.Atomic.of(dm.Add.of("./DMAcc/1/AppAuth/2/AAuthSecret", SECRET)),
    "results": dm.words.Results((dm.Item(source="./DMAcc/1/AppAuth/2/AAuthSecret", data=SECRET),), "1", "1"),
    "a tree as text": dm.Add.of("./DMAcc", TNDS, format="xml", type="application/vnd.syncml.dmtnds+xml"),
    "a tree as octets": dm.Add.of("./DMAcc", dm.Item(data=TNDS.encode()).data, type="application/x"),
    "a tree as mark-up": dm.Add.of(
        "./DMAcc",
        tree_of("AAuthSecret", SECRET),
        format="xml",
    ),
    "what a person typed": dm.Status(dm.StatusCode(200), "1", "4", "Alert", items=(dm.Item(data=SECRET),)),
    "a provisioning document": dm.Add.of("./Inbox/x", f'<parm name="AAUTHSECRET" value="{SECRET}"/>'),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_log_never_holds_secrets(holder):
    command = HOLDERS[holder]
    number = dm.WBXML.decode(dm.WBXML.encode(dm.Message(dm.words.Header("1", "1", "https://s", "IMEI:1"), (command,))))
    body = dm.WBXML.encode(number)
    assert SECRET.encode() in body
    line = write_log_line(0.0, "1", "client", dm.Packet("https://s", body, dm.WBXML.media_type))
    _, _, parsed = parse_log_line(line)
    assert SECRET.encode() not in parsed.packet.body and SECRET not in line
    assert [c.verb for c in parsed.message.commands] == [command.verb]


@given(messages(binary=True))
def test_taking_secrets_out_changes_nothing_else(message):
    body = dm.WBXML.encode(message)
    safe = redact(dm.Packet("", body, dm.WBXML.media_type))
    assert safe is not None
    again = dm.WBXML.decode(safe.body)
    assert len(again.commands) == len(message.commands)


def test_a_session_id_used_again_is_another_session(tmp_path):
    """Seen with a real client, which calls each of its sessions 1."""
    bodies = []
    for codec in (dm.XML, dm.WBXML):
        device = dm.Device.example(codec=codec)
        client, server = device.connect(session_id="1"), dm.Server.example(device)
        first = client.start().reply
        bodies += [first.body, first.body, server.receive(first).reply.body]  # sent twice: no new session
    for number, body in enumerate(bodies):
        (tmp_path / f"{number}").write_bytes(body)
    assert {name: len(talk) for name, talk in dm.transport.read_traces(tmp_path).items()} == {"1": 3, "1 (2)": 3}


@pytest.mark.parametrize(
    ("code", "cmd", "words"),
    [
        (404, "Get", ["Get: 404 Not found"]),
        (216, "Add", ["Add: 216 Atomic roll back OK"]),
        (500, "hunter2", ["a command: 500 Command failed"]),
        (200, "Get", None),
    ],
)
def test_a_log_says_what_was_refused_in_words(code, cmd, words):
    """The code and its phrase; a name of a command that is none may be a secret, and stays away."""
    status = dm.Status(dm.StatusCode(code), "1", "4", cmd, cmd_id="1")
    message = dm.Message(dm.words.Header("1", "1", "https://s", "IMEI:1"), (status,))
    line = write_log_line(0.0, "1", "client", dm.Packet("", dm.XML.encode(message), dm.XML.media_type))
    assert json.loads(line).get("refused") == words
