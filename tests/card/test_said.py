"""What is said of a card: in a line, octet by octet, in a listing, in reprs; and what cannot be read says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.card.access import NEVER, AccessCondition, AccessRule, decode, may
from dmkit.card.aka.aka import AuthenticationCentre, Resync, Subscriber, UsimAuthenticator, build_autn
from dmkit.card.aka.gba import GbaUsim
from dmkit.card.aka.gba_exchange import Bsf
from dmkit.card.aka.milenage import Milenage
from dmkit.card.apdu import CommandApdu
from dmkit.card.codings import IMSI
from dmkit.card.explain import explain_answer, explain_command, line
from dmkit.card.images.formats import read_image, write_image
from dmkit.card.images.image import CardDifference, FileImage, of_card
from dmkit.card.images.saip_elements import ProfileElement
from dmkit.card.more_codings import OBJECTS
from dmkit.card.ota.crypto import OtaKeys
from dmkit.card.ota.explain import explain_packet
from dmkit.card.ota.packets import (
    OtaStatus,
    SecuredCommand,
    SecuredResponse,
    Spi,
    decode_response,
    encode_command,
    encode_response,
)
from dmkit.card.ota.remote import read_envelope
from dmkit.card.ota.script import read_script
from dmkit.card.ota.sms import time_stamp
from dmkit.card.pkcs15 import DataObject, directory, entries, listed_files
from dmkit.card.tlv import Tlv, tlv
from dmkit.card.toolkit import FILES_CHANGED, refresh
from dmkit.card.turn import Services
from dmkit.words.errors import CodecError, ConfigError

H = bytes.fromhex
KEY = Milenage(bytes(range(16)), bytes(16))
AES = OtaKeys(H("200102030405060708090a0b0c0d0e0f"), H("201102030405060708090a0b0c0d0e0f"))


def said(card, apdu):
    card.transmit(H(apdu.replace(" ", "")))
    return line(card.log[-1])


# -- a line


@pytest.mark.parametrize(
    ("before", "apdu", "text"),
    [
        ("", "0020000108 3939393939393939", "VERIFY PIN PIN1: 63C2 2 tries are left"),
        ("", "00200081", "VERIFY PIN 2PIN1: 63C3 3 tries are left"),
        ("", "A020000208 3939393939393939", "VERIFY PIN 2PIN1: 9804"),
        ("", "A020000108 3939393939393939", "VERIFY PIN PIN1: 9804"),
        ("", "0070000001", "MANAGE CHANNEL: channel 1"), ("", "00", "no command: 6700"),
        ("0070000001", "01A4000C023F00", "channel 1: SELECT MF: done"),
        ("00A4080C027F50", "00A4000C025031", "SELECT EF.ODF: done"), ("", "00A4000C02FFFF", "SELECT FFFF: 6A82"),
        ("", "0084000008", "GET CHALLENGE: 6D00"), ("", "00990000", "INS 99: 6D00"),
        ("00A4000C022FE2", "00B0000401", "READ BINARY EF.ICCID from 4: 1 octet"),
        ("00A4000C022FE2", "00B0000000", "READ BINARY EF.ICCID: 8900101000000000019"),
    ],
)  # fmt: skip
def test_a_line_of_an_exchange(before, apdu, text):
    card = dm.Usim.example(pin_enabled=True)
    for one in before.split():
        card.transmit(H(one))
    assert said(card, apdu).startswith(text)


def authenticating():
    usim = UsimAuthenticator(KEY)
    card = dm.Usim.example(services=Services(authenticator=usim, gba=GbaUsim(usim)))
    card.transmit(H("00A4040C07A0000000871002"))
    return card


def challenge(sqn, p2="81", head=""):
    rand = bytes([sqn & 0xFF]) * 16
    body = H(head) + b"\x10" + rand + b"\x10" + build_autn(KEY, rand, sqn, b"\x80\0")
    return f"008800{p2}{len(body):02X}{body.hex()}00"


def test_challenges_are_explained():
    card = authenticating()
    assert said(card, challenge(0x10020)) == "AUTHENTICATE, 3G context: accepted"
    rows = str(explain_command(card.log[-1])) + str(explain_answer(card.log[-1]))
    for text in ("length of RAND", "RAND", "AUTN", "3G context", "accepted", "length of CK", "IK"):
        assert text in rows, text
    assert said(card, challenge(0x40)) == "AUTHENTICATE, 3G context: out of step, AUTS"
    assert "AUTS" in str(explain_answer(card.log[-1]))
    assert said(card, "0088008011 10" + "5A" * 16 + "00").startswith("AUTHENTICATE, GSM context:")
    assert said(card, challenge(0x20020, "84", "DD")).startswith("AUTHENTICATE, GBA context")
    assert "bootstrapping" in str(explain_command(card.log[-1]))
    said(card, "00880084 09 DE 03 6E6166 03 696D70 00")
    assert "key of a service" in str(explain_command(card.log[-1])) and "NAF_Id" in str(explain_command(card.log[-1]))
    assert said(card, "008800850210FF00").startswith("AUTHENTICATE, context 85")
    assert said(card, "A0880000" + "10" + "00" * 16).startswith("AUTHENTICATE, GSM context")


def test_what_the_card_asks_is_explained():
    card = dm.Usim.example()
    asks = refresh(FILES_CHANGED, [(0x2FE2,)]), H("d009810301050182028182"), H("d003810101")
    card.state = card.state.with_session(waiting=asks)
    assert said(card, f"80120000{len(asks[0]):02X}") == "FETCH: REFRESH, these files have changed"
    assert "file list" in str(explain_answer(card.log[-1]))
    assert said(card, "801400000C 8103010100 82028281 830100").startswith("TERMINAL RESPONSE: 910B")
    assert "result" in str(explain_command(card.log[-1]))
    assert said(card, "801200000B") == "FETCH: a proactive command"
    said(card, "801400000C 8103010100 82028281 830100")
    assert said(card, "8012000005") == "FETCH: 5 octets"


@pytest.mark.parametrize(("apdu", "texts"), [
    ("00A4030C", ["parent directory", "no answer data"]), ("00A40A0C023F00", ["unknown"]),
    ("00A4080C047FFF6F07", ["current application", "6F07"]), ("00A4080C033F00FF", ["by path from the MF"]),
    ("00A4040C05A000000087", ["application USIM"]), ("00A4040C05D276000124", ["application unknown"]),
    ("00B0870409", ["file with short identifier 07", "offset 4", "Le: 9 octets"]),
    ("00B281040A", ["record 129", "absolute"]), ("00B2000200", ["next record", "as many as there are"]),
    ("80F20101", ["answer with AID"]), ("0070800100", ["close", "channel 1"]),
    ("002C000110" + "31" * 16, ["PUK", "new PIN", "8 characters"]), ("80AA000003A90100", ["tag A9"]),
    ("80C2000006D104820583FF", ["short message for the card", "error"]),
    ("00D600000000024142", ["Lc: 2 octets"]), ("0101", ["no command"]),
])  # fmt: skip
def test_octet_by_octet(apdu, texts):
    card = dm.Usim.example()
    card.transmit(H(apdu))
    rows = explain_command(card.log[-1])
    assert rows.data == H(apdu)
    for text in texts:
        assert text in str(rows), text


def test_what_is_read_is_explained():
    card = dm.Usim.example(b"document")
    card.transmit(H("00A4080C047F505031"))
    card.transmit(H("00B0000000"))
    assert "data objects" in str(explain_answer(card.log[-1]))
    card.transmit(H("00A4080C022F00"))
    card.transmit(H("00B2020400"))
    assert "application" in str(explain_answer(card.log[-1])) and "path" in str(explain_answer(card.log[-1]))
    card.transmit(H("A0A40000023F00"))
    card.transmit(H("A0C0000016"))
    assert "22 octets" in line(card.log[-1]) and explain_answer(card.log[-1]).data == card.log[-1].answer
    card.transmit(H("00A40004022FE2"))
    card.transmit(H("00C0000019"))
    rows = str(explain_answer(card.log[-1]))
    assert "file control parameters" in rows and "transparent" in rows and "record 1 of EF.ARR 2F06" in rows


# -- rules and listings


def test_rules_in_words():
    rule = AccessRule(0x01, AccessCondition("any", (0x01, 0x0A)), "")
    assert str(rule) == "read: PIN1 or ADM1" and str(AccessRule(0, NEVER, "32")) == "INCREASE: never"
    assert str(AccessRule(0, NEVER, "d4")) == "INS D4: never"
    assert str(AccessRule(0, AccessCondition("all", (0x55, 0x81)), "d4")) == "INS D4: key 55 and 2PIN1"


@pytest.mark.parametrize("record", [
    "8001", "800101", "80010190", "8001019001ff", "800101a400", "800101a406830101950109", "8001019900", "8102ff019000",
    "800101af00", "800101a403830101",
])  # fmt: skip
def test_a_rule_that_cannot_be_read_lets_nothing_be_done(record):
    with pytest.raises(CodecError):
        decode(H(record))
    assert may(H(record), 0x01, lambda key: True) is False
    card = dm.Usim.example()
    rows = card.memory.files[(0x2F06,)].content
    broken = tuple(H(record).ljust(len(row), b"\xff") for row in rows)
    card.state = card.state.with_memory(card.memory.with_content((0x2F06,), broken))
    assert "unreadable rule" in str(card.tree)
    assert said(card, "00A4000C022FE2").endswith("done") and said(card, "00B0000001").endswith(
        "6982 security status is not satisfied"
    )


def test_reprs_of_the_parts():
    card = dm.Usim.example(b"x")
    said(card, "00A4000C022FE2")
    image = of_card(card)
    assert repr(card).startswith("Usim(UICC with a USIM, ") and repr(card).endswith(" files, 1 exchange)")
    assert repr(image.file("MF/EF.ICCID")) == "FileImage(MF/EF.ICCID, transparent, 10 octets)"
    assert repr(FileImage(("MF", "EF.X"))) == "FileImage(MF/EF.X, unknown structure)"
    assert str(CardDifference("MF/EF.X", "", "1")) == "MF/EF.X\n  - (not there)\n  + 1"
    assert (
        repr(IMSI) == "Coding(IMSI)"
        and len(card.log) == 1
        and repr(card.log[0]) == "Exchange(1: 00a4000c022fe2 -> 9000)"
    )
    assert repr(CommandApdu(0, 0xB0, le=3)) == "READ BINARY 00 B0 00 00, Le 3" and CommandApdu(0, 0x99).name == "INS 99"
    assert repr(Resync(b"\1" * 14)) == f"Resync(auts={'01' * 14})"
    assert repr(DataObject("L", "2.23.43.7.1", b"\x64\x31", True)) == "DataObject('L', dm-bootstrap, 6431, private)"
    assert repr(DataObject("L", "", b"\x64\x31")).endswith("no identifier, 6431)")
    with pytest.raises(KeyError):
        card.value("EF.NONE")
    assert card.value("EF.ICCID") == "8900101000000000019"


@pytest.mark.parametrize("command", [CommandApdu(0x100, 0), CommandApdu(0, -1), CommandApdu(0, 0, p1="x")])
def test_a_header_that_is_no_octets(command):
    with pytest.raises(ConfigError, match="each must be one octet"):
        command.encode()


def test_a_centre_gives_challenges_of_your_choice_and_of_two_generations():
    rands = iter(bytes([n]) * 16 for n in range(9))
    centre = AuthenticationCentre({"001010123456789": Subscriber(KEY)}, rands)
    assert "1 subscriber)" in repr(centre)
    rand, triplet = centre.triplet("001010123456789")
    assert rand == bytes(16) and UsimAuthenticator(KEY).run_gsm(rand) == triplet
    chosen = centre.challenge("001010123456789", b"\7" * 16, 0x1234)
    assert chosen.rand == b"\7" * 16 and centre.vector("001010123456789").rand == b"\1" * 16
    assert repr(Bsf("bsf.example", centre)).startswith("Bsf(bsf.example, 0 keys")


# -- PKCS#15


@pytest.mark.parametrize(("octets", "good", "wrong"), [
    ("a706300404026430" "a9020500", 1, 1), ("a706300404026430" "a7", 1, 1), ("a703300104", 0, 1),
    ("a7053003040164", 0, 1), ("a7083006040264300201", 0, 1), ("a70930070402643002" "01ff", 0, 1),
    ("a70d300b04026430020100800201" "00", 1, 0), ("a700", 0, 1), ("ffff", 0, 0),
])  # fmt: skip
def test_an_entry_of_the_object_directory_that_is_none_is_said(octets, good, wrong):
    found, told = listed_files(H(octets))
    assert (len(found), len(told)) == (good, wrong)


def test_data_objects_that_cannot_be_read_do_not_hide_others():
    sound = H("302430120c104f4d4120444d20426f6f74737472617030060604672b0701a106300404026431")
    for bad in ("30020500", "3000", "a1023000"):
        found, told = entries(H(bad) + sound)
        assert len(found) == 1 and found[0].oid == "2.23.43.7.1" and len(told) == 1, bad
    found, told = entries(sound + b"\x30\x7f")
    assert len(found) == 1 and len(told) == 1, "cut: where the next begins nobody knows"


@pytest.mark.parametrize("path", [b"\x64", b"", b"\x3f\x00\x7f\x10\x64\x31", b"\x3f\x00"])
def test_a_path_out_of_the_application_is_refused(path):
    with pytest.raises(CodecError, match="leads to no file below"):
        directory([DataObject("L", "2.23.43.7.1", path, data=b"x")])


def test_objects_in_directories_of_their_own():
    made = directory(
        [
            DataObject("L", "1.2.3", b"\x5f\x01\x64\x31", data=b"x"),
            DataObject("M", "1.2.4", b"\x5f\x01\x5f\x02\x64\x32"),
        ]
    )
    assert [one.name for one in made.walk()] == ["DF.PKCS15", "DF.5F01", "DF.5F02"]
    assert [row.fid for row in made.below[0].files] == [0x6431]


# -- over the air


COMMAND = SecuredCommand(H("00A40004023F00"), Spi.parse(H("1639")), 0x12, 0x12, H("b00011"), 1)


def answer(spi=COMMAND.spi, **changes):
    made = SecuredResponse(OtaStatus.OK, b"\x01\x90\x00", COMMAND.tar, 1, signed=True)
    return encode_response(replace(made, **changes) if changes else made, AES, spi, 0x12, 0x12)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda o: o[:2] + b"\x01" + o[3:], "begins with 02 71 00"), (lambda o: o[:10], "16 octets or more"),
        (lambda o: o[:-1], "RPL does not fit"), (lambda o: o[:5] + b"\x0b" + o[6:], "10, 12, 14 or 18"),
        (lambda o: b"\x02\x71\0" + (len(o) - 6).to_bytes(2, "big") + o[5:-1], "whole blocks|check"),
        (lambda o: o[:-1] + bytes([o[-1] ^ 1]), "check of the answer is wrong|padding"),
        (lambda o: o[:9] + bytes([o[9] ^ 0x80]) + o[10:], "check of the answer is wrong|padding"),
    ],
)  # fmt: skip
def test_an_answer_that_was_changed_is_none(change, says):
    sound = answer()
    assert decode_response(sound, AES, COMMAND.spi, 0x12, 0x12).data == b"\x01\x90\x00"
    with pytest.raises(CodecError, match=says):
        decode_response(change(sound), AES, COMMAND.spi, 0x12, 0x12)


def test_an_answer_of_a_cipher_that_is_not_there():
    with pytest.raises(CodecError, match=r"KIc|KID"):
        decode_response(answer(), AES, COMMAND.spi, 0x13, 0x12)


def test_packets_are_explained_with_and_without_keys():
    packet = encode_command(COMMAND, AES)
    assert "enciphered" in str(explain_packet(packet)) and "(deciphered)" in str(explain_packet(packet, AES))
    assert ", wrong" in str(explain_packet(packet, OtaKeys(AES.kic, bytes(16))))
    assert "enciphered: " in str(explain_packet(packet, OtaKeys(b"short", AES.kid)))
    assert explain_packet(packet[2:], AES).data == packet[2:], "a packet without CPL"
    assert "no command packet" in str(explain_packet(b"\0\1")) and explain_packet(packet[:-1], AES).data == packet[:-1]


@pytest.mark.parametrize("octets", [
    "d1", "d10282", "d1048b024000", "d20c820283818b0640000681214365", "d1038b0100",
])  # fmt: skip
def test_an_envelope_that_is_none(octets):
    with pytest.raises(CodecError):
        read_envelope(H(octets))


@pytest.mark.parametrize("octets", ["aa03230100", "aa0122", "aa0322ff00", "ae80"])
def test_a_script_that_is_none(octets):
    with pytest.raises(CodecError):
        read_script(H(octets))


@pytest.mark.parametrize(
    "parts", [(2026, 13, 1, 0, 0, 0), (2026, 2, 0, 0, 0, 0), (2026, 1, 1, 24, 0, 0), (-1, 1, 1, 0, 0, 0, 200)]
)
def test_a_time_that_is_none(parts):
    with pytest.raises(ConfigError, match="is no time"):
        time_stamp(*parts)


# -- files


def test_forms_and_elements_that_are_none():
    with pytest.raises(CodecError, match="no form 'word'"):
        write_image(of_card(dm.Usim.example()), "word")
    with pytest.raises(CodecError, match="no form"):
        read_image(b"", "word")
    assert ProfileElement(40, Tlv(0xBF28)).name == "element 40" and ProfileElement(23, Tlv(0xB7)).name == "phonebook"


def test_objects_with_long_tags():
    octets = tlv(0xBF2D, Tlv(0x9F1F, b"\1")).encode()
    assert OBJECTS.decode(octets) == [["BF2D", [["9F1F", "01"]]]] and OBJECTS.encode(OBJECTS.decode(octets)) == octets
