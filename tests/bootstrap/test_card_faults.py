"""Cards that fail, refuse, announce without end, and directories with something wrong in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.bootstrap import cp
from dmkit.bootstrap.card_events import FileErased, NotRead
from dmkit.bootstrap.card_reading import read
from dmkit.bootstrap.cp import Provisioning
from dmkit.bootstrap.rules import BootstrapRules, CardRules
from dmkit.card.apdu import CommandApdu
from dmkit.card.card import Usim
from dmkit.card.images.image import of_card, to_card
from dmkit.card.ota.sms import deliver
from dmkit.card.pins import padded
from dmkit.card.pkcs15 import CP_BOOTSTRAP, CP_CONFIG_1, DM_BOOTSTRAP, DataObject, decode_dodf, encode_dodf, encode_odf
from dmkit.card.terminal import run
from dmkit.card.toolkit import refresh
from dmkit.device.card_nodes import offer_card
from dmkit.device.card_slot import CardAnswered, CardAsked
from dmkit.words.errors import CodecError, RemoteProtocolError
from tests.bootstrap.documents import w7

pytestmark = pytest.mark.slow

ONE, TWO = (cp.to_wbxml(Provisioning((w7(f"{name}.example"),))) for name in ("one", "two"))
PATH, DF = b"\x64\x33", 0x7F50


def make_card(data=ONE, *, private=False, **more):
    entry = DataObject("Operator", CP_BOOTSTRAP, PATH, private, auth_id=b"\x01", data=data, room=1200)
    return Usim.example(objects=[entry], **more)


def servers(device):
    return [account.server_id for account in device.accounts]


def rewritten(card, fid, *contents):
    """The card with other octets in files below PKCS#15."""
    card.state = card.state.with_memory(card.memory.with_content((DF, fid), contents))
    return card


def unread(events):
    return [event for event in events if isinstance(event, NotRead)]


class Wrapped:
    """A card with something between it and the terminal: ``answer(n, apdu, card)`` gives octets, or raises."""

    def __init__(self, card, answer):
        self.card, self.answer, self.count = card, answer, 0

    def transmit(self, apdu):
        self.count += 1
        assert self.count < 3000, "the terminal does not stop"
        return self.answer(self.count, apdu, self.card)


# -- 1, 4: what could not be read is not gone


def pulled(apdu, card):
    raise RemoteProtocolError("the card reader: card was removed")


HICCUPS = {
    "6F00": lambda apdu, card: b"\x6f\x00",
    "mute": lambda apdu, card: b"",
    "not found": lambda apdu, card: b"\x6a\x82",
    "half a word": lambda apdu, card: b"\x90",
    "no data": lambda apdu, card: b"\x90\x00",
    "one octet": lambda apdu, card: b"\xff\x90\x00",
    "pulled": pulled,
    "6581, memory": lambda apdu, card: b"\x65\x81",
    "6200, a warning and nothing": lambda apdu, card: b"\x62\x00",
    "6282, the end came before Le": lambda apdu, card: card.transmit(apdu)[:-3] + b"\x62\x82",
    "9300, the toolkit is busy": lambda apdu, card: b"\x93\x00",
    "6C05, another length": lambda apdu, card: b"\x6c\x05",
    "6105, another answer": lambda apdu, card: b"\x61\x05",
    "a word of another world": lambda apdu, card: b"\x98\x40",
    "an octet more": lambda apdu, card: card.transmit(apdu)[:-2] + b"\xff\x90\x00",
}


