"""Run notebooks, keep what a reader needs: ``python docs/run_notebooks.py [NAME.ipynb ...]``; all when none is named.

Outputs are stored; widget ids, times and the inner part of tracebacks are not.  Printed is the processor time of each,
kernel and further processes, as docs/speed.md lists it.  tests/repository/test_notebooks.py checks.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
LIVE = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(path: Path) -> None:
    """Execute ``path`` in place, in a fresh kernel."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=600, record_timing=False, store_widget_state=False, resources=place).execute()
    notebook.metadata = METADATA
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(LIVE, None)
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def spent() -> float:
    """Seconds of processor time of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")):
        before = spent()
        run(path)
        print(f"{path.name}: {spent() - before:.1f} s", flush=True)
