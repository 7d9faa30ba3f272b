"""For notebooks: measures, plots and widgets.  Each module loads when it is first used, and with it what it needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["cards", "firmware", "measure", "plot", "provisioning", "schedules", "scheduling", "security", "widgets"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'dmkit.lab' has no attribute {name!r}")
    return import_module(f"dmkit.lab.{name}")
