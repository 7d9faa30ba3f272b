"""The card, command by command: what it answers, what it keeps, what it refuses."""

from __future__ import annotations

from itertools import count

import pytest

from dmkit.card import access
from dmkit.card.aka.aka import AuthenticationCentre, Subscriber, UsimAuthenticator
from dmkit.card.aka.gba import GbaUsim
from dmkit.card.aka.milenage import Milenage
from dmkit.card.apdu import INSTRUCTIONS, STATUS_WORDS, CommandApdu, StatusWord, channel_of, class_for
from dmkit.card.card import ATR, MEDIA, Usim
from dmkit.card.dispatch import HANDLERS
from dmkit.card.tlv import read_all
from dmkit.card.toolkit import read_refresh, refresh
from dmkit.card.turn import Services
from dmkit.words.errors import CodecError, ConfigError

USIM = "00A4040C0CA0000000871002FFFFFFFF89"
PIN, WRONG, ADM = b"1234\xff\xff\xff\xff".hex(), b"9999\xff\xff\xff\xff".hex(), b"ADMINKEY".hex()
K, OPC = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc"), bytes.fromhex("cd63cb71954a9f4e48a5994e37a02baf")


def say(card, *apdus):
    """The last answer of several commands, as hexadecimal."""
    for apdu in apdus:
        answer = card.transmit(bytes.fromhex(apdu))
    return answer.hex()


@pytest.fixture
def card():
    return Usim.example(b"bootstrap")


@pytest.fixture
def locked():
    return Usim.example(b"bootstrap", pin_enabled=True)


# -- octets of a command


@pytest.mark.parametrize(
    "octets, command",
    [
        ("00A40004", CommandApdu(0, 0xA4, 0, 4)),
        ("00B0000000", CommandApdu(0, 0xB0, le=256)),
        ("00B0000009", CommandApdu(0, 0xB0, le=9)),
        ("00A40004023F00", CommandApdu(0, 0xA4, 0, 4, b"\x3f\x00")),
        ("00A40004023F0000", CommandApdu(0, 0xA4, 0, 4, b"\x3f\x00", 256)),
        ("00B00000000000", CommandApdu(0, 0xB0, le=65536)),
        ("00B00000000200", CommandApdu(0, 0xB0, le=512)),
    ],
)
def test_the_four_cases(octets, command):
    assert CommandApdu.parse(bytes.fromhex(octets)) == command
    assert command.encode() == bytes.fromhex(octets)


def test_long_data_take_the_extended_form():
    command = CommandApdu(0, 0xD6, data=bytes(300), le=256)
    assert command.encode()[4:7] == b"\x00\x01\x2c" and CommandApdu.parse(command.encode()) == command


@pytest.mark.parametrize("octets", ["", "00A400", "00A40004023F", "00A40004023F000000", "00A4000400023F000000AA"])
def test_octets_that_are_no_command(card, octets):
    with pytest.raises(CodecError):
        CommandApdu.parse(bytes.fromhex(octets))
    assert card.transmit(bytes.fromhex(octets)) == b"\x67\x00"


def test_channels_are_part_of_the_class():
    for number in range(20):
        for proprietary in (False, True):
            assert channel_of(class_for(number, proprietary=proprietary)) == number
    assert channel_of(0xA0) is None


def test_every_status_word_that_the_card_gives_has_a_meaning():
    for pattern in STATUS_WORDS:
        assert StatusWord(int(pattern.replace("x", "1"), 16)).meaning
    assert StatusWord(0x1234).meaning == "" and repr(StatusWord(0x1234)) == "1234"


def test_every_instruction_has_a_handler():
    assert set(HANDLERS) == set(INSTRUCTIONS) - {0xC0}


# -- SELECT


