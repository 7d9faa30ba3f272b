"""The files of a card, a row each: identifier, structure, access rule, what it says, and test vectors beside it.

Structures and identifiers are those of TS 102 221, TS 31.102 and TS 51.011.  The access rules follow common practice
of operators' cards; no source at hand lists them (UNSURE, `docs/ambiguities.md`).

>>> USIM.file("EF.IMSI").coding.decode(bytes.fromhex("080910101032547698"))
'001010123456789'
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any, Final

from dmkit.card import codings as c
from dmkit.card import more_codings as m
from dmkit.card.access import RECORDS
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = [
    "AID_PKCS15", "AID_USIM", "AID_WIM", "ARR_MF", "ARR_USIM", "DIRECTORIES", "GSM", "GSM_ACCESS", "MF", "PKCS15",
    "RID_3GPP", "RULES", "RULES_START", "TELECOM", "USIM", "USIM_BEGIN", "Directory", "Ef", "Structure",
]  # fmt: skip

Structure = str
"""``transparent``, ``linear`` (fixed records) or ``cyclic`` (fixed records, the newest is number 1)."""

AID_USIM: Final = bytes.fromhex("A0000000871002FFFFFFFF8907090000")
RID_3GPP: Final = AID_USIM[:5]
"""What the AIDs of 3GPP begin with: USIM, ISIM and others; a phone of the second generation sees none of them."""
USIM_BEGIN: Final = AID_USIM[:7]
"""What the AID of every USIM begins with; the rest is the maker's.  [TS 101 220 annex E]"""
AID_PKCS15: Final = bytes.fromhex("A000000063504B43532D3135")
AID_WIM: Final = bytes.fromhex("A0000000635741502D57494D")
ARR_MF, ARR_USIM = 0x2F06, 0x6F06


@dataclass(frozen=True, slots=True)
class Ef:
    """An elementary file.  ``size`` is that of the file, or of a record when there are ``records``; ``access`` names a
    record of EF.ARR; ``start`` is what a new card says; ``vectors`` are pairs of octets and what they say.  ``arr``
    names EF.ARR and its record where a card of others has its own, ``special`` its proprietary data (tag A5)."""

    fid: int
    name: str
    size: int
    coding: c.Coding = c.HEX
    access: str = "PIN, ADM"
    sfi: int = 0
    records: int = 0
    structure: Structure = ""
    service: int = 0
    start: Any = None
    vectors: tuple[tuple[str, Any], ...] = ()
    arr: tuple[int, int] = (0, 0)
    special: bytes = b""

    def __post_init__(self) -> None:
        if not self.structure:
            object.__setattr__(self, "structure", "linear" if self.records else "transparent")

    @property
    def rule(self) -> int:
        """The number of its record in EF.ARR."""
        return self.arr[1] or list(RECORDS).index(self.access) + 1

    def content(self, value: Any = None) -> tuple[bytes, ...]:
        """Octets of a new file: one piece when transparent, else a piece per record.

        ``value`` is what ``coding`` writes; of a file with records, a list of it.  CodecError when it does not fit.
        """
        value = self.start if value is None else value
        if not self.records:
            return (b"\xff" * self.size if value is None else self.octets(value),)
        found: Sequence[Any] = value or ()
        if len(found) > self.records:
            raise CodecError(f"{self.name} has {many(self.records, 'record')}, not {len(found)}")
        rows = [self.octets(one) for one in found]
        return tuple(rows + [b"\xff" * self.size] * (self.records - len(rows)))

    def octets(self, value: Any) -> bytes:
        """``value`` as the file, or a record of it, holds it.  CodecError when it does not fit."""
        octets = self.coding.encode(value)
        if len(octets) > self.size:
            raise CodecError(f"{self.name} has room for {many(self.size, 'octet')}, not {len(octets)}")
        return self.coding.fill(octets, self.size)


@dataclass(frozen=True, slots=True)
class Directory:
    """A DF; an application (ADF) has an ``aid``, by which it is selected.

    ``arr`` and ``special`` are those of a card of others, as in Ef; without, the MF says what this card is like.
    """

    fid: int
    name: str
    files: tuple[Ef, ...] = ()
    aid: bytes = b""
    label: str = ""
    below: tuple[Directory, ...] = field(default=())
    arr: tuple[int, int] = (0, 0)
    special: bytes = b""

    def file(self, name: str) -> Ef:
        """The row called ``name``.  KeyError when there is none."""
        return {row.name: row for row in self.files}[name]

    def walk(self) -> Iterator[Directory]:
        """This directory and those below."""
        yield self
        for directory in self.below:
            yield from directory.walk()


