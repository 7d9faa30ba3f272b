"""``dmkit services break | undo | expire | renew``: plans carried out on a copy of a device, and what is left to do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import CliCommand, naming, read_input, whole, write_output
from dmkit.cli.service_inputs import catalogue_of, clock, device_options, tree_of, wish_options, wishes_in
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.services.catalogue import ServiceCatalogue
    from dmkit.session.work import Job
    from dmkit.tree.node import Node
    from dmkit.tree.tree import Tree

__all__ = ["COMMANDS"]

_BREAKS: Final = {
    "refused": "a command is refused", "lost": "the session is lost", "reboot": "the device reboots",
    "nothing": "nothing",
}  # fmt: skip


def _break(arguments: argparse.Namespace) -> int:
    from dmkit.lab.studies.services_rehearsal import rehearse, service_phone
    from dmkit.services import NoPlan
    from dmkit.services.journal import DeviceRecord

    _writable(arguments)
    catalogue = catalogue_of(arguments)
    tree = tree_of(arguments.device)
    want, drop = wishes_in(arguments)
    phone = service_phone(_nodes(tree), catalogue=catalogue)
    journals: dict[str, bytes] = {}
    done = rehearse(
        phone, want, drop, catalogue=catalogue, fault=_BREAKS[arguments.fault], at=arguments.at, journals=journals,
        now=arguments.now,
    )  # fmt: skip
    if isinstance(done.plan, NoPlan):
        print(done.plan)
        return 1
    changes = len(done.plan.changes)
    if arguments.fault == "refused" and arguments.at > changes > 0:
        raise ConfigError(f"--at {arguments.at}: the plan has {many(changes, 'change')}")
    sent = done.messages // 2
    if arguments.fault in ("lost", "reboot") and len(done.talks) == 1 and arguments.at > sent:
        raise ConfigError(f"--at {arguments.at}: the server sends {many(sent, 'message')}")
    print(done.plan)
    print(done.end if done.end is not None else "the job has not come to an end")
    _kept(arguments, next(iter(journals.values()), DeviceRecord().write()), done.device)
    return 0 if done.end else 1


def _undo(arguments: argparse.Namespace) -> int:
    from dmkit.services import undo

    catalogue, phone, journals = _remembered(arguments)
    state = _run(arguments, phone, journals, undo(journals=journals, catalogue=catalogue, earlier=arguments.earlier))
    return 0 if state == "undone" else 1


def _renew(arguments: argparse.Namespace) -> int:
    from dmkit.services import due, renew
    from dmkit.services.journal import DeviceRecord
    from dmkit.services.parameters import filled

    catalogue, phone, journals = _remembered(arguments)
    meant = DeviceRecord.read(journals[phone.address]).intent
    filled(catalogue.part(*(name for name in meant if name in catalogue.services)), {})
    state = _run(arguments, phone, journals, renew(journals=journals, now=arguments.now, catalogue=catalogue))
    left = due(catalogue, DeviceRecord.read(journals[phone.address]), arguments.now)
    for each in left:
        print(f"still {each}")
    return 0 if state == "done" and not left else 1


def _expire(arguments: argparse.Namespace) -> int:
    from dmkit.services import expiries
    from dmkit.services.journal import DeviceRecord

    catalogue = catalogue_of(arguments)
    octets = read_input(arguments.journal)
    if octets.startswith(_SQLITE) and arguments.journal != "-":
        return _expire_all(arguments, catalogue)
    with naming(arguments.journal):
        record = DeviceRecord.read(octets)
    found = expiries(catalogue, record, arguments.now)
    if arguments.json:
        print(json.dumps([asdict(each) for each in found], indent=1))
    else:
        print("\n".join(map(str, found)) or "nothing of what is meant to work lasts for a stated time")
    return 1 if any(each.is_due for each in found) else 0


_SQLITE: Final = b"SQLite format 3\0"  # how a file of journals begins


def _expire_all(arguments: argparse.Namespace, catalogue: ServiceCatalogue) -> int:
    """The same for all devices that a server remembers in one file."""
    from dmkit.services import upkeep
    from dmkit.transport.journals import read_journals

    found = upkeep(journals=read_journals(arguments.journal), catalogue=catalogue, now=arguments.now)
    unread = {device: why for device, why in found.refused.items() if device not in found.devices}
    if arguments.json:
        print(json.dumps({"rows": list(found.rows()), "unread": unread}, indent=1))
    else:
        told = [f"{device}: {each}" for device, ends in found.devices.items() for each in ends]
        told += [f"{device}: {why}" for device, why in unread.items()]
        print("\n".join(told) or "nothing of what is meant to work lasts for a stated time")
    return 1 if unread or any(each.is_due for ends in found.devices.values() for each in ends) else 0


def _remembered(arguments: argparse.Namespace) -> tuple[ServiceCatalogue, Device, dict[str, bytes]]:
    """The catalogue, a device as the file tells it, and what the server remembers of it."""
    from dmkit.lab.studies.services_rehearsal import service_phone
    from dmkit.services.journal import DeviceRecord

    _writable(arguments)
    catalogue = catalogue_of(arguments)
    phone = service_phone(_nodes(tree_of(arguments.device)), catalogue=catalogue)
    journals = {phone.address: read_input(arguments.journal)}
    with naming(arguments.journal):
        DeviceRecord.read(journals[phone.address])
    return catalogue, phone, journals


def _run(arguments: argparse.Namespace, phone: Device, journals: MutableMapping[str, bytes], job: Job) -> str:
    """Carry a job out, say how it ended, write what is asked for; the state in which it ended."""
    from dmkit.server.server import Server
    from dmkit.transport.loop import converse

    server = Server.example(phone)
    converse(phone, server, job=job)
    [end] = [result.result for result in server.results]
    print(end)
    _kept(arguments, journals[phone.address], phone)
    return str(getattr(end, "state", ""))


def _writable(arguments: argparse.Namespace) -> None:
    """ConfigError where what is to be written would take the place of something else, or cannot be written.

    The device may be written over the device, and the journal over the journal.
    """
    read, keep, out = getattr(arguments, "journal", None), arguments.keep, arguments.out
    device, catalogue = arguments.device, arguments.catalogue
    for path, what, others in (
        (keep, "what the server remembers", {"the device": device, "the catalogue": catalogue, "--out": out}),
        (out, "what the device holds", {"the journal": read, "the catalogue": catalogue}),
    ):
        if path in (None, "-"):
            continue
        place = Path(path)
        for name, other in others.items():
            if other not in (None, "-") and Path(other).resolve() == place.resolve():
                raise ConfigError(f"{path}: {what} would be written over {name}; another file is right")
        if place.is_dir() or not place.resolve().parent.is_dir():
            raise ConfigError(f"{path}: {what} cannot be written there; a file in a directory that is there is right")


def _kept(arguments: argparse.Namespace, journal: bytes, device: Device) -> None:
    """Write what the server remembers, and what the device holds, where that is asked for."""
    if arguments.keep is not None:
        write_output(arguments.keep, journal)
    if arguments.out is not None:
        from dmkit.ddf.plain import to_plain

        plain = to_plain(device.tree)
        held = {uri: plain[uri] for uri in _nodes(device.tree)}
        write_output(arguments.out, (json.dumps(held, indent=1) + "\n").encode())


def _nodes(tree: Tree) -> dict[str, Node]:
    """All nodes but the root and the accounts, which are those of the example device."""
    return {uri: n for uri, n in tree.walk() if uri != "." and not f"{uri}/".startswith(("./DMAcc/", "./Inbox/"))}


def _out(parser: argparse.ArgumentParser, keep: str, read: bool = True) -> None:
    if read:
        parser.add_argument("--journal", metavar="FILE", required=True, help="what the server remembers, as written")
    parser.add_argument(keep, dest="keep", metavar="FILE", help="write what the server remembers afterwards")
    parser.add_argument("--out", metavar="TREE.json", help="write what the device holds afterwards")


def _now(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    parser.add_argument(
        "--now", metavar="TIME", type=clock, required=needed, help="time of any clock of yours: 80d, 12h, or seconds"
    )


def _options_break(parser: argparse.ArgumentParser) -> None:
    device_options(parser)
    wish_options(parser)
    parser.add_argument("--fault", choices=list(_BREAKS), default="refused", help="what goes wrong (%(default)s)")
    parser.add_argument(
        "--at", type=whole(1), default=1, help="at which change, or message of the server (%(default)s)"
    )
    _now(parser, needed=False)
    _out(parser, "--journal", read=False)


def _options_undo(parser: argparse.ArgumentParser) -> None:
    device_options(parser)
    parser.add_argument("--earlier", action="store_true", help="where the last job left nothing, undo the one before")
    _out(parser, "--keep")


def _options_renew(parser: argparse.ArgumentParser) -> None:
    device_options(parser)
    _now(parser)
    _out(parser, "--keep")


def _options_expire(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--journal", metavar="FILE", required=True,
        help="what the server remembers, as written; of one device, or a file of many (transport.FileJournals)",
    )  # fmt: skip
    parser.add_argument("--catalogue", metavar="FILE.toml", default="default", help="services (dmkit's own catalogue)")
    _now(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "break": CliCommand(
        "carry a plan out on a copy of a device and break a step (exit 1: not all wishes are fulfilled)",
        "dmkit services break --device phone.json --want mms --at 7 --journal j.json --out after.json",
        _options_break, _break,
    ),
    "undo": CliCommand(
        "put back what a plan changed, from the journal (exit 1: not all of it)",
        "dmkit services undo --device after.json --journal j.json", _options_undo, _undo,
    ),
    "expire": CliCommand(
        "say when certificates and secrets come to their end (exit 1: something is to be made anew)",
        "dmkit services expire --journal j.json --now 300d", _options_expire, _expire,
    ),
    "renew": CliCommand(
        "make anew what comes to its end, on a copy of a device (exit 1: something is still due)",
        "dmkit services renew --device after.json --journal j.json --now 300d --keep j2.json", _options_renew, _renew,
    ),
}  # fmt: skip
