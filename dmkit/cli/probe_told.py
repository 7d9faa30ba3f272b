"""What ``dmkit probe`` tells: results as they come, files, a summary, and what was wrong with the run itself."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dmkit.cli.command import naming, read_input, unused, write_output
from dmkit.words.counts import many

if TYPE_CHECKING:
    from dmkit.probe.case import ProbeCase
    from dmkit.probe.verdict import Result

__all__ = ["CommandsRun", "resumed", "shown", "told"]


def resumed(arguments: argparse.Namespace, cases: list[ProbeCase]) -> tuple[list[ProbeCase], list[Result]]:
    """The cases that are left, and the results of those that an earlier run of the same folder has."""
    from dmkit.probe.report import read_results

    if not arguments.out:
        unused(arguments, "without --out, the folder of the earlier run", "--resume")
        return cases, []
    folder = Path(arguments.out)
    with naming(arguments.out):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = folder / "results.jsonl"
    if not arguments.resume:
        place.unlink(missing_ok=True)
        return cases, []
    found = {r.case: r for r in read_results(place)} if place.exists() else {}
    return [case for case in cases if case.id not in found], [found[case.id] for case in cases if case.id in found]


class CommandsRun:
    """How the commands of --trigger and --deliver ended: to be told where nothing came of them."""

    def __init__(self) -> None:
        self._ended: Counter[tuple[str, int]] = Counter()

    def note(self, option: str, status: int) -> None:
        """The command of ``option`` has ended with ``status``."""
        self._ended[option, status] += 1

    def of(self, option: str) -> str:
        """What is to be said of them: ``, whose command ended with status 1 (3 times)``; empty when all ended well."""
        bad = [f"status {status} ({many(often, 'time')})" for (one, status), often in sorted(self._ended.items())
               if one == option and status]  # fmt: skip
        return f", whose command ended with {', '.join(bad)}" if bad else ""


def unheard(results: Iterable[Result], cases: Iterable[ProbeCase], side: str, ended: CommandsRun) -> list[str]:
    """A sentence for each way to the peer on which not one message of it came, though cases were played."""
    from dmkit.probe.verdict import Verdict

    pushed = {case.id: case.is_pushed for case in cases}
    played: dict[bool, list[Result]] = {}
    for result in results:
        if result.verdict is Verdict.INCONCLUSIVE or len(result.talk):
            played.setdefault(pushed.get(result.case, False), []).append(result)
    sentences = []
    for push, part in sorted(played.items()):
        if any(line.sender == side for result in part for line in result.talk) or any(
            r.evidence for r in part if r.verdict is not Verdict.INCONCLUSIVE
        ):
            continue
        where = many(len(part), "case") if len(part) > 1 else "the one case"
        if side == "server":
            sentences.append(f"not one message of the server came in {where}; is the address right?")
        elif push:
            sentences.append(
                f"the client called for no push in {where}; does --deliver hand them over{ended.of('--deliver')}?"
            )
        else:
            sentences.append(
                f"no session of the client came in {where}; does --trigger make it call{ended.of('--trigger')}?"
            )
    return sentences


async def told(
    arguments: argparse.Namespace,
    results: AsyncIterator[Result],
    before: list[Result],
    cases: list[ProbeCase],
    name: str,
    ended: CommandsRun | None = None,
) -> int:
    """Print results as they come, write what is wanted, and sum up.

    0: nothing fails that is not in the baseline; 1: something does; 2: a way to the peer is closed, so that nothing
    can be said.
    """
    total, side = len(cases), "client" if hasattr(arguments, "listen") else "server"
    from dmkit.probe.report import baseline_of, junit, line_of, reasons, regressions, tally, write_case

    known: frozenset[str] = frozenset()
    if arguments.baseline:
        known = baseline_of(read_input(arguments.baseline).decode("utf-8", "replace"), arguments.baseline)
    folder = Path(arguments.out) if arguments.out else None
    found, new_ones = list(before), []
    bar = sys.stderr.isatty() and not arguments.quiet
    async for result in results:
        found.append(result)
        new_ones.append(result)
        if folder is not None:
            with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
                file.write(line_of(result) + "\n")
            write_case(folder / "cases", result)
        if bar:
            print(f"\r{len(found)} of {total}: {tally(found)}   ", end="", file=sys.stderr, flush=True)
        if result.verdict.counts_against or arguments.verbose:
            print(("\n" if bar else "") + shown(result, arguments.verbose))
    if bar:
        print(file=sys.stderr)
    if arguments.junit:
        write_output(arguments.junit, junit(found, name).encode())
    print(f"{tally(found)}; {len(found)} of {many(total, 'case')}")
    if not arguments.quiet:
        print(*(f"  {reason}" for reason in reasons(found)), sep="\n", end="\n" if reasons(found) else "")
    new, mended = regressions(found, known)
    for case in mended:
        print(f"passes now, and is in the baseline: {case}")
    if known:
        print(f"{len(new)} fail that are not in the baseline")
    closed = unheard(new_ones, cases, side, ended or CommandsRun())
    for sentence in closed:
        print(f"dmkit: {sentence}", file=sys.stderr)
    return 1 if new else 2 if closed else 0


def shown(result: Result, whole_talk: bool) -> str:
    """A result in lines, with its ladder when ``whole_talk``."""
    lines = [str(result)]
    if result.quote:
        lines.append(f"  {result.quote}")
    if result.rule:
        lines.append(f"  rule: {result.rule}  [{result.source}]")
    if whole_talk and len(result.talk):
        lines += [f"  {line}" for line in repr(result.talk).splitlines()]
    return "\n".join(lines)
