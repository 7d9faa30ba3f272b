"""DM 1.3 as far as it is known: registered facts, status 217, and themes that were argued, each off until wanted.

No text of DM 1.3 is public.  What is established stands in ``DM13``; every theme is a patent or a proposal, never
shown as behaviour of DM 1.3, and names its source.  [dm13 sheet]
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "addressing": "RIVALS find_objects",
        "bootstrap_config": "BootstrapConfig",
        "broadcast": "Broadcast BroadcastMessage ReplayWindow",
        "delegation": "Delegation",
        "notification_control": "NotificationControl",
        "placement": "PLACEMENTS",
        "profile": "DM13 THEMES Features RegisteredFeatures apply",
        "": "addressing bootstrap_config broadcast delegation notification_control placement profile",
    },
)
