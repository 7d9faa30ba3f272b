"""One bootstrap document on its way into a tree: what both profiles share.

Protection, authorisation, consent, and the changes themselves; the tree it began with stays where it is.
[DMBOOT §5.3, §5.4; DMSEC §5.7]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal

from dmkit.bootstrap import dmacc
from dmkit.bootstrap.events import (
    AccountAdded,
    AccountChanged,
    BootstrapReason,
    SettingsAdded,
    SettingsChanged,
    Unchanged,
    UserAsked,
)
from dmkit.bootstrap.rules import BootstrapRules
from dmkit.bootstrap.security import Ask, Secrets, check
from dmkit.session.events import Event
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.node import Node
from dmkit.tree.places import with_parents
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.wire.document import is_wbxml
from dmkit.wire.octets import read_head
from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode, StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, CommandFailed
from dmkit.words.model import Alert, Item

__all__ = ["PROFILE_OF", "BootstrapRefused", "BootstrapRun", "Origin", "is_identifier", "profile_of", "same"]

Origin = Literal["push", "card", "factory"]
"""Who vouches for the octets: the SEC and MAC of a push, the card, or the maker."""

PROFILE_OF: Final = MappingProxyType(
    {
        "application/vnd.wap.connectivity-wbxml": "cp",
        "text/vnd.wap.connectivity-xml": "cp",
        "application/vnd.syncml.dm+wbxml": "dm",
        "application/vnd.syncml+wbxml": "dm",
    }
)
"""Media type -> profile; a DM message travels as WBXML only.  [DMBOOT §5.4.4]"""
_MAX_ID: Final = 255


class BootstrapRefused(Exception):
    """Inside the procedure only: ends it with ``reason``."""

    def __init__(self, reason: BootstrapReason, why: str) -> None:
        super().__init__(why)
        self.reason, self.why = reason, why


@asked
def profile_of(media_type: str, content: bytes) -> str:
    """``cp`` or ``dm``, by media type, or by content where there is none (a file on a card); empty when neither.

    >>> profile_of("Application/vnd.wap.connectivity-wbxml; SEC=1", b"")
    'cp'
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind:
        return PROFILE_OF.get(kind, "")
    if not is_wbxml(content):
        return "cp" if b"<wap-provisioningdoc" in content[:2000] else ""
    try:
        root = read_head(content).vocabulary.root
    except CodecError:
        return ""
    return {"wap-provisioningdoc": "cp", "SyncML": "dm"}.get(root, "")


