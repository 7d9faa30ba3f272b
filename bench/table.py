"""``make bench``: the table of ratios, with a column of an earlier release measured in the same run.

``python -m bench.table [--against COMMIT] [--quick] [ROW ...]`` measures each row turn by turn in two processes, one
with this release and one with a checked-out copy of the other, in processor time; the best of many short rounds counts.
It prints ratios, where the time of each row goes, how it grows (``bench/growth.svg``), inputs that an earlier release
took long over, and peers, and writes ``bench/results.json``: docs/speed.md.  Sets of Windows descriptions, campaigns
and schedules take minutes more: ``windows`` and ``world`` run when they are named, or with ``--all``.  Rows stay that
an earlier run has left; each says of which commit it is, when it was measured, and how busy the machine was.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from bench import growing
from bench.probe import COSTS
from dmkit.sim.provenance import commit, made_by

__all__ = ["ROWS", "Goal", "exponent", "main"]

ROOT = Path(__file__).resolve().parents[1]
PROBE = ROOT / "bench" / "probe.py"
RESULTS = ROOT / "bench" / "results.json"
PLOT = ROOT / "bench" / "growth.svg"


class Goal(NamedTuple):
    """A row: what is measured, beside what, and the ratio that is wanted; ``before`` when it is an earlier release.

    ``once``: that one is measured once only, for it may take half a minute.
    """

    name: str
    what: str
    wanted: float
    before: bool = False
    once: bool = False


ROWS = (
    Goal("xml-parse", "XML parse to Message / lxml.fromstring alone", 1.25),
    Goal("wbxml-decode-lxml", "WBXML decode / libwbxml + lxml", 0.35),
    Goal("wbxml-decode", "WBXML decode / libwbxml alone (C)", 0.5),
    Goal("wbxml-encode", "WBXML encode / libwbxml", 0.27),
    Goal("session", "exact six-message session, now / before", 0.5, True),
    Goal("tree-write", "tree write / two dicts by hand", 2.5),
    Goal("tree-replace", "Replace with all checks / by hand", 12.0),
    Goal("lint", "lint of 6,000 nodes / lxml parse of the same", 9.0),
    Goal("ddf-read", "DDF read / lxml parse", 8.0),
    Goal("first-converse", "first converse / importing lxml, msgspec, cryptography", 2.1),
    Goal("large-object", "4 MB object in 4 kB messages, now / before", 0.12, True, True),
    Goal("many-nodes", "4,000 nodes answered in 1 kB messages, now / before", 0.12, True, True),
    Goal("schedule-year", "50 schedules, a year, now / before", 0.5, True, True),
    Goal("exact", "1,000 devices of exact, now / before", 0.5, True),
    Goal("fleet-fifo", "1e5 devices x 6 messages, FIFO, now / before", 1 / 7, True, True),
    Goal("fleet-rich", "1e5 devices, rich campaign, now / before", 1 / 8, True, True),
    Goal("tape", "10,000 devices of tape / bare SimPy", 1.3),
    Goal("states", "5,000 states of the explorer, md5, two deeds, now / before", 0.6, True),
    Goal("matrix", "9 attackers x 15 designs, each walked to its end, now / before", 0.75, True, True),
    Goal("trials", "20 trials of the security matrix, now / before", 1.1, True),
)
GROWTH = ("size", "items", "nodes", "siblings", "answers", "object", "sessions", "accounts", *growing.GROWTH)
MOST_GROWTH = 1.15
FIRST_GROWTH = 8
"""So many kinds stand in the first picture, the others in the second."""
TURNS = 12
SPENT = 10.0
"""A row is measured in so many turns at most, and in no more once this processor time has gone into it, in seconds."""


class Probe:
    """A process that measures one release."""

    def __init__(self, release: Path, cache: Path) -> None:
        env = os.environ | {"PYTHONPATH": str(release), "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(cache)}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
        self.process = subprocess.Popen(
            [sys.executable, str(PROBE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd="/"
        )

    def ask(self, *words: object) -> Any:
        """The answer to a request; ``{"error": ...}`` when this release cannot."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the process has ended"}

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


