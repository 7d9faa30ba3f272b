"""Readers and writers take time in proportion to their input: counted at n and 2n in copied pieces, not in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dmkit.wire import content, grammar, markup, wbxml, wbxml_write, xml
from dmkit.wire.assemble import message_of
from dmkit.wire.compiled import paths
from dmkit.wire.octets import Notes
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Add, Element, Header, Item, Message, Status

HEADER = Header("1", "1", "IMEI:1", "http://s/dm")
START = "02a4016a006d6c7103312e3200017203444d2f312e32000165033100015b033100016e57036100010167570362000101016b"


class Slots(list[Any]):
    """Slots of an open element that count how many pieces are put into them over and over again."""

    copied = 0

    def copy(self) -> Slots:
        return Slots(self)

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return Slots(found) if isinstance(at, slice) else found

    def __setitem__(self, at: Any, value: Any) -> None:
        Slots.copied += len(value) if isinstance(value, list) else 1
        super().__setitem__(at, value)


def nodes(node: grammar.GrammarNode, seen: dict[int, grammar.GrammarNode]) -> Iterator[grammar.GrammarNode]:
    if id(node) not in seen:
        seen[id(node)] = node
        yield node
        for rules in node.rules:
            for rule in rules:
                if isinstance(rule, grammar.GrammarNode):
                    yield from nodes(rule, seen)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    for node in nodes(grammar.grammar()[0], {}):
        monkeypatch.setattr(node, "fresh", Slots(node.fresh))
    for model in content.MODELS.values():
        monkeypatch.setattr(model, "blank", Slots(model.blank))


STATUS = "694b033100015c033100014c033100014a034765740001"
# each is one command with n empty, opaque or unusual children: (start, the child, end)
CHILDREN = {
    "empty Items": ("454b03310001", "14", "01"),
    "Items of octets": ("454b03310001", "544fc302fffe0101", "01"),
    "empty TargetRefs": (STATUS, "2f", "4f03323030000101"),
    "opaque TargetRefs": (STATUS, "6fc3016101", "4f03323030000101"),
    "opaque EMI": ("454b033100015a0001", "46c3016101", "010000540101"),
}


@pytest.mark.parametrize("pieces", CHILDREN.values(), ids=CHILDREN)
def test_reading_wbxml_copies_each_child_once(pieces: tuple[str, str, str], counting: None) -> None:
    begin, child, end = pieces
    copied = []
    for n in (200, 400):
        data = bytes.fromhex(START + begin + child * n + end + "120101")
        Slots.copied = 0
        assert len(wbxml.decode(data).commands) == 1
        copied.append(Slots.copied)
    assert copied[1] < 2.3 * copied[0]


DOCUMENT = (
    '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>'
    "<MsgID>1</MsgID><Target><LocURI>a</LocURI></Target><Source><LocURI>b</LocURI></Source></SyncHdr><SyncBody>"
    "{}<Final/></SyncBody></SyncML>"
)
XML_CHILDREN = {
    "empty Items": "<Get><CmdID>1</CmdID>{}</Get>".format("<Item/>%"),
    "TargetRefs": "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>1</CmdRef><Cmd>Get</Cmd><TargetRef>a</TargetRef>%"
    "<Data>200</Data></Status>",
    "Items of Windows": "<Replace><CmdID>1</CmdID><Item><Type xmlns='syncml:metinf'>x</Type><Meta/></Item>%</Replace>",
}


@pytest.mark.parametrize("body", XML_CHILDREN.values(), ids=XML_CHILDREN)
def test_reading_xml_copies_each_child_once(body: str, counting: None) -> None:
    before, _, after = body.partition("%")
    at = before.rfind("<Item>") if "<Item>" in before else before.rfind("<", 0, before.rfind("<") + (before[-2] == "/"))
    start, child = before[:at], before[at:]
    copied = []
    for n in (200, 400):
        Slots.copied = 0
        read = xml.decode(DOCUMENT.format(f" {start}{child * n}{after}").encode(), lenient=True)
        assert len(read.commands) == 1
        copied.append(Slots.copied)
    assert copied[1] < 2.3 * copied[0]


class Name(str):
    """A name that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other


def test_what_stands_beside_a_meta_is_looked_at_once() -> None:
    def compared(n: int) -> int:
        meta = Element("Meta", "", tuple(Element("EMI", "x", ("1",)) for _ in range(n)))
        beside = tuple(Element(Name("Type"), "x", ("text/plain",)) for _ in range(n))
        item = Element("Item", "", (meta, *beside))
        add = Element("Add", "", (Element("CmdID", "", ("1",)), item))
        root = Element("SyncML", "", (Element("SyncHdr"), Element("SyncBody", "", (add,))))
        Name.compared = 0
        message_of(root, Notes(True))
        return Name.compared

    assert compared(200) < 2.3 * compared(100)


class Octets(bytes):
    """Octets that count what has to be copied when they are put behind others."""

    copied = 0

    def __radd__(self, before: bytes) -> Octets:
        Octets.copied += len(before)
        return Octets(bytes(before) + bytes(self))


def test_many_references_are_written_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wbxml_write, "_inline", lambda text: Octets(b"\x03%b\0\x01" % text.encode()))
    copied = []
    for n in (200, 400):
        Octets.copied = 0
        refs = tuple(f"./A/{at}" for at in range(n))
        status = Status(StatusCode.OK, "1", "1", "Get", refs, refs, cmd_id="1")
        with paths(fast=False):
            assert wbxml.decode(wbxml.encode(Message(HEADER, (status,)))).commands == (status,)
        copied.append(Octets.copied)
    assert copied[1] < 2.3 * max(copied[0], 200)


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "comments before something else": lambda n: b"<!--x-->" * n + b"<a><![CDATA[<!DOCTYPE]]></a>",
    "instructions before something else": lambda n: b"<?x?>" * n + b"<a><![CDATA[<!DOCTYPE]]></a>",
    "declared again and again": lambda n: b"<?xml " + b'encoding="a"' * n + b"?<a/>",
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_expressions_are_not_taken_apart_in_exponentially_many_ways(made: Callable[[int], bytes]) -> None:
    # 40 comments took 2^40 steps: the hang is the failure, as nothing in an expression can be counted
    for lenient in (False, True):
        with pytest.raises(CodecError):
            xml.decode(made(40), lenient=lenient)


def test_the_doctype_is_still_found_behind_comments() -> None:
    with pytest.raises(CodecError, match="DOCTYPE declares"):
        markup.read_xml(b"<!-- a --><?b?>\n<!-- c --><!DOCTYPE a [<!ENTITY x 'y'>]><a/>")
    assert markup.read_xml(b"<!-- a --><!DOCTYPE a SYSTEM 'x'><a>1</a>")[0].text == "1"


def test_a_message_with_many_items_reads_back() -> None:
    message = Message(HEADER, (Add(tuple(Item(f"./A/{n}", data=b"\xff") for n in range(50)), cmd_id="1"),))
    assert wbxml.decode(wbxml.encode(message)) == message
