"""CP profile: from a provisioning document to accounts, rights and settings in the tree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.bootstrap import BootstrapReason, BootstrapRules, Secrets, cp, dmacc, forget, process
from dmkit.bootstrap.cp import Characteristic, Provisioning
from dmkit.bootstrap.events import (
    AccountAdded,
    AccountChanged,
    AccountRemoved,
    Ignored,
    SettingsAdded,
    SettingsChanged,
    Unchanged,
)
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.codes import Verb
from dmkit.words.errors import CodecError
from tests.bootstrap.documents import (
    CONNECTIVITY,
    DOCUMENT_C,
    EVERYTHING,
    IMSI,
    MAIL,
    MMS,
    NAP,
    PROXY,
    TREE,
    Person,
    w7,
)


def put(*parts, tree=TREE, origin="factory", **more):
    document = parts[0] if isinstance(parts[0], Provisioning) else Provisioning(parts)
    return process(tree, cp.to_wbxml(document), CONNECTIVITY, origin=origin, **more)


def text(tree, uri):
    return tree.get(uri).value


@pytest.mark.spec("B-01")
def test_the_document_of_the_sheet_reads_and_survives_both_encodings():
    document = cp.read(DOCUMENT_C)
    assert document.deviations == ()
    [account] = document.applications("w7")
    assert account.get("PROVIDER-ID") == "com.mgmtsrv"
    assert next(account.inside("APPAUTH")).get("AAUTHTYPE") == "DIGEST"
    for octets in (cp.to_wbxml(document), cp.to_xml(document), cp.to_wbxml(EVERYTHING), cp.to_xml(EVERYTHING)):
        assert cp.read(octets) in (document, EVERYTHING)
    written = cp.to_wbxml(document)
    # the values of page 1 collide in print: DIGEST is written as text, all else octet by octet as in the sheet
    assert written == DOCUMENT_C.replace(b"\0\1\x93\1\x87\x31", b"\x03DIGEST\0\1\x87\0\1\x31")


@pytest.mark.spec("B-01a", "B-01")
def test_the_w7_account_becomes_a_dmacc():
    result = process(TREE, DOCUMENT_C, CONNECTIVITY, origin="factory")
    tree = result.tree
    assert AccountAdded("com.mgmtsrv", "./DMAcc/1") in result.events
    assert tree.get("./DMAcc/1").type == "urn:oma:mo:oma-dm-dmacc:1.0"
    leaves = {uri: node.value for uri, node in tree.walk("./DMAcc/1") if not node.is_interior}
    assert {uri.removeprefix("./DMAcc/1/"): value for uri, value in leaves.items()} == {
        "AppID": "w7",
        "ServerID": "com.mgmtsrv",
        "Name": "Op DM",
        "AppAddr/1/Addr": "https://dm.example/",
        "AppAddr/1/AddrType": "URI",
        "AppAddr/1/Port/1/PortNbr": "443",
        "AppAuth/1/AAuthLevel": "CLCRED",
        "AppAuth/1/AAuthType": "DIGEST",
        "AppAuth/1/AAuthName": "client",
        "AppAuth/1/AAuthSecret": "clientpw",
        "AppAuth/1/AAuthData": b"nonce",
    }


@pytest.mark.spec("B-01a")
def test_its_server_gets_rights_and_nobody_else():
    tree = put(w7(), NAP).tree
    for uri in ("./DMAcc/1", "./DMAcc/1/AppAuth/1/AAuthSecret", "./NAP/1", "./NAP/1/Addr"):
        for verb in (Verb.GET, Verb.REPLACE, Verb.DELETE):
            assert tree.may("com.mgmtsrv", verb, uri)
            assert not tree.may("other.example", verb, uri)
    without = put(NAP).tree
    assert without.get("./NAP/1").acl == "", "nobody provisioned it: no list"


@pytest.mark.spec("R-103")
def test_several_accounts_share_connectivity_and_nothing_else():
    tree = put(w7("a.example"), w7("b.example"), NAP).tree
    assert tree.get("./NAP/1").acl == "Delete=a.example+b.example&Get=a.example+b.example&Replace=a.example+b.example"
    assert not tree.may("a.example", Verb.GET, "./DMAcc/2")
    assert [account.server_id for account in dmacc.accounts(tree)] == ["a.example", "b.example"]


def test_one_reference_is_preferred_and_several_are_a_list():
    tree = put(w7(**{"TO-NAPID": "INET"}), NAP).tree
    assert text(tree, "./DMAcc/1/PrefConRef") == "./NAP/1"
    many = w7()
    links = ("TO-NAPID", "INET"), ("TO-PROXY", "px.example"), ("TO-NAPID", "INTERNET")
    many = replace(many, parms=(*many.parms, *links))
    tree = put(many, NAP, PROXY).tree
    assert [text(tree, f"./DMAcc/1/ToConRef/{n}/ConRef") for n in (1, 2, 3)] == ["./NAP/1", "./Proxy/1", "INTERNET"]


def test_every_kind_of_setting_has_a_place():
    result = put(EVERYTHING)
    tree = result.tree
    kinds = [event.kind for event in result.events if isinstance(event, SettingsAdded)]
    assert kinds == [
        "NAPDEF",
        "PXLOGICAL",
        *["APPLICATION"] * 5,
        "ACCESS",
        "BOOTSTRAP",
        "VENDORCONFIG",
        "CLIENTIDENTITY",
    ]
    assert [text(tree, f"./Application/{n}/AppID") for n in range(1, 6)] == ["w2", "w4", "25", "110", "143"]
    assert text(tree, "./Application/1/PrefConRef") == "./Proxy/1"
    assert text(tree, "./Application/1/Resource/1/URI") == "http://start.example/"
    assert text(tree, "./Application/2/PrefAddr") == "http://mms/"
    assert text(tree, "./Application/2/Ext/CM") == "R"
    assert text(tree, "./Application/3/AppAddr/1/Port/1/Service/1/Service") == "STARTTLS"
    assert text(tree, "./Application/4/AppAuth/1/AAuthName") == "me"
    assert text(tree, "./NAP/1/IPv4/DNS/2/DNSAddr") == "192.0.2.2"
    assert text(tree, "./NAP/1/AuthInfo/AuthType") == "PAP"
    assert text(tree, "./Proxy/1/Physical/1/NapRef/1/NapRef") == "./NAP/1"
    assert text(tree, "./Proxy/1/AuthInfo/AuthName") == "u"
    assert text(tree, "./Access/1/PortNbr/2/PortNbr") == "443"
    assert text(tree, "./VendorConfig/1/Ext/COLOUR") == "blue"
    assert Ignored("PXLOGICAL/STARTPAGE", "it has no place in the tree") in result.events


def test_levels_and_nonces():
    account = Characteristic(
        "APPLICATION",
        (("APPID", "w7"), ("PROVIDER-ID", "s")),
        (
            Characteristic("APPAUTH", (("AAUTHLEVEL", "CLIENT"), ("AAUTHTYPE", "HMAC,DIGEST"), ("AAUTHDATA", "?"))),
            Characteristic("APPAUTH", (("AAUTHLEVEL", "OBEX"),)),
            Characteristic("APPAUTH"),
        ),
    )
    tree = put(account).tree
    at = [{leaf: node.value for leaf, node in tree.get(f"./DMAcc/1/AppAuth/{n}").children.items()} for n in (1, 2, 3)]
    assert at[0] == {"AAuthLevel": "SRVCRED", "AAuthType": "HMAC", "AAuthData": b"?"}
    assert [entry["AAuthLevel"] for entry in at[1:]] == ["OBEX", "CLCRED"]


@pytest.mark.parametrize("server", ["", "*", "a+b", "a&Get=*", "a b", "x" * 256, "a=b"])
def test_an_identifier_that_would_give_rights_to_others_is_refused(server):
    result = put(w7(server))
    assert result.refused is BootstrapReason.CONTENT
    assert result.tree is TREE


def test_only_authorised_servers():
    only = BootstrapRules(servers=("good.example",))
    assert put(w7("good.example"), rules=only)
    assert put(w7("good.example"), w7("bad.example"), rules=only).refused is BootstrapReason.SERVER


@pytest.mark.parametrize(
    ("content", "media_type", "reason"),
    [
        (b"", CONNECTIVITY, BootstrapReason.UNREADABLE),
        (b"\x03\x0b\x6a\0\x05", CONNECTIVITY, BootstrapReason.CONTENT),
        (DOCUMENT_C[:-9], CONNECTIVITY, BootstrapReason.UNREADABLE),
        (DOCUMENT_C, "text/plain", BootstrapReason.UNSUPPORTED_TYPE),
        (b"<SyncML/>", CONNECTIVITY, BootstrapReason.UNREADABLE),
        (b"<SyncML/>", "", BootstrapReason.UNSUPPORTED_TYPE),
        (b"\x03", "", BootstrapReason.UNSUPPORTED_TYPE),
        (DOCUMENT_C * 400, CONNECTIVITY, BootstrapReason.TOO_LARGE),
        (b"<SyncML/>", "application/vnd.syncml.dm+xml", BootstrapReason.UNSUPPORTED_TYPE),
        (b"<wap-provisioningdoc><characteristic/></wap-provisioningdoc>", CONNECTIVITY, BootstrapReason.UNREADABLE),
        (
            b"<wap-provisioningdoc><characteristic type='NAPDEF'><parm/></characteristic></wap-provisioningdoc>",
            "",
            BootstrapReason.UNREADABLE,
        ),
    ],
)
def test_unusable_content_is_refused(content, media_type, reason):
    result = process(TREE, content, media_type, origin="factory")
    assert (result.refused, result.tree) == (reason, TREE)


def test_media_type_or_content_tell_the_profile():
    assert process(TREE, DOCUMENT_C, origin="card")
    assert process(TREE, cp.to_xml(EVERYTHING), origin="card")
    assert process(TREE, cp.to_xml(EVERYTHING), "text/vnd.wap.connectivity-xml", origin="factory")
    off = BootstrapRules(profiles=("dm",))
    assert process(TREE, DOCUMENT_C, origin="card", rules=off).refused is BootstrapReason.DISABLED


def test_a_document_of_thousands_is_refused_before_work_begins():
    many = [Characteristic("NAPDEF", (("NAME", str(n)),)) for n in range(129)]
    assert put(*many[:128])
    result = put(*many)
    assert (result.refused, result.tree) == (BootstrapReason.TOO_LARGE, TREE)
    assert "129 objects; at most 128" in result.why


# -- updates and removals


def test_the_same_again_changes_nothing():
    first = put(EVERYTHING)
    again = put(EVERYTHING, tree=first.tree, now=99.0)
    assert [event.uri for event in again.events if isinstance(event, Unchanged)] == list(first.roots)
    assert again.roots == first.roots
    assert again.servers == ()
    assert again.tree.get("./DMAcc/1").tstamp == 0.0


def test_an_update_replaces_the_account_in_its_place_when_the_user_agrees():
    tree = put(w7("other"), w7()).tree
    new = replace(w7(), parms=(*w7().parms, ("NAME", "New")))
    pushed = {"tree": tree, "origin": "push", "rules": BootstrapRules(unsecured="take")}
    assert put(new, **pushed).refused is BootstrapReason.USER
    user = Person()
    result = put(new, **pushed, ask=user)
    assert "Replace settings: APPLICATION w7 New?" in user.asked
    assert AccountChanged("com.mgmtsrv", "./DMAcc/2") in result.events
    assert text(result.tree, "./DMAcc/2/Name") == "New"
    assert put(new, tree=tree, rules=BootstrapRules(known="refuse")).refused is BootstrapReason.KNOWN
    added = put(new, tree=tree, rules=BootstrapRules(known="add"))
    assert AccountAdded("com.mgmtsrv", "./DMAcc/3") in added.events


def test_an_application_is_known_by_its_provider():
    first = put(w7(), MAIL[1])
    address = Characteristic("APPADDR", (("ADDR", "new.mail.example"),))
    moved = put(w7(), replace(MAIL[1], parts=(address,)), tree=first.tree)
    assert SettingsChanged("APPLICATION", "./Application/1") in moved.events
    assert text(moved.tree, "./Application/1/AppAddr/1/Addr") == "new.mail.example"


def test_nobody_replaces_the_connectivity_of_another_server():
    tree = put(w7("first.example"), NAP).tree
    evil = replace(NAP, parms=tuple((k, "evil.example" if k == "NAP-ADDRESS" else v) for k, v in NAP.parms))
    pushed = {"tree": tree, "origin": "push", "rules": BootstrapRules(unsecured="take")}
    result = put(w7("second.example"), evil, **pushed)
    assert text(result.tree, "./NAP/1/Addr") == "internet.example"
    assert text(result.tree, "./NAP/2/Addr") == "evil.example"
    own = put(w7("first.example"), evil, **pushed, ask=Person())
    assert SettingsChanged("NAPDEF", "./NAP/1") in own.events


def test_a_card_does_not_turn_back_nonces():
    first = process(TREE, DOCUMENT_C, origin="card")
    [account] = dmacc.accounts(first.tree)
    later = dmacc.keep(first.tree, account.with_nonces(client=b"newer"))
    again = process(later, DOCUMENT_C, origin="card")
    assert Unchanged("./DMAcc/1") in again.events
    assert dmacc.accounts(again.tree)[0].client.nonce == b"newer"


def test_what_came_from_a_card_goes_with_it():
    result = put(w7(), NAP, MMS, origin="card")
    assert result.roots == ("./DMAcc/1", "./NAP/1", "./Application/1")
    given = result.tree.with_acl("./APN", "Get=com.mgmtsrv+other&Replace=com.mgmtsrv")
    tree, events = forget(given, result.roots)
    assert AccountRemoved("com.mgmtsrv", "./DMAcc/1") in events
    assert tree.get("./APN").acl == "Get=other"
    assert [uri for uri, _ in tree.walk() if uri.startswith(("./DMAcc/", "./NAP/", "./Application/"))] == []
    assert forget(tree, result.roots) == (tree, ())


def test_a_document_that_does_not_fit_the_tree_changes_nothing():
    blocked = Tree.of({"./NAP": "a leaf"})
    result = put(w7(), NAP, tree=blocked)
    assert (result.refused, result.tree) == (BootstrapReason.TREE, blocked)


def test_what_stands_twice_counts_once():
    result = put(w7(), w7(), NAP, NAP, Characteristic("UNHEARD-OF"))
    assert [event.what for event in result.events if isinstance(event, Ignored)] == [
        "APPLICATION com.mgmtsrv",
        "NAPDEF INET",
        "UNHEARD-OF",
    ]


# -- accounts in the tree


@pytest.mark.parametrize(
    ("address", "port", "kind", "uri"),
    [
        ("https://dm.example/x", "443", "URI", "https://dm.example/x"),
        ("http://dm.example/x", "8080", "URI", "http://dm.example:8080/x"),
        ("https://dm.example:1/x", "8080", "", "https://dm.example:1/x"),
        ("192.0.2.1", "8080", "IPv4", "http://192.0.2.1:8080/"),
        ("2001:db8::1", "", "IPv6", "http://[2001:db8::1]/"),
        ("http://[bad", "1", "URI", "http://[bad"),
        ("", "", "", ""),
    ],
)
def test_addresses(address, port, kind, uri):
    place = {"./DMAcc/x/ServerID": "s", "./DMAcc/x/AppAddr/1/Addr": address, "./DMAcc/x/AppAddr/1/AddrType": kind}
    if port:
        place["./DMAcc/x/AppAddr/1/Port/1/PortNbr"] = port
    assert dmacc.accounts(Tree.of(place))[0].address == uri


def test_the_preferred_type_chooses_the_credentials():
    auth = {"1": ("CLCRED", "BASIC", "b"), "2": ("CLCRED", "DIGEST", "d"), "3": ("SRVCRED", "HMAC", "")}
    values = {"./DMAcc/x/ServerID": "s"}
    for name, (level, type_, user) in auth.items():
        at = f"./DMAcc/x/AppAuth/{name}"
        values |= {
            f"{at}/AAuthLevel": level,
            f"{at}/AAuthType": type_,
            f"{at}/AAuthName": user,
            f"{at}/AAuthSecret": "pw",
        }
    [account] = dmacc.accounts(Tree.of(values))
    assert (account.client.name, account.client.scheme) == ("b", "basic")
    assert (account.server.name, account.server.scheme) == ("s", "mac")
    [account] = dmacc.accounts(Tree.of(values | {"./DMAcc/x/AAuthPref": "DIGEST"}))
    assert (account.client.name, account.client.scheme) == ("d", "md5")


def test_accounts_live_in_either_place():
    tree = Tree.of({"./SyncML/DMAcc/a/ServerID": "s", "./DMAcc/none/Name": "no identifier"})
    assert dmacc.find(tree, "s") == "./SyncML/DMAcc/a"
    assert dmacc.find(tree, "t") is None
    assert dmacc.remove(tree, "t") is tree
    assert dmacc.find(dmacc.remove(tree, "s"), "s") is None
    assert dmacc.keep(tree, dmacc.accounts(put(w7()).tree)[0]) is tree


def test_nonces_are_written_where_they_were_read():
    tree = put(w7()).tree
    [account] = dmacc.accounts(tree)
    kept = dmacc.keep(tree, account.with_nonces(b"c", b"s"))
    assert dmacc.accounts(kept)[0] == account.with_nonces(b"c", b"s")
    assert kept.get("./DMAcc/1/AppAuth/2/AAuthData") == Node("bin", b"s", "application/octet-stream")


def test_documents_of_other_projects_are_taken_or_refused_with_a_reason(corpus):
    files = sorted((corpus / "cp").iterdir()) + sorted((corpus / "cp-wbxml").iterdir())
    assert len(files) >= 8
    results = [process(TREE, path.read_bytes(), origin="factory", secrets=Secrets(IMSI)) for path in files]
    assert sum(map(bool, results)) >= 6
    assert all(result or result.tree is TREE for result in results)


def test_an_encoding_error_is_one_sentence():
    with pytest.raises(CodecError, match="not wap-provisioningdoc"):
        cp.read(b"<SyncML xmlns='SYNCML:SYNCML1.2'/>")
