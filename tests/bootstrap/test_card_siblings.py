"""Three further cases of each fault of cards, reasoned before they were run: what must hold is in the docstrings."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.bootstrap.card_events import FileErased, NotRead
from dmkit.bootstrap.card_reading import read
from dmkit.card.card import MEDIA, Usim
from dmkit.card.codings import DIR, SERVICES
from dmkit.card.ota.sms import deliver
from dmkit.card.pkcs15 import CP_BOOTSTRAP, DM_BOOTSTRAP, DataObject, encode_dodf, encode_odf
from dmkit.card.t0 import atr_timing
from dmkit.card.terminal import run
from dmkit.card.toolkit import refresh
from dmkit.device.card_slot import CardAsked
from dmkit.words.errors import RemoteProtocolError
from tests.bootstrap.test_card_faults import DF, ONE, TWO, Wrapped, make_card, push, rewritten, servers, tries, unread

pytestmark = pytest.mark.slow


def changed(card, path, *contents, **row):
    stored = card.memory.files[path]
    new = replace(stored, content=contents or stored.content, **row)
    card.state = card.state.with_memory(replace(card.memory, files={**card.memory.files, path: new}))
    return card


def started(**more):
    phone = dm.Device.blank(card=make_card(**more), pin="1234")
    phone.bootstrap()
    assert servers(phone) == ["one.example"]
    return phone


# -- 1: what could not be read is not gone


def test_a_number_that_is_not_activated_is_not_read():
    """6283 and then 6985: no number, so no swap; the account stays, and the next reading is as the first."""
    phone = started()
    changed(phone.card, (0x2FE2,), active=False)
    events = phone.bootstrap().events
    assert any(isinstance(event, NotRead) and event.what == "ICCID" for event in events)
    assert servers(phone) == ["one.example"] and phone.from_card.iccid == "8900101000000000019"


def test_a_number_of_filling_is_none():
    """EF.ICCID says FF only: read, and no number; that is no other card."""
    phone = started()
    changed(phone.card, (0x2FE2,), b"\xff" * 10)
    phone.bootstrap()
    assert servers(phone) == ["one.example"] and phone.from_card.iccid == "8900101000000000019"


def test_a_list_of_applications_that_was_read_and_names_none_withdraws():
    """Whole and without PKCS#15: it was read, so what was there is gone; one record that cannot be read keeps it."""
    phone = started()
    rows = phone.card.memory.files[(0x2F00,)].content
    changed(
        phone.card, (0x2F00,), rows[0], b"\x61\x05\x4f\x03abc".ljust(64, b"\xff"), b"\x61\x7f".ljust(64, b"\0"), rows[3]
    )
    phone.bootstrap()
    assert servers(phone) == ["one.example"], "a record is junk, and could have been the one"
    changed(phone.card, (0x2F00,), rows[0], *[b"\xff" * 64] * 3)
    phone.bootstrap()
    assert servers(phone) == []


def test_a_hiccup_of_every_kind_of_command_once_and_the_swap_is_still_seen():
    """A hiccup while another card is in: nothing is removed before its number was read."""
    phone = started()
    other = make_card(TWO, iccid="8900101000000000027")
    phone.card = Wrapped(other, lambda n, apdu, card: b"\x6f\x00" if n < 4 else card.transmit(apdu))
    phone.bootstrap()
    assert "one.example" in servers(phone)
    phone.card = other
    phone.bootstrap()
    assert servers(phone) == ["two.example"]


# -- 2: the PIN


def test_a_card_taken_out_and_put_in_again_does_not_get_the_refused_pin():
    """The stored PIN was wrong for it: shown unasked at each insertion, three insertions would block it."""
    card = make_card(private=True, pin_enabled=True)
    phone = dm.Device.blank(card=card, pin="9999")
    for _ in range(4):
        phone.card = card
        phone.bootstrap()
        card.reset()
        phone.card = None
        phone.bootstrap()
    assert tries(card) == 2


def test_a_refresh_in_a_loop_does_not_use_up_the_pin():
    card = make_card(private=True, pin_enabled=True)
    phone = dm.Device.blank(card=card, pin="9999")
    for _ in range(5):
        card.state = card.state.with_session(waiting=(refresh(4),))
        phone.attend_card()
    assert tries(card) == 2


