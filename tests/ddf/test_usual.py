"""The quick reader of descriptions beside the one that walks the tree: over documents, and over mutants of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from lxml import etree

from bench.ddf_bench import documents
from dmkit.ddf import generate as testing
from dmkit.ddf.parser import prepared
from dmkit.ddf.reader import _usual_basis, read
from dmkit.ddf.spec import NodeSpec, Spec
from dmkit.ddf.usual import read_usual
from dmkit.ddf.writer import write
from dmkit.wire.compiled import paths
from dmkit.wire.content import Irregular
from dmkit.words.errors import CodecError, DdfError

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
FILES = [path.read_bytes() for path in sorted(DATA.glob("*.xml"))]
WINDOWS = b"""<?xml version="1.0" encoding="UTF-8"?>\r
<!DOCTYPE MgmtTree PUBLIC " -//OMA//DTD-DM-DDF 1.2//EN" "http://www.openmobilealliance.org/tech/DTD/DM_DDF-V1_2.dtd"
[<?oma-dm-ddf-ver supported-versions="1.2"?>]>
<MgmtTree xmlns:MSFT="http://schemas.microsoft.com/MobileDevice/DM">
<VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName><Path>./Vendor/MSFT</Path><DFProperties><AccessType><Get />
</AccessType><Description>a &lt;b&gt; &amp; "c"</Description><DFFormat><node /></DFFormat><Occurrence><One />
</Occurrence><Scope><Permanent /></Scope><DFType><MIME /></DFType><MSFT:Applicability>
<MSFT:OsBuildVersion>10.0</MSFT:OsBuildVersion><!-- x --></MSFT:Applicability><!-- y --></DFProperties>
<Node><NodeName /><DFProperties><AccessType /><DefaultValue>1</DefaultValue><DFFormat><int /></DFFormat>
<Occurrence><ZeroOrN>12</ZeroOrN></Occurrence><DFTitle /><DFType><MIME>text/plain</MIME></DFType>
<MSFT:AllowedValues ValueType="Range"><MSFT:Value>[0-9]</MSFT:Value></MSFT:AllowedValues></DFProperties></Node></Node>
</MgmtTree>"""
SOURCES = [*FILES, WINDOWS, *documents(2)]
PIECES = rb"""<Node> </Node> <NodeName/> <NodeName>x</NodeName> <!----> <!--basis:--> <DFProperties/> <Value/> <MIME/>
<DFTitle>&amp;</DFTitle> &#65; &x; ]]> <Get/> <Get></Get> <Add/> <node/> x & < > a:b / . <Path>.</Path> <Value>1</Value>
<MSFT:a/> <MSFT:a>x</MSFT:a>
<d:Basis>unsure</d:Basis> <x:y/> <CIS/> <DDFName/> xmlns:MSFT="" xmlns="" 0 ZeroOrN""".split()
PIECES += [b"\xc3\xa9", b"\r", b"\r\n", b"\0", b"\xff"]


def quick(data: bytes) -> Spec:
    """What the quick reader says; Irregular when it does not."""
    octets, bom, doctype = prepared(data, 1 << 20)
    return read_usual(octets, bom, doctype, _usual_basis, 60)


def whole(spec: Spec) -> tuple[object, ...]:
    """All there is in ``spec``, what does not count in comparisons too."""

    def of(node: NodeSpec) -> tuple[object, ...]:
        return (node, node.form, node.line, *map(of, node.children))

    return (spec, spec.prefixes, spec.doctype, spec.bom, spec.form, *map(of, spec.roots))


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Documents with a few places changed: cut, doubled, put elsewhere, replaced by something that may stand in one."""
    chance = Random(seed)
    for _ in range(count):
        data = chance.choice(SOURCES)
        for _ in range(chance.randint(1, 2)):
            tags = [at for at in range(len(data)) if data[at : at + 1] in (b"<", b">")]
            one, two = sorted(chance.choice(tags) + chance.randint(0, 1) for _ in range(2))
            two = min(two, one + chance.choice((0, 10, 60, 400)))
            piece = chance.choice((b"", data[one:two], chance.choice(PIECES), data[one:two] * 2, b" ", b"\n"))
            data = data[:one] + piece + data[chance.choice((one, two)) :]
        yield data


def compare(seed: int, count: int) -> int:
    """Every mutant that the quick reader takes is taken by the other, as the same; how many those were."""
    accepted = 0
    for data in mutants(seed, count):
        try:
            read_quickly = quick(data)
        except (Irregular, DdfError, CodecError):
            continue
        accepted += 1
        with paths(fast=False):
            assert whole(read(data)) == whole(read_quickly), data
    return accepted


