"""The files of ``dmkit lint``, looked at by several processes.

Each takes the largest file that nobody has taken, and keeps what it found.  What the others have to know of its files
it tells in short; this process judges over all of that, tells each what concerns its files, and joins the parts of the
report that they write.  One process alone goes the same way.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

from dmkit.cli.command import naming, read_input
from dmkit.windows.admx import Template
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.lint import lint_each
from dmkit.windows.lint_rules import LintFinding, LintOptions
from dmkit.windows.output import REPORTS, Tally, tally
from dmkit.windows.profiles import read_profile
from dmkit.windows.together import EchoRow, FileSummary, Written, cross_findings, echoed, graded, summary, writes
from dmkit.words.errors import ConfigError, DmError

__all__ = ["LintWork", "ReportPart", "lint_files", "processes_for"]

PROCESSES: Final = 2
"""Processes, where nobody says how many."""
_WORTH: Final = 1 << 18
"""Octets of profiles for which another process is worth its beginning."""


class ReportPart(NamedTuple):
    """What is told of one file: its part of the report, the counts, and what has a fix."""

    text: str
    counts: Tally
    fixes: tuple[LintFinding, ...]


@dataclass(slots=True)
class LintWork:
    """What a process needs to look at files, and what it found in those that it looked at.

    ``given`` are the octets of files that are not read here (standard input, which one process has).
    """

    catalogue: DescriptionCatalogue
    options: LintOptions
    templates: Sequence[Template] = ()
    given: Mapping[str, bytes] = field(default_factory=dict)
    seen: dict[str, tuple[list[LintFinding], list[Written]]] = field(default_factory=dict)

    def look(self, file: str) -> FileSummary:
        """Look at one file; what others have to know of it."""
        with naming(file):
            octets = self.given[file] if file in self.given else read_input(file)
            profile = read_profile(file, octets)
        written = writes(profile, self.catalogue)
        self.seen[file] = lint_each(profile, self.catalogue, self.options, self.templates), written
        return summary(file, written)

    def report(self, file: str, form: str, echoes: Iterable[EchoRow], values: Mapping[str, str | None]) -> ReportPart:
        """What is told of a file that was looked at, beside what others write."""
        own, written = self.seen[file]
        found = graded([*own, *cross_findings(written, echoes, values)], self.options)
        report = REPORTS[form]
        text = report.part(file, found) if found or report.empty_too else ""
        return ReportPart(text, tally(found), tuple(finding for finding in found if finding.fix is not None))


def processes_for(files: Sequence[str], asked: int | None) -> int:
    """How many processes look at ``files``: as many as were asked for, else as their size is worth; at most one a file.

    >>> processes_for(["-"], 4), processes_for(["-", "-"], None)
    (1, 1)
    """
    if asked is None:
        asked = min(PROCESSES, sum(map(_size, files)) // _WORTH)
    return max(1, min(asked, len(files)))


def _size(file: str) -> int:
    with suppress(OSError, ValueError):
        return os.stat(file).st_size
    return 0


def lint_files(files: Sequence[str], work: LintWork, form: str, processes: int = 1) -> dict[str, ReportPart]:
    """What is told of each file, in the order of their names; the error of the first that cannot be read is raised."""
    largest = sorted(files, key=_size, reverse=True)
    with _others(largest, work, processes - 1) as (turns, others):
        looked = _look(largest, turns, work)
        of = [looked, *(_received(other) for other in others)]
        summaries: dict[str, FileSummary] = {}
        for share in of:
            for file, found in share.items():
                if isinstance(found, FileSummary):
                    summaries[file] = found
        for file in files:
            if file not in summaries:
                raise next(share[file] for share in of if file in share)
        rows, known = echoed([summaries[file] for file in files])
        echoes = dict(zip(files, rows, strict=True))
        for other, share in zip(others, of[1:], strict=True):
            wants = frozenset().union(*(summaries[file].wants for file in share))
            values = {key: value for key, value in known.items() if key in wants}
            other.send((form, {file: echoes[file] for file in share}, values))
        parts = {file: work.report(file, form, echoes[file], known) for file in looked}
        for other in others:
            parts |= _received(other)
    return {file: parts[file] for file in sorted(parts)}


def _look(files: Sequence[str], turns: Iterator[int], work: LintWork) -> dict[str, Any]:
    """Look at the files whose turn it is: a summary of each, or what is wrong with it."""
    found: dict[str, Any] = {}
    for turn in turns:
        file = files[turn]
        try:
            found[file] = work.look(file)
        except (DmError, OSError) as error:
            found[file] = error
    return found


@contextmanager
def _others(files: Sequence[str], work: LintWork, count: int) -> Iterator[tuple[Iterator[int], tuple[Connection, ...]]]:
    """So many other processes that look at files, and the turns that are left for this one.

    A forked process inherits the descriptions; what is frozen is not looked through by the collector, and so not
    copied.
    """
    if count < 1:
        yield iter(range(len(files))), ()
        return
    forks = "fork" in get_all_start_methods()
    context: Any = get_context("fork" if forks else "spawn")
    counter = context.Value("l", 0)
    begun: list[Any] = []
    ends: list[Connection] = []
    gc.freeze()
    try:
        for _ in range(count):
            here, there = context.Pipe()
            ends.append(here)
            inherited = tuple(ends) if forks else ()
            process = context.Process(target=_other, args=(files, counter, work, there, inherited), daemon=True)
            process.start()
            there.close()
            begun.append(process)
        yield _turns(counter, len(files)), tuple(ends)
    finally:
        gc.unfreeze()
        for end in ends:
            end.close()
        for process in begun:
            process.terminate()  # it has told all, or nobody wants to hear it any more
            process.join()


def _turns(counter: Any, most: int) -> Iterator[int]:
    """Numbers that no process has taken, each once."""
    while True:
        with counter.get_lock():
            turn = counter.value
            counter.value = turn + 1
        if turn >= most:
            return
        yield turn


def _other(
    files: Sequence[str], counter: Any, work: LintWork, end: Connection, inherited: Iterable[Connection]
) -> None:
    """What another process does: it looks at files, tells of them in short, hears of the others, and tells all.

    Ends of the first process that it ``inherited`` are closed, so that it hears when that one is gone.
    """
    for other in inherited:
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is interrupted, and closes the pipe
    with suppress(EOFError, BrokenPipeError):
        end.send(_look(files, _turns(counter, len(files)), work))
        form, echoes, values = end.recv()
        end.send({file: work.report(file, form, each, values) for file, each in echoes.items()})


def _received(other: Connection) -> dict[str, Any]:
    try:
        got: dict[str, Any] = other.recv()
    except EOFError:
        raise ConfigError("a process that looked at files ended too early; --processes 1 does without others") from None
    return got