def test_a_pin_that_is_one_try_from_blocked_is_still_shown_once_only():
    card = make_card(private=True, pin_enabled=True)
    keys = {**card.memory.keys, 0x01: replace(card.memory.keys[0x01], tries=1)}
    card.state = card.state.with_memory(replace(card.memory, keys=keys))
    phone = dm.Device.blank(card=card, pin="9999")
    for _ in range(3):
        push(phone)
    assert tries(card) == 0 and servers(phone) == []
    phone.pin = "1234"
    phone.bootstrap()
    assert servers(phone) == [] and tries(card) == 0, "blocked is blocked, and no exception"


# -- 3: what the directory says


def listing(card, *objects):
    return rewritten(card, 0x6430, encode_dodf(objects).ljust(len(card.memory.files[(DF, 0x6430)].content[0]), b"\xff"))


def entry(label, oid=CP_BOOTSTRAP, path=b"\x64\x33", **more):
    return DataObject(label, oid, path, **more)


def test_a_directory_of_filling_lists_nothing_and_withdraws():
    phone = started()
    size = len(phone.card.memory.files[(DF, 0x6430)].content[0])
    rewritten(phone.card, 0x6430, b"\xff" * size)
    phone.bootstrap()
    assert servers(phone) == []


def test_a_directory_that_is_not_activated_withdraws_nothing():
    phone = started()
    changed(phone.card, (DF, 0x6430), active=False)
    events = phone.bootstrap().events
    assert servers(phone) == ["one.example"] and unread(events)


def test_a_directory_that_names_itself_and_the_same_one_twice_ends():
    """EF(ODF) names EF(DODF) three times, once itself: read, and the document taken once."""
    phone = started()
    odf = encode_odf([(0xA7, b"\x64\x30"), (0xA7, b"\x50\x31"), (0xA7, b"\x64\x30")])
    size = len(phone.card.memory.files[(DF, 0x5031)].content[0])
    rewritten(phone.card, 0x5031, odf.ljust(max(size, len(odf)), b"\xff"))
    phone.bootstrap()
    assert servers(phone) == ["one.example"]


def test_a_part_of_nothing_at_the_end_of_a_file_is_an_erased_document():
    """Index at the end, no length: read whole, and nothing is in it."""
    card = make_card()
    size = len(card.memory.files[(DF, 0x6433)].content[0])
    rewritten(card, 0x6430, encode_dodf([entry("x", index=size)]).ljust(60, b"\xff"))
    reading = run(card, read())
    assert [one.data for one in reading.files] == [b""]


# -- 4: a reader whose card is pulled


@pytest.mark.parametrize("at", range(1, 30, 3))
@pytest.mark.parametrize("method", ["attend_card", "bootstrap", "push", "to_card"])
def test_pulled_while_the_card_asks_and_a_private_document_is_read(at, method):
    """A REFRESH waits, the document is private: pulled at any command gives events and keeps the account."""
    phone = started(private=True, pin_enabled=True)
    card = phone.card
    card.reset()
    card.state = card.state.with_session(waiting=(refresh(1, [(DF, 0x6433)]),))

    def answer(n, apdu, inner):
        if n >= at:
            raise RemoteProtocolError("the reader: no card")
        return inner.transmit(apdu)

    phone.card = Wrapped(card, answer)
    does = {"push": lambda: push(phone), "to_card": lambda: phone.to_card(deliver(b"x")[0])}
    (does.get(method) or getattr(phone, method))()
    assert servers(phone) == ["one.example"] and tries(card) == 3


# -- 5: our own answer to reset and number


@pytest.mark.parametrize("medium", MEDIA)
def test_each_medium_has_an_answer_to_reset_of_its_own_that_is_sound(medium):
    """The first octet, a length that fits, and a check octet where another protocol than T=0 is named."""
    atr = MEDIA[medium].atr
    assert atr[0] == 0x3B and Usim.example(medium=medium).reset() == atr and atr_timing(atr).octets_per_second > 0
    check = 0
    for octet in atr[1:]:
        check ^= octet
    assert len(atr) == 4 or check == 0
    assert atr != bytes.fromhex("3B9F96801F878031E073FE211B674A4C753034054BA9"), "that is somebody's product"


def test_the_number_of_the_example_is_of_nobody():
    """89, country 001 which is no country: no issuer has it."""
    number = Usim.example().value("EF.ICCID")
    assert number.startswith("89001") and len(number) == 19


# -- 6: lengths, service tables, EF.DIR


