"""A real card in a real reader, through PC/SC: the same ``transmit`` as a software card has.

Needs pyscard (the extra ``card``).  With it, the terminal's procedures run against cards of metal and plastic.

>>> from dmkit.card.card import Usim
>>> class ReaderConnection:                       # what pyscard gives; here a software card behind it
...     card = Usim.example()
...     def transmit(self, apdu):
...         *data, sw1, sw2 = self.card.transmit(bytes(apdu))
...         return data, sw1, sw2
>>> PcscCard(ReaderConnection()).transmit(bytes.fromhex("00A4000C022FE2")).hex()
'9000'
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from dmkit.card.apdu import CommandApdu
from dmkit.words.errors import CodecError, ConfigError, RemoteProtocolError

__all__ = ["PcscCard", "ReaderConnection", "connect"]


class ReaderConnection(Protocol):
    """The part of a connection of pyscard that is used."""

    def transmit(self, apdu: Sequence[int]) -> tuple[Sequence[int], int, int]:
        """Data and the two octets of the status word."""


class PcscCard:
    """A card behind a reader.  ``block`` is whether whole commands travel (T=1), or, as with most UICCs, data and Le
    never both (T=0): then Le is left out, and the answer is fetched by GET RESPONSE."""

    def __init__(self, connection: ReaderConnection, *, block: bool = False) -> None:
        self.connection = connection
        self.block = block

    def transmit(self, apdu: bytes) -> bytes:
        """Carry out one command; the answer with its status word.  RemoteProtocolError when the reader fails."""
        try:
            data, sw1, sw2 = self.connection.transmit(list(self._fitting(apdu)))
        except Exception as error:  # pyscard has a family of its own, which is not there where pyscard is not
            raise RemoteProtocolError(f"the card reader: {error}") from error
        return bytes(data) + bytes([sw1, sw2])

    def _fitting(self, apdu: bytes) -> bytes:
        try:
            command = CommandApdu.parse(apdu)
        except CodecError:
            return apdu
        if self.block or not command.data or command.le is None:
            return apdu
        return CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data).encode()


def connect(name: str = "") -> PcscCard:
    """The card in the first reader whose name has ``name`` in it.

    ConfigError when pyscard, the service, a reader or a card is missing.
    """
    try:
        system: Any = import_module("smartcard.System")
        protocols: Any = import_module("smartcard.CardConnection").CardConnection
    except ImportError:
        raise ConfigError("pyscard is not installed: pip install dmkit[card]") from None
    try:
        found = system.readers()
    except Exception as error:
        raise ConfigError(f"no card readers: {error}") from None
    fitting = [reader for reader in found if name.lower() in str(reader).lower()]
    if not fitting:
        there = ", ".join(map(str, found)) or "none"
        raise ConfigError(f"no reader is called {name!r}; there are: {there}" if name else "there is no card reader")
    connection = fitting[0].createConnection()
    try:
        connection.connect()
    except Exception as error:
        raise ConfigError(f"{fitting[0]}: {error}") from None
    return PcscCard(connection, block=connection.getProtocol() == protocols.T1_protocol)
