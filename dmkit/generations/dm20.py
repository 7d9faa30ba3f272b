"""The intents in DM 2.0: a client, a server and a repository of this package.  [dm20 sheet §2, §6, §9]

Much of DM 2.0 rests on notes and proposals; ``basis`` of each run says on what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from dmkit.device.as_dm2 import as_dm2, live
from dmkit.device.device import Device
from dmkit.dm2.address import AddressTarget
from dmkit.dm2.client import AT, Client
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import Tap, converse
from dmkit.dm2.documents import (
    MOS,
    GenericAlert,
    Serialised,
    write_mos,
)
from dmkit.dm2.exchange import HttpCall, Repository
from dmkit.dm2.objects import InstanceRight, Objects, node_of
from dmkit.dm2.server import Server
from dmkit.generations.dm20_stage import (
    DACMO,
    DEVICE,
    DMACC,
    FUMO,
    INFO,
    LAWMO,
    NAP,
    REPO,
    SETTINGS,
    head,
    notified,
    phone,
    pieces,
    run,
    stored,
    value_at,
)
from dmkit.generations.intents import (
    Bootstrap,
    Delegate,
    Intent,
    Inventory,
    Lock,
    Observe,
    Provision,
    Read,
    Recover,
    UpdateFirmware,
    Wake,
    Write,
)
from dmkit.generations.played import PlayedIntent, SentPiece, first_changes
from dmkit.generations.recovering import recover_dm20
from dmkit.mo.firmware import Image, package

__all__ = ["play_dm20"]

_FIRMWARE: Final = "https://fw.example.com/2.1"
_FINISHED: Final = 86_400.0
"""Seconds by which the device has done what it was asked to, and has something to report."""
_LATE: Final = "https://dm.example.com/late"


def play_dm20(intent: Intent, generation: str = "dm 2.0", tap: Tap | None = None) -> PlayedIntent:
    """Run an intent; ``tap`` is the network."""
    return _PLAYS[type(intent)](intent, tap)


def _get(uri: str) -> Command:
    return Command.of("GET", uri)


def _read(intent: Read, tap: Tap | None) -> PlayedIntent:
    client = phone(intent)
    place = AddressTarget(client.objects.of_object(INFO)[0], ("Man",))
    client = replace(client, objects=client.objects.put(place, node_of(intent.value, place.node)))
    talk, statuses = run(client, [_get(f"{INFO}//Man")], tap=tap)
    good = bool(statuses and statuses[0][0].sc == 200 and statuses[0][0].mos[0].nodes["Man"] == intent.value)
    return PlayedIntent(
        "dm 2.0",
        good,
        pieces(talk),
        DEVICE,
        "Read on the instance",
        "the value",
        "proposal: where the data of a GET travel",
        notes=("no proof in the protocol: TLS or HTTP carries it",),
    )


def _write(intent: Write, tap: Tap | None) -> PlayedIntent:
    """DM 2.0 has no command that carries a value: it stands in a repository, and the device fetches it."""
    uri, store = stored("s", [Serialised.of(f"{SETTINGS}//", dict(intent.values))])
    talk, statuses = run(phone(intent), [Command.of("HGET", uri, f"{SETTINGS}//")], repository=store, tap=tap)
    done = all(value_at(talk.client, SETTINGS, name) == value for name, value in intent.values)
    knows = "one status for all settings" if statuses else "not that it is done"
    return PlayedIntent(
        "dm 2.0", done, pieces(talk), DEVICE, "Write on the instance", knows, "established, order of parameters too"
    )


def _provision(intent: Provision, tap: Tap | None) -> PlayedIntent:
    data = {"NapId": "new", "Name": intent.name, "Addr": intent.apn, "AddrType": "APN"}
    uri, store = stored("nap", [Serialised.of(f"{NAP}//", data)])
    talk, statuses = run(phone(intent), [Command.of("HGET", uri)], repository=store, tap=tap)
    done = value_at(talk.client, NAP) == data
    knows = "where the device put it" if statuses and statuses[0][0].uris else "not that it is done"
    return PlayedIntent("dm 2.0", done, pieces(talk), DEVICE, "none: whoever creates owns", knows, "established")


def _inventory(intent: Inventory, tap: Tap | None) -> PlayedIntent:
    talk, statuses = run(phone(intent), [_get(f"{INFO}//")], tap=tap, mos=True)
    return PlayedIntent(
        "dm 2.0",
        bool(statuses),
        pieces(talk),
        DEVICE,
        "any right on an instance",
        "instances, and nodes of one",
        "established; what a GET brings back: proposal",
        notes=("names below an instance come with their values only",),
    )


def _reported(client: Client, sent: tuple[SentPiece, ...], statuses: bool, tap: Tap | None) -> tuple[Client, Any, str]:
    """Let the device finish and send what it has to report, in a session of its own; what the server knows then.

    Where the status was lost, the report tells later: a server that tries again before does it twice.
    """
    client, told = live(client, _FINISHED), False
    if client.later:
        (to, alert), *_ = client.later
        report = converse(replace(client, uri=to, later=()), Server(), alerts=(alert,), tap=tap)
        sent, told = (*sent, *pieces(report)), any(given == alert for _, given in report.server.alerts)
    if statuses:
        return client, sent, "the result, by an alert in a later session" if told else "that it was accepted"
    return client, sent, "not that it is done" + ", until an alert in a later session" * told


def _firmware(intent: UpdateFirmware, tap: Tap | None) -> PlayedIntent:
    """The object, its description and its behaviour are those of DM 1.2."""
    device = Device.example().with_object("fumo", world={_FIRMWARE: package(Image("T1", "2.1", size=intent.size))})
    place = f"{FUMO}//DownloadAndUpdate/PkgURL"
    uri, store = stored("fumo1", [Serialised.of(place, {"PkgURL": _FIRMWARE})])
    commands = [Command.of("HGET", uri, place), Command.of("EXEC", f"{FUMO}//DownloadAndUpdate", _LATE)]
    talk, statuses = run(as_dm2(device), commands, repository=store, tap=tap)
    client, sent, knows = _reported(talk.client, pieces(talk), bool(statuses), tap)
    notes = ["the download itself is not counted: it is HTTP from a store"]
    notes += ["there is no push of a package: it stands in a store"] if intent.delivery == "push" else []
    done = value_at(client, FUMO, "State") in (90, 100)
    return PlayedIntent(
        "dm 2.0",
        done,
        sent,
        DEVICE,
        "Write and Execute on the instance",
        knows,
        "unsure: order of EXEC's parameters",
        notes=tuple(notes),
    )


def _lock(intent: Lock, tap: Tap | None) -> PlayedIntent:
    """Without a ServerURI: the client decides, which is to report to the address of the account."""
    command = Command.of("EXEC", f"{LAWMO}//Operations/FullyLock")
    talk, statuses = run(as_dm2(Device.example().with_object("lawmo")), [command], tap=tap)
    client, sent, knows = _reported(talk.client, pieces(talk), bool(statuses), tap)
    return PlayedIntent(
        "dm 2.0",
        value_at(client, LAWMO, "State") == 10,
        sent,
        DEVICE,
        "Execute on the instance",
        knows,
        "unsure: the client decides when",
    )


def _observe(intent: Observe, tap: Tap | None) -> PlayedIntent:
    """SUB: each change is put into a repository; one PUT and its answer for each."""
    client = phone(intent)
    store = f"https://{REPO}/watch"
    talk, _ = run(client, [Command.of("SUB", store, f"{SETTINGS}//poll")], tap=tap)
    sent, repository, told = list(pieces(talk)), Repository(), 0
    client = talk.client
    for n in range(intent.changes):
        place = AddressTarget(client.objects.of_object(SETTINGS)[0], ("poll",))
        client = replace(client, objects=client.objects.put(place, node_of(100 + n, place.node)))
        for address, uri in client.subscriptions:
            body = write_mos([Serialised.of(address, {"poll": 100 + n})])
            call = HttpCall("PUT", uri, (("content-type", MOS),), body)
            arrived = tap is None or tap(len(sent), call) is not None
            sent.append(SentPiece("device", "PUT", len(body), head(call, len(body)), True, lost=not arrived))
            if arrived:
                answer, repository = repository.answer(call), repository.after(call)
                back = tap is None or tap(len(sent), answer) is not None
                sent.append(SentPiece("repository", f"{answer.status}", 0, head(answer, 0), False, lost=not back))
                told = n + 1
    return PlayedIntent(
        "dm 2.0",
        told == intent.changes,
        tuple(sent),
        DEVICE,
        "Read on the instance",
        "each change, from a store" if told == intent.changes else first_changes(told),
        "unsure: order of SUB's parameters",
    )


def _delegate(intent: Delegate, tap: Tap | None) -> PlayedIntent:
    """Through the access control object, as data that the device fetches; its tree is a proposal."""
    client = phone(intent)
    given = {"MOID": SETTINGS, "MIID": "1", "Owner": "server", "ACL": {"1": {"SrvID": intent.server, "Rights": 3}}}
    uri, store = stored("dac", [Serialised.of(f"{DACMO}//", given)])
    talk, statuses = run(client, [Command.of("HGET", uri)], repository=store, tap=tap)
    objects = talk.client.objects
    instance = objects.of_object(SETTINGS)[0]
    done = objects.may(intent.server, instance, InstanceRight.READ | InstanceRight.WRITE)
    knows = "a status" if statuses else "not that it is done"
    return PlayedIntent(
        "dm 2.0", done, pieces(talk), DEVICE, "Delegate on the instance", knows, "proposal: the tree of the object"
    )


def _bootstrap(intent: Bootstrap, tap: Tap | None) -> PlayedIntent:
    """HTTPS to the address that the factory or a card has; the answer fetches an account, and ends."""
    account = {
        "SrvID": "server",
        "SrvURI": "https://dm.example.com/dm",
        "Name": "Operator",
        "Perm": {"1": {"MOID": INFO}},
    }
    uri, store = stored("acc", [Serialised.of(f"{DMACC}//", account)])
    client = Client("IMEI:493005100592800", Objects(), server="bootstrap", uri="https://boot.example/dm")
    talk, _ = run(client, [Command.of("HGET", uri), Command.of("END")], repository=store, tap=tap)
    done = value_at(talk.client, DMACC, "SrvURI") == account["SrvURI"]
    sent, told = pieces(talk), False
    if done:
        client = replace(talk.client, server="server", uri=str(account["SrvURI"]))
        complete = GenericAlert(AT + "BootstrapComplete")
        report = converse(client, Server(), alerts=(complete,), tap=tap)
        sent, told = (*sent, *pieces(report)), any(given == complete for _, given in report.server.alerts)
    return PlayedIntent(
        "dm 2.0",
        done,
        sent,
        "the device",
        "keys for TLS from factory or card",
        "that it is done, by BootstrapComplete" if told else "not that it is done" if done else "nothing",
        "proposal: the form on the wire is known from pictures only",
    )


def _wake(intent: Wake, tap: Tap | None) -> PlayedIntent:
    sent, good = [notified(tap)], False
    if not sent[0].lost:
        talk, statuses = run(phone(intent), [_get(f"{INFO}//Man")], tap=tap, notification=1)
        sent += pieces(talk)
        good = bool(statuses and statuses[0][0].sc == 200)
    return PlayedIntent(
        "dm 2.0",
        good,
        tuple(sent),
        "the server, by a notification",
        "Read on the instance",
        "the value",
        "proposal: version and lengths of the notification",
    )


_PLAYS: Final[Mapping[type, Callable[[Any, Tap | None], PlayedIntent]]] = {
    Read: _read,
    Write: _write,
    Provision: _provision,
    Inventory: _inventory,
    UpdateFirmware: _firmware,
    Lock: _lock,
    Observe: _observe,
    Delegate: _delegate,
    Recover: recover_dm20,
    Bootstrap: _bootstrap,
    Wake: _wake,
}
"""Intent -> how it is played."""