@pytest.mark.parametrize("name", HICCUPS)
@pytest.mark.parametrize("medium", ["usim", "sim", "wim"])
@pytest.mark.parametrize("lasts", [1, 1000])
def test_a_hiccup_at_any_command_takes_no_account_away(name, medium, lasts):
    card = make_card(medium=medium)
    phone = dm.Device.blank(card=card)
    phone.bootstrap()
    before, nonce = phone.from_card, phone.accounts[0]
    run(card, read())
    length = len(card.log)
    for at in range(1, length + 1):
        card.reset()
        card.log.clear()

        def answer(n, apdu, card, at=at):
            return HICCUPS[name](apdu, card) if at <= n < at + lasts else card.transmit(apdu)

        phone.card = Wrapped(card, answer)
        reaction = phone.bootstrap()
        assert servers(phone) == ["one.example"] and phone.accounts[0] == nonce, at
        assert phone.from_card == before and not reaction.sessions
    card.reset()
    phone.card = card
    assert [type(event).__name__ for event in phone.bootstrap().events][-1] == "FileKept"


def test_channels_that_others_opened_leave_the_account():
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    phone.card.reset()
    for _ in range(3):
        assert phone.card.transmit(bytes.fromhex("0070000001"))[-2:] == b"\x90\x00"
    reaction = phone.bootstrap()
    assert servers(phone) == ["one.example"] and "6A81" in unread(reaction.events)[0].why
    assert not reaction.events[0].changed


@pytest.mark.parametrize("word", ["6881", "6d00"])
@pytest.mark.parametrize("private", [False, True])
def test_a_card_without_logical_channels_is_read_on_the_basic_one(word, private):
    """And is at its MF again afterwards; a card whose channels are all in use is another thing (6A81)."""
    card = make_card(private=private, pin_enabled=private)
    said = []

    def answer(n, apdu, card):
        said.append(apdu)
        return bytes.fromhex(word) if apdu[1] == 0x70 or apdu[0] & 3 else card.transmit(apdu)

    phone = dm.Device.blank(card=Wrapped(card, answer), pin="1234" if private else None)
    phone.bootstrap()
    assert servers(phone) == ["one.example"]
    assert [apdu.hex() for apdu in said if apdu[1] == 0x70] == ["0070000001"]
    channel = card.state.session.channels[0]
    assert (channel.directory, channel.file) == ((), None)
    before = phone.from_card
    card.reset()
    phone.bootstrap()
    assert phone.from_card == before and servers(phone) == ["one.example"]


def test_a_swap_is_another_number_that_was_read():
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    phone.card = make_card(TWO, iccid="8999901000000000002")
    phone.bootstrap()
    assert servers(phone) == ["two.example"]
    phone.card = rewritten_iccid(make_card(TWO))
    phone.bootstrap()
    assert servers(phone) == ["two.example"] and phone.from_card.iccid == "8999901000000000002"


def rewritten_iccid(card):
    card.state = card.state.with_memory(card.memory.with_content((0x2FE2,), (b"\xff" * 10,)))
    return card


def test_records_of_the_list_of_applications_that_are_junk_take_nothing_away():
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    rows = list(phone.card.memory.files[(0x2F00,)].content)
    for junk in (b"\x61\x05\x4f".ljust(64, b"\x11"), b"\x00" * 64, b"\x62\x02\x4f\x00".ljust(64, b"\xff")):
        spoilt = tuple(junk if b"PKCS-15" in row else row for row in rows)
        phone.card.state = phone.card.state.with_memory(phone.card.memory.with_content((0x2F00,), spoilt))
        reaction = phone.bootstrap()
        assert servers(phone) == ["one.example"] and "EF.DIR" in unread(reaction.events)[0].what
    blank = tuple(b"\xff" * 64 if b"PKCS-15" in row else row for row in rows)
    phone.card.state = phone.card.state.with_memory(phone.card.memory.with_content((0x2F00,), blank))
    phone.bootstrap()
    assert servers(phone) == [], "the card says that it has no such application"


@pytest.mark.parametrize("method", ["bootstrap", "push", "to_card", "node"])
def test_a_card_that_is_pulled_gives_events(method):
    phone = dm.Device.blank(card=Wrapped(make_card(), lambda n, apdu, card: pulled(apdu, card)), pin="1234")
    if method == "bootstrap":
        assert "removed" in unread(phone.bootstrap().events)[0].why
    elif method == "to_card":
        [event] = phone.to_card(deliver(b"x")[0]).events
        assert isinstance(event, CardAnswered) and "removed" in event.status
    elif method == "push":
        assert phone.bootstrap(ONE, origin="push", sec=0, mac="00" * 20).events
    else:
        offer_card(phone)
        assert phone.handlers


