"""What probing conversations are made of: a case on the example device, jobs that send, and what stands ready there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, Final

from dmkit.auth import Account, Credential
from dmkit.device.device import Device
from dmkit.mo.firmware import Image, package
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.transport.push import bootstrap_push, deliver, provision, wake
from dmkit.tree.node import Node
from dmkit.wire.codec import XML, Codec
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Alert,
    Item,
    Meta,
)
from dmkit.words.outcome import Outcome
from dmkit.workbench.readings.scene import (
    CaseSession,
    ReadingCase,
    ReadingSetup,
    again,
    device_with,
)

__all__ = [
    "BLOB",
    "EVENT",
    "LENIENT",
    "LONG",
    "MAC",
    "NAME",
    "POLL",
    "SMALL",
    "TLS",
    "firmware",
    "person",
    "probe_case",
    "provisioned",
    "report",
    "runs",
    "sends",
    "sent",
    "sent_case",
    "stale",
    "wants_basic",
    "with_job",
    "with_lawmo",
    "woken",
    "wrong_password",
    "wrong_server",
]

NAME: Final = "./Vendor/Acme/Name"
POLL: Final = "./Vendor/Acme/Poll"
"""Leaves of the example device that conversations read and write."""
TLS: Final = Rules(auth="basic", server_auth="none")
MAC: Final = Rules(auth="mac", server_auth="mac")
LONG: Final = "x" * 3000
BLOB: Final = Node("bin", bytes(range(250)) * 12, "application/octet-stream")
SMALL: Final = replace(Rules(), max_message=1500)
LENIENT: Final = replace(Rules(), lenient=True)
"""Rules, and values that are long, which several conversations share."""
_NEXT: Final = CaseSession(again, session="9F")


def probe_case(
    name: str,
    about: str,
    *talks: CaseSession,
    kind: str = "job",
    device: Rules | None = None,
    server: Rules | None = None,
    leaves: Mapping[str, Any] | None = None,
    user: Any = None,
    ready: Callable[[Device, Server], None] = lambda phone, manager: None,
    again: bool = True,
    resp_uri: Any = None,
    codec: Codec = XML,
) -> ReadingCase:
    """A case on the example device; ``ready`` prepares both sides, ``again`` adds the next session."""

    def make(own: Rules, theirs: Rules) -> ReadingSetup:
        phone = device_with(own, codec=codec, leaves=leaves, user=user() if user else None)
        manager = Server.example(phone, rules=theirs)
        manager.resp_uri = resp_uri
        ready(phone, manager)
        return ReadingSetup(phone, manager, (*talks, *([_NEXT] if again else [])))

    return ReadingCase(name, kind, about, device or Rules(), server or device or Rules(), make)


def sends(*batches: Any) -> Job:
    """A job that sends each batch of commands, whatever became of the last."""

    def job(info: object) -> Generator[Any, Any, list[Outcome]]:
        outcomes: list[Outcome] = []
        for batch in batches:
            outcomes += yield (batch if isinstance(batch, list) else [batch])
        return outcomes

    return job


def person(*outcomes: tuple[int, str]) -> Callable[[], Callable[[Alert], Outcome]]:
    """A user who gives these statuses and texts, one after the other."""

    def make() -> Callable[[Alert], Outcome]:
        answers = iter(outcomes)

        def answer(alert: Alert) -> Outcome:
            code, text = next(answers, (200, ""))
            return Outcome(StatusCode(code), items=(Item(data=text),) if text else (), command=alert)

        return answer

    return make


def report(kind: str = "org.example.battery", data: str = "low") -> Alert:
    """A Generic Alert of the device."""
    meta = Meta(format="chr", type=f"Reversed-Domain-Name: {kind}", mark="critical")
    return Alert(AlertCode.GENERIC, (Item(source="./Vendor/Acme", meta=meta, data=data),))


EVENT: Final = Alert(
    AlertCode.CLIENT_EVENT, (Item(source="./Vendor/Acme", meta=Meta(type="org.example.event"), data="started"),)
)


def firmware(phone: Device, manager: Server) -> None:
    """The device has a firmware update object, and there is a package for it."""
    phone.with_object("fumo", world={"https://fw.example.com/2.1": package(Image("T1", "2.1"))})


_STRANGER: Final = (
    b'<wap-provisioningdoc><characteristic type="APPLICATION"><parm name="APPID" value="w7"/>'
    b'<parm name="PROVIDER-ID" value="org.stranger"/><characteristic type="APPADDR">'
    b'<parm name="ADDR" value="https://stranger.example/dm"/></characteristic></characteristic></wap-provisioningdoc>'
)


def woken(phone: Device, manager: Server) -> bool:
    """Whether package 0 under the default nonce makes the device call."""
    return bool(deliver(phone, wake(manager, phone.address, 1, resync=True)).sessions)


def provisioned(phone: Device, manager: Server) -> bool:
    """An unprotected bootstrap document of a stranger comes by push; the session is held all the same."""
    deliver(phone, provision(bootstrap_push(_STRANGER, method="none")))
    return True


def runs(phone: Device, manager: Server) -> None:
    """Both leaves can be executed."""

    def run(tree: Any, call: Any) -> Any:
        return tree, Outcome(StatusCode.OK)

    phone.handlers |= {NAME: run, POLL: run}


def wants_basic(phone: Device, manager: Server) -> None:
    """The server has an account of the device for basic only."""
    account = phone.accounts[0]
    manager.accounts[phone.address] = Account(
        account.server_id, account.address, Credential("client", "clientpw", b"", "basic"), account.server
    )


def with_lawmo(phone: Device, manager: Server) -> None:
    """The device can be locked."""
    phone.with_object("lawmo")


def wrong_password(phone: Device, manager: Server) -> None:
    """The device has another password than its server knows."""
    account = phone.accounts[0]
    own = Credential("client", "another", b"", account.client.scheme if account.client else None)
    phone.accounts[0] = Account(account.server_id, account.address, own, account.server)


def wrong_server(phone: Device, manager: Server) -> None:
    """The device knows another password of its server."""
    account = phone.accounts[0]
    theirs = Credential("com.mgmtsrv.manage", "another")
    phone.accounts[0] = Account(account.server_id, account.address, account.client, theirs)


def stale(phone: Device, manager: Server) -> None:
    """The device has a nonce of old."""
    account = phone.accounts[0]
    phone.accounts[0] = account.with_nonces(client=b"a nonce of old")


def sent(name: str, about: str, *batches: Any, **more: Any) -> ReadingCase:
    """A case in which the server sends each batch of commands; ``more`` are arguments of ``probe_case``."""
    return probe_case(name, about, CaseSession(sends(*batches)), **more)


def with_job(name: str, about: str, job: Job, **more: Any) -> ReadingCase:
    """A case with a job of the catalogue."""
    return probe_case(name, about, CaseSession(job), **more)


def sent_case(name: str, *commands: Any, alerts: tuple[Alert, ...] = ()) -> ReadingCase:
    """A session in which the server sends ``commands``, or the device ``alerts``."""
    return probe_case(name, name, CaseSession(sends(list(commands)) if commands else None, alerts=alerts))