RULES: Final = c.Coding("access rules", lambda data: data.hex(), c.octets_in)
RULES_START: Final = tuple(record.hex() for record in RECORDS.values())
"""What EF.ARR of a new card says: a record for each kind of rule."""
_EXAMPLE_DIR: Final = (
    "61294f10a0000000871002ffffffff890709000050055553696d31730ea00c80011781025f608203454150",
    {
        "aid": "a0000000871002ffffffff8907090000", "label": "USim1",
        "73": "a00c80011781025f608203454150",
    },
)  # fmt: skip

_SERVICES_USIM: Final = [10, 12, 17, 18, 19, 20, 21, 27, 33, 34, 35, 42, 43, 71, 80, 85, 96, 97]

GSM_ACCESS: Final = Directory(0x5F3B, "DF.GSM-ACCESS", (
    Ef(0x4F20, "EF.Kc", 9, sfi=0x01, access="PIN, PIN"),
    Ef(0x4F52, "EF.KcGPRS", 9, sfi=0x02, access="PIN, PIN"),
))  # fmt: skip

USIM: Final = Directory(0x7FF0, "ADF.USIM", (  # [TS 31.102 §4.2; sheet usim §3]
    Ef(0x6F05, "EF.LI", 6, c.LANGUAGES, "always, PIN", 0x02, start=["en"], vectors=(("656e6465ffff", ["en", "de"]),)),
    Ef(0x6F06, "EF.ARR", 48, RULES, "always, ADM", 0x17, records=len(RECORDS), start=RULES_START),
    Ef(0x6F07, "EF.IMSI", 9, c.IMSI, sfi=0x07, start="001010123456789", vectors=(
        ("080910101032547698", "001010123456789"), ("082926101160845740", "262011106487504"))),
    Ef(0x6F08, "EF.Keys", 33, c.KEYS, "PIN, PIN", 0x08, start={"ksi": "07", "ck": "ff" * 16, "ik": "ff" * 16}),
    Ef(0x6F09, "EF.KeysPS", 33, c.KEYS, "PIN, PIN", 0x09, start={"ksi": "07", "ck": "ff" * 16, "ik": "ff" * 16}),
    Ef(0x6F31, "EF.HPPLMN", 1, c.NUMBER, sfi=0x12, start=5),
    Ef(0x6F38, "EF.UST", 15, c.SERVICES, sfi=0x04, start=_SERVICES_USIM, vectors=(("02060100", [2, 10, 11, 17]),)),
    Ef(0x6F3C, "EF.SMS", 176, c.SMS, "PIN, PIN", records=5, service=10, start=[{"status": "00", "pdu": ""}] * 5),
    Ef(0x6F3E, "EF.GID1", 4, service=17),
    Ef(0x6F3F, "EF.GID2", 4, service=18),
    Ef(0x6F40, "EF.MSISDN", 28, c.DIALLING, "PIN, PIN", records=2, service=21, vectors=(
        ("4f776e206e756d626572ffffffff" "0791" "947110325476ffffffff" "ffff", {
            "name": "Own number", "number": "+491701234567"}),
        ("ff" * 20 + "04b12143f5ffffffffffffffffff", {
            "name": "", "number": "12345", "octets": "04b12143f5ffffffffffffffffff"}),
        ("456967656e65205275666e756d6d6572ffffffff" "0891947172199181f3ffffffffff", {
            "name": "Eigene Rufnummer", "number": "+4917279119183"}))),
    Ef(0x6F42, "EF.SMSP", 42, m.SMSP, "PIN, PIN", records=1, service=12, vectors=(
        ("534d5343ffffffffffffffffffffffff" "e1" "ffffffffffffffffffffffff" "0891945197109099f9ffffff" "0000a9", {
            "name": "SMSC", "indicators": "e1", "destination": "ff" * 12, "centre": "+4915790109999",
            "protocol": "00", "coding": "00", "validity": "a9"}),
        ("fd" "ffffffffffffffffffffffff" "07919403214365f7ffffffff" "ffffff", {
            "name": "", "indicators": "fd", "destination": "ff" * 12, "centre": "+49301234567",
            "protocol": "ff", "coding": "ff", "validity": "ff"}))),
    Ef(0x6F43, "EF.SMSS", 2, access="PIN, PIN", service=10),
    Ef(0x6F46, "EF.SPN", 17, c.SPN, "always, ADM", service=19, start={"display": 1, "name": "Example"}),
    Ef(0x6F56, "EF.EST", 1, c.SERVICES, "PIN, PIN2", 0x05, start=[], vectors=(("05", [1, 3]),)),
    Ef(0x6F57, "EF.ACL", 64, c.APNS, "PIN, PIN2", service=35, start=["internet"], vectors=(
        ("01dd0908696e7465726e6574", ["internet"]),)),
    Ef(0x6F5B, "EF.START-HFN", 6, m.START_HFN, "PIN, PIN", 0x0F, start={"cs": "f00000", "ps": "f00000"}, vectors=(
        ("f00000f00000", {"cs": "f00000", "ps": "f00000"}),)),
    Ef(0x6F5C, "EF.THRESHOLD", 3, c.NUMBER, sfi=0x10, start=0xF01234, vectors=(("f01000", 15732736),)),
    Ef(0x6F60, "EF.PLMNwAcT", 40, c.PLMNS_ACT, "PIN, PIN", 0x0A, service=20),
    Ef(0x6F61, "EF.OPLMNwAcT", 40, c.PLMNS_ACT, sfi=0x11, service=42),
    Ef(0x6F62, "EF.HPLMNwAcT", 10, c.PLMNS_ACT, sfi=0x13, service=43, start=[["001-01", "4000"]], vectors=(
        ("00f1104000", [["001-01", "4000"]]),)),
    Ef(0x6F73, "EF.PSLOCI", 14, c.PSLOCI, "PIN, PIN", 0x0C),
    Ef(0x6F78, "EF.ACC", 2, c.ACC, sfi=0x06, start=[9], vectors=(("0200", [9]), ("8001", [0, 15]))),
    Ef(0x6F7B, "EF.FPLMN", 12, c.PLMNS, "PIN, PIN", 0x0D, vectors=(("00f110130014", ["001-01", "310-410"]),)),
    Ef(0x6F7E, "EF.LOCI", 11, c.LOCI, "PIN, PIN", 0x0B, vectors=(("47d1264a62f21037211e00", {
        "tmsi": "47d1264a", "lai": "262-01 3721", "rfu": "1e", "status": "00"}),)),
    Ef(0x6FAD, "EF.AD", 4, c.AD, "always, ADM", 0x03, start={"mode": "normal", "info": "0000", "mnc_digits": 2},
       vectors=(("00000002", {"mode": "normal", "info": "0000", "mnc_digits": 2}),
                ("80000103", {"mode": "type approval", "info": "0001", "mnc_digits": 3}))),
    Ef(0x6FB7, "EF.ECC", 18, c.ECC, "always, ADM", 0x01, records=2, vectors=(
        ("11f2ff" "54657374ffffffffffffffffffff" "01", {"number": "112", "name": "Test", "category": 1}),),
       start=[{"number": "112", "name": "", "category": 0}]),
    Ef(0x6FD6, "EF.GBABP", 80, c.GBABP, "PIN, PIN", service=68, vectors=(
        ("10" "23553cbe9637a89d218ae64dae47bf35" "03" "614062" "02" "3630", {
            "rand": "23553cbe9637a89d218ae64dae47bf35", "b_tid": "a@b", "lifetime": "60"}),),
       start={"rand": "", "b_tid": "", "lifetime": ""}),
    Ef(0x6FD9, "EF.EHPLMN", 6, c.PLMNS, sfi=0x1D, service=71, start=["001-01"]),
    Ef(0x6FDA, "EF.GBANL", 64, c.GBANL, records=2, service=68, vectors=(
        ("80016e" "810174", {"naf_id": "n", "b_tid": "t"}),)),
    Ef(0x6FDD, "EF.NAFKCA", 48, c.NAFKCA, records=1, service=76),
    Ef(0x6FE2, "EF.NCP-IP", 64, c.NCP_IP, records=1, service=80,
       start=[{"apn": "internet", "login": "", "password": ""}],
       vectors=(("8008696e7465726e6574" "810175" "820170", {"apn": "internet", "login": "u", "password": "p"}),)),
    Ef(0x6FE3, "EF.EPSLOCI", 18, c.EPSLOCI, "PIN, PIN", 0x1E, service=85, vectors=(
        ("0bf600f1108000010a1b2c3d" "00f1100001" "00", {
            "guti": "0bf600f1108000010a1b2c3d", "tai": "001-01 0001", "status": "00"}),)),
    Ef(0x6FE4, "EF.EPSNSC", 54, access="PIN, PIN", sfi=0x18, records=1, service=85),
    Ef(0x6FE8, "EF.NASCONFIG", 32, service=96),
    Ef(0x6FEC, "EF.PWS", 1, access="always, ADM", service=97, start="00"),
    Ef(0x6F01, "EF.eAKA", 1, c.NUMBER, start=0),
), AID_USIM, "USIM", (GSM_ACCESS,))  # fmt: skip

