"""The text form of conversations: reading and writing are inverse for every message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.views.notation import HeaderFrame, NotationError, Spoken, read, read_commands, read_line, write, write_line
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Copy,
    Cred,
    Delete,
    Element,
    Exec,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Replace,
    Results,
    Sequence,
    Status,
)
from tests.golden.notation import Golden, goldens

FRAME = HeaderFrame("1F", "IMEI:1", "https://dm.example/dm")

text = st.one_of(
    st.text(max_size=12), st.sampled_from(["-", "0x12", "Final", "a b", "x;y", "(T x)", "a=b", "a" * 50, '"'])
)
maybe = st.none() | text
metas = st.none() | st.builds(
    Meta,
    format=maybe,
    type=maybe,
    mark=maybe,
    size=st.none() | st.integers(0, 10**6),
    next_nonce=maybe,
    max_msg_size=st.none() | st.integers(0, 99),
    max_obj_size=st.none() | st.integers(0, 99),
    version=maybe,
    emi=st.lists(text, max_size=2).map(tuple),
)
elements = st.recursive(
    st.builds(Element, name=text, ns=text),
    lambda inner: st.builds(
        Element,
        name=text,
        ns=text,
        attrs=st.lists(st.tuples(text, text), max_size=2).map(tuple),
        children=st.lists(inner | text | st.binary(max_size=4), max_size=3).map(tuple),
    ),
    max_leaves=4,
)
items = st.lists(
    st.builds(
        Item,
        target=maybe,
        source=maybe,
        meta=metas,
        target_name=maybe,
        source_name=maybe,
        data=st.none() | text | st.binary(max_size=6) | elements,
        more_data=st.booleans(),
    ),
    max_size=2,
).map(tuple)
common: dict[str, Any] = {"cmd_id": text, "no_resp": st.booleans()}
plain = st.one_of(
    *(st.builds(kind, items=items, meta=metas, **common) for kind in (Add, Replace, Copy, Delete, Get)),
    st.builds(Exec, items=items, meta=metas, correlator=maybe, **common),
    st.builds(Alert, code=st.integers(0, 2000).map(AlertCode), items=items, correlator=maybe, **common),
    st.builds(
        Results, items=items, msg_ref=maybe, cmd_ref=maybe, meta=metas, target_ref=maybe, source_ref=maybe, cmd_id=text
    ),
    st.builds(
        Status,
        code=st.integers(0, 600).map(StatusCode),
        msg_ref=text,
        cmd_ref=maybe,
        cmd=st.sampled_from(["SyncHdr", "Get", "", "x y"]),
        target_refs=st.lists(text, max_size=2).map(tuple),
        source_refs=st.lists(text, max_size=2).map(tuple),
        chal=metas,
        items=items,
        cmd_id=text,
    ),
)
commands = st.recursive(
    plain,
    lambda inner: st.one_of(
        *(
            st.builds(kind, commands=st.lists(inner, max_size=3).map(tuple), meta=metas, **common)
            for kind in (Atomic, Sequence)
        )
    ),
    max_leaves=4,
)
headers = st.builds(
    Header,
    session_id=text,
    msg_id=text,
    target=text,
    source=text,
    target_name=maybe,
    source_name=maybe,
    resp_uri=maybe,
    cred=st.none() | st.builds(Cred, data=text, meta=metas),
    meta=metas,
    no_resp=st.booleans(),
    ver_dtd=text,
    ver_proto=text,
)
messages = st.builds(Message, header=headers, commands=st.lists(commands, max_size=3).map(tuple), final=st.booleans())


@given(messages, st.sampled_from(["client", "server"]), st.dictionaries(st.just("x-syncml-hmac"), text))
def test_every_message_comes_back(message: Message, sender: str, beside: dict[str, str]) -> None:
    said = Spoken(sender, message, beside)
    line = write_line(said, FRAME)
    back = read_line(line, FRAME)
    assert back == Spoken(sender, message, back.headers)
    assert dict(back.headers) == beside
    assert write_line(back, FRAME) == line


@pytest.mark.parametrize("g", goldens(), ids=lambda g: g.name)
def test_goldens_come_back(g: Golden) -> None:
    assert read(write(g.conversation, g.frame)) == (g.frame, g.conversation)


def test_labels_remarks_and_spaces_are_skipped() -> None:
    a = read_line("C2 p3 1/3 {LocName=client} | #1 1/0 SyncHdr=200;  #2 Get (T ./A,S ./B) ; Final  <- a remark", FRAME)
    b = read_line("C2 {LocName=client} | #1 1/0 SyncHdr=200; #2 Get (T ./A, S ./B); Final", FRAME)
    assert a == b
    assert a.message.header.source_name == "client" and a.message.final


def test_long_runs_are_short() -> None:
    [command] = read_commands('Replace (T ./A, D "a"*500)')
    assert isinstance(command, Replace) and command.items[0].data == "a" * 500


@pytest.mark.parametrize(
    "line",
    [
        "",
        "X1 | Final",
        "C1 Get",
        "C1 | Frobnicate (T ./A)",
        "C1 | Get (Z ./A)",
        "C1 | 1/0 SyncHdr",
        "C1 | Get (T",
        "C1 {Nonsense=1} | Final",
        "C1 | Results (S ./A)",
        "C1 | Atomic Get",
        "C1 | Replace {Colour=red} (T ./A)",
        "C1 | Alert soon",
        "C1 | Get (T ./A, D 0xZZ)",
        'C1 | Get (T "\\q")',
        "C1 {Cred=secret:x} | Final",
        'C1 | Get (T "a"*99999999999)',
        "C1 | " + "Atomic [" * 5000,
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(line: str) -> None:
    with pytest.raises(NotationError, match="expected at"):
        read_line(line, FRAME)


@pytest.mark.parametrize("whole", ["", "session 1\n", "session 1\nC1 | Final\n"])
def test_a_conversation_needs_its_frame(whole: str) -> None:
    with pytest.raises(NotationError):
        read(whole)


@given(st.text(alphabet='CS1 |{}()[]#/=;"\\<>@TDx0-', max_size=40))
def test_any_text_is_read_or_refused(line: str) -> None:
    try:
        read_line(line, FRAME)
    except NotationError:
        return
