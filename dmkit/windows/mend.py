"""Mend what has one right answer: addresses, formats, values, what is to be escaped.  The rest of the file stays octet
by octet.

>>> from dmkit.windows.lint_rules import LintFinding
>>> found = [LintFinding("blank", "error", "p.xml", 1, "./A B", "", "", ("uri", "./AB"))]
>>> mend(b"<Replace><Item><Target><LocURI>./A B</LocURI></Target></Item></Replace>", found)
(b'<Replace><Item><Target><LocURI>./AB</LocURI></Target></Item></Replace>', 1)
>>> found = [LintFinding("markup", "error", "p.xml", 1, "./A", "", "", ("escape", ""))]
>>> mend(b"<Item><Target><LocURI>./A</LocURI></Target><Data><disabled/></Data></Item>", found)
(b'<Item><Target><LocURI>./A</LocURI></Target><Data>&lt;disabled/&gt;</Data></Item>', 1)
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from dmkit.windows.lint_rules import LintFinding
from dmkit.words.asked import asked

__all__ = ["mend"]

_ELEMENTS: Final = {"uri": "LocURI", "data": "Data", "format": "Format"}
_SECTION: Final = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_DATA: Final = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(/?)((?:[\w.-]+:)?)Data(?:\s[^<>]*)?>", re.DOTALL)
_META: Final = re.compile(r"<(?:[\w.-]+:)?Meta(?:\s[^<>]*)?>")


class _Change(NamedTuple):
    start: int
    end: int
    text: str


class _Data(NamedTuple):
    """Where the tag of a Data begins, its prefix, and where what stands in it begins and ends."""

    tag: int
    prefix: str
    start: int
    end: int


def _datas(text: str, begin: int, end: int) -> Iterator[_Data]:
    """Every Data, to the next end of the same prefix; what is in one is looked at once."""
    opened: _Data | None = None
    for mark in _DATA.finditer(text, begin, end):
        if mark[1] is None:  # a section: what looks like a tag in it is none
            continue
        if opened is None and not mark[1] and not mark[0].endswith("/>"):
            opened = _Data(mark.start(), mark[2], mark.end(), mark.end())
        elif opened is not None and mark[1] and mark[2] == opened.prefix:
            yield opened._replace(end=mark.start())
            opened = None


@asked
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
    is_list = text.lstrip("\ufeff \t\r\n")[:1] != "<"
    changes: list[_Change] = []
    for finding in findings:
        if finding.fix is None:
            continue
        begin = starts[min(finding.line, len(starts)) - 1]
        changes += (_in_list if is_list else _in_xml)(text, begin, finding, finding.fix)
    kept: list[_Change] = []
    for change in changes:
        if text[change.start : change.end] == change.text:
            continue  # nothing would be other than before
        at = bisect_left(kept, change)
        beside = kept[max(at - 1, 0) : at + 1]
        if all(change.end <= other.start or other.end <= change.start for other in beside) and change not in beside:
            kept.insert(at, change)
    done, mended = 0, []
    for change in kept:
        mended += [text[done : change.start], change.text]
        done = change.end
    return "".join([*mended, text[done:]]).encode(), len(kept)


def _in_xml(text: str, begin: int, finding: LintFinding, fix: tuple[str, str]) -> list[_Change]:
    what, new = fix
    if what == "cdata":
        inside = ((place, text[place.start : place.end]) for place in _datas(text, begin, len(text)))
        found = next(((place, inner) for place, inner in inside if "<![CDATA[" in inner), None)
        return [] if found is None else [_Change(found[0].start, found[0].end, _without_sections(found[1]))]
    at = _item_of(text, begin, finding.uri)
    if at is None:
        return []
    if what in ("escape", "meta"):
        place = next(_datas(text, *at), None)
        if place is None:
            return []
        if what == "escape":
            return [_Change(place.start, place.end, escape(text[place.start : place.end]))]
        meta = _META.search(text, *at)
        format = f'<Format xmlns="syncml:metinf">{new}</Format>'
        if meta is not None:
            return [_Change(meta.end(), meta.end(), format)]
        return [_Change(place.tag, place.tag, f"<{place.prefix}Meta>{format}</{place.prefix}Meta>")]
    element = re.compile(rf"<(?:[\w.-]+:)?{_ELEMENTS[what]}(?:\s[^<>]*)?>([^<]*)</").search(text, *at)
    return [] if element is None else [_Change(*element.span(1), escape(new))]


def _without_sections(inner: str) -> str:
    """Text with its sections escaped; white space around one alone goes with it."""
    whole = _SECTION.fullmatch(inner.strip())
    return escape(whole[1]) if whole else _SECTION.sub(lambda section: escape(section[1]), inner)


def _item_of(text: str, begin: int, uri: str) -> tuple[int, int] | None:
    """Where the Item of a finding begins and ends: the LocURI stands in its line."""
    found = re.compile(rf"<(?:[\w.-]+:)?LocURI(?:\s[^<>]*)?>\s*{re.escape(escape(uri))}\s*</").search(text, begin)
    if found is None:
        return None
    opened = max(text.rfind("<Item", 0, found.start()), text.rfind(":Item", 0, found.start()))
    closed = re.compile(r"</(?:[\w.-]+:)?Item\s*>").search(text, found.end())
    return (max(opened, 0), closed.end() if closed else len(text))


def _in_list(text: str, begin: int, finding: LintFinding, fix: tuple[str, str]) -> list[_Change]:
    """In a list of settings an address alone is mended, where it stands in its line."""
    what, new = fix
    for old, better in ((finding.uri, new), (json.dumps(finding.uri)[1:-1], json.dumps(new)[1:-1])):
        at = text.find(old, begin)
        if what == "uri" and finding.uri and at >= 0:
            end = at + len(old)
            begin = len(text[:at].rstrip(" \t")) if finding.rule == "blank" else at
            behind = len(text[end:]) - len(text[end:].lstrip(" \t")) if finding.rule == "blank" else 0
            return [_Change(begin, end + behind, better)]
    return []
