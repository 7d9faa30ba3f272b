"""Messages as WBXML: straight from octets to values and back.

Reading strictly is one loop over the octets along the tables of ``grammar``; the usual leaf (tag,
inline string, END) is one step of it.  Reading leniently tries that first and, when the peer left the
specification, reads elements one by one and writes down what it met.

>>> from dmkit.words.model import Alert, Header, Message
>>> hello = Message(Header("1", "1", "http://s/dm", "IMEI:1"), (Alert.of(1201),))
>>> octets = encode(hello)
>>> octets[:5].hex(), len(octets)
('02a4016a00', 83)

[DMREPPRO §5, WBXML §5 to §8]
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace as changed

from dmkit.wire.compiled import Switch, quickly, read_wbxml
from dmkit.wire.content import Irregular, message_of
from dmkit.wire.elements import SYNCML, UNKNOWN, ContentKind
from dmkit.wire.grammar import Empty, GrammarNode, grammar
from dmkit.wire.habits import is_spaced
from dmkit.wire.octets import MAX_DEPTH, MAX_SIZE, DocumentHead, Notes, read_head, read_mb
from dmkit.wire.tags import join, read_content
from dmkit.wire.wbxml_write import encode
from dmkit.words.counts import many
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.late import late_pattern
from dmkit.words.model import (
    Element,
    Message,
)

__all__ = ["MEDIA_TYPE", "decode", "encode"]

MEDIA_TYPE: Final = "application/vnd.syncml.dm+wbxml"

_USUAL: Final = {
    bytes((version,)) + b"\xa4\x01\x6a\x00": DocumentHead(version, SYNCML.public_id, 106, b"", 5, SYNCML)
    for version in (1, 2, 3)
}

_SPACED: Final = late_pattern(rb"[ \t\r\n]\0\x01|W\x03[ \t\r\n]")
"""How white space around an address looks: without any of these there is none."""


def decode(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> Message:
    """The message in ``data``.

    Strictly, every departure from the specification raises CodecError with the octet where it
    shows.  With ``lenient`` the departures of real peers are accepted and listed in
    ``Message.deviations``; CodecError is left for what cannot be read at all.  Never more
    than ``max_size`` octets are read.

    >>> decode(b"")
    Traceback (most recent call last):
    dmkit.words.errors.CodecError: the document is empty (octet 0)
    """
    if ((Switch.fast and not Switch.strictly) or quickly()) and len(data) <= max_size:
        try:
            message = read_wbxml(data)
        except Irregular:
            pass
        else:
            spaced = lenient and _SPACED.search(data) is not None and is_spaced(message)
            return _lenient(data, max_size, None) if spaced else message
    if not lenient:
        return _strict(data, max_size)
    try:
        message = _strict(data, max_size)
    except CodecError as error:
        return _lenient(data, max_size, error)
    return _lenient(data, max_size, None) if is_spaced(message) else message


def _strict(data: bytes, max_size: int) -> Message:
    head = _USUAL.get(data[:5])
    if head is None or len(data) > max_size:
        head = read_head(data, None, max_size)
        if head.vocabulary is not SYNCML:
            raise CodecError(
                f"a DM 1.2 message has the public identifier of SyncML 1.2, not {head.public_id!r}", offset=1
            )
    p = head.start
    size = len(data)
    find = data.find
    plain = head.encoding == "utf-8"
    node, items_of = grammar()
    rules: Any = node.rules[0]
    frame: list[Any] = [None]
    stack: list[tuple[GrammarNode, list[Any]]] = []
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
                            frame[rule] = data[p + 2 : end].decode()
                        elif frame[-rule - 1] is None:
                            frame[-rule - 1] = [data[p + 2 : end].decode()]
                        else:
                            frame[-rule - 1].append(data[p + 2 : end].decode())
                        p = end + 2
                        continue
                value, p, page = _content(data, p, head, page, len(stack), node in items_of)
                rules = node.rules[page]
                if rule < 0:
                    _append(frame, -rule - 1, value)
                elif frame[rule] is not None:
                    raise CodecError(f"{_name(page, octet)} occurs twice in {node.name}")
                else:
                    frame[rule] = value
            elif octet == 1:
                p += 1
                value = node.close(frame)
                slot, repeated = node.slot, node.many
                node, frame = stack.pop()
                rules = node.rules[page]
                if not repeated:
                    frame[slot] = value
                elif frame[slot] is None:
                    frame[slot] = [value]
                else:
                    frame[slot].append(value)
                if not stack:
                    if p < size:
                        raise CodecError(f"{many(size - p, 'octet follows', 'octets follow')} the document")
                    return message_of(value.header, value.commands, value.final)
            elif octet == 0:
                page = data[p + 1]
                if page > 2:
                    raise CodecError(f"SyncML has no code page {page}")
                rules = node.rules[page]
                p += 2
            elif rule.__class__ is GrammarNode:
                if not rule.many and frame[rule.slot] is not None:
                    raise CodecError(f"{rule.name} occurs twice in {node.name}")
                if octet < 0x40:
                    value = rule.close(rule.fresh.copy())
                    if rule.many:
                        _append(frame, rule.slot, value)
                    else:
                        frame[rule.slot] = value
                    p += 1
                    continue
                if len(stack) >= MAX_DEPTH:
                    raise CodecError(f"elements are nested deeper than {MAX_DEPTH}")
                stack.append((node, frame))
                frame = rule.fresh.copy()
                node = rule
                rules = node.rules[page]
                p += 1
            elif rule.__class__ is Empty:
                if rule.slot < 0:
                    _append(frame, -rule.slot - 1, rule.value)
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


def _append(frame: list[Any], slot: int, value: object) -> None:
    """One more in a slot that holds many; a new list each time would make n of them cost n squared."""
    if frame[slot] is None:
        frame[slot] = [value]
    else:
        frame[slot].append(value)


def _name(page: int, octet: int) -> str:
    return SYNCML.name(page, octet & 0x3F) or f"token {octet & 0x3F:02X}"


def _content(data: bytes, p: int, head: DocumentHead, page: int, depth: int, in_item: bool) -> tuple[Any, int, int]:
    """Content of a text element, or of an Item's Data, that is not one inline string; then offset and page."""
    at, name, data_here = p, _name(page, data[p]), in_item and data[p] == 0x4F and page == 0
    if data[p + 1] == 0xC3:
        length, start = read_mb(data, p + 2)
        if length > len(data) - start:
            raise CodecError(f"opaque data of {many(length, 'octet')} does not fit the document", offset=p + 1)
        end = start + length
        if end < len(data) and data[end] == 1:
            octets = data[start:end]
            return (octets if data_here else _utf8(octets, p)), end + 1, page
    pieces, p, page = read_content(data, p + 1, head, Notes(False), page=page, depth=depth)
    elements = [piece for piece in pieces if isinstance(piece, Element)]
    if elements:
        content = join(pieces, ContentKind.DATA)
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


