"""The session of data/traces, and the file of each form."""

from __future__ import annotations

from dmkit import Device, Server
from dmkit.server import jobs
from dmkit.transport.loop import converse
from dmkit.views.transcript import Line, Transcript
from dmkit.wire.codec import WBXML, XML
from dmkit.wire.elements import NS_DDF
from dmkit.words.model import Element, Packet

FILES = {
    "session.pcap": "pcap",
    "session.pcapng": "pcapng",
    "session.har": "har",
    "session.http": "http",
    "session.jsonl": "log",
    "session.wbxml": "messages",
    "session.xml": "viewer",
}
"""File -> form, a key of ``trace_write.WRITERS``."""


def example(form: str) -> Transcript:
    """A server reads two nodes and writes one; 100 ms between messages.  Viewers show XML, the others carry WBXML."""
    codec = XML if form in ("viewer", "http") else WBXML
    device = Device.example(codec=codec)
    server = Server.example(device)
    server.enqueue(device.address, jobs.read("./DevInfo/Man", "./DevDetail/FwV"), "read")
    server.enqueue(device.address, jobs.write("./APN/Name", "internet"), "write")
    talk = converse(device, server)
    lines = []
    for line in talk:
        packet = line.packet
        to = packet.to if line.sender == "client" else ""
        packet = Packet(to, packet.body, packet.media_type, packet.headers)
        lines.append(Line(line.number, line.sender, packet, (line.number - 1) / 10))
    return Transcript(tuple(lines))


def tree_of(name: str, value: str) -> Element:
    """A serialised tree of one node, as mark-up."""
    parts = (Element("NodeName", NS_DDF, (name,)), Element("Value", NS_DDF, (value,)))
    return Element("MgmtTree", NS_DDF, (Element("Node", NS_DDF, parts),))