# -- 2: the PIN


def tries(card, key=0x01):
    return card.memory.keys[key].tries


def push(phone):
    return phone.bootstrap(ONE, origin="push", sec="NETWPIN", mac="00" * 20)


@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_a_pin_that_was_refused_is_never_shown_again_unasked(medium):
    phone = dm.Device.blank(card=make_card(private=True, pin_enabled=True, medium=medium), pin="9999")
    for _ in range(4):
        push(phone)
        phone.bootstrap()
        phone.to_card(deliver(b"x")[0])
    assert tries(phone.card) == 2 and servers(phone) == []
    phone.restore(phone.snapshot())
    phone.bootstrap()
    assert tries(phone.card) == 2, "what the device remembers is part of its value"
    phone.pin = "1234"
    phone.bootstrap()
    assert tries(phone.card) == 3 and servers(phone) == ["one.example"]


def test_the_user_may_type_a_wrong_pin_again_and_each_time_costs_one():
    phone = dm.Device.blank(card=make_card(private=True, pin_enabled=True), pin="9999")
    phone.bootstrap()
    phone.pin = "8888"
    phone.bootstrap()
    phone.bootstrap()
    assert tries(phone.card) == 1


def test_one_reading_shows_the_pin_once_however_much_is_private():
    objects = [
        DataObject(oid, oid, bytes([0x64, 0x33 + n]), True, auth_id=b"\x01", data=ONE)
        for n, oid in enumerate((CP_BOOTSTRAP, CP_CONFIG_1, DM_BOOTSTRAP))
    ]
    card = Usim.example(objects=objects, pin_enabled=True)
    reading = run(card, read(padded("9999")))
    assert tries(card) == 2 and len(unread(reading.events)) == 3 and reading.refused == {0x01}
    run(card, read(padded("9999"), refused=reading.refused))
    assert tries(card) == 2
    assert len(run(card, read(padded("1234"))).files) == 3


def test_each_key_refuses_for_itself():
    card = make_card(private=True, pin_enabled=True)
    keys = dict(card.memory.keys)
    keys[0x11] = replace(keys[0x01], value=padded("4711"))
    card.state = card.state.with_memory(replace(card.memory, keys=keys))
    phone = dm.Device.blank(card=card, pin="1234")
    phone.pin_refused |= {0x11}
    push(phone)
    assert tries(card, 0x11) == 3 and phone.pin_refused == {0x11}


def test_a_server_cannot_use_up_the_operators_key():
    phone = dm.Device.example()
    phone.card = Usim.example(b"a document")
    offer_card(phone, b"WRONGKEY")
    for _ in range(5):
        dm.converse(phone, dm.Server.example(phone), job=dm.jobs.execute("./Card/Write", "bmV3"))
    assert tries(phone.card, 0x0A) == 9
    offer_card(phone, b"ADMINKEY")
    dm.converse(phone, dm.Server.example(phone), job=dm.jobs.execute("./Card/Write", "bmV3"))
    assert tries(phone.card, 0x0A) == 10 and phone.card.memory.files[(DF, 0x6431)].content[0].startswith(b"new")


def test_a_push_that_reads_the_card_does_what_it_asks_for():
    card = Usim.example(objects=[entry(PATH, data=ONE)])
    phone = dm.Device.blank(card=card)
    card.state = card.state.with_session(waiting=(refresh(1, [(DF, 0x6433)]), refresh(0)))
    reaction = push(phone)
    asked = [event for event in reaction.events if isinstance(event, CardAsked)]
    assert [event.command.split(":")[0] for event in asked] == ["REFRESH", "REFRESH"]
    assert not card.state.session.waiting and servers(phone) == ["one.example"]
    assert [session.account.server_id for session in reaction.sessions] == ["one.example"]


