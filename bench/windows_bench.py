"""Windows: lint of a large profile against a set of full size, many files in two processes, loading cold and cached."""

from __future__ import annotations

import contextlib
import io
import os
import random
import tempfile
import time
from pathlib import Path

from dmkit.cli import main
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.lint import lint
from dmkit.windows.profiles import read_profile
from dmkit.windows.stored import key_of, read_stored, write_stored
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


def profile(catalogue, commands, seed=1):
    """A profile of so many commands, on leaves of the set."""
    draw = random.Random(seed)
    leaves = [entry for entry in catalogue.entries.values() if not entry.node.is_interior]
    rows = [draw.choice(leaves) for _ in range(commands)]
    return "\n".join(item(e.uri, (e.facts.values or ("1",))[0], e.node.format.value) for e in rows)


def rows():
    """What is measured: name, seconds or ratio, what the issue asks for."""
    octets = files()
    cold = best(lambda: DescriptionCatalogue.of(octets), 2)
    catalogue = DescriptionCatalogue.of(octets)
    stored = write_stored(catalogue)
    cached = best(lambda: (key_of(octets), read_stored(stored)))
    text = profile(catalogue, 1000).encode()
    linting = best(lambda: lint([read_profile("p.xml", text)], catalogue))
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
            file.write_text(profile(catalogue, 300, number))
            names.append(str(file))
        os.environ["DMKIT_CACHE"] = str(folder / "cache")
        took, work = {}, {}
        for processes in ("1", "2"):
            words = ["lint", *names, "--ddf", str(folder / "ddf"), "--processes", processes, "--format", "json"]

            def run(words=words):
                with contextlib.redirect_stdout(io.StringIO()):
                    main(words)

            run()
            took[processes] = best(run, 1)
            before = os.times()
            run()
            after = os.times()
            own = after.user + after.system - before.user - before.system
            others = after.children_user + after.children_system - before.children_user - before.children_system
            work[processes] = max(own, others)
        del os.environ["DMKIT_CACHE"]
    yield "lint 100 files, one process", took["1"], "s", ""
    yield "lint 100 files, two processes", took["2"], "s", ""
    yield "ratio by the clock", took["1"] / took["2"], "x", ">= 1.7"
    yield "ratio by processor time", work["1"] / work["2"], "x", ">= 1.7"


if __name__ == "__main__":
    for name, value, unit, asked in rows():
        print(f"{name:<36} {value:8.3f} {unit:<2} {asked}")
