"""DM profile: a message in WBXML with serialised trees for the Inbox, and no answer."""

from __future__ import annotations

import random

import pytest

import dmkit as dm
from dmkit.bootstrap import BootstrapReason, BootstrapRules, Secrets, dmacc, parameters, process
from dmkit.bootstrap.dm import message
from dmkit.bootstrap.events import AccountAdded, AccountChanged, Ignored, SettingsAdded, SettingsChanged
from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.transport import push
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.codes import Verb
from dmkit.words.errors import CodecError
from dmkit.words.model import Add, Alert, Get, Header, Item, Message, Meta, Replace
from tests.bootstrap.documents import IMSI, TREE, Person

ADDRESS = "IMEI:493005100592800"
MEDIA_TYPE = "application/vnd.syncml.dm+wbxml"
ACCOUNT = dm.Account(
    "ops.example",
    "https://ops.example/dm",
    dm.Credential("client", "clientpw", b"c0", "md5"),
    dm.Credential("ops.example", "srvpw", b"s0", "md5"),
)
NAP_ID = "urn:oma:mo:oma-connmo-nap:1.0"


def nap(id="INET", acl="Get=ops.example&Replace=ops.example"):
    return Node.interior({"NapId": Node("chr", id), "Linger": Node("int", "30")}, type=NAP_ID, acl=acl)


def account(prefer="./Inbox/Internet", **more):
    made = dmacc.node(ACCOUNT, name="Ops", **more)
    return Node.interior({**made.children, "PrefConRef": Node("chr", prefer)}, type=made.type, acl=made.acl)


def objects(**more):
    return {"Ops": account(**more), "Internet": nap()}


def written(*commands):
    return dm.WBXML.encode(Message(Header("1", "1", "", "ops.example"), commands, True))


def inbox(data, type="application/vnd.syncml.dmtnds+wbxml", format="bin", target="./Inbox"):
    return Add((Item(target=target, meta=Meta(format=format, type=type), data=data),), cmd_id="1")


def take(content, tree=TREE, origin="factory", **more):
    return process(tree, content, MEDIA_TYPE, origin=origin, **more)


@pytest.mark.spec("B-02", "X-08", "O-02")
def test_objects_go_where_their_identifiers_belong_and_references_follow():
    document = message(objects(), server="ops.example", device=ADDRESS)
    assert document[:1] == b"\x02"
    said = dict(parameters("NETWORKID", document, profile="dm", network_id=IMSI))
    result = take(document, origin="push", sec=said["SEC"], mac=said["MAC"], secrets=Secrets(IMSI))
    assert result
    assert AccountAdded("ops.example", "./DMAcc/Ops") in result.events
    assert SettingsAdded(NAP_ID, "./NAP/Internet") in result.events
    assert result.tree.get("./DMAcc/Ops/PrefConRef").value == "./NAP/Internet"
    assert result.tree.get("./DMAcc/Ops").acl == "Delete=ops.example&Get=ops.example&Replace=ops.example"
    assert dmacc.accounts(result.tree)[0] == ACCOUNT
    assert "./Inbox/Ops" not in result.tree


@pytest.mark.spec("X-08", "X-09")
@pytest.mark.parametrize(
    ("method", "form", "user"),
    [
        ("NETWORKID", "semi-octets", None),
        ("NETWORKID", "ascii", None),
        ("USERPIN", "ascii", Person("1234")),
        ("USERPIN_NETWORKID", "ascii", Person("1234")),
        ("USERPIN_NETWORKID", "semi-octets", Person("1234")),
    ],
)
def test_the_three_protections(method, form, user):
    phone = Device.blank(ADDRESS, imsi=IMSI, rules=dm.Rules(bootstrap=BootstrapRules(network_id=form)), user=user)
    unit = push.bootstrap_push(
        message(objects(), server="ops.example"), MEDIA_TYPE, method, network_id=IMSI, pin="1234", form=form
    )
    assert push.deliver(phone, push.provision(unit)).session is not None
    other = Device.blank(ADDRESS, imsi="001010123456780", user=Person("9999", "9999", "9999"))
    refused = push.deliver(other, push.provision(unit))
    assert refused.events[-1].reason in (BootstrapReason.WRONG_MAC, BootstrapReason.WRONG_PIN)