# -- 8: a terminal ends


@pytest.mark.parametrize("word", ["6110", "6100", "6c05", "6c00", "9108", "9100", "9f10", "63c1", "9300"])
@pytest.mark.parametrize("data", [b"", b"x"])
@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_a_card_that_announces_without_end_ends_in_an_event(word, data, medium):
    def answer(n, apdu, card):
        return data + bytes.fromhex(word)

    card = make_card(medium=medium)
    phone = dm.Device.blank(card=card, pin="1234")
    phone.bootstrap()
    for method in (phone.bootstrap, lambda: phone.to_card(deliver(b"x")[0]), lambda: push(phone)):
        phone.card = Wrapped(card, answer)
        assert method().events
        assert servers(phone) == ["one.example"]


def test_proactive_commands_without_end_end_in_an_event():
    command = bytes.fromhex("d00b8103014000820281820500")

    def answer(n, apdu, card):
        return command + b"\x91\x0d" if CommandApdu.parse(apdu).ins == 0x12 else b"\x91\x0d"

    phone = dm.Device.blank(card=Wrapped(make_card(), answer))
    events = phone.to_card(deliver(b"x")[0]).events
    assert isinstance(events[-1], CardAsked) and "more and more" in events[-1].command


# -- 3: what the directory says


def with_directory(objects, dodf=None, odf=None, **files):
    card = Usim.example(objects=objects)
    memory = card.memory
    for fid, octets in ((0x6430, dodf), (0x5031, odf)):
        if octets is not None:
            stored = memory.files[(DF, fid)]
            row = replace(stored.row, size=len(octets))
            memory = replace(memory, files={**memory.files, (DF, fid): replace(stored, row=row, content=(octets,))})
    card.state = card.state.with_memory(memory)
    return card


def entry(path, oid=CP_BOOTSTRAP, **more):
    return DataObject("Operator", oid, path, **more)


@pytest.mark.parametrize(
    ("index", "length", "got"),
    [(4, 10, b"0123456789"), (0, 3, b"abc"), (4, None, b"0123456789 trailer"), (14, 0, b""), (4, 12, b"0123456789 t")],
)
@pytest.mark.parametrize("shape", ["opaque", "oid"])
@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_a_document_may_be_a_part_of_its_file(index, length, got, shape, medium):
    inside = entry(PATH, index=index, length=length, shape=shape)
    assert decode_dodf(encode_dodf([inside]))[0] == inside
    card = Usim.example(objects=[entry(PATH, data=b"abcd0123456789 trailer", room=30)], medium=medium)
    dodf = encode_dodf([inside])
    stored = card.memory.files[(DF, 0x6430)]
    files = {**card.memory.files, (DF, 0x6430): replace(stored, content=(dodf,))}
    card.state = card.state.with_memory(replace(card.memory, files=files))
    [file] = run(card, read()).files
    assert file.data == got


@pytest.mark.parametrize("path", ["6433", "5F006433", "5F005F106433", "5F005F105F206433"])
@pytest.mark.parametrize("absolute", ["", "3F007F50"])
@pytest.mark.parametrize("medium", ["usim", "sim", "wim"])
def test_paths_of_several_levels_lead_to_the_file_and_back(path, absolute, medium):
    """Behind a deep file a shallow one, and another deep one: a SIM has to find its way from where it is."""
    objects = [entry(bytes.fromhex(absolute + path), data=b"deep"), entry(b"\x64\x34", CP_CONFIG_1, data=b"shallow"),
               entry(bytes.fromhex("5F006435"), DM_BOOTSTRAP, data=b"beside")]  # fmt: skip
    card = Usim.example(objects=objects, medium=medium)
    reading = run(card, read())
    assert reading.complete, reading.events
    assert [file.data for file in reading.files] == [b"deep", b"shallow", b"beside"]
    other = to_card(of_card(card))
    assert [file.data for file in run(other, read()).files] == [b"deep", b"shallow", b"beside"]


