from dmkit.dm13 import addressing as addressing
from dmkit.dm13 import bootstrap_config as bootstrap_config
from dmkit.dm13 import broadcast as broadcast
from dmkit.dm13 import delegation as delegation
from dmkit.dm13 import notification_control as notification_control
from dmkit.dm13 import placement as placement
from dmkit.dm13 import profile as profile
from dmkit.dm13.addressing import RIVALS as RIVALS
from dmkit.dm13.addressing import find_objects as find_objects
from dmkit.dm13.bootstrap_config import BootstrapConfig as BootstrapConfig
from dmkit.dm13.broadcast import Broadcast as Broadcast
from dmkit.dm13.broadcast import BroadcastMessage as BroadcastMessage
from dmkit.dm13.broadcast import ReplayWindow as ReplayWindow
from dmkit.dm13.delegation import Delegation as Delegation
from dmkit.dm13.notification_control import NotificationControl as NotificationControl
from dmkit.dm13.placement import PLACEMENTS as PLACEMENTS
from dmkit.dm13.profile import DM13 as DM13
from dmkit.dm13.profile import THEMES as THEMES
from dmkit.dm13.profile import Features as Features
from dmkit.dm13.profile import RegisteredFeatures as RegisteredFeatures
from dmkit.dm13.profile import apply as apply

__all__ = [
    "DM13",
    "PLACEMENTS",
    "RIVALS",
    "THEMES",
    "BootstrapConfig",
    "Broadcast",
    "BroadcastMessage",
    "Delegation",
    "Features",
    "NotificationControl",
    "RegisteredFeatures",
    "ReplayWindow",
    "addressing",
    "apply",
    "bootstrap_config",
    "broadcast",
    "delegation",
    "find_objects",
    "notification_control",
    "placement",
    "profile",
]
