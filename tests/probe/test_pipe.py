"""Codecs on a pipe: what is asked, what is answered, what is no testee."""

from __future__ import annotations

import io
import shutil
import struct
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

from dmkit.cli import main
from dmkit.probe.own import sample
from dmkit.probe.pipe import LibWbxml, NotSupported, OwnCodec, PipeCodec, answer_to, frame, probe_codec, serve
from dmkit.probe.verdict import Verdict
from dmkit.words.errors import CodecError, ConfigError

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = sample(12)


class Wrong(OwnCodec):
    """Loses a letter, or takes what is broken."""

    def __init__(self, how: str) -> None:
        self.how = how

    def decode(self, wbxml: bytes) -> bytes:
        if self.how == "takes all":
            try:
                return super().decode(wbxml)
            except CodecError:
                return b"<SyncML/>"
        return super().decode(wbxml).replace(b"<MsgID>", b"<MsgID>1") if self.how == "alters" else super().decode(wbxml)

    def encode(self, xml: bytes) -> bytes:
        if self.how == "lacks":
            raise NotSupported("that")
        if self.how == "refuses":
            raise CodecError("no")
        return b"\x02\x00" if self.how == "writes nothing" else super().encode(xml)


def test_our_own_codec_passes():
    assert {result.verdict for result in probe_codec(OwnCodec(), MESSAGES)} == {Verdict.PASS}


@pytest.mark.skipif(find_library("wbxml2") is None, reason="libwbxml is not on this machine")
def test_libwbxml_passes_what_we_ask_of_it():
    assert {result.verdict for result in probe_codec(LibWbxml(), MESSAGES)} == {Verdict.PASS}


@pytest.mark.parametrize(
    "how, what, verdict",
    [
        ("alters", "decodes", Verdict.FAIL),
        ("takes all", "refuses", Verdict.FAIL),
        ("refuses", "encodes", Verdict.FAIL),
        ("writes nothing", "encodes", Verdict.FAIL),
        ("lacks", "encodes", Verdict.NOT_SUPPORTED),
    ],
)
def test_a_wrong_codec_is_caught(how, what, verdict):
    for result in probe_codec(Wrong(how), MESSAGES):
        wanted = verdict if f" {what}@" in result.case else Verdict.PASS
        assert result.verdict is wanted, result


def test_dmkit_answers_on_a_pipe_as_it_does_by_itself():
    with PipeCodec([sys.executable, "-m", "dmkit", "probe", "pipe"]) as codec:
        assert codec.name == "dmkit"
        assert {result.verdict for result in probe_codec(codec, MESSAGES)} == {Verdict.PASS}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
def test_the_example_in_javascript_answers():
    with PipeCodec(["node", str(ROOT / "data" / "probe" / "testee.js")]) as codec:
        assert codec.name == "example in JavaScript"
        assert {result.verdict for result in probe_codec(codec, MESSAGES[:2])} == {Verdict.NOT_SUPPORTED}


@pytest.mark.parametrize("command", ["false", "cat", "no-such-command", ""])
def test_what_is_no_testee_is_one_sentence(command, capsys):
    assert main(["probe", "codec", command, "--messages", "1", "--timeout", "5"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "dmkit failed" not in said


def test_who_does_not_answer_is_not_waited_for():
    with pytest.raises(ConfigError, match="does not answer in"):
        PipeCodec([sys.executable, "-c", "import sys; sys.stdin.read()"], 0.2)


def test_frames_are_answered_until_there_are_none():
    said = io.BytesIO()
    assert serve(OwnCodec(), io.BytesIO(frame(b"n") + frame(b"x") + frame(b"d\xff")), said) == 3
    octets, found = said.getvalue(), []
    while octets:
        (length,) = struct.unpack(">I", octets[:4])
        found.append(octets[4 : 4 + length])
        octets = octets[4 + length :]
    assert found[:2] == [b"+dmkit", b"?"]
    assert found[2][:1] == b"-"
    assert answer_to(Wrong("lacks"), b"e<SyncML/>") == b"?"
