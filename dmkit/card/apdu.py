"""Command and answer of a card: their octets, their fields, the status words.  [ISO 7816-4 §5; TS 102 221 §10]

>>> command = CommandApdu.parse(bytes.fromhex("00A40004023F00"))
>>> command
SELECT 00 A4 00 04, data 3f00
>>> StatusWord(0x63C2).meaning
'2 tries are left'
"""

from __future__ import annotations

from typing import Final, Self

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.records import dataclass

__all__ = [
    "INSTRUCTIONS",
    "STATUS_WORDS",
    "CommandApdu",
    "CommandRefused",
    "Instruction",
    "StatusWord",
    "channel_of",
    "class_for",
]


@dataclass(frozen=True, slots=True)
class Instruction:
    """A row of INSTRUCTIONS: name, how the two parameters read, ``proprietary`` when its class is 80, not 00."""

    name: str
    p1: str = ""
    p2: str = ""
    proprietary: bool = False


INSTRUCTIONS: Final[dict[int, Instruction]] = {  # [TS 102 221 §10.1.2; sheet usim §4]
    0xA4: Instruction("SELECT", "00 id, 03 parent, 04 AID, 08 path from MF, 09 from here", "04 FCP, 0C none"),
    0xF2: Instruction("STATUS", "00 none, 01 application begins, 02 it ends", "00 FCP, 01 AID, 0C none", True),
    0xB0: Instruction("READ BINARY", "80 + SFI, or offset high", "offset low"),
    0xD6: Instruction("UPDATE BINARY", "80 + SFI, or offset high", "offset low"),
    0xB2: Instruction("READ RECORD", "record", "SFI * 8 + 4 absolute, 2 next, 3 previous"),
    0xDC: Instruction("UPDATE RECORD", "record", "SFI * 8 + 4 absolute, 2 next, 3 previous"),
    0xA2: Instruction("SEARCH RECORD", "first record", "SFI * 8 + 4 forward, 5 backward, 6 enhanced"),
    0x32: Instruction("INCREASE", "00, or 80 + SFI", "00", True),
    0x20: Instruction("VERIFY PIN", "00", "key reference"),
    0x24: Instruction("CHANGE PIN", "00", "key reference"),
    0x26: Instruction("DISABLE PIN", "00", "key reference"),
    0x28: Instruction("ENABLE PIN", "00", "key reference"),
    0x2C: Instruction("UNBLOCK PIN", "00", "key reference"),
    0x04: Instruction("DEACTIVATE FILE", "00 by id", "00"),
    0x44: Instruction("ACTIVATE FILE", "00 by id", "00"),
    0x88: Instruction("AUTHENTICATE", "00", "80 GSM, 81 3G, 84 GBA"),
    0x70: Instruction("MANAGE CHANNEL", "00 open, 80 close", "channel"),
    0x84: Instruction("GET CHALLENGE"),
    0xC0: Instruction("GET RESPONSE"),
    0xAA: Instruction("TERMINAL CAPABILITY", proprietary=True),
    0x10: Instruction("TERMINAL PROFILE", proprietary=True),
    0xC2: Instruction("ENVELOPE", proprietary=True),
    0x12: Instruction("FETCH", proprietary=True),
    0x14: Instruction("TERMINAL RESPONSE", proprietary=True),
}
"""Commands that the card knows, by their INS octet."""


STATUS_WORDS: Final[dict[str, str]] = {  # [TS 102 221 §10.2.1; TS 51.011 §9.4 for 92xx to 98xx of class A0]
    "9000": "done",
    "91xx": "done; a proactive command of {x} octets waits for FETCH",
    "9300": "the toolkit is busy",
    "9Fxx": "done; {x} octets can be fetched by GET RESPONSE",
    "920x": "done after {n} internal tries",
    "9240": "memory problem",
    "9400": "no elementary file is selected",
    "9402": "out of range, or wrong address",
    "9404": "file or pattern is not there",
    "9408": "the file is of another kind than the command needs",
    "9802": "no CHV is there",
    "9804": "access is not granted, or the CHV was wrong and tries are left",
    "9808": "contradicts the state of the CHV",
    "9810": "contradicts the state of the file, or of what is current",
    "9840": "wrong and blocked, or blocked already",
    "9850": "the value cannot grow any further",
    "9862": "authentication failed: the MAC is wrong, or the context is not supported",
    "9863": "the security session is no longer valid",
    "9864": "authentication failed: the security context is not supported",
    "61xx": "done; {x} octets can be fetched by GET RESPONSE",
    "6281": "part of the data may be corrupted",
    "6282": "the file or record ends before Le octets, or nothing was found",
    "6283": "the file is deactivated",
    "6285": "the file is terminated",
    "63Cx": "{n} tries are left",
    "6400": "execution error, nothing changed",
    "6500": "execution error",
    "6581": "memory problem",
    "6700": "wrong length",
    "67xx": "wrong length",
    "6881": "this logical channel is not supported or not open",
    "6882": "secure messaging is not supported",
    "6900": "command not allowed",
    "6981": "the file is of another structure than the command needs",
    "6982": "security status is not satisfied",
    "6983": "the PIN is blocked",
    "6984": "the data are invalid",
    "6985": "conditions of use are not satisfied",
    "6986": "no elementary file is selected",
    "6A80": "the data are not as they must be",
    "6A81": "function is not supported",
    "6A82": "no such file or application",
    "6A83": "no such record",
    "6A84": "not enough memory",
    "6A86": "wrong P1 or P2",
    "6A87": "Lc does not go with P1 and P2",
    "6A88": "what P1 and P2 refer to is not there",
    "6B00": "wrong P1 or P2, or an offset behind the end",
    "6Cxx": "wrong Le; {x} would be right",
    "6D00": "no such instruction",
    "6E00": "no such class",
    "6Fxx": "technical problem",
}
"""Status word -> meaning; ``x`` stands for any digit, ``{x}`` for the low octet and ``{n}`` for the low digit."""


