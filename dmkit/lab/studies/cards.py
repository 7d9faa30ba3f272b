"""Cards for lessons and measurements: an operator with keys and a card that shares them, commands by hand, costs.

Every frame says in ``.attrs`` which version made it, with which parameters, and the unit of each column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from dmkit.bootstrap.card_reading import read
from dmkit.card import terminal
from dmkit.card.aka.aka import AuthenticationCentre, Challenge, Subscriber, UsimAuthenticator
from dmkit.card.aka.gba import GbaUsim
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.card.exchange import Log
from dmkit.card.ota.card import Level, OtaCard
from dmkit.card.ota.packets import TARS, Integrity, OtaKeys, Spi
from dmkit.card.pins import padded
from dmkit.card.pkcs15 import DM_BOOTSTRAP, DataObject
from dmkit.card.turn import Services
from dmkit.device.device import Device
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.plots.drawing import COLOURS, finished, new_axes
from dmkit.server.overair import Chain, OtaSender, rewrite_bootstrap
from dmkit.words.arguments import instance
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError
from dmkit.words.ranges import SomeOctets

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["AIR_COST", "IMSI", "PROTECTIONS", "READ_COST", "Operator", "air_cost", "operator", "plot_air_cost",
           "power_on", "read_cost", "read_directory", "send"]  # fmt: skip

IMSI: Final = "001010123456789"
_KEY: Final = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc")  # test set 1 of TS 35.207, published
_OPC: Final = bytes.fromhex("cd63cb71954a9f4e48a5994e37a02baf")
_OTA: Final = OtaKeys(
    bytes.fromhex("00112233445566778899aabbccddeeff"), bytes.fromhex("ffeeddccbbaa99887766554433221100")
)

PROTECTIONS: Final[Mapping[str, tuple[Spi, int]]] = {
    "none": (Spi(Integrity.NONE, ciphered=False), 0x00),
    "checksum": (Spi(Integrity.CC, ciphered=False), 0x12),
    "checksum and cipher, 3DES": (Spi(), 0x15),
    "checksum and cipher, AES": (Spi(), 0x12),
}
"""How a packet to the card is protected: name -> security parameters, and algorithm of key set 1."""

READ_COST: Final[Mapping[str, str]] = {
    "size": "octets of the bootstrap file",
    "commands": "commands from EF.DIR to the last octet",
    "octets": "octets of all commands and answers",
    "overhead": "times the octets of the file: what is not the file",
}
"""Columns of ``read_cost`` and their units."""

AIR_COST: Final[Mapping[str, str]] = {
    "size": "octets of the bootstrap file",
    "protection": "how the packet is protected",
    "packet": "octets of the packet",
    "messages": "short messages to the card",
    "octets": "octets of all short messages and of the proof of receipt",
    "proof": "what the proof of receipt says",
}
"""Columns of ``air_cost`` and their units."""


@checked
@dataclass(frozen=True)
class Operator:
    """The other end of a card: who makes challenges for it, and who writes to it over the air."""

    centre: AuthenticationCentre
    """Makes challenges."""
    sender: OtaSender
    """Writes over the air."""
    room: SomeOctets = 1024
    """Octets of the bootstrap file on the card."""

    def challenge(self) -> Challenge:
        """The next challenge for the subscriber."""
        return self.centre.vector(IMSI)

    def rewrite(self, phone: Device, document: bytes) -> Chain:
        """Write the whole bootstrap file, ``room`` octets, over the air; what happened, hop by hop."""
        return rewrite_bootstrap(phone, document, self.sender, room=self.room)


def operator(bootstrap: bytes | None = None, *, pin: str | None = None, private: bool = False) -> tuple[Usim, Operator]:
    """A card of an operator, and the operator: they share a secret key (that of test set 1) and keys for the air.

    ``pin`` switches PIN1 on.  Challenges are 1, 2, 3 ... in 16 octets: the same in every run.
    """
    functions = Milenage(_KEY, _OPC)
    usim = UsimAuthenticator(functions)
    services = Services(usim, GbaUsim(usim, plain_mac=True), OtaCard({1: _OTA}), _numbers(8))
    card = Usim.example(
        bootstrap, imsi=IMSI, pin=pin or "1234", pin_enabled=pin is not None, private=private, services=services
    )
    centre = AuthenticationCentre({IMSI: Subscriber(functions)}, _numbers(16))
    return card, Operator(centre, OtaSender(_OTA), max(1024, len(bootstrap or b"")))


def _numbers(size: int) -> Iterator[bytes]:
    return (number.to_bytes(size, "big") for number in count(1))


def send(card: Usim, *commands: str | bytes) -> Log:
    """Send commands in hexadecimal, one after the other; what was said.  CodecError for what is no hexadecimal.

    >>> send(Usim.example(), "00A4000C022FE2", "00B000000A")
      1  ✓ 00 a4 00 0c 02 2f e2              SELECT EF.ICCID: done
      2  ✓ 00 b0 00 00 0a                    READ BINARY EF.ICCID: 8900101000000000019
    """
    start = len(card.log)
    for command in commands:
        instance("a command", command, (str, bytes), "hexadecimal such as '00A40004022FE2', or octets")
        try:
            apdu = bytes.fromhex(command) if isinstance(command, str) else command
        except ValueError:
            raise CodecError(f"{command!r} is no command in hexadecimal, such as 00A40004022FE2") from None
        card.transmit(apdu)
    return card.log[start:]


def power_on(card: Usim, pin: str | None = None) -> Log:
    """What a phone says to a card when it is switched on; ``pin`` is what its user types."""
    card.reset()
    start = len(card.log)
    terminal.run(card, terminal.start(padded(pin) if pin is not None else None))
    return card.log[start:]


def read_directory(card: Usim, pin: str | None = None) -> Log:
    """What a phone says to a card to find bootstrap data in it."""
    start = len(card.log)
    terminal.run(card, read(padded(pin) if pin is not None else None))
    return card.log[start:]


# -- costs


def read_cost(sizes: Iterable[int]) -> pd.DataFrame:
    """What finding and reading a bootstrap file of each size takes."""
    rows: list[dict[str, object]] = []
    for size in sizes:
        entry = DataObject("OMA DM Bootstrap", DM_BOOTSTRAP, b"\x64\x31", data=bytes(size))
        log = read_directory(Usim.example(objects=[entry]))
        octets = sum(len(exchange.apdu) + len(exchange.answer) for exchange in log)
        overhead = round((octets - size) / size, 3)
        rows.append({"size": size, "commands": len(log), "octets": octets, "overhead": overhead})
    return _frame(rows, READ_COST, "cards.read_cost")


def air_cost(sizes: Iterable[int], protections: Iterable[str] | None = None) -> pd.DataFrame:
    """What rewriting a bootstrap file of each size over the air takes, with real packets into a real card."""
    rows: list[dict[str, object]] = []
    chosen = tuple(protections or PROTECTIONS)
    for size in sizes:
        for name in chosen:
            spi, algorithm = PROTECTIONS[name]
            card, _ = operator(bytes(size))
            card.services = _lenient(card.services)
            sender = OtaSender(_OTA, spi, algorithm, algorithm)
            chain = rewrite_bootstrap(Device.blank(card=card), bytes(size), sender, room=size)
            packet = next(hop.octets for hop in chain.hops if hop.to == "air")
            messages = chain.messages - (chain.proof is not None)
            rows.append(
                {
                    "size": size,
                    "protection": name,
                    "packet": len(packet),
                    "messages": messages,
                    "octets": chain.octets,
                    "proof": chain.proof.status.name if chain.proof else "none",
                }
            )
    return _frame(rows, AIR_COST, "cards.air_cost", protections=chosen)


def _lenient(services: Services) -> Services:
    """A card that takes packets without protection: only to measure them."""
    return replace(services, ota=OtaCard({1: _OTA}, {TARS["USIM RFM"]: Level(Integrity.NONE)}))


def plot_air_cost(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Short messages against the size of the file, a line per protection."""
    axes = new_axes(ax)
    for number, (name, rows) in enumerate(frame.groupby("protection", sort=False)):
        width = max(1.4, 6.5 - 1.8 * number)  # lines that lie on each other: the later ones inside the earlier ones
        axes.plot(
            rows["size"],
            rows["messages"],
            ls=("-", "--", ":", "-")[number % 4],
            lw=width,
            drawstyle="steps-post",
            color=COLOURS[number % len(COLOURS)],
            label=str(name),
        )
    axes.set_ylim(0)
    axes.legend(frameon=False, fontsize=9)
    return finished(axes, "Rewriting the bootstrap file over the air", "octets of the file", "short messages")