@pytest.mark.parametrize(
    "apdus, name",
    [
        (["00A4000C023F00"], "MF"),
        (["00A4000C022FE2"], "EF.ICCID"),
        (["00A4000C027F10", "00A4000C026F3A"], "EF.ADN"),
        (["00A4080C047F206F07"], "EF.IMSI"),
        (["00A4080C063F007F206F07"], "EF.IMSI"),
        ([USIM, "00A4080C047FFF6F07"], "EF.IMSI"),
        ([USIM, "00A4080C047FFF2F00"], None),
        (["00A4080C047FFF6F07"], None),
        (["00A4000C027FFF"], None),
        ([USIM, "00A4000C023F00", "00A4000C027FFF"], "ADF.USIM"),
        ([USIM, "00A4090C045F3B4F20"], "EF.Kc"),
        ([USIM, "00A4000C025F3B", "00A4030C"], "ADF.USIM"),
        ([USIM, "00A4000C025F3B", "00A4000C027FF0"], "ADF.USIM"),
        (["00A4000C027F10", "00A4000C027F20"], "DF.GSM"),
        (["00A4010C027F20"], "DF.GSM"),
        (["00A4010C022FE2"], None),
        (["00A4020C022FE2"], "EF.ICCID"),
        (["00A4000C026F07"], None),
        (["00A4040C05A000000063"], "DF.PKCS15"),
        (["00A4040C05A000000099"], None),
    ],
)
def test_select(card, apdus, name):
    answer = say(card, *apdus)
    if name is None:
        assert answer == "6a82"
    else:
        channel = card.state.session.channels[0]
        assert answer == "9000" and card.memory.name(channel.file or channel.directory) == name


def test_reserved_identifier_of_the_application_finds_the_one_that_was_selected(card):
    say(card, USIM)
    assert say(card, "00A4000C022F00") == "6a82", "a file of the MF is not seen from an application"


def test_template_of_a_file(card):
    answer = say(card, USIM, "00A40004026F4000")
    [whole] = read_all(bytes.fromhex(answer)[:-2])
    parts = {part.tag: part.value.hex() for part in whole.parts}
    number = list(access.RECORDS).index("PIN, PIN") + 1
    assert parts == {0x82: "4221001c02", 0x83: "6f40", 0x8A: "05", 0x8B: f"6f06{number:02x}", 0x80: "0038", 0x88: ""}


def test_template_of_an_application(locked):
    answer = say(locked, "00A4040407A000000087100200")
    [whole] = read_all(bytes.fromhex(answer)[:-2])
    assert whole.first(0x84).value.hex() == "a0000000871002ffffffff8907090000"
    assert whole.first(0xC6).value.hex() == "9001e0" + "830101" + "830181" + "83010a"
    assert whole.first(0x82).value.hex() == "7821"


def test_without_le_the_answer_waits(card):
    assert say(card, "00A40004022FE2") == "6119"
    assert say(card, "00C0000004")[8:] == "6115", "the rest still waits"
    assert say(card, "00C0000016") == "6c15"
    assert say(card, "00C0000015")[-4:] == "9000"
    assert say(card, "00C0000015") == "6985"


def test_another_command_ends_the_waiting(card):
    say(card, "00A40004022FE2", "00B000000A")
    assert say(card, "00C0000000") == "6985"


# -- reading and writing


def test_read_by_short_identifier_makes_the_file_current(card):
    assert say(card, "00B082000A") == "980001010000000010f99000"
    assert say(card, "00B0000802") == "10f99000"


@pytest.mark.parametrize(
    "apdu, answer",
    [
        ("00B0000000", "980001010000000010f99000"),
        ("00B000000B", "6c0a"),
        ("00B0000B00", "6b00"),
        ("00B0000A00", "6b00"),
        ("00B00008", "6700"),
        ("00B09F0001", "6a86"),
        ("00B0A20001", "6a86"),
        ("00B0830001", "6a82"),
        ("00B2010400", "6981"),
        ("00D600000100", "6982"),
        ("00B0010001", "6b00"),
    ],
)
def test_read_binary(card, apdu, answer):
    say(card, "00A4000C022FE2")
    assert say(card, apdu) == answer


