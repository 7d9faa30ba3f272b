"""Conversations as plain text, one line per message: for papers, tests, bug reports and quick reading.

A line says who speaks and the MsgID, in braces what is particular about the header, and after the bar the
commands in order with their CmdIDs:

>>> frame = Frame("1F", client="IMEI:493005100592800", server="https://dm.example.com/dm")
>>> said = read_line('S1 | #1 1/0 SyncHdr=212; #2 Get (T ./DevInfo/Man); Final', frame)
>>> said.message.commands[1]
Get(items=(Item(target='./DevInfo/Man'),), cmd_id='2')
>>> print(write_line(said, frame))
S1 | #1 1/0 SyncHdr=212; #2 Get (T ./DevInfo/Man); Final

=====================================  ============================================================================
``C2`` / ``S1``                        the client's message 2, the server's message 1; words up to ``{`` or ``|``
                                       are a label and are skipped
``{Cred=md5:.. LocName=..}``           header fields beyond those of the ``Frame``
``#2 1/4 Get=200``                     Status with CmdID 2 for command 4 of message 1; ``ref X`` and ``from Y``
                                       are TargetRef and SourceRef (those of the header go without saying)
``Chal(md5, ..)``                      a challenge with its NextNonce
``#4 Results 1/4 (S x, D 60)``         Results and their Items
``(T x, S y, Format=int, D 60)``       an Item: Target, Source, Meta, Data; ``MoreData`` as a word
``"Go on?"``, ``"a"*500``, ``0xFF``    text that is no single word, repeated text, octets
``<Name @ns k="v" | ..>``              an element inside Data, with its children
``[..; ..]``                           the commands of an Atomic or a Sequence
``Final`` / ``(no Final)``             whether the package ends here; ``<- ..`` is a remark
=====================================  ============================================================================

Writing and reading are inverse for every message (what a lenient reader noted as deviations is not written).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Several
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol

from dmkit.auth.mac import HEADER, parse_header, print_header
from dmkit.codes import AlertCode, AuthType, StatusCode, Verb
from dmkit.errors import DmError
from dmkit.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Cred,
    Data,
    Delete,
    Element,
    Exec,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Packet,
    Replace,
    Results,
    Sequence,
    Status,
)

__all__ = ["Frame", "NotationError", "Spoken", "read", "read_commands", "read_line", "transcribe", "write",
           "write_command", "write_line"]

_EMPTY: Final[Mapping[str, str]] = MappingProxyType({})


class NotationError(DmError):
    """A line is not in the notation; the sentence shows the rest of the line at which reading stopped."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same in all headers of a conversation: SessionID and the two addresses."""

    session: str
    client: str
    server: str

    def ends(self, sender: str) -> tuple[str, str]:
        """Source and target address of a message by ``sender`` ("client" or "server")."""
        return (self.client, self.server) if sender == "client" else (self.server, self.client)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message, who said it ("client" or "server"), and the transport headers beside it."""

    sender: str
    message: Message
    headers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


# The Meta elements: how they are called here, and the field of Meta.  EMI may occur more than once.
_META: Final = {"Format": "format", "Type": "type", "Mark": "mark", "Size": "size", "NextNonce": "next_nonce",
                "MaxMsgSize": "max_msg_size", "MaxObjSize": "max_obj_size", "Version": "version", "EMI": "emi"}
_SIZES: Final = frozenset({"size", "max_msg_size", "max_obj_size"})
_HEADER: Final = {"VerDTD": "ver_dtd", "VerProto": "ver_proto", "SessionID": "session_id", "Target": "target",
                  "Source": "source", "TargetName": "target_name", "LocName": "source_name", "RespURI": "resp_uri"}
_AUTH: Final = {"basic": AuthType.BASIC.value, "md5": AuthType.MD5.value, "MAC": AuthType.MAC.value}
_AUTH_NAME: Final = {value: name for name, value in _AUTH.items()}
_WITH_ITEMS: Final[dict[str, Any]] = {
    c.verb.value: c for c in (Add, Alert, Copy, Delete, Exec, Get, Replace, Results)
}
_CONTAINERS: Final[dict[str, Any]] = {"Atomic": Atomic, "Sequence": Sequence}


# --- writing -----------------------------------------------------------------------------------------------------

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:+?=&@%~!*'$-]+")
_RUN: Final = 40
_LARGEST: Final = 1 << 24


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
    for name, attribute in _META.items():
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


def _header(header: Header, frame: Frame, sender: str) -> Iterator[str]:
    source, target = frame.ends(sender)
    usual = Header(frame.session, header.msg_id, target, source)
    for name, attribute in _HEADER.items():
        value = getattr(header, attribute)
        if value is not None and value != getattr(usual, attribute):
            yield f"{name}={_word(value)}"
    if header.no_resp:
        yield "NoResp"
    cred = header.cred
    if cred is not None:
        scheme = _AUTH_NAME.get(cred.meta.type or "") if cred.meta else None
        if scheme and cred.meta == Meta(format="b64", type=_AUTH[scheme]) and _PLAIN.fullmatch(cred.data):
            yield f"Cred={scheme}:{cred.data}"
        else:
            yield f"Cred({' '.join((*_meta(cred.meta), 'D ' + _word(cred.data)))})"
    yield from _meta(header.meta)


def write_line(spoken: Spoken, frame: Frame) -> str:
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


def write(conversation: Iterable[Spoken], frame: Frame) -> str:
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


def transcribe(transcript: _Lines) -> str:
    """A transcript in the notation; lines that are no message are left out.

    >>> from dmkit.device import Device
    >>> from dmkit.server import Server
    >>> from dmkit.transport.loop import converse
    >>> device = Device.example()
    >>> print(transcribe(converse(device, Server.example(device))).splitlines()[-1])  # doctest: +ELLIPSIS
    S1 {...} | #1 1/0 SyncHdr=212 Chal(md5, ...); #2 1/1 Alert=200; #3 1/2 Replace=200; Final
    """
    said = [Spoken(line.sender, line.message, line.packet.headers)
            for line in transcript.lines if line.message is not None]
    if not said:
        return ""
    header = said[0].message.header
    ends = (header.source, header.target) if said[0].sender == "client" else (header.target, header.source)
    return write(said, Frame(header.session_id, *ends))


# --- reading -----------------------------------------------------------------------------------------------------

_SKIP: Final = re.compile(r"[\s,]*")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE: Final = re.compile(r'[^\s;,|{}()\[\]<>"]+')
_KEY: Final = re.compile(r"([A-Za-z]+)=")
_TIMES: Final = re.compile(r"\*(\d+)")
_WHO: Final = re.compile(r'([CS])(\d+|"(?:[^"\\]|\\.)*")[^{|"]*')
_NAME: Final = re.compile(r"[A-Za-z]+")
_CODE: Final = re.compile(r'([A-Za-z]*|"(?:[^"\\]|\\.)*")=(\d+)')
_REF: Final = re.compile(r'(\w+|-|"(?:[^"\\]|\\.)*")/(\w+|-|"(?:[^"\\]|\\.)*")')


class _Reader:
    """Reads one line from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        match = _SKIP.match(self.text, self.at)
        assert match is not None  # the pattern matches the empty string
        self.at = match.end()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip()
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def take(self, text: str) -> bool:
        """Read ``text`` if it stands here; a name only as a whole word."""
        self.skip()
        end = self.at + len(text)
        if not self.text.startswith(text, self.at) or (text[-1].isalpha() and self.text[end : end + 1].isalnum()):
            return False
        self.at = end
        return True

    def fail(self, wanted: str) -> NotationError:
        return NotationError(f"{wanted} expected at: {self.text[self.at : self.at + 40]!r}")

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.fail(repr(text))

    def word(self) -> str:
        """A bare or quoted text, or a repeated one."""
        quoted = self.match(_QUOTED)
        if quoted is None:
            bare = self.match(_BARE)
            if bare is None:
                raise self.fail("a word")
            return bare.group()
        text: str = json.loads(quoted.group())
        times = _TIMES.match(self.text, self.at)
        if times is None:
            return text
        self.at = times.end()
        count = int(times.group(1))
        if count * len(text) > _LARGEST:
            raise self.fail(f"text of at most {_LARGEST} characters")
        return text * count

    def data(self) -> Data:
        if self.take("<"):
            return self.element()
        self.skip()
        if self.text.startswith("0x", self.at):
            return bytes.fromhex(self.word()[2:])
        return self.word()

    def element(self) -> Element:
        name, ns = self.word(), self.word() if self.take("@") else ""
        attrs: list[tuple[str, str]] = []
        children: list[Element | str | bytes] = []
        while not self.take("|"):
            if self.take(">"):
                return Element(name, ns, (), tuple(attrs))
            attrs.append((self.word(), self.word()))
        while not self.take(">"):
            children.append(self.data())
        return Element(name, ns, tuple(children), tuple(attrs))

    def meta(self, seen: dict[str, Any]) -> bool:
        """Read one Meta element into ``seen``; False when none stands here."""
        if self.take("Meta"):
            seen.setdefault("emi", ())
            return True
        start = self.at
        key = self.match(_KEY)
        attribute = _META.get(key.group(1)) if key else None
        if attribute is None:
            self.at = start
            return False
        value = self.word()
        if attribute == "emi":
            seen["emi"] = (*seen.get("emi", ()), value)
        else:
            seen[attribute] = int(value) if attribute in _SIZES else value
        return True

    def item(self) -> Item:
        names = {"T": "target", "S": "source", "TName": "target_name", "SName": "source_name"}
        got: dict[str, Any] = {}
        meta: dict[str, Any] = {}
        while not self.take(")"):
            if self.meta(meta):
                continue
            if self.take("MoreData"):
                got["more_data"] = True
            elif self.take("D"):
                got["data"] = self.data()
            else:
                name = next((n for n in names if self.take(n)), None)
                if name is None:
                    raise self.fail("T, S, D, MoreData or a Meta element")
                got[names[name]] = self.word()
        return Item(meta=Meta(**meta) if meta else None, **got)

    def items(self) -> tuple[Item, ...]:
        found = []
        while self.take("("):
            found.append(self.item())
        return tuple(found)

    def braces(self) -> Meta | None:
        if not self.take("{"):
            return None
        seen: dict[str, Any] = {}
        while not self.take("}"):
            if not self.meta(seen):
                raise self.fail("a Meta element")
        return Meta(**seen)

    def chal(self) -> Meta:
        seen: dict[str, Any] = {}
        while not self.take(")"):
            if self.meta(seen):
                continue
            word = self.word()
            if "type" not in seen and word in _AUTH:
                seen |= {"format": "b64", "type": _AUTH[word]}
            else:
                seen["next_nonce"] = word
        return Meta(**seen)

    def reference(self, text: str) -> str | None:
        return None if text == "-" else json.loads(text) if text.startswith('"') else text

    def refs(self) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        targets, sources, said = [], [], False
        while True:
            if self.take("ref"):
                said = True
                word = self.word()
                targets += [word] if self.text[self.at - 1] == '"' or word != "-" else []
            elif self.take("from"):
                said = True
                sources.append(self.word())
            else:
                return tuple(targets), tuple(sources), said

    def status(self, refs: re.Match[str], cmd_id: str, ends: tuple[str, str] | None) -> Status:
        code = self.match(_CODE)
        if code is None:
            raise self.fail("command=code")
        cmd = self.reference(code.group(1)) or ""
        targets, sources, said = self.refs()
        if not said and ends and cmd == Verb.SYNC_HDR.value:
            targets, sources = (ends[0],), (ends[1],)
        chal = self.chal() if self.take("Chal(") else None
        return Status(StatusCode(int(code.group(2))), self.reference(refs.group(1)) or "",
                      self.reference(refs.group(2)), cmd, targets, sources, chal, self.items(), cmd_id)

    def command(self, ends: tuple[str, str] | None) -> Command:
        cmd_id = self.word() if self.take("#") else ""
        refs = self.match(_REF)
        if refs is not None:
            return self.status(refs, cmd_id, ends)
        name = self.match(_NAME)
        kind = name.group() if name else ""
        got: dict[str, Any] = {"cmd_id": cmd_id}
        if kind not in _WITH_ITEMS and kind not in _CONTAINERS:
            raise self.fail("a command")
        if kind == "Alert":
            got["code"] = AlertCode(int(self.word()))
        if kind == "Results":
            refs = self.match(_REF)
            if refs is None:
                raise self.fail("MsgRef/CmdRef")
            got |= {"msg_ref": self.reference(refs.group(1)), "cmd_ref": self.reference(refs.group(2))}
            targets, sources, _ = self.refs()
            got |= {"target_ref": next(iter(targets), None), "source_ref": next(iter(sources), None)}
        elif self.take("NoResp"):
            got["no_resp"] = True
        if kind in ("Alert", "Exec") and self.take("Correlator="):
            got["correlator"] = self.word()
        if kind != "Alert":
            got["meta"] = self.braces()
        command: Command
        if kind in _CONTAINERS:
            self.need("[")
            command = _CONTAINERS[kind](self.commands("]", None)[0], **got)
            self.need("]")
        else:
            command = _WITH_ITEMS[kind](items=self.items(), **got)
        return command

    def commands(self, end: str, ends: tuple[str, str] | None) -> tuple[tuple[Command, ...], bool]:
        """Commands up to ``end``, and whether Final was among them."""
        found: list[Command] = []
        final = False
        while True:
            self.skip()
            if self.at == len(self.text) or self.text.startswith("<-", self.at) or self.text.startswith(end, self.at):
                return tuple(found), final
            if self.take(";") or self.take("(no Final)"):
                continue
            if self.take("Final"):
                final = True
            else:
                found.append(self.command(ends))


