"""Attacks on the protocol: goals, designs, attackers, trials that are played on the real engines, and their costs.

The names of ``dmkit.attack.attacks`` are here too; each module loads when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dmkit.attack.attacks import *  # noqa: F403

_MODULES: Final = (
    "attacks", "choices", "costs", "designs", "freshness", "goals", "guessing", "incidents", "parties", "path",
    "stage", "trial",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"dmkit.attack.{name}")
    attacks = import_module("dmkit.attack.attacks")
    if name not in attacks.__all__:
        raise AttributeError(f"module 'dmkit.attack' has no attribute {name!r}")
    return getattr(attacks, name)


def __dir__() -> list[str]:
    return sorted([*_MODULES, *import_module("dmkit.attack.attacks").__all__])
