"""How pushes travel: WSP units, short messages, OBEX; in any order, in pieces, and hostile."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.wire import obex, sms, wsp
from dmkit.wire.sms import Reassembly
from dmkit.wire.wsp import WspPush
from dmkit.words.errors import CodecError

TRIGGER = bytes.fromhex("f1e45361e2a0682e7ea7bba2353ca4cd02d0000000123412") + b"com.mgmtsrv.manage"
WAKE = WspPush("application/vnd.syncml.notification", TRIGGER, application="x-wap-application:syncml.dm")
MAC = "37AABA6D5A49F8D5D0FB7B1ED595D8196B4CC2F5"
PROVISION = WspPush("application/vnd.wap.connectivity-wbxml", b"\x03\x0b\x6a\0", (("SEC", 1), ("MAC", MAC)))


@pytest.mark.spec("N-02")
def test_the_byte_map_of_a_notification():
    unit = wsp.encode(WAKE)
    assert unit == bytes.fromhex("010603c4af87") + TRIGGER
    assert sms.split(unit) == (bytes.fromhex("060504 0b84 c002") + unit,)
    assert 7 + wsp.header_size(unit) <= 48


@pytest.mark.spec("N-02")
def test_the_byte_map_of_a_bootstrap_push():
    unit = wsp.encode(PROVISION)
    assert unit[:8] == bytes.fromhex("01062f1f2db69181")
    assert unit[8:50] == b"\x92" + MAC.encode() + b"\0"
    assert wsp.decode(unit) == PROVISION
    assert wsp.decode(unit).parameter("sec") == 1


@pytest.mark.parametrize(
    "push",
    [
        WAKE,
        PROVISION,
        WspPush("application/x-own", b"abc", (("Charset", 106), ("own", "text"), ("number", 70_000)), "x-own:app"),
        WspPush(
            "text/plain",
            b"",
            (),
            None,
            (("X-Name", "value"), ("Content-Length", b"\x82"), ("header-0x2e", b"\x02ab")),
            200,
        ),
        WspPush("type-0x99", b"x"),
    ],
)
def test_decode_undoes_encode(push):
    assert wsp.decode(wsp.encode(push)) == push


def test_what_a_header_cannot_carry_is_refused():
    for bad, why in (
        (WspPush("texte/ñandú €", b""), "cannot carry"),
        (WspPush("a\0b", b""), "NUL"),
        (WspPush("a", b"", (("x", -1),)), "no WSP integer"),
        (WspPush("a", b"", (("x", 1 << 248),)), "30 octets"),
    ):
        with pytest.raises(CodecError, match=why):
            wsp.encode(bad)


@pytest.mark.parametrize(
    ("unit", "why"),
    [
        ("", "0 octets"),
        ("01040100", "type 04"),
        ("01060aff", "do not fit"),
        ("0106011f", "inside an integer"),
        ("010602051f", "does not fit"),
        ("01060161", "no NUL"),
        ("010602c401", "code page 01"),
        ("010602c4af", "ends too early"),
        ("01060303" + "b691", "does not fit"),
        ("010603c48d05", "does not fit"),
        ("0106808080808001", "five octets"),
        ("01060202b6", "does not fit"),
    ],
)
def test_malformed_units_say_where(unit, why):
    with pytest.raises(CodecError, match=why):
        wsp.decode(bytes.fromhex(unit))


def test_pieces_end_where_the_body_begins():
    unit = wsp.encode(PROVISION)
    ends = wsp.pieces(unit)
    assert [end for end, _ in ends] == [1, 2, 3, 50]
    assert "connectivity-wbxml; SEC=1; MAC=37AA" in ends[-1][1]
    assert wsp.pieces(wsp.encode(WAKE))[-1] == (6, "application id x-wap-application:syncml.dm")


# -- short messages


@given(st.binary(max_size=2000), st.integers(0, 0xFFFF), st.booleans(), st.randoms(use_true_random=False))
def test_any_order_and_doubles_give_the_datagram_once(data, reference, wide, rng):
    parts = list(sms.split(data, reference=reference if wide else reference & 0xFF, wide=wide))
    assert len(parts) == sms.count(len(data), wide=wide)
    assert all(len(part) <= 140 for part in parts)
    mixed = parts + rng.sample(parts, len(parts) // 2)
    rng.shuffle(mixed)
    state, whole = Reassembly(), []
    for part in mixed:
        state, datagram, why = state.take(part, "+1")
        whole += [datagram] if datagram else []
        assert (datagram is None) == bool(why)
    assert whole[0].data == data
    assert whole[0].port == 2948


def test_sizes_of_messages():
    assert [len(part) for part in sms.split(bytes(134))] == [140, 18]
    assert sms.split(bytes(133))[0][0] == 6
    assert sms.split(bytes(134))[0][0] == 11
    assert sms.split(bytes(134), wide=True)[0][0] == 12
    assert sms.count(255 * 128) == 255
    with pytest.raises(CodecError, match="256 messages"):
        sms.split(bytes(255 * 128 + 1))
    with pytest.raises(CodecError, match="port"):
        sms.split(b"", port=70_000)


def test_a_lost_part_waits_and_then_goes():
    first, second = sms.split(bytes(200), reference=3)
    state, datagram, why = Reassembly(patience=60).take(first, now=0.0)
    assert (datagram, why) == (None, "1 of 2 parts are here")
    late, datagram, _ = state.take(second, now=61.0)
    assert datagram is None
    assert len(late.waiting) == 1


def test_parts_of_others_do_not_mix_and_the_first_of_a_number_stays():
    one, two = sms.split(b"a" * 200, reference=3), sms.split(b"b" * 200, reference=3)
    state, _, _ = Reassembly().take(one[0], "+1")
    state, datagram, _ = state.take(two[1], "+2")
    assert datagram is None
    state, datagram, why = state.take(two[0], "+1")
    assert (datagram, why) == (None, "part 1 of 2 came before")
    _, datagram, _ = state.take(one[1], "+1")
    assert datagram.data == b"a" * 200


def test_waiting_datagrams_are_bounded():
    state = Reassembly(room=3)
    for reference in range(10):
        state, _, _ = state.take(sms.split(bytes(200), reference=reference)[0])
    assert [pending.key[3] for pending in state.waiting] == [7, 8, 9]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("", "does not fit the message"),
        ("07", "does not fit the message"),
        ("0105", "element"),
        ("0305020b84", "element"),
        ("03050504", "element"),
        ("00aa", "names no ports"),
        ("00" * 141, "holds 140"),
    ],
)
def test_malformed_messages_say_why(message, why):
    with pytest.raises(CodecError, match=why):
        sms.parse(bytes.fromhex(message))


@pytest.mark.parametrize("element", ["0003070203", "0003070200", "0003070000", "0003070001", "080400070203"])
def test_a_senseless_concatenation_element_is_ignored(element):
    octets = bytes.fromhex("05040b84c002" + element)
    part = sms.parse(bytes((len(octets),)) + octets + b"x")
    assert (part.total, part.number, part.datagram.data) == (1, 1, b"x")
    _, datagram, why = Reassembly().take(bytes((len(octets),)) + octets + b"x")
    assert (datagram.data, why) == (b"x", "")


def without_ports(message):
    """A part whose header holds the concatenation element only."""
    elements = message[1 : message[0] + 1][6:]
    return bytes((len(elements),)) + elements + message[message[0] + 1 :]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_ports_in_the_first_part_are_enough(order):
    first, *rest = sms.split(bytes(range(256)) + bytes(60), reference=9, source=9200)
    parts = [first, *map(without_ports, rest)]
    state = Reassembly()
    for number in order:
        state, datagram, _ = state.take(parts[number], "+1")
    assert (datagram.data, datagram.port, datagram.source) == (bytes(range(256)) + bytes(60), 2948, 9200)
    assert state.waiting == ()


def test_parts_without_any_ports_are_no_datagram():
    one, two = map(without_ports, sms.split(bytes(200), reference=1))
    state, _, _ = Reassembly().take(one)
    with pytest.raises(CodecError, match="none of the 2 parts names ports"):
        state.take(two)
    with pytest.raises(CodecError, match="names no ports"):
        sms.parse(b"\0x")


@pytest.mark.parametrize("other", [{"wide": True}, {"port": 49999}, {"source": 9200}, {"reference": 8}])
def test_parts_of_other_datagrams_never_join(other):
    one = sms.split(b"a" * 200, reference=7)
    two = sms.split(b"b" * 200, **{"reference": 7, **other})
    state, _, _ = Reassembly().take(one[0])
    state, datagram, _ = state.take(two[1])
    assert datagram is None
    _, datagram, _ = state.take(one[1])
    assert datagram.data == b"a" * 200


@pytest.mark.parametrize(("reference", "wide"), [(256, False), (-1, False), (65536, True), (999999, False)])
def test_a_reference_that_does_not_fit_is_refused(reference, wide):
    with pytest.raises(CodecError, match="reference"):
        sms.split(bytes(200), reference=reference, wide=wide)


@pytest.mark.parametrize(
    ("number", "name"),
    [(0x2E, "application/vnd.wap.sic"), (0x30, "application/vnd.wap.slc"), (0x34, "application/vnd.wap.sia"),
     (0x2D, "text/vnd.wap.si")],
)  # fmt: skip
def test_types_of_service_pushes_have_names(number, name):
    unit = bytes((1, 6, 1, 0x80 | number)) + b"x"
    assert wsp.decode(unit).content_type == name
    assert wsp.encode(wsp.decode(unit)) == unit


def test_headers_of_pushes_have_names():
    head = b"\xae" + b"\x8d\x84" + b"\xa9a/1\0" + b"\xc3\x93"
    unit = bytes((1, 6, len(head))) + head + b"body"
    push = wsp.decode(unit)
    assert [name for name, _ in push.headers] == ["Content-Length", "User-Agent", "Encoding-Version"]
    assert wsp.encode(push) == unit


# -- OBEX


def test_obex_carries_the_trigger():
    packet = obex.put("application/vnd.syncml.notification", TRIGGER)
    assert obex.read_put(packet) == ("application/vnd.syncml.notification", TRIGGER)
    with pytest.raises(CodecError, match="65535"):
        obex.put("a", bytes(70_000))
    for bad, why in (
        (b"", "82"),
        (b"\x02\0\3", "82"),
        (packet[:-1], "says"),
        (b"\x82\0\5\x42\0", "does not fit"),
        (packet[: -len(TRIGGER) - 7] + b"\0\0\0\1" + packet[-len(TRIGGER) - 3 :], "Length header"),
    ):
        with pytest.raises(CodecError, match=why):
            obex.read_put(bad)


# -- hostile octets


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_thousand_mutants_each_give_a_push_or_a_codec_error(seed):
    rng = random.Random(seed)
    good = [
        wsp.encode(WAKE),
        wsp.encode(PROVISION),
        sms.split(wsp.encode(WAKE))[0],
        sms.split(bytes(200))[1],
        obex.put("application/vnd.syncml.notification", TRIGGER),
    ]
    for n in range(2000):
        octets = bytearray(good[n % len(good)])
        for _ in range(rng.randint(1, 5)):
            octets[rng.randrange(min(len(octets), 60))] = rng.randrange(256)
        mutant = bytes(octets[: rng.randint(0, len(octets))] if rng.random() < 0.4 else octets + rng.randbytes(3))
        for read in (wsp.decode, wsp.pieces, Reassembly().take, obex.read_put):
            with contextlib.suppress(CodecError):
                read(mutant)


@pytest.mark.parametrize("header", ["0605040b84c002", "0b05040b84c0020003070201", "0b00030702010504 0b84c002"])
def test_too_much_user_data_is_named_as_such(header):
    from dmkit.views.pushview import explain_push

    with pytest.raises(CodecError, match=r"user data of \d+ octets; a short message holds 140"):
        explain_push(bytes.fromhex(header) + bytes(140))
