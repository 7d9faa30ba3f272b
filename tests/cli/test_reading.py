"""What people have: files that are no message as the specification has it, read as far as they go, nothing left out."""

from __future__ import annotations

import json
import re
import sys
from io import BytesIO, TextIOWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.cli import main
from dmkit.wire.conversion import convert
from dmkit.wire.document import read_all
from dmkit.wire.markup import parse_all, read_xml
from dmkit.wire.pieces import escaped_data, pieces
from dmkit.wire.salvage import parts_of
from dmkit.words.deviations import DeviationKind as Kind
from dmkit.words.errors import CodecError

HEAD = (
    '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>4</SessionID>'
    "<MsgID>1</MsgID><Target><LocURI>IMEI:1</LocURI></Target><Source><LocURI>https://s/dm</LocURI></Source></SyncHdr>"
    "<SyncBody>"
)
TAIL = "<Final/></SyncBody></SyncML>"


def replace(uri: str = "./A", data: str = "1", format: str = "chr", number: int = 2) -> str:
    return (
        f"<Replace><CmdID>{number}</CmdID><Item><Target><LocURI>{uri}</LocURI></Target>"
        f'<Meta><Format xmlns="syncml:metinf">{format}</Format></Meta><Data>{data}</Data></Item></Replace>'
    )


def message(*commands: str) -> str:
    return HEAD + "".join(commands) + TAIL


@pytest.fixture
def run(tmp_path, capsys):
    """Write a file, run a command on it: status, what it printed, what it said."""

    def go(data: str | bytes, *argv: str, command: str = "decode"):
        place = tmp_path / "in.xml"
        place.write_bytes(data.encode() if isinstance(data, str) else data)
        status = main([command, str(place), *argv])
        said = capsys.readouterr()
        return status, said.out, said.err

    return go


SIDE_BY_SIDE = {
    "two": (replace("./A") + "\n" + replace("./B", number=3), ["./A", "./B"]),
    "a comment before": ("<!-- why -->\n" + replace("./A") + replace("./B"), ["./A", "./B"]),
    "a comment between": (replace("./A") + "<!-- <Add> -->" + replace("./B"), ["./A", "./B"]),
    "instructions": (
        "<?xml version='1.0'?><?profile 1?>" + replace("./A") + "<?and then?>" + replace("./B"), ["./A", "./B"]
    ),
    "a declaration each": (
        '<?xml version="1.0"?>' + replace("./A") + '<?xml version="1.0"?>' + replace("./B"), ["./A", "./B"]
    ),
    "three kinds": (
        "<Add><Item><Target><LocURI>./A</LocURI></Target></Item></Add>"
        "<Delete><Item><Target><LocURI>./B</LocURI></Target></Item></Delete>"
        "<Exec><Item><Target><LocURI>./C</LocURI></Target></Item></Exec>", ["./A", "./B", "./C"]
    ),
    "in SyncBody": ("<SyncBody>" + replace("./A") + replace("./B", number=3) + "</SyncBody>", ["./A", "./B"]),
    "messages": (message(replace("./A")) + "\n" + message(replace("./B")), ["./A", "./B"]),
    "messages with a line between": (message(replace("./A")) + "<!-- 12:00 -->" + message(replace("./B")),
                                     ["./A", "./B"]),
}  # fmt: skip


@pytest.mark.parametrize(("before", "says"), [
    ('<?xml version="1.0"?>' * 2, "declaration"), ("<!DOCTYPE SyncML><!DOCTYPE SyncML>", "StartTag"),
    ('<!-- 1 --><?xml version="1.0"?>', "declaration"), ('<?xml version="1.0"?><!DOCTYPE a><?xml version="1.0"?>', ""),
])  # fmt: skip
def test_what_stands_twice_before_a_message_is_reported(before, says, run):
    data = before + message(replace("./A"))
    status, out, err = run(data)
    assert status == 2 and "<LocURI>./A</LocURI>" in out and says in err
    status, out, err = run(data, "--lenient")
    assert status == 0 and "<LocURI>./A</LocURI>" in out
    assert "deviation: malformed-xml" in err and says in err
    assert run(data, "--strict")[0] == 2


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
@pytest.mark.parametrize("option", [[], ["--lenient"], ["--json"]], ids=str)
def test_what_stands_side_by_side_is_read_whole_and_each_part_is_reported(name, option, run):
    data, uris = SIDE_BY_SIDE[name]
    status, out, err = run(data, *option)
    assert status == 0
    found = re.findall(r"\./[ABC]\b", out)
    assert found == uris
    parts = len(read_all(data.encode(), lenient=True))
    assert err.count("several-documents") == parts - 1
    if option == ["--json"]:
        json.loads(out)
    assert run(data, "--strict")[0] == 2


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_what_stands_side_by_side_is_converted_whole(name, run, tmp_path):
    data, uris = SIDE_BY_SIDE[name]
    out = tmp_path / "out"
    for option in ([], ["--lenient"]):
        assert run(data, str(out), *option, command="convert")[0] == 0
        status, shown, _ = run(out.read_bytes())
        assert status == 0
        assert re.findall(r"\./[ABC]\b", shown) == uris


