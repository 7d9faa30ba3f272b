"""Documents, addresses, commands and the notification of DM 2.0."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.dm2.address import Address, Instance, NodeCondition, Unresolved, resolve
from dmkit.dm2.commands import COMMANDS, Command
from dmkit.dm2.documents import (
    INITIATION,
    REQUEST,
    RESPONSE,
    GenericAlert,
    Initiation,
    Instances,
    Request,
    Response,
    Serialised,
    Status,
    read,
    read_mos,
    write,
    write_mos,
)
from dmkit.dm2.notification import Connection, Notification, decode, encode, verify
from dmkit.words.errors import CodecError

KINDS = {Initiation: INITIATION, Request: REQUEST, Response: RESPONSE}
DEVINFO = "urn:oma:mo:oma-dm-devinfo:1.2//Man"

# -- worked examples [dm20 sheet §9]


@pytest.mark.parametrize(
    ("document", "octets"),
    [
        (
            Initiation(alerts=(GenericAlert("urn:oma:at:dm:2.0:ClientInitiatedMgmt"),)),
            b'{"Alert":[{"AlertType":"urn:oma:at:dm:2.0:ClientInitiatedMgmt"}]}',
        ),
        (Request((Command.of("GET", DEVINFO),)), b'{"CMD":[["GET","urn:oma:mo:oma-dm-devinfo:1.2//Man"]]}'),
        (
            Response((Status(200, mos=(Serialised.of(DEVINFO, {"Man": "Open Mobile Alliance"}),)),)),
            b'{"Status":[{"sc":200,"MOS":[{"ClientURI":"urn:oma:mo:oma-dm-devinfo:1.2//Man",'
            b'"MOData":{"Man":"Open Mobile Alliance"}}]}]}',
        ),
        (Request((Command.of("END"),)), b'{"CMD":[["END"]]}'),
    ],
)
def test_the_worked_example(document, octets):
    assert write(document) == octets
    assert read(octets, KINDS[type(document)]) == document


def test_the_worked_example_has_258_octets():
    documents = [
        Initiation(alerts=(GenericAlert("urn:oma:at:dm:2.0:ClientInitiatedMgmt"),)),
        Request((Command.of("GET", DEVINFO),)),
        Response((Status(200, mos=(Serialised.of(DEVINFO, {"Man": "Open Mobile Alliance"}),)),)),
        Request((Command.of("END"),)),
    ]
    assert [len(write(document)) for document in documents] == [65, 54, 122, 17]
    by_repository = Request((Command.of("HPUT", "https://repo.example/d/1", DEVINFO), Command.of("END")))
    assert len(write(by_repository)) == 90
    assert len(write_mos([Serialised.of(DEVINFO, {"Man": "Open Mobile Alliance"})])) == 92


def test_what_an_independent_client_sent_is_read():
    """Its shape, with other values: a member that the schema does not name, MIID of two instances.  [dm20 sheet §10]"""
    sent = {
        "Alert": [{"AlertType": "urn:oma:at:dm:2.0:ClientInitiatedMgmt"}],
        "MOS": [{"MOID": "urn:oma:mo:oma-fumo:1.0", "MIID": ["apps", "rootfs"], "DDF": "http://ddf.example/fumo.ddf"}],
        "MgmtTree": {"DevInfo": {"DevID": "IMEI:1"}},
    }
    found = read(json.dumps(sent).encode(), INITIATION + ";charset=utf-8", strict=False)
    assert found.mos == (Instances("urn:oma:mo:oma-fumo:1.0", ("apps", "rootfs"), "http://ddf.example/fumo.ddf"),)
    assert len(found.deviations) == 1 and "MgmtTree" in found.deviations[0]
    with pytest.raises(CodecError, match="MgmtTree"):
        read(json.dumps(sent).encode(), INITIATION)


# -- laws

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NODES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | TEXT,
    lambda inner: st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MO = st.builds(Serialised.of, TEXT.filter(bool), st.dictionaries(TEXT, NODES, max_size=3), ddf=TEXT, cv=TEXT)
ALERTS = st.lists(
    st.builds(
        GenericAlert, TEXT.filter(bool), TEXT, TEXT, TEXT, TEXT,
        st.just("") | st.integers(0, 9).map(lambda n: f'{{"DM1x":{n}}}'),
    ),
    max_size=2,
).map(tuple)  # fmt: skip
DOCUMENTS = st.one_of(
    st.builds(
        Initiation,
        st.lists(st.builds(Instances, TEXT, st.lists(TEXT, max_size=3).map(tuple), TEXT), max_size=2).map(tuple),
        ALERTS,
    ),
    st.builds(
        Request,
        st.lists(st.builds(Command, TEXT, st.lists(TEXT, max_size=3).map(tuple)), max_size=3).map(tuple),
    ),
    st.builds(
        Response,
        st.lists(
            st.builds(
                Status,
                st.integers(100, 999),
                st.lists(TEXT, max_size=2).map(tuple),
                st.lists(MO, max_size=2).map(tuple),
            ),
            max_size=3,
        ).map(tuple),
        ALERTS,
    ),
)


@given(DOCUMENTS)
def test_a_document_reads_as_it_was_written(document):
    octets = write(document)
    assert json.loads(octets) is not None
    assert read(octets, KINDS[type(document)]) == document
    assert hash(read(octets, KINDS[type(document)])) == hash(document)


@given(st.lists(MO, max_size=3).map(tuple))
def test_serialised_objects_read_as_they_were_written(mos):
    assert read_mos(write_mos(mos)) == (mos, ())


@given(st.binary(max_size=60), st.sampled_from(sorted(KINDS.values())), st.booleans())
def test_octets_of_any_kind_raise_codec_errors_only(data, kind, strict):
    for reading in (
        lambda: read(data, kind, strict=strict),
        lambda: read_mos(data, strict=strict),
        lambda: decode(data),
    ):
        try:
            reading()
        except CodecError:
            continue


@given(DOCUMENTS, st.data(), st.booleans())
def test_mutants_raise_codec_errors_only(document, data, strict):
    octets = bytearray(write(document))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(octets) - 1)) if octets else 0
        octets[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    for kind in KINDS.values():
        try:
            read(bytes(octets), kind, strict=strict)
        except CodecError:
            continue


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (REQUEST, '{"CMD":{"a":1}}', "a list of them is right"),
        (REQUEST, '{"CMD":[[]]}', "is empty"),
        (REQUEST, '{"CMD":[["GET",7]]}', r"CMD\[0\]\[1\] is a number"),
        (REQUEST, "{}", "has no CMD"),
        (REQUEST, '{"CMD":[["END"]],"X":1}', "member 'X'"),
        (RESPONSE, '{"Status":[{}]}', r"Status\[0\].sc is null"),
        (RESPONSE, '{"Status":[{"sc":20}]}', "three digits"),
        (RESPONSE, '{"Status":[{"sc":200.5}]}', "is a number"),
        (RESPONSE, '{"Status":[{"sc":true}]}', "a truth value"),
        (INITIATION, '{"MOS":[{"MOID":"x"}]}', "MIID is missing"),
        (INITIATION, '{"Alert":[{}]}', "AlertType is missing"),
        (INITIATION, '{"Alert":[{"AlertType":"x","Data":1}]}', "Data is a number"),
        (INITIATION, "[1]", "is a list"),
        (INITIATION, '{"a":', "no JSON"),
        ("text/html", "{}", "media type"),
    ],
)
def test_strict_reading_says_what_is_wrong(kind, text, why):
    with pytest.raises(CodecError, match=why):
        read(text.encode(), kind)


def test_a_document_that_is_nested_too_deep_is_refused():
    deep = '{"a":' * 5000 + "1" + "}" * 5000
    with pytest.raises(CodecError):
        read_mos(f'[{{"ClientURI":"x","MOData":{deep}}}]'.encode())


# -- commands


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (Command.of("GET"), "GET takes ClientURI+, not 0 parameters"),
        (Command.of("END", "x"), "END takes no parameter, not 1"),
        (Command.of("HGET", "a", "b", "c"), "HGET takes ServerURI ClientURI?, not 3 parameters"),
        (Command.of("PATCH", "a"), "PATCH is no command"),
        (Command.of("HPUT", "a", "b", "c"), ""),
        (Command.of("DELETE", "a"), ""),
    ],
)
def test_parameters_are_counted(command, why):
    assert why in command.wrong if why else command.wrong == ""


def test_parameters_have_their_kinds():
    assert Command.of("HPUT", "s", "c", "d").client_uris == ("c", "d")
    assert Command.of("EXEC", "c").server_uri == "" and Command.of("EXEC", "c", "s").server_uri == "s"
    assert Command.of("SUB", "s", "c").client_uris == ("c",) and Command.of("GET").client_uris == ()
    assert len(COMMANDS) == 12


# -- addresses: the test set [dm20 sheet §12]


def instance(name: str, ident: str, setting: str) -> Instance:
    tree = dm.Tree.of(
        {
            "./ID": ident,
            "./Setting": setting,
            "./Data/1/Value": "a",
            "./Data/1/Date": "12.1",
            "./Data/2/Value": "b",
            "./Data/2/Date": "12.2",
        }
    )
    return Instance("urn:oma:mo:moid:1.0", name, tree.find(()))


BOTH = (instance("left", "GPS", "0xA1"), instance("right", "Temperature", "0xB2"))
SET = [
    ("left/", ["left/"]),
    ("/", "several instances"),
    ("(x)/?nv=(x)/ID:Temperature", ["right/"]),
    ("(x)/Data/1/Value?nv=(x)/ID:GPS", ["left/Data/1/Value"]),
    ("right/Data/(x)/Value?nv=(x)/Date:12.1", ["right/Data/1/Value"]),
    ("(x)/Data/(y)/Value?nv=(x)/ID:GPS&nv=(y)/Date:12.2", ["left/Data/2/Value"]),
    ("*/Setting", ["left/Setting", "right/Setting"]),
    ("(x)/Data/*/Value?nv=(x)/ID:GPS", ["left/Data/1/Value", "left/Data/2/Value"]),
    ("(x)/Data/*/Value?nv=(x)/ID:GPS&nv=(x)/Setting:0xB2", "no match"),
    (
        "*/Data/*/Value",
        ["left/Data/1/Value", "left/Data/2/Value", "right/Data/1/Value", "right/Data/2/Value"],
    ),
]


@pytest.mark.parametrize(("text", "result"), SET)
def test_the_ten_lines_of_the_test_set(text, result):
    address = Address.parse("urn:oma:mo:moid:1.0/" + text)
    if isinstance(result, str):
        with pytest.raises(Unresolved) as caught:
            resolve(address, BOTH)
        assert caught.value.why == result
    else:
        assert [place.uri.removeprefix("urn:oma:mo:moid:1.0/") for place in resolve(address, BOTH)] == result


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "identifier"),
        ("urn:x", "a slash"),
        ("urn:x/a//b", "empty segment"),
        ("urn:x/(a)/b", "no nv says"),
        ("urn:x/(a)/(a)?nv=(a)/b:c", "stands twice"),
        ("urn:x/a/b?nv=(a)/b:c", "not in the path"),
        ("urn:x/(a)/?nv=(a):c", "is right"),
        ("urn:x/a/?cv", "name=value"),
        ("urn:x/a/?cv=1&cv=2", "cv stands twice"),
        ("urn:x/%ff/", "UTF-8"),
        ("urn:x/" + "a" * 5000, "at most"),
    ],
)
def test_addresses_that_are_none(text, why):
    with pytest.raises(CodecError, match=why):
        Address.parse(text)


def test_both_forms_of_an_identifier_are_read_and_one_is_written():
    assert str(Address.parse("oma:mo:oma-fumo:1.0//a")) == "urn:oma:mo:oma-fumo:1.0//a"


SEGMENT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda text: not (len(text) == 3 and text[0] == "(" and text[2] == ")")
)


@given(
    SEGMENT.filter(lambda text: not text.startswith("oma:mo:")),
    SEGMENT,
    st.lists(SEGMENT, max_size=3),
    st.lists(SEGMENT, min_size=1, max_size=2),
    TEXT,
    st.none() | TEXT,
)
def test_an_address_reads_as_it_is_written(moid, miid, path, below, value, cv):
    address = Address(moid, miid, (*path, "(q)"), (NodeCondition("(q)", tuple(below), value),), cv)
    assert Address.parse(str(address)) == address


# -- notification


def test_the_worked_notification():
    octets = encode(Notification("dmkit", notification_id=0x0102, request_mos=True), secret=b"secret", data=b"data")
    wanted = "1200 15 646d6b6974 22 0102 1d13 098fa5938c4c8baae90ca00d3c088529b8dba926c6f2b20aedf4cba4a5cf4a71 20"
    assert octets == bytes.fromhex(wanted)


@given(
    st.builds(
        Notification,
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        st.none() | st.sampled_from(Connection),
        st.none() | st.integers(0, 0xFFFF),
        st.none() | st.integers(0, (1 << 64) - 1),
        st.booleans(),
        st.none() | st.binary(min_size=32, max_size=32),
        unknown=st.just(()) | st.binary(max_size=268).map(lambda value: ((9, value),)),
    )
)
def test_a_notification_reads_as_it_was_written(notification):
    assert decode(encode(notification)) == notification


@given(st.integers(0, 45), st.integers(1, 255))
def test_any_other_octet_breaks_the_proof(at, mask):
    octets = bytearray(
        encode(Notification("dmkit", notification_id=1, request_mos=True), secret=b"secret", data=b"data")
    )
    octets[at] ^= mask
    try:
        assert not verify(bytes(octets), secret=b"secret", data=b"data")
    except CodecError:
        return


def test_without_a_digest_nothing_is_proved():
    octets = encode(Notification("dmkit", digest=None))
    assert decode(octets).digest is None and not verify(octets, secret=b"", data=b"")


@pytest.mark.parametrize(
    "kind, data, where",
    [
        (INITIATION, b'{"Alert":[],"MOS":null}', "MOS"),
        (INITIATION, b'{"Alert":null}', "Alert"),
        (INITIATION, b'{"MOS":[{"MOID":"urn:x","MIID":null}]}', "MOS[0].MIID"),
        (REQUEST, b'{"CMD":null}', "CMD"),
        (RESPONSE, b'{"Status":null}', "Status"),
        (RESPONSE, b'{"Status":[{"sc":200,"URI":null}]}', "Status[0].URI"),
        (RESPONSE, b'{"Status":[{"sc":200,"MOS":null}]}', "Status[0].MOS"),
    ],
)
def test_null_for_an_empty_list_is_noted(kind, data, where):
    """A client in the open writes its objects so, when it has none."""
    assert read(data, kind, strict=False).deviations == (f"{where} is null; a list is right",)
    with pytest.raises(CodecError, match="is null"):
        read(data, kind)
