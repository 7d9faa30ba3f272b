"""One command on its way through the card: what a handler gets, and what it gives.

A handler is a function of a Turn: it gives an Answer with a new State, or raises Refused and nothing has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Protocol, TypeAlias

from dmkit.card.aka.aka import AkaResult as AkaAnswer
from dmkit.card.aka.aka import Triplet
from dmkit.card.apdu import CommandApdu, CommandRefused
from dmkit.card.memory import FilePath, LogicalChannel, Stored, UsimState
from dmkit.words.checked import checked
from dmkit.words.ranges import Octet, Range
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.card.ota.card import Received

__all__ = ["AkaAuthenticator", "ApduHandler", "CardTurn", "Gba", "Handled", "Ota", "Services"]


class AkaAuthenticator(Protocol):
    """Who knows the secret key: `dmkit.card.aka.aka.UsimAuthenticator`."""

    def run(self, rand: bytes, autn: bytes) -> AkaAnswer:
        """Answer a 3G challenge."""

    def run_gsm(self, rand: bytes) -> Triplet:
        """Answer a 2G challenge."""


class Gba(Protocol):
    """Who keeps the key of GBA_U in the card: `dmkit.card.aka.gba.GbaUsim`."""

    def bootstrap(self, rand: bytes, autn: bytes) -> AkaAnswer:
        """Run a challenge and keep its keys."""

    def derive(self, naf: bytes, impi: str) -> bytes:
        """The key of one service.  LocalProtocolError before any bootstrapping."""


class Ota(Protocol):
    """Who opens secured packets: `dmkit.card.ota.card.OtaCard`."""

    def receive(self, packet: bytes, run: Callable[[list[bytes]], Sequence[bytes]]) -> Received:
        """Open a secured packet, let ``run`` carry out its commands, and say what the card answers."""


@checked
@dataclass(frozen=True, slots=True)
class Services:
    """What a card computes with but does not keep in files; each may be missing.

    ``challenges`` gives the octets of GET CHALLENGE.  ``ota_keys`` are the references that a secured packet counts as
    having shown; ``refresh`` whether a file changed by one makes the card ask for REFRESH.  ``channels`` is how many
    logical channels there are, ``classes`` which class octets are heard (00 stands for all that name a channel).
    """

    authenticator: AkaAuthenticator | None = None
    """Answers AUTHENTICATE; None: the card cannot."""
    gba: Gba | None = None
    """Its bootstrapping of keys."""
    ota: Ota | None = None
    """Opens secured packets."""
    challenges: Iterator[bytes] | None = None
    """Octets of GET CHALLENGE."""
    ota_keys: frozenset[Octet] = frozenset({0x0A, 0x01})
    refresh: bool = True
    """Whether a file changed over the air makes the card ask for REFRESH."""
    channels: Annotated[int, Range("number", 1, 20, whole=True)] = 4
    classes: frozenset[Octet] = frozenset({0x00, 0xA0})


@dataclass(frozen=True, slots=True)
class CardTurn:
    """A command, the channel it names, and the state it finds; ``perform`` is how further commands are done."""

    state: UsimState
    command: CommandApdu
    number: int
    services: Services
    perform: Perform

    @property
    def channel(self) -> LogicalChannel:
        """Where the channel is."""
        return self.state.session.channels[self.number]

    def current(self) -> tuple[FilePath, Stored]:
        """The current elementary file.  Refused with 6986 when there is none."""
        path = self.channel.file
        if path is None:
            raise CommandRefused(0x6986)
        return path, self.state.memory.files[path]

    def done(self, data: bytes = b"", sw: int = 0x9000, *, state: UsimState | None = None) -> Handled:
        """The answer, with the state as it was when none is given."""
        return Handled(state if state is not None else self.state, data, sw)

    def at(self, channel: LogicalChannel, data: bytes = b"", sw: int = 0x9000) -> Handled:
        """The answer, with the channel moved."""
        return Handled(self.state.with_channel(self.number, channel), data, sw)


@dataclass(frozen=True, slots=True)
class Handled:
    """What a handler gives: the state from now on, data, status word."""

    state: UsimState
    data: bytes = b""
    sw: int = 0x9000


ApduHandler: TypeAlias = Callable[[CardTurn], Handled]
Perform: TypeAlias = Callable[[UsimState, bytes, Services], Handled]
