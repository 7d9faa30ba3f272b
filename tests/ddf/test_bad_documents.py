"""Malformed descriptions and serialised trees: one clear sentence each, and nothing has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
import dmkit.ddf
from dmkit.ddf.reader import MAX_NESTING
from dmkit.tree import tnds
from dmkit.tree.tree import Tree
from dmkit.windows.admx import read_template
from dmkit.words.errors import CodecError, ConfigError, DdfError, DmError, LocalProtocolError
from dmkit.words.model import Add, Item, Meta, Replace
from tests.ddf.bad_documents import BAD_DDF, BAD_TNDS
from tests.ddf.bad_documents import ddf as whole_ddf
from tests.ddf.bad_documents import tnds as whole_tnds

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"
OCTETS = dmkit.ddf.write(dmkit.ddf.load(DATA / "mail.xml").plain(), wbxml=True)
TREE = Tree.of({"./Acc/here": "1"}, acl={".": "Add=*&Get=*&Replace=*&Delete=*"})


@pytest.mark.parametrize("name", BAD_DDF)
def test_a_malformed_description_is_refused_with_one_sentence(name):
    text, sentence = BAD_DDF[name]
    with pytest.raises(CodecError) as refused:
        dmkit.ddf.read(whole_ddf(text))
    said = str(refused.value)
    assert sentence in said and "\n" not in said


@pytest.mark.parametrize("verb", [Add, Replace])
@pytest.mark.parametrize("name", BAD_TNDS)
def test_a_malformed_serialised_tree_changes_nothing(name, verb):
    status, text, sentence = BAD_TNDS[name]
    command = verb((Item(target="./Acc", meta=Meta(format="xml", type=tnds.TYPE_XML), data=whole_tnds(text)),))
    after, outcome = TREE.apply(command, "srv")
    if verb is Replace and name in ("a node that is there", "below a leaf that is there", "no name for the target"):
        return  # these are fine for Replace, which exchanges what is there, or differ in their reason
    assert after == TREE
    assert int(outcome.status) == status
    assert sentence in outcome.why and "\n" not in outcome.why


def test_documents_that_are_too_deep_too_large_or_too_many_are_refused():
    deep = "<Node><NodeName>A</NodeName>" * (MAX_NESTING + 1) + "</Node>" * (MAX_NESTING + 1)
    with pytest.raises(CodecError, match=f"nodes are nested more than {MAX_NESTING} deep"):
        dmkit.ddf.read(f"<MgmtTree><VerDTD>1.2</VerDTD>{deep}</MgmtTree>".encode())
    with pytest.raises(CodecError, match="nested more than 64 deep"):
        tnds.read(f"<MgmtTree><VerDTD>1.2</VerDTD>{'<Node>' * 70}{'</Node>' * 70}</MgmtTree>")
    with pytest.raises(CodecError, match="has 11 octets; at most 10 are read"):
        dmkit.ddf.read(b"<MgmtTree/>", max_size=10)
    with pytest.raises(CodecError, match="more nodes than are read"):
        tnds.read(f"<MgmtTree><VerDTD>1.2</VerDTD>{'<Node><NodeName>a</NodeName></Node>' * 3}</MgmtTree>", max_nodes=2)


@given(st.binary(max_size=8), st.integers(0, 2000), st.integers(0, 20), st.sampled_from([Add, Replace]))
def test_a_damaged_serialised_tree_is_taken_whole_or_not_at_all(noise, at, gone, verb):
    spec = dmkit.ddf.load(DATA / "mail.xml")
    account = Tree.of(spec, {"./Mail/Acc/Address": "a@b"}).get("./Mail/Acc")
    octets = tnds.write(tnds.serialise("Acc", account), wbxml=True)
    tree = Tree.of(spec, {"./Mail/Home/Address": "a@b"}).with_acl(".", "Add=*&Get=*&Replace=*&Delete=*")
    at %= len(octets)
    item = Item(
        target="./Mail/Acc" if verb is Add else "./Mail",
        meta=Meta(format="bin", type=tnds.TYPE_WBXML),
        data=octets[:at] + noise + octets[at + gone :],
    )
    after, outcome = tree.apply(verb((item,)), "srv")
    assert outcome.ok or after == tree
    assert {f.rule for f in spec.check(after)} <= {"missing"}, "a document may leave out what has to be there"


@given(st.binary(max_size=60), st.integers(0, len(OCTETS)), st.integers(0, 20))
def test_any_octets_raise_only_codec_errors(noise, at, gone):
    xml = dmkit.ddf.write(dmkit.ddf.load(DATA / "wifi.xml"))
    for data in (noise, OCTETS[:at] + noise + OCTETS[at + gone :], xml[: at * 3] + noise + xml[at * 3 + gone :]):
        for read in (dmkit.ddf.read, tnds.read):
            try:
                read(data)
            except CodecError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize("kind", [CodecError, DdfError, ConfigError, DmError, LocalProtocolError])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\u2028", " \n  "])
def test_an_error_is_one_line_whatever_a_library_says(kind, end):
    assert str(kind(f"Comment not terminated{end}<!-- a")) == "Comment not terminated <!-- a"


def test_a_comment_without_end_is_one_line_in_every_reader_of_xml():
    for read in (dmkit.ddf.read, tnds.read, dm.XML.decode, lambda data: read_template("x.admx", data)):
        for data in (b"<a><!-- b ->\n<Nod\n", b"<a>\n<b c='\n", b"<a\n>\n</\nb>", b"<a>&\n;</a>"):
            with pytest.raises(CodecError) as refused:
                read(data)
            assert str(refused.value).isprintable() and refused.value.reason in str(refused.value)
