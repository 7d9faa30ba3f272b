"""Stubs of the packages that load late: made from the tables of their doors.  ``make stubs`` writes them.

A type checker reads ``__init__.pyi`` instead of ``__init__.py`` and so knows every public name with its type.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


def packages() -> list[str]:
    """The packages with a door, by their dotted names."""
    found = [path for path in ROOT.glob("dmkit/**/__init__.py") if "lazy import door" in path.read_text("utf-8")]
    return sorted(".".join(path.parent.relative_to(ROOT).parts) for path in found)


def lines(package: str) -> list[str]:
    """The stub of ``package``: one import a name, and ``__all__``."""
    door = import_module(package)
    made = []
    for name, (base, place) in door.__getattr__.places.items():
        module, _, last = (f"{base}.{place[1:]}" if place.startswith("=") else f"{base}.{place}.{name}").rpartition(".")
        made.append(f"from {module} import {last} as {name}")
    version = ["", "__version__: str"] if package == "dmkit" else []
    names = ["", "__all__ = [", *(f'    "{name}",' for name in sorted(door.__all__)), "]"]
    return [*sorted(made), *version, *names]


def place(package: str) -> Path:
    """Where its stub stands."""
    return ROOT.joinpath(*package.split(".")) / "__init__.pyi"


def write() -> list[Path]:
    """Write every stub, and put its imports in the order that ruff wants."""
    written = []
    for package in packages():
        place(package).write_text("\n".join(lines(package)) + "\n", encoding="utf-8")
        written.append(place(package))
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--quiet", "--fix", "--select", "I,RUF022", *written], check=True)
    subprocess.run([*ruff, "format", "--quiet", *written], check=True)
    return written


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(*write(), sep="\n")
