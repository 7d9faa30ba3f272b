"""Scenarios of settings: connectivity and applications that depend on it, and what is read back.  [enablers sheet §6]

A job tries what costs least and holds most, and does without when it is refused: that is how an optional capability
shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any, Final

from dmkit.ddf.spec import Basis
from dmkit.enablers.play import Play
from dmkit.enablers.profile import EnablerProfile
from dmkit.enablers.scenario import EnablerScenario
from dmkit.server import jobs
from dmkit.session.work import DeviceInfo, Job
from dmkit.transport.loop import Tap
from dmkit.tree.node import Node
from dmkit.tree.tnds import TYPE_XML, serialise, write
from dmkit.tree.tree import Tree
from dmkit.words.model import Add, Atomic, Command, Copy, Delete, Get, Packet, Replace

__all__ = ["SCENARIOS"]

_NAP: Final = {
    "./NAP/office/Name": "Work", "./NAP/office/Addr": "internet.example", "./NAP/office/AddrType": "APN",
    "./NAP/office/Bearer/BearerType": "GSM-GPRS", "./NAP/office/AuthInfo/AuthType": "PAP",
}  # fmt: skip
_PROXY: Final = {"./Proxy/office/Addr": "192.0.2.9", "./Proxy/office/Port": "9201",
                 "./Proxy/office/NapRef": "./NAP/office"}  # fmt: skip
_MAIL: Final = {"./Application/mail/AppID": "143", "./Application/mail/ToConRef": "./NAP/office",
                "./Application/mail/AppAddr/1/Addr": "imap.example"}  # fmt: skip
_BROWSER: Final = {"./Application/web/AppID": "w2", "./Application/web/ToConRef": "./Proxy/office",
                   "./Application/web/Start": "http://start.example/"}  # fmt: skip
_MMS: Final = {"./Application/mms/AppID": "w4", "./Application/mms/ToConRef": "./Proxy/office",
               "./Application/mms/Addr": "http://mmsc.example/" + "x" * 40}  # fmt: skip
_WHOLE: Final = {**_NAP, **_PROXY, **_BROWSER, **_MMS, **_MAIL}
_EVENTS: Final = "event " * 5000
_ROOM: Final = 40
"""Octets that a device takes which has no room for the address in ``_MMS``."""


def _stage(profile: EnablerProfile) -> Play:
    stage = Play(profile)
    for place in ("./NAP", "./Proxy", "./Application"):
        stage.device.tree = stage.device.tree.put(place, Node.interior())
    return stage


def _interiors(values: Mapping[str, str]) -> list[str]:
    """The nodes that must be there before ``values``, below the three places, from the top."""
    every = {"/".join(uri.split("/")[:depth]) for uri in values for depth in range(3, uri.count("/") + 1)}
    return sorted(every, key=lambda uri: (uri.count("/"), uri))


def _configure(values: Mapping[str, str]) -> Job:
    """Add ``values``, all or none where that can be had.  Result: what it had to do without."""

    def job(info: DeviceInfo) -> Any:
        short: list[Command] = [Add.of(uri, value) for uri, value in values.items()]
        long = [*(Add.of(uri) for uri in _interiors(values)), *short]
        tops = sorted({"/".join(uri.split("/")[:3]) for uri in values})
        without: set[str] = set()
        for commands in (short, long):
            [whole] = yield [Atomic.of(*commands)]
            outcomes = whole.parts
            apart = whole.status == 406 or (not whole.answered and "does not fit" in whole.why)
            if apart:
                without.add("all or none")
                outcomes = yield commands
                if not all(outcomes):
                    yield [Delete.of(uri) for uri in tops]
            if whole or (apart and all(outcomes)):
                return without
            if not any(outcome.status == 404 for outcome in outcomes):
                return without | {"room"}
            without.add("parents")
        return without

    return job


def _stands(stage: Play, values: Mapping[str, str]) -> bool:
    return all(stage.value(uri) == value for uri, value in values.items())


def _told(stage: Play, without: set[str] | None) -> None:
    stage.promise("values alone need be sent", without is not None and "parents" not in without)


def connectivity(profile: EnablerProfile) -> Play:
    """An access point and a proxy, value by value.  [enablers sheet §6]"""
    stage = _stage(profile)
    _told(stage, stage.manage(_configure({**_NAP, **_PROXY})))
    stage.goal("access point and proxy are there", _stands(stage, {**_NAP, **_PROXY}))
    return stage


def one_document(profile: EnablerProfile) -> Play:
    """An access point as one serialised tree.  [DMTNDS]"""
    stage = _stage(profile)
    node = Tree.of(_NAP).get("./NAP/office")
    document = write(serialise("", node, properties=frozenset({"Format", "Type", "Value"}))).decode()

    def job(info: DeviceInfo) -> Any:
        [put] = yield [Add.of("./NAP/office", document, format="xml", type=TYPE_XML)]
        if put:
            return True
        yield from _configure(_NAP)(info)
        return False

    stage.promise("one command brings the whole object", stage.manage(job))
    stage.goal("the access point is there", _stands(stage, _NAP))
    return stage


def services(profile: EnablerProfile) -> Play:
    """Browser, messages and mail with the connectivity they need, all or none.  [enablers sheet §6, §8]

    On another device one value does not fit, and the link is lost just then: nothing may be left half configured.
    """
    small = replace(profile, device=replace(profile.device, tree=replace(profile.device.tree, max_value=_ROOM)))
    stage, full = _stage(profile), _stage(small)
    _told(stage, stage.manage(_configure(_WHOLE)))
    stage.goal("every service has what it needs", _stands(stage, _WHOLE))
    full.manage(_configure(_WHOLE), tap=_cut_after(b">413<"))
    stage.add(full)
    stage.promise("nothing is left half configured", not any(full.value(uri) for uri in _WHOLE))
    return stage


def _cut_after(octets: bytes) -> Tap:
    """The link goes when a packet with ``octets`` has passed."""
    gone: list[Packet] = []

    def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
        if gone:
            return ()
        gone.extend([packet] if octets in packet.body else [])
        return (packet,)

    return tap


def change(profile: EnablerProfile) -> Play:
    """A value is changed, and the old one kept beside it.  [DMREPPRO §6.6.4]"""
    stage = _stage(profile)
    stage.device.tree = stage.device.tree.put("./APN/Last", Node("chr", ""))

    def job(info: DeviceInfo) -> Any:
        [copied] = yield [Copy.of("./APN/Name", "./APN/Last")]
        if not copied:
            [old] = yield [Get.of("./APN/Name")]
            yield [Replace.of("./APN/Last", old.text)]
        yield [Replace.of("./APN/Name", "internet.new")]
        return bool(copied)

    stage.promise("the old value stays on the device", stage.manage(job))
    stage.goal(
        "old and new value stand",
        (stage.value("./APN/Last"), stage.value("./APN/Name")) == ("internet.old", "internet.new"),
    )
    return stage


def inventory(profile: EnablerProfile) -> Play:
    """Everything below a node is read.  [DMTND §8]"""
    stage = _stage(profile)

    def job(info: DeviceInfo) -> Any:
        [listed] = yield [Get.of("./DevDetail?list=StructData")]
        if listed:
            return True, {item.source: item.text for item in listed.results}
        return False, (yield from jobs.inventory("./DevDetail", refused="nothing")(info))

    read: tuple[bool, dict[str, str]] = stage.manage(job) or (False, {})
    at_once, found = read
    stage.promise("one command reads all of it", at_once)
    stage.goal("every value is known", found.get("./DevDetail/FwV") == "1.0.3" and "./DevDetail/HwV" in found)
    return stage


def document_back(profile: EnablerProfile) -> Play:
    """A sub-tree is read with all its properties, as for a backup.  [DMTND §8.2]"""
    stage = _stage(profile)

    def job(info: DeviceInfo) -> Any:
        [listed] = yield [Get.of("./DevDetail?list=TNDS")]
        if listed:
            return "document"
        [listed] = yield [Get.of("./DevDetail?list=StructData")]
        return "values" if listed else (yield from jobs.inventory("./DevDetail", refused="nothing")(info)) and "walk"

    how = stage.manage(job)
    stage.promise("properties come with the values", how == "document")
    stage.promise("one command reads all of it", how in ("document", "values"))
    stage.goal("every value is known", how)
    return stage


def log(profile: EnablerProfile) -> Play:
    """A value larger than a message is read.  [DMPRO §7]"""
    stage = _stage(profile)
    stage.device.tree = stage.device.tree.put("./Vendor/Acme/Log", Node("chr", _EVENTS))
    found = stage.manage(jobs.read("./Vendor/Acme/Log"))
    stage.goal("the log is read", found and found["./Vendor/Acme/Log"] == _EVENTS)
    return stage


SCENARIOS: Final = (
    EnablerScenario("settings", "connectivity", connectivity, "enablers sheet §6", Basis.UNSURE),
    EnablerScenario("settings", "one document", one_document, "DMTNDS §6"),
    EnablerScenario("settings", "services that depend", services, "enablers sheet §6, §8", Basis.UNSURE),
    EnablerScenario("settings", "change and keep the old", change, "DMREPPRO §6.6.4"),
    EnablerScenario("inventory", "a branch", inventory, "DMTND §8"),
    EnablerScenario("inventory", "a branch with its properties", document_back, "DMTND §8.2"),
    EnablerScenario("inventory", "a large value", log, "DMPRO §7"),
)