def test_no_file_is_current_at_first(card):
    assert say(card, "00B0000001") == "6986" == say(card, "00B2010400") == say(card, "00D600000100")


def test_update_needs_the_key_and_stays_after_power_off(card):
    say(card, "00A4080C047F506431")
    assert say(card, "00D6000003AABBCC") == "6982"
    assert say(card, f"0020000A08{ADM}", "00D6000203AABBCC") == "9000"
    card.reset()
    assert say(card, "00A4080C047F506431", "00B0000006") == "626faabbcc749000"
    assert say(card, "00D6000001AA") == "6982", "the key must be shown again"


def test_update_beyond_the_end_changes_nothing(card):
    say(card, "00A4080C047F506431", f"0020000A08{ADM}")
    before = card.state
    assert say(card, "00D603FF02AABB") == "6700" and say(card, "00D6040001AA") == "6b00"
    assert card.state == before


def test_records(card):
    say(card, "00A4000C027F10", "00A4000C026F3A")
    row = "416e6e61" + "ff" * 10 + "0791" + "947110325476" + "ff" * 6
    assert say(card, f"00DC01041C{row}") == "9000"
    assert say(card, f"00DC00021C{row}", "00DC00021C" + "ff" * 28) == "9000", "next, and next again"
    assert card.value("EF.ADN")[:3] == [{"name": "Anna", "number": "+491701234567"}, None, None]
    assert say(card, "00B201041C") == row + "9000"
    assert say(card, "00B2010410") == "6c1c" and say(card, "00B20B0400") == "6a83" and say(card, "00B2000100") == "6a86"
    assert say(card, "00DC01041B" + "ff" * 27) == "6700"
    assert say(card, "00A2010404416e6e61") == "6101" and say(card, "00C0000001") == "019000"
    assert say(card, "00A201050441414141") == "6282"


def test_next_and_previous_run_through_linear_records_and_stop(card):
    say(card, "00A4000C022F00")
    heads = [say(card, "00B2000200")[:2] for _ in range(4)]
    assert heads == ["61", "61", "ff", "ff"] and say(card, "00B2000200") == "6a83"
    say(card, "00A4000C022F00")
    assert say(card, "00B2000300")[:2] == "ff", "previous of none is the last"


def test_cyclic_records_turn(card):
    say(card, "00A4000C027F10", "00A4000C026F44")
    for name in "abcd":
        assert say(card, "00DC00031C" + name.encode().hex() + "ff" * 27) == "9000"
    assert [row["name"] for row in card.value("EF.LND")] == ["d", "c", "b"]
    assert say(card, "00DC01041C" + "00" * 28) == "6a86", "only the oldest is written over"
    found = [say(card, "00B2000200")[:2] for _ in range(4)]
    assert found == ["63", "62", "64", "63"], "after the update record 1 is current"


def test_increase(card):
    say(card, "00A4000C027F20", "00A4000C026F39")
    assert say(card, "803200000300000500") == "0000050000059000"
    assert say(card, "803200000300000200") == "0000070000029000" and card.value("EF.ACM") == [7, 5]
    assert say(card, "8032000003FFFFFF") == "9850" and say(card, "8032000004FFFFFFFF") == "6700"
    assert say(card, "00A4000C027F10", "00A4000C026F3A", "803200000101") == "6981"


# -- PINs


def test_three_wrong_tries_block_and_power_off_does_not_help(locked):
    assert say(locked, "00200001") == "63c3"
    assert say(locked, f"0020000108{WRONG}") == "63c2"
    locked.reset()
    assert say(locked, f"0020000108{WRONG}") == "63c1" and say(locked, f"0020000108{WRONG}") == "63c0"
    assert say(locked, f"0020000108{PIN}") == "6983" and say(locked, "00200001") == "6983"
    assert say(locked, "002C0001") == "63ca"
    puk, new = b"12345678".hex(), b"4321\xff\xff\xff\xff".hex()
    assert say(locked, f"002C000110{new}{new}") == "63c9"
    assert say(locked, f"002C000110{puk}{new}") == "9000" and say(locked, USIM, "00B0870009")[-4:] == "9000"
    locked.reset()
    assert say(locked, f"0020000108{new}") == "9000" and say(locked, "002C0001") == "63ca"


