"""A profile put to a device like Windows, octet by octet as it stands, and what was said: for ``why`` and for lessons.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> from dmkit.windows.why import why
>>> device = WindowsDevice.of(DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))
>>> messages = put(device, "<Replace><Item><Target><LocURI>./Vendor/MSFT/Sample/Allow</LocURI></Target>"
...                    "<Data>7</Data></Item></Replace>")
>>> [(told.uri, told.answer) for told in why(messages).told if told.sender == "server"]
[('./Vendor/MSFT/Sample/Allow', '500 Command failed')]
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final
from xml.sax.saxutils import escape

from dmkit.auth import Account
from dmkit.device.windows import WindowsDevice
from dmkit.windows.fates import TraceMessage
from dmkit.windows.intended import Intended, WindowsProfile
from dmkit.wire.codec import XML
from dmkit.words.model import Packet

__all__ = ["body_of", "put"]

SERVER: Final = "https://mdm.example/dm"
_COMMANDS: Final = re.compile(
    r"(<(?:[\w.-]+:)?(?:Add|Replace|Delete|Get|Exec|Copy|Atomic|Sequence)\s*>)(\s*<(?:[\w.-]+:)?CmdID\s*>[^<]*</[^>]*>)?"
)
_ID: Final = "<CmdID>{0}</CmdID>"
_MARKUP: Final = re.compile(r"<!--.*?(?:-->|(\Z))|<\?.*?(?:\?>|(\Z))", re.S)
_BODY, _BODY_ENDS = re.compile(r"<SyncBody\s*>"), re.compile(r"</SyncBody\s*>")


def put(
    device: WindowsDevice, body: str, *, max_message: int | None = None, number: bool = True
) -> tuple[TraceMessage, ...]:
    """The three messages of a session in which the server says ``body``: commands as they stand in a profile.

    Commands are numbered one after another unless ``number`` is False.  When the device cannot read the message, the
    third is missing.  ``max_message`` is the MaxMsgSize of the server.
    """
    account = device.accounts[0] if device.accounts else Account("mdm.example", SERVER, None, None)
    session = device.connect(account)
    first = session.start().reply
    assert first is not None
    header = XML.decode(first.body, lenient=True).header
    begins, ends = _BODY.search(body), deque(_BODY_ENDS.finditer(body), 1)
    inside = body[begins.end() : ends[0].start()] if begins and ends and begins.end() <= ends[0].start() else body
    text = _MARKUP.sub(lambda found: found[0] if found.lastindex else "", inside).replace("<Final/>", "")
    ids = count(5)
    if number:
        text = _COMMANDS.sub(lambda found: found[1] + _ID.format(next(ids)), text)
    status = "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><Data>200</Data></Status>"
    meta = f'<Meta><MaxMsgSize xmlns="syncml:metinf">{max_message}</MaxMsgSize></Meta>' if max_message else ""
    octets = (
        '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>'
        f"<SessionID>{header.session_id}</SessionID><MsgID>1</MsgID><Target><LocURI>{header.source}</LocURI></Target>"
        f"<Source><LocURI>{account.address}</LocURI></Source>{meta}</SyncHdr><SyncBody>{status}{text}<Final/></SyncBody>"
        "</SyncML>"
    ).encode()
    messages = [TraceMessage(1, "client", first.body), TraceMessage(2, "server", octets)]
    reply = session.receive(Packet(header.source, octets, XML.media_type)).reply
    return (*messages, *([TraceMessage(3, "client", reply.body)] if reply is not None else []))


def body_of(profile: WindowsProfile) -> str:
    """The commands of a profile as XML, for those that are lists of settings."""
    return "".join(_command(command) for command in profile.commands)


def _command(intended: Intended) -> str:
    parts: Iterable[str] = _item(intended)
    return f"<{intended.verb}><Item>{''.join(parts)}</Item></{intended.verb}>"


def _item(intended: Intended) -> Iterator[str]:
    yield f"<Target><LocURI>{escape(intended.uri)}</LocURI></Target>"
    if intended.format:
        yield f'<Meta><Format xmlns="syncml:metinf">{escape(intended.format)}</Format></Meta>'
    if intended.data is not None:
        yield f"<Data>{escape(intended.data)}</Data>"
