"""How commands and answers fill messages: answers one by one, and packing against a search of all that would fit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dmkit.session.objects import Sending
from dmkit.session.packages import (
    Packed,
    bare,
    carry,
    header_status,
    pack,
    pack_again,
    refusals,
    results_of,
    statuses_of,
)
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.wire.compiled import Switch
from dmkit.wire.document import read_wbxml
from dmkit.wire.numbers import number
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
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
from dmkit.words.outcome import Outcome
from tests.steps import steps

OK, NO, PART = StatusCode(200), StatusCode(405), StatusCode(215)
HEAD = Header("1", "1", "https://server.example/dm", "IMEI:1")
BIN = Meta(format="bin", type="image/png")
CODECS = pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda codec: codec.name)


# -- octets in XML


def item(target: str | None, source: str | None, data: Any, meta: Meta | None = None) -> Item:
    return Item(target, source, meta, data)


def binary(data: bytes | None, meta: Meta | None = BIN) -> Item:
    return item("./A", "./B", data, meta)


@pytest.mark.parametrize(
    ("sent", "carried"),
    [
        (binary(b"\0\xff"), item("./A", "./B", "AP8=", Meta(format="b64", type="image/png"))),
        (binary(b""), item("./A", "./B", "", Meta(format="b64", type="image/png"))),
        (binary(b"x", None), item("./A", "./B", "eA==", Meta(format="b64"))),
        (binary(None), item("./A", "./B", None, Meta(format="b64", type="image/png"))),
        (item("./A", "./B", "text", Meta(format="chr")), None),
        (item("./A", "./B", None, Meta(format="chr")), None),
        (item("./A", "./B", None, None), None),
        (item("./A", "./B", "AP8=", BIN), None),
    ],
)
def test_octets_become_base64_where_the_codec_has_none(sent, carried):
    """Also the Item of a listing that names a node of octets without them.  [DMTND §7.7.2]"""
    beside = item("./C", None, "beside", Meta(format="chr"))
    for command in (
        Replace((sent, beside)),
        Add((beside, sent)),
        Results((sent,), "1", "2"),
        Alert(AlertCode(1226), (sent,)),
    ):
        expected = replace(command, items=tuple(carried if carried and i is sent else i for i in command.items))
        assert carry(command, XML) == expected
        assert carry(command, WBXML) is command
        if carried is None:
            assert carry(command, XML) is command


def test_octets_inside_containers():
    inner = Replace((binary(b"\1"),), cmd_id="3")
    outer = Atomic((Get.of("./A"), Sequence((inner,), cmd_id="2")), cmd_id="1")
    assert carry(outer, XML) == Atomic((Get.of("./A"), Sequence((carry(inner, XML),), cmd_id="2")), cmd_id="1")
    assert carry(inner, XML).items[0].data == "AQ=="
    assert carry(outer, WBXML) is outer


# -- answers


def test_the_status_of_a_header():
    meta, items = Meta(type="syncml:auth-md5"), (Item(data="why"),)
    header = Header("7", "3", "https://server.example/dm", "IMEI:1")
    assert header_status(header, StatusCode(401), meta, items) == Status(
        StatusCode(401), "3", "0", "SyncHdr", ("https://server.example/dm",), ("IMEI:1",), meta, items
    )
    assert header_status(header, OK).chal is None and header_status(header, OK).items == ()


def said(statuses: Any) -> list[tuple[int, str, str, str, tuple[str, ...], tuple[str, ...]]]:
    found = []
    for s in statuses:
        assert s.chal is None
        found.append((int(s.code), s.msg_ref, s.cmd_ref, s.cmd, s.target_refs, s.source_refs))
    return found


def done(command: Command, code: StatusCode | None = OK, **more: Any) -> Outcome:
    return Outcome(code, command=command, **more)


@pytest.mark.parametrize(
    ("command", "targets", "sources"),
    [
        (Get((Item("./A"),), cmd_id="4"), ("./A",), ()),
        (Replace((item("./A", "./B", "1"),), cmd_id="4"), ("./A",), ()),  # a Source beside a Target is no place here
        (Copy((Item("./A", "./B"),), cmd_id="4"), ("./A",), ("./B",)),
        (Copy((Item("./A"),), cmd_id="4"), ("./A",), ()),
        (Copy((Item(None, "./B"),), cmd_id="4"), (), ("./B",)),
        (Replace((item(None, "./B", "1"),), cmd_id="4"), (), ("./B",)),
        (Replace((item("", "./B", "1"),), cmd_id="4"), (), ("./B",)),
        (Replace((item(None, None, "1"),), cmd_id="4"), (), ()),
        (Get((Item("./A"), Item("./B")), cmd_id="4"), (), ()),
        (Alert(AlertCode(1226), (Item("./A", "./B"),), cmd_id="4"), (), ()),
        (Alert(AlertCode(1201), cmd_id="4"), (), ()),
    ],
)
def test_a_status_names_what_it_is_about(command, targets, sources):
    """TargetRef and SourceRef of the only Item; of none where there are more, and never of an Alert."""
    verb = type(command).__name__
    expected = [(200, "3", "4", verb, targets, sources)]
    assert said(statuses_of(done(command), "3")) == expected
    assert said(statuses_of(done(command), "3", refs=False)) == [(200, "3", "4", verb, (), ())]
    alike = tuple(done(command) for _ in getattr(command, "items", ()))
    if alike:  # Items that fared alike share one Status
        assert said(statuses_of(done(command, parts=alike), "3")) == expected
        assert said(statuses_of(done(command, parts=alike), "3", refs=False)) == [(200, "3", "4", verb, (), ())]
    assert said(refusals((command,), "3", NO)) == [(405, "3", "4", verb, targets, sources)]


def test_what_is_said_with_a_status():
    why = (Item(data="why"),)
    [status] = statuses_of(done(Get((Item("./A"),), cmd_id="4"), NO, items=why), "3")
    assert status.items == why
    [status] = statuses_of(done(Sequence((), cmd_id="4"), NO, items=why), "3")
    assert status.items == why
    [status] = statuses_of(done(Get((Item("./A"),), cmd_id="4"), items=why, parts=(done(Get.of("./A")),)), "3")
    assert status.items == why


SILENT = (Get((Item("./A"),), cmd_id="4"), Alert(AlertCode(1226), cmd_id="4"), Exec((Item("./A"),), cmd_id="4"))


@pytest.mark.parametrize("command", SILENT, ids=lambda command: type(command).__name__)
def test_no_resp_is_no_answer(command):
    quiet = replace(command, no_resp=True)
    part = Outcome(OK, command=quiet)
    for outcome in (
        done(quiet),
        done(quiet, parts=(part,)),
        done(quiet, parts=(done(quiet, NO),)),
        done(command, None),
    ):
        assert list(statuses_of(outcome, "3")) == []
    assert list(refusals((quiet,), "3", NO)) == [] and len(list(refusals((command,), "3", NO))) == 1
    assert list(statuses_of(done(command, None, parts=(done(command, None),)), "3")) == []


def test_items_that_fared_differently_have_a_status_each():
    command = Get((Item("./A"), Item("./B"), Item("./C")), cmd_id="4")
    alike = tuple(done(command) for _ in command.items)
    each = [(200, "3", "4", "Get", (uri,), ()) for uri in ("./A", "./B", "./C")]
    assert said(statuses_of(done(command, parts=alike), "3")) == [(200, "3", "4", "Get", (), ())]
    assert said(statuses_of(done(command, parts=alike), "3", per_item=True)) == each
    mixed = (alike[0], done(command, NO), alike[2])
    unlike = [each[0], (405, *each[1][1:]), each[2]]
    assert said(statuses_of(done(command, PART, parts=mixed), "3")) == unlike
    assert said(statuses_of(done(command, OK, parts=mixed), "3")) == unlike
    told = (alike[0], replace_items(alike[1], (Item(data="why"),)), alike[2])
    assert said(statuses_of(done(command, parts=told), "3")) == each
    asleep = (alike[0], done(command, None), alike[2])
    assert said(statuses_of(done(command, parts=asleep), "3")) == [each[0], each[2]]
    with pytest.raises(ValueError, match="shorter"):
        list(statuses_of(done(command, parts=mixed[:2]), "3"))


def replace_items(outcome: Outcome, items: tuple[Item, ...]) -> Outcome:
    return Outcome(outcome.status, items=items, command=outcome.command)


def test_a_container_answers_before_its_commands():
    inside = (Get((Item("./A"), Item("./B")), cmd_id="5"), Replace((Item("./C", data="1"),), cmd_id="6"))
    parts = (done(inside[0], parts=(done(inside[0]), done(inside[0]))), done(inside[1], NO))
    for container in (Atomic, Sequence):
        name = container.__name__
        command = container(inside, cmd_id="4")
        outer = (200, "3", "4", name, (), ())
        last = (405, "3", "6", "Replace", ("./C",), ())
        pair = [(200, "3", "5", "Get", (uri,), ()) for uri in ("./A", "./B")]
        outcome = done(command, parts=parts)
        assert said(statuses_of(outcome, "3")) == [outer, (200, "3", "5", "Get", (), ()), last]
        assert said(statuses_of(outcome, "3", per_item=True)) == [outer, *pair, last]
        assert said(statuses_of(outcome, "3", refs=False))[2] == (405, "3", "6", "Replace", (), ())
        quiet = done(replace(command, no_resp=True), parts=parts)
        assert said(statuses_of(quiet, "3")) == [(200, "3", "5", "Get", (), ()), last]
        unsaid = done(command, None, parts=parts)
        assert said(statuses_of(unsaid, "3")) == [(200, "3", "5", "Get", (), ()), last]
        assert said(statuses_of(done(command), "3")) == [outer]
        refused = said(refusals((command,), "3", NO))
        assert refused == [(405, *outer[1:]), (405, "3", "5", "Get", (), ()), last]


def test_results_are_refused_as_commands_are():
    """They have no NoResp, and are answered."""
    results = Results((Item(None, "./A"),), "1", "2", cmd_id="4")
    assert said(refusals((results,), "3", NO)) == [(405, "3", "4", "Results", (), ("./A",))]
    assert said(statuses_of(done(results), "3")) == [(200, "3", "4", "Results", (), ("./A",))]


def test_what_is_no_command_is_not_refused():
    """A Status is never answered; each command is, those after it too."""
    commands = (
        Status(OK, "1", "0", "SyncHdr"),
        Get((Item("./A"),), cmd_id="2"),
        Status(OK, "1", "1", "Get"),
        Get.of("./B"),
    )
    assert [s.target_refs for s in refusals(commands, "3", NO)] == [("./A",), ("./B",)]


def test_results():
    values = (item(None, "./A", "1"), item(None, "./B", "2"))
    get = Get((Item("./A"), Item("./B")), cmd_id="4")
    outcome = done(get, results=values)
    assert list(results_of(outcome, "3")) == [Results(values, "3", "4")]
    assert list(results_of(outcome, "3", per_item=True)) == [Results((value,), "3", "4") for value in values]
    assert list(results_of(done(get), "3")) == list(results_of(done(get), "3", per_item=True)) == []
    container = done(Sequence((Atomic((get,)), get)), parts=(done(Atomic((get,)), parts=(outcome,)), outcome))
    assert list(results_of(container, "3")) == [Results(values, "3", "4")] * 2
    assert list(results_of(container, "3", per_item=True)) == [Results((value,), "3", "4") for value in values] * 2


@pytest.mark.parametrize(
    "more", [{"items": (Item(data="x"),)}, {"target_refs": ("./A",)}, {"source_refs": ("./B",)},
             {"target_refs": ("./A",), "source_refs": ("./B",), "items": (Item(data="x"),)}]
)  # fmt: skip
def test_a_bare_status(more):
    chal = Meta(type="syncml:auth-md5")
    plain = Status(OK, "1", "2", "Get", chal=chal, cmd_id="9")
    assert bare(replace(plain, **more)) == plain and bare(plain) is None


# -- messages: what fits, found by trying everything


BASE = {codec.name: len(codec.encode(Message(HEAD, (), False))) for codec in (XML, WBXML)}
"""Octets of a message without commands."""
TAIL = (Alert(AlertCode(1222), cmd_id=""),)
Closing = Callable[[bool, bool], tuple[tuple[Command, ...], bool]]


def usual(empty: bool, cut: bool) -> tuple[tuple[Command, ...], bool]:
    """Final with the last; an Alert for more before it, as a client asks."""
    assert isinstance(empty, bool) and isinstance(cut, bool)
    return ((), True) if empty else ((), False) if cut else (TAIL, False)


def heavy(empty: bool, cut: bool) -> tuple[tuple[Command, ...], bool]:
    """What closes the last message is longer than what asks for more."""
    return ((Get.of("./DevDetail/LrgObj"), Get.of("./DevInfo/Lang")), True) if empty else ((), False)


def octets(head: Any, units: Any, closing: Closing, empty: bool, codec: Codec, first: int = 1) -> int:
    tail, final = closing(empty, False)
    return len(codec.encode(Message(HEAD, number((*head, *units, *tail), count(first)), final)))


COMMANDS = [
    [Replace.of(f"./A/{n}", "x" * (n % 7)) for n in range(n_)] for n_ in (1, 2, 3, 4, 5, 9)
]  # fmt: skip


def most(head: Any, queue: list[Command], closing: Closing, limit: int, codec: Codec, first: int = 1) -> int:
    """How many commands of ``queue`` a message can hold: the longest beginning that fits."""
    return max(
        (n for n in range(len(queue) + 1)
         if octets(head, queue[:n], closing, n == len(queue), codec, first) <= limit
         or (n == len(queue) and octets(head, queue, closing, False, codec, first) <= limit)),
        default=0,
    )  # fmt: skip


@CODECS
@pytest.mark.parametrize("closing", [usual, heavy])
@pytest.mark.parametrize("head", [(), (header_status(HEAD, OK),)], ids=["bare", "head"])
@pytest.mark.parametrize("first", [1, 2, 9])
@pytest.mark.parametrize("row", range(len(COMMANDS)))
def test_a_message_takes_all_that_fits_and_no_more(codec, closing, head, first, row):
    """Every limit from the header alone to everything: as many as a search finds, in order, numbered from ``first``."""
    queue = COMMANDS[row]
    everything = octets(head, queue, closing, True, codec, first)
    least = octets(head, (), closing, False, codec, first)
    for limit in range(least + (first - 1) % 3, everything + 3, 3 if len(queue) < 9 else 9):  # with 1, 2 and 9 all
        waiting: deque[Any] = deque(queue)
        found = pack(HEAD, head, waiting, closing, codec=codec, limit=limit, chunks=False, first=first)
        n = most(head, queue, closing, limit, codec, first)
        own = found.message.commands[len(head) : len(head) + n]
        assert [replace(c, cmd_id="") for c in own] == queue[:n], (limit, n)
        assert [c.cmd_id for c in found.message.commands] == [
            str(first + i) for i in range(len(found.message.commands))
        ]
        assert found.body == codec.encode(found.message) and len(found.body) <= limit
        stuck = n == 0 and octets(head, queue[:1], closing, False, codec, first) > limit
        assert found.stuck == (queue[0] if stuck else None) and found.at == 0 and found.piece is None
        assert list(waiting) == queue[1 if stuck else n :]
        whole = n == len(queue) and octets(head, queue, closing, True, codec, first) <= limit
        assert found.message.final is ((closing is not heavy and whole) or (closing is heavy and whole))


@CODECS
@pytest.mark.parametrize("row", range(len(COMMANDS)))
@pytest.mark.parametrize("first", [1, 5])
def test_without_a_limit_all_of_it_is_one_message(codec, row, first):
    waiting: deque[Any] = deque(COMMANDS[row])
    found = pack(HEAD, TAIL, waiting, usual, codec=codec, limit=None, first=first)
    assert not waiting and found.message.final and found.stuck is None and found.piece is None
    assert [c.cmd_id for c in found.message.commands] == [str(first + n) for n in range(1 + len(COMMANDS[row]))]
    assert found.body == codec.encode(found.message)


@pytest.mark.parametrize("size", [63, 64, 65, 66])
def test_numbers_of_long_messages(size):
    """As many commands as there are numbers made beforehand, one more and one less."""
    found = pack(HEAD, (), deque(Get.of("./A") for _ in range(size)), usual, codec=WBXML, limit=None)
    assert [c.cmd_id for c in found.message.commands] == [str(n) for n in range(1, size + 1)]


@pytest.mark.parametrize("first", [1, 2, 7])
def test_numbers_go_through_containers(first):
    inside = Atomic((Get.of("./A"), Sequence((Get.of("./B"),)), Get.of("./C")))
    found = pack(HEAD, (Get.of("./D"),), deque([inside]), usual, codec=XML, limit=None, first=first)
    get, atomic = found.message.commands
    assert isinstance(atomic, Atomic) and isinstance(atomic.commands[1], Sequence)
    ids = [get.cmd_id, atomic.cmd_id, *(c.cmd_id for c in atomic.commands), atomic.commands[1].commands[0].cmd_id]
    assert [int(n) - first for n in ids] == [0, 1, 2, 3, 5, 4]


# -- objects in pieces


def sent(
    queue: list[Any], codec: Codec, limit: int | None, closing: Closing = usual, **how: Any
) -> tuple[list[Packed], deque[Any]]:
    """All messages until the queue is empty or something is stuck."""
    waiting: deque[Any] = deque(queue)
    found: list[Packed] = []
    while waiting:
        found.append(pack(HEAD, (), waiting, closing, codec=codec, limit=limit, **how))
        assert found[-1].body == codec.encode(found[-1].message)
        if found[-1].stuck is not None:
            break
    return found, waiting


def data_of(found: list[Packed], uri: str) -> list[Item]:
    return [
        i for p in found for c in p.message.commands for i in getattr(c, "items", ()) if uri in (i.target, i.source)
    ]


@CODECS
@pytest.mark.parametrize(
    "text", ["x" * 1000, "é" * 400, "&" * 300, b"\0\xff" * 400], ids=["ascii", "two", "escape", "octets"]
)
@pytest.mark.parametrize("room", [310, 311, 400, 1500])
def test_a_large_object_leaves_in_pieces(codec, text, room):
    """Each message is all but full; Size on the first, MoreData on all but the last."""
    before, after, limit = Replace.of("./A", "1"), Replace.of("./C", "3"), BASE[codec.name] + room
    whole_item = item("./B", None, text, BIN if isinstance(text, bytes) else None)
    if isinstance(text, bytes) and not codec.binary:
        whole_item = replace(whole_item, data=b64encode(text).decode(), meta=replace(BIN, format="b64"))
    found, left = sent([before, Replace((whole_item,)), after], codec, limit)
    assert not left and all(len(p.body) <= limit and p.stuck is None for p in found)
    pieces = data_of(found, "./B")
    whole = whole_item.data
    assert whole is not None
    joined: Any = pieces[0].data
    for piece in pieces[1:]:
        joined += piece.data
    assert joined == whole
    assert [p.more_data for p in pieces] == [True] * (len(pieces) - 1) + [False]
    if len(pieces) > 1:
        assert [p.meta.size if p.meta else None for p in pieces[1:]] == [None] * (len(pieces) - 1)
        assert pieces[0].meta is not None
        assert pieces[0].meta.size == (len(whole.encode()) if isinstance(whole, str) else len(whole))
    assert [data_of(found, uri)[0].data for uri in ("./A", "./C")] == ["1", "3"]
    cut = [p for p in found if p.piece is not None and p.piece.rest]
    assert all(limit - len(p.body) <= 40 for p in cut), [limit - len(p.body) for p in cut]
    assert [p.message.final for p in found] == [False] * (len(found) - 1) + [True]


@CODECS
@pytest.mark.parametrize("limit", [None, 4000])
@pytest.mark.parametrize(("size", "lengths"), [(99, [99]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_a_rule_may_ask_for_pieces_of_a_size(codec, limit, size, lengths):
    for command in (Add.of("./B", "x" * size), Replace.of("./B", "x" * size),
                    Results((item(None, "./B", "x" * size),), "1", "2"),
                    Alert(AlertCode(1226), (item(None, "./B", "x" * size),))):  # fmt: skip
        found, _ = sent([command], codec, limit, chunk=100)
        assert [len(i.data or "") for i in data_of(found, "./B")] == lengths
        assert [p.piece is not None for p in found] == [len(lengths) > 1] * len(lengths)
        whole, _ = sent([command], codec, limit, chunk=100, chunks=False)
        assert [len(i.data or "") for i in data_of(whole, "./B")] == [size]


@CODECS
def test_what_cannot_be_cut_is_stuck_alone(codec):
    """No piece of a Get, of two Items, of one sign: it is taken out of the queue when nothing stands before it."""
    long = "./" + "x" * 400
    one = Replace.of("./A", "1")
    two = Replace((Item("./B", data="y" * 300), Item("./C", data="z" * 300)))
    for unit in (
        Get.of(long),
        two,
        Replace.of(long, "1"),
        Sequence((Replace.of("./B", "y" * 600),)),
        Exec((Item("./B", data="y" * 600),)),
    ):
        found, left = sent([one, one, unit, one], codec, BASE[codec.name] + 300)
        assert [p.stuck for p in found] == [None, unit] and list(left) == [one]
        assert [len(p.message.commands) for p in found] == [3, 1] and found[1].at == 0
        assert found[1].message.commands[0].verb.value == "Alert"
    unit = Replace.of("./B", "y" * 600)
    found, left = sent([one, unit, one], codec, BASE[codec.name] + 300, chunks=False)
    assert [p.stuck for p in found] == [None, unit] and list(left) == [one]


@CODECS
def test_the_status_of_an_alert_for_more_stays_with_what_does_not_fit(codec):
    """It stands in the next message again, so what does not fit beside it never fits; and it is not lost."""
    asked = Status(OK, "1", "2", "Alert")
    unit, one = Get.of("./" + "x" * 400), Replace.of("./A", "1")
    [found], left = sent([asked, unit, one], codec, BASE[codec.name] + 400)
    assert found.stuck == unit and found.at == 1 and list(left) == [asked, one]
    assert [c.verb.value for c in found.message.commands] == ["Status", "Alert"]
    other = Status(OK, "1", "2", "Get")
    found_, left = sent([other, unit, one], codec, BASE[codec.name] + 400)
    assert [p.stuck for p in found_] == [None, unit] and list(left) == [one]
    piece = Replace.of("./" + "x" * 400, "y" * 600)
    [found], left = sent([asked, piece, one], codec, BASE[codec.name] + 400)
    assert isinstance(found.stuck, Sending) and found.stuck.command == piece and found.at == 1
    assert list(left) == [asked, one]


@CODECS
@pytest.mark.parametrize("room", [1, 2, 3, *range(20, 45)])
def test_a_piece_of_a_few_signs_waits_for_a_message_of_its_own(codec, room):
    """Below 32 units behind others it is not worth its tags; with nothing before it there is no other way."""
    one, object_ = Replace.of("./A", "1"), Replace.of("./B", "y" * 600)
    sending = Sending(object_)
    limit = octets((), (one, sending.piece(room)), lambda empty, cut: ((), False), False, codec)
    first, second, *_ = sent([one, object_], codec, limit)[0]
    got = len(data_of([first], "./B")) and len(data_of([first], "./B")[0].data or "")
    assert got == (room if room >= 32 else 0)
    assert len(data_of([second], "./B")[0].data or "") >= room
    alone = octets((), (sending.piece(room),), lambda empty, cut: ((), False), False, codec)
    assert len(data_of(sent([object_], codec, alone)[0][:1], "./B")[0].data or "") == room


class Counted:
    """A codec that counts how often a message is written, and how many octets."""

    def __init__(self, codec: Codec) -> None:
        self.of, self.written, self.octets = codec, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)

    def encode(self, message: Message) -> bytes:
        self.written += 1
        body = self.of.encode(message)
        self.octets += len(body)
        return body


@CODECS
@pytest.mark.parametrize(("sign", "each"), [("x", 1), ("é", 2), ("&", 5), ("€", 3), ("<", 4)])
@pytest.mark.parametrize("limit", [1000, 1003, 5000, 20_000])
def test_the_size_of_a_piece_is_found_in_few_attempts(codec, sign, each, limit):
    """Where each sign takes as many octets as the next, the first guess is right: no room for one more is left."""
    counted: Any = Counted(codec)
    unit = Replace.of("./B", sign * 30_000)
    waiting: deque[Any] = deque([unit])
    while waiting:
        before = counted.written
        found = pack(HEAD, (), waiting, usual, codec=counted, limit=limit)
        assert counted.written - before <= (10 if sign == "x" else 12)
        if waiting:
            assert limit - len(found.body) < (each if codec is XML else len(sign.encode()))


LONG = "./" + "n" * 98


@CODECS
@pytest.mark.parametrize(
    "unit", [Replace.of("./A", "x" * 100), Get.of(LONG), Copy((Item("./A", LONG),)), Copy((Item(LONG, "./A"),)),
             Replace.of(LONG, "1"), Alert(AlertCode(1226), (Item(source=LONG),))],
    ids=["data", "get", "source", "target", "target and data", "alert"],
)  # fmt: skip
def test_a_long_queue_is_looked_at_as_far_as_a_message_could_hold(codec, unit):
    """However much waits behind: octets written and work done stay those of one message."""
    least, work = [], []
    for length in (60, 60, 3000):  # the first one also fills what is remembered
        counted: Any = Counted(codec)
        waiting: deque[Any] = deque([unit] * length)
        work.append(steps(lambda c=counted, w=waiting: pack(HEAD, (), w, usual, codec=c, limit=2000)))
        least.append(counted.octets)
        assert len(waiting) < length
    assert least[1] == least[2] < 5 * 2000 and work[1] == work[2]


@CODECS
def test_two_signs_are_two_pieces_where_a_rule_asks_for_one(codec):
    found, _ = sent([Replace.of("./B", "&>")], codec, None, chunk=1)
    assert [i.data for i in data_of(found, "./B")] == ["&", ">"]


@CODECS
@pytest.mark.parametrize("more", range(5))
def test_one_sign_goes_where_a_second_has_no_room(codec, more):
    object_ = Replace.of("./B", "&" * 600 if codec is XML else "€" * 600)
    limit = octets((), (Sending(object_).piece(1),), lambda empty, cut: ((), False), False, codec) + more
    waiting: deque[Any] = deque([object_])
    found = pack(HEAD, (), waiting, usual, codec=codec, limit=limit)
    assert found.stuck is None and len(data_of([found], "./B")[0].data or "") == 1 + (codec is WBXML and more > 2)


@CODECS
@pytest.mark.parametrize("length", range(5))
def test_what_is_written_from_memory_is_what_packing_writes(codec, length):
    """Whole messages only: the same octets and commands, an empty queue; else nothing, and the queue is as it was."""
    units = [Replace.of(f"./A/{n}", "x" * n) for n in range(length)]
    head = (header_status(HEAD, OK),)

    def whole(empty: bool, cut: bool) -> tuple[tuple[Command, ...], bool]:
        assert empty is True and cut is False
        return TAIL, True

    right = pack(HEAD, head, deque(units), whole, codec=codec, limit=None)
    if not Switch.fast:
        assert pack_again(HEAD, head, deque(units), whole, codec, None) is None
        return
    for _ in range(2):  # what is said once is not kept
        pack_again(HEAD, head, deque(units), whole, codec, None)
    for limit, fits in ((None, True), (len(right.body), True), (len(right.body) - 1, False)):
        queue: deque[Any] = deque(units)
        found = pack_again(HEAD, head, queue, whole, codec, limit)
        if length > 3 or not fits:
            assert found is None and list(queue) == units
        else:
            assert found is not None and (found.message, found.body) == (right.message, right.body) and not queue
    queue = deque([*units, Sending(Replace.of("./B", "y" * 60))])
    assert pack_again(HEAD, head, queue, whole, codec, None) is None and len(queue) == length + 1
    assert pack_again(HEAD, head, deque(units), whole, Counted(codec), None) is None  # type: ignore[arg-type]


def test_octets_may_leave_as_text():
    unit = Replace((Item("./B", data=bytes(range(250)) * 4, meta=BIN),))
    for as_text in (False, True):
        found, _ = sent([unit], WBXML, BASE["wbxml"] + 500, as_text=as_text)
        pieces = [i.data for i in data_of(found, "./B")]
        assert len(pieces) > 1 and all(isinstance(p, str if as_text else bytes) for p in pieces)
        joined: Any = pieces[0]
        for piece in pieces[1:]:
            joined += piece
        assert (b64decode(joined) if as_text else joined) == bytes(range(250)) * 4
        meta = data_of(found, "./B")[0].meta
        assert meta is not None and (meta.format, meta.size) == (("b64", 1336) if as_text else ("bin", 1000))


NS = "syncml:dmddf1.2"
TREE = Element(
    "MgmtTree", NS,
    tuple(Element("Node", NS, (Element("NodeName", NS, (f"N{n}",)),)) for n in range(40)),
)  # fmt: skip


@CODECS
@pytest.mark.parametrize(
    ("type_", "as_wbxml"),
    [("application/vnd.syncml.dmtnds+xml", True), ("application/vnd.syncml.dmtnds", False), (None, False)],
)
def test_markup_that_is_too_long_is_spelled_out(codec, type_, as_wbxml):
    """As text, or as a WBXML document where codec and type allow it; then it can be cut.  [DMPRO §7, DMTNDS §5.3]"""
    unit = Replace((item("./B", None, TREE, None if type_ is None else Meta(format="xml", type=type_)),))
    whole, _ = sent([unit], codec, 20_000)
    assert isinstance(data_of(whole, "./B")[0].data, Element)
    found, _ = sent([unit], codec, BASE[codec.name] + 300)
    pieces = data_of(found, "./B")
    assert len(pieces) > 1
    joined: Any = pieces[0].data
    for piece in pieces[1:]:
        joined += piece.data
    meta = pieces[0].meta
    assert meta is not None
    if codec is WBXML and as_wbxml:
        assert (meta.format, meta.type) == ("bin", "application/vnd.syncml.dmtnds+wbxml")
        assert read_wbxml(joined).root == TREE
    else:
        assert isinstance(joined, str) and joined.startswith("<MgmtTree") and joined.endswith("</MgmtTree>")
        assert joined.count("<NodeName>") == 40
        assert (meta.format, meta.type) == (("xml", type_) if type_ else (None, None))


@CODECS
def test_what_else_a_meta_says_stays_when_markup_is_spelled_out(codec):
    """Only form and type are others; a mark of the sender is none of packing's business."""
    meta = Meta(format="xml", type="application/vnd.syncml.dmtnds+xml", mark="critical", max_msg_size=7)
    unit = Replace((item("./B", None, TREE, meta),))
    found, _ = sent([unit], codec, BASE[codec.name] + (500 if codec is XML else 300))
    got = data_of(found, "./B")[0].meta
    assert got is not None and (got.mark, got.max_msg_size) == ("critical", 7) and len(found) > 1
    assert got.format == ("xml" if codec is XML else "bin")


@given(
    st.lists(st.integers(0, 260), min_size=1, max_size=8), st.integers(400, 700), st.sampled_from([XML, WBXML]),
    st.sampled_from([usual, heavy]),
)  # fmt: skip
def test_nothing_is_lost_or_moved(sizes, room, codec, closing):
    """Whatever the sizes: all arrives, in order, in small enough messages, and only the last has Final.

    With less room than this, what closes the last message has no place beside one octet of data: it is stuck.
    """
    limit = BASE[codec.name] + room
    units = [Replace.of(f"./A/{n}", "x" * size) for n, size in enumerate(sizes)]
    found, left = sent(list(units), codec, limit, closing)
    assert not left
    got: dict[str, str] = {}
    for packed in found:
        assert len(packed.body) <= limit and packed.stuck is None
        for command in packed.message.commands:
            if isinstance(command, Replace):
                uri, data = command.items[0].target, command.items[0].data
                assert uri is not None and isinstance(data, str | None)
                got[uri] = got.get(uri, "") + (data or "")
    assert list(got.items()) == [(f"./A/{n}", "x" * size) for n, size in enumerate(sizes)]
