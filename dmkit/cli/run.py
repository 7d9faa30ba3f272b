"""``dmkit run``: an experiment file into a folder of results, or the results checked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Final

from dmkit.cli.command import CliCommand, naming, read_input, whole
from dmkit.words.counts import many

__all__ = ["COMMANDS"]


def _run(arguments: argparse.Namespace) -> int:
    read_input(arguments.file)  # a file that is not there is said before the libraries are loaded
    from dmkit.lab.runs.report import perform

    with naming(arguments.file):
        done = perform(arguments.file, arguments.out, workers=arguments.workers, progress=_progress(arguments))
    print(done)
    return 0 if done.verified or (done.written and not done.failed) else 1


def _progress(arguments: argparse.Namespace) -> bool:
    """Whether bars are drawn: on terminals, unless they are not wanted."""
    return not arguments.quiet and sys.stderr.isatty()


def _options_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="EXPERIMENT.toml", help="what to run (docs/experiments.md lists what may stand in it)"
    )
    parser.add_argument(
        "--out", metavar="FOLDER", help="where results go; by default a folder of its name beside the file"
    )
    parser.add_argument("--workers", type=whole(1, 256), help="processes; by default what the file says, or one")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _validate(arguments: argparse.Namespace) -> int:
    from dmkit.lab.validation import validate

    seeds = range(1, arguments.seeds + 1)
    frame = validate(arguments.rows or None, seeds=seeds, workers=arguments.workers, progress=_progress(arguments))
    for row in frame.to_dict("records"):
        mark = "pass" if row["passed"] else "FAIL"
        value = f"{row['value']:.6g}" + (f" ± {row['half']:.2g}" if row["half"] else "")
        print(f"{row['id']}  {mark}  published {row['published']:<10g} dmkit {value:<22} {row['what']}")
    print(f"{int(frame['passed'].sum())} of {many(len(frame), 'figure')} reproduced")
    return 0 if frame["passed"].all() else 1


def _options_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help="rows of the validation plan, such as V06; all when none is given"
    )
    parser.add_argument("--seeds", type=whole(1, 100_000), default=10, help="how many seeds (%(default)s)")
    parser.add_argument("--workers", type=whole(1, 256), help="processes; by default one for each core for all rows")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "run": CliCommand(
        "run an experiment file, or check its results",
        "dmkit run data/experiments/window.toml --out results",
        _options_run,
        _run,
    ),
    "validate": CliCommand("reproduce published results", "dmkit validate V06 V07", _options_validate, _validate),
}
