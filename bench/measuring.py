"""Processes that measure: one for each release, asked turn by turn, and one for each section of the table."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from bench import middle
from bench.goals import Goal

__all__ = ["Probe", "Releases", "measure", "other_pins", "plain", "section_rows"]

ROOT: Final = Path(__file__).resolve().parents[1]
TURNS: Final = 12
SPENT: Final = 10.0
"""A row is measured in so many turns at most, and in no more once this processor time has gone into it, in seconds."""
LIMIT: Final = 1800
"""Seconds by the clock after which a section is given up."""
RUN_TIME: Final = (
    "lxml", "msgspec", "cryptography", "cffi", "numpy", "pandas", "simpy", "aiohttp", "numba", "joblib", "cloudpickle",
    "matplotlib", "tqdm", "python-dateutil",
)  # fmt: skip
"""Libraries whose version counts in a row."""


def fair(release: Path, cache: Path) -> dict[str, str]:
    """The environment of a process that imports ``release`` and finds bytecode of all, as for an installed package."""
    env = os.environ | {"PYTHONPATH": str(release), "PYTHONPYCACHEPREFIX": str(cache), "PYTHONHASHSEED": "0"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def plain(text: str) -> str:
    """An error in one line, without a path of this machine.

    >>> plain("OSError: no /tmp/a1/release/dmkit/x.py\\nmore")
    'OSError: no x.py'
    """
    return re.sub(r"(?<![\w.])/(?:[\w.+-]+/)+", "", text.strip().splitlines()[0])[:200] if text.strip() else ""


class Probe:
    """A process that measures one release."""

    def __init__(self, release: Path, cache: Path, python: str = sys.executable) -> None:
        self.words, self.env = [python, "-m", "probe"], fair(release, cache)
        self.process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self.words, stdin=pipe, stdout=pipe, text=True, env=self.env, cwd=ROOT / "bench")

    def ask(self, *words: object) -> Any:
        """The answer to a request; ``{"error": ...}`` when it cannot, or its process ended (another begins)."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            return json.loads(line)
        code = self.close()
        self.process = self._started()
        return {"error": f"the process has ended with {code}"}

    def close(self) -> int:
        """End the process; its exit status."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def other_pins(constraints: str) -> list[str]:
    """Libraries that a release pins at another version than is installed here.

    >>> other_pins("no-such-library==1.0 --hash=sha256:0\\nlxml==0.0.1 --hash=sha256:0")
    ['lxml 0.0.1']
    """
    pins = dict(re.findall(r"^([\w.-]+)==([\w.!+]+)(?! ; )", constraints, re.M))
    found = []
    for name in RUN_TIME:
        with contextlib.suppress(PackageNotFoundError):
            if name in pins and pins[name] != version(name):
                found.append(f"{name} {pins[name]}")
    return found


class Releases(contextlib.ExitStack):
    """Probes of this release and of earlier ones: work trees in a temporary folder, environments where pins differ."""

    def __init__(self, against: str = "") -> None:
        super().__init__()
        self.against = against
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory()))
        self.known: dict[str, Probe | None] = {}
        self.notes: list[str] = []
        self.now = self._probe("now", ROOT)

    def _probe(self, name: str, release: Path, python: str = sys.executable) -> Probe:
        probe = Probe(release, self.folder / f"{name}-bytecode", python)
        self.callback(probe.close)
        return probe

    def before(self, pin: str) -> tuple[str, Probe | None]:
        """The commit of the earlier column and its probe: ``pin``, unless another was named; none if it is missing."""
        commit = self.against or pin
        if commit == "none":
            return "", None
        if commit not in self.known:
            self.known[commit] = self._checked_out(commit)
        return commit[:8], self.known[commit]

    def _checked_out(self, commit: str) -> Probe | None:
        place, git = self.folder / commit.replace("/", "-"), ["git", "-C", str(ROOT), "worktree"]
        add = [*git, "add", "--detach", "--quiet", str(place), commit]
        try:
            done = subprocess.run(add, capture_output=True, text=True)
        except OSError as error:
            self._note(f"{commit}: no column, git cannot be run: {error.strerror}")
            return None
        if done.returncode:
            self._note(f"{commit}: no column, it is not in this clone ({plain(done.stderr)})")
            return None
        self.callback(subprocess.run, [*git, "remove", "--force", str(place)], capture_output=True)
        return self._probe(place.name, place, self._python(commit, place))

    def _python(self, commit: str, place: Path) -> str:
        """This interpreter when it has the libraries of that release, else one with its pins."""
        pins = place / "constraints.txt"
        others = other_pins(pins.read_text(encoding="utf-8")) if pins.exists() else []
        if not others:
            return sys.executable
        home = self.folder / f"{place.name}-environment"
        self._note(f"{commit}: an environment of its own, for {', '.join(others)}")
        venv.create(home, with_pip=True)
        python, uv = str(home / "bin" / "python"), shutil.which("uv", path=str(Path(sys.executable).parent))
        install = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
        done = subprocess.run(
            [*install, "--quiet", "--require-hashes", "-r", str(pins)], capture_output=True, text=True
        )
        if done.returncode:
            self._note(f"{commit}: its pins could not be installed; measured with the libraries of this release")
            return sys.executable
        return python

    def _note(self, line: str) -> None:
        self.notes.append(line)
        print(f"  {line}", flush=True)


def _taken(goal: Goal, now: Probe, before: Probe | None, turns: int) -> tuple[list[Any], list[Any], str]:
    """What both answered in each turn, and what went wrong."""
    ours, theirs, spent = list[Any](), list[Any](), 0.0
    for turn in range(turns):
        for answers, probe in ((ours, now), (theirs, before)):
            if probe is None or (turn and goal.once and answers is theirs):
                continue
            answer = probe.ask("time", goal.name)
            if "error" in answer:
                return ours, theirs, plain(answer["error"]) if probe is now else f"earlier: {plain(answer['error'])}"
            spent += answer["spent"]
            answers.append(answer)
        if spent > SPENT:
            break
    return ours, theirs, ""


def _best(answers: list[Any], key: str) -> float:
    return min((answer[key] for answer in answers if answer[key] is not None), default=math.inf)


def measure(goal: Goal, releases: Releases, turns: int) -> dict[str, Any]:
    """One row, turn by turn: the best of each counts; middle and spread are of the ratios of single turns."""
    now, (commit, before) = releases.now, releases.before(goal.pin)
    ours, theirs, error = _taken(goal, now, before, turns)
    if error.startswith("earlier: ") and not goal.before:  # the row stands without that column
        (ours, _, error), theirs, note = _taken(goal, now, None, turns), [], error
    else:
        note = ""
    mine, other = _best(ours, "ours"), _best(theirs if goal.before else ours, "ours" if goal.before else "peer")
    others = [answer["ours" if goal.before else "peer"] for answer in (theirs if goal.before else ours)]
    if goal.once and others:
        others = others[:1] * len(ours)
    each = tuple(a["ours"] / b for a, b in zip(ours, others, strict=False) if b)
    earlier = _best(theirs, "ours") / _best(theirs, "peer") if theirs and not goal.before else math.inf
    centre, low, high = middle(each) if each else (None, None, None)
    return {
        "row": goal.name, "what": goal.what, "part": goal.part, "unit": "", "wanted": goal.wanted,
        "now": mine / other if math.isfinite(mine) and math.isfinite(other) else None,
        "middle": centre, "spread": None if low is None else [low, high], "turns": len(each),
        "before": (1.0 if theirs else None) if goal.before else earlier if math.isfinite(earlier) else None,
        "against": commit if theirs else "", "seconds": mine if math.isfinite(mine) else None,
        "top": _top(now, goal.name),
        "error": error or note or ("" if theirs or not goal.before else "no earlier release"),
    }  # fmt: skip


def _top(now: Probe, name: str) -> list[str]:
    told = now.ask("top", name)
    return told if isinstance(told, list) else []


def section_rows(name: str, part: str, seconds: float = LIMIT) -> Iterator[dict[str, Any]]:
    """The rows of a section, as its process tells them; the last one says what went wrong, if anything did."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        run = ["timeout", str(seconds)] if shutil.which("timeout") else []
        words = [*run, sys.executable, "-m", "bench.section", name]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT, env=fair(ROOT, Path(folder))
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith('{"row"'):
                    yield json.loads(line) | {"part": part}
        if process.returncode:
            said.seek(0)
            why = [f"exit {process.returncode}", *(line for line in said.read().splitlines() if line.strip())]
            yield {"row": name, "what": f"{name}: what follows", "part": part, "unit": "", "wanted": None, "now": None,
                   "middle": None, "spread": None, "turns": 0, "before": None, "against": "", "top": [],
                   "error": plain(why[-1])}  # fmt: skip
