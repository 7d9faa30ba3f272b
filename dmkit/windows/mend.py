"""Mend what has one right answer: addresses, formats, values.  The rest of the file stays octet by octet.

>>> from dmkit.windows.lint import LintFinding
>>> found = [LintFinding("blank", "error", "p.xml", 1, "./A B", "", "", ("uri", "./AB"))]
>>> mend(b"<Replace><Item><Target><LocURI>./A B</LocURI></Target></Item></Replace>", found)
(b'<Replace><Item><Target><LocURI>./AB</LocURI></Target></Item></Replace>', 1)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from dmkit.windows.lint import LintFinding

__all__ = ["mend"]

_ELEMENTS = {"uri": "LocURI", "data": "Data", "format": "Format"}


def mend(data: bytes, findings: Sequence[LintFinding]) -> tuple[bytes, int]:
    """The octets with what can be mended mended, and how many places were; UTF-8 only, other files come back as they
    are.  Of several answers for one place the first counts."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data, 0
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    changes: dict[tuple[int, int], str] = {}
    for finding in findings:
        if finding.fix is None:
            continue
        what, new = finding.fix
        element = _ELEMENTS[what]
        at = _command_of(text, starts, finding)
        if at is None:
            continue
        start, end = at
        place = re.compile(rf"<(?:[\w.-]+:)?{element}(?:\s[^>]*)?>([^<]*)</").search(text, start, end)
        if place is not None:
            changes.setdefault(place.span(1), escape(new))
    for (start, end), new in sorted(changes.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text.encode(), len(changes)


def _command_of(text: str, starts: list[int], finding: LintFinding) -> tuple[int, int] | None:
    """Where the Item of a finding begins and ends: the LocURI stands in its line."""
    line = starts[min(finding.line, len(starts)) - 1]
    uri = re.compile(rf"<(?:[\w.-]+:)?LocURI(?:\s[^>]*)?>\s*{re.escape(escape(finding.uri))}\s*</").search(text, line)
    if uri is None:
        return None
    opened = max(text.rfind("<Item", 0, uri.start()), text.rfind(":Item", 0, uri.start()))
    closed = re.compile(r"</(?:[\w.-]+:)?Item\s*>").search(text, uri.end())
    return (max(opened, 0), closed.end() if closed else len(text))
