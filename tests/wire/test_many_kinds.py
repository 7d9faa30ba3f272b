"""The kinds of "many" that ``make bench`` draws, counted: work at 4n is in proportion to that at 2n and at n."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from bench.probe import growing
from bench.table import GROWTH
from dmkit.wire import wbxml, xml
from dmkit.wire.compiled import paths
from dmkit.words.errors import CodecError
from tests.steps import python_lines


@pytest.mark.parametrize("kind", growing.GROWTH)
def test_many_of_a_kind_take_steps_in_proportion(kind: str) -> None:
    made = growing.GROWTH[kind]
    made(40)()  # whatever loads on first use
    few, many, most = (python_lines(made(n)) for n in (40, 80, 160))
    assert most - many < 2.3 * (many - few) + 400, (few, many, most)


@pytest.mark.parametrize("name", growing.ONCE_SLOW)
def test_what_once_took_long_takes_steps_in_proportion(name: str) -> None:
    made, _ = growing.ONCE_SLOW[name]
    made(40)()
    few, many, most = (python_lines(made(n)) for n in (40, 80, 160))
    assert most - many < 2.3 * (many - few) + 400, (few, many, most)


def test_the_table_knows_the_kinds() -> None:
    assert set(growing.GROWTH) < set(GROWTH) and len(GROWTH) == len(set(GROWTH)) > 20


# -- every piece of a message, many times in its place ----------------------------------------------------

META = '<Meta><Type xmlns="syncml:metinf">text/plain</Type><Format xmlns="syncml:metinf">chr</Format></Meta>'
SENT = (
    '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>'
    "<MsgID>1</MsgID><Target><LocURI>a</LocURI></Target><Source><LocURI>b</LocURI></Source></SyncHdr><SyncBody>"
    "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>a</TargetRef>"
    "<SourceRef>b</SourceRef><Chal><Meta><Type xmlns='syncml:metinf'>syncml:auth-md5</Type>"
    "<Format xmlns='syncml:metinf'>b64</Format><NextNonce xmlns='syncml:metinf'>YQ==</NextNonce></Meta></Chal>"
    "<Data>407</Data></Status><Alert><CmdID>2</CmdID><Data>1201</Data></Alert>"
    f"<Replace><CmdID>3</CmdID><Item><Target><LocURI>./A</LocURI></Target>{META}<Data>x</Data></Item></Replace>"
    "<Results><CmdID>4</CmdID><MsgRef>1</MsgRef><CmdRef>2</CmdRef><Item><Source><LocURI>./B</LocURI></Source>"
    "<Data><![CDATA[<q/>]]></Data></Item></Results><Atomic><CmdID>5</CmdID><Add><CmdID>6</CmdID><Item><Target>"
    "<LocURI>./C</LocURI></Target><Data>a&amp;b</Data><MoreData/></Item></Add></Atomic><Final/></SyncBody></SyncML>"
).encode()
SENT_DATA = (SENT.index(b"<Data>x"), SENT.index(b"</Item></Replace>"))
Read = Callable[[bytes], object]


def pieces_of_xml() -> Iterator[tuple[int, int]]:
    """Where each element, tag and text of ``SENT`` begins and ends."""
    open_at: list[int] = []
    for token in re.finditer(rb"<!\[CDATA\[.*?\]\]>|</?[^>]*>|[^<]+", SENT):
        yield token.span()
        if token[0].startswith(b"</"):
            yield open_at.pop(), token.end()
        elif token[0].startswith(b"<") and not token[0].startswith(b"<!") and not token[0].endswith(b"/>"):
            open_at.append(token.start())


def pieces_of_wbxml() -> Iterator[tuple[int, int]]:
    """Each octet of it, each two and each four of them."""
    size = len(wbxml.encode(xml.decode(SENT)))
    return ((at, at + width) for width in (1, 2, 4) for at in range(0, size - width + 1, width))


def out_of_proportion(read: Read, data: bytes, spans: Iterator[tuple[int, int]]) -> list[tuple[bytes, list[int]]]:
    """Pieces of ``data`` of which many take more steps than in proportion, and the steps."""
    found, seen = [], set()
    for start, end in spans:
        piece = data[start:end]
        if (data[start - 1 : start], piece) in seen:
            continue
        seen.add((data[start - 1 : start], piece))

        def run(n: int, start: int = start, end: int = end, piece: bytes = piece) -> None:
            with suppress(CodecError):
                read(data[:start] + piece * n + data[end:])

        run(10)  # whatever loads on first use
        few, many, most = costs = [python_lines(lambda n=n: run(n)) for n in (10, 20, 40)]  # type: ignore[misc]
        if most > (many + 2.3 * (many - few) if many >= few else 2.3 * few) + 300:  # fewer: refused in another place
            found.append((piece, costs))
    return found


@pytest.mark.parametrize("lenient", [False, True], ids=["as sent", "leniently"])
@pytest.mark.parametrize("fast", [True, False], ids=["quick", "strict"])
@pytest.mark.parametrize("wire", ["XML", "WBXML"])
def test_each_piece_of_a_message_may_stand_many_times(wire: str, fast: bool, lenient: bool) -> None:
    decode, data, spans = (
        (xml.decode, SENT, pieces_of_xml())
        if wire == "XML"
        else (wbxml.decode, wbxml.encode(xml.decode(SENT)), pieces_of_wbxml())
    )
    with paths(fast=fast):
        decode(data)
        assert out_of_proportion(lambda one: decode(one, lenient=lenient), data, spans) == []


def test_a_reader_that_looks_back_each_time_is_out_of_proportion() -> None:
    def looks_back(data: bytes) -> int:
        found, total = data.split(b"<Data>"), 0
        for at in range(len(found)):
            for _ in range(at):
                total += 1
        return total

    assert out_of_proportion(looks_back, SENT, iter([SENT_DATA])) != []
    assert out_of_proportion(bytes.split, SENT, iter([SENT_DATA])) == []
