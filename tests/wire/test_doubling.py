"""Octets of strangers at n, 2n and 4n: lines of Python counted, and octets handed to parsers, never seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from dmkit.wire import conversion, document, markup, sms, wbxml, wsp, xml
from dmkit.words.errors import CodecError
from tests.steps import python_lines

START = bytes.fromhex("6d6c7103312e3200017203444d2f312e32000165033100015b033100016e57036100010167570362000101016b")
HEAD = bytes.fromhex("02a4016a00") + START
END = bytes.fromhex("120101")
ADD = "454b03310001"


def number(value: int) -> bytes:
    out = [value & 127]
    while value := value >> 7:
        out.append(0x80 | value & 127)
    return bytes(reversed(out))


def body(*parts: bytes | str) -> bytes:
    return HEAD + b"".join(bytes.fromhex(part) if isinstance(part, str) else part for part in parts) + END


def table(strings: bytes, rest: bytes) -> bytes:
    return bytes.fromhex("02a4016a") + number(len(strings)) + strings + START + rest + END


WBXML: dict[str, Callable[[int], bytes]] = {
    "empty commands": lambda n: body("05" * n),
    "empty Items": lambda n: body(ADD, "14" * n, "01"),
    "Data in Data": lambda n: body(ADD, "54", "4f" * n, "01" * n, "0101"),
    "switches of the code page": lambda n: body("00010000" * n),
    "switches inside Data": lambda n: body(ADD, "544f", "00010000" * n, "010101"),
    "empty OPAQUE": lambda n: body(ADD, "544f", "c300" * n, "010101"),
    "OPAQUE of an octet": lambda n: body(ADD, "544f", "c30141" * n, "010101"),
    "strings of a letter": lambda n: body(ADD, "544f", "034100" * n, "010101"),
    "entities": lambda n: body(ADD, "544f", "0241" * n, "010101"),
    "an entity of many octets": lambda n: body(ADD, "544f02", "80" * n, "41010101"),
    "a length of many octets": lambda n: body(ADD, "544fc3", "80" * n, "0141010101"),
    "an identifier of many octets": lambda n: b"\x02" + b"\x80" * n + b"\x24\x6a\0" + START + END,
    "a character set of many octets": lambda n: b"\x02\xa4\x01" + b"\x80" * n + b"\x6a\0" + START + END,
    "a table length of many octets": lambda n: b"\x02\xa4\x01\x6a" + b"\x80" * n + b"\0" + START + END,
    "references into the table": lambda n: table(
        b"A\0" * n, bytes.fromhex(ADD + "544f") + b"".join(b"\x83" + number(2 * k) for k in range(n)) + b"\1\1\1"
    ),
    "literal tags": lambda n: table(b"Foo\0", b"\x04\0" * n),
    "literal tags in each other": lambda n: table(b"Foo\0", b"\x44\0" * n + b"\1" * n),
    "literal tags in an Item": lambda n: table(b"Foo\0", bytes.fromhex(ADD + "54") + b"\x04\0" * n + b"\1\1"),
    "attributes": lambda n: body("85", "05" * n, "01"),
    "extensions": lambda n: body("404100" * n),
    "strings in the body": lambda n: body("034100" * n),
    "ends": lambda n: HEAD + b"\1" * n,
    "unknown tags": lambda n: body("7f01" * n),
    "a message cut off": lambda n: HEAD + bytes.fromhex(ADD) + b"\x54" * n,
    "padding": lambda n: body() + b"\0" * n,
    "documents one after another": lambda n: body() * n,
    "documents in OPAQUE": lambda n: body(ADD, (b"\x54\x4f\xc3" + number(len(body())) + body() + b"\1\1") * n, "01"),
    "names of Meta": lambda n: body(ADD, "545a0001", "46034100" * 0, "05" * n, "0000010101"),
}

NAMES = b"Value\0Node\0RTProperties\0xmlns:p\0p:a\0"
IN_DATA = bytes.fromhex(ADD + "544f")
WBXML |= {
    "octets in a Value behind elements": lambda n: table(
        NAMES, IN_DATA + b"\x44\x06" + b"\x04\x0b" * n + b"\x44\0" + b"\xc3\1\xff" * n + b"\1" * 5
    ),
    "Values with octets": lambda n: table(NAMES, IN_DATA + b"\x44\x06" + b"\x44\0\xc3\1\xff\1" * n + b"\1" * 4),
    "attributes with a prefix": lambda n: table(NAMES, b"\xc4\x06\x04\x18\x03u\0" + b"\x04\x20" * n + b"\1\1"),
}

BEGIN = (
    '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>'
    "<MsgID>1</MsgID><Target><LocURI>a</LocURI></Target><Source><LocURI>b</LocURI></Source></SyncHdr><SyncBody>"
)


def text(body: str) -> bytes:
    return f"{BEGIN}{body}<Final/></SyncBody></SyncML>".encode()


def data(what: str) -> bytes:
    return text(f"<Get><CmdID>1</CmdID><Item><Data>{what}</Data></Item></Get>")


XML: dict[str, Callable[[int], bytes]] = {
    "empty Items": lambda n: text("<Get><CmdID>1</CmdID>" + "<Item/>" * n + "</Get>"),
    "unknown elements": lambda n: text("<Foo/>" * n),
    "bare ampersands": lambda n: data("& " * n),
    "stray signs": lambda n: data("< " * n),
    "ends of CDATA": lambda n: data("]]>" * n),
    "declarations in Data": lambda n: data('<?xml version="1.0"?><a/>' * n),
    "Data gone wrong, many": lambda n: text(
        "<Get><CmdID>1</CmdID>" + '<Item><Data><?xml version="1.0"?><a></Data></Item>' * n + "</Get>"
    ),
    "Data that never ends": lambda n: text('<Item><Data><?xml version="1.0"?>' * n),
    "prefixes that nothing declares": lambda n: text("<a:b/>" * n),
    "commands side by side": lambda n: b"<Get><CmdID>1</CmdID></Get>\n" * n,
    "comments between": lambda n: b"<!-- a --><Get><CmdID>1</CmdID></Get>" * n,
    "junk between": lambda n: b"<Get><CmdID>1</CmdID></Get> junk " * n,
    "tags that do not match": lambda n: b"<Get><CmdID>1</CmdID></Get>" * 3 + b"<x>\n</y>" * n,
    "messages": lambda n: text("") * n,
    "Meta beside": lambda n: text("<Get><CmdID>1</CmdID><Item>" + "<Meta/>" * n + "</Item></Get>"),
    "Type beside a long Meta": lambda n: text(
        "<Get><CmdID>1</CmdID><Item><Meta>"
        + "<EMI xmlns='syncml:metinf'>x</EMI>" * n
        + "</Meta>"
        + "<Type xmlns='syncml:metinf'>x</Type>" * n
        + "</Item></Get>"
    ),
    "octets that are no UTF-8": lambda n: data("@").replace(b"@", b"\xff" * n),
}


def work(task: Callable[[bytes], object], octets: bytes) -> int:
    """Lines of Python that ``task`` runs over ``octets``, taken or refused."""

    def tried() -> None:
        with suppress(CodecError):
            task(octets)

    return python_lines(tried)


def grows_in_proportion(cost: Callable[[int], int], n: int = 60) -> None:
    cost(n)  # whatever loads on first use
    one, two, four = cost(n), cost(2 * n), cost(4 * n)
    assert four - two <= 2.3 * max(two - one, 0) + 300, (one, two, four)


READERS: dict[str, Callable[[bytes], object]] = {
    "lenient": lambda octets: (xml if octets[:1] == b"<" else wbxml).decode(octets, lenient=True),
    "strict": lambda octets: (xml if octets[:1] == b"<" else wbxml).decode(octets),
    "whatever it is": lambda octets: [conversion.readable(found) for found in document.read_all(octets, lenient=True)],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", WBXML)
def test_wbxml_of_strangers(name: str, reader: str) -> None:
    grows_in_proportion(lambda n: work(READERS[reader], WBXML[name](n)))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", XML)
def test_xml_of_strangers(name: str, reader: str) -> None:
    grows_in_proportion(lambda n: work(READERS[reader], XML[name](n)))


@pytest.mark.parametrize("name", ["commands side by side", "comments between", "tags that do not match"])
def test_octets_given_to_the_parser_of_xml(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = 0
    tree, strip = markup._tree, markup.without_comments

    def counted(octets: bytes) -> object:
        nonlocal given
        given += len(octets)
        return tree(octets)

    def stripped(octets: bytes) -> bytes:
        nonlocal given
        given += len(octets)
        return strip(octets)

    monkeypatch.setattr(markup, "_tree", counted)
    monkeypatch.setattr(markup, "without_comments", stripped)

    def cost(n: int) -> int:
        nonlocal given
        given = 0
        document.read_all(XML[name](n), lenient=True)
        return given

    grows_in_proportion(cost, 200)


def test_octets_given_to_the_reader_of_wbxml(monkeypatch: pytest.MonkeyPatch) -> None:
    given = 0
    read = document.first_wbxml

    def counted(data: bytes, **how: bool) -> object:
        nonlocal given
        given += len(data)
        return read(data, **how)

    monkeypatch.setattr(document, "first_wbxml", counted)

    def cost(n: int) -> int:
        nonlocal given
        given = 0
        assert len(document.read_all(body() * n, lenient=True)) == n
        return given

    grows_in_proportion(cost, 400)


def test_a_long_document_between_short_ones_is_read_whole() -> None:
    long = body(ADD, "5467570341000101", "4f0341", b"x" * 50_000, "0001", "0101")
    found = document.read_all(body() + long + body(), lenient=True)
    assert [len(str(one.root)) > 40_000 for one in found] == [False, True, False]


def test_lines_of_elements_side_by_side() -> None:
    octets = b"<Get><CmdID>1</CmdID></Get>\n\n" * 3
    roots, _ = markup.parse_all(octets, lenient=True)
    assert [root.sourceline for root in roots] == [1, 3, 5]
    with pytest.raises(CodecError, match="line 7"):
        markup.parse_all(octets + b"<Get><CmdID>1</Get>", lenient=True)


# -- short messages and pushes --------------------------------------------------------------------------------------


def parts(n: int) -> list[bytes]:
    """A part of each of ``n`` messages that never come whole."""
    return [bytes([11, 5, 4, 0x0B, 0x84, 0, 0, 0, 3, k % 256, 2, 1]) + b"x" for k in range(n)]


def test_parts_that_never_come_whole() -> None:
    def all_of(n: int) -> Callable[[bytes], object]:
        def run(_: bytes) -> None:
            state = sms.Reassembly()
            for k, part in enumerate(parts(n)):
                state, _datagram, _why = state.take(part, f"+{k}", float(k))

        return run

    grows_in_proportion(lambda n: work(all_of(n), b""), 100)


PUSHES: dict[str, Callable[[int], bytes]] = {
    "headers": lambda n: bytes([1, 6]) + number(1 + 2 * n) + b"\xc2" + b"\xaf\x82" * n,
    "named headers": lambda n: bytes([1, 6]) + number(1 + 6 * n) + b"\xc2" + b"X-A\0b\0" * n,
    "parameters": lambda n: (
        bytes([1, 6]) + number(3 + 4 * n) + b"\x1f" + number(1 + 4 * n)[:1] + b"\xc2" + b"a\0b\0" * n
    ),
    "a length of many octets": lambda n: bytes([1, 6]) + b"\x80" * n + b"\x01\xc2",
    "a name without end": lambda n: bytes([1, 6]) + number(n) + b"a" * n,
}


@pytest.mark.parametrize("name", PUSHES)
def test_pushes_of_strangers(name: str) -> None:
    grows_in_proportion(lambda n: work(wsp.decode, PUSHES[name](n)))
