"""WBXML codec: vectors, laws, header forms, what is refused and what is tolerated, limits."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.wbxml_bench import LibWbxml, libwbxml, message
from dmkit.wire import wbxml, xml
from dmkit.wire.document import read_wbxml, read_xml, write_wbxml
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.deviations import DeviationKind as K
from dmkit.words.errors import CodecError
from dmkit.words.model import Add, Alert, Cred, Element, Get, Header, Item, Message, Meta, Results, Status
from tests import strategies
from tests.steps import steps
from tests.wire.messages import CP, PACKAGE_1, TNDS, messages

HEADER = Header(
    "1",
    "1",
    "http://s/dm",
    "IMEI:1",
    source_name="u",
    cred=Cred("Zz6EivR3yeaaENcRN6lpAQ==", Meta(format="b64", type="syncml:auth-md5")),
    meta=Meta(max_msg_size=5000),
)
MESSAGE = Message(HEADER, (Alert(AlertCode(1201), cmd_id="1"),))
BODY = PACKAGE_1[5:]


def body(*pieces: str, head: str = "02a4016a00") -> bytes:
    """A message whose SyncBody is ``pieces`` of hex, after a minimal header."""
    start = "6d6c7103312e3200017203444d2f312e32000165033100015b033100016e570361000101675703620001" + "01016b"
    return bytes.fromhex(head + start + "".join(pieces) + "0101")


@pytest.mark.spec("P-02")
def test_package_1_has_the_published_octets() -> None:
    assert wbxml.encode(MESSAGE) == PACKAGE_1
    assert wbxml.decode(PACKAGE_1) == MESSAGE


@pytest.mark.spec("P-02")
@pytest.mark.parametrize("version", [1, 2, 3])
def test_senders_write_1_1_to_1_3_and_receivers_read_them(version: int) -> None:
    octets = wbxml.encode(MESSAGE, version=version)
    assert octets[0] == version and octets[1:] == PACKAGE_1[1:]
    assert wbxml.decode(octets) == MESSAGE


def test_other_versions_are_not_written() -> None:
    with pytest.raises(CodecError, match="version octet 4"):
        wbxml.encode(MESSAGE, version=4)


@pytest.mark.spec("P-02")
@given(strategies.messages(binary=True) | messages(), st.sampled_from([1, 2, 3]), st.booleans())
def test_reading_reverses_writing(message: Message, version: int, string_table: bool) -> None:
    assert wbxml.decode(wbxml.encode(message, version=version, string_table=string_table)) == message


@given(strategies.messages(binary=True))
def test_lenient_reading_of_a_valid_message_finds_nothing(message: Message) -> None:
    assert wbxml.decode(wbxml.encode(message), lenient=True) == message


@pytest.mark.spec("P-02")
@given(strategies.messages())
def test_xml_and_wbxml_agree(message: Message) -> None:
    assert wbxml.decode(wbxml.encode(message)) == xml.decode(xml.encode(message))


@given(strategies.messages())
def test_the_element_level_agrees_with_the_message_level(message: Message) -> None:
    octets = wbxml.encode(message)
    document = read_wbxml(octets)
    assert wbxml.decode(write_wbxml(document, string_table=True)) == message
    assert document.root == read_xml(xml.encode(message)).root


DDF_ID = "2d2f2f53594e434d4c2f2f4454442053796e634d4c20312e322f2f454e"
FORMS = {
    "numeric": bytes.fromhex("02a4016a00") + BODY,
    "text, terminated": bytes.fromhex(f"0200006a1e{DDF_ID}00") + BODY,
    "non-minimal integers": bytes.fromhex("0280a4018080806a8000") + BODY,
    "numeric with a table": bytes.fromhex("02a4016a03616200") + BODY,
    "charset 3": bytes.fromhex("02a4010300") + BODY,
    "charset unknown": bytes.fromhex("02a4010000") + BODY,
}
ODD_FORMS = {
    "text, unterminated": (bytes.fromhex(f"0200006a1d{DDF_ID}") + BODY, K.UNTERMINATED_TABLE),
    "unknown identifier": (bytes.fromhex("02016a00") + BODY, K.PUBLIC_ID),
    "SyncML 1.1": (bytes.fromhex("029f536a00") + BODY, K.PUBLIC_ID),
    "WBXML 1.0 without charset": (bytes.fromhex("00a40100") + BODY, K.VERSION),
    "WBXML 1.0 with charset": (bytes.fromhex("00a4016a00") + BODY, K.CHARSET),
    "Latin-1": (bytes.fromhex("02a4010400") + BODY, K.CHARSET),
    "trailing octets": (PACKAGE_1 + b"\0", K.TRAILING_DATA),
    "attribute list on the root": (
        bytes.fromhex("02a4016a00ed04000353594e434d4c3a53594e434d4c312e320001") + BODY[1:],
        K.WBXML_ATTRIBUTES,
    ),
}


@pytest.mark.spec("P-02")
@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_header_forms(data: bytes) -> None:
    assert wbxml.decode(data) == MESSAGE
    assert wbxml.decode(data, lenient=True) == MESSAGE


@pytest.mark.parametrize(("data", "kind"), ODD_FORMS.values(), ids=ODD_FORMS)
def test_odd_header_forms_are_refused_strictly_and_noted_leniently(data: bytes, kind: K) -> None:
    with pytest.raises(CodecError) as caught:
        wbxml.decode(data)
    assert caught.value.offset is not None
    read = wbxml.decode(data, lenient=True)
    assert kind in {deviation.kind for deviation in read.deviations}
    assert (read.header, read.commands, read.final) == (HEADER, MESSAGE.commands, True)


def the_data(octets: bytes, *, lenient: bool = False) -> object:
    command = wbxml.decode(octets, lenient=lenient).commands[0]
    assert isinstance(command, Add)
    return command.items[0].data


DATA = [
    ("4f0361620001", "ab"),  # STR_I
    ("4fc302616201", "ab"),  # OPAQUE that is text
    ("4f03610003620001", "ab"),  # two strings
    ("4f036100c3016201", "ab"),  # string and opaque
    ("4f024102813901", "A\u00b9"),  # entities
    ("0f", ""),
    ("4f01", ""),
    ("4f030001", ""),  # empty, three ways
    ("4fc303ff000101", b"\xff\0\1"),  # not text
]


@pytest.mark.parametrize(("piece", "data"), DATA)
def test_data_is_read_in_every_form(piece: str, data: object) -> None:
    assert the_data(body("45", "4b03310001", "54", piece, "01", "01")) == data


def test_string_table_references_are_text() -> None:
    octets = body("45", "4b03310001", "54", "4f830201", "01", "01", head="02a4016a056100626300")
    assert the_data(octets) == "bc"


def test_format_bin_keeps_octets_even_when_they_are_text() -> None:
    item = "545a0001470362696e00010100004fc30261620101"
    assert the_data(body("45", "4b03310001", item, "01")) == b"ab"
    by_command = body("45", "4b03310001", "5a0001470362696e000101", "000054", "4fc302616201", "01", "01")
    assert the_data(by_command) == b"ab"
    assert the_data(by_command, lenient=True) == b"ab"


def test_an_inline_tree_is_an_element() -> None:
    piece = "4f0002607703312e3200010101"
    data = the_data(body("45", "4b03310001", "54", piece, "01", "01"))
    assert data == Element("MgmtTree", "syncml:dmddf1.2", (Element("VerDTD", "syncml:dmddf1.2", ("1.2",)),))


@pytest.mark.parametrize("content", ["000220", "c302c3fe", "c3023132"])
def test_data_of_an_alert_is_text_whatever_carries_it(content: str) -> None:
    octets = body("46", "4b03310001", "4f", content, "01", "01")
    try:
        assert wbxml.decode(octets).commands == (Alert(AlertCode(12), cmd_id="1"),)
    except CodecError as error:
        assert content != "c3023132" and error.offset is not None


STATUS = "694b033100015c033100014c033000014a0353796e6348647200014f03323132000101"
REFUSED = {
    "a NUL in text": (body("45", "4b03310001", "54", "4fc302610001", "01", "01"), K.TRAILING_NUL),
    "a duplicate CmdID": (body(STATUS, STATUS), K.DUPLICATE_CMDID),
    "CmdID 0": (body(STATUS.replace("4b033100", "4b033000")), K.DUPLICATE_CMDID),
    "no CmdID": (body(STATUS.replace("4b03310001", "")), K.MISSING),
    "no Data": (body(STATUS.replace("4f033231320001", "")), K.MISSING),
    "a code that is no number": (body(STATUS.replace("4f0332", "4f0378")), K.VALUE),
    "NoResp": (body("46", "4b03310001", "1d", "4f03313230310001", "01"), K.UNUSED_ELEMENT),
    "an element of data sync": (body("6a4b0331000101"), K.UNUSED_ELEMENT),
    "a literal element": (body("0400", STATUS, head="02a4016a027800"), K.UNKNOWN_ELEMENT),
    "an unknown token": (body("3f"), K.UNKNOWN_ELEMENT),
    "code page 9": (body("000905"), K.UNKNOWN_ELEMENT),
    "Format in capitals": (body("45", "4b03310001", "54", "5a000147034368720001010000", "0f", "0101"), K.FORMAT_CASE),
    "Type beside Meta": (body("45", "4b03310001", "54", "0001530378000100000f", "0101"), K.META_OUTSIDE),
    "Cred in a command": (body("45", "4b03310001", "4e4f0378000101", "540f01", "01"), K.CRED_OUTSIDE_HEADER),
    "two Data": (body("45", "4b03310001", "540f0f01", "01"), K.REPEATED),
    "no Item": (body("45", "4b03310001", "01"), K.MISSING),
}


@pytest.mark.parametrize(("data", "kind"), REFUSED.values(), ids=REFUSED)
def test_deviations_are_refused_strictly_and_noted_leniently(data: bytes, kind: K) -> None:
    with pytest.raises(CodecError) as caught:
        wbxml.decode(data)
    assert caught.value.offset is not None
    assert kind in {deviation.kind for deviation in wbxml.decode(data, lenient=True).deviations}


BROKEN = {
    "nothing": b"",
    "a version that does not exist": b"\x07" + PACKAGE_1[1:],
    "only a header": PACKAGE_1[:5],
    "an integer of six octets": bytes.fromhex("02ffffffffff7f6a00"),
    "an integer above 32 bits": bytes.fromhex("029fffffff7f6a00") + BODY,
    "a string table of 4 GB": bytes.fromhex("02a4016a8fffffff7f") + BODY,
    "opaque data of 4 GB": body("45", "4b03310001", "544fc38fffffff7f6101", "01"),
    "an index outside the table": body("45", "4b8305", "01"),
    "an entity that is no character": body("45", "4b02b6b000", "01"),
    "an extension token": body("c0"),
    "no END": PACKAGE_1[:-1],
    "a string without NUL": PACKAGE_1[:12],
    "100 000 open elements": bytes.fromhex("02a4016a006d6b") + b"\x48" * 100_000,
    "100 000 open Sequences": body("64" * 100_000),
    "UTF-16": bytes.fromhex("02a4018777 00") + BODY,
    "another root": TNDS,
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("lenient", [False, True])
def test_what_is_no_message_is_refused_at_once(data: bytes, lenient: bool) -> None:
    with pytest.raises(CodecError) as caught:
        wbxml.decode(data, lenient=lenient)
    assert len(str(caught.value)) < 200


def test_the_size_limit_holds() -> None:
    with pytest.raises(CodecError, match="at most 100 are read"):
        wbxml.decode(PACKAGE_1, max_size=100)


@given(st.binary(max_size=200), st.booleans())
def test_arbitrary_octets_raise_nothing_but_codec_errors(data: bytes, lenient: bool) -> None:
    for candidate in (data, PACKAGE_1[:5] + data, PACKAGE_1[:5] + b"\x6d" + data):
        try:
            wbxml.decode(candidate, lenient=lenient)
        except CodecError:
            continue


def mutants(count: int, seed: int) -> list[bytes]:
    """Octets that begin as a message and were then damaged: changed, cut, doubled, crossed."""
    rng = random.Random(seed)
    sources = [PACKAGE_1, TNDS, CP, wbxml.encode(message()), wbxml.encode(message(), string_table=True)]
    made = []
    for _ in range(count):
        data = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            match rng.randrange(5):
                case 0:
                    data[at] = rng.randrange(256)
                case 1:
                    del data[at : at + rng.randint(1, 8)]
                case 2:
                    data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 4)))
                case 3:
                    data[at:at] = data[at : at + rng.randint(1, 30)]
                case _:
                    data[at:] = rng.choice(sources)[at:]
            data = data or bytearray(b"\0")
        made.append(bytes(data))
    return made


@pytest.mark.slow
def test_mutants_raise_nothing_but_codec_errors() -> None:
    count = 50_000 if settings().max_examples > 10_000 else 2_000

    def read_all(data: bytes) -> None:
        for read in (wbxml.decode, read_wbxml):
            for lenient in (False, True):
                with contextlib.suppress(CodecError):
                    read(data, lenient=lenient)  # type: ignore[operator]

    for data in mutants(count, seed=1):
        calls = steps(lambda data=data: read_all(data))  # type: ignore[misc]
        assert calls < 100 * len(data) + 2000, data  # some 30 calls an octet at most: no mutant makes work without end


def test_a_string_table_takes_linear_time() -> None:
    def cost(count: int) -> int:
        items = tuple(Item(target=f"./A/{n % 97}/{n}", data=f"value {n}") for n in range(count))
        big = Message(HEADER, (Add(items, cmd_id="1"),))
        assert wbxml.decode(wbxml.encode(big, string_table=True)) == big
        return steps(lambda: wbxml.encode(big, string_table=True))

    assert cost(8_000) < 5 * cost(2_000)  # four times the work; quadratic would be sixteen


def test_a_string_table_makes_messages_smaller() -> None:
    assert len(wbxml.encode(message(), string_table=True)) < len(wbxml.encode(message()))


@pytest.mark.parametrize(
    "bad",
    [
        Message(HEADER, (Add((Item(target="a\0b"),)),)),
        Message(HEADER, (Add((Item(data="\ud800"),)),)),
        Message(HEADER, (Add((Item(target_name="x"),)),)),
    ],
)
def test_what_cannot_be_written_is_refused(bad: Message) -> None:
    with pytest.raises(CodecError):
        wbxml.encode(bad)


def test_commands_without_cmd_id_are_numbered() -> None:
    sent = Message(HEADER, (Get.of("./A"), Get.of("./B")))
    assert [c.cmd_id for c in wbxml.decode(wbxml.encode(sent)).commands] == ["1", "2"]


def test_no_page_switch_is_written_before_end() -> None:
    """The switch comes before the next tag of page 0, not before END."""
    octets = wbxml.encode(
        Message(
            HEADER,
            (
                Status(StatusCode(200), "1", "1", "Get", chal=Meta(format="b64"), cmd_id="1"),
                Results((Item(source="./A", meta=Meta(format="int")),), "1", "1", cmd_id="2"),
                Get.of("./B"),
            ),
        )
    )
    assert b"\0\0\x01" not in octets


@pytest.fixture(scope="module")
def library() -> LibWbxml:
    found = libwbxml()
    if found is None:
        pytest.skip("libwbxml2 is not installed")
    return found


@pytest.mark.spec("P-02")
@settings(max_examples=60)
@given(message=messages(st.text("abc <>&é", min_size=1, max_size=9).filter(str.strip)))
def test_libwbxml_reads_what_we_write(library: LibWbxml, message: Message) -> None:
    octets = wbxml.encode(message)
    theirs = read_xml(library.xml(octets), lenient=True)
    assert theirs.root == read_wbxml(octets).root


@pytest.mark.spec("P-02")
@settings(max_examples=60)
@given(message=messages(st.text("abc019", min_size=1, max_size=9)))
def test_we_read_what_libwbxml_writes(library: LibWbxml, message: Message) -> None:
    assert wbxml.decode(library.wbxml(xml.encode(message))) == message
