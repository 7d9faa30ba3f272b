"""Published sets, typed from the fact sheet: TS 35.207 (Milenage), TS 35.232 (TUAK), libosmocore (AUTS), TS 33.220."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class MilenageSet(NamedTuple):
    name: str
    k: str
    rand: str
    sqn: str
    amf: str
    op: str
    opc: str
    f1: str
    f1_star: str
    f2: str
    f3: str
    f4: str
    f5: str
    f5_star: str


def words(name: str) -> list[str]:
    """The words of a file beside this one, comments left out."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines for word in line.partition("#")[0].split()]


_ROWS = words("milenage.txt")
MILENAGE = [MilenageSet(*_ROWS[at : at + 14]) for at in range(0, len(_ROWS), 14)]
"""Sets 1 to 6 of TS 35.207 and set 19, the case of RFC 5448."""
