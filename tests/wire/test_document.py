"""Documents at element level: vocabularies, documents inside documents, literals, round trips."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.wire import elements as table
from dmkit.wire.codec import codec_for
from dmkit.wire.conversion import convert
from dmkit.wire.document import WireDocument, read_wbxml, read_xml, write_wbxml, write_xml
from dmkit.wire.explain import explain
from dmkit.wire.octets import mb
from dmkit.words.deviations import DeviationKind as K
from dmkit.words.errors import CodecError
from dmkit.words.model import Element
from tests.wire.messages import CP, PACKAGE_1, TNDS
from tests.wire.test_wbxml import mutants

M = "syncml:metinf"


def test_the_tnds_vector_is_reproduced() -> None:
    xml, deviations = convert(TNDS)
    assert deviations == () and b'<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>' in xml
    assert convert(xml) == (TNDS, ())


def test_the_message_vector_is_reproduced() -> None:
    assert convert(convert(PACKAGE_1)[0]) == (PACKAGE_1, ())


def test_the_provisioning_document_reads_as_its_attributes() -> None:
    document = read_wbxml(CP)
    assert document.vocabulary is table.PROV
    application = next(document.root.find("characteristic"))
    assert application.attrs == (("type", "APPLICATION"),)
    pairs = {dict(e.attrs)["name"]: dict(e.attrs).get("value") for e in application.find("parm")}
    assert pairs == {"APPID": "w7", "PROVIDER-ID": "com.mgmtsrv", "NAME": "Op DM"}
    again = write_wbxml(document, version=3)
    assert read_wbxml(again).root == document.root
    assert b"\x93" not in again  # DIGEST goes inline: its token is in doubt
    assert b"DIGEST" in again


def item(format: str, type: str, data: str) -> bytes:
    return (
        f'<SyncML xmlns="SYNCML:SYNCML1.2"><SyncBody><Add><CmdID>1</CmdID><Item><Meta><Format xmlns="{M}">{format}'
        f'</Format><Type xmlns="{M}">{type}</Type></Meta><Data>{data}</Data></Item></Add></SyncBody></SyncML>'
    ).encode()


TREE = '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>'
TYPE = "application/vnd.syncml.dmtnds"


def test_variant_a_and_c_are_each_other() -> None:
    xml = item("xml", f"{TYPE}+xml", TREE)
    octets, _ = convert(xml)
    assert bytes.fromhex("4f00026077") in octets
    assert convert(octets)[0].split(b"?>\n")[1] == xml


def test_variant_b_becomes_a_and_its_meta_follows() -> None:
    octets, _ = convert(item("bin", f"{TYPE}+wbxml", "x"))
    inner = convert(TREE.encode())[0]
    at = octets.index(bytes.fromhex("4f03780001"))
    octets = octets[:at] + b"\x4f\xc3" + bytes((len(inner),)) + inner + octets[at + 4 :]
    assert convert(octets)[0].split(b"?>\n")[1] == item("xml", f"{TYPE}+xml", TREE)


def test_a_devinf_travels_as_an_opaque_document_and_comes_back() -> None:
    xml = item(
        "xml",
        "application/vnd.syncml-devinf+xml",
        '<DevInf xmlns="syncml:devinf"><VerDTD>1.2</VerDTD><Man>Acme</Man><UTC/></DevInf>',
    )
    octets, _ = convert(xml)
    assert bytes.fromhex("02a4036a004a") in octets and b"devinf+wbxml" in octets
    assert convert(octets)[0].split(b"?>\n")[1] == xml


def test_octets_become_b64_text_and_the_format_says_so() -> None:
    octets, _ = convert(item("bin", "application/octet-stream", "x"))
    octets = octets.replace(bytes.fromhex("4f03780001"), bytes.fromhex("4fc302fe0001"))
    assert convert(octets)[0].split(b"?>\n")[1] == item("b64", "application/octet-stream", "/gA=")


def test_format_bin_is_never_plain_in_xml_even_when_it_could_be_text() -> None:
    octets, _ = convert(item("bin", "application/octet-stream", "x"))
    assert convert(octets)[0].split(b"?>\n")[1] == item("b64", "application/octet-stream", "eA==")


@pytest.mark.parametrize(
    "xml",
    [
        b'<note lang="en">a<b>c</b>d</note>',
        b'<x:note xmlns:x="urn:x" x:k="v"><y xmlns="urn:y"/></x:note>',
    ],
)
def test_a_document_of_no_vocabulary_travels_as_literals(xml: bytes) -> None:
    with pytest.raises(CodecError, match="no known vocabulary"):
        convert(xml)
    octets, deviations = convert(xml, lenient=True)
    assert {d.kind for d in deviations} == {K.UNKNOWN_ELEMENT}
    assert read_wbxml(octets).root == read_xml(xml, lenient=True).root


def test_an_unknown_element_and_an_attribute_survive_leniently() -> None:
    xml = item("chr", "text/plain", "x").replace(b"<Data>", b'<Extra a="1"/><Data xmlns:m="urn:m" m:err="2">')
    with pytest.raises(CodecError):
        convert(xml)
    octets, deviations = convert(xml, lenient=True)
    assert {d.kind for d in deviations} == {K.UNKNOWN_ELEMENT, K.ATTRIBUTE}
    assert read_xml(convert(octets, lenient=True)[0], lenient=True).root == read_xml(xml, lenient=True).root


def test_missing_namespaces_are_put_right() -> None:
    xml = item("chr", "text/plain", "x").replace(f' xmlns="{M}"'.encode(), b"").replace(b"SYNCML1.2", b"SYNCML1.9")
    with pytest.raises(CodecError, match=r"not in 'SYNCML:SYNCML1\.2'"):
        convert(xml)
    octets, deviations = convert(xml, lenient=True)
    assert K.NAMESPACE in {d.kind for d in deviations}
    assert convert(octets)[0].split(b"?>\n")[1] == item("chr", "text/plain", "x")


@pytest.mark.parametrize("vocabulary", table.VOCABULARIES, ids=lambda v: v.title)
def test_every_element_of_every_vocabulary_survives(vocabulary: table.Vocabulary) -> None:
    """All names of all pages, in one document."""

    def filled(page: table.CodePage, name: str) -> Element:
        text = page.kinds[name] in (table.ContentKind.TEXT, table.ContentKind.DATA)
        return Element(name, page.ns, ("v",) if text else ())

    children = tuple(filled(page, name) for page in vocabulary.pages.values() for name in page.kinds)
    page = next(p for p in vocabulary.pages.values() if vocabulary.root in p.tokens)
    root = Element(vocabulary.root, page.ns, (*children, *children[:3]))
    document = WireDocument(root, vocabulary)
    for version in (1, 2, 3):
        for string_table in (False, True):
            read = read_wbxml(write_wbxml(document, version=version, string_table=string_table))
            assert (read.root, read.vocabulary, read.deviations) == (root, vocabulary, ())


@pytest.mark.parametrize("vocabulary", [table.PROV, table.OTA], ids=lambda v: v.title)
def test_every_attribute_token_survives(vocabulary: table.Vocabulary) -> None:
    name = vocabulary.pages[0].names[0x07]
    children = [
        Element(name, "", (), ((attribute, (value or "") + more),))
        for starts in vocabulary.starts
        for attribute, value in starts.values()
        for more in ("", "x")
    ]
    children += [
        Element(name, "", (), (("value", value),)) for values in vocabulary.values for value in values.values()
    ]
    root = Element(vocabulary.root, "", tuple(children))
    assert read_wbxml(write_wbxml(WireDocument(root, vocabulary))).root == root


names = st.sampled_from([("VerDTD", "a"), ("Node", ""), ("node", ""), ("Value", "é&<"), ("Other", "z")])


@given(
    st.recursive(
        names.map(lambda n: Element(n[0], table.NS_DDF, (n[1],) if n[1] else ())),
        lambda inner: st.lists(inner, max_size=4).map(lambda c: Element("Node", table.NS_DDF, tuple(c))),
    )
)
def test_any_tree_survives_both_encodings(inner: Element) -> None:
    root = Element("MgmtTree", table.NS_DDF, (inner,))
    document = WireDocument(root, table.DDF)
    assert read_wbxml(write_wbxml(document), lenient=True).root == root
    assert read_xml(write_xml(document), lenient=True).root == root


def test_deep_elements_are_refused() -> None:
    root = Element("Node", table.NS_DDF)
    for _ in range(100):
        root = Element("Node", table.NS_DDF, (root,))
    for write in (write_wbxml, write_xml):
        with pytest.raises(CodecError, match="deep"):
            write(WireDocument(Element("MgmtTree", table.NS_DDF, (root,)), table.DDF))
    with pytest.raises(CodecError, match="nested deeper"):
        read_wbxml(bytes.fromhex("02a4016a006d") + b"\x54" * 200)


def test_media_types_name_their_vocabulary() -> None:
    assert table.MEDIA_TYPES["application/vnd.syncml.dm+wbxml"] is table.SYNCML
    assert table.MEDIA_TYPES["application/vnd.wap.connectivity-wbxml"] is table.PROV


@given(st.binary(max_size=200), st.booleans())
def test_converting_arbitrary_octets_raises_nothing_but_codec_errors(data: bytes, lenient: bool) -> None:
    for candidate in (data, TNDS[:33] + data, CP[:4] + data, b"<SyncML>" + data, b"\x02\x01\x6a\x00" + data):
        try:
            convert(candidate, lenient=lenient)
        except CodecError:
            continue


def test_converting_mutants_raises_nothing_but_codec_errors() -> None:
    for data in mutants(1_000, seed=3):
        try:
            convert(data, lenient=True)
        except CodecError:
            continue


LONG = b"x" * 4096
AMPLIFIED = {
    "references to a long text": bytes.fromhex("02a4016aa000")
    + LONG
    + bytes.fromhex("6d6b45544f")
    + b"\x83\x00" * 200_000
    + b"\x01" * 5,
    "literals with a long name": bytes.fromhex("02a4016aa000") + LONG + b"\x6d" + b"\x04\x00" * 200_000 + b"\x01",
    "a hundred thousand attributes": b"<note " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b"/>",
}


@pytest.mark.parametrize("name", AMPLIFIED)
def test_few_octets_do_not_become_many(name: str) -> None:
    """Bounded time and memory: 400 kB must not become 800 MB, nor take time that grows with its square."""
    start = time.process_time()
    for lenient in (False, True):
        with pytest.raises(CodecError):
            convert(AMPLIFIED[name], lenient=lenient)
        with pytest.raises(CodecError):
            codec_for("", AMPLIFIED[name]).decode(AMPLIFIED[name], lenient=lenient)
    assert time.process_time() - start < 10


def test_documents_inside_documents_are_followed_only_so_far() -> None:
    octets = b"\x02\xa4\x01\x6a\x00\x6d\x01"
    for _ in range(3_000):
        octets = b"\x02\xa4\x01\x6a\x00\x6d\x4f\xc3" + mb(len(octets)) + octets + b"\x01\x01"
    xml, _ = convert(octets, lenient=True)
    assert xml.count(b"<SyncML") == 5
    assert explain(octets).data == octets
