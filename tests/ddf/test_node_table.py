"""Descriptions as tables: what is read, what is written, and a sentence for what is neither."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit import ddf
from dmkit.ddf import generate as testing
from dmkit.ddf.grammar import ACCESS
from dmkit.ddf.node_table import read_table, write_table
from dmkit.ddf.spec import Basis, NodeSpec, Occurrence, OccurrenceKind, Scope, Spec
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import DdfError

DATA = Path(__file__).resolve().parents[2] / "data" / "ddf"


@pytest.mark.parametrize("file", sorted(p.name for p in DATA.glob("*.xml")))
def test_our_examples_survive_as_tables(file):
    spec = ddf.load(DATA / file)
    assert read_table(spec.to_table()) == spec


def test_the_forms_of_cells():
    spec = Spec.from_table(r"""
    # a comment
    | Node            | Occurrence | Format                  | Access | Description |
    |-----------------|:----------:|-------------------------|--------|-------------|
    | ./Vendor/A      | 1 ! CIS    | node urn:x:y            | G      | a \| b      |
    |   <>            | +3         | node                    | ADG    |
    |     Pic "Photo" | ?          | bin image/png image/gif | get, Replace |
    |     Key         |            | bin                     | -      | k | unsure somewhere else
    |     Run         | 1          | null                    | E
    | B               |            | chr =                   | G
    """)
    a, b = spec.roots
    assert (a.path, a.name, a.is_permanent, a.case_sensitive, a.object_id) == ("./Vendor", "A", True, False, "urn:x:y")
    assert a.description == "a | b" and (b.path, b.default, b.occurs) == (None, "", Occurrence())
    [entry] = a.children
    pic, key, run = entry.children
    assert entry.is_placeholder and entry.title is None
    assert entry.occurrence == Occurrence(OccurrenceKind.ONE_OR_N, 3)
    assert (pic.title, pic.mime, pic.access) == ("Photo", ("image/png", "image/gif"), {Verb.GET, Verb.REPLACE})
    assert (key.mime, key.access, key.basis, key.source) == (
        ("application/octet-stream",),
        frozenset(),
        Basis.UNSURE,
        "somewhere else",
    )
    assert (run.format, run.access, run.scope) == (Format.NULL, {Verb.EXEC}, Scope.DYNAMIC)
    assert [node.line for node in (a, entry, pic)] == [5, 6, 7]


ROW = "A | 1 | chr | G"


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "the table has no row; at least one node stands there"),
    ("hello", r"'hello' is no row; columns are node \| occurrence \| format"),
    ("colour: red", "is no row"),
    ("basis: rumour", "basis 'rumour'; one of established, implementation"),
    ("A B | 1 | chr | G", "'A B' is no node; Name, <Title> or ./A/Name stands there"),
    ("/A | 1 | chr | G", "'/A' is no address of a node"),
    ("./A/ | 1 | chr | G", "'./A/' is no address of a node"),
    ("A | 2 | chr | G", "A: occurrence '2'; 1 [?] [*] [+] stand there"),
    ("A | ?2 | chr | G", "A: occurrence '[?]2'"),
    ("A | *1 | chr | G", "a bound of 1; a number from 2 to 65536"),
    ("A | *99999999999 | chr | G", "a bound of 99999999999;"),
    ("A | 1 | string | G", "A: 'string' is no format; one of b64, bin"),
    ("A | 1 | | G", "A: '' is no format"),
    ("A | 1 | node a b | G", "'a b' is no identifier of an object"),
    ("A | 1 | chr | Read", "A: 'Read' is no command; Add, Copy, Delete, Exec, Get, Replace stand there"),
    ("A | 1 | chr | G | | rumour", "basis 'rumour'"),
    ("A | 1 | chr | G | a | unsure | more", "7 columns; they are node"),
    ("A | 1 | chr | G\n  B | 1 | chr | G", "A: its format is chr, and nodes stand below it"),
    ("A | 1 | node | G\n    B | 1 | chr | G\n  C | 1 | chr | G", "C: its indentation is that of no line above"),
    ("  A | 1 | node | G\nB | 1 | chr | G", "B: its indentation is that of no line above"),
    ("\n".join(" " * n + "A | 1 | node | G" for n in range(100)), "nested more than 60 deep"),
])  # fmt: skip
def test_a_bad_table_is_one_sentence(text, sentence):
    with pytest.raises(DdfError, match=sentence) as caught:
        read_table(text)
    assert "\n" not in str(caught.value)


words = st.text("abcXYZ019.,-", min_size=1, max_size=8).filter(lambda text: text.strip(".,-") != "")
names = st.text("abcXYZ019-_", min_size=1, max_size=6).filter(lambda name: set(name) - set("-_"))
sources = st.lists(words, max_size=2).map(" ".join)
based = st.just({}) | st.builds(lambda b, s: {"basis": b, "source": s}, st.sampled_from(Basis), sources)
bounded = [OccurrenceKind.ZERO_OR_N, OccurrenceKind.ONE_OR_N]
occurrences = st.builds(Occurrence, st.sampled_from([kind for kind in OccurrenceKind if kind not in bounded])) | (
    st.builds(Occurrence, st.sampled_from(bounded), st.integers(2, 65536))
)


def nodes(depth):
    name = st.just("") | names
    common = {
        "occurrence": occurrences,
        "scope": st.sampled_from(Scope),
        "access": st.frozensets(st.sampled_from(ACCESS)),
        "case_sensitive": st.none() | st.booleans(),
        "title": st.none() | words,
        "description": st.none() | sources.map(lambda text: text or None),
    }
    leaf = st.builds(
        lambda based, **f: NodeSpec(**f, **based),
        based,
        name=name,
        format=st.sampled_from([f for f in Format if f is not Format.NODE]),
        mime=st.sampled_from([("text/plain",), ("image/png", "text/x")]),
        default=st.none() | words,
        **common,
    )
    if not depth:
        return leaf
    return leaf | st.builds(
        lambda based, children, **f: NodeSpec(children=tuple(children), **f, **based),
        based,
        st.lists(nodes(depth - 1), max_size=3),
        name=name,
        format=st.just(Format.NODE),
        object_id=st.sampled_from(["", "urn:x:y"]),
        **common,
    )


tables = st.builds(
    lambda roots, based, man, mod: Spec(tuple(roots), man, mod, **based),
    st.lists(nodes(2), min_size=1, max_size=3),
    based,
    st.none() | words,
    st.none() | words,
)


@settings(max_examples=80)
@given(tables)
def test_what_is_written_is_read(spec):
    assert read_table(write_table(spec)) == spec


@pytest.mark.slow
@settings(max_examples=150)
@given(testing.specs())
def test_any_description_is_written_readably_or_refused(spec):
    try:
        text = write_table(spec)
    except DdfError as error:
        assert "has no place in a table" in str(error)
        return
    again = read_table(text)
    assert again.count().nodes == spec.count().nodes and write_table(again) == text


@settings(max_examples=80)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*"|!*?+ \n", "A", "chr", "node", "G", "1", "<", ">", '"', "="]), max_size=30).map(
        "".join
    )
)
def test_any_text_is_read_or_refused(text):
    with suppress(DdfError):
        read_table(text)


@pytest.mark.parametrize("text", ["0|", "|", "a|b|c", r"a\|b", "man: x", "|---|"])
def test_a_bar_in_maker_model_or_source_is_kept(text):
    spec = Spec((NodeSpec(name="A"),), text, text, basis=Basis.PROPOSAL, source=text)
    again = read_table(write_table(spec))
    assert (again.man, again.mod, again.source) == (text, text, text) and [n.name for n in again.roots] == ["A"]


@pytest.mark.parametrize("name", ["Name", "node", "NODE", "Man", "basis", "-", "+", ":", "a|b"])
def test_a_first_node_may_be_called_like_a_heading(name):
    again = read_table(write_table(Spec((NodeSpec(name=name), NodeSpec(name="B")))))
    assert [node.name for node in again.roots] == [name, "B"]
