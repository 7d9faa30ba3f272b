"""The stage of one trial: a device, its server, the truth about what the server wanted, and what an attacker saw.

Goals (``dmkit.attack.goals``) are predicates over it, attacks (``dmkit.attack.attacks``) play on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import field, replace
from functools import lru_cache, partial, wraps
from hashlib import md5, sha256
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dmkit.attack.choices import Choices
from dmkit.attack.designs import SERVER_ID, Design
from dmkit.attack.remembered import DeviceSide, RememberedSession, ServerSide, TrialMemory, WholeSession
from dmkit.auth import Account, Credential
from dmkit.auth.sealed import SealKey, seal
from dmkit.card import terminal
from dmkit.card.aka.card import CardAuthenticator
from dmkit.card.aka.gba_exchange import bootstrap
from dmkit.card.card import Usim
from dmkit.card.exchange import Log
from dmkit.card.pins import padded
from dmkit.device.device import Device, counted_nonces
from dmkit.device.phone import example_tree
from dmkit.server.gba_server import NafServer, account_of
from dmkit.server.server import Server
from dmkit.session.client import ClientSession
from dmkit.session.rules import Rules
from dmkit.session.work import DeviceInfo, Job, Talk, Wait, commands_of, talk_of
from dmkit.transport import gba
from dmkit.transport.loop import converse
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import codec_for
from dmkit.words.codes import Verb
from dmkit.words.errors import CodecError
from dmkit.words.model import Command, Item, Message, Packet, Replace
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.card.aka.gba_exchange import Bsf

__all__ = ["CARD_PIN", "CHANGES", "IMSI", "KEY", "NAME", "AttackerMemory", "OnPath", "Stage", "did", "message_of",
           "password",
           "to_device"]  # fmt: skip

NAME: Final = "./APN/Name"
"""The node that the server's job writes, another value in each session."""
KEY: Final = "./APN/Key"
"""The node whose value nobody else should learn."""
CHANGES: Final = frozenset({Verb.ADD, Verb.REPLACE, Verb.DELETE, Verb.COPY, Verb.EXEC})
"""Verbs that change a device."""

IMSI: Final = "001010123456789"
"""The subscriber on the victim's card."""
CARD_PIN: Final = "7294"
"""PIN1 of a card that asks for one: none of those that people like best."""
_IMEI: Final = "IMEI:493005100592800"
_URL: Final = "https://dm.example.com/dm"
_CARRIER: Final = "carrier's own"
"""What all phones of the carrier hash their IMEI with, or have for a password: known to whoever opened one."""

_NO_CHANCE: Final = Random(0)
"""What ``converse`` hands to taps; those of a stage ask their choices."""

OnPath: TypeAlias = Callable[["Stage", Choices, Packet], Iterable[Packet]]
"""What an attacker on the path makes of one packet."""


@dataclass(slots=True)
class AttackerMemory:
    """What the attacker has seen and keeps: ``air`` by session number, and notes of its own."""

    air: list[tuple[int, Packet]] = field(default_factory=list)
    pushes: list[bytes] = field(default_factory=list)
    held: list[Packet] = field(default_factory=list)
    rogue: Server | None = None
    talks: list[Transcript] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)
    guesses: int = 0
    messages: int = 0
    """Packets that the attacker made or sent again."""

    def packets(self, to: str | None = None, before: int | None = None) -> list[Packet]:
        """Packets seen, to one side and before a session, where wanted."""
        return [p for n, p in self.air if (to is None or p.to == to) and (before is None or n < before)]


@lru_cache(maxsize=4096)
def _decoded(media_type: str, body: bytes) -> Message | None:
    try:
        return codec_for(media_type, body).decode(body, lenient=True)
    except CodecError:
        return None


def message_of(packet: Packet) -> Message | None:
    """The message in a packet, None when its octets are none."""
    return _decoded(packet.media_type, packet.body)