@pytest.mark.parametrize("medium", ["usim", "sim"])
@pytest.mark.parametrize("fid", [0x7F10, 0x7F20])
def test_an_absolute_path_may_lead_out_of_the_application(fid, medium):
    card = Usim.example(objects=[entry(PATH, data=b"inside")], medium=medium)
    listed = encode_dodf([entry(b"\x3f\x00" + fid.to_bytes(2, "big") + PATH)])
    stored = card.memory.files[(DF, 0x6433)]
    files = {**card.memory.files, (fid, 0x6433): replace(stored, content=(b"outside",)),
             (DF, 0x6430): replace(card.memory.files[(DF, 0x6430)], content=(listed,))}  # fmt: skip
    card.state = card.state.with_memory(replace(card.memory, files=files))
    reading = run(card, read())
    assert reading.complete and [file.data for file in reading.files] == [b"outside"]


def test_an_absolute_path_to_nothing_is_looked_for_within_the_application():
    card = with_directory([entry(PATH, data=b"inside")], encode_dodf([entry(b"\x3f\x00" + PATH)]))
    assert [file.data for file in run(card, read()).files] == [b"inside"]


@pytest.mark.parametrize("path", ["", "64", "643300", "3F00", "3F007F50", "3F007F106433"])
def test_a_card_is_not_made_with_a_path_that_leads_to_no_file_of_its_directory(path):
    with pytest.raises(CodecError, match="leads to no file below"):
        Usim.example(objects=[entry(bytes.fromhex(path))])


@pytest.mark.parametrize("path", ["643300", "64"])
def test_a_path_that_is_cut_is_told(path):
    card = with_directory([entry(PATH, data=b"inside")], encode_dodf([entry(bytes.fromhex(path))]))
    reading = run(card, read())
    assert not reading.files and not reading.complete and "is no path" in unread(reading.events)[0].why


@pytest.mark.parametrize("path", ["51023f00", "51033f007f", "5100", "51047fff7f50", ""])
def test_a_list_of_applications_with_a_strange_path_hides_no_application(path):
    card = make_card()
    [at] = [at for at, row in card.memory.files.items() if at == (0x2F00,)]
    aid = "4f0ca000000063504b43532d3135" + path
    row = bytes.fromhex(f"61{len(aid) // 2:02x}{aid}").ljust(0x40, b"\xff")
    rows = (row, *card.memory.files[at].content[1:])
    files = {**card.memory.files, at: replace(card.memory.files[at], content=rows)}
    card.state = card.state.with_memory(replace(card.memory, files=files))
    assert [file.data for file in run(card, read()).files] == [ONE]


def test_a_sim_that_selected_another_file_is_not_believed():
    card = make_card(medium="sim")
    phone = dm.Device.blank(card=card)
    phone.bootstrap()

    def answer(n, apdu, card):
        real = card.transmit(apdu)
        return bytes(len(real) - 2) + real[-2:] if apdu[1] == 0xC0 else real

    phone.card = Wrapped(card, answer)
    reaction = phone.bootstrap()
    assert servers(phone) == ["one.example"] and "selected 0000" in str(reaction)


def test_octets_of_a_given_length_are_not_filling():
    card = with_directory([entry(PATH, data=b"ab\xff\xff", room=9)], encode_dodf([entry(PATH, length=3)]))
    assert run(card, read()).files[0].data == b"ab\xff"


@pytest.mark.parametrize(("index", "length"), [(0, 100), (40, None), (40, 1), (70000, None), (10, 30)])
def test_a_part_that_is_not_in_the_file_is_not_read(index, length):
    card = with_directory([entry(PATH, data=b"a" * 30)], encode_dodf([entry(PATH, index=index, length=length)]))
    reading = run(card, read())
    assert not reading.files and not reading.complete and "the file has 30" in unread(reading.events)[0].why


