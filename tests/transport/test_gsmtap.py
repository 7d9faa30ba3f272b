"""Sessions with a card as GSMTAP captures: written, read, explained; tshark finds nothing malformed."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest

import dmkit as dm
from dmkit.card.images.image import of_card, to_card
from dmkit.lab.studies.media_runs import play
from dmkit.transport.gsmtap import explained, read_trace, to_tpdus, write_trace
from dmkit.transport.pcap import pcap_datagrams
from dmkit.words.errors import CodecError


def session(medium="usim"):
    card = dm.Usim.example(b"a document" * 40, medium=medium)
    dm.Device.blank(card=card).bootstrap()
    return card, [(one.apdu, one.answer) for one in card.log]


@pytest.mark.parametrize("medium", ["usim", "sim", "wim"])
def test_a_session_comes_back_as_it_travelled(medium):
    card, said = session(medium)
    found = read_trace(write_trace(said, card.atr))
    assert found == ((b"", card.atr), *(pair for one in said for pair in to_tpdus(*one)))
    assert read_trace(write_trace(found)) == found


def test_a_session_is_explained_with_the_names_of_files():
    card, said = session()
    text = str(explained(read_trace(write_trace(said, card.atr)), to_card(of_card(card))))
    for wanted in ("SELECT EF.DIR", "READ BINARY EF.ODF", "EF.DM_Bootstrap", "✗" if "✗" in str(card.log) else "✓"):
        assert wanted in text
    assert "EF.DM_Bootstrap" not in str(explained(read_trace(write_trace(said)))), "the example has no such file"


@pytest.mark.parametrize(
    ("tpdu", "apdu", "answer"),
    [
        ("00a40004023f009000", "00a40004023f00", "9000"), ("00b00000026162 9000", "00b0000002", "61629000"),
        ("00b00000056c02", "00b0000005", "6c02"), ("00c00000006a82", "00c0000000", "6a82"),
        ("80f2000c009000", "80f2000c", "9000"),
        ("002000010831323334ffffffff63c2", "002000010831323334ffffffff", "63c2"),
        ("00a4000402" + "6d00", "00a4000402", "6d00"), ("00700000019000", "0070000001", "9000"),
        ("0070000001019000", "0070000001", "019000"), ("007080019000", "00708001", "9000"),
    ],
)  # fmt: skip
def test_where_a_command_ends(tpdu, apdu, answer):
    head = bytes.fromhex("02040400" + "00" * 12)
    capture = pcap_datagrams([head + bytes.fromhex(tpdu)], port=4729)
    assert read_trace(capture) == ((bytes.fromhex(apdu), bytes.fromhex(answer)),)


def test_what_t0_cannot_carry_and_what_is_no_trace():
    with pytest.raises(CodecError, match="T=0 has no commands"):
        write_trace([(bytes.fromhex("00d60000000100") + bytes(256), b"\x90\x00")])
    for junk, says in (
        (b"", "capture|pcap"),
        (pcap_datagrams([b"x"], port=4729), "no GSMTAP"),
        (b"\0" * 40, "capture|pcap"),
    ):
        with pytest.raises(CodecError, match=says):
            read_trace(junk)


@pytest.mark.parametrize("many", [200, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_mutated_captures_are_a_trace_or_a_codec_error(many):
    card, said = session("wim")
    capture, taken = write_trace(said, card.atr), 0
    for seed in range(many):
        chance, octets = random.Random(seed), bytearray(capture)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(octets))
            if chance.random() < 0.7:
                octets[at] = chance.randrange(256)
            else:
                del octets[at : at + chance.choice((1, 3, 60))]
        try:
            found = read_trace(bytes(octets))
        except CodecError:
            continue
        assert str(explained(found))
        taken += 1
    assert taken


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark here")
@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_tshark_reads_every_command(medium, tmp_path):
    card, said = session(medium)
    file = tmp_path / "card.pcap"
    file.write_bytes(write_trace(said, card.atr))
    wanted = ["-T", "fields", "-e", "frame.protocols", "-e", "_ws.malformed"]
    done = subprocess.run(["tshark", "-r", file, *wanted], capture_output=True, check=True, timeout=120)
    # the first is the answer to reset, which this tshark takes for a command
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 1 + sum(len(to_tpdus(*one)) for one in said)
    assert {line.strip() for line in lines[1:]} == {"eth:ethertype:ip:udp:gsmtap:gsm_sim"}


def over_the_air():
    """Bootstrap, a packet over the air that rewrites the file, REFRESH, and the file read anew: all of one log."""
    run = play("OTA to the card")
    return run.phone.card, [(one.apdu, one.answer) for one in run.phone.card.log]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark here")
def test_tshark_reads_packets_over_the_air_and_refresh(tmp_path):
    card, exchanges = over_the_air()
    instructions = {apdu[1] for apdu, _ in exchanges}
    assert {0xC2, 0x12, 0x14, 0x10, 0xA4, 0xB0} <= instructions, "ENVELOPE, FETCH, TERMINAL RESPONSE and PROFILE"
    file = tmp_path / "air.pcap"
    file.write_bytes(write_trace(exchanges, card.atr))
    wanted = ["-T", "fields", "-e", "frame.protocols", "-e", "_ws.malformed", "-e", "_ws.expert.severity"]
    done = subprocess.run(["tshark", "-r", file, *wanted], capture_output=True, check=True, timeout=120)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()][1:]
    assert len(rows) == sum(len(to_tpdus(*one)) for one in exchanges)
    assert {row[1] for row in rows} == {""}, "nothing is malformed"
    assert all("gsm_sim" in row[0] for row in rows)
