"""Messages as WBXML: straight from octets to values and back.

Reading strictly is one loop over the octets along the tables of ``grammar``; the usual leaf (tag,
inline string, END) is one step of it.  Reading leniently tries that first and, when the peer left the
specification, reads elements one by one and writes down what it met.

>>> from dmkit.model import Alert, Header, Message
>>> hello = Message(Header("1", "1", "http://s/dm", "IMEI:1"), (Alert.of(1201),))
>>> octets = encode(hello)
>>> octets[:5].hex(), len(octets)
('02a4016a00', 83)

[DMREPPRO §5, WBXML §5 to §8]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dmkit.deviations import Deviation, DeviationKind
from dmkit.errors import CodecError
from dmkit.model import (
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
from dmkit.wire import grammar
from dmkit.wire.elements import BY_ROOT, SYNCML, UNKNOWN, Kind, Vocabulary
from dmkit.wire.grammar import ITEM, Empty, Node
from dmkit.wire.numbers import numbered
from dmkit.wire.octets import MAX_DEPTH, MAX_SIZE, Head, Notes, StringTable, mb, read_head, read_mb
from dmkit.wire.tags import join, read_content, write_element

__all__ = ["MEDIA_TYPE", "decode", "encode"]

MEDIA_TYPE: Final = "application/vnd.syncml.dm+wbxml"

_USUAL: Final = {
    bytes((version,)) + b"\xa4\x01\x6a\x00": Head(version, SYNCML.public_id, 106, b"", 5, SYNCML)
    for version in (1, 2, 3)
}


def decode(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> Message:
    """The message in ``data``.

    Strictly, every departure from the specification raises CodecError with the octet where it
    shows.  With ``lenient`` the departures of real peers are accepted and listed in
    ``Message.deviations``; CodecError is left for what cannot be read at all.  Never more
    than ``max_size`` octets are read.

    >>> decode(b"")
    Traceback (most recent call last):
    dmkit.errors.CodecError: the document is empty (octet 0)
    """
    if not lenient:
        return _strict(data, max_size)
    try:
        return _strict(data, max_size)
    except CodecError as error:
        return _lenient(data, max_size, error)


def _strict(data: bytes, max_size: int) -> Message:
    head = _USUAL.get(data[:5])
    if head is None or len(data) > max_size:
        head = read_head(data, None, max_size)
        if head.vocabulary is not SYNCML:
            raise CodecError(f"a DM 1.2 message has the public identifier of SyncML 1.2, not {head.public_id!r}",
                             offset=1)
    p = head.start
    size = len(data)
    find = data.find
    plain = head.encoding == "utf-8"
    node: Node = grammar.ROOT
    rules: Any = node.rules[0]
    frame: list[Any] = [None]
    stack: list[tuple[Node, list[Any]]] = []
    page = 0
    rule: Any
    try:
        while p < size:
            octet = data[p]
            rule = rules[octet]
            if rule.__class__ is int:
                kind = data[p + 1]
                if kind == 3 and plain:
                    end = find(0, p + 2)
                    if end > 0 and data[end + 1] == 1:
                        if rule >= 0:
                            if frame[rule] is not None:
                                raise CodecError(f"{_name(page, octet)} occurs twice in {node.name}")
                            frame[rule] = data[p + 2:end].decode()
                        elif frame[-rule - 1] is None:
                            frame[-rule - 1] = [data[p + 2:end].decode()]
                        else:
                            frame[-rule - 1].append(data[p + 2:end].decode())
                        p = end + 2
                        continue
                value, p, page = _content(data, p, head, page, len(stack), node is ITEM)
                rules = node.rules[page]
                if rule < 0:
                    frame[-rule - 1] = [*(frame[-rule - 1] or ()), value]
                elif frame[rule] is not None:
                    raise CodecError(f"{_name(page, octet)} occurs twice in {node.name}")
                else:
                    frame[rule] = value
            elif octet == 1:
                p += 1
                close = node.close
                if close is None:
                    node, frame = stack.pop()
                    rules = node.rules[page]
                    continue
                value = close(frame)
                slot, many = node.slot, node.many
                node, frame = stack.pop()
                rules = node.rules[page]
                if not many:
                    frame[slot] = value
                elif frame[slot] is None:
                    frame[slot] = [value]
                else:
                    frame[slot].append(value)
                if not stack:
                    if p < size:
                        raise CodecError(f"{size - p} octets follow the document")
                    return value  # type: ignore[no-any-return]
            elif octet == 0:
                page = data[p + 1]
                if page > 2:
                    raise CodecError(f"SyncML has no code page {page}")
                rules = node.rules[page]
                p += 2
            elif rule.__class__ is Node:
                if not rule.many:
                    if frame[rule.slot] is not None:
                        raise CodecError(f"{rule.name} occurs twice in {node.name}")
                    if rule.close is None:
                        frame[rule.slot] = True
                if octet < 0x40:
                    value = True if rule.close is None else rule.close(rule.fresh.copy())
                    frame[rule.slot] = value if not rule.many else [*(frame[rule.slot] or ()), value]
                    p += 1
                    continue
                if len(stack) >= MAX_DEPTH:
                    raise CodecError(f"elements are nested deeper than {MAX_DEPTH}")
                stack.append((node, frame))
                if rule.close is not None:
                    frame = rule.fresh.copy()
                node = rule
                rules = node.rules[page]
                p += 1
            elif rule.__class__ is Empty:
                if rule.slot < 0:
                    frame[-rule.slot - 1] = [*(frame[-rule.slot - 1] or ()), rule.value]
                elif frame[rule.slot] is not None:
                    raise CodecError(f"{_name(page, octet)} occurs twice in {node.name}")
                else:
                    frame[rule.slot] = rule.value
                p += 1
            else:
                p = _blank(data, p, head, page, node)
    except CodecError as error:
        if error.offset is None:
            raise CodecError(error.reason, offset=p) from None
        raise
    except UnicodeDecodeError:
        raise CodecError("a string is not UTF-8", offset=p) from None
    except IndexError:
        raise CodecError("the document ends inside an element", offset=size) from None
    raise CodecError("the document ends inside an element", offset=size)


def _name(page: int, octet: int) -> str:
    return SYNCML.name(page, octet & 0x3F) or f"token {octet & 0x3F:02X}"


def _content(data: bytes, p: int, head: Head, page: int, depth: int, in_item: bool) -> tuple[Any, int, int]:
    """Content of a text element, or of an Item's Data, that is not one inline string; then offset and page."""
    at, name, data_here = p, _name(page, data[p]), in_item and data[p] == 0x4F and page == 0
    if data[p + 1] == 0xC3:
        length, start = read_mb(data, p + 2)
        if length > len(data) - start:
            raise CodecError(f"opaque data of {length} octets does not fit the document", offset=p + 1)
        end = start + length
        if end < len(data) and data[end] == 1:
            octets = data[start:end]
            return (octets if data_here else _utf8(octets, p)), end + 1, page
    pieces, p, page = read_content(data, p + 1, head, Notes(False), page=page, depth=depth)
    elements = [piece for piece in pieces if isinstance(piece, Element)]
    if elements:
        content = join(pieces, Kind.DATA)
        if not data_here or len(content) != 1:
            raise CodecError(f"{name} holds {elements[0].name} where text is expected", offset=at)
        return content[0], p, page
    if len(pieces) == 1 and isinstance(pieces[0], bytes) and data_here:
        return pieces[0], p, page
    octets = b"".join(piece if isinstance(piece, bytes) else str(piece).encode() for piece in pieces)
    if data_here and any(isinstance(piece, bytes) for piece in pieces):
        return octets, p, page
    return _utf8(octets, at), p, page


