"""The intents in DM 1.2: sessions between a device and a server of this package, in XML or WBXML.  [DMPRO §8]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from dmkit.bootstrap.cp import read, to_wbxml
from dmkit.device.device import Device
from dmkit.generations.dm12_stage import CODECS, DEVICE, SETTINGS, Network, marked, phone, pieces, ran
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
from dmkit.generations.played import PlayedIntent, SentPiece
from dmkit.generations.recovering import recover_dm12
from dmkit.mo.firmware import Image, package
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.session.work import DeviceInfo, Talk
from dmkit.transport.loop import Tap, honest, steps
from dmkit.transport.push import bootstrap_push, deliver, provision, wake
from dmkit.views.transcript import Transcript
from dmkit.words.model import Add, Get, Replace

__all__ = ["play_dm12"]

_STORE: Final = "https://fw.example.com/2.1"


def play_dm12(intent: Intent, generation: str, tap: Tap = honest, rules: Rules | None = None) -> PlayedIntent:
    """Run an intent; ``tap`` is the network.  Every octet is of a message that was written."""
    network = Network(tap)
    played = _PLAYS[type(intent)](intent, generation, network, rules)
    return replace(played, sent=marked(played.sent, network.lost)) if network.lost else played


def _read(intent: Read, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    device = phone(CODECS[generation], rules=rules)
    device.become(device.tree.set("./DevInfo/Man", intent.value))
    server = Server.example(device)
    talks, result = ran(device, server, jobs.read("./DevInfo/Man"), tap)
    good = isinstance(result, dict) and result.get("./DevInfo/Man") == intent.value
    return PlayedIntent(generation, good, pieces(talks), DEVICE, "Get on ./DevInfo/Man", "the value", "established")


def _write(intent: Write, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    device = phone(CODECS[generation], intent.settings, rules)
    server = Server.example(device)

    def job(info: DeviceInfo) -> Talk:
        outcomes = yield [Replace.of(f"{SETTINGS}/{name}", value) for name, value in intent.values]
        return all(outcome.ok for outcome in outcomes)

    talks, result = ran(device, server, job, tap)
    done = all(device.tree.get(f"{SETTINGS}/{name}").text == value for name, value in intent.values)
    knows = "a status for each setting" if result else "not that it is done"
    return PlayedIntent(generation, done, pieces(talks), DEVICE, "Replace on each setting", knows, "established")


def _provision(intent: Provision, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    device = phone(CODECS[generation], rules=rules).with_object("nap")
    server = Server.example(device)
    place = "./NAP/New"
    leaves = {"NapId": "new", "Name": intent.name, "Addr": intent.apn, "AddrType": "APN"}

    def job(info: DeviceInfo) -> Talk:
        outcomes = yield [Add.of(place, None), *(Add.of(f"{place}/{name}", value) for name, value in leaves.items())]
        return all(outcome.ok for outcome in outcomes)

    talks, result = ran(device, server, job, tap)
    done = all(_text(device, f"{place}/{name}") == value for name, value in leaves.items())
    knows = "a status for each node" if result else "not that it is done"
    return PlayedIntent(generation, done, pieces(talks), DEVICE, "Add on ./NAP", knows, "established")


def _text(device: Device, uri: str) -> str | None:
    """The value at ``uri``; None when nothing stands there."""
    return device.tree.get(uri).text if uri in device.tree else None


def _inventory(intent: Inventory, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    device = phone(CODECS[generation], rules=rules)
    server = Server.example(device)

    def job(info: DeviceInfo) -> Talk:
        [outcome] = yield [Get.of(".?list=Struct")]
        return tuple(item.source for item in outcome.results)

    talks, result = ran(device, server, job, tap)
    return PlayedIntent(
        generation, bool(result), pieces(talks), DEVICE, "Get on the root", "every name that it may see", "established"
    )


def _firmware(intent: UpdateFirmware, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    device = phone(CODECS[generation], rules=rules).with_object(
        "fumo", world={_STORE: package(Image("T1", "2.1", size=intent.size))}
    )
    server = Server.example(device)
    notes: tuple[str, ...]
    if intent.delivery == "push":
        job, notes = (
            jobs.update_firmware("2.1", way="direct", package=package(Image("T1", "2.1", size=intent.size))),
            (),
        )
    else:
        job, notes = (
            jobs.update_firmware("2.1", _STORE),
            ("the download itself is not counted: it is HTTP from a store",),
        )
    talks, result = ran(device, server, job, tap)
    knows = "the result, by Alert 1226 in a later session" if result else "not that it is done"
    rights = "Get, Replace and Exec on ./FUMO"
    return PlayedIntent(generation, bool(result), pieces(talks), DEVICE, rights, knows, "established", notes=notes)


def _lock(intent: Lock, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    device = phone(CODECS[generation], rules=rules).with_object("lawmo")
    server = Server.example(device)
    talks, result = ran(device, server, jobs.lock(), tap)
    knows = "the result, by Alert 1226" if result else "not that it is done"
    return PlayedIntent(generation, bool(result), pieces(talks), DEVICE, "Exec on ./LAWMO", knows, "established")


def _observe(intent: Observe, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    """There is no way to be told (traps are another enabler): the server reads again and again."""
    device = phone(CODECS[generation], rules=rules)
    server = Server.example(device)
    talks: list[Transcript] = []
    seen = 0
    for n in range(intent.changes):
        device.become(device.tree.set("./Vendor/Acme/Poll", 100 + n))
        more, result = ran(device, server, jobs.read("./Vendor/Acme/Poll"), tap)
        talks += more
        seen += isinstance(result, dict) and result.get("./Vendor/Acme/Poll") == str(100 + n)
    return PlayedIntent(
        generation, seen == intent.changes, pieces(talks), DEVICE, "Get on the value", "the value when it last asked",
        "established", notes=("polled: one session a change, if the server knew when",),
    )  # fmt: skip


def _delegate(intent: Delegate, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    device = phone(CODECS[generation], rules=rules)
    server = Server.example(device)
    acl = f"Add={intent.server}&Get={intent.server}&Replace={intent.server}"

    def job(info: DeviceInfo) -> Talk:
        [outcome] = yield [Replace.of("./Vendor/Acme?prop=ACL", acl)]
        return outcome.ok

    talks, result = ran(device, server, job, tap)
    done = intent.server in device.tree.get("./Vendor/Acme").acl
    knows = "a status" if result else "not that it is done"
    return PlayedIntent(generation, done, pieces(talks), DEVICE, "Replace on the node", knows, "established")


_PROVISIONING: Final = b"""<wap-provisioningdoc version="1.1"><characteristic type="APPLICATION">
<parm name="APPID" value="w7"/><parm name="PROVIDER-ID" value="com.mgmtsrv"/><parm name="NAME" value="Operator"/>
<parm name="ADDR" value="https://dm.example/"/>
<characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="APPSRV"/><parm name="AAUTHTYPE" value="DIGEST"/>
<parm name="AAUTHNAME" value="client"/><parm name="AAUTHSECRET" value="clientpw"/>
<parm name="AAUTHDATA" value="AAECAwQFBgcICQoLDA0ODw=="/></characteristic>
<characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="CLIENT"/><parm name="AAUTHTYPE" value="DIGEST"/>
<parm name="AAUTHNAME" value="com.mgmtsrv"/><parm name="AAUTHSECRET" value="srvpw"/>
<parm name="AAUTHDATA" value="EBESExQVFhcYGRobHB0eHw=="/></characteristic></characteristic></wap-provisioningdoc>"""
_IMSI: Final = "001010123456789"


def _bootstrap(intent: Bootstrap, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    """Client provisioning by short messages, protected by the identity of the card; the device then calls."""
    device = Device.blank(imsi=_IMSI, codec=CODECS[generation], rules=rules)
    document = to_wbxml(read(_PROVISIONING))
    messages = provision(bootstrap_push(document, method="NETWPIN", network_id=_IMSI))
    deliver(device, tap.short(messages))
    sent = tuple(
        SentPiece("server", "client provisioning", len(message), 0, n == 0, "sms") for n, message in enumerate(messages)
    )
    return PlayedIntent(
        generation,
        bool(device.accounts),
        sent,
        "the server, which knows the telephone number",
        "none: whoever knows the IMSI",
        "nothing until the device calls",
        "established",
        notes=("octets of user data; each short message holds at most 140",),
    )


def _wake(intent: Wake, generation: str, tap: Network, rules: Rules | None) -> PlayedIntent:
    """Package 0 by short message, then the session that it asks for."""
    device = phone(CODECS[generation], rules=rules)
    server = Server.example(device)
    messages = wake(server, device.address, 1)
    reaction = deliver(device, tap.short(messages))
    server.enqueue(device.address, jobs.read("./DevInfo/Man"))
    talks = [Transcript.of(steps(session, server, tap=tap)) for session in reaction.sessions]
    result = server.results[-1].result if server.results else None
    good = isinstance(result, dict) and bool(result.get("./DevInfo/Man"))
    first = tuple(SentPiece("server", "package 0", len(octets), 0, n == 0, "sms") for n, octets in enumerate(messages))
    return PlayedIntent(
        generation, good, (*first, *pieces(talks)), "the server, by package 0", "Get on ./DevInfo/Man", "the value",
        "established",
    )  # fmt: skip


_PLAYS: Final[Mapping[type, Callable[[Any, str, Network, Rules | None], PlayedIntent]]] = {
    Read: _read,
    Write: _write,
    Provision: _provision,
    Inventory: _inventory,
    UpdateFirmware: _firmware,
    Lock: _lock,
    Observe: _observe,
    Delegate: _delegate,
    Recover: recover_dm12,
    Bootstrap: _bootstrap,
    Wake: _wake,
}
"""Intent -> how it is played."""
