"""The terminal's side: what a phone does with the card in it.

A procedure is a generator: it yields command octets and is sent answer octets, so it runs against a software card, a
real reader or a test alike.  ``run`` drives one.  What the card refuses ends it with Refused, unless it is caught; a
reader that fails in between ends it with what the reader raised.  FAILS are the three ends that are not good.

>>> from dmkit.card.card import Usim
>>> run(Usim.example(), iccid())
'8900101000000000019'
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar

from dmkit.card.apdu import CommandApdu, CommandRefused, StatusWord, class_for
from dmkit.card.codings import DIR, ICCID, IMSI, SERVICES
from dmkit.card.files import MF
from dmkit.card.memory import FilePath
from dmkit.card.tlv import read
from dmkit.card.toolkit import read_refresh
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, RemoteProtocolError
from dmkit.words.records import dataclass

__all__ = [
    "FAILS",
    "ApduProcedure",
    "CardReply",
    "Fcp",
    "Start",
    "close_channel",
    "fetch",
    "iccid",
    "open_channel",
    "read_file",
    "read_record",
    "read_records",
    "run",
    "select",
    "select_aid",
    "send",
    "start",
    "verify",
    "window",
    "write_file",
    "write_record",
]  # fmt: skip

_T = TypeVar("_T")
ApduProcedure: TypeAlias = Generator[bytes, bytes, _T]
"""Yields a command, is sent the answer, returns what came of it."""

FAILS: Final = (CommandRefused, CodecError, RemoteProtocolError)
"""How a procedure with a card ends when it does not end well: the card says no, says nonsense, or cannot be heard."""

_CHUNK: Final = 0xF0
_ALL: Final = 256
_REACH: Final = 0x8000  # an offset has 15 bits [TS 102 221 §11.1.3]
_PIECES: Final = 256  # of one answer; a whole one of the largest commands has fewer


class _Card(Protocol):
    def transmit(self, apdu: bytes) -> bytes: ...


class CardReply(NamedTuple):
    """Data and status word."""

    data: bytes
    sw: StatusWord


@dataclass(frozen=True, slots=True)
class Fcp:
    """What SELECT says of a file: size in octets (-1: it does not say), size of a record (0: none) and how many, PINs
    and whether they are on."""

    size: int = -1
    record: int = 0
    records: int = 0
    pins: tuple[tuple[int, bool], ...] = ()
    rule: bytes = b""

    @classmethod
    @asked
    def parse(cls, data: bytes) -> Fcp:
        """Read the template.  CodecError when it is none."""
        whole, _ = read(data)
        parts = {part.tag: part.value for part in whole.parts}
        described = parts.get(0x82, b"")
        record, count = (int.from_bytes(described[2:4], "big"), described[4]) if len(described) >= 5 else (0, 0)
        pins: list[tuple[int, bool]] = []
        status = whole.first(0xC6)
        if status is not None:
            bits = b""
            for part in status.parts:
                if part.tag == 0x90:
                    bits = part.value
                elif part.tag == 0x83 and part.value:
                    at = len(pins)
                    on = at // 8 < len(bits) and bool(bits[at // 8] & 0x80 >> at % 8)
                    pins.append((part.value[0], on))
        size = int.from_bytes(parts[0x80], "big") if parts.get(0x80) else -1
        return cls(size, record, count, tuple(pins), parts.get(0x8B, b""))


@asked
def run(card: _Card, talk: ApduProcedure[_T]) -> _T:
    """Let a procedure talk to a card until it ends.  A reader that fails is told to the procedure."""
    try:
        apdu = next(talk)
        while True:
            try:
                answer = card.transmit(apdu)
            except RemoteProtocolError as error:
                apdu = talk.throw(error)
            else:
                apdu = talk.send(answer)
    except StopIteration as end:
        value: _T = end.value
        return value


# -- one command


@asked
def send(command: CommandApdu) -> ApduProcedure[CardReply]:
    """A command and its whole answer: what waits is fetched, a wrong Le set right.  Refused for any bad status.

    CodecError when the card announces more and more: an answer ends after so many pieces.
    """
    reply = _split((yield command.encode()))
    if reply.sw >> 8 == 0x6C:
        right = CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data, reply.sw & 0xFF or _ALL)
        reply = _split((yield right.encode()))
    data = reply.data
    pieces = 0
    while reply.sw >> 8 == 0x61:
        pieces += 1
        if pieces > _PIECES:
            raise CodecError(f"the card announces more octets without end: {_PIECES} pieces were fetched")
        cla = command.cla & 0x4F if command.cla != 0xA0 else command.cla
        reply = _split((yield CommandApdu(cla, 0xC0, le=reply.sw & 0xFF or _ALL).encode()))
        data += reply.data
    if not reply.sw.is_ok and reply.sw != 0x6283:
        raise CommandRefused(reply.sw)
    return CardReply(data, reply.sw)


def _split(answer: bytes) -> CardReply:
    if len(answer) < 2:
        raise CommandRefused(0x6F00)  # a card that says nothing has a technical problem
    return CardReply(answer[:-2], StatusWord(int.from_bytes(answer[-2:], "big")))


@asked
def select(path: FilePath, channel: int = 0, *, application: bool = False) -> ApduProcedure[Fcp]:
    """SELECT by path from the MF, or from the current application."""
    fids = ((0x7FFF, *path) if application else path) or (MF.fid,)
    data = b"".join(fid.to_bytes(2, "big") for fid in fids)
    how = 0x08 if application or path else 0x00
    reply = yield from send(CommandApdu(class_for(channel), 0xA4, how, 0x04, data, _ALL))
    return Fcp.parse(reply.data)


@asked
def select_aid(aid: bytes, channel: int = 0) -> ApduProcedure[Fcp]:
    """SELECT an application."""
    reply = yield from send(CommandApdu(class_for(channel), 0xA4, 0x04, 0x04, aid, _ALL))
    return Fcp.parse(reply.data)


@asked
def window(size: int, begin: int = 0, length: int | None = None) -> range:
    """The offsets of ``length`` octets from ``begin`` of a file of ``size`` octets; None: to its end.

    CodecError when the file does not say its size, ends before, or reaches further than READ BINARY does.

    >>> window(100, 20), window(100, 20, 10)
    (range(20, 100), range(20, 30))
    """
    if size < 0:
        raise CodecError("the card does not say how many octets the file has")
    end = size if length is None else begin + length
    if end > size or begin > size:
        raise CodecError(f"octets {begin} to {end} are asked for, the file has {size}")
    if end > _REACH:
        raise CodecError(f"octets up to {end} are asked for: READ BINARY reaches the first {_REACH}")
    return range(begin, end)


@asked
def read_file(fcp: Fcp, channel: int = 0, begin: int = 0, length: int | None = None) -> ApduProcedure[bytes]:
    """``length`` octets from ``begin`` of the current transparent file, the whole file if not told; in pieces.

    CodecError when not all of them can be read (``window``): nothing is cut.
    """
    wanted, data = window(fcp.size, begin, length), b""
    while len(data) < len(wanted):
        at, size = wanted[len(data)], min(_CHUNK, len(wanted) - len(data))
        reply = yield from send(CommandApdu(class_for(channel), 0xB0, at >> 8, at & 0xFF, le=size))
        if len(reply.data) != size:
            raise CodecError(f"the card gave {many(len(reply.data), 'octet')} of a file where {size} were asked for")
        data += reply.data
    return data


@asked
def write_file(
    data: bytes, fcp: Fcp, channel: int = 0, begin: int = 0, length: int | None = None
) -> ApduProcedure[None]:
    """Write over ``length`` octets from ``begin`` of the current transparent file (None: to its end), in pieces, and FF
    behind the data.  Refused with 6A84 when there is no room for them.

    The access rule speaks with the first piece: what is refused there has written nothing.
    """
    try:
        room = window(fcp.size, begin, length)
    except CodecError:
        raise CommandRefused(0x6A84) from None
    if len(data) > len(room):
        raise CommandRefused(0x6A84)
    content = data.ljust(len(room), b"\xff")
    for done in range(0, len(content), _CHUNK):
        at, piece = begin + done, content[done : done + _CHUNK]
        yield from send(CommandApdu(class_for(channel), 0xD6, at >> 8, at & 0xFF, piece))


@asked
def read_records(fcp: Fcp, channel: int = 0) -> ApduProcedure[tuple[bytes, ...]]:
    """Every record of the current file."""
    rows = []
    for number in range(1, fcp.records + 1):
        row = yield from read_record(fcp, number, channel)
        rows.append(row)
    return tuple(rows)


@asked
def read_record(fcp: Fcp, number: int, channel: int = 0) -> ApduProcedure[bytes]:
    """One record of the current file, counted from 1."""
    reply = yield from send(CommandApdu(class_for(channel), 0xB2, number, 0x04, le=fcp.record))
    if len(reply.data) != fcp.record:
        raise CodecError(f"the card gave {many(len(reply.data), 'octet')} of a record of {fcp.record}")
    return reply.data


@asked
def write_record(number: int, data: bytes, channel: int = 0) -> ApduProcedure[None]:
    """Write over one record of the current file, counted from 1."""
    yield from send(CommandApdu(class_for(channel), 0xDC, number, 0x04, data))


@asked
def verify(reference: int, pin: bytes, channel: int = 0) -> ApduProcedure[int | None]:
    """VERIFY PIN.  None when it was right, else how many tries are left (0: blocked)."""
    answer = _split((yield CommandApdu(class_for(channel), 0x20, 0, reference, pin).encode()))
    if answer.sw.is_ok or answer.sw in (0x6984, 0x6985):  # right, or switched off: cards say either
        return None
    if answer.sw & 0xFFF0 == 0x63C0:
        return answer.sw & 0xF
    if answer.sw == 0x6983:
        return 0
    raise CommandRefused(answer.sw)


def open_channel() -> ApduProcedure[int]:
    """MANAGE CHANNEL: the number of a new logical channel.  CodecError when the card names none."""
    reply = yield from send(CommandApdu(0x00, 0x70, le=1))
    if not reply.data or not 1 <= reply.data[0] <= 19:
        raise CodecError(f"the card opened channel {reply.data.hex() or 'nothing'}: 1 to 19 are there")
    return reply.data[0]


def close_channel(channel: int) -> ApduProcedure[None]:
    """MANAGE CHANNEL: give the channel back."""
    yield from send(CommandApdu(0x00, 0x70, 0x80, channel))


# -- procedures


def iccid() -> ApduProcedure[str]:
    """Who the card is."""
    fcp = yield from select((0x2FE2,))
    data = yield from read_file(fcp)
    return ICCID.decode(data)  # type: ignore[no-any-return]


def applications() -> ApduProcedure[tuple[dict[str, str], ...]]:
    """What EF.DIR lists; records that are empty or cannot be read are passed over."""
    fcp = yield from select((0x2F00,))
    rows = yield from read_records(fcp)
    return tuple(_readable(rows))


def _readable(rows: Sequence[bytes]) -> Iterator[dict[str, str]]:
    for row in rows:
        try:
            yield DIR.decode(row)
        except CodecError:
            continue


@dataclass(frozen=True, slots=True)
class Start:
    """What a phone knows after switching on: identities, applications, services, state of PIN1."""

    iccid: str
    applications: tuple[dict[str, str], ...]
    imsi: str = ""
    services: tuple[int, ...] = ()
    pin: str = "off"


def start(pin: bytes | None = None, profile: bytes = b"\xff\xff\xff\xff") -> ApduProcedure[Start]:
    """Switching on: identity, applications, the USIM, its PIN, what it offers, the terminal's profile.  [sheet §5]

    An empty ``profile`` is not sent.
    """
    who = yield from iccid()
    listed = yield from applications()
    aid = next((bytes.fromhex(one["aid"]) for one in listed if one.get("aid", "").startswith("a0000000871002")), None)
    if aid is None:
        return Start(who, listed)
    fcp = yield from select_aid(aid)
    state = "on" if dict(fcp.pins).get(0x01) else "off"
    if state == "on":
        left = (yield from verify(0x01, pin)) if pin is not None else None
        state = "asked for" if pin is None else "right" if left is None else f"wrong, {many(left, 'try')} left"
    imsi, services = "", ()
    if state in ("off", "right"):
        fcp = yield from select((0x6F38,), application=True)
        services = tuple(SERVICES.decode((yield from read_file(fcp))))
        fcp = yield from select((0x6F07,), application=True)
        imsi = IMSI.decode((yield from read_file(fcp)))
    if profile:
        yield from send(CommandApdu(0x80, 0x10, data=profile))
    return Start(who, listed, imsi, services, state)


@asked
def fetch(size: int, cla: int = 0x80) -> ApduProcedure[tuple[tuple[int, tuple[FilePath, ...]] | None, StatusWord]]:
    """Take a proactive command of ``size`` octets (91xx announced it) and say that it was done.

    Mode and changed files of a REFRESH, None for what is no REFRESH; and the last status word, which is 91xx again when
    more waits.  [TS 102 223 §6.4.7]
    """
    reply = yield from send(CommandApdu(cla, 0x12, le=size or _ALL))
    found = read_refresh(reply.data)
    whole, _ = read(reply.data)
    details = next((part.value for part in whole.parts if part.tag & 0x7F == 0x01), b"")
    result = b"\x00" if found is not None else b"\x30"  # done; beyond what this terminal can do
    done = b"\x81\x03" + details + b"\x82\x02\x82\x81\x83\x01" + result
    last = yield from send(CommandApdu(cla, 0x14, data=done))
    return found, last.sw
