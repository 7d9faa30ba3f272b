"""``dmkit lint``: is this profile right, before it is sent?"""

from __future__ import annotations

import argparse
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from dmkit.cli.command import CliCommand, naming, read_input, whole, write_output
from dmkit.words.errors import ConfigError

__all__ = ["COMMANDS", "description_files"]

MAX_MEMBER: Final = 64 << 20
"""Octets of a file in an archive."""


def description_files(places: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and octets of every ``.xml`` or ``.ddf`` file in folders, archives and files that are named."""
    for place in places:
        path = Path(place)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in (".xml", ".ddf") and p.is_file())
            if not found:
                raise ConfigError(f"{place}: no .xml or .ddf file is in this folder")
            for file in found:
                yield str(file), read_input(str(file))
        elif path.suffix.lower() == ".zip":
            yield from _archive(place)
        else:
            yield place, read_input(place)


def _archive(place: str) -> Iterator[tuple[str, bytes]]:
    with naming(place):
        try:
            archive = zipfile.ZipFile(io.BytesIO(read_input(place)))
        except zipfile.BadZipFile as error:
            raise ConfigError(f"{place}: no archive: {error}") from None
        names = [i for i in archive.infolist() if i.filename.lower().endswith((".xml", ".ddf"))]
        if not names:
            raise ConfigError(f"{place}: no .xml or .ddf file is in this archive")
        for info in names:
            if info.file_size > MAX_MEMBER:
                raise ConfigError(
                    f"{place}: {info.filename} has {info.file_size} octets; at most {MAX_MEMBER} are read"
                )
            yield f"{place}:{info.filename}", archive.read(info)


def _run(arguments: argparse.Namespace) -> int:
    from dmkit.windows import lint as linting
    from dmkit.windows.admx import read_template
    from dmkit.windows.catalogue import DescriptionCatalogue
    from dmkit.windows.intended import read_profile
    from dmkit.windows.mend import mend
    from dmkit.windows.output import FORMS, as_junit

    if arguments.rules:
        for rule in linting.RULES.values():
            print(f"{rule.id:<16} {rule.severity:<8} {rule.what}: {rule.why} [{rule.source}]")
        return 0
    if not arguments.files:
        raise ConfigError("no profile is named; --rules lists the rules without one")
    if not arguments.ddf:
        raise ConfigError("no description is named: --ddf FOLDER, ARCHIVE.zip or FILE.xml")
    build, _, edition = arguments.target.partition("/")
    severities = tuple(_severity(text) for text in arguments.severity)
    options = linting.LintOptions(
        build=build, edition=edition, max_message=arguments.max_message, severities=severities
    )
    catalogue = DescriptionCatalogue.of(description_files(arguments.ddf))
    templates = [read_template(Path(file).name, read_input(file)) for file in arguments.admx]
    profiles = []
    octets: dict[str, bytes] = {}
    for file in arguments.files:
        octets[file] = read_input(file)
        with naming(file):
            profiles.append(read_profile(file, octets[file]))
    findings = linting.lint(profiles, catalogue, options, templates)
    if arguments.fix:
        for file, data in octets.items():
            mended, count = mend(data, [finding for finding in findings if finding.file == file])
            if count:
                write_output(file, mended)
                print(f"{file}: {count} mended")
                octets[file] = mended
        profiles = [read_profile(file, data) for file, data in octets.items()]
        findings = linting.lint(profiles, catalogue, options, templates)
    text = as_junit(findings, arguments.files) if arguments.format == "junit" else FORMS[arguments.format](findings)
    print(text)
    return 1 if any(finding.severity == "error" for finding in findings) else 0


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
    parser.add_argument("--target", default="", metavar="BUILD[/EDITION]", help="for which Windows, as 10.0.22621/0x4")
    parser.add_argument("--max-message", type=whole(0), default=0, metavar="OCTETS", help="what a message holds")
    parser.add_argument("--severity", action="append", default=[], metavar="RULE=S", help="error, warning, info or off")
    parser.add_argument("--format", choices=("text", "json", "sarif", "junit"), default="text", help="what is printed")
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
