"""Each form of a trace: the example in data/traces, and what captures really look like."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.cli import main
from dmkit.transport import trace
from dmkit.transport.har import read_har
from dmkit.transport.http_stream import http_messages
from dmkit.transport.pcap import http_request, http_response, pcap
from dmkit.transport.pcap_read import captured, frames
from dmkit.transport.trace_write import WRITERS, write_trace
from dmkit.views.outcomes import outcomes
from dmkit.wire.several import messages_in
from dmkit.words.errors import ConfigError, DmError
from tests.transport.traces import FILES, example

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "traces"


def heard(talk):
    return [(line.sender, line.summary) for line in talk]


@pytest.mark.parametrize(("name", "form"), FILES.items())
@pytest.mark.parametrize("tshark", [True, False], ids=["tshark", "own reader"])
def test_the_example_of_each_form_is_what_dmkit_writes_and_reads(name, form, tshark, monkeypatch):
    if not tshark:
        monkeypatch.setattr(trace, "read_capture", lambda file: [])
    talk = example(form)
    assert (DATA / name).read_bytes() == write_trace(talk, form)
    assert heard(dm.transport.read_trace(DATA / name)) == heard(talk)
    assert len(talk) >= 4


def block(order, kind, *words, rest=b""):
    body = struct.pack(f"{order}{len(words)}I", *words) + rest + bytes(-len(rest) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order):
    return block(order, 0x0A0D0D0A, 0x1A2B3C4D, rest=struct.pack(order + "HHq", 1, 0, -1))


def interface(order, kept, *options):
    padded = ((code, len(value), value + bytes(-len(value) % 4)) for code, value in options)
    said = b"".join(struct.pack(order + "HH", code, length) + value for code, length, value in padded)
    return block(order, 1, rest=struct.pack(order + "HHI", 101, 0, kept) + said)


def packet(order, number, ticks, data):
    return block(order, 6, number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data), rest=data)


def test_a_pcapng_has_clocks_of_its_interfaces_and_sections_and_packets_without_a_time():
    """pcapng 4.1 to 4.4: unit and offset are of an interface, a section begins anew, a simple packet is cut."""
    second = 1_700_000_000
    said = [
        section("<"),
        interface("<", 5, (9, b"\x09"), (14, struct.pack("<q", second))),
        interface("<", 0, (9, b"\x8a")),
    ]
    said += [
        packet("<", 0, 250_000_000, b"one"),
        packet("<", 1, second * 1024 + 512, b"two"),
        block("<", 3, 10, rest=b"abcde"),
    ]
    said += [section(">"), interface(">", 0), packet(">", 0, second * 10**6, b"four"), block(">", 3, 5, rest=b"vwxyz")]
    found = list(frames(b"".join(said)))
    assert [octets for _, _, octets in found] == [b"one", b"two", b"abcde", b"four", b"vwxyz"]
    assert [moment for moment, _, _ in found] == [second + 0.25, second + 0.5, 0.0, second, 0.0]
    assert {link for _, link, _ in found} == {101}


def test_every_form_has_a_file_and_stands_on_the_page():
    assert set(FILES.values()) == set(WRITERS)
    page = (ROOT / "docs" / "traces.md").read_text()
    assert all(f"data/traces/{name}" in page for name in FILES)
    assert {path.name for path in DATA.iterdir()} == {*FILES, "README.md"}


@pytest.mark.parametrize("name", FILES)
def test_the_command_shows_ladder_outcomes_and_deviations(name, capsys):
    assert main(["trace", str(DATA / name)]) == 0
    out = capsys.readouterr().out
    assert "Get ./DevInfo/Man: 200 OK in line 3, results: Acme" in out
    assert "Replace ./APN/Name: 200 OK" in out
    assert "-> C1 p1" in out
    assert "deviations: none" in out
    assert main(["trace", str(DATA / name), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["status"] for row in said[0]["commands"]][-1] == 200
    assert {row["sender"] for row in said[0]["messages"]} == {"client", "server"}
    assert main(["trace", str(DATA / name), "--html"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert "dmkit-ladder" in page


@pytest.mark.parametrize("form", WRITERS)
def test_a_session_is_written_in_another_form(form, tmp_path, capsys):
    out = tmp_path / "out"
    source = "session.http" if form == "viewer" else "session.wbxml"
    assert main(["trace", str(DATA / source), "--write", form, str(out)]) == 0
    assert heard(dm.transport.read_trace(out)) == heard(example("http" if form == "viewer" else form))


def test_a_folder_may_hold_any_form(tmp_path):
    talk = example("messages")
    (tmp_path / "1.http").write_bytes(write_trace(talk[:2], "http"))
    (tmp_path / "2.wbxml").write_bytes(write_trace(talk[2:], "messages"))
    assert heard(dm.transport.read_trace(tmp_path)) == heard(talk)


# -- captures as they are


def packets(capture: bytes) -> list[bytes]:
    found, p = [], 24
    while p < len(capture):
        size = struct.unpack_from("<I", capture, p + 8)[0]
        found.append(capture[p : p + 16 + size])
        p += 16 + size
    return found


def bodies(capture: bytes) -> list[bytes]:
    return [said.message.body for said in captured(capture)]


LONG = [(True, http_request(b"<SyncML>" + b"x" * 5000, "text/xml")), (False, http_response(b"<SyncML>y", "text/xml"))]
WANT = [b"<SyncML>" + b"x" * 5000, b"<SyncML>y"]


@pytest.mark.parametrize("seed", range(5))
def test_segments_come_late_and_twice(seed):
    head, *rest = pcap(LONG)[:24], *packets(pcap(LONG))
    handshake, data = rest[:3], rest[3:]
    rng = random.Random(seed)
    data = data + rng.sample(data, 2)
    rng.shuffle(data)
    assert sorted(bodies(b"".join([head, *handshake, *data]))) == sorted(WANT)
    assert sorted(bodies(b"".join([head, *data]))) == sorted(WANT), "a capture that began late"


def test_a_lost_segment_ends_a_stream_and_nothing_is_made_up():
    whole = packets(pcap(LONG))
    found = captured(b"".join([pcap(LONG)[:24], *whole[:4], *whole[5:]]))
    assert not found[0].message.whole
    assert WANT[0].startswith(found[0].message.body)
    assert found[-1].message.body == WANT[1]


@pytest.mark.parametrize("change", ["big-endian", "nanoseconds", "vlan", "raw", "cut"])
def test_other_capture_files(change):
    data = pcap(LONG)
    if change == "cut":
        assert bodies(data[:-3] + b"")[:1] == WANT[:1]
        return
    order, magic = (">", 0xA1B2C3D4) if change == "big-endian" else ("<", 0xA1B2C3D4)
    magic = 0xA1B23C4D if change == "nanoseconds" else magic
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 0x40000, 101 if change == "raw" else 1)]
    for packet in packets(data):
        seconds, micros, *_ = struct.unpack_from("<IIII", packet)
        frame = packet[16:]
        if change == "vlan":
            frame = frame[:12] + b"\x81\x00\x00\x07" + frame[12:]
        if change == "raw":
            frame = frame[14:]
        out.append(struct.pack(order + "IIII", seconds, micros, len(frame), len(frame)) + frame)
    assert bodies(b"".join(out)) == WANT


def ipv6(data: bytes) -> bytes:
    out = [data[:24]]
    for packet in packets(data):
        frame = packet[16:]
        source, destination = (bytes(12) + frame[at : at + 4] for at in (26, 30))
        tcp = frame[34:]
        frame = frame[:12] + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(tcp), 6, 64) + source + destination + tcp
        out.append(packet[:8] + struct.pack("<II", len(frame), len(frame)) + frame)
    return b"".join(out)


def test_ip_version_6():
    assert bodies(ipv6(pcap(LONG))) == WANT


BODY = b"<SyncML>1</SyncML>"
HTTP = {
    "chunked": b"POST / HTTP/1.1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n8\r\n<SyncML>\r\nA;x=1\r\n1</SyncML>\r\n0\r\n\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
    % (len(gzip.compress(BODY, mtime=0)), gzip.compress(BODY, mtime=0)),
    "to the end": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "no carriage returns": b"POST /dm HTTP/1.1\nContent-Type: text/xml\nContent-Length: 18\n\n" + BODY,
    "100 first": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n" + BODY,
    "odd case": b"POST /dm HTTP/1.1\r\nCONTENT-LENGTH:18\r\n\r\n" + BODY,
}  # fmt: skip


@pytest.mark.parametrize("data", HTTP.values(), ids=HTTP)
@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 204 No Content\r\n\r\n"], ids=["alone", "with more"])
def test_http_as_it_is(data, after):
    found = [said for said in http_messages(data + after) if said.body]
    assert [said.body for said in found] == [BODY]


@pytest.mark.parametrize(
    ("content", "want"),
    [
        ({"mimeType": "application/vnd.syncml.dm+xml", "text": "<SyncML/>"}, b"<SyncML/>"),
        ({"mimeType": "application/vnd.syncml.dm+wbxml", "text": "AqQ=", "encoding": "base64"}, b"\x02\xa4"),
        ({"mimeType": "application/vnd.syncml.dm+wbxml", "text": "\x02\u00a4\x01j"}, b"\x02\xa4\x01j"),
        ({"text": "<SyncML>\u00fc</SyncML>"}, "<SyncML>ü</SyncML>".encode()),
    ],
)
def test_bodies_of_an_archive(content, want):
    entry = {"request": {"method": "POST", "url": "https://s/dm", "headers": [], "postData": content}, "response": {}}
    archive = json.dumps({"log": {"entries": [entry]}}).encode()
    assert [said.body for said in read_har(archive, "x")] == [want]


@pytest.mark.parametrize("data", [b'{"log": 1}', b'{"log": {"entries": [1]}}', b'{"log":', b'{"log": []}'])
def test_an_archive_that_is_none_is_one_sentence(data, tmp_path):
    (tmp_path / "x.har").write_bytes(data)
    with pytest.raises(ConfigError, match=r"x\.har"):
        dm.transport.read_trace(tmp_path / "x.har")


def test_a_viewer_may_write_utf_16_and_text_between(tmp_path):
    said = write_trace(example("viewer"), "viewer").decode().replace("<!--", "02/11/2026 10:00 <!--")
    (tmp_path / "stream.xml").write_bytes(said.encode("utf-16"))
    assert heard(dm.transport.read_trace(tmp_path / "stream.xml")) == heard(example("viewer"))


def test_a_message_that_is_cut_is_a_line_with_its_reason(tmp_path, capsys):
    said = write_trace(example("viewer"), "viewer")
    (tmp_path / "stream.xml").write_bytes(said[:-60])
    assert main(["trace", str(tmp_path / "stream.xml")]) == 0
    out = capsys.readouterr().out
    assert "unreadable: not well-formed XML: the document ends inside" in out


def test_the_reason_of_an_unreadable_message_is_logged_and_read_again(tmp_path):
    packet = dm.Packet("https://s/dm", b"<SyncML><SyncHdr></SyncML>", "application/vnd.syncml.dm+xml")
    line = trace.write_log_line(0.0, "1", "client", packet)
    assert "body_b64" not in line
    assert "SyncHdr" in json.loads(line)["unreadable"]
    (tmp_path / "log").write_text(line)
    assert "not well-formed XML" in str(dm.transport.read_trace(tmp_path / "log"))


def test_an_answer_counts_for_the_message_and_command_it_names():
    talk = example("messages")
    found = outcomes(talk)
    assert [str(each.status and int(each.status)) for each in found] == ["200"] * len(found)
    cut = outcomes(talk[:2])
    assert {each.status for each in cut if each.sender == "server"} == {None}
    assert "no answer" in str(next(each for each in cut if each.status is None))


def test_junk_is_one_sentence(tmp_path, capsys):
    for data in (
        b"",
        b"\0",
        b"\xd4\xc3\xb2\xa1",
        b"POST / HTTP/1.1\r\n\r\n",
        b"{",
        b"[",
        b"{}",
        b"\x0a\x0d\x0d\x0a" * 9,
    ):
        (tmp_path / "junk").write_bytes(data)
        assert main(["trace", str(tmp_path / "junk")]) in (0, 2)
        err = capsys.readouterr().err
        assert err.count("\n") <= 1
        assert not err or "junk" in err


@given(st.binary(max_size=200), st.sampled_from(sorted(FILES)), st.integers(0, 10_000), st.integers(0, 2000))
def test_broken_traces_raise_only_errors_of_dmkit(junk, name, at, cut):
    data = (DATA / name).read_bytes()
    at %= len(data)
    data = data[:at] + junk + data[at + cut :]
    with contextlib.suppress(DmError):
        captured(data)
    list(http_messages(data))
    messages_in(data)
    with contextlib.suppress(ConfigError):
        list(read_har(data, name))
