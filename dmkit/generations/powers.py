"""Attacks over generations: the same powers, each protocol without and with its channel.

DM 1.2 stands on the trials of ``dmkit.attack``: every run within the bound of an attack.  DM 2.0 and LwM2M leave
security to their channel; without it, one run each shows what follows, and with it nothing is run: that TLS or DTLS
keeps what it promises is assumed, and the row says so.

>>> [row.verdict for row in verdicts("listen", "lwm2m")]
['breached', 'safe']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from dmkit.attack.trial import Trial, search
from dmkit.dm2.client import Client as Client2
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import Conversation as Talk2
from dmkit.dm2.conversation import converse as converse2
from dmkit.dm2.exchange import HttpAnswer, HttpCall, Repository
from dmkit.dm2.objects import Objects, node_of
from dmkit.dm2.server import Server as Server2
from dmkit.lwm2m.client import Client as ClientM
from dmkit.lwm2m.coap import Message, encode
from dmkit.lwm2m.conversation import converse as converse_m
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.server import Server as ServerM
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.sim.provenance import made_by
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["POWERS", "PowerVerdict", "protection", "verdicts"]

POWERS: Final[Mapping[str, tuple[str, str]]] = {
    "listen": ("read values", "learns a value that the server writes"),
    "alter": ("alter a command", "has a value of its own written"),
    "say again": ("replay across", "has an earlier command done again"),
    "own server": ("pose as server", "has a command of its own done, as a server that it is not"),
    "own device": ("pose as device", "gets the job of another device"),
}
"""Power -> the attack of ``dmkit.attack`` that has it, and what it wants."""

_DM12: Final = ("basic", "md5 per session", "mac", "basic over TLS")
_ASSUMED: Final = "assumed: the channel proves both sides and keeps what it promises; not run"
_RUN: Final = "a run"
_LEAF: Final = "urn:x-dmkit:mo:settings:1.0"


@dataclass(frozen=True, slots=True)
class PowerVerdict:
    """What an attacker with a power gets of one protocol under one protection; ``basis`` says how that is known."""

    generation: str
    channel: str
    power: str
    verdict: str
    basis: str


def verdicts(power: str, generation: str, *, limit: int = 200) -> tuple[PowerVerdict, ...]:
    """One row for each protection of a protocol: ``dm 1.2``, ``dm 2.0`` or ``lwm2m``.  ConfigError for other names."""
    for name, table in ((power, POWERS), (generation, ("dm 1.2", *_PLAYS))):
        if name not in table:
            raise ConfigError(f"{name!r} is not known; there are {', '.join(table)}{nearest(name, list(table))}")
    if generation == "dm 1.2":
        return tuple(_tried(power, design, limit) for design in _DM12)
    bare, safe = _CHANNELS[generation]
    fell = _PLAYS[generation][power]()
    return (
        PowerVerdict(generation, bare, power, "breached" if fell else "safe", _RUN),
        PowerVerdict(generation, safe, power, "safe", _ASSUMED),
    )


def _tried(power: str, design: str, limit: int) -> PowerVerdict:
    found = search(Trial(tap=POWERS[power][0], design=design, sessions=2), limit=limit)
    basis = f"{many(found.runs, 'run')}"
    if found.found is not None and found.found.breach is not None:
        return PowerVerdict("dm 1.2", design, power, "breached", basis)
    return PowerVerdict(
        "dm 1.2", design, power, "safe", f"{basis}, {'all' if found.complete else 'not all'} in the bound"
    )


@asked
def protection(powers: Iterable[str] = tuple(POWERS), *, limit: int = 200) -> pd.DataFrame:
    """Every power against every protection: generation, channel, power, what it wants, verdict, basis.

    ``limit`` bounds the runs of each search in DM 1.2.

    >>> frame = protection(["listen"], limit=10)
    >>> frame[frame.generation == "dm 1.2"]["verdict"].tolist()
    ['breached', 'breached', 'breached', 'safe']
    """
    import pandas as pd

    rows = [
        {"generation": v.generation, "channel": v.channel, "power": v.power, "wants": POWERS[v.power][1],
         "verdict": v.verdict, "basis": v.basis}
        for generation in ("dm 1.2", *_PLAYS)
        for power in powers
        for v in verdicts(power, generation, limit=limit)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.attrs = made_by(limit=limit, sources="dmkit.attack for DM 1.2; one run each for what has no channel")
    return frame


# -- DM 2.0 without TLS

_SECRET: Final = "the secret value"


def _phone2(value: str = "old") -> Client2:
    objects = Objects.of({_LEAF: {"1": node_of({"a": value, "b": "kept"})}})
    return Client2("IMEI:1", objects.granted("server"))


def _talk2(client: Client2, *commands: Command, tap: Any = None, server: Server2 | None = None) -> Talk2:
    def job(info: object) -> Any:
        told = yield list(commands)
        return [status.sc if status is not None else None for status in told]

    store = Repository().put("https://repo.example/s", b'[{"ClientURI":"%s//a","MOData":{"a":"%s"}}]' % (
        _LEAF.encode(), _SECRET.encode()))  # fmt: skip
    return converse2(client, server or Server2().with_job("IMEI:1", "job", job), {"repo.example": store}, tap=tap)


_WRITE2: Final = Command.of("HGET", "https://repo.example/s", f"{_LEAF}//a")
_DELETE2: Final = Command.of("DELETE", f"{_LEAF}//b")


def _value2(client: Client2, name: str) -> str | None:
    root = client.objects.instances[0].root
    return root.children[name].text if name in root.children else None


def _listen2() -> bool:
    return any(_SECRET.encode() in line.body for line in _talk2(_phone2(), _WRITE2).lines)


def _alter2() -> bool:
    def tap(number: int, what: HttpCall | HttpAnswer) -> HttpCall | HttpAnswer:
        if isinstance(what, HttpAnswer) and _SECRET.encode() in what.body:
            return HttpAnswer(what.status, what.headers, what.body.replace(_SECRET.encode(), b"of the attacker"))
        return what

    return _value2(_talk2(_phone2(), _WRITE2, tap=tap).client, "a") == "of the attacker"


def _again2() -> bool:
    first = _talk2(_phone2(), _DELETE2)
    old = first.lines[1].what

    def tap(number: int, what: HttpCall | HttpAnswer) -> HttpCall | HttpAnswer:
        return old if number == 1 else what

    later = _talk2(_phone2(), tap=tap)
    return _value2(first.client, "b") is None and _value2(later.client, "b") is None


def _server2() -> bool:
    return _value2(_talk2(_phone2(), _DELETE2).client, "b") is None  # whoever answers at the address is obeyed


def _device2() -> bool:
    thief = replace(_phone2(), objects=Objects())
    return any(b"HGET" in line.body for line in _talk2(thief, _WRITE2).lines if line.receiver == "client")


# -- LwM2M without DTLS


def _phone_m() -> ClientM:
    values: dict[str, Any] = {"/1/0/0": 1, "/1/0/1": 300, "/1/0/6": True, "/1/0/7": "U", "/5/0/1": "old"}
    return ClientM("urn:imei:1", Store.of(STANDARD, values))


_PUT: Final = Message.request("PUT", "/5/0/1", _SECRET.encode(), format=0, mid=7, token=b"ab")


def _put(registration: object) -> Any:
    answer = yield _PUT
    return answer.code


def _listen_m() -> bool:
    return any(_SECRET.encode() in line.octets for line in converse_m(_phone_m(), ServerM(), _put).lines)


def _uri(client: ClientM) -> object:
    return client.store.values.get(Path(5, 0, 1))


def _alter_m() -> bool:
    talk = converse_m(
        _phone_m(), ServerM(), _put, tap=lambda n, data: data.replace(_SECRET.encode(), b"of an attacker_")
    )
    return _uri(talk.client) == "of an attacker_"


def _again_m() -> bool:
    client, _ = _phone_m().handle(_PUT, 1)
    changed = client.with_value(Path(5, 0, 1), "new")
    return _uri(changed.handle(_PUT, 1)[0]) == _SECRET  # CoAP forgets a message id after 247 s


def _server_m() -> bool:
    forged = Message.request("PUT", "/5/0/1", b"evil", format=0, mid=9, token=b"zz")
    return bool(encode(forged)) and _uri(_phone_m().handle(forged, 1)[0]) == "evil"  # an address is all it shows


def _device_m() -> bool:
    talk = converse_m(ClientM("urn:imei:1", Store.of(STANDARD, {"/1/0/0": 1})), ServerM(), _put)
    return talk.server.find("urn:imei:1") is not None and any(_SECRET.encode() in line.octets for line in talk.lines)


_CHANNELS: Final = {"dm 2.0": ("plain HTTP", "TLS, both sides proved"), "lwm2m": ("NoSec", "DTLS with a shared key")}
_PLAYS: Final[Mapping[str, Mapping[str, Callable[[], bool]]]] = {
    "dm 2.0": {
        "listen": _listen2, "alter": _alter2, "say again": _again2, "own server": _server2, "own device": _device2,
    },
    "lwm2m": {
        "listen": _listen_m, "alter": _alter_m, "say again": _again_m, "own server": _server_m,
        "own device": _device_m,
    },
}  # fmt: skip
"""Generation -> power -> the run without channel: whether the attacker had what it wanted."""
