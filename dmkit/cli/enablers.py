"""``dmkit enablers``: what each enabler needs of the protocol, and what a profile can do; found by running."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli.command import Command
from dmkit.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.enablers import Profile
    from dmkit.session.rules import Rules

__all__ = ["COMMANDS"]

_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "none": None}


def _enablers(arguments: argparse.Namespace) -> int:
    from dmkit import enablers
    from dmkit.enablers import tables

    if arguments.profiles:
        found = {name: enablers.assess(each) for name, each in enablers.PROFILES.items()}
        if arguments.json:
            data = [tables.assessment_data(enablers.PROFILES[name], row) for name, row in found.items()]
            print(json.dumps(data, indent=1, ensure_ascii=False))
        else:
            print(tables.grid_markdown(found))
        return 0
    profile = _profile(arguments)
    if arguments.cell:
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


def _cell(profile: Profile, enabler: str, capability: str) -> int:
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


def _profile(arguments: argparse.Namespace) -> Profile:
    from dmkit.enablers import profile

    made = profile(arguments.profile or "DM 1.2", arguments.without, arguments.with_)
    for setting in arguments.rule:
        made = replace(made, device=_ruled(made.device, setting), server=_ruled(made.server, setting),
                       name=f"{made.name}, {setting}")
    return made


def _ruled(rules: Rules, setting: str) -> Rules:
    """``rules`` with one plain field, ``max_message=65536`` or ``tree.sequence_stops=true``, set otherwise."""
    name, equals, word = setting.partition("=")
    part, dot, field = name.rpartition(".")
    owner: Any = rules if not dot else rules.tree
    if not equals or part not in ("", "tree") or field not in {entry.name for entry in fields(owner)}:
        raise ConfigError(f"--rule {setting}: a field of Rules and a value stand there, as in max_message=65536, "
                          "or one of TreeRules, as in tree.sequence_stops=true")
    value: Any = _WORDS.get(word.lower(), int(word) if word.isdigit() else word)
    present = getattr(owner, field)
    if present is not None and value is not None and type(present) is not type(value):
        raise ConfigError(f"--rule {setting}: {word!r} does not fit there; the value is like {present!r}")
    changed: Any = replace(owner, **{field: value})
    return replace(rules, tree=changed) if dot else replace(rules, **{field: value})


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", metavar="NAME", help="say what this profile can do")
    parser.add_argument("--profiles", action="store_true", help="all profiles, and what each needs besides")
    parser.add_argument("--without", action="append", default=[], metavar="CAPABILITY", help="switch one off")
    parser.add_argument("--with", dest="with_", action="append", default=[], metavar="CAPABILITY", help="switch one on")
    parser.add_argument("--rule", action="append", default=[], metavar="NAME=VALUE",
                        help="another rule on both sides, as max_message=65536 or tree.sequence_stops=true")
    parser.add_argument("--cell", nargs=2, metavar=("ENABLER", "CAPABILITY"),
                        help="one cell of the matrix, with the sessions that went wrong")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON")
    form.add_argument("--markdown", action="store_true", help="write a table for a specification")


COMMANDS: Final[Mapping[str, Command]] = {
    "enablers": Command(
        "run every enabler without each capability of the protocol, and say what it needs",
        'dmkit enablers --profile "no Exec"',
        _options,
        _enablers,
    ),
}
