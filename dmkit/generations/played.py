"""What came of an intent in one protocol: who sent how much, in how many turns, and what everybody knows at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from dmkit.generations.carriage import NOTHING, TCP, UDP, Security, Transport

__all__ = ["CAUSES", "PlayedIntent", "SentPiece", "first_changes"]

CAUSES = ("body", "framing", "transport", "security")
"""What octets are spent on, from the inside outwards."""


@dataclass(frozen=True, slots=True)
class SentPiece:
    """One thing that was sent: by whom, what it was in a few words, octets of its body and of its framing.

    ``request`` is True for whoever began the turn; ``over`` says ``tcp``, ``udp`` or ``sms``.
    """

    sender: str
    what: str
    body: int
    framing: int
    request: bool
    over: str = "tcp"
    lost: bool = False


@dataclass(frozen=True, slots=True)
class PlayedIntent:
    """An intent in one protocol, from a run.

    ``starts`` says who may begin, ``rights`` what the server needs on the device, ``knows`` what the server knows at
    the end, ``basis`` on what the run rests; ``done`` whether the device is as it was wanted.  ``once`` are octets that
    are paid once for many intents (a registration), among ``sent`` too.
    """

    generation: str
    done: bool
    sent: tuple[SentPiece, ...]
    starts: str
    rights: str
    knows: str
    basis: str
    once: tuple[SentPiece, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def trips(self) -> int:
        """Round trips: turns that somebody began."""
        return sum(piece.request for piece in self.sent)

    def octets(self, sender: str, cause: str, *, security: Security = NOTHING) -> int:
        """Octets that ``device`` or ``server`` (or a repository, which counts as the server's side) sent, of one cause.

        The handshake is not among them: ``opening`` has it.
        """
        mine = [piece for piece in self.sent if (piece.sender == "device") == (sender == "device")]
        return sum(_cost(piece, cause, security) for piece in mine)

    @property
    def connections(self) -> int:
        """Connections that the device opens, one for each party; sessions with the same share one."""
        pieces = [piece for piece in self.sent if piece.over != "sms"]
        return (1 + any(piece.sender == "repository" for piece in pieces)) if pieces else 0

    def opening(self, sender: str, *, security: Security = NOTHING) -> int:
        """Octets before the first message of each connection: TCP's own, and the handshake."""
        transport = TCP if any(piece.over == "tcp" for piece in self.sent) else UDP
        if sender == "device":
            own = transport.opening_up + security.up + security.up_packets * transport.header
        else:
            own = transport.opening_down + security.down + security.down_packets * transport.header
        return self.connections * own

    def sides(self, *, security: Security = NOTHING) -> tuple[tuple[str, int], ...]:
        """Who sent each piece, and its octets of all causes; short messages are left out, they take another way."""
        pieces = [piece for piece in self.sent if piece.over != "sms"]
        return tuple((piece.sender, sum(_cost(piece, cause, security) for cause in CAUSES)) for piece in pieces)

    def total(self, *, security: Security = NOTHING) -> int:
        """All octets of all causes, opening included."""
        pieces = sum(self.octets(side, cause, security=security) for side in ("device", "server") for cause in CAUSES)
        return pieces + sum(self.opening(side, security=security) for side in ("device", "server"))


def _cost(piece: SentPiece, cause: str, security: Security) -> int:
    if cause == "body":
        return piece.body
    if cause == "framing":
        return piece.framing
    inner = piece.body + piece.framing
    if piece.over == "sms":
        return 0
    if cause == "security":
        return security.octets(inner)
    transport: Transport = TCP if piece.over == "tcp" else UDP
    return transport.octets(inner + security.octets(inner))


def first_changes(told: int) -> str:
    """What a server knows that was told ``told`` changes, and not the last one.

    >>> first_changes(2), first_changes(0)
    ('the changes up to number 2', 'nothing')
    """
    return f"the changes up to number {told}" if told else "nothing"
