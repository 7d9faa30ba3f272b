"""``dmkit services list | why | plan | impact | break | undo``: what depends on what, and what becomes of a plan."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli.command import CliCommand, read_input, whole
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.services.catalogue import ServiceCatalogue
    from dmkit.services.plan import ServicePlan
    from dmkit.tree.tree import Tree

__all__ = ["COMMANDS"]


def _tree(path: str) -> Tree:
    from dmkit.ddf.plain import from_plain

    try:
        plain = json.loads(read_input(path))
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from None
    try:
        return from_plain(plain)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _given(arguments: argparse.Namespace) -> tuple[ServiceCatalogue, Mapping[str, str], Tree]:
    from dmkit.services import values_of

    catalogue = _catalogue(arguments)
    tree = _tree(arguments.device)
    return catalogue, values_of(tree, catalogue), tree


def _catalogue(arguments: argparse.Namespace) -> ServiceCatalogue:
    """The catalogue, with the parameters that are given; without any, they stay as they stand."""
    from dmkit.services import read
    from dmkit.services.parameters import filled

    given = dict[str, str]()
    for text in getattr(arguments, "parameter", None) or ():
        name, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(f"--parameter {text}: NAME=TEXT is right, such as user=ada")
        given[name] = value
    catalogue = read(arguments.catalogue)
    return filled(catalogue, given) if given else catalogue


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _list(arguments: argparse.Namespace) -> int:
    from dmkit.services import read, state, why_not, works

    catalogue = read(arguments.catalogue)
    if arguments.device is None:
        for service in catalogue.services.values():
            clauses = (" or ".join(map(str, clause)) for clause in service.needs)
            print(f"{service.name:<16} {service.title}; needs {', '.join(clauses) or 'nothing'}")
        return 0
    _, values, _ = _given(arguments)
    working = works(catalogue, values)
    for name in catalogue.services:
        print(f"{name:<16} {state(catalogue, name, values, working):<12} {why_not(catalogue, name, values)}".rstrip())
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    from dmkit.services import NoPlan, plan

    catalogue, values, tree = _given(arguments)
    want, drop = _names(arguments.want), _names(arguments.drop)
    found = plan(catalogue, values, want, drop, solver=arguments.solver, seconds=arguments.seconds)
    if isinstance(found, NoPlan):
        print(json.dumps(asdict(found), indent=1) if arguments.json else found)
        return 1
    packages = _packages(arguments, found, values, tree)
    if arguments.json:
        told = {
            "want": found.want, "drop": found.drop, "cost": found.cost, "steps": list(found.rows()),
            "reused": found.reused, "kept": found.kept, "warnings": found.warnings, "packages": packages,
        }  # fmt: skip
        print(json.dumps(told, indent=1))
        return 0
    print(found)
    for row in packages:
        print(f"package {row['package']}: {row['octets']} octets; {row['commands']}; completes {row['completes']}")
    return 0


def _packages(
    arguments: argparse.Namespace, found: ServicePlan, values: Mapping[str, str], tree: Tree
) -> list[dict[str, Any]]:
    from dmkit.services import pack, rows

    there = frozenset(uri for uri, node in tree.walk() if node.is_interior)
    return list(rows(pack(found.steps, values, there, limit=arguments.max_message, container=arguments.container)))


def _why(arguments: argparse.Namespace) -> int:
    from dmkit.services import why_not

    catalogue, values, _ = _given(arguments)
    catalogue.know((arguments.service,))
    print(why_not(catalogue, arguments.service, values) or f"{arguments.service} works")
    return 0


_BREAKS: Final = {"refused": "a command is refused", "lost": "the session is lost", "reboot": "the device reboots"}


def _break(arguments: argparse.Namespace) -> int:
    from dmkit.lab.studies.services_rehearsal import rehearse, service_phone
    from dmkit.services import NoPlan
    from dmkit.services.journal import DeviceRecord

    catalogue = _catalogue(arguments)
    tree = _tree(arguments.device)
    want, drop = _names(arguments.want), _names(arguments.drop)
    if not (want or drop):
        raise ConfigError("nothing to do: --want or --drop names services")
    phone = service_phone(_leaves(tree), catalogue=catalogue)
    journals: dict[str, bytes] = {}
    done = rehearse(
        phone, want, drop, catalogue=catalogue, fault=_BREAKS[arguments.fault], at=arguments.at, journals=journals
    )
    if isinstance(done.plan, NoPlan):
        print(done.plan)
        return 1
    changes = len(done.plan.changes)
    if arguments.fault == "refused" and arguments.at > changes > 0:
        raise ConfigError(f"--at {arguments.at}: the plan has {changes} changes")
    print(done.plan)
    print(done.end if done.end is not None else "the job has not come to an end")
    if arguments.journal is not None:
        _write(arguments.journal, next(iter(journals.values()), DeviceRecord().write()))
    if arguments.out is not None:
        _write(arguments.out, (json.dumps(_leaves(done.device.tree), indent=1) + "\n").encode())
    return 0 if done.end else 1


def _undo(arguments: argparse.Namespace) -> int:
    from dmkit.lab.studies.services_rehearsal import service_phone
    from dmkit.server.server import Server
    from dmkit.services import undo
    from dmkit.services.journal import DeviceRecord
    from dmkit.transport.loop import converse

    catalogue = _catalogue(arguments)
    phone = service_phone(_leaves(_tree(arguments.device)), catalogue=catalogue)
    journals = {phone.address: read_input(arguments.journal)}
    try:
        DeviceRecord.read(journals[phone.address])
    except ConfigError as error:
        raise ConfigError(f"{arguments.journal}: {error}") from None
    server = Server.example(phone)
    converse(phone, server, job=undo(journals=journals, catalogue=catalogue))
    [end] = [result.result for result in server.results]
    print(end)
    if arguments.out is not None:
        _write(arguments.out, (json.dumps(_leaves(phone.tree), indent=1) + "\n").encode())
    return 0 if getattr(end, "state", "") == "undone" else 1


def _leaves(tree: Tree) -> dict[str, Any]:
    """Leaves with text; the accounts of the example device stay its own."""
    return {
        uri: node.text for uri, node in tree.walk()
        if not node.is_interior and not uri.startswith(("./DMAcc", "./Inbox")) and node.format != "bin"
    }  # fmt: skip


def _write(path: str, data: bytes) -> None:
    from pathlib import Path

    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


def _impact(arguments: argparse.Namespace) -> int:
    from dmkit.services import impact

    catalogue, values, _ = _given(arguments)
    found = impact(catalogue, values, arguments.node, arguments.value)
    print(json.dumps({**asdict(found)}, indent=1) if arguments.json else found)
    return 1 if found.broken else 0


def _common(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    parser.add_argument(
        "--device", metavar="TREE.json", required=needed, help="a JSON object of URIs and values; - reads it from input"
    )
    parser.add_argument("--catalogue", metavar="FILE.toml", default="default", help="services (dmkit's own catalogue)")
    parser.add_argument(
        "--parameter",
        metavar="NAME=TEXT",
        action="append",
        help="what differs by subscriber; may be repeated",
    )


def _options_list(parser: argparse.ArgumentParser) -> None:
    _common(parser, needed=False)


def _options_plan(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--want", metavar="A,B", default="", help="services to set up")
    parser.add_argument("--drop", metavar="A,B", default="", help="services to take away")
    parser.add_argument(
        "--solver", choices=["auto", "clingo", "search"], default="auto", help="what looks for the plan (%(default)s)"
    )
    parser.add_argument("--seconds", type=whole(1), help="take the best plan that was found by then")
    parser.add_argument("--max-message", type=whole(1), default=16384, help="MaxMsgSize of the device (%(default)s)")
    parser.add_argument(
        "--container", choices=["atomic", "sequence", "plain"], default="atomic", help="how steps travel (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def _options_break(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--want", metavar="A,B", default="", help="services to set up")
    parser.add_argument("--drop", metavar="A,B", default="", help="services to take away")
    parser.add_argument("--fault", choices=list(_BREAKS), default="refused", help="what goes wrong (%(default)s)")
    parser.add_argument(
        "--at", type=whole(1), default=1, help="at which change, or message of the server (%(default)s)"
    )
    parser.add_argument("--journal", metavar="FILE", help="write what the server remembers, for undo")
    parser.add_argument("--out", metavar="TREE.json", help="write what the device holds afterwards")


def _options_undo(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--journal", metavar="FILE", required=True, help="what break has written")
    parser.add_argument("--out", metavar="TREE.json", help="write what the device holds afterwards")


def _options_why(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("service", metavar="NAME", help="a service of the catalogue")


def _options_impact(parser: argparse.ArgumentParser) -> None:
    _common(parser)
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
            "break": CliCommand(
                "carry a plan out on a copy of a device and break a step (exit 1: not all wishes are fulfilled)",
                "dmkit services break --device phone.json --want mms --at 7 --journal j.json --out after.json",
                _options_break, _break,
            ),
            "undo": CliCommand(
                "put back what a plan changed, from the journal (exit 1: not all of it)",
                "dmkit services undo --device after.json --journal j.json", _options_undo, _undo,
            ),
            "impact": CliCommand(
                "say what breaks when a node changes or goes (exit 1: something does)",
                "dmkit services impact --device phone.json --node ./NAP/internet",
                _options_impact, _impact,
            ),
        },
    ),
}  # fmt: skip
