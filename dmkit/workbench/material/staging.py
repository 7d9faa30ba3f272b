"""Device and server of a golden conversation, put on their marks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any

from dmkit.auth import Account, Credential
from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.client import ClientSession
from dmkit.session.rules import Rules
from dmkit.tree.describe import ANYTHING, Described, Descriptions
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.wire.codec import XML, Codec
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Command
from dmkit.words.outcome import Outcome
from dmkit.words.records import dataclass
from dmkit.workbench.material.golden import CLIENT_ADDRESS, SERVER_ADDRESS, Golden, Identity, Leaf

__all__ = ["ALL", "SERVER_ID", "Among", "client_account", "device_of", "fresh", "rules_of", "script", "server_account",
           "server_of", "session_of", "shape", "tree_of"]  # fmt: skip

SERVER_ID = "com.mgmtsrv.manage"
ALL = "Add=*&Get=*&Replace=*&Delete=*&Exec=*"


def fresh(issued: Iterable[bytes]) -> Iterator[bytes]:
    """The nonces that a golden issues, and then some that it does not."""
    return chain(issued, (f"unforeseen {n}".encode() for n in count()))


@dataclass(frozen=True)
class Among:
    """Knows these types and no others; rules that say the same are equal."""

    types: frozenset[str]

    def __call__(self, type: str) -> bool:
        """Whether it is one of them."""
        return type in self.types


def rules_of(g: Golden, side: str) -> Rules:
    """The rules of one side, as the golden's file says them."""
    texts = g.rules[side]
    kinds: dict[str, Callable[[str], Any]] = {
        "max_message": int,
        "max_object": int,
        "chunk": int,
        "challenges": int,
        "lenient": "yes".__eq__,
        "abort_final": "yes".__eq__,
    }
    values: dict[str, Any] = {"max_message": None, "max_object": None}
    for name, text in texts.items():
        if name.startswith("known_"):
            values[name] = Among(frozenset(text.split(",")))
        else:
            values[name] = kinds.get(name, str)(text)
    if side == "client":
        values["server_auth"] = g.server.scheme or ("none" if g.server.known_secret is None else "md5")
    else:
        values["server_auth"] = g.server.scheme or "none"
    return Rules(**values)


def _known(who: Identity) -> Credential:
    return Credential(who.name, who.known_secret, who.known_nonce)


def _own(who: Identity) -> Credential:
    return Credential(who.name, who.secret, who.nonce, who.scheme)


def client_account(g: Golden) -> Account:
    """What the device holds."""
    return Account(SERVER_ID, SERVER_ADDRESS, _own(g.client), _known(g.server) if g.server.known_secret else None)


def server_account(g: Golden) -> Account:
    """What the server holds."""
    return Account(SERVER_ID, SERVER_ADDRESS, _known(g.client), None if g.server.tls else _own(g.server))


def tree_of(leaves: Mapping[str, Leaf], fixed: Sequence[str] = ()) -> Tree:
    """A tree in which every server may do everything, but not add the nodes ``fixed``."""
    nodes = {
        uri: Node.interior() if leaf.format == "node" else Node(leaf.format, leaf.data, leaf.type)
        for uri, leaf in leaves.items()
    }
    return Tree.of(nodes, acl={".": ALL}, describe=_describe(fixed) if fixed else ANYTHING)


def _describe(fixed: Sequence[str]) -> Descriptions:
    return Descriptions.of({uri: Described(frozenset(Verb) - {Verb.ADD}) for uri in fixed})


def shape(tree: Tree) -> dict[str, tuple[object, ...]]:
    """What a tree holds, without times and versions."""
    return {uri: (node.format, node.value, node.type) for uri, node in tree.walk()}


def device_of(g: Golden, codec: Codec = XML, rules: Rules | None = None) -> Device:
    """The golden's device; ``rules`` in place of its own."""
    answers = iter(g.user)

    def gives(outcome: Outcome) -> Callable[..., tuple[Tree, Outcome]]:
        return lambda tree, call: (tree, outcome)

    def stop(command: Command) -> bool:
        return g.abort is not None and g.abort[0] == "client" and command.verb.value == g.abort[1]

    return Device(
        tree_of(g.tree, g.fixed),
        client_account(g),
        rules=rules or rules_of(g, "client"),
        codec=codec,
        handlers={uri: gives(Outcome(code)) for uri, code in g.handlers.items()},
        user=lambda alert: next(answers, Outcome(StatusCode.REQUEST_TIMEOUT)),
        stop=stop,
        nonces=fresh(g.issued["client"]),
    )


def server_of(g: Golden, rules: Rules | None = None) -> Server:
    """The golden's server, with its job; ``rules`` in place of its own."""
    server = Server(
        {CLIENT_ADDRESS: server_account(g)},
        nonces=lambda device: fresh(g.issued["server"]),
        rules=rules or rules_of(g, "server"),
    )
    if g.job:
        server.enqueue(CLIENT_ADDRESS, script(g.job), "golden")
    return server


def script(batches: Sequence[Sequence[Command]]) -> Callable[..., Any]:
    """A job that asks for ``batches``, one after the other, and gives all outcomes."""

    def job(info: object) -> Generator[Any, Any, list[tuple[Outcome, ...]]]:
        outcomes: list[tuple[Outcome, ...]] = []
        for batch in batches:
            outcomes.append(tuple((yield batch)))
        return outcomes

    return job


def session_of(g: Golden, device: Device) -> ClientSession:
    """The golden's session, seen from the device; not yet begun."""
    return device.connect(session_id=g.frame.session, triggered=g.start == 1200, alerts=g.alerts)
