"""The public names have types: a type checker finds each mistake of a user, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).parent / "user_script.py"


def test_each_planted_mistake_is_found_and_nothing_else():
    wanted = {
        (number, line.rpartition("# error: ")[2])
        for number, line in enumerate(SCRIPT.read_text().splitlines(), 1)
        if "# error: " in line
    }
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent", str(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    found = set(re.findall(r"user_script\.py:(\d+): error: .*\[([\w-]+)\]", done.stdout))
    assert {(int(number), code) for number, code in found} == wanted, done.stdout + done.stderr
    assert len(wanted) == 10


def test_stubs_say_what_the_doors_open():
    """``make stubs`` writes them anew."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import make_stubs
    finally:
        sys.path.pop(0)
    for package in make_stubs.packages():
        stub = make_stubs.place(package).read_text("utf-8").splitlines()
        assert sorted(filter(None, stub)) == sorted(filter(None, make_stubs.lines(package))), package
    assert "dmkit" in make_stubs.packages() and len(make_stubs.packages()) > 10
