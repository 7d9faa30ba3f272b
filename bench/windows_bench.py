"""Windows: lint of a large profile against a set of full size, many files in two processes, loading cold and cached."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import Row, rested, spent, within
from dmkit.cli import main
from dmkit.cli.descriptions import catalogue
from dmkit.cli.lint_processes import LintWork
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.lint import lint
from dmkit.windows.lint_rules import LintOptions
from dmkit.windows.output import REPORTS, Tally
from dmkit.windows.profiles import read_profile
from dmkit.windows.stored import key_of, read_stored, write_stored
from dmkit.windows.together import echoed
from dmkit.words.codes import Format
from tests.windows.cases import item
from tests.windows.synthetic import files


def taken(run: Callable[[], object], times: int = 3) -> list[float]:
    """Processor time of several runs, in seconds."""
    with rested():
        return [spent(run) for _ in range(times)]


def profile(made: DescriptionCatalogue, commands: int, seed: int = 1) -> str:
    """A profile of so many commands, on leaves of the set."""
    draw = random.Random(seed)
    leaves = [entry for entry in made.entries.values() if not entry.node.is_interior]
    rows = [draw.choice(leaves) for _ in range(commands)]
    formats = (Format.CHR if entry.node.format is None else entry.node.format for entry in rows)
    return "\n".join(item(e.uri, (e.facts.values or ("1",))[0], f.value) for e, f in zip(rows, formats, strict=True))


def alone_seconds(names: list[str], place: Path) -> float:
    """Processor time of what one process does while the other waits: loading, judging over all files, joining."""
    clock = time.process_time
    begun = clock()
    work = LintWork(catalogue([str(place)]), LintOptions())
    took = clock() - begun
    seen = [work.look(name) for name in names]
    sent = pickle.dumps(seen[::2])
    begun = clock()
    pickle.loads(sent)
    echoed_rows, known = echoed(seen)
    pickle.dumps((echoed_rows[::2], known))
    took += clock() - begun
    parts = [work.report(name, "json", echoes, known) for name, echoes in zip(names, echoed_rows, strict=True)]
    sent = pickle.dumps(parts[::2])
    begun = clock()
    pickle.loads(sent)
    print(REPORTS["json"].whole([part.text for part in parts], Tally()), file=io.StringIO())
    return took + clock() - begun


def rows() -> Iterator[Row]:
    """Loading the set, cold and kept; checking a profile against it; a hundred files by one process and by two."""
    octets = files()
    yield within("308 files of descriptions loaded, cold", taken(lambda: DescriptionCatalogue.of(octets), 2), 1.5)
    made = DescriptionCatalogue.of(octets)
    stored, text = write_stored(made), profile(made, 1000).encode()
    yield within(
        "308 files of descriptions loaded, kept before", taken(lambda: (key_of(octets), read_stored(stored))), 0.2
    )

    def linting() -> object:
        return lint([read_profile("p.xml", text)], made)

    yield within("lint of 1,000 commands against them", taken(linting), 0.5, work=linting)
    yield from _hundred(octets, made)


def _hundred(octets: list[tuple[str, bytes]], made: DescriptionCatalogue) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "ddf").mkdir()
        for name, data in octets:
            (folder / "ddf" / name).write_bytes(data)
        names = []
        for number in range(100):
            file = folder / f"{number}.xml"
            file.write_text(profile(made, 300, number))
            names.append(str(file))
        os.environ["DMKIT_CACHE"] = str(folder / "cache")
        took: dict[int, list[float]] = {1: [], 2: []}
        work: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for processes in (1, 2) * 4:
            words = ["lint", *names, "--ddf", str(folder / "ddf"), "--processes", str(processes), "--format", "json"]
            before, begun = os.times(), time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                main(words)
            took[processes].append(time.perf_counter() - begun)
            after = os.times()
            own = after.user + after.system - before.user - before.system
            others = after.children_user + after.children_system - before.children_user - before.children_system
            work[processes].append((own, others))
        alone = alone_seconds(names, folder / "ddf")
        del os.environ["DMKIT_CACHE"]
    one, two = took[1][1:], took[2][1:]  # the first run fills the cache
    by_one, by_two = min(own for own, _ in work[1][1:]), max(min(work[2][1:], key=sum))
    yield within("lint of 100 files, one process", [own for own, _ in work[1][1:]], None)
    turns = tuple(b / a for a, b in zip(one, two, strict=True))
    yield Row("lint of 100 files: two processes / one, by the clock", min(two), min(one), min(two) / min(one), "s",
              1 / 1.7, turns=turns)  # fmt: skip
    yield Row(
        "lint of 100 files: the longer of two processes / one, processor time",
        by_two,
        by_one,
        by_two / by_one,
        "s",
        1 / 1.7,
    )
    yield Row(
        "lint of 100 files: what one does while the other waits / one process", alone, by_one, alone / by_one, "s"
    )


if __name__ == "__main__":
    for row in rows():
        print(f"{row.name:<60} {row.ours if row.limit else row.ratio:8.3f}")
