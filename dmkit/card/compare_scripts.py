"""Scripts of commands for two cards with the same files: what is sent, in which order, and where it is laid down.

Only files that every USIM has are named: EF.ICCID, EF.DIR, EF.ARR, EF.IMSI, EF.ACC, EF.FPLMN.  PIN1 is 1234 and on, its
PUK 12345678.  Each script begins at a card that was just switched on, and leaves files and keys as it found them.

>>> SCRIPTS["reading"].section
'TS 102 221 §11.1.3'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["SCRIPTS", "CardScript"]


@dataclass(frozen=True, slots=True)
class CardScript:
    """Commands in hexadecimal.  What waits behind 61xx is fetched, unless the script is ``raw``."""

    section: str
    commands: tuple[str, ...]
    raw: bool = False


_MF, _USIM = "00A4000C023F00", "00A4040C07A0000000871002"
_PIN, _WRONG, _ASK = "002000010831323334FFFFFFFF", "002000010839393939FFFFFFFF", "00200001"
_UNBLOCK = "002C000110313233343536373831323334FFFFFFFF"
_IN_USIM: Final = (_USIM, _PIN)


def _to(*before: str, then: str) -> tuple[str, ...]:
    return (*before, *then.split())


SCRIPTS: Final[dict[str, CardScript]] = {
    "selection": CardScript(
        "TS 102 221 §11.1.1",
        _to(
            _MF,
            then="""
        00A4000C022FE2 00A4000C026F07 00A4000C022F00 00A4000C023F00 00A4000C024444 00A4000C
        00A4000C022F 00A4000C0100 00A4050C022FE2 00A4000F022FE2 00A4FF0C022FE2""",
        ),
    ),
    "selection by path": CardScript(
        "TS 102 221 §8.4.2, §11.1.1",
        _to(
            _MF,
            then="""
        00A4080C022FE2 00A4080C043F002FE2 00A4080C047FFF6F07 00A4080C024444 00A4080C047F102FE2
        00A4090C022FE2 00A4090C026F07""",
        ),
    ),
    "selection of applications": CardScript(
        "TS 102 221 §8.4.3, §11.1.1",
        _to(
            _MF,
            then=f"""
        00A4000C027FFF {_USIM} 00A4000C027FFF 00A4000C026F07 00A4000C022FE2 {_MF} 00A4000C026F07
        00A4040C05A000000087 00A4040C04A0000000 00A4040C07A0000000871099 00A4040C10A0000000871002FFFFFFFF8907090000
        00A4040C11A0000000871002FFFFFFFF890709000000 00A4040C 00A4044C07A0000000871002""",
        ),
    ),
    "selection up and down": CardScript(
        "TS 102 221 §8.4.1, §11.1.1",
        _to(
            _MF,
            _USIM,
            then="""
        00A4030C 00A4000C022FE2 00A4000C027FF0 00A4000C026F07 00A4020C026F07 00A4010C022FE2 00A4030C00""",
        ),
    ),
    "templates": CardScript(
        "TS 102 221 §11.1.1.4",
        _to(
            then=f"""
        00A40004023F00 00A40004022FE2 00A40004022F00 00A40004022F06 {_USIM} 00A40004026F07 00A40004026F78
        00A40404 07A0000000871002""".replace("00A40404 ", "00A40404")
        ),
    ),
    "short answers": CardScript(
        "TS 102 221 §7.3.1, §10.2.1",
        _to(
            then="""
        00A40004022FE2 00C0000000 00A40004022FE2 00C0000004 00C0000000 00C0000019 00A40004022FE201 00A40004022FE200
        00C0000000 00A4000C022FE2 00C000000A 00A4000C022F00 00B2010400 00B2010405 00B00000FF"""
        ),
        raw=True,
    ),
    "reading": CardScript(
        "TS 102 221 §11.1.3",
        _to(
            _MF,
            then="""
        00B0000001 00A4000C022FE2 00B000000A 00B0000000 00B000050A 00B0000005 00B0000900 00B0000A01 00B0000A00
        00B000000B 00B07FFF01 00B0000001FF 00B08200 00B0820000 00B0820A01 00B0830000 00B0A20000 00B0800000 00B09F0000
        00A4000C022F00 00B0000001""",
        ),
    ),
    "reading records": CardScript(
        "TS 102 221 §11.1.5",
        _to(
            _MF,
            then="""
        00A4000C022F00 00B2010400 00B2FF0400 00B2000400 00B2000200 00B2000400 00B2000300 00B2000200 00B2000200
        00B2010500 00B2010200 00B201F400 00B202F400 00B200F400 00B2010C00 00A4000C022FE2 00B2010400""",
        ),
    ),
    "searching": CardScript(
        "TS 102 221 §11.1.7",
        _to(
            _MF,
            then="""
        00A4000C022F00 00A2010404A0000000 00A2010402FFFF 00A2010404DEADBEEF 00A2010504A0000000 00A2FF0404A0000000
        00A2000404A0000000 00A20104 00A2010604A0000000 00A201F404A0000000 00A4000C022FE2 00A201040110""",
        ),
    ),
    "updating": CardScript(
        "TS 102 221 §11.1.4",
        _to(
            *_IN_USIM,
            then="""
        00A4000C026F7B 00D6000003FFFFFF 00D600000300F110 00B0000003 00D600090300F110 00D6000A0300F110 00D6000C01FF
        00D60000 00D60000030000 00D600000CFFFFFFFFFFFFFFFFFFFFFFFF 00D6000C03FFFFFF 00B0000C00
        00D68D0003FFFFFF 00D6820003FFFFFF 00D6970003FFFFFF""",
        ),
    ),
    "rights": CardScript(
        "TS 102 221 §9.2.4; TS 31.102 §4.2",
        _to(
            _MF,
            then=f"""
        00A4000C022FE2 00D600000100 {_USIM} 00A4000C026F07 00B0000000 00A4000C026F7B 00D6000003FFFFFF
        {_PIN} 00D6000003FFFFFF 00A4000C026F07 00B0000000 00D600000108 00A4000C026F78 00B0000000 00D600000200FF
        00A4000C026F06 00B2010400 00DC010428{"FF" * 40}""",
        ),
    ),
    "tries of a PIN": CardScript(
        "TS 102 221 §9.5, §11.1.9",
        _to(
            _MF,
            then=f"""
        {_ASK} {_WRONG} {_ASK} {_PIN} {_ASK} {_WRONG} {_WRONG} {_WRONG} {_ASK} {_PIN} {_UNBLOCK} {_ASK}""",
        ),
    ),
    "parameters of VERIFY": CardScript(
        "TS 102 221 §11.1.9",
        _to(
            _MF,
            then=f"""
        002000010431323334 {_PIN} 00200001093132333435363738FF {_PIN} 0020000208FFFFFFFFFFFFFFFF 00200055 00200101
        {_PIN} 002000010831323334FFFF3132 {_PIN} 0020008100 0020000100""",
        ),
    ),
    "changing a PIN": CardScript(
        "TS 102 221 §11.1.10",
        _to(
            _MF,
            then="""
        002400011031323334FFFFFFFF35363738FFFFFFFF 002000010835363738FFFFFFFF
        002400011031323334FFFFFFFF31323334FFFFFFFF 00200001 002400011035363738FFFFFFFF31323334FFFFFFFF
        00240001 002400010831323334FFFFFFFF 00200001 002400011031323334FFFFFFFF3132FFFFFFFFFFFF
        002C0001103132333435363738"""
            "31323334FFFFFFFF",
        ),
    ),
    "switching a PIN": CardScript(
        "TS 102 221 §11.1.11, §11.1.12",
        _to(
            _MF,
            then=f"""
        002600010831323334FFFFFFFF 002600010831323334FFFFFFFF {_PIN} {_ASK} {_USIM} 00A4000C026F07 00B0000000
        002400011031323334FFFFFFFF35363738FFFFFFFF
        002800010839393939FFFFFFFF 002800010831323334FFFFFFFF 002800010831323334FFFFFFFF {_ASK} 00260001 00280001""",
        ),
    ),
    "unblocking": CardScript(
        "TS 102 221 §11.1.13",
        _to(
            _MF,
            then=f"""
        002C0001 002C000110{"39" * 8}31323334FFFFFFFF 002C0001 {_UNBLOCK} 002C0001 {_ASK}
        002C000110{"3132333435363738"}3132FFFFFFFFFFFF {_UNBLOCK} 002C000108{"39" * 8} {_UNBLOCK} 002C0055""",
        ),
    ),
    "status": CardScript(
        "TS 102 221 §11.1.2",
        _to(
            then=f"""
        80F2000000 80F2000C 80F2000100 {_USIM} 80F2000100 80F2000000 80F2010C 80F2020C 80F2030C 80F20005 80F2000002
        00F2000C"""
        ),
    ),
    "channels": CardScript(
        "TS 102 221 §8.7, §11.1.17",
        _to(
            then=f"""
        01A4000C023F00 0070000001 01A4000C022FE2 01B000000A 00B000000A {_USIM} 0170000001 02A4000C022FE2 0070000001
        0070000001 00708001 01B000000A 00708001 00708000 00700100 04A4000C023F00"""
        ),
    ),
    "class and instruction": CardScript(
        "TS 102 221 §10.1.1, §10.1.2, §10.2.1",
        _to(
            then="""
        0099000000 8099000000 FFA4000C023F00 90A4000C023F00 80A4000C023F00 60A4000C023F00 0CA4000C023F00 00F2000000
        80C0000000 00C0000000 00120000"""
        ),
    ),
    "broken lengths": CardScript(
        "TS 102 221 §10.1.4, §10.1.5",
        _to(
            then="""
        00A400 00A4000C023F 00A4000C033F00 00A4000C023F0000FF 00B000000000 00D60000"""
        ),
    ),
    "toolkit": CardScript(
        "TS 102 221 §11.2; TS 102 223 §6",
        _to(
            then="""
        8012000005 8010000004FFFFFFFF 8012000005 80C20000 80C2000002D100 80AA000005A903810100
        001000000101"""
        ),
    ),
    "files switched off": CardScript(
        "TS 102 221 §11.1.14, §11.1.15",
        _to(
            _MF,
            then="""
        00A4000C022FE2 00040000 00A4000C022FE2 00440000 000400FF 00440000022FE2""",
        ),
    ),
    "the old class": CardScript(
        "TS 51.011 §9.2; TS 102 221 §10.1.1",
        _to(
            then="""
        A0A40000023F00 A0C000000F A0A40000027F20 A0A40000026F07 A0B0000009 A0A40000024444 A0F2000000 A0A40000
        A020000108"""
            "31323334FFFFFFFF A0FE000000"
        ),
    ),
}
"""Scripts by name.  A script is a row; a difference between two cards is told with its section."""
