"""``dmkit probe codec | pipe``: codecs that answer on a pipe, and dmkit as one."""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import ExitStack

from dmkit.cli.command import naming, unused, write_output
from dmkit.cli.probe_told import shown

__all__ = ["codec", "pipe"]


def codec(arguments: argparse.Namespace) -> int:
    """Try a codec; 1 when a case fails."""
    from dmkit.probe.own import sample
    from dmkit.probe.pipe import LibWbxml, OwnCodec, PipeCodec, TestedCodec, probe_codec
    from dmkit.probe.report import line_of, tally

    testee: TestedCodec
    if arguments.codec in ("dmkit", "libwbxml"):
        unused(arguments, f"with {arguments.codec}, which is asked in this process", "--timeout")
    with ExitStack() as stack:
        if arguments.codec == "dmkit":
            testee = OwnCodec()
        elif arguments.codec == "libwbxml":
            testee = LibWbxml()
        else:
            with naming(arguments.codec):
                words = shlex.split(arguments.codec)
                testee = stack.enter_context(PipeCodec(words, arguments.timeout))
        found = list(probe_codec(testee, sample(arguments.messages)))
    for result in found:
        if result.verdict.counts_against:
            print(shown(result, False))
    if arguments.out:
        write_output(arguments.out, "".join(line_of(result) + "\n" for result in found).encode())
    print(f"{testee.name}: {tally(found)}")
    return 1 if any(result.verdict.counts_against for result in found) else 0


def pipe(arguments: argparse.Namespace) -> int:
    """Answer as a codec until the input ends."""
    from dmkit.probe.pipe import OwnCodec, serve

    own = OwnCodec()
    own.name = arguments.name
    serve(own, sys.stdin.buffer, sys.stdout.buffer)
    return 0