def test_convert_to_standard_output_writes_no_file(tmp_path, monkeypatch):
    (tmp_path / "m.xml").write_text(message(replace()))
    monkeypatch.chdir(tmp_path)
    stream = TextIOWrapper(BytesIO())
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["convert", "m.xml", "-"]) == 0
    assert stream.buffer.getvalue()[:2] == b"\x02\xa4"  # type: ignore[attr-defined]
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.xml"]


UNESCAPED = {
    "a declaration": '<?xml version="1.0"?><a/>',
    "a page": "<html><br>text<p></html>",
    "a stray sign": "5 < 6",
    "an open element": "<a><b></a>",
    "a document of its own": '<?xml version="1.0"?><S><Data>x</Data><!-- c --></S>',
    "a lost end": "</a>",
    "a section in a section": "<x><![CDATA[ ]]> ]]></x>",
}


@pytest.mark.parametrize("text", UNESCAPED.values(), ids=UNESCAPED)
@pytest.mark.parametrize("around", ["{}", "alone"], ids=["message", "command"])
def test_mark_up_in_data_is_kept_as_text_and_said(text, around, run):
    data = replace("./W", text) if around == "alone" else message(replace("./V"), replace("./W", text, number=3))
    status, out, err = run("\n\n" + data)
    assert status == 0, err
    assert "unescaped-markup at line 3" in err
    root = read_xml(out.encode())[0]
    datas: list[str] = []

    def walk(element):
        for child in element.children:
            if not isinstance(child, str | bytes):
                if child.name == "Data":
                    datas.append(child.text)
                walk(child)

    walk(root)
    assert datas[-1] == text
    assert "./W" in out
    assert "<Replace" in out
    status, _, err = run("\n\n" + data, "--strict")
    assert status == 2
    assert re.search(r"in\.xml: .*line 3", err)


def test_a_section_that_ends_too_early_is_taken_to_its_last_end(run):
    status, out, err = run(message(replace("./A", "<![CDATA[a ]]> b]]>")))
    assert status == 0
    assert "a ]]&gt; b</Data>" in out
    assert "unescaped-markup" in err


def test_data_that_is_well_formed_is_left_alone():
    whole = message(replace("./A", "<a>&amp;</a>"), replace("./B", "x & y", number=3))
    assert escaped_data(whole.encode()) == (whole.encode(), [])


INNER = [
    (message(replace()).replace("</Replace>", ""), "Replace"),
    (message(replace()).replace("</SyncHdr>", ""), "SyncHdr"),
    ("<Replace><Item><Meta><Format>chr</Format></Meta>", "Item"),
    ("<SyncBody><Add/><MgmtTree><VerDTD>1.2</VerDTD></MgmtTree>", "SyncBody"),
    ("<Results><Item><Data><SyncML><SyncHdr/></SyncML>", "Data"),
    ("<Node><NodeName>x</NodeName><Node/></node>", "Node"),
]


@pytest.mark.parametrize(("data", "where"), INNER)
@pytest.mark.parametrize("lenient", [True, False])
def test_no_part_of_a_message_becomes_the_document(data, where, lenient):
    with pytest.raises(CodecError) as refused:
        parse_all(data.encode(), lenient=lenient)
    assert where in str(refused.value)
    with pytest.raises(CodecError):
        dm.XML.decode(data.encode(), lenient=lenient)


@pytest.mark.parametrize("cut", [0.1, 0.35, 0.6, 0.8, 0.97])
@pytest.mark.parametrize("form", ["xml", "wbxml"])
def test_a_message_that_was_cut_is_shown_as_far_as_it_goes(form, cut, run):
    whole = dm.XML.decode(message(*(replace(f"./N{n}", "text", number=n + 2) for n in range(9))).encode())
    codec = dm.XML if form == "xml" else dm.WBXML
    data = codec.encode(whole)
    if form == "xml":
        data = data.replace(b"<Item>", b"\n<Item>")
    data = data[: int(len(data) * cut)]
    status, out, err = run(data)
    assert status == 2
    assert "in.xml: " in err
    assert err.count("\n") == 1
    assert "ends" in err or "no NUL" in err or "fit" in err
    assert "shown as far as it goes" in err
    if form == "xml":
        assert f"line {data.count(b'<Item>') + 1}" in err
    shown = re.findall(r"\./N\d", out)
    octets = re.findall(rb"\./N\d", data)
    assert len(octets) - len(shown) <= 1
    json_status, json_out, _ = run(data, "--json")
    assert json_status == 2
    assert (json.loads(json_out) if json_out.strip() else {}) is not None


