"""What was argued between DM 1.2 and DM 2.0, in one place: rivals for addressing and placement, delegation, broadcast.

The models are ``dmkit.dm13``.  [dm13 sheet §4]

>>> list(RIVALS)[-1], list(PLACEMENTS)[-1]
('dm 2.0', 'client decides')
"""

from __future__ import annotations

from dmkit.dm13.addressing import NAP, RIVALS, example
from dmkit.dm13.bootstrap_config import BootstrapConfig
from dmkit.dm13.broadcast import Broadcast
from dmkit.dm13.delegation import Delegation
from dmkit.dm13.notification_control import NotificationControl
from dmkit.dm13.placement import PLACEMENTS
from dmkit.dm13.profile import DM13, THEMES, Features

__all__ = ["DM13", "NAP", "PLACEMENTS", "RIVALS", "THEMES", "BootstrapConfig", "Broadcast", "Delegation", "Features",
           "NotificationControl", "example"]  # fmt: skip