@pytest.mark.spec("B-02", "B-04")
def test_nobody_is_answered_and_the_first_session_says_that_it_worked():
    phone = Device.blank(ADDRESS, imsi=IMSI)
    unit = push.bootstrap_push(message(objects(), server="ops.example"), MEDIA_TYPE, "NETWORKID", network_id=IMSI)
    reaction = push.deliver(phone, push.provision(unit))
    assert len(reaction.sessions) == 1, "a session to open is all that comes of it: there is no reply"
    server = Server({ADDRESS: ACCOUNT}, nonces=lambda device: dm.device.counted_nonces(device))
    talk = dm.converse(reaction.session, server, job=dm.jobs.read("./DevDetail/FwV"))
    first = talk[0].message
    assert [c.code for c in first.commands if isinstance(c, Alert)] == [1201]
    assert first.header.cred is not None
    assert server.results[-1].done


@pytest.mark.spec("B-02")
def test_only_wbxml():
    xml = dm.XML.encode(dm.WBXML.decode(written(Add.of("./DMAcc/x"))))
    assert (
        process(TREE, xml, "application/vnd.syncml.dm+xml", origin="factory").refused
        is BootstrapReason.UNSUPPORTED_TYPE
    )
    assert take(xml).refused is BootstrapReason.UNREADABLE


@pytest.mark.parametrize(
    ("name", "place"),
    [("org.openmobilealliance/1.0/w7", "./DMAcc/Ops"), ("urn:oma:mo:oma-dm-dmacc:1.1", "./DMAcc/Ops")],
)
def test_older_and_newer_identifiers_of_an_account(name, place):
    made = account()
    result = take(message({"Ops": Node.interior(made.children, type=name, acl=made.acl)}, server="ops.example"))
    assert AccountAdded("ops.example", place) in result.events


def test_the_latest_of_two_versions_counts():
    both = {"Old": account(), "New": Node.interior(account().children, type="urn:oma:mo:oma-dm-dmacc:1.1")}
    result = take(message(both, server="ops.example"))
    assert Ignored("Old", "another version of it is taken") in result.events
    assert result.servers == ("ops.example",)
    assert result.tree.get("./DMAcc/New").type.endswith("1.1")


def test_what_has_no_place_is_left_out_and_the_rest_taken():
    result = take(message({**objects(), "Foo": Node.interior({"X": Node()}, type="urn:foo")}, server="ops.example"))
    assert Ignored("Foo", "object urn:foo has no place here") in result.events
    assert result.servers == ("ops.example",)
    alone = take(message({"Foo": Node.interior({"X": Node()}, type="urn:foo")}, server="ops.example"))
    assert (alone.refused, alone.tree) == (BootstrapReason.CONTENT, TREE)


def test_rights_are_granted_to_servers_with_accounts_only():
    list_ = "Add=*&Get=*&Replace=evil.example+ops.example&Delete=evil.example"
    result = take(message(objects(acl=list_), server="ops.example"))
    assert result.tree.get("./DMAcc/Ops").acl == "Get=*&Replace=ops.example"
    assert any("evil.example" in event.why for event in result.events if isinstance(event, Ignored))
    assert not result.tree.may("evil.example", Verb.REPLACE, "./DMAcc/Ops/Name")
    open_ = take(message(objects(acl=list_), server="ops.example"), rules=BootstrapRules(rights="take"))
    assert "evil.example" in open_.tree.get("./DMAcc/Ops").acl
    assert take(message(objects(acl="Get"), server="ops.example")).refused is BootstrapReason.CONTENT


def test_again_it_replaces_the_account_where_it_stands_now():
    first = take(message(objects(), server="ops.example"))
    moved, _ = first.tree.apply(Replace.of("./DMAcc/Ops?prop=Name", "1"), "ops.example")
    assert "./DMAcc/1" in moved
    changed = {**objects(), "Ops": dmacc.node(ACCOUNT, name="Renamed")}
    again = take(message(changed, server="ops.example"), tree=moved)
    assert AccountChanged("ops.example", "./DMAcc/1") in again.events
    pushed = {"tree": moved, "origin": "push", "rules": BootstrapRules(unsecured="take")}
    assert take(message(changed, server="ops.example"), **pushed).refused is BootstrapReason.USER
    assert take(message(changed, server="ops.example"), **pushed, ask=Person())


def test_the_settings_of_others_are_not_replaced():
    tree = Tree.of({"./NAP/Internet/NapId": "other"}, acl={"./NAP/Internet": "Replace=other.example"})
    pushed = {"tree": tree, "origin": "push", "rules": BootstrapRules(unsecured="take")}
    result = take(message(objects(), server="ops.example"), **pushed)
    assert result.tree.get("./NAP/Internet/NapId").value == "other"
    assert result.tree.get("./DMAcc/Ops/PrefConRef").value == "./NAP/1"


