"""Accounts in the tree: DMAcc objects read as ``Account`` values, nonces written back, servers removed.

[DMSTDOBJ §5.3.1]

>>> tree = Tree.of({"./DMAcc/1/AppID": "w7", "./DMAcc/1/ServerID": "ops", "./DMAcc/1/AppAddr/1/Addr": "https://ops/"})
>>> accounts(tree)[0].address, find(tree, "ops")
('https://ops/', './DMAcc/1')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dmkit.auth import Account, Credential, name_of
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.node import Node, Path
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.asked import asked

__all__ = [
    "DMACC",
    "PLACES",
    "ROOTS",
    "SCHEME_OF",
    "account",
    "accounts",
    "find",
    "keep",
    "node",
    "remove",
    "same",
    "strip",
]

DMACC: Final = "urn:oma:mo:oma-dm-dmacc:1.0"
ROOTS: Final = ("./DMAcc", "./SyncML/DMAcc")
"""Where accounts are looked for; each child is one.  The location is free."""
PLACES: Final = tuple(parse(root).path for root in ROOTS)
"""The same as paths."""
SCHEME_OF: Final[Mapping[str, str]] = MappingProxyType({"BASIC": "basic", "DIGEST": "md5", "HMAC": "mac"})
"""AAuthType -> scheme; the other types belong to the transport or to hardware.  [stdobj sheet §1]"""
_TYPE_OF: Final = {scheme: type_ for type_, scheme in SCHEME_OF.items()}
_PORTS: Final = {"http": "80", "https": "443"}


def _text(node: Node | None) -> str:
    return node.value if node is not None and isinstance(node.value, str) else ""


def _at(node: Node, *path: str) -> Node | None:
    found: Node | None = node
    for name in path:
        found = found.children.get(name) if found is not None else None
    return found


def _has_place(tree: Tree) -> bool:
    """True when there may be accounts in ``tree``: one of the first segments of PLACES is there."""
    at = tree.root.form.at or tree.root.children  # the names of few children, or many
    return "DMAcc" in at or "SyncML" in at


def _instances(tree: Tree) -> Iterator[tuple[Path, Node]]:
    for path in PLACES:
        place = tree.find(path)
        for name, node in place.children.items() if place is not None else ():
            if _text(_at(node, "ServerID")):
                yield (*path, name), node


@asked
def same(tree: Tree, other: Tree) -> bool:
    """True when the accounts of both are the same nodes.

    >>> same(Tree.of({"./A": "1"}), Tree.of({"./A": "2"}))
    True
    """
    if not (_has_place(tree) or _has_place(other)):
        return True
    return all(tree.find(path) is other.find(path) for path in PLACES)


@asked
def find(tree: Tree, server_id: str) -> str | None:
    """The URI of the account of ``server_id``, or None."""
    if not _has_place(tree):
        return None
    return next((join(path) for path, node in _instances(tree) if _text(_at(node, "ServerID")) == server_id), None)


@asked
def accounts(tree: Tree) -> tuple[Account, ...]:
    """Every account in the tree, in its order."""
    return tuple(account(node) for _, node in _instances(tree))


@asked
def account(node: Node) -> Account:
    """The account that a DMAcc object describes; what is missing or senseless there is empty here."""
    server_id = _text(_at(node, "ServerID"))
    preferred = SCHEME_OF.get(_text(_at(node, "AAuthPref")))
    own: dict[str, list[Credential]] = {"CLCRED": [], "SRVCRED": []}
    auth = _at(node, "AppAuth")
    for entry in auth.children.values() if auth is not None else ():
        level = _text(_at(entry, "AAuthLevel"))
        if level in own:
            own[level].append(_credential(entry, server_id if level == "SRVCRED" else ""))
    client = next((c for c in own["CLCRED"] if preferred and c.scheme == preferred), None)
    client = client or next(iter(own["CLCRED"]), None)
    if client is not None and preferred is not None:
        client = replace(client, scheme=preferred)
    return Account(server_id, _address(node), client, next(iter(own["SRVCRED"]), None))


def _credential(entry: Node, name: str) -> Credential:
    nonce = _at(entry, "AAuthData")
    value = nonce.value if nonce is not None else b""
    octets = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else b""
    scheme = SCHEME_OF.get(_text(_at(entry, "AAuthType")).upper())
    return Credential(_text(_at(entry, "AAuthName")) or name, _text(_at(entry, "AAuthSecret")), octets, scheme)


def _address(node: Node) -> str:
    """The URI of the first address, with its port unless that is the usual one."""
    place = _at(node, "AppAddr")
    first = next(iter(place.children.values()), None) if place is not None else None
    if first is None:
        return ""
    host, kind = _text(_at(first, "Addr")), _text(_at(first, "AddrType")).upper()
    ports = _at(first, "Port")
    port = next((_text(_at(entry, "PortNbr")) for entry in ports.children.values()), "") if ports is not None else ""
    if kind in ("IPV4", "IPV6"):
        host = f"[{host}]" if kind == "IPV6" else host
        return f"http://{host}:{port}/" if port else f"http://{host}/"
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(host)
        known = parts.port
    except ValueError:
        return host
    if not port or known is not None or not parts.netloc or _PORTS.get(parts.scheme) == port:
        return host
    return parts._replace(netloc=f"{parts.netloc}:{port}").geturl()


# -- writing


@asked
def node(account: Account, *, name: str = "", acl: str | None = None) -> Node:
    """The DMAcc object of ``account``, with Get, Replace and Delete for its server unless ``acl`` says otherwise."""
    server = account.server_id
    address = {"Addr": Node("chr", account.address), "AddrType": Node("chr", "URI")}
    leaves = {"AppID": Node("chr", "w7"), "ServerID": Node("chr", server)}
    if name:
        leaves["Name"] = Node("chr", name)
    entries: dict[str, Node] = {}
    for level, credential in (("CLCRED", account.client), ("SRVCRED", account.server)):
        if credential is None:
            continue
        entry = {
            "AAuthLevel": Node("chr", level),
            "AAuthType": Node("chr", _TYPE_OF.get(name_of(credential.scheme) or "md5", "DIGEST")),
            "AAuthName": Node("chr", credential.name),
            "AAuthSecret": Node("chr", credential.secret or ""),
        }
        if credential.nonce:
            entry["AAuthData"] = Node("bin", credential.nonce, "application/octet-stream")
        entries[str(len(entries) + 1)] = Node.interior(entry)
    rights = f"Delete={server}&Get={server}&Replace={server}" if acl is None else acl
    places = {"AppAddr": Node.interior({"1": Node.interior(address)}), "AppAuth": Node.interior(entries)}
    return Node.interior({**leaves, **places}, type=DMACC, acl=rights)


@asked
def keep(tree: Tree, account: Account) -> Tree:
    """The tree with the nonces of ``account`` in its AAuthData leaves; unchanged when it is not there."""
    uri = find(tree, account.server_id)
    if uri is None:
        return tree
    levels = {"CLCRED": account.client, "SRVCRED": account.server}
    place = (*parse(uri).path, "AppAuth")
    auth = tree.find(place)
    for name, entry in auth.children.items() if auth is not None else ():
        credential = levels.get(_text(_at(entry, "AAuthLevel")))
        named = _text(_at(entry, "AAuthName"))
        if credential is None or (named and named != credential.name):
            continue
        path = (*place, name, "AAuthData")
        before = tree.find(path)
        if credential.nonce != (before.value if before is not None else b""):
            node = before or Node("bin", b"", "application/octet-stream")
            tree = tree.with_node(path, replace(node, value=credential.nonce, format="bin"))
    return tree


@asked
def strip(tree: Tree, server_id: str) -> Tree:
    """The tree without ``server_id`` in any access control list.  [DMTND §7.7.1.4]"""
    for uri, node in list(tree.walk()):
        if node.acl and server_id in node.acl:
            left = str(parse_acl(node.acl, lenient=True).without(server_id))
            if left != node.acl:
                tree = tree.with_node(parse(uri).path, replace(node, acl=left))
    return tree


@asked
def remove(tree: Tree, server_id: str) -> Tree:
    """The tree without the account of ``server_id`` and without its rights; unchanged when there is no account."""
    uri = find(tree, server_id)
    return tree if uri is None else strip(tree.without(parse(uri).path), server_id)
