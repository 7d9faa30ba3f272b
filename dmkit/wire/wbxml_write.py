"""Messages written as WBXML: the tags of a DM message as octets, text between them.

Tags are spelled out, so that writing is joining pieces; a comment names them.  Code page 1 is
left, as the standard has it, by the next tag of page 0 and not by END.  [DMREPPRO §5, WBXML §5 to §8]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dmkit.wire.elements import BY_ROOT, SYNCML, Vocabulary
from dmkit.wire.numbers import numbered
from dmkit.wire.octets import MAX_DEPTH, StringTable, mb
from dmkit.wire.tags import write_element
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Delete,
    Element,
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

__all__ = ["encode"]

_Text = Callable[[str], bytes]
_PAGE0: Final = b"\0\0"


def _inline(text: str) -> bytes:
    if "\0" in text:
        raise CodecError("text cannot hold U+0000; send octets instead")
    return b"\x03%b\0\x01" % text.encode()


def encode(message: Message, *, version: int = 0x02, string_table: bool = False) -> bytes:
    """``message`` as WBXML of ``version`` (01, 02 or 03: 1.1, 1.2, 1.3), text inline.

    Commands without a CmdID are numbered.  With ``string_table`` a text that occurs again travels
    once, in the string table; this takes time proportional to the text.  CodecError when a value has
    no WBXML form.
    """
    if version not in (1, 2, 3):
        raise CodecError(f"version octet {version!r} is not one of 01, 02, 03")
    message = numbered(message)
    try:
        table = StringTable()
        body = _message(message, _referring(message, table) if string_table else _inline, table)
    except UnicodeEncodeError as error:
        raise CodecError(f"text has a character that UTF-8 cannot carry: {error.reason}") from None
    return table.head(version, SYNCML.public_id) + body


def _referring(message: Message, table: StringTable) -> _Text:
    """A writer of text that puts what occurs again into ``table``; found by one trial run."""
    counts: dict[str, int] = {}

    def count(text: str) -> bytes:
        counts[text] = counts.get(text, 0) + 1
        return _inline(text)

    _message(message, count, StringTable())
    references: dict[str, bytes] = {}
    for text, times in counts.items():
        length = len(text.encode())
        if times > 1 and (length + 2) * times > length + 1 + 4 * times:
            references[text] = b"\x83" + mb(table.index(text)) + b"\x01"
    return lambda text: references.get(text) or _inline(text)


def _message(message: Message, text: _Text, table: StringTable) -> bytes:
    out: list[bytes] = []
    page = _header(message.header, text, out)
    out.append(b"\0\0\x6b" if page else b"\x6b")  # SyncBody
    page = 0
    waiting: list[Any] = [iter(message.commands)]
    while waiting:
        command = next(waiting[-1], None)
        if command is None:
            waiting.pop()
            if waiting:
                out.append(b"\x01")
            continue
        page = _command(command, text, table, out, page)
        if command.__class__ is Atomic or command.__class__ is Sequence:
            if len(waiting) > MAX_DEPTH - 8:
                raise CodecError(f"elements are nested deeper than {MAX_DEPTH}")
            waiting.append(iter(command.commands))
    if message.final:
        out.append(b"\0\0\x12" if page else b"\x12")  # Final
    out.append(b"\x01\x01")
    return b"".join(out)


def _header(header: Header, text: _Text, out: list[bytes]) -> int:
    add = out.append
    add(b"\x6d\x6c\x71" + text(header.ver_dtd) + b"\x72" + text(header.ver_proto))  # SyncML SyncHdr VerDTD VerProto
    add(b"\x65" + text(header.session_id) + b"\x5b" + text(header.msg_id))  # SessionID MsgID
    for tag, uri, name in (
        (b"\x6e\x57", header.target, header.target_name),  # Target LocURI
        (b"\x67\x57", header.source, header.source_name),
    ):  # Source LocURI
        add(tag + text(uri) + (b"\x01" if name is None else b"\x56" + text(name) + b"\x01"))  # LocName
    if header.resp_uri is not None:
        add(b"\x61" + text(header.resp_uri))  # RespURI
    if header.no_resp:
        add(b"\x1d")
    page = 0
    if header.cred is not None:
        add(b"\x4e")  # Cred
        if header.cred.meta is not None:
            page = _meta(header.cred.meta, text, out)
        add(b"\0\0\x4f" if page else b"\x4f")  # Data
        add(text(header.cred.data) + b"\x01")
        page = 0
    if header.meta is not None:
        page = _meta(header.meta, text, out)
    add(b"\x01")
    return page


def _meta(meta: Meta, text: _Text, out: list[bytes], prefix: bytes = b"") -> int:
    """Meta; the code page it ends on."""
    pieces = [
        tag + text(value if value.__class__ is str else str(value))
        for tag, value in (
            (b"\x47", meta.format),
            (b"\x53", meta.type),
            (b"\x4b", meta.mark),
            (b"\x52", meta.size),
            (b"\x50", meta.next_nonce),
            (b"\x4c", meta.max_msg_size),
            (b"\x55", meta.max_obj_size),
            (b"\x54", meta.version),
        )
        if value is not None
    ]
    if meta.emi:
        pieces += [b"\x46" + text(value) for value in meta.emi]
    if not pieces:
        out.append(prefix + b"\x1a")
        return 0
    out.append(prefix + b"\x5a\0\x01" + b"".join(pieces) + b"\x01")
    return 1


_TAGS: Final[dict[type, bytes]] = {
    struct: bytes((0x40 | token,))
    for struct in (Add, Alert, Atomic, Copy, Delete, Exec, Get, Replace, Results, Sequence, Status)
    if (token := SYNCML.token(0, struct.__name__)) is not None
}


def _command(command: Command, text: _Text, table: StringTable, out: list[bytes], page: int) -> int:
    """A command; a container stays open for its own commands."""
    add = out.append
    kind = command.__class__
    start = _PAGE0 + _TAGS[kind] if page else _TAGS[kind]
    if command.cmd_id:
        start += b"\x4b" + text(command.cmd_id)  # CmdID
    page = 0
    items: tuple[Item, ...] = ()
    if isinstance(command, Status):
        if command.msg_ref:
            start += b"\x5c" + text(command.msg_ref)  # MsgRef
        if command.cmd_ref is not None:
            start += b"\x4c" + text(command.cmd_ref)  # CmdRef
        start += b"\x4a" + text(command.cmd)  # Cmd
        for ref in command.target_refs:
            start += b"\x6f" + text(ref)  # TargetRef
        for ref in command.source_refs:
            start += b"\x68" + text(ref)  # SourceRef
        if command.chal is not None:
            page = _meta(command.chal, text, out, start + b"\x49")  # Chal
            start = b"\x01\0\0" if page else b"\x01"
            page = 0
        add(start + b"\x4f" + text(_code(command.code)))  # Data
        items = command.items
    elif isinstance(command, Alert):
        if command.no_resp:
            start += b"\x1d"
        start += b"\x4f" + text(_code(command.code))  # Data
        add(start if command.correlator is None else start + b"\x7c" + text(command.correlator))  # Correlator
        items = command.items
    elif isinstance(command, Results):
        if command.msg_ref is not None:
            start += b"\x5c" + text(command.msg_ref)
        if command.cmd_ref is not None:
            start += b"\x4c" + text(command.cmd_ref)
        if command.meta is not None:
            page = _meta(command.meta, text, out, start)
            start = b""
        for tag, ref_ in ((b"\x6f", command.target_ref), (b"\x68", command.source_ref)):
            if ref_ is not None:
                start += (_PAGE0 if page else b"") + tag + text(ref_)
                page = 0
        add(start)
        items = command.items
    else:
        if command.no_resp:
            start += b"\x1d"
        if command.meta is not None:
            page = _meta(command.meta, text, out, start)
        else:
            add(start)
        if isinstance(command, Atomic | Sequence):
            return page
        if isinstance(command, Exec) and command.correlator is not None:
            add((_PAGE0 if page else b"") + b"\x7c" + text(command.correlator))
            page = 0
        items = command.items
    for item in items:
        page = _item(item, text, table, out, page)
    add(b"\x01")
    return page


def _code(code: int) -> str:
    return str(int(code))


def _item(item: Item, text: _Text, table: StringTable, out: list[bytes], page: int) -> int:
    piece = b"\0\0\x54" if page else b"\x54"  # Item
    page = 0
    target, source, data = item.target, item.source, item.data
    if (target is None and item.target_name is not None) or (source is None and item.source_name is not None):
        raise CodecError("an Item has a LocName and no LocURI")
    if target is not None:
        name = item.target_name
        piece += b"\x6e\x57" + text(target) + (b"\x01" if name is None else b"\x56" + text(name) + b"\x01")
    if source is not None:
        name = item.source_name
        piece += b"\x67\x57" + text(source) + (b"\x01" if name is None else b"\x56" + text(name) + b"\x01")
    if item.meta is not None:
        page = _meta(item.meta, text, out, piece)
        piece = b""
    if data is not None:
        if page:
            piece, page = piece + _PAGE0, 0
        if data.__class__ is str:
            piece += b"\x4f" + text(data) if data else b"\x0f"
        elif isinstance(data, bytes):
            piece += b"\x4f\xc3" + mb(len(data)) + data + b"\x01"
        else:
            octets, page = _inline_element(data, table)  # type: ignore[arg-type]
            piece += b"\x4f" + octets + b"\x01"
    if item.more_data:
        piece, page = piece + (b"\0\0\x34" if page else b"\x34"), 0
    out.append(piece + b"\x01")
    return page


def _inline_element(element: Element, table: StringTable) -> tuple[bytes, int]:
    """Mark-up in Data: tags of pages 0 to 2 as they are, a DevInf as a document of its own."""
    found: tuple[Vocabulary, ...] = BY_ROOT.get(element.name, ())
    own = next((v for v in found if v.ns == element.ns and v.page_of(v.ns) == 0 and v.root != "SyncML"), None)
    if own is None:
        return write_element(element, SYNCML, table, 0, depth=6)
    inner = StringTable()
    body, _ = write_element(element, own, inner, 0)
    document = inner.head(0x02, own.public_id) + body
    return b"\xc3" + mb(len(document)) + document, 0