def test_other_commands_reach_the_places_of_objects_only():
    added = take(written(Add.of("./DMAcc/x/ServerID", "s", type="text/plain")))
    assert SettingsChanged("Add", "./DMAcc/x/ServerID") in added.events
    assert added.tree.get("./DMAcc/x/ServerID").value == "s"
    result = take(written(Add.of("./DMAcc/x", None), Replace.of("./DevInfo/Man", "evil")))
    assert (result.refused, result.tree) == (BootstrapReason.TREE, TREE)
    assert "Replace ./DevInfo/Man" in result.why
    ignored = take(written(Get.of("./DevInfo/Man"), Add.of("./DMAcc/x", None)))
    assert Ignored("Get", "a bootstrap message adds and replaces") in ignored.events


@pytest.mark.parametrize("data", [b"", b"\x02", b"nonsense", b"\x02\0\0\x6a\0"])
def test_a_broken_tree_in_the_inbox_is_refused(data):
    result = take(written(inbox(data)))
    assert (result.refused, result.tree) == (BootstrapReason.CONTENT, TREE)


def test_all_forms_of_a_serialised_tree_are_read():
    from dmkit.tree import tnds

    top = tnds.serialise("Ops", dmacc.node(ACCOUNT.with_nonces(b"", b"")))
    as_xml = tnds.write(top).decode()
    for command in (
        inbox(tnds.write(top, wbxml=True)),
        inbox(tnds.to_element(top), "application/vnd.syncml.dmtnds+xml", "xml"),
        inbox(as_xml, "application/vnd.syncml.dmtnds+xml", "xml"),
        inbox(tnds.write(tnds.serialise("", dmacc.node(ACCOUNT)), wbxml=True), target="./Inbox/Ops"),
    ):
        assert take(written(command)).servers == ("ops.example",)


def test_trees_that_are_too_deep_or_too_many_are_refused():
    path = "/".join("a" * 100)
    head = b'<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>'
    deep = f"<Node><NodeName>x</NodeName><Path>{path}</Path><Value>1</Value></Node></MgmtTree>".encode()
    kind = ("application/vnd.syncml.dmtnds+xml", "xml")
    result = take(written(inbox((head + deep).decode(), *kind)))
    assert (result.refused, result.tree) == (BootstrapReason.CONTENT, TREE)
    assert "101 nodes deep" in result.why
    many = "".join(f"<Node><NodeName>{n}</NodeName></Node>" for n in range(1500))
    result = take(written(inbox(head.decode() + many + "</MgmtTree>", *kind)))
    assert (result.refused, result.tree) == (BootstrapReason.TOO_LARGE, TREE)


def test_an_account_without_a_server_is_refused():
    nameless = Node.interior({"AppID": Node("chr", "w7")}, type=dmacc.DMACC)
    assert take(message({"x": nameless}, server="s")).refused is BootstrapReason.CONTENT
    wild = dmacc.node(dm.Account("*", "https://x/"), acl="")
    assert take(message({"x": wild}, server="s")).refused is BootstrapReason.CONTENT


@pytest.mark.parametrize("seed", range(3))
def test_six_hundred_mutants_of_trusted_messages_are_taken_whole_or_not_at_all(seed):
    rng = random.Random(seed)
    good = message(objects(), server="ops.example")
    for _ in range(600):
        octets = bytearray(good)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(octets))
            if rng.random() < 0.3:
                del octets[at : at + rng.randint(1, 5)]
            else:
                octets[at] = rng.randrange(256)
        result = take(bytes(octets))
        assert result or result.tree is TREE
        assert all(dmacc.find(result.tree, server) for server in result.servers)


def test_a_server_cannot_write_what_is_no_tree():
    with pytest.raises(CodecError):
        message({"x": Node("chr", "\0")}, server="s\0")


def test_addresses_in_reports_and_references_are_written_as_addresses():
    """A name may hold what an address has to escape; what names the node does so."""
    inner = Node.interior({"a%": Node("chr", "x", acl="Replace=stranger")})
    made = {"Ops": account(prefer="./Inbox/50%25"), "50%": Node.interior({**nap().children, "In": inner}, type=NAP_ID)}
    result = take(message(made, server="ops.example"))
    assert Ignored("ACL of ./NAP/50%25/In/a%25", "no rights for stranger") in result.events
    assert result.tree.get("./DMAcc/Ops/PrefConRef").value == "./NAP/50%25"
