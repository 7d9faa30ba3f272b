"""Readings, computed and put on pages: ``python docs/make_readings.py [--pages | --only SWITCH ... | --processes N]``.

Writes the record of all readings and of those that only break together (``dmkit/workbench/readings/*.csv``), the page
``docs/readings.md`` with the ladders in ``docs/readings/``, and the last column of ``docs/ambiguities.md``.
``--pages`` writes the pages from the record; ``--only`` computes a few switches and puts them into it, which is enough
while one is tried (what breaks only together stays as it was).  All of it takes four minutes of processor time; a test
compares a part of the record with what is computed, ``make nightly`` all of it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from dmkit.workbench.readings.areas import AREAS, ReadingArea, area_of, switches_in
from dmkit.workbench.readings.meeting import CLASSES
from dmkit.workbench.readings.page import ladders, markdown_table, met_of, side_by_side
from dmkit.workbench.readings.ranking import corrigendum, recorded
from dmkit.workbench.readings.recording import TOGETHER, record_some, write_records
from dmkit.workbench.readings.switches import RuleSwitch, switch_of

DOCS = Path(__file__).resolve().parent
PAGE, LADDERS, AMBIGUITIES = DOCS / "readings.md", DOCS / "readings", DOCS / "ambiguities.md"
HEAD = "When readings meet"
WIDTH = 46
"""Letters of one ladder: two stand side by side on a printed page."""


INTRODUCTION = """# Readings that meet

A sentence that can be read in two ways does harm only when two sides read it differently. So each switch of the rules
is turned on one side and not on the other, over every probing conversation that leaves it alone: golden sessions,
worked tree commands, jobs of the catalogue, messages altered on the path, losses. What a side believes is what it
would find if the other read the sentence as it does; a run differs from that, or it does not.

| Class | What it means |
|---|---|
| silent divergence | both sides end content, nobody notices, and what they believe of each other is wrong |
| breaks | work that was to be done is not, or a session does not end well, only because readings differ |
| visible | somebody is told otherwise; work and sessions end as they would have |
| harmless | both are told the same, or as much, and are right about each other |
| not shown | no conversation here reaches it |

{counts} Every cell is computed; `docs/make_readings.py` writes this page, and tests compute a part of it anew
(`make nightly` all of it). `dm.readings("TreeRules.*")` gives the frame, `dm.workbench.ladders("Rules.order")` two
ladders.

{areas}

## One that nobody notices

An Add makes the parents that are missing, and then fails: 415, say, since its data do not fit. Are the parents gone
again [DMREPPRO §6.6.1 does not say]? Here the device keeps nothing, and its server believes that they stay:

```text
{silent}
```

No message differs, so no status tells either side. The next Add of such a parent succeeds where the server expects
418, or, the other way round, a server finds nodes that nobody has added. That is what *silent divergence* means, and
why the wording that settles it stands near the top of the list.

## What a corrigendum should mend first

Only sentences that the specification leaves open. Order: the class, then what is at stake (rights, nodes, values, and
version numbers last), then how many profiles of real peers read it otherwise, then in how many conversations it
matters. The wording is ours (PROPOSAL).
"""
OVERVIEW = """## All readings

A row for each rival; its two ladders are behind the name. *silent*, *broken* and *visible* count conversations.
"""
ONLY_TOGETHER = """## Only together

Readings of either side that break a conversation together though none of them does alone. Rows of a covering array
(every two readings of every two switches, on both sides, stand together in one) were played, and what broke was cut
down until nothing more could be left out.
"""
AREA = """# {title}: ladders

