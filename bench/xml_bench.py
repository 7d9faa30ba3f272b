"""XML against lxml: octets to ``Message`` beside lxml's bare parse, ``Message`` to octets beside lxml's builder.

The builder is the independent writer of the tests, ended with ``tostring``.  Ratio is ours / peer.
"""

from __future__ import annotations

from functools import partial

from lxml import etree

from bench import Row, pair
from bench.wbxml_bench import message
from dmkit.wire import xml
from dmkit.words.codes import StatusCode
from dmkit.words.model import Add, Get, Header, Item, Message, Meta, Replace, Status
from tests.wire.builder import build

__all__ = ["mixed", "rows"]


def mixed() -> Message:
    """Twenty commands in equal shares: Get, Replace with a Format, Add with Format and Type, Status (3.3 kB)."""
    commands: list[Get | Replace | Add | Status] = []
    for n in range(1, 21, 4):
        a, b, c, d = (str(n + m) for m in range(4))
        chr_ = Meta(format="chr", type="text/plain")
        commands += [
            Get((Item(f"./Vendor/Node{a}"),), cmd_id=a),
            Replace((Item(f"./Vendor/Node{b}", meta=Meta(format="int"), data=b),), cmd_id=b),
            Add((Item(f"./Vendor/Node{c}", meta=chr_, data=f"v{c}"),), cmd_id=c),
            Status(StatusCode.OK, "1", d, "Get", (f"./Vendor/Node{d}",), cmd_id=d),
        ]
    return Message(Header("C", "2", "https://dm.example.com/dm", "IMEI:1", source_name="client"), tuple(commands))


def _built(said: Message) -> bytes:
    made: bytes = etree.tostring(build(said))
    return made


def rows(calls: int = 50) -> list[Row]:
    """Reading and writing of two messages of twenty commands."""
    found = []
    for name, said in (("20 commands in equal shares", mixed()), ("20 commands of a session", message())):
        data = xml.encode(said)
        name = f"{name}, {len(data)} octets"
        found.append(
            pair(
                f"XML to Message, beside lxml.etree.fromstring ({name})",
                partial(xml.decode, data),
                partial(etree.fromstring, data),
                calls=calls,
            )
        )
        found.append(
            pair(
                f"Message to XML, beside lxml's builder ({name})",
                partial(xml.encode, said),
                partial(_built, said),
                calls=calls,
            )
        )
    return found
