"""What a message writes, held against a description; and that a check never says fine of what it did not look at."""

from __future__ import annotations

import json

import pytest

import dmkit as dm
from dmkit import ddf
from dmkit.cli import main
from dmkit.ddf.writes import check_writes
from dmkit.server import jobs
from dmkit.words.model import Add, Atomic, Delete, Exec, Get, Item, Meta, Replace, Sequence

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE MgmtTree PUBLIC " -//OMA//DTD-DM-DDF 1.2//EN" "http://dtd.example/ddf.dtd"\n'
    '[<?oma-dm-ddf-ver supported-versions="1.2"?>]>\n'
    '<MgmtTree xmlns:MSFT="http://schemas.microsoft.com/MobileDevice/DM"><VerDTD>1.2</VerDTD>'
    "<MSFT:Diagnostics></MSFT:Diagnostics>"
)
ROOT = (
    "<Node><NodeName>Lab</NodeName><Path>./Device/Vendor/MSFT</Path><DFProperties><AccessType><Get/></AccessType>"
    "<DFFormat><node/></DFFormat><Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><MIME/></DFType>"
    "</DFProperties>{}</Node></MgmtTree>"
)


def leaf(name: str, format: str, allowed: str = "", default: str = "") -> str:
    said = f"<DefaultValue>{default}</DefaultValue>" if default else ""
    return (
        f"<Node><NodeName>{name}</NodeName><DFProperties><AccessType><Add/><Get/><Replace/></AccessType>{said}"
        f"<DFFormat><{format}/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><Scope><Dynamic/></Scope>"
        f"<DFType><MIME/></DFType>{allowed}</DFProperties></Node>"
    )


def enum(*values: str) -> str:
    inner = "".join(f"<MSFT:Enum><MSFT:Value>{value}</MSFT:Value></MSFT:Enum>" for value in values)
    return f'<MSFT:AllowedValues ValueType="ENUM">{inner}</MSFT:AllowedValues>'


def range_(text: str) -> str:
    return f'<MSFT:AllowedValues ValueType="Range"><MSFT:Value>{text}</MSFT:Value></MSFT:AllowedValues>'


def document(*leaves: str) -> bytes:
    return b"\xef\xbb\xbf" + (HEAD + ROOT.format("".join(leaves))).encode()


LAB = "./Device/Vendor/MSFT/Lab"
SPEC = ddf.read(
    document(leaf("Hour", "int", range_("[0-23]")), leaf("On", "bool", enum("0", "1")), leaf("Text", "chr"))
)


def put(uri: str, data: str, format: str | None = None) -> Replace:
    return Replace((Item(target=uri, data=data, meta=Meta(format=format) if format else None),))


@pytest.mark.parametrize(("command", "says"), [
    (put(f"{LAB}/Hour", "99", "int"), "allowed: 99 is not in [0-23]"),
    (put(f"{LAB}/Hour", "x", "int"), "value: 'x' has not the form of int"),
    (put(f"{LAB}/Hour", "9", "chr"), "format: its format is chr"),
    (put(f"{LAB}/Hour", "9", "integer"), "format: its format is 'integer'"),
    (put(f"{LAB}/Hours", "9", "int"), "unknown: the description knows no such node"),
    (put(f"{LAB}/On", "2", "bool"), "value: '2' has not the form of bool"),
    (put("./Device/Vendor/MSFT/Other/X", "1"), "outside: no description reaches it"),
    (put("./Device", "1"), "outside: the description begins below it"),
    (put(LAB, "1"), "access: Replace is not among its rights"),
    (put("a//b", "1"), "unknown: this is no address"),
    (Delete((Item(target=f"{LAB}/Hour"),)), "access: Delete is not among its rights"),
    (Exec((Item(target=f"{LAB}/Hour"),)), "access: Exec is not among its rights"),
    (Atomic((put(f"{LAB}/Hour", "24", "int"),)), "allowed: 24"),
    (Sequence((Atomic((put(f"{LAB}/Hour", "-1", "int"),)),)), "allowed: -1"),
    (Add((Item(target=f"{LAB}/Text", data="x", more_data=True),)), "outside: the value is a piece"),
])  # fmt: skip
def test_what_a_command_writes_is_looked_at(command, says):
    assert says in str(check_writes([command], SPEC)[0])