def to_device(packet: Packet) -> bool:
    """Whether a packet goes to a device; others go to a server."""
    return packet.to.startswith("IMEI:")


def did(command: Command) -> tuple[str, str, str]:
    """Verb, target and data of a command: what it would do, whatever its CmdID."""
    items: tuple[Item, ...] = getattr(command, "items", ())
    target = ",".join(item.target or "" for item in items)
    return command.verb.value, target, ",".join(item.text for item in items)


def password(kind: str, side: str) -> str:
    """The password of one side in a world whose ``secret`` is of that ``kind``.

    ``shared`` and ``identity``: what an attacker works out who opened a phone of its own.
    """
    if kind == "weak":
        return {"client": "clientpw", "server": "srvpw"}[side]
    if kind == "shared":
        return f"{_CARRIER} {side}"
    if kind == "identity":
        return md5(f"{_IMEI}{_CARRIER}{side}".encode(), usedforsecurity=False).hexdigest()
    side = "both" if kind == "mirrored" else side
    return sha256(f"chance of {side}".encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _tree() -> Tree:
    tree = example_tree().set(KEY, "none yet").set("./DMAcc", Node.interior()).set("./Inbox", Node.interior())
    return tree.with_acl(".", f"Add={SERVER_ID}&Delete={SERVER_ID}&Exec={SERVER_ID}&Get=*&Replace={SERVER_ID}")


@lru_cache(maxsize=4096)
def _sealed(text: str, public: bytes, serial: int) -> Item:
    entropy = sha256(f"sealing {serial} {text}".encode()).digest()
    return seal(text, KEY, public, _IMEI, serial=serial, entropy=entropy)


def _address_of(device: str, session: str) -> str:
    """An address that nobody can guess; here the same in every run."""
    return f"{_URL}/~{sha256(f'address of {device} {session}'.encode()).hexdigest()[:22]}"


class _NoncesOfSession:
    """Nonces of a server by session of the stage: they repeat in other runs.  It does not hold the stage itself."""

    __slots__ = ("session",)

    def __init__(self) -> None:
        self.session = 0

    def __call__(self, device: str) -> Iterator[bytes]:
        return counted_nonces(f"server {self.session}")


def _note(issued: Counter[tuple[str, str, str]], command: Command) -> None:
    """A server really wanted this, and, of a container, all inside it."""
    for inner in getattr(command, "commands", ()):
        _note(issued, inner)
    issued[did(command)] += 1


class Stage:
    """Everything of one run; nothing in it holds the stage itself, so that it goes when nobody needs it.

    ``device`` and ``server`` are the honest ones; ``issued`` counts what the server's jobs really wanted done,
    ``secrets`` are values of ./APN/Key that were sent, ``talks`` the transcripts of honest parties, ``now`` the time.
    """

    def __init__(
        self, design: Design, job: Job | None = None, *, active: bool = False, memory: TrialMemory | None = None
    ) -> None:
        self._memory = memory = memory if job is None else None
        self.design = design
        self.job = job
        self.active = active
        self.memory = AttackerMemory()
        self.talks: list[Transcript] = []
        self.wanted: list[bool] = []
        self.issued: Counter[tuple[str, str, str]] = Counter()
        self.secrets: list[str] = []
        self.now = 1_000.0
        self.sessions = 0
        self.rogue_installed = ""
        self.opened: list[ClientSession] = []
        self.asked_for = 0
        self.card_apdus = 0
        self.ub_messages = self.ub_octets = 0
        self.bsf: Bsf | None = None
        self.naf: NafServer | None = None
        self._nonces = _NoncesOfSession()
        self.rules = self._rules("device")
        self.seal_key = SealKey(sha256(b"device's own").digest(), _IMEI, (KEY,)) if design.world.sealed else None
        device, server = self._with_gba(memory) if design.world.secret == "gba" else self._with_passwords(memory)
        self.address, self.url = device.address, server.address
        self._device = DeviceSide(device, memory)
        self._server = ServerSide(server, memory, partial(_note, self.issued))
        if memory is not None:
            memory.stage = self

    @property
    def device(self) -> Device:
        """The device, for whoever does more with it than let it speak."""
        self._device.alone()
        return self._device.device

    @property
    def server(self) -> Server:
        """The server, for whoever does more with it than let it speak."""
        self._server.alone()
        return self._server.server

    def _rules(self, side: str) -> Rules:
        """The rules of one side, made once for all stages that share a memory."""
        kept = {} if self._memory is None else self._memory.rules
        if side not in kept:
            kept[side] = self._rules_of(side)
        return kept[side]

    def _rules_of(self, side: str) -> Rules:
        rules, path = self.design.rules, self.design.world.path
        if path == "plain":
            return rules
        # Whoever ends the TLS connection in between shows the device a certificate of its own.
        between = path == "unchecked" and self.active and side == "device"
        return replace(rules, channel=b"certificate of the man between" if between else b"certificate of dm.example")

    def _with_passwords(self, memory: TrialMemory | None) -> tuple[Device, Server]:
        account = memory.made if memory is not None else None
        if account is None:
            account = self._account()
        if memory is not None:
            memory.made = account
        device = Device(self._tree(), account, rules=self.rules, seal_key=self.seal_key)
        server = Server(
            {device.address: account},
            nonces=self._nonces,
            rules=self._rules("server"),
            resp_uri=_address_of if self.design.world.own_address else None,
        )
        return device, server

    def _account(self) -> Account:
        """What device and server know of each other, where passwords are all."""
        rules = self.rules
        scheme = rules.auth if isinstance(rules.auth, str) else rules.auth.name
        first = [sha256(f"first nonce {side}".encode()).digest()[:16] for side in ("client", "server")]
        server_name = "client" if self.design.world.secret == "mirrored" else SERVER_ID
        return Account(
            SERVER_ID,
            _URL,
            Credential(
                "client", password(self.design.world.secret, "client"), first[0], None if scheme == "none" else scheme
            ),
            Credential(server_name, password(self.design.world.secret, "server"), first[1]),
        )

    def _with_gba(self, memory: TrialMemory | None) -> tuple[Device, Server]:
        if memory is None:
            made = self._bootstrapped()
        else:
            memory.made = memory.made or self._bootstrapped()
            made = memory.made.copy()
        self.bsf, self.naf, card = made.bsf, made.server, made.device.card
        self.ub_messages, self.ub_octets = made.messages, made.octets
        self.card_apdus = len(card.log) if isinstance(card, Usim) else 0
        made.device.seal_key = self.seal_key
        made.server.nonces = self._nonces
        return made.device, made.server

    def _bootstrapped(self) -> _Bootstrapped:
        device, ue, bsf, server = gba.example(rules=self.rules)
        if self.design.world.card_pin:
            assert isinstance(device.card, Usim)
            device.card = Usim.example(imsi=IMSI, services=device.card.services, pin=CARD_PIN, pin_enabled=True)
            device.pin = CARD_PIN
            terminal.run(device.card, terminal.start(padded(CARD_PIN)))
            ue.usim = CardAuthenticator(device.card)
        exchange = bootstrap(ue, bsf, self.now)
        octets = sum(
            len(one.line) + len(one.body) + sum(len(k) + len(v) + 4 for k, v in one.headers.items()) for one in exchange
        )
        scheme = self.rules.auth if isinstance(self.rules.auth, str) else self.rules.auth.name
        assert ue.keys is not None
        device.accounts = [account_of(ue.key(server.fqdn), server.server_id, server.address, scheme)]
        device.tree, device.seal_key = self._tree(), self.seal_key
        server.rules = self._rules("server")
        return _Bootstrapped(device, bsf, server, len(exchange), octets)

    @staticmethod
    def _tree() -> Tree:
        return _tree()

    # -- the honest job, and what it really wanted

    def work(self) -> Job:
        """The job of this session, noting what it issues."""
        if self.job is not None:
            self._server.alone()  # whatever it says, it is not what others heard
            return _noting(self.job, self._server.wants)
        self.secrets.append(self._key)
        if self._memory is None:
            return self._default_job(lambda: self)
        memory = self._memory  # its jobs outlive this stage, and speak to the one that plays
        return memory.jobs.setdefault(self.sessions, self._default_job(lambda: memory.stage))

    @property
    def _key(self) -> str:
        return f"s3cret {self.sessions}"

    def _default_job(self, playing: Callable[[], Stage]) -> Job:
        name, key, seal_key = f"internet {self.sessions}", self._key, self.seal_key

        def job(device: DeviceInfo) -> Iterator[list[Command]]:
            server = playing()._server
            second: Command = Replace.of(KEY, key)
            if seal_key is not None:
                # sealed at every turn of the job: serials rise, also when it begins anew
                second = Replace((_sealed(key, seal_key.public, server.begun()),))
            yield [Replace.of(NAME, name), second]

        noting = _noting(job, lambda command: playing()._server.wants(command))  # type: ignore[arg-type]
        noting.again = _silent  # type: ignore[attr-defined]
        return noting

    # -- sessions

    def session(
        self, choices: Choices, on_path: OnPath | None = None, *, client: ClientSession | None = None, work: bool = True
    ) -> Transcript:
        """One session of device and server, with the attacker on the path where there is one."""
        self.sessions += 1
        self._nonces.session = self.sessions
        self.now += 1.0 if self.design.rules.nonce == "clock" else 60.0
        self._device.keeps = self._server.keeps = not choices.final
        self._server.done = False
        if work:
            self._server.enqueue(self.address, self.sessions, self.work())
        if client is not None and not isinstance(client, RememberedSession):
            self._device.alone()
        session = client or RememberedSession(self._device, self.address)
        local = on_path is None or (getattr(on_path, "local", False) and not choices.final)
        talk = (self._whole if local else self._talk)(session, choices, on_path)
        self.talks.append(talk)
        self.wanted.append(self._server.done or not work)
        return talk

    def _talk(self, session: ClientSession, choices: Choices, on_path: OnPath | None) -> Transcript:
        server: Any = self._server
        return converse(session, server, tap=self._tap(choices, on_path), rng=_NO_CHANCE, now=self.now)

    def _whole(self, session: ClientSession, choices: Choices, on_path: OnPath | None) -> Transcript:
        """A session whose end follows from where both sides stand, and from what is chosen in it.

        From where another run has played it so, it is known whole.
        """
        device, server, memory = self._device, self._server, self._memory
        if memory is None or device.place is None or server.place is None:
            return self._talk(session, choices, on_path)
        key = on_path, device.place, server.place, self.sessions, self.now, server.waiting_work
        counts = memory.choices.setdefault(key, {})
        for whole in (memory.whole.get((key, choices.ahead(count))) for count in counts):
            if whole is not None:
                return self._passed(whole, choices)
        seen, begun = self.memory, len(choices.made)
        packets, messages, notes = len(seen.air), seen.messages, dict(seen.notes)
        server.given.clear()
        talk = self._talk(session, choices, on_path)
        if device.place is not None and server.place is not None:
            made = tuple(choices.made[begun:])
            counts[len(made)] = None
            told = {name: value for name, value in seen.notes.items() if name not in notes or notes[name] != value}
            memory.whole[key, tuple([way for way, _ in made])] = WholeSession(
                talk, tuple(seen.air[packets:]), tuple(server.given), server.done, device.place, server.place,
                server.not_taken, made, seen.messages - messages, told,
            )  # fmt: skip
        return talk

    def _passed(self, whole: WholeSession, choices: Choices) -> Transcript:
        """A session as ``whole`` passes, with the same choices."""
        memory = self._memory
        if memory is not None:
            memory.counts.known += len(whole.talk.steps)
        choices.made += whole.made
        self.memory.air += whole.air
        self.memory.messages += whole.messages
        self.memory.notes.update(whole.notes)
        self._device.goes_to(whole.device)
        self._server.passed(whole)
        return whole.talk

    def wake(self, number: int, *, resync: bool = False) -> tuple[bytes, ...]:
        """The server's own short messages that ask the device for session ``number``."""
        return self._server.wake(self.address, number, resync=resync)

    def push(self, messages: tuple[bytes, ...]) -> list[ClientSession]:
        """Short messages reach the device: the sessions that it wants to open, to be played one after the other."""
        return [RememberedSession(self._device, self.address) for _ in range(self._device.push(messages, self.now))]

    def _tap(self, choices: Choices, on_path: OnPath | None) -> Callable[[Packet, Random], Iterable[Packet]]:
        number, path = self.sessions, self.design.world.path
        closed = path == "tls" or (path == "unchecked" and not self.active)

        def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
            seen = Packet(packet.to, bytes(len(packet.body)), packet.media_type, {}) if closed else packet
            out = (seen,) if on_path is None else tuple(on_path(self, choices, seen))
            self.memory.air.append((number, seen))
            self.memory.messages += sum(p != seen for p in out)  # equal packets may be one object or two
            if not closed:
                return out
            # Records of TLS are numbered and authenticated: only this very packet, once, and now, gets through.
            return (packet,) if any(p is seen for p in out) else ()

        return tap

    # -- what is there

    @property
    def secret_words(self) -> Mapping[str, str]:
        """The passwords in force, which only a goal looks at."""
        account = next(iter(self._device.accounts), None)
        pairs = (("client", account.client), ("server", account.server)) if account is not None else ()
        return {side: credential.secret or "" for side, credential in pairs if credential is not None}

    def locked_out(self) -> bool:
        """Whether an honest session, nobody on the path, now fails: somebody has to call the operator."""
        self.session(Choices())
        return not self.wanted[-1]


@dataclass(frozen=True, slots=True)
class _Bootstrapped:
    """A device that has keys from its card, who gave them, its server, and what that took on Ub."""

    device: Device
    bsf: Bsf
    server: NafServer
    messages: int
    octets: int

    def copy(self) -> _Bootstrapped:
        """The same once more, sharing nothing that changes: bootstrapping is a third of a trial."""
        was, asked = self.device, self.server
        bsf, centre, card = copy(self.bsf), copy(self.bsf.centre), copy(was.card)
        centre.subscribers, centre._rands = dict(centre.subscribers), copy(centre._rands)
        bsf.centre, bsf.known, bsf._open = centre, dict(bsf.known), dict(bsf._open)
        assert isinstance(card, Usim)
        card.log = Log(card.log)
        card.services = replace(card.services, authenticator=copy(card.services.authenticator))
        server = NafServer(asked.fqdn, asked.server_id, asked.url, bsf, nonces=asked.nonces, rules=asked.rules)
        device = Device(was.tree, *was.accounts, rules=was.rules, card=card, pin=was.pin)
        return _Bootstrapped(device, bsf, server, self.messages, self.octets)


def _noting(inner: Job, note: Callable[[Command], None]) -> Job:
    """``inner``, telling ``note`` each command that it wants done."""

    @wraps(inner)  # what fails bears its name
    def job(device: DeviceInfo) -> Talk:
        talk = talk_of(inner, device)
        commands = next(talk)
        while True:
            for command in () if isinstance(commands, Wait) else commands_of(commands):
                note(command)
            outcomes = yield commands
            try:
                commands = talk.send(outcomes)
            except StopIteration as stop:
                return stop.value

    return job


def _silent(device: DeviceInfo) -> Iterator[list[Command]]:
    """The default job told the same again: what it said then was noted then."""
    yield []