def test_commands_before_the_fault_are_shown(run):
    status, out, err = run(replace("./A") + "\n" + replace("./B").replace("</Item>", ""))
    assert status == 2
    assert "./A" in out
    assert "./B" in out
    assert "line 2" in err


BINARY = {
    "bin": dm.Item(source="./X", meta=dm.words.Meta(format="bin"), data=b"\0\x01\xff"),
    "no format": dm.Item(source="./X", data=b"\0\xff"),
    "an image": dm.Item(source="./X", meta=dm.words.Meta(format="bin", type="image/png"), data=b"\x89PNG\r\n\x1a\n\0"),
    "text of bin": dm.Item(source="./X", meta=dm.words.Meta(format="bin"), data=b"plain"),
}


@pytest.mark.parametrize("item", BINARY.values(), ids=BINARY)
def test_octets_are_shown_as_base64_with_a_note(item, run):
    results = dm.words.Results((item,), msg_ref="1", cmd_ref="4", cmd_id="2")
    octets = dm.WBXML.encode(dm.Message(dm.words.Header("1", "2", "http://s/dm", "IMEI:1"), (results,)))
    status, out, err = run(octets)
    assert status == 0
    if item.data != b"plain":
        assert f"note: SyncML/SyncBody/Results/Item/Data: {len(item.data)} octets, shown as base64 text" in err
    assert dm.XML.decode(out.encode()).commands[0].items[0].data is not None
    assert json.loads(run(octets, "--json")[1])["commands"][0]["items"][0]["data"] == ({"hex": item.data.hex()})


CHARSETS = [
    (f'<?xml version="1.0" encoding="{said}"?>' + message(replace("./A", "Grüße"))).encode()
    for said in ("utf-16", "UTF-16LE", "ucs-2", "unicode", "utf-7")
]


@pytest.mark.parametrize("data", CHARSETS)
def test_utf8_that_declares_something_else_is_read_and_said(data, run):
    status, out, err = run(data)
    assert status == 0
    assert "Grüße" in out
    assert "charset at octet 0: declares" in err
    assert run(data, "--strict")[0] == 2


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "iso-8859-1", "windows-1252"])
def test_text_in_another_charset_is_read_and_said(charset, run):
    data = (f'<?xml version="1.0" encoding="{charset}"?>' + message(replace("./A", "Grüße"))).encode(charset)
    status, out, err = run(data)
    assert (status, "Grüße" in out, "charset" in err) == (0, True, True)


SPACED = ["\n ./A/B\t", " ./A/B", "./A/B\r\n"]


@pytest.mark.parametrize("uri", SPACED)
@pytest.mark.parametrize("codec", ["xml", "wbxml"])
def test_white_space_around_an_address_is_taken_away_and_said(uri, codec, run):
    data = message(replace(uri)).encode()
    if codec == "wbxml":
        data = dm.WBXML.encode(dm.XML.decode(data))
    status, out, err = run(data)
    assert status == 0
    assert "<LocURI>./A/B</LocURI>" in out
    assert "white space stands around './A/B'" in err
    assert (dm.XML if codec == "xml" else dm.WBXML).decode(data, lenient=True).commands[0].items[0].target == "./A/B"
    assert run(data, "--strict")[0] == 2


@pytest.mark.parametrize(
    ("format", "kind"), [(" int ", "value"), ("\nchr\n", "value"), (" BOOL", "format-case"), ("Int", "format-case")]
)
def test_a_format_with_white_space_or_capitals_is_read_and_said(format, kind, run):
    status, out, err = run(message(replace(format=format, data="1")))
    assert status == 0
    assert f"{kind} at Format" in err
    assert f">{format.strip().lower()}</Format>" in out


@pytest.mark.parametrize(
    ("value", "meant"), [("1", "true"), ("0", "false"), ("True", "true"), ("FALSE", "false"), (" true", "true")]
)
def test_a_bool_in_digits_or_capitals_is_read_and_said(value, meant, run):
    status, out, err = run(message(replace(format="bool", data=value)))
    assert status == 0
    assert f"{meant} is meant" in err
    assert f"<Data>{value}</Data>" in out
    assert run(message(replace(format="bool", data="true")))[2] == ""


