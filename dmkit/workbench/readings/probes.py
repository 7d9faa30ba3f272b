"""Jobs of the catalogue, reports of the device, and what a path may do to both: cases that were made for readings."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any, Final

from dmkit.auth import SCHEMES, Account, Credential
from dmkit.auth.mac import HEADER
from dmkit.device.device import Device
from dmkit.mo.firmware import Image, package
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.transport.loop import Tap, honest
from dmkit.transport.push import bootstrap_push, deliver, provision, wake
from dmkit.tree.node import Node
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Copy,
    Delete,
    Exec,
    Get,
    Item,
    Meta,
    Packet,
    Replace,
    Sequence,
)
from dmkit.words.outcome import Outcome
from dmkit.workbench.readings.scene import (
    CaseSession,
    ReadingCase,
    ReadingSetup,
    again,
    device_with,
    doubling,
    dropping,
    replace_packet,
)

__all__ = ["probes", "sent_case"]

NAME: Final = "./Vendor/Acme/Name"
POLL: Final = "./Vendor/Acme/Poll"
_NEXT: Final = CaseSession(again, session="9F")


def _case(
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


def _send(*batches: Any) -> Job:
    """A job that sends each batch of commands, whatever became of the last."""

    def job(info: object) -> Generator[Any, Any, list[Outcome]]:
        outcomes: list[Outcome] = []
        for batch in batches:
            outcomes += yield (batch if isinstance(batch, list) else [batch])
        return outcomes

    return job


# -- what people say


def _person(*outcomes: tuple[int, str]) -> Callable[[], Callable[[Alert], Outcome]]:
    def make() -> Callable[[Alert], Outcome]:
        answers = iter(outcomes)

        def answer(alert: Alert) -> Outcome:
            code, text = next(answers, (200, ""))
            return Outcome(StatusCode(code), items=(Item(data=text),) if text else (), command=alert)

        return answer

    return make


def _report(kind: str = "org.example.battery", data: str = "low") -> Alert:
    meta = Meta(format="chr", type=f"Reversed-Domain-Name: {kind}", mark="critical")
    return Alert(AlertCode.GENERIC, (Item(source="./Vendor/Acme", meta=meta, data=data),))


_EVENT: Final = Alert(
    AlertCode.CLIENT_EVENT, (Item(source="./Vendor/Acme", meta=Meta(type="org.example.event"), data="started"),)
)

# -- what the path does


def _edit(when: Callable[[str], bool], change: Callable[[str], str], most: int = 1) -> Callable[[], Tap]:
    """Alters the text of the first ``most`` packets for which ``when`` holds."""

    def make() -> Tap:
        done = [0]

        def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
            text = packet.body.decode()
            if done[0] < most and when(text):
                done[0] += 1
                return (replace_packet(packet, body=change(text).encode()),)
            return (packet,)

        return tap

    return make


def _insert(command: str) -> Callable[[str], str]:
    """Puts a command in front of the end of the body."""

    def change(text: str) -> str:
        at = text.find("<Final/>") if "<Final/>" in text else text.find("</SyncBody>")
        return text[:at] + command + text[at:]

    return change


def _cut(start: str, end: str) -> Callable[[str], str]:
    """Takes the first part between ``start`` and ``end`` away, both included."""

    def change(text: str) -> str:
        a = text.find(start)
        b = text.find(end, a)
        return text if a < 0 or b < 0 else text[:a] + text[b + len(end) :]

    return change


def _from_server(text: str) -> bool:
    return "<Target><LocURI>IMEI" in text.replace("\n", "")[:700] and "<Source><LocURI>https" in text


def _number(n: str) -> Callable[[str], bool]:
    return lambda text: f"<MsgID>{n}</MsgID>" in text


def _strip_mac() -> Tap:
    seen = [0]

    def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
        seen[0] += 1
        headers = {k: v for k, v in packet.headers.items() if k != HEADER}
        return (replace_packet(packet, headers=headers),) if seen[0] > 4 else (packet,)

    return tap


def _elsewhere(to: str) -> Callable[[], Tap]:
    """Later messages of the device go to the address of the account."""

    def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
        return (replace_packet(packet, to=to) if packet.to.startswith("https") else packet,)

    return lambda: tap


_GET: Final = "<Get><CmdID>77</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get>"
_SEARCH: Final = "<Search><CmdID>78</CmdID></Search>"

# -- objects


def _firmware(phone: Device, manager: Server) -> None:
    phone.with_object("fumo", world={"https://fw.example.com/2.1": package(Image("T1", "2.1"))})


_STRANGER: Final = (
    b'<wap-provisioningdoc><characteristic type="APPLICATION"><parm name="APPID" value="w7"/>'
    b'<parm name="PROVIDER-ID" value="org.stranger"/><characteristic type="APPADDR">'
    b'<parm name="ADDR" value="https://stranger.example/dm"/></characteristic></characteristic></wap-provisioningdoc>'
)


def _woken(phone: Device, manager: Server) -> bool:
    return bool(deliver(phone, wake(manager, phone.address, 1, resync=True)).sessions)


def _provisioned(phone: Device, manager: Server) -> bool:
    deliver(phone, provision(bootstrap_push(_STRANGER, method="none")))
    return True


def _runs(phone: Device, manager: Server) -> None:
    def run(tree: Any, call: Any) -> Any:
        return tree, Outcome(StatusCode.OK)

    phone.handlers |= {NAME: run, POLL: run}


def _wants_basic(phone: Device, manager: Server) -> None:
    account = phone.accounts[0]
    manager.accounts[phone.address] = Account(
        account.server_id, account.address, Credential("client", "clientpw", b"", "basic"), account.server
    )


def _lawmo(phone: Device, manager: Server) -> None:
    phone.with_object("lawmo")


def _wrong_password(phone: Device, manager: Server) -> None:
    account = phone.accounts[0]
    own = Credential("client", "another", b"", account.client.scheme if account.client else None)
    phone.accounts[0] = Account(account.server_id, account.address, own, account.server)


def _wrong_server(phone: Device, manager: Server) -> None:
    account = phone.accounts[0]
    theirs = Credential("com.mgmtsrv.manage", "another")
    phone.accounts[0] = Account(account.server_id, account.address, account.client, theirs)


def _stale(phone: Device, manager: Server) -> None:
    account = phone.accounts[0]
    phone.accounts[0] = account.with_nonces(client=b"a nonce of old")


_TLS: Final = Rules(auth="basic", server_auth="none")
_MAC: Final = Rules(auth="mac", server_auth="mac")
_LONG: Final = "x" * 3000
_BLOB: Final = Node("bin", bytes(range(250)) * 12, "application/octet-stream")
_SMALL: Final = replace(Rules(), max_message=1500)
_LENIENT: Final = replace(Rules(), lenient=True)


def _jobs() -> Iterator[ReadingCase]:
    two = [Replace.of(NAME, "one"), Replace.of(POLL, "60", format="int")]
    batch = [Get.of("./DevInfo/Man", "./DevInfo/Mod", "./DevInfo/None"), Replace.of(NAME, "two")]
    yield _case("read", "reads two values", CaseSession(jobs.read("./DevInfo/Man", "./DevDetail/FwV")))
    yield _case("nothing", "the device calls, and nobody wants anything", CaseSession())
    yield _case("write", "writes one value", CaseSession(jobs.write(NAME, "new name")))
    yield _case("put", "adds a leaf below parents that are missing", CaseSession(jobs.put("./New/Of/Mine", "1")))
    yield _case(
        "add interior",
        "adds an interior node and a leaf below",
        CaseSession(_send(Add.of("./X", None, format="node"), Add.of("./X/l", "1"), Add.of("./X/i", 5))),
    )
    yield _case("delete", "deletes a node, and one that is not there", CaseSession(jobs.delete("./APN", "./None")))
    yield _case("inventory", "walks through the tree", CaseSession(jobs.inventory("./Vendor")))
    yield _case("items", "several Items in one command, one of them missing", CaseSession(_send(*[[c] for c in batch])))
    yield _case(
        "listing",
        "a listing with values, and one as a document",
        CaseSession(_send(Get.of("./Vendor?list=StructData"), Get.of("./Vendor?list=TNDS"))),
    )
    yield _case(
        "properties",
        "properties are read and set",
        CaseSession(
            _send(
                [Get.of(f"{NAME}?prop=VerNo"), Get.of(f"{NAME}?prop=ACL"), Get.of("./Vendor?prop=Size")],
                [Replace.of(f"{NAME}?prop=Title", "a title that is longer"), Replace.of(f"{NAME}?prop=ACL", "get=*")],
                [Replace.of(f"{NAME}?prop=Name", "Label"), Get.of("./Vendor/Acme/Label?prop=VerNo")],
            )
        ),
    )
    yield _case(
        "dependent",
        "two commands, the second on what the first has made",
        CaseSession(
            _send(
                [
                    Add.of("./Y", None, format="node"),
                    Replace.of("./Y?prop=Title", "t"),
                    Add.of("./Y/z", "1"),
                    Delete.of("./Y/z"),
                ]
            )
        ),
    )
    yield _case("atomic", "an Atomic that fails at its end", CaseSession(_send(Atomic((*two, Delete.of("./None"))))))
    yield _case("atomic done", "an Atomic that succeeds", CaseSession(_send(Atomic(tuple(two)))))
    yield _case("atomic nested", "an Atomic inside an Atomic", CaseSession(_send(Atomic((two[0], Atomic((two[1],)))))))
    yield _case("atomic get", "an Atomic with a Get in it", CaseSession(_send(Atomic((two[0], Get.of(POLL))))))
    yield _case(
        "atomic sequence", "a Sequence inside an Atomic", CaseSession(_send(Atomic((two[0], Sequence((two[1],))))))
    )
    yield _case(
        "sequence", "a Sequence with a failure in it", CaseSession(_send(Sequence((Delete.of("./None"), *two))))
    )
    yield _case(
        "sequence nested", "an Atomic inside a Sequence", CaseSession(_send(Sequence((two[0], Atomic((two[1],))))))
    )
    yield _case(
        "copy",
        "a Copy onto a node, and onto nothing",
        CaseSession(_send(Copy.of(NAME, "./APN/Name"), Copy.of(NAME, "./APN/Other"))),
    )
    yield _case(
        "exec twice",
        "one Exec with two Items",
        CaseSession(_send(Exec((Item(target=NAME), Item(target=POLL))))),
        ready=_runs,
    )
    yield _case(
        "names",
        "names that need escapes, and one with a slash",
        CaseSession(_send(Add.of("./Vendor/a%2Fb", "1"), Add.of("./Vendor/c;d", "2"), Get.of("./Vendor"))),
    )
    yield _case(
        "lists",
        "lists of rights that other engines refuse",
        CaseSession(
            _send(
                Replace.of(f"{NAME}?prop=ACL", "Get=*+com.mgmtsrv.manage&Replace=com.mgmtsrv.manage"),
                Get.of(f"{NAME}?prop=ACL"),
            )
        ),
    )
    yield _case(
        "bool",
        "1 as the value of a boolean",
        CaseSession(_send(Replace.of("./DevDetail/LrgObj", "1", format="bool"), Get.of("./DevDetail/LrgObj"))),
    )
    yield _case("exec", "an Exec of something that nothing happens on", CaseSession(jobs.execute(NAME)))
    yield _case(
        "long write", "an object larger than a message leaves", CaseSession(jobs.write(NAME, _LONG)), device=_SMALL
    )
    yield _case(
        "long read",
        "an object larger than a message comes",
        CaseSession(jobs.read(NAME)),
        device=_SMALL,
        leaves={NAME: _LONG},
    )
    yield _case("object", "a long value in one message", CaseSession(jobs.write(NAME, _LONG)))
    yield _case(
        "blob",
        "octets, which XML carries as base64",
        CaseSession(_send(Replace.of("./Blob", b"\0" * 700, type="application/octet-stream"), Get.of("./Blob"))),
        leaves={"./Blob": _BLOB},
    )
    limit = replace(_TLS, max_object=1000, max_message=None)
    yield _case(
        "object at its limit",
        "base64 of octets that are fewer than MaxObjSize",
        CaseSession(_send(Replace.of("./Blob", b"\0" * 800, type="application/octet-stream"))),
        device=limit,
        leaves={"./Blob": _BLOB},
    )
    yield _case(
        "too large in pieces",
        "a piece of an object that the device will not take, then another command",
        CaseSession(_send([Replace.of(NAME, _LONG), Replace.of(POLL, "60", format="int")])),
        device=replace(_SMALL, max_object=2000),
        server=_SMALL,
    )
    yield _case(
        "long octets",
        "octets larger than a message, in WBXML, where they are carried as they are",
        CaseSession(_send(Replace.of("./Blob", bytes(range(250)) * 12, type="application/octet-stream"))),
        device=_SMALL,
        leaves={"./Blob": _BLOB},
        codec=WBXML,
    )
    yield _case(
        "refused piece",
        "a device without large objects refuses the first piece, another command waits",
        CaseSession(_send([Replace.of(NAME, _LONG), Get.of("./DevInfo/Man")])),
        device=replace(_TLS, large_objects="no", max_message=None),
        server=replace(_TLS, chunk=500, max_message=None),
    )
    yield _case(
        "firmware", "new firmware, and the report of it", CaseSession(jobs.update_firmware("2.1")), ready=_firmware
    )
    yield _case("lock", "locks the device", CaseSession(jobs.lock()), ready=_lawmo)
    for name, code, text in (("yes", 200, ""), ("no", 304, ""), ("silence", 408, "")):
        yield _case(
            f"ask, {name}",
            f"asks the user, whose answer is {name}",
            CaseSession(_send([Alert.of(1101, "MAXDT=20&DR=1", "May we?"), Replace.of(NAME, "asked")])),
            user=_person((code, text)),
        )
    yield _case(
        "choice",
        "the user chooses, then types",
        CaseSession(_send([Alert.of(1103, None, "Which?", "a", "b")], [Alert.of(1102, None, "Your name?")])),
        user=_person((200, "2"), (200, "me")),
    )
    yield _case(
        "display",
        "a text for the user",
        CaseSession(_send(Alert.of(1100, "MINDT=5", "Good morning"))),
        user=_person((200, "")),
    )


def _sessions() -> Iterator[ReadingCase]:
    read = jobs.read("./DevInfo/Man")
    yield _case(
        "woken",
        "the server wakes the device under the default nonce, having lost the one in force",
        CaseSession(read, before=_woken),
    )
    yield _case(
        "provisioned by a stranger",
        "a bootstrap document without protection comes by push",
        CaseSession(read, before=_provisioned),
    )
    yield _case("report", "the device has something to report", CaseSession(read, alerts=(_report(),)))
    yield _case("event", "a client event in package 1", CaseSession(read, alerts=(_EVENT,)))
    yield _case("late report", "a report comes up while the server is closing", CaseSession(late=(1, _report())))
    yield _case("report in between", "a report comes up while there is work", CaseSession(read, late=(1, _report())))
    yield _case("wrong password", "the device has another password", CaseSession(read), ready=_wrong_password)
    yield _case("wrong server", "the server has another password", CaseSession(read), ready=_wrong_server)
    yield _case("stale nonce", "the device proves itself under a nonce of old", CaseSession(read), ready=_stale)
    yield _case(
        "only the device proves itself",
        "the transport vouches for the server",
        CaseSession(read),
        device=replace(Rules(), server_auth="none"),
    )
    yield _case(
        "nobody proves anything",
        "the transport vouches for both",
        CaseSession(read),
        device=replace(Rules(), auth="none", server_auth="none"),
    )
    yield _case(
        "server wants basic",
        "the server asks for a weaker scheme than the device has",
        CaseSession(read),
        server=replace(Rules(), auth="basic"),
        ready=_wants_basic,
    )
    for name, rules in (("mac", _MAC), ("tls", _TLS), ("each message", replace(Rules(), nonce="message"))):
        yield _case(
            f"{name}, read", f"the same under {name}", CaseSession(_send([Get.of(NAME)], [Get.of(POLL)])), device=rules
        )
        yield _case(
            f"{name}, wrong password",
            f"another password under {name}",
            CaseSession(read),
            device=rules,
            ready=_wrong_password,
        )
    bound = replace(Rules(), auth=SCHEMES["hmac-sha256-bound"], server_auth="none")
    yield _case("bound", "a proof that covers the connection", CaseSession(read), device=bound)
    yield _case(
        "the server leaves",
        "the server leaves while the device's package is under way",
        CaseSession(jobs.read(NAME), abort=3),
        device=_SMALL,
        leaves={NAME: _LONG * 2},
    )
    yield _case(
        "two sizes",
        "the device tells its largest message once, the server sends twice",
        CaseSession(_send([Get.of(NAME)], [Replace.of(NAME, _LONG)])),
        device=replace(_SMALL, max_message=2000),
    )
    for habit, rules in (
        ("one piece", replace(Rules(), large_objects="first piece is all")),
        ("deaf", replace(Rules(), heed_max_message=False)),
    ):
        yield _case(
            f"long read, {habit}",
            "as long read, of a device with a habit",
            CaseSession(jobs.read(NAME)),
            device=replace(rules, max_message=1500),
            server=_SMALL,
            leaves={NAME: _LONG},
        )


def _paths() -> Iterator[ReadingCase]:
    work = _send([Get.of(NAME), Replace.of(POLL, "60", format="int")], [Get.of(POLL)])
    server2 = _number("2")

    def path(name: str, about: str, tap: Callable[[], Tap], **more: Any) -> ReadingCase:
        job = more.pop("job", work)
        return _case(name, about, CaseSession(job, tap=tap), kind="path", **more)

    yield path(
        "unknown command",
        "a command that DM does not have, among others",
        _edit(lambda t: _from_server(t) and "<Get>" in t, _insert(_SEARCH)),
        device=_LENIENT,
    )
    yield path(
        "unknown to the server",
        "a command of the device that DM does not have",
        _edit(lambda t: not _from_server(t) and "<Results>" in t, _insert(_SEARCH)),
        device=_LENIENT,
    )
    yield path(
        "no size",
        "the first piece of an object has no Size",
        _edit(lambda t: "<MoreData/>" in t, _size),
        device=_SMALL,
        job=jobs.write(NAME, _LONG),
    )
    yield path(
        "interrupted",
        "a command breaks into an unfinished object",
        _edit(lambda t: "<MoreData/>" in t, _insert(_GET)),
        device=_SMALL,
        job=jobs.write(NAME, _LONG),
    )
    yield path("no DevInfo", "package 1 lacks DevInfo", _edit(_number("1"), _cut("<Replace>", "</Replace>")))
    yield path("no alert", "package 1 lacks Alert 1201", _edit(_number("1"), _cut("<Alert>", "</Alert>")))
    yield path(
        "another version",
        "package 1 is of another version",
        _edit(_number("1"), lambda t: t.replace("DM/1.2", "DM/1.3").replace("<VerDTD>1.2", "<VerDTD>1.3")),
        device=_TLS,
    )
    yield path(
        "no namespace",
        "the device leaves the namespace out, as some do",
        _edit(lambda t: not _from_server(t), lambda t: t.replace(' xmlns="SYNCML:SYNCML1.2"', ""), 9),
    )
    yield path(
        "commands with a challenge",
        "the server challenges and sends a command at once",
        _edit(lambda t: "<Data>401</Data>" in t and _from_server(t), _insert(_GET)),
        ready=_stale,
    )
    yield path(
        "proven, and not accepting",
        "a proven server challenges the device and sends a command at once",
        _edit(lambda t: "<Data>401</Data>" in t and _from_server(t), _insert(_GET)),
        ready=_stale,
        device=replace(Rules(), proves_to="anybody", server_auth="basic"),
    )
    yield path(
        "proof gone midway",
        "the proof of the device's second answer is lost",
        _edit(lambda t: server2(t) and not _from_server(t), _cut("<Cred>", "</Cred>")),
        device=replace(Rules(), nonce="message"),
    )
    yield path("mac gone", "later messages lack their MAC", lambda: _strip_mac(), device=_MAC)
    yield path(
        "challenge for less",
        "somebody on the path makes a challenge for md5 one for basic",
        _edit(lambda t: "syncml:auth-md5" in t and "<Chal>" in t, lambda t: t.replace("auth-md5", "auth-basic")),
        ready=_stale,
    )
    at = {"resp_uri": lambda device, number: f"https://dm.example.com/dm/~{number}-session-of-its-own"}
    yield path("own address", "the session has an address of its own", lambda: honest, **at)
    yield path(
        "account's address",
        "later messages go to the account's address all the same",
        _elsewhere("https://dm.example.com/dm"),
        **at,
    )
    yield path(
        "another host",
        "the server names an address on another host",
        lambda: honest,
        resp_uri=lambda device, number: "https://elsewhere.example.org/dm/~a-session-of-its-own",
    )


def _size(text: str) -> str:
    return _cut("<Size", "</Size>")(text)


def _losses() -> Iterator[ReadingCase]:
    work = _send([Get.of(NAME), Replace.of(POLL, "60", format="int")], [Exec.of(NAME)])
    for n in range(1, 7):
        yield _case(
            f"lost {n}", f"packet {n} is lost", CaseSession(work, tap=dropping(n), alerts=(_report(),)), kind="loss"
        )
    for n in range(2, 6):
        yield _case(f"doubled {n}", f"packet {n} comes twice", CaseSession(work, tap=doubling(n)), kind="loss")
    for n in (3, 4, 5):
        yield _case(
            f"piece lost {n}",
            f"packet {n} of a large object is lost",
            CaseSession(jobs.write(NAME, _LONG), tap=dropping(n)),
            kind="loss",
            device=_SMALL,
        )
    for n in (4, 5):
        yield _case(
            f"mac, lost {n}",
            f"packet {n} is lost, under MAC",
            CaseSession(work, tap=dropping(n)),
            kind="loss",
            device=_MAC,
        )


def sent_case(name: str, *commands: Any, alerts: tuple[Alert, ...] = ()) -> ReadingCase:
    """A session in which the server sends ``commands``, or the device ``alerts``."""
    return _case(name, name, CaseSession(_send(list(commands)) if commands else None, alerts=alerts))


def probes() -> list[ReadingCase]:
    """All of them."""
    return [*_jobs(), *_sessions(), *_paths(), *_losses()]
