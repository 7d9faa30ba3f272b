"""``dmkit lint``: is this profile right, before it is sent?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from dmkit.cli.command import CliCommand, read_input, unused, whole, write_output
from dmkit.cli.descriptions import catalogue
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.cli.lint_processes import ReportPart
    from dmkit.windows.lint_rules import LintOptions

__all__ = ["COMMANDS"]


def _run(arguments: argparse.Namespace) -> int:
    from dmkit.sim.collector import resting_collector
    from dmkit.windows.lint_rules import RULES, LintOptions
    from dmkit.windows.output import REPORTS, Tally

    if arguments.rules:
        unused(arguments, "beside --rules, which lists the rules and looks at no profile", *_OPTIONS)
        for rule in RULES.values():
            print(f"{rule.id:<16} {rule.severity:<8} {rule.what}: {rule.why} [{rule.source}]")
        return 0
    if not arguments.files:
        raise ConfigError("no profile is named; --rules lists the rules without one")
    if not arguments.ddf:
        raise ConfigError("no description is named: --ddf FOLDER, ARCHIVE.zip or FILE.xml")
    build, edition = _target(arguments.target)
    if arguments.fix and "-" in arguments.files:
        raise ConfigError("--fix mends files in place, and - is none; give the file by its name")
    severities = tuple(_severity(text) for text in arguments.severity)
    options = LintOptions(build=build, edition=edition, max_message=arguments.max_message or 0, severities=severities)
    form = arguments.format or "text"
    with resting_collector():
        parts = _looked(arguments, options, form)
        if arguments.fix and _mend(parts, sys.stdout if form == "text" else sys.stderr):
            parts = _looked(arguments, options, form)
        counts = sum((part.counts for part in parts.values()), Tally())
        report = REPORTS[form]
        print(report.whole([part.text for part in parts.values() if part.text or report.empty_too], counts))
    return 1 if counts.error else 0


def _looked(arguments: argparse.Namespace, options: LintOptions, form: str) -> dict[str, ReportPart]:
    """What is told of each file."""
    from dmkit.cli.lint_processes import LintWork, lint_files, processes_for
    from dmkit.windows.admx import read_template

    files = list(dict.fromkeys(arguments.files))
    templates = [read_template(Path(file).name, read_input(file)) for file in arguments.admx]
    given = {"-": read_input("-")} if "-" in files else {}
    work = LintWork(catalogue(arguments.ddf), options, templates, given)
    return lint_files(files, work, form, processes_for(files, arguments.processes))


def _mend(parts: Mapping[str, ReportPart], told: TextIO) -> bool:
    """Mend each file in place where there is one right answer, and tell of it; whether anything was."""
    from dmkit.windows.mend import mend

    done = False
    for file, part in parts.items():
        mended, count = mend(read_input(file), part.fixes) if part.fixes else (b"", 0)
        if count:
            write_output(file, mended)
            print(f"{file}: {count} mended", file=told)
            done = True
    return done


_OPTIONS: Final = ("files", "--ddf", "--admx", "--target", "--max-message", "--severity", "--format", "--processes",
                   "--fix")  # fmt: skip


def _target(text: str | None) -> tuple[str, str]:
    """Build and edition; either may be left out, with its slash, and then means any."""
    if text is None:
        return "", ""
    build, slash, edition = text.partition("/")
    if not text.strip() or (slash and not edition.strip()):
        what = "an edition behind the slash" if slash else "a build"
        raise ConfigError(f"--target {text[:40]!r} lacks {what}; 10.0.22621, 10.0.22621/Enterprise or /0x4 is right")
    return build, edition


def _severity(text: str) -> tuple[str, str]:
    rule, sign, severity = text.partition("=")
    if not sign:
        raise ConfigError(f"--severity {text[:40]!r}: RULE=error, warning, info or off is right")
    return rule, severity


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="profiles: XML, JSON or CSV")
    parser.add_argument(
        "--ddf", action="append", default=[], metavar="PLACE", help="descriptions: folder, .zip or file"
    )
    parser.add_argument("--admx", action="append", default=[], metavar="FILE", help="an administrative template")
    parser.add_argument("--target", metavar="BUILD[/EDITION]", help="for which Windows, as 10.0.22621/0x4 (any)")
    parser.add_argument("--max-message", type=whole(0), metavar="OCTETS", help="what a message holds (any size)")
    parser.add_argument("--severity", action="append", default=[], metavar="RULE=S", help="error, warning, info or off")
    parser.add_argument("--format", choices=("text", "json", "sarif", "junit"), help="what is printed (text)")
    parser.add_argument(
        "--processes", type=whole(1, 64), help="so many, at most one a file (two, where there is much to look at)"
    )
    parser.add_argument("--fix", action="store_true", help="mend, in place, what has one right answer")
    parser.add_argument("--rules", action="store_true", help="list the rules")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "lint": CliCommand(
        "check profiles for Windows against descriptions, before they are sent",
        "dmkit lint data/windows/profile.xml --ddf data/windows/ddf/sample.xml",
        _options,
        _run,
    ),
}
