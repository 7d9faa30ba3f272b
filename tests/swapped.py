"""The whole suite, a room at a time, with quick readers and writers forced off and forced on: ``make swapped``.

``python -m tests.swapped [--mode off|on] [--outside] [--table FILE] [ROOM ...]`` runs the tests of each room, its
docstrings too, in a process of its own, and prints and keeps a row for each: room, mode, exit code of pytest, counts,
seconds.  It ends with 1 if any room failed.  ``DMKIT_FAST`` in the environment is the switch: ``tests/conftest.py``.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

__all__ = ["MODES", "SwappedRun", "main", "rooms"]

ROOT = Path(__file__).resolve().parents[1]
MODES = ("off", "on")
NO_TESTS = 5
"""Exit code of pytest for a room in which no test was left: no failure."""


class SwappedRun(NamedTuple):
    """One room in one mode: the exit code of pytest, what it counted, and how long it took by the clock."""

    room: str
    mode: str
    code: int
    counts: str
    seconds: float

    @property
    def sound(self) -> bool:
        """Whether no test failed."""
        return self.code in (0, NO_TESTS)


def rooms() -> list[str]:
    """Every folder of the package or of the tests: ``wire`` stands for ``tests/wire`` and ``dmkit/wire``."""
    folders = (path for top in ("dmkit", "tests") for path in (ROOT / top).iterdir())
    return sorted({path.name for path in folders if (path / "__init__.py").exists()})


def run(room: str, mode: str, marks: str, log: Path | None = None) -> SwappedRun:
    """The tests of ``room`` in a process of their own."""
    places = [f"{top}/{room}" for top in ("tests", "dmkit") if (ROOT / top / room).is_dir()]
    words = [sys.executable, "-m", "pytest", "-n", "0", "--no-record", "-p", "no:cacheprovider", "-m", marks, *places]
    start = perf_counter()
    done = subprocess.run(words, cwd=ROOT, env=os.environ | {"DMKIT_FAST": mode}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)  # fmt: skip
    if log is not None:
        (log / f"{room}-{mode}.txt").write_text(done.stdout, encoding="utf-8")
    counts = re.findall(r"\d+ (?:passed|failed|skipped|errors?|xfailed|deselected)", done.stdout[-400:])
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    print(*failed, sep="\n", end="\n" if failed else "", file=sys.stderr, flush=True)
    return SwappedRun(room, mode, done.returncode, ", ".join(counts), round(perf_counter() - start, 1))


def keep(table: Path, runs: Iterable[SwappedRun]) -> None:
    """``runs`` as a table of text; rows of another room or mode that it has stay."""
    known: dict[tuple[str, str], dict[str, object]] = {}
    if table.exists():
        with table.open(newline="", encoding="utf-8") as file:
            known = {(row["room"], row["mode"]): dict(row) for row in csv.DictReader(file)}
    known |= {(one.room, one.mode): one._asdict() for one in runs}
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, SwappedRun._fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(known[key] for key in sorted(known))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.swapped", description=__doc__.split("\n")[0])
    parser.add_argument("--mode", choices=MODES, action="append", help="one of both modes")
    parser.add_argument("--outside", action="store_true", help="tests too that build the site, run a browser or make")
    parser.add_argument("--table", type=Path, default=ROOT / ".swapped.csv", help="where rows are kept")
    parser.add_argument("--log", type=Path, help="a folder for what pytest says of each room")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help="all when none is named")
    args = parser.parse_args(argv)
    unknown = set(args.rooms) - set(rooms())
    if unknown:
        parser.error(f"no such room: {', '.join(sorted(unknown))}; rooms: {', '.join(rooms())}")
    marks = "not nightly" + ("" if args.outside else " and not outside")
    failed = 0
    for mode in args.mode or MODES:
        for room in args.rooms or rooms():
            one = run(room, mode, marks, args.log)
            failed += not one.sound
            keep(args.table, [one])
            print(f"{one.room:<12} {one.mode:<4} exit {one.code}  {one.counts}  {one.seconds} s", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