TELECOM: Final = Directory(0x7F10, "DF.TELECOM", (
    Ef(0x6F3A, "EF.ADN", 28, c.DIALLING, "PIN, PIN", records=10),
    Ef(0x6F3B, "EF.FDN", 28, c.DIALLING, "PIN, PIN2", records=2),
    Ef(0x6F3C, "EF.SMS", 176, c.SMS, "PIN, PIN", records=5, start=[{"status": "00", "pdu": ""}] * 5),
    Ef(0x6F40, "EF.MSISDN", 28, c.DIALLING, "PIN, PIN", records=2),
    Ef(0x6F42, "EF.SMSP", 42, access="PIN, PIN", records=1),
    Ef(0x6F43, "EF.SMSS", 2, access="PIN, PIN"),
    Ef(0x6F44, "EF.LND", 28, c.DIALLING, "PIN, PIN", records=3, structure="cyclic"),
))  # fmt: skip

GSM: Final = Directory(0x7F20, "DF.GSM", (  # [TS 51.011 §10.3]
    Ef(0x6F05, "EF.LP", 2, access="always, PIN", start="01ff"),
    Ef(0x6F07, "EF.IMSI", 9, c.IMSI, start="001010123456789"),
    Ef(0x6F20, "EF.Kc", 9, access="PIN, PIN"),
    Ef(0x6F31, "EF.HPPLMN", 1, c.NUMBER, start=5),
    Ef(0x6F38, "EF.SST", 4, start="ff00c303"),
    Ef(0x6F39, "EF.ACM", 3, c.NUMBER, "PIN, PIN", records=2, structure="cyclic", start=[0, 0]),
    Ef(0x6F78, "EF.ACC", 2, c.ACC, start=[9]),
    Ef(0x6F7B, "EF.FPLMN", 12, c.PLMNS, "PIN, PIN"),
    Ef(0x6F7E, "EF.LOCI", 11, c.LOCI, "PIN, PIN"),
    Ef(0x6FAD, "EF.AD", 4, c.AD, "always, ADM", start={"mode": "normal", "info": "0000", "mnc_digits": 2}),
    Ef(0x6FAE, "EF.Phase", 1, access="always, ADM", start="03"),
))  # fmt: skip

