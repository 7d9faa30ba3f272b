"""A virtual reader into which software cards of others are put: the listening side of what `dmkit.transport.vpcd` says.

Software cards connect to port 35963, where the reader of vsmartcard would be.  Who listens there instead talks to the
card without PC/SC.  Messages are a length in two octets and that many octets; one octet is an order.

>>> from threading import Thread
>>> from dmkit.card.card import Usim
>>> from dmkit.transport.vpcd import insert, serve
>>> reader = VirtualReader(port=0)
>>> with insert(port=reader.port) as theirs:
...     card = Thread(target=serve, args=(Usim.example(), theirs))
...     card.start()
...     reader.wait()
...     reader.atr.hex(), reader.transmit(bytes.fromhex("00A4000C022FE2")).hex()
...     reader.close()
...     card.join()
('3b9d96801f878031e073fe211365646d6b6974e7', '9000')
"""

from __future__ import annotations

import socket
from typing import Self

from dmkit.transport.vpcd import ATR, OFF, ON, PORT, RESET, exactly
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError, RemoteProtocolError

__all__ = ["VirtualReader"]


class VirtualReader:
    """Listens at ``host`` and ``port`` (0: a free one) for one card; ``seconds`` is how long it waits for anything.

    ConfigError when the port is taken: a pcscd with vpcd has it.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = PORT, *, seconds: float = 10.0) -> None:
        try:
            address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
            self._listening = socket.create_server((str(address[0]), port))
        except (OSError, TypeError, ValueError) as error:  # the latter two for a host that is no name
            why = getattr(error, "strerror", None) or error
            raise ConfigError(
                f"cannot listen as a virtual reader at {host!r}, port {port} ({why}); an address of this "
                "machine and a free port are right; a pcscd with vpcd takes one"
            ) from None
        self._listening.settimeout(seconds)
        self._seconds = seconds
        self._card: socket.socket | None = None
        self.port: int = self._listening.getsockname()[1]

    def wait(self) -> None:
        """Until a card is put in; it is switched on.  ConfigError when none comes in time."""
        try:
            self._card, _ = self._listening.accept()
        except TimeoutError:
            raise ConfigError(f"no software card connected to port {self.port} in {self._seconds:g} s") from None
        self._card.settimeout(self._seconds)
        self._card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._say(bytes([ON]))

    @property
    def atr(self) -> bytes:
        """The card's answer to reset."""
        return self._ask(bytes([ATR]))

    def reset(self) -> bytes:
        """Off and on again; the answer to reset."""
        for order in (OFF, ON, RESET):
            self._say(bytes([order]))
        return self.atr

    def transmit(self, apdu: bytes) -> bytes:
        """Carry out one command; the answer with its status word.

        RemoteProtocolError when the card says nothing in time, or is gone; also for a command of one octet, which
        would be an order to the reader.
        """
        if len(apdu) < 2:
            raise RemoteProtocolError(
                f"the virtual reader takes {many(len(apdu), 'octet')} for an order, not for a command"
            )
        return self._ask(bytes(apdu))

    def _say(self, message: bytes) -> socket.socket:
        if self._card is None:
            raise RemoteProtocolError("no card is in the virtual reader: wait() for one")
        try:
            self._card.sendall(len(message).to_bytes(2, "big") + message)
        except OSError as error:
            raise RemoteProtocolError(f"the card in the virtual reader is gone: {error}") from None
        return self._card

    def _ask(self, message: bytes) -> bytes:
        card = self._say(message)
        try:
            head = exactly(card, 2) or b""
            return exactly(card, int.from_bytes(head, "big")) or b""
        except TimeoutError:
            raise RemoteProtocolError(f"the card in the virtual reader said nothing in {self._seconds:g} s") from None

    def close(self) -> None:
        """Take the card out, and listen no more."""
        if self._card is not None:
            self._card.close()
        self._listening.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
