"""Large objects cost what their octets cost: no piece is written more than twice, nothing kept is put together anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.session import objects, pieces
from dmkit.session.objects import Incoming, Sending
from dmkit.session.packages import pack
from dmkit.session.pieces import size_of_piece
from dmkit.session.side import Side
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import AlertCode
from dmkit.words.model import Add, Alert, Command, Header, Item, Message, Meta, Packet, Replace

HEADER = Header("1", "1", "IMEI:1", "http://s/dm")
SIGNS = st.one_of(
    st.sampled_from("x&<>\r\n\t"), st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
)
CODECS = pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda codec: codec.name)


class Writing:
    """A codec that keeps the lengths of what it wrote; each message has ``more`` octets in a thousand of its own."""

    def __init__(self, of: Codec, more: int = 0) -> None:
        self.of, self.more, self.lengths = of, more, list[int]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)

    def encode(self, message: Message) -> bytes:
        body = self.of.encode(message)
        body += b"\0" * (len(body) * self.more // 1000)
        self.lengths.append(len(body))
        return body


def emptied(codec: Any, limit: int, *units: Command) -> list[tuple[Message, list[int]]]:
    """The messages that ``units`` leave in, each with the lengths of what was written for it."""
    queue: deque[Any] = deque(units)
    found = []
    while queue:
        codec.lengths.clear()
        packed = pack(HEADER, (), queue, lambda empty, piece: ((), empty), codec=codec, limit=limit)
        assert packed.stuck is None and len(packed.body) <= limit
        found.append((packed.message, list(codec.lengths)))
    return found


@CODECS
@pytest.mark.parametrize("sign", ["x", "é", "&", "x&", b"\xff"])
def test_a_message_with_a_piece_is_written_twice(codec: Codec, sign: str | bytes) -> None:
    if isinstance(sign, bytes) and not codec.binary:
        pytest.skip("XML carries no octets")
    value: Any = sign * 20_000
    found = emptied(Writing(codec), 2000, Add.of("./Note", value))
    commands: Any = [command for message, _ in found for command in message.commands]
    sent = [command.items[0].data for command in commands]
    assert value[:0].join(sent) == value
    left = 20_000 * len(sign) - len(sent[0])
    for data, (_, written) in zip(sent[1:], found[1:], strict=True):
        if left > 2000:  # its last piece is written too, where it might fit
            assert len(written) == 2 and max(written) <= 2000
        assert len(written) <= 3
        left -= len(data)
    whole = [length for length in found[0][1] if length > 2000]
    assert len(whole) == isinstance(sign, str)  # text is written once, to see that it can be


@CODECS
@given(
    data=st.one_of(st.text(SIGNS, min_size=1, max_size=400), st.binary(min_size=1, max_size=400)),
    times=st.integers(1, 60),
    limit=st.integers(90, 5000),
    most=st.integers(1, 5000),
    own=st.sampled_from([0, 0, 7]),
)
def test_a_size_that_is_computed_is_the_one_that_writing_finds(
    codec: Codec, data: str | bytes, times: int, limit: int, most: int, own: int
) -> None:
    if isinstance(data, bytes) and not codec.binary:
        return
    sending = Sending(Add.of("./Note", data * times))
    most = min(most, sending.rest)
    writer = Writing(WBXML if codec.binary else XML, own)

    def written(units: int) -> int:
        return len(writer.encode(Message(HEADER, (sending.piece(units),), units == sending.rest)))

    if own == 0:
        assert size_of_piece(sending, most, limit, codec, written) == pieces._filling(most, limit, written)
    size = size_of_piece(sending, most, limit, codec, written)
    assert 1 <= size <= most and (size == 1 or written(size) <= limit)


def test_text_that_has_no_form_is_refused_before_its_first_piece_leaves() -> None:
    for codec, sign in ((XML, "\x01"), (WBXML, "\0"), (XML, "\ud800")):
        queue: deque[Any] = deque([Replace.of("./Note", "x" * 9000 + sign)])
        with pytest.raises(dm.CodecError):
            pack(HEADER, (), queue, lambda empty, piece: ((), empty), codec=codec, limit=1000)
        assert len(queue) == 1 and isinstance(queue[0], Replace)


@pytest.mark.parametrize("kinds", [("text",), (b"octets",), ("text", b"\xc3", b"\xa9")])
def test_pieces_that_came_are_kept_by_blocks(kinds: Sequence[str | bytes]) -> None:
    """However many there are, one more is put behind at most a block of them."""
    many = 3 * objects._BLOCK + 1
    given_ = [kinds[at % len(kinds)] for at in range(many)]
    coming = Incoming.of(Add.of("./Note", ""), Item("./Note", meta=Meta(size=9)))
    for piece in given_:
        before, coming = coming, coming.add(Item("./Note", data=piece))
        assert all(a is b for a, b in zip(before.pieces[:-1], coming.pieces, strict=False))
    assert [len(block) for block in coming.pieces] == [objects._BLOCK] * 3 + [1]
    assert [piece for block in coming.pieces for piece in block] == given_
    octets = b"".join(piece.encode() if isinstance(piece, str) else piece for piece in given_)
    right = "".join(map(str, given_)) if kinds == ("text",) else octets.decode("utf-8", "surrogateescape")
    assert coming.whole().data == right
    assert coming.got == len(octets)


def played(job: Any, limit: int = 1000, look: Callable[[Any, Any], None] = lambda device, server: None) -> Any:
    """A session in messages of ``limit`` octets; ``look`` sees both sides after each message of the server."""
    rules = dm.Rules(messages=10_000, max_message=limit)
    device = dm.Device.example(rules=rules, codec=WBXML)
    device.tree = device.tree.set("./APN/Name", "x" * 60_000)
    server = dm.Server.example(device, rules=rules)
    server.enqueue(device.address, job)
    client = device.connect()
    packet: Packet | None = client.start().reply
    while packet is not None:
        ours = packet.to != client.address
        packet = (server if ours else client).receive(packet).reply
        if ours:
            look(client, next(iter(server.sessions.values())))
    return device, server, client


def test_what_asks_for_the_next_message_is_not_kept() -> None:
    """Neither Alerts 1222 for the rest of a result, nor the answers to them, are put together message by message."""
    longest = [0, 0, 0]

    def look(client: Any, session: Any) -> None:
        value = session.snapshot()
        statuses = len(value.batch.statuses) if value.batch is not None else 0
        found = (value.peer_msg_id, statuses, len(value.jobs.early))
        longest[:] = map(max, longest, found)

    _, server, _ = played(dm.jobs.read("./APN/Name"), look=look)
    assert server.results[0].done and longest[0] > 60
    assert longest[1:] == [1, 0]
    longest[:] = [0, 0, 0]
    device, server, _ = played(dm.jobs.write("./APN/Name", "y" * 60_000), look=look)
    assert server.results[0].done and longest[0] > 60 and device.tree.get("./APN/Name").value == "y" * 60_000
    assert longest[1:] == [0, 0]


def test_a_job_may_yield_the_alert_for_more_itself() -> None:
    """Its answer is booked: it is a command of the job."""

    def job(info: object) -> Any:
        outcomes = yield [Alert(AlertCode.NEXT_MESSAGE)]
        return [outcome.status for outcome in outcomes]

    _, server, _ = played(job)
    assert server.results[0].result == [200]


def test_messages_that_are_remembered_are_put_behind_one_another_in_place() -> None:
    """Nobody looks: then what was answered is one list, however long; whoever looks sees the same tuple."""
    kinds: set[type] = set()

    def at(client: Any, session: Any) -> None:
        kinds.update(type(end._at.answered) for end in (client, session) if isinstance(end._at, Side))

    _, server, client = played(dm.jobs.write("./APN/Name", "y" * 60_000), look=at)
    assert kinds == {tuple, list}
    ends = [client, *server.sessions.values()]
    for end in ends:
        known = end.snapshot().answered
        assert isinstance(known, tuple) and [one.msg_id for one in known] == [str(n + 1) for n in range(len(known))]
        assert len(known) > 60


def test_a_step_that_raises_is_forgotten_where_much_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it was remembered before it raised."""

    class Breaks(Exception):
        pass

    rules = dm.Rules(messages=10_000, max_message=1000)
    device = dm.Device.example(rules=rules, codec=WBXML)
    server = dm.Server.example(device, rules=rules)
    server.enqueue(device.address, dm.jobs.write("./APN/Name", "y" * 30_000))
    client = device.connect()
    packet: Any = client.start().reply
    for _ in range(60):
        packet = (client if packet.to == client.address else server).receive(packet).reply
    [session] = server.sessions.values()
    end: Any = client if packet.to == client.address else session
    many = len(end._at.answered)
    assert isinstance(end._at.answered, list) and many > 20

    def breaks(*_: object) -> None:
        raise Breaks

    with monkeypatch.context() as patched, pytest.raises(Breaks):
        patched.setattr(Side, "_step", breaks)
        (client if end is client else server).receive(packet)
    assert len(end.snapshot().answered) == many
    while packet is not None:
        packet = (client if packet.to == client.address else server).receive(packet).reply
    assert server.results[0].done and device.tree.get("./APN/Name").value == "y" * 30_000
