"""A friendly name: what the owner calls his device, where servers and he himself find it.

A device can have one, says the requirement [RD §6, R-121]; no object of DM 1.2 holds it.  The proposal is one leaf in
the extension that DevDetail has for it, ``./DevDetail/Ext/FriendlyName``: 1 to 64 characters, none of them a control.

>>> from dmkit.device.device import Device
>>> phone = named(Device.example(), "Ann's phone")
>>> name_of(phone)
"Ann's phone"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.codes import Verb
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["AT", "BASIS", "DESCRIPTION", "MOST", "name_of", "named"]

BASIS: Final = "PROPOSAL: a leaf below DevDetail/Ext, which DM 1.2 leaves to vendors [DMSTDOBJ §5.3.3]"
AT: Final = "./DevDetail/Ext/FriendlyName"
MOST: Final = 64
"""Characters of a friendly name."""
DESCRIPTION: Final = Descriptions.of(
    {AT: Described(frozenset({Verb.GET, Verb.REPLACE}), permanent=True, formats=frozenset({"chr"}))}
)
"""What a description says of the leaf: it stays, and is read and replaced."""


def named(device: Device, name: str) -> Device:
    """``device`` with a friendly name; ConfigError for an empty or long one, or one with control characters."""
    if not 0 < len(name) <= MOST or not name.isprintable():
        raise ConfigError(f"the friendly name is {name[:80]!r}; it must be 1 to {MOST} characters that can be shown")
    tree: Tree = device.tree
    if tree.find(("DevDetail", "Ext")) is None:
        tree = tree.put("./DevDetail/Ext", Node.interior())
    device.become(tree.put(AT, Node("chr", name)))
    return device


def name_of(device: Device) -> str:
    """What its owner calls it; its model when he calls it nothing."""
    found = device.tree.find(parse(AT).path) or device.tree.find(("DevInfo", "Mod"))
    return str(found.value) if found is not None else ""