@pytest.mark.parametrize("command", [
    put(f"{LAB}/Hour", "23", "int"), put(f"{LAB}/Hour", "0"), put(f"{LAB}/On", "true", "bool"),
    put(f"{LAB}/On", "FALSE", "bool"), put(f"{LAB}/Text", "anything"), Get((Item(target=f"{LAB}/Nowhere"),)),
    Replace((Item(target=f"{LAB}/Hour", data="3"),), Meta(format="int")),
])  # fmt: skip
def test_what_is_right_is_nothing_to_say(command):
    assert check_writes([command], SPEC) == ()


MESSAGE = (
    '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>'
    "<MsgID>1</MsgID><Target><LocURI>D</LocURI></Target><Source><LocURI>S</LocURI></Source></SyncHdr><SyncBody>{}<Final/>"
    "</SyncBody></SyncML>"
)


def replaced(uri: str, value: str, format: str = "int", number: int = 1) -> str:
    return (
        f"<Replace><CmdID>{number}</CmdID><Item><Target><LocURI>{uri}</LocURI></Target><Meta>"
        f'<Format xmlns="syncml:metinf">{format}</Format></Meta><Data>{value}</Data></Item></Replace>'
    )


FORMS = {
    "message": lambda body: MESSAGE.format(body).encode(),
    "commands": lambda body: body.encode(),
    "body": lambda body: f"<SyncBody>{body}</SyncBody>".encode(),
    "comments": lambda body: f"<!-- a --><?x?>{body}".encode(),
    "wbxml": lambda body: dm.WBXML.encode(dm.XML.decode(MESSAGE.format(body).encode())),
    "two": lambda body: (body + replaced(f"{LAB}/Hour", "1", number=2)).encode(),
}  # fmt: skip


@pytest.fixture
def check(tmp_path, capsys):
    (tmp_path / "d.xml").write_bytes(
        document(leaf("Hour", "int", range_("[0-23]")), leaf("On", "bool", enum("0", "1")))
    )

    def go(data: bytes):
        (tmp_path / "t").write_bytes(data)
        status = main(["ddf", "check", str(tmp_path / "d.xml"), "--tree", str(tmp_path / "t")])
        said = capsys.readouterr()
        return status, said.out, said.err

    return go


@pytest.mark.parametrize("form", FORMS)
def test_a_message_in_any_form_is_looked_at(form, check):
    assert "99 is not in [0-23]" in check(FORMS[form](replaced(f"{LAB}/Hour", "99")))[1]
    status, out, _ = check(FORMS[form](replaced(f"{LAB}/Hour", "9")))
    assert (status, out) == (0, "")


@pytest.mark.parametrize("data", [
    FORMS["message"](replaced("./Device/Vendor/MSFT/Other/Hour", "9")),
    FORMS["commands"]("<Get><CmdID>1</CmdID><Item><Target><LocURI>./A</LocURI></Target></Item></Get>"),
    FORMS["message"](""),
    b"<SyncHdr/>", b"<Item/>", b'{"./Other/Node": "x"}', b"{}", b"<Other><Node>x</Node></Other>",
    b"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Other</NodeName><RTProperties><Format><node/></Format>"
    b"<Type><DDFName/></Type></RTProperties></Node></MgmtTree>",
    b"", b"junk", b"\0\1\2", b"<", b"{", b"[1]",
])  # fmt: skip
def test_what_has_nothing_to_do_with_the_description_is_refused(data, check):
    status, out, err = check(data)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("dmkit ddf check: ")
    assert "/t" in err.splitlines()[-1]


def test_what_a_tree_holds_besides_is_said(check):
    status, out, err = check(
        json.dumps({f"{LAB}/Hour": 3, "./Device/Vendor/MSFT/Else": None, "./DevInfo/Man": "A"}).encode()
    )
    assert (status, out) == (0, "")
    assert sorted(err.splitlines()) == [
        "not looked at: ./DevInfo, which the description does not reach",
        "not looked at: ./Device/Vendor/MSFT/Else, which the description does not reach",
    ]


BOOLS = {
    ("0", "1"): {"true", "false"}, ("true", "false"): {"true", "false"}, ("True", "False"): {"true", "false"},
    ("1",): {"true"}, ("False",): {"false"}, ("FALSE", "TRUE"): {"true", "false"},
}  # fmt: skip


