"""``dmkit services list | why | plan | impact``: what depends on what; what plays a plan is ``services_played``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli import services_played
from dmkit.cli.command import CliCommand, number, whole
from dmkit.cli.service_inputs import device_options, given, wish_options, wishes_in
from dmkit.words.counts import many

if TYPE_CHECKING:
    from dmkit.services.plan import ServicePlan
    from dmkit.tree.tree import Tree

__all__ = ["COMMANDS"]


def _list(arguments: argparse.Namespace) -> int:
    from dmkit.services import read, state, why_not, works

    catalogue = read(arguments.catalogue)
    if arguments.device is None:
        for service in catalogue.services.values():
            clauses = (" or ".join(map(str, clause)) for clause in service.needs)
            hopes = ", ".join(" or ".join(map(str, clause)) for clause in service.optional)
            needs = f"needs {', '.join(clauses) or 'nothing'}" + (f"; can do without {hopes}" if hopes else "")
            print(f"{service.name:<16} {service.title}; {needs}")
        return 0
    _, values, _ = given(arguments)
    working = works(catalogue, values)
    for name in catalogue.services:
        print(f"{name:<16} {state(catalogue, name, values, working):<12} {why_not(catalogue, name, values)}".rstrip())
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    from dmkit.services import NoPlan, plan

    catalogue, values, tree = given(arguments)
    want, drop = wishes_in(arguments)
    found = plan(catalogue, values, want, drop, solver=arguments.solver, seconds=arguments.seconds)
    if isinstance(found, NoPlan):
        print(json.dumps(asdict(found), indent=1) if arguments.json else found)
        return 1
    packages = _packages(arguments, found, values, tree)
    if arguments.json:
        told = {
            "want": found.want, "drop": found.drop,
            "cost": found.cost, "bound": found.cost if found.is_best else found.bound, "steps": list(found.rows()),
            "reused": found.reused, "kept": found.kept, "warnings": found.warnings, "packages": packages,
        }  # fmt: skip
        print(json.dumps(told, indent=1))
        return 0
    print(found)
    for row in packages:
        done = row["completes"] or "no step yet"
        print(f"package {row['package']}: {many(row['octets'], 'octet')}; {row['commands']}; completes {done}")
    return 0


def _packages(
    arguments: argparse.Namespace, found: ServicePlan, values: Mapping[str, str], tree: Tree
) -> list[dict[str, Any]]:
    from dmkit.services import pack, rows

    there = frozenset(uri for uri, node in tree.walk() if node.is_interior)
    return list(rows(pack(found.steps, values, there, limit=arguments.max_message, container=arguments.container)))


def _why(arguments: argparse.Namespace) -> int:
    from dmkit.services import why_not

    catalogue, values, _ = given(arguments)
    catalogue.know((arguments.service,))
    print(why_not(catalogue, arguments.service, values) or f"{arguments.service} works")
    return 0


def _impact(arguments: argparse.Namespace) -> int:
    from dmkit.services import impact

    catalogue, values, _ = given(arguments)
    found = impact(catalogue, values, arguments.node, arguments.value)
    print(json.dumps({**asdict(found)}, indent=1) if arguments.json else found)
    return 1 if found.broken else 0


def _options_list(parser: argparse.ArgumentParser) -> None:
    device_options(parser, needed=False)


def _options_plan(parser: argparse.ArgumentParser) -> None:
    device_options(parser)
    wish_options(parser)
    parser.add_argument(
        "--solver", choices=["auto", "clingo", "search"], default="auto", help="what looks for the plan (%(default)s)"
    )
    parser.add_argument("--seconds", type=number(0, 100_000), help="take the best plan that was found by then")
    parser.add_argument("--max-message", type=whole(1000), default=16384, help="MaxMsgSize of the device (%(default)s)")
    parser.add_argument(
        "--container", choices=["atomic", "sequence", "plain"], default="atomic", help="how steps travel (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def _options_why(parser: argparse.ArgumentParser) -> None:
    device_options(parser)
    parser.add_argument("service", metavar="NAME", help="a service of the catalogue")


def _options_impact(parser: argparse.ArgumentParser) -> None:
    device_options(parser)
    parser.add_argument("--node", metavar="URI", required=True, help="the node that changes or goes")
    parser.add_argument("--value", help="what it becomes; without it the node goes with all below it")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "services": CliCommand(
        "plan services that depend on services",
        "dmkit services plan --device phone.json --want mms,mail",
        below={
            "list": CliCommand(
                "list services, with their state on a device", "dmkit services list --device phone.json",
                _options_list, _list,
            ),
            "why": CliCommand(
                "say why a service does not work, down to the first cause",
                "dmkit services why --device phone.json mms", _options_why, _why,
            ),
            "plan": CliCommand(
                "find the cheapest changes that make services work (exit 1: there is no way)",
                "dmkit services plan --device phone.json --want mms,mail --drop push-to-talk --json",
                _options_plan, _plan,
            ),
            **services_played.COMMANDS,
            "impact": CliCommand(
                "say what breaks when a node changes or goes (exit 1: something does)",
                "dmkit services impact --device phone.json --node ./NAP/internet",
                _options_impact, _impact,
            ),
        },
    ),
}  # fmt: skip
