"""Two codecs, one shape, and the choice between them."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.wire.codec import WBXML, XML, Codec, codec_for
from dmkit.words.errors import CodecError
from dmkit.words.model import Get, Header, Message

MESSAGE = Message(Header("1", "1", "a", "b"), (Get.of("./DevInfo/Man"),))


@pytest.mark.spec("P-02")
@pytest.mark.parametrize(
    ("media_type", "codec"),
    [
        ("application/vnd.syncml.dm+xml", XML),
        ("application/vnd.syncml.dm+wbxml", WBXML),
        ("application/vnd.syncml+xml", XML),
        ("application/vnd.syncml+wbxml", WBXML),
        ("APPLICATION/VND.SYNCML.DM+XML; charset=UTF-8", XML),
        (" application/vnd.syncml.dm+wbxml ;charset=utf-8", WBXML),
    ],
)
def test_the_media_type_decides(media_type: str, codec: Codec) -> None:
    assert codec_for(media_type, b"?") is codec


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (b"<SyncML/>", XML),
        (b"\xef\xbb\xbf<", XML),
        (b"\n <", XML),
        (b"\x02\x00", WBXML),
        (b"\x00", WBXML),
        (b"\x03", WBXML),
    ],
)
def test_the_first_octet_decides_when_the_type_does_not(media_type: str, data: bytes, codec: Codec) -> None:
    assert codec_for(media_type, data) is codec


@pytest.mark.parametrize("data", [b"", b"POST / HTTP/1.0", b"{}"])
def test_neither_is_an_error_that_says_what_was_there(data: bytes) -> None:
    with pytest.raises(CodecError, match="neither XML nor WBXML"):
        codec_for("text/html", data)


@pytest.mark.spec("P-02")
@pytest.mark.parametrize(("codec", "suffix"), [(XML, "xml"), (WBXML, "wbxml")])
def test_each_codec_reads_what_it_writes(codec: Codec, suffix: str) -> None:
    assert codec.name == suffix
    assert codec.media_type == f"application/vnd.syncml.dm+{suffix}"
    assert codec.binary == (suffix == "wbxml")
    data = codec.encode(MESSAGE)
    assert codec_for("", data) is codec
    for lenient in (False, True):
        again = codec.decode(data, lenient=lenient)
        assert again.header == MESSAGE.header and again.commands[0].cmd_id == "1"
    assert codec.decode(data) == codec.decode(data, lenient=True)
    with pytest.raises(CodecError):
        codec.decode(data[:-4])


class Seen:
    """A codec around another one that counts what passes."""

    def __init__(self, codec: Codec) -> None:
        self.name, self.media_type, self.binary = codec.name, codec.media_type, codec.binary
        self.codec, self.read, self.written = codec, 0, 0

    def encode(self, message: Message) -> bytes:
        self.written += 1
        return self.codec.encode(message)

    def decode(self, data: bytes, *, lenient: bool = False) -> Message:
        self.read += 1
        return self.codec.decode(data, lenient=lenient)


class Own(type(WBXML)):  # type: ignore[misc]
    """A codec made from ours."""

    written = 0

    def encode(self, message: Message) -> bytes:
        type(self).written += 1
        return bytes(super().encode(message))


def test_a_codec_of_ones_own_sees_every_message() -> None:
    for _ in range(3):
        own = Own()
        assert own.decode(own.encode(MESSAGE)).header == MESSAGE.header
    assert Own.written == 3
    assert "encode" not in vars(WBXML) and "decode" not in vars(XML)


@pytest.mark.parametrize("inner", [XML, WBXML])
def test_a_session_uses_the_codec_it_was_given_for_every_message(inner: Codec) -> None:
    codec = Seen(inner)
    talk = dm.converse(dm.Device.example(codec=codec), dm.Server.example(), job=dm.jobs.read("./DevInfo/Man"))
    ours = [step for step in talk.steps if step.party == "client"]
    assert codec.written >= sum(step.reply is not None for step in ours) > 1
    assert codec.read >= sum(step.received is not None for step in ours) > 1
