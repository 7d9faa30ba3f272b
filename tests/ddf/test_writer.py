"""What is read is written again: nothing is lost, and nothing is put in another order."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree

from dmkit import ddf
from dmkit.ddf import generate as testing
from dmkit.ddf.spec import Basis
from dmkit.words.codes import Verb
from dmkit.words.errors import CodecError, DdfError

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
WINDOWS = os.environ.get("DMKIT_WINDOWS_DDF", "")


def canonical(data: bytes) -> bytes:
    """C14N without the white space between elements and without our summary of provenance."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    for element in root.iter():
        if len(element) and element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    return etree.tostring(root, method="c14n")


def keeps(data: bytes) -> ddf.Spec:
    spec = ddf.read(data)
    written = ddf.write(spec)
    assert canonical(written) == canonical(data)
    assert ddf.read(written) == spec
    return spec


ODD = [
    # order, white space, attributes and comments where nobody expects them
    b"""<MgmtTree xmlns:m="urn:m" xml:lang="en"><!-- first --><VerDTD> 1.2 </VerDTD><m:Diagnostics/><Mod>T</Mod>
    <Node m:k="v &quot;1&quot;"><!-- in a node --><NodeName> A </NodeName><DFProperties><DFType><MIME> text/plain
    </MIME><MIME/></DFType><AccessType><Replace/><!-- why --><Get> </Get></AccessType><m:X a="1"><m:Y>&lt; 2</m:Y> tail
    <!-- inside --></m:X><DFFormat xml:lang="de"><int/></DFFormat><DefaultValue xml:space="preserve"> 7 </DefaultValue>
    <Occurrence><ZeroOrN> 5 </ZeroOrN></Occurrence><!-- last --></DFProperties></Node></MgmtTree>""",
    # two roots, one without anything, Paths
    b"""<MgmtTree xmlns="syncml:dmddf"><VerDTD>1.2</VerDTD><Node><NodeName>User</NodeName><Path>./</Path></Node>
    <Node><NodeName/><Path>./Device/Vendor/</Path><RTProperties><ACL/><Format><node/></Format><Type><DDFName/></Type>
    <VerNo>0</VerNo></RTProperties><Node><NodeName>x</NodeName><Value> v </Value></Node></Node></MgmtTree>""",
    # DDF with a prefix, another vocabulary as default
    b"""<d:MgmtTree xmlns:d="syncml:dmddf1.2" xmlns="urn:other"><d:VerDTD>1.2</d:VerDTD><d:Node>
    <d:NodeName>A</d:NodeName>
    <d:DFProperties><d:AccessType/><d:DFFormat><d:chr/></d:DFFormat><d:DFType><d:DDFName> </d:DDFName></d:DFType>
    </d:DFProperties></d:Node></d:MgmtTree>""",
    # an extension in no namespace below one that has one
    b"""<MgmtTree xmlns="syncml:dmddf1.2" xmlns:m="urn:m"><VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName><DFProperties>
    <m:X><n xmlns="" b="1">t<o/></n></m:X></DFProperties></Node><m:Z/></MgmtTree>""",
]


@pytest.mark.parametrize("data", ODD, ids=["order", "roots", "prefix", "bare"])
def test_peculiar_documents_come_back_as_they_were(data):
    keeps(data)


@given(testing.specs())
def test_any_description_is_read_as_it_was_written(spec):
    written = ddf.write(spec)
    assert ddf.read(written) == spec
    assert ddf.write(ddf.read(written)) == written


@pytest.mark.parametrize("file", sorted(p.name for p in DATA.glob("*.xml")))
def test_the_examples_are_in_the_form_that_is_written(file):
    data = (DATA / file).read_bytes()
    assert ddf.write(ddf.read(data)) == data


def test_a_device_description_of_another_project_round_trips(corpus):
    files = sorted((corpus / "ddf").glob("*.ddf"))
    assert files
    for file in files:
        keeps(file.read_bytes())


@pytest.mark.skipif(not WINDOWS, reason="DMKIT_WINDOWS_DDF names no folder with the Windows CSP DDF v2 files")
def test_the_windows_descriptions_are_counted_and_round_trip():
    files = sorted(Path(WINDOWS).glob("*.xml"))
    assert files
    for file in files:
        data = file.read_bytes()
        spec = keeps(data)
        root = etree.fromstring(data, etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False))
        nodes = root.findall(".//Node")
        assert spec.count().nodes == len(nodes)
        assert spec.count().leaves == sum(
            node.find("DFProperties/DFFormat/node") is None and node.find("Node") is None for node in nodes
        )
        assert spec.bom and spec.doctype


def test_a_changed_description_keeps_the_order_of_the_rest():
    spec = ddf.read(ODD[0])
    node = replace(spec.roots[0], description="new", access=frozenset({Verb.GET, Verb.ADD}), default=None)
    text = ddf.write(replace(spec, roots=(node,))).decode()
    places = [text.index(f"<{name}") for name in ("DFType", "AccessType", "m:X", "DFFormat", "Occurrence")]
    assert places == sorted(places)
    assert "<Description>new</Description>" in text and "DefaultValue" not in text and "<Add/>" in text


def test_provenance_is_in_every_export_and_is_read_back():
    spec = ddf.load(DATA / "wifi.xml")
    text = ddf.write(spec).decode()
    assert "<!-- basis: 2 established, 14 proposal, of 16 nodes -->" in text
    assert ddf.read(text.encode()).bases() == {Basis.ESTABLISHED: 2, Basis.PROPOSAL: 14}


def test_other_tools_find_a_plain_description():
    plain = ddf.load(DATA / "wifi.xml").plain()
    text = ddf.write(plain).decode()
    assert "basis" not in text and "xmlns:" not in text


def test_wbxml_takes_what_is_plain():
    spec = ddf.load(DATA / "mail.xml")
    octets = ddf.write(spec.plain(), wbxml=True)
    assert octets[:2] == b"\x02\x00" and len(octets) < len(ddf.write(spec.plain())) / 2
    assert ddf.read(octets) == spec.plain()
    with pytest.raises(DdfError, match="WBXML has no place"):
        ddf.write(spec, wbxml=True)


BAD_VALUES = [
    (lambda s: replace(s, ns="urn:x"), "namespace 'urn:x' is none of DDF"),
    (lambda s: replace(s, roots=()), "without nodes"),
    (lambda s: replace(s, doctype="<!DOCTYPE a [<!ENTITY b 'c'>]>"), "declares things of its own"),
    (lambda s: replace(s, roots=(replace(s.roots[0], name="a/b"),)), "has no slash"),
    (lambda s: replace(s, roots=(replace(s.roots[0], value="v"),)), "a Value and child Nodes"),
    (lambda s: replace(s, roots=(replace(s.roots[0], mime=("a/b",)),)), "MIME types or a DDFName"),
    (lambda s: replace(s, roots=(replace(s.roots[0], access=frozenset({Verb.ALERT})),)), "AccessType has Alert"),
    (lambda s: replace(s, man="\x00"), "U[+]0000 cannot stand in XML"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_VALUES, ids=[s for _, s in BAD_VALUES])
def test_what_cannot_be_written_is_refused(change, sentence):
    with pytest.raises(CodecError, match=sentence):
        ddf.write(change(ddf.load(DATA / "wifi.xml")))