@contextlib.contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A work tree of ``commit`` in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "release"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(place), commit], check=True)
        try:
            yield place
        finally:
            subprocess.run([*git, "remove", "--force", str(place)], check=True)


class Best:
    """The best times of one release in one row."""

    def __init__(self) -> None:
        self.ours = self.peer = math.inf
        self.error = ""

    def add(self, answer: dict[str, Any]) -> None:
        """One more round."""
        self.error = answer.get("error", "")
        self.ours = min(self.ours, answer.get("ours") or math.inf)
        self.peer = min(self.peer, answer.get("peer") or math.inf)

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's."""
        return self.ours / self.peer if math.isfinite(self.ours) and math.isfinite(self.peer) else None


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of log time over log size, by least squares: 1 for linear.

    >>> round(exponent([(100, 1.0), (200, 2.0), (400, 4.0)]), 3), round(exponent([(1, 1.0), (10, 100.0)]), 3)
    (1.0, 2.0)
    """
    xs, ys = [math.log(n) for n, _ in points], [math.log(seconds) for _, seconds in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def measure(goal: Goal, now: Probe, before: Probe | None, turns: int) -> dict[str, Any]:
    """One row, turn by turn."""
    ours, theirs, spent = Best(), Best(), 0.0
    for turn in range(turns):
        for best, probe in ((ours, now), (theirs, before)):
            if probe is not None and not best.error and not (turn and goal.once and best is theirs):
                answer = probe.ask("time", goal.name)
                spent += answer.get("spent", 0.0)
                best.add(answer)
        if spent > SPENT:
            break
    known = before is not None and math.isfinite(theirs.ours)
    ratio = (ours.ours / theirs.ours if known else None) if goal.before else ours.ratio
    return {
        "row": goal.name, "what": goal.what, "wanted": goal.wanted, "ratio": ratio,
        "before": 1.0 if goal.before else theirs.ratio, "now_to_before": ours.ours / theirs.ours if known else None,
        "seconds": ours.ours, "peer_seconds": ours.peer if math.isfinite(ours.peer) else None,
        "top": now.ask("top", goal.name), "error": ours.error or theirs.error,
    }  # fmt: skip


def slow(now: Probe, before: Probe | None) -> Iterator[dict[str, Any]]:
    """Inputs that an earlier release took long over: seconds at n, and how many times more at 2n, there and here."""
    for name, (_, n) in growing.ONCE_SLOW.items():
        taken = [[] if probe is None else probe.ask("slow", name) for probe in (before, now)]
        was, is_ = ([] if isinstance(answer, dict) else answer for answer in taken)
        errors = [answer["error"] for answer in taken if isinstance(answer, dict)]
        yield {"what": name, "n": n, "before": was, "now": is_, "error": "; ".join(errors)}


def slow_line(row: dict[str, Any]) -> str:
    """One line of that table; more than four times at 2n is more than quadratic."""
    told = f"{row['n']:>6} {row['what']:<46}"
    for name in ("before", "now"):
        first, *second = row[name] or (None,)
        more = f"x {second[0] / first:.1f}" if second else "" if first is None else "over 20 s"
        told += f"  {name} " + ("-" if first is None else f"{first * 1e3:9.1f} ms {more}")
    return told + (row["error"] and f"  {row['error'][:60]}")


def number(value: float | None) -> str:
    """A figure of the table."""
    return "-" if value is None else f"{value:.2f}"


def served() -> list[dict[str, Any]]:
    """CPU of a serving process for each request, beside a bare aiohttp echo's, stored and durable."""
    from bench.http_bench import cpu_ratios, served_costs

    rows = asyncio.run(cpu_ratios())
    return [
        {"row": name, "what": f"served message{', durable' if durable else ''}, server CPU / bare aiohttp echo",
         "wanted": wanted, "ratio": ratio, "before": None, "now_to_before": None, "error": "",
         "top": asyncio.run(served_costs(durable))}
        for name, durable, wanted, ratio in rows
    ]  # fmt: skip


