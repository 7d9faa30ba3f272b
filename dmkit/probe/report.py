"""What a run of cases leaves behind: lines, ladders, traces, JUnit, one matrix over several peers, a baseline.

>>> tally([Result("server P-05 answered", Verdict.PASS), Result("server P-06 none", Verdict.FAIL)])
'1 pass, 1 fail'
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from dmkit.probe.verdict import Result, Verdict
from dmkit.transport.redact import Redactor
from dmkit.transport.trace import write_log_line
from dmkit.transport.trace_write import write_trace
from dmkit.views.look import GROUND, INK_OF_PAGES
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = [
    "baseline_of",
    "junit",
    "line_of",
    "matrix_html",
    "matrix_text",
    "read_results",
    "reasons",
    "regressions",
    "result_of",
    "tally",
    "write_case",
]

_SIGNS: Final[Mapping[Verdict, tuple[str, str]]] = {
    Verdict.PASS: ("✓", GROUND.mint),
    Verdict.TOLERATED: ("(✓)", GROUND.lime),
    Verdict.FAIL: ("✗", GROUND.coral),
    Verdict.NOT_SUPPORTED: ("–", GROUND.ash),
    Verdict.INCONCLUSIVE: ("?", GROUND.cream),
    Verdict.NOT_RUN: ("·", GROUND.white),
}


def tally(results: Iterable[Result]) -> str:
    """How many ended how, in the order of the verdicts."""
    counted = Counter(result.verdict for result in results)
    return ", ".join(f"{counted[v]} {v.value}" for v in Verdict if counted[v]) or "no case"


@asked
def reasons(results: Iterable[Result]) -> tuple[str, ...]:
    """Why cases were not decided: a line for each verdict and reason, with one of its cases, the most frequent first.

    >>> reasons([Result("server P-06 none", Verdict.INCONCLUSIVE, "nothing came")] * 2)
    ('2 inconclusive: nothing came (server P-06 none)',)
    """
    open_ = (Verdict.NOT_SUPPORTED, Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
    found: dict[tuple[Verdict, str], list[str]] = {}
    for result in results:
        if result.verdict in open_:
            found.setdefault((result.verdict, result.why), []).append(result.case)
    ranked = sorted(found.items(), key=lambda pair: (open_.index(pair[0][0]), -len(pair[1])))
    return tuple(f"{len(cases)} {verdict.value}: {why} ({cases[0]})" for (verdict, why), cases in ranked)


def line_of(result: Result) -> str:
    """A result as a line of JSON, without what was said."""
    row = {"case": result.case, "verdict": result.verdict.value, "why": result.why, "rule": result.rule,
            "source": result.source, "quote": result.quote, "deviations": list(result.deviations),
            "evidence": result.evidence}  # fmt: skip
    return json.dumps(row, ensure_ascii=False)


@asked
def result_of(line: str) -> Result:
    """The result in a line of JSON; ConfigError when it is none.

    >>> result_of(line_of(Result("server P-05 answered", Verdict.PASS, evidence=2))).evidence
    2
    """
    try:
        row = json.loads(line)
        return Result(row["case"], Verdict(row["verdict"]), row["why"], row["rule"], row["source"], row["quote"],
                      tuple(row["deviations"]), int(row["evidence"]))  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"not a result of dmkit probe ({type(error).__name__}: {error}): {line[:60]!r}") from None


def read_results(path: Path) -> tuple[Result, ...]:
    """The results in a file of lines, or in the file ``results.jsonl`` of a folder; the last of each case counts."""
    place = path / "results.jsonl" if path.is_dir() else path
    if not place.is_file():
        raise ConfigError(f"{place}: there are no results of dmkit probe")
    found = {
        r.case: r for line in place.read_text(encoding="utf-8").splitlines() if line.strip() for r in [result_of(line)]
    }
    return tuple(found.values())


# -- one case


def file_name(case: str) -> str:
    """A name of a file for a case.

    >>> file_name("server P-05 answered@xml,md5")
    'server-P-05-answered-xml-md5'
    """
    return re.sub(r"[^A-Za-z0-9-]+", "-", case).strip("-")


def write_case(folder: Path, result: Result) -> None:
    """Ladder, messages as JSON lines without secrets, and a capture, in ``folder``; the capture has the secrets."""
    folder.mkdir(parents=True, exist_ok=True)
    name = file_name(result.case)
    (folder / f"{name}.txt").write_text(f"{result}\n{result.quote}\n\n{result.talk!r}\n", encoding="utf-8")
    redactor = Redactor()
    lines = [
        write_log_line(line.at or 0.0, line.message.header.session_id if line.message else "", line.sender, line.packet,
                       redactor=redactor)
        for line in result.talk
    ]  # fmt: skip
    (folder / f"{name}.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (folder / f"{name}.pcap").write_bytes(write_trace(result.talk, "pcap"))


# -- all cases


@asked
def junit(results: Sequence[Result], name: str) -> str:
    """The results as JUnit XML: failures fail; what is inconclusive, not supported or not run is skipped.

    >>> "<failure" in junit([Result("server P-06 none", Verdict.FAIL, "a Status for Results")], "http://127.0.0.1/dm")
    True
    """
    failed = sum(r.verdict is Verdict.FAIL for r in results)
    skipped = sum(r.verdict not in (Verdict.PASS, Verdict.TOLERATED, Verdict.FAIL) for r in results)
    rows = []
    for result in results:
        inside = ""
        text = _printable(f"{result.why}\n{result.quote}\n{result.source}".strip())
        if result.verdict is Verdict.FAIL:
            inside = f"<failure message={quoteattr(_printable(result.why))}>{xml_escape(text)}</failure>"
        elif result.verdict not in (Verdict.PASS, Verdict.TOLERATED):
            inside = f"<skipped message={quoteattr(_printable(f'{result.verdict.value}: {result.why}'))}/>"
        elif result.verdict is Verdict.TOLERATED:
            inside = f"<system-out>{xml_escape(text)}</system-out>"
        rows.append(
            f'  <testcase classname="dmkit.probe.{result.row}" name={quoteattr(result.case)}>{inside}</testcase>'
        )
    counts = f'tests="{len(results)}" failures="{failed}" skipped="{skipped}" errors="0"'
    head = f"<testsuite name={quoteattr(_printable(name))} {counts}>"
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *rows, "</testsuite>", ""])


def _printable(text: str) -> str:
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", text)


def worst(results: Iterable[Result]) -> Verdict | None:
    """What a row shows for several cases: a failure before all, then what is weakest of the rest."""
    order = (
        Verdict.FAIL,
        Verdict.TOLERATED,
        Verdict.PASS,
        Verdict.INCONCLUSIVE,
        Verdict.NOT_SUPPORTED,
        Verdict.NOT_RUN,
    )
    seen = {result.verdict for result in results}
    return next((verdict for verdict in order if verdict in seen), None)


def _by_row(peers: Mapping[str, Sequence[Result]]) -> dict[str, dict[str, list[Result]]]:
    rows: dict[str, dict[str, list[Result]]] = {}
    for peer, results in peers.items():
        for result in results:
            rows.setdefault(result.row, {}).setdefault(peer, []).append(result)
    return rows


_LETTERS: Final = "PXTOBNDF"
_UNDECIDED: Final = (Verdict.NOT_SUPPORTED, Verdict.NOT_RUN)


def _in_order(row: str) -> tuple[int, str]:
    return _LETTERS.find(row[0]), row


def _told(results: Sequence[Result]) -> str:
    """Passed of those that could be told, then what was not: ``?`` inconclusive."""
    counted = Counter(result.verdict for result in results)
    good = counted[Verdict.PASS] + counted[Verdict.TOLERATED]
    open_, bad = counted[Verdict.INCONCLUSIVE], counted[Verdict.FAIL]
    if not good + bad + open_:
        return "–" if results else ""
    notes = [f"**{bad} fail**"] * bool(bad) + [f"{open_} ?"] * bool(open_)
    return ", ".join([f"{good} of {good + bad + open_}", *notes])


def matrix_text(peers: Mapping[str, Sequence[Result]]) -> str:
    """Rows of requirements, columns of peers, in Markdown: passed of the cases that were played, failures, ``?``.

    A case that the peer declares it has not, or that was not allowed, does not count; ``–`` where none does.
    """
    names = list(peers)
    lines = ["| row | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for row, by_peer in sorted(_by_row(peers).items(), key=lambda pair: _in_order(pair[0])):
        lines.append(f"| {row} | " + " | ".join(_told(by_peer.get(name, [])) for name in names) + " |")
    return "\n".join(lines)


@asked
def matrix_html(peers: Mapping[str, Sequence[Result]], texts: Mapping[str, str]) -> str:
    """One page over several peers: a row for each case, a cell for each peer; ``texts`` says what a requirement asks.

    >>> found = Result("server P-06 none", Verdict.FAIL, "why")
    >>> page = matrix_html({"one": [found]}, {"P-06": "Results get no Status"})
    >>> "Results get no Status" in page and "why" in page
    True
    """
    names = list(peers)
    found = {name: {r.case: r for r in results} for name, results in peers.items()}
    body = []
    for row, by_peer in sorted(_by_row(peers).items(), key=lambda pair: _in_order(pair[0])):
        body.append(
            f'<tr class="row"><th colspan="{len(names) + 1}">{escape(row)} {escape(texts.get(row, ""))}</th></tr>'
        )
        for case in dict.fromkeys(r.case for results in by_peer.values() for r in results):
            cells = [_cell(found[name].get(case)) for name in names]
            body.append(f"<tr><td>{escape(case)}</td>{''.join(cells)}</tr>")
    legend = "; ".join(f"{sign} {v.value}: {v.meaning}" for v, (sign, _) in _SIGNS.items())
    heads = "".join(
        f'<th scope="col">{escape(name)}<br><small>{escape(tally(results))}</small></th>'
        for name, results in peers.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>dmkit probe</title><style>'
        f"body{{font:14px system-ui,sans-serif;margin:1.5em;color:{INK_OF_PAGES};background:{GROUND.white}}}"
        "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left;"
        f"vertical-align:top}}.row th{{background:{GROUND.grey}}}small{{font-weight:400}}</style>"
        f'<h1>dmkit probe</h1><p>{escape(legend)}</p><table><tr><th scope="col">case</th>{heads}</tr>'
        f"{''.join(body)}</table></html>\n"
    )


def _cell(result: Result | None) -> str:
    if result is None:
        return "<td></td>"
    sign, colour = _SIGNS[result.verdict]
    why = f" <small>{escape(result.why)}</small>" if result.why else ""
    quote = f' title="{escape(result.quote, quote=True)}"' if result.quote else ""
    return f'<td style="background:{colour}"{quote}>{sign} {escape(result.verdict.value)}{why}</td>'


# -- what was known before


def baseline_of(text: str, name: str = "the baseline") -> frozenset[str]:
    """The cases that are known to fail: a list, one address a line, ``#`` begins a remark."""
    found = frozenset(line.partition("#")[0].strip() for line in text.splitlines()) - {""}
    bad = next(
        (line for line in sorted(found) if len(line.split()) < 3 or line.split()[0] not in ("server", "client")), None
    )
    if bad is not None:
        raise ConfigError(f"{name}: {bad[:60]!r} is no case, such as 'server P-05 answered'")
    return found


@asked
def regressions(results: Iterable[Result], known: frozenset[str]) -> tuple[list[str], list[str]]:
    """What fails and is not known to, and what is known to fail and passes now.

    >>> regressions([Result("server P-06 none", Verdict.FAIL)], frozenset({"server P-05 answered"}))
    (['server P-06 none'], [])
    """
    results = list(results)
    new = [r.case for r in results if r.verdict is Verdict.FAIL and r.case not in known]
    mended = [r.case for r in results if r.verdict in (Verdict.PASS, Verdict.TOLERATED) and r.case in known]
    return new, mended
