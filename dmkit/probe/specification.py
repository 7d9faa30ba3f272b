"""The test specification: every case as a page says it, made from the tables that are run.

>>> specification(("server",)).splitlines()[0]
'# Test specification'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dmkit.probe.broken import BROKEN
from dmkit.probe.case import AXES, ProbeCase
from dmkit.probe.catalogue import ProbedSide, cases, repeated, scripts
from dmkit.probe.peer import LEVELS
from dmkit.probe.verdict import Verdict
from dmkit.words.counts import many

__all__ = ["specification"]

_SIDES: Final[Mapping[ProbedSide, str]] = {
    "server": "Cases for servers: the tester is a device",
    "client": "Cases for clients: the tester is a server",
}

_HEAD: Final = """# Test specification

Made by `dmkit probe spec` from the tables that `dmkit probe` plays; a test compares this page with them.
[Peers that are probed](probe.md) says how.

A case is addressed by the side that is probed, the requirement, and its name; behind `@` stand the values in which it
is repeated. Where a requirement says nothing of them, cases are repeated along axes so that every pair of values meets:

{axes}

What a case may change on the peer:

{levels}

Verdicts:

{verdicts}
"""


def _section(case: ProbeCase) -> list[str]:
    lines = [f"### {case.script}", "", f"**Purpose.** {case.title}. [{case.source}]", ""]
    given = case.precondition or ("The device knows the server, and can be made to call it" if case.side == "client"
                                  else "The server has an account for the device")  # fmt: skip
    needs = f" Needs of the peer: {', '.join(case.needs)}." if case.needs else ""
    lines += [f"**Precondition.** {given}.{needs} Level: {case.level}.", ""]
    for number, step in enumerate(case.steps, 1):
        kind = "Expected" if step.expect else "Step" if step.do or step.set else "Verdict"
        rule = step.expect or step.given or step.lacks
        code = f" `{rule}`" if rule else ""
        lines.append(f"{number}. *{kind}.* {step.says()}{code}")
    same = list(repeated(case))
    if case.vary:
        values = "; ".join(", ".join(map(str, one.with_.values())) for one in same)
        lines += ["", f"**Repeated** {many(len(same), 'time')}: {values} ({', '.join(case.vary)})."]
    return [*lines, ""]


_VARIANTS: Final = """dmkit's own peers with one rule broken each (`dmkit.probe.broken`). A test holds every case
against every one of them: the case made for it fails, and none of a row that has nothing to do with it."""


def specification(sides: Iterable[ProbedSide] = ("server", "client")) -> str:
    """The page, in Markdown: purpose, precondition, steps, what is expected with its rule, source, for every case."""
    axes = "\n".join(f"- `{name}`: {what}" for name, what in AXES.items())
    levels = "\n".join(f"- *{name}*: {what}" for name, what in LEVELS.items())
    verdicts = "\n".join(f"- *{verdict.value}*: {verdict.meaning}" for verdict in Verdict)
    sides = tuple(sides)
    lines = [_HEAD.format(axes=axes, levels=levels, verdicts=verdicts)]
    for side in sides:
        rows = sorted(scripts(side), key=lambda case: ("PXTOBNDF".index(case.row[0]), case.row))
        lines += [f"## {_SIDES[side]}", "", f"{many(len(rows), 'script')}, {many(len(cases(side)), 'case')}.", ""]
        for case in rows:
            lines += _section(case)
    lines += ["## Peers that are broken on purpose", "", _VARIANTS, "", "| Peer | Row | What is broken | Caught by |",
              "|---|---|---|---|"]  # fmt: skip
    for name, variant in BROKEN.items():
        if variant.side in sides:
            lines.append(f"| {name} | {variant.row} | {variant.what} | {variant.side} {variant.row} {variant.case} |")
    return "\n".join(lines).rstrip() + "\n"
