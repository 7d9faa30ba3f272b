"""Sessions that nobody can deny: what a third person finds in the packets.  [RD §6]"""

from __future__ import annotations

import msgspec
import pytest

import dmkit as dm
from dmkit.auth.undeniable import HEADER, SigningSide, verify
from dmkit.server import jobs
from dmkit.words.errors import ConfigError


def session() -> tuple[list[tuple[str, object]], dict[str, bytes]]:
    """A session in which both sides sign; each side judges what it hears at once."""
    sides = {"client": SigningSide.of("client", bytes(32)), "server": SigningSide.of("server", bytes([1] * 32))}
    keys = {name: side.public for name, side in sides.items()}
    device = dm.Device.example()
    packets: list[tuple[str, object]] = []

    def tap(packet, rng):
        sender = "server" if packet.to == device.address else "client"
        other = "client" if sender == "server" else "server"
        packet, sides[sender] = sides[sender].send(packet)
        why, sides[other] = sides[other].receive(packet, sender, keys[sender])
        assert why == ""
        packets.append((sender, packet))
        return (packet,)

    dm.converse(device, dm.Server.example(device), job=jobs.write("./APN/Name", "internet"), tap=tap)
    assert device.tree.get("./APN/Name").value == "internet"
    return packets, keys


@pytest.mark.spec("R-006")
def test_neither_side_can_deny_what_it_sent_or_what_it_answered() -> None:
    packets, keys = session()
    verdict = verify(packets, keys)
    assert verdict.why == "" and dict(verdict.sent) == {"client": 2, "server": 2}
    assert dict(verdict.received) == {"client": 1, "server": 2}, "only the last message may not have come"


@pytest.mark.spec("R-006")
@pytest.mark.parametrize("what", ["altered", "left out", "moved", "by another", "unsigned"])
def test_whoever_changes_the_record_proves_nothing(what: str) -> None:
    packets, keys = session()
    sender, packet = packets[2]
    if what == "altered":
        packets[2] = sender, msgspec.structs.replace(packet, body=packet.body.replace(b"200", b"500", 1))
    elif what == "left out":
        del packets[1]
    elif what == "moved":
        packets[1], packets[3] = packets[3], packets[1]
    elif what == "by another":
        forged, _ = SigningSide.of("client", bytes([7] * 32)).send(packet)
        packets[2] = sender, forged
    else:
        packets[2] = sender, msgspec.structs.replace(packet, headers={})
    verdict = verify(packets, keys)
    assert "testimony" in verdict.why and sum(verdict.sent.values()) < 4


def test_the_server_cannot_make_up_a_message_of_the_device() -> None:
    """What MD5 and MAC cannot give: whoever knows the secret of an account could have made their proofs."""
    packets, keys = session()
    server = SigningSide.of("server", bytes([1] * 32))
    made_up, _ = server.send(packets[0][1])
    assert verify([("client", made_up)], keys).sent["client"] == 0
    assert HEADER in made_up.headers


def test_a_side_whose_key_is_not_known() -> None:
    packets, keys = session()
    assert "key of server is not known" in verify(packets, {"client": keys["client"]}).why
    with pytest.raises(ConfigError, match="32 of chance"):
        SigningSide.of("x", b"")
