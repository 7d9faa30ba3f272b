"""Studies: each a question, its runs and its frame."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "": "asking capture cards clinic contest device_schedule exploring firmware gateway gating keys media "
        "object_lives provisioning rollout_designs security windows",
    },
)
