"""Sentences about what a peer wrote can be read, however much it wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import dmkit as dm
from dmkit.words.errors import CodecError, ConfigError, shortened
from dmkit.words.model import Header


@pytest.mark.parametrize("text", ["", "short", "x" * 200, " ".join(["word"] * 790)])
def test_what_can_be_read_stays_as_it_is(text):
    assert shortened(text) == text


@given(st.text(), st.integers(201, 5000), st.text())
def test_a_long_word_keeps_its_ends_and_says_what_is_missing(before, many, after):
    cut = shortened(f"{before[:500]} {'a' * (many - 1)}b {after[:500]}")
    assert f"{'a' * 80}... {many - 120} characters ...{'a' * 39}b" in cut


@given(st.text(alphabet="ab \n", min_size=3000, max_size=9000))
def test_no_sentence_is_longer_than_a_page(text):
    for error in (ConfigError(text), CodecError(text), dm.words.DmError(text)):
        assert len(str(error)) < 4000 + 100 and "\n" not in str(error)


@pytest.mark.parametrize("field", ["session_id", "msg_id"])
def test_a_name_without_end_is_not_repeated_to_the_user(field):
    device = dm.Device.example()
    session, server = device.connect(), dm.Server.example(device)
    answer = server.receive(session.start().reply)
    message = dm.XML.decode(answer.reply.body)
    header: Header = replace(message.header, **{field: "9" * 100_000})
    body = dm.XML.encode(replace(message, header=header))
    step = session.receive(replace(answer.reply, body=body))
    told = " ".join(map(str, step.events))
    assert "99880 characters" in told and len(told) < 1000
