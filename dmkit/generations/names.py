"""The protocols that are compared, in the order in which they came."""

from __future__ import annotations

from typing import Final

__all__ = ["GENERATIONS"]

GENERATIONS: Final = ("dm 1.2 xml", "dm 1.2 wbxml", "dm 2.0", "lwm2m")
"""DM 1.2 in both of its encodings, DM 2.0, LwM2M."""
