"""Twelve sessions with a device like Windows, made here; ``python -m tests.windows.traces`` writes them anew.

Each is a list of bodies, the device's and the server's in turn, and the form it is kept in under data/windows/traces.
"""

from __future__ import annotations

from pathlib import Path

from dmkit.transport.trace_write import write_trace
from dmkit.views.transcript import Line, Transcript
from dmkit.wire.document import read_xml, write_wbxml
from dmkit.words.model import Packet

PLACE = Path(__file__).resolve().parents[2] / "data" / "windows" / "traces"
DEVICE = "urn:uuid:6a1c2d34-0000-4000-8000-00000000d0c5"
SERVER = "https://mdm.example/dm"
_MS = ' xmlns:msft="http://schemas.microsoft.com/MobileDevice/MDM"'
_V = "./Device/Vendor/MSFT"


def message(number, sender, *commands, final=True):
    to, by = (SERVER, DEVICE) if sender == "client" else (DEVICE, SERVER)
    body = "".join(commands) + ("<Final/>" if final else "")
    return (
        f'<SyncML xmlns="SYNCML:SYNCML1.2"{_MS if "msft:" in body else ""}><SyncHdr><VerDTD>1.2</VerDTD>'
        f"<VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>{number}</MsgID><Target><LocURI>{to}</LocURI></Target>"
        f"<Source><LocURI>{by}</LocURI></Source></SyncHdr><SyncBody>{body}</SyncBody></SyncML>"
    )


def command(verb, number, uri, data=None, format="int"):
    meta = f'<Meta><Format xmlns="syncml:metinf">{format}</Format></Meta>' if data is not None else ""
    inner = "" if data is None else f"<Data>{data}</Data>"
    item = f"<Item><Target><LocURI>{uri}</LocURI></Target>{meta}{inner}</Item>"
    return f"<{verb}><CmdID>{number}</CmdID>{item}</{verb}>"


def atomic(number, *commands):
    return f"<Atomic><CmdID>{number}</CmdID>{''.join(commands)}</Atomic>"


def status(number, ref, verb, code, original="", of="1"):
    beside = f' msft:originalerror="{original}"' if original else ""
    return (
        f"<Status><CmdID>{number}</CmdID><MsgRef>{of}</MsgRef><CmdRef>{ref}</CmdRef><Cmd>{verb}</Cmd>"
        f"<Data{beside}>{code}</Data></Status>"
    )


def results(number, ref, uri, data, of="1"):
    item = f"<Item><Source><LocURI>{uri}</LocURI></Source><Data>{data}</Data></Item>"
    return f"<Results><CmdID>{number}</CmdID><MsgRef>{of}</MsgRef><CmdRef>{ref}</CmdRef>{item}</Results>"


def alert(number, code, type="", data=""):
    inner = f'<Item><Meta><Type xmlns="syncml:metinf">{type}</Type></Meta><Data>{data}</Data></Item>' if type else ""
    return f"<Alert><CmdID>{number}</CmdID><Data>{code}</Data>{inner}</Alert>"


HELLO = message(
    1, "client", alert(2, 1201), alert(3, 1224, "com.microsoft/MDM/LoginStatus", "user"),
    "<Replace><CmdID>4</CmdID><Item><Source><LocURI>./DevInfo/DmV</LocURI></Source><Data>1.3</Data></Item></Replace>",
)  # fmt: skip
HEARD = status(1, 0, "SyncHdr", 200) + status(2, 2, "Alert", 200) + status(3, 3, "Alert", 200)
HEARD += status(4, 4, "Replace", 200)
HEADER = status(1, 0, "SyncHdr", 200)
CAMERA, MINUTES = f"{_V}/Sample/AllowCamera", f"{_V}/Sample/MaxMinutes"
_SECTION = "<![CDATA[<enabled/>]]>"