def test_a_right_pin_fills_the_counter_again(locked):
    say(locked, f"0020000108{WRONG}")
    assert say(locked, f"0020000108{PIN}", "00200001") == "63c3"


def test_a_wrong_pin_takes_the_right_away(locked):
    say(locked, USIM, f"0020000108{PIN}")
    assert say(locked, "00B0870009")[-4:] == "9000"
    assert say(locked, f"0020000108{WRONG}") == "63c2" and say(locked, "00B0870009") == "6982"


def test_puk_that_was_wrong_ten_times_blocks_for_good(locked):
    wrong = f"002C000110{WRONG}{PIN}"
    assert [say(locked, wrong) for _ in range(10)][-1] == "63c0"
    assert say(locked, "002C000110" + b"12345678".hex() + PIN) == "6983"


def test_switching_the_pin_off_and_on(locked):
    assert say(locked, f"0026000108{WRONG}") == "63c2"
    assert say(locked, f"0026000108{PIN}") == "9000" and say(locked, f"0026000108{PIN}") == "6984"
    locked.reset()
    assert say(locked, USIM, "00B0870009")[-4:] == "9000", "switched off: access is free"
    assert say(locked, f"0020000108{PIN}") == "6984"
    assert say(locked, f"0028000108{PIN}") == "9000"
    locked.reset()
    assert say(locked, USIM, "00B0870009") == "6982"


def test_changing_the_pin(locked):
    new = b"24680\xff\xff\xff".hex()
    assert say(locked, f"0024000110{WRONG}{new}") == "63c2"
    assert say(locked, f"0024000110{PIN}" + "ff" * 8) == "6a80"
    assert say(locked, f"0024000110{PIN}{new}") == "9000" and say(locked, f"0020000108{new}") == "9000"


@pytest.mark.parametrize(
    "apdu, answer",
    [
        ("0020000207" + "31" * 7, "6a88"),
        ("0020010108" + "31" * 8, "6a86"),
        ("0020000104" + "31" * 4, "6700"),
        (f"0026000A08{ADM}", "6985"),
        (f"002C000A10{ADM}{PIN}", "6a88"),
    ],
)
def test_what_is_no_pin_command(locked, apdu, answer):
    before = locked.state
    assert say(locked, apdu) == answer and locked.state == before


# -- access rules, life cycle


def test_a_changed_rule_changes_who_may(card):
    say(card, f"0020000A08{ADM}", "00A4000C022F06")
    number = list(access.RECORDS).index("always, never") + 1
    everybody = access.RECORDS["PIN, PIN"].ljust(48, b"\xff").hex()
    assert say(card, "00A4000C022FE2", "00D600000100") == "6982"
    assert say(card, "00A4000C022F06", f"00DC{number:02X}0430{everybody}") == "9000"
    assert say(card, "00A4000C022FE2", "00D600000100") == "9000"


def test_a_deactivated_file_says_so(card):
    assert say(card, "00A4000C022FE2", "00040000") == "6982"
    assert say(card, f"0020000A08{ADM}", "00040000") == "9000"
    assert say(card, "00A4000C022FE2") == "6283" and say(card, "00B0000000") == "6985"
    assert say(card, "00440000022FE2") == "9000" and say(card, "00B000000A")[-4:] == "9000"


# -- channels


