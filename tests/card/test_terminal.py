"""The phone's side of the contacts: answers that are late, cut, endless, or nonsense; PINs; switching on."""

from __future__ import annotations

import pytest

from dmkit.card import terminal as t
from dmkit.card.apdu import CommandApdu, CommandRefused
from dmkit.card.card import Usim
from dmkit.card.codings import DIR
from dmkit.card.pins import padded
from dmkit.card.terminal import Fcp, run
from dmkit.card.tlv import Tlv
from dmkit.card.toolkit import FILES_CHANGED, refresh
from dmkit.words.errors import CodecError, RemoteProtocolError


class Scripted:
    """A card that answers in order, and goes on with the last answer."""

    def __init__(self, *answers):
        self.answers, self.heard = list(answers), []

    def transmit(self, apdu):
        self.heard.append(apdu.hex())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return bytes.fromhex(answer)


READ = CommandApdu(0x00, 0xB0, le=256)


# -- one command


def test_a_wrong_le_is_set_right_and_the_rest_is_fetched():
    card = Scripted("6c03", "6162", "6162639000")
    assert run(card, t.send(READ)).data == b"abc"
    assert card.heard == ["00b0000000", "00b0000003", "00c0000062"]


def test_pieces_are_put_together_in_the_class_of_the_command():
    card = Scripted("416101", "426100", "439000")
    assert run(card, t.send(CommandApdu(0x02, 0xB0, le=256))).data == b"ABC"
    assert card.heard[1:] == ["02c0000001", "02c0000000"], "61 00 announces 256"
    card = Scripted("6101", "419000")
    assert run(card, t.send(CommandApdu(0xA0, 0xB0, le=256))).data == b"A" and card.heard[1].startswith("a0c0")


@pytest.mark.parametrize(("answer", "error"), [
    ("", CommandRefused), ("90", CommandRefused),
    ("6a82", CommandRefused), ("6f00", CommandRefused), ("6101", CodecError),
])  # fmt: skip
def test_answers_that_are_none(answer, error):
    """Nothing, one octet, a refusal, and 61xx without end: each is one exception of FAILS."""
    with pytest.raises(error) as told:
        run(Scripted(answer), t.send(READ))
    assert isinstance(told.value, t.FAILS)


def test_a_reader_that_fails_is_told_to_the_procedure():
    class Broken:
        def transmit(self, apdu):
            raise RemoteProtocolError("the reader is gone")

    with pytest.raises(RemoteProtocolError, match="gone"):
        run(Broken(), t.iccid())


def test_a_deactivated_file_is_selected_all_the_same():
    assert run(Scripted("416283"), t.send(READ)) == (b"A", 0x6283)


# -- files


