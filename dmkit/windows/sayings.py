"""``why`` as text, JSON and a page; values are shown, or blanked.

>>> from dmkit.windows.why import why
>>> print(as_text(why(example())))
2 commands of the server: 1 failed, 1 rolled back
     S1.2  Atomic                                             507 Atomic failed
             failed because of S1.4
             look next: the part that is marked
     S1.3    Replace ./Vendor/MSFT/A = '1'                    216 Atomic roll back OK
             it had been done, and was undone because another part failed
  >> S1.4    Replace ./Vendor/MSFT/B = '2'                    404 Not found
             0x86000002 = -2046820350: node not found (msft:originalerror)
             the build or edition has no such provider
             the other scope is meant, ./User or ./Device
             a name in the path is misspelt, or has a blank
             the parent was not made before
             look next: the path against the descriptions of this build: dmkit lint --target
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap
from typing import Any, Final

from dmkit.windows.fates import BAD, Told, TraceMessage, Why
from dmkit.words.asked import asked
from dmkit.words.counts import many

__all__ = ["as_html", "as_json", "as_text", "example", "row"]

_LONGEST: Final = 60
_WIDTH: Final = 50
_LINE: Final = 104
_SECRET: Final = re.compile(r"AAuth(?:Secret|Data)|Passw|Secret|PSK|PrivateKey|Token|SharedKey|PIN$|Pwd", re.I)
"""Names of nodes whose values are never shown."""


def example() -> tuple[TraceMessage, ...]:
    """A session in which the second part of an Atomic fails."""

    def message(body: str, target: str, source: str) -> bytes:
        return (
            '<SyncML xmlns="SYNCML:SYNCML1.2" xmlns:msft="http://schemas.microsoft.com/MobileDevice/MDM"><SyncHdr>'
            "<VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID>"
            f"<Target><LocURI>{target}</LocURI></Target><Source><LocURI>{source}</LocURI></Source></SyncHdr>"
            f"<SyncBody>{body}<Final/></SyncBody></SyncML>"
        ).encode()

    def replace(cmd_id: int, uri: str, data: int) -> str:
        item = f"<Item><Target><LocURI>{uri}</LocURI></Target><Data>{data}</Data></Item>"
        return f"<Replace><CmdID>{cmd_id}</CmdID>{item}</Replace>"

    def status(cmd_id: int, cmd: str, data: str) -> str:
        refs = f"<MsgRef>1</MsgRef><CmdRef>{cmd_id}</CmdRef><Cmd>{cmd}</Cmd>"
        return f"<Status><CmdID>{cmd_id + 1}</CmdID>{refs}{data}</Status>"

    atomic = f"<Atomic><CmdID>2</CmdID>{replace(3, './Vendor/MSFT/A', 1)}{replace(4, './Vendor/MSFT/B', 2)}</Atomic>"
    answers = (
        status(2, "Atomic", "<Data>507</Data>")
        + status(3, "Replace", "<Data>216</Data>")
        + status(4, "Replace", '<Data msft:originalerror="0x86000002">404</Data>')
    )
    return (TraceMessage(1, "server", message(atomic, "d", "s")), TraceMessage(2, "client", message(answers, "s", "d")))


def _shown(value: str, uri: str, blank: bool) -> str:
    if blank or _SECRET.search(uri):
        return f"({many(len(value), 'character')})"
    return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "...")


def _what(told: Told, blank: bool) -> str:
    value = "" if told.value is None or told.sender == "client" else f" = {_shown(told.value, told.uri, blank)}"
    return f"{told.verb} {told.uri}".strip() + value


def _results(told: Told, blank: bool) -> list[str]:
    return [f"{uri} is {_shown(value, uri, blank)}" for uri, value in told.results]


def _causes(told: Told, blank: bool) -> list[str]:
    """The causes; of what they quote from the wire only the length is left when values are blanked."""
    causes = list(told.causes)
    for text in sorted(told.quoted, key=len, reverse=True) if blank else ():
        for shown in (text, text[:60], text[:40]):
            causes = [cause.replace(shown, f"({many(len(text), 'character')})") for cause in causes]
    return causes


def head(found: Why) -> str:
    """How many commands of the server there are, and what became of them."""
    total = sum(found.counts.values())
    parts = ", ".join(f"{n} {fate}" for fate, n in found.counts.items())
    return f"{many(total, 'command')} of the server" + (f": {parts}" if parts else "")


_BESIDE: Final = frozenset({"owned", "under way", "had it", "there already", "not undone"})
"""Fates that the Status alone does not tell."""


@asked
def as_text(found: Why, *, blank: bool = False) -> str:
    """A line a command, parts of a container below it, ``>>`` before what went wrong; causes and next look below."""
    lines = [head(found)]
    for told in found.told:
        contains = told.verb in ("Atomic", "Sequence")
        mark = ">>" if told.guilty or (told.fate in BAD - {"there already"} and not contains) else "  "
        what = "  " * told.depth + _what(told, blank)
        lines.append(f"  {mark} {told.label:<5} {what:<{_WIDTH}} {_answer(told)}".rstrip())
        for sentence in (*_results(told, blank), *_causes(told, blank)):
            lines += _indented(sentence)
        if told.look:
            lines += _indented(f"look next: {told.look}")
    lines += _rest(found)
    return "\n".join(lines)


def _indented(sentence: str) -> list[str]:
    """What stands below a command, in lines that a page of a notebook has room for."""
    return wrap(sentence, _LINE, initial_indent=" " * 13, subsequent_indent=" " * 15, break_on_hyphens=False)


def _answer(told: Told) -> str:
    if not told.answers:
        return "" if told.fate == "said" else told.fate
    return told.answer + (f" ({told.fate})" if told.fate in _BESIDE else "")


def _rest(found: Why) -> list[str]:
    lines = [
        f"  line {number}, from the {sender}: not readable: {reason}" for number, sender, reason in found.unreadable
    ]
    lines += [f"  owned by a declared configuration: {uri}" for uri in found.owned]
    return lines + [f"  declared configuration, {document}" for document in found.documents]


@asked
def row(told: Told, *, blank: bool = False) -> dict[str, Any]:
    """One command as JSON can carry it."""
    return {
        "line": told.line, "label": told.label, "sender": told.sender, "command": told.verb, "uri": told.uri,
        "depth": told.depth, "fate": told.fate, "guilty": told.guilty,
        "value": None if told.value is None else _shown(told.value, told.uri, blank),
        "answers": [{"line": a.line, "status": a.code.value, "phrase": a.code.phrase, "originalerror": a.original}
                    for a in told.answers],
        "results": _results(told, blank), "causes": _causes(told, blank), "look": told.look,
    }  # fmt: skip


@asked
def as_json(found: Mapping[str, Why], *, blank: bool = False) -> str:
    """Every session as JSON."""
    sessions = [
        {
            "session": name, "counts": dict(one.counts), "commands": [row(told, blank=blank) for told in one.told],
            "unreadable": [list(entry) for entry in one.unreadable], "owned": list(one.owned),
            "documents": [{"id": d.id, "state": d.state} for d in one.documents],
        }
        for name, one in found.items()
    ]  # fmt: skip
    return json.dumps(sessions, indent=1, ensure_ascii=False)


_STYLE: Final = (
    "body{font-family:system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}caption{text-align:left}"
    ".bad{font-weight:bold;border-left:.4em solid #b00020}ul{margin:.2em 0;padding-left:1.2em}"
)


@asked
def as_html(title: str, found: Mapping[str, Why], *, blank: bool = False) -> str:
    """A page that needs nothing else, and can be mailed."""
    sections = "".join(_section(name, one, blank) for name, one in found.items())
    note = "<p>Values are blanked.</p>" if blank else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{note}{sections}</body></html>"
    )


def _section(name: str, found: Why, blank: bool) -> str:
    heads = "".join(f'<th scope="col">{word}</th>' for word in ("Where", "Command", "Answer", "What that means"))
    rows = "".join(_row(told, blank) for told in found.told)
    rest = "".join(f"<li>{escape(line.strip())}</li>" for line in _rest(found))
    return (
        f"<h2>Session {escape(name or '(no SessionID)')}</h2><table><caption>{escape(head(found))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" + (f"<ul>{rest}</ul>" if rest else "")
    )


def _row(told: Told, blank: bool) -> str:
    sentences: Sequence[str] = [*_results(told, blank), *_causes(told, blank)]
    sentences = [*sentences, f"look next: {told.look}"] if told.look else sentences
    listed = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    what = f"{'&nbsp;' * 4 * told.depth}{'&#9654; ' if told.guilty else ''}{escape(_what(told, blank))}"
    style = ' class="bad"' if told.guilty else ""
    return (
        f"<tr><td>{escape(told.label)}</td><td{style}>{what}</td><td>{escape(_answer(told))}</td>"
        f"<td>{f'<ul>{listed}</ul>' if listed else ''}</td></tr>"
    )
