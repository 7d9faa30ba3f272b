"""Attacks on the protocol: goals, designs, attackers, trials that are played on the real engines, and their costs.

The names of ``dmkit.attack.attacks`` are here too; each module loads when it is first used.
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "attacks": "ATTACKS Attack alter downgrade listen replay",
        "choices": "AttackerBehaviour Choices explore hostile",
        "designs": "DESIGNS Design Deployment",
        "explorer": "DEFAULT_GOALS Exploration Witness",
        "powers": "EVERYTHING PATH POWERS Attacker",
        "trial": "Trial search witness",
        "": (
            "alike attacks choices costs designs engines explorer forgetting freshness goals guessing incidents "
            "judging knowledge listener memories parties path places powers remembered speech stage trial visited world"
        ),
    },
)
