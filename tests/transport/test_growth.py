"""Captures take time in proportion to what is in them: lines counted, and octets handed to expressions."""

from __future__ import annotations

import struct

import pytest

from dmkit.transport import pcap_read
from dmkit.transport.http_stream import http_messages
from dmkit.transport.pcap import http_request
from dmkit.transport.pcap_read import captured
from tests.steps import python_lines

SYN = 2
BASE = 1 << 31


def capture(segments: list[tuple[int, int, bytes]]) -> bytes:
    """A file with a packet for each segment: sequence, flags, octets."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 101)]
    for at, (sequence, flags, data) in enumerate(segments):
        tcp = struct.pack(">HHIIBBHHH", 1000, 80, sequence & 0xFFFFFFFF, 0, 0x50, flags, 0, 0, 0) + data
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\1\1\1\1", b"\2\2\2\2") + tcp
        out.append(struct.pack("<IIII", at, 0, len(ip), len(ip)) + ip)
    return b"".join(out)


def cut(octets: bytes, size: int) -> list[tuple[int, int, bytes]]:
    return [(BASE + at, 0, octets[at : at + size]) for at in range(0, len(octets), size)]


def requests(n: int) -> bytes:
    return b"".join(http_request(b"%d" % at, "text/plain") for at in range(n))


def grows_in_proportion(cost, n=40):
    cost(n)
    one, two, four = cost(n), cost(2 * n), cost(4 * n)
    assert four - two <= 2.3 * (two - one) + 300, (one, two, four)


@pytest.mark.parametrize("backwards", [False, True])
def test_segments_in_any_order(backwards):
    def cost(n):
        segments = cut(requests(n), 40)
        data = capture(segments[::-1] if backwards else segments)
        assert sorted(int(one.message.body) for one in captured(data)) == list(range(n))
        return python_lines(lambda: captured(data))

    grows_in_proportion(cost)


def test_octets_before_those_that_came_first_are_put_before_them():
    whole = requests(3)
    first, second, third = cut(whole, len(whole) // 3 + 1)
    for order in ((second, first, third), (third, second, first), (third, first, second), (second, third, first)):
        found = captured(capture([*order]))
        assert sorted(one.message.body for one in found) == [b"0", b"1", b"2"], order
    began = (BASE - 1, SYN, b"")
    found = captured(capture([began, second, first, third]))
    assert sorted(one.message.body for one in found) == [b"0", b"1", b"2"]


def test_when_a_message_came_is_told_by_its_first_octet():
    data = capture([(BASE + at, 0, octets) for at, octets in ((100, b""), *[(0, requests(1))])])
    assert [one.at for one in captured(data)] == [1.0]
    assert pcap_read._time([(0, 5.0), (10, 6.0)], 9) == 5.0 and pcap_read._time([(0, 5.0), (10, 6.0)], 10) == 6.0
    assert pcap_read._time([(3, 5.0)], 2) == pcap_read._time([], 2) == 0.0


class Octets(bytes):
    """Octets that count what is copied out of them."""

    copied = 0

    def __getitem__(self, at):
        found = super().__getitem__(at)
        Octets.copied += len(found) if isinstance(at, slice) else 0
        return found


def test_what_stands_between_messages_is_looked_at_in_its_place():
    copied = []
    for n in (100, 200):
        data = Octets(b"junk".join(http_request(b"%d" % at, "text/plain") for at in range(n)))
        Octets.copied = 0
        assert len(list(http_messages(data))) == n
        copied.append(Octets.copied)
    assert copied[1] < 2.3 * copied[0]
