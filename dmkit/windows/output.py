"""Findings as text, JSON, SARIF 2.1.0 (code scanning) and JUnit (test reports).

A report is put together from a part a file, so that parts can be written in several processes: ``Report.part``, and
``Report.whole`` of all.

>>> from dmkit.windows.lint_rules import LintFinding
>>> found = [LintFinding("value", "error", "p.xml", 3, "./A", "7 is not in [0-1]")]
>>> as_text(found)
'p.xml:3: error value: ./A: 7 is not in [0-1]\\n1 error'
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from dmkit import __version__
from dmkit.windows.lint_rules import RULES, LintFinding
from dmkit.words.asked import asked

__all__ = ["REPORTS", "Report", "Tally", "as_json", "as_junit", "as_sarif", "as_text", "tally"]

_FIELDS: Final = tuple(field.name for field in fields(LintFinding))
_dumps: Final = json.JSONEncoder(ensure_ascii=False).encode
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}
_INDEX: Final = MappingProxyType({rule: index for index, rule in enumerate(RULES)})
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted over some findings: each severity, the files, and those of them with errors."""

    error: int = 0
    warning: int = 0
    info: int = 0
    files: int = 0
    bad: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.error + other.error, self.warning + other.warning, self.info + other.info,
            self.files + other.files, self.bad + other.bad,
        )  # fmt: skip


@asked
def tally(findings: Sequence[LintFinding]) -> Tally:
    """The counts over the findings of one file.

    >>> tally([LintFinding("value", "error", "p.xml", 3, "./A", "7 is not in [0-1]")]).error
    1
    """
    severities = [finding.severity for finding in findings]
    error, warning, info = (severities.count(severity) for severity in ("error", "warning", "info"))
    return Tally(error, warning, info, 1, int(error > 0))


@dataclass(frozen=True, slots=True)
class Report:
    """A form of report.

    ``part`` writes the findings of one file, ``whole`` joins what all parts wrote, in order.  ``empty_too``: a file
    without findings has a part, too.
    """

    part: Callable[[str, Sequence[LintFinding]], str]
    whole: Callable[[Sequence[str], Tally], str]
    empty_too: bool = False


def _text_part(file: str, findings: Sequence[LintFinding]) -> str:
    return "\n".join(map(str, findings))


def _text_whole(parts: Sequence[str], counts: Tally) -> str:
    return "\n".join([*parts, _counted(counts)])


def _counted(counts: Tally) -> str:
    told = (("error", counts.error), ("warning", counts.warning), ("info", counts.info))
    words = [f"{count} {name}{'s' * (count > 1 and name != 'info')}" for name, count in told if count]
    return ", ".join(words) or "nothing found"


def _json_part(file: str, findings: Sequence[LintFinding]) -> str:
    rows = (
        {name: getattr(finding, name) for name in _FIELDS}
        | {"why": RULES[finding.rule].why, "source": RULES[finding.rule].source}
        for finding in findings
    )
    return ",\n ".join(map(_dumps, rows))


def _json_whole(parts: Sequence[str], counts: Tally) -> str:
    return "[" + ",\n ".join(parts) + "]"


def _sarif_part(file: str, findings: Sequence[LintFinding]) -> str:
    return ",\n    ".join(_dumps(_result(finding)) for finding in findings)


def _sarif_whole(parts: Sequence[str], counts: Tally) -> str:
    rules = [
        {
            "id": name,
            "shortDescription": {"text": RULES[name].what},
            "help": {"text": f"{RULES[name].why} [{RULES[name].source}]"},
        }
        for name in RULES
    ]
    driver = {"name": "dmkit", "semanticVersion": __version__, "rules": rules}
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    head = f'{{"$schema": {_dumps(schema)}, "version": "2.1.0",\n "runs": [{{"tool": {_dumps({"driver": driver})},'
    return head + '\n   "results": [' + ",\n    ".join(parts) + "]}]}"


def _result(finding: LintFinding) -> dict[str, Any]:
    text = ": ".join(part for part in (finding.uri, finding.text) if part)
    uri = quote(finding.file, safe="/", errors="surrogateescape")
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": max(1, finding.line)}}
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": text + (f"; {finding.right}" if finding.right else "")},
        "locations": [{"physicalLocation": place}],
    }


def _junit_part(file: str, findings: Sequence[LintFinding]) -> str:
    bad = [finding for finding in findings if finding.severity == "error"]
    inner = ""
    if bad:
        told = quoteattr(_counted(Tally(error=len(bad))))
        inner += f"<failure message={told}>{_escaped(map(str, bad))}</failure>"
    rest = _escaped(str(finding) for finding in findings if finding.severity != "error")
    inner += f"<system-out>{rest}</system-out>" if rest else ""
    name = quoteattr(_NO_XML.sub("\ufffd", file))
    return f"<testcase classname={quoteattr('dmkit.lint')} name={name}>{inner}</testcase>"


def _escaped(lines: Iterable[str]) -> str:
    return escape(_NO_XML.sub("\ufffd", "\n".join(lines)))


def _junit_whole(parts: Sequence[str], counts: Tally) -> str:
    head = f'<testsuite name="dmkit lint" tests="{counts.files}" failures="{counts.bad}" errors="0">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n' + "\n".join(parts) + "\n</testsuite>\n"


REPORTS: Final[Mapping[str, Report]] = MappingProxyType(
    {
        "text": Report(_text_part, _text_whole),
        "json": Report(_json_part, _json_whole),
        "sarif": Report(_sarif_part, _sarif_whole),
        "junit": Report(_junit_part, _junit_whole, empty_too=True),
    }
)
"""Name -> how a report of that form is put together."""


def _as(form: str, findings: Iterable[LintFinding], files: Iterable[str] = ()) -> str:
    by_file: dict[str, list[LintFinding]] = {file: [] for file in sorted(files)}
    for file, each in groupby(findings, lambda finding: finding.file):
        by_file.setdefault(file, []).extend(each)
    report = REPORTS[form]
    counts = sum(map(tally, by_file.values()), Tally())
    parts = [report.part(file, each) for file, each in by_file.items() if each or report.empty_too]
    return report.whole(parts, counts)


@asked
def as_text(findings: Iterable[LintFinding]) -> str:
    """A line a finding, and how many there are."""
    return _as("text", findings)


@asked
def as_json(findings: Iterable[LintFinding]) -> str:
    """A list of objects, one a line; ``why`` and ``source`` are those of the rule."""
    return _as("json", findings)


@asked
def as_sarif(findings: Iterable[LintFinding]) -> str:
    """A SARIF log with one run, which lists every rule; a result a line."""
    return _as("sarif", findings)


@asked
def as_junit(findings: Iterable[LintFinding], files: Iterable[str] = ()) -> str:
    """A test case a file; errors are failures, what else was found stands in its output."""
    return _as("junit", findings, files)
