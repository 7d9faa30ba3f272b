"""Seal the answers to the notebooks' questions: ``python docs/make_answers.py``.

``docs/answers.toml`` is what is read, ``dmkit/lab/lessons/sealed.json`` what is written and travels with the package.
A question is a table with ``answer`` and, where it is a number, ``digits`` to be right in; ``right`` is said to who is
right, ``hint`` to who is wrong; ``traps`` are mistakes that were made before, each with its ``hint`` (``near`` for
those that are nearly right).
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

from dmkit.lab.lessons.answers import forms, kind_of, seal

ROOT: Final = Path(__file__).resolve().parents[1]
SEALED: Final = ROOT / "dmkit/lab/lessons/sealed.json"
FIELDS: Final = {"answer", "digits", "right", "hint", "traps"}


def sealed() -> dict[str, Any]:
    """Every question with its answers as digests."""
    rows = tomllib.loads((ROOT / "docs/answers.toml").read_text("utf-8"))
    return {name: _row(name, row) for name, row in sorted(rows.items())}


def _row(name: str, row: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(row) - FIELDS):
        raise ValueError(f"question {name}: no field {unknown[0]!r}; there are {', '.join(sorted(FIELDS))}")
    answer, digits = row["answer"], row.get("digits", 0)
    made = {"kind": kind_of(answer), "digits": digits, "seal": seal(name, _form(answer, digits)), "traps": []}
    if digits:
        made["near"] = seal(name, _form(answer, 1))
    for trap in row.get("traps", ()):
        near = {"near": True} if trap.get("near") else {}
        made["traps"].append({"seal": seal(name, _form(trap["answer"], digits)), "hint": trap["hint"], **near})
    return made | {field: row[field] for field in ("right", "hint") if field in row}


def _form(answer: object, digits: int) -> str:
    """The form that is kept: a number as rounded, not its neighbours."""
    found = list(forms(answer, digits))
    return found[len(found) // 2]


def text() -> str:
    """What ``sealed.json`` holds."""
    return json.dumps(sealed(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SEALED.write_text(text(), encoding="utf-8")
    print(f"{SEALED.relative_to(ROOT)}: {len(sealed())} answers")
