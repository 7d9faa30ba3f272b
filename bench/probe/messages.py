# ruff: noqa: E501, N806  (rows stay rows)
"""Rows of messages: read, written, exchanged and divided."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from ctypes.util import find_library
from importlib import import_module
from itertools import cycle
from typing import Any

from .names import Work, m, of

__all__ = ["LibWbxml", "each", "large_object", "lxml_parser", "many_nodes", "message", "others", "session",
           "wbxml_decode", "wbxml_decode_both", "wbxml_encode", "xml_parse"]  # fmt: skip


def message(name: str = "Node") -> Any:
    """Twenty commands such as a device and a server exchange, about a kilobyte of WBXML; ``name`` is in most of them."""
    meta, status, alert = m("Meta")(format="chr", type="text/plain"), of("words.codes:StatusCode", "codes:StatusCode"), of(
        "words.codes:AlertCode", "codes:AlertCode")  # fmt: skip
    Status, Item, Get, Add = m("Status"), m("Item"), m("Get"), m("Add")
    nonce = m("Meta")(format="b64", type="syncml:auth-md5", next_nonce="TWpzMk5qQTFOVGs9")
    commands = [Status(status(212), "1", "0", "SyncHdr", ("IMEI:493005100592800",), ("http://server.example/dm",), nonce,
                       (), "1")]  # fmt: skip
    commands += [
        Status(status(200), "1", str(n), "Get", (f"./DevInfo/{name}{n}",), (), None, (), str(n)) for n in range(2, 8)
    ]
    commands += [m("Results")((Item(source=f"./DevInfo/{name}{n}", meta=meta, data=f"value of {n}"),), "1", str(n),
                              cmd_id=str(n + 6)) for n in range(2, 8)]  # fmt: skip
    commands += [
        Get((Item(target="./DevDetail/FwV"),), cmd_id="14"),
        m("Replace")((Item(target="./Vendor/Poll", meta=m("Meta")(format="int"), data="60"),), cmd_id="15"),
        Add((Item(target="./Vendor/New", meta=m("Meta")(format="node")),), cmd_id="16"),
        m("Sequence")((Add((Item(target="./Vendor/New/A", meta=meta, data="a"),), cmd_id="18"),
                       m("Delete")((Item(target="./Vendor/Old"),), cmd_id="19")), cmd_id="17"),
        m("Exec")((Item(target="./Vendor/Run"),), cmd_id="20"),
        m("Alert")(alert(1100), (Item(data="MINDT=10"), Item(data="Working")), cmd_id="21"),
    ]  # fmt: skip
    header = m("Header")(
        "4A", "2", "http://server.example/dm", "IMEI:493005100592800", meta=m("Meta")(max_msg_size=16384)
    )
    return m("Message")(header, tuple(commands))


class LibWbxml:
    """The C library, through ctypes."""

    def __init__(self) -> None:
        path = find_library("wbxml2")
        if path is None:
            raise ImportError("libwbxml2 is not installed")
        self.library, self.libc = ctypes.CDLL(path), ctypes.CDLL(None)
        self.libc.free.argtypes = [ctypes.c_void_p]
        self.to_xml, self.to_wbxml = ctypes.c_void_p(), ctypes.c_void_p()
        self.library.wbxml_conv_wbxml2xml_create(ctypes.byref(self.to_xml))
        self.library.wbxml_conv_xml2wbxml_create(ctypes.byref(self.to_wbxml))
        self.library.wbxml_conv_wbxml2xml_set_gen_type(self.to_xml, 0)
        self.library.wbxml_conv_wbxml2xml_enable_preserve_whitespaces(self.to_xml)
        self.library.wbxml_conv_xml2wbxml_enable_preserve_whitespaces(self.to_wbxml)
        self.library.wbxml_conv_xml2wbxml_disable_string_table(self.to_wbxml)
        self.library.wbxml_conv_xml2wbxml_set_version(self.to_wbxml, 2)

    def run(self, name: str, converter: ctypes.c_void_p, data: bytes) -> bytes:
        out, size = ctypes.c_void_p(), ctypes.c_uint()
        if getattr(self.library, f"wbxml_conv_{name}_run")(
            converter, data, len(data), ctypes.byref(out), ctypes.byref(size)
        ):
            raise RuntimeError(f"libwbxml cannot convert with {name}")
        try:
            return ctypes.string_at(out, size.value)
        finally:
            self.libc.free(out)


def lxml_parser() -> tuple[Any, Any]:
    from lxml import etree

    return etree, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def others() -> list[Any]:
    """So many other messages of that form that a reader or writer which remembers some meets each as if it were new."""
    return [message(f"N{n:03}") for n in range(600)]


def each(work: Callable[[Any], object], samples: list[Any]) -> Work:
    """``work`` of one sample after the other, from the first again after the last."""
    following = cycle(samples).__next__
    return lambda: work(following())


def xml_parse() -> tuple[Work, Work, int]:
    xml, (etree, parser) = import_module("dmkit.wire.xml"), lxml_parser()
    data = [xml.encode(sample) for sample in others()]
    return each(xml.decode, data), each(lambda octets: etree.fromstring(octets, parser), data), 50


def _wbxml() -> tuple[Any, list[bytes], LibWbxml]:
    wbxml = import_module("dmkit.wire.wbxml")
    return wbxml, [wbxml.encode(sample) for sample in others()], LibWbxml()


def wbxml_decode_both() -> tuple[Work, Work, int]:
    (wbxml, data, library), (etree, parser) = _wbxml(), lxml_parser()
    return (each(wbxml.decode, data), each(
        lambda octets: etree.fromstring(library.run("wbxml2xml", library.to_xml, octets), parser), data), 50)  # fmt: skip


def wbxml_decode() -> tuple[Work, Work, int]:
    wbxml, data, library = _wbxml()
    return each(wbxml.decode, data), each(lambda octets: library.run("wbxml2xml", library.to_xml, octets), data), 50


def wbxml_encode() -> tuple[Work, Work, int]:
    wbxml, data, library = _wbxml()
    texts = [library.run("wbxml2xml", library.to_xml, octets) for octets in data]
    return each(wbxml.encode, others()), each(lambda xml: library.run("xml2wbxml", library.to_wbxml, xml), texts), 50


def session(codec: str = "WBXML") -> tuple[Work, Work | None, int]:
    """Add, 418, Replace: six messages, MD5 both ways, between a device and a server that are made before."""
    dm = import_module("dmkit")
    job = of("server.jobs:put", "jobs:put")("./APN/Name", "internet")
    device = dm.Device.example(codec=getattr(dm, codec))
    server = dm.Server.example(device)
    factory = device.tree

    def run() -> None:
        device.tree = factory
        server.enqueue(device.address, job)
        client = device.connect()
        packet, messages = client.start().reply, 0
        while packet is not None:
            packet = (client if packet.to == client.address else server).receive(packet).reply
            messages += 1
        assert messages == 6, messages

    run()
    return run, None, 10


def _emptied(queue: Any, limit: int) -> None:
    pack = import_module("dmkit.session.packages").pack
    header, codec = m("Header")("1", "1", "IMEI:1", "http://s/dm"), of("wire.codec:WBXML")
    while queue:
        pack(header, (), queue, lambda empty, piece: ((), empty), codec=codec, limit=limit)


def large_object(size: int = 4_000_000) -> tuple[Work, Work | None, int]:
    command = m("Add").of("./Note", b"\xff" * size)
    return lambda: _emptied(deque([command]), 4000), None, 1


def many_nodes(count: int = 4000) -> tuple[Work, Work | None, int]:
    ok = of("words.codes:StatusCode", "codes:StatusCode")(200)
    answers = [one for n in range(count) for one in (
        m("Status")(ok, "1", str(n + 2), "Get", (f"./A/n{n}",)),
        m("Results")((m("Item")(source=f"./A/n{n}", data="value"),), "1", str(n + 2)))]  # fmt: skip
    return lambda: _emptied(deque(answers), 1000), None, 1
