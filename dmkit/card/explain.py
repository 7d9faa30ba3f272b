"""What an exchange with a card says: a line, or octet by octet.  Rows tile the octets, whatever they are.

>>> from dmkit.card.card import Usim
>>> card = Usim.example()
>>> _ = card.transmit(bytes.fromhex("00A40004022FE2")), card.transmit(bytes.fromhex("00B000000A"))
>>> print(line(card.log[1]))
READ BINARY EF.ICCID: 8900101000000000019
>>> explain_command(card.log[0])
0000  00                       CLA: channel 0
0001  a4                       INS: SELECT
0002  00                       P1: by file identifier
0003  04                       P2: answer with FCP
0004  02                       Lc: 2 octets of data
0005  2f e2                    EF.ICCID
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from dmkit.card import access
from dmkit.card.apdu import CommandApdu, CommandRefused, channel_of
from dmkit.card.files import AID_PKCS15, AID_USIM, AID_WIM
from dmkit.card.listing import content_text
from dmkit.card.memory import FilePath, LogicalChannel, UsimState
from dmkit.card.pkcs15 import NAMES
from dmkit.card.search import ENHANCED, SEEK_MODES, SearchIndication
from dmkit.card.search import MODES as SEARCH_MODES
from dmkit.card.tlv import MAX_DEPTH, Tlv, oid_text, read
from dmkit.card.toolkit import REFRESH_MODES, read_refresh
from dmkit.wire.explain import Explanation, OctetRow
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

if TYPE_CHECKING:
    from dmkit.card.exchange import Exchange

__all__ = ["TAGS", "explain_answer", "explain_command", "line"]

_CUT: Final = 72
_HOLDERS: Final = {"fcp": 0xC6, "proactive": 0xD0, "envelope": 0xD1}
"""Tags that hold data objects, though they do not say so, by what they stand in."""
_AIDS: Final = {AID_USIM[:7]: "USIM", AID_PKCS15: "PKCS#15", AID_WIM: "WIM"}

TAGS: Final[Mapping[str, Mapping[int, str]]] = {
    "fcp": {
        0x62: "file control parameters", 0x6F: "file control information", 0x82: "file descriptor", 0x83: "identifier",
        0x84: "name of the application", 0x8A: "life cycle", 0x8B: "access rule", 0x80: "size",
        0x88: "short identifier", 0xA5: "proprietary", 0xC6: "PIN status", 0x90: "which are on", 0x95: "usage",
    },
    "dir": {0x61: "application", 0x4F: "AID", 0x50: "label", 0x51: "path"},
    "envelope": {0xD1: "short message for the card", 0x82: "devices", 0x86: "service centre", 0x8B: "SMS-DELIVER"},
    "proactive": {
        0xD0: "proactive command", 0x81: "command details", 0x82: "devices", 0x92: "file list", 0x83: "result",
    },
    "der": {
        0x30: "SEQUENCE", 0x04: "OCTET STRING", 0x06: "OBJECT IDENTIFIER", 0x0C: "text", 0x03: "BIT STRING",
        0x02: "INTEGER", 0xA0: "[0]", 0xA1: "[1]", 0xA7: "data objects", 0xA8: "authentication objects",
    },
}  # fmt: skip
"""Names of tags, by what they stand in."""

_SELECT: Final = {
    0: "by file identifier", 1: "directory below", 2: "file below", 3: "parent directory", 4: "by application name",
    8: "by path from the MF", 9: "by path from here",
}  # fmt: skip
_SELECT_ANSWER: Final = {0x00: "answer with FCI", 0x04: "answer with FCP", 0x0C: "no answer data"}
_MODES: Final = {2: "next record", 3: "previous record", 4: "absolute"}
_CONTEXTS: Final = {0x80: "GSM context", 0x81: "3G context", 0x84: "GBA context"}


# -- one line


@asked
def line(exchange: Exchange) -> str:
    """What was asked, of which file, and what came of it."""
    command = exchange.command
    if command is None:
        return f"no command: {exchange.sw!r}"
    what = command.name if command.ins != 0x12 else "FETCH"
    channel = channel_of(command.cla)
    where = f"channel {channel}: " if channel else ""
    return f"{where}{what}{_object(exchange, command)}: {_result(exchange, command)}"


def _object(exchange: Exchange, command: CommandApdu) -> str:
    after = _place(exchange.after, command)
    memory = exchange.after.memory
    if command.ins == 0xA4:
        return f" {memory.name(after.file or after.directory)}" if exchange.is_ok else f" {command.data.hex().upper()}"
    if command.ins in (0xB0, 0xD6, 0xB2, 0xDC, 0xA2, 0x32, 0x04, 0x44):
        name = memory.name(after.file) if after.file else ""
        number = f" record {command.p1 or after.record}" if command.ins in (0xB2, 0xDC) else ""
        offset = (command.p1 & 0x7F) << 8 | command.p2 if command.ins in (0xB0, 0xD6) and command.p1 < 0x80 else 0
        return f" {name}{number}{f' from {offset}' if offset else ''}".rstrip()
    if command.ins in (0x20, 0x24, 0x26, 0x28, 0x2C):
        key = command.p2 if command.cla != 0xA0 else {2: 0x81}.get(command.p2, 1)
        return f" {access.key_name(key)}"
    if command.ins == 0x88:
        return f", {_CONTEXTS.get(command.p2, 'GSM context' if command.cla == 0xA0 else f'context {command.p2:02X}')}"
    return ""


def _result(exchange: Exchange, command: CommandApdu) -> str:
    data, sw = exchange.data, exchange.sw
    if not data:
        return repr(sw) if not sw.is_ok or sw != 0x9000 else "done"
    if command.ins in (0xB0, 0xB2):
        return _value(exchange, command, data)
    if command.ins == 0xA2:
        return f"found in {_records(data)}"
    if command.ins == 0x70:
        return f"channel {data[0]}"
    if command.ins == 0x12:
        return _proactive(data)
    if command.ins == 0x88 and command.cla != 0xA0:
        return {0xDB: "accepted", 0xDC: "out of step, AUTS"}.get(data[0], many(len(data), "octet"))
    return many(len(data), "octet") + (f", {sw!r}" if sw != 0x9000 else "")


def _proactive(data: bytes) -> str:
    try:
        found = read_refresh(data)
    except CodecError:
        return many(len(data), "octet")
    return f"REFRESH, {REFRESH_MODES.get(found[0], str(found[0]))}" if found else "a proactive command"


def _value(exchange: Exchange, command: CommandApdu, data: bytes) -> str:
    """What the octets of a file say, when they are a whole record or the file from its beginning."""
    path = _place(exchange.after, command).file
    stored = exchange.after.memory.files.get(path) if path else None
    whole = command.ins in (0xB2, 0xDC) or (command.p1 & 0x80 and not command.p2) or not (command.p1 or command.p2)
    if stored is None or not whole:
        return many(len(data), "octet")
    text = content_text(stored, data)
    return text if len(text) <= _CUT else text[: _CUT - 1] + "…"


def _place(state: UsimState, command: CommandApdu) -> LogicalChannel:
    return state.session.channels.get(channel_of(command.cla) or 0, LogicalChannel())


# -- octet by octet

_Pieces = Iterator[tuple[int, str, int]]  # octets, meaning, depth


def _tiled(data: bytes, pieces: _Pieces) -> Explanation:
    rows: list[OctetRow] = []
    at = 0
    for size, meaning, depth in pieces:
        if at + size > len(data):
            break
        rows.append(OctetRow(at, data[at : at + size], meaning, depth))
        at += size
    if at < len(data):
        rows.append(OctetRow(at, data[at:], "more octets", 0))
    return Explanation(tuple(rows))


@asked
def explain_command(exchange: Exchange) -> Explanation:
    """The octets of the command."""
    apdu, command = exchange.apdu, exchange.command
    if command is None:
        return Explanation((OctetRow(0, apdu, "no command: CLA INS P1 P2, then Lc and data, then Le", 0),))
    return _tiled(apdu, _command(exchange, command))


def _command(exchange: Exchange, command: CommandApdu) -> _Pieces:
    channel = channel_of(command.cla)
    kind = "second generation" if command.cla == 0xA0 else f"channel {channel}" if channel is not None else "unknown"
    yield 1, f"CLA: {kind}", 0
    yield 1, f"INS: {command.name}", 0
    p1, p2 = _parameters(exchange, command)
    yield 1, f"P1: {p1}", 0
    yield 1, f"P2: {p2}", 0
    body = len(exchange.apdu) - 4
    extended = body > 2 and exchange.apdu[4] == 0
    if command.data:
        yield 3 if extended else 1, f"Lc: {many(len(command.data), 'octet')} of data", 0
        yield from _data(exchange, command)
    if command.le is not None:
        size = (2 if command.data else 3) if extended else 1
        wanted = "as many as there are" if command.le in (256, 65536) else many(command.le, "octet")
        yield size, f"Le: {wanted}", 0


def _parameters(exchange: Exchange, command: CommandApdu) -> tuple[str, str]:
    p1, p2 = command.p1, command.p2
    number = f"record {p1}" if p1 else "current record"
    if command.ins == 0xA4 and command.cla != 0xA0:
        return _SELECT.get(p1, "unknown"), _SELECT_ANSWER.get(p2, "unknown")
    if command.ins in (0xB0, 0xD6):
        if p1 & 0x80:
            return f"file with short identifier {p1 & 0x1F:02X}", f"offset {p2}"
        return "offset, high octet", f"offset {p1 << 8 | p2}"
    if command.ins in (0xB2, 0xDC, 0xA2):
        sfi = f"file with short identifier {p2 >> 3:02X}, " if p2 >> 3 else ""
        if command.ins == 0xA2 and command.cla == 0xA0:
            asks = ", the answer is its number" if p2 & 0x10 else ""
            return f"{p1}", SEEK_MODES.get(p2 & 0x0F, "unknown") + asks
        modes = SEARCH_MODES if command.ins == 0xA2 else _MODES
        return number if p2 & 7 >= 4 else f"{p1}", sfi + modes.get(p2 & 7, "unknown")
    if command.ins in (0x20, 0x24, 0x26, 0x28, 0x2C):
        return f"{p1}", access.key_name(p2)
    if command.ins == 0x88:
        return f"{p1}", _CONTEXTS.get(p2, f"{p2:02X}")
    if command.ins == 0x70:
        return {0x00: "open", 0x80: "close"}.get(p1, "unknown"), f"channel {p2}" if p2 else "card or class chooses"
    if command.ins == 0xF2:
        return f"{p1}", {0: "answer with FCP", 1: "answer with AID", 0x0C: "no answer data"}.get(p2, "unknown")
    return f"{p1}", f"{p2}"


def _data(exchange: Exchange, command: CommandApdu) -> _Pieces:
    data = command.data
    if command.ins == 0xA4:
        yield from _selected(exchange, command)
    elif command.ins in (0x20, 0x24, 0x26, 0x28, 0x2C):
        names = ("PUK", "new PIN") if command.ins == 0x2C else ("PIN", "new PIN")
        for at in range(0, len(data), 8):
            piece = data[at : at + 8]
            yield len(piece), f"{names[min(at // 8, 1)]}, {many(len(piece.rstrip(bytes([0xFF]))), 'character')}", 1
    elif command.ins in (0xD6, 0xDC):
        yield len(data), _value(exchange, command, data), 1
    elif command.ins == 0xA2:
        yield from _pattern(command)
    elif command.ins == 0x88 and command.cla != 0xA0:
        yield from _challenge(command)
    elif command.ins in (0xC2, 0x14, 0xAA):
        yield from _objects(data, TAGS["envelope" if command.ins == 0xC2 else "proactive"])
    else:
        yield len(data), "data", 1


def _selected(exchange: Exchange, command: CommandApdu) -> _Pieces:
    data, memory = command.data, exchange.after.memory
    if command.p1 == 0x04 and command.cla != 0xA0:
        name = next((name for aid, name in _AIDS.items() if aid.startswith(data) or data.startswith(aid)), "unknown")
        yield len(data), f"application {name}", 1
        return
    after = _place(exchange.after, command)
    target: FilePath = (after.file or after.directory) if exchange.is_ok else ()
    fids = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    for at, fid in enumerate(fids):
        depth_from_end = len(fids) - 1 - at
        path = target[: len(target) - depth_from_end]
        names = {0x3F00: "MF", 0x7FFF: "current application"}
        known = memory.name(path) if path and path[-1] == fid else names.get(fid, f"{fid:04X}")
        yield min(2, len(data) - 2 * at), known, 1


def _pattern(command: CommandApdu) -> _Pieces:
    data = command.data
    if command.cla != 0xA0 and command.p2 & 0x07 == ENHANCED and len(data) > 2:
        try:
            way = SearchIndication.read(data[:2])
        except CommandRefused:
            yield 2, "search indication: unknown", 1
        else:
            begin = "the next record" if way.forward else "the one before"
            yield 1, f"{'forward' if way.forward else 'backward'} from {begin if way.beside else 'that record'}", 1
            yield 1, f"from octet {way.offset}" if way.after is None else f"behind the first {way.after:02X}", 1
        data = data[2:]
    yield len(data), f"what is looked for: {_printable(data)}", 1


def _challenge(command: CommandApdu) -> _Pieces:
    data, at = command.data, 0
    names = ["RAND", "AUTN"]
    if command.p2 == 0x84 and data:
        yield 1, {0xDD: "bootstrapping", 0xDE: "key of a service"}.get(data[0], "unknown"), 1
        at, names = 1, ["NAF_Id", "IMPI"] if data[0] == 0xDE else names
    yield from _fields(data, at, names)


def _fields(data: bytes, at: int, names: list[str]) -> _Pieces:
    for name in names:
        if at >= len(data):
            return
        size = data[at]
        yield 1, f"length of {name}", 1
        yield size, name, 2
        at += 1 + size


# -- the answer


@asked
def explain_answer(exchange: Exchange) -> Explanation:
    """The octets of the answer."""
    return _tiled(exchange.answer, _answer(exchange))


def _answer(exchange: Exchange) -> _Pieces:
    command, data = exchange.command, exchange.data
    if data and command is not None:
        yield from _ANSWERS.get(command.ins, _plain)(exchange, command, data)
    yield 2, f"status word: {exchange.sw.meaning}", 0


def _plain(exchange: Exchange, command: CommandApdu, data: bytes) -> _Pieces:
    yield len(data), "data", 0


def _template(exchange: Exchange, command: CommandApdu, data: bytes) -> _Pieces:
    if command.cla == 0xA0:
        yield len(data), "what a SIM says of a file", 0
    else:
        yield from _objects(data, TAGS["fcp"], _fcp_value)


def _content(exchange: Exchange, command: CommandApdu, data: bytes) -> _Pieces:
    path = _place(exchange.after, command).file
    stored = exchange.after.memory.files.get(path) if path else None
    name = stored.row.name if stored else ""
    if name in ("EF.ODF", "EF.DODF", "EF.AODF", "EF.TokenInfo"):
        yield from _objects(data, TAGS["der"], _der_value)
    elif name == "EF.DIR" and data[0] == 0x61:
        yield from _objects(data, TAGS["dir"])
    else:
        yield len(data), _value(exchange, command, data), 0


def _keys(exchange: Exchange, command: CommandApdu, data: bytes) -> _Pieces:
    if data[0] == 0xDC:
        yield 1, "out of step: AUTS follows", 0
        yield from _fields(data, 1, ["AUTS"])
    elif data[0] == 0xDB:
        yield 1, "accepted", 0
        derived = command.data[:1] == b"\xde"
        yield from _fields(data, 1, ["Ks_ext_NAF"] if derived else ["RES", "CK", "IK", "Kc"])
    else:
        yield from _fields(data, 0, ["SRES", "Kc"])


def _fetched(exchange: Exchange, command: CommandApdu, data: bytes) -> _Pieces:
    yield from _objects(data, TAGS["proactive"])


def _waited(exchange: Exchange, command: CommandApdu, data: bytes) -> _Pieces:
    """GET RESPONSE: what the command before left."""
    if data[0] in (0x62, 0x6F):
        yield from _template(exchange, command, data)
    elif data[0] in (0xDB, 0xDC):
        yield from _keys(exchange, command, data)
    else:
        yield len(data), "data", 0


def _found(exchange: Exchange, command: CommandApdu, data: bytes) -> _Pieces:
    yield len(data), f"found in {_records(data)}", 0


def _records(data: bytes) -> str:
    return f"record{'s' * (len(data) > 1)} {', '.join(map(str, data))}"


_ANSWERS: Final[Mapping[int, Callable[[Exchange, CommandApdu, bytes], _Pieces]]] = {
    0xA4: _template, 0xF2: _template, 0xB0: _content, 0xB2: _content, 0xA2: _found, 0x88: _keys, 0x12: _fetched,
    0xC0: _waited,
}  # fmt: skip


# -- data objects


def _objects(
    data: bytes, names: Mapping[int, str], value: Callable[[Tlv], str] | None = None, depth: int = 0
) -> _Pieces:
    """Rows of data objects, inner ones deeper; what cannot be read is one row."""
    at = 0
    while at < len(data):
        if data[at] in (0x00, 0xFF):
            yield len(data) - at, "filling", depth
            return
        try:
            one, end = read(data, at)
        except CodecError as error:
            yield len(data) - at, f"error: {error.reason}", depth
            return
        name = names.get(one.tag) or names.get(one.tag | 0x80) or f"tag {one.tag:02X}"  # 80: whether it must be known
        head = end - at - len(one.value)
        holds = any(one.tag == tag and names is TAGS[kind] for kind, tag in _HOLDERS.items())
        if (one.is_constructed or holds) and depth < MAX_DEPTH:
            yield head, f"{name}, {many(len(one.value), 'octet')}", depth
            yield from _objects(one.value, names, value, depth + 1)
        else:
            meaning = (value(one) if value else "") or _printable(one.value)
            yield end - at, f"{name}{': ' if meaning else ''}{meaning}", depth
        at = end


def _printable(value: bytes) -> str:
    text = value.decode("latin-1")
    if len(value) > 3 and value.isascii() and text.isprintable():
        return repr(text)
    return value.hex(" ") if len(value) <= 20 else many(len(value), "octet")


def _der_value(one: Tlv) -> str:
    if one.tag != 0x06:
        return ""
    try:
        text = oid_text(one.value)
    except CodecError:
        return ""
    return f"{text} {NAMES.get(text, '')}".rstrip()


def _fcp_value(one: Tlv) -> str:
    value = one.value
    if one.tag == 0x82 and value:
        kinds = {0x41: "transparent", 0x42: "linear fixed", 0x46: "cyclic", 0x78: "directory"}
        records = f", {many(value[4], 'record')} of {int.from_bytes(value[2:4], 'big')}" if len(value) == 5 else ""
        return kinds.get(value[0], f"{value[0]:02X}") + records
    if one.tag == 0x80 and len(value) > 1:
        return many(int.from_bytes(value, "big"), "octet")
    if one.tag == 0x8A and value:
        return {5: "activated", 4: "deactivated", 1: "creation", 3: "initialisation"}.get(value[0], value.hex())
    if one.tag == 0x8B and len(value) == 3:
        return f"record {value[2]} of EF.ARR {value[:2].hex().upper()}"
    if one.tag == 0x88:
        return f"{value[0] >> 3:02X}" if value else "none"
    if one.tag == 0x90:
        return f"{value.hex()}, the first key is the highest bit"
    if one.tag == 0x83 and len(value) == 1:
        return access.key_name(value[0])
    return ""
