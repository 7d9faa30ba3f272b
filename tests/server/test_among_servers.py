"""Servers among themselves: letters, and a device that changes its server.  [RD §6]"""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.bootstrap import dmacc
from dmkit.server import jobs
from dmkit.server.letters import Office
from dmkit.server.server import Server
from dmkit.server.transfer import Acceptance, Handover, introduce, leave, read_acceptance, read_handover
from dmkit.session.rules import Rules
from dmkit.words.errors import CodecError, ConfigError

A, B, EVE = (Office.of(f"{name}.example", bytes([n] * 32)) for n, name in enumerate(("a", "b", "eve")))
KNOWN = {"a.example": A.card, "b.example": B.card}
CHANCE = bytes(range(32))
OLD, NEW = "com.mgmtsrv.manage", "org.new.server"


def letter(body: bytes = b"secret of the subscriber", number: int = 1) -> bytes:
    return A.write(B.card, "offer", body, number=number, entropy=CHANCE)


@pytest.mark.spec("R-013", "R-031", "R-041")
def test_a_letter_proves_its_writer_and_is_read_by_its_receiver_only() -> None:
    octets = letter()
    opened = B.open(octets, KNOWN)
    assert opened and (opened.sender, opened.kind, opened.body) == ("a.example", "offer", b"secret of the subscriber")
    assert b"secret" not in octets and "for b.example" in Office.of("c", bytes([9] * 32)).open(octets, KNOWN).why


@pytest.mark.spec("R-013")
def test_who_is_not_known_or_signs_for_another_is_not_taken() -> None:
    hers = EVE.write(B.card, "offer", b"x", number=1, entropy=CHANCE)
    forged = Office(A.name, EVE.signing, EVE.sealing).write(B.card, "offer", b"x", number=1, entropy=CHANCE)
    assert B.open(forged, KNOWN).why == "the signature is not that of a.example"
    assert B.open(hers, KNOWN).why == "eve.example is not known here"


@pytest.mark.spec("R-031")
@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
@example(at=2245, flip=2)  # an unused bit of the signature's base64
def test_a_letter_that_was_altered_is_never_taken(at: int, flip: int) -> None:
    octets = bytearray(letter())
    octets[at % len(octets)] ^= flip
    with suppress(CodecError):  # no letter any more
        assert not B.open(bytes(octets), KNOWN)


def test_no_letter_counts_twice_and_none_of_before() -> None:
    assert not B.open(letter(number=3), KNOWN, {"a.example": 3}) and not B.open(
        letter(number=2), KNOWN, {"a.example": 3}
    )
    assert B.open(letter(number=4), KNOWN, {"a.example": 3})


@given(st.binary(max_size=200))
@example(b'{"device":"\xff"}')
@example(b'{"\xff":1}')
@example(b'{"device":' + b"[" * 50_000)
def test_any_octets_raise_only_codec_errors(octets: bytes) -> None:
    with pytest.raises(CodecError):
        B.open(octets, KNOWN)
    for read in (read_handover, read_acceptance):
        with pytest.raises(CodecError):
            read(octets)


def test_a_body_that_is_no_octets_is_one_sentence() -> None:
    for read in (read_handover, read_acceptance):
        with pytest.raises(ConfigError, match="body is None; it must be octets"):
            read(None)  # type: ignore[arg-type]


def test_a_seed_that_is_no_seed() -> None:
    with pytest.raises(ConfigError, match="32 of chance are needed"):
        Office.of("a", b"short")


# -- a device changes its server


def phone() -> dm.Device:
    """A phone whose account stands in its tree."""
    device = dm.Device.example()
    account = device.accounts[0]
    tree = dm.Tree.of(
        {uri: node for uri, node in device.tree.walk() if uri != "."}, acl={".": f"Add=*&Get=*&Replace={OLD}"}
    )
    tree = tree.put("./Vendor", tree.get("./Vendor")).with_acl(
        "./Vendor", f"Add={OLD}&Delete={OLD}&Get=*&Replace={OLD}"
    )
    tree = tree.put("./DMAcc", dm.Node.interior(acl=f"Add={OLD}&Get=*")).put("./DMAcc/old", dmacc.node(account))
    return dm.Device(tree, rules=Rules())


def servers(device: dm.Device) -> tuple[Server, Server]:
    acceptance = accepted(device)
    new = dm.Account(
        NEW,
        acceptance.address,
        dm.Credential(acceptance.client_name, acceptance.client_secret, b"", "md5"),
        dm.Credential(NEW, acceptance.server_secret),
    )
    theirs = Server({device.address: new}, nonces=dm.device.counted_nonces, first_nonces="as given")
    return Server.example(device), theirs


def accepted(device: dm.Device) -> Acceptance:
    return Acceptance(device.address, NEW, "https://new.example/dm", "phone", "a new secret", "another")


@pytest.mark.spec("R-171", "R-041")
def test_a_device_goes_over_by_letters_and_jobs_and_the_old_server_is_forgotten() -> None:
    device = phone()
    old, new = servers(device)
    offer = Handover(device.address, ("./Vendor",), {"Mod": "T1"}, {"push": "+491700000000"})
    asked = B.open(A.write(B.card, "offer", offer.print(), number=1, entropy=CHANCE), KNOWN)
    assert read_handover(asked.body) == offer
    answer = A.open(B.write(A.card, "accept", accepted(device).print(), number=1, entropy=CHANCE), KNOWN)
    dm.converse(
        device, old, job=introduce(read_acceptance(answer.body), offer.places, as_node="new", own="old", old=OLD)
    )
    assert old.results[-1].result is True and [a.server_id for a in device.accounts] == [OLD, NEW]

    second = device.connect(device.accounts[1])
    new.enqueue(device.address, jobs.write("./Vendor/Acme/Name", "theirs now"))
    new.enqueue(device.address, leave("old", OLD))
    dm.converse(second, new)
    assert [bool(result.result) for result in new.results] == [True, True]
    assert device.tree.get("./Vendor/Acme/Name").value == "theirs now"
    assert [a.server_id for a in device.accounts] == [NEW]
    assert OLD not in "".join(node.acl for _, node in device.tree.walk())


@pytest.mark.spec("R-171")
def test_a_server_that_was_not_introduced_is_nobody_to_the_device() -> None:
    device = phone()
    _, new = servers(device)
    assert NEW not in {account.server_id for account in device.accounts}
    dm.converse(device, new, job=jobs.read("./Vendor/Acme/Name"))
    assert not any(result.done for result in new.results)


def test_who_leaves_takes_only_the_account_it_names() -> None:
    device = phone()
    old, _ = servers(device)
    dm.converse(device, old, job=leave("old", "somebody.else"))
    assert old.results[-1].result is False and len(device.accounts) == 1
    with pytest.raises(ConfigError, match="must be the name of one node"):
        introduce(accepted(device), (), as_node="a/b", own="old", old=OLD)
