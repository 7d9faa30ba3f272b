"""Readings, computed and put on pages: ``python docs/make_readings.py [--pages | --missing]``.

Writes the record of all readings and of those that only break together (``dmkit/workbench/readings/*.csv``), the page
``docs/readings.md`` and the last column of ``docs/ambiguities.md``.  ``--pages`` writes the pages from the record.
About ten minutes; ``make nightly`` compares the record with what is computed.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import pandas as pd

from dmkit.workbench.readings.cases import cases
from dmkit.workbench.readings.covering import singles_of, together
from dmkit.workbench.readings.meeting import CLASSES
from dmkit.workbench.readings.page import ladders, markdown_table, met_of, side_by_side
from dmkit.workbench.readings.ranking import RECORD, corrigendum, recorded
from dmkit.workbench.readings.switches import shown as readable
from dmkit.workbench.readings.switches import switches
from dmkit.workbench.readings.table import COLUMNS, every_meeting, row_of

DOCS = Path(__file__).resolve().parent
PAGE, AMBIGUITIES = DOCS / "readings.md", DOCS / "ambiguities.md"
TOGETHER = RECORD.with_name("together.csv")
HEAD = "When readings meet"
SETTINGS = frozenset(["policy", "tree", "notify", "bootstrap", "limits", "status", "properties", "alerts", "channel"])
"""Fields that are settings of somebody and no readings of a sentence: no factors of the covering array."""


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
ONLY_TOGETHER = """## Only together

Readings of either side that break a conversation together though none of them does alone. Rows of a covering array
(every two readings of every two switches, on both sides, stand together in one) were played, and what broke was cut
down until nothing more could be left out.
"""
LADDERS = """## Ladders

For each rival the conversation that gives its class: what happens on the left, what the server expects on the right;
`>` marks the message with which they part.
"""


def missing() -> None:
    """Add to the record what is new in the rules, and take out what is gone."""
    frame = recorded()
    stands = {(row["switch"], row["rival"]): row for row in frame.to_dict("records")}
    rows = []
    for switch in switches():
        for rival in switch.rivals:
            known = stands.get((switch.name, readable(rival)))
            rows.append(known if known is not None else row_of(switch, rival, every_meeting(switch, rival)))
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(RECORD, index=False, lineterminator="\n")


def compute() -> None:
    """Write both records."""
    rows = []
    wanted = [(switch, rival) for switch in switches() for rival in switch.rivals]
    for number, (switch, rival) in enumerate(wanted):
        print(f"{number}/{len(wanted)} {switch.name}", file=sys.stderr)
        met = every_meeting(switch, rival)
        rows.append(row_of(switch, rival, met))
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(RECORD, index=False, lineterminator="\n")
    factors = [switch for switch in switches("Rules.*", "TreeRules.*") if switch.field not in SETTINGS]
    chosen = [case for case in cases() if case.kind != "worked"]
    alone = singles_of(factors, chosen)
    found = together(factors, chosen, alone, progress=lambda n, of, what: print(what, file=sys.stderr))
    pd.DataFrame(
        [
            {
                "conversation": one.case,
                "readings": "; ".join(f"{factor}: {value}" for factor, value in one.readings),
                "why": one.why,
            }
            for one in found
        ],
        columns=["conversation", "readings", "why"],
    ).to_csv(TOGETHER, index=False, lineterminator="\n")


def page() -> str:
    """The page of readings, from the records."""
    frame = recorded()
    kinds = {kind: frame[frame["class"] == kind] for kind in CLASSES}
    worst = frame.assign(order=frame["class"].map(CLASSES.index)).groupby("switch")["order"].min()
    counts = ", ".join(f"{int((worst == n).sum())} {kind}" for n, kind in enumerate(CLASSES))
    said = f"{len(worst)} switches with {len(frame)} rivals; by the worst of each: {counts}."
    lines = [
        INTRODUCTION.format(counts=said, silent=ladders("TreeRules.keep_implicit")),
        markdown_table(corrigendum(frame, 20), ["rank", "switch", "reason", "wording", "settles"]),
        "",
    ]  # fmt: skip
    shown = ["switch", "rival", "mark", "conversations", "silent", "breaks", "visible", "harmless", "noticed", "wrong",
             "why", "octets", "trips", "peers"]  # fmt: skip
    for kind, part in kinds.items():
        lines += [f"## {kind.capitalize()}", ""]
        lines += [markdown_table(part, shown) if len(part) else "None.", ""]
    pairs = pd.read_csv(TOGETHER, keep_default_na=False)
    lines += [
        ONLY_TOGETHER,
        markdown_table(pairs, ["conversation", "readings", "why"]) if len(pairs) else "None was found.",
        "",
        LADDERS,
    ]
    for row in frame.to_dict("records"):
        if row["class"] in ("harmless", "not shown"):
            continue
        pair = met_of(row["switch"], row["rival"], row["example"]).worst
        lines += [
            f"### {row['switch']}: {row['rival']}",
            "",
            f"{row['class'].capitalize()}, in conversation {row['example']}.",
            "",
            "```text",
            side_by_side(pair),
            "```",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


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
            cells.append(class_of(cells[3], known))
        else:
            cells = ["---"] * 6
        lines.append("|---|---|---|---|---|---|" if cells[0] == "---" else f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_pages() -> None:
    """Write both pages."""
    PAGE.write_text(page(), encoding="utf-8")
    AMBIGUITIES.write_text(with_classes(AMBIGUITIES.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", action="store_true", help="write the pages from the record")
    parser.add_argument("--missing", action="store_true", help="compute only what the record has not, then the pages")
    arguments = parser.parse_args()
    if arguments.missing:
        missing()
    elif not arguments.pages:
        compute()
    write_pages()
