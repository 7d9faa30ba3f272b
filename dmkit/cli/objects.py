"""``dmkit objects``: the management objects that there are, and on what each rests."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from dmkit.cli.command import CliCommand
from dmkit.words.counts import many

__all__ = ["COMMANDS", "rows"]


def rows() -> list[dict[str, Any]]:
    """One row per object: identifier, version, nodes, machines, codes, capabilities, and how much rests on what."""
    from dmkit.ddf.spec import Basis
    from dmkit.mo import OBJECTS

    found = []
    for row in OBJECTS.values():
        nodes = row.spec.bases()
        codes = Counter(code.basis for code in row.results.values())
        moves = Counter(move.basis for machine in row.machines for moves in machine.table.values()
                        for move in moves.values())  # fmt: skip
        version = row.id.rpartition(":")[2]
        found.append({
            "name": row.name,
            "title": row.title,
            "id": row.id,
            "version": version if version[:1].isdigit() else "",
            "at": row.at,
            "nodes": row.spec.count().nodes,
            "leaves": row.spec.count().leaves,
            "states": sum(len(machine.table) for machine in row.machines),
            "moves": sum(moves.values()),
            "codes": len(row.results),
            "alerts": list(row.alerts),
            "uses": [capability.name for capability in row.uses],
            "basis": {basis.value: nodes.get(basis, 0) for basis in Basis if nodes.get(basis, 0)},
            "basis_of_codes": {basis.value: codes[basis] for basis in Basis if codes[basis]},
            "basis_of_moves": {basis.value: moves[basis] for basis in Basis if moves[basis]},
            "source": row.source,
        })  # fmt: skip
    return found


def _objects(arguments: argparse.Namespace) -> int:
    chosen = [row for row in rows() if not arguments.names or row["name"] in arguments.names]
    unknown = sorted(set(arguments.names) - {row["name"] for row in chosen})
    if unknown:
        from dmkit.words.errors import ConfigError

        raise ConfigError(f"no management object {unknown[0]!r}; there are {', '.join(row['name'] for row in rows())}")
    if arguments.json:
        sys.stdout.write(json.dumps(chosen, indent=1) + "\n")
        return 0
    head = ("name", "identifier", "nodes", "states", "moves", "codes", "basis of the nodes")
    table = [(row["name"], row["id"], str(row["nodes"]), str(row["states"]), str(row["moves"]), str(row["codes"]),
              ", ".join(f"{count} {basis}" for basis, count in row["basis"].items())) for row in chosen]  # fmt: skip
    widths = [max(len(line[column]) for line in [head, *table]) for column in range(len(head))]
    for line in [head, *table]:
        cells = [text.rjust(width) if 2 <= column <= 5 else text.ljust(width)
                 for column, (text, width) in enumerate(zip(line, widths, strict=True))]  # fmt: skip
        print("  ".join(cells).rstrip())
    total: Counter[str] = Counter()
    for row in chosen:
        total.update(row["basis"])
    print(f"{many(len(chosen), 'object')}, {many(sum(row['nodes'] for row in chosen), 'node')}: "
          + ", ".join(f"{count} {basis}" for basis, count in sorted(total.items())))  # fmt: skip
    return 0


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these objects")
    parser.add_argument("--json", action="store_true", help="all that is known of them, as JSON")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "objects": CliCommand("the management objects, their nodes, and on what each definition rests",
                       "dmkit objects fumo scomo --json", _options, _objects),
}  # fmt: skip
