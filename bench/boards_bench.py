"""What a board does when a control moves: the dearest act of each, in milliseconds of processor time of the kernel.

The acts are those of ``tests/lab/boards/board_table.py``, made in a process that runs its tests.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench import Row, within

ROOT = Path(__file__).resolve().parents[1]
MOST = 150.0
ALLOWED = {"enablers": 300.0, "campaign": 300.0}
"""Boards of notebooks 17 and 18, which play more."""
TURNS = 3


def _acts(file: Path) -> dict[tuple[str, int], float]:
    """(board, which of its acts) -> milliseconds."""
    words = ["-m", "pytest", "-n", "0", "-q", "--no-record", "-p", "no:cacheprovider", "-k", "follows_its_controls"]
    env = os.environ | {"DMKIT_REDRAWS": str(file)}
    done = subprocess.run([sys.executable, *words, "tests/lab/boards/test_boards.py"], cwd=ROOT, env=env,
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the tests of boards end with {done.returncode}: {done.stdout.splitlines()[-1:]}")
    found, count = dict[tuple[str, int], float](), defaultdict[str, int](int)
    with file.open(encoding="utf-8", newline="") as lines:
        for _, board, *_, milliseconds in csv.reader(lines):  # a control may have a quote in its name
            found[board, count[board]] = float(milliseconds)
            count[board] += 1
    return found


def rows() -> Iterator[Row]:
    """A row for each board."""
    with tempfile.TemporaryDirectory() as folder:
        turns = [_acts(Path(folder) / f"{turn}.csv") for turn in range(TURNS)]
    dearest = defaultdict[str, list[float]](list)
    for turn in turns:
        for board in dict.fromkeys(name for name, _ in turn):
            dearest[board].append(max(took for (name, _), took in turn.items() if name == board))
    for board, took in dearest.items():
        yield within(f"board: {board}", took, ALLOWED.get(board, MOST), "ms")