Of [readings that meet](../readings.md). For each rival the conversation that gives its class: what happens on the
left, what the server expects on the right; `>` marks the message with which they part.
"""


def write_record(processes: int) -> None:
    """Compute both records."""
    write_records(processes=processes, progress=lambda n, of, what: print(f"{n}/{of} {what}", file=sys.stderr))


# -- pages


def anchor(switch: RuleSwitch) -> str:
    """The address of the ladders of a switch, from the page of readings."""
    return f"readings/{area_of(switch).slug}.md#{switch.name.lower().replace('.', '')}"


def linked(name: str) -> str:
    """A switch as a link to its ladders."""
    return f"[{name}]({anchor(switch_of(name))})"


def counted(classes: pd.Series) -> str:
    """How many of each class, in words."""
    return ", ".join(f"{int((classes == kind).sum())} {kind}" for kind in CLASSES)


def area_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """A row for each page of ladders."""
    rows = []
    for area in AREAS:
        names = [switch.name for switch in switches_in(area)]
        part = frame[frame["switch"].isin(names)]
        counts = {kind: int((part["class"] == kind).sum()) for kind in CLASSES[:3]}
        rows.append({"area": f"[{area.title}](readings/{area.slug}.md)", "switches": len(names), "rivals": len(part)}
                    | counts)  # fmt: skip
    return pd.DataFrame(rows)


def page() -> str:
    """The page of readings, from the records."""
    frame = recorded()
    worst = frame.assign(order=frame["class"].map(CLASSES.index)).groupby("switch")["order"].min()
    said = counted(worst.map(lambda n: CLASSES[n]))
    areas = area_rows(frame)
    first = corrigendum(frame, 20)
    first["switch"] = first["switch"].map(linked)
    every = frame.rename(columns={"breaks": "broken"}).assign(switch=frame["switch"].map(linked))
    pairs = pd.read_csv(TOGETHER, keep_default_na=False)
    return "\n".join([
        INTRODUCTION.format(
            counts=f"{len(worst)} switches with {len(frame)} rivals; by the worst of each: {said}.",
            silent=ladders("TreeRules.keep_implicit"),
            areas=markdown_table(areas, areas.columns),
        ),
        markdown_table(first, ["rank", "switch", "reason", "wording", "settles"]),
        "",
        OVERVIEW,
        markdown_table(every, ["switch", "rival", "mark", "class", "silent", "broken", "visible", "noticed", "peers"]),
        "",
        ONLY_TOGETHER,
        markdown_table(pairs, ["conversation", "readings", "why"]) if len(pairs) else "None was found.",
        "",
        "```{toctree}\n:hidden:\n:maxdepth: 1\n",
        *(f"readings/{area.slug}" for area in AREAS),
        "```",
        "",
    ])  # fmt: skip


def area_page(area: ReadingArea) -> str:
    """The ladders of one area."""
    frame = recorded()
    lines = [AREA.format(title=area.title)]
    for switch in switches_in(area):
        lines += [f"## {switch.name}", "", f"{switch.text or 'A limit of addresses.'}", ""]
        for row in frame[frame["switch"] == switch.name].to_dict("records"):
            lines += [f"### {row['default']} or {row['rival']}", "", told(row), ""]
            if row["class"] not in ("harmless", "not shown"):
                pair = met_of(row["switch"], row["rival"], row["example"]).worst
                lines += ["```text", side_by_side(pair, width=WIDTH), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def told(row: dict[str, Any]) -> str:
    """What the record says of a rival, as sentences."""
    if not row["example"]:
        return f"{str(row['class']).capitalize()} in {row['conversations']} conversations."
    notes = [f"{row['class'].capitalize()} in conversation *{row['example']}*",
             f"{row['noticed']} {'notice' if ' and ' in row['noticed'] else 'notices'} it"]  # fmt: skip
    notes += [row["why"]] if row["why"] else []
    counts = ", ".join(f"{row[k]} {k}" for k in ("silent", "breaks", "visible", "harmless") if row[k])
    notes.append(f"of {row['conversations']} conversations {counts}")
    notes.append(f"at most {row['octets']:+} octets and {row['trips']:+} trips")
    return "; ".join(notes) + (f". Read so by {row['peers']}." if row["peers"] else ".")


def classes() -> dict[str, str]:
    """Switch -> the worst class over its rivals."""
    frame = recorded()
    found: dict[str, str] = {}
    for row in frame.to_dict("records"):
        now = found.get(row["switch"], CLASSES[-1])
        found[row["switch"]] = min(now, row["class"], key=CLASSES.index)
    return found


def class_of(cell: str, known: dict[str, str]) -> str:
    """What stands in the last column for the switches that ``cell`` names."""
    names = [name.partition("=")[0].replace("dmkit.tree.uri.", "") for name in re.findall(r"`([^`]+)`", cell)]
    found = [known[name] for name in names if name in known] if not cell.startswith("fixed") else []
    return min(found, key=CLASSES.index) if found else "-"


def ladder_of(cell: str, kind: str) -> str:
    """``kind`` as a link to the ladders of the switch in ``cell`` that gives it."""
    known = classes()
    for name in re.findall(r"`([^`]+)`", cell):
        name = name.partition("=")[0].replace("dmkit.tree.uri.", "")
        if known.get(name) == kind:
            return f"[{kind}]({anchor(switch_of(name))})"
    return kind


def with_classes(text: str) -> str:
    """The page of ambiguities with its last column made anew."""
    known, lines = classes(), []
    for line in text.splitlines():
        if not line.startswith("|"):
            lines.append(line)
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")][:5]
        if cells[0] == "Where":
            cells.append(HEAD)
        elif not cells[0].startswith("---"):
            cells.append(ladder_of(cells[3], class_of(cells[3], known)))
        else:
            cells = ["---"] * 6
        lines.append("|---|---|---|---|---|---|" if cells[0] == "---" else f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every page that is made from the record, with its text."""
    return {
        PAGE: page(),
        **{LADDERS / f"{area.slug}.md": area_page(area) for area in AREAS},
        AMBIGUITIES: with_classes(AMBIGUITIES.read_text(encoding="utf-8")),
    }


def write_pages() -> None:
    """Write them, and take away what is none of them any more."""
    LADDERS.mkdir(exist_ok=True)
    made = pages()
    for path in set(LADDERS.glob("*.md")) - set(made):
        path.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", action="store_true", help="write the pages from the record")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many compute (all processors)")
    parser.add_argument("--only", nargs="+", metavar="SWITCH", help="compute these, such as Rules.order or TreeRules.*")
    arguments = parser.parse_args()
    if arguments.only:
        record_some(arguments.only)
    elif not arguments.pages:
        write_record(arguments.processes)
    write_pages()
