"""The quick writers: usual forms and what is next to them, numbers, what is remembered, how many steps they take."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace as changed

from bench.wbxml_bench import message
from dmkit.wire import codec as codecs
from dmkit.wire import wbxml, writing, xml
from dmkit.wire.compiled import paths
from dmkit.wire.numbers import numbered
from dmkit.wire.writing import source_of
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Cred,
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
    Unknown,
)
from dmkit.words.struct_check import struct_fault
from tests.steps import python_lines, steps
from tests.wire.test_paths import mutants

HEADER = Header("1", "1", "IMEI:1", "http://s/dm")
ENCODE: dict[str, Callable[[Message], bytes]] = {"xml": xml.encode, "wbxml": wbxml.encode}
DECODE: dict[str, Callable[[bytes], Message]] = {"xml": xml.decode, "wbxml": wbxml.decode}
META = Meta("chr", "text/plain")
NONCE = Meta("b64", "syncml:auth-md5", next_nonce="bm9uY2U=")
USUAL: tuple[Command, ...] = (
    Status(StatusCode(200), "1", "2", "Get", ("./A",), cmd_id="1"),
    Results((Item(source="./A", meta=META, data="a & b"),), "1", "2", cmd_id="1"),
    Get((Item("./A"),), cmd_id="1"),
    Add((Item("./A", meta=META, data="1"),), META, cmd_id="1"),
    Exec((Item("./A"),), cmd_id="1"),
    Alert(AlertCode(1226), cmd_id="1"),
)
OTHER: dict[str, tuple[Any, ...]] = {
    "code": (StatusCode(599), StatusCode(65000)), "msg_ref": ("é<",), "cmd_ref": (None, "&"), "cmd": ("SyncHdr",),
    "target_refs": ((), ("./A", "./B"), ("<",)), "source_refs": (("./A",), ("./A", "./B")), "chal": (NONCE, META),
    "cmd_id": ("&",), "target_ref": ("./T",), "source_ref": ("./S", "&"), "correlator": ("c>",),
    "meta": (None, NONCE, Meta("int"), Meta(size=7), Meta(emi=("a", "b"))), "more_data": (True,),
    "target": (None, "./A"), "source": (None, "./<"), "target_name": (None, "name"), "source_name": (None, "&"),
    "data": (None, "", "\x01", "x" * 5000, "\U0001d11e"),
}  # fmt: skip
"""What else a field may hold: each is a step beside the form that most have."""


def around(value: Any) -> list[Any]:
    """``value``, and what differs from it in a field or two."""
    found, names = [value], [name for name in value.__struct_fields__ if name in OTHER]
    for _ in range(2):
        found += [changed(one, **{name: other}) for one in tuple(found) for name in names for other in OTHER[name]]
    return [one for one in found if not is_nameless(one) and not lacks_reference(one)]


def is_nameless(value: Any) -> bool:
    """An Item with a LocName and no LocURI: nobody writes it."""
    return isinstance(value, Item) and any(
        name is not None and uri is None
        for uri, name in ((value.target, value.target_name), (value.source, value.source_name))
    )


def lacks_reference(value: Any) -> bool:
    """A Status without CmdRef that answers no header, Results without one: no reader takes them."""
    return isinstance(value, Status | Results) and value.cmd_ref is None and getattr(value, "cmd", "") != "SyncHdr"


def cases() -> list[Command]:
    commands = [one for usual in USUAL for one in around(usual)]
    for usual in USUAL[1:]:
        for item in around(usual.items[0] if usual.items else Item()):  # type: ignore[union-attr]
            commands += [changed(usual, items=(item,)), changed(usual, items=(item, item))]  # type: ignore[call-overload]
    return commands


def test_what_is_next_to_the_usual_forms_is_written_as_the_strict_writer_has_it() -> None:
    """One command alone, whose Status may be remembered, and twelve in a message, whose Statuses are not."""
    commands = cases()
    assert len(commands) > 1500
    said = [Message(HEADER, (one,), final) for one in commands for final in (True, False)]
    for at in range(0, len(commands), 12):
        several = (changed(one, cmd_id=f"{one.cmd_id}{n}") for n, one in enumerate(commands[at : at + 12]))
        said.append(Message(HEADER, tuple(several), at % 2 > 0))
    for one in said:
        with paths(fast=True):
            quick = wbxml.encode(one)
        with paths(fast=False):
            assert wbxml.encode(one) == quick
            assert wbxml.decode(quick) == one
            assert "\\x01" in repr(one) or xml.decode(xml.encode(one)) == one


def test_no_resp_is_written_in_its_place() -> None:
    """DM 1.2 has it not: we write it when told to, and only a lenient reader hands it on."""
    for command in USUAL[2:]:
        said = Message(HEADER, (changed(command, no_resp=True),))  # type: ignore[call-overload]
        with paths(fast=True):
            quick = wbxml.encode(said)
        with paths(fast=False):
            assert wbxml.encode(said) == quick
            for read in (wbxml.decode(quick, lenient=True), xml.decode(xml.encode(said), lenient=True)):
                assert read.commands == said.commands and read.deviations


TEXTS: dict[str, tuple[Any, Callable[[Any], Message]]] = {
    "header": (changed(HEADER, target_name="t", source_name="s", resp_uri="r"), lambda s: Message(s)),
    "Cred": (Cred("x"), lambda s: Message(changed(HEADER, cred=s))),
    "Item": (
        Item("./A", "./B", target_name="t", source_name="s", data="d"),
        lambda s: Message(HEADER, (Replace((s,)),)),
    ),
    "Item of usual Results": (
        Item(source="./B", meta=Meta(type="t"), data="d"),
        lambda s: Message(HEADER, (Results((s,), cmd_id="1", msg_ref="1", cmd_ref="2"),)),
    ),
    "Meta": (
        Meta("chr", "text/plain", "m", 1, "n", 2, 3, "v", ("e",)),
        lambda s: Message(HEADER, (Replace((Item("./A", meta=s, data="d"),)),)),
    ),
    "Status": (
        Status(StatusCode.OK, "1", "2", "Get", target_refs=("./A",), source_refs=("./B",)),
        lambda s: Message(HEADER, (s,)),
    ),
    "Results": (
        Results((Item(source="./B", data="d"),), msg_ref="1", cmd_ref="2", target_ref="./A", source_ref="./B"),
        lambda s: Message(HEADER, (s,)),
    ),
    "Get": (Get.of("./A"), lambda s: Message(HEADER, (changed(s, cmd_id="1"),))),
    "Alert": (Alert(AlertCode.GENERIC, correlator="c"), lambda s: Message(HEADER, (s,))),
}
"""Structs with every text there is, and a message that holds one."""
WRONG: tuple[Any, ...] = (None, 5, 1.5, b"x", ("a",), [], object())


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("codec", [codecs.XML, codecs.WBXML], ids=str)
@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_text_is_refused_where_a_text_is_asked(codec: codecs.Codec, name: str, fast: bool) -> None:
    """By every writer, in the same sentence: an f-string writes None, and a bare ``in`` takes a tuple."""
    sound, within = TEXTS[name]
    kinds = type(sound).__annotations__.items()
    asked = [n for n, kind in kinds if ("str" in kind or "int" in kind) and getattr(sound, n.removesuffix("_name"), 1)]
    seen = 0
    with paths(fast=fast):
        assert codec.encode(within(sound))
        for field in asked:
            tuples = isinstance(getattr(sound, field), tuple)
            for bad in WRONG:
                message = within(changed(sound, **{field: (bad,) if tuples else bad}))
                fault = struct_fault(message)
                if fault and not (field == "cmd_id" and not bad):  # without a number a command gets one
                    seen += 1
                    with pytest.raises(CodecError, match=re.escape(fault[:60])):
                        codec.encode(message)
    assert seen >= 5 * len(asked) - 7


@pytest.mark.parametrize("form", ENCODE)
@pytest.mark.parametrize("commands", [
    (Get.of("./A"), Get.of("./B")), (Get((Item("./A"),), cmd_id="2"), Get.of("./B"), Get.of("./C")),
    (Sequence((Get.of("./A"), Atomic((Add.of("./B"),), cmd_id="1")), cmd_id="3"), Alert.of(1201)),
    (Status(StatusCode(200), "1", "0", "SyncHdr", cmd_id="1"), Status(StatusCode(200), "1", "1", "Get")),
    (Replace.of("./A", "1"), Unknown("Put")), (Get((Item("./A"),), cmd_id="1"), Unknown("Put", cmd_id="")),
    (Results((Item(source="./A", meta=META, data="1"),), "1", "1", cmd_id="&"), Results((), "1", "1")),
])  # fmt: skip
@pytest.mark.parametrize("fast", [True, False])
def test_a_command_without_a_number_has_one_wherever_it_stands(
    form: str, commands: tuple[Command, ...], fast: bool
) -> None:
    said = Message(HEADER, commands)
    with paths(fast=fast):
        assert ENCODE[form](said) == ENCODE[form](numbered(said))
    assert numbered(said) != said


@pytest.mark.parametrize("form", ENCODE)
def test_a_count_that_only_equals_a_number_is_written_as_that(form: str) -> None:
    """Wherever it is remembered, and by both writers."""
    written = set()
    for fast in (True, False):
        for size in (True, 1.0, 1, True):
            said = Message(HEADER, (Replace((Item("./A", meta=Meta(size=size), data="x"),), cmd_id="1"),))  # type: ignore[arg-type]
            with paths(fast=fast):
                written.add(ENCODE[form](said))
    [data] = written
    assert DECODE[form](data) == said
    assert type(DECODE[form](data).commands[0].items[0].meta.size) is int  # type: ignore[union-attr]


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("form", ENCODE)
@pytest.mark.parametrize("code", [200.0, 200.5, "200", Decimal(200), None, ()])
def test_a_code_that_only_equals_another_is_refused_also_where_that_is_remembered(
    form: str, code: object, fast: bool
) -> None:
    right = Status(StatusCode(200), "1", "2", "Get", ("./A",), cmd_id="1")
    alert = Alert(AlertCode(1226), (Item("./A", data="x"),), cmd_id="1")
    with paths(fast=fast):
        for command in (right, changed(right, target_refs=()), alert):
            assert ENCODE[form](Message(HEADER, (command,))) == ENCODE[form](Message(HEADER, (command,)))
            with pytest.raises((TypeError, ValueError)):
                ENCODE[form](Message(HEADER, (changed(command, code=code),)))


@pytest.mark.parametrize("form", ENCODE)
@pytest.mark.parametrize(("said", "stands_for"), [(0, False), (0.0, False), ("", False), (1, True), (1.0, True)])
def test_a_flag_that_only_equals_one_is_written_as_that_by_both(form: str, said: object, stands_for: bool) -> None:
    for command in (Get.of("./A"), Replace((Item("./A", data="x"),))):
        for field in ("no_resp", "more_data"):
            written = []
            for value, fast in ((stands_for, True), (said, True), (said, False)):
                items = (changed(command.items[0], more_data=value),) if field == "more_data" else command.items
                flags = {"no_resp": value} if field == "no_resp" else {}
                with paths(fast=fast):
                    written.append(ENCODE[form](Message(HEADER, (changed(command, items=items, **flags),))))  # type: ignore[arg-type]
            assert written[0] == written[1] == written[2]


class _Word(str):
    """A text by inheritance, as members of enumerations are."""


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("form", ENCODE)
def test_what_is_a_text_by_inheritance_is_written_as_that_text(form: str, fast: bool) -> None:
    for word, text in (
        (Format.BIN, "bin"),
        (_Word("a & b"), "a & b"),
        (_Word(), ""),
        (_Word("\U0001d11e"), "\U0001d11e"),
    ):
        said, plain = (
            Message(HEADER, (Replace((Item(one or "./A", meta=Meta(type=one), data=one),), cmd_id="1"),
                             Alert(AlertCode.GENERIC, correlator=one, cmd_id=one or "2")))
            for one in (word, text)
        )  # fmt: skip
        with paths(fast=fast):
            read = DECODE[form](ENCODE[form](said))
            assert read == DECODE[form](ENCODE[form](plain)) == plain
        assert type(read.commands[0].items[0].data) is str  # type: ignore[union-attr]


def test_what_writers_remember_is_short_and_not_much() -> None:
    with paths(fast=True):
        for at in range(600):
            long = "x" * (at % 2 * 2000)
            status = Status(StatusCode(200), "1", str(at), "Get", (f"./{long}",), cmd_id="1")
            metas = tuple(Replace((Item("./A", meta=Meta(type=f"{at}{long}")),), cmd_id=f"{at}{n}") for n in range(2))
            for encode in ENCODE.values():
                encode(Message(HEADER, (status, *metas)))
    for writer in (writing._XML, writing._WBXML):
        for memory in (writer.metas, writer.statuses):
            assert 0 < len(memory) <= 256
            assert max(len(repr(key)) for key in memory) < 1000


BUDGET = {"wbxml": (118, 475), "xml": (223, 667)}
"""Calls, and lines with calls and returns, of writing twenty commands: what was counted, and a fiftieth."""


@pytest.mark.parametrize("form", BUDGET)
def test_a_message_takes_no_more_steps_than_it_took(form: str) -> None:
    said, encode = message(), ENCODE[form]
    with paths(fast=True):
        encode(said)
        taken = steps(lambda: encode(said)), python_lines(lambda: encode(said))
    assert all(here <= most for here, most in zip(taken, BUDGET[form], strict=True)), f"{taken} taken"


@pytest.mark.parametrize("form", ENCODE)
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("format", [" int", "int\n", "Int", "BIN"])
def test_a_format_that_no_strict_reader_takes_is_not_written(form: str, fast: bool, format: str) -> None:
    """Compared without regard to case, but written in one way: lenient readers hand on that one.  [DMTND §9.4.2]"""
    meta = Meta(format, "text/plain", next_nonce="bm9uY2U=")
    places: tuple[Command, ...] = (
        Replace((Item("./A", meta=meta, data="1"),), cmd_id="1"), Get((Item("./A"),), meta, cmd_id="1"),
        Status(StatusCode(401), "1", "0", "SyncHdr", chal=meta, cmd_id="1"),
    )  # fmt: skip
    for said in (Message(changed(HEADER, meta=meta), ()), *(Message(HEADER, (command,)) for command in places)):
        with paths(fast=fast), pytest.raises(CodecError, match=re.escape(f"Format is written {format!r}, not ")):
            ENCODE[form](said)
    for other in ("picture", " picture", "", "int"):  # what names none we know is somebody's own
        said = Message(HEADER, (Replace((Item("./A", meta=Meta(other), data="1"),), cmd_id="1"),))
        with paths(fast=fast):
            assert DECODE[form](ENCODE[form](said)) == said


AS_WRITTEN = {"duplicate-cmdid", "missing", "unused-element", "unknown-element"}
"""What is wrong with a message and no value in it: writers write what they are told, so that tools can be wrong."""


def again(form: str, seed: int, tried: int) -> int:
    """Messages that lenient readers take are read back as they were; strictly too, but for AS_WRITTEN.  How many."""
    written = 0
    for data in mutants(form, seed, tried):
        try:
            read = DECODE[form](data, lenient=True)  # type: ignore[call-arg]
        except CodecError:
            continue
        said, kinds = numbered(changed(read, deviations=())), {str(one.kind) for one in read.deviations}
        for other, encode in ENCODE.items():
            try:
                octets = encode(read)
            except CodecError as error:  # what only the other form can carry
                assert (form, other) == ("wbxml", "xml") and "cannot stand in XML" in str(error)
                continue
            written += 1
            back = DECODE[other](octets, lenient=True)  # type: ignore[call-arg]
            assert changed(back, deviations=()) == said, data
            if not kinds & AS_WRITTEN:
                assert DECODE[other](octets) == said, data
    return written


@pytest.mark.parametrize("form", ENCODE)
def test_what_a_lenient_reader_took_survives_writing(form: str) -> None:
    assert again(form, 1, 700) > 700


@pytest.mark.nightly
@pytest.mark.parametrize("form", ENCODE)
def test_what_a_lenient_reader_took_survives_writing_often(form: str) -> None:
    assert again(form, 2, 20_000) > 20_000


@pytest.mark.parametrize("form", [writing.XML, writing.WBXML])
def test_all_that_stands_in_a_row_of_the_grammar_is_in_the_source(form: str) -> None:
    source = source_of(form)
    assert all(f"{name}:" in source or f"def {name}_(" in source for name in writing.COMMANDS)
