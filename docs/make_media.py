"""Write the table of docs/which-medium.md anew: ``python docs/make_media.py``; a test compares it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from dmkit.lab.studies import media

PAGE: Final = Path(__file__).resolve().parent / "which-medium.md"
TABLES: Final = {
    "compare": lambda: media.table(),
    "threats": lambda: media.pasted(_threats()),
    "fates": lambda: media.pasted(media.fates()),
    "held": lambda: media.pasted(media.held().drop(columns="inside")),
    "reach": lambda: "\n".join(["| who can | share | basis |", "| --- | --- | --- |",
                                *(f"| {name} | {row.share:g} | {row.basis} |" for name, row in media.REACH.items())]),
}  # fmt: skip


def _threats():  # type: ignore[no-untyped-def]
    frame = media.threats().pivot(index="way", columns="threat", values="breached")
    frame = frame.loc[list(media.WAYS), list(media.THREATS)].replace({True: "X", False: "."}).reset_index()
    frame.columns.name = None
    return frame


def page(text: str) -> str:
    """The page with every table anew: each stands between two comments with its name."""
    for name, made in TABLES.items():
        block = f"<!-- {name} -->\n\n{made()}\n\n<!-- end of {name} -->"
        text, count = re.subn(rf"<!-- {name} -->.*?<!-- end of {name} -->", lambda _, b=block: b, text, flags=re.S)
        if count != 1:
            raise ValueError(f"{PAGE.name} has no place for {name}")
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), encoding="utf-8")
    print(PAGE.name)