def read_commands(text: str) -> tuple[Command, ...]:
    """Commands alone, as after the bar.

    >>> read_commands("Get (T ./DevInfo/Man); Delete (T ./Old)")[1]
    Delete(items=(Item(target='./Old'),))
    """
    reader = _Reader(text)
    with _values(reader):
        return reader.commands("<-", None)[0]


def read_line(line: str, frame: Frame) -> Spoken:
    """One message from one line; NotationError when it is none."""
    reader = _Reader(line)
    with _values(reader):
        return _line(reader, frame)


@contextmanager
def _values(reader: _Reader) -> Iterator[None]:
    """A number that is none, a wrong escape and the like become a NotationError with the place."""
    try:
        yield
    except (ValueError, KeyError, RecursionError) as error:
        raise reader.fail("a proper value before this") from error


def _line(reader: _Reader, frame: Frame) -> Spoken:
    who = reader.match(_WHO)
    if who is None:
        raise reader.fail("C or S and a MsgID")
    sender = "client" if who.group(1) == "C" else "server"
    source, target = frame.ends(sender)
    got: dict[str, Any] = {"session_id": frame.session, "target": target, "source": source,
                           "msg_id": reader.reference(who.group(2))}
    meta: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if reader.take("{"):
        while not reader.take("}"):
            _read_field(reader, got, meta, headers)
    reader.need("|")
    if meta:
        got["meta"] = Meta(**meta)
    commands, final = reader.commands("<-", (source, target))
    return Spoken(sender, Message(Header(**got), commands, final), MappingProxyType(headers))


