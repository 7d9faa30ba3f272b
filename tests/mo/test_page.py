"""The page on a device and its objects says of each what it rests on, as the tables have it."""

from __future__ import annotations

import re
from pathlib import Path

from dmkit.mo import OBJECTS
from tests.mo.together import stories

PAGE = (Path(__file__).parents[2] / "docs" / "device-objects.md").read_text(encoding="utf-8")


def test_the_page_says_what_each_object_rests_on() -> None:
    for name, row in OBJECTS.items():
        moves = {m.basis.value for machine in row.machines for by in machine.table.values() for m in by.values()}
        codes = {code.basis.value for code in row.results.values()}
        line = f"| {name} | {', '.join(sorted(moves))} | {', '.join(sorted(codes))} |\n"
        assert (line in PAGE) == bool(moves or codes), name


def test_the_page_counts_the_stories() -> None:
    [count] = re.findall(r"([\d,]+) stories", PAGE)
    assert int(count.replace(",", "")) == sum(1 for _ in stories())
