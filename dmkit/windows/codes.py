"""Numbers of Windows device management: every form they are written in, what they say, where they were seen.

An error of Windows has 32 bits, and tools show the same one as 0x hexadecimal, as an unsigned or a negative decimal, or
with 64 bits.  What a number says rests on Microsoft's texts (E) or on what others saw (V).  [windows sheet §3]

>>> explain("-2016281112").hex, explain("0x87D1FDE8").signed
('0x87D1FDE8', -2016281112)
>>> print(explain("0x86000002"))
0x86000002 = -2046820350: node not found
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import ConfigError

__all__ = ["CODES", "GROUPS", "CodeGroup", "Known", "Meaning", "explain", "number"]


@dataclass(frozen=True, slots=True)
class Known:
    """A number that is known: what it says, what was behind it where it was seen, where to look next, mark, source."""

    says: str
    causes: tuple[str, ...] = ()
    look: str = ""
    mark: str = "E"
    source: str = "windows sheet §3"


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """Numbers with one upper half: whose they are, and what the lower half is."""

    says: str
    lower: str
    mark: str = "E"


GROUPS: Final[Mapping[int, CodeGroup]] = MappingProxyType(
    {
        0x87D1: CodeGroup("Intune", "a status of the protocol, where it is one"),
        0x8600: CodeGroup("the configuration manager of the device, which runs the providers", "its own number"),
        0x0600: CodeGroup("the configuration manager of the device: no error", "its own number"),
        0x8018: CodeGroup("enrolment", "its own number"),
        0x82B0: CodeGroup("policies that a template (ADMX) backs", "its own number", "V"),
        0x8007: CodeGroup("Windows itself (FACILITY_WIN32)", "an error of the system", "E MS-ERREF"),
        0x8000: CodeGroup("Windows itself (FACILITY_NULL)", "a general failure", "E MS-ERREF"),
    }
)
"""Upper half -> whose numbers these are."""

_FORMS: Final = "the value is not of the form that the node takes"

_TABLE: Final[tuple[tuple[int, Known], ...]] = (
    (0x86000000, Known("invalid node options", look="Format, Type and value against the description: dmkit lint")),
    (0x86000001, Known("invalid data type", (_FORMS,), "the Format in Meta against the description: dmkit lint")),
    (0x86000002, Known("node not found", ("the build or edition has no such provider", "the other scope is meant, "
        "./User or ./Device", "a name in the path is misspelt, or has a blank", "the parent was not made before"),
        "the path against the descriptions of this build: dmkit lint --target", "E/V")),
    (0x86000003, Known("illegal inside a transaction", ("the node does not take this inside an Atomic",),
        "send the command outside the Atomic")),
    (0x86000004, Known("illegal outside a transaction", ("the node wants an Atomic around it",),
        "put it and its siblings into one Atomic")),
    (0x86000005, Known("one or more Exec failed", look="the Status of each Exec")),
    (0x86000006, Known("one or more Cancel failed", look="the Status of each command")),
    (0x06000007, Known("success, and rolled back", look="the part of the Atomic that failed")),
    (0x86000008, Known("the commit failed", look="the event log of the device")),
    (0x86000009, Known("the rollback failed", ("half of an Atomic may have stayed",), "Get each node of the Atomic")),
    (0x8600000A, Known("the cleanup failed", look="the event log of the device")),
    (0x86000031, Known("a declared configuration owns the setting", ("a document of the second account set it",),
        "abandon the document (Properties/Abandoned), or change the setting in the document", "V",
        "windows sheet §3, §6")),
    (0x82B00001, Known("the policy did not take its payload", ("an element id that the template does not have",
        "the payload is not <enabled/> or <disabled/> with its data", "the template was not ingested before"),
        "the payload against the .admx file: dmkit lint --admx", "V")),
    (0x87D1FDE8, Known("Remediation failed", ("this number is a bucket: Intune shows it whenever the device, asked "
        "again, does not have the value that was set, whatever the reason",),
        "the Status in a trace of the device (dmkit why), or its event log; the number itself tells no cause", "V",
        "INT#2773, itpro-docs#1753, mozilla/policy-templates#594")),
    (0x80180001, Known("enrolment: the message has a form that the server does not take")),
    (0x80180002, Known("enrolment: who asked could not be authenticated", look="user name, token, its lifetime")),
    (0x80180003, Known("enrolment: the user may not enrol", look="the licence and the rights of the user")),
    (0x80180004, Known("enrolment: the certificate request was refused", look="key length and hash of the policy")),
    (0x80180005, Known("enrolment: the server of enrolment failed", look="the log of the server")),
    (0x80180006, Known("enrolment: the server answered with an internal fault", look="the log of the server")),
    (0x80180007, Known("enrolment: security of the message was refused", look="certificate of the server, clocks")),
    (0x8018000A, Known("enrolment: the device is enrolled already", ("an enrolment was left behind",),
        "unenrol first", "V", "windows sheet §1")),
    (0x80180013, Known("enrolment: the user has as many devices as allowed", look="the limit of devices of the user")),
    (0x80180014, Known("enrolment: this kind of device is not taken", look="restrictions by platform or ownership")),
    (0x80180015, Known("enrolment: the server does not support what was asked")),
    (0x80180016, Known("enrolment: the certificate cannot be renewed", look="the age of the certificate; enrol anew")),
    (0x80180017, Known("enrolment: the account is under maintenance", look="try again later")),
    (0x80180018, Known("enrolment: the user has no licence", look="the licence of the user")),
    (0x80180019, Known("enrolment: the data of the server are wrong", look="addresses and ids given to the device")),
    (0x80180026, Known("enrolment: blocked on the device", look="policies that forbid enrolment", mark="V",
        source="windows sheet §1")),
    (0x8018002B, Known("enrolment: refused; users saw it, no text says when", look="the name of the user, its suffix",
        mark="V", source="windows sheet §1")),
    (0x80180032, Known("enrolment: the server sent an error of its own", look="the text beside it")),
    (0x80070002, Known("a file was not found", source="MS-ERREF")),
    (0x80070005, Known("access is denied", source="MS-ERREF")),
    (0x8007000D, Known("the data are invalid", source="MS-ERREF")),
    (0x80070057, Known("a parameter is wrong", source="MS-ERREF")),
    (0x80070490, Known("an element was not found", source="MS-ERREF")),
    (0x80004005, Known("failed, and nothing more is said", source="MS-ERREF")),
)  # fmt: skip

CODES: Final[Mapping[int, Known]] = MappingProxyType(dict(_TABLE))
"""Number -> what is known of it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number says: ``value`` has 32 bits without sign.

    ``status`` or ``alert`` where it is one of the protocol's, ``known`` where the table has it, ``group`` by its upper
    half."""

    value: int
    known: Known | None = None
    group: CodeGroup | None = None
    status: StatusCode | None = None
    alert: AlertCode | None = None

    @property
    def hex(self) -> str:
        """As tools write it: 0x and eight digits."""
        return f"0x{self.value:08X}"

    @property
    def signed(self) -> int:
        """The same bits as a number with sign."""
        return self.value - (1 << 32) if self.value >> 31 else self.value

    @property
    def says(self) -> str:
        """What it says, in a few words."""
        if self.known is not None:
            return self.known.says
        if self.status is not None:
            phrase = f"{self.status.value} {self.status.phrase}"
            return f"status {phrase}" if self.group is None else f"{self.group.says}, status {phrase}"
        if self.alert is not None:
            return f"alert {self.alert.value} {self.alert.phrase}"
        if self.group is not None:
            return (
                f"{self.group.says}, number {self.value & 0xFFFF} (0x{self.value & 0xFFFF:04X}): nobody here knows it"
            )
        return "nobody here knows it"

    def __str__(self) -> str:
        if self.group is None and self.known is None and self.value <= 99_999:
            return self.says
        return f"{self.hex} = {self.signed}: {self.says}"


_SUCCESS: Final = Known("success (S_OK)", source="MS-ERREF")
_DECIMAL: Final = re.compile(r"([+-]?[0-9]{1,20})[lLuU]{0,3}")
_WORD: Final = re.compile(r"^(?:hresult|hr|error|code|result|status)[\s:=]*(?=[-+0-9&#$])", re.IGNORECASE)
_TWICE: Final = re.compile(r"([^()/=]*[^()/=\s])\s*(?:\(([^()]+)\)|[/=]([^()/=]+))")
_HEXADECIMAL: Final = re.compile(
    r"([+-]?)(?:(?:0[xX]|&[hH]|#|\$)([0-9a-fA-F]{1,16})[lLuU]{0,3}|([0-9a-fA-F]{1,16})[hH])"
)
_BARE: Final = re.compile(r"[0-9a-fA-F]{8}|[fF]{8}[0-9a-fA-F]{8}")
_LONGEST: Final = 60


@asked
def number(text: str) -> int:
    """The 32 bits that ``text`` means, without sign; ConfigError when it is no such number.

    Decimal or hexadecimal (0x, &H, # or $ in front, h behind), both with or without sign; eight hexadecimal digits
    alone; 64 bits whose upper half only repeats the sign; with blanks, quotes, brackets, separators or a word such as
    HRESULT as tools print them, and twice where both are the same number.  Eight digits that could be both are
    hexadecimal where that is a number of a known group.

    >>> [hex(number(t)) for t in ("-2016281112", "2278686184", "0x87d1fde8", "87D1FDE8", "0xFFFFFFFF87D1FDE8")]
    ['0x87d1fde8', '0x87d1fde8', '0x87d1fde8', '0x87d1fde8', '0x87d1fde8']
    >>> hex(number("-2016281112 (0x87D1FDE8)")), hex(number("HRESULT: 0x80070005"))
    ('0x87d1fde8', '0x80070005')
    >>> hex(number("86000002")), number("404"), number("-2,016,281,112") == number("(0x87D1FDE8)")
    ('0x86000002', 404, True)
    """
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    text = _WORD.sub("", text.strip(), count=1) if len(text) <= _LONGEST else text
    pair = _TWICE.fullmatch(text) if len(text) <= _LONGEST else None
    if pair is not None:
        values = [number(form) for form in (pair[1], pair[2] or pair[3])]
        if values[0] == values[1]:
            return values[0]
        raise ConfigError(
            f"{shown!r} names two numbers of 32 bits, 0x{values[0]:08X} and 0x{values[1]:08X}; one is right"
        )
    word = text.strip().strip("()[]<>'\"`.;:").replace("\u2212", "-").replace("\u2013", "-")
    if len(word) <= _LONGEST:
        word = re.sub(r"(?<=[0-9a-fA-F])[,_'\u00a0\u202f ](?=[0-9a-fA-F])", "", word).replace(" ", "")
    value = _read(word) if len(word) <= _LONGEST else None
    if value is not None:
        if value >> 32 == 0xFFFFFFFF and value >> 31 & 1:
            value &= 0xFFFFFFFF
        if -(1 << 31) <= value < 1 << 32:
            return value & 0xFFFFFFFF
    raise ConfigError(
        f"{shown!r} is no number of 32 bits; right are 405, -2016281112, 2278686184, 0x87D1FDE8 and 87D1FDE8"
    )


def _read(word: str) -> int | None:
    if _BARE.fullmatch(word):
        value = int(word, 16)
        if not word.isdecimal() or value >> 16 & 0xFFFF in GROUPS:
            return value
    if not word.isascii():
        return None
    if _DECIMAL.fullmatch(word):
        return int(word.rstrip("lLuU"))
    found = _HEXADECIMAL.fullmatch(word)
    return int(found[1] + (found[2] or found[3]), 16) if found is not None else None


def explain(code_text: str | int) -> Meaning:
    """What a number says, however it is written; ConfigError when it is none of 32 bits.

    >>> explain("0x87D10194").status
    <404 Not found>
    >>> explain(1224).alert
    <1224 Client event>
    >>> explain("0x86000099").says
    'the configuration manager of the device, which runs the providers, number 153 (0x0099): nobody here knows it'
    """
    value = number(str(code_text))
    known, group = CODES.get(value) if value else _SUCCESS, GROUPS.get(value >> 16)
    code = value & 0xFFFF if value >> 16 == 0x87D1 else value
    status = StatusCode(code) if known is None and code <= 99_999 and StatusCode(code).is_known else None
    alert = AlertCode(code) if group is None and code <= 99_999 and AlertCode(code).is_known else None
    return Meaning(value, known, group, status, alert)
