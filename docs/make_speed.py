"""Write the figures of docs/speed.md from the kept runs of ``make bench``: ``python docs/make_speed.py [--take]``.

``docs/speed/`` holds a file for each day on which a run was kept; the newest of those that measured most parts is the
page's, and the others stand beside it in one table.  ``--take`` keeps ``bench/results.json`` there first.  A test
compares page and picture with the files.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.goals import GROWTH, MAIN_GROWTH, MOST_GROWTH, PINNED  # noqa: E402
from bench.results import WHOLE, trust, verdict  # noqa: E402

PAGE: Final = ROOT / "docs" / "speed.md"
RUNS: Final = ROOT / "docs" / "speed"
PICTURE: Final = ROOT / "docs" / "speed" / "growth.svg"
SHOWN_RUNS: Final = 4
PARTS: Final = ("main", "peers", "payloads", "world", "windows", "services", "boards", "memory")
WHY: Final = {
    "session": "a-session", "first-converse": "the-first-converse",
    "cells 1 and 2 of notebook 14": "cells-1-and-2-of-notebook-14",
    "states": "the-explorer", "matrix": "the-explorer", "exact": "devices-of-exact",
    "10,000 schedules, each by a command of its own": "a-schedule-by-its-own-command",
    "a redraw of the board with 100,000 devices": "a-large-board",
    "lint of 100 files: two processes / one, by the clock": "lint-in-two-processes",
    "lint of 100 files: the longer of two processes / one, processor time": "lint-in-two-processes",
    "sweep of 8 runs: two processes / one, by the clock": "sweeps",
    "sweep of 8 runs: Dask with two workers / one process, by the clock": "sweeps",
    "memory of a tree after ten writes to ten leaves, each with a value and a time of its own": "memory",
}  # fmt: skip
"""Row -> the section of the page that says where its time goes."""
RATES: Final = (
    ("messages of twenty commands read from XML", "xml-parse", 1), ("the same read from WBXML", "wbxml-decode", 1),
    ("the same written as WBXML", "wbxml-encode", 1), ("sessions of six messages, both sides", "session", 1),
    ("requests served, stored", "served message, server CPU / bare aiohttp echo", 1),
    ("nodes of descriptions checked", "lint", 6000), ("states of the explorer", "states", 5000),
    ("devices of an `exact` campaign", "exact", 1000), ("devices of a `tape` campaign", "tape", 10_000),
)  # fmt: skip
"""What, the row that tells it, and how many of them one measurement is."""

Run = dict[str, Any]


def runs() -> list[Run]:
    """The kept runs, the page's first, then the newest: one of what is quick takes no table from the page."""
    kept = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(RUNS.glob("*.json"), reverse=True)]
    return sorted(kept, key=parts_of, reverse=True)


def parts_of(run: Run) -> int:
    """How many parts of the table a run measured."""
    return len({row["part"] for row in run["rows"]})


# -- cells and tables -------------------------------------------------------------------------------------


def figure(value: float | None, unit: str = "") -> str:
    """Two digits behind the point, two that say something below a tenth, none for what is large.

    >>> figure(1.256), figure(0.0312), figure(0.0031), figure(2000.0, "octets"), figure(11.84, "s"), figure(None)
    ('1.26', '0.031', '0.0031', '2,000 octets', '11.8 s', '-')
    """
    if value is None:
        return "-"
    text = f"{value:.2g}" if value < 0.095 else f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"
    return f"{text} {unit}".rstrip()


def goal(row: Run) -> str:
    """What is wanted, as it was written down: a seventh is 0.143.

    >>> goal({"wanted": 1 / 7, "unit": ""}), goal({"wanted": 2000.0, "unit": "octets"})
    ('0.143', '2,000 octets')
    """
    if row["wanted"] is None:
        return ""
    rounded = float(f"{row['wanted']:.3g}")
    return f"{rounded:,g} {row['unit']}".rstrip()


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def said(row: Run) -> str:
    """The verdict, in bold where it is none to be passed over."""
    text = verdict(row)
    return f"**{text}**" if text == "NOT MET" else text


def rows_of(run: Run, part: str) -> str:
    """The table of a part: earlier release, wanted, now, the middle half of the turns."""
    rows = [row for row in run["rows"] if row["part"] == part]
    if not rows:
        return "Not measured in this run."
    has = {
        "Earlier": any(row["before"] is not None for row in rows),
        "Wanted": any(row["wanted"] is not None for row in rows),
        "Turns": any(row["spread"] and row["turns"] > 1 for row in rows),
    }  # fmt: skip

    def cells(row: Run) -> list[str]:
        other = f" ({row['against']})" if row["against"] and not row["against"].startswith(PINNED) else ""
        turns = f"{' to '.join(figure(end) for end in row['spread'])}" if row["spread"] and row["turns"] > 1 else ""
        earlier = "" if row["before"] is None else figure(row["before"]) + other
        kept = {"Earlier": earlier, "Wanted": goal(row), "Now": figure(row["now"], row["unit"]), "Turns": turns}
        return [text for name, text in (("Row", row["what"]), *kept.items(), ("", said(row))) if has.get(name, True)]

    head = [name for name in ("Row", "Earlier", "Wanted", "Now", "Turns", "") if has.get(name, True)]
    return table(head, map(cells, rows))


