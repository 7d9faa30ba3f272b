"""A software card: command octets in, answer octets out.

The card keeps a State, which is a value; ``dmkit.card.dispatch.perform`` makes the next one.  Each exchange is kept in
``log`` with the states before and after it.

>>> card = Usim.example()
>>> card.transmit(bytes.fromhex("00A40004022FE200"))[-2:].hex()      # SELECT EF.ICCID
'9000'
>>> card.transmit(bytes.fromhex("00B000000A")).hex()                 # READ BINARY
'980001010000000010f99000'
>>> card.transmit(bytes.fromhex("00D6000001")).hex()                 # no data to write: refused, nothing changes
'6700'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, Self

from dmkit.card.codings import swapped
from dmkit.card.dispatch import perform
from dmkit.card.exchange import Exchange, Log
from dmkit.card.files import AID_PKCS15, AID_USIM, AID_WIM, GSM, MF, PKCS15, TELECOM, USIM, Directory
from dmkit.card.listing import Listing
from dmkit.card.memory import CardKey, CardMemory, CardSession, FilePath, UsimState
from dmkit.card.pins import padded
from dmkit.card.pkcs15 import DM_BOOTSTRAP, DataObject, directory
from dmkit.card.turn import Services
from dmkit.words.arguments import instance
from dmkit.words.asked import WRONG, asked, blamed
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["ATR", "MEDIA", "Card", "Medium", "Usim"]

ATR: Final = bytes.fromhex("3B9D96801F878031E073FE211365646D6B6974E7")
"""Answer to reset of a UICC: T=0 at 512/32 and global octets; selection by name and path, four logical channels, and
"dmkit" in the historical characters, so that no tool takes it for somebody's product.  [TS 102 221 §6.3; sheet usim §4]
"""

_ATR_SIM: Final = bytes.fromhex("3B020202")
_ICCID, _EF_DIR = (0x2FE2,), (0x2F00,)


class Card(Protocol):
    """What a terminal needs of a card: a software card, or a real one behind a reader.

    >>> from dmkit.card.card import Usim
    >>> [name for name in ("transmit", "reset") if callable(getattr(Usim, name, None))]
    ['transmit', 'reset']
    """

    def transmit(self, apdu: bytes) -> bytes:
        """Carry out one command; the answer with its status word."""


@dataclass(frozen=True, slots=True)
class Medium:
    """A kind of card: its directories below the MF, the class octets it hears, its answer to reset.

    >>> MEDIA["usim"].title
    'UICC with a USIM'
    """

    title: str
    below: tuple[Directory, ...]
    classes: frozenset[int]
    atr: bytes = ATR
    aid_pkcs15: bytes = AID_PKCS15


MEDIA: Final[dict[str, Medium]] = {
    "usim": Medium("UICC with a USIM", (TELECOM, GSM, USIM, PKCS15), frozenset({0x00, 0xA0})),
    "sim": Medium("SIM of the second generation", (TELECOM, GSM, PKCS15), frozenset({0xA0}), _ATR_SIM),
    "wim": Medium("wireless identity module", (PKCS15,), frozenset({0x00}), ATR, AID_WIM),
}
"""Kinds of card by name."""


class Usim:
    """A card of a ``medium`` (MEDIA).  ``state`` is replaced by each command that changes something.

    ``services`` are what it computes with: authentication, secured packets, challenges.  ``log`` keeps every exchange;
    with ``keep`` only the last so many.

    >>> card = Usim.example()
    >>> card.transmit(bytes.fromhex("00A40004023F00")).hex()[-4:]   # SELECT of the MF
    '612b'
    """

    @asked
    def __init__(
        self, memory: CardMemory, *, medium: str = "usim", services: Services | None = None, keep: int | None = None
    ) -> None:
        instance("memory", memory, CardMemory, "a CardMemory, such as Usim.example().state.memory")
        if medium not in MEDIA:
            raise ConfigError(f"no medium {medium!r}: there are {', '.join(MEDIA)}")
        self.medium = MEDIA[medium]
        self.state = UsimState(memory)
        self.services = replace(services or Services(), classes=self.medium.classes)
        self.log = Log()
        self.keep = keep
        self._count = 0

    @classmethod
    @asked
    def example(
        cls,
        bootstrap: bytes | None = None,
        *,
        medium: str = "usim",
        imsi: str = "001010123456789",
        iccid: str = "8900101000000000019",
        pin: str = "1234",
        pin_enabled: bool = False,
        private: bool = False,
        objects: Sequence[DataObject] = (),
        services: Services | None = None,
    ) -> Self:
        """A card for lessons: PIN1 ``pin``, PUK 12345678, PIN2 5678, ADM1 ADMINKEY (in ASCII).

        ``bootstrap`` is the content of EF(DM_Bootstrap), a DM bootstrap message in WBXML; its file has room for 1024
        octets or more.  ``private`` puts it behind PIN1.  ``objects`` are further data objects.
        """
        if not (iccid.isascii() and iccid.isdigit() and 18 <= len(iccid) <= 20):
            raise ConfigError(f"an ICCID has 18 to 20 digits, not {iccid!r}")
        announced = list(objects)
        if bootstrap is not None:
            auth = b"\x01" if private else b""
            room = max(1024, len(bootstrap))
            first = DataObject("OMA DM Bootstrap", DM_BOOTSTRAP, b"\x64\x31", private, False, auth, bootstrap, room)
            announced.insert(0, first)
        kind = MEDIA[medium] if medium in MEDIA else MEDIA["usim"]
        pkcs15 = directory(announced, serial=swapped(iccid, 10), aid=kind.aid_pkcs15)
        root = replace(MF, below=tuple(pkcs15 if below is PKCS15 else below for below in kind.below))
        values: dict[FilePath, object] = {_ICCID: iccid, _EF_DIR: list(_applications(kind))}
        values |= {(below.fid, 0x6F07): imsi for below in root.below if below.aid == AID_USIM or below.fid == GSM.fid}
        if kind is MEDIA["usim"]:
            values[USIM.fid, 0x6F38] = sorted([*USIM.file("EF.UST").start, *_working(services or Services())])
        keys = {
            0x01: CardKey(padded(pin), puk=b"12345678", enabled=pin_enabled),
            0x81: CardKey(padded("5678"), puk=b"87654321"),
            0x0A: CardKey(b"ADMINKEY", tries=10, most=10),
        }
        return cls(CardMemory.of(root, keys, values), medium=medium, services=services)

    # -- contacts

    @property
    def atr(self) -> bytes:
        """Answer to reset."""
        return self.medium.atr

    def reset(self) -> bytes:
        """Power off and on again: channels, shown keys and everything that waits are gone, counters stay.  The ATR."""
        self.state = UsimState(self.state.memory, CardSession())
        return self.atr

    def transmit(self, apdu: bytes) -> bytes:
        """Carry out one command; the answer with its status word.  Any octets get an answer."""
        try:
            before = self.state
            done = perform(before, bytes(apdu), self.services)
            self.state = done.state
            answer = done.data + done.sw.to_bytes(2, "big")
            self._count += 1
            self.log.add(Exchange(self._count, bytes(apdu), answer, before, done.state), self.keep)
            return answer
        except WRONG as error:
            raise blamed(error, Usim.transmit, self, apdu) from None

    # -- looking in, past the contacts: for lessons and tests

    @property
    def memory(self) -> CardMemory:
        """Files and keys as they are now."""
        return self.state.memory

    @property
    def tree(self) -> Listing:
        """Its files: who may read and update them, and what they say."""
        return Listing(self.memory)

    @asked
    def value(self, name: str) -> object:
        """What the file called ``name`` says, whoever may read it.  KeyError when there is none."""
        for path, stored in self.memory.files.items():
            if stored.row.name == name:
                return self.memory.decode(path)
        raise KeyError(name)

    def __repr__(self) -> str:
        files = len(self.memory.files)
        return f"Usim({self.medium.title}, {many(files, 'file')}, {many(len(self.log), 'exchange')})"


def _working(services: Services) -> Iterator[int]:
    """Services of a USIM that are what the card computes with: short messages to it, the GSM context, GBA."""
    yield from (
        number for number, there in ((28, services.ota), (38, services.authenticator), (68, services.gba)) if there
    )


def _applications(kind: Medium) -> Iterator[Mapping[str, str]]:
    """What EF.DIR lists."""
    for below in kind.below:
        if below is PKCS15:
            yield {"aid": kind.aid_pkcs15.hex(), "label": PKCS15.label, "path": f"{MF.fid:04x}{PKCS15.fid:04x}"}
        elif below.aid:
            yield {"aid": below.aid.hex(), "label": below.label}