def _read_field(reader: _Reader, got: dict[str, Any], meta: dict[str, Any], headers: dict[str, str]) -> None:
    if reader.take("Cred("):
        item = reader.item()
        got["cred"] = Cred(item.text, item.meta)
    elif reader.take("HMAC("):
        headers[HEADER] = print_header(reader.word(), reader.word())
        reader.need(")")
    elif reader.take("NoResp"):
        got["no_resp"] = True
    elif not reader.meta(meta):
        key = reader.match(_KEY)
        name = key.group(1) if key else ""
        if name == "Cred":
            scheme, _, data = reader.word().partition(":")
            got["cred"] = Cred(data, Meta(format="b64", type=_AUTH[scheme]))
        elif name == "HMAC":
            headers[HEADER] = reader.word()
        elif name in _HEADER:
            got[_HEADER[name]] = reader.word()
        else:
            raise reader.fail("a header field")


def read(text: str) -> tuple[Frame, tuple[Spoken, ...]]:
    """A conversation as ``write`` writes it; empty lines and lines that begin with ``#`` are skipped."""
    words: dict[str, str] = {}
    said: list[Spoken] = []
    frame: Frame | None = None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        reader = _Reader(line)
        key = next((k for k in ("session", "client", "server") if frame is None and reader.take(k)), None)
        if key is not None:
            words[key] = reader.word()
            continue
        if frame is None:
            if len(words) < 3:
                raise NotationError("a conversation begins with the lines session, client and server")
            frame = Frame(**words)
        said.append(read_line(line, frame))
    if frame is None:
        raise NotationError("no message in the text")
    return frame, tuple(said)
