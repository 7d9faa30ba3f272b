"""One report of a change: what it does to everything, what changed first.

>>> report = whatif("spec", {"tree.get_refused": "406"}, quick=True, parts=["readings", "pages"])
>>> [part.title for part in report.changed]
['Readings', 'Pages of the specification']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from dmkit import __version__
from dmkit.server.peers import profile
from dmkit.session.rules import Rules
from dmkit.views.look import escape
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.workbench.whatif.change import SpecChange, differences
from dmkit.workbench.whatif.change_file import change_of
from dmkit.workbench.whatif.part import Part, ReportSize, Sides
from dmkit.workbench.whatif.talks import conformance, golden_sessions, interop, other_sessions, own_sessions
from dmkit.workbench.whatif.texts import pages, readings_touched
from dmkit.workbench.whatif.worlds import attacks, enablers, fleet, rights

__all__ = ["PARTS", "ChangeReport", "whatif"]

PARTS: Final[Mapping[str, Callable[[Sides], Part]]] = {
    "itself": own_sessions,
    "readings": readings_touched,
    "conformance": conformance,
    "goldens": golden_sessions,
    "others": other_sessions,
    "interop": interop,
    "rights": rights,
    "attacks": attacks,
    "enablers": enablers,
    "fleet": fleet,
    "pages": pages,
}
"""Parts of a report, in the order in which they are made."""
_FORMATS: Final = ("md", "html", "json")
_MOST: Final = 40


@dataclass(frozen=True)
class ChangeReport:
    """What a change does; ``parts`` in the order of ``PARTS``."""

    change: SpecChange
    base: str
    size: ReportSize
    parts: tuple[Part, ...]

    @property
    def changed(self) -> tuple[Part, ...]:
        """Parts with something to show."""
        return tuple(part for part in self.parts if part.changed)

    @property
    def unchanged(self) -> tuple[Part, ...]:
        """Parts in which nothing changed."""
        return tuple(part for part in self.parts if not part.changed)

    @property
    def made_from(self) -> dict[str, Any]:
        """What makes it again."""
        return {
            "dmkit": __version__,
            "base": self.base,
            "change": self.change.name,
            "file": self.change.mark or "none",
            "size": "quick" if self.size.quick else "lesson",
            "seeds": list(self.size.seeds),
        }

    def markdown(self) -> str:
        """As text to paste."""
        lines = [f"# What if: {self.change.name}", ""]
        lines += [self.change.about, ""] if self.change.about else []
        made = ", ".join(f"{name} {value}" for name, value in self.made_from.items())
        lines += [f"Against {self.base}. Made from: {made}.", "", "| Part | Changed | Same |", "|---|---:|---:|"]
        lines += [f"| {part.title} | {len(part.rows)} | {part.same or '-'} |" for part in self.parts]
        for part in self.changed:
            lines += ["", f"## {part.title}", ""]
            lines += [f"{part.note[0].upper()}{part.note[1:]}.", ""] if part.note else []
            lines += _table(part.rows)
            for name, text in part.details.items():
                lines += ["", f"{name}:", "", "```text", text, "```"]
        if self.unchanged:
            lines += ["", "## Nothing changed in", ""]
            for part in self.unchanged:
                why = part.note or (f"{part.same} {part.what} as before" if part.same else "nothing to look at")
                lines.append(f"- {part.title}: {why}.")
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """As a page of its own."""
        body = [f"<h1>What if: {escape(self.change.name)}</h1>", f"<p>{escape(self.change.about)}</p>"]
        made = ", ".join(f"{name} {value}" for name, value in self.made_from.items())
        body.append(f"<p>Against {escape(self.base)}. Made from: {escape(made)}.</p>")
        for part in self.changed:
            body += [f"<h2>{escape(part.title)}</h2>", f"<p>{escape(part.note)}</p>" if part.note else ""]
            names = list(part.rows[0])
            head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
            rows = "".join(
                "<tr>" + "".join(f"<td>{escape(row.get(name, ''))}</td>" for name in names) + "</tr>"
                for row in part.rows
            )
            body.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
            for name, text in part.details.items():
                body.append(f"<details><summary>{escape(name)}</summary><pre>{escape(text)}</pre></details>")
        if self.unchanged:
            notes = [part.note or f"{part.same} {part.what} as before" for part in self.unchanged]
            items = "".join(
                f"<li>{escape(p.title)}: {escape(t)}</li>" for p, t in zip(self.unchanged, notes, strict=True)
            )
            body.append(f"<h2>Nothing changed in</h2><ul>{items}</ul>")
        return _PAGE.format(title=escape(self.change.name), body="\n".join(filter(None, body)))

    def json(self) -> str:
        """As data."""
        parts = [{"title": part.title, "note": part.note, "same": part.same, "rows": list(part.rows),
                  "details": dict(part.details)} for part in self.parts]  # fmt: skip
        whole = {"made from": self.made_from, "about": self.change.about, "parts": parts}
        return msgspec.json.format(msgspec.json.encode(whole, enc_hook=str), indent=1).decode() + "\n"

    def save(self, file: str | Path) -> Path:
        """Write it to ``file``, in the form that its ending names: .md, .html or .json."""
        path = Path(file)
        form = path.suffix.removeprefix(".")
        if form not in _FORMATS:
            raise ConfigError(f"{path.name} ends in {path.suffix or 'nothing'}; a report is .md, .html or .json")
        made = {"md": self.markdown, "html": self.html, "json": self.json}[form]()
        path.write_text(made, encoding="utf-8")
        return path

    def __repr__(self) -> str:
        return self.markdown()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.markdown(), "text/markdown": self.markdown()}


def _table(rows: Any) -> list[str]:
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for row in rows[:_MOST]:
        cells = (" ".join(_plain(str(row.get(name, ""))).split()) for name in names)
        lines.append(f"| {' | '.join(cells)} |")
    if len(rows) > _MOST:
        lines += ["", f"... and {many(len(rows) - _MOST, 'more row')}; the JSON has them all."]
    return lines


def _plain(text: str) -> str:
    r"""``text`` in a cell of Markdown: a bar ends no cell, and <urn:...> is no link.

    >>> print(_plain("a|b <urn:x>"))
    a\|b \<urn:x>
    """
    return text.replace("|", "\\|").replace("<", "\\<")


@asked
def whatif(
    base: str | Rules = "spec",
    change: SpecChange | Mapping[str, Any] | Rules | str | Path = "",
    *,
    quick: bool = False,
    parts: Iterable[str] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> ChangeReport:
    """What ``change`` does to everything, against ``base``: Rules, or a row of ``dmkit.server.peers.PROFILES``.

    ``change`` is a file (``KEYS`` in change.py), a table of fields, Rules, or a ``Change``.  ``quick`` looks at less,
    ``parts`` at some rows of ``PARTS`` only; ``progress`` is told how many of how many are done, and which.
    ConfigError for what cannot be read.

    >>> whatif("spec", {"sequences": False}, quick=True, parts=["goldens"]).changed[0].title
    'Golden conversations'
    """
    names = list(PARTS) if parts is None else list(parts)
    for name in names:
        if name not in PARTS:
            raise ConfigError(f"a report has no part {name!r}; it has {', '.join(PARTS)}{nearest(name, PARTS)}")
    rules = profile(base) if isinstance(base, str) else base
    base_name = base if isinstance(base, str) else "rules of your own"
    sides = Sides(SpecChange(base_name, both=differences(rules)), change_of(change), ReportSize(quick))
    made = []
    for number, name in enumerate(names):
        if progress is not None:
            progress(number, len(names), name)
        made.append(PARTS[name](sides))
    return ChangeReport(sides.change, base_name, sides.size, tuple(made))


_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>What if: {title}</title>
<style>
body {{ font-family: system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }}
table {{ border-collapse: collapse; margin: 1rem 0 }}
th, td {{ border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top }}
pre {{ overflow-x: auto; background: #f6f8fa; padding: .6rem }}
</style></head><body>
{body}
</body></html>
"""
