"""Explorers: widgets over the same functions that notebooks call."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "acl": "acl_explorer",
        "campaign": "dashboard",
        "card": "card_explorer",
        "enablers": "enabler_explorer",
        "generations": "generation_explorer generation_look",
        "media": "media_explorer media_look",
        "objects": "object_editor",
        "schedule": "schedule_explorer",
        "services": "rehearse service_explorer service_phone",
        "widgets": "explore stepper",
    },
)
