"""From messages to lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Several
from typing import Final, Protocol

from dmkit.auth.mac import HEADER, parse_header, print_header
from dmkit.views.notation.words import AUTH, HEADER_FIELDS, META_FIELDS, HeaderFrame, Spoken
from dmkit.words.asked import asked
from dmkit.words.model import (
    Alert,
    Atomic,
    Command,
    Data,
    Element,
    Exec,
    Header,
    Item,
    Message,
    Meta,
    Packet,
    Results,
    Sequence,
    Status,
    Unknown,
)

__all__ = ["transcribe", "write", "write_command", "write_line"]

_AUTH_NAME: Final = {value: name for name, value in AUTH.items()}
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:+?=&@%~!*'$-]+")
_RUN: Final = 40


def _word(text: str) -> str:
    """``text`` bare when it is one harmless word, in quotation marks otherwise."""
    if len(text) >= _RUN and text == text[0] * len(text):
        return f"{json.dumps(text[0])}*{len(text)}"
    if _PLAIN.fullmatch(text) and not text.startswith("0x") and text != "-":
        return text
    return json.dumps(text, ensure_ascii=False)


def _data(data: Data) -> str:
    if isinstance(data, str):
        return _word(data)
    if isinstance(data, bytes):
        return "0x" + data.hex()
    parts = [f"<{_word(data.name)}"]
    if data.ns:
        parts.append(f"@{_word(data.ns)}")
    parts += [f"{_word(name)} {_word(value)}" for name, value in data.attrs]
    if data.children:
        parts.append("|")
        parts += [json.dumps(c, ensure_ascii=False) if isinstance(c, str) else _data(c) for c in data.children]
    return " ".join(parts) + ">"


def _meta(meta: Meta | None) -> Iterator[str]:
    if meta is None:
        return
    if meta == Meta():
        yield "Meta"
    for name, attribute in META_FIELDS.items():
        value = getattr(meta, attribute)
        for one in value if attribute == "emi" else (value,):
            if one is not None:
                yield f"{name}={_word(str(one))}"


def _item(item: Item) -> str:
    parts = []
    if item.target is not None:
        parts.append(f"T {_word(item.target)}")
    if item.target_name is not None:
        parts.append(f"TName {_word(item.target_name)}")
    if item.source is not None:
        parts.append(f"S {_word(item.source)}")
    if item.source_name is not None:
        parts.append(f"SName {_word(item.source_name)}")
    if item.meta is not None:
        parts.append(" ".join(_meta(item.meta)))
    if item.data is not None:
        parts.append(f"D {_data(item.data)}")
    if item.more_data:
        parts.append("MoreData")
    return f"({', '.join(parts)})"


def _reference(text: str | None) -> str:
    return "-" if text is None else text if text.isalnum() else json.dumps(text, ensure_ascii=False)


def _chal(meta: Meta) -> str:
    name = _AUTH_NAME.get(meta.type or "")
    if name and meta == Meta(format="b64", type=meta.type, next_nonce=meta.next_nonce):
        return f"Chal({name}{', ' + _word(meta.next_nonce) if meta.next_nonce is not None else ''})"
    return f"Chal({' '.join(_meta(meta))})"


def _status(status: Status, ends: tuple[str, str] | None) -> Iterator[str]:
    yield f"{_reference(status.msg_ref)}/{_reference(status.cmd_ref)}"
    yield f"{status.cmd if status.cmd.isalpha() else json.dumps(status.cmd)}={int(status.code)}"
    usual = ((ends[0],), (ends[1],)) if ends and status.is_header else ((), ())
    if (status.target_refs, status.source_refs) != usual:
        yield from (f"ref {_word(ref)}" for ref in status.target_refs)
        yield from (f"from {_word(ref)}" for ref in status.source_refs)
        if not status.target_refs and not status.source_refs:
            yield "ref -"
    if status.chal is not None:
        yield _chal(status.chal)
    yield from map(_item, status.items)


def write_command(command: Command, ends: tuple[str, str] | None = None) -> str:
    """One command in the notation; ``ends`` are the source and target address of the message it stands in."""
    parts: list[str] = [f"#{_word(command.cmd_id)}"] if command.cmd_id else []
    if isinstance(command, Status):
        return " ".join((*parts, *_status(command, ends)))
    if isinstance(command, Unknown):
        parts.append("Unknown NoResp" if command.no_resp else "Unknown")
        return " ".join((*parts, _data(Element(command.name, "", command.content))))
    parts.append(command.verb.value)
    if isinstance(command, Alert):
        parts.append(str(int(command.code)))
    if isinstance(command, Results):
        parts.append(f"{_reference(command.msg_ref)}/{_reference(command.cmd_ref)}")
        parts += [f"ref {_word(command.target_ref)}"] if command.target_ref is not None else []
        parts += [f"from {_word(command.source_ref)}"] if command.source_ref is not None else []
    elif command.no_resp:
        parts.append("NoResp")
    if isinstance(command, Alert | Exec) and command.correlator is not None:
        parts.append(f"Correlator={_word(command.correlator)}")
    if not isinstance(command, Alert) and command.meta is not None:
        parts.append(f"{{{' '.join(_meta(command.meta))}}}")
    if isinstance(command, Atomic | Sequence):
        parts.append(f"[{'; '.join(write_command(c) for c in command.commands)}]")
    else:
        parts += map(_item, command.items)
    return " ".join(parts)


def _header(header: Header, frame: HeaderFrame, sender: str) -> Iterator[str]:
    source, target = frame.ends(sender)
    usual = Header(frame.session, header.msg_id, target, source)
    for name, attribute in HEADER_FIELDS.items():
        value = getattr(header, attribute)
        if value is not None and value != getattr(usual, attribute):
            yield f"{name}={_word(value)}"
    if header.no_resp:
        yield "NoResp"
    cred = header.cred
    if cred is not None:
        scheme = _AUTH_NAME.get(cred.meta.type or "") if cred.meta else None
        if scheme and cred.meta == Meta(format="b64", type=AUTH[scheme]) and _PLAIN.fullmatch(cred.data):
            yield f"Cred={scheme}:{cred.data}"
        else:
            yield f"Cred({' '.join((*_meta(cred.meta), 'D ' + _word(cred.data)))})"
    yield from _meta(header.meta)


def write_line(spoken: Spoken, frame: HeaderFrame) -> str:
    """One message as one line."""
    message, sender = spoken.message, spoken.sender
    fields = list(_header(message.header, frame, sender))
    raw = spoken.headers.get(HEADER)
    if raw is not None:
        mac = parse_header(raw)
        short = mac is not None and print_header(mac.username, mac.mac) == raw
        fields.append(f"HMAC({_word(mac.username)}, {_word(mac.mac)})" if mac and short else f"HMAC={json.dumps(raw)}")
    source, target = frame.ends(sender)
    body = [write_command(c, (source, target)) for c in message.commands]
    body.append("Final" if message.final else "(no Final)")
    msg_id = message.header.msg_id
    who = ("C" if sender == "client" else "S") + (msg_id if msg_id.isdigit() else json.dumps(msg_id))
    return f"{who} {'{' + ' '.join(fields) + '} ' if fields else ''}| {'; '.join(body)}"


def write(conversation: Iterable[Spoken], frame: HeaderFrame) -> str:
    """A conversation: the frame, then one line per message."""
    head = f"session {_word(frame.session)}\nclient {_word(frame.client)}\nserver {_word(frame.server)}\n"
    return head + "".join(write_line(spoken, frame) + "\n" for spoken in conversation)


class _Line(Protocol):
    @property
    def sender(self) -> str: ...
    @property
    def message(self) -> Message | None: ...
    @property
    def packet(self) -> Packet: ...


class _Lines(Protocol):
    @property
    def lines(self) -> Several[_Line]: ...


@asked
def transcribe(transcript: _Lines) -> str:
    """A transcript in the notation; lines that are no message are left out.

    >>> from dmkit.device.device import Device
    >>> from dmkit.server.server import Server
    >>> from dmkit.transport.loop import converse
    >>> device = Device.example()
    >>> print(transcribe(converse(device, Server.example(device))).splitlines()[-1])  # doctest: +ELLIPSIS
    S1 {...} | #1 1/0 SyncHdr=212 Chal(md5, ...); #2 1/1 Alert=200; #3 1/2 Replace=200; Final
    """
    found = [
        Spoken(line.sender, line.message, line.packet.headers) for line in transcript.lines if line.message is not None
    ]
    if not found:
        return ""
    header = found[0].message.header
    ends = (header.source, header.target) if found[0].sender == "client" else (header.target, header.source)
    return write(found, HeaderFrame(header.session_id, *ends))
