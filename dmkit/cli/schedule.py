"""``dmkit schedule``: schedules of the Scheduling MO as files: shown, converted, compared, checked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import CliCommand, read_input, whole
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.schedule import Schedule

__all__ = ["COMMANDS"]


def _read(path: str, zone: str = "") -> Schedule:
    """A schedule from a calendar, TOML or words, whichever the file is."""
    from dmkit import schedule

    try:
        text = read_input(path).decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    head = text.lstrip()
    try:
        if head.upper().startswith("BEGIN:"):
            return schedule.from_ics(text, zone=zone)
        return schedule.from_words(text) if head.startswith("Schedule ") else schedule.from_toml(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a schedule: TOML, plain words or a calendar (.ics); - is stdin")
    parser.add_argument("--zone", default="UTC0", help="the device's zone as a POSIX rule (default UTC0)")
    parser.add_argument("--tzid", default="", help="the TZID that the device's own zone has in a calendar file")


def _next_options(parser: argparse.ArgumentParser) -> None:
    _options(parser)
    parser.add_argument("-n", "--count", type=whole(1), default=5, help="how many due times (default 5)")
    parser.add_argument("--after", default="", help="from when on, such as 20251201T000000Z")


def _lint_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="schedules that one device will have")
    parser.add_argument("--zone", default="UTC0", help="the device's zone as a POSIX rule (default UTC0)")
    parser.add_argument("--tzid", default="", help="the TZID that the device's own zone has in a calendar file")
    parser.add_argument("--now", default="", help="the present, such as 20251201T000000Z")
    parser.add_argument("--json", action="store_true", help="findings as JSON")


def _diff_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="BEFORE", help="a schedule")
    parser.add_argument("after", metavar="AFTER", help="another")


def _show(arguments: argparse.Namespace) -> int:
    from dmkit import schedule
    from dmkit.mo.sched.time import zone

    plan, local = _read(arguments.file, arguments.tzid), zone(arguments.zone)
    print(schedule.to_words(plan))
    first = schedule.next_dues(plan, 1, local=local)
    if first:
        print(f"\nThe week from {first[0][:8]} on, an hour a mark:")
        print(schedule.timeline(plan, begins=f"{first[0][:8]}T000000Z", local=local))
    money = schedule.cost(plan, local=local)
    print(
        f"\nA month: {many(money.runs, 'run')}, {many(money.sessions, 'session')}, {many(money.octets, 'octet')}, "
        f"{many(money.questions, 'question')}"
    )
    return 0


def _next(arguments: argparse.Namespace) -> int:
    from dmkit import schedule
    from dmkit.mo.sched.time import zone

    plan = _read(arguments.file, arguments.tzid)
    if arguments.count < 1:
        raise ConfigError(f"--count {arguments.count}: at least one")
    try:
        found = schedule.next_dues(plan, arguments.count, after=arguments.after, local=zone(arguments.zone))
    except ValueError as error:
        raise ConfigError(f"--after: {error}") from None
    print("\n".join(found) or f"{plan.name} is never due by time")
    return 0 if found else 1


def _printing(turn: str) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        from dmkit import schedule

        plan = _read(arguments.file, arguments.tzid)
        if turn == "tree":
            print("\n".join(f"./Sched/{plan.name}/{path} = {value}" for path, value in plan.leaves))
        else:
            print(getattr(schedule, f"to_{turn}")(plan).rstrip("\r\n").replace("\r\n", "\n"))
        return 0

    return run


def _diff(arguments: argparse.Namespace) -> int:
    from dmkit.schedule import diff

    found = diff(_read(arguments.before), _read(arguments.after))
    print("\n".join(found) or "the two say the same")
    return 1 if found else 0


def _lint(arguments: argparse.Namespace) -> int:
    from dmkit.mo.sched.time import seconds_of, zone
    from dmkit.schedule import lint

    if arguments.now:
        try:
            seconds_of(arguments.now)
        except ValueError as error:
            raise ConfigError(f"--now: {error}") from None
    plans = [_read(path, arguments.tzid) for path in arguments.files]
    found = lint(*plans, now=arguments.now, local=zone(arguments.zone))
    if arguments.json:
        print(json.dumps([finding._asdict() for finding in found], indent=1))
    else:
        print("\n".join(map(str, found)) or "nothing found")
    return 1 if found else 0


COMMANDS: Final = {
    "schedule": CliCommand("schedules of a device as files", "dmkit schedule show poll.toml", below={
        "show": CliCommand("a schedule in words, its week and what a month costs", "dmkit schedule show poll.toml",
                        _options, _show),
        "next": CliCommand("the next due times", "dmkit schedule next poll.toml -n 3", _next_options, _next),
        "words": CliCommand("a schedule as plain words", "dmkit schedule words poll.ics", _options, _printing("words")),
        "toml": CliCommand("a schedule as TOML", "dmkit schedule toml poll.ics", _options, _printing("toml")),
        "ics": CliCommand("a schedule as a calendar", "dmkit schedule ics poll.toml", _options, _printing("ics")),
        "tree": CliCommand("a schedule as nodes of the device's tree", "dmkit schedule tree poll.toml", _options,
                        _printing("tree")),
        "diff": CliCommand("what is different between two schedules, in words; 1 when anything is",
                        "dmkit schedule diff old.toml new.toml", _diff_options, _diff),
        "lint": CliCommand("faults that can be seen before they run; 1 when there are any",
                        "dmkit schedule lint poll.toml night.toml", _lint_options, _lint),
    }),
}  # fmt: skip
