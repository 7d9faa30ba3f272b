"""TLS with a pre-shared key from GBA: a real handshake of two OpenSSL programs; Python's ssl has PSK from 3.13 on."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from dmkit.card.aka.gba import psk_identity
from dmkit.transport.gba import converse_gba, example

OPENSSL = shutil.which("openssl")


@pytest.mark.skipif(OPENSSL is None, reason="the openssl program is not installed")
@pytest.mark.parametrize("right", [True, False], ids=["the key of the service", "another key"])
def test_both_ends_of_gba_meet_in_a_tls_psk_handshake(right):
    device, ue, bsf, server = example()
    assert converse_gba(device, ue, bsf, server).well
    ours, theirs = ue.key(server.fqdn if right else "evil.example"), server.keys[device.address]
    common = ["-tls1_2", "-cipher", "PSK", "-psk_identity", psk_identity(theirs.b_tid)]
    listen = [
        OPENSSL,
        "s_server",
        "-accept",
        "127.0.0.1:0",
        "-nocert",
        "-naccept",
        "1",
        *common,
        "-psk",
        theirs.key.hex(),
    ]
    with subprocess.Popen(listen, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as peer:
        try:
            said = next((line for line in iter(peer.stdout.readline, b"") if b"ACCEPT" in line), b"")
            port = re.search(rb":(\d+)", said)
            if port is None:
                pytest.skip("this openssl does not say where it listens")
            address = f"127.0.0.1:{port[1].decode()}"
            connect = [OPENSSL, "s_client", "-connect", address, *common, "-psk", ours.key.hex()]
            done = subprocess.run(connect, input=b"Q\n", capture_output=True, timeout=20, check=False)
        finally:
            peer.kill()
    assert (done.returncode == 0) is right, done.stderr
    assert re.search(rb"Cipher is \S*PSK", done.stdout)
