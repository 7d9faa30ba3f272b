"""Which dmkit made a frame or a report: version and commit, a part of ``frame.attrs``.

>>> sorted(made_by(seed=7))
['commit', 'seed', 'version']
>>> made_by(seed=7)["seed"]
7
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from dmkit import __version__

__all__ = ["commit", "made_by"]


@cache
def commit(checkout: Path | None = None) -> str:
    """The commit that is checked out where dmkit runs from, 40 hexadecimal digits; empty for an installed package.

    ``checkout`` is a folder with ``.git`` (a folder, or in a worktree a file that names one); git itself is not needed.
    """
    git = (checkout or Path(__file__).resolve().parents[2]) / ".git"
    try:
        if git.is_file():
            git = git.parent / git.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        name = head.removeprefix("ref:").strip()
        if name == head:
            return head if re.fullmatch("[0-9a-f]{40}", head) else ""
        common = git / (git / "commondir").read_text(encoding="utf-8").strip() if (git / "commondir").exists() else git
        if (common / name).is_file():
            return (common / name).read_text(encoding="utf-8").strip()
        packed = (common / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except OSError:
        return ""


def made_by(**more: object) -> dict[Any, Any]:
    """``version``, ``commit`` and whatever else made a result: parameters, seed, units."""
    return {"version": __version__, "commit": commit(), **more}
