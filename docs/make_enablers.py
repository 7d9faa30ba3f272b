"""Writes the tables of docs/enablers.md anew: ``python docs/make_enablers.py``; about three minutes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from dmkit.enablers import PROFILES, assess, matrix
from dmkit.enablers.tables import grid_markdown, losses_markdown, matrix_markdown

PAGE = Path(__file__).with_name("enablers.md")
TABLE = r"(?:\|[^\n]*\n)+"


def main() -> None:
    """Compute all tables and put them in the places of those that stand there."""
    page, found = PAGE.read_text(encoding="utf-8"), matrix()
    grid = {}
    for name, profile in PROFILES.items():
        print(name, file=sys.stderr, flush=True)
        grid[name] = assess(profile)
    whole = matrix_markdown(found).partition("\n\n")[0]
    for heading, table in (("## The matrix", whole), ("### Mandatory, and why", losses_markdown(found)),
                           ("### Optional, and what is lost", losses_markdown(found, "optional")),
                           ("## Profiles, and the smallest change", grid_markdown(grid))):  # fmt: skip
        before, _, after = page.partition(f"{heading}\n")
        page = before + heading + "\n" + re.sub(TABLE, lambda _, t=table: t + "\n", after, count=1)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
