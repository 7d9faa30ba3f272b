"""The same commands to two cards, and what they answer differently: dmkit's card beside another implementation.

``twin`` makes a software card with the files of another, as far as they can be read; ``compare`` plays scripts on both.

>>> from dmkit.card.card import Usim
>>> theirs = Usim.example(pin_enabled=True)
>>> compare(Usim.example(pin_enabled=True), theirs)
()
>>> compare(Usim.example(imsi="001010123456780", pin_enabled=True), theirs)[0]
rights, command 12: 00B0000000 READ BINARY [TS 102 221 §9.2.4; TS 31.102 §4.2]
  ours   080910101032547608 9000 done
  theirs 080910101032547698 9000 done
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from dmkit.card.aka.aka import UsimAuthenticator, build_autn
from dmkit.card.aka.functions import Functions
from dmkit.card.apdu import CommandApdu, CommandRefused, StatusWord
from dmkit.card.card import Usim
from dmkit.card.compare_scripts import SCRIPTS, CardScript
from dmkit.card.files import MF
from dmkit.card.images.image import to_card
from dmkit.card.images.taken import take
from dmkit.card.memory import CardKey
from dmkit.card.pins import padded
from dmkit.card.terminal import Fcp, run, verify
from dmkit.card.turn import Services
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError, LocalProtocolError, RemoteProtocolError

__all__ = ["AnswerDifference", "Resettable", "beside", "challenges", "compare", "play", "twin", "user_keys"]

_PIECES: Final = 16


class Resettable(Protocol):
    """A card that can be switched off and on."""

    def transmit(self, apdu: bytes) -> bytes:
        """Carry out one command; the answer with its status word."""

    def reset(self) -> bytes:
        """Off and on again; the answer to reset."""


@dataclass(frozen=True, slots=True)
class AnswerDifference:
    """One command of a script that two cards answer differently; ``at`` counts from 1."""

    script: str
    at: int
    command: str
    ours: str
    theirs: str

    @property
    def section(self) -> str:
        """Where the commands of the script are laid down."""
        return SCRIPTS[self.script].section if self.script in SCRIPTS else ""

    def __repr__(self) -> str:
        where = f" [{self.section}]" if self.section else ""
        head = f"{self.script}, command {self.at}: {self.command} {_name(self.command)}".rstrip() + where
        return f"{head}\n  ours   {_answer_text(self.ours)}\n  theirs {_answer_text(self.theirs)}"


def _answer_text(answer: str) -> str:
    word = StatusWord(int(answer[-4:] or "0", 16))
    return f"{answer[:-4]} {word!r}".lstrip()


def _name(text: str) -> str:
    try:
        return CommandApdu.parse(bytes.fromhex(text)).name
    except CodecError:
        return ""


@asked
def play(card: Resettable, script: CardScript) -> Iterator[bytes]:
    """The answers of a card that was switched on anew, one a command.

    >>> [answer.hex() for answer in play(Usim.example(), CardScript("", ("00A4000C022FE2", "00B000000A")))]
    ['9000', '980001010000000010f99000']
    """
    card.reset()
    for text in script.commands:
        answer = card.transmit(_as_t0(text))
        yield answer if script.raw else _whole(card, text, answer)


def _as_t0(text: str) -> bytes:
    """A command as T=0 carries it: P3 is always there, and after data no Le.  What is no command stays as it is."""
    octets = bytes.fromhex(text)
    try:
        command = CommandApdu.parse(octets)
    except CodecError:
        return octets
    if command.data:
        return octets if command.le is None else octets[:-1]
    return octets if command.le is not None else octets + b"\0"


def _whole(card: Resettable, text: str, answer: bytes) -> bytes:
    """What waits behind 61xx, or 9Fxx in class A0, is fetched; a wrong Le is set right, as a terminal does."""
    if answer[-2:-1] == b"\x6c":
        answer = card.transmit(bytes.fromhex(text[:8]) + answer[-1:])
    data, word = answer[:-2], answer[-2:]
    cla = "A0" if word[:1] == b"\x9f" else f"{int(text[:2] or '0', 16) & 0x4F:02X}"
    for _ in range(_PIECES):
        if word[:1] not in (b"\x61", b"\x9f"):
            break
        answer = card.transmit(bytes.fromhex(f"{cla}C00000") + word[1:])
        data, word = data + answer[:-2], answer[-2:]
    return data + word


def compare(
    ours: Resettable, theirs: Resettable, scripts: Mapping[str, CardScript] = SCRIPTS
) -> tuple[AnswerDifference, ...]:
    """What the two cards answer differently, in the order of the scripts.  Both are switched on anew for each."""
    return tuple(
        AnswerDifference(name, at, command, mine.hex(), other.hex())
        for name, script in scripts.items()
        for at, (command, mine, other) in enumerate(
            zip(script.commands, play(ours, script), play(theirs, script), strict=True), 1
        )
        if mine != other
    )


@asked
def twin(card: Resettable, keys: Mapping[int, CardKey], *, services: Services | None = None) -> Usim:
    """A software card with the files of another, read through its contacts after PIN1 of ``keys`` was shown.

    ``keys`` are the values of its keys, which no card tells; whether they are switched on, it does.  Files that may not
    be read, and those no table knows, are missing.  RemoteProtocolError when the card has no files, CodecError when it
    describes them as none can be.

    >>> theirs = Usim.example(imsi="001010123456780", pin_enabled=True)
    >>> compare(twin(theirs, theirs.memory.keys), theirs)
    ()
    """
    card.reset()
    run(card, verify(0x01, keys[0x01].value))
    image = run(card, take())
    root = next((one for one in image.files if one.path == MF.name), None)
    if root is None:
        raise RemoteProtocolError("the card lets no MF be selected: it has no files to make a twin of")
    on = dict(Fcp.parse(root.fcp).pins)
    ours = to_card(image, keys={name: replace(key, enabled=on.get(name, key.enabled)) for name, key in keys.items()})
    if services is not None:
        ours.services = services
    return ours


@asked
def challenges(functions: Functions) -> CardScript:
    """AUTHENTICATE with challenges of a centre that has the card's key: fresh, the same again, forged, older, of 2G.

    >>> from dmkit.card.aka.milenage import Milenage
    >>> len(challenges(Milenage(bytes(16), bytes(16))).commands)
    13
    """

    def three(sqn: int, *, wrong: int = 0) -> str:
        rand = bytes([sqn & 0xFF]) * 16
        autn = bytearray(build_autn(functions, rand, sqn, b"\x80\x00"))
        autn[15] ^= wrong
        return f"0088008122 10{rand.hex()} 10{autn.hex()}".replace(" ", "")

    sent = [
        "00A4040C07A0000000871002", "0020000108" + padded("1234").hex(), three(0x10020), three(0x10020), three(0x10040),
        three(0x10040, wrong=1), three(0x40), three(0x10060), f"0088008011{'10' + '5A' * 16}", "0088008104" + "00" * 4,
        "0088008522" + "00" * 34, "00880081", "008801810100",
    ]  # fmt: skip
    return CardScript("TS 31.102 §7.1", tuple(sent))


@asked
def user_keys(pin: str = "1234", puk: str = "12345678") -> dict[int, CardKey]:
    """Keys of a card that has one PIN and PUK for all.  ConfigError for what is no PIN or PUK.

    >>> user_keys("0000")[0x01]
    Key(on, 3 of 3 tries left)
    """
    if len(puk) != 8 or not (puk.isascii() and puk.isdigit()):
        raise ConfigError(f"a PUK of {many(len(puk), 'character')}; it has 8 digits")
    one = CardKey(padded(pin), puk=puk.encode())
    return {0x01: one, 0x81: one, 0x0A: CardKey(b"ADMINKEY")}


def beside(
    card: Resettable, keys: Mapping[int, CardKey], functions: Functions | None = None
) -> tuple[AnswerDifference, ...]:
    """What a card answers differently than a twin of dmkit's.  PIN1 is switched on at both, as the scripts expect.

    With ``functions``, those of its key, both are sent challenges too.  LocalProtocolError when it refuses the PIN.
    """
    pin = keys[0x01].value
    card.reset()
    enabled = card.transmit(CommandApdu(0x00, 0x28, 0, 0x01, pin).encode())
    try:
        left = run(card, verify(0x01, pin))
    except CommandRefused as refused:
        raise LocalProtocolError(f"the card does not let PIN1 be shown: {refused}") from None
    if left is not None:
        raise LocalProtocolError(
            f"PIN1 is wrong: {many(left, 'try is', 'tries are')} left (ENABLE PIN was answered {enabled.hex()})"
        )
    if functions is None:
        return compare(twin(card, keys), card)
    ours = twin(card, keys, services=Services(authenticator=UsimAuthenticator(functions)))
    return compare(ours, card, {**SCRIPTS, "challenges": challenges(functions)})
