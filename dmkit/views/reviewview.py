"""What lint found, and what changed between two versions: as text and as tables."""

from __future__ import annotations

from typing import Final

from dmkit.ddf.comparison import SpecDiff
from dmkit.ddf.linting.report import LintReport, Severity
from dmkit.views.look import BLUE, GREEN, GREY, ORANGE, RED, Look, escape

__all__ = ["diff_look", "report_look"]

_COLOURS: Final = {Severity.ERROR: RED, Severity.WARNING: ORANGE, Severity.INFO: BLUE}
_SIGNS: Final = {Severity.ERROR: "✖", Severity.WARNING: "▲", Severity.INFO: "ℹ"}
_CELL: Final = "text-align:left;vertical-align:top"


def _table(head: tuple[str, ...], rows: list[str], caption: str) -> str:
    cells = "".join(f'<th scope="col" style="{_CELL}">{title}</th>' for title in head)
    return (
        f'<table class="dmkit-review"><caption style="caption-side:bottom;color:{GREY};text-align:left">'
        f"{escape(caption)}</caption><thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _row(cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def report_look(report: LintReport, level: Severity | str = Severity.INFO) -> Look:
    """The remarks that weigh as much as ``level``, each with what would mend it."""
    least = level if isinstance(level, Severity) else Severity.of(level)
    text = report.text(least)
    total = text.splitlines()[-1]
    rows = []
    for remark in report.at_least(least):
        colour, sign = _COLOURS.get(remark.severity, GREY), _SIGNS.get(remark.severity, "")
        mark = f'<span style="color:{colour}">{sign} {remark.severity}</span>'
        cells = (f"<code>{escape(remark.uri)}</code>", mark, escape(remark.rule), escape(remark.says),
                 escape(remark.fix), str(remark.line or ""))  # fmt: skip
        rows.append(_row(cells))
    if not rows:
        return Look(text, f'<p style="color:{GREEN}">✔ {escape(total)}</p>')
    head = ("node", "severity", "rule", "what is", "what mends it", "line")
    return Look(text, _table(head, rows, total))


def diff_look(changes: SpecDiff) -> Look:
    """Each difference, whom it breaks, and why."""
    rows = []
    for change in changes:
        colour = RED if change.breaks else GREEN
        what = (
            f"{change.what}: {change.old or '(none)'} → {change.new or '(none)'}"
            if change.what
            else (f"with {change.below} below it" if change.below else "")
        )
        cells = (
            escape(change.kind.value),
            f"<code>{escape(change.uri)}</code>",
            escape(what),
            f'<span style="color:{colour}">{escape(change.effect)}</span>',
            escape(change.reason),
        )
        rows.append(_row(cells))
    last = str(changes).splitlines()[-1]
    if not rows:
        return Look(last, f"<p>{escape(last)}</p>")
    return Look(str(changes), _table(("change", "node", "what", "effect", "why"), rows, last))