def machine(run: Run) -> str:
    """What was measured, when, where, and how far to believe it."""
    made, began, ended = run["made"], run["began"], run["ended"]
    libraries = ", ".join(f"{name} {number}" for name, number in (made["libraries"] | made["peers"]).items())
    changed = ", with changes that are in no commit" if made["changed"] else ""
    notes = "".join(f" {note}." for note in run["notes"])
    return (
        f"One run, {began['at'][:16].replace('T', ' ')} to {ended['at'][11:16]} UTC, of version {made['version']} at "
        f"commit `{made['commit'][:8]}`{changed}; Python {made['python']}, {made['system']} on {made['machine']}, "
        f"{made['cores']} cores, {made['memory_gib']} GiB; a million additions in a loop of Python take "
        f"{made['yardstick_ms']:.0f} ms there. Libraries and peers: {libraries}. Of this run: {trust(run)}.{notes}"
    )


def late(run: Run) -> str:
    """What is not met, each with where its time goes."""
    found = []
    for row in run["rows"]:
        if verdict(row) == "NOT MET":
            name = f"[{row['what']}](#{WHY[row['row']]})" if row["row"] in WHY else row["what"]
            note = " (of a busy machine)" if "by the clock" in row["what"] and "was busy" in trust(run) else ""
            found.append(f"- {name}: {figure(row['now'], row['unit'])}, wanted {goal(row)}{note}")
    found += [f"- growth with {row['what']}: exponent {figure(row['exponent'])}, wanted {MOST_GROWTH}"
              for row in run["growth"] if (row["exponent"] or 0) > MOST_GROWTH]  # fmt: skip
    found += [f"- not measured: {row['what']}" + (f" ({row['error']})" if row["error"] else "")
              for row in run["rows"] if row["now"] is None]  # fmt: skip
    met = sum(verdict(row) == "met" for row in run["rows"])
    return "\n".join(
        [f"{met} goals are met in that run. The others:" if found else f"All {met} goals are met.", "", *found]
    ).rstrip()


def rates(run: Run) -> str:
    """How many a second on one core of that machine."""
    seconds = {row["row"]: row.get("seconds") for row in run["rows"]}
    known = [(what, many / seconds[row]) for what, row, many in RATES if seconds.get(row)]
    return table(
        ("In a second, on one core", "So many"), ((what, figure(float(f"{rate:.2g}"))) for what, rate in known)
    )


def costs(run: Run) -> str:
    """The dearest functions of each row that has a profile."""
    return table(
        ("Row", "Of its time"),
        ((row["what"], "; ".join(f"`{cost}`" for cost in row["top"])) for row in run["rows"] if row["top"]),
    )


def exponents(run: Run, columns: int = 3) -> str:
    """The fitted exponent of each kind, several to a line."""
    known = {row["what"]: row["exponent"] for row in run["growth"]}
    cells = [(kind.replace("-", " "), figure(known[kind])) for kind in GROWTH if kind in known]
    if not cells:
        return "Not measured in this run."
    lines = ceil(len(cells) / columns)
    cells += [("", "")] * (lines * columns - len(cells))
    rows = ([text for pair in cells[line::lines] for text in pair] for line in range(lines))
    return table(["Many", "Exponent"] * columns, rows)


def once_slow(run: Run) -> str:
    """For each input: how many times more for twice as many, in the earlier release and now, and now beside it."""

    def cells(row: Run) -> list[str]:
        before, now = row["before"], row["now"]
        more = [f"x {figure(t[1] / t[0])}" if len(t) > 1 else "over 20 s" if t else "-" for t in (before, now)]
        at = min(len(before), len(now))
        return [row["what"], f"{row['n']:,}", *more, figure(now[at - 1] / before[at - 1]) if at else "-"]

    if not run["slow"]:
        return "Not measured in this run."
    head = (
        "Input",
        "n",
        f"{PINNED}: for twice as many",
        "now: for twice as many",
        f"now / {PINNED}, the largest both do",
    )
    return table(head, map(cells, run["slow"]))


def history(kept: list[Run]) -> str:
    """Each goal by run: what repeats."""
    shown = kept[:SHOWN_RUNS]
    wanted = [row["row"] for row in shown[0]["rows"] if row["wanted"] is not None]
    names = {row["row"]: row["what"] for row in shown[0]["rows"]}
    of = [{row["row"]: row for row in run["rows"]} for run in shown]

    def cell(row: Run | None) -> str:
        text = "-" if row is None else figure(row["now"], row["unit"])
        return f"**{text}**" if row is not None and verdict(row) == "NOT MET" else text

    head = ["Row", *(f"{run['began']['at'][:10]}, {run['made']['commit'][:8]}, load {_most(run)}" for run in shown)]
    rows = ([names[row], *(cell(by.get(row)) for by in of)] for row in wanted)
    slopes = [
        "largest exponent of growth",
        *(figure(max((g["exponent"] or 0 for g in run["growth"]), default=None)) for run in shown),
    ]
    return table(head, [*rows, slopes])