class StatusWord(int):
    """The two octets that end every answer.

    >>> StatusWord(0x9000).is_ok, StatusWord(0x6A82)
    (True, 6A82 no such file or application)
    """

    @property
    def meaning(self) -> str:
        """What it says; empty for one that is not in the table."""
        text = f"{self:04X}"
        for pattern in (text, f"{text[:3]}x", f"{text[:2]}xx"):
            if pattern in STATUS_WORDS:
                return STATUS_WORDS[pattern].format(x=self & 0xFF or 256, n=self & 0xF)
        return ""

    @property
    def is_ok(self) -> bool:
        """The command did what it was told."""
        return self == 0x9000 or self >> 8 in (0x61, 0x91, 0x9F, 0x92)

    @property
    def octets(self) -> bytes:
        """As they travel."""
        return self.to_bytes(2, "big")

    def __repr__(self) -> str:
        return f"{self:04X} {self.meaning}".rstrip()


class CommandRefused(Exception):  # control flow within the card, always turned into its status word: not a DmError
    """The card will not: ``sw`` is what it answers; nothing has changed."""

    def __init__(self, sw: int) -> None:
        super().__init__(repr(StatusWord(sw)))
        self.sw = StatusWord(sw)


@asked
def channel_of(cla: int) -> int | None:
    """The logical channel that a class octet names, None for class A0.  [TS 102 221 §10.1.1]

    >>> [channel_of(cla) for cla in (0x00, 0x83, 0x4F, 0xC0, 0xA0)]
    [0, 3, 19, 4, None]
    """
    if cla & 0xF0 in (0x00, 0x80) and not cla & 0x0C:
        return cla & 0x03
    if cla & 0xF0 in (0x40, 0xC0):
        return 4 + (cla & 0x0F)
    return None


@asked
def class_for(channel: int, *, proprietary: bool = False) -> int:
    """The class octet for a logical channel, 0 to 19.

    >>> [f"{class_for(n):02X}" for n in (0, 1, 4, 19)], f"{class_for(4, proprietary=True):02X}"
    (['00', '01', '40', '4F'], 'C0')
    """
    if channel < 4:
        return (0x80 if proprietary else 0x00) | channel
    return (0xC0 if proprietary else 0x40) | channel - 4


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """One command.  ``le`` is how many octets of answer are asked for: None not given, 256 for "as many as there are"
    (65536 in the extended form)."""

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    le: int | None = None

    @classmethod
    def parse(cls, apdu: bytes) -> Self:
        """The command that ``apdu`` is, in any of the four cases, short or extended.  CodecError when it is none."""
        if len(apdu) < 4:
            raise CodecError(f"a command has at least 4 octets (CLA INS P1 P2), this has {len(apdu)}")
        (cla, ins, p1, p2), body = apdu[:4], apdu[4:]
        if not body:  # case 1
            return cls(cla, ins, p1, p2)
        if len(body) == 1:  # case 2
            return cls(cla, ins, p1, p2, le=body[0] or 256)
        extended = body[0] == 0 and len(body) > 2
        if extended and len(body) == 3:
            return cls(cla, ins, p1, p2, le=int.from_bytes(body[1:], "big") or 65536)
        wide = 2 if extended else 1
        size = int.from_bytes(body[1:3], "big") if extended else body[0]
        start = 3 if extended else 1
        data, rest = body[start : start + size], body[start + size :]
        if len(data) < size or not size or len(rest) not in (0, wide):
            raise CodecError(
                f"Lc says {many(size, 'octet')} of data, "
                f"{many(len(body) - start, 'octet follows', 'octets follow')} it",
                offset=4,
            )
        le = None if not rest else int.from_bytes(rest, "big") or 256**wide
        return cls(cla, ins, p1, p2, data, le)

    def encode(self) -> bytes:
        """The octets; the extended form only when data or Le need it.  ConfigError for a header that is no octets.

        >>> CommandApdu(0x00, 0xA4, 0x100).encode()
        Traceback (most recent call last):
        ...
        dmkit.words.errors.ConfigError: CLA, INS, P1 and P2 are 0, 164, 256 and 0; each must be one octet, 0 to 255
        """
        try:
            head = bytes((self.cla, self.ins, self.p1, self.p2))
        except (ValueError, TypeError):
            raise ConfigError(f"CLA, INS, P1 and P2 are {self.cla!r}, {self.ins!r}, {self.p1!r} and {self.p2!r}; "
                              "each must be one octet, 0 to 255") from None  # fmt: skip
        extended = len(self.data) > 255 or (self.le or 0) > 256
        wide = 2 if extended else 1
        le = b"" if self.le is None else (self.le % 256**wide).to_bytes(wide, "big")
        if self.data:
            return head + bytes(extended) + len(self.data).to_bytes(wide, "big") + self.data + le
        return head + bytes(extended and self.le is not None) + le

    @property
    def name(self) -> str:
        """READ BINARY and so on; ``INS 99`` for one that is not in the table."""
        row = INSTRUCTIONS.get(self.ins)
        return row.name if row else f"INS {self.ins:02X}"

    def __repr__(self) -> str:
        head = f"{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X}"
        data = f", data {self.data.hex()}" if self.data else ""
        le = "" if self.le is None else f", Le {self.le}"
        return f"{self.name} {head}{data}{le}"
