"""``dmkit why``: what happened in a captured session, command by command, and where to look next."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import CliCommand, naming
from dmkit.cli.descriptions import catalogue
from dmkit.cli.trace import sessions_of

if TYPE_CHECKING:
    from dmkit.windows.fates import Told

__all__ = ["COMMANDS"]


def _why(arguments: argparse.Namespace) -> int:
    from dmkit.windows.fates import TraceMessage
    from dmkit.windows.sayings import as_html, as_json, as_text
    from dmkit.windows.why import why

    sessions = sessions_of(arguments)
    lint = _lint(arguments.ddf) if arguments.ddf else None
    found = {}
    for name, talk in sessions.items():
        messages = [TraceMessage(line.number, line.sender, line.packet.body, line.packet.media_type) for line in talk]
        with naming(arguments.file):
            found[name] = why(messages, lint)
    if arguments.json:
        print(as_json(found, blank=arguments.blank))
    elif arguments.html:
        print(as_html(f"What happened in {arguments.file}", found, blank=arguments.blank))
    else:
        shown = (f"session {name or '(no SessionID)'}: {as_text(one, blank=arguments.blank)}"
                 for name, one in found.items())  # fmt: skip
        print("\n\n".join(shown))
    return 0 if all(one.ok for one in found.values()) else 1


def _lint(places: list[str]) -> Callable[[Told], Iterable[str]]:
    """What ``dmkit lint`` says of a command, against the descriptions in ``places``."""
    from dmkit.windows.intended import Intended, WindowsProfile
    from dmkit.windows.lint import lint

    made = catalogue(places)

    def ask(told: Told) -> Iterable[str]:
        intended = Intended("trace", told.line, told.verb, told.uri, told.format, None, told.value)
        for finding in lint([WindowsProfile("trace", (intended,))], made):
            if finding.severity != "info":
                right = f"; {finding.right}" if finding.right else ""
                yield f"lint {finding.rule}: {finding.text}{right}"

    return ask


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="TRACE", help="any trace that dmkit trace reads (docs/traces.md)")
    parser.add_argument("--session", metavar="ID", help="only the session with this SessionID")
    parser.add_argument(
        "--ddf", action="append", default=[], metavar="PLACE", help="descriptions, to name what is wrong in a command"
    )
    parser.add_argument("--blank", action="store_true", help="leave out every value, so that it can be mailed")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON")
    form.add_argument("--html", action="store_true", help="write a page that needs nothing else")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "why": CliCommand("say what happened in a captured session: each command, its answer, causes, where to look next",
                   "dmkit why data/traces/session.pcap", _options, _why),
}  # fmt: skip
