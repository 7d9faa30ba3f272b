"""Addresses, values and encodings: the octets that peers were seen to send, laws, and mutants."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.lwm2m import cborlib
from dmkit.lwm2m.definitions import read_definitions, types_of, write_definition
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS
from dmkit.lwm2m.links import ResourceLink, read_links, write_links
from dmkit.lwm2m.nested import from_nested
from dmkit.lwm2m.oldjson import from_old_json, to_old_json
from dmkit.lwm2m.path import MAX_ID, Path
from dmkit.lwm2m.senml import from_cbor, from_json
from dmkit.lwm2m.standard import STANDARD
from dmkit.lwm2m.tlv import Record, RecordKind, decode, encode
from dmkit.lwm2m.values import ObjectLink, Type, from_octets, from_text, guess, to_octets, to_text
from dmkit.words.errors import CodecError, DdfError

TYPE_OF = types_of(STANDARD.values())
NAME = Path(3, 0, 0)

# measured of peers on loopback [lwm2m sheet §3]
MEASURED = [
    (11542, "Anjay", "c500416e6a6179"),
    (11542, "Open Mobile Alliance", "c80014" + b"Open Mobile Alliance".hex()),
    (60, "Anjay", "65416e6a6179"),
    (112, "Anjay", "81a221662f332f302f300365416e6a6179"),
    (11544, "Anjay", "bf8303000065416e6a6179ff"),
    (110, "Anjay", b'[{"bn":"/3/0/0","vs":"Anjay"}]'.hex()),
    (0, "Anjay", b"Anjay".hex()),
    (11543, "Anjay", b'{"bn":"/3/0/0","e":[{"sv":"Anjay"}]}'.hex()),
]


@pytest.mark.parametrize(("number", "value", "octets"), MEASURED)
def test_octets_are_those_that_were_measured(number, value, octets):
    row, entries = FORMATS[number], (Entry(NAME, value),)
    assert row.write(entries, NAME, TYPE_OF).hex() == octets
    assert row.read(bytes.fromhex(octets), NAME, TYPE_OF) == entries


SIZES = {
    "Open Mobile Alliance": {0: 20, 11542: 23, 112: 32, 110: 45},
    "Anjay": {0: 5, 60: 6, 11542: 7, 11544: 12, 112: 17, 110: 30, 11543: 36},
}
"""As measured of peers [lwm2m sheet §3]."""


@pytest.mark.parametrize("text", SIZES)
def test_sizes_are_those_that_were_measured(text):
    made = {number: len(FORMATS[number].write((Entry(NAME, text),), NAME, TYPE_OF)) for number in SIZES[text]}
    assert made == SIZES[text]


DEVICE = {
    "0": "Open Mobile Alliance", "1": "Lightweight M2M Client", "2": "345000123", "3": "1.0", "6/0": 1, "6/1": 5,
    "7/0": 3800, "7/1": 5000, "8/0": 125, "8/1": 900, "9": 100, "10": 15, "11/0": 0, "13": 3163477748,
    "14": "+01:00", "15": "Europe/Berlin", "16": "U",
}  # fmt: skip
"""The device object that a peer answers with; its time does not fit 32 bits."""


@pytest.mark.parametrize(("number", "size"), [(11542, 142), (112, 216), (110, 416), (11543, 422)])
def test_a_whole_device_object_takes_as_many_octets_as_were_measured(number, size):
    entries = tuple(Entry(Path.parse(f"/3/0/{name}"), value) for name, value in DEVICE.items())
    made = FORMATS[number].write(entries, Path(3, 0), TYPE_OF)
    assert len(made) == size and FORMATS[number].read(made, Path(3, 0), TYPE_OF) == entries


def test_the_other_peer_keeps_the_name_out_of_the_base_of_old_json():
    entry = Entry(NAME, "Open Mobile Alliance")
    data = to_old_json((entry,), parent=True)
    assert len(data) == 58 and from_old_json(data, TYPE_OF) == (entry,)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"[]", "a list 'e'"),
        (b'{"bn":"/3/0/"}', "a list 'e'"),
        (b'{"bn":3,"e":[]}', "a text is wanted"),
        (b'{"bn":"/3/0/","bn":"/3/1/","e":[]}', "stands twice"),
        (b'{"e":[{"n":"/3/0/9","v":1,"v":2}]}', "stands twice"),
        (b'{"e":[{"n":"/3/0/9","v":1,"sv":"x"}]}', "one value"),
        (b'{"e":[{"n":"/3/0/9","v":true}]}', "a number is wanted"),
        (b'{"e":[{"n":"/3/0/9","sv":"full"}]}', "no Integer"),
        (b'{"e":[{"n":"/5/0/0","sv":"a"}]}', "no base64"),
        (b'{"e":[{"n":"/3/0","ov":"3"}]}', "no link"),
        (b'{"e":[7]}', "is a map"),
        (b'{"e":[]', "no JSON"),
    ],
)
def test_old_json_that_is_none_says_why(data, why):
    with pytest.raises(CodecError, match=why):
        from_old_json(data, TYPE_OF)


def test_old_json_has_types_only_from_definitions():
    entries = (Entry(Path(5, 0, 0), b"\0\1"), Entry(Path(5, 0, 3), 2), Entry(Path(2, 0, 3), 65535))
    assert from_old_json(to_old_json(entries), TYPE_OF) == entries
    assert from_old_json(to_old_json(entries))[0].value == "AAE="


@pytest.mark.parametrize("number", [60, 112, 11544])
@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("c24101", "a tag"),  # a large number of one octet
        ("d9d9f701", "a tag"),
        ("81c100", "a tag"),
        ("a201010102", "Duplicate"),
        ("a2830300006141830300006142", "Duplicate"),
        ("81" * 17 + "01", "nesting"),
        ("6141" + "00", "behind the end"),
        ("f7", None),
        ("f0", None),
        ("81a2f4612f036141", None),  # false, where the label 0 stands
        ("a183f503006141", None),  # true in an address
        ("a183fb3ff000000000000003006141", None),  # 1.0 in an address
    ],
)
def test_cbor_that_no_encoding_here_uses(number, octets, why):
    with pytest.raises(CodecError, match=why):
        entries = FORMATS[number].read(bytes.fromhex(octets), NAME, None)
        assert not entries, "read"


def test_usual_documents_are_read_as_the_careful_way_reads_them():
    for texts in ([f"value {n}" for n in range(30)], list(range(30)), [True, "a", 1, 0.5, b"x", ObjectLink(1, 2)] * 5):
        entries = tuple(Entry(Path(40, 1, n), value) for n, value in enumerate(texts))
        timed = tuple(Entry(e.path, e.value, 5.0) for e in entries)
        for number in (110, 112):
            row = FORMATS[number]
            plain = row.read(row.write(entries, Path(40, 1), None), Path(40, 1), None)
            careful = row.read(row.write(timed, Path(40, 1), None), Path(40, 1), None)
            assert [(e.path, e.value, type(e.value)) for e in plain] == [
                (e.path, e.value, type(e.value)) for e in careful
            ]


@pytest.mark.parametrize("number", [0, 60, 110, 112, 11542, 11543, 11544])
def test_half_a_pair_of_surrogates_is_not_written(number):
    with pytest.raises(CodecError):
        FORMATS[number].write((Entry(NAME, "\ud800"),), NAME, TYPE_OF)


def test_a_whole_object_instance_in_tlv_and_senml():
    entries = (
        Entry(NAME, "x"),
        Entry(Path(3, 0, 6, 0), 1),
        Entry(Path(3, 0, 6, 5), 5),
        Entry(Path(3, 0, 9), 100),
    )
    data = FORMATS[11542].write(entries, Path(3, 0), TYPE_OF)
    assert data.hex(" ") == "c1 00 78 86 06 41 00 01 41 05 05 c1 09 64"
    for number in (11542, 110, 112, 11543, 11544):
        row = FORMATS[number]
        assert row.read(row.write(entries, Path(3, 0), TYPE_OF), Path(3, 0), TYPE_OF) == entries
    assert FORMATS[110].write(entries, Path(3, 0), None).startswith(b'[{"bn":"/3/0/","n":"0","vs":"x"}')


# -- addresses


@pytest.mark.parametrize("text", ["", "3", "/3/", "//", "/03", "/-1", "/65535", "/1/2/3/4/5", "/a", "/3/0 ", "/٣"])
def test_what_is_no_address(text):
    with pytest.raises(CodecError):
        Path.parse(text)


IDS = st.integers(0, MAX_ID)


@given(st.lists(IDS, max_size=4))
def test_an_address_reads_as_it_is_written(ids):
    path = Path.of(ids)
    assert Path.parse(str(path)) == path and path.ids == tuple(ids)
    assert path.parent.covers(path) and all(Path.of(ids[:n]).covers(path) for n in range(len(ids)))


def test_a_number_may_not_be_left_out():
    with pytest.raises(CodecError, match="a number is missing"):
        Path(3, None, 1)


# -- values

VALUES = {
    Type.STRING: st.text(st.characters(exclude_categories=["Cs"])),
    Type.CORELNK: st.text(st.characters(exclude_categories=["Cs"])),
    Type.INTEGER: st.integers(-(1 << 63), (1 << 63) - 1),
    Type.TIME: st.integers(-(1 << 63), (1 << 63) - 1),
    Type.UNSIGNED: st.integers(0, (1 << 64) - 1),
    Type.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Type.BOOLEAN: st.booleans(),
    Type.OPAQUE: st.binary(max_size=300),
    Type.OBJLNK: st.builds(ObjectLink, st.integers(0, 65535), st.integers(0, 65535)),
}


@given(st.data(), st.sampled_from(sorted(VALUES, key=lambda t: t.value)))
def test_a_value_survives_text_and_octets(data, type_):
    value = data.draw(VALUES[type_])
    assert from_octets(type_, to_octets(type_, value)) == value
    assert from_text(type_, to_text(type_, value)) == value


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "0080"),
        (-128, "80"),
        (-129, "ff7f"),
        (1 << 15, "00008000"),
        (-(1 << 31), "80000000"),
        (1 << 31, "0000000080000000"),
        ((1 << 63) - 1, "7fffffffffffffff"),
    ],
)
def test_whole_numbers_take_one_two_four_or_eight_octets(value, octets):
    assert to_octets(Type.INTEGER, value).hex() == octets


@pytest.mark.parametrize(("value", "size"), [(0.5, 4), (0.1, 8), (1e39, 8), (-2.0, 4)])
def test_floats_take_four_octets_when_they_say_the_same(value, size):
    assert len(to_octets(Type.FLOAT, value)) == size


@pytest.mark.parametrize(
    ("type_", "value"),
    [(Type.BOOLEAN, 1), (Type.INTEGER, True), (Type.INTEGER, 1.0), (Type.STRING, b"x"), (Type.UNSIGNED, -1),
     (Type.INTEGER, 1 << 63), (Type.NONE, "x"), (Type.OBJLNK, "3:0"), (Type.FLOAT, True)],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(type_, value):
    with pytest.raises(CodecError):
        to_octets(type_, value)


# -- encodings: laws


def entries_below(at: Path):
    """Entries of resources of objects that nobody defines, at distinct addresses in order."""
    leaf = st.one_of(
        VALUES[Type.STRING],
        st.integers(-(1 << 63), (1 << 63) - 1),
        VALUES[Type.FLOAT],
        st.booleans(),
        VALUES[Type.OPAQUE],
    )
    paths = st.builds(lambda r, i: at / r if i is None else at / r / i, IDS, st.none() | IDS)
    return st.dictionaries(paths, leaf, max_size=6).map(
        lambda found: tuple(
            Entry(path, found[path])
            for path in sorted(found)
            if not any(other != path and other.covers(path) for other in found)
        )
    )


@given(entries_below(Path(40, 1)), st.sampled_from([110, 112, 11543, 11544]))
def test_what_carries_its_addresses_reads_as_it_was_written(entries, number):
    row = FORMATS[number]
    types = {entry.path: guess(entry.value) for entry in entries} if number == 11543 else {}
    read = row.read(row.write(entries, Path(40, 1), None), Path(40, 1), types.get if types else None)
    assert [(e.path, e.value, type(e.value)) for e in read] == [(e.path, e.value, type(e.value)) for e in entries]


@given(entries_below(Path(40, 1)))
def test_tlv_reads_as_it_was_written(entries):
    types = {entry.path.ids[:3]: guess(entry.value) for entry in entries}
    entries = tuple(e for e in entries if guess(e.value) is types[e.path.ids[:3]])
    row = FORMATS[11542]

    def type_of(path):
        return types.get(path.ids[:3])

    assert row.read(row.write(entries, Path(40, 1), type_of), Path(40, 1), type_of) == entries


LEAVES = st.builds(Record, st.just(RecordKind.RESOURCE), IDS, st.binary(max_size=70_000))
ITEMS = st.lists(st.builds(Record, st.just(RecordKind.ITEM), IDS, st.binary(max_size=20)), max_size=3).map(tuple)
RESOURCES = LEAVES | st.builds(Record, st.just(RecordKind.MULTIPLE), IDS, ITEMS)
RECORDS = RESOURCES | st.builds(Record, st.just(RecordKind.INSTANCE), IDS, st.lists(RESOURCES, max_size=3).map(tuple))


@given(st.lists(RECORDS, max_size=4).map(tuple))
def test_records_read_as_they_were_written_and_strict_takes_them(records):
    assert decode(encode(records), strict=True) == records


@pytest.mark.parametrize("octets", ["c8000101", "e500416e6a6179", "d00000014141", "c900", "07", "c9000201"])
def test_strict_tlv_refuses_what_is_longer_than_it_needs_or_cut(octets):
    with pytest.raises(CodecError):
        decode(bytes.fromhex(octets), strict=True)


@given(st.binary(max_size=80))
def test_octets_of_any_kind_raise_codec_errors_only(data):
    readers = [
        lambda: decode(data),
        lambda: decode(data, strict=False),
        lambda: from_json(data, TYPE_OF),
        lambda: from_cbor(data, TYPE_OF),
        lambda: from_nested(data, TYPE_OF),
        lambda: read_links(data.decode("latin-1")),
        lambda: read_definitions(data),
        *(
            lambda row=row, at=at: row.read(data, at, TYPE_OF)
            for row in FORMATS.values()
            for at in (NAME, Path(3), Path())
        ),
    ]
    for read in readers:
        try:
            read()
        except CodecError:
            continue


SEEDS = [
    *(bytes.fromhex(octets) for _, _, octets in MEASURED),
    b'[{"bn":"/3/0/","n":"9","v":95,"t":-3},{"n":"6/0","vd":"AQI"},{"n":"1","vlo":"3:0"}]',
    b'</>;rt="oma.lwm2m",</1/0>',
    b'{"bn":"/3/0/","bt":5,"e":[{"n":"9","v":95},{"n":"0","sv":"x","t":1},{"n":"1","ov":"3:0"}]}',
]


@given(st.sampled_from(SEEDS), st.data())
def test_mutants_raise_codec_errors_only(seed, data):
    octets = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(octets) - 1)) if octets else 0
        octets[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    mutant = bytes(octets)
    for row in FORMATS.values():
        for at in (NAME, Path(3, 0), Path(3), Path()):
            try:
                row.read(mutant, at, TYPE_OF)
            except CodecError:
                continue
    try:
        read_links(mutant.decode("latin-1"))
    except CodecError:
        return


# -- SenML in its corners


def test_a_base_value_is_added_to_numbers_and_to_nothing_else():
    """[RFC 8428 §4.1]; it was passed over once, so that numbers were read too small."""
    data = b'[{"bn":"/3/0/","bv":100,"n":"9","v":1},{"n":"10","v":-2},{"n":"0","vs":"x"},{"bv":0.5,"n":"11","v":1}]'
    assert [entry.value for entry in from_json(data)] == [101, 98, "x", 1.5]
    for wrong in (b'[{"bv":"1","n":"/3/0/9","v":1}]', b'[{"bv":1e308,"n":"/3/0/9","v":1.7e308}]'):
        with pytest.raises(CodecError):
            from_json(wrong)
    records = [{-2: "/3/0/", -5: 100, 0: "9", 2: 1}, {0: "10"}]
    assert [entry.value for entry in from_cbor(cborlib.dumps(records))] == [101, None]


def test_base_name_and_base_time_last_until_they_change():
    data = b'[{"bn":"/3/0/","bt":10,"n":"9","v":1},{"n":"10","v":2,"t":5},{"bn":"/4/0/","n":"2","v":-3}]'
    assert [(str(e.path), e.time) for e in from_json(data)] == [("/3/0/9", 10.0), ("/3/0/10", 15.0), ("/4/0/2", 10.0)]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{}", "list of records"),
        (b"[1]", "a map"),
        (b'[{"n":"/3/0/0","v":1,"vs":"a"}]', "one value may stand"),
        (b'[{"n":"/3/0/0","v":true}]', "a number is wanted"),
        (b'[{"n":"/3/0/0","v":NaN}]', "no number of JSON"),
        (b'[{"n":"/3/0/0","vs":"a","vs":"b"}]', "stands twice"),
        (b'[{"n":"/3/0/0","x_":1}]', "must be understood"),
        (b'[{"bver":11,"n":"/3/0/0","v":1}]', "version"),
        (b'[{"n":"/3/0/9","vs":"full"}]', "no Integer"),
        (b'[{"n":"/3/0/0","vd":"+/=="}]', "base64url"),
        (b'[{"n":"/3/0/0","v":1}', "no JSON"),
        (b'[{"n":"/1","vlo":"a:b"}]', "link"),
    ],
)
def test_senml_that_is_none_says_why(data, why):
    with pytest.raises(CodecError, match=why):
        from_json(data, TYPE_OF)


def test_fields_that_nobody_knows_are_passed_over():
    assert from_json(b'[{"n":"/3/0/9","v":1,"zz":2}]') == (Entry(Path(3, 0, 9), 1),)


def test_a_whole_float_is_a_number_of_an_integer_resource():
    [entry] = from_json(b'[{"n":"/3/0/9","v":95.0}]', TYPE_OF)
    assert entry.value == 95 and isinstance(entry.value, int)


@pytest.mark.parametrize("value", [math.inf, math.nan])
@pytest.mark.parametrize("number", [0, 110, 112, 11543, 11544])
def test_numbers_that_are_none_are_not_written(number, value):
    with pytest.raises(CodecError):
        FORMATS[number].write((Entry(Path(6, 0, 0), value),), Path(6, 0, 0), TYPE_OF)


# -- links

REGISTRATION = '</>;rt="oma.lwm2m";ct=110,</1>;ver=1.1,</1/0>,</2/0>,</3/0>,</31024>;ver=1.0'


def test_a_registration_as_a_peer_sent_it():
    links = read_links(REGISTRATION)
    assert [str(link.path) for link in links] == ["/", "/1", "/1/0", "/2/0", "/3/0", "/31024"]
    assert links[0].get("rt") == "oma.lwm2m" and links[1].get("ver") == "1.1" and links[2].attributes == ()
    assert write_links(links) == REGISTRATION


@given(
    st.lists(
        st.builds(
            ResourceLink,
            st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=8),
            st.lists(
                st.tuples(st.from_regex(r"[a-z]{1,4}", fullmatch=True), st.none() | st.text(max_size=8)), max_size=3
            ).map(tuple),
        ),
        max_size=4,
    ).map(tuple)
)
def test_links_read_as_they_were_written(links):
    assert read_links(write_links(links)) == links


@pytest.mark.parametrize("text", ["x", "</1", "</1></2>", "</1>,", "</1>;", '</1>;a="', "</1>;a=", "</1>;=1"])
def test_what_is_no_list_of_links(text):
    with pytest.raises(CodecError):
        read_links(text)


# -- definitions


@pytest.mark.parametrize("definition", STANDARD.values(), ids=lambda d: str(d.id))
def test_definitions_read_as_they_were_written(definition):
    assert read_definitions(write_definition(definition)) == (definition,)


FILE = """<?xml version="1.0" encoding="UTF-8"?>
<LWM2M><Object ObjectType="MODefinition"><Name>Lamp</Name><Description1> two
 lines </Description1><ObjectID>33001</ObjectID><ObjectURN>urn:oma:lwm2m:x:33001</ObjectURN>
<MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory><Resources>
<Item ID="1"><Name>On</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Mandatory</Mandatory><Type>Boolean</Type><RangeEnumeration/><Units/><Description/></Item>
%s</Resources></Object></LWM2M>"""


def test_a_file_in_the_form_of_the_registry():
    [lamp] = read_definitions((FILE % "").encode())
    assert (lamp.id, lamp.about, lamp.multiple, lamp.resources[1].mandatory) == (33001, "two lines", True, True)


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ('<Item ID="1"><Type>String</Type></Item>', "two resources 1"),
        ('<Item ID="70000"><Type>String</Type></Item>', "a number from 0"),
        ('<Item ID="2"><Operations>X</Operations><Type>String</Type></Item>', "operations 'X'"),
        ('<Item ID="2"><Type>Txt</Type></Item>', "type 'txt'"),
        ('<Item ID="2"><Type>String</Type><Mandatory>maybe</Mandatory></Item>', "Mandatory 'maybe'"),
        ("<Other/>", "Item may stand there"),
    ],
)
def test_a_file_that_is_wrong_says_where(item, why):
    with pytest.raises(DdfError, match=why):
        read_definitions((FILE % item).encode())