@pytest.mark.parametrize(("before", "apdu", "answer"), [
    ("00A4080C047F106F3A", "00A2010401FF01", "016109"), ("00A4040C07A0000000871002", "80F2000101", "6c12"),
    ("00A4040C07A0000000871002", "80F2000112", "8410a0000000871002ffffffff89070900009000"),
    ("00A4080C047F106F3A", "00B2010401", "6c1c"), 
])  # fmt: skip
def test_lengths_of_further_commands(before, apdu, answer):
    card = make_card()
    card.transmit(bytes.fromhex(before))
    found = card.transmit(bytes.fromhex(apdu)).hex()
    assert found == answer


@pytest.mark.parametrize("outer", [0x00, 0x05, 0x17, 0x19, 0x30, 0x7E, 0x80, 0xFE])
def test_any_outer_length_of_a_record_of_ef_dir(outer):
    """Its parts say where they end, whatever the octet behind 61 is."""
    row = bytearray(Usim.example().memory.files[(0x2F00,)].content[0])
    row[1] = outer
    assert DIR.decode(bytes(row))["label"] == "USIM"


def test_a_table_of_services_names_no_file_that_is_not_there():
    card = Usim.example()
    announced = SERVICES.decode(card.memory.files[(0x7FF0, 0x6F38)].content[0])
    there = {stored.row.service for path, stored in card.memory.files.items() if path[0] == 0x7FF0}
    without_files = {27, 33, 34}
    assert set(announced) <= there | without_files
    assert 2 not in announced and 46 not in announced


# -- 7: withdrawal


@pytest.mark.parametrize(
    "octets", [ONE + b"\x00", ONE[:20], b"\x00\xff" * 30, b"<wap-provisioningdoc", b"\x03\x0b\x6a\x00"]
)
def test_further_junk_withdraws_nothing(octets):
    phone = started()
    rewritten(phone.card, 0x6433, octets.ljust(1200, b"\xff"))
    phone.bootstrap()
    assert servers(phone) == ["one.example"]


def test_a_refresh_behind_the_response_to_another_is_fetched_too():
    """Three wait: each is fetched in turn, and the card is read once more, not three times."""
    phone = started()
    card = phone.card
    card.log.clear()
    card.state = card.state.with_session(waiting=(refresh(1, [(0x2FE2,)]), refresh(1, [(DF, 0x6433)]), refresh(3)))
    rewritten(card, 0x6433, TWO.ljust(1200, b"\xff"))
    reaction = phone.attend_card()
    assert [event for event in reaction.events if isinstance(event, CardAsked)] and servers(phone) == ["two.example"]
    assert not card.state.session.waiting
    assert sum(exchange.command.ins == 0x70 and not exchange.command.p1 for exchange in card.log) == 1


def test_an_object_of_another_kind_in_its_place_withdraws_the_account():
    """The directory lists the file under an identifier that is not asked for: the document is there no more."""
    phone = started()
    listing(phone.card, entry("Operator", oid="2.23.43.9.1"))
    phone.bootstrap()
    assert servers(phone) == []


def test_an_erased_file_beside_a_good_one_takes_its_own_accounts_only():
    card = Usim.example(objects=[
        DataObject("A", CP_BOOTSTRAP, b"\x64\x33", data=ONE, room=900),
        DataObject("B", DM_BOOTSTRAP, b"\x64\x34", data=TWO, room=900)])  # fmt: skip
    phone = dm.Device.blank(card=card)
    phone.bootstrap()
    assert sorted(servers(phone)) == ["one.example", "two.example"]
    rewritten(card, 0x6434, b"\xff" * 900)
    events = phone.bootstrap().events
    assert servers(phone) == ["one.example"] and any(isinstance(event, FileErased) for event in events)


# -- 8: bounded terminals


@pytest.mark.parametrize("ins", [0xA4, 0xB0, 0xB2, 0x70, 0x20, 0x10, 0xF2, 0xC0])
@pytest.mark.parametrize("word", ["6101", "9101", "6c01", "9300", "62f1"])
def test_one_command_answered_so_for_ever(ins, word):
    """Only this command: whatever the terminal makes of it, it stops, and the account stays."""
    phone = started(private=True, pin_enabled=True)
    card = phone.card
    card.reset()

    def answer(n, apdu, inner):
        return b"\x01" + bytes.fromhex(word) if apdu[1] == ins else inner.transmit(apdu)

    phone.card = Wrapped(card, answer)
    for method in (phone.bootstrap, phone.attend_card, lambda: push(phone), lambda: phone.to_card(deliver(b"x")[0])):
        method()
        assert servers(phone) == ["one.example"]