def peers() -> list[dict[str, Any]]:
    """The same work by others, each ratio from this run; what is not installed is a row that says so."""
    from bench.peers_bench import missing, rows

    found = [_side(row.name, row.ratio) for row in rows()]
    return [*found, *(_side(f"peers: {why}", None, error="not measured") for why in missing())]


def windows() -> list[dict[str, Any]]:
    """Sets of Windows descriptions: seconds beside those that were asked for, and two processes beside one."""
    from bench.windows_bench import rows

    found = []
    for name, value, unit, asked in rows():
        most = float(asked.split()[1]) if asked.startswith("<") else None
        found.append(_side(f"windows: {name}, {unit}", value, most))
    return found


def world() -> list[dict[str, Any]]:
    """Campaigns, compiled and in other simulators, growth, sweeps, the board, and schedules: what is asked of each."""
    from bench.schedule_bench import rows
    from bench.world_bench import asked

    found = []
    for row, most in (
        *asked(),
        *((row, 1.0 if "wanted" in row.name or "allowed" in row.name else None) for row in rows()),
    ):
        ratio, wanted = (1 / row.ratio, 1 / -most) if most is not None and most < 0 else (row.ratio, most)
        found.append(_side(f"world: {row.name}", ratio, wanted))
    return found


def notebook() -> list[dict[str, Any]]:
    """The first two cells of notebook 14, in a process of their own; the shell around them is not counted."""
    page = json.loads((ROOT / "notebooks" / NOTEBOOK).read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "code"][:2]
    env = os.environ | {"PYTHONPATH": str(ROOT)}

    def said(profiled: str) -> list[str]:
        run = [sys.executable, "-c", _CELLS, profiled, *cells]
        done = subprocess.run(run, capture_output=True, text=True, check=True, env=env, cwd=ROOT / "notebooks")
        return done.stdout.splitlines()

    took = min(float(said("")[-1]) for _ in range(2))
    row = _side("cells 1 and 2 of notebook 14, s of processor time", took, 1.5)
    return [row | {"row": "notebook", "top": json.loads(said("profiled")[-1])}]


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
NOTEBOOK = "14-security-trade-offs.ipynb"


def _side(what: str, ratio: float | None, wanted: float | None = None, error: str = "") -> dict[str, Any]:
    return {"row": what.partition(":")[0], "what": what, "wanted": wanted, "ratio": ratio, "before": None,
            "now_to_before": None, "top": [], "error": error}  # fmt: skip


SECTIONS = {"served": served, "notebook": notebook, "peers": peers, "windows": windows, "world": world}


def plot(growth: list[dict[str, Any]]) -> None:
    """Time over size, both logarithmic, with the fitted exponents: ``bench/growth.svg``."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    figure, both = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    fitted = [entry for entry in growth if isinstance(entry["points"], list)]
    named = set(GROWTH[:FIRST_GROWTH])
    for axes, entries in zip(both, ([e for e in fitted if (e["what"] in named) is first] for first in (True, False)),
                             strict=True):  # fmt: skip
        for entry, marker in zip(entries, cycle("os^vDPX*")):
            sizes, seconds = zip(*entry["points"], strict=True)
            axes.loglog(sizes, [s * 1e3 for s in seconds], marker=marker,
                        label=f"{entry['what']}: {entry['exponent']:.2f}")  # fmt: skip
        axes.set(xlabel="size", ylabel="processor time, ms")
        axes.legend(fontsize="small")
    figure.suptitle("How time grows with size, and the exponent")
    figure.savefig(PLOT)
    plt.close(figure)


def made() -> dict[str, Any]:
    """What made the rows of this run."""
    names = ("lxml", "msgspec", "cryptography", "numpy", "pandas", "simpy", "numba")
    found = {name: version(name) for name in names if find_spec(name) is not None}
    return made_by(python=platform.python_version(), machine=platform.machine(), cores=os.cpu_count(), libraries=found)


def measured() -> dict[str, Any]:
    """Of what a row is, when it was measured, and the load of the last minute."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"commit": commit(), "at": now, "load": round(os.getloadavg()[0], 1)}


