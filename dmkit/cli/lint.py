"""``dmkit lint``: is this profile right, before it is sent?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from dmkit.cli.command import CliCommand, naming, read_input, unused, whole, write_output
from dmkit.cli.descriptions import catalogue
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.windows.lint_rules import LintFinding, LintOptions
    from dmkit.windows.together import Written

__all__ = ["COMMANDS"]


def _run(arguments: argparse.Namespace) -> int:
    from dmkit.windows.lint_rules import RULES, LintOptions
    from dmkit.windows.output import FORMS, as_junit

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
    findings = _findings(arguments, options)
    form = arguments.format or "text"
    if arguments.fix and _mend(arguments.files, findings, sys.stdout if form == "text" else sys.stderr):
        findings = _findings(arguments, options)
    print(as_junit(findings, arguments.files) if form == "junit" else FORMS[form](findings))
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def _findings(arguments: argparse.Namespace, options: LintOptions) -> tuple[LintFinding, ...]:
    """All findings: each file by itself, in several processes when there are many, then all together."""
    from dmkit.windows.admx import read_template
    from dmkit.windows.together import lint_together

    _SHARED.update(
        catalogue=catalogue(arguments.ddf),
        options=options,
        templates=[read_template(Path(file).name, read_input(file)) for file in arguments.admx],
    )
    files = list(arguments.files)
    processes = min(arguments.processes or PROCESSES, len(files) // _FEW)
    done = _in_processes(files, processes) if processes > 1 else [_share(files)]
    order = {file: number for number, file in enumerate(files)}
    written = sorted((one for share in done for one in share[0]), key=lambda one: order[one.file])
    return lint_together(written, options, [finding for share in done for finding in share[1]])


PROCESSES: Final = 2
"""Processes, where nobody says how many."""
_FEW: Final = 20
"""Files for which another process is not worth its beginning."""
_SHARED: dict[str, Any] = {}
"""What every process that lints needs; a forked one inherits it."""


def _in_processes(files: list[str], processes: int) -> list[tuple[list[Written], list[LintFinding]]]:
    """The shares of all files, done by this process and others: it takes from the end what nobody has begun.

    A forked process inherits the catalogue; what is frozen is not looked through, and so not copied.
    """
    import gc
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_all_start_methods, get_context

    method = "fork" if "fork" in get_all_start_methods() else None
    count = min(len(files), 8 * processes)
    shares = [files[n::count] for n in range(count)]
    gc.freeze()
    try:
        with ProcessPoolExecutor(processes - 1, get_context(method), _begin, () if method else (_SHARED,)) as pool:
            begun = [(share, pool.submit(_share, share)) for share in shares]
            own = [_share(share) for share, future in reversed(begun) if future.cancel()]
            return [*own, *(future.result() for _, future in begun if not future.cancelled())]
    finally:
        gc.unfreeze()


def _begin(shared: Mapping[str, Any] | None = None) -> None:
    """What another process does first; where it was not forked it is told what is shared."""
    if shared is not None:
        _SHARED.update(shared)


def _share(files: list[str]) -> tuple[list[Written], list[LintFinding]]:
    """What some files write, and what is wrong with each by itself."""
    from dmkit.windows.lint import lint_each
    from dmkit.windows.profiles import read_profile
    from dmkit.windows.together import writes

    made, written, found = _SHARED["catalogue"], [], []
    for file in files:
        with naming(file):
            profile = read_profile(file, read_input(file))
        written += writes(profile, made)
        found += lint_each(profile, made, _SHARED["options"], _SHARED["templates"])
    return written, found


def _mend(files: list[str], findings: tuple[LintFinding, ...], told: TextIO) -> bool:
    """Mend each file in place where there is one right answer, and tell of it; whether anything was."""
    from dmkit.windows.mend import mend

    done = False
    for file in files:
        mended, count = mend(read_input(file), [finding for finding in findings if finding.file == file])
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
        "--processes", type=whole(1, 64), help=f"at most so many, where there are many files ({PROCESSES})"
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
