"""dmkit's own server and device as testees, in memory, made anew for each case: what every page and test begins with.

>>> from dmkit.probe.catalogue import chosen
>>> results = list(probe("server", chosen("server", ["P-01"])))
>>> {result.verdict.value for result in results}
{'pass'}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, Literal

from dmkit.auth import Account, Credential
from dmkit.device.device import Device, User, counted_nonces
from dmkit.device.phone import example_tree
from dmkit.probe.case import ProbeCase
from dmkit.probe.catalogue import ProbedSide, cases
from dmkit.probe.drive import Caller, FirstFlight, ServerUnderTest, Speaks, probe_client, probe_server
from dmkit.probe.own_tls import first_flight
from dmkit.probe.peer import Peer
from dmkit.probe.verdict import Result
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.client import ClientSession
from dmkit.session.rules import Rules
from dmkit.session.work import QueuedJob
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.wire.wsp import WspPush
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.model import Item, Message
from dmkit.words.outcome import Outcome

__all__ = [
    "ADDRESS",
    "SECURE",
    "OwnDevice",
    "device_for",
    "peer_of",
    "phone_for",
    "probe",
    "sample",
    "server_for",
    "tree",
]

ADDRESS: Final = "http://127.0.0.1:8080/dm"
SECURE: Final = "https://127.0.0.1:8443/dm"


def peer_of(side: Literal["server", "client"], **known: object) -> Peer:
    """What is known of either: everything, and all is allowed.

    >>> peer_of("client").may("destructive")
    True
    """
    values: dict[str, object] = {"server_password": "srvpw", "below": "./Vendor/Probe", "destructive": True, **known}
    if side == "client":
        values = {"takes_pushes": True, "imsi": "262011234567890", "pin": "4711", "firmware": "./FUMO/Main", **values}
    if side == "server":
        values = {"device_id": "IMEI:00499901064{n:04}", "other_device": "IMEI:004999010650000", **values}
    address = ADDRESS if side == "client" else SECURE
    return Peer(side, address, **values)  # type: ignore[arg-type]


def account(peer: Peer, auth: str | None = None) -> Account:
    """What joins both sides; ``auth`` is what the device does unasked."""
    return Account(
        peer.server_id,
        peer.address,
        Credential(peer.user, peer.password, b"", auth),
        Credential(peer.server_id, peer.server_password),
    )


def server_for(case: ProbeCase, peer: Peer, rules: Rules | None = None) -> Server:
    """A server that asks for the proof of the case; it has something to do where the case needs that.

    ``rules`` are its choices in place of the specification's.
    """
    auth = str(case.with_.get("auth", peer.auth))
    rules = replace(rules or Rules(), auth=auth, server_auth="mac" if auth == "mac" else "md5")
    nonces = counted_nonces(f"server {case.id}")
    work = [QueuedJob("read", jobs.read("./DevInfo/Man", "./DevInfo/Mod"))]
    known = {"*": account(peer)}
    if "another device" in case.needs:
        known[peer.other_device] = account(replace(peer, server_password=f"{peer.server_password} of the other"))
    return Server(
        known,
        nonces=lambda device: nonces,
        rules=rules,
        welcome=work if "job" in case.needs else (),
    )


def tree() -> Tree:
    """The example tree, with a place to write below."""
    known: dict[str, Node | str] = {uri: node for uri, node in example_tree().walk() if uri != "."}
    return Tree.of({**known, "./Vendor/Probe": Node.interior()}, acl={".": example_tree().root.acl})


class OwnDevice:
    """A device as a testee: it calls when it is asked to, and when a push makes it.

    ``around`` makes another session of each of its own.
    """

    def __init__(self, phone: Device, around: Callable[[ClientSession], Speaks] = lambda session: session) -> None:
        self.phone, self.around = phone, around

    def __call__(self, now: float) -> Speaks:
        """The session that it begins by itself at ``now``, in seconds."""
        self.phone.live(now)
        return self.around(self.phone.connect())

    def push(self, message: WspPush, now: float) -> Speaks | None:
        """The session that it begins for a push; None when the push is ignored."""
        session = self.phone.push(message, now).session
        return None if session is None else self.around(session)


def typing(pin: str) -> User:
    """A user who types ``pin`` when he is asked, and agrees to all else."""
    return lambda alert: Outcome(StatusCode.OK, items=(Item(data=pin),), command=alert)


def device_for(case: ProbeCase, peer: Peer) -> OwnDevice:
    """A device that asks the server for the proof of the case."""
    return OwnDevice(phone_for(case, peer))


def phone_for(
    case: ProbeCase, peer: Peer, rules: Rules | None = None, around: Callable[[Codec], Codec] | None = None
) -> Device:
    """That device; ``rules`` are its choices, ``around`` makes another codec of the right one."""
    if "the IMSI" in case.needs:
        return Device.blank(imsi=peer.imsi, rules=rules, user=typing(peer.pin) if peer.pin else None)
    auth = str(case.with_.get("auth", peer.auth))
    rules = replace(rules or Rules(), server_auth=str(case.with_.get("server_auth", peer.server_auth)), auth=auth)
    codec = WBXML if case.with_.get("encoding", peer.encoding) == "wbxml" else XML
    codec = around(codec) if around is not None else codec
    phone = Device(tree(), account(peer, None if auth == "none" else auth), rules=rules, codec=codec)
    other = {
        "ServerID": "com.example.other",
        "AppAddr/1/Addr": "http://other.example/dm",
        "AppAuth/1/AAuthLevel": "CLCRED",
        "AppAuth/1/AAuthType": "DIGEST",
        "AppAuth/1/AAuthName": peer.user,
        "AppAuth/1/AAuthSecret": peer.password,
    }
    phone = phone.with_object("devinfo").with_object("devdetail").with_object("dmacc", values=other)
    return phone.with_object("fumo", at=peer.firmware) if "a firmware update object" in case.needs else phone


def probe(
    side: Literal["server", "client"],
    cases: Iterable[ProbeCase],
    *,
    server: Callable[[ProbeCase, Peer], ServerUnderTest] = server_for,
    device: Callable[[ProbeCase, Peer], Caller] = device_for,
    handshake: FirstFlight = first_flight,
) -> Iterator[Result]:
    """The result of each case against dmkit's own server, or its own device, or what stands in their place."""
    peer = peer_of(side)
    if side == "server":
        return probe_server(peer, cases, lambda case: server(case, peer), handshake=handshake)
    return probe_client(peer, cases, lambda case: device(case, peer))


@asked
def sample(most: int = 60) -> tuple[Message, ...]:
    """Messages of both sides that differ in what stands in them: what codecs are tried with.

    >>> len(sample(5))
    5
    """
    found: dict[tuple[str, ...], Message] = {}
    sides: tuple[ProbedSide, ...] = ("client", "server")
    for side in sides:
        first = {case.script: case for case in reversed(cases(side)) if case.with_.get("encoding", "xml") == "xml"}
        for result in probe(side, reversed(first.values())):
            for line in result.talk:
                message = line.message
                if message is not None and not message.deviations:
                    kinds = tuple(type(c).__name__ + str(getattr(c, "code", "")) for c in message.commands)
                    found.setdefault(kinds, message)
            if len(found) >= most:
                return tuple(found.values())[:most]
    return tuple(found.values())
