"""``make bench``: the table of ratios, with a column of an earlier release measured in the same run.

``python -m bench.table [--against COMMIT] [--quick] [--all] [ROW ...]`` measures each row turn by turn in two
processes, one with this release and one with a checked-out copy of an earlier one, in processor time; the best of many
short rounds counts.  It prints ratios, where the time of each row goes, how it grows, inputs that an earlier release
took long over, and peers, and writes ``bench/results.json``: docs/speed.md.  What takes minutes (campaigns, schedules,
boards, sets of Windows descriptions, plans, memory) runs when it is named, or with ``--all``.  When rows are named, the
file is ``bench/part.json``.  It ends with 0 whatever the rows say; a row that cannot be measured says why.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from typing import Any

from bench.goals import GROWTH, MOST_GROWTH, PINNED, ROWS, SECTIONS
from bench.measuring import ROOT, TURNS, Releases, measure, plain, section_rows
from bench.probe import growing
from bench.results import exponent, made, moment, trust, verdict, write

__all__ = ["main"]


def number(value: float | None, unit: str = "") -> str:
    """A figure of the table: three digits that say something."""
    if value is None:
        return "-"
    text = f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value < 0.095 else f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def shown(row: dict[str, Any]) -> str:
    """The lines of a row: the earlier release, wanted, now, the middle half of the turns, verdict; then what costs."""
    wanted = "" if row["wanted"] is None else format(float(format(row["wanted"], ".3g")), "g")
    spread = " to ".join(map(number, row["spread"] or ()))
    note = f"  ({row['error']})" if row["error"] and row["now"] is not None else ""
    line = (f"{row['what']:<72} {number(row['before']):>8} {wanted:>8} {number(row['now'], row['unit']):>11}"
            f" {spread:>14}  {verdict(row)}{note}")  # fmt: skip
    return "\n".join([line.rstrip(), *(f"    {cost}" for cost in row["top"])])


def grown(releases: Releases, what: str) -> dict[str, Any]:
    """How the time of one kind of "many" grows."""
    points = releases.now.ask("grow", what)
    if isinstance(points, dict):
        return {"what": what, "points": [], "exponent": None, "error": plain(points["error"])}
    return {"what": what, "points": points, "exponent": exponent(points), "error": ""}


def grown_line(row: dict[str, Any]) -> str:
    slope = row["exponent"]
    late = "" if slope is not None and slope <= MOST_GROWTH else f"  (wanted: at most {MOST_GROWTH}) {row['error']}"
    return f"growth with {row['what']:<16} exponent {number(slope)}{late}"


def slow(releases: Releases) -> Iterator[dict[str, Any]]:
    """Inputs that an earlier release took long over: seconds at n, and at 2n, there and here."""
    against, before = releases.before(PINNED)
    for name, (_, n) in growing.ONCE_SLOW.items():
        taken = [[] if probe is None else probe.ask("slow", name) for probe in (before, releases.now)]
        was, is_ = ([] if isinstance(answer, dict) else answer for answer in taken)
        errors = [plain(answer["error"]) for answer in taken if isinstance(answer, dict)]
        yield {"what": name, "n": n, "against": against, "before": was, "now": is_, "error": "; ".join(errors)}


def slow_line(row: dict[str, Any]) -> str:
    """One line of that table; more than four times at 2n is more than quadratic."""
    told = f"{row['n']:>6} {row['what']:<46}"
    for name in ("before", "now"):
        first, *second = row[name] or (None,)
        more = f"x {second[0] / first:.1f}" if second else "" if first is None else "over 20 s"
        told += f"  {name} " + ("-" if first is None else f"{first * 1e3:9.1f} ms {more}")
    return told + (row["error"] and f"  {row['error'][:60]}")


class Run:
    """One run: what has been measured so far, in the file too."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.names, self.everything = args.rows, args.all
        self.turns = 2 if args.quick else TURNS
        parameters = {"against": args.against or "pinned", "turns": self.turns, "all": args.all, "rows": args.rows}
        self.kept: dict[str, Any] = {"made": made(), "parameters": parameters, "began": moment(), "ended": None,
                                     "notes": [], "rows": [], "growth": [], "slow": []}  # fmt: skip
        self.place = write(self.kept, not self.names)

    def wants(self, *names: str) -> bool:
        return not self.names or not set(names).isdisjoint(self.names)

    def add(self, part: str, row: dict[str, Any], line: str) -> None:
        """Keep a row, with the time and the load beside it, and show it."""
        self.kept[part].append(row | moment())
        write(self.kept, not self.names)
        print(line, flush=True)

    def measure(self, releases: Releases) -> None:
        """All that is wanted, in the order of the table."""
        print(f"{'':<72} {'earlier':>8} {'wanted':>8} {'now':>11} {'turns':>14}")
        for goal in ROWS:
            if self.wants(goal.name):
                row = measure(goal, releases, self.turns)
                self.add("rows", row, shown(row))
        for name, section in SECTIONS.items():
            if self.wants(name) and (self.names or self.everything or not section.long):
                print(f"-- {name}", flush=True)
                for row in section_rows(name, section.part):
                    self.add("rows", row, shown(row))
        for what in GROWTH:
            if self.wants("growth", what):
                row = grown(releases, what)
                self.add("growth", row, grown_line(row))
        if self.wants("slow"):
            print("-- inputs that an earlier release took long over: time, and how many times more for twice as many")
            for row in slow(releases):
                self.add("slow", row, slow_line(row))
        self.kept["notes"] = releases.notes

    def close(self) -> None:
        """What is not met, how far to believe it, where it stands."""
        self.kept["ended"] = moment()
        write(self.kept, not self.names)
        late = [row["what"] for row in self.kept["rows"] if verdict(row) == "NOT MET"]
        late += [f"growth with {row['what']}" for row in self.kept["growth"] if (row["exponent"] or 0) > MOST_GROWTH]
        print(f"\nnot met: {'; '.join(late) or 'none'}")
        if missing := [row["what"] for row in self.kept["rows"] if row["now"] is None]:
            print(f"not measured: {'; '.join(missing)}")
        print(f"{trust(self.kept)}\nall of it: {self.place.relative_to(ROOT)}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.table", description=__doc__.split("\n")[0])
    parser.add_argument("--against", default="", help="tag or commit of the column of an earlier release, or none")
    parser.add_argument("--quick", action="store_true", help="two turns of each row")
    parser.add_argument("--all", action="store_true", help="what takes minutes too")
    sections = ", ".join(["growth", "slow", *SECTIONS])
    parser.add_argument("rows", nargs="*", help=f"rows, or {sections}; when none is named, all that is quick")
    args = parser.parse_args(argv)
    known = {goal.name for goal in ROWS} | set(GROWTH) | {"growth", "slow", *SECTIONS}
    if unknown := sorted(set(args.rows) - known):
        parser.error(f"no such row: {', '.join(unknown)}; rows: {', '.join(sorted(known))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # processes end, work trees go
    run = Run(args)
    if run.kept["began"]["load"] > 1.6:
        print(f"load {run.kept['began']['load']}: others work on this machine, so figures are only roughly right\n")
    with Releases(args.against) as releases:
        run.measure(releases)
    run.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
