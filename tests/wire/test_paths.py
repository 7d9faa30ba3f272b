"""Quick readers and writers beside the strict ones: over messages, over mutants of them, switched on and off."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.wbxml_bench import message
from dmkit import cli
from dmkit.wire import compiled, wbxml, xml
from dmkit.wire.assemble import message_of
from dmkit.wire.compiled import paths, quickly, read_wbxml, read_xml, usual
from dmkit.wire.compiling import source_of
from dmkit.wire.content import COMMANDS, Irregular
from dmkit.wire.numbers import numbered
from dmkit.wire.octets import Notes, read_head
from dmkit.wire.spelling import WBXML, XML
from dmkit.wire.tags import read_content
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Cred,
    Delete,
    Exec,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Replace,
    Results,
    Sequence,
    Status,
)
from tests import strategies, swapped

HEADER = Header("1", "1", "IMEI:1", "http://s/dm")
XML_PIECES = (
    b"<Final/> <Item> </Item> <Data/> <Data>1</Data> &amp; &#65; ]]> <!----> <NoResp/> <Meta></Meta> <CmdID>1</CmdID> "
    b"0 SYNCML1x2 <LocName>n</LocName> \xc3\xa9 \r \xff < > & x 7 <MoreData/> ]] \x1f \xef\xbf\xbf "
    b"<Source><LocURI>s</LocURI></Source> <TargetRef>t</TargetRef>"
)
WBXML_PIECES = (
    "0000 0001 01 12 54 14 0f 4f03310001 5a0001010000 1d 34 4b03310001 c30161 03 c3a9 5a00014703696e74000101 0241 ff "
    "00 83 31 78 26616d703b 000000 00000000 0002 01000001 5603740001 67570374000101 53036d0001 "
    "5a00014703696e740001010000"
)
PIECES = {"xml": XML_PIECES.split(b" "), "wbxml": [bytes.fromhex(piece) for piece in WBXML_PIECES.split(" ")]}
LEAVES = {
    "xml": re.compile(rb"<(\w+)>[^<]*</\1>|<\w+/>"),
    "wbxml": re.compile(rb"[\x45-\x7f]\x03[^\x00]*\x00\x01|\x0f|\x12|\x34"),
}
TEXTS = {"xml": re.compile(rb">([^<>]+)<"), "wbxml": re.compile(rb"\x03([^\x00]+)\x00")}


def mutant(data: bytes, form: str, chance: Random) -> bytes:
    """``data`` after a small change, or two: a sign of a text, an element left out, twice or elsewhere, any octet."""
    for _ in range(chance.choice((1, 1, 1, 2))):
        kind, at, piece = chance.randrange(8), chance.randrange(len(data)), chance.choice(PIECES[form])
        leaves = list(LEAVES[form].finditer(data))
        leaf = chance.choice(leaves) if leaves else None
        if kind < 4:
            texts = list(TEXTS[form].finditer(data))
            at = chance.randrange(*chance.choice(texts).span(1)) if texts else at
            data = (
                data[:at]
                + (piece if kind == 0 else chance.choice((b"7", b"x", b"Q", b"0", b"zz", b"")))
                + data[at + 1 :]
            )
        elif kind < 7 and leaf is not None:
            without = data[: leaf.start()] + data[leaf.end() :]
            other = chance.choice(leaves).start()
            data = without if kind == 4 else (without if kind == 5 else data)[:other] + leaf[0] + (
                without if kind == 5 else data)[other:]  # fmt: skip
        else:
            data = data[:at] + piece + data[at + chance.choice((0, 1, len(piece))) :]
        data = data or b"\0"
    return data


FORMS: dict[str, tuple[Callable[[bytes], Message], Callable[..., Message], Callable[[Message], bytes]]] = {
    "xml": (read_xml, xml.decode, xml.encode),
    "wbxml": (read_wbxml, wbxml.decode, wbxml.encode),
}


METAS = (Meta("chr"), Meta("b64", "text/plain"), Meta("chr", "a/b", "fatal"), Meta("xml", "t", "m", 4, version="1"))
UNUSUAL: dict[str, tuple[Command, ...]] = {
    "a Copy": (Copy((Item("./A", "./B"),)), Copy((Item("./A", "./B"), Item("./C", "./D")), METAS[0])),
    "names beside addresses": (Replace((Item("./A", "./B", target_name="a", source_name="b"),)), Get.of("./A")),
    "two addresses": (Alert(AlertCode(1226), (Item("./A", "./B", METAS[2], "200"),), "c"), Alert(AlertCode(1201))),
    "more to come": (Replace((Item("./A", meta=METAS[1], data="eA", more_data=True),)),),
    "one Item of many kinds": tuple(
        Add((Item("./A", meta=meta, data=data),), other)
        for meta in (None, *METAS) for data in (None, "", "x") for other in (None, METAS[0])
    ),
    "Items of many kinds": (
        Results(tuple(Item(source="./A", meta=meta, data="x") for meta in (None, *METAS)), "1", "2"),
    ),
    "an empty Item": (Alert(AlertCode(1226), (Item(),)), Exec((Item(),), None, "c"), Get((Item(), Item()))),
    "answers with Items": (Status(StatusCode(213), "1", "2", "Replace", ("./A",), ("./B",), None, (Item("./A"),)),
                           Results((Item(source="./A", data="x"),), None, "2", METAS[0], "./A", "./B")),
    "Meta before the end": (
        Atomic((Add((Item("./A", meta=Meta("node")),)), Sequence((Add((Item("./A", meta=METAS[3]),)),)))),
        Get.of("./A"),
    ),
}  # fmt: skip
"""Messages that not every expression takes at once: the quick readers take them all the same."""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_less_usual_is_still_read_quickly(form: str, name: str) -> None:
    quick, decode, encode = FORMS[form]
    data = encode(numbered(Message(HEADER, UNUSUAL[name], False)))
    with paths(fast=False):
        assert quick(data) == decode(data)


@pytest.mark.parametrize("sign", [chr(code) for code in range(32)])
def test_signs_that_xml_forbids_are_never_read_quickly(sign: str) -> None:
    message = numbered(Message(HEADER, (Replace((Item("./A", meta=Meta("chr", "t@t"), data="d@d"),), METAS[0]),)))
    for at in (b"t@t", b"d@d", b"IMEI:1", b">chr<"):
        data = xml.encode(message)
        assert at in data
        data = data.replace(at, at[:1] + sign.encode() + at[1:], 1)
        if sign in "\t\n" and at != b">chr<":  # white space around a Format is refused by both
            assert read_xml(data) == xml.decode(data)
        else:
            with pytest.raises(Irregular):
                read_xml(data)


@pytest.mark.parametrize("switch", ["00", "0000", "0001", "0002", "000000", "00000000", "00000001"])
@pytest.mark.parametrize("behind", ["Get", "Add", "Sequence", "a Sequence's last", "Meta"])
def test_page_switches_behind_an_end_are_taken_as_the_strict_reader_takes_them(switch: str, behind: str) -> None:
    commands = (Sequence((Get.of("./A"), Add((Item("./B", meta=Meta("node")),)))), Get.of("./C"))
    data = wbxml.encode(Message(HEADER, (*commands, Add((Item("./E", meta=Meta("int"), data="1"),))), False))
    end = {"Get": b"A\0\1\1\1\1", "Add": b"node\0\1\1\1\1", "Sequence": b"node\0\1\1\1\1\1",
           "a Sequence's last": b"C\0\1\1\1\1", "Meta": b"int\0\1\1"}[behind]  # fmt: skip
    assert data.count(end) == 1
    changed = data.replace(end, end + bytes.fromhex(switch))
    with paths(fast=False):
        try:
            strictly: Message | None = wbxml.decode(changed)
        except CodecError:
            strictly = None
    try:
        assert read_wbxml(changed) == strictly
    except Irregular:
        assert strictly is None or switch != "0000" or behind == "Meta"  # where one stands already


def mutants(form: str, seed: int, most: int) -> Iterator[bytes]:
    chance, encode = Random(seed), FORMS[form][2]
    texts = ["./A", "a & b", "<x>", "é\U0001d11e", "1", ""]
    sources = [encode(message())]
    for _ in range(20):
        items = (Item(f"./N{n}", meta=Meta(format=chance.choice(["int", "chr", None])), data=chance.choice(texts))
                 for n in range(chance.randint(1, 3)))  # fmt: skip
        sources.append(encode(numbered(Message(HEADER, tuple(Replace((item,)) for item in items)))))
    sources += [encode(numbered(Message(HEADER, commands, chance.random() < 0.5))) for commands in UNUSUAL.values()]
    for _ in range(most):
        yield mutant(chance.choice(sources), form, chance)


def compare(form: str, seed: int, tried: int) -> int:
    """What the quick reader takes is the same message to the strict one, and both writers write it alike; how many."""
    quick, decode, _ = FORMS[form]
    accepted = 0
    for data in mutants(form, seed, tried):
        try:
            read = quick(data)
        except Irregular:
            continue
        accepted += 1
        with paths(fast=False):
            for lenient in (False, True):
                strictly = decode(data, lenient=lenient)
                assert lenient or strictly == read, data
            slowly = wbxml.encode(read)
        with paths(fast=True):
            assert decode(data) == read
            assert wbxml.encode(read) == slowly, data
    return accepted


@pytest.mark.parametrize("form", FORMS)
def test_mutants_that_the_quick_reader_accepts_are_the_same_message(form: str) -> None:
    assert compare(form, 1, 3000) > 150


@pytest.mark.nightly
@pytest.mark.parametrize("form", FORMS)
def test_fifty_thousand_accepted_mutants_agree(form: str) -> None:
    accepted, seed = 0, 100
    while accepted < 25_000:
        accepted += compare(form, seed, 10_000)
        seed += 1


@given(strategies.messages(binary=True))
def test_quick_and_strict_writers_write_the_same_octets(message: Message) -> None:
    with paths(fast=True):
        quick = wbxml.encode(message)
    with paths(fast=False):
        assert wbxml.encode(message) == quick


@given(strategies.messages(), st.booleans())
def test_readers_agree_on_and_off(message: Message, lenient: bool) -> None:
    for form, (_, decode, encode) in FORMS.items():
        data = encode(message)
        with paths(fast=True):
            quick = decode(data, lenient=lenient)
        with paths(fast=False):
            assert decode(data, lenient=lenient) == quick, form


CHAL = Meta(format="b64", type="syncml:auth-md5", next_nonce="bm9uY2U=")
TOLD = Status(StatusCode(200), "1", "0", "SyncHdr", ("a&b",), ("<IMEI:1>",), cmd_id="1")
BODIES: dict[str, tuple[Command, ...]] = {
    "a value": (Replace((Item(target="./A", data="a & b"),), cmd_id="2"), Get.of("./B")),
    "a challenge first": (Status(StatusCode(212), "1", "0", "SyncHdr", chal=CHAL, cmd_id="1"), Get.of("./B")),
    "a challenge alone": (Status(StatusCode(212), "1", "0", "SyncHdr", chal=CHAL, cmd_id="1"),),
    "a challenge later": (Get.of("./B"), Status(StatusCode(407), "1", "0", "SyncHdr", chal=CHAL, cmd_id="9")),
    "a challenge with addresses": (msgspec.structs.replace(TOLD, chal=CHAL), Get.of("./B")),
    "a Status of the header": (TOLD, Replace((Item(target="./A", data="a & b"),), cmd_id="2")),
    "another name and number": (
        msgspec.structs.replace(TOLD, cmd="Get", cmd_ref="0"),
        msgspec.structs.replace(TOLD, cmd_ref="1", cmd_id="2"),
    ),
    "nothing": (),
}


LOOKS_USUAL: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "quotes of a version that do not match": ("xml", lambda data: b"<?xml version=\"1.0'?>" + data),
    "quotes of an encoding that do not match": ("xml", lambda data: b"<?xml version='1.0' encoding='UTF-8\"?>" + data),
    **{
        f"a blank of Unicode {where}, {ord(blank):04X}": (
            "xml",
            lambda data, blank=blank, before=before: (  # type: ignore[misc]
                b'<?xml version="1.0"?>' + (blank.encode() + data if before else data + blank.encode())
            ),
        )
        for blank in "\x85\xa0\u2003\u2028\u3000"
        for where, before in (("before the message", True), ("behind it", False))
    },
    **{
        f"{name} in {around.__name__}, {form}": (
            form,
            lambda _, form=form, inside=inside, around=around: FORMS[form][2](  # type: ignore[misc]
                Message(HEADER, (around((Get.of("./A"), inside)),))
            ),
        )
        for form in FORMS
        for around in (Atomic, Sequence)
        for name, inside in (
            ("Status", TOLD),
            ("Results", Results((Item(source="./A", data="x"),), "1", "1")),
            ("Results deeper", Sequence((Results((Item(source="./A", data="x"),), "1", "1"),))),
        )
    },
}  # fmt: skip
"""What a usual message becomes when it is wrong where an expression may be too generous."""


@pytest.mark.parametrize("name", LOOKS_USUAL)
def test_what_only_looks_usual_is_refused_by_both(name: str) -> None:
    form, changed = LOOKS_USUAL[name]
    quick, decode, encode = FORMS[form]
    data = changed(encode(Message(HEADER, (Get.of("./A"),))))
    with pytest.raises(Irregular):
        quick(data)
    for fast in (True, False):
        with paths(fast=fast), pytest.raises(CodecError):
            decode(data)
    noted = []
    for fast in (True, False):
        with paths(fast=fast):
            noted.append([str(one) for one in decode(data, lenient=True).deviations])
    assert noted[0] == noted[1] != []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("inside", [
    Get.of(" ./A"), Status(StatusCode(200), "1", "1", "Get", (), (), None, (Item(source="./A\t"),)),
    Sequence((Delete.of("./A"), Sequence((Replace((Item("./A", "./B "),)),)))),
])  # fmt: skip
def test_blanks_around_an_address_are_noted_by_both_wherever_it_stands(form: str, inside: Command) -> None:
    _, decode, encode = FORMS[form]
    data = encode(Message(HEADER, (inside,)))
    read = []
    for fast in (True, False):
        with paths(fast=fast):
            read.append(decode(data, lenient=True))
    assert read[0] == read[1] and read[0].deviations == read[1].deviations
    assert [one.kind.value for one in read[0].deviations] == ["value"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("data", ["", " ", "\t\n"])
def test_credentials_of_nothing_are_none_in_both_forms(form: str, fast: bool, data: str) -> None:
    _, decode, encode = FORMS[form]
    meta = Meta("b64", "syncml:auth-md5")
    octets = encode(Message(msgspec.structs.replace(HEADER, cred=Cred(data, meta)), (Get.of("./A"),)))
    with paths(fast=fast):
        with pytest.raises(CodecError, match=r"Cred has Data with the credentials, not '?nothing"):
            decode(octets)
        read = decode(octets, lenient=True)
    assert read.header.cred is None and [one.kind.value for one in read.deviations] == ["empty-cred"]


@pytest.mark.parametrize("written", [
    "<?xml version='1.0' encoding=\"utf-8\"?>\n", '<?xml version="1.0" ?>', "<?xml version='1.0' encoding='UTF-8' ?>\t",
])  # fmt: skip
def test_declarations_of_any_usual_form_are_read_quickly(written: str) -> None:
    message = numbered(Message(HEADER, (Get.of("./A"),)))
    assert read_xml(written.encode() + xml.encode(message) + b"\n") == message


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_was_read_before_belongs_to_the_header_of_today(form: str, name: str) -> None:
    _, decode, encode = FORMS[form]
    body = numbered(Message(HEADER, BODIES[name]))
    for number in ("1", "2", "3"):
        data = encode(Message(Header(number, number, "IMEI:2", "http://s/dm"), body.commands, number != "3"))
        with paths(fast=False):
            strictly = decode(data)
        with paths(fast=True):
            assert decode(data) == strictly == decode(data)
        assert (strictly.header.session_id, strictly.final) == (number, number != "3")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("addresses", [(), ("IMEI:1",)])
@pytest.mark.parametrize(("first", "second"), [("1", "1"), ("2", "2"), ("0", "1"), ("", "1"), ("1", ""), ("1", "0")])
def test_numbers_are_compared_with_those_of_a_body_that_was_read_before(
    form: str, first: str, second: str, addresses: tuple[str, ...]
) -> None:
    quick, decode, encode = FORMS[form]
    status = Status(StatusCode(212), "1", "0", "SyncHdr", addresses, addresses, CHAL, cmd_id="7")
    rest = Get((Item(target="./B"),), cmd_id="8")
    data = encode(Message(HEADER, (status, rest)))
    quick(data)
    for old, new in ((b"7", first), (b"8", second)):
        for before, after in ((b"<CmdID>", b"<"), (b"\x4b\x03", b"\0")):
            data = data.replace(before + old + after, before + new.encode() + after)
    quick(encode(Message(HEADER, (msgspec.structs.replace(rest, cmd_id="1"),))))  # the rest of it alone is sound
    for _ in range(2):
        with pytest.raises(Irregular):
            quick(data)
        with pytest.raises(CodecError):
            decode(data)


def test_no_body_with_a_nonce_is_remembered() -> None:
    for form, reader in (("xml", compiled._XML), ("wbxml", compiled._WBXML)):
        for name, body in BODIES.items():
            FORMS[form][0](FORMS[form][2](numbered(Message(HEADER, body))))
            assert not any("bm9uY2U=" in text for text in reader.bodies), name
        assert reader.bodies


def test_what_is_remembered_is_short_and_not_much() -> None:
    reader = compiled._WBXML
    for at in range(600):
        read_wbxml(wbxml.encode(Message(HEADER, (Get.of(f"./N{at}"), Replace.of("./A", "x" * (at % 2 * 2000))))))
    assert 0 < len(reader.bodies) <= 256
    assert max(map(len, reader.bodies)) <= 1024


@pytest.mark.parametrize("field", ["format", "type", "mark", "next_nonce", "version"])
@pytest.mark.parametrize("form", FORMS)
def test_what_looks_like_a_reference_is_one_in_xml_only(form: str, field: str) -> None:
    quick, decode, encode = FORMS[form]
    meta = Meta(**{field: "a&amp;b &lt;"})
    item = Item("./A&gt;B", meta=meta, data="&amp;lt; &#65;")
    message = Message(HEADER, (Replace((item, item), meta, cmd_id="&amp;"),))
    data = encode(message)
    with paths(fast=False):
        assert decode(data) == message
    with paths(fast=True):
        assert decode(data) == message
    if form == "wbxml":
        assert quick(data) == message


def test_the_switch_switches() -> None:
    with paths(fast=True):
        assert usual() and quickly()
        with paths(fast=False):
            assert not usual() and not quickly()
            with paths(fast=True):
                assert usual() and quickly()
            assert not usual()
        assert usual()


def test_the_environment_decides_for_all_tests() -> None:
    assert usual() == quickly() == (os.environ.get("DMKIT_FAST") != "off")


FIRST = """
from dmkit import XML
from dmkit.wire.compiled import quickly
from dmkit.words.model import Get, Header, Message
data = XML.encode(Message(Header("1", "1", "a", "b"), (Get.of("./A"),)))
read = [XML.decode(data) for _ in range(6)]
print(quickly(), len(set(map(repr, read))))
"""


def test_the_first_messages_of_a_process_are_read_by_the_strict_reader_as_the_others_are() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "1"]


@pytest.mark.parametrize("form", [XML, WBXML])
def test_every_command_has_a_branch(form: object) -> None:
    source = source_of(form)  # type: ignore[arg-type]
    assert all(f"scan_{name}(" in source for name in COMMANDS)


def test_a_namespace_that_only_looks_like_ours_is_refused() -> None:
    data = xml.encode(Message(HEADER, (Get.of("./A"),)))
    for fast in (True, False):
        with paths(fast=fast), pytest.raises(CodecError, match="SYNCML:SYNCML1x2"):
            xml.decode(data.replace(b"SYNCML:SYNCML1.2", b"SYNCML:SYNCML1x2"))
        with paths(fast=fast), pytest.raises(CodecError):
            xml.decode(xml.encode(message()).replace(b"syncml:metinf", b"syncmlxmetinf"))


def test_an_unknown_public_identifier_is_refused_and_noted() -> None:
    data = wbxml.encode(Message(HEADER, (Get.of("./A"),)))
    unknown = data[:1] + b"\x01" + data[3:]
    with pytest.raises(CodecError, match="public identifier"):
        wbxml.decode(unknown)
    assert [str(d.kind) for d in wbxml.decode(unknown, lenient=True).deviations] == ["public-id"]


@pytest.mark.parametrize("at", ["target", "source", "session_id", "cmd"])
def test_a_nul_in_a_text_is_never_written(at: str) -> None:
    bad = "x\0\1"
    header = Header(
        bad if at == "session_id" else "1", "1", bad if at == "target" else "a", bad if at == "source" else "b"
    )
    commands = (Get.of(bad),) if at == "cmd" else (Get.of("./A"),)
    for fast in (True, False):
        with paths(fast=fast), pytest.raises(CodecError, match="U\\+0000"):
            wbxml.encode(Message(header, commands))


# -- the switch, for others


def test_the_command_line_obeys_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def noted(arguments: object) -> int:
        seen.append(usual())
        return 0

    monkeypatch.setitem(cli.COMMANDS, "decode", replace(cli.COMMANDS["decode"], run=noted))
    with paths(fast=True):
        for told in ("off", "on", "off"):
            monkeypatch.setenv("DMKIT_FAST", told)
            assert cli.main(["decode", "message.xml"]) == 0 and usual()
    assert seen == [False, True, False]


def test_rooms_that_are_swapped_are_all_that_have_tests() -> None:
    tested = {file.relative_to(swapped.ROOT).parts[1] for file in (swapped.ROOT / "tests").rglob("test_*.py")}
    assert tested <= set(swapped.rooms()) and {"wire", "words", "typing"} <= tested


def test_a_room_that_fails_makes_the_whole_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {("wire", "off"): (0, "3 passed in 1 s"), ("wire", "on"): (1, "FAILED x\n1 failed, 2 passed in 1 s")}

    def process(words: list[str], *, env: dict[str, str], **options: object) -> subprocess.CompletedProcess[str]:
        code, said = ended["wire" if "tests/wire" in words else "typing", env["DMKIT_FAST"]]
        return subprocess.CompletedProcess(words, code, said)

    monkeypatch.setattr(subprocess, "run", process)
    table = tmp_path / "table.csv"
    assert swapped.main(["--mode", "off", "--table", str(table), "wire"]) == 0
    assert swapped.main(["--table", str(table), "wire"]) == 1
    rows = [line.split(",")[:3] for line in table.read_text().splitlines()]
    assert rows == [["room", "mode", "code"], ["wire", "off", "0"], ["wire", "on", "1"]]
    assert "1 failed, 2 passed" in capsys.readouterr().out


# -- what strict readers take is nothing that lenient ones note, and both forms say the same


def read_by_all(form: str, data: bytes) -> list[Message | str]:
    """What strict and lenient readers make of ``data``, quick and slow; lenient ones also where they look closely."""
    found: list[Message | str] = []
    for fast in (True, False):
        for lenient in (False, True):
            with paths(fast=fast):
                try:
                    found.append(FORMS[form][1](data, lenient=lenient))
                except CodecError:
                    found.append("refused")
    if form == "wbxml" and "refused" not in found:
        notes = Notes(True)
        head = read_head(data, notes, len(data))
        (root,), _, _ = read_content(data, head.start, head, notes, root=True)
        found.append(message_of(root, notes))
    return found


@pytest.mark.parametrize("sign", ["\x01", "\x0b", "\x1c", "\x7f", "\x85", "\ufffe"])
def test_signs_of_an_opaque_address_are_those_of_a_string(sign: str) -> None:
    """OPAQUE in a text element is UTF-8 text; what a string may hold, it may hold.  [wbxml sheet §2, §3]"""
    address = f"./A{sign}BCD".encode()
    plain = wbxml.encode(Message(HEADER, (Get((Item("./ABCDEF"),), cmd_id="1"),)))
    usual = b"\x03./ABCDEF\0"
    assert plain.count(usual) == 1
    opaque = plain.replace(usual, b"\xc3" + bytes([len(address)]) + address)
    string = plain.replace(usual, b"\x03" + address + b"\0")
    read = [*read_by_all("wbxml", opaque), *read_by_all("wbxml", string)]
    assert all(message == read[0] for message in read) and not read[0].deviations  # type: ignore[union-attr]
    assert read[0].commands[0].items[0].target == address.decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\x85", "\xa0", "\u2003", "\u2028", "\u3000"])
@pytest.mark.parametrize("text", ["{}int", "int{}", "{}INT"])
def test_only_white_space_of_xml_is_white_space_around_a_format(blank: str, text: str) -> None:
    """Both forms refuse a known name with white space around it; with another sign it is a name that nobody knows."""
    format = text.format(blank)
    read: list[Message | str] = []
    for form, inside in (("xml", b">%b<"), ("wbxml", b"\x03%b\0")):
        data = FORMS[form][2](Message(HEADER, (Replace((Item("./A", meta=Meta("int"), data="1"),), cmd_id="1"),)))
        assert data.count(inside % b"int") == 1
        read += read_by_all(form, data.replace(inside % b"int", inside % format.encode()))
    metas = [one if isinstance(one, str) else one.commands[0].items[0].meta.format for one in read]  # type: ignore[union-attr]
    if blank in " \t\n":
        assert metas == ["refused", "int"] * 4
        assert all(isinstance(one, str) or one.deviations for one in read)
    else:
        assert set(metas) == {format} and not any(one.deviations for one in read)  # type: ignore[union-attr]
        for form in FORMS:  # what our own encoder writes, both readers take
            written = FORMS[form][2](read[0])  # type: ignore[arg-type]
            assert {one == read[0] for one in read_by_all(form, written)} == {True}
