"""The software card in a reader of PC/SC: a client of the virtual reader of vsmartcard (vpcd).

The reader listens on port 35963.  Its messages and ours are a length in two octets and that many octets: one octet is
an order (off, on, reset, tell the ATR), more are a command for the card.  Real card tools then find a card in a reader.

>>> from dmkit.card.card import Usim
>>> card = Usim.example()
>>> answer(card, b"\\x04") == card.atr, answer(card, b"\\x01")
(True, None)
>>> answer(card, bytes.fromhex("00A4000C022FE2")).hex()
'9000'
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from dmkit.card.card import Usim
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError, RemoteProtocolError

__all__ = ["PORT", "answer", "insert", "serve"]

PORT: Final = 35963
OFF, ON, RESET, ATR = 0, 1, 2, 4
_QUICK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)


def answer(card: Usim, message: bytes) -> bytes | None:
    """What goes back to the reader; None for an order that gets no answer."""
    if len(message) != 1:
        return card.transmit(message)
    if message[0] in (OFF, ON, RESET):
        card.reset()
    return card.atr if message[0] == ATR else None


def insert(host: str = "127.0.0.1", port: int = PORT, *, seconds: float = 10.0) -> socket.socket:
    """Connect to the virtual reader.  ConfigError when none listens there."""
    try:
        reader = socket.create_connection((host, port), timeout=seconds)
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"no virtual card reader at {host}:{port} ({why}): is pcscd with vpcd running?") from None
    reader.settimeout(None)
    _at_once(reader)
    return reader


def _at_once(reader: socket.socket) -> None:
    """Acknowledge what comes without waiting for more.

    The reader writes a length and a command in two pieces, and its second waits for the acknowledgement of the first:
    40 ms, when that is put off.  Linux forgets the wish after a while, so it is said again with each message.
    """
    with suppress(OSError):  # not every socket is of TCP
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if _QUICK is not None:
            reader.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)


def serve(card: Usim, reader: socket.socket, told: Callable[[bytes, bytes | None], None] | None = None) -> int:
    """Answer the reader until it closes the connection; how many commands the card carried out.

    ``told`` hears of each message and its answer.  RemoteProtocolError when the connection ends inside a message.
    """
    count = 0
    while True:
        _at_once(reader)
        head = exactly(reader, 2, may_end=True)
        if head is None:
            return count
        _at_once(reader)
        message = exactly(reader, int.from_bytes(head, "big")) or b""
        if not message:
            continue
        reply = answer(card, message)
        count += len(message) > 1
        if reply is not None:
            reader.sendall(len(reply).to_bytes(2, "big") + reply)
        if told is not None:
            told(message, reply)


def exactly(reader: socket.socket, size: int, *, may_end: bool = False) -> bytes | None:
    data = b""
    while len(data) < size:
        try:
            piece = reader.recv(size - len(data))
        except ConnectionError:
            piece = b""
        if not piece:
            if may_end and not data:
                return None
            raise RemoteProtocolError(
                f"the reader closed the connection, {many(size - len(data), 'octet was', 'octets were')} still to come"
            )
        data += piece
    return data
