"""Wireshark's dissector, an independent reader, finds nothing wrong in what we write.  (issue 2, must show 3)"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.wbxml_bench import message
from dmkit.transport.pcap import http_request, http_response, pcap
from dmkit.wire import wbxml
from tests.conftest import CORPUS
from tests.wire.messages import PACKAGE_1

TSHARK = shutil.which("tshark")
FAULTS = ("invalid", "malformed", "unknown", "not defined", "undefined", "bogus", "expert info", "not in table")

pytestmark = [
    pytest.mark.skipif(TSHARK is None, reason="tshark is not installed"),
    pytest.mark.spec("P-02"),
]


def dissect(bodies: list[bytes], folder: Path) -> str:
    """tshark's reading of ``bodies`` sent in turns over HTTP: its WBXML section, line by line."""
    conversation = [
        (n % 2 == 0, (http_request if n % 2 == 0 else http_response)(body, wbxml.MEDIA_TYPE))
        for n, body in enumerate(bodies)
    ]
    capture = folder / "session.pcap"
    capture.write_bytes(pcap(conversation))
    ran = subprocess.run(
        [str(TSHARK), "-r", str(capture), "-O", "wbxml", "-Y", "wbxml", "-o", "tcp.check_checksum:TRUE"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return ran.stdout.decode("utf-8", "replace")


def faults(dissection: str) -> list[str]:
    """Lines in which tshark complains; what peers said stands between quotes and is no complaint."""
    bare = [re.sub(r"\S*'", "", line).lower() for line in dissection.splitlines()]
    return [line for line in bare if any(word in line for word in FAULTS)]


def test_a_session_dissects_without_fault(tmp_path: Path) -> None:
    bodies = [
        PACKAGE_1,
        wbxml.encode(message()),
        wbxml.encode(message(), string_table=True),
        wbxml.encode(message(), version=3),
    ]
    dissection = dissect(bodies, tmp_path)
    assert dissection.count("WAP Binary XML, Version") == len(bodies)
    assert dissection.count("</SyncML>") == len(bodies)
    assert "</NextNonce>" in dissection and "</Correlator>" not in dissection
    assert faults(dissection) == []


def test_what_clients_sent_and_we_wrote_again_dissects_without_fault(tmp_path: Path) -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}; set DMKIT_CORPUS")
    bodies = [
        wbxml.encode(wbxml.decode(path.read_bytes(), lenient=True))
        for path in sorted((CORPUS / "wire-wbxml").glob("*.wbxml"))
    ]
    bodies = [body for body in bodies if len(body) < 20_000]
    dissection = dissect(bodies, tmp_path)
    assert dissection.count("</SyncML>") == len(bodies)
    assert faults(dissection) == []


def test_the_check_would_see_a_fault(tmp_path: Path) -> None:
    broken = PACKAGE_1.replace(b"\x46\x4b", b"\x7f\x4b")
    assert faults(dissect([broken], tmp_path))
