"""XML of any vocabulary as values."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit.wire.markup import documents, read_xml, write_xml
from dmkit.words.deviations import DeviationKind as Kind
from dmkit.words.errors import CodecError
from dmkit.words.model import Element
from tests.strategies import elements

_names = st.sampled_from(["a", "B-c", "x.1", "_y", "Größe"])
_spaces = st.sampled_from(["", "urn:x", "urn:a&b"])
_texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=8).filter(
    lambda text: bool(text.strip())
)
_attrs = st.dictionaries(st.sampled_from(["k", "{urn:y}k", "{http://www.w3.org/XML/1998/namespace}lang"]), st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n\t\r"), max_size=6), max_size=3).map(
    lambda found: tuple(sorted(found.items())))  # fmt: skip


def _merged(children: list[Element | str]) -> tuple[Element | str, ...]:
    """No two texts side by side: they would be read as one."""
    pairs = zip(children, [None, *children], strict=False)
    return tuple(child for child, before in pairs if not (isinstance(child, str) and isinstance(before, str)))


trees = st.recursive(
    st.builds(lambda name, ns, text, attrs: Element(name, ns, (text,), attrs), _names, _spaces, _texts, _attrs),
    lambda inner: st.builds(
        lambda name, ns, children, attrs: Element(name, ns, _merged(children), attrs),
        _names, _spaces, st.lists(inner | _texts, max_size=3), _attrs,
    ),
    max_leaves=8,
)  # fmt: skip


@given(trees | elements, st.booleans())
def test_reading_what_was_written_gives_the_same_tree(tree: Element, declaration: bool) -> None:
    assert read_xml(write_xml(tree, declaration=declaration)) == (tree, ())


@given(elements)
def test_pretty_printing_changes_no_meaning(tree: Element) -> None:
    data = write_xml(tree, pretty=True)
    assert data.count(b"\n") > 1 and read_xml(data) == (tree, ())


def test_white_space_goes_only_between_elements() -> None:
    tree, _ = read_xml(b"<a> <b> </b> t <!-- c --> <c/> <?p i?> </a>")
    assert tree == Element("a", "", (Element("b", "", (" ",)), " t  ", Element("c")))


def test_cdata_is_text() -> None:
    assert read_xml(b"<a><![CDATA[<b>&amp;]]>c</a>")[0].children == ("<b>&amp;c",)


@pytest.mark.parametrize(
    ("data", "kinds", "name"),
    [
        (b"\xef\xbb\xbf<a/>", [], "a"),
        (b"\n\t<a/>", [], "a"),
        (b" <?xml version='1.0'?><a/>", [Kind.MALFORMED_XML], "a"),
        (b"<a>x & y &amp; <![CDATA[&]]></a>", [Kind.BARE_AMPERSAND], "a"),
        (b"<a>x\0</a>", [Kind.TRAILING_NUL], "a"),
        (b"<a>x</a>\0", [Kind.TRAILING_NUL], "a"),
        (b"<a/><b/>", [Kind.TRAILING_DATA], "a"),
        (b"POST /dm HTTP/1.1\r\n\r\n<a>1</a>", [Kind.MALFORMED_XML], "a"),
        (
            b"12:00 sent <SyncML><x/></SyncML> 12:01 got <SyncML/>",
            [Kind.MALFORMED_XML] * 2 + [Kind.TRAILING_DATA],
            "SyncML",
        ),
        ("<a>ü</a>".encode("latin-1"), [Kind.CHARSET], "a"),
    ],
)
def test_lenient_reading_repairs_and_reports(data: bytes, kinds: list[Kind], name: str) -> None:
    element, deviations = read_xml(data, lenient=True)
    assert element.name == name and [deviation.kind for deviation in deviations] == kinds
    if kinds:
        with pytest.raises(CodecError):
            read_xml(data)


def test_several_documents_in_one_file() -> None:
    assert list(documents(b"log <SyncML>1</SyncML> log <SyncML>2</SyncML> <SyncML>cut")) == [
        b"<SyncML>1</SyncML>", b"<SyncML>2</SyncML>"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "tree",
    [
        Element("a b"), Element(""), Element("1"), Element("a:b"), Element("a", "", (b"x",)), Element("a", "", ("\0",)),
        Element("a", "", (), (("b c", ""),)), Element("a", "\x01"),
    ],
)  # fmt: skip
def test_what_xml_cannot_say_is_refused(tree: Element) -> None:
    with pytest.raises(CodecError):
        write_xml(tree)


def test_depth_is_bounded_both_ways() -> None:
    tree = Element("a")
    for _ in range(63):
        tree = Element("a", "", (tree,))
    assert read_xml(write_xml(tree)) == (tree, ())
    with pytest.raises(CodecError, match="deep"):
        write_xml(Element("a", "", (tree,)))
    with pytest.raises(CodecError, match="deep"):
        read_xml(b"<a>" + write_xml(tree) + b"</a>")


_MARKS = b"<a> </a> <b x='1' > & &#0; <![CDATA[ ]]> <!-- --> \0 <? ?> \xff <!DOCTYPE [ ]> <SyncML> </SyncML>"
PIECES = [b" ", *_MARKS.split()]


@pytest.mark.slow
@settings(max_examples=max(2000, settings.default.max_examples))
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
def test_pieces_of_mark_up_raise_only_codec_errors(pieces: list[bytes], lenient: bool) -> None:
    try:
        tree, _ = read_xml(b"".join(pieces), lenient=lenient)
    except CodecError:
        return
    assert read_xml(write_xml(tree))[0] == tree


WITHOUT_ELEMENT = {
    "buteo-respinvalid1.txt", "dotnet-PlaxoSync.txt",  # a bare XML declaration; not XML at all
    "aosp-MMS.xml", "txsyncml-nokia-6600-sync-ota.xml",  # an element without its end: no part of it is the document
}  # fmt: skip


def test_the_corpus_is_read_and_written_again(corpus: Path) -> None:
    for folder in ("wire-xml", "syncml-dm-xml", "syncml-ds-xml", "cp", "ddf", "tnds"):
        for path in sorted((corpus / folder).iterdir()):
            data = path.read_bytes()
            if path.suffix == ".wbxml":
                continue
            if path.name in WITHOUT_ELEMENT:
                with pytest.raises(CodecError):
                    read_xml(data, lenient=True)
                continue
            element, deviations = read_xml(data, lenient=True)
            assert read_xml(write_xml(element)) == (element, ()), path.name
            if deviations:
                with pytest.raises(CodecError):
                    read_xml(data)
            else:
                assert read_xml(data) == (element, ()), path.name