def test_channels_are_apart(card):
    assert say(card, "0070000001") == "019000" and say(card, "0070000001") == "029000"
    assert say(card, "01A4000C022FE2") == "9000" and say(card, "00B0000001") == "6986"
    assert say(card, "01B0000001") == "989000"
    assert say(card, "0070000001") == "039000" and say(card, "0070000001") == "6a81"
    assert say(card, "00708002") == "9000" and say(card, "02B0000001") == "6881" and say(card, "00708002") == "6881"
    assert say(card, "01708000") == "9000", "closes itself"
    assert say(card, "00708000") == "6a86"
    assert say(card, "00700003") == "6a86", "3 is open"
    assert say(card, "00700002") == "9000"


def test_reset_closes_channels(card):
    say(card, "0070000001")
    assert card.reset() == ATR
    assert say(card, "01A4000C022FE2") == "6881"


# -- authentication


@pytest.fixture
def network():
    centre = AuthenticationCentre({"imsi": Subscriber(Milenage(K, OPC))}, (bytes([n]) * 16 for n in count(1)))
    usim = UsimAuthenticator(Milenage(K, OPC))
    challenges = (bytes([n] * 3) for n in count(1))
    card = Usim.example(services=Services(usim, GbaUsim(usim, plain_mac=True), challenges=challenges))
    say(card, USIM)
    return card, centre


def lv(*fields):
    return "".join(f"{len(field):02x}{field.hex()}" for field in fields)


def test_3g_context(network):
    card, centre = network
    sent = centre.vector("imsi")
    ask = f"0088008122{lv(sent.rand, sent.autn)}00"
    answer = say(card, ask)
    assert answer.startswith("db" + lv(sent.xres, sent.ck, sent.ik) + "08") and answer.endswith("9000")
    again = say(card, ask)
    assert again.startswith("dc0e") and len(again) == 2 * (2 + 14 + 2)
    forged = lv(sent.rand, sent.autn[:-1] + bytes([sent.autn[-1] ^ 1]))
    assert say(card, f"0088008122{forged}00") == "9862"


def test_vector_of_the_standard():
    card = Usim.example(services=Services(UsimAuthenticator(Milenage(K, OPC))))
    say(card, USIM)
    rand = "23553cbe9637a89d218ae64dae47bf35"
    assert say(card, f"0088008011{'10' + rand}00") == "0446f8416a08eae4be823af9a08b9000"


def test_gba_context(network):
    card, centre = network
    naf = lv(b"dm.example" + bytes.fromhex("010001002f"), b"001010123456789@ims")
    derive = f"00880084{1 + len(naf) // 2:02x}de{naf}00"
    assert say(card, derive) == "6985", "nothing was bootstrapped yet"
    sent = centre.vector("imsi")
    assert say(card, f"0088008423dd{lv(sent.rand, sent.autn)}00") == "db" + lv(sent.xres) + "9000", "keys stay inside"
    key = say(card, derive)
    assert key.startswith("db20") and key.endswith("9000")
    assert sent.ck.hex() not in "".join(exchange.answer.hex() for exchange in card.log)


@pytest.mark.spec("R-051")
def test_a_card_keeps_its_secret_keys(network):
    card, _ = network
    for pin in (f"0020000A08{ADM}", f"0020008108{b'5678'.hex()}ffffffff"):
        say(card, pin)
    for path, stored in card.memory.files.items():
        assert K not in b"".join(stored.content) and OPC not in b"".join(stored.content), path
    for key in card.memory.keys.values():
        assert key.value.hex() not in "".join(b"".join(s.content).hex() for s in card.memory.files.values())


@pytest.mark.parametrize(
    "apdu, answer",
    [
        ("00880081", "6700"),
        ("008800811110" + "00" * 16, "6a80"),
        ("0088008210" + "00" * 16, "6a86"),
        ("0088018111" + "00" * 17, "6a86"),
        ("0088008422dd10" + "00" * 32, "6a80"),
        ("008800840100", "6a80"),
    ],
)
def test_malformed_challenges(network, apdu, answer):
    card, _ = network
    window = card.services.authenticator.window
    assert say(card, apdu) == answer and card.services.authenticator.window == window


