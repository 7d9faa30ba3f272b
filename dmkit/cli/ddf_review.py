"""``dmkit ddf table | lint | diff``: descriptions looked at by an author's eyes."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli.command import CliCommand, read_input, unused
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.ddf.linting.report import Severity
    from dmkit.tree.uri import UriLimits

__all__ = ["BELOW"]


def _show(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))


# -- lint


def _lint(arguments: argparse.Namespace) -> int:
    from dmkit import ddf

    if arguments.rules:
        unused(arguments, "beside --rules, which lists the rules", "files", "--level", "--rule", "--config", "--limits",
               "--summary")  # fmt: skip
        return _rules(arguments.json)
    if not arguments.files:
        raise ConfigError("no file is named; --rules lists the rules without one")
    if arguments.json:
        unused(arguments, "beside --json, which has every finding", "--summary")
    changes, limits = _settings(arguments)
    level = ddf.Severity.of(arguments.level)
    shown: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    worst = ddf.Severity.OFF
    for file in arguments.files:
        report = ddf.lint(ddf.read(read_input(file)), changes, limits=limits)
        counts.update(report.counts())
        documents.update({remark.rule for remark in report})
        worst = max([worst, *report.by_severity()])
        if arguments.json:
            shown += [
                {"file": file, "node": remark.uri, "rule": remark.rule, "severity": str(remark.severity),
                 "says": remark.says, "fix": remark.fix, "line": remark.line or None}
                for remark in report.at_least(level)
            ]  # fmt: skip
        elif not arguments.summary:
            _print_report(report, level, f"{file}: " if len(arguments.files) > 1 else "")
    levels = ddf.severities(changes)
    if arguments.json:
        _show(shown)
    elif arguments.summary:
        for rule, count in counts.most_common():
            if levels[rule] >= level:
                print(f"{count:>6}  {documents[rule]:>4} files  {levels[rule]!s:<8} {rule}")
    return 1 if worst >= level > ddf.Severity.OFF else 0


def _print_report(report: Any, level: Severity, lead: str) -> None:
    for line in report.text(level).splitlines():
        print(f"{lead}{line}")


def _settings(arguments: argparse.Namespace) -> tuple[dict[str, str], UriLimits]:
    """Severities and limits: of the file, then of the options, which win."""
    from dmkit.ddf.linting.report import LIMITS, severities
    from dmkit.words.from_toml import in_file, parse, table

    changes: dict[str, str] = {}
    limits = LIMITS
    if arguments.config is not None:
        with in_file(arguments.config):
            document = parse(Path(arguments.config).read_bytes(), arguments.config)
            found = dict(table(document.get("lint", document), "lint"))
            if "limits" in found:
                limits = _limits(found.pop("limits"))
            changes |= {id: str(word) for id, word in found.items()}
            severities(changes)
    for pair in arguments.rule:
        id, equals, word = pair.partition("=")
        if not equals:
            raise ConfigError(f"--rule {pair}: a rule and a severity stand there, as in no-title=off")
        changes[id] = word
    severities(changes)
    return changes, limits if arguments.limits is None else _limits(arguments.limits.split(","))


def _limits(value: Any) -> UriLimits:
    """Three numbers from 1, of a file or of an option."""
    from dmkit.tree.uri import UriLimits

    numbers = (
        [one for one in value if isinstance(one, str | int) and not isinstance(one, bool)]
        if isinstance(value, list)
        else []
    )
    try:
        depth, total, segment = map(int, numbers)
    except (TypeError, ValueError):
        raise ConfigError(
            f"limits {value!r}: three numbers stand there: segments, characters of the address, characters of a name"
        ) from None
    return UriLimits(depth, total, segment)


def _rules(as_json: bool) -> int:
    from dmkit.ddf.linting.report import RULES

    if as_json:
        _show(
            [
                {"rule": id, "severity": str(rule.severity), "why": rule.why, "fix": rule.fix, "source": rule.source}
                for id, rule in RULES.items()
            ]
        )
        return 0
    for id, rule in RULES.items():
        print(f"{id} ({rule.severity}): {rule.why} Mend it: {rule.fix}. [{rule.source}]")
    return 0


def _options_lint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="*", help="descriptions (DDF), XML or WBXML; - reads stdin")
    parser.add_argument(
        "--level",
        default="warning",
        metavar="SEVERITY",
        help="what is shown, and what makes the exit status 1: error, warning (default) or info",
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="ID=SEVERITY",
        help="weigh a rule otherwise: error, warning, info or off",
    )
    parser.add_argument("--config", metavar="FILE.toml", help="severities by rule in a table [lint], and limits there")
    parser.add_argument("--limits", metavar="DEPTH,TOTAL,SEGMENT", help="of addresses on the devices; 0 for none")
    parser.add_argument("--summary", action="store_true", help="how often each rule was broken, over all files")
    parser.add_argument("--rules", action="store_true", help="list the rules, with why and what mends it")
    parser.add_argument("--json", action="store_true", help="write JSON")


# -- table and diff

_PAGE: Final = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="font-family:system-ui,sans-serif;max-width:70em;margin:2em auto">{body}</body></html>'
)


def _table(arguments: argparse.Namespace) -> int:
    from dmkit import ddf
    from dmkit.views.look import escape
    from dmkit.views.specview import node_table, node_table_html, spec_html, spec_text

    spec = ddf.read(read_input(arguments.file))
    if arguments.json or arguments.short:
        unused(arguments, "beside --json and --short, which are tables", "--tree")
    if arguments.html:
        body = (spec_html if arguments.tree else node_table_html)(spec)
        print(_PAGE.format(title=escape(arguments.file), body=body))
    elif arguments.json:
        _show([_json_row(place) for place in spec.walk()])
    elif arguments.short:
        print(spec.to_table(), end="")
    else:
        print(spec_text(spec) if arguments.tree else node_table(spec), end="\n" if arguments.tree else "")
    return 0


def _json_row(place: Any) -> dict[str, Any]:
    node = place.node
    return {
        "node": place.uri, "required": node.occurs.least > 0, "occurrence": node.occurs.kind.value,
        "bound": node.occurs.n,
        "format": "node" if node.is_interior else node.format and node.format.value,
        "access": None if node.access is None else sorted(node.access), "permanent": node.is_permanent,
        "types": list(node.types), "object": node.mo_id or None, "default": node.default, "title": node.title,
        "description": node.description, "basis": place.basis and place.basis.value, "source": node.source or None,
    }  # fmt: skip


def _options_table(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a description (DDF), XML or WBXML; - reads stdin")
    parser.add_argument("--tree", action="store_true", help="a tree in place of a table")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", action="store_true", help="a page that needs nothing else, in place of Markdown")
    form.add_argument("--short", action="store_true", help="a small table that Spec.from_table reads")
    form.add_argument("--json", action="store_true", help="write JSON")


def _diff(arguments: argparse.Namespace) -> int:
    from dmkit import ddf

    changes = ddf.diff(*(ddf.read(read_input(file)) for file in (arguments.old, arguments.new)))
    if arguments.json:
        _show({"effect": changes.effect, "changes": [
            {"change": c.kind.value, "node": c.uri, "what": c.what or None, "old": c.old, "new": c.new,
             "breaks": sorted(c.breaks), "reason": c.reason, "below": c.below} for c in changes]})  # fmt: skip
    else:
        print(changes)
    bad = {"any": bool(changes), "breaking": bool(changes.breaking()), "servers": bool(changes.breaking("servers")),
           "devices": bool(changes.breaking("devices"))}  # fmt: skip
    return 1 if bad[arguments.fail_on] else 0


def _options_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="the description as it was; - reads stdin")
    parser.add_argument("new", metavar="NEW", help="the description as it is")
    parser.add_argument(
        "--fail-on",
        choices=["any", "breaking", "servers", "devices"],
        default="breaking",
        help="which changes make the exit status 1 (breaking)",
    )
    parser.add_argument("--json", action="store_true", help="write JSON")


BELOW: Final[Mapping[str, CliCommand]] = {
    "table": CliCommand(
        "write the node table of a description, in Markdown or HTML",
        "dmkit ddf table wifi.xml --html > wifi.html",
        _options_table,
        _table,
    ),
    "diff": CliCommand(
        "say what changed between two versions, and whom that breaks",
        "dmkit ddf diff old.xml new.xml",
        _options_diff,
        _diff,
    ),
    "lint": CliCommand(
        "say what is wrong, doubtful or missing in a description",
        "dmkit ddf lint wifi.xml --level info",
        _options_lint,
        _lint,
    ),
}