@pytest.mark.parametrize("listed", BOOLS, ids=" ".join)
@pytest.mark.parametrize("value", ["true", "false", "True", "FALSE", "2", ""])
def test_a_bool_is_allowed_by_value(listed, value):
    spec = ddf.read(document(leaf("On", "bool", enum(*listed))))
    device = dm.Device.example()
    device.tree = ddf.install(device.tree, spec)
    add = Add((Item(target=f"{LAB}/On", meta=Meta(format="bool"), data=value),))
    talk = dm.converse(device, dm.Server.example(device), job=jobs.send(add))
    status = next(c.code for c in talk[2].message.commands if c.verb == "Status" and c.cmd == "Add")
    assert status == (200 if value.lower() in BOOLS[listed] else 415)


@pytest.mark.parametrize("default", ["1", "0", "True", "false"])
def test_a_default_in_digits_is_the_truth_value_it_means(default):
    text = document(leaf("On", "bool", enum("0", "1"), default)).replace(b"<ZeroOrOne/>", b"<One/>")
    spec = ddf.read(text)
    assert spec.skeleton().get(f"{LAB}/On").value in ("true", "false")
    assert spec.check(spec.skeleton()) == ()


RANGES = {
    "[(-1)-2147483647]": ([-1, 0, 2147483647], [-2, -2147483648]),
    "[-5-5]": ([-5, 5], [-6, 6]),
    "[(-10)-(-1)]": ([-10, -1], [-11, 0]),
    "[0-1],[30-40]": ([0, 30, 40], [2, 41, -1]),
    "[ 1 - 3 ]": ([1, 3], [0, 4]),
    "[0-4294967295]": ([0, 2147483647], [-1]),
}


@pytest.mark.parametrize("said", RANGES)
def test_ranges_are_enforced(said):
    spec = ddf.read(document(leaf("N", "int", range_(said))))
    inside, beyond = RANGES[said]
    for value in inside:
        assert check_writes([put(f"{LAB}/N", str(value), "int")], spec) == ()
    for value in beyond:
        assert f"{value} is not in" in str(check_writes([put(f"{LAB}/N", str(value), "int")], spec)[0])


def test_descriptions_of_windows_decode_and_convert_and_come_back(tmp_path, capsys):
    (tmp_path / "w.xml").write_bytes(document(leaf("Hour", "int", range_("[0-23]"), "4")))
    assert main(["decode", str(tmp_path / "w.xml")]) == 0
    assert "[0-23]" in capsys.readouterr().out
    assert main(["convert", str(tmp_path / "w.xml"), str(tmp_path / "w.wbxml")]) == 0
    assert main(["convert", str(tmp_path / "w.wbxml"), str(tmp_path / "back.xml")]) == 0
    there, back = ddf.load(tmp_path / "w.xml"), ddf.load(tmp_path / "back.xml")
    assert [(p.uri, p.node.format, p.node.default) for p in there.walk()] == [
        (p.uri, p.node.format, p.node.default) for p in back.walk()
    ]


DUMPS = {
    "direct": "<Node><NodeName>A</NodeName><Format>node</Format><Node><NodeName>N</NodeName><Format>int</Format>"
    "<Type>text/plain</Type><Data>5</Data></Node></Node>",
    "elements": "<Node><NodeName>A</NodeName><Node><NodeName>N</NodeName><Format><int/></Format>"
    "<Type><MIME>text/plain</MIME></Type><Value>5</Value></Node></Node>",
    "properties": "<Node><NodeName>A</NodeName><RTProperties><Format><node/></Format><Type><DDFName/></Type>"
    "</RTProperties><Node><NodeName>N</NodeName><RTProperties><Format><int/></Format><Type><MIME>text/plain</MIME>"
    "</Type></RTProperties><Value>5</Value></Node></Node>",
    "paths": "<Node><NodeName>A</NodeName><Format>node</Format></Node><Node><NodeName>N</NodeName><Path>./A</Path>"
    "<Format>int</Format><Data>5</Data></Node>",
}


@pytest.mark.parametrize("nodes", DUMPS.values(), ids=DUMPS)
def test_trees_of_version_1_1_2_are_read(nodes, tmp_path, capsys):
    (tmp_path / "t.xml").write_text(f"<MgmtTree><VerDTD>1.1.2</VerDTD><Man>M</Man>{nodes}</MgmtTree>")
    assert main(["ddf", "tnds", str(tmp_path / "t.xml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["./A/N"] == {"format": "int", "value": "5"}
    assert main(["ddf", "tnds", str(tmp_path / "t.xml"), str(tmp_path / "out.wbxml"), "--wbxml"]) == 0
    assert (tmp_path / "out.wbxml").read_bytes()[:1] == b"\x02"
