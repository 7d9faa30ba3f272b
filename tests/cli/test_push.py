"""``dmkit push``: what it prints, and one sentence for what it cannot use."""

from __future__ import annotations

import pytest

from dmkit.bootstrap import cp
from dmkit.cli import main
from dmkit.transport import push
from dmkit.views.pushview import explain_push
from dmkit.wire import sms, wsp
from dmkit.words.errors import CodecError
from tests.bootstrap.documents import CONNECTIVITY, DOCUMENT_C, EVERYTHING, IMSI

TRIGGER = [
    "push",
    "trigger",
    "--server-id",
    "com.mgmtsrv.manage",
    "--password",
    "srvpw",
    "--nonce",
    "101112131415161718191a1b1c1d1e1f",
    "--session",
    "1234",
    "--ui",
    "background",
    "--initiator",
    "client",
]
WAKE = "0605040b84c002010603c4af87f1e45361e2a0682e7ea7bba2353ca4cd02d0000000123412" + b"com.mgmtsrv.manage".hex()


def test_a_trigger_is_the_vector(capsys, tmp_path):
    assert main(TRIGGER) == 0
    assert capsys.readouterr().out == WAKE + "\n"
    for form, start in (("wsp", 14), ("raw", 26)):
        assert main([*TRIGGER, "--form", form]) == 0
        assert capsys.readouterr().out == WAKE[start:] + "\n"
    assert main([*TRIGGER, "--form", "obex", "--out", str(tmp_path / "x")]) == 0
    assert (tmp_path / "x").read_bytes()[:1] == b"\x82"


@pytest.mark.parametrize("cut", [0, 14, 26])
def test_decode_tells_the_layers(cut, capsys, tmp_path):
    assert main(["push", "decode", WAKE[cut:]]) == 0
    out = capsys.readouterr().out
    assert "SessionID 1234" in out
    assert ("user data header: port 2948 from 49154" in out) == (cut == 0)
    (tmp_path / "wake.hex").write_text(WAKE[cut:])
    assert main(["push", "decode", str(tmp_path / "wake.hex")]) == 0
    (tmp_path / "wake.bin").write_bytes(bytes.fromhex(WAKE[cut:]))
    assert main(["push", "decode", str(tmp_path / "wake.bin")]) == 0
    assert capsys.readouterr().out == out * 2


def test_a_document_becomes_messages_and_is_joined_again(capsys, tmp_path):
    (tmp_path / "op.xml").write_bytes(cp.to_xml(EVERYTHING))
    assert main(["push", "cp", str(tmp_path / "op.xml"), "--imsi", IMSI]) == 0
    lines = capsys.readouterr().out.split()
    assert len(lines) > 5
    assert main(["push", "decode", *reversed(lines)]) == 0
    out = capsys.readouterr().out
    assert "content type application/vnd.wap.connectivity-wbxml; SEC=0; MAC=" in out
    assert "characteristic, with attributes and content" in out
    assert main(["push", "decode", *lines[1:]]) == 1
    assert "parts are here" in capsys.readouterr().err
    assert main(["push", "decode", lines[1]]) == 0
    assert "part 2 of" in capsys.readouterr().out
    assert main(["push", "cp", str(tmp_path / "op.xml"), "--imsi", IMSI, "--out", str(tmp_path / "o")]) == 2


def test_what_the_user_is_told(capsys, tmp_path):
    (tmp_path / "c").write_bytes(cp.to_wbxml(cp.read(DOCUMENT_C)))
    assert main(["push", "cp", str(tmp_path / "c"), "--method", "USERPINMAC", "--pin", "12345", "--form", "wsp"]) == 0
    assert capsys.readouterr().err.startswith("tell the user 12345")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["decode", "0601"], "neither a WSP push nor package 0"),
        (["decode", "no-such-file"], "No such file"),
        (["decode", "01", "02"], "does not fit"),
        ([*TRIGGER[1:], "--session", "x"], "hexadecimal number"),
        ([*TRIGGER[1:], "--session", "0"], "session 0"),
        ([*TRIGGER[1:], "--vendor", "x"], "not hexadecimal"),
    ],
)
def test_bad_input_is_one_sentence(arguments, why, capsys):
    assert main(["push", *arguments]) == 2
    error = capsys.readouterr().err
    assert why in error
    assert error.count("\n") == 1


def test_bad_methods_and_files(capsys, tmp_path):
    (tmp_path / "c").write_bytes(DOCUMENT_C)
    assert main(["push", "cp", str(tmp_path / "c"), "--method", "NETWORKID"]) == 2
    assert main(["push", "cp", str(tmp_path / "c")]) == 2
    (tmp_path / "t").write_text("<SyncML/>")
    assert main(["push", "cp", str(tmp_path / "t"), "--imsi", IMSI]) == 2
    assert capsys.readouterr().err.count("\n") == 3


def test_rows_tile_every_layer():
    unit = wsp.encode(push.bootstrap_push(DOCUMENT_C, CONNECTIVITY, network_id=IMSI))
    other = wsp.encode(wsp.WspPush("text/plain", b"hello"))
    for octets in (unit, sms.split(unit)[0], other, sms.split(other)[0]):
        rows = explain_push(octets).rows
        assert b"".join(row.octets for row in rows) == octets
        assert [row.offset for row in rows] == [sum(len(r.octets) for r in rows[:n]) for n in range(len(rows))]
    with pytest.raises(CodecError):
        explain_push(b"")


def test_the_source_port_can_be_chosen_and_a_reference_is_not_cut(capsys):
    base = ["push", "trigger", "--server-id", "s" * 120, "--password", "p"]
    assert main([*base, "--source-port", "9200"]) == 0
    assert all("0b8423f0" in line for line in capsys.readouterr().out.split())
    for bad in (["--reference", "999999"], ["--reference", "256"], ["--source-port", "65536"], ["--source-port", "x"]):
        with pytest.raises(SystemExit) as left:
            main([*base, *bad])
        assert left.value.code == 2
        assert bad[0] in capsys.readouterr().err