def test_authentication_needs_the_application_and_the_pin():
    card = Usim.example(pin_enabled=True, services=Services(UsimAuthenticator(Milenage(K, OPC))))
    ask = "0088008011" + "10" + "00" * 16
    assert say(card, ask) == "6985" and say(card, USIM, ask) == "6982"
    assert say(card, f"0020000108{PIN}", ask) == "610e"


def test_challenges_come_from_outside(network):
    card, _ = network
    assert say(card, "0084000008") == "01010102020203039000"
    assert say(Usim.example(), "0084000008") == "6d00"


# -- toolkit


def test_a_proactive_command_is_announced_fetched_and_answered(card):
    command = refresh(1, [(0x7F50, 0x6431)])
    card.state = card.state.with_session(waiting=(command,))
    assert say(card, "8010000002ffff") == f"91{len(command):02x}"
    assert say(card, "8012000005") == f"6c{len(command):02x}"
    fetched = bytes.fromhex(say(card, f"80120000{len(command):02x}"))
    assert fetched == command + b"\x90\x00" and read_refresh(fetched[:-2]) == (1, ((0x7F50, 0x6431),))
    assert say(card, f"80120000{len(command):02x}") == "6985"
    assert say(card, "8014000003810301") == "6a80"
    assert say(card, "801400000c810301010182028281830100") == "9000"
    assert say(card, "801400000c810301010182028281830100") == "6985"


def test_status_words_of_the_class(card):
    assert say(card, "00F2000C") == "6e00" and say(card, "80A4000C023F00") == "6e00"
    assert say(card, "00990000") == "6d00" and say(card, "41A40000") == "6881" and say(card, "20A40000") == "6e00"
    assert say(card, "80F2000C") == "9000" and say(card, "80F2000100") == "6a88"
    assert say(card, USIM, "80F2000100") == "8410a0000000871002ffffffff89070900009000"


# -- other media


@pytest.fixture
def sim():
    return Usim.example(b"bootstrap", medium="sim", pin_enabled=True)


def test_a_sim_hears_only_its_class(sim):
    assert say(sim, "00A4000C023F00") == "6e00" and sim.reset() == MEDIA["sim"].atr


def test_a_sim_session(sim):
    assert say(sim, "A0A40000027F20") == "9f16"
    directory = bytes.fromhex(say(sim, "A0C0000016"))
    assert directory[4:7].hex() == "7f2002" and directory[12] == 10 and directory[18:20].hex() == "838a"
    assert say(sim, "A0A40000026F07") == "9f0f"
    assert say(sim, "A0C000000F") == "000000096f070400144f44010200009000"
    assert say(sim, "A0B0000009") == "9804" and say(sim, f"A020000108{WRONG}") == "9804"
    assert say(sim, f"A020000108{PIN}") == "9000" and say(sim, "A0B0000009") == "0809101010325476989000"
    assert say(sim, "A0A40000026F99") == "9404" and say(sim, "A0A4000002ADFF") == "9404"
    assert say(sim, "A0A40000023F00", "A0B0000001") == "9400"


def test_a_sim_blocks(sim):
    assert [say(sim, f"A020000108{WRONG}") for _ in range(4)] == ["9804", "9804", "9840", "9840"]
    puk = b"12345678".hex()
    assert say(sim, f"A02C000010{puk}{PIN}") == "9000"


def test_a_sim_runs_the_gsm_algorithm():
    services = Services(UsimAuthenticator(Milenage(K, OPC)))
    sim = Usim.example(medium="sim", services=services)
    ask = "A088000010" + "23553cbe9637a89d218ae64dae47bf35"
    assert say(sim, ask) == "9810"
    assert say(sim, "A0A40000027F20", ask) == "9f0c" and say(sim, "A0C000000C") == "46f8416aeae4be823af9a08b9000"


