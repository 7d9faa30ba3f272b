"""Reading descriptions: what the document says becomes values, and nothing else is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmkit import ddf
from dmkit.ddf.spec import Basis, Occurrence, OccurrenceKind, Scope
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import DdfError

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"


def described(inside: str, *, name: str = "A", before: str = "", after: str = "") -> bytes:
    return (
        f"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>{name}</NodeName>{before}<DFProperties>{inside}"
        f"</DFProperties>{after}</Node></MgmtTree>"
    ).encode()


def test_the_wifi_example_says_what_it_says():
    spec = ddf.load(DATA / "wifi.xml", strict=True)
    network = spec.find("./WiFi/*")
    assert network is not None
    assert (network.is_placeholder, network.label, network.occurs) == (
        True,
        "<Network>",
        Occurrence(OccurrenceKind.ZERO_OR_N, 32),
    )
    assert network.access == {Verb.ADD, Verb.DELETE, Verb.GET, Verb.REPLACE}
    ssid = spec.find("./WiFi/*/SSID")
    assert ssid is not None
    assert (ssid.format, ssid.types, ssid.scope, ssid.basis) == (
        Format.CHR,
        ("text/plain",),
        Scope.DYNAMIC,
        Basis.ESTABLISHED,
    )
    assert spec.roots[0].mo_id == "com.example/1.0/WiFi"
    assert spec.basis is Basis.PROPOSAL


@pytest.mark.parametrize("file", sorted(p.name for p in DATA.glob("*.xml")))
def test_every_node_of_the_examples_has_a_basis_and_a_description(file):
    for place in ddf.load(DATA / file, strict=True).walk():
        assert place.basis is not None and place.node.description


def test_children_of_properties_may_stand_in_any_order():
    spec = ddf.read(
        described(
            "<DFType><MIME/></DFType><CaseSense><CIS/></CaseSense><DefaultValue> x </DefaultValue>"
            "<DFFormat><chr/></DFFormat><AccessType><Get/><Add/></AccessType>"
        )
    )
    node = spec.roots[0]
    assert (node.mime, node.case_sensitive, node.default, node.format) == (("",), False, " x ", Format.CHR)
    assert node.types == ()


def test_a_path_with_a_trailing_slash_and_names_with_blanks_are_normalised():
    spec = ddf.read(described("<DFFormat><chr/></DFFormat>", name=" A ", before="<Path>./Vendor/</Path>"))
    assert [place.uri for place in spec.walk()] == ["./Vendor/A"]


def test_a_nested_path_alone_locates_the_node():
    after = "<Node><NodeName>B</NodeName><Path>./A</Path></Node><Node><NodeName>C</NodeName></Node>"
    spec = ddf.read(described("<DFFormat><node/></DFFormat>", before="<Path>.</Path>", after=after))
    assert [place.uri for place in spec.walk()] == ["./A", "./A/B", "./A/C"]


def test_a_doctype_is_kept_as_text_and_never_fetched():
    doctype = '<!DOCTYPE MgmtTree PUBLIC " -//OMA//DTD-DM-DDF 1.2//EN"\n "http://127.0.0.1:1/x.dtd"\n [<?x y="]"?>]>'
    spec = ddf.read(b"\xef\xbb\xbf<?xml version='1.0'?>" + doctype.encode() + described("<DFFormat><chr/></DFFormat>"))
    assert (spec.doctype, spec.bom, spec.count()) == (doctype, True, (1, 1))


@pytest.mark.parametrize("subset", ["<!ENTITY a 'b'>", "<!ELEMENT A ANY>", "%x;", "<?p?> <!ATTLIST A>"])
def test_a_doctype_with_declarations_is_refused(subset):
    with pytest.raises(DdfError, match="declares things of its own"):
        ddf.read(f"<!DOCTYPE MgmtTree [{subset}]>".encode() + described(""))


def test_bound_without_a_number_is_no_bound():
    node = ddf.read(described("<Occurrence><ZeroOrN/></Occurrence>")).roots[0]
    assert (node.occurs.most, node.occurs.kind) == (None, OccurrenceKind.ZERO_OR_N)


def test_strict_reading_also_asks_the_grammar():
    data = described("<AccessType><Get/></AccessType><DFFormat><chr/></DFFormat>")
    assert ddf.read(data).roots[0].mime is None
    with pytest.raises(DdfError, match=r"^./A: not valid against the DDF grammar: DFProperties has no DFType"):
        ddf.read(data, strict=True)
    order = b"<MgmtTree><VerDTD>1.2</VerDTD><Node><Path>.</Path><NodeName>A</NodeName></Node></MgmtTree>"
    assert ddf.gaps(ddf.read(order)) == ()
    with pytest.raises(DdfError, match=r"not valid against the DDF grammar: .*line 1"):
        ddf.read(order, strict=True)


def test_everything_that_is_missing_is_said_at_once():
    spec = ddf.read(described("<Occurrence><OneOrN/></Occurrence>", before="<RTProperties/>"))
    assert [str(gap).partition("grammar: ")[2] for gap in ddf.gaps(spec)] == [
        "DFProperties has no AccessType; it stands there, empty when there is no command (line 1)",
        "DFProperties has no DFFormat; it stands there with one format (line 1)",
        "DFProperties has no DFType; it stands there with MIME, or with DDFName (line 1)",
        "OneOrN has no number; one from 2 to 65536 stands there (line 1)",
        "RTProperties has no Type; it stands there with MIME, or with DDFName (line 1)",
    ]


def test_the_device_description_of_another_project_is_read(corpus):
    files = sorted((corpus / "ddf").glob("*.ddf"))
    assert files
    for file in files:
        data = file.read_bytes()
        spec = ddf.read(data, strict=True)
        assert spec.count().nodes == data.count(b"<Node>")
        assert spec.roots[0].name == "." and "./DevInfo/Man" in [place.uri for place in spec.walk()]
