"""The whole way of a bootstrap over the air: server, short messages, phone, card, REFRESH, a new account; one trace.

>>> from dmkit.device.device import Device
>>> from dmkit.card.card import Usim
>>> from dmkit.card.ota.card import OtaCard
>>> from dmkit.card.turn import Services
>>> keys = OtaKeys(bytes(range(16)), bytes(range(16)))
>>> phone = Device.blank(card=Usim.example(b"", services=Services(ota=OtaCard({1: keys}))))
>>> chain = rewrite_bootstrap(phone, b"no document", OtaSender(keys))
>>> print(chain.hops[0])
server -> air: 7 commands in a packet of 1098 octets, 9 short messages
>>> chain.proof.status.name, chain.proof.signed
('OK', True)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, fields
from typing import TYPE_CHECKING, Final

from dmkit.card.files import AID_PKCS15
from dmkit.card.ota.packets import (
    TARS,
    OtaKeys,
    SecuredCommand,
    SecuredResponse,
    Spi,
    decode_response,
    encode_command,
)
from dmkit.card.ota.script import compact, update_file
from dmkit.card.ota.sms import deliver
from dmkit.device.card_slot import CardAnswered
from dmkit.session.events import Event
from dmkit.tree.tree import Tree
from dmkit.views.look import escape
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.session.client import ClientSession

__all__ = ["Chain", "DeliveryHop", "OtaSender", "rewrite_bootstrap", "send_script"]

_SHOWN: Final = 32


@dataclass(slots=True)
class OtaSender:
    """The operator's end: keys and counter of one card, and how its packets are protected."""

    keys: OtaKeys
    spi: Spi = field(default_factory=Spi)
    kic: int = 0x12
    kid: int = 0x12
    tar: bytes = TARS["USIM RFM"]
    counter: int = 0
    number: str = "49170"

    def seal(self, script: bytes) -> tuple[SecuredCommand, bytes]:
        """The next packet; the counter moves."""
        self.counter += 1
        command = SecuredCommand(script, self.spi, self.kic, self.kid, self.tar, self.counter)
        return command, encode_command(command, self.keys)

    def read(self, answer: bytes) -> SecuredResponse:
        """A proof of receipt.  CodecError when it is none, or its check is wrong."""
        return decode_response(answer, self.keys, self.spi, self.kic, self.kid)


@dataclass(frozen=True, slots=True)
class DeliveryHop:
    """One step: ``who`` says or does ``what``, for ``to``; ``octets`` are those that travel."""

    who: str
    to: str
    what: str
    octets: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        return f"{self.who} {'-> ' + self.to if self.to else 'itself'}: {self.what}"


@dataclass(frozen=True)
class Chain:
    """Everything that one packet led to, in order.

    ``proof`` is the proof of receipt, None where none came; ``before`` and ``after`` are the phone's trees;
    ``sessions`` are those that the phone now wants to open.
    """

    hops: tuple[DeliveryHop, ...]
    before: Tree = field(repr=False)
    after: Tree = field(repr=False)
    proof: SecuredResponse | None = None
    sessions: tuple[ClientSession, ...] = field(default=(), repr=False)

    @property
    def messages(self) -> int:
        """Short messages it took, the one with the proof included."""
        return sum(hop.what.startswith("short message") for hop in self.hops) + (self.proof is not None)

    @property
    def octets(self) -> int:
        """Octets of TPDUs and of the proof."""
        return sum(len(hop.octets) for hop in self.hops if hop.who in ("air", "phone"))

    def rows(self) -> list[dict[str, object]]:
        """One dict per hop, ready for ``pandas.DataFrame``."""
        return [
            {
                "number": n,
                "who": hop.who,
                "to": hop.to,
                "what": hop.what,
                "octets": len(hop.octets),
                "hex": hop.octets.hex(),
            }
            for n, hop in enumerate(self.hops, 1)
        ]

    def __repr__(self) -> str:
        return "\n".join(f"{n:>2} {hop}" for n, hop in enumerate(self.hops, 1))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        heads = ("no.", "who", "to", "what", "octets")
        names = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in heads)
        left = '<td style="text-align:left">'
        body = "".join(
            f"<tr>{left}{n}</td>{left}{escape(hop.who)}</td>{left}{escape(hop.to)}</td>{left}{escape(hop.what)}</td>"
            f'<td style="text-align:left;overflow-wrap:anywhere;min-width:14em">{_few(hop.octets)}</td></tr>'
            for n, hop in enumerate(self.hops, 1)
        )
        caption = "<caption>A file of the card rewritten over the air, and what followed</caption>"
        table = f"<table>{caption}<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
        return {"text/plain": repr(self), "text/html": table}


