"""Wireshark's dissector, an independent reader, reads our pushes as we mean them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from dmkit.bootstrap import cp
from dmkit.transport.pcap import pcap_datagrams
from dmkit.transport.push import bootstrap_push
from dmkit.wire import wsp
from tests.bootstrap.documents import CONNECTIVITY, DOCUMENT_C, EVERYTHING, IMSI
from tests.wire.test_carriage import MAC, WAKE
from tests.wire.test_tshark import faults

TSHARK = shutil.which("tshark")
pytestmark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")


def dissect(units, folder):
    capture = folder / "push.pcap"
    capture.write_bytes(pcap_datagrams(units))
    ran = subprocess.run(
        [str(TSHARK), "-r", str(capture), "-O", "wsp,wbxml", "-o", "udp.check_checksum:TRUE"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return ran.stdout.decode("utf-8", "replace")


@pytest.mark.spec("N-02")
def test_a_notification(tmp_path):
    text = dissect([wsp.encode(WAKE)], tmp_path)
    assert "Method: Push (0x06), Content-Type: application/vnd.syncml.notification" in text
    assert "X-Wap-Application-Id: x-wap-application:syncml.dm" in text
    assert faults(text) == []


@pytest.mark.spec("B-01")
def test_provisioning_documents_with_their_protection(tmp_path):
    pushes = [bootstrap_push(DOCUMENT_C, CONNECTIVITY, network_id=IMSI)]
    pushes += [
        bootstrap_push(cp.to_wbxml(EVERYTHING), CONNECTIVITY, method, network_id=IMSI, pin="12345")
        for method in ("USERPIN", "USERNETWPIN", "USERPINMAC")
    ]
    text = dissect([wsp.encode(push) for push in pushes], tmp_path)
    assert f"application/vnd.wap.connectivity-wbxml; SEC=NETWPIN; MAC={MAC}" in text
    for method in ("USERPIN", "USERNETWPIN"):
        assert f"SEC={method}; MAC=" in text
    assert "SEC=USERPINMAC\n" in text
    assert text.count("</wap-provisioningdoc>") == 4
    # the one fault is in the sheet's own document: 93, a value that the printed specification has at 83
    assert len(faults(text)) == 1
