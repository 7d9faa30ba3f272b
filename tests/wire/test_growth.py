"""Readers and writers take time in proportion to their input: counted at n and 2n in copied pieces, not in seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from dmkit.wire import content, grammar, markup, sms, wbxml, wbxml_write, wsp, xml
from dmkit.wire.assemble import message_of
from dmkit.wire.compiled import paths
from dmkit.wire.explain import explain
from dmkit.wire.octets import Notes
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Add, Element, Get, Header, Item, Message, Status
from tests.steps import CountedText, python_lines

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


def test_what_stands_beside_a_meta_is_looked_at_once() -> None:
    def compared(n: int) -> int:
        meta = Element("Meta", "", tuple(Element("EMI", "x", ("1",)) for _ in range(n)))
        beside = tuple(Element(CountedText("Type"), "x", ("text/plain",)) for _ in range(n))
        item = Element("Item", "", (meta, *beside))
        add = Element("Add", "", (Element("CmdID", "", ("1",)), item))
        root = Element("SyncML", "", (Element("SyncHdr"), Element("SyncBody", "", (add,))))
        CountedText.compared = 0
        message_of(root, Notes(True))
        return CountedText.compared

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


HEAD = bytes.fromhex("02a4016a")
"""Version, public identifier and charset."""


def length(value: int) -> bytes:
    """A multi-byte integer of WBXML, a uintvar of WSP."""
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


def with_table(n: int) -> bytes:
    """A message of ``n`` Gets whose addresses stand in the string table."""
    body = wbxml.encode(Message(HEADER, tuple(Get.of(f"./A/{at:06}") for at in range(n))))
    begins = len(HEAD)
    assert body.startswith(HEAD) and not body[begins]  # then comes the length of the table, which is none yet
    table = out = b""
    at, rest = 0, body[begins + 1 :]
    for found in re.finditer(rb"\x03(\./A/\d{6}\0)", rest):
        out, at = out + rest[at : found.start()] + b"\x83" + length(len(table)), found.end()
        table += found[1]
    return HEAD + length(len(table)) + table + out + rest[at:]


def headers(n: int) -> bytes:
    octets = b"text/plain\0" + b"".join(b"X-Header-%d\0v\0" % at for at in range(n))
    return b"\x01\x06" + length(len(octets)) + octets + b"body"


def parts(n: int) -> None:
    reassembly, whole = sms.Reassembly(), None
    for part in reversed(sms.split(b"x" * 130 * n, reference=1)):
        reassembly, whole, _ = reassembly.take(part, "+1")
    assert whole is not None and len(whole.data) == 130 * n


def senders(n: int) -> None:
    reassembly, first = sms.Reassembly(), sms.split(b"x" * 300, reference=1)[0]
    for at in range(n):
        reassembly = reassembly.take(first, f"+{at}", float(at))[0]


def nested(n: int, inside: bytes) -> bytes:
    head = xml.encode(Message(HEADER, ()))
    return head.replace(b"<SyncBody>", b"<SyncBody>" + inside * n)


MANY: dict[str, Callable[[int], Callable[[], object]]] = {
    "strings in a table": lambda n: partial(wbxml.decode, with_table(n)),
    "strings in a table, read leniently": lambda n: partial(wbxml.decode, with_table(n) + b"\0", lenient=True),
    "strings in a table, explained": lambda n: partial(explain, with_table(n)),
    "headers of a push": lambda n: partial(wsp.decode, headers(n)),
    "headers of a push, explained": lambda n: partial(wsp.pieces, headers(n)),
    "parts of one datagram": lambda n: lambda: parts(n),
    "datagrams that stay unfinished": lambda n: lambda: senders(n),
    "credentials": lambda n: partial(xml.decode, xml.encode(Message(HEADER, ())).replace(
        b"</Source>", b"</Source>" + b"<Cred><Data>x</Data></Cred>" * n), lenient=True),
    "Metas": lambda n: partial(xml.decode, nested(n, b"<Meta><EMI>x</EMI></Meta>"), lenient=True),
    "elements that nobody knows": lambda n: partial(xml.decode, nested(n, b"<Odd>x</Odd>"), lenient=True),
}  # fmt: skip


@pytest.mark.parametrize("work", MANY.values(), ids=MANY)
@pytest.mark.parametrize("fast", [True, False], ids=["quick", "strict"])
def test_many_of_anything_take_steps_in_proportion(work: Callable[[int], Callable[[], object]], fast: bool) -> None:
    def cost(n: int) -> int:
        def run() -> None:
            with suppress(CodecError):
                work(n)()

        return python_lines(run)

    with paths(fast=fast):
        cost(40)  # whatever loads on first use
        few, many, most = cost(40), cost(80), cost(160)
    assert most - many < 2.2 * (many - few) + 300, (few, many, most)


def test_a_table_of_strings_is_read() -> None:
    assert wbxml.decode(with_table(20)) == wbxml.decode(
        wbxml.encode(Message(HEADER, tuple(Get.of(f"./A/{at:06}") for at in range(20))))
    )