def _utf8(octets: bytes, at: int) -> str:
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        raise CodecError("octets stand where text is expected", offset=at) from None
    if "\0" in text:
        raise CodecError("text holds a NUL octet", offset=at)
    return text


def _blank(data: bytes, p: int, head: Head, page: int, node: Node) -> int:
    """White space between elements is skipped; anything else that has no rule is refused."""
    octet = data[p]
    if octet in (0x03, 0x83, 0x02) and node.name:
        text, after = "", p + 1
        if octet == 0x03:
            end = data.find(0, p + 1)
            if end < 0:
                raise CodecError("a string has no NUL at its end", offset=p)
            text, after = data[p + 1:end].decode(), end + 1
        elif octet == 0x83:
            index, after = read_mb(data, p + 1)
            text = head.string(index, p, Notes(False)).decode()
        else:
            code, after = read_mb(data, p + 1)
            text = chr(code) if code < 0x80 else "?"
        if text.strip(" \t\r\n"):
            raise CodecError(f"text stands in {node.name}, which holds elements", offset=p)
        return after
    where = f"in {node.name}" if node.name else "at the beginning of a message"
    if octet in (0x04, 0x44, 0x84, 0xC4):
        index, _ = read_mb(data, p + 1)
        name = head.string(index, p, Notes(False)).decode("latin-1")
        raise CodecError(f"element {name[:40]!r} is not allowed {where}", offset=p)
    if octet >= 0x80 and octet & 0x3F >= 5 and SYNCML.name(page, octet & 0x3F):
        raise CodecError(f"{_name(page, octet)} has an attribute list; SyncML has none", offset=p)
    if octet & 0x3F >= 5 and octet < 0x80:
        raise CodecError(f"{_name(page, octet)} of code page {page} is not allowed {where}", offset=p)
    raise CodecError(f"octet {octet:02X} is not allowed {where}", offset=p)


def _lenient(data: bytes, max_size: int, error: CodecError) -> Message:
    from dmkit.wire.assemble import message_of

    notes = Notes(True)
    head = read_head(data, notes, max_size)
    if head.vocabulary is not SYNCML:
        notes.add(DeviationKind.PUBLIC_ID, f"the public identifier is {head.public_id!r}", 1)
        if head.vocabulary is UNKNOWN:
            head = head._replace(vocabulary=SYNCML)
    content, p, _ = read_content(data, head.start, head, notes, root=True)
    if p < len(data):
        notes.add(DeviationKind.TRAILING_DATA, f"{len(data) - p} octets follow the document", p)
    root = content[0]
    if not isinstance(root, Element):
        raise CodecError("the document has no root element", offset=head.start)
    message = message_of(root, notes)
    found = tuple(notes.found) or (Deviation(DeviationKind.VALUE, f"octet {error.offset}", error.reason),)
    return Message(message.header, message.commands, message.final, found)


# Writing.  Octets of tags are spelled out; a comment names them.  ``page`` is 1 after a Meta, and the
# next tag of page 0 then says so.

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
    for tag, uri, name in ((b"\x6e\x57", header.target, header.target_name),  # Target LocURI
                           (b"\x67\x57", header.source, header.source_name)):  # Source LocURI
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
            (b"\x47", meta.format), (b"\x53", meta.type), (b"\x4b", meta.mark), (b"\x52", meta.size),
            (b"\x50", meta.next_nonce), (b"\x4c", meta.max_msg_size), (b"\x55", meta.max_obj_size),
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
