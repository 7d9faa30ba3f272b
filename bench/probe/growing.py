"""Kinds of "many" whose growth the table fits, and inputs that once cost more than in proportion; by name.

``GROWTH``: name -> what makes the work at n.  ``ONCE_SLOW``: name -> the same, and the n at which an earlier release is
asked.  It knows names of earlier releases; what one of them cannot do is a gap in the table.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from .names import Maker, Work, m, of

__all__ = ["GROWTH", "ONCE_SLOW"]


WIDE = "Add=*&Get=*&Replace=*&Delete=*"


def _tree() -> Any:
    return of("tree.tree:Tree", "tree.node:Tree")


def _wide(n: int) -> Any:
    return _tree().of({f"./W/n{at}": str(at) for at in range(n)}, acl={".": WIDE})


def properties(n: int) -> Work:
    """Titles written, one a node."""
    tree, execute, item = _wide(n), import_module("dmkit.tree.execute").execute, m("Item")
    commands = tuple(m("Replace")((item(f"./W/n{at}?prop=Title", data="t"),)) for at in range(n))
    return lambda: execute(tree, commands, by="S")


def acl_entries(n: int) -> Work:
    """Servers in one list of rights."""
    parse, each = import_module("dmkit.tree.acl").parse, count()  # a list that was read before is remembered
    return lambda: parse(f"Get=first{next(each)}+" + "+".join(f"server{at}" for at in range(n)))


def schedules(n: int) -> Work:
    """Schedules placed on one device, a tenth as many."""
    made, sched = import_module("dmkit.sim.schedule"), import_module("dmkit.schedule")
    rules = import_module("dmkit.mo.sched.values").SchedRules(max_contexts=n)
    runs = ["Replace ./Vendor/Acme/Poll 60"]
    plans = [sched.make(f"S{at}", runs, base="20251201T030000Z", recur="FREQ=DAILY") for at in range(n // 10)]
    return lambda: sched.place(made.phone(rules), *plans, by=made.OWNER)


def notifications(n: int) -> Work:
    """Packages 0 looked at by one device that remembers what has woken it."""
    notify, auth = import_module("dmkit.notify"), import_module("dmkit.auth")
    account = auth.Account("srv", "http://s/dm", auth.Credential("u", "p"), auth.Credential("srv", "p", b"nonce"))
    octets = [notify.encode(notify.Trigger("srv", at + 1), account.server, b"nonce") for at in range(n)]

    def run() -> None:
        memory = notify.ReplayMemory()
        for one in octets:
            verdict = notify.verify(one, [account], memory)
            assert verdict.ok, verdict.why
            memory = verdict.memory

    return run


def tnds_nodes(n: int) -> Work:
    """Nodes of a serialised tree."""
    read = import_module("dmkit.tree.tnds").read
    data = _wide(n).apply(m("Get").of("./W?list=TNDS"), "S")[1].results[0].data
    return lambda: read(data)


def ddf_nodes(n: int) -> Work:
    """Nodes of a description."""
    read = of("ddf.reader:read", "tree.ddf_read:read")
    leaf = ("<Node><NodeName>n{}</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><chr/></DFFormat>"
            "<DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>")  # fmt: skip
    leaves = "".join(leaf.format(at) for at in range(n))
    data = f"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>W</NodeName>{leaves}</Node></MgmtTree>".encode()
    return lambda: read(data)


def lwm2m_links(n: int) -> Work:
    """Links of a registration."""
    read, text = import_module("dmkit.lwm2m.links").read_links, ",".join(f"</3/{at}>;pmin={at}" for at in range(n))
    return lambda: read(text)


def _lwm2m(number: int) -> Maker:
    def maker(n: int) -> Work:
        path, entry = of("lwm2m.path:Path"), of("lwm2m.entries:Entry", "lwm2m.values:Entry")
        row = import_module("dmkit.lwm2m.formats").FORMATS[number]
        place = path(33000, 0)
        data = row.write([entry(path(33000, 0, at), f"value {at}") for at in range(n)], place, None)
        return lambda: row.read(data, place, None)

    return maker


def dm2_values(n: int) -> Work:
    """Values of a document of DM 2.0."""
    read = of("dm2.reading:read_mos", "dm2.documents:read_mos")
    values = {f"setting{at}": f"value {at}" for at in range(n)}
    data = json.dumps([{"ClientURI": "urn:x:mo:settings:1.0//", "MOData": values}]).encode()
    return lambda: read(data)


def card_files(n: int) -> Work:
    """Files in the image of a card, read and written."""
    image, formats = import_module("dmkit.card.images.image"), import_module("dmkit.card.images.formats")
    whole = image.of_card(of("card.card:Usim").example())
    own = whole.file("MF/EF.ICCID")
    files = tuple(image.FileImage(("MF", f"EF.{at:04X}"), own.fcp, own.content) for at in range(n))
    data = formats.write_image(image.CardImage(files), next(iter(formats.FORMS)))
    return lambda: formats.read_image(data)


def _messages(n: int) -> list[Any]:
    xml, header, packet = import_module("dmkit.wire.xml"), m("Header"), m("Packet")
    body = (m("Alert")(of("words.codes:AlertCode")(1201), cmd_id="1"),)
    said = (m("Message")(header(str(at + 1), "1", "http://s/dm", f"IMEI:{at}"), body) for at in range(n))
    return [packet("http://s/dm", xml.encode(one), "application/vnd.syncml.dm+xml") for one in said]


def trace_lines(n: int) -> Work:
    """Sessions in one trace of our own."""
    trace = import_module("dmkit.transport.trace")
    lines = [trace.write_log_line(0.0, str(at), "client", packet) for at, packet in enumerate(_messages(n))]
    return _from_file("log", "\n".join(lines).encode(), trace.read_traces)


def har_entries(n: int) -> Work:
    """Requests in a HAR file."""
    entries = [
        {"startedDateTime": "2026-01-01T00:00:00Z", "request": {"url": "http://s/dm", "postData": {
            "mimeType": packet.media_type, "text": packet.body.decode()}}} for packet in _messages(n)
    ]  # fmt: skip
    data = json.dumps({"log": {"entries": entries}}).encode()
    return _from_file("a.har", data, import_module("dmkit.transport.trace").read_traces)


def _from_file(name: str, data: bytes, read: Callable[[Path], object]) -> Work:
    def run() -> object:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_bytes(data)
            return read(file)

    return run


def windows_commands(n: int) -> Work:
    """Commands of a Windows profile, linted."""
    catalogue, facts = import_module("dmkit.windows.catalogue"), import_module("dmkit.windows.facts")
    lint, read = import_module("dmkit.windows.lint").lint, import_module("dmkit.windows.profiles").read_profile
    made = catalogue.DescriptionCatalogue.of([("sample.xml", facts.EXAMPLE)])
    item = ("<Replace><CmdID>{0}</CmdID><Item><Target><LocURI>./Vendor/MSFT/Sample/Allow</LocURI></Target>"
            "<Data>{0}</Data></Item></Replace>")  # fmt: skip
    data = "\n".join(item.format(at + 1) for at in range(n)).encode()
    return lambda: lint([read("p.xml", data)], made)


GROWTH: dict[str, Maker] = {
    "properties": properties, "acl-entries": acl_entries, "schedules": schedules, "notifications": notifications,
    "tnds-nodes": tnds_nodes, "ddf-nodes": ddf_nodes, "lwm2m-links": lwm2m_links, "senml-json": _lwm2m(110),
    "senml-cbor": _lwm2m(112), "lwm2m-tlv": _lwm2m(11542), "dm2-values": dm2_values, "card-files": card_files,
    "trace-sessions": trace_lines, "har-entries": har_entries, "windows-commands": windows_commands,
}  # fmt: skip


# -- inputs that took more than their share ---------------------------------------------------------------

START = "02a4016a006d6c7103312e3200017203444d2f312e32000165033100015b033100016e57036100010167570362000101016b"


def empty_items(n: int) -> Work:
    """Items without anything in one Get, in WBXML; 80 kB of them took ten seconds."""
    decode, data = (
        import_module("dmkit.wire.wbxml").decode,
        bytes.fromhex(START + "454b03310001" + "14" * n + "01120101"),
    )
    return lambda: decode(data)


def opaque_refs(n: int) -> Work:
    """TargetRefs of octets in one Status, in WBXML."""
    status = "694b033100015c033100014c033100014a034765740001" + "6fc3016101" * n + "4f03323030000101"
    decode, data = import_module("dmkit.wire.wbxml").decode, bytes.fromhex(START + status + "120101")
    return lambda: decode(data)


def empty_items_xml(n: int) -> Work:
    """Items of Windows, each with an element that stands elsewhere, in XML."""
    xml = import_module("dmkit.wire.xml")
    head = xml.encode(m("Message")(m("Header")("1", "1", "a", "b"), (m("Get").of("./A"),)))
    body = (
        b"<Replace><CmdID>1</CmdID>" + b"<Item><Type xmlns='syncml:metinf'>x</Type><Meta/></Item>" * n + b"</Replace>"
    )
    data = re.sub(rb"<Get>.*</Get>", body, head, flags=re.DOTALL)
    return lambda: xml.decode(data, lenient=True)


def refs_written(n: int) -> Work:
    """TargetRefs written into one Status of WBXML."""
    ok = of("words.codes:StatusCode", "codes:StatusCode")(200)
    status = m("Status")(ok, "1", "1", "Get", tuple(f"./A/{at}" for at in range(n)), cmd_id="1")
    message, encode = m("Message")(m("Header")("1", "1", "a", "b"), (status,)), import_module("dmkit.wire.wbxml").encode
    return lambda: encode(message)


def siblings_made(n: int) -> Work:
    """A tree with so many nodes side by side."""
    return lambda: _wide(n)


def siblings_added(n: int) -> Work:
    """Adds under one parent in one message."""
    start, execute = _tree().of({"./W": None}, acl={"./W": "Add=*&Get=*"}), import_module("dmkit.tree.execute").execute
    commands = tuple(m("Add").of(f"./W/n{at}", "1") for at in range(n))
    return lambda: execute(start, commands, by="S")


def forgotten(n: int) -> Work:
    """One server taken out of the lists of rights of so many siblings."""
    tree = _tree().of({f"./W/n{at}": "" for at in range(n)}, acl={f"./W/n{at}": "Get=a+b" for at in range(n)})
    return lambda: tree.forget("a")


def siblings_linted(n: int) -> Work:
    """Siblings of a description, linted."""
    read, lint = of("ddf.reader:read", "tree.ddf_read:read"), of("ddf.linting.report:lint", "tree.lint:lint")
    leaf = ("<Node><NodeName>n{}</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><chr/></DFFormat>"
            "<DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>")  # fmt: skip
    leaves = "".join(leaf.format(at) for at in range(n))
    spec = read(f"<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>W</NodeName>{leaves}</Node></MgmtTree>".encode())
    return lambda: lint(spec)


def comments(n: int) -> Work:
    """Comments before an element, and the word DOCTYPE in it."""
    xml, data = import_module("dmkit.wire.xml"), b"<!--x-->" * n + b"<a><![CDATA[<!DOCTYPE]]></a>"

    def run() -> None:
        try:
            xml.decode(data)
        except Exception:  # it is no message: how long it takes to say so is what counts
            return

    return run


def _put_away(what: str) -> Maker:
    def maker(n: int) -> Work:
        from collections import deque

        pack, codec = import_module("dmkit.session.packages").pack, of("wire.codec:WBXML")
        ok = of("words.codes:StatusCode", "codes:StatusCode")(200)
        header = m("Header")("1", "1", "IMEI:1", "http://s/dm")
        answers = [one for at in range(n) for one in (
            m("Status")(ok, "1", str(at + 2), "Get", (f"./A/n{at}",)),
            m("Results")((m("Item")(source=f"./A/n{at}", data="value"),), "1", str(at + 2)))]  # fmt: skip
        commands = answers if what == "answers" else [m("Add").of("./Note", b"\xff" * n * 1000)]
        limit = 1000 if what == "answers" else 4000

        def run() -> None:
            queue = deque(commands)
            while queue:
                pack(header, (), queue, lambda empty, piece: ((), empty), codec=codec, limit=limit)

        return run

    return maker


ONCE_SLOW: dict[str, tuple[Maker, int]] = {
    "empty Items in one Get, WBXML": (empty_items, 4000),
    "TargetRefs of octets, WBXML": (opaque_refs, 2000),
    "Items of Windows in one Replace, XML": (empty_items_xml, 1000),
    "TargetRefs written, WBXML": (refs_written, 8000),
    "answers in messages of 1 kB": (_put_away("answers"), 200),
    "an object of so many kB in messages of 4 kB": (_put_away("object"), 200),
    "siblings in a tree that is made": (siblings_made, 2000),
    "Adds under one parent": (siblings_added, 1000),
    "lists of rights that forget a server": (forgotten, 1000),
    "siblings of a description, linted": (siblings_linted, 1000),
    "comments before an element": (comments, 10),
}