@pytest.mark.parametrize("octets", ["0200", "0202ff01", "8001ff"])
def test_a_part_that_is_no_number_is_said(octets):
    tail = bytes.fromhex("04026433") + bytes.fromhex(octets)
    path = bytes([0x30, len(tail)]) + tail
    value = b"\xa1" + bytes([len(path)]) + path
    named = bytes.fromhex("3006060467") + bytes.fromhex("2b0501")
    whole = b"\x30\x00" + named + value
    with pytest.raises(CodecError, match=r"index|length"):
        decode_dodf(b"\x30" + bytes([len(whole)]) + whole)


def test_a_second_directory_is_read_too_and_one_that_is_absent_is_said():
    objects = [entry(b"\x64\x33", data=ONE), entry(b"\x64\x34", CP_CONFIG_1, data=TWO)]
    for second, complete in ((b"\x64\x35", True), (b"\x64\x77", False)):
        spare = DataObject("second directory", "1.2.3", b"\x64\x35", data=encode_dodf(objects[1:]))
        card = with_directory(
            [*objects, spare], encode_dodf(objects[:1]), encode_odf([(0xA7, b"\x64\x30"), (0xA7, second)])
        )
        reading = run(card, read())
        assert [file.oid for file in reading.files] == [CP_BOOTSTRAP, CP_CONFIG_1][: 1 + complete]
        assert reading.complete == complete and len(unread(reading.events)) == (not complete)


def test_of_several_objects_the_first_that_can_be_read_counts():
    objects = [entry(b"\x64\x33", data=ONE), entry(b"\x64\x34", CP_CONFIG_1, data=TWO)]
    absent, second = entry(b"\x64\x55"), entry(b"\x64\x34")
    card = with_directory(objects, encode_dodf([absent, second, entry(b"\x64\x33")]))
    reading = run(card, read())
    assert [file.data for file in reading.files] == [TWO] and reading.complete
    assert "6A82" in unread(reading.events)[0].why


@pytest.mark.parametrize("bad", ["3003040101", "300430003000", "a1023000", "3009300030003004040164"])
def test_an_entry_that_cannot_be_read_does_not_hide_the_next(bad):
    card = with_directory([entry(PATH, data=ONE)], bytes.fromhex(bad) + encode_dodf([entry(PATH)]))
    reading = run(card, read())
    assert [file.data for file in reading.files] == [ONE]
    assert not reading.complete and "an entry of EF(DODF)" in unread(reading.events)[0].what


