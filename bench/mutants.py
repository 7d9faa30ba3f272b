"""``python -m bench.mutants [NAME ...]``: change the code in every small way, and see whether a test notices.

mutmut makes the mutants and runs the tests named in MODULES against each; this module gives it a copy of the
repository per module, counts, and compares what survived with ``bench/survivors.csv``, where each survivor has its
reason.  Sentences of errors are changed too in the modules of SENTENCES; elsewhere they are left alone: lines that
raise, and those that only hold the rest of a sentence.  mutmut passes decorated functions by, so in the copy a cache
is taken off what it keeps, and ``@asked`` off what says which argument is wrong.
Exit status 1 when fewer than TARGET per cent of a module's mutants are noticed, or one survives without a reason.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["MODULES", "TARGET", "main"]

ROOT: Final = Path(__file__).resolve().parents[1]
WORK: Final = ROOT / "build" / "mutants"
SURVIVORS: Final = ROOT / "bench" / "survivors.csv"
TARGET: Final = 95.0
MODULES: Final[Mapping[str, tuple[str, str]]] = {
    "acl": ("dmkit/tree/acl.py", "tests/tree/test_acl.py tests/tree/test_policy.py"),
    "uri": ("dmkit/tree/uri.py", "tests/tree/test_uri.py tests/session/test_edges.py"),
    "tlv": ("dmkit/card/tlv.py", "tests/card/test_lengths.py tests/card/test_tlv.py"),
    "time": (
        "dmkit/mo/sched/time.py",
        "tests/mo/sched/test_time_steps.py tests/mo/sched/test_time.py tests/mo/sched/test_choices.py",
    ),
    "packages": (
        "dmkit/session/packages.py",
        "tests/session/test_packages.py tests/session/test_edges.py tests/session/test_golden.py",
    ),
    "proofs": (
        "dmkit/session/proofs.py",
        "tests/session/test_proofs.py tests/session/test_edges.py tests/session/test_rules_client.py "
        "tests/session/test_rules_server.py tests/session/test_golden.py tests/session/test_designs.py",
    ),
    "apply": (
        "dmkit/tree/apply.py",
        "tests/tree/test_apply.py tests/tree/test_apply_told.py tests/tree/test_worked.py tests/tree/test_tnds.py",
    ),
    "lawmo": (
        "dmkit/mo/lawmo.py",
        "tests/mo/test_lawmo.py tests/mo/test_lawmo_diagmon.py tests/mo/test_machines.py "
        "tests/mo/test_sheet_machines.py",
    ),
}
"""Name -> file, and the tests that concern it, quickest first."""
SENTENCES: Final = frozenset({"acl", "uri", "tlv"})
"""Modules whose sentences have a table of their own in the tests: there a changed word must be noticed."""
_TEXTS: Final = (r"^\s*raise ", r"^\s*(return )?_?no\(", r"why = f?\"", r"^\s*right = \"", r"^\s*f?\"[^\"]*\"[,)]*$")
_RESULT: Final = re.compile(r"^\s*(\S+): (survived|no tests|timeout|suspicious|segfault|not checked)")


def _copy(name: str) -> Path:
    """A copy of what the tests need, set up for one module."""
    place = WORK / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for folder in ("dmkit", "tests", "data"):
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    file, tests = MODULES[name]
    lines = {
        "source_paths": ["dmkit"],
        "only_mutate": [file],
        "also_copy": ["data"],
        "do_not_mutate_patterns": [] if name in SENTENCES else list(_TEXTS),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist", "--no-record", "-x"],
        "pytest_add_cli_args_test_selection": tests.split(),
        "use_git_change_detection": ["false"],
        "track_dependencies": ["false"],
    }
    text = "".join(
        f"{key}=\n" + "".join(f"    {value}\n" for value in values) for key, values in lines.items() if values
    )
    for key in ("use_git_change_detection", "track_dependencies"):
        text = text.replace(f"{key}=\n    false\n", f"{key}=false\n")
    code = place / file
    code.write_text(re.sub(r"(?m)^@(lru_cache\(.*\)|asked)\n", "", code.read_text(encoding="utf-8")), encoding="utf-8")
    (place / "setup.cfg").write_text(f"[mutmut]\n{text}", encoding="utf-8")
    return place


def _mutmut(place: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *words], cwd=place, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


_SHOW: Final = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
print(json.dumps([get_diff_for_mutant(name, path=sys.argv[1]) for name in sys.argv[2:]]))
"""


def _changes(place: Path, file: str, mutants: list[str]) -> list[str]:
    """What each mutant says otherwise: the lines that went, and those that came.  One process for all of them."""
    words = [sys.executable, "-c", _SHOW, file, *mutants]
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=True)
    found = []
    for lines in map(str.splitlines, json.loads(done.stdout)):
        gone = [line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---")]
        came = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
        found.append(f"{' '.join(gone)} => {' '.join(came)}")
    return found


def _run(name: str) -> tuple[int, int, list[str]]:
    """Mutants, how many were noticed, and the changes that survived."""
    place = _copy(name)
    out = _mutmut(place, "run", "--max-children", "2")
    counts = re.findall(r"(\d+)/(\d+)", out)
    if not counts:
        raise SystemExit(f"{name}: mutmut gave up:\n{out[-2000:]}")
    total = int(counts[-1][1])
    found = [m.groups() for line in _mutmut(place, "results").splitlines() if (m := _RESULT.match(line))]
    left = [mutant for mutant, how in found if how in ("survived", "no tests", "not checked")]
    return total, total - len(left), _changes(place, MODULES[name][0], left)


def reasons() -> dict[tuple[str, str], str]:
    """Module and change -> why no test can notice it."""
    with SURVIVORS.open(newline="", encoding="utf-8") as file:
        return {(row["module"], row["change"]): row["reason"] for row in csv.DictReader(file)}


def main(names: list[str]) -> int:
    """Run the modules named, or all; print a line for each and every survivor."""
    known, bad = reasons(), False
    for name in names or MODULES:
        if name not in MODULES:
            print(f"there is no module {name!r}; there are {', '.join(MODULES)}", file=sys.stderr)
            return 2
        total, noticed, left = _run(name)
        share = 100 * noticed / total
        print(f"{name:<10} {total:5} mutants  {noticed:5} noticed  {share:5.1f} %", flush=True)
        for change in left:
            print(f"    survived: {change}   [{known.get((name, change), 'no reason given')}]")
        bad = bad or share < TARGET or any((name, change) not in known for change in left)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
