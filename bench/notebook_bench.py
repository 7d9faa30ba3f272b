"""The first two cells of notebook 14, in a process of their own; the shell around them is not counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import Row, within
from bench.probe.clock import COSTS

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOK = "14-security-trade-offs.ipynb"
MOST = 1.5
_CELLS = f"""
import cProfile, json, sys
from time import process_time
from IPython.core.interactiveshell import InteractiveShell
{COSTS}
shell = InteractiveShell.instance()
profiler = cProfile.Profile(process_time)
if sys.argv[1]:
    profiler.enable()
start = process_time()
for cell in sys.argv[2:]:
    shell.run_cell(cell).raise_error()
print()
print(json.dumps(dearest(profiler, 5)) if sys.argv[1] else process_time() - start)
"""


def rows() -> Iterator[Row]:
    """Processor time of three new processes; one before them is not counted, for it writes the bytecode."""
    page = json.loads((FOLDER / NOTEBOOK).read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "code"][:2]

    def said(profiled: str) -> str:
        run = [sys.executable, "-c", _CELLS, profiled, *cells]
        return subprocess.run(run, capture_output=True, text=True, check=True, cwd=FOLDER).stdout.splitlines()[-1]

    said("")
    took = [float(said("")) for _ in range(3)]
    yield within("cells 1 and 2 of notebook 14", took, MOST, top=tuple(json.loads(said("profiled"))))
