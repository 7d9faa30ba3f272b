"""Windows: lint of a large profile against a set of full size, many files in two processes, loading cold and cached."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import random
import tempfile
import time
from pathlib import Path

from dmkit.cli import main
from dmkit.cli.descriptions import catalogue
from dmkit.cli.lint_processes import LintWork
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.lint import lint
from dmkit.windows.lint_rules import LintOptions
from dmkit.windows.output import REPORTS, Tally
from dmkit.windows.profiles import read_profile
from dmkit.windows.stored import key_of, read_stored, write_stored
from dmkit.windows.together import across
from tests.windows.cases import item
from tests.windows.synthetic import files


def best(run, times=3):
    """The shortest of several runs, in seconds."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        took.append(time.perf_counter() - begun)
    return min(took)


def profile(made, commands, seed=1):
    """A profile of so many commands, on leaves of the set."""
    draw = random.Random(seed)
    leaves = [entry for entry in made.entries.values() if not entry.node.is_interior]
    rows = [draw.choice(leaves) for _ in range(commands)]
    return "\n".join(item(e.uri, (e.facts.values or ("1",))[0], e.node.format.value) for e in rows)


def alone_seconds(names, place):
    """Processor time of what one process does while the other waits: loading, judging over all files, joining."""
    clock = time.process_time
    begun = clock()
    work = LintWork(catalogue([str(place)]), LintOptions())
    took = clock() - begun
    seen = [work.look(name) for name in names]
    sent = pickle.dumps(seen[::2])
    begun = clock()
    pickle.loads(sent)
    known = across(seen)
    pickle.dumps((known.echoes[::2], known.values))
    took += clock() - begun
    parts = [work.report(name, "json", echoes, known.values) for name, echoes in zip(names, known.echoes, strict=True)]
    sent = pickle.dumps(parts[::2])
    begun = clock()
    pickle.loads(sent)
    print(REPORTS["json"].whole([part.text for part in parts], Tally()), file=io.StringIO())
    return took + clock() - begun


def rows():
    """What is measured: name, seconds or ratio, what the issue asks for."""
    octets = files()
    cold = best(lambda: DescriptionCatalogue.of(octets), 2)
    made = DescriptionCatalogue.of(octets)
    stored = write_stored(made)
    cached = best(lambda: (key_of(octets), read_stored(stored)))
    text = profile(made, 1000).encode()
    linting = best(lambda: lint([read_profile("p.xml", text)], made))
    yield "load 308 files, cold", cold, "s", "< 1.5"
    yield "load 308 files, cached", cached, "s", "< 0.2"
    yield "lint 1,000 commands against them", linting, "s", "< 0.5"
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
        took, work = {"1": [], "2": []}, {"1": [], "2": []}
        for processes in ("1", "2") * 4:
            words = ["lint", *names, "--ddf", str(folder / "ddf"), "--processes", processes, "--format", "json"]
            before, begun = os.times(), time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                main(words)
            took[processes].append(time.perf_counter() - begun)
            after = os.times()
            own = after.user + after.system - before.user - before.system
            others = after.children_user + after.children_system - before.children_user - before.children_system
            work[processes].append((own, others))
        by_one = min(own for own, _ in work["1"][1:])  # the first run fills the cache
        by_two = min(work["2"][1:], key=sum)
        alone = alone_seconds(names, folder / "ddf")
        del os.environ["DMKIT_CACHE"]
    one, two = min(took["1"][1:]), min(took["2"][1:])
    yield "lint 100 files, one process", one, "s", ""
    yield "lint 100 files, two processes", two, "s", ""
    yield "ratio by the clock", one / two, "x", ">= 1.7"
    yield "ratio by processor time", by_one / max(by_two), "x", ">= 1.7"
    yield "done while the other waits", 100 * alone / by_one, "%", ""


if __name__ == "__main__":
    for name, value, unit, asked in rows():
        print(f"{name:<36} {value:8.3f} {unit:<2} {asked}")