class BootstrapRun:
    """One document on its way into the tree; the tree it began with stays where it is."""

    def __init__(self, tree: Tree, origin: Origin, ask: Ask, rules: BootstrapRules, now: float) -> None:
        self.tree = tree
        self.origin = origin
        self.ask = ask
        self.rules = rules
        self.now = now
        self.method: str = origin if origin != "push" else "none"
        self.events: list[Event] = []
        self.servers: list[str] = []
        self.roots: list[str] = []

    def say(self, event: Event) -> None:
        """Note what happened."""
        self.events.append(event)

    # -- before the content

    def verify(self, content: bytes, media_type: str, sec: int | str | None, mac: str | None, secrets: Secrets) -> str:
        """The profile of a document whose protection is right; Refused otherwise."""
        profile = profile_of(media_type, content)
        if not profile:
            raise BootstrapRefused(
                BootstrapReason.UNSUPPORTED_TYPE,
                f"{media_type or 'the content'} is no bootstrap document; {', '.join(PROFILE_OF)} are",
            )
        if profile not in self.rules.profiles:
            raise BootstrapRefused(BootstrapReason.DISABLED, f"the {profile.upper()} profile is switched off")
        if len(content) > self.rules.max_size:
            raise BootstrapRefused(
                BootstrapReason.TOO_LARGE, f"{many(len(content), 'octet')}; at most {self.rules.max_size} are taken"
            )
        if self.origin == "push":
            value = _parameters(media_type)
            checked = check(
                content,
                profile,
                value.get("sec") if sec is None else sec,
                value.get("mac") if mac is None else mac,
                secrets,
                self.ask,
                self.rules,
            )
            self.events.extend(checked.events)
            self.method = checked.method
            if checked.refused is not None:
                raise BootstrapRefused(checked.refused, checked.why)
        return profile

    def limit(self, objects: int) -> None:
        """Refused when a document brings more objects than are taken."""
        if objects > self.rules.max_objects:
            raise BootstrapRefused(
                BootstrapReason.TOO_LARGE, f"{many(objects, 'object')}; at most {self.rules.max_objects} are taken"
            )

    # -- who and whether

    def admit(self, servers: Iterable[str]) -> None:
        """Refused when an identifier cannot stand in an access control list, or its server is not authorised."""
        for server in servers:
            if not is_identifier(server):
                raise BootstrapRefused(BootstrapReason.CONTENT, f"{server[:60]!r} is no Server Identifier")
            if self.rules.servers is not None and server not in self.rules.servers:
                raise BootstrapRefused(BootstrapReason.SERVER, f"{server} is not authorised to bootstrap this device")
            if self.rules.known == "refuse" and dmacc.find(self.tree, server) is not None:
                raise BootstrapRefused(BootstrapReason.KNOWN, f"there is an account of {server}")

    def consent(self, what: str, servers: Iterable[str]) -> None:
        """Ask the user where the rules want that; Refused when the answer is not yes."""
        known = any(dmacc.find(self.tree, server) is not None for server in servers)
        unsecured = self.method == "none" and self.rules.unsecured == "ask"
        replaces = known and self.origin == "push" and "replace" in self.rules.confirm
        if not (unsecured or replaces or (self.method in self.rules.confirm and self.rules.unsecured != "take")):
            return
        question = f"{'Replace' if known else 'Take'} settings: {what}?"
        outcome = self.ask(Alert(AlertCode.CONFIRM, (Item(data=""), Item(data=question))))
        self.say(UserAsked(question, str(outcome)))
        if outcome.status != StatusCode.OK:
            raise BootstrapRefused(BootstrapReason.USER, f"the user did not agree ({outcome})")

    # -- the tree

    def place(self, parent: str, taken: set[str], known: str | None = None) -> tuple[str, bool]:
        """The URI for an object below ``parent``: that of a ``known`` one, else the next free number."""
        if known is not None:
            return known, True
        node = self.tree.find(parse(parent).path)
        used = set(node.children) if node is not None else set()
        number = next(
            n for n in range(1, len(used) + len(taken) + 2) if str(n) not in used and f"{parent}/{n}" not in taken
        )
        return f"{parent}/{number}", False

    def put(self, uri: str, node: Node, *, server: str = "", kind: str = "") -> None:
        """Set the object at ``uri`` and say what that changed; ``server`` for an account, ``kind`` for others."""
        path = parse(uri).path
        before = self.tree.find(path)
        self.roots.append(uri)
        if before is not None and same(before, node, nonces=self.origin != "card"):
            self.say(Unchanged(uri))
            return
        self.tree = with_parents(self.tree, path[:-1], self.now).with_node(path, _stamped(node, self.now))
        if server:
            self.say(AccountAdded(server, uri) if before is None else AccountChanged(server, uri))
            self.servers.append(server)
        else:
            self.say(SettingsAdded(kind, uri) if before is None else SettingsChanged(kind, uri))

    def may_replace(self, uri: str, owners: tuple[str, ...]) -> bool:
        """Whether a document of ``owners`` may replace what stands at ``uri``; a card and the maker always may."""
        return self.origin != "push" or any(self.tree.may(owner, Verb.REPLACE, uri) for owner in owners)


@asked
def is_identifier(server: str) -> bool:
    """True when ``server`` can stand in an access control list as one identifier, and is not everybody.

    >>> is_identifier("com.mgmtsrv"), is_identifier("*"), is_identifier("a+b")
    (True, False, False)
    """
    try:
        named = parse_acl(f"Get={server}").who(Verb.GET)
    except CommandFailed:
        return False
    return named == {server} != {"*"} and len(server.encode("utf-8", "surrogatepass")) <= _MAX_ID


def _parameters(media_type: str) -> dict[str, str]:
    """Parameters of a textual content type, names in lower case."""
    pairs = (part.partition("=") for part in media_type.split(";")[1:])
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _stamped(node: Node, now: float) -> Node:
    children = {name: _stamped(child, now) for name, child in node.children.items()}
    return replace(node, tstamp=now, children=MappingProxyType(children))


def same(a: Node, b: Node, *, nonces: bool, name: str = "") -> bool:
    """Equal but for time stamps and versions, and, unless ``nonces``, for the nonces that sessions have changed."""
    if not nonces and name == "AAuthData":
        return True
    if (a.format, a.value, a.type, a.acl) != (b.format, b.value, b.type, b.acl):
        return False
    if a.children.keys() != b.children.keys():
        return False
    return all(same(child, b.children[key], nonces=nonces, name=key) for key, child in a.children.items())
