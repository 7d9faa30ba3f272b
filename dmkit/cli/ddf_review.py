"""``dmkit ddf lint``: descriptions looked at by an author's eyes."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli.command import Command, read_input

if TYPE_CHECKING:
    from dmkit.tree.lint import Severity
    from dmkit.tree.uri import Limits

__all__ = ["BELOW"]


def _show(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))


# -- lint


def _lint(arguments: argparse.Namespace) -> int:
    from dmkit import ddf

    if arguments.rules:
        return _rules(arguments.json)
    if not arguments.files:
        raise ddf.ConfigError("no file is named; --rules lists the rules without one")
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


def _settings(arguments: argparse.Namespace) -> tuple[dict[str, str], Limits]:
    """Severities and limits: of the file, then of the options, which win."""
    from dmkit.errors import ConfigError
    from dmkit.tree.lint import LIMITS, severities
    from dmkit.tree.uri import Limits

    changes: dict[str, str] = {}
    said: Any = None
    if arguments.config is not None:
        try:
            table = tomllib.loads(Path(arguments.config).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{arguments.config}: no TOML: {error}") from None
        found = table.get("lint", table)
        if not isinstance(found, dict):
            raise ConfigError(f"{arguments.config}: lint is a table of rules and severities")
        said = found.pop("limits", None)
        changes |= {id: str(word) for id, word in found.items()}
    for pair in arguments.rule:
        id, equals, word = pair.partition("=")
        if not equals:
            raise ConfigError(f"--rule {pair}: a rule and a severity stand there, as in no-title=off")
        changes[id] = word
    severities(changes)
    if arguments.limits is not None:
        said = arguments.limits.split(",")
    if said is None:
        return changes, LIMITS
    try:
        depth, total, segment = (int(number) for number in said)
    except (TypeError, ValueError):
        raise ConfigError(f"limits {said!r}: three numbers stand there: segments, characters of the address, "
                          "characters of a name") from None
    return changes, Limits(depth, total, segment)


def _rules(as_json: bool) -> int:
    from dmkit.tree.lint import RULES

    if as_json:
        _show([{"rule": id, "severity": str(rule.severity), "why": rule.why, "fix": rule.fix, "source": rule.source}
               for id, rule in RULES.items()])
        return 0
    for id, rule in RULES.items():
        print(f"{id} ({rule.severity}): {rule.why} Mend it: {rule.fix}. [{rule.source}]")
    return 0


def _options_lint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="*", help="descriptions (DDF), XML or WBXML; - reads stdin")
    parser.add_argument("--level", default="warning", metavar="SEVERITY",
                        help="what is shown, and what makes the exit status 1: error, warning (default) or info")
    parser.add_argument("--rule", action="append", default=[], metavar="ID=SEVERITY",
                        help="weigh a rule otherwise: error, warning, info or off")
    parser.add_argument("--config", metavar="FILE.toml", help="severities by rule in a table [lint], and limits there")
    parser.add_argument("--limits", metavar="DEPTH,TOTAL,SEGMENT", help="of addresses on the devices; 0 for none")
    parser.add_argument("--summary", action="store_true", help="how often each rule was broken, over all files")
    parser.add_argument("--rules", action="store_true", help="list the rules, with why and what mends it")
    parser.add_argument("--json", action="store_true", help="write JSON")


BELOW: Final[Mapping[str, Command]] = {
    "lint": Command("say what is wrong, doubtful or missing in a description", "dmkit ddf lint wifi.xml --level info",
                    _options_lint, _lint),
}
