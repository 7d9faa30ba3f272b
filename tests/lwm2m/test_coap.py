"""CoAP messages: the octets that peers were seen to send, an independent library, laws, mutants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.lwm2m.coap import Block, Message, decode, encode
from dmkit.lwm2m.options import METHODS
from dmkit.words.errors import CodecError

# measured of peers on loopback [lwm2m sheet §4]
READ = Message.request("GET", "/3/0/0", accept=0, mid=0xDD3A, token=bytes.fromhex("1419"))
SEEN = [
    (READ, "4201dd3a1419b1330130013060"),
    (READ.response("2.05", b"Open Mobile Alliance", format=0), "6245dd3a1419c0ff" + b"Open Mobile Alliance".hex()),
    (
        Message.request("PUT", "/1/0/1", b"600", format=0, mid=0x7AD2, token=bytes.fromhex("d27ac73b")),
        "44037ad2d27ac73bb13101300131" + "10" + "ff363030",
    ),
    (Message.request("POST", "/3/0/4", mid=0x7AD4, token=bytes.fromhex("d47ac93b")), "44027ad4d47ac93bb13301300134"),
    (
        Message.request("GET", "/3/0/13", observe=0, accept=110, mid=0x7AD5, token=bytes.fromhex("00000001")),
        "44017ad5000000016051330130023133" + "616e",
    ),
]


@pytest.mark.parametrize(("message", "octets"), SEEN)
def test_octets_are_those_that_were_measured(message, octets):
    assert encode(message).hex() == octets
    assert decode(bytes.fromhex(octets)) == message


def test_sizes_of_the_measured_exchanges():
    assert [len(encode(message)) for message, _ in SEEN[:2]] == [13, 28]


TOKEN = b"\0\0\0\1"


def _asked(method, path, **more):
    return Message.request(method, path, token=TOKEN, **more)


IMEI = "urn:imei:493005100592800"
WAKAAMA_LINKS = (
    '</>;rt="oma.lwm2m";ct=110,</1>;ver=1.1,</1/0>,</2/0>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,'
    "</31024>;ver=1.0,</31024/10>,</31024/11>,</31024/12>"
)
"""What wakaama registers: nine objects with the one that is not listed.  Seen again on 30 November 2026."""
WAKAAMA_DISCOVER = ",".join(["</3>", *(f"</3/0/{n}>" for n in range(17))])
"""Its device object: without the instance, and resources 0 to 16."""
NAMED = ["ep=testlwm2mclient", "pct=110"]
OBSERVED = b'[{"bn":"/3/0/13","v":3163477748}]'
RUN = [
    ("read /3/0/0", _asked("GET", "/3/0/0", accept=110), 16, ("2.05", bytes(45), {"format": 110}), 56),
    ("read /3/0", _asked("GET", "/3/0", accept=110), 14, ("2.05", bytes(416), {"format": 110}), 427),
    ("discover /3", _asked("GET", "/3", accept=40), 12, ("2.05", WAKAAMA_DISCOVER.encode(), {"format": 40}), 175),
    ("write /1/0/1", _asked("PUT", "/1/0/1", payload=b"600", format=0), 19, ("2.04", b"", {}), 8),
    ("execute /3/0/4", _asked("POST", "/3/0/4"), 14, ("2.04", b"", {}), 8),  # its octets; the sheet's table has 19
    (
        "observe",
        _asked("GET", "/3/0/13", accept=110, observe=0),
        18,
        ("2.05", OBSERVED, {"format": 110, "observe": 0}),
        45,
    ),
    ("update", _asked("POST", "/rd/0"), 13, ("2.04", b"", {}), 8),
    ("de-register", _asked("DELETE", "/rd/0"), 13, ("2.02", b"", {}), 8),
    (
        "register",
        _asked(
            "POST", "/rd", payload=WAKAAMA_LINKS.encode(), format=40, query=["lwm2m=1.1", f"ep={IMEI}", "b=U", "lt=300"]
        ),
        204,
        ("2.01", b"", {"location": "/rd/0"}),
        13,
    ),
    (
        "update with objects",
        _asked("POST", "/rd/0", payload=f"{WAKAAMA_LINKS},</31024/13>".encode()),
        166,
        ("2.04", b"", {}),
        8,
    ),
    ("bootstrap request", _asked("POST", "/bs", query=NAMED), 39, ("2.04", b"", {}), 8),
    ("bootstrap delete", _asked("DELETE", "/0"), 10, ("2.02", b"", {}), 8),
    ("bootstrap finish", _asked("POST", "/bs"), 11, ("2.04", b"", {}), 8),
]
"""The run of the sheet, message by message: octets of a request and of its answer, with tokens of four octets."""


@pytest.mark.parametrize(("name", "request_", "up", "answer", "down"), RUN, ids=[row[0] for row in RUN])
def test_sizes_of_a_whole_run(name, request_, up, answer, down):
    code, payload, more = answer
    back = request_.response(code, payload, **more)
    assert (len(encode(request_)), len(encode(back))) == (up, down)
    assert decode(encode(request_)) == request_ and decode(encode(back)) == back


def test_the_write_of_the_sheet_is_answered_in_eight_octets():
    assert len(encode(SEEN[2][0].response("2.04"))) == 8


OPTION = st.tuples(st.integers(1, 65535), st.binary(max_size=300))
MESSAGES = st.builds(
    Message,
    st.sampled_from(["CON", "NON", "ACK", "RST"]),
    st.integers(1, 255).map(lambda n: f"{n >> 5}.{n & 31:02}"),
    st.integers(0, 0xFFFF),
    st.binary(max_size=8),
    st.lists(OPTION, max_size=5).map(lambda found: tuple(sorted(found, key=lambda option: option[0]))),
    st.binary(max_size=40),
)


@given(MESSAGES)
def test_a_message_reads_as_it_was_written(message):
    assert decode(encode(message)) == message


OPAQUE = st.tuples(st.sampled_from([1, 4]) | st.integers(3000, 65535), st.binary(max_size=300))


@given(
    st.builds(
        Message,
        st.sampled_from(["CON", "NON", "ACK"]),
        st.sampled_from(["0.01", "0.05", "2.05", "4.04"]),
        st.integers(0, 0xFFFF),
        st.binary(max_size=8),
        st.lists(OPAQUE, max_size=5).map(lambda found: tuple(sorted(found, key=lambda option: option[0]))),
        st.binary(max_size=40),
    )
)
def test_an_independent_library_reads_the_same(message):
    aiocoap = pytest.importorskip("aiocoap", reason="pip install 'dmkit[lwm2m]'")
    read = aiocoap.Message.decode(encode(message))
    assert int(read.code) == int(message.code[0]) << 5 | int(message.code[2:])
    assert (read.mid, read.token, read.payload) == (message.mid, message.token, message.payload)
    assert sorted(int(option.number) for option in read.opt.option_list()) == [number for number, _ in message.options]


@given(st.binary(max_size=60))
def test_octets_of_any_kind_raise_codec_errors_only(data):
    try:
        message = decode(data)
    except CodecError:
        return
    assert decode(encode(message)) == message


@given(MESSAGES, st.data())
def test_mutants_raise_codec_errors_only(message, data):
    octets = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(octets)))
        octets[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        found = decode(bytes(octets))
        _ = (found.uri_path, found.queries, found.location, str(found))
    except CodecError:
        return


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("4001", "header alone"),
        ("80010000", "version 2"),
        ("49010000", "token"),
        ("40010000f0", "reserved"),
        ("40010000ff", "without a payload"),
        ("40010000b9", "where 0 are left"),
        ("40010000d0", "ends before"),
        ("4000000001", "empty message"),
    ],
)
def test_what_is_no_message_says_why(octets, why):
    with pytest.raises(CodecError, match=why):
        decode(bytes.fromhex(octets))


@given(st.integers(0, (1 << 20) - 1), st.booleans(), st.sampled_from([16, 32, 64, 128, 256, 512, 1024]))
def test_a_block_reads_as_it_was_written(number, more, size):
    assert Block.of(Block(number, more, size).octets) == Block(number, more, size)


def test_options_that_must_be_understood():
    message = Message("CON", "0.01", options=((9, b""), (11, b"3"), (2048, b""), (65001, b"")))
    assert message.unknown_critical == (9, 65001)


def test_methods_have_their_codes():
    assert {name: Message.request(name, "/").code for name in METHODS}["iPATCH"] == "0.07"