def _most(run: Run) -> str:
    return f"{max([run['began']['load'], *(row['load'] for row in run['rows'])]):.1f}"


TABLES: Final[dict[str, Callable[[list[Run]], str]]] = {
    "machine": lambda kept: machine(kept[0]), "late": lambda kept: late(kept[0]), "rates": lambda kept: rates(kept[0]),
    **{part: lambda kept, part=part: rows_of(kept[0], part) for part in PARTS},  # type: ignore[misc]
    "costs": lambda kept: costs(kept[0]), "exponents": lambda kept: exponents(kept[0]),
    "slow": lambda kept: once_slow(kept[0]), "history": history,
}  # fmt: skip


def page(text: str, kept: list[Run]) -> str:
    """The page with every table anew: each stands between two comments with its name."""
    for name, made in TABLES.items():
        block = f"<!-- {name} -->\n\n{made(kept)}\n\n<!-- end of {name} -->".replace("\\", r"\\")
        text, count = re.subn(rf"<!-- {name} -->.*?<!-- end of {name} -->", block, text, flags=re.S)
        if count != 1:
            raise ValueError(f"{PAGE.name} has {count} places for {name}; there must be one")
    return text


# -- the picture ------------------------------------------------------------------------------------------


def picture(run: Run) -> str:
    """Time at n beside time at the smallest n, a panel for each of the main kinds; dashed is linear."""
    from matplotlib.figure import Figure

    from dmkit.lab.plots.drawing import COLOURS, figure_svg

    known = {row["what"]: row for row in run["growth"] if row["points"]}
    kinds = [kind for kind in MAIN_GROWTH if kind in known]
    drawn = Figure(figsize=(8, 4.6), layout="constrained", facecolor="white")
    panels = drawn.subplots(2, 4, sharex=True, sharey=True, squeeze=False).flat
    for axes, kind in zip(panels, kinds, strict=False):
        sizes, seconds = zip(*known[kind]["points"], strict=True)
        axes.plot(sizes, [n / sizes[0] for n in sizes], "--", color="#767676", linewidth=1)
        axes.plot(sizes, [s / seconds[0] for s in seconds], "o-", color=COLOURS[0], markersize=5)
        axes.set(xscale="log", yscale="log")
        axes.set_title(f"{kind}: {known[kind]['exponent']:.2f}", loc="left", fontsize=10)
        axes.set_xticks(sizes, [str(n) for n in sizes])
        axes.set_yticks([n / sizes[0] for n in sizes], [f"{n // sizes[0]}" for n in sizes])
        axes.minorticks_off()
        axes.grid(True, alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in list(panels):
        axes.set_visible(False)
    drawn.suptitle(
        "How time grows with eight kinds of “many”, and the fitted exponent of each; dashed is linear", fontsize=11
    )
    drawn.supxlabel("n, so many of them (size: n x 200 signs; object: n x 500 octets; sessions: n / 10)", fontsize=9)
    drawn.supylabel("processor time, as a multiple of that at 100", fontsize=9)
    return figure_svg(drawn)


# -- taking a run -----------------------------------------------------------------------------------------


def why_not(run: Run) -> str:
    """Why a run cannot be kept; empty when it can."""
    if run["parameters"]["rows"]:
        return "it holds chosen rows only"
    if not run["ended"]:
        return "it was stopped before its end"
    return ""


def take(place: Path = WHOLE) -> Path:
    """Keep a run of ``make bench`` as that of its day, unless one that measured more parts is kept of that day."""
    if not place.exists():
        raise SystemExit(f"{place.relative_to(ROOT)} is not there: run `make bench ALL=1`")
    try:
        run = json.loads(place.read_text(encoding="utf-8"))
        why = why_not(run)
    except (ValueError, LookupError, TypeError):  # empty, cut off, or another file
        run, why = {}, "it is not the file of a run"
    if why:
        raise SystemExit(f"{place.relative_to(ROOT)} cannot be kept: {why}; run `make bench ALL=1`")
    RUNS.mkdir(exist_ok=True)
    kept = RUNS / f"{date.fromisoformat(run['began']['at'][:10])}.json"
    if kept.exists() and parts_of(json.loads(kept.read_text(encoding="utf-8"))) > parts_of(run):
        raise SystemExit(f"{kept.name} has more parts than {place.name}: run `make bench ALL=1`")
    kept.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--take", action="store_true", help="keep bench/results.json first, as the run of its day")
    if parser.parse_args().take:
        print(take().relative_to(ROOT))
    kept = runs()
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")
    PICTURE.write_text(picture(kept[0]), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}\n{late(kept[0])}\n{trust(kept[0])}")


if __name__ == "__main__":
    main()
