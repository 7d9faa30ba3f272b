"""WBXML against libwbxml: octets to ``Message`` and back, the library called through ctypes.

The peer of decoding is libwbxml's WBXML to XML plus lxml's parse of that XML (octets to something one
can read); the peer of encoding is libwbxml's XML to WBXML, without its string table, which is its
faster way.  Rows are empty when the library is not installed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes.util import find_library

from lxml import etree

from bench import Row, pair
from dmkit.wire import wbxml
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Command,
    Delete,
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

__all__ = ["LibWbxml", "libwbxml", "message", "rows"]


def message() -> Message:
    """Twenty commands such as a device and a server exchange, about a kilobyte of WBXML."""
    meta = Meta(format="chr", type="text/plain")
    commands: list[Command] = [
        Status(
            StatusCode(212),
            "1",
            "0",
            "SyncHdr",
            ("IMEI:493005100592800",),
            ("http://server.example/dm",),
            Meta(format="b64", type="syncml:auth-md5", next_nonce="TWpzMk5qQTFOVGs9"),
            (),
            "1",
        ),
    ]
    commands += [
        Status(StatusCode(200), "1", str(n), "Get", (f"./DevInfo/Node{n}",), (), None, (), str(n)) for n in range(2, 8)
    ]
    commands += [
        Results((Item(source=f"./DevInfo/Node{n}", meta=meta, data=f"value of {n}"),), "1", str(n), cmd_id=str(n + 6))
        for n in range(2, 8)
    ]
    commands += [
        Get((Item(target="./DevDetail/FwV"),), cmd_id="14"),
        Replace((Item(target="./Vendor/Poll", meta=Meta(format="int"), data="60"),), cmd_id="15"),
        Add((Item(target="./Vendor/New", meta=Meta(format="node")),), cmd_id="16"),
        Sequence(
            (
                Add((Item(target="./Vendor/New/A", meta=meta, data="a"),), cmd_id="18"),
                Delete((Item(target="./Vendor/Old"),), cmd_id="19"),
            ),
            cmd_id="17",
        ),
        Exec((Item(target="./Vendor/Run"),), cmd_id="20"),
        Alert(AlertCode(1100), (Item(data="MINDT=10"), Item(data="Working")), cmd_id="21"),
    ]
    header = Header("4A", "2", "http://server.example/dm", "IMEI:493005100592800", meta=Meta(max_msg_size=16384))
    return Message(header, tuple(commands))


class LibWbxml:
    """The C library, for what it converts: WBXML to XML, XML to WBXML; RuntimeError with its error number."""

    def __init__(self, path: str) -> None:
        self.library = ctypes.CDLL(path)
        self.libc = ctypes.CDLL(None)
        self.libc.free.argtypes = [ctypes.c_void_p]
        self.to_xml = self._converter("wbxml2xml")
        self.to_wbxml = self._converter("xml2wbxml")
        self.library.wbxml_conv_wbxml2xml_set_gen_type(self.to_xml, 0)
        self.library.wbxml_conv_wbxml2xml_enable_preserve_whitespaces(self.to_xml)
        self.library.wbxml_conv_xml2wbxml_enable_preserve_whitespaces(self.to_wbxml)
        self.library.wbxml_conv_xml2wbxml_disable_string_table(self.to_wbxml)
        self.library.wbxml_conv_xml2wbxml_set_version(self.to_wbxml, 2)

    def _converter(self, name: str) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        if getattr(self.library, f"wbxml_conv_{name}_create")(ctypes.byref(made)):
            raise RuntimeError(f"libwbxml cannot make its converter {name}")
        return made

    def _run(self, name: str, converter: ctypes.c_void_p, data: bytes) -> bytes:
        out, size = ctypes.c_void_p(), ctypes.c_uint()
        error = getattr(self.library, f"wbxml_conv_{name}_run")(
            converter, data, len(data), ctypes.byref(out), ctypes.byref(size)
        )
        if error:
            raise RuntimeError(f"libwbxml error {error}")
        try:
            return ctypes.string_at(out, size.value)
        finally:
            self.libc.free(out)

    def xml(self, data: bytes) -> bytes:
        """WBXML octets as XML."""
        return self._run("wbxml2xml", self.to_xml, data)

    def wbxml(self, data: bytes) -> bytes:
        """XML octets as WBXML."""
        return self._run("xml2wbxml", self.to_wbxml, data)


def libwbxml() -> LibWbxml | None:
    """The library, or None when this machine has none."""
    path = find_library("wbxml2")
    return LibWbxml(path) if path else None


def rows(calls: int = 50) -> list[Row]:
    """Decode and encode, each beside libwbxml in the same run."""
    library = libwbxml()
    if library is None:
        return []
    sample = message()
    octets = wbxml.encode(sample)
    xml = library.xml(octets)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)

    def peer_decode(library: LibWbxml = library) -> object:
        return etree.fromstring(library.xml(octets), parser)

    cases: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        (
            f"WBXML decode to Message ({len(octets)} octets) / libwbxml + lxml parse",
            lambda: wbxml.decode(octets),
            peer_decode,
        ),
        ("WBXML encode / libwbxml XML to WBXML", lambda: wbxml.encode(sample), lambda: library.wbxml(xml)),
    ]
    return [pair(name, ours, peer, calls=calls) for name, ours, peer in cases]