def test_the_second_generation_does_not_see_the_usim(card):
    assert say(card, "A0A40000027FF0") == "9404"
    assert say(card, "A0A40000027F50", "A0A40000025031") == "9f0f"


def test_a_wim_has_the_object_directory_under_its_own_name():
    wim = Usim.example(b"x", medium="wim")
    assert say(wim, "00A4040C0CA0000000635741502D57494D") == "9000"
    assert say(wim, "00A4000C025031", "00B0000000")[-4:] == "9000"
    assert say(wim, USIM) == "6a82" and say(wim, "A0A40000023F00") == "6e00"


def test_an_unknown_medium_is_refused():
    with pytest.raises(ConfigError, match="no medium 'sd': there are usim, sim, wim"):
        Usim(Usim.example().memory, medium="sd")


# -- the card as a whole


def test_check_octet_of_the_answer_to_reset():
    total = 0
    for octet in ATR[1:]:
        total ^= octet
    assert total == 0


def test_the_log_keeps_states(card):
    say(card, "00A4000C022FE2", "00B000000A")
    first, second = card.log
    assert first.before.session.channels[0].file is None and second.before is first.after
    assert second.data.hex() == "980001010000000010f9" and second.sw.is_ok
    card.keep = 1
    say(card, "00B000000A")
    assert [exchange.number for exchange in card.log] == [3]


@pytest.mark.spec("R-050")
def test_provisioning_data_cannot_be_changed_without_the_key(card):
    before = card.value("EF.DM_Bootstrap")
    for path in ("6431", "6430", "5031"):
        assert say(card, f"00A4080C047F50{path}", "00D600000100") == "6982"
        assert say(card, "00040000") == "6982"
    assert say(card, f"0020000108{PIN}") == "6984" and card.value("EF.DM_Bootstrap") == before


# -- nobody's product


def test_the_answer_to_reset_and_the_number_are_our_own():
    """A tool that knows cards by these (pySim, opensc) takes ours for nobody's product."""
    assert b"dmkit" in ATR and len(ATR) == 20
    check = 0
    for octet in ATR[1:]:
        check ^= octet
    assert check == 0, "TCK"
    number = Usim.example().value("EF.ICCID")
    digits = [int(digit) for digit in number]
    doubled = [digit if at % 2 == len(digits) % 2 else digit * 2 for at, digit in enumerate(digits, 1)]
    assert number.startswith("89001") and sum(n - 9 * (n > 9) for n in doubled) % 10 == 0, "country 001 is nobody's"
    assert ATR[12] & 0x07 == 3 and ATR[12] & 0x18 == 0x10, "four logical channels, whose numbers the card gives"
    card = Usim.example()
    opened = [card.transmit(bytes.fromhex("0070000001"))[-2:].hex() for _ in range(5)]
    assert opened.count("9000") == 3


SERVICES_OF_A_SIM = {1: None, 2: "EF.ADN", 3: "EF.FDN", 4: "EF.SMS", 9: "EF.MSISDN", 12: "EF.SMSP", 13: "EF.LND"}


def test_the_table_of_a_sim_announces_only_what_is_there():
    card = Usim.example(medium="sim")
    table = bytes.fromhex(card.value("EF.SST"))
    announced = {4 * at + n + 1 for at, octet in enumerate(table) for n in range(4) if octet >> 2 * n & 3 == 3}
    assert announced == set(SERVICES_OF_A_SIM)
    names = {stored.row.name for stored in card.memory.files.values()}
    assert {name for name in SERVICES_OF_A_SIM.values() if name} <= names


@pytest.mark.parametrize("number", ["", "5", "890010100000000001a", "8" * 21, "٨" * 19, "8900101 00000000001"])
def test_a_number_of_a_card_has_18_to_20_digits(number):
    with pytest.raises(ConfigError, match="18 to 20 digits"):
        Usim.example(iccid=number)
