"""Golden conversations: what a file in ``sessions/`` says, read into values.

A file has a title line, then facts, one per line, an empty line, and the conversation in the notation of
``dmkit.views.notation``.  ``$DevInfo`` stands for the five Items of the device, ``$Object[a:b]`` for a slice of the
large object.

==========================  =======================================================================================
``session 1F``              SessionID
``start 1200``              the alert that opens package 1
``account client S N P X``  what the client proves itself with: scheme used unasked (``-``: none), name, secret, nonce
``account server tls``      the server proves itself by transport (else as above)
``known client P X``        secret and nonce the *peer* holds, where they differ; alone it says that the peer wants them
``issue server A B``        nonces that this side issues, in order
``stored A B``              client and server nonce in both accounts at the end; ``-``: as before
``rule client a=1``         rules of a side
``faulty server I7``        this side breaks the rules on purpose: the invariants that must catch it (none: none does)
``object T*2500``           the large object; with ``b64`` the base64 text of octets
``octets C1 925 ..``        length of messages in XML
``tree URI DATA FORMAT``    a leaf of the device before (``DATA`` ``-`` with format node: an interior node)
``after URI DATA FORMAT``   what differs afterwards; ``gone URI`` for a node that is no longer there
``handler URI 202``         what an Exec of this node gives
``fixed URI``               this node cannot be added
``alert ..``                an alert for package 1
``job ..``                  one package of commands of the server's job
``user 200 (D x)``          answers of the person, in order
``abort client Exec``       the client leaves before this command; ``abort server 2``: the server with its message 2
==========================  =======================================================================================
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from dmkit.views.notation import HeaderFrame, Spoken, read_commands, read_line
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Command, Message, Status, flatten
from dmkit.words.outcome import Outcome
from dmkit.words.records import dataclass

__all__ = ["CLIENT_ADDRESS", "DEV_INFO", "SERVER_ADDRESS", "SESSIONS", "Golden", "Identity", "Leaf", "complete",
           "golden", "goldens", "messages", "octets", "parse"]  # fmt: skip

CLIENT_ADDRESS = "IMEI:493005100592800"
SERVER_ADDRESS = "https://dm.example.com/dm"
DEV_INFO = {"DevId": CLIENT_ADDRESS, "Man": "Acme", "Mod": "T1", "DmV": "1.2", "Lang": "en"}
SESSIONS = Path(__file__).with_name("sessions")


@dataclass(frozen=True)
class Identity:
    """How one side proves itself (``scheme``, ``secret``, ``nonce``) and what the other side knows of it."""

    name: str
    scheme: str | None
    secret: str | None
    nonce: bytes
    known_secret: str | None
    known_nonce: bytes
    tls: bool = False


@dataclass(frozen=True)
class Leaf:
    """A node of the device: its data (None: interior), format and type."""

    data: str | bytes | None
    format: str = "chr"
    type: str = "text/plain"


@dataclass(frozen=True)
class Golden:
    """One worked session with all that both sides need to hold it."""

    name: str
    title: str
    frame: HeaderFrame
    start: AlertCode
    client: Identity
    server: Identity
    conversation: tuple[Spoken, ...]
    issued: Mapping[str, tuple[bytes, ...]]
    stored: tuple[bytes | None, bytes | None]
    rules: Mapping[str, Mapping[str, str]]
    faulty: str | None
    violations: frozenset[str]
    octets: Mapping[str, int]
    tree: Mapping[str, Leaf]
    after: Mapping[str, Leaf]
    handlers: Mapping[str, StatusCode]
    fixed: tuple[str, ...]
    alerts: tuple[Alert, ...]
    job: tuple[tuple[Command, ...], ...]
    user: tuple[Outcome, ...]
    abort: tuple[str, str] | None
    text: str = field(repr=False, default="")

    def sent_by(self, sender: str) -> tuple[Spoken, ...]:
        """The messages of one side."""
        return tuple(s for s in self.conversation if s.sender == sender)


def octets(text: str) -> bytes:
    """``00..0F`` (a run of octets) or plain hexadecimal digits; ``-`` is nothing.

    >>> octets("FE..FF"), octets("00000000"), octets("-")
    (b'\\xfe\\xff', b'\\x00\\x00\\x00\\x00', b'')
    """
    if text in ("-", ""):
        return b""
    if ".." in text:
        low, high = (int(end, 16) for end in text.split(".."))
        return bytes(range(low, high + 1))
    return bytes.fromhex(text)


def _large_object(words: list[str]) -> tuple[str, bytes]:
    """The object as text, and as octets."""
    if words[0] == "b64":
        run, _, times = words[1].partition("*")
        raw = octets(run) * int(times)
        return b64encode(raw).decode(), raw
    letter, _, times = words[0].partition("*")
    return letter * int(times), b""


def _leaf(text: str, raw: bytes) -> tuple[str, Leaf]:
    uri, _, rest = text.partition(" ")
    if rest.startswith("$octets"):
        data: str | bytes | None = raw
        rest = rest.removeprefix("$octets")
    elif rest == "- node":
        return uri, Leaf(None, "node", "")
    else:
        match = re.match(r'"[^"]*"\*\d+|"[^"]*"|\S+', rest)
        assert match is not None, text
        command: Any
        [command] = read_commands(f"Replace (T x, D {match.group()})")
        data, rest = command.items[0].data, rest[match.end() :]
    words = rest.split()
    return uri, Leaf(data, words[0] if words else "chr", words[1] if len(words) > 1 else "text/plain")


def _answer(text: str) -> Outcome:
    code, _, items = text.partition(" ")
    alert: Any
    [alert] = read_commands(f"Alert 1226 {items}")
    return Outcome(StatusCode(int(code)), items=alert.items)


def _dev_info() -> str:
    return " ".join(f"(S ./DevInfo/{name}, D {value})" for name, value in DEV_INFO.items())


def complete(conversation: tuple[Spoken, ...]) -> tuple[Spoken, ...]:
    """Fill in the TargetRef of each Status that answers a command with one Item that has a Target.

    Alerts and containers have none.  What the file says itself stays.
    """
    asked: dict[tuple[str, str | None, str | None], Command] = {}
    done = []
    for spoken in conversation:
        message, peer = spoken.message, "server" if spoken.sender == "client" else "client"
        for command in flatten(message.commands):
            asked[spoken.sender, message.header.msg_id, command.cmd_id] = command

        def filled(command: Command, peer: str = peer) -> Command:
            if not isinstance(command, Status) or command.target_refs or command.is_header:
                return command
            items: Any = getattr(asked.get((peer, command.msg_ref, command.cmd_ref)), "items", ())
            if len(items) != 1 or items[0].target is None or command.cmd == "Alert":
                return command
            return msgspec.structs.replace(command, target_refs=(items[0].target,))

        commands = tuple(filled(c) for c in message.commands)
        done.append(Spoken(spoken.sender, msgspec.structs.replace(message, commands=commands), spoken.headers))
    return tuple(done)


def _identity(words: list[str], known: list[str] | None) -> Identity:
    if words[0] == "tls":
        name = "com.mgmtsrv.manage"
        return Identity(name, None, None, b"", known[0] if known else None, octets(known[1]) if known else b"", True)
    scheme, name, secret, *nonce = words
    own = octets(nonce[0]) if nonce else b""
    other_secret, other_nonce = (known[0], octets(known[1])) if known else (secret, own)
    return Identity(name, None if scheme == "-" else scheme, secret, own, other_secret, other_nonce)


def _settings(lines: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for line in lines for word in line.split())


def parse(name: str, text: str) -> Golden:
    """Read one file."""
    facts: dict[str, list[str]] = {}
    head, _, talk = text.partition("\n\n")
    title, *lines = head.splitlines()
    for line in lines:
        key, _, rest = line.partition(" ")
        facts.setdefault(key, []).append(rest)
    sided = {
        (key, rest.split()[0]): rest.split()[1:]
        for key in ("account", "known", "issue", "faulty", "abort")
        for rest in facts.get(key, [])
    }
    shown, raw = _large_object(facts["object"][0].split()) if "object" in facts else ("", b"")

    def expand(text: str) -> str:
        text = text.replace("$DevInfo", _dev_info())
        return re.sub(r"\$Object\[(\d+):(\d+)\]", lambda m: f'"{shown[int(m[1]) : int(m[2])]}"', text)

    frame = HeaderFrame(facts["session"][0], CLIENT_ADDRESS, SERVER_ADDRESS)
    conversation = complete(tuple(read_line(expand(line), frame) for line in talk.splitlines() if line))
    faulty = next((side for key, side in sided if key == "faulty"), None)
    abort = next(((side, sided[key, side][0]) for key, side in sided if key == "abort"), None)
    counts = facts["octets"][0].split() if "octets" in facts else []
    stored = facts["stored"][0].split() if "stored" in facts else ["-", "-"]
    tree = {f"./DevInfo/{leaf}": Leaf(value) for leaf, value in DEV_INFO.items()}
    tree |= dict(_leaf(line, raw) for line in facts.get("tree", []))
    after = tree | dict(_leaf(line, raw) for line in facts.get("after", []))
    return Golden(
        name=name,
        title=title.removeprefix("# "),
        frame=frame,
        start=AlertCode(int(facts["start"][0])),
        client=_identity(sided["account", "client"], sided.get(("known", "client"))),
        server=_identity(sided["account", "server"], sided.get(("known", "server"))),
        conversation=conversation,
        issued={side: tuple(map(octets, sided.get(("issue", side), []))) for side in ("client", "server")},
        stored=(octets(stored[0]) or None, octets(stored[1]) or None),
        rules={
            side: _settings([r.partition(" ")[2] for r in facts.get("rule", []) if r.startswith(side)])
            for side in ("client", "server")
        },
        faulty=faulty,
        violations=frozenset(sided["faulty", faulty]) if faulty else frozenset(),
        octets=dict(zip(counts[::2], map(int, counts[1::2]), strict=True)),
        tree=tree,
        after={uri: leaf for uri, leaf in after.items() if uri not in facts.get("gone", [])},
        handlers={line.split()[0]: StatusCode(int(line.split()[1])) for line in facts.get("handler", [])},
        fixed=tuple(facts.get("fixed", [])),
        alerts=tuple(c for line in facts.get("alert", []) for c in read_commands(expand(line)) if isinstance(c, Alert)),
        job=tuple(read_commands(expand(line)) for line in facts.get("job", [])),
        user=tuple(map(_answer, facts.get("user", []))),
        abort=abort,
        text=talk,
    )


@cache
def goldens() -> tuple[Golden, ...]:
    """All golden conversations, in order."""
    return tuple(parse(path.stem, path.read_text(encoding="utf-8")) for path in sorted(SESSIONS.glob("*.txt")))


def golden(name: str) -> Golden:
    """One of them."""
    return next(g for g in goldens() if g.name == name)


def messages(conversation: tuple[Spoken, ...]) -> Iterator[Message]:
    """Only the messages."""
    return (spoken.message for spoken in conversation)
