"""``dmkit enablers``: what each enabler needs of the protocol, and what a profile can do; found by running."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli.command import CliCommand, unused
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.enablers import EnablerProfile

__all__ = ["COMMANDS"]

_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "none": None}


def _enablers(arguments: argparse.Namespace) -> int:
    from dmkit import enablers
    from dmkit.enablers import tables

    if arguments.profiles:
        unused(arguments, "beside --profiles", "--profile", "--without", "--with", "--rule", "--cell", "--markdown")
        found = {}
        for number, (name, each) in enumerate(enablers.PROFILES.items(), 1):
            print(f"profile {number} of {len(enablers.PROFILES)}: {name}", file=sys.stderr, flush=True)
            found[name] = enablers.assess(each)
        if arguments.json:
            data = [tables.assessment_data(enablers.PROFILES[name], row) for name, row in found.items()]
            print(json.dumps(data, indent=1, ensure_ascii=False))
        else:
            print(tables.grid_markdown(found))
        return 0
    if arguments.profile is not None and not arguments.profile.strip():
        raise ConfigError(f"--profile '': no profile has no name; there are {', '.join(enablers.PROFILES)}")
    profile = _profile(arguments)
    if arguments.cell:
        unused(arguments, "beside --cell, which is shown as a ladder", "--json", "--markdown")
        return _cell(profile, *arguments.cell)
    if arguments.profile or arguments.without or arguments.with_:
        assessed = enablers.assess(profile)
        if arguments.json:
            print(json.dumps(tables.assessment_data(profile, assessed), indent=1, ensure_ascii=False))
        else:
            write = tables.assessment_markdown if arguments.markdown else tables.assessment_text
            print(write(profile, assessed))
        return 0 if all(each.verdict != "fails" for each in assessed) else 1
    matrix = enablers.matrix(profile)
    if arguments.json:
        print(json.dumps(tables.matrix_data(matrix), indent=1, ensure_ascii=False))
    else:
        print(tables.matrix_markdown(matrix) if arguments.markdown else matrix)
    return 0


def _cell(profile: EnablerProfile, enabler: str, capability: str) -> int:
    """One cell: what is lost, and the session that went wrong, as a ladder."""
    from dmkit import enablers
    from dmkit.mo.capabilities import CAPABILITIES

    if enabler not in enablers.ENABLERS:
        raise ConfigError(f"enabler {enabler!r} is not known; there are {', '.join(enablers.ENABLERS)}")
    if capability not in CAPABILITIES:
        raise ConfigError(f"capability {capability!r} is not known; there are {', '.join(CAPABILITIES)}")
    cell = enablers.cell(enabler, CAPABILITIES[capability], profile)
    print(cell)
    for name, finding in cell.lost.items():
        if finding.talk is not None:
            print(f"\n{name}:\n{finding.talk!r}")
    return 0


def _profile(arguments: argparse.Namespace) -> EnablerProfile:
    from dmkit.enablers import profile

    rules = dict(_rule(setting) for setting in arguments.rule)
    return profile(arguments.profile or "DM 1.2", arguments.without, arguments.with_, rules)


def _rule(setting: str) -> tuple[str, Any]:
    """Name and value of one plain rule: ``max_message=65536`` or ``tree.sequence_stops=true``."""
    from dmkit.session.rules import Rules

    name, equals, word = setting.partition("=")
    value: Any = _WORDS.get(word.lower(), int(word) if word.isdigit() else word)
    spec = Rules()
    present = getattr(spec.tree if name.startswith("tree.") else spec, name.removeprefix("tree."), None)
    if not equals or (present is not None and value is not None and type(present) is not type(value)):
        raise ConfigError(
            f"--rule {setting}: a field of Rules and a value like {present!r} stand there, as in "
            "max_message=65536 or tree.sequence_stops=true"
        )
    return name, value


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", metavar="NAME", help="say what this profile can do")
    parser.add_argument("--profiles", action="store_true", help="all profiles, and what each needs besides")
    parser.add_argument("--without", action="append", default=[], metavar="CAPABILITY", help="switch one off")
    parser.add_argument("--with", dest="with_", action="append", default=[], metavar="CAPABILITY", help="switch one on")
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another rule on both sides, as max_message=65536 or tree.sequence_stops=true",
    )
    parser.add_argument(
        "--cell",
        nargs=2,
        metavar=("ENABLER", "CAPABILITY"),
        help="one cell of the matrix, with the sessions that went wrong",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON")
    form.add_argument("--markdown", action="store_true", help="write a table for a specification")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "enablers": CliCommand(
        "run every enabler without each capability of the protocol, and say what it needs",
        'dmkit enablers --profile "no Exec"',
        _options,
        _enablers,
    ),
}
