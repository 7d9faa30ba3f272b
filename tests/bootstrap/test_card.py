"""Bootstrap from the card: found, read, taken; card changed, card gone, file rewritten over the air."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

import dmkit as dm
from dmkit.bootstrap import cp, dmacc
from dmkit.bootstrap.card import CardState, apply, concerns
from dmkit.bootstrap.card_events import CardRead, FileRead, NotRead
from dmkit.bootstrap.card_reading import CardReading, read
from dmkit.bootstrap.cp import Provisioning
from dmkit.bootstrap.events import AccountAdded, AccountRemoved, Rejected, UserAsked
from dmkit.bootstrap.rules import BootstrapRules, CardRules
from dmkit.card.card import Usim
from dmkit.card.files import AID_PKCS15
from dmkit.card.ota.card import OtaCard
from dmkit.card.ota.packets import OtaKeys, SecuredCommand, encode_command
from dmkit.card.ota.script import compact, update_file
from dmkit.card.ota.sms import deliver
from dmkit.card.pins import padded
from dmkit.card.pkcs15 import CP_BOOTSTRAP, CP_CONFIG_1, DM_BOOTSTRAP, DataObject
from dmkit.card.terminal import run
from dmkit.card.turn import Services
from dmkit.device.card_slot import CardAnswered, CardAsked
from tests.bootstrap.documents import NAP, TREE, Person, w7

PATH = b"\x64\x33"


def document(*parts):
    return cp.to_wbxml(Provisioning(parts))


ONE, TWO = document(w7("one.example")), document(w7("two.example"), NAP)


def make_card(data=ONE, oid=CP_BOOTSTRAP, *, private=False, iccid="8900101000000000019", **more):
    entry = DataObject("Operator", oid, PATH, private, auth_id=b"\x01" if private else b"", data=data, room=1200)
    return Usim.example(objects=[entry], iccid=iccid, **more)


def kinds(events):
    return [type(event).__name__ for event in events]


def servers(device):
    return [account.server_id for account in device.accounts]


# -- reading


@pytest.mark.spec("R-118")
@pytest.mark.parametrize("medium", ["usim", "sim", "wim"])
def test_every_medium_is_read(medium):
    card = make_card(medium=medium)
    reading = run(card, read())
    assert reading.iccid == "8900101000000000019" and reading.complete
    [file] = reading.files
    assert (file.label, file.kind, file.data) == ("Operator", "cp-bootstrap", ONE)
    refused = [exchange.sw for exchange in card.log if not exchange.sw.is_ok]
    assert refused == ([0x6E00] if medium == "sim" else []), "a SIM is tried as a UICC first"


def test_the_uicc_is_read_on_a_channel_of_its_own():
    card = make_card()
    run(card, read())
    said = [exchange.apdu.hex() for exchange in card.log]
    assert "0070000001" in said and said[-1] == "00708001"
    assert "01a404040ca000000063504b43532d313500" in said and "01a40804047fff503100" in said
    assert set(card.state.session.channels) == {0}


def test_long_files_are_read_in_pieces():
    data = bytes(range(255)) * 4
    [file] = run(make_card(data), read()).files
    assert file.data == data


def test_the_first_of_two_objects_counts_and_others_are_passed_over():
    objects = [
        DataObject("first", DM_BOOTSTRAP, b"\x64\x31", data=b"1"),
        DataObject("second", DM_BOOTSTRAP, b"\x64\x32", data=b"2"),
        DataObject("other", "1.2.3", b"\x64\x33", data=b"3"),
        DataObject("typed", CP_CONFIG_1, b"\x64\x34", data=b"4", shape="oid"),
    ]
    reading = run(Usim.example(objects=objects), read())
    assert [(file.label, file.data) for file in reading.files] == [("first", b"1"), ("typed", b"4")]


@pytest.mark.parametrize(
    "pin, complete, why",
    [
        (None, False, "6982"),
        ("9999", False, "2 tries"),
        ("1234", True, ""),
    ],
)
@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_private_data_need_the_pin(pin, complete, why, medium):
    card = make_card(private=True, pin_enabled=True, medium=medium)
    reading = run(card, read(padded(pin) if pin else None))
    assert reading.complete == complete and len(reading.files) == complete
    if why and medium == "usim":
        [event] = [event for event in reading.events if isinstance(event, NotRead)]
        assert why in event.why


def test_the_pin_is_the_one_that_the_application_names():
    card = make_card(private=True, pin_enabled=True)
    keys = dict(card.memory.keys)
    keys[0x11] = replace(keys.pop(0x01), value=padded("4711"))
    card.state = card.state.with_memory(replace(card.memory, keys=keys))
    run(card, read(padded("4711")))
    shown = [exchange.apdu for exchange in card.log if exchange.command.ins == 0x20]
    assert [apdu[3] for apdu in shown] == [0x11]


def test_a_card_without_the_directory_is_no_error():
    card = Usim.example()
    assert run(card, read()).files == () and run(card, read()).complete
    bare = Usim.example(medium="usim")
    files = {p: f for p, f in bare.memory.files.items() if p[:1] != (0x7F50,)}
    bare.state = bare.state.with_memory(replace(bare.memory, files=files))
    reading = run(bare, read())
    assert not reading.files and isinstance(reading.events[0], NotRead)


class Liar:
    """A card that answers something else now and then."""

    def __init__(self, card, seed, share):
        self.card, self.rng, self.share = card, Random(seed), share

    def transmit(self, apdu):
        answer = bytearray(self.card.transmit(apdu))
        if self.rng.random() < self.share:
            match self.rng.randrange(4):
                case 0:
                    return bytes(answer[: self.rng.randrange(len(answer) + 1)])
                case 1:
                    answer[self.rng.randrange(len(answer))] ^= 1 << self.rng.randrange(8)
                case 2:
                    return self.rng.randbytes(self.rng.randrange(40))
                case _:
                    answer[-2:] = self.rng.choice([b"\x6a\x82", b"\x90\x00", b"\x61\x10", b"\x6c\x05", b"\x6e\x00"])
        return bytes(answer)


@pytest.mark.parametrize("medium", ["usim", "sim"])
def test_a_card_that_lies_never_breaks_the_terminal(medium):
    card = make_card(medium=medium)
    for seed in range(700):
        card.reset()
        reading = run(Liar(card, seed, 0.15), read())
        taken = apply(TREE, reading)
        assert taken.tree is not None
    card.log.clear()


# -- at power-on


@pytest.fixture
def phone():
    return dm.Device.blank(card=make_card())


def test_an_account_appears_and_its_session_is_wanted(phone):
    reaction = phone.bootstrap()
    assert kinds(reaction.events) == ["CardRead", "FileRead", "AccountAdded", "Bootstrapped"]
    assert servers(phone) == ["one.example"] and reaction.session.account.server_id == "one.example"


@pytest.mark.spec("B-03")
@pytest.mark.parametrize("medium", ["usim", "sim", "wim"])
def test_at_power_on_the_card_makes_the_account_and_its_server_can_manage(medium):
    """From a device that knows nobody to a server that writes: the card is all that was given to it."""
    phone = dm.Device.blank(card=make_card(medium=medium))
    assert servers(phone) == [] and not any("/DMAcc/" in uri for uri, _ in phone.tree.walk())
    reaction = phone.bootstrap()
    assert servers(phone) == ["one.example"] and any("DMAcc" in uri for uri, _ in phone.tree.walk())
    [session] = reaction.sessions
    [account] = phone.accounts
    server = dm.Server({phone.address: account}, nonces=lambda device: (bytes([n]) * 16 for n in range(250)))
    dm.converse(session, server, job=dm.jobs.read("./DevInfo/Man"))
    assert server.results[-1].done and list(server.results[-1].result) == ["./DevInfo/Man"]


@pytest.mark.spec("R-081")
def test_whether_it_connects_by_itself_is_a_rule(phone):
    assert phone.bootstrap().sessions
    quiet = replace(dm.Rules(), bootstrap=BootstrapRules(start_session=False))
    other = dm.Device.blank(card=make_card(), rules=quiet)
    assert not other.bootstrap().sessions and servers(other) == ["one.example"]


@pytest.mark.spec("R-080")
@pytest.mark.parametrize("agrees", [True, False])
def test_the_user_may_be_asked(agrees):
    person = Person(agrees=agrees)
    rules = replace(dm.Rules(), bootstrap=BootstrapRules(confirm=("card",)))
    phone = dm.Device.blank(card=make_card(), rules=rules, user=person)
    reaction = phone.bootstrap()
    assert len(person.asked) == 1 and any(isinstance(event, UserAsked) for event in reaction.events)
    assert servers(phone) == (["one.example"] if agrees else [])


def test_the_second_power_on_changes_nothing(phone):
    phone.bootstrap()
    tree = phone.tree
    reaction = phone.bootstrap()
    assert kinds(reaction.events) == ["CardRead", "FileRead", "FileKept"] and phone.tree is tree
    assert not reaction.sessions


def test_what_a_server_changed_meanwhile_stays_unless_the_rule_says_otherwise():
    for again, name in (("changed", "mine"), ("always", None)):
        rules = replace(dm.Rules(), bootstrap=BootstrapRules(card=CardRules(again=again)))
        phone = dm.Device.blank(card=make_card(), rules=rules)
        phone.bootstrap()
        phone.tree = phone.tree.with_node(("DMAcc", "1", "Name"), dm.Node("chr", "mine"))
        phone.bootstrap()
        found = phone.tree.find(("DMAcc", "1", "Name"))
        assert (found.value if found else None) == name


def test_a_card_without_the_data_removes_the_account(phone):
    phone.bootstrap()
    phone.card = Usim.example()
    reaction = phone.bootstrap()
    assert [e.server for e in reaction.events if isinstance(e, AccountRemoved)] == ["one.example"]
    assert servers(phone) == [] and phone.from_card.roots == ()
    assert "one.example" not in "".join(node.acl or "" for _, node in phone.tree.walk())


def test_no_card_removes_the_account_too(phone):
    phone.bootstrap()
    phone.card = None
    phone.bootstrap()
    assert servers(phone) == []


def test_another_card_brings_its_own(phone):
    phone.bootstrap()
    phone.card = make_card(TWO, iccid="8900101000000999999")
    reaction = phone.bootstrap()
    assert reaction.events[0] == CardRead("8900101000000999999", changed=True)
    assert servers(phone) == ["two.example"]
    assert phone.from_card.iccid == "8900101000000999999" and "./NAP/1" in phone.from_card.roots


def test_keeping_is_a_rule():
    rules = replace(dm.Rules(), bootstrap=BootstrapRules(card=CardRules(gone="keep")))
    phone = dm.Device.blank(card=make_card(), rules=rules)
    phone.bootstrap()
    phone.card = None
    phone.bootstrap()
    assert servers(phone) == ["one.example"]


def test_a_device_may_have_the_card_switched_off():
    rules = replace(dm.Rules(), bootstrap=BootstrapRules(card=CardRules(enabled=False)))
    phone = dm.Device.blank(card=make_card(), rules=rules)
    assert phone.bootstrap().events == () and servers(phone) == [] and not len(phone.card.log)


def test_accounts_from_elsewhere_stay(phone):
    phone.bootstrap(document(w7("other.example")), origin="factory")
    phone.bootstrap()
    assert sorted(servers(phone)) == ["one.example", "other.example"]
    phone.card = None
    phone.bootstrap()
    assert servers(phone) == ["other.example"]


def test_what_stood_there_alike_is_not_the_cards(phone):
    phone.bootstrap(ONE, origin="factory")
    phone.bootstrap()
    phone.card = None
    phone.bootstrap()
    assert servers(phone) == ["one.example"]


def test_a_card_that_cannot_be_read_takes_nothing_away():
    card = make_card(private=True, pin_enabled=True)
    phone = dm.Device.blank(card=card, pin="1234")
    phone.bootstrap()
    assert servers(phone) == ["one.example"]
    card.reset()
    phone.pin = None
    reaction = phone.bootstrap()
    assert any(isinstance(event, NotRead) for event in reaction.events) and servers(phone) == ["one.example"]


def test_a_spoilt_document_leaves_the_account_that_it_made_before(phone):
    phone.bootstrap()
    card = phone.card
    path = (0x7F50, 0x6433)
    card.state = card.state.with_memory(card.memory.with_content(path, (b"\x03\x0bspoilt".ljust(1200, b"\xff"),)))
    reaction = phone.bootstrap()
    assert any(isinstance(event, Rejected) for event in reaction.events) and servers(phone) == ["one.example"]
    again = phone.bootstrap()
    assert any(isinstance(event, Rejected) for event in again.events), "it is tried again"


def test_a_new_document_replaces_what_the_old_one_made(phone):
    phone.bootstrap()
    reading = run(make_card(TWO), read())
    taken = apply(phone.tree, reading, phone.from_card)
    assert [e.server for e in taken.events if isinstance(e, AccountAdded)] == ["two.example"]
    assert [e.server for e in taken.events if isinstance(e, AccountRemoved)] == ["one.example"]
    assert [account.server_id for account in dmacc.accounts(taken.tree)] == ["two.example"]


def test_nothing_is_lost_between_no_card_and_the_same_card():
    taken = apply(TREE, None, CardState())
    assert taken.tree is TREE and taken.events == () and apply(TREE, CardReading("1")).state.iccid == "1"


# -- over the air


KEYS = OtaKeys(bytes(range(16)), bytes(range(16, 32)))


def over_the_air(phone, content, counter=1, keys=KEYS):
    padded_content = content.ljust(1200, b"\xff")
    sent = SecuredCommand(compact(update_file([0x6433], padded_content, aid=AID_PKCS15)), counter=counter)
    return [phone.to_card(unit) for unit in deliver(encode_command(sent, keys), sender="49170")]


@pytest.fixture
def reachable():
    phone = dm.Device.blank(card=make_card(services=Services(ota=OtaCard({1: KEYS}))))
    phone.bootstrap()
    return phone


def test_the_whole_chain_from_short_messages_to_a_new_account(reachable):
    *before, last = over_the_air(reachable, TWO)
    assert len(before) > 5 and all(kinds(reaction.events) == ["CardAnswered"] for reaction in before)
    shown = kinds(last.events)
    assert shown[:2] == ["CardAnswered", "CardAsked"] and "AccountAdded" in shown and "AccountRemoved" in shown
    asked = next(event for event in last.events if isinstance(event, CardAsked))
    assert asked.files == ("7F50/6433",) and "files have changed" in asked.command
    assert servers(reachable) == ["two.example"] and last.session.account.server_id == "two.example"
    assert last.events[0].data.startswith("027100"), "the proof of receipt goes back"


def test_without_the_right_keys_nothing_happens(reachable):
    tree, memory = reachable.tree, reachable.card.memory
    reactions = over_the_air(reachable, TWO, keys=OtaKeys(bytes(16), bytes(16)))
    assert reachable.tree is tree and reachable.card.memory is memory
    assert not any(isinstance(event, CardAsked) for reaction in reactions for event in reaction.events)


def test_refresh_may_lead_to_nothing_by_rule():
    rules = replace(dm.Rules(), bootstrap=BootstrapRules(card=CardRules(on_refresh=False)))
    phone = dm.Device.blank(card=make_card(services=Services(ota=OtaCard({1: KEYS}))), rules=rules)
    phone.bootstrap()
    over_the_air(phone, TWO)
    assert servers(phone) == ["one.example"], "until it is switched on again"
    phone.bootstrap()
    assert servers(phone) == ["two.example"]


@pytest.mark.parametrize("tpdu", [b"", b"\x40", bytes(30), bytes.fromhex("40048121437ff600000000000000000100")])
def test_a_short_message_that_is_none_changes_nothing(reachable, tpdu):
    memory = reachable.card.memory
    [event] = reachable.to_card(tpdu).events
    assert isinstance(event, CardAnswered) and "6A80" in event.status and reachable.card.memory is memory
    assert dm.Device.blank().to_card(tpdu).events == (CardAnswered("no card"),)


def test_which_files_concern_bootstrap():
    assert concerns([(0x7F50,)]) and not concerns([(0x7FF0, 0x6F07)])


@pytest.mark.spec("R-140")
def test_a_card_shows_quickly_that_it_has_provisioning_data():
    with_data, without = make_card(), Usim.example()
    run(with_data, read())
    run(without, read())
    assert len(without.log) < len(with_data.log) < 30
    assert isinstance(run(with_data, read()).events[0], FileRead)


def test_the_protections_of_the_rules_are_those_of_the_table():
    from typing import get_args

    from dmkit.bootstrap.rules import Method
    from dmkit.bootstrap.security import METHODS

    assert set(get_args(Method)) == {method.name for method in METHODS}
