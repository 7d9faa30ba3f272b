"""A device that is woken and bootstrapped: sessions that follow, what is ignored, accounts that live in the tree."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.bootstrap import BootstrapReason, BootstrapRules, cp, dmacc
from dmkit.bootstrap.cp import Provisioning
from dmkit.bootstrap.events import PartReceived, PushIgnored, Rejected, UserAsked, Woken
from dmkit.device import card_slot as slot
from dmkit.device.device import Device
from dmkit.notify import UiMode
from dmkit.server.server import Server
from dmkit.transport import push
from dmkit.tree import tnds
from dmkit.wire import obex, wsp
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Alert, Delete, Get, Item, Meta, Replace
from tests.bootstrap.documents import CONNECTIVITY, DOCUMENT_C, IMSI, NAP, Person, w7

ADDRESS = "IMEI:493005100592800"


def pair():
    device = Device.example()
    return device, Server.example(device)


def read_version(info):
    [outcome] = yield [Get.of("./DevDetail/FwV")]
    return outcome.text


# -- package 0


@pytest.mark.spec("X-12", "N-02", "N-01", "R-062", "R-102")
def test_a_notification_becomes_a_session_with_its_number():
    device, server = pair()
    reaction = push.deliver(device, push.wake(server, ADDRESS, 0x1234))
    assert reaction
    assert reaction.events == (Woken("com.mgmtsrv.manage", "1234", "not specified", "server", "stored"),)
    talk = dm.converse(reaction.session, server, job=read_version)
    first = talk[0].message
    assert first.header.session_id == "1234"
    assert [command.code for command in first.commands if isinstance(command, Alert)] == [1200]
    assert server.results[-1].result == "1.0.3"


@pytest.mark.spec("X-12", "R-001")
def test_a_wrong_digest_is_ignored_with_an_event_only():
    device, server = pair()
    impostor = Server(
        {ADDRESS: replace(server.accounts[ADDRESS], server=dm.Credential("x", "guess"))}, nonces=server.nonces
    )
    before = device.tree
    reaction = push.deliver(device, push.wake(impostor, ADDRESS, 1))
    assert reaction.events == (PushIgnored("notification", "the digest is wrong"),)
    assert (reaction.session, device.tree) == (None, before)
    assert not reaction


def test_the_nonce_of_the_last_session_is_that_of_the_next_notification():
    device, server = pair()
    dm.converse(device, server, job=read_version)
    stored = device.accounts[0].server.nonce
    assert stored
    stale = notify_with(server, b"")
    assert device.notified(stale).why == "the digest is wrong"
    assert push.deliver(device, push.wake(server, ADDRESS, 2)).events[0].nonce == "stored"


def notify_with(server, nonce, session=2):
    account = server.accounts[ADDRESS]
    return dm.notify.encode(dm.notify.Trigger(account.server_id, session), account.server, nonce)


@pytest.mark.spec("X-10")
def test_nonces_in_disorder_are_put_right_after_a_notification_with_the_default_one():
    device, server = pair()
    dm.converse(device, server, job=read_version)
    lost = server.accounts[ADDRESS].with_nonces(b"long ago", b"long ago")
    server.accounts[ADDRESS] = lost
    assert not push.deliver(device, push.wake(server, ADDRESS, 7))
    reaction = push.deliver(device, push.wake(server, ADDRESS, 7, resync=True))
    assert reaction.events[0].resync
    talk = dm.converse(reaction.session, server, job=read_version)
    assert talk[0].message.header.cred is not None, "the device proves itself with the default nonce at once"
    assert server.results[-1].result == "1.0.3"
    ours, theirs = device.accounts[0], server.accounts[ADDRESS]
    assert (ours.client.nonce, ours.server.nonce) == (theirs.client.nonce, theirs.server.nonce)
    assert bytes(4) not in (ours.client.nonce, ours.server.nonce)
    assert push.deliver(device, push.wake(server, ADDRESS, 8)).events[0].nonce == "stored"


def test_a_session_that_never_comes_about_leaves_the_stored_nonces():
    device, server = pair()
    dm.converse(device, server, job=read_version)
    before = device.accounts[0]
    reaction = push.deliver(device, push.wake(server, ADDRESS, 7, resync=True))
    reaction.session.start()
    assert device.accounts[0] == before


@pytest.mark.spec("R-002")
def test_the_same_notification_wakes_once():
    device, server = pair()
    messages = push.wake(server, ADDRESS, 0x42)
    first = push.deliver(device, messages * 3)
    assert len(first.sessions) == 1
    assert [type(event).__name__ for event in first.events] == ["Woken", "PushIgnored", "PushIgnored"]


@pytest.mark.parametrize(
    ("ui", "user", "sessions", "questions"),
    [
        (UiMode.NOT_SPECIFIED, Person(), 1, 0),
        (UiMode.BACKGROUND, Person(), 1, 0),
        (UiMode.INFORMATIVE, Person(), 1, 1),
        (UiMode.INFORMATIVE, Person(agrees=False), 1, 1),
        (UiMode.USER_INTERACTION, Person(), 1, 1),
        (UiMode.USER_INTERACTION, Person(agrees=False), 0, 1),
        (UiMode.USER_INTERACTION, None, 0, 1),
    ],
)
def test_what_the_user_notices(ui, user, sessions, questions):
    device = Device.example(user=user)
    reaction = push.deliver(device, push.wake(Server.example(device), ADDRESS, 1, ui=ui))
    assert len(reaction.sessions) == sessions
    assert sum(isinstance(event, UserAsked) for event in reaction.events) == questions


@pytest.mark.spec("N-02")
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"application": "x-wap-application:mms.ua"}, "it is for x-wap-application:mms.ua"),
        ({"application": None}, "no application"),
        ({"content_type": "text/plain"}, "nothing for device management"),
        ({"body": b"short"}, "5 octets"),
    ],
)
def test_pushes_that_are_not_for_us(changed, why):
    device, server = pair()
    unit = replace(wsp.decode(push.wake(server, ADDRESS, 1)[0][7:]), **changed)
    assert why in device.push(unit).why


def test_other_ports_and_broken_messages():
    device, server = pair()
    [message] = push.wake(server, ADDRESS, 1)
    assert "port 80" in device.push(message[:3] + b"\0\x50" + message[5:]).why
    assert "does not fit" in device.push(b"\xff").why
    with pytest.raises(ConfigError, match="no account"):
        push.wake(server, "IMEI:1", 1)


def test_both_names_of_the_type_and_obex():
    device, server = pair()
    kind, octets = obex.read_put(push.wake_obex(server, ADDRESS, 3))
    assert device.push(wsp.WspPush(kind, octets, application="x-wap-application:syncml.dm"))
    other = wsp.WspPush(
        "application/vnd.syncml.dm.notification", notify_with(server, b"", 4), application="x-wap-application:syncml.dm"
    )
    assert device.push(other).session.session_id == "4"


# -- bootstrap


def operator(secret="srvpw"):
    device_account = dm.Account(
        "com.mgmtsrv", "https://dm.example/", dm.Credential("client", "clientpw"), dm.Credential("com.mgmtsrv", secret)
    )
    return Server({ADDRESS: device_account}, nonces=lambda device: dm.device.counted_nonces(f"server {device}"))


def messages(method="NETWPIN", *parts, **more):
    document = cp.to_wbxml(Provisioning((w7(), NAP, *parts)))
    return push.provision(push.bootstrap_push(document, CONNECTIVITY, method, network_id=IMSI, **more), reference=9)


@pytest.mark.spec("B-01", "B-01a", "B-04")
def test_a_blank_phone_is_bootstrapped_and_calls_its_server():
    phone = Device.blank(ADDRESS, imsi=IMSI)
    assert phone.accounts == []
    sent = messages()
    assert len(sent) == 4
    reaction = push.deliver(phone, sent)
    assert [type(event).__name__ for event in reaction.events] == ["PartReceived"] * 3 + [
        "ProtectionVerified",
        "AccountAdded",
        "SettingsAdded",
        "Bootstrapped",
    ]
    server = operator()
    talk = dm.converse(reaction.session, server, job=read_version)
    assert [c.code for c in talk[0].message.commands if isinstance(c, Alert)] == [1201]
    assert server.results[-1].result == "1.0.3"
    assert phone.accounts[0].client.nonce == server.accounts[ADDRESS].client.nonce
    again = dm.converse(phone, server, job=read_version)
    assert len(again) == 4, "the nonce of the first session is in the tree: no challenge"
    assert push.deliver(phone, push.wake(server, ADDRESS, 5))


def test_order_loss_and_doubles_of_short_messages():
    phone = Device.blank(ADDRESS, imsi=IMSI)
    mixed = push.lossy(random.Random(3), doubled=0.5, shuffled=True)
    assert push.deliver(phone, messages(), channel=mixed).session is not None
    other = Device.blank(ADDRESS, imsi=IMSI)
    reaction = push.deliver(other, messages(), channel=push.lossy(random.Random(3), lost=0.3))
    assert all(isinstance(event, PartReceived) for event in reaction.events)
    assert other.accounts == []
    assert push.deliver(other, messages()).session is not None, "the whole again: what was missing is there"


@pytest.mark.parametrize(
    ("method", "rules", "user", "reason"),
    [
        ("none", BootstrapRules(), None, BootstrapReason.NO_SECURITY),
        ("none", BootstrapRules(unsecured="ask"), None, BootstrapReason.USER),
        ("USERPIN", BootstrapRules(), Person("1", "2", "3"), BootstrapReason.WRONG_PIN),
    ],
)
def test_refusals_leave_the_phone_blank(method, rules, user, reason):
    phone = Device.blank(ADDRESS, imsi=IMSI, rules=replace(dm.Rules(), bootstrap=rules), user=user)
    before = phone.tree
    reaction = push.deliver(phone, messages(method, pin="1234"))
    assert isinstance(reaction.events[-1], Rejected)
    assert reaction.events[-1].reason is reason
    assert (phone.tree, phone.accounts, reaction.sessions) == (before, [], ())


def test_the_factory_and_no_session():
    phone = Device.blank(rules=replace(dm.Rules(), bootstrap=BootstrapRules(start_session=False)))
    reaction = phone.bootstrap(DOCUMENT_C)
    assert reaction
    assert reaction.sessions == ()
    assert [account.server_id for account in phone.accounts] == ["com.mgmtsrv"]
    assert "media type" in Device.blank().bootstrap(b"?").events[-1].reason


def test_secrets_of_an_account_cannot_be_read_by_anybody():
    phone = Device.blank(imsi=IMSI)
    phone.bootstrap(cp.to_wbxml(Provisioning((w7(),))))
    server = operator()
    uri = "./DMAcc/1/AppAuth/1/AAuthSecret"

    def look(info):
        outcomes = yield [Get.of(uri), Replace.of(uri, "changed"), Get.of("./DMAcc/1/Name"), Get.of("./DMAcc/1/AppID")]
        return [int(outcome.status) for outcome in outcomes]

    dm.converse(phone, server, job=look)
    assert server.results[-1].result == [405, 200, 404, 200]
    assert phone.accounts[0].client.secret == "changed"


def test_a_session_that_changes_the_secret_keeps_the_new_one():
    """The nonce stored at the end of the session must not bring the old secret back."""
    phone = Device.blank(imsi=IMSI)
    phone.bootstrap(cp.to_wbxml(Provisioning((w7(),))))
    server = operator()

    def renew(info):
        yield [Replace.of("./DMAcc/1/AppAuth/2/AAuthSecret", "srvpw2")]
        yield [Get.of("./DevDetail/FwV")]

    dm.converse(phone, server, job=renew)
    assert phone.accounts[0].server.secret == "srvpw2"
    assert dmacc.accounts(phone.tree) == tuple(phone.accounts)
    assert not server.results[-1].why


def test_a_server_may_remove_its_own_account():
    phone = Device.blank(imsi=IMSI)
    phone.bootstrap(cp.to_wbxml(Provisioning((w7(),))))

    def leave(info):
        yield [Delete.of("./DMAcc/1")]

    dm.converse(phone, operator(), job=leave)
    assert phone.accounts == []


def test_accounts_given_by_hand_stay_beside_those_of_the_tree():
    device = Device.example()
    device.bootstrap(DOCUMENT_C)
    assert [account.server_id for account in device.accounts] == ["com.mgmtsrv.manage", "com.mgmtsrv"]
    copy = Device(device.tree, device.accounts[0])
    assert [account.server_id for account in copy.accounts] == ["com.mgmtsrv.manage", "com.mgmtsrv"]


def test_the_key_of_the_network_may_lie_on_the_card():
    card = dm.Usim.example()
    imsi = slot.secrets_of(Device.blank(card=card)).network_id
    assert imsi.isdigit()
    document = cp.to_wbxml(Provisioning((w7(),)))
    sent = push.provision(push.bootstrap_push(document, CONNECTIVITY, network_id=imsi))
    assert push.deliver(Device.blank(card=card), sent).session is not None
    assert push.deliver(Device.blank(), sent).events[-1].reason is BootstrapReason.NO_SECRET
    hidden = Device.blank(card=dm.Usim.example(pin="1234"))
    assert slot.secrets_of(hidden).network_id in ("", imsi)


def test_a_recorded_notification_with_the_default_nonce_stays_good_unless_remembered():
    """The default nonce never changes: what was recorded once wakes a device that forgets, for ever."""
    device, server = pair()
    recorded = push.wake(server, ADDRESS, 7, resync=True)
    dm.converse(push.deliver(device, recorded).session, server, job=read_version)
    assert not push.deliver(device, recorded)
    forgetful = Device(device.tree, *device.accounts, rules=dm.Rules(notify=dm.notify.NotifyRules(replay="take")))
    for _ in range(3):
        assert push.deliver(forgetful, recorded).events[0].resync
    strict = Device(device.tree, *device.accounts, rules=dm.Rules(notify=dm.notify.PROFILES["no resynchronisation"]))
    assert not push.deliver(strict, recorded)


@pytest.mark.spec("O-02")
def test_an_inbox_is_there_for_sessions_too():
    phone = Device.blank(imsi=IMSI)
    phone.bootstrap(cp.to_wbxml(Provisioning((w7(),))))
    other = dmacc.node(dm.Account("second.example", "https://second.example/", dm.Credential("c", "p", b"abcd")))

    def add(info):
        item = Item(
            "./Inbox",
            meta=Meta(format="bin", type=tnds.TYPE_WBXML),
            data=tnds.write(tnds.serialise("Second", other), wbxml=True),
        )
        outcomes = yield [Add((item,)), Get.of("./Inbox"), Get.of("./Inbox/Second")]
        return [int(outcome.status) for outcome in outcomes]

    phone.codec = dm.WBXML
    server = operator()
    dm.converse(phone, server, job=add)
    assert server.results[-1].result == [200, 405, 405]
    assert [account.server_id for account in phone.accounts] == ["com.mgmtsrv", "second.example"]
    assert phone.accounts[1].client.nonce == b"abcd", "a nonce of ASCII octets is no base64"


# -- hostile octets: with those of test_notify and test_carriage more than ten thousand


@pytest.mark.parametrize("seed", range(4))
def test_nine_hundred_mutants_each_leave_the_phone_as_it_was_or_are_genuine(seed):
    rng = random.Random(seed)
    phone = Device.blank(ADDRESS, imsi=IMSI)
    phone.bootstrap(cp.to_wbxml(Provisioning((w7(), NAP))))
    woken = push.wake(operator(), ADDRESS, 1)
    good = [*messages(), *woken, *messages("USERPIN", pin="1")]
    for n in range(900):
        octets = bytearray(good[n % len(good)])
        for _ in range(rng.randint(1, 3)):
            octets[rng.randrange(len(octets))] = rng.randrange(256)
        mutant = bytes(octets[: rng.randint(0, len(octets))] if rng.random() < 0.3 else octets)
        before = phone.tree
        reaction = phone.push(mutant if rng.random() < 0.5 else mutant[:140], sender=str(n % 3))
        assert phone.tree is before
        assert reaction.session is None or mutant.endswith(woken[0][13:]), "digest and trigger are genuine"


@pytest.mark.parametrize("seed", range(3))
def test_seven_hundred_mutants_of_trusted_documents_are_taken_whole_or_not_at_all(seed):
    rng = random.Random(seed)
    blank = Device.blank(ADDRESS, imsi=IMSI).tree
    good = [DOCUMENT_C, cp.to_wbxml(Provisioning((w7(), NAP))), cp.to_xml(Provisioning((w7(), NAP)))]
    taken = 0
    for n in range(700):
        octets = bytearray(good[n % len(good)])
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(octets))
            if rng.random() < 0.3:
                del octets[at : at + rng.randint(1, 9)]
                octets = octets or bytearray(1)
            else:
                octets[at] = rng.randrange(256)
        phone = Device(blank)
        reaction = phone.bootstrap(bytes(octets), CONNECTIVITY)
        taken += bool(reaction)
        assert reaction or phone.tree is blank
        assert all(dmacc.find(phone.tree, session.account.server_id) for session in reaction.sessions)
    assert 50 < taken < 650