def kept(results: dict[str, Any]) -> dict[str, Any]:
    """``results``, and the rows of an earlier run that this one has not measured."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        earlier = json.loads(RESULTS.read_text(encoding="utf-8"))
        for part in ("rows", "growth", "slow"):
            known = {entry["what"] for entry in results[part]}
            results[part] += [entry for entry in earlier[part] if entry["what"] not in known and "measured" in entry]
    return results


def shown(row: dict[str, Any]) -> str:
    """One line of the table."""
    wanted, ratio = row["wanted"], row["ratio"]
    verdict = "met" if wanted is not None and ratio is not None and ratio <= wanted else "NOT MET"
    if ratio is None or wanted is None:
        verdict = row["error"] or ("not measured" if ratio is None else "")
    most = "" if wanted is None else f"{wanted:.3g}"
    line = f"{row['what']:<62} {number(row['before']):>8} {most:>8} {number(ratio):>8}  {verdict}"
    return "\n".join([line, *(f"    {cost}" for cost in row["top"] if isinstance(row["top"], list))])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.table", description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("--against", default="", help="tag or commit whose column is measured in the same run")
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--all", action="store_true", help="windows and world too: minutes more")
    sections = "growth, slow, served, notebook, peers, windows, world"
    parser.add_argument("rows", nargs="*", help=f"rows, or {sections}; all but the last two when none is named")
    args = parser.parse_args(argv)
    known = {goal.name for goal in ROWS} | set(GROWTH) | set(sections.split(", "))
    if unknown := sorted(set(args.rows) - known):
        parser.error(f"no such row: {', '.join(unknown)}; rows: {', '.join(sorted(known))}")
    turns = 2 if args.quick else TURNS
    results: dict[str, Any] = {"made": made(), "against": args.against, "rows": [], "growth": [], "slow": []}

    def wanted(*names: str) -> bool:
        return not args.rows or not set(names).isdisjoint(args.rows)

    with contextlib.ExitStack() as stack:
        caches = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        now = Probe(ROOT, caches / "now")
        stack.callback(now.close)
        before = None
        if args.against:
            before = Probe(stack.enter_context(checked_out(args.against)), caches / "before")
            stack.callback(before.close)
        print(f"{'':<62} {args.against[:8] or 'before':>8} {'wanted':>8} {'now':>8}")
        for goal in ROWS:
            if wanted(goal.name):
                results["rows"].append(measure(goal, now, before, turns) | {"measured": measured()})
                print(shown(results["rows"][-1]), flush=True)
        for name, more in {
            "served": served,
            "notebook": notebook,
            "peers": peers,
            "windows": windows,
            "world": world,
        }.items():
            if wanted(name) and (args.rows or args.all or name not in ("windows", "world")):
                for row in more():
                    results["rows"].append(row | {"measured": measured()})
                    print(shown(row), flush=True)
        for what in GROWTH:
            if wanted("growth", what):
                points = now.ask("grow", what)
                slope = None if isinstance(points, dict) else exponent(points)
                results["growth"].append({"what": what, "points": points, "exponent": slope, "measured": measured()})
                late = "" if slope is not None and slope <= MOST_GROWTH else f"  (wanted: at most {MOST_GROWTH})"
                print(f"growth with {what:<16} exponent {number(slope)}{late}", flush=True)
        if wanted("slow"):
            print("inputs that an earlier release took long over: time, and how many times more for twice as many")
            for row in slow(now, before):
                results["slow"].append(row | {"measured": measured()})
                print(slow_line(row), flush=True)
    if len(results["growth"]) > 1:
        plot(results["growth"])
        print(f"growth as a picture: {PLOT.relative_to(ROOT)}")
    RESULTS.write_text(json.dumps(kept(results), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
