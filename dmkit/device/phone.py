"""The phone that lessons and tests begin with: its tree as it leaves the factory, and once it is managed; its account.

>>> blank_tree("IMEI:1").get("./DevInfo/DevId").value, "./APN" in blank_tree(), "./APN" in example_tree()
('IMEI:1', False, True)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from dmkit.auth import Account, Credential, Scheme
from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import quote
from dmkit.words.codes import Verb
from dmkit.words.model import Item, Meta, Value

__all__ = ["blank_tree", "device_info", "example_account", "example_tree"]


@cache
def _described() -> Descriptions:
    """What a blank phone lets do where accounts and secrets go."""
    secret = Described(frozenset({Verb.ADD, Verb.DELETE, Verb.REPLACE}))
    return Descriptions.of(
        {
            "./Inbox": Described(frozenset({Verb.ADD}), permanent=True),
            "./DMAcc": Described(frozenset({Verb.ADD, Verb.GET}), permanent=True),
            "./DMAcc/*/AppAuth/*/AAuthSecret": secret,
            "./DMAcc/*/AppAuth/*/AAuthData": secret,
            "./NAP/*/AuthInfo/AuthSecret": secret,
            "./Proxy/*/AuthInfo/AuthSecret": secret,
            "./Application/*/AppAuth/*/AAuthSecret": secret,
        }
    )


def blank_tree(address: str = "IMEI:493005100592800") -> Tree:
    """The tree of a phone that nobody manages yet."""
    tree = example_tree()
    kept = {uri: node for uri, node in tree.walk() if uri.startswith("./Dev")}
    places: dict[str, Value | Node | None] = {"./DevInfo/DevId": address, "./DMAcc": None, "./Inbox": None}
    return Tree.of(kept | places, describe=_described())


@cache
def example_tree() -> Tree:
    """The tree of the example device: one value, which all that begin with it share."""
    return Tree.of(
        {
            "./DevInfo/DevId": "IMEI:493005100592800",
            "./DevInfo/Man": "Acme",
            "./DevInfo/Mod": "T1",
            "./DevInfo/DmV": "1.2",
            "./DevInfo/Lang": "en",
            "./DevDetail/FwV": "1.0.3",
            "./DevDetail/SwV": "9",
            "./DevDetail/HwV": "2",
            "./DevDetail/LrgObj": True,
            "./Vendor/Acme/Poll": 30,
            "./Vendor/Acme/Name": "phone",
            "./APN/Name": "internet.old",
        },
        acl={".": "Add=*&Get=*&Replace=*&Delete=*&Exec=*"},
    )


def example_account(scheme: str | Scheme) -> Account:
    """The account of the example device: it proves itself unasked with ``scheme``, or not with "none".

    >>> example_account("none").client.scheme, example_account("md5").server.name
    (None, 'com.mgmtsrv.manage')
    """
    return _account_by(scheme) if scheme.__class__ is str else _account(scheme)


def _account(scheme: str | Scheme) -> Account:
    return Account(
        "com.mgmtsrv.manage",
        "https://dm.example.com/dm",
        Credential("client", "clientpw", b"", None if scheme == "none" else scheme),
        Credential("com.mgmtsrv.manage", "srvpw"),
    )


@lru_cache(maxsize=64)
def _account_by(scheme: str) -> Account:
    """That of a scheme by its name: a value, so one is enough for a fleet."""
    return _account(scheme)


def device_info(tree: Tree) -> tuple[Item, ...]:
    """One Item per leaf below ./DevInfo, in the tree's order.  [DMPRO §8.3]

    >>> [item.source for item in device_info(blank_tree())][:2]
    ['./DevInfo/DevId', './DevInfo/Man']
    """
    root = tree.find(("DevInfo",))
    example, items = _example_info()
    return items if root is example else () if root is None else tuple(_items("./DevInfo", root))


@cache
def _example_info() -> tuple[Node, tuple[Item, ...]]:
    """What the example device says of itself, and the node that says it: most lessons begin with that very one."""
    root = example_tree().get("./DevInfo")
    return root, tuple(_items("./DevInfo", root))


def _items(uri: str, node: Node) -> Iterator[Item]:
    if node.is_interior:
        for name, child in node.children.items():
            yield from _items(f"{uri}/{quote(name)}", child)
        return
    meta = None if node.format == "chr" else Meta(format=node.format)
    yield Item(source=uri, data=node.value if node.value is not None else "", meta=meta)
