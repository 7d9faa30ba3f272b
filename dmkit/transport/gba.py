"""A session with keys from GBA, card to last message: bootstrap where it is due, converse, begin again on 401.

>>> from dmkit.server import jobs
>>> run = converse_gba(*example(), job=jobs.write("./APN/Name", "internet"))
>>> run
Ub 1 -> GET /
Ub 2 <- 401 Unauthorized
Ub 3 -> GET /
Ub 4 <- 200 OK
Zn 5    dm.operator.example asks for the key of UlJSUlJSUlJSUlJSUlJSUg==@bsf.mnc001.mcc001.pub.3gppnetwork.org
DM 6 -> C1 p1  Alert 1201; Replace (5 Items); Final
DM 7 <- S1 p2  Status SyncHdr 212, Alert 200, Replace 200; Replace ./APN/Name; Final
DM 8 -> C2 p3  Status SyncHdr 212, Replace 200; Final
DM 9 <- S2 p4  Status SyncHdr 200; Final
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from dmkit.auth import Scheme
from dmkit.card.aka.aka import AuthenticationCentre, Subscriber, UsimAuthenticator
from dmkit.card.aka.card import CardAuthenticator
from dmkit.card.aka.gba import UA, bsf_host, impi_of
from dmkit.card.aka.gba_exchange import Bsf, GbaDevice, UbMessage, bootstrap
from dmkit.card.aka.milenage import Milenage
from dmkit.card.card import Usim
from dmkit.card.turn import Services
from dmkit.device.device import Device, counted_nonces
from dmkit.server.gba_server import NafServer, account_of
from dmkit.session.events import Ended
from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.transport.loop import Tap, converse, honest
from dmkit.views.transcript import ARROWS, Transcript
from dmkit.words.records import dataclass

__all__ = ["GbaRun", "converse_gba", "example"]


@dataclass(frozen=True)
class GbaRun:
    """What was said, in order: HTTP on Ub, questions on Zn (the B-TID asked for), DM sessions.

    ``well``: the last session ended as it should.
    """

    parts: tuple[tuple[UbMessage, ...] | str | Transcript, ...]
    fqdn: str
    well: bool

    @property
    def sessions(self) -> tuple[Transcript, ...]:
        """The DM sessions; more than one when a key had expired."""
        return tuple(part for part in self.parts if isinstance(part, Transcript))

    @property
    def round_trips(self) -> int:
        """How often the device had to wait, bootstrapping included."""
        ub = sum(len(part) for part in self.parts if isinstance(part, tuple)) // 2
        return ub + sum(talk.round_trips for talk in self.sessions)

    def __repr__(self) -> str:
        number, lines = count(1), []
        for part in self.parts:
            if isinstance(part, str):
                lines.append(f"Zn {next(number)}    {self.fqdn} asks for the key of {part}")
            elif isinstance(part, Transcript):
                lines += [
                    f"DM {next(number)} {ARROWS[line.sender]} {line.label} p{package}  {line.summary}"
                    for line, package in zip(part, part.packages(), strict=True)
                ]
            else:
                lines += [f"Ub {next(number)} {'<-' if value.status else '->'} {value.line}" for value in part]
        return "\n".join(lines)


def example(
    *, rules: Rules | None = None, lifetime: float = 86_400.0, rands: Iterable[bytes] = ()
) -> tuple[Device, GbaDevice, Bsf, NafServer]:
    """A device with a card, what bootstraps for it, a bootstrapping server and a DM server; nobody has a password."""
    imsi, functions = "001010123456789", Milenage(bytes(range(16)), bytes(range(16, 32)))
    device = Device.example(rules=rules)
    device.card = Usim.example(imsi=imsi, services=Services(UsimAuthenticator(functions)))
    device.accounts = []
    chance = iter([*rands, *(bytes([0x52 + n]) * 16 for n in range(64))])
    bsf = Bsf(bsf_host(imsi), AuthenticationCentre({imsi: Subscriber(functions)}, chance), lifetime=lifetime)
    ue = GbaDevice(impi_of(imsi), CardAuthenticator(device.card), (f"{n:08x}" for n in count(1)))
    server = NafServer(
        "dm.operator.example",
        "com.mgmtsrv.manage",
        "https://dm.operator.example/dm",
        bsf,
        nonces=lambda name: counted_nonces(f"naf {name}"),
        rules=device.rules,
    )
    return device, ue, bsf, server


def converse_gba(
    device: Device,
    ue: GbaDevice,
    bsf: Bsf,
    server: NafServer,
    *,
    job: Job | None = None,
    now: float = 0.0,
    scheme: str | Scheme | None = None,
    protocol: bytes = UA["dm"],
    tap: Tap = honest,
) -> GbaRun:
    """Run one session with keys from GBA.  A refused one is followed by a bootstrapping run and one more session.

    ``scheme`` is how the device proves itself unasked: its rules' scheme when not given.
    """
    parts: list[tuple[UbMessage, ...] | str | Transcript] = []
    wanted = scheme or device.rules.auth
    well = False
    for attempt in range(2):
        if ue.keys is None or attempt:
            parts.append(tuple(bootstrap(ue, bsf, now)))
        assert ue.keys is not None
        names = {account.client.name for account in device.accounts if account.client}
        if ue.keys.b_tid not in names:
            account = account_of(ue.key(server.fqdn, protocol), server.server_id, server.address, wanted)
            device.accounts = [account, *(a for a in device.accounts if a.server_id != account.server_id)]
        asked = server.asked
        talk = converse(device, server, job=None if attempt else job, now=now, tap=tap)
        if server.asked > asked:
            parts.append(ue.keys.b_tid)
        parts.append(talk)
        well = any(isinstance(event, Ended) and event.well for event in talk.events)
        if well:
            break
    return GbaRun(tuple(parts), server.fqdn, well)
