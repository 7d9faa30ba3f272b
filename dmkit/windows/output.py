"""Findings as text, JSON, SARIF 2.1.0 (code scanning) and JUnit (test reports).

>>> from dmkit.windows.lint_rules import LintFinding
>>> found = [LintFinding("value", "error", "p.xml", 3, "./A", "7 is not in [0-1]")]
>>> as_text(found)
'p.xml:3: error value: ./A: 7 is not in [0-1]\\n1 error'
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from dmkit import __version__
from dmkit.windows.lint_rules import RULES, LintFinding

__all__ = ["FORMS", "as_json", "as_junit", "as_sarif", "as_text"]

_FIELDS: Final = tuple(field.name for field in fields(LintFinding))
_dumps: Final = json.JSONEncoder(ensure_ascii=False).encode
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def as_text(findings: Sequence[LintFinding]) -> str:
    """A line a finding, and how many there are."""
    counts = Counter(finding.severity for finding in findings)
    words = [
        f"{counts[s]} {s}{'s' * (counts[s] > 1 and s != 'info')}" for s in ("error", "warning", "info") if counts[s]
    ]
    return "\n".join([*map(str, findings), ", ".join(words) or "nothing found"])


def as_json(findings: Sequence[LintFinding]) -> str:
    """A list of objects, one a line; ``why`` and ``source`` are those of the rule."""
    rows = (
        {name: getattr(finding, name) for name in _FIELDS}
        | {"why": RULES[finding.rule].why, "source": RULES[finding.rule].source}
        for finding in findings
    )
    return "[" + ",\n ".join(map(_dumps, rows)) + "]"


def as_sarif(findings: Sequence[LintFinding]) -> str:
    """A SARIF log with one run."""
    used = sorted({finding.rule for finding in findings})
    rules = [
        {
            "id": name,
            "shortDescription": {"text": RULES[name].what},
            "help": {"text": f"{RULES[name].why} [{RULES[name].source}]"},
        }
        for name in used
    ]
    driver = {"name": "dmkit", "semanticVersion": __version__, "rules": rules}
    results = [_result(finding, used.index(finding.rule)) for finding in findings]
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=1, ensure_ascii=False)


def _result(finding: LintFinding, index: int) -> dict[str, Any]:
    text = ": ".join(part for part in (finding.uri, finding.text) if part)
    place = {"artifactLocation": {"uri": quote(finding.file, safe="/")}, "region": {"startLine": max(1, finding.line)}}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text + (f"; {finding.right}" if finding.right else "")},
        "locations": [{"physicalLocation": place}],
    }


def as_junit(findings: Sequence[LintFinding], files: Iterable[str] = ()) -> str:
    """A test case a file; errors are failures, what else was found stands in its output."""
    by_file: dict[str, list[LintFinding]] = {file: [] for file in files}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    cases = []
    failures = 0
    for file, found in by_file.items():
        bad = [finding for finding in found if finding.severity == "error"]
        failures += bool(bad)
        inner = ""
        if bad:
            text = "\n".join(map(str, bad))
            inner += f"<failure message={quoteattr(f'{len(bad)} errors')}>{escape(text)}</failure>"
        rest = "\n".join(str(finding) for finding in found if finding.severity != "error")
        inner += f"<system-out>{escape(rest)}</system-out>" if rest else ""
        cases.append(f"<testcase classname={quoteattr('dmkit.lint')} name={quoteattr(file)}>{inner}</testcase>")
    head = f'<testsuite name="dmkit lint" tests="{len(by_file)}" failures="{failures}" errors="0">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n' + "\n".join(cases) + "\n</testsuite>\n"


FORMS: Final[Mapping[str, Callable[[Sequence[LintFinding]], str]]] = MappingProxyType(
    {"text": as_text, "json": as_json, "sarif": as_sarif, "junit": as_junit}
)
"""Name -> writer."""
