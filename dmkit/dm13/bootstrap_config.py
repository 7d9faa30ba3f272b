"""Where a device without an account asks for one, how often, and whether it looks at the card: the object, and its use.

The identifier is registered, the nodes are a PROPOSAL [dm13 sheet §7]: ``<x>/BootstrapServer/<y>/{Addr,AddrType}``,
``<x>/Retry/{Count,Interval}``, ``<x>/SmartCard/Enabled``, ``<x>/ClientInit/Enabled``.  What is absent is as in DM 1.2:
the card is read, and the device asks nobody.

>>> import dmkit as dm
>>> wanted = BootstrapConfig(servers=("https://boot.example",), retries=2, interval=60.0, client_initiated=True)
>>> config = config_of(wanted.put(dm.Tree.of({})))
>>> config.retries, [(attempt.at, attempt.server) for attempt in config.attempts(now=10.0)]
(2, [(10.0, 'https://boot.example'), (70.0, 'https://boot.example'), (130.0, 'https://boot.example')])
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from dmkit.tree.node import Node
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.digits import whole
from dmkit.words.ranges import Natural, Seconds

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["IDENTIFIER", "NODES", "ROOT", "BootstrapAttempt", "BootstrapConfig", "config_of", "leaf_text"]

IDENTIFIER: Final = "urn:oma:mo:oma-dm-bootstrapcfg:1.0"
"""Registered.  [OMNA]"""
ROOT: Final = "./BootConfig"
NODES: Final = (
    "BootstrapServer/<y>/Addr",
    "BootstrapServer/<y>/AddrType",
    "Retry/Count",
    "Retry/Interval",
    "SmartCard/Enabled",
    "ClientInit/Enabled",
)
"""Nodes of an instance: PROPOSAL.  [dm13 sheet §7]"""


class BootstrapAttempt(NamedTuple):
    """When a device asks which server for its first account."""

    at: float
    server: str


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapConfig:
    """How a device comes to its first account."""

    servers: tuple[str, ...] = ()
    """Addresses of bootstrap servers, in the order in which they are asked."""
    retries: Natural = 0
    """How often each round is repeated when nobody gave an account."""
    interval: Seconds = 0.0
    """Seconds from a round to the next."""
    card: bool = True
    """Whether the card is read at power-on."""
    client_initiated: bool = False
    """Whether the device asks by itself."""

    def attempts(self, now: float) -> tuple[BootstrapAttempt, ...]:
        """Whom it asks and when, beginning at ``now``; nobody when it may not."""
        if not self.client_initiated:
            return ()
        rounds = range(self.retries + 1)
        return tuple(BootstrapAttempt(now + n * self.interval, server) for n in rounds for server in self.servers)

    def put(self, tree: Tree, *, name: str = "1") -> Tree:
        """The tree with an instance that says so, as a factory writes it; the node has whole seconds, rounded up."""
        at = f"{ROOT}/{name}"
        values: dict[str, str | int | bool] = {}
        for n, server in enumerate(self.servers, 1):
            values |= {f"{at}/BootstrapServer/{n}/Addr": server, f"{at}/BootstrapServer/{n}/AddrType": "URI"}
        values |= {f"{at}/Retry/Count": self.retries, f"{at}/Retry/Interval": ceil(self.interval)}
        values |= {f"{at}/SmartCard/Enabled": self.card, f"{at}/ClientInit/Enabled": self.client_initiated}
        for uri in sorted({uri.rpartition("/")[0] for uri in values}, key=len):
            parts = uri.split("/")
            for depth in range(2, len(parts) + 1):
                above = "/".join(parts[:depth])
                if above not in tree:
                    tree = tree.put(above, Node.interior(type=IDENTIFIER) if above == at else Node.interior())
        for uri, value in values.items():
            tree = tree.set(uri, value)
        return tree


@asked
def config_of(tree: Tree) -> BootstrapConfig:
    """What the first instance in the tree says; DM 1.2 when there is none."""
    if ROOT not in tree or not tree.get(ROOT).children:
        return BootstrapConfig()
    at = f"{ROOT}/{min(tree.get(ROOT).children)}"
    above = f"{at}/BootstrapServer"
    names = sorted(tree.get(above).children) if above in tree else []
    servers = tuple(addr for name in names if (addr := leaf_text(tree, f"{above}/{name}/Addr")))
    count, interval = leaf_text(tree, f"{at}/Retry/Count"), leaf_text(tree, f"{at}/Retry/Interval")
    return BootstrapConfig(
        servers=servers,
        retries=whole(count) or 0,
        interval=float(whole(interval) or 0),
        card=leaf_text(tree, f"{at}/SmartCard/Enabled").lower() != "false",
        client_initiated=leaf_text(tree, f"{at}/ClientInit/Enabled").lower() == "true",
    )


@asked
def leaf_text(tree: Tree, uri: str) -> str:
    """What a leaf says; empty where there is none."""
    return tree.get(uri).text.strip() if uri in tree and not tree.get(uri).is_interior else ""
