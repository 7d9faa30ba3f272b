"""Cut a version: ``python docs/cut_version.py 0.2.0 2026-11-29``.

The notes of ``changes.d/`` become a section of ``CHANGELOG.md`` and go; the version and its date are written into the
files that hold them.  Commit and tag are left to whoever cuts: CONTRIBUTING.md has the steps.
"""

from __future__ import annotations

import datetime
import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
#: file -> (pattern with one group around what goes, what comes)
PLACES: Final = {
    "pyproject.toml": (r'(?m)^version = "([^"]*)"$', "version"),
    "dmkit/__init__.py": (r'(?m)^__version__ = "([^"]*)"$', "version"),
    "CITATION.cff": (r"(?m)^version: (.*)$", "version"),
    "CITATION.cff ": (r"(?m)^date-released: (.*)$", "date"),
}


def section(root: Path, version: str, date: str) -> str:
    """The new part of the change log: each note in the order of its name, as one item of a list."""
    items = []
    for note in sorted(path for path in (root / "changes.d").glob("*.md") if path.name != "README.md"):
        text = note.read_text(encoding="utf-8").strip()
        if not text.startswith("- "):
            text = "- " + text.replace("\n", "\n  ")
        items.append(text)
    return f"## {version}, {date}\n\n" + "\n".join(items) + "\n"


def cut(root: Path, version: str, date: str) -> None:
    """Write all of it below ``root``; ValueError, and nothing touched, when one is not right."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"version {version!r}: three numbers with dots are wanted, as 0.2.0")
    datetime.date.fromisoformat(date)
    log = root / "CHANGELOG.md"
    old = log.read_text(encoding="utf-8")
    if re.search(rf"^## {re.escape(version)}\b", old, re.M):
        raise ValueError(f"version {version} has a section in CHANGELOG.md")
    texts: dict[Path, str] = {}
    for name, (pattern, what) in PLACES.items():
        path = root / name.strip()
        text = texts.get(path, path.read_text(encoding="utf-8"))
        found = re.search(pattern, text)
        if found is None:
            raise ValueError(f"{path.name}: no line for the {what}")
        texts[path] = text[: found.start(1)] + (version if what == "version" else date) + text[found.end(1) :]
    at = re.search(r"^## ", old, re.M)
    start = at.start() if at else len(old)
    texts[log] = old[:start] + section(root, version, date) + "\n" + old[start:]
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    for note in (root / "changes.d").glob("*.md"):
        if note.name != "README.md":
            note.unlink()


if __name__ == "__main__":
    try:
        cut(ROOT, *sys.argv[1:3])
    except (TypeError, ValueError) as error:
        sys.exit(f"{error}\nusage: python docs/cut_version.py VERSION DATE")