def test_what_tools_and_people_write_is_usual():
    accepted = 0
    for data in SOURCES:
        try:
            read_quickly = quick(data)
        except Irregular:  # an example with RTProperties, or with an extension outside DFProperties
            continue
        accepted += 1
        with paths(fast=False):
            assert whole(read(data)) == whole(read_quickly)
    assert accepted >= 4 and quick(WINDOWS)


@settings(max_examples=100)
@given(testing.specs())
def test_the_readers_agree_on_what_is_written(spec):
    data = write(spec)
    with paths(fast=True):
        quickly = whole(read(data))
    with paths(fast=False):
        assert whole(read(data)) == quickly


def test_mutants_that_the_quick_reader_accepts_are_the_same_description():
    assert compare(1, 3000) > 300


@pytest.mark.nightly
def test_twenty_thousand_accepted_mutants_agree():
    accepted, seed = 0, 100
    while accepted < 20_000:
        accepted += compare(seed, 10_000)
        seed += 1


@pytest.mark.parametrize("bad", [b"<Get/><Get/>", b"<Fetch/>", b"<Replace/><Add/>", b"x", b"<Get a='1'/>"])
def test_what_is_not_usual_is_left_to_the_other(bad):
    with pytest.raises(Irregular):
        quick(WINDOWS.replace(b"<Get />", bad))


@pytest.mark.parametrize(("old", "new"), [
    (b'version="1.0"', b"version=\"1.0'"), (b'encoding="UTF-8"', b"encoding='UTF-8\""),
    (b"xmlns:MSFT=", "xmlns:a\u00b2='urn:x' xmlns:MSFT=".encode()),
    (b"</MgmtTree>", "</MgmtTree>\u3000".encode()), (b"<Node><NodeName>A", "\xa0<Node><NodeName>A".encode()),
])  # fmt: skip
def test_what_only_looks_usual_is_refused_by_both(old, new):
    with pytest.raises(Irregular):
        quick(WINDOWS.replace(old, new, 1))
    for fast in (True, False):
        with paths(fast=fast), pytest.raises(DdfError):
            read(WINDOWS.replace(old, new, 1))


@pytest.mark.parametrize(
    ("what", "written"), [("NodeName", "<NodeName>{}</NodeName>"), ("Path", "<NodeName/><Path>{}</Path>")]
)
def test_a_name_that_each_address_below_would_carry_is_bounded(what, written):
    document = "<MgmtTree><VerDTD>1.2</VerDTD><Node>{}<Node><NodeName>B</NodeName></Node></Node></MgmtTree>"
    for fast in (True, False):
        with paths(fast=fast):
            assert read(document.format(written.format("x" * 1024)).encode()).roots[0].children
            with pytest.raises(DdfError, match=f"a {what} of 1025 characters; at most 1024 are read"):
                read(document.format(written.format("x" * 1025)).encode())


def test_extensions_are_parsed_with_the_prefixes_that_they_use(monkeypatch):
    parsed = []
    monkeypatch.setattr(
        "dmkit.ddf.usual.etree",
        SimpleNamespace(fromstring=lambda data, parser: parsed.append(data) or etree.fromstring(data, parser),
                        XMLSyntaxError=etree.XMLSyntaxError),
    )  # fmt: skip
    sizes = []
    for n in (50, 100):
        parsed.clear()
        nodes = "".join(f"<Node><NodeName>n{at}</NodeName><DFProperties><m{at}:E m{at}:a='1' b='x:y'>m1:x</m{at}:E>"
                        f"<p.{at}:F/></DFProperties></Node>" for at in range(n))  # fmt: skip
        spaces = "".join(f" xmlns:m{at}='u{at}' xmlns:p.{at}='v'" for at in range(n))
        data = f"<MgmtTree{spaces}><VerDTD>1.2</VerDTD>{nodes}</MgmtTree>".encode()
        read_quickly = quick(data)
        with paths(fast=False):
            assert whole(read(data)) == whole(read_quickly)
        sizes.append(sum(map(len, parsed)))
    assert len(parsed) == 100 and sizes[1] < 2.3 * sizes[0]


def test_both_refuse_with_one_sentence():
    for fast in (True, False):
        with paths(fast=fast), pytest.raises(DdfError, match="Fetch is no element of DDF"):
            read(WINDOWS.replace(b"<Get />", b"<Fetch/>"))
