"""Namespaces that are long or many: each element and attribute carries its own, so their text is bounded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmkit.ddf.reader import read
from dmkit.wire import markup, tags, wbxml, xml
from dmkit.wire.compiled import paths
from dmkit.wire.namespaces import MAX_NAMESPACE, check_namespaces
from dmkit.words.deviations import DeviationKind
from dmkit.words.errors import CodecError, DdfError
from dmkit.words.model import Add, Element, Header, Item, Message

HEADER = Header("1", "1", "IMEI:1", "http://s/dm")
USUAL = "u" * MAX_NAMESPACE


def message(data: str | Element) -> Message:
    return Message(HEADER, (Add((Item("./A", data=data),), cmd_id="1"),))


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("name", ["xmlns", "xmlns:p", "xmlns:" + "p" * 3000])
@pytest.mark.parametrize("equals", ["=", " =", "=\n", "\t = "])
def test_the_longest_namespace_is_read_and_a_longer_one_is_refused(quote: str, name: str, equals: str) -> None:
    for namespace, fine in ((USUAL, True), (USUAL + "u", False), ("&#117;" * (MAX_NAMESPACE + 1), False)):
        document = f"<a>\n<b {name}{equals}{quote}{namespace}{quote}/></a>".encode()
        if fine:
            markup.read_xml(document)
            continue
        for lenient in (False, True):
            with pytest.raises(CodecError, match=r"'uuuu+' has 1025 signs; at most 1024 are read \(line 2\)"):
                markup.read_xml(document, lenient=lenient)


@pytest.mark.parametrize("said", [f' xmlns="{USUAL}u" ', f" xmlns:p='{USUAL}u'", f"<a xmlns='{USUAL}u'/>"])
def test_text_that_looks_like_a_declaration_is_text(said: str) -> None:
    for write in (xml.encode, lambda one: xml.encode(one).replace(b"<Add>", b"<Add><!-- -->")):
        data = write(message(said))
        read = []
        for fast in (True, False):
            with paths(fast=fast):
                read.append(xml.decode(data))
        assert read[0] == read[1] == message(said)
    check_namespaces(f"<!-- {said} --><a/>".encode())


def test_messages_and_descriptions_of_long_namespaces_are_refused() -> None:
    data = xml.encode(message(Element("x", USUAL, (Element("y", USUAL),))))
    assert xml.decode(data).commands
    for lenient in (False, True):
        with pytest.raises(CodecError, match="1025 signs"):
            xml.decode(data.replace(USUAL.encode(), USUAL.encode() + b"u"), lenient=lenient)
    told = f"""<MgmtTree xmlns:m="{USUAL}"><VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName><DFProperties><m:E/>
    </DFProperties></Node></MgmtTree>"""
    for fast in (True, False):
        with paths(fast=fast):
            assert read(told.encode()).roots
            with pytest.raises(DdfError, match="1025 signs"):
                read(told.replace("uuuu", "uuuuu", 1).encode())


def test_a_long_namespace_in_wbxml_is_refused() -> None:
    written = wbxml.encode(message(Element("x", USUAL, (Element("y", USUAL, (), ((f"{{{USUAL}}}a", "1"),)),))))
    assert wbxml.decode(written, lenient=True).commands
    with pytest.raises(CodecError, match="1025 signs"):
        wbxml.decode(written.replace(USUAL.encode(), USUAL.encode() + b"u"), lenient=True)


@pytest.mark.parametrize("fits", [True, False])
def test_markup_taken_as_text_is_bounded_however_many_namespaces_each_piece_carries(
    fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markup, "MAX_SIZE", 2000 if fits else 500)
    spaces = "".join(f" xmlns:a{n}='u{n}'" for n in range(10))
    data = xml.encode(message("@")).replace(b"@", b"t<a/><b/><c/>").replace(b"<Add>", f"<Add{spaces}>".encode())
    if fits:
        (command,) = xml.decode(data, lenient=True).commands
        assert isinstance(command, Add) and str(command.items[0].data).count("xmlns:a9") == 3
        return
    with pytest.raises(CodecError, match="more than 500 signs"):
        xml.decode(data, lenient=True)


class Pieces(str):
    """Text that counts the signs that are copied when it is put behind others."""

    copied = 0

    def __radd__(self, before: str) -> Pieces:
        Pieces.copied += len(before)
        return Pieces(str(before) + str(self))


@pytest.mark.parametrize("piece", [b"\x03ab\0", b"\x83\0", b"\xc3\2ab", b"\x02a"])
def test_the_pieces_of_an_attribute_are_put_together_once(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(function: Callable[..., str]) -> Callable[..., str]:
        return lambda *told: Pieces(function(*told))

    for name in ("_decode", "_character"):
        monkeypatch.setattr(tags, name, counted(getattr(tags, name)))
    copied = []
    for n in (100, 200):
        head = bytes.fromhex("02a4016a036162 00".replace(" ", ""))
        Pieces.copied = 0
        root = wbxml_element(head + b"\xad\x04\0" + piece * n + b"\1\1")
        assert len(root.attrs[0][1]) in (n, 2 * n)
        copied.append(Pieces.copied)
    assert copied[1] <= 2.3 * copied[0]


def wbxml_element(data: bytes) -> Element:
    from dmkit.wire.document import read_wbxml

    return read_wbxml(data, lenient=True).root


@pytest.mark.parametrize("outer", ["", "urn:x", "syncml:dmddf1.2"])
@pytest.mark.parametrize("inner", ["", "urn:x", "urn:y"])
def test_an_element_has_its_own_namespace_and_none_where_it_has_none(outer: str, inner: str) -> None:
    data = Element("a", outer, (Element("b", inner, ("text",)), Element("c", outer, (Element("d", inner),))))
    both_carry(data)


def both_carry(data: Element) -> None:
    """Strict readers take what the writers make of mark-up in Data, and it is the same."""
    for codec in (xml, wbxml):
        for lenient in (False, True):
            read = codec.decode(codec.encode(message(data)), lenient=lenient)
            assert read.commands == message(data).commands and read.deviations == ()


@pytest.mark.parametrize(
    "attrs", [(("a", "1"),), (("b", ""), ("{urn:p}a", "1")), (("{urn:p}a", "1"), ("{urn:q}a", "2"))]
)
@pytest.mark.parametrize(
    ("name", "ns"),
    [
        ("Node", "syncml:dmddf1.2"),
        ("Type", "syncml:metinf"),
        ("Item", "SYNCML:SYNCML1.2"),
        ("Node", "urn:x"),
        ("n", ""),
    ],
)
def test_mark_up_with_attributes_is_of_literal_tags(name: str, ns: str, attrs: tuple[tuple[str, str], ...]) -> None:
    """Tags of SyncML have none: so one that has some is a literal, whose list WBXML knows.  [WBXML sheet §2.2, §2.3]"""
    for inner in (Element(name, ns, ("text",), attrs), Element(name, ns, (), attrs)):
        both_carry(inner)
        for outer in ("", ns, "syncml:dmddf1.2", "urn:y"):
            children = (Element("Path", "syncml:dmddf1.2", ("./A",)), inner, Element("z", ns, ("1",)), inner)
            both_carry(Element("Node", outer, children))
            both_carry(Element("Node", outer, children, attrs))


def test_a_tag_of_syncml_with_attributes_is_still_no_strict_one() -> None:
    data = wbxml.encode(message("x"))
    at = data.index(b"\x4f\x03x\0\x01")
    odd = data[:at] + b"\xcf\x04\0\x03v\0\x01" + data[at + 1 :]
    with pytest.raises(CodecError, match="attribute list"):
        wbxml.decode(odd)
    assert [d.kind for d in wbxml.decode(odd, lenient=True).deviations] == [DeviationKind.WBXML_ATTRIBUTES]