PKCS15: Final = Directory(0x7F50, "DF.PKCS15", (), AID_PKCS15, "PKCS-15")
"""Its files come from `dmkit.card.pkcs15`; the identifier under the MF is UNSURE (sheet bootstrap §4)."""

MF: Final = Directory(0x3F00, "MF", (  # [TS 102 221 §13; sheet usim §2]
    Ef(0x2F00, "EF.DIR", 64, c.DIR, "always, ADM", 0x1E, records=4, vectors=(_EXAMPLE_DIR,)),
    Ef(0x2F05, "EF.PL", 4, c.LANGUAGES, "always, PIN", 0x05, start=["en"], vectors=(("656e", ["en"]),)),
    Ef(0x2F06, "EF.ARR", 48, RULES, "always, ADM", 0x06, records=len(RECORDS), start=RULES_START),
    Ef(0x2F08, "EF.UMPC", 5, m.UMPC, "always, ADM", 0x08,
       start={"milliamperes": 0, "seconds": 10, "flags": 10, "more": "0000"}, vectors=(
        ("3cff02", {"milliamperes": 60, "seconds": 255, "flags": 2}),
        ("320500", {"milliamperes": 50, "seconds": 5, "flags": 0}))),
    Ef(0x2FE2, "EF.ICCID", 10, c.ICCID, "always, never", 0x02, start="8900101000000000019", vectors=(
        ("988812010000400310f0", "8988211000000430010"), ("980001010000000010f9", "8900101000000000019"))),
), below=(TELECOM, GSM, USIM, PKCS15))  # fmt: skip

DIRECTORIES: Final[dict[str, Directory]] = {directory.name: directory for directory in MF.walk()}
"""Every directory by name.  A new file is a row above."""
