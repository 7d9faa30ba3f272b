"""Attackers on the path: what each makes of one packet.  Every function asks ``Choices``, so a run can be replayed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import msgspec

from dmkit.attack.choices import Choices, altered
from dmkit.attack.designs import SERVER_ID
from dmkit.attack.stage import CHANGES, NAME, OnPath, Stage, message_of, password, to_device
from dmkit.auth import SCHEMES, Account, Credential, Scheme, scheme_of
from dmkit.device.device import counted_nonces
from dmkit.server.jobs import write
from dmkit.server.server import Server
from dmkit.session.packages import header_status
from dmkit.session.proofs import challenge
from dmkit.wire.codec import codec_for
from dmkit.words.codes import AuthType, StatusCode
from dmkit.words.model import Alert, Command, Header, Message, Meta, Packet, Replace, Status
from dmkit.words.records import dataclass

__all__ = [
    "alter_bit",
    "alter_command",
    "candidates",
    "challenge_loop",
    "cut",
    "delay",
    "downgrade",
    "drop",
    "forge_with_old_proof",
    "pass_on",
    "pose_as_server",
    "redirect",
    "replay_across",
    "replay_inside",
]

EVIL: Final = "evil.example"
"""What attackers write."""


def _again(packet: Packet, message: Message, **headers: str) -> Packet:
    """``packet`` with other content; its transport headers stay, as whoever cannot make new ones leaves them."""
    body = codec_for(packet.media_type, packet.body).encode(message)
    return Packet(packet.to, body, packet.media_type, headers or packet.headers)


def _number(commands: Iterable[Command]) -> tuple[Command, ...]:
    return tuple(msgspec.structs.replace(command, cmd_id=str(n)) for n, command in enumerate(commands, 1))


def _kept(stage: Stage, packet: Packet) -> bool:
    """True when the attacker has this session to itself: the rest of it does not reach the server."""
    return stage.memory.notes.get("mine") == stage.sessions and not to_device(packet)


def _local(on_path: OnPath) -> OnPath:
    """Mark an attacker who reads no more than the packets of one session, and keeps nothing but notes.

    How such a session goes on follows from where both sides stand and what is chosen, so that it is played once.
    """
    on_path.local = True  # type: ignore[attr-defined]
    return on_path


# -- only listening, losing, keeping


@_local
def pass_on(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Everything goes on as it came."""
    return (packet,)


