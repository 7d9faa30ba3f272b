"""Channel bindings from certificates: the honest server's session holds, the one in the middle's does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import dmkit as dm
from dmkit.auth.channel import server_end_point
from tests.auth.test_signed import certificate, raw

OURS = certificate("dm.example.com", raw(20), "Root", raw(1)).public_bytes(Encoding.DER)
THEIRS = certificate("dm.example.com", raw(21), "Another Root", raw(22)).public_bytes(Encoding.DER)


def test_the_binding_is_the_hash_of_the_certificate():
    assert server_end_point(OURS) == b"tls-server-end-point:" + hashlib.sha256(OURS).digest()


@pytest.mark.spec("R-001")
@pytest.mark.parametrize(("seen", "written"), [(OURS, True), (THEIRS, False)], ids=["the server", "one in the middle"])
def test_a_certificate_of_somebody_else_breaks_the_session(seen, written):
    """The device trusts both certificates; only the proof that covers the channel tells them apart."""
    bound = dm.Rules(auth="hmac-sha256-bound", server_auth="hmac-sha256-bound", channel=server_end_point(OURS))
    device = dm.Device.example(rules=replace(bound, channel=server_end_point(seen)))
    dm.converse(device, dm.Server.example(device, rules=bound), job=dm.jobs.write("./APN/Name", "internet"))
    assert (device.tree.get("./APN/Name").value == "internet") is written
