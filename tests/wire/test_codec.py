"""Two codecs, one shape, and the choice between them."""

from __future__ import annotations

import pytest

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
