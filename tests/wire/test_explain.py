"""Explanations tile what they explain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.wire import wbxml, xml
from dmkit.wire.conversion import convert
from dmkit.wire.explain import explain
from tests.conftest import CORPUS
from tests.strategies import messages
from tests.wire.messages import CP, PACKAGE_1, TNDS
from tests.wire.test_wbxml import mutants


def tiles(data: bytes) -> None:
    rows = explain(data).rows
    assert b"".join(row.octets for row in rows) == data
    at = 0
    for row in rows:
        assert row.offset == at and row.meaning and row.depth >= 0
        at += len(row.octets)


@given(messages(binary=True))
def test_rows_of_wbxml_tile_the_message(message: object) -> None:
    tiles(data := wbxml.encode(message))  # type: ignore[arg-type]
    assert not any("error" in row.meaning[:6] for row in explain(data).rows)


@given(messages())
def test_rows_of_xml_tile_the_message(message: object) -> None:
    tiles(data := xml.encode(message))  # type: ignore[arg-type]
    assert not any("error" in row.meaning[:6] for row in explain(data).rows)


@given(st.binary(max_size=200))
def test_any_octets_are_tiled(data: bytes) -> None:
    tiles(data)
    tiles(PACKAGE_1[:5] + data)
    tiles(b"<a>" + data)


def test_mutants_are_tiled() -> None:
    for data in mutants(1_000, seed=2):
        tiles(data)


def test_the_corpus_is_tiled() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}; set DMKIT_CORPUS")
    for path in CORPUS.glob("*/*"):
        tiles(path.read_bytes())


@pytest.mark.parametrize("data", [PACKAGE_1, TNDS, CP, convert(TNDS)[0]])
def test_whole_documents_have_no_error(data: bytes) -> None:
    assert not [row for row in explain(data).rows if row.meaning.startswith("error")]


def test_codes_are_named() -> None:
    meanings = [row.meaning for row in explain(PACKAGE_1).rows]
    assert "text '1201': Client-initiated management" in meanings
    assert "switch to code page 1: syncml:metinf" in meanings


def test_a_document_inside_is_explained_too() -> None:
    octets = wbxml.encode(wbxml.decode(PACKAGE_1))[:-3] + bytes.fromhex("454b03320001544fc38117") + TNDS
    rows = explain(octets + bytes.fromhex("0101010101")).rows
    assert any(row.meaning == "MgmtTree, with content" and row.depth > 3 for row in rows)


def test_the_error_row_says_what_is_wrong() -> None:
    last = explain(PACKAGE_1[:40]).rows[-1]
    assert last.meaning == "error: a string has no NUL at its end" and last.octets == PACKAGE_1[last.offset : 40]
    assert explain(b"<a></b>").rows[-1].meaning == "error: b ends and is not the element that is open"
    assert explain(b"").rows[-1].meaning.startswith("error")


def test_html_is_escaped_and_self_contained() -> None:
    bundle = explain(b"<a>&lt;script&gt;</a>")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "<script" not in bundle["text/html"] and "http" not in bundle["text/html"]
    assert "<th scope=" in bundle["text/html"]


def test_a_message_is_explained_in_the_codec_asked_for() -> None:
    message = wbxml.decode(PACKAGE_1)
    assert explain(message).data == PACKAGE_1
    assert explain(message, xml).data == xml.encode(message)  # type: ignore[arg-type]
