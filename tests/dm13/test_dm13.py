"""DM 1.3: what is registered, status 217, and the themes, each off until wanted."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.device.dm13 import ThemedDevice
from dmkit.dm13.addressing import NAP, RIVALS, by_conditions, by_dm2, by_feature, by_question, example, find_objects
from dmkit.dm13.bootstrap_config import NODES, BootstrapConfig, config_of
from dmkit.dm13.broadcast import Broadcast, BroadcastMessage, ReplayWindow
from dmkit.dm13.delegation import Delegation
from dmkit.dm13.placement import PLACEMENTS, asked_for, client_decides, may_create, may_differ
from dmkit.dm13.profile import DM13, THEMES, Features, apply
from dmkit.transport import push
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.outcome import Outcome
from tests.bootstrap.documents import DOCUMENT_C

ONE, TWO = "./Operator/Net/4711", "./Operator/Net/4712"


def test_every_theme_is_off_has_a_source_and_a_place():
    names = [field.name for field in fields(Features)]
    assert list(THEMES) == names and not any(getattr(DM13.features, name) for name in names)
    from dmkit.words.checked import checked  # noqa: F401

    assert set(DM13.identifiers) == {"DMAcc", "DevInfo", "DevDetail", "BootstrapConfig"}
    assert all(":1." in value for value in DM13.identifiers.values())


@pytest.mark.parametrize("rules, status", [(dm.Rules(), 200), (DM13.rules(), 217)])
def test_a_get_of_a_list_that_is_empty(rules, status):
    """A client of 1.2 never sends 217, one of 1.3 does; a list of its own is 200 in both.  [dm13 sheet §3]"""
    device = dm.Device.example(rules=rules)
    server = dm.Server.example(device)

    def job(info):
        return (yield [dm.Get.of("./Vendor/Acme?prop=ACL"), dm.Get.of(".?prop=ACL"), dm.Get.of("./DevInfo/Man")])

    dm.converse(device, server, job=job)
    empty, own, value = server.results[0].result
    assert device.tree.get("./Vendor/Acme").acl == "" and device.tree.get(".").acl
    assert (empty.status, own.status, value.status) == (status, 200, 200) and empty.ok


def test_the_rivals_find_the_same_and_say_what_they_cannot():
    tree = example()
    home = {
        "question": by_question(tree, f"{NAP}?*/Addr"),
        "conditions": by_conditions(tree, NAP, {"Name": "Home"}, "Addr"),
        "feature": by_feature(tree, NAP, "Name", "Home"), "dm 2.0": by_dm2(tree, f"{NAP}/(x)/Addr?nv=(x)/Name:Home"),
    }  # fmt: skip
    assert home["conditions"] == home["dm 2.0"] == (f"{TWO}/Addr",) and home["feature"] == (TWO,)
    assert home["question"] == (f"{ONE}/Addr", f"{TWO}/Addr"), "it cannot pick by what is inside"
    for name, found in home.items():
        assert RIVALS[name].unknown_place and (RIVALS[name].picks or len(found) > 1)
    assert RIVALS["path"].find(tree, f"{TWO}/Addr") == (f"{TWO}/Addr",) and not RIVALS["path"].unknown_place


@pytest.mark.parametrize(
    "found, wanted",
    [
        (lambda t: by_question(t, f"{NAP}?4711/Addr"), ()),
        (lambda t: by_question(t, f"{NAP}?Addr"), (f"{ONE}/Addr", f"{TWO}/Addr")),
        (lambda t: by_question(t, f"{NAP}?"), (ONE, TWO)),
        (lambda t: by_question(t, "urn:none?*"), ()),
        (lambda t: by_conditions(t, NAP, {"Name": "Home", "Addr": "x"}), ()),
        (lambda t: by_conditions(t, NAP, {}, above="./Other"), ()),
        (lambda t: by_conditions(t, NAP, {}, above="./Operator"), (ONE, TWO)),
        (lambda t: by_conditions(t, NAP, {}, since=1.0), ()),
        (lambda t: by_dm2(t, f"{NAP}/4712/Addr"), (f"{TWO}/Addr",)),
        (lambda t: by_dm2(t, f"{NAP}//Addr"), ()),
        (lambda t: by_dm2(t, f"{NAP}/*/Addr"), (f"{ONE}/Addr", f"{TWO}/Addr")),
    ],
)
def test_each_address(found, wanted):
    assert found(example()) == wanted


@pytest.mark.parametrize("text", ["", "?", "?x", NAP])
def test_what_is_no_question(text):
    with pytest.raises(CodecError, match="a question mark"):
        by_question(example(), text)


def test_rights_are_asked_at_what_was_found():
    on = Features(address_by_object=True)
    get = dm.Get.of(f"{NAP}?*/Name")
    assert [item.data for item in apply(example(), get, "srv", on).results] == ["Office", "Home"]
    assert apply(example(), get, "other", on).status == 425
    assert apply(example(), get, "srv").status == 400, "off: that is no address of DM 1.2"
    assert apply(example(), dm.Get.of("urn:none?x"), "srv", on).status == 404
    assert apply(example(), dm.Get.of(f"{ONE}/Name"), "srv", on).text == "Office"


# -- placement


def test_three_ways_to_place_the_same_object():
    tree, leaves = example(), {"Name": "Car", "Addr": "car.example"}
    assert asked_for(tree, ONE, leaves, "srv").status == 418 and asked_for(tree, ONE, leaves, "srv").tree is tree
    assert (free := asked_for(tree, "./Operator/Net/9", leaves, "srv")).code == "A" and free.ok
    other = may_differ(tree, ONE, leaves, "srv")
    assert (other.code, other.at) == ("B", "./Operator/Net/1") and other.tree.get(
        f"{other.at}/Addr"
    ).text == "car.example"
    assert may_differ(tree, "./Operator/Net/9", leaves, "srv").code == "A"
    chosen = client_decides(tree, NAP, leaves, "srv")
    assert chosen.at == "./Operator/Net/1" and chosen.at in find_objects(chosen.tree, NAP)
    assert list(PLACEMENTS) == ["asked for", "may differ", "client decides"]


@pytest.mark.parametrize("place", [asked_for, may_differ])
def test_nobody_places_without_a_right(place):
    assert place(example(), "./Operator/Net/9", {"Name": "x"}, "other").status == 425
    assert client_decides(example(), NAP, {"Name": "x"}, "other").status == 425


def test_rights_to_create_are_by_object():
    granted = {"srv": frozenset({NAP})}
    assert (
        may_create(granted, "srv", NAP) and not may_create(granted, "srv", "urn:x") and not may_create({}, "srv", NAP)
    )


# -- delegation


def tree_of_a():
    return dm.Tree.of({"./Fumo/Url": "u"}, acl={"./Fumo": "Exec=A&Get=A&Replace=A"})


@pytest.mark.parametrize("whole, orphaned", [(False, False), (True, True)])
def test_who_delegates_wholly_cannot_take_it_back(whole, orphaned):
    """The design hazard: measured over what each server may do after the end.  [dm13 sheet §5]"""
    given = Delegation("./Fumo", "A", "B", whole=whole, expires=100.0).provision(tree_of_a())
    assert not given.orphaned(99.0) and given.orphaned(100.0) is orphaned
    assert given.tree.may("B", dm.Replace.of("x", "").verb, "./Fumo/Url")
    back = given.end("B")
    assert back.state == "ended" and back.tree.get("./Fumo").acl == tree_of_a().get("./Fumo").acl
    assert (given.end("A").state == "ended") is not whole


def test_steps_out_of_order_and_without_rights():
    given = Delegation("./Fumo", "A", "B").provision(tree_of_a())
    for wrong in (lambda: given.provision(tree_of_a()), lambda: Delegation("./Fumo", "A", "B").end("A"),
                  lambda: given.end("A").end("A"),
                  lambda: Delegation("./Fumo", "X", "B").provision(tree_of_a())):  # fmt: skip
        with pytest.raises(ConfigError):
            wrong()
    assert not replace(given, expires=None).orphaned(1e9)


# -- broadcast


@pytest.mark.parametrize("devices, wait", [(1000, 100.0), (5000, 1000.0), (20_000, 2000.0)])
def test_the_peak_is_devices_by_seconds_and_not_devices(devices, wait):
    peak = Broadcast(answer=True, wait=wait).peak(devices, seed=3)
    assert devices / wait < peak < 4 * devices / wait < devices
    assert Broadcast(answer=True).peak(devices, seed=3) == devices and Broadcast().peak(devices, seed=3) == 0


@given(st.text(max_size=20), st.integers(0, 65535), st.binary(max_size=40), st.binary(min_size=1, max_size=40))
def test_a_frame_is_read_as_it_was_written_and_under_its_secret_only(server, number, body, secret):
    frame = BroadcastMessage(server, number, body)
    assert BroadcastMessage.decode(frame.encode(secret), secret) == frame
    with pytest.raises(CodecError):
        BroadcastMessage.decode(frame.encode(secret), secret + b"x")


@given(st.binary(max_size=80))
def test_octets_of_any_kind_are_no_frame(data):
    with pytest.raises(CodecError):
        BroadcastMessage.decode(data, b"secret")


def test_a_frame_that_does_not_fit():
    with pytest.raises(ConfigError):
        BroadcastMessage("s", 70_000, b"").encode(b"k")


@given(st.lists(st.integers(0, 300), max_size=60))
def test_no_number_is_taken_twice(numbers):
    window, taken = ReplayWindow(), []
    for number in numbers:
        window, new = window.take(number)
        taken += [number] if new else []
    assert len(taken) == len(set(taken))


# -- the themes in real sessions

SERVER = "com.mgmtsrv.manage"


def session(features, *commands, creates=None):
    """What a session with these commands comes to, on a device with these themes."""
    device = ThemedDevice.example(rules=DM13.rules()).with_object("nap")
    device.features, device.creates = features, creates or {}
    server = dm.Server.example(device)

    def job(info):
        return (yield list(commands))

    dm.converse(device, server, job=job)
    return device, server.results[0].result


ADDR = f"{NAP}?*/Addr"


@pytest.mark.parametrize(
    "command, good",
    [(dm.Get.of(ADDR), 200), (dm.Replace.of(ADDR, "new.example"), 200), (dm.Get.of("urn:none?*/Addr"), 404),
     (dm.Get.of(NAP), 400), (dm.Get.of("./NAP/Internet/Addr"), 200)],
)  # fmt: skip
def test_addresses_by_object_work_over_the_wire_when_they_are_on(command, good):
    _, [outcome] = session(Features(address_by_object=True), command)
    assert outcome.status == good
    _, [plain] = session(Features(), command)
    assert plain.ok == (command.items[0].target.startswith("./"))


def test_an_answer_to_an_address_by_object_says_where_it_was():
    _, [outcome] = session(Features(address_by_object=True), dm.Get.of(ADDR))
    assert [item.source for item in outcome.results] == ["./NAP/Internet/Addr"] and outcome.text == "internet"


def test_an_add_goes_elsewhere_and_the_status_says_where():
    adds = (dm.Add.of("./NAP/Internet", None), dm.Add.of("./NAP/Internet/Addr", "car.example"))
    device, [first, second] = session(Features(client_places=True), *adds)
    assert first.ok and [item.target for item in first.items] == ["./NAP/1"] and second.ok
    assert device.tree.get("./NAP/1/Addr").value == "car.example"
    assert device.tree.get("./NAP/Internet/Addr").value == "internet"
    device, [first, second] = session(Features(), *adds)
    assert first.status == second.status == 418 and "./NAP/1" not in device.tree


@pytest.mark.parametrize(
    "granted, status", [({SERVER: frozenset({NAP})}, 200), ({"x": frozenset({NAP})}, 425), ({}, 425)]
)
def test_rights_to_create_are_asked_before_the_acl(granted, status):
    add = dm.Add.of("./NAP/Car", None, type=NAP)
    assert session(Features(create_by_object=True), add, creates=granted)[1][0].status == status
    assert session(Features(), add, creates=granted)[1][0].status == 200


def test_a_broadcast_is_heard_once_and_answered_as_the_nodes_say():
    device = ThemedDevice.example()
    octets = BroadcastMessage("srv", 7, b"x").encode(b"key")
    assert device.broadcast(octets, b"key")[0] is None  # the theme is off
    device.features = Features(broadcast_answers=True)
    message, answering, why = device.broadcast(octets, b"key")
    assert message.body == b"x" and not answering.answer and not why
    assert device.broadcast(octets, b"key")[2] == "number 7 came before"
    assert "another secret" in device.broadcast(octets, b"other")[2]
    device.become(device.tree.put("./OOB", dm.Node.interior()).set("./OOB/Response", True).set("./OOB/Wait", 60))
    answering = device.broadcast(BroadcastMessage("srv", 8, b"").encode(b"key"), b"key")[1]
    assert (answering.answer, answering.wait) == (True, 60.0)


def test_a_delegation_is_one_session_of_the_giver():
    device = ThemedDevice.example()
    server = dm.Server.example(device)
    given = Delegation("./Vendor/Acme", SERVER, "B")
    dm.converse(device, server, job=given.job())
    assert (
        server.results[0].result is True
        and device.tree.get("./Vendor/Acme").acl == f"Exec=B&Get=B+{SERVER}&Replace=B+{SERVER}"
    )


# -- notifications and bootstraps as a server has set them, in real sessions

ADDRESS = "IMEI:493005100592800"


def controlled(answer=True, **leaves):
    """A device whose server is to be treated so, and what it has asked its user."""
    asked = []

    def user(alert):
        asked.append(alert.items[-1].data)
        return Outcome(StatusCode.OK if answer else StatusCode.NOT_MODIFIED)

    device = ThemedDevice.example()
    device.user = user
    device.features = Features(notification_control=True)
    server = dm.Server.example(device)
    tree = device.tree.put("./NotiControl", dm.Node.interior()).put("./NotiControl/1", dm.Node.interior())
    for name, value in leaves.items():
        tree = tree.set(f"./NotiControl/1/{name}", value)
    device.become(tree)
    return device, server, asked


def woken(device, server, number, now=0.0):
    return device.push(push.wake(server, ADDRESS, number)[0], now)


def test_a_notification_is_dropped_when_the_tree_says_so():
    device, server, _ = controlled(ServerID=SERVER, Treat="drop")
    reaction = woken(device, server, 1)
    assert reaction.session is None and reaction.why == f"./NotiControl says that those of {SERVER} are dropped"
    device.features = Features()
    assert woken(device, server, 2).session is not None, "off, it is as in DM 1.2"


@pytest.mark.parametrize("answer", [True, False])
def test_a_user_is_asked_whatever_the_notification_says(answer):
    device, server, asked = controlled(answer, ServerID=SERVER, Treat="ask")
    reaction = woken(device, server, 1)
    assert len(asked) == 1 and SERVER in asked[0] and (reaction.session is not None) is answer


def test_a_pause_holds_back_what_comes_too_soon_and_no_more():
    device, server, _ = controlled(ServerID="*", Pause=60)
    opened = [
        woken(device, server, n, now=at).session is not None for n, at in enumerate((0.0, 30.0, 59.9, 60.0, 119.0), 1)
    ]
    assert opened == [True, False, False, True, False], "what was dropped does not make the pause longer"


def test_a_row_of_its_own_goes_before_the_star_and_nonsense_is_as_in_dm_1_2():
    device, server, _ = controlled(ServerID="*", Treat="drop")
    tree = device.tree.put("./NotiControl/2", dm.Node.interior()).set("./NotiControl/2/ServerID", SERVER)
    device.become(tree)
    assert woken(device, server, 1).session is not None
    for leaves in (
        {"ServerID": SERVER, "Treat": "perhaps"},
        {"ServerID": SERVER, "Pause": "soon"},
        {"Treat": "take"},
        {},
    ):
        device, server, _ = controlled(**leaves)
        assert woken(device, server, 1).session is not None and woken(device, server, 2).session is not None


def test_the_nodes_are_written_in_a_session_and_take_effect_in_the_next_notification():
    device, server, _ = controlled(ServerID=SERVER, Treat="take")
    session = woken(device, server, 1).session
    dm.converse(session, server, job=dm.jobs.write("./NotiControl/1/Treat", "drop"))
    assert woken(device, server, 2).session is None


CONFIG = BootstrapConfig(
    servers=("https://a.example", "https://b.example"), retries=1, interval=60.0, client_initiated=True
)


def bare(config, **features):
    device = ThemedDevice.blank(ADDRESS)
    device.become(config.put(device.tree))
    device.features = Features(**{"bootstrap_config": True, **features})
    return device


def document():
    return DOCUMENT_C, ""


def test_a_configuration_reads_as_it_was_put():
    tree = CONFIG.put(dm.Tree.of({}))
    assert config_of(tree) == CONFIG and config_of(dm.Tree.of({})) == BootstrapConfig()
    assert tree.get("./BootConfig/1").type == DM13.identifiers["BootstrapConfig"]
    written = {uri.removeprefix("./BootConfig/1/") for uri, node in tree.walk() if not node.is_interior}
    assert {re.sub(r"/\d/", "/<y>/", uri) for uri in written} == set(NODES)
    for name, value, absent in (
        ("Retry/Count", "many", {"retries": 0}),
        ("Retry/Interval", "-1", {"interval": 0.0}),
        ("ClientInit/Enabled", "yes", {"client_initiated": False}),
        ("SmartCard/Enabled", "no", {}),
    ):
        assert config_of(tree.set(f"./BootConfig/1/{name}", value)) == replace(CONFIG, **absent), name


def test_a_pause_between_rounds_is_never_shorter_in_the_tree():
    assert [config_of(replace(CONFIG, interval=s).put(dm.Tree.of({}))).interval for s in (0.5, 59.01, 60)] == [
        1,
        60,
        60,
    ]


def test_a_device_without_an_account_asks_each_server_in_turn_until_one_gives():
    heard = []

    def network(server, at):
        heard.append((server, at))
        return document() if (server, at) == ("https://b.example", 70.0) else None

    device = bare(CONFIG)
    attempts, reaction = device.ask_for_account(network, now=10.0)
    assert [(attempt.server, attempt.at) for attempt in attempts] == heard
    assert heard == [("https://a.example", 10.0), ("https://b.example", 10.0), ("https://a.example", 70.0),
                     ("https://b.example", 70.0)]  # fmt: skip
    assert reaction and device.accounts and reaction.session is not None
    assert device.ask_for_account(network)[0] == (), "it has an account"


@pytest.mark.parametrize(
    "device",
    [lambda: bare(CONFIG, bootstrap_config=False), lambda: bare(replace(CONFIG, client_initiated=False)),
     lambda: bare(replace(CONFIG, servers=())), lambda: ThemedDevice.example()],
    ids=["the theme is off", "ClientInit is false", "no server", "it has an account"],
)  # fmt: skip
def test_nobody_is_asked(device):
    attempts, reaction = device().ask_for_account(lambda server, at: document())
    assert attempts == () and not reaction and reaction.session is None


def test_nobody_gives():
    attempts, reaction = bare(CONFIG).ask_for_account(lambda server, at: None)
    assert len(attempts) == 4 and reaction.why == "https://b.example gave no account"


@pytest.mark.parametrize(("enabled", "on", "read"), [(True, True, True), (False, True, False), (False, False, True)])
def test_the_card_is_read_when_the_configuration_lets_it(enabled, on, read):
    from dmkit.card.card import Usim

    device = bare(replace(CONFIG, card=enabled), bootstrap_config=on)
    device.card = Usim.example()
    reaction = device.bootstrap()
    assert ("SmartCard/Enabled" in reaction.why) is not read


def test_a_server_switches_the_card_off_in_a_session():
    device = ThemedDevice.example()
    device.features = Features(bootstrap_config=True)
    device.become(CONFIG.put(device.tree))
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.write("./BootConfig/1/SmartCard/Enabled", "false"))
    assert config_of(device.tree).card is False and "SmartCard" in device.bootstrap().why
