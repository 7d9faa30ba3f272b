"""``dmkit explore``: every interleaving that an attacker can make of a session, and the shortest that breaches."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from dmkit.cli.command import CliCommand, whole
from dmkit.words.counts import many

__all__ = ["COMMANDS"]


def _explore(arguments: argparse.Namespace) -> int:
    from dmkit.attack.explorer import explore
    from dmkit.attack.powers import PATH, Attacker
    from dmkit.views.hostile import hostile_text

    powers = PATH if arguments.powers is None else tuple(filter(None, map(str.strip, arguments.powers.split(","))))
    attacker = Attacker.of(*powers, budget=arguments.budget)
    found = explore(
        arguments.design,
        attacker,
        goals=arguments.goal,
        limit=arguments.limit,
        sessions=arguments.sessions,
        wakes=arguments.wakes,
        all_witnesses=arguments.show,
    )
    for witnesses in found.witnesses.values():
        for witness in witnesses:
            print(witness, hostile_text(witness.hops), "", sep="\n")
    print(found.sentence)
    rate = found.states / found.seconds if found.seconds else 0.0
    print(
        f"{many(found.states, 'state')}, {many(found.moves, 'move')}, {many(found.steps, 'step')} of engines, "
        f"{many(rate, 'state', form='.0f')} a second"
    )
    return 0 if found.verdict == "safe" else 1


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("design", metavar="DESIGN", help="a row of dmkit.attack.designs, such as 'md5 per session'")
    parser.add_argument("--powers", metavar="A,B", help="rows of dmkit.attack.powers; those of the path when not given")
    parser.add_argument("--budget", type=whole(0), default=1, help="how many deeds the attacker has (%(default)s)")
    parser.add_argument("--goal", action="append", metavar="GOAL", help="what counts as a breach; all when not given")
    parser.add_argument(
        "--sessions", type=whole(1), default=1, help="how many sessions the device begins (%(default)s)"
    )
    parser.add_argument("--wakes", type=whole(0), default=0, help="how often the server wakes the device (%(default)s)")
    parser.add_argument("--limit", type=whole(1), default=200_000, help="states after which it stops (%(default)s)")
    parser.add_argument("--show", type=whole(1), default=1, help="how many witnesses of each goal (%(default)s)")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "explore": CliCommand(
        "walk through every interleaving that an attacker can make of a session",
        "dmkit explore mac --powers listen,inject,'choose nonce' --budget 2 --goal impersonated",
        _options,
        _explore,
    ),
}