@pytest.mark.parametrize("size", [32_767, 32_768, 32_769, 33_000, 65_535, 70_000])
@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_long_contents_are_read_whole_or_refused(size, medium):
    data = bytes(range(1, 251)) * (size // 250 + 1)
    card = Usim.example(objects=[entry(PATH, data=data[:size])], medium=medium)
    reading = run(card, read())
    if size <= 32_768:
        assert reading.complete and reading.files[0].data == data[:size]
    else:
        assert not reading.complete and not reading.files and unread(reading.events)


# -- 7: withdrawal


@pytest.mark.parametrize("octets", [b"", b"\xff", b"\xff" * 200])
def test_an_erased_file_withdraws_its_accounts(octets):
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    rewritten(phone.card, 0x6433, octets.ljust(1200, b"\xff"))
    reaction = phone.bootstrap()
    assert servers(phone) == [] and any(isinstance(event, FileErased) for event in reaction.events)


@pytest.mark.parametrize("octets", [b"\x00" * 1200, b"junk", b"\x03\x0b", ONE[:-3], b"\xfe" + b"\xff" * 20])
def test_junk_does_not(octets):
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    rewritten(phone.card, 0x6433, octets.ljust(1200, b"\xff"))
    phone.bootstrap()
    assert servers(phone) == ["one.example"]


# -- 7: what the card asks for, whenever it asks


def asking(card, *paths, mode=1):
    """The card with a REFRESH that waits."""
    card.state = card.state.with_session(waiting=(*card.state.session.waiting, refresh(mode, paths)))
    return card


@pytest.mark.parametrize("medium", ["usim", "sim"])
@pytest.mark.parametrize("method", ["bootstrap", "attend_card"])
def test_a_refresh_that_waits_is_fetched_at_any_time(method, medium):
    phone = dm.Device.blank(card=make_card(medium=medium))
    phone.bootstrap()
    rewritten(asking(phone.card, (DF, 0x6433)), 0x6433, TWO.ljust(1200, b"\xff"))
    reaction = getattr(phone, method)()
    asked = [event for event in reaction.events if isinstance(event, CardAsked)]
    assert [event.files for event in asked] == [("7F50/6433",)] and servers(phone) == ["two.example"]
    assert not phone.card.state.session.waiting and not phone.card.state.session.fetched
    assert [session.account.server_id for session in reaction.sessions] == ["two.example"]


def test_at_power_on_the_terminal_says_what_it_can():
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    first = phone.card.log[0].command
    assert first.ins == 0x10 and first.data[0] & 0x03 == 0x03 and first.data[2] & 0x80, "SMS-PP download, REFRESH"
    assert phone.card.state.session.profile == first.data


@pytest.mark.parametrize(
    ("listed", "anew"),
    [
        ("013F007FFF6433", True),
        ("017FFF6433", True),
        ("023F002FE27FFF6433", True),
        ("013F007F506433", True),
        ("013F002F00", True),
        ("013F00", True),
        ("013F002FE2", False),
        ("013F007F106F3A", False),
    ],
)
def test_which_list_of_files_counts(listed, anew):
    value = bytes.fromhex(listed)
    command = bytes.fromhex("81030101018202818292") + bytes([len(value)]) + value
    whole = b"\xd0" + bytes([len(command)]) + command
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    rewritten(phone.card, 0x6433, TWO.ljust(1200, b"\xff"))
    phone.card.state = phone.card.state.with_session(waiting=(whole,))
    phone.attend_card()
    assert servers(phone) == (["two.example"] if anew else ["one.example"])


@pytest.mark.parametrize("mode", [0, 2, 3, 4, 5, 6])
def test_a_refresh_without_a_list_means_all(mode):
    phone = dm.Device.blank(card=make_card())
    phone.bootstrap()
    rewritten(asking(phone.card, mode=mode), 0x6433, TWO.ljust(1200, b"\xff"))
    phone.attend_card()
    assert servers(phone) == ["two.example"]


def test_a_card_that_asks_for_its_files_again_and_again_ends_in_an_event():
    card = make_card()

    def answer(n, apdu, card):
        if apdu[1] == 0x70 and apdu[2] == 0x80:
            asking(card, (DF, 0x6433))
        return card.transmit(apdu)

    phone = dm.Device.blank(card=Wrapped(card, answer))
    events = phone.bootstrap().events
    assert isinstance(events[-1], CardAsked) and "that is enough" in events[-1].command


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\xd0\x03\x81\x01", b"\xd0\x02\x82\x00", bytes(200)])
def test_what_is_no_proactive_command_is_said_and_left(junk):
    phone = dm.Device.blank(card=make_card())
    phone.card.state = phone.card.state.with_session(waiting=(junk or b"\xff",))
    asked = [event for event in phone.bootstrap().events if isinstance(event, CardAsked)]
    assert len(asked) == 1 and servers(phone) == ["one.example"]


def test_without_the_rule_nothing_is_taken_anew():
    rules = replace(dm.Rules(), bootstrap=BootstrapRules(card=CardRules(on_refresh=False)))
    phone = dm.Device.blank(card=make_card(), rules=rules)
    phone.bootstrap()
    rewritten(asking(phone.card), 0x6433, TWO.ljust(1200, b"\xff"))
    assert len(phone.attend_card().events) == 1 and servers(phone) == ["one.example"]