@_local
def drop(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Lose a packet."""
    return () if choices.of(2) else (packet,)


@_local
def cut(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """From this packet on, lose everything until the session is over."""
    if stage.memory.notes.get("cut") != stage.sessions and choices.of(2):
        stage.memory.notes["cut"] = stage.sessions
    return () if stage.memory.notes.get("cut") == stage.sessions else (packet,)


def delay(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Hold a packet back; it comes after the next one, or before it."""
    held, stage.memory.held = tuple(stage.memory.held), []
    if held:
        return (packet, *held) if not choices.of(2) else (*held, packet)
    if choices.of(2):
        stage.memory.held = [packet]
        return ()
    return (packet,)


# -- saying again


@_local
def replay_inside(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Say this packet twice, or an earlier one of this session after it."""
    older = [p for n, p in stage.memory.air if n == stage.sessions and p.to == packet.to]
    way = choices.of(2 + len(older))
    return (packet, *((), (packet,), *((old,) for old in older))[way])


def _old_answers(stage: Stage) -> list[tuple[Packet, Message]]:
    found = [(p, message_of(p)) for p in stage.memory.packets(before=stage.sessions) if to_device(p)]
    return [(p, m) for p, m in found if m is not None and any(c.verb in CHANGES for c in m.commands)]


def _adapted(old: Message, now: Header, number: int) -> Message:
    """An old answer made to fit the running session: SessionID, MsgID and references."""
    commands = tuple(
        msgspec.structs.replace(c, msg_ref=now.msg_id) if isinstance(c, Status) else c for c in old.commands
    )
    header = msgspec.structs.replace(old.header, session_id=now.session_id, msg_id=str(number))
    return msgspec.structs.replace(old, header=header, commands=commands)


def _answers_so_far(stage: Stage) -> int:
    return sum(n == stage.sessions and to_device(p) for n, p in stage.memory.air)


def replay_across(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Answer the device, in the server's place, with what the server said in an earlier session."""
    if _kept(stage, packet):
        return ()
    message = message_of(packet)
    if to_device(packet) or message is None:
        return (packet,)
    old = _old_answers(stage)
    way = choices.of(1 + 2 * len(old))
    if not way:
        return (packet,)
    earlier, content = old[(way - 1) // 2]
    stage.memory.notes["mine"] = stage.sessions
    if way % 2:
        content = _adapted(content, message.header, _answers_so_far(stage) + 1)
    return (_again(earlier, content),)


def forge_with_old_proof(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Answer with a command of one's own, under credentials that the server once gave."""
    if _kept(stage, packet):
        return ()
    message = message_of(packet)
    if to_device(packet) or message is None:
        return (packet,)
    old = _old_answers(stage)
    way = choices.of(1 + len(old))
    if not way:
        return (packet,)
    earlier, content = old[way - 1]
    stage.memory.notes["mine"] = stage.sessions
    statuses = [c for c in content.commands if isinstance(c, Status)]
    mine = msgspec.structs.replace(content, commands=_number([*statuses, Replace.of(NAME, EVIL)]))
    return (_again(earlier, _adapted(mine, message.header, _answers_so_far(stage) + 1)),)


# -- altering

_SPOTS: Final = (0.35, 0.65, 0.8, 0.92)
"""Where in a body a bit is turned, besides in the value that is written."""


@_local
def alter_bit(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Turn one bit: in a value that is written, or somewhere."""
    value = packet.body.find(b"internet")
    spots = ([value + 1] if value >= 0 else []) + [int(len(packet.body) * share) for share in _SPOTS]
    way = choices.of(1 + len(spots))
    return (altered(packet, spots[way - 1]) if way else packet,)


@_local
def alter_command(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Write another value than the server wanted, or add a command to its own."""
    message = message_of(packet)
    if not to_device(packet) or message is None:
        return (packet,)
    at = next((n for n, c in enumerate(message.commands) if isinstance(c, Replace)), None)
    way = choices.of(2 if at is None else 3)
    if not way:
        return (packet,)
    commands = list(message.commands)
    if way == 2 and at is not None:
        commands[at] = Replace.of(NAME, EVIL)
    else:
        commands.append(Replace.of(NAME, EVIL))
    return (_again(packet, msgspec.structs.replace(message, commands=_number(commands))),)


@_local
def redirect(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Put another RespURI into the server's header."""
    message = message_of(packet)
    if not to_device(packet) or message is None or not choices.of(2):
        return (packet,)
    header = msgspec.structs.replace(message.header, resp_uri=f"https://{EVIL}/dm")
    return (_again(packet, msgspec.structs.replace(message, header=header)),)


def _asks_basic(chal: Meta | None) -> Meta | None:
    if chal is None:
        return None
    return msgspec.structs.replace(chal, type=AuthType.BASIC.value, next_nonce=None)


def _forged_answer(packet: Packet, message: Message, device: str, chal: Meta, number: int, *more: Command) -> Packet:
    """What a server would say that does not know the device: 401 and a challenge, from the attacker."""
    header = message.header
    mine = Header(header.session_id, str(number), header.source, header.target)
    status = header_status(header, StatusCode.UNAUTHORIZED, chal)
    body = codec_for(packet.media_type, packet.body).encode(Message(mine, _number([status, *more])))
    return Packet(device, body, packet.media_type)


@_local
def downgrade(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Ask for basic: in every challenge that passes, or by one of one's own."""
    message = message_of(packet)
    if message is None:
        return (packet,)
    has_chal = any(isinstance(c, Status) and c.chal is not None for c in message.commands)
    way = choices.of(1 + has_chal + (not to_device(packet)))
    if not way:
        return (packet,)
    if has_chal and way == 1:
        commands = tuple(
            msgspec.structs.replace(c, code=StatusCode.UNAUTHORIZED, chal=_asks_basic(c.chal))
            if isinstance(c, Status) and c.chal is not None
            else c
            for c in message.commands
        )
        return (_again(packet, msgspec.structs.replace(message, commands=commands)),)
    chal = challenge(SCHEMES["basic"], None)
    return (_forged_answer(packet, message, stage.address, chal, _answers_so_far(stage) + 1),)


def challenge_loop(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Answer every message of the device by another challenge, or by a wish for more, or not at all."""
    message = message_of(packet)
    if to_device(packet) or message is None:
        return (packet,)
    chosen = stage.memory.notes.get("loop")
    way = int(str(chosen)) if chosen else choices.of(4)
    if not way:
        return (packet,)
    stage.memory.notes["loop"] = way
    if way == 3:
        return ()
    scheme = scheme_of(stage.design.rules.auth) or SCHEMES["md5"]
    number = _answers_so_far(stage) + 1 + stage.memory.messages
    more = (Alert.of(1222),) if way == 2 else ()
    chal = challenge(scheme, bytes([number % 256]) * 16)
    return (_forged_answer(packet, message, stage.address, chal, number, *more),)


# -- posing as the server


@dataclass(frozen=True, slots=True)
class _Gullible:
    """A scheme that takes every proof for good: an attacker does not care who the device is."""

    inner: Scheme

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def type(self) -> str:
        return self.inner.type

    @property
    def uses_nonce(self) -> bool:
        return self.inner.uses_nonce

    @property
    def in_transport(self) -> bool:
        return self.inner.in_transport

    @property
    def algorithm(self) -> str:
        return getattr(self.inner, "algorithm", "MD5")

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        return self.inner.prove(credential, nonce, body)

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        return True


def candidates(stage: Stage, side: str) -> list[str]:
    """Passwords that occur to somebody who has opened one phone of the carrier and knows the victim's IMEI."""
    return [*(password(kind, side) for kind in ("shared", "identity")), "password"]


def rogue_server(stage: Stage, word: str | None) -> Server:
    """A server of the attacker: it lets anybody in and proves itself by ``word``, or not at all."""
    rules, inner = stage.design.rules, scheme_of(stage.design.rules.auth)
    rules = replace(
        rules,
        auth="none" if inner is None else _Gullible(inner),
        nonce="session",
        resp_uri=None,
        server_auth=rules.server_auth if word is not None else "none",
    )
    account = Account(SERVER_ID, stage.url, Credential("client", "?"), Credential(SERVER_ID, word or ""))
    rogue = Server({stage.address: account}, nonces=lambda name: counted_nonces("rogue"), rules=rules)
    rogue.enqueue(stage.address, write(NAME, EVIL))
    return rogue


def pose_as_server(stage: Stage, choices: Choices, packet: Packet) -> Iterable[Packet]:
    """Take a session over from its first message: without proof, or with passwords that come to mind."""
    if to_device(packet):
        return (packet,)
    memory, message = stage.memory, message_of(packet)
    if memory.notes.get("mine") != stage.sessions:
        if message is None or message.header.msg_id != "1":
            return (packet,)
        words = [None, *candidates(stage, "server")]
        way = choices.of(1 + len(words))
        if not way:
            return (packet,)
        memory.notes["mine"] = stage.sessions
        memory.guesses += 1
        memory.rogue = rogue_server(stage, words[way - 1])
    assert memory.rogue is not None
    reply = memory.rogue.receive(packet, stage.now).reply
    return () if reply is None else (reply,)