@pytest.mark.parametrize("public_id", ["01", "04", "05"])
def test_another_public_identifier_on_a_message_is_said_and_refused_strictly(public_id, run):
    octets = dm.WBXML.encode(dm.XML.decode(message(replace()).encode()))
    data = octets[:1] + bytes.fromhex(public_id) + octets[3:]
    status, out, err = run(data)
    if public_id == "01":
        assert (status, "./A" in out, "public-id" in err) == (0, True, True)
    assert run(data, "--strict")[0] == 2


@pytest.mark.parametrize("ns", ["SYNCML:SYNCML1x2", "SYNCML:SYNCML1.1", "syncml:syncml1.2", "SYNCML:SYNCML112", ""])
def test_another_namespace_is_refused_strictly(ns):
    data = message(replace()).replace("SYNCML:SYNCML1.2", ns).encode()
    with pytest.raises(CodecError, match=r"SYNCML:SYNCML1\.2"):
        dm.XML.decode(data)
    assert Kind.NAMESPACE in {d.kind for d in dm.XML.decode(data, lenient=True).deviations}


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("0x87D101F4", "500 Command failed"),
        ("0x87d10194", "404 Not found"),
        ("2278621588", "404 Not found"),
    ],
)
def test_errors_of_windows_are_statuses(number, says, capsys):
    assert main(["code", number]) == 0
    out = capsys.readouterr().out
    assert "is 0x87D10000 and the status" in out
    assert says in out


def test_a_negative_error_of_windows_is_a_status(capsys):
    assert main(["code", "--", "-2016345612"]) == 0
    assert "0x87D101F4 is 0x87D10000 and the status 500" in capsys.readouterr().out


@given(st.lists(st.sampled_from(
    [b"<Add>", b"</Add>", b"<Data>", b"</Data>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?x", b"?>", b"&", b"<",
     b"\n", b"\"", b"<SyncML>", b"</SyncML>", b"<a b='>'/>", b"text", b"\0", b"\xff"]), max_size=14))  # fmt: skip
def test_pieces_of_mark_up_never_break_a_reader(parts):
    data = b"".join(parts)
    assert all(piece.end <= len(data) and piece.start < piece.end for piece in pieces(data))
    assert all(part.reason or part.root is not None for part in parts_of(data))
    try:
        documents = read_all(data, lenient=True)
    except CodecError:
        return
    assert documents
    try:
        convert(data, lenient=True)
    except CodecError as error:
        assert error.reason


HOSTILE = {
    "comments": b"<!---->", "open comments": b"<!--", "open elements": b"<a>", "quotes": b"<a '", "data": b"<Data>",
    "sections": b"<![CDATA[", "instructions": b"<?", "stray": b"<", "ampersands": b"&", "ends": b"</Data>",
    "broken data": b"<Data><a></Data>",
}  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE)
def test_work_grows_with_the_octets(part):
    """Each tag is looked at once, and what is cut out is cut once: no way to make a reader slow with a small file."""
    from dmkit.wire import pieces as module

    def work(times: int) -> int:
        seen = 0
        tags = module._tags

        def counted(data: bytes):
            nonlocal seen
            seen += len(data)
            yield from tags(data)

        module._tags = counted
        try:
            parse_all(part * times + b"<Add><Data><b></Data></Add><!DOCTYPE", lenient=True)
        except CodecError:
            pass
        finally:
            module._tags = tags
        return seen

    assert work(2000) <= 2.2 * work(1000) + 1000


STATUS = "<Status><CmdID>3</CmdID><MsgRef>1</MsgRef><CmdRef>1</CmdRef><Cmd>Get</Cmd><Data>200</Data></Status>"
OUT_OF_PLACE = {
    "a Status in Atomic": message(f"<Atomic><CmdID>1</CmdID>{replace()}{STATUS}</Atomic>"),
    "two headers": message().replace("<SyncBody>", HEAD[HEAD.index("<SyncHdr>") :]),
    "a CmdID twice": message(replace(), replace()),
    "a command without CmdID": message(replace().replace("<CmdID>2</CmdID>", "")),
    "a number that is none": message(replace(), STATUS.replace("200", "fine")),
}  # fmt: skip
"""Messages in which each element is known and stands where it must not, or says what it cannot say."""


@pytest.mark.parametrize("name", OUT_OF_PLACE)
@pytest.mark.parametrize("binary", [False, True])
def test_what_stands_where_it_must_not_is_said_and_refused_strictly(name, binary, run):
    data = OUT_OF_PLACE[name].encode()
    octets = convert(data, lenient=True)[0] if binary else data
    status, shown, err = run(octets)
    assert status == 0 and "<SyncML" in shown and "deviation: " in err
    for how in ((), ("--json",)):
        assert run(octets, "--strict", *how)[0] == 2
    assert run(message(replace()), "--strict")[0] == 0