@pytest.mark.parametrize(("template", "says"), [
    (Fcp(), "does not say how many octets"), (Fcp(size=0x8001), "reaches the first 32768"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_whole_is_not_read(template, says):
    with pytest.raises(CodecError, match=says):
        run(Scripted("9000"), t.read_file(template))


def test_pieces_of_another_size_than_asked_for():
    for answer in ("9000", "419000", "41" * 241 + "9000"):
        with pytest.raises(CodecError, match="where 240 were asked for"):
            run(Scripted(answer), t.read_file(Fcp(size=300)))
    with pytest.raises(CodecError, match="of a record of 4"):
        run(Scripted("41419000"), t.read_record(Fcp(record=4, records=1), 1))


def test_writing_fills_up_and_keeps_to_its_room():
    card = Scripted("9000")
    run(card, t.write_file(b"x" * 250, Fcp(size=300), begin=10, length=260))
    assert card.heard == ["00d6000af0" + "78" * 240, "00d600fa14" + "78" * 10 + "ff" * 10]
    for fcp, more in ((Fcp(size=3), {}), (Fcp(), {}), (Fcp(size=300), {"begin": 298}), (Fcp(size=9), {"length": 3})):
        with pytest.raises(CommandRefused) as refused:
            run(Scripted("9000"), t.write_file(b"1234", fcp, **more))
        assert refused.value.sw == 0x6A84


def test_a_record_is_written():
    card = Usim.example()
    fcp = run(card, t.select((0x7F10, 0x6F3A)))
    run(card, t.write_record(3, b"\xff" * 28))
    with pytest.raises(CommandRefused):
        run(card, t.write_record(3, b"\xff" * 27))
    assert run(card, t.read_records(fcp)) == (b"\xff" * 28,) * 10


@pytest.mark.parametrize(("status", "pins"), [
    ("900180" "830101" "8300", ((1, True),)), ("900140" "830101" "830181", ((1, False), (0x81, True))),
    ("830101", ((1, False),)), ("", ()), ("9002ff80" + "830101" * 9, ((1, True),) * 9),
])  # fmt: skip
def test_pins_of_a_template(status, pins):
    """The first key is the highest bit; without bits none is on; a key without a reference is none."""
    template = Tlv(0x62, Tlv(0xC6, bytes.fromhex(status)).encode()).encode()
    assert Fcp.parse(template).pins == pins


def test_sizes_of_a_template():
    fcp = Fcp.parse(bytes.fromhex("620c82054221006e058b032f0602"))
    assert (fcp.record, fcp.records, fcp.size, fcp.rule.hex()) == (110, 5, -1, "2f0602")
    assert Fcp.parse(bytes.fromhex("6200")) == Fcp()
    with pytest.raises(CodecError):
        Fcp.parse(b"\x62\x05\x82")


# -- PINs


@pytest.mark.parametrize(("answer", "left"), [
    ("9000", None), ("63c2", 2), ("63c0", 0), ("6983", 0), ("6984", None), ("6985", None),
])  # fmt: skip
def test_what_became_of_a_pin(answer, left):
    assert run(Scripted(answer), t.verify(1, padded("1234"))) == left


@pytest.mark.parametrize("answer", ["6a88", "6f00", ""])
def test_a_pin_that_cannot_be_shown(answer):
    with pytest.raises(CommandRefused):
        run(Scripted(answer), t.verify(1, padded("1234")))


# -- channels


@pytest.mark.parametrize("answer", ["9000", "009000", "149000", "ff9000"])
def test_a_channel_that_is_none(answer):
    with pytest.raises(CodecError, match="1 to 19 are there"):
        run(Scripted(answer), t.open_channel())


def test_a_channel_is_opened_and_closed():
    card = Usim.example()
    assert [run(card, t.open_channel()) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(CommandRefused):
        run(card, t.open_channel())
    run(card, t.close_channel(2))
    assert run(card, t.open_channel()) == 2


# -- switching on


@pytest.mark.parametrize(
    ("on", "pin", "state", "reads"),
    [
        (False, None, "off", True), (False, "1234", "off", True), (True, None, "asked for", False),
        (True, "1234", "right", True), (True, "9999", "wrong, 2 tries left", False),
    ],
)  # fmt: skip
def test_a_phone_is_switched_on(on, pin, state, reads):
    card = Usim.example(pin_enabled=on)
    found = run(card, t.start(pin and padded(pin)))
    assert found.pin == state and found.iccid == "8900101000000000019" and len(found.applications) == 2
    assert (found.imsi == "001010123456789") is reads and (34 in found.services) is reads
    assert card.state.session.profile == b"\xff" * 4


def test_a_phone_that_says_no_profile_and_a_card_without_a_usim():
    card = Usim.example()
    run(card, t.start(profile=b""))
    assert card.state.session.profile == b""
    bare = Usim.example(medium="wim")
    found = run(bare, t.start())
    assert found.imsi == "" and found.services == () and found.pin == "off"


def test_records_of_ef_dir_that_cannot_be_read_are_passed_over():
    card = Usim.example()
    rows = list(card.memory.files[(0x2F00,)].content)
    rows[2] = b"\x61\x05\x50\x03abc" + b"\xff" * 57
    rows[3] = b"\x30\x01" + b"\0" * 62
    card.state = card.state.with_memory(card.memory.with_content((0x2F00,), tuple(rows)))
    assert [row["label"] for row in run(card, t.applications()) if "aid" in row] == ["USIM", "PKCS-15"]
    assert DIR.decode(rows[0])["label"] == "USIM"


# -- the card asks


def test_a_refresh_is_fetched_and_answered():
    card = Usim.example()
    for command in (refresh(FILES_CHANGED, [(0x2FE2,)]), bytes.fromhex("d009810301050182028182")):
        card.state = card.state.with_session(waiting=(*card.state.session.waiting, command))
    found, word = run(card, t.fetch(len(card.state.session.waiting[0])))
    assert found == (1, ((0x2FE2,),)) and word == 0x910B, "another one waits"
    assert run(card, t.fetch(word & 0xFF)) == (None, 0x9000), "SET UP EVENT LIST: beyond what this terminal does"
    assert card.log[-1].apdu.hex().endswith("830130")


@pytest.mark.parametrize("answer", ["9000", "30009000", "d0029000", "d005810201009000"])
def test_a_proactive_command_that_is_none(answer):
    with pytest.raises(CodecError):
        run(Scripted(answer), t.fetch(4))
