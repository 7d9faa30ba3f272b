"""The profile: what is established of DM 1.3, and themes that can be switched on over the engines of DM 1.2.

>>> DM13.identifiers["DevInfo"], DM13.rules().tree.inherited_acl
('urn:oma:mo:oma-dm-devinfo:1.1', True)
>>> any(getattr(DM13.features, name) for name in THEMES)
False
>>> import dmkit as dm
>>> tree = dm.Tree.of({"./N/1/Name": "Office"})
>>> tree = tree.put("./N/1", dm.Node.interior(tree.get("./N/1").children, type="urn:x:nap"))
>>> get = dm.Get.of("urn:x:nap?*/Name")
>>> apply(tree, get, "srv").status
<400 Bad request>
>>> apply(tree, get, "srv", Features(address_by_object=True)).text
'Office'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dmkit.dm13.addressing import by_question
from dmkit.dm13.bootstrap_config import IDENTIFIER
from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Get, Item
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.tree.tree import Tree

__all__ = ["DM13", "THEMES", "Features", "RegisteredFeatures", "apply"]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Themes that the group worked on; all are patents or PROPOSALs, and none is known to be in DM 1.3."""

    address_by_object: bool = False
    """Get with an identifier, a question mark and a path below.  PROPOSAL [HW2, US9712403]"""
    client_places: bool = False
    """Add where the client may choose another place and says which.  PROPOSAL [HTC3, US9026582]"""
    create_by_object: bool = False
    """Accounts list the objects that a server may create, asked before the ACL.  PROPOSAL [HW3, US8095674]"""
    delegation: bool = False
    """Delegation from server to server.  The name is established, the flow a PROPOSAL [BB, US9712377]"""
    broadcast_answers: bool = False
    """Answers to messages without a session, spread over a time, or none.  PROPOSAL [SAM1, US8285797]"""
    notification_control: bool = False
    """A server sets how notifications are treated; the nodes are a PROPOSAL [SAM3, US20100299418]"""
    bootstrap_config: bool = False
    """The bootstrap configuration object; its identifier is established, its nodes a PROPOSAL [dm13 sheet §7]"""


THEMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "address_by_object": "dmkit.dm13.addressing; in sessions dmkit.device.dm13",
        "client_places": "dmkit.dm13.placement; in sessions dmkit.device.dm13",
        "create_by_object": "dmkit.dm13.placement; in sessions dmkit.device.dm13",
        "delegation": "dmkit.dm13.delegation; Delegation.job is the session of the giver",
        "broadcast_answers": "dmkit.dm13.broadcast; ThemedDevice.broadcast in dmkit.device.dm13",
        "notification_control": "dmkit.dm13.notification_control; ThemedDevice.notified and .push in dmkit.device.dm13",
        "bootstrap_config": "dmkit.dm13.bootstrap_config; ThemedDevice.ask_for_account in dmkit.device.dm13",
    }
)
"""Field of Features -> where it is modelled, or why it is not."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredFeatures:
    """Registered identifiers, and features."""

    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Name of an object -> its registered identifier.  [OMNA]"""
    features: Features = field(default_factory=Features)
    """The themes that are switched on; none by default."""

    def rules(self, rules: Rules | None = None) -> Rules:
        """Rules of the engines of DM 1.2 with what DM 1.3 is known to add: status 217."""
        base = rules or Rules()
        tree: TreeRules = replace(base.tree, inherited_acl=True)
        return replace(base, tree=tree)


DM13: Final = RegisteredFeatures(
    identifiers=MappingProxyType(
        {
            "DMAcc": "urn:oma:mo:oma-dm-dmacc:1.1",
            "DevInfo": "urn:oma:mo:oma-dm-devinfo:1.1",
            "DevDetail": "urn:oma:mo:oma-dm-devdetail:1.1",
            "BootstrapConfig": IDENTIFIER,
        }
    )
)
"""DM 1.3 as registered; every theme is off.  VerProto stays that of DM 1.2: UNSURE.  [dm13 sheet §2, §3]"""


@asked
def apply(tree: Tree, command: Get, by: str, features: Features | None = None) -> Outcome:
    """A Get as DM 1.2 does it; with ``address_by_object``, an identifier and a question mark may stand as its target.

    Rights are asked at each node that is found, as ever.  CodecError text becomes status 404.
    """
    wanted = features or DM13.features
    items: list[Item] = []
    for item in command.items:
        target = item.target or ""
        if not (wanted.address_by_object and target.startswith("urn:")):
            outcome = tree.apply(Get.of(target), by)[1]
            if not outcome.ok:
                return outcome
            items += outcome.results
            continue
        try:
            found = by_question(tree, target)
        except CodecError as error:
            return Outcome(StatusCode.NOT_FOUND, why=error.reason)
        if not found:
            return Outcome(StatusCode.NOT_FOUND, why=f"nothing at {target}")
        for uri in found:
            outcome = tree.apply(Get.of(uri), by)[1]
            if not outcome.ok:
                return outcome
            items += outcome.results
    return Outcome(StatusCode.OK, tuple(items))
