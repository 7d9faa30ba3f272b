"""The reports of the example changes: ``python docs/make_whatif.py`` writes ``docs/whatif/``, about two minutes.

Each file of ``data/changes`` becomes a report at lesson size, in the three forms that ``dmkit whatif`` has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dmkit.workbench.whatif.report import whatif

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "whatif"


def write() -> list[Path]:
    """Write all of them."""
    OUT.mkdir(exist_ok=True)
    made = []
    for file in sorted((ROOT / "data" / "changes").glob("*.toml")):
        report = whatif("spec", file, progress=lambda n, of, name: print(f"{n + 1}/{of} {name}", file=sys.stderr))
        made += [report.save(OUT / f"{file.stem}.{form}") for form in ("md", "html", "json")]
    return made


if __name__ == "__main__":
    print(*(path.name for path in write()), sep="\n")
