"""One intent, several protocols: DM 1.2 in XML and WBXML, DM 2.0, LwM2M; every figure comes from a run.

>>> from dmkit.generations.play import play
>>> from dmkit.generations.intents import Read
>>> {name: play(Read(), name).trips for name in GENERATIONS}
{'dm 1.2 xml': 2, 'dm 1.2 wbxml': 2, 'dm 2.0': 2, 'lwm2m': 1}
"""

from __future__ import annotations

from typing import Final

__all__ = ["GENERATIONS"]

GENERATIONS: Final = ("dm 1.2 xml", "dm 1.2 wbxml", "dm 2.0", "lwm2m")
"""The protocols, in the order in which they came."""
