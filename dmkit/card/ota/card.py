"""The card's end of the air: which packets it opens, what it answers, and what it must never do.

The order of the checks is the standard's: application, security level, keys, deciphering, checksum, counter.  Only a
packet that passes all of them moves the counter and has its commands run.  [TS 102 225 §5.1, §5.2; TS 102 226 §5]

>>> from dmkit.card.ota.packets import SecuredCommand, decode_response, encode_command
>>> keys = OtaKeys(bytes(range(16)), bytes(range(16)))
>>> card = OtaCard({1: keys})
>>> command = SecuredCommand(bytes.fromhex("00A40004023F00"), counter=1)
>>> opened = card.open(encode_command(command, keys))
>>> answer = card.answer(opened, [bytes.fromhex("612F")])
>>> decode_response(answer, keys, command.spi, command.kic, command.kid).data.hex()
'01612f'
>>> card.open(encode_command(command, keys)).why                         # the same packet again
'counter 1 is not above 1'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Final, Literal

from dmkit.card.ota.crypto import CIPHERS
from dmkit.card.ota.packets import (
    TARS,
    CounterRule,
    Integrity,
    OpenedPacket,
    OtaKeys,
    OtaStatus,
    PacketHead,
    Por,
    SecuredResponse,
    decode_command,
    encode_response,
    read_head,
)
from dmkit.card.ota.script import compact_answer, expanded_answer, read_script
from dmkit.words.checked import checked
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.records import dataclass

__all__ = ["Level", "OtaCard", "Received"]

_TOP: Final = (1 << 40) - 1


@checked
@dataclass(frozen=True, slots=True)
class Level:
    """The least protection an application takes.  ``legacy`` false refuses DES and 3DES whatever their size."""

    integrity: Integrity = Integrity.CC
    """The weakest protection against change."""
    ciphered: bool = False
    """True: enciphered packets only."""
    counter: CounterRule = CounterRule.NONE
    """The weakest use of the counter."""
    legacy: bool = True

    def lacks(self, head: PacketHead) -> str:
        """What a packet lacks, empty when it is protected enough."""
        spi = head.spi
        if spi.integrity < self.integrity:
            return f"{self.integrity.name} is the least this application takes, not {spi.integrity.name}"
        if self.ciphered and not spi.ciphered:
            return "this application takes enciphered packets only"
        if spi.counter < self.counter:
            return "this application wants a counter that is checked"
        used = [octet & 0x0F for octet, used in ((head.kic, spi.ciphered), (head.kid, spi.integrity >= 2)) if used]
        if not self.legacy and any(low in CIPHERS and CIPHERS[low].legacy for low in used):
            return "this application takes AES only"
        return ""


@dataclass(frozen=True, slots=True)
class Received:
    """What one packet led to: the answer packet (empty: silence), the commands run and their answers."""

    response: bytes
    opened: OpenedPacket | None
    apdus: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()
    why: str = ""


@dataclass(slots=True)
class OtaCard:
    """The receiving entity of one card.

    ``keys`` by number of key set; ``applications`` maps TAR to the least protection it takes.  ``bad_packets`` is what
    one that is refused earns, when it asked for a proof of receipt: nothing, a status that nothing vouches for, or one
    signed with the very key that the packet failed to prove.  The last is what a quarter of the cards tested in 2013
    did: with DES, the 56 bits of that key can be searched for.  ``basis``: the standard leaves it open; UNSURE.
    """

    keys: Mapping[int, OtaKeys]
    applications: Mapping[bytes, Level] = field(default_factory=lambda: {TARS["USIM RFM"]: Level()})
    bad_packets: Literal["silent", "plain", "signed"] = "plain"
    counters: dict[int, int] = field(default_factory=dict)

    def open(self, packet: bytes) -> OpenedPacket:
        """Check a packet; one that is accepted moves the counter of its key set.  CodecError when it is no packet."""
        head = read_head(packet)
        level, number = self.applications.get(head.tar), _key_set(head)
        if level is None:
            return OpenedPacket(OtaStatus.TAR_UNKNOWN, head, why=f"no application has TAR {head.tar.hex()}")
        lacks = level.lacks(head)
        if lacks:
            return OpenedPacket(OtaStatus.SECURITY_LEVEL, head, why=lacks)
        keys = self.keys.get(number) if number else OtaKeys(b"", b"")
        if keys is None:
            return OpenedPacket(OtaStatus.SECURITY_ERROR, head, why=f"there is no key set {number}")
        opened = decode_command(packet, keys)
        if opened.command is None:
            return opened
        status, why = self._counted(head.spi.counter, opened.command.counter, number)
        if status is not OtaStatus.OK:
            return replace(opened, status=status, command=None, why=why)
        if head.spi.counter >= CounterRule.HIGHER:
            self.counters[number] = opened.command.counter
        return opened

    def answer(self, opened: OpenedPacket, answers: Sequence[bytes] = (), *, expanded: bool = False) -> bytes:
        """The proof of receipt, empty when none is wanted; ``answers`` are those of the commands that were run."""
        spi, status = opened.head.spi, opened.status
        if spi.por not in (Por.ALWAYS, Por.ON_ERROR) or (spi.por is Por.ON_ERROR and status is OtaStatus.OK):
            return b""
        good = opened.command is not None
        if not good and self.bad_packets == "silent":
            return b""
        data = (expanded_answer(answers) if expanded else compact_answer(answers)) if good and answers else b""
        counter = opened.command.counter if opened.command else 0
        signed = good or self.bad_packets == "signed"
        response = SecuredResponse(status, data, opened.head.tar, counter, signed)
        keys = self.keys.get(_key_set(opened.head), OtaKeys(b"", b""))
        asked = spi if signed else replace(spi, por_ciphered=False)
        try:
            return encode_response(response, keys, asked, opened.head.kic, opened.head.kid)
        except ConfigError:
            plain = replace(spi, por_ciphered=False, por_integrity=Integrity.NONE)
            return encode_response(replace(response, signed=False), keys, plain, 0, 0)

    def receive(self, packet: bytes, run: Callable[[list[bytes]], Sequence[bytes]]) -> Received:
        """Open, run and answer.  ``run`` carries out commands and gives the answer of each; nothing is ever raised.

        A packet that does not open, or whose script is malformed, runs nothing; octets that are no packet are met with
        silence.
        """
        try:
            opened = self.open(packet)
        except CodecError as error:
            return Received(b"", None, why=str(error))
        if opened.command is None:
            return Received(self.answer(opened), opened, why=opened.why)
        try:
            script = read_script(opened.command.data)
        except CodecError as error:
            bad = replace(opened, status=OtaStatus.SECURITY_ERROR)
            return Received(self.answer(bad), bad, why=str(error))
        answers = tuple(run(list(script.apdus)))
        return Received(self.answer(opened, answers, expanded=script.expanded), opened, script.apdus, answers)

    def _counted(self, rule: CounterRule, counter: int, number: int) -> tuple[OtaStatus, str]:
        stored = self.counters.get(number, 0)
        if rule < CounterRule.HIGHER:
            return OtaStatus.OK, ""
        if stored >= _TOP:
            return OtaStatus.COUNTER_BLOCKED, "the counter has reached its end"
        if counter <= stored:
            return OtaStatus.COUNTER_LOW, f"counter {counter} is not above {stored}"
        if rule is CounterRule.NEXT and counter != stored + 1:
            return OtaStatus.COUNTER_HIGH, f"counter {counter} is not the next after {stored}"
        return OtaStatus.OK, ""


def _key_set(head: PacketHead) -> int:
    """The number of the key set that a packet uses, 0 when it uses none, -1 when it names two."""
    used = {
        octet >> 4
        for octet, used in ((head.kic, head.spi.ciphered), (head.kid, head.spi.integrity is Integrity.CC))
        if used
    }
    return 0 if not used else used.pop() if len(used) == 1 else -1