def _blank(data: bytes, p: int, head: DocumentHead, page: int, node: GrammarNode) -> int:
    """White space between elements is skipped; anything else that has no rule is refused."""
    octet = data[p]
    if octet in (0x03, 0x83, 0x02) and node.name:
        text, after = "", p + 1
        if octet == 0x03:
            end = data.find(0, p + 1)
            if end < 0:
                raise CodecError("a string has no NUL at its end", offset=p)
            text, after = data[p + 1 : end].decode(), end + 1
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


def _lenient(data: bytes, max_size: int, error: CodecError | None) -> Message:
    from dmkit.wire.assemble import message_of

    notes = Notes(True)
    head = read_head(data, notes, max_size)
    if head.vocabulary is not SYNCML:
        notes.add(DeviationKind.PUBLIC_ID, f"the public identifier is {head.public_id!r}", 1)
        if head.vocabulary is UNKNOWN:
            head = changed(head, vocabulary=SYNCML)
    content, p, _ = read_content(data, head.start, head, notes, root=True)
    if p < len(data):
        notes.add(
            DeviationKind.TRAILING_DATA, f"{many(len(data) - p, 'octet follows', 'octets follow')} the document", p
        )
    root = content[0]
    if not isinstance(root, Element):
        raise CodecError("the document has no root element", offset=head.start)
    message = message_of(root, notes)
    found = tuple(notes.found)
    if not found and error is not None:
        found = (Deviation(DeviationKind.VALUE, f"octet {error.offset}", error.reason),)
    return Message(message.header, message.commands, message.final, found)