CASES = {
    "atomic-second-part": ("viewer", [
        HELLO,
        message(1, "server", HEARD, atomic(5, command("Replace", 6, CAMERA, 1), command("Replace", 7, MINUTES, 5000),
                                           command("Replace", 8, f"{_V}/Sample/Rights", 3))),
        message(2, "client", HEADER, status(2, 5, "Atomic", 507), status(3, 6, "Replace", 216),
                status(4, 7, "Replace", 500, "0x80070057"), status(5, 8, "Replace", 215)),
    ]),
    "atomic-all-alike": ("http", [
        HELLO,
        message(1, "server", HEARD, atomic(5, command("Replace", 6, CAMERA, 1), command("Replace", 7, MINUTES, 5000))),
        message(2, "client", HEADER, status(2, 5, "Atomic", 507), status(3, 6, "Replace", 400),
                status(4, 7, "Replace", 400)),
    ]),
    "get-in-atomic": ("har", [
        HELLO,
        message(1, "server", HEARD, atomic(5, command("Replace", 6, CAMERA, 1), command("Get", 7, CAMERA))),
        message(2, "client", HEADER, status(2, 5, "Atomic", 507), status(3, 6, "Replace", 215),
                status(4, 7, "Get", 500)),
    ]),
    "nested-atomic": ("pcap", [
        HELLO,
        message(1, "server", HEARD, atomic(5, atomic(6, command("Replace", 7, CAMERA, 1)))),
        message(2, "client", HEADER, status(2, 5, "Atomic", 507), status(3, 6, "Atomic", 500),
                status(4, 7, "Replace", 215)),
    ]),
    "not-escaped": ("messages", [
        HELLO,
        message(1, "server", HEARD, command("Replace", 5, f"{_V}/Policy/Config/Sample/Limit", "<enabled/>", "chr"),
                command("Replace", 6, f"{_V}/Policy/Config/Sample/Other", _SECTION, "chr"),
                command("Replace", 7, CAMERA, 1)),
        message(2, "client", HEADER, status(2, 7, "Replace", 200)),
    ]),
    "white-space": ("viewer", [
        HELLO,
        message(1, "server", HEARD, command("Replace", 5, f" {CAMERA}", 1),
                command("Replace", 6, f"{_V}/Sample/Allow Camera", 1),
                command("Replace", 7, "/Device/Vendor/MSFT/Sample/AllowCamera", 1)),
        message(2, "client", HEADER, status(2, 6, "Replace", 404, "0x86000002"), status(3, 7, "Replace", 400)),
    ]),
    "bucket": ("log", [
        HELLO,
        message(1, "server", HEARD, command("Replace", 5, MINUTES, 10), command("Exec", 6, f"{_V}/Sample/Reset"),
                command("Replace", 7, f"{_V}/Sample/Limit", "&lt;enabled/&gt;", "chr")),
        message(2, "client", HEADER, status(2, 5, "Replace", 500, "-2016281112"), status(3, 6, "Exec", 500),
                status(4, 7, "Replace", 500, "0x82B00001")),
    ]),
    "owned": ("pcapng", [
        HELLO,
        message(1, "server", HEARD, command("Replace", 5, CAMERA, 1), command("Replace", 6, MINUTES, 10)),
        message(2, "client", HEADER, status(2, 5, "Replace", 500, "0x86000031"), status(3, 6, "Replace", 200)),
    ]),
    "results-too-large": ("http", [
        HELLO,
        message(1, "server", HEARD, command("Get", 5, f"{_V}/Sample"), command("Get", 6, CAMERA)),
        message(2, "client", HEADER, status(2, 5, "Get", 200), alert(3, 1223)),
    ]),
    "had-already": ("wbxml", [
        HELLO,
        message(1, "server", HEARD, command("Get", 5, CAMERA)),
        message(2, "client", HEADER, status(2, 5, "Get", 200), results(3, 5, CAMERA, 1)),
        message(2, "server", status(1, 0, "SyncHdr", 200, of="2"),
                command("Replace", 2, "./Vendor/MSFT/Sample/AllowCamera", 1),
                command("Add", 3, f"{_V}/Sample/Hosts", "a.b", "chr"),
                command("Replace", 4, "./User/Vendor/MSFT/Sample/X", 1)),
        message(3, "client", status(1, 0, "SyncHdr", 200, of="2"), status(2, 2, "Replace", 200, of="2"),
                status(3, 3, "Add", 418, of="2"), status(4, 4, "Replace", 405, of="2"),
                alert(5, 1224, "com.microsoft.mdm.synctype", "device")),
    ]),
    "finished-later": ("folder", [
        HELLO,
        message(1, "server", HEARD, command("Exec", 5, f"{_V}/EnterpriseDesktopAppManagement/MSI/x/DownloadInstall")),
        message(2, "client", HEADER, status(2, 5, "Exec", 202)),
        message(2, "server", status(1, 0, "SyncHdr", 200, of="2")),
        message(3, "client", status(1, 0, "SyncHdr", 200, of="2"),
                alert(2, 1226, "Reversed-Domain-Name:com.microsoft.mdm.win32csp_install", "x"),
                alert(3, 1224, "com.microsoft.mdm.declaredconfigurationdocuments",
                      "&lt;Documents&gt;&lt;Document id=\"A\" state=\"60\"/&gt;&lt;Document id=\"B\" state=\"10\"/&gt;"
                      "&lt;/Documents&gt;")),
    ]),
    "cut": ("messages", [
        HELLO,
        message(1, "server", HEARD, command("Replace", 5, CAMERA, 1)),
        message(2, "client", HEADER, status(2, 5, "Replace", 200))[:-60],
        message(2, "server", status(1, 0, "SyncHdr", 200, of="2"), command("Replace", 2, MINUTES, 10)),
    ]),
}  # fmt: skip

_ENDS = {"viewer": ".xml", "messages": ".messages.xml", "log": ".jsonl", "folder": "", "wbxml": ".wbxml"}


def place(name):
    form, _ = CASES[name]
    return PLACE / f"{name}{_ENDS.get(form, f'.{form}')}"


def written(name):
    """The octets of a case, or of a folder's files by name."""
    form, bodies = CASES[name]
    octets = [body.encode() for body in bodies]
    kind = "application/vnd.syncml.dm+xml"
    if form == "folder":
        return {f"{at}.xml": body + b"\n" for at, body in enumerate(octets, 1)}
    if form == "wbxml":
        return b"".join(write_wbxml(read_xml(body)) for body in octets)
    lines = [
        Line(at, "client" if at % 2 else "server", Packet(SERVER if at % 2 else DEVICE, body, kind), at / 10)
        for at, body in enumerate(octets, 1)
    ]
    return write_trace(Transcript(tuple(lines)), form)


def main():
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in CASES:
        octets = written(name)
        if isinstance(octets, dict):
            place(name).mkdir(exist_ok=True)
            for file, data in octets.items():
                (place(name) / file).write_bytes(data)
        else:
            place(name).write_bytes(octets)


if __name__ == "__main__":
    main()