def _few(octets: bytes) -> str:
    """The first of some octets, in hexadecimal; nothing where there are none."""
    return f"<code>{octets[:_SHOWN].hex()}{'...' if octets[_SHOWN:] else ''}</code>" if octets else ""


def send_script(
    phone: Device, apdus: Sequence[bytes], sender: OtaSender, *, reference: int = 1, now: float = 0.0
) -> Chain:
    """Send commands to the card in ``phone`` and follow them until nothing more happens."""
    before = phone.tree
    _, packet = sender.seal(compact(apdus))
    units = deliver(packet, sender=sender.number, reference=reference)
    counted = many(len(units), "short message")
    hops = [
        DeliveryHop(
            "server",
            "air",
            f"{many(len(apdus), 'command')} in a packet of {many(len(packet), 'octet')}, {counted}",
            packet,
        )
    ]
    proof: SecuredResponse | None = None
    sessions: tuple[ClientSession, ...] = ()
    for number, unit in enumerate(units, 1):
        hops.append(
            DeliveryHop("air", "phone", f"short message {number} of {len(units)}, for the card (TP-PID 7F)", unit)
        )
        reaction = phone.to_card(unit, now)
        sessions += reaction.sessions
        for event in reaction.events:
            if not isinstance(event, CardAnswered):
                hops.append(DeliveryHop("phone", "", _say(event)))
                continue
            answer = bytes.fromhex(event.data)
            hops.append(DeliveryHop("card", "phone", event.status, answer))
            if answer:
                proof, told = _told(sender, answer)
                hops.append(DeliveryHop("phone", "server", f"proof of receipt: {told}", answer))
    for session in sessions:
        hops.append(DeliveryHop("phone", session.account.address, "opens a session with the new account"))
    return Chain(tuple(hops), before, phone.tree, proof, sessions)


def rewrite_bootstrap(
    phone: Device, document: bytes, sender: OtaSender, *, file: int = 0x6431, room: int = 1024, now: float = 0.0
) -> Chain:
    """Write ``document`` into the bootstrap file of the card, and FF behind it up to ``room`` octets.

    What stood in the file before must not be read with it: ``room`` is how much that may have been.
    """
    return send_script(phone, update_file([file], document.ljust(room, b"\xff"), aid=AID_PKCS15), sender, now=now)


def _say(event: Event) -> str:
    """An event in a line: its own words, or its name and what it holds."""
    text = str(event)
    if text != type(event).__name__:
        return text
    held = [getattr(event, each.name) for each in fields(event) if each.name != "seconds"]
    words = [", ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in held]
    return f"{text}: {', '.join(word for word in words if word)}" if any(words) else text


def _told(sender: OtaSender, answer: bytes) -> tuple[SecuredResponse | None, str]:
    try:
        proof = sender.read(answer)
    except CodecError as error:
        return None, f"not to be believed: {error}"
    vouched = "signed" if proof.signed else "nobody vouches for it"
    return proof, f"{proof.status.name}, {vouched}" + (
        f", {many(proof.data[0], 'command')}, SW {proof.data[1:3].hex().upper()}" if len(proof.data) > 2 else ""
    )
